"""Moves per second beside other debuggers: bdb, pdb, debugpy and debug-gym, on one program in one run.

python benchmarks/debuggers.py [--repeats 5] [--only NAME...] [--no-install] [--json out/debuggers.json]

Every debugger steps the same file on the same interpreter and reads the state's locals at each stop,
unless its row says otherwise. Repeats are interleaved: each debugger is measured once before any is
measured again. What a stop showed is compared with what bdb showed there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import resets
from common.machine import version_of
from common.report import Report, number, spread
from common.targets import walk
from peers.catalog import walkers
from peers.ours import LivePeer, OurPeer
from peers.peer import MOVES, Peer, PeerMissing, Stop

from debugworld.sandboxes.debugger import Action, Debugger

ROUNDS = 3600
"""Of the program's loop: no measurement reaches its end."""
LOOKS = 200
PLACE = ("step_into 300", "run_to 13")
"""Where looks are taken: a live debugger walks back by a new run up to there, so a long way costs time."""

Rates = dict[str, dict[str, list[float]]]


def main() -> None:
    """Measures, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5, help="of each measurement (default: %(default)s)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="times the moves of each (default: %(default)s)"
    )
    parser.add_argument("--only", nargs="+", help="names of debuggers, or how they begin")
    parser.add_argument("--python", default=sys.executable, help="runs the program (default: this one)")
    parser.add_argument("--no-install", action="store_true", help="leave out what is not installed yet")
    parser.add_argument("--json", type=Path, default=Path("out/debuggers.json"))
    args = parser.parse_args()

    report = Report("debuggers", {**vars(args), "rounds": ROUNDS, "target_python": version_of(args.python)})
    peers = [
        peer
        for peer in walkers(args.python, not args.no_install)
        if not args.only or any(peer.name.startswith(begin) for begin in args.only)
    ]
    peers = present(peers, report)
    rates: Rates = {peer.name: {move: [] for move in MOVES} for peer in peers}
    stops: dict[tuple[str, str], list[Stop]] = {}
    try:
        for _ in range(args.repeats):
            for move in MOVES:
                for peer in peers:
                    count = max(4, round(peer.moves * args.scale))
                    try:
                        walked = peer.walk(walk(ROUNDS), move, count)
                    except Exception as error:
                        report.lack(f"{peer.name}, {move}", f"{type(error).__name__}: {error}")
                        continue
                    rates[peer.name][move].append(count / walked.seconds)
                    stops[peer.name, move] = walked.stops
        tell_moves(report, peers, rates, stops)
        tell_looks(report, peers, max(4, round(LOOKS * args.scale)), args.repeats)
    finally:
        for peer in peers:
            peer.close()
    boxes = [peer.box for peer in peers if isinstance(peer, LivePeer)]
    if boxes:
        tell_resets(report, boxes, 2.0 * args.scale)
    report.finish(args.json)


def present(peers: Sequence[Peer], report: Report) -> list[Peer]:
    """Returns the peers that this machine has; the others are told with their reasons."""
    found = []
    for peer in peers:
        try:
            peer.require()
            found.append(peer)
        except PeerMissing as error:
            peer.close()
            report.lack(peer.name, str(error))
    return found


def tell_moves(
    report: Report, peers: Sequence[Peer], rates: Rates, stops: dict[tuple[str, str], list[Stop]]
) -> None:
    """Adds the table of moves and the goals over it."""
    middle = {
        name: {move: statistics.median(found[move]) for move in MOVES if found[move]}
        for name, found in rates.items()
    }
    table = report.table(
        "Moves per second, median (least to most)", ["debugger", *MOVES, "same stops as bdb"]
    )
    for peer in peers:
        cells = [spread(rates[peer.name][move]) for move in MOVES]
        table.add(peer.name, *cells, same(peers[0], peer, stops))
    report.results["moves"] = rates
    report.results["median"] = middle
    docker, process = rates.get("debugworld live, docker", {}), rates.get("debugworld live, process", {})
    for move in MOVES:
        pairs = zip(docker.get(move, ()), process.get(move, ()), strict=False)
        ratios = [left / right for left, right in pairs]
        pipe = statistics.median(ratios) if ratios else None
        report.goal(f"{move}, live in docker against the same engine on a host pipe", 0.85, pipe)
    gym = [
        statistics.median([rate for found in rates[name].values() for rate in found])
        for name in rates
        if name.startswith("debug-gym")
    ]
    for move in MOVES:
        ours = middle.get("debugworld live, docker", {}).get(move)
        times = ours / max(gym) if gym and ours else None
        report.goal(f"{move}, live in docker against debug-gym's faster row, all moves", 500, times)
    if gym:
        report.notes.append(
            "debug-gym's ShellSession.read sleeps 100 ms where pdb has not answered at once, and a step is "
            "four exchanges with pdb. On a busy machine the scheduler may run pdb first and the sleep is "
            "never met: hence its range."
        )


def same(reference: Peer, peer: Peer, stops: dict[tuple[str, str], list[Stop]]) -> str:
    """Compares stops at lines, as far as both walked; debugpy's second stop at a calling line is no line."""
    if not peer.reads:
        return ""
    equal = compared = 0
    for move in MOVES:
        left, right = (_lines(stops.get((who.name, move), ())) for who in (reference, peer))
        compared += min(len(left), len(right))
        equal += sum(a == b for a, b in zip(left, right, strict=False))
    return f"{equal} of {compared}"


def _lines(stops: Sequence[Stop]) -> list[tuple[int, dict[str, str]]]:
    """Line stops in time, without a caller's line that is shown again when its call has returned."""
    found: list[tuple[int, dict[str, str]]] = []
    ended = False
    for stop in stops:
        if stop.line and not (ended and stop.line == 12):
            found.append((stop.line, stop.locals))
        ended = stop.line == 5
    return found


def tell_looks(report: Report, peers: Sequence[Peer], count: int, repeats: int) -> None:
    """Adds what our debuggers can beside moving forward: microseconds of each."""
    asks: dict[str, Callable[[Debugger], object]] = {
        "evaluate": lambda debugger: debugger.evaluate("total * 2 + len(seen)"),
        "assign": lambda debugger: debugger.assign("total", "total + 1"),
        "fork": lambda debugger: debugger.fork().close(),
        "back step": lambda debugger: debugger.step(Action.parse("back_into")),
        "forward step": lambda debugger: debugger.step(Action.parse("step_into")),
    }
    ours = [peer for peer in peers if isinstance(peer, OurPeer)]
    if not ours:
        return
    table = report.table("Microseconds of one, median", ["debugger", *asks])
    for peer in ours:
        cells = []
        for name, ask in asks.items():
            try:
                times = [peer.repeat(walk(60), PLACE, ask, count) for _ in range(max(1, repeats // 2))]
            except Exception as error:
                report.lack(f"{peer.name}, {name}", f"{type(error).__name__}: {error}")
                cells.append("")
                continue
            spent = statistics.median(times) / count * 1e6
            report.results.setdefault("microseconds", {}).setdefault(peer.name, {})[name] = spent
            cells.append(number(spent))
        table.add(peer.name, *cells)
    report.notes.append("Looks are taken about 320 states into the program.")


def tell_resets(report: Report, boxes: Sequence[str], seconds: float) -> None:
    """Adds what `resets.py` measures: runs of a short program in a standing box."""
    table = report.table("Resets per second in a standing box", ["box", "runs/s"])
    rates = report.results["resets"] = {}
    for box in boxes:
        try:
            rates[box] = resets.measure(box, seconds)["runs_per_second"]
            table.add(box, number(rates[box]))
        except Exception as error:
            report.lack(f"resets, {box}", f"{type(error).__name__}: {error}")
    report.goal("resets per second, docker", 450, rates.get("docker"))


if __name__ == "__main__":
    main()
