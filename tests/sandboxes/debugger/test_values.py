"""The text of values: the repr where that is safe, bounded and stable everywhere."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import fractions
import re
import sys
import types
from collections.abc import Callable
from typing import Any

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


class Text(str):
    """A string that runs code wherever it is written."""

    __str__ = __repr__ = __format__ = __len__ = __getitem__ = Hostile._boom  # type: ignore[assignment]


class Quiet(str):
    __repr__ = Hostile._boom  # type: ignore[assignment]


class Number(int):
    __repr__ = __str__ = __index__ = __lt__ = __gt__ = __neg__ = __hash__ = Hostile._boom  # type: ignore


class Key:
    """A key that counts how often it is asked for its hash."""

    def __hash__(self) -> int:
        CALLED.append(self)
        return 1

    def __repr__(self) -> str:
        CALLED.append(self)
        return "Key"


class Library:
    """Says that it is from Python's own library."""

    __module__ = "datetime"
    __repr__ = __str__ = Hostile._boom  # type: ignore[assignment]


class Factory(collections.defaultdict):  # type: ignore[type-arg]
    default_factory = property(Hostile._boom)  # type: ignore


class Ring(collections.deque):  # type: ignore[type-arg]
    maxlen = property(Hostile._boom)  # type: ignore
    __iter__ = __len__ = Hostile._boom  # type: ignore[assignment]


class Ordered(collections.OrderedDict):  # type: ignore[type-arg]
    __getitem__ = __iter__ = items = keys = Hostile._boom  # type: ignore


class Strange:
    """Its class has another class's slot, and an attribute whose name is no plain string."""

    a = Slots.__dict__["a"]


class Tree(Exception):
    __str__ = __repr__ = Hostile._boom  # type: ignore[assignment]


def function() -> None:
    """A function that gets a hostile name."""


def named() -> object:
    function.__qualname__ = Text("f")
    return function


def renamed() -> object:
    kind = type("Kind", (), {})
    kind.__qualname__ = Text("K")
    return kind()


def odd_fields() -> object:
    kind = type("Pair", (tuple,), {"_fields": (Hostile(), Text("b"))})
    return kind((1, 2))


def odd_dict() -> object:
    slots = Made()
    slots.__dict__[Text("n")] = 1
    slots.__dict__["m"] = 2
    return slots


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Text("ab"), "Text('ab')"),
        (lambda: [Text("ab"), Number(7)], "[Text('ab'), Number(7)]"),
        (lambda: {Text: Number(1)}, "{<class 'test_values.Text'>: Number(1)}"),
        (Library, "<Library at #1>"),
        (type("Holder", (), {"shape": Made(), "__dict__": Made()}), "<Holder at #1>"),
        (lambda: Factory(int, a=1), "Factory(defaultdict(<class 'int'>, {'a': 1}))"),
        (lambda: Ring([1]), "Ring(deque([1]))"),
        (lambda: Ordered(a=1), "Ordered(OrderedDict({'a': 1}))"),
        (lambda: collections.Counter({Key(): 2}), "Counter({<Key at #1>: 2})"),
        (lambda: collections.OrderedDict({Key(): 2}), "OrderedDict({<Key at #1>: 2})"),
        (Strange, "<Strange at #1>"),
        (named, "<function f at #1>"),
        (renamed, "<K at #1>"),
        (odd_fields, "Pair(?=1, b=2)"),
        (odd_dict, "<Made at #1 m=2>"),
        (lambda: re.compile(Quiet("a+"), re.M), "re.compile(Quiet('a+'), 0x8)"),
        (lambda: datetime.timezone(datetime.timedelta(hours=1), Text("x")), "<timezone at #1>"),
        (
            lambda: datetime.datetime(
                2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(1 / 9), Text("x"))
            ),
            "<datetime at #1>",
        ),
        (lambda: Hostile().__reduce__, "<built-in method __reduce__ of Hostile>"),
        (lambda: types.SimpleNamespace(a=Number(1)), "namespace(a=Number(1))"),
        (lambda: fractions.Fraction(1, 3), "Fraction(1, 3)"),
        (lambda: collections.UserList([1]), "<UserList at #1>"),
    ],
)
def test_no_lie_runs_code(make: Callable[[], object], text: str) -> None:
    value = make()
    CALLED.clear()
    assert Renderer().text(value).replace(__name__, "test_values") == text
    assert not CALLED


def with_attribute(error: BaseException, **attributes: object) -> BaseException:
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: OSError(2, "gone", Hostile()), "FileNotFoundError: (2, 'gone')"),
        (lambda: with_attribute(SyntaxError("bad"), msg=Text("worse")), "SyntaxError: bad"),
        (lambda: with_attribute(UnicodeDecodeError("a", b"b", 0, 1, "c"), reason=Text("x")), None),
        (lambda: KeyError(Hostile()), "KeyError: <Hostile at #1 field=[1]>"),
        (lambda: Tree(Text("a")), "Tree: Text('a')"),
        (lambda: ImportError(Text("a")), "ImportError: Text('a')"),
        (
            lambda: ExceptionGroup("many", [ValueError(1), Tree("b")]),
            "ExceptionGroup: many (2 sub-exceptions)",
        ),
    ],
)
def test_no_exception_runs_code(make: Callable[[], BaseException], text: str | None) -> None:
    error = make()
    CALLED.clear()
    told = Renderer().error(error)
    assert text is None or told == text
    Renderer().chain(error)
    assert not CALLED


def test_chains() -> None:
    def failing(*kinds: type[Exception]) -> BaseException:
        error: BaseException | None = None
        for number, kind in enumerate(kinds):
            behind, error = error, kind(number)
            error.__context__ = behind
        assert error is not None
        return error

    renderer = Renderer()
    error = failing(ValueError, KeyError, TypeError)
    assert renderer.chain(error) == ("context: KeyError: 1", "context: ValueError: 0")
    assert renderer.chain(ValueError()) == ()
    error.__cause__ = OSError(2, "gone")
    assert renderer.chain(error) == ("cause: FileNotFoundError: [Errno 2] gone",)
    error.__cause__ = None
    assert error.__suppress_context__ and renderer.chain(error) == ()
    long = renderer.chain(failing(*[ValueError] * 9))
    assert len(long) == 6 and long[-1] == CUT
    loop = ValueError("x")
    loop.__context__ = KeyError("y")
    loop.__context__.__context__ = loop
    assert renderer.chain(loop) == ("context: KeyError: 'y'",)
    group = ExceptionGroup("g", [ValueError(n) for n in range(9)])
    assert renderer.chain(group)[:2] == ("member: ValueError: 0", "member: ValueError: 1")
    assert len(renderer.chain(group)) == 6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<A object at 0x7f00deadbeef>", "'<A object at #?>'"),
        (["at 0x7f00deadbeef", " at 0x7f00deadbeef"], "['at 0x7f00deadbeef', ' at #?']"),
        (b"x at 0x7f00deadbeef", "b'x at #?'"),
        (" at 0x12", "' at 0x12'"),
    ],
)
def test_addresses_read_alike(value: object, text: str) -> None:
    assert Renderer().text(value) == text
    assert Renderer().stable("<A at 0x7f00deadbeef>\n") == "<A at #?>\n"
    assert Renderer().error(ValueError("<A at 0x7f00deadbeef>")) == "ValueError: <A at #?>"


def test_order_that_a_program_made_is_kept() -> None:
    ordered = collections.OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    assert Renderer().text(ordered) == "OrderedDict({'b': 2, 'a': 1})"


def test_a_set_with_nan_has_an_order() -> None:
    texts = {
        Renderer().text({float("nan"), *order}) for order in ((1.5, "a", 2), (2, "a", 1.5)) for _ in range(50)
    }
    assert texts == {"{1.5, 2, 'a', nan}"}


def test_huge_sets_say_their_size() -> None:
    assert Renderer().text(set(range(5000))) == "{…<5000 items>}"
    assert Renderer().text(frozenset(range(5000))) == "frozenset({…<5000 items>})"
    assert Renderer().text(set(range(2000))).startswith("{0, 1, 2, 3")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda np: np.arange(3), "ndarray(shape=(3,), dtype=int64, [0, 1, 2])"),
        (lambda np: np.zeros((0, 2), "f4"), "ndarray(shape=(0, 2), dtype=float32, [])"),
        (lambda np: np.array([[True], [False]]), "ndarray(shape=(2, 1), dtype=bool, [[True], [False]])"),
        (lambda np: np.arange(20)[::2], "ndarray(shape=(10,), dtype=int64, [0, 2, 4, 6, 8, 10, 12, 14, …])"),
        (lambda np: np.array(["a", "bc"]), "ndarray(shape=(2,), dtype=<U2, ['a', 'bc'])"),
        (lambda np: np.array([Text("a")], object), "ndarray(shape=(1,), dtype=object, [Text('a')])"),
        (lambda np: np.array(5.5), "ndarray(shape=(), dtype=float64, 5.5)"),
        (lambda np: np.array(["2020-01-01"], "M8[D]"), None),
        (lambda np: np.float64(1.5), "float64(1.5)"),
        (lambda np: np.int8(-3), "int8(-3)"),
        (lambda np: type("Sub", (np.ndarray,), {"__getitem__": Hostile._boom, "shape": 0})((1,), "i1"), None),
        (lambda np: type("Odd", (np.float64,), {"__repr__": Hostile._boom, "item": 0})(2), "Odd(2.0)"),
    ],
)
def test_arrays(make: Callable[[Any], object], text: str | None) -> None:
    value = make(pytest.importorskip("numpy"))
    CALLED.clear()
    told = Renderer().text(value)
    assert told == text or text is None and "shape=(1,)" in told
    assert not CALLED


def test_a_huge_array_costs_its_head() -> None:
    numpy = pytest.importorskip("numpy")
    huge = numpy.broadcast_to(numpy.int64(7), (1 << 20, 1 << 20, 1 << 16))
    text = Renderer().text(huge)
    assert text.startswith("ndarray(shape=(1048576, 1048576, 65536), dtype=int64, [[[7, 7,")
    assert text.count("7,") < 100


def test_a_false_numpy_is_believed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.ModuleType("numpy")
    kind = type("ndarray", (), {name: property(Hostile._boom) for name in ("shape", "dtype", "item")})
    fake.ndarray = fake.generic = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "numpy", fake)
    CALLED.clear()
    assert Renderer().text(kind()) == "<ndarray at #1>"
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


class Node:
    def __init__(self, value: object, other: object = None) -> None:
        self.value, self.other = value, other


def test_sets_of_objects_do_not_depend_on_addresses() -> None:
    """They stand in the order of what each is by itself, and are numbered in that order."""
    seen = set()
    for _ in range(20):
        nodes = [Node(value, Node(-value)) for value in (5, 3, 9, 1)]
        kept.append([object() for _ in range(len(kept) * 7 % 13)])  # the next ones lie elsewhere
        kept.append(nodes)
        values = (
            set(nodes),
            frozenset(nodes),
            {Node(1), (Node(0), 4), None, 2},
            {Node(i) for i in range(300)},
        )
        for value in values:
            renderer = Renderer()
            renderer.start()
            seen.add(renderer.text(value))
    assert len(seen) == 4
    assert any(text.startswith("{<Node at #1 value=1, other=<Node at #2 value=-1,") for text in seen)
    assert all(text.count("at #1 ") == 1 for text in seen)


kept: list[object] = []


def test_a_set_of_large_objects_is_not_shown_in_an_order_by_chance() -> None:
    many = {Node(list(range(60))) for _ in range(60)}
    renderer = Renderer()
    renderer.start()
    assert renderer.text(many) == "{…<60 items>}"
    assert renderer.text([Node(1)]) == "[<Node at #1 value=1, other=None>]", "no number was spent"
