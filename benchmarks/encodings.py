"""What a small model learns from the same runs in each encoding and each tokenizer.

python benchmarks/encodings.py [--seconds 180] [--encodings paper markov] [--tokenizers bytes bpe-512]
    [--programs 2000] [--held-out 40] [--json out/encodings.json]

Rows that --json holds are not measured again, so a run that was stopped goes on, or gets more rows.

A row trains a model of the same body from scratch, on the runs of the same generated programs by step into,
and is asked for step intos of held-out programs, each from its true history. It is scored twice: after as
many tokens as the first row read in its time, and after as much arithmetic as that row did (a larger
vocabulary costs more of it a token, so such a row has read fewer by then). Exact match is over what every
encoding shows: the event, the line's text, locals at calls and lines, value, exit code. Answers keep to
each encoding's grammar. One seed a row. The Markov encodings, a statement a question (markov) or an operation
(markov-parts), have a symbolic shell that answers certain steps itself; they count as answers, and
"uncertain" are those alone for which the shell asks about a statement, in every encoding the same.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from common.corpus import (
    ENCODINGS,
    GRANULARITIES,
    MOST,
    TOKENIZERS,
    Corpus,
    Run,
    codec_of,
    corpus,
    runs,
)
from common.report import Report, Table
from transformers import PreTrainedModel, set_seed

from debugworld.sandboxes.debugger import Event, ExitCode, Program, State
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.context import INTO, ContextDebugger
from debugworld.worldmodel.conversation import TooLong
from debugworld.worldmodel.data.split import EVALUATION_SEED
from debugworld.worldmodel.data.texts import stepped
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.optimizer import MuonAdamW
from debugworld.worldmodel.packing import IGNORED, Encoded, padded_batch
from debugworld.worldmodel.quiet import drop_kernel_advice
from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.statistics import rate
from debugworld.worldmodel.thinker import Granularity
from debugworld.worldmodel.tokenwise import TokenEngine

PARTS = ("event", "line", "locals", "value", "exit")
WARMUP = 30
"""Steps in which the learning rate rises; then it is constant, so that a run can be scored on its way."""


class Deaf:
    """An engine that answers nothing, and knows whether it was asked."""

    asked = False

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        self.asked = True
        return [Completion("", (), (), False) for _ in requests]


@dataclass
class Question:
    """A step into of a held-out program.

    Attributes:
        program: the program.
        past: the true states up to where it is asked.
        after: the true state after it.
        uncertain: whether the shell of the encoding `markov` asks its model for it.
    """

    program: Program
    past: list[State]
    after: State
    uncertain: bool


@dataclass
class Row:
    """One encoding with one tokenizer, in training."""

    corpus: Corpus
    model: PreTrainedModel
    optimizer: MuonAdamW
    batches: Iterator[tuple[torch.Tensor, torch.Tensor]]
    tokens: int = 0
    learnt: int = 0
    flops: float = 0.0
    steps: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)

    @property
    def spent(self) -> dict[str, float]:
        """What was read and computed so far."""
        return {"tokens": self.tokens, "FLOPs": self.flops}


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=400.0, help="training of the first row (default: %(default)s)"
    )
    parser.add_argument("--encodings", nargs="+", choices=ENCODINGS, default=list(ENCODINGS), metavar="NAME")
    parser.add_argument(
        "--tokenizers", nargs="+", choices=TOKENIZERS, default=list(TOKENIZERS), metavar="NAME"
    )
    parser.add_argument("--programs", type=int, default=4000, help="training programs (default: %(default)s)")
    parser.add_argument(
        "--held-out", type=int, default=100, help="programs to score on (default: %(default)s)"
    )
    parser.add_argument("--questions", type=int, default=4, help="of each of them (default: %(default)s)")
    parser.add_argument(
        "--hidden-size", type=int, default=128, help="width of the model (default: %(default)s)"
    )
    parser.add_argument("--layers", type=int, default=4, help="its blocks (default: %(default)s)")
    parser.add_argument(
        "--limit", type=int, default=1024, help="most tokens of a text (default: %(default)s)"
    )
    parser.add_argument("--batch", type=int, default=2048, help="tokens of a batch (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order (default: %(default)s)")
    parser.add_argument("--device", default="cpu", help="such as cuda (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("out/encodings.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    drop_kernel_advice()

    report = Report("encodings", vars(args) | {"warmup": WARMUP})
    training = runs(0, args.programs)
    held_out = runs(EVALUATION_SEED, args.held_out, unlike=training)
    questions = list(ask(held_out, args))
    sizes = ["vocabulary", "chars/token", "tokens, k", "learnt, k", "TFLOP", "loss"]
    work = report.table("What each row read", ["row", "at equal", *sizes])
    table = report.table(
        "Step into from the true history, % right", ["row", "at equal", "exact", "right of uncertain", *PARTS]
    )
    budget = resumed(args, report, [work, table])
    for tokenizer in args.tokenizers:
        for encoding in args.encodings:
            name = f"{encoding}, {tokenizer}"
            if name in report.results:
                continue
            try:
                made = corpus(encoding, tokenizer, training, args.limit)
            except ModelError as error:
                report.lack(name, str(error))
                continue
            row = begin(made, args)
            told: dict[str, Any] = {
                "vocabulary": len(made.tokenizer),
                "texts": len(made.texts),
                "texts_cut": made.cut,
                "parameters": sum(weights.numel() for weights in row.model.parameters()),
            }
            left = {kind: part for kind, part in zip(("tokens", "FLOPs"), budget or (), strict=False)}
            while left or "both" not in told and budget is None:
                train(row, args, left)
                reached = [kind for kind, most in left.items() if row.spent[kind] >= most] or ["both"]
                budget = budget or (row.tokens, row.flops)
                scores = score(row, encoding, questions, args)
                for kind in reached:
                    left.pop(kind, None)
                    told[kind] = summary(row, scores)
                    work.add(name, kind, *reading(row))
                    table.add(name, kind, *percents(scores))
                    print(name, kind, *reading(row), *percents(scores), sep="  ", flush=True)
            report.results[name] = told
            report.write(args.json)
    report.notes.append(
        f"*: some texts were cut at {args.limit} tokens; one seed, {args.held_out} held-out programs, "
        f"{args.questions} questions each; the first row trained "
        f"{args.seconds:.0f} s and set both budgets"
    )
    report.finish(args.json)


def resumed(args: argparse.Namespace, report: Report, tables: Sequence[Table]) -> tuple[int, float] | None:
    """Takes over the rows that --json holds, and returns what the first of them read and computed.

    Only what was measured on a machine like this and in the same way, but for which rows.
    """
    if not args.json.exists():
        return None
    told = json.loads(args.json.read_text())
    which = {"encodings", "tokenizers", "json"}
    kept = [
        {key: value for key, value in one.items() if key not in which}
        for one in (told["settings"], report.settings)
    ]
    if told["name"] != report.name or kept[0] != kept[1] or told["machine"]["cpu"] != report.machine["cpu"]:
        raise SystemExit(f"{args.json} was measured otherwise; give another --json, or delete it")
    report.results |= told["results"]
    for name in which - {"json"}:
        report.settings[name] = [*dict.fromkeys([*told["settings"][name], *report.settings[name]])]
    for mine, other in zip(tables, told["tables"], strict=True):
        mine.rows += other["rows"]
    first = next((one["both"] for one in told["results"].values() if "both" in one), None)
    return None if first is None else (first["tokens"], first["flops"])


def begin(made: Corpus, args: argparse.Namespace) -> Row:
    """Returns a row with fresh weights."""
    set_seed(args.seed)
    size = TrainConfig(
        minutes=1.0, hidden_size=args.hidden_size, layers=args.layers, heads=args.hidden_size // 32
    )
    model = build_model(size, len(made.tokenizer)).to(args.device)
    optimizer = MuonAdamW(model, size.learning_rate, size.adamw_rate, size.weight_decay)
    return Row(made, model, optimizer, order(made, args.batch, args.seed))


def train(row: Row, args: argparse.Namespace, most: Mapping[str, float]) -> None:
    """Goes on with a row's training until one of its budgets is spent; without any, for some seconds."""
    model, groups = row.model.train(), row.optimizer.param_groups
    peaks = [group.setdefault("peak", group["lr"]) for group in groups]
    body = sum(w.numel() for n, w in model.named_parameters() if "embed" not in n and "lm_head" not in n)
    head = model.get_output_embeddings().weight
    attention = sum(kind == "full_attention" for kind in model.config.layer_types)
    start = time.perf_counter()
    while (
        all(row.spent[kind] < budget for kind, budget in most.items())
        if most
        else time.perf_counter() - start < args.seconds
    ):
        ids, labels = (part.to(args.device) for part in next(row.batches))
        hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        wanted = labels[:, 1:] != IGNORED
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden[wanted]), labels[:, 1:][wanted])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group, peak in zip(groups, peaks, strict=True):
            group["lr"] = peak * min(1.0, (row.steps + 1) / WARMUP)
        row.optimizer.step()
        row.optimizer.zero_grad()
        real, learnt, width = (
            int((ids != row.corpus.tokenizer.pad_token_id).sum()),
            int(wanted.sum()),
            ids.shape[1],
        )
        row.tokens, row.learnt, row.steps = row.tokens + real, row.learnt + learnt, row.steps + 1
        row.flops += (
            6 * (body * real + head.numel() * learnt) + 6 * attention * real * width * args.hidden_size
        )
        row.losses.append(float(loss.detach()))
    row.seconds += time.perf_counter() - start


def order(made: Corpus, size: int, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yields batches without end: texts of like length together, in a seeded order."""
    choose, pad = random.Random(seed), int(made.tokenizer.pad_token_id or 0)
    texts = sorted((text for text in made.texts if any(text[1])), key=lambda text: len(text[0]))
    batches: list[list[Encoded]] = [[]]
    for text in texts:
        if batches[-1] and (len(batches[-1]) + 1) * len(text[0]) > size:
            batches.append([])
        batches[-1].append(text)
    while True:
        for batch in choose.sample(batches, len(batches)):
            padded = padded_batch(batch, pad)
            yield padded["input_ids"], padded["labels"]


def ask(held_out: Sequence[Run], args: argparse.Namespace) -> Iterator[Question]:
    """Yields step intos of held-out programs, those of a program in time."""
    deaf = Deaf()
    shell = NeuralDebugger(deaf, granularity=Granularity.LINE)  # type: ignore[arg-type]
    for number, (program, trace) in enumerate(held_out):
        if trace.exit.code is ExitCode.NEVER:
            continue
        states = [step.state for step in stepped(program, trace, MOST).steps]
        choose = random.Random(f"{args.seed} {number}")
        shell.reset(program)
        for place in sorted(choose.sample(range(len(states) - 1), min(args.questions, len(states) - 1))):
            past = states[: place + 1]
            shell.ground(past)
            deaf.asked = False
            shell.step(INTO)
            yield Question(program, past, states[place + 1], deaf.asked)


def score(
    row: Row, encoding: str, questions: Sequence[Question], args: argparse.Namespace
) -> dict[str, list[bool]]:
    """Returns whether each answer was right, as a whole and by part."""
    engine = TokenEngine(row.model, row.corpus.tokenizer)
    codec = codec_of(encoding)
    neural: ContextDebugger | NeuralDebugger
    if codec is None:
        fine = GRANULARITIES[encoding]  # as it was trained
        neural = NeuralDebugger(engine, max_tokens=120, granularity=fine)  # type: ignore[arg-type]
    else:
        measure = engine.vocabulary(codec.markers, codec.stop).count
        neural = ContextDebugger(engine, codec, context=2 * args.limit, max_tokens=120, measure=measure)
    found: dict[str, list[bool]] = {part: [] for part in ("exact", "uncertain", *PARTS)}
    before: Program | None = None
    for question in questions:
        if question.program is not before:
            neural.reset(question.program)
        before = question.program
        neural.ground(question.past)
        try:
            right = compare(question.after, neural.step(INTO))
        except TooLong:  # this program does not fit: the encoding has no answer
            right = dict.fromkeys(PARTS, False)
        for part, value in right.items():
            found[part].append(value)
        found["exact"].append(all(right.values()))
        if question.uncertain:
            found["uncertain"].append(all(right.values()))
    return found


def compare(true: State, answer: State) -> dict[str, bool]:
    """Returns whether each part of a state is right, as far as every encoding shows it."""
    shows = true.event in (Event.CALL, Event.LINE)
    return {
        "event": true.event is answer.event,
        "line": true.source == answer.source,
        "locals": not shows or true.locals == answer.locals,
        "value": true.value == answer.value,
        "exit": (true.exit and true.exit.code) == (answer.exit and answer.exit.code),
    }


def summary(row: Row, scores: dict[str, list[bool]]) -> dict[str, Any]:
    """Returns what a row had done when it was scored, and its scores."""
    return {
        "tokens": row.tokens,
        "learnt_tokens": row.learnt,
        "flops": row.flops,
        "steps": row.steps,
        "training_seconds": row.seconds,
        "loss": mean(row.losses[-20:]),
        "questions": len(scores["exact"]),
        "uncertain": len(scores["uncertain"]),
        "uncertain_right": sum(scores["uncertain"]),
        "scores": {part: rate(scores[part]).to_json() for part in ("exact", *PARTS)},
    }


def reading(row: Row) -> list[str]:
    """Returns what a row has read, as cells."""
    return [
        f"{len(row.corpus.tokenizer):,}",
        f"{row.corpus.characters:.2f}" + ("*" if row.corpus.cut else ""),
        f"{row.tokens / 1e3:.0f}",
        f"{row.learnt / 1e3:.0f}",
        f"{row.flops / 1e12:.2f}",
        f"{mean(row.losses[-20:]):.2f}",
    ]


def percents(scores: dict[str, list[bool]]) -> list[str]:
    """Returns a row's scores, as cells."""
    exact = rate(scores["exact"])
    whole = f"{100 * exact.mean:.0f} [{100 * exact.low:.0f}, {100 * exact.high:.0f}]"
    uncertain = scores["uncertain"]
    cells = [f"{100 * rate(scores[part]).mean:.0f}" for part in PARTS]
    return [whole, f"{sum(uncertain)} of {len(uncertain)}", *cells]


def mean(values: Sequence[float]) -> float:
    """Returns the mean, 0 of nothing."""
    return sum(values) / max(len(values), 1)


if __name__ == "__main__":
    main()
