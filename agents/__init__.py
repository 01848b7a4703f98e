"""Agents: policies that act in the environments, and how well they do.

Agents see observations and the published info only; nothing here looks at hidden truth.
"""

from debugworld.worldmodel.statistics import Estimate

from .agent import AGENTS, CATALOG, SPECTRUM_AGENTS, Agent, make_agent
from .bisection_agent import BisectionAgent
from .delta_debugging import ddmin, minimise, minimise_failure
from .evaluation import Episode, Evaluation, evaluate, run_episode
from .learned import LearnedAgent, learned_options
from .mutation_agent import MutationAgent
from .planting_agent import PlantingAgent
from .random_agent import RandomAgent
from .scripted import ScriptedAgent
from .solver import AgentSolver
from .spectrum_agent import SpectrumAgent
from .step_agent import StepAgent

__all__ = [
    "AGENTS",
    "CATALOG",
    "SPECTRUM_AGENTS",
    "Agent",
    "AgentSolver",
    "BisectionAgent",
    "Episode",
    "Estimate",
    "Evaluation",
    "LearnedAgent",
    "MutationAgent",
    "PlantingAgent",
    "RandomAgent",
    "ScriptedAgent",
    "SpectrumAgent",
    "StepAgent",
    "ddmin",
    "evaluate",
    "learned_options",
    "make_agent",
    "minimise",
    "minimise_failure",
    "run_episode",
]
