"""Containers of immutable plain items, recognised at C speed when they come again.

A text is kept with the items that it was written from. It is right for a container of the same type, size
and items, by identity, whatever else happened: the containers themselves are not kept, and another one that
stands at the same address is seen by its items. Where some items changed, only those are written anew.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, compress, count, islice, repeat
from operator import is_, is_not, or_
from typing import Any

from .atoms import atom, enclosed
from .limits import MAX_ITEMS, MAX_TEXT

_REMEMBERED = 512
"""Containers remembered of each kind."""


class Flat:
    """A container of immutable plain items, as it was written last."""

    __slots__ = ("size", "nodes", "keys", "items", "texts", "text")

    def __init__(self, size: int, keys: list[Any], items: list[Any], texts: list[str], text: str) -> None:
        self.texts = texts
        """The items' texts, or those of the pairs."""
        self.set(size, keys, items, text)

    def set(self, size: int, keys: list[Any], items: list[Any], text: str) -> None:
        """Takes its content; the texts of its items are changed in place."""
        self.size = size
        self.keys = keys
        self.items = items
        self.text = text
        self.nodes = len(keys) + len(items)
        """Values that the text shows, the container itself left out."""
        for parts in (keys, items):
            if tuple in map(type, parts):
                self.nodes += sum(len(part) for part in parts if type(part) is tuple)


class Grid:
    """A list of flat lists, as it was written last."""

    __slots__ = ("sizes", "nodes", "items", "text")

    def __init__(self, sizes: list[int], nodes: int, items: list[Any], text: str) -> None:
        self.sizes = sizes
        self.nodes = nodes
        self.items = items
        self.text = text


class Flats:
    """The containers that a renderer remembers, by their address, each type for itself."""

    def __init__(self) -> None:
        self.lists: dict[int, Flat] = {}
        self.deques: dict[int, Flat] = {}
        self.dicts: dict[int, Flat] = {}
        self.sets: dict[int, Flat] = {}
        self.grids: dict[int, Grid] = {}

    def sequence(self, value: Collection[Any], known: dict[int, Flat]) -> Flat | None:
        """Returns what is known of a list or deque, brought up to date; None where it is not all plain."""
        flat = known.get(id(value))
        if flat is None or (len(value) == flat.size and all(map(is_, value, flat.items))):
            return flat
        size = len(value)
        if flat.size < size <= MAX_ITEMS and flat.size > 0 and all(map(is_, value, flat.items)):
            return self._grown(flat, value, known)
        del known[id(value)]  # it is whole or absent, whatever interrupts
        now, items, texts = list(islice(value, MAX_ITEMS)), flat.items, flat.texts
        del texts[len(now) :]
        for place in compress(count(), map(is_not, items, now)):
            text = atom(now[place], type(now[place]))
            if text is None:
                return None
            texts[place] = text
        for item in now[len(items) :]:
            text = atom(item, type(item))
            if text is None:
                return None
            texts.append(text)
        flat.set(len(value), [], now, enclosed("[", texts, len(value), "]"))
        return _kept(known, value, flat)

    def _grown(self, flat: Flat, value: Collection[Any], known: dict[int, Flat]) -> Flat | None:
        """Brings a list or deque up to date to which something was appended."""
        del known[id(value)]
        more = list(islice(value, flat.size, None))
        added = [atom(item, type(item)) for item in more]
        if None in added:
            return None
        flat.texts += added  # type: ignore[arg-type]
        text = f"{flat.text[:-1]}, {', '.join(added)}]"  # type: ignore[arg-type]
        flat.set(flat.size + len(more), [], flat.items + more, text)
        return _kept(known, value, flat)

    def mapping(self, value: dict[Any, Any]) -> Flat | None:
        """Returns what is known of a dict, brought up to date; None where it is not all plain."""
        flat = self.dicts.get(id(value))
        if flat is None or (
            len(value) == flat.size
            and all(map(is_, value.values(), flat.items))
            and all(map(is_, value, flat.keys))
        ):
            return flat
        del self.dicts[id(value)]
        keys, items = list(islice(value, MAX_ITEMS)), list(islice(value.values(), MAX_ITEMS))
        texts = flat.texts
        del texts[len(keys) :]
        changed = map(or_, map(is_not, flat.keys, keys), map(is_not, flat.items, items))
        for place in chain(compress(count(), changed), range(len(flat.keys), len(keys))):
            key, item = keys[place], items[place]
            key_text, text = atom(key, type(key)), atom(item, type(item))
            if key_text is None or text is None:
                return None
            texts[place : place + 1] = (f"{key_text}: {text}",)
        flat.set(len(value), keys, items, enclosed("{", texts, len(value), "}"))
        return _kept(self.dicts, value, flat)

    def set_of(self, value: set[Any]) -> Flat | None:
        """Returns what is known of a set that is as it was; None else."""
        flat = self.sets.get(id(value))
        if flat is not None and len(value) == flat.size and all(map(is_, value, flat.items)):
            return flat
        return None

    def grid(self, value: list[Any]) -> Grid | None:
        """Returns what is known of a list of lists that is as it was; None else."""
        grid = self.grids.get(id(value))
        if (
            grid is not None
            and len(value) == len(grid.sizes)
            and all(map(is_, map(type, value), repeat(list)))
            and list(map(len, value)) == grid.sizes
            and all(map(is_, chain.from_iterable(value), grid.items))
        ):
            return grid
        return None

    def keep(self, known: dict[int, Flat], value: object, flat: Flat) -> None:
        """Remembers a container that turned out to be all plain."""
        _kept(known, value, flat)

    def keep_grid(self, value: list[Any], nodes: int, text: str) -> bool:
        """Remembers a list that was written with these nodes, if it holds nothing but remembered lists.

        Returns:
            Whether it does.
        """
        rows = [self.lists.get(id(row)) if type(row) is list else None for row in value[: MAX_ITEMS + 1]]
        if len(rows) <= MAX_ITEMS and len(text) <= MAX_TEXT and None not in rows:
            sizes, items = list(map(len, value)), list(chain.from_iterable(value))
            if max(sizes, default=0) <= MAX_ITEMS:
                if len(self.grids) >= _REMEMBERED:
                    self.grids.clear()
                self.grids[id(value)] = Grid(sizes, nodes, items, text)
                return True
        return False


def _kept(known: dict[int, Flat], value: object, flat: Flat) -> Flat | None:
    if len(flat.text) > MAX_TEXT:
        return None
    if len(known) >= _REMEMBERED:
        known.clear()
    known[id(value)] = flat
    return flat
