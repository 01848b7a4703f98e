"""Walks: goals are reached by the actions alone, changed futures are real, what is written comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, RecordedDebugger
from debugworld.worldmodel.data.alpha import keys_of
from debugworld.worldmodel.data.dataset import TraceDataset
from debugworld.worldmodel.data.policies import POLICIES, walk, walks
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.recording import RecordConfig, record_dataset
from debugworld.worldmodel.data.schema import Run
from debugworld.worldmodel.data.trajectories import FORWARD, Trajectory, sample
from debugworld.worldmodel.data.walk_set import (
    TrajectoryDataset,
    WalkConfig,
    make_trajectories,
    row_of,
    trajectory_of,
)
from debugworld.worldmodel.errors import ModelError

SOURCE = """\
def half(n):
    return n // 2

def f(n):
    total = 0
    while n > 1:
        n = half(n)
        total += n
        print(total)
    if total > 5:
        raise ValueError(total)
    return total
"""
PROGRAM = Program(SOURCE, "f(9)")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", timeout=5.0) as opened:
        yield opened


def walked(policy: str, box: Sandbox, seed: int = 0, program: Program = PROGRAM) -> Trajectory:
    made = walk(program, box.record(program), policy, seed, box.record, box.session)
    assert made is not None
    return made


@pytest.mark.parametrize("policy", POLICIES)
def test_a_walk_is_what_the_debugger_answers(policy: str, box: Sandbox) -> None:
    """The same actions, done anew by a debugger of its own, show the same states and replies."""
    for seed in range(3):
        made = walked(policy, box, seed)
        assert made.policy == policy and made.backward is POLICIES[policy].backward
        with RecordedDebugger(box.record, box.session) as debugger:
            state = debugger.reset(PROGRAM)
            if made.backward:
                while not debugger.done:
                    debugger.step(Action(ActionKind.CONTINUE))
                state = debugger.step(Action(ActionKind.BACK_INTO))
            for step in made.steps:
                if step.action is not None:
                    state = debugger.step(Action.parse(str(step.action)))
                assert (state, debugger.position) == (step.state, step.index)
                assert step.action is None or debugger.reply == step.reply


def test_goals_are_reached(box: Sandbox) -> None:
    for seed in range(4):
        made = walked("to-line", box, seed)
        line = int(made.goal.rpartition(" ")[2])
        assert made.reached and made.steps[-1].state.line == line
        made = walked("bisect-change", box, seed)
        name = made.goal.split()[1]
        last, index = made.steps[-1], made.steps[-1].index
        trace = box.record(PROGRAM)
        assert made.reached and made.goal.endswith(f"value {last.state.locals[name]}")
        assert trace.states[index - 1].locals.get(name) != last.state.locals[name]
        made = walked("first-exception", box, seed)
        assert made.reached and any(step.state.value == "ValueError: 7" for step in made.steps)
        assert walked("what-if", box, seed).futures


def test_a_changed_future_is_the_real_one(box: Sandbox) -> None:
    made = walked("what-if", box, 3)
    (change,) = (step.action for step in made.steps if step.action and step.action.kind is ActionKind.SET)
    ((program, trace),) = made.futures
    (edit,) = program.edits
    assert (edit.name, edit.expression) == (change.name, change.text)
    assert trace == box.record(program)
    assert {step.run for step in made.steps} == {0, 1}
    after = [step for step in made.steps if step.run == 1]
    states = [*trace.states, trace.final]
    assert all(step.state.locals == states[step.index].locals for step in after)


def test_without_a_box_only_what_the_states_tell(box: Sandbox) -> None:
    trace = box.record(PROGRAM)
    for name, policy in POLICIES.items():
        made = walk(PROGRAM, trace, name, 0)
        assert (made is None) is policy.boxed
    assert {made.policy for made in walks(PROGRAM, trace, 8, 0)} <= {
        n for n, p in POLICIES.items() if not p.boxed
    }


def test_the_stated_policy_is_as_it_was(box: Sandbox) -> None:
    trace = box.record(PROGRAM)
    made = walk(PROGRAM, trace, "mixture", 5)
    assert made is not None and made.steps[0].state.event is Event.CALL
    again = sample(PROGRAM, trace, 5)
    assert sample(PROGRAM, trace, 5) == again and again.policy == "mixture"
    assert {step.action.kind for step in again.steps[1:] if step.action} <= set(FORWARD)


def test_walks_over_one_run_differ(box: Sandbox) -> None:
    trace = box.record(PROGRAM)
    made = list(walks(PROGRAM, trace, 12, 0, (), box.record, box.session))
    assert len({(each.backward, each.actions) for each in made}) == len(made) == 12
    assert made == list(walks(PROGRAM, trace, 12, 0, (), box.record, box.session))
    assert len({each.policy for each in made}) > 4


def test_rows_come_back(box: Sandbox) -> None:
    kinds = set()
    for program in (PROGRAM, *(generate(seed, 2).program for seed in range(5))):
        run = Run(program, box.record(program), keys_of(program), "g", "train")
        for made in walks(program, run.trace, 8, 1, (), box.record, box.session):
            assert trajectory_of(row_of(made, run), run) == made
            kinds |= {step.action.kind for step in made.steps if step.action}
    assert {ActionKind.EVALUATE, ActionKind.BREAK, ActionKind.REVERSE_CONTINUE, ActionKind.SET} <= kinds


def test_trajectories_of_a_data_set(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    record_dataset(RecordConfig(("generated/0/6",), sandbox="process", workers=1), folder)
    with pytest.raises(ModelError, match="debugworld data trajectories"):
        TrajectoryDataset(folder)
    config = WalkConfig(3, sandbox="process", workers=1)
    told = make_trajectories(folder, config)
    found = list(TrajectoryDataset(folder, "train"))
    assert len(found) == len(TrajectoryDataset(folder)) == told["splits"]["train"]["trajectories"] > 12
    assert sum(len(each.actions) for each in found) == told["splits"]["train"]["actions"]
    assert {each.program for each in found} == {program for program, _ in TraceDataset(folder)}
    assert make_trajectories(folder, config) == told, "what is there is left"
    other = WalkConfig(4, sandbox="process", workers=1)
    with pytest.raises(ModelError, match="other settings.*--anew"):
        make_trajectories(folder, other)
    assert make_trajectories(folder, other, anew=True)["recipe"]["walks"] == 4
    assert len(TrajectoryDataset(folder)) > len(found)
    assert make_trajectories(folder, config, anew=True)["splits"] == told["splits"]
    datasets = pytest.importorskip("datasets", reason="datasets: pip install 'debugworld[data]'")
    table = datasets.load_dataset(str(folder), "trajectories", split="train", cache_dir=str(tmp_path / "c"))
    assert table[0]["actions"] == list(found[0].actions)
    shard = folder / told["splits"]["train"]["files"][0]
    shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(ModelError, match=str(shard)):
        list(TrajectoryDataset(folder))


def test_an_unknown_policy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no policy 'stroll'"):
        make_trajectories(tmp_path, WalkConfig(1, ("stroll",), sandbox="process"))
