"""Runs: what the debuggers of an environment walk over, recorded in a box or dreamt by a model."""

from __future__ import annotations

from collections.abc import Sequence

import gymnasium
import numpy as np

from debugworld.sandboxes.debugger import Program, RecordedDebugger, State, Trace, TreeDebugger
from debugworld.sandboxes.errors import SandboxError
from debugworld.sandboxes.live import LiveSession
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lockstep import After

from .backend import DREAMS, open_debugger, stand_at
from .dream_store import DreamStore, dream_store
from .feedback import Decoy
from .task import Task
from .trace_store import TraceStore, trace_store


class Runs(Task):
    """A task with the debugger that the agent moves, and others that do the same in its shadow.

    Where that one dreams, there is one of the real run; with random feedback, a `Decoy`, which is shown.

    Args:
        backend: As `DebugEnv` takes it, like all that follow.
        sandbox: Name of the sandbox that real runs are recorded in.
        looks: Whether expressions of the agent may be evaluated in the sandbox.
        model: Name of a model.
        max_states: States after which a dream ends.
        real_share: Share of the episodes that are played in the real run.
        real_calls: Most looks at the real run for each step of a dream.
        after: What the neural side of a lockstep does after a difference.
        feedback: What is shown after a command.
    """

    def __init__(
        self,
        backend: str,
        sandbox: str,
        looks: bool,
        model: str | None,
        max_states: int,
        real_share: float,
        real_calls: float,
        after: After,
        feedback: str,
    ) -> None:
        self.backend = backend
        self.sandbox = self._sandbox = sandbox
        self._looks = looks
        self._model, self._max_states, self._after = model, max_states, after
        self._real_share, self._real_calls = real_share, real_calls
        self._feedback = feedback
        self._engine: CompletionEngine | None = None
        self._dreams: DreamStore | None = None
        self._awake = False
        self._traces: TraceStore | None = None
        self._debugger: TreeDebugger | None = None
        self._shadow: RecordedDebugger | None = None
        self._decoy: Decoy | None = None
        self._session: LiveSession | None = None
        self._fault = ""

    def _record(self, program: Program) -> Trace:
        """Runs a program for real; a task may hide a part of the run, or run another program for it.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the box failed.
        """
        assert self._traces is not None
        return self._traces.record(program)

    def _walked(self, program: Program, given: Sequence[State] = ()) -> Trace:
        """Returns the run that ``rollout`` moves over: the dream, or in some episodes what happens.

        Args:
            program: What is run.
            given: True states from the entry on that the dream goes on from.

        Raises:
            ProgramError: the program cannot be debugged as given.
            ModelError: the model cannot answer.
            SandboxError: the box failed.
        """
        assert self._dreams is not None
        if self._awake:
            return self._record(program)
        return self._dreams.dream(program, given, self._engine, self._record).trace

    def _wake(self) -> None:
        """Draws whether an episode is played in the real run, from a stream of its own."""
        self._awake = False
        if self._real_share:
            stream = np.random.Generator(self.np_random.bit_generator.jumped(2))  # type: ignore[attr-defined]
            self._awake = bool(stream.random() < self._real_share)

    def _open(self) -> None:
        """Opens what the backend needs; a failure here is the caller's to mend and raises."""
        if self._debugger is not None:
            return
        traces = trace_store(self._sandbox)
        traces.enter()
        try:
            self._debugger = open_debugger(
                self.backend,
                self._record,
                self._model,
                self._max_states,
                self._after,
                self._open_session,
                self._engine,
                self._walked,
            )
            if self.backend == "rollout":
                self._dreams = dream_store(self._model, traces, self._max_states, self._real_calls)
        except BaseException:
            traces.leave()
            raise
        self._traces = traces
        self._shadow = RecordedDebugger(self._record) if self.backend in DREAMS else None
        self._decoy = Decoy(traces.record) if self._feedback == "random" else None

    def _open_session(self, program: Program) -> LiveSession:
        """Starts a program for looks, see `TraceStore.look`."""
        assert self._traces is not None
        self._session = self._traces.look(program)
        return self._session

    def _begin(self, program: Program, start: int) -> None:
        """Resets the debuggers and goes to a state of the real run, which they all take for true."""
        self._session = None
        try:
            states = self._record(program).states[: start + 1]
            for debugger in self._debuggers:
                debugger.reset(program)
                if start and isinstance(debugger, Decoy):
                    debugger.wander()
                elif start:
                    stand_at(debugger, states)
            if isinstance(self.debugger, RecordedDebugger):
                self.debugger.trace  # noqa: B018  a rollout is dreamt now, so that its faults come now
        except (SandboxError, ModelError) as error:
            self._fault = str(error)

    @property
    def debugger(self) -> TreeDebugger:
        """The debugger behind the environment, for those who look from outside.

        Raises:
            gymnasium.error.ResetNeeded: nothing is open before the first reset.
        """
        if self._debugger is None:
            raise gymnasium.error.ResetNeeded("the environment has no debugger yet; call reset() first")
        return self._debugger

    @property
    def _debuggers(self) -> tuple[TreeDebugger, ...]:
        """The debugger that the agent moves, and those that follow it."""
        return (self.debugger, *self._followers)

    @property
    def _followers(self) -> tuple[TreeDebugger, ...]:
        return tuple(each for each in (self._shadow, self._decoy) if each is not None)

    def _leave(self) -> None:
        """Frees the debugger and this environment's share of the sandbox."""
        if self._debugger is not None:
            self._debugger.close()
        if self._traces is not None:
            self._traces.leave()
        self._debugger = self._traces = self._shadow = self._decoy = None
