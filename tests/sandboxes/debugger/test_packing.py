"""States on their way: what is packed comes out equal, and what was never packed is refused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Event, Exit, ExitCode, State
from debugworld.sandboxes.debugger.frame_memory import FrameMemory, Layout
from debugworld.sandboxes.debugger.packing import MAX_LINE, Packer, PackingError, Unpacker
from debugworld.sandboxes.debugger.values import Renderer

SOURCES = {"": ["def f(a):", "    b = a", "    return b", ""], "other.py": ["x = 1", "\tx += 1"]}
NAMES = ["a", "b", "c", "Ä", "…", 'q"', "\ud800"]

texts = st.text(max_size=12) | st.sampled_from(["1", "'\n'", "\ud800", "None", "[1, 2]"])


@st.composite
def sequences(draw: st.DrawFn) -> list[State]:
    """States as a run may make them, and stranger ones."""
    states: list[State] = []
    frames: list[dict[str, str]] = []
    for _ in range(draw(st.integers(1, 12))):
        depth = draw(st.integers(0, len(frames)))
        event = draw(st.sampled_from([e for e in Event if e is not Event.EXIT]))
        before = frames[depth] if depth < len(frames) else {}
        kind = draw(st.integers(0, 3))
        if kind == 0:
            shown = before
        elif kind == 1:
            shown = {**before, draw(st.sampled_from(NAMES)): draw(texts)}
        else:
            names = draw(st.lists(st.sampled_from(NAMES), unique=True))
            shown = {name: before.get(name) or draw(texts) for name in names}
        frames[depth:] = [shown]
        file = draw(st.sampled_from(sorted(SOURCES)))
        line = draw(st.integers(1, len(SOURCES[file])))
        states.append(
            State(
                event,
                line,
                SOURCES[file][line - 1].strip(),
                draw(st.sampled_from(["f", "C.m", "<module>"])),
                depth,
                shown,
                draw(st.none() | texts),
                draw(st.sampled_from(["", "out\n"])),
                None,
                draw(st.sampled_from(["", "err"])),
                file,
                draw(st.sampled_from([(), ("cause: ValueError: x", "context: KeyError: 'a'")])),
            )
        )
    if draw(st.booleans()):
        states.append(State.at_exit(Exit(ExitCode.ERROR, "killed"), "last", "words"))
    return states


def packed(states: list[State]) -> bytes:
    packer = Packer()
    for state in states:
        packer.add(state)
    return packer.take()


@given(sequences(), st.integers(1, 50))
def test_what_is_packed_comes_out_equal(states: list[State], piece: int) -> None:
    data = packed(states)
    assert data.count(b"\n") == len(states)
    unpacker, found = Unpacker(SOURCES, len(states)), list[State]()
    for start in range(0, len(data), piece):
        found += unpacker.feed(data[start : start + piece])
    assert found == states
    assert [list(state.locals) for state in found] == [list(state.locals) for state in states]
    assert unpacker.whole
    assert all(type(state) is State and hash(state.source) is not None for state in found)


@given(sequences())
def test_what_is_taken_twice_is_one_whole(states: list[State]) -> None:
    packer, pieces = Packer(), []
    for state in states:
        packer.add(state)
        pieces.append(packer.take())
    assert packer.take() == b""
    assert b"".join(pieces) == packed(states)


def test_unchanged_locals_cost_nothing_and_are_shared() -> None:
    shown = {"a": "1"}
    states = [State(Event.CALL, 1, "def f(a):", "f", 0, shown)]
    states += [State(Event.LINE, 2, "b = a", "f", 0, shown)] * 2
    data = packed(states)
    assert data.split(b"\n")[1] == b"[1,2,0,{}]"
    found = Unpacker(SOURCES, 9).feed(data)
    assert found[1].locals is found[2].locals


def test_a_memory_that_knows_what_changed_gives_the_same_bytes() -> None:
    renderer, packer, plain = Renderer(), Packer(), Packer()
    memory, choose = FrameMemory(Layout("abcde", lambda name: True)), random.Random(0)
    values: dict[str, object] = {}
    for turn in range(300):
        for name in choose.sample("abcdef", choose.randrange(3)):
            if choose.random() < 0.2:
                values.pop(name, None)
            else:
                values[name] = choose.choice([1, 2, "x", [turn], object()])
        renderer.start()
        shown = renderer.locals(memory, values)
        if choose.random() < 0.3:
            continue  # a stop that makes no state
        event = Event.CALL if turn == 0 else Event.LINE
        assert packer.pack(event, 1, 0, shown, "f", memory=memory) == plain.pack(event, 1, 0, shown, "f")


@pytest.mark.parametrize("depth", [-1, 2])
def test_a_packer_refuses_a_depth_that_does_not_follow(depth: int) -> None:
    packer = Packer()
    packer.add(State(Event.CALL, 1, "", "f", 0))
    with pytest.raises(PackingError, match=f"depth {depth}"):
        packer.add(State(Event.CALL, 1, "", "f", depth))


CALL = b'[0,1,0,{"a":"1"},null,"",{"f":"f"}]\n'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\n", "not one state"),
        (b"[1,2,0,{}],[1,2,0,{}]\n", "not one state"),
        (b"{}\n", "no list"),
        (b"[1,2,0]\n", "4 to 7"),
        (b'[1,2,0,{},null,"",{},0]\n', "4 to 7"),
        (b"[9,2,0,{}]\n", "event"),
        (b"[true,2,0,{}]\n", "event"),
        (b"[1,0,0,{}]\n", "line"),
        (b"[1,5,0,{}]\n", "line"),
        (b"[1,1.0,0,{}]\n", "line"),
        (b"[4,1,0,{}]\n", "line"),
        (b"[1,2,-1,{}]\n", "depth"),
        (b"[1,2,2,{}]\n", "depth"),
        (b"[1,2,1e0,{}]\n", "depth"),
        (b"[1,2,1,{}]\n", "no function"),
        (b"[0,1,1,{}]\n", "no function"),
        (b"[1,2,0,[]]\n", "no object"),
        (b'[1,2,0,{"a":1}]\n', "no text"),
        (b'[1,2,0,{"a":"' + b"x" * 3000 + b'"}]\n', "too long"),
        (b'[1,2,0,{"' + b"x" * 300 + b'":"1"}]\n', "too long"),
        (b"[1,2,0,{},1]\n", "value"),
        (b"[1,2,0,{},null,7]\n", "output"),
        (b'[1,2,0,{},null,"",[]]\n', "rare"),
        (b'[1,2,0,{},null,"",{"f":1}]\n', "function"),
        (b'[1,2,0,{},null,"",{"p":"/etc/passwd"}]\n', "file"),
        (b'[1,2,0,{},null,"",{"p":[]}]\n', "file"),
        (b'[1,2,0,{},null,"",{"k":["z"]}]\n', "does not have"),
        (b'[1,2,0,{},null,"",{"k":"a"}]\n', "names"),
        (b'[1,2,0,{},null,"",{"e":1}]\n', "output"),
        (b'[1,2,0,{},null,"",{"c":["a",1]}]\n', "chain"),
        (b'[1,2,0,{},null,"",{"x":["fine","exit"]}]\n', "exit code"),
        (b'[1,2,0,{},null,"",{"x":["error"]}]\n', "exit"),
        (b"[1,2,0,{}\n", "no JSON"),
        (b"[1,2,0\n{}]\n", "not one state"),
        (b"[" * 100_000 + b"\n", "no JSON"),
        (b"[1," + b"9" * 10_000 + b",0,{}]\n", "no JSON"),
        (b"\xff\xfe\n", "no JSON"),
    ],
)
def test_what_no_packer_writes_is_refused(line: bytes, why: str) -> None:
    unpacker = Unpacker(SOURCES, 10)
    assert len(unpacker.feed(CALL)) == 1
    with pytest.raises(PackingError, match=why):
        unpacker.feed(line)


def test_more_states_than_asked_for_are_refused() -> None:
    unpacker = Unpacker(SOURCES, 2)
    unpacker.feed(CALL * 2)
    with pytest.raises(PackingError, match="more states"):
        unpacker.feed(CALL)


def test_a_line_without_an_end_is_refused() -> None:
    unpacker = Unpacker(SOURCES, 10)
    with pytest.raises(PackingError, match="bytes"):
        for _ in range(MAX_LINE // (1 << 20) + 1):
            unpacker.feed(b" " * (1 << 20))


def test_states_that_grow_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debugworld.sandboxes.debugger.packing.MAX_CELLS", 1000)
    unpacker = Unpacker(SOURCES, 10_000)
    unpacker.feed(CALL)
    with pytest.raises(PackingError, match="together"):
        for turn in range(1000):
            unpacker.feed(b'[1,2,0,{"a":"%d"}]\n' % turn)
    unpacker = Unpacker(SOURCES, 10_000)
    with pytest.raises(PackingError, match="too many locals"):
        unpacker.feed(CALL)
        unpacker.feed(b"[1,2,0,{%s}]\n" % b",".join(b'"n%d":""' % n for n in range(2000)))


def mangled(data: bytes, choose: random.Random) -> bytes:
    """Returns bytes with some pieces changed, lost, doubled, or put where others were."""
    parts = bytearray(data)
    for _ in range(choose.randrange(1, 6)):
        place, size = choose.randrange(len(parts) + 1), choose.randrange(20)
        other = choose.randrange(len(parts) + 1)
        piece = choose.choice(
            [
                b"",
                bytes(parts[other : other + size]),
                choose.randbytes(size),
                b"[",
                b"\n",
                b"1e400",
                b'"',
                b"{}",
            ]
        )
        parts[place : place + choose.randrange(20)] = piece
    return bytes(parts)


def fuzz(states: list[State], seed: int) -> None:
    choose, data = random.Random(seed), packed(states)
    for wrong in (choose.randbytes(choose.randrange(200)), mangled(data, choose), mangled(data, choose)):
        unpacker = Unpacker(SOURCES, 100)
        try:
            found = unpacker.feed(wrong) + unpacker.feed(b"\n" if not unpacker.whole else b"")
        except PackingError:
            continue
        for state in found:  # what passes is a state of this program
            if state.event is not Event.EXIT:
                assert state.source == SOURCES[state.file][state.line - 1].strip()
            texts = [*state.locals, *state.locals.values(), state.stdout, state.stderr, state.function]
            assert all(type(text) is str for text in (*texts, *state.chain))


@given(sequences(), st.integers(0, 1 << 30))
def test_mangled_bytes_raise_nothing_but_the_packing_error(states: list[State], seed: int) -> None:
    fuzz(states, seed)


@pytest.mark.long
def test_many_mangled_bytes_raise_nothing_but_the_packing_error() -> None:
    shown = {"a": "1", "b": "'x'"}
    states = [
        State(Event.CALL, 1, "def f(a):", "f", 0, {"a": "1"}),
        State(Event.LINE, 2, "b = a", "f", 0, shown),
    ]
    states += [State(Event.RETURN, 3, "return b", "f", 0, shown, "1", "out", None, "err", "", ("cause: E",))]
    for seed in range(20_000):
        fuzz(states, seed)
