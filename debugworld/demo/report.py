"""The report: everything that the demo found, as data and in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from debugworld import __version__
from debugworld.agents.evaluation import Evaluation
from debugworld.sandboxes.debugger import State, Trace
from debugworld.worldmodel.fidelity import Fidelity
from debugworld.worldmodel.lockstep import FIELDS

from .dream import Dream
from .subject import Subject
from .walk import Step


@dataclass(frozen=True)
class Report:
    """What the demo found."""

    subject: Subject
    """The program and its box."""
    model: str
    """The checkpoint in words."""
    trace: Trace
    """The real run."""
    steps: tuple[Step, ...]
    """The walk, the entry included; shorter than the run where ``--max-states`` ended it."""
    dream: Dream | None
    """The dream that is left alone; None where the walk was cut short."""
    fidelity: Fidelity
    """Exact match by action and part; of the walk's own steps where it was cut short."""
    evaluations: tuple[Evaluation, ...]
    """The agents on both backends."""

    @property
    def whole(self) -> bool:
        """Whether the walk went to the program's end."""
        return len(self.steps) > len(self.trace.states)

    @property
    def differing(self) -> tuple[Step, ...]:
        """The steps in which the two debuggers differ."""
        return tuple(step for step in self.steps if step.differences)

    @property
    def ran(self) -> str:
        """Says what ran."""
        program, exit = self.subject.program, self.trace.exit
        entry = "as a script" if program.call is None else f"entered by {program.call}"
        return (
            f"{program.name}, {entry}: {len(self.trace.states)} states on Python {self.trace.python}, "
            f"exit {exit.code} ({exit.reason})"
        )

    @property
    def departure(self) -> str:
        """Says where the dream first departs from the truth."""
        walked = len(self.steps) - 1
        if not self.differing:
            return f"The dream is true in all {walked} steps."
        step = self.differing[0]
        field = next(field for field in FIELDS if field in step.differences)
        line = f", line {step.real.line} `{step.real.source}`" if step.real.line else ""
        return (
            f"The dream first departs from the truth at step {step.number} of {walked}{line}: "
            f"{_contrast(field, step.real, step.neural)}; confidence {step.confidence:.2f}."
        )

    @property
    def alone(self) -> str:
        """Says how far the dream gets when nothing sets it right."""
        if self.dream is None:
            return "The walk was cut short, so the dream was not left alone; raise --max-states."
        alone = self.dream
        if alone.follows == alone.truth:
            return f"Left alone, the dream follows the truth to the end and {alone.ending}."
        same = "the same end" if alone.ending == alone.real_ending else "in truth it is: " + alone.real_ending
        return (
            f"Left alone, the dream follows the truth for {alone.follows - 1} of {alone.truth - 1} steps; "
            f"it ends after {alone.states - 1} steps with: {alone.ending} ({same})."
        )

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        program = self.subject.program
        return {
            "debugworld": __version__,
            "program": {"name": program.name, "source": program.source, "call": program.call},
            "sandbox": self.subject.sandbox,
            "box": self.subject.box,
            "model": self.model,
            "python": self.trace.python,
            "exit": self.trace.exit.to_json(),
            "states": len(self.trace.states),
            "sentences": [self.ran, self.departure, self.alone],
            "walk": [step.to_json() for step in self.steps],
            "dream": self.dream.to_json() if self.dream else None,
            "fidelity": self.fidelity.to_json(),
            "agents": [evaluation.to_json() for evaluation in self.evaluations],
        }


def _contrast(field: str, real: State, neural: State) -> str:
    """Says in words how two states differ in a field."""
    if field == "locals":
        names = dict.fromkeys([*real.locals, *neural.locals])
        name = next(name for name in names if real.locals.get(name) != neural.locals.get(name))
        left, right = (side.locals.get(name, "not there") for side in (real, neural))
        return f"the local {name} is {left} in truth, {right} in the dream"
    if field == "exit":
        left, right = (f"{s.exit.code} ({s.exit.reason})" if s.exit else "none" for s in (real, neural))
    else:
        left, right = (str(getattr(side, field)) for side in (real, neural))
    return f"the {field} is {left or 'empty'} in truth, {right or 'empty'} in the dream"
