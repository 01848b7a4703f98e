"""Environments as classes of tools, as ``environment_factory`` of TRL's ``GRPOTrainer`` takes them.

The tools are the commands of the text family; each returns the page that follows. The reward of an episode is
what the environment paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import gymnasium

from debugworld.envs.command import Answer, Command, spell
from debugworld.envs.environment import DebugEnv
from debugworld.envs.errors import TaskError
from debugworld.sandboxes.debugger import Action, ActionKind

if TYPE_CHECKING:
    from datasets import Dataset

INSTRUCTION = "Use the tools to debug the program, until the task below is done.\n\n"
"""Prompt that the first page is appended to."""
OVER = "The episode is over; more calls change nothing."
"""What a tool says after the end."""


class ToolEnvironment:
    """One environment whose commands are methods; see `environment_factory`.

    A reward is kept until it is asked for; tools called after the end of an episode do nothing.
    """

    _env_id: str
    _arguments: dict[str, Any]

    def __init__(self) -> None:
        self._env = gymnasium.make(self._env_id, **self._arguments)
        self._over = True
        self._return = 0.0

    def reset(self, seed: int | None = None, task: int | None = None, **columns: Any) -> str:
        """Starts an episode.

        Args:
            seed: Seeds what is drawn; rows of one group must have one, so that they play the same episode.
            task: Number of a task of the set; drawn where there is none.
            **columns: The other columns of a data set; not used.

        Returns:
            The page, which the trainer appends to the prompt.
        """
        options = None if task is None else {"task": task}
        page, _ = self._env.reset(seed=seed, options=options)
        self._over, self._return = False, 0.0
        return str(page)

    def get_reward(self) -> float:
        """Returns what the episode has paid so far."""
        return self._return

    def _do(self, command: Command) -> str:
        if self._over:
            return OVER
        page, reward, terminated, truncated, info = self._env.step(spell(command))
        self._return += float(reward)
        self._over = terminated or truncated
        if not self._over:
            return str(page)
        return f"{page}{'Solved. ' if info['success'] else 'Not solved. '}{OVER}\n"


_PLAIN = {
    ActionKind.STEP_INTO: ("step_into", "Go to the next state in time, into a call if there is one."),
    ActionKind.STEP_OVER: (
        "step_over",
        "Go to the next line of this function, over calls; at its end, go to the caller.",
    ),
    ActionKind.STEP_RETURN: ("step_return", "Go to where this function returns or raises."),
    ActionKind.CONTINUE: ("cont", "Run to the next breakpoint, or to the end of the program."),
    ActionKind.BACK_INTO: ("back_into", "Go back to the previous state in time, into calls."),
    ActionKind.BACK_OVER: ("back_over", "Go back to the previous line of this function, over calls."),
    ActionKind.BACK_TO_CALL: ("back_to_call", "Go back to where this function was called."),
    ActionKind.REVERSE_CONTINUE: (
        "reverse_continue",
        "Run backwards to the last breakpoint, or to the start of the program.",
    ),
}
_LINED = {
    ActionKind.RUN_TO: ("run_to", "Run until a line is about to run, or to the end of the program."),
    ActionKind.BREAK: ("break_at", "Set a breakpoint on a line."),
    ActionKind.CLEAR: ("clear_at", "Remove the breakpoint on a line."),
}
_RETURNS = "\n\nReturns:\n    The page that follows."
_LINE = "\n\nArgs:\n    line: Number of the line."
_ANSWER = """Answer the question of the task; this ends the episode.

Args:
    text: The value as Python's repr writes it; for an exception its type and message, as "Type: message".

Returns:
    The last page, and whether the answer was right."""
TOOL_NAMES = {kind: name for kind, (name, _) in (_PLAIN | _LINED).items()}
"""Name of the tool of each action: the action's own, or one that Python does not keep for itself."""


def _plain(kind: ActionKind) -> Callable[..., str]:
    def tool(self: ToolEnvironment) -> str:
        return self._do(Action(kind))

    name, text = _PLAIN[kind]
    return _described(tool, name, text + _RETURNS)


def _lined(kind: ActionKind) -> Callable[..., str]:
    def tool(self: ToolEnvironment, line: int) -> str:
        return self._do(Action(kind, line))

    name, text = _LINED[kind]
    return _described(tool, name, text + _LINE + _RETURNS)


def _answer() -> Callable[..., str]:
    def tool(self: ToolEnvironment, text: str) -> str:
        return self._do(Answer(text))

    return _described(tool, "answer", _ANSWER)


def _described(tool: Callable[..., str], name: str, text: str) -> Callable[..., str]:
    """Names a tool and documents it; a schema cannot say what ``self`` is."""
    tool.__name__, tool.__doc__ = name, text
    tool.__annotations__.pop("self")
    return tool


def environment_factory(env_id: str, **arguments: Any) -> type[ToolEnvironment]:
    """Returns the class that a trainer makes its environments from.

    Args:
        env_id: A registered id of the text family.
        **arguments: Of `gymnasium.make`.

    Raises:
        gymnasium.error.Error: there is no such id.
        TaskError: the id is of another family, or an argument names nothing that there is.
    """
    env = gymnasium.make(env_id, **arguments)
    base = env.unwrapped
    if not isinstance(base, DebugEnv) or not base.shows_text:
        raise TaskError(f"{env_id} does not show text; tools are made of the ids of the text family")
    tools = [*map(_plain, _PLAIN), *map(_lined, _LINED), *([_answer()] if base.answers else [])]
    env.close()
    members = {"_env_id": env_id, "_arguments": arguments} | {tool.__name__: tool for tool in tools}
    return type(type(base).__name__, (ToolEnvironment,), members)


def prompts(seeds: Iterable[int]) -> Dataset:
    """Returns a training set with one episode a row: columns ``prompt`` (messages) and ``seed``.

    All completions of a row play the same episode, as a group's baseline needs.
    """
    from datasets import Dataset

    rows = [{"prompt": [{"role": "user", "content": INSTRUCTION}], "seed": seed} for seed in seeds]
    return Dataset.from_list(rows)
