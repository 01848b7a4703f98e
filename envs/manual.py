"""Pages about the environments, made from their documentation and their spaces."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import gymnasium

from .command import usages
from .environment import DebugEnv
from .registration import TASKS, families_of

ASSIGNED = (
    "An assignment brings a run of its own, in which moves go on; what is asked and judged stays the program "
    "as it is given, and the other run counts for no pass or coverage. Entering the program anew undoes it."
)
UNASSIGNED = "Assignments are refused here: what is judged are the program's own runs."
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
    for family in families_of(task):
        yield f'    gymnasium.make("debugworld.envs:debugworld/{task}-{family}-v0")'
    yield _CODE.sub(r"`\1`", rest).rstrip()
    yield ""
    yield "### Arguments of all tasks"
    yield ""
    yield from _arguments(task)
    yield ""
    yield "### Commands of Text"
    yield ""
    yield from _commands(task)
    for family in families_of(task):
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


def _arguments(task: str) -> Iterator[str]:
    """Yields a table of `DebugEnv`'s arguments, from its documentation, with the defaults of a task."""
    text = inspect.cleandoc(DebugEnv.__doc__ or "")
    block = text.partition("Args:\n")[2].partition("\n\n")[0]
    made = gymnasium.make(f"debugworld/{task}-Text-v0")
    defaults: dict[str, Any] = {}
    for kind in reversed(type(made.unwrapped).__mro__):  # a task may have its own default
        if issubclass(kind, DebugEnv) and "__init__" in vars(kind):
            parameters = inspect.signature(kind.__init__).parameters
            defaults |= {name: each.default for name, each in parameters.items()}
    made.close()
    yield "| argument | default | |"
    yield "|---|---|---|"
    for name, meaning in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", block, re.MULTILINE):
        words = _CODE.sub(r"`\1`", " ".join(meaning.split()))
        yield f"| `{name}` | `{defaults[name]!r}` | {words} |"


def _commands(task: str) -> Iterator[str]:
    """Yields a table of all that may be said, and how an assignment counts."""
    env = gymnasium.make(f"debugworld/{task}-Text-v0")
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    found = usages(base.kinds, bool(base.answers), bool(base.trials))
    assigns = base.assigns
    env.close()
    yield "| command | does |"
    yield "|---|---|"
    for usage, about in found.items():
        yield f"| `{usage}` | {about} |".replace("LINE|", "LINE\\|").replace("FUNCTION|", "FUNCTION\\|")
    yield ""
    yield ASSIGNED if assigns else UNASSIGNED


def _document(task: str) -> str:
    made = gymnasium.make(f"debugworld/{task}-Text-v0")
    text = inspect.cleandoc(type(made.unwrapped).__doc__ or "")
    made.close()
    return text


def _summary(document: str) -> str:
    return document.partition("\n")[0]
