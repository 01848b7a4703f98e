"""Runs a module's tests inside the debugger's entry frame.

``unittest`` runs its cases; a plain function whose name begins with ``test_`` is a case, too, and may be
``async``. The runner's own frames make no states.
"""

from __future__ import annotations

import asyncio
import inspect
import types
import unittest
from typing import Any

from .stage import LeaveRun


class Runner:
    """The tests of one module, collected: cases by name, then functions as written.

    Args:
        module: A module whose body has run.
    """

    def __init__(self, module: types.ModuleType) -> None:
        self._suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        functions = [value for name, value in vars(module).items() if _is_test(name, value)]
        self._suite.addTests(map(_case, functions))
        self.passed = True
        """Whether no test has failed so far."""

    def run(self) -> str:
        """Runs the tests; returns for example ``3 run, 1 failed: test_area``."""
        tally = _Tally()
        self._suite.run(tally)
        failed = list(dict.fromkeys(tally.failed))
        self.passed = not failed
        text = f"{tally.testsRun} run, {len(failed)} failed"
        if failed:
            text += f": {', '.join(failed)}"
        return text + (f"; {len(tally.skipped)} skipped" if tally.skipped else "")


class _Tally(unittest.TestResult):
    """Counts, and writes nothing: a traceback's text would run code of the program."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: list[str] = []

    def _add(self, test: Any, error: Any) -> None:
        if error is not None and issubclass(error[0], LeaveRun):
            raise error[1]
        self.failed.append(_name(test))

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802  the names are unittest's
        self._add(test, err)

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self._add(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err is not None:
            self._add(test, err)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        if issubclass(err[0], LeaveRun):
            raise err[1]

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self._add(test, None)


def _is_test(name: str, value: object) -> bool:
    return name.startswith("test_") and isinstance(value, types.FunctionType)


def _case(function: types.FunctionType) -> unittest.TestCase:
    """Makes a case of a plain function."""

    def run() -> object:
        return asyncio.run(function())

    run.__name__ = function.__name__
    case = unittest.FunctionTestCase(run if inspect.iscoroutinefunction(function) else function)
    if getattr(function, "__unittest_expecting_failure__", False):
        case.__unittest_expecting_failure__ = True  # type: ignore[attr-defined]
    return case


def _name(test: Any) -> str:
    """What a failed test is called: ``test_area``, ``Shapes.test_area``, ``setUpClass (program.Shapes)``."""
    if isinstance(test, unittest.FunctionTestCase) or not isinstance(test, unittest.TestCase):
        return str(test.id())
    return f"{type(test).__name__}.{test._testMethodName}"
