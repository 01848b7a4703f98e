"""Runs as models dream them, each dreamt once and shared by the environments of a process.

A dream is looked for in memory, then on disk beside the recorded traces (see `trace_cache`), under everything
that it follows from: the program, the model and how it is asked, the budgets, the true states that it begins
with, and the sources of the world model. What a server dreams is not kept on disk, since another model may
answer there tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.box import sources_digest
from debugworld.sandboxes.debugger import Program, ProgramError, State, Trace
from debugworld.sandboxes.sources import package_digest
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.errors import ModelError

from .memory import Recent
from .trace_cache import content_key, open_trace_cache
from .trace_store import TraceStore

if TYPE_CHECKING:
    from debugworld.worldmodel.fidelity.subject import Judged, Subject

JOBS = 64
"""Programs that are dreamt at a time by `DreamStore.prefetch`."""


@dataclass(frozen=True, slots=True)
class Dreamt:
    """A dream and what it took."""

    trace: Trace
    """The run."""
    looks: int = 0
    """How often the real run was looked at."""


class DreamStore:
    """Dreams programs with one model and remembers the runs.

    Args:
        subject: Dreams.
        max_states: States after which a dream ends as ``never``.
        real_calls: Most looks at the real run for each step of a dream, see `worldmodel.rollout.dream`.
    """

    def __init__(self, subject: Subject, max_states: int, real_calls: float = 0.0) -> None:
        self.subject, self.max_states, self.real_calls = subject, max_states, real_calls
        self._dreams: Recent[Dreamt] = Recent()
        self._told = _told(subject) if real_calls else subject.about
        self._lasting = subject.about.get("kind") not in ("endpoint", "real")

    @property
    def engine(self) -> CompletionEngine | None:
        """What answers the dreamer's questions; None where it asks nobody."""
        return getattr(self.subject.debugger, "engine", None)

    def dream(
        self,
        program: Program,
        given: Sequence[State] = (),
        engine: CompletionEngine | None = None,
        record: Callable[[Program], Trace] | None = None,
    ) -> Dreamt:
        """Returns the dream of a program, from memory or disk where it was dreamt.

        Args:
            program: What is dreamt.
            given: True states from the entry on that the dream goes on from.
            engine: Answers in place of the model's own, such as one that gathers questions for it.
            record: Runs a program for real; only needed with ``real_calls``.

        Raises:
            ProgramError: the program cannot be debugged as given.
            ModelError: the model cannot answer.
            SandboxError: the box failed.
        """
        found = self.known(program, given)
        return self._dream(self._dreamer(engine), program, given, record) if found is None else found

    def prefetch(
        self,
        programs: Iterable[Program],
        record: Callable[[Program], Trace] | None = None,
        on_dream: Callable[[], None] = lambda: None,
        jobs: int = JOBS,
    ) -> None:
        """Dreams many programs side by side, so that what all ask goes to the model in one batch.

        Programs that cannot be dreamt are passed over: they will say why when they are asked for.

        Args:
            programs: What is dreamt from the entry on.
            record: As in `dream`.
            on_dream: Called after each program.
            jobs: Programs at a time.
        """
        from debugworld.worldmodel.gathering import Gatherer

        waiting = iter(programs)

        def work(engine: CompletionEngine | None) -> None:
            dreamer = self._dreamer(engine)
            for program in waiting:
                try:
                    if self.known(program, ()) is None:
                        self._dream(dreamer, program, (), record)
                except (ProgramError, ModelError):
                    pass
                on_dream()

        if self.engine is None:
            work(None)
            return
        gatherer = Gatherer(self.engine, jobs)
        try:
            gatherer.run([lambda: work(gatherer)] * jobs)
        finally:
            gatherer.close()

    def _dreamer(self, engine: CompletionEngine | None) -> Judged:
        debugger: Any = self.subject.debugger
        return debugger if engine is None or self.engine is None else debugger.beside(engine)

    def _dream(
        self,
        dreamer: Judged,
        program: Program,
        given: Sequence[State],
        record: Callable[[Program], Trace] | None,
    ) -> Dreamt:
        from debugworld.worldmodel.rollout import Reality, dream

        reality = Reality(record(program), self.real_calls) if self.real_calls and record else None
        found = Dreamt(*dream(dreamer, program.check(), self.max_states, given, reality))
        key = self._key(program, given)
        self._keep(key, found)
        cache = open_trace_cache()
        if cache is not None and self._lasting:
            cache.put(key, found.trace, found.looks)
        return found

    def known(self, program: Program, given: Sequence[State] = ()) -> Dreamt | None:
        """Returns the dream of a program where it was dreamt; None where it was not.

        Raises:
            ProgramError: the program cannot be debugged as given.
        """
        key = self._key(program, given)
        found = self._dreams.get(key)
        if found is not None:
            return found
        cache = open_trace_cache() if self._lasting else None
        kept = cache.noted(key, program.check()) if cache is not None else None
        if kept is not None:
            found = Dreamt(*kept)
            self._keep(key, found)
        return found

    def _keep(self, key: str, found: Dreamt) -> None:
        self._dreams.put(key, found, len(found.trace.states))

    def _key(self, program: Program, given: Sequence[State]) -> str:
        states = [state.to_json() for state in given]
        budgets = [self.max_states, self.real_calls]
        return content_key(
            "dream", sources_digest(), model_sources_digest(), self._told, budgets, program.digest, states
        )


def model_sources_digest() -> str:
    """Returns 64 hexadecimal digits that stand for all sources of the world model."""
    return package_digest("debugworld.worldmodel")


def dream_store(
    model: str | Path | None, traces: TraceStore, max_states: int, real_calls: float = 0.0
) -> DreamStore:
    """Returns this process's store for a model and its budgets.

    Args:
        model: Name, as `worldmodel.fidelity.subjects.open_subject` takes it.
        traces: Runs programs for real, for the model ``real``.
        max_states: States after which a dream ends as ``never``.
        real_calls: As in `DreamStore`.

    Raises:
        ModelError: there is no such model, or a setting is unknown.
    """
    name = None if model is None else str(model)
    weights = Path((name or "").partition("?")[0] or ".") / "model.safetensors"
    changed = weights.stat().st_mtime_ns if weights.is_file() else 0
    return _store(name, traces, changed, max_states, real_calls)


@lru_cache(maxsize=16)
def _store(
    name: str | None, traces: TraceStore, changed: int, max_states: int, real_calls: float
) -> DreamStore:
    return DreamStore(_subject(name, traces, changed), max_states, real_calls)


@lru_cache(maxsize=4)
def _subject(name: str | None, traces: TraceStore, changed: int) -> Subject:
    from debugworld.worldmodel.fidelity.subjects import open_subject

    return open_subject(name, cast(Sandbox, traces))  # it records and opens sessions as a box does


def _told(subject: Subject) -> dict[str, Any]:
    """Returns what confidence follows from, beside what the dream does."""
    calibration = getattr(subject.debugger, "calibration", None)
    return subject.about | {"calibration": None if calibration is None else asdict(calibration)}
