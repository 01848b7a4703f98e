"""The task FaultLocalization."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from debugworld.sandboxes.debugger import Program

from .bug import Bug
from .bug_env import BugEnv
from .command import TaskCommand, TaskKind
from .errors import TaskError
from .reward import SUCCESS_REWARD, Outcome
from .scene import Question, Scene
from .settings import check_whole
from .spectrum import code_lines, credit
from .suite import Judged

ASKED = Question("find the line at fault: debug the tests, then say 'accuse LINE', the likeliest first")
"""What is asked."""
TOP = (1, 3, 5)
"""Ranks that the info tells of."""


class FaultLocalization(BugEnv):
    """Find the line at fault: debug failing and passing tests, then accuse lines.

    ## Description
    A faulty program is shown with tests of it; which of them pass is known by execution.
    The agent debugs one test at a time, from its entry on, and goes from one to another.
    Lines that a test has run as far as it was debugged are noted beside the test
    (coverage; with a model, as dreamt). It then accuses lines, the most
    suspected first. The truth is where the faulty program differs from the right one;
    where a line is only missing, the line that it belongs before.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb (all are under Commands of Text):
    ``s`` (step into), ``n`` (step over), ``r`` (step return), ``u 7`` (run to line 7),
    ``until n > 3``, ``c`` (continue), ``b 7``, ``b f``, ``b exception KeyError`` and
    ``watch n in f`` (set a breakpoint; ``hits 2`` and ``, n > 3`` may follow), ``cl``
    (remove one), ``p EXPRESSION`` (evaluate; see ``sandbox``), ``!n = 3`` (assign),
    ``up`` and ``d`` (look into frames), ``back``, ``bo`` (back over), ``bc`` (back to
    call), ``rc`` (reverse continue); beside them ``test 2`` (go to the entry of test 2;
    breakpoints stay) and ``accuse 12``. ``features``: `Discrete`; the numbers of
    `CommandSet`, then one for each line to accuse and each test to go to. A text that
    is no command, and an action that the mask forbids, is answered with an error, costs
    a move and a little more, and changes nothing else.

    ## Observation Space
    ``text``: the page (`page`): task, moves and accusations left, what was last said and
    why it was refused, the tests with what they should come to, whether they pass, what
    came instead and the lines that they have run so far, the program with the current
    line marked, the stop, the stack, the locals, the value and what was printed.
    ``features``: a flat `Dict` of `Box` and `Discrete` (`features.features`), with
    ``tests`` and ``coverage``.

    ## Starting State
    The entry state of the first failing test of a bug drawn from the set, without
    breakpoints. Up to ``max_tests`` tests are drawn, at least one of them fails: one of 32
    arrangements that a bug's tests have.

    ## Reward
    ``1 - (rank - 1) / lines`` when a line at fault is accused at the ``rank``-th
    accusation, ``lines`` being the lines of the program that are not blank: the share of
    the program that need not be inspected (Renieris and Reiss, 2003; one less the EXAM
    score of Wong et al., 2008), but for the first guess, which is worth 1. Minus
    ``move_cost`` for every move, and ``refusal_cost`` more for a refused one, 0.01 each.
    An accusation costs nothing.

    ## Episode End
    Terminated when a line at fault is accused, or the last accusation was wrong.
    Truncated by a move beyond the budget (when it is used up, only accusations are legal)
    and by a fault of the box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``: whether a line
    at fault was accused. ``rank``: at which accusation, 0 where not (yet). ``top_1``, ``top_3``,
    ``top_5``: whether within so many. ``exam``: ``rank / lines``, 1 where not found.
    ``accusations_left``. ``success_real`` (neural and rollout backends): the same as ``success``,
    since the truth is real. ``error``: why the last action was refused, or what broke. ``fault``:
    whether something broke. ``confidence`` (neural and lockstep backends): how sure the model is of
    the dream's last answer. ``differences`` (lockstep backend): where the last action led the two
    debuggers apart.

    ## Arguments
    See `DebugEnv`; ``tasks`` names bugs (see `bug_set`). ``max_tests`` (8): most tests
    that are shown. ``accusations`` (5): accusations that an episode allows. ``least_tests`` (0):
    tests that must have been debugged (at least one of their lines was run) before a line may be
    accused, all where there are fewer; once the moves are used up it may be accused at once.

    ## Version History
    v0: first version.
    """

    kinds = (TaskKind.ACCUSE, TaskKind.TEST)
    last_word = "accuse"

    def __init__(
        self, family: str = "text", accusations: int = 5, least_tests: int = 0, **options: Any
    ) -> None:
        check_whole(accusations=accusations, least_tests=least_tests)
        if accusations < 1:
            raise TaskError(f"need accusations >= 1; got {accusations}")
        if least_tests < 0:
            raise TaskError(f"need least_tests >= 0; got {least_tests}")
        super().__init__(family, **options)
        self.accusations, self.least_tests = accusations, least_tests
        self._accused: tuple[int, ...] = ()
        self._rank = 0
        self._judged: dict[Bug, Judged | None] = {}

    def judged(self, bug: Bug) -> Judged | None:
        """Returns a bug of this set with what its cases come to, each judged once; None where none fails.

        Where lines at fault are not known, or lines have no number, there is nothing to ask either.

        Args:
            bug: As `enterable` returns it.

        Raises:
            SandboxError: the box failed.
        """
        if bug not in self._judged:
            lines = code_lines(Program(bug.buggy).text)
            found = None
            if bug.lines and max(lines, default=0) <= self.commands.max_lines:
                results = self._judge.judge(bug.buggy, bug.cases, bug.fixed)
                if not all(result.passes for result in results):
                    found = Judged(bug, results, self.tests)
            self._judged[bug] = found
        return self._judged[bug]

    def _draw(self, index: int | None) -> tuple[Program, Question]:
        self._accused, self._rank = (), 0
        return super()._draw(index)

    def _begin_bug(self, bug: Bug) -> Question | None:
        judged = self.judged(bug)
        if judged is None:
            return None
        places, first = judged.suite(judged.draw(self.np_random))
        cases, results = [bug.cases[place] for place in places], [judged.results[place] for place in places]
        self._show(bug, bug.buggy, cases, results, first)
        self._lines = code_lines(self._source)
        self._truth = true_lines(bug.lines, self._lines)
        return ASKED

    def _task_refusal(self, command: TaskCommand) -> str | None:
        if command.kind is TaskKind.ACCUSE:
            line = command.number or 0
            accused = self._accused if line in self._lines else None
            return accusation_refusal(line, accused) or self._too_early()
        return super()._task_refusal(command)

    def _too_early(self) -> str | None:
        """Says how many tests must be debugged before a line may be accused; None where it may be."""
        if self._moves >= self.max_moves:
            return None
        return evidence_refusal(self.least_tests, len(self._cases), sum(map(bool, self._covered)))

    def _obey(self, command: TaskCommand) -> Outcome:
        if command.kind is not TaskKind.ACCUSE:
            return super()._obey(command)
        assert command.number is not None
        place = len(self._accused) + 1
        if command.number in self._truth:
            self._rank = place
            return Outcome(SUCCESS_REWARD * credit(place, len(self._lines)), terminated=True, success=True)
        self._accused += (command.number,)
        return Outcome(terminated=place == self.accusations)

    def _look(self, *args: Any, **options: Any) -> Scene:
        return replace(super()._look(*args, **options), accused=self._accused)

    def _notes(self) -> list[str]:
        early = self._too_early()
        first = [f"First: {early}"] if early else []
        return [accusation_note(self._left, self._accused), *first, *super()._notes()]

    @property
    def _left(self) -> int:
        return self.accusations - len(self._accused) - bool(self._rank)

    def _info(self, success: bool) -> dict[str, Any]:
        rank, lines = self._rank, len(code_lines(self._source))
        tops = {f"top_{k}": 0 < rank <= k for k in TOP}
        exam = rank / lines if rank else 1.0
        return super()._info(success) | {"rank": rank, **tops, "exam": exam, "accusations_left": self._left}


def accusation_refusal(line: int, accused: Collection[int] | None) -> str | None:
    """Says why a line may not be accused; None where it may.

    Args:
        line: The line.
        accused: Those that were accused in vain; None where the line has no code.
    """
    if accused is None:
        return f"there is no line {line} with code in the program"
    return f"line {line} was accused before, and is not at fault" if line in accused else None


def evidence_refusal(least: int, tests: int, debugged: int) -> str | None:
    """Says how many tests must be debugged before a line may be accused; None where enough were.

    Args:
        least: How many are asked for.
        tests: How many there are.
        debugged: Of how many at least one line was run.
    """
    least = min(least, tests)
    return f"debug at least {least} tests before you accuse; {debugged} so far" if debugged < least else None


def accusation_note(left: int, accused: Sequence[int]) -> str:
    """Tells how many accusations are left and which were in vain."""
    wrong = f"; not at fault: {', '.join(map(str, accused))}" if accused else ""
    return f"Accusations left: {left}{wrong}"


def true_lines(lines: tuple[int, ...], code: tuple[int, ...]) -> frozenset[int]:
    """Returns the lines at fault among those with code; one without stands for the last before it."""
    return frozenset(max((each for each in code if each <= line), default=code[0]) for line in lines)
