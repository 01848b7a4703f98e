"""Two cards side by side: what got better, what got worse, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from debugworld.worldmodel.errors import ModelError

from .analysis import FORMAT, VERSION


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

    @property
    def difference(self) -> float:
        """After minus before."""
        return float(self.after["mean"] - self.before["mean"])

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``noise`` where the interval holds 0; the other way round for faults."""
        if self.low <= 0 <= self.high:
            return "noise"
        fault = self.name.startswith(("coherence / illegal", "coherence / from_nowhere", "free / errors"))
        return "better" if (self.difference > 0) is not fault else "worse"


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

    The interval of the difference is Newcombe's (1998, method 10): from the intervals of both.
    """
    old = dict(cells(before))
    found = []
    for name, new in cells(after):
        if name in old:
            one, other = old[name], new
            difference = other["mean"] - one["mean"]
            low = difference - sqrt((other["mean"] - other["low"]) ** 2 + (one["high"] - one["mean"]) ** 2)
            high = difference + sqrt((other["high"] - other["mean"]) ** 2 + (one["mean"] - one["low"]) ** 2)
            found.append(Change(name, one, other, low, high))
    return found


def differ(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Returns in what two cards differ that makes their cells hard to compare: tasks, seed, measures."""
    found = []
    if before["tasks"] != after["tasks"]:
        found.append(f"tasks: {before['tasks']} and {after['tasks']}")
    for name, value in before["settings"].items():
        if after["settings"].get(name) != value:
            found.append(f"{name}: {value} and {after['settings'].get(name)}")
    return found
