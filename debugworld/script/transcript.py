"""The transcript: a script's steps as lines for people.

An action's line begins with ``>``; below it, indented, what was answered: a refusal, a reply, and the
state, where it is another one than before. What a dream says is followed by how sure it is. A single step
within a frame shows only the locals that it changed; what may come to another activation, a jump or several
steps at once, shows them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from debugworld.sandboxes.debugger import ActionKind, Event, State
from debugworld.worldmodel.lockstep import REFUSAL

from .step import Step

MAX_VALUE = 200
"""Characters of a value before it is cut; JSON holds it in full."""
MAX_LINES = 20
"""Lines of what the program wrote that are shown of one state."""
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript."""

    text: str
    """Without line ends and control characters."""
    style: str = ""
    """A style as rich names it."""


@dataclass
class Transcript:
    """Turns steps into lines; remembers what was shown."""

    _shown: dict[tuple[str, int, str], State] = field(default_factory=dict)
    _last: State | None = None

    def asked(self, text: str) -> Line:
        """Returns the line of an action that is about to be done."""
        return Line(f"> {printable(text)}", "bold")

    def answered(self, step: Step) -> Iterator[Line]:
        """Yields what became of it."""
        sure = "" if step.confidence is None else f"  (confidence {step.confidence:.2f})"
        looked = step.action is not None and step.action.kind is ActionKind.EVALUATE
        if step.refused:
            yield from _block(step.reply or f"refused: {step.refused}", "red")
        elif step.reply:
            yield from _block(step.reply, "cyan", sure if looked else "")
        if step.frame is not None:
            yield from _locals(step.frame.locals)
        action = step.action
        moved = action is None or action.kind.moves
        if action is not None and (action.kind in _JUMPS or action.count > 1):
            self._shown.clear()
        if not step.refused and (moved or step.state != self._last):
            yield from self._state(step.state, not moved, sure)
        if step.dropped:
            yield Line(f"{_INDENT}left out: {step.dropped}", "yellow")
        for each in step.differences:
            apart = f"real {_cut(repr(each.real))}, dreamt {_cut(repr(each.neural))}"
            if each.field == REFUSAL:
                apart = f"in the dream: {_cut(each.neural)}"
            yield Line(f"{_INDENT}≠ {each.field}: {apart}", "yellow")
        self._last = step.state

    def _state(self, state: State, same: bool, sure: str) -> Iterator[Line]:
        if state.event is Event.EXIT and state.exit is not None:
            yield Line(f"{_INDENT}exit: {state.exit.code} ({printable(state.exit.reason)}){sure}", "bold")
        elif not same:
            place = f"{printable(state.file)}:{state.line}" if state.file else f"line {state.line}"
            event = "" if state.event is Event.LINE else f"{state.event} at "
            where = f"{printable(state.function)}, depth {state.depth}"
            yield Line(f"{_INDENT}{event}{place} in {where}: {printable(state.source)}{sure}")
        if state.value is not None:
            yield Line(f"{_INDENT}  {_VALUE.get(state.event, 'value')}: {_cut(state.value)}")
        yield from (Line(f"{_INDENT}  {printable(text)}") for text in state.chain)
        key = (state.file, state.depth, state.function)
        before = None if state.event is Event.CALL else self._shown.get(key)
        old = {} if before is None else before.locals
        changed = {name: value for name, value in state.locals.items() if old.get(name) != value}
        yield from _locals(changed)
        gone = [name for name in old if name not in state.locals]
        if gone:
            yield Line(f"{_INDENT}  gone: {', '.join(map(printable, gone))}", "dim")
        if not same:
            yield from _written("stdout", state.stdout)
            yield from _written("stderr", state.stderr)
        self._shown = {key: old for key, old in self._shown.items() if key[1] < state.depth}
        self._shown[key] = state


_JUMPS = frozenset(
    {ActionKind.RUN_TO, ActionKind.RUN_UNTIL, ActionKind.CONTINUE, ActionKind.REVERSE_CONTINUE}
)
_VALUE = {Event.RETURN: "value", Event.EXCEPTION: "raised", Event.INSTRUCTION: "next"}


def _locals(values: dict[str, str]) -> Iterator[Line]:
    for name, value in values.items():
        yield Line(f"{_INDENT}  {printable(name)} = {_cut(value)}", "green")


def _written(name: str, text: str) -> Iterator[Line]:
    lines = text.splitlines()
    for line in lines[:MAX_LINES]:
        yield Line(f"{_INDENT}  {name}| {_cut(line)}", "magenta")
    if len(lines) > MAX_LINES:
        yield Line(f"{_INDENT}  {name}| … {len(lines) - MAX_LINES} more lines", "magenta")


def _block(text: str, style: str, end: str = "") -> Iterator[Line]:
    *lines, last = text.splitlines() or [""]
    yield from (Line(_INDENT + _cut(line, 2000), style) for line in lines)
    yield Line(_INDENT + _cut(last, 2000) + end, style)


def _cut(value: object, most: int = MAX_VALUE) -> str:
    text = printable(str(value))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def printable(text: str) -> str:
    """Returns a text in which line ends, control characters and lone surrogates are spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
