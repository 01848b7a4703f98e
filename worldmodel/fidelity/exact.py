"""How true a dream is: a neural debugger's answers against recorded runs.

Teacher-forced: before each action the neural debugger is given the true history, so
every answer is judged by itself. A jump is one answer, however many states the model
dreams on its way. Inverse moves are not scored: over a given history they are
look-ups. Beside the model stands the answer that nothing changed (copy).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    ExitCode,
    Program,
    State,
    StateTree,
    Trace,
)
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.statistics import Estimate, clustered_rate, rate

PARTS = ("event", "line", "frame", "locals", "value", "stdout", "exit")
"""Parts of a state that are scored; ``frame`` is function and depth together."""
ACTIONS = (
    ActionKind.STEP_INTO,
    ActionKind.STEP_OVER,
    ActionKind.STEP_RETURN,
    ActionKind.RUN_TO,
    ActionKind.CONTINUE,
)
"""Actions that are scored."""
SLACK = 16
"""States beyond twice the true run's after which a dream is ended: it is wrong by then."""
SKIPPING = "step_over, skipping"
"""Row of step-overs that skip at least one state, drawn apart."""
SKIPS = 6
"""Most of them of one run."""


def parts(state: State) -> dict[str, Any]:
    """Returns what is compared of a state, by part."""
    return {
        "event": state.event,
        "line": state.line,
        "frame": (state.function, state.depth),
        "locals": state.locals,
        "value": state.value,
        "stdout": state.stdout,
        "exit": state.exit,
    }


@dataclass
class Score:
    """Answers to one action."""

    exact: list[bool] = field(default_factory=list)
    """Whether each answer was right in every part."""
    copied: list[bool] = field(default_factory=list)
    """The same for the answer that repeats the state before the action."""
    by_part: dict[str, list[bool]] = field(default_factory=lambda: {part: [] for part in PARTS})
    """Whether each part was right."""
    sources: list[str] = field(default_factory=list)
    """The source that each answer is about: answers about one go together, and intervals know it."""

    def add(self, source: str, before: State, real: State, neural: State) -> None:
        """Scores one answer."""
        self.sources.append(source)
        truth, answer = parts(real), parts(neural)
        self.exact.append(truth == answer)
        self.copied.append(truth == parts(before))
        for part in PARTS:
            self.by_part[part].append(truth[part] == answer[part])

    def to_json(self) -> dict[str, Any]:
        """Returns the estimates as plain JSON data."""
        return {
            "count": len(self.exact),
            "sources": len(set(self.sources)),
            "exact": self.rate(self.exact).to_json(),
            "copy": self.rate(self.copied).to_json(),
            "parts": {part: self.rate(right).to_json() for part, right in self.by_part.items()},
        }

    def rate(self, right: list[bool]) -> Estimate:
        """Returns a share of the answers, with an interval over sources; of a single one, over its places."""
        alone = len(set(self.sources)) == 1
        return rate(right) if alone else clustered_rate(right, self.sources)


@dataclass
class Fidelity:
    """Scores by action."""

    scores: dict[str, Score] = field(default_factory=dict)
    """By the action's name; `SKIPPING` stands for the step-overs that skip something."""
    programs: int = 0
    """Runs that were scored."""

    def add(self, action: str, source: str, before: State, real: State, neural: State) -> None:
        """Scores one answer."""
        self.scores.setdefault(action, Score()).add(source, before, real, neural)

    def exact(self, action: str) -> Estimate:
        """Share of answers to an action that were right in every part."""
        score = self.scores[action]
        return score.rate(score.exact)

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "programs": self.programs,
            "actions": {name: score.to_json() for name, score in self.scores.items()},
        }


def measure(
    neural: NeuralDebugger,
    runs: Iterable[tuple[Program, Trace]],
    seed: int = 0,
    per_action: int = 2,
    actions: Sequence[ActionKind] = ACTIONS,
    done: Callable[[int], None] = lambda _: None,
) -> Fidelity:
    """Scores a neural debugger over recorded runs.

    Args:
        neural: The debugger to judge.
        runs: Programs with their recorded runs; one that was cut short, made no states or has no line to
            stop at is left out.
        seed: Of the draw of positions and lines.
        per_action: Answers asked of each run for each action. Of step-overs that skip something `SKIPS` more
            are asked, or as many as there are, where step-overs are asked at all.
        actions: What to ask.
        done: Called with the number of runs scored so far.
    """
    fidelity = Fidelity()
    for number, (program, trace) in enumerate(runs):
        if not trace.states or trace.exit.code is ExitCode.NEVER or not program.outline.stop_lines:
            continue
        choose = random.Random(f"{seed} {program.digest}")
        tree = StateTree([*trace.states, trace.final])
        neural.max_states = 2 * len(tree) + SLACK
        neural.reset(program)
        neural.rehearse(tree.states)
        for kind in actions:
            for _ in range(per_action):
                position = choose.randrange(len(tree) - 1)
                lines = sorted(program.outline.stop_lines)
                action = Action(kind, choose.choice(lines) if kind.takes_line else None)
                _ask(fidelity, neural, program, tree, position, action, kind.value)
        if ActionKind.STEP_OVER in actions and per_action:
            over = Action(ActionKind.STEP_OVER)
            places = [place for place in range(len(tree) - 1) if tree.target(place, over) > place + 1]
            for place in choose.sample(places, min(SKIPS, len(places))):
                _ask(fidelity, neural, program, tree, place, over, SKIPPING)
        fidelity.programs += 1
        done(number + 1)
    return fidelity


def _ask(
    fidelity: Fidelity,
    neural: NeuralDebugger,
    program: Program,
    tree: StateTree,
    position: int,
    action: Action,
    row: str,
) -> None:
    """Asks for one action at one place of a run."""
    before = neural.ground(tree.states[: position + 1])
    answer = neural.step(action)
    fidelity.add(row, program.source, before, tree.states[tree.target(position, action)], answer)
