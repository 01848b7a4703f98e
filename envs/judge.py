"""The judge: which cases a program passes, by execution.

A call is evaluated in a box that holds the judged program and nothing else; what it should come to is
evaluated in another one, beside the right program. Only texts of values leave the boxes, and they are
compared out here, so that a program meets neither its tests nor an object of theirs.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from debugworld.sandboxes.debugger import Event, IllegalAction, Program, ProgramError
from debugworld.sandboxes.debugger.limits import CUT
from debugworld.sandboxes.errors import SandboxError
from debugworld.sandboxes.live import LiveSession

from .bug import Bug, Case
from .findings import Findings
from .trace_cache import KEPT
from .trace_store import trace_store

CASE_SECONDS = 3.0
"""Wall clock that a call may take; the tests of the bugs that are shipped take some milliseconds."""
_ENTRY = "None"
"""The call that a judged program is entered by: it stands still before it, with its module's body done."""
_PIECE, _PIECES = 240, 4
"""Characters of a long value's ``repr`` in a string, and strings in a list; a debugger shows both uncut."""
_LONGEST = 50_000
_KEPT = 1 << 16
_MAPPINGS = ("Counter", "OrderedDict", "defaultdict", "frozenset")
"""Types whose values are equal to those of a literal's type with the same items."""
_FACTORY = re.compile(r"defaultdict\(<[^<>]*>, ")
_NO_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


class Verdict(str, Enum):
    """How a case went."""

    PASS = "pass"  # noqa: S105
    """What came is equal to what was expected."""
    WRONG = "wrong value"
    """It is not."""
    EXCEPTION = "exception"
    """The call raised."""
    TIMEOUT = "timeout"
    """The call went on for too long."""
    BROKEN = "broken"
    """There was nothing to call, or the program's process died of it."""

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Result:
    """What a case came to."""

    verdict: Verdict
    """How it went."""
    text: str
    """The value's text, ``Type: message`` of the exception, or what happened instead."""

    @property
    def passes(self) -> bool:
        """Whether the program passes the case."""
        return self.verdict is Verdict.PASS


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an expression came to: a value, or why it has none."""

    verdict: Verdict
    """`Verdict.PASS` for a value."""
    text: str
    lasting: bool = True
    """Whether it follows from program and seconds; a process that was killed may be the machine's doing."""


class Judge:
    """Runs cases, and remembers what each call came to in each source.

    Whether an endless call is one is a matter of seconds; as all that follows from them and the program, it
    is found out once for all processes.

    Args:
        session: Starts a program in a box, as `TraceStore.session` does; a move may take the seconds given.
        seconds: Wall clock that a call may take.
        findings: What is known of calls from elsewhere; None for nothing.
    """

    def __init__(
        self,
        session: Callable[[Program, float | None], LiveSession],
        seconds: float = CASE_SECONDS,
        findings: Findings | None = None,
    ) -> None:
        self._session = session
        self._seconds = seconds
        self._findings = findings
        self._known: OrderedDict[tuple[str, str], _Outcome] = OrderedDict()

    def judge(self, source: str, cases: Sequence[Case], right: str) -> tuple[Result, ...]:
        """Tells how each case goes.

        Args:
            source: The program to judge.
            cases: Its tests.
            right: The right program, beside which ``expected`` is evaluated, in a run of its own.

        Raises:
            SandboxError: the box failed.
        """
        came = self._outcomes(source, [case.call for case in cases])
        asked = [case.expected for case in cases if literal(case.expected) is _NOTHING]
        meant = dict(zip(asked, self._outcomes(right, asked), strict=True))
        return tuple(
            self._compare(case, outcome, meant.get(case.expected), source, right)
            for case, outcome in zip(cases, came, strict=True)
        )

    def passes_all(self, source: str, cases: Sequence[Case], right: str) -> bool:
        """Tells whether every case passes."""
        return all(result.passes for result in self.judge(source, cases, right))

    def _compare(self, case: Case, came: _Outcome, meant: _Outcome | None, source: str, right: str) -> Result:
        if came.verdict is not Verdict.PASS:
            return Result(came.verdict, came.text)
        if meant is not None and meant.verdict is not Verdict.PASS:
            return Result(Verdict.BROKEN, f"what is expected cannot be told: {meant.text}")
        wanted = case.expected if meant is None else meant.text
        equal = same(came.text, wanted)
        if CUT in came.text or CUT in wanted:
            mine = self._whole(source, case.call)
            theirs = wanted if meant is None else self._whole(right, case.expected)
            if literal(mine) is not _NOTHING and literal(theirs) is not _NOTHING:
                equal = same(mine, theirs)  # else there is nothing better than the cut texts
        return Result(Verdict.PASS if equal else Verdict.WRONG, came.text)

    def _whole(self, source: str, expression: str) -> str:
        """Returns the uncut ``repr`` of what an expression comes to; empty where it cannot be had."""
        pieces: list[str] = []
        step = _PIECE * _PIECES
        for start in range(0, _LONGEST, step):
            places = [(at, at + _PIECE) for at in range(start, start + step, _PIECE)]
            parts = ", ".join(f"whole[{first}:{end}]" for first, end in places)
            asked = f"(lambda whole: [{parts}])(repr({expression}))"
            [outcome] = self._outcomes(source, [asked])
            found = literal(outcome.text)
            if outcome.verdict is not Verdict.PASS or not isinstance(found, list):
                return ""
            pieces += found
            if len(found[-1]) < _PIECE:
                return "".join(pieces)
        return ""

    def _outcomes(self, source: str, expressions: Iterable[str]) -> list[_Outcome]:
        """Returns what expressions come to beside a program."""
        digest = hashlib.sha256(source.encode(errors="replace")).hexdigest()
        wanted = list(expressions)
        known = {text: self._recalled(digest, text) for text in dict.fromkeys(wanted)}
        found = {text: outcome for text, outcome in known.items() if outcome is not None}
        for text, outcome in self._evaluated(source, [text for text in known if text not in found]).items():
            found[text] = self._known[digest, text] = outcome
            if self._findings is not None and outcome.lasting:
                self._findings.put([outcome.verdict.value, outcome.text], digest, text, self._seconds)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return [found[text] for text in wanted]

    def _recalled(self, digest: str, text: str) -> _Outcome | None:
        """Returns what an expression came to earlier, from memory or disk; None where nobody knows."""
        found = self._known.get((digest, text))
        if found is None and self._findings is not None:
            kept = self._findings.get(digest, text, self._seconds)
            if kept is not None:
                found = self._known[digest, text] = _Outcome(Verdict(kept[0]), kept[1])
        return found

    def _evaluated(self, source: str, expressions: Sequence[str]) -> dict[str, _Outcome]:
        """Evaluates expressions, each in a fork of the program's process that stands before its entry."""
        found: dict[str, _Outcome] = {}
        session: LiveSession | None = None
        try:
            for text in expressions:
                if session is None or session.state.event is Event.EXIT:
                    session = self._session(Program(source, _ENTRY), self._seconds)
                found[text] = self._evaluate(session, text)
                if session.lost:  # which says nothing of the program
                    raise SandboxError(f"the box was lost while a test ran in it: {text}")
        except ProgramError as error:
            found |= {text: _Outcome(Verdict.BROKEN, str(error)) for text in expressions if text not in found}
        finally:
            if session is not None:
                session.close()
        return found

    def _evaluate(self, session: LiveSession, expression: str) -> _Outcome:
        state = session.state
        if state.event is Event.EXIT:
            assert state.exit is not None
            said = (state.stderr.strip().splitlines() or [str(state.exit.reason)])[-1]
            lasting = state.exit.reason in KEPT
            return _Outcome(Verdict.BROKEN, f"the program does not load: {said}", lasting)
        try:
            evaluation = session.evaluate(expression, 0, self._seconds)
        except IllegalAction as error:
            return _Outcome(Verdict.BROKEN, str(error))
        verdict = _VERDICTS.get(evaluation.outcome)
        if verdict is None:
            return _Outcome(Verdict.BROKEN, evaluation.text, lasting=False)
        return _Outcome(verdict, evaluation.text)


_VERDICTS = {
    "value": Verdict.PASS,
    "exception": Verdict.EXCEPTION,
    "memory": Verdict.EXCEPTION,
    "timeout": Verdict.TIMEOUT,
}


_NOTHING: Any = object()


def literal(text: str) -> Any:
    """Returns the value that a text spells; `_NOTHING` where it is no literal.

    A ``Counter``, ``OrderedDict``, ``defaultdict`` or ``frozenset`` of literals reads as the dict or set that
    it is equal to.
    """
    try:
        tree = ast.parse(_FACTORY.sub("defaultdict(", text.strip()), mode="eval")
        return ast.literal_eval(_Unwrapped().visit(tree))
    except _NO_LITERAL:
        return _NOTHING


class _Unwrapped(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _MAPPINGS or node.keywords or len(node.args) > 1:
            return node
        if node.args:
            return node.args[0]
        return ast.copy_location(ast.Dict([], []) if name != "frozenset" else node, node)


def same(left: str, right: str) -> bool:
    """Tells whether two texts stand for equal values.

    Where both are literals, as ``==`` has it, so that 1, 1.0 and True are equal; else where the texts are.
    """
    mine, theirs = literal(left), literal(right)
    if mine is _NOTHING or theirs is _NOTHING:
        return left.strip() == right.strip()
    return bool(mine == theirs)


@cache
def judge_of(kind: str) -> Judge:
    """Returns this process's judge for a kind of sandbox; `trace_store` must have been entered."""
    return Judge(trace_store(kind).session, findings=Findings("what a call comes to", kind))


def failing(bug: Bug, judge: Judge) -> tuple[int, ...]:
    """Returns the indexes of the cases that the faulty program fails.

    Raises:
        SandboxError: the box failed.
    """
    results = judge.judge(bug.buggy, bug.cases, bug.fixed)
    return tuple(index for index, result in enumerate(results) if not result.passes)
