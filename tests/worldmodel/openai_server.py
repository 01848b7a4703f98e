"""A server of the completions API over a tiny model: python -m tests.worldmodel.openai_server PORT

Below ``/vllm/v1`` it takes what vLLM's documented completion request has, below ``/llama/v1`` what that of
llama.cpp has; those two pass over a field that they do not know, this one refuses it. ``/locked/v1`` wants a
key, ``/page/v1`` is no API at all. Some prompts make it fail.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from debugworld.worldmodel.completion import Request, Sampling
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.tokenwise import TokenEngine

from .automata import long_tokens
from .gbnf import GbnfGrammar

KEY = "right"
NAME = "tiny"
OWNERS = {"vllm": "vllm", "llama": "llamacpp", "locked": "vllm", "page": ""}
PLAIN = 'root ::= s0\ns0 ::= "" | [ a-z] s0'.replace("a-z", "abcdefghijklmnopqrstuvwxyz")
_NUMBER, _TEXT = (int, float), (str,)
_COMMON: dict[str, tuple[type, ...]] = {
    "model": _TEXT, "prompt": _TEXT, "max_tokens": (int,), "temperature": _NUMBER, "top_p": _NUMBER,
    "seed": (int,), "stop": (str, list), "logprobs": (int,), "n": (int,), "echo": (bool,), "stream": (bool,),
    "frequency_penalty": _NUMBER, "presence_penalty": _NUMBER, "logit_bias": (dict,), "suffix": _TEXT,
    "user": _TEXT, "stream_options": (dict,), "min_p": _NUMBER, "top_k": (int,), "ignore_eos": (bool,),
}  # fmt: skip
FIELDS: dict[str, dict[str, tuple[type, ...]]] = {
    "vllm": {
        **_COMMON, "use_beam_search": (bool,), "repetition_penalty": _NUMBER, "length_penalty": _NUMBER,
        "stop_token_ids": (list,), "include_stop_str_in_output": (bool,), "min_tokens": (int,),
        "skip_special_tokens": (bool,), "spaces_between_special_tokens": (bool,), "prompt_logprobs": (int,),
        "truncate_prompt_tokens": (int,), "allowed_token_ids": (list,), "add_special_tokens": (bool,),
        "response_format": (dict,), "structured_outputs": (dict,), "priority": (int,), "request_id": _TEXT,
        "return_token_ids": (bool,), "return_tokens_as_token_ids": (bool,), "cache_salt": _TEXT,
    },
    "llama": {**_COMMON, "grammar": _TEXT, "repeat_penalty": _NUMBER, "cache_prompt": (bool,)},
}  # fmt: skip
"""What a completion request may hold, by dialect (vLLM's `CompletionRequest`, llama.cpp's server)."""
STRUCTURED = {
    "json", "regex", "choice", "grammar", "json_object", "disable_any_whitespace", "structural_tag",
    "disable_additional_properties", "whitespace_pattern",
}  # fmt: skip
"""What vLLM's `StructuredOutputsParams` holds."""


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    engine: TokenEngine
    turn = Lock()
    seen: dict[str, int] = {}

    def log_message(self, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._reply(lambda place, body: {"object": "list", "data": [
            {"id": NAME, "object": "model", "created": 0, "owned_by": OWNERS[place]}
        ]})  # fmt: skip

    def do_POST(self) -> None:
        self._reply(self._complete)

    def _reply(self, answer: Any) -> None:
        place, _, rest = self.path.strip("/").partition("/")
        status, kind = 200, "application/json"
        try:
            if place not in OWNERS or rest not in ("v1/models", "v1/completions"):
                raise Refused(404, f"no {self.path}")
            if place == "locked" and self.headers["Authorization"] != f"Bearer {KEY}":
                raise Refused(401, "Unauthorized")
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            told = json.dumps(answer(place, body))
            if body.get("prompt") == "malformed":
                told = told[: len(told) // 2]
            if place == "page" or body.get("prompt") == "page":
                told, kind = "<html>a proxy's page</html>", "text/html"
        except Refused as error:
            status = error.status
            told = json.dumps({"error": {"message": str(error), "type": "Error", "code": status}})
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told.encode())

    def _complete(self, place: str, body: dict[str, Any]) -> dict[str, Any]:
        dialect = "llama" if place == "llama" else "vllm"
        for name, value in body.items():
            if name not in FIELDS[dialect]:
                raise Refused(400, f"{dialect} has no field {name}")
            kinds = FIELDS[dialect][name]
            if not isinstance(value, kinds) or isinstance(value, bool) and bool not in kinds:
                raise Refused(400, f"{name} must not be {value!r}")
        if body["model"] != NAME:
            raise Refused(404, f"The model `{body['model']}` does not exist.")
        self._fail(body["prompt"])
        structured = body.get("structured_outputs", {})
        if structured.keys() - STRUCTURED or len(structured) > 1:
            raise Refused(400, f"structured_outputs takes one of {sorted(STRUCTURED)}")
        written = structured.get("grammar") or body.get("grammar")
        try:
            grammar = GbnfGrammar(written or PLAIN)
        except ValueError as error:
            raise Refused(400, f"grammar: {error}") from None
        warm = body.get("temperature", 1.0)
        sampling = Sampling(warm, body.get("top_p", 1.0), body.get("seed", 0)) if warm else None
        try:
            with self.turn:
                request = Request(0, body["prompt"], grammar, body.get("max_tokens", 16), sampling)
                [answer] = self.engine.complete([request])
        except ModelError as error:
            raise Refused(400, str(error)) from None
        text, ended = answer.text, answer.finished
        for stop in body.get("stop", []):
            if stop in text:
                text, ended = text[: text.index(stop)], True
        told = {"token_logprobs": answer.raw_logprobs, "tokens": [], "top_logprobs": None, "text_offset": []}
        return {
            "id": "1", "object": "text_completion", "created": 0, "model": NAME,
            "choices": [] if body["prompt"] == "nothing" else [{
                "index": 0, "text": text, "logprobs": told if "logprobs" in body else None,
                "finish_reason": "stop" if ended else "length",
            }],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }  # fmt: skip

    def _fail(self, prompt: str) -> None:
        self.seen[prompt] = self.seen.get(prompt, 0) + 1
        if prompt == "busy for a while" and self.seen[prompt] < 3 or prompt == "busy":
            raise Refused(429, "too many requests")
        if prompt == "broken":
            raise Refused(500, "the engine died")
        if prompt == "slow":
            time.sleep(3)


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    tokens = long_tokens(["the quick brown fox", "yes", "no"], 290)
    shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokens), eos_token_id=0, **shape))
    Handler.engine = TokenEngine(model, tokens, memo=0)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
