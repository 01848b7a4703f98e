"""The order of training: an endless, seeded stream of batches that any step can be resumed at.

Examples are short and of unequal length, so a batch is not a number of examples but a budget of tokens:
each *round* draws a few thousand examples from the stores by their weights, sorts them by length, cuts
them into batches of about equal cost (or packs them into rows, see `packing`) and shuffles those. Round r is
a function of (seed, r) alone, and of W processes number k takes the batches k, k + W, ... of it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info
from transformers import PreTrainedTokenizerBase

from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.packing import Encoded, pack, packed_batch, padded_batch
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.tokenizer import CONTROL_TOKENS

WEIGHTS = "mixture.json"
"""File that holds the weights of the stores beside it."""


@dataclass(frozen=True)
class Mixture:
    """Stores and the share of the drawn examples that each one gives.

    Attributes:
        stores: the sources, by name.
        weights: share of each source, by name; any positive scale.
    """

    stores: dict[str, ExampleStore]
    weights: dict[str, float]

    @property
    def format(self) -> str:
        """What the examples are written in, see `formats`."""
        return next(iter(self.stores.values())).format

    def __post_init__(self) -> None:
        if not self.stores or set(self.stores) != set(self.weights):
            names = f"stores {sorted(self.stores)}, weights {sorted(self.weights)}"
            raise ModelError(f"a mixture needs one weight for each of its stores; it has {names}")
        if any(len(store) == 0 for store in self.stores.values()) or min(self.weights.values()) <= 0:
            raise ModelError("every store of a mixture needs examples and a positive weight")
        formats = sorted({store.format for store in self.stores.values()})
        if len(formats) > 1:
            raise ModelError(f"the stores of a mixture have one format; these have {', '.join(formats)}")

    def save(self, path: Path) -> None:
        """Writes the weights beside the stores, which stand in that folder under their names."""
        (path / WEIGHTS).write_text(json.dumps(self.weights, indent=1) + "\n")

    @classmethod
    def open(cls, path: Path) -> Mixture:
        """Opens the stores of a folder with the weights that `save` wrote there.

        Raises:
            ModelError: there are none, or a store is damaged.
        """
        try:
            weights = json.loads((path / WEIGHTS).read_text())
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{path} holds no finished example stores ({error}); begin the run anew"
            ) from error
        return cls({name: ExampleStore(path / name) for name in weights}, weights)


class BatchStream(IterableDataset):
    """Batches of a mixture, from a given one on, without end.

    Args:
        mixture: where examples come from.
        tokenizer: encodes them, see `encoder.Encoder`.
        tokens: most tokens of a batch, padding included (an example longer than that is a batch alone).
        seed: order of the examples.
        start: number of this process's batches to leave out, counted from ``at``.
        round_size: examples drawn and sorted together.
        at: round, and batch of all processes in it, to begin with, for a run that goes on.
        row_tokens: length of packed rows; 0 pads instead.
        owners: whether packed batches carry ``seq_idx``.
        rank: number of this process.
        world: number of processes.
        held_out: share of examples to leave out, see `Split`.
        alpha: an example that was met n times is drawn n ** alpha times, rounded, where another is drawn
            once: 0 draws all alike, 1 as often as programs ask.
        most: examples of more tokens than this are not drawn, by the lengths that the stores know; 0 draws
            all. A store that has no other examples gives none.
        marked: whether batches carry ``at``, int64, shape ``(2,)``: where the stream stands after them.

    Yields:
        ``input_ids`` and ``labels``, int64, shape ``(examples, longest)``, padded at the right; labels are
        -100 but for the completion and the end token. No attention mask: attention is causal, so nothing
        that counts sees padding. Packed: as `packed_batch` returns them, all of one shape.
    """

    def __init__(
        self,
        mixture: Mixture,
        tokenizer: PreTrainedTokenizerBase,
        tokens: int,
        seed: int,
        start: int = 0,
        round_size: int = 4096,
        *,
        at: tuple[int, int] = (0, 0),
        row_tokens: int = 0,
        owners: bool = False,
        rank: int = 0,
        world: int = 1,
        held_out: float = 0.0,
        alpha: float = 0.0,
        most: int = 0,
        marked: bool = False,
    ) -> None:
        self.marked = marked
        self.mixture, self.tokenizer, self.tokens, self.seed = mixture, tokenizer, tokens, seed
        self._encode = Encoder(tokenizer, mixture.format)
        self.start, self.round_size, self.at = start, max(round_size, tokens // 8), at
        self.row_tokens, self.owners, self.rank, self.world = row_tokens, owners, rank, world
        self.split = Split(mixture, held_out)
        decks = {name: self._deck(name, alpha, most) for name in mixture.stores}
        self._decks = {name: deck for name, deck in decks.items() if deck is None or len(deck)}
        if not self._decks:
            raise ModelError(f"no example has at most {most} tokens; raise drawn_tokens, or set it to 0")
        self.bytewise = tokenizer.vocab_size <= len(CONTROL_TOKENS) + 256  # then the stores know lengths
        self._sizes: dict[int, int] = {}

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = get_worker_info()
        first, every = (worker.id, worker.num_workers) if worker else (0, 1)
        for batch, drawn, at in itertools.islice(self._own(), first, None, every):
            made = self._collate(batch, drawn)
            yield made | {"at": self.mark(batch, at)} if self.marked else made

    def mark(self, batch: list[list[int]], at: tuple[int, int]) -> torch.Tensor:
        """Returns what a batch carries as ``at``."""
        return torch.tensor(at)

    def position(self, batches: int) -> tuple[int, int]:
        """Returns where the stream stands after some of this process's batches, as ``at`` wants it."""
        number, offset = self.at
        left = batches + self.start
        while True:
            own = self._usable(number, offset)
            if left < own:
                return number, offset + left * self.world
            left, number, offset = left - own, number + 1, 0

    def _usable(self, number: int, offset: int) -> int:
        """Returns how many batches each process takes from a round from some batch of it on."""
        if number not in self._sizes:
            self._round(number)
        return max(0, self._sizes[number] - offset) // self.world

    def _own(self) -> Iterator[tuple[list[list[int]], Round, tuple[int, int]]]:
        """Yields this process's batches as rows of places in a round, with that round and what comes next."""
        number, offset = self.position(0)
        while True:
            drawn = self._round(number)
            last = offset + self._usable(number, offset) * self.world
            for place in range(offset + self.rank, last, self.world):
                after = place - self.rank + self.world
                yield drawn.batches[place], drawn, (number, after) if after < last else (number + 1, 0)
            number, offset = number + 1, 0

    def _round(self, number: int) -> Round:
        """Returns one round."""
        drawn = [(name, int(i)) for name in self._decks for i in self._draw(name, number)]
        encoded = None if self.bytewise else self._encode([self.mixture.stores[n][i] for n, i in drawn])
        lengths = (
            np.array([self.mixture.stores[name].lengths[i] for name, i in drawn])
            if encoded is None
            else np.array([len(tokens) for tokens, _ in encoded])
        )
        chance = np.random.default_rng((self.seed, number))
        if self.row_tokens:
            rows = pack(lengths, self.row_tokens)
            height = self.tokens // self.row_tokens
            order = chance.permutation(len(rows))
            whole = max(height, len(rows) // height * height)  # all batches of one shape
            batches = [[rows[i] for i in order[at : at + height]] for at in range(0, whole, height)]
        else:
            batches = self._sorted(lengths, chance)
        self._sizes[number] = len(batches)
        return Round(drawn, encoded, batches)

    def _sorted(self, lengths: np.ndarray, chance: np.random.Generator) -> list[list[list[int]]]:
        """Cuts examples, sorted by length, into batches; each example is a row of its own."""
        order = np.lexsort((chance.random(len(lengths)), lengths))
        batches: list[list[list[int]]] = [[]]
        for place in order:  # ascending, so this one is the longest so far
            if batches[-1] and (len(batches[-1]) + 1) * lengths[place] > self.tokens:
                batches.append([])
            batches[-1].append([int(place)])
        return [batches[i] for i in chance.permutation(len(batches))]

    def _deck(self, name: str, alpha: float, most: int) -> np.ndarray | None:
        """Returns the indices that one pass over a store draws, in their order; None for all, once each."""
        kept = self.split.learnt[name]
        if most:
            short = np.flatnonzero(self.mixture.stores[name].lengths <= most)
            kept = short if kept is None else np.intersect1d(kept, short)
        if not alpha:
            return kept
        copies = np.rint(self.mixture.stores[name].times.astype(np.float64) ** alpha).astype(np.int64)
        learnt = np.arange(len(copies)) if kept is None else kept
        return np.repeat(learnt, copies[learnt])

    def _draw(self, name: str, number: int) -> np.ndarray:
        """Returns the indices that one store gives to a round: a whole pass before anything comes again."""
        deck, names = self._decks[name], list(self.mixture.stores)
        count = len(self.mixture.stores[name]) if deck is None else len(deck)
        share = self.mixture.weights[name] / sum(self.mixture.weights[each] for each in self._decks)
        size = max(1, round(self.round_size * share))
        places = np.arange(number * size, (number + 1) * size)
        drawn = np.empty(size, dtype=np.int64)
        for epoch in np.unique(places // count):
            order = _order((self.seed, names.index(name), int(epoch)), count)
            here = places // count == epoch
            drawn[here] = order[places[here] % count]
        return drawn if deck is None else deck[drawn]

    def _collate(self, batch: list[list[int]], drawn: Round) -> dict[str, torch.Tensor]:
        """Turns one batch of a round into tensors."""
        places = [place for row in batch for place in row]
        if drawn.encoded is None:
            examples = [self.mixture.stores[name][i] for name, i in (drawn.drawn[p] for p in places)]
            encoded = dict(zip(places, self._encode(examples), strict=True))
        else:
            encoded = {place: drawn.encoded[place] for place in places}
        padding = int(self.tokenizer.pad_token_id)
        if not self.row_tokens:
            return padded_batch([encoded[place] for place in places], padding)
        made = packed_batch([[encoded[p] for p in row] for row in batch], self.row_tokens, padding)
        if not self.owners:
            del made["seq_idx"]
        return made


@dataclass(frozen=True)
class Round:
    """A few thousand examples and the batches that they make.

    Attributes:
        drawn: store and index of each example.
        encoded: its tokens, unless they are made when a batch is.
        batches: each a list of rows, each a list of places in ``drawn``.
    """

    drawn: list[tuple[str, int]]
    encoded: list[Encoded] | None
    batches: list[list[list[int]]]


class Split:
    """Which examples are held out: those whose prompt's digest falls into a share of all digests.

    Args:
        mixture: the stores.
        share: of the examples, from 0 to below 1; 0 holds out none.

    Attributes:
        learnt: indices of each store that are learnt from; None for all.
        held_out: indices of each store that are not.

    Raises:
        ModelError: a store has nothing left to learn from.
    """

    def __init__(self, mixture: Mixture, share: float) -> None:
        self.learnt: dict[str, np.ndarray | None] = {}
        self.held_out: dict[str, np.ndarray] = {}
        for name, store in mixture.stores.items():
            out = _chosen(store, share) if share else np.zeros(len(store), dtype=bool)
            self.held_out[name] = np.flatnonzero(out)
            self.learnt[name] = np.flatnonzero(~out) if share else None
            if share and out.all():
                raise ModelError(f"held_out = {share} leaves nothing to learn from in the store {name}")


def _chosen(store: ExampleStore, share: float) -> np.ndarray:
    """Tells of each example of a store whether it is held out, bool, shape ``(count,)``."""
    below = int(share * 2**64)
    digests = (hashlib.blake2b(prompt, digest_size=8).digest() for prompt in store.prompts())
    return np.fromiter((int.from_bytes(digest) < below for digest in digests), bool, len(store))


@lru_cache(maxsize=8)
def _order(seed: tuple[int, ...], size: int) -> np.ndarray:
    """Returns a seeded permutation; kept, since each round reads on in the same one."""
    return np.random.default_rng(seed).permutation(size)
