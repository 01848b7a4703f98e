"""Loops: comprehensions, and what a loop's target is given turn by turn."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence

from .ask import Asking, Form, Unsupported, turn_of
from .iterable import counted, far, left
from .special import Special


class Loops(Special):
    """What loops inside expressions and at their heads do."""

    @abstractmethod
    def operate(self, left: str, operator: ast.AST, right: str) -> Asking[str]:
        """Returns the text of ``left OPERATOR right``."""

    @abstractmethod
    def as_set(self, parts: Sequence[str]) -> Asking[str]:
        """Returns the text of a set of some elements."""

    @abstractmethod
    def as_dict(self, pairs: Sequence[tuple[str, str]]) -> Asking[str]:
        """Returns the text of a dictionary of some pairs."""

    def _listcomp(self, node: ast.ListComp) -> Asking[str]:
        found = yield from self.collect(node.generators, (node.elt,))
        return f"[{', '.join(text for (text,) in found)}]"

    def _generatorexp(self, node: ast.GeneratorExp) -> Asking[str]:
        found = yield from self.collect(node.generators, (node.elt,))
        return Form(f"[{', '.join(text for (text,) in found)}]")

    def _setcomp(self, node: ast.SetComp) -> Asking[str]:
        found = yield from self.collect(node.generators, (node.elt,))
        return (yield from self.as_set([text for (text,) in found]))

    def _dictcomp(self, node: ast.DictComp) -> Asking[str]:
        found = yield from self.collect(node.generators, (node.key, node.value))
        return (yield from self.as_dict([(key, element) for key, element in found]))

    def collect(
        self,
        generators: Sequence[ast.comprehension],
        elements: Sequence[ast.expr],
        until: tuple[bool, ...] = (),
    ) -> Asking[list[tuple[str, ...]]]:
        """Returns the texts of the elements, turn by turn; up to the first of certain truth values."""
        found: list[tuple[str, ...]] = []
        kept = dict(self._inner)
        yield from self._loop(generators, elements, found, until)
        self._inner = kept
        return found

    def _loop(
        self,
        generators: Sequence[ast.comprehension],
        elements: Sequence[ast.expr],
        found: list[tuple[str, ...]],
        until: tuple[bool, ...],
    ) -> Asking[bool]:
        first, *rest = generators
        if first.is_async:
            raise Unsupported
        iterable = yield from self.value(first.iter)
        turn = 0
        while True:
            changes = yield from self.turn(first.target, iterable, turn)
            if changes is None:
                return False
            self._inner.update(changes)
            turn += 1
            wanted = True
            for test in first.ifs:
                wanted = yield from self.truth(test)
                if not wanted:
                    break
            if not wanted:
                continue
            if rest:
                if (yield from self._loop(rest, elements, found, until)):
                    return True
                continue
            texts = []
            for element in elements:
                texts.append((yield from self.solid(element)))
            found.append(tuple(texts))
            if len(until) == 2 or until and (yield from self.holds(texts[0])) in until:
                return True

    def turn(self, target: ast.expr, iterable: str, turn: int) -> Asking[dict[str, str] | None]:
        """Returns what a loop's target is given at a turn; None where the loop ends."""
        if iterable.startswith("<") or not _simple(target):
            raise Unsupported
        numbered, bounds = counted(iterable), far(iterable)
        match target:
            case ast.Tuple(elts=[ast.Name(id=name), inner]) if numbered is not None:
                return (yield from self._numbered(name, inner, turn, *numbered))
            case ast.Name(id=name) if bounds is not None:
                return (yield from self._ranged(name, turn, *bounds))
        names = tuple(sorted(n.id for n in ast.walk(target) if isinstance(n, ast.Name)))
        outcome = yield from self.ask(turn_of(_bare(target), names, *left(iterable, turn)))
        return dict(outcome.changes) if outcome.letter == "1" else None

    def _ranged(
        self, name: str, turn: int, start: str, stop: str, step: str
    ) -> Asking[dict[str, str] | None]:
        """A turn of a loop over a range: where it is now, and whether that is before its end."""
        ahead = str(turn)
        if turn and step != "1":
            ahead = yield from self.operate(ahead, ast.Mult(), step)
        number = (yield from self.operate(start, ast.Add(), ahead)) if turn else start
        inside = yield from self.operate(number, ast.Gt() if step.startswith("-") else ast.Lt(), stop)
        return {name: number} if (yield from self.holds(inside)) else None

    def _numbered(
        self, name: str, target: ast.expr, turn: int, iterable: str, first: str
    ) -> Asking[dict[str, str] | None]:
        """A turn of a loop over ``enumerate``: its number is how often it has turned."""
        changes = yield from self.turn(target, iterable, turn)
        if changes is None:
            return None
        number = str(turn) if first == "0" else (yield from self.operate(first, ast.Add(), str(turn)))
        return {name: number} | changes


def _bare(target: ast.expr) -> str:
    text = ast.unparse(target)
    return text[1:-1] if isinstance(target, ast.Tuple) and text.startswith("(") else text


def _simple(target: ast.expr) -> bool:
    kinds = (ast.Name, ast.Tuple, ast.List, ast.expr_context)
    return all(isinstance(part, kinds) for part in ast.walk(target))
