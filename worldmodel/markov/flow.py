"""Where control can go: the static part of what a debugger shows.

For every line at which the program can stop, `Flow` knows the text of its
statement, the names it reads, where its branches lead, and which handlers,
``finally`` blocks and ``with`` statements stand around it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from debugworld.sandboxes.debugger.program import ENTRY_NAME, Program
from debugworld.sandboxes.debugger.statements import blocks, clause_line, header, makes_stop

END = 0
"""Target: the frame's end, an implicit ``return None``."""
RERAISE = -1
"""Target: the exception being handled goes on its way."""
_FIRST_FINAL = -2

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_WITHS = (ast.With, ast.AsyncWith)
_TRIES = (ast.Try, ast.TryStar)
_YIELDS = (ast.Yield, ast.YieldFrom, ast.Await)


class Kind(str, Enum):
    """What a stop's statement does to control."""

    PLAIN = "plain"
    """Goes on to ``then``."""
    BRANCH = "branch"
    """Goes on to ``then`` or to ``other``."""
    RETURN = "return"
    """Hands a value to the caller."""
    WITH = "with"
    """Stops twice: at its entry and, after its body, at its exit."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that control passes on its way out of a block."""

    kind: str
    """``except``, ``finally`` or ``with``."""
    line: int
    """Where control goes: the first handler, the first line of the block, the ``with`` line."""
    tag: int
    """Identifies a ``finally`` block or a ``with`` statement."""


@dataclass
class Stop:
    """A line at which a frame can stop."""

    line: int
    """1-based line."""
    text: str
    """Its statement on one line; of a compound statement the header alone."""
    kind: Kind
    """What it does to control."""
    then: int
    """Target when it completes, or when its condition holds or its loop turns."""
    other: int
    """Target when its condition fails or its loop ends."""
    reads: tuple[str, ...]
    """Names it reads, in order."""
    guards: tuple[Guard, ...]
    """What stands around it, innermost first."""
    outer: int = 0
    """How many of the guards a ``break`` or ``continue`` leaves standing (counted from outside)."""
    jumps: bool = False
    """Whether it leaves its block: ``break`` or ``continue``."""
    loop: bool = False
    """Whether it heads a loop."""
    last: int = 0
    """Last line of the loop's body."""
    suspends: bool = False
    """Whether it holds a ``yield`` or ``await``."""
    raises_again: bool = False
    """Whether it is a bare ``raise``."""
    idle: bool = False
    """Whether it does nothing but pass control on: ``try``, ``pass``, ``break``, ``continue``."""
    binds_also: tuple[str, ...] = ()
    """Names that it binds without reading or assigning them: of imports, definitions, handlers, patterns."""
    makes_object: bool = False
    """Whether it makes a function, class or generator, whose text holds a number."""
    binds: str | None = None
    """Name of the exception variable that leaves with the handler around this line."""
    calls: tuple[ast.Call, ...] = ()
    """The calls in it, outermost first."""

    def holds(self, line: int) -> bool:
        """Whether a line belongs to the loop, head included."""
        return self.line <= line <= self.last


@dataclass
class ScopeFlow:
    """The stops of one function, class body, module or the entry wrapper."""

    name: str
    """Qualified name."""
    line: int
    """Line of ``def`` or ``class``; 1 for a module."""
    parameters: tuple[str, ...] = ()
    """Parameter names in order."""
    signature: str = ""
    """Name and parameters as written."""
    generator: bool = False
    """Whether a call makes a generator or coroutine instead of running it."""
    first: int = END
    """Target of the entry."""
    names: tuple[str, ...] = ()
    """Names that can be local, in canonical order."""
    stops: dict[int, Stop] = field(default_factory=dict)
    """Stops by line."""
    rebound: frozenset[str] = frozenset()
    """Parameters that the body assigns."""
    free: tuple[str, ...] = ()
    """Names that it reads from the functions around it."""


class Flow:
    """All scopes of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        """The checked program."""
        self.scopes: dict[tuple[str, int], ScopeFlow] = {}
        """Scopes by qualified name and line."""
        self.finals: dict[int, int] = {}
        """Normal continuation of each ``finally`` block, by its target."""
        self.rebinds_cells = "nonlocal " in program.text or "global " in program.text
        """Whether a function may assign variables of another frame."""
        self.constants: dict[str, str] = {}
        """Module names that are assigned one literal, with its text."""
        module = ast.parse(program.text)
        self._constants(module)
        self._scope("<module>", 1, module.body, None)
        if program.call is not None:
            entry = ast.increment_lineno(ast.parse(program.entry_text), program.entry_line - 1)
            wrapper = entry.body[0]
            assert isinstance(wrapper, ast.FunctionDef)
            self.scopes[ENTRY_NAME, wrapper.lineno] = self._scope(
                ENTRY_NAME, wrapper.lineno, wrapper.body, None
            )
        self.by_name: dict[str, ScopeFlow] = {scope.name: scope for scope in self.scopes.values()}
        """Scopes by qualified name; the last one wins."""
        short: dict[str, list[ScopeFlow]] = {}
        for scope in self.by_name.values():
            short.setdefault(scope.name.rpartition(".")[2], []).append(scope)
        self.labels: dict[str, ScopeFlow] = {
            (name if len(scopes) == 1 else scope.name): scope
            for name, scopes in short.items()
            for scope in scopes
        }
        """Scopes by the shortest name that tells them apart."""
        self.label_of = {scope.name: label for label, scope in self.labels.items()}
        """The shortest telling name of each qualified name."""

    def scope(self, function: str, line: int) -> ScopeFlow | None:
        """Returns the scope of a qualified name and line, else of the name."""
        return self.scopes.get((function, line)) or self.by_name.get(function)

    def _constants(self, module: ast.Module) -> None:
        seen: set[str] = set()
        for node in ast.walk(module):
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                name = node.targets[0].id
                literal = node in module.body and _is_literal(node.value)
                if literal and name not in seen:
                    self.constants[name] = repr(ast.literal_eval(node.value))
                else:
                    self.constants.pop(name, None)
                seen.add(name)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                self.constants.pop(node.target.id, None)
                seen.add(node.target.id)

    def _scope(self, name: str, line: int, body: list[ast.stmt], node: ast.AST | None) -> ScopeFlow:
        scope = ScopeFlow(name, line)
        outline = self.program.outline.scopes.get((name.rpartition(".")[2], line))
        scope.names = tuple(outline.names) if outline else ()
        if isinstance(node, _FUNCTIONS):
            stars = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
            plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            scope.parameters = tuple(a.arg for a in [*plain, *stars])
            scope.signature = f"{node.name}({ast.unparse(_bare(node.args))})"
            scope.generator = isinstance(node, ast.AsyncFunctionDef) or any(
                isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _own_nodes(body)
            )
            scope.rebound = frozenset(
                n.id for n in _own_nodes(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            )
        self.scopes[name, line] = scope
        builder = _Builder(self, scope, at_module=name == "<module>")
        scope.first = builder.block(body, END, (), None, True)
        if "<locals>" in name:
            around = {
                n for owner in self.scopes.values() if name.startswith(owner.name + ".") for n in owner.names
            }
            reads = dict.fromkeys(n for stop in scope.stops.values() for n in stop.reads)
            inner = dict.fromkeys(
                n for s in self.scopes.values() if s.name.startswith(name + ".") for n in s.free
            )
            scope.free = tuple(n for n in {**reads, **inner} if n in around and n not in scope.names)
        return scope

    def nested(self, scope: ScopeFlow, node: ast.stmt) -> None:
        """Adds the scope of a function or class that another scope defines."""
        if not isinstance(node, _SCOPES):
            return
        if scope.name in ("<module>", ENTRY_NAME):
            name = node.name
        elif scope.parameters or scope.signature:
            name = f"{scope.name}.<locals>.{node.name}"
        else:
            name = f"{scope.name}.{node.name}"
        inner = self._scope(name, node.lineno, node.body, node)
        if isinstance(node, ast.ClassDef):
            made = self.scopes.get((f"{name}.__init__", _init_line(node)))
            inner.signature = (
                node.name + made.signature.removeprefix("__init__") if made else f"{node.name}()"
            )
            inner.signature = inner.signature.replace("(self, ", "(").replace("(self)", "()")
            inner.parameters = ()


@dataclass(frozen=True)
class _Loop:
    head: int
    after: int
    outer: int


class _Builder:
    """Finds the stops of one scope and links them."""

    def __init__(self, flow: Flow, scope: ScopeFlow, at_module: bool) -> None:
        self._flow = flow
        self._scope = scope
        self._at_module = at_module

    def block(
        self,
        body: Sequence[ast.stmt],
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        opens_scope: bool = False,
        binds: str | None = None,
    ) -> int:
        """Links a list of statements and returns the target of its start."""
        groups: list[list[ast.stmt]] = []
        for position, node in enumerate(body):
            if not makes_stop(node, opens_scope and position == 0, self._at_module):
                continue
            if groups and groups[-1][0].lineno == node.lineno:
                groups[-1].append(node)
            else:
                groups.append([node])
        for group in reversed(groups):
            self._group(group, after, guards, loop, binds)
            after = group[0].lineno
        return after

    def _group(
        self,
        group: list[ast.stmt],
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: str | None,
    ) -> None:
        """Links the statements that share a line."""
        node = group[-1]
        line = node.lineno
        stop = Stop(line, "; ".join(map(_text, group)), Kind.PLAIN, after, after, (), guards, binds=binds)
        parts: list[ast.AST] = [part for member in group for part in self._parts(member)]
        self._scope.stops[line] = stop
        for member in group:
            self._flow.nested(self._scope, member)
        self._link(stop, node, after, guards, loop, binds)
        _describe(stop, parts)
        stop.idle = all(isinstance(member, (*_TRIES, ast.Pass, ast.Break, ast.Continue)) for member in group)
        if isinstance(node, _SCOPES):
            stop.makes_object = True
            stop.binds_also += (node.name,)

    @staticmethod
    def _parts(node: ast.stmt) -> list[ast.AST]:
        """What runs with a statement's line: all of it, or the header of a block."""
        inner = list(blocks(node))
        if isinstance(node, _SCOPES):
            return list(node.decorator_list)
        if not inner:
            return [node]
        inline = [s for block in inner for s in block if s.lineno == node.lineno]
        return [*header(node), *inline]

    def _link(
        self,
        stop: Stop,
        node: ast.stmt,
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: str | None,
    ) -> None:
        line = stop.line
        if isinstance(node, ast.Return):
            stop.kind = Kind.RETURN
        elif isinstance(node, (ast.Break, ast.Continue)) and loop is not None:
            stop.then = loop.after if isinstance(node, ast.Break) else loop.head
            stop.jumps, stop.outer = True, loop.outer
        elif isinstance(node, ast.Raise):
            stop.raises_again = node.exc is None
        elif isinstance(node, ast.If):
            stop.kind = Kind.BRANCH
            stop.other = self.block(node.orelse, after, guards, loop, binds=binds)
            stop.then = self._body(stop, node.body, after, guards, loop, binds)
        elif isinstance(node, _LOOPS):
            stop.kind, stop.loop = Kind.BRANCH, True
            stop.last = max(statement.end_lineno or line for statement in node.body)
            stop.other = self.block(node.orelse, after, guards, loop, binds=binds)
            inner = _Loop(line, after, len(guards))
            stop.then = self._body(stop, node.body, line, guards, inner, binds)
        elif isinstance(node, _WITHS):
            if node.body[0].lineno != line:
                stop.kind, stop.other = Kind.WITH, after
                inside = (Guard("with", line, line), *guards)
                stop.then = self.block(node.body, line, inside, loop, binds=binds)
        elif isinstance(node, _TRIES):
            stop.then = self._try(node, after, guards, loop, binds)
        elif isinstance(node, ast.Match):
            target = after
            for case in reversed(node.cases):
                target = self._clause(case, case.body, target, after, guards, loop, binds)
            stop.then = target

    def _body(
        self,
        stop: Stop,
        body: list[ast.stmt],
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: str | None,
    ) -> int:
        """Links a block that may stand on its header's own line; returns its target."""
        rest = [node for node in body if node.lineno != stop.line]
        target = self.block(rest, after, guards, loop, binds=binds)
        inline = [node for node in body if node.lineno == stop.line]
        if not inline:
            return target
        last = inline[-1]
        if isinstance(last, (ast.Break, ast.Continue)) and loop is not None:
            stop.jumps, stop.outer = True, loop.outer
            return loop.after if isinstance(last, ast.Break) else loop.head
        return target

    def _try(
        self,
        node: ast.Try | ast.TryStar,
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: str | None,
    ) -> int:
        final: tuple[Guard, ...] = ()
        leave = after
        if node.finalbody:
            end = _FIRST_FINAL - len(self._flow.finals)
            self._flow.finals[end] = after
            leave = self.block(node.finalbody, end, guards, loop, binds=binds)
            final = (Guard("finally", leave, end),)
        around = (*final, *guards)
        target = RERAISE
        for handler in reversed(node.handlers):
            target = self._clause(handler, handler.body, target, leave, around, loop, handler.name or binds)
        inside = (Guard("except", target, 0), *around) if node.handlers else around
        after_body = self.block(node.orelse, leave, around, loop, binds=binds)
        return self.block(node.body, after_body, inside, loop, binds=binds)

    def _clause(
        self,
        clause: ast.ExceptHandler | ast.match_case,
        body: list[ast.stmt],
        other: int,
        after: int,
        guards: tuple[Guard, ...],
        loop: _Loop | None,
        binds: str | None,
    ) -> int:
        line = clause_line(clause)
        stop = Stop(line, _clause_text(clause), Kind.BRANCH, after, other, (), guards)
        parts: list[ast.AST] = [
            value for name, value in ast.iter_fields(clause) if name != "body" and isinstance(value, ast.AST)
        ]
        parts += [node for node in body if node.lineno == line]
        self._scope.stops[line] = stop
        stop.then = self._body(stop, body, after, guards, loop, binds)
        _describe(stop, parts)
        if isinstance(clause, ast.ExceptHandler) and clause.name:
            stop.binds_also += (clause.name,)
        return line


def _describe(stop: Stop, parts: Sequence[ast.AST]) -> None:
    """Fills in what a stop reads, calls and makes."""
    also: dict[str, None] = {}
    reads: dict[str, None] = {}
    calls: list[ast.Call] = []
    todo: list[ast.AST] = list(reversed(parts))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            reads.setdefault(node.id)
        elif isinstance(node, ast.Call):
            calls.append(node)
        elif isinstance(node, _YIELDS):
            stop.suspends = True
        elif isinstance(node, (ast.Lambda, ast.GeneratorExp)):
            stop.makes_object = True
        elif isinstance(node, ast.alias):
            also.setdefault(node.asname or node.name.split(".")[0])
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            also.setdefault(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            also.setdefault(node.rest)
        todo.extend(reversed(list(ast.iter_child_nodes(node))))
    stop.reads, stop.calls = tuple(reads), tuple(calls)
    stop.binds_also += tuple(also)


_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def _text(node: ast.stmt) -> str:
    """Writes a statement on one line; of a compound one the header and what shares its line."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
    inner = [statement for block in blocks(node) for statement in block]
    if not inner:
        return _one_line(node)
    bare = copy.copy(node)
    for name in _BLOCKS:
        if hasattr(bare, name):
            setattr(bare, name, [])
    if isinstance(bare, _SCOPES):
        bare.decorator_list = []
    if isinstance(bare, _FUNCTIONS):
        bare.args, bare.returns = _bare(bare.args), None
    inline = "; ".join(_text(statement) for statement in inner if statement.lineno == node.lineno)
    return f"{_one_line(bare)} {inline}".rstrip()


def _one_line(node: ast.AST) -> str:
    return " ".join(part.strip() for part in ast.unparse(node).split("\n"))


def _clause_text(clause: ast.ExceptHandler | ast.match_case) -> str:
    inline = [node for node in clause.body if node.lineno == clause_line(clause)]
    tail = " " + "; ".join(map(_text, inline)) if inline else ""
    if isinstance(clause, ast.ExceptHandler):
        kind = f" {ast.unparse(clause.type)}" if clause.type else ""
        return f"except{kind}{' as ' + clause.name if clause.name else ''}:{tail}"
    guard = f" if {ast.unparse(clause.guard)}" if clause.guard else ""
    return f"case {ast.unparse(clause.pattern)}{guard}:{tail}"


def _bare(arguments: ast.arguments) -> ast.arguments:
    """Parameters without annotations."""
    function = ast.parse(f"def f({ast.unparse(arguments)}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    for node in ast.walk(function.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    return function.args


def _own_nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yields the nodes of a body that belong to its own frame."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*_SCOPES, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))


def _init_line(node: ast.ClassDef) -> int:
    return next((n.lineno for n in node.body if isinstance(n, _FUNCTIONS) and n.name == "__init__"), 0)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
