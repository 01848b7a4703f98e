"""The task InputPrediction."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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

from .answer import outcome
from .arguments import EntryCall, variations
from .command import Answer, Trial
from .environment import DebugEnv
from .findings import Findings
from .scene import Question, end_of, one_line

if TYPE_CHECKING:
    from debugworld.worldmodel.neural import NeuralDebugger

MAX_RUNS = 40
"""Runs after which no more wrong candidates are looked for."""
TEMPERATURE = 0.8
"""Of the arguments that a model proposes after its likeliest ones."""
_KEPT = 3
_WRONG: dict[tuple[str, str], tuple[str, ...]] = {}
"""Argument lists that lead elsewhere, by box and program."""


class InputPrediction(DebugEnv):
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
    one another by one change; ``trials`` tells which were tried and whether they ended as
    asked, and ``visited`` has 1 for each line where the agent has seen the program stand,
    in whichever run of the episode.

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

    def _pose(self, program: Program, trace: Trace) -> Question | None:
        self._reason = ""
        call, end = EntryCall.read(program.call), _end(trace)
        if call is None or end in ("", "returned None") or CUT in end:
            return None
        self._call, self._task, self._truth = call, program, end
        self._hidden = self._opening(program)
        self._kept = _entry_states(self._hidden, trace)
        choice: tuple[str, ...] = ()
        if self.commands.answers > 1:
            wrong = self._wrong(program)
            if not wrong:
                return None
            texts = [call.arguments, *wrong]
            choice = tuple(one_line(texts[i]) for i in self.np_random.permutation(len(texts)))
        text = f"say arguments with which {call.hidden} {end}, as 'answer ARGUMENTS'"
        return Question(one_line(text), candidates=choice, start=_KEPT - 1, trials=choice, end=end)

    def _opening(self, program: Program) -> Program:
        call = EntryCall.read(program.call)
        return program if call is None else replace(program, call=call.hidden)

    def _record(self, program: Program) -> Trace:
        hidden = getattr(self, "_hidden", None)
        return self._kept if hidden is not None and program == hidden else super()._record(program)

    def _entered(self, text: str) -> Program:
        call = str(self._call.with_arguments(text))
        try:
            return replace(self._task, call=call).check()
        except ProgramError as error:
            raise IllegalAction(str(error)) from None

    def _move(self, action: Action) -> str:
        at_end = self.debugger.program == self._hidden and self.debugger.position == _KEPT - 1
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
            came = self._comes_to(str(self._call.with_arguments(answer.text)))
        except IllegalAction as error:
            self._reason = str(error)
            return False
        except SandboxError as error:
            self._fault = str(error)
            return False
        right = same_end(came, self._truth)
        self._reason = "" if right else came
        return right

    def _comes_to(self, call: str) -> str:
        """Runs the program with another call; returns how it ended."""
        try:
            trace = super()._record(replace(self._task, call=call))
        except ProgramError as error:
            return f"cannot run: {error}"
        return _end(trace) or f"does not end: {trace.exit.reason}"

    def _wrong(self, program: Program) -> tuple[str, ...]:
        """Returns argument lists that lead elsewhere, the same ones for a program every time."""
        key = self._sandbox, program.digest
        findings = Findings("arguments that lead elsewhere", self._sandbox)
        if key not in _WRONG and (known := findings.get(program.digest)) is not None:
            _WRONG[key] = tuple(known)
        if key not in _WRONG:
            found: list[str] = []
            rng = np.random.default_rng(int(program.digest[:16], 16))
            for count, call in enumerate(variations(self._call, rng), 1):
                if not same_end(self._comes_to(str(call)), self._truth):
                    found.append(call.arguments)
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


def _end(trace: Trace) -> str:
    return end_of(trace.states[-1]) if outcome(trace) is not None else ""


def _entry_states(hidden: Program, trace: Trace) -> Trace:
    """Returns of a run what the entry line shows, with the arguments hidden: call, line, end."""
    source = hidden.source_line(hidden.entry_line + 1)
    first, second, last = trace.states[0], trace.states[1], trace.states[-1]
    end = replace(last, source=source, stdout="", stderr="", chain=())
    return Trace(trace.python, (first, replace(second, source=source), end), trace.exit)
