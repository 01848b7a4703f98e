"""What must hold for every registered environment."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from debugworld.envs import BUG_ENV_IDS, ENV_IDS, DebugEnv, TaskError, runs
from debugworld.envs.conformance import Conformance
from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Action, ActionKind, Debugger
from debugworld.worldmodel.lockstep import LockstepDebugger

Make = Callable[..., DebugEnv]
every_id = pytest.mark.parametrize("env_id", ENV_IDS)
TEXT_IDS = [name for name in ENV_IDS if "-Text-" in name]
TEXT, FEATURES = "debugworld/ReachState-Text-v0", "debugworld/ReachState-Features-v0"


class Every(Conformance):
    """The shipped tests over four small programs and a tiny model."""

    @pytest.fixture(autouse=True)
    def small(self, tasks: str, bugs: str, tiny_checkpoint: Path) -> None:
        own = "Complexity" in self.env_id
        uri = "builtin" if own else bugs if self.env_id in BUG_ENV_IDS else tasks
        self.arguments = {"tasks": uri, "sandbox": "process"}
        self.dream = {"model": str(tiny_checkpoint), "max_states": 30}


for _id in ENV_IDS:
    _name = "Test" + _id.removeprefix("debugworld/").removesuffix("-v0").replace("-", "")
    globals()[_name] = type(_name, (Every,), {"env_id": _id})


def test_a_lockstep_can_be_set_back_to_the_truth(make: Make, tiny_checkpoint: Path) -> None:
    env = make(TEXT, backend="lockstep", after="forced", model=str(tiny_checkpoint), max_states=30)
    env.reset(seed=0, options={"task": 0})
    assert isinstance(env.debugger, LockstepDebugger)
    for _ in range(4):
        env.step("s")
        assert env.debugger.neural.state == env.debugger.real.state


EDIT_IDS = [name for name in ENV_IDS if "Repair" in name or "Injection" in name]
safe_or_docker = pytest.mark.parametrize(
    "env_id", [pytest.param(n, marks=pytest.mark.docker) if n in EDIT_IDS else n for n in ENV_IDS]
)


@safe_or_docker
def test_the_programs_that_ship_are_the_default(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(f"debugworld.envs:{env_id}")
        check_env(env.unwrapped)
        env.close()


@pytest.mark.parametrize("text", ["", " ", "hello", "u", "u x", "u 0", "n 3", "b 99", "answer", "s\ns", "é"])
@pytest.mark.parametrize("env_id", TEXT_IDS)
def test_a_text_that_is_no_command_is_an_answered_error(env_id: str, text: str, make: Make) -> None:
    env = make(env_id)
    env.reset(seed=1)
    observation, reward, terminated, truncated, info = env.step(text)
    assert info["error"] in observation
    assert (reward, terminated, truncated) == (-0.02, False, False)


def test_an_answer_where_none_is_asked_is_refused(make: Make) -> None:
    for env_id in (TEXT, *(name for name in TEXT_IDS if name in BUG_ENV_IDS)):
        env = make(env_id)
        env.reset(seed=1)
        assert "takes no answer" in env.step("answer 3")[4]["error"]


def test_commands_of_another_task_are_no_commands(make: Make) -> None:
    env = make(TEXT)
    env.reset(seed=1)
    assert "is no command; the commands are: s, " in env.step("accuse 3")[4]["error"]


def test_expressions_are_evaluated_in_the_current_frame(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0")
    env.reset(seed=0, options={"task": 0})
    env.step("u 4")
    page, reward, *_, info = env.step("p [s[:2], n + 1]")
    assert "\nReply: ['be', 1]\n" in page and reward == -0.01 and "error" not in info
    page = env.step("p nothing")[0]
    assert "Reply: raised NameError" in page or "NameError" in page
    assert "Reply" not in env.step("s")[0]


def test_breakpoints_hold_under_conditions(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0")
    env.reset(seed=0, options={"task": 0})
    env.step("b 4, n == 1")
    page = env.step("c")[0]
    assert "Stop: line at line 4 in count" in page and "  n = 1\n" in page
    env.step("c")
    assert env.debugger.done


def test_no_expression_of_an_agent_runs_in_a_plain_process_unless_the_caller_says_so(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0", tasks="builtin", sandbox=None)
    env.reset(seed=0)
    for text in ("p 1 + 1", "b 2, 1 + 1"):
        assert "where sandbox names a box" in env.step(text)[4]["error"]


def test_without_moves_only_answers_are_left(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0", max_moves=0)
    page, info = env.reset(seed=0, options={"task": 0})
    assert info["action_mask"].sum() == info["action_mask"][-1] == 1
    _, reward, terminated, _, info = env.step("answer 2")
    assert (reward, terminated, info["success"]) == (1.0, True, True)


def test_without_moves_it_is_cruxeval(make: Make, shared_data: Path) -> None:
    """Its outputs are the right answers, and no page shows one."""
    path = shared_data / "cruxeval_dev.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    env = make("debugworld/OutputPrediction-Text-v0", tasks=f"cruxeval?path={path}", max_moves=0)
    assert len(env.task_set.programs) == len(rows)
    for task in range(0, len(rows), 16):
        page, _ = env.reset(seed=0, options={"task": task})
        assert rows[task]["code"].splitlines()[0] in page and f"f({rows[task]['input']})" in page
        assert "Value: " not in page and "Moves left: 0\n" in page
        *_, truncated, info = env.step("s")
        assert truncated and not info["success"]
        env.reset(seed=0, options={"task": task})
        *_, info = env.step(f"answer {rows[task]['output']}")
        assert info["success"], task


@pytest.mark.parametrize(
    ("task", "answer", "right"),
    [
        (0, "2", True),
        (0, "3", False),
        (0, "'2'", False),
        (2, "[12.0,'no',  3.0]", True),
        (2, '[12.0, "no", 3.0]', True),
        (2, "[12.0]", False),
        (3, "ValueError: no", True),
        (3, "ValueError: yes", False),
    ],
)
def test_answers_are_judged_by_the_real_run(task: int, answer: str, right: bool, make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0")
    env.reset(seed=0, options={"task": task})
    env.step("n")
    _, reward, terminated, truncated, info = env.step(f"answer {answer}")
    assert (terminated, truncated, info["success"], reward) == (True, False, right, float(right))


def test_the_truth_stands_once_among_the_candidates(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Features-v0")
    for seed in range(10):
        env.reset(seed=seed)
        mask = env.action_masks()[-8:]
        right = 0
        for choice in np.flatnonzero(mask):
            env.reset(seed=seed)
            right += env.step(len(env._family.commands) - 8 + choice)[4]["success"]
        assert right == 1 and mask.sum() == 8


def test_the_goal_ends_the_episode(make: Make) -> None:
    env = make(TEXT)
    pages = (env.reset(seed=seed)[0] for seed in range(100))
    page = next(page for page in pages if "Goal: line " in page)
    line = page.split("Goal: line ")[1].split()[0]
    terminated, moves = False, 0
    while not terminated:
        _, reward, terminated, truncated, info = env.step(f"u {line}")
        moves += 1
        assert not truncated
    assert info["success"] and info["moves"] == moves
    assert reward == pytest.approx(1 - 0.01)


def test_moves_cost_what_the_caller_says(make: Make) -> None:
    env = make(TEXT, move_cost=0.25, refusal_cost=0)
    env.reset(seed=0)
    assert [env.step(said)[1] for said in ("s", "sing")] == [-0.25, -0.25]
    *_, reward, _, _, info = env.step(f"u {env.scene.question.goal.line}")  # type: ignore[union-attr]
    assert reward == (0.75 if info["success"] else -0.25)
    free = make(TEXT, move_cost=0, refusal_cost=2)
    free.reset(seed=0)
    assert [free.step(said)[1] for said in ("s", "sing")] == [0, -2]


def test_rendering(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    env = make(FEATURES, render_mode="ansi")
    assert env.render() is None
    env.reset(seed=0, options={"task": 0})
    env.step(1)
    text = env.render()
    assert text is not None
    for part in ("Goal: ", "Moves left: 19", "Last: n", "->", "Stop: ", "Stack: "):
        assert part in text
    human = make(TEXT, render_mode="human")
    human.reset(seed=0)
    human.step("s")
    assert capsys.readouterr().out.count("Program:") == 2
    assert human.render() is None


def test_text_refuses_shared_memory_by_name(tasks: str) -> None:
    with pytest.raises(Exception, match="shared_memory=False"):
        gymnasium.make_vec(TEXT, num_envs=1, vectorization_mode="async", tasks=tasks, sandbox="process")


def dreaming(monkeypatch: pytest.MonkeyPatch, dream: Debugger) -> None:
    monkeypatch.setattr(runs, "open_debugger", lambda *_: dream)


def test_a_dream_is_judged_where_it_goes(
    make: Make, dream: Debugger, monkeypatch: pytest.MonkeyPatch
) -> None:
    dreaming(monkeypatch, dream)
    env = make(TEXT, backend="neural")
    apart = 0
    for seed in range(30):
        page, info = env.reset(seed=seed, options={"task": 0})
        assert info["success_real"] is False
        while True:
            *_, terminated, truncated, info = env.step("s")
            assert info["success"] is terminated
            if terminated or truncated:
                break
        apart += info["success"] != info["success_real"]
    assert apart > 0


def test_a_dreamt_value_is_no_answer(make: Make, dream: Debugger, monkeypatch: pytest.MonkeyPatch) -> None:
    dreaming(monkeypatch, dream)
    env = make("debugworld/OutputPrediction-Text-v0", backend="neural")
    env.reset(seed=0, options={"task": 0})
    page = env.step("r")[0]
    assert "Value: 'dream'" in page
    assert not env.step("answer 'dream'")[4]["success"]


def test_nothing_starts_before_the_first_reset(tasks: str) -> None:
    env = gymnasium.make(TEXT, tasks=tasks, sandbox="nowhere")
    env.close()
    env.close()
    with pytest.raises(SandboxError, match="nowhere"):
        gymnasium.make(TEXT, tasks=tasks, sandbox="nowhere").reset(seed=0)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"backend": "dreamy"}, "real, neural, rollout, lockstep"),
        ({"tasks": "nowhere/at/all"}, "jsonl"),
        ({"family": "smells"}, "text, features"),
        ({"actions": "smells"}, "'plain' or 'dict'"),
        ({"max_lines": 3}, "max_lines=7"),
        ({"max_moves": -1}, "max_moves >= 0"),
        ({"max_states": 0}, "max_states >= 1"),
        ({"after": "lunch"}, "free, forced, stop"),
        ({"render_mode": "smells"}, "ansi, human, rgb_array"),
        ({"max_moves": "20"}, "max_moves is a whole number; got '20'"),
        ({"max_lines": 1.5}, "max_lines is a whole number; got 1.5"),
        ({"max_states": None}, "max_states is a whole number"),
        ({"shaping": "much"}, "shaping is a number"),
        ({"move_cost": "much"}, "move_cost is a number"),
        ({"refusal_cost": None}, "refusal_cost is a number"),
        ({"move_cost": -0.1}, "finite costs from 0 on; got move_cost=-0.1"),
        ({"refusal_cost": float("nan")}, "finite costs from 0 on; .* refusal_cost=nan"),
        ({"move_cost": float("inf")}, "finite costs from 0 on"),
        ({"tasks": None}, "URI of a task set"),
        ({"model": 3}, "folder of a checkpoint"),
        ({"max_move": 3}, "ReachState has no argument 'max_move'; there are: .*max_moves"),
    ],
)
def test_wrong_arguments_say_what_would_be_right(options: dict[str, Any], text: str, make: Make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(TaskError, match=text):
            make(TEXT, **options)


def test_callers_mistakes_raise(make: Make) -> None:
    env = make(FEATURES)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction):
        env.step(10_000)
    with pytest.raises(TaskError, match="0 to 3"):
        env.reset(options={"task": 4})
    with pytest.raises(TaskError, match="no option 'tsk'; it has 'task'"):
        env.reset(options={"tsk": 1})
    for task in ("a", 1.5, [1]):
        with pytest.raises(TaskError, match="task is a whole number"):
            env.reset(options={"task": task})


@pytest.mark.parametrize(
    "text", ["\ud800", "p '\ud800'", "b 1, \ud800", "edit 1 \ud800", "try \ud800", "answer \ud800"]
)
@pytest.mark.parametrize("env_id", TEXT_IDS)
def test_a_page_can_be_written_whatever_was_said(env_id: str, text: str, make: Make) -> None:
    env = make(env_id)
    env.reset(seed=1)
    observation, *_, info = env.step(text)
    assert r"\ud800" in observation
    (observation + info.get("error", "")).encode()


def test_a_program_that_does_not_compile_is_passed_by(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    rows = [
        {"source": "def f(x):\n    return x\n" if n == 2 else "def f(:", "call": "f(1)"} for n in range(4)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    env = make("debugworld/OutputPrediction-Text-v0", tasks=f"jsonl/{path}")
    for seed in range(4):
        page, _ = env.reset(seed=seed)
        assert "def f(x):" in page
    with pytest.raises(TaskError, match="task 1 of .*invalid syntax"):
        env.reset(options={"task": 1})


def test_the_only_program_with_nothing_to_ask_says_how_it_ended(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "ends.jsonl"
    path.write_text(
        json.dumps({"source": "import sys\nsys.exit(3)\ndef f(): pass\n", "call": "f()"}), "utf-8"
    )
    env = make("debugworld/OutputPrediction-Text-v0", tasks=f"jsonl/{path}")
    with pytest.raises(TaskError, match=r"nothing to ask in task 0, whose run ended as error \(exit\)"):
        env.reset(seed=0)


@pytest.mark.parametrize(
    ("env_id", "options", "right"),
    [
        (TEXT, {"max_moves": 2}, {"max_moves": 3}),
        (FEATURES, {"max_moves": 0}, {"max_moves": 3}),
        ("debugworld/StateQuery-Text-v0", {"max_moves": 1}, {"max_moves": 2}),
        ("debugworld/BugInjection-Text-v0", {"max_tests": 1}, {"max_tests": 2}),
    ],
)
def test_limits_under_which_nothing_can_be_asked_are_told(
    env_id: str, options: dict[str, int], right: dict[str, int], make: Make
) -> None:
    [(name, value)] = right.items()
    with pytest.raises(TaskError, match=f"finds nothing to ask in .* take {name}={value} or more"):
        make(env_id, **options).reset(seed=0)
    assert not make(env_id, **right).reset(seed=0)[1]["fault"]


def test_the_mask_is_the_debuggers_on_every_line_that_ships() -> None:
    env = gymnasium.make(FEATURES, max_moves=100).unwrapped
    assert isinstance(env, DebugEnv)
    elsewhere = 0
    for task in range(len(env.task_set.programs)):
        env.reset(seed=0, options={"task": task})
        stops = env.debugger.program.outline.stop_lines
        for _ in range(2):
            mask = env.action_masks()
            for number in range(env.commands.first_answer):
                action = env.commands.action(number)
                assert action is not None
                legal = env.debugger.refusal(action) is None
                assert legal == bool(mask[number]), (task, str(action))
                elsewhere += legal and action.line is not None and action.line not in stops
            env.step(env.commands.number(Action(ActionKind.BREAK, max(stops))))
    assert elsewhere > 0  # a blank line's breakpoint is the next line's
    env.close()
