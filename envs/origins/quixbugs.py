"""QuixBugs: forty small algorithms with one faulty line each (Lin et al., 2017), from the user's clone.

``python_programs/NAME.py`` holds the faulty program, ``correct_python_programs`` the right
one. ``json_testcases/NAME.json`` has one ``[arguments, result]`` a line, which
``python_testcases/test_NAME.py`` puts into an assertion; the programs over graphs have
assertions only. A text at the end of a faulty file tells what it should do.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from debugworld.envs.bug import Bug, Case
from debugworld.envs.errors import TaskError

from .bug_rows import usable
from .difference import lines_at_fault
from .straight_line import cases_of, module_cases

FOLDERS = ("python_programs", "correct_python_programs", "json_testcases", "python_testcases")
"""What a clone holds."""
LEFT_OUT = "assertions of QuixBugs that are no expression"
"""Why a single case is left out."""
_NODE = "node"


def quixbugs(path: str, left_out: Counter[str]) -> Iterator[Bug]:
    """Yields the bugs of a clone of jkoppel/QuixBugs.

    Args:
        path: the clone.
        left_out: counts what is left out, by reason.

    Raises:
        TaskError: this is no clone, or a file in it cannot be read.
    """
    root = Path(path)
    missing = [name for name in FOLDERS[:3] if not (root / name).is_dir()]
    if missing:
        raise TaskError(
            f"{root} is no clone of QuixBugs: it has no folder {', '.join(missing)}; "
            "git clone https://github.com/jkoppel/QuixBugs and name its folder"
        )
    for file in sorted((root / FOLDERS[0]).glob("*.py")):
        name = file.stem
        right = root / FOLDERS[1] / file.name
        if name == _NODE or name.startswith("__") or name.endswith("_test") or not right.is_file():
            continue
        buggy, description = _without_text(read_source(file))
        fixed, _ = _without_text(read_source(right))
        cases, missed = _cases(root, name)
        left_out[LEFT_OUT] += missed
        nodes = root / FOLDERS[0] / f"{_NODE}.py"
        if nodes.is_file() and any("Node(" in case.call for case in cases):
            extra = read_source(nodes).rstrip() + "\n\n\n"
            buggy, fixed = extra + buggy, extra + fixed
        bug = Bug(
            f"QuixBugs/{name}",
            f"quixbugs/{name}",
            buggy,
            fixed,
            tuple(cases),
            lines_at_fault(buggy, fixed),
            description,
        )
        if usable(bug, left_out):
            yield bug


def read_source(file: Path) -> str:
    """Returns the text of a file.

    Raises:
        TaskError: it cannot be read.
    """
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaskError(f"{file} cannot be read: {error}") from None


def _without_text(source: str) -> tuple[str, str]:
    """Returns a program without the texts that end it, and the first of them."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source, ""
    body = list(tree.body)
    text, end = "", len(source.split("\n"))
    while body:
        match body.pop():
            case ast.Expr(value=ast.Constant(value=str() as text), lineno=line):
                end = line - 1
            case _:
                break
    return "\n".join(source.split("\n")[:end]).rstrip() + "\n", text.strip()


def _cases(root: Path, name: str) -> tuple[list[Case], int]:
    """Returns a program's cases, and how many assertions became none."""
    test = root / FOLDERS[3] / f"test_{name}.py"
    tree = None
    if test.is_file():
        try:
            tree = ast.parse(read_source(test))
        except (SyntaxError, ValueError):
            raise TaskError(f"{test} is no Python file") from None
    data = root / FOLDERS[2] / f"{name}.json"
    if data.is_file():
        return _data_cases(read_source(data), str(data), name, tree)
    if tree is None:
        return [], 1
    return module_cases(tree, {"node", "load_testdata", f"{FOLDERS[0]}.{name}", f"{FOLDERS[1]}.{name}"})


def _data_cases(text: str, place: str, name: str, tree: ast.Module | None) -> tuple[list[Case], int]:
    """Returns the cases of a data file, put into the assertion of the test module where there is one."""
    form: ast.stmt = ast.parse(f"assert {name}(*input_data) == expected").body[0]
    change: ast.ListComp | None = None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assert):
            form = node
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.ListComp):
            change = node.value
    cases: list[Case] = []
    missed = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given, result = json.loads(line)
        except (ValueError, TypeError):
            raise TaskError(f"{place}, line {number}: a line is a JSON list [arguments, result]") from None
        arguments = given if isinstance(given, list) else [given]
        known = {"input_data": _node(arguments), "expected": _changed(result, change)}
        found, left = cases_of([form], known)
        cases += [Case(_spread(case.call), case.expected) for case in found]
        missed += left
    return cases, missed


def _node(value: object) -> ast.expr:
    return ast.parse(repr(value).replace("inf", "float('inf')"), mode="eval").body


def _changed(result: object, change: ast.ListComp | None) -> ast.expr:
    """Returns what is expected, after a test module's ``[[given, f(result)] for given, result in data]``."""
    match change:
        case ast.ListComp(
            elt=ast.List(elts=[_, ast.expr() as made]),
            generators=[ast.comprehension(target=ast.Tuple(elts=[_, ast.Name(id=name)]))],
        ):
            text = f"(lambda {name}: {ast.unparse(made)})({result!r})"
            return ast.parse(text, mode="eval").body
    return _node(result)


def _spread(call: str) -> str:
    """Writes ``f(*[1, 2])`` as ``f(1, 2)`` and ``[1, 2][-1]`` as ``2``."""
    return ast.unparse(_Spread().visit(ast.parse(call, mode="eval")))


class _Spread(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        arguments: list[ast.expr] = []
        for argument in node.args:
            match argument:
                case ast.Starred(value=ast.List(elts=items)):
                    arguments += items
                case _:
                    arguments.append(argument)
        node.args = arguments
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        match node:
            case ast.Subscript(
                value=ast.List(elts=[*_, last]), slice=ast.UnaryOp(operand=ast.Constant(value=1))
            ):
                return last
        return node
