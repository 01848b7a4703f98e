"""The inverse tester: looks in a dream for arguments that lead somewhere, and runs the most promising ones.

What is looked for is a line of the program, or an end of the call. Candidates are dreamt forwards, many
together; those whose dreamt run gets there are run first, the surest first, then those whose dream is least
sure that they do not. The model's answers to the inverse question are candidates, too. Every run is a real
one, in a box, and only that says whether a target was reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from debugworld.sandboxes.debugger import Event, Program, ProgramError, State, Trace
from debugworld.worldmodel.inverse import End, is_end

from .candidates import Source, likely_end, mixed, proposals
from .dreams import Dream, Dreams

SCREENED = 64
"""Candidates that are dreamt."""
PROPOSED = 16
"""Answers to the inverse question that are asked for."""
AHEAD = 150
"""States of a candidate's dream."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a call is to reach: a line, or an end."""

    line: int = 0
    """1-based line of the program that is to run; 0 where an end is asked for."""
    end: End | None = None
    """How the call is to end; None where a line is asked for."""

    def __post_init__(self) -> None:
        if bool(self.line) is (self.end is not None):
            raise ValueError("a target is either a line or an end")

    def __str__(self) -> str:
        return f"line {self.line}" if self.end is None else str(self.end)

    def place(self, states: Sequence[State]) -> int:
        """Returns the index of the first state of a run that shows the target reached; -1 where none does."""
        for place, state in enumerate(states):
            if self.end is None:
                if state.event is Event.LINE and state.line == self.line:
                    return place
            elif _ends(state, self.end):
                return place
        return -1


def _ends(state: State, end: End) -> bool:
    event = Event.EXCEPTION if end.raised else Event.RETURN
    return not state.depth and state.event is event and is_end(state.value or "", end)


@dataclass(frozen=True)
class Search:
    """A search for one target, as far as it went."""

    target: Target
    """What was looked for."""
    tried: tuple[str, ...]
    """The calls that were run, in time."""
    found: str | None
    """The last of them, where it reached the target."""


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
        self.add(calls)

    def add(self, calls: Iterable[str]) -> None:
        """Dreams more candidates; those that cannot be dreamt are kept for the end."""
        new = [call for call in dict.fromkeys(calls) if call not in self._seen]
        programs = [replace(self._program, call=call) for call in new]
        self._seen.update(zip(new, self._dreams.from_entry(programs), strict=True))

    def order(self, target: Target, first: Sequence[str] = ()) -> list[str]:
        """Returns the candidates, the most promising first.

        Args:
            target: What is to be reached.
            first: Those that count more than others of which a dream says the same, the best first.
        """
        rank = {call: place for place, call in enumerate(first)}
        keys = {}
        for number, (call, dream) in enumerate(self._seen.items()):
            hope = self._hope(dream, target)
            keys[call] = (-(hope > 0.5), rank.get(call, len(rank)), -hope, number)
        return sorted(keys, key=lambda call: keys[call])

    def _hope(self, dream: Dream | None, target: Target) -> float:
        """Returns a number from 0 to 1: above 0.5 where the dream gets there, and higher the surer it is."""
        if dream is None:
            return 0.0
        place = target.place(dream.states)
        end = place if place >= 0 else len(dream.states) - 1
        sure = self._dreams.sureness(dream.between(0, end))
        return 0.5 + sure / 2 + 1e-9 if place >= 0 else (1 - sure) / 2


class InverseTester:
    """Looks for arguments in the dream before it runs any.

    Args:
        dreams: Dreams the candidates; with a model, it answers inverse questions, too.
        source: Where candidates come from.
        screened: How many of them are dreamt.
        proposed: Answers to the inverse question beside them; 0 for none.
        seed: Of the candidates and the draws.
    """

    def __init__(
        self,
        dreams: Dreams,
        source: Source = mixed,
        screened: int = SCREENED,
        proposed: int = PROPOSED,
        seed: int = 0,
    ) -> None:
        self.dreams = dreams
        """Where the dreams come from; its subject counts what they cost."""
        self._source, self._screened, self._proposed, self._seed = source, screened, proposed, seed
        self._screen: tuple[Program, Screen] | None = None

    def calls(self, program: Program, target: Target) -> Iterator[str]:
        """Yields calls to run, the most promising first; the candidates of a program are dreamt once.

        Args:
            program: The program and a call that is known.
            target: What is to be reached.

        Raises:
            ModelError: the model cannot answer.
        """
        if self._screen is None or self._screen[0] != program:
            calls = self._source(program, self._seed, self._screened)
            self._screen = program, Screen(self.dreams, program, calls)
        screen = self._screen[1]
        end = target.end or likely_end(program, target.line)
        meter = self.dreams.subject.meter
        asked: list[str] = []
        if (
            self._proposed
            and end is not None
            and meter is not None
            and self.dreams.subject.about.get("inverse")
        ):
            asked = list(proposals(meter, program, end, self._seed, self._proposed))
            screen.add(asked)
        yield from screen.order(target, asked)


def search(
    record: Callable[[Program], Trace], program: Program, target: Target, calls: Iterable[str], budget: int
) -> Search:
    """Runs calls until one reaches a target, or the budget is spent.

    Args:
        record: Runs a program for real, in a box.
        program: The program.
        target: What is to be reached.
        calls: What to run, in this order.
        budget: Most runs; a call that cannot run counts as one.

    Raises:
        SandboxError: the box failed.
    """
    tried = []
    for call in itertools.islice(calls, budget):
        tried.append(call)
        try:
            trace = record(replace(program, call=call))
        except ProgramError:
            continue
        if target.place(trace.states) >= 0:
            return Search(target, tuple(tried), call)
    return Search(target, tuple(tried), None)
