"""Our own formats: a run as one text, all of each state or only what changed.

Both say everything that a `State` holds, for every action of the vocabulary, forward and backward in one
text::

    text       <|program|> LINES STEPS <|end|>
    a line     <|N|>TEXT                           N its number
    a step     <|start|>STATE  or  <|do|>ACTION STATE
    an action  <|step_over|>  <|run_to|><|7|>  <|break|><|7|> hits 3 if n > 3  <|evaluate|>len(xs)
    a state    <|line|><|N|><|D|> LOCALS           N its line, D its depth
               <|return|><|N|><|D|> LOCALS<|value|>TEXT
               <|exit|><|normal|>REASON
    a local    <|v|>NAME=TEXT    and in `ChangesCodec` only those that changed, <|del|>NAME for one that went
    the rest   <|in|>FUNCTION <|file|>PATH <|out|>STDOUT <|err|>STDERR <|chain|>TEXT, where they say something

A number up to 511 is one token; one beyond is that many times ``<|+512|>`` before it. Changes are told
against the state before, where that is of the same function and depth; ``<|all|>`` says that all locals
follow nevertheless, as they do in any other place without being announced. Actions that do not move (break,
clear, up, down) have no state; an evaluation has its answer as ``<|value|>TEXT``; an assignment is followed
by the state as it is then. ``<|`` inside a text is written with a second bar. The whole program is shown,
whether a function is entered or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
)
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import language as lang
from debugworld.worldmodel.formats.codec import Codec
from debugworld.worldmodel.formats.layout import Layout
from debugworld.worldmodel.formats.paper import escape, split, unescape

BASE = 512
"""Numbers below are one token."""
SILENT = frozenset({ActionKind.BREAK, ActionKind.CLEAR, ActionKind.UP, ActionKind.DOWN})
"""Actions that no state follows."""

_PROGRAM, _START, _DO, _END, _MORE = "<|program|>", "<|start|>", "<|do|>", "<|end|>", f"<|+{BASE}|>"
_LOCAL, _GONE, _ALL, _VALUE = "<|v|>", "<|del|>", "<|all|>", "<|value|>"
_IN, _FILE, _OUT, _ERR, _CHAIN = "<|in|>", "<|file|>", "<|out|>", "<|err|>", "<|chain|>"
_EVENTS = {event: f"<|{event}|>" for event in Event}
_EXITS = {code: f"<|{code}|>" for code in ExitCode}
_KINDS = {kind: f"<|{kind}|>" for kind in ActionKind}
_EVENT_OF = {marker: event for event, marker in _EVENTS.items()}
_EXIT_OF = {marker: code for code, marker in _EXITS.items()}
_KIND_OF = {marker: kind for kind, marker in _KINDS.items()}
_NUMBERS = {f"<|{number}|>": number for number in range(BASE)}
_MARKERS = (
    *(_PROGRAM, _START, _DO, _END, _LOCAL, _GONE, _ALL, _VALUE, _IN, _FILE, _OUT, _ERR, _CHAIN),
    *_EVENTS.values(),
    *_EXITS.values(),
    *_KINDS.values(),
    *_NUMBERS,
    _MORE,
)
_SYMBOLS = {marker: 257 + place for place, marker in enumerate(_MARKERS)}


class HistoryCodec(Codec):
    """Every state whole."""

    name = "history"
    markers = _MARKERS
    stop = (_DO, _END)
    actions = frozenset(ActionKind)
    exact = True
    changes_only = False
    """Whether only those locals are written that changed."""

    def head(self, program: Program, visited: Sequence[str] = ()) -> str:
        """Writes the whole program, line by line with their numbers, and its other files."""
        parts = [_PROGRAM, *(_numbered(program.lines))]
        for path, text in program.files:
            parts += [_FILE, escape(path), *_numbered(text.split("\n"))]
        return "".join(parts)

    def ask(self, walk: Trajectory, action: Action | None) -> str:
        """Writes an action."""
        return _START if action is None else _DO + _write_action(action)

    def answer(self, walk: Trajectory, step: Step) -> str:
        """Writes a state, or the answer of an action that has another."""
        if step.action is not None and step.action.kind in SILENT:
            return ""
        if step.action is not None and step.action.kind is ActionKind.EVALUATE:
            return _VALUE + escape(str(getattr(step, "reply", "") or ""))
        state = step.state
        rest = [
            *([_OUT, escape(state.stdout)] if state.stdout else ()),
            *([_ERR, escape(state.stderr)] if state.stderr else ()),
            *(part for text in state.chain for part in (_CHAIN, escape(text))),
        ]
        if state.exit is not None:
            return "".join([_EVENTS[Event.EXIT], _EXITS[state.exit.code], escape(state.exit.reason), *rest])
        parts = [_EVENTS[state.event], _number(state.line), _number(state.depth)]
        owner = Layout.of(walk.program).owner(state.line, state.file, state.event)
        if state.function != owner:
            parts += [_IN, escape(state.function)]
        if state.file:
            parts += [_FILE, escape(state.file)]
        parts += self._locals(_base(walk, state), state.locals)
        if state.value is not None:
            parts += [_VALUE, escape(state.value)]
        return "".join([*parts, *rest])

    def tail(self, trajectory: Trajectory) -> str:
        """Writes the end of a text."""
        return _END

    def read(self, walk: Trajectory, action: Action | None, text: str) -> State:
        """Reads a state, see `Codec.read`; after an action without one, the state before it."""
        if action is not None and (action.kind in SILENT or action.kind is ActionKind.EVALUATE):
            if not walk.steps:
                raise ModelError(f"{action} stands before the first state")
            return walk.steps[-1].state
        reader = _Reader(text)
        event = _EVENT_OF.get(reader.next())
        if event is None:
            raise ModelError(f"a state begins with one of {', '.join(_EVENT_OF)}; got {text[:40]!r}")
        if event is Event.EXIT:
            code = _EXIT_OF.get(reader.next())
            if code is None:
                raise ModelError(f"{_EVENTS[event]} is followed by one of {', '.join(_EXIT_OF)}: {text!r}")
            ended = Exit(code, reader.text)
            fields = reader.fields()
            return State.at_exit(ended, fields.get(_OUT, ""), fields.get(_ERR, ""))
        line, depth = reader.number(), reader.number()
        fields = reader.fields()
        file = fields.get(_FILE, "")
        layout = Layout.of(walk.program)
        state = State(
            event,
            line,
            layout.program.source_line(line, file),
            fields.get(_IN, "") or layout.owner(line, file, event),
            depth,
            {},
            fields.get(_VALUE),
            fields.get(_OUT, ""),
            None,
            fields.get(_ERR, ""),
            file,
            tuple(reader.chain),
        )
        base = {} if reader.all or not self.changes_only else _base(walk, state)
        kept = {name: value for name, value in base.items() if name not in reader.gone}
        return replace(state, locals=kept | reader.locals)

    def reply(self, text: str) -> str:
        """Reads what an evaluation answered.

        Raises:
            ModelError: it is no answer.
        """
        pieces = split(text)
        if pieces[1:2] != [_VALUE] or len(pieces) != 3:
            raise ModelError(f"an evaluation is answered by {_VALUE} and a text; got {text!r}")
        return unescape(pieces[2])

    def grammar(self, walk: Trajectory, action: Action | None) -> lang.Language:
        """Returns what the answer to a question can be."""
        if action is not None and action.kind is ActionKind.EVALUATE:
            return _answer()
        return _language(walk.program, self.changes_only)

    def decode(self, program: Program, text: str) -> tuple[Step, ...]:
        """Reads what `encode` wrote."""
        head, mark, rest = text.removesuffix(_END).partition(_START)
        if not mark or not head.startswith(_PROGRAM):
            raise ModelError(f"the text does not begin with {_PROGRAM}, or lacks {_START}")
        walk = Trajectory(program, (), ())
        for number, part in enumerate(rest.split(_DO)):
            action, answer = (None, part) if number == 0 else _read_action(part)
            state = self.read(walk, action, answer)
            walk = replace(walk, steps=(*walk.steps, Step(action, state)))
        return walk.steps

    def _locals(self, base: dict[str, str], values: dict[str, str]) -> list[str]:
        if self.changes_only and base:
            gone = [name for name in base if name not in values]
            new = {name: text for name, text in values.items() if base.get(name) != text}
            kept = [name for name in base if name in values]
            if list(dict.fromkeys([*kept, *new])) == list(values):
                return [*(part for name in gone for part in (_GONE, escape(name))), *_written(new)]
            return [_ALL, *_written(values)]
        return _written(values)


class ChangesCodec(HistoryCodec):
    """Of every state what changed."""

    name = "changes"
    changes_only = True


class _Reader:
    """The markers of one state."""

    def __init__(self, text: str) -> None:
        pieces = split(text)
        self._pairs = list(zip(pieces[1::2], pieces[2::2], strict=True))
        self._place = 0
        self.text = ""
        """What stands after the last marker."""
        self.locals: dict[str, str] = {}
        self.gone: set[str] = set()
        self.chain: list[str] = []
        self.all = False

    def next(self) -> str:
        if self._place == len(self._pairs):
            raise ModelError("a state ends too early")
        marker, text = self._pairs[self._place]
        self._place += 1
        self.text = unescape(text)
        return marker

    def number(self) -> int:
        high = 0
        while (marker := self.next()) == _MORE:
            high += BASE
        if marker not in _NUMBERS:
            raise ModelError(f"{marker} stands where a number should")
        return high + _NUMBERS[marker]

    def fields(self) -> dict[str, str]:
        """Reads the rest."""
        found: dict[str, str] = {}
        while self._place < len(self._pairs):
            marker = self.next()
            if marker == _LOCAL:
                name, mark, value = self.text.partition("=")
                if not mark:
                    raise ModelError(f"a local is written {_LOCAL}NAME=TEXT; got {self.text!r}")
                self.locals[name] = value
            elif marker == _GONE:
                self.gone.add(self.text)
            elif marker == _CHAIN:
                self.chain.append(self.text)
            elif marker == _ALL:
                self.all = True
            elif marker in (_IN, _FILE, _VALUE, _OUT, _ERR) and marker not in found:
                found[marker] = self.text
            else:
                raise ModelError(f"{marker} may not stand there in a state")
        return found


def _base(walk: Trajectory, state: State) -> dict[str, str]:
    """The locals against which changes are told."""
    last = walk.steps[-1].state if walk.steps else None
    same = last is not None and (last.function, last.depth) == (state.function, state.depth)
    return last.locals if same and last is not None else {}


def _written(values: dict[str, str]) -> list[str]:
    return [f"{_LOCAL}{escape(name)}={escape(text)}" for name, text in values.items()]


def _number(value: int) -> str:
    return _MORE * (value // BASE) + f"<|{value % BASE}|>"


def _numbered(lines: Sequence[str]) -> list[str]:
    return [_number(number) + escape(line) for number, line in enumerate(lines, 1)]


def _write_action(action: Action) -> str:
    rest = str(action).partition(" ")[2]
    digits, _, after = rest.partition(" ")
    if digits.isdecimal() and action.kind not in (ActionKind.EVALUATE, ActionKind.RUN_UNTIL):
        rest = _number(int(digits)) + escape(f" {after}" if after else "")
    else:
        rest = escape(rest)
    return _KINDS[action.kind] + rest


def _read_action(text: str) -> tuple[Action, str]:
    """Returns an action and the text after it."""
    pieces = split(text)
    kind = _KIND_OF.get(pieces[1]) if len(pieces) > 1 else None
    if kind is None:
        raise ModelError(f"{text[:40]!r} is no action; the actions are {', '.join(_KIND_OF)}")
    written, place, number = pieces[2], 3, 0
    while place < len(pieces) and (pieces[place] == _MORE or pieces[place] in _NUMBERS):
        number += _NUMBERS.get(pieces[place], BASE)
        written = str(number) + pieces[place + 1] if pieces[place] in _NUMBERS else ""
        place += 2
    try:
        action = Action.parse(f"{kind} {unescape(written)}")
    except IllegalAction as error:
        raise ModelError(f"{text[:40]!r} is no action: {error}") from None
    return action, "".join(pieces[place:])


def _one(marker: str) -> lang.Part:
    return lang.symbols(_SYMBOLS[marker])


def _exactly(value: int) -> lang.Part:
    high = [_one(_MORE)] * (value // BASE)
    return lang.sequence(*high, _one(f"<|{value % BASE}|>"))


def _numerals(values: Sequence[int]) -> lang.Part:
    low = lang.symbols(*(_SYMBOLS[f"<|{value}|>"] for value in values if value < BASE))
    return lang.choice([low, *(_exactly(value) for value in values if value >= BASE)])


def _labelled(marker: str, part: lang.Part) -> lang.Part:
    return lang.sequence(_one(marker), part)


@lru_cache(maxsize=1)
def _answer() -> lang.Language:
    return lang.Language(_labelled(_VALUE, lang.text()), ("history", "evaluation"))


@lru_cache(maxsize=64)
def _language(program: Program, changes_only: bool) -> lang.Language:
    layout = Layout.of(program)
    depth = lang.sequence(lang.many(_one(_MORE)), lang.symbols(*(_SYMBOLS[m] for m in _NUMBERS)))
    output = [_labelled(marker, lang.text()) for marker in (_OUT, _ERR)]
    rest = lang.sequence(lang.subsequence(output), lang.many(_labelled(_CHAIN, lang.text())))
    value = _labelled(_VALUE, lang.text())
    ended = lang.choice([_one(marker) for marker in _EXITS.values()])
    options = [lang.sequence(_one(_EVENTS[Event.EXIT]), ended, lang.text(), lang.subsequence(output))]
    for routine in layout.routines:
        names = [lang.sequence(lang.literal(f"{escape(name)}=")) for name in routine.names]
        values = lang.subsequence([_labelled(_LOCAL, lang.sequence(name, lang.text())) for name in names])
        if changes_only:
            gone = lang.subsequence([_labelled(_GONE, lang.literal(name)) for name in routine.names])
            values = lang.sequence(lang.optional(_one(_ALL)), gone, values)
        where = [lang.optional(_labelled(_IN, lang.literal(routine.name)))]
        if routine.file:
            where.append(_labelled(_FILE, lang.literal(escape(routine.file))))
        for event, lines in (
            (Event.CALL, (routine.line,)),
            (Event.LINE, routine.lines),
            (Event.RETURN, (*routine.lines, routine.line)),
            (Event.EXCEPTION, (*routine.lines, routine.line)),
        ):
            if lines:
                head = lang.sequence(_one(_EVENTS[event]), _numerals(lines), depth, *where, values)
                ends = (value,) if event in (Event.RETURN, Event.EXCEPTION) else ()
                options.append(lang.sequence(head, *ends, rest))
    return lang.Language(lang.choice(options), ("changes" if changes_only else "history", program.digest))
