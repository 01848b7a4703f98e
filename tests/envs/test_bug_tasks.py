"""FaultLocalization, Repair and BugInjection: what is shown, what is judged, what is paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from debugworld.envs import (
    Bug,
    BugInjection,
    BugSet,
    Case,
    DebugEnv,
    FaultLocalization,
    Repair,
    TaskCommand,
    TaskError,
    TaskKind,
)
from debugworld.envs.features import TEST_FLAGS
from debugworld.envs.spectrum import Evidence
from debugworld.envs.task_set import TaskSet
from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Action

Make = Callable[..., DebugEnv]
LOCALIZE, FEATURES = "debugworld/FaultLocalization-Text-v0", "debugworld/FaultLocalization-Features-v0"
REPAIR, INJECT = "debugworld/Repair-Text-v0", "debugworld/BugInjection-Text-v0"
COUNT, RUN = {"task": 0}, {"task": 1}
SIX = "\n".join(f"x = {n}" for n in range(6))
RIGHT = "edit 4         n += int(c == t)"


def played(env: DebugEnv, words: Sequence[str], task: dict[str, int], seed: int = 0) -> tuple[Any, ...]:
    """Plays some commands; returns what the last one brought, its page first."""
    env.reset(seed=seed, options=task)
    for word in words:
        last = env.step(word)
    return last


def test_tests_are_shown_with_what_running_them_says(make: Make) -> None:
    page, _ = make(LOCALIZE).reset(seed=0, options=COUNT)
    assert "count('rrr', 'r') == 3  fails: wrong value, 1\n" in page
    assert "count('', 'x') == 0  passes\n" in page
    assert "About: Count a letter\\nin a text.\n" in page and "Accusations left: 5\n" in page
    page, _ = make(LOCALIZE).reset(seed=0, options=RUN)
    assert "fails: exception, ZeroDivisionError: division by zero\n" in page


def test_the_episode_begins_at_the_first_failing_test(make: Make) -> None:
    env = make(LOCALIZE, max_tests=3)
    for seed in range(12):
        env.reset(seed=seed)
        tests, current = env.scene.tests, env.scene.test
        assert len(tests) == 3
        assert [test.passes for test in tests][:current] == [True] * (current - 1) + [False]
        assert tests[current - 1].call in env.scene.program.lines[-1]


def test_one_shown_test_fails_even_where_one_is_shown(make: Make) -> None:
    env = make(LOCALIZE, max_tests=1)
    shown = set()
    for seed in range(12):
        env.reset(seed=seed)
        [test] = env.scene.tests
        assert test.passes is False
        shown.add(test.call)
    assert len(shown) > 2


@pytest.mark.parametrize(
    ("guesses", "rank", "reward"), [([4], 1, 1.0), ([1, 4], 2, 1 - 1 / 5), ([1, 2, 3, 4], 4, 1 - 3 / 5)]
)
def test_accusations_are_paid_by_rank(guesses: list[int], rank: int, reward: float, make: Make) -> None:
    words = [f"accuse {line}" for line in guesses]
    _, paid, terminated, truncated, info = played(make(LOCALIZE), words, COUNT)
    assert (paid, terminated, truncated, info["success"]) == (pytest.approx(reward), True, False, True)
    assert (info["rank"], info["exam"], info["moves"]) == (rank, rank / 5, 0)
    assert (info["top_1"], info["top_3"], info["top_5"]) == (rank == 1, rank <= 3, True)


def test_the_last_wrong_accusation_ends_the_episode(make: Make) -> None:
    env = make(LOCALIZE, accusations=2)
    page, *_, info = played(env, ["accuse 1"], COUNT)
    assert info["accusations_left"] == 1 and "Accusations left: 1; not at fault: 1\n" in page
    _, reward, terminated, _, info = env.step("accuse 2")
    assert (reward, terminated, info["success"], info["rank"], info["exam"]) == (0, True, False, 0, 1)


def test_evidence_may_be_asked_for_before_accusations(make: Make) -> None:
    env = make(LOCALIZE, least_tests=2, max_tests=3)
    page, *_, info = played(env, ["accuse 4"], COUNT)
    assert info["error"] == "accuse 4: debug at least 2 tests before you accuse; 0 so far"
    assert "First: debug at least 2 tests before you accuse; 0 so far\n" in page
    *_, info = played(env, ["c", "c", "accuse 4"], COUNT)  # the same test again
    assert "1 so far" in info["error"]
    page, *_ = played(env, ["c", f"test {1 + env.scene.test % 3}", "c"], COUNT)
    assert "First:" not in page
    *_, info = env.step("accuse 4")
    assert info["success"]


def test_who_has_no_moves_left_may_accuse_without_evidence(make: Make) -> None:
    env = make(FEATURES, least_tests=9, max_tests=2, max_moves=1)
    _, info = env.reset(seed=0, options=COUNT)
    accuse = env.commands.number(TaskCommand(TaskKind.ACCUSE, 4))
    assert not info["action_mask"][accuse]
    *_, info = env.step(env.commands.number(Action.parse("step_into")))
    assert info["action_mask"][accuse]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["accuse 99"], "no line 99"),
        (["accuse 6"], "no line 6 with code"),
        (["accuse 1", "accuse 1"], "accused before"),
        (["test 6"], "numbered 1 to 5"),
        (["submit"], "is no command"),
    ],
)
def test_accusations_that_are_none_cost(words: list[str], reason: str, make: Make) -> None:
    _, reward, terminated, _, info = played(make(LOCALIZE), words, COUNT)
    assert reason in info["error"] and (reward, terminated, info["moves"]) == (-0.02, False, 1)


def test_when_the_moves_are_used_up_lines_may_be_accused_yet(make: Make) -> None:
    env = make(LOCALIZE, max_moves=1)
    _, _, terminated, truncated, info = played(env, ["s"], COUNT)
    assert not terminated and not truncated
    mask, kinds = info["action_mask"], env.commands
    allowed = {str(kinds.command(int(number))) for number in np.flatnonzero(mask)}
    assert allowed == {f"accuse {line}" for line in range(1, 6)}
    assert env.step("accuse 4")[1:3] == (1.0, True)
    *_, truncated, info = played(env, ["s", "s"], COUNT)
    assert truncated and "accuse now" in info["error"]


def test_going_to_another_test_debugs_it_and_keeps_breakpoints(make: Make) -> None:
    env = make(LOCALIZE)
    env.reset(seed=0, options=COUNT)
    other = next(n for n, t in enumerate(env.scene.tests, 1) if t.call == "count('', 'x')")
    env.step("b 5")
    page, reward, *_ = env.step(f"test {other}")
    assert reward == -0.01 and "->" in page.split(f"{other:4}  count")[0].splitlines()[-1]
    assert env.scene.program.call == "count('', 'x')" and env.debugger.position == 0
    assert "*   5      return n" in env.step("c")[0]
    assert env.debugger.state.line == 5
    assert env.scene.tests[other - 1].lines == (2, 3, 5)


def test_coverage_is_what_was_run_so_far(make: Make) -> None:
    env = make(LOCALIZE)
    env.reset(seed=0, options=COUNT)
    here = env.scene.test - 1
    assert env.scene.tests[here].lines == ()
    env.step("u 3")
    assert env.scene.tests[here].lines == (2, 3)
    assert "lines run so far: 2-3\n" in env.step("back")[0]
    env.step("c")
    assert env.scene.tests[here].lines == (2, 3, 4, 5)
    env.step(f"test {here + 1}")
    assert env.debugger.position == 0 and env.scene.tests[here].lines == (2, 3, 4, 5)


def test_features_show_tests_and_coverage(make: Make) -> None:
    env = make(FEATURES, max_tests=6)
    seen, info = env.reset(seed=0, options=COUNT)
    flags = {name: seen["tests"][:, place] for place, name in enumerate(TEST_FLAGS)}
    assert flags["present"].tolist() == [1, 1, 1, 1, 1, 0]
    assert (flags["fails"] + flags["passes"]).tolist() == [1, 1, 1, 1, 1, 0]
    assert flags["current"].sum() == 1 and not flags["debugged"].any() and not seen["coverage"].any()
    assert "goal" not in seen and "candidates" not in seen
    number = env.commands.number
    to_the_end = number(Action.parse("continue"))
    seen = env.step(to_the_end)[0]
    assert seen["coverage"][:, 0].nonzero()[0].tolist() == [1, 2, 3, 4]
    passing = int(np.flatnonzero(flags["passes"])[0]) + 1
    env.step(number(TaskCommand(TaskKind.TEST, passing)))
    seen = env.step(to_the_end)[0]
    assert seen["coverage"][1].tolist() == [1, 1, 0] and seen["tests"][:, 4].sum() == 2
    seen = env.step(number(TaskCommand(TaskKind.ACCUSE, 1)))[0]
    assert seen["coverage"][0].tolist() == [0, 0, 1]
    _, reward, terminated, *_ = env.step(number(TaskCommand(TaskKind.ACCUSE, 4)))
    assert terminated and reward == pytest.approx(0.8)


def test_both_families_pose_the_same_bugs(make: Make) -> None:
    text, features = make(LOCALIZE), make(FEATURES)
    for seed in range(5):
        text.reset(seed=seed)
        features.reset(seed=seed)
        assert text.scene.tests == features.scene.tests and text.scene.program == features.scene.program


def test_a_repair_that_passes_hidden_tests_is_paid(make: Make) -> None:
    env = make(REPAIR)
    page, reward, terminated, _, info = played(env, [RIGHT, "run", "submit"], COUNT)
    assert (reward, terminated, info["success"]) == (1.0, True, True)
    assert (info["hidden_passed"], info["similarity"], info["moves"]) == (1.0, 1.0, 2)
    assert page.count("  passes\n") == 3 and "Hidden tests: 2\n" in page


@pytest.mark.parametrize("words", [["submit"], ["edit 5     return 7", "submit"]])
def test_what_is_no_repair_is_not_paid(words: list[str], make: Make) -> None:
    _, reward, terminated, _, info = played(make(REPAIR), words, COUNT)
    assert (reward, terminated, info["success"]) == (0.0, True, False)
    assert 0 <= info["hidden_passed"] < 1 and info["similarity"] < 1


def test_to_pass_what_is_shown_is_not_enough(make: Make) -> None:
    """A program that knows the shown tests passes them, and is not paid."""
    env = make(REPAIR)
    env.reset(seed=0, options=COUNT)
    shown = {test.call: test.expected for test in env.scene.tests}
    table = ", ".join(f"{call.removeprefix('count')}: {value}" for call, value in shown.items())
    env.step(f"replace 1 def count(s, t):\n    return {{{table}}}.get((s, t))")
    page = env.step("run")[0]
    assert page.count("  passes\n") == len(shown)
    _, reward, terminated, _, info = env.step("submit")
    assert (reward, terminated, info["success"]) == (0.0, True, False)


def test_similarity_can_be_paid_instead(make: Make) -> None:
    half = "edit 4         n += int(c != t)"
    _, reward, _, _, info = played(make(REPAIR, reward="similarity"), [half, "submit"], COUNT)
    assert 0.5 < reward == info["similarity"] < 1 and not info["success"]


def test_a_share_of_the_tests_is_hidden_and_one_failing_is_shown(make: Make) -> None:
    env = make(REPAIR, hidden=0.6)
    assert isinstance(env, Repair)
    shown = set()
    for seed in range(12):
        env.reset(seed=seed)
        calls = [test.call for test in env.scene.tests]
        hidden = [case.call for case in env._hidden]
        assert (len(calls), len(hidden)) == (2, 3) and not set(calls) & set(hidden)
        assert any(test.passes is False for test in env.scene.tests)
        assert not env._judge.passes_all(env.bug.buggy, env._hidden, env.bug.fixed)
        shown.add(tuple(calls))
    assert len(shown) > 3


def test_edits_restart_the_debugger_on_the_edited_program(make: Make) -> None:
    env = make(REPAIR)
    env.reset(seed=0, options=COUNT)
    env.step("b 5")
    env.step("u 4")
    page = env.step("insert 2     print('hello')")[0]
    assert env.debugger.position == 0 and "*   6      return n" in page
    assert "not run since the last edit" in page and "lines run so far" not in page
    page = env.step("c")[0]
    assert "Printed: 'hello\\n'" in page and env.debugger.state.line == 6
    env.step("edit 2     print('bye')\n    print('bye')")
    env.step("undo")
    assert "hello" in env.step("c")[0]
    page = env.step("undo")[0]
    assert env.scene.program.text == env.bug.buggy and "hello" not in page
    assert "no edit to take back" in env.step("undo")[4]["error"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("edit 2     n = (", "line 2"),
        ("edit 2 n = 0", "indent"),
        ("delete 1", "indent"),
        ("edit 1 def other(s, t):", "does not define 'count'"),
        ("edit 99 x", "lines 1 to 5"),
        ("edit 2     n = 0", "change nothing"),
        ("insert 1 " + "\n".join("x = 1" for _ in range(80)), "lines, and 64 are allowed"),
        ("accuse 4", "is no command"),
    ],
)
def test_edits_that_cannot_be_are_refused_with_the_reason(word: str, reason: str, make: Make) -> None:
    env = make(REPAIR)
    page, reward, terminated, _, info = played(env, [word], COUNT)
    assert reason in info["error"] and (reward, terminated) == (-0.02, False)
    assert env.scene.program.text == env.bug.buggy and "not run" not in page


def test_the_mask_allows_what_would_not_be_refused(make: Make) -> None:
    env = make(REPAIR)
    env.reset(seed=0, options=COUNT)
    for number in range(env.commands.first_answer, len(env.commands)):
        command = env.commands.command(number)
        assert isinstance(command, TaskCommand)
        refused = env._task_refusal(command) is not None
        assert bool(env.action_masks()[number]) is not refused, str(command)
    first, mask = env.commands.first(TaskKind.DELETE), env.action_masks()
    assert mask[first : first + 6].tolist() == [0, 1, 0, 0, 1, 0]


def test_a_fault_while_judging_truncates(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise SandboxError("the lamp went out")

    for word in ("run", "submit", RIGHT):
        env = make(REPAIR)
        env.reset(seed=0, options=COUNT)
        if word == RIGHT:
            monkeypatch.setattr(env.debugger, "restart", broken)
        else:
            monkeypatch.setattr(env._judge, "judge", broken)
        observation, _, terminated, truncated, info = env.step(word)
        monkeypatch.undo()
        assert (terminated, truncated, info["fault"], info["success"]) == (False, True, True, False)
        assert info["error"] == "the lamp went out" and observation in env.observation_space


def test_a_fault_while_judging_a_start_truncates_the_first_step(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise SandboxError("the lamp went out")

    for env_id in (LOCALIZE, REPAIR, INJECT):
        env = make(env_id)
        env.reset(seed=0, options={"task": 0})
        monkeypatch.setattr(env._judge, "judge", broken)
        observation, info = env.reset(seed=0, options={"task": 1})
        assert info["fault"] and observation in env.observation_space
        assert env.step("s")[3]
        monkeypatch.undo()
        assert not env.reset(seed=0)[1]["fault"]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["submit"], {"changed", "caught"}),
        (["insert 2     # nothing", "submit"], {"caught"}),
        (["insert 2     raise ValueError", "submit"], {"subtle"}),
        (["insert 1 1 / 0", "submit"], {"loads", "caught", "subtle"}),
        (["insert 3     while s == 'rar':\n        pass", "submit"], {"caught"}),
        ([f"insert 1 {SIX}", "edit 10         n = 1", "submit"], {"small"}),
        (["edit 4         n = int(c == t)", "submit"], set()),
    ],
)
def test_a_planted_bug_is_judged_by_execution(words: list[str], wrong: set[str], make: Make) -> None:
    asked: list[Evidence] = []

    def solver(evidence: Evidence) -> list[int]:
        asked.append(evidence)
        return []

    env = make(INJECT, solver=solver)
    _, reward, terminated, _, info = played(env, words, COUNT)
    assert {name for name, holds in info["verdicts"].items() if not holds} == wrong
    assert terminated and info["valid"] is info["success"] is (not wrong)
    assert reward == float(not wrong) and len(asked) == (not wrong)
    assert isinstance(env, BugInjection)
    assert (env.planted.lines == (4,)) if not wrong else env.planted.fixed == env.bug.fixed


def test_a_planted_bug_is_paid_by_what_the_solver_misses(make: Make) -> None:
    words = ["edit 4         n = int(c == t)", "submit"]
    ranks = {1: [4], 2: [1, 4], 0: [1, 2]}
    for rank, guesses in ranks.items():
        env = make(INJECT, solver=lambda evidence, found=guesses: found, accusations=2)
        _, reward, _, _, info = played(env, words, COUNT)
        credit = 1 - (rank - 1) / 5 if rank else 0.0
        assert (info["solver_rank"], info["solver_credit"]) == (rank, pytest.approx(credit))
        assert reward == pytest.approx(1 - credit) and info["success"] is (rank != 1)


def test_the_solver_gets_what_it_may_know(make: Make) -> None:
    asked: list[Evidence] = []
    env = make(INJECT, solver=lambda evidence: asked.append(evidence) or [])
    played(env, ["edit 4         n = int(c == t)", "submit"], COUNT)
    [evidence] = asked
    assert "n = int" in evidence.source and len(evidence.calls) == len(evidence.passes) == 5
    assert len(evidence.spectrum.failing) == evidence.passes.count(False) == 3
    assert frozenset({2, 3, 5}) in evidence.spectrum.passing


@pytest.mark.parametrize("solver", ["ochiai", "tarantula", "dstar", "random"])
def test_solvers_by_name(solver: str, make: Make) -> None:
    words = ["edit 2     if b == 1:", "submit"]
    _, reward, _, _, info = played(make(INJECT, solver=solver), words, RUN)
    assert info["valid"] and reward == pytest.approx(1 - info["solver_credit"])


def test_bugs_are_planted_in_programs_with_calls_too(make: Make, tasks: str) -> None:
    env = make(INJECT, tasks=f"programs/{tasks}")
    page, _ = env.reset(seed=0, options={"task": 0})
    assert page.count("  passes\n") == 6 and "count('', 'x') == count('', 'x')  passes" in page
    env.step("edit 4         n = int(c == t)")
    *_, info = env.step("submit")
    assert info["verdicts"]["caught"] and info["verdicts"]["subtle"]


def test_a_program_with_one_call_gets_others_like_it(make: Make) -> None:
    env = make(INJECT, tasks="programs/generated/0/3")
    env.reset(seed=0)
    assert len(env.scene.tests) > 1 and all(test.passes for test in env.scene.tests)


def test_mutants_are_made_when_they_are_drawn(make: Make) -> None:
    pytest.importorskip("libcst", reason="libcst: pip install 'debugworld[mutants]'")
    env = make(LOCALIZE, tasks="mutants/0/12")
    assert len(env.task_set.programs) == 12
    for seed in range(2):
        _, info = env.reset(seed=seed)
        assert not info["fault"] and env.scene.tests[env.scene.test - 1].passes is False


def test_a_bug_without_a_repair_may_be_repaired_but_not_compared(make: Make) -> None:
    wrong = "def double(n):\n    return n + 1\n"
    cases = (Case("double(3)", "6"), Case("double(1)", "2"), Case("double(5)", "10"))
    bugs = BugSet("mine", (Bug("double", "double", wrong, "", cases, ()),), trusted=True)
    env, programs = make(REPAIR), TaskSet("mine", bugs.programs, trusted=True)
    env.bug_set, env.task_set = bugs, programs  # type: ignore[attr-defined]
    *_, info = played(env, ["edit 2     return 2 * n", "submit"], {"task": 0})
    assert info["success"] and info["similarity"] == 0
    for env_id, options in ((LOCALIZE, {}), (INJECT, {}), (REPAIR, {"reward": "similarity"})):
        env = make(env_id, **options)
        env.bug_set, env.task_set = bugs, programs  # type: ignore[attr-defined]
        with pytest.raises(TaskError, match="nothing to ask"):
            env.reset(seed=0)


@pytest.mark.parametrize(
    ("env_id", "options", "text"),
    [
        (LOCALIZE, {"accusations": 0}, "accusations >= 1"),
        (LOCALIZE, {"least_tests": -1}, "least_tests >= 0"),
        (LOCALIZE, {"max_tests": 0}, "max_tests >= 1"),
        (LOCALIZE, {"max_lines": 3}, "max_lines=7"),
        (LOCALIZE, {"tasks": "nowhere"}, "bug set"),
        (REPAIR, {"hidden": 1}, "share between"),
        (REPAIR, {"reward": "praise"}, "tests, similarity"),
        (REPAIR, {"family": "features"}, "text only"),
        (INJECT, {"solver": "oracle"}, "ochiai, tarantula, dstar, random"),
        (INJECT, {"max_changed": 0}, "max_changed >= 1"),
        (INJECT, {"tasks": "programs/nowhere"}, "jsonl"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_wrong_arguments_say_what_would_be_right(
    env_id: str, options: dict[str, Any], text: str, make: Make
) -> None:
    with pytest.raises(TaskError, match=text):
        make(env_id, **options)


def test_callers_mistakes_raise(make: Make) -> None:
    env = make(LOCALIZE)
    assert isinstance(env, FaultLocalization)
    with pytest.raises(TaskError, match="reset"):
        env.bug  # noqa: B018
    with pytest.raises(TaskError, match="0 to 1"):
        env.reset(options={"task": 2})


def test_the_agents_program_is_boxed_unless_the_caller_says_otherwise(make: Make) -> None:
    for env_id in (REPAIR, INJECT):
        assert make(env_id, tasks="builtin", sandbox=None)._sandbox == "docker"
    assert isinstance(make(INJECT), BugInjection)
