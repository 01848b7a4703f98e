"""Episodes as records: what an agent did in a world, and the same actions in two worlds side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium

from debugworld.agents.agent import Agent
from debugworld.envs import DebugEnv
from debugworld.sandboxes.debugger import State

Record = dict[str, Any]
"""Plain JSON data."""
Env = gymnasium.Env[Any, Any]


def play(env: Env, agent: Agent, seed: int) -> Record:
    """Runs one episode.

    Args:
        env: of either world.
        agent: acts.
        seed: of the episode and of the agent; one seed asks the same in every world.

    Returns:
        The episode: what was asked, what was done and what came of it. ``replayed`` tells whether the same
        actions do the task in the real world.
    """
    debug_env = inner(env)
    observation, info = env.reset(seed=seed)
    scene = debug_env.scene
    record: Record = {"seed": seed, "task": scene.program.name, "question": asked(debug_env)}
    agent.reset(seed)
    actions: list[int] = []
    total, refusals, over, truncated = 0.0, 0, False, False
    while not over:
        action = agent.act(observation, info)
        actions.append(int(action))
        observation, reward, terminated, truncated, info = env.step(action)
        total += float(reward)
        refusals += "error" in info
        over = terminated or truncated
    fault = bool(info["fault"])
    record |= {
        "actions": actions,
        "success": bool(info["success"]),
        "replayed": bool(info.get("success_real", info["success"])),
        "reward": round(total, 6),
        "moves": int(info["moves"]),
        "refusals": refusals - fault,
        "fault": info["error"] if fault else "",
    }
    if "rank" in info:
        record |= {"rank": int(info["rank"]), "exam": round(float(info["exam"]), 6)}
        record["tests"] = sum(bool(test.lines) for test in debug_env.scene.tests)
    return record


def walk(env: Env, actions: Sequence[int], seed: int) -> Record:
    """Does given actions in a world.

    Args:
        env: of either world.
        actions: of an episode; those behind its end are not done.
        seed: of that episode.

    Returns:
        What was asked, what was said and seen at each step, the start first, and whether the task was done.
    """
    debug_env = inner(env)
    env.reset(seed=seed)
    program = debug_env.scene.program
    found: Record = {"task": program.name, "question": asked(debug_env), "source": program.text}
    steps, success = [seen(debug_env)], False
    for action in actions:
        _, _, terminated, truncated, info = env.step(action)
        steps.append(seen(debug_env))
        success = bool(info["success"])
        if terminated or truncated:
            break
    return {**found, "steps": steps, "success": success}


def inner(env: Env) -> DebugEnv:
    """Returns the environment inside its wrappers.

    Raises:
        TypeError: it is none of this package.
    """
    found = env.unwrapped
    if not isinstance(found, DebugEnv):
        raise TypeError(f"{found} is no environment of debugworld")
    return found


def asked(env: DebugEnv) -> str:
    """Returns what an episode asks, on one line."""
    question = env.scene.question
    if question.goal is not None:
        return str(question.goal)
    test = env.scene.tests[env.scene.test - 1] if env.scene.tests else None
    return f"{question.text}; {test}" if test is not None else question.text


def seen(env: DebugEnv) -> Record:
    """Returns what an agent sees at a step, as far as a report shows it."""
    scene = env.scene
    found: Record = {"said": scene.last, "state": shown(scene.state)}
    if scene.error:
        found["error"] = scene.error
    return found


def shown(state: State) -> Record:
    """Returns what a report shows of a state."""
    found: Record = {"event": state.event.value, "line": state.line, "source": state.source}
    if state.locals:
        found["locals"] = dict(state.locals)
    if state.value is not None:
        found["value"] = state.value
    if state.stdout:
        found["stdout"] = state.stdout
    if state.exit is not None:
        found["exit"] = f"{state.exit.code} ({state.exit.reason})"
    return found
