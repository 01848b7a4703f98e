"""What is asked of each of many environments, as arrays; one class for each part of a `Question`.

Each part is placed when an episode begins and then tells, by the rows where the cursors stand, what the
observation has of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Event
from debugworld.sandboxes.growing import Growing

from ..answer import CHOICES
from ..features import EVENTS, GOAL_EVENTS, MANY_PASSES, TEXT_WIDTH
from ..goal import Goal
from .begun import Begun, Rows
from .worked import Worked
from .world import World

Which = Any
"""Some cursors: their numbers ``(k,)``, or all as a slice."""
_LINE, _RETURN, _EXCEPTION = map(EVENTS.index, (Event.LINE, Event.RETURN, Event.EXCEPTION))


class Part(Protocol):
    """One part of the questions."""

    def place(self, which: Rows, begun: Begun, seen: dict[str, Any]) -> None:
        """Takes the questions of new episodes, and writes what stays the same in them."""

    def show(self, which: Which, rows: Rows, seen: dict[str, Any]) -> None:
        """Writes what observations have of it where cursors stand."""


class Goals:
    """The stops to reach.

    Args:
        world: The runs.
        count: Environments.
        real: Whether what is walked over is what happens; in a dream a stop counts that shows what a real one
            does.
    """

    def __init__(self, world: World, count: int, real: bool) -> None:
        self._world, self._real = world, real
        self.line = np.zeros(count, np.int64)
        """The lines of the goals, 0 for none; int64 ``(count,)``."""
        self._event, self._named, self._column, self._value = np.zeros((4, count), np.int64)
        self._wished, self._aim = np.zeros((2, count), np.int64)
        """Whether a caller asked for it, and then where `_aims` tells of it by row."""
        self._aims = Growing(bool, (2,))
        """Of goals that callers asked for, by state, whether they are shown and whether they are reached; the
        first is for none."""
        self._aims.add([[False, False]])
        self._worked = Worked(8)

    def place(self, which: Rows, begun: Begun, seen: dict[str, Any]) -> None:
        """Takes the goals of new episodes; see `Part`."""
        found = self._worked.look(begun.asked, lambda place: self._numbers(begun, place))
        event, line, named, column, value, pair, wished, aim = found.T
        for mine, new in (
            (self._event, event),
            (self.line, line),
            (self._named, named),
            (self._column, column),
            (self._value, value),
            (self._wished, wished),
            (self._aim, aim),
        ):
            mine[which] = new
        seen["goal"][which] = 0
        seen["goal"][which, : len(GOAL_EVENTS)] = event[:, None] == [EVENTS.index(e) for e in GOAL_EVENTS]
        seen["goal"][which, len(GOAL_EVENTS)] = line / self._world.max_lines
        seen["goal"][which, len(GOAL_EVENTS) + 2] = named
        seen["goal_line"][which] = line
        seen["goal_text"][which] = self._world.pairs.spelled.rows.take(pair, axis=0)

    def show(self, which: Which, rows: Rows, seen: dict[str, Any]) -> None:
        """Writes what holds of the goals; see `Part`."""
        local, right, holds, _ = self._judged(which, rows)
        line, first = self.line[which], len(GOAL_EVENTS)
        away = np.where(line > 0, line - seen["line"][which], 0) / self._world.max_lines
        seen["goal"][which, first + 1] = away
        seen["goal"][which, first + 3] = local > 0
        seen["goal"][which, first + 4] = right
        seen["goal"][which, first + 5] = holds

    def holds(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tells of each environment whether its goal is reached where its cursor stands."""
        return self._judged(slice(None), rows)[3]

    def _judged(self, which: Which, rows: Rows) -> tuple[npt.NDArray[Any], ...]:
        """The number of the local's text, whether the value is right, whether all of it holds, and counts."""
        world, event, named = self._world, self._event[which], self._named[which] > 0
        value, line = self._value[which], self.line[which]
        local = world.named.rows.take(np.where(named, self._column[which] + rows, 0))
        here = world.traces.events.take(rows)
        right = np.where(named, local, world.values.rows.take(rows)) == value
        raised = event == _EXCEPTION
        if raised.any():
            right = np.where(raised, world.raised.rows.take(rows) == value, right)
        right &= line > 0
        stands = (here == event) & (world.traces.lines.take(rows) == line)
        holds = stands & (right | ((event == _LINE) & ~named))
        wished = self._wished[which] > 0
        if not wished.any():
            return local, right, holds, holds
        shown, met = self._aims.rows.take(np.where(wished, self._aim[which] + rows, 0), axis=0).T
        return (local, *(np.where(wished, *each) for each in ((shown, right), (shown, holds), (met, holds))))

    def _numbers(self, begun: Begun, place: int) -> tuple[int, ...]:
        rows, run, world = begun.subjects[place].rows, int(begun.runs[place]), self._world
        goal = rows.goal(int(begun.rows[place, 1]))
        if goal is None:  # nothing could be asked: the box failed
            return -1, 0, 0, 0, -1, 0, 0, 0
        return (
            EVENTS.index(goal.event),
            goal.line,
            int(bool(goal.name)),
            world.column(run, goal.name) if goal.name else 0,
            world.texts.number(goal.value),
            world.pairs.number(goal.name, goal.asked or goal.value),
            int(bool(goal.asked)),
            self._aimed(run, goal, rows.met) if goal.asked else 0,
        )

    def _aimed(self, run: int, goal: Goal, met: Sequence[int]) -> int:
        """Adds what `_aims` tells of a goal that a caller asked for; returns its place by row."""
        states = self._world.traces.trees[run].states
        shown = np.array([goal.holds(state) for state in states])
        reached = np.isin(np.arange(len(states)), met)
        if not self._real:
            reached = shown & (np.cumsum(shown) >= goal.hits)
        return self._aims.add(np.stack([shown, reached], axis=1)) - int(self._world.traces.starts[run])


class Queries:
    """The moments and variables that are asked about.

    Args:
        world: The runs.
        count: Environments.
    """

    def __init__(self, world: World, count: int) -> None:
        self.shown = np.zeros(count, np.int64)
        """Numbers of the texts of the variables where the cursors stand, 0 where they are not bound."""
        self.line = np.zeros(count, np.int64)
        """The lines that are asked about, 0 for none; int64 ``(count,)``."""
        self._world = world
        self._visit, self._column, self._count = np.zeros((3, count), np.int64)
        self._worked = Worked(5)

    def place(self, which: Rows, begun: Begun, seen: dict[str, Any]) -> None:
        """Takes the queries of new episodes; see `Part`."""
        found = self._worked.look(begun.asked, lambda place: self._numbers(begun, place))
        line, visit, column, count, name = found.T
        self.line[which], self._visit[which] = line, visit
        self._column[which], self._count[which] = column, count
        seen["query"][which, 0] = line / self._world.max_lines
        seen["query"][which, 2] = np.minimum(visit / MANY_PASSES, 1)
        seen["query_line"][which] = line
        seen["query_name"][which] = self._world.names.spelled.rows.take(name, axis=0)

    def show(self, which: Which, rows: Rows, seen: dict[str, Any]) -> None:
        """Writes where the cursors stand from the moments; see `Part`."""
        world, line, query = self._world, self.line[which], seen["query"]
        passed = world.passes.rows.take(self._count[which] + rows)
        left = self._visit[which] - passed
        stands = (world.traces.events.take(rows) == _LINE) & (world.traces.lines.take(rows) == line)
        self.shown[which] = shown = world.named.rows.take(self._column[which] + rows)
        query[which, 1] = (line - seen["line"][which]) / world.max_lines
        query[which, 3] = np.minimum(passed / MANY_PASSES, 1)
        query[which, 4] = np.maximum(np.minimum(left / MANY_PASSES, 1), -1)
        query[which, 5] = shown > 0
        query[which, 6] = stands & (left == 0)

    def _numbers(self, begun: Begun, place: int) -> tuple[int, ...]:
        rows, run, world = begun.subjects[place].rows, int(begun.runs[place]), self._world
        query = rows.query(int(begun.rows[place, 1]))
        if query is None:  # nothing could be asked: the box failed
            return 0, 0, world.column(run, ""), world.count(run, 0), 0
        return (
            query.line,
            query.visit,
            world.column(run, query.name),
            world.count(run, query.line),
            world.names.number(query.name),
        )


class Candidates:
    """The answers to choose from.

    Args:
        world: The runs.
        count: Environments.
        answers: Candidates at most.
        queries: What is asked about, where it is not the value at a state.
    """

    def __init__(self, world: World, count: int, answers: int, queries: Queries | None) -> None:
        self.offered = np.zeros(count, np.int64)
        """How many there are; int64 ``(count,)``."""
        self._world, self._answers, self._queries = world, answers, queries
        self._texts = np.full((count, answers), -1, np.int64)
        self._chosen = np.zeros(count, np.int64)
        self._spelled = Growing(np.float32, (1 + TEXT_WIDTH,))
        """What is shown of each text where it does not equal what a cursor sees."""
        self._first = Worked(1)
        self._choices = Growing(np.int32, (answers,))
        self._sizes = Growing(np.int64)
        self._rights = Growing(bool, (answers,))

    def place(self, which: Rows, begun: Begun, seen: dict[str, Any]) -> None:
        """Takes the candidates of new episodes; see `Part`."""
        rows = self._first.look(begun.truths, lambda place: self._add(begun, place))[:, 0] + begun.choices
        self._texts[which] = self._choices.rows.take(rows, axis=0)
        self.offered[which] = self._sizes.rows.take(rows)
        self._chosen[which] = rows

    def right(self, which: Rows, choices: Rows) -> npt.NDArray[np.bool_]:
        """Tells whether a candidate that there is, of each of some environments, is right; bool ``(k,)``."""
        found: npt.NDArray[np.bool_] = self._rights.rows[self._chosen[which], choices]
        return found

    def show(self, which: Which, rows: Rows, seen: dict[str, Any]) -> None:
        """Writes the candidates, and which equal what a cursor sees; see `Part`."""
        if self._queries is not None:
            shown = self._queries.shown[which]
        else:
            shown = self._world.values.rows.take(rows)
        texts = self._texts[which]
        whole = len(texts) == len(self._texts)  # straight into its place
        found = self._spelled.rows.take(texts, axis=0, out=seen["candidates"] if whole else None, mode="clip")
        found.reshape(-1)[np.flatnonzero(texts == shown[:, None]) * (1 + TEXT_WIDTH)] = 1
        if not whole:
            seen["candidates"][which] = found

    def _add(self, begun: Begun, place: int) -> tuple[int]:
        """Adds all choices of candidates for the truth of an episode; returns the place of the first."""
        rows, truth = begun.subjects[place].rows, int(begun.rows[place, 2]) // CHOICES
        texts = np.full((CHOICES, self._answers), -1)
        rights = np.zeros((CHOICES, self._answers), bool)
        count = 0
        if rows.truths:  # none where the box failed
            found = rows.choices(truth)
            count = found.places.shape[1]
            numbers = np.array(list(map(self._world.texts.number, found.texts)))
            texts[:, :count], rights[:, :count] = numbers[found.places], found.right[found.places]
        new = self._world.texts.spelled.rows[len(self._spelled) :]
        spelled = np.zeros((len(new), 1 + TEXT_WIDTH), np.float32)
        spelled[:, 1:] = new
        self._spelled.add(spelled)
        self._rights.add(rights)
        self._sizes.add(np.full(CHOICES, count))
        return (self._choices.add(texts),)
