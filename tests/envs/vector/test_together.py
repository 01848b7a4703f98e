"""Vectors of dreams are Gymnasium's own over single environments, and ask their model in one batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from debugworld.envs.vector.together import TogetherVectorEnv
from debugworld.sandboxes import SandboxError
from debugworld.worldmodel.neural import shared_engine

from .test_recorded import agree, own, real_id, same, sized, vectors

__all__ = ["own", "sized"]  # fixtures

NEXT, SAME, DISABLED = AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP, AutoresetMode.DISABLED
DREAM = {"backend": "rollout", "model": "static", "max_states": 40}
IDS = [
    f"debugworld/{task}-{family}-v0"
    for task in ("ReachState", "StateQuery")
    for family in ("Features", "Text")
]


def forgetting(pair: list[Any], model: Path) -> list[Any]:
    """Makes both vectors ask for themselves, for they share what the engine remembers."""
    for vector in pair:
        for name in ("reset", "step"):
            plain = getattr(vector, name)

            def method(*words: Any, _plain: Any = plain, **named: Any) -> Any:
                shared_engine(model).forget()
                return _plain(*words, **named)

            setattr(vector, name, method)
    return pair


@pytest.mark.parametrize("backend", ["neural", "lockstep"])
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_it_agrees_with_sync(mode: AutoresetMode, backend: str, tasks: str, tiny_checkpoint: Path) -> None:
    options = {"backend": backend, "model": str(tiny_checkpoint), "max_states": 12, "max_moves": 4}
    pair = vectors("debugworld/StateQuery-Features-v0", mode, 4, tasks=tasks, sandbox="process", **options)
    assert isinstance(pair[0], TogetherVectorEnv)
    counts = agree(forgetting(pair, tiny_checkpoint), 12, 3, legal=0.9)
    assert counts["over"]


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        (SAME, {"feedback": "random"}),
        (DISABLED, {"feedback": "random", "shaping": 0.5}),
        (NEXT, {"shaping": 0.5, "discount": 0.9}),
        (SAME, DREAM | {"shaping": 0.5}),
        (NEXT, DREAM | {"real_share": 0.3, "feedback": "random", "shaping": 0.5}),
        (DISABLED, {"backend": "neural", "feedback": "random"}),
        (NEXT, {"backend": "neural", "shaping": 0.5}),
        (SAME, {"backend": "lockstep"}),
    ],
)
@real_id
def test_every_task_agrees_with_sync(
    env_id: str, mode: AutoresetMode, options: dict[str, Any], own: str, tiny_checkpoint: Path
) -> None:
    """With feedback from other programs, shaping, dreams, and some of it together."""
    tiny = {"model": str(tiny_checkpoint), "max_states": 12} if "backend" in options else {}
    pair = vectors(env_id, mode, 3, tasks=own, sandbox="process", max_moves=5, **(tiny | options))
    assert isinstance(pair[0], TogetherVectorEnv)
    if "model" not in options and tiny:
        pair = forgetting(pair, tiny_checkpoint)
    counts = agree(pair, 14 if tiny else 40, 11, legal=0.9)
    assert counts["over"], counts


@pytest.mark.slow
@pytest.mark.parametrize("env_id", IDS)
def test_the_model_that_ships_agrees_with_sync(env_id: str, tasks: str) -> None:
    pair = vectors(
        env_id, AutoresetMode.NEXT_STEP, 3, tasks=tasks, sandbox="process", backend="neural", max_states=60
    )
    same(*(each.reset(seed=2) for each in pair))
    for move in ("s", "s", "n", "s", "back", "r"):
        number = {"s": 0, "n": 1, "r": 2, "back": 4}[move]
        action = (move,) * 3 if "Text" in env_id else np.full(3, number)
        shared_engine().forget()
        one = pair[0].step(action)
        shared_engine().forget()
        same(one, pair[1].step(action))
    for each in pair:
        each.close()


def test_all_that_is_asked_at_once_is_one_call(tasks: str, tiny_checkpoint: Path) -> None:
    def calls(count: int) -> int:
        vector: Any = gymnasium.make_vec(
            "debugworld/ReachState-Features-v0",
            count,
            tasks=tasks,
            sandbox="process",
            backend="neural",
            model=str(tiny_checkpoint),
            max_states=30,
        )
        vector.reset(seed=0, options={"task": 0})
        for _ in range(5):
            vector.step(np.zeros(count, int))
        found: int = vector._gatherer.calls
        vector.close()
        return found

    assert calls(8) == calls(1) > 0


def test_pages_come_as_from_sync(tasks: str) -> None:
    pair = vectors(
        "debugworld/OutputPrediction-Text-v0", AutoresetMode.SAME_STEP, 2, tasks=tasks, sandbox="process"
    )
    same(*(each.reset(seed=1) for each in pair))
    for said in ("n", "nonsense", "answer 3", "s", "answer 4"):
        same(*(each.step((said, said)) for each in pair))
    for each in pair:
        each.close()


def test_a_failing_reset_leaves_no_thread_behind(tasks: str, tiny_checkpoint: Path) -> None:
    vector = gymnasium.make_vec(
        "debugworld/ReachState-Features-v0",
        2,
        tasks=tasks,
        sandbox="nowhere",
        backend="neural",
        model=str(tiny_checkpoint),
    )
    for _ in range(2):
        with pytest.raises(SandboxError, match="nowhere"):
            vector.reset(seed=0)
    vector.close()


def test_a_vector_that_is_closed_says_so(tasks: str) -> None:
    vector = gymnasium.make_vec(
        "debugworld/OutputPrediction-Text-v0", 2, tasks=tasks, sandbox="process", max_moves=1
    )
    assert isinstance(vector, TogetherVectorEnv)
    with pytest.raises(gymnasium.error.Error, match="got 'a'"):
        vector.reset(seed=[0, "a"])
    vector.reset(seed=np.int64(3))
    vector.close()
    for closed in (vector.reset, lambda: vector.step(("n", "n"))):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError):
            closed()
