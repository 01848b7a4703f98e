"""The task InputPrediction."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    IllegalAction,
    Program,
    ProgramError,
    Trace,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.limits import CUT
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.completion import Sampling
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.inverse import End, Inverse

from .answer import CHOICES, Choices, among, outcome
from .arguments import EntryCall, variations
from .chance import below, scrambled, shuffled
from .command import Answer, Trial
from .findings import Findings
from .memory import by_trace
from .rows import Row, Rows
from .scene import Question, end_of, one_line
from .tabled import TabledEnv

if TYPE_CHECKING:
    from debugworld.worldmodel.neural import NeuralDebugger

MAX_RUNS = 40
"""Runs after which no more wrong candidates are looked for."""
TEMPERATURE = 0.8
"""Of the arguments that a model proposes after its likeliest ones."""
_WRONG: dict[tuple[str, str], tuple[str, ...]] = {}
"""Argument lists that lead elsewhere, by box and program."""


class InputPrediction(TabledEnv):
    """Given what a call came to, say arguments that lead there.

    ## Description
    The program is shown with the arguments of its entry call left out, as ``f(...)``, and
    with what that call returned, or raised. The agent says arguments. They are run, and
    any that lead to the same end are right, not only those of the call that was made:
    ``f(proposal) == result``. With ``max_moves=0`` this is the input prediction of
    CRUXEval (Gu et al., 2024).

    The call's own run is not to be walked through: of it only the states of the entry
    line are kept, which name no argument. What the agent can walk through, in both
    directions, are runs of arguments of its own: ``try ARGUMENTS`` enters the program with
    them, and moves go on from there. In a dream (backend ``neural``) the inverse question
    can be asked as well: ``bc`` (back to call) at the end of the hidden run lets the model
    propose arguments, the likeliest first, then others by chance, and stands at the
    ``call`` state that they mean, in a dreamt run of them. The real debugger has no run to
    go back into there, and leads to the entry, as does random feedback.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb (all are under Commands of Text):
    ``s`` (step into), ``n`` (step over), ``r`` (step return), ``u 7`` (run to line 7),
    ``until n > 3``, ``c`` (continue), ``b 7``, ``b f``, ``b exception KeyError`` and
    ``watch n in f`` (set a breakpoint; ``hits 2`` and ``, n > 3`` may follow), ``cl``
    (remove one), ``p EXPRESSION`` (evaluate; see ``sandbox``), ``up`` and ``d`` (look
    into frames), ``back``, ``bo`` (back over), ``bc`` (back to call), ``rc`` (reverse
    continue), ``try ARGUMENTS`` and ``answer ARGUMENTS``, such as ``try 'ab', n=3``:
    literals only. ``features``: `Discrete`; the numbers of `CommandSet`, sixteen of
    them to answer and to try each of eight candidates. A text that is no command, and
    an action that the mask forbids, is answered with an error, costs a move and a
    little more, and changes nothing else.

    ## Observation Space
    ``text``: the page (`page`): task, moves left, what was last said and why it was
    refused, what was tried and how it ended, the program with the current line marked,
    the stop, the stack, the locals, the value and what was printed. ``features``: a flat
    `Dict` of `Box` and `Discrete` (`features.features`), with the candidates: the true
    arguments among others that were run and lead to other ends, made from them and from
    one another by one change, in one of 32 orders; ``trials`` tells which were tried and
    whether they ended as asked, and ``visited`` has 1 for each line where the agent has
    seen the program stand, in whichever run of the episode.

    ## Starting State
    The end of the call of a program drawn from the task set, without breakpoints. Calls
    are asked about whose arguments are literals and whose end is shown uncut and is not
    ``None``; with ``features`` only where some other arguments lead elsewhere.

    ## Reward
    1 for a right answer, minus ``move_cost`` for every move, a trial included, and
    ``refusal_cost`` more for a refused one, 0.01 each. An answer costs nothing. It is run
    in a box of its own, within the box's limits: right is an equal literal, the same text
    of a value that is none, or the same exception with the same message.

    ## Episode End
    Terminated by an answer; one that is not literal, raises or does not end is wrong.
    Truncated by a move beyond the budget (when it is used up, only answers are legal) and
    by a fault of the box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``: whether the
    answer is right. ``success_real`` (neural and rollout backends): the same, since answers are run for
    real. ``reason``: what a wrong answer came to. ``error``: why the last action was refused, or what
    broke. ``fault``: whether something broke. ``confidence`` (neural and lockstep backends): how sure
    the model is of the dream's last answer. ``differences`` (lockstep backend): where the last action
    led the two debuggers apart.

    ## Arguments
    See `DebugEnv`.

    ## Version History
    v0: first version.
    """

    answers = 8
    trials = 8

    def rows(self, program: Program, trace: Trace) -> ArgumentRows | None:
        """Returns the choices of candidates that lead to the end of a call, or elsewhere; see `TabledEnv`."""
        call, end = EntryCall.read(program.call), _end(trace)
        if call is None or end in ("", "returned None") or CUT in end:
            return None
        wrong: tuple[str, ...] = ()
        if self.commands.answers > 1:
            wrong = self._wrong(program, call, end)
            if not wrong:
                return None
        return _rows(trace, program, call, end, wrong)

    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Asks for arguments; see `TabledEnv`."""
        assert isinstance(rows, ArgumentRows)
        choice = rows.candidates(row[2]) if rows.truths else ()
        text = f"say arguments with which {rows.call.hidden} {rows.end}, as 'answer ARGUMENTS'"
        return Question(one_line(text), candidates=choice, start=row[0], trials=choice, end=rows.end)

    def _draw(self, index: int | None) -> tuple[Program, Question]:
        self._reason = ""
        return super()._draw(index)

    def _pose(self, program: Program, trace: Trace) -> Question | None:
        rows = self.rows(program, trace)
        if rows is None:
            return None
        self._call, self._task, self._truth = rows.call, program, rows.end
        self._hidden, self._kept = rows.hidden, rows.trace
        return self.question(program, rows, rows.draw(self.np_random))

    def _opening(self, program: Program) -> Program:
        call = EntryCall.read(program.call)
        return program if call is None else replace(program, call=call.hidden)

    def _record(self, program: Program) -> Trace:
        hidden = getattr(self, "_hidden", None)
        return self._kept if hidden is not None and program == hidden else super()._record(program)

    def _entered(self, text: str) -> Program:
        return _at(self._task, self._call, text)

    def _move(self, action: Action) -> str:
        at_end = (
            self.debugger.program == self._hidden and self.debugger.position == len(self._kept.states) - 1
        )
        asked = self.backend == "neural" and action == Action(ActionKind.BACK_TO_CALL)
        if at_end and asked and self._decoy is None:
            return self._propose()
        return super()._move(action)

    def _propose(self) -> str:
        """Lets the model say arguments and stands at the call that they mean; returns why not, or nothing."""
        debugger: NeuralDebugger = self.debugger  # type: ignore[assignment]
        if not hasattr(debugger, "engine"):
            return "the model proposes nothing: it speaks a format that has no such question"
        kind, _, text = self._truth.partition(" ")
        sampling = None
        if self._attempts:
            sampling = Sampling(TEMPERATURE, seed=int(self.np_random.integers(2**31)))
        try:
            inverse = Inverse(self._task, self._call.function)
            found = inverse.propose(debugger.engine, End(text, kind == "raised"), 1, sampling=sampling)
            trial = Trial(found[0].arguments) if found else None
            if trial is not None:
                self._entered(trial.text)
        except (ModelError, IllegalAction) as error:
            return f"the model proposes nothing: {error}"
        if trial is None:
            return "the model proposes nothing: its answer was cut short"
        fault = self._try(trial)
        for _ in range(2):
            fault = fault or super()._move(Action(ActionKind.STEP_INTO))
        called = None if fault else inverse.call_state(found[0])
        if called is not None:
            debugger.ground([*debugger.tree.states[:2], called])
        return fault

    def _answered(self, answer: Answer) -> bool:
        try:
            came = self._comes_to(self._task, self._call.with_arguments(answer.text))
        except IllegalAction as error:
            self._reason = str(error)
            return False
        except SandboxError as error:
            self._fault = str(error)
            return False
        right = same_end(came, self._truth)
        self._reason = "" if right else came
        return right

    def _comes_to(self, program: Program, call: EntryCall) -> str:
        """Runs a program with another call; returns how it ended."""
        try:
            return came_to(super()._record(replace(program, call=str(call))))
        except ProgramError as error:
            return f"cannot run: {error}"

    def _wrong(self, program: Program, call: EntryCall, end: str) -> tuple[str, ...]:
        """Returns argument lists that lead elsewhere, the same ones for a program every time.

        There are none where the true arguments cannot be said.
        """
        key = self._sandbox, program.digest
        findings = Findings("arguments that lead elsewhere", self._sandbox)
        if key not in _WRONG and (known := findings.get(program.digest)) is not None:
            _WRONG[key] = tuple(known)
        if key not in _WRONG:
            found: list[str] = []
            rng = np.random.default_rng(int(program.digest[:16], 16))
            tried = variations(call, rng) if _can_be_said(program, call) else ()
            for count, other in enumerate(tried, 1):
                if _can_be_said(program, other) and not same_end(self._comes_to(program, other), end):
                    found.append(other.arguments)
                if len(found) == self.answers - 1 or count == MAX_RUNS:
                    break
            _WRONG[key] = tuple(found)
            findings.put(found, program.digest)
        return _WRONG[key]

    def _reached(self, debugger: TreeDebugger) -> bool:
        return False

    def _info(self, success: bool) -> dict[str, Any]:
        info = super()._info(success)
        return info | {"reason": one_line(self._reason)} if self._reason else info


class ArgumentRows(Rows):
    """Choices of arguments: those of the call that was made, among others that lead elsewhere.

    Args:
        trace: The real run.
        program: The program.
        call: The call that was made.
        end: What it came to.
        wrong: Other arguments; none where there is nothing to choose from.
    """

    trace: Trace
    """What may be seen of the run: its entry line and its end, with the arguments left out."""

    def __init__(
        self, trace: Trace, program: Program, call: EntryCall, end: str, wrong: tuple[str, ...]
    ) -> None:
        self.hidden = replace(program, call=call.hidden)
        """The program with the arguments left out."""
        truths = (call.arguments,) if wrong else ()
        super().__init__(_entry_states(self.hidden, trace), 1, truths, 1 + len(wrong))
        self.call = call
        """The call that was made."""
        self._program, self._end, self._wrong = program, end, wrong

    @property
    def end(self) -> str:
        """What the call came to."""
        return self._end

    def draw(self, rng: np.random.Generator) -> Row:
        """Returns the end, and one of the choices where there are any."""
        return len(self.trace.states) - 1, 0, below(CHOICES, rng) if self.truths else 0

    def candidates(self, number: int) -> tuple[str, ...]:
        """Returns the candidates that have a number."""
        word = scrambled(crc32(f"order {number} {self.truths[0]}".encode(errors="replace")))
        return among(self.truths[0], shuffled(self._wrong, word), number)

    def choices(self, truth: int) -> Choices:
        """Returns all choices of candidates."""
        texts = self.candidates(0)
        right = [text == one_line(self.truths[truth]) for text in texts]
        places = [list(map(texts.index, self.candidates(number))) for number in range(CHOICES)]
        return Choices(texts, np.array(right), np.array(places))

    def trials(self, number: int) -> tuple[tuple[str, Program], ...]:
        """Returns the candidates, with the program so entered."""
        if not self.truths:
            return ()
        return tuple((text, self._entered[text]) for text in self.candidates(number))

    @cached_property
    def _entered(self) -> dict[str, Program]:
        calls = {text: EntryCall(self.call.function, text) for text in self.candidates(0)}
        return {text: replace(self._program, call=str(call)) for text, call in calls.items()}


@by_trace
def _rows(trace: Trace, program: Program, call: EntryCall, end: str, wrong: tuple[str, ...]) -> ArgumentRows:
    return ArgumentRows(trace, program, call, end, wrong)


@lru_cache(maxsize=65_536)
def same_end(found: str, asked: str) -> bool:
    """Tells whether a run ended as asked: literals by value, whatever their type, everything else by text."""
    if found == asked:
        return True
    if not (found.startswith("returned ") and asked.startswith("returned ")):
        return False
    try:
        left, right = (ast.literal_eval(text.removeprefix("returned ")) for text in (found, asked))
        return bool(left == right)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False


def came_to(trace: Trace) -> str:
    """Returns how a run ended, as in `Attempt.end`, or that it does not."""
    return _end(trace) or f"does not end: {trace.exit.reason}"


def _at(program: Program, call: EntryCall, text: str) -> Program:
    """Returns a program entered with other arguments.

    Raises:
        IllegalAction: it cannot be.
    """
    try:
        return replace(program, call=str(call.with_arguments(text))).check()
    except ProgramError as error:
        raise IllegalAction(str(error)) from None


def _can_be_said(program: Program, call: EntryCall) -> bool:
    try:
        _at(program, call, call.arguments)
    except IllegalAction:
        return False
    return True


def _end(trace: Trace) -> str:
    return end_of(trace.states[-1]) if outcome(trace) is not None else ""


def _entry_states(hidden: Program, trace: Trace) -> Trace:
    """Returns of a run what the entry line shows, with the arguments hidden: call, line, end."""
    source = hidden.source_line(hidden.entry_line + 1)
    first, second, last = trace.states[0], trace.states[1], trace.states[-1]
    end = replace(last, source=source, stdout="", stderr="", chain=())
    return Trace(trace.python, (first, replace(second, source=source), end), trace.exit)
