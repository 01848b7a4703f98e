"""The Markov encoding: the shell and the answers give back every state of a true run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Event, Program, State, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.markov import Outcome, OutcomeGrammar, Shell
from debugworld.worldmodel.markov.grammar import END


def _accepts(grammar: OutcomeGrammar, text: str) -> bool:
    state = grammar.start()
    for byte in text.encode():
        if byte not in grammar.allowed(state):
            return False
        state = grammar.advance(state, byte)
    return END in grammar.allowed(state)


def _round_trip(program: Program, trace: Trace) -> list[State]:
    """Writes each step of a run as text, reads it back, and returns the states that come out."""
    states = [*trace.states, trace.final]
    shell = Shell(program)
    seen = [shell.start()]
    for index in range(len(states) - 1):
        state = shell.certain()
        if state is None:
            outcome = shell.outcome_of(states, index)
            assert outcome is not None
            text = str(outcome)
            assert str(Outcome.parse(text)) == text
            assert _accepts(shell.grammar(), text), (shell.prompt(), text)
            state = shell.apply(Outcome.parse(text))
        seen.append(state)
    return seen


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_generated_programs_survive_the_round_trip(seed: int, difficulty: int) -> None:
    program = generate(seed, difficulty).program
    trace = record(program)
    assert _round_trip(program, trace) == [*trace.states, trace.final]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_statements_survive_the_round_trip(seed: int) -> None:
    program = generate_statement(seed).program
    trace = record(program)
    assert _round_trip(program, trace) == [*trace.states, trace.final]


CASES = {
    "finally and return": "def f():\n    try:\n        return 1\n    finally:\n        x = 2\n",
    "finally and break": "def f():\n    for i in range(3):\n        try:\n            break\n        finally:\n            x = i\n    return i\n",
    "reraise through two frames": "def g():\n    try:\n        {}[1]\n    except KeyError:\n        raise\ndef f():\n    try:\n        g()\n    except KeyError as e:\n        return str(e)\n",
    "unmatched handler": "def f():\n    try:\n        try:\n            {}[1]\n        except ValueError:\n            pass\n    except KeyError:\n        return 1\n",
    "with": "class C:\n    def __enter__(self):\n        return 5\n    def __exit__(self, *a):\n        return True\ndef f():\n    with C() as c:\n        x = c\n        1 / 0\n    return x\n",
    "generator": "def g(n):\n    for i in range(n):\n        yield i\ndef f():\n    s = 0\n    for x in g(3):\n        s += x\n    return s\n",
    "closure": "def f():\n    n = [0]\n    def inc():\n        n.append(1)\n        return len(n)\n    return inc() + inc()\n",
    "objects": "class P:\n    def __init__(self, x):\n        self.x = x\n    def move(self, d):\n        self.x += d\n        return self\ndef f():\n    p = P(1)\n    q = [p]\n    p.move(2)\n    return q[0].x\n",
    "mutated argument": "def g(xs):\n    xs.append(1)\ndef f():\n    ys = []\n    g(ys)\n    g(ys)\n    return ys\n",
    "one-line loop": "def f():\n    s = 0\n    for i in range(3): s += i\n    while s: s -= 1\n    return s\n",
    "match": "def f(v=(1, 2)):\n    match v:\n        case [a, b] if a > b:\n            return a\n        case [a, b]:\n            c = b\n    return c\n",
    "print": "def f():\n    print('a', 'b\\n')\n    return None\n",
    "uncaught": "def f():\n    return int('x')\n",
    "recursion": "def f(n=3):\n    return 1 if n < 2 else n * f(n - 1)\n",
    "loop else": "def f():\n    for i in range(2):\n        if i > 5:\n            break\n    else:\n        return 'none'\n",
}


@pytest.mark.parametrize("name", CASES)
def test_constructs_survive_the_round_trip(name: str) -> None:
    program = Program(CASES[name], "f()")
    trace = record(program)
    assert _round_trip(program, trace) == [*trace.states, trace.final]


def test_the_question_is_self_contained() -> None:
    shell = Shell(Program("def g(x, y):\n    c = x * 2 + len(y)\n    return c\n", "g(3, [1])"))
    shell.start()
    shell.certain()
    assert shell.prompt() == "return g(3, [1])\ng(x, y)"
    shell.apply(Outcome.parse("C g\nx=3\ny=[1]"))
    shell.certain()
    assert shell.prompt() == "c = x * 2 + len(y)\nx=3\ny=[1]"
    state = shell.apply(Outcome.parse("L\nc=7"))
    assert (state.event, state.line, state.locals) == (Event.LINE, 3, {"x": "3", "y": "[1]", "c": "7"})


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        ("L\nc=7", True),
        ("L\nc=[1, (2, 'a]')]", True),
        ("X ValueError: no", True),
        ("L", True),
        ("1", False),
        ("R 7", False),
        ("L\nc=[1", False),
        ("L\nc='1", False),
        ("L\nzz=1", False),
        ("C nothing", False),
        ("L\n@99", False),
        ("", False),
    ],
)
def test_the_grammar_knows_the_statement(answer: str, fits: bool) -> None:
    shell = Shell(Program("def g(x):\n    c = x\n    return c\n", "g(3)"))
    shell.start()
    shell.certain()
    shell.apply(Outcome.parse("C g\nx=3"))
    shell.certain()
    assert _accepts(shell.grammar(), answer) is fits


@pytest.mark.parametrize("text", ["", "Q", "R", "Lx", "L\nnothing", "L\n>5", "L\n@x"])
def test_texts_that_are_no_outcome(text: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        Outcome.parse(text)
