"""Data sets of runs: what is written is read again, stopped work goes on, faults are told by file."""

from __future__ import annotations

import json
import random
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Edit, Exit, ExitCode, Program, Trace
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data import parts, recording
from debugworld.worldmodel.data.alpha import keys_of
from debugworld.worldmodel.data.card import write_card
from debugworld.worldmodel.data.dataset import TraceDataset
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.recording import RecordConfig, record_dataset
from debugworld.worldmodel.data.schema import Run, pack, row_of, run_of, unpack
from debugworld.worldmodel.data.sources import open_source
from debugworld.worldmodel.data.split import EVALUATION_SEED, held_out
from debugworld.worldmodel.data.statements import generate_statement
from debugworld.worldmodel.errors import ModelError

COUNT = 40


def config(*sources: str, **options: object) -> RecordConfig:
    return RecordConfig(sources, sandbox="process", workers=1, **options)  # type: ignore[arg-type]


@contextmanager
def few_bytes(count: int) -> Iterator[None]:
    """Lets files of this process grow to so many bytes only, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "runs"
    record_dataset(config(f"generated/0/{COUNT}", f"statements/{EVALUATION_SEED}/{COUNT}"), folder)
    return folder


def test_what_is_read_is_what_ran(made: Path) -> None:
    wanted = {p.digest: p for p in (generate(seed, 1 + seed % 5).program for seed in range(COUNT))}
    found = list(TraceDataset(made, "train"))
    assert len(found) > 0.9 * COUNT
    with open_sandbox("process", max_events=2_000) as box:
        for program, trace in found:
            assert program == wanted[program.digest]
            assert trace == box.record(program)


def test_splits_are_by_seed_and_groups_never_cross(made: Path) -> None:
    runs = list(TraceDataset(made).runs())
    assert {run.split for run in runs} == {"train", "test"}
    assert all((run.split == "test") is run.group.startswith("statements") for run in runs)
    train, test = (({k for r in runs if r.split == s for k in (r.keys.source, *r.keys.functions)})
                   for s in ("train", "test"))  # fmt: skip
    assert not train & test


def test_the_card_counts_what_is_there(made: Path) -> None:
    data = TraceDataset(made)
    runs = list(data.runs())
    card = data.card
    assert len(data) == len(runs)
    for split, about in card["splits"].items():
        mine = [run for run in runs if run.split == split]
        assert about["runs"] == len(mine)
        assert about["states"] == sum(len(run.trace.states) for run in mine)
        assert about["programs"] == len({run.keys.source for run in mine})
    for tag, counts in card["tags"].items():
        assert counts["runs"] == sum(tag in run.tags for run in runs)
    assert card["programs"]["offered"] == 2 * COUNT
    assert len(runs) + sum(card["dropped"].values()) == 2 * COUNT
    assert card["figures"]["bytes"] == sum(path.stat().st_size for path in (made / "data").iterdir())
    assert card["sources"][0] == {"uri": f"generated/0/{COUNT}", "programs": COUNT, "seeds": [0, COUNT - 1]}


def _front_matter(out: Path, counts: dict[str, int], runs: int) -> dict[str, Any]:
    split = {"programs": 1, "runs": runs, "states": runs, "files": ["data/train-0.parquet"]}
    names = ("licences", "origins", "exits", "changes", "programs", "dropped", "figures", "tags")
    card: dict[str, Any] = {name: {} for name in names} | {"sources": [], "version": 1, "recipe": {}}
    write_card(out, card | {"licences": counts, "splits": {"train": split}})
    read: dict[str, Any] = yaml.safe_load((out / "README.md").read_text().split("---\n")[1])
    return read


def test_the_card_is_one_for_the_hub(made: Path, tmp_path: Path) -> None:
    told = yaml.safe_load((made / "README.md").read_text().split("---\n")[1])
    assert told["task_categories"] == ["text-generation"] and told["size_categories"] == ["n<1K"]
    assert [each["config_name"] for each in told["configs"]][0] == "runs" and told["license"]
    for counts, licence, name in (
        ({"MIT": 3}, "mit", None),
        ({"Apache-2.0": 3, "MIT": 1}, "other", "mixed"),
        ({"unknown": 1}, "other", "unknown"),
        ({}, "other", "unknown"),
        ({"PSF: 2.0": 1}, "other", "psf-2.0"),
    ):
        told = _front_matter(tmp_path, counts, 1)
        assert (told["license"], told.get("license_name")) == (licence, name)
    for runs, size in ((999, "n<1K"), (1000, "1K<n<10K"), (10**7, "10M<n<100M"), (10**9, "n>1B")):
        assert _front_matter(tmp_path, {"MIT": 1}, runs)["size_categories"] == [size]


def test_datasets_reads_the_folder(made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets: pip install 'debugworld[data]'")
    table = datasets.load_dataset(str(made), cache_dir=str(tmp_path))
    assert {name: len(rows) for name, rows in table.items()} == {
        split: len(TraceDataset(made, split)) for split in ("train", "test")
    }
    row = table["train"][0]
    assert run_of(row).program.source == row["code"]


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_rows_whatever_the_workers(tmp_path: Path) -> None:
    recipe = config("generated/0/6", "statements/0/6")
    for workers in (1, 2):
        record_dataset(replace(recipe, workers=workers), tmp_path / f"{workers}")
    one, two = (list(TraceDataset(tmp_path / name).runs()) for name in "12")
    assert one == two and len(one) == 12


def test_a_stopped_recording_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "PART", 5)
    calls: list[int] = []
    real = recording.record_part

    def failing(uri: str, start: int, *rest: object) -> object:
        calls.append(start)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(uri, start, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(recording, "record_part", failing)
    with pytest.raises(KeyboardInterrupt):
        record_dataset(config("generated/0/20"), tmp_path / "d")
    assert calls == [0, 5, 10] and not (tmp_path / "d" / "card.json").exists()
    with pytest.raises(ModelError, match=r"other settings \(sources differ\)"):
        record_dataset(config("generated/0/21"), tmp_path / "d")
    (tmp_path / "d" / "parts" / "00-000000.parquet").write_bytes(b"cut off")
    record_dataset(config("generated/0/20"), tmp_path / "d")
    assert calls == [0, 5, 10, 0, 10, 15], "only what is missing or damaged is made"
    assert len(TraceDataset(tmp_path / "d")) == 20
    assert not (tmp_path / "d" / "parts").exists()
    record_dataset(config("generated/0/20"), tmp_path / "d")
    assert len(calls) == 6, "a whole data set is left as it is"
    with pytest.raises(ModelError, match="other settings"):
        record_dataset(config("generated/0/20", calls=1), tmp_path / "d")


@pytest.mark.parametrize("fault", ["cut", "noise", "empty", "other"])
def test_a_damaged_shard_is_named(made: Path, tmp_path: Path, fault: str) -> None:
    shard = tmp_path / "d" / "data" / "train-00000.parquet"
    shard.parent.mkdir(parents=True)
    for name in ("card.json",):
        (tmp_path / "d" / name).write_text((made / name).read_text())
    whole = (made / "data" / "train-00000.parquet").read_bytes()
    if fault == "other":
        parts.write_rows(shard, [], __import__("pyarrow").schema([("x", __import__("pyarrow").int8())]))
    else:
        middle = len(whole) // 2
        noise = whole[: middle - 3000] + bytes(6000) + whole[middle + 3000 :]
        shard.write_bytes({"cut": whole[:-200], "noise": noise, "empty": b""}[fault])
    with pytest.raises(ModelError, match=str(shard)):
        list(TraceDataset(tmp_path / "d", "train"))


def test_a_flipped_bit_is_told_or_harmless(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "d")
    shard = tmp_path / "d" / "data" / "train-00000.parquet"
    whole, rows = shard.read_bytes(), list(TraceDataset(made, "train").runs())
    rng, told = random.Random(0), 0
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        shard.write_bytes(damaged)
        try:
            assert list(TraceDataset(tmp_path / "d", "train").runs()) == rows
        except ModelError as error:
            told += 1
            assert str(shard) in str(error)
    assert told > 30


def test_a_file_that_does_not_fit_is_named(tmp_path: Path) -> None:
    with few_bytes(200), pytest.raises(OSError, match="00-000000.parquet"):
        record_dataset(config("generated/0/5"), tmp_path / "d")
    assert not list((tmp_path / "d" / "parts").glob("*.parquet*"))


def test_a_trace_that_is_none_of_the_program_is_told(made: Path) -> None:
    run = next(TraceDataset(made, "train").runs())
    row = row_of(run)
    for change in (
        {"states": row["states"] + 1},
        {"trace": row["trace"].rsplit("\n", 2)[0] + "\n"},
        {"trace": row["trace"][:-1]},
        {"trace": "[1,999999,0,{}]\n"},
        {"trace": "é\n"},
        {"code": None},
        {"options": "{"},
    ):
        with pytest.raises(ModelError):
            run_of(row | change)


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 5_000), st.sampled_from([generate, generate_statement]), TEXT, TEXT)
def test_runs_come_back_from_rows(seed, make, text, licence) -> None:  # type: ignore[no-untyped-def]
    program = replace(make(seed).program, name=text, stdin=text)
    trace = record(program)
    odd = replace(trace, stdout="\ud800" + text, stderr=text, exit=Exit(ExitCode.NEVER, "step_budget"))
    run = Run(program, odd, keys_of(program), text, "train", "u", "o", licence, ("a", "b"), "p", "mutation")
    assert run_of(row_of(run)) == run


def test_files_arguments_and_edits_come_back() -> None:
    program = Program(
        "import shapes\nprint(shapes.area(3))\n",
        files=(("shapes.py", "def area(n):\n    return n * n\n"),),
        argv=("-v",),
        edits=(Edit(1, 0, "n", "4"),),
    )
    with open_sandbox("process") as box:
        trace = box.record(replace(program, edits=()))
    run = Run(program, trace, keys_of(program), "g", "test")
    again = run_of(row_of(run))
    assert again == run and again.program.files == program.files
    assert {state.file for state in again.trace.states} == {"", "shapes.py"}


def test_an_empty_run_comes_back() -> None:
    program = Program("", None)
    trace = Trace("3.11.1", (), Exit(ExitCode.ERROR, "killed"))
    assert unpack(pack([trace.final]), program, "3.11.1") == trace


def test_lone_surrogates_in_a_program_are_left_out(tmp_path: Path) -> None:
    rows = [{"code": "x = '\ud800'\n", "call": "1"}, {"code": "def f():\n    return 1\n", "call": "f()"}]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    card = record_dataset(config(f"jsonl/{tmp_path / 'p.jsonl'}"), tmp_path / "d")
    assert card["programs"] == {"not_unicode": 1, "offered": 2} or card["programs"]["refused"] == 1
    assert sum(split["runs"] for split in card["splits"].values()) == 1


def write(path: Path, groups: list[str], body: str = "return sum(range(n)) + {0}") -> str:
    rows = [
        {
            "id": f"p{n}",
            "group": group,
            "code": f"def f(n):\n    {body.format(n)}\n",
            "calls": [f"f({n})", "f(3)", "f(2)"],
            "licence": "MIT",
            "origin": "me",
        }
        for n, group in enumerate(groups)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"jsonl/{path}"


def test_rows_are_split_by_group_and_keep_their_licence(tmp_path: Path) -> None:
    uri = write(tmp_path / "p.jsonl", [f"g{n}" for n in range(30)])
    card = record_dataset(config(uri, calls=2), tmp_path / "d")
    runs = list(TraceDataset(tmp_path / "d").runs())
    assert {run.split for run in runs} == {"train", "test"}
    assert all((run.split == "test") is held_out(run.group) for run in runs)
    assert card["licences"] == {"MIT": 59} and card["origins"] == {"me": 59}, "f(3) of row 3 came twice"


def test_what_is_in_the_test_split_leaves_training(tmp_path: Path) -> None:
    groups = [f"g{n}" for n in range(30)]
    body = "return sorted(str(k) for k in range(n))"
    uri = write(tmp_path / "p.jsonl", groups, body)
    card = record_dataset(config(uri, calls=1), tmp_path / "d")
    assert set(card["splits"]) == {"test"}, "all are one program, which some group holds out"
    assert card["dropped"]["in_test"] + card["dropped"]["alpha_equivalent"] > 20


def test_mutations_and_rewrites_are_rows_of_their_own(tmp_path: Path) -> None:
    uri = f"generated/{EVALUATION_SEED}/12"
    card = record_dataset(config(uri, mutations=2, rewrites=("rename", "for-to-while")), tmp_path / "d")
    runs = list(TraceDataset(tmp_path / "d").runs())
    by_digest = {run.program.digest: run for run in runs}
    changed = [run for run in runs if run.change]
    assert {run.change for run in changed} >= {"mutation", "rename"}
    for run in changed:
        parent = by_digest[run.parent]
        assert run.group == parent.group
        assert run.split == ("test" if run.change == "mutation" else "robustness")
        if run.change == "rename":
            assert run.keys == parent.keys
    assert card["changes"]["mutation"] == card["programs"]["mutations_kept"]


def test_a_local_data_set_of_datasets_is_a_source(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets: pip install 'debugworld[data]'")
    rows = {
        "solution": [f"def f(a):\n    return a + {n}\n" for n in range(4)],
        "source": ["web"] * 4,
        "arguments": ["1", "2", "3", "4"],
        "problem": [f"q{n}" for n in range(4)],
        "license": ["MIT"] * 4,
    }
    (tmp_path / "hub").mkdir()
    datasets.Dataset.from_dict(rows).to_parquet(str(tmp_path / "hub" / "train.parquet"))
    uri = f"hf/{tmp_path / 'hub'}?split=train&code=solution&input=arguments&group=problem"
    source = open_source(uri)
    found = list(source.candidates(0, 10))
    assert [c.program.call for c in found] == ["f(1)", "f(2)", "f(3)", "f(4)"]
    assert [c.group for c in found] == ["q0", "q1", "q2", "q3"] and {c.licence for c in found} == {"MIT"}
    card = record_dataset(config(uri), tmp_path / "d")
    assert card["programs"] == {"offered": 4}
    for query, reason in (("code=nothing", "no column 'nothing'"), ("split=dev", "cannot be loaded"),
                          ("codes=x", "unknown options")):  # fmt: skip
        with pytest.raises(ModelError, match=reason):
            open_source(f"hf/{tmp_path / 'hub'}?{query}")


@pytest.mark.parametrize(
    "uri",
    ["generated", "generated/a/3", "generated/0/0", "jsonl/", "csv/x", "hf/", "", "jsonl/nowhere.jsonl"],
)
def test_what_is_no_source_is_told(uri: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        record_dataset(config(uri), tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_a_range_of_seeds_over_the_split_is_refused() -> None:
    with pytest.raises(ModelError, match="make it two"):
        open_source(f"generated/{EVALUATION_SEED - 1}/2")


def test_an_unknown_rewrite_or_box_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no rewrite 'upside-down'"):
        record_dataset(config("generated/0/1", rewrites=("upside-down",)), tmp_path / "d")
    with pytest.raises(SandboxError, match="no sandbox 'jail'"):
        record_dataset(replace(config("generated/0/1"), sandbox="jail"), tmp_path / "d")


def test_runs_out_of_time_are_not_kept(tmp_path: Path) -> None:
    rows = [{"code": "def f(n):\n    return sum(i for i in iter(int, 1))\n", "call": "f(1)"}]
    (tmp_path / "p.jsonl").write_text(json.dumps(rows[0]) + "\n")
    card = record_dataset(replace(config(f"jsonl/{tmp_path / 'p.jsonl'}"), timeout=0.5), tmp_path / "d")
    assert card["programs"] == {"offered": 1, "timeout": 1} and not card["splits"]
    assert list(TraceDataset(tmp_path / "d")) == []


def test_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="make one with: debugworld data record"):
        TraceDataset(tmp_path)


def test_no_such_split(made: Path) -> None:
    with pytest.raises(ModelError, match="no split 'dev'; it has: train, test"):
        TraceDataset(made, "dev")
