"""Which objects are the same: what a number in one frame is in another one.

A debugger numbers objects anew at each stop, by where they show. The shell counts objects over a whole run
instead: `Frame.ids` says which object a number in a frame's texts is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .frame import Frame
from .objects import BACK, blank, in_order, numbers, renumbered, replaced, shown
from .stop import ScopeFlow

if TYPE_CHECKING:
    from .shell import Shell


class Identity:
    """Keeps objects apart.

    Args:
        shell: Follows the run.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self.count = 0
        """Objects seen so far."""

    def know(self, frame: Frame, *texts: str) -> None:
        """Takes numbers that stand for nothing yet, in a frame's variables or beside them, as new objects."""
        for text in (*frame.locals.values(), *texts):
            for number in numbers(text):
                if number not in frame.ids:
                    frame.ids[number] = self.new()

    def new(self) -> int:
        """Returns a new object."""
        self.count += 1
        return self.count

    def carry(self, text: str, source: Frame, target: Frame) -> str:
        """Returns a text of one frame with the numbers of another one, where unknown objects get new ones."""
        if "#" not in text or source is target:
            return text
        here = {one: number for number, one in target.ids.items()}

        def number(there: int) -> int:
            one = source.ids.get(there)
            if one is None:
                one = source.ids[there] = self.new()
            if one not in here:
                here[one] = target.count + 1
                target.ids[here[one]] = one
            return here[one]

        return renumbered(text, number)

    def settle(self, frame: Frame, locals: dict[str, str], value: str | None = None) -> str | None:
        """Numbers a frame's objects by where they show; returns the value beside its variables so numbered.

        Args:
            frame: Gets the variables.
            locals: Its variables in the order in which they show.
            value: What shows after them.
        """
        behind = [*frame.returns, *frame.iterables.values()]
        entered = [text for texts in frame.entered.values() for text in texts.values()]
        order = in_order([*locals.values(), value or "", *behind, *entered])
        frame.locals = locals
        if any(number != place for number, place in order.items()):

            def now(text: str) -> str:
                return renumbered(text, order.__getitem__)

            frame.locals = {name: now(text) for name, text in locals.items()}
            frame.returns = list(map(now, frame.returns))
            frame.iterables = {line: now(text) for line, text in frame.iterables.items()}
            frame.entered = {
                line: {name: now(text) for name, text in texts.items()}
                for line, texts in frame.entered.items()
            }
            value = None if value is None else now(value)
        frame.ids = {place: frame.ids.get(number) or self.new() for number, place in order.items()}
        return value

    def spread(self, frame: Frame, text: str, frames: Sequence[Frame]) -> None:
        """Objects in a text of a frame show as they do there wherever they show in full."""
        if "#" not in text:
            return
        for number, now in shown(text):
            one = frame.ids.get(number)
            if one is None or BACK in now and now != text:  # it shows in full elsewhere
                continue
            for other in frames:
                there = next((n for n, known in other.ids.items() if known == one), None)
                if there is None:
                    continue
                mark = f" at #{there}"
                for name, old in other.locals.items():
                    if mark in old:
                        other.locals[name] = replaced(old, there, self.carry(now, frame, other))

    def recognize(self, frame: Frame, before: dict[str, str]) -> None:
        """Finds out what numbers stand for after a frame's variables were given texts from elsewhere.

        What looks as it did, but for numbers, is what it was; so is an object that only changed.

        Args:
            frame: Has the new texts, and what the numbers stood for in the old ones and in what was returned.
            before: The old texts.
        """
        if frame.locals == before or not any("#" in text for text in frame.locals.values()):
            self.know(frame)
            return
        ids: dict[int, int] = {}

        def same(number: int, old: int | None) -> None:
            one = frame.ids.get(old or 0)
            if one is not None and number not in ids and one not in ids.values():
                ids[number] = one

        later: list[str] = []
        for name, text in sorted(frame.locals.items(), key=lambda item: before.get(item[0]) != item[1]):
            old = before.get(name, "")
            if blank(old) == blank(text):
                for number, place in zip(numbers(text), numbers(old), strict=True):
                    same(number, place)
            else:
                later.append(name)
        looks = _looks([*frame.returns, *before.values()])
        for name in later:
            text, old = frame.locals[name], before.get(name, "")
            if _kind(text) and _kind(text) == _kind(old):
                same(numbers(text)[0], numbers(old)[0])
            for number, look in shown(text):
                same(number, looks.get(blank(look)))
        used = {number for text in frame.locals.values() for number in numbers(text)}
        frame.ids = {
            n: one for n, one in frame.ids.items() if n not in used and one not in ids.values()
        } | ids
        self.know(frame)

    def arguments(self, scope: ScopeFlow, arguments: dict[str, str]) -> dict[int, int]:
        """Returns what numbers in a callee's first variables stand for, where they look like the caller's."""
        top = self._shell.stack[-1]
        looks = _looks([*top.locals.values(), *top.returns])
        makes = scope.name.endswith("__init__") and not any(
            getattr(call.func, "attr", "") == "__init__" for call in self._shell.stop().calls
        )
        found: dict[int, int] = {}
        for name, text in arguments.items():
            for number, look in shown(text):
                one = top.ids.get(looks.get(blank(look)) or 0)
                if one is not None and not (makes and name == "self") and one not in found.values():
                    found.setdefault(number, one)
        return found

    # Free variables

    def called(self, scope: ScopeFlow) -> int:
        """Returns which object the function is that the current statement calls; 0 where that is not sure."""
        top = self._shell.stack[-1]
        start = f"<function {scope.name} at #"
        found = {
            name: top.ids[numbers(text)[0]] for name, text in top.locals.items() if text.startswith(start)
        }
        named = {getattr(call.func, "id", "") for call in self._shell.stop().calls}
        ones = {one for name, one in found.items() if name in named} or set(found.values())
        return ones.pop() if len(ones) == 1 else 0

    def give_cells(self, frame: Frame, function: int) -> bool:
        """Gives a new frame its free variables, as the frames that hold them show them.

        Args:
            frame: A function's frame.
            function: Which object the function is; 0 where that is not known.

        Returns:
            Whether the frames that hold them are known.
        """
        free, stack = frame.scope.free, self._shell.stack
        frame.maker = self._shell.cells.get(function)
        around = frame.scope.name.rpartition(".<locals>.")[0]
        made = {id(maker) for maker in self._shell.cells.values() if maker.scope.name == around}
        if free and frame.maker is None and len(made) > 1:
            return False  # it may be any of them
        for name in free:
            holder = self._holder(frame, name)
            if holder is not None:
                frame.locals[name] = self.carry(holder.locals[name], holder, frame)
            elif frame.maker is None and not any(other.scope.name == around for other in stack):
                return False
        return True

    def _holder(self, frame: Frame, name: str) -> Frame | None:
        """Returns the frame that shows a free variable of another one as it is now."""
        owner = self._shell.flow.owner(frame.scope, name)
        if owner is None:
            return None
        for other in reversed(self._shell.stack):
            if name not in other.locals:
                continue
            if other.scope is owner and frame.maker in (None, other):
                return other
            beside = name in other.scope.free and self._shell.flow.owner(other.scope, name) is owner
            if beside and other.maker is frame.maker:
                return other
        return frame.maker if frame.maker is not None and name in frame.maker.locals else None


def _looks(texts: Sequence[str]) -> dict[str, int | None]:
    """Objects by what they look like; None where two look alike."""
    found: dict[str, int | None] = {}
    for text in texts:
        for number, look in shown(text):
            key = blank(look)
            found[key] = number if found.get(key, number) == number else None
    return found


def _kind(text: str) -> str:
    """What an object's text begins with, up to its number."""
    return text.partition(" at #")[0] if text.startswith("<") and " at #" in text else ""
