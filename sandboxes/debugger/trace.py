"""A recorded run: its states in time, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .state import Exit, State
from .states import States


@dataclass(frozen=True, slots=True)
class Trace:
    """What `recorder.record` saw of one program on one interpreter.

    Canonical traces of a program are equal on every supported interpreter; only
    ``python`` differs.
    """

    python: str
    """Version of the interpreter that ran the program, such as ``3.11.7``."""
    states: Sequence[State]
    """Every state in time, without the terminal one."""
    exit: Exit
    """How the run ended."""
    stdout: str = ""
    """What was printed after the last state."""
    stderr: str = ""
    """What was written to standard error after the last state."""

    @property
    def final(self) -> State:
        """The terminal state."""
        return State.at_exit(self.exit, self.stdout, self.stderr)

    @property
    def whole(self) -> States:
        """All states, the terminal one at the end."""
        states = States.of(self.states)
        states.append(self.final)
        return states

    def to_json(self) -> dict[str, Any]:
        """Returns ``{"python", "exit", "states"}`` as plain JSON data, and the last output, if any."""
        data: dict[str, Any] = {
            "python": self.python,
            "exit": self.exit.to_json(),
            "states": [state.to_json() for state in self.states],
        }
        rest = {"stdout": self.stdout, "stderr": self.stderr}
        return data | {name: text for name, text in rest.items() if text}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Trace:
        """Reads what `to_json` wrote."""
        states = States([State.from_json(state) for state in data["states"]])
        end = Exit.from_json(data["exit"])
        return Trace(data["python"], states, end, data.get("stdout", ""), data.get("stderr", ""))
