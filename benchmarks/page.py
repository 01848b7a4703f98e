"""Writes docs/benchmarks.md from the JSON that the benchmark programs wrote; nothing in it is typed by hand.

python benchmarks/page.py [--from docs/benchmarks] [--page docs/benchmarks.md]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.report import GOAL_COLUMNS, goal_rows

ORDER = (
    "neural",
    "neural_unread",
    "robustness",
    "inputs",
    "questions",
    "drills",
    "encodings",
    "encodings_tokenizers",
    "training",
    "engine",
    "engine_stock",
    "engine_limits",
    "planner",
    "inverse_tester",
    "inverse_tester_steps",
    "debuggers",
    "hot_loop",
    "recording",
    "lookups",
    "environments",
    "data",
    "ablation",
    "learning",
    "curriculum",
    "localising",
)
TITLES = {
    "neural": "The neural debugger",
    "neural_unread": "The half of CRUXEval's rows that nobody looked at",
    "robustness": "Programs written in other ways",
    "inputs": "Inputs that are dreamt of before they are answered",
    "questions": "Where the neural debugger errs",
    "drills": "Small questions, by what they are about",
    "encodings": "Encodings and tokenizers",
    "encodings_tokenizers": "Tokenizers, on few tokens",
    "training": "Padded or packed, one token or three",
    "engine": "How fast the neural debugger answers",
    "engine_stock": "How fast a stock model answers",
    "engine_limits": "A step of decoding against what the device allows",
    "planner": "Planning in the dream, moving in the real debugger",
    "inverse_tester": "Arguments looked for in the dream, run for real",
    "inverse_tester_steps": "The same, doubtful operations asked in steps",
    "debuggers": "Moves beside other debuggers",
    "hot_loop": "A breakpoint in a hot loop",
    "recording": "Recording",
    "lookups": "Look-ups on a recorded run",
    "environments": "Environments: make, reset and step",
    "data": "Data sets of runs",
    "ablation": "Agents with true feedback, and with that of other programs",
    "learning": "Agents that learn to reach states",
    "curriculum": "Agents that learn by a curriculum, and without one",
    "localising": "Agents that learn to find faults",
}
PROGRAMS = {
    "curriculum": "learning",
    "engine_stock": "engine",
    "engine_limits": "engine",
    "inverse_tester_steps": "inverse_tester",
    "neural_unread": "neural",
    "encodings_tokenizers": "encodings",
    "localising": "learning",
}
"""Programs by the results that are named otherwise."""
HEAD = """\
# Benchmarks

Made by `make bench` and `python benchmarks/page.py` from the JSON beside this page. Each section is one
run, everything in it measured side by side; other machines give other numbers, so read the ratios.
"""


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="folder", type=Path, default=Path("docs/benchmarks"))
    parser.add_argument("--page", type=Path, default=Path("docs/benchmarks.md"))
    args = parser.parse_args()
    found = {path.stem: json.loads(path.read_text()) for path in sorted(args.folder.glob("*.json"))}
    names = [name for name in ORDER if name in found]
    if not names:
        parser.error(f"{args.folder} holds no results; run `make bench` and copy out/*.json there")
    args.page.write_text("\n".join([HEAD, *(line for name in names for line in section(name, found[name]))]))
    print(f"{args.page}: {', '.join(names)}")


def section(name: str, told: Mapping[str, Any]) -> Iterator[str]:
    """Yields the lines of the section of some results."""
    machine, settings = told["machine"], told["settings"]
    program = PROGRAMS.get(name, name)
    yield f"## {TITLES[name]}\n"
    yield (
        f"`python benchmarks/{program}.py`; {machine['cpu']}, {machine['cores']} cores (load "
        f"{machine['load']} when it began), {machine['system']}, Python {machine['python']}.\n"
    )
    kept = {
        key: value for key, value in settings.items() if key not in ("json", "python") and value is not None
    }
    yield "Settings: " + ", ".join(f"{key} {_text(value)}" for key, value in kept.items()) + ".\n"
    for table in told["tables"]:
        yield f"**{table['title']}**\n"
        yield markdown(table["columns"], table["rows"])
    if told["goals"]:
        yield "**Goals**\n"
        yield markdown(GOAL_COLUMNS, goal_rows(told["goals"]))
    for note in told["notes"]:
        yield note + "\n"
    for name, reason in told["missing"].items():
        yield f"- Not measured: {name}: {reason}"
    if told["missing"]:
        yield ""


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown, an empty line behind it."""
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    main()
