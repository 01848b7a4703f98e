"""The settings of a planner, as they follow its name."""

from __future__ import annotations

from urllib.parse import parse_qsl

from debugworld.envs.errors import TaskError
from debugworld.sandboxes import open_sandbox
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.search.dreams import Dreams

from .planner import PlannerAgent


def open_planner(settings: str = "") -> PlannerAgent:
    """Returns a planner.

    Args:
        settings: As in ``width=4&ahead=100``, each at most once: ``model``, what it dreams with, as
            `worldmodel.fidelity.subjects.open_subject` takes it, ``real`` for an upper bound (default: the
            checkpoint that ships); ``width``, dreams of one stop (1); ``ahead``, states that they look ahead
            (200); ``conditions=0`` for no breakpoints under conditions, ``doubts=0`` to trust the dream
            blindly, ``sure``, the confidence from which on a dreamt value is answered (never); ``sandbox``,
            the box of ``model=real`` (docker); ``seed``, of the draws.

    Raises:
        TaskError: a setting is unknown or out of range.
        ModelError: there is no such model.
    """
    given = dict(parse_qsl(settings, keep_blank_values=True))
    known = {"width": "1", "ahead": "200", "conditions": "1", "doubts": "1", "sure": "1.01", "seed": "0"}
    known |= {"model": "shipped", "sandbox": "docker"}
    if wrong := [key for key in given if key not in known]:
        raise TaskError(f"a planner has no setting {wrong[0]!r}; it has: {', '.join(known)}")
    told = known | given
    try:
        width, ahead, seed = (int(told[key]) for key in ("width", "ahead", "seed"))
        conditions, doubts = (bool(int(told[key])) for key in ("conditions", "doubts"))
        sure = float(told["sure"])
    except ValueError as error:
        raise TaskError(f"a planner's setting is no number: {error}") from None
    if width < 1 or ahead < 1:
        raise TaskError(f"a planner needs width >= 1 and ahead >= 1; got {width} and {ahead}")
    box = open_sandbox(told["sandbox"] if told["model"] == "real" else "process")  # no other model enters it
    subject = open_subject(told["model"], box)
    return PlannerAgent(Dreams(subject, width, ahead, seed), conditions, doubts, sure)
