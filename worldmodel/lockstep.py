"""Lockstep: a real and a neural debugger side by side under the same actions.

The real one leads: what is legal, where the program stands and when it ends are its
word. The neural one follows, and every departure is written down by field.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Binding,
    Breakpoint,
    Call,
    Evaluation,
    Frame,
    IllegalAction,
    Program,
    State,
    StateTree,
    TreeDebugger,
)

FIELDS = ("event", "line", "function", "depth", "locals", "value", "stdout", "exit")
"""Fields of a state that are compared, in this order."""
REFUSAL = "refusal"
"""Name of the field of a difference where the neural debugger refused a legal action."""

After = Literal["free", "forced", "stop"]

_LOOKS = frozenset({ActionKind.EVALUATE, ActionKind.UP, ActionKind.DOWN})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which the two debuggers departed."""

    step: int
    """Actions done so far; 0 for the entry state."""
    action: str
    """Text of the action that led there; empty for the entry state."""
    field: str
    """One of `FIELDS`, or `REFUSAL`."""
    real: Any
    """The real value as plain JSON data."""
    neural: Any
    """The dreamt value as plain JSON data; for a refusal its text."""


@runtime_checkable
class Groundable(Protocol):
    """A neural debugger that can be set back to the truth."""

    def ground(self, states: Sequence[State]) -> Any:
        """Goes on dreaming from a true history, standing at its last state."""


def compare(step: int, action: Action | None, real: State, neural: State) -> list[Difference]:
    """Returns the differences between two states, in the order of `FIELDS`."""
    left, right = real.to_json(), neural.to_json()
    return [
        Difference(step, str(action or ""), field, left.get(field), right.get(field))
        for field in FIELDS
        if left.get(field) != right.get(field)
    ]


class LockstepDebugger(TreeDebugger):
    """Moves two debuggers alike and records where they differ.

    Its state, tree, position and breakpoints are the real debugger's.

    Args:
        real: The debugger that leads.
        neural: The debugger that follows. With ``after="forced"`` it is `Groundable`.
        after: What the neural side does after a difference: ``free`` lets it go on
            from its own state, ``forced`` sets it back to the real history, ``stop``
            leaves it where it departed and compares no more.
    """

    def __init__(self, real: TreeDebugger, neural: TreeDebugger, after: After = "free") -> None:
        super().__init__()
        if after not in ("free", "forced", "stop"):
            raise ValueError(f"after must be free, forced or stop; got {after!r}")
        if after == "forced" and not isinstance(neural, Groundable):
            raise ValueError(f"{type(neural).__name__} cannot be set back to the truth; use after='free'")
        self.real = real
        """The debugger that leads."""
        self.neural = neural
        """The debugger that follows."""
        self.differences: list[Difference] = []
        """All differences since the last reset."""
        self.latest: tuple[Difference, ...] = ()
        """The differences that the last action brought, or the entry state."""
        self._after = after
        self._steps = 0
        self.abilities = real.abilities

    @property
    def difference(self) -> Difference | None:
        """The first difference since the last reset; None while there is none."""
        return self.differences[0] if self.differences else None

    def _start(self, program: Program) -> StateTree:
        real, neural = self.real.reset(program), self.neural.reset(program)
        self.differences, self._steps = [], 0
        self._note(compare(0, None, real, neural))
        return self.real.tree

    @property
    def state(self) -> State:
        """The real debugger's state."""
        return self.real.state

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The real debugger's breakpoints."""
        return self.real.breakpoints

    def refusal(self, action: Action) -> str | None:
        """Says why the real debugger refuses an action now; None where it does not."""
        return self.real.refusal(action)

    def step(self, action: Action) -> State:
        """Does one action on both sides and returns the real state.

        A look is the real debugger's alone.

        Raises:
            IllegalAction: the real debugger refuses; neither side has moved.
            ModelError: the neural debugger broke.
        """
        if action.kind is ActionKind.SET:
            return super().step(action)
        state = self.real.step(action)
        self._follow()
        self._reply = self.real.reply
        self._steps += 1
        self.latest = ()
        if action.kind in _LOOKS or self._after == "stop" and self.differences:
            return state
        refusal = self.neural.refusal(action)
        if refusal is None:
            self._note(compare(self._steps, action, state, self.neural.step(action)))
        else:
            self._note([Difference(self._steps, str(action), REFUSAL, None, refusal)])
        return state

    def ground(self, states: Sequence[State]) -> State:
        """Stands both sides at the last of some true states, the neural one with them as its past.

        Args:
            states: Those of the run from the entry on, without gaps.

        Raises:
            IllegalAction: the neural side cannot be given a past.
        """
        if not isinstance(self.neural, Groundable):
            raise IllegalAction(f"{type(self.neural).__name__} cannot be given a true past")
        while self.real.position < len(states) - 1:
            way = len(states) - 1 - self.real.position
            self.real.step(Action(ActionKind.STEP_INTO, count=max(1, way - 1)))
        self.neural.ground(states)
        self._follow()
        self.latest = ()
        return self.state

    def bind(self, breakpoint: Breakpoint) -> Binding:
        """Sets a persistent breakpoint on both sides; the neural one may be unable to watch for it.

        Raises:
            IllegalAction: the real debugger cannot watch for such a breakpoint.
        """
        binding = self.real.bind(breakpoint)
        with suppress(IllegalAction):
            self.neural.bind(breakpoint)
        return binding

    def clear(self, breakpoint: Breakpoint) -> None:
        """Removes a breakpoint on both sides.

        Raises:
            IllegalAction: the real debugger has no such breakpoint.
        """
        self.real.clear(breakpoint)
        with suppress(IllegalAction):
            self.neural.clear(breakpoint)

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Evaluates an expression on the real side, see `Debugger.evaluate`."""
        return self.real.evaluate(expression, frame)

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a variable on both sides, each with a value of its own, see `Debugger.assign`.

        Raises:
            IllegalAction: the real debugger refuses; neither side has changed.
            ModelError: the neural debugger broke.
        """
        number = self.real.selected if frame is None else frame
        state = self.real.assign(name, expression, frame)
        self._program = self.real.program
        self._follow()
        self._steps += 1
        self.latest = ()
        if self._after == "stop" and self.differences:
            return state
        action = Action.parse(f"set {name} = {expression}")
        try:
            dreamt = self.neural.assign(name, expression, number)
        except IllegalAction as error:
            self._note([Difference(self._steps, str(action), REFUSAL, None, str(error))])
        else:
            self._note(compare(self._steps, action, state, dreamt))
        return state

    def frames(self) -> tuple[Frame, ...]:
        """Returns the real side's frames, see `Debugger.frames`."""
        return self.real.frames()

    def call(self) -> Call:
        """Returns the real side's activation, see `Debugger.call`."""
        return self.real.call()

    def _follow(self) -> None:
        """Stands where the real side stands."""
        self._stand(self.real.tree, self.real.position)
        self._selected = self.real.selected

    def _note(self, found: list[Difference]) -> None:
        self.latest = tuple(found)
        self.differences.extend(found)
        if found and self._after == "forced":
            assert isinstance(self.neural, Groundable)
            self.neural.ground(self.real.tree.states[: self.real.position + 1])

    def close(self) -> None:
        """Closes both sides."""
        self.real.close()
        self.neural.close()
