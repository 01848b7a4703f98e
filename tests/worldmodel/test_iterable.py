"""What is left of an iterable yields at once what the whole yields later."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.markov.operand import MAX_OPERAND
from debugworld.worldmodel.markov.thought.ask import turn_of
from debugworld.worldmodel.markov.thought.iterable import left

plain = st.integers(-9, 99) | st.text("a\"'\\\n,[é ", max_size=3) | st.booleans() | st.none()
items = st.lists(plain | st.lists(plain, max_size=2) | st.tuples(plain), max_size=4)
written = (
    items
    | items.map(tuple)
    | st.text("ab\"'\\\n,é ", max_size=5)
    | st.dictionaries(st.text("ab'", max_size=2) | st.integers(0, 9), plain, max_size=4)
)


def calls(first: str, second: str) -> list[str]:
    """Iterables over others."""
    return [
        first,
        f"zip({first}, {second})",
        f"map(str, {first})",
        f"reversed({first})",
        f"iter({first})",
    ]


@given(written, written)
def test_the_rest_yields_what_the_whole_would(first: Any, second: Any) -> None:
    oracle = Oracle()
    for iterable in calls(repr(first), repr(second)):
        for turn in range(6):
            rest, turns = left(iterable, turn)
            assert turns == 0 and (turn == 0 or len(rest) < len(iterable) + 3)
            told, whole = (
                oracle.answer(turn_of("x", ("x",), *asked).prompt) for asked in ((rest, 0), (iterable, turn))
            )
            assert told == whole
            if whole is None or whole.letter == "0":
                break


@pytest.mark.parametrize(
    "iterable",
    ["range(9)", "{1, 2, 3}", "set()", "deque([1, 2])", "enumerate([4, 5])", "zip([1, 2], {3, 4})",
     "map(lambda p: -p, {1, 2})", "filter(str, [1, 2])", "[1, 2, …]", "b'abc'", "<generator f at #1>",
     "'not a \\x text'"],
)  # fmt: skip
def test_what_does_not_show_its_items_in_order_stays_whole(iterable: str) -> None:
    assert left(iterable, 2) == (iterable, 2)


def test_items_may_be_objects() -> None:
    whole = "[<A at #1 x=1, y=[2, 3]>, <A at #2>, <B at #3>]"
    assert left(whole, 1) == ("[<A at #2>, <B at #3>]", 0)
    assert left("{<A at #1>: 2, 3: 4}", 1) == ("{<A at #1>: 2, 3: 4}", 1)


def test_of_a_long_iterable_every_turn_shows_its_item() -> None:
    words = [f"word {number}" for number in range(60)]
    for turn, word in enumerate(words):
        asked = turn_of("w", ("w",), *left(repr(words), turn)).prompt
        assert asked.startswith(f"?for w in [{word!r}") and asked.endswith("\n#0")
    assert len(repr(words)) > MAX_OPERAND
    assert left(repr(words), len(words)) == ("[]", 0)
