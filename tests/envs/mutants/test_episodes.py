"""An endless set of mutants can be played at once, by an agent and by a curriculum."""

from __future__ import annotations

import gymnasium

from debugworld.envs import Curriculum


def test_a_million_mutants_are_there_at_once() -> None:
    tasks = "mutants/3/1000000?of=generated/0/5000"
    env = Curriculum(gymnasium.make("debugworld/FaultLocalization-Text-v0", tasks=tasks))
    assert len(env.sampler) == 1_000_000
    _, info = env.reset(seed=1)
    page = env.unwrapped.scene.program.source
    assert page == env.unwrapped.bug_set.bugs[info["task"]].buggy
    env.close()
