"""Registers the environments with Gymnasium."""

from __future__ import annotations

import gymnasium
from gymnasium.envs.registration import WrapperSpec

TASKS = {
    "OutputPrediction": "debugworld.envs.output_prediction:OutputPrediction",
    "StateQuery": "debugworld.envs.state_query:StateQuery",
    "ReachState": "debugworld.envs.reach_state:ReachState",
    "FaultLocalization": "debugworld.envs.fault_localization:FaultLocalization",
    "Repair": "debugworld.envs.repair:Repair",
    "BugInjection": "debugworld.envs.bug_injection:BugInjection",
    "InputPrediction": "debugworld.envs.input_prediction:InputPrediction",
    "Complexity": "debugworld.envs.complexity:Complexity",
}
"""Entry point of each task."""
VECTORS = {
    "OutputPrediction": "debugworld.envs.vector:output_prediction",
    "StateQuery": "debugworld.envs.vector:state_query",
    "ReachState": "debugworld.envs.vector:reach_state",
    "FaultLocalization": "debugworld.envs.vector:fault_localization",
    "Repair": "debugworld.envs.vector:repair",
    "BugInjection": "debugworld.envs.vector:bug_injection",
    "InputPrediction": "debugworld.envs.vector:input_prediction",
    "Complexity": "debugworld.envs.vector:complexity",
}
"""Vector entry point of each task."""
COMMON = ("OutputPrediction", "StateQuery", "ReachState")
"""Tasks for which any program with an entry will do; the others ask for more."""
FAMILIES = {"Text": "text", "Features": "features"}
"""Name of each observation family in an id, and in the arguments."""
BUG_TASKS = ("FaultLocalization", "Repair", "BugInjection")
"""The tasks that draw bugs (see `bug_set`); the others draw programs (see `task_set`)."""
TEXT_TASKS = ("Repair", "BugInjection")
"""The tasks that have the family text only."""


def families_of(task: str) -> tuple[str, ...]:
    """Returns the names of the families that a task has."""
    return ("Text",) if task in TEXT_TASKS else tuple(FAMILIES)


ENV_IDS = tuple(f"debugworld/{task}-{family}-v0" for task in TASKS for family in families_of(task))
"""Every registered id, those of `MASKED_IDS` left out."""
BUG_ENV_IDS = tuple(name for name in ENV_IDS if name.split("/")[1].split("-")[0] in BUG_TASKS)
"""The ids of the tasks that draw bugs."""
PROGRAM_ENV_IDS = tuple(name for name in ENV_IDS if name.split("/")[1].split("-")[0] in COMMON)
"""The ids of the tasks that any program with an entry will do for."""
MASKED_IDS = tuple(name.replace("-Features-", "-Masked-") for name in ENV_IDS if "-Features-" in name)
"""Ids of the features family whose observations carry the mask, see `MaskedObservations`."""
REGISTERED_IDS = (*ENV_IDS, *MASKED_IDS)
"""Every registered id."""
_MASKED = WrapperSpec("MaskedObservations", "debugworld.envs.masked:MaskedObservations", {})


def register_envs() -> None:
    """Makes `gymnasium.make` know every id of `ENV_IDS` and `MASKED_IDS`; may be called twice."""
    for task in TASKS:
        for family in families_of(task):
            name = f"debugworld/{task}-{family}-v0"
            if name not in gymnasium.registry:
                gymnasium.register(
                    name,
                    TASKS[task],
                    kwargs={"family": FAMILIES[family]},
                    vector_entry_point=VECTORS[task],
                )
    for name in MASKED_IDS:
        if name not in gymnasium.registry:
            task = TASKS[name.split("/")[1].split("-")[0]]
            gymnasium.register(name, task, kwargs={"family": "features"}, additional_wrappers=(_MASKED,))
