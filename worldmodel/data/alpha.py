"""Alpha-equivalence: keys that programs share when they differ only in names and in how they are written.

Renamed by order of appearance are the names that a program binds itself: parameters and locals (in each
function anew), functions, classes, globals, imported names, and the methods and attributes of its own
classes, unless a built-in type has an attribute of that name. Dropped are docstrings, comments, annotations,
``typing`` imports, formatting and ``pass`` that says nothing. Literals, operators, built-ins and the order of
everything stay. The key does not depend on the version of CPython.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.binders import COMPREHENSIONS, FUNCTIONS, Scope, own_nodes, scope_of

FUNCTION_NODES = 40
"""Syntax nodes from which on a function has a key of its own; smaller ones are alike by chance."""
_SKIPPED = frozenset({"ctx", "type_comment", "kind", "annotation", "returns", "type_params", "simple"})
_TYPING = frozenset({"typing", "typing_extensions", "__future__"})
Definition = ast.FunctionDef | ast.AsyncFunctionDef
_TYPES = (object, int, float, str, bytes, list, tuple, dict, set, frozenset, complex, BaseException)
_SHARED_ATTRIBUTES = frozenset(name for kind in _TYPES for name in dir(kind)) | {"real", "imag"}


@dataclass(frozen=True)
class Keys:
    """The keys of one program."""

    program: str
    """Of source and call together: equal for runs that differ in names only."""
    source: str
    """Of the source alone."""
    functions: tuple[str, ...]
    """Of each function of at least `FUNCTION_NODES` syntax nodes, in order of appearance."""


def keys_of(program: Program) -> Keys:
    """Returns a program's keys.

    Raises:
        ProgramError: the source or the call does not parse.
    """
    tree = program.module
    call = ast.parse(program.call.strip(), mode="eval").body if program.call is not None else None
    writer = _Writer(tree)
    source = writer.written(tree)
    whole = f"{source}\0{writer.written(call) if call is not None else ''}"
    rest = [*program.files, *program.argv, program.stdin, program.tests, program.edits]
    return Keys(_digest(f"{whole}\0{rest!r}"), _digest(source), tuple(function_keys(tree)))


def source_key(source: str) -> str:
    """Returns the key of a source alone.

    Raises:
        ProgramError: it does not parse.
    """
    tree = Program(source).module
    return _digest(_Writer(tree).written(tree))


def function_keys(tree: ast.Module, least: int = FUNCTION_NODES) -> Iterator[str]:
    """Yields the key of each function or method of at least so many syntax nodes.

    Its own name and decorators are left out of account, and other functions count as names by order.
    """
    writer = _Writer(tree)
    for node, around in _functions(tree, ()):
        if count_nodes(node) >= least:
            yield _digest(writer.function(node, around))


_Around = tuple[ast.AST, ...]


def _functions(node: ast.AST, around: _Around) -> Iterator[tuple[Definition, _Around]]:
    """Yields each function with the functions and classes that it stands in."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, FUNCTIONS):
            yield part, around
        opens = isinstance(part, (*FUNCTIONS, ast.ClassDef))
        yield from _functions(part, (*around, part) if opens else around)


def count_nodes(node: ast.AST) -> int:
    """Returns the number of syntax nodes that a key sees: no annotations, docstrings or empty texts."""
    if isinstance(node, ast.expr_context) or isinstance(node, ast.Constant) and node.value == "":
        return 0
    total = 1
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED or name == "decorator_list":
            continue
        for part in _statements(value) if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                total += count_nodes(part)
    return total


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def _statements(nodes: list[Any]) -> list[Any]:
    """Leaves out what a program does not do: docstrings and the like, typing imports, idle ``pass``."""
    kept = [node for node in nodes if not _is_idle(node)]
    return kept or [node for node in nodes if isinstance(node, ast.Pass)][:1]


def _is_idle(node: object) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.ImportFrom):
        return node.module in _TYPING
    if isinstance(node, ast.Import):
        return all(alias.name in _TYPING for alias in node.names)
    return isinstance(node, ast.Pass)


@dataclass
class _Names:
    """Numbers of the names of one scope."""

    scope: Scope
    prefix: str
    numbers: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> str:
        if name not in self.numbers:
            self.numbers[name] = f"{self.prefix}{len(self.numbers)}"
        return self.numbers[name]


class _Writer:
    """Writes syntax trees as texts that are equal for alpha-equivalent trees."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._scopes: dict[ast.AST, Scope] = {}
        self._members = set(_members(tree)) - _SHARED_ATTRIBUTES
        self._keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        self._parameters = _parameters(tree)
        self._begin()

    def _begin(self) -> None:
        """Forgets all numbers."""
        self._stack: list[_Names] = []
        self._member_numbers: dict[str, str] = {}
        self._keyword_numbers: dict[str, str] = {}
        self._base = 0
        self._enter(self._tree)

    def written(self, node: object) -> str:
        """Returns the text of a node, a list of nodes or a plain value."""
        if isinstance(node, list):
            return "[" + ",".join(self.written(part) for part in node) + "]"
        if not isinstance(node, ast.AST):
            return f"{type(node).__name__}:{node!r}"
        special = getattr(self, f"_{type(node).__name__}", None)
        if special is not None:
            return str(special(node))
        if isinstance(node, COMPREHENSIONS):
            return self._comprehension(node)
        return self._plain(node)

    def function(self, node: Definition, around: tuple[ast.AST, ...]) -> str:
        """Returns the text of a function by itself, given what it stands in."""
        self._begin()
        for outer in around:
            self._enter(outer)
        self._base = len(self._stack)
        return self._FunctionDef(node, decorated=False)

    def _plain(self, node: ast.AST) -> str:
        parts = []
        for name, value in ast.iter_fields(node):
            if name in _SKIPPED:
                continue
            if isinstance(value, list) and value and isinstance(value[0], (ast.stmt, ast.excepthandler)):
                value = _statements(value)
            parts.append(f"{name}={self.written(value)}")
        return f"{type(node).__name__}({';'.join(parts)})"

    def _Name(self, node: ast.Name) -> str:
        return self._name(node.id)

    def _name(self, name: str) -> str:
        module = self._stack[0]
        inner = True
        for place in reversed(self._stack[1:]):
            if name in place.scope.declared_global:
                return module.number(name)
            visible = place.scope.kind != "class" or inner
            inner = inner and place.scope.kind == "comprehension"
            if visible and name in place.scope.bound:
                if place.scope.kind == "class" and name not in self._members:
                    return f"free:{name}"
                return self._member(name) if place.scope.kind == "class" else place.number(name)
        if name in module.scope.bound or name in module.scope.global_elsewhere:
            return module.number(name)
        return f"free:{name}"

    def _member(self, name: str) -> str:
        if name not in self._member_numbers:
            self._member_numbers[name] = f"m{len(self._member_numbers)}"
        return self._member_numbers[name]

    def _Attribute(self, node: ast.Attribute) -> str:
        attr = self._member(node.attr) if node.attr in self._members else f"free:{node.attr}"
        return f"Attribute({self.written(node.value)}.{attr})"

    def _Call(self, node: ast.Call) -> str:
        function = self.written(node.func)
        named = self._parameters.get(node.func.id) if isinstance(node.func, ast.Name) else None
        words = [f"{self._keyword(k.arg, named)}={self.written(k.value)}" for k in node.keywords]
        return f"Call({function};{self.written(node.args)};{','.join(words)})"

    def _JoinedStr(self, node: ast.JoinedStr) -> str:
        """Without empty texts, which some versions of CPython put between the parts, and others not."""
        parts = [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]
        return f"JoinedStr({self.written(parts)})"

    def _keyword(self, name: str | None, named: list[str] | None) -> str:
        if name is None:
            return "**"
        if named is not None and name in named:
            return f"p{named.index(name)}"
        if name in self._members:
            return self._member(name)
        if name in self._keywords:
            return self._keyword_numbers.setdefault(name, f"k{len(self._keyword_numbers)}")
        return f"free:{name}"

    def _AnnAssign(self, node: ast.AnnAssign) -> str:
        if node.value is None and self._stack[-1].scope.kind != "class":
            return "Declared()"
        value = "" if node.value is None else self.written(node.value)
        return f"Assign(targets=[{self.written(node.target)}];value={value})"

    def _Global(self, node: ast.Global) -> str:
        return f"Global({','.join(sorted(self._stack[0].number(name) for name in node.names))})"

    def _Nonlocal(self, node: ast.Nonlocal) -> str:
        return f"Nonlocal({','.join(sorted(self._name(name) for name in node.names))})"

    def _alias(self, node: ast.alias) -> str:
        bound = node.asname or node.name.partition(".")[0]
        return f"alias({node.name} as {self._name(bound) if bound != '*' else '*'})"

    def _ExceptHandler(self, node: ast.ExceptHandler) -> str:
        name = self._name(node.name) if node.name else ""
        return f"ExceptHandler({self.written(node.type)};{name};{self.written(_statements(node.body))})"

    def _MatchAs(self, node: ast.MatchAs) -> str:
        return f"MatchAs({self.written(node.pattern)};{self._name(node.name) if node.name else ''})"

    def _MatchStar(self, node: ast.MatchStar) -> str:
        return f"MatchStar({self._name(node.name) if node.name else ''})"

    def _MatchMapping(self, node: ast.MatchMapping) -> str:
        rest = self._name(node.rest) if node.rest else ""
        return f"MatchMapping({self.written(node.keys)};{self.written(node.patterns)};{rest})"

    def _arg(self, node: ast.arg) -> str:
        return self._name(node.arg)

    def _Lambda(self, node: ast.Lambda) -> str:
        return f"Lambda({self._inside(node, node.args, node.body)})"

    def _FunctionDef(self, node: Definition, decorated: bool = True) -> str:
        head = f"{self.written(node.decorator_list)};{self._name(node.name)}" if decorated else ""
        return f"{type(node).__name__}({head};{self._inside(node, node.args, node.body)})"

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef) -> str:
        head = f"{self.written(node.decorator_list)};{self._name(node.name)};{self.written(node.bases)}"
        head += ";" + ",".join(f"{word.arg}={self.written(word.value)}" for word in node.keywords)
        self._enter(node)
        body = self.written(_statements(node.body))
        self._stack.pop()
        return f"ClassDef({head};{body})"

    def _inside(self, node: ast.AST, arguments: ast.arguments, body: object) -> str:
        """The text of a function's parameters and body; defaults belong to the scope around."""
        defaults = self.written([*arguments.defaults, *filter(None, arguments.kw_defaults)])
        gaps = [default is None for default in arguments.kw_defaults]
        self._enter(node)
        groups = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
        named = "|".join(self.written(list(group)) for group in groups)
        extra = "".join(self.written(each) for each in (arguments.vararg, arguments.kwarg) if each)
        stars = f"{arguments.vararg is not None}{arguments.kwarg is not None}"
        text = self.written(_statements(body) if isinstance(body, list) else body)
        self._stack.pop()
        return f"{named};{stars}{extra};{defaults}{gaps};{text}"

    def _comprehension(self, node: ast.expr) -> str:
        generators = node.generators  # type: ignore[attr-defined]
        first = self.written(generators[0].iter)
        self._enter(node)
        parts = []
        for place, generator in enumerate(generators):
            over = first if place == 0 else self.written(generator.iter)
            parts.append(
                f"{over};{self.written(generator.target)};{self.written(generator.ifs)};{generator.is_async}"
            )
        names = [name for name in ("elt", "key", "value") if hasattr(node, name)]
        results = [self.written(getattr(node, name)) for name in names]
        self._stack.pop()
        return f"{type(node).__name__}({'|'.join(parts)};{results})"

    def _enter(self, node: ast.AST) -> None:
        if node not in self._scopes:
            self._scopes[node] = scope_of(node)
        self._stack.append(_Names(self._scopes[node], f"v{len(self._stack) - self._base}_"))


def _members(tree: ast.Module) -> Iterator[str]:
    """Names that the program's own classes define or set on their objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (name for name in scope_of(node).bound if not _is_magic(name))
            for part in own_nodes(node):
                if isinstance(part, FUNCTIONS):
                    yield from _set_on_objects(part)


def _set_on_objects(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and not _is_magic(node.attr):
            yield node.attr


def _is_magic(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _parameters(tree: ast.Module) -> dict[str, list[str]]:
    """The parameters of functions that stand alone, where no name is defined twice."""
    found: dict[str, list[str]] = {}
    twice: set[str] = set()
    for node in tree.body:
        if isinstance(node, FUNCTIONS):
            twice |= {node.name} & found.keys()
            given = node.args
            found[node.name] = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return {name: names for name, names in found.items() if name not in twice}
