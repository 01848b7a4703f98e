"""The Markov encoding: the shell and the answers give back every state of a true run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Event, Program, State, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.examples import examples_of
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


def _told(states: Sequence[State]) -> list[State]:
    """True states without the exceptions behind an exception, which no dream tells."""
    return [replace(state, chain=()) for state in states]


@pytest.mark.parametrize("inner", ["e", "k"])
def test_variables_of_handlers_within_handlers_leave_with_their_own(inner: str) -> None:
    program = Program(
        "def f(d):\n    try:\n        d[0]\n    except KeyError as e:\n"
        "        try:\n            n = int('x')\n"
        f"        except ValueError as {inner}:\n            n = 1\n        n = n + 1\n    return n\n",
        "f({})",
    )
    trace = record(program)
    assert _round_trip(program, trace) == _told([*trace.states, trace.final])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_generated_programs_survive_the_round_trip(seed: int, difficulty: int) -> None:
    program = generate(seed, difficulty).program
    trace = record(program)
    assert _round_trip(program, trace) == _told([*trace.states, trace.final])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_statements_survive_the_round_trip(seed: int) -> None:
    program = generate_statement(seed).program
    trace = record(program)
    assert _round_trip(program, trace) == _told([*trace.states, trace.final])


CASES = {
    "finally and return": """\
def f():
    try:
        return 1
    finally:
        x = 2
""",
    "finally and break": """\
def f():
    for i in range(3):
        try:
            break
        finally:
            x = i
    return i
""",
    "reraise through two frames": """\
def g():
    try:
        {}[1]
    except KeyError:
        raise
def f():
    try:
        g()
    except KeyError as e:
        return str(e)
""",
    "unmatched handler": """\
def f():
    try:
        try:
            {}[1]
        except ValueError:
            pass
    except KeyError:
        return 1
""",
    "with": """\
class C:
    def __enter__(self):
        return 5
    def __exit__(self, *a):
        return True
def f():
    with C() as c:
        x = c
        1 / 0
    return x
""",
    "generator": """\
def g(n):
    for i in range(n):
        yield i
def f():
    s = 0
    for x in g(3):
        s += x
    return s
""",
    "closure": """\
def f():
    n = [0]
    def inc():
        n.append(1)
        return len(n)
    return inc() + inc()
""",
    "objects": """\
class P:
    def __init__(self, x):
        self.x = x
    def move(self, d):
        self.x += d
        return self
def f():
    p = P(1)
    q = [p]
    p.move(2)
    return q[0].x
""",
    "mutated argument": """\
def g(xs):
    xs.append(1)
def f():
    ys = []
    g(ys)
    g(ys)
    return ys
""",
    "one-line loop": """\
def f():
    s = 0
    for i in range(3): s += i
    while s: s -= 1
    return s
""",
    "match": """\
def f(v=(1, 2)):
    match v:
        case [a, b] if a > b:
            return a
        case [a, b]:
            c = b
    return c
""",
    "print": """\
def f():
    print('a', 'b\\n')
    return None
""",
    "uncaught": """\
def f():
    return int('x')
""",
    "recursion": """\
def f(n=3):
    return 1 if n < 2 else n * f(n - 1)
""",
    "loop else": """\
def f():
    for i in range(2):
        if i > 5:
            break
    else:
        return 'none'
""",
}


@pytest.mark.parametrize("name", CASES)
def test_constructs_survive_the_round_trip(name: str) -> None:
    program = Program(CASES[name], "f()")
    trace = record(program)
    assert _round_trip(program, trace) == _told([*trace.states, trace.final])


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
        ("L\nc=1\n>'a'\n@2", True),
        ("L\n-c\n>'a'\n@2", True),
        ("C g\nc=1\nx=2\n>'a'", True),
        ("L\nc=1\nc=2", False),
        ("L\nc=1\n-c", False),
        ("L\n-c\n-c", False),
        ("L\n-c\nc=1", False),
        ("L\n>'a'\nc=1", False),
        ("L\n>'a'\n>'b'", False),
        ("C g\nx=1\nx=2", False),
        ("C g\n>'a'\nx=1", False),
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


@pytest.mark.parametrize("text", ["L\nc=1\nnew=2\n>'a'", "C f\nx=1\n>'a'"])
def test_an_answer_with_nothing_left_to_tell_can_only_end(text: str) -> None:
    grammar = OutcomeGrammar("LC", ("c", "new"), {"f": ("x",)}, ())
    state = grammar.start()
    for byte in text.encode():
        state = grammar.advance(state, byte)
    assert grammar.allowed(state) == {END}


@pytest.mark.parametrize("text", ["", "Q", "R", "Lx", "L\nnothing", "L\n>5", "L\n@x"])
def test_texts_that_are_no_outcome(text: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        Outcome.parse(text)


def test_a_while_loop_asks_about_its_variables_as_they_are() -> None:
    program = Program("def f(n):\n    while n > 0:\n        n -= 2\n    return n\n", "f(5)")
    prompts = [prompt for prompt, _ in examples_of(program, record(program)) if prompt.startswith("while")]
    assert prompts == [
        "while n > 0:\nn=5",
        "while n > 0:\nn=3\n#1",
        "while n > 0:\nn=1\n#2",
        "while n > 0:\nn=-1\n#3",
    ]


def test_a_for_loop_asks_about_what_it_went_over_when_it_began() -> None:
    program = Program("def f(n):\n    for i in range(n):\n        n = 9\n    return n\n", "f(2)")
    prompts = [prompt for prompt, _ in examples_of(program, record(program)) if prompt.startswith("for")]
    assert [prompt.partition("n=")[2][:1] for prompt in prompts] == ["2", "2", "2"]


@settings(max_examples=300, deadline=None)
@given(
    st.floats()
    | st.integers()
    | st.complex_numbers()
    | st.recursive(
        st.floats() | st.integers() | st.text(max_size=5) | st.none(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
def test_every_number_is_a_value(value: object) -> None:
    assert _accepts(OutcomeGrammar("R", (), {}, ()), f"R {value!r}")


@pytest.mark.parametrize("text", ["0.0.0", "0.", "[1.5.2]", "1e", "2.e3", "12a", "1.5x", "0." + "3" * 30])
def test_what_only_begins_like_a_number_is_no_value(text: str) -> None:
    assert not _accepts(OutcomeGrammar("R", (), {}, ()), f"R {text}")


@pytest.mark.parametrize("text", ["Fraction(1, 2)", "<Grid 3x3>", "a1.b2", "[1, 2, …]", "-inf", "x.y2"])
def test_digits_in_words_and_shown_objects_are_free(text: str) -> None:
    assert _accepts(OutcomeGrammar("R", (), {}, ()), f"R {text}")
