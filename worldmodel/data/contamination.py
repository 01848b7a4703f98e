"""Whether a program is, but for its names, one of a benchmark that a model will be judged by.

A benchmark is a JSON Lines file: every text of a program in its rows counts, the buggy one as well as the
fixed one, and so does each function of at least `alpha.FUNCTION_NODES` syntax nodes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.data.alpha import Keys, function_keys, keys_of, source_key
from debugworld.worldmodel.data.rows import RowError

FIELDS = ("code", "source", "buggy", "fixed", "sanitized_code", "canonical_solution")
"""Fields of a row that hold a program; a ``canonical_solution`` continues the row's ``prompt``."""


@dataclass
class Benchmarks:
    """The keys of benchmark programs, each with where it comes from."""

    sources: dict[str, str] = field(default_factory=dict)
    """Key of a whole source -> file and row."""
    functions: dict[str, str] = field(default_factory=dict)
    """Key of a function -> file and row."""

    @staticmethod
    def load(paths: Iterable[Path]) -> Benchmarks:
        """Reads benchmark files; texts that do not parse are left out, as no program can equal them.

        Raises:
            RowError: a file cannot be read, or holds no program at all.
        """
        found = Benchmarks()
        for path in paths:
            before = len(found.sources)
            for name, text in _texts(path):
                found.add(text, f"{path.name} {name}")
            if len(found.sources) == before:
                raise RowError(f"{path} holds no program in any of the fields {', '.join(FIELDS)}")
        return found

    def add(self, source: str, place: str) -> None:
        """Adds a benchmark's program."""
        try:
            program = Program(source)
            self.sources.setdefault(source_key(source), place)
            for key in function_keys(program.module):
                self.functions.setdefault(key, place)
        except (ProgramError, RecursionError):
            return

    def contaminated(self, program: Program | Keys) -> str | None:
        """Says which benchmark program a program equals or shares a function with; None where there is none.

        Raises:
            ProgramError: it does not parse.
        """
        keys = program if isinstance(program, Keys) else keys_of(program)
        if keys.source in self.sources:
            return f"the same program as {self.sources[keys.source]}"
        for key in keys.functions:
            if key in self.functions:
                return f"shares a function with {self.functions[key]}"
        return None


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the name of a row and each of its programs."""
    for number, row in _rows(path):
        name = str(row.get("id") or row.get("name") or row.get("task_id") or f"line {number}")
        for part in FIELDS:
            text = row.get(part)
            if isinstance(text, str) and text.strip():
                prompt = row.get("prompt") if part == "canonical_solution" else None
                yield name, (prompt if isinstance(prompt, str) else "") + text


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError(f"line {number} is no object")
                    yield number, row
    except (OSError, EOFError, ValueError) as error:
        raise RowError(f"{path} cannot be read as a benchmark: {error}") from None
