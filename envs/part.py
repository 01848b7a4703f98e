"""Parts: a set in two, for training and for judging, no program of one being one of the other renamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.data.alpha import function_keys, source_key
from debugworld.worldmodel.data.split import held_out

PARTS = ("train", "test")
"""The names of the parts."""
ALIKE = "programs of the train part that hold one of the test part but for names"
"""Why a program is in neither part."""


def part_of(part: str, groups: Sequence[str], sources: Sequence[str], left_out: Counter[str]) -> list[int]:
    """Returns the places of what is in a part, ascending.

    The test part is the groups that `held_out` keeps from the training of neural debuggers, which is the
    split ``test``. The train part is the rest, but for programs of which the source, or a function of 40
    syntax nodes or more, is alpha-equivalent to one of the test part, as `debugworld data` has it.

    Args:
        part: One of `PARTS`.
        groups: Of each task, what must stay together.
        sources: Of each task, its program.
        left_out: Counts what is in neither part, by reason.
    """
    test = [place for place, group in enumerate(groups) if held_out(group)]
    if part == "test":
        return test
    theirs = {key for place in test for key in _keys(sources[place])}
    rest = [place for place, group in enumerate(groups) if not held_out(group)]
    kept = [place for place in rest if theirs.isdisjoint(_keys(sources[place]))]
    if len(kept) < len(rest):
        left_out[ALIKE] += len(rest) - len(kept)
    return kept


def side(source: str) -> str:
    """Returns the part that a made program belongs to, by its alpha-equivalence key alone: even odds."""
    return PARTS[int(source_key(source)[0], 16) % 2]


@lru_cache(maxsize=65_536)
def _keys(source: str) -> frozenset[str]:
    try:
        return frozenset([source_key(source), *function_keys(Program(source).module)])
    except ProgramError:  # compared as text
        return frozenset([source])
