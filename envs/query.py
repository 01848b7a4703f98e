"""Queries of StateQuery: the value of a variable at one pass of a line, as text and as a draw."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from debugworld.sandboxes.debugger import Event, State, Trace

from .chance import below
from .goal import is_short
from .memory import by_trace

_TEXT = re.compile(
    r"(?P<name>\S+) when line (?P<line>\d+) is about to run for the (?P<visit>\d+)(?:st|nd|rd|th) time"
)


@dataclass(frozen=True, slots=True)
class Query:
    """Which value is asked for."""

    line: int
    """1-based line of the wrapped program."""
    name: str
    """A local of the frame that stands there."""
    visit: int
    """Which pass of the line, from 1, over all frames in time."""

    def __str__(self) -> str:
        return f"{self.name} when line {self.line} is about to run for the {ordinal(self.visit)} time"

    @staticmethod
    def parse(text: str) -> Query:
        """Reads the text form that ``str`` writes.

        Raises:
            ValueError: the text is no query.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no query; one reads as {Query(7, 'n', 2)}")
        return Query(int(match["line"]), match["name"], int(match["visit"]))

    def passes(self, states: Iterable[State]) -> int:
        """Counts how often the line was about to run in some states."""
        return sum(state.event is Event.LINE and state.line == self.line for state in states)


def ordinal(number: int) -> str:
    """Returns ``1st``, ``2nd``, ``3rd``, ``4th``, ``11th`` and so on."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def draw_query(
    trace: Trace, max_moves: int, rng: np.random.Generator, *, away_from: int
) -> tuple[Query, str] | None:
    """Draws what is asked about a real run, and the true value; None where nothing can be asked.

    A line is drawn, then one of its passes, then a variable, those that differ between the passes
    before others. A pass counts as reachable when that many runs to its line are fewer than the moves.

    Args:
        trace: The real run.
        max_moves: Moves that the episode allows; with none, every pass may be asked about.
        rng: Where chance comes from.
        away_from: Index of the state where the episode begins, which shows its own values.
    """
    asking = _asking(trace, max_moves)
    for _ in range(_TRIES if asking.lines else 0):
        passes = asking.passes[asking.lines[below(len(asking.lines), rng)]]
        index, visit = passes[below(len(passes), rng)]
        if index != away_from:
            break
    else:
        others = [each for passes in asking.passes.values() for each in passes if each[0] != away_from]
        if not others:
            return None
        index, visit = others[below(len(others), rng)]
    questions = asking.questions.get(index)
    if questions is None:
        questions = asking.questions[index] = asking.worked_out(trace.states[index], visit)
    return questions[below(len(questions), rng)]


_TRIES = 32
"""Draws after which the state where the episode begins is taken for the only one of the preferred lines."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """What can be asked about one run."""

    passes: dict[int, list[tuple[int, int]]]
    """For each line the index of the state and the number of each reachable pass that shows a short value."""
    lines: list[int]
    """Lines inside the called functions, or all where there are none."""
    values: dict[tuple[int, str], set[str]]
    """The texts by line and name."""
    questions: dict[int, list[tuple[Query, str]]]
    """Queries with their values by the index of the state, as far as they were worked out."""

    def worked_out(self, state: State, visit: int) -> list[tuple[Query, str]]:
        """Returns the queries about a state, which is a pass of its line, with their values."""
        found = {name: text for name, text in state.locals.items() if is_short(text)}
        changing = [name for name in found if len(self.values[state.line, name]) > 1] or list(found)
        return [(Query(state.line, name, visit), found[name]) for name in changing]


@by_trace
def _asking(trace: Trace, max_moves: int) -> _Asking:
    passes: dict[int, list[tuple[int, int]]] = {}
    values: dict[tuple[int, str], set[str]] = defaultdict(set)
    visits: dict[int, int] = defaultdict(int)
    for index, state in enumerate(trace.states):
        if state.event is not Event.LINE:
            continue
        visits[state.line] += 1
        for name, text in state.locals.items():
            values[state.line, name].add(text)
        reachable = not max_moves or visits[state.line] < max_moves
        if reachable and any(map(is_short, state.locals.values())):
            passes.setdefault(state.line, []).append((index, visits[state.line]))
    inner = [line for line, found in passes.items() if trace.states[found[0][0]].depth > 0]
    return _Asking(passes, inner or list(passes), values, {})
