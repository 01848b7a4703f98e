"""InputPrediction: any arguments that lead to the end, found without ever seeing those of the call."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from debugworld.envs import DebugEnv, InputPrediction, TaskError, Trial, parse, spell
from debugworld.envs.arguments import EntryCall, variations
from debugworld.envs.features import encode_text
from debugworld.envs.input_prediction import same_end
from debugworld.sandboxes.debugger import Event, IllegalAction
from debugworld.worldmodel.inverse import Inverse, Proposal

Make = Callable[..., DebugEnv]
TEXT, FEATURES = "debugworld/InputPrediction-Text-v0", "debugworld/InputPrediction-Features-v0"
COUNT = {"seed": 0, "options": {"task": 0}}
"""``count('berry', 'r')`` returned 2."""


def test_calls_of_literals_are_read() -> None:
    found = EntryCall.read(" f( 'a', k=[1, 2] ) ")
    assert found is not None and str(found) == "f('a', k=[1, 2])" and found.hidden == "f(...)"
    assert str(found.with_arguments("3,")) == str(found.with_arguments("f(3)")) == "f(3)"
    for call in (
        None,
        "f()",
        "f(x)",
        "f(*[1])",
        "f(**{'a': 1})",
        "f(1) + 1",
        "f(1)(2)",
        "g.h()(3)",
        "f(",
        "\0",
    ):
        assert EntryCall.read(call) is None, call
    for text in (
        "x",
        "1)+(2",
        "1)(2",
        "__import__('os')",
        "g(1)",
        "*[1]",
        "",
        "1 for _ in ()",
        "9**9**9",
        "(" * 999,
    ):
        with pytest.raises(IllegalAction, match="literals"):
            found.with_arguments(text)
    with pytest.raises(IllegalAction, match="at most"):
        found.with_arguments("'" + "a" * 3000 + "'")


def test_variations_are_new_calls_of_literals() -> None:
    call = EntryCall.read("f('berry', 3, k=[1, 2])")
    assert call is not None
    found = [each for each, _ in zip(variations(call, np.random.default_rng(0)), range(60), strict=False)]
    assert len(set(found)) == len(found) == 60 and call not in found
    assert all(EntryCall.read(str(each)) == each for each in found)
    assert found == [
        each for each, _ in zip(variations(call, np.random.default_rng(0)), range(60), strict=False)
    ]


@pytest.mark.parametrize(
    ("found", "asked", "same"),
    [
        ("returned [1, 2]", "returned [1,2]", True),
        ("returned 1", "returned True", True),
        ("returned {2, 1}", "returned {1, 2}", True),
        ("returned 1", "raised 1", False),
        ("raised ValueError: a", "raised ValueError: b", False),
        ("returned P(x=1)", "returned P(x=1)", True),
        ("returned P(x=1)", "returned P(x=2)", False),
    ],
)
def test_ends_are_compared_by_value(found: str, asked: str, same: bool) -> None:
    assert same_end(found, asked) is same


@pytest.mark.parametrize("backend", ["real", "neural", "lockstep"])
@pytest.mark.parametrize("env_id", [TEXT, FEATURES])
def test_nothing_shows_the_arguments(env_id: str, backend: str, make: Make, tiny_checkpoint: Path) -> None:
    """Wherever the debugger goes in the hidden run, with any legal move, and in everything that it holds."""
    env = make(env_id, backend=backend, model=str(tiny_checkpoint), max_states=30, max_moves=500)
    env.reset(**COUNT)
    legal = [n for n in range(env.commands.first_answer) if env.action_masks()[n]]
    assert len(legal) > 10
    for number in legal:
        env.reset(**COUNT)
        action = env.commands.action(number)
        assert action is not None
        if backend == "neural" and spell(action) == "bc":  # asks the model, which knows no more than the page
            continue
        for say in (action, action, *(env.commands.action(n) for n in (4, 4, 0, 0, 0))):
            assert say is not None
            observation, *_, info = env.step(spell(say) if env_id == TEXT else env.commands.number(say))
            held = [env.debugger.program, env.debugger.tree.states, env.scene.stack, info]
            held += [observation] if env_id == TEXT else []
            assert "berry" not in repr(held) and "'r'" not in repr(held)
            assert not env.scene.state.locals
    assert env_id == TEXT or any("berry" in text for text in env.scene.question.candidates), "they alone do"


@pytest.mark.parametrize(
    "look", ["p s", "p 1 + 1", "p locals()", "p __import__('sys')._getframe(1).f_locals"]
)
def test_no_look_shows_the_arguments(look: str, make: Make) -> None:
    """Nor do expressions and conditions, anywhere in the hidden run."""
    env = make(TEXT)
    env.reset(**COUNT)
    for command in (look, "back", look, "back", look, "b 4, s", "c", look):
        page, *_, info = env.step(command)
        assert "berry" not in page and "berry" not in repr(info)


def test_features_hold_nothing_but_the_candidates(make: Make) -> None:
    """No array but that of the candidates spells an argument."""
    one = make(FEATURES).reset(**COUNT)[0]
    spelled = encode_text("berry", 5)
    for name, part in one.items():
        if name == "candidates":
            continue
        flat = np.ravel(part)
        windows = [flat[i : i + 5] for i in range(len(flat) - 4)] if flat.size > 4 else []
        assert not any(np.allclose(window, spelled) for window in windows), name


@pytest.mark.parametrize(
    ("answer", "right", "reason"),
    [
        ("'berry', 'r'", True, ""),
        ("'rr', 'r'", True, ""),
        ("t='x', s='axxb'", True, ""),
        ("count(['q', 'q'], 'q')", True, ""),
        ("'r', 'r'", False, "returned 1"),
        ("'r'", False, "raised TypeError"),
        ("5, 'r'", False, "raised TypeError"),
        ("'r' * 2, 'r'", False, "literals"),
        ("open('x'), 'r'", False, "literals"),
    ],
)
def test_answers_are_run(answer: str, right: bool, reason: str, make: Make) -> None:
    env = make(TEXT)
    page, info = env.reset(**COUNT)
    assert "count(...) returned 2" in page and "reason" not in info
    _, reward, terminated, truncated, info = env.step(f"answer {answer}")
    assert (reward, terminated, truncated, info["success"]) == (float(right), True, False, right)
    assert reason in info.get("reason", "")


def test_an_exception_is_an_end_too(make: Make) -> None:
    env = make(TEXT)
    page, _ = env.reset(seed=0, options={"task": 3})
    assert "divide(...) raised ValueError: no" in page
    assert env.step("answer 7, 0.0")[4]["success"]
    env.reset(seed=0, options={"task": 3})
    assert "returned 7.0" in env.step("answer 7, 1")[4]["reason"]


def test_what_never_ends_is_wrong(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "rows.jsonl"
    source = "def f(n):\n    while n:\n        n -= 2\n    return 'even'\n"
    path.write_text(json.dumps({"source": source, "call": "f(4)"}), "utf-8")
    env = make(TEXT, tasks=f"jsonl/{path}")
    env.reset(seed=0)
    info = env.step("answer 3")[4]
    assert not info["success"] and "does not end: step_budget" in info["reason"] and not info["fault"]


def test_one_candidate_is_right(make: Make) -> None:
    env = make(FEATURES)
    for seed in range(6):
        env.reset(seed=seed)
        right = 0
        for place in range(len(env.scene.question.candidates)):
            env.reset(seed=seed)
            right += env.step(env.commands.first_answer + place)[4]["success"]
        assert right == 1


def test_candidates_can_be_said(tmp_path: Path, make: Make) -> None:
    """Arguments that are too long are none, nor is anything asked about a call of such."""
    path = tmp_path / "rows.jsonl"
    calls = ["f('" + "ab" * half + "')" for half in (800, 1100)]
    path.write_text(json.dumps({"source": "def f(s):\n    return len(s)\n", "calls": calls}), "utf-8")
    env = make(FEATURES, tasks=f"jsonl/{path}")
    env.reset(seed=0, options={"task": 0})
    for place in range(len(env.scene.question.candidates)):
        assert "error" not in env.step(env.commands.first_trial + place)[4]
    with pytest.raises(TaskError, match="finds nothing to ask"):
        env.reset(seed=0, options={"task": 1})


def test_a_trial_can_be_debugged_and_costs(make: Make) -> None:
    env = make(TEXT)
    env.reset(**COUNT)
    env.step("b 4")
    page, reward, *_, info = env.step("try 'aa', 'a'")
    assert reward == -0.01 and info["moves"] == 2 and "return count('aa', 'a')" in page
    assert env.scene.breakpoints == (4,), "breakpoints stay"
    assert "  c = 'a'" in env.step("c")[0]
    env.step("cl 4")
    lines = 1 + 1 + 3 + 2 + 1  # main, n = 0, for, +=, return
    assert f"Tried: 'aa', 'a': {lines} steps, returned 2" in env.step("c")[0]
    page, reward, *_, info = env.step("try x")
    assert reward == -0.02 and "literals" in info["error"] and "count('aa', 'a')" in page
    env.step("back")
    assert env.scene.state.event is Event.RETURN
    assert env.step("answer 'aa', 'a'")[4]["success"]


def test_a_trial_of_a_candidate_shows_its_end(make: Make) -> None:
    env = make(FEATURES)
    env.reset(**COUNT)
    run = env.commands.number(parse("c"))  # type: ignore[arg-type]
    for place, text in enumerate(env.scene.question.candidates):
        observation, *_ = env.step(env.commands.first_trial + place)
        assert observation["trials"][place].tolist()[:2] == [1, 0]
        observation, *_ = env.step(run)
        tried, ended, steps, right, _ = observation["trials"][place]
        assert tried and ended and 0 < steps < 1 and bool(right) is (text == "'berry', 'r'")
    assert isinstance(parse("try 3"), Trial) and spell(Trial("3")) == "try 3"


def test_without_moves_it_is_a_question_about_a_text(make: Make) -> None:
    env = make(TEXT, max_moves=0)
    _, info = env.reset(**COUNT)
    assert info["action_mask"].sum() == 1 and info["action_mask"][env.commands.first_answer]
    assert "no moves are left" in env.step("try 'rr', 'r'")[4]["error"]
    env.reset(**COUNT)
    assert env.step("answer 'rr', 'r'")[1] == 1.0


def test_a_dream_answers_the_inverse_question(
    make: Make, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = make(TEXT, backend="neural", model=str(tiny_checkpoint), max_states=30)
    asked = []

    def propose(self: Inverse, engine: object, end: object, count: int, **options: object) -> list[Proposal]:
        asked.append((self.signature.call, str(end), options["sampling"]))
        return [Proposal(["'xx', 'x'", "'yy', 'y'"][len(asked) % 2], -1.0, -1.0)]

    monkeypatch.setattr(Inverse, "propose", propose)
    env.reset(**COUNT)
    page, *_, info = env.step("bc")
    assert "error" not in info and "  s = 'yy'" in page and env.scene.state.event is Event.CALL
    assert asked == [("count", "returned 2", None)], "first the likeliest"
    assert info["moves"] == 1 and page.count("Tried: ") == 1
    again = env.step("bc")[4]
    assert "error" not in again and len(asked) == 1, "at a call there is nothing to propose"
    assert not env.step("answer 'yy', 'y'")[4].get("reason"), "it is run, whoever proposed it"


def test_a_model_without_a_proposal_is_no_fault(make: Make, tiny_checkpoint: Path) -> None:
    env = make(TEXT, backend="neural", model=str(tiny_checkpoint), max_states=30)
    env.reset(**COUNT)
    *_, truncated, info = env.step("bc")
    assert not truncated and not info["fault"]
    assert info.get("error", "the model proposes nothing").startswith("the model proposes nothing")


def test_what_cannot_be_asked(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "rows.jsonl"
    for source, call in [
        ("def f(x):\n    return None\n", "f(1)"),
        ("def f():\n    return 1\n", "f()"),
        ("def f(x):\n    return x\n", "f(1 + 1)"),
        ("def f(x):\n    return list(range(500))[:x]\n", "f(400)"),
        ("def f(x):\n    return x is x\n", "f(4)"),
    ]:
        path.write_text(json.dumps({"source": source, "call": call}), "utf-8")
        uri = f"jsonl/{path.parent}/{len(source)}.jsonl"
        path.rename(path.parent / f"{len(source)}.jsonl")
        with pytest.raises(TaskError, match="InputPrediction finds nothing to ask"):
            make(FEATURES if "return x" in source else TEXT, tasks=uri).reset(seed=0)


def test_cruxeval_rows_can_be_asked(shared_data: Path, make: Make) -> None:
    env = make(TEXT, tasks=f"jsonl/{shared_data / 'cruxeval_dev.jsonl'}", max_moves=0)
    assert isinstance(env, InputPrediction)
    for task in range(0, 30, 3):
        env.reset(seed=0, options={"task": task})
        truth = str(env._call)
        assert truth not in env.reset(seed=0, options={"task": task})[0]
        assert env.step(f"answer {truth}")[4]["success"]
