"""What a renderer remembers makes it faster and changes nothing: each state reads as if it were the first."""

from __future__ import annotations

import collections
import dataclasses
import gc
import random
import sys
import weakref
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger.frame_memory import FrameMemory, Layout
from debugworld.sandboxes.debugger.values import CUT, Renderer

NAMES = "abcdef"


class Thing:
    def __init__(self, value: object) -> None:
        self.value = value


class Stack(list):  # type: ignore[type-arg]
    pass


@dataclasses.dataclass
class Point:
    x: object
    y: object


class Mutator:
    """Changes a namespace the way programs do, and stranger."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.values: dict[str, Any] = {}

    def scalar(self) -> object:
        return self.choose.choice(
            [
                0,
                1,
                True,
                1.0,
                None,
                "a",
                "b" * 600,
                "<A at 0x7f0123456789>",
                b"x",
                -5,
                10**30,
                1 << 5000,
                2.5,
                (),
                (1, "a"),
            ]
            + [(1, (2, 3)), ("x" * 500,) * 5, tuple(range(30)), 3 + 1j, frozenset({1, 2})]
        )

    def value(self, depth: int = 0) -> Any:
        choose = self.choose
        if self.values and choose.random() < 0.2:
            return choose.choice(list(self.values.values()))
        if depth > 3 or choose.random() < 0.4:
            return self.scalar()
        few = choose.choice([0, 1, 2, 3, 3, 9])
        if choose.random() < 0.05:
            few = choose.choice([99, 100, 101, 150])
        if few > 9:
            items = [choose.choice([1, "a", "xy" * 15, None]) for _ in range(few)]
        else:
            items = [self.value(depth + 1) for _ in range(few)]
        plain = [item for item in items if type(item) in (int, str, float, bool, bytes)]
        kind = choose.randrange(12)
        if kind < 4:
            return items
        if kind < 6:
            return dict(zip(choose.sample(range(200), few), items, strict=True))
        made: list[Any] = [
            tuple(items),
            set(plain),
            collections.deque(items, maxlen=200),
            collections.defaultdict(list, enumerate(items)),
            Thing(items),
            Stack(items) if few else Point(1, items),
        ]
        return made[kind - 6]

    def mutate(self) -> None:
        choose, values = self.choose, self.values
        name = choose.choice(NAMES)
        target = values.get(name)
        if target is None or choose.random() < 0.25:
            values[name] = self.value()
        elif choose.random() < 0.1:
            del values[name]
        elif isinstance(target, (list, collections.deque)):
            self.mutate_sequence(target)
        elif isinstance(target, dict):
            if target and choose.random() < 0.3:
                del target[choose.choice(list(target))]
            else:
                target[choose.choice([*list(target)[:3], "k", 7])] = self.value(2)
        elif isinstance(target, set):
            target.symmetric_difference_update({choose.randrange(9)})
        elif isinstance(target, Thing):
            target.value = self.value(1)
        elif isinstance(target, Point):
            target.x = choose.choice([self.scalar(), target])
        elif isinstance(target, int) and target < 1 << 64:
            values[name] = target + 1

    def mutate_sequence(self, target: Any) -> None:
        choose = self.choose
        kind = choose.randrange(7)
        if kind == 0 or not target:
            target.append(self.value(2))
        elif kind == 1:
            target.pop()
        elif kind == 2:
            target[choose.randrange(len(target))] = self.scalar()
        elif kind == 3:
            target.insert(0, self.scalar())
        elif kind == 4:
            target.reverse()
        elif kind == 5 and choose.random() < 0.2:
            target.append(target)
        else:
            inner = target[choose.randrange(len(target))]
            if isinstance(inner, list):
                inner.append(self.scalar())
            else:
                target.extend([self.scalar(), self.scalar()])


def layout() -> Layout:
    return Layout("fbca", lambda name: name != "e")


def compare(seed: int, turns: int) -> None:
    mutator, renderer, memory = Mutator(seed), Renderer(), FrameMemory(layout())
    other = FrameMemory(layout())
    for turn in range(turns):
        for _ in range(mutator.choose.randrange(3)):
            mutator.mutate()
        renderer.start()
        shown = renderer.locals(memory, mutator.values)
        fresh = Renderer().locals(FrameMemory(layout()), mutator.values)
        assert list(shown.items()) == list(fresh.items()), (seed, turn)
        anew = Renderer()
        told = {name: anew.text(mutator.values[name]) for name in "fbcad" if name in mutator.values}
        assert shown == told
        if mutator.choose.random() < 0.2:  # another frame that sees the same objects
            renderer.start()
            assert renderer.locals(other, mutator.values) == fresh


@given(st.integers(0, 1 << 40))
@example(1359)  # a list of lists, once near the top and once at the deepest level
@settings(max_examples=60, deadline=None)
def test_remembered_texts_are_those_of_a_first_look(seed: int) -> None:
    compare(seed, 48)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_many_remembered_texts_are_those_of_a_first_look() -> None:
    for seed in range(1000):
        compare(seed, 60)


def test_names_stand_in_the_order_of_the_scope_and_then_sorted() -> None:
    shown = Renderer().locals(FrameMemory(layout()), {"z": 1, "a": 2, "d": 3, "f": 4, "e": 5})
    assert list(shown) == ["f", "a", "d", "z"]


def test_unchanged_locals_share_one_dict() -> None:
    renderer, memory, values = Renderer(), FrameMemory(layout()), {"a": 1, "b": [1, {}], "c": Thing(2)}
    first = renderer.locals(memory, values)
    renderer.start()
    assert renderer.locals(memory, values) is first
    values["a"] = 2
    renderer.start()
    second = renderer.locals(memory, values)
    assert first["a"] == "1" and second["a"] == "2"


def test_numbers_begin_anew_at_each_stop() -> None:
    renderer, memory = Renderer(), FrameMemory(layout())
    values: dict[str, Any] = {"a": Thing(1), "b": Thing(2)}
    for _ in range(3):
        renderer.start()
        shown = renderer.locals(memory, values)
        assert shown["b"].startswith("<Thing at #1") and shown["a"].startswith("<Thing at #2")
        assert renderer.text(values["a"]).startswith("<Thing at #2")
        assert renderer.text(Thing(3)).startswith("<Thing at #3")
    del values["b"]
    renderer.start()
    assert renderer.locals(memory, values)["a"].startswith("<Thing at #1")


def test_stale_names_are_not_looked_at() -> None:
    renderer, memory = Renderer(), FrameMemory(layout())
    values = {"a": 1, "b": 1}
    renderer.locals(memory, values)
    values.update(a=2, b=2, c=2)
    assert renderer.locals(memory, values, stale={"a", "c"}) == {"b": "2", "a": "1"}
    assert renderer.locals(memory, values) == {"b": "2", "c": "2", "a": "2"}


def test_objects_live_no_longer_than_without_a_debugger() -> None:
    renderer, memory = Renderer(), FrameMemory(layout())

    class Local:
        __slots__ = ("__weakref__", "field")

    thing, kind = Local(), weakref.ref(Local)
    thing.field = [1, 2, 3]
    values: dict[str, Any] = {"a": thing, "b": [thing], "c": {"k": thing}, "d": (thing, 1), "f": {1, 2}}
    gone = [weakref.ref(thing), weakref.ref(values["f"])]
    renderer.locals(memory, values)
    values.clear()
    del thing
    assert [ref() for ref in gone] == [None, None]
    del Local
    gc.collect()
    assert kind() is None


class Evil(str):
    """A name that runs code when it is looked up."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a name was compared")

    __hash__ = str.__hash__


class Unkind(dict):  # type: ignore[type-arg]
    def __getitem__(self, key: object) -> object:
        raise AssertionError("the program's code ran")

    __iter__ = __len__ = items = keys = __contains__ = __getitem__  # type: ignore[assignment]


class Mapping:
    def __getattribute__(self, name: str) -> object:
        raise AssertionError("the program's code ran")

    __getitem__ = __iter__ = __len__ = __getattribute__  # type: ignore[assignment]


def test_locals_that_are_a_trap_run_no_code() -> None:
    renderer, memory = Renderer(), FrameMemory(layout())
    assert renderer.locals(memory, {Evil("a"): 1, "b": 2, 7: 3}) == {"b": "2"}  # type: ignore[dict-item]
    assert renderer.locals(memory, {"a": 1, "b": 2}) == {"b": "2", "a": "1"}
    assert renderer.locals(memory, Unkind(a=1)) == {"a": "1"}
    assert renderer.locals(memory, Mapping()) == {}  # type: ignore[arg-type]
    assert renderer.locals(memory, {"a": 1}) == {"a": "1"}


def test_names_are_bounded() -> None:
    shown = Renderer().locals(FrameMemory(layout()), {f"n{i}": i for i in range(2000)} | {"x" * 9999: 1})
    assert len(shown) == 501 and shown[CUT] == "<1500 more>"
    assert not any(len(name) > 200 for name in shown)


def test_a_functions_locals_are_read_on_every_version() -> None:
    renderer, memory, seen = Renderer(), FrameMemory(Layout(("n", "total"), lambda name: True)), []

    def look(n: int) -> int:
        frame = sys._getframe()
        total = 0
        for _ in range(n):
            total += 1
            renderer.start()
            seen.append(dict(renderer.locals(memory, frame.f_locals)))
        del frame
        return total

    look(2)
    assert [shown["total"] for shown in seen] == ["1", "2"]
    assert list(seen[0])[:2] == ["n", "total"]
