"""URIs come apart as they were put together."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs import TaskError
from debugworld.envs.task_uri import TaskUri

PATHS = st.text(st.characters(exclude_characters="=\0", exclude_categories=["Cs"]), max_size=20)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    PATHS.filter(lambda path: not path.startswith("?")),
    st.dictionaries(st.sampled_from(["of", "path", "split"]), VALUES),
)
def test_round_trip(path: str, options: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    text = f"jsonl/{path}" + (f"?{query}" if query else "")
    read = TaskUri.parse(text, ["jsonl"], "task set", []).only("of", "path", "split")
    assert (read.scheme, read.path, read.options) == ("jsonl", path, options)


def test_what_need_not_be_quoted() -> None:
    read = TaskUri.parse(
        "jsonl//a b/is it so?.jsonl?of=mbpp?path=/x+y/z.jsonl&split=test", ["jsonl"], "task set", []
    )
    assert read.path == "/a b/is it so?.jsonl"
    assert read.options == {"of": "mbpp?path=/x+y/z.jsonl", "split": "test"}


@pytest.mark.parametrize("query", ["a=1&a=2", "a=1&b", "a=%FF", "a=1&&"])
def test_options_that_cannot_be_read(query: str) -> None:
    with pytest.raises(TaskError, match="each name once, joined by &"):
        TaskUri.parse(f"x?{query}", ["x"], "task set", []).only("a", "b")


@pytest.mark.parametrize("text", ["x/\0", None, 3])
def test_what_can_be_no_uri(text: Any) -> None:
    with pytest.raises(TaskError, match="the URI of a task set is a text without null bytes; got"):
        TaskUri.parse(text, ["x"], "task set", [])


def test_an_option_that_is_left_empty_is_not_the_default() -> None:
    def chosen(text: str) -> str:
        return TaskUri.parse(text, ["x"], "task set", []).choose("split", ["train", "test"])

    assert chosen("x?split=test") == "test" and chosen("x") == ""
    for wrong in ("x?split=", "x?split=all"):
        with pytest.raises(TaskError, match="split is one of: train, test"):
            chosen(wrong)


@pytest.mark.parametrize(("text", "found"), [("m/3", (3, 256)), ("m/0/7", (0, 7))])
def test_seeds_and_counts(text: str, found: tuple[int, int]) -> None:
    assert TaskUri.parse(text, ["m"], "bug set", []).seed_and_count() == found


@pytest.mark.parametrize("text", ["m", "m/", "m/-1", "m/1/0", "m/1/2/3", "m/1/x", "m/1_0", "m/²"])
def test_no_seeds_and_counts(text: str) -> None:
    with pytest.raises(TaskError, match="use m/SEED or m/SEED/COUNT"):
        TaskUri.parse(text, ["m"], "bug set", []).seed_and_count()
