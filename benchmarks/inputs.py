"""CRUXEval's inputs: proposed at once, drawn, or dreamt of before one is given as the answer.

python benchmarks/inputs.py --crux FILE [--rows 100] [--samples 16] [--json docs/benchmarks/inputs.json]

Every answer is run once, in a box, to be judged; only the dream chooses among proposals.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from common.report import Report
from neural import MAX_EVENTS, TEMPERATURE, Meter, percent
from rich.progress import Progress

from debugworld.sandboxes import open_sandbox
from debugworld.worldmodel.crux import CruxRow, CruxScore, imagine_inputs, predict_inputs
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.neural import NeuralDebugger


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--crux", type=Path, required=True, help="JSON Lines of CRUXEval rows")
    add("--rows", type=int, default=100, help="most rows (default: %(default)s)")
    add("--samples", type=int, default=16, help="draws for a row (default: %(default)s)")
    add("--seed", type=int, default=0)
    add("--sandbox", default="docker")
    add("--json", type=Path, default=Path("docs/benchmarks/inputs.json"))
    args = parser.parse_args()
    rows = CruxRow.of(itertools.islice(load_rows(args.crux), args.rows))
    told = {key: str(getattr(args, key).name) for key in ("model", "crux", "json") if getattr(args, key)}
    report = Report("inputs", {**vars(args), **told})
    table = report.table(
        f"CRUXEval's inputs, {len(rows)} rows: percent right",
        ["how", "pass@1", f"pass@{args.samples}", "questions a row", "answer tokens a row"],
    )

    def tell(how: str, score: CruxScore, meter: Meter) -> None:
        several = len(score.rows[0].right) > 1
        per = [f"{number / len(rows):.1f}" for number in (meter.questions, meter.tokens)]
        most = percent(score.pass_at(args.samples)) if several else ""
        table.add(how, percent(score.pass_at(1)), most, *per)
        report.results[how] = {"pass@1": score.pass_at(1).to_json(), "questions": meter.questions}
        if several:
            report.results[how]["pass@k"] = score.pass_at(args.samples).to_json()

    with open_sandbox(args.sandbox, max_events=MAX_EVENTS) as box, Progress() as progress:
        task = progress.add_task("rows", total=3 * len(rows))

        def advance(_: int) -> None:
            progress.advance(task)

        meter = Meter(Engine.load(args.model))
        tell("one inverse question", predict_inputs(meter, rows, box, done=advance), meter)
        drawing = Meter(Engine.load(args.model, temperature=TEMPERATURE, seed=args.seed))
        drawn = predict_inputs(drawing, rows, box, samples=args.samples, done=advance)
        tell(f"drawn at temperature {TEMPERATURE}", drawn, drawing)
        again = Meter(Engine.load(args.model, temperature=TEMPERATURE, seed=args.seed))
        dreaming = Meter(Engine.load(args.model))
        neural = NeuralDebugger(dreaming, max_states=MAX_EVENTS)  # type: ignore[arg-type]
        chosen = imagine_inputs(neural, again, rows, box, args.samples, advance)
        dreaming.questions, dreaming.tokens = (
            dreaming.questions + again.questions,
            dreaming.tokens + again.tokens,
        )
        tell("drawn, and dreamt of", chosen, dreaming)
    best = max(result["pass@1"]["mean"] for result in report.results.values())
    report.goal("CRUXEval inputs, pass@1 by running, percent", 40.7, 100 * best)
    report.finish(args.json)


if __name__ == "__main__":
    main()
