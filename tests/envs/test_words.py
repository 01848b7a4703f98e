"""Commands, goals and text spaces: what is written can be read again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugworld.envs import (
    Answer,
    Command,
    CommandSet,
    CommandSpace,
    Goal,
    TaskCommand,
    TaskKind,
    TextSpace,
    parse,
    spell,
)
from debugworld.envs.answer import same_value
from debugworld.envs.command import EDIT_KINDS, LOOK_KINDS, usages
from debugworld.envs.features import encode_text
from debugworld.sandboxes.debugger import (
    BASIC_KINDS,
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    Event,
    IllegalAction,
)

kinds = st.sampled_from(BASIC_KINDS)
plain = st.builds(lambda k, n: Action(k, n if k.takes_line else None), kinds, st.integers(1, 500))
looks = st.sampled_from(["n", "len(xs) > 3", "a if b else c", "(x, y)", "'a, b'"])
asked = st.builds(lambda text: Action(ActionKind.EVALUATE, text=text), looks)
names = st.sampled_from(["n", "Box.area", "f.<locals>.g", "failure", "hits", "watch"])
points = st.builds(
    lambda kind, n, name, owner, condition, hits: Breakpoint(
        n if kind is BreakpointKind.LINE else 0,
        kind,
        "" if kind in (BreakpointKind.LINE, BreakpointKind.FAILURE) else name.replace(".<locals>", ""),
        owner if kind is BreakpointKind.CHANGE else "",
        condition=condition,
        hits=hits,
    ),
    st.sampled_from(BreakpointKind),
    st.integers(1, 500),
    names,
    st.just("") | names,
    st.none() | looks,
    st.sampled_from([1, 3]),
).filter(lambda point: point.kind is not BreakpointKind.CHANGE or point.name.isidentifier())
held = st.builds(
    lambda kind, point: Action(kind, breakpoint=point),
    st.sampled_from([ActionKind.BREAK, ActionKind.CLEAR]),
    points,
)
until = st.builds(lambda text: Action(ActionKind.RUN_UNTIL, text=text), looks | st.just("7"))
assigned = st.builds(lambda text: Action(ActionKind.SET, name="n", text=text), looks)
framed = st.builds(
    lambda kind, n: Action(kind, count=n),
    st.sampled_from([ActionKind.UP, ActionKind.DOWN]),
    st.integers(1, 9),
)
actions = plain | asked | held | until | assigned | framed
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


NONE = [
    "",
    "jump 3",
    "u",
    "u -1",
    "s 4",
    "answer",
    "N",
    "p",
    "p a b",
    "b 7, n >",
    "until",
    "up x",
    "d -1",
    "!",
]
NONE += ["! n", "!n == 3", "set n", "watch", "watch n > 3", "b n x", "b exception", "step_instruction"]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_command(text: str) -> None:
    with pytest.raises(IllegalAction):
        parse(text)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("until 7", "run_to 7"),
        ("until n", "run_until n"),
        ("b area", "break function area"),
        ("b Box.area, n > 3", "break function Box.area if n > 3"),
        ("b 7 hits 3, n in (1, 2)", "break 7 hits 3 if n in (1, 2)"),
        ("b 7 if f(n, 2)", "break 7 if f(n, 2)"),
        ("watch n", "break change n"),
        ("watch n in f, n > 3", "break change n in f if n > 3"),
        ("cl area", "clear function area"),
        ("cl watch n", "clear change n"),
        ("! n = [1]", "set n = [1]"),
        ("down 2", "down 2"),
    ],
)
def test_the_words_are_those_of_pdb(said: str, meant: str) -> None:
    assert parse(said) == Action.parse(meant)


def test_every_usage_is_read_as_what_it_tells_of() -> None:
    found = usages(tuple(TaskKind), answers=True, trials=True)
    stead = {"LINE|FUNCTION|exception TYPE": "f", "LINE|...": "7", "LINE": "7", "NAME": "n", "FUNCTION": "f"}
    stead |= {"NUMBER": "2", "COUNT": "2", "TEXT": "x", "VALUE": "5", "CONDITION": "n", "EXPRESSION": "3"}
    kinds = set()
    for usage in found:
        for word, instance in stead.items():
            usage = usage.replace(word, instance)
        command = parse(
            usage.replace("[ hits N][, n]", "").replace("[", "").replace("]", ""), tuple(TaskKind)
        )
        kinds.add(getattr(command, "kind", type(command).__name__))
    assert kinds == {*BASIC_KINDS, *LOOK_KINDS, *TaskKind, "Answer", "Trial"}


@given(actions)
def test_only_what_has_a_number_says_it(action: Action) -> None:
    commands = CommandSet(500, 0)
    try:
        number = commands.number(action)
    except ValueError:
        assert action not in map(commands.action, range(len(commands)))
    else:
        assert commands.action(number) == action


def test_a_condition_is_written_as_in_pdb() -> None:
    held = Action(ActionKind.BREAK, breakpoint=Breakpoint(7, condition="n > 3"))
    assert [parse(text) for text in ("b 7, n > 3", "b 7,n > 3", "break 7 if n > 3")] == [held] * 3
    assert spell(held) == "b 7, n > 3"
    assert spell(parse("break function area hits 2 if n")) == "b area hits 2, n"


numbers = st.integers(1, 500)
task_commands = st.builds(
    lambda kind, n, text: TaskCommand(
        kind, n if kind.takes_line or kind is TaskKind.TEST else None, text if kind in EDIT_KINDS else ""
    ),
    st.sampled_from(TaskKind),
    numbers,
    st.text(max_size=40),
)


@given(task_commands)
def test_commands_of_a_task_read_back(command: TaskCommand) -> None:
    assert parse(spell(command), tuple(TaskKind)) == command
    with pytest.raises(IllegalAction, match="is no command"):
        parse(spell(command), tuple(kind for kind in TaskKind if kind is not command.kind))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("accuse", "accuse LINE"),
        ("accuse 0", "accuse LINE"),
        ("accuse x", "accuse LINE"),
        ("test -1", "test NUMBER"),
        ("run 3", "'run'"),
        ("submit now", "'submit'"),
        ("edit", "edit LINE TEXT"),
        ("edit n = 3", "edit LINE TEXT"),
        ("delete 3 x", "'delete LINE'"),
    ],
)
def test_what_is_half_a_command_says_how_it_is_written(text: str, written: str) -> None:
    with pytest.raises(IllegalAction, match=written):
        parse(text, tuple(TaskKind))


def test_the_text_of_an_edit_is_kept_as_it_is() -> None:
    kinds = (TaskKind.EDIT,)
    assert parse("edit 7     return n  ", kinds) == TaskCommand(TaskKind.EDIT, 7, "    return n  ")
    assert parse("edit 7  a\n\tb\n", kinds) == TaskCommand(TaskKind.EDIT, 7, " a\n\tb\n")
    assert parse(" edit 7", kinds) == parse("edit 7 ", kinds) == TaskCommand(TaskKind.EDIT, 7, "")


@given(st.integers(1, 99), st.integers(0, 8), st.lists(st.sampled_from(TaskKind), unique=True), numbers)
def test_a_tasks_kinds_come_after_the_answers(
    max_lines: int, answers: int, kinds: list[TaskKind], tests: int
) -> None:
    commands, plain = CommandSet(max_lines, answers, tuple(kinds), tests), CommandSet(max_lines, answers)
    own = [commands.command(number) for number in range(len(plain), len(commands))]
    assert len(set(own)) == len(own) and all(isinstance(command, TaskCommand) for command in own)
    assert [commands.number(command) for command in own if command] == list(range(len(plain), len(commands)))
    assert [commands.command(n) for n in range(len(plain))] == [plain.action(n) for n in range(len(plain))]
    assert {command.kind for command in own if isinstance(command, TaskCommand)} == {
        kind for kind in kinds if kind not in EDIT_KINDS
    }
    with pytest.raises(ValueError):
        commands.command(len(commands))
    for kind in kinds:
        if commands.width(kind) > 1:
            with pytest.raises(ValueError, match="goes up to"):
                commands.number(TaskCommand(kind, commands.width(kind) + 1))


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
