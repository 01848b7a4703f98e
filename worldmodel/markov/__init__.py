"""The Markov encoding: one self-contained question a step, and the shell around it.

The model sees one statement with its operands, nothing else, and answers what
running it does. A symbolic shell keeps what is certain (the text of a line, the
values that did not change, the call stack, where each branch leads, how often a
loop has turned); it never executes or evaluates the program.
"""

from .flow import Flow
from .grammar import OutcomeGrammar
from .outcome import Outcome
from .shell import Shell
from .stop import Stop

__all__ = ["Flow", "Outcome", "OutcomeGrammar", "Shell", "Stop"]
