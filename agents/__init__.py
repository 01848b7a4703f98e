"""Agents: policies that act in the environments, and how well they do.

Agents see observations and the published info only; nothing here looks at hidden truth.
"""

from debugworld.worldmodel.statistics import Estimate

from .agent import AGENTS, SPECTRUM_AGENTS, Agent, make_agent
from .evaluation import Episode, Evaluation, evaluate, run_episode
from .learned import LearnedAgent, learned_options
from .mutation_agent import MutationAgent
from .random_agent import RandomAgent
from .scripted import ScriptedAgent
from .spectrum_agent import SpectrumAgent

__all__ = [
    "AGENTS",
    "SPECTRUM_AGENTS",
    "Agent",
    "Episode",
    "Estimate",
    "Evaluation",
    "LearnedAgent",
    "MutationAgent",
    "RandomAgent",
    "ScriptedAgent",
    "SpectrumAgent",
    "evaluate",
    "learned_options",
    "make_agent",
    "run_episode",
]
