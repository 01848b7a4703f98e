"""Delta debugging: the least part of a failing input that fails still.

No task of the environments lets an agent enter a faulty program with inputs of its own: the tests of a bug
are fixed, and InputPrediction hides the one input that leads to the end that is asked for. So this works on a
program itself, whose every run is in a box.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from debugworld.envs import Bug, Case, TaskError
from debugworld.envs.judge import Judge, Verdict, failing, judge_of
from debugworld.envs.trace_store import trace_store
from debugworld.sandboxes.debugger import ProgramError

Item = TypeVar("Item")
Fails = Callable[[str], bool]
"""Whether a call, as text, fails as the first one did."""


@dataclass(frozen=True, slots=True)
class Minimised:
    """A failing call made small."""

    call: str
    """The call."""
    original: str
    """What it was made of."""
    trials: int
    """Calls that were run; none twice."""


def ddmin(items: Sequence[Item], fails: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """Returns a part of the items, in their order, that fails still and none of whose items can go alone.

    Zeller and Hildebrandt, *Simplifying and Isolating Failure-Inducing Input*, 2002: chunks, then what is
    left without each chunk, are tried, with ever smaller chunks where none fails. The result is 1-minimal.

    Args:
        items: What fails.
        fails: Whether some of the items fail in the same way; never asked about all of them.
    """
    kept, chunks = list(items), 2
    if kept and fails([]):
        return []
    while len(kept) > 1:
        bounds = [len(kept) * place // chunks for place in range(chunks + 1)]
        pieces = [(kept[a:b], kept[:a] + kept[b:]) for a, b in zip(bounds, bounds[1:], strict=False)]
        small = next((piece for piece, _ in pieces if fails(piece)), None)
        if small is not None:
            kept, chunks = small, 2
            continue
        rest = next((rest for _, rest in pieces if chunks > 2 and fails(rest)), None)
        if rest is not None:
            kept, chunks = rest, max(chunks - 1, 2)
        elif chunks < len(kept):
            chunks = min(2 * chunks, len(kept))
        else:
            break
    return kept


def minimise(call: str, fails: Fails) -> Minimised:
    """Makes the containers among a call's literal arguments as small as they can be.

    Lists, tuples, sets, dicts, strings and bytes lose elements by `ddmin`, outer ones first (as in
    hierarchical delta debugging: Misherghi and Su, 2006), again and again until none loses any more: then
    no call with one element less, at any depth, fails. Numbers and the count of arguments stay.

    Args:
        call: An expression that fails.
        fails: Whether another one fails in the same way.

    Raises:
        ProgramError: the call is no expression.
        TaskError: it does not fail.
    """
    try:
        tree = ast.parse(call.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ProgramError(f"{call!r} is no call: {error}") from None
    known: dict[str, bool] = {}

    def failing(text: str) -> bool:
        if text not in known:
            known[text] = fails(text)
        return known[text]

    original = smallest = ast.unparse(tree)
    if not failing(original):
        raise TaskError(f"{call} does not fail; give a call that does")
    changed = True
    while changed:
        changed = False
        for place in range(sum(1 for _ in _containers(ast.parse(smallest, mode="eval")))):
            for container in _nth(smallest, place):
                parts = container.parts
                kept = ddmin(parts, lambda some, at=container: failing(at.spelled(some)))  # type: ignore[misc]
                if len(kept) < len(parts):
                    smallest, changed = container.spelled(kept), True
    return Minimised(smallest, original, len(known))


def fails_like(call: str, source: str, right: str, judge: Judge) -> Fails:
    """Returns what tells whether another call fails alike: by the same verdict and exception's type.

    A call that the right program does not answer with a value is no failing one, whatever the faulty one
    does.

    Args:
        call: A call that fails.
        source: The faulty program.
        right: The right program; empty where there is none, and then only exceptions and runs without an end
            are failures.
        judge: Runs both.

    Raises:
        TaskError: the call does not fail.
        SandboxError: the box failed.
    """

    def kind(text: str) -> tuple[Verdict, str] | None:
        if right:
            [meant] = judge.judge(right, [Case(text, "None")], right)
            if meant.verdict not in (Verdict.PASS, Verdict.WRONG):
                return None
        [came] = judge.judge(source, [Case(text, text if right else "None")], right)
        if came.verdict in (Verdict.PASS, Verdict.BROKEN) or (came.verdict is Verdict.WRONG and not right):
            return None
        return came.verdict, came.text.partition(":")[0] if came.verdict is Verdict.EXCEPTION else ""

    first = kind(call)
    if first is None:
        hint = "" if right else "; without a right program it must raise, or not end"
        raise TaskError(f"{call} does not fail{hint}")
    return lambda text: kind(text) == first


def minimise_failure(bug: Bug, sandbox: str = "docker", case: int | None = None) -> Minimised:
    """Makes a failing call of a bug's tests small.

    Args:
        bug: The bug.
        sandbox: Box that every run is in.
        case: Place of the failing case among the bug's; None takes the first one that fails.

    Raises:
        TaskError: no case fails, or not this one.
        SandboxError: the box failed.
    """
    store = trace_store(sandbox)
    store.enter()
    try:
        store.open()
        judge = judge_of(sandbox)
        found = failing(bug, judge) if case is None else (case,)
        if not found:
            raise TaskError(f"{bug.name} fails none of its cases")
        call = bug.cases[found[0]].call
        return minimise(call, fails_like(call, bug.buggy, bug.fixed, judge))
    finally:
        store.leave()


class _Container:
    """A literal with parts, inside a call."""

    def __init__(self, tree: ast.Expression, node: ast.expr) -> None:
        self._tree, self._node = tree, node
        self.parts: list[Any] = _parts(node)

    def spelled(self, parts: Sequence[Any]) -> str:
        """Returns the call with only some of the parts."""
        node, before = self._node, self.parts
        try:
            _put(node, list(parts))
            return ast.unparse(self._tree)
        finally:
            _put(node, before)


def _nth(call: str, place: int) -> Iterator[_Container]:
    """Yields the container at a place in a call, where there is one still."""
    tree = ast.parse(call, mode="eval")
    for number, node in enumerate(_containers(tree)):
        if number == place:
            yield _Container(tree, node)
            return


def _containers(tree: ast.Expression) -> Iterator[ast.expr]:
    """Yields the literals with parts that stand among the arguments of calls, outer ones first."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                yield from (node for node in _below(argument) if _parts(node))


def _below(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(node, ast.Call):
            yield from _below(child)


def _parts(node: ast.expr) -> list[Any]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return list(node.elts)
    if isinstance(node, ast.Dict):
        return list(zip(node.keys, node.values, strict=True))
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return [node.value[place : place + 1] for place in range(len(node.value))]
    return []


def _put(node: ast.expr, parts: list[Any]) -> None:
    if isinstance(node, ast.Dict):
        node.keys, node.values = [key for key, _ in parts], [value for _, value in parts]
    elif isinstance(node, ast.Constant):
        assert isinstance(node.value, str | bytes)
        node.value = type(node.value)().join(parts)
    else:
        node.elts = parts  # type: ignore[attr-defined]
