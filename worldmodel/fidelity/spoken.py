"""Models that speak a format as subjects: the paper's, CWM's, ours with the history in the prompt.

Not every format can say all of a state. So beside such a model stands its ceiling, the truth as the format
can say it: `CeilingDebugger`, opened as ``real?format=NAME``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Exit,
    ExitCode,
    Program,
    State,
    StateTree,
)
from debugworld.worldmodel.checkpoint import MANIFEST, training_of
from debugworld.worldmodel.context import ContextDebugger
from debugworld.worldmodel.conversation import TooLong
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.direct_debugger import DirectDebugger
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import Codec, open_codec
from debugworld.worldmodel.model_name import SPOKEN_SETTINGS, ModelName
from debugworld.worldmodel.spoken import INTO

from .measures.backward import BACKWARD
from .real import RealDebugger
from .subject import Meter, Subject

MAX_TOKENS = 512
"""Tokens of the longest answer, where the model reads enough."""


class SpokenJudged:
    """A debugger over a format, for which a question that is too long for its model is one more limit met.

    Args:
        debugger: answers.
    """

    def __init__(self, debugger: ContextDebugger | DirectDebugger) -> None:
        self._inner = debugger

    @property
    def max_states(self) -> int:
        """States after which a dream ends; may be changed between moves."""
        return self._inner.max_states

    @max_states.setter
    def max_states(self, count: int) -> None:
        self._inner.max_states = count

    @property
    def confidence(self) -> float:
        """The least probability of a token, without the grammar."""
        return self._inner.confidence

    @property
    def tree(self) -> StateTree | None:
        """What was dreamt, where the debugger dreams state by state."""
        return self._inner.tree if isinstance(self._inner, ContextDebugger) else None

    def reset(self, program: Program) -> State:
        """Begins a program."""
        return self._inner.reset(program)

    def ground(self, states: Sequence[State]) -> State:
        """Stands at the last of some true states."""
        return self._inner.ground(states)

    def step(self, action: Action) -> State:
        """Does one action; ``never`` for ``token_budget`` where the model cannot read the question."""
        try:
            return self._inner.step(action)
        except TooLong:
            return State.at_exit(Exit(ExitCode.NEVER, "token_budget"))

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Changes a variable."""
        return self._inner.assign(name, expression, frame)


class CeilingDebugger(RealDebugger):
    """The truth, as a format can say it: what a model that makes no mistake is judged to be.

    Each state is written behind the true history and read back.

    Args:
        box: runs the programs.
        codec: the format.
        direct: whether a move that the format has a word for is one step; else the last step into counts.
    """

    def __init__(self, box: Sandbox, codec: Codec, direct: bool) -> None:
        super().__init__(box)
        self._codec, self._direct = codec, direct

    def step(self, action: Action) -> State:
        """Does one action, and returns what the format tells of the state it leads to."""
        before = self._real.position
        true = super().step(action)
        after = self._real.position
        states = self._real.tree.states
        direct = self._direct and action.kind in self._codec.actions
        start, asked = (before, action) if direct else (after - 1, INTO)
        if after <= before:
            return true
        walk = Trajectory(self._real.program, (), tuple(_steps(states[: start + 1])))
        shown = true if direct else states[after]
        try:
            return self._codec.shown(walk, Step(asked, shown))
        except ModelError:  # what the format cannot say it cannot tell either
            return State.at_exit(Exit(ExitCode.NEVER, "incoherent"))


def _steps(states: Sequence[State]) -> list[Step]:
    return [Step(INTO if place else None, state) for place, state in enumerate(states)]


def open_spoken(name: ModelName, box: Sandbox) -> Subject:
    """Opens a model that speaks a format, or the format's ceiling.

    Args:
        name: a folder that `from_pretrained` reads, a GGUF file, or ``real``, with its settings.
        box: for the ceiling.

    Raises:
        ModelError: there is no such model or format, the model lacks the format's markers, or the format has
            no jumps that could be asked for directly.
    """
    name.check(SPOKEN_SETTINGS)
    codec = open_codec(name.format)
    jumps = name.settings.get("jumps", "rollout")
    about: dict[str, Any] = {"format": codec.name, "jumps": jumps}
    told = f"{codec.name}, {jumps}" if "jumps" in name.settings else codec.name
    if name.where == "real":
        ceiling = CeilingDebugger(box, codec, jumps == "direct")
        return Subject(f"real, {told}", ceiling, about={"kind": "real", **about}, checked=True)
    from debugworld.worldmodel.opening import open_speaker, open_speaking

    path = name.speaker
    engine = open_speaker(path)
    meter = Meter(engine, engine.vocabulary(codec.markers, codec.stop).count)
    debugger = open_speaking(engine, name, max_tokens=MAX_TOKENS, completer=meter)
    about |= {"kind": "model", "model": path.name, "context": engine.context, "weights": digest_of(path)}
    if jumps == "direct" and ActionKind.BACK_TO_CALL in codec.actions:
        about["inverse"] = BACKWARD
    subject = Subject(f"{path.name}, {told}", SpokenJudged(debugger), meter, engine.parameters, about)
    if (path / MANIFEST).is_file():
        subject.seen, subject.checked = training_of(path)
    return subject


def digest_of(path: Path) -> str:
    """Returns 16 hexadecimal digits of a model's weights, or of its files' names and sizes."""
    found = hashlib.sha256()
    files = [path] if path.is_file() else sorted(path.glob("*.safetensors")) or sorted(path.iterdir())
    for file in files:
        if file.is_file():
            found.update(file.name.encode())
            found.update(
                file.read_bytes() if file.stat().st_size < 1 << 28 else str(file.stat().st_size).encode()
            )
    return found.hexdigest()[:16]
