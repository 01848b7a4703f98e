"""Writes the tables of figures in README.md and the model's card from the JSON of the benchmarks.

python benchmarks/tables.py [--from docs] [PAGE...]

A table stands in a page between ``<!-- figures NAME -->`` and ``<!-- end -->``; all else of the page stays.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from page import markdown

PAGES = (Path("README.md"), Path("worldmodel/checkpoint/README.md"))
SETS = {"generator": "generator programs", "cruxeval": "CRUXEval", "real, held out": "real, held out"}
ORDER = ("step_into", "step_over", "step_over, skipping", "step_return", "run_to", "continue")
_BLOCK = re.compile(r"(<!-- figures (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
Rows = Iterator[Sequence[str]]


def main() -> None:
    """Writes the pages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="folder", type=Path, default=Path("docs"))
    parser.add_argument("pages", type=Path, nargs="*", default=PAGES, metavar="PAGE")
    args = parser.parse_args()
    for page in args.pages:
        page.write_text(filled(page.read_text(), args.folder))
        print(page)


def filled(text: str, folder: Path) -> str:
    """Returns a page with its tables as the results have them.

    Args:
        text: The page.
        folder: Holds ``benchmarks`` and ``fidelity``.

    Raises:
        KeyError: the page names figures that there are none of.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{markdown(*_table(found[2], folder))}{found[3]}", text)


def _table(name: str, folder: Path) -> tuple[Sequence[str], list[Sequence[str]]]:
    columns, rows = FIGURES[name]
    return columns, list(rows(folder))


def _results(folder: Path, name: str) -> Any:
    return json.loads((folder / "benchmarks" / f"{name}.json").read_text())["results"]


def _percent(told: Mapping[str, float]) -> str:
    return f"{100 * told['mean']:.1f} [{100 * told['low']:.1f}, {100 * told['high']:.1f}]"


def _actions(granularity: str) -> Callable[[Path], Rows]:
    def rows(folder: Path) -> Rows:
        results = _results(folder, "neural")
        for action in ORDER:
            cells = [results[name][granularity]["actions"][action] for name in SETS]
            yield [
                action,
                *(text for cell in cells for text in (f"{cell['count']:,}", _percent(cell["exact"]))),
            ]

    return rows


def _cruxeval(folder: Path) -> Rows:
    results = _results(folder, "neural")["cruxeval tasks"]
    rows = results["inputs, one inverse question"]["questions"]
    for task, told in results.items():
        yield [task, _percent(told["pass@1"]), f"{told['questions'] / rows:.1f}"]
    for way in ("expression", "steps"):
        card = json.loads((folder / "fidelity" / f"cruxeval400-{way}.json").read_text())
        found = card["cruxeval"]["input"]
        asked = round(card["cost"]["questions"] / found["count"], -2)
        yield [f"inputs, searched for in the dream, {way}", _percent(found), f"some {asked:.0f}"]


def _curve(folder: Path) -> Rows:
    for told in _results(folder, "questions")["curve"]:
        size, tokens = f"{told['parameters']:,}", f"{told['tokens']:,}"
        yield [size, tokens, *(_percent(told[name]) for name in SETS)]


def _families(folder: Path) -> Rows:
    tables = json.loads((folder / "benchmarks" / "questions.json").read_text())["tables"]
    [families] = [table for table in tables if table["title"].startswith("Wrong answers")]
    yield from families["rows"]


def _calibration(file: str) -> Callable[[Path], Rows]:
    return lambda folder: _errors(json.loads((folder / "benchmarks" / file).read_text()))


def _errors(told: Mapping[str, Any]) -> Rows:
    before, after = told["before"], told["after"]
    generated, real = (name for name in before if name != "together")
    named = {
        "generator programs": (generated, "all"),
        "real functions": (real, "all"),
        "both": ("together", "all"),
        "both, steps": ("together", "step"),
        "both, rollouts": ("together", "rollout"),
        "both, direct jumps": ("together", "jump"),
    }
    for name, (source, kind) in named.items():
        raw, fitted = before[source][kind], after[source][kind]
        error = fitted["ece"]
        yield [
            name,
            f"{raw['count']:,}",
            f"{100 * raw['accuracy']['mean']:.0f}",
            f"{raw['ece']['mean']:.3f}",
            f"{error['mean']:.3f} [{error['low']:.3f}, {error['high']:.3f}]",
            f"{fitted['ece_floor']:.3f}",
            f"{raw['brier']:.3f}",
            f"{fitted['brier']:.3f}",
        ]


_BY_ACTION = ["action", *(text for title in SETS.values() for text in ("answers", title))]
_ASKED = ["about", *SETS.values()]
_ERRORS = ["answers", "right, %", "ECE, raw", "ECE, calibrated", "ECE by chance", "Brier, raw"]
FIGURES: dict[str, tuple[Sequence[str], Callable[[Path], Rows]]] = {
    "by action, expression": (_BY_ACTION, _actions("expression")),
    "by action, steps": (_BY_ACTION, _actions("steps")),
    "tasks of CRUXEval": (["CRUXEval task, checked by running", "pass@1", "questions a row"], _cruxeval),
    "statements right": (["parameters", "tokens", *SETS.values()], _curve),
    "wrong answers": (_ASKED, _families),
    "calibration": (["", *_ERRORS, "Brier, calibrated"], _calibration("calibration.json")),
    "calibration, expression": (
        ["", *_ERRORS, "Brier, calibrated"],
        _calibration("calibration_expression.json"),
    ),
}
"""Columns and rows by name."""


if __name__ == "__main__":
    main()
