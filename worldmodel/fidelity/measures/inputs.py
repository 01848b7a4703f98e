"""Input prediction (CRUXEval-I): arguments for which a function returns a value, each checked by running.

A wrong answer met a limit where an answer of the model behind it was cut short.
"""

from __future__ import annotations

from debugworld.sandboxes.debugger import Program, ProgramError
from debugworld.worldmodel.completion import Sampling
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.inverse import End, Inverse
from debugworld.worldmodel.search.dreams import Dreams
from debugworld.worldmodel.search.inputs import AHEAD, InputSearch

from .backward import BACKWARD, backward_inputs
from .forced import spent

SEARCHED, AT_ONCE = "searched", "once"
"""How a subject answers: it dreams of what it proposes before one is the answer, or it does not."""
DRAWS = 5
"""Answers drawn beside the likeliest one, where the subject can draw."""
TEMPERATURE = 0.8


def inputs(subject: Subject, case: Case, seed: int) -> list[Record]:
    """Asks for an input of a row's output; nothing where the case is no row, or the subject has no model."""
    row, meter = case.row, subject.meter
    if row is None or meter is None or not subject.about.get("inverse"):
        return []
    if subject.about["inverse"] == BACKWARD:
        return backward_inputs(subject, case, row)
    cost = subject.cost()
    record: Record = {
        "measure": "inputs",
        "case": case.key,
        "name": case.program.name,
        "origin": row.origin,
        "right": False,
        "limit": False,
        "draws": 0,
        "drawn_right": 0,
        "distinct_right": 0,
        "answer": None,
    }
    end = End.returned(row.output)
    try:
        inverse = Inverse(Program(row.code, None, row.name).check(), row.function)
        likeliest = inverse.check(case.box, end, inverse.propose(meter, end, 1), 1)
    except (ModelError, ProgramError) as error:
        return [{**record, "reason": str(error), "cost": spent(subject, cost)}]
    record["right"] = bool(likeliest.valid)
    record["limit"] = not record["right"] and spent(subject, cost)["cut"] > 0
    record["answer"] = likeliest.checked[0].proposal.arguments if likeliest.checked else None
    if subject.about.get("inputs") == SEARCHED and likeliest.checked:
        record |= _searched(subject, case, inverse, end, seed)
    if meter.abilities.sampling:
        before = subject.cost()
        drawn = inverse.propose(meter, end, DRAWS, sampling=Sampling(TEMPERATURE, seed=seed))
        checked = inverse.check(case.box, end, drawn, DRAWS)
        record["draws"] = DRAWS
        record["drawn_right"] = sum(one.proposal.draws for one in checked.valid)
        record["distinct_right"] = len(checked.valid)
        record["drawn_limit"] = spent(subject, before)["cut"]
    return [{**record, "cost": spent(subject, cost)}]


def _searched(subject: Subject, case: Case, inverse: Inverse, end: End, seed: int) -> Record:
    """Returns the answer that is given after dreaming, and how many argument lists were dreamt of."""
    assert subject.meter is not None
    cost = subject.cost()
    answer = InputSearch(Dreams(subject, ahead=AHEAD), subject.meter, seed=seed).find(inverse, end)
    if answer is None:
        return {"searched": False, "searched_limit": spent(subject, cost)["cut"] > 0, "dreamt": 0}
    limit = spent(subject, cost)["cut"] > 0
    right = inverse.holds(case.box, end, answer.arguments)
    return {
        "searched": right,
        "searched_limit": not right and limit,
        "searched_answer": answer.arguments,
        "dreamt": answer.dreamt,
    }
