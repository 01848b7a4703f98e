"""The functions of inverse questions: of many kinds, small, and each with a preimage that tells something."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.fidelity import preimages
from debugworld.worldmodel.fidelity.baselines import CopyDebugger
from debugworld.worldmodel.fidelity.preimages import ENUMERABLE, Enumerable, functions_digest
from debugworld.worldmodel.fidelity.subject import Subject, stamp
from debugworld.worldmodel.fidelity.sweep import Settings, plan


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


@pytest.mark.parametrize("function", ENUMERABLE, ids=lambda one: one.name)
def test_some_arguments_lead_to_the_value_and_some_do_not(function: Enumerable, box: Sandbox) -> None:
    space: dict[str, object] = {}
    exec(function.source, space)
    f, value = space["f"], ast.literal_eval(function.value)
    assert callable(f) and function.size <= 100
    found = {tuple(map(repr, given)) for given in function._arguments() if f(*given) == value}
    assert function.preimage(box) == found
    assert 0 < len(found) < function.size


def test_functions_are_of_many_kinds() -> None:
    given = [next(function._arguments()) for function in ENUMERABLE]
    kinds = {type(one) for arguments in given for one in arguments}
    values = {type(ast.literal_eval(function.value)) for function in ENUMERABLE}
    assert kinds == {int, bool, str, list, dict} and values == {int, bool, str, list}
    assert len({function.name for function in ENUMERABLE}) == len(ENUMERABLE) == 24


def test_preimages_can_be_asked_for_alone() -> None:
    subject, programs = Subject("copy", CopyDebugger()), [(Program("x = 1\n"), None)]
    jobs, _ = plan(subject, programs, Settings(measures=("preimage",)))
    assert [job.measures for job in jobs] == [("preimage",)]
    subject.seen = frozenset({stamp(programs[0][0])})  # then there is no card at all
    assert plan(subject, programs, Settings(measures=("preimage",)))[0] == []


def test_other_functions_are_another_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, before = Settings(measures=("preimage",)), functions_digest()
    assert asked.to_json()["functions"] == before
    assert Settings(measures=("forced",)).to_json()["functions"] is None
    monkeypatch.setattr(preimages, "ENUMERABLE", ENUMERABLE[1:])
    assert asked.to_json()["functions"] != before
