"""What goes over the wire: a command one way, a scene the other."""

from __future__ import annotations

from typing import Any

from openenv.core.env_server.types import Action, Observation, State
from pydantic import Field


class DebugAction(Action):
    """One command, in the words of the text family, whatever family the environment has."""

    command: str = Field(
        ...,
        max_length=4096,
        description="A debugger command: s (step into), n (step over), r (step return), u LINE (run to), "
        "until CONDITION, c (continue), b LINE, b LINE, CONDITION or b FUNCTION (break), watch NAME (break "
        "where it changes), cl LINE (clear), back, bo (back over), bc (back to call), rc (reverse continue), "
        "p EXPRESSION, up and d (look into another frame), !NAME = EXPRESSION (assign); 'answer VALUE' where "
        "a value is asked for; and what the page names beside.",
    )


class DebugObservation(Observation):
    """A scene as text, and as arrays where the environment shows those."""

    page: str = Field(..., description="Task, program, current stop, locals and what was refused, as text")
    features: dict[str, Any] | None = Field(
        default=None, description="The observation of the features family as nested lists; none for text"
    )
    action_mask: list[int] = Field(..., description="1 for each numbered command that is legal now")
    success: bool = Field(default=False, description="Whether the task is done")
    truncated: bool = Field(
        default=False, description="Whether the episode ended undone, by moves or a fault"
    )
    error: str = Field(default="", description="Why the last command was refused, or what broke")


class DebugState(State):
    """Which episode is running."""

    env_id: str = Field(..., description="Registered id")
    seed: int | None = Field(default=None, description="Of the last reset")
    task: int | None = Field(default=None, description="Number of the task, where the reset chose it")
