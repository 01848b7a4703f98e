"""Containers in containers that are remembered read as they would be written anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from debugworld.sandboxes.debugger.frame_memory import FrameMemory, Layout
from debugworld.sandboxes.debugger.limits import MAX_DEPTH
from debugworld.sandboxes.debugger.nests import Nest
from debugworld.sandboxes.debugger.values import Renderer


def deep(levels: int) -> list[Any]:
    value: list[Any] = [[1], {"a": 2}]
    for _ in range(levels):
        value = [value, "x"]
    return value


CHANGES: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "list in a dict": ({"a": [1, 2], "b": 3}, lambda v: v["a"].append(5)),
    "item of a list in a dict": ({"a": [1, 2], "b": 3}, lambda v: v["a"].__setitem__(0, 7)),
    "value of a dict": ({"a": [1, 2], "b": 3}, lambda v: v.__setitem__("b", 4)),
    "dict in a list": ([{"a": 1}, [2]], lambda v: v[0].__setitem__("a", 2)),
    "key of a dict in a list": ([{"a": 1}, [2]], lambda v: (v[0].pop("a"), v[0].__setitem__("b", 1))),
    "set in a list": ([{1, 2}, 3], lambda v: v[0].add(9)),
    "list in a tuple": (([1], [2]), lambda v: v[1].append(3)),
    "list for a tuple": ([(1, [2]), 5], lambda v: v.__setitem__(0, [1, [2]])),
    "a plain value for a container": ([{}, [1], 2], lambda v: v.__setitem__(1, 1)),
    "itself in itself": ([[1], {"a": 2}], lambda v: v.__setitem__(0, v)),
    "a round of two": ([{"a": [1]}, 2], lambda v: v[0].__setitem__("a", v)),
    "three levels": ({"a": {"b": [1, [2]]}}, lambda v: v["a"]["b"][1].append(3)),
    "default": (defaultdict(list, {"a": [1]}), lambda v: v["a"].append(2)),
    "an instance inside": ([[1], object()], lambda v: v[0].append(2)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name: str) -> None:
    value, change = CHANGES[name]
    renderer = Renderer()
    memory = FrameMemory(Layout(["v"], lambda name: True))
    for turn in range(8):
        renderer.start()
        expected = Renderer().text(value)
        assert renderer.locals(memory, {"v": value})["v"] == expected, turn
        renderer.start()
        assert renderer.text(value) == expected
        if turn == 4:
            change(value)
            assert Renderer().text(value) != expected


@pytest.mark.parametrize("levels", range(MAX_DEPTH + 2))
def test_what_is_cut_at_one_depth_is_whole_at_another(levels: int) -> None:
    renderer, value = Renderer(), deep(levels)
    for _ in range(4):
        for shown in (value, [value, 1], [[value, 1], {"k": value}], value):
            renderer.start()
            assert renderer.text(shown) == Renderer().text(shown)


def test_it_is_remembered_and_keeps_no_container() -> None:
    renderer, inner = Renderer(), [1, 2]
    value = {"a": inner, "b": 3}
    for _ in range(3):
        renderer.start()
        renderer.text(value)
    nest = renderer._nests.find(value)
    assert isinstance(nest, Nest) and nest.fits({"a": [1, 2], "b": 3}) and not nest.fits({"a": [1], "b": 3})
    assert all(part is not inner for part in nest.items)
