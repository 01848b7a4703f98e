"""Test suites under the debugger: which states tell that a test has failed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_FIXTURES = frozenset(
    ("setUp", "tearDown", "setUpClass", "tearDownClass", "setUpModule", "tearDownModule")
    + ("asyncSetUp", "asyncTearDown", "runTest")
)


def is_failure(function: str, error: str, expected: frozenset[str] = frozenset()) -> bool:
    """Whether an exception that ends a frame at depth 1 of a test suite's run fails a test.

    A part of a test made by ``subTest`` fails without an end of the test's frame, and is not told.

    Args:
        function: The frame's qualified name: that of a test, or of one of unittest's set-ups and tear-downs.
        error: The exception's type by name, or its text ``Type: message``. A skipped test has not failed.
        expected: Names of functions that are meant to fail, as `Program.expected_failures` has them.
    """
    name = function.rpartition(".")[2]
    is_own_frame = name in _FIXTURES or (name.startswith("test") and name not in expected)
    return is_own_frame and error.partition(":")[0] != "SkipTest"


def expected_failures(trees: Iterable[ast.Module]) -> Iterator[str]:
    """Yields the names of functions under the decorator ``unittest.expectedFailure``."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
                isinstance(part, (ast.Name, ast.Attribute))
                and getattr(part, "attr", getattr(part, "id", "")) == "expectedFailure"
                for part in node.decorator_list
            ):
                yield node.name
