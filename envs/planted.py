"""Planted bugs on paper: those that `BugInjection` proved valid, as a bug set for others to play."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.utils import RecordConstructorArgs

from .bug import Bug
from .bug_injection import BugInjection
from .errors import TaskError
from .origins.table import digest_of

KIND = "planted"
"""What such bugs are called."""
_DIGITS = 12


class RecordBugs(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds each valid bug that is submitted to a file, each bug once, as soon as it is.

    A row is as ``jsonl/PATH`` reads it, with the digest of what it holds in its name, and with how it went:
    ``reward`` of the submission, ``solver_credit`` and ``solver_rate``. Nothing in it tells of when or where.

    Args:
        env: An environment of `BugInjection`.
        path: The file; what it holds stays.

    Raises:
        TaskError: the environment plants no bugs, or the file holds something else.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], path: str | Path) -> None:
        RecordConstructorArgs.__init__(self, path=str(path))
        super().__init__(env)
        if not isinstance(env.unwrapped, BugInjection):
            raise TaskError(f"bugs are planted in BugInjection, not in {env}")
        self.path = Path(path)
        try:
            lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
            self._names = {json.loads(line)["id"] for line in lines}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TaskError(f"{path} holds no planted bugs to add to: {error!r}") from None

    def __len__(self) -> int:
        """Returns how many bugs the file holds."""
        return len(self._names)

    @property
    def uri(self) -> str:
        """Names the file as a bug set with what it holds now, for `FaultLocalization` and `Repair`.

        Raises:
            TaskError: nothing was planted yet.
        """
        if not self._names:
            raise TaskError(f"no valid bug was planted, so that {self.path} is no bug set yet")
        return f"jsonl/{self.path}?sha256={digest_of(self.path)[:_DIGITS]}"

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Does a step, and writes down a valid bug that it submits."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if terminated and info.get("valid"):
            env = self.env.unwrapped
            assert isinstance(env, BugInjection)
            told = {"reward": float(reward)} | {name: info[name] for name in ("solver_credit", "solver_rate")}
            self._keep(env.planted, told)
        return observation, reward, terminated, truncated, info

    def _keep(self, bug: Bug, told: dict[str, float]) -> None:
        name = f"{bug.name}-{bug.digest[:_DIGITS]}"
        if name in self._names:
            return
        row = {
            "id": name,
            "group": bug.group,
            "buggy": bug.buggy,
            "fixed": bug.fixed,
            "tests": [{"call": case.call, "expected": case.expected} for case in bug.cases],
            "bug_lines": bug.lines,
            "description": bug.description,
            "bug_kind": KIND,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row | told) + "\n")
        self._names.add(name)
