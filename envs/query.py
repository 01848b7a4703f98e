"""Queries of StateQuery: the value of a variable at one pass of a line, as text and as a draw."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from debugworld.sandboxes.debugger import Event, State, Trace

from .chance import below
from .goal import is_short
from .memory import by_trace

_TEXT = re.compile(
    r"(?P<name>\S+) when line (?P<line>\d+) is about to run for the (?P<visit>\d+)(?:st|nd|rd|th) time"
)
_Texts = dict[tuple[int, str], set[str]]
"""What variables hold, by line and name."""


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

    Args:
        trace: The real run.
        max_moves: Moves that the episode allows, see `asking`.
        rng: Where chance comes from.
        away_from: Index of the state where the episode begins, which shows its own values.
    """
    found = asking(trace, max_moves)
    number = found.draw(rng, away_from)
    return None if number is None else (found.query(number), found.values[number])


TRIES = 32
"""Draws after which the state where the episode begins is taken for the only one of the preferred lines."""


class Asking:
    """What can be asked about one run: queries by number, and how one is drawn.

    A line is drawn, then one of its passes, then a variable, those that differ between the passes
    before others. Lines inside the called functions are preferred to those of the entry frame.

    Args:
        states: Of the real run.
        max_moves: See `asking`.
    """

    def __init__(self, states: Sequence[State], max_moves: int) -> None:
        self.values: list[str] = []
        """The true value by the number of the query."""
        self._asked: list[tuple[int, str, int]] = []
        passes, texts = _passes(states, max_moves)
        by_line = {line: self._numbered(found, states, texts) for line, found in passes.items()}
        inner = [line for line, found in passes.items() if states[found[0][0]].depth > 0]
        self.lines = [by_line[line] for line in inner or by_line]
        """For each preferred line its passes: index of the state, number of its first query, how many."""
        self._passes = [each for found in by_line.values() for each in found]

    def __len__(self) -> int:
        return len(self._asked)

    def query(self, number: int) -> Query:
        """Returns the query that has a number."""
        return Query(*self._asked[number])

    def draw(self, rng: np.random.Generator, away_from: int) -> int | None:
        """Draws the number of a query; None where nothing can be asked.

        Args:
            rng: Where chance comes from.
            away_from: Index of the state where the episode begins, which shows its own values.
        """
        lines, random = self.lines, rng.random
        for _ in range(TRIES if lines else 0):
            passes = lines[int(random() * len(lines))]  # `below`, without a call
            index, first, count = passes[int(random() * len(passes))]
            if index != away_from:
                break
        else:
            other = self.other(rng, away_from)
            if other is None:
                return None
            first, count = other
        return first + int(random() * count)

    def other(self, rng: np.random.Generator, away_from: int) -> tuple[int, int] | None:
        """Draws a pass of any line; returns its first query and how many it has, None where there is none."""
        others = [each for each in self._passes if each[0] != away_from]
        return others[below(len(others), rng)][1:] if others else None

    def _numbered(
        self, passes: Iterable[tuple[int, int]], states: Sequence[State], texts: _Texts
    ) -> list[tuple[int, int, int]]:
        """Numbers the queries about passes; for each its state, its first query and how many it has."""
        found = []
        for index, visit in passes:
            state = states[index]
            short = [(name, text) for name, text in state.locals.items() if is_short(text)]
            changing = [each for each in short if len(texts[state.line, each[0]]) > 1] or short
            found.append((index, len(self._asked), len(changing)))
            self._asked += [(state.line, name, visit) for name, _ in changing]
            self.values += [text for _, text in changing]
        return found


@by_trace
def asking(trace: Trace, max_moves: int) -> Asking:
    """Returns what can be asked about a real run.

    Args:
        trace: The run.
        max_moves: Moves that the episode allows: fewer runs to its line reach a pass that is asked about.
            With none, every pass may be asked about.
    """
    return Asking(trace.states, max_moves)


def _passes(states: Sequence[State], max_moves: int) -> tuple[dict[int, list[tuple[int, int]]], _Texts]:
    """Returns by line the states and numbers of reachable passes with a short value, and all texts."""
    passes: dict[int, list[tuple[int, int]]] = {}
    texts: _Texts = defaultdict(set)
    visits: dict[int, int] = defaultdict(int)
    for index, state in enumerate(states):
        if state.event is not Event.LINE:
            continue
        visits[state.line] += 1
        for name, text in state.locals.items():
            texts[state.line, name].add(text)
        reachable = not max_moves or visits[state.line] < max_moves
        if reachable and any(map(is_short, state.locals.values())):
            passes.setdefault(state.line, []).append((index, visits[state.line]))
    return passes, texts
