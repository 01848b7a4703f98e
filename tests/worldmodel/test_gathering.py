"""Jobs that ask at the same time are answered by one call, each as if it had asked alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from debugworld.worldmodel.completion import Abilities, Completion, Request
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.gathering import Gatherer
from debugworld.worldmodel.memo import Memo


class Echo:
    """An engine that answers a prompt by itself, and remembers what was asked together."""

    abilities = Abilities(masks=True, logprobs=True, raw_logprobs=True, sampling=True)

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        self.batches.append([request.prompt for request in requests])
        self.threads.add(threading.get_ident())
        if any(request.prompt == "bad" for request in requests):
            raise ModelError("no answer to that")
        if any(request.prompt == "stop" for request in requests):
            raise KeyboardInterrupt
        return [Completion(request.prompt.upper(), (), (), True) for request in requests]

    def forget(self) -> None:
        self.batches.clear()


def request(text: str) -> Request:
    grammar: Any = SimpleNamespace(key=None)
    return Request(0, text, grammar, 8)


def asking(gatherer: Gatherer, *texts: str) -> Callable[[], list[str]]:
    def work() -> list[str]:
        return [gatherer.complete([request(text)])[0].text for text in texts]

    return work


@pytest.fixture
def gatherer() -> Iterator[Gatherer]:
    made = Gatherer(Echo(), 8)
    yield made
    made.close()


def batches(gatherer: Gatherer) -> list[list[str]]:
    assert isinstance(gatherer.engine, Echo)
    return gatherer.engine.batches


def test_what_is_asked_at_once_is_one_call(gatherer: Gatherer) -> None:
    work = [
        asking(gatherer, "a", "b", "c"),
        asking(gatherer),
        asking(gatherer, "d"),
        asking(gatherer, "e", "f"),
    ]
    for _ in range(20):
        assert gatherer.run(work) == [["A", "B", "C"], [], ["D"], ["E", "F"]]
        assert batches(gatherer) == [["a", "d", "e"], ["b", "f"], ["c"]]
        gatherer.forget()
    assert gatherer.calls == 60
    assert isinstance(gatherer.engine, Echo)
    assert gatherer.engine.threads == {threading.get_ident()}


def test_only_one_job_runs_at_a_time(gatherer: Gatherer) -> None:
    running: list[int] = []

    def work() -> None:
        for _ in range(30):
            running.append(1)
            assert len(running) == 1
            sum(range(2000))
            running.pop()
            gatherer.complete([request("a")])

    gatherer.run([work] * 8)


def test_outside_of_a_run_it_is_the_engine(gatherer: Gatherer) -> None:
    assert gatherer.complete([request("a"), request("b")])[1].text == "B"
    assert gatherer.abilities is gatherer.engine.abilities
    assert batches(gatherer) == [["a", "b"]] and gatherer.calls == 0


class Remembering(Echo):
    """Answers what it answered before from memory."""

    def __init__(self) -> None:
        super().__init__()
        self._memo = Memo(100)

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        return self._memo.answer(requests, super().complete)


def test_a_job_that_forgets_goes_on_without_what_others_know() -> None:
    gatherer = Gatherer(Remembering(), 2)

    def work() -> None:
        gatherer.complete([request("a")])
        gatherer.forget()
        for _ in range(2):
            gatherer.complete([request("a")])

    gatherer.run([work, asking(gatherer, "a", "a", "a")])
    assert batches(gatherer) == [["a"], ["a"]]  # once for both, and once more for the one that forgot
    gatherer.run([asking(gatherer, "a")])
    assert len(batches(gatherer)) == 2
    gatherer.close()


def test_a_bad_request_is_its_askers_alone(gatherer: Gatherer) -> None:
    told = []

    def work() -> str:
        try:
            return gatherer.complete([request("bad")])[0].text
        except ModelError as error:
            told.append(str(error))
            return gatherer.complete([request("better")])[0].text

    found = gatherer.run([asking(gatherer, "a", "b"), work, asking(gatherer, "c")])
    assert found == [["A", "B"], "BETTER", ["C"]] and told == ["no answer to that"]


def test_a_job_that_fails_does_not_stop_the_others(gatherer: Gatherer) -> None:
    done = []

    def work() -> None:
        gatherer.complete([request("a")])
        done.append(gatherer.complete([request("b")])[0].text)

    def fail() -> None:
        gatherer.complete([request("c")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gatherer.run([work, fail, work])
    assert done == ["B", "B"]
    assert gatherer.run([asking(gatherer, "a")]) == [["A"]]


def test_an_interrupt_ends_all_jobs(gatherer: Gatherer) -> None:
    ended = []

    def work() -> None:
        try:
            for _ in range(3):
                gatherer.complete([request("a")])
        finally:
            ended.append(1)

    with pytest.raises(KeyboardInterrupt):
        gatherer.run([work, asking(gatherer, "b", "stop"), work])
    assert ended == [1, 1]
    assert gatherer.run([asking(gatherer, "a")]) == [["A"]]
