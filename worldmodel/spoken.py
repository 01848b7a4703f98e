"""What debuggers over a model that speaks a format have in common, however they move.

The model is shown the actions and states so far, the *walk*, and asked what comes next. Looks and assignments
ask it at the last state of the walk.
"""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Debugger,
    Evaluation,
    Event,
    IllegalAction,
    Program,
    State,
)
from debugworld.sandboxes.debugger.breakpoint import require_expression
from debugworld.sandboxes.debugger.program import ENTRY_NAME
from debugworld.worldmodel.conversation import Completer, Conversation
from debugworld.worldmodel.data.trajectories import Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import Codec, HistoryCodec, open_codec

INTO = Action(ActionKind.STEP_INTO)


class SpokenDebugger(Debugger):
    """A debugger whose states a model tells in a format.

    Args:
        engine: answers; several debuggers may share one.
        codec: the format that the model speaks, or its name.
        context: tokens that the model can read and write together.
        max_tokens: tokens of an answer after which a dream ends as ``never``, for ``token_budget``.
        max_states: states after which a dream, or one move of it, ends as ``never``, for ``step_budget``.
        measure: returns the number of a prompt's tokens, such as `Vocabulary.count`; None counts bytes.

    Raises:
        ModelError: there is no format of that name.
        ValueError: ``max_states`` is below 1.
    """

    def __init__(
        self,
        engine: Completer,
        codec: Codec | str,
        *,
        context: int = 8192,
        max_tokens: int = 512,
        max_states: int = 2000,
        measure: Callable[[str], int] | None = None,
    ) -> None:
        super().__init__()
        if max_states < 1:
            raise ValueError(f"max_states must be at least 1; got {max_states}")
        self.codec = open_codec(codec) if isinstance(codec, str) else codec
        self.max_states = max_states
        """May be changed between moves."""
        self._conversation = Conversation(engine, self.codec, context, max_tokens, measure)
        self._confidence = 1.0
        evaluates = ActionKind.EVALUATE in self.codec.actions
        self.abilities = frozenset({"set", "evaluate"} if evaluates else {"set"})

    @property
    @abstractmethod
    def walk(self) -> Trajectory:
        """What the model is shown of the actions and states so far."""

    @abstractmethod
    def _walk_here(self) -> Trajectory:
        """Returns the walk up to the state where the debugger stands."""

    @abstractmethod
    def _change(self, name: str, expression: str, changed: State) -> State:
        """Goes on from a state that an assignment changed."""

    @property
    def confidence(self) -> float:
        """The least confidence in the states that the last action asked for, as in `NeuralDebugger`."""
        return self._confidence

    @property
    def dropped(self) -> int:
        """Number of the walk's oldest states that did not fit into the last prompt."""
        return self._conversation.dropped

    @property
    def info(self) -> dict[str, Any]:
        """What is to be known of the last answer beside the state, as plain JSON data.

        ``cut_answers`` are all of the walk that ended where their tokens did.
        """
        dropped, cut = self.dropped, self._conversation.cut_answers
        told = (
            f"the {dropped} oldest states did not fit into the prompt" if dropped else "",
            f"{cut} answer{'s were' if cut > 1 else ' was'} cut short" if cut else "",
        )
        return {
            "format": self.codec.name,
            "confidence": self._confidence,
            "prompt_tokens": self._conversation.prompt_tokens,
            "dropped_states": dropped,
            "cut_answers": cut,
            "dropped": "; ".join(filter(None, told)),
        }

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a local of the innermost frame.

        Where the format has no word for assignments, the new value must be a literal or another local.

        Raises:
            IllegalAction: there is no such local here, or the value is not to be had; nothing has changed.
        """
        if self._frame(frame) != 0:
            raise IllegalAction("a dream shows the locals of the innermost frame only; assign there")
        changed = assigned(self._conversation, self._walk_here(), name, expression)
        return self._change(name, expression, changed)

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Asks the model for the value of an expression in the innermost frame.

        Raises:
            IllegalAction: the format has no word for that, there is no such frame, or the program has ended.
        """
        if self._frame(frame) != 0:
            raise IllegalAction("a dream shows the locals of the innermost frame only; evaluate there")
        require_expression(expression, "expression")
        answer, self._confidence = evaluated(self._conversation, self._walk_here(), expression)
        return answer


def entry_state(program: Program) -> State:
    """Returns the state at which a program's trace begins, which is certain."""
    if not program.is_script:
        line = program.entry_line
        return State(Event.CALL, line, program.source_line(line), ENTRY_NAME, 0)
    body = program.module.body
    line = body[0].lineno if body else 1
    return State(Event.CALL, line, program.source_line(line), "<module>", 0)


def assigned(conversation: Conversation, walk: Trajectory, name: str, expression: str) -> State:
    """Returns the last state of a walk after an assignment to one of its locals.

    Raises:
        IllegalAction: there is no such local, or the value cannot be had in this format.
    """
    state = walk.steps[-1].state
    require_expression(expression, "expression")
    if name not in state.locals:
        have = ", ".join(state.locals) or "none"
        raise IllegalAction(f"there is no local {name!r} here; there are: {have}")
    text = expression.strip()
    if text in state.locals:
        text = state.locals[text]
    else:
        try:
            text = repr(ast.literal_eval(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            action = Action(ActionKind.SET, name=name, text=expression)
            if ActionKind.SET not in conversation.codec.actions:
                raise IllegalAction(
                    f"{expression!r} would have to be evaluated, which the format {conversation.codec.name} "
                    "has no word for; assign a literal or another local"
                ) from None
            answer, _ = conversation.state(walk, action)
            if answer.event is Event.EXIT or name not in answer.locals:
                raise IllegalAction(f"the model has no answer to {action}") from None
            text = answer.locals[name]
    return replace(state, locals={**state.locals, name: text})


def evaluated(conversation: Conversation, walk: Trajectory, expression: str) -> tuple[Evaluation, float]:
    """Returns the model's value of an expression at the last state of a walk, and its confidence.

    Raises:
        IllegalAction: the format has no word for it.
    """
    codec = conversation.codec
    if not isinstance(codec, HistoryCodec):
        raise IllegalAction(f"the format {codec.name} has no word for evaluations")
    answer, confidence = conversation.text(walk, Action(ActionKind.EVALUATE, text=expression))
    if not answer.finished:
        return Evaluation("the answer became too long", "timeout"), confidence
    try:
        return Evaluation(codec.reply(answer.text)), confidence
    except ModelError as error:
        return Evaluation(str(error), "exception"), confidence
