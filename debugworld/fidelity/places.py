"""Where the figures of cards stand, and in which tables: the same for the terminal and for the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from debugworld.worldmodel.fidelity.analysis import ORIGINS
from debugworld.worldmodel.fidelity.constructs import CONSTRUCTS
from debugworld.worldmodel.fidelity.exact import PARTS

Place = tuple[str, ...]
"""The names that lead to a figure of a card, outermost first."""
Cards = Sequence[dict[str, Any]]
HIGH, LOW, NEITHER = "high", "low", "neither"
"""Which shares are good."""
TITLES = ("CRUXEval", "LiveCodeBench, execution", "HumanEval", "MBPP")
"""What the benchmarks of `analysis.ORIGINS` are called."""
ASKED = {
    "input": "inputs",
    "input, at once": "inputs, one question",
    "output": "outputs, step return",
    "output, run to": "outputs, run to",
}
"""What is asked about a row of a benchmark, in the order of the paper's Table 1; the rest behind it."""


@dataclass(frozen=True)
class Figure:
    """What stands in a row, or a column, of a table."""

    name: str
    place: Place
    good: str = HIGH
    """Which shares are good; `NEITHER` where it is none."""
    scale: float = 100
    """It is shown times that: shares in percent."""
    form: str = "{:.1f}"
    """How it is shown."""

    def texts(self, card: dict[str, Any]) -> tuple[str, str] | None:
        """Returns the figure of a card, and what it is to be read with; None where there is none.

        The latter: 95 % interval, count, how many are wrong for a limit, how many steps were asked of
        the real debugger, as far as they are known.
        """
        found = find(card, self.place)
        if found is None:
            return None
        if isinstance(found, dict):
            told, value, ends = found, found["mean"], [found["low"], found["high"]]
        else:
            told = {name: one for name, one in find(card, self.place[:-1]).items() if name == "count"}
            value, ends = found, find(card, (*self.place[:-1], f"{self.place[-1]}_interval")) or []
        shown = [self.form.format(self.scale * each) for each in (value, *ends)]
        beside = f"[{shown[1]}, {shown[2]}]" if ends else ""
        beside += f" of {told['count']:,}" if "count" in told else ""
        beside += f", {told['limit']:,} for a limit" if told.get("limit") else ""
        beside += f", {100 * told['real_calls']:.1f} % asked" if "real_calls" in told else ""
        return shown[0], beside.strip()

    def inside(self, place: Place) -> Figure:
        """Returns the same figure, its place inside another."""
        return replace(self, place=(*place, *self.place))


@dataclass(frozen=True)
class Listing:
    """A table in which every card has a column."""

    title: str
    rows: tuple[Figure, ...]


@dataclass(frozen=True)
class Grid:
    """A table of two sides; in each of its groups every card has a row."""

    title: str
    groups: tuple[tuple[str, Place], ...]
    """Their names and places."""
    columns: tuple[Figure, ...]
    """Their places are inside a group's."""


def find(card: dict[str, Any], place: Sequence[str]) -> Any:
    """Returns what stands at a place of a card, a policy of re-grounding by its name; None for nothing."""
    inner: Any = card
    for name in place:
        if isinstance(inner, list):
            inner = next((one for one in inner if one["policy"] == name), None)
        else:
            inner = inner.get(name) if isinstance(inner, dict) else None
    return inner


def heat_maps(cards: Cards) -> list[Grid]:
    """Returns exact match from the true history, of what by what; those that at least one card fills."""
    actions = tuple((name.replace("_", " "), place) for name, place in _groups(cards, ("forced", "actions")))
    every = (("all actions", ("forced",)), *actions)
    exact = Figure("exact", ("exact",))
    constructs = [Figure(name, ("constructs", name)) for name in CONSTRUCTS]
    lengths = [Figure(name, ("lengths", name)) for name in names(cards, ("forced", "lengths"))]
    parts = [Figure(name, ("parts", name)) for name in PARTS]
    found = (
        Grid("action, part of the state", actions, (exact, *parts, Figure("copy", ("copy",)))),
        Grid("action, construct", every, (exact, *constructs)),
        Grid("action, states of the run", every, (exact, *lengths)),
        Grid("part of the state, construct", _groups(cards, ("forced", "parts")), (exact, *constructs)),
        Grid("part of the state, states of the run", _groups(cards, ("forced", "parts")), (exact, *lengths)),
        Grid(
            "construct, states of the run",
            _groups(cards, ("forced", "constructs by length")),
            tuple(replace(one, place=(one.name,)) for one in lengths),
        ),
    )
    return [grid for one in found if (grid := _filled_grid(cards, one)).columns]


def granularity(cards: Cards) -> Grid:
    """Returns what is right and what it costs, by what one question is for."""
    columns = (
        Figure("exact %", ("exact",)),
        Figure("questions a move", ("questions_per_move",), NEITHER, 1),
        Figure("tokens a move", ("tokens_per_move",), NEITHER, 1, "{:,.0f}"),
        Figure("tokens remembered", ("remembered_tokens_per_move",), NEITHER, 1, "{:,.0f}"),
        Figure("operations a move", ("flops_per_move",), NEITHER, 1, "{:.2g}"),
        Figure("operations a right move", ("flops_per_right_move",), NEITHER, 1, "{:.2g}"),
    )
    return _filled_grid(cards, Grid("one question for each", _groups(cards, ("granularity",)), columns))


def listings(cards: Cards) -> dict[str, list[Listing]]:
    """Returns the tables of everything else, by what they are about; those that at least one card fills."""
    steps = Figure("right steps before a difference", ("free", "steps_to_first_difference"), NEITHER, 1)
    free = (
        Figure("whole runs", ("free", "whole")),
        *_figures(cards, ("free", "lengths"), "whole runs of {} states"),
        steps,
        Figure(
            "longer runs, right as far as they were followed", ("free", "longer", "right"), NEITHER, 1, "{:,}"
        ),
        *_figures(cards, ("free", "errors"), "first differences of {}", NEITHER),
    )
    inverse = (
        *_figures(cards, ("inputs",), "a row's input, {}"),
        Figure("draws that are valid", ("preimage", "valid")),
        Figure("distinct valid draws", ("preimage", "distinct"), NEITHER, 1, "{:,}"),
        Figure("of the preimage, found", ("preimage", "coverage")),
    )
    coherence = [
        replace(one, good=HIGH if one.name == "same again" else LOW)
        for one in _figures(cards, ("coherence",))
    ]
    found = {
        "Jumps": [
            Listing("states that a jump skips", _figures(cards, ("forced", "skipped"))),
            Listing("share of the run that it skips", _figures(cards, ("forced", "share skipped"))),
            Listing("to the same place", _figures(cards, ("forced", "jump against steps"))),
        ],
        "Dreaming on": [
            Listing("free-running", free),
            Listing("coherence, no truth needed", tuple(coherence)),
        ],
        "Outputs and inputs": [
            Listing("outputs", _figures(cards, ("outputs",))),
            Listing("inverse, checked by running", inverse),
            *(
                Listing(f"{title}, pass@1", _benchmark(cards, origin))
                for origin, title in zip(ORIGINS, TITLES, strict=True)
            ),
        ],
        "Changed futures": [Listing("after a change", _figures(cards, ("changed",)))],
        "Knowing when it is wrong": [
            Listing("confidence", _confidence()),
            Listing("re-grounding, true states", _policies(cards)),
        ],
        "Costs and limits": [
            Listing("cost", _costs()),
            Listing("wrong for a limit of tokens or states", _limits(cards)),
        ],
    }
    shown = {
        about: [Listing(one.title, rows) for one in tables if (rows := filled(cards, one.rows))]
        for about, tables in found.items()
    }
    return {about: tables for about, tables in shown.items() if tables}


def _benchmark(cards: Cards, origin: str) -> tuple[Figure, ...]:
    first = tuple(Figure(name, (origin, key)) for key, name in ASKED.items())
    return (*first, *(one for one in _figures(cards, (origin,)) if one.place[1] not in ASKED))


def _confidence() -> tuple[Figure, ...]:
    scores = {
        "ece": "expected calibration error",
        "ece_floor": "of it, by chance",
        "brier": "Brier score",
        "aurc": "area under risk and coverage",
    }
    return tuple(
        Figure(name, ("forced", "confidence", key), NEITHER, 1, "{:.3f}") for key, name in scores.items()
    )


def _policies(cards: Cards) -> tuple[Figure, ...]:
    policies = dict.fromkeys(one["policy"] for card in cards for one in card.get("reground", []))
    return tuple(Figure(name, ("reground", name)) for name in policies)


def _costs() -> tuple[Figure, ...]:
    def cost(name: str, *place: str, scale: float = 1, form: str = "{:,.0f}") -> Figure:
        return Figure(name, ("cost", *place), NEITHER, scale, form)

    real, each = "the real debugger, microseconds to", "seconds_per_state"
    return (
        cost("questions", "questions"),
        cost("seconds of asking", "seconds"),
        cost("tokens a right state", "tokens_per_right_state"),
        cost("tokens remembered a right state", "remembered_tokens_per_right_state"),
        cost("operations a right state", "flops_per_right_state", form="{:.2g}"),
        cost("microseconds a right state", "seconds_per_right_state", scale=1e6),
        cost("microseconds a step into", "seconds_per_step_into", scale=1e6),
        cost("times a live step of the real debugger", "times_a_live_step", form="{:,.3g}"),
        cost(f"{real} record a state", "real", "recorded", each, scale=1e6),
        cost(f"{real} step live", "real", "live", each, scale=1e6),
        cost(f"{real} begin a live run", "real", "start", each, scale=1e6),
    )


def _limits(cards: Cards) -> tuple[Figure, ...]:
    """Returns how many answers met a limit, of whole measures or where any did, and questions cut short."""
    places = dict.fromkeys(
        place
        for card in cards
        for name in card
        if name not in ORIGINS
        for place in _limited(card[name], (name,))
    )
    found = [
        Figure(
            ", ".join(place).removesuffix(", limits").replace("_", " "), (*place, "limit"), NEITHER, 1, "{:,}"
        )
        for place in places
    ]
    return (*found, Figure("questions cut short", ("cost", "cut"), NEITHER, 1, "{:,}"))


def _limited(inner: Any, place: Place) -> Iterator[Place]:
    """Yields where answers met a limit: of a measure as a whole where that is told, else of its shares."""
    if isinstance(inner, list):
        inner = {one["policy"]: one for one in inner if isinstance(one, dict) and "policy" in one}
    if not isinstance(inner, dict):
        return
    if "limits" in inner:
        yield (*place, "limits")
        return
    if "count" in inner and inner.get("limit"):
        yield place
    for name, one in inner.items():
        yield from _limited(one, (*place, name))


def _groups(cards: Cards, place: Place) -> tuple[tuple[str, Place], ...]:
    return tuple((name, (*place, name)) for name in names(cards, place))


def _figures(cards: Cards, place: Place, form: str = "{}", good: str = HIGH) -> tuple[Figure, ...]:
    """Returns the shares at a place of any card."""
    shares = [one for one in names(cards, place) if filled(cards, [Figure(one, (*place, one, "mean"))])]
    return tuple(Figure(form.format(name.replace("_", " ")), (*place, name), good) for name in shares)


def names(cards: Cards, place: Place) -> list[str]:
    """Returns the names of what stands at a place of any card; ranges of numbers in their order."""
    inside = [found for card in cards if isinstance(found := find(card, place), dict)]
    found = list(
        dict.fromkeys(name for one in inside for name, told in one.items() if isinstance(told, dict))
    )
    numbers = [re.search(r"\d+", name) for name in found]
    if all(numbers):
        found.sort(key=lambda name: int(re.findall(r"\d+", name)[0]))
    return found


def filled(cards: Cards, rows: Sequence[Figure]) -> tuple[Figure, ...]:
    """Returns the rows that at least one card fills."""
    return tuple(row for row in rows if any(find(card, row.place) is not None for card in cards))


def _filled_grid(cards: Cards, grid: Grid) -> Grid:
    """Returns a grid without the columns that no card fills in any group."""
    columns = (one for one in grid.columns if filled(cards, [one.inside(place) for _, place in grid.groups]))
    return replace(grid, columns=tuple(columns))
