"""``debugworld transfer``: a small report from beginning to end, stopped and gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from debugworld.cli import main

pytest.importorskip("sb3_contrib", reason="sb3: sb3-contrib is not installed")
TASKS = ["--programs", "generated/1073741824/8", "generated/1073742824/4"]
SMALL = [
    *TASKS,
    *("--env", "debugworld/ReachState-Features-v0", "--policies", "random", "real", "dream", "--seeds", "1"),
    *("--steps", "300", "--num-envs", "4", "--episodes", "6", "--cases", "3", "--max-states", "100"),
]


def schema() -> Any:
    return json.loads((Path(__file__).parents[2] / "docs" / "transfer.schema.json").read_text())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_small_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work, page = tmp_path / "work", tmp_path / "page.html"
    words = ["transfer", *SMALL, "--subjects", "noise=noisy?rate=0.2", "copy", "--work", str(work)]
    assert main([*words, "--json", str(tmp_path / "a.json"), "--html", str(page)]) == 0
    assert "dream noise" in capsys.readouterr().out and "noise" in page.read_text()
    found = json.loads((tmp_path / "a.json").read_text())
    jsonschema.Draft202012Validator(schema()).validate(found)
    [one] = found["environments"]
    assert [dream["name"] for dream in one["dreams"]] == ["noise", "copy"]
    assert (
        one["dreams"][0]["fidelity"]["step_into"]["mean"] > one["dreams"][1]["fidelity"]["step_into"]["mean"]
    )
    assert {policy["name"] for policy in one["policies"]} == {"random", "real", "dream noise", "dream copy"}
    assert one["policies"][0]["worlds"]["real"]["success"]["count"] == 6
    records = work / "records.jsonl"
    lines = records.read_text().splitlines()
    records.write_text("\n".join(lines[:-3]) + '\n{"unit": "cut sh')  # stopped while it wrote
    assert main([*words, "--json", str(tmp_path / "b.json")]) == 0
    again = json.loads((tmp_path / "b.json").read_text())
    assert {**again, "seconds": 0} == {**found, "seconds": 0}
    assert main([*words, "--steps", "301"]) == 2
    assert "another subject, tasks, settings or version" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_make_the_same_report(tmp_path: Path) -> None:
    prints = []
    for jobs in ("1", "2"):
        out = tmp_path / f"{jobs}.json"
        words = ["transfer", *SMALL, "--subjects", "truth=real", "--jobs", jobs, "--json", str(out)]
        assert main(words) == 0
        found = json.loads(out.read_text())
        prints.append(found["fingerprint"])
    assert prints[0] == prints[1]
    [told] = found["environments"][0]["transfers"]
    assert told["exploit_gap"]["mean"] == 0.0 and told["overestimate"]["mean"] == 0.0
    assert found["environments"][0]["exploits"] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_localisers_are_judged_on_bugs_of_a_file(tmp_path: Path) -> None:
    pytest.importorskip("libcst", reason="libcst is not installed")
    bugs = tmp_path / "bugs.jsonl"
    rows = [
        {
            "id": f"sum-{number}",
            "buggy": f"def total(xs):\n    n = {number}\n    for x in xs:\n        n += x\n    return n\n",
            "fixed": "def total(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n",
            "tests": [{"call": f"total({xs})", "expected": str(sum(xs))} for xs in ([1, 2], [], [5])],
        }
        for number in (1, 2, 3)
    ]
    bugs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [
        *("transfer", "--env", "debugworld/FaultLocalization-Features-v0", "--subjects", "copy"),
        *("--bugs", "mutants/0/4?of=generated/0/4&cases=2", "mutants/0/3?of=generated/64/3&cases=2"),
        *(
            "--policies",
            "real",
            "dream",
            "--seeds",
            "1",
            "--steps",
            "64",
            "--num-envs",
            "4",
            "--episodes",
            "3",
        ),
        *("--learner", "n_steps=8", "batch_size=16", "--cases", "2", "--max-states", "50"),
        *("--option", "max_lines=64", "max_tests=2", "max_moves=3", "accusations=1"),
        *("--localise", f"jsonl/{bugs}", "--localise-episodes", "5", "--sandbox", "process"),
    ]
    assert main([*words, "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html")]) == 0
    found = json.loads((tmp_path / "a.json").read_text())
    jsonschema.Draft202012Validator(schema()).validate(found)
    told = {(one["trained"], one["bugs"]): one for one in found["environments"][0]["localisers"]}
    assert len(told) == 4
    for way in ("real", "dream copy"):
        one = told[way, "jsonl/bugs.jsonl"]
        assert one["learned"]["top_1"]["count"] == 5 and one["faults"] == 0
        assert one["equal"]["tests"]["mean"] == pytest.approx(one["learned"]["tests"]["mean"])
        assert one["every"]["tests"]["mean"] == 2
        gained = one["learned"]["top_1"]["mean"] - one["every"]["top_1"]["mean"]
        assert one["top_1_gained_over_every"]["mean"] == pytest.approx(gained)
    assert str(tmp_path) not in json.dumps(found)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--env", "debugworld/ReachState-Text-v0"], "no environment of the features family"),
        (["--policies", "lucky"], "no kind of policy lucky"),
        (["--subjects", "real"], "is the real world"),
        (["--seeds", "0"], "seeds must be at least 1"),
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--minutes", "0"], "--minutes must be above 0; got 0.0"),
    ],
)
def test_bad_input(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfer", *words]) == 2
    assert text in capsys.readouterr().err
