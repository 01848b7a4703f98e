"""What running one statement does, and its text.

The text is the completion that the model writes: a first line with the outcome,
then one line for each thing that changed::

    L                 completed; control goes where the source says
    1 / 0             the condition held, the loop turned, the handler matched; or not
    R VALUE           handed VALUE to the caller
    X Type: message   raised
    C NAME / C~ NAME  called a function of the program / resumed its generator
    name=VALUE        a local's new value (of the callee, after C)
    -name             a local that was deleted
    >'text'           printed
    @7                control went to line 7 instead
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

LETTERS = "L10RXC"
"""First characters of an outcome."""


@dataclass
class Outcome:
    """One answer to one question."""

    letter: str
    """One of `LETTERS`."""
    value: str = ""
    """The returned value (R), the exception (X) or the label of the callee (C)."""
    resumes: bool = False
    """Whether C resumes a suspended generator."""
    changes: dict[str, str] = field(default_factory=dict)
    """New texts by name; after C the callee's locals."""
    deleted: tuple[str, ...] = ()
    """Names that are gone."""
    stdout: str = ""
    """What was printed."""
    goto: int | None = None
    """The line control went to, where it is not the static one."""
    ids: dict[int, int] | None = field(default=None, compare=False, repr=False)
    """What numbers stand for that the frame does not have, where the shell itself made the outcome."""
    function: int = field(default=0, compare=False, repr=False)
    """Which object the function is that C calls, as the shell counts them; 0 where that is not known."""

    def __str__(self) -> str:
        first = self.letter
        if self.letter == "C":
            first = f"C{'~' if self.resumes else ''} {self.value}"
        elif self.letter in "RX":
            first = f"{self.letter} {_escape(self.value) if self.letter == 'X' else self.value}"
        lines = [first, *(f"{name}={text}" for name, text in self.changes.items())]
        lines += [f"-{name}" for name in self.deleted]
        if self.stdout:
            lines.append(f">{self.stdout!r}")
        if self.goto is not None:
            lines.append(f"@{self.goto}")
        return "\n".join(lines)

    @property
    def possible(self) -> bool:
        """Whether there are values of its texts: no dictionary has a key twice, and no set an item."""
        return all(map(_can_be, [*self.changes.values(), *([self.value] if self.letter == "R" else [])]))

    @staticmethod
    def parse(text: str) -> Outcome:
        """Reads what ``str`` writes.

        Raises:
            ValueError: the text is no outcome.
        """
        first, *lines = text.split("\n")
        outcome = Outcome(first[:1])
        if outcome.letter not in LETTERS or not first:
            raise ValueError(f"{first!r} is no outcome; it must begin with one of {LETTERS}")
        rest = first[1:]
        if outcome.letter == "C" and rest.startswith("~"):
            outcome.resumes, rest = True, rest[1:]
        if outcome.letter in "RXC":
            if not rest.startswith(" "):
                raise ValueError(f"{first!r} lacks what stands after {outcome.letter}")
            outcome.value = _unescape(rest[1:]) if outcome.letter == "X" else rest[1:]
        elif rest:
            raise ValueError(f"{first!r} has text after {outcome.letter}")
        for line in lines:
            outcome._read(line)
        return outcome

    def _read(self, line: str) -> None:
        if line.startswith("-"):
            self.deleted += (line[1:],)
        elif line.startswith(">"):
            printed = ast.literal_eval(line[1:])
            if not isinstance(printed, str):
                raise ValueError(f"{line!r}: what is printed must be a string")
            self.stdout = printed
        elif line.startswith("@"):
            self.goto = int(line[1:])
        else:
            name, sign, text = line.partition("=")
            if not sign:
                raise ValueError(f"{line!r} is no change; write name=value")
            self.changes[name] = text


def _can_be(text: str) -> bool:
    if "{" not in text:
        return True
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # an object's text, or one that was cut
        return True
    kept = [node.keys if isinstance(node, ast.Dict) else node.elts
            for node in nodes if isinstance(node, (ast.Dict, ast.Set))]  # fmt: skip
    return all(len(set(map(_written, items))) == len(items) for items in kept)


def _written(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _unescape(text: str) -> str:
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n") for part in parts)
