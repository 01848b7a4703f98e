"""One vocabulary, many faces: texts, numbers, parts, TRL's tools and OpenEnv's actions mean the same."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

pytest.importorskip("openenv", reason="openenv: pip install 'debugworld[openenv]'")

from debugworld.envs import ENV_IDS, Answer, Command, DebugEnv, parse, spell
from debugworld.envs.command import TaskCommand, TaskKind, Trial
from debugworld.envs.page import page
from debugworld.envs.plugins.openenv import DebugAction, HostedEnvironment
from debugworld.envs.plugins.trl import environment_factory, tool_call
from debugworld.envs.registration import TASKS
from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind

BEFORE = [Action(ActionKind.STEP_OVER), Action(ActionKind.BREAK, 3), Action(ActionKind.STEP_INTO)]
LINES = (1, 2, 3, 7, 64)
DONE = (
    "p 1 + 1",
    "until len(str(7)) == 1",
    "up",
    "b {line}, 1 + 1 == 2",
    "b {line} hits 2",
    "b {line} hits 2, True",
    "b main",
    "b exception Exception, True",
    "cl {line}",
    "cl watch {name} in {function}",
    "watch {name} in {function}",
    "!{name} = 7 * 7",
)
"""What only texts can say, where a program stands in a function that has a local."""
REFUSED = ("d", "b nobody", "watch nothing", "cl main", "!nothing = 1", "up 60")
BOX = {"sandbox": "process"}
"""Expressions are evaluated where a box is named."""
Told = tuple[str, float, bool, bool]


class Faced:
    """An environment, told commands in its own way."""

    def __init__(self, env_id: str, **arguments: Any) -> None:
        env = gymnasium.make(env_id, **BOX, **arguments)
        assert isinstance(env.unwrapped, DebugEnv)
        self.env, self.base = env, env.unwrapped

    def play(self, seed: int, commands: list[Command]) -> list[Told]:
        self.env.reset(seed=seed)
        told = []
        for command in commands:
            _, reward, terminated, truncated, info = self.env.step(self.base.say(command))
            told.append((page(self.base.scene), float(reward), terminated or truncated, info["success"]))
        return told


def by_tools(env_id: str, seed: int, commands: list[Command]) -> list[Told]:
    env = environment_factory(env_id, **BOX)()
    env.reset(seed=seed)
    told, paid = [], 0.0
    for command in commands:
        name, arguments = tool_call(command)
        said = getattr(env, name)(**arguments)
        over = "The episode is over" in said
        text = said.partition("Solved." if "\nSolved." in said else "Not solved.")[0]
        told.append((text, env.get_reward() - paid, over, "\nSolved." in said))
        paid = env.get_reward()
    return told


def by_openenv(env_id: str, seed: int, commands: list[Command]) -> list[Told]:
    env = HostedEnvironment(env_id, **BOX)
    env.reset(seed=seed)
    seen = [env.step(DebugAction(command=spell(command))) for command in commands]
    env.close()
    return [(each.page, float(each.reward or 0), each.done, each.success) for each in seen]


def own(base: DebugEnv) -> list[Command]:
    """What the task takes beside."""
    found: list[Command] = []
    for kind in base.kinds:
        if kind.takes_line or kind is TaskKind.TEST:
            text = "    pass" if kind.takes_text else ""
            found += [TaskCommand(kind, number, text) for number in (1, 2)]
        else:
            found.append(TaskCommand(kind))
    return found


@pytest.mark.parametrize("task", list(TASKS))
def test_every_command_means_the_same_in_every_face(task: str) -> None:
    text, features = (f"debugworld/{task}-{family}-v0" for family in ("Text", "Features"))
    faces = {"parts of texts": Faced(text, actions="dict")}
    numbered = {}
    if features in ENV_IDS:
        numbered = {"numbers": Faced(features), "parts of numbers": Faced(features, actions="dict")}
    plain = Faced(text)
    plain.env.reset(seed=7)
    commands: list[Command] = []
    for kind in BASIC_KINDS:
        commands += [Action(kind, line) for line in LINES] if kind.takes_line else [Action(kind)]
    shown = numbered.get("numbers", plain)
    shown.env.reset(seed=7)
    question = shown.base.scene.question
    commands += [Answer(each) for each in question.candidates]
    commands += [Trial(each) for each in question.trials]
    assert bool(question.candidates) == bool(plain.base.answers)
    assert bool(question.trials) == bool(plain.base.trials)
    commands += own(plain.base)
    for command in commands:
        written = isinstance(command, TaskCommand) and command.kind.takes_text
        agree(text, plain, faces if written else faces | numbered, [*BEFORE, command])


def agree(text: str, plain: Faced, others: dict[str, Faced], sequence: list[Command]) -> list[Told]:
    """Tells what a sequence of commands brings, which is the same in every face."""
    expected = plain.play(7, sequence)
    for name, face in others.items():
        assert face.play(7, sequence) == expected, (name, sequence)
    assert by_openenv(text, 7, sequence) == expected, sequence
    if all(plain.base.assigns or tool_call(each)[0] != "assign" for each in sequence):
        tools = by_tools(text, 7, sequence)
        for found, wanted in zip(tools, expected, strict=True):
            assert (found[0], found[2], found[3]) == (wanted[0], wanted[2], wanted[3]), sequence
            assert found[1] == pytest.approx(wanted[1])
    return expected


@pytest.mark.parametrize("task", list(TASKS))
def test_what_only_texts_can_say_means_the_same_in_every_face(task: str) -> None:
    text = f"debugworld/{task}-Text-v0"
    plain, parts = Faced(text), {"parts of texts": Faced(text, actions="dict")}
    begin: list[Command] = [Action(ActionKind.STEP_INTO)] * 3
    if plain.base.trials:
        numbered = Faced(text.replace("Text", "Features"))
        numbered.env.reset(seed=7)
        begin.insert(0, Trial(numbered.base.scene.question.trials[0]))
    plain.play(7, begin)
    state = plain.base.debugger.state
    names = {"name": next(iter(state.locals)), "function": state.function, "line": state.line}
    begin += [parse(each.format(**names)) for each in ("b {line}", "watch {name}")]
    for said in (*DONE, *REFUSED):
        page, *_ = agree(text, plain, parts, [*begin, parse(said.format(**names))])[-1]
        done = said in DONE and (plain.base.assigns or not said.startswith("!"))
        assert ("\nError: " not in page) == done, page
