"""Objects in texts: their numbers and fields."""

from __future__ import annotations

from debugworld.worldmodel.markov.objects import (
    Instance,
    depth,
    in_order,
    numbers,
    renumbered,
    replaced,
    shown,
)

TEXT = "[<A at #3 x=<B at #2 y='a > at #9'>>, <function f.<locals>.g at #5>, <A at #3 x=<B at #2 ...>>]"


def test_numbers_in_strings_are_none() -> None:
    assert numbers(TEXT) == [3, 2, 5, 3, 2]
    assert in_order([TEXT]) == {3: 1, 2: 2, 5: 3}
    assert numbers(renumbered(TEXT, in_order([TEXT]).__getitem__)) == [1, 2, 3, 1, 2]
    assert "'a > at #9'" in renumbered(TEXT, lambda _: 7)


def test_objects_show_outer_ones_first() -> None:
    found = dict(reversed(list(shown("<A at #3 x=<B at #2 y='a > at #9'>>"))))
    assert found == {2: "<B at #2 y='a > at #9'>", 3: "<A at #3 x=<B at #2 y='a > at #9'>>"}
    assert [number for number, _ in shown("<function f.<locals>.g at #5>")] == [5]


def test_an_object_is_replaced_where_it_shows_in_full() -> None:
    assert replaced("[<A at #1 n=1>, <A at #2 n=1>]", 1, "<A at #1 n=2>") == "[<A at #1 n=2>, <A at #2 n=1>]"
    assert replaced("<A at #1 me=<A at #1 ...>>", 1, "<A at #1 me=None>") == "<A at #1 me=None>"


def test_fields_are_read_and_written() -> None:
    made = Instance.parse("<f.<locals>.A at #3 x=<B at #2 y='a, b'>, z={1: [2, 3]}>")
    assert made is not None
    assert (made.type, made.number) == ("f.<locals>.A", 3)
    assert made.fields == {"x": "<B at #2 y='a, b'>", "z": "{1: [2, 3]}"}
    made.fields["z"] = "0"
    assert str(made) == "<f.<locals>.A at #3 x=<B at #2 y='a, b'>, z=0>"
    assert Instance.parse("<function f at #1>") is None
    assert Instance.parse("<A at #1 x=1…") is None


def test_depth_counts_brackets_inside_one_another() -> None:
    assert depth("{1: [(2,)], 3: '((((('}") == 3
