"""The split of a group depends on nothing but its text."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs.split import SHARES, SPLITS, TEST, split_of
from debugworld.worldmodel.data.split import held_out


@given(st.text())
def test_what_agents_are_judged_by_trains_no_neural_debugger(group: str) -> None:
    assert split_of(group) in SPLITS
    assert (split_of(group) == TEST) == held_out(group)


def test_the_cut_stays_where_it_is() -> None:
    """Results that were published with a split must stay comparable."""
    stay = {"humaneval/0": "train", "humaneval/4": "test", "mbpp/2": "test", "quixbugs/gcd": "validation"}
    assert {name: split_of(name) for name in stay} == stay


def test_shares_are_as_stated() -> None:
    counts = Counter(split_of(f"problem {number}") for number in range(20_000))
    for split, share in SHARES.items():
        assert abs(counts[split] / 20_000 - share / 10) < 0.02
