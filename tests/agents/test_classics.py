"""Stepping through and binary search, and who plays where."""

from __future__ import annotations

import gymnasium
import pytest

from debugworld.agents import CATALOG, evaluate, make_agent
from debugworld.agents.bisection_agent import BisectionAgent
from debugworld.agents.passes import Function
from debugworld.agents.stop import Stop
from debugworld.envs import ENV_IDS, DebugEnv
from debugworld.sandboxes.debugger import Event, Program
from debugworld.sandboxes.debugger.recorder import record

LOCALIZE = "debugworld/FaultLocalization-Text-v0"
STEPPED = [
    name
    for name in ENV_IDS
    if name.split("/")[1].split("-")[0] in ("OutputPrediction", "StateQuery", "ReachState")
]


@pytest.mark.parametrize("env_id", STEPPED)
def test_stepping_through_beats_random(env_id: str) -> None:
    chance, steps = evaluate(env_id, ("random", "step"), "real", 20, max_moves=100)
    assert steps.success.mean > 0.85 and steps.success.low > chance.success.high
    assert all(episode.refusals == 0 for episode in steps.episodes)


def test_stepping_through_finds_bugs_alike_in_both_families() -> None:
    ids = (LOCALIZE, LOCALIZE.replace("Text", "Features"))
    (chance, steps), (_, other) = (evaluate(name, ("random", "step"), "real", 30) for name in ids)
    assert steps.success.mean > chance.success.mean
    assert steps.episodes == other.episodes and all(each.refusals == 0 for each in steps.episodes)


def test_stepping_through_takes_every_step() -> None:
    env = gymnasium.make("debugworld/OutputPrediction-Text-v0", tasks="builtin/fibonacci", max_moves=500)
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    page, info = env.reset(seed=0)
    agent, said, over = make_agent("step", base), [], False
    end = len(record(base.scene.program).states) - 1
    while not over:
        said.append(agent.act(page, info))
        page, _, terminated, truncated, info = env.step(said[-1])
        over = terminated or truncated
    env.close()
    assert info["success"] and said[:-1] == ["s"] * end


@pytest.mark.parametrize(
    ("name", "episodes", "moves"),
    [("debugworld/InputPrediction-Features-v0", 8, 3000), ("debugworld/Complexity-Text-v0", 2, 400)],
)
def test_runs_that_are_tried_are_stepped_through(name: str, episodes: int, moves: int) -> None:
    scripted, steps = evaluate(name, ("scripted", "step"), "real", episodes, max_moves=moves)
    assert scripted.success.mean == 1 and (steps.success.mean == 1 or "Complexity" in name)
    assert steps.moves.mean > scripted.moves.mean


SUM = """def f(xs, start):
    total = start
    best = 0
    for x in xs:
        total = total - x
        if x > best:
            best = x
    kept = best
    return total
"""


NESTED = """def f(n):
    for i in range(n):
        for j in range(2):
            n += j
        i = n
    return i
"""
RAISES = """def f(n):
    while n:
        a = 6 // (n - 2)
        n -= 1
        b = a
    return n
"""


def hunt(source: str, call: str) -> tuple[list[str], list[int]]:
    """What the agent says, and the accusations, in the order it makes them, all of them wrong."""
    import json
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bugs.jsonl"
        row = {
            "buggy": source,
            "fixed": source.replace("total - x", "total + x"),
            "tests": [{"call": call, "expected": "11"}],
        }
        path.write_text(json.dumps(row))
        env = gymnasium.make(LOCALIZE, tasks=f"jsonl/{path}", sandbox="process")
        page, info = env.reset(seed=0)
        agent, said, over = BisectionAgent(), [], False
        while not over:
            said.append(agent.act(page, info))
            page, _, terminated, truncated, info = env.step(said[-1])
            assert "error" not in info, info["error"]
            over = terminated or truncated
        env.close()
    return said, [int(each.split()[1]) for each in said if each.startswith("accuse")]


def test_bisection_finds_the_line_that_made_the_value() -> None:
    said, accused = hunt(SUM, "f([1, 2, 3], 5)")
    assert accused == [5]
    probes = [each for each in said if each.startswith("b ")]
    assert 2 <= len(probes) <= 3  # of six lines that ran before


def test_bisection_follows_the_chain() -> None:
    source = SUM.replace("return total", "answer = total\n    return answer")
    assert hunt(source, "f([1, 2, 3], 5)")[1] == [9, 5]


def test_bisection_from_an_exception() -> None:
    source = SUM.replace("return total", "total.done = 1\n    return total")
    assert hunt(source, "f([1, 2, 3], 5)")[1] == [5]


def test_bisection_finds_bugs_more_often_than_random() -> None:
    chance, halved = evaluate(LOCALIZE, ("random", "bisect"), "real", 30)
    assert halved.success.mean > chance.success.mean and halved.reward.mean > chance.reward.mean
    assert all(episode.refusals == 0 and not episode.fault for episode in halved.episodes)


@pytest.mark.parametrize(
    ("source", "call", "place"),
    [
        (SUM, "f([1, 2, 3], 5)", 9),
        (NESTED, "f(3)", 6),
        (RAISES, "f(4)", 3),
    ],
)
def test_the_order_of_the_last_passes_is_that_of_a_real_run(source: str, call: str, place: int) -> None:
    states = [s for s in record(Program(source, call)).states if s.event is Event.LINE and s.depth == 1]
    last = {state.line: time for time, state in enumerate(states)}
    function = Function.around(dict(enumerate(source.splitlines(), 1)), place)
    assert function is not None and (function.first, function.last) == (2, source.count("\n"))
    ran = sorted(last, key=last.__getitem__)
    assert function.ordered(last, place) == ran[: ran.index(place) + 1]


def test_a_line_reads_names() -> None:
    source = "def f(a, b):\n    a += b[a]\n    c = [a for b in a]\n    return g(c, b=b)\n"
    function = Function.around(dict(enumerate(source.splitlines(), 1)), 3)
    assert function is not None
    assert [function.reads(line) for line in (2, 3, 4)] == [["a", "b"], ["a"], ["g", "c", "b"]]
    assert Function.around({1: "x = 1"}, 1) is None and Function.around({1: "def f(:"}, 1) is None


def test_stops_are_read_off_pages() -> None:
    env = gymnasium.make("debugworld/OutputPrediction-Text-v0", tasks="builtin/fibonacci")
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    page, _ = env.reset(seed=1)
    for _ in range(40):
        state, stop = base.debugger.state, Stop.read(page)
        assert (stop.event, stop.line, stop.depth) == (state.event, state.line or 0, state.depth)
        assert stop.locals == dict(state.locals) and stop.value == (state.value or "")
        assert str(stop)
        page, *_, truncated, _ = env.step("s" if state.event is not Event.EXIT else "rc")
        if truncated:
            break
    env.close()


@pytest.mark.parametrize("name", list(CATALOG))
@pytest.mark.parametrize("env_id", ENV_IDS)
def test_agents_play_where_the_catalog_says(name: str, env_id: str) -> None:
    entry, (task, family) = CATALOG[name], env_id.split("/")[1].split("-")[:2]
    env = gymnasium.make(env_id, **({"sandbox": "process"} if task in ("Repair", "BugInjection") else {}))
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    if task in entry.tasks and family in entry.families:
        agent = make_agent(name, base)
        observation, info = env.reset(seed=0)
        agent.reset(0)
        assert agent.act(observation, info) in env.action_space
    else:
        with pytest.raises(ValueError, match="only|reads pages"):
            make_agent(name, base)
    env.close()
