r"""Jumps as one question: what control and variables are after many steps of one frame.

A question is about one activation and holds its function from where control stands, what
that calls, and the variables it reads (see `excerpt`)::

    >to 5                 or >return, >over: what is asked; the numbers are those of the lines below
    1>for c in s:         the mark stands where control stands; at a ``call`` state before ``def``
    2  if c == t:
    3   n += 1
    4 return n
    s='berry'
    n=0
    #1                    turns of the loops around the place, outermost first

and its answer the state it leads to, in the parts of a state::

    L 4                   a line of the function, about to run
    C 2                   the line whose call leads to where a >to goes, the last time it runs before that
    R 4                   the frame returned in line 4 before (or because) that was reached
    X 4                   an exception left the frame
    #2                    turns of the loops around that line
    n=2                   variables with another text than before
    -c                    variables that are gone
    >'text'               printed on the way
    =VALUE                what was returned or raised, for R and X

So a jump that leaves the frame, downwards or upwards, is several questions with a step between
them, and the stack is known at each.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from debugworld.sandboxes.debugger import State
from debugworld.worldmodel import closing
from debugworld.worldmodel.constraint import END
from debugworld.worldmodel.excerpt import Excerpt, Listing
from debugworld.worldmodel.markov import Shell
from debugworld.worldmodel.markov.frame import Frame
from debugworld.worldmodel.markov.operand import cut, leave_out, listening

TEXT_BYTES = 300
"""Most bytes of program text in a question."""
PROMPT_BYTES = 420
"""Most bytes of a question."""
VALUE_CHARACTERS = 72
"""Most characters of one variable's text in a question."""
KINDS = ("return", "over", "to")
"""What can be asked."""
_NEWLINE = ord("\n")
_LETTERS = {"return": b"RX", "over": b"LRX", "to": b"LCRX"}
_DIGITS = frozenset(b"0123456789")


@dataclass(frozen=True, slots=True)
class Jump:
    """One question and how its answer is read.

    Attributes:
        kind: one of `KINDS`.
        prompt: its text.
        excerpt: the program text in it.
        targets: lines of the function in question that a ``to`` may end at.
        loops: how many loops hold each of the function's lines, by the line's number in the text.
        names: variables that an answer can change.
    """

    kind: str
    prompt: str
    excerpt: Excerpt
    targets: frozenset[int]
    loops: dict[int, int]
    names: tuple[str, ...]

    def grammar(self) -> LandingGrammar:
        """The answers that it can have."""
        labels = self.excerpt.labels
        targets = [labels[line] for line in self.targets] if self.kind == "to" else self.loops
        return LandingGrammar(_LETTERS[self.kind], self.loops, targets, self.names)


def ask(listing: Listing, shell: Shell, kind: str, lines: Iterable[int] = ()) -> Jump | None:
    """Asks for a jump from where a shell stands, at a ``line`` or ``call`` state.

    A line that is not shown is no target of the frame where its function is shown, or waits below on the
    stack; anywhere else it might be reached in a way that the text does not tell, as by an operator.

    Args:
        listing: The texts of the shell's program.
        shell: Stands at the state.
        kind: One of `KINDS`; a ``to`` whose lines are not in reach of the frame becomes a ``return``.
        lines: Lines of the program at which a ``to`` ends.

    Returns:
        The question; None where what it needs does not fit, a line might be reached unseen, or the functions
        are generators, whose frames outlive a jump.
    """
    top, state = shell.stack[-1], shell.state
    if state is None or top.resumed:
        return None
    at_call = state.event.value == "call"
    excerpt = listing.excerpt(top.scope, None if at_call else top.line, TEXT_BYTES)
    if not excerpt.complete or not excerpt.labels or any(scope.generator for scope in excerpt.scopes):
        return None
    wanted = sorted(excerpt.labels[line] for line in set(lines) if line in excerpt.labels)
    if kind == "to" and any(_hidden(listing, shell, excerpt, line) for line in lines):
        return None
    if kind == "to" and not wanted:
        kind = "return"
    head = f">{kind}" + "".join(f" {label}" for label in wanted if kind == "to")
    with listening() as left:
        variables = _variables(shell, top, excerpt)
    turns = "" if at_call else _turns(listing, top, top.line)
    parts = [head, *excerpt.lines, *variables, *([turns] if turns else [])]
    prompt = "\n".join(parts)
    if len(prompt.encode(errors="replace")) > PROMPT_BYTES:
        return None
    leave_out(texts=left.texts, lines=not excerpt.whole)
    targets = frozenset(line for line in lines if line in excerpt.own)
    loops = {excerpt.labels[line]: len(listing.loops(top.scope, line)) for line in excerpt.own}
    names = tuple(dict.fromkeys([*top.scope.names, *top.locals]))
    return Jump(kind, prompt, excerpt, targets, loops, names)


@dataclass
class Landing:
    """One answer."""

    letter: str
    """``L``, ``C``, ``R`` or ``X``."""
    label: int
    """The number of the line where it lands."""
    turns: tuple[int, ...] = ()
    """Turns of the loops around that line, outermost first; empty where there is none."""
    changes: dict[str, str] = field(default_factory=dict)
    """New texts by name."""
    deleted: tuple[str, ...] = ()
    """Names that are gone."""
    stdout: str = ""
    """What was printed on the way."""
    value: str = ""
    """What was returned (R) or raised (X)."""

    def __str__(self) -> str:
        lines = [f"{self.letter} {self.label}"]
        if self.turns:
            lines.append("#" + " ".join(map(str, self.turns)))
        lines += [f"{name}={text}" for name, text in self.changes.items()]
        lines += [f"-{name}" for name in self.deleted]
        if self.stdout:
            lines.append(f">{self.stdout!r}")
        if self.letter in "RX":
            lines.append("=" + self.value.replace("\\", "\\\\").replace("\n", "\\n"))
        return "\n".join(lines)

    @staticmethod
    def parse(text: str) -> Landing:
        """Reads what ``str`` writes.

        Raises:
            ValueError: the text is no answer.
        """
        first, *lines = text.split("\n")
        letter, space, label = first.partition(" ")
        if letter not in ("L", "C", "R", "X") or not space or not label.isdecimal():
            raise ValueError(f"{first!r} is no landing; it is written 'L 4', with a letter of L, C, R, X")
        landing = Landing(letter, int(label))
        for line in lines:
            landing._read(line)
        return landing

    def _read(self, line: str) -> None:
        mark, rest = line[:1], line[1:]
        if mark == "#":
            self.turns = tuple(map(int, rest.split()))
        elif mark == "-":
            self.deleted += (rest,)
        elif mark == ">":
            printed = ast.literal_eval(rest)
            if not isinstance(printed, str):
                raise ValueError(f"{line!r}: what is printed must be a string")
            self.stdout = printed
        elif mark == "=":
            parts = rest.split("\\\\")
            self.value = "\\".join(part.replace("\\n", "\n") for part in parts)
        else:
            name, sign, text = line.partition("=")
            if not sign:
                raise ValueError(f"{line!r} is no change; write name=value")
            self.changes[name] = text


def landing(
    jump: Jump, letter: str, before: State, after: State, turns: Sequence[int], stdout: str
) -> Landing | None:
    """Returns the true answer to a question.

    Args:
        jump: The question, asked at `before`.
        letter: How it ends, see `Landing`.
        before: A state of a frame.
        after: The state that the jump, or this part of it, ends at: a later one of the same frame.
        turns: Turns of the loops around the place of `after`.
        stdout: What was printed from after `before` up to `after`.
    """
    label = jump.excerpt.labels.get(after.line)
    if label is None or after.line not in jump.excerpt.own:
        return None
    changes = {name: text for name, text in after.locals.items() if before.locals.get(name) != text}
    deleted = tuple(name for name in before.locals if name not in after.locals)
    counted = tuple(turns) if letter in "LC" else ()
    value = (after.value or "") if letter in "RX" else ""
    return Landing(letter, label, counted, changes, deleted, stdout, value)


Phase = tuple[str, bytes, str, frozenset[bytes], int]
"""Phase of an answer, led by the letter; the bytes read in it; what stands open; what was told; most turns.

Told are the names that have a line, and the marks of the lines behind those of changes.
"""


class LandingGrammar:
    """The answers that one jump can have; their lines come as `Landing` writes them, one for each name.

    Args:
        letters: First characters, of ``LCRX``.
        loops: Numbers of the lines of the function in question, each with how many loops hold the line.
        targets: Those among them at which ``L`` may land.
        names: Variables that can change.
    """

    def __init__(
        self, letters: bytes, loops: Mapping[int, int], targets: Iterable[int], names: Iterable[str]
    ) -> None:
        self._loops = {str(label).encode(): count for label, count in loops.items()}
        self._targets = frozenset(str(label).encode() for label in targets)
        self._letters = frozenset(letters) - (frozenset() if self._targets else {ord("L")})
        self._names = frozenset(name.encode() for name in names)
        self.key = ("landing", self._letters, frozenset(self._loops.items()), self._targets, self._names)
        """Equal for grammars with the same answers."""

    def start(self) -> Phase:
        """The state before the first byte."""
        return ("letter", b"", "", frozenset(), 0)

    def allowed(self, state: Phase) -> frozenset[int]:
        """Bytes that may follow, and `END` where the answer may stop."""
        name, read, open_, told, turns = state
        letter, _, phase = name.rpartition(":")
        ends = self._ends(letter, told | {read} if phase == "gone" else told)
        if phase == "letter":
            return self._letters
        if phase == "space":
            return frozenset(b" ")
        if phase == "label":
            known = self._targets if letter == "L" else self._loops.keys()
            return _next(known, read) | (ends if read in known else frozenset())
        if phase == "turns":
            behind = ends | (frozenset(b" ") if turns > 1 else frozenset())
            return _DIGITS | (behind if read[-1:].isdigit() else frozenset())
        if phase == "field":
            return self._starts(letter, told) | (frozenset(b"#") if turns else frozenset())
        if phase in ("name", "gone"):
            names = self._names - told
            behind = ends if phase == "gone" else frozenset(b"=")
            return _next(names, read) | (behind if read in names else frozenset())
        if phase == "printed":
            return (closing.allowed(open_) if open_ else ends) if read else closing.QUOTES
        if phase == "value" and letter == "X":
            return closing.PRINTABLE | (frozenset({END}) if read else frozenset())
        last = frozenset({END}) if phase == "value" else ends
        return closing.allowed(open_) | (last if read and not open_ else frozenset())

    def _ends(self, letter: str, told: frozenset[bytes]) -> frozenset[int]:
        """Returns what may stand behind a whole line."""
        if letter in ("R", "X"):
            return frozenset({_NEWLINE})
        return frozenset({_NEWLINE, END} if self._starts(letter, told) else {END})

    def _starts(self, letter: str, told: frozenset[bytes]) -> frozenset[int]:
        """Returns what a line, but for that of the turns, may begin with: changes first, the value last."""
        found = frozenset(b"=") if letter in ("R", "X") else frozenset()
        if b">" in told:
            return found
        left = self._names - told
        found |= frozenset(b">-") if left else frozenset(b">")
        return found if b"-" in told else found | {name[0] for name in left}

    def advance(self, state: Phase, byte: int) -> Phase:
        """The state after an allowed byte.

        Raises:
            ValueError: the byte is not allowed.
        """
        if byte not in self.allowed(state):
            raise ValueError(f"byte {byte} ({chr(byte)!r}) may not follow {state}")
        name, read, open_, told, turns = state
        letter, _, phase = name.rpartition(":")
        if phase == "letter":
            return (f"{chr(byte)}:space", b"", "", told, 0)
        if phase == "space":
            return (f"{letter}:label", b"", "", told, 0)
        if byte == _NEWLINE:
            told = told | {read} if phase == "gone" else told
            turns = self._loops[read] if phase == "label" and letter in "LC" else 0
            return (f"{letter}:field", b"", "", told, turns)
        if phase == "field":
            if byte == ord("#"):
                return (f"{letter}:turns", b"", "", told, turns)
            found = {ord("-"): "gone", ord(">"): "printed", ord("="): "value"}.get(byte)
            if found is None:
                return (f"{letter}:name", bytes([byte]), "", told, 0)
            return (f"{letter}:{found}", b"", "", told | {bytes([byte])}, 0)
        if phase == "name" and byte == ord("="):
            return (f"{letter}:text", b"", "", told | {read}, 0)
        if phase in ("text", "value", "printed"):
            open_ = closing.after(open_, byte) if letter != "X" or phase != "value" else ""
            return (name, b"x", open_, told, 0)
        if phase == "turns":
            return (name, bytes([byte]), "", told, turns - (byte == ord(" ")))
        return (name, read + bytes([byte]), "", told, 0)


def _next(names: Set[bytes], read: bytes) -> frozenset[int]:
    size = len(read)
    return frozenset(name[size] for name in names if len(name) > size and name.startswith(read))


def _variables(shell: Shell, top: Frame, excerpt: Excerpt) -> list[str]:
    """The variables that the shown lines of the function read, then constants of the module."""
    reads: dict[str, None] = {}
    constants: dict[str, None] = {}
    for scope in excerpt.scopes:
        for line, stop in scope.stops.items():
            if line in excerpt.labels:
                (reads if scope is top.scope else constants).update(dict.fromkeys(stop.reads))
    inner = {n for scope in excerpt.scopes if scope.name.startswith(top.scope.name + ".") for n in scope.free}
    module = {} if shell.program.call is not None or len(shell.stack) < 2 else shell.stack[0].locals
    lines = [
        f"{name}={cut(text, VALUE_CHARACTERS)}"
        for name, text in top.locals.items()
        if (name in reads or name in inner) and not text.startswith(("<function", "<class", "<module"))
    ]
    for name in {**reads, **constants}:
        if name not in top.locals:
            text = module.get(name) or shell.flow.constants.get(name)
            if text is not None and not text.startswith(("<function", "<class", "<module")):
                lines.append(f"{name}={cut(text, VALUE_CHARACTERS)}")
    return lines


def _hidden(listing: Listing, shell: Shell, excerpt: Excerpt, line: int) -> bool:
    """Whether a line might be reached in a function that is not shown."""
    if line in excerpt.labels:
        return False
    known = [*excerpt.scopes, *(frame.scope for frame in shell.stack)]
    return not excerpt.whole or not all(any(one is scope for one in known) for scope in listing.owners(line))


def _turns(listing: Listing, top: Frame, line: int) -> str:
    heads = listing.loops(top.scope, line)
    return "#" + " ".join(str(top.turns.get(head, 0)) for head in heads) if heads else ""
