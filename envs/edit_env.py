"""What the tasks share in which the agent edits the program between debugger moves."""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from typing import Any

from debugworld.sandboxes.debugger import IllegalAction
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.errors import ModelError

from .bug_env import BugEnv
from .command import EDIT_KINDS, TaskCommand, TaskKind
from .errors import TaskError
from .judge import Result
from .patch import compiled, edited
from .reward import Outcome


class EditEnv(BugEnv):
    """What `Repair` and `BugInjection` share; for the family ``text`` only.

    An edit that would leave a program that does not compile, or that some shown test could not enter, is
    refused with the reason. After an edit the
    debugger stands at the entry of the edited program; breakpoints move with their lines.

    Args:
        family: ``text``.
        sandbox: Name of the sandbox; None takes ``docker``, because what runs is written by the agent.
        **options: Further arguments of `BugEnv`.
    """

    kinds = (
        TaskKind.TEST,
        TaskKind.RUN,
        TaskKind.UNDO,
        TaskKind.SUBMIT,
        TaskKind.DELETE,
        TaskKind.EDIT,
        TaskKind.INSERT,
        TaskKind.REPLACE,
    )
    last_word = "submit"

    def __init__(self, family: str = "text", sandbox: str | None = None, **options: Any) -> None:
        if family != "text":
            raise TaskError(f"{type(self).__name__} has the family text only, for edits are texts")
        super().__init__(family, sandbox=sandbox or "docker", **options)
        self._before: list[str] = []

    @abstractmethod
    def _submitted(self) -> Outcome:
        """Judges the program as it stands.

        Raises:
            SandboxError: the box failed.
            ModelError: a model that takes part did.
        """

    def _task_refusal(self, command: TaskCommand) -> str | None:
        if command.kind is TaskKind.UNDO:
            return None if self._before else "there is no edit to take back"
        if command.kind is TaskKind.DELETE or command.kind in EDIT_KINDS:
            calls = tuple(case.call for case in self._cases)
            return _edit_refusal(self._source, command, calls, self.commands.max_lines)
        return super()._task_refusal(command)

    def _obey(self, command: TaskCommand) -> Outcome:
        if command.kind is TaskKind.TEST:
            return super()._obey(command)
        try:
            if command.kind is TaskKind.SUBMIT:
                return self._submitted()
            if command.kind is TaskKind.RUN:
                self._results = self._ran()
                return Outcome()
        except (SandboxError, ModelError) as error:
            self._fault = str(error)
            return Outcome(error=self._fault)
        if command.kind is TaskKind.UNDO:
            self._source = self._before.pop()
        else:
            self._before.append(self._source)
            self._source = edited(self._source, command)
        self._results = (None,) * len(self._cases)
        for lines in self._covered:
            lines.clear()
        return Outcome(error=self._enter())

    def _ran(self) -> tuple[Result, ...]:
        """Returns how the tests that are shown are said to go; with random feedback, not how they do.

        Raises:
            SandboxError: the box failed.
        """
        results = self._judge.judge(self._source, self._cases, self.bug.fixed)
        decoy = self._decoy
        return results if decoy is None else tuple(decoy.result(self._by(case), case) for case in self._cases)


@lru_cache(maxsize=4096)
def _edit_refusal(source: str, command: TaskCommand, calls: tuple[str, ...], max_lines: int) -> str | None:
    """Says why an edit is refused, such as that a call could be made no more; None where it is not."""
    try:
        changed = edited(source, command)
    except IllegalAction as error:
        return str(error)
    reasons = (compiled(changed, call, max_lines) for call in calls)
    return next((reason for reason in reasons if reason is not None), None)
