"""What the shell knows for sure of a program's own functions and objects, and that it knows it truly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from textwrap import dedent

import pytest

from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import Completion, Request
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.fidelity.baselines import StaticEngine
from debugworld.worldmodel.neural import NeuralDebugger

from .evaluates import Evaluates, dreamt

PROGRAMS = {
    "linked list": """
        class Node:
            def __init__(self, value, behind=None):
                self.value = value
                self.behind = behind

        def f(values):
            first = None
            for value in values:
                first = Node(value, first)
            total, node = 0, first
            while node is not None:
                total += node.value
                node = node.behind
            if not first:
                return None
            return total
        """,
    "made before it is named": """
        class Box:
            def __init__(self, inside):
                self.inside = inside

        def wrap(thing):
            return Box(thing)

        def f(values):
            late = Box(values[1:])
            early = wrap(late)
            early.inside.inside.append(4)
            late, early = early, late
            return len(late.inside.inside)
        """,
    "two closures of one function": """
        def counter(start):
            count = start

            def step(by=1):
                nonlocal count
                count += by
                return count

            return step

        def f(values):
            one, two = counter(0), counter(10)
            one()
            two(by=5)
            one(2)
            total = 0

            def add(n):
                nonlocal total
                total += n

            add(4)
            one(total)
            return [one(), two()]
        """,
    "inner functions that call one another": """
        def f(values):
            seen = []

            def even(n):
                seen.append(n)
                return True if n == 0 else odd(n - 1)

            def odd(n):
                return False if n == 0 else even(n - 1)

            return even(len(values)), seen
        """,
    "methods of base classes": """
        class Shape:
            sides = 0
            names = {"square": 4}

            def __init__(self, name):
                self.name = name

            def told(self):
                return self.name * self.sides

            @classmethod
            def known(cls):
                return cls.sides

            @staticmethod
            def twice(n):
                return n * 2

        class Square(Shape):
            sides = 4

            def __init__(self):
                super().__init__("q")
                self.__size = Shape.names["square"]

            @property
            def size(self):
                return self.__size

            @size.setter
            def size(self, size):
                self.__size = Shape.twice(size)

        def f(values):
            square = Square()
            square.size = 3
            square.size += 1
            kinds = isinstance(square, Shape), isinstance(square, int)
            return square.told(), square.size, Square.known(), kinds
        """,
    "operators": """
        class Money:
            def __init__(self, cents):
                self.cents = cents

            def __add__(self, other):
                return Money(self.cents + other.cents)

            def __eq__(self, other):
                return self.cents == other.cents

            def __len__(self):
                return self.cents

            def __getitem__(self, place):
                return self.cents + place

            def __contains__(self, cents):
                return cents == self.cents

            def __neg__(self):
                return Money(-self.cents)

        def f(values):
            sum_ = Money(1) + Money(2)
            other = -sum_
            same = other == sum_
            if sum_ != other and 3 in sum_:
                return sum_[1], len(sum_), same
            return 0 if sum_ else 1
        """,
    "one object under two names": """
        class Pot:
            def __init__(self):
                self.things = []

            def put(self, thing):
                self.things.append(thing)
                return self

        def fill(pot, n):
            for i in range(n):
                pot.put(i)

        def f(values):
            pot = Pot()
            both = [pot, pot]
            fill(pot, 2)
            both[0].put(5)
            return pot.things
        """,
    "names of the module": """
        import string

        LOW, STEP = 1, 2
        HIGH = 5
        DIGITS = string.digits
        TABLE = {HIGH: ("a", "b"), 6: ("c",)}

        def f(values, *rest, last=5, **more):
            groups = {n: None for n in range(-2, 1)}
            for n in range(30, 33):
                last = n
            groups.setdefault(HIGH + LOW * STEP, []).append(TABLE[HIGH][1] in DIGITS)
            return groups, next(v for v in values if v > 1), next((v for v in values if v > 9), None)
        """,
    "arguments": """
        def g(a, /, b, c=3, *d, e=None, **k):
            return a

        def f(values):
            g(1, 2)
            g(1, c=2, b=[3])
            return g(*values) if not values else g(1, 2, 3, 4, 5, e=6, z=7)
        """,
    "functions that are values": """
        twice = lambda n: 2 * n

        def apply(function, value, *rest, **more):
            return function(value, *rest, **more)

        def difference(values):
            return apply(lambda a, b: a - b, 7, b=values[0])

        def size(words):
            return len(words)

        def grown(values):
            scale = 10
            grow = lambda n: n * scale + 1
            return [grow(v) for v in values]

        def turned(values):
            turn = lambda xs: xs.reverse()
            return turn(values)

        def f(values):
            turned(values)
            first = grown(values)
            second = difference(values)
            third = (lambda *ns: sum(ns))(*values)
            words = {"b": [1], "a": [2, 3], "c": []}
            order = sorted(words, key=lambda w: size(words[w]), reverse=True)
            best = max(values, key=twice), min(words, key=words.get)
            values.sort(key=lambda v: -v)
            texts = list(map(str, values)), ",".join(filter(lambda t: t > "1", map(str, values)))
            return first, second, third, order, best, texts, (lambda q: q + 1)(4)
        """,
    "star arguments": """
        class Point:
            def __init__(self, x, y, name="p"):
                self.x, self.y, self.name = x, y, name

        def total(*parts, **named):
            return sum(parts) + len(named)

        def f(values):
            options = {"name": "q"}
            points = [Point(*pair) for pair in [(1, 2), (3, 4)]]
            other = Point(*values[1:], **options)
            return total(*values, 9, *[points[0].x], **options, more=2), other.name, max(*values)
        """,
    "items that are set, operators that are set": """
        class Sum:
            def __init__(self, value):
                self.value = value

            def __add__(self, other):
                return Sum(self.value + other)

        class Kept(Sum):
            def __iadd__(self, other):
                self.value += other
                return self

        def f(values):
            one, two = Sum(1), Kept(2)
            one += 4
            two += 5
            for number, value in enumerate(values, 5):
                values[number - 5] = {"a": value, number: [4]}
            values[0]["a"] = [number]
            values[0]["a"][-1] = 2
            values.insert(0, values.pop())
            return one.value, two.value, values
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_run_is_true_when_only_plain_expressions_are_asked_about(name: str) -> None:
    program = Program(dedent(PROGRAMS[name]).strip() + "\n", "f([1, 2, 3])")
    trace = record(program)
    states, others = dreamt(program)
    assert others == []
    assert states == [*trace.states, trace.final]


class Wild(Evaluates):
    """A model that is right most of the time; else it answers anything that the grammar permits."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random, self._static = random.Random(seed), StaticEngine()

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests in their order."""
        return [self._any(request) for request in requests]

    def _any(self, request: Request) -> Completion:
        luck = self._random.random()
        if luck < 0.8:
            return super().complete([request])[0]
        if luck < 0.9:
            return self._static.complete([request])[0]
        state, text = request.grammar.start(), bytearray()
        while END not in (allowed := request.grammar.allowed(state)) or self._random.random() < 0.2:
            if not allowed - {END}:
                break
            if len(text) == request.max_tokens:
                return Completion(text.decode(errors="replace"), (-0.1,), (-0.1,), False)
            text.append(self._random.choice(sorted(allowed - {END})))
            state = request.grammar.advance(state, text[-1])
        return Completion(text.decode(errors="replace"), (-0.1,), (-0.1,), True)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_dream_goes_on_or_ends_whatever_is_answered(name: str) -> None:
    program = Program(dedent(PROGRAMS[name]).strip() + "\n", "f([3, 1, 2])")
    for seed in range(20):
        neural = NeuralDebugger(Wild(seed), max_states=60)
        neural.reset(program)
        while not neural.done:
            neural.step(Action(ActionKind.STEP_INTO))
        assert neural.state.exit is not None


def test_calls_keep_their_order_where_there_are_star_arguments() -> None:
    program = Program(
        "def g(n):\n    return n\n\n\ndef h(n):\n    return [n]\n\n\ndef f():\n    return max(g(1), *h(2))\n",
        "f()",
    )
    states, others = dreamt(program)
    assert others[0] == "return max(g(1), *h(2))\ng(n)\nh(n)", "it is asked as a whole"


def test_what_is_not_certain_is_asked() -> None:
    program = Program(
        "import functools\n\n\n@functools.cache\ndef g(n):\n    return n\n\n\n"
        "def h(n, kept=[]):\n    return n\n\n\ndef f():\n    return g(1) + h(2)\n",
        "f()",
    )
    states, others = dreamt(program)
    assert others[0] == "?g(1)\ng(n)"  # what a decorator leaves of a function is not in the source
    program = Program(program.text, "h(2)")
    states, others = dreamt(program)
    assert others == ["?h(2)\nh(n, kept=[])"]  # a list may have changed since it was a default


DESCRIBED = """
class Twice:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner):
        return 2 * instance.__dict__[self.name]

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value


class A:
    size = Twice()

    def __init__(self):
        self.told = self.tell

    def tell(self):
        return 1


def g():
    return 1


def h():
    return 2


g = h
A.tell = h
"""


@pytest.mark.parametrize(
    "body", ["a = A()\n    a.size = 3", "return A().size", "return g()", "a = A()\n    return a.tell()"]
)
def test_what_may_be_another_thing_by_now_is_not_certain(body: str) -> None:
    program = Program(f"{DESCRIBED}\n\ndef f():\n    {body}\n", "f()")
    _, others = dreamt(program)
    assert others  # a descriptor, a name and a method that were given something else


def test_private_names_properties_and_setters_are_found_by_their_class() -> None:
    program = Program(dedent(PROGRAMS["methods of base classes"]).strip() + "\n", "f([])")
    states, _ = dreamt(program)
    entered = [(state.function, state.line) for state in states if state.event is Event.CALL]
    assert ("Square.size", 27) in entered and ("Square.size", 31) in entered
    assert any("_Square__size=6" in state.locals.get("self", "") for state in states)
