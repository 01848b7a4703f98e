"""Batches made where they are learnt from: all examples stand in the device's memory.

On a GPU a small network learns millions of tokens a second, more than processes can encode and send. Here the
text of all stores is copied once, and a batch is a gather from it. Batches have one of a few widths and about
equal cost, so that kernels are compiled for few shapes.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from debugworld.worldmodel.batches import BatchStream, Mixture, Round
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.packing import IGNORED
from debugworld.worldmodel.tokenizer import CONTROL_TOKENS, FIRST_BYTE

WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Columns of a batch; an example goes into the narrowest that holds it, the longest ones into their own."""
ROUND_SIZE = 1 << 19
"""Examples drawn and sorted together."""


class ResidentStream(BatchStream):
    """The batches of a `BatchStream`, unpacked, made on a device from examples that stand there.

    A round is cut by width; what is left of a width at a round's end, less than a batch, is left out of
    that round, unless the round has no whole batch of it.

    Args:
        device: where.
        mixture: where examples come from.
        tokenizer: of bytes, see `tokenizer.build_tokenizer`, with no markers.
        tokens: most tokens of a batch, padding included.
        seed: order of the examples.
        round_size: examples drawn together.
        options: as `BatchStream` takes them, but for packing.

    Yields:
        ``input_ids`` and ``labels`` as `BatchStream`, int64, on the device; with ``marked`` also ``at``,
        int64, shape ``(3,)``, on the CPU: where the stream stands, and the tokens without padding.

    Raises:
        ModelError: the tokenizer merges bytes.
    """

    def __init__(
        self,
        device: torch.device,
        mixture: Mixture,
        tokenizer: Any,
        tokens: int,
        seed: int,
        start: int = 0,
        round_size: int = ROUND_SIZE,
        **options: Any,
    ) -> None:
        super().__init__(mixture, tokenizer, tokens, seed, start, round_size, **options)
        if not self.bytewise or len(tokenizer) > len(CONTROL_TOKENS) + 256:
            raise ModelError("resident batches need the tokenizer of bytes, without markers")
        self.device = device
        texts: list[np.ndarray] = []
        bounds: list[np.ndarray] = []
        offset = 0
        self._first: dict[str, int] = {}
        for name, store in mixture.stores.items():
            self._first[name] = sum(map(len, bounds))
            texts.append(store.text)
            bounds.append(offset + store.bounds.astype(np.int64))
            offset += len(store.text)
        self._bounds = np.concatenate(bounds)
        self._lengths = np.concatenate([store.lengths for store in mixture.stores.values()])
        self._text = torch.from_numpy(np.concatenate(texts)).to(device)
        self._places = torch.from_numpy(self._bounds).to(device)
        self._ahead = ThreadPoolExecutor(1)
        self._rounds: dict[int, Future[Round]] = {}

    def _round(self, number: int) -> Round:
        """Returns a round, and has the next one made meanwhile."""
        for each in (number, number + 1):
            if each not in self._rounds:
                self._rounds[each] = self._ahead.submit(self._made, each)
        for old in [each for each in self._rounds if each < number]:
            del self._rounds[old]
        made = self._rounds[number].result()
        self._sizes[number] = len(made.batches)
        return made

    def _made(self, number: int) -> Round:
        drawn = np.concatenate([self._first[name] + self._draw(name, number) for name in self._decks])
        chance = np.random.default_rng((self.seed, number))
        lengths = self._lengths[drawn]
        widths = [*(width for width in WIDTHS if width < lengths.max()), int(lengths.max())]
        kind = np.searchsorted(widths, lengths)
        batches: list[Any] = []
        for place, width in enumerate(widths):
            rows = chance.permutation(drawn[kind == place])
            height = max(1, self.tokens // width)
            whole = max(min(height, len(rows)), len(rows) // height * height)
            batches += [(width, rows[at : at + height]) for at in range(0, whole, height)]
        return Round([], None, [batches[i] for i in chance.permutation(len(batches))])

    def _collate(self, batch: Any, drawn: Round) -> dict[str, torch.Tensor]:
        """Gathers one batch: start, prompt, boundary, completion, end, padding."""
        width, rows = batch
        pad, bos, sep, eos = range(4)
        begin, middle, end = self._places[torch.from_numpy(rows).to(self.device)].unsqueeze(-1).unbind(1)
        columns = torch.arange(width, device=self.device)
        boundary = middle - begin + 1
        last = end - begin + 2
        source = begin + columns - 1 - (columns > boundary).long()
        ids = self._text[source.clamp_(0, len(self._text) - 1)].long() + FIRST_BYTE
        ids.masked_fill_(columns == 0, bos).masked_fill_(columns == boundary, sep)
        ids.masked_fill_(columns == last, eos).masked_fill_(columns > last, pad)
        labels = ids.masked_fill((columns <= boundary) | (columns > last), IGNORED)
        return {"input_ids": ids, "labels": labels}

    def mark(self, batch: Any, at: tuple[int, int]) -> torch.Tensor:
        """Returns where the stream stands after a batch, and its tokens."""
        return torch.tensor([*at, int(self._lengths[batch[1]].sum())])
