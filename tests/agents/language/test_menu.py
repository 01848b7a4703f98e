"""Menus: what is legal, as text, as a grammar and as a schema, is one and the same."""

from __future__ import annotations

import copy
import json
import random
import re
from dataclasses import replace
from typing import Any

import gymnasium
import jsonschema
import pytest

from debugworld.agents.language.menu import LineGrammar, Menu
from debugworld.envs import ENV_IDS, Answer, DebugEnv, TaskCommand, TaskKind, Trial, parse, spell
from debugworld.envs.command import usages
from debugworld.envs.offer import Offer
from debugworld.sandboxes.debugger import Action, ActionKind, Breakpoint, IllegalAction
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.endpoint import outside

EXPRESSION = re.compile(r"p |until |!|(?:b|watch) [^,]*, ")
TEXT_IDS = [name for name in ENV_IDS if "-Text-" in name]


def make(env_id: str) -> gymnasium.Env[Any, Any]:
    bug = any(task in env_id for task in ("Repair", "BugInjection"))
    return gymnasium.make(env_id, **({"sandbox": "process"} if bug else {}))


def drawn(menu: Menu, rng: random.Random, longest: int = 40) -> str:
    """A random walk through the grammar, to its end."""
    grammar, said = menu.grammar, bytearray()
    state = grammar.start()
    while True:
        symbols = sorted(grammar.allowed(state))
        ends = END in symbols and (len(said) >= longest or rng.random() < 0.2)
        symbol = END if ends else rng.choice([each for each in symbols if each != END] or [END])
        if symbol == END:
            return said.decode()
        said.append(symbol)
        state = grammar.advance(state, symbol)


def parts(command: Any) -> dict[str, Any]:
    if isinstance(command, Answer | Trial):
        return {"command": "answer" if isinstance(command, Answer) else "try", "text": command.text}
    if isinstance(command, TaskCommand):
        numbered = {} if command.number is None else {"number": command.number}
        text = {"text": command.text} if command.kind.takes_text else {}
        return {"command": str(command.kind), **numbered, **text}
    number = {} if command.line is None else {"number": command.line}
    point = command.breakpoint
    if point is not None and point != Breakpoint(point.line or 1):
        if command.kind is ActionKind.CLEAR:
            return {"command": "clear", "name": str(point)}
        what = number or {"name": str(replace(point, hits=1, condition=None))}
        return {"command": "break", **what, "hits": point.hits, "text": point.condition or ""}
    name = {"name": command.name} if command.kind is ActionKind.SET else {}
    number |= {"number": command.count} if command.kind in (ActionKind.UP, ActionKind.DOWN) else {}
    text = {"text": command.text} if command.text else {}
    return {"command": str(command.kind), **number, **name, **text}


@pytest.mark.parametrize("env_id", TEXT_IDS)
def test_the_menu_of_legal_commands_is_the_mask(env_id: str) -> None:
    env, rng = make(env_id), random.Random(0)
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    kinds = base.commands.kinds
    page, info = env.reset(seed=1)
    for _ in range(4):
        mask = info["action_mask"]
        menu = Menu.of(base.commands, page, mask)
        offered = {
            spell(parse(f"{choice.word} {number}".strip(), kinds))
            for choice in menu.choices
            if not choice.text
            for number in (choice.numbers if choice.numbers is not None else ("",))
        }
        numbered = {number: base.commands.command(number) for number in range(len(mask))}
        legal = {spell(each) for number, each in numbered.items() if each is not None and mask[number]}
        assert offered == legal
        schema = menu.schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        fits = jsonschema.Draft202012Validator(schema).is_valid
        for text in sorted(legal):
            command = parse(text, kinds)
            assert outside(menu.grammar, text) == ""
            told = {"action": parts(command)}
            assert fits(told)
            assert Menu.read(json.dumps(told), kinds) == command == Menu.read(text, kinds)
        forbidden = [each for n, each in numbered.items() if each is not None and not mask[n]]
        for each in rng.sample(forbidden, min(12, len(forbidden))):
            assert outside(menu.grammar, spell(each)) != ""
            assert not fits({"action": parts(each)})
        page, _, terminated, truncated, info = env.step(rng.choice(sorted(legal - {"submit"}) or ["s"]))
        if terminated or truncated:
            break
    env.close()


@pytest.mark.parametrize("env_id", TEXT_IDS)
def test_whatever_the_grammar_permits_is_a_command(env_id: str) -> None:
    env, rng = make(env_id), random.Random(1)
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    page, _ = env.reset(seed=2)
    whole = Menu.of(base.commands, offer=base.offer(legal=False))
    for menu in (whole, Menu.of(base.commands, page, offer=base.offer())):
        for _ in range(60):
            said = drawn(menu, rng)
            assert outside(menu.grammar, said) == ""
            if EXPRESSION.match(said):  # whether an expression is one is told apart
                continue
            command = Menu.read(said, base.commands.kinds)
            assert Menu.read(json.dumps({"action": parts(command)}), base.commands.kinds) == command
    told = usages(base.kinds, bool(base.answers), bool(base.trials))
    assert {re.split(r" |(?<=!)", usage)[0] for usage in told} - {"watch"} == {
        *(choice.word for choice in whole.choices), "up", "d"
    }  # fmt: skip
    env.close()


def looking(sandbox: str | None, *said: str, task: str = "OutputPrediction", **options: Any) -> DebugEnv:
    """An environment in the middle of ``fib``, where it is called by itself, after some commands."""
    env = gymnasium.make(
        f"debugworld/{task}-Text-v0", tasks="builtin/fibonacci", sandbox=sandbox, **options
    ).unwrapped
    assert isinstance(env, DebugEnv)
    env.reset(seed=0)
    for text in ("b fib", "c", "c", "cl fib", *said):
        assert "error" not in env.step(text)[4]
    return env


LOOKS = [
    "b fib", "b remember.<locals>.inner", "b main hits 3", "b exception KeyError", "watch n in fib hits 9",
    "watch ratio", "b 14 hits 2", "up", "up 2",
]  # fmt: skip
EXPRESSIONS = [
    "p len(known)", "until n == 1", "!n = 2", "b fib, n > 1", "b 14 hits 2, n", "watch ratio, n",
    "b exception KeyError, n",
]  # fmt: skip


@pytest.mark.parametrize("sandbox", [None, "process"])
def test_looks_are_offered_where_they_are_legal(sandbox: str | None) -> None:
    env = looking(sandbox)
    page, mask, kinds = env.render() or "", env.action_masks(), env.commands.kinds
    menu = Menu.of(env.commands, str(page), mask, env.offer())
    fits = jsonschema.Draft202012Validator(menu.schema()).is_valid
    for text in (*LOOKS, *EXPRESSIONS):
        offered = text in LOOKS or sandbox is not None
        command = parse(text)
        told = {"action": parts(command)}
        if text in LOOKS and sandbox is None:
            told["action"].pop("text", None)  # there are no conditions
        assert (outside(menu.grammar, text) == "", fits(told)) == (offered, offered), text
        assert spell(command) == text and Menu.read(json.dumps(told), kinds) == command
        assert ("error" in copy.deepcopy(env).step(text)[4]) is not offered, text
    refused = ["d", "up 40", "cl fib", "cl exception KeyError", "b sqrt", "watch nothing", "!nothing = 1"]
    for text in (*refused, "watch m in fib", "b exception Trouble", "b main hits 0"):
        assert outside(menu.grammar, text) != "", text
    env.close()


def test_what_is_set_can_be_removed_and_frames_left() -> None:
    said = ["b fib", "b exception KeyError", "watch n hits 3", "b 14, n > 1", "b 14", "up"]
    env = looking("process", *said)
    grammar = Menu.of(env.commands, "", env.action_masks(), env.offer()).grammar
    for text in ("cl fib", "cl exception KeyError", "cl watch n in fib hits 3", "cl 14, n > 1", "cl 14", "d"):
        assert outside(grammar, text) == "" and "error" not in env.step(text)[4], text
    env.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"task": "ReachState"}, []),  # the run is judged: nothing is assigned
        ({"max_moves": 8}, ["s"] * 4),  # no moves are left
    ],
)
def test_nothing_is_offered_that_is_refused(options: dict[str, Any], said: list[str]) -> None:
    env = looking("process", *said, **options)
    offer = env.offer()
    assert not offer.names and ActionKind.SET not in offer.expressions
    assert bool(offer.actions) is bool(offer.expressions) is not said
    assert "n" in env.offer(legal=False).names
    env.close()
    assert env.offer() == Offer()


def test_texts_may_hold_any_letters() -> None:
    env = make("debugworld/Repair-Text-v0")
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    base.reset(seed=0)
    grammar = Menu.of(base.commands, offer=base.offer(legal=False)).grammar
    for text in ("edit 3     name = 'é, 語'", "p len('ß')", "submit", "replace 12 x"):
        assert outside(grammar, text) == ""
    for text in ("edit 3", "p  x", "p", "edit 3 a\nb", "u", "u 65", "answer 1", "edit 3 \udcff"[:7]):
        assert outside(grammar, text) != ""
    assert outside(LineGrammar(), "für 語") == "" and outside(LineGrammar(), "a\nb") != ""
    env.close()


@pytest.mark.parametrize("said", ['{"action": 3}', "{", '{"action": {"command": "fly"}}', "fly", "", "[1]"])
def test_what_is_no_command_is_refused(said: str) -> None:
    with pytest.raises(IllegalAction):
        Menu.read(said, ())


def test_a_line_is_enough() -> None:
    assert Menu.read("u 7\nbecause of x", ()) == Action(ActionKind.RUN_TO, 7)
    assert Menu.read("edit 7 a\n b", (TaskKind.EDIT,)) == TaskCommand(TaskKind.EDIT, 7, "a\n b")
