"""Policies: which there are, and where each one has learnt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RANDOM, SCRIPTED, REAL, DREAM, MIXED, REGROUND = KINDS = (
    "random",
    "scripted",
    "real",
    "dream",
    "mixed",
    "reground",
)
"""Kinds of policies: without learning; trained in the real world, in a dream, in both by turns, and in a
dream that looks at the real run now and then."""
LEARNED = (REAL, DREAM, MIXED, REGROUND)
"""Those that are trained."""
OF_THE_FIRST = (MIXED, REGROUND)
"""Those that are trained with the first dream only."""


@dataclass(frozen=True)
class Policy:
    """One policy."""

    kind: str
    """One of `KINDS`."""
    dream: str = ""
    """Label of the dream that it was trained in; empty for none."""
    seed: int = 0
    """Of its training."""

    @property
    def group(self) -> str:
        """What it shares with the other seeds."""
        return f"{self.kind} {self.dream}".strip()

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.group} #{self.seed}" if self.kind in LEARNED else self.group


def policies(kinds: Sequence[str], dreams: Sequence[str], seeds: Sequence[int]) -> Iterator[Policy]:
    """Yields the policies of a report, those that need no training first.

    Args:
        kinds: out of `KINDS`.
        dreams: labels of the dreams, the most important one first.
        seeds: of the policies that learn.
    """
    for kind in KINDS:
        if kind not in kinds:
            continue
        if kind not in LEARNED:
            yield Policy(kind)
            continue
        trained_in = ("",) if kind == REAL else dreams[:1] if kind in OF_THE_FIRST else dreams
        for dream in trained_in:
            for seed in seeds:
                yield Policy(kind, dream, seed)
