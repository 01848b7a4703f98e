"""The benchmark's own truths: the real debugger is right everywhere, broken ones show in the right cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Action, Event, Program, State
from debugworld.worldmodel.completion import Completion, CompletionEngine, Request
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity import PARTS
from debugworld.worldmodel.fidelity.analysis import ORIGINS, card
from debugworld.worldmodel.fidelity.baselines import CopyDebugger
from debugworld.worldmodel.fidelity.case import UnstableTruth, record_case
from debugworld.worldmodel.fidelity.comparison import shortfall
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.measures.changed import changed
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, content_digest, fingerprint, sweep

SEEDS = range(2**30, 2**30 + 3)
COUNT = "def f(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
MEASURES = ("forced", "free", "outputs", "changed", "coherence", "reground")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


def programs() -> list[tuple[Program, CruxRow | None]]:
    row = CruxRow("row", COUNT, "'berry', 'r'", "2")
    made = [generate(seed, 1 + seed % 5).program for seed in SEEDS]
    return [(Program(COUNT, "f('berry', 'r')", "row"), row), *((program, None) for program in made)]


def judge(
    subject: Subject, box: Sandbox, measures: Sequence[str] = MEASURES, log: Log | None = None
) -> dict[str, Any]:
    settings = Settings(measures=tuple(measures))
    log = log or Log(None, {})
    told = sweep(subject, programs(), box, log, settings)
    return card(subject, "tests", log, settings, told)


class Broken(RealDebugger):
    """The real debugger, but for what a subclass does to each answer."""

    def step(self, action: Action) -> State:
        return self.spoil(self._real.state, super().step(action))

    def spoil(self, before: State, after: State) -> State:
        raise NotImplementedError


class Shuffled(Broken):
    """Says return for line, and line for return."""

    def spoil(self, before: State, after: State) -> State:
        other = {Event.LINE: Event.RETURN, Event.RETURN: Event.LINE}.get(after.event)
        return after if other is None else replace(after, event=other)


class OffByOne(Broken):
    """Returns numbers that are one too large."""

    def spoil(self, before: State, after: State) -> State:
        if after.event is not Event.RETURN or not (after.value or "").isdecimal():
            return after
        return replace(after, value=str(int(after.value or "0") + 1))


class Stale(Broken):
    """Shows the locals of the state before, wherever the frame is the same."""

    def spoil(self, before: State, after: State) -> State:
        if after.event is Event.EXIT or before.depth != after.depth:
            return after
        return replace(after, locals=before.locals)


def means(cells: dict[str, Any]) -> dict[str, float]:
    return {name: cell["mean"] for name, cell in cells.items()}


def test_the_real_debugger_is_right_everywhere(box: Sandbox) -> None:
    found = judge(Subject("real", RealDebugger(box), about={"kind": "real"}), box)
    for action in found["forced"]["actions"].values():
        assert action["exact"]["mean"] == 1.0
        assert set(means(action["parts"]).values()) == {1.0}
    assert found["free"]["whole"]["mean"] == 1.0 and "errors" not in found["free"]
    assert set(means(found["outputs"]).values()) == {1.0}
    assert found["cruxeval"]["output_pass@1"] == 1.0
    assert set(means(found["changed"]).values()) == {1.0}
    assert {"assignment, changes", "misleading names", "assignment, outcome, changes"} <= set(
        found["changed"]
    )
    assert {"edit, going on, changes", "edit, going on, 7 to 12 steps after"} <= set(found["changed"])
    assert {"edit, outcome, changes"} <= set(found["changed"])
    assert means(found["coherence"]) == {"illegal": 0.0, "from_nowhere": 0.0, "same_again": 1.0}
    assert {one["mean"] for one in found["reground"]} == {1.0}
    assert found["failures"] == [] and found["programs"]["left_out"] == {}


@pytest.mark.parametrize(
    ("broken", "part", "error"),
    [(Shuffled, "event", "control"), (OffByOne, "value", "value"), (Stale, "locals", "value")],
)
def test_a_broken_debugger_is_caught_in_the_right_cell(
    broken: type[Broken], part: str, error: str, box: Sandbox
) -> None:
    found = judge(Subject("broken", broken(box), about={}), box, ("forced", "free"))
    wrong = {
        name: min(action["parts"][name]["mean"] for action in found["forced"]["actions"].values())
        for name in PARTS
    }
    assert wrong.pop(part) < 1.0
    assert set(wrong.values()) == {1.0}, wrong
    assert found["free"]["whole"]["mean"] < 1.0
    assert found["free"]["errors"][error]["mean"] == 1.0
    assert found["failures"][0]["seen"]["truth"] != found["failures"][0]["seen"]["answer"]


class Stubborn(RealDebugger):
    """Knows one run of a program, and repeats it whatever is changed."""

    def reset(self, program: Program) -> State:
        self._known = programs()[0][0]
        return super().reset(self._known)

    def ground(self, states: Sequence[State]) -> State:
        self._real.reset(self._known)
        if len(states) > 1:
            self._real.step(Action.parse(f"step_into {len(states) - 1}"))
        return states[-1]

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        return self._real.state


def test_what_a_change_changes_is_apart_from_what_it_leaves(box: Sandbox) -> None:
    subject, seen = Subject("stubborn", Stubborn(box), about={}), set()
    case = record_case(box, programs()[0][0])
    for seed in range(8):
        for one in changed(subject, case, seed):
            assert one["exact"] is (one["group"] == "must stay") or one["kind"] == "misleading names"
            seen.add((one["kind"], one["group"]))
    kinds = ("assignment", "assignment, outcome", "edit, going on", "edit, outcome")
    assert {(kind, "changes") for kind in kinds} <= seen
    assert {("assignment", "must stay"), ("edit, going on", "must stay")} <= seen


def test_copying_is_incoherent_and_never_right(box: Sandbox) -> None:
    found = judge(Subject("copy", CopyDebugger(), about={}), box, ("forced", "coherence", "outputs"))
    for action in found["forced"]["actions"].values():
        assert action["exact"]["mean"] == action["copy"]["mean"]
    assert found["coherence"]["illegal"]["mean"] > 0.5
    assert means(found["outputs"])["step_return"] == 0.0


def test_a_sweep_goes_on_where_it_was_stopped(box: Sandbox, tmp_path: Path) -> None:
    subject = Subject("real", RealDebugger(box), about={})
    settings = Settings(measures=("forced", "free"))
    whole = Log(None, {})
    sweep(subject, programs(), box, whole, settings)
    path = tmp_path / "log.jsonl"
    first = Log(path, {"name": "real"})
    told = sweep(subject, programs(), box, first, replace_seconds(settings, 0.0))
    assert told.left > 0
    first.add("forced nothing", [], 0.0)
    with path.open("a") as file:
        file.write('{"unit": "cut sho')
    again = Log(path, {"name": "real"})
    assert "forced nothing" in again
    told = sweep(subject, programs(), box, again, settings)
    assert told.left == 0 and told.asked == 8
    assert fingerprint(again) == fingerprint(whole)
    with pytest.raises(ModelError, match="another subject"):
        Log(path, {"name": "other"})


@pytest.mark.parametrize(
    "content", [b"my notes\n", b'{\n "format": "a card"\n}\n', b"\xff\x00", b"5\n", b"\n"]
)
def test_a_file_that_is_no_log_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="give another file, or remove it"):
        Log(path, {"name": "real"})
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", ["", '{"recipe": {"na'])
def test_a_log_that_was_stopped_at_once_begins_anew(content: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(content)
    Log(path, {"name": "real"}).add("one", [], 0.0)
    assert "one" in Log(path, {"name": "real"})


def replace_seconds(settings: Settings, seconds: float) -> Settings:
    return replace(settings, seconds=seconds)


def test_the_same_seed_gives_the_same_records(box: Sandbox) -> None:
    prints = []
    for seed in (0, 0, 1):
        log = Log(None, {})
        subject = Subject("real", RealDebugger(box), about={})
        sweep(subject, programs(), box, log, Settings(seed=seed, measures=("forced",)))
        prints.append(fingerprint(log))
    assert prints[0] == prints[1] != prints[2]


def test_every_benchmark_has_a_section_of_its_own(box: Sandbox) -> None:
    rows = [
        CruxRow(f"row {n}", COUNT, f"'berry' * {n}, 'r'", str(2 * n), "f", ORIGINS[n]) for n in range(1, 4)
    ]
    log, settings = Log(None, {}), Settings(measures=("outputs",))
    subject = Subject("off by one", OffByOne(box), about={})
    told = sweep(subject, [(Program(COUNT, row.call, row.name), row) for row in rows], box, log, settings)
    found = card(subject, "tests", log, settings, told)
    assert ORIGINS[0] not in found
    for origin in ORIGINS[1:]:
        assert found[origin]["output"]["count"] == 1 and found[origin]["output_pass@1"] == 0.0
    assert found["outputs"]["step_return"]["count"] == 3


def test_what_was_learnt_from_is_left_out(box: Sandbox) -> None:
    seen = frozenset({int(programs()[0][0].digest[:16], 16)})
    found = judge(Subject("real", RealDebugger(box), about={}, seen=seen), box, ("outputs",))
    assert found["programs"]["leaked"] == ["row"]
    assert "cruxeval" not in found


class Sure(RealDebugger):
    """Says how sure it is."""

    confidence = 0.9


def test_a_confidence_is_not_judged_by_what_it_was_fitted_to(box: Sandbox) -> None:
    subject = Subject("sure", Sure(box), about={})
    whole = judge(subject, box, ("forced",))["forced"]
    subject.fitted = frozenset({programs()[0][0].digest[:16]})
    part = judge(subject, box, ("forced",))["forced"]
    assert part["limits"]["count"] == whole["limits"]["count"]
    assert 0 < part["confidence"]["count"] < whole["confidence"]["count"]


def test_a_truth_that_does_not_repeat_is_no_truth(box: Sandbox) -> None:
    program = Program(
        "import time\n\ndef f():\n    x = time.perf_counter_ns()\n    return x\n", "f()", "clock"
    )
    with pytest.raises(UnstableTruth, match="does not do the same twice"):
        record_case(box, program)
    late = "import atexit, time\n\ndef f():\n    atexit.register(lambda: print(time.perf_counter_ns()))\n"
    with pytest.raises(UnstableTruth):  # after the last state
        record_case(box, Program(late, "f()", "late"))
    settings, log = Settings(measures=("forced",)), Log(None, {})
    subject = Subject("real", RealDebugger(box), about={})
    told = sweep(subject, [(program, None)], box, log, settings)
    left = card(subject, "tests", log, settings, told)["programs"]["left_out"]
    assert left == {"it does not do the same twice; it depends on time, chance or addresses": ["clock"]}


def test_a_recorder_that_errs_is_found_out(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(COUNT, "f('abba', 'b')")
    right = box.record(program)
    wrong = replace(right, states=(*right.states[:-1], replace(right.states[-1], value="7")))
    monkeypatch.setattr(box, "record", lambda program: wrong)
    with pytest.raises(UnstableTruth):
        record_case(box, program)


def test_what_is_too_long_is_told(box: Sandbox) -> None:
    """Programs beyond the box are left out by name, questions beyond the reach counted."""
    body = "    t = 0\n    for i in range(n):\n        t += i\n    return t\n"
    long, longer = (Program(f"def f(n):\n{body}", f"f({n})", f"loop {n}") for n in (100, 5000))
    log, subject = Log(None, {}), Subject("real", RealDebugger(box), about={})
    settings = Settings(measures=("forced", "outputs", "free"), reach=40)
    told = sweep(subject, [(long, None), (longer, None)], box, log, settings)
    found = card(subject, "tests", log, settings, told)
    assert found["programs"]["left_out"] == {"it has 2,000 states and more": ["loop 5000"]}
    beyond = found["programs"]["beyond_reach"]
    assert beyond.pop("outputs") == 1 and "outputs" not in found
    asked = sum(action["exact"]["count"] for action in found["forced"]["actions"].values())
    assert asked + beyond.pop("forced") == 10 and asked >= 2 and not beyond
    assert set(found["forced"]["skipped"]) <= {"0", "1 to 2", "3 to 5", "6 to 10", "11 to 30", "31 and more"}
    assert found["free"]["steps_to_first_difference"]["mean"] == 200


def test_a_dream_within_reach_is_ended(box: Sandbox) -> None:
    case = record_case(box, Program(COUNT, "f('b' * 400, 'b')"), reach=40)
    assert case.budget_from(0) == 97 and case.budget_from(len(case.states) - 2) == len(case.states) + 95
    assert case.budget == 2 * len(case.states) + 16
    assert record_case(box, case.program).budget_from(0) == case.budget


class Faulty(RealDebugger):
    """Fails at some programs, as a server that is away, or a box that is gone."""

    def __init__(self, box: Sandbox, fails: Callable[[Program], BaseException | None]) -> None:
        super().__init__(box)
        self._fails, self.asked = fails, 0

    def reset(self, program: Program) -> State:
        self.asked += 1
        if (error := self._fails(program)) is not None:
            raise error
        return super().reset(program)


def test_a_unit_that_fails_is_counted_and_tried_again(box: Sandbox, tmp_path: Path) -> None:
    settings, path = Settings(measures=("forced", "free")), tmp_path / "log.jsonl"
    error = iter((ModelError("the server is away"), SandboxError("the box is gone")))
    faulty = Faulty(box, lambda program: next(error) if program.name == "row" else None)
    log = Log(path, {})
    told = sweep(Subject("faulty", faulty, about={}), programs(), box, log, settings)
    found = card(Subject("faulty", faulty, about={}), "tests", log, settings, told)
    assert found["errors"] == {
        "count": 2,
        "measures": {"forced": 1, "free": 1},
        "why": {"the server is away": 1, "the box is gone": 1},
    }
    assert told.asked == 6 and told.left == 0
    assert shortfall(found) == "2 units failed"
    whole, again = Log(None, {}), Log(path, {})
    sweep(Subject("real", RealDebugger(box), about={}), programs(), box, whole, settings)
    told = sweep(Subject("real", RealDebugger(box), about={}), programs(), box, again, settings)
    assert told.asked == 8 and fingerprint(again) == fingerprint(whole)


def test_a_sweep_of_which_all_fails_ends_clearly(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debugworld.worldmodel.fidelity.sweep.HOPELESS", 4)
    faulty = Faulty(box, lambda program: ModelError("the server is away"))
    with pytest.raises(ModelError, match="none of 4 units could be asked; the first: the server is away"):
        sweep(Subject("f", faulty), programs(), box, Log(None, {}), Settings(measures=("forced", "free")))
    assert faulty.asked == 4


def test_an_interrupted_sweep_keeps_what_is_done(box: Sandbox) -> None:
    faulty = Faulty(box, lambda program: None if program.name == "row" else KeyboardInterrupt())
    log, settings = Log(None, {}), Settings(measures=("forced",))
    told = sweep(Subject("f", faulty, about={}), programs(), box, log, settings)
    assert told.interrupted and (told.asked, told.left) == (1, 3)
    assert card(Subject("f", faulty), "tests", log, settings, told)["programs"]["left"] == 3


@pytest.mark.timeout(600)
def test_several_at_once_tell_the_same(box: Sandbox, tiny_checkpoint: Path) -> None:
    measures = ("forced", "free", "outputs", "inputs", "changed", "granularity")
    prints: dict[int, Any] = {}
    asked, settings = {}, Settings(measures=measures)
    for together in (1, 1, 8):
        subject = open_subject(f"{tiny_checkpoint}?inputs=once", box)
        assert subject.meter is not None
        calls = Calls(subject.meter.engine)
        subject.meter._engine = calls
        subject.debugger = subject.again(subject.meter) if subject.again is not None else subject.debugger
        log = Log(None, {})
        told = sweep(subject, programs(), box, log, settings, together=together)
        assert told.asked == 24 and told.left == 0
        found = card(subject, "tests", log, settings, told)
        costs = {name: number for name, number in found["cost"].items() if "seconds" not in name}
        assert costs["remembered_tokens_per_right_state"] > 0
        made = found["fingerprint"], costs, found["outcomes"]
        assert prints.setdefault(together, made) == made
        asked[together] = calls.number
    assert prints[1] == prints[8]
    assert asked[8] < asked[1] / 2


class Calls:
    """An engine that counts how often it is called."""

    def __init__(self, engine: CompletionEngine) -> None:
        self._engine, self.number = engine, 0
        self.abilities = engine.abilities

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        self.number += 1
        return self._engine.complete(requests)

    def forget(self) -> None:
        self._engine.forget()


def test_other_programs_have_another_digest() -> None:
    first, second = programs()[:2]
    assert content_digest([first, second]) == content_digest([first, second])
    row = first[1]
    others = ([second, first], [first], [(first[0], None), second])
    assert row is not None
    others += ([(first[0], replace(row, output="3")), second],)
    assert len({content_digest(each) for each in ([first, second], *others)}) == 5


def test_unknown_measures_and_budgets() -> None:
    with pytest.raises(ModelError, match="there are: forced"):
        Settings(measures=("luck",))
    with pytest.raises(ModelError, match="at least 1"):
        Settings(cases=0)


def test_a_card_is_plain_data(box: Sandbox) -> None:
    found = judge(Subject("real", RealDebugger(box), about={}), box, ("forced",))
    assert json.loads(json.dumps(found)) == found
