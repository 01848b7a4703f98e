"""The planner: as few moves as there are with a true dream, and the goal all the same with a false one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import gymnasium
import pytest

from debugworld import cli
from debugworld.agents import ScriptedAgent, make_agent, run_episode
from debugworld.agents.evaluation import Episode
from debugworld.agents.planner import PlannerAgent
from debugworld.envs import DebugEnv
from debugworld.envs.errors import TaskError
from debugworld.envs.shaping import distances
from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, Event, Program, State
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.search.dreams import Drawn, Dreams, first_past

REACH = "debugworld/ReachState-Text-v0"
TASKS = f"generated/{2**30}/60"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A plain process: the programs here are our own."""
    with open_sandbox("process") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def env() -> Iterator[DebugEnv]:
    made = gymnasium.make(REACH, tasks=TASKS, sandbox="process")
    inner = made.unwrapped
    assert isinstance(inner, DebugEnv)
    yield inner
    made.close()


def episodes(env: DebugEnv, agent: PlannerAgent | ScriptedAgent, count: int) -> list[Episode]:
    return [run_episode(env, agent, seed) for seed in range(count)]


class Liar:
    """Dreams another program's run, from wherever it is told to stand."""

    max_states = 1
    confidence = 1.0

    def __init__(self) -> None:
        self._states: list[State] = []

    def reset(self, program: Program) -> State:
        lie = record(generate(len(program.text)).program)
        known = [replace(s, line=1 + s.line % 8) for s in lie.states]
        self._states, self._place = [*known, lie.final], 0
        return self._states[0]

    def ground(self, states: Sequence[State]) -> State:
        self._place = min(len(states), len(self._states) - 2)
        return states[-1]

    def step(self, action: Action) -> State:
        self._place += 1
        return self._states[self._place]

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        raise NotImplementedError


def test_with_a_true_dream_no_way_is_shorter(env: DebugEnv, box: Sandbox) -> None:
    agent = PlannerAgent(Dreams(open_subject("real", box)), conditions=False)
    for seed in range(40):
        env.reset(seed=seed)
        trace = env._record(env._current)
        fewest = distances(env._current, trace, env._aims(trace), 64)[0]
        episode = run_episode(env, agent, seed)
        assert episode.success and episode.refusals == 0
        assert episode.moves <= fewest  # a breakpoint on the way may be shorter than any moves


def test_conditions_make_ways_shorter(env: DebugEnv, box: Sandbox) -> None:
    subject = open_subject("real", box)
    script = episodes(env, ScriptedAgent(), 40)
    plain = episodes(env, PlannerAgent(Dreams(subject), conditions=False), 40)
    best = episodes(env, PlannerAgent(Dreams(subject)), 40)
    totals = [sum(each.moves for each in found) for found in (best, plain, script)]
    assert totals[0] < totals[1] < totals[2]
    assert all(a.moves <= b.moves for a, b in zip(best, plain, strict=True))


@pytest.mark.parametrize("name", ["copy", "static"])
@pytest.mark.parametrize("conditions", [True, False])
def test_a_poor_dream_does_not_keep_it_from_the_goal(
    name: str, conditions: bool, env: DebugEnv, box: Sandbox
) -> None:
    agent = PlannerAgent(Dreams(open_subject(name, box)), conditions)
    assert all(e.success and not e.refusals for e in episodes(env, agent, 25))


def test_a_false_dream_does_not_either(env: DebugEnv) -> None:
    agent = PlannerAgent(Dreams(Subject("liar", Liar(), about={"kind": "real"})), doubts=False)
    found = episodes(env, agent, 25)
    assert all(e.success and not e.refusals for e in found)


def test_without_a_dream_it_is_the_scripted_agent(env: DebugEnv, box: Sandbox) -> None:
    agent = PlannerAgent(Dreams(open_subject("copy", box)), conditions=False)
    assert episodes(env, agent, 25) == episodes(env, ScriptedAgent(), 25)


def test_where_conditions_are_refused_it_learns_so(box: Sandbox) -> None:
    env = gymnasium.make(REACH, tasks="builtin")  # nobody named a box for expressions
    agent = PlannerAgent(Dreams(open_subject("copy", box)))
    found = [run_episode(env, agent, seed) for seed in range(10)]
    env.close()
    assert all(e.success for e in found) and sum(e.refusals for e in found) == 1


def test_it_plays_in_a_dream_as_well(tiny_checkpoint: Path, box: Sandbox) -> None:
    env = gymnasium.make(
        REACH, tasks=TASKS, sandbox="process", backend="neural", model=str(tiny_checkpoint), max_states=30
    )
    agent = PlannerAgent(Dreams(open_subject(str(tiny_checkpoint), box), ahead=20))
    assert all(not run_episode(env, agent, seed).fault for seed in range(2))
    env.close()


def test_values_are_answered_from_a_sure_dream(box: Sandbox) -> None:
    for task in ("OutputPrediction", "StateQuery"):
        env = gymnasium.make(f"debugworld/{task}-Text-v0", tasks=TASKS, sandbox="process")
        sure = PlannerAgent(Dreams(open_subject("real", box)), sure=0.9)
        found = [run_episode(env, sure, seed) for seed in range(15)]
        assert all(e.success for e in found)
        assert sum(e.moves == 0 for e in found) >= (15 if task == "OutputPrediction" else 5)
        unsure = PlannerAgent(Dreams(open_subject("copy", box)), sure=0.9)
        assert all(run_episode(env, unsure, seed).success for seed in range(5))
        env.close()


class Wavering:
    """Is sure of short questions only, and says its seed where it draws."""

    abilities = Abilities(True, True, True, True)

    def __init__(self) -> None:
        self.drawn = 0

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        self.drawn += sum(request.sampling is not None for request in requests)
        return [
            Completion(
                str(r.sampling.seed if r.sampling else 0), (), (-0.01 if len(r.prompt) < 3 else -2.0,), True
            )
            for r in requests
        ]

    def forget(self) -> None: ...


def test_one_question_has_one_answer_in_a_drawn_dream() -> None:
    engine = Wavering()
    drawn = Drawn(engine, 100)
    requests = [Request("slot", text, None) for text in ("a", "long", "longer", "long")]  # type: ignore[arg-type]
    first = [answer.text for answer in drawn.complete(requests)]
    assert first[0] == "0" and first[1] == first[3] != first[2] and "0" not in first[1:]
    assert [answer.text for answer in drawn.complete(requests)] == first
    assert engine.drawn <= 3


def test_dreams_of_one_stop_differ_by_their_draws(tiny_checkpoint: Path, box: Sandbox) -> None:
    dreams = Dreams(open_subject(str(tiny_checkpoint), box), width=3, ahead=15)
    program = generate(3).program.check()
    entry = record(program).states[:1]
    found = [dreams.dream(program, entry, number) for number in range(3)]
    assert all(dream.states[0] == entry[0] and dream.states[-1].event is Event.EXIT for dream in found)
    assert all(len(dream.states) == len(dream.evidence) <= 18 for dream in found)
    assert found[1] == dreams.dream(program, entry, 1)
    assert len({str(dream.states) for dream in found}) > 1


def test_a_dream_is_that_of_its_debugger(tiny_checkpoint: Path, box: Sandbox) -> None:
    dreams = Dreams(open_subject(str(tiny_checkpoint), box), ahead=30)
    programs = [generate(seed, 1).program for seed in range(20)]
    together = dreams.from_entry(programs)
    for program, dream in zip(programs, together, strict=True):
        assert dream is not None
        debugger = NeuralDebugger.load(tiny_checkpoint, max_states=30)
        assert dream.states[0] == debugger.reset(program)
        assert dream == dreams.dream(program, dream.states[:1])


def test_the_least_past_ends_at_the_stop() -> None:
    program = Program("def g(x):\n    return x\n\ndef f(x):\n    return g(x)\n", "f(1)")
    trace = record(program)
    stop = next(s for s in trace.states if s.line == 2)
    past = first_past(program.check(), stop, (("g", 2), ("f", 5), ("main", 7)))
    assert [(s.event, s.function, s.depth) for s in past] == [
        (Event.CALL, "main", 0), (Event.LINE, "main", 0), (Event.CALL, "f", 1), (Event.LINE, "f", 1),
        (Event.CALL, "g", 2), (Event.LINE, "g", 2),
    ]  # fmt: skip
    assert past[-1] == stop


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [("wings=2", "width"), ("width=0", "width >= 1"), ("width=two", "no number"), ("ahead=-1", "ahead >= 1")],
)
def test_wrong_settings_are_told(settings: str, complaint: str, env: DebugEnv) -> None:
    with pytest.raises(TaskError, match=complaint):
        make_agent(f"planner?{settings}", env)


def test_it_plays_pages_only() -> None:
    env = gymnasium.make("debugworld/ReachState-Features-v0", tasks="builtin")
    with pytest.raises(ValueError, match="take an id with Text"):
        make_agent("planner", env.unwrapped)  # type: ignore[arg-type]
    env.close()


def test_the_command_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--sandbox", "process", "--backends", "real", "--episodes", "3", "--env"]
    assert cli.main([*words, REACH, "--agents", "scripted,planner?model=static&width=2"]) == 0
    assert "planner" in capsys.readouterr().out
    assert cli.main([*words, "debugworld/ReachState-Features-v0", "--agents", "planner"]) == 2
    assert "(Text) only" in capsys.readouterr().err
