"""The client's side of one session."""

from __future__ import annotations

from typing import Any

from openenv.core import EnvClient
from openenv.core.client_types import StepResult

from .models import DebugAction, DebugObservation, DebugState


class DebugClient(EnvClient[DebugAction, DebugObservation, DebugState]):
    """Speaks to a server of `server`.

    ``with DebugClient(base_url="http://localhost:8000").sync() as client: client.reset(seed=0)``.
    """

    def _step_payload(self, action: DebugAction) -> dict[str, Any]:
        return action.model_dump()

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[DebugObservation]:
        reward, done = payload.get("reward"), payload.get("done", False)
        seen = DebugObservation(**payload["observation"] | {"reward": reward, "done": done})
        return StepResult(observation=seen, reward=reward, done=done)

    def _parse_state(self, payload: dict[str, Any]) -> DebugState:
        return DebugState(**payload)
