"""Whether predictions were right, beside how sure the model was: what a calibration is fitted to.

As in `fidelity`, every prediction begins from the true history. Moves over several states are asked
twice from the same place, by rollout and by direct jumps.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from debugworld.sandboxes.debugger import Action, ActionKind, Program, StateTree, Trace
from debugworld.worldmodel.calibration import (
    FEW,
    Calibration,
    Evidence,
    fit,
    threshold,
)
from debugworld.worldmodel.direct import Goal, Jumps
from debugworld.worldmodel.fidelity import ACTIONS, SLACK, parts
from debugworld.worldmodel.fidelity.case import unusable
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
    program: Program,
    trace: Trace,
    seed: int = 0,
    per_action: int = 2,
    actions: Sequence[ActionKind] = ACTIONS,
) -> tuple[Outcome, ...]:
    """Asks for moves at random places of a recorded run.

    Args:
        neural: The debugger to judge; how it jumps and is calibrated does not matter.
        program: What ran.
        trace: How it ran.
        seed: Of the draw of places and lines.
        per_action: Moves asked for each action.
        actions: What to ask.

    Returns:
        The outcomes; none where the run was cut short, made no states or has no line to stop at.
    """
    if unusable(trace, program):
        return ()
    jumps = neural.jumps
    choose = random.Random(f"{seed} {program.digest}")
    tree = StateTree([*trace.states, trace.final])
    neural.max_states = 2 * len(tree) + SLACK
    neural.reset(program)
    moves = [kind for kind in actions for _ in range(per_action)]
    found = tuple(_ask(neural, program, tree, kind, choose) for kind in moves)
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
