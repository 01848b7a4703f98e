"""The vector entry points of the registered tasks: which kind of vector serves which arguments."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..bug_injection import BugInjection
from ..complexity import Complexity
from ..environment import DebugEnv
from ..fault_localization import FaultLocalization
from ..input_prediction import InputPrediction
from ..output_prediction import OutputPrediction
from ..reach_state import ReachState
from ..repair import Repair
from ..state_query import StateQuery
from .localizing import LocalizingVectorEnv
from .proposing import ProposingVectorEnv
from .recorded import RecordedVectorEnv
from .together import TogetherVectorEnv
from .trying import TryingVectorEnv

_TABLED: tuple[type[DebugEnv], ...] = (OutputPrediction, StateQuery, ReachState)
"""Tasks that can be stepped in tables: nothing runs but what was recorded when an episode began."""
_RECORDING: dict[type[DebugEnv], type[RecordedVectorEnv]] = {
    FaultLocalization: LocalizingVectorEnv,
    Complexity: TryingVectorEnv,
    InputPrediction: ProposingVectorEnv,
}
"""Tasks that go from one real run to others, each recorded when it is first gone to, and their vectors."""
_USUAL = (
    ("backend", ("real", "rollout")),
    ("actions", ("plain",)),
    ("feedback", ("true",)),
)
"""Arguments, and what they may be for the environments to be stepped in tables."""


def open_vector(task: type[DebugEnv], num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of environments of one task.

    Args:
        task: Their class.
        num_envs: How many.
        **options: As the class takes them, and ``autoreset_mode`` and ``copy`` as
            `gymnasium.vector.SyncVectorEnv` takes them.

    Raises:
        TaskError: an argument names nothing that there is, or the task set is unusable.
    """
    if num_envs < 1:
        raise ValueError(f"a vector needs at least one environment; got num_envs={num_envs}")
    shown = options.get("family") == "features" and options.get("render_mode") != "human"
    plain = not options.get("shaping") and all(options.get(name, usual[0]) in usual for name, usual in _USUAL)
    if shown and plain and task in _TABLED:
        return RecordedVectorEnv(task, num_envs, **options)
    if shown and plain and task in _RECORDING and options.get("backend", "real") == "real":
        return _RECORDING[task](task, num_envs, **options)
    return TogetherVectorEnv(task, num_envs, **options)


def output_prediction(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `OutputPrediction`; see `open_vector`."""
    return open_vector(OutputPrediction, num_envs, **options)


def state_query(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `StateQuery`; see `open_vector`."""
    return open_vector(StateQuery, num_envs, **options)


def reach_state(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `ReachState`; see `open_vector`."""
    return open_vector(ReachState, num_envs, **options)


def fault_localization(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `FaultLocalization`; see `open_vector`."""
    return open_vector(FaultLocalization, num_envs, **options)


def repair(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `Repair`; see `open_vector`."""
    return open_vector(Repair, num_envs, **options)


def bug_injection(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `BugInjection`; see `open_vector`."""
    return open_vector(BugInjection, num_envs, **options)


def input_prediction(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `InputPrediction`; see `open_vector`."""
    return open_vector(InputPrediction, num_envs, **options)


def complexity(num_envs: int = 1, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Opens a vector of `Complexity`; see `open_vector`."""
    return open_vector(Complexity, num_envs, **options)
