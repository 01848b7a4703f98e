"""Pages about the environments, made from their documentation and their spaces."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import gymnasium

from .environment import DebugEnv
from .registration import FAMILIES, TASKS

_CODE = re.compile(r"``([^`]+)``")


def pages() -> dict[str, str]:
    """Returns the text of each page by its file name: one a task, and ``README.md`` that lists them."""
    found = {f"{task}.md": "\n".join(_page(task)) + "\n" for task in TASKS}
    rows = [f"| [{task}]({task}.md) | {_summary(_document(task))} |" for task in TASKS]
    lines = [
        "# Environments",
        "",
        "Made by `debugworld envs --pages docs/environments` from the documentation in the code.",
        "",
        "| task | the agent |",
        "|---|---|",
        *rows,
    ]
    return found | {"README.md": "\n".join(lines) + "\n"}


def _page(task: str) -> Iterator[str]:
    summary, _, rest = _document(task).partition("\n")
    yield f"# {task}"
    yield ""
    yield summary
    yield ""
    for family in FAMILIES:
        yield f'    gymnasium.make("debugworld.envs:debugworld/{task}-{family}-v0")'
    yield _CODE.sub(r"`\1`", rest).rstrip()
    yield ""
    yield "### Arguments of all tasks"
    yield ""
    yield from _arguments()
    for family in FAMILIES:
        env = gymnasium.make(f"debugworld/{task}-{family}-v0")
        yield ""
        yield f"### Spaces of {family}"
        yield ""
        yield "| | |"
        yield "|---|---|"
        yield f"| `action_space` | `{env.action_space}` |"
        yield from _spaces(env.observation_space)
        env.close()


def _spaces(space: Any) -> Iterator[str]:
    parts = getattr(space, "spaces", None)
    if not isinstance(parts, dict):
        yield f"| `observation_space` | `{space}` |"
        return
    for name, part in parts.items():
        yield f'| `observation_space["{name}"]` | `{part}` |'


def _arguments() -> Iterator[str]:
    """Yields a table of `DebugEnv`'s arguments, from its documentation."""
    text = inspect.cleandoc(DebugEnv.__doc__ or "")
    block = text.partition("Args:\n")[2].partition("\n\n")[0]
    defaults = {name: each.default for name, each in inspect.signature(DebugEnv.__init__).parameters.items()}
    yield "| argument | default | |"
    yield "|---|---|---|"
    for name, meaning in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", block, re.MULTILINE):
        words = _CODE.sub(r"`\1`", " ".join(meaning.split()))
        yield f"| `{name}` | `{defaults[name]!r}` | {words} |"


def _document(task: str) -> str:
    made = gymnasium.make(f"debugworld/{task}-Text-v0")
    text = inspect.cleandoc(type(made.unwrapped).__doc__ or "")
    made.close()
    return text


def _summary(document: str) -> str:
    return document.partition("\n")[0]
