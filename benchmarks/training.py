"""How fast training reads tokens: examples padded or packed, by attention and length of rows.

python benchmarks/training.py [--data DIR] [--recipe nano] [--set KEY=VALUE] [--steps 8] [--heads-steps 0]

Counted are tokens of examples, not padding, per second of the process's CPU time (GPU: of wall time), over
whole steps: batch, forward, backward, optimizer. With --heads-steps the plain loss and heads for three tokens
are trained for as many steps and compared by the loss on held-out examples.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path

import torch
from common.report import Report

from debugworld.worldmodel.batches import BatchStream, Mixture
from debugworld.worldmodel.convolution import keep_apart, takes_owners
from debugworld.worldmodel.data.examples import DataConfig, build_stores
from debugworld.worldmodel.model import build_model
from debugworld.worldmodel.optimizer import MuonAdamW
from debugworld.worldmodel.quiet import drop_kernel_advice
from debugworld.worldmodel.recipe import Recipe, TrainConfig
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.training import RECIPE, train
from debugworld.worldmodel.utilisation import peak_flops, token_flops

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def speed(mixture: Mixture, config: TrainConfig, steps: int) -> dict[str, float]:
    """Returns tokens per second, the shares of padding and of the optimizer, and the utilisation."""
    torch.manual_seed(config.seed)
    tokenizer = build_tokenizer()
    model = build_model(config, len(tokenizer)).to(DEVICE).train()
    model.set_attn_implementation(config.attention)
    model.config.use_cache = False
    if config.packed:
        keep_apart(model)
    optimizer = MuonAdamW(model, config.learning_rate, config.adamw_rate, config.weight_decay)
    row = config.row_tokens if config.packed else 0
    stream = iter(
        BatchStream(
            *(mixture, tokenizer, config.tokens_per_batch, config.seed),
            row_tokens=row,
            owners=takes_owners(model),
        )
    )
    counted = padded = 0
    begun = updating = 0.0
    for step in range(-2, steps):
        if step == 0:
            begun, counted, padded, updating = _now(), 0, 0, 0.0
        batch = {name: value.to(DEVICE) for name, value in next(stream).items()}
        model(**batch).loss.backward()
        update = _now()
        optimizer.step()
        updating += _now() - update
        optimizer.zero_grad()
        real = int((batch["input_ids"] != tokenizer.pad_token_id).sum())
        counted, padded = counted + real, padded + batch["input_ids"].numel() - real
    taken = _now() - begun
    rate, peak = counted / taken, peak_flops(False)
    attended = float(sum(s.lengths.mean() for s in mixture.stores.values())) / len(mixture.stores) / 2
    return {
        "tokens_per_second": rate,
        "padding": padded / (padded + counted),
        "optimizer": updating / taken,
        "utilisation": rate * token_flops(model, attended) / peak if peak else float("nan"),
    }


def _now() -> float:
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def held_out_losses(mixture: Mixture, config: TrainConfig, ahead: int) -> dict[str, float]:
    """Trains for the steps of a configuration and returns the last held-out loss of each store."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        train(mixture, out, dataclasses.replace(config, ahead=ahead))
        [newest] = (out / "run").glob(f"checkpoint-{TrainConfig.load(out / RECIPE).steps}")
        history = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    return {key: value for entry in history for key, value in entry.items() if key.startswith("eval_")}


def main() -> None:
    """Measures, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="example stores of a run (default: made from 400 programs)")
    parser.add_argument("--recipe", default="nano", help="sizes (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--steps", type=int, default=8, help="of each way (default: %(default)s)")
    parser.add_argument("--heads-steps", type=int, default=0, help="of the comparison (default: none)")
    parser.add_argument("--json", type=Path, default=Path("out/training.json"))
    args = parser.parse_args()
    drop_kernel_advice()

    config = Recipe.load(args.recipe, args.settings).train
    with tempfile.TemporaryDirectory() as folder:
        if args.data:
            mixture = Mixture.open(args.data)
        else:
            mixture, _ = build_stores(Path(folder), DataConfig(generated=200, statements=200, drills=2_000))
        rows = [size for size in (128, 256, 512, 1024) if size >= max(map(_longest, mixture.stores.values()))]
        ways = {f"padded, {a}": {"packed": False, "attention": a} for a in ("eager", "sdpa")} | {
            f"packed, rows of {r}, {a}": {"packed": True, "row_tokens": r, "attention": a}
            for r in rows
            for a in ("eager", "sdpa")
        }
        report = Report("training", vars(args) | {"data": args.data and args.data.name})
        what = f"{config.hidden_size} wide, {config.tokens_per_batch:,} tokens a batch, {args.steps} steps"
        columns = ["", "tokens/s", "padding", "optimizer", "utilisation"]
        table = report.table(f"Training on {DEVICE.type}, {what}", columns)
        for name, changes in ways.items():
            found = speed(mixture, dataclasses.replace(config, **changes), args.steps)
            report.results[name] = found
            shown = (
                f"{found['tokens_per_second']:,.0f}",
                f"{found['padding']:.1%}",
                f"{found['optimizer']:.0%}",
                f"{found['utilisation']:.0%}",
            )
            table.add(name, *shown)
            print(name, *shown, file=sys.stderr, flush=True)
        if args.heads_steps:
            short = config.changed({"steps": args.heads_steps, "look_after": 0.0, "evaluate_minutes": 100.0})
            losses = {ahead: held_out_losses(mixture, short, ahead) for ahead in (1, 3)}
            report.results |= {f"ahead {ahead}": found for ahead, found in losses.items()}
            table = report.table(
                f"Held out, after {args.heads_steps} steps that predict one token, and three",
                ["", "one", "three"],
            )
            for name in sorted(losses[1]):
                table.add(name.removeprefix("eval_"), *(f"{losses[ahead][name]:.3f}" for ahead in (1, 3)))
    report.finish(args.json)


def _longest(store: object) -> int:
    return int(store.lengths.max())  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
