"""Play an environment in the terminal: read the page, type a command, see what it earns.

Type the commands that the page's task names (s, n, r, u 7, c, b 7, back, answer 42, ...), `?` for those that
are legal now, `q` to leave. Where actions have numbers (Features, Masked), an answer or a trial is chosen by
its number: answer 3.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gymnasium.spaces import Discrete

from debugworld.envs import REGISTERED_IDS, Answer, DebugEnv, Trial, parse, spell
from debugworld.envs.backend import BACKENDS
from debugworld.envs.errors import TaskError
from debugworld.sandboxes.debugger import Action, IllegalAction

NAME = "play"
"""Word that calls this command."""
PROMPT = "> "
LEAVE = ("q", "quit", "exit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add = parser.add_argument
    add("id", metavar="ID", help=f"one of {', '.join(REGISTERED_IDS)}")
    add("--tasks", default="builtin", metavar="URI", help="see: debugworld envs (default: %(default)s)")
    add(
        "--backend",
        default="real",
        metavar="NAME",
        help=f"out of {', '.join(BACKENDS)} (default: %(default)s)",
    )
    add("--sandbox", help="docker, bwrap or process (default: process for our own programs, else docker)")
    add("--model", metavar="PATH", help="checkpoint folder (default: the one that ships)")
    add("--seed", type=int, help="of the first episode; the same one gives the same episode")
    add("--episodes", type=int, default=1, metavar="N", help="how many (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    import gymnasium

    if args.id not in REGISTERED_IDS:
        raise TaskError(f"there is no environment {args.id!r}; use one of: {', '.join(REGISTERED_IDS)}")
    options = {"tasks": args.tasks, "backend": args.backend, "sandbox": args.sandbox, "model": args.model}
    wrapped = gymnasium.make(args.id, render_mode="ansi", **options)
    env = wrapped.unwrapped
    assert isinstance(env, DebugEnv)
    try:
        for number in range(args.episodes):
            seed = args.seed if number == 0 else None
            if not _play(env, seed):
                break
    finally:
        wrapped.close()
    return 0


def _play(env: DebugEnv, seed: int | None) -> bool:
    """Plays one episode; returns whether it came to its end."""
    _, info = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        _show(env)
        action = _asked(env, info)
        if action is None:
            return False
        _, reward, terminated, truncated, info = env.step(action)
        total, over = total + float(reward), terminated or truncated
    _show(env)
    end = "done" if info["success"] else "out of moves" if truncated and not info["fault"] else "not done"
    print(f"{end}: reward {total:.2f}, {info['moves']} moves")
    return True


def _show(env: DebugEnv) -> None:
    print(env.render())
    if isinstance(env.action_space, Discrete):
        for number, text in enumerate(env.scene.question.candidates):
            print(f"  answer {number}: {text}")


def _asked(env: DebugEnv, info: dict[str, Any]) -> Any:
    """Reads an action from the terminal; None to leave."""
    while True:
        try:
            text = input(PROMPT).strip()
        except EOFError:
            return None
        if text in LEAVE:
            return None
        if text == "?":
            print(" ".join(_legal(env, info)))
            continue
        if not isinstance(env.action_space, Discrete):
            return text
        number = _number(env, text)
        if number is not None:
            return number


def _number(env: DebugEnv, text: str) -> int | None:
    """Returns the number of a command; says why where there is none."""
    commands = env.commands
    try:
        command = parse(text, commands.kinds)
    except IllegalAction as error:
        print(error, file=sys.stderr)
        return None
    if isinstance(command, Trial):
        if command.text.isdecimal() and int(command.text) < commands.trials:
            return commands.first_trial + int(command.text)
        print(f"try by number, below {commands.trials}", file=sys.stderr)
        return None
    if not isinstance(command, Answer):
        line = command.line if isinstance(command, Action) else command.number
        if line is not None and not 1 <= line <= commands.max_lines:
            print(f"there is no line {line}", file=sys.stderr)
            return None
        try:
            return commands.number(command)
        except ValueError as error:
            print(error, file=sys.stderr)
            return None
    if command.text.isdecimal() and int(command.text) < commands.answers:
        return commands.first_answer + int(command.text)
    print(f"answer by number, 0 to {commands.answers - 1}", file=sys.stderr)
    return None


def _legal(env: DebugEnv, info: dict[str, Any]) -> list[str]:
    """Returns the commands that the mask allows, those with a line once each."""
    words: dict[str, None] = {}
    for number, allowed in enumerate(info["action_mask"]):
        if allowed:
            command = env.commands.command(number)
            said = "try" if number >= env.commands.first_trial else "answer"
            words[said if command is None else spell(command).partition(" ")[0]] = None
    texts = [kind.value for kind in env.commands.kinds if kind.takes_text]
    return [*words, *texts]
