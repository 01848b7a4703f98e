"""The command line: finds the commands, parses, and turns known errors into exit status 2.

Errors that the package itself defines, unreadable files and missing extras are the caller's to
mend: one message on stderr, no traceback. Anything else is a bug and shows its traceback.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from debugworld import __version__, commands

FAULT = 2
"""Exit status for the caller's mistakes, as argparse has it."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it, and after SIGTERM."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status.

    Args:
        argv: words after ``debugworld``; None takes them from ``sys.argv``.
    """
    args = build_parser().parse_args(argv)
    try:
        with _terminable():
            status = args.run(args)
        sys.stdout.flush()
        return int(status)
    except KeyboardInterrupt:
        print("debugworld: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        text = _describe(error)
        if text is None:
            raise
        print(f"debugworld: error: {text}", file=sys.stderr)
        return FAULT


@contextmanager
def _terminable() -> Iterator[None]:
    """Lets SIGTERM end a command as Ctrl-C does: boxes and workers are closed, and what was made is kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser with one sub-command for each module of `debugworld.commands`."""
    parser = argparse.ArgumentParser(
        prog="debugworld",
        description="Debug Python programs for real, in a neural debugger, or both in lockstep.",
    )
    parser.add_argument("--version", action="version", version=f"debugworld {__version__}")
    words = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in command_modules():
        summary, _, rest = (module.__doc__ or "").partition("\n")
        command = words.add_parser(
            module.NAME,
            help=summary,
            description=f"{summary}\n{rest}".strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def command_modules() -> list[ModuleType]:
    """Imports and returns the command modules in the order of their names."""
    names = sorted(info.name for info in pkgutil.iter_modules(commands.__path__))
    return [importlib.import_module(f"{commands.__name__}.{name}") for name in names]


EXTRAS = {
    "docker": "docker",
    "torch": "model",
    "transformers": "model",
    "tokenizers": "model",
    "safetensors": "model",
    "accelerate": "model",
    "rich": "cli",
    "matplotlib": "report",
    "jinja2": "report",
    "PIL": "render",
    "moviepy": "video",
    "pyarrow": "data",
    "datasets": "data",
    "peft": "train",
    "tensorboard": "train",
    "gguf": "train",
    "openai": "endpoint",
    "ray": "rllib",
    "trl": "trl",
    "stable_baselines3": "sb3",
    "sb3_contrib": "sb3",
}
"""Which extra of the distribution brings a module."""


def _describe(error: Exception) -> str | None:
    """Returns the text for a known error; None when it is a bug."""
    if isinstance(error, OSError):
        told = error.strerror or (error.args[0] if error.args else type(error).__name__)
        return f"{error.filename}: {told}" if error.filename is not None else str(error)
    if isinstance(error, ModuleNotFoundError):
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        return f"{error}; install it with: pip install 'debugworld[{extra}]'" if extra else None
    return str(error) if type(error).__module__.startswith("debugworld.") else None
