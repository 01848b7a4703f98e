"""The neural debugger: the protocol of the real one, answered by a language model.

The model dreams one state at a time; moves are the same walks over the state tree
as on a recorded run, so a jump is answered by rollout and what was dreamt can be
walked back over.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from pathlib import Path

from debugworld.sandboxes.debugger import (
    Action,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
    StateTree,
    TreeDebugger,
)
from debugworld.worldmodel.checkpoint import SHIPPED
from debugworld.worldmodel.engine import Engine
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.thinker import Considered, Granularity, Thinker

_slots = count()


def _engine(path: Path) -> Engine:
    """Returns the engine of a checkpoint; debuggers over one checkpoint share it and what it remembers."""
    weights = path / "model.safetensors"
    return _opened(path.resolve(), weights.stat().st_mtime_ns if weights.exists() else 0)


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int) -> Engine:
    return Engine.load(path)


class NeuralDebugger(TreeDebugger):
    """Dreams a program's run, state by state, as far as the moves ask.

    Args:
        engine: Answers the shell's questions; several debuggers may share one.
        max_states: States after which a dream ends as ``never``, for ``step_budget``.
        max_tokens: Tokens of one answer after which a dream ends as ``never``, for ``token_budget``.
        granularity: How much one question to the model covers.
    """

    def __init__(
        self,
        engine: Engine,
        max_states: int = 2000,
        max_tokens: int = 256,
        granularity: Granularity | str = Granularity.EXPRESSION,
    ) -> None:
        super().__init__()
        if max_states < 1 or max_tokens < 1:
            raise ValueError(f"max_states and max_tokens must be at least 1; got {max_states}, {max_tokens}")
        self._engine = engine
        self.max_states = max_states
        """States after which a dream ends; may be changed between moves."""
        self._thinker = Thinker(engine, next(_slots), max_tokens, Granularity(granularity))
        self._shell: Shell | None = None
        self._confidences: list[float] = []
        self._confidence = 1.0

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        max_states: int = 2000,
        granularity: Granularity | str = Granularity.EXPRESSION,
    ) -> NeuralDebugger:
        """Opens a debugger over a checkpoint.

        Args:
            path: The checkpoint's folder; None takes the one that ships with the package.
            max_states: As in the constructor.
            granularity: As in the constructor.

        Raises:
            ModelError: the checkpoint is missing or damaged.
        """
        return cls(_engine(Path(path) if path is not None else SHIPPED), max_states, granularity=granularity)

    @property
    def confidence(self) -> float:
        """The model's confidence in the states that the last move dreamt, in [0, 1].

        It is the least probability that the model gave to any token it wrote on the
        way, before masking; 1 where the shell was certain.
        """
        return self._confidence

    @property
    def confidences(self) -> tuple[float, ...]:
        """The confidence in each state of the tree, in time; 1 where it was given or certain."""
        return tuple(self._confidences)

    def step(self, action: Action) -> State:
        """Does one action, dreaming as far as it asks, and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
            ModelError: the model cannot answer.
        """
        known = len(self._tree) if self._program else 0
        state = super().step(action)
        self._confidence = min(self._confidences[known:], default=1.0)
        return state

    def ground(self, states: Sequence[State]) -> State:
        """Goes on from a true history, standing at its last state.

        Args:
            states: All states from the entry on, in time; at least one.

        Raises:
            IllegalAction: there is no history, or no program yet.
        """
        if not states:
            raise IllegalAction("a true history has at least the entry state; none was given")
        kept = list(states)
        shell = self._shell
        if shell is None or self._tree.states[: len(kept) - 1] != kept[:-1] or len(self._tree) != len(kept):
            shell = self._shell = Shell(self.program, shell.flow if shell else None)
            shell.start()
            shell.accept(kept[0])
            for place, state in enumerate(kept[1:]):
                if shell.certain() is None:
                    self._lead(shell, kept, place)
                shell.accept(state)
        else:
            shell.accept(kept[-1])
        self._confidences = [1.0] * len(kept)
        self._stand(StateTree(kept, self._grow), len(kept) - 1)
        return self.state

    def rehearse(self, states: Sequence[State]) -> None:
        """Asks at once for every step of a true run, so that stepping over it later is quick.

        Nothing changes but what the engine remembers.

        Args:
            states: All states of a run of the current program, in time.
        """
        shell = Shell(self.program, self._shell.flow if self._shell else None)
        shell.start()
        shell.accept(states[0])
        asking = []
        for place, state in enumerate(states[1:]):
            if shell.certain() is None:
                asking.append(shell.copy())
                self._lead(shell, states, place)
            shell.accept(state)
        self._thinker.consider(asking)

    @staticmethod
    def _lead(shell: Shell, states: Sequence[State], place: int) -> None:
        """Answers the shell's question by the true state after a place, as well as it can be answered."""
        outcome = shell.outcome_of(states, place)
        if outcome is not None:
            with suppress(ValueError):  # then the shell finds its way again from the state itself
                shell.apply(outcome)

    def _start(self, program: Program) -> StateTree:
        self._shell = Shell(program)
        self._confidences, self._confidence = [1.0], 1.0
        return StateTree([self._shell.start()], self._grow)

    def _grow(self) -> None:
        """Dreams the next state in time."""
        shell, tree = self._shell, self._tree
        assert shell is not None
        if len(tree) >= self.max_states:
            self._add(State.at_exit(Exit(ExitCode.NEVER, "step_budget")), 1.0)
            return
        certain = shell.certain()
        if certain is not None:
            self._add(certain, 1.0)
            return
        [found] = self._thinker.consider([shell])
        self._add(self._state_after(shell, found), found.confidence)

    @staticmethod
    def _state_after(shell: Shell, found: Considered) -> State:
        if found.outcome is None:
            return State.at_exit(Exit(ExitCode.NEVER, found.reason))
        try:
            return shell.apply(found.outcome)
        except ValueError:
            return State.at_exit(Exit(ExitCode.NEVER, "incoherent"))

    def _add(self, state: State, confidence: float) -> None:
        self._tree.append(state)
        self._confidences.append(confidence)
