"""Each benchmark program runs at its smallest, tells what it lacks, and writes JSON that the page reads."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from debugworld.worldmodel.checkpoint import SHIPPED
from debugworld.worldmodel.data.split import held_out

REPOSITORY = Path(__file__).resolve().parents[2]


def run(program: str, *words: str) -> str:
    command = [sys.executable, str(REPOSITORY / "benchmarks" / f"{program}.py"), *words]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=REPOSITORY)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def measured(folder: Path, program: str, *words: str) -> dict[str, Any]:
    path = folder / f"{program}.json"
    run(program, *words, "--json", str(path))
    told: dict[str, Any] = json.loads(path.read_text())
    assert told["name"] == program
    assert told["machine"]["cores"] >= 1
    page = folder / "page.md"
    run("page", "--from", str(folder), "--page", str(page))
    assert all(row[0] in page.read_text() for table in told["tables"] for row in table["rows"])
    return told


def test_bdb_and_pdb_walk_the_same_way(tmp_path: Path) -> None:
    pytest.importorskip("pexpect", reason="peers: pip install 'debugworld[bench]'")
    names = ["bdb, in process", "pdb, pexpect"]
    words = ["--repeats", "1", "--scale", "0.1", "--no-install", "--only", "bdb", "pdb, pexpect"]
    told = measured(tmp_path, "debuggers", *words)
    rows = {row[0]: row[-1] for row in told["tables"][0]["rows"]}
    for name in names:
        equal, _, compared = rows[name].partition(" of ")
        assert equal == compared and int(compared) > 50
        assert all(told["results"]["median"][name].values())


def test_what_is_not_installed_is_told_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "debuggers.json"
    script = (
        "import sys; sys.path.insert(0, 'benchmarks')\n"
        "from pathlib import Path\n"
        "from peers import environments\n"
        f"environments.FOLDER = Path({str(tmp_path)!r})\n"
        "sys.argv[1:] = ['--no-install', '--repeats', '1', '--only', 'debugpy, DAP']\n"
        f"sys.argv += ['--json', {str(path)!r}]\n"
        "import debuggers; debuggers.main()\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=REPOSITORY
    )
    assert answer.returncode == 0, answer.stderr
    told = json.loads(path.read_text())
    assert "debugpy, DAP" in told["missing"] and "NOT MEASURED: debugpy, DAP" in answer.stdout
    assert told["tables"][0]["rows"] == []
    assert all(goal["met"] is None for goal in told["goals"])


def test_a_breakpoint_slows_bdb_in_a_hot_loop(tmp_path: Path) -> None:
    words = ["--repeats", "1", "--size", "30000", "--no-install", "--only", "bdb", "--pythons", "3.11"]
    told = measured(tmp_path, "hot_loop", *words)
    (found,) = told["results"].values()
    assert set(found) == {"bdb, in process", "native"}
    assert all(len(t["seconds"]) == 1 and t["times"] > 1 for t in found["bdb, in process"].values())


def test_drills_by_what_they_are_about(tmp_path: Path) -> None:
    told = measured(tmp_path, "drills", "--questions", "8")
    assert set(told["results"]) == {"shipped"}
    found = told["results"]["shipped"]
    assert {"arithmetic", "any types", "wide"} <= found.keys()
    assert all(group["all"]["count"] == 8 for group in found.values())
    assert sum(group["all"]["mean"] for group in found.values()) / len(found) > 0.5


def test_recording_counts_states_of_one_process_and_of_two(tmp_path: Path) -> None:
    words = ["--repeats", "1", "--seconds", "0.01", "--states", "300", "--box", "alone"]
    told = measured(tmp_path, "recording", *words)
    assert len(told["results"]["alone"]) == 3
    for rates in told["results"]["alone"].values():
        assert len(rates["one"]) == len(rates["two"]) == 1
    assert list(told["results"]["parts"]) == list(told["results"]["alone"])
    assert all("bare trace" in parts and parts["bytes"] > 10 for parts in told["results"]["parts"].values())


def test_lookups_in_a_loop(tmp_path: Path) -> None:
    words = ["--repeats", "1", "--seconds", "0.01", "--rounds", "50", "--cursors", "16"]
    told = measured(tmp_path, "lookups", *words)
    assert set(told["results"]) == {"one cursor in a loop", "16 cursors in numpy"}
    for found in told["results"].values():
        assert len(found) == 3 and all(rate > 0 for rates in found.values() for rate in rates)


def test_environments_are_made_reset_and_stepped(tmp_path: Path) -> None:
    words = ["--seconds", "0.01", "--repeats", "1", "--envs", "1", "3", "--most-async", "0", "--warm", "3"]
    words += ["--tasks", "ReachState", "StateQuery", "FaultLocalization"]
    told = measured(tmp_path, "environments", *words, "--programs", "generated/0/4", "--dreams")
    results = told["results"]
    for family in ("Text", "Features"):
        assert set(results[f"begin, {family}"]) == {"make", "never seen", "on disk", "in memory"}
        assert all(results[f"single, StateQuery-{family}"][name][0] > 0 for name in ("short", "long"))
    for task in ("ReachState", "FaultLocalization"):
        assert results[f"vector_entry_point, {task}, long"]["3"][0] > 0
    assert results["sync, ReachState, short"]["3"][0] > 0 and not results["async, ReachState, long"]
    assert all(goal["met"] is None for goal in told["goals"])


def test_data_is_measured_by_source_and_what_lacks_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow: pip install 'debugworld[data]'")
    words = ["--programs", "4", "--mutations", "1", "--box", "process"]
    told = measured(tmp_path, "data", *words)
    assert set(told["results"]) == {"generated", "statements"} and "real" in told["missing"]
    for found in told["results"].values():
        assert found["making"]["runs"] == 4 and found["shards"]["read_states_per_second"] > 0
        assert found["mutation"]["tried"] >= found["mutation"]["kept"] > 0 and found["walks"]["actions"] > 0


@pytest.mark.slow
def test_planners_are_measured_on_the_same_tasks(tmp_path: Path) -> None:
    words = ["--episodes", "4", "--builtin", "0", "--sandbox", "process", "--dreamers", "real", "copy"]
    told = measured(tmp_path, "planner", *words, "--plain")
    found = told["results"]["generator"]
    assert len(found) == 3 and "builtin" in told["missing"]
    assert all(len(each["episodes"]) == 4 and each["success"]["mean"] == 1.0 for each in found.values())
    moves = {name: each["moves"]["mean"] for name, each in found.items()}
    assert moves["planner?model=real&sandbox=process"] == min(moves.values())


@pytest.mark.slow
def test_inverse_testers_get_the_same_targets(tmp_path: Path) -> None:
    words = ["--generated", "2", "--model", "static", "--bounds", "real", "--sandbox", "process"]
    told = measured(tmp_path, "inverse_tester", *words, "--screened", "12")
    results = told["results"]
    assert "real functions" in told["missing"] and len(results["runs"]) == 2
    found = results["generator"]["all"]
    assert found["targets"] == sum(len(each["targets"]) for each in results["runs"]) > 0
    names = ("random", "random with edges", "hypothesis", "random with constants", "search", "inverse")
    for name in (*names, "order alone", "dream", "dream of real"):
        assert found[name]["less search"]["8"]["mean"] <= 1 and name in results["both"]["all"]
        shares = [share["mean"] for share in found[name]["reached"].values()]
        assert shares == sorted(shares)
    true = found["dream of real"]["reached"]
    assert true["1"] == true["32"]  # a true dream needs no second run


def test_goals_are_judged_in_both_directions() -> None:
    script = (
        "import sys; sys.path.insert(0, 'benchmarks')\n"
        "from common.report import Goal\n"
        "values = (2.0, 3.0, 4.0, None)\n"
        "print([Goal('', 3, value, more).met for value in values for more in (True, False)])\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY)
    assert answer.stdout.strip() == "[False, True, True, True, True, False, None, None]"


def test_agents_lose_what_the_debugger_tells(tmp_path: Path) -> None:
    told = measured(tmp_path, "ablation", "--episodes", "5", "--only", "OutputPrediction-Text")
    [found] = told["results"].values()
    scripted, chance = found["scripted"], found["random"]
    assert scripted["true"]["success"]["mean"] == 1.0
    assert scripted["lost"]["mean"] == 1.0 - scripted["random"]["success"]["mean"] > 0.5
    assert chance["lost"]["mean"] == 0.0
    assert len(told["tables"][0]["rows"]) == 3


@pytest.mark.slow
def test_agents_learn_and_are_compared(tmp_path: Path) -> None:
    pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")
    plot = tmp_path / "learning.svg"
    words = ["--tasks", "generated/0/30", "--option", "max_lines=24", "--steps", "2048", "--seeds", "0", "1"]
    more = ["--episodes", "4", "--worlds", "real", "--curricula", "band", "--plot", str(plot)]
    told = measured(tmp_path, "learning", *words, *more)
    assert set(told["results"]["agents"]) == {
        "random",
        "scripted",
        "real, band, seed 0",
        "real, band, seed 1",
    }
    assert told["results"]["curves"]["real, band, seed 1"] and plot.read_text().startswith("<?xml")
    assert len(told["goals"]) == 2
    success = told["results"]["spread"]["real, band"]["success"]
    agents = told["results"]["agents"]
    means = [agents[f"real, band, seed {seed}"]["success"]["mean"] for seed in (0, 1)]
    assert (success["least"], success["most"]) == (min(means), max(means))
    assert told["tables"][0]["rows"][-1][0] == "real, band, 2 seeds"


@pytest.mark.slow
def test_inputs_are_drawn_and_dreamt_of(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    row = {"id": "sample", "code": "def f(n):\n    return n + 1\n", "input": "3", "output": "4"}
    rows.write_text(json.dumps(row) + "\n")
    words = ["--crux", str(rows), "--samples", "2", "--rounds", "0", "1", "--sandbox", "process"]
    told = measured(tmp_path, "inputs", *words)
    assert set(told["results"]) == {
        "one inverse question",
        "drawn at temperature 0.8",
        "searched for in the dream, 0 rounds",
        "searched for in the dream, 1 rounds",
    }
    assert told["settings"]["crux"] == "rows.jsonl"


@pytest.mark.slow
def test_programs_are_asked_about_before_and_after_rewrites(tmp_path: Path) -> None:
    words = ["--generated", "3", "--rewrites", "rename", "mislead", "--sandbox", "process"]
    told = measured(tmp_path, "robustness", *words)
    for found in told["results"]["generator"].values():
        before, after = (round(found["programs"] * cell["mean"]) for cell in found["outcome"])
        assert after == before - found["broken"] + found["mended"]
    assert {"cruxeval", "real, held out"} <= set(told["missing"])


@pytest.fixture
def rows(tmp_path: Path) -> list[str]:
    """Rows like CRUXEval's, and a real program of the held-out tenth."""
    code = "def f(x):\n    y = x + 1\n    return y * 2\n"
    crux, programs = tmp_path / "crux.jsonl", tmp_path / "programs.jsonl"
    crux.write_text(
        "".join(
            json.dumps({"id": str(n), "code": code, "input": str(n), "output": str(2 * n + 2)}) + "\n"
            for n in range(2)
        )
    )
    group = next(name for name in map(str, range(999)) if held_out(name))
    programs.write_text(json.dumps({"id": "p", "group": group, "code": code, "calls": ["f(5)"]}) + "\n")
    return ["--crux", str(crux), "--programs", str(programs), "--sandbox", "process"]


@pytest.mark.slow
def test_questions_are_told_by_class_and_checkpoint(rows: list[str], tmp_path: Path) -> None:
    told = measured(tmp_path, "questions", *rows, "--generated", "2", "--earlier", str(SHIPPED))
    results = told["results"]
    assert not told["missing"]
    for name in ("generator", "cruxeval", "real, held out"):
        classes = {kind: count for kind, count in results[name].items() if kind != "statements"}
        assert all(0 <= count["errors"] <= count["asked"] for count in results[name].values())
        assert sum(count["asked"] for count in classes.values()) >= results[name]["statements"]["asked"] > 0
    [families] = [table for table in told["tables"] if table["title"].startswith("Wrong answers")]
    asked = [
        [int(cell.partition(" of ")[2].replace(",", "")) for cell in row[1:]] for row in families["rows"]
    ]
    for name, column in zip(
        ("generator", "cruxeval", "real, held out"), zip(*asked, strict=True), strict=True
    ):
        own = (told["asked"] for kind, told in results[name].items() if kind != "statements")
        assert sum(column) == sum(own), "every question is about one thing"
    before, now = results["curve"]
    assert before == now and now["tokens"] > 0, "the same checkpoint twice"


@pytest.mark.slow
def test_the_tables_of_the_card_are_printed(rows: list[str], tmp_path: Path) -> None:
    words = ["--generated", "1", "--per-action", "1", "--granularity", "expression", "--ceiling"]
    results = measured(tmp_path, "neural", *rows, *words)["results"]
    for name in ("generator", "cruxeval", "real, held out"):
        for told in results[name].values():
            assert {"step_into", "step_over", "step_return", "run_to", "continue"} <= told["actions"].keys()
    told = results["cruxeval tasks"]
    assert {name.partition(",")[0] for name in told} == {"outputs", "inputs"} and len(told) == 6
    assert told["outputs, expression"]["pass@1"]["mean"] == 1.0


@pytest.mark.parametrize("page", ["README.md", "worldmodel/checkpoint/README.md"])
def test_the_figures_of_a_page_are_those_of_the_results(page: str, tmp_path: Path) -> None:
    committed = (REPOSITORY / page).read_text()
    copy = tmp_path / "page.md"
    copy.write_text(committed.replace("] |", "] % |"))
    assert committed.count("<!-- figures ") == committed.count("<!-- end -->") > 1
    run("tables", "--from", str(REPOSITORY / "docs"), str(copy))
    assert copy.read_text() == committed, f"make it anew: python benchmarks/tables.py {page}"


def test_the_page_of_benchmarks_is_that_of_the_results(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    run("page", "--page", str(page))
    assert page.read_text() == (REPOSITORY / "docs" / "benchmarks.md").read_text()


def test_a_step_of_decoding_is_held_against_the_device(tmp_path: Path) -> None:
    told = measured(tmp_path, "engine", "--parts", "limits", "--tokens", "2", "--graphs")
    for name, found in told["results"].items():
        assert name.startswith("limit, ") and len(found["seconds"]) == 2
        least = max(found["bytes"] / found["bandwidth"], found["operations"] / found["peak"])
        assert found["share"] == pytest.approx(least / statistics.median(found["seconds"]))
    moved = [found["bytes"] for found in told["results"].values()]
    assert moved == sorted(moved)  # more rows hold more


@pytest.mark.slow
def test_training_padded_and_packed_with_one_token_and_three(tmp_path: Path) -> None:
    sizes = ("hidden_size=32", "heads=2", "layers=2", "tokens_per_batch=1024", "held_out=0.05")
    small = [word for size in sizes for word in ("--set", size)]
    told = measured(tmp_path, "training", "--steps", "1", "--heads-steps", "1", *small)
    results = told["results"]
    assert {name.partition(",")[0] for name in results} == {"padded", "packed", "ahead 1", "ahead 3"}
    assert results["ahead 1"].keys() == results["ahead 3"].keys()
    assert len(told["tables"]) == 2


@pytest.mark.slow
def test_encodings_are_scored_at_equal_tokens_and_arithmetic_and_go_on(tmp_path: Path) -> None:
    small = ["--seconds", "0.5", "--programs", "12", "--held-out", "1", "--questions", "1", "--batch", "1024"]
    first = measured(tmp_path, "encodings", *small, "--encodings", "markov", "--tokenizers", "bytes")
    told = measured(tmp_path, "encodings", *small, "--encodings", "paper", "--tokenizers", "bytes")
    assert list(told["results"]) == ["markov, bytes", "paper, bytes"]
    assert told["results"]["markov, bytes"] == first["results"]["markov, bytes"]  # not measured again
    both, row = told["results"]["markov, bytes"]["both"], told["results"]["paper, bytes"]
    assert 0 <= row["tokens"]["tokens"] - both["tokens"] < 1024  # ends with the batch that reaches it
    assert row["FLOPs"]["flops"] >= both["flops"]
    assert len(told["tables"][0]["rows"]) == 3
    answer = subprocess.run(
        [sys.executable, "benchmarks/encodings.py", *small, "--seed=1", f"--json={tmp_path}/encodings.json"],
        capture_output=True, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert answer.returncode == 1 and "was measured otherwise" in answer.stderr
