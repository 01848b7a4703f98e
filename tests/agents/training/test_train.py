"""An agent is trained in a dream in less than a minute and does better in the real world for it."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from debugworld.agents import LearnedAgent, evaluate, learned_options, make_agent
from debugworld.agents.training import AgentError, TrainAgentConfig, train_agent
from debugworld.agents.training.config import OFF_POLICY
from debugworld.cli import main
from debugworld.envs import DebugEnv, TaskError, load_task_set
from debugworld.worldmodel.errors import ModelError

pytest.importorskip("sb3_contrib", reason="sb3: pip install 'debugworld[sb3]'")

REACH = "debugworld/ReachState-Features-v0"
FAULTS = "debugworld/FaultLocalization-Features-v0"
SHORT = {"max_lines": 24}
LEARNER = {"n_steps": 32, "batch_size": 256, "n_epochs": 3, "learning_rate": 3e-3}
BASE = TrainAgentConfig(
    model="static", max_states=120, options=SHORT, num_envs=16, learner=LEARNER, steps=1024, world="rollout"
)


def tiny(out: Path, **changes: Any) -> TrainAgentConfig:
    return replace(BASE, out=out, **changes)


def weights(folder: Path) -> list[Any]:
    from sb3_contrib import MaskablePPO

    policy = MaskablePPO.load(folder / "policy.zip", device="cpu").policy
    return [part.detach().numpy() for part in policy.parameters()]


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """URIs of two sets of the package's short programs, one to train on and the others."""
    folder = tmp_path_factory.mktemp("halves")
    programs = {each.name: each for each in load_task_set("builtin").within(24).programs}
    found = []
    for name, wanted in (("one", True), ("other", False)):
        chosen = [each for place, each in enumerate(programs.values()) if (place % 4 == 0) is wanted]
        rows = [{"id": each.name, "source": each.source, "call": each.call} for each in chosen]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        found.append(f"jsonl/{folder / name}.jsonl")
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_learnt_in_a_dream_holds_in_the_real_world(halves: list[str], tmp_path: Path) -> None:
    """On programs that were not dreamt, more than three standard errors above random legal moves."""
    dreamt, others = halves
    learner = {**LEARNER, "batch_size": 512, "learning_rate": 2e-3}
    config = replace(BASE, model=None, tasks=dreamt, sandbox="process", steps=24_000, learner=learner)
    folder = train_agent(replace(config, network={"layers": 0}, out=tmp_path / "agent"))
    agents, episodes = ["random", str(folder)], 100
    options = {"sandbox": "process", **learned_options(folder)}
    random, learnt = evaluate(REACH, agents, "real", episodes, 1_000_000, tasks=others, **options)
    print(f"random {random.success.mean:.3f}, learnt {learnt.success.mean:.3f}")
    one, other = random.success.mean, learnt.success.mean
    assert other > one + 3 * np.sqrt((one * (1 - one) + other * (1 - other)) / episodes)
    assert random.success == random.success_real and learnt.success == learnt.success_real
    [again] = evaluate(
        REACH, [str(folder)], "rollout", 20, 1_000_000, tasks=dreamt, max_states=120, **options
    )
    assert not again.faults and again.success_real.mean > 0


def test_a_run_keeps_what_made_it(tmp_path: Path) -> None:
    folder = train_agent(tiny(tmp_path / "agent", checkpoint_every=512))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert TrainAgentConfig.from_json(manifest["config"]) == tiny(tmp_path / "agent", checkpoint_every=512)
    assert manifest["steps"] == 1024 and manifest["dreams"]["programs"] > 20
    assert manifest["versions"]["sb3-contrib"] and not manifest["dreams"]["looks"]
    curve = json.loads((folder / "curve.json").read_text())
    assert [row["steps"] for row in curve] == [512, 1024]
    assert {"512.zip", "latest.zip"} <= {path.name for path in (folder / "checkpoints").iterdir()}


def test_the_same_seed_gives_the_same_agent(tmp_path: Path) -> None:
    one, other, third = (
        weights(train_agent(tiny(tmp_path / name, seed=seed)))
        for name, seed in (("one", 3), ("other", 3), ("third", 4))
    )
    assert all(map(np.array_equal, one, other))
    assert not all(map(np.array_equal, one, third))


def test_a_run_is_gone_on_with(tmp_path: Path) -> None:
    folder = train_agent(tiny(tmp_path / "agent"))
    with pytest.raises(AgentError, match="not empty"):
        train_agent(tiny(folder))
    train_agent(tiny(folder, steps=2048), resume=True)
    curve = json.loads((folder / "curve.json").read_text())
    assert [row["steps"] for row in curve] == [512, 1024, 1536, 2048]
    assert [row["seconds"] for row in curve] == sorted(row["seconds"] for row in curve)
    with pytest.raises(AgentError, match="no checkpoint"):
        train_agent(tiny(tmp_path / "new"), resume=True)
    with pytest.raises(AgentError, match="awr learns from its whole log anew"):
        train_agent(tiny(folder, algo="awr", logs=(tmp_path / "log.jsonl",)), resume=True)


def test_an_interrupt_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what == "steps" and done > 512:
            raise KeyboardInterrupt

    folder = tmp_path / "agent"
    with pytest.raises(KeyboardInterrupt):
        train_agent(tiny(folder), on_progress=interrupt)
    with pytest.raises(AgentError, match="no trained agent"):
        LearnedAgent.load(folder, _env())
    assert json.loads((folder / "curve.json").read_text())[-1]["steps"] == 512
    train_agent(tiny(folder, steps=1536), resume=True)
    assert json.loads((folder / "manifest.json").read_text())["steps"] == 1536
    assert json.loads((folder / "curve.json").read_text())[-1]["steps"] == 1536


def test_a_run_goes_on_in_its_own_environment_only(tmp_path: Path) -> None:
    folder = train_agent(tiny(tmp_path / "agent", steps=512))
    for changes in ({"options": {"max_lines": 30}}, {"env": "debugworld/StateQuery-Features-v0"}):
        with pytest.raises(AgentError, match=r"latest\.zip was made in an environment with other spaces"):
            train_agent(tiny(folder, **changes), resume=True)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"algo": "awr", "logs": (Path("nowhere.jsonl"),)}, FileNotFoundError),
        ({"world": "neural", "model": "nowhere"}, ModelError),
    ],
)
def test_a_run_that_cannot_begin_leaves_nothing(
    changes: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error, match="nowhere"):
        train_agent(tiny(tmp_path / "agent", **changes))
    assert not list((tmp_path / "agent").iterdir())


@pytest.mark.parametrize(
    "changes",
    [
        {"world": "real"},
        {"world": "mixed", "real_share": 0.5},
        {"policy": "mlp"},
        {"network": {"layers": 2, "width": 16}},
        {"curriculum": "band", "num_envs": 4},
        {"env": FAULTS, "num_envs": 4, "options": {"max_lines": 32, "max_tests": 3}},
        {"env": "debugworld/StateQuery-Features-v0"},
        pytest.param(
            {"env": "debugworld/Complexity-Features-v0", "num_envs": 4, "options": {"max_lines": 40}},
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda changes: "-".join(map(str, changes.values())).removeprefix("debugworld/"),
)
def test_every_world_and_task_trains(changes: dict[str, Any], tmp_path: Path) -> None:
    config = tiny(tmp_path / "agent", **{"steps": 128, "learner": {**LEARNER, "n_steps": 8}, **changes})
    folder = train_agent(config)
    options = learned_options(folder)
    [found] = evaluate(config.env, [str(folder)], "real", 2, 5, **options)
    assert not found.faults and not sum(episode.refusals for episode in found.episodes)


def measured(checkpoint: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(checkpoint.with_suffix(".json").read_text("utf-8"))
    return found


def test_one_curriculum_measures_all_environments_and_is_gone_on_with(tmp_path: Path) -> None:
    common: dict[str, Any] = {
        "curriculum": "band",
        "num_envs": 4,
        "learner": {**LEARNER, "n_steps": 16},
        "world": "real",
        "options": {**SHORT, "max_moves": 6},
    }
    folder = train_agent(tiny(tmp_path / "agent", steps=128, checkpoint_every=64, **common))
    first, last = (measured(folder / "checkpoints" / name) for name in ("64.zip", "latest.zip"))
    curve = json.loads((folder / "curve.json").read_text())
    assert sum(first["tries"]) == curve[0]["episodes"] < sum(last["tries"]) == curve[1]["episodes"]
    train_agent(tiny(folder, steps=192, **common), resume=True)
    after = measured(folder / "checkpoints" / "latest.zip")
    assert all(before <= now for before, now in zip(last["tries"], after["tries"], strict=True))
    assert sum(after["tries"]) > sum(last["tries"]) and after["time"] > last["time"]
    with pytest.raises(TaskError, match="use the same task set"):
        train_agent(tiny(folder, steps=256, tasks="builtin/collatz", **common), resume=True)
    (folder / "checkpoints" / "latest.json").write_text("{")
    with pytest.raises(TaskError, match=r"latest\.json holds no state of a curriculum"):
        train_agent(tiny(folder, steps=256, **common), resume=True)


def test_a_live_dream_and_a_grounded_one_train(tiny_checkpoint: Path, tmp_path: Path) -> None:
    learner = {**LEARNER, "n_steps": 4}
    common = {"model": str(tiny_checkpoint), "max_states": 20, "steps": 16, "num_envs": 4, "learner": learner}
    for world in ("neural", "reground"):
        folder = train_agent(tiny(tmp_path / world, world=world, tasks="builtin/collatz", **common))
        dreams = json.loads((folder / "manifest.json").read_text())["dreams"]
        assert bool(dreams) is (world == "reground")
    assert 0 < dreams["looks"] <= max(1, 0.1 * dreams["states"]) + dreams["programs"]


@pytest.mark.parametrize("algo", OFF_POLICY)
def test_a_log_of_either_world_is_learnt_from(algo: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    options = {"sandbox": "process", **SHORT}
    evaluate(REACH, ["random"], "rollout", 20, 0, log=log, model="static", max_states=120, **options)
    evaluate(REACH, ["random", "scripted"], "real", 40, 0, log=log, **options)
    config = tiny(tmp_path / "agent", algo=algo, logs=(log,), steps=12_000, network={"layers": 0})
    folder = train_agent(config)
    random, learnt = evaluate(REACH, ["random", str(folder)], "real", 60, 1_000_000, **SHORT)
    assert learnt.success.mean > random.success.mean + 0.1
    more = train_agent(tiny(tmp_path / "more", init=folder, steps=512, network={"layers": 0}))
    assert LearnedAgent.load(more, _env())


def _env(**options: Any) -> DebugEnv:
    env = gymnasium.make(REACH, **{**SHORT, **options}).unwrapped
    assert isinstance(env, DebugEnv)
    return env


def test_mistakes_are_told(tmp_path: Path) -> None:
    folder = train_agent(tiny(tmp_path / "agent", steps=512))
    with pytest.raises(AgentError, match="max_lines=24"):
        make_agent(str(folder), _env(max_lines=30))
    with pytest.raises(AgentError, match="no trained agent"):
        LearnedAgent.load(tmp_path, _env())
    with pytest.raises(AgentError, match="another network"):
        train_agent(tiny(tmp_path / "other", init=folder, network={"width": 16}))
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"world": "moon"}, "no world 'moon'"),
        ({"env": "debugworld/ReachState-Text-v0"}, "features family"),
        ({"steps": 0}, "at least 1"),
        ({"real_share": 2.0}, "between 0 and 1"),
        ({"algo": "awr"}, "--log"),
        ({"algo": "spo"}, "spo learns from logged episodes"),
        ({"logs": (tmp_path,)}, "reads no log"),
        ({"checkpoint_every": -1}, "checkpoint_every must be at least 0"),
        ({"policy": "mlp", "network": {"width": 8}}, "mlp has nothing to set"),
        ({"network": {"widht": 8}}, "no setting 'widht'; there are: width, layers, heads, meaning"),
        ({"network": {"layers": -1}}, "layers is a whole number from 0 on; got -1"),
        ({"network": {"width": "x"}}, "width is a whole number from 1 on; got 'x'"),
        ({"network": {"heads": 3}}, "heads divide width; got 3 of 32"),
        *(
            ({"algo": "awr", "logs": (tmp_path,), name: value}, f"so has no {name}")
            for name, value in (("curriculum", "band"), ("checkpoint_every", 1), ("tensorboard", True))
        ),
    ]
    for changes, text in mistakes:
        with pytest.raises(AgentError, match=text):
            tiny(tmp_path, **changes)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"init": Path("nowhere")}, "nowhere holds no trained agent"),
        ({"learner": {"gama": 0.9}}, "no setting 'gama' to set; there are: .*gamma"),
        ({"learner": {"n_steps": 0}}, "n_steps is a whole number from 1 on; got 0"),
        ({"learner": {"n_epochs": "x"}}, "n_epochs is a whole number from 1 on; got 'x'"),
        ({"learner": {"learning_rate": "x"}}, "learning_rate is a number above 0; got 'x'"),
        ({"learner": {"gamma": 2}}, "gamma is a share between 0 and 1; got 2"),
        ({"options": {"max_line": 3}}, "no argument 'max_line'; there are: .*max_lines"),
    ],
)
def test_what_cannot_be_trained_is_told_before_anything_is_dreamt(
    changes: dict[str, Any], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "debugworld.agents.training.worlds.dream_ahead", lambda *_: pytest.fail("a dream began")
    )
    with pytest.raises(ValueError, match=text):
        train_agent(tiny(tmp_path / "agent", **changes))
    assert not (tmp_path / "agent").exists()


def test_an_agent_that_learnt_from_fewer_parts_acts(tmp_path: Path) -> None:
    """What observations were given since is not looked at."""
    from sb3_contrib import MaskablePPO

    env = _env()
    keys = [key for key in env.observation_space if key != "visited"]  # type: ignore[attr-defined]
    few = gymnasium.wrappers.FilterObservation(env, keys)
    MaskablePPO("MultiInputPolicy", few, n_steps=8, batch_size=8).save(tmp_path / "policy.zip")
    config = {"env": REACH, "options": SHORT}
    (tmp_path / "manifest.json").write_text(json.dumps({"kind": "debugworld agent", "config": config}))
    observation, info = env.reset(seed=0)
    assert info["action_mask"][LearnedAgent.load(tmp_path, env).act(observation, info)]
    with pytest.raises(AgentError, match="max_lines=24"):
        LearnedAgent.load(tmp_path, gymnasium.make(REACH, max_lines=30).unwrapped)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wish", "module", "command"),
    [
        ("video", "moviepy", "pip install 'debugworld[video]'"),
        ("tensorboard", "tensorboard", "pip install 'debugworld[train]'"),
    ],
)
def test_what_is_not_installed_is_told_before_any_work(
    wish: str, module: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == module else known(name))
    out = tmp_path / "agent"
    with pytest.raises(AgentError, match=re.escape(f"needs {module}; {command}")):
        train_agent(tiny(out, **{wish: True}))
    assert not out.exists()


def test_an_agent_draws_by_its_seed_and_within_the_mask(tmp_path: Path) -> None:
    folder, env = train_agent(tiny(tmp_path / "agent", steps=512)), _env()
    observation, info = env.reset(seed=1)

    def drawn(agent: Any, seed: int) -> list[int]:
        agent.reset(seed)
        return [agent.act(observation, info) for _ in range(30)]

    agent = make_agent(str(folder), env)
    assert drawn(agent, 1) == drawn(agent, 1) != drawn(agent, 2)
    assert info["action_mask"][drawn(agent, 1)].all()
    greedy = LearnedAgent.load(folder, env, greedy=True)
    assert set(drawn(greedy, 1)) == {int(agent.chances(observation, info).argmax())}  # type: ignore[attr-defined]


def test_the_command_trains_and_evaluates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out, words = (
        tmp_path / "agent",
        ["--option", "max_lines=24", "--learner", "n_steps=16", "--num-envs", "8"],
    )
    more = ["--steps", "128", "--model", "static", "--max-states", "60", "--out", str(out), "--video"]
    assert main(["train-agent", *words, *more, "--tensorboard"]) == 0
    assert "128 steps" in capsys.readouterr().out
    assert list((out / "video").glob("*.mp4")) and list((out / "tensorboard").rglob("events*"))
    assert main(["train-agent", *words, *more, "--steps", "256", "--resume"]) == 0
    assert "256 steps" in capsys.readouterr().out
    agents = f"random,{out}"
    assert (
        main(["evaluate", "--env", REACH, "--agents", agents, "--backends", "real", "--episodes", "2"]) == 0
    )
    assert "agent" in capsys.readouterr().out
    assert main(["train-agent", "--out", str(out)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert main(["train-agent", "--out", str(tmp_path / "b"), "--learner", "nonsense"]) == 2
    capsys.readouterr()
    for words in (["--real-share", "0.25"], ["--real-calls", "0.1"]):
        assert main(["train-agent", "--out", str(tmp_path / "b"), *words]) == 2
        assert f"{words[0]} is of the world" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
