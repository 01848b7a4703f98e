"""Functions small enough to enumerate: which arguments really lead to a value, all of them."""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import ExitCode, Program
from debugworld.worldmodel.completion import Sampling
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.inverse import End, Inverse

from .case import SEEN, left_out
from .measures.forced import spent

PREIMAGE = "preimage"
"""Name of the measure."""
DRAWS = 12
"""Answers drawn for each value."""
TEMPERATURE = 1.0
_DIGITS = "range(10)"
_BOOLS = "(False, True)"
_LETTERS = "'abcdef'"
_LISTS = "([], [1], [2], [3], [1, 1], [1, 2], [2, 1], [0, 3], [3, 0], [1, 1, 1])"
_DICTS = "({}, {'a': 1}, {'b': 1}, {'a': 0}, {'a': 1, 'b': 2}, {'a': 2, 'b': 1}, {'a': 1, 'c': 0})"


@dataclass(frozen=True)
class Enumerable:
    """A function ``f`` and the arguments that are enumerated, one iterable expression each."""

    source: str
    domains: tuple[str, ...]
    value: str
    """The value whose preimage is asked for."""

    @property
    def name(self) -> str:
        """Its body on one line, without its head."""
        return " ".join(self.source.split("\n", 1)[1].split())[:60]

    def preimage(self, box: Sandbox) -> frozenset[tuple[str, ...]]:
        """Runs the function on all arguments, in a box, and returns those that lead to the value.

        Raises:
            ModelError: the enumeration did not end.
        """
        names = [f"a{number}" for number in range(len(self.domains))]
        loops = " ".join(f"for {name} in {domain}" for name, domain in zip(names, self.domains, strict=True))
        call = f"'\\n'.join(repr(({', '.join(names)},)) {loops} if f({', '.join(names)}) == {self.value})"
        source = self.source + f"\n\ndef all_of_them():\n    print({call})\n"
        trace = box.record(Program(source, "all_of_them()", self.name))
        if trace.exit.code is not ExitCode.NORMAL:
            raise ModelError(f"{self.name} could not be enumerated: {trace.exit}")
        printed = "".join(state.stdout for state in trace.states) + trace.stdout
        found = (ast.literal_eval(line) for line in printed.split("\n") if line)
        return frozenset(tuple(map(repr, arguments)) for arguments in found)

    @cached_property
    def calls(self) -> tuple[Program, ...]:
        """The function, alone and with each of the calls that are enumerated."""
        name = self.source.removeprefix("def ").partition("(")[0]
        lists = (", ".join(map(repr, arguments)) for arguments in self._arguments())
        calls = (None, *(f"{name}({arguments})" for arguments in lists))
        return tuple(Program(self.source, call, self.name) for call in calls)

    def _arguments(self) -> Iterator[tuple[Any, ...]]:
        pools = [eval(domain, {"range": range}) for domain in self.domains]  # noqa: S307  our own literals
        return itertools.product(*pools)

    @property
    def size(self) -> int:
        """Number of argument lists that are enumerated."""
        return sum(1 for _ in self._arguments())


ENUMERABLE = (
    Enumerable("def f(n):\n    return n % 3\n", (_DIGITS,), "2"),
    Enumerable("def f(n):\n    return n * n\n", ("range(-9, 10)",), "16"),
    Enumerable("def f(a, b):\n    return a + b\n", (_DIGITS, _DIGITS), "7"),
    Enumerable("def f(a, b):\n    return max(a, b)\n", (_DIGITS, _DIGITS), "4"),
    Enumerable("def f(a, b):\n    return a and not b\n", (_BOOLS, _BOOLS), "True"),
    Enumerable("def f(c):\n    return c in 'aeiou'\n", (_LETTERS,), "True"),
    Enumerable("def f(c, n):\n    return c * n\n", (_LETTERS, "range(5)"), "'bbb'"),
    Enumerable("def f(n):\n    if n < 4:\n        return 'low'\n    return 'high'\n", (_DIGITS,), "'low'"),
    Enumerable("def f(a, b):\n    return a < b\n", (_DIGITS, _DIGITS), "True"),
    Enumerable("def f(a, b):\n    return a * b\n", (_DIGITS, _DIGITS), "12"),
    Enumerable(
        "def f(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n",
        (_DIGITS,),
        "10",
    ),
    Enumerable("def f(a, b):\n    return abs(a - b)\n", (_DIGITS, _DIGITS), "1"),
    Enumerable("def f(s, c):\n    return s.find(c)\n", ("('abc', 'cab', 'bca')", _LETTERS), "-1"),
    Enumerable("def f(n, d):\n    return n // d\n", ("range(12)", "range(1, 5)"), "2"),
    Enumerable("def f(s):\n    return s.strip()\n", ("('a', ' a', 'a ', ' a ', 'b', ' b', 'ab')",), "'a'"),
    Enumerable("def f(s, n):\n    return s[:n]\n", ("('abc', 'abd', 'bcd', 'cab')", "range(4)"), "'ab'"),
    Enumerable(
        "def f(s):\n    return ''.join(sorted(s))\n",
        ("('abc', 'acb', 'bac', 'bca', 'cab', 'cba', 'aab', 'abb')",),
        "'abc'",
    ),
    Enumerable("def f(n):\n    return str(n)[::-1]\n", ("range(30)",), "'21'"),
    Enumerable("def f(a, b):\n    return sorted([a, b])\n", (_DIGITS, _DIGITS), "[2, 5]"),
    Enumerable("def f(xs):\n    return sum(xs)\n", (_LISTS,), "3"),
    Enumerable("def f(xs):\n    return [x for x in xs if x > 1]\n", (_LISTS,), "[2]"),
    Enumerable("def f(d, k):\n    return d.get(k, 0)\n", (_DICTS, "'abc'"), "1"),
    Enumerable("def f(d):\n    return [k for k in d if d[k]]\n", (_DICTS,), "['a']"),
    Enumerable("def f(a, b, c):\n    return a + b + c\n", (_BOOLS, _BOOLS, _BOOLS), "2"),
)
"""The functions that are asked about."""


def functions_digest() -> str:
    """Returns 16 hexadecimal digits that stand for what is asked about which functions."""
    said = [[one.source, one.domains, one.value] for one in ENUMERABLE]
    return hashlib.sha256(json.dumps([DRAWS, TEMPERATURE, said]).encode()).hexdigest()[:16]


def coverage(subject: Subject, function: Enumerable, box: Sandbox, seed: int) -> Record | None:
    """Asks for arguments that lead to a value; None where a subject has no inverse questions.

    ``valid`` counts draws that are right when they are run, ``found`` distinct members of the enumerated
    preimage among them. A function that the subject was trained on is left out.
    """
    meter = subject.meter
    if meter is None or not subject.about.get("inverse") or not meter.abilities.sampling:
        return None
    if any(map(subject.learnt, function.calls)):
        return left_out(PREIMAGE, function.name, SEEN)
    cost = subject.cost()
    truth = function.preimage(box)
    end = End.returned(function.value)
    inverse = Inverse(Program(function.source, None, function.name).check(), "f")
    proposals = inverse.propose(meter, end, DRAWS, sampling=Sampling(TEMPERATURE, seed=seed))
    checked = inverse.check(box, end, proposals, DRAWS)
    right = [_key(one.proposal.arguments) for one in checked.valid]
    return {
        "measure": PREIMAGE,
        "case": function.name,
        "name": function.name,
        "preimage": len(truth),
        "domain": function.size,
        "draws": DRAWS,
        "valid": sum(one.proposal.draws for one in checked.valid),
        "distinct": len(right),
        "found": len(truth & set(right)),
        "limit": spent(subject, cost)["cut"],
        "cost": spent(subject, cost),
    }


def _key(arguments: str) -> tuple[str, ...]:
    value = ast.literal_eval(f"({arguments},)")
    return tuple(map(repr, value))
