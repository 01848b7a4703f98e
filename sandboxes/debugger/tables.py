"""The texts of pandas' frames, series and indexes: shape, dtypes and a head.

As with arrays, nothing is imported. pandas itself is Python code that a program can change, so none of it is
called: what is shown is read out of the instances' own attributes and of the C code below them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .anatomy import (
    Kind,
    bases_of,
    dict_of,
    fields,
    is_written_in_c,
    layout_of,
    module_attribute,
    qualname_of,
)
from .arrays import HEAD, Write, dtype_name
from .limits import CUT, MAX_DEPTH, MAX_NODES

_PLAIN_ARRAYS = ("StringArray", "DatetimeArray", "TimedeltaArray", "NumpyExtensionArray")
"""Arrays of pandas whose items are those of the numpy array inside."""

_IMMUTABLE = 1 << 8
"""Flag of types that no program can change or make: those of C code."""
_flags = type.__dict__["__flags__"].__get__

Column = tuple[str, int, Callable[[int], object]]
"""What a column is read by: dtype, length, and item by place."""


class _Unknown(Exception):
    """The object is not built as pandas builds it."""


def table_writer(kind: Kind, write: Write, opaque: Write) -> Write | None:
    """Returns how values of a type are written; None for a type that is none of pandas'.

    Args:
        kind: any type.
        write: writes any value that stands at a depth.
        opaque: writes what is not built as expected.
    """
    if "pandas" not in sys.modules:
        return None
    for name, parts in (("DataFrame", _frame), ("Series", _series), ("Index", _index)):
        found = module_attribute("pandas", name)
        if any(base is found for base in bases_of(kind)):
            return _writer(parts, write, opaque)
    return None


def _writer(parts: Callable[[Any, Write, int], str], write: Write, opaque: Write) -> Write:
    def text(value: object, depth: int) -> str:
        if depth >= MAX_DEPTH:
            return f"{qualname_of(type(value))}({CUT})"
        try:
            return f"{qualname_of(type(value))}({parts(value, write, depth)})"
        except (_Unknown, AttributeError, LookupError, TypeError):
            return opaque(value, depth)

    return text


def _frame(value: object, write: Write, depth: int) -> str:
    manager = _own(value, "_mgr")
    columns, index = _inside(manager, "axes")
    labels, rows = _labels(columns), _labels(index)
    blocks: dict[int, tuple[Any, int]] = {}
    for block in _inside(manager, "blocks"):
        places = _array(_inside(_inside(block, "_mgr_locs"), "as_array"), None)
        for row in range(min(places[1], MAX_NODES)):
            place = places[2](row)
            if type(place) is int and place < HEAD:
                blocks[place] = block, row
    shown = []
    for place in range(min(labels[1], HEAD)):
        block, row = blocks[place]
        label = write(labels[2](place), depth + 1)
        try:
            column = _array(_inside(block, "values"), row)
            shown.append(f"{label}: {column[0]} {_head(column, write, depth)}")
        except _Unknown:  # an array whose items its own code alone can tell
            shown.append(f"{label}: {CUT}")
    if labels[1] > HEAD:
        shown.append(CUT)
    index_text = _head(rows, write, depth)
    return f"shape=({rows[1]}, {labels[1]}), {{{', '.join(shown)}}}, index={index_text}"


def _series(value: object, write: Write, depth: int) -> str:
    manager = _own(value, "_mgr")
    (index,), (block,) = _own(manager, "axes"), _own(manager, "blocks")
    column = _array(_inside(block, "values"), None)
    name = write(_own(value, "_name"), depth + 1)
    head, index_head = _head(column, write, depth), _head(_labels(index), write, depth)
    return f"shape=({column[1]},), dtype={column[0]}, {head}, name={name}, index={index_head}"


def _index(value: object, write: Write, depth: int) -> str:
    labels = _labels(value)
    return f"shape=({labels[1]},), dtype={labels[0]}, {_head(labels, write, depth)}"


def _labels(index: object) -> Column:
    own = _attributes(index)
    numbers = own.get("_range")
    if type(numbers) is range:
        return "int64", len(numbers), numbers.__getitem__
    return _array(own.get("_data"), None)


def _array(values: Any, row: int | None) -> Column:
    """Reads one array, or one row of an array of two dimensions.

    Raises:
        _Unknown: it is none that can be read by its items.
    """
    kind = type(values)
    array = module_attribute("numpy", "ndarray")
    if kind is not array:
        own = _attributes(values)
        if kind is module_attribute("pandas.arrays", "ArrowStringArray"):
            return _arrow(own.get("_pa_array"))
        data, missing = own.get("_data"), own.get("_mask")
        if type(data) is array and type(missing) is array:  # pandas' arrays of numbers that can be missing
            dtype, size, item = _array(data, None)
            gap = _array(missing, None)[2]
            return dtype, size, lambda place: None if gap(place) is True else item(place)
        if not any(kind is module_attribute("pandas.arrays", name) for name in _PLAIN_ARRAYS):
            raise _Unknown
        values = _inside(values, "_ndarray")
        kind = type(values)
    if kind is not array or not all(is_written_in_c(kind, name) for name in ("shape", "dtype", "item")):
        raise _Unknown
    members = dict_of(kind)
    shape, item_of = members["shape"].__get__(values), members["item"]
    dtype = dtype_name(members["dtype"].__get__(values))
    if len(shape) == 1:
        return dtype, shape[0], lambda place: item_of(values, place)
    return dtype, shape[1], lambda place: item_of(values, row or 0, place)


def _arrow(values: object) -> Column:
    """Reads strings that pyarrow holds, by its C code alone.

    Raises:
        _Unknown: it is none of pyarrow's own arrays.
    """
    kind = type(values)
    if kind is not module_attribute("pyarrow.lib", "ChunkedArray") or not _flags(kind) & _IMMUTABLE:
        raise _Unknown
    members = dict_of(kind)
    item_of = members["__getitem__"]

    def item(place: int) -> object:
        scalar = item_of(values, place)
        for base in bases_of(type(scalar)):
            if "as_py" in dict_of(base):
                if _flags(base) & _IMMUTABLE:
                    return dict_of(base)["as_py"](scalar)
                break
        raise _Unknown

    return "str", members["__len__"](values), item


def _head(column: Column, write: Write, depth: int) -> str:
    _, size, item = column
    shown = [write(item(place), depth + 1) for place in range(min(size, HEAD))]
    return f"[{', '.join(shown)}{f', {CUT}' if size > HEAD else ''}]"


def _attributes(value: object) -> dict[str, Any]:
    return dict(fields(value, layout_of(type(value))))


def _own(value: object, name: str) -> Any:
    """Returns an attribute that lies in the instance itself."""
    own = _attributes(value)
    if name not in own:
        raise _Unknown
    return own[name]


def _inside(value: object, name: str) -> Any:
    """Returns an attribute that C code holds."""
    for base in bases_of(type(value)):
        if name in dict_of(base):
            if is_written_in_c(base, name):
                return dict_of(base)[name].__get__(value)
            break
    raise _Unknown
