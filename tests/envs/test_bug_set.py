"""Bug sets of every origin, over small copies in the shape of the public ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from debugworld.envs.bug import Bug, BugSet
from debugworld.envs.bug_set import load_bug_set
from debugworld.envs.errors import TaskError
from debugworld.envs.split import SPLITS

RIGHT = "def twice(x):\n    y = x * 2\n    return y\n"
WRONG = RIGHT.replace("* 2", "* 3")
ROW = {"id": "a", "buggy": WRONG, "fixed": RIGHT, "tests": [{"call": "twice(2)", "expected": "4"}]}


def write(path: Path, rows: list[Any]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return str(path)


def test_rows(tmp_path: Path) -> None:
    rows = [
        ROW,
        {**ROW, "bug_lines": [3], "group": "g", "description": "doubles", "bug_kind": "operator"},
        {**ROW, "id": "b", "tests": [], "test_code": "assert twice(1) == 2\nassert twice(0) == 0"},
        {**ROW, "id": "c", "tests": [], "test_code": "while twice(1): pass"},
        {**ROW, "id": "d", "buggy": "def twice(x:\n"},
    ]
    found = load_bug_set(f"jsonl/{write(tmp_path / 'rows.jsonl', rows)}")
    assert [bug.name for bug in found.bugs] == ["a", "a#2", "b"]
    first, second, third = found.bugs
    assert first.lines == (2,) and second.lines == (3,) and first.group == "a" and second.group == "g"
    assert (second.description, second.kind) == ("doubles", "operator")
    assert [str(case) for case in third.cases] == ["twice(1) == 2", "twice(0) == 0"]
    assert sorted(found.left_out.values()) == [1, 1] and not found.trusted
    program = first.program(first.cases[0])
    assert "4" not in program.source + str(program.call) and program.call == "twice(2)"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"buggy": None}, "no text in 'buggy'"),
        ({"tests": [{"call": "twice(2)"}]}, "Python expressions in 'call' and 'expected'"),
        ({"tests": {"call": "f()"}}, "is a list of objects"),
        ({"tests": [{"call": "x = 1", "expected": "2"}]}, "Python expressions"),
        ({"bug_lines": [0]}, "numbers of lines of 'buggy'"),
        ({"bug_lines": 3}, "numbers of lines of .buggy., from 1; got 3"),
        ({"tests": 3}, "in .call. and .expected.; got 3"),
        ({"tests": []}, "no bug to offer; left out: 1 tests with no assertion"),
    ],
)
def test_bad_rows_are_named(change: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [{**ROW, **change}])
    with pytest.raises(TaskError, match=complaint):
        load_bug_set(f"jsonl/{path}")


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("nothing/x", "begins with one of: .*quixbugs"),
        ("", "begins with one of"),
        ("jsonl/", "use jsonl/PATH"),
        ("jsonl/x?size=1", "no option 'size'; there are: split"),
        ("jsonl/x?split=a&split=b", "each name once"),
        ("jsonl/x.jsonl", "cannot be read"),
        ("jsonl/x.txt", "no table of rows"),
        ("quixbugs/nowhere", "no clone of QuixBugs"),
        ("mini_nightmare/nowhere", "no task of mini_nightmare"),
        ("humanevalfix/x", "humanevalfix.path=FILE"),
    ],
)
def test_errors_say_what_would_be_right(uri: str, complaint: str) -> None:
    with pytest.raises(TaskError, match=complaint):
        load_bug_set(uri)


def test_unknown_words_in_options(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [ROW])
    with pytest.raises(TaskError, match="one of: train, validation, test"):
        load_bug_set(f"jsonl/{path}?split=dev")
    with pytest.raises(TaskError, match="one of: docker, bwrap, process"):
        load_bug_set(f"jsonl/{path}?check=no")


def test_splits_are_disjoint_and_whole(tmp_path: Path) -> None:
    rows = [{**ROW, "id": f"bug {i}", "group": f"problem {i // 2}"} for i in range(100)]
    path = write(tmp_path / "rows.jsonl", rows)
    parts = [load_bug_set(f"jsonl/{path}?split={split}").bugs for split in SPLITS]
    assert sorted(bug.name for part in parts for bug in part) == sorted(str(row["id"]) for row in rows)
    groups = [{bug.group for bug in part} for part in parts]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])


def test_checking_keeps_what_holds(tmp_path: Path) -> None:
    tests = [
        {"call": f"twice({x})", "expected": y}
        for x, y in [("0", "0"), ("2", "4"), ("3", "5"), ("'", "1")][:3]
    ]
    rows = [
        {**ROW, "tests": [*tests, {"call": "twice('a')", "expected": "'a' + 'a'"}]},
        {**ROW, "id": "passes", "tests": tests[:1]},
        {**ROW, "id": "loops", "buggy": "def twice(x):\n    while True: pass\n", "tests": tests[:1]},
    ]
    found = load_bug_set(f"jsonl/{write(tmp_path / 'rows.jsonl', rows)}?check=process")
    assert [bug.name for bug in found.bugs] == ["a", "loops"]
    assert [case.call for case in found.bugs[0].cases] == ["twice(0)", "twice(2)", "twice('a')"]
    assert sorted(found.left_out.values()) == [1, 1]


def test_humanevalfix(tmp_path: Path) -> None:
    row = {
        "task_id": "Python/7",
        "prompt": "def twice(x):\n    '''Doubles.'''\n",
        "declaration": "def twice(x):\n",
        "canonical_solution": "    y = x * 2\n    return y\n",
        "buggy_solution": "    y = x * 3\n    return y\n",
        "bug_type": "value misuse",
        "failure_symptoms": "incorrect output",
        "entry_point": "twice",
        "import": "",
        "docstring": "Doubles.",
        "test": "METADATA = {}\n\n\n"
        "def check(twice):\n    assert twice(1) == 2\n    assert twice(0) == 0\n\ncheck(twice)\n",
    }
    path = write(tmp_path / "rows.jsonl", [row])
    [bug] = load_bug_set(f"humanevalfix?path={path}").bugs
    assert (bug.buggy, bug.fixed, bug.lines) == (WRONG, RIGHT, (2,))
    assert (bug.name, bug.group, bug.kind) == ("HumanEvalFix/7", "humaneval/7", "value misuse")
    assert [str(case) for case in bug.cases] == ["twice(1) == 2", "twice(0) == 0"]


ANSWER = """\
class Solution:
    def most(self, nums: List[int], k: int) -> List[int]:
        counts = collections.Counter(nums)
        return [n for n, c in counts.items() if c >= k]
"""
BENCH = {
    "slug": "most-of-them",
    "language": "python3",
    "category": "logic error",
    "subtype": "condition error",
    "question": "Numbers that occur k times.",
    "examples": [
        "Input: nums = [1,1,2], k = 2\nOutput: [1]\nExplanation: 1 occurs twice.",
        "Input: nums = [], k = 1\nOutput: []",
        "Input: a picture\nOutput: another one",
    ],
    "solution": ANSWER,
    "buggy_code": ANSWER.replace(">=", ">"),
    "bug_explanation": "greater is not enough",
}


def test_debugbench(tmp_path: Path) -> None:
    rows = [
        BENCH,
        {**BENCH, "language": "java"},
        {**BENCH, "buggy_code": "class Solution\n"},
        {**BENCH, "solution": ANSWER.replace("Counter(nums)", "Counter(TreeNode)")},
        {**BENCH, "solution": "def most(nums, k): return []", "buggy_code": "x = 1"},
        {
            **BENCH,
            "examples": "Input: flags = [true,null]\nOutput: false",
            "solution": ANSWER.replace(", k: int", "").replace(">= k", ">= 1"),
        },
    ]
    found = load_bug_set(f"debugbench?path={write(tmp_path / 'rows.jsonl', rows)}")
    first, last = found.bugs
    assert first.name == "DebugBench/most-of-them/1" and first.group == "leetcode/most-of-them"
    assert first.fixed == "from typing import List\nimport collections\n" + ANSWER and first.lines == (6,)
    assert [str(case) for case in first.cases] == [
        "Solution().most([1, 1, 2], 2) == [1]",
        "Solution().most([], 1) == []",
    ]
    assert [str(case) for case in last.cases] == ["Solution().most([True, None]) == False"]
    assert sorted(found.left_out.values()) == [1, 1, 1]
    (tmp_path / "repository").mkdir()
    old = {"slug": "s", "description": "d", "oracle_code": ANSWER, "buggy_code": BENCH["buggy_code"]}
    for name in ("python3_condition error.json", "java_condition error.json"):
        text = json.dumps([{**old, "examples": BENCH["examples"]}])
        (tmp_path / "repository" / name).write_text(text, "utf-8")
    [bug] = load_bug_set(f"debugbench?path={tmp_path / 'repository'}").bugs
    assert bug.lines == (6,)


def quixbugs(root: Path) -> BugSet:
    """A clone with a program over data, one over nodes, one whose results are tuples, and none's test."""
    folders = ["python_programs", "correct_python_programs", "json_testcases", "python_testcases"]
    for folder in folders:
        (root / folder).mkdir()
    length = "\ndef length(node):\n    n = 0\n"
    length += "    while node:\n        n += 1\n        node = node.successor\n    return n\n"
    pairs = "def pairs(n):\n    return [(i, i) for i in range(n)]\n"
    right = {"twice": RIGHT, "length": length, "pairs": pairs}
    wrong = {
        "twice": WRONG,
        "length": length.replace("n = 0", "n = 1"),
        "pairs": pairs.replace("(i, i)", "(i, 0)"),
    }
    for folder, texts in zip(folders, (wrong, right), strict=False):
        for name, text in texts.items():
            (root / folder / f"{name}.py").write_text(text + f'\n\n"""\nWhat {name} does.\n"""\n')
    node = "class Node:\n    def __init__(self, successor=None):\n        self.successor = successor\n"
    for name, text in {"node": node, "length_test": "print(1)", "orphan": "x = 1"}.items():
        (root / "python_programs" / f"{name}.py").write_text(text)
    (root / "json_testcases" / "twice.json").write_text("[[2], 4]\n[[0], 0]\n\n")
    (root / "json_testcases" / "pairs.json").write_text("[[2], [[0, 0], [1, 1]]]\n")
    testdata = "testdata = [[inp, [tuple(x) for x in out]] for inp, out in testdata]\n"
    for name, change in [("twice", ""), ("pairs", testdata)]:
        text = (
            f"{change}\ndef test_{name}(input_data, expected):\n    assert {name}(*input_data) == expected\n"
        )
        (root / "python_testcases" / f"test_{name}.py").write_text(text)
    (root / "python_testcases" / "test_length.py").write_text(
        "from node import Node\nLAST = Node()\n\n\ndef test1():\n    first = Node(Node(LAST))\n"
        "    LAST.successor = None\n    result = length(first)\n    assert result == 3\n"
        "\n\ndef test2():\n    try:\n        assert length(3)\n    except AttributeError:\n        pass\n"
    )
    return load_bug_set(f"quixbugs/{root}?check=process")


def test_quixbugs(tmp_path: Path) -> None:
    found = quixbugs(tmp_path)
    bugs: dict[str, Bug] = {bug.name.partition("/")[2]: bug for bug in found.bugs}
    assert list(bugs) == ["length", "pairs", "twice"]
    assert (bugs["twice"].buggy, bugs["twice"].fixed, bugs["twice"].lines) == (WRONG, RIGHT, (2,))
    assert bugs["twice"].description == "What twice does."
    assert [str(case) for case in bugs["twice"].cases] == ["twice(2) == 4", "twice(0) == 0"]
    assert len(bugs["length"].cases) == 1 and "class Node" in bugs["length"].buggy
    assert bugs["length"].buggy.split("\n")[bugs["length"].lines[0] - 1] == "    n = 1"
    assert list(found.left_out.values()) == [1]


def test_mini_nightmare(tmp_path: Path) -> None:
    for name, files in {
        "double": {
            "double_code.py": WRONG,
            "test.py": "from double_code import twice\n\n\ndef test_it():\n"
            "    assert twice(2) == 4\n    assert twice(0) == 0\n",
        },
        "known": {
            "known_code.py": WRONG,
            "fixed.py": RIGHT,
            "test.py": "def test_it():\n    assert twice(2) == 4\n",
        },
        "large": {"large_code.py": WRONG, "large_tool.py": "", "test.py": ""},
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / ".debugignore").write_text("")
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
    found = load_bug_set(f"mini_nightmare/{tmp_path}?check=process")
    bug, known = found.bugs
    assert (bug.name, bug.buggy, bug.fixed, bug.lines) == ("mini_nightmare/double", WRONG, "", ())
    assert [str(case) for case in bug.cases] == ["twice(2) == 4", "twice(0) == 0"]
    assert known.lines == (2,)
    assert found.left_out == {"programs of several files, or with data files": 1}


def test_long_programs_can_be_left_out(tmp_path: Path) -> None:
    rows = [
        ROW,
        {**ROW, "id": "b", "buggy": WRONG + "\n\n\nx = 1\n"},
        {**ROW, "id": "c", "fixed": RIGHT + "y = 1\n"},
    ]
    found = load_bug_set(f"jsonl/{write(tmp_path / 'rows.jsonl', rows)}")
    assert [bug.length for bug in found.bugs] == [5, 9, 6]
    short = found.within(6)
    assert [bug.name for bug in short.bugs] == ["a", "c"]
    assert (
        [program.call for program in short.programs]
        == ["twice(2)"] * 2
        == [p.call for p in short.programs[:]]
    )
    with pytest.raises(TaskError, match="use max_lines=5 or more"):
        found.within(4)


def test_bugs_that_nobody_here_wrote(shared_data: Path) -> None:
    found = load_bug_set(f"jsonl/{shared_data / 'bugs_dev.jsonl'}")
    assert len(found.bugs) == 361 and sum(found.left_out.values()) == 6
    with pytest.raises(TaskError, match="282 programs that do not compile"):
        load_bug_set(f"jsonl/{shared_data / 'bugs_syntax_dev.jsonl'}")
