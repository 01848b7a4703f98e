"""The inverse tester: candidates are calls, targets are told by runs, and a true dream needs one run."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from debugworld import cli
from debugworld.agents.candidates import Source, edges, likely_end, mixed, mutations, proposals, typed
from debugworld.agents.inverse_tester import InverseTester, search
from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Event, Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.inverse import End
from debugworld.worldmodel.search.dreams import Dreams
from debugworld.worldmodel.search.screen import Screen
from debugworld.worldmodel.search.target import Target

KIND = Program(
    "def kind(n, words):\n"
    "    if n > 5:\n"
    "        if len(words) > 2:\n"
    "            return 'many'\n"
    "        n -= 1\n"
    "        return n\n"
    "    if not words:\n"
    "        raise ValueError('none')\n"
    "    return 'few'\n",
    "kind(3, ['a', 'bb'])",
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A plain process: the programs here are our own."""
    with open_sandbox("process", max_events=500, timeout=2.0) as sandbox:
        yield sandbox


def arguments(call: str) -> list[object]:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    return [ast.literal_eval(argument) for argument in node.args]


@pytest.mark.parametrize("source", [mutations, edges, mixed, typed])
@pytest.mark.parametrize("number", range(8))
def test_candidates_are_other_calls_of_the_same_types(source: Source, number: int) -> None:
    program = generate(number, 1 + number % 5).program
    known = arguments(program.call or "")
    found = list(source(program, number, 12))
    assert found == list(source(program, number, 12)) == list(dict.fromkeys(found))
    assert 0 < len(found) <= 12 and program.call not in found
    for call in found:
        assert [type(value) for value in arguments(call)] == [type(value) for value in known]
        replace(program, call=call).check()


def test_hypothesis_draws_each_type() -> None:
    program = Program(
        "def f(*a):\n    return a\n", "f(True, 1.5, (1, 'a'), {'k': [1]}, {2}, [1, 'x'], None, [])"
    )
    found = list(typed(program, 0, 20))
    assert len(found) == 20
    for values in map(arguments, found):
        assert list(map(type, values)) == [bool, float, tuple, dict, set, list, type(None), list]
        assert all(isinstance(item, (int, str)) for item in values[5])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "end"),
    [(4, End("'many'")), (5, None), (6, None), (8, End("ValueError", True)), (9, End("'few'")), (2, None)],
)
def test_a_line_may_say_the_end(line: int, end: End | None) -> None:
    assert likely_end(KIND, line) == end


def test_targets_are_told_by_runs() -> None:
    many = record(replace(KIND, call="kind(7, ['a', 'b', 'c'])")).states
    none = record(replace(KIND, call="kind(1, [])")).states
    place = Target(4).place(many)
    assert many[place].line == 4 and many[place].event is Event.LINE
    assert Target(9).place(many) == Target(4).place(none) == -1
    assert Target(end=End("'many'")).place(many) == len(many) - 1
    assert Target(end=End("ValueError", True)).place(none) == len(none) - 1
    assert Target(end=End("ValueError: none")).place(none) == -1  # that is asked as a value
    with pytest.raises(ValueError, match="either"):
        Target()
    assert [str(Target(4)), str(Target(end=End("1")))] == ["line 4", "returned 1"]


@pytest.mark.parametrize("target", [Target(4), Target(6), Target(8), Target(end=End("'many'"))])
def test_with_a_true_dream_one_run_is_enough(target: Target, box: Sandbox) -> None:
    tester = InverseTester(Dreams(open_subject("real", box)))
    reachable = [call for call in mixed(KIND, 0, 64) if met(box, target, call)]
    found = search(box.record, KIND, target, tester.calls(KIND, target), 8)
    assert reachable and found.found in reachable
    assert found.tried == (found.found,)


def met(box: Sandbox, target: Target, call: str) -> bool:
    return target.place(box.record(replace(KIND, call=call)).states) >= 0


@pytest.mark.parametrize("name", ["copy", "static"])
def test_no_candidate_is_lost(name: str, box: Sandbox) -> None:
    calls = list(mutations(KIND, 3, 20))
    screen = Screen(Dreams(open_subject(name, box), ahead=40), KIND, calls)
    for target in (Target(4), Target(8), Target(end=End("'few'"))):
        assert sorted(screen.order(target)) == sorted(calls)
    assert (
        Screen(Dreams(open_subject("copy", box)), KIND, calls).order(Target(4)) == calls
    )  # no dream, no order


DEEP = Program(
    "def deep(word, number, rows):\n"
    "    if word == 'xyzzy':\n"
    "        if number > 700:\n"
    "            return -1\n"
    "    return sum(rows) - 5\n",
    "deep('a', 3, [1, 2, 3])",
)
"""Its ends are far from the known call: no change of that is likely to get there."""


@pytest.mark.parametrize("target", [Target(4), Target(end=End("1412"))])
def test_candidates_are_bred_in_the_dream(target: Target, box: Sandbox) -> None:
    dreams = Dreams(open_subject("real", box))
    plain = InverseTester(dreams, screened=40, seeded=0, rounds=0)
    assert search(box.record, DEEP, target, plain.calls(DEEP, target), 40).found is None
    tester = InverseTester(dreams, screened=16, rounds=12)
    found = search(box.record, DEEP, target, tester.calls(DEEP, target), 1)
    assert found.found is not None


def test_a_search_with_nothing_to_vary_ends(box: Sandbox) -> None:
    program = Program("def none(n):\n    return n\n", "none(None)")
    tester = InverseTester(Dreams(open_subject("real", box)))
    assert list(tester.calls(program, Target(end=End("1")))) == []


WAYS = Program("def ways(n):\n    if n > 5:\n        n -= 1\n    return n > 0\n", "ways(3)")
"""Its last line is reached on two paths."""


def test_a_dream_like_one_that_was_wrong_is_run_later(box: Sandbox) -> None:
    calls = ["ways(9)", "ways(8)", "ways(7)", "ways(2)"]
    screen, target = Screen(Dreams(open_subject("real", box)), WAYS, calls), Target(4)
    assert screen.order(target) == calls and screen.reaching(target) == 4
    assert screen.order(target, failed=calls[:1]) == ["ways(2)", "ways(8)", "ways(7)"]
    assert screen.order(target, failed=["ways(2)"]) == calls[:3]
    assert screen.order(target, first=calls[2:3]) == ["ways(7)", "ways(9)", "ways(8)", "ways(2)"]
    assert screen.reaching(target, calls[:3]) == 1
    assert [str(parent.call) for parent in screen.parents(target, 9, calls[:3])] == ["ways(2)"]
    assert [str(parent.call) for parent in screen.parents(target, 9, calls)] == ["ways(3)"]


def test_those_least_away_take_turns_with_the_first(box: Sandbox) -> None:
    calls = ["kind(-90, [])", "kind(-40, [])", "kind(1, [])", "kind(4, [])"]
    screen = Screen(Dreams(open_subject("real", box)), KIND, calls)
    assert screen.order(Target(3)) == [calls[3], calls[0], calls[2], calls[1]]


def test_a_budget_is_kept_and_every_run_counts(box: Sandbox) -> None:
    runs: list[str] = []

    def counted(program: Program) -> Trace:
        runs.append(program.call or "")
        return box.record(program)

    calls = ["kind(1, ['a'])", "kind()(", "nobody(1)", "kind(9, [])", "kind(8, [])"]
    found = search(counted, KIND, Target(6), calls, 3)
    assert found.found is None and list(found.tried) == calls[:3] == runs
    found = search(counted, KIND, Target(6), calls, 9)
    assert found.found == calls[3] and found.tried == tuple(calls[:4])


def test_a_model_proposes_and_screens(tiny_checkpoint: Path, box: Sandbox) -> None:
    subject = open_subject(str(tiny_checkpoint), box)
    assert subject.meter is not None
    proposed = list(proposals(subject.meter, KIND, End("'many'"), 0, 4))
    assert all(call.startswith("kind(") for call in proposed) and len(proposed) <= 4
    named = replace(KIND, call="kind(n=3, words=['a', 'bb'])")
    assert len(list(proposals(subject.meter, named, End("'many'"), 0, 4))) == len(proposed)
    assert not list(proposals(subject.meter, replace(KIND, call="3"), End("1"), 0, 4))
    tester = InverseTester(Dreams(subject, ahead=20), screened=6, proposed=4, seeded=0, rounds=0)
    calls = list(tester.calls(KIND, Target(4)))
    assert set(calls) == {*mixed(KIND, 0, 6), *proposed}
    spent = subject.cost()["questions"]
    assert list(tester.calls(KIND, Target(4))) == calls
    assert subject.cost()["questions"] - spent <= 4  # the candidates are not dreamt again


def test_the_command(tmp_path: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "kind.py", tmp_path / "out.json"
    path.write_text(KIND.source, "utf-8")
    words = ["inverse", str(path), "--model", str(tiny_checkpoint), "--sandbox", "process"]
    line = [*words, "--reaches", "6", "--call", KIND.call or "", "--screened", "16", "--runs", "60"]
    assert cli.main([*line, "--json", str(out)]) == 0
    told = json.loads(out.read_text("utf-8"))
    assert told["found"] == told["tried"][-1] and "runs line 6" in capsys.readouterr().out
    assert Target(6).place(record(replace(KIND, call=told["found"])).states) > 0
    assert cli.main([*words, "--reaches", "6"]) == 2
    assert "--call" in capsys.readouterr().err
    assert cli.main([*words, "--reaches", "60", "--call", "kind(1, [])"]) == 2
    assert "never bind" in capsys.readouterr().err
    assert cli.main([*words, "--returns", "1"]) == 2
    assert "--function" in capsys.readouterr().err
