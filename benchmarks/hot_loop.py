"""A breakpoint in a hot loop: how much slower the program runs than without a debugger.

python benchmarks/hot_loop.py [--repeats 5] [--size 1000000] [--no-install] [--json out/hot_loop.json]

The line is in the loop and is never reached, or is reached ten times, or holds under a condition that
is never true. The program times itself, so starts are left out, by its process's own clock, so that what else
the machine does is left out, too, and with it the wait of the ten stops for their host. Native runs and those
of each debugger are interleaved, on every CPython that is at hand; a ratio is that of the least times.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.machine import interpreters, version_of
from common.report import Report, number
from common.targets import Target, hot
from peers.catalog import runners
from peers.ours import OurPeer
from peers.peer import Peer, PeerMissing, told_seconds

HITS = 10
GOAL = 1.05
PART = 10
"""Native rounds to one of a debugger that slows each of them down."""
KINDS = ("never reached", f"reached {HITS} times", "condition never true")


def main() -> None:
    """Measures, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5, help="of each measurement (default: %(default)s)")
    parser.add_argument(
        "--size", type=int, default=1_000_000, help="rounds of the loop (default: %(default)s)"
    )
    parser.add_argument("--pythons", nargs="+", choices=list(interpreters()), default=list(interpreters()))
    parser.add_argument("--only", nargs="+", help="names of debuggers, or how they begin")
    parser.add_argument("--no-install", action="store_true", help="leave out what is not installed yet")
    parser.add_argument("--json", type=Path, default=Path("out/hot_loop.json"))
    args = parser.parse_args()

    report = Report("hot_loop", vars(args))
    table = report.table(
        f"Times native, least of {args.repeats} each, loop of {args.size:,} rounds",
        ["CPython", "debugger", *KINDS],
    )
    for version in args.pythons:
        python = interpreters()[version]
        peers = [
            peer
            for peer in runners(python, not args.no_install)
            if not args.only or any(peer.name.startswith(begin) for begin in args.only)
        ]
        full = version_of(python)
        try:
            found = slowdowns(peers, python, full, args.size, args.repeats, report)
        finally:
            for peer in peers:
                peer.close()
        table.add(full, "none: seconds", *(f"{min(found['native'][kind]):.4f}" for kind in KINDS))
        table.add(full, "none: most to least", *(number(spread(found["native"][kind])) for kind in KINDS))
        report.results[full] = found
        for peer in peers:
            told = report.results[full].get(peer.name, {})
            cells = [number(told[kind]["times"]) if kind in told else "" for kind in KINDS]
            table.add(full, peer.name, *cells)
        for kind in KINDS[:2]:
            told = report.results[full].get("debugworld live, docker", {}).get(kind)
            if version == "3.11":
                continue  # what 3.11 allows stands in the table; sys.monitoring begins with 3.12
            report.goal(f"{full}, {kind}, live in docker", GOAL, told["times"] if told else None, False)
    report.finish(args.json)


def slowdowns(
    peers: Sequence[Peer], python: str, version: str, size: int, repeats: int, report: Report
) -> dict[str, dict[str, Any]]:
    """Returns each debugger's seconds and times native by kind, and under ``native`` those of none."""
    natives: dict[tuple[str, int], list[float]] = {
        (kind, rounds): [] for kind in KINDS for rounds in (size, size // PART)
    }
    found: dict[str, dict[str, Any]] = {}
    lost: set[tuple[str, str]] = set()
    for _ in range(repeats):
        for kind in KINDS:
            for peer in peers:
                if (peer.name, kind) in lost:
                    continue
                # What slows every round down gets fewer, against a native run of as many.
                rounds = size if isinstance(peer, OurPeer) and kind != KINDS[2] else size // PART
                target, condition = made(kind, rounds)
                natives[kind, rounds].append(native(target, python))
                try:
                    seconds = peer.through(target, condition)
                except PeerMissing as error:
                    lost |= {(peer.name, each) for each in KINDS}
                    report.lack(f"{version}, {peer.name}", str(error))
                except Exception as error:
                    lost.add((peer.name, kind))
                    report.lack(f"{version}, {peer.name}, {kind}", f"{type(error).__name__}: {error}")
                else:
                    told = found.setdefault(peer.name, {}).setdefault(kind, {"rounds": rounds, "seconds": []})
                    told["seconds"].append(seconds)
            natives[kind, size].append(native(made(kind, size)[0], python))
    for kinds in found.values():
        for kind, told in kinds.items():
            told["times"] = min(told["seconds"]) / min(natives[kind, told["rounds"]])
    return {**found, "native": {kind: natives[kind, size] for kind in KINDS}}


def spread(seconds: Sequence[float]) -> float:
    """Returns how many times the least the most is: what a ratio of single runs would be worth."""
    return max(seconds) / min(seconds)


def made(kind: str, size: int) -> tuple[Target, str | None]:
    """Returns the program of a kind, and the condition of its breakpoint."""
    if kind == KINDS[0]:
        return hot(size), None
    if kind == KINDS[1]:
        return hot(size, HITS), None
    every = hot(size)
    return Target(every.source, every.start, stop=7), "i < 0"


def native(target: Target, python: str) -> float:
    """Runs a program without a debugger; returns what its clock says."""
    asked = [python, "-I", "-c", target.source]
    return told_seconds(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
