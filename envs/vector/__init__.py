"""Many environments as one, for `gymnasium.make_vec`.

Recorded runs of the ``features`` family are stepped in numpy; where a model answers, all environments ask it
together. Both agree step by step with `gymnasium.vector.SyncVectorEnv` over single environments.
"""

from .entry import output_prediction, reach_state, state_query

__all__ = ["output_prediction", "reach_state", "state_query"]
