"""The worlds that an agent trains in, as vectors of environments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import gymnasium
from gymnasium.vector import AutoresetMode, VectorEnv

from debugworld.envs import Curriculum, DebugEnv, TaskSampler, VectorCurriculum
from debugworld.envs.bug_env import BugEnv
from debugworld.envs.curriculum import Measure
from debugworld.envs.dream_store import DreamStore, dream_store
from debugworld.envs.trace_store import trace_store
from debugworld.sandboxes.debugger import Program, ProgramError

from .config import TrainAgentConfig


@dataclass(frozen=True, slots=True)
class Dreams:
    """What the programs of a world were dreamt to be."""

    programs: int
    """Programs that could be dreamt."""
    states: int
    """States of their dreams, the ends left out."""
    looks: int
    """Real states among them."""
    endless: int
    """Dreams that did not come to an end."""

    def to_json(self) -> dict[str, int]:
        """Returns it as plain JSON data."""
        return {
            "programs": self.programs,
            "states": self.states,
            "looks": self.looks,
            "endless": self.endless,
        }


def open_env(config: TrainAgentConfig, **options: Any) -> DebugEnv:
    """Opens one environment of a run.

    Args:
        config: The run.
        **options: Arguments in place of the run's.
    """
    env = gymnasium.make(config.env, **{**config.env_options, **options}).unwrapped
    assert isinstance(env, DebugEnv)
    return env


def open_sampler(config: TrainAgentConfig, env: DebugEnv) -> TaskSampler | None:
    """Returns what draws the tasks of a run by difficulty; None where it has no curriculum.

    Args:
        config: The run.
        env: An environment of it, whose tasks are counted.
    """
    if not config.curriculum:
        return None
    return Curriculum(env, by=cast(Measure, config.curriculum)).sampler


def open_world(config: TrainAgentConfig, sampler: TaskSampler | None = None) -> VectorEnv[Any, Any, Any]:
    """Opens the environments that a run plays side by side.

    Args:
        config: The run.
        sampler: What draws the tasks of all of them by difficulty; None where they are drawn evenly.
    """
    mode = AutoresetMode.SAME_STEP if sampler is None else AutoresetMode.DISABLED
    world = gymnasium.make_vec(config.env, config.num_envs, autoreset_mode=mode, **config.env_options)
    return world if sampler is None else VectorCurriculum(world, len(sampler), sampler=sampler)


def dream_ahead(
    config: TrainAgentConfig,
    on_start: Callable[[int], None] = lambda total: None,
    on_dream: Callable[[], None] = lambda: None,
) -> Dreams | None:
    """Dreams all programs of a run in large batches; None where its world is not dreamt once.

    Args:
        config: The run.
        on_start: Called with the number of programs.
        on_dream: Called after each program.

    Raises:
        ModelError: there is no such model.
    """
    env = open_env(config)
    if env.backend != "rollout":
        env.close()
        return None
    traces = trace_store(env.sandbox)
    traces.enter()
    try:
        programs = list(programs_of(env))
        store = dream_store(
            config.model, traces, config.max_states, config.env_options.get("real_calls", 0.0)
        )
        on_start(len(programs))
        store.prefetch(programs, traces.record, on_dream)
        return _count(store, programs)
    finally:
        traces.leave()
        env.close()


def programs_of(env: DebugEnv) -> Iterator[Program]:
    """Yields every program that an environment may debug, each entered as it is there."""
    if not isinstance(env, BugEnv):
        yield from env.task_set.programs
        return
    for bug in env.bug_set.bugs:
        entered = env.enterable(bug)
        if entered is not None:
            for case in entered.cases:
                yield Program(Program(bug.buggy).text, case.call, bug.name)


def _count(store: DreamStore, programs: list[Program]) -> Dreams:
    found = []
    for program in programs:
        try:
            kept = store.known(program)
        except ProgramError:
            continue
        if kept is not None:
            found.append(kept)
    return Dreams(
        len(found),
        sum(len(each.trace.states) for each in found),
        sum(each.looks for each in found),
        sum(each.trace.exit.reason not in ("exit", "uncaught") for each in found),
    )
