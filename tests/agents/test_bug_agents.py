"""Agents of the tasks about bugs, on the bugs that ship."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from debugworld import cli
from debugworld.agents import AGENTS, SPECTRUM_AGENTS, MutationAgent, SpectrumAgent, evaluate, make_agent
from debugworld.agents.bug_sight import BugSight
from debugworld.agents.mutants import mutants
from debugworld.envs import DebugEnv, load_bug_set
from debugworld.envs.fault_localization import true_lines
from debugworld.envs.judge import Judge
from debugworld.envs.spectrum import FORMULAE, SOLVERS, Evidence, Spectrum, code_lines, lines_run, rank_of
from debugworld.envs.trace_store import TraceStore
from debugworld.worldmodel.statistics import mean

LOCALIZE = ("debugworld/FaultLocalization-Text-v0", "debugworld/FaultLocalization-Features-v0")
REPAIR, INJECT = "debugworld/Repair-Text-v0", "debugworld/BugInjection-Text-v0"


@pytest.fixture(scope="module")
def store() -> Iterator[TraceStore]:
    store = TraceStore("process")
    store.enter()
    yield store
    store.leave()


def test_formulae_find_bugs_in_fewer_guesses_than_chance(store: TraceStore) -> None:
    """Over the recorded coverage of all cases of the bugs that ship."""
    judge, exams = Judge(store.session), {name: [] for name in SOLVERS}
    for bug in load_bug_set("builtin").bugs:
        results = judge.judge(bug.buggy, bug.cases, bug.fixed)
        programs = [bug.program(case) for case in bug.cases]
        runs = [lines_run(program, store.record(program).states) for program in programs]
        passes = tuple(result.passes for result in results)
        spectrum = Spectrum.of(zip(runs, passes, strict=True))
        calls, expected = (tuple(getattr(case, name) for case in bug.cases) for name in ("call", "expected"))
        evidence = Evidence(bug.buggy, calls, expected, passes, spectrum)
        lines = code_lines(bug.buggy)
        for name, solver in SOLVERS.items():
            exams[name].append(rank_of(solver(evidence), true_lines(bug.lines, lines)) / len(lines))
    found = {name: mean(each).mean for name, each in exams.items()}
    assert all(found[name] < found["random"] for name in FORMULAE), found


@pytest.mark.parametrize("env_id", LOCALIZE)
def test_spectrum_agents_beat_random(env_id: str) -> None:
    agents = ("random", "scripted", *SPECTRUM_AGENTS)
    chance, script, *spectrum = evaluate(env_id, agents, "real", 60)
    for each in (script, *spectrum):
        assert each.reward.low > chance.reward.high
        assert each.faults == 0 and all(episode.refusals == 0 for episode in each.episodes)
    assert script.episodes == spectrum[SPECTRUM_AGENTS.index("ochiai")].episodes


def test_both_families_are_played_alike() -> None:
    text, features = (evaluate(env_id, ["scripted"], "real", 20)[0] for env_id in LOCALIZE)
    assert text.episodes == features.episodes


@pytest.mark.parametrize(("env_id", "tasks"), [(REPAIR, "mutants/0/40"), (INJECT, "builtin")])
def test_mutation_beats_random(env_id: str, tasks: str) -> None:
    """One mutation mends a mutant, as far as it is found in time; most bugs that people make ask for more."""
    chance, script = evaluate(env_id, AGENTS, "real", 16, sandbox="process", tasks=tasks)
    assert script.reward.mean > chance.reward.mean
    assert script.success.mean > chance.success.mean
    assert chance.faults == script.faults == 0


@pytest.fixture
def make() -> Iterator[Callable[[str], DebugEnv]]:
    made: list[gymnasium.Env[Any, Any]] = []

    def make(env_id: str, **options: Any) -> DebugEnv:
        made.append(gymnasium.make(env_id, sandbox="process", **options))
        assert isinstance(made[-1].unwrapped, DebugEnv)
        return made[-1].unwrapped

    yield make
    for env in made:
        env.close()


def test_both_families_show_the_same(make: Callable[[str], DebugEnv]) -> None:
    text, features = map(make, LOCALIZE)
    (page, _), (arrays, _) = (env.reset(seed=3) for env in (text, features))
    for command in ("u 2", "c", "accuse 1", "test 2", "s", "s", "c"):
        one, other = BugSight(page), BugSight(arrays)
        assert one.tests == other.tests and set(one.source) == set(other.source)
        assert (one.accused, one.over, one.moves_left) == (other.accused, other.over, other.moves_left)
        assert one.suspects("ochiai") == other.suspects("ochiai")
        said = text._family.command(command, text.scene)
        page = text.step(command)[0]
        arrays = features.step(features.commands.number(said))[0]


def test_agents_are_made_for_their_task(make: Callable[[str], DebugEnv]) -> None:
    assert isinstance(make_agent("scripted", make(LOCALIZE[0])), SpectrumAgent)
    assert isinstance(make_agent("scripted", make(REPAIR)), MutationAgent)
    with pytest.raises(ValueError, match="plays FaultLocalization only"):
        make_agent("ochiai", make(REPAIR))
    with pytest.raises(ValueError, match="ochiai, tarantula"):
        SpectrumAgent("guess")


def test_mutants_change_one_thing() -> None:
    found = list(mutants("    if x <= 10 and not y:"))
    assert "    if x < 10 and not y:" in found and "    if x <= 11 and not y:" in found
    assert "    if x <= 10 or not y:" in found and "    if x <= 10 and  y:" in found
    assert list(mutants("    name = 'a + b'")) == ["    name += 'a + b'"]
    assert list(mutants("    return total")) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    words = ["evaluate", "--env", LOCALIZE[0], "--backends", "real", "--episodes", "3", "--json", str(out)]
    assert cli.main([*words, "--agents", "random,tarantula"]) == 0
    assert "FaultLocalization-Text-v0" in capsys.readouterr().out
    data = json.loads(out.read_text("utf-8"))
    assert [each["agent"] for each in data["evaluations"]] == ["random", "tarantula"]
    assert cli.main(["evaluate", "--agents", "ochiai"]) == 2
    assert "plays FaultLocalization (Text, Features) only" in capsys.readouterr().err
