"""Statements of tests become cases that hold for the right program and not for the wrong one."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from debugworld.envs.origins.programs import assertion_cases, check_cases
from debugworld.envs.origins.straight_line import cases_of, module_cases

CART = """\
class Cart:
    def __init__(self, prices):
        self.prices = prices
        self.items = []

    def add(self, name, count=1):
        self.items += [name] * count
        return self

    def total(self):
        return sum(self.prices[name] for name in self.items)
"""
TESTS = """\
import math
import unittest

from cart import Cart

CHEAP = {"pen": 1}


class TestCart(unittest.TestCase):
    def setUp(self):
        self.cart = Cart({"pen": 2, "ink": 5})

    def test_sums(self):
        expected = 9
        self.cart.add("pen", 2)
        self.assertEqual(self.cart.total(), 4)
        self.cart.add("ink")
        self.cart.prices["nib"] = 1
        total = self.cart.total()
        self.assertEqual(total, expected, "all of it")
        self.assertTrue(self.cart.items)
        self.assertAlmostEqual(math.sqrt(self.cart.total()), 3.0)
        with self.assertRaises(KeyError):
            self.cart.add("hat").total()
        self.assertIsNone(None)


def test_many():
    names = ["pen", "ink"]
    want = [2, 5]
    for i, name in enumerate(names):
        assert Cart({"pen": 2, "ink": 5}).add(name).total() == want[i]
    cart = Cart(CHEAP)
    for _ in range(3):
        cart.add("pen")
    assert 3 == cart.total()
    assert cart.add("pen") == cart
    assert not Cart({}).total()
"""


def holds(source: str, call: str, expected: str) -> bool:
    """These programs are ours, so they may run here."""
    namespace: dict[str, object] = {}
    exec(source, namespace)
    fresh: dict[str, object] = {}
    exec(source, fresh)
    try:
        return bool(eval(call, namespace) == eval(expected, fresh))
    except Exception:
        return False


def test_modules_of_tests() -> None:
    cases, left_out = module_cases(ast.parse(TESTS), {"cart"})
    assert len(cases) == 8 and left_out == 2
    assert [str(case) for case in cases if not holds(CART, case.call, case.expected)] == []
    wrong = CART.replace("* count", "")
    failed = [case.expected for case in cases if not holds(wrong, case.call, case.expected)]
    assert failed == ["4", "9", "0"]


def test_what_is_expected_stays_outside() -> None:
    cases, _ = module_cases(ast.parse(TESTS), {"cart"})
    sums = next(case for case in cases if case.expected == "9")
    assert "9" not in sums.call and "4" not in sums.call and "math" not in sums.call


def test_one_expression_where_one_will_do() -> None:
    cases, _ = cases_of(ast.parse("x = f(1)\nwant = {'a': 1}\nassert x == want").body, {})
    assert [str(case) for case in cases] == ["f(1) == {'a': 1}"]


@pytest.mark.parametrize(
    ("assertion", "call", "expected"),
    [
        ("assert f(1) == 2, 'why'", "f(1)", "2"),
        ("assert 2 == f(1)", "f(1)", "2"),
        ("assert f(1)", "bool(f(1))", "True"),
        ("assert not f(1)", "not f(1)", "True"),
        ("assert f(1) is None", "f(1)", "None"),
        ("assert abs(f(1) - 2) < 1e-6", "abs(f(1) - 2) < 1e-06", "True"),
        ("assert f(1) == pytest.approx(2, abs=0.5)", "abs(f(1) - 2) <= 0.5", "True"),
        ("assert f(1) == f(2)", "f(1)", "f(2)"),
    ],
)
def test_kinds_of_assertions(assertion: str, call: str, expected: str) -> None:
    [case] = assertion_cases(assertion)
    assert (case.call, case.expected) == (call, expected)


def test_what_branches_ends_the_reading() -> None:
    cases, left_out = cases_of(ast.parse("assert f(1) == 1\nif f(2):\n    x = 1\nassert f(3) == 1").body, {})
    assert [case.call for case in cases] == ["f(1)"] and left_out == 1
    assert assertion_cases("assert (") == []


@pytest.mark.parametrize(("name", "field"), [("humaneval_dev", "test"), ("mbpp_dev", "test_list")])
def test_agrees_with_pairs_made_by_others(name: str, field: str, shared_data: Path) -> None:
    """The rows have the pairs that another program derived and checked; they agree but for ``bool(...)``."""

    def plain(text: str) -> str:
        text = ast.unparse(ast.parse(text, mode="eval").body)
        return text.removeprefix("bool(").removesuffix(")") if text.startswith("bool(") else text

    rows = [json.loads(line) for line in (shared_data / f"{name}.jsonl").read_text("utf-8").splitlines()]
    same = 0
    for row in rows:
        given = row[field]
        entry = row["entry_point"]
        cases = check_cases(given, entry) if isinstance(given, str) else assertion_cases("\n".join(given))
        ours = [(plain(case.call), plain(case.expected)) for case in cases]
        same += ours == [(plain(pair["call"]), plain(pair["expected"])) for pair in row["tests"]]
    assert same >= 0.95 * len(rows), f"{same} of {len(rows)}"
