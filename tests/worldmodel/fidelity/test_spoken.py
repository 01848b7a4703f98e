"""Models of other formats are judged like any other; the truth in a format is right where it can be said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CwmConfig, CwmForCausalLM, LlamaConfig, LlamaForCausalLM

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, Event, ExitCode, Program, State
from debugworld.worldmodel.crux import CruxRow
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity import spoken
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.case import record_case
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.measures.backward import arguments, backward_inputs
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, sweep
from debugworld.worldmodel.formats import open_codec
from debugworld.worldmodel.tokenizer import build_tokenizer

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(2)", "loop")
ROW = CruxRow("loop", LOOP.source, "2", "1")
MEASURES = ("forced", "free", "outputs", "inputs", "changed", "coherence")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


def saved(path: Path, name: str, positions: int = 2048) -> Path:
    """Writes a small random model that knows a format's markers, of CWM's or of Llama's architecture."""
    torch.manual_seed(0)
    tokens = build_tokenizer(open_codec(name).markers, [LOOP.text, '{"n": "3", "t": ".."}'] * 30, 320)
    tokens.model_max_length = positions
    size = dict(vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_attention_heads=2)
    size |= {"num_hidden_layers": 2, "max_position_embeddings": positions}
    if name == "cwm":
        size |= {"num_key_value_heads": 1, "head_dim": 16, "bos_token_id": 1, "eos_token_id": 3}
        model = CwmForCausalLM(CwmConfig(**size))
    else:
        model = LlamaForCausalLM(LlamaConfig(**size))
    model.save_pretrained(path)
    tokens.save_pretrained(path)
    return path


def judge(subject: Subject, box: Sandbox, measures: tuple[str, ...]) -> dict[str, Any]:
    log, settings = Log(None, {}), Settings(measures=measures)
    told = sweep(subject, [(LOOP, ROW)], box, log, settings)
    return card(subject, "tests", log, settings, told)


@pytest.mark.parametrize("query", ["format=cwm", "format=paper&jumps=direct", "format=changes&jumps=direct"])
def test_a_model_of_a_format_has_a_whole_card(
    query: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken, "MAX_TOKENS", 24)
    name = query.partition("=")[2].partition("&")[0]
    subject = open_subject(f"{saved(tmp_path, name, 1024)}?{query}", box)
    found = judge(subject, box, MEASURES)
    assert found["subject"]["format"] == name and found["subject"]["parameters"] == subject.parameters > 0
    assert found["subject"]["context"] == 1024
    assert all(one["exact"]["count"] == 2 for one in found["forced"]["actions"].values())
    assert found["cost"]["questions"] > 0 and found["cost"]["prompt_tokens"] > found["cost"]["answer_tokens"]
    assert {"free", "outputs", "coherence", "changed"} <= found.keys()
    assert ("inputs" in found) is query.endswith("direct")
    assert found["coherence"]["same_again"]["mean"] == 1.0  # greedy


def test_what_a_model_cannot_read_is_a_limit_met(box: Sandbox, tmp_path: Path) -> None:
    subject = open_subject(f"{saved(tmp_path, 'changes', 64)}?format=changes", box)
    found = judge(subject, box, ("forced",))
    assert found["forced"]["limits"]["limit"] == found["forced"]["limits"]["count"]


@pytest.mark.parametrize("jumps", ["rollout", "direct"])
@pytest.mark.parametrize("name", ["history", "changes", "paper"])
def test_the_ceiling_is_the_truth_where_the_format_can_say_it(name: str, jumps: str, box: Sandbox) -> None:
    found = judge(open_subject(f"real?format={name}&jumps={jumps}", box), box, ("forced", "free", "outputs"))
    for told in found["forced"]["actions"].values():
        right = {part: cell["mean"] for part, cell in told["parts"].items()}
        assert right["event"] == 1.0 and right["value"] == 1.0
        if name != "paper":
            assert set(right.values()) == {1.0}
    assert found["outputs"]["step_return"]["mean"] == 1.0
    assert (found["free"]["whole"]["mean"] == 1.0) or name == "paper"


def test_cwm_says_no_output(box: Sandbox) -> None:
    program = Program("def f():\n    print('a')\n    return 1\n", "f()")
    subject = open_subject("real?format=cwm", box)
    states = [subject.debugger.reset(program)]
    while states[-1].event is not Event.EXIT:
        states.append(subject.debugger.step(Action.parse("step_into")))
    true = record_case(box, program).states
    assert [state.event for state in states] == [state.event for state in true]
    assert any(state.stdout for state in true) and not any(state.stdout for state in states)


class Backward(RealDebugger):
    """Says of any return that ``n`` was a number."""

    confidence = 1.0

    def __init__(self, box: Sandbox, number: str) -> None:
        super().__init__(box)
        self.number, self.asked = number, []

    def reset(self, program: Program) -> State:
        self.program = program
        return State(Event.LINE, 1, "", "<module>", 0)

    def ground(self, states: list[State]) -> State:
        self.asked.append(states[-1])
        return states[-1]

    def step(self, action: Action) -> State:
        assert str(action) == "back_to_call" and self.program.call is None
        return State(Event.CALL, 1, "def f(n):", "f", 0, {"n": self.number})


def test_an_input_is_asked_for_backwards_and_run(box: Sandbox) -> None:
    two = CruxRow("sign", "def f(n):\n    if n < 0:\n        return 'no'\n    return 'yes'\n", "1", "'yes'")
    case = record_case(box, Program(two.code, two.call, "sign"), two)
    for number, right in (("7", True), ("-7", False), ("nonsense(", False)):
        neural = Backward(box, number)
        [record] = backward_inputs(Subject("backward", neural), case, two)
        assert (record["right"], record["answer"], record["origin"]) == (right, number, "cruxeval")
        assert [(state.line, state.value) for state in neural.asked] == [(3, "'yes'"), (4, "'yes'")]


def test_arguments_of_a_call_state() -> None:
    program = Program("def f(a, *b, c=1, **d):\n    return a\n")
    state = State(Event.CALL, 1, "", "f", 0, {"a": "1", "b": "(2,)", "c": "3", "d": "{'e': 4}"})
    assert arguments(program, "f", state) == "1, *(2,), c=3, **{'e': 4}"
    assert arguments(program, "f", State(Event.CALL, 1, "", "f", 0, {"b": "()"})) is None
    assert arguments(program, "f", State(Event.LINE, 1, "", "f", 0, {"a": "1"})) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("real?format=esperanto", "format=changes|cwm|history|paper"),
        ("nowhere?format=paper", "no folder of a model"),
        ("real?format=paper&jumps=auto", "jumps=rollout|direct"),
    ],
)
def test_bad_subjects(name: str, text: str, box: Sandbox) -> None:
    with pytest.raises(ModelError) as caught:
        open_subject(name, box)
    assert text in str(caught.value)


def test_a_model_without_the_markers_is_refused(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lacks"):
        open_subject(f"{saved(tmp_path, 'changes')}?format=paper", box)
    with pytest.raises(ModelError, match="no jumps"):
        open_subject(f"{saved(tmp_path / 'cwm', 'cwm')}?format=cwm&jumps=direct", box)


def test_the_end_is_told(box: Sandbox) -> None:
    case = record_case(box, LOOP)
    ceiling = open_subject("real?format=paper", box).debugger
    ceiling.reset(LOOP)
    ceiling.ground(case.states[:-1])
    end = ceiling.step(Action.parse("step_into"))
    assert end.exit is not None and end.exit.code is ExitCode.NORMAL
