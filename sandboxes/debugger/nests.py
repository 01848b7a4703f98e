"""Containers inside containers, recognised when they come again.

A text is kept with the plain values that it was written from, by identity, and with the kinds and sizes of
the containers around them. None of the program's containers is kept: another one of the same content reads
the same.
"""

from __future__ import annotations

from itertools import compress
from operator import is_, is_not
from typing import Any

from .atoms import atom
from .flats import Flat, Flats
from .limits import MAX_DEPTH, MAX_ITEMS, MAX_TEXT

_REMEMBERED = 512
"""Containers that are remembered."""
_INNER: Any = object()
"""Stands for a container among the items of another one; no value of a program is it."""


class Nest:
    """A container as it was written last.

    Args:
        kind: its type, exactly.
        size: how many items it has.
        keys: a dict's keys, plain values all.
        items: its items, or its values; `_INNER` for each container.
        inner: those containers in order.
        nodes: values that its text shows, the container itself left out.
        text: its text.
    """

    __slots__ = ("kind", "size", "keys", "items", "inner", "height", "plain", "nodes", "text")

    def __init__(
        self,
        kind: type,
        size: int,
        keys: list[Any],
        items: list[Any],
        inner: list[Nest],
        nodes: int,
        text: str,
    ) -> None:
        self.kind: Any = kind
        self.size = size
        self.keys = keys
        self.items = items
        self.inner = inner
        self.height: int = 1 + max((nest.height for nest in inner), default=0)
        """Levels of containers, this one included."""
        self.plain = not inner and kind is not dict
        """Whether its items are plain values, and all that it has."""
        self.nodes = nodes
        self.text = text

    def fits(self, value: Any) -> bool:
        """Whether a container of this kind has this content; one that holds itself never has."""
        if len(value) != self.size:
            return False
        if self.kind is dict:
            if not all(map(is_, value, self.keys)):
                return False
            value = value.values()
        inner = self.inner
        if not inner:
            return all(map(is_, value, self.items))
        others: list[Any] = list(compress(value, map(is_not, value, self.items)))
        if len(others) != len(inner):
            return False
        for nest, other in zip(inner, others, strict=True):
            if type(other) is not nest.kind:
                return False
            if nest.plain:
                if len(other) != nest.size or not all(map(is_, other, nest.items)):
                    return False
            elif not nest.fits(other):
                return False
        return True


class Nests:
    """The containers of containers that a renderer remembers, by their address.

    Args:
        flats: The containers of plain values that it remembers.
    """

    def __init__(self, flats: Flats) -> None:
        self._flats = flats
        self.known: dict[int, Nest] = {}
        """By address; `Nest.fits` says whether what stands there is still as it was."""
        self._texts: dict[int, str] = {}
        """Texts that were written once: what is another one each time is not worth remembering."""

    def find(self, value: object) -> Nest | None:
        """Returns what is known of a container that is as it was; None else."""
        nest = self.known.get(id(value))
        if nest is not None and nest.kind is type(value) and nest.fits(value):
            return nest
        return None

    def keep(self, value: Any, depth: int, nodes: int, text: str) -> None:
        """Remembers a built-in list, dict or tuple that was written twice the same, if nothing of it was cut.

        Args:
            value: the container.
            depth: where it stood.
            nodes: values that its text shows.
            text: its text.
        """
        key, kind = id(value), type(value)
        if kind is not list and kind is not dict and kind is not tuple:
            return
        if self._texts.get(key) != text:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            self._texts[key] = text
            return
        nest = self._nest(value, nodes, text)
        if nest is not None and depth < MAX_DEPTH - nest.height:
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[key] = nest

    def _nest(self, value: Any, nodes: int, text: str) -> Nest | None:
        kind, size = type(value), len(value)
        if size > MAX_ITEMS or len(text) > MAX_TEXT:
            return None
        keys = list(value) if kind is dict else []
        items = list(value.values()) if kind is dict else list(value)
        if not all(atom(key, type(key)) is not None for key in keys):
            return None
        inner: list[Nest] = []
        for place, item in enumerate(items):
            if atom(item, type(item)) is None:
                found = self._part(item)
                if found is None:
                    return None
                inner.append(found)
                items[place] = _INNER
        return Nest(kind, size, keys, items, inner, nodes, text)

    def _part(self, value: Any) -> Nest | None:
        """Returns what is known of a container that stands in another one."""
        kind, flats = type(value), self._flats
        flat: Flat | None = None
        if kind is list:
            flat = flats.lists.get(id(value))
        elif kind is dict:
            flat = flats.dicts.get(id(value))
        elif kind is set:
            flat = flats.sets.get(id(value))
        if flat is None:
            return self.find(value) if kind is list or kind is dict or kind is tuple else None
        nest = Nest(kind, flat.size, flat.keys, flat.items, [], flat.nodes, flat.text)
        return nest if nest.fits(value) else None
