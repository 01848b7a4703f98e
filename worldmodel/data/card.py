"""The card of a data set: ``card.json`` for programs, ``README.md`` for people and for ``datasets``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from debugworld import __version__

CARD = "card.json"
"""Name of the machine-readable card."""
_ON_THE_HUB = frozenset(
    (
        *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "mpl-2.0", "unlicense", "cc0-1.0"),
        *("cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0"),
    )
)
"""Licences that the hub has a word for, in its words."""


def write_card(out: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Writes both forms of a card.

    Args:
        out: the folder of the data set.
        card: as `shards.write_dataset` makes it, and ``trajectories`` where there are any.

    Returns:
        The card, with the versions of what wrote it.
    """
    import pyarrow

    card = {**card, "versions": {"debugworld": __version__, "pyarrow": pyarrow.__version__}}
    (out / "README.md").write_text(_readme(card), encoding="utf-8")
    draft = out / f"{CARD}.tmp"
    draft.write_text(json.dumps(card, indent=1) + "\n")
    draft.replace(out / CARD)
    return card


def _readme(card: Mapping[str, Any]) -> str:
    splits, figures = card["splits"], card["figures"]
    told = [
        _front_matter(card),
        "# Recorded runs of Python programs\n",
        "One row is one run of one program under the debugger of debugworld: its text, how it was entered, "
        "and every state it went through.\n",
        _table(
            ("split", "programs", "runs", "states"),
            (
                (name, f"{s['programs']:,}", f"{s['runs']:,}", f"{s['states']:,}")
                for name, s in splits.items()
            ),
        ),
        _table(("source", "programs"), ((f"`{s['uri']}`", f"{s['programs']:,}") for s in card["sources"])),
        _counts("licence", card["licences"]),
        _counts("origin", card["origins"]),
        _counts("end of the run", card["exits"]),
        _counts("made by", card["changes"]),
        _table(
            ("construct", "runs", "states"),
            ((tag, f"{n['runs']:,}", f"{n['states']:,}") for tag, n in card["tags"].items()),
        ),
        _counts("what became of the programs", card["programs"]),
        _counts("left out of the shards", card["dropped"]),
        _counts("figure", figures),
        "## Reading it\n",
        "```python\nfrom debugworld.worldmodel.data.dataset import TraceDataset\n\n"
        'for program, trace in TraceDataset("FOLDER", split="train"):\n    ...\n```\n',
        '`datasets.load_dataset("FOLDER")` gives the rows as they stand. The columns are those of version '
        f"{card['version']}, which `docs/data.md` of debugworld describes.\n",
        "## How it was made\n",
        f"```json\n{json.dumps(card['recipe'], indent=1)}\n```\n",
    ]
    return "\n".join(part for part in told if part)


def _front_matter(card: Mapping[str, Any]) -> str:
    """The YAML that says which files make which split, how much there is, and under which licence."""
    lines = ["---", "pretty_name: Recorded runs of Python programs", "configs:"]
    for name, default, splits in (
        ("runs", True, card["splits"]),
        ("trajectories", False, card.get("trajectories", {}).get("splits", {})),
    ):
        if not splits:
            continue
        lines.append(f"- config_name: {name}")
        if default:
            lines.append("  default: true")
        lines.append("  data_files:")
        for split, about in splits.items():
            lines += [f"  - split: {split}", "    path:", *(f"    - {file}" for file in about["files"])]
    lines += [f"license: {_licence(card['licences'])}", "task_categories:", "- text-generation"]
    size = _size(sum(about["runs"] for about in card["splits"].values()))
    return "\n".join([*lines, "size_categories:", f"- {size}", "tags:", "- code", "- debugging", "---\n"])


def _licence(licences: Collection[str]) -> str:
    """Returns the hub's word for a licence, or two lines where it has none: mixed, unknown or rare."""
    name = "mixed" if len(licences) > 1 else next(iter(licences), "unknown").lower()
    slug = re.sub(r"[^a-z0-9.]+", "-", name).strip("-.") or "unknown"
    return slug if slug in _ON_THE_HUB else f"other\nlicense_name: {slug}"


def _size(rows: int) -> str:
    """Returns the hub's word for a number of rows."""
    steps = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
    below = sum(rows >= 10 ** (3 + power) for power in range(len(steps)))
    if not below:
        return f"n<{steps[0]}"
    return f"{steps[below - 1]}<n<{steps[below]}" if below < len(steps) else f"n>{steps[-1]}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def _counts(what: str, counts: Mapping[str, Any]) -> str:
    return _table(
        (what, "value" if what == "figure" else "count"),
        ((name.replace("_", " "), f"{n:,}" if isinstance(n, int) else str(n)) for name, n in counts.items()),
    )
