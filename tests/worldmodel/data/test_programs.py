"""The generators: valid, deterministic, varied, the same on every CPython."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.generated import GeneratedProgram
from debugworld.worldmodel.data.generator.features import TAGS
from debugworld.worldmodel.data.generator.idioms import IDIOMS
from debugworld.worldmodel.data.programs import STATE_BUDGETS, generate, stream
from debugworld.worldmodel.data.statements import generate_statement, stream_statements

HERE = Path(__file__).parent
Generator = Callable[[int, int], GeneratedProgram]


@pytest.mark.parametrize("make", [generate, generate_statement])
def test_programs_run_as_promised(make: Generator) -> None:
    for seed in range(150):
        difficulty = 1 + seed % len(STATE_BUDGETS)
        made = make(seed, difficulty)
        trace = record(made.program.check())
        assert 5 <= len(trace.states) <= STATE_BUDGETS[difficulty - 1] + 20, made.program
        assert trace.exit.reason == ("uncaught" if "raises" in made.tags else "exit"), made.program
        assert made.tags <= TAGS


@pytest.mark.parametrize("make", [generate, generate_statement])
def test_same_seed_same_text(make: Generator) -> None:
    assert [make(seed, 3) for seed in range(30)] == [make(seed, 3) for seed in range(30)]
    texts = {(made.program.source, made.program.call) for made in (make(seed, 3) for seed in range(300))}
    assert len(texts) > 290


def test_every_tag_occurs() -> None:
    seen = frozenset[str]().union(*(made.tags for made in islice(stream(0), 600)))
    assert seen == TAGS


def test_every_idiom_is_a_valid_program() -> None:
    """Each template compiles and ends, whatever its random details."""
    import random

    from debugworld.worldmodel.data.generator.literals import Literals
    from debugworld.worldmodel.data.generator.rehearsal import rehearse

    for place, idiom in enumerate(IDIOMS):
        runs = []
        for seed in range(12):
            rng = random.Random(1000 * place + seed)
            literals = Literals(rng, 3)
            lines = idiom.expand(rng, literals, "f", frozenset()).lines
            call = f"f({', '.join(literals.of(kind) for kind in idiom.kinds)})"
            runs.append(rehearse("\n".join(lines) + "\n", call))
        assert any(run.error is None and not run.overrun for run in runs), idiom.body


def test_wanted_tags_are_there() -> None:
    for wanted in (
        ("recursion",),
        ("dataclass",),
        ("matrix", "for"),
        ("raises",),
        ("caught-exception", "while"),
    ):
        assert set(wanted) <= generate(7, 3, wanted).tags


def test_a_share_of_the_programs_raises() -> None:
    for made, low, high in ((stream(0), 0.03, 0.13), (stream_statements(0), 0.05, 0.16)):
        share = sum("raises" in each.tags for each in islice(made, 300)) / 300
        assert low < share < high


@pytest.mark.parametrize("make", [generate, generate_statement])
def test_difficulty_out_of_range(make: Generator) -> None:
    with pytest.raises(ValueError, match="give 1 to 5"):
        make(0, 6)


def test_unknown_tag() -> None:
    with pytest.raises(ValueError, match=r"unknown tags \['goto'\]"):
        generate(0, tags=["goto"])


def test_same_text_and_outcome_on_every_cpython(interpreter: Callable[[str], str]) -> None:
    others = [interpreter(version) for version in ("3.11", "3.12", "3.13")]
    program = str(HERE / "fingerprint.py")
    running = [subprocess.Popen([exe, program], stdout=subprocess.PIPE, text=True) for exe in others]
    lines = [process.communicate(timeout=120)[0] for process in running]
    assert all(process.returncode == 0 for process in running), sys.version
    assert len(set(lines)) == 1, dict(zip(others, lines, strict=True))
