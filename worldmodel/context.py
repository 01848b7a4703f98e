"""Debuggers over any causal language model that speaks a format, with the run so far in its prompt.

`ContextDebugger` lets the model step inside a jump, so that what was dreamt is a state tree like a recorded
run's and can be walked back over. `direct.DirectDebugger` asks for a jump's end at once, as the paper does,
and asks backwards as well.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Edit,
    Evaluation,
    Event,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
    StateTree,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.breakpoint import require_expression
from debugworld.sandboxes.debugger.program import ENTRY_NAME
from debugworld.worldmodel.conversation import Completer, Conversation
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import Codec, HistoryCodec, open_codec

if TYPE_CHECKING:
    from debugworld.worldmodel.direct_debugger import DirectDebugger

INTO = Action(ActionKind.STEP_INTO)


def open_debugger(
    engine: Completer, codec: Codec | str, jumps: Literal["rollout", "direct"] = "rollout", **options: Any
) -> ContextDebugger | DirectDebugger:
    """Returns a debugger over a model that speaks a format.

    Args:
        engine: answers.
        codec: the format, or its name.
        jumps: ``rollout`` steps inside a jump, ``direct`` asks for its end at once.
        **options: as in the constructors.

    Raises:
        ModelError: there is no format of that name, or it has no jumps to ask for.
    """
    if jumps == "rollout":
        return ContextDebugger(engine, codec, **options)
    from debugworld.worldmodel.direct_debugger import DirectDebugger

    return DirectDebugger(engine, codec, **options)


class ContextDebugger(TreeDebugger):
    """Dreams a program's run step into by step into; jumps are rollouts, backward moves look-ups.

    Args:
        engine: answers; several debuggers may share one.
        codec: the format that the model speaks, or its name.
        context: tokens that the model can read and write together.
        max_tokens: tokens of an answer after which a dream ends as ``never``, for ``token_budget``.
        max_states: states after which a dream ends as ``never``, for ``step_budget``.
        measure: returns the number of a prompt's tokens, such as `Vocabulary.count`; None counts bytes.

    Raises:
        ModelError: there is no format of that name.
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
        """States after which a dream ends; may be changed between moves."""
        self._conversation = Conversation(engine, self.codec, context, max_tokens, measure)
        self._confidences: list[float] = []
        self._confidence = 1.0
        self.abilities = abilities_of(self.codec)

    @property
    def confidence(self) -> float:
        """The model's confidence in the states that the last action dreamt, as in `NeuralDebugger`."""
        return self._confidence

    @property
    def confidences(self) -> tuple[float, ...]:
        """The confidence in each state of the tree, in time; 1 where it was given."""
        return tuple(self._confidences)

    @property
    def dropped(self) -> int:
        """Number of the oldest states that did not fit into the last prompt."""
        return self._conversation.dropped

    @property
    def info(self) -> dict[str, Any]:
        """What is to be known of the last answer beside the state, as plain JSON data."""
        return info_of(self._conversation, self._confidence)

    @property
    def walk(self) -> Trajectory:
        """What the model is shown of the dream: every state by a step into."""
        return self._walk(len(self._tree))

    def step(self, action: Action) -> State:
        """Does one action, dreaming as far as it asks, and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
            ModelError: the model cannot answer.
        """
        known = len(self._tree) if self._program else 0
        self._confidence = 1.0
        state = super().step(action)
        if action.kind is not ActionKind.EVALUATE:
            self._confidence = min(self._confidences[known:], default=1.0)
        return state

    def ground(self, states: Sequence[State]) -> State:
        """Goes on from a true history, standing at its last state.

        Args:
            states: all states from the entry on, in time; at least one.

        Raises:
            IllegalAction: there is no history, or no program yet.
        """
        self.program  # noqa: B018  refuses before the first reset
        if not states:
            raise IllegalAction("a true history has at least the entry state; none was given")
        self._confidences = [1.0] * len(states)
        self._stand(StateTree(states, self._grow), len(states) - 1)
        return self.state

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Assigns a local: the context is rewritten, and what was dreamt after this state is forgotten.

        Where the format has no word for assignments, the new value must be a literal or another local.

        Raises:
            IllegalAction: there is no such local here, or the value is not to be had; nothing has changed.
        """
        if self._frame(frame) != 0:
            raise IllegalAction("a dream shows the locals of the innermost frame only; assign there")
        place = self._position
        changed = assigned(self._conversation, self._walk(place + 1), name, expression)
        states = [*self._tree.states[:place], changed]
        self._confidences = self._confidences[: place + 1]
        kept = tuple(edit for edit in self.program.edits if edit.index <= place)
        self._program = replace(self.program, edits=(*kept, Edit(place, 0, name, expression)))
        self._stand(StateTree(states, self._grow), place)
        return self.state

    def evaluate(self, expression: str, frame: int | None = None) -> Evaluation:
        """Asks the model for the value of an expression in the innermost frame.

        Raises:
            IllegalAction: the format has no word for that, there is no such frame, or the program has ended.
        """
        if self._frame(frame) != 0:
            raise IllegalAction("a dream shows the locals of the innermost frame only; evaluate there")
        require_expression(expression, "expression")
        answer, self._confidence = evaluated(self._conversation, self._walk(self._position + 1), expression)
        return answer

    def _walk(self, size: int) -> Trajectory:
        states = self._tree.states[:size]
        steps = tuple(Step(INTO if place else None, state) for place, state in enumerate(states))
        return Trajectory(self.program if self._program else self._opening, (), steps)

    def _start(self, program: Program) -> StateTree:
        self._opening = program
        self._conversation.begin()
        self._confidences, self._confidence = [1.0], 1.0
        return StateTree([entry_state(program)], self._grow)

    def _grow(self) -> None:
        """Dreams the next state in time."""
        if len(self._tree) >= self.max_states:
            state, confidence = State.at_exit(Exit(ExitCode.NEVER, "step_budget")), 1.0
        else:
            state, confidence = self._conversation.state(self.walk, INTO)
        self._tree.append(state)
        self._confidences.append(confidence)


def entry_state(program: Program) -> State:
    """Returns the state at which a program's trace begins, which is certain."""
    if not program.is_script:
        line = program.entry_line
        return State(Event.CALL, line, program.source_line(line), ENTRY_NAME, 0)
    body = program.module.body
    line = body[0].lineno if body else 1
    return State(Event.CALL, line, program.source_line(line), "<module>", 0)


def abilities_of(codec: Codec) -> frozenset[str]:
    """What a debugger over a format can do beside the basic moves."""
    return frozenset({"set", "evaluate"} if ActionKind.EVALUATE in codec.actions else {"set"})


def info_of(conversation: Conversation, confidence: float) -> dict[str, Any]:
    """Returns what is to be known of the last answer beside the state."""
    dropped = conversation.dropped
    told = f"the {dropped} oldest states did not fit into the prompt" if dropped else ""
    return {
        "format": conversation.codec.name,
        "confidence": confidence,
        "prompt_tokens": conversation.prompt_tokens,
        "dropped_states": dropped,
        "dropped": told,
    }


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
