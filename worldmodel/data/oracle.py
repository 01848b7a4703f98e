"""Answers the small questions of a thought by evaluating them: the truth that training learns from.

The expression of such a question holds nothing but operators, built-ins and values written out, so what it
gives is a function of its text. Only plain values and a list of known functions are let in.
"""

from __future__ import annotations

import ast
import bisect
import collections
import copy
import functools
import heapq
import io
import itertools
import math
import operator
import re
import signal
import string
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from debugworld.sandboxes.debugger.limits import CUT
from debugworld.sandboxes.debugger.source import quietly
from debugworld.sandboxes.debugger.values import Renderer
from debugworld.worldmodel.markov import Outcome
from debugworld.worldmodel.markov.objects import Instance, shown
from debugworld.worldmodel.markov.thought.ask import HOLE, MARK

SECONDS = 0.5
"""Time that one answer may take."""
KEPT = 50_000
"""Answers that an oracle keeps."""
LARGEST = 100_000
"""Largest number that may say how long something becomes."""
_PLAIN = """
    abs all any bin bool bytearray bytes chr complex dict divmod enumerate filter float format frozenset hex
    int isinstance issubclass iter len list map max min oct ord pow range repr reversed round set slice
    sorted str sum tuple type zip
    ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError OverflowError
    NotImplementedError RecursionError RuntimeError StopIteration TypeError ValueError ZeroDivisionError
"""
_MODULES = {
    "math": math,
    "string": string,
    "re": re,
    "itertools": itertools,
    "collections": collections,
    "heapq": heapq,
    "bisect": bisect,
    "functools": functools,
    "operator": operator,
    "copy": copy,
}
_FROM = """
    collections.Counter collections.OrderedDict collections.defaultdict collections.deque
    math.ceil math.floor math.gcd math.sqrt math.log math.log2 math.factorial math.comb math.prod
    itertools.accumulate itertools.chain itertools.combinations itertools.permutations itertools.product
    heapq.heappush heapq.heappop heapq.heapify bisect.bisect_left bisect.bisect_right bisect.insort
    functools.reduce copy.deepcopy
"""
_CLASS = re.compile(r"<class '(\w+)'>")
_IN_SET = re.compile(r"\{<_Stand at #\d+>[,}]|, <_Stand at #\d+>[^:]*\}")
_LONG = frozenset(
    ["ljust", "rjust", "center", "zfill", "range", "pow", "expandtabs", "repeat", "comb", "factorial"]
)


class _Late(BaseException):
    """The time is over."""


class Oracle:
    """Evaluates questions, and keeps the latest answers: programs ask much the same."""

    def __init__(self) -> None:
        self.answer = functools.lru_cache(maxsize=KEPT)(self._told)
        """Returns the true answer to a small question, as `markov.thought` writes it; None where it cannot be
        told so. Callers leave the outcome as it is."""

    def _told(self, prompt: str) -> Outcome | None:
        if CUT in prompt or "…" in prompt or not prompt.startswith(MARK):
            return None
        first, *rest = prompt[len(MARK) :].split("\n")
        objects = Objects()
        if " at #" in prompt:
            known = _of_instance(first, rest)
            if known is not None:
                return known
            first, *rest = map(objects.named, (first, *rest))
        try:
            with _time_limit(), quietly():
                return self._answer(first, rest, objects)
        except (_Refused, _Late, SyntaxError, ValueError, MemoryError, RecursionError):
            return None

    def _answer(self, first: str, rest: list[str], objects: Objects) -> Outcome | None:
        printed = io.StringIO()
        names = _names(printed) | objects.stands
        turn = None
        for line in rest:
            if line.startswith("#"):
                turn = int(line[1:])
            else:
                name, _, text = line.partition("=")
                names[name] = _evaluated(text, names)
        if turn is not None:
            return self._turn(first, turn, names, objects)
        try:
            tree = ast.parse(_readable(first))
            _check(tree, names)
            (statement,) = tree.body
            if isinstance(statement, ast.Expr):
                code = compile(ast.Expression(statement.value), "<question>", "eval")
                value = objects.text(eval(code, names))
                outcome = Outcome("R", value)
            else:
                exec(compile(tree, "<question>", "exec"), names)
                outcome = Outcome("L")
        except (_Refused, _Late, SyntaxError, MemoryError, RecursionError):
            raise
        except Exception as error:
            outcome = Outcome("X", Renderer().error(error))
        outcome.changes = self._changes(first, rest, names, outcome, objects)
        outcome.stdout = printed.getvalue()
        return outcome

    def _changes(
        self, first: str, rest: list[str], names: dict[str, Any], outcome: Outcome, objects: Objects
    ) -> dict[str, str]:
        if outcome.letter == "L" and not first.startswith((HOLE, "del ")):  # an unpacking
            targets = [n.id for n in ast.walk(ast.parse(first).body[0]) if isinstance(n, ast.Name)]
            return {name: objects.text(names[name]) for name in targets if name != HOLE}
        before = {name: text for name, _, text in (line.partition("=") for line in rest)}
        if HOLE not in before:
            return {}
        after = objects.text(names[HOLE])
        return {HOLE: after} if after != objects.told(before[HOLE]) else {}

    def _turn(self, first: str, turn: int, names: dict[str, Any], objects: Objects) -> Outcome:
        tree = ast.parse(f"{_readable(first)}: pass")
        _check(tree, names)
        loop = tree.body[0]
        assert isinstance(loop, ast.For)
        try:
            iterable = eval(compile(ast.Expression(loop.iter), "<question>", "eval"), names)
            missing = object()
            item = next(itertools.islice(iter(iterable), turn, None), missing)
            if item is missing:
                return Outcome("0")
            names["item"] = item
            exec(f"{ast.unparse(loop.target)} = item", names)
        except (_Refused, _Late, MemoryError, RecursionError):
            raise
        except Exception as error:
            return Outcome("X", Renderer().error(error))
        targets = [n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
        return Outcome("1", changes={name: objects.text(names[name]) for name in targets})


class _Refused(Exception):
    """The question holds what is not let in."""


def _of_instance(first: str, rest: list[str]) -> Outcome | None:
    """Answers what reads or sets one attribute of an instance."""
    head, dot, name = first.rpartition(".")
    if not rest and dot and name.isidentifier():
        made = Instance.parse(head)
        return Outcome("R", made.fields[name]) if made and name in made.fields else None
    target, sign, text = first.partition(" = ")
    name = target.removeprefix(f"{HOLE}.")
    if not sign or name == target or not name.isidentifier() or len(rest) != 1 or " at #" in text:
        return None
    before = rest[0].removeprefix(f"{HOLE}=")
    made = Instance.parse(before)
    if made is None:
        return None
    made.fields[name] = text
    return Outcome("L", changes={HOLE: str(made)} if str(made) != before else {})


def _names(printed: io.StringIO) -> dict[str, Any]:
    known = {name: getattr(__builtins__, name, None) or __builtins__[name] for name in _PLAIN.split()}  # type: ignore[index]
    known |= _MODULES
    for path in _FROM.split():
        module, _, name = path.partition(".")
        known[name] = getattr(_MODULES[module], name)
    known |= {"inf": math.inf, "nan": math.nan, "dict_items": lambda pairs: dict(pairs).items()}
    known |= {"dict_keys": lambda keys: dict.fromkeys(keys).keys()}
    known |= {"dict_values": lambda values: dict(enumerate(values)).values()}

    def write(*parts: Any, sep: str = " ", end: str = "\n") -> None:
        printed.write(sep.join(map(str, parts)) + end)

    return {"__builtins__": {}, **known, "print": write}


def _readable(text: str) -> str:
    return _CLASS.sub(r"\1", text)


def _evaluated(text: str, names: dict[str, Any]) -> Any:
    tree = ast.parse(_readable(text), mode="eval")
    _check(tree, names)
    return eval(compile(tree, "<operand>", "eval"), dict(names))


class _Stand:
    """Stands for an object of the program's: it is kept and handed on, and nothing else is known of it."""

    def __call__(self) -> None:
        raise _Refused

    def __getattr__(self, name: str) -> None:
        raise _Refused


class Objects:
    """The numbered objects of one question, each with something that stands for it."""

    def __init__(self) -> None:
        self.stands: dict[str, _Stand] = {}
        """By the names that the question gets for them."""
        self._texts: dict[int, str] = {}
        self._names: dict[str, str] = {}

    def named(self, line: str) -> str:
        """Returns a line of a question with names in place of its objects."""
        for _, text in shown(line):  # outer ones first: what shows inside them only needs no name
            if text not in line:
                continue
            if text not in self._names:
                stand, name = _Stand(), f"object_{len(self._names)}"
                self._names[text], self.stands[name], self._texts[id(stand)] = name, stand, text
            line = line.replace(text, self._names[text])
        return line

    def told(self, line: str) -> str:
        """Returns a line with its objects as they were."""
        for text, name in reversed(self._names.items()):
            line = re.sub(rf"\b{name}\b", text.replace("\\", r"\\"), line)
        return line

    def text(self, value: object) -> str:
        """Returns the text of a value.

        Raises:
            _Refused: it is not certain.
        """
        renderer = Renderer()
        text = renderer.text(value)
        if renderer.numbers.keys() - self._texts.keys() or _IN_SET.search(text) or CUT in text:
            raise _Refused  # it has no text of its own, or what stands first depends on what is not known
        if isinstance(value, _Stand):
            return self._texts[id(value)]
        if text.startswith("<") and not text.startswith("<class"):
            raise _Refused
        for one, number in renderer.numbers.items():
            text = text.replace(f"<_Stand at #{number}>", self._texts[one])
        return text


def _check(tree: ast.AST, names: dict[str, Any]) -> None:
    """Refuses names from elsewhere, hidden attributes, and what would become very long."""
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id not in names and node.id not in bound:
                raise _Refused
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise _Refused
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift, ast.Mult)):
            sides = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
            numbers = [abs(side) for side in sides if isinstance(side, int)]
            if not isinstance(node.op, ast.Mult) and any(number > 2000 for number in numbers[-1:]):
                raise _Refused
            all_numbers = len(sides) == 2 and all(isinstance(side, (int, float)) for side in sides)
            if isinstance(node.op, ast.Mult) and not all_numbers and max(numbers, default=0) > LARGEST:
                raise _Refused
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for argument in node.args:
                large = isinstance(argument, ast.Constant) and isinstance(argument.value, int)
                if called in _LONG and large and abs(argument.value) > LARGEST:  # type: ignore[attr-defined]
                    raise _Refused


@contextmanager
def _time_limit() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("an oracle bounds its time by an alarm; ask it in a process's main thread")

    def ring(*_: object) -> None:
        raise _Late

    def swallowed(told: sys.UnraisableHookArgs) -> None:
        if not isinstance(told.exc_value, _Late):  # the next ring comes, and nobody need hear of this one
            hook(told)

    hook, sys.unraisablehook = sys.unraisablehook, swallowed
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)  # again, where a callback swallowed it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = hook
