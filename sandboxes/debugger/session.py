"""A live run of a program that stands still at a state: what debuggers ask of a box beside a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from .action import Action
from .breakpoint import Breakpoint
from .look import Call, Evaluation, Frame
from .state import State


class Session(Protocol):
    """One program in one process of a box; it can only go forward.

    A fault of the box or the program's process is no exception: the state is then the exit, with
    the reason in it. After the exit there is nothing left to look into.
    """

    @property
    def state(self) -> State:
        """The state at which it stands, with what was printed since its previous stop."""

    @property
    def index(self) -> int | None:
        """The state's place in time; None where it was run past without counting (see `move`)."""

    def goto(self, index: int) -> State:
        """Runs to a later place in time, or to the exit where that comes first."""

    def move(self, action: Action, breakpoints: Mapping[Breakpoint, int], counted: bool = True) -> State:
        """Does a forward move.

        Args:
            action: A forward move.
            breakpoints: Each bound breakpoint with the passes at it that were counted so far; the
                session counts on (see `passes`).
            counted: Whether ``continue`` and ``run_to`` must count the states that they pass; without, they
                may run as fast as the interpreter can.
        """

    def passes(self, breakpoint: Breakpoint) -> int:
        """Passes counted at a breakpoint after the last `move`."""

    def survey(
        self, breakpoints: Sequence[Breakpoint], until: int | None = None
    ) -> tuple[tuple[int, ...], ...]:
        """Returns, for each breakpoint, the places in time at which it holds after the current one.

        Hits are left out of account. The session is over afterwards.

        Args:
            breakpoints: Bound breakpoints.
            until: The last place looked at; None goes on to the end.
        """

    def back(self, verb: str, count: int) -> int | None:
        """Returns the place in time that a backward move leads to: ``into``, ``over`` or ``call``."""

    def back_from_the_end(self, verb: str, count: int) -> int | None:
        """Runs to the end and returns the place that a backward move leads to from there.

        None where the program's process dies before it ends. The session is over afterwards.
        """

    def back_from_death(self, verb: str, count: int) -> int | None:
        """The same, slower, where the program's process dies before it ends."""

    def evaluate(self, expression: str, frame: int = 0) -> Evaluation:
        """Evaluates an expression in a frame; side effects are discarded."""

    def assign(self, name: str, expression: str, frame: int = 0) -> State:
        """Assigns a variable of a frame and returns the same stop as it is then.

        Raises:
            IllegalAction: the expression raises, or there is no such variable; nothing was assigned.
        """

    def frames(self) -> tuple[Frame, ...]:
        """Returns the frames of the stack, innermost first."""

    def call(self) -> Call:
        """Returns the current frame's activation up to here: its outcome is None while it runs."""

    def fork(self) -> Session:
        """Returns a second session that stands at the same stop."""

    def close(self) -> None:
        """Ends the run and frees its box; may be called twice."""
