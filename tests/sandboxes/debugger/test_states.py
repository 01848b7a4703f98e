"""States that are held as their parts: the same as others, and made once."""

from __future__ import annotations

import pickle

from debugworld.sandboxes.debugger import Event, Exit, ExitCode, Program, State, StateTree, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.sandboxes.debugger.states import States

SOURCE = """\
def f(n):
    print(n)
    for i in range(n):
        pass
    return g(n)

def g(n):
    return n
"""
PROGRAM = Program(SOURCE, "f(3)")


def test_they_equal_what_was_made_at_once() -> None:
    trace = record(PROGRAM)
    again = Trace.from_json(trace.to_json())
    assert trace == again and trace.states == tuple(again.states) and trace.states != tuple(again.states)[1:]
    assert record(PROGRAM).states[2:5] == list(again.states)[2:5]
    assert [*record(PROGRAM).states + (trace.final,)] == [*trace.states, trace.final]
    assert pickle.loads(pickle.dumps(record(PROGRAM))) == trace


def test_each_is_made_once() -> None:
    states = record(PROGRAM).states
    assert states[3] is states[3] is list(states)[3] is states[3:][0]
    assert type(states[3]) is State and states[-1] is states[len(states) - 1]


def test_heads_tell_the_same_before_and_after_a_look() -> None:
    states = record(PROGRAM).states
    assert isinstance(states, States)
    before = list(states.heads())
    assert before == [(s.event, s.depth, bool(s.stdout or s.stderr)) for s in states] == list(states.heads())
    assert any(prints for _, _, prints in before)


def test_a_tree_of_them_is_the_tree_of_its_states() -> None:
    lazy, eager = StateTree(record(PROGRAM).whole), StateTree(list(record(PROGRAM).whole))
    for name in ("next", "over", "previous", "back", "to_call", "printed", "complete", "states"):
        assert getattr(lazy, name) == getattr(eager, name), name
    assert lazy.complete and lazy.returns() == eager.returns()


def test_a_tree_of_its_own_grows_alone() -> None:
    states = States([State(Event.CALL, 1, "", "f", 0)])
    tree = StateTree(states)
    tree.append(State.at_exit(Exit(ExitCode.NORMAL, "exit")))
    assert len(states) == 1 and len(tree) == 2
