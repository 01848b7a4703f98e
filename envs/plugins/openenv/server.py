"""The server: OpenEnv's own application around one registered id.

``uvicorn debugworld.envs.plugins.openenv.server:app`` serves the id in ``DEBUGWORLD_ENV_ID``, made with the
JSON object in ``DEBUGWORLD_ENV_ARGUMENTS``, to ``DEBUGWORLD_ENV_SESSIONS`` clients at a time.
"""

from __future__ import annotations

import json
import os
from functools import partial
from typing import Any

from fastapi import FastAPI
from openenv.core.env_server import create_app

from .hosted import HostedEnvironment
from .models import DebugAction, DebugObservation, DebugState


def make_app(env_id: str, sessions: int = 64, **arguments: Any) -> FastAPI:
    """Returns the application that serves an id.

    Args:
        env_id: A registered id of either family.
        sessions: Most clients at a time.
        **arguments: Of `gymnasium.make`.

    Raises:
        gymnasium.error.Error: there is no such id.
        TaskError: it cannot be served, or an argument names nothing that there is.
    """
    HostedEnvironment(env_id, **arguments).close()  # what is wrong is said now, and not to the first client
    return create_app(
        partial(HostedEnvironment, env_id, **arguments),
        DebugAction,
        DebugObservation,
        env_name=env_id.rpartition("/")[2],
        max_concurrent_envs=sessions,
        state_cls=DebugState,
    )


def __getattr__(name: str) -> Any:
    """Makes ``app`` when it is asked for, of what the process's environment says."""
    if name != "app":
        raise AttributeError(name)
    return make_app(
        os.environ.get("DEBUGWORLD_ENV_ID", "debugworld/ReachState-Text-v0"),
        int(os.environ.get("DEBUGWORLD_ENV_SESSIONS", "64")),
        **json.loads(os.environ.get("DEBUGWORLD_ENV_ARGUMENTS", "{}")),
    )
