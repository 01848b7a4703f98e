"""The symbolic shell: keeps what is certain, asks about the rest.

A shell follows one run. At each state it either knows the next one (`certain`) or
has a question for the model (`prompt`), whose answer, an `Outcome`, it turns into
the next state (`apply`). It can also be led along a true run: `outcome_of` says
which answer would have led to a given next state, `accept` makes that state the
current one whatever the shell expected.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from debugworld.sandboxes.debugger.program import Program
from debugworld.sandboxes.debugger.state import Event, Exit, ExitCode, State

from .flow import END, RERAISE, Flow, Guard, Kind, ScopeFlow, Stop
from .grammar import OutcomeGrammar
from .outcome import Outcome

MAX_OPERAND = 240
"""Characters of one operand's text in a prompt."""
MAX_RETURNS = 4
"""Returned values shown in a prompt, the latest ones."""
_NUMBERED = re.compile(r"^<.*? at #(\d+)")
_NUMBER = re.compile(r" at #(\d+)")
_FUNCTION = re.compile(r"^<(?:function|bound method) (\S+?)(?: at #| of )")
_CLASS = re.compile(r"^<class '(\S+)'>$")
_MUTABLE = ("[", "{", "<", "deque", "defaultdict", "Counter", "OrderedDict", "bytearray", "set(")


@dataclass
class _Leaving:
    """Control on its way out through a ``finally`` or ``with``."""

    tag: int
    action: str
    """``raise``, ``return`` or ``goto``."""
    value: str = ""
    target: int = 0
    guards: tuple[Guard, ...] = ()


@dataclass
class _Frame:
    """One activation as the shell knows it."""

    scope: ScopeFlow
    locals: dict[str, str]
    line: int
    turns: dict[int, int] = field(default_factory=dict)
    entered: dict[int, dict[str, str]] = field(default_factory=dict)
    returns: list[str] = field(default_factory=list)
    leaving: list[_Leaving] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    raised: str = ""
    again: bool = False
    resumed: bool = False
    shares: dict[str, str] = field(default_factory=dict)
    """Parameters that are the caller's variables of these names."""


class Shell:
    """Follows one run of a program.

    Args:
        program: A checked program.
        flow: Its control flow, where it is known already.
    """

    def __init__(self, program: Program, flow: Flow | None = None) -> None:
        self.program = program
        self.flow = flow or Flow(program)
        self.stack: list[_Frame] = []
        self._suspended: list[_Frame] = []
        self._numbers = 0
        self._cells: dict[int, _Frame] = {}
        self._now: State | None = None

    @property
    def state(self) -> State | None:
        """The current state; None before the first."""
        return self._now

    # What the shell knows

    def start(self) -> State:
        """Returns the entry state, which is certain, and stands there."""
        if self.program.call is None:
            scope = self.flow.by_name["<module>"]
        else:
            scope = self.flow.scopes["main", self.program.entry_line]
        return self._call(scope, {}, "", False)

    def certain(self) -> State | None:
        """Moves to the next state where it is certain; returns None where a question is due."""
        now = self._now
        assert now is not None
        if now.event is Event.CALL:
            top = self.stack[-1]
            if top.resumed:
                return None
            return self._go(top, top.scope.first, "")
        if now.event is Event.RETURN:
            self._leave()
            return self._end(Exit(ExitCode.NORMAL, "exit")) if not self.stack else None
        if now.event is Event.EXCEPTION:
            return self._propagate()
        return None

    def stop(self) -> Stop:
        """The stop whose statement is in question."""
        top = self.stack[-1]
        found = top.scope.stops.get(top.line)
        if found is None:
            text = self.program.source_line(top.line)
            found = Stop(top.line, text, Kind.PLAIN, END, END, (), ())
        return found

    def prompt(self) -> str:
        """The question at the current state: the statement and its operands."""
        top, stop = self.stack[-1], self.stop()
        lines = [stop.text]
        snapshot = top.entered.get(stop.line, {}) if stop.loop else {}
        numbered = stop.makes_object
        for name in stop.reads:
            text = top.locals.get(name)
            frozen = snapshot.get(name)
            if frozen is not None and not frozen.startswith(_MUTABLE):
                text = frozen
            if text is None:
                text = self._global(name)
            scope = self._callee(name, text)
            if scope is not None and scope.signature:
                lines.append(scope.signature)
                lines += self._cells_of(scope, text)
                numbered = numbered or scope.generator or "(" not in scope.name and self._is_class(scope)
            elif text is not None:
                lines.append(f"{name}={_cut(text)}")
        for attribute in self._methods(stop):
            lines.append(f".{attribute.signature}")
            numbered = True
        lines += [f"^{_cut(text)}" for text in top.returns[-MAX_RETURNS:]]
        if numbered:
            lines.append(f"&{self._numbers + 1}")
        if top.resumed:
            lines.append("~")
        if stop.loop and top.turns.get(stop.line):
            lines.append(f"#{top.turns[stop.line]}")
        if stop.kind is Kind.WITH and stop.line in top.inside:
            lines.append("#exit")
        if top.raised and (stop.text.startswith("except") or stop.raises_again or stop.kind is Kind.WITH):
            lines.append(f"!{top.raised}"[:MAX_OPERAND].replace("\n", "\\n"))
        return "\n".join(lines)

    def grammar(self) -> OutcomeGrammar:
        """The answers that the current question can have."""
        top = self.stack[-1]
        labels = {label: (*scope.names, *scope.free) for label, scope in self.flow.labels.items()}
        return OutcomeGrammar(self.letters(), self.names(), labels, top.scope.stops)

    def letters(self) -> str:
        """The outcomes that the current statement can have."""
        stop = self.stop()
        if stop.kind is Kind.BRANCH:
            inline = "R" if "return" in stop.text or stop.suspends else ""
            return "10XC" + inline
        if stop.kind is Kind.RETURN:
            return "RXC"
        return "LXCR" if stop.suspends else "LXC"

    def names(self) -> tuple[str, ...]:
        """Names that the current statement can change."""
        top = self.stack[-1]
        return tuple(dict.fromkeys([*top.scope.names, *top.locals]))

    # Applying an answer

    def apply(self, outcome: Outcome) -> State:
        """Moves to the state that an answer leads to.

        Raises:
            ValueError: the answer does not fit the current state.
        """
        top, stop = self.stack[-1], self.stop()
        if outcome.letter == "C":
            return self._enter(top, stop, outcome)
        self._change(top, outcome)
        top.returns.clear()
        top.resumed = False
        if outcome.letter == "X":
            return self._raise(top, stop, outcome.value, outcome.stdout, outcome.goto)
        if outcome.letter == "R":
            if stop.suspends and not stop.text.startswith("return"):
                self._suspended.append(top)
                return self._at(Event.RETURN, top, outcome.value, outcome.stdout)
            return self._pass(top, stop.guards, _Leaving(0, "return", outcome.value), outcome.stdout)
        target = stop.other if outcome.letter == "0" else stop.then
        if stop.loop:
            self._turn(top, stop, outcome.letter == "1")
        if stop.kind is Kind.WITH:
            if stop.line in top.inside:
                return self._leave_with(top, stop, outcome)
            top.inside.append(stop.line)
        if outcome.goto is not None:
            return self._go(top, outcome.goto, outcome.stdout)
        if stop.jumps and outcome.letter != "0":
            passed = stop.guards[: len(stop.guards) - stop.outer]
            return self._pass(top, passed, _Leaving(0, "goto", target=target), outcome.stdout)
        return self._go(top, target, outcome.stdout)

    def _change(self, top: _Frame, outcome: Outcome) -> None:
        for name in outcome.deleted:
            top.locals.pop(name, None)
        for name, text in outcome.changes.items():
            self._set(top, name, text)

    def _set(self, top: _Frame, name: str, text: str) -> None:
        """Gives a name a text; an object that changed changes wherever it is shown."""
        old = top.locals.get(name)
        top.locals[name] = text
        self._count(text)
        if old is not None and old != text and old.startswith("<") and text.startswith("<"):
            before, after = _NUMBERED.match(old), _NUMBERED.match(text)
            if before and after and before[1] == after[1]:
                for frame in self.stack:
                    for other, shown in frame.locals.items():
                        if old in shown:
                            frame.locals[other] = shown.replace(old, text)

    def _turn(self, top: _Frame, stop: Stop, goes_on: bool) -> None:
        if not goes_on:
            top.turns.pop(stop.line, None)
            top.entered.pop(stop.line, None)
            return
        if not top.turns.get(stop.line):
            top.entered[stop.line] = {n: top.locals[n] for n in stop.reads if n in top.locals}
        top.turns[stop.line] = top.turns.get(stop.line, 0) + 1

    def _enter(self, top: _Frame, stop: Stop, outcome: Outcome) -> State:
        scope = self.flow.labels.get(outcome.value)
        if scope is None:
            have = ", ".join(self.flow.labels)
            raise ValueError(f"the program has no function {outcome.value!r}; it has: {have}")
        if outcome.resumes:
            for frame in reversed(self._suspended):
                if frame.scope is scope:
                    self._suspended.remove(frame)
                    frame.resumed = True
                    self.stack.append(frame)
                    return self._at(Event.CALL, frame, None, outcome.stdout)
            raise ValueError(f"no generator of {outcome.value} is suspended")
        return self._call(scope, dict(outcome.changes), outcome.stdout, True)

    def _call(self, scope: ScopeFlow, arguments: dict[str, str], stdout: str, links: bool) -> State:
        frame = _Frame(scope, arguments, scope.line)
        for text in arguments.values():
            self._count(text)
        if links and self.stack:
            frame.shares = self._shared(scope, arguments)
        self.stack.append(frame)
        return self._at(Event.CALL, frame, None, stdout)

    def _shared(self, scope: ScopeFlow, arguments: dict[str, str]) -> dict[str, str]:
        """Finds parameters whose argument is a plain variable of the caller."""
        top = self.stack[-1]
        shared: dict[str, str] = {}
        for call in self.stop().calls:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            parameters = scope.parameters
            if name != scope.name.rpartition(".")[2]:
                continue
            if isinstance(call.func, ast.Attribute) and parameters and parameters[0] == "self":
                if isinstance(call.func.value, ast.Name):
                    shared["self"] = call.func.value.id
                parameters = parameters[1:]
            for parameter, argument in zip(parameters, call.args, strict=False):
                if isinstance(argument, ast.Name):
                    shared[parameter] = argument.id
            for keyword in call.keywords:
                if keyword.arg and isinstance(keyword.value, ast.Name):
                    shared[keyword.arg] = keyword.value.id
        return {
            parameter: variable
            for parameter, variable in shared.items()
            if parameter not in scope.rebound
            and arguments.get(parameter, "").startswith(_MUTABLE)
            and top.locals.get(variable) == arguments.get(parameter)
        }

    def _leave(self) -> None:
        """Pops the returned frame and hands its value to the caller."""
        frame = self.stack.pop()
        if not self.stack:
            return
        assert self._now is not None
        top = self.stack[-1]
        self._share(frame, top)
        if self._now.value is not None:
            top.returns.append(self._now.value)
        if "self" in frame.scope.parameters and "self" in frame.locals:
            top.returns.append(f"self={frame.locals['self']}")

    def _share(self, frame: _Frame, top: _Frame) -> None:
        """What a frame did to objects and cells that its callers also hold."""
        for parameter, variable in frame.shares.items():
            if parameter in frame.locals and variable in top.locals:
                top.locals[variable] = frame.locals[parameter]
        for name, text in frame.locals.items():
            if name not in frame.scope.names:
                self._share_cell(frame.scope.name, name, text)

    def _share_cell(self, function: str, name: str, text: str) -> None:
        """A free variable is one cell for its owner and every function inside it."""
        for frame in reversed(self.stack):
            if name in frame.locals and function.startswith(_prefix(frame.scope.name)):
                frame.locals[name] = text
                if name in frame.scope.names:
                    return

    # Where control goes

    def _go(self, top: _Frame, target: int, stdout: str) -> State:
        if target == END:
            return self._at(Event.RETURN, top, "None", stdout)
        if target == RERAISE:
            return self._reraise(top, stdout)
        if target < RERAISE:
            return self._end_final(top, target, stdout)
        self._unbind(top, target)
        self._forget_turns(top, target)
        top.line = target
        return self._at(Event.LINE, top, None, stdout)

    def _unbind(self, top: _Frame, target: int) -> None:
        """The variable of an ``except`` clause is gone after its body."""
        here, there = top.scope.stops.get(top.line), top.scope.stops.get(target)
        if here is not None and here.binds and (there is None or there.binds != here.binds):
            top.locals.pop(here.binds, None)

    def _end_final(self, top: _Frame, tag: int, stdout: str) -> State:
        if top.leaving and top.leaving[-1].tag == tag:
            return self._resume(top, top.leaving.pop(), stdout)
        return self._go(top, self.flow.finals[tag], stdout)

    def _leave_with(self, top: _Frame, stop: Stop, outcome: Outcome) -> State:
        top.inside.remove(stop.line)
        if top.leaving and top.leaving[-1].tag == stop.line:
            leaving = top.leaving.pop()
            if leaving.action != "raise":
                return self._resume(top, leaving, outcome.stdout)
            top.raised = ""
        return self._go(top, stop.other if outcome.goto is None else outcome.goto, outcome.stdout)

    def _resume(self, top: _Frame, leaving: _Leaving, stdout: str) -> State:
        if leaving.action == "raise":
            top.raised = leaving.value
            return self._reraise(top, stdout, leaving.guards)
        return self._pass(top, leaving.guards, leaving, stdout)

    def _pass(self, top: _Frame, guards: Sequence[Guard], leaving: _Leaving, stdout: str) -> State:
        """Leaves blocks on purpose: through each ``finally`` and ``with``, then away."""
        for position, guard in enumerate(guards):
            if guard.kind != "except":
                rest = tuple(guards[position + 1 :])
                top.leaving.append(replace(leaving, tag=guard.tag, guards=rest))
                return self._go(top, guard.line, stdout)
        if leaving.action == "goto":
            return self._go(top, leaving.target, stdout)
        stop = top.scope.stops.get(top.line)
        if stop is not None and stop.binds:
            top.locals.pop(stop.binds, None)
        return self._at(Event.RETURN, top, leaving.value, stdout)

    def _raise(self, top: _Frame, stop: Stop, error: str, stdout: str, goto: int | None) -> State:
        top.raised = error
        if stop.kind is Kind.WITH and stop.line in top.inside:
            top.inside.remove(stop.line)
            if top.leaving and top.leaving[-1].tag == stop.line:
                top.leaving.pop()
        if stop.raises_again:
            return self._reraise(top, stdout, stop.guards)
        top.again = False
        return self._at(Event.EXCEPTION, top, error, stdout)

    def _propagate(self) -> State:
        """From an exception state: into a handler of the frame, or out of it."""
        top = self.stack[-1]
        stop = top.scope.stops.get(top.line)
        caught = None if top.again else self._catch(top, stop.guards if stop else (), "")
        if caught is not None:
            return caught
        error = top.raised
        self.stack.pop()
        if not self.stack:
            return self._end(_exit_of(error))
        below = self.stack[-1]
        self._share(top, below)
        below.returns.clear()
        below.raised, below.again, below.resumed = error, False, False
        return self._at(Event.EXCEPTION, below, error, "")

    def _catch(self, top: _Frame, guards: Sequence[Guard], stdout: str) -> State | None:
        if not guards:
            return None
        guard = guards[0]
        if guard.kind != "except":
            top.leaving.append(_Leaving(guard.tag, "raise", top.raised, guards=tuple(guards[1:])))
        return self._go(top, guard.line, stdout)

    def _reraise(self, top: _Frame, stdout: str, guards: Sequence[Guard] | None = None) -> State:
        """The exception in hand goes on: to an outer handler, or it ends the frame."""
        if guards is None:
            stop = top.scope.stops.get(top.line)
            guards = stop.guards if stop else ()
        caught = self._catch(top, guards, stdout)
        if caught is not None:
            return caught
        top.again = True
        return self._at(Event.EXCEPTION, top, top.raised, stdout)

    def _end(self, exit: Exit) -> State:
        self._now = State.at_exit(exit)
        return self._now

    def _at(self, event: Event, top: _Frame, value: str | None, stdout: str) -> State:
        line = top.scope.line if event is Event.CALL else top.line
        order = {name: place for place, name in enumerate(top.scope.names)}
        shown = dict(sorted(top.locals.items(), key=lambda item: order.get(item[0], len(order))))
        top.locals = dict(shown)
        self._remember_cells(top)
        depth = len(self.stack) - 1
        source = self.program.source_line(line)
        self._now = State(event, line, source, top.scope.name, depth, shown, value, stdout)
        if value is not None:
            self._count(value)
        return self._now

    # Following a true run

    def outcome_of(self, states: Sequence[State], index: int) -> Outcome | None:
        """The answer that leads from state ``index`` of a true run to the next one.

        Returns None where no answer can (the shell's idea of the stack is wrong, or
        the run was cut).
        """
        top, stop = self.stack[-1], self.stop()
        depth = len(self.stack) - 1
        if index + 1 >= len(states):
            return None
        after = states[index + 1]
        if after.event is Event.CALL and after.depth == depth + 1:
            return self._call_outcome(after)
        if after.depth != depth or after.event in (Event.CALL, Event.EXIT):
            return None
        changes, deleted = _difference(top.locals, after.locals)
        if after.event is Event.EXCEPTION:
            outcome = Outcome("X", after.value or "", changes=changes, deleted=deleted)
        elif after.event is Event.RETURN:
            outcome = self._return_outcome(stop, after)
            outcome.changes, outcome.deleted = changes, deleted
        else:
            outcome = self._line_outcome(stop, states, index)
            outcome.changes, outcome.deleted = changes, deleted
        self._drop_bound(top, stop, outcome)
        outcome.stdout = after.stdout
        return outcome

    def _call_outcome(self, after: State) -> Outcome | None:
        scope = self.flow.scope(after.function, after.line)
        if scope is None:
            return None
        label = self.flow.label_of[scope.name]
        for frame in reversed(self._suspended):
            if frame.scope is scope and frame.locals == after.locals:
                return Outcome("C", label, resumes=True, stdout=after.stdout)
        return Outcome("C", label, changes=dict(after.locals), stdout=after.stdout)

    def _return_outcome(self, stop: Stop, after: State) -> Outcome:
        leaving = self.stack[-1].leaving
        if leaving and leaving[-1].action == "return" and leaving[-1].value == after.value:
            ways = [way for way in (stop.then, stop.other) if way == leaving[-1].tag]
            if ways and stop.kind is Kind.BRANCH:
                return Outcome("1" if stop.then == leaving[-1].tag else "0")
            if ways or stop.line == leaving[-1].tag:
                return Outcome("L")
        ends = stop.then == END, stop.other == END
        if stop.kind is Kind.BRANCH and "return" not in stop.text and after.value == "None" and any(ends):
            return Outcome("1" if ends[0] and not ends[1] else "0")
        if stop.kind in (Kind.PLAIN, Kind.WITH) and after.value == "None" and not stop.suspends:
            return Outcome("L")
        return Outcome("R", after.value or "")

    def _line_outcome(self, stop: Stop, states: Sequence[State], index: int) -> Outcome:
        after = states[index + 1]
        guard = next((g for g in stop.guards if g.kind != "except"), None)
        if stop.kind is Kind.RETURN and guard is not None and after.line == guard.line:
            return Outcome("R", _returned(states, index))
        if stop.raises_again:
            return Outcome("X", self.stack[-1].raised)
        if stop.kind is Kind.BRANCH:
            there = self._lands(stop, stop.then, True), self._lands(stop, stop.other, False)
            if after.line == there[1] and (after.line != there[0] or after.locals == states[index].locals):
                return Outcome("0")
            return Outcome("1", goto=None if after.line == there[0] else after.line)
        exits = stop.kind is Kind.WITH and stop.line in self.stack[-1].inside
        if exits:
            leaving = self.stack[-1].leaving
            if leaving and leaving[-1].tag == stop.line:
                if leaving[-1].action == "raise" and after.line != self._lands(stop, stop.other, False):
                    return Outcome("X", leaving[-1].value)
                return Outcome("L")
        lands = self._lands(stop, stop.other if exits else stop.then, True)
        return Outcome("L", goto=None if after.line == lands else after.line)

    def _lands(self, stop: Stop, target: int, jumps: bool) -> int:
        """The line that control reaches by a target, through ``finally`` blocks."""
        if stop.jumps and jumps:
            for guard in stop.guards[: len(stop.guards) - stop.outer]:
                if guard.kind != "except":
                    return guard.line
        top = self.stack[-1]
        while target < RERAISE:
            if top.leaving and top.leaving[-1].tag == target:
                leaving = top.leaving[-1]
                passed = next(
                    (g for g in leaving.guards if leaving.action == "raise" or g.kind != "except"), None
                )
                if passed is not None:
                    return passed.line
                return leaving.target if leaving.action == "goto" else END
            target = self.flow.finals[target]
        if target == RERAISE:
            return stop.guards[0].line if stop.guards else END
        return target

    def _drop_bound(self, top: _Frame, stop: Stop, outcome: Outcome) -> None:
        """The shell itself forgets an exception variable: that is no part of the answer."""
        if stop.binds and stop.binds in outcome.deleted and outcome.letter != "X":
            outcome.deleted = tuple(n for n in outcome.deleted if n != stop.binds)

    def accept(self, state: State) -> None:
        """Makes a true state the current one."""
        now = self._now
        if state == now:
            return
        if state.event is Event.EXIT:
            self.stack.clear()
            self._now = state
            return
        del self.stack[state.depth + 1 :]
        while len(self.stack) <= state.depth:
            self.stack.append(self._frame_of(state))
        top = self.stack[-1]
        if top.scope.name != state.function:
            top = self.stack[-1] = self._frame_of(state)
        if state.event is Event.LINE and top.line != state.line:
            self._forget_turns(top, state.line)
        top.line = state.line
        top.locals = dict(state.locals)
        self._remember_cells(top)
        top.again = False
        if state.event is Event.EXCEPTION:
            top.raised = state.value or ""
        if state.event is not Event.CALL:
            top.resumed = False
        for text in (*state.locals.values(), state.value or ""):
            self._count(text)
        self._now = state

    def _forget_turns(self, top: _Frame, line: int) -> None:
        """A loop that control reached otherwise than from its own body starts anew."""
        stop = top.scope.stops.get(line)
        if stop is not None and stop.loop and not stop.holds(top.line):
            top.turns.pop(line, None)
            top.entered.pop(line, None)

    def _frame_of(self, state: State) -> _Frame:
        scope = self.flow.scope(state.function, state.line) or self.flow.by_name.get(state.function)
        if scope is None:
            scope = ScopeFlow(state.function, state.line)
        return _Frame(scope, dict(state.locals), state.line)

    # Names and texts

    def _global(self, name: str) -> str | None:
        if self.program.call is None and self.stack and len(self.stack) > 1:
            return self.stack[0].locals.get(name)
        for frame in reversed(self.stack[:-1]):
            if self.stack[-1].scope.name.startswith(f"{frame.scope.name}.<locals>") and name in frame.locals:
                return frame.locals[name]
        return self.flow.constants.get(name)

    def _callee(self, name: str, text: str | None) -> ScopeFlow | None:
        """The function or class of the program that a name stands for."""
        if text is None:
            return self.flow.by_name.get(name)
        found = _FUNCTION.match(text) or _CLASS.match(text)
        return self.flow.by_name.get(found[1]) if found else None

    def _cells_of(self, scope: ScopeFlow, text: str | None) -> list[str]:
        """What a function made inside another one finds in that one's variables."""
        number = _NUMBER.search(text or "")
        owner = self._cells.get(int(number[1])) if number else None
        if owner is None or owner in self.stack[-1:]:
            return []
        return [f"{name}={_cut(owner.locals[name])}" for name in scope.free if name in owner.locals]

    def _remember_cells(self, top: _Frame) -> None:
        """Notes which frame's variables a new inner function refers to."""
        inner = f"<function {top.scope.name}.<locals>."
        for text in top.locals.values():
            if text.startswith(inner) and (number := _NUMBER.search(text)):
                self._cells.setdefault(int(number[1]), top)

    def _methods(self, stop: Stop) -> list[ScopeFlow]:
        """Methods of the program that the statement calls by attribute."""
        found: list[ScopeFlow] = []
        for call in stop.calls:
            if isinstance(call.func, ast.Attribute):
                scope = self.flow.labels.get(call.func.attr)
                if scope is not None and scope.signature and scope not in found:
                    found.append(scope)
        return found

    def _is_class(self, scope: ScopeFlow) -> bool:
        return f"{scope.name}.__init__" in self.flow.by_name or not scope.parameters

    def _count(self, text: str) -> None:
        if "#" in text:
            for number in _NUMBER.findall(text):
                self._numbers = max(self._numbers, int(number))


def _difference(before: dict[str, str], after: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    changes = {name: text for name, text in after.items() if before.get(name) != text}
    return changes, tuple(name for name in before if name not in after)


def _returned(states: Sequence[State], index: int) -> str:
    """The value that the frame of a state returns in the end."""
    depth = states[index].depth
    for state in states[index + 1 :]:
        if state.depth == depth and state.event is Event.RETURN:
            return state.value or "None"
        if state.depth < depth:
            break
    return "None"


def _exit_of(error: str) -> Exit:
    if error == "SystemExit" or error.startswith("SystemExit:"):
        good = error in ("SystemExit", "SystemExit: 0", "SystemExit: None")
        return Exit(ExitCode.NORMAL if good else ExitCode.ERROR, "exit")
    return Exit(ExitCode.ERROR, "uncaught")


def _prefix(function: str) -> str:
    """What the names of functions inside the same owner, or inside this one, begin with."""
    return function.rpartition(".<locals>.")[0] or f"{function}.<locals>"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_OPERAND else text[:MAX_OPERAND] + "…"
