"""The text format of "Towards a Neural Debugger for Python" (arXiv 2603.09951).

One text holds a program and a trajectory over it, forward or backward. The format
shows less than a `State`: no line numbers, depths or output, and no locals at
returns and exceptions. `encode` therefore goes through `PaperStep`, which is what
`decode` gives back.

Choices where the paper is silent: locals are written in full after a call, a return,
an exception and any jump (run to a line, continue, step return), and wherever a name
was deleted; ``<|`` inside code or a source line is written with a second bar, so
that no program can forge a marker; a backward trajectory that reaches the entry
ends in ``<|inv_exit_entry|>``.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from debugworld.sandboxes.debugger import Action, ActionKind, Event, ExitCode, Program, State
from debugworld.worldmodel.data.trajectories import Trajectory
from debugworld.worldmodel.errors import ModelError

REST = ".."
"""Key and value that stand for the locals that did not change."""

_BEGIN, _CONTEXT, _END_TRACE, _END_TEXT = (
    "<|begin_of_text|>",
    "<|trace_context_start|>",
    "<|trace_end|>",
    "<|end_of_text|>",
)
_FRAME, _ACTION, _SOURCE, _ARGUMENT = "<|frame_sep|>", "<|action_sep|>", "<|src_sep|>", "<|arg_sep|>"
EXITS = {code: f"<|exit_{code.value}|>" for code in ExitCode}
"""Marker of each exit code."""
_AT_ENTRY = "<|inv_exit_entry|>"
EVENTS = {
    (backward, event): f"<|{'inv_' if backward else ''}{event.value}_sep|>"
    for backward in (False, True)
    for event in (Event.CALL, Event.LINE, Event.RETURN, Event.EXCEPTION)
}
"""Marker of each event, forward and backward."""
ACTIONS = {
    ActionKind.STEP_INTO: "<|step_into|>",
    ActionKind.STEP_OVER: "<|step_over|>",
    ActionKind.STEP_RETURN: "<|step_return|>",
    ActionKind.RUN_TO: "<|breakpoint|>",
    ActionKind.CONTINUE: "<|continue|>",
    ActionKind.BACK_INTO: "<|inv_step_into|>",
    ActionKind.BACK_OVER: "<|inv_step_over|>",
    ActionKind.BACK_TO_CALL: "<|inv_step_call|>",
}
"""Marker of each action that the format has."""
MARKERS = (
    *(_BEGIN, _CONTEXT, _FRAME, _ACTION, _SOURCE, _ARGUMENT, _END_TRACE, _END_TEXT, _AT_ENTRY),
    *EXITS.values(),
    *EVENTS.values(),
    *ACTIONS.values(),
)
"""Every marker of the format; a tokenizer makes one token of each."""

_MARKER = re.compile(r"(<\|[a-z0-9_+]+\|>)")
_EVENT_OF = {marker: key for key, marker in EVENTS.items()}
_EXIT_OF = {marker: code for code, marker in EXITS.items()}
_ACTION_OF = {marker: kind for kind, marker in ACTIONS.items()}
FULL_AFTER = frozenset(
    {ActionKind.RUN_TO, ActionKind.CONTINUE, ActionKind.STEP_RETURN, ActionKind.BACK_TO_CALL}
)
"""Actions after which locals are written whole."""


@dataclass(frozen=True)
class PaperState:
    """What the format shows of a state."""

    event: Event
    source: str = ""
    """The line's text; empty at the exit."""
    locals: dict[str, str] = field(default_factory=dict)
    """All locals at calls and lines; empty elsewhere."""
    value: str | None = None
    """The returned value or the exception."""
    exit: ExitCode | None = None


@dataclass(frozen=True)
class PaperStep:
    """One action of the format, and the state it led to."""

    kind: ActionKind | None
    """The action; None for the first step."""
    target: str
    """Text of the line that a run-to names; else empty."""
    state: PaperState


@dataclass(frozen=True)
class PaperText:
    """What one text of the format says."""

    code: str
    """The functions visited and the entry."""
    steps: tuple[PaperStep, ...]
    backward: bool
    complete: bool
    """Whether it ends at the exit, or, backward, at the entry."""

    @staticmethod
    def of(trajectory: Trajectory) -> PaperText:
        """Reduces a trajectory to what the format can show.

        Raises:
            ModelError: it holds an action that the format has no marker for.
        """
        program = trajectory.program
        steps = tuple(
            PaperStep(*reduce_action(step.action, program), reduce_state(step.state))
            for step in trajectory.steps
        )
        last = trajectory.steps[-1].state
        entry = trajectory.backward and last.event is Event.CALL and last.depth == 0
        complete = last.event is Event.EXIT or entry
        return PaperText(_code(program, trajectory.visited), steps, trajectory.backward, complete)


def encode(text: PaperText) -> str:
    """Writes a trajectory in the format."""
    parts = [_BEGIN, _CONTEXT, escape(text.code)]
    before: PaperState | None = None
    for step in text.steps:
        parts.append(write_action(step.kind, step.target))
        parts.append(write_state(step, before, text.backward))
        before = step.state
    if text.complete:
        parts.append(write_end(text.backward))
    return "".join(parts)


def write_head(program: Program, visited: tuple[str, ...]) -> str:
    """Writes the start of a text: the functions visited, and the entry."""
    return _BEGIN + _CONTEXT + escape(_code(program, visited))


def write_action(kind: ActionKind | None, target: str) -> str:
    """Writes an action; None, which stands before the first state, is nothing."""
    return _ACTION + ACTIONS[kind] + escape(target) if kind is not None else ""


def write_end(backward: bool) -> str:
    """Writes the end of a text whose trajectory is complete."""
    return (_FRAME + _AT_ENTRY if backward else "") + _END_TRACE + _END_TEXT


def decode(text: str) -> PaperText:
    """Reads what `encode` wrote.

    Raises:
        ModelError: the text is not in the format; the message says where.
    """
    pieces = _MARKER.split(text)
    if pieces[1:2] != [_BEGIN] or pieces[3:4] != [_CONTEXT]:
        raise ModelError(f"the text does not begin with {_BEGIN}{_CONTEXT}")
    reader = _Reader(pieces[5:])
    code = unescape(pieces[4])
    steps: list[PaperStep] = []
    backward = complete = False
    kind: ActionKind | None = None
    target = ""
    before: PaperState | None = None
    while (marker := reader.marker()) is not None:
        if marker == _ACTION:
            kind, target = reader.action()
        elif marker == _FRAME:
            found = reader.marker()
            if found == _AT_ENTRY:
                backward = True
                continue
            state, inverse = reader.state(found, before, kind)
            backward = backward or inverse
            steps.append(PaperStep(kind, target, state))
            before, kind, target = state, None, ""
        elif marker in (_END_TRACE, _END_TEXT):
            complete = True
        else:
            raise ModelError(f"{marker} stands where a state or an action should begin")
    return PaperText(code, tuple(steps), backward, complete)


class _Reader:
    """The markers of a text and what stands after each, one by one."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces: Iterator[str] = iter(pieces)
        self._after = ""

    def marker(self) -> str | None:
        found = next(self._pieces, None)
        self._after = next(self._pieces, "") if found is not None else ""
        return found

    def action(self) -> tuple[ActionKind, str]:
        found = self.marker()
        if found not in _ACTION_OF:
            raise ModelError(f"{found} is no action; the actions are {', '.join(_ACTION_OF)}")
        return _ACTION_OF[found], unescape(self._after)

    def state(
        self, found: str | None, before: PaperState | None, kind: ActionKind | None
    ) -> tuple[PaperState, bool]:
        if found in _EXIT_OF:
            return PaperState(Event.EXIT, exit=_EXIT_OF[found]), False
        if found not in _EVENT_OF:
            raise ModelError(f"{found} is no event; the events are {', '.join(_EVENT_OF)}")
        backward, event = _EVENT_OF[found]
        parts: dict[str, str] = {}
        for _ in range(2):
            marker = self.marker()
            if marker not in (_SOURCE, _ARGUMENT):
                raise ModelError(f"{found} lacks its source line or its values; found {marker}")
            parts[marker] = self._after
        source = unescape(parts.get(_SOURCE, ""))
        try:
            data = json.loads(parts.get(_ARGUMENT, ""))
        except ValueError as error:
            raise ModelError(f"the values after {found} are no JSON: {error}") from None
        if event in (Event.RETURN, Event.EXCEPTION):
            return PaperState(event, source, value=str(data)), backward
        if not isinstance(data, dict):
            raise ModelError(f"the locals after {found} must be a JSON object; got {data!r}")
        rest = data.pop(REST, None)
        known = dict(before.locals) if rest is not None and before is not None else {}
        return PaperState(event, source, known | data), backward


def write_state(step: PaperStep, before: PaperState | None, backward: bool) -> str:
    """Writes a step's state, with what changed since the state before."""
    state = step.state
    if state.exit is not None:
        return _FRAME + EXITS[state.exit]
    head = _FRAME + EVENTS[backward, state.event]
    source = _SOURCE + escape(state.source)
    if state.event in (Event.RETURN, Event.EXCEPTION):
        return head + source + _ARGUMENT + _json(state.value or "")
    values = _ARGUMENT + _json(_changes(step, before))
    forward_line = state.event is Event.LINE and not backward
    return head + (values + source if forward_line else source + values)


def read_state(text: str, before: PaperState | None, kind: ActionKind | None) -> PaperState:
    """Reads what `write_state` wrote, and nothing more.

    Raises:
        ModelError: it is no state; the message says why.
    """
    reader = _Reader(_MARKER.split(text)[1:])
    if reader.marker() != _FRAME:
        raise ModelError(f"a state begins with {_FRAME}")
    state, _ = reader.state(reader.marker(), before, kind)
    if (extra := reader.marker()) is not None:
        raise ModelError(f"{extra} stands behind the end of a state")
    return state


def _changes(step: PaperStep, before: PaperState | None) -> dict[str, str]:
    """Locals to write: all of them, or those that changed and a mark for the rest."""
    shown = step.state.locals
    fresh = before is None or before.event is not Event.LINE or step.state.event is Event.CALL
    if fresh or step.kind in FULL_AFTER:
        return shown
    assert before is not None
    kept = dict(before.locals)
    changed = {name: text for name, text in shown.items() if kept.get(name) != text}
    if list(kept | changed) != list(shown) or REST in shown or len(changed) == len(shown):
        return shown
    return changed | {REST: REST}


def reduce_action(action: Action | None, program: Program) -> tuple[ActionKind | None, str]:
    """Returns an action as the format has it: its kind and the text of its line."""
    if action is None:
        return None, ""
    if action.kind not in ACTIONS:
        raise ModelError(
            f"the format has no marker for {action.kind}; it has: {', '.join(map(str, ACTIONS))}"
        )
    return action.kind, program.source_line(action.line) if action.line else ""


def reduce_state(state: State) -> PaperState:
    """Returns what the format shows of a state."""
    if state.exit is not None:
        return PaperState(Event.EXIT, exit=state.exit.code)
    if state.event in (Event.RETURN, Event.EXCEPTION):
        return PaperState(state.event, state.source, value=state.value or "")
    return PaperState(state.event, state.source, dict(state.locals))


def _code(program: Program, visited: tuple[str, ...]) -> str:
    """The functions visited, and the entry; of a script the whole text."""
    if program.call is None:
        return program.text
    roots = {name.partition(".")[0] for name in visited}
    parts = [
        ast.get_source_segment(program.text, node) or ""
        for node in program.module.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name in roots
    ]
    return "\n".join([*parts, program.entry_text])


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False).replace("<|", "\\u003c|")


def escape(text: str) -> str:
    """Writes a text so that no marker is read into it."""
    return re.sub(r"<(\|+)", r"<|\1", text)


def split(text: str) -> list[str]:
    """Returns the text before the first marker, then each marker and the text after it."""
    return _MARKER.split(text)


def unescape(text: str) -> str:
    """Reads what `escape` wrote."""
    return re.sub(r"<\|(\|+)", r"<\1", text)
