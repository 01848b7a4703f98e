"""Inverse debugging with no forward run: from how a function ended to the arguments it had.

The model proposes, the real debugger checks: many arguments can lead to one end, so a
proposal is never compared with those of some true run; it is run, in a box, and counts when
the function ends in the way that was asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from debugworld.sandboxes import Sandbox, SandboxError
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    LiveDebugger,
    Program,
    ProgramError,
    State,
)
from debugworld.sandboxes.debugger.limits import CUT
from debugworld.worldmodel.arguments import is_literal, split
from debugworld.worldmodel.completion import Completion, Request, Sampling
from debugworld.worldmodel.direct import room
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.excerpt import Listing
from debugworld.worldmodel.inverse_question import InverseQuestion, Signature, ask, signature
from debugworld.worldmodel.statistics import Estimate, rate

MAX_TOKENS = 160
"""Longest argument list, in tokens."""
_OVER = Action(ActionKind.STEP_OVER)


class Answers(Protocol):
    """What answers questions: an `Engine`, for several proposals one that samples."""

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended."""

    text: str
    """Text of the returned value, or of the exception as ``Type: message``; a type alone is any message."""
    raised: bool = False
    """Whether it is an exception."""

    @staticmethod
    def returned(text: str) -> End:
        """Returns the end of a call that returned the value of an expression, a literal in its ``repr``."""
        return End(repr(ast.literal_eval(text)) if is_literal(text) else text.strip())

    def __str__(self) -> str:
        return f"raised {self.text}" if self.raised else f"returned {self.text}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Arguments that the model thinks possible."""

    arguments: str
    """Text of the argument list."""
    logprob: float
    """Natural logarithm of the probability the model gives to the list, among those the grammar permits."""
    raw_logprob: float
    """The same among all texts."""
    draws: int = 1
    """How often it was drawn."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A proposal that was run."""

    proposal: Proposal
    """The proposal."""
    valid: bool
    """Whether the call ended as asked."""
    outcome: str
    """``value``, ``exception``, or ``never`` where it did not end in time."""
    output: str
    """Text of what it returned or raised; the reason where it did not end."""

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        proposal = self.proposal
        return {
            "arguments": proposal.arguments,
            "logprob": proposal.logprob,
            "raw_logprob": proposal.raw_logprob,
            "draws": proposal.draws,
            "valid": self.valid,
            "outcome": self.outcome,
            "output": self.output,
        }


@dataclass(frozen=True, slots=True)
class Inversion:
    """The checked answers to one inverse question."""

    call: str
    """What stands before the argument list of the calls."""
    end: End
    """The end that was asked for."""
    checked: tuple[Checked, ...]
    """Distinct proposals, the likeliest first."""
    draws: int
    """Answers that were drawn, those included that were cut short."""

    @property
    def valid(self) -> tuple[Checked, ...]:
        """The distinct right answers, the likeliest first."""
        return tuple(checked for checked in self.checked if checked.valid)

    @property
    def validity(self) -> Estimate:
        """Share of all drawn answers that were right.

        Raises:
            ValueError: nothing was drawn.
        """
        right = sum(checked.proposal.draws for checked in self.valid)
        return rate([True] * right + [False] * (self.draws - right))

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "call": self.call,
            "end": {"text": self.end.text, "raised": self.end.raised},
            "draws": self.draws,
            "validity": self.validity.to_json(),
            "distinct_valid": len(self.valid),
            "proposals": [checked.to_json() for checked in self.checked],
        }


class Inverse:
    """Inverse questions about one function.

    Args:
        program: A checked program that defines it; how it is entered does not matter.
        function: Its name, ``Class.method`` for a method.

    Raises:
        ModelError: there is no such function, or it depends on more than arguments that can be proposed.
    """

    def __init__(self, program: Program, function: str) -> None:
        self.program = program
        """The program."""
        self._listing = Listing(program)
        flow = self._listing.flow
        scope = flow.by_name.get(function) or flow.labels.get(function)
        if scope is None or not scope.signature or function == "<module>":
            known = sorted(flow.by_name.values(), key=lambda other: other.line)
            able = [other.name for other in known if signature(self._listing, other) is not None]
            raise ModelError(
                f"{program.name} has no function {function!r}; it has: {', '.join(able) or 'none'}"
            )
        about = signature(self._listing, scope)
        if about is None:
            raise ModelError(
                f"{function} cannot be asked: it must take named arguments by position, and depend on "
                "nothing else (no generator, no inner function, no method of an object with an __init__)"
            )
        self.signature: Signature = about
        """What can be asked about its arguments."""

    def question(self, end: End, given: Mapping[str, str] | None = None) -> InverseQuestion:
        """Returns the question that the model is asked.

        Raises:
            ModelError: it is too long for the model, or a given argument is no parameter or no literal.
        """
        for name, text in (given or {}).items():
            if not is_literal(text):
                raise ModelError(f"the given argument {name}={text} is no literal; write a value such as 'a'")
        question = ask(self._listing, self.signature, end.text, end.raised, given)
        if question is None:
            raise ModelError(
                f"{self.signature.scope.name}, what it calls and its end are too long for one question"
            )
        return question

    def propose(
        self,
        answers: Answers,
        end: End,
        count: int,
        given: Mapping[str, str] | None = None,
        sampling: Sampling | None = None,
    ) -> list[Proposal]:
        """Draws argument lists, the likeliest first, each once.

        Args:
            answers: Answers, and draws where it is asked to.
            end: How the call ended.
            count: How many to draw.
            given: Texts of the arguments that are known, by parameter.
            sampling: How they are drawn, with seeds that count upwards; None leaves it to ``answers``, which
                may give the likeliest list each time.

        Raises:
            ModelError: as `question`; or the model cannot answer.
        """
        if count < 1:
            raise ModelError(f"at least 1 answer must be drawn; got {count}")
        question = self.question(end, given)
        request = Request(
            f"inverse {id(self)}", question.prompt, question.grammar, room(question.prompt, MAX_TOKENS)
        )
        found: dict[tuple[str, ...], Proposal] = {}
        for answer in answers.complete(request.draws(count, sampling) if sampling else [request] * count):
            texts = split(answer.text) if answer.finished else None
            if texts is None:  # cut short, or a set of lists and the like
                continue
            key = tuple(repr(ast.literal_eval(text)) for text in texts)
            draws = found[key].draws + 1 if key in found else 1
            arguments = found[key].arguments if key in found else answer.text
            found[key] = Proposal(arguments, answer.total, answer.raw_total, draws)
        return sorted(found.values(), key=lambda proposal: -proposal.logprob)

    def check(
        self,
        sandbox: Sandbox,
        end: End,
        proposals: Sequence[Proposal],
        draws: int | None = None,
        done: Callable[[int], None] = lambda _: None,
    ) -> Inversion:
        """Runs each proposal in a box, within the box's limits of time, and compares its end with the one asked for.

        Args:
            sandbox: Where they run.
            end: The end that was asked for.
            proposals: What to run.
            draws: Answers that were drawn in all; None counts those of the proposals.
            done: Called with the number of proposals checked so far.

        Raises:
            SandboxError: the box cannot start, or was lost.
        """  # noqa: E501  a summary is one line
        checked = []
        for number, proposal in enumerate(proposals, 1):
            checked.append(self._check(sandbox, end, proposal))
            done(number)
        count = sum(proposal.draws for proposal in proposals) if draws is None else draws
        return Inversion(self.signature.call, end, tuple(checked), count)

    def holds(self, sandbox: Sandbox, end: End, arguments: str) -> bool:
        """Runs one argument list in a box and says whether the call ends as asked for.

        Raises:
            SandboxError: the box cannot start, or was lost.
        """
        return self._check(sandbox, end, Proposal(arguments, 0.0, 0.0)).valid

    def call_state(self, proposal: Proposal) -> State | None:
        """Returns the ``call`` state that a proposal means: back to call, with no history.

        Its depth is that of a function entered by the program's call. None where a default argument was left
        out, whose text only a run tells.
        """
        texts = split(proposal.arguments) or []
        about, program = self.signature, self.program
        if len(texts) < len(about.parameters) or about.owner:
            return None
        line = about.scope.line
        shown = dict(zip(about.parameters, texts, strict=True))
        return State(Event.CALL, line, program.source_line(line), about.scope.name, 1, shown)

    def _check(self, sandbox: Sandbox, end: End, proposal: Proposal) -> Checked:
        call = f"{self.signature.call}({proposal.arguments})"
        outcome, output = run_call(sandbox, self.program.source, call)
        valid = outcome == ("exception" if end.raised else "value") and is_end(output, end)
        if not valid and outcome == "value" and not end.raised and not _comparable(output, end.text):
            told = run_call(sandbox, self.program.source, f"({call}) == ({end.text})")
            valid = told == ("value", "True")
        return Checked(proposal, valid, outcome, output)


def run_call(sandbox: Sandbox, source: str, call: str) -> tuple[str, str]:
    """Runs one call of a program under the real debugger, in a box.

    Returns:
        ``value`` and the text of what it returned, ``exception`` and what it raised, or ``never`` and why it
        did not end (or could not begin).

    Raises:
        SandboxError: the box cannot start, or was lost, and so was the one that took its place.
    """
    try:
        return _run_call(sandbox, source, call)
    except SandboxError:
        return _run_call(sandbox, source, call)


def _run_call(sandbox: Sandbox, source: str, call: str) -> tuple[str, str]:
    with LiveDebugger(sandbox.session) as debugger:
        try:
            state = debugger.reset(Program(source, call))
        except ProgramError as error:
            return "never", str(error)
        while state.event not in (Event.RETURN, Event.EXCEPTION, Event.EXIT):
            state = debugger.step(_OVER)
        if state.event is Event.EXIT:
            assert state.exit is not None
            return "never", state.exit.reason
        return "value" if state.event is Event.RETURN else "exception", state.value or ""


def is_end(output: str, end: End) -> bool:
    """Whether a text is that of an end: the same text, an equal literal, the exception's type."""
    if output == end.text:
        return True
    if end.raised:
        return ":" not in end.text and output.partition(":")[0] == end.text
    if not is_literal(output) or not is_literal(end.text):
        return False
    return bool(ast.literal_eval(output) == ast.literal_eval(end.text))


def _comparable(output: str, wanted: str) -> bool:
    """Whether two texts tell of themselves whether the values are equal."""
    return CUT not in output and is_literal(output) and is_literal(wanted)
