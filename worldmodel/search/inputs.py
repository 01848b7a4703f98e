"""An inverse question answered by dreaming: what the model proposes is dreamt of before one is the answer.

Where no proposal gets there in the dream, others are made out of those that came nearest, as in search-based
testing (McMinn, 2004) with the dream for the run. Nothing is run for real: whether the answer is right, is
for whoever asked to find out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

from debugworld.worldmodel.completion import CompletionEngine, Sampling
from debugworld.worldmodel.inverse import End, Inverse, Proposal

from .constants import Constants
from .dreams import Dreams
from .screen import Screen
from .target import Target
from .variation import children

DRAWS = 16
"""Answers of the model that are drawn beside the likeliest one."""
TEMPERATURE = 0.8
"""Of the draws."""
ROUNDS = 4
"""Most rounds of arguments made out of the nearest ones."""
BROOD = 16
"""Argument lists of a round."""
PARENTS = 8
"""Argument lists that those of a round are made out of."""
AHEAD = 150
"""States of a dream."""
STATES = 2_000
"""Dreamt states, of all argument lists together, after which no more are made."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Arguments that were found."""

    arguments: str
    """Text of the argument list."""
    reaches: bool
    """Whether their dream ends as asked; if not, they are what the model proposed first."""
    sure: float
    """Probability that the dream is right where they reach the end, else that of the list, in [0, 1]."""
    dreamt: int
    """Argument lists that were dreamt of."""


class InputSearch:
    """Looks in the dream for arguments with which a function ends as asked.

    Args:
        dreams: Dreams the argument lists.
        proposer: Answers the inverse question.
        draws: Answers that are drawn beside the likeliest one, where it can draw.
        rounds: Most rounds of new argument lists; 0 takes what is proposed.
        seed: Of the draws and of what is made out of them.

    Raises:
        ValueError: a number of draws or rounds is negative.
    """

    def __init__(
        self,
        dreams: Dreams,
        proposer: CompletionEngine,
        draws: int = DRAWS,
        rounds: int = ROUNDS,
        seed: int = 0,
    ) -> None:
        if draws < 0 or rounds < 0:
            raise ValueError(f"draws and rounds must be 0 or more; got {draws} and {rounds}")
        self._dreams, self._proposer = dreams, proposer
        self._draws, self._rounds, self._seed = draws, rounds, seed

    def find(self, inverse: Inverse, end: End) -> Answer | None:
        """Returns arguments whose dream ends as asked, else those that the model proposed first.

        Of several the likeliest proposal is taken, of those that were made out of proposals the surest.

        Args:
            inverse: About the function.
            end: How it is to end.

        Returns:
            None where the model proposed nothing.

        Raises:
            ModelError: the function cannot be asked, or the model cannot answer.
        """
        proposals = self._proposals(inverse, end)
        if not proposals:
            return None
        before = f"{inverse.signature.call}("
        calls = [f"{before}{proposal.arguments})" for proposal in proposals]
        program, target = replace(inverse.program, call=calls[0]), Target(end=end)
        screen = Screen(self._dreams, program, calls[:1])  # it is the answer wherever its dream ends as asked
        if not screen.reaching(target):
            screen.add(calls)
        constants = Constants(program, target.wanted)
        for number in range(self._rounds):
            if screen.reaching(target) or screen.states > STATES:
                break
            parents = screen.parents(target, PARENTS)
            screen.add(children(program, parents, constants, self._seed + number * len(screen), BROOD))
        if not screen.reaching(target):
            return Answer(proposals[0].arguments, False, exp(proposals[0].logprob), len(screen))
        best = screen.order(target, calls)[0]
        return Answer(best[len(before) : -1], True, screen.sureness(best, target), len(screen))

    def _proposals(self, inverse: Inverse, end: End) -> list[Proposal]:
        found = inverse.propose(self._proposer, end, 1)
        if self._draws and self._proposer.abilities.sampling:
            sampling = Sampling(TEMPERATURE, seed=self._seed)
            found += inverse.propose(self._proposer, end, self._draws, sampling=sampling)
        return list({proposal.arguments: proposal for proposal in found}.values())
