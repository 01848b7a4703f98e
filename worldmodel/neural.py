"""The neural debugger: the protocol of the real one, answered by a language model.

The model dreams one state at a time, or a jump at once; moves are the same walks over
the state tree as on a recorded run, and what was dreamt can be walked back over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from debugworld.sandboxes.debugger import (
    Action,
    Debugger,
    Evaluation,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
    StateTree,
    TreeDebugger,
)
from debugworld.worldmodel.calibration import Calibration, Evidence
from debugworld.worldmodel.checkpoint import MANIFEST, SHIPPED
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.direct import Goal, Jumps, Leaper
from debugworld.worldmodel.engines import is_url, open_engine
from debugworld.worldmodel.excerpt import Listing
from debugworld.worldmodel.futures import Dreamer
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.markov.operand import LeftOut, listening
from debugworld.worldmodel.thinker import Considered, Granularity, Thinker

_slots = count()


def shared_engine(model: str | Path | None = None) -> CompletionEngine:
    """Returns the engine of a model; debuggers over one model share it and what it remembers.

    Args:
        model: As `NeuralDebugger.load` takes it.

    Raises:
        ModelError: the model is missing or damaged, or the server does not answer.
    """
    if is_url(model):
        return _opened(str(model), 0)
    path = Path(model) if model is not None else SHIPPED
    return _opened(path.resolve(), changed_at(path))


def changed_at(path: Path) -> int:
    """Returns when a model's weights changed, in nanoseconds; 0 where that is not known."""
    weights = path / "model.safetensors" if path.is_dir() else path
    return weights.stat().st_mtime_ns if weights.is_file() else 0


@lru_cache(maxsize=4)
def _opened(model: str | Path, changed: int) -> CompletionEngine:
    return open_engine(model)


class NeuralDebugger(Dreamer):
    """Dreams a program's run, state by state, as far as the moves ask.

    Args:
        engine: Answers the shell's questions; several debuggers may share one.
        max_states: States after which a dream ends as ``never``, for ``step_budget``.
        max_tokens: Tokens of one answer after which a dream ends as ``never``, for ``token_budget``; as it
            does at a question that is longer than what the model reads.
        granularity: How much one question to the model covers.
        jumps: How moves over several states are answered. What a direct jump skipped is not in the tree: a
            step back from where it landed leads to where it began; a step forward from there is dreamt anew.
        calibration: Turns the model's confidence into probabilities; without one it is raw.
    """

    def __init__(
        self,
        engine: CompletionEngine,
        max_states: int = 2000,
        max_tokens: int = 256,
        granularity: Granularity | str = Granularity.STEPS,
        jumps: Jumps | str = Jumps.ROLLOUT,
        calibration: Calibration | None = None,
    ) -> None:
        super().__init__()
        if max_states < 1 or max_tokens < 1:
            raise ValueError(f"max_states and max_tokens must be at least 1; got {max_states}, {max_tokens}")
        self._engine, self._max_tokens = engine, max_tokens
        self.max_states = max_states
        """States after which a dream ends; may be changed between moves."""
        self.jumps = Jumps(jumps)
        """How moves over several states are answered; may be changed between moves."""
        self.calibration = calibration or Calibration()
        """Turns evidence into probabilities."""
        slot = next(_slots)
        self._thinker = Thinker(engine, slot, max_tokens, Granularity(granularity))
        self._leaper = Leaper(engine, slot, max_tokens)
        self._shell: Shell | None = None
        self._listing: Listing | None = None
        self._goal: Goal | None = None
        self._calling = -1
        self._gaps: dict[int, tuple[Shell, Shell]] = {}
        """Shells before and after each direct jump, by the index of the state where it began."""
        self._evidence: list[Evidence] = []
        self._move_evidence = Evidence()
        self._left_out = LeftOut()

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        max_states: int = 2000,
        granularity: Granularity | str | None = None,
        jumps: Jumps | str = Jumps.ROLLOUT,
        engine: CompletionEngine | None = None,
    ) -> NeuralDebugger:
        """Opens a debugger over a model, with its calibration where it has one for this granularity.

        Args:
            path: The checkpoint's folder, another model's folder or the address of a server, see
                `engines.open_engine`; None takes the checkpoint that ships with the package.
            max_states: As in the constructor.
            granularity: As in the constructor; None takes `Granularity.default` of this model.
            jumps: As in the constructor.
            engine: Answers in place of the model's own, such as one that gathers questions for it.

        Raises:
            ModelError: the model is missing or damaged, or the server does not answer.
        """
        folder = SHIPPED if path is None else Path(path)
        ours = not is_url(path) and (folder / MANIFEST).is_file()
        fine = Granularity(granularity) if granularity is not None else Granularity.default(ours)
        calibration = None if is_url(path) else Calibration.load(folder, fine.value)
        return cls(
            engine or shared_engine(path),
            max_states,
            granularity=fine,
            jumps=jumps,
            calibration=calibration,
        )

    @property
    def engine(self) -> CompletionEngine:
        """What answers the questions."""
        return self._engine

    @property
    def granularity(self) -> Granularity:
        """How much one question to the model covers; may be changed between moves."""
        return self._thinker.granularity

    @granularity.setter
    def granularity(self, granularity: Granularity | str) -> None:
        self._thinker.granularity = Granularity(granularity)

    @property
    def confidence(self) -> float:
        """The confidence in the last answer, in [0, 1].

        That is the state that the last move led to, given the one where it began; after a move back, the
        state itself, given the one before it; after a look, what it said. With a calibration it is the
        probability that the state is exactly right; without one, the least probability that the model gave
        to any token it wrote on the way, before masking. It is 1 where the shell was certain.
        """
        return self.calibration.probability(self._move_evidence)

    @property
    def evidence(self) -> Evidence:
        """What `confidence` is made of."""
        return self._move_evidence

    @property
    def evidences(self) -> tuple[Evidence, ...]:
        """What the confidence in each state of the tree is made of, in time."""
        return tuple(self._evidence)

    @property
    def confidences(self) -> tuple[float, ...]:
        """The confidence in each state of the tree, in time; 1 where it was given or certain."""
        return tuple(map(self.calibration.probability, self._evidence))

    @property
    def info(self) -> dict[str, Any]:
        """What is to be known of the last answer beside the state, as plain JSON data.

        ``granularity`` and ``jumps`` of the debugger, ``confidence``, and what the questions left out (see
        `LeftOut`): ``cut_texts``, ``dropped_returns``, ``cut_programs``, ``unread_questions``,
        ``cut_answers``, and ``dropped``, the same in words.
        """
        left = self._left_out
        return {
            "granularity": self.granularity.value,
            "jumps": self.jumps.value,
            "confidence": self.confidence,
            "cut_texts": left.texts,
            "dropped_returns": left.returns,
            "cut_programs": left.lines,
            "unread_questions": left.unread,
            "cut_answers": left.answers,
            "dropped": str(left),
        }

    def step(self, action: Action) -> State:
        """Does one action, dreaming as far as it asks, and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
            ModelError: the model cannot answer.
        """
        if self._gaps and action.kind.moves and not action.kind.backward and self.refusal(action) is None:
            self._fill_gaps()
        known, start = len(self._tree) if self._program else 0, self._position
        with self._listening():
            state = super().step(action)
        if action.kind.moves:  # else the move before it holds, or a look has told its own
            position = self._position
            end = len(self._tree) if len(self._tree) > known else position + 1
            passed = self._evidence[start + 1 : end] if position > start else [self._evidence[position]]
            self._move_evidence = Evidence.join(passed)  # what had no answer is evidence, too
        return state

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Evaluates an expression in a frame by asking the model, see `Dreamer.evaluate`."""
        with self._listening():
            return super().evaluate(expression, frame)

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a variable of a frame to a value that the model is asked for, see `Dreamer.assign`."""
        with self._listening():
            return super().assign(name, expression, frame)

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
        known = self._tree.states
        if shell is None or self._gaps or len(known) != len(kept) or known[: len(kept) - 1] != kept[:-1]:
            shell = self._shell = Shell(self.program, shell.flow if shell else None)
            shell.start()
            shell.accept(kept[0])
            self._follow(shell, kept, 0)
        else:
            shell.accept(kept[-1])
        self._evidence, self._gaps = [Evidence()] * len(kept), {}
        self._stand(StateTree(kept, self._grow), len(kept) - 1)
        return self.state

    def fork(self) -> NeuralDebugger:
        """Returns a second debugger at the same stop of the same dream; each dreams on by itself.

        Raises:
            IllegalAction: there is no program yet.
        """
        self.program  # noqa: B018  refuses before the first reset
        other = self.beside(self._engine)
        self._copy_to(other)
        return other

    def beside(self, engine: CompletionEngine) -> NeuralDebugger:
        """Returns a debugger with the same settings, and no program yet, over an engine.

        Args:
            engine: Answers as this one's does, such as one that gathers questions for it.
        """
        granularity = self._thinker.granularity
        return NeuralDebugger(
            engine, self.max_states, self._max_tokens, granularity, self.jumps, self.calibration
        )

    def restore(self, stop: Debugger) -> State:
        """Goes back to a stop that was kept by `fork`, with the breakpoints of then; the fork stays.

        Raises:
            IllegalAction: the fork is of another kind of debugger, or of one without a program.
        """
        if not isinstance(stop, NeuralDebugger):
            raise IllegalAction(f"a dream cannot take over from a {type(stop).__name__}")
        stop.state  # noqa: B018  refuses where it has no program
        stop._copy_to(self)
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

    def _copy_to(self, other: TreeDebugger) -> None:
        """Makes another debugger stand where this one does, in a tree that grows by itself."""
        super()._copy_to(other)
        assert isinstance(other, NeuralDebugger)
        assert self._shell is not None
        other._shell, other._listing = self._shell.copy(), self._listing
        other._gaps, other._evidence = dict(self._gaps), list(self._evidence)
        other._move_evidence = self._move_evidence
        other._stand(StateTree(self._tree.states, other._grow), self._position)
        other._state = self._state

    def _follow(self, shell: Shell, states: Sequence[State], start: int) -> None:
        """Leads a shell along true states, from the one at an index to the last."""
        for place in range(start, len(states) - 1):
            if shell.certain() is None:
                self._lead(shell, states, place)
            shell.accept(states[place + 1])

    @staticmethod
    def _lead(shell: Shell, states: Sequence[State], place: int) -> None:
        """Answers the shell's question by the true state after a place, as well as it can be answered."""
        outcome = shell.outcome_of(states, place)
        if outcome is not None:
            with suppress(ValueError):  # then the shell finds its way again from the state itself
                shell.apply(outcome)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Keeps what the questions leave out that are put meanwhile."""
        with listening() as self._left_out:
            yield

    def _start(self, program: Program) -> StateTree:
        self._left_out = LeftOut()
        self._shell = Shell(program)
        self._listing, self._gaps = None, {}
        self._evidence, self._move_evidence = [Evidence()], Evidence()
        first = [self._shell.start()]
        for edit in program.edits:
            if not edit.index:
                first = [self._edited(edit, self._shell, first[0])]
        return StateTree(first, self._grow)

    def _move(self, action: Action) -> None:
        plain = self.jumps is Jumps.ROLLOUT
        self._goal = None if plain else Goal.of(action, self.state, self.breakpoints)
        self._calling = -1
        try:
            super()._move(action)
        finally:
            self._goal = None

    def _fill_gaps(self) -> None:
        """Forgets what was dreamt after the current state, if a part of it was jumped over."""
        position = self._position
        if position <= max(self._gaps):
            self._renew(self._shell_at(position), self._tree.states[: position + 1])

    def _shell_at(self, position: int) -> Shell:
        assert self._shell is not None
        states = self._tree.states[: position + 1]
        if len(states) == len(self._tree):
            return self._shell.copy()
        if position in self._gaps:
            return self._gaps[position][0].copy()
        begun = max((gap for gap in self._gaps if gap < position), default=-1)
        if begun >= 0:
            shell = self._gaps[begun][1].copy()
        else:
            shell = Shell(self.program, self._shell.flow)
            shell.start()
            shell.accept(states[0])
        self._follow(shell, states, begun + 1)
        return shell

    def _renew(self, shell: Shell, states: Sequence[State]) -> None:
        position = len(states) - 1
        self._shell = shell
        self._gaps = {gap: shells for gap, shells in self._gaps.items() if gap < position}
        del self._evidence[position + 1 :]
        self._stand(StateTree(states, self._grow), position)

    def _grow(self) -> None:
        """Dreams the next state in time, or jumps."""
        shell, tree = self._shell, self._tree
        assert shell is not None
        if len(tree) >= self.max_states:
            self._add(State.at_exit(Exit(ExitCode.NEVER, "step_budget")), Evidence())
            return
        if self._goal is not None and self._calling != len(tree) and self._leap(shell, self._goal):
            return
        certain = shell.certain()
        if certain is not None:
            self._add(certain, Evidence())
            return
        [found] = self._thinker.consider([shell])
        self._add(self._state_after(shell, found), found.evidence)

    def _leap(self, shell: Shell, goal: Goal) -> bool:
        """Jumps towards a goal, if that can be asked and is believed."""
        if self._listing is None:
            self._listing = Listing(self.program, shell.flow)
        leap = self._leaper.ask(self._listing, shell, goal)
        if leap is None:
            if self._leaper.lost:
                self._goal = None  # the rest of the move is dreamt state by state
            return False
        if self.jumps is Jumps.AUTO:
            least = self.calibration.thresholds.get(goal.kind, math.inf)
            if self.calibration.probability(leap.evidence) < least:
                self._goal = None
                return False
        before, index = shell.copy(), len(self._tree) - 1
        state = self._leaper.take(self._listing, shell, leap)
        self._add(state, leap.evidence)
        self._gaps[index] = before, shell.copy()
        if leap.landing.letter == "C":
            self._calling = len(self._tree)
        return True

    @staticmethod
    def _state_after(shell: Shell, found: Considered) -> State:
        if found.outcome is None:
            return State.at_exit(Exit(ExitCode.NEVER, found.reason))
        try:
            return shell.apply(found.outcome)
        except ValueError:
            return State.at_exit(Exit(ExitCode.NEVER, "incoherent"))

    def _add(self, state: State, evidence: Evidence) -> None:
        for edit in self.program.edits:
            if edit.index == len(self._tree) and self._shell is not None:
                state = self._edited(edit, self._shell, state)
        self._tree.append(state)
        self._evidence.append(evidence)
