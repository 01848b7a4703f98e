"""Arbitrary bytes on the wire, from both ends and from the program: documented errors, no hang, no flood."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.channel import Channel
from debugworld.sandboxes.debugger import Action, LiveDebugger, Program, ProgramError, RecordedDebugger, Trace
from debugworld.sandboxes.debugger.packing import PackingError, Unpacker
from debugworld.sandboxes.debugger.wire import FRAME_LIMIT, RAW, WireError, frame, pack, read_frame
from debugworld.sandboxes.process import ProcessSandbox

PROGRAM = Program(
    "def f(n):\n    s = [n]\n    return n and f(n - 1)\nx = f(2)\nprint(x)\nraise ValueError(x)\n"
)
STEP = Action.parse("step_into")
HANG = 30.0
"""Seconds, generously, after which a test calls something hung."""
examples = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
many = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=1500)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just(2**70)
    | st.just(-1)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
messages = json_values | st.fixed_dictionaries(
    {},
    optional={
        "python": json_values,
        "states": json_values,
        "error": json_values,
        "exit": json_values
        | st.fixed_dictionaries({"code": st.sampled_from(["normal", "no"]), "reason": scalars}),
        "stdout": json_values,
        "stderr": json_values,
        "state": json_values,
    },
)


@st.composite
def mutated(draw: st.DrawFn, genuine: bytes) -> bytes:
    """Draws genuine bytes with parts cut out, doubled, overwritten or swapped."""
    data = bytearray(genuine)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        stop = min(start + draw(st.integers(0, 40)), len(data))
        how = draw(st.sampled_from(["cut", "double", "overwrite", "insert", "end"]))
        if how == "cut":
            del data[start:stop]
        elif how == "double":
            data[start:start] = data[start:stop]
        elif how == "overwrite" and data:
            data[start] = draw(st.integers(0, 255))
        elif how == "insert":
            data[start:start] = draw(st.binary(max_size=12))
        else:
            del data[start:]
    return bytes(data)


class Tap(Channel):
    """A channel that keeps what it receives, so that fuzzing begins with what is really said."""

    heard = bytearray()

    def _receive(self, size: int) -> bytes:
        data = super()._receive(size)
        self.heard += data
        return data


class FakeSandbox(Sandbox):
    """A box whose supervisor is a thread that says given bytes, whatever it is asked."""

    name: ClassVar[str] = "fake"
    said = b""
    multiplexed = False

    @classmethod
    def require(cls) -> None:
        """Always there."""

    def _start(self) -> Channel:
        ours, theirs = socket.socketpair()
        said = self.said

        def supervise() -> None:
            with theirs, contextlib.suppress(OSError):
                theirs.sendall(said)
                theirs.shutdown(socket.SHUT_WR)
                while theirs.recv(1 << 16):
                    pass

        thread = threading.Thread(target=supervise, daemon=True)
        thread.start()
        return Channel(ours, multiplexed=self.multiplexed, close=lambda: thread.join(HANG))


def record_over(said: bytes, multiplexed: bool = False) -> Trace | None:
    """Records over a supervisor that says these bytes; None where that ends in a documented error."""
    box = FakeSandbox(timeout=1.0, max_events=50)
    box.said, box.multiplexed = said, multiplexed
    begin = time.monotonic()
    try:
        with box:
            trace = box.record(PROGRAM)
    except (SandboxError, ProgramError):
        return None
    finally:
        assert time.monotonic() - begin < HANG
    assert len(trace.states) <= 50
    debugger = RecordedDebugger(lambda _: trace)  # what was taken can be used
    debugger.reset(PROGRAM)
    debugger.close()
    return trace


def live_over(said: bytes) -> list[str]:
    """Starts a session over a supervisor that says these bytes; returns the events that were shown."""
    box = FakeSandbox(timeout=1.0, max_events=50)
    box.said = said
    begin = time.monotonic()
    events: list[str] = []
    debugger = LiveDebugger(box.session)
    try:
        with box:
            events.append(debugger.reset(PROGRAM).event.value)
            while not debugger.done and len(events) < 50:
                events.append(debugger.step(STEP).event.value)
            debugger.close()
    except (SandboxError, ProgramError):
        pass
    finally:
        assert time.monotonic() - begin < HANG
    return events


def hear(live: bool) -> tuple[bytes, Any]:
    """Returns what a real supervisor says, from its first byte to the end of a run, and what came of it."""
    box = ProcessSandbox(timeout=5.0, max_events=50)
    start = box._start

    def tapped() -> Channel:
        channel = start()
        channel.__class__ = Tap
        channel.passes_descriptors = False
        return channel

    box._start = tapped  # type: ignore[method-assign]
    with box:
        del Tap.heard[:]
        if not live:
            trace = box.record(PROGRAM)
            return bytes(Tap.heard), trace
        debugger = LiveDebugger(box.session)
        events = [debugger.reset(PROGRAM).event.value]
        while not debugger.done:
            events.append(debugger.step(STEP).event.value)
        return bytes(Tap.heard), events


@pytest.fixture(scope="module")
def genuine() -> bytes:
    """What a real supervisor says while it records."""
    heard, trace = hear(live=False)
    assert trace.exit.code == "error"
    assert record_over(heard) == trace, "the tap heard all that a recording needs"
    return heard


@pytest.fixture(scope="module")
def known_token() -> Iterator[None]:
    """Takes the chance out of a session's token, so that what was said once can be said again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.urandom", bytes)
        yield


@pytest.fixture(scope="module")
def genuine_live(known_token: None) -> bytes:
    """What a real supervisor says while it passes on a session."""
    heard, events = hear(live=True)
    assert len(events) > 10
    assert live_over(heard)[:10] == events[:10], "the tap heard all that a session needs"
    return heard


def in_parts(data: bytes, size: int) -> bytes:
    """Returns bytes as a container's multiplexed stdout, cut into parts, with a word of stderr between."""
    out = struct.pack(">BxxxI", 2, 5) + b"hello"
    for start in range(0, len(data), size):
        part = data[start : start + size]
        out += struct.pack(">BxxxI", 1, len(part)) + part
    return out


# what comes from a box


@examples
@given(st.binary(max_size=400), st.booleans())
def test_a_supervisor_that_says_anything(said: bytes, multiplexed: bool) -> None:
    assert record_over(said, multiplexed) is None


@examples
@given(st.lists(messages, max_size=4), st.booleans())
def test_a_supervisor_that_says_anything_in_frames(said: list[Any], multiplexed: bool) -> None:
    data = b"".join(map(pack, [{"python": "3.11.7"}, *said]))
    record_over(in_parts(data, 7) if multiplexed else data, multiplexed)


def fuzz_recordings(genuine: bytes, count: settings) -> None:
    @count
    @given(st.data())
    def check(data: st.DataObject) -> None:
        said = data.draw(mutated(genuine))
        multiplexed = data.draw(st.booleans())
        record_over(in_parts(said, 11) if multiplexed else said, multiplexed)

    check()


def fuzz_sessions(genuine: bytes, count: settings) -> None:
    @count
    @given(st.data())
    def check(data: st.DataObject) -> None:
        live_over(data.draw(mutated(genuine)))

    check()


def test_a_supervisor_that_says_almost_the_right_thing(genuine: bytes) -> None:
    fuzz_recordings(genuine, examples)


def test_a_session_that_says_almost_the_right_thing(genuine_live: bytes) -> None:
    fuzz_sessions(genuine_live, examples)


@pytest.mark.long
def test_a_supervisor_and_a_session_that_say_almost_the_right_thing_often(
    genuine: bytes, genuine_live: bytes
) -> None:
    fuzz_recordings(genuine, many)
    fuzz_sessions(genuine_live, many)


@examples
@given(st.lists(messages | st.fixed_dictionaries({"hear": st.text(max_size=30)}), max_size=5))
def test_a_session_that_says_anything_in_frames(said: list[Any]) -> None:
    live_over(b"".join(map(pack, [{"python": "3.11.7"}, {"pid": 5}, *said])))


@pytest.mark.parametrize("place", range(12))
def test_a_stream_that_ends_in_the_middle(genuine: bytes, place: int) -> None:
    assert record_over(genuine[: len(genuine) * place // 12]) is None


def test_a_length_that_is_a_lie_takes_no_memory() -> None:
    for size in (FRAME_LIMIT + 1, 0xFFFFFFFF):
        with pytest.raises(WireError, match="at most"):
            read_frame(io.BytesIO(struct.pack(">I", size)).read)
        assert record_over(struct.pack(">I", size)) is None


def test_a_frame_that_is_nested_too_deep_is_no_crash() -> None:
    body = b"[" * 500_000
    with pytest.raises(WireError):
        read_frame(io.BytesIO(struct.pack(">I", len(body)) + body).read)


@pytest.mark.parametrize(
    "last",
    [pack({"error": "forged"}), frame(b"[" * 50_000), frame(b"\xff"), pack([]), pack({"exit": 5})],
)
def test_a_last_message_that_is_none_once_the_program_ran_is_tampering(last: bytes) -> None:
    trace = record_over(pack({"python": "3.11.7"}) + frame(RAW) + last)
    assert trace is not None and (trace.exit.code, trace.exit.reason) == ("error", "tamper")


def test_the_caller_is_blamed_before_the_program_ran_only() -> None:
    box = FakeSandbox()
    box.said = pack({"python": "3.11.7"}) + pack({"error": "it does not compile"})
    with box, pytest.raises(ProgramError, match="it does not compile"):
        box.record(PROGRAM)
    spoken = [["error", "it does not compile"], ["checked"], ["error", "forged"]]
    for number in (0, 1):
        said = b"".join(frame(bytes(16) + json.dumps(words).encode()) for words in spoken[number:])
        box = FakeSandbox()
        box.said = pack({"python": "3.11.7"}) + pack({"pid": 5}) + pack({"hear": said.decode("latin-1")})
        with box, pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.urandom", bytes)
            if number == 0:
                with pytest.raises(ProgramError, match="it does not compile"):
                    box.session(PROGRAM)
            else:
                end = box.session(PROGRAM).state.exit
                assert end is not None and (end.code, end.reason) == ("error", "tamper")


@pytest.mark.parametrize("length", [0, 5, 40, 1 << 20, 0xFFFFFFFF])
def test_what_does_not_begin_with_the_token_is_tampering_whatever_length_it_claims(length: int) -> None:
    garbage = struct.pack(">I", length) + b"x" * 30
    box = FakeSandbox()
    box.said = pack({"python": "3.11.7"}) + pack({"pid": 5}) + pack({"hear": garbage.decode("latin-1")})
    with box:
        end = box.session(PROGRAM).state.exit
    assert end is not None and (end.code, end.reason) == ("error", "tamper")


@pytest.mark.parametrize("text", ["\u0100", "a\ud800", 7, None, ["x"]])
def test_what_is_passed_on_and_holds_no_bytes_ends_the_session(text: object) -> None:
    assert live_over(pack({"python": "3.11.7"}) + pack({"pid": 5}) + pack({"hear": text})) == ["exit"]


def test_descriptors_that_come_along_are_closed() -> None:
    import array
    import os

    ours, theirs = socket.socketpair()
    channel = Channel(ours, multiplexed=False, close=lambda: None)
    before = len(os.listdir("/proc/self/fd"))
    frame = pack({"x": 1})
    for _ in range(20):
        rights = array.array("i", [theirs.fileno()] * 50)
        theirs.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        assert channel.receive(5) == {"x": 1}
    assert len(os.listdir("/proc/self/fd")) == before
    channel.close()
    theirs.close()


# packed states

LINES = {"": PROGRAM.lines}


@settings(examples, max_examples=150)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_an_unpacker_is_fed_anything(data: bytes, step: int) -> None:
    feed(data, step)


@settings(examples, max_examples=150)
@given(st.lists(st.lists(json_values, max_size=8) | json_values, max_size=5), st.integers(1, 40))
def test_an_unpacker_is_fed_any_json(rows: list[Any], step: int) -> None:
    feed("".join(json.dumps(row) + "\n" for row in rows).encode(), step)


def feed(data: bytes, step: int) -> None:
    unpacker = Unpacker(LINES, 20)
    count = 0
    try:
        for start in range(0, len(data), step):
            count += len(unpacker.feed(data[start : start + step]))
    except PackingError:
        return
    assert count <= 20


# what comes from the host


@contextlib.contextmanager
def supervisor() -> Iterator[Channel]:
    """Starts a real supervisor that was told nothing yet."""
    channel = ProcessSandbox()._start()
    try:
        yield channel
    finally:
        begin = time.monotonic()
        channel.close()
        assert time.monotonic() - begin < HANG


@settings(examples, max_examples=8)
@given(st.binary(min_size=1, max_size=200))
def test_a_supervisor_that_is_told_anything_first(data: bytes) -> None:
    with supervisor() as channel:
        with contextlib.suppress(OSError):
            channel._stream.sendall(data)
            channel._stream.shutdown(socket.SHUT_WR)
        with pytest.raises((WireError, OSError)):
            channel.receive(HANG)


def ready(box: ProcessSandbox) -> Channel:
    """Returns the channel of a box that has done a run and stands ready for the next."""
    heard: list[Channel] = []
    start = box._start

    def kept() -> Channel:
        heard.append(start())
        return heard[-1]

    box._start = kept  # type: ignore[method-assign]
    assert box.record(PROGRAM).exit.code == "error"
    return heard[-1]


@settings(examples, max_examples=6)
@given(
    st.binary(min_size=1, max_size=100)
    | json_values.map(lambda value: pack({"x": value}))
    | json_values.map(pack)
)
def test_a_supervisor_that_is_told_anything_instead_of_a_request(data: bytes) -> None:
    with ProcessSandbox(timeout=2.0) as box:
        channel = ready(box)
        with contextlib.suppress(OSError):
            channel._stream.sendall(data)
            channel._stream.shutdown(socket.SHUT_WR)
        begin = time.monotonic()
        with contextlib.suppress(WireError, OSError):
            while True:
                channel.receive(HANG)
        assert time.monotonic() - begin < HANG
        for _ in range(3):
            try:
                assert box.record(PROGRAM).exit.code == "error"
                break
            except SandboxError:
                continue
        else:
            raise AssertionError("the box does not come back")


# what comes from the program


@pytest.mark.parametrize("name", [pytest.param("docker", marks=pytest.mark.docker), "bwrap"])
def test_a_program_that_writes_anything_anywhere(name: str) -> None:
    try:
        box = open_sandbox(name, timeout=3.0, max_events=3000)
    except SandboxError as error:
        pytest.skip(f"{name}: {error}")
    source = (
        "import os\n"
        "def put(fd):\n"
        "    try:\n"
        "        return os.write(fd, {data!r})\n"
        "    except OSError:\n"
        "        pass\n"
        "fds = [int(name) for name in os.listdir('/proc/self/fd')]\n"
        "there = [fd for fd in fds if fd > 2 and os.path.exists('/proc/self/fd/%d' % fd)]\n"
        "x = [os.set_blocking(fd, False) for fd in there]\n"
        "y = [put(fd) for fd in range(3, 130)]\n"
    )
    with box:
        clean = box.record(PROGRAM)

        @settings(examples, max_examples=25)
        @given(
            st.binary(max_size=300) | messages.map(pack) | st.just(b"\0" * 70_000) | st.just(b"\xff" * 70_000)
        )
        def check(data: bytes) -> None:
            trace = box.record(Program(source.format(data=data)))
            assert trace.exit.code in ("normal", "error")
            assert box.record(PROGRAM) == clean

        check()
