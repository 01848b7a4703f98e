"""Statements come apart into questions whose true answers give the statement's true outcome."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.data.thoughts import lessons_of
from debugworld.worldmodel.markov import Outcome, Shell
from debugworld.worldmodel.markov.thought import Asking, Raised, consider


def asked(body: str, call: str) -> list[tuple[str, ...]]:
    """The small questions about each statement of a function's body, with their answers."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    program = Program(f"def f{call[1:].partition(':')[0]}:\n{lines}\n", "f" + call.partition(":")[2])
    lessons = lessons_of(program, record(program), Oracle())
    own = [lesson for lesson in lessons if not lesson.whole[0].startswith("return f(")]
    return [tuple(f"{p} -> {a}" for p, a in lesson.parts or ()) for lesson in own]


@pytest.mark.parametrize(
    ("body", "call", "questions"),
    [
        (
            "return a + len(b) * 2",
            "f(a, b):(3, 'xy')",
            ["?len('xy') -> R 2", "?2 * 2 -> R 4", "?3 + 4 -> R 7"],
        ),
        (
            "return a and a[0] > 1",
            "f(a):([2],)",
            ["?bool([2]) -> R True", "?[2][0] -> R 2", "?2 > 1 -> R True"],
        ),
        ("return 1 < a < b", "f(a, b):(0, 9)", ["?1 < 0 -> R False"]),
        ("return f'{a}-{b:>3}'", "f(a, b):('x', 4)", ["?f'{a}-{b:>3}'\na='x'\nb=4 -> R 'x-  4'"]),
        (
            "return [n * 2 for n in a if n > 1]",
            "f(a):([1, 2],)",
            [
                "?for n in [1, 2]\n#0 -> 1\nn=1",
                "?1 > 1 -> R False",
                "?for n in [2]\n#0 -> 1\nn=2",
                "?2 > 1 -> R True",
                "?2 * 2 -> R 4",
                "?for n in []\n#0 -> 0",
            ],
        ),
        (
            "return any(n > 1 for n in a)",
            "f(a):([2, 3],)",
            ["?for n in [2, 3]\n#0 -> 1\nn=2", "?2 > 1 -> R True", "?any([True]) -> R True"],
        ),
        (
            "return max(a, key=lambda p: -p)",
            "f(a):([2, 3],)",
            [
                "?for x in [2, 3]\n#0 -> 1\nx=2",
                "?for x in [3]\n#0 -> 1\nx=3",
                "?for x in []\n#0 -> 0",
                "?-(2) -> R -2",
                "?-(3) -> R -3",
                "?max([-2, -3]) -> R -2",
            ],
        ),
        (
            "return sorted(a, key=lambda p: p % 2, reverse=True)",
            "f(a):([2, 3, 4],)",
            [
                "?for x in [2, 3, 4]\n#0 -> 1\nx=2",
                "?for x in [3, 4]\n#0 -> 1\nx=3",
                "?for x in [4]\n#0 -> 1\nx=4",
                "?for x in []\n#0 -> 0",
                "?2 % 2 -> R 0",
                "?3 % 2 -> R 1",
                "?4 % 2 -> R 0",
                "?sorted([0, 1, 0], reverse=True) -> R [1, 0, 0]",
            ],
        ),
        (
            "return sorted(a, key=len, cmp=1)",
            "f(a):(['x'],)",
            ["?sorted(['x'], key=len, cmp=1) -> X TypeError"],
        ),
        (
            "return [n for n in range(a, 95, -3)]",
            "f(a):(99,)",
            [
                "?range(99, 95, -3) -> R range(99, 95, -3)",
                "?99 > 95 -> R True",
                "?1 * -3 -> R -3",
                "?99 + -3 -> R 96",
                "?96 > 95 -> R True",
            ]
            + ["?2 * -3 -> R -6", "?99 + -6 -> R 93", "?93 > 95 -> R False"],
        ),
        ("return sorted(a, key=abs)", "f(a):({2, -3},)", ["?sorted({-3, 2}, key=abs) -> R [2, -3]"]),
        (
            "return max(map(len, a), key=abs)",
            "f(a):(['x'],)",
            [
                "?for x in ['x']\n#0 -> 1\nx='x'",
                "?for x in []\n#0 -> 0",
                "?len('x') -> R 1",
                "?for x in [1]\n#0 -> 1\nx=1",
                "?for x in []\n#0 -> 0",
                "?abs(1) -> R 1",
                "?max([1]) -> R 1",
            ],
        ),
        ("return max(a, 3, key=abs)", "f(a):(2,)", ["?max(2, 3, key=abs) -> R 3"]),
        (
            "return max(a, key=lambda p: -p)",
            "f(a):([],)",
            ["?for x in []\n#0 -> 0", "?max([], key=lambda p: -p) -> X"],
        ),
        ("return a[5]", "f(a):('xy',)", ["?'xy'[5] -> X IndexError: string index out of range"]),
        (
            "raise ValueError(f'no {a}')",
            "f(a):(1,)",
            ["?f'no {a}'\na=1 -> R 'no 1'", "?raise ValueError('no 1')"],
        ),
    ],
)
def test_what_is_asked_about_a_statement(body: str, call: str, questions: list[str]) -> None:
    [found] = asked(body, call)
    assert [text[: len(wanted)] for text, wanted in zip(found, questions, strict=True)] == questions


def test_a_module_is_known_under_any_name() -> None:
    found = asked("import math as m\nfrom math import floor as down\nreturn m.sqrt(a) + down(a)", "f(a):(4,)")
    assert found[-1] == ("?math.sqrt(4) -> R 2.0", "?floor(4) -> R 4", "?2.0 + 4 -> R 6.0")


def test_changes_of_containers_are_asked_for_and_put_in_their_place() -> None:
    found = asked("a[0].append(b)\na[1][0] += 5\ndel b['k']", "f(a, b):([[1], [2]], {'k': 1})")
    assert found == [
        (
            "?[[1], [2]][0] -> R [1]",
            "?_.append({'k': 1})\n_=[1] -> R None\n_=[1, {'k': 1}]",
        ),
        (
            "?[[1, {'k': 1}], [2]][1] -> R [2]",
            "?[2][0] -> R 2",
            "?2 + 5 -> R 7",
        ),
        (),  # the dict changes inside the list as well: two names of one object
    ]


def test_a_call_is_entered_with_the_values_of_its_arguments_and_goes_on_with_what_it_returned() -> None:
    program = Program(
        "def g(n, k=2):\n    return n * k\n\n\ndef f(a):\n    return g(a + 1) + g(a, k=3)\n", "f(4)"
    )
    whole = [lesson.parts for lesson in lessons_of(program, record(program), Oracle())]
    flat = [f"{prompt} -> {answer}" for parts in whole for prompt, answer in parts or ()]
    assert flat == [
        "?4 + 1 -> R 5",
        "?5 * 2 -> R 10",
        "?4 + 1 -> R 5",
        "?4 * 3 -> R 12",
        "?4 + 1 -> R 5",
        "?10 + 12 -> R 22",
    ]


def test_an_object_whose_class_runs_nothing_to_make_it_is_not_asked_for() -> None:
    program = Program(
        "class A:\n    def add(self, n):\n        return n + 1\n\n\nclass B(A):\n    pass\n\n\n"
        "def f(n):\n    a = A()\n    b = A().add(n)\n    c = B()\n    return a.add(b)\n",
        "f(4)",
    )
    lessons = [
        (lesson.whole[0].partition("\n")[0], lesson.parts, lesson.whole[1])
        for lesson in lessons_of(program, record(program), Oracle())
    ]
    assert ("a = A()", (), "L\na=<A at #1>") in lessons
    assert ("b = A().add(n)", (), "C add\nself=<A at #1>\nn=4") in lessons
    assert ("b = A().add(n)", (), "L\nb=5") in lessons
    assert ("c = B()", (), "L\nc=<B at #2>") in lessons


def shares(programs: list[Program], sandbox: Sandbox | None = None) -> Counter[str]:
    counts: Counter[str] = Counter()
    for program in programs:
        trace = sandbox.record(program) if sandbox else record(program)
        for lesson in lessons_of(program, trace, Oracle()):
            counts["all"] += 1
            counts["known"] += lesson.parts is not None
            counts["small"] += lesson.parts is not None and lesson.whole != lesson.parts[-1:]
    return counts


def test_nearly_all_steps_of_generated_programs_come_apart_truly() -> None:
    counts = shares([generate(seed, 1 + seed % 5).program for seed in range(60)])
    assert counts["known"] >= 0.98 * counts["all"]
    counts = shares([generate_statement(seed).program for seed in range(60)])
    assert counts["known"] >= 0.98 * counts["all"]


@pytest.mark.docker
def test_nearly_all_steps_of_real_functions_come_apart_truly(shared_data: Path) -> None:
    rows = itertools.islice(load_rows(shared_data / "cruxeval_dev.jsonl"), 80)
    with open_sandbox("docker", max_events=250) as sandbox:
        counts = shares([row.programs[0] for row in rows], sandbox)
    assert counts["known"] >= 0.98 * counts["all"]


def answered(asking: Asking[str]) -> str:
    """Leads an expression to its value with true answers."""
    oracle = Oracle()
    try:
        ask = next(asking)
        while True:
            outcome = oracle.answer(ask.prompt)
            assert outcome is not None
            ask = asking.send(outcome)
    except StopIteration as end:
        return str(end.value)


def test_an_expression_is_considered_where_the_program_stands() -> None:
    program = Program("def f(a):\n    b = a\n    return b\n", "f([3, 1])")
    shell = Shell(program)
    states = record(program).states
    shell.start()
    for state in states[:4]:
        shell.accept(state)
    before = dict(shell.stack[-1].locals)
    assert answered(consider(shell, "sorted(a)[0] + len(a)")) == "3"
    assert answered(consider(shell, "a.pop()")) == "1"
    assert shell.stack[-1].locals == before
    with pytest.raises(Raised, match="IndexError"):
        answered(consider(shell, "a[7]"))
    with pytest.raises(SyntaxError):
        answered(consider(shell, "a ="))


@pytest.mark.parametrize(
    "prompt",
    [
        "?().__class__",
        "?open('/etc/passwd')",
        "?__import__('os')",
        "?'a' * 10000000000",
        "?9 ** 99999999",
        "?'x'.ljust(1000000000)",
        "?[n for n in iter(int, 1)]",
        "?unknown + 1",
        "?len([1, 2, 3…)",
        "not a small question",
        "?1 +",
    ],
)
def test_the_oracle_lets_in_nothing_but_plain_expressions(prompt: str) -> None:
    assert Oracle().answer(prompt) is None


def test_the_oracle_tells_what_is_printed_and_changed() -> None:
    oracle = Oracle()
    assert oracle.answer("?print('a', 1, sep='-')") == Outcome("R", "None", stdout="a-1\n")
    assert oracle.answer("?_.update([1])\n_={2, 3}") == Outcome("R", "None", changes={"_": "{1, 2, 3}"})
    assert oracle.answer("?<P at #1 x=1, y=[2, 3]>.y") == Outcome("R", "[2, 3]")
    assert oracle.answer("?_.x = 5\n_=<P at #1 x=1>") == Outcome("L", changes={"_": "<P at #1 x=5>"})


def test_the_oracle_says_where_it_cannot_be_asked() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="main thread"):
        pool.submit(Oracle().answer, "?1 + 1").result()


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@"])
@pytest.mark.parametrize("left", ["'ab'", "3", "2.5", "None", "(1,)", "[1]", "{1}", "{1: 2}"])
def test_what_an_augmented_assignment_raises_says_so(left: str, sign: str) -> None:
    body = f"a {sign}= b\nreturn a"
    for right in ("'x'", "2", "None", "[4]"):
        program = Program(
            f"def f(a, b):\n    {body.replace(chr(10), chr(10) + '    ')}\n", f"f({left}, {right})"
        )
        trace = record(program)
        for lesson in lessons_of(program, trace, Oracle()):
            if lesson.whole[0].startswith("a ") and lesson.whole[1].startswith("X TypeError: unsupported"):
                assert lesson.parts is not None, lesson.whole
