"""One source text of a program: a file's name, its lines, and what the debugger knows of them."""

from __future__ import annotations

import ast
import keyword
import operator
import re
import sys
import types
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from .errors import ProgramError
from .statements import Outline, flatten

FILENAME = "<program>"
"""File name under which the program's own source is compiled; its other files lie below it."""


_COMPREHENSION = re.compile(r"<(?:list|set|dict)comp>\.(?:<locals>\.)?")


def code_name(file: str) -> str:
    """Returns the name under which a file is compiled; the empty file is the program's own source."""
    return f"{FILENAME}/{file}" if file else FILENAME


def is_own(code: types.CodeType) -> bool:
    """Whether code was compiled from a source of the program."""
    name = code.co_filename
    return name.startswith(FILENAME) and name[len(FILENAME) :][:1] in ("", "/")


def module_name(file: str) -> str:
    """Returns the name by which a file such as ``pack/__init__.py`` is imported."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclass(frozen=True)
class Source:
    """A source that is debugged."""

    file: str
    """Its path, such as ``shapes.py``; empty for the program's own source."""
    name: str
    """What error texts call it."""
    text: str
    """What is written, without the entry's two lines."""
    module: ast.Module
    """The parsed text, positions as written."""
    outline: Outline
    """Where its statements begin and which names its functions bind, the entry's included."""
    lines: tuple[str, ...]
    """The stripped text of line n at n, the entry's included; empty at 0."""

    @cached_property
    def code_name(self) -> str:
        """The name under which it is compiled."""
        return code_name(self.file)

    def line(self, number: int) -> str:
        """Returns the text of a 1-based line without indentation; empty out of range."""
        return self.lines[number] if 0 < number < len(self.lines) else ""

    def compile(self) -> types.CodeType:
        """Compiles the text so that its traces are canonical."""
        with quietly():
            return compile_flat(ast.parse(self.text), self.code_name)


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps the compiler's warnings back: which there are differs from version to version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compile_flat(tree: ast.Module, name: str) -> types.CodeType:
    """Compiles a tree, which it flattens in place; what the compiler would warn of is not said."""
    with quietly():
        return _renamed(compile(flatten(tree), name, "exec", dont_inherit=True))


def _renamed(code: types.CodeType) -> types.CodeType:
    """Takes comprehensions out of the names of what they hold, as where they are no functions."""
    inner = tuple(_renamed(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    name = _COMPREHENSION.sub("", code.co_qualname)
    if name == code.co_qualname and all(map(operator.is_, inner, code.co_consts)):
        return code
    return code.replace(co_consts=inner, co_qualname=name)


def parse(text: str, name: str) -> ast.Module:
    """Parses and compiles a text, without warnings.

    Raises:
        ProgramError: it does not compile; the message begins with the name and shows line and caret.
    """
    try:
        with quietly():
            tree = ast.parse(text)
            compile(text, FILENAME, "exec", dont_inherit=True)
        return tree
    except SyntaxError as error:
        line = (error.text or "").rstrip("\n")
        shown = f"\n    {line}\n    {' ' * max((error.offset or 1) - 1, 0)}^" if line else ""
        where = name if error.lineno is None else f"{name}, line {error.lineno}"
        raise ProgramError(f"{where}: {error.msg}{shown}") from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise ProgramError(f"{name} does not compile: {reason_of(error)}") from None


def reason_of(error: BaseException) -> str:
    """Returns why something does not compile, in a few words."""
    if isinstance(error, SyntaxError):
        return error.msg or "invalid syntax"
    return str(error) or type(error).__name__


def plain_newlines(text: str) -> str:
    """Returns a text with newlines only, and one at its end unless it is empty."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") or not text else text + "\n"


def stripped_lines(text: str) -> tuple[str, ...]:
    """Returns a text's lines as `Source.lines` has them."""
    return ("", *(line.strip() for line in text.split("\n")[:-1]))


def require_importable(name: str, files: Iterable[str], own_module: str) -> None:
    """Checks that each file of a program can be imported, by a name of its own.

    A file may not take the name of a module of the standard library, although Python would let it:
    which of those are loaded before the program starts differs from version to version, and the debugger
    stands on some.

    Args:
        name: what error texts call the program.
        files: the files' paths.
        own_module: the name under which the program's own source is found in ``sys.modules``.

    Raises:
        ProgramError: one of them cannot; the message says what would be right.
    """
    known: dict[str, str] = {}
    for file in files:
        *folders, last = file.removesuffix(".py").split("/")
        parts = [*folders, last]
        if not file.endswith(".py") or not all(p.isidentifier() and not keyword.iskeyword(p) for p in parts):
            raise ProgramError(
                f"{name}: no module can be imported from the file {file!r}; "
                "give a relative path such as shapes.py or pack/shapes.py, of names that Python can import"
            )
        module = module_name(file)
        top = parts[0]
        if module == "__init__":
            raise ProgramError(f"{name}: __init__.py makes no package by itself; put it into a folder")
        if top == own_module:
            raise ProgramError(f"{name}: {file} would hide the program itself, the module {top!r}; rename it")
        if top in sys.stdlib_module_names:
            raise ProgramError(f"{name}: {file} would hide {top!r} of the standard library; rename it")
        if module in known:
            raise ProgramError(f"{name}: {known[module]} and {file} are both the module {module!r}")
        known[module] = file
    for module, file in known.items():
        if not file.endswith("/__init__.py") and any(other.startswith(module + ".") for other in known):
            raise ProgramError(
                f"{name}: {file} and the folder {file.removesuffix('.py')} are one module; keep one"
            )
