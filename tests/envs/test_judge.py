"""The judge says of each case what running it says, and lets no program meet its tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugworld.envs import Bug, Case, load_bug_set
from debugworld.envs.findings import Findings
from debugworld.envs.judge import Judge, Verdict, failing, literal, same
from debugworld.envs.trace_store import TraceStore
from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.live import LiveSession


@pytest.fixture(scope="module")
def store() -> Iterator[TraceStore]:
    store = TraceStore("process")
    store.enter()
    yield store
    store.leave()


@pytest.fixture
def judge(store: TraceStore) -> Judge:
    return Judge(store.session, seconds=1.0)


SOURCE = """\
from collections import Counter, defaultdict, deque
import os

class Point:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return True

class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next

def spin():
    while True:
        pass

def boom():
    raise ValueError("no")

def grow(d):
    d["a"] += 1
    return d
"""
CASES = [
    ("1 + 1", "2", Verdict.PASS),
    ("1 + 1", "2.0", Verdict.PASS),
    ("1", "True", Verdict.PASS),
    ("'1'", "1", Verdict.WRONG),
    ("[1, 2]", "(1, 2)", Verdict.WRONG),
    ("{2, 1}", "{1, 2}", Verdict.PASS),
    ("{'b': 1, 'a': 2}", "{'a': 2, 'b': 1}", Verdict.PASS),
    ("Counter('aab')", "{'a': 2, 'b': 1}", Verdict.PASS),
    ("grow(defaultdict(int))", "{'a': 1}", Verdict.PASS),
    ("frozenset([1])", "{1}", Verdict.PASS),
    ("deque([1])", "deque([1])", Verdict.PASS),
    ("deque([1])", "[1]", Verdict.WRONG),
    ("Node(1, Node(2))", "Node(1, Node(2))", Verdict.PASS),
    ("Node(1, Node(2))", "Node(1, Node(3))", Verdict.WRONG),
    ("Point(1)", "Point(2)", Verdict.WRONG),  # equal by its own word, which does not count
    ("boom()", "None", Verdict.EXCEPTION),
    ("exit(3)", "None", Verdict.EXCEPTION),
    ("spin()", "None", Verdict.TIMEOUT),
    ("os._exit(0)", "None", Verdict.BROKEN),
    ("list(range(2000))", "list(range(2000))", Verdict.PASS),
    ("list(range(2000))", "list(range(1999)) + [0]", Verdict.WRONG),
    ("list(map(float, range(2000)))", "list(range(2000))", Verdict.PASS),
    ("'ab' * 4000", "'ab' * 4000", Verdict.PASS),
    ("'ab' * 4000", "'ab' * 3999 + 'ba'", Verdict.WRONG),
    ("'\\\\\\n\\x00é' * 900", "'\\\\\\n\\x00é' * 900", Verdict.PASS),
    ("[[[[[[[[[[[1]]]]]]]]]]]", "[[[[[[[[[[[1]]]]]]]]]]]", Verdict.PASS),
    ("[[[[[[[[[[[1]]]]]]]]]]]", "[[[[[[[[[[[2]]]]]]]]]]]", Verdict.WRONG),
    ("'…'", "'…'", Verdict.PASS),
    ("1 +", "1", Verdict.EXCEPTION),
    ("1", "boom()", Verdict.BROKEN),
]


@pytest.mark.parametrize(("call", "expected", "verdict"), CASES)
def test_verdicts(call: str, expected: str, verdict: Verdict, judge: Judge) -> None:
    [result] = judge.judge(SOURCE, [Case(call, expected)], SOURCE)
    assert result.verdict is verdict, result


def test_what_came_is_told(judge: Judge) -> None:
    cases = [Case("1 + 2", "2"), Case("boom()", "1"), Case("spin()", "1")]
    texts = [result.text for result in judge.judge(SOURCE, cases, SOURCE)]
    assert texts[:2] == ["3", "ValueError: no"] and "did not end within 1 s" in texts[2]


@pytest.mark.parametrize(
    "source",
    ["def f(:\n", "raise ValueError('early')\n", "import sys\nsys.exit(1)\n", "while True:\n    pass\n"],
)
def test_a_program_that_does_not_load_fails_every_case(source: str, judge: Judge) -> None:
    results = judge.judge(source, [Case("1", "1"), Case("2", "2")], "")
    assert [result.verdict for result in results] == [Verdict.BROKEN] * 2
    assert all(result.text for result in results)


def test_a_case_leaves_nothing_to_the_next(judge: Judge) -> None:
    source = "kept = []\ndef f():\n    kept.append(1)\n    return len(kept)\n"
    assert judge.passes_all(source, [Case("f()", "1"), Case("f() + 0", "1")], source)


def test_a_call_is_run_once_for_each_source(store: TraceStore) -> None:
    begun: list[str] = []

    def session(program: Program, seconds: float | None) -> LiveSession:
        begun.append(program.source)
        return store.session(program, seconds)

    judge = Judge(session)
    cases = [Case("f(1)", "g()"), Case("f(2)", "3")]
    source, right = "def f(x):\n    return x\n", "def f(x):\n    return x + 1\ndef g():\n    return 2\n"
    first = judge.judge(source, cases, right)
    assert begun == [source, right] and first == judge.judge(source, cases, right)
    assert begun == [source, right]


def test_another_judge_knows_what_a_call_came_to_but_by_chance(
    store: TraceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object) -> LiveSession:
        raise SandboxError("the lamp went out")

    monkeypatch.setenv("DEBUGWORLD_CACHE", str(tmp_path))
    cases = [Case(call, expected) for call, expected, _ in CASES]
    killed = Case("os._exit(0)", "None")
    findings = Findings("what a call comes to", "process")
    found = Judge(store.session, 1.0, findings).judge(SOURCE, cases, SOURCE)
    again = Judge(fails, 1.0, Findings("what a call comes to", "process"))
    kept = [case for case in cases if case != killed]
    assert again.judge(SOURCE, kept, SOURCE) == tuple(
        result for case, result in zip(cases, found, strict=True) if case != killed
    )
    others = Findings("something else", "process"), Findings("what a call comes to", "docker")
    for judge, source in (
        *((Judge(fails, 1.0, other), SOURCE) for other in others),
        (Judge(fails, 2.0, findings), SOURCE),
        (again, SOURCE + "\n"),
    ):
        with pytest.raises(SandboxError, match="lamp"):
            judge.judge(source, kept[:1], SOURCE)
    with pytest.raises(SandboxError, match="lamp"):
        again.judge(SOURCE, [killed], SOURCE)


def test_tests_never_enter_the_box_with_the_program(store: TraceStore) -> None:
    """What is expected is sent beside the right program only; a marker in it would show."""
    sent: list[tuple[str, str]] = []

    def session(program: Program, seconds: float | None) -> LiveSession:
        made = store.session(program, seconds)
        real = made._ask

        def ask(command: list[object], *rest: float) -> list[object]:
            sent.append((program.source, json.dumps([program.to_json(), command])))
            return real(command, *rest)

        made._ask = ask  # type: ignore[method-assign]
        return made

    buggy, right = "def f(x):\n    return x\n", "def f(x):\n    return x + 1\n"
    cases = [Case("f(1)", "len('marker') - 4"), Case("f(2)", "'marker'")]
    Judge(session).judge(buggy, cases, right)
    assert len(sent) == 3
    assert not any("marker" in data for source, data in sent if source == buggy)


def test_a_lost_box_is_an_error() -> None:
    def session(program: Program, seconds: float | None) -> LiveSession:
        raise SandboxError("gone")

    with pytest.raises(SandboxError, match="gone"):
        Judge(session).judge("", [Case("1", "1")], "")


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("OrderedDict({'a': 1})", "{'a': 1}", True),
        ("Counter()", "{}", True),
        ("defaultdict(<class 'int'>, {})", "{}", True),
        ("frozenset({1})", "{1}", True),
        ("<A at #1>", "<A at #1>", True),
        ("Other({'a': 1})", "{'a': 1}", False),
        ("nan", "nan", True),
        ("(" * 500 + ")" * 500, "1", False),
    ],
)
def test_texts_of_equal_values(left: str, right: str, equal: bool) -> None:
    assert same(left, right) is equal and same(right, left) is equal


def test_literals() -> None:
    assert literal(" {1: [Counter({'a': 2})]} ") == {1: [{"a": 2}]}


@pytest.mark.docker
@pytest.mark.slow
def test_bugs_of_others_fail_what_they_are_said_to_fail(shared_data: Path) -> None:
    """Every 15th of the shared bugs, whose labels were made by assertions beside the program."""
    path = shared_data / "bugs_dev.jsonl"
    rows = {row["id"]: row for row in map(json.loads, path.read_text("utf-8").splitlines())}
    store = TraceStore("docker")
    store.enter()
    try:
        judge = Judge(store.session)
        bugs: tuple[Bug, ...] = load_bug_set(f"jsonl/{path}").bugs[::15]
        assert len(bugs) > 15
        for bug in bugs:
            assert list(failing(bug, judge)) == rows[bug.name]["failing"], bug.name
            assert judge.passes_all(bug.fixed, bug.cases, bug.fixed), bug.name
    finally:
        store.leave()
