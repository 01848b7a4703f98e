"""Parts and knobs: what is in the parts of a set, and what the generator can be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugworld.envs import TaskError, load_bug_set, load_task_set
from debugworld.envs.part import ALIKE
from debugworld.envs.split import TEST, split_of
from debugworld.worldmodel.data.alpha import source_key
from debugworld.worldmodel.data.generator.features import tags_of
from debugworld.worldmodel.data.sources import open_source
from debugworld.worldmodel.data.split import EVALUATION_SEED, held_out
from debugworld.worldmodel.errors import ModelError

LONG = """\
def {f}({xs}):
    {total} = 0
    for {x} in {xs}:
        if {x} % 2:
            {total} += {x} * {x}
        else:
            {total} -= {x}
    {total} = {total} * 2 + 1
    {total} = {total} % 97
    return {total}
"""
ONE = LONG.format(f="f", xs="xs", total="total", x="x")
SAME = LONG.format(f="g", xs="numbers", total="found", x="each")
HELD = next(f"problem {n}" for n in range(99) if held_out(f"problem {n}"))
KEPT = [f"problem {n}" for n in range(99) if not held_out(f"problem {n}")]


def keys(uri: str) -> set[str]:
    return {source_key(program.source) for program in load_task_set(uri).programs}


@pytest.mark.parametrize("uri", ["builtin", "generated/0/40", "generated/3/20?difficulty=1", "JSONL"])
def test_no_program_of_one_part_is_one_of_the_other_renamed(uri: str, rows: str) -> None:
    uri = rows if uri == "JSONL" else uri
    more = "&" if "?" in uri else "?"
    train, test = (keys(f"{uri}{more}part={part}") for part in ("train", "test"))
    assert train and test and not train & test


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Three problems, of which the held-out one is another one's under other names."""
    told = [
        {"id": "a", "group": HELD, "source": ONE, "call": "f([1, 2])"},
        {"id": "b", "group": KEPT[0], "source": SAME, "call": "g([3])"},
        {"id": "c", "group": KEPT[1], "source": f"seen = 1\n{SAME}", "call": "g([3])"},
        {"id": "d", "group": KEPT[2], "source": "def h(x):\n    return -x\n", "call": "h(2)"},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, told)))
    return f"jsonl/{path}"


def test_the_parts_of_rows_are_cut_by_the_rule_of_training(rows: str) -> None:
    test, train = load_task_set(f"{rows}?part=test"), load_task_set(f"{rows}?part=train")
    assert test.groups == (HELD,) and train.groups == (KEPT[2],)
    assert train.left_out == {ALIKE: 2} and test.left_out == {}, "copies are in neither part, and counted"
    assert load_task_set(f"{rows}?split=test").programs == test.programs


def test_parts_of_the_package_stay() -> None:
    test = load_task_set("builtin?part=test")
    assert set(test.groups) == {each for each in load_task_set("builtin").groups if split_of(each) == TEST}
    bugs, rest = load_bug_set("builtin?part=test").bugs, load_bug_set("builtin?part=train").bugs
    assert {"bus_seats", "covered_time"} <= {bug.group for bug in bugs}
    assert all(held_out(bug.group) for bug in bugs) and not any(held_out(bug.group) for bug in rest)
    assert not {source_key(bug.fixed) for bug in bugs} & {source_key(bug.fixed) for bug in rest}


def test_the_generators_test_part_has_seeds_that_train_no_neural_debugger() -> None:
    train, test = (load_task_set(f"generated/7/12?part={part}") for part in ("train", "test"))
    assert list(train.groups) == [f"generated-{seed}" for seed in range(7, 19)]
    assert list(test.groups) == [f"generated-{EVALUATION_SEED + seed}" for seed in range(7, 19)]
    again = load_task_set("generated/9/1?part=train").programs[0]
    assert again == train.programs[2], "a program depends on neither the count nor the first seed"
    assert train.within(20).programs[0].text.count("\n") <= 18
    with pytest.raises(TaskError, match="of the test part; take lower ones"):
        load_task_set(f"generated/{EVALUATION_SEED}/3?part=train")


def test_mutants_are_made_of_a_part() -> None:
    pytest.importorskip("libcst", reason="libcst: pip install 'debugworld[mutants]'")
    assert all(held_out(bug.group) for bug in load_bug_set("mutants/0/3?part=test").bugs)


def test_knobs_say_how_hard_programs_are_and_what_they_hold() -> None:
    plain, same = load_task_set("generated/0/6"), load_task_set("generated/0/6?difficulty=1-5")
    assert plain.programs == same.programs
    hard = load_task_set("generated/0/10?difficulty=5").programs
    easy = load_task_set("generated/0/10?difficulty=1").programs
    assert sum(len(each.text) for each in hard) > 1.5 * sum(len(each.text) for each in easy)
    assert list(load_task_set("generated/2/3?difficulty=3-4").programs)[0] == plain.programs[2]
    for program in load_task_set("generated/0/4?tags=while,dict").programs:
        assert {"while", "dict"} <= tags_of(program.source)
    from_source = [each.program for each in open_source("generated/0/4?tags=while,dict").candidates(0, 4)]
    assert [each.source for each in from_source] == [
        each.source for each in load_task_set("generated/0/4?tags=while,dict").programs
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("difficulty=9", "from 1 to 5 or a range such as 2-4"),
        ("difficulty=4-2", "from 1 to 5"),
        ("difficulty=", "from 1 to 5"),
        ("tags=nope", "no tag 'nope'; there are, joined by commas: accumulator"),
        ("tag=while", "difficulty, tags"),
        ("difficulty=1&difficulty=2", "each"),
    ],
)
def test_wrong_knobs_say_what_there_is(options: str, told: str) -> None:
    with pytest.raises(TaskError) as caught:
        load_task_set(f"generated/0/4?{options}")
    assert told in str(caught.value)
    with pytest.raises(ModelError) as caught_by_source:
        open_source(f"generated/0/4?{options}")
    assert told in str(caught_by_source.value)


def test_wrong_parts_say_what_there_is() -> None:
    for load in (load_task_set, load_bug_set):
        with pytest.raises(TaskError, match="part is one of: train, test"):
            load("builtin?part=dev")
    with pytest.raises(TaskError, match="has no task in the part test"):
        load_task_set("builtin/fibonacci?part=test")
    with pytest.raises(ModelError, match="statements take none"):
        open_source("statements/0/4?difficulty=2")
