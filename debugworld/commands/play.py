"""Play an environment in the terminal: read the page, type a command, see what it earns.

Type the commands that the page's task names (s, n, r, u 7, c, b 7, back, answer 42, ...). `help` tells of all
of them, `?` names those that are legal now, `history` lists what was said, `q` leaves; the arrow keys bring
earlier lines back. A command that ends in `<<` goes on over several lines, until one that is a single dot.
Where actions have numbers (Features, Masked), an answer or a trial is chosen by its number: answer 3.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import Any

from debugworld.envs import REGISTERED_IDS, Answer, Command, DebugEnv, Trial, parse, spell
from debugworld.envs.backend import BACKENDS
from debugworld.envs.command import usages
from debugworld.envs.errors import TaskError
from debugworld.sandboxes.debugger import IllegalAction
from debugworld.script.numbers import from_one, from_zero
from debugworld.script.settings import read_settings

NAME = "play"
"""Word that calls this command."""
PROMPT, MORE = "> ", ". "
LEAVE = ("q", "quit", "exit")
OPEN, CLOSED = "<<", "."
"""What a command of several lines ends its first line with, and the line after its last one."""


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
    option = "any other argument of the environment, such as max_moves=10; may be repeated"
    add("--option", action="append", default=[], metavar="KEY=VALUE", dest="options", help=option)
    add("--seed", type=from_zero, help="of the first episode; the same one gives the same episode")
    add("--episodes", type=from_one, default=1, metavar="N", help="how many (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    import gymnasium

    if args.id not in REGISTERED_IDS:
        raise TaskError(f"there is no environment {args.id!r}; use one of: {', '.join(REGISTERED_IDS)}")
    options = {"tasks": args.tasks, "backend": args.backend, "sandbox": args.sandbox, "model": args.model}
    options |= {"render_mode": "ansi"} | read_settings(args.options)
    if options["render_mode"] != "ansi":
        raise TaskError(f"play shows pages; render_mode cannot be {options['render_mode']!r}")
    with suppress(ImportError):  # `input` then edits lines and remembers them
        import readline  # noqa: F401
    wrapped = gymnasium.make(args.id, **options)
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
    total, over, said = 0.0, False, list[str]()
    while not over:
        _show(env)
        action = _asked(env, info, said)
        if action is None:
            return False
        _, reward, terminated, truncated, info = env.step(action)
        said.append(f"{env.scene.last.rstrip()}  ({float(reward):+.2f})")
        total, over = total + float(reward), terminated or truncated
    _show(env)
    end = "done" if info["success"] else "out of moves" if truncated and not info["fault"] else "not done"
    print(f"{end}: reward {total:.2f}, {info['moves']} moves")
    return True


def _show(env: DebugEnv) -> None:
    print(env.render())
    if not env.shows_text:
        question = env.scene.question
        for word, texts in (("answer", question.candidates), ("try", question.trials)):
            for number, text in enumerate(texts):
                print(f"  {word} {number}: {text}")


def _asked(env: DebugEnv, info: dict[str, Any], said: list[str]) -> Any:
    """Reads an action from the terminal; None to leave."""
    while True:
        try:
            text = _line()
        except EOFError:
            return None
        word = text.strip()
        if word in LEAVE:
            return None
        if word == "?":
            print(" ".join(_legal(env, info)))
        elif word.partition(" ")[0] == "help":
            print("\n".join(_help(env, word.partition(" ")[2])))
        elif word == "history":
            print("\n".join(f"{number:4}  {each}" for number, each in enumerate(said, 1)))
        else:
            try:
                return _action(env, text)
            except IllegalAction as error:
                print(error, file=sys.stderr)


def _line() -> str:
    """Reads what is said, over several lines where the first one asks for that."""
    text = input(PROMPT)
    if not text.rstrip().endswith(OPEN):
        return text
    lines = []
    while (more := input(MORE)) != CLOSED:
        lines.append(more)
    return text.rstrip().removesuffix(OPEN).rstrip() + " " + "\n".join(lines)


def _action(env: DebugEnv, text: str) -> Any:
    """Returns the action that a text stands for.

    Raises:
        IllegalAction: there is none.
    """
    if env.shows_text and text in env.action_space:  # what is no command costs a move, as for any agent
        return text
    command = parse(text, env.commands.kinds)
    action = env.say(command if env.shows_text else _chosen(env, command))
    if action not in env.action_space:
        raise IllegalAction("this is too long for a command")
    return action


def _chosen(env: DebugEnv, command: Command) -> Command:
    """Returns an answer or a trial in full that was given by its number, and other commands as they are."""
    if not isinstance(command, (Answer, Trial)):
        return command
    question = env.scene.question
    answers = isinstance(command, Answer)
    word, texts = ("answer", question.candidates) if answers else ("try", question.trials)
    if not texts:
        raise IllegalAction(f"this task takes no '{word}'")
    if not command.text.isdecimal() or int(command.text) >= len(texts):
        raise IllegalAction(f"{word} by number, 0 to {len(texts) - 1}")
    text = texts[int(command.text)]
    return Answer(text) if answers else Trial(text)


def _help(env: DebugEnv, word: str) -> list[str]:
    """Returns lines about all commands, or about those that a word begins."""
    commands = env.commands
    found = usages(commands.kinds, bool(commands.answers), bool(commands.trials))
    if not env.shows_text:
        numbered = {"answer", "try"} | {
            spell(each).split()[0] for each in map(commands.command, range(len(commands))) if each
        }
        found = {usage: about for usage, about in found.items() if usage.split()[0] in numbered}
    asked = {usage: about for usage, about in found.items() if usage.startswith(word.strip())} or found
    width = min(max(map(len, asked)), 30)
    return [f"{usage:{width}}  {about}" for usage, about in asked.items()]


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
