"""Mutants are killed, reproducible and made when they are asked for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import debugworld.envs.mutants.mutants as made
from debugworld.envs import Bug, TaskError, load_bug_set, load_task_set
from debugworld.envs.judge import Judge, failing, judge_of
from debugworld.envs.mutants import Mutants
from debugworld.envs.mutants.subject import EQUIVALENT, Box, subjects_of
from debugworld.envs.split import split_of
from debugworld.envs.trace_store import trace_store
from debugworld.envs.verdict import passes
from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program, Trace


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every set is made anew, so that a test sees the making."""
    monkeypatch.setenv("DEBUGWORLD_CACHE", "")


def fresh(uri: str) -> list[Bug]:
    load_bug_set.cache_clear()
    return list(load_bug_set(uri).bugs)


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return str(path)


def test_the_right_program_passes_and_the_mutant_does_not() -> None:
    found = load_bug_set("mutants/5/8")
    assert found.trusted and len(found.bugs) == 8
    assert len({bug.name for bug in found.bugs}) == len({bug.buggy for bug in found.bugs}) == 8
    traces = trace_store("process")
    traces.enter()
    some_pass = 0
    for bug in found.bugs:
        verdicts = [passes(traces.record, bug.buggy, case.call, case.expected) for case in bug.cases]
        assert not all(verdicts) and len(verdicts) > 1
        some_pass += any(verdicts)
        assert all(passes(traces.record, bug.fixed, case.call, case.expected) for case in bug.cases)
        assert bug.lines and ": " in bug.kind
    traces.leave()
    assert some_pass >= 3


def test_same_seed_same_mutants_whatever_the_count_and_order() -> None:
    few = fresh("mutants/7/4")
    load_bug_set.cache_clear()
    many = load_bug_set("mutants/7").bugs
    assert len(many) == 256
    assert [many[i] for i in (3, 1, 0, 2)] == [few[i] for i in (3, 1, 0, 2)]
    assert many[-256] == few[0] and many[1:3] == (few[1], few[2])
    with pytest.raises(IndexError):
        many[256]
    assert fresh("mutants/8/4") != few


def test_nothing_runs_before_a_mutant_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = 0
    record = Sandbox.record

    def counted(self: Sandbox, program: Program) -> Trace:
        nonlocal runs
        runs += 1
        return record(self, program)

    monkeypatch.setattr("debugworld.sandboxes.process.ProcessSandbox.record", counted)
    load_bug_set.cache_clear()
    bugs = load_bug_set("mutants/9/1000000?of=generated/0/5000").bugs
    assert runs == 0
    bugs[49]
    assert 0 < runs < 300


def test_what_was_found_once_is_found_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", str(tmp_path))
    uri = "mutants/4/3?of=generated/0/5"
    load_bug_set.cache_clear()
    first = load_bug_set(uri)
    bugs, dropped = list(first.bugs), dict(first.left_out)

    def none(*_: object, **__: object) -> Sandbox:
        raise AssertionError("no box is needed")

    with monkeypatch.context() as patch:
        patch.setattr(made, "open_sandbox", none)
        load_bug_set.cache_clear()
        again = load_bug_set(uri)
        assert list(again.bugs) == bugs and dict(again.left_out) == dropped
        assert list(load_bug_set("mutants/4/2?of=generated/0/5").bugs) == bugs[:2]  # whatever the count
        for other in ("mutants/5/3?of=generated/0/5", "mutants/4/3?of=generated/1/5"):
            with pytest.raises(AssertionError):
                load_bug_set(other).bugs[0]
    for file in tmp_path.rglob("*.trace"):
        file.write_bytes(file.read_bytes()[:-1])
    assert fresh(uri) == bugs  # what is damaged is made again


def test_shorter_mutants_are_shared() -> None:
    """Environments of one process ask for the same, and it takes long to find."""
    made_once = load_bug_set("mutants/4/3?of=generated/0/5")
    assert made_once.within(32).bugs is made_once.within(32).bugs
    assert made_once.within(32).bugs is not made_once.within(40).bugs


def test_when_a_program_is_used_up_two_operators_meet(tmp_path: Path) -> None:
    row = {"code": "def f(x):\n    return x + 1\n", "call": "f(3)", "group": "g"}
    uri = f"mutants/0/12?of=jsonl/{write(tmp_path / 'rows.jsonl', [row])}&sandbox=process"
    bugs = fresh(uri)
    orders = [bug.kind.count(";") + 1 for bug in bugs]
    assert orders == sorted(orders) and orders[0] == 1 and orders[-1] == 2
    assert [bug.buggy for bug in bugs] == [bug.buggy for bug in fresh(uri)]
    assert {bug.group for bug in bugs} == {"g"} and not load_bug_set(uri).trusted


def test_what_is_dropped_is_counted(tmp_path: Path) -> None:
    rows = [
        {"code": "def f(x):\n    y = 3\n    return x\n", "call": "f(3)"},
        {"code": "def f(x):\n    raise ValueError(x)\n", "call": "f(3)"},
        {"code": "def f(x):\n    return f\n", "call": "f(3)"},
    ]
    found = load_bug_set(f"mutants/0/3?of=jsonl/{write(tmp_path / 'rows.jsonl', rows)}&sandbox=process")
    assert all("return x" in bug.fixed for bug in found.bugs)
    told = {reason.split()[0]: count for reason, count in found.left_out.items()}
    assert told["programs"] == 2 and told["mutants"] >= 2


def test_a_mutant_that_only_takes_longer_is_not_killed(tmp_path: Path) -> None:
    """Of four mutants two make the loop shorter, one makes it too long to record, and one raises."""
    row = {
        "code": "def f(x):\n    for i in range(2 * 40 // 40):\n        x = x\n    return 7\n",
        "call": "f(1)",
    }
    tasks = load_task_set(f"jsonl/{write(tmp_path / 'rows.jsonl', [row])}")
    left_out: Counter[str] = Counter()
    [subject] = subjects_of(tasks, [0], 0, frozenset({"AOR"}), left_out)
    with open_sandbox("process", max_events=2000) as sandbox:
        box = Box(sandbox.record, Judge(sandbox.session))
        found = subject.mutant(0, box)
        assert found is not None and "40 / 40" in found.source
        assert subject.mutant(1, box) is None
    assert left_out == {EQUIVALENT: 3}


def test_the_judge_agrees(tmp_path: Path) -> None:
    row = {"code": "def f(x):\n    return x // 5 * 5 + x % 3 + 4 // 2\n", "call": "f(12)"}
    uri = f"mutants/1/5?of=jsonl/{write(tmp_path / 'rows.jsonl', [row])}&sandbox=process"
    bugs = [*fresh(uri), *load_bug_set("mutants/6/2").bugs]
    traces = trace_store("process")
    traces.enter()
    judge = judge_of("process")
    for bug in bugs:
        assert failing(bug, judge), bug
        assert judge.passes_all(bug.fixed, bug.cases, bug.fixed)
    traces.leave()


def test_programs_that_nothing_can_fail_are_told(tmp_path: Path) -> None:
    row = {"code": "def f():\n    return len\n", "call": "f()"}
    found = load_bug_set(f"mutants/0/3?of=jsonl/{write(tmp_path / 'rows.jsonl', [row])}&sandbox=process")
    with pytest.raises(TaskError, match="did not fail a call; name programs"):
        found.bugs[0]


def test_cases_can_be_few() -> None:
    few = fresh("mutants/5/4?of=generated/0/5&cases=3")
    assert {len(bug.cases) for bug in few} == {3}
    traces = trace_store("process")
    traces.enter()
    assert all(failing(bug, judge_of("process")) for bug in few)
    traces.leave()


def test_operators_and_splits_can_be_chosen() -> None:
    found = load_bug_set("mutants/0/6?operators=ROR,AOR&of=generated/0/40&split=train").bugs
    assert {bug.kind[:3] for bug in found} <= {"ROR", "AOR"}
    assert all(split_of(bug.group) == "train" for bug in found)


def test_short_mutants_are_made_of_short_programs() -> None:
    everything = load_bug_set("mutants/4/1000000?of=generated/0/3000")
    short = everything.within(16)
    assert len(short.bugs) == len(short.programs) == 1000000
    for number in (0, 1, 2):
        assert short.bugs[number].length <= 16
        assert short.programs[number] == short.bugs[number].program(short.bugs[number].cases[0])
    with pytest.raises(TaskError, match="more than 1 lines"):
        load_bug_set("mutants/4").within(3)


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("mutants/x", "use mutants/SEED or mutants/SEED/COUNT"),
        ("mutants/0?operators=ROR,XXX", "no operator XXX; there are, joined by commas: AOD"),
        ("mutants/0?operators=", "there are, joined by commas"),
        ("mutants/0?of=nothing", "begins with one of: builtin"),
        ("mutants/0?sandbox=none", "one of: docker, bwrap, process"),
        ("mutants/0?check=process", "no option 'check'; there are: of, split"),
        ("mutants/0?split=dev", "one of: train"),
    ],
)
def test_errors_say_what_would_be_right(uri: str, complaint: str) -> None:
    with pytest.raises(TaskError, match=complaint):
        load_bug_set(uri)


def test_a_script_is_no_program_to_mutate(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("print(1)\n")
    with pytest.raises(TaskError, match="no program entered by a call"):
        load_bug_set(f"mutants/0?of=file/{path}")


@pytest.mark.docker
def test_programs_of_others_run_in_docker_unless_told_otherwise(tmp_path: Path) -> None:
    row = {"code": "import os\n\n\ndef f(x):\n    return x + (os.getpid() < 0)\n", "call": "f(3)"}
    uri = f"mutants/0/2?of=jsonl/{write(tmp_path / 'rows.jsonl', [row])}"
    opened: list[str] = []
    real = made.open_sandbox

    def opening(kind: str, **options: int) -> Sandbox:
        opened.append(kind)
        return real(kind, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "open_sandbox", opening)
        mutants = load_bug_set(uri).bugs
        assert mutants[0].fixed == row["code"]
        assert isinstance(mutants, Mutants)
        mutants.close()
    assert opened == ["docker"]
