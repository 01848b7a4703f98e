"""Registers the environments with Gymnasium."""

from __future__ import annotations

from itertools import product

import gymnasium

TASKS = {
    "OutputPrediction": "debugworld.envs.output_prediction:OutputPrediction",
    "StateQuery": "debugworld.envs.state_query:StateQuery",
    "ReachState": "debugworld.envs.reach_state:ReachState",
}
"""Entry point of each task."""
FAMILIES = {"Text": "text", "Features": "features"}
"""Name of each observation family in an id, and in the arguments."""
ENV_IDS = tuple(f"debugworld/{task}-{family}-v0" for task, family in product(TASKS, FAMILIES))
"""Every registered id."""


def register_envs() -> None:
    """Makes `gymnasium.make` know every id of `ENV_IDS`; may be called twice."""
    for task, family in product(TASKS, FAMILIES):
        name = f"debugworld/{task}-{family}-v0"
        if name not in gymnasium.registry:
            gymnasium.register(name, TASKS[task], kwargs={"family": FAMILIES[family]})
