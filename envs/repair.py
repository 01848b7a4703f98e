"""The task Repair."""

from __future__ import annotations

from typing import Any

from .bug import Bug, Case
from .edit_env import EditEnv
from .errors import TaskError
from .patch import similarity
from .reward import SUCCESS_REWARD, Outcome
from .scene import Question
from .settings import check_numbers

REWARDS = ("tests", "similarity")
"""What a submission can be paid for."""


class Repair(EditEnv):
    """Repair the program: edit lines, run the tests, debug between edits, submit.

    ## Description
    A faulty program is shown with some of its tests. The agent edits it, runs the tests
    that are shown (several turns of execution feedback, as in RLEF: Gehring et al.,
    2024), debugs the program as it stands, and submits it. The other tests are hidden,
    and decide. What tests expect never enters the box with the agent's program.

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
    the last edit back, ``run`` runs the tests that are shown, ``test 2`` goes to the
    entry of test 2, ``submit`` ends the episode. A text that is no command, and a
    command that is refused, is answered with an error, costs a move and a little more,
    and changes nothing else. The mask covers what has no text.

    ## Observation Space
    ``text``: the page (`page`): task, moves left, what was last said and why it was
    refused, the tests that are shown with what they should come to, whether they passed
    and what came instead when they were last run, the program with the current line
    marked, the stop, the stack, the locals, the value and what was printed.

    ## Starting State
    The entry state of the first failing test that is shown of a bug drawn from the set,
    which has been run. A share of ``hidden`` of the tests, drawn anew each time, is
    hidden; at least one that fails is shown.

    ## Reward
    ``reward="tests"``: 1 on ``submit`` where the program passes every test, hidden ones
    included, else 0. ``reward="similarity"``: how alike the agent's patch and the true
    one are (`patch.similarity`: the ratio of `difflib.SequenceMatcher`, as in SWE-RL: Wei
    et al., 2025), in [0, 1]. Minus ``move_cost`` for every move, edits and runs included,
    and ``refusal_cost`` more for a refused one, 0.01 each. ``submit`` costs nothing.

    ## Episode End
    Terminated by ``submit``. Truncated by a move beyond the budget (when it is used up,
    only ``submit`` is legal) and by a fault of the box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``: whether a
    submitted program passes every test. After ``submit``: ``hidden_passed``, the share of the
    hidden tests that pass, and ``similarity`` of the patch, 0 where the set has no true one.
    ``success_real`` (neural and rollout backends): the same as ``success``. ``error``: why the last
    action was refused, or what broke. ``fault``: whether something broke. ``confidence`` (neural
    and lockstep backends): how sure the model is of the dream's last answer. ``differences``
    (lockstep backend): where the last action led the two debuggers apart.

    ## Arguments
    See `DebugEnv`; ``tasks`` names bugs (see `bug_set`). ``max_tests`` (8): most tests
    that are shown, and most that are hidden. ``hidden`` (0.5): share of the tests that is
    hidden, at least one and never all. ``reward``: ``tests`` or ``similarity``.
    ``sandbox``: None takes ``docker``, because what runs is written by the agent.

    ## Version History
    v0: first version.
    """

    def __init__(
        self, family: str = "text", hidden: float = 0.5, reward: str = "tests", **options: Any
    ) -> None:
        check_numbers(hidden=hidden)
        if not 0 < hidden < 1:
            raise TaskError(f"hidden is a share between 0 and 1; got {hidden}")
        if reward not in REWARDS:
            raise TaskError(f"there is no reward {reward!r}; use one of: {', '.join(REWARDS)}")
        super().__init__(family, **options)
        self._hidden_share, self._paid = hidden, reward
        self._hidden: tuple[Case, ...] = ()
        self._told: dict[str, float] = {}

    def _begin_bug(self, bug: Bug) -> Question | None:
        self._before, self._told = [], {}
        if len(bug.cases) < 2 or (self._paid == "similarity" and not bug.fixed):
            return None
        cases = self._shuffled(bug.cases)
        results = dict(zip(cases, self._judge.judge(bug.buggy, cases, bug.fixed), strict=True))
        wrong = [case for case in cases if not results[case].passes]
        if not wrong:
            return None
        # a failing one is shown, a second one is hidden where there is a second
        hidden = max(1, min(len(cases) - 1, round(self._hidden_share * len(cases))))
        order = [wrong[0], *(case for case in cases if case not in wrong[:2]), *wrong[1:2]]
        shown, kept = order[: len(cases) - hidden], order[len(cases) - hidden :]
        self._hidden = tuple(kept[-self.tests :])
        shown = self._shuffled(shown[: self.tests])
        first = next(i for i, case in enumerate(shown) if not results[case].passes)
        self._show(bug, bug.buggy, shown, [results[case] for case in shown], first)
        return Question("repair the program so that all tests pass, hidden ones too, then say 'submit'")

    def _submitted(self) -> Outcome:
        right = self.bug.fixed
        results = self._judge.judge(self._source, self._hidden, right)
        success = all(result.passes for result in results)
        success = success and self._judge.passes_all(self._source, self._cases, right)
        alike = similarity(self.bug.buggy, self._source, right) if right else 0.0
        passed = sum(result.passes for result in results) / len(results)
        self._told = {"hidden_passed": passed, "similarity": alike}
        paid = float(success) if self._paid == "tests" else alike
        return Outcome(SUCCESS_REWARD * paid, terminated=True, success=success)

    def _notes(self) -> list[str]:
        return [f"Hidden tests: {len(self._hidden)}", *super()._notes()]

    def _info(self, success: bool) -> dict[str, Any]:
        return super()._info(success) | self._told
