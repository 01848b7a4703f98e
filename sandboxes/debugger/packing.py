"""How states travel from a box to its host, and rest in a cache: one line of JSON each, told by what changed.

A line is ``[event, line, depth, {name: text}, value, stdout, {more}]`` and a newline; empty ends are
left out. ``event`` counts from 0 in the order of `Event`. The locals are those that differ from the state
before in the same frame; a ``call``, and whatever comes first at its depth, starts from none. ``more``
holds what is rare:

    f   function, of the frame's first state and where it changed
    p   file, likewise
    k   the names of all locals, where taking over the changed ones does not give them in order
    e   stderr
    c   chain, a list of texts
    x   exit: code and reason

The source text is not sent: it follows from file and line. A line is ASCII, so that a newline ends it and
lone surrogates pass. `Packer` runs beside the program and is made to be fast; `Unpacker` believes nothing:
types, sizes, lines and depths are checked, and what comes is never unpickled or evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import compress, repeat
from json.encoder import encode_basestring_ascii as escape
from operator import is_, ne
from typing import Any

from .frame_memory import FrameMemory
from .limits import CUT, MAX_CHAIN, MAX_NAME, MAX_NAMES, MAX_STRING, MAX_TEXT
from .state import Event, Exit, ExitCode, State
from .states import Parts, States

MAX_LINE = 8 << 20
"""Bytes of one state's line."""
MAX_OUTPUT = 1 << 20
"""Characters of a state's stdout or stderr that an unpacker takes."""
MAX_CELLS = 20_000_000
"""Locals in all states together that an unpacker takes; unchanged dicts, which states share, count once."""

_NO_LOCAL = "a local is no text, or too long"
_TOO_MANY = "it has too many locals, or the states have too many together"
_EVENTS = tuple(Event)
_CODES = {id(event): code for code, event in enumerate(_EVENTS)}
_CALL, _LINE, _EXIT = Event.CALL, Event.LINE, Event.EXIT
_NO_LOCALS: dict[str, str] = {}
_ESCAPED = 4096
"""Names whose JSON text is remembered."""
_AT_ONCE = 1 << 20
"""Bytes of whole lines that are decoded at once."""
_LONGEST = MAX_TEXT + len(CUT)
_LONGEST_NAME = MAX_NAME + len(CUT)
_MOST_NAMES = MAX_NAMES + 1
_LONGEST_MESSAGE = 2 * (MAX_NAME + MAX_STRING)
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class PackingError(ValueError):
    """The bytes are no states of this program; the text says where they stop being any."""


class _Frame:
    """The last state of one depth."""

    __slots__ = ("function", "file", "locals", "lines", "length")

    def __init__(self, function: str, file: str) -> None:
        self.function = function
        self.file = file
        self.locals = _NO_LOCALS
        self.lines: tuple[str, ...] = ()
        """Lines of the file; an unpacker's only."""
        self.length = 0
        """How many there are."""


class Packer:
    """Writes states one after the other, each as what changed since the state before."""

    def __init__(self) -> None:
        self._frames: list[_Frame] = []
        self._escaped: dict[str, str] = {}
        self._lines: list[bytes] = []

    def add(self, state: State) -> None:
        """Appends a state to what `take` returns.

        Raises:
            PackingError: the state is deeper than one frame below the state before.
        """
        self._lines.append(
            self.pack(
                state.event,
                state.line,
                state.depth,
                state.locals,
                state.function,
                state.value,
                state.stdout,
                state.stderr,
                state.file,
                state.chain,
                state.exit,
            )
        )

    def take(self) -> bytes:
        """Returns the lines of the states added since the last call."""
        taken, self._lines = b"".join(self._lines), []
        return taken

    def pack(
        self,
        event: Event,
        line: int,
        depth: int,
        locals: dict[str, str],
        function: str,
        value: str | None = None,
        stdout: str = "",
        stderr: str = "",
        file: str = "",
        chain: tuple[str, ...] = (),
        exit: Exit | None = None,
        memory: FrameMemory | None = None,
    ) -> bytes:
        """Returns one state's line at once; the arguments are the parts of a `State`.

        The dict of locals is kept until the frame's next state and must not be changed after.

        ``memory`` is what `Renderer.locals` wrote these locals with, if it did: it may know what changed.

        Raises:
            PackingError: the state is deeper than one frame below the state before.
        """
        frames, more = self._frames, ""
        if event is _CALL or depth >= len(frames):
            if not 0 <= depth <= len(frames):
                raise PackingError(f"a state at depth {depth} after one at depth {len(frames) - 1}")
            del frames[depth:]
            frame = _Frame(function, file)
            frames.append(frame)
            more = f'"f":{escape(function)}'
            if file:
                more += f',"p":{escape(file)}'
        else:
            if depth + 1 < len(frames):
                del frames[depth + 1 :]
            frame = frames[depth]
            if function is not frame.function or file is not frame.file:
                more = self._moved(frame, function, file)
        before = frame.locals
        if locals is before:
            changed = ""
        else:
            frame.locals = locals
            if memory is not None and memory.before is before and memory.shown is locals:
                names = memory.changed
            elif len(locals) == len(before) and all(map(is_, locals, before)):
                names = list(compress(locals, map(ne, locals.values(), before.values())))
            elif not before:
                names = list(locals)
            else:
                names = [name for name, text in locals.items() if before.get(name) != text]
                if list({**before, **locals}) != list(locals):
                    more = _joined(more, f'"k":{_encode(list(locals))}')
            escaped, parts = self._escaped, []
            for name in names:
                try:
                    known = escaped[name]
                except KeyError:
                    known = self._escape(name)
                parts.append(known + escape(locals[name]))
            changed = ",".join(parts)
        if stderr or chain or exit is not None:
            more = _joined(more, _rare(stderr, chain, exit))
        if event is _LINE and not more and not stdout and value is None:
            return f"[1,{line},{depth},{{{changed}}}]\n".encode("ascii")
        head = f"[{_CODES[id(event)]},{line},{depth},{{{changed}}}"
        told = "null" if value is None else escape(value)
        if more:
            return f"{head},{told},{escape(stdout)},{{{more}}}]\n".encode("ascii")
        if stdout:
            return f"{head},{told},{escape(stdout)}]\n".encode("ascii")
        if value is not None:
            return f"{head},{told}]\n".encode("ascii")
        return f"{head}]\n".encode("ascii")

    def line(
        self, line: int, depth: int, locals: dict[str, str], function: str, file: str, memory: FrameMemory
    ) -> bytes:
        """Does what `pack` does, for a ``line`` state that shows nothing but its locals.

        Raises:
            PackingError: the state is deeper than one frame below the state before.
        """
        frames = self._frames
        if depth + 1 == len(frames):
            frame = frames[depth]
            before = frame.locals
            if function is frame.function and file is frame.file:
                if locals is before:
                    return b"[1,%d,%d,{}]\n" % (line, depth)
                if memory.before is before and memory.shown is locals:
                    frame.locals, escaped, changed = locals, self._escaped, ""
                    for name in memory.changed:
                        if name not in escaped:
                            self._escape(name)
                        changed += "," + escaped[name] + escape(locals[name])
                    return f"[1,{line},{depth},{{{changed[1:]}}}]\n".encode("ascii")
        return self.pack(_LINE, line, depth, locals, function, None, "", "", file, (), None, memory)

    def _moved(self, frame: _Frame, function: str, file: str) -> str:
        """Notes another function or file of a frame that goes on."""
        more = ""
        if function != frame.function:
            more = f'"f":{escape(function)}'
        if file != frame.file:
            more = _joined(more, f'"p":{escape(file)}')
        frame.function, frame.file = function, file
        return more

    def _escape(self, name: str) -> str:
        if len(self._escaped) >= _ESCAPED:
            self._escaped.clear()
        text = self._escaped[name] = escape(name) + ":"
        return text


def _joined(*members: str) -> str:
    return ",".join(filter(None, members))


def _rare(stderr: str, chain: tuple[str, ...], exit: Exit | None) -> str:
    return _joined(
        f'"e":{escape(stderr)}' if stderr else "",
        f'"c":{_encode(chain)}' if chain else "",
        f'"x":{_encode([exit.code.value, exit.reason])}' if exit is not None else "",
    )


class Unpacker:
    """Reads what a `Packer` wrote, in pieces of any size, and believes nothing of it.

    Args:
        sources: lines of each file by its name, "" for the program itself (see `Program.lines`).
        max_states: states after which no more are taken.
    """

    def __init__(self, sources: Mapping[str, Sequence[str]], max_states: int) -> None:
        self._sources = {file: tuple(line.strip() for line in lines) for file, lines in sources.items()}
        self._left = max_states
        self._cells = MAX_CELLS
        self._frames: list[_Frame] = []
        self._rest = bytearray()
        self._count = 0

    @property
    def whole(self) -> bool:
        """Whether what came so far ends with a whole state."""
        return not self._rest

    def feed(self, data: bytes | bytearray | memoryview) -> States:
        """Returns the states that are whole with these bytes; a state's locals may be another one's too.

        Raises:
            PackingError: the bytes are no states of this program. Nothing may be fed afterwards.
        """
        rest = self._rest
        searched = len(rest)
        rest += data
        end = rest.rfind(b"\n", searched) + 1
        if len(rest) - end > MAX_LINE:
            raise PackingError(f"state {self._count} has more than {MAX_LINE} bytes")
        states: list[Parts | State] = []
        start = 0
        while start < end:
            stop = end if end - start <= _AT_ONCE else rest.find(b"\n", start + _AT_ONCE) + 1 or end
            if stop - start > MAX_LINE + _AT_ONCE:
                raise PackingError(f"state {self._count} has more than {MAX_LINE} bytes")
            self._read(bytes(rest[start : stop - 1]), states)
            start = stop
        del rest[:end]
        return States(states)

    def _read(self, lines: bytes, states: list[Parts | State]) -> None:
        try:
            rows = json.loads(b"[" + lines.replace(b"\n", b",") + b"]")
        except (ValueError, RecursionError) as error:
            raise PackingError(f"after state {self._count}: no JSON ({error})") from None
        if len(rows) != lines.count(b"\n") + 1:
            raise PackingError(f"after state {self._count}: not one state a line")
        self._left -= len(rows)
        if self._left < 0:
            raise PackingError("more states than were asked for")
        frames, add, left = self._frames, states.append, self._cells
        for row in rows:
            if type(row) is list and len(row) == 4:  # nearly all are
                code, line, depth, changed = row
                if (
                    type(code) is int
                    and type(line) is int
                    and type(depth) is int
                    and type(changed) is dict
                    and 0 < code < 4
                    and 0 <= depth < len(frames)
                    and 0 < line <= frames[depth].length
                ):
                    if depth + 1 < len(frames):
                        del frames[depth + 1 :]
                    frame = frames[depth]
                    shown = frame.locals
                    if changed:
                        for name, text in changed.items():
                            if type(text) is not str or len(text) > _LONGEST or len(name) > _LONGEST_NAME:
                                raise self._wrong(_NO_LOCAL)
                        frame.locals = shown = {**shown, **changed}
                        left -= len(shown)
                        if len(shown) > 2 * _MOST_NAMES or left < 0:
                            raise self._wrong(_TOO_MANY)
                    source = frame.lines[line - 1]
                    parts = (
                        _EVENTS[code],
                        line,
                        source,
                        frame.function,
                        depth,
                        shown,
                        None,
                        "",
                        None,
                        "",
                        frame.file,
                        (),
                    )
                    add(parts)
                    self._count += 1
                    continue
            self._cells = left
            add(self._rare_state(row))
            left = self._cells
            self._count += 1
        self._cells = left

    def _rare_state(self, row: Any) -> Parts:
        if type(row) is not list or not 4 <= len(row) <= 7:
            raise self._wrong("it is no list of 4 to 7 parts")
        code, line, depth, changed = row[:4]
        value, stdout, more = None, "", None
        if len(row) > 4:
            value = row[4]
            if value is not None and (type(value) is not str or len(value) > _LONGEST):
                raise self._wrong("its value is no text, or too long")
            if len(row) > 5:
                stdout = self._output(row[5])
            if len(row) > 6:
                more = row[6]
                if type(more) is not dict:
                    raise self._wrong("what is rare is no object")
        if type(code) is not int or not 0 <= code < len(_EVENTS):
            raise self._wrong("there is no such event")
        event = _EVENTS[code]
        if type(depth) is not int or not 0 <= depth <= len(self._frames):
            raise self._wrong("its depth does not follow")
        frame = self._frame(event, depth, more)
        frame.locals = self._locals(frame.locals, changed, more)
        lines = frame.lines
        if type(line) is not int or not (line == 0 if event is _EXIT else 0 < line <= len(lines)):
            raise self._wrong("there is no such line")
        exit, stderr, chain = None, "", self._chain([])
        if more is not None:
            exit = self._exit(more.get("x"))
            stderr = self._output(more.get("e", ""))
            chain = self._chain(more.get("c", []))
        return (
            event,
            line,
            lines[line - 1] if line else "",
            frame.function,
            depth,
            frame.locals,
            value,
            stdout,
            exit,
            stderr,
            frame.file,
            chain,
        )

    def _frame(self, event: Event, depth: int, more: dict[str, Any] | None) -> _Frame:
        frames = self._frames
        if event is _CALL or depth == len(frames):
            del frames[depth:]
            function = None if more is None else more.get("f")
            if function is None:
                raise self._wrong("its frame has no function")
            frame = _Frame("", "")
            frames.append(frame)
        else:
            del frames[depth + 1 :]
            frame = frames[depth]
        if more is not None:
            function, file = more.get("f", frame.function), more.get("p", frame.file)
            if type(function) is not str or len(function) > _LONGEST:
                raise self._wrong("its function is no text, or too long")
            if type(file) is not str or file not in self._sources:
                raise self._wrong("the program has no such file")
            frame.function, frame.file, frame.lines = function, file, self._sources[file]
            frame.length = len(frame.lines)
        return frame

    def _locals(self, before: dict[str, str], changed: Any, more: dict[str, Any] | None) -> dict[str, str]:
        if type(changed) is not dict:
            raise self._wrong("its locals are no object")
        names = None if more is None else more.get("k")
        if not changed and names is None:
            return before
        after = self._merged(before, changed)
        if names is not None:
            if type(names) is not list or not all(map(is_, map(type, names), repeat(str))):
                raise self._wrong("its names are no list of texts")
            try:
                after = {name: after[name] for name in names}
            except KeyError:
                raise self._wrong("it names a local that it does not have") from None
        return after

    def _merged(self, before: dict[str, str], changed: dict[str, Any]) -> dict[str, str]:
        for name, text in changed.items():
            if type(text) is not str or len(text) > _LONGEST or len(name) > _LONGEST_NAME:
                raise self._wrong(_NO_LOCAL)
        after = {**before, **changed}
        self._cells -= len(after)
        if len(after) > 2 * _MOST_NAMES or self._cells < 0:
            raise self._wrong(_TOO_MANY)
        return after

    def _output(self, text: Any) -> str:
        if type(text) is not str or len(text) > MAX_OUTPUT:
            raise self._wrong("its output is no text, or too long")
        return text

    def _chain(self, chain: Any) -> tuple[str, ...]:
        if type(chain) is not list or len(chain) > 2 * (MAX_CHAIN + 1):
            raise self._wrong("its chain is no list, or too long")
        if not all(type(text) is str and len(text) <= _LONGEST_MESSAGE for text in chain):
            raise self._wrong("its chain is not of texts")
        return tuple(chain)

    def _exit(self, exit: Any) -> Exit | None:
        if exit is None:
            return None
        if type(exit) is not list or len(exit) != 2 or type(exit[1]) is not str or len(exit[1]) > MAX_NAME:
            raise self._wrong("its exit is no code and reason")
        try:
            return Exit(ExitCode(exit[0]), exit[1])
        except ValueError:
            raise self._wrong("there is no such exit code") from None

    def _wrong(self, why: str) -> PackingError:
        return PackingError(f"state {self._count}: {why}")
