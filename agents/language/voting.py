"""Voting among several draws: taken as soon as enough of them agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import TypeVar

Vote = TypeVar("Vote", bound=Hashable)


def first_of(draw: Callable[[int], Vote | None], samples: int, agree: int) -> tuple[Vote | None, int]:
    """Draws until ``agree`` draws say the same, or ``samples`` were made; then the majority counts.

    It is self-consistency (Wang et al., 2023) that stops early: with ``agree`` above half of ``samples`` the
    winner is that of all draws. Of equals, the one that was said first wins.

    Args:
        draw: Makes the draw of a number from 0 on; None is no vote.
        samples: Most draws, at least one.
        agree: Votes that are enough, from 1 to ``samples``.

    Returns:
        The winner, None where nobody voted, and how many draws were made.
    """
    votes: Counter[Vote] = Counter()
    for number in range(samples):
        vote = draw(number)
        if vote is None:
            continue
        votes[vote] += 1
        if votes[vote] >= agree:
            return vote, number + 1
    return max(votes, key=votes.__getitem__, default=None), samples
