"""Environments as classes of tools, as ``environment_factory`` of TRL's ``GRPOTrainer`` takes them.

The tools are the commands of the text family; each returns the page that follows. The reward of an episode is
what the environment paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, NamedTuple

import gymnasium

from debugworld.envs.command import (
    ANSWER,
    LOOK_KINDS,
    TRY,
    Answer,
    Command,
    TaskCommand,
    TaskKind,
    Trial,
    parse,
    spell,
)
from debugworld.envs.environment import DebugEnv
from debugworld.envs.errors import TaskError
from debugworld.envs.spaces import MAX_COMMAND
from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Breakpoint, IllegalAction

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

    def _do(self, said: str) -> str:
        if self._over:
            return OVER
        page, reward, terminated, truncated, info = self._env.step(said)
        self._return += float(reward)
        self._over = terminated or truncated
        if not self._over:
            return str(page)
        return f"{page}{'Solved. ' if info['success'] else 'Not solved. '}{OVER}\n"


class _Tool(NamedTuple):
    """How a command is offered as a tool."""

    name: str
    """The command's own, or a clearer one."""
    text: str
    """What it does."""
    arguments: tuple[str, ...] = ()
    """Those of `_ARGUMENTS` that it takes."""


class _Argument(NamedTuple):
    """What a tool is told."""

    kind: type
    """Its type."""
    text: str
    """What it means."""
    default: Any = Parameter.empty
    """What it is where it is left out; one without must be there."""


_ARGUMENTS = {
    "line": _Argument(int, "Number of the line."),
    "number": _Argument(int, "Number of the test."),
    "text": _Argument(str, "The new text, with its indentation."),
    "expression": _Argument(str, "A Python expression over the variables in sight."),
    "variable": _Argument(str, "Name of a variable in sight."),
    "wanted": _Argument(str, "A Python expression over the variables in sight, true where to stop."),
    "condition": _Argument(str, "A Python expression that must be true there; empty for none.", ""),
    "hits": _Argument(int, "The pass from which on it holds.", 1),
    "count": _Argument(int, "Number of frames.", 1),
    "event": _Argument(
        str,
        "'function NAME' for its entry, 'exception TYPE' where one is raised, 'change NAME in FUNCTION' of a "
        "local, 'change NAME' of a global; 'hits 2' and 'if CONDITION' may follow.",
    ),
    "entry": _Argument(
        str, "Arguments as they stand between the brackets of the call, or a size, as the task asks."
    ),
    "value": _Argument(
        str,
        'The value as Python\'s repr writes it; for an exception its type and message, as "Type: message".',
    ),
}
_EVENTS = {"break_on": ActionKind.BREAK, "clear_on": ActionKind.CLEAR}
"""Names of the tools about breakpoints that no line tells in full."""
TOOLS: dict[str, _Tool] = {
    "step_into": _Tool("step_into", "Go to the next state in time, into a call if there is one."),
    "step_over": _Tool(
        "step_over", "Go to the next line of this function, over calls; at its end, go to the caller."
    ),
    "step_return": _Tool("step_return", "Go to where this function returns or raises."),
    "run_to": _Tool("run_to", "Run until a line is about to run, or to the end of the program.", ("line",)),
    "continue": _Tool("cont", "Run to the next breakpoint, or to the end of the program."),
    "back_into": _Tool("back_into", "Go back to the previous state in time, into calls."),
    "back_over": _Tool("back_over", "Go back to the previous line of this function, over calls."),
    "back_to_call": _Tool("back_to_call", "Go back to where this function was called."),
    "reverse_continue": _Tool(
        "reverse_continue", "Run backwards to the last breakpoint, or to the start of the program."
    ),
    "break": _Tool("break_at", "Set a breakpoint on a line.", ("line", "condition", "hits")),
    "clear": _Tool("clear_at", "Remove the breakpoints on a line.", ("line",)),
    "break_on": _Tool("break_on", "Set a breakpoint on something that happens.", ("event",)),
    "clear_on": _Tool("clear_on", "Remove a breakpoint on something that happens.", ("event",)),
    "run_until": _Tool(
        "run_until", "Run to the next line where a condition is true, or to the end.", ("wanted",)
    ),
    "evaluate": _Tool(
        "evaluate", "Evaluate an expression in the frame that is looked into.", ("expression",)
    ),
    "set": _Tool(
        "assign",
        "Assign a variable of the frame that is looked into; what follows is a new run.",
        ("variable", "expression"),
    ),
    "up": _Tool("up", "Look into the frame of the caller, until the next move.", ("count",)),
    "down": _Tool("down", "Look into the frame of the callee again.", ("count",)),
    "accuse": _Tool("accuse", "Name a line as the one at fault.", ("line",)),
    "test": _Tool("go_to_test", "Go to the entry of another test.", ("number",)),
    "run": _Tool("run_tests", "Run the tests that are shown."),
    "undo": _Tool("undo", "Take the last edit back."),
    "submit": _Tool("submit", "End the episode with the program as it stands."),
    "delete": _Tool("delete_line", "Remove a line.", ("line",)),
    "edit": _Tool("edit_line", "Put a text, of one line or several, in place of a line.", ("line", "text")),
    "insert": _Tool("insert_before", "Put a text before a line.", ("line", "text")),
    "replace": _Tool(
        "replace_statement",
        "Put a text in place of the whole statement that begins at a line, such as a function.",
        ("line", "text"),
    ),
    "try": _Tool(
        "try_entry", "Start the program again, entered with other arguments or at another size.", ("entry",)
    ),
    "answer": _Tool("answer", "Answer the question of the task; this ends the episode.", ("value",)),
}
"""The tools, by the name of the command; a breakpoint has one for lines and one for all else."""


def tool_call(command: Command) -> tuple[str, dict[str, Any]]:
    """Returns the name and the arguments of the tool call that stands for a command.

    Raises:
        IllegalAction: there is none; a move is made once, and in the program's own source.
    """
    name, values = ANSWER, tuple[Any, ...]()
    if isinstance(command, Answer):
        values = (command.text,)
    elif isinstance(command, Trial):
        name, values = TRY, (command.text,)
    elif isinstance(command, TaskCommand):
        name = str(command.kind)
        values = (command.number, command.text) if command.kind.takes_text else (command.number,)
    elif command.breakpoint is not None:
        name, values = _breakpoint_call(command.kind, command.breakpoint)
    else:
        name = str(command.kind)
        looks = command.kind in LOOK_KINDS
        if command.file or (command.count > 1 and not looks):
            raise IllegalAction(f"'{command}' has no tool")
        told = (command.name, command.text) if command.text else (command.count if looks else command.line,)
        values = tuple(value for value in told if value != "")
    tool = TOOLS[name]
    given = dict(zip(tool.arguments, values, strict=False))
    return tool.name, {key: value for key, value in given.items() if value != _ARGUMENTS[key].default}


def _breakpoint_call(kind: ActionKind, point: Breakpoint) -> tuple[str, tuple[Any, ...]]:
    plain = Breakpoint(point.line or 1)
    if kind is ActionKind.BREAK and point == replace(plain, condition=point.condition, hits=point.hits):
        return str(kind), (point.line, point.condition or "", point.hits)
    if point == plain:
        return str(kind), (point.line,)
    return next(name for name, each in _EVENTS.items() if each is kind), (str(point),)


def _method(kind: str) -> Callable[..., str]:
    """Returns a method with the signature, the types and the docstring that a schema is made of."""
    described = TOOLS[kind]
    told = {name: _ARGUMENTS[name] for name in described.arguments}

    def tool(self: ToolEnvironment, *values: Any, **named: Any) -> str:
        given = signature.bind(self, *values, **named)
        given.apply_defaults()
        return self._do(_said(kind, *(given.arguments[each] for each in described.arguments)))

    parameters = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=each.kind, default=each.default)
        for name, each in told.items()
    ]
    itself = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    signature = Signature([itself, *parameters], return_annotation=str)
    lines = "".join(f"    {name}: {each.text}\n" for name, each in told.items())
    arguments = f"Args:\n{lines}\n" if told else ""
    tool.__name__ = described.name
    tool.__doc__ = f"{described.text}\n\n{arguments}Returns:\n    The page that follows."
    tool.__signature__ = signature  # type: ignore[attr-defined]
    tool.__annotations__ = {name: each.kind for name, each in told.items()} | {"return": str}
    return tool


def _said(kind: str, *values: Any) -> str:
    """Returns the text of a command; of one that is none, a text that the environment refuses and tells why.

    Models write numbers as texts, too; those are read.
    """
    told = zip(TOOLS[kind].arguments, values, strict=True)
    values = tuple(
        int(value) if _ARGUMENTS[name].kind is int and _is_whole(value) else value for name, value in told
    )
    try:
        return spell(_command(kind, *values))
    except (IllegalAction, TypeError):
        return " ".join(map(str, (_EVENTS.get(kind, kind), *values)))[:MAX_COMMAND]


def _is_whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, str) and value.strip().isdecimal() and len(value) < 10


def _command(kind: str, *values: Any) -> Command:
    if kind == ANSWER:
        return Answer(str(values[0]))
    if kind == TRY:
        return Trial(str(values[0]))
    if kind in set(TaskKind):
        return TaskCommand(TaskKind(kind), *values)
    if kind in _EVENTS:
        return parse(f"{_EVENTS[kind]} {values[0]}")
    action = ActionKind(kind)
    if action is ActionKind.BREAK:
        line, condition, hits = values
        return Action(action, breakpoint=Breakpoint(line, condition=condition or None, hits=hits))
    if action is ActionKind.SET:
        return Action.parse(f"{action} {values[0]} = {values[1]}")
    if action in (ActionKind.UP, ActionKind.DOWN):
        return Action(action, count=values[0])
    return Action(action, text=str(values[0])) if action in LOOK_KINDS else Action(action, *values)


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
    says = (*([ANSWER] if base.answers else []), *([TRY] if base.trials else []))
    looks = [kind for kind in LOOK_KINDS if base.assigns or kind is not ActionKind.SET]
    names = map(str, (*BASIC_KINDS, *_EVENTS, *looks, *base.kinds, *says))
    env.close()
    methods = {TOOLS[name].name: _method(name) for name in names}
    members = {"_env_id": env_id, "_arguments": arguments} | methods
    return type(type(base).__name__, (ToolEnvironment,), members)


def prompts(seeds: Iterable[int]) -> Dataset:
    """Returns a training set with one episode a row: columns ``prompt`` (messages) and ``seed``.

    All completions of a row play the same episode, as a group's baseline needs.
    """
    from datasets import Dataset

    rows = [{"prompt": [{"role": "user", "content": INSTRUCTION}], "seed": seed} for seed in seeds]
    return Dataset.from_list(rows)
