"""What a planner believes of a run: dreams of it, and where in each of them the program stands.

Each dream is corrected by what is really seen: where a stop is another one than the dream says, the dream's
past is kept as far as it fits, the stop is put behind it, and the rest is dreamt anew. So the dreams are
particles of a filter whose observations are exact (Gordon, Salmond and Smith, 1993), with new futures in the
place of new weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from debugworld.envs import Goal
from debugworld.sandboxes.debugger import Action, Event, State
from debugworld.worldmodel.search.dreams import Dream, Dreams, first_past

from .reading import Reading, alike
from .shortest import Watch, Ways


@dataclass
class Particle:
    """One dream, and where the program stands in it."""

    dream: Dream
    """The run."""
    ways: Ways
    """The moves over it."""
    place: int
    """Index of the stop."""

    def aims(self, goal: Goal) -> list[int]:
        """Returns where the goal holds in the dream; not where the program stands, for there it would be seen."""  # noqa: E501  a summary is one line
        return [n for n, state in enumerate(self.dream.states) if n != self.place and goal.holds(state)]


class Belief:
    """Dreams of the run that an episode is about.

    Args:
        dreams: Where they come from.
        reading: The first page.
    """

    def __init__(self, dreams: Dreams, reading: Reading) -> None:
        self._dreams = dreams
        self._program = reading.program.check()
        self._lines = self._program.outline.stop_lines
        self.surprises = 0
        """How often the likeliest dream was wrong about where a command led."""
        past = [reading.state]
        if reading.state.depth or len(reading.stack) > 1 or not _is_entry(reading):
            past = first_past(self._program, reading.state, reading.stack)
        self.particles = [self._dreamt(past, number) for number in range(dreams.width)]
        """One for each dream, the likeliest first."""

    def follow(self, action: Action, watches: frozenset[Watch], reading: Reading) -> None:
        """Goes where a command really led.

        Args:
            action: What was done.
            watches: The breakpoints that were set when it was done.
            reading: The page that followed.
        """
        for number, particle in enumerate(self.particles):
            expected = particle.ways.target(particle.place, action, watches)
            if alike(particle.dream.states[expected], reading.state):
                particle.place = expected
                continue
            self.surprises += not number
            past = self._past(particle, expected, action, reading)
            self.particles[number] = self._dreamt(past, number)

    def sureness(self, particle: Particle, place: int) -> float:
        """Returns the probability that a dream is right from where the program stands up to a place."""
        start, end = sorted((particle.place, place))
        return self._dreams.sureness(particle.dream.between(start, end))

    def _dreamt(self, past: Sequence[State], number: int) -> Particle:
        dream = self._dreams.dream(self._program, past, number)
        return Particle(dream, Ways(dream.states, self._lines), len(past) - 1)

    def _past(self, particle: Particle, expected: int, action: Action, reading: Reading) -> list[State]:
        """Returns the states up to the stop that was seen, as far as the dream tells them."""
        states, seen, here = particle.dream.states, reading.state, particle.place
        if not reading.stack:  # the exit
            return [*states[:-1], seen]
        beyond = range(here) if action.kind.backward else range(here + 1, len(states))
        fitting = [place for place in beyond if _same_place(states[place], seen)]
        if fitting:
            place = max(
                fitting,
                key=lambda n: (_agreement(states[n], seen), -abs(n - expected)),
            )
            return [*states[:place], seen]
        if action.kind.backward:
            return first_past(self._program, seen, reading.stack)
        known = states[: here + 1]
        return [*known, *self._missing(known[-1], reading), seen]

    def _missing(self, last: State, reading: Reading) -> list[State]:
        """Returns calls of the frames that were entered since a stop, as far as the depth tells."""
        whole = first_past(self._program, reading.state, reading.stack)[:-1]
        return [state for state in whole if state.depth > last.depth]


def _is_entry(reading: Reading) -> bool:
    return reading.state.event is Event.CALL


def _same_place(left: State, right: State) -> bool:
    return (left.event, left.line, left.function, left.depth) == (
        right.event,
        right.line,
        right.function,
        right.depth,
    )


def _agreement(left: State, right: State) -> int:
    """Counts the variables that two states agree about, and the value."""
    same = sum(right.locals.get(name) == text for name, text in left.locals.items())
    return same + (left.value == right.value)
