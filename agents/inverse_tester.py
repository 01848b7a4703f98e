"""The inverse tester: looks in a dream for arguments that lead somewhere, and runs the most promising ones.

What is looked for is a line of the program, or an end of the call. Candidates are dreamt forwards, many
together, and new ones are made out of those that came nearest, as in search-based testing (McMinn, 2004) with
the dream for the run. Those that get there are run first, the surest first, then those that come nearest. The
model's answers to the inverse question are candidates, too. Every run is a real one, in a box, and only that
says whether a target was reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from debugworld.sandboxes.debugger import Program, ProgramError, Trace
from debugworld.worldmodel.search.constants import Constants
from debugworld.worldmodel.search.dreams import Dreams
from debugworld.worldmodel.search.screen import Screen
from debugworld.worldmodel.search.target import Target
from debugworld.worldmodel.search.variation import children, seeded

from .candidates import Source, likely_end, mixed, proposals

SCREENED = 64
"""First candidates of a program that are dreamt."""
SEEDED = 16
"""Candidates with constants, for each target."""
ROUNDS = 3
"""Most rounds of candidates made out of the nearest ones, for each target."""
BROOD = 16
"""Candidates of a round."""
PARENTS = 8
"""Candidates that those of a round are made out of."""
ENOUGH = 3
"""Candidates that get there in the dream after which no more are made before the first run."""
PROPOSED = 8
"""Answers to the inverse question that are asked for."""
AHEAD = 150
"""States of a candidate's dream."""


@dataclass(frozen=True)
class Search:
    """A search for one target, as far as it went."""

    target: Target
    """What was looked for."""
    tried: tuple[str, ...]
    """The calls that were run, in time."""
    found: str | None
    """The last of them, where it reached the target."""


class InverseTester:
    """Looks for arguments in the dream before it runs any.

    Args:
        dreams: Dreams the candidates; with a model, it answers inverse questions, too.
        source: Where the first candidates come from.
        screened: How many of them are dreamt.
        proposed: Answers to the inverse question beside them; 0 for none.
        seed: Of the candidates and the draws.
        seeded: Candidates with constants of the program and the target, for each target; 0 for none.
        rounds: How often candidates are made out of those that came nearest in the dream; 0 for never.
    """

    def __init__(
        self,
        dreams: Dreams,
        source: Source = mixed,
        screened: int = SCREENED,
        proposed: int = PROPOSED,
        seed: int = 0,
        seeded: int = SEEDED,
        rounds: int = ROUNDS,
    ) -> None:
        self.dreams = dreams
        """Where the dreams come from; its subject counts what they cost."""
        self._source, self._screened, self._proposed, self._seed = source, screened, proposed, seed
        self._seeded, self._rounds = seeded, rounds
        self._screen: tuple[Program, Screen] | None = None

    def calls(self, program: Program, target: Target) -> Iterator[str]:
        """Yields calls to run, the most promising first; who asks for one more says that the last one failed.

        The candidates of a program are dreamt once, for all its targets.

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
        constants = Constants(program, target.wanted)
        asked = self._asked(program, target)
        screen.add([*asked, *seeded(program, constants, self._seed, self._seeded)])
        failed: list[str] = []
        wanted, bred = ENOUGH, 0
        while True:
            while bred < self._rounds and screen.reaching(target, failed) < wanted:
                parents = screen.parents(target, PARENTS, failed)
                seed = self._seed + bred * len(screen)
                screen.add(children(program, parents, constants, seed, BROOD))
                bred += 1
            order = screen.order(target, asked, failed)
            if not order:
                return
            yield order[0]
            failed.append(order[0])
            wanted = 1

    def _asked(self, program: Program, target: Target) -> list[str]:
        """Returns what the model answers to the inverse question, where it can be asked."""
        end = target.end or likely_end(program, target.line)
        subject = self.dreams.subject
        if not self._proposed or end is None or subject.meter is None or not subject.about.get("inverse"):
            return []
        return list(proposals(subject.meter, program, end, self._seed, self._proposed))


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
