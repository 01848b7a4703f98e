"""What the shell knows of one frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .stop import Guard, ScopeFlow

MUTABLE = ("[", "{", "<", "deque", "defaultdict", "Counter", "OrderedDict", "bytearray", "set(")
"""What texts of values that can change begin with."""


@dataclass
class Leaving:
    """Control on its way out through a ``finally`` or ``with``."""

    tag: int
    action: str
    """``raise``, ``return`` or ``goto``."""
    value: str = ""
    target: int = 0
    guards: tuple[Guard, ...] = ()


@dataclass(eq=False)
class Frame:
    """One activation as the shell knows it."""

    scope: ScopeFlow
    locals: dict[str, str]
    line: int
    turns: dict[int, int] = field(default_factory=dict)
    entered: dict[int, dict[str, str]] = field(default_factory=dict)
    iterables: dict[int, str] = field(default_factory=dict)
    """What the loops that turn go over, by line, where it is known."""
    returns: list[str] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    raised: str = ""
    again: bool = False
    resumed: bool = False
    shares: dict[str, str] = field(default_factory=dict)
    """Parameters that are the caller's variables of these names."""
    ids: dict[int, int] = field(default_factory=dict)
    """What the numbers in its texts stand for: objects as the shell counts them, over all frames."""
    maker: Frame | None = None
    """The frame that made its function, in whose variables it finds its free ones."""

    @property
    def count(self) -> int:
        """The highest number of an object here."""
        return max(self.ids, default=0)

    def copy(self) -> Frame:
        """Returns a frame that changes by itself."""
        return replace(
            self,
            locals=dict(self.locals),
            turns=dict(self.turns),
            entered=dict(self.entered),
            iterables=dict(self.iterables),
            returns=list(self.returns),
            leaving=[replace(leaving) for leaving in self.leaving],
            inside=list(self.inside),
            ids=dict(self.ids),
        )
