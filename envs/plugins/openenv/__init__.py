"""Environments over OpenEnv: a server that hosts any registered id, and its client.

This folder is an OpenEnv environment by itself: ``openenv validate`` reads its ``openenv.yaml``, and its
``Dockerfile`` makes the image. `server.app` serves the id that the process's environment names.
"""

from .client import DebugClient
from .hosted import HostedEnvironment
from .models import DebugAction, DebugObservation, DebugState

__all__ = ["DebugAction", "DebugClient", "DebugObservation", "DebugState", "HostedEnvironment"]
