"""Delta debugging: what is left fails still, and nothing of it can go."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.agents.delta_debugging import ddmin, fails_like, minimise, minimise_failure
from debugworld.envs import Bug, Case, TaskError, load_bug_set
from debugworld.envs.judge import Judge
from debugworld.envs.trace_store import TraceStore
from debugworld.sandboxes.debugger import ProgramError


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    store = TraceStore("process")
    store.enter()
    store.open()
    yield Judge(store.session)
    store.leave()


@given(st.integers(0, 12), st.sets(st.frozensets(st.integers(0, 11), max_size=5), max_size=4), st.integers(0))
def test_the_rest_fails_and_is_1_minimal(size: int, causes: set[frozenset[int]], salt: int) -> None:
    """Whether some items fail depends on what is among them, or, without causes, on nothing sensible."""
    items = list(range(size))

    def fails(some: Sequence[int]) -> bool:
        if len(some) == size:
            return True
        if causes:
            return any(cause <= set(some) for cause in causes)
        return hash((tuple(some), salt)) % 3 == 0

    kept = ddmin(items, fails)
    assert fails(kept) and kept == sorted(kept)
    assert not any(fails(kept[:place] + kept[place + 1 :]) for place in range(len(kept)))


def test_the_example_of_the_paper() -> None:
    """1, 7 and 8 of 8 items fail together."""
    asked = []

    def fails(some: Sequence[int]) -> bool:
        asked.append(tuple(some))
        return {1, 7, 8} <= set(some)

    assert ddmin(range(1, 9), fails) == [1, 7, 8]
    assert len(set(asked)) < 2**8 / 5


def smaller(value: Any) -> Iterator[Any]:
    """Values with one element less, at any depth."""
    if isinstance(value, str | bytes | list | tuple):
        yield from (value[:place] + value[place + 1 :] for place in range(len(value)))
    if isinstance(value, list | tuple):
        for place, item in enumerate(value):
            for other in smaller(item):
                yield type(value)([*value[:place], other, *value[place + 1 :]])
    if isinstance(value, dict):
        for key, item in value.items():
            rest = {k: v for k, v in value.items() if k != key}
            yield rest
            yield from ({other: item, **rest} for other in smaller(key))
            yield from ({**value, key: other} for other in smaller(item))


@pytest.mark.parametrize(
    "name", ["swap_ends", "guest_list", "tag_counts", "longest_rain", "merge_spans", "votes"]
)
def test_bugs_that_ship(name: str, judge: Judge) -> None:
    [bug] = load_bug_set(f"builtin/{name}").bugs
    found = minimise_failure(bug, "process")
    assert found.original in [case.call for case in bug.cases]
    assert len(found.call) <= len(found.original) and found.trials >= 1
    fails = fails_like(found.original, bug.buggy, bug.fixed, judge)
    assert fails(found.call)
    node = ast.parse(found.call, mode="eval").body
    assert isinstance(node, ast.Call) and not node.keywords
    arguments = tuple(map(ast.literal_eval, node.args))
    neighbours = [each for each in smaller(arguments) if len(each) == len(arguments)]
    assert not any(fails(f"{ast.unparse(node.func)}({', '.join(map(repr, each))})") for each in neighbours)


NOISY = """def f(xs, word):
    if 3 in xs and 'q' in word:
        raise KeyError(word)
    return len(xs)
"""


def test_an_exception_needs_no_right_program(judge: Judge) -> None:
    fails = fails_like("f([5, 3, 8], 'a quick fox')", NOISY, "", judge)
    found = minimise("f([5, 3, 8], 'a quick fox')", fails)
    assert found.call == "f([3], 'q')"
    assert minimise("f(word='qq', xs=(1, 3))", fails).call == "f(word='q', xs=(3,))"


def test_inputs_that_the_right_program_refuses_are_no_failures(judge: Judge) -> None:
    """Without the guard on the right side, an empty list would be the smallest input that raises."""
    right = "def f(xs):\n    return max(xs)\n"
    wrong = "def f(xs):\n    if 3 in xs:\n        raise ValueError('3')\n    return max(xs)\n"
    assert minimise("f([1, 3, 4])", fails_like("f([1, 3, 4])", wrong, right, judge)).call == "f([3])"


def test_what_does_not_fail_is_refused(judge: Judge) -> None:
    with pytest.raises(TaskError, match="does not fail"):
        fails_like("f([], '')", NOISY, "", judge)
    with pytest.raises(TaskError, match="give a call that does"):
        minimise("f(1)", lambda call: False)
    with pytest.raises(ProgramError, match="is no call"):
        minimise("f(", lambda call: True)
    with pytest.raises(TaskError, match="fails none of its cases"):
        minimise_failure(Bug("same", "same", NOISY, NOISY, (Case("f([], '')", "0"),), (1,)), "process")
