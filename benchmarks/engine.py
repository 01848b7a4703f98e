"""How fast the neural debugger answers: transformers' generate, the engine alone, with memories, in batches.

python benchmarks/engine.py [--model DIR] [--programs 32] [--questions 8] [--json out/engine.json]

The questions are those of stepping through generated programs; a batch asks one of each of its programs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from transformers import LogitsProcessor, LogitsProcessorList

from debugworld.sandboxes.debugger import ExitCode
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.constraint import Grammar, Masks, symbol_of
from debugworld.worldmodel.data.examples import EVALUATION_SEED
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.engine import Engine, Request
from debugworld.worldmodel.markov import Shell

Ask = Callable[[Sequence[Request]], list[str]]


class GrammarMask(LogitsProcessor):
    """One request's grammar, as generate takes it."""

    def __init__(self, grammar: Grammar, start: int, masks: Masks) -> None:
        self._grammar, self._masks, self._read, self._state = grammar, masks, start, grammar.start()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns scores with -inf for what may not follow; shapes (1, tokens) and (1, vocabulary)."""
        for token in input_ids[0, self._read :].tolist():
            self._state = self._grammar.advance(self._state, symbol_of(token))
        self._read = input_ids.shape[1]
        return scores.masked_fill(~self._masks.row(self._grammar.allowed(self._state)), -torch.inf)


def questions(slot: int, count: int) -> Iterator[Request]:
    """Yields what the model would be asked along one generated program."""
    program = generate(EVALUATION_SEED + slot).program
    trace = record(program)
    shell = Shell(program)
    shell.start()
    shell.accept(trace.states[0])
    last = len(trace.states) - (trace.exit.code is ExitCode.NEVER)
    for state in trace.states[1:last]:
        if count and shell.certain() is None:
            yield Request(slot, shell.prompt(), shell.grammar(), max_tokens=128)
            count -= 1
        shell.accept(state)


def generating(path: Path | None) -> Ask:
    """Returns plain generate, one request after the other, each prompt read anew."""
    model, tokenizer, _ = load_model(path)
    masks = Masks(len(tokenizer))

    def ask(requests: Sequence[Request]) -> list[str]:
        answers = []
        for request in requests:
            encoded = tokenizer(request.prompt, return_tensors="pt")
            start = encoded["input_ids"].shape[1]
            mask = LogitsProcessorList([GrammarMask(request.grammar, start, masks)])
            out = model.generate(
                **encoded, do_sample=False, max_new_tokens=request.max_tokens, logits_processor=mask
            )
            answers.append(str(tokenizer.decode(out[0, start:], skip_special_tokens=True)))
        return answers

    return ask


def engine(path: Path | None, **options: int) -> Ask:
    """Returns an engine's way to answer."""
    made = Engine.load(path, **options)
    return lambda requests: [answer.text for answer in made.complete(requests)]


def main() -> None:
    """Measures, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    parser.add_argument("--programs", type=int, default=32, help="programs (default: %(default)s)")
    parser.add_argument(
        "--questions", type=int, default=8, help="most questions of each (default: %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the CPU (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("out/engine.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    programs = [list(questions(slot, args.questions)) for slot in range(args.programs)]
    ways: dict[str, tuple[Ask, int]] = {
        "generate": (generating(args.model), 1),
        "engine, no memories": (engine(args.model, memories=0, memo=0), 1),
        "engine": (engine(args.model, memo=0), 1),
        "engine, batch 8": (engine(args.model, memo=0), 8),
        "engine, batch 32": (engine(args.model, memo=0), 32),
        "engine, batch 32, memo": (engine(args.model), 32),
    }
    table = Table("", "steps/s", "times generate", "same answers", title="Neural steps")
    results: dict[str, dict[str, float]] = {}
    expected: dict[tuple[object, str], str] = {}
    for name, (ask, size) in ways.items():
        answers: dict[tuple[object, str], str] = {}
        begin = time.perf_counter()
        for group in (programs[start : start + size] for start in range(0, len(programs), size)):
            for step in itertools.zip_longest(*group):
                asked = [request for request in step if request is not None]
                for request, answer in zip(asked, ask(asked), strict=True):
                    answers[request.slot, request.prompt] = answer
        rate = sum(map(len, programs)) / (time.perf_counter() - begin)
        expected = expected or answers
        same = sum(answers[key] == expected[key] for key in expected) / len(expected)
        results[name] = {"steps_per_second": rate, "same_answers": same}
        times = rate / results["generate"]["steps_per_second"]
        table.add_row(name, f"{rate:.1f}", f"{times:.1f}", f"{same:.1%}")
    Console().print(table)
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "machine": platform.machine()}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    told = {"machine": machine, "threads": args.threads, "results": results}
    args.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
