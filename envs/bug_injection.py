"""The task BugInjection."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.mutation import mutated

from .bug import Bug, BugSet, Case
from .bug_set import load_bug_set
from .edit_env import EditEnv
from .errors import TaskError
from .judge import Result, Verdict
from .origins.difference import lines_at_fault
from .patch import size
from .reward import SUCCESS_REWARD, Outcome
from .scene import Question
from .settings import check_whole
from .solver import INVALID, Player, guesses, open_solver, worth
from .spectrum import Evidence, Solver, Spectrum, code_lines, credit, lines_run, rank_of
from .task_set import load_task_set

MIN_CALLS = 6
"""Calls of a program of a task set; where it has fewer, some with other literals are made."""
PROGRAMS = "programs/"
"""What a URI of right programs begins with, before that of a task set."""
REWARDS = ("credit", "rate")
"""What a valid bug can be paid by."""


class BugInjection(EditEnv):
    """Plant a bug that the tests catch and that a solver finds hard.

    ## Description
    A right program is shown with tests that it passes. The agent edits it and submits it.
    The bug is valid when some test fails that passed before, none of it trivially; then a
    solver looks for it, and the agent is paid for what the solver misses: the injecting
    side of self-play (SSR: Self-play SWE-RL, Wei et al., 2025), everything judged by
    execution. The solver is a formula over the faulty program, the tests, how they went
    and which lines each ran, or an agent that plays `FaultLocalization` or `Repair` on the
    bug; never does it see the right program.

    ## Action Space
    ``text``: any `str`. The debugger's commands are those of pdb (all are under
    Commands of Text): ``s`` (step into), ``n`` (step over), ``r`` (step return),
    ``u 7`` (run to line 7), ``until n > 3``, ``c`` (continue), ``b 7``, ``b f``,
    ``b exception KeyError`` and ``watch n in f`` (set a breakpoint; ``hits 2`` and
    ``, n > 3`` may follow), ``cl`` (remove one), ``p EXPRESSION`` (evaluate; see
    ``sandbox``), ``!n = 3`` (assign), ``up`` and ``d`` (look into frames), ``back``,
    ``bo`` (back over), ``bc`` (back to call), ``rc`` (reverse continue).
    ``edit 7 TEXT`` puts a text in place of line 7, ``insert 7 TEXT`` before it,
    ``replace 7 TEXT`` in place of the whole statement that begins there, such as a
    function, ``delete 7`` removes it; a text begins after one space, may have several
    lines, and keeps its indentation. An edit after which the program does not compile,
    or some shown test could not enter it, is refused with the reason. ``undo`` takes
    the last edit back, ``run`` runs the tests, ``test 2`` goes to the entry of test 2,
    ``submit`` ends the episode. A text that is no command, and a command that is
    refused, is answered with an error, costs a move and a little more, and changes
    nothing else. The mask covers what has no text.

    ## Observation Space
    ``text``: the page (`page`): task, moves left, what was last said and why it was
    refused, the tests with what they should come to and how they went when they were last
    run, the program with the current line marked, the stop, the stack, the locals, the
    value and what was printed.

    ## Starting State
    The entry state of a right program drawn from the set, with up to ``max_tests`` of its
    tests, which have been run and pass.

    ## Reward
    On ``submit``. ``reward="credit"``: ``valid * (1 - credit)``: 0 for a bug that is not
    valid; else one less the solver's credit, ``1 - (rank - 1) / lines`` where its
    ``rank``-th guess within ``accusations`` is a changed line, 0 where none is (see
    `FaultLocalization`), the mean over ``attempts``. ``reward="rate"``, by the formula
    of SSR (see `solver.worth`): -1 for a bug that is not valid, -0.8 for one that none or
    all of the ``attempts`` solve, else ``1 - 1.8 * rate``, ``rate`` being the share that
    does. Minus ``move_cost`` for every move, edits and runs included, and
    ``refusal_cost`` more for a refused one, 0.01 each. ``submit`` costs nothing.

    ## Episode End
    Terminated by ``submit``. Truncated by a move beyond the budget (when it is used up,
    only ``submit`` is legal) and by a fault of the box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``:
    whether the bug is valid and not always the solver's first guess, or, paid by ``rate``,
    solved by some attempts and not by others. After ``submit``:
    ``verdicts``, by name: ``changed`` (the text differs), ``small`` (by at most
    ``max_changed`` lines), ``loads`` (some call can be made), ``caught`` (some test fails
    by a value or an exception, not by time alone), ``subtle`` (some test still passes);
    ``valid``: whether all of them hold; ``solver_rank``: the guess that was right in the
    solver's first attempt, 0 where none was or nobody asked; ``solver_credit``, the mean over
    attempts; ``solver_rate``, the share of them that solve it. ``success_real`` (neural backend):
    the same as ``success``. ``error``: why the last action was refused, or what broke.
    ``fault``: whether something broke. ``confidence`` (neural and lockstep backends): how
    sure the model is of the dream's last answer. ``differences`` (lockstep backend): where
    the last action led the two debuggers apart.

    ## Arguments
    See `DebugEnv`; ``tasks`` names bugs, of which the right programs are taken (see
    `bug_set`), or is ``programs/URI``, where ``URI`` names programs with calls (see
    `task_set`) that come to what they come to, and more calls like them where there are
    few. ``max_tests`` (8): most tests.
    ``max_changed`` (5): most lines that the bug may change. ``accusations`` (5): guesses
    of the solver. ``solver`` (``ochiai``): ``ochiai``, ``tarantula``, ``dstar``, ``random``, a
    function from `Evidence` to lines, the most suspected first, or ``MODULE:NAME`` of such a
    function or of a class of players (see `solver`), as
    ``debugworld.agents:AgentSolver?agent=random``. ``attempts`` (1): how often a player
    tries, seeds following from the bug. ``reward``: ``credit`` or ``rate``, which needs
    a player and ``attempts`` from 2 on. ``sandbox``: None takes ``docker``, because what runs
    is written by the agent.

    ## Version History
    v0: first version.
    """

    right = True

    def __init__(
        self,
        family: str = "text",
        max_changed: int = 5,
        accusations: int = 5,
        solver: str | Solver | Player = "ochiai",
        attempts: int = 1,
        reward: str = "credit",
        **options: Any,
    ) -> None:
        check_whole(max_changed=max_changed, accusations=accusations, attempts=attempts)
        if max_changed < 1 or accusations < 1 or attempts < 1:
            told = f"{max_changed}, {accusations} and {attempts}"
            raise TaskError(f"need max_changed >= 1, accusations >= 1 and attempts >= 1; got {told}")
        if reward not in REWARDS:
            raise TaskError(f"there is no reward {reward!r}; use one of: {', '.join(REWARDS)}")
        super().__init__(family, **options)
        self.max_changed, self.accusations, self.attempts = max_changed, accusations, attempts
        self._paid = reward
        self.solver = open_solver(solver, self)
        if reward == "rate" and (attempts < 2 or not isinstance(self.solver, Player)):
            raise TaskError(
                "reward='rate' is of several attempts that may come out differently; use attempts=2 or more "
                "and a solver that plays, as solver='debugworld.agents:AgentSolver?agent=random'"
            )
        self._told: dict[str, Any] = {}

    @property
    def planted(self) -> Bug:
        """The bug that the program has as it stands, for a solver's own episodes; valid or not."""
        right, source = self.bug.fixed, self._source
        lines = lines_at_fault(source, right)
        return Bug(self.bug.name, self.bug.group, source, right, self._cases, lines, self.bug.description)

    def _load_bugs(self, tasks: str) -> BugSet:
        """Reads right programs; a program's own results are what its calls are expected to come to."""
        if tasks.startswith(PROGRAMS):
            return _programs(tasks)
        return load_bug_set(tasks)

    def _begin_bug(self, bug: Bug) -> Question | None:
        self._before, self._told = [], {}
        if not bug.fixed:
            return None
        cases = self._shuffled(bug.cases)[: self.tests]
        results = self._judge.judge(bug.fixed, cases, bug.fixed)
        kept = [(case, result) for case, result in zip(cases, results, strict=True) if result.passes]
        if len(kept) < 2:  # one must fail and one must pass
            return None
        self._show(bug, bug.fixed, [case for case, _ in kept], [result for _, result in kept])
        return Question("plant a bug that some test catches and that is hard to find, then say 'submit'")

    def _ending(self, index: int | None) -> str:
        told = ": one test must fail and one pass, so take max_tests=2 or more" if self.tests < 2 else ""
        return f"{told}{super()._ending(index)}"

    def _submitted(self) -> Outcome:
        right, source = self.bug.fixed, self._source
        results = self._judge.judge(source, self._cases, right)
        self._results = self._ran()
        verdicts = {
            "changed": source != Program(right).text,
            "small": size(right, source) <= self.max_changed,
            "loads": not all(result.verdict is Verdict.BROKEN for result in results),
            "caught": any(result.verdict in (Verdict.WRONG, Verdict.EXCEPTION) for result in results),
            "subtle": any(result.passes for result in results),
        }
        valid = all(verdicts.values())
        ranks = self._attempted(results) if valid else [0]
        lines = len(code_lines(source))
        found = sum(credit(rank, lines) for rank in ranks) / len(ranks)
        rate = sum(rank > 0 for rank in ranks) / len(ranks)
        told = {"solver_rank": ranks[0], "solver_credit": found, "solver_rate": rate}
        self._told = {"verdicts": verdicts, "valid": valid, **told}
        if self._paid == "credit":
            return Outcome(SUCCESS_REWARD * (1 - found) * valid, terminated=True, success=valid and found < 1)
        return Outcome(worth(rate) if valid else INVALID, terminated=True, success=valid and 0 < rate < 1)

    def _attempted(self, results: tuple[Result, ...]) -> list[int]:
        """Returns which guess of the solver was right in each of its attempts.

        Raises:
            SandboxError: the box failed.
            ModelError: the solver's model did.
        """
        bug = self.planted
        if isinstance(self.solver, Player):
            first = int(bug.digest[:8], 16)
            return [self.solver.solve(bug, first + number) for number in range(self.attempts)]
        return [rank_of(guesses(self.solver, self._evidence(results), self.accusations), bug.lines)]

    def close(self) -> None:
        """Frees what the solver holds, too; may be called twice."""
        if isinstance(self.solver, Player):
            self.solver.close()
        super().close()

    def _evidence(self, results: tuple[Result, ...]) -> Evidence:
        """Returns what the solver may know; the runs are recorded.

        Raises:
            SandboxError: the box failed.
        """
        assert self._traces is not None
        programs = [Program(self._source, case.call, self.bug.name) for case in self._cases]
        runs = [lines_run(program, self._traces.record(program).states) for program in programs]
        passes = tuple(result.passes for result in results)
        return Evidence(
            self._source,
            tuple(case.call for case in self._cases),
            tuple(case.expected for case in self._cases),
            passes,
            Spectrum.of(zip(runs, passes, strict=True)),
        )

    def _info(self, success: bool) -> dict[str, Any]:
        return super()._info(success) | self._told


def _programs(uri: str) -> BugSet:
    """Returns the programs of a task set that have calls, each once with all of its calls and some like them.

    What a call comes to in the program is what it is expected to come to.
    """
    found = load_task_set(uri.removeprefix(PROGRAMS))
    calls: dict[str, list[Program]] = defaultdict(list)
    for program in found.programs:
        if program.call is not None and not program.files:
            calls[program.text].append(program)
    bugs = []
    for text, programs in calls.items():
        few = max(MIN_CALLS - len(programs), 0)
        more = [*programs, *mutated(programs[0], 0, few)]
        cases = tuple(Case(each.call, each.call) for each in more if each.call)
        bugs.append(Bug(programs[0].name, programs[0].name, text, text, cases, ()))
    return BugSet(uri, tuple(bugs), found.trusted)
