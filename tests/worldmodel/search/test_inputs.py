"""Inverse questions answered by dreaming; where the truth is the dream, it shows what the search does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.crux import CruxRow, search_inputs
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.inverse import End, Inverse
from debugworld.worldmodel.search.dreams import Dreams
from debugworld.worldmodel.search.inputs import BROOD, ROUNDS, InputSearch

SHIFT = "def f(text, n):\n    found = text.upper() + str(n)\n    return found[::-1]\n"
LADDER = "def f(n):\n    if n > 20:\n        return n * 2\n    return -1\n"


class Proposer:
    """Proposes given argument lists, one a question, the last one again and again."""

    def __init__(self, *texts: str, sampling: bool = True) -> None:
        self.abilities = Abilities(True, True, True, sampling)
        self._texts, self.asked = list(texts), 0

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order."""
        found = []
        for _ in requests:
            text = self._texts[min(self.asked, len(self._texts) - 1)]
            self.asked += 1
            found.append(Completion(text, (-0.1 * self.asked,), (-0.1 * self.asked,), True))
        return found


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A plain process: the programs here are our own."""
    with open_sandbox("process", max_events=200, timeout=2.0) as sandbox:
        yield sandbox


def searched(
    subject: Subject, source: str, end: str, *texts: str, rounds: int = ROUNDS
) -> tuple[str, bool, int]:
    search = InputSearch(Dreams(subject, ahead=100), Proposer(*texts), 4, rounds)
    found = search.find(Inverse(Program(source).check(), "f"), End.returned(end))
    assert found is not None
    return found.arguments, found.reaches, found.dreamt


def test_a_proposal_whose_dream_ends_as_asked_is_the_answer(box: Sandbox) -> None:
    real = open_subject("real", box)
    assert searched(real, SHIFT, "'21BA'", "'ba', 1", "'ab', 12", "'a', 2") == ("'ab', 12", True, 3)
    assert searched(real, SHIFT, "'1AB'", "'ba', 1", "'ab', 12", "'a', 2") == ("'ba', 1", True, 1)


def test_long_dreams_end_the_search(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debugworld.worldmodel.search.inputs.STATES", 10)
    assert searched(open_subject("real", box), LADDER, "50", "19", "22") == ("19", False, 2)


def test_without_one_more_are_made_out_of_the_nearest(box: Sandbox) -> None:
    real = open_subject("real", box)
    arguments, reaches, dreamt = searched(real, LADDER, "50", "19", "22")
    assert (arguments, reaches) == ("25", True) and 2 < dreamt <= 2 + ROUNDS * BROOD
    assert searched(real, LADDER, "50", "19", "22") == (arguments, reaches, dreamt)


def test_where_none_gets_there_the_first_proposal_is_the_answer(box: Sandbox) -> None:
    real = open_subject("real", box)
    assert searched(real, LADDER, "50", "19", "22", rounds=0) == ("19", False, 2)
    arguments, reaches, dreamt = searched(real, LADDER, "'no'", "19", "22")
    assert (arguments, reaches) == ("19", False) and dreamt > 2


def test_a_dream_that_is_wrong_misleads_and_only_a_run_tells(box: Sandbox) -> None:
    """In the dream of `copy` nothing ever returns, so what was proposed first is answered; it is run once."""
    copy = open_subject("copy", box)
    search = InputSearch(Dreams(copy, ahead=100), Proposer("30", "25"), 2)
    rows = [
        CruxRow("ladder", LADDER, "25", "50"),
        CruxRow("none", "def f(*, a):\n    yield a\n", "a=1", "1"),
    ]
    score = search_inputs(search, rows, box)
    assert [row.answers for row in score.rows] == [("30",), ("",)]
    assert [row.right for row in score.rows] == [(False,), (False,)]
    assert "cannot be asked" in score.rows[1].reason
    found = search_inputs(InputSearch(Dreams(open_subject("real", box)), Proposer("30")), rows[:1], box)
    assert found.rows[0].right == (True,)


def test_a_model_that_does_not_draw_proposes_once(box: Sandbox) -> None:
    proposer = Proposer("25", "26", sampling=False)
    search = InputSearch(Dreams(open_subject("real", box)), proposer, 4)
    found = search.find(Inverse(Program(LADDER).check(), "f"), End.returned("50"))
    assert found is not None and found.arguments == "25" and proposer.asked == 1
    with pytest.raises(ModelError, match="no function"):
        search.find(Inverse(Program(LADDER).check(), "g"), End.returned("50"))


def test_nothing_proposed_is_no_answer(box: Sandbox) -> None:
    search = InputSearch(Dreams(open_subject("real", box)), Proposer("*x"), 2)
    assert search.find(Inverse(Program(LADDER).check(), "f"), End.returned("50")) is None


@pytest.mark.parametrize(("draws", "rounds"), [(-1, 4), (16, -1)])
def test_negative_numbers_are_refused(box: Sandbox, draws: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        InputSearch(Dreams(open_subject("real", box)), Proposer("1"), draws, rounds)
