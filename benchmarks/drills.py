"""How many small questions a checkpoint answers, by what they are about.

python benchmarks/drills.py [--model DIR ...] [--questions 400] [--json out/drills.json]

A question counts as answered where each token of the true answer is the likeliest after those before it,
without a grammar. Answers that raise are told apart. Questions come from a seed that no recipe draws from.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from common.report import Report

from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.data.drills import GROUPS, Drills
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.wide import Wide
from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.markov.thought.ask import MARK
from debugworld.worldmodel.packing import IGNORED, padded_batch
from debugworld.worldmodel.statistics import Estimate, rate
from debugworld.worldmodel.store import Example

SEED = 1 << 40
"""Of the questions; recipes count up from 0 or 100,000."""
LONGEST = 400
"""Most characters of a question with its answer."""
BATCH = 32
TRIED = 50
"""Questions drawn for one that is asked; a small group has no more different ones."""


def asked(group: str, count: int, oracle: Oracle) -> list[tuple[str, str]]:
    """Returns as many different questions of a group, or all that come up, with their answers."""
    drills, wide = Drills(SEED), Wide(random.Random(SEED))
    found: dict[str, str] = {}
    for _ in range(TRIED * count):
        if len(found) == count:
            break
        prompt = drills.of(group) if group in GROUPS else MARK + wide.question()
        answer = oracle.answer(prompt)
        if answer is not None and len(prompt) + len(str(answer)) <= LONGEST:
            found[prompt] = str(answer)
    return list(found.items())


@torch.inference_mode()
def right(path: Path | None, pairs: Sequence[tuple[str, str]]) -> Iterator[bool]:
    """Yields whether each question is answered."""
    model, tokenizer, _ = load_model(path)
    encoded = Encoder(tokenizer)([Example(prompt, answer, ()) for prompt, answer in pairs])
    for start in range(0, len(encoded), BATCH):
        batch = padded_batch(encoded[start : start + BATCH], int(tokenizer.pad_token_id))
        likeliest = model(input_ids=batch["input_ids"], use_cache=False).logits[:, :-1].argmax(-1)
        wanted = batch["labels"][:, 1:]
        yield from (~((likeliest != wanted) & (wanted != IGNORED)).any(1)).tolist()


def shown(estimate: Estimate) -> str:
    """Writes a share with its interval, in percent."""
    return f"{100 * estimate.mean:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--model", type=Path, nargs="+", default=[None], help="folders (default: the one that ships)"
    )
    parser.add_argument("--questions", type=int, default=400, help="of each group (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("out/drills.json"))
    args = parser.parse_args()
    names = ["shipped" if path is None else path.name for path in args.model]
    report, oracle = Report("drills", vars(args) | {"model": names, "seed": SEED}), Oracle()
    columns = [text for name in names for text in (f"{name}: right, %", "of those that raise", "count")]
    table = report.table("Small questions answered", ["about", *columns])
    for group in (*GROUPS, "wide"):
        pairs = asked(group, args.questions, oracle)
        cells: list[str] = []
        for name, path in zip(names, args.model, strict=True):
            found = list(right(path, pairs))
            raising = [good for good, (_, answer) in zip(found, pairs, strict=True) if answer[0] == "X"]
            every, those = rate(found), rate(raising) if raising else None
            cells += [shown(every), "" if those is None else shown(those), str(len(raising))]
            report.results.setdefault(name, {})[group] = {
                "all": every.to_json() | {"count": len(found)},
                "raising": None if those is None else those.to_json() | {"count": len(raising)},
            }
        table.add(group, *cells)
    report.finish(args.json)


if __name__ == "__main__":
    main()
