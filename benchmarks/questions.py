"""Where a neural debugger goes wrong: the questions of true runs, one by one, by what they ask about.

python benchmarks/questions.py [--model DIR] [--crux FILE] [--programs FILE] [--generated 200]
    [--json out/questions.json]

Every statement of runs that training never saw is taken apart as the debugger does it, but led by true
answers; the model is asked each question, as often as the runs ask it. A statement is right where all of its
questions are. Errors are counted by class, each with an example.
"""

from __future__ import annotations

import argparse
import ast
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from common.report import Report
from neural import percent, recorded, sets
from rich.progress import track

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.thoughts import lessons_of
from debugworld.worldmodel.engine import Engine, Request
from debugworld.worldmodel.markov import Outcome
from debugworld.worldmodel.markov.thought import Ask
from debugworld.worldmodel.markov.thought.ask import HOLE, MARK
from debugworld.worldmodel.statistics import rate

MAX_EVENTS = 1_000
"""States of a run after which it is left out."""
MAX_TOKENS = 256
"""Of an answer."""
SHOWN = 90
"""Characters of an example."""
_NAMES = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Pow: "**", ast.Mod: "%"}


def kind(ask: Ask, answer: Outcome) -> str:
    """Returns the class of a question: what it is about, and the types that it is about."""
    if ask.whole:
        return "whole statement"
    if ask.enters:
        return "call of the program's own function"
    first, *rest = ask.prompt.removeprefix(MARK).split("\n")
    if rest and rest[-1].startswith("#"):
        return "turn of a loop"
    if answer.letter == "X":
        return "exception"
    operands = dict(line.split("=", 1) for line in rest if "=" in line)
    try:
        (statement,) = ast.parse(first).body
    except SyntaxError:
        return "other"
    if not isinstance(statement, ast.Expr):
        return "change of a container or object"
    return _kind(statement.value, operands)


def _kind(node: ast.expr, operands: dict[str, str]) -> str:
    if isinstance(node, ast.BinOp):
        types = {_type(side, operands) for side in (node.left, node.right)}
        number = types <= {"int", "float", "bool"}
        if number:
            sign = _NAMES.get(
                type(node.op), "/ or //" if isinstance(node.op, (ast.Div, ast.FloorDiv)) else "bits"
            )
            return f"arithmetic {sign}"
        return "operator on text" if "str" in types else "operator on containers"
    if isinstance(node, ast.UnaryOp):
        return "not" if isinstance(node.op, ast.Not) else "arithmetic -"
    if isinstance(node, ast.Compare):
        inside = isinstance(node.ops[0], (ast.In, ast.NotIn))
        types = {_type(side, operands) for side in (node.left, *node.comparators)}
        what = (
            "numbers" if types <= {"int", "float", "bool"} else "text" if types == {"str"} else "other values"
        )
        return "membership" if inside else f"comparison of {what}"
    if isinstance(node, ast.Subscript):
        return "slice" if isinstance(node.slice, ast.Slice) else f"item of {_type(node.value, operands)}"
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            return f"method of {_type(node.func.value, operands)}"
        return f"built-in {getattr(node.func, 'id', 'other')}"
    if isinstance(node, ast.Attribute):
        return "attribute"
    if isinstance(node, ast.JoinedStr):
        return "f-string"
    return "other"


def _type(node: ast.expr, operands: dict[str, str]) -> str:
    if isinstance(node, ast.Name) and node.id == HOLE and HOLE in operands:
        try:
            node = ast.parse(operands[HOLE], mode="eval").body
        except SyntaxError:
            return "object"
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    return {ast.List: "list", ast.Dict: "dict", ast.Set: "set", ast.Tuple: "tuple"}.get(type(node), "object")


def tell(report: Report, name: str, runs: Iterable[tuple[Program, Trace]], engine: Engine) -> None:
    """Asks the questions of a set's runs and adds its table."""
    oracle = Oracle()
    statements: list[tuple[tuple[Ask, Outcome], ...]] = []
    unknown = 0
    for program, trace in runs:
        for lesson in lessons_of(program, trace, oracle):
            if lesson.asked is None:
                unknown += 1
            else:
                statements.append(lesson.asked)
    asked = [question for statement in statements for question in statement]
    requests = [Request(name, ask.prompt, ask.grammar, MAX_TOKENS) for ask, _ in asked]
    answers = engine.complete(requests)
    right = [
        found.finished and found.text == str(truth) for found, (_, truth) in zip(answers, asked, strict=True)
    ]
    counts: Counter[str] = Counter()
    wrong: dict[str, Counter[tuple[str, str, str]]] = defaultdict(Counter)
    for (ask, truth), found, good in zip(asked, answers, right, strict=True):
        group = kind(ask, truth)
        counts[group] += 1
        if not good:
            wrong[group][ask.prompt, found.text, str(truth)] += 1
    marks = iter(right)
    whole = [all(list(itertools.islice(marks, len(statement)))) for statement in statements if statement]
    share = rate(whole)
    table = report.table(
        f"{name}: {len(asked):,} questions of {len(whole):,} statements "
        f"({unknown:,} more without true answers); statements right {percent(share)} %",
        ["about", "asked", "right, %", "errors", "share of all errors, %", "asked: answered, not true"],
    )
    total = max(1, len(right) - sum(right))
    for group, count in sorted(counts.items(), key=lambda item: -wrong[item[0]].total()):
        errors = wrong[group].total()
        shown = ""
        if errors:
            (prompt, text, truth), _ = wrong[group].most_common(1)[0]
            shown = f"{prompt!r}: {text!r}, not {truth!r}"[:SHOWN]
        good = percent(rate([True] * (count - errors) + [False] * errors))
        table.add(group, f"{count:,}", good, f"{errors:,}", f"{100 * errors / total:.1f}", shown)
        report.results.setdefault(name, {})[group] = {"asked": count, "errors": errors}
    report.results[name]["statements"] = {"asked": len(whole), "errors": len(whole) - sum(whole)}


def main() -> None:
    """Measures, prints the tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--crux", type=Path, help="JSON Lines of CRUXEval rows")
    add("--programs", type=Path, help="JSON Lines of real programs; the held-out tenth is asked about")
    add("--generated", type=int, default=200, help="generator programs (default: %(default)s)")
    add("--rows", type=int, default=200, help="most programs of each file (default: %(default)s)")
    add("--sandbox", default="docker")
    add("--json", type=Path, default=Path("out/questions.json"))
    args = parser.parse_args()

    files = {name: path.name for name in ("model", "crux", "programs") if (path := getattr(args, name))}
    report = Report("questions", vars(args) | files)
    programs = sets(args, report)
    engine = Engine.load(args.model)
    with open_sandbox(args.sandbox, max_events=MAX_EVENTS) as box:
        for name, chosen in programs.items():
            runs = track(recorded(box, chosen), f"recording {name}", len(chosen), transient=True)
            tell(report, name, list(runs), engine)
    report.finish(args.json)


if __name__ == "__main__":
    main()
