"""Two cards side by side: what got better, what got worse, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from debugworld.worldmodel.errors import ModelError

from .analysis import FORMAT, VERSION
from .outcomes import paired

FAULTS = ("coherence / illegal", "coherence / from_nowhere")
"""Cells that are the better the lower they are."""
MIXED = "free / errors"
"""Cells that are shares of what went wrong, and neither good nor bad."""


@dataclass(frozen=True)
class Change:
    """One cell of two cards."""

    name: str
    """Its place in the card."""
    before: dict[str, Any]
    after: dict[str, Any]
    low: float
    """Lower end of the 95 % interval of the difference, after minus before."""
    high: float
    """Upper end."""
    chance: float | None = None
    """Probability of such a difference by chance; None where the two were not asked the same."""

    @property
    def difference(self) -> float:
        """After minus before."""
        return float(self.after["mean"] - self.before["mean"])

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``noise`` where chance alone would do; the other way round for faults.

        ``differs`` where neither end is the better one: which share of the wrong runs is wrong in what.
        """
        if self.low <= 0 <= self.high if self.chance is None else self.chance >= 0.05:
            return "noise"
        if self.name.startswith(MIXED):
            return "differs"
        return "better" if (self.difference > 0) is not self.name.startswith(FAULTS) else "worse"


def read_card(path: Path) -> dict[str, Any]:
    """Reads a card that ``debugworld fidelity --json`` wrote.

    Raises:
        ModelError: it is none, or of another version.
    """
    import json

    try:
        card = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelError(f"{path} is no card of debugworld fidelity; write one with --json")
    if card.get("version") != VERSION:
        raise ModelError(f"{path} is a card of version {card.get('version')}; this one reads {VERSION}")
    return card


def cells(card: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields all cells of a card with their places."""
    if isinstance(card, dict):
        if {"count", "mean", "low", "high"} <= card.keys():
            yield place, card
            return
        for name, inner in card.items():
            yield from cells(inner, f"{place} / {name}" if place else name)
    elif isinstance(card, list):
        for inner in card:
            if isinstance(inner, dict):
                label = inner.get("policy") or inner.get("step")
                if label is not None:
                    yield from cells(inner, f"{place} / {label}")


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Returns the cells that both cards have.

    Where both were asked the same, and tell their outcomes one by one, these are paired: see `paired`. Else
    the interval of the difference is Newcombe's (1998, method 10): from the intervals of both.
    """
    old = dict(cells(before))
    found = []
    for name, new in cells(after):
        if name in old:
            one, other = old[name], new
            if (pairs := paired(before, after, name)) is not None:
                found.append(Change(name, one, other, pairs.low, pairs.high, pairs.chance))
                continue
            difference = other["mean"] - one["mean"]
            low = difference - sqrt((other["mean"] - other["low"]) ** 2 + (one["high"] - one["mean"]) ** 2)
            high = difference + sqrt((other["high"] - other["mean"]) ** 2 + (one["mean"] - one["low"]) ** 2)
            found.append(Change(name, one, other, low, high))
    return found


def differ(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Returns in what two cards differ that makes their cells hard to compare: programs, seed, measures."""
    found = []
    if before["tasks"] != after["tasks"]:
        found.append(f"tasks: {before['tasks']} and {after['tasks']}")
    elif before["programs"]["digest"] != after["programs"]["digest"]:
        found.append(f"programs: {before['tasks']} has others in one than in the other")
    for name, value in before["settings"].items():
        if after["settings"].get(name) != value:
            found.append(f"{name}: {value} and {after['settings'].get(name)}")
    for card in (before, after):
        told = shortfall(card)
        if told:
            found.append(f"{card['subject']['name']}: {told}")
    return found


def shortfall(card: dict[str, Any]) -> str:
    """Returns what of its programs a card does not tell of; nothing where it is whole."""
    programs, failed = card["programs"], card.get("errors", {}).get("count", 0)
    told = [
        (programs["left"], "units not reached"),
        (failed, "units failed"),
        (len(programs["leaked"]), "programs left out, seen in training"),
    ]
    return ", ".join(f"{count} {what}" for count, what in told if count)
