"""Many environments as one, for `gymnasium.make_vec`.

Recorded runs of the ``features`` family are stepped in numpy; where a model answers, all environments ask it
together. Both agree step by step with `gymnasium.vector.SyncVectorEnv` over single environments.
"""

from .entry import (
    bug_injection,
    complexity,
    fault_localization,
    input_prediction,
    output_prediction,
    reach_state,
    repair,
    state_query,
)

__all__ = [
    "bug_injection",
    "complexity",
    "fault_localization",
    "input_prediction",
    "output_prediction",
    "reach_state",
    "repair",
    "state_query",
]
