"""What a run teaches, statement by statement: the whole question, and the small ones it comes apart into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from debugworld.sandboxes.debugger import ExitCode, Program, Trace
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.markov import Outcome, Shell
from debugworld.worldmodel.markov.thought import Ask, think

MAX_STATES = 250
"""States of one run that become examples."""

Pair = tuple[str, str]
"""A prompt and its completion."""


@dataclass(frozen=True)
class Lesson:
    """One statement of a run.

    Attributes:
        whole: the question about it at once, with its answer.
        asked: all that a debugger asks which takes statements apart, in order, with the true answers; None
            where those are not known, or do not lead to the true outcome (two names of one object, for
            instance).
    """

    whole: Pair
    asked: tuple[tuple[Ask, Outcome], ...] | None

    @property
    def parts(self) -> tuple[Pair, ...] | None:
        """The texts of ``asked``."""
        if self.asked is None:
            return None
        return tuple((ask.prompt, str(answer)) for ask, answer in self.asked)


def lessons_of(program: Program, trace: Trace, oracle: Oracle | None = None) -> Iterator[Lesson]:
    """Yields what each step of a run teaches that the shell does not know itself.

    Args:
        program: what ran.
        trace: its run; the first `MAX_STATES` states count.
        oracle: answers the small questions; without one, statements stay whole.
    """
    states = [*trace.states, trace.final]
    if not trace.states:
        return
    shell = Shell(program)
    shell.start()
    shell.accept(states[0])
    last = len(states) - (2 if trace.exit.code is ExitCode.NEVER else 1)
    for index in range(min(last, MAX_STATES)):
        if shell.certain() is None:
            outcome = shell.outcome_of(states, index)
            if outcome is not None:
                whole = shell.prompt(), str(outcome)
                yield Lesson(whole, _asked(shell, outcome, oracle) if oracle else None)
                with suppress(ValueError):  # where the shell lost the stack, `accept` finds it again
                    shell.apply(outcome)
        shell.accept(states[index + 1])


def _asked(shell: Shell, outcome: Outcome, oracle: Oracle) -> tuple[tuple[Ask, Outcome], ...] | None:
    """Takes a statement apart by true answers."""
    asked: list[tuple[Ask, Outcome]] = []
    thought = think(shell)
    try:
        ask = next(thought)
        while True:
            if ask.whole or ask.enters:
                answer = outcome if ask.whole or outcome.letter in "CX" else None
            else:
                answer = oracle.answer(ask.prompt)
            if answer is None:
                return None
            asked.append((ask, answer))
            ask = thought.send(answer)
    except StopIteration as end:
        return tuple(asked) if end.value == outcome else None
