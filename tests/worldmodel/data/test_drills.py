"""Small questions without a program: answerable, reproducible, and as programs ask them."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.drills import GROUPS, Drills, drills_of
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.thoughts import lessons_of

COUNT = 4_000


def test_a_seed_gives_the_same_questions_and_another_seed_others() -> None:
    oracle = Oracle()
    first, again, other = (list(drills_of(seed, 300, oracle)) for seed in (0, 0, 1))
    assert first == again != other


def test_nearly_all_have_answers_and_few_are_the_same() -> None:
    found = list(drills_of(0, COUNT, Oracle()))
    assert len(found) > 0.99 * COUNT
    assert len(set(found)) > 0.8 * COUNT
    letters = Counter(answer[0] for _, answer in found)
    assert set(letters) == set("RLX10") and letters["X"] < 0.05 * COUNT


def test_values_of_any_type_meet_and_mostly_raise() -> None:
    oracle, drills = Oracle(), Drills(0)
    asked = [drills.of("any types") for _ in range(500)]
    answers = [answer for prompt in asked if (answer := oracle.answer(prompt)) is not None]
    assert len(answers) > 450
    raised = [answer.value for answer in answers if answer.letter == "X"]
    assert len(raised) > 0.4 * len(answers)
    kinds = {text.partition(":")[0] for text in raised}
    assert {"TypeError", "AttributeError", "KeyError", "ValueError"} <= kinds
    assert any(text.startswith("TypeError: unsupported operand type(s) for -=") for text in raised)


def test_a_group_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'codess'.*there are: arithmetic"):
        Drills(0).of("codess")


def test_every_template_is_drawn() -> None:
    drills = Drills(0)
    assert {group for group, pool in drills.pools.items() if pool} == set(GROUPS)
    shapes = {drills.prompt().split("(")[0] for _ in range(COUNT)}
    for call in ("?len", "?ord", "?chr", "?sorted", "?sum", "?_.append", "?divmod", "?set"):
        assert call in shapes


def test_values_are_written_as_states_show_them() -> None:
    """A set's elements stand in order, a text is as repr writes it: so a run can ask it."""
    drills = Drills(3)
    for _ in range(COUNT):
        _, *rest = drills.prompt().split("\n")
        for line in rest:
            name, sign, text = line.partition("=")
            if sign and name == "_" and not text.startswith(("defaultdict(", "Counter(", "deque(")):
                value = ast.literal_eval(text)
                if isinstance(value, set) and value:
                    assert text == "{" + ", ".join(map(repr, sorted(value))) + "}"
                else:
                    assert text == repr(value)


def test_a_program_asks_the_same_way() -> None:
    """Each kind of question, as a statement comes apart into it, with the answer that the run gave."""
    lines = [
        ("x = 12 + 7", "?12 + 7"),
        ("x = len([4, 5])", "?len([4, 5])"),
        ("x = 'abc'.upper()", "?'abc'.upper()"),
        ("x = [7, 8][-1]", "?[7, 8][-1]"),
        ("x = 'abcd'[1:]", "?'abcd'[1:]"),
        ("x = 3 in {3, 5}", "?3 in {3, 5}"),
        ("x = not len(v)", "?bool(2)"),
        ("x = -len(v)", "?-(2)"),
        ("x = f'{len(v)}: {d}'", "?f'{a}: {b}'\na=2\nb={'b': 1}"),
        ("print('a', 1)", "?print('a', 1)"),
        ("v.append(3)", "?_.append(3)\n_=[1, 2]"),
        ("x = v.pop()", "?_.pop()\n_=[1, 2]"),
        ("v[7] = 9", "?_[7] = 9\n_=[1, 2]"),
        ("del v[0]", "?del _[0]\n_=[1, 2]"),
        ("x = d.get('a', 0)", "?_.get('a', 0)\n_={'b': 1}"),
        ("d[None] = 4", "?_[None] = 4\n_={'b': 1}"),
        ("for c in 'ab':\n        pass", "?for c in 'b'\n#0"),
        ("for i, c in enumerate([5, 6]):\n        pass", "?for c in [5, 6]\n#0"),
        ("for i, c in enumerate([5, 6], 3):\n        pass", "?3 + 1"),
        ("for p in enumerate([5, 6]):\n        pass", "?for p in enumerate([5, 6])\n#1"),
        ("for k, n in d.items():\n        pass", "?for k, n in dict_items([('b', 1)])\n#0"),
        ("for i in range(2, 9):\n        pass", "?for i in range(2, 9)\n#3"),
    ]
    oracle = Oracle()
    for line, question in lines:
        program = Program(f"def f(v, d):\n    {line}\n    return 0\n", "f([1, 2], {'b': 1})")
        lessons = lessons_of(program, record(program), oracle)
        asked = dict(pair for lesson in lessons for pair in lesson.parts or ())
        assert question in asked, (line, asked)
        answer = oracle.answer(question)
        assert answer is not None and str(answer) == asked[question]
