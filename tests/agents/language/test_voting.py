"""Votes: those that stop early elect whom all votes would have."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from debugworld.agents.language import first_of


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=9), st.data())
def test_first_m_of_k(votes: list[str | None], data: st.DataObject) -> None:
    agree = data.draw(st.integers(1, len(votes)))
    winner, made = first_of(votes.__getitem__, len(votes), agree)
    counts = Counter(vote for vote in votes[:made] if vote is not None)
    assert made == len(votes) or counts[winner] == agree
    before = Counter(vote for vote in votes[: made - 1] if vote is not None)
    assert not before or max(before.values()) < agree
    if made == len(votes) and winner is not None:
        assert counts[winner] == max(counts.values())
    assert (winner is None) == (not counts)
    if agree > len(votes) // 2 and winner is not None and counts[winner] >= agree:
        whole = Counter(vote for vote in votes if vote is not None)
        assert whole.most_common(1)[0][0] == winner


def test_of_equals_the_first_wins() -> None:
    assert first_of(["b", "a", "a", "b"].__getitem__, 4, 3) == ("b", 4)
