"""States by the thousand: held as their parts, and made when somebody looks.

Most states of most recordings are never looked at, and a state takes longer to make than to write down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from .state import Event, Exit, State

Parts = tuple[
    Event, int, str, str, int, dict[str, str], str | None, str, Exit | None, str, str, tuple[str, ...]
]
"""The arguments of a `State`, in order."""


class States(Sequence[State]):
    """States in time; equal to any list or tuple of the same ones.

    A state is made once: every look at a place finds the same one.

    Args:
        rows: States, or the parts of some; the list is this object's own from now on.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Parts | State]) -> None:
        self._rows = rows

    def append(self, state: State) -> None:
        """Adds the next state."""
        self._rows.append(state)

    def extend(self, states: States) -> None:
        """Adds the next states, without making those that were not looked at."""
        self._rows.extend(states._rows)

    def heads(self) -> Iterator[tuple[Event, int, bool]]:
        """Yields each state's event, its depth, and whether something was printed; makes none."""
        for row in self._rows:
            if type(row) is tuple:
                yield row[0], row[4], bool(row[7] or row[9])
            else:
                state: Any = row
                yield state.event, state.depth, bool(state.stdout or state.stderr)

    @overload
    def __getitem__(self, index: int) -> State: ...

    @overload
    def __getitem__(self, index: slice) -> States: ...

    def __getitem__(self, index: int | slice) -> State | States:
        if isinstance(index, slice):
            return States([self[place] for place in range(len(self._rows))[index]])
        row = self._rows[index]
        if type(row) is tuple:
            row = self._rows[index] = state_of(row)
        return row  # type: ignore[return-value]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[State]:
        for index, row in enumerate(self._rows):
            yield self[index] if type(row) is tuple else row  # type: ignore[misc]

    def __add__(self, other: Iterable[State]) -> States:
        return States([*self, *other])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (States, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[type[States], tuple[list[Parts | State]]]:
        return States, (self._rows,)

    @staticmethod
    def of(states: Iterable[State]) -> States:
        """Returns states as such a sequence; later looks at them make none anew."""
        if isinstance(states, States):
            return States(states._rows.copy())
        return States(list(states))


class _Draft:
    """A state in the making: a frozen dataclass takes five times as long to fill."""

    __slots__ = State.__slots__

    def __init__(
        self,
        event: Event,
        line: int,
        source: str,
        function: str,
        depth: int,
        locals: dict[str, str],
        value: str | None,
        stdout: str,
        exit: Exit | None,
        stderr: str,
        file: str,
        chain: tuple[str, ...],
    ) -> None:
        self.event = event
        self.line = line
        self.source = source
        self.function = function
        self.depth = depth
        self.locals = locals
        self.value = value
        self.stdout = stdout
        self.exit = exit
        self.stderr = stderr
        self.file = file
        self.chain = chain


def state_of(parts: Parts) -> State:
    """Makes a state of its parts."""
    draft: Any = _Draft(*parts)
    draft.__class__ = State  # of the same slots
    made: State = draft
    return made
