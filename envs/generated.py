"""Programs of the generator as a task set: as many as one likes, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import overload

from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.knobs import Knobs

from .errors import TaskError
from .memory import Recent
from .part import side

_ENTRY_LINES = 2
_OTHER_SEEDS = 200
"""Seeds that are tried in the place of one whose programs are all too long."""
_FAR = 2**40
"""Distance between those seeds, which nobody is likely to write in a URI."""


def name_of(seed: int) -> str:
    """Returns the name of a seed's program, which is its group, too."""
    return f"generated-{seed}"


_PLAIN = Knobs()


class GeneratedPrograms(Sequence[Program]):
    """The programs of some seeds, difficulties mixed, as `worldmodel.data.programs.stream` yields them.

    Args:
        seeds: a range, or what a split leaves of one.
        max_lines: most lines of a program with its entry; where a seed's program has
            more, one of lower difficulty or of a seed derived from it stands in its
            place. None for no limit.
        knobs: how hard they are, and what they hold.
        part: ``train`` or ``test``; where a seed's program is of the other part, see `part.side`, one of a
            seed derived from it stands in its place. Empty for both.
    """

    def __init__(
        self, seeds: Sequence[int], max_lines: int | None = None, knobs: Knobs = _PLAIN, part: str = ""
    ) -> None:
        self.seeds = seeds
        self.max_lines = max_lines
        self.knobs = knobs
        self.part = part
        self._made: Recent[Program] = Recent()

    def __len__(self) -> int:
        return len(self.seeds)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, GeneratedPrograms):
            return self.about == other.about
        if isinstance(other, Sequence):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @property
    def about(self) -> list[object]:
        """Everything that they follow from, as plain data."""
        knobs = self.knobs
        plain: list[object] = [list(self.seeds), self.max_lines]
        told = [knobs.lowest, knobs.highest, sorted(knobs.tags), self.part]
        return plain if (knobs, self.part) == (_PLAIN, "") else [*plain, *told]

    def within(self, max_lines: int) -> GeneratedPrograms:
        """Returns the same with at most so many lines, none of them made yet."""
        return GeneratedPrograms(self.seeds, max_lines, self.knobs, self.part)

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
        made = self._made.get(seed)
        if made is None:
            made = self._make(seed)
            self._made.put(seed, made, 0)
        return made

    def _make(self, seed: int) -> Program:
        try:
            for other, level in self._tries(seed):
                program = self.knobs.make(other, level).program
                short = self.max_lines is None or program.text.count("\n") + _ENTRY_LINES <= self.max_lines
                if short and self.part in ("", side(program.source)):
                    return replace(program, name=name_of(seed))
        except ValueError as error:
            raise TaskError(f"{name_of(seed)}: {error}") from None
        lines = "" if self.max_lines is None else f" of at most {self.max_lines} lines, its entry included"
        asked = f" with the tags {', '.join(sorted(self.knobs.tags))}" if self.knobs.tags else ""
        raise TaskError(f"the generator makes no program{lines}{asked}; use max_lines=20 or more")

    def _tries(self, seed: int) -> Iterator[tuple[int, int]]:
        """Yields the seeds and difficulties that may stand for a seed, best first."""
        levels = range(self.knobs.level(seed), self.knobs.lowest - 1, -1)
        if self.max_lines is None:
            levels = levels[:1]
        yield from ((seed, level) for level in levels)
        if self.max_lines is not None or self.part:
            for k in range(1, _OTHER_SEEDS):
                others = levels if self.part else levels[-1:]
                yield from ((seed + k * _FAR, level) for level in others)


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
