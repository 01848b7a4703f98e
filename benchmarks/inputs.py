"""CRUXEval's inputs: proposed at once, drawn, or searched for in the dream before one is given as the answer.

python benchmarks/inputs.py --crux FILE [--rows 400] [--samples 16] [--rounds 0 4] [--json OUT]

Every answer is run once, in a box, to be judged; only the dream chooses among proposals.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from common.report import Report
from neural import MAX_EVENTS, TEMPERATURE, percent
from rich.progress import Progress

from debugworld.sandboxes import open_sandbox
from debugworld.worldmodel.crux import CruxRow, CruxScore, predict_inputs, search_inputs
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.fidelity.subject import Meter
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.search.dreams import Dreams
from debugworld.worldmodel.search.inputs import AHEAD, ROUNDS, InputSearch


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--crux", type=Path, required=True, help="JSON Lines of CRUXEval rows")
    add("--rows", type=int, default=400, help="most rows (default: %(default)s)")
    add("--samples", type=int, default=16, help="draws for a row (default: %(default)s)")
    add("--rounds", type=int, nargs="*", default=[0, ROUNDS], help="of new inputs (default: %(default)s)")
    add("--first", type=int, default=0, help="rows that are left out at the beginning (default: %(default)s)")
    add("--seed", type=int, default=0)
    add("--sandbox", default="docker")
    add("--json", type=Path, default=Path("docs/benchmarks/inputs.json"))
    args = parser.parse_args()
    rows = CruxRow.of(itertools.islice(load_rows(args.crux), args.first, args.first + args.rows))
    told = {key: str(getattr(args, key).name) for key in ("model", "crux", "json") if getattr(args, key)}
    report = Report("inputs", {**vars(args), **told})
    table = report.table(
        f"CRUXEval's inputs, {len(rows)} rows: percent right",
        ["how", "pass@1", f"pass@{args.samples}", "questions a row", "answer tokens a row"],
    )

    def tell(how: str, score: CruxScore, meter: Meter) -> None:
        several = len(score.rows[0].right) > 1
        per = [f"{number / len(rows):.1f}" for number in (meter.questions, meter.answer_tokens)]
        most = percent(score.pass_at(args.samples)) if several else ""
        table.add(how, percent(score.pass_at(1)), most, *per)
        report.results[how] = {"pass@1": score.pass_at(1).to_json(), "questions": meter.questions}
        if several:
            report.results[how]["pass@k"] = score.pass_at(args.samples).to_json()

    with open_sandbox(args.sandbox, max_events=MAX_EVENTS) as box, Progress() as progress:
        task = progress.add_task("rows", total=(2 + len(args.rounds)) * len(rows))

        def advance(_: int) -> None:
            progress.advance(task)

        meter = Meter(Engine.load(args.model))
        tell("one inverse question", predict_inputs(meter, rows, box, done=advance), meter)
        drawing = Meter(Engine.load(args.model, temperature=TEMPERATURE, seed=args.seed))
        drawn = predict_inputs(drawing, rows, box, samples=args.samples, done=advance)
        tell(f"drawn at temperature {TEMPERATURE}", drawn, drawing)
        for rounds in args.rounds:
            subject = open_subject(None if args.model is None else str(args.model), box)
            assert subject.meter is not None
            dreams = Dreams(subject, ahead=AHEAD)
            search = InputSearch(dreams, subject.meter, args.samples, rounds, args.seed)
            tell(
                f"searched for in the dream, {rounds} rounds",
                search_inputs(search, rows, box, advance),
                subject.meter,
            )
    best = max(result["pass@1"]["mean"] for result in report.results.values())
    report.goal("CRUXEval inputs, pass@1 by running, percent", 40.7, 100 * best)
    report.finish(args.json)


if __name__ == "__main__":
    main()
