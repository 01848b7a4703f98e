"""What every agent can do: act on what it sees, in any environment and either world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from debugworld.envs import BugInjection, DebugEnv, FaultLocalization, Repair
from debugworld.envs.registration import BUG_TASKS, TASKS, families_of
from debugworld.envs.spectrum import FORMULAE

from .bisection_agent import BisectionAgent
from .learned import LearnedAgent, is_learned
from .mutation_agent import MutationAgent
from .random_agent import RandomAgent
from .scripted import ScriptedAgent
from .spectrum_agent import SpectrumAgent
from .step_agent import StepAgent


class Agent(Protocol):
    """Chooses actions from observations and the published info, never from hidden truth."""

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes everything that is random in it."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns an element of the environment's action space."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An agent that has a name."""

    tasks: tuple[str, ...]
    """The tasks that it plays, by the names in their ids."""
    make: Callable[..., Agent]
    """Makes it for an environment of such a task."""
    does: str
    """What it does, in a line."""
    text_only: bool = False
    """Whether it reads pages only."""
    settings: bool = False
    """Whether settings may follow its name after ``?``; ``make`` then takes them, too."""

    def refusal(self, name: str, env: DebugEnv) -> str:
        """Says why it does not play in an environment; empty where it does."""
        if type(env).__name__ not in self.tasks:
            return f"the agent {name} plays {', '.join(self.tasks)} only; others: {', '.join(AGENTS)}"
        if self.text_only and not env.shows_text:
            return f"the agent {name} reads pages; take an id with Text"
        return ""

    @property
    def families(self) -> tuple[str, ...]:
        """The families that it plays in, where the tasks have them."""
        found = dict.fromkeys(family for task in self.tasks for family in families_of(task))
        return ("Text",) if self.text_only else tuple(found)


def _scripted(env: DebugEnv) -> Agent:
    if isinstance(env, FaultLocalization):
        return SpectrumAgent()
    if isinstance(env, Repair | BugInjection):
        return MutationAgent(plants=isinstance(env, BugInjection))
    return ScriptedAgent()


def _planner(settings: str) -> Agent:
    from .planner_settings import open_planner  # a model is opened with it

    return open_planner(settings)


AGENTS = ("random", "scripted")
"""The agents by name that play everything."""
SPECTRUM_AGENTS = tuple(FORMULAE)
"""Those that play FaultLocalization only, by the name of their formula."""
_PROGRAM_TASKS = tuple(task for task in TASKS if task not in BUG_TASKS)
CATALOG: dict[str, Entry] = {
    "random": Entry(tuple(TASKS), lambda env: RandomAgent(env.action_space), "draws from the legal commands"),
    "scripted": Entry(tuple(TASKS), _scripted, "the plainest routine of each task"),
    "step": Entry(
        (*_PROGRAM_TASKS, "FaultLocalization"),
        lambda env: StepAgent(isinstance(env, FaultLocalization)),
        "single steps until the answer is seen",
    ),
    "bisect": Entry(
        ("FaultLocalization",),
        lambda env: BisectionAgent(),
        "halves the lines before the failure by breakpoints, for where a value came from",
        text_only=True,
    ),
    "planner": Entry(
        _PROGRAM_TASKS,
        lambda env, settings="": _planner(settings),
        "looks ahead in a dream of the program, acts where it is",
        text_only=True,
        settings=True,
    ),
} | {
    name: Entry(
        ("FaultLocalization",),
        lambda env, name=name: SpectrumAgent(name),
        f"runs all tests, accuses by {name} over what they covered",
    )
    for name in SPECTRUM_AGENTS
}
"""The agents by name; those with names that hold a path or an address come beside, see `make_agent`."""


LANGUAGE = "lm:"
"""How the name of a language model's agent begins."""


def make_agent(name: str, env: DebugEnv) -> Agent:
    """Returns a new agent for an environment.

    Args:
        name: One of `CATALOG`, a planner's with settings as in ``planner?width=4&model=ngram`` (see
            `planner_settings`); ``lm:MODEL?setting=value&...`` for a language model: ``smollm2``, a path
            or the address of a server (see `language`); or the folder of a trained agent.
        env: The environment.

    Raises:
        ValueError: there is none of that name, or not for this environment.
        ModelError: the model behind it or a setting of it cannot be used.
        TaskError: a planner's setting is unknown or out of range.
    """
    if name.startswith(LANGUAGE):
        from .language import open_language_agent

        return open_language_agent(name.removeprefix(LANGUAGE), env)
    if is_learned(name):
        return LearnedAgent.load(name, env)
    word, asks, settings = name.partition("?")
    entry = CATALOG.get(word)
    if entry is None or (asks and not entry.settings):
        known = f"{', '.join(CATALOG)}, {LANGUAGE}MODEL, or the folder of a trained one"
        raise ValueError(f"there is no agent {name!r}; use one of: {known}")
    refusal = entry.refusal(word, env)
    if refusal:
        raise ValueError(refusal)
    return entry.make(env, settings) if asks else entry.make(env)
