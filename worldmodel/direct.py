"""Direct jumps: one prediction in place of a rollout, put into the debugger's shell and tree.

A move is made of `jump` questions, each about one frame, with steps between the frames; so the
stack is known wherever the debugger stands, and it can go on from there by steps.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

from debugworld.sandboxes.debugger import Action, ActionKind, Breakpoint, BreakpointKind, Event, State
from debugworld.worldmodel.calibration import Evidence
from debugworld.worldmodel.completion import TOO_LONG, Request
from debugworld.worldmodel.excerpt import Listing
from debugworld.worldmodel.jump import Jump, Landing, ask
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.markov.operand import leave_out
from debugworld.worldmodel.store import TEMPLATE_TOKENS
from debugworld.worldmodel.thinker import Completer
from debugworld.worldmodel.tokenizer import LENGTH_LIMIT

MAX_TOKENS = 160
"""Longest answer; shorter behind a question that leaves less of what the model reads."""


class Jumps(str, Enum):
    """How a neural debugger answers moves over more than one state."""

    ROLLOUT = "rollout"
    """State by state."""
    DIRECT = "direct"
    """By one prediction a frame, where that can be asked; else state by state."""
    AUTO = "auto"
    """Directly where the calibrated confidence reaches the threshold from which on that was as good."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a move is after."""

    kind: str
    """``return``, ``over`` or ``to``."""
    depth: int
    """Depth of the frame where it began."""
    lines: frozenset[int] = frozenset()
    """Lines at which a ``to`` ends."""

    @staticmethod
    def of(action: Action, state: State, breakpoints: tuple[Breakpoint, ...]) -> Goal | None:
        """Returns the goal of a move; None where only states in a row can tell where it ends."""
        if action.kind is ActionKind.STEP_RETURN:
            return Goal("return", state.depth)
        if action.kind is ActionKind.STEP_OVER:
            return Goal("over", state.depth) if action.count == 1 and state.event is Event.LINE else None
        if action.kind is ActionKind.RUN_TO and not action.file and action.line:
            return Goal("to", state.depth, frozenset({action.line}))
        if action.kind is ActionKind.CONTINUE and action.count == 1 and all(map(_is_line, breakpoints)):
            return Goal("to", state.depth, frozenset(point.line for point in breakpoints))
        return None


@dataclass(frozen=True, slots=True)
class Leap:
    """A predicted landing, not taken yet."""

    jump: Jump
    """What was asked."""
    landing: Landing
    """What was answered."""
    evidence: Evidence
    """How sure the model was."""


class Leaper:
    """Asks for direct jumps and takes them.

    Args:
        engine: Answers.
        slot: Who asks, see `Request`.
        max_tokens: Longest answer.
    """

    def __init__(self, engine: Completer, slot: Hashable, max_tokens: int) -> None:
        self._engine, self._slot, self._max_tokens = engine, slot, min(max_tokens, MAX_TOKENS)
        self.lost = False
        """Whether the last answer was of no use: no landing, or one in an ``except`` or ``finally``."""

    def ask(self, listing: Listing, shell: Shell, goal: Goal) -> Leap | None:
        """Asks where the part of a move leads that lies in the current frame.

        Returns:
            The answer; None where the next state is to be asked for instead.
        """
        state, self.lost = shell.state, False
        if state is None or state.event not in (Event.LINE, Event.CALL):
            return None
        kind = goal.kind
        if kind == "over":
            top = shell.stack[-1]
            kind = "return" if state.depth > goal.depth else "over"
            if kind == "over" and next(listing.callees(top.scope, [top.line]), None) is None:
                return None
        jump = ask(listing, shell, kind, goal.lines)
        if jump is None:
            return None
        request = Request(self._slot, jump.prompt, jump.grammar(), room(jump.prompt, self._max_tokens))
        [answer] = self._engine.complete([request])
        unread = answer.reason == TOO_LONG
        leave_out(unread=unread, answers=answer.cut and not unread)
        try:
            landing = Landing.parse(answer.text) if answer.finished else None
        except (ValueError, SyntaxError):
            landing = None
        if landing is not None and landing.letter in "LC":
            line = jump.excerpt.places[landing.label]
            if line in listing.delicate(shell.stack[-1].scope):
                landing = None
        self.lost = landing is None
        if landing is None or landing.letter == "C" and _stays(listing, shell, jump, landing):
            return None
        return Leap(jump, landing, Evidence("jump").after(answer.raw_logprobs, unread))

    @staticmethod
    def take(listing: Listing, shell: Shell, leap: Leap) -> State:
        """Puts a shell where a leap lands, and returns that state."""
        jump, landing = leap.jump, leap.landing
        top, before = shell.stack[-1], shell.state
        assert before is not None
        line = jump.excerpt.places[landing.label]
        shown = {**before.locals, **landing.changes}
        for name in landing.deleted:
            shown.pop(name, None)
        order = {name: place for place, name in enumerate(top.scope.names)}
        shown = dict(sorted(shown.items(), key=lambda item: order.get(item[0], len(order))))
        event = {"R": Event.RETURN, "X": Event.EXCEPTION}.get(landing.letter, Event.LINE)
        value = landing.value if landing.letter in "RX" else None
        source = shell.program.source_line(line)
        state = State(event, line, source, top.scope.name, before.depth, shown, value, landing.stdout)
        shell.accept(state)
        top = shell.stack[-1]
        top.returns.clear()
        if landing.letter in "LC":
            guards = top.scope.stops[line].guards
            top.inside = [guard.line for guard in reversed(guards) if guard.kind == "with"]
            top.leaving.clear()
            _count(listing, shell, line, landing.turns)
        top.again = landing.letter == "X" and jump.kind != "over"  # it ends the frame
        return state


def room(prompt: str, most: int) -> int:
    """Returns the tokens that an answer can have, at least 1: those wanted, as far as the model reads on."""
    used = len(prompt.encode(errors="replace")) + TEMPLATE_TOKENS
    return max(1, min(most, LENGTH_LIMIT - used))


def _is_line(point: Breakpoint) -> bool:
    """Whether a breakpoint holds at every pass of a line of the program's own source."""
    return (
        point.kind is BreakpointKind.LINE and not point.file and point.condition is None and point.hits == 1
    )


def _stays(listing: Listing, shell: Shell, jump: Jump, landing: Landing) -> bool:
    """Whether the call that an answer means is that of the current line, here and now."""
    top = shell.stack[-1]
    here = tuple(top.turns.get(head, 0) for head in listing.loops(top.scope, top.line))
    return (
        shell.state is not None
        and shell.state.event is Event.LINE
        and jump.excerpt.places[landing.label] == top.line
        and landing.turns in ((), here)
        and not landing.changes
        and not landing.deleted
    )


def _count(listing: Listing, shell: Shell, line: int, turns: tuple[int, ...]) -> None:
    """Sets the turns of the loops around a line; what a loop that began anew goes over is forgotten."""
    top = shell.stack[-1]
    heads = listing.loops(top.scope, line)
    before = dict(top.turns)
    anew = False
    for head in [*top.turns]:
        if head not in heads:
            _forget(shell, head)
    for place, head in enumerate(heads):
        now = turns[place] if place < len(turns) else 0
        old = before.get(head, 0)
        if anew or not old or now < old:
            _forget(shell, head)
        anew = anew or now != old
        if now:
            top.turns[head] = now
            stop = top.scope.stops[head]
            top.entered.setdefault(head, {n: top.locals[n] for n in stop.reads if n in top.locals})


def _forget(shell: Shell, head: int) -> None:
    top = shell.stack[-1]
    top.turns.pop(head, None)
    top.entered.pop(head, None)
    top.iterables.pop(head, None)
