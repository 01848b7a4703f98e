"""Feedback: what debugging and testing tell, true or, as an ablation, told of other programs.

An agent that does as well with random feedback as with the true one has learnt nothing from debugging.

What an episode begins with is the task and stays true: the program, the question or goal, the state where
it begins, and of a bug the tests, with how they went at first. What commands bring is feedback: where the
program stands, with stack, locals, values and output; passes, coverage and the steps of attempts, which are
counted from that; values of expressions, results of tests, how sure a model is and where it differs. With
random feedback all of it is that of other programs, by a `Decoy`, or withheld. Whether a command is legal,
what it costs, rewards, ends, and what the info tells of success follow from the truth, so that masks tell
whether the program has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    Program,
    RecordedDebugger,
    State,
    Trace,
)
from debugworld.sandboxes.debugger.program import ENTRY_NAME

from .bug import Case
from .judge import Result, Verdict
from .task_set import load_task_set

FEEDBACKS = ("true", "random")
"""What is the case, and what is the case elsewhere."""


class Decoy(RecordedDebugger):
    """Does what the agent does, but in the runs of other programs.

    For each program that it is given, another one is drawn that ships with the package, whatever the task
    set, and has neither its source nor a function or class of the same name; each is as likely. Its run is
    shown with its lines moved: those of the entry stay those of the entry, each other one becomes a line of
    the given program that can stop, drawn at random. The same program gives the same run all through an
    episode. A move that cannot be done there changes nothing.

    Args:
        record: Runs a program for real.
    """

    def __init__(self, record: Callable[[Program], Trace]) -> None:
        super().__init__(self._elsewhere)
        self._run = record
        self.begin(np.random.default_rng(0))

    def begin(self, rng: np.random.Generator) -> None:
        """Begins an episode, in which chance comes from a generator."""
        self._rng = rng
        self._drawn: dict[str, tuple[Trace, bool]] = {}

    def wander(self) -> None:
        """Goes from the entry to a moment of the run, each as likely."""
        count = int(self._rng.integers(len(self.tree)))
        if count:
            self.step(Action(ActionKind.STEP_INTO, count=count))

    def told(self) -> str:
        """Returns what an expression is said to come to: a value that the state shows, drawn at random."""
        state = self.state
        texts = [*state.locals.values(), *([] if state.value is None else [state.value])]
        return texts[int(self._rng.integers(len(texts)))] if texts else "None"

    def result(self, program: Program, case: Case) -> Result:
        """Returns how a test is said to go: half of them pass, others come to what their run came to.

        Args:
            program: What is tested, entered by the test's call.
            case: The test.
        """
        trace, passes = self._other(program)
        if passes:
            return Result(Verdict.PASS, case.expected)
        last = trace.states[-1]
        verdict = Verdict.EXCEPTION if last.event is Event.EXCEPTION else Verdict.WRONG
        return Result(verdict, last.value or "None")

    def _elsewhere(self, program: Program) -> Trace:
        return self._other(program)[0]

    def _other(self, program: Program) -> tuple[Trace, bool]:
        """Returns the run that stands in for a program's own, and whether a test by it is said to pass."""
        if program.digest not in self._drawn:
            names = _names(program)
            others = [each for each in _donors() if each.text != program.text and not names & _names(each)]
            donor = others[int(self._rng.integers(len(others)))]
            trace = _moved(self._run(donor), donor, program, self._rng)
            self._drawn[program.digest] = trace, bool(self._rng.integers(2))
        return self._drawn[program.digest]


def _moved(trace: Trace, donor: Program, program: Program, rng: np.random.Generator) -> Trace:
    """Returns a run with its lines made lines of another program."""
    own = [line for line in sorted(program.outline.stop_lines) if not _is_entry(program, line)] or [1]
    found = sorted({state.line for state in trace.states})
    drawn = {line: own[int(rng.integers(len(own)))] for line in found}
    if not program.is_script:
        shift = program.entry_line - donor.entry_line
        drawn |= {line: line + shift for line in found if _is_entry(donor, line)}

    def shown(state: State) -> State:
        line = drawn[state.line]
        return replace(state, line=line, source=program.source_line(line))

    return replace(trace, states=tuple(map(shown, trace.states)))


def _is_entry(program: Program, line: int) -> bool:
    return not program.is_script and line >= program.entry_line


def _names(program: Program) -> set[str]:
    """Returns the names of a program's functions and classes."""
    return {name for name, _ in program.outline.scopes} - {"<module>", ENTRY_NAME}


@cache
def _donors() -> tuple[Program, ...]:
    return tuple({program.text: program for program in load_task_set("builtin").programs}.values())
