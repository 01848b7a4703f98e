"""Places of breakpoints: found in the states, or asked for piece by piece."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Event, IllegalAction, State
from debugworld.sandboxes.debugger.places import AskedPlaces, Departed, Passes, Places

STATES = [State(Event.LINE, 1, "", "f", 0)] * 9_000


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_asked_piece_by_piece_is_what_is_found_at_once(data: st.DataObject) -> None:
    choose = data.draw(st.randoms(use_true_random=False))
    candidates = sorted(choose.sample(range(1, len(STATES)), data.draw(st.integers(0, 8_000))))
    true = sorted(choose.sample(candidates, min(len(candidates), data.draw(st.integers(0, 20)))))
    patience = data.draw(st.integers(50, 9_000))
    asked: list[int] = []

    def ask(first: int, last: int) -> list[int]:
        some = [place for place in candidates if first <= place <= last]
        if len(some) > patience:
            raise IllegalAction("that takes too long")
        asked.extend(some)
        return [place for place in true if first <= place <= last]

    places = AskedPlaces(STATES, candidates, ask)
    hits, since = data.draw(st.integers(1, 3)), data.draw(st.integers(0, len(STATES)))
    passes = Passes(places, hits, since)
    counted = true if hits == 1 else [place for place in true if place > since][hits - 1 :]
    for position in data.draw(st.lists(st.integers(0, len(STATES) - 1), max_size=6)):
        assert passes.after(position) == next((place for place in counted if place > position), -1)
        assert passes.before(position) == max((place for place in counted if place < position), default=-1)
    assert len(asked) == len(set(asked)), "nothing is asked twice"


def test_only_what_is_needed_is_asked() -> None:
    asked: list[tuple[int, int]] = []

    def ask(first: int, last: int) -> list[int]:
        asked.append((first, last))
        return [first + 3]

    passes = Passes(AskedPlaces(STATES, range(1, 9_000), ask))
    assert (passes.after(0), passes.before(900)) == (4, 4)
    assert asked == [(1, 1_000)]
    assert (passes.after(5), len(asked)) == (1_004, 2)


def test_an_answer_that_never_comes_is_an_error_and_asked_again_later() -> None:
    patient = False

    def ask(first: int, last: int) -> list[int]:
        if not patient:
            raise IllegalAction("that takes too long")
        return [last]

    passes = Passes(AskedPlaces(STATES, range(1, 9_000), ask))
    with pytest.raises(IllegalAction, match="too long"):
        passes.after(0)
    patient = True
    assert passes.after(0) == 50


def test_another_run_is_not_asked_again() -> None:
    tries = []

    def ask(first: int, last: int) -> list[int]:
        tries.append(first)
        raise Departed("another run")

    with pytest.raises(Departed):
        Passes(AskedPlaces(STATES, range(1, 9_000), ask)).after(0)
    assert tries == [1]


def test_places_follow_states_that_grow() -> None:
    states = STATES[:5]
    passes = Passes(Places(states, lambda start, end: [i for i in range(start, end) if i % 4 == 3]))
    assert [passes.after(0), passes.after(3), passes.before(5)] == [3, -1, 3]
    states += STATES[:5]
    assert [passes.after(3), passes.before(9)] == [7, 7]
