"""The words of the command line that make a program: its source, entry, modules and input."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from debugworld.sandboxes.debugger import Program, ProgramError

STDIN = "-"
"""Stands for the standard input in place of a file's name."""


def add_program_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that `read_program` reads."""
    add = parser.add_argument
    add("file", metavar="FILE", help="the program, UTF-8 text")
    entry = parser.add_mutually_exclusive_group()
    entry.add_argument(
        "--call",
        metavar="EXPR",
        help="enter it by this call, such as 'f(1, 2)'; without it, the file is a script",
    )
    entry.add_argument(
        "--tests", action="store_true", help="run its unittest cases and its functions test_* instead"
    )
    add(
        "--file",
        dest="files",
        action="append",
        default=[],
        metavar="OTHER",
        help="another module of the program, or the folder of a package; may be repeated",
    )
    add("--stdin", metavar="FILE", help="what it can read from its standard input; - is this command's")
    add(
        "--argv",
        default="",
        metavar="WORDS",
        help="what it finds in sys.argv[1:], quoted as in a shell: --argv='-n 3 \"two words\"'",
    )


def read_program(args: argparse.Namespace) -> Program:
    """Reads the program that the arguments describe, and parses it.

    Raises:
        OSError: a file cannot be read.
        ProgramError: a file is no UTF-8 text, two modules have one name, a quote is open, or the
            program cannot be debugged as given.
    """
    source = Program.read(args.file).source
    return Program(
        source,
        args.call,
        args.file,
        _modules(args.files),
        _words(args.argv),
        "" if args.stdin is None else read_text(args.stdin),
        args.tests,
    ).check()


def read_text(path: str) -> str:
    """Returns the text of a file; ``-`` is the standard input.

    Raises:
        OSError: it cannot be read.
        ProgramError: it is not UTF-8 text.
    """
    if path == STDIN and sys.stdin is None:
        raise ProgramError("there is no standard input to read; give a file")
    content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProgramError(f"{path} is not UTF-8 text (byte {error.start})") from None


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ProgramError(f"--argv {text!r} cannot be split into words: {error}") from None


def _modules(paths: list[str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for path in paths:
        for name, file in _sources(path):
            if name in found:
                raise ProgramError(f"--file {path}: there are two modules {name}; each is given once")
            found[name] = Program.read(str(file)).source
    return tuple(found.items())


def _sources(path: str) -> Iterator[tuple[str, Path]]:
    """Yields a module, or those of a package that can be imported, each after its path in the program."""
    root = Path(path)
    if not root.is_dir():
        if root.suffix != ".py":
            raise ProgramError(f"--file {path}: give NAME.py, or the folder of a package")
        yield root.name, root
        return
    top = root.resolve()
    names = sorted(
        Path(folder, name).relative_to(root)
        for folder, _, files in os.walk(root)
        for name in files
        if name.endswith(".py")
    )
    reachable = [name for name in names if all(map(str.isidentifier, name.with_suffix("").parts))]
    if not reachable:
        raise ProgramError(f"--file {path}: there is no module in this folder")
    yield from ((Path(top.name, name).as_posix(), root / name) for name in reachable)
