"""The symbolic shell: keeps what is certain, asks about the rest.

A shell follows one run. At each state it either knows the next one (`certain`) or
has a question for the model (`prompt`), whose answer, an `Outcome`, it turns into
the next state (`apply`). It can also be led along a true run: `outcome_of` says
which answer would have led to a given next state, `accept` makes that state the
current one whatever the shell expected.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from debugworld.sandboxes.debugger.program import Program
from debugworld.sandboxes.debugger.state import Event, Exit, ExitCode, State

from .flow import Flow
from .frame import MUTABLE, Frame, Leaving
from .grammar import OutcomeGrammar
from .identity import Identity
from .objects import blank, numbers
from .outcome import Outcome
from .question import Question
from .stop import END, RERAISE, Guard, Kind, ScopeFlow, Stop
from .truth import outcome_of


class Shell:
    """Follows one run of a program.

    Args:
        program: A checked program.
        flow: Its control flow, where it is known already.
    """

    def __init__(self, program: Program, flow: Flow | None = None) -> None:
        self.program = program
        """The program."""
        self.flow = flow or Flow(program)
        """Its control flow."""
        self.stack: list[Frame] = []
        """Frames that run, outermost first."""
        self.suspended: list[Frame] = []
        """Frames of generators that wait, the latest last."""
        self.identity = Identity(self)
        """Which objects are the same in different frames."""
        self.cells: dict[int, Frame] = {}
        """Frames whose variables an inner function refers to, by that function's identity."""
        self._now: State | None = None

    @property
    def state(self) -> State | None:
        """The current state; None before the first."""
        return self._now

    def copy(self) -> Shell:
        """Returns a shell at the same place that goes its own way."""
        other = Shell(self.program, self.flow)
        twins = {id(frame): frame.copy() for frame in (*self.stack, *self.suspended, *self.cells.values())}
        other.stack = [twins[id(frame)] for frame in self.stack]
        other.suspended = [twins[id(frame)] for frame in self.suspended]
        other.cells = {number: twins[id(frame)] for number, frame in self.cells.items()}
        for twin in twins.values():
            twin.maker = twins.get(id(twin.maker))
        other.identity.count, other._now = self.identity.count, self._now
        return other

    # What the shell knows

    def start(self) -> State:
        """Returns the entry state, which is certain, and stands there."""
        if self.program.call is None:
            scope = self.flow.by_name["<module>"]
        else:
            scope = self.flow.scopes["main", self.program.entry_line]
        self.stack.append(Frame(scope, {}, scope.line))
        return self._at(Event.CALL, self.stack[-1], None, "")

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
        if now.event is Event.LINE and self.stop().idle:
            return self.apply(Outcome("L"))
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
        return Question(self).prompt()

    def grammar(self) -> OutcomeGrammar:
        """The answers that the current question can have."""
        return Question(self).grammar()

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
        if stop.loop and outcome.letter == "1" and not top.turns.get(stop.line):
            self._remember_iterable(top, stop)
        top.returns.clear()
        top.resumed = False
        if outcome.letter == "X":
            return self._raise(top, stop, outcome.value, outcome.stdout, outcome.goto)
        if outcome.letter == "R":
            if stop.suspends and not stop.text.startswith("return"):
                self.suspended.append(top)
                return self._at(Event.RETURN, top, outcome.value, outcome.stdout)
            return self._pass(top, stop.guards, Leaving(0, "return", outcome.value), outcome.stdout)
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
            return self._pass(top, passed, Leaving(0, "goto", target=target), outcome.stdout)
        return self._go(top, target, outcome.stdout)

    def _remember_iterable(self, top: Frame, stop: Stop) -> None:
        """A loop over what a function of the program returned goes over that value."""
        call = stop.node.iter if isinstance(stop.node, ast.For) else None
        called = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
        if called in self.flow.labels and len(top.returns) == 1:
            top.iterables.setdefault(stop.line, top.returns[0])

    def _change(self, top: Frame, outcome: Outcome) -> None:
        before = dict(top.locals)
        for name in outcome.deleted:
            top.locals.pop(name, None)
        top.locals.update(outcome.changes)
        if outcome.ids is None:
            self.identity.recognize(top, before)
        else:
            self.identity.know(top)
        for name, text in outcome.changes.items():
            if name in before:
                self.identity.spread(top, text, self.stack)

    def _turn(self, top: Frame, stop: Stop, goes_on: bool) -> None:
        if not goes_on:
            top.turns.pop(stop.line, None)
            top.entered.pop(stop.line, None)
            top.iterables.pop(stop.line, None)
            return
        if not top.turns.get(stop.line):
            top.entered[stop.line] = {n: top.locals[n] for n in stop.reads if n in top.locals}
        top.turns[stop.line] = top.turns.get(stop.line, 0) + 1

    def _enter(self, top: Frame, stop: Stop, outcome: Outcome) -> State:
        scope = self.flow.labels.get(outcome.value)
        if scope is None:
            have = ", ".join(self.flow.labels)
            raise ValueError(f"the program has no function {outcome.value!r}; it has: {have}")
        if outcome.resumes:
            for frame in reversed(self.suspended):
                if frame.scope is scope:
                    self.suspended.remove(frame)
                    frame.resumed = True
                    self.stack.append(frame)
                    return self._at(Event.CALL, frame, None, outcome.stdout)
            raise ValueError(f"no generator of {outcome.value} is suspended")
        frame = Frame(scope, dict(outcome.changes), scope.line)
        frame.shares = self._shared(scope, outcome.changes)
        arguments = self.identity.arguments(scope, outcome.changes)
        frame.ids = arguments if outcome.ids is None else dict(outcome.ids)
        self.identity.know(frame)
        self.identity.give_cells(frame, outcome.function or self.identity.called(scope))
        self.stack.append(frame)
        return self._at(Event.CALL, frame, None, outcome.stdout)

    def opening(self, scope: ScopeFlow, bound: dict[str, str], function: int) -> Outcome | None:
        """Returns how a function is entered whose parameters are known; None if its free variables are not.

        Args:
            scope: The function.
            bound: Texts by parameter, with numbers as in the current frame.
            function: Which object it is, as `Outcome.function`.
        """
        frame = Frame(scope, dict(bound), scope.line, ids=dict(self.stack[-1].ids))
        self.identity.know(frame)
        if not self.identity.give_cells(frame, function or self.identity.called(scope)):
            return None
        self.identity.settle(frame, self._in_order(frame))
        return Outcome("C", scope.label, changes=frame.locals, ids=frame.ids, function=function)

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
            and arguments.get(parameter, "").startswith(MUTABLE)
            and blank(top.locals.get(variable, "")) == blank(arguments[parameter])
        }

    def _leave(self) -> None:
        """Pops the returned frame and hands its value to the caller."""
        frame = self.stack.pop()
        if not self.stack:
            return
        assert self._now is not None
        top = self.stack[-1]
        self._share(frame, top)
        carry = self.identity.carry
        if self._now.value is not None:
            top.returns.append(carry(self._now.value, frame, top))
        if "self" in frame.scope.parameters and "self" in frame.locals:
            top.returns.append(f"self={carry(frame.locals['self'], frame, top)}")

    def _share(self, frame: Frame, top: Frame) -> None:
        """What a frame did to objects and cells that its callers also hold."""
        for parameter, variable in frame.shares.items():
            if parameter in frame.locals and variable in top.locals:
                top.locals[variable] = self.identity.carry(frame.locals[parameter], frame, top)
        for name in frame.locals:
            if name in frame.scope.free:
                self._share_cell(frame, name)
        for text in frame.locals.values():
            self.identity.spread(frame, text, self.stack)

    def _share_cell(self, inner: Frame, name: str) -> None:
        """A free variable is one cell for its owner and every function inside it."""
        text = inner.locals[name]
        frames = [frame for frame in self.stack if inner.scope.name.startswith(_prefix(frame.scope.name))]
        if inner.maker is not None and inner.maker not in frames:
            frames.insert(0, inner.maker)
        for frame in reversed(frames):
            if name in frame.locals:
                frame.locals[name] = self.identity.carry(text, inner, frame)
                if name not in frame.scope.free:
                    return

    # Where control goes

    def _go(self, top: Frame, target: int, stdout: str) -> State:
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

    def _unbind(self, top: Frame, target: int) -> None:
        """The variable of an ``except`` clause is gone after its body."""
        here, there = top.scope.stops.get(top.line), top.scope.stops.get(target)
        left, stays = here.binds if here is not None else (), there.binds if there is not None else ()
        kept = next((n for n, (a, b) in enumerate(zip(left, stays, strict=False)) if a != b), len(stays))
        for name in left[kept:]:
            top.locals.pop(name, None)

    def _end_final(self, top: Frame, tag: int, stdout: str) -> State:
        if top.leaving and top.leaving[-1].tag == tag:
            return self._resume(top, top.leaving.pop(), stdout)
        return self._go(top, self.flow.finals[tag], stdout)

    def _leave_with(self, top: Frame, stop: Stop, outcome: Outcome) -> State:
        top.inside.remove(stop.line)
        if top.leaving and top.leaving[-1].tag == stop.line:
            leaving = top.leaving.pop()
            if leaving.action != "raise":
                return self._resume(top, leaving, outcome.stdout)
            top.raised = ""
        return self._go(top, stop.other if outcome.goto is None else outcome.goto, outcome.stdout)

    def _resume(self, top: Frame, leaving: Leaving, stdout: str) -> State:
        if leaving.action == "raise":
            top.raised = leaving.value
            return self._reraise(top, stdout, leaving.guards)
        return self._pass(top, leaving.guards, leaving, stdout)

    def _pass(self, top: Frame, guards: Sequence[Guard], leaving: Leaving, stdout: str) -> State:
        """Leaves blocks on purpose: through each ``finally`` and ``with``, then away."""
        for position, guard in enumerate(guards):
            if guard.kind != "except":
                rest = tuple(guards[position + 1 :])
                top.leaving.append(replace(leaving, tag=guard.tag, guards=rest))
                return self._go(top, guard.line, stdout)
        if leaving.action == "goto":
            return self._go(top, leaving.target, stdout)
        stop = top.scope.stops.get(top.line)
        for name in stop.binds if stop is not None else ():
            top.locals.pop(name, None)
        return self._at(Event.RETURN, top, leaving.value, stdout)

    def _raise(self, top: Frame, stop: Stop, error: str, stdout: str, goto: int | None) -> State:
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

    def _catch(self, top: Frame, guards: Sequence[Guard], stdout: str) -> State | None:
        if not guards:
            return None
        guard = guards[0]
        if guard.kind != "except":
            top.leaving.append(Leaving(guard.tag, "raise", top.raised, guards=tuple(guards[1:])))
        return self._go(top, guard.line, stdout)

    def _reraise(self, top: Frame, stdout: str, guards: Sequence[Guard] | None = None) -> State:
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

    def _at(self, event: Event, top: Frame, value: str | None, stdout: str) -> State:
        line = top.scope.line if event is Event.CALL else top.line
        if value is not None:
            self.identity.know(top, value)
        value = self.identity.settle(top, self._in_order(top), value)
        self._remember_cells(top)
        shown, depth = dict(top.locals), len(self.stack) - 1
        source = self.program.source_line(line)
        self._now = State(event, line, source, top.scope.name, depth, shown, value, stdout)
        return self._now

    @staticmethod
    def _in_order(frame: Frame) -> dict[str, str]:
        """A frame's variables as they show: its own in canonical order, then the free ones by name."""
        order = {name: place for place, name in enumerate(frame.scope.names)}
        return dict(sorted(frame.locals.items(), key=lambda one: (order.get(one[0], len(order)), one[0])))

    # Following a true run

    def outcome_of(self, states: Sequence[State], index: int) -> Outcome | None:
        """The answer that leads from state ``index`` of a true run to the next one.

        Returns None where no answer can (the shell's idea of the stack is wrong, or
        the run was cut).
        """
        return outcome_of(self, states, index)

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
        before, top.locals = top.locals, dict(state.locals)
        self.identity.recognize(top, before)
        self._remember_cells(top)
        top.again = False
        if state.event is Event.EXCEPTION:
            top.raised = state.value or ""
        if state.event is not Event.CALL:
            top.resumed = False
        self.identity.know(top, state.value or "")
        self._now = state

    def _forget_turns(self, top: Frame, line: int) -> None:
        """A loop that control reached otherwise than from its own body starts anew."""
        stop = top.scope.stops.get(line)
        if stop is not None and stop.loop and not stop.holds(top.line):
            top.turns.pop(line, None)
            top.entered.pop(line, None)
            top.iterables.pop(line, None)

    def _frame_of(self, state: State) -> Frame:
        scope = self.flow.scope(state.function, state.line)
        if scope is None:
            scope = ScopeFlow(state.function, state.line)
        return Frame(scope, dict(state.locals), state.line)

    def _remember_cells(self, top: Frame) -> None:
        """Notes which frame's variables a new inner function refers to."""
        inner = f"<function {top.scope.name}.<locals>."
        for text in top.locals.values():
            if text.startswith(inner) and (known := numbers(text)):
                self.cells.setdefault(top.ids[known[0]], top)


def _exit_of(error: str) -> Exit:
    if error == "SystemExit" or error.startswith("SystemExit:"):
        good = error in ("SystemExit", "SystemExit: 0", "SystemExit: None")
        return Exit(ExitCode.NORMAL if good else ExitCode.ERROR, "exit")
    return Exit(ExitCode.ERROR, "uncaught")


def _prefix(function: str) -> str:
    """What the names of functions inside the same owner, or inside this one, begin with."""
    return function.rpartition(".<locals>.")[0] or f"{function}.<locals>"
