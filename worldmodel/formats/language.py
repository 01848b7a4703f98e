"""Regular languages as grammars: what a state's text may be, symbol by symbol.

Every format's answers form a regular language: markers, numbers, names of a program, its lines, and values
that are free text between quotes or up to the next marker. A `Part` adds one piece of such a language to a
nondeterministic automaton; `Language` makes that deterministic state by state, as a decoder asks for it, so
that a state is an integer and a step is a look-up. Free text, of which there is one in each name's value, is
one state of the big automaton with the state of a small one inside.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache

END = 256
"""The symbol of the end of an answer, as in `constraint`, which needs PyTorch; markers follow it."""
Part = Callable[["Automaton", int], int]
"""Adds a piece to an automaton behind a state, and returns the state behind the piece."""

Member = tuple[int, int]
"""A state of the automaton, and the state of the language inside it."""

_CONTINUATION = frozenset(range(0x80, 0xC0))
_HEX = frozenset(b"0123456789abcdefABCDEF")
_ESCAPES = frozenset(b'"\\/bfnrt')
_LESS, _BAR = ord("<"), ord("|")


class Automaton:
    """A nondeterministic automaton in the making."""

    def __init__(self) -> None:
        self.edges: list[list[tuple[frozenset[int], int]]] = []
        """Of each state, the symbols that lead on and where to."""
        self.free: list[list[int]] = []
        """Of each state, the states that are reached without a symbol."""
        self.inner: dict[int, Language] = {}
        """States that go on in a language of their own, and can be left wherever that can end."""

    def state(self) -> int:
        """Adds a state and returns its number."""
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def edge(self, start: int, symbols: frozenset[int], end: int | None = None) -> int:
        """Adds an edge, to a new state unless one is given, and returns where it ends."""
        end = self.state() if end is None else end
        if symbols:
            self.edges[start].append((symbols, end))
        return end

    def link(self, start: int, end: int) -> None:
        """Lets one state be the other, too."""
        self.free[start].append(end)


def literal(text: str) -> Part:
    """Exactly this text, without markers."""

    def add(automaton: Automaton, state: int) -> int:
        for byte in text.encode():
            state = automaton.edge(state, frozenset({byte}))
        return state

    return add


def symbols(*which: int) -> Part:
    """One of these symbols."""
    return lambda automaton, state: automaton.edge(state, frozenset(which))


def sequence(*parts: Part) -> Part:
    """One part after the other."""

    def add(automaton: Automaton, state: int) -> int:
        for part in parts:
            state = part(automaton, state)
        return state

    return add


def choice(parts: Iterable[Part]) -> Part:
    """One of several parts; none of them can be nothing at all, which permits nothing."""
    parts = tuple(parts)

    def add(automaton: Automaton, state: int) -> int:
        end = automaton.state()
        for part in parts:
            inner = automaton.state()
            automaton.link(state, inner)
            automaton.link(part(automaton, inner), end)
        return end

    return add


def words(texts: Iterable[str]) -> Part:
    """One of these texts; those that begin alike share their beginning."""
    tree: dict[int, dict] = {}
    for text in texts:
        node = tree
        for byte in text.encode():
            node = node.setdefault(byte, {})
        node[END] = {}

    def add(automaton: Automaton, state: int) -> int:
        end, todo = automaton.state(), [(tree, state)]
        while todo:
            node, at = todo.pop()
            for byte, below in node.items():
                if byte == END:
                    automaton.link(at, end)
                else:
                    todo.append((below, automaton.edge(at, frozenset({byte}))))
        return end

    return add


def optional(part: Part) -> Part:
    """The part, or nothing."""

    def add(automaton: Automaton, state: int) -> int:
        end = part(automaton, state)
        automaton.link(state, end)
        return end

    return add


def many(part: Part) -> Part:
    """The part any number of times."""

    def add(automaton: Automaton, state: int) -> int:
        loop = automaton.state()
        automaton.link(state, loop)
        automaton.link(part(automaton, loop), loop)
        return loop

    return add


def subsequence(parts: Sequence[Part], between: Part | None = None, last: Part | None = None) -> Part:
    """Some of the parts in their order, each at most once.

    Args:
        parts: the parts.
        between: what stands between two that are there.
        last: a part that may stand behind them, with ``between`` before it unless it is alone.
    """
    separate = between or sequence()

    def add(automaton: Automaton, state: int) -> int:
        end = automaton.state()
        automaton.link(state, end)
        fresh, going = state, None  # nothing written yet; something written, the separator not yet
        for part in (*parts, *((last,) if last else ())):
            inner = automaton.state()
            automaton.link(fresh, inner)
            if going is not None:
                automaton.link(separate(automaton, going), inner)
            after = part(automaton, inner)
            passed = automaton.state()
            automaton.link(after, passed)
            if going is not None:
                automaton.link(going, passed)
            going = passed
        if going is not None:
            automaton.link(going, end)
        return end

    return add


def text() -> Part:
    """Any UTF-8 text that no marker can be read into: ``<|`` is written with a second bar."""
    return _free("text")


def json_string() -> Part:
    """A JSON string between its quotes, in which no marker can be read."""
    return sequence(literal('"'), _free("json"), literal('"'))


def json_object(names: Sequence[str], rest: str = "", ascii_only: bool = False) -> Part:
    """A JSON object of strings, with some of these names in this order.

    Args:
        names: the names that can be there.
        rest: key and value of a last entry that stands for what is not written; empty for none.
        ascii_only: whether names are written in ASCII.
    """
    entries = [
        sequence(literal(json.dumps(name, ensure_ascii=ascii_only) + ": "), json_string()) for name in names
    ]
    last = literal(f"{json.dumps(rest)}: {json.dumps(rest)}") if rest else None
    return sequence(literal("{"), subsequence(entries, literal(", "), last), literal("}"))


def _free(kind: str) -> Part:
    """Adds a state with a language of its own."""

    def add(automaton: Automaton, state: int) -> int:
        inside = automaton.state()
        automaton.link(state, inside)
        automaton.inner[inside] = _inner(kind)
        return inside

    return add


@cache
def _inner(kind: str) -> Language:
    return Language(_raw if kind == "text" else _quoted, kind)


def _raw(automaton: Automaton, state: int) -> int:
    """Adds text up to the next marker."""
    less, end = _characters(automaton, state, frozenset(range(0x80)))
    automaton.edge(automaton.edge(less, frozenset({_BAR})), frozenset({_BAR}), state)
    return end


def _quoted(automaton: Automaton, state: int) -> int:
    """Adds what can stand between the quotes of a JSON string."""
    plain = frozenset(range(0x20, 0x80)) - {ord('"'), ord("\\")}
    less, end = _characters(automaton, state, plain)
    escaped = automaton.state()
    for at in (state, less):
        automaton.edge(at, frozenset(b"\\"), escaped)
    automaton.edge(escaped, _ESCAPES, state)
    code = automaton.edge(escaped, frozenset(b"u"))
    for _ in range(3):
        code = automaton.edge(code, _HEX)
    automaton.edge(code, _HEX, state)
    return end


def _characters(automaton: Automaton, state: int, plain: frozenset[int]) -> tuple[int, int]:
    """Adds a loop over characters; returns the state after ``<``, before which no bar stands, and the end."""
    less, end = automaton.state(), automaton.state()
    for at in (state, less):
        automaton.link(at, end)
        automaton.edge(at, plain - {_LESS} if at == state else plain - {_LESS, _BAR}, state)
        automaton.edge(at, frozenset({_LESS}), less)
        _wide(automaton, at, state)
    return less, end


def _wide(automaton: Automaton, start: int, end: int) -> None:
    """Adds the characters outside ASCII, byte by byte, without surrogates and what lies beyond Unicode."""
    one, two, three = automaton.state(), automaton.state(), automaton.state()
    automaton.edge(one, _CONTINUATION, end)
    automaton.edge(two, _CONTINUATION, one)
    automaton.edge(three, _CONTINUATION, two)
    automaton.edge(start, frozenset(range(0xC2, 0xE0)), one)
    automaton.edge(automaton.edge(start, frozenset({0xE0})), frozenset(range(0xA0, 0xC0)), one)
    automaton.edge(start, frozenset(range(0xE1, 0xF0)) - {0xED}, two)
    automaton.edge(automaton.edge(start, frozenset({0xED})), frozenset(range(0x80, 0xA0)), one)
    automaton.edge(automaton.edge(start, frozenset({0xF0})), frozenset(range(0x90, 0xC0)), two)
    automaton.edge(start, frozenset(range(0xF1, 0xF4)), three)
    automaton.edge(automaton.edge(start, frozenset({0xF4})), frozenset(range(0x80, 0x90)), two)


class Language:
    """A grammar (see `constraint.Grammar`) whose answers are a regular language.

    Args:
        part: the answers.
        key: equal for languages with the same answers.
    """

    def __init__(self, part: Part, key: Hashable) -> None:
        self.key = key
        self._automaton = Automaton()
        first = self._automaton.state()
        self._last = part(self._automaton, first)
        self._numbers: dict[frozenset[Member], int] = {}
        self._sets: list[frozenset[Member]] = []
        self._next: list[dict[int, int]] = []
        self._symbols: list[frozenset[int] | None] = []
        self._number(self._closure({(first, 0)}))

    def start(self) -> int:
        """Returns the state before the first symbol."""
        return 0

    def allowed(self, state: int) -> frozenset[int]:
        """Returns the symbols that may follow; `END` where the answer may stop."""
        found = self._symbols[state]
        if found is None:
            parts: list[frozenset[int]] = []
            for at, inside in self._sets[state]:
                inner = self._automaton.inner.get(at)
                if inner is not None:
                    parts.append(inner.allowed(inside) - {END})
                if inner is None or END in inner.allowed(inside):
                    parts += [symbols for symbols, _ in self._automaton.edges[at]]
                    parts += [frozenset({END})] if at == self._last else []
            found = self._symbols[state] = frozenset().union(*parts)
        return found

    def advance(self, state: int, symbol: int) -> int:
        """Returns the state after a symbol.

        Raises:
            ValueError: the symbol is not allowed there.
        """
        after = self._next[state].get(symbol)
        if after is None:
            reached: set[Member] = set()
            for at, inside in self._sets[state]:
                inner = self._automaton.inner.get(at)
                if inner is not None and symbol in inner.allowed(inside) - {END}:
                    reached.add((at, inner.advance(inside, symbol)))
                if inner is None or END in inner.allowed(inside):
                    edges = self._automaton.edges[at]
                    reached |= {(end, 0) for symbols, end in edges if symbol in symbols}
            if not reached:
                raise ValueError(f"symbol {symbol} may not follow in state {state}")
            after = self._next[state][symbol] = self._number(self._closure(reached))
        return after

    def _number(self, members: frozenset[Member]) -> int:
        number = self._numbers.setdefault(members, len(self._sets))
        if number == len(self._sets):
            self._sets.append(members)
            self._next.append({})
            self._symbols.append(None)
        return number

    def _closure(self, members: set[Member]) -> frozenset[Member]:
        """Returns these members with all that are reached without a symbol, but for what only passes on."""
        automaton, seen, todo = self._automaton, set(members), list(members)
        while todo:
            at, inside = todo.pop()
            inner = automaton.inner.get(at)
            if inner is None or END in inner.allowed(inside):
                for state in automaton.free[at]:
                    if (state, 0) not in seen:
                        seen.add((state, 0))
                        todo.append((state, 0))
        return frozenset(
            member
            for member in seen
            if automaton.edges[member[0]] or member[0] in automaton.inner or member[0] == self._last
        )
