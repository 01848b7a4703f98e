"""Expression by expression: a statement's question taken apart into small ones on concrete operands.

`think` walks a statement as Python would, asks the model for the value of each operator, call,
subscript and turn of a loop with the operands' texts put in, and puts the answers together to
the statement's `Outcome`. What it knows itself is the order of evaluation, which branch a truth
value takes, and the text of a literal or of a display whose elements are known; every value comes from
the answers.
"""

from .ask import Ask, Asking, Raised
from .statement import Thought, consider, think
from .steps import in_steps

__all__ = ["Ask", "Asking", "Raised", "Thought", "consider", "in_steps", "think"]
