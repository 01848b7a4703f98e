"""The order of training: an endless, seeded stream of batches that any step can be resumed at.

Examples are short and of unequal length, so a batch is not a number of examples but a budget of tokens:
each *round* draws a few thousand examples from the stores by their weights, sorts them by length, cuts
them into batches of about equal cost and shuffles those. Round r is a function of (seed, r) alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import IterableDataset
from transformers import PreTrainedTokenizerBase

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.store import ExampleStore

WEIGHTS = "mixture.json"
"""File that holds the weights of the stores beside it."""
IGNORED = -100
"""Label of a token that is not learnt from (the prompt, padding)."""


@dataclass(frozen=True)
class Mixture:
    """Stores and the share of the drawn examples that each one gives.

    Attributes:
        stores: the sources, by name.
        weights: share of each source, by name; any positive scale.
    """

    stores: dict[str, ExampleStore]
    weights: dict[str, float]

    def __post_init__(self) -> None:
        if not self.stores or set(self.stores) != set(self.weights):
            names = f"stores {sorted(self.stores)}, weights {sorted(self.weights)}"
            raise ModelError(f"a mixture needs one weight for each of its stores; it has {names}")
        if any(len(store) == 0 for store in self.stores.values()) or min(self.weights.values()) <= 0:
            raise ModelError("every store of a mixture needs examples and a positive weight")

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
        tokenizer: encodes them.
        tokens: most tokens of a batch, padding included (an example longer than that is a batch alone).
        seed: order of the examples.
        start: number of batches to leave out, for a run that goes on.
        round_size: examples drawn and sorted together.

    Yields:
        ``input_ids`` and ``labels``, int64, shape ``(examples, longest)``, padded at the right; labels are
        -100 but for the completion and the end token. No attention mask: attention is causal, so nothing
        that counts sees padding.
    """

    def __init__(
        self,
        mixture: Mixture,
        tokenizer: PreTrainedTokenizerBase,
        tokens: int,
        seed: int,
        start: int = 0,
        round_size: int = 4096,
    ) -> None:
        self.mixture, self.tokenizer, self.tokens, self.seed = mixture, tokenizer, tokens, seed
        self.start, self.round_size = start, round_size

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        skip, number = self.start, 0
        while True:
            plan = self._round(number)
            for batch in plan[skip:]:
                yield self._collate(batch)
            skip, number = max(0, skip - len(plan)), number + 1

    def _round(self, number: int) -> list[list[tuple[str, int]]]:
        """Returns the batches of one round as lists of (store, index)."""
        drawn = [(name, int(i)) for name in self.mixture.stores for i in self._draw(name, number)]
        lengths = np.array([self.mixture.stores[name].lengths[i] for name, i in drawn])
        chance = np.random.default_rng((self.seed, number))
        order = np.lexsort((chance.random(len(drawn)), lengths))
        batches: list[list[tuple[str, int]]] = [[]]
        for place in order:  # ascending, so this one is the longest so far
            if batches[-1] and (len(batches[-1]) + 1) * lengths[place] > self.tokens:
                batches.append([])
            batches[-1].append(drawn[place])
        return [batches[i] for i in chance.permutation(len(batches))]

    def _draw(self, name: str, number: int) -> np.ndarray:
        """Returns the indices that one store gives to a round: each once before any comes again."""
        store, names = self.mixture.stores[name], list(self.mixture.stores)
        share = self.mixture.weights[name] / sum(self.mixture.weights.values())
        size = max(1, round(self.round_size * share))
        places = np.arange(number * size, (number + 1) * size)
        drawn = np.empty(size, dtype=np.int64)
        for epoch in np.unique(places // len(store)):
            order = _order((self.seed, names.index(name), int(epoch)), len(store))
            here = places // len(store) == epoch
            drawn[here] = order[places[here] % len(store)]
        return drawn

    def _collate(self, batch: list[tuple[str, int]]) -> dict[str, torch.Tensor]:
        """Encodes, pads and labels one batch."""
        examples = [self.mixture.stores[name][i] for name, i in batch]
        prompts, completions = [e.prompt for e in examples], [e.completion for e in examples]
        sequences = self.tokenizer(prompts, completions)["input_ids"]
        ids = torch.full((len(batch), max(map(len, sequences))), self.tokenizer.pad_token_id)
        labels = torch.full_like(ids, IGNORED)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = torch.tensor(sequence)
            learnt = sequence.index(self.tokenizer.sep_token_id) + 1
            labels[row, learnt : len(sequence)] = ids[row, learnt : len(sequence)]
        return {"input_ids": ids, "labels": labels}


@lru_cache(maxsize=8)
def _order(seed: tuple[int, ...], size: int) -> np.ndarray:
    """Returns a seeded permutation; kept, since each round reads on in the same one."""
    return np.random.default_rng(seed).permutation(size)
