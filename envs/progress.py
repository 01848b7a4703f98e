"""Progress: how far a run that the agent asked for was followed."""

from __future__ import annotations

from debugworld.sandboxes.debugger import Event, TreeDebugger

from .scene import Attempt, end_of


class Progress:
    """Counts the lines of a debugger's run up to the furthest state; each is looked at once."""

    def __init__(self) -> None:
        self._known, self._steps = -1, 0

    def measured(self, attempt: Attempt, debugger: TreeDebugger) -> Attempt:
        """Returns an attempt with what is known of its run by now.

        Args:
            attempt: The attempt.
            debugger: Walks over its run.
        """
        place, state, states = debugger.position, debugger.state, debugger.tree.states
        if place > self._known:
            new = states[self._known + 1 : place + 1]
            self._steps += sum(each.event is Event.LINE for each in new)
            self._known = place
        before = states[place - 1] if debugger.done and place else state
        return Attempt(attempt.text, self._steps, end_of(state) or end_of(before) or attempt.end)
