"""The columns of a data set of runs, version `VERSION`: one row is one run of one program.

The trace is text: the lines of `sandboxes.debugger.packing`, one state a line in time, the terminal state
last. Compressed with zstd it is smaller than columns of lists (``benchmarks/data.py`` measures both), and
what reads it checks all of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from debugworld.sandboxes.debugger import Event, Program, ProgramError, State, Trace
from debugworld.sandboxes.debugger.packing import Packer, PackingError, Unpacker
from debugworld.sandboxes.debugger.source import plain_newlines, stripped_lines
from debugworld.worldmodel.data.alpha import Keys
from debugworld.worldmodel.errors import ModelError

VERSION = 1
"""Of the columns and of what stands in them; it grows whenever a reader must know."""
_MOST_STATES = 10_000_000
_TEXTS = ("group", "split", "source", "origin", "licence", "parent", "change")


@dataclass(frozen=True)
class Run:
    """One row."""

    program: Program
    """What ran, its call included."""
    trace: Trace
    """What it did."""
    keys: Keys
    """What it is but for its names."""
    group: str
    """What stays on one side of a split."""
    split: str
    """``train``, ``test`` or ``robustness``."""
    source: str = ""
    """The URI of the source."""
    origin: str = ""
    """Who published it."""
    licence: str = ""
    """Under which licence."""
    tags: tuple[str, ...] = ()
    """Constructs of the text and what the source says, sorted."""
    parent: str = ""
    """Digest of the program that it was made from, by mutation or rewriting; empty for one of a source."""
    change: str = ""
    """How: ``mutation`` or the names of the rewrites."""


def columns() -> Any:
    """Returns the pyarrow schema of a shard of runs."""
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    return pa.schema(
        [
            pa.field("digest", text, nullable=False),
            pa.field("name", text, nullable=False),
            pa.field("code", text, nullable=False),
            pa.field("call", text),
            pa.field("options", text),
            pa.field("alpha_key", text, nullable=False),
            pa.field("source_key", text, nullable=False),
            pa.field("function_keys", texts, nullable=False),
            pa.field("group", text, nullable=False),
            pa.field("split", text, nullable=False),
            pa.field("source", text, nullable=False),
            pa.field("origin", text, nullable=False),
            pa.field("licence", text, nullable=False),
            pa.field("tags", texts, nullable=False),
            pa.field("parent", text, nullable=False),
            pa.field("change", text, nullable=False),
            pa.field("python", text, nullable=False),
            pa.field("exit_code", text, nullable=False),
            pa.field("exit_reason", text, nullable=False),
            pa.field("states", pa.int32(), nullable=False),
            pa.field("trace", text, nullable=False),
        ],
        metadata={"debugworld": json.dumps({"content": "runs", "version": VERSION})},
    )


def row_of(run: Run) -> dict[str, Any]:
    """Returns a run as a row.

    Raises:
        ModelError: a text of the program is not Unicode (it has lone surrogates), so that no Parquet file
            can hold it.
    """
    program, keys = run.program, run.keys
    rare = {k: v for k, v in program.to_json().items() if k not in ("source", "call", "name")}
    try:
        "\0".join((program.source, program.call or "", program.name, run.group)).encode()
    except UnicodeEncodeError:
        raise ModelError(f"{program.name} has lone surrogates in its text; write them as escapes") from None
    return {
        "digest": program.digest,
        "name": program.name,
        "code": program.source,
        "call": program.call,
        "options": json.dumps(rare) if rare else None,
        "alpha_key": keys.program,
        "source_key": keys.source,
        "function_keys": list(keys.functions),
        "group": run.group,
        "split": run.split,
        "source": run.source,
        "origin": run.origin,
        "licence": run.licence,
        "tags": list(run.tags),
        "parent": run.parent,
        "change": run.change,
        "python": run.trace.python,
        "exit_code": run.trace.exit.code.value,
        "exit_reason": run.trace.exit.reason,
        "states": len(run.trace.states),
        "trace": pack([*run.trace.states, run.trace.final]),
    }


def run_of(row: dict[str, Any]) -> Run:
    """Reads what `row_of` wrote.

    Raises:
        ModelError: the row holds no run.
    """
    try:
        program = program_of(row)
        keys = Keys(row["alpha_key"], row["source_key"], tuple(row["function_keys"]))
        rest = {name: row[name] for name in _TEXTS}
        return Run(program, trace_of(row, program), keys, tags=tuple(row["tags"]), **rest)
    except (AttributeError, KeyError, TypeError, ValueError, ProgramError) as error:
        raise ModelError(f"a row is no run ({type(error).__name__}: {error})") from None


def program_of(row: dict[str, Any]) -> Program:
    """Returns the program of a row."""
    rare = json.loads(row["options"]) if row["options"] else {}
    return Program.from_json({**rare, "source": row["code"], "call": row["call"], "name": row["name"]})


def trace_of(row: dict[str, Any], program: Program) -> Trace:
    """Returns the trace of a row.

    Raises:
        ModelError: it is none of the program, or not as long as the row says.
    """
    trace = unpack(row["trace"], program, row["python"])
    if len(trace.states) != row["states"]:
        raise ModelError(f"{program.name}: {len(trace.states)} states, and the row says {row['states']}")
    return trace


def pack(states: Sequence[State]) -> str:
    """Returns states in time as lines of text."""
    packer = Packer()
    for state in states:
        packer.add(state)
    return packer.take().decode("ascii")


def unpack(text: str, program: Program, python: str) -> Trace:
    """Reads what `pack` wrote of a whole run of a program, the terminal state last.

    Raises:
        ModelError: these are no states of the program, or they do not end.
    """
    lines = {"": stripped_lines(program.text + program.entry_text)[1:] or ("",)}
    for path, source in program.files:
        lines[path] = stripped_lines(plain_newlines(source))[1:] or ("",)
    try:
        unpacker = Unpacker(lines, _MOST_STATES)
        states = [*unpacker.feed(text.encode("ascii"))]
    except (PackingError, UnicodeEncodeError) as error:
        raise ModelError(f"{program.name}: the trace cannot be read: {error}") from None
    final = states.pop() if states else None
    if not unpacker.whole or final is None or final.event is not Event.EXIT or final.exit is None:
        raise ModelError(f"{program.name}: the trace has no end")
    return Trace(python, tuple(states), final.exit, final.stdout, final.stderr)
