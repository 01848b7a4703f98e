"""Finer is dearer and truer: a question for a whole jump, each statement, each operation, each step of one.

The same moves from the same places of the same runs, asked in each way: the curve from accuracy to cost.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from debugworld.sandboxes.debugger import Action
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.exact import ACTIONS
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.thinker import Granularity

from .forced import cut_short, judged, spent

MOVES = 3
"""Moves of each run."""
TRIES = 12
"""Draws of a move, until one skips a state."""
WAYS = {
    "jump": (Jumps.DIRECT, Granularity.LINE),
    "line": (Jumps.ROLLOUT, Granularity.LINE),
    "expression": (Jumps.ROLLOUT, Granularity.EXPRESSION),
    "steps": (Jumps.ROLLOUT, Granularity.STEPS),
}
"""From the coarsest to the finest."""


def granularity(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Asks for moves that skip at least one state, in each of `WAYS`; nothing of what cannot choose.

    Each way begins with nothing remembered; ``remembered`` counts the tokens that a move owes to earlier ones
    of the same way and case.
    """
    neural = subject.debugger
    if not isinstance(neural, NeuralDebugger):
        return []
    moves = list(_moves(case, case.chance(seed, "granularity")))
    before = neural.jumps, neural.granularity
    found: list[Record] = []
    neural.reset(case.program)
    try:
        for way, (neural.jumps, neural.granularity) in WAYS.items():
            subject.forget()
            for position, action, target in moves:
                found.append(_asked(subject, case, way, position, action, target))
    finally:
        neural.jumps, neural.granularity = before
    return found


def _moves(case: Case, choose: random.Random) -> Iterator[tuple[int, Action, int]]:
    """Yields place, action and target of moves that skip something and are within reach."""
    lines = sorted(case.program.outline.stop_lines)
    found = 0
    for _ in range(MOVES * TRIES):
        kind = choose.choice(ACTIONS[1:])
        position = choose.randrange(len(case.tree) - 1)
        action = Action(kind, choose.choice(lines) if kind.takes_line else None)
        target = case.tree.target(position, action)
        if target > position + 1 and case.within(target - position):
            yield position, action, target
            found += 1
        if found == MOVES:
            return


def _asked(subject: Subject, case: Case, way: str, position: int, action: Action, target: int) -> Record:
    cost, remembered = subject.cost(), subject.remembered
    subject.debugger.max_states = case.budget_from(position)
    subject.debugger.ground(case.states[: position + 1])
    start = subject.clock()
    answer = subject.debugger.step(action)
    seconds = subject.clock() - start
    told = judged(case.tree.shown(position, target), answer, cut_short(subject))
    return {
        "measure": "granularity",
        "case": case.key,
        "name": case.program.name,
        "way": way,
        "action": action.kind.value,
        "skipped": target - position - 1,
        "exact": told["exact"],
        "limit": told["limit"],
        "cost": spent(subject, cost),
        "remembered": subject.remembered - remembered,
        "seconds": seconds,
    }
