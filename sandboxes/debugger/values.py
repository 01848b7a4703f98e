"""The text of a value: its ``repr``, bounded and stable, without running the program's code.

Built-in values read as their ``repr``. Where ``repr`` would call code of the
program, or print an address, a structural text stands instead::

    <Node at #1 value=3, next=None>     an instance, by its fields
    Point(x=1, y=2)                     dataclasses and named tuples
    Stack([1, 2])                       subclasses of built-in containers
    <function f at #2>                  #n is the n-th such object seen at this stop
    ndarray(shape=(2,), dtype=int64, [1, 2])

Sets are sorted, and `CUT` marks each place where something was left out. Addresses that the program itself
made into text read `ADDRESS`: numbers for them would depend on what was shown before.

A text depends on nothing but the value and what stood before it at the same stop. What the renderer
remembers makes it faster and changes nothing: containers of plain immutable items are recognised by the
identity of their items, at C speed, and are written anew where an item changed. A class is looked at once,
when its first value is written.
"""

from __future__ import annotations

import datetime
import enum
import re
import sys
import types
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from heapq import nsmallest
from itertools import chain, islice, repeat
from operator import is_
from typing import Any

from . import failures
from .anatomy import (
    Kind,
    bases_of,
    dict_of,
    fields,
    has,
    is_readable,
    is_written_in_c,
    layout_of,
    module_attribute,
    module_name,
    module_of,
    name_of,
    plain_name,
    qualname_of,
)
from .arrays import array_writer
from .atoms import ADDRESS, BIG, atom, enclosed, paired, stable
from .flats import Flat, Flats, Grid
from .frame_memory import NEVER, PROXY, FrameMemory, Layout, Plan, plain_locals
from .limits import CUT, MAX_DEPTH, MAX_INT_BITS, MAX_ITEMS, MAX_NODES, MAX_STRING, MAX_TEXT
from .nests import Nest, Nests
from .tables import table_writer

__all__ = ["ADDRESS", "CUT", "MAX_TEXT", "FrameMemory", "Layout", "Renderer", "stable"]


Writer = Callable[[Any, int], str]
"""Writes a value of one type that stands at a depth."""
Places = tuple[tuple[int, str], ...]
"""What `layout_of` returns."""

_OWN_PACKAGE = __name__.rpartition(".")[0] + "."
_NoneType: type = type(None)
_UTC = datetime.UTC
_default_factory = defaultdict.__dict__["default_factory"].__get__
_maxlen = deque.__dict__["maxlen"].__get__


def _members(value: dict[Any, Any], items: Iterable[tuple[Any, Any]]) -> tuple[int, list[tuple[Any, Any]]]:
    """Returns a dict's size, and its first pairs."""
    size = dict.__len__(value)
    if not _LATER_NAMES:
        return size, list(islice(items, MAX_ITEMS))
    pairs = list(islice(items, MAX_ITEMS + len(_LATER_NAMES)))
    kept = [pair for pair in pairs if type(pair[0]) is not str or pair[0] not in _LATER_NAMES]
    return size - len(pairs) + len(kept), kept[:MAX_ITEMS]


_LATER_NAMES = (
    frozenset({"__firstlineno__", "__static_attributes__"}) if sys.version_info >= (3, 13) else frozenset()
)
"""What a class body's namespace has on newer versions only; it shows on none."""


class Renderer:
    """Writes the values of one stop after the other.

    `start` begins a stop; then come `locals`, `text`, `error` and `chain` in the order in which they show,
    because objects are numbered from 1 in that order. An object keeps its number until the next stop.
    """

    def __init__(self) -> None:
        self._writers: dict[int, tuple[Writer, object]] = {}
        self.numbers: dict[int, int] = {}
        """The objects that have a number at this stop, by their address."""
        self._nodes = 0
        self._inside: set[int] = set()
        self._flats = Flats()
        self._nests = Nests(self._flats)

    def start(self) -> None:
        """Begins a stop: the next object is number 1."""
        if self.numbers:
            self.numbers = {}

    def text(self, value: object) -> str:
        """Returns the text of a value, at most `MAX_TEXT` characters and the mark."""
        self._nodes = 0
        text = self._text(value, 0)
        if " at 0x" in text:
            text = stable(text)
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + CUT

    def error(self, error: BaseException) -> str:
        """Returns ``Type: message``, or the type alone where there is no message."""
        return stable(failures.error_text(error, self.text))

    def chain(self, error: BaseException) -> tuple[str, ...]:
        """Returns the exceptions behind one, nearest first: ``cause: Type: message`` and the like.

        See `failures.chain_texts`.
        """
        return tuple(map(stable, failures.chain_texts(error, self.text)))

    def stable(self, text: str) -> str:
        """Returns a text with `ADDRESS` in place of memory addresses."""
        return stable(text)

    def locals(
        self, memory: FrameMemory, values: Mapping[str, Any], stale: Collection[str] = ()
    ) -> dict[str, str]:
        """Returns the texts of a frame's locals, in the order of the memory's layout.

        Args:
            memory: what the frame showed last; changed here.
            values: the frame's ``f_locals``.
            stale: names whose value is not to be looked at: they read as at the last stop, or not at all.

        Returns:
            A dict that nobody may change: where nothing changed, it is the one of the stop before.
        """
        kind = type(values)
        if kind is not dict and kind is not PROXY:
            values = plain_locals(values)
        plan = memory.plan
        keys = plan.keys
        if len(values) != len(keys) or not all(map(is_, values, keys)):
            values = plain_locals(values)
            plan = memory.layout.plan(list(values))
        if stale:
            return self._stale_locals(memory, plan, values, stale)
        turned = plan is not memory.plan
        if turned:
            memory.turn(plan)
        shown: dict[str, str] | None = None
        changed: list[str] = []
        nests = self._nests.known
        last, texts, flats, place = memory.last, memory.texts, self._flats, -1
        for value in plan.read(values):
            place += 1
            if value is last[place]:
                continue
            kind = type(value)
            if kind is int and -BIG < value < BIG:
                text = repr(value)
                last[place] = value
            elif kind is list and (flat := flats.lists.get(id(value))) is not None:
                last[place] = NEVER
                if len(value) != flat.size or not all(map(is_, value, flat.items)):
                    flat = flats.sequence(value, flats.lists)
                text = self.text(value) if flat is None else flat.text
            elif kind is dict and (flat := flats.dicts.get(id(value))) is not None:
                last[place] = NEVER
                flat = flats.mapping(value)
                text = self.text(value) if flat is None else flat.text
            elif (nest := nests.get(id(value))) is not None and nest.kind is kind and nest.fits(value):
                last[place] = NEVER
                text = nest.text
            elif (plain := atom(value, kind)) is not None:
                text = plain
                last[place] = value
            else:
                last[place] = NEVER
                text = self.text(value)
            if text != texts[place]:
                texts[place] = text
                if not turned:
                    if shown is None:
                        shown = memory.shown.copy()
                    name = plan.order[place]
                    shown[name] = text
                    changed.append(name)
        if turned:
            memory.before = None
            shown = dict(zip(plan.order, texts, strict=True))
            if plan.hidden:
                shown[CUT] = f"<{plan.hidden} more>"
        elif shown is None:
            return memory.shown
        else:
            memory.before, memory.changed = memory.shown, changed
        memory.shown = shown
        return shown

    def _stale_locals(
        self, memory: FrameMemory, plan: Plan, values: Mapping[str, Any], stale: Collection[str]
    ) -> dict[str, str]:
        """Writes locals of which some are not to be looked at; forgets what it knew of the values."""
        before, shown = memory.shown, dict[str, str]()
        for name, value in zip(plan.order, plan.read(values), strict=True):
            if name not in stale:
                shown[name] = self.text(value)
            elif name in before:
                shown[name] = before[name]
        memory.forget(shown)
        return shown

    def _text(self, value: object, depth: int) -> str:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            return CUT
        kind = type(value)
        known = self._writers.get(id(kind))
        if known is None:
            known = self._remember(kind)
        return known[0](value, depth)

    def _remember(self, kind: Kind) -> tuple[Writer, object]:
        """Chooses how values of a type are written, for as long as the type lives."""
        key, writers = id(kind), self._writers
        exact = _EXACT_BY_ID.get(key)
        if exact is not None:
            known: tuple[Writer, object] = types.MethodType(exact, self), None
        else:
            known = self._writer(kind), weakref.ref(kind, lambda _: writers.pop(key, None))
        writers[key] = known
        return known

    def _writer(self, kind: Kind) -> Writer:
        """Chooses how values of a type are written; asks the type, never the value."""
        bases = bases_of(kind)
        if not is_readable(kind):
            return self._opaque
        array = array_writer(kind, self._text)
        if array is not None:
            return array
        table = table_writer(kind, self._text, self._opaque)
        if table is not None:
            return table
        if any(base is BaseException for base in bases):
            return self._exception
        places = layout_of(kind)
        if any(base is enum.Enum for base in bases):
            return lambda value, depth: self._enum(value, depth, places)
        if has(kind, "__dataclass_params__"):
            return lambda value, depth: (
                f"{qualname_of(type(value))}({self._field_texts(value, depth, places)})"
            )
        if any(base is tuple for base in bases) and has(kind, "_fields"):
            return self._namedtuple
        for base in _CONTAINERS:
            if any(candidate is base for candidate in bases):
                return self._subclass_writer(base)
        if any(base is type for base in bases):
            return self._class
        library = (
            module_of(kind).partition(".")[0] in sys.stdlib_module_names and module_of(kind) != "__main__"
        )
        if library or module_of(kind).startswith(_OWN_PACKAGE):
            return self._library_writer(kind, places)
        return lambda value, depth: self._instance(value, depth, places)

    # plain values

    def _repr(self, value: object, depth: int) -> str:
        return repr(value)

    def _int(self, value: int, depth: int) -> str:
        if -BIG < value < BIG:
            return repr(value)
        bits = int.bit_length(value)
        if bits <= MAX_INT_BITS:
            return int.__repr__(value)
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) >> (bits - 64):#x}{CUT}<{bits} bits>"

    def _str(self, value: str, depth: int) -> str:
        if len(value) <= MAX_STRING:
            return repr(value)
        return _cut_quoted(repr(value[:MAX_STRING]))

    def _bytes(self, value: bytes | bytearray, depth: int) -> str:
        if len(value) <= MAX_STRING:
            return repr(value)
        return _cut_quoted(repr(value[:MAX_STRING]))

    # containers: exact types, whose items are read at C speed

    def _list(self, value: list[Any], depth: int) -> str:
        if depth < MAX_DEPTH - 1:
            flat: Flat | Grid | Nest | None = self._flats.sequence(value, self._flats.lists)
            if flat is None and depth < MAX_DEPTH - 2:
                flat = self._flats.grid(value) or self._nest(value, depth)
            if flat is not None and self._nodes + flat.nodes <= MAX_NODES:
                self._nodes += flat.nodes
                return flat.text
        size, items, before = len(value), list(islice(value, MAX_ITEMS)), self._nodes
        texts, plain = self._parts(value, items, depth)
        text = enclosed("[", texts, size, "]")
        if plain:
            self._flats.keep(self._flats.lists, value, Flat(size, [], items, texts, text))
        elif self._nodes <= MAX_NODES and depth < MAX_DEPTH - 2:
            nodes = self._nodes - before
            is_grid = type(items[0]) is list and self._flats.keep_grid(value, nodes, text)
            if not is_grid:
                self._nests.keep(value, depth, nodes, text)
        return text

    def _deque(self, value: deque[Any], depth: int) -> str:
        flat = self._flats.sequence(value, self._flats.deques) if depth < MAX_DEPTH - 1 else None
        if flat is not None and self._nodes + flat.nodes <= MAX_NODES:
            self._nodes += flat.nodes
            text = flat.text
        else:
            size, items = len(value), list(islice(value, MAX_ITEMS))
            texts, plain = self._parts(value, items, depth)
            text = enclosed("[", texts, size, "]")
            if plain:
                self._flats.keep(self._flats.deques, value, Flat(size, [], items, texts, text))
        return f"deque({text})" if value.maxlen is None else f"deque({text}, maxlen={value.maxlen})"

    def _dict(self, value: dict[Any, Any], depth: int) -> str:
        if depth < MAX_DEPTH - 1:
            flat = self._flats.mapping(value) or self._nest(value, depth)
            if flat is not None and self._nodes + flat.nodes <= MAX_NODES:
                self._nodes += flat.nodes
                return flat.text
        before = self._nodes
        size, pairs = _members(value, value.items())
        parts, plain = self._parts(value, list(chain.from_iterable(pairs)), depth)
        texts = paired(parts)
        text = enclosed("{", texts, size, "}")
        if plain and size == len(value):
            keys, items = [key for key, _ in pairs], [item for _, item in pairs]
            self._flats.keep(self._flats.dicts, value, Flat(size, keys, items, texts, text))
        elif self._nodes <= MAX_NODES and depth < MAX_DEPTH - 2 and size == len(value):
            self._nests.keep(value, depth, self._nodes - before, text)
        return text

    def _nest(self, value: object, depth: int) -> Nest | None:
        """Returns what is known of a container of containers; None where it is another one, or too deep."""
        nest = self._nests.find(value)
        return nest if nest is not None and depth < MAX_DEPTH - nest.height else None

    def _defaultdict(self, value: defaultdict[Any, Any], depth: int) -> str:
        return f"defaultdict({self._text(value.default_factory, depth + 1)}, {self._dict(value, depth)})"

    def _set(self, value: set[Any], depth: int) -> str:
        flat = self._flats.set_of(value) if depth < MAX_DEPTH - 1 else None
        if flat is not None and self._nodes + flat.nodes <= MAX_NODES:
            self._nodes += flat.nodes
            return flat.text
        if not value:
            return "set()"
        items, before = list(islice(value, MAX_NODES + 1)), self._nodes
        text, plain = self._sorted(value, items, depth)
        if plain:
            flat = Flat(len(value), [], items, [], text)
            flat.nodes = self._nodes - before
            self._flats.keep(self._flats.sets, value, flat)
        return text

    def _frozenset(self, value: frozenset[Any], depth: int) -> str:
        if not frozenset.__len__(value):
            return "frozenset()"
        items = list(islice(frozenset.__iter__(value), MAX_NODES + 1))
        return f"frozenset({self._sorted(value, items, depth)[0]})"

    # containers whose type may be a subclass: read by the base's own methods

    def _tuple(self, value: tuple[Any, ...], depth: int) -> str:
        exact = type(value) is tuple
        nest = self._nest(value, depth) if exact else None
        if nest is not None and self._nodes + nest.nodes <= MAX_NODES:
            self._nodes += nest.nodes
            return nest.text
        size, before = tuple.__len__(value), self._nodes
        texts, plain = self._parts(value, list(islice(tuple.__iter__(value), MAX_ITEMS)), depth)
        text = enclosed("(", texts, size, ",)" if size == 1 else ")")
        if exact and not plain and self._nodes <= MAX_NODES and depth < MAX_DEPTH - 2:
            self._nests.keep(value, depth, self._nodes - before, text)
        return text

    def _any_list(self, value: list[Any], depth: int) -> str:
        texts, _ = self._parts(value, list(islice(list.__iter__(value), MAX_ITEMS)), depth)
        return enclosed("[", texts, list.__len__(value), "]")

    def _any_set(self, value: set[Any], depth: int) -> str:
        if not set.__len__(value):
            return "set()"
        return self._sorted(value, list(islice(set.__iter__(value), MAX_NODES + 1)), depth)[0]

    def _pairs(
        self, value: dict[Any, Any], depth: int, items: Iterable[tuple[Any, Any]] | None = None
    ) -> str:
        size, pairs = _members(value, dict.items(value) if items is None else items)
        shown = chain.from_iterable(pairs)
        return enclosed("{", paired(self._parts(value, list(shown), depth)[0]), size, "}")

    def _ordered_dict(self, value: OrderedDict[Any, Any], depth: int) -> str:
        if not dict.__len__(value):
            return "OrderedDict()"
        own_order = None
        if all(id(type(key)) in _HASHED_IN_C for key in dict.keys(value)):
            own_order = OrderedDict.items(value)  # looks its keys up, and so would ask others for their hash
        return f"OrderedDict({self._pairs(value, depth, own_order)})"

    def _any_defaultdict(self, value: defaultdict[Any, Any], depth: int) -> str:
        factory = self._text(_default_factory(value), depth + 1)
        return f"defaultdict({factory}, {self._pairs(value, depth)})"

    def _counter(self, value: Counter[Any], depth: int) -> str:
        size = dict.__len__(value)
        if not size:
            return "Counter()"
        items = list(islice(dict.items(value), MAX_NODES))
        if size <= MAX_NODES and all(id(type(number)) in _NUMBERS for _, number in items):
            items.sort(key=lambda item: item[1], reverse=True)
        return f"Counter({self._pairs(value, depth, items)})"

    def _any_deque(self, value: deque[Any], depth: int) -> str:
        texts, _ = self._parts(value, list(islice(deque.__iter__(value), MAX_ITEMS)), depth)
        text = enclosed("deque([", texts, deque.__len__(value), "]")
        longest = _maxlen(value)
        return text + (")" if longest is None else f", maxlen={longest})")

    def _view(self, value: Any, depth: int) -> str:
        name, pairs = name_of(type(value)), list(islice(value, MAX_ITEMS))
        return enclosed(f"{name}([", self._parts(value, pairs, depth)[0], len(value), "])")

    def _slice(self, value: slice, depth: int) -> str:
        parts = (self._text(p, depth + 1) for p in (value.start, value.stop, value.step))
        return f"slice({', '.join(parts)})"

    def _range(self, value: range, depth: int) -> str:
        step = "" if value.step == 1 else f", {self._int(value.step, depth)}"
        return f"range({self._int(value.start, depth)}, {self._int(value.stop, depth)}{step})"

    def _subclass_writer(self, base: type) -> Writer:
        write = types.MethodType(_OF_SUBCLASSES.get(base) or _EXACT[base], self)
        plain = _PLAIN.get(base, lambda value: value)
        return lambda value, depth: f"{qualname_of(type(value))}({write(plain(value), depth)})"

    # code

    def _function(self, value: types.FunctionType, depth: int) -> str:
        return f"<function {plain_name(value.__qualname__)} at #{self._number(value)}>"

    def _builtin(self, value: types.BuiltinFunctionType, depth: int) -> str:
        owner = type(value.__self__)
        if owner is _NoneType or owner is types.ModuleType:
            return f"<built-in function {plain_name(value.__name__)}>"
        return f"<built-in method {plain_name(value.__name__)} of {name_of(owner)}>"

    def _method(self, value: types.MethodType, depth: int) -> str:
        function = value.__func__
        name = plain_name(function.__qualname__) if type(function) is types.FunctionType else "?"
        return f"<bound method {name} of {self._text(value.__self__, depth + 1)}>"

    def _module(self, value: types.ModuleType, depth: int) -> str:
        name = module_name(value)
        return "<module>" if name is None else f"<module {name!r}>"

    def _class(self, value: type, depth: int) -> str:
        module = module_of(value)
        foreign = module not in ("", "builtins", "__main__", "program")
        return f"<class '{plain_name(module) + '.' if foreign else ''}{qualname_of(value)}'>"

    def _generator(self, value: Any, depth: int) -> str:
        return f"<{name_of(type(value))} object {plain_name(value.__qualname__)} at #{self._number(value)}>"

    # objects

    def _exception(self, value: BaseException, depth: int) -> str:
        return qualname_of(type(value)) + (
            "("
            + ", ".join(self._parts(value, list(islice(failures.arguments_of(value), MAX_ITEMS)), depth)[0])
            + ")"
        )

    def _enum(self, value: Any, depth: int, places: Places) -> str:
        own = dict(fields(value, places))
        name = own.get("_name_")
        shown = f".{name}" if type(name) is str else ""
        inner = CUT if depth >= MAX_DEPTH else self._text(own.get("_value_"), depth + 1)
        return f"<{qualname_of(type(value))}{shown}: {inner}>"

    def _namespace(self, value: types.SimpleNamespace, depth: int) -> str:
        return f"namespace({self._field_texts(value, depth, layout_of(types.SimpleNamespace))})"

    def _namedtuple(self, value: Any, depth: int) -> str:
        kind, size = type(value), tuple.__len__(value)
        names = next((dict_of(c)["_fields"] for c in bases_of(kind) if "_fields" in dict_of(c)), None)
        items = list(islice(tuple.__iter__(value), MAX_ITEMS))
        texts, _ = self._parts(value, items, depth)
        if type(names) is tuple and len(names) == size and len(texts) == len(items):
            texts = [f"{plain_name(name)}={text}" for name, text in zip(names, texts, strict=False)]
        return enclosed(f"{qualname_of(kind)}(", texts, size, ")")

    def _instance(self, value: object, depth: int, places: Places) -> str:
        number = self._number(value)
        shown = self._field_texts(value, depth, places)
        return f"<{qualname_of(type(value))} at #{number}{' ' if shown else ''}{shown}>"

    def _opaque(self, value: object, depth: int) -> str:
        return f"<{name_of(type(value))} at #{self._number(value)}>"

    def _library_writer(self, kind: Kind, places: Places) -> Writer:
        """Writes values of Python's own library: by their ``repr`` where that is C code and safe."""
        if any(kind is safe for safe in (datetime.date, datetime.timedelta)) or (
            module_of(kind) == "decimal" and is_written_in_c(kind, "__repr__")
        ):
            return self._repr
        if any(kind is timed for timed in (datetime.datetime, datetime.time)):
            return lambda value, depth: (
                repr(value) if value.tzinfo is None or value.tzinfo is _UTC else self._opaque(value, depth)
            )
        if kind is re.Pattern:
            return self._pattern
        if kind is module_attribute("fractions", "Fraction"):
            return lambda value, depth: self._fraction(value, depth, places)
        return self._opaque

    def _fraction(self, value: object, depth: int, places: Places) -> str:
        own = dict(fields(value, places))
        parts = (self._text(own.get(name), depth + 1) for name in ("_numerator", "_denominator"))
        return f"Fraction({', '.join(parts)})"

    def _pattern(self, value: re.Pattern[Any], depth: int) -> str:
        flags = value.flags & ~re.UNICODE.value
        shown = f", {flags:#x}" if flags else ""
        return f"re.compile({self._text(value.pattern, depth + 1)}{shown})"

    # parts

    def _field_texts(self, value: object, depth: int, places: Places) -> str:
        if depth >= MAX_DEPTH:
            return CUT
        if id(value) in self._inside:
            return "..."
        shown: list[str] = []
        room = MAX_TEXT
        self._inside.add(id(value))
        try:
            for name, field in fields(value, places):
                kind = type(field)
                if kind is int and -BIG < field < BIG and self._nodes < MAX_NODES:
                    self._nodes += 1
                    text = repr(field)
                else:
                    text = self._text(field, depth + 1)
                shown.append(f"{name}={text}")
                room -= len(text)
                if room < 0 or len(shown) == MAX_ITEMS:
                    break
        finally:
            self._inside.discard(id(value))
        return ", ".join(shown)

    def _parts(self, value: object, items: list[Any], depth: int) -> tuple[list[str], bool]:
        """Returns the texts of a container's items and whether all are plain.

        Ends early where no more can show.
        """
        if depth >= MAX_DEPTH:
            return [CUT], False
        if id(value) in self._inside:
            return ["..."], False
        texts: list[str] = []
        plain, shallow, room = True, depth + 1 < MAX_DEPTH, MAX_TEXT
        self._inside.add(id(value))
        try:
            for item in items:
                kind = type(item)
                if kind is int and -BIG < item < BIG and self._nodes < MAX_NODES:
                    self._nodes += 1
                    texts.append(repr(item))
                    continue
                text = atom(item, kind) if shallow or kind is not tuple else None
                nodes = 1 + len(item) if kind is tuple else 1
                if text is None or self._nodes + nodes > MAX_NODES:
                    plain = False
                    text = self._text(item, depth + 1)
                else:
                    self._nodes += nodes
                texts.append(text)
                room -= len(text)
                if room < 0:
                    return texts, False
        finally:
            self._inside.discard(id(value))
        return texts, plain and shallow

    def _sorted(self, value: object, items: list[Any], depth: int) -> tuple[str, bool]:
        """Writes a set's items, in their own order where one built-in type orders them, else by text."""
        size = len(items)
        if size > MAX_NODES:
            return f"{{{CUT}<{_size_of_set(value)} items>}}", False
        kind = type(items[0])
        if (kind is int or kind is str or kind is bytes) and all(map(is_, map(type, items), repeat(kind))):
            texts, plain = self._parts(value, nsmallest(MAX_ITEMS, items), depth)
        else:
            count, spent = len(self.numbers), self._nodes
            texts, plain = self._parts(value, items, depth)
            plain = plain and size <= MAX_ITEMS
            if len(self.numbers) > count:
                found = self._numbered(value, items, depth, count, spent)
                if found is None:
                    return f"{{{CUT}<{_size_of_set(value)} items>}}", False
                texts = found
            else:
                texts = nsmallest(MAX_ITEMS, texts, key=_number_then_text)
        return enclosed("{", texts, size, "}"), plain

    def _numbered(
        self, value: object, items: list[Any], depth: int, count: int, spent: int
    ) -> list[str] | None:
        """Writes the items of a set that get numbers, in the order of what each is by itself.

        A set holds them in the order of their addresses, which another run does not repeat.

        Args:
            value: The set.
            items: Its items.
            depth: How deep it is.
            count: Objects that had a number before.
            spent: Nodes that were spent before.

        Returns:
            The texts; None where there is too much to tell the order.
        """
        alone: list[str] = []
        nodes = 0
        for item in items:
            self._forget(count)
            self._nodes = spent
            alone += self._parts(value, [item], depth)[0]
            nodes += self._nodes - spent
            if nodes > MAX_NODES:
                self._forget(count)
                return None
        self._forget(count)
        self._nodes = spent
        order = nsmallest(MAX_ITEMS, range(len(items)), key=lambda place: _number_then_text(alone[place]))
        return self._parts(value, [items[place] for place in order], depth)[0]

    def _forget(self, count: int) -> None:
        """Takes back all numbers but the first ones."""
        while len(self.numbers) > count:
            self.numbers.popitem()

    def _number(self, value: object) -> int:
        """Returns the number of an object at this stop, giving the next one at first sight."""
        return self.numbers.setdefault(id(value), len(self.numbers) + 1)


def _size_of_set(value: Any) -> int:
    return (
        set.__len__(value) if any(base is set for base in bases_of(type(value))) else frozenset.__len__(value)
    )


def _cut_quoted(text: str) -> str:
    return text[:-1] + CUT + text[-1]


def _number_then_text(text: str) -> tuple[int, float, str]:
    try:
        number = float(text)
    except ValueError:
        return (1, 0.0, text)
    return (0, number, text) if number == number else (1, 0.0, text)  # nan is in no order


_EXACT: dict[type, Callable[..., str]] = {
    int: Renderer._int,
    str: Renderer._str,
    bytes: Renderer._bytes,
    bytearray: Renderer._bytes,
    list: Renderer._list,
    tuple: Renderer._tuple,
    dict: Renderer._dict,
    set: Renderer._set,
    frozenset: Renderer._frozenset,
    deque: Renderer._deque,
    OrderedDict: Renderer._ordered_dict,
    defaultdict: Renderer._defaultdict,
    Counter: Renderer._counter,
    slice: Renderer._slice,
    range: Renderer._range,
    types.FunctionType: Renderer._function,
    types.BuiltinFunctionType: Renderer._builtin,
    types.MethodType: Renderer._method,
    types.ModuleType: Renderer._module,
    types.SimpleNamespace: Renderer._namespace,
    type: Renderer._class,
    **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items())), Renderer._view),
    **dict.fromkeys(
        (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType), Renderer._generator
    ),
    **dict.fromkeys(
        (bool, float, complex, _NoneType, types.EllipsisType, types.NotImplementedType), Renderer._repr
    ),
}
_EXACT_BY_ID = {id(kind): writer for kind, writer in _EXACT.items()}
_CONTAINERS = (
    Counter,
    defaultdict,
    OrderedDict,
    dict,
    list,
    tuple,
    set,
    frozenset,
    deque,
    str,
    int,
    float,
    bytes,
)
"""Built-in types whose subclasses read as the subclass's name around the built-in text."""
_OF_SUBCLASSES: dict[type, Callable[..., str]] = {
    list: Renderer._any_list,
    dict: Renderer._pairs,
    defaultdict: Renderer._any_defaultdict,
    deque: Renderer._any_deque,
    set: Renderer._any_set,
}
_PLAIN: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: lambda value: str.__getitem__(value, slice(MAX_STRING + 1)),
    bytes: lambda value: bytes.__getitem__(value, slice(MAX_STRING + 1)),
}
"""How a value of a subclass becomes one of the built-in class, without the subclass's code."""
_NUMBERS = {id(int), id(float), id(bool)}
_HASHED_IN_C = {id(kind) for kind in (str, int, float, bool, bytes, _NoneType)}
