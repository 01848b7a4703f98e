"""From recorded parts to the shards of a data set: nothing twice, nothing of the test split in training.

Dropped are, in this order: a run that is there already, one whose program and call differ from another's in
names only, and one of training whose source, or a larger function of it, stands in another split too.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from debugworld.worldmodel.data.card import write_card
from debugworld.worldmodel.data.dataset import read_rows
from debugworld.worldmodel.data.parts import said
from debugworld.worldmodel.data.schema import VERSION, columns
from debugworld.worldmodel.data.sources import ROBUSTNESS, TEST, TRAIN
from debugworld.worldmodel.data.tables import create_table
from debugworld.worldmodel.draft import naming

SHARD_BYTES = 256 << 20
"""Bytes of uncompressed traces after which another shard begins."""
ROW_GROUP = 1000
"""Rows that are compressed together, and in memory at a time."""
_KEYS = ("digest", "alpha_key", "source_key", "function_keys", "split")


def write_dataset(
    out: Path,
    parts: Sequence[Path],
    recipe: dict[str, Any],
    sources: list[dict[str, Any]],
    figures: dict[str, Any],
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, Any]:
    """Writes the shards and the card of a data set.

    Args:
        out: its folder.
        parts: files of `recording.record_part`, in order.
        recipe: what it was made from, for the card.
        sources: about each source, for the card.
        figures: what was measured, for the card.
        progress: as for `recording.record_dataset`.

    Returns:
        The card.

    Raises:
        ModelError: a part is damaged.
    """
    dropped: Counter[str] = Counter()
    kept = _kept(parts, dropped)
    shutil.rmtree(out / "data", ignore_errors=True)
    (out / "data").mkdir(parents=True)
    writer = _Writer(out)
    for number, path in enumerate(parts):
        for place, row in enumerate(read_rows(path, "runs")):
            if (number, place) in kept:
                writer.add(row)
        progress("writing", number + 1, len(parts))
    writer.close()
    counts: Counter[str] = Counter()
    seconds = 0.0
    for path in parts:
        about = said(path)
        counts.update(about["counts"])
        seconds += about["seconds"]
    states = sum(split["states"] for split in writer.splits.values())
    size = sum((out / name).stat().st_size for split in writer.splits.values() for name in split["files"])
    card = {
        "version": VERSION,
        "recipe": recipe,
        "sources": sources,
        "splits": writer.splits,
        "tags": {tag: {"runs": found[0], "states": found[1]} for tag, found in sorted(writer.tags.items())},
        **{name: dict(sorted(found.items())) for name, found in writer.counts.items()},
        "programs": dict(sorted(counts.items())),
        "dropped": {name: dropped[name] for name in ("repeated", "alpha_equivalent", "in_test")},
        "figures": figures
        | {
            "busy_seconds": round(seconds, 3),
            "states_per_busy_second": round(states / seconds, 1) if seconds else None,
            "bytes": size,
            "bytes_per_state": round(size / states, 3) if states else None,
        },
    }
    return write_card(out, card)


def _kept(parts: Sequence[Path], dropped: Counter[str]) -> set[tuple[int, int]]:
    """Returns the part and the place in it of each row that stays."""
    sources, functions = set(), set()
    for _, _, row in _keys(parts):
        if row["split"] != TRAIN:
            sources.add(row["source_key"])
            functions.update(row["function_keys"])
    kept, digests, keys = set(), set(), set()
    for number, place, row in _keys(parts):
        known = (row["split"] == ROBUSTNESS, row["alpha_key"])
        if row["digest"] in digests:
            dropped["repeated"] += 1
        elif known in keys and row["split"] != ROBUSTNESS:
            dropped["alpha_equivalent"] += 1
        elif row["split"] == TRAIN and (
            row["source_key"] in sources or not functions.isdisjoint(row["function_keys"])
        ):
            dropped["in_test"] += 1
        else:
            kept.add((number, place))
            digests.add(row["digest"])
            keys.add(known)
    return kept


def _keys(parts: Sequence[Path]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for number, path in enumerate(parts):
        for place, row in enumerate(read_rows(path, "runs", _KEYS)):
            yield number, place, row


class _Writer:
    """Writes rows into shards by split, and counts them."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._open: dict[str, Any] = {}
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._size: Counter[str] = Counter()
        self._sources: dict[str, set[str]] = defaultdict(set)
        self.splits: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("licences", "origins", "exits", "pythons", "changes")
        }

    def add(self, row: dict[str, Any]) -> None:
        """Takes a row."""
        split = row["split"]
        about = self.splits.setdefault(split, {"files": [], "runs": 0, "programs": 0, "states": 0})
        about["runs"] += 1
        about["states"] += row["states"]
        if row["source_key"] not in self._sources[split]:
            self._sources[split].add(row["source_key"])
            about["programs"] += 1
        for tag in row["tags"]:
            self.tags[tag][0] += 1
            self.tags[tag][1] += row["states"]
        self.counts["licences"][row["licence"] or "unknown"] += 1
        self.counts["origins"][row["origin"] or "unknown"] += 1
        self.counts["exits"][f"{row['exit_code']}: {row['exit_reason']}"] += 1
        self.counts["pythons"][row["python"]] += 1
        self.counts["changes"][row["change"] or "none"] += 1
        self._rows[split].append(row)
        self._size[split] += len(row["trace"])
        if len(self._rows[split]) >= ROW_GROUP:
            self._flush(split)
        if self._size[split] >= SHARD_BYTES:
            self._finish(split)

    def close(self) -> None:
        """Ends all shards."""
        for split in list(self._rows):
            self._finish(split)
        order = (TRAIN, TEST, ROBUSTNESS)
        self.splits = {split: self.splits[split] for split in order if split in self.splits}

    def _flush(self, split: str) -> None:
        import pyarrow as pa

        rows, self._rows[split] = self._rows[split], []
        if not rows:
            return
        if split not in self._open:
            files = self.splits[split]["files"]
            name = f"data/{split}-{len(files):05}.parquet"
            files.append(name)
            self._open[split] = create_table(self._out / name, columns())
        with naming(self._out / self.splits[split]["files"][-1]):
            self._open[split].write_table(pa.Table.from_pylist(rows, schema=columns()))

    def _finish(self, split: str) -> None:
        self._flush(split)
        self._size[split] = 0
        if split in self._open:
            with naming(self._out / self.splits[split]["files"][-1]):
                self._open.pop(split).close()
