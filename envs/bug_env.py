"""What the tasks about bugs share: cases that are shown, which of them is debugged, and what was covered."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar

from debugworld.sandboxes.debugger import Action, Program, Trace, TreeDebugger
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.errors import ModelError

from .bug import Bug, BugSet, Case
from .bug_set import load_bug_set
from .command import Answer, Command, TaskCommand, TaskKind
from .environment import DebugEnv
from .errors import NoSandbox, TaskError
from .judge import Judge, Result, judge_of
from .patch import compiled
from .reward import Outcome
from .scene import UNASKED, Question, Scene, ShownTest, one_line
from .settings import check_whole
from .spectrum import lines_run
from .task_set import TaskSet

_MAX_DESCRIPTION = 2000
_MAX_SHOWN = 200


class BugEnv(DebugEnv):
    """What the tasks about bugs share; see `FaultLocalization`, `Repair` and `BugInjection`.

    The agent debugs one test at a time, in the program as it stands. Whether a test passes is known by
    execution (`judge`), never from the debugger, so that it is true with a dream, too.

    Args:
        family: As `DebugEnv` has it.
        tasks: URI of the bugs (see `bug_set`).
        max_tests: Most tests that are shown.
        max_moves: Moves that an episode allows.
        **options: Further arguments of `DebugEnv`.
    """

    last_word: ClassVar[str] = ""
    """What may still be said when the moves are used up, and costs none."""
    right: ClassVar[bool] = False
    """Whether an episode begins with the right program instead of the faulty one."""

    def __init__(
        self,
        family: str = "text",
        tasks: str = "builtin",
        max_tests: int = 8,
        max_moves: int = 40,
        **options: Any,
    ) -> None:
        check_whole(max_tests=max_tests)
        if max_tests < 1:
            raise TaskError(f"need max_tests >= 1; got {max_tests}")
        self.tests = max_tests
        super().__init__(family=family, tasks=tasks, max_moves=max_moves, **options)
        self._bug: Bug | None = None
        self._source = ""
        self._cases: tuple[Case, ...] = ()
        self._results: tuple[Result | None, ...] = ()
        self._test = 0
        self._covered: list[set[int]] = []

    @abstractmethod
    def _begin_bug(self, bug: Bug) -> Question | None:
        """Chooses what is shown of a bug with ``self.np_random``; None where the task cannot use it."""

    @property
    def bug(self) -> Bug:
        """The bug of this episode, for those who look from outside; it holds the answer.

        Raises:
            TaskError: there is none before the first reset.
        """
        if self._bug is None:
            raise TaskError("there is no bug yet; call reset() first")
        return self._bug

    @property
    def _judge(self) -> Judge:
        return judge_of(self._sandbox)

    @property
    def _program(self) -> Program:
        """The program as it stands, entered by the test that is debugged."""
        return self._by(self._cases[self._test])

    def _by(self, case: Case) -> Program:
        """Returns the program as it stands, entered by a test."""
        return entered(self._source, case.call, self.bug.name)

    @property
    def _last_word(self) -> str:
        return self.last_word

    def _load(self, tasks: str, max_lines: int) -> TaskSet:
        """Reads the bugs; the task set holds the program of each with its first call."""
        self.bug_set = self._load_bugs(tasks).within(max_lines)
        return TaskSet(tasks, self.bug_set.programs, self.bug_set.trusted)

    def take(self, bugs: BugSet) -> None:
        """Draws from other bugs from the next reset on.

        Args:
            bugs: Those; a program of more than ``max_lines`` lines is left out.
        """
        self.bug_set = bugs.within(self.commands.max_lines)
        self.task_set = TaskSet(bugs.uri, self.bug_set.programs, bugs.trusted)

    def _load_bugs(self, tasks: str) -> BugSet:
        return load_bug_set(tasks)

    def _draw(self, index: int | None) -> tuple[Program, Question]:
        try:
            return super()._draw(index)
        except NoSandbox:
            raise
        except SandboxError as error:
            self._show(NO_BUG, NO_BUG.buggy, NO_BUG.cases, (None,))
            self._fault = str(error)
            return self._program, UNASKED

    def _asked(self, program: Program, place: int) -> tuple[Program, Question] | None:
        bug = self.enterable(self.bug_set.bugs[place])
        question = None if bug is None else self._begin_bug(bug)
        return None if question is None else (self._program, question)

    def _ending(self, index: int | None) -> str:
        return ""

    def _show(
        self, bug: Bug, source: str, cases: Sequence[Case], results: Sequence[Result | None], test: int = 0
    ) -> None:
        """Sets what is shown: a program, its tests and how they went, and the test to debug first."""
        self._bug, self._source = bug, Program(source).text
        self._cases, self._results = tuple(cases), tuple(results)
        self._test, self._covered = test, [set() for _ in cases]

    def enterable(self, bug: Bug) -> Bug | None:
        """Returns a bug with the cases that a debugger can enter its program by, each once; None for none."""
        source = bug.fixed if self.right else bug.buggy
        cases = dict.fromkeys(bug.cases)
        limit = self.commands.max_lines
        kept = tuple(case for case in cases if compiled(source, case.call, limit) is None)
        return replace(bug, cases=kept) if kept else None

    def _shuffled(self, cases: Sequence[Case]) -> list[Case]:
        return [cases[int(i)] for i in self.np_random.permutation(len(cases))]

    def _closing(self, command: Command) -> bool:
        if isinstance(command, TaskCommand):
            return command.kind.value == self.last_word
        return super()._closing(command)

    def _task_refusal(self, command: TaskCommand) -> str | None:
        if command.kind not in self.kinds:
            return super()._task_refusal(command)
        if command.kind is TaskKind.TEST and (command.number or 0) > len(self._cases):
            return no_test(command.number or 0, len(self._cases))
        return None

    def _obey(self, command: TaskCommand) -> Outcome:
        if command.kind is not TaskKind.TEST:
            return super()._obey(command)
        assert command.number is not None
        self._test = command.number - 1
        return Outcome(error=self._enter())

    def _enter(self) -> str:
        """Goes to the entry of the program as it stands; returns the text of a fault, or nothing.

        Breakpoints stay, and move with their lines.
        """
        program = self._program
        try:
            for debugger in self._debuggers:
                if program.text != debugger.program.text:
                    debugger.restart(program.source)
                points = debugger.breakpoints
                if program.call != debugger.program.call:
                    debugger.reset(program)
                    for point in points:
                        debugger.bind(point)
                elif debugger.position or debugger.program.edits:
                    debugger.restart()
        except (SandboxError, ModelError) as error:
            self._fault = str(error)
        return self._fault

    def _move(self, action: Action) -> str:
        error = super()._move(action)
        if not self._fault:
            self._covered[self._test].update(lines_run(self._program, self._past()))
        return error

    def _look(self, program: Program, question: Question, last: str = "", error: str = "") -> Scene:
        scene = super()._look(self._program, question, last, error)
        return replace(
            scene,
            tests=tuple(map(self._shown, range(len(self._cases)))),
            test=self._test + 1,
            notes=tuple(self._notes()),
        )

    def _shown(self, index: int) -> ShownTest:
        lines = tuple(sorted(self._covered[index]))
        return shown_test(self._cases[index], self._results[index], lines)

    def _notes(self) -> list[str]:
        """Returns what the task has to say beside, a line each."""
        return about(self.bug)

    def _pose(self, program: Program, trace: Trace) -> Question | None:
        raise NotImplementedError("a task about bugs is posed by its bug")

    def _answered(self, answer: Answer) -> bool:
        return False

    def _reached(self, debugger: TreeDebugger) -> bool:
        return False


def shown_test(case: Case, result: Result | None, lines: tuple[int, ...]) -> ShownTest:
    """Returns a test as an agent sees it.

    Args:
        case: The test.
        result: What it came to; None where that is not known.
        lines: Lines that it has run as far as it was debugged, ascending.
    """
    call, expected = one_line(case.call), one_line(case.expected)
    if result is None:
        return ShownTest(call, expected, lines=lines)
    actual = result.text if result.passes else f"{result.verdict}, {result.text}"
    return ShownTest(call, expected, result.passes, _cut(one_line(actual)), lines)


def about(bug: Bug) -> list[str]:
    """Returns what is told of a bug beside its tests, a line each."""
    text = bug.description.strip()
    return [f"About: {one_line(text[:_MAX_DESCRIPTION])}"] if text else []


def no_test(number: int, count: int) -> str:
    """Says that there is no test of a number."""
    return f"there is no test {number}; the tests here are numbered 1 to {count}"


@lru_cache(maxsize=1024)
def entered(source: str, call: str, name: str) -> Program:
    """Returns a program; what is known of it, such as its outline, is found once for many episodes."""
    return Program(source, call, name)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


NO_BUG = Bug("none", "none", "", "", (Case("None", "None"),), ())
"""What is shown where the box failed before there was something to ask."""
