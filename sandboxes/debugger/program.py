"""The program under debugging: a source text and, optionally, an entry call."""

from __future__ import annotations

import ast
import hashlib
import json
import symtable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import ProgramError
from .source import (
    Source,
    code_name,
    parse,
    plain_newlines,
    quietly,
    reason_of,
    require_importable,
    stripped_lines,
)
from .statements import Outline, imports_late
from .suite import expected_failures

ENTRY_NAME = "main"
"""Name of the function that the entry call, or the run of the tests, is wrapped in."""
TESTS_CALL = "run_tests()"
"""What that function does where the program is a test suite."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One assignment from outside: at a state, in one of its frames."""

    index: int
    """The state's place in time, 0 for the entry; the assignment happens before the program goes on."""
    frame: int
    """The frame: 0 for the state's own, 1 for its caller."""
    name: str
    """The variable: a local of the frame, else a global of the program."""
    expression: str
    """The new value, evaluated in the frame; what it does beside that stays done."""

    def to_json(self) -> list[Any]:
        """Returns the edit as plain JSON data."""
        return [self.index, self.frame, self.name, self.expression]


@dataclass(frozen=True)
class Program:
    """A Python source and how it is entered.

    With a call, ``def main(): return CALL`` stands after the last line of the
    source (two lines of its own) and its states begin and end the trace; the
    module body runs before the trace begins. So it is with tests, where the
    call is ``run_tests()``. With neither the source runs as a script.

    Other files are imported by the source or by one another, packages and
    relative imports included, and their functions are traced; the body of a
    module is traced where the traced code imports it.
    """

    source: str
    """Program text; any newline convention."""
    call: str | None = None
    """Entry expression such as ``f(1, 2)``; None runs the source as a script."""
    name: str = "program"
    """What error texts call it, usually a file name."""
    files: tuple[tuple[str, str], ...] = ()
    """Other modules of the program: paths such as ``shapes.py`` or ``pack/__init__.py`` and their texts.
    A mapping is taken, too. They are imported by name and debugged like the source itself."""
    argv: tuple[str, ...] = ()
    """What stands after the program's name in ``sys.argv``."""
    stdin: str = ""
    """What the program can read from its standard input."""
    tests: bool = False
    """Whether the source is a test suite to run: its ``unittest`` cases, and its functions ``test_*``."""
    edits: tuple[Edit, ...] = ()
    """Assignments made from outside while it runs, in time: with them, a changed future is a program too."""

    def __post_init__(self) -> None:
        files = self.files.items() if isinstance(self.files, Mapping) else self.files
        object.__setattr__(self, "files", tuple(sorted((str(path), str(text)) for path, text in files)))
        object.__setattr__(self, "argv", tuple(map(str, self.argv)))
        object.__setattr__(self, "edits", tuple(self.edits))

    @staticmethod
    def read(path: str, call: str | None = None) -> Program:
        """Reads a program from a file.

        Raises:
            OSError: the file cannot be read.
            ProgramError: the file is not UTF-8 text.
        """
        try:
            source = Path(path).read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = f"{path} is not UTF-8 text (byte {error.start}); a Python source is needed"
            raise ProgramError(text) from None
        return Program(source, call, name=path)

    def check(self) -> Program:
        """Parses everything once and returns the program itself.

        Raises:
            ProgramError: the source or a file does not compile (line and caret
                are in the text), a file cannot be imported, the call is no
                expression, or names what the program does not define.
        """
        self.sources  # noqa: B018  the property parses
        return self

    @property
    def is_script(self) -> bool:
        """Whether the source's own body is the traced entry."""
        return self.call is None and not self.tests

    @property
    def module_name(self) -> str:
        """The name under which the source finds itself in ``sys.modules``.

        Tests are imported rather than started, so that ``if __name__ == "__main__": unittest.main()`` does
        not run them a second time.
        """
        return "__main__" if self.is_script else "program"

    @cached_property
    def text(self) -> str:
        """The source with newlines only, and one at its end unless it is empty."""
        return plain_newlines(self.source)

    @cached_property
    def entry_text(self) -> str:
        """The two lines of the entry wrapper; empty for a script."""
        if self.tests:
            return f"def {ENTRY_NAME}():\n    return {TESTS_CALL}\n"
        if self.call is None:
            return ""
        expression = self._call_expression
        call = self.call.strip()
        if "\n" in call:
            call = ast.unparse(expression)
        return f"def {ENTRY_NAME}():\n    return {call}\n"

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines of the wrapped program; line n is ``lines[n - 1]``."""
        return tuple((self.text + self.entry_text).split("\n")[:-1])

    @property
    def entry_line(self) -> int:
        """1-based line of ``def main():``; meaningless for a script."""
        return self.text.count("\n") + 1

    def source_line(self, line: int, file: str = "") -> str:
        """Returns the text of a 1-based line without indentation; empty out of range."""
        if file:
            source = self.sources.get(code_name(file))
            return source.line(line) if source else ""
        return self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything but the name, in hexadecimal."""
        text = f"{self.text}\0{self.call}"
        if self.files or self.argv or self.stdin or self.tests or self.edits:
            edits = [edit.to_json() for edit in self.edits]
            text += "\0" + json.dumps([self.files, self.argv, self.stdin, self.tests, edits])
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Returns the program as plain JSON data, without the fields that have their defaults."""
        data: dict[str, Any] = {"source": self.source, "call": self.call, "name": self.name}
        if self.files:
            data["files"] = [list(pair) for pair in self.files]
        if self.argv:
            data["argv"] = list(self.argv)
        if self.stdin:
            data["stdin"] = self.stdin
        if self.tests:
            data["tests"] = True
        if self.edits:
            data["edits"] = [edit.to_json() for edit in self.edits]
        return data

    @staticmethod
    def from_json(data: dict[str, Any]) -> Program:
        """Reads what `to_json` wrote."""
        return Program(
            data["source"],
            data["call"],
            data["name"],
            tuple((path, text) for path, text in data.get("files", ())),
            tuple(data.get("argv", ())),
            data.get("stdin", ""),
            data.get("tests", False),
            tuple(Edit(*edit) for edit in data.get("edits", ())),
        )

    @cached_property
    def module(self) -> ast.Module:
        """The parsed source, positions as written.

        Raises:
            ProgramError: the source does not compile.
        """
        return parse(self.text, self.name)

    @cached_property
    def entry(self) -> ast.Module | None:
        """The parsed entry wrapper, positioned after the last line; None for a script."""
        if self.is_script:
            return None
        with quietly():
            tree = ast.parse(self.entry_text)
        return ast.increment_lineno(tree, self.entry_line - 1)

    @cached_property
    def outline(self) -> Outline:
        """Where the source's statements begin and which names each of its functions binds.

        Raises:
            ProgramError: as `check`, but for the other files.
        """
        if self.tests and self.call is not None:
            raise ProgramError(
                f"{self.name} is to run its tests and the call {self.call!r}; choose one of them"
            )
        module, entry = self.module, self.entry
        if self.call is not None:
            self._require_names()
        return Outline.of(module, entry)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source that is debugged, by the file name it is compiled under; the program's own first.

        Raises:
            ProgramError: as `check`.
        """
        outline, wrapped = self.outline, stripped_lines(self.text + self.entry_text)
        own = Source("", self.name, self.text, self.module, outline, wrapped)
        require_importable(self.name, (path for path, _ in self.files), self.module_name)
        parsed = [(path, plain_newlines(text)) for path, text in self.files]
        trees = [parse(text, path) for path, text in parsed]
        if not parsed:
            return {own.code_name: own}
        traced = self.is_script or any(map(imports_late, (self.module, *trees)))
        found = {own.code_name: own}
        for (path, text), tree in zip(parsed, trees, strict=True):
            lines = stripped_lines(text)
            source = Source(path, path, text, tree, Outline.of(tree, None, traced), lines)
            found[source.code_name] = source
        return found

    @cached_property
    def expected_failures(self) -> frozenset[str]:
        """Names of the functions that are tests meant to fail, see `suite.is_failure`."""
        return frozenset(expected_failures(source.module for source in self.sources.values()))

    def require_breakable(self, line: int, file: str = "") -> None:
        """Checks that a breakpoint at a line can bind.

        Raises:
            ProgramError: no statement of the traced program begins there, or
                there is no such file; the text names the nearest line where one
                does, or the files.
        """
        source = self.sources.get(code_name(file))
        if source is None:
            have = ", ".join(repr(path) for path, _ in self.files) or "none"
            raise ProgramError(
                f"{self.name}: a breakpoint in {file!r} can never bind: there is no such file; "
                f"beside the program's own source there are: {have}"
            )
        lines = source.outline.stop_lines
        if line in lines:
            return
        near = min(lines, key=lambda other: (abs(other - line), other), default=None)
        hint = f"; the nearest line that can stop is {near}: {source.line(near)}" if near else ""
        raise ProgramError(
            f"{source.name}: a breakpoint on line {line} can never bind: "
            f"no statement of the traced code begins there{hint}"
        )

    @cached_property
    def _call_expression(self) -> ast.expr:
        try:
            with quietly():
                return ast.parse(self.call.strip(), mode="eval").body  # type: ignore[union-attr]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ProgramError(
                f"the call {self.call!r} does not parse ({reason_of(error)}); "
                "write one expression, such as f(1, 2)"
            ) from None

    def _require_names(self) -> None:
        """Refuses a call whose names the program cannot define."""
        nodes = list(ast.walk(self._call_expression))
        bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        bound |= {a.arg for n in nodes if isinstance(n, ast.arguments) for a in _arguments(n)}
        used = [n.id for n in nodes if isinstance(n, ast.Name) and n.id not in bound | _BUILTINS]
        plain = {node.name for node in self.module.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        if plain.issuperset(used):  # mostly, and then nobody needs a table of symbols
            return
        if any(
            isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
            for node in ast.walk(self.module)
        ):
            return
        known = _module_names(self.text)
        for name in used:
            if name not in known:
                have = ", ".join(sorted(known)) or "nothing"
                raise ProgramError(
                    f"{self.name} does not define {name!r}, which the call {self.call!r} uses; "
                    f"it defines: {have}"
                )


_BUILTINS = frozenset(dir(__import__("builtins"))) | {"__name__"}


def _arguments(node: ast.arguments) -> list[ast.arg]:
    extra = [a for a in (node.vararg, node.kwarg) if a is not None]
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *extra]


def _module_names(text: str) -> set[str]:
    """Names that the module body binds, also by ``global`` in a function."""
    with quietly():
        table = symtable.symtable(text, "<program>", "exec")
    names = {
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    todo = list(table.get_children())
    while todo:
        child = todo.pop()
        todo.extend(child.get_children())
        names |= {s.get_name() for s in child.get_symbols() if s.is_declared_global() and s.is_assigned()}
    return names
