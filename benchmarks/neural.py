"""How good a neural debugger is: the tables of its card, in one run.

python benchmarks/neural.py [--model DIR] [--crux FILE] [--programs FILE] [--json docs/benchmarks/neural.json]

Exact match of the whole state by action, teacher-forced, for each granularity; then outputs and inputs of
CRUXEval-like rows, checked by running. Everything is asked of programs that training never saw: generator
seeds from 2**30 on, the held-out tenth of a file of real programs, rows of a benchmark. Those that the
checkpoint was trained on, by content hash, are left out and counted. With ``--ceiling``, true answers are
given in the model's place, too: how far the shell around the model goes by itself.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from common.report import Report
from common.truth import TrueAnswers
from rich.progress import track

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program, ProgramError, Trace
from debugworld.worldmodel.checkpoint import training_programs
from debugworld.worldmodel.crux import CruxRow, CruxScore, predict_inputs, predict_outputs
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.data.split import EVALUATION_SEED, held_out
from debugworld.worldmodel.engine import Completion, Engine, Request
from debugworld.worldmodel.fidelity import PARTS, Fidelity, measure
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.statistics import Estimate
from debugworld.worldmodel.thinker import Granularity

MAX_EVENTS = 1_000
"""States of a run after which it is left out."""
TRUTH = "true answers, expression"
"""What tables call the debugger whose model is replaced by true answers."""
GOALS = {"CPU only": (90, 60, 20, 10), "with GPU time": (98, 92, 57.7, 40.7)}
"""Of generated programs, real ones, outputs and inputs of CRUXEval, in percent."""
AIM = 83.2
"""What 32 billion parameters reach of CRUXEval's outputs (Neural Debugger, Meta FAIR 2026)."""
SAMPLES, TEMPERATURE = 5, 0.8
"""Of inverse proposals, beside the one greedy answer."""


class Meter:
    """Counts what an engine is asked.

    Args:
        engine: answers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.questions = self.tokens = 0

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        found = self._engine.complete(requests)
        self.questions += len(found)
        self.tokens += sum(len(answer.logprobs) for answer in found)
        return found


def recorded(box: Sandbox, programs: Iterable[Program]) -> Iterator[tuple[Program, Trace]]:
    """Yields the programs that can be run, with their runs."""
    for program in programs:
        try:
            yield program, box.record(program)
        except (ProgramError, SandboxError):
            continue


def sets(args: argparse.Namespace, report: Report) -> dict[str, list[Program]]:
    """Returns the programs by set, those that the checkpoint was trained on left out."""
    seeds = range(EVALUATION_SEED, EVALUATION_SEED + args.generated)
    found = {"generator": [generate(seed, 1 + seed % 5).program for seed in seeds]}
    for name, path in (("cruxeval", args.crux), ("real, held out", args.programs)):
        if path is None:
            report.lack(name, "no file was given")
            continue
        rows = [row for row in load_rows(path) if name == "cruxeval" or held_out(row.group)]
        most = args.rows if name == "cruxeval" else args.held_out
        found[name] = [row.programs[0] for row in rows[:most]]
    seen = training_programs(args.model)
    for name, programs in found.items():
        fresh = [program for program in programs if int(program.digest[:16], 16) not in seen]
        report.notes.append(f"{name}: {len(fresh)} programs, {len(programs) - len(fresh)} seen in training")
        found[name] = fresh
    return found


def percent(estimate: Estimate) -> str:
    """Writes a share with its interval, in percent."""
    return f"{100 * estimate.mean:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def tell_fidelity(report: Report, name: str, granularity: str, fidelity: Fidelity, seconds: float) -> None:
    """Adds a set's table."""
    title = "in steps" if granularity == "steps" else f"{granularity} by {granularity.split()[-1]}"
    table = report.table(
        f"{name}, {title}: exact match in percent, {fidelity.programs} programs, {seconds:.0f} s",
        ["action", "answers", "exact", "copy", *PARTS],
    )
    for action, score in fidelity.scores.items():
        told = score.to_json()
        shares = [f"{100 * told['parts'][part]['mean']:.0f}" for part in PARTS]
        copy = f"{100 * told['copy']['mean']:.0f}"
        table.add(action, str(told["count"]), percent(fidelity.exact(action)), copy, *shares)
    report.results.setdefault(name, {})[granularity] = {"seconds": seconds, **fidelity.to_json()}


def tell_crux(report: Report, args: argparse.Namespace, engine: Engine, box: Sandbox) -> dict[str, Estimate]:
    """Adds the tables of outputs and inputs; returns pass@1 by task."""
    rows = CruxRow.of(itertools.islice(load_rows(args.crux), args.rows))
    table = report.table(
        f"CRUXEval, {len(rows)} rows, every answer run: percent right",
        ["task", "granularity", "pass@1", f"pass@{SAMPLES}", "questions a row", "answer tokens a row"],
    )
    best: dict[str, Estimate] = {}

    def add(task: str, granularity: str, score: CruxScore, meter: Meter, several: str = "") -> None:
        once = score.pass_at(1)
        best[f"{task}, {granularity}"] = once
        per = [f"{number / len(rows):.1f}" for number in (meter.questions, meter.tokens)]
        table.add(task, granularity, percent(once), several, *per)
        report.results.setdefault("cruxeval tasks", {})[f"{task}, {granularity}"] = {
            "pass@1": once.to_json(),
            "questions": meter.questions,
            "tokens": meter.tokens,
        }

    for granularity in ("jump", *(each.value for each in Granularity)):
        jumps = "direct" if granularity == "jump" else "rollout"
        meter = Meter(engine)
        fine = Granularity.LINE if granularity == "jump" else Granularity(granularity)
        neural = NeuralDebugger(meter, max_states=MAX_EVENTS, granularity=fine)  # type: ignore[arg-type]
        add("outputs", granularity, predict_outputs(neural, rows, box, jumps), meter)
    meter = Meter(engine)
    add("inputs", "one inverse question", predict_inputs(meter, rows, box), meter)
    drawing = Engine.load(args.model, temperature=TEMPERATURE, seed=args.seed)
    meter = Meter(drawing)
    drawn = predict_inputs(meter, rows, box, samples=SAMPLES)
    add(
        "inputs",
        f"drawn at temperature {TEMPERATURE}",
        drawn,
        meter,
        percent(drawn.pass_at(SAMPLES)),
    )
    return best


def goals(report: Report, best: dict[str, Estimate]) -> None:
    """Adds the goals: those for training on a CPU alone, and those with time on a GPU."""

    def step_into(name: str) -> float | None:
        found = report.results.get(name, {})
        ways = [found[each.value] for each in Granularity if each.value in found]
        return max((100 * way["actions"]["step_into"]["exact"]["mean"] for way in ways), default=None)

    def highest(task: str) -> float | None:
        return max((100 * found.mean for name, found in best.items() if name.startswith(task)), default=None)

    goal = report.goal
    for with_gpu, (generated, real, outputs, inputs) in GOALS.items():
        goal(
            f"step-into exact match, generator programs, percent, {with_gpu}",
            generated,
            step_into("generator"),
        )
        goal(f"step-into exact match, cruxeval, percent, {with_gpu}", real, step_into("cruxeval"))
        found = step_into("real, held out")
        goal(f"step-into exact match, real programs held out, percent, {with_gpu}", real, found)
        name = f"CRUXEval outputs, pass@1 of the best granularity, percent, {with_gpu}"
        goal(name, outputs, highest("outputs"))
        goal(
            f"CRUXEval inputs at once, pass@1 by running, percent, {with_gpu}", inputs, highest("inputs, one")
        )
    goal("CRUXEval outputs, pass@1 of the best granularity, percent, aimed at", AIM, highest("outputs"))


def main() -> None:
    """Measures, prints the tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--crux", type=Path, help="JSON Lines of CRUXEval rows")
    add("--programs", type=Path, help="JSON Lines of real programs; the held-out tenth is asked about")
    add("--generated", type=int, default=200, help="generator programs (default: %(default)s)")
    add("--rows", type=int, default=400, help="most rows of --crux (default: %(default)s)")
    add("--held-out", type=int, metavar="N", help="only the first N of the held-out tenth (default: all)")
    add("--per-action", type=int, default=2, help="answers for each action of a program")
    add(
        "--least-states",
        type=int,
        default=0,
        metavar="N",
        help="leave out shorter runs (default: %(default)s)",
    )
    add(
        "--most-states",
        type=int,
        default=MAX_EVENTS,
        metavar="N",
        help="and longer ones (default: %(default)s)",
    )
    add("--granularity", nargs="+", default=["expression", "steps"], choices=[g.value for g in Granularity])
    add("--ceiling", action="store_true", help="also give true answers in the model's place")
    add("--seed", type=int, default=0)
    add("--sandbox", default="docker")
    add("--json", type=Path, default=Path("out/neural.json"))
    args = parser.parse_args()
    if args.least_states > args.most_states:
        parser.error(f"--least-states {args.least_states} is more than --most-states {args.most_states}")

    files = {name: path.name for name in ("model", "crux", "programs") if (path := getattr(args, name))}
    report = Report("neural", vars(args) | files)
    programs = sets(args, report)
    engine = Engine.load(args.model)
    with open_sandbox(args.sandbox, max_events=MAX_EVENTS) as box:
        for name, chosen in programs.items():
            runs = list(track(recorded(box, chosen), f"recording {name}", len(chosen), transient=True))
            within = range(args.least_states, args.most_states + 1)
            chosen_runs = [(program, run) for program, run in runs if len(run.states) in within]
            report.notes.append(
                f"{name}: {len(chosen_runs)} of {len(runs)} runs have {within[0]} to {within[-1]} states"
            )
            runs = chosen_runs
            for granularity in args.granularity:
                neural = NeuralDebugger(engine, granularity=granularity)
                engine.forget()
                begin = time.perf_counter()
                asked = track(runs, f"{name}, {granularity}", transient=True)
                fidelity = measure(neural, asked, args.seed, args.per_action)
                tell_fidelity(report, name, granularity, fidelity, time.perf_counter() - begin)
            if args.ceiling:
                begin = time.perf_counter()
                truth = NeuralDebugger(TrueAnswers(runs), granularity=Granularity.EXPRESSION)  # type: ignore[arg-type]
                asked = track(runs, f"{name}, true answers", transient=True)
                fidelity = measure(truth, asked, args.seed, args.per_action)
                tell_fidelity(report, name, TRUTH, fidelity, time.perf_counter() - begin)
        best = tell_crux(report, args, engine, box) if args.crux is not None else {}
    goals(report, best)
    report.finish(args.json)


if __name__ == "__main__":
    main()
