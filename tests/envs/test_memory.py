"""What is remembered of runs is bounded by their states, and what was let go of comes again as it was."""

from __future__ import annotations

import pytest

from debugworld.envs import load_task_set, memory
from debugworld.envs.generated import GeneratedPrograms
from debugworld.envs.memory import RUN, Recent, by_trace
from debugworld.envs.trace_store import TraceStore
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.debugger.recorder import record


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    kept: Recent[str] = Recent(3 * RUN + 60)
    for name, states in (("a", 20), ("b", 20), ("c", 20)):
        kept.put(name, name.upper(), states)
    assert kept.get("a") == "A" and len(kept) == 3
    kept.put("d", "D", 20)
    assert "b" not in kept and kept.get("b") is None and [kept.get(each) for each in "acd"] == ["A", "C", "D"]
    kept.put("d", "other", 100)  # it takes more than before
    assert kept.get("d") == "other" and len(kept) == 2
    kept.put("e", "E", 10_000)
    assert len(kept) == 1 and kept.get("e") == "E"
    kept.clear()
    assert not len(kept) and kept.get("e") is None
    kept.put("a", "again", 20)
    assert kept.get("a") == "again"


def trace(count: int) -> Trace:
    return record(Program(f"def f(n):\n    while n:\n        n -= 1\n    return {count}\n", f"f({count})"))


def test_what_was_worked_out_goes_with_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Recent[tuple[Trace, dict[object, object]]] = Recent(2 * (RUN + 60))
    monkeypatch.setattr(memory, "_WORKED_OUT", kept)
    calls: list[tuple[int, int]] = []

    @by_trace
    def length(trace: Trace, more: int) -> int | None:
        calls.append((len(trace.states), more))
        return len(trace.states) + more or None

    traces = [trace(count) for count in range(6)]
    for each in traces:
        for more in (0, 0, 1, -len(each.states)):
            assert length(each, more) == (len(each.states) + more or None)
    assert len(calls) == 3 * len(traces) and len(kept) == 2
    assert length(traces[-1], 0) and len(calls) == 3 * len(traces)
    assert length(traces[0], 0) and len(calls) == 3 * len(traces) + 1


def test_runs_are_let_go_of_and_recorded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", "")
    store = TraceStore("process")
    store._traces = Recent(3 * RUN)
    programs = load_task_set("builtin").programs[:6]
    store.enter()
    first = [store.record(program) for program in programs]
    assert 0 < len(store._traces) < 3
    assert [store.record(program) for program in programs] == first
    store.leave()


def test_programs_of_the_generator_are_let_go_of_and_made_again() -> None:
    programs = GeneratedPrograms(range(8), 64)
    programs._made = Recent(3 * RUN)
    first = list(programs)
    assert len(programs._made) == 3 and list(programs) == first == list(GeneratedPrograms(range(8), 64))
