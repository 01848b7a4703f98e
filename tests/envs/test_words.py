"""Commands, goals and text spaces: what is written can be read again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs import Answer, Command, CommandSet, CommandSpace, Goal, TextSpace, parse, spell
from debugworld.envs.answer import same_value
from debugworld.envs.features import encode_text
from debugworld.sandboxes.debugger import BASIC_KINDS, Action, ActionKind, Event, IllegalAction

kinds = st.sampled_from(BASIC_KINDS)
actions = st.builds(lambda k, n: Action(k, n if k.takes_line else None), kinds, st.integers(1, 500))
values = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=40)
values = values.filter(lambda text: text.strip() == text)
commands = actions | st.builds(Answer, values)


@given(commands)
def test_commands_read_back(command: Command) -> None:
    assert parse(spell(command)) == command
    assert parse(f"  {spell(command)}  ") == command


@given(actions)
def test_the_long_form_reads_too(action: Action) -> None:
    assert parse(str(action)) == action


@pytest.mark.parametrize("text", ["", "jump 3", "u", "u -1", "s 4", "answer", "N"])
def test_what_is_no_command(text: str) -> None:
    with pytest.raises(IllegalAction):
        parse(text)


@given(st.integers(1, 200), st.integers(0, 8))
def test_numbers_and_actions_are_one_to_one(max_lines: int, answers: int) -> None:
    commands = CommandSet(max_lines, answers)
    named = [commands.action(number) for number in range(len(commands))]
    found = [action for action in named if action is not None]
    assert len(set(found)) == len(found) == commands.first_answer
    assert [commands.number(action) for action in found] == list(range(len(found)))


@given(st.integers(1, 99), st.sampled_from(["n", "xs"]), st.sampled_from(["3", "' = '", "[1, 2]"]))
def test_goals_read_back(line: int, name: str, value: str) -> None:
    for goal in (
        Goal(Event.LINE, line),
        Goal(Event.LINE, line, name, value),
        Goal(Event.RETURN, line, "", value),
        Goal(Event.EXCEPTION, line, "", "ValueError"),
    ):
        assert Goal.parse(str(goal)) == goal


@given(st.text(max_size=80))
def test_texts_are_spelled_within_bounds(text: str) -> None:
    codes = encode_text(text, 32)
    assert codes.shape == (32,) and codes.dtype == np.float32
    assert codes.min() >= 0 and codes.max() <= 1


@pytest.mark.parametrize(
    ("answer", "truth", "same"),
    [("1", "1", True), ("1.0", "1", False), ("True", "1", False), ("{2,1}", "{1, 2}", True), ("[", "[", 1)],
)
def test_same_values(answer: str, truth: str, same: bool) -> None:
    assert same_value(answer, truth) == same
    assert not same_value("(" * 100_000, truth)


def test_command_space() -> None:
    space = CommandSpace(CommandSet(10, 1), ("1", "2"), seed=0)
    drawn = [space.sample() for _ in range(200)]
    assert all(text in space and parse(text) for text in drawn)
    space.seed(0)
    assert drawn == [space.sample() for _ in drawn]
    only = np.zeros(len(space.commands), np.int8)
    assert space.sample(mask=only) == "s"
    only[space.commands.number(Action(ActionKind.RUN_TO, 7))] = 1
    assert {space.sample(mask=only) for _ in range(9)} == {"u 7"}
    assert space.sample(probability=only.astype(np.float64)) == "u 7"
    assert space == pickle.loads(pickle.dumps(space)) and space != CommandSpace(CommandSet(11, 1), ("1", "2"))
    assert space.from_jsonable(space.to_jsonable(drawn)) == drawn


def test_text_space() -> None:
    space = TextSpace(5, seed=1)
    assert "abcde" in space and "abcdef" not in space and 3 not in space
    assert all(space.sample() in space for _ in range(50))
    assert space == TextSpace(5) != TextSpace(6)
