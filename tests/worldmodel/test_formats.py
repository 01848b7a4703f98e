"""Every format gives back what it shows, and its grammar permits what is true."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    Event,
    Exit,
    ExitCode,
    Program,
    State,
    Trace,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.trajectories import Step, Trajectory, sample
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, Codec, open_codec
from debugworld.worldmodel.formats.layout import Layout
from debugworld.worldmodel.formats.paper import MARKERS
from debugworld.worldmodel.tokenizer import build_tokenizer

from .oracle import accepts

OURS = ("history", "changes")
INTO = Action(ActionKind.STEP_INTO)


def stepped(program: Program, trace: Trace, most: int = 40) -> Trajectory:
    states = [*trace.states, trace.final][:most]
    steps = tuple(Step(INTO if place else None, state) for place, state in enumerate(states))
    return Trajectory(program, (), steps)


def walk_of(codec: Codec, seed: int, walk: int, backward: bool) -> Trajectory:
    program = generate(seed, 1 + seed % 5).program
    trace = record(program)
    if len(codec.actions) == 1:
        return stepped(program, trace)
    return sample(program, trace, walk, 25, backward)


def check(codec: Codec, walk: Trajectory) -> None:
    """Checks a round trip, the grammar, and that prompts and answers are the text cut in two."""
    text = codec.encode(walk)
    assert "".join(piece.text for piece in codec.pieces(walk)) == text
    steps = codec.decode(walk.program, text)
    assert [step.action for step in steps if codec.exact] == [
        step.action for step in walk.steps if codec.exact
    ]
    for place, step in enumerate(walk.steps):
        before = replace(walk, steps=walk.steps[:place])
        answer = codec.answer(before, step)
        assert (codec.prompt(before, step.action) + answer) == text[
            : len(codec.prompt(before, step.action) + answer)
        ]
        if answer:
            assert accepts(codec, before, step.action, answer), answer
        if codec.exact:
            assert steps[place].state == step.state == codec.shown(before, step)
            assert list(steps[place].state.locals) == list(step.state.locals)
        else:
            assert seen(steps[place].state) == seen(step.state)


def seen(state: State) -> object:
    """What each format says of a state."""
    if state.exit is not None:
        return state.event
    values = state.locals if state.event in (Event.CALL, Event.LINE) else None
    return state.event, state.source, values, state.value


@pytest.mark.parametrize("name", sorted(CODECS))
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), walk=st.integers(0, 100), backward=st.booleans())
def test_what_is_written_is_what_is_read(name: str, seed: int, walk: int, backward: bool) -> None:
    codec = open_codec(name)
    check(codec, walk_of(codec, seed, walk, backward))


TEXTS = st.text(max_size=12) | st.text(alphabet="<|>v=\"'\\\n", max_size=12)
NAMES = st.sampled_from(["n", "t", "i"])
ACTIONS = st.one_of(
    st.sampled_from([kind for kind in ActionKind if kind.takes_count]).flatmap(
        lambda kind: st.builds(Action, st.just(kind), count=st.integers(1, 700))
    ),
    st.builds(Action, st.just(ActionKind.RUN_TO), line=st.integers(1, 2000)),
    st.builds(Action, st.just(ActionKind.RUN_TO), line=st.integers(1, 9), file=st.just("shapes.py")),
    st.builds(
        lambda kind, line, hits, condition: Action(
            kind, breakpoint=Breakpoint(line, hits=hits, condition=condition)
        ),
        st.sampled_from([ActionKind.BREAK, ActionKind.CLEAR]),
        st.integers(1, 2000),
        st.integers(1, 5),
        st.sampled_from([None, "n > 3", "n == '<|v|>'", "7"]),
    ),
    st.builds(
        lambda kind, name: Action(ActionKind.BREAK, breakpoint=Breakpoint(kind=kind, name=name)),
        st.sampled_from([BreakpointKind.FUNCTION, BreakpointKind.EXCEPTION, BreakpointKind.CHANGE]),
        NAMES,
    ),
    st.builds(
        Action, st.just(ActionKind.EVALUATE), text=st.sampled_from(["1", "n + 1", "'<|do|>'", "len([1, 2])"])
    ),
    st.builds(Action, st.just(ActionKind.RUN_UNTIL), text=st.sampled_from(["1", "n > 3"])),
    st.builds(Action, st.just(ActionKind.SET), name=NAMES, text=st.sampled_from(["1", "n + 1"])),
)
LINES = Program(
    "import shapes\n" + "\n".join(f"x{n} = {n}" for n in range(600)), files=(("shapes.py", "a = 1\nb = 2\n"),)
)
STATES = st.one_of(
    st.builds(
        State,
        st.sampled_from([Event.CALL, Event.LINE, Event.RETURN, Event.EXCEPTION]),
        st.integers(1, 600),
        st.just(""),
        st.sampled_from(["<module>", "f.<locals>.g", "n"]),
        st.integers(0, 1200),
        st.dictionaries(NAMES, TEXTS),
        st.none() | TEXTS,
        TEXTS,
        st.none(),
        TEXTS,
        st.just(""),
        st.lists(TEXTS, max_size=2).map(tuple),
    ).map(lambda state: replace(state, source=LINES.source_line(state.line))),
    st.builds(State.at_exit, st.builds(Exit, st.sampled_from(ExitCode), TEXTS), TEXTS, TEXTS),
)


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=60, deadline=None)
@given(first=STATES, rest=st.lists(st.tuples(ACTIONS, STATES), max_size=6))
def test_ours_says_every_action_and_every_part_of_a_state(
    name: str, first: State, rest: list[tuple[Action, State]]
) -> None:
    codec = open_codec(name)
    steps = [Step(None, first)]
    for action, state in rest:
        moved = action.kind.moves or action.kind is ActionKind.SET
        steps.append(Step(action, state if moved else steps[-1].state))
    walk = Trajectory(LINES, (), tuple(steps))
    found = codec.decode(LINES, codec.encode(walk))
    assert found == walk.steps
    assert [list(step.state.locals) for step in found] == [list(step.state.locals) for step in walk.steps]


@pytest.mark.parametrize("name", sorted(CODECS))
@given(inner=st.text(alphabet="<|>a_\"'\\\n", max_size=15))
@settings(max_examples=15, deadline=None)
def test_no_program_can_forge_a_marker(name: str, inner: str) -> None:
    program = Program(f"def f(x):\n    y = x + {inner!r}\n    print(y)\n    return y\n", f"f({inner!r})")
    check(open_codec(name), stepped(program, record(program)))


def test_generators_classes_closures_exceptions_and_modules_are_said() -> None:
    program = Program(
        "import shapes\n"
        "class A:\n    z = 1\n    def m(self, k):\n"
        "        def inner(q): return q + k\n        return inner(2)\n"
        "def g(n):\n    for i in range(n):\n        yield i\n"
        "def f(n):\n    t = 0\n    try:\n"
        "        for i in g(n):\n            t += i; print(t)\n        del t\n"
        "        [][shapes.area(2)]\n    except IndexError as error:\n        t = A().m(3)\n"
        "        raise ValueError('no') from error\n    return t\n",
        "f(2)",
        files=(("shapes.py", "def area(x):\n    return x * x\n"),),
    )
    walk = stepped(program, record(program), 80)
    assert len(walk.steps) >= 40
    for name in CODECS:
        check(open_codec(name), walk)
    script = Program("x = 3\ndef f():\n    return 1\nprint(x)\ny = f()\nraise SystemExit(1)\n")
    for name in CODECS:
        check(open_codec(name), stepped(script, record(script)))


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.parametrize("name", sorted(CODECS))
def test_real_programs_are_said_in_full(name: str, shared_data: Path) -> None:
    with gzip.open(shared_data / "programs_dev.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    codec = open_codec(name)
    with open_sandbox("docker", max_events=400, timeout=10.0) as box:
        for row in random.Random(7).sample(rows, 4):
            program = Program(row["source"], row["calls"][0])
            trace = box.record(program)
            if trace.states:
                check(codec, stepped(program, trace, 40))


@pytest.mark.parametrize("name", sorted(CODECS))
def test_every_marker_is_one_token_and_every_learnt_piece_is_an_answer_or_its_end(name: str) -> None:
    codec = open_codec(name)
    tokenizer = build_tokenizer(codec.markers)
    assert len(set(codec.markers)) == len(codec.markers)
    for marker in codec.markers:
        assert len(tokenizer(marker, add_special_tokens=False)["input_ids"]) == 1
    assert set(codec.stop) <= set(codec.markers)
    walk = walk_of(codec, 3, 3, False)
    learnt = [piece.text for piece in codec.pieces(walk) if piece.learnt and piece.text not in codec.stop]
    assert len(learnt) == len(walk.steps)
    ends = [piece.text for piece in codec.pieces(walk) if piece.learnt and piece.text in codec.stop]
    assert len(ends) >= len(walk.steps) - 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cwm", "x"),
        ("cwm", "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|step_into|>"),
        ("cwm", "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|line_sep|>{<|action_sep|>t = 0"),
        ("cwm", "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|line_sep|>[]<|action_sep|>t = 0"),
        ("cwm", "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|line_sep|>{}<|action_sep|>nowhere"),
        ("cwm", "<|begin_of_text|><|trace_context_start|>x<|frame_sep|><|return_sep|><|action_sep|>t = 0"),
        ("changes", "x"),
        ("changes", "<|program|>"),
        ("changes", "<|program|><|start|>"),
        ("changes", "<|program|><|start|><|line|><|1|>"),
        ("changes", "<|program|><|start|><|line|><|1|><|line|>"),
        ("changes", "<|program|><|start|><|exit|><|line|>"),
        ("changes", "<|program|><|start|><|line|><|1|><|0|><|v|>x"),
        ("changes", "<|program|><|start|><|line|><|1|><|0|><|do|>"),
        ("changes", "<|program|><|start|><|line|><|1|><|0|><|do|><|step_into|><|0|>"),
        ("history", "<|program|><|start|><|line|><|1|><|0|><|out|>a<|out|>b"),
    ],
)
def test_damaged_texts_are_refused(name: str, text: str) -> None:
    with pytest.raises(ModelError):
        open_codec(name).decode(Program("def f():\n    t = 0\n", "f()"), text)


def test_what_cwm_cannot_say_is_refused() -> None:
    program = generate(1).program
    walk = stepped(program, record(program), 3)
    codec = open_codec("cwm")
    with pytest.raises(ModelError, match="no word for step_over"):
        codec.prompt(walk, Action(ActionKind.STEP_OVER))
    with pytest.raises(ModelError, match="one state at a time"):
        codec.prompt(walk, Action(ActionKind.STEP_INTO, count=2))
    with pytest.raises(ModelError, match="no word for evaluate"):
        open_codec("paper").prompt(walk, Action.parse("evaluate 1"))
    with pytest.raises(ModelError, match="no format 'xml'"):
        open_codec("xml")


def test_lines_belong_to_the_innermost_function() -> None:
    program = Program(
        "class A:\n    def m(self):\n        def inner():\n            return 1\n        return inner()\n"
        "def one(): return 2\nif True:\n    def late():\n        pass\n",
        "one()",
    )
    layout = Layout.of(program)
    assert layout.owner(4) == "A.m.<locals>.inner"
    assert layout.owner(3) == layout.owner(5) == "A.m"
    assert layout.owner(2, event=Event.CALL) == "A.m"
    assert layout.owner(6, event=Event.CALL) == layout.owner(6) == "one"
    assert layout.owner(9) == "late"
    assert layout.owner(11) == "main"
    assert layout.by_name["A.m.<locals>.inner"].names == ("__class__", "inner", "self")


def test_the_papers_markers_are_the_codecs() -> None:
    assert open_codec("paper").markers == MARKERS
