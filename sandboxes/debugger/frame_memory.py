"""What is remembered of a frame between two stops, so that unchanged locals cost next to nothing.

Only immutable built-in values are kept by reference; of everything else no more than the text, so that the
program's objects live exactly as long as they would without a debugger.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from operator import is_, itemgetter
from typing import Any

from .anatomy import bases_of
from .limits import MAX_NAME, MAX_NAMES

NEVER: Any = object()
"""Stands for a value that is looked at anew at every stop; no value of a program is it."""
_PLANS = 64
"""Sets of bound names that are remembered of one code object."""
PROXY = (lambda: type(sys._getframe().f_locals))()
"""What ``f_locals`` of a function is: a dict before Python 3.13."""


class Plan:
    """How locals are read while one set of names is bound.

    Args:
        keys: all names, as ``f_locals`` has them.
        order: those that show, as they show.
        hidden: how many names more than `MAX_NAMES` there are.
    """

    __slots__ = ("keys", "order", "hidden", "read", "origins")

    def __init__(self, keys: list[str], order: tuple[str, ...], hidden: int) -> None:
        self.keys = keys
        self.order = order
        self.hidden = hidden
        self.read = _reader(order)
        """Takes the locals, returns the shown values in order."""
        self.origins: dict[int, tuple[Plan, list[int]]] = {}

    def origin(self, before: Plan) -> list[int]:
        """Returns the position that each shown name had in another plan, -1 where it had none."""
        known = self.origins.get(id(before))
        if known is None or known[0] is not before:
            places = {name: place for place, name in enumerate(before.order)}
            known = before, [places.get(name, -1) for name in self.order]
            if len(self.origins) >= _PLANS:
                self.origins.clear()
            self.origins[id(before)] = known
        return known[1]


class Layout:
    """Which names of a code object show, and in which order; made once for each code object.

    Args:
        names: the scope's own names in canonical order; they show whenever they are bound.
        shows: whether a name that is not among them shows (a free variable, a name of ``import *``); these
            come after the others, sorted.
    """

    __slots__ = ("first", "_names", "_shows", "_plans")

    def __init__(self, names: Iterable[str], shows: Callable[[str], bool]) -> None:
        self._names = dict.fromkeys(names)
        self._shows = shows
        self.first = _NOTHING
        """How the locals of the last activation were read that was entered."""
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, keys: list[str]) -> Plan:
        """Returns how to read locals with these names bound."""
        known = self._plans.get(tuple(keys))
        if known is None:
            bound = {key for key in keys if len(key) <= MAX_NAME}
            order = [name for name in self._names if name in bound]
            order += sorted(key for key in bound if key not in self._names and self._shows(key))
            hidden = max(len(order) - MAX_NAMES, 0)
            known = Plan(keys, tuple(order[:MAX_NAMES]), hidden)
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            self._plans[tuple(keys)] = known
        return known


class FrameMemory:
    """What one frame showed last. Made where the frame is entered; `Renderer.locals` alone changes it."""

    __slots__ = ("layout", "plan", "last", "texts", "shown", "before", "changed")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.plan = plan = layout.first
        self.last: list[Any] = [NEVER] * len(plan.order)
        """The shown values, `NEVER` for those that must be looked at again."""
        self.texts: list[str] = [""] * len(plan.order)
        """Their texts; empty where there is none yet."""
        self.shown: dict[str, str] = {}
        """The last state's locals."""
        self.before: dict[str, str] | None = None
        """The locals from which they differ in `changed` only; None where that is not known."""
        self.changed: list[str] = []
        """Names whose text is another one than in `before`."""

    def turn(self, plan: Plan) -> None:
        """Goes over to another set of bound names."""
        if not self.shown and not plan.hidden:
            self.layout.first = plan
        origin = plan.origin(self.plan)
        self.last.append(NEVER)
        self.texts.append("")
        self.last = [self.last[place] for place in origin]
        self.texts = [self.texts[place] for place in origin]
        self.plan = plan

    def forget(self, shown: dict[str, str]) -> None:
        """Keeps what was shown, and nothing else."""
        self.plan, self.last, self.texts, self.shown, self.before = _NOTHING, [], [], shown, None


def plain_locals(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns locals that can be read without running code of the program.

    A metaclass may have a class body run in a mapping of its own making: of a dict's subclass the dict is
    read, and anything else shows nothing. Names that are no plain strings are left out.
    """
    kind = type(values)
    if kind is not dict and kind is not PROXY:
        if not any(base is dict for base in bases_of(kind)):
            return {}
        own: dict[Any, Any] = values  # type: ignore[assignment]
        return {name: value for name, value in list(dict.items(own)) if type(name) is str}
    if all(map(is_, map(type, values), repeat(str))):
        return values
    return {name: value for name, value in list(values.items()) if type(name) is str}


def _reader(order: tuple[str, ...]) -> Callable[[Any], Iterable[Any]]:
    if not order:
        return lambda values: ()
    if len(order) == 1:
        (name,) = order
        return lambda values: (values[name],)
    return itemgetter(*order)


_NOTHING = Plan([], (), 0)
