"""Solvers: who looks for a planted bug, how they are named, and what a bug is worth by how often it is found.

A solver either guesses, a function from `Evidence` to lines, or plays: it gets the whole bug as a task of its
own. Agents are above environments and are not imported here; who names one names the module that has it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from .bug import Bug
from .errors import TaskError
from .spectrum import SOLVERS, Evidence, Solver

INVALID = -1.0
"""What a bug that is not valid is worth by its solve rate."""
EXTREME = 0.8
"""What is taken for a bug that no attempt solves, or every one."""


@runtime_checkable
class Player(Protocol):
    """A solver that plays a task on a planted bug, such as an agent in `FaultLocalization`."""

    def solve(self, bug: Bug, seed: int) -> int:
        """Returns which of its guesses was right, from 1; 0 where none was.

        Args:
            bug: The bug; the solver may hide it behind an environment, never look at its repair.
            seed: Of everything that is drawn in this attempt.

        Raises:
            SandboxError: the box failed.
            ModelError: the model behind it failed.
        """

    def close(self) -> None:
        """Frees what it holds; it may be asked again."""


def open_solver(named: Any, env: Any) -> Solver | Player:
    """Returns a solver.

    Args:
        named: One of `SOLVERS`, a function from `Evidence` to lines, a `Player`, or ``MODULE:NAME`` of such a
            function or of a class of players; a class is called with the environment and the settings
            that follow as ``?setting=value&...`` (an & inside a value is %26).
        env: The environment that plants.

    Raises:
        TaskError: there is no such solver, or it has no such settings.
    """
    if not isinstance(named, str):
        if callable(named) or isinstance(named, Player):
            return named
        raise TaskError(f"there is no solver {named!r}; {_FORMS}")
    if named in SOLVERS:
        return SOLVERS[named]
    place, _, query = named.partition("?")
    module, _, name = place.partition(":")
    if not name:
        raise TaskError(f"there is no solver {named!r}; {_FORMS}")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise TaskError(f"there is no solver {named!r} ({error}); {_FORMS}") from None
    try:
        settings = dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=True))
    except ValueError:
        settings = {}
    if isinstance(found, type):
        try:
            inspect.signature(found).bind(env, **settings)
        except TypeError as error:
            raise TaskError(f"{named!r}: {error}; {place} takes settings as {_shape(found)}") from None
        made = found(env, **settings)
        if isinstance(made, Player):
            return made
    elif callable(found) and not query:
        return found
    raise TaskError(f"{named!r} is no solver; {_FORMS}")


def guesses(solver: Solver, evidence: Evidence, most: int) -> Sequence[int]:
    """Returns the first lines that a guessing solver says."""
    return list(solver(evidence))[:most]


def worth(rate: float) -> float:
    """Returns what a valid bug is worth by the share of the attempts that solve it.

    ``1 - 1.8 * rate`` where some do and some do not, -0.8 where all do or none: a bug that is hard and can be
    found pays most. The formula, `INVALID` and the weight of 0.8 are the injecting agent's in SSR (Wei et
    al., 2025, arXiv 2512.18552), as a public reimplementation of that paper gives them. What is valid, what
    counts as solved, and who solves are this package's own: there the agent itself repairs a repository
    against an oracle of tests that it has written.

    Args:
        rate: In [0, 1].
    """
    return 1 - (1 + EXTREME) * rate if 0 < rate < 1 else -EXTREME


def _shape(kind: type) -> str:
    names = list(inspect.signature(kind).parameters)[1:]
    return "?" + "&".join(f"{name}=..." for name in names)


_FORMS = (
    f"use one of: {', '.join(SOLVERS)}, or a function, or MODULE:NAME[?setting=value&...] of a function or a "
    "class of players, as debugworld.agents:AgentSolver?agent=random"
)
