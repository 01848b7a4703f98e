"""Walks become texts in turns: all that a model must say is learnt, once, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, Program, Trace
from debugworld.worldmodel.data.alpha import keys_of
from debugworld.worldmodel.data.recording import RecordConfig, record_dataset
from debugworld.worldmodel.data.schema import Run
from debugworld.worldmodel.data.texts import Turns, stepped, texts_of
from debugworld.worldmodel.data.trajectories import Step, Trajectory, Walk
from debugworld.worldmodel.data.walk_set import (
    TrajectoryDataset,
    WalkConfig,
    make_trajectories,
    read_walks,
    row_of,
    trajectory_of,
)
from debugworld.worldmodel.encoder import Encoder
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, Codec, open_codec, size_of
from debugworld.worldmodel.spoken import entry_state
from debugworld.worldmodel.store import Example, ExampleStore
from debugworld.worldmodel.tokenizer import build_tokenizer
from debugworld.worldmodel.vocabulary import Vocabulary

SOURCE = """\
def f(n):
    total = 0
    for i in range(n):
        total += i
    return total
"""
PROGRAM = Program(SOURCE, "f(5)")
ACTIONS = (
    "break 4 if i > 1",
    "continue",
    "evaluate total * 2",
    "set total = 40",
    "clear 4 if i > 1",
    "step_over",
    "step_return",
)
"""A conditional breakpoint, a look and an assignment."""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process") as opened:
        yield opened


@pytest.fixture(scope="module")
def run(box: Sandbox) -> Trace:
    return box.record(PROGRAM)


@pytest.fixture(scope="module")
def changed(box: Sandbox, run: Trace) -> Trajectory:
    walk = Walk(PROGRAM, run, box.record, box.session)
    for text in ACTIONS:
        walk.do(text)
    return walk.done("by hand")


def answers(codec: Codec, walk: Trajectory) -> list[str]:
    """What a model has to answer along a walk, without what ends an answer."""
    return [turn.answer for turn in codec.turns(walk) if turn.answer]


def learnt(codec: Codec, texts: Sequence[Turns]) -> str:
    """What is learnt of texts, without what ends an answer."""
    found = "".join("".join(text[1::2]) for text in texts)
    return re.sub("|".join(map(re.escape, codec.stop)), "", found)


@pytest.mark.parametrize("name", CODECS)
def test_one_text_is_the_walk_as_the_codec_writes_it(name: str, run: Trace) -> None:
    codec, walk = open_codec(name), stepped(PROGRAM, run, 100)
    [text] = texts_of(codec, walk, 10_000)
    pieces = list(codec.pieces(replace(walk, visited=())))
    assert codec.encode(replace(walk, visited=())).startswith("".join(text))
    assert "".join(text[1::2]) == "".join(piece.text for piece in pieces if piece.learnt)
    assert all(text[1::2]) and len(text) % 2 == 0


@pytest.mark.parametrize("name", CODECS)
def test_a_long_walk_is_cut_and_every_answer_learnt_once(name: str, run: Trace) -> None:
    codec, walk = open_codec(name), replace(stepped(PROGRAM, run, 100), visited=())
    longest = size_of(codec.head(PROGRAM)) + 150
    texts = list(texts_of(codec, walk, longest))
    assert len(texts) > 1 and all(sum(map(size_of, text)) <= longest for text in texts)
    assert learnt(codec, texts) == "".join(answers(codec, walk))
    assert all(text[0].startswith(codec.head(PROGRAM)) for text in texts)


def test_a_walk_keeps_its_breakpoints_where_it_is_cut(changed: Trajectory) -> None:
    codec = open_codec("changes")
    texts = list(texts_of(codec, changed, size_of(codec.head(PROGRAM)) + 80))
    assert len(texts) > 1
    assert ["<|break|>" in "".join(text[::2]) for text in texts] == [True] * len(texts)
    assert learnt(codec, texts) == "".join(answers(codec, replace(changed, visited=())))


def test_what_a_user_says_is_never_learnt(changed: Trajectory) -> None:
    """Nor where it ends: after a breakpoint there is no answer that a marker could end."""
    [text] = texts_of(open_codec("history"), changed, 10_000)
    given = "".join(text[::2])
    assert "<|break|><|4|> if i > 1<|do|>" in given and "<|set|>total = 40<|line|>" not in given
    assert not any(word in "".join(text[1::2]) for word in ("<|break|>", "<|set|>", "total * 2"))
    assert "<|value|>2" in "".join(text[1::2])


@pytest.mark.parametrize(
    ("name", "said"), [("paper", 0), ("cwm", 0), ("history", len(ACTIONS)), ("changes", len(ACTIONS))]
)
def test_a_text_ends_where_its_format_has_no_word(name: str, said: int, changed: Trajectory) -> None:
    codec = open_codec(name)
    [text] = texts_of(codec, changed, 10_000)
    assert len(codec.decode(PROGRAM, "".join(text))) == said + 1


def test_the_paper_goes_one_way() -> None:
    walk = Trajectory(PROGRAM, (), (Step(None, entry_state(PROGRAM)),))
    with pytest.raises(ModelError, match="go one way"):
        open_codec("paper").prompt(walk, Action.parse("back_into"))


def test_a_program_that_does_not_fit_is_counted_by_its_store(run: Trace, tmp_path: Path) -> None:
    texts = list(texts_of(open_codec("changes"), stepped(PROGRAM, run, 9), 40))
    store = ExampleStore.write(tmp_path / "s", texts, 40, "changes")
    assert len(texts) == 1 and len(store) == 0 and store.about["too_long"] == 1


@pytest.mark.parametrize("name", ["history", "changes"])
def test_a_condition_and_an_assignment_come_back_from_row_store_and_tokens(
    name: str, changed: Trajectory, run: Trace, tmp_path: Path
) -> None:
    whole = Run(PROGRAM, run, keys_of(PROGRAM), "group", "train")
    again = trajectory_of(row_of(changed, whole), whole)
    assert again.steps == changed.steps and again.futures[0][0].edits
    codec = open_codec(name)
    store = ExampleStore.write(tmp_path / "s", texts_of(codec, again, 4096), 4096, name)
    tokenizer = build_tokenizer(codec.markers)
    [(tokens, mask)] = Encoder(tokenizer, name)([store[0]])
    vocabulary = Vocabulary(tokenizer, codec.markers, codec.stop)
    assert store.lengths.tolist() == [len(tokens)] and store.format == name
    steps = codec.decode(PROGRAM, vocabulary.decode(tokens))
    assert [step.action for step in steps] == [step.action for step in changed.steps]
    assert [step.state for step in steps] == [step.state for step in changed.steps]
    assert steps[-1].state.value == "49"  # 40 + 2 + 3 + 4
    kept = vocabulary.decode([token for token, asked in zip(tokens, mask, strict=True) if asked])
    assert re.sub(r"<\|do\|>|<\|end\|>", "", kept) == "".join(answers(codec, replace(changed, visited=())))


def test_a_damaged_store_of_walks_is_told(tmp_path: Path) -> None:
    ExampleStore.write(tmp_path / "s", [("a", "b", "c", "d")], format="changes")
    assert ExampleStore(tmp_path / "s")[0] == Example("a", "b", ("c", "d"))
    np.save(tmp_path / "s" / "turns.npy", np.array([0, 2]))
    with pytest.raises(ModelError, match="damaged example store"):
        ExampleStore(tmp_path / "s")
    with pytest.raises(ModelError, match="needs a completion"):
        ExampleStore.write(tmp_path / "t", [("a", "b", "c", "d")])  # our own questions are pairs


def test_trajectories_are_read_by_the_groups_of_their_runs(tmp_path: Path) -> None:
    record_dataset(RecordConfig(("generated/0/6",), sandbox="process", workers=1), tmp_path)
    make_trajectories(tmp_path, WalkConfig(walks=2, sandbox="process", workers=1))
    found = TrajectoryDataset(tmp_path, "train")
    [runs], [shard] = found.runs.shards, found.shards
    assert list(read_walks(runs, shard, [0])) == list(found) and len(found) > 6
    assert list(read_walks(runs, shard, [])) == []
