"""Looks into a dream, and changed futures: what needs more than the states in a row.

Expressions and conditions are evaluated by the model, on the texts of the variables, as the expressions of a
statement are; nothing is evaluated in this process. An assignment makes a new future, which is dreamt from
the changed state on.
"""

from __future__ import annotations

import ast
import builtins
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    BreakpointKind,
    Edit,
    Evaluation,
    Event,
    Frame,
    IllegalAction,
    Program,
    State,
    StateTree,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.breakpoint import require_expression
from debugworld.sandboxes.debugger.places import Passes, Places
from debugworld.worldmodel.calibration import Evidence
from debugworld.worldmodel.markov import Outcome, Shell
from debugworld.worldmodel.markov.thought import Raised, Thought, consider
from debugworld.worldmodel.thinker import Considered, Thinker

ABILITIES = frozenset({"evaluate", "set", "frames", "fork", "conditions"})
"""What such a debugger can do beside the moves."""
_UNFINISHED = "timeout"
_OF_MODULE = "a dream cannot watch variables of the module, only one of a function, as in 'change total in f'"


class Dreamer(TreeDebugger):
    """A debugger over a tree that a model dreams, which can look and assign.

    A ``change`` breakpoint watches variables of functions, and holds where a frame itself shows another
    text: a list that a callee changes has changed when control is back. It cannot watch variables of the
    module, which no state shows.
    """

    abilities = ABILITIES
    _thinker: Thinker
    _move_evidence: Evidence

    @abstractmethod
    def _shell_at(self, position: int) -> Shell:
        """Returns a shell of its own that stands at a known state."""

    @abstractmethod
    def _renew(self, shell: Shell, states: Sequence[State]) -> None:
        """Goes on from a shell at the last of some states, which are all that is known now."""

    def refusal(self, action: Action) -> str | None:
        """Says why an action is not legal now; None where it is.

        Raises:
            IllegalAction: there is no program yet.
        """
        point = action.breakpoint
        watches = (
            action.kind is ActionKind.BREAK and point is not None and point.kind is BreakpointKind.CHANGE
        )
        if watches and point is not None and not point.function:
            return _OF_MODULE
        return super().refusal(action)

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Evaluates an expression in a frame by asking the model; `confidence` then tells how sure it was.

        Raises:
            IllegalAction: there is no such frame, the text is no expression, or the program has ended.
            ModelError: the model cannot answer.
        """
        number = self._frame(frame)
        require_expression(expression, "expression")
        shell = self._looking(self._position, number)
        [found] = self._thinker.follow([_valued(shell, expression)])
        self._move_evidence = found.evidence
        if found.outcome is None:
            return Evaluation(f"the model's answer had no end ({found.reason})", _UNFINISHED)
        return Evaluation(found.outcome.value, "value" if found.outcome.letter == "R" else "exception")

    def frames(self) -> tuple[Frame, ...]:
        """Returns the frames of the stack, innermost first, as the dream knows them; empty at the exit."""
        if self.done:
            return ()
        state = self._tree.states[self._position]
        own = Frame(state.function, state.line, state.source, state.depth, state.locals)
        below = [
            Frame(one.scope.name, one.line, self.program.source_line(one.line), depth, dict(one.locals))
            for depth, one in enumerate(self._shell_at(self._position).stack[: state.depth])
        ]
        return (own, *reversed(below))

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a variable of a frame, to a value that the model is asked for; the future is dreamt anew.

        Raises:
            IllegalAction: there is no such frame or variable, or the expression raises; nothing has changed.
            ModelError: the model cannot answer.
        """
        number, index = self._frame(frame), self._position
        require_expression(expression, "expression")
        kept = tuple(edit for edit in self.program.edits if edit.index <= index)
        changed, shell = self._assigned(
            self._looking(index, 0), number, name, expression, self._tree.states[index]
        )
        printed = self.state
        self._program = replace(self.program, edits=(*kept, Edit(index, number, name, expression)))
        self._renew(shell, [*self._tree.states[:index], changed])
        self._state = replace(changed, stdout=printed.stdout, stderr=printed.stderr)
        self._selected = number if frame is None else self._selected
        return self.state

    def _edited(self, edit: Edit, shell: Shell, state: State) -> State:
        """Makes an assignment of the program's at a state that was just dreamt, and returns the new one."""
        if state.event is not Event.EXIT and edit.frame <= state.depth:
            with suppress(IllegalAction):  # the dream came elsewhere than the run that was edited
                return self._assigned(shell, edit.frame, edit.name, edit.expression, state)[0]
        return state

    def _assigned(
        self, shell: Shell, number: int, name: str, expression: str, state: State
    ) -> tuple[State, Shell]:
        """Returns a state and a shell after an assignment."""
        stack = shell.stack
        owner = stack[len(stack) - 1 - number]
        if name not in owner.locals and name not in owner.scope.names:
            have = ", ".join(owner.locals) or "none"
            raise IllegalAction(
                f"set {name}: {owner.scope.name} has no local {name!r}, and a dream knows no other "
                f"variables; its locals: {have}"
            )
        inner = shell.copy()
        del inner.stack[len(stack) - number :]
        [found] = self._thinker.follow([_valued(inner, expression)])
        self._move_evidence = found.evidence
        if found.outcome is None:
            raise IllegalAction(f"set {name}: the model's answer had no end ({found.reason})")
        if found.outcome.letter != "R":
            raise IllegalAction(f"{expression} raises {found.outcome.value}")
        owner.locals[name] = found.outcome.value
        order = {known: place for place, known in enumerate(owner.scope.names)}
        shown = sorted(owner.locals.items(), key=lambda item: order.get(item[0], len(order)))
        owner.locals = dict(shown)
        if number:
            return state, shell
        changed = replace(state, locals=dict(shown))
        shell.accept(changed)
        return changed, shell

    def _looking(self, position: int, frame: int) -> Shell:
        """Returns a shell at a state, in one of its frames."""
        shell = self._shell_at(position)
        depth = self._tree.states[position].depth
        del shell.stack[depth + 1 - frame :]
        return shell

    def _stops(self, action: Action) -> Sequence[Passes]:
        if action.kind is not ActionKind.RUN_UNTIL:
            return super()._stops(action)
        places = self._tree.condition(action.text)
        if places is None:
            find = self._finder(lambda index: self._tree.states[index].event is Event.LINE, action.text)
            places = self._tree.learn(action.text, Places(self._tree.states, find))
        return (Passes(places),)

    def _places(self, breakpoint: Breakpoint) -> Places:
        places = self._tree.places(breakpoint, self._expected(breakpoint))
        if places is None:
            point = replace(breakpoint, hits=1)
            find = self._finder(self._test(point), point.condition)
            places = self._tree.learn(point, Places(self._tree.states, find))
        return places

    def _test(self, point: Breakpoint) -> Callable[[int], bool]:
        """Returns what tells, condition apart, whether a breakpoint holds at a state."""
        tree, states = self._tree, self._tree.states
        if point.kind is BreakpointKind.LINE:
            return lambda index: (
                states[index].event is Event.LINE and states[index].line == point.line and not point.file
            )
        if point.kind is BreakpointKind.FUNCTION:
            return lambda index: states[index].event is Event.CALL and point.names(states[index].function)
        if point.kind is BreakpointKind.EXCEPTION:
            bases = _bases(self.program)
            return lambda index: _raised(states, index) and _is_kind(states[index].value, point.name, bases)
        if point.kind is BreakpointKind.CHANGE and point.function:
            return lambda index: index > 0 and _changed(tree, index, point)
        raise IllegalAction(f"break {point}: {_OF_MODULE}")

    def _finder(
        self, test: Callable[[int], bool], condition: str | None
    ) -> Callable[[int, int], Iterable[int]]:
        """Returns what finds, among known states, those that pass a test and where a condition is true."""

        def find(start: int, end: int) -> list[int]:
            found = [index for index in range(start, end) if test(index)]
            if condition is None or not found:
                return found
            shells = [self._looking(index, 0) for index in found]
            answers = self._thinker.follow([_holding(shell, condition) for shell in shells])
            return [index for index, answer in zip(found, answers, strict=True) if _true(answer)]

        return find


def _valued(shell: Shell, expression: str) -> Thought:
    """Asks for an expression's value: an outcome R or X."""
    try:
        return Outcome("R", (yield from consider(shell, expression)))
    except Raised as error:
        return Outcome("X", str(error))


def _holding(shell: Shell, condition: str) -> Thought:
    """Asks whether a condition is true; one that raises is not: an outcome 1 or 0."""
    try:
        text = yield from consider(shell, condition)
        if text not in ("True", "False", "None"):
            text = yield from consider(shell, f"bool({condition})")
        return Outcome("1" if text == "True" else "0")
    except Raised:
        return Outcome("0")


def _true(answer: Considered) -> bool:
    return answer.outcome is not None and answer.outcome.letter == "1"


def _raised(states: Sequence[State], index: int) -> bool:
    """Whether an exception was raised at a state, and did not arrive there from a callee."""
    state = states[index]
    if state.event is not Event.EXCEPTION:
        return False
    before = states[index - 1] if index else None
    return before is None or before.event is not Event.EXCEPTION or before.depth <= state.depth


def _bases(program: Program) -> dict[str, tuple[str, ...]]:
    """The names of the bases of the program's own classes, by name."""
    return {
        node.name: tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases)
        for node in ast.walk(program.module)
        if isinstance(node, ast.ClassDef)
    }


def _is_kind(value: str | None, name: str, bases: dict[str, tuple[str, ...]]) -> bool:
    """Whether the exception of a state's value is of a type, or of one derived from it."""
    wanted = name.rpartition(".")[2]
    todo, seen = [(value or "").partition(":")[0].rpartition(".")[2]], set()
    while todo:
        known = todo.pop()
        if known == wanted:
            return True
        if known in seen:
            continue
        seen.add(known)
        builtin = getattr(builtins, known, None)
        if known in bases:
            todo += bases[known]
        elif isinstance(builtin, type):
            todo += [base.__name__ for base in builtin.__mro__[1:]]
    return False


def _changed(tree: StateTree, index: int, point: Breakpoint) -> bool:
    """Whether the innermost activation of a function shows another text of a variable than before."""
    call = tree.call_of(index)
    states = tree.states
    if states[index].event in (Event.CALL, Event.EXIT) or not point.names_function(states[index].function):
        return False
    around = (index - 1, *tree.callers(index - 1))
    inner = next((at for at in around if point.names_function(states[at].function)), None)
    if inner is None or tree.call_of(inner) != call:
        return False
    return states[inner].locals.get(point.name) != states[index].locals.get(point.name)
