"""Training of agents: in the real world, in dreams, or in both; checked in the real one.

Stable-Baselines3 trains; here stand the worlds, the policy that points at lines, and what is kept of a run.
"""

from .config import ALGORITHMS, POLICIES, WORLDS, AgentError, TrainAgentConfig
from .train import train_agent

__all__ = ["ALGORITHMS", "POLICIES", "WORLDS", "AgentError", "TrainAgentConfig", "train_agent"]
