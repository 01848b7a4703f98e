"""The engine behind a URL speaks vLLM's and llama.cpp's dialects to the letter, and tells what went wrong."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugworld.worldmodel.completion import Request, Sampling
from debugworld.worldmodel.endpoint import EndpointEngine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.regular import as_gbnf

from .gbnf import GbnfGrammar
from .test_endpoint import Choice, free_port

REPOSITORY = Path(__file__).parents[2]
FRUIT = Choice(("plum", "pear 12", "a-b\n"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.worldmodel.openai_server", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        try:
            while True:
                assert process.poll() is None
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/vllm/v1/models", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize("place, dialect", [("vllm", "vllm"), ("llama", "llama.cpp")])
def test_answers_keep_to_the_grammar_that_was_sent(server: str, place: str, dialect: str) -> None:
    engine = EndpointEngine(f"{server}/{place}/v1")
    assert engine.structured == dialect
    requests = [Request(n, f"Fruit {n}:", FRUIT, 20) for n in range(4)]
    requests += requests[0].draws(8, Sampling(2.0, 0.9, seed=2**40))
    answers = engine.complete(requests)
    assert all(answer.finished and answer.text in FRUIT.texts for answer in answers)
    assert all(answer.raw_logprobs and answer.raw_lowest < 0 for answer in answers)
    assert len({answer.text for answer in answers[4:]}) > 1
    free = EndpointEngine(f"{server}/{place}/v1?structured=none").complete(requests[:1])
    assert "outside the grammar" in free[0].reason, "without a grammar this model answers something else"


@pytest.mark.parametrize("place", ["vllm", "llama"])
def test_a_model_can_write_what_ends_its_answer(server: str, place: str) -> None:
    engine = EndpointEngine(f"{server}/{place}/v1", stop=["\n\n"])
    answers = engine.complete([Request(0, "Fruit:", FRUIT, 20), *Request(0, "x", FRUIT, 20).draws(6)])
    assert all(answer.finished and answer.text in FRUIT.texts for answer in answers)


def test_the_other_dialect_is_refused(server: str) -> None:
    for place, wrong in (("vllm", "llama.cpp"), ("llama", "vllm")):
        engine = EndpointEngine(f"{server}/{place}/v1?structured={wrong}")
        with pytest.raises(ModelError, match=f"refused .400.*{place} has no field"):
            engine.complete([Request(0, "Fruit:", FRUIT)])


def test_a_key_is_needed(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "wrong")
    with pytest.raises(ModelError, match=r"wants another key .*set OPENAI_API_KEY"):
        EndpointEngine(f"{server}/locked/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "right")
    assert EndpointEngine(f"{server}/locked/v1").model == "tiny"


def test_a_wrong_name_or_address(server: str) -> None:
    with pytest.raises(ModelError, match="no model 'large'; it has: tiny"):
        EndpointEngine(f"{server}/vllm/v1?model=large")
    with pytest.raises(ModelError, match="knows no such model or address"):
        EndpointEngine(f"{server}/v1")
    with pytest.raises(ModelError, match="gave no usable answer .*does its address end in /v1"):
        EndpointEngine(f"{server}/page/v1")


def test_a_busy_server_is_asked_again(server: str) -> None:
    engine = EndpointEngine(f"{server}/vllm/v1", retries=2)
    [answer] = engine.complete([Request(0, "busy for a while", FRUIT, 20)])
    assert answer.text in FRUIT.texts
    with pytest.raises(ModelError, match="is too busy, after 1 further tries"):
        EndpointEngine(f"{server}/vllm/v1", retries=1).complete([Request(0, "busy", FRUIT)])


@pytest.mark.parametrize(
    "prompt, told",
    [
        ("slow", "did not answer within 0.5 s"),
        ("broken", "refused .500: .*the engine died"),
        ("malformed", "gave no usable answer"),
        ("page", "gave no usable answer"),
        ("nothing", "gave no usable answer"),
    ],
)
def test_what_goes_wrong_is_told(server: str, prompt: str, told: str) -> None:
    engine = EndpointEngine(f"{server}/vllm/v1", retries=0, timeout=0.5 if prompt == "slow" else 60.0)
    with pytest.raises(ModelError, match=told):
        engine.complete([Request(0, prompt, FRUIT)])


def test_what_is_written_reads_back_as_the_same_texts() -> None:
    written = as_gbnf(FRUIT)
    assert written is not None
    read = GbnfGrammar(written)
    todo, texts = [("", read.start())], set()
    while todo:
        text, state = todo.pop()
        for symbol in read.allowed(state):
            if symbol > 255:
                texts.add(text)
            else:
                todo.append((text + chr(symbol), read.advance(state, symbol)))
    assert texts == set(FRUIT.texts)
    for wrong in ("s0 ::= [a]", "root ::= s0", "root ::= (", "root", 'root ::= "a" )'):
        with pytest.raises(ValueError):
            GbnfGrammar(wrong)
