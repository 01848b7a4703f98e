"""Environments: how long make and reset take, and steps per second of one and of many.

python benchmarks/environments.py [--seconds 2] [--repeats 3] [--envs 1 16 256 1024] [--seed 0]
    [--tasks ReachState ...] [--json out/environments.json]

Actions are drawn at random from those that the mask allows, outside of the time that is measured. Short
episodes allow 20 moves and any action, so that most end with an early answer; long ones allow 200 moves, and
none is ended by an answer or an accusation. All programs have been seen before steps are counted. Traces are
kept in a folder of the benchmark's own. Plain numpy is what no vector can leave out: moves of as many cursors
over the same runs, look-ups of what they show, and every array of the observations written once; it asks
nothing, judges nothing and begins no episode.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from common.report import Report, spread

from debugworld.envs import CommandSet, TaskError, TaskKind, registration
from debugworld.envs.trace_store import trace_store
from debugworld.sandboxes.batch import RecordedBatch
from debugworld.sandboxes.numbering import PLAIN

GOAL, GOAL_ENVS = 200_000, 1024
FIRST = "ReachState"
"""The task whose environments Sync and Async step."""
TASKS = (FIRST, *(task for task in registration.TASKS if task not in (FIRST, *registration.TEXT_TASKS)))
"""Tasks that have the family Features."""
EPISODES = {"short": 20, "long": 200}
"""Moves of an episode."""
FAMILIES = ("Text", "Features")
OWN = "vector_entry_point"
VIEWS = "vector_entry_point, copy=False"
"""Observations are the vector's own arrays, written over by the next step, as in Gymnasium's vectors."""

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
"""What the seconds of vectors in one process are; processor time where others use the machine, too."""
chosen = {"clock": "wall"}
"""The clock of this run."""


def env_id(task: str, family: str = "Features") -> str:
    """Returns a registered id."""
    return f"debugworld/{task}-{family}-v0"


def opened(task: str, family: str, programs: str, **options: Any) -> gymnasium.Env[Any, Any]:
    """Makes one environment."""
    return gymnasium.make(env_id(task, family), tasks=programs, sandbox="process", **options)


def seconds_of(function: Callable[[], Any]) -> float:
    """Runs something once; returns the seconds it took."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def going_on(commands: CommandSet) -> npt.NDArray[np.bool_]:
    """Returns which commands end no episode, bool ``(len(commands),)``."""
    found = np.ones(len(commands), bool)
    found[commands.first_answer : commands.first_answer + commands.answers] = False
    if TaskKind.ACCUSE in commands.kinds:
        first = commands.first(TaskKind.ACCUSE)
        found[first : first + commands.width(TaskKind.ACCUSE)] = False
    return found


def makes(task: str, family: str, repeats: int) -> list[float]:
    """Returns milliseconds of `gymnasium.make`, the task set read before."""
    found = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        env = opened(task, family, "builtin")
        found.append((time.perf_counter() - begin) * 1e3)
        env.close()
    return found[1:]


def resets(task: str, family: str, programs: str, rounds: int) -> dict[str, list[float]]:
    """Returns milliseconds of resets: never seen, kept on disk, kept in memory; the box is there before."""
    env = opened(task, family, programs)
    count = len(env.unwrapped.task_set.programs)  # type: ignore[attr-defined]
    found: dict[str, list[float]] = {}
    env.reset(seed=0, options={"task": count - 1})

    def measure(name: str) -> None:
        times = found.setdefault(name, [])
        for index in range(count - 1):
            options = {"task": index}
            with suppress(TaskError):  # nothing to ask about it
                times.append(1e3 * seconds_of(partial(env.reset, seed=0, options=options)))

    measure("never seen")
    for _ in range(rounds):
        measure("in memory")
    env.close()
    trace_store.cache_clear()
    env = opened(task, family, programs)
    env.reset(seed=0, options={"task": count - 1})
    measure("on disk")
    env.close()
    return found


def single(task: str, family: str, moves: int, seconds: float, seed: int) -> float:
    """Returns steps per second of one environment, resets included."""
    env = opened(task, family, "builtin", max_moves=moves)
    space = env.action_space
    space.seed(seed)
    for index in range(len(env.unwrapped.task_set.programs)):  # type: ignore[attr-defined]
        with suppress(TaskError):  # nothing to ask about it
            env.reset(seed=seed, options={"task": index})
    _, info = env.reset(seed=seed)
    commands = env.unwrapped.commands  # type: ignore[attr-defined]
    kept = going_on(commands) | (moves <= EPISODES["short"])
    made, spent = 0, 0.0
    while spent < seconds:
        mask = info["action_mask"].copy()
        if mask[kept].any():
            mask *= kept
        action = space.sample(mask=mask)
        begin = time.perf_counter()
        *_, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            _, info = env.reset()
        spent += time.perf_counter() - begin
        made += 1
    env.close()
    return made / spent


def vector(task: str, mode: str, count: int, moves: int, seconds: float, seed: int, warm: int) -> float:
    """Returns steps per second of a vector, all of its environments together, resets included."""
    clock = CLOCKS["wall" if mode == "async" else chosen["clock"]]
    options: dict[str, Any] = {"tasks": "builtin", "sandbox": "process", "max_moves": moves}
    if mode == VIEWS:
        mode, options["copy"] = OWN, False
    made = gymnasium.make_vec(env_id(task), count, vectorization_mode=mode, **options)
    rng = np.random.default_rng(seed)
    _, infos = made.reset(seed=seed)
    commands = opened(task, "Features", "builtin").unwrapped.commands  # type: ignore[attr-defined]
    kept = going_on(commands) | (moves <= EPISODES["short"])
    steps, spent = -warm, 0.0
    while spent < seconds or steps < 1:
        masks = infos["action_mask"] * kept
        actions = (rng.random(masks.shape, np.float32) * masks).argmax(axis=1)
        begin = clock()
        *_, infos = made.step(actions)
        if steps >= 0:
            spent += clock() - begin
        steps += 1
    made.close()
    return count * steps / spent


def plain(task: str, count: int, seconds: float, seed: int) -> float:
    """Returns steps per second of plain numpy over the runs of a vector."""
    clock = CLOCKS[chosen["clock"]]
    made = gymnasium.make_vec(env_id(task), count, tasks="builtin", sandbox="process")
    shown, _ = made.reset(seed=seed)
    world = made.unwrapped._episodes._world  # type: ignore[attr-defined]
    batch = RecordedBatch(world.traces, count)
    rng = np.random.default_rng(seed)
    batch.reset(rng.integers(len(world.traces), size=count))
    kept = {key: part.copy() for key, part in shown.items()}
    masks = np.zeros((count, PLAIN), np.int8)
    looked = (
        ("locals", world.pairs.spelled.rows, world.locals.rows),
        ("value", world.texts.spelled.rows, world.values.rows),
    )
    copied = [key for key in kept if key not in ("locals", "value")]
    steps, spent = -10, 0.0
    while spent < seconds or steps < 1:
        actions = rng.integers(PLAIN, size=count)
        begin = clock()
        batch.step(actions)
        world.legal.rows.take(batch.rows, axis=0, out=masks, mode="clip")
        for key, spelled, numbers in looked:
            spelled.take(numbers.take(batch.rows, axis=0), axis=0, out=kept[key], mode="clip")
        for key in copied:
            np.copyto(kept[key], shown[key])
        if steps >= 0:
            spent += clock() - begin
        steps += 1
    made.close()
    return count * steps / spent


def dreams(mode: str, count: int, moves: int, seed: int) -> float:
    """Returns steps per second of environments that ask the model that ships, which remembers nothing."""
    from debugworld.worldmodel.neural import shared_engine

    made = gymnasium.make_vec(
        env_id(FIRST),
        count,
        vectorization_mode=mode,
        tasks="builtin",
        sandbox="process",
        backend="neural",
        max_moves=moves + 1,
    )
    made.reset(seed=seed)
    shared_engine().forget()
    into = np.zeros(count, np.int64)
    spent = sum(seconds_of(lambda: made.step(into)) for _ in range(moves))
    made.close()
    return count * moves / spent


def main() -> None:
    """Measures, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="per measurement (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="of each measurement (default: %(default)s)")
    parser.add_argument("--envs", type=int, nargs="+", default=[1, 16, 256, GOAL_ENVS], help="of the vectors")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), help="that are stepped")
    parser.add_argument("--most-sync", type=int, default=256, help="of Sync, for they are slow")
    parser.add_argument("--most-async", type=int, default=16, help="of Async, each a process")
    parser.add_argument("--warm", type=int, default=100, help="vector steps that are not counted")
    parser.add_argument("--dreams", type=int, nargs="*", default=[1, 8, 32], help="neural environments")
    parser.add_argument(
        "--dream-moves", type=int, default=8, help="step intos of each (default: %(default)s)"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="of vectors in one process")
    parser.add_argument("--programs", default="generated/0/200", help="of the resets (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of environments and actions")
    parser.add_argument("--json", type=Path, default=Path("out/environments.json"))
    args = parser.parse_args()
    chosen["clock"] = args.clock
    report = Report("environments", vars(args))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEBUGWORLD_CACHE"] = folder
        measure(args, report)
    report.finish(args.json)


def measure(args: argparse.Namespace, report: Report) -> None:
    """Fills the report."""
    results: dict[str, Any] = report.results
    begun = report.table(
        f"Milliseconds of make and reset, median (least to most), {args.programs}",
        ["", "make", "reset, never seen", "reset, on disk", "reset, in memory"],
    )
    for family in FAMILIES:
        made = makes(FIRST, family, args.repeats)
        again = resets(FIRST, family, args.programs, args.repeats)
        trace_store.cache_clear()
        for path in sorted(Path(os.environ["DEBUGWORLD_CACHE"]).rglob("*.trace")):
            path.unlink()  # the next family has seen nothing, either
        results[f"begin, {family}"] = {"make": made, **again}
        begun.add(
            family, spread(made), *(spread(again[name]) for name in ("never seen", "on disk", "in memory"))
        )
    steps = report.table(
        f"Steps per second of one environment, resets included, median of {args.repeats} (least to most)",
        ["", *(f"{name} episodes" for name in EPISODES)],
    )
    for task in args.tasks:
        for family in FAMILIES:
            rates = {
                name: [single(task, family, moves, args.seconds, args.seed) for _ in range(args.repeats)]
                for name, moves in EPISODES.items()
            }
            results[f"single, {task}-{family}"] = rates
            steps.add(f"{task}-{family}", *(spread(rates[name]) for name in EPISODES))
    many = report.table(
        f"Steps per second of many environments, Features, median of {args.repeats} (least to most)",
        ["", "episodes", *(f"{count}" for count in args.envs)],
    )
    most = {"sync": args.most_sync, "async": args.most_async}
    for mode in ("sync", "async", OWN, VIEWS):
        for task in args.tasks if mode in (OWN, VIEWS) else (FIRST,):
            slow = mode not in (OWN, VIEWS)
            for name, moves in EPISODES.items():
                rates = {
                    str(count): [
                        vector(
                            task,
                            mode,
                            count,
                            moves,
                            args.seconds,
                            args.seed,
                            args.warm // (1 + 9 * slow),
                        )
                        for _ in range(args.repeats)
                    ]
                    for count in args.envs
                    if count <= most.get(mode, count)
                }
                results[f"{mode}, {task}, {name}"] = rates
                cells = (spread(rates[str(c)]) if str(c) in rates else "not run" for c in args.envs)
                many.add(f"{mode}, {task}", name, *cells)
                if mode in (OWN, VIEWS):
                    found = rates.get(str(GOAL_ENVS))
                    views = ", copy=False" if mode == VIEWS else ""
                    text = f"{GOAL_ENVS} environments, {task}, {name} episodes{views}, steps/s"
                    report.goal(text, GOAL, statistics.median(found) if found else None)
    bare = report.table(
        f"Steps per second of plain numpy over the same runs, median of {args.repeats} (least to most)",
        ["", *(f"{count}" for count in args.envs), *(f"{name} episodes reach" for name in EPISODES)],
    )
    for task in args.tasks:
        found = {
            str(c): [plain(task, c, args.seconds, args.seed) for _ in range(args.repeats)] for c in args.envs
        }
        results[f"plain, {task}"] = found
        most_envs = str(args.envs[-1])
        best = statistics.median(found[most_envs])
        shares = [statistics.median(results[f"{OWN}, {task}, {name}"][most_envs]) / best for name in EPISODES]
        bare.add(task, *(spread(found[str(c)]) for c in args.envs), *(f"{share:.0%}" for share in shares))
    if args.dreams:
        neural = report.table(
            f"Steps per second of neural environments, {args.dream_moves} step intos, one run",
            ["", *map(str, args.dreams)],
        )
        for mode in ("sync", "vector_entry_point"):
            found = {str(count): [dreams(mode, count, args.dream_moves, args.seed)] for count in args.dreams}
            results[f"neural, {mode}"] = found
            neural.add(mode, *(spread(found[str(count)]) for count in args.dreams))
    report.notes.append(
        "sync and async are Gymnasium's vectors over single environments, vector_entry_point is ours; "
        f"sync was run up to {args.most_sync} environments, async up to {args.most_async}. Seconds of "
        f"vectors in one process are those of the clock {args.clock}; cpu is processor time."
    )


if __name__ == "__main__":
    main()
