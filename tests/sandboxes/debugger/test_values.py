"""The text of values: the repr where that is safe, bounded and stable everywhere."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger.values import CUT, MAX_TEXT, Renderer

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.builds(collections.deque, st.lists(inner))
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_values_read_as_their_repr(value: object) -> None:
    text = Renderer().text(value)
    assert text == repr(value) or len(repr(value)) > 400


@given(st.sets(st.integers()) | st.sets(st.text()) | st.frozensets(st.booleans() | st.floats() | st.text()))
def test_sets_do_not_depend_on_their_history(items: set[object] | frozenset[object]) -> None:
    kind = type(items)
    assert Renderer().text(kind(sorted(items, key=repr))) == Renderer().text(
        kind(sorted(items, key=repr)[::-1])
    )


CALLED: list[object] = []
"""Who was called although nobody may be."""


class Hostile:
    """Runs code of its own at every chance."""

    def __init__(self) -> None:
        self.field = [1]

    def _boom(self, *_: object) -> object:
        CALLED.append(self)
        raise AttributeError("the program's code ran")

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __hash__ = __eq__ = __getattr__ = _boom  # type: ignore
    __class__ = property(_boom)  # type: ignore[assignment]


class HostileList(list):  # type: ignore[type-arg]
    __repr__ = __iter__ = __len__ = Hostile._boom  # type: ignore[assignment]


class Meta(type):
    __hash__ = __eq__ = Hostile._boom  # type: ignore


class Made(metaclass=Meta):
    pass


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Colour(enum.Enum):
    RED = 1


Pair = collections.namedtuple("Pair", "left right")


class Slots:
    __slots__ = ("a",)

    def __init__(self) -> None:
        self.a = 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Point(1, 2), "Point(x=1, y=2)"),
        (Colour.RED, "<Colour.RED: 1>"),
        (Pair(1, "b"), "Pair(left=1, right='b')"),
        (Slots(), "<Slots at #1 a=2>"),
        (collections.OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (collections.Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (collections.defaultdict(int, a=1), "defaultdict(<class 'int'>, {'a': 1})"),
        (ValueError("x", 1), "ValueError('x', 1)"),
        (len, "<built-in function len>"),
        (pytest, "<module 'pytest'>"),
        (Exception, "<class 'Exception'>"),
        ({3, 1, 2}, "{1, 2, 3}"),
        ({"a", 1}, "{1, 'a'}"),
    ],
)
def test_objects(value: object, text: str) -> None:
    assert Renderer().text(value) == text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (Hostile, "<Hostile at #1 field=[1]>"),
        (lambda: HostileList([1]), "HostileList([1])"),
        (lambda: Made(), "<Made at #1>"),
        (lambda: [Hostile()], "[<Hostile at #1 field=[1]>]"),
        (lambda: Made, "<class 'test_values.Made'>"),
    ],
)
def test_the_programs_code_is_never_called(make: Callable[[], object], text: str) -> None:
    value = make()
    CALLED.clear()
    assert Renderer().text(value).replace(__name__, "test_values") == text
    assert not CALLED


def test_identity_is_a_number_in_order_of_sight() -> None:
    renderer, first, second = Renderer(), Slots(), object()
    assert renderer.text([first, second, first]) == "[<Slots at #1 a=2>, <object at #2>, <Slots at #1 a=2>]"


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, b"x" * 10**6, list(range(10**5)), {i: i for i in range(10**4)}, [1 << 10**6]],
    ids=type,
)
def test_large_values_are_cut_with_a_mark(value: object) -> None:
    text = Renderer().text(value)
    assert CUT in text
    assert len(text) <= MAX_TEXT + len(CUT)


def test_depth_and_shared_structure_are_bounded() -> None:
    wide: object = [0]
    for _ in range(50):
        wide = [wide] * 50
    assert len(Renderer().text(wide)) <= MAX_TEXT + len(CUT)
    loop: list[object] = []
    loop.append(loop)
    assert Renderer().text(loop) == "[[...]]"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (KeyError("k"), "KeyError: 'k'"),
        (ValueError(), "ValueError"),
        (OSError(2, "gone"), "FileNotFoundError: [Errno 2] gone"),
        (ValueError(1, 2), "ValueError: (1, 2)"),
        (ValueError(Slots()), "ValueError: <Slots at #1 a=2>"),
    ],
)
def test_errors(error: BaseException, text: str) -> None:
    assert Renderer().error(error) == text
