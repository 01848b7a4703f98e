"""Agents: policies that act in the environments, and how well they do.

Agents see observations and the published info only; nothing here looks at hidden truth.
"""

from debugworld.worldmodel.statistics import Estimate

from .agent import AGENTS, Agent, make_agent
from .evaluation import Episode, Evaluation, evaluate, run_episode
from .random_agent import RandomAgent
from .scripted import ScriptedAgent

__all__ = [
    "AGENTS",
    "Agent",
    "Episode",
    "Estimate",
    "Evaluation",
    "RandomAgent",
    "ScriptedAgent",
    "evaluate",
    "make_agent",
    "run_episode",
]
