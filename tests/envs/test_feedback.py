"""Random feedback: seeded, as costly as the true one, and silent about what the program does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from debugworld.envs import ENV_IDS, Case, DebugEnv, TaskCommand, TaskKind, Trial, load_task_set
from debugworld.envs.bug_env import BugEnv
from debugworld.envs.command import Command
from debugworld.envs.edit_env import EditEnv
from debugworld.envs.feedback import Decoy
from debugworld.envs.judge import Result, Verdict
from debugworld.sandboxes.debugger import Action, Event, Program, RecordedDebugger, State, Trace
from debugworld.sandboxes.debugger.recorder import record

Make = Callable[..., DebugEnv]
WALK = [Action.parse(word) for word in ("step_into", "step_into", "step_over", "back_into")]
LOOK = Action.parse("evaluate 1 + 1")
BACK = [Action.parse(word) for word in ("continue", "back_into", "step_into")]
SOURCE = "def f(x):\n    y = x * x\n    return y + 1\n"


def play(env: DebugEnv, seed: int, actions: list[Any]) -> list[Any]:
    """Plays the same actions; returns what they brought."""
    found = [env.reset(seed=seed)]
    for action in actions:
        found.append(env.step(action))
        if found[-1][2] or found[-1][3]:
            break
    return found


def drawn(env: DebugEnv, seed: int, count: int) -> list[Any]:
    """Some steps, then legal actions, drawn as the episode goes."""
    env.action_space.seed(seed)
    _, info = env.reset(seed=seed)
    found: list[Any] = []
    for number in range(count):
        step = env.say(WALK[0])
        found.append(step if number < 3 else env.action_space.sample(mask=info["action_mask"]))
        *_, terminated, truncated, info = env.step(found[-1])
        if terminated or truncated:
            break
    return found


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_masks_costs_and_ends_stay(env_id: str, make: Make) -> None:
    true, noisy, again = make(env_id), make(env_id, feedback="random"), make(env_id, feedback="random")
    apart = 0
    for seed in range(3):
        actions = drawn(true, seed, 8)
        right, wrong, same = (play(env, seed, actions) for env in (true, noisy, again))
        assert len(right) == len(wrong)
        assert data_equivalence(right[0], wrong[0]), "the first look is true"
        for (_, *a, info), (observation, *b, other) in zip(right[1:], wrong[1:], strict=True):
            assert a == b and data_equivalence(info, other)
            assert observation in noisy.observation_space
        assert data_equivalence(wrong, same), "a seed gives the same noise"
        apart += sum(not data_equivalence(a[0], b[0]) for a, b in zip(right[1:], wrong[1:], strict=True))
        true.reset(), noisy.reset()
        assert noisy.scene.question == true.scene.question, "the next episodes are the same, too"
    assert apart > 3


def lie(trace: Trace) -> Trace:
    """Another run of as many states at the same depths, of which nothing else is as it was."""

    def changed(state: State) -> State:
        line = state.line if state.event is not Event.LINE else 2
        value = None if state.value is None else "'lie'"
        seen = {f"lie{len(state.locals)}": "'lie'"}
        return replace(state, line=line, function="lie", locals=seen, value=value, stdout="lie")

    return replace(trace, states=tuple(map(changed, trace.states)))


def deceive(env: DebugEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the program of the episode behave otherwise from now on, and its tests end otherwise."""
    debugger = env.debugger
    assert isinstance(debugger, RecordedDebugger)
    place, honest = debugger.position, debugger._record
    monkeypatch.setattr(debugger, "_record", lambda program: lie(honest(program)))
    debugger.restart()
    for _ in range(place):
        debugger.step(Action.parse("step_into"))
    if isinstance(env, BugEnv):
        monkeypatch.setattr(type(env), "_judge", _Liar())


class _Liar:
    """A judge that says the same of every test."""

    def judge(self, source: str, cases: list[Case], right: str) -> tuple[Result, ...]:
        return tuple(Result(Verdict.WRONG, "'lie'") for _ in cases)

    def passes_all(self, source: str, cases: list[Case], right: str) -> bool:
        return False


def course(env: DebugEnv) -> list[Command]:
    """What the agent does: moves, looks, runs of its own, tests and edits, as far as the task has them."""
    walk: list[Command] = [*WALK, *([LOOK] if env.shows_text else []), *BACK]
    found = list(walk)
    for text in env.scene.question.trials[:2] or (["'tart', 't'"] if env.trials else []):
        found += [Trial(text), *walk]
    for number in (2, 1) if isinstance(env, BugEnv) else ():
        found += [TaskCommand(TaskKind.TEST, number), *walk]
    if isinstance(env, EditEnv):
        run = TaskCommand(TaskKind.RUN)
        found += [run, TaskCommand(TaskKind.INSERT, 2, "    x = 0"), *walk, run, TaskCommand(TaskKind.SUBMIT)]
    return found


def looks(env: DebugEnv, seed: int, meddle: Callable[[DebugEnv], None]) -> list[tuple[Any, dict[str, Any]]]:
    """Observations and infos after each command of a course; what judges at the end is left out."""
    env.reset(seed=seed, options={"task": 0})
    meddle(env)
    found = []
    for command in course(env):
        observation, *_, terminated, truncated, info = env.step(env.say(command))
        found.append((observation, {} if terminated else info))
        if terminated or truncated:
            break
    return found


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_looks_do_not_depend_on_what_the_program_does(
    env_id: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same program behaves otherwise: another stop, other values, other lines run, other test results."""
    apart, told = 0, {}
    for feedback in ("random", "true"):
        for seed in range(2):
            env = make(env_id, feedback=feedback, max_moves=60)
            honest = looks(env, seed, lambda env: None)
            with monkeypatch.context() as patch:
                deceived = looks(env, seed, lambda env: deceive(env, patch))
            length = min(len(honest), len(deceived))  # ends are true; a goal may hold for one of the two only
            told[feedback] = told.get(feedback, 0) + length
            pairs = list(zip(honest[: length - 1], deceived, strict=False))
            if len(honest) == len(deceived):
                pairs.append((honest[-1], deceived[-1]))
            different = [place for place, pair in enumerate(pairs) if not data_equivalence(*pair)]
            if feedback == "random":
                assert not different, (different, [honest[different[0]], deceived[different[0]]])
            apart += len(different)
    assert told["random"] > 6 and apart > 6, "with true feedback they do"
    assert told["random"] == told["true"]


def test_what_is_shown_is_the_run_of_one_other_program(make: Make) -> None:
    """Looks hang together: coverage is that of the stops, and a test debugged again shows the same."""
    env = make("debugworld/FaultLocalization-Text-v0", feedback="random", max_moves=40)
    for seed in range(4):
        env.reset(seed=seed, options={"task": 0})
        told = env.scene.tests
        ways = []
        for _ in range(2):
            seen = []
            for word in ("test 2", "s", "s", "s", "c"):
                env.step(word)
                seen.append((env.scene.state, env.scene.stack))
            ways.append(seen)
        assert ways[0] == ways[1] and ways[0][-1][0].event is Event.EXIT
        [covered] = [test.lines for test in env.scene.tests if test.lines]
        lines = {state.line for state, _ in ways[0] if state.event is Event.LINE}
        assert lines & set(range(1, 6)) <= set(covered) <= set(range(2, 6))
        assert [test.passes for test in env.scene.tests] == [test.passes for test in told]


def test_results_of_tests_are_drawn_and_stay(make: Make) -> None:
    env = make("debugworld/Repair-Text-v0", feedback="random", max_moves=40)
    passing = []
    for seed in range(12):
        env.reset(seed=seed, options={"task": 0})
        env.step("edit 4         n += int(c == t)")
        env.step("run")
        first = env.scene.tests
        env.step("run")
        assert env.scene.tests == first
        passing += [test.passes for test in first]
        *_, info = env.step("submit")
        assert info["success"], "the judge is not asked what is shown"
    assert 0.2 < np.mean(passing) < 0.8


def test_the_same_two_states_begin_every_decoy() -> None:
    """The entry stays the entry, so that the first step tells nothing, either."""
    decoy = Decoy(record)
    states = set()
    for seed in range(20):
        decoy.begin(np.random.default_rng(seed))
        decoy.reset(Program(SOURCE, "f(3)"))
        entry = decoy.tree.states[:2]
        states.add(tuple((s.event, s.line, s.source, s.function, s.depth) for s in entry))
        inside = [state for state in decoy.trace.states if state.depth]
        assert {(state.line, state.source) for state in inside} <= {(2, "y = x * x"), (3, "return y + 1")}
    assert states == {((Event.CALL, 4, "def main():", "main", 0), (Event.LINE, 5, "return f(3)", "main", 0))}


def test_a_program_is_never_its_own_decoy() -> None:
    """Neither is another version of it: a mutant, or its right form."""
    own = next(program for program in load_task_set("builtin").programs if program.name == "roman")
    decoy = Decoy(record)
    decoy.begin(np.random.default_rng(0))
    functions = set()
    for number in range(40):
        decoy.reset(replace(own, source=own.source + f"\nnumber = {number}\n"))
        functions |= {state.function for state in decoy.trace.states}
    assert len(functions) > 20 and not functions & {"value", "compare"}


def test_a_dream_is_not_compared_with_the_truth(make: Make, tiny_checkpoint: Path) -> None:
    env_id = "debugworld/OutputPrediction-Text-v0"
    options: dict[str, Any] = {"backend": "lockstep", "model": str(tiny_checkpoint), "max_states": 30}
    for feedback in ("true", "random"):
        env = make(env_id, feedback=feedback, **options)
        env.reset(seed=0)
        *_, info = env.step("s")
        assert ("differences" in info) is (feedback == "true")


def test_breakpoints_under_conditions_outlast_a_trial(make: Make) -> None:
    """The decoy cannot watch for them, and need not."""
    env = make("debugworld/InputPrediction-Text-v0", feedback="random")
    env.reset(seed=0, options={"task": 0})
    for word in ("b 4, n > 0", "try 'tart', 't'", "c"):
        *_, info = env.step(word)
        assert "error" not in info
    assert env.scene.breakpoints == (4,)
    assert env.debugger.state.locals["n"] == "1"
