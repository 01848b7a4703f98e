"""Shortest ways over a run: the fewest commands that lead from a stop to others, when the run is known.

A run of ``n`` states is a graph of ``n`` places, and every move of a debugger an edge that the run tells.
With breakpoints a place is a pair: where the program stands, and which breakpoints are set. Setting one is an
edge, too, so a breakpoint under a condition that holds at the goal alone is a way of two edges to it.
Breadth-first search from the goals backwards (Moore, 1959) gives every distance at once; it is done here by
relaxing whole rows of an array.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Action, ActionKind, Breakpoint, Event, State, StateTree
from debugworld.worldmodel.arguments import is_literal

FAR = 2**30
"""The distance of what no commands lead to."""
_JUMPS = (ActionKind.CONTINUE, ActionKind.REVERSE_CONTINUE)
_PLAIN = (
    ActionKind.STEP_INTO,
    ActionKind.STEP_OVER,
    ActionKind.STEP_RETURN,
    ActionKind.BACK_INTO,
    ActionKind.BACK_OVER,
    ActionKind.BACK_TO_CALL,
)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Watch:
    """A breakpoint at a line, where a local has a value if one is named."""

    line: int
    """1-based line of the wrapped program."""
    name: str = ""
    """The local; empty for a breakpoint without a condition."""
    value: str = ""
    """The text of its value, a literal."""

    def holds(self, state: State) -> bool:
        """Tells whether the program would stop at a state."""
        here = state.event is Event.LINE and state.line == self.line
        return here and (not self.name or state.locals.get(self.name) == self.value)

    @property
    def action(self) -> Action:
        """What sets it."""
        condition = f"{self.name} == {self.value}" if self.name else None
        return Action(ActionKind.BREAK, breakpoint=Breakpoint(self.line, condition=condition))


def watchable(state: State) -> list[Watch]:
    """Returns the breakpoints with a condition on one local that hold at a ``line`` state."""
    if state.event is not Event.LINE:
        return []
    return [
        Watch(state.line, name, text)
        for name, text in state.locals.items()
        if len(text) <= 40 and name.isidentifier() and is_literal(text)
    ]


class Ways:
    """The moves over one run that is known to its exit.

    Args:
        states: Its states in time, the exit last.
        lines: The lines that can be run to.
    """

    def __init__(self, states: Sequence[State], lines: Iterable[int]) -> None:
        self.states = states
        """The states."""
        self._tree = tree = StateTree(states)
        self.moves: list[Action] = [
            *map(Action, _PLAIN),
            *(Action(ActionKind.RUN_TO, line) for line in sorted(lines)),
        ]
        """What can be done without breakpoints, but for `continue` and `reverse_continue`."""
        self._targets = np.array(
            [
                [
                    place if tree.refusal(place, move) else tree.target(place, move)
                    for place in range(len(states))
                ]
                for move in self.moves
            ],
            np.int64,
        )

    def target(self, place: int, action: Action, watches: frozenset[Watch] = frozenset()) -> int:
        """Returns where an action leads from a place, itself where it is refused or sets a breakpoint."""
        if action.kind in _JUMPS:
            return int(self._jumps(watches)[_JUMPS.index(action.kind)][place])
        if not action.kind.moves or self._tree.refusal(place, action) is not None:
            return place
        return self._tree.target(place, action)

    def distances(
        self, aims: Sequence[int], watches: frozenset[Watch] = frozenset(), more: Sequence[Watch] = ()
    ) -> Ints:
        """Counts the fewest commands from each place to some of the places.

        Args:
            aims: Places to get to.
            watches: Breakpoints that are set.
            more: Breakpoints of which one may be set on the way.

        Returns:
            int64 ``(states,)``; `FAR` where no commands lead to any of them.
        """
        found = np.full(len(self.states), FAR, np.int64)
        found[list(aims)] = 0
        for watch in more:
            if watch not in watches:
                found = np.minimum(found, self.distances(aims, watches | {watch}) + 1)
        targets = np.concatenate([self._targets, self._jumps(watches)])
        while True:
            nearer = np.minimum(found, found[targets].min(axis=0) + 1)
            if (nearer == found).all():
                return np.minimum(found, FAR)
            found = nearer

    def values(
        self, place: int, aims: Sequence[int], watches: frozenset[Watch], more: Sequence[Watch]
    ) -> dict[Action, int]:
        """Counts, for each command that does something at a place, the fewest commands that begin with it.

        Args:
            place: Where the program stands.
            aims: Places to get to.
            watches: Breakpoints that are set.
            more: Breakpoints of which one may be set from there on.
        """
        rest = self.distances(aims, watches, more)
        moves = [*self.moves, *map(Action, _JUMPS)]
        targets = [*self._targets[:, place], *self._jumps(watches)[:, place]]
        found = {
            move: int(min(rest[target] + 1, FAR))
            for move, target in zip(moves, targets, strict=True)
            if target != place
        }
        for watch in more:
            if watch not in watches:
                found[watch.action] = int(min(self.distances(aims, watches | {watch})[place] + 1, FAR))
        return found

    def _jumps(self, watches: frozenset[Watch]) -> Ints:
        """Where ``continue`` and ``reverse_continue`` lead from each place; int64 ``(2, states)``."""
        end = len(self.states) - 1
        stops = [n for n, state in enumerate(self.states) if any(watch.holds(state) for watch in watches)]
        places = np.arange(end + 1)
        later = np.append(np.array(stops, np.int64), end)[np.searchsorted(stops, places, "right")]
        earlier = np.append(np.int64(0), np.array(stops, np.int64))[np.searchsorted(stops, places, "left")]
        return np.stack([later, earlier])
