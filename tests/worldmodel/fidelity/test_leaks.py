"""What a subject was trained on is not asked, and the card says whether anybody knows what that was."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugworld.envs.task_set import load_task_set
from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.case import SEEN
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.measures.changed import edited
from debugworld.worldmodel.fidelity.preimages import ENUMERABLE, coverage
from debugworld.worldmodel.fidelity.real import RealDebugger
from debugworld.worldmodel.fidelity.subject import Subject, stamp
from debugworld.worldmodel.fidelity.subjects import NGRAM_PROGRAMS, open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, plan, sweep

COUNT = "def f(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


def test_what_the_n_gram_has_counted_is_no_test_of_it(box: Sandbox) -> None:
    ngram = open_subject("ngram", box)
    for uri, leaks in ((f"generated/{NGRAM_PROGRAMS - 2}/4", 2), ("generated/1073741824/4", 0)):
        programs = [(program, None) for program in load_task_set(uri).programs]
        _, told = plan(ngram, programs, Settings())
        assert len(told.leaked) == leaks and told.to_json()["leak_status"] == "checked"


@pytest.mark.parametrize(
    ("base", "missing", "checked"), [("", False, True), ("some/model", False, False), ("", True, False)]
)
def test_a_checkpoint_is_checked_where_its_manifest_tells_everything(
    base: str, missing: bool, checked: bool, tiny_checkpoint: Path, tmp_path: Path, box: Sandbox
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    manifest["recipe"]["base"] = base
    manifest["programs"] = 7 if missing else 0  # without a file that names them
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest))
    subject = open_subject(str(tmp_path / "model"), box)
    assert subject.checked is checked
    _, told = plan(subject, [], Settings())
    assert told.to_json()["leak_status"] == ("checked" if checked else "unknown")


def test_edits_that_were_seen_are_left_out(box: Sandbox) -> None:
    program = Program(COUNT, "f('berry', 'r')", "row")
    log, settings = Log(None, {}), Settings(measures=("changed",))
    sweep(Subject("real", RealDebugger(box)), [(program, None)], box, log, settings)
    assert any(one["kind"] == "edit" for one in log.records())
    made = (edited(program, random.Random(seed)) for seed in range(300))  # all that there are
    learnt = Subject("real", RealDebugger(box), seen=frozenset(map(stamp, filter(None, made))))
    log = Log(None, {})
    told = sweep(learnt, [(program, None)], box, log, settings)
    found = card(learnt, "tests", log, settings, told)
    assert not any(name.startswith("edit") for name in found["changed"])
    assert "assignment, changes" in found["changed"]
    assert found["programs"]["left_out"] == {SEEN: ["row, edit"]}


def test_preimages_of_functions_that_were_seen_are_left_out(tiny_checkpoint: Path, box: Sandbox) -> None:
    subject, (first, second, *_) = open_subject(str(tiny_checkpoint), box), ENUMERABLE
    assert [call.call for call in first.calls[:3]] == [None, "f(0)", "f(1)"]
    subject.seen = frozenset({stamp(first.calls[3])})
    for function, measure in ((first, "left out"), (second, "preimage")):
        record = coverage(subject, function, box, 0)
        assert record is not None and record["measure"] == measure
