"""Dreams: whole runs that a debugger predicts from what an agent has seen.

A dream begins at the program's entry, goes through what is taken for its past, and runs to its exit. Several
dreams of one stop differ where the model was in doubt: the first takes its likeliest answers, the others draw
theirs. One question has one answer within a dream.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from debugworld.sandboxes.debugger import Event, Program, ProgramError, State
from debugworld.worldmodel.calibration import Evidence
from debugworld.worldmodel.completion import Abilities, Completion, CompletionEngine, Request, Sampling
from debugworld.worldmodel.fidelity.subject import Judged, Subject
from debugworld.worldmodel.gathering import Gatherer
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.rollout import dream

DOUBT = 0.9
"""Least probability of an answer's tokens from which on it is not drawn again."""
TOGETHER = 16
"""Most runs that are dreamt at a time."""


@dataclass(frozen=True)
class Dream:
    """A run as it is predicted."""

    states: tuple[State, ...]
    """Its states in time, the exit last."""
    evidence: tuple[Evidence, ...]
    """How each came about; certain for those that were given."""

    def between(self, start: int, end: int) -> Evidence:
        """Returns the evidence for the states after one place up to another."""
        return Evidence.join(self.evidence[start + 1 : end + 1])


class Drawn:
    """An engine whose doubtful answers are drawn; the same question always gets the same one.

    Args:
        engine: Answers; where it does not draw, its answers are taken as they are.
        seed: Of the draws.
        doubt: Least token probability from which on an answer is kept.
    """

    def __init__(self, engine: CompletionEngine, seed: int, doubt: float = DOUBT) -> None:
        self._engine, self._seed, self._doubt = engine, seed, math.log(doubt)
        self._known: dict[str, Completion] = {}

    @property
    def abilities(self) -> Abilities:
        """Those of the engine."""
        return self._engine.abilities

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        found = self._engine.complete(requests)
        if not self._engine.abilities.sampling:
            return found
        again = [n for n, answer in enumerate(found) if not answer.raw_lowest >= self._doubt]
        new = [n for n in again if requests[n].prompt not in self._known]
        drawn = [
            dataclasses.replace(requests[n], sampling=Sampling(seed=self._seed + len(self._known) + place))
            for place, n in enumerate(new)
        ]
        answers = self._engine.complete(drawn) if drawn else []
        self._known.update((requests[n].prompt, answer) for n, answer in zip(new, answers, strict=True))
        for n in again:
            found[n] = self._known[requests[n].prompt]
        return found

    def forget(self) -> None:
        """Draws anew from now on."""
        self._known.clear()


class Dreams:
    """Dreams of one subject.

    Args:
        subject: Whose; see `worldmodel.fidelity.subjects.open_subject`.
        width: How many of a stop; only a model that draws has more than one.
        ahead: States after the stop at which a dream is ended.
        seed: Of the draws.
    """

    def __init__(self, subject: Subject, width: int = 1, ahead: int = 200, seed: int = 0) -> None:
        self.subject = subject
        """The subject."""
        self._ahead = ahead
        self._dreamers: list[Judged] = [subject.debugger]
        likeliest = subject.debugger
        if isinstance(likeliest, NeuralDebugger) and likeliest.engine.abilities.sampling:
            for number in range(1, width):
                engine = Drawn(likeliest.engine, seed + (number << 20))
                granularity = subject.about["granularity"]
                self._dreamers.append(
                    NeuralDebugger(engine, granularity=granularity, calibration=likeliest.calibration)
                )

    @property
    def width(self) -> int:
        """How many dreams there are of one stop."""
        return len(self._dreamers)

    def dream(self, program: Program, past: Sequence[State], number: int = 0) -> Dream:
        """Dreams a run from its past on.

        Args:
            program: A checked program.
            past: The states from the entry to the stop, in time; at least one.
            number: Which of the dreams; 0 is the likeliest.

        Raises:
            IllegalAction: the past is none of this program, for a subject that can tell.
            ModelError: the model cannot answer.
            SandboxError: the real debugger is dreamt with, and its box failed.
        """
        return self._on(self._dreamers[number], program, past)

    def _on(self, dreamer: Judged, program: Program, past: Sequence[State]) -> Dream:
        """Dreams on from a past, or from the entry where there is none."""
        trace, _ = dream(dreamer, program, max(len(past), 1) + self._ahead, past)
        states = tuple(trace.whole)
        told = dreamer.evidences if isinstance(dreamer, NeuralDebugger) else ()
        return Dream(states, (*told, *([Evidence()] * (len(states) - len(told)))))

    def from_entry(self, programs: Sequence[Program]) -> list[Dream | None]:
        """Dreams several programs from their entries; the questions of a model are asked together.

        Returns:
            The likeliest dream of each; None for one that cannot be dreamt as given.

        Raises:
            ModelError: the model cannot answer.
        """
        dreamer = self._dreamers[0]
        if not isinstance(dreamer, NeuralDebugger):
            return [self._whole(dreamer, program) for program in programs]
        gatherer = Gatherer(dreamer.engine, TOGETHER)
        granularity = self.subject.about["granularity"]

        def job(program: Program) -> Dream | None:
            debugger = NeuralDebugger(gatherer, granularity=granularity, calibration=dreamer.calibration)
            return self._whole(debugger, program)

        try:
            return [
                dream
                for start in range(0, len(programs), TOGETHER)
                for dream in gatherer.run([partial(job, each) for each in programs[start : start + TOGETHER]])
            ]
        finally:
            gatherer.close()

    def _whole(self, dreamer: Judged, program: Program) -> Dream | None:
        try:
            return self._on(dreamer, program, [])
        except ProgramError:
            return None

    def sureness(self, evidence: Evidence) -> float:
        """Returns the probability that states with this evidence are right, in [0, 1]."""
        dreamer = self._dreamers[0]
        if isinstance(dreamer, NeuralDebugger):
            return dreamer.calibration.probability(evidence)
        return 1.0 if self.subject.about.get("kind") == "real" else 0.0


def first_past(program: Program, state: State, stack: Sequence[tuple[str, int]]) -> list[State]:
    """Returns the least past that leads to a stop of which only the page is known.

    Args:
        program: The program.
        state: The stop.
        stack: Function and line of each frame, innermost first.

    Returns:
        A call and a calling line for each frame below, then the frame's call, then the stop. What their
        variables held is not known, and the line of a call is taken for that of its frame.
    """
    past: list[State] = []
    for depth, (function, line) in enumerate(reversed(stack)):
        source = program.source_line(line)
        if depth < state.depth:
            past += [State(event, line, source, function, depth) for event in (Event.CALL, Event.LINE)]
        elif state.event is not Event.CALL:
            past.append(State(Event.CALL, line, source, function, depth))
    return [*past, state]
