"""An operation in steps of its own comes to the truth where each step does, and only doubt leads there."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import Action, ActionKind, Program, RecordedDebugger
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.completion import TOO_LONG, Abilities, Completion, Request
from debugworld.worldmodel.data.drills import drills_of
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.markov import Outcome
from debugworld.worldmodel.markov.operand import listening
from debugworld.worldmodel.markov.thought import Ask, in_steps
from debugworld.worldmodel.markov.thought.ask import HOLE, effect_of, value_of
from debugworld.worldmodel.markov.thought.steps import MOST
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.thinker import DOUBT, Considered, Granularity, Thinker

ORACLE = Oracle()
ANYTHING = value_of("0", {}).grammar


def steps_of(ask: Ask, most: int = 5_000) -> tuple[list[str], Outcome | None]:
    """Returns what is asked where every answer is true, and what it comes to."""
    asked: list[str] = []
    thought = in_steps(ask)
    try:
        question = next(thought)
        while len(asked) < most:
            answer = ORACLE.answer(question.prompt)
            assert answer is not None, f"no small question: {question.prompt}"
            asked.append(question.prompt.removeprefix("?"))
            question = thought.send(answer)
    except StopIteration as end:
        return asked, end.value
    raise AssertionError(f"{ask.prompt} goes on and on: {asked[-3:]}")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_true_steps_come_to_the_truth_or_to_nothing(seed: int) -> None:
    known = 0
    for prompt, truth in drills_of(seed, 60, ORACLE):
        _, found = steps_of(Ask(prompt, ANYTHING))
        assert found is None or str(found) == truth, prompt
        known += found is not None
    assert known > 3  # every third drill or so has steps


NUMBERS = st.integers(-(10**9), 10**9) | st.integers(-40, 40)
SIGNS = st.sampled_from(["+", "-", "*", "//", "%", "&", "|", "^"])


@settings(max_examples=200, deadline=None)
@given(NUMBERS, SIGNS, NUMBERS)
def test_whole_numbers_on_paper(left: int, sign: str, right: int) -> None:
    expression = f"{f'({left})' if left < 0 else left} {sign} {right}"
    asked, found = steps_of(value_of(expression, {}))
    if found is not None:
        assert found.value == repr(eval(expression))
        for question in asked:  # a digit or two on each side, or two numbers of which one is less
            assert re.fullmatch(r"\d{1,2} [-+*&|^] \d{1,2}|\d+ < \d+", question)
    elif sign in "+-*" or right > 0 and sign in ("//", "%"):
        raise AssertionError(f"no steps for {expression}")


LETTERS = st.text(st.sampled_from("ab -AB1\n\tß"), max_size=14)
METHODS = re.findall(
    r"\w+",
    """
    find rfind index rindex count split rsplit startswith endswith removeprefix removesuffix strip lstrip
    rstrip isupper islower istitle isspace isalnum isalpha isdigit upper lower swapcase title capitalize
    """,
)


@settings(max_examples=300, deadline=None)
@given(
    LETTERS, st.sampled_from(METHODS), st.lists(LETTERS.filter(bool).map(lambda text: text[:2]), max_size=1)
)
def test_strings_character_by_character(text: str, method: str, given: list[str]) -> None:
    expression = f"{text!r}.{method}({', '.join(map(repr, given))})"
    _, found = steps_of(value_of(expression, {}))
    if found is not None:
        assert found.value == repr(eval(expression)), expression


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-9, 40), max_size=30), st.integers(-30, 30), st.integers(-30, 30))
def test_lists_item_by_item(items: list[int], first: int, second: int) -> None:
    told = [
        f"len({items})",
        f"{items}[{first}:{second}]",
        f"{items}[::-1]",
        f"{items}[{first}]",
        f"sum({items})",
    ]
    told += [f"sorted({items})", f"sorted({items}, reverse=True)", f"max({items})", f"{items}.count({first})"]
    told += [f"{first} in {items}", f"{first} not in {set(items)!r}", f"{items}.index({first})"]
    told += [f"{dict.fromkeys(items, 0)}.get({first}, 5)", f"list(range({first}, {second}, 3))"]
    told += [f"{items}[{first}:{second}:2]", f"{items}[::-3]", f"{str(items)!r}[{first}::5]"]
    told += [f"{dict.fromkeys(items, 0)} | {{{first}: 1}}", f"{{**{dict.fromkeys(items, 0)}, {second}: 2}}"]
    for expression in told:
        _, found = steps_of(value_of(expression, {}))
        if found is not None:
            assert found.value == repr(eval(expression)), expression


@pytest.mark.parametrize(
    ("expression", "asked", "value"),
    [
        ("591 + 5", ["1 + 5", "9 + 0", "5 + 0"], "596"),
        ("95 + 7", ["5 + 7", "9 + 0", "9 + 1"], "102"),
        ("3 - 21", ["1 < 3", "11 - 3", "0 + 1", "2 < 1", "2 - 1"], "-18"),
        ("34 * 5", ["4 * 5", "3 * 5", "5 + 2", "1 + 0"], "170"),
        ("-7 % 3", ["7 < 3", "3 < 7"], "2"),
        ("'nana'.rfind('n')", ["'a' == 'n'", "'n' == 'n'"], "2"),
        ("'a-b'.split('-')", ["'a' == '-'", "'-' == '-'", "'b' == '-'"], "['a', 'b']"),
        ("'xxa'.lstrip('x')", ["'x' in 'x'", "'x' in 'x'", "'a' in 'x'"], "'a'"),
        ("[3, 1, 2].index(1)", ["3 == 1", "1 == 1"], "1"),
        ("max([3, 1, 5])", ["1 > 3", "5 > 3"], "5"),
        ("{'a': 1, 'b': 2}['b']", ["'a' == 'b'", "'b' == 'b'"], "2"),
        ("'abcdefghij'[::3]", ["'abc'[::3]", "'def'[::3]", "'ghi'[::3]", "'j'[::3]"], "'adgj'"),
        ("[1, 2, 3, 4, 5][1::2]", ["[1, 2, 3, 4, 5][1:]", "[2, 3][::2]", "[4, 5][::2]"], "[2, 4]"),
        ("{**{'a': 1, 'b': 2}, 'a': 3}", ["'a' == 'b'", "'a' == 'a'"], "{'a': 3, 'b': 2}"),
        ("{1: 2} | {3: 4}", ["1 == 3"], "{1: 2, 3: 4}"),
        ("str.maketrans('ab', 'xy')", ["ord('a')", "ord('x')", "ord('b')", "ord('y')"], "{97: 120, 98: 121}"),
    ],
)
def test_what_is_asked(expression: str, asked: list[str], value: str) -> None:
    found, outcome = steps_of(value_of(expression, {}))
    assert outcome is not None and outcome.value == value
    if expression != "-7 % 3":
        assert found == asked
    else:
        assert found[0] == asked[0]  # then 7 - 3, and so on


def test_a_list_that_is_changed() -> None:
    asked, found = steps_of(value_of(f"{HOLE}.remove(2)", {HOLE: "[1, 2, 3]"}))
    assert (asked, str(found)) == (["1 == 2", "2 == 2"], "R None\n_=[1, 3]")
    assert str(steps_of(value_of(f"{HOLE}.sort()", {HOLE: "[2, 1]"}))[1]) == "R None\n_=[1, 2]"
    assert str(steps_of(value_of(f"{HOLE}.sort()", {HOLE: "[1, 2]"}))[1]) == "R None"


@pytest.mark.parametrize(
    ("statement", "after"),
    [
        (f"{HOLE}['b'] = 3", "L\n_={'a': 1, 'b': 3}"),
        (f"{HOLE}['b'] = 2", "L"),
        (f"{HOLE}['c'] = [4]", "L\n_={'a': 1, 'b': 2, 'c': [4]}"),
        (f"{HOLE} |= {{'a': 2, 'd': 0}}", "L\n_={'a': 2, 'b': 2, 'd': 0}"),
    ],
)
def test_a_dictionary_into_which_something_is_put(statement: str, after: str) -> None:
    ask = effect_of(statement, {HOLE: "{'a': 1, 'b': 2}"}, (HOLE,))
    assert str(steps_of(ask)[1]) == after
    assert steps_of(effect_of(f"{HOLE}[[]] = 1", {HOLE: "{'a': 1}"}, (HOLE,)))[1] is None
    told = steps_of(value_of(f"{HOLE}.update({{'b': 5}})", {HOLE: "{'a': 1, 'b': 2}"}))[1]
    assert str(told) == "R None\n_={'a': 1, 'b': 5}"


@pytest.mark.parametrize(
    "ask",
    [
        value_of("1.5 + 2", {}),
        value_of("f(2, 3)", {}),
        value_of("[<A at #1>][0]", {}),
        value_of("'Σ'.lower()", {}),
        value_of("'abc'.index('x')", {}),
        value_of("[1, 2].index(3)", {}),
        value_of("7 // 0", {}),
        value_of("10 ** 4000", {}),
        value_of(f"{'[' * 300}{']' * 300}[0]", {}),
        value_of(f"{HOLE}.pop()", {HOLE: "[1, 2]"}),
        value_of(f"{HOLE} + {HOLE}", {HOLE: "1"}),
        effect_of("a, b = _", {HOLE: "(1, 2)"}, ("a", "b")),
        Ask("x = 40 + 2", ANYTHING, whole=True),
    ],
)
def test_what_has_no_steps(ask: Ask) -> None:
    assert steps_of(ask)[1] is None


ANSWERS = st.sampled_from(
    [
        "R 0",
        "R 7",
        "R 99",
        "R 999999999",
        "R -3",
        "R True",
        "R False",
        "R 'ab'",
        "R ''",
        "R {[1]}",
        "R {1: [}",
        "R [",
    ]
    + [
        "R ('a', 'b', 'c')",
        "R [1, 2]",
        "R None",
        "R 1e999",
        "R <A at #1>",
        "X ValueError: no",
        "R " + "(" * 300,
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.data())
def test_whatever_the_steps_are_told_they_end(seed: int, data: st.DataObject) -> None:
    [(prompt, _)] = drills_of(seed, 1, ORACLE)
    asks = [Ask(prompt, ANYTHING), value_of("'a'.zfill(99999999999)", {}), value_of("bin(54321)", {})]
    asks += [value_of("717 // 23", {}), value_of("'abcabc'.upper()", {}), value_of("'a-b'.center(40)", {})]
    thought = in_steps(data.draw(st.sampled_from(asks)))
    told = data.draw(st.lists(ANSWERS, min_size=1, max_size=6))
    try:
        next(thought)
        for number in range(MOST + 1):
            thought.send(Outcome.parse(told[number % len(told)]))
    except StopIteration as end:
        assert end.value is None or isinstance(end.value, Outcome)
    else:
        raise AssertionError(f"{prompt} goes on and on")


class Half:
    """A model that is right of small things, and told what of others.

    Args:
        direct: Answers to questions, with their log-probability; all else is true and certain.
    """

    abilities = Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=False)

    def __init__(self, direct: dict[str, tuple[str, float]], sure: float = -0.001) -> None:
        self._direct, self._sure = direct, sure
        self.asked: list[str] = []

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers."""
        found = []
        for request in requests:
            self.asked.append(request.prompt)
            if request.prompt in self._direct:
                text, weight = self._direct[request.prompt]
            else:
                text, weight = str(ORACLE.answer(request.prompt)), self._sure
            if not text:
                found.append(Completion("", (), (), False, TOO_LONG))
                continue
            told = () if math.isnan(weight) else (weight,)
            found.append(Completion(text, told, told, True))
        return found


def considered(model: Half, expression: str, granularity: Granularity = Granularity.STEPS) -> Considered:
    """Returns what a model comes to."""

    def thought() -> object:
        return (yield value_of(expression, {}))

    [found] = Thinker(model, "", granularity=granularity).follow([thought()])  # type: ignore[list-item]
    return found


def test_a_doubtful_answer_is_asked_for_in_steps() -> None:
    model = Half({"?591 + 5": ("R 606", -0.4)})
    found = considered(model, "591 + 5")
    assert found.outcome == Outcome("R", "596")
    assert model.asked == ["?591 + 5", "?1 + 5", "?9 + 0", "?5 + 0"]
    assert found.evidence.questions == 3 and found.evidence.lowest == -0.001
    assert considered(
        Half({"?591 + 5": ("R 606", -0.4)}), "591 + 5", Granularity.EXPRESSION
    ).outcome == Outcome("R", "606")


def test_a_sure_answer_is_taken() -> None:
    model = Half({"?591 + 5": ("R 606", math.log(DOUBT) + 0.01)})
    assert considered(model, "591 + 5").outcome == Outcome("R", "606") and len(model.asked) == 1


def test_an_answer_that_is_no_value_is_asked_for_in_steps() -> None:
    question = "{**{'a': 1, 'b': 2}, 'a': 3}"
    model = Half({f"?{question}": ("R {'a': 1, 'b': 2, 'a': 3}", -0.0001)})
    assert considered(model, question).outcome == Outcome("R", "{'a': 3, 'b': 2}")


def test_the_surer_of_the_two_is_taken() -> None:
    model = Half({"?591 + 5": ("R 596", -0.4)}, sure=-0.5)
    found = considered(model, "591 + 5")
    assert found.outcome == Outcome("R", "596") and found.evidence.lowest == -0.4
    model = Half({"?591 + 5": ("R 606", -0.4), "?1 + 5": ("R 7", -0.6)})
    assert considered(model, "591 + 5").outcome == Outcome("R", "606")


def test_an_engine_that_cannot_tell_how_sure_it_is_is_asked_once() -> None:
    model = Half({"?591 + 5": ("R 606", math.nan)})
    assert considered(model, "591 + 5").outcome == Outcome("R", "606") and len(model.asked) == 1


def test_an_operation_that_is_too_long_to_be_read_has_steps_that_are_not() -> None:
    model = Half({"?591 + 5": ("", 0.0)})
    with listening() as left_out:
        assert considered(model, "591 + 5").outcome == Outcome("R", "596")
    assert not left_out.unread
    with listening() as left_out:
        found = considered(model, "591 + 5", Granularity.EXPRESSION)
    assert (found.outcome, found.reason, left_out.unread) == (None, "token_budget", 1)


def test_a_dream_in_steps_is_true_where_only_large_operations_are_not() -> None:
    program = Program(
        "def f(n):\n    t = 0\n    for i in range(n):\n        t += 37 * 43\n    return str(t).find('2')\n",
        "f(2)",
    )
    wrong = {
        "?37 * 43": ("R 1500", -1.0),
        "?1591 + 1591": ("R 4100", -1.0),
        "?'3182'.find('2')": ("R 1", -0.2),
    }
    real = RecordedDebugger(record)
    state = real.reset(program)
    fine = NeuralDebugger(Half(wrong), granularity="steps")  # type: ignore[arg-type]
    rough = NeuralDebugger(Half(wrong), granularity="expression")  # type: ignore[arg-type]
    assert fine.reset(program) == state == rough.reset(program)
    truth = real.step(Action(ActionKind.STEP_RETURN))
    assert fine.step(Action(ActionKind.STEP_RETURN)) == truth
    assert rough.step(Action(ActionKind.STEP_RETURN)) != truth
