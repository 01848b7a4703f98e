"""What a report can be asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from debugworld.agents.transfer import NamedSubject, Tasks, policies
from debugworld.envs.errors import TaskError

from .made import SETTINGS


@pytest.mark.parametrize(
    ("text", "label", "subject"),
    [
        ("shipped", "shipped", "shipped"),
        ("noisy?rate=0.1&seed=0", "noisy?rate=0.1&seed=0", "noisy?rate=0.1&seed=0"),
        ("early=/a/b/c", "early", "/a/b/c"),
        ("/a/b/c/", "c", "/a/b/c/"),
        ("much noise=noisy?rate=0.5", "much noise", "noisy?rate=0.5"),
    ],
)
def test_dreams_have_names(text: str, label: str, subject: str) -> None:
    assert NamedSubject.parse(text) == NamedSubject(label, subject)


def test_the_real_world_is_no_name_of_a_dream() -> None:
    for text in ("real", "real=copy", ""):
        with pytest.raises(TaskError):
            NamedSubject.parse(text)
    assert NamedSubject.parse("truth=real") == NamedSubject("truth", "real")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"subjects": ()}, "none was given"),
        ({"subjects": (NamedSubject("a", "copy"),) * 2}, "a name of its own; a was given"),
        ({"kinds": ("random", "lucky")}, "no kind of policy lucky"),
        ({"kinds": ("random",)}, "none that learns"),
        ({"tasks": ()}, "at least one environment"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"bugs": -1}, "bugs must be at least 0"),
    ],
)
def test_settings_that_cannot_serve(change: dict[str, Any], text: str) -> None:
    with pytest.raises(TaskError, match=text):
        replace(SETTINGS, **change)


def test_only_arrays_are_learnt_from() -> None:
    with pytest.raises(TaskError, match="no environment of the features family"):
        Tasks("debugworld/ReachState-Text-v0", "builtin", "builtin")


def test_policies() -> None:
    kinds = ("random", "scripted", "real", "dream", "mixed", "reground")
    found = [policy.name for policy in policies(kinds, ["a", "b"], [3, 4])]
    assert found == [
        *("random", "scripted", "real #3", "real #4"),
        *("dream a #3", "dream a #4", "dream b #3", "dream b #4"),
        *("mixed a #3", "mixed a #4", "reground a #3", "reground a #4"),
    ]
