"""What must hold for every environment, as tests to inherit.

A new task has its tests in a few lines, run by pytest like any others::

    from debugworld.envs.conformance import Conformance

    class TestMyTask(Conformance):
        env_id = "mine/MyTask-Text-v0"
        arguments = {"tasks": "builtin"}

Nothing here needs pytest itself.
"""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env, data_equivalence

from debugworld.sandboxes.debugger import Action, ActionKind
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.errors import ModelError

from .command import Answer, spell
from .environment import DebugEnv
from .episode import RecordEpisodes, validate

HEADINGS = (
    "Description",
    "Action Space",
    "Observation Space",
    "Starting State",
    "Reward",
    "Episode End",
    "Information",
    "Arguments",
    "Version History",
)
"""What the documentation of an environment tells, in the words of Gymnasium's own."""
_SAID = "the lamp went out"


class Conformance:
    """The tests; a subclass names the environment.

    Attributes:
        env_id: A registered id.
        arguments: Of `gymnasium.make`: a small task set with at least two different starts.
        dream: More of them for the backends with a model, a checkpoint and its limits.
        steps: Random steps of a test.
    """

    env_id: ClassVar[str]
    arguments: dict[str, Any] = {}
    dream: dict[str, Any] = {"max_states": 30}
    steps: ClassVar[int] = 60

    @contextmanager
    def opened(self, **options: Any) -> Iterator[DebugEnv]:
        """Makes the environment, unwrapped, and closes it."""
        env = gymnasium.make(self.env_id, **(self.arguments | options))
        made = env.unwrapped
        assert isinstance(made, DebugEnv), f"{self.env_id} is no DebugEnv"
        try:
            yield made
        finally:
            env.close()

    def roll(self, env: DebugEnv, seed: int) -> list[Any]:
        """Returns all that random legal actions bring, over several episodes."""
        env.action_space.seed(seed)
        observation, info = env.reset(seed=seed)
        seen: list[Any] = [(observation, info)]
        for _ in range(self.steps):
            action = env.action_space.sample(mask=info["action_mask"])
            observation, reward, terminated, truncated, info = env.step(action)
            seen.append((action, observation, reward, terminated, truncated, info))
            if terminated or truncated:
                observation, info = env.reset()
        return seen

    def say(self, env: DebugEnv, number: int) -> Any:
        """Returns a numbered command as an action of the environment's space."""
        if isinstance(env.action_space, gymnasium.spaces.Discrete):
            return number
        return spell(env.commands.command(number) or Answer("0"))

    def test_the_documentation_has_every_heading(self) -> None:
        """Gymnasium's headings, in its order."""
        with self.opened() as env:
            text = inspect.cleandoc(type(env).__doc__ or "")
        found = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
        assert found == list(HEADINGS)

    def test_the_environment_checker_has_no_complaint(self) -> None:
        """Not even a warning."""
        with warnings.catch_warnings(), self.opened() as env:
            warnings.simplefilter("error")
            check_env(env)

    def test_the_checker_has_no_complaint_about_a_dream(self) -> None:
        """Nor about the backends with a model."""
        for backend in ("neural", "rollout", "lockstep"):
            with warnings.catch_warnings(), self.opened(backend=backend, **self.dream) as env:
                warnings.simplefilter("error")
                check_env(env)
            with self.opened(backend=backend, **self.dream) as env:
                self._fits(env, told=backend != "rollout")

    def test_seeds_bind(self) -> None:
        """The same seed gives the same episodes."""
        with self.opened() as one, self.opened() as other:
            assert data_equivalence(self.roll(one, 5), self.roll(other, 5), exact=True)

    def test_seeds_differ(self) -> None:
        """Some other seed begins otherwise."""
        with self.opened() as env:
            starts = [env.reset(seed=seed)[0] for seed in range(12)]
        assert any(not data_equivalence(starts[0], other) for other in starts[1:])

    def test_observations_and_masks_fit_their_spaces(self) -> None:
        """At every step."""
        with self.opened(max_moves=6) as env:
            self._fits(env)

    def _fits(self, env: DebugEnv, told: bool = False) -> None:
        for item in self.roll(env, 2):
            observation, info = (item[0], item[1]) if len(item) == 2 else (item[1], item[5])
            assert observation in env.observation_space
            assert not info["fault"], info["error"]
            mask = info["action_mask"]
            assert mask.dtype == np.int8 and mask.shape == (len(env.commands),)
            assert set(np.unique(mask)) <= {0, 1}
            assert 0 <= info["moves"] <= env.max_moves + 1
            assert ("confidence" in info) == told and 0 <= info.get("confidence", 1.0) <= 1

    def test_the_mask_agrees_with_the_debugger(self) -> None:
        """What the mask allows is what the debugger does not refuse."""
        with self.opened(max_lines=40, max_moves=100) as env:
            env.action_space.seed(0)
            _, info = env.reset(seed=0)
            for _ in range(40):
                mask = env.action_masks()
                assert (mask == info["action_mask"]).all()
                for number in range(env.commands.first_answer):
                    action = env.commands.action(number)
                    assert action is not None and env.commands.number(action) == number
                    assert (env.debugger.refusal(action) is None) == bool(mask[number]), str(action)
                action = env.action_space.sample(mask=mask)
                _, _, terminated, truncated, info = env.step(action)
                if terminated or truncated:
                    _, info = env.reset()

    def test_a_forbidden_action_is_an_answered_error(self) -> None:
        """It costs, as the arguments say, and changes nothing."""
        with self.opened(move_cost=0.25, refusal_cost=0.5) as env:
            for number in range(len(env.commands)):
                _, info = env.reset(seed=1)
                if info["action_mask"][number]:
                    continue
                before = (env.debugger.position, env.debugger.breakpoints)
                observation, reward, terminated, truncated, info = env.step(self.say(env, number))
                assert (env.debugger.position, env.debugger.breakpoints) == before
                assert observation in env.observation_space
                assert info["error"] and not info["fault"] and not info["success"]
                assert (reward, terminated, truncated, info["moves"]) == (-0.75, False, False, 1)

    def test_the_move_budget_truncates(self) -> None:
        """At the last move, or after it where an answer may still be given."""
        with self.opened(max_moves=3) as env:
            env.reset(seed=1)
            line = min(env.debugger.program.outline.stop_lines)
            kinds = (ActionKind.BREAK, ActionKind.CLEAR)
            ends = []
            for count in range(4):
                action = self.say(env, env.commands.number(Action(kinds[count % 2], line)))
                *_, terminated, truncated, info = env.step(action)
                ends.append(truncated)
                if truncated:
                    break
            assert ends == ([False, False, False, True] if env._last_word else [False, False, True])
            assert not terminated and not info["success"]
            try:
                env.step(action)
            except gymnasium.error.ResetNeeded:
                return
            raise AssertionError("a step after the end of an episode was taken")

    def test_a_fault_in_a_move_truncates(self) -> None:
        """A box or a model that fails is data."""
        for error in (SandboxError, ModelError):
            with self.opened() as env:
                env.reset(seed=0)
                env.debugger.step = _broken(error)  # type: ignore[method-assign]
                observation, _, terminated, truncated, info = env.step(self.say(env, 0))
                told = (terminated, truncated, info["fault"], info["error"])
                assert told == (False, True, True, _SAID)
                assert observation in env.observation_space
                assert info["action_mask"].all()

    def test_a_fault_in_a_reset_truncates_the_first_step(self) -> None:
        """And the next reset is as if nothing had been."""
        with self.opened() as env:
            env.reset(seed=0)
            assert env._traces is not None
            record = env._traces.record
            env._traces.record = _broken(SandboxError)  # type: ignore[method-assign]
            try:
                observation, info = env.reset(seed=0)
            finally:
                env._traces.record = record  # type: ignore[method-assign]
            assert observation in env.observation_space and info["fault"]
            observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
            assert (reward, terminated, truncated, info["error"]) == (0.0, False, True, _SAID)
            _, info = env.reset(seed=0)
            assert not info["fault"] and "error" not in info

    def test_vectors_agree_with_single_environments(self) -> None:
        """Sync and Async, and the environment's own where it has one, step by step."""
        own = gymnasium.spec(self.env_id).vector_entry_point is not None
        for mode in ("sync", "async", "vector_entry_point") if own else ("sync", "async"):
            self._vector(mode)

    def _vector(self, mode: str) -> None:
        options = self.arguments | {"max_moves": 5}
        with self.opened(**options) as one, self.opened(**options) as other:
            text = not isinstance(one.action_space, gymnasium.spaces.Discrete)
            shared = {"shared_memory": not text} if mode == "async" else {}
            vector = gymnasium.make_vec(
                self.env_id, num_envs=2, vectorization_mode=mode, vector_kwargs=shared, **options
            )
            singles = (one, other)
            try:
                seeds: Any = [3, 4]
                observations, infos = vector.reset(seed=seeds)
                expected = [env.reset(seed=seed)[0] for env, seed in zip(singles, seeds, strict=True)]
                for number in (0, 1, 0):
                    for place in range(2):
                        assert data_equivalence(_of(observations, place), expected[place])
                    move = self.say(one, number)
                    action = (move, move) if text else np.array([move, move])
                    observations, *_, infos = vector.step(action)
                    expected = [env.step(move)[0] for env in singles]
                assert infos["action_mask"].shape == (2, len(one.commands))
            finally:
                vector.close()

    def test_copies_go_on_where_the_original_is(self) -> None:
        """In the middle of an episode that no seed of its own began, and before the first reset.

        An environment that was registered with what pickle does not know, such as a lambda, is copied only.
        """
        ways: list[Callable[[DebugEnv], DebugEnv]] = [copy.deepcopy]
        with suppress(pickle.PicklingError, AttributeError):
            pickle.dumps(gymnasium.spec(self.env_id).entry_point)
            ways.append(lambda env: pickle.loads(pickle.dumps(env)))
        for copied in ways:
            with self.opened(max_moves=8) as env:
                copied(env).close()
                env.action_space.seed(1)
                env.reset(seed=3)
                _, info = env.reset()
                _, _, terminated, truncated, info = env.step(env.action_space.sample(info["action_mask"]))
                if terminated or truncated:
                    _, info = env.reset()
                other = copied(env)
                try:
                    assert other is not env and other.spec == env.spec
                    assert data_equivalence(other.action_masks(), info["action_mask"])
                    for _ in range(20):
                        action = env.action_space.sample(info["action_mask"])
                        assert data_equivalence(other.action_space.sample(info["action_mask"]), action)
                        one, another = env.step(action), other.step(action)
                        assert data_equivalence(one, another)
                        info = one[-1]
                        if one[2] or one[3]:
                            begun = env.reset()
                            assert data_equivalence(begun, other.reset())
                            info = begun[1]
                finally:
                    other.close()

    def test_episodes_agree_when_played_again(self) -> None:
        """From paper, in an environment of their own."""
        env = RecordEpisodes(gymnasium.make(self.env_id, **(self.arguments | {"max_moves": 8})))
        try:
            env.action_space.seed(1)
            _, info = env.reset(seed=5)
            while len(env.episodes) < 4:
                action = env.action_space.sample(mask=info["action_mask"])
                *_, terminated, truncated, info = env.step(action)
                if terminated or truncated:
                    _, info = env.reset()
        finally:
            env.close()
        for episode in env.episodes:
            found = validate(episode)
            assert found.agrees, found

    def test_a_page_can_be_rendered(self) -> None:
        """After a reset and after each move; before there is nothing."""
        with self.opened(render_mode="ansi") as env:
            assert env.render() is None
            env.reset(seed=0)
            before = env.render()
            env.step(self.say(env, 0))
            after = env.render()
        assert before is not None and after is not None and before != after
        for part in ("Task: ", "Moves left: ", "Program:", "Stop: "):
            assert part in before and part in after


def _broken(error: type[Exception]) -> Any:
    def fail(*_: object) -> None:
        raise error(_SAID)

    return fail


def _of(observations: Any, place: int) -> Any:
    if isinstance(observations, dict):
        return {key: _scalar(value[place]) for key, value in observations.items()}
    return observations[place]


def _scalar(value: Any) -> Any:
    return int(value) if np.ndim(value) == 0 else value
