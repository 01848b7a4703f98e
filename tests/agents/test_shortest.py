"""Shortest ways over a run are those of a search that moves a real debugger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.agents.shortest import FAR, Watch, Ways, watchable
from debugworld.envs.shaping import distances
from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, RecordedDebugger, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate

LOOP = "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n"


def ways_of(program: Program, trace: Trace) -> Ways:
    return Ways([*trace.states, trace.final], program.outline.stop_lines)


class Search:
    """Breadth first, with nothing but a debugger's own moves."""

    def __init__(self, program: Program, ways: Ways, more: list[Watch]) -> None:
        self._program, self._more = program, more
        self._moves = [*ways.moves, Action(ActionKind.CONTINUE), Action(ActionKind.REVERSE_CONTINUE)]
        self._trace = record(program)

    def fewest(self, start: int, aims: set[int]) -> int:
        reached = frontier = {(start, frozenset[Watch]())}
        for count in range(40):
            if any(place in aims for place, _ in frontier):
                return count
            frontier = {node for one in frontier for node in self._after(*one)} - reached
            reached = reached | frontier
            if not frontier:
                return FAR
        raise AssertionError("no way has so many commands")

    def _after(self, place: int, watches: frozenset[Watch]) -> set[tuple[int, frozenset[Watch]]]:
        debugger = RecordedDebugger(lambda program: self._trace)
        debugger.reset(self._program)
        for watch in watches:
            debugger.step(watch.action)
        found = set()
        for move in self._moves:
            debugger._stand(debugger.tree, place)
            if debugger.refusal(move) is None:
                debugger.step(move)
                found.add((debugger.position, watches))
        if not watches:
            found |= {(place, frozenset({watch})) for watch in self._more}
        return found


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**20), st.data())
def test_distances_are_those_of_a_search(seed: int, data: st.DataObject) -> None:
    program = generate(seed, 1).program
    trace = record(program)
    ways, last = ways_of(program, trace), len(trace.states)
    aims = data.draw(st.sets(st.integers(0, last), min_size=1, max_size=2))
    lines = sorted({state.line for state in trace.states if state.event is Event.LINE})
    more = [Watch(line) for line in data.draw(st.sets(st.sampled_from(lines), max_size=2))]
    start = data.draw(st.integers(0, last))
    assert ways.distances(list(aims), more=more)[start] == Search(program, ways, more).fewest(start, aims)


@pytest.mark.parametrize("seed", range(8))
def test_without_breakpoints_they_are_those_of_shaping(seed: int) -> None:
    program = generate(seed, 1 + seed % 5).program
    trace = record(program)
    aims = [int(np.random.default_rng(seed).integers(len(trace.states)))]
    assert (ways_of(program, trace).distances(aims) == distances(program, trace, aims, 64)).all()


@pytest.mark.parametrize("seed", range(8))
def test_values_are_one_command_and_the_rest(seed: int) -> None:
    program = generate(seed, 1 + seed % 5).program
    trace = record(program)
    ways = ways_of(program, trace)
    chance = np.random.default_rng(seed)
    aim, place = (int(chance.integers(1, len(trace.states))) for _ in range(2))
    more = watchable(trace.states[aim])
    rest = ways.distances([aim], more=more)
    if place != aim:
        values = ways.values(place, [aim], frozenset(), more)
        assert min(values.values()) == rest[place]
        for action, value in values.items():
            if action.kind.moves:
                assert value == rest[ways.target(place, action)] + 1


def test_a_condition_on_the_goal_is_two_commands_away_however_deep_it_lies() -> None:
    program = Program(LOOP, "f(list(range(40)))")
    trace = record(program)
    ways = ways_of(program, trace)
    aim = next(n for n, s in enumerate(trace.states) if s.line == 4 and s.locals.get("x") == "33")
    deep = ways.distances([aim])[0]
    watch = Watch(4, "x", "33")
    assert deep > 5 and ways.distances([aim], more=[watch])[0] == 2
    with open_sandbox("process") as box, RecordedDebugger(box.record, box.session) as debugger:
        debugger.reset(program)
        debugger.step(watch.action)
        assert debugger.step(Action(ActionKind.CONTINUE)) == trace.states[aim]
    backwards = ways.values(len(trace.states), [aim], frozenset({watch}), [])
    assert backwards[Action(ActionKind.REVERSE_CONTINUE)] == 1


def test_only_literals_of_one_line_are_watched() -> None:
    program = Program("def f(n, g):\n    return n\n", "f(7, f)")
    state = next(s for s in record(program).states if s.line == 2)
    assert watchable(state) == [Watch(2, "n", "7")]
    assert watchable(record(program).states[0]) == []


def test_nothing_leads_to_where_no_aim_is() -> None:
    program = Program(LOOP, "f([1])")
    assert (ways_of(program, record(program)).distances([]) == FAR).all()
