"""The study: walks, dreams, scores and plays, and gathers all of it in a report."""

from __future__ import annotations

from collections.abc import Sequence

from debugworld.agents.agent import AGENTS
from debugworld.agents.evaluation import Evaluation, evaluate
from debugworld.envs import PROGRAM_ENV_IDS
from debugworld.sandboxes.debugger import ExitCode, Program, RecordedDebugger, Trace
from debugworld.worldmodel.fidelity import ACTIONS, Fidelity, measure
from debugworld.worldmodel.neural import NeuralDebugger

from .dream import dream
from .report import Report
from .stages import Stages
from .subject import Subject
from .walk import Step, debuggers, open_walk, start, walk

PER_ACTION = 20
"""Answers asked of the neural debugger for each action."""
EPISODES = 6
"""Episodes of each agent in each environment."""
ENVS = tuple(name for name in PROGRAM_ENV_IDS if "-Text-" in name)
"""Environments that the agents play in."""
BACKENDS = ("real", "neural")
"""Backends that they play on."""
AGENT_STATES = 120
"""States after which a dream that an agent walks in ends; no bundled run has more."""


def study(subject: Subject, model: str | None, max_states: int, stages: Stages) -> Report:
    """Does everything that the demo shows.

    Args:
        subject: The program and its box.
        model: Folder of a checkpoint; None takes the one that ships with the package.
        max_states: Most steps of the walk, and most states of a dream.
        stages: Where progress is shown.

    Raises:
        TaskError: the program cannot be debugged, or ``max_states`` is less than 1.
        SandboxError: the box failed.
        ModelError: the checkpoint cannot be loaded, or the model failed.
    """
    env = open_walk(subject, model, max_states)
    try:
        with stages.stage("load the model, run the program"):
            start(env)
            real, neural = debuggers(env)
            assert isinstance(real, RecordedDebugger)
            trace = real.trace
        truth = real.tree.states
        walked = min(len(truth) - 1, max_states)
        with stages.stage("dream every step from the truth"):
            neural.rehearse(truth[: walked + 1])
        with stages.stage("walk in lockstep", walked) as advance:
            steps = walk(env, advance)
        alone = None
        if len(steps) == len(truth):
            with stages.stage("let the dream go on alone"):
                alone = dream(neural, subject.program, truth)
        if alone is not None and trace.exit.code is not ExitCode.NEVER:
            fidelity = _score(neural, subject.program, trace, stages)
        else:
            fidelity = _score_walk(steps)
        evaluations = _play(subject, model, stages)
    finally:
        env.close()
    name = "the checkpoint that ships with the package" if model is None else model
    return Report(subject, name, trace, tuple(steps), alone, fidelity, tuple(evaluations))


def _score(neural: NeuralDebugger, program: Program, trace: Trace, stages: Stages) -> Fidelity:
    """Scores each action at the same random places of the run."""
    fidelity = Fidelity()
    with stages.stage("score each action", len(ACTIONS)) as advance:
        for action in ACTIONS:
            part = measure(neural, [(program, trace)], per_action=PER_ACTION, actions=[action])
            fidelity.scores |= part.scores
            fidelity.programs = part.programs
            advance()
    return fidelity


def _score_walk(steps: Sequence[Step]) -> Fidelity:
    """Scores the steps of a walk, for a run that has no end to score jumps by."""
    fidelity = Fidelity()
    for before, step in zip(steps, steps[1:], strict=False):
        fidelity.add("step_into", "", before.real, step.real, step.neural)
    return fidelity


def _play(subject: Subject, model: str | None, stages: Stages) -> list[Evaluation]:
    """Lets the agents play on the bundled programs, on both backends."""
    found = []
    with stages.stage("let the agents play", len(ENVS) * len(BACKENDS) * len(AGENTS) * EPISODES) as advance:
        for name in ENVS:
            for backend in BACKENDS:
                found += evaluate(
                    name,
                    AGENTS,
                    backend,
                    EPISODES,
                    on_episode=advance,
                    sandbox=subject.sandbox,
                    model=model,
                    max_states=AGENT_STATES,
                )
    return found
