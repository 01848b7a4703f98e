"""Whether predictions were right, beside how sure the model was: what a calibration is fitted to.

As in `fidelity`, every prediction begins from the true history. Moves over several states are asked
twice from the same place, by rollout and by direct jumps.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from debugworld.sandboxes.debugger import Action, ActionKind, ExitCode, Program, StateTree, Trace
from debugworld.worldmodel.calibration import (
    FEW,
    KINDS,
    Calibration,
    Evidence,
    brier,
    calibration_error,
    calibration_floor,
    fit,
    threshold,
)
from debugworld.worldmodel.direct import Goal, Jumps
from debugworld.worldmodel.fidelity import ACTIONS, SLACK, parts
from debugworld.worldmodel.neural import NeuralDebugger


@dataclass(frozen=True, slots=True)
class Answer:
    """One predicted state."""

    evidence: Evidence
    """How sure the model was."""
    right: bool
    """Whether the state was exactly right."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One move from one place of a run."""

    action: str
    """The action's name."""
    goal: str
    """The goal of the move (``return``, ``over``, ``to``); empty for one that cannot be a direct jump."""
    rollout: Answer
    """State by state."""
    direct: Answer | None = None
    """By direct jumps; None where nothing was jumped over."""


def collect(
    neural: NeuralDebugger,
    runs: Iterable[tuple[Program, Trace]],
    seed: int = 0,
    per_action: int = 2,
    actions: Sequence[ActionKind] = ACTIONS,
    done: Callable[[int], None] = lambda _: None,
) -> list[list[Outcome]]:
    """Asks for moves at random places of recorded runs.

    Args:
        neural: The debugger to judge; how it jumps and is calibrated does not matter.
        runs: Programs with their recorded runs; one that was cut short, made no states or has no line to stop
            at is left out.
        seed: Of the draw of places and lines.
        per_action: Moves asked of each run for each action.
        actions: What to ask.
        done: Called with the number of runs done so far.

    Returns:
        The outcomes of each run.
    """
    jumps, found = neural.jumps, []
    for number, (program, trace) in enumerate(runs, 1):
        if trace.states and trace.exit.code is not ExitCode.NEVER and program.outline.stop_lines:
            choose = random.Random(f"{seed} {program.digest}")
            tree = StateTree([*trace.states, trace.final])
            neural.max_states = 2 * len(tree) + SLACK
            neural.reset(program)
            moves = [kind for kind in actions for _ in range(per_action)]
            found.append([_ask(neural, program, tree, kind, choose) for kind in moves])
        done(number)
    neural.jumps = jumps
    return found


def fit_outcomes(outcomes: Sequence[Outcome]) -> Calibration:
    """Fits the maps, and the thresholds from which on a direct jump is believed, where enough were seen."""
    answers = asked(outcomes)
    calibration = fit([one.evidence for one in answers], [one.right for one in answers])
    thresholds = {}
    for goal in ("return", "over", "to"):
        pairs = [(one.direct, one.rollout) for one in outcomes if one.goal == goal and one.direct is not None]
        if len(pairs) >= FEW:
            thresholds[goal] = threshold(
                [calibration.probability(direct.evidence) for direct, _ in pairs],
                [direct.right for direct, _ in pairs],
                [rollout.right for _, rollout in pairs],
            )
    return replace(calibration, thresholds=thresholds)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good the confidence in some answers was."""

    count: int
    """Number of answers that the model was asked for."""
    accuracy: float
    """Share of them that were exactly right."""
    error: float
    """Expected calibration error, see `calibration.calibration_error`."""
    brier: float
    """Brier score."""
    floor: float
    """The calibration error that chance alone would show, see `calibration.calibration_floor`."""

    def to_json(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        return {
            "count": self.count,
            "accuracy": self.accuracy,
            "ece": self.error,
            "ece_floor": self.floor,
            "brier": self.brier,
        }


def judge(outcomes: Sequence[Outcome], calibration: Calibration) -> dict[str, Judgement]:
    """Returns judgements by kind of evidence, and of ``all``; kinds without answers are left out.

    Args:
        outcomes: Others than the calibration was fitted to.
        calibration: Gives the confidence; an empty one gives the raw one.
    """
    answers = asked(outcomes)
    groups = {"all": answers} | {
        kind: [one for one in answers if one.evidence.kind == kind] for kind in KINDS
    }
    found = {}
    for name, group in groups.items():
        if group:
            confidence, right = points(group, calibration)
            found[name] = Judgement(
                len(group),
                sum(right) / len(right),
                calibration_error(confidence, right),
                brier(confidence, right),
                calibration_floor(confidence),
            )
    return found


def points(answers: Sequence[Answer], calibration: Calibration) -> tuple[list[float], list[bool]]:
    """Returns the confidence in each answer, and whether it was right."""
    return [calibration.probability(one.evidence) for one in answers], [one.right for one in answers]


def policies(outcomes: Sequence[Outcome], calibration: Calibration) -> dict[str, list[bool]]:
    """Returns whether each move that can be jumped was right: by ``rollout``, by ``direct``, by ``auto``."""
    found: dict[str, list[bool]] = {jumps.value: [] for jumps in Jumps}
    for one in outcomes:
        if one.direct is None:
            continue
        least = calibration.thresholds.get(one.goal, 2.0)
        believed = calibration.probability(one.direct.evidence) >= least
        found["rollout"].append(one.rollout.right)
        found["direct"].append(one.direct.right)
        found["auto"].append(one.direct.right if believed else one.rollout.right)
    return found


def asked(outcomes: Sequence[Outcome]) -> list[Answer]:
    """Returns all answers that the model was asked for, by rollout and by direct jumps."""
    both = [answer for one in outcomes for answer in (one.rollout, one.direct) if answer is not None]
    return [answer for answer in both if answer.evidence.kind != "certain"]


def _ask(
    neural: NeuralDebugger, program: Program, tree: StateTree, kind: ActionKind, choose: random.Random
) -> Outcome:
    position = choose.randrange(len(tree) - 1)
    lines = sorted(program.outline.stop_lines)
    action = Action(kind, choose.choice(lines) if kind.takes_line else None)
    states = tree.states
    truth = tree.shown(position, tree.target(position, action))

    def answer(jumps: Jumps) -> Answer:
        neural.jumps = jumps
        neural.ground(states[: position + 1])
        state = neural.step(action)
        return Answer(neural.evidence, parts(state) == parts(truth))

    goal = Goal.of(action, states[position], ())
    rollout = answer(Jumps.ROLLOUT)
    if goal is None:
        return Outcome(kind.value, "", rollout)
    direct = answer(Jumps.DIRECT)
    return Outcome(kind.value, goal.kind, rollout, direct if direct.evidence.kind == "jump" else None)
