"""What every agent can do: act on what it sees, in any environment and either world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

from debugworld.envs import BugInjection, DebugEnv, FaultLocalization, Repair
from debugworld.envs.errors import TaskError
from debugworld.envs.spectrum import FORMULAE

from .mutation_agent import MutationAgent
from .random_agent import RandomAgent
from .scripted import ScriptedAgent
from .spectrum_agent import SpectrumAgent

if TYPE_CHECKING:
    from .planner import PlannerAgent


class Agent(Protocol):
    """Chooses actions from observations and the published info, never from hidden truth."""

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes everything that is random in it."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns an element of the environment's action space."""


AGENTS = ("random", "scripted")
"""The agents by name."""
SPECTRUM_AGENTS = tuple(FORMULAE)
"""Those that play FaultLocalization only, by the name of their formula."""
DREAMING_AGENTS = ("planner",)
"""Those that dream the program on the page: they play the ``Text`` family of the tasks on programs only.

Settings follow the name, as in ``planner?width=4&model=ngram``; see `make_planner`."""


def make_agent(name: str, env: DebugEnv) -> Agent:
    """Returns a new agent for an environment.

    Raises:
        ValueError: there is none of that name, or not for this environment.
        ModelError: what a planner dreams with cannot be had.
    """
    word, _, settings = name.partition("?")
    if word in DREAMING_AGENTS:
        if not env.shows_text or isinstance(env, FaultLocalization | Repair | BugInjection):
            raise ValueError(f"the agent {word} plays tasks on programs as Text only, as in ReachState-Text")
        return make_planner(settings)
    if name in SPECTRUM_AGENTS:
        if not isinstance(env, FaultLocalization):
            raise ValueError(f"the agent {name} plays FaultLocalization only; others: {', '.join(AGENTS)}")
        return SpectrumAgent(name)
    if name == "random":
        return RandomAgent(env.action_space)
    if name == "scripted":
        if isinstance(env, FaultLocalization):
            return SpectrumAgent()
        if isinstance(env, Repair | BugInjection):
            return MutationAgent(plants=isinstance(env, BugInjection))
        return ScriptedAgent()
    raise ValueError(f"there is no agent {name!r}; use one of: {', '.join(AGENTS)}")


def make_planner(settings: str = "") -> PlannerAgent:
    """Returns a planner.

    Args:
        settings: As in ``width=4&ahead=100``, each at most once: ``model``, what it dreams with, as
            `worldmodel.fidelity.subjects.open_subject` takes it, ``real`` for an upper bound (default: the
            checkpoint that ships); ``width``, dreams of one stop (1); ``ahead``, states that they look ahead
            (200); ``conditions=0`` for no breakpoints under conditions, ``doubts=0`` to trust the dream
            blindly, ``sure``, the confidence from which on a dreamt value is answered (never); ``sandbox``,
            the box of ``model=real`` (docker); ``seed``, of the draws.

    Raises:
        TaskError: a setting is unknown or out of range.
        ModelError: there is no such model.
    """
    from debugworld.sandboxes import open_sandbox
    from debugworld.worldmodel.fidelity.subjects import open_subject

    from .dreams import Dreams
    from .planner import PlannerAgent

    given = dict(parse_qsl(settings, keep_blank_values=True))
    known = {"width": "1", "ahead": "200", "conditions": "1", "doubts": "1", "sure": "1.01", "seed": "0"}
    known |= {"model": "shipped", "sandbox": "docker"}
    if wrong := [key for key in given if key not in known]:
        raise TaskError(f"a planner has no setting {wrong[0]!r}; it has: {', '.join(known)}")
    told = known | given
    try:
        width, ahead, seed = (int(told[key]) for key in ("width", "ahead", "seed"))
        conditions, doubts = (bool(int(told[key])) for key in ("conditions", "doubts"))
        sure = float(told["sure"])
    except ValueError as error:
        raise TaskError(f"a planner's setting is no number: {error}") from None
    if width < 1 or ahead < 1:
        raise TaskError(f"a planner needs width >= 1 and ahead >= 1; got {width} and {ahead}")
    box = open_sandbox(told["sandbox"] if told["model"] == "real" else "process")  # no other model enters it
    subject = open_subject(told["model"], box)
    return PlannerAgent(Dreams(subject, width, ahead, seed), conditions, doubts, sure)
