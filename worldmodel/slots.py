"""Decoding through the lean pass: slots that are filled again as soon as an answer ends.

Each step reads some tokens in every row: a prompt or the part of it that nobody has read, the token just
chosen, those that the grammar forces after it, and, where few rows are busy, a guess at what follows, copied
from the last place in the row where the same few tokens stood. Every guess is checked against what the model
chooses after the tokens before it; from the first that differs on, the rest is dropped. So the answers are
those of one token at a time, in fewer steps.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from debugworld.worldmodel.answer import Row, draw, permitted
from debugworld.worldmodel.constraint import END, Masks, symbol_of, token_of
from debugworld.worldmodel.lean import Feed, LeanModel
from debugworld.worldmodel.prefix import Memory, MemoryStore, first_line

READ_AT_ONCE = 256
"""Tokens of prompts after which a step takes no further prompt: what the caches of a CPU hold."""
GUESSES = 64
"""Guessed tokens of a step, all rows together, the rows' own tokens counted in: so many cost little more."""
_CONTEXT = 3
"""Tokens that must agree with an earlier place for a guess."""
_WORTH_WAITING = 8
"""Shared tokens for which a prompt waits until a like one has been read."""


@dataclass
class _Seat:
    """A row in its slot.

    Attributes:
        row: the answer.
        prompt: its question's tokens.
        start: tokens read.
        feed: tokens to read next.
        masks: of the choices after the last of them.
        fresh: whether the feed holds the prompt's end.
        seen: tokens of prompt and answer, each cut to a byte: where two share one, a guess is worse, no more.
    """

    row: Row
    prompt: tuple[int, ...]
    start: int
    feed: list[int] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)
    fresh: bool = True
    seen: bytearray = field(default_factory=bytearray)


class SlotDecoder:
    """Answers through a `LeanModel`.

    Args:
        model: one that `LeanModel.supports`.
        masks: of its vocabulary.
        batch_size: slots.
        memories: most prompts remembered for those who ask, and for first lines.
        graphs: whether steps have fixed shapes, which a GPU begins at once.
    """

    def __init__(
        self, model: PreTrainedModel, masks: Masks, batch_size: int, memories: int, graphs: bool = False
    ) -> None:
        self._model, self._masks, self._batch_size, self._graphs = model, masks, batch_size, graphs
        self._lean = LeanModel(model, batch_size, graphs)
        self._memories = MemoryStore(memories)
        self._digest: int | None = None
        """Of the weights that were copied last; None where nobody has forgotten anything yet."""

    def forget(self) -> None:
        """Drops all memories, and copies the weights anew where they are others than at the last time."""
        self._memories.forget()
        digest = _digest_of(self._model)
        if digest != self._digest:
            self._lean, self._digest = LeanModel(self._model, self._batch_size, self._graphs), digest

    def decode(self, rows: Sequence[Row], prompts: Sequence[tuple[int, ...]]) -> None:
        """Completes rows; long prompts come first, so that they do not end alone."""
        order = sorted(range(len(rows)), key=lambda place: -len(prompts[place]))
        queue = deque((rows[place], prompts[place]) for place in order)
        seats: list[_Seat | None] = []
        while queue or seats:
            self._admit(queue, seats)
            self._close_up(seats)
            busy = [seat for seat in seats if seat is not None]
            logits = self._lean.read([Feed(seat.start, seat.feed, len(seat.masks)) for seat in busy])
            self._take(busy, logits)
            for place, seat in enumerate(busy):
                if seat.fresh:
                    self._keep(place, seat)
                if seat.row.done:
                    seats[place] = None
                else:
                    self._feed(seat, [seat.row.tokens[-1]], GUESSES // len(busy) - 1)
            while seats and seats[-1] is None:
                seats.pop()

    def _admit(self, queue: deque[tuple[Row, tuple[int, ...]]], seats: list[_Seat | None]) -> None:
        """Gives free slots to waiting rows, as far as one step should read."""
        free = [place for place, seat in enumerate(seats) if seat is None]
        free += range(len(seats), self._batch_size)
        budget = READ_AT_ONCE
        lines: set[tuple[int, ...]] = set()
        later: list[tuple[Row, tuple[int, ...]]] = []
        while queue and budget > 0 and len(lines) + len(later) < 4 * self._batch_size and free:
            row, prompt = queue.popleft()
            line = first_line(prompt)
            known = self._memories.find(row.request.slot, line, prompt)
            size = len(known.tokens) if known else 0
            if self._memories.size and line in lines and size + _WORTH_WAITING <= len(line):
                later.append((row, prompt))
                continue
            place = free.pop(0)
            seat = _Seat(row, prompt, size, seen=bytearray(token & 255 for token in prompt))
            if known:
                self._lean.put(place, known.layers[0])
            seats.extend([None] * (place + 1 - len(seats)))
            seats[place] = seat
            self._feed(seat, list(prompt[size:]), 0)
            lines.add(line)
            budget -= len(prompt) - size
        queue.extendleft(reversed(later))

    def _close_up(self, seats: list[_Seat | None]) -> None:
        """Moves the last rows into empty slots."""
        for place in range(len(seats)):
            while seats and seats[-1] is None:
                seats.pop()
            if place >= len(seats):
                return
            if seats[place] is None:
                last = seats.pop()
                assert last is not None
                self._lean.move(len(seats), place, last.start)
                seats[place] = last

    def _feed(self, seat: _Seat, tokens: list[int], guesses: int) -> None:
        """Decides what a row reads next: tokens that are certain, what the grammar forces, then a guess."""
        row, state, symbols = seat.row, seat.row.state, seat.row.allowed()
        seat.feed, seat.masks = tokens, [self._masks.number(symbols)]
        room = row.request.max_tokens - len(row.tokens) - 1
        guess: Sequence[int] = ()
        while room > 0:
            if len(symbols) == 1:
                [symbol] = symbols
                token, guess = token_of(symbol), guess[1:]
            else:
                if not guess and guesses > 0 and row.chance is None:
                    guess = _guess(seat, seat.feed[len(tokens) :], guesses)
                    guesses -= len(guess)
                if not guess:
                    return
                token, guess = guess[0], guess[1:]
                symbol = symbol_of(token)
            if symbol == END or symbol not in symbols:
                return
            state = row.request.grammar.advance(state, symbol)
            symbols, room = permitted(row.request, state), room - 1
            seat.feed.append(token)
            seat.masks.append(self._masks.number(symbols))

    def _take(self, seats: Sequence[_Seat], logits: torch.Tensor) -> None:
        """Adds to each row what the model chooses, as far as it has chosen what was fed."""
        scores = logits + self._masks.rows([mask for seat in seats for mask in seat.masks])
        tokens = scores.argmax(-1)
        raw_rest, rest = logits.logsumexp(-1), scores.logsumexp(-1)
        best = scores.gather(1, tokens[:, None])[:, 0]
        chosen, logprobs, raw = tokens.tolist(), (best - rest).tolist(), (best - raw_rest).tolist()
        end = 0
        for seat in seats:
            row, begin, end = seat.row, end, end + len(seat.masks)
            certain = len(seat.feed) - len(seat.masks)
            for place in range(begin, end):
                token, logprob, raw_logprob = chosen[place], logprobs[place], raw[place]
                if row.chance is not None and row.request.sampling is not None:
                    token = draw(scores[place], row.request.sampling, row.chance)
                    logprob = float(scores[place, token] - rest[place])
                    raw_logprob = float(scores[place, token] - raw_rest[place])
                row.add(token, logprob, raw_logprob)
                certain += 1
                if row.done or place + 1 == end or seat.feed[certain] != token:
                    break
            seat.start += certain

    def _keep(self, place: int, seat: _Seat) -> None:
        """Remembers a prompt that has been read."""
        seat.fresh = False
        if self._memories.size:
            tokens = seat.prompt[:-1]
            memory = Memory(tokens, (self._lean.take(place, len(tokens)),), axis=-2)
            self._memories.keep(seat.row.request.slot, first_line(seat.prompt), memory)


def _guess(seat: _Seat, ahead: Sequence[int], size: int) -> Sequence[int]:
    """Returns at most ``size`` tokens that followed the last earlier place where a row's last tokens stood.

    Args:
        seat: the row.
        ahead: tokens that follow the answer's.
        size: most tokens.
    """
    answer = seat.row.tokens
    seat.seen.extend([token & 255 for token in answer[len(seat.seen) - len(seat.prompt) :]])
    seen = seat.seen + bytes([token & 255 for token in ahead]) if ahead else seat.seen
    found = seen.rfind(seen[-_CONTEXT:], 0, len(seen) - 1)
    if found < 0:
        return ()
    first, border = found + _CONTEXT, len(seat.prompt)
    if first + size <= border:
        return seat.prompt[first : first + size]
    return [*seat.prompt[first:], *answer[max(0, first - border) :], *ahead][:size]


def _digest_of(model: PreTrainedModel) -> int:
    """Returns a checksum of a model's weights: a fraction of what it takes to copy them."""
    digest = 0
    for weights in model.parameters():
        digest = zlib.crc32(weights.detach().cpu().contiguous().numpy().data, digest)
    return digest
