"""The published format of CWM (facebook/cwm), in which that model predicts execution traces.

Taken from its prompting guide and demonstration debugger (github.com/facebookresearch/cwm)::

    prompt     <|begin_of_text|><|trace_context_start|>CONTEXT<|frame_sep|>
    call       <|call_sep|>LOCALS<|action_sep|>SOURCE<|frame_sep|>
    line       <|line_sep|>LOCALS<|action_sep|>SOURCE<|frame_sep|>
    return     <|return_sep|><|action_sep|>SOURCE<|arg_sep|>VALUE<|frame_sep|>
    exception  <|exception_sep|><|action_sep|>SOURCE<|arg_sep|>VALUE<|frame_sep|>
    end        <|end_of_text|>

CONTEXT is the source with an entry that is marked ``# << START_OF_TRACE``. LOCALS is a JSON object of
strings with every local, ``".."`` for one that did not change; VALUE is a JSON string. SOURCE is the line
as written, with indentation and line break. The one action is to step into.

Choices where the sources are silent: values stand in full after a call, a return and an exception, because
the demonstration debugger looks for the meaning of ``".."`` no further back than that; an exception's VALUE
is ``Type: message``; ``<|`` in code is written with a second bar and in values with an escape, so that no
program can forge a marker. What is not said: line numbers, depth, output, the exit's code, locals where a
frame ends, other files, what a script is entered by (its first line is marked). Those are recovered as far
as they can be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from debugworld.sandboxes.debugger import Action, ActionKind, Event, ExitCode, Program, State
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import language as lang
from debugworld.worldmodel.formats.codec import Codec
from debugworld.worldmodel.formats.layout import Layout
from debugworld.worldmodel.formats.paper import escape, split, unescape
from debugworld.worldmodel.formats.recovery import Place, Shown, at_exit, recover

SAME = ".."
"""Text that stands for a value that did not change."""
START = "  # << START_OF_TRACE"
"""What marks the entry's line in the context."""

_BEGIN, _CONTEXT, _END = "<|begin_of_text|>", "<|trace_context_start|>", "<|end_of_text|>"
_FRAME, _ACTION, _ARGUMENT = "<|frame_sep|>", "<|action_sep|>", "<|arg_sep|>"
_EVENTS = {event: f"<|{event}_sep|>" for event in (Event.CALL, Event.LINE, Event.RETURN, Event.EXCEPTION)}
_EVENT_OF = {marker: event for event, marker in _EVENTS.items()}
_ENDS = (Event.RETURN, Event.EXCEPTION)
_MARKERS = (_BEGIN, _CONTEXT, _FRAME, _ACTION, _ARGUMENT, _END, *_EVENTS.values())


class CwmCodec(Codec):
    """The format of facebook/cwm (arXiv 2510.02387)."""

    name = "cwm"
    markers = _MARKERS
    stop = (_FRAME,)
    actions = frozenset({ActionKind.STEP_INTO})
    exact = False

    def head(self, program: Program, visited: Sequence[str] = ()) -> str:
        """Writes the whole program with its entry marked."""
        lines = list(program.lines)
        if lines:
            place = 0 if program.is_script else program.entry_line - 1
            lines[place] += START
        return _BEGIN + _CONTEXT + escape("".join(line + "\n" for line in lines))

    def ask(self, walk: Trajectory, action: Action | None) -> str:
        """Writes the mark at which the next state begins."""
        self.require(action)
        if walk.backward or action is not None and action.count > 1:
            raise ModelError("the format cwm steps forward, one state at a time")
        return _FRAME

    def answer(self, walk: Trajectory, step: Step) -> str:
        """Writes a state."""
        state = step.state
        self.require(step.action)
        if state.exit is not None:
            return _END
        source = escape(_written(walk.program, (state.file, state.line)))
        if state.event in _ENDS:
            return _EVENTS[state.event] + _ACTION + source + _ARGUMENT + _json(state.value or "")
        before = _known(walk, state.event)
        values = {name: SAME if before.get(name) == text else text for name, text in state.locals.items()}
        if SAME in state.locals.values():
            values = state.locals  # that text is a value here
        return _EVENTS[state.event] + _json(values) + _ACTION + source

    def read(self, walk: Trajectory, action: Action | None, text: str) -> State:
        """Reads a state, see `Codec.read`; an empty answer is the end, too."""
        pieces = split(text)
        marks, texts = pieces[1::2], pieces[2::2]
        if not marks or marks == [_END]:
            return at_exit(_code(walk.steps[-1].state if walk.steps else None))
        event = _EVENT_OF.get(marks[0])
        if event is None:
            raise ModelError(f"{marks[0]} is no event; the events are {', '.join(_EVENT_OF)}")
        if marks[1:] != ([_ACTION, _ARGUMENT] if event in _ENDS else [_ACTION]):
            raise ModelError(f"{marks[0]} needs a line{' and a value' if event in _ENDS else ''}: {text!r}")
        source = unescape(texts[1])
        try:
            data = json.loads(texts[2] if event in _ENDS else texts[0])
        except ValueError as error:
            raise ModelError(f"the values after {marks[0]} are no JSON: {error}") from None
        if event in _ENDS:
            shown = Shown(event, source.strip(), None, str(data))
        elif isinstance(data, dict):
            before = _known(walk, event)
            values = {
                name: before.get(name, SAME) if value == SAME else str(value) for name, value in data.items()
            }
            shown = Shown(event, source.strip(), values)
        else:
            raise ModelError(f"the locals after {marks[0]} must be a JSON object; got {data!r}")
        return recover(
            Layout.of(walk.program), walk.steps, action, shown, _places(walk.program, source, event)
        )

    def grammar(self, walk: Trajectory, action: Action | None) -> lang.Language:
        """Returns what the answer to a question can be."""
        return _language(walk.program)

    def decode(self, program: Program, text: str) -> tuple[Step, ...]:
        """Reads what `encode` wrote, as `shown` has it."""
        if not text.startswith(_BEGIN + _CONTEXT):
            raise ModelError(f"the text does not begin with {_BEGIN}{_CONTEXT}")
        walk = Trajectory(program, (), ())
        for answer in text.split(_FRAME)[1:]:
            action = Action(ActionKind.STEP_INTO) if walk.steps else None
            step = Step(action, self.read(walk, action, answer))
            walk = replace(walk, steps=(*walk.steps, step))
        return walk.steps


def _known(walk: Trajectory, event: Event) -> dict[str, str]:
    """The values that need not be repeated: of the state before, if it is a line or call of the frame."""
    last = walk.steps[-1].state if walk.steps else None
    if last is None or event is not Event.LINE or last.event not in (Event.CALL, Event.LINE):
        return {}
    return last.locals


def _code(last: State | None) -> ExitCode:
    """How a run ended, as far as its last state tells."""
    if last is None or last.event not in _ENDS:
        return ExitCode.NEVER
    return ExitCode.NORMAL if last.event is Event.RETURN else ExitCode.ERROR


def _written(program: Program, place: Place) -> str:
    """A line as written, with indentation and line break."""
    file, line = place
    lines = _lines(program, file)
    return (lines[line - 1] if 0 < line <= len(lines) else "") + "\n"


@lru_cache(maxsize=256)
def _lines(program: Program, file: str) -> tuple[str, ...]:
    if not file:
        return program.lines
    return next(tuple(s.text.split("\n")) for s in program.sources.values() if s.file == file)


def _places(program: Program, source: str, event: Event) -> list[Place]:
    """Where a line with a text can stand; if none has its indentation, it does not count."""
    text = source.rstrip("\n").removesuffix(START)
    places = Layout.of(program).reads(text.strip(), event)
    alike = [place for place in places if _written(program, place).rstrip("\n") == text]
    return alike or places


def _json(data: object) -> str:
    return json.dumps(data).replace("<|", "\\u003c|")


@lru_cache(maxsize=64)
def _language(program: Program) -> lang.Language:
    layout = Layout.of(program)
    options: list[lang.Part] = []

    def marker(text: str) -> lang.Part:
        return lang.symbols(257 + _MARKERS.index(text))

    def source(file: str, lines: Sequence[int]) -> lang.Part:
        return lang.words(escape(_written(program, (file, line))) for line in lines)

    for routine in layout.routines:
        values = lang.json_object(routine.names, ascii_only=True)
        call = source(routine.file, [routine.line])
        options.append(lang.sequence(marker(_EVENTS[Event.CALL]), values, marker(_ACTION), call))
        if routine.lines:
            lines = source(routine.file, routine.lines)
            options.append(lang.sequence(marker(_EVENTS[Event.LINE]), values, marker(_ACTION), lines))
        ends = source(routine.file, (*routine.lines, routine.line))
        for event in _ENDS:
            head = (marker(_EVENTS[event]), marker(_ACTION), ends, marker(_ARGUMENT))
            options.append(lang.sequence(*head, lang.json_string()))
    options.append(marker(_END))
    return lang.Language(lang.choice(options), ("cwm", program.digest))
