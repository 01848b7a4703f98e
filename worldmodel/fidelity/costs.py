"""What answers cost: tokens, floating-point operations and time, beside the real debugger's own time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cell import right_of
from .log import Record
from .subject import Subject

COUNTS = ("questions", "prompt_tokens", "answer_tokens", "cut")
FLOPS = 2.0
"""Floating-point operations of one token for each parameter, forward."""


def cost_of(subject: Subject, by: Mapping[str, list[Record]], seconds: float) -> dict[str, Any]:
    """Returns what was asked of the model, in all and for each right teacher-forced state."""
    totals = dict.fromkeys(COUNTS, 0)
    for records in by.values():
        for record in records:
            for name, count in record.get("cost", {}).items():
                totals[name] += count
    found: dict[str, Any] = {"seconds": seconds, **totals}
    if by["real_cost"]:
        found["real"] = _real_cost(by["real_cost"])
    forced = by["forced"]
    right = sum(record["exact"] for record in forced)
    tokens = _tokens(forced)
    into = [record["seconds"] for record in forced if record["action"] == "step_into"]
    if into:
        found["seconds_per_step_into"] = sum(into) / len(into)
    if into and by["real_cost"]:
        found["times_a_live_step"] = (
            found["seconds_per_step_into"] / found["real"]["live"]["seconds_per_state"]
        )
    if right:
        found["seconds_per_right_state"] = sum(record["seconds"] for record in forced) / right
    if right and tokens:
        found["tokens_per_right_state"] = tokens / right
        found["remembered_tokens_per_right_state"] = sum(record["remembered"] for record in forced) / right
        if subject.parameters:
            found["flops_per_right_state"] = FLOPS * subject.parameters * tokens / right
    return found


def _real_cost(records: list[Record]) -> dict[str, Any]:
    """Returns what the real debugger took in the same box: by states, and for a live start by programs."""
    found: dict[str, Any] = {}
    for way in ("recorded", "live", "start"):
        mine = [record for record in records if record["way"] == way]
        states = sum(record["states"] for record in mine)
        if states:
            seconds = sum(record["seconds"] for record in mine)
            found[way] = {"programs": len(mine), "states": states, "seconds_per_state": seconds / states}
    return found


def curve_of(records: list[Record], parameters: int) -> dict[str, Any]:
    """Returns accuracy and cost of the same moves, asked coarsely and finely."""
    found = {}
    for way in dict.fromkeys(record["way"] for record in records):
        mine = [record for record in records if record["way"] == way]
        right, tokens = sum(record["exact"] for record in mine), _tokens(mine)
        told: dict[str, Any] = {
            "exact": right_of(mine),
            "limit": sum(record["limit"] for record in mine),
            "questions_per_move": sum(record["cost"].get("questions", 0) for record in mine) / len(mine),
            "tokens_per_move": tokens / len(mine),
            "remembered_tokens_per_move": sum(record["remembered"] for record in mine) / len(mine),
            "seconds_per_move": sum(record["seconds"] for record in mine) / len(mine),
        }
        if parameters:
            told["flops_per_move"] = FLOPS * parameters * tokens / len(mine)
            if right:
                told["flops_per_right_move"] = FLOPS * parameters * tokens / right
        found[way] = told
    return found


def _tokens(records: list[Record]) -> int:
    """Returns the tokens that the model read and wrote: those of answers from memory are no work."""
    kinds = ("prompt_tokens", "answer_tokens")
    asked = sum(record["cost"].get(kind, 0) for record in records for kind in kinds)
    return asked - sum(record["remembered"] for record in records)
