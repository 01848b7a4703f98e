"""Trajectories of a data set of runs on disk: one shard beside each shard of runs, in the order of its runs.

A row holds the actions as text and its states as places: which run, and which state of it. Run 0 is the
recorded one; each assignment makes another, whose states stand in the row.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Action, IllegalAction, Program
from debugworld.worldmodel.data.card import write_card
from debugworld.worldmodel.data.dataset import TraceDataset, count_groups, read_card, read_rows, read_runs
from debugworld.worldmodel.data.parts import Part, is_whole, make_parts, make_rows, said
from debugworld.worldmodel.data.policies import POLICIES, walks
from debugworld.worldmodel.data.recording import box_of
from debugworld.worldmodel.data.schema import VERSION, Run, pack, run_of, unpack
from debugworld.worldmodel.data.tables import create_table, open_table
from debugworld.worldmodel.data.trajectories import Step, Trajectory, replayed, visited
from debugworld.worldmodel.draft import draft
from debugworld.worldmodel.errors import ModelError

PART = 100
"""Runs of one part."""


@dataclass(frozen=True)
class WalkConfig:
    """What trajectories are made.

    Attributes:
        walks: different walks over each run.
        policies: names of `policies.POLICIES`; none stands for all.
        seed: of the walks.
        max_steps: most actions of a walk.
        sandbox: the box for conditions, looks and assignments.
        timeout: seconds for each of these.
        workers: processes; 0 takes one for each core.
    """

    walks: int = 4
    policies: tuple[str, ...] = ()
    seed: int = 0
    max_steps: int = 64
    sandbox: str = "docker"
    timeout: float = 5.0
    workers: int = 0


def columns() -> Any:
    """Returns the pyarrow schema of a shard of trajectories."""
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    future = pa.struct([("edits", text), ("python", text), ("trace", text)])
    fields = [
        ("run", text),
        ("group", text),
        ("split", text),
        ("policy", text),
        ("goal", text),
        ("reached", pa.bool_()),
        ("backward", pa.bool_()),
        ("actions", texts),
        ("runs", pa.list_(pa.int16())),
        ("states", pa.list_(pa.int32())),
        ("replies", texts),
        ("futures", pa.list_(future)),
    ]
    about = {"debugworld": json.dumps({"content": "trajectories", "version": VERSION})}
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields], metadata=about)


def row_of(made: Trajectory, run: Run) -> dict[str, Any]:
    """Returns a trajectory over a run as a row."""
    return {
        "run": run.program.digest,
        "group": run.group,
        "split": run.split,
        "policy": made.policy,
        "goal": _plain(made.goal),
        "reached": made.reached,
        "backward": made.backward,
        "actions": list(made.actions),
        "runs": [step.run for step in made.steps],
        "states": [step.index for step in made.steps],
        "replies": [step.reply for step in made.steps],
        "futures": [
            {
                "edits": json.dumps([edit.to_json() for edit in program.edits]),
                "python": trace.python,
                "trace": pack([*trace.states, trace.final]),
            }
            for program, trace in made.futures
        ],
    }


def trajectory_of(row: dict[str, Any], run: Run) -> Trajectory:
    """Reads what `row_of` wrote.

    Raises:
        ModelError: the row does not fit its run.
    """
    try:
        futures = []
        for future in row["futures"]:
            data = {**run.program.to_json(), "edits": json.loads(future["edits"])}
            program = Program.from_json(data)
            futures.append((program, unpack(future["trace"], program, future["python"])))
        actions = [Action.parse(text) for text in row["actions"]]
        places = list(zip(row["runs"], row["states"], strict=True))
        states = replayed(run.program, run.trace, actions, places, futures)
        steps = [
            Step(*parts)
            for parts in zip(
                [None, *actions], states, row["states"], row["runs"], row["replies"], strict=True
            )
        ]
    except (KeyError, TypeError, ValueError, IndexError, IllegalAction) as error:
        raise ModelError(f"a trajectory does not fit its run ({type(error).__name__}: {error})") from None
    return Trajectory(
        run.program,
        visited(run.trace),
        tuple(steps),
        row["backward"],
        row["policy"],
        row["goal"],
        row["reached"],
        tuple(futures),
    )


def make_trajectories(
    path: Path,
    config: WalkConfig,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    anew: bool = False,
) -> dict[str, Any]:
    """Adds trajectories to a data set of runs, or goes on with that.

    Args:
        path: the folder of the data set.
        config: which.
        progress: called with what is being done, the parts done and their number.
        anew: removes what was made there with other settings.

    Returns:
        The card's part on trajectories.

    Raises:
        ModelError: there is no data set, no such policy, or there are other trajectories already.
        SandboxError: there is no such box.
    """
    unknown = [name for name in config.policies if name not in POLICIES]
    if unknown:
        raise ModelError(f"there is no policy {unknown[0]!r}; there are: {', '.join(POLICIES)}")
    if config.walks < 1 or config.max_steps < 1:
        raise ModelError("there must be at least one walk a run, of at least one step")
    open_sandbox(config.sandbox).close()
    card = read_card(path)
    recipe = {
        "version": VERSION,
        "walks": config.walks,
        "policies": list(config.policies or POLICIES),
        "seed": config.seed,
        "max_steps": config.max_steps,
        "timeout": config.timeout,
    }
    known = card.get("trajectories")
    if known is not None and known["recipe"] == recipe:
        return dict(known)
    if anew:
        _remove(path, card)
    elif known is not None:
        raise ModelError(
            f"{path} has trajectories made with other settings; give those again, or make these in their"
            " place with --anew"
        )
    begin = time.perf_counter()
    parts: dict[str, list[Part]] = {}
    for split, about in card["splits"].items():
        for name in about["files"]:
            shard, target = path / name, f"{split}-{Path(name).stem.rpartition('-')[2]}"
            for group, start in _slices(shard):
                place = path / "trajectories.parts" / f"{target}-{group:05}-{start:05}.parquet"
                parts.setdefault(f"{split}/{target}", []).append(Part(place, (shard, group, start, config)))
    every = [part for found in parts.values() for part in found]
    maker = partial(make_rows, walk_part, columns)
    make_parts(every, maker, recipe, config.workers, partial(progress, "walking"), is_whole)
    splits: dict[str, dict[str, Any]] = {}
    policies: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    (path / "trajectories").mkdir(exist_ok=True)
    for key, found in parts.items():
        split, _, target = key.partition("/")
        name = f"trajectories/{target}.parquet"
        count, steps = _join(path / name, [part.path for part in found], policies, reached)
        about = splits.setdefault(split, {"files": [], "trajectories": 0, "actions": 0})
        about["files"].append(name)
        about["trajectories"] += count
        about["actions"] += steps
    seconds = sum(said(part.path)["seconds"] for part in every)
    actions = sum(about["actions"] for about in splits.values())
    told = {
        "recipe": recipe,
        "splits": splits,
        "policies": dict(sorted(policies.items())),
        "reached": dict(sorted(reached.items())),
        "figures": {
            "wall_seconds": round(time.perf_counter() - begin, 3),
            "busy_seconds": round(seconds, 3),
            "actions_per_busy_second": round(actions / seconds, 1) if seconds else None,
        },
    }
    write_card(path, {**card, "trajectories": told})
    shutil.rmtree(path / "trajectories.parts", ignore_errors=True)
    return told


def _remove(path: Path, card: dict[str, Any]) -> None:
    """Removes trajectories and parts of them; the card goes first, so that it never tells of what is gone."""
    if card.pop("trajectories", None) is not None:
        write_card(path, card)
    for name in ("trajectories", "trajectories.parts"):
        shutil.rmtree(path / name, ignore_errors=True)


def walk_part(
    shard: Path, group: int, start: int, config: WalkConfig
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Walks over the runs of a part of a shard.

    Returns:
        The rows, and the seconds that it took.

    Raises:
        ModelError: the shard is damaged.
    """
    begin = time.perf_counter()
    box = box_of(config.sandbox, 2_000, config.timeout)
    rows = []
    with open_table(shard) as file:
        table = file.read_row_group(group).slice(start, PART)
    for given in table.to_pylist():
        run = run_of(given)
        for made in walks(
            run.program,
            run.trace,
            config.walks,
            config.seed,
            config.policies,
            box.record,
            box.session,
            config.max_steps,
        ):
            with suppress(UnicodeEncodeError):  # a reply or an action with lone surrogates has no UTF-8
                "".join((*made.actions, *(step.reply for step in made.steps))).encode()
                rows.append(row_of(made, run))
    return rows, {"seconds": time.perf_counter() - begin}


class TrajectoryDataset:
    """The trajectories of a data set; may be iterated any number of times.

    Args:
        path: the folder of the data set of runs.
        split: as for `TraceDataset`.

    Raises:
        ModelError: there is no data set, it has no such split, or no trajectories.
    """

    def __init__(self, path: Path | str, split: str | None = None) -> None:
        self.runs = TraceDataset(path, split)
        """The runs that are walked over."""
        card = self.runs.card
        if "trajectories" not in card:
            raise ModelError(
                f"{path} has no trajectories; make them with: debugworld data trajectories {path}"
            )
        splits = card["trajectories"]["splits"]
        self.shards = tuple(
            self.runs.path / name
            for name in _chosen(splits, self.runs.split)
            for name in splits[name]["files"]
        )
        """The files, in the order of the shards of runs."""
        self._count = sum(splits[name]["trajectories"] for name in _chosen(splits, self.runs.split))

    def __len__(self) -> int:
        """The number of trajectories, as the card has it."""
        return self._count

    def __iter__(self) -> Iterator[Trajectory]:
        """Yields the trajectories.

        Raises:
            ModelError: a shard is damaged; the text names the file.
        """
        for runs, shard in zip(self.runs.shards, self.shards, strict=True):
            yield from _read(runs, shard)


def _chosen(splits: dict[str, Any], split: str | None) -> list[str]:
    return list(splits) if split is None else [split]


def _read(runs: Path, shard: Path) -> Iterator[Trajectory]:
    found = read_runs(runs)
    run = next(found, None)
    for number, row in enumerate(read_rows(shard, "trajectories")):
        while run is not None and run.program.digest != row["run"]:
            run = next(found, None)
        if run is None:
            raise ModelError(f"{shard}, row {number}: {runs} has no such run; make the trajectories again")
        try:
            yield trajectory_of(row, run)
        except ModelError as error:
            raise ModelError(f"{shard}, row {number}, is damaged: {error}") from None


def read_walks(runs: Path, shard: Path, groups: Sequence[int]) -> Iterator[Trajectory]:
    """Yields the trajectories over a part of a shard of runs.

    Args:
        runs: the shard of runs.
        shard: the shard of trajectories over them.
        groups: numbers of the row groups of runs.

    Raises:
        ModelError: one of them is damaged; the text names the file.
    """
    known = {run.program.digest: run for run in read_runs(runs, groups)}
    for group in range(count_groups(shard)):
        if known.keys().isdisjoint(row["run"] for row in read_rows(shard, "trajectories", ["run"], [group])):
            continue
        for row in read_rows(shard, "trajectories", groups=[group]):
            if row["run"] in known:
                try:
                    yield trajectory_of(row, known[row["run"]])
                except ModelError as error:
                    raise ModelError(f"{shard}, a walk over {row['run']}, is damaged: {error}") from None


def _slices(shard: Path) -> Iterator[tuple[int, int]]:
    """Yields row groups of a shard, and where in them parts begin."""
    with open_table(shard) as file:
        rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    for group, count in enumerate(rows):
        for start in range(0, count, PART):
            yield group, start


def _join(path: Path, parts: list[Path], policies: Counter[str], reached: Counter[str]) -> tuple[int, int]:
    """Writes parts into one shard; returns its trajectories and actions."""
    count = steps = 0
    with draft(path) as beside, create_table(beside, columns()) as writer:
        for part in parts:
            with open_table(part) as file:
                table = file.read().cast(columns())
            writer.write_table(table)
            count += table.num_rows
            for policy, told, actions in zip(
                *(table[name].to_pylist() for name in ("policy", "reached", "actions")), strict=True
            ):
                steps += len(actions)
                policies[policy] += 1
                reached[policy] += told
    return count, steps


def _plain(text: str) -> str:
    return text.encode(errors="replace").decode()
