"""Gymnasium environments over the real and the neural debugger.

An environment is a task x an observation family x a backend. Importing this package
registers every id, so ``gym.make("debugworld.envs:debugworld/ReachState-Text-v0")``
works without any other import.
"""

from .command import Answer, Command, CommandSet, TaskCommand, TaskKind, parse, spell
from .environment import DebugEnv
from .episode import Episode, RecordEpisodes, Validation, load_episodes, validate
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
    "Episode",
    "Goal",
    "OutputPrediction",
    "Query",
    "ReachState",
    "RecordEpisodes",
    "StateQuery",
    "TaskCommand",
    "TaskError",
    "TaskKind",
    "TaskSet",
    "TextSpace",
    "Validation",
    "load_episodes",
    "load_task_set",
    "parse",
    "register_envs",
    "spell",
    "validate",
]

register_envs()
