"""Menus: what is legal, as text, as a grammar and as a schema, is one and the same."""

from __future__ import annotations

import json
import random
from typing import Any

import gymnasium
import jsonschema
import pytest

from debugworld.agents.language.menu import LineGrammar, Menu
from debugworld.envs import ENV_IDS, Answer, DebugEnv, TaskCommand, TaskKind, Trial, parse, spell
from debugworld.envs.command import ABOUT
from debugworld.sandboxes.debugger import Action, ActionKind, IllegalAction
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.endpoint import outside

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
    text = {"text": command.text} if command.kind is ActionKind.EVALUATE else {}
    return {"command": str(command.kind), **number, **text}


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
    whole = Menu.of(base.commands)
    for menu in (whole, Menu.of(base.commands, page)):
        for _ in range(60):
            said = drawn(menu, rng)
            assert outside(menu.grammar, said) == ""
            if said.startswith("p "):  # whether an expression is one is told apart
                continue
            command = Menu.read(said, base.commands.kinds)
            assert Menu.read(json.dumps({"action": parts(command)}), base.commands.kinds) == command
    assert {choice.name for choice in whole.choices} <= set(ABOUT)
    assert len(whole.listing.splitlines()) == len(whole.choices)
    for name in [each.word for each in whole.choices]:
        assert f"\n{name}" in f"\n{whole.listing}"
    env.close()


def test_texts_may_hold_any_letters() -> None:
    env = make("debugworld/Repair-Text-v0")
    base = env.unwrapped
    assert isinstance(base, DebugEnv)
    grammar = Menu.of(base.commands).grammar
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
