"""Where a frame can stop, and what its statement does to control."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum

END = 0
"""Target: the frame's end, an implicit ``return None``."""
RERAISE = -1
"""Target: the exception being handled goes on its way."""


class Kind(str, Enum):
    """What a stop's statement does to control."""

    PLAIN = "plain"
    """Goes on to ``then``."""
    BRANCH = "branch"
    """Goes on to ``then`` or to ``other``."""
    RETURN = "return"
    """Hands a value to the caller."""
    WITH = "with"
    """Stops twice: at its entry and, after its body, at its exit."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that control passes on its way out of a block."""

    kind: str
    """``except``, ``finally`` or ``with``."""
    line: int
    """Where control goes: the first handler, the first line of the block, the ``with`` line."""
    tag: int
    """Identifies a ``finally`` block or a ``with`` statement."""


@dataclass
class Stop:
    """A line at which a frame can stop."""

    line: int
    """1-based line."""
    text: str
    """Its statement on one line; of a compound statement the header alone."""
    kind: Kind
    """What it does to control."""
    then: int
    """Target when it completes, or when its condition holds or its loop turns."""
    other: int
    """Target when its condition fails or its loop ends."""
    reads: tuple[str, ...]
    """Names it reads, in order."""
    guards: tuple[Guard, ...]
    """What stands around it, innermost first."""
    outer: int = 0
    """How many of the guards a ``break`` or ``continue`` leaves standing (counted from outside)."""
    jumps: bool = False
    """Whether it leaves its block: ``break`` or ``continue``."""
    loop: bool = False
    """Whether it heads a loop."""
    last: int = 0
    """Last line of the loop's body."""
    suspends: bool = False
    """Whether it holds a ``yield`` or ``await``."""
    raises_again: bool = False
    """Whether it is a bare ``raise``."""
    idle: bool = False
    """Whether it does nothing but pass control on: ``try``, ``pass``, ``break``, ``continue``."""
    binds_also: tuple[str, ...] = ()
    """Names that it binds without reading or assigning them: of imports, definitions, handlers, patterns."""
    makes_object: bool = False
    """Whether it makes a function, class or generator, whose text holds a number."""
    binds: tuple[str, ...] = ()
    """Exception variables that leave with the handlers around this line, the innermost last."""
    calls: tuple[ast.Call, ...] = ()
    """The calls in it, outermost first."""
    node: ast.stmt | None = None
    """The statement, where it has the line to itself."""

    def holds(self, line: int) -> bool:
        """Whether a line belongs to the loop, head included."""
        return self.line <= line <= self.last


@dataclass
class ScopeFlow:
    """The stops of one function, class body, module or the entry wrapper."""

    name: str
    """Qualified name."""
    line: int
    """Line of ``def`` or ``class``; 1 for a module."""
    label: str = ""
    """The shortest name that tells it from the program's other scopes."""
    parameters: tuple[str, ...] = ()
    """Parameter names in order."""
    signature: str = ""
    """Name and parameters as written."""
    generator: bool = False
    """Whether a call makes a generator or coroutine instead of running it."""
    first: int = END
    """Target of the entry."""
    names: tuple[str, ...] = ()
    """Names that can be local, in canonical order."""
    stops: dict[int, Stop] = field(default_factory=dict)
    """Stops by line."""
    rebound: frozenset[str] = frozenset()
    """Parameters that the body assigns."""
    free: tuple[str, ...] = ()
    """Names that it has from the functions around it."""
    plain: frozenset[str] = frozenset()
    """Variables that have no value where none is shown, see `unbound.plain_variables`."""
    arguments: ast.arguments | None = None
    """The parameters, of a function."""
    bases: tuple[str, ...] | None = None
    """The bases as written, of a class."""
    constants: dict[str, ast.expr] = field(default_factory=dict)
    """What a class's body assigns once."""
    decorators: tuple[str, ...] = ()
    """The decorators as written, without their arguments."""
    keywords: bool = False
    """Whether it is a class with keywords, such as ``metaclass``."""
