"""Inverse testing: targets that a known call does not reach, and how many real runs it takes to reach them.

python benchmarks/inverse_tester.py [--programs FILE] [--generated 24] [--rows 24] [--seed 0]
    [--json docs/benchmarks/inverse_tester.json]

Without a dream: `random` changes literals, `random with edges` some to the edges of their types, `hypothesis`
draws by type, `random with constants` has the constants of the program and of the target in turn with these,
`search` breeds from the runs that came nearest, as the tester does in the dream, `inverse` asks the model for
arguments before all of that. With it: `order alone` dreams the candidates of `random with edges`, `dream` is
the inverse tester.

A program comes with one call. Its targets are lines that the call does not run, and ends that it does not
come to, each known to be possible: other calls, of the row's own and of a pool drawn with other seeds, were
run to find them. Lines that the same calls of the pool run are one target. Every strategy gets the same
targets and budget; a real run is a call in the box, whatever was dreamt before. Programs are held out from
training: generator seeds from 2**30 on, the held-out groups of a file of rows.
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from common.report import Report
from neural import percent
from rich.progress import track

from debugworld.agents.candidates import likely_end, mixed, mutations, proposals, typed
from debugworld.agents.inverse_tester import (
    AHEAD,
    PARENTS,
    PROPOSED,
    ROUNDS,
    SCREENED,
    SEEDED,
    InverseTester,
    search,
)
from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Event, ExitCode, Program, ProgramError, Trace
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.data.split import EVALUATION_SEED, held_out
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.inverse import End
from debugworld.worldmodel.search.constants import Constants
from debugworld.worldmodel.search.dreams import Dream, Dreams
from debugworld.worldmodel.search.screen import Screen
from debugworld.worldmodel.search.target import Target
from debugworld.worldmodel.search.variation import children, seeded
from debugworld.worldmodel.statistics import mean

BUDGETS = (1, 2, 4, 8, 16, 32)
"""Real runs for each target."""
POOL = 1_000_003
"""Added to the seed of the calls that targets are found with."""
POOLED = 40
"""Calls of each kind that targets are found with."""
LINES, ENDS = 3, 2
"""Most targets of each kind for a program."""
LONGEST = 60
"""States of the known call after which a program is left out."""
SHORT = 40
"""Characters of an end that is asked for."""
BOTH = "both"
"""Programs of all sets together."""
BASES = ("random", "hypothesis", "random with constants", "search")
"""Strategies without a dream that the others are compared with."""
TESTERS = ("inverse", "order alone", "dream")
"""Strategies that ask a model."""
TURN = 4
"""New candidates, and children of those that came nearest, that the search without a dream runs in turn."""
Calls = Callable[[Program, Target], Iterator[str]]


@dataclass(frozen=True)
class Case:
    """A program with its known call, the targets, and which kind each is of."""

    program: Program
    group: str
    targets: tuple[Target, ...]


def programs(args: argparse.Namespace, report: Report) -> Iterator[tuple[str, Program, list[str]]]:
    """Yields programs with one call each, by set, with the other calls that are known."""
    for seed in range(EVALUATION_SEED + args.first, EVALUATION_SEED + args.first + 20 * args.generated):
        yield "generator", generate(seed, 1 + seed % 5).program, []
    if args.programs is None:
        report.lack("real functions", "no file was given")
        return
    rows = [row for row in load_rows(args.programs) if held_out(row.group)]
    random.Random(args.seed).shuffle(rows)
    for row in rows:
        calls = [each.call for each in row.programs if each.call]
        if calls:
            yield "real", row.programs[0], calls[1:]


def run(box: Sandbox) -> Callable[[Program], Trace]:
    """Returns what runs a program, each call once."""
    return cache(box.record)


def case(
    record: Callable[[Program], Trace], group: str, program: Program, others: Sequence[str], seed: int
) -> Case | None:
    """Finds a program's targets; None where it is too long, or has none."""
    try:
        known = record(program)
        if known.exit.code is ExitCode.NEVER or len(known.states) > LONGEST:
            return None
        pool = [*others, *mutations(program, seed + POOL, POOLED), *typed(program, seed + POOL, POOLED)]
        found = []
        for call in dict.fromkeys(pool):
            trace = record(replace(program, call=call))
            if trace.exit.code is not ExitCode.NEVER:
                found.append(trace)
    except (ProgramError, SandboxError):
        return None
    lines: dict[tuple[int, ...], int] = {}
    ran = [_lines(trace) for trace in found]
    for line in sorted(set().union(*ran) - _lines(known)):
        lines.setdefault(tuple(n for n, each in enumerate(ran) if line in each), line)
    ends = dict.fromkeys(filter(None, map(_end, found)))
    ends.pop(_end(known), None)
    rng = random.Random(f"{seed} {program.digest}")
    chosen = [Target(line) for line in rng.sample(sorted(lines.values()), min(LINES, len(lines)))]
    chosen += [Target(end=end) for end in rng.sample(list(ends), min(ENDS, len(ends)))]
    return Case(program, group, tuple(chosen)) if chosen else None


def _lines(trace: Trace) -> set[int]:
    return {state.line for state in trace.states if state.event is Event.LINE and state.depth > 0}


def _end(trace: Trace) -> End | None:
    last = trace.states[-1]
    if last.depth or last.value is None or len(last.value) > SHORT:
        return None
    return End(last.value, last.event is Event.EXCEPTION)


class Kept(Dreams):
    """Dreams that are dreamt once for several strategies."""

    def __init__(self, subject: Subject, width: int, ahead: int) -> None:
        super().__init__(subject, width, ahead)
        self._kept: dict[Program, Dream | None] = {}

    def from_entry(self, programs: Sequence[Program]) -> list[Dream | None]:
        """Dreams those that were not dreamt before."""
        new = [program for program in dict.fromkeys(programs) if program not in self._kept]
        self._kept.update(zip(new, super().from_entry(new), strict=True))
        return [self._kept[program] for program in programs]


def strategies(args: argparse.Namespace, model: Subject, box: Sandbox) -> dict[str, Calls]:
    """Returns the strategies by name."""
    most = max(BUDGETS)

    @cache
    def changed(program: Program) -> tuple[str, ...]:
        return tuple(mutations(program, args.seed, most))

    @cache
    def with_edges(program: Program) -> tuple[str, ...]:
        return tuple(mixed(program, args.seed, most))

    @cache
    def drawn(program: Program) -> tuple[str, ...]:
        return tuple(typed(program, args.seed, most))

    def chance(program: Program, target: Target) -> Iterator[str]:
        return iter(changed(program))

    def edged(program: Program, target: Target) -> Iterator[str]:
        return iter(with_edges(program))

    def by_type(program: Program, target: Target) -> Iterator[str]:
        return iter(drawn(program))

    def with_constants(program: Program, target: Target) -> Iterator[str]:
        own = seeded(program, Constants(program, target.wanted), args.seed, most)
        pairs = itertools.zip_longest(own, with_edges(program))
        return iter(dict.fromkeys(call for pair in pairs for call in pair if call is not None))

    def inverse(program: Program, target: Target) -> Iterator[str]:
        end, meter = target.end or likely_end(program, target.line), model.meter
        asked = proposals(meter, program, end, args.seed, PROPOSED) if end and meter else iter(())
        return iter(dict.fromkeys(itertools.chain(asked, with_constants(program, target))))

    def climbing(program: Program, target: Target) -> Iterator[str]:
        screen, constants = Screen(truth, program), Constants(program, target.wanted)
        fresh, tried = with_constants(program, target), set[str]()
        for turn in range(most):
            near = screen.parents(target, PARENTS)
            bred = children(program, near, constants, args.seed + turn, TURN)
            for call in (*itertools.islice(fresh, TURN), *bred):
                if call not in tried:
                    yield call
                    tried.add(call)
                    screen.add([call])  # what the run showed

    def tester(dreams: Dreams, proposed: int, seeds: int = SEEDED, rounds: int = ROUNDS) -> Calls:
        return InverseTester(dreams, mixed, args.screened, proposed, args.seed, seeds, rounds).calls

    truth = Dreams(open_subject("real", box), 1, AHEAD)
    kept = Kept(model, 1, AHEAD)
    found: dict[str, Calls] = {
        "random": chance,
        "random with edges": edged,
        "hypothesis": by_type,
        "random with constants": with_constants,
        "search": climbing,
        "inverse": inverse,
        "order alone": tester(kept, 0, 0, 0),
        "dream": tester(kept, PROPOSED),
    }
    for name in args.bounds:
        found[f"dream of {name}"] = tester(Kept(open_subject(name, box), 1, AHEAD), 0)
    return found


def reached(
    record: Callable[[Program], Trace], cases: Sequence[Case], strategy: Calls, name: str
) -> dict[str, list[int]]:
    """Returns the runs that each target took, 0 where the most did not do, by the program's digest."""
    found = {}
    for each in track(cases, description=name):
        found[each.program.digest] = []
        for target in each.targets:
            result = search(record, each.program, target, strategy(each.program, target), max(BUDGETS))
            found[each.program.digest].append(len(result.tried) if result.found else 0)
    return found


def share(runs: Sequence[int], budget: int) -> float:
    """Returns the share of targets that were reached within a budget."""
    return sum(0 < count <= budget for count in runs) / len(runs)


def kind_of(target: Target) -> str:
    """Returns what a target is."""
    return "lines" if target.end is None else "ends"


def tell(report: Report, cases: Sequence[Case], runs: dict[str, dict[str, list[int]]], group: str) -> None:
    """Adds the tables of a set: all targets, then each kind."""
    for kind in ("all", "lines", "ends"):
        own = []
        for each in cases:
            chosen = [n for n, target in enumerate(each.targets) if kind in ("all", kind_of(target))]
            if group in (BOTH, each.group) and chosen:
                own.append((each.program.digest, chosen))
        if not own:
            continue
        count = sum(len(chosen) for _, chosen in own)
        title = f"{group}, {kind}: percent of targets reached; {count} targets of {len(own)} programs"
        columns = ["strategy", *(f"{budget} runs" for budget in BUDGETS)]
        results = report.results.setdefault(group, {}).setdefault(
            kind, {"programs": len(own), "targets": count}
        )
        shares = {
            name: {
                budget: [share([found[key][n] for n in chosen], budget) for key, chosen in own]
                for budget in BUDGETS
            }
            for name, found in runs.items()
        }
        table = report.table(title, columns)
        for name, reached in shares.items():
            table.add(name, *(percent(mean(reached[budget])) for budget in BUDGETS))
            results[name] = {"reached": {budget: mean(reached[budget]).to_json() for budget in BUDGETS}}
        for base in BASES:
            paired = report.table(f"{title}; less {base}", columns) if kind == "all" else None
            for name, reached in shares.items():
                pairs = {
                    budget: zip(reached[budget], shares[base][budget], strict=True) for budget in BUDGETS
                }
                gains = {budget: mean([a - b for a, b in pairs[budget]]) for budget in BUDGETS}
                results[name][f"less {base}"] = {budget: gains[budget].to_json() for budget in BUDGETS}
                if paired is not None and name in TESTERS:
                    paired.add(name, *(percent(gains[budget]) for budget in BUDGETS))


def told(each: Case, runs: dict[str, dict[str, list[int]]]) -> dict[str, Any]:
    """Returns one program's targets with the runs that each strategy took."""
    found = {name: taken[each.program.digest] for name, taken in runs.items()}
    targets = [
        {"target": str(target), **{name: counts[n] for name, counts in found.items()}}
        for n, target in enumerate(each.targets)
    ]
    return {"program": each.program.name, "set": each.group, "call": each.program.call, "targets": targets}


def main() -> None:
    """Measures, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--programs", type=Path, help="rows of real programs, such as programs_dev.jsonl.gz")
    parser.add_argument("--generated", type=int, default=24, help="generator programs (default: 24)")
    parser.add_argument("--rows", type=int, default=24, help="real programs (default: 24)")
    parser.add_argument("--first", type=int, default=0, help="generator seed, from 2**30 (default: 0)")
    parser.add_argument("--screened", type=int, default=SCREENED, help="candidates that are dreamt")
    parser.add_argument("--model", default="shipped", help="subject that dreams")
    parser.add_argument("--bounds", nargs="*", default=["static", "real"], help="other subjects")
    parser.add_argument("--sandbox", default="docker", help="docker, bwrap or process (default: docker)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=Path("out/inverse_tester.json"))
    args = parser.parse_args()
    name = args.programs.name if args.programs is not None else None
    report = Report("inverse_tester", vars(args) | {"programs": name})
    with open_sandbox(args.sandbox, max_events=2_000, timeout=2.0) as box:
        record, wanted = run(box), {"generator": args.generated, "real": args.rows}
        cases: list[Case] = []
        for group, program, others in programs(args, report):
            if sum(each.group == group for each in cases) < wanted[group]:
                found = case(record, group, program, others, args.seed)
                cases += [found] if found is not None else []
        model = open_subject(args.model, box)
        runs, seconds, questions = {}, {}, {}
        for name, strategy in strategies(args, model, box).items():
            begun, before = time.perf_counter(), model.cost().get("questions", 0)
            runs[name] = reached(record, cases, strategy, name)
            seconds[name] = round(time.perf_counter() - begun, 1)
            questions[name] = model.cost().get("questions", 0) - before
    for group in (*wanted, BOTH):
        tell(report, cases, runs, group)
    report.results["seconds"], report.results["questions"] = seconds, questions
    report.results["runs"] = [told(each, runs) for each in cases]
    for name in runs:
        report.notes.append(f"{name}: {seconds[name]} s, {questions[name]} questions")
    report.finish(args.json)


if __name__ == "__main__":
    main()
