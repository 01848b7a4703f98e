"""List the environments: ids, spaces, what each asks, and where tasks come from.

With an ID, everything about one: its documentation and its spaces in full.
"""

from __future__ import annotations

import argparse
import inspect
import json
from pathlib import Path
from typing import Any

from debugworld.envs import REGISTERED_IDS, DebugEnv
from debugworld.envs.errors import TaskError
from debugworld.envs.manual import pages

NAME = "envs"
"""Word that calls this command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="one environment, to be told in full")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write ids and spaces to this file")
    parser.add_argument("--pages", type=Path, metavar="DIR", help="write a Markdown page about each task")


def run(args: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    if args.id is not None and args.id not in REGISTERED_IDS:
        raise TaskError(f"there is no environment {args.id!r}; use one of: {', '.join(REGISTERED_IDS)}")
    told = [_about(name) for name in ([args.id] if args.id else REGISTERED_IDS)]
    if args.id:
        _tell_one(told[0])
    else:
        _tell_all(told)
    if args.pages is not None:
        args.pages.mkdir(parents=True, exist_ok=True)
        for name, text in pages().items():
            (args.pages / name).write_text(text, "utf-8")
    if args.json is not None:
        args.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return 0


def _about(name: str) -> dict[str, Any]:
    import gymnasium

    env = gymnasium.make(name)
    made = env.unwrapped
    assert isinstance(made, DebugEnv)
    found = {
        "id": name,
        "summary": _document(type(made)).partition("\n")[0],
        "document": _document(type(made)),
        "action_space": str(made.action_space),
        "observation_space": _space(env.observation_space),
        "commands": len(made.commands),
        "candidates": made.answers,
    }
    env.close()
    return found


def _document(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def _space(space: Any) -> Any:
    parts = getattr(space, "spaces", None)
    return {name: str(part) for name, part in parts.items()} if isinstance(parts, dict) else str(space)


def _tell_one(about: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(f"# {about['id']}\n\n{about['document']}"))
    console.print(f"\naction_space: {about['action_space']}", markup=False)
    space = about["observation_space"]
    if isinstance(space, str):
        console.print(f"observation_space: {space}", markup=False)
        return
    for name, part in space.items():
        console.print(f"observation_space[{name!r}]: {part}", markup=False)


def _tell_all(told: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from debugworld.envs.bug_set import BUG_URIS
    from debugworld.envs.task_set import URIS

    console = Console()
    table = Table(Column("id", no_wrap=True), "what the agent does; actions; observations")
    for about in told:
        space = about["observation_space"]
        shown = space if isinstance(space, str) else f"Dict({', '.join(space)})"
        text = f"{about['summary']}\n{about['action_space']}\n{shown}"
        table.add_row(about["id"], escape(text), end_section=True)
    console.print(table)
    for kind, what, uris in (("task set", "programs", URIS), ("bug set", "bugs", BUG_URIS)):
        tasks = Table(Column(kind, no_wrap=True), what, title="gym.make(ID, tasks=URI)")
        for uri, meaning in uris.items():
            tasks.add_row(escape(uri), escape(meaning))
        console.print(tasks)
    console.print("One in full: debugworld envs ID. Played by you: debugworld play ID.", markup=False)
