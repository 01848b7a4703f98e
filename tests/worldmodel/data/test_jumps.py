"""Examples of jumps and of inverse questions say what the runs say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Event, Program, StateTree
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.arguments import ArgumentsGrammar, accepts, split
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.data.inverses import inverses_of
from debugworld.worldmodel.data.jumps import Wanted, answered, find, jumps_of
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.jump import Landing, LandingGrammar
from debugworld.worldmodel.tokenizer import LENGTH_LIMIT

COUNT = """\
def count(s: str, t: str) -> int:
    \"\"\"Counts.\"\"\"
    n = 0  # so far
    for c in s:
        n += int(c == t)
    return n
"""


def _programs(seed: int) -> list[Program]:
    return [generate(seed, 1 + seed % 5).program, generate_statement(seed).program]


def test_the_examples_of_the_paper() -> None:
    program = Program(COUNT, 'count("berry", "r")')
    pairs = dict(jumps_of(program, record(program), seed=1, most=100))
    text = ">def count(s, t):\n1 n = 0\n2 for c in s:\n3  n += int(c == t)\n4 return n"
    entry = f">return\n{text}\ns='berry'\nt='r'"
    assert pairs[entry] == "R 4\nn=2\nc='y'\n=2"
    inside = [
        answer for question, answer in pairs.items() if question.startswith(">to 1\n1 for c in s:\n2> n +=")
    ]
    assert inside and all(answer.startswith("L 1\n#") for answer in inside)
    assert list(inverses_of(program, record(program)))[0] in [
        (
            "<count\ndef count(s, t):\n n = 0\n for c in s:\n  n += int(c == t)\n return n\n" + given + "=2",
            answer,
        )
        for given in ("", "s='berry'\n", "t='r'\n")
        for answer in ("'berry', 'r'",)
    ]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_example_fits_its_grammar_and_the_model(seed: int) -> None:
    for program in _programs(seed):
        trace = record(program)
        for question, answer in jumps_of(program, trace, seed):
            assert len(question.encode()) + len(answer.encode()) + 3 <= LENGTH_LIMIT + 100
            assert str(Landing.parse(answer)) == answer
            assert question.startswith((">return\n", ">over\n", ">to "))
        for question, answer in inverses_of(program, trace, seed):
            assert question.startswith("<") and split(answer)


def test_every_true_landing_is_permitted() -> None:
    count = 0
    for seed in range(40):
        for program in _programs(seed):
            trace = record(program)
            states = [*trace.states, trace.final]
            tree = StateTree(states)
            wanted: Wanted = {}
            for index in range(0, len(states) - 1, 3):
                lines = frozenset({states[-2].line, states[len(states) // 2].line})
                for kind in (
                    ("return", "over", "to") if states[index].event in (Event.LINE, Event.CALL) else ()
                ):
                    target = find(tree, index, kind, lines)
                    if target is not None:
                        wanted.setdefault(index, []).append((kind, lines, target))
            for jump, landing in answered(program, states, wanted):
                grammar = jump.grammar()
                state = grammar.start()
                for byte in str(landing).encode():
                    state = grammar.advance(state, byte)
                assert END in grammar.allowed(state)
                count += 1
    assert count > 500


def test_a_jump_into_a_callee_ends_where_it_is_called() -> None:
    program = Program(
        "def g(x):\n    y = x + 1\n    return y\n\ndef f(a):\n    b = g(a)\n    return g(b)\n", "f(1)"
    )
    trace = record(program)
    tree = StateTree([*trace.states, trace.final])
    start = next(n for n, s in enumerate(tree.states) if s.event is Event.LINE and s.function == "f")
    found = find(tree, start, "to", frozenset({2}))
    assert found is not None and (found.letter, tree.states[found.index].line) == ("C", 6)
    again = find(tree, tree.over[start], "to", frozenset({2}))
    assert again is not None and (again.letter, tree.states[again.index].line) == ("C", 7)
    never = find(tree, start, "to", frozenset({99}))
    assert never is not None and (never.letter, tree.states[never.index].value) == ("R", "3")


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    | st.sets(st.integers() | st.text(max_size=2), max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(values=st.lists(LITERALS, min_size=1, max_size=3))
def test_every_list_of_literals_is_permitted_and_split(values: list[object]) -> None:
    text = ", ".join(map(repr, values))
    assert split(text) == list(map(repr, values))
    assert accepts(ArgumentsGrammar(len(values), len(values)), text)
    assert not accepts(ArgumentsGrammar(len(values) + 1, len(values) + 1), text)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), least=st.integers(0, 2), more=st.integers(0, 2))
def test_whatever_the_grammar_permits_is_data(data: st.DataObject, least: int, more: int) -> None:
    grammar = ArgumentsGrammar(least, least + more)
    state, read = grammar.start(), bytearray()
    choose = data.draw(st.randoms(use_true_random=False))
    while True:
        allowed = sorted(grammar.allowed(state))
        ends = END in allowed and (len(allowed) == 1 or len(read) > 30 or choose.random() < 0.3)
        if ends:
            break
        closing = [b for b in allowed if b < END and chr(b) in ")]}'\"" and len(read) > 30]
        plain = [b for b in allowed if b < 0x80] or allowed
        byte = choose.choice(closing or plain)
        read.append(byte)
        state = grammar.advance(state, byte)
        if len(read) > 400:
            return
    text = read.decode()
    try:
        compile(f"f({text})", "<arguments>", "eval")
    except SyntaxError as error:  # numbers of one element of a set may repeat, but all of it is an expression
        pytest.fail(f"{text!r}: {error}")


def test_known_arguments_are_kept() -> None:
    grammar = ArgumentsGrammar(2, 2, {1: "'r'"})
    assert accepts(grammar, "'berry', 'r'") and not accepts(grammar, "'berry', 's'")
    assert not accepts(grammar, "'berry'")


def test_a_landing_ends_only_with_its_value() -> None:
    grammar = LandingGrammar(b"LRX", {1: 1, 2: 2, 12: 0}, [2], ["n", "name"])
    for text in (
        "L 2",
        "L 2\n#3 1",
        "L 2\n#3 1\nname=1\nn=1\n>'a'",
        "L 2\nn=[1, 2]\n-name",
        "L 2\n-n\n-name",
        "R 12\nname='a'\n>'out\\n'\n=(1, 2)",
        "X 1\n=KeyError: 'a",
    ):
        assert _permits(grammar, text), text
    for text in (
        "L 1",
        "L 12",
        "R 12",
        "R 3\n=1",
        "L 2\nnam=1",
        "L 2\nn=[1",
        "L 2\n=3",
        "X 1\n=",
        "R 1\n=[1\n",
        "L 2\n#3 1 1",
        "L 2\nn=1\n#3",
        "R 1\n#1\n=1",
        "L 2\nn=1\nn=2",
        "L 2\nn=1\n-n",
        "L 2\n-n\n-n",
        "L 2\n-n\nname=1",
        "L 2\n>'a'\nn=1",
        "L 2\n>'a'\n>'b'",
    ):
        assert not _permits(grammar, text), text


@pytest.mark.parametrize("text", ["L 2\nn=1\nname=2\n>'a'", "L 2\n-n\n-name\n>''"])
def test_a_landing_with_nothing_left_to_tell_can_only_end(text: str) -> None:
    grammar = LandingGrammar(b"L", {2: 1}, [2], ["n", "name"])
    state = grammar.start()
    for byte in text.encode():
        state = grammar.advance(state, byte)
    assert grammar.allowed(state) == {END}


def _permits(grammar: LandingGrammar, text: str) -> bool:
    state = grammar.start()
    for byte in text.encode():
        if byte not in grammar.allowed(state):
            return False
        state = grammar.advance(state, byte)
    return END in grammar.allowed(state)
