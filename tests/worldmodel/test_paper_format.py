"""The paper's text format: what is written is what is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import ActionKind, Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.trajectories import sample
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKERS, PaperText, decode, encode
from debugworld.worldmodel.tokenizer import build_tokenizer


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 100), st.booleans())
def test_round_trip(seed: int, walk: int, backward: bool) -> None:
    program = generate(seed).program
    text = PaperText.of(sample(program, record(program), walk, 40, backward))
    assert decode(encode(text)) == text


@given(st.text(alphabet="<|>a_\"'\\\n"))
def test_no_program_can_forge_a_marker(inner: str) -> None:
    program = Program(f"def f(x):\n    y = x + {inner!r}\n    return y\n", f"f({inner!r})")
    text = PaperText.of(sample(program, record(program), 0, 6))
    assert decode(encode(text)) == text


def test_the_worked_example_reads_as_in_the_paper() -> None:
    program = Program(
        "def count(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n",
        'count("berry", "r")',
    )
    trace = record(program)
    walk = next(
        found
        for found in (sample(program, trace, seed, 5) for seed in range(5000))
        if all(step.action is None or step.action.kind is ActionKind.STEP_INTO for step in found.steps)
    )
    text = encode(PaperText.of(walk))
    start = text.index("<|frame_sep|>")
    assert text.startswith("<|begin_of_text|><|trace_context_start|>def count(s, t):")
    assert text[start:].split("<|action_sep|>") == [
        "<|frame_sep|><|call_sep|><|src_sep|>def main():<|arg_sep|>{}",
        '<|step_into|><|frame_sep|><|line_sep|><|arg_sep|>{}<|src_sep|>return count("berry", "r")',
        "<|step_into|><|frame_sep|><|call_sep|><|src_sep|>def count(s, t):"
        '<|arg_sep|>{"s": "\'berry\'", "t": "\'r\'"}',
        '<|step_into|><|frame_sep|><|line_sep|><|arg_sep|>{"s": "\'berry\'", "t": "\'r\'"}<|src_sep|>n = 0',
        '<|step_into|><|frame_sep|><|line_sep|><|arg_sep|>{"n": "0", "..": ".."}<|src_sep|>for c in s:',
        '<|step_into|><|frame_sep|><|line_sep|><|arg_sep|>{"c": "\'b\'", "..": ".."}'
        "<|src_sep|>n += int(c == t)",
    ]


def test_every_marker_is_one_token() -> None:
    tokenizer = build_tokenizer(MARKERS)
    for marker in MARKERS:
        assert len(tokenizer(marker, add_special_tokens=False)["input_ids"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<|begin_of_text|>x",
        "<|begin_of_text|><|trace_context_start|>x<|line_sep|>",
        "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|call_sep|><|src_sep|>a<|arg_sep|>{",
        "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|call_sep|><|src_sep|>a",
        "<|begin_of_text|><|trace_context_start|>x<|action_sep|><|fly|>",
    ],
)
def test_damaged_texts_are_refused(text: str) -> None:
    with pytest.raises(ModelError):
        decode(text)
