"""Programs of the generator as a task set: as many as one likes, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.programs import STATE_BUDGETS, generate

from .errors import TaskError

_ENTRY_LINES = 2
_OTHER_SEEDS = 200
"""Seeds that are tried in the place of one whose programs are all too long."""
_FAR = 2**40
"""Distance between those seeds, which nobody is likely to write in a URI."""


def name_of(seed: int) -> str:
    """Returns the name of a seed's program, which is its group, too."""
    return f"generated-{seed}"


class GeneratedPrograms(Sequence[Program]):
    """The programs of some seeds, difficulties mixed, as `worldmodel.data.programs.stream` yields them.

    Args:
        seeds: a range, or what a split leaves of one.
        max_lines: most lines of a program with its entry; where a seed's program has
            more, one of lower difficulty or of a seed derived from it stands in its
            place. None for no limit.
    """

    def __init__(self, seeds: Sequence[int], max_lines: int | None = None) -> None:
        self.seeds = seeds
        self.max_lines = max_lines
        self._made: dict[int, Program] = {}

    def __len__(self) -> int:
        return len(self.seeds)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, GeneratedPrograms):
            return (self.seeds, self.max_lines) == (other.seeds, other.max_lines)
        if isinstance(other, Sequence):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, index: int) -> Program: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Program, ...]: ...
    def __getitem__(self, index: int | slice) -> Program | tuple[Program, ...]:
        """Returns a program, or several.

        Raises:
            IndexError: out of range.
            TaskError: no program is as short as asked.
        """
        if isinstance(index, slice):
            return tuple(map(self._program, self.seeds[index]))
        return self._program(self.seeds[index])

    def _program(self, seed: int) -> Program:
        if seed not in self._made:
            self._made[seed] = self._make(seed)
        return self._made[seed]

    def _make(self, seed: int) -> Program:
        difficulty = 1 + seed % len(STATE_BUDGETS)
        tries = [(seed, lower) for lower in range(difficulty, 0, -1)]
        tries += [(seed + k * _FAR, 1) for k in range(1, _OTHER_SEEDS if self.max_lines else 1)]
        for other, level in tries:
            program = generate(other, level).program
            if self.max_lines is None or program.text.count("\n") + _ENTRY_LINES <= self.max_lines:
                return replace(program, name=name_of(seed))
        raise TaskError(
            f"the generator makes no program of at most {self.max_lines} lines, its entry included; "
            "use max_lines=20 or more"
        )


class GeneratedNames(Sequence[str]):
    """The names of the programs of some seeds."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._seeds = seeds

    def __len__(self) -> int:
        return len(self._seeds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        """Returns a name, or several."""
        if isinstance(index, slice):
            return tuple(map(name_of, self._seeds[index]))
        return name_of(self._seeds[index])
