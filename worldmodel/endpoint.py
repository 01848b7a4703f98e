"""Models behind an OpenAI-compatible server: vLLM, llama.cpp, `transformers serve` and the like.

A server knows nothing of our grammars. Where it can decode within a written one and the grammar is small
enough to write out, it is asked to; every answer is checked here in any case.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from debugworld.worldmodel.completion import Abilities, Completion, Request, Sampling
from debugworld.worldmodel.constraint import END, Grammar
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.memo import Memo
from debugworld.worldmodel.regular import as_gbnf

STRUCTURED = {"vllm": "vllm", "llamacpp": "llama.cpp", "me": "llama.cpp"}
"""What a server calls itself as the owner of its models -> the dialect in which it takes a grammar."""
_SECOND = Sampling(temperature=0.7, seed=1)
"""How a greedy answer outside the grammar is asked for again: the same way it would come out the same."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of a server's chat."""

    text: str
    """The message; empty where there is none."""
    prompt_tokens: int
    """Tokens that the model read; 0 where the server does not tell."""
    tokens: int
    """Tokens that it wrote; 0 where the server does not tell."""


class EndpointEngine:
    """Answers through the completions API of a server.

    Args:
        url: such as ``http://localhost:8000/v1``; its query may hold ``model``, ``structured``, ``logprobs``.
        model: name of the model at the server; None takes the only one there.
        structured: dialect of grammars that the server takes: ``vllm``, ``llama.cpp`` or ``none``; None
            guesses by what the server says of itself.
        logprobs: whether log-probabilities are asked for; without them nothing tells how sure an answer is.
        timeout: seconds that one answer may take.
        retries: times that a request is sent again, after growing pauses, where the server is away, busy or
            broken.
        concurrency: requests under way at once.
        memo: most answers remembered.
        stop: texts before which an answer ends.

    Raises:
        ModelError: no server answers there, it has no such model, or the openai package is missing.
    """

    def __init__(
        self,
        url: str,
        model: str | None = None,
        *,
        structured: str | None = None,
        logprobs: bool = True,
        timeout: float = 60.0,
        retries: int = 3,
        concurrency: int = 32,
        memo: int = 65_536,
        stop: Sequence[str] = (),
    ) -> None:
        try:
            import openai
        except ImportError as error:
            raise ModelError(
                "a model behind a URL needs openai: pip install 'debugworld[endpoint]'"
            ) from error
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelError(f"{url} is no address of a server, such as http://localhost:8000/v1?model=NAME")
        query = parse_qs(parts.query, keep_blank_values=True)
        unknown = set(query) - {"model", "structured", "logprobs"}
        if unknown:
            told = ", ".join(sorted(unknown))
            raise ModelError(f"{url}: unknown {told}; known are model, structured and logprobs")
        model = model or query.get("model", [""])[0] or None
        structured = structured or query.get("structured", [""])[0] or None
        if structured not in (None, "none", *STRUCTURED.values()):
            raise ModelError(f"structured is vllm, llama.cpp or none, not {structured!r}")
        self._logprobs = logprobs and query.get("logprobs", ["1"])[0].lower() not in (
            "0",
            "no",
            "none",
            "false",
        )
        self.url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        self._errors: Any = openai
        self._client = openai.OpenAI(
            base_url=self.url,
            api_key=os.environ.get("OPENAI_API_KEY") or "none",
            timeout=timeout,
            max_retries=retries,
        )
        self._retries = retries
        self._timeout, self._concurrency, self._memo = timeout, concurrency, Memo(memo)
        self._stop = list(stop)
        self.model, owner = self._find(model)
        self._structured = structured or STRUCTURED.get(owner, "none")

    def _find(self, model: str | None) -> tuple[str, str]:
        """Returns the name of the model and its owner."""
        told = self._ask(self._client.models.list)
        listed: dict[str, str] = {entry.id: str(entry.owned_by or "") for entry in told.data}
        names = ", ".join(sorted(listed)) or "none"
        if model is None:
            if len(listed) != 1:
                raise ModelError(f"{self.url} has several models or none ({names}); choose by ?model=NAME")
            return next(iter(listed.items()))
        if model not in listed:
            raise ModelError(f"{self.url} has no model {model!r}; it has: {names}")
        return model, listed[model]

    @property
    def abilities(self) -> Abilities:
        """No masks: answers are checked afterwards."""
        return Abilities(masks=False, logprobs=False, raw_logprobs=self._logprobs, sampling=True)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers requests, in their order; ``max_tokens`` are tokens of the server's model.

        An answer outside its grammar is asked for once more, drawn with another seed, and then marked as not
        finished, with the reason.

        Raises:
            ModelError: the server is away, takes too long, refuses the request or tells no log-probabilities.
        """
        return self._memo.answer(requests, self._answer)

    def forget(self) -> None:
        """Drops the memo."""
        self._memo.forget()

    @property
    def structured(self) -> str:
        """Dialect of grammars that the server takes: ``vllm``, ``llama.cpp`` or ``none``."""
        return self._structured

    def chat(
        self,
        messages: Sequence[dict[str, str]],
        max_tokens: int,
        sampling: Sampling | None = None,
        response_format: dict[str, Any] | None = None,
    ) -> Reply:
        """Asks for the next message of a conversation; nothing is remembered.

        Args:
            messages: ``role`` and ``content`` of each.
            max_tokens: longest message, in tokens of the server's model.
            sampling: how it is drawn; None takes the likeliest.
            response_format: how the message is to be written, as the chat completions API has it.

        Raises:
            ModelError: the server is away, takes too long or refuses the request.
        """
        options: dict[str, Any] = {} if response_format is None else {"response_format": response_format}
        if sampling is not None:
            options |= {"top_p": sampling.top_p, "seed": sampling.seed % 2**32}
        reply = self._ask(
            self._client.chat.completions.create,
            model=self.model,
            messages=list(messages),
            max_tokens=max_tokens,
            temperature=sampling.temperature if sampling else 0.0,
            **options,
        )
        text = reply.choices[0].message.content if reply.choices else ""
        usage = reply.usage
        return Reply(text or "", usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0)

    def _answer(self, requests: Sequence[Request]) -> list[Completion]:
        with ThreadPoolExecutor(max(1, min(self._concurrency, len(requests)))) as pool:
            return list(pool.map(self._one, requests))

    def _one(self, request: Request) -> Completion:
        answer = self._once(request, request.sampling)
        if answer.finished or not answer.reason:
            return answer
        first = request.sampling
        again = Sampling(first.temperature, first.top_p, first.seed + 2**31) if first else _SECOND
        return self._once(request, again)

    def _once(self, request: Request, sampling: Sampling | None) -> Completion:
        extra: dict[str, Any] = {}
        written = as_gbnf(request.grammar) if self._structured != "none" else None
        if written is not None and self._stop:  # else a model could not write what ends its answer
            ends = " | ".join(map(json.dumps, self._stop))
            written = written.replace("root ::= s0", f"root ::= s0 ({ends})?", 1)
        if written is not None:
            vllm = self._structured == "vllm"
            extra = {"structured_outputs": {"grammar": written}} if vllm else {"grammar": written}
        options: dict[str, Any] = {"logprobs": 1} if self._logprobs else {}
        if self._stop:
            options["stop"] = self._stop
        if sampling is not None:
            options |= {"top_p": sampling.top_p, "seed": sampling.seed % 2**32}
        reply = self._ask(
            self._client.completions.create,
            model=self.model,
            prompt=request.prompt,
            max_tokens=request.max_tokens,
            temperature=sampling.temperature if sampling else 0.0,
            extra_body=extra,
            **options,
        )
        choices = getattr(reply, "choices", None)  # a proxy may answer with a page
        if not choices:
            raise ModelError(f"{self.url} gave no usable answer ({str(reply)[:80]!r})")
        choice = choices[0]
        raw: tuple[float, ...] = ()
        if self._logprobs:
            told = choice.logprobs.token_logprobs if choice.logprobs else None
            if told is None:
                raise ModelError(f"{self.url} tells no log-probabilities; {_WITHOUT}")
            raw = tuple(value for value in told if value is not None)
        reason = outside(request.grammar, choice.text, ended=choice.finish_reason != "length")
        finished = not reason and choice.finish_reason != "length"
        return Completion(choice.text, (), raw, finished, reason)

    def _ask(self, call: Any, **arguments: Any) -> Any:
        """Calls the server; what goes wrong there becomes a `ModelError`."""
        errors = self._errors
        try:
            return call(**arguments)
        except errors.APITimeoutError as error:
            raise ModelError(f"{self.url} did not answer within {self._timeout:g} s") from error
        except errors.APIConnectionError as error:
            raise ModelError(
                f"no server answers at {self.url} ({error.__cause__ or error}); is it running, and does its "
                "address end in /v1?"
            ) from error
        except errors.NotFoundError as error:
            raise ModelError(f"{self.url} knows no such model or address ({error.message})") from error
        except errors.AuthenticationError as error:
            raise ModelError(f"{self.url} wants another key ({error.message}); set OPENAI_API_KEY") from error
        except errors.RateLimitError as error:
            raise ModelError(
                f"{self.url} is too busy, after {self._retries} further tries ({error.message})"
            ) from error
        except errors.APIStatusError as error:
            hint = f"; {_WITHOUT}" if "logprob" in error.message.lower() else ""
            raise ModelError(f"{self.url} refused ({error.status_code}: {error.message}){hint}") from error
        except (errors.OpenAIError, json.JSONDecodeError, AttributeError) as error:  # the last over a page
            raise ModelError(
                f"{self.url} gave no usable answer ({error}); does its address end in /v1?"
            ) from error


_WITHOUT = "start it with log-probabilities, or do without them and without confidences by ?logprobs=no"


def outside(grammar: Grammar, text: str, ended: bool = True) -> str:
    """Says why a text is no answer of a grammar; empty where it is one.

    Args:
        grammar: what the answer may be.
        text: the answer.
        ended: whether the text is whole, or may go on.
    """
    state = grammar.start()
    for place, byte in enumerate(text.encode()):
        if byte not in grammar.allowed(state):
            return f"outside the grammar: {chr(byte)!r} at byte {place} of {text[:80]!r}"
        state = grammar.advance(state, byte)
    if ended and END not in grammar.allowed(state):
        return f"outside the grammar: it may not end after {text[-80:]!r}"
    return ""
