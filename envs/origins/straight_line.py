"""Tests written as statements, turned into cases: a call and what it should come to.

Most public tests are assertions after a few plain statements. Each assertion becomes
one expression with what stands before it: ``c = Cart(); c.add(1); assert c.total() == 1``
is the call ``(c := Cart(), c.add(1), c.total())[-1]``, which should come to ``1``. What
branches, catches or loops with more than one assertion is no expression; the assertions
from there on are counted and left out.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping, Sequence

from debugworld.envs.bug import Case

_APPROXIMATE = 1e-6
"""Relative tolerance of ``pytest.approx`` where a test states none."""
_PLACES = 7
"""Decimal places of ``assertAlmostEqual`` where a test states none."""


class _NoExpression(Exception):
    """A statement that no expression stands for."""


def cases_of(statements: Sequence[ast.stmt], names: Mapping[str, ast.expr]) -> tuple[list[Case], int]:
    """Returns the cases of a test's statements, and how many assertions are left out.

    Args:
        statements: the body of a test.
        names: names that stand for something else, such as ``candidate`` for the function under test.
    """
    reader = _Reader(names)
    for place, statement in enumerate(statements):
        try:
            reader.read(statement)
        except _NoExpression:
            return reader.cases, sum(map(count_assertions, statements[place:]))
    return reader.cases, reader.left_out


def count_assertions(node: ast.AST) -> int:
    """Returns the number of assertions in a piece of code, `unittest` methods included."""
    return sum(isinstance(part, ast.Assert) or _is_method(part) for part in ast.walk(node))


def module_cases(tree: ast.Module, own: Iterable[str]) -> tuple[list[Case], int]:
    """Returns the cases of a test module: functions ``test*`` and `unittest` cases with their ``setUp``.

    Args:
        tree: the module.
        own: modules that hold the program under test; their names are there already.
    """
    cases: list[Case] = []
    left_out = 0
    skipped = {*own, "unittest", "pytest", "typing"}
    before = [s for s in tree.body if isinstance(s, (ast.Assign, ast.AnnAssign)) or _brings(s, skipped)]
    for node in tree.body:
        tests: list[list[ast.stmt]] = []
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            tests = [node.body]
        elif isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            set_up = [s for part in methods if part.name == "setUp" for s in part.body]
            tests = [set_up + part.body for part in methods if part.name.startswith("test")]
        for body in tests:
            found, missed = cases_of([*_needed(before, body), *body], {})
            cases += found
            left_out += missed
    return cases, left_out


def _brings(node: ast.stmt, skipped: set[str]) -> bool:
    """Whether a statement imports something from other modules than these."""
    if isinstance(node, ast.ImportFrom):
        return not node.level and node.module not in skipped
    return isinstance(node, ast.Import) and not all(alias.name in skipped for alias in node.names)


def _needed(before: list[ast.stmt], body: list[ast.stmt]) -> list[ast.stmt]:
    """Returns those statements of a module, imports and assignments, that a test builds on."""
    used = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
    kept: list[ast.stmt] = []
    for statement in reversed(before):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            names = {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {name for target in targets for name in _names_in(target)}
        if names & used:
            used |= _names_in(statement)
            kept.append(statement)
    return kept[::-1]


def _is_method(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
        and node.func.attr.startswith("assert")
    )


class _Reader:
    """Goes through statements, keeping what was done before the current one."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.cases: list[Case] = []
        self.left_out = 0
        self._done: list[ast.expr] = []
        self._literals: dict[str, ast.expr] = {}
        self._bound: set[str] = set()
        self._names = dict(names)

    def read(self, statement: ast.stmt) -> None:
        """Takes in the next statement.

        Raises:
            _NoExpression: it cannot be done in an expression.
        """
        statement = _Renamer(self._names).visit(copy.deepcopy(statement))
        if isinstance(statement, ast.Assert):
            self._assertion(statement.test)
        elif isinstance(statement, ast.Expr) and _is_method(statement.value):
            assert isinstance(statement.value, ast.Call)
            self._assertion(_as_test(statement.value))
        elif isinstance(statement, ast.For) and count_assertions(statement):
            self._loop(statement)
        else:
            for part in _expressions(statement):
                self._do(part)

    def _do(self, part: ast.expr) -> None:
        if isinstance(part, ast.NamedExpr):
            name = part.target.id
            self._bound.add(name)
            self._literals.pop(name, None)
            if _is_literal(part.value):
                self._literals[name] = part.value
        self._done.append(part)

    def _assertion(self, test: ast.expr) -> None:
        if _is_literal(test):
            return  # asserts nothing, such as ``assert True``
        call, expected = _sides(test)
        known: dict[str, ast.expr] = {
            name: value for name, value in self._literals.items() if not _is_changed(name, self._done)
        }
        told = _Renamer(known).visit(copy.deepcopy(expected))
        if _names_in(told) & self._bound:  # what is expected is an object of the test's own
            call, told = test, ast.Constant(True)
        self.cases.append(Case(self._after(call), ast.unparse(told)))
        if self._bound & _names_in(call):
            self._do(call)  # it may have changed something; what is expected stays out of later calls

    def _loop(self, loop: ast.For) -> None:
        """Takes a loop whose body is one assertion: all its values against all that are expected."""
        match loop:
            case ast.For(target=target, iter=over, body=[ast.Assert(test=test)], orelse=[]):
                call, expected = _sides(test)
            case _:
                raise _NoExpression
        around = [ast.comprehension(target=target, iter=over, ifs=[], is_async=0)]
        inner = _names_in(target)
        known = {name: value for name, value in self._literals.items() if name not in inner}
        many = ast.ListComp(elt=expected, generators=around)
        told = _Renamer(known).visit(copy.deepcopy(many))
        if (_names_in(told) - inner) & self._bound:
            call, told = test, ast.ListComp(elt=ast.Constant(True), generators=around)
            told = _Renamer(known).visit(copy.deepcopy(told))
        if (_names_in(told) - inner) & self._bound:
            raise _NoExpression
        self.cases.append(Case(self._after(ast.ListComp(elt=call, generators=around)), ast.unparse(told)))

    def _after(self, call: ast.expr) -> str:
        """Returns the text of what was done and then this, without unused literals and imports."""
        needed = _names_in(call)
        parts: list[ast.expr] = []
        for part in reversed(self._done):
            if isinstance(part, ast.NamedExpr) and part.target.id not in needed and _is_idle(part.value):
                continue
            needed |= _names_in(part)
            parts.append(part)
        match parts[:1], call:  # parts run backwards: what was bound last and is asked for needs no name
            case [ast.NamedExpr(target=ast.Name(id=name), value=value)], ast.Name(id=same) if name == same:
                parts, call = parts[1:], value
        if not parts:
            return ast.unparse(call)
        made = ast.Subscript(
            value=ast.Tuple(elts=[*reversed(parts), call], ctx=ast.Load()),
            slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(1)),
            ctx=ast.Load(),
        )
        return ast.unparse(ast.fix_missing_locations(made))


def _expressions(statement: ast.stmt) -> list[ast.expr]:
    """Returns expressions that do what a statement does.

    Raises:
        _NoExpression: there are none.
    """
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return []
        case ast.Expr(value=value):
            return [value]
        case (
            ast.Assign(targets=[target], value=value)
            | ast.AnnAssign(target=target, value=ast.expr() as value)
        ):
            return [_assignment(target, value)]
        case ast.Import(names=names):
            return [_import(alias, alias.name) for alias in names]
        case ast.ImportFrom(module=str() as module, names=names, level=0) if names[0].name != "*":
            return [_import_from(alias, module) for alias in names]
        case ast.For(target=target, iter=over, body=body, orelse=[]):
            parts = [part for inner in body for part in _expressions(inner)]
            around = [ast.comprehension(target=target, iter=over, ifs=[], is_async=0)]
            bound = {part.target.id for part in parts if isinstance(part, ast.NamedExpr)}
            if bound & _names_in(target):
                raise _NoExpression
            return [ast.ListComp(elt=ast.Tuple(elts=parts, ctx=ast.Load()), generators=around)]
        case _:
            raise _NoExpression


def _assignment(target: ast.expr, value: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return _bind(name, value)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _bind(f"self_{name}", value)
        case ast.Attribute(value=owner, attr=name):
            function = ast.Name(id="setattr", ctx=ast.Load())
            return ast.Call(func=function, args=[owner, ast.Constant(name), value], keywords=[])
        case ast.Subscript(value=owner, slice=key) if not isinstance(key, ast.Slice):
            method = ast.Attribute(value=owner, attr="__setitem__", ctx=ast.Load())
            return ast.Call(func=method, args=[key, value], keywords=[])
        case _:
            raise _NoExpression


def _bind(name: str, value: ast.expr) -> ast.NamedExpr:
    return ast.NamedExpr(target=ast.Name(id=name, ctx=ast.Store()), value=value)


def _import(alias: ast.alias, module: str) -> ast.expr:
    if "." in module and alias.asname:
        raise _NoExpression
    call = ast.Call(func=ast.Name(id="__import__", ctx=ast.Load()), args=[ast.Constant(module)], keywords=[])
    return _bind(alias.asname or module.partition(".")[0], call)


def _import_from(alias: ast.alias, module: str) -> ast.expr:
    names = ast.keyword(arg="fromlist", value=ast.List(elts=[ast.Constant(alias.name)], ctx=ast.Load()))
    function = ast.Name(id="__import__", ctx=ast.Load())
    call = ast.Call(func=function, args=[ast.Constant(module)], keywords=[names])
    return _bind(alias.asname or alias.name, ast.Attribute(value=call, attr=alias.name, ctx=ast.Load()))


def _as_test(call: ast.Call) -> ast.expr:
    """Returns what a method of `unittest.TestCase` asserts.

    Raises:
        _NoExpression: it is one of those that need a context.
    """
    assert isinstance(call.func, ast.Attribute)
    arguments = call.args
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        raise _NoExpression
    match call.func.attr.removeprefix("assert"), arguments:
        case ("Equal" | "ListEqual" | "DictEqual" | "SetEqual" | "TupleEqual", [a, b, *_]):
            return ast.Compare(left=a, ops=[ast.Eq()], comparators=[b])
        case ("NotEqual", [a, b, *_]):
            return ast.Compare(left=a, ops=[ast.NotEq()], comparators=[b])
        case ("In", [a, b, *_]):
            return ast.Compare(left=a, ops=[ast.In()], comparators=[b])
        case ("NotIn", [a, b, *_]):
            return ast.Compare(left=a, ops=[ast.NotIn()], comparators=[b])
        case ("True", [a, *_]):
            function = ast.Name(id="bool", ctx=ast.Load())
            return ast.Call(func=function, args=[a], keywords=[])
        case ("False", [a, *_]):
            return ast.UnaryOp(op=ast.Not(), operand=a)
        case ("IsNone", [a, *_]):
            return ast.Compare(left=a, ops=[ast.Is()], comparators=[ast.Constant(None)])
        case ("AlmostEqual", [a, b]) if not call.keywords:
            return ast.parse(
                f"round(({ast.unparse(a)}) - ({ast.unparse(b)}), {_PLACES}) == 0", mode="eval"
            ).body
        case _:
            raise _NoExpression


def _sides(test: ast.expr) -> tuple[ast.expr, ast.expr]:
    """Returns what is called and what it should come to."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            if (near := _approximate(left, right) or _approximate(right, left)) is not None:
                return near, ast.Constant(True)
            if _is_literal(left) and not _is_literal(right):
                left, right = right, left
            return left, right
        case ast.Compare(
            left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None | True | False) as right]
        ):
            return left, right
        case ast.UnaryOp(op=ast.Not()) | ast.Compare():
            return test, ast.Constant(True)
        case ast.Call(func=ast.Name(id="bool")):
            return test, ast.Constant(True)
        case _:
            call = ast.Call(func=ast.Name(id="bool", ctx=ast.Load()), args=[test], keywords=[])
            return call, ast.Constant(True)


def _approximate(value: ast.expr, other: ast.expr) -> ast.expr | None:
    match other:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="pytest"), attr="approx"), args=[near], keywords=words
        ):
            around = ast.unparse(near)
            limits = {word.arg: ast.unparse(word.value) for word in words}
            limit = limits.get("abs", f"{limits.get('rel', _APPROXIMATE)} * abs({around})")
            return ast.parse(f"abs(({ast.unparse(value)}) - ({around})) <= {limit}", mode="eval").body
    return None


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _is_idle(value: ast.expr) -> bool:
    """Whether evaluating it matters only to who uses it: literals and imports."""
    imports = (part.id == "__import__" for part in ast.walk(value) if isinstance(part, ast.Name))
    return _is_literal(value) or any(imports)


def _is_changed(name: str, done: list[ast.expr]) -> bool:
    """Whether a literal bound to a name was handed to something since, which may have changed it."""
    return any(
        name in _names_in(part)
        for part in done
        if not (isinstance(part, ast.NamedExpr) and part.target.id == name)
    )


def _names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


class _Renamer(ast.NodeTransformer):
    """Puts expressions in the place of names, and plain names in the place of ``self.NAME``."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._names:
            return copy.deepcopy(self._names[node.id])
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        inner = self.generic_visit(node)
        assert isinstance(inner, ast.Attribute)
        own = isinstance(inner.value, ast.Name) and inner.value.id == "self"
        if own and isinstance(inner.ctx, ast.Load) and not inner.attr.startswith("assert"):
            return ast.Name(id=f"self_{inner.attr}", ctx=ast.Load())
        return inner
