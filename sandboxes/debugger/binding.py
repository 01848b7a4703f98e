"""Where a breakpoint binds in a program, and where it goes when the source changes.

A breakpoint that can never hold is answered, not kept: its `Binding` says why, and what would be right.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from .breakpoint import Binding, Breakpoint, BreakpointKind
from .errors import ProgramError
from .line_table import LineTable
from .program import Program
from .scopes import imported, module_names, scopes
from .source import code_name

_ALIKE = 0.6
"""From which likeness on a line that was edited in place is still the same line."""


def bind(program: Program, breakpoint: Breakpoint) -> Binding:
    """Says where in a program a breakpoint binds.

    * A line inside a statement of several lines binds to the statement's first line, a blank or comment
      line to the next line of the same function, class or module that can stop.
    * A function or class is known by its name or qualified name, an exception by a name that is built in,
      defined or imported, a change's variable by being a local of its function, or one of the module.
    * A failure needs `Program.tests`.
    """
    return _BINDERS[breakpoint.kind](program, breakpoint)


def moved(breakpoint: Breakpoint, old: Program, new: Program) -> Breakpoint | None:
    """Returns a breakpoint as it stands after the source changed; None where its line is gone.

    A line moves with those around it; one that was edited in place is the most similar one in its stead.
    """
    if breakpoint.kind is not BreakpointKind.LINE:
        return breakpoint
    before, after = _lines(old, breakpoint.file), _lines(new, breakpoint.file)
    place = breakpoint.line - 1
    for tag, start, end, target, target_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if not start <= place < end:
            continue
        if tag == "equal":
            return replace(breakpoint, line=place - start + target + 1)
        if tag == "replace":
            alike = get_close_matches(before[place], after[target:target_end], 1, _ALIKE)
            return replace(breakpoint, line=after.index(alike[0], target) + 1) if alike else None
    return None


def _lines(program: Program, file: str) -> list[str]:
    if not file:
        return list(program.lines)
    source = program.sources.get(code_name(file))
    return list(source.text.split("\n")[:-1]) if source is not None else []


def _bind_line(program: Program, breakpoint: Breakpoint) -> Binding:
    line = breakpoint.line
    source = program.sources.get(code_name(breakpoint.file))
    bound = 0
    if source is not None:
        bound = line if line in source.outline.stop_lines else _stops(program, source.file).get(line, 0)
    if bound:
        return Binding(replace(breakpoint, line=bound) if bound != line else breakpoint, True)
    try:
        program.require_breakable(line, breakpoint.file)
    except ProgramError as error:
        return Binding(breakpoint, False, str(error))
    raise AssertionError("a line that can stop binds")


@lru_cache(maxsize=64)
def _stops(program: Program, file: str) -> dict[int, int]:
    """For each line of a file that makes no stop itself the line at which a breakpoint there stops."""
    source = program.sources[code_name(file)]
    table = LineTable(source)
    table.read(source.module.body, 0, True)
    if program.entry is not None and not file:
        table.read(program.entry.body, 0, True)
    return table.targets()


def _bind_function(program: Program, breakpoint: Breakpoint) -> Binding:
    known = scopes(program)
    meant = [scope for scope in known if breakpoint.names(scope.name)]
    if any(scope.enters for scope in meant):
        return Binding(breakpoint, True)
    if meant:
        inner = [scope.name for scope in known if scope.name.startswith(f"{meant[0].name}.")]
        hint = f"; its functions are: {', '.join(inner)}" if inner else ""
        return _never(
            program,
            breakpoint,
            f"the body of the class {breakpoint.name} runs before the traced code begins{hint}",
        )
    have = ", ".join(scope.name for scope in known if scope.enters) or "nothing"
    return _never(program, breakpoint, f"there is no function or class {breakpoint.name}; there are: {have}")


def _bind_exception(program: Program, breakpoint: Breakpoint) -> Binding:
    name = breakpoint.name
    builtin = getattr(builtins, name, None)
    if isinstance(builtin, type) and issubclass(builtin, BaseException):
        return Binding(breakpoint, True)
    own = {scope.name for scope in scopes(program) if scope.is_class}
    if any(known == name or known.endswith("." + name) for known in own):
        return Binding(breakpoint, True)
    foreign = imported(program)
    if "*" in foreign or name.partition(".")[0] in foreign or name in foreign:
        return Binding(breakpoint, True)
    have = f"; its own classes are: {', '.join(sorted(own))}" if own else ""
    why = f"{name} is no built-in exception, no class of the program and not imported{have}"
    return _never(program, breakpoint, why)


def _bind_change(program: Program, breakpoint: Breakpoint) -> Binding:
    name, owner = breakpoint.name, breakpoint.function
    if not owner:
        names = module_names(program)
        if name in names:
            return Binding(breakpoint, True)
        have = ", ".join(sorted(names)) or "none"
        return _never(program, breakpoint, f"the module has no variable {name}; it has: {have}")
    meant = [scope for scope in scopes(program) if breakpoint.names_function(scope.name)]
    if not meant:
        unknown = _bind_function(program, Breakpoint(kind=BreakpointKind.FUNCTION, name=owner))
        return replace(unknown, breakpoint=breakpoint)
    if any(name in scope.locals for scope in meant):
        return Binding(breakpoint, True)
    have = ", ".join(sorted({local for scope in meant for local in scope.locals})) or "none"
    return _never(program, breakpoint, f"{owner} has no local {name}; it has: {have}")


def _never(program: Program, breakpoint: Breakpoint, why: str) -> Binding:
    return Binding(breakpoint, False, f"{program.name}: {why}")


def _bind_failure(program: Program, breakpoint: Breakpoint) -> Binding:
    if program.tests:
        return Binding(breakpoint, True)
    why = "no test can fail, because the program is not run as a test suite (Program.tests)"
    return _never(program, breakpoint, why)


_BINDERS: dict[BreakpointKind, Callable[[Program, Breakpoint], Binding]] = {
    BreakpointKind.LINE: _bind_line,
    BreakpointKind.FUNCTION: _bind_function,
    BreakpointKind.EXCEPTION: _bind_exception,
    BreakpointKind.CHANGE: _bind_change,
    BreakpointKind.FAILURE: _bind_failure,
}
