"""Candidates that were dreamt, and which of them to run next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from debugworld.sandboxes.debugger import Program

from .dreams import Dream, Dreams
from .target import Target
from .variation import Arguments, Parent

_NEVER = float("inf")
_AGAIN = 0.5
"""What is left of the trust in a dream for each run that proved one with the same path wrong."""


@dataclass(frozen=True)
class View:
    """What a dream says about a target."""

    sure: float
    """Probability that it is right as far as it was looked at, in [0, 1]."""
    away: float
    """How far it stays from the target; 0 where it gets there, infinity where there is no dream."""
    path: int
    """Hash of the lines that it runs until then."""


class Screen:
    """Candidates that were dreamt once, for all targets of a program.

    Args:
        dreams: Dreams them.
        program: The program and a call that is known.
        calls: The candidates.
    """

    def __init__(self, dreams: Dreams, program: Program, calls: Iterable[str] = ()) -> None:
        self._dreams, self._program = dreams, program
        self._seen: dict[str, Dream | None] = {}
        self._views: dict[tuple[Target, str], View] = {}
        self.add(calls)

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def states(self) -> int:
        """States that were dreamt, of all candidates together."""
        return sum(len(dream.states) for dream in self._seen.values() if dream is not None)

    def add(self, calls: Iterable[str]) -> None:
        """Dreams more candidates; those that cannot be dreamt are kept for the end."""
        new = [call for call in dict.fromkeys(calls) if call not in self._seen]
        programs = [replace(self._program, call=call) for call in new]
        self._seen.update(zip(new, self._dreams.from_entry(programs), strict=True))

    def reaching(self, target: Target, failed: Iterable[str] = ()) -> int:
        """Returns how many candidates get to a target in the dream, those that failed left out."""
        out = set(failed)
        return sum(not self._view(call, target).away for call in self._seen if call not in out)

    def sureness(self, call: str, target: Target) -> float:
        """Returns the probability that a candidate's dream is right as far as the target, in [0, 1]."""
        return self._view(call, target).sure

    def parents(self, target: Target, count: int, failed: Iterable[str] = ()) -> list[Parent]:
        """Returns the candidates that come nearest to a target in the dream, the nearest first.

        Where there is none, the known call is returned.
        """
        out = set(failed)
        aways = {call: self._view(call, target).away for call in self._seen if call not in out}
        near = sorted((call for call in aways if aways[call] < _NEVER), key=lambda call: aways[call])[:count]
        found = []
        for call in near or [self._program.call or ""]:
            apart, dream = Arguments.of(call), self._seen.get(call)
            if apart is not None:
                found.append(Parent(apart, tuple(target.gaps(dream.states)) if dream is not None else ()))
        return found

    def order(self, target: Target, first: Sequence[str] = (), failed: Sequence[str] = ()) -> list[str]:
        """Returns the candidates, the most promising first.

        Those whose dream gets there come first, and among these the surest; a dream with the path of one that
        a run proved wrong is trusted less. Then those whose dream stays the least away take turns with those
        that were made first, so that a poor dream does not hide them.

        Args:
            target: What is to be reached.
            first: Those that count more than others that get there, the best first.
            failed: Those that were run in vain; they are left out.
        """
        rank = {call: place for place, call in enumerate(first)}
        out = set(failed)
        views = {call: self._view(call, target) for call in self._seen}
        wrong = Counter(views[call].path for call in out if call in views and not views[call].away)

        def promise(call: str) -> tuple[float, float]:
            again = wrong[views[call].path]
            return again + rank.get(call, len(rank)), -views[call].sure * _AGAIN**again

        left = [call for call in views if call not in out]
        hits = sorted((call for call in left if not views[call].away), key=promise)
        others = [call for call in left if views[call].away]
        near = sorted(others, key=lambda call: (views[call].away, views[call].sure))
        turns = (call for pair in zip(near, others, strict=True) for call in pair)
        return [*hits, *dict.fromkeys(turns)]

    def _view(self, call: str, target: Target) -> View:
        key = target, call
        if key not in self._views:
            self._views[key] = self._look(self._seen.get(call), target)
        return self._views[key]

    def _look(self, dream: Dream | None, target: Target) -> View:
        if dream is None:
            return View(0.0, _NEVER, 0)
        place = target.place(dream.states)
        end = place if place >= 0 else len(dream.states) - 1
        sure = self._dreams.sureness(dream.between(0, end))
        path = hash(tuple(state.line for state in dream.states[: end + 1]))
        return View(sure, target.away(self._program, dream.states), path)
