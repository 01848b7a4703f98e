"""Gymnasium environments over the real and the neural debugger.

An environment is a task x an observation family x a backend. Importing this package
registers every id, so ``gym.make("debugworld.envs:debugworld/ReachState-Text-v0")``
works without any other import.
"""

from .bug import Bug, BugSet, Case
from .bug_injection import BugInjection
from .bug_set import load_bug_set
from .command import Answer, Command, CommandSet, TaskCommand, TaskKind, Trial, parse, spell
from .complexity import Complexity
from .curriculum import Curriculum, TaskSampler
from .environment import DebugEnv
from .episode import Episode, RecordEpisodes, Validation, load_episodes, validate
from .errors import NoSandbox, TaskError
from .fault_localization import FaultLocalization
from .goal import Goal
from .input_prediction import InputPrediction
from .masked import MaskedObservations
from .output_prediction import OutputPrediction
from .planted import RecordBugs
from .query import Query
from .reach_state import ReachState
from .registration import BUG_ENV_IDS, ENV_IDS, MASKED_IDS, PROGRAM_ENV_IDS, REGISTERED_IDS, register_envs
from .repair import Repair
from .solver import Player
from .spaces import CommandSpace, TextSpace
from .state_query import StateQuery
from .task_set import TaskSet, load_task_set
from .vector_curriculum import VectorCurriculum

__all__ = [
    "BUG_ENV_IDS",
    "ENV_IDS",
    "MASKED_IDS",
    "PROGRAM_ENV_IDS",
    "REGISTERED_IDS",
    "Answer",
    "Bug",
    "BugInjection",
    "BugSet",
    "Case",
    "Command",
    "CommandSet",
    "CommandSpace",
    "Complexity",
    "Curriculum",
    "DebugEnv",
    "Episode",
    "FaultLocalization",
    "Goal",
    "InputPrediction",
    "MaskedObservations",
    "NoSandbox",
    "OutputPrediction",
    "Player",
    "Query",
    "RecordBugs",
    "ReachState",
    "RecordEpisodes",
    "Repair",
    "StateQuery",
    "TaskCommand",
    "TaskError",
    "TaskKind",
    "TaskSampler",
    "TaskSet",
    "TextSpace",
    "Trial",
    "Validation",
    "VectorCurriculum",
    "load_bug_set",
    "load_episodes",
    "load_task_set",
    "parse",
    "register_envs",
    "spell",
    "validate",
]

register_envs()
