"""Output and input prediction over rows like CRUXEval's, answered by the neural debugger.

CRUXEval (Gu et al., 2024) asks of a function ``f`` either what ``f(input)`` returns, or for an
input on which it returns a given output; the execution track of LiveCodeBench (Jain et al., 2024) asks
the first of functions with names of their own. Here the first is a move of the debugger (by rollout or by
a direct jump), the second an inverse question; every answer is checked by running ``f`` in a box.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import comb, exp
from typing import Any

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, ProgramError, State
from debugworld.worldmodel.completion import Sampling
from debugworld.worldmodel.data.rows import ProgramRow, RowError
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.inverse import Answers, End, Inverse, is_end, run_call
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.search.inputs import InputSearch
from debugworld.worldmodel.statistics import Estimate, mean, rate

FUNCTION = "f"
"""The function that CRUXEval's rows are about."""
CRUXEVAL = "cruxeval"
LIVECODEBENCH = "livecodebench"
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class CruxRow:
    """One row."""

    name: str
    """Its ``id``."""
    code: str
    """A source that defines the function."""
    input: str
    """Text of an argument list."""
    output: str
    """``repr`` of what the function returns for it, or another expression that is equal to that."""
    function: str = FUNCTION
    """The function that is called."""
    origin: str = CRUXEVAL
    """The benchmark that the row is of."""

    @property
    def call(self) -> str:
        """The call whose value is the output."""
        return f"{self.function}({self.input})"

    @staticmethod
    def of_call(name: str, code: str, call: str, output: str, origin: str) -> CruxRow | None:
        """Returns the row of a call; None where that is more than one call of a function of the source.

        Args:
            name: of the row.
            code: a source that defines the function.
            call: an expression.
            output: an expression that the call is equal to.
            origin: the benchmark.
        """
        try:
            node, own = ast.parse(call, mode="eval").body, ast.parse(code).body
        except (SyntaxError, ValueError, RecursionError):
            return None
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return None
        function = node.func.id
        if not any(isinstance(each, ast.FunctionDef) and each.name == function for each in own):
            return None
        given = call.strip().encode()[len(function.encode()) :].decode().strip()
        return CruxRow(name, code, given[1:-1].strip(), output, function, origin)

    @staticmethod
    def of(rows: Iterable[ProgramRow]) -> list[CruxRow]:
        """Takes the rows of a file, see `data.rows.load_rows`: CRUXEval's, or LiveCodeBench's with a ``function_name``.

        Raises:
            RowError: a row has no ``code``, ``input`` or ``output``, or calls something else.
        """  # noqa: E501  a summary is one line
        found = []
        for row in rows:
            texts = [row.row.get(key) for key in ("code", "input", "output")]
            code, given, output = (text if isinstance(text, str) else None for text in texts)
            if code is None or given is None or output is None:
                raise RowError(f"{row.name}: a row needs 'code', 'input' and 'output', all of them texts")
            if row.row.get("function_name") is None:
                found.append(CruxRow(row.name, code, given, output))
                continue
            [program] = row.programs
            call = CruxRow.of_call(row.name, program.source, program.call or "", output, LIVECODEBENCH)
            if call is None:
                raise RowError(f"{row.name}: 'input' must be one call, or its arguments; got {given[:60]!r}")
            found.append(call)
        return found


@dataclass(frozen=True, slots=True)
class CruxAnswer:
    """The answers to one row."""

    name: str
    """The row's name."""
    answers: tuple[str, ...]
    """Texts of the answers, one a draw; empty texts where there was none."""
    right: tuple[bool, ...]
    """Whether each was right when it was run."""
    confidence: tuple[float, ...] = ()
    """The confidence in each."""
    reason: str = ""
    """Why the row could not be asked; empty where it was."""

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "name": self.name,
            "answers": list(self.answers),
            "right": list(self.right),
            "confidence": list(self.confidence),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class CruxScore:
    """The answers to all rows."""

    task: str
    """``output by rollout``, ``output by direct``, ``output by auto`` or ``input``."""
    rows: tuple[CruxAnswer, ...]
    """By row; one that could not be asked counts as wrong."""

    def pass_at(self, k: int) -> Estimate:
        """Returns pass@k over the rows: the interval is Wilson's for one draw a row, else the bootstrap's.

        Raises:
            ValueError: there are no rows, or fewer than k answers to a row.
        """
        if all(len(row.right) == 1 for row in self.rows) and k == 1:
            return rate([row.right[0] for row in self.rows])
        return mean([pass_at_k(len(row.right), sum(row.right), k) for row in self.rows])

    def to_json(self) -> dict[str, Any]:
        """Returns pass@1 and all answers as plain JSON data."""
        return {
            "task": self.task,
            "pass@1": self.pass_at(1).to_json(),
            "rows": [row.to_json() for row in self.rows],
        }


def pass_at_k(count: int, right: int, k: int) -> float:
    """Estimates without bias the chance that one of k answers is right (Chen et al., 2021).

    Args:
        count: Answers that were drawn.
        right: How many of them were right.
        k: At most ``count``.

    Raises:
        ValueError: k or ``right`` is out of range.
    """
    if not 0 <= right <= count or not 1 <= k <= count:
        raise ValueError(f"pass@{k} needs at least {max(k, 1)} answers, and no more right ones; got {count}")
    return 1.0 - comb(count - right, k) / comb(count, k)


def predict_outputs(
    neural: NeuralDebugger,
    rows: Sequence[CruxRow],
    sandbox: Sandbox,
    jumps: Jumps | str = Jumps.ROLLOUT,
    samples: int = 1,
    done: Done = lambda _: None,
) -> CruxScore:
    """Asks what the function returns for each row's input: one step return of its caller.

    Args:
        neural: Answers; for several samples over an engine that draws.
        rows: What to ask.
        sandbox: Where the truth is found out.
        jumps: By rollout, by direct jumps, or by what is believed more.
        samples: Answers to each row.
        done: Called with the number of rows done so far.

    Raises:
        ValueError: there is to be no sample.
        SandboxError: the box cannot start, or was lost.
        ModelError: the model cannot answer.
    """
    _require(samples)
    before, neural.jumps = neural.jumps, Jumps(jumps)
    found = []
    try:
        for number, row in enumerate(rows, 1):
            found.append(_output(neural, row, sandbox, samples))
            done(number)
    finally:
        neural.jumps = before
    return CruxScore(f"output by {Jumps(jumps).value}", tuple(found))


def predict_inputs(
    answers: Answers,
    rows: Sequence[CruxRow],
    sandbox: Sandbox,
    samples: int = 1,
    done: Done = lambda _: None,
    sampling: Sampling | None = None,
) -> CruxScore:
    """Asks for an input for which the function returns each row's output, with no forward run.

    Args:
        answers: Answers; one that draws, for several samples.
        rows: What to ask.
        sandbox: Where the proposals are run.
        samples: Answers to each row.
        done: Called with the number of rows done so far.
        sampling: How several answers are drawn, see `Inverse.propose`.

    Raises:
        ValueError: there is to be no sample.
        SandboxError: the box cannot start, or was lost.
    """
    _require(samples)
    found = []
    for number, row in enumerate(rows, 1):
        found.append(_input(answers, row, sandbox, samples, sampling))
        done(number)
    return CruxScore("input", tuple(found))


def search_inputs(
    search: InputSearch, rows: Sequence[CruxRow], sandbox: Sandbox, done: Done = lambda _: None
) -> CruxScore:
    """Asks for an input, and looks for it in the dream before one is given as the answer, see `InputSearch`.

    Only the answer is run: nothing but the dream chooses.

    Args:
        search: Proposes, and dreams.
        rows: What to ask.
        sandbox: Where the answers are run.
        done: Called with the number of rows done so far.

    Raises:
        SandboxError: the box cannot start, or was lost.
    """
    found = []
    for number, row in enumerate(rows, 1):
        found.append(_searched(search, row, sandbox))
        done(number)
    return CruxScore("input, searched for in the dream", tuple(found))


def _searched(search: InputSearch, row: CruxRow, sandbox: Sandbox) -> CruxAnswer:
    end = End.returned(row.output)
    try:
        inverse = Inverse(Program(row.code, None, row.name).check(), row.function)
        answer = search.find(inverse, end)
    except (ModelError, ProgramError) as error:
        return _unasked(row, 1, str(error))
    if answer is None:
        return _unasked(row, 1, "nothing was proposed")
    right = inverse.holds(sandbox, end, answer.arguments)
    return CruxAnswer(row.name, (answer.arguments,), (right,), (answer.sure,))


def _output(neural: NeuralDebugger, row: CruxRow, sandbox: Sandbox, samples: int) -> CruxAnswer:
    outcome, output = run_call(sandbox, row.code, row.call)
    program = Program(row.code, row.call, row.name)
    texts, right, confidence = [], [], []
    for _ in range(samples):
        try:
            neural.reset(program)
        except ProgramError as error:
            return _unasked(row, samples, str(error))
        state = neural.step(Action(ActionKind.STEP_RETURN))
        texts.append(_told(state))
        ended = {Event.RETURN: "value", Event.EXCEPTION: "exception"}.get(state.event, "")
        right.append(ended == outcome and is_end(output, End(state.value or "", ended == "exception")))
        confidence.append(neural.confidence)
    return CruxAnswer(row.name, tuple(texts), tuple(right), tuple(confidence))


def _told(state: State) -> str:
    if state.event is Event.EXIT:
        return ""
    return f"{'raised ' if state.event is Event.EXCEPTION else ''}{state.value}"


def _input(
    answers: Answers, row: CruxRow, sandbox: Sandbox, samples: int, sampling: Sampling | None
) -> CruxAnswer:
    try:
        inverse = Inverse(Program(row.code, None, row.name).check(), row.function)
        end = End.returned(row.output)
        proposals = inverse.propose(answers, end, samples, sampling=sampling)
    except (ModelError, ProgramError) as error:
        return _unasked(row, samples, str(error))
    found = inverse.check(sandbox, end, proposals, samples)
    texts, right, confidence = [], [], []
    for checked in found.checked:
        for _ in range(checked.proposal.draws):
            texts.append(checked.proposal.arguments)
            right.append(checked.valid)
            confidence.append(exp(checked.proposal.logprob))
    missing = samples - len(texts)
    return CruxAnswer(
        row.name,
        (*texts, *[""] * missing),
        (*right, *[False] * missing),
        (*confidence, *[0.0] * missing),
    )


def _unasked(row: CruxRow, samples: int, reason: str) -> CruxAnswer:
    return CruxAnswer(row.name, ("",) * samples, (False,) * samples, (0.0,) * samples, reason)


def _require(samples: int) -> None:
    if samples < 1:
        raise ValueError(f"at least 1 answer must be drawn; got {samples}")
