"""The text of a value: its ``repr``, bounded and stable, without running the program's code.

Built-in values read as their ``repr``. Where ``repr`` would call code of the
program, or print an address, a structural text stands instead::

    <Node at #1 value=3, next=None>     an instance, by its fields
    Point(x=1, y=2)                     dataclasses and named tuples
    Stack([1, 2])                       subclasses of built-in containers
    <function f at #2>                  #n is the n-th such object seen in this run

Sets are sorted, and `CUT` marks each place where something was left out.
"""

from __future__ import annotations

import datetime
import enum
import re
import sys
import types
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from typing import Any

CUT = "…"
"""Marks a place where a text was cut."""
MAX_TEXT = 2000
"""Characters of one value's text before it is cut."""
MAX_STRING = 500
"""Characters of one string inside a text."""
MAX_ITEMS = 100
"""Items shown of one container."""
MAX_DEPTH = 8
"""Containers shown inside one another."""
MAX_NODES = 2000
"""Values shown inside one text."""
MAX_INT_BITS = 4096
"""Bits of an integer that is still written in full."""

_OWN_PACKAGE = __name__.rpartition(".")[0] + "."
_ADDRESS = re.compile(r" at 0x([0-9a-fA-F]{4,16})\b")
_LEAF_MODULES = frozenset({"datetime", "decimal", "fractions", "uuid", "re"})
_mro = type.__dict__["__mro__"].__get__
_type_name = type.__dict__["__name__"].__get__
_type_qualname = type.__dict__["__qualname__"].__get__
_type_dict = type.__dict__["__dict__"].__get__
_type_module = type.__dict__["__module__"].__get__
_exception_args = BaseException.__dict__["args"].__get__


def _module_of(kind: type) -> str:
    module = _type_module(kind)
    return module if type(module) is str else ""


def _from_library(kind: type) -> bool:
    """Whether a type belongs to Python's own library rather than to the program."""
    return _module_of(kind).partition(".")[0] in sys.stdlib_module_names and _module_of(kind) != "__main__"


class Renderer:
    """Writes values of one run; numbers objects in the order it meets them."""

    def __init__(self) -> None:
        self._writers: dict[int, tuple[type, Callable[[Any, int], str]]] = {}
        self._numbers: dict[int, int] = {}
        self._kept: dict[int, Any] = {}
        self._count = 0
        self._nodes = 0
        self._inside: set[int] = set()

    def text(self, value: object) -> str:
        """Returns the text of a value, at most `MAX_TEXT` characters and the mark."""
        self._nodes = 0
        text = self.stable(self._text(value, 0))
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + CUT

    def error(self, error: BaseException) -> str:
        """Returns ``Type: message``, or the type alone where there is no message."""
        name = _type_qualname(type(error))
        message = self._message(error)
        if len(message) > MAX_STRING:
            message = message[:MAX_STRING] + CUT
        return self.stable(f"{name}: {message}") if message else name

    def stable(self, text: str) -> str:
        """Returns a text in which memory addresses are replaced by the numbers of this run."""
        return _ADDRESS.sub(self._numbered, text) if " at 0x" in text else text

    def _numbered(self, match: re.Match[str]) -> str:
        number = self._numbers.get(int(match[1], 16))
        if number is None:
            self._count += 1
            number = self._numbers[int(match[1], 16)] = self._count
        return f" at #{number}"

    def _message(self, error: BaseException) -> str:
        kind = type(error)
        arguments = _exception_args(error)
        plain = all(type(a) in (str, int, float, bool, bytes, types.NoneType) for a in arguments)
        own = next((c for c in _mro(kind) if "__str__" in _type_dict(c)), BaseException)
        if own is KeyError and len(arguments) == 1:
            return self.text(arguments[0])
        if plain and own is not BaseException and _module_of(own) == "builtins":
            return _type_dict(own)["__str__"](error)  # a built-in class: its own C code
        if len(arguments) == 1:
            only = arguments[0]
            return only if type(only) is str else self.text(only)
        return self.text(arguments) if arguments else ""

    def _text(self, value: object, depth: int) -> str:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            return CUT
        kind = type(value)
        known = self._writers.get(id(kind))
        if known is None:
            known = (kind, self._writer(kind))
            self._writers[id(kind)] = known
        return known[1](value, depth)

    def _writer(self, kind: type) -> Callable[[Any, int], str]:
        """Chooses how values of a type are written; asks the type, never the value."""
        exact = _EXACT_BY_ID.get(id(kind))
        if exact is not None:
            return types.MethodType(exact, self)
        bases = _mro(kind)
        names = {n for c in bases for n in _type_dict(c)}
        if any(c is enum.Enum for c in bases):
            return self._enum
        if any(c is BaseException for c in bases):
            return self._exception
        if "__dataclass_params__" in names:
            return self._dataclass
        if any(c is tuple for c in bases) and "_fields" in names:
            return self._namedtuple
        for base in _CONTAINERS:
            if any(c is base for c in bases):
                return self._subclass_writer(kind, base)
        if any(c is type for c in bases):
            return self._class
        if _from_library(kind) or _module_of(kind).startswith(_OWN_PACKAGE):
            return self._foreign
        return self._instance

    # built-in values

    def _repr(self, value: object, depth: int) -> str:
        return repr(value)

    def _int(self, value: int, depth: int) -> str:
        if -(1 << 62) < value < 1 << 62:
            return repr(value)
        bits = int.bit_length(value)
        if bits <= MAX_INT_BITS:
            return int.__repr__(value)
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) >> (bits - 64):#x}{CUT}<{bits} bits>"

    def _str(self, value: str, depth: int) -> str:
        if len(value) <= MAX_STRING:
            return str.__repr__(value)
        return _cut_quoted(str.__repr__(str.__getitem__(value, slice(MAX_STRING))))

    def _bytes(self, value: bytes | bytearray, depth: int) -> str:
        base = bytes if isinstance(value, bytes) else bytearray
        if len(value) <= MAX_STRING:
            return base.__repr__(value)
        return _cut_quoted(base.__repr__(value[:MAX_STRING]))

    def _list(self, value: list[Any], depth: int) -> str:
        return self._items(value, list.__iter__(value), depth, "[", "]")

    def _tuple(self, value: tuple[Any, ...], depth: int) -> str:
        text = self._items(value, tuple.__iter__(value), depth, "(", ")")
        return text[:-1] + ",)" if tuple.__len__(value) == 1 else text

    def _set(self, value: set[Any], depth: int) -> str:
        if not set.__len__(value):
            return "set()"
        return "{" + self._sorted(list(set.__iter__(value)), depth) + "}"

    def _frozenset(self, value: frozenset[Any], depth: int) -> str:
        if not frozenset.__len__(value):
            return "frozenset()"
        return "frozenset({" + self._sorted(list(frozenset.__iter__(value)), depth) + "})"

    def _dict(self, value: dict[Any, Any], depth: int) -> str:
        return self._pairs(value, depth)

    def _ordered_dict(self, value: OrderedDict[Any, Any], depth: int) -> str:
        return "OrderedDict(" + (self._pairs(value, depth) if dict.__len__(value) else "") + ")"

    def _defaultdict(self, value: defaultdict[Any, Any], depth: int) -> str:
        factory = self._text(value.default_factory, depth + 1)
        return f"defaultdict({factory}, {self._pairs(value, depth)})"

    def _counter(self, value: Counter[Any], depth: int) -> str:
        if not dict.__len__(value):
            return "Counter()"
        items = list(dict.items(value))
        if all(type(count) in (int, float) for _, count in items):
            items.sort(key=lambda item: item[1], reverse=True)
        return f"Counter({self._pairs(dict(items), depth)})"

    def _deque(self, value: deque[Any], depth: int) -> str:
        text = "deque(" + self._items(value, deque.__iter__(value), depth, "[", "]")
        return text + (")" if value.maxlen is None else f", maxlen={value.maxlen})")

    def _keys(self, value: Any, depth: int) -> str:
        return "dict_keys(" + self._items(value, iter(value), depth, "[", "]") + ")"

    def _values(self, value: Any, depth: int) -> str:
        return "dict_values(" + self._items(value, iter(value), depth, "[", "]") + ")"

    def _dict_items(self, value: Any, depth: int) -> str:
        return "dict_items(" + self._items(value, iter(value), depth, "[", "]") + ")"

    def _slice(self, value: slice, depth: int) -> str:
        parts = (self._text(p, depth + 1) for p in (value.start, value.stop, value.step))
        return f"slice({', '.join(parts)})"

    def _range(self, value: range, depth: int) -> str:
        step = "" if value.step == 1 else f", {self._int(value.step, depth)}"
        return f"range({self._int(value.start, depth)}, {self._int(value.stop, depth)}{step})"

    # code

    def _function(self, value: types.FunctionType, depth: int) -> str:
        return f"<function {value.__qualname__} at #{self._number(value)}>"

    def _builtin(self, value: types.BuiltinFunctionType, depth: int) -> str:
        owner = value.__self__
        if owner is None or isinstance(owner, types.ModuleType):
            return f"<built-in function {value.__name__}>"
        return f"<built-in method {value.__name__} of {_type_name(type(owner))}>"

    def _method(self, value: types.MethodType, depth: int) -> str:
        name = (
            getattr(value.__func__, "__qualname__", "?")
            if type(value.__func__) is types.FunctionType
            else "?"
        )
        return f"<bound method {name} of {self._text(value.__self__, depth + 1)}>"

    def _module(self, value: types.ModuleType, depth: int) -> str:
        name = types.ModuleType.__getattribute__(value, "__dict__").get("__name__")
        return f"<module {name!r}>" if type(name) is str else "<module>"

    def _class(self, value: type, depth: int) -> str:
        module = _module_of(value)
        foreign = module not in ("", "builtins", "__main__", "program")
        return f"<class '{module + '.' if foreign else ''}{_type_qualname(value)}'>"

    def _generator(self, value: Any, depth: int) -> str:
        return f"<{_type_name(type(value))} object {value.__qualname__} at #{self._number(value)}>"

    # objects

    def _exception(self, value: BaseException, depth: int) -> str:
        arguments = self._items((), tuple.__iter__(_exception_args(value)), depth, "(", ")")
        return _type_qualname(type(value)) + arguments

    def _enum(self, value: Any, depth: int) -> str:
        fields = dict(self._fields(value))
        name = fields.get("_name_")
        shown = f".{name}" if type(name) is str else ""
        return f"<{_type_qualname(type(value))}{shown}: {self._text(fields.get('_value_'), depth + 1)}>"

    def _namespace(self, value: types.SimpleNamespace, depth: int) -> str:
        own = types.SimpleNamespace.__getattribute__(value, "__dict__")
        return f"namespace({', '.join(f'{n}={self._text(v, depth + 1)}' for n, v in own.items())})"

    def _dataclass(self, value: Any, depth: int) -> str:
        return f"{_type_qualname(type(value))}({self._field_texts(value, depth)})"

    def _namedtuple(self, value: Any, depth: int) -> str:
        names = next(_type_dict(c)["_fields"] for c in _mro(type(value)) if "_fields" in _type_dict(c))
        values = [self._text(v, depth + 1) for v in tuple.__iter__(value)]
        if type(names) is not tuple or len(names) != len(values):
            return f"{_type_qualname(type(value))}({', '.join(values)})"
        pairs = ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
        return f"{_type_qualname(type(value))}({pairs})"

    def _subclass_writer(self, kind: type, base: type) -> Callable[[Any, int], str]:
        write = types.MethodType(_EXACT[base], self)
        name = _type_qualname(kind)
        plain = _PLAIN.get(base, lambda value: value)
        return lambda value, depth: f"{name}({write(plain(value), depth)})"

    def _instance(self, value: object, depth: int) -> str:
        fields = self._field_texts(value, depth)
        space = " " if fields else ""
        return f"<{_type_qualname(type(value))} at #{self._number(value)}{space}{fields}>"

    def _foreign(self, value: object, depth: int) -> str:
        kind = type(value)
        zone = value.tzinfo if kind in (datetime.datetime, datetime.time) else None  # type: ignore[attr-defined]
        if _module_of(kind) in _LEAF_MODULES and (zone is None or type(zone) is datetime.timezone):
            text = repr(value)
            if " at 0x" not in text:
                return text
        return f"<{_type_name(kind)} at #{self._number(value)}>"

    # parts

    def _field_texts(self, value: object, depth: int) -> str:
        if depth >= MAX_DEPTH:
            return CUT
        if id(value) in self._inside:
            return "..."
        self._inside.add(id(value))
        try:
            shown = [f"{n}={self._text(v, depth + 1)}" for n, v in islice(self._fields(value), MAX_ITEMS)]
        finally:
            self._inside.discard(id(value))
        return ", ".join(shown)

    def _fields(self, value: object) -> Iterator[tuple[str, object]]:
        """Yields the instance's own attributes, slots first, without descriptors of the program."""
        for base in reversed(_mro(type(value))):
            for name, member in list(_type_dict(base).items()):
                if type(member) is types.MemberDescriptorType:
                    try:
                        yield name, member.__get__(value)
                    except AttributeError:
                        continue
                elif name == "__dict__" and type(member) is types.GetSetDescriptorType:
                    own = member.__get__(value)
                    if type(own) is dict:
                        yield from ((n, v) for n, v in list(own.items()) if type(n) is str)

    def _items(self, value: object, items: Iterable[Any], depth: int, start: str, end: str) -> str:
        if depth >= MAX_DEPTH:
            return start + CUT + end
        if id(value) in self._inside:
            return start + "..." + end
        self._inside.add(id(value))
        try:
            shown = [self._text(item, depth + 1) for item in islice(items, MAX_ITEMS + 1)]
        finally:
            self._inside.discard(id(value))
        if len(shown) > MAX_ITEMS:
            shown[MAX_ITEMS:] = [CUT]
        return start + ", ".join(shown) + end

    def _pairs(self, value: dict[Any, Any], depth: int) -> str:
        if depth >= MAX_DEPTH:
            return "{" + CUT + "}"
        if id(value) in self._inside:
            return "{...}"
        self._inside.add(id(value))
        try:
            shown = [
                f"{self._text(k, depth + 1)}: {self._text(v, depth + 1)}"
                for k, v in list(islice(dict.items(value), MAX_ITEMS + 1))
            ]
        finally:
            self._inside.discard(id(value))
        if len(shown) > MAX_ITEMS:
            shown[MAX_ITEMS:] = [CUT]
        return "{" + ", ".join(shown) + "}"

    def _sorted(self, items: list[Any], depth: int) -> str:
        """Writes set items: in their own order where one built-in type orders them, else by text."""
        cut = [CUT] if len(items) > MAX_ITEMS else []
        kinds = {id(type(item)) for item in items}
        if len(kinds) == 1 and type(items[0]) in (int, str, bytes):
            first = nsmallest(MAX_ITEMS, items)
            return ", ".join([self._text(item, depth + 1) for item in first] + cut)
        if depth >= MAX_DEPTH:
            return CUT
        texts = [self._text(item, depth + 1) for item in islice(items, MAX_NODES)]
        return ", ".join(nsmallest(MAX_ITEMS, texts, key=_number_then_text) + cut)

    def _number(self, value: object) -> int:
        """Returns the stable number of an object, giving the next one at first sight."""
        key = id(value)
        number = self._numbers.get(key)
        if number is None:
            self._count += 1
            number = self._numbers[key] = self._count
            try:
                self._kept[key] = weakref.ref(value, lambda _: self._forget(key))
            except TypeError:
                self._kept[key] = value  # not weakly referable: kept, so that its id stays its own
        return number

    def _forget(self, key: int) -> None:
        self._numbers.pop(key, None)
        self._kept.pop(key, None)


def _cut_quoted(text: str) -> str:
    return text[:-1] + CUT + text[-1]


def _number_then_text(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


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
    type({}.keys()): Renderer._keys,
    type({}.values()): Renderer._values,
    type({}.items()): Renderer._dict_items,
    slice: Renderer._slice,
    range: Renderer._range,
    types.FunctionType: Renderer._function,
    types.BuiltinFunctionType: Renderer._builtin,
    types.MethodType: Renderer._method,
    types.ModuleType: Renderer._module,
    types.GeneratorType: Renderer._generator,
    types.CoroutineType: Renderer._generator,
    types.AsyncGeneratorType: Renderer._generator,
    types.SimpleNamespace: Renderer._namespace,
    type: Renderer._class,
    **dict.fromkeys(
        (bool, float, complex, types.NoneType, types.EllipsisType, types.NotImplementedType), Renderer._repr
    ),
}
_PLAIN: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
"""How a value of a subclass becomes one of the built-in class, without the subclass's code."""
_EXACT_BY_ID = {id(kind): writer for kind, writer in _EXACT.items()}
_CONTAINERS = (Counter, defaultdict, OrderedDict, dict, list, tuple, set, frozenset, deque, str, int, bytes)
