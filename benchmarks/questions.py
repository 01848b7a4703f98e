"""Where a neural debugger goes wrong: the questions of true runs, one by one, by what they ask about.

python benchmarks/questions.py [--model DIR] [--earlier DIR...] [--crux FILE] [--programs FILE]
    [--generated 200] [--rows 200] [--held-out 200] [--json out/questions.json]

Every statement of runs that training never saw is taken apart as the debugger does it, but led by true
answers; the model is asked each question, as often as the runs ask it. A statement is right where all of its
questions are. Errors are counted by class, each with an example. Earlier states of the checkpoint, or
others, are asked the same: the learning curve against tokens and parameters.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.report import Report, Table
from neural import percent, recorded, sets
from rich.progress import track

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.worldmodel.checkpoint import load_model
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.thoughts import lessons_of
from debugworld.worldmodel.engine import Completion, Engine, Request
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


FAMILIES = {
    "strings": re.compile(
        r"method of (str|bytes)|operator on text|slice|item of str|f-string|built-in (str|repr)"
    ),
    "arithmetic": re.compile(
        r"arithmetic .*|comparison of numbers|built-in (abs|divmod|max|min|pow|round|sum|int|float)"
    ),
    "containers": re.compile(
        r"(method|item) of (list|dict|set|tuple)|operator on containers|change .*|membership"
        r"|built-in (len|list|dict|set|frozenset|tuple|sorted|Counter)"
    ),
    "control flow": re.compile(r"turn of a loop|call .*|built-in (bool|any|all|range)|not|exception"),
    "libraries and other built-ins": re.compile(r"method of object|built-in .*"),
    "whole statements": re.compile("whole statement"),
}
"""What classes of questions are together about; the first that fits."""
OTHER = "other"


def family(group: str) -> str:
    """Returns what a class of questions is about."""
    return next((name for name, classes in FAMILIES.items() if classes.fullmatch(group)), OTHER)


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


@dataclass(frozen=True)
class Questions:
    """What the statements of a set's runs come apart into."""

    statements: list[tuple[tuple[Ask, Outcome], ...]]
    """The questions of each statement, with true answers."""
    unknown: int
    """Statements whose true answers are not known."""

    @classmethod
    def of(cls, runs: Iterable[tuple[Program, Trace]]) -> Questions:
        """Takes runs apart."""
        oracle = Oracle()
        lessons = [lesson for program, trace in runs for lesson in lessons_of(program, trace, oracle)]
        known = [lesson.asked for lesson in lessons if lesson.asked is not None]
        return cls([asked for asked in known if asked], len(lessons) - len(known))

    @property
    def asked(self) -> list[tuple[Ask, Outcome]]:
        """All questions in a row."""
        return [question for statement in self.statements for question in statement]

    def answered(self, engine: Engine) -> tuple[list[Completion], list[bool]]:
        """Returns a model's answers, and which of them are right."""
        asked = self.asked
        answers = engine.complete([Request("", ask.prompt, ask.grammar, MAX_TOKENS) for ask, _ in asked])
        pairs = zip(answers, asked, strict=True)
        return answers, [found.finished and found.text == str(truth) for found, (_, truth) in pairs]

    def whole(self, right: list[bool]) -> list[bool]:
        """Returns of each statement whether all of its questions were answered rightly."""
        marks = iter(right)
        return [all(list(itertools.islice(marks, len(statement)))) for statement in self.statements]


def tell(report: Report, name: str, questions: Questions, engine: Engine) -> list[bool]:
    """Asks a set's questions and adds its table; returns which statements were right."""
    asked = questions.asked
    answers, right = questions.answered(engine)
    counts: Counter[str] = Counter()
    wrong: dict[str, Counter[tuple[str, str, str]]] = defaultdict(Counter)
    for (ask, truth), found, good in zip(asked, answers, right, strict=True):
        group = kind(ask, truth)
        counts[group] += 1
        if not good:
            wrong[group][ask.prompt, found.text, str(truth)] += 1
    whole = questions.whole(right)
    share = rate(whole)
    table = report.table(
        f"{name}: {len(asked):,} questions of {len(whole):,} statements "
        f"({questions.unknown:,} more without true answers); statements right {percent(share)} %",
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
    return whole


def tell_families(report: Report, names: Iterable[str]) -> None:
    """Adds the table of wrong answers by what they are about."""
    counts = {name: [0, 0] for name in (*FAMILIES, OTHER)}
    families: dict[str, dict[str, list[int]]] = {}
    for name in names:
        found = families[name] = {each: list(count) for each, count in counts.items()}
        for group, told in report.results[name].items():
            if group != "statements":
                for place, key in enumerate(("errors", "asked")):
                    found[family(group)][place] += told[key]
    table = report.table("Wrong answers of all, by what was asked", ["about", *families])
    for about in counts:
        table.add(about, *("{:,} of {:,}".format(*families[name][about]) for name in families))


def learnt(manifest: Mapping[str, Any]) -> int:
    """Returns the tokens of a checkpoint's run and of those before it."""
    before = manifest.get("base")
    return int(manifest["tokens"]) + (learnt(before) if before else 0)


def main() -> None:
    """Measures, prints the tables and writes JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, help="checkpoint folder (default: the one that ships)")
    add("--earlier", type=Path, nargs="*", default=[], metavar="DIR", help="other checkpoints, for the curve")
    add("--crux", type=Path, help="JSON Lines of CRUXEval rows")
    add("--programs", type=Path, help="JSON Lines of real programs; the held-out tenth is asked about")
    add("--generated", type=int, default=200, help="generator programs (default: %(default)s)")
    add("--rows", type=int, default=200, help="most rows of --crux (default: %(default)s)")
    add("--held-out", type=int, default=200, help="most of the held-out tenth (default: %(default)s)")
    add("--sandbox", default="docker")
    add("--json", type=Path, default=Path("out/questions.json"))
    args = parser.parse_args()

    files = {name: path.name for name in ("model", "crux", "programs") if (path := getattr(args, name))}
    names = {"earlier": [path.name for path in args.earlier]}
    report = Report("questions", vars(args) | files | names)
    programs = sets(args, report)
    asked: dict[str, Questions] = {}
    with open_sandbox(args.sandbox, max_events=MAX_EVENTS) as box:
        for name, chosen in programs.items():
            runs = track(recorded(box, chosen), f"recording {name}", len(chosen), transient=True)
            asked[name] = Questions.of(runs)
    curve = Table("Statements right against what was learnt", ["checkpoint", "parameters", "tokens", *asked])
    for path in [*args.earlier, args.model]:
        model, tokenizer, manifest = load_model(path)
        engine = Engine(model, tokenizer)
        if path is args.model:
            whole = {name: tell(report, name, questions, engine) for name, questions in asked.items()}
        else:
            whole = {name: q.whole(q.answered(engine)[1]) for name, q in asked.items()}
        shares = {name: rate(right) for name, right in whole.items()}
        size, tokens = sum(weights.numel() for weights in model.parameters()), learnt(manifest)
        title = "this one" if path is args.model else path.name
        curve.add(title, f"{size:,}", f"{tokens:,}", *map(percent, shares.values()))
        told = {name: share.to_json() for name, share in shares.items()}
        report.results.setdefault("curve", []).append({"parameters": size, "tokens": tokens} | told)
    tell_families(report, asked)
    report.tables.append(curve)
    report.finish(args.json)


if __name__ == "__main__":
    main()
