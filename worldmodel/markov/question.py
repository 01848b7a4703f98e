"""The question at a state: the statement, its operands, and what an answer may be."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from .frame import MUTABLE
from .grammar import OutcomeGrammar
from .objects import numbers
from .operand import MAX_OPERAND, cut, latest, leave_out
from .stop import Kind, ScopeFlow, Stop

if TYPE_CHECKING:
    from .shell import Shell

_FUNCTION = re.compile(r"^<(?:function|bound method) (\S+?)(?: at #| of )")
_CLASS = re.compile(r"^<class '(\S+)'>$")


class Question:
    """What a shell would ask where it stands.

    Args:
        shell: Stands at a state whose successor is not certain.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._top = shell.stack[-1]
        self._stop = shell.stop()

    def prompt(self) -> str:
        """The question at the current state: the statement and its operands."""
        top, stop = self._top, self._stop
        lines = [stop.text]
        whole = stop.text.startswith(("for ", "async for "))  # what it goes over was read at the start
        snapshot = top.entered.get(stop.line, {}) if stop.loop and whole else {}
        numbered = stop.makes_object
        for name in stop.reads:
            text = top.locals.get(name)
            frozen = snapshot.get(name)
            if frozen is not None and not frozen.startswith(MUTABLE):
                text = frozen
            if text is None:
                text = self.outer(name)
            scope = self.callee(name, text)
            if scope is not None and scope.signature:
                lines.append(scope.signature)
                lines += self.cells_of(scope, text)
                numbered = numbered or scope.generator or "(" not in scope.name and self._is_class(scope)
            elif text is not None:
                lines.append(f"{name}={cut(text)}")
        for attribute in self._methods(stop):
            lines.append(f".{attribute.signature}")
            numbered = True
        lines += [f"^{cut(text)}" for text in latest(top.returns)]
        if numbered:
            lines.append(f"&{top.count + 1}")
        if top.resumed:
            lines.append("~")
        if stop.loop and top.turns.get(stop.line):
            lines.append(f"#{top.turns[stop.line]}")
        if stop.kind is Kind.WITH and stop.line in top.inside:
            lines.append("#exit")
        if top.raised and (stop.text.startswith("except") or stop.raises_again or stop.kind is Kind.WITH):
            raised = f"!{top.raised}"
            leave_out(texts=len(raised) > MAX_OPERAND)
            lines.append(raised[:MAX_OPERAND].replace("\n", "\\n"))
        return "\n".join(lines)

    def grammar(self) -> OutcomeGrammar:
        """The answers that the current question can have."""
        top = self._top
        labels = {
            label: (*scope.names, *scope.free)
            for label, scope in self._shell.flow.labels.items()
            if scope.name != "<module>"  # nothing calls that
        }
        waiting = {frame.scope.label for frame in self._shell.suspended}
        return OutcomeGrammar(self.letters(), self.names(), labels, top.scope.stops, waiting)

    def letters(self) -> str:
        """The outcomes that the current statement can have."""
        stop = self._stop
        if stop.kind is Kind.BRANCH:
            inline = "R" if "return" in stop.text or stop.suspends else ""
            return "10XC" + inline
        if stop.kind is Kind.RETURN:
            return "RXC"
        return "LXCR" if stop.suspends else "LXC"

    def names(self) -> tuple[str, ...]:
        """Names that the current statement can change.

        Those are the names in it, whatever holds an object that can change under another
        name, and, where functions assign variables of other frames, all.
        """
        top, stop = self._top, self._stop
        known = dict.fromkeys([*top.scope.names, *top.locals])
        if self._shell.flow.rebinds_cells and (stop.calls or top.returns):
            return tuple(known)
        inside = {*stop.reads, *stop.binds_also}
        return tuple(n for n in known if n in inside or top.locals.get(n, "").startswith(MUTABLE))

    def outer(self, name: str) -> str | None:
        """What a name that is no local stands for, where that is known."""
        if self._shell.program.call is None and self._shell.stack and len(self._shell.stack) > 1:
            return self._shell.stack[0].locals.get(name)
        for frame in reversed(self._shell.stack[:-1]):
            if self._top.scope.name.startswith(f"{frame.scope.name}.<locals>") and name in frame.locals:
                return frame.locals[name]
        return self._shell.flow.constants.get(name)

    def callee(self, name: str, text: str | None) -> ScopeFlow | None:
        """The function or class of the program that a name stands for."""
        if text is None:
            flow = self._shell.flow
            return None if name in flow.assigned else flow.by_name.get(name)
        found = _FUNCTION.match(text) or _CLASS.match(text)
        return self._shell.flow.by_name.get(found[1]) if found else None

    def cells_of(self, scope: ScopeFlow, text: str | None) -> list[str]:
        """What a function made inside another one finds in that one's variables."""
        known = numbers(text or "")
        owner = self._shell.cells.get(self._top.ids.get(known[0], 0)) if known else None
        if owner is None or owner in self._shell.stack[-1:]:
            return []
        return [f"{name}={cut(owner.locals[name])}" for name in scope.free if name in owner.locals]

    def _methods(self, stop: Stop) -> list[ScopeFlow]:
        """Methods of the program that the statement calls by attribute."""
        found: list[ScopeFlow] = []
        for call in stop.calls:
            if isinstance(call.func, ast.Attribute):
                scope = self._shell.flow.labels.get(call.func.attr)
                if scope is not None and scope.signature and scope not in found:
                    found.append(scope)
        return found

    def _is_class(self, scope: ScopeFlow) -> bool:
        return f"{scope.name}.__init__" in self._shell.flow.by_name or not scope.parameters
