"""Gymnasium environments over the real and the neural debugger.

An environment is a task x an observation family x a backend. Importing this package
registers every id, so ``gym.make("debugworld.envs:debugworld/ReachState-Text-v0")``
works without any other import.
"""

from .command import Answer, Command, CommandSet, parse, spell
from .environment import DebugEnv
from .errors import TaskError
from .goal import Goal
from .output_prediction import OutputPrediction
from .query import Query
from .reach_state import ReachState
from .registration import ENV_IDS, register_envs
from .spaces import CommandSpace, TextSpace
from .state_query import StateQuery
from .task_set import TaskSet, load_task_set

__all__ = [
    "ENV_IDS",
    "Answer",
    "Command",
    "CommandSet",
    "CommandSpace",
    "DebugEnv",
    "Goal",
    "OutputPrediction",
    "Query",
    "ReachState",
    "StateQuery",
    "TaskError",
    "TaskSet",
    "TextSpace",
    "load_task_set",
    "parse",
    "register_envs",
    "spell",
]

register_envs()
