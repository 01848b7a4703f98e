"""Complexity: classes that real runs tell, sizes to try, and answers in many spellings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs import DebugEnv, TaskError, parse
from debugworld.envs.growth import CLASSES, class_of, fit
from debugworld.envs.sized import ENOUGH, SIZES, at_size, has_knob, measure, sized_programs, steps
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record

Make = Callable[..., DebugEnv]
TEXT, FEATURES = "debugworld/Complexity-Text-v0", "debugworld/Complexity-Features-v0"
FOLDER = files("debugworld.envs") / "builtin" / "complexity"
CATALOG = {entry["name"]: entry for entry in json.loads((FOLDER / "catalog.json").read_text("utf-8"))}
PROGRAMS = sized_programs("builtin").programs


def counts(count: Callable[[int], float], most: int = ENOUGH) -> dict[int, int]:
    found = {}
    for size in SIZES:
        found[size] = int(count(size))
        if found[size] >= most:
            break
    return found


@given(st.sampled_from([name for name in CLASSES if name != "O(1)"]), st.integers(3, 9), st.integers(0, 9))
def test_a_pure_count_is_told(name: str, slope: int, rest: int) -> None:
    term = {
        "O(log n)": math.log2,
        "O(n)": float,
        "O(n log n)": lambda n: n * math.log2(n),
        "O(n^2)": lambda n: n**2,
        "O(n^3)": lambda n: n**3,
        "O(2^n)": lambda n: 2**n,
    }[name]
    found = fit(counts(lambda n: slope * term(n) + rest))
    assert found is not None and found.best == name and found.clear


def test_a_constant_is_told_and_a_little_noise_is_none() -> None:
    for count in (lambda n: 7, lambda n: 100 + n % 2):
        found = fit(counts(count))
        assert found is not None and found.best == "O(1)" and found.clear
    assert fit({1: 1, 2: 2, 3: 3}) is None
    assert fit({1: 4, 2: 8, 4: 16}, least=3) is not None


@pytest.mark.parametrize(
    "count",
    [
        lambda n: 5 + 3 * math.isqrt(n),
        lambda n: 2 * n**1.5,
        lambda n: n * n * math.log2(n),
        lambda n: n * n + 50 * n,
        lambda n: 5 * 1.618**n,
        lambda n: 3**n,
        lambda n: n**4,
        lambda n: 4 * math.log2(n) ** 2,
    ],
)
def test_what_lies_between_the_classes_is_not_clear(count: Callable[[int], float]) -> None:
    found = fit(counts(count))
    assert found is not None and not found.clear, found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("O(n log n)", "O(n log n)"),
        ("o(NlogN)", "O(n log n)"),
        ("n*log(n)", "O(n log n)"),
        ("Θ(n log2 n)", "O(n log n)"),
        ("O(n**2)", "O(n^2)"),
        ("n²", "O(n^2)"),
        ("O(n*n)", "O(n^2)"),
        ("O(n³)", "O(n^3)"),
        ("2^n", "O(2^n)"),
        ("O(2**N)", "O(2^n)"),
        ("1", "O(1)"),
        ("O(log(n))", "O(log n)"),
        ("O(n!)", None),
        ("fast", None),
        ("", None),
    ],
)
def test_answers_are_read(text: str, name: str | None) -> None:
    assert class_of(text) == name


def test_sizes_are_put_in() -> None:
    program = Program("def f(a, b):\n    return a\n", "f([n] * n, range(2, n + 1))", "p")
    assert has_knob(program) and at_size(program, 3).call == "f([3] * 3, range(2, 3 + 1))"
    for call in ("f(1, 2)", "f([n for n in range(3)], 1)", None, "f("):
        assert not has_knob(Program("def f(a, b):\n    return a\n", call))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_program_that_ships_is_what_it_says(program: Program) -> None:
    found = fit(measure(program, record))
    assert found is not None and found.clear and found.best == CATALOG[program.name]["class"], found


def test_the_catalog_is_whole() -> None:
    shipped = {path.name for path in FOLDER.iterdir() if path.name.endswith(".py")}
    assert {f"{name}.py" for name in CATALOG} == shipped
    assert len(PROGRAMS) >= 20
    found = [entry["class"] for entry in CATALOG.values()]
    assert set(found) == set(CLASSES) and min(map(found.count, CLASSES)) >= 3
    assert len(sized_programs("builtin/heap").programs) == 1
    with pytest.raises(TaskError, match="merge_sort"):
        sized_programs("builtin/nothing")


def test_runs_tell_their_steps(make: Make) -> None:
    env = make(TEXT, tasks="builtin/high_water")
    page, _ = env.reset(seed=0)
    assert "high_water([k * 7 % 11 for k in range(n)])" in page and "range(4)" in page
    assert "Tried: 4: 0 steps, not at its end" in page
    page = env.step("c")[0]
    truth = {size: steps(record(at_size(env.task_set.programs[0], size))) for size in (4, 16)}
    assert f"Tried: 4: {truth[4]} steps, returned " in page
    page, reward, *_ = env.step("size 16")
    assert reward == -0.01 and "range(16)" in page and f"Tried: 4: {truth[4]} steps, returned " in page
    env.step("s")
    assert "Tried: 16: 1 steps, not at its end" in env.step("back")[0]
    assert f"Tried: 16: {truth[16]} steps, returned " in env.step("r")[0]
    assert env.step("answer n")[1:3] == (1.0, True)


@pytest.mark.parametrize("text", ["0", "513", "-1", "x", "1e2", "1" * 4000, "٣٣"])
def test_what_is_no_size(text: str, make: Make) -> None:
    env = make(TEXT, tasks="builtin/guess")
    env.reset(seed=0)
    assert "no size" in env.step(f"size {text}")[4]["error"]


def test_a_run_without_end_says_so(make: Make) -> None:
    env = make(TEXT, tasks="builtin/gray")
    env.reset(seed=0)
    env.step("size 64")
    assert "steps, exit, never (step_budget)" in env.step("c")[0]


def test_only_one_class_is_right(make: Make) -> None:
    env = make(FEATURES, tasks="builtin/heap")
    right = []
    for place, name in enumerate(CLASSES):
        env.reset(seed=0)
        if env.step(env.commands.first_answer + place)[4]["success"]:
            right.append(name)
    assert right == ["O(n log n)"]


def test_sizes_have_numbers(make: Make) -> None:
    env = make(FEATURES, tasks="builtin/pairs")
    env.reset(seed=0)
    run = env.commands.number(parse("c"))  # type: ignore[arg-type]
    for place in (0, 3):
        env.step(env.commands.first_trial + place)
        observation, *_ = env.step(run)
        truth = steps(record(at_size(env.task_set.programs[0], 2 ** (place + 1))))
        tried, ended, found, _, _ = observation["trials"][place]
        assert tried and ended and round(2 ** (float(found) * 20) - 1) == truth


def test_rows_with_a_size_are_tasks_too(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "rows.jsonl"
    source = "def f(n):\n    for i in range(n):\n        for j in range(i):\n            pass\n"
    unclear = "def f(n):\n    for i in range(n):\n        for j in range(int(i ** 0.5)):\n            pass\n"
    rows = [
        {"source": source, "call": "f(n)"},
        {"source": unclear, "call": "f(n)"},
        {"source": source, "call": "f(3)"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    env = make(TEXT, tasks=f"jsonl/{path}")
    for seed in range(3):
        page, _ = env.reset(seed=seed)
        assert "f(n) grows" in page, "the only clear one"
    assert env.step("answer O(n^2)")[4]["success"]
    for task in (1, 2):
        with pytest.raises(TaskError, match="nothing to ask"):
            env.reset(options={"task": task})


def test_splits_part_the_programs_with_a_size(make: Make) -> None:
    parts = [sized_programs(f"builtin?split={split}").programs for split in ("train", "validation", "test")]
    assert sorted(program.name for part in parts for program in part) == sorted(p.name for p in PROGRAMS)
    env = make("debugworld/Complexity-Text-v0", tasks="builtin?split=train")
    assert tuple(env.task_set.programs) == parts[0]
    with pytest.raises(TaskError, match="no option 'size'"):
        sized_programs("builtin?size=4")
