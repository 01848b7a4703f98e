"""Offers: what may be said now that has no number, as far as a list can hold it.

A mask tells of the numbered commands; this tells of the others, for those who choose from a list: which
breakpoints a program has beside its lines, which frames can be looked into, where an expression may follow.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    Program,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.program import ENTRY_NAME
from debugworld.sandboxes.debugger.scopes import imported, module_names, scopes

BUILTIN_EXCEPTIONS = tuple(
    name
    for name, each in sorted(vars(builtins).items())
    if isinstance(each, type) and issubclass(each, BaseException) and not issubclass(each, Warning)
    if each.__name__ == name
)
"""Names of the exceptions that every program knows; warnings and second names left out."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be said beside the numbered commands."""

    actions: tuple[Action, ...] = ()
    """Breakpoints at functions, exceptions and changes, what removes those that are set, and frames."""
    names: tuple[str, ...] = ()
    """Variables that may be assigned, in the frame that is looked into and in the module."""
    expressions: frozenset[ActionKind] = frozenset()
    """The kinds that may hold an expression; a ``break`` holds a condition."""


def make_offer(
    debugger: TreeDebugger, locals: Iterable[str], legal: Callable[[Action], bool] = lambda action: True
) -> Offer:
    """Lists what may be said where a debugger stands.

    Args:
        debugger: The debugger.
        locals: Names of the frame that is looked into.
        legal: Tells whether an action is; with none, all that can be written of the program is listed.
    """
    asked = Breakpoint(kind=BreakpointKind.FUNCTION, name=_entered(debugger.program)[0], condition="0")
    held = {
        ActionKind.EVALUATE: Action(ActionKind.EVALUATE, text="0"),
        ActionKind.RUN_UNTIL: Action(ActionKind.RUN_UNTIL, text="0"),
        ActionKind.SET: Action(ActionKind.SET, name="_", text="0"),
        ActionKind.BREAK: Action(ActionKind.BREAK, breakpoint=asked),
    }
    expressions = frozenset(kind for kind, action in held.items() if legal(action))
    names = sorted({*locals, *module_names(debugger.program)}) if ActionKind.SET in expressions else ()
    return Offer(tuple(filter(legal, _listed(debugger))), tuple(names), expressions)


def _listed(debugger: TreeDebugger) -> Iterator[Action]:
    happenings = _happenings(debugger.program)
    set_now = (point for point in debugger.breakpoints if point != Breakpoint(point.line or 1))
    for kind, points in (
        (ActionKind.BREAK, happenings),
        (ActionKind.CLEAR, dict.fromkeys((*happenings, *set_now))),
    ):
        yield from (Action(kind, breakpoint=point) for point in points)
    for kind in (ActionKind.UP, ActionKind.DOWN):
        yield from (Action(kind, count=count) for count in range(1, debugger.state.depth + 1))


@lru_cache(maxsize=64)
def _happenings(program: Program) -> tuple[Breakpoint, ...]:
    """The breakpoints of a program beside those at lines, functions by their qualified names."""
    owners = scopes(program)
    own = (scope.name for scope in owners if scope.is_class)
    foreign = (name for name in sorted(imported(program)) if name.isidentifier())
    functions, exceptions, changes = BreakpointKind.FUNCTION, BreakpointKind.EXCEPTION, BreakpointKind.CHANGE
    found = [Breakpoint(kind=functions, name=name) for name in _entered(program)]
    for name in dict.fromkeys((*own, *foreign, *BUILTIN_EXCEPTIONS)):
        found.append(Breakpoint(kind=exceptions, name=name))
    found += [Breakpoint(kind=changes, name=name) for name in sorted(module_names(program))]
    for scope in owners:
        found += [Breakpoint(kind=changes, name=name, function=scope.name) for name in sorted(scope.locals)]
    if program.tests:
        found.append(Breakpoint(kind=BreakpointKind.FAILURE))
    return tuple(dict.fromkeys(found))


def _entered(program: Program) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(scope.name for scope in scopes(program) if scope.enters))
    return found or (ENTRY_NAME,)
