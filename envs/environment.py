"""One Gymnasium environment over the `Debugger` protocol.

An environment is a task x an observation family x a backend. This class holds what
all tasks share: drawing a program, asking the debugger, costs, budgets, masks, faults
and rendering. A task says what is asked and when it is answered.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar, get_args

import gymnasium
import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.batch import bound_lines
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    IllegalAction,
    Program,
    ProgramError,
    RecordedDebugger,
    State,
    Trace,
    TreeDebugger,
)
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lockstep import After, LockstepDebugger

from .answer import GUESSES
from .backend import BACKENDS, DREAMS, open_debugger, stand_at
from .chance import draw_order
from .command import LINE_KINDS, PLAIN_KINDS, Answer, Command, CommandSet, TaskCommand, TaskKind, Trial
from .dream_store import DreamStore, dream_store
from .errors import NothingToAsk, TaskError
from .family import make_family
from .feedback import FEEDBACKS, disguise
from .page import page
from .picture import picture
from .scene import NOWHERE, UNASKED, Attempt, Question, Scene, end_of, stack_of
from .shaping import distances, potential
from .spaces import TextSpace
from .structured import StructuredFamily
from .task_set import TaskSet, load_task_set
from .trace_store import TraceStore, trace_store

Found = TypeVar("Found")

SUCCESS_REWARD = 1.0
"""Paid once, when the task is done."""
MOVE_COST = 0.01
"""Taken for every move, refused ones included."""
REFUSAL_COST = 0.01
"""Taken besides when a move is refused."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one of a task's own commands came to."""

    reward: float = 0.0
    """Paid beside the cost of a move."""
    terminated: bool = False
    """Whether the episode is over."""
    success: bool = False
    """Whether the task is done."""
    error: str = ""
    """A fault of the box or the model; empty where there was none."""


class DebugEnv(gymnasium.Env[Any, Any]):
    """What all tasks share; see `OutputPrediction`, `ReachState` and `StateQuery`.

    Args:
        family: ``text`` or ``features``.
        backend: ``real``, ``neural``, ``rollout`` or ``lockstep``.
        tasks: URI of the task set (see `task_set`).
        sandbox: Name of the sandbox that real runs are recorded in; None takes
            ``process`` for the package's own programs, else ``docker``. Expressions of the agent
            (``p``, conditions) are evaluated there, but in ``process`` only where the caller names it.
        model: Folder of a checkpoint; None takes the one that ships with the package. ``rollout`` takes
            whatever `open_subject` of `worldmodel.fidelity` takes, as ``static``.
        max_states: States after which a dream ends as ``never``.
        real_share: Share of the episodes that ``rollout`` plays in the real run instead of the dream.
        real_calls: Most looks of ``rollout`` at the real run, for each step of a dream: a state of which the
            model is unsure is replaced by the real one; see `worldmodel.rollout.dream`.
        after: What the neural side of a lockstep does after a difference: ``free`` goes
            on from its own state, ``forced`` is set back to the truth, ``stop`` stays.
        max_moves: Moves that an episode allows.
        max_lines: Most lines of a program, its entry included; sets shapes and masks.
        actions: ``plain``: texts or numbers, as the family has them; ``dict``: their parts, see `structured`.
        shaping: How much potential-based shaping counts; 0 for none. The potential is 1 over 1 plus the
            fewest moves in the real run to what the task asks for, and 0 in tasks that name no moment.
        discount: The learner's discount, which shaping needs; in (0, 1].
        feedback: ``true``, or ``random`` for what the debugger shows after a command to be drawn from runs of
            other programs (see `feedback`); masks, costs and ends stay as they are.
        render_mode: ``ansi`` (text), ``human`` (prints it), ``rgb_array`` (pixels, see `picture`) or None.

    Raises:
        TaskError: an argument names nothing that there is, or the task set is unusable.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "human", "rgb_array"], "render_fps": 4}
    answers: ClassVar[int] = 0
    """Candidate answers; 0 where the task takes no answer."""
    queries: ClassVar[bool] = False
    """Whether a question is about another moment of the run."""
    kinds: ClassVar[tuple[TaskKind, ...]] = ()
    """What the task takes beside the debugger's actions and an answer."""
    tests: int = 0
    """Most tests that the task shows; 0 where it is not about a bug."""
    trials: ClassVar[int] = 0
    """Numbered ways to enter the program otherwise; 0 where the task lets nobody try anything."""
    samples: ClassVar[tuple[str, ...]] = GUESSES
    """The answers that sampling a text action says."""
    tries: ClassVar[tuple[str, ...]] = GUESSES
    """What sampling a text action tries."""

    def __init__(
        self,
        family: str = "text",
        backend: str = "real",
        tasks: str = "builtin",
        sandbox: str | None = None,
        model: str | None = None,
        max_states: int = 2000,
        real_share: float = 0.0,
        real_calls: float = 0.0,
        after: After = "free",
        max_moves: int = 20,
        max_lines: int = 64,
        actions: str = "plain",
        shaping: float = 0.0,
        discount: float = 0.99,
        feedback: str = "true",
        render_mode: str | None = None,
    ) -> None:
        if backend not in BACKENDS:
            raise TaskError(f"there is no backend {backend!r}; use one of: {', '.join(BACKENDS)}")
        if max_moves < 0 or max_lines < 1:
            raise TaskError(f"need max_moves >= 0 and max_lines >= 1; got {max_moves} and {max_lines}")
        if max_states < 1:
            raise TaskError(f"need max_states >= 1; got {max_states}")
        if not (0 <= real_share <= 1 and 0 <= real_calls <= 1):
            told = f"real_share={real_share}, real_calls={real_calls}"
            raise TaskError(f"need shares between 0 and 1; got {told}")
        if (real_share or real_calls) and backend != "rollout":
            raise TaskError(f"real_share and real_calls are for the backend rollout; got {backend}")
        if after not in get_args(After):
            raise TaskError(f"after must be one of: {', '.join(get_args(After))}; got {after!r}")
        if not math.isfinite(shaping) or not 0 < discount <= 1:
            raise TaskError(f"need a finite shaping and 0 < discount <= 1; got {shaping} and {discount}")
        if feedback not in FEEDBACKS:
            raise TaskError(f"there is no feedback {feedback!r}; use one of: {', '.join(FEEDBACKS)}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            known = ", ".join(self.metadata["render_modes"])
            raise TaskError(f"there is no render mode {render_mode!r}; use one of: {known}, or None")
        self.render_mode = render_mode
        self.backend = backend
        self.max_moves = max_moves
        self.task_set = self._load(tasks, max_lines)
        self._family = make_family(
            family,
            max_lines,
            self.answers,
            self.queries,
            self.kinds,
            self.tests,
            self.trials,
            self.samples,
            self.tries,
        )
        if actions == "dict":
            self._family = StructuredFamily(self._family)
        elif actions != "plain":
            raise TaskError(f"actions must be 'plain' or 'dict'; got {actions!r}")
        self.observation_space = self._family.observation_space
        self.action_space = self._family.action_space
        self._model, self._max_states, self._after = model, max_states, after
        self.sandbox = self._sandbox = sandbox or ("process" if self.task_set.trusted else "docker")
        self._looks = sandbox is not None or self._sandbox != "process"
        self._engine: CompletionEngine | None = None
        self._real_share, self._real_calls = real_share, real_calls
        self._dreams: DreamStore | None = None
        self._awake = False
        self._traces: TraceStore | None = None
        self._debugger: TreeDebugger | None = None
        self._shadow: RecordedDebugger | None = None
        self._scene: Scene | None = None
        self._fault = ""
        self._over = True
        self._truth_met = False
        self._moves = 0
        self._reply = ""
        self._current = self.task_set.programs[0]
        self._attempts: list[Attempt] = []
        self._counted = (-1, 0)
        self._shaping, self._discount, self._feedback = shaping, discount, feedback
        self._distances: npt.NDArray[np.int32] | None = None
        self._shaped = 0.0
        self._noise = np.random.default_rng(0)

    @abstractmethod
    def _pose(self, program: Program, trace: Trace) -> Question | None:
        """Draws a question with ``self.np_random`` and keeps its truth; None where there is none."""

    @abstractmethod
    def _answered(self, answer: Answer) -> bool:
        """Tells whether an answer is right; only asked where the task takes answers."""

    @abstractmethod
    def _reached(self, debugger: TreeDebugger) -> bool:
        """Tells whether the task is done where a debugger stands after a move."""

    def _load(self, tasks: str, max_lines: int) -> TaskSet:
        """Reads the task set, with the programs that fit; a task may have built-in programs of its own."""
        return load_task_set(tasks).within(max_lines)

    def _task_refusal(self, command: TaskCommand) -> str | None:
        """Says why one of the task's own commands is not legal now; None where it is."""
        return f"this task takes no {command.kind}"

    def _obey(self, command: TaskCommand) -> Outcome:
        """Does one of the task's own commands, which is legal."""
        raise NotImplementedError(f"{type(self).__name__} says that it takes {command.kind}")

    def _closing(self, command: Command) -> bool:
        """Tells whether a command costs nothing and stays legal when the moves are used up."""
        return isinstance(command, Answer)

    def _opening(self, program: Program) -> Program:
        """Returns what is debugged and shown at first for a program of the task set."""
        return program

    def _aims(self, trace: Trace) -> Sequence[int]:
        """Returns the indices of the states of the real run that show what is asked for, for shaping."""
        return ()

    def _record(self, program: Program) -> Trace:
        """Runs a program for real; a task may hide a part of the run, or run another program for it.

        Raises:
            ProgramError: the program cannot be debugged as given.
            SandboxError: the box failed.
        """
        assert self._traces is not None
        return self._traces.record(program)

    def _walked(self, program: Program, given: Sequence[State] = ()) -> Trace:
        """Returns the run that ``rollout`` moves over: the dream, or in some episodes what happens.

        Args:
            program: What is run.
            given: True states from the entry on that the dream goes on from.

        Raises:
            ProgramError: the program cannot be debugged as given.
            ModelError: the model cannot answer.
            SandboxError: the box failed.
        """
        assert self._dreams is not None
        if self._awake:
            return self._record(program)
        return self._dreams.dream(program, given, self._engine, self._record).trace

    def _wake(self) -> None:
        """Draws whether an episode is played in the real run, from a stream of its own."""
        self._awake = False
        if self._real_share:
            stream = np.random.Generator(self.np_random.bit_generator.jumped(2))  # type: ignore[attr-defined]
            self._awake = bool(stream.random() < self._real_share)

    def _entered(self, text: str) -> Program:
        """Returns the program entered as a trial says; only asked where the task has trials.

        Raises:
            IllegalAction: it cannot be entered so; the text says how.
        """
        raise NotImplementedError

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode on a program of the task set.

        Args:
            seed: Seeds everything that is drawn; without one the draws go on.
            options: ``{"task": i}`` takes task ``i`` of ``task_set.programs``.

        Returns:
            The observation and the info.

        Raises:
            TaskError: no program of the set fits the task, or there is no task ``i``.
        """
        super().reset(seed=seed)
        self._open()
        if self._feedback == "random":  # a stream of its own, so that the same episodes are drawn as without
            self._noise = np.random.Generator(self.np_random.bit_generator.jumped())  # type: ignore[attr-defined]
        self._fault, self._moves, self._over, self._truth_met, self._reply = "", 0, False, False, ""
        self._attempts, self._counted = [], (-1, 0)
        self._wake()
        self._current, question = self._draw((options or {}).get("task"))
        if not self._fault:
            self._begin(self._current, question.start)
        self._shaped, self._distances = 0.0, None
        if self._shaping and not self._fault:
            trace = self._record(self._current)
            aims = self._aims(trace)
            if aims:
                self._distances = distances(self._current, trace, aims, self.commands.max_lines)
        self._scene = self._look(self._current, question)
        if self.render_mode == "human":
            self.render()
        return self._family.observe(self._scene), self._info(success=False)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Does one command; see the class for rewards and for what ends an episode.

        Raises:
            gymnasium.error.InvalidAction: the action is no element of the action space.
            gymnasium.error.ResetNeeded: no episode is running.
        """
        if self._over or self._scene is None:
            raise gymnasium.error.ResetNeeded("no episode is running; call reset() first")
        if action not in self.action_space:
            raise gymnasium.error.InvalidAction(f"{action!r} is no element of {self.action_space}")
        scene, error, before, self._reply = self._scene, self._fault, self._potential(), ""
        terminated = success = False
        reward = 0.0
        if not error:
            command, error = self._read(action, scene)
            if command is None or not self._closing(command):
                self._moves += 1
                reward -= MOVE_COST if command else MOVE_COST + REFUSAL_COST
            if isinstance(command, Answer):
                success = self._answered(command)
                terminated, error = not self._fault, self._fault
            elif isinstance(command, TaskCommand):
                outcome = self._obey(command)
                terminated, success, error = outcome.terminated, outcome.success, outcome.error
                reward += outcome.reward
            elif command is not None:
                error = self._try(command) if isinstance(command, Trial) else self._move(command)
                terminated = success = not error and self._reached(self.debugger)
            if not isinstance(command, TaskCommand):
                reward += SUCCESS_REWARD * success
        truncated = not terminated and (bool(self._fault) or self._spent())
        self._over = terminated or truncated
        if self._shaping:
            after = 0.0 if terminated else self._potential()
            self._shaped = 0.0 if self._fault else self._shaping * (self._discount * after - before)
            reward += self._shaped
        self._scene = self._look(self._current, scene.question, self._family.spell(action, scene), error)
        if self._feedback == "random":
            self._scene = self._disguised(self._scene)
        if self.render_mode == "human":
            self.render()
        return self._family.observe(self._scene), reward, terminated, truncated, self._info(success)

    def action_masks(self) -> npt.NDArray[np.int8]:
        """Returns int8 ``(len(commands),)`` with 1 where a command is legal now.

        The numbers are those of `CommandSet`, in both families. After a fault anything
        goes, because whatever is said ends the episode.
        """
        commands = self._family.commands
        mask = np.zeros(len(commands), np.int8)
        if self._scene is None or self._fault:
            return mask + np.int8(1)
        question = self._scene.question
        answers = slice(commands.first_answer, commands.first_answer + commands.answers)
        mask[answers][: len(question.candidates) or commands.answers] = 1
        for number, command in commands.own:
            mask[number] = self._refusal(command) is None
        if self._moves >= self.max_moves:
            return mask
        mask[commands.first_trial :][: len(question.trials) or commands.trials] = 1
        debugger = self.debugger
        for number, kind in enumerate(PLAIN_KINDS):
            mask[number] = debugger.refusal(Action(kind)) is None
        stops = [line for line in debugger.program.outline.stop_lines if line <= commands.max_lines]
        bound = bound_lines(debugger.program, commands.max_lines)  # a blank line is the next one's
        armed = np.zeros(len(bound), bool)
        armed[[line for line in debugger.breakpoint_lines if line < len(armed)]] = True
        legal: dict[ActionKind, Any] = {
            ActionKind.RUN_TO: stops,
            ActionKind.BREAK: np.flatnonzero(bound),
            ActionKind.CLEAR: np.flatnonzero(armed[bound]),
        }
        for kind in LINE_KINDS:
            lines = legal[kind]
            if len(lines) and debugger.refusal(Action(kind, int(lines[0]))) is None:
                mask[commands.number(Action(kind, 1)) - 1 + np.array(lines)] = 1
        return mask

    def render(self) -> str | npt.NDArray[np.uint8] | None:
        """Returns the page (``ansi``) or the picture (``rgb_array``), or prints the page (``human``).

        Raises:
            ModuleNotFoundError: a picture is asked for and Pillow is missing.
        """
        if self.render_mode is None or self._scene is None:
            return None
        if self.render_mode == "rgb_array":
            return picture(self._scene)
        text = page(self._scene)
        if self.render_mode == "ansi":
            return text
        print(text, flush=True)
        return None

    def close(self) -> None:
        """Frees the debugger and this environment's share of the sandbox; may be called twice."""
        if self._debugger is not None:
            self._debugger.close()
        if self._traces is not None:
            self._traces.leave()
        self._debugger = self._traces = self._shadow = self._scene = None
        self._over = True

    @property
    def commands(self) -> CommandSet:
        """The commands that ``action_mask`` runs over, by number."""
        return self._family.commands

    @property
    def shows_text(self) -> bool:
        """Whether pages are seen and texts are said."""
        return isinstance(self.observation_space, TextSpace)

    def say(self, command: Command) -> Any:
        """Returns the element of the action space that stands for a command now.

        Raises:
            IllegalAction: there is none; a command on a line past ``max_lines`` has no number.
        """
        return self._family.say(command, self.scene)

    @property
    def scene(self) -> Scene:
        """What an agent may see now, whichever family shows it.

        Raises:
            gymnasium.error.ResetNeeded: nothing is to be seen before the first reset.
        """
        if self._scene is None:
            raise gymnasium.error.ResetNeeded("there is nothing to see yet; call reset() first")
        return self._scene

    @property
    def debugger(self) -> TreeDebugger:
        """The debugger behind the environment, for those who look from outside.

        Raises:
            gymnasium.error.ResetNeeded: nothing is open before the first reset.
        """
        if self._debugger is None:
            raise gymnasium.error.ResetNeeded("the environment has no debugger yet; call reset() first")
        return self._debugger

    def _open(self) -> None:
        """Opens what the backend needs; a failure here is the caller's to mend and raises."""
        if self._debugger is not None:
            return
        traces = trace_store(self._sandbox)
        traces.enter()
        try:
            self._debugger = open_debugger(
                self.backend,
                self._record,
                self._model,
                self._max_states,
                self._after,
                traces.session if self._looks else None,
                self._engine,
                self._walked,
            )
            if self.backend == "rollout":
                self._dreams = dream_store(self._model, traces, self._max_states, self._real_calls)
        except BaseException:
            traces.leave()
            raise
        self._traces = traces
        self._shadow = RecordedDebugger(self._record) if self.backend in DREAMS else None

    def _draw(self, index: int | None) -> tuple[Program, Question]:
        """Draws a program that the task can use, and its question."""
        return self._search(index, self._asked)

    def _search(
        self, index: int | None, ask: Callable[[Program, int], Found | None], first: int | None = None
    ) -> Found:
        """Returns what is found about the first drawn program about which anything is.

        Args:
            index: Number of the program; None draws it.
            ask: Looks at a program, which has a number; returns None where there is nothing to ask.
            first: What was drawn already, as `draw_order` takes it.

        Raises:
            TaskError: no program of the set fits the task, or there is no such program.
        """
        programs = self.task_set.programs
        if index is not None and not 0 <= index < len(programs):
            raise TaskError(f"{self.task_set.uri} has no task {index}; it has 0 to {len(programs) - 1}")
        places = draw_order(len(programs), self.np_random, first) if index is None else [index]
        tried = 0
        for place in places:
            program, tried = programs[place], tried + 1
            try:
                found = ask(program, place)
            except ProgramError as error:
                raise TaskError(f"task {place} of {self.task_set.uri}: {error}") from None
            if found is not None:
                return found
        where = f"{tried} runs" if tried > 1 else f"task {place}"
        raise NothingToAsk(f"{self.task_set.uri}: {type(self).__name__} finds nothing to ask in {where}")

    def _asked(self, program: Program, place: int) -> tuple[Program, Question] | None:
        assert self._traces is not None
        self._traces.prepare(self._opening(program))
        try:
            question = self._pose(program, self._record(program))
        except SandboxError as error:
            self._fault = str(error)
            question = UNASKED
        return None if question is None else (self._opening(program), question)

    def _begin(self, program: Program, start: int) -> None:
        """Resets the debuggers and goes to a state of the real run, which they all take for true."""
        try:
            states = self._record(program).states[: start + 1]
            for debugger in (self.debugger, self._shadow):
                if debugger is not None:
                    debugger.reset(program)
                    if start:
                        stand_at(debugger, states)
            if isinstance(self.debugger, RecordedDebugger):
                self.debugger.trace  # noqa: B018  a rollout is dreamt now, so that its faults come now
        except (SandboxError, ModelError) as error:
            self._fault = str(error)

    def _read(self, action: Any, scene: Scene) -> tuple[Command | None, str]:
        """Returns the command, or None and why it is refused."""
        try:
            command = self._family.command(action, scene)
        except IllegalAction as error:
            return None, str(error)
        refusal = self._refusal(command)
        return (command, "") if refusal is None else (None, f"{command}: {refusal}")

    def _refusal(self, command: Command) -> str | None:
        if isinstance(command, Answer):
            rest = f"{self._last_word} instead" if self._last_word else "move until the goal is reached"
            return None if self.answers else f"this task takes no answer; {rest}"
        if self._moves >= self.max_moves and not self._closing(command):
            rest = f"{self._last_word} now" if self._last_word else "the episode is over"
            return f"no moves are left; {rest}"
        if isinstance(command, TaskCommand):
            return self._task_refusal(command)
        if isinstance(command, Trial):
            if not self.trials:
                return "this task has nothing to try; move, or answer where it asks for an answer"
            try:
                self._entered(command.text)
            except IllegalAction as error:
                return str(error)
            return None
        return self.debugger.refusal(command)

    def _move(self, action: Action) -> str:
        """Does a legal move; returns the text of a fault, or nothing."""
        try:
            self.debugger.step(action)
            self._reply = self.debugger.reply
        except IllegalAction as error:  # of a look into a program that does not repeat its run
            return f"{action}: {error}"
        except (SandboxError, ModelError) as error:
            self._fault = str(error)
            return self._fault
        shadow = self._shadow
        if shadow is not None and shadow.refusal(action) is None:
            shadow.step(action)
            self._truth_met = self._truth_met or self._reached(shadow)
        return ""

    def _try(self, trial: Trial) -> str:
        """Starts the program as a legal trial says and keeps the breakpoints; returns a fault, or nothing."""
        points = self.debugger.breakpoints
        self._current = self._entered(trial.text)
        self._begin(self._current, 0)
        if self._fault:
            return self._fault
        for debugger in (self.debugger, self._shadow):
            if debugger is not None:
                for point in points:
                    debugger.bind(point)
        self._attempts.append(Attempt(trial.text))
        self._counted = (-1, 0)
        return ""

    def _potential(self) -> float:
        """Returns the potential of the current state of the real run."""
        debugger = self._shadow or self._debugger
        if self._distances is None or debugger is None or self._fault:
            return 0.0
        return potential(int(self._distances[debugger.position]))

    def _disguised(self, scene: Scene) -> Scene:
        """Returns a scene with random feedback; of a fault there is nothing to hide."""
        assert self._traces is not None
        if self._fault:
            return scene
        try:
            return disguise(scene, self._traces.record, self._noise)
        except SandboxError as error:
            self._fault = str(error)
            return self._look(scene.program, scene.question, scene.last, self._fault)

    def _spent(self) -> bool:
        """Tells whether the moves are used up; an answer may still be given after the last one."""
        return self._moves > self.max_moves or (self._moves == self.max_moves and not self._last_word)

    @property
    def _last_word(self) -> str:
        """What may still be said when the moves are used up; empty where that is nothing."""
        return "answer" if self.answers else ""

    def _look(self, program: Program, question: Question, last: str = "", error: str = "") -> Scene:
        broken = bool(self._fault)
        if self._attempts and not broken:
            self._attempts[-1] = self._measured(self._attempts[-1])
        return Scene(
            program,
            question,
            NOWHERE if broken else self.debugger.state,
            () if broken else stack_of(self.debugger),
            () if broken else self.debugger.breakpoint_lines,
            max(self.max_moves - self._moves, 0),
            self.max_moves,
            0 if broken or question.query is None else question.query.passes(self._past()),
            last,
            error or self._fault,
            "" if broken else self._reply,
            attempts=tuple(self._attempts),
        )

    def _measured(self, attempt: Attempt) -> Attempt:
        """Returns an attempt with what is known of its run by now."""
        place, state = self.debugger.position, self.debugger.state
        known, steps = self._counted
        if place > known:
            new = self.debugger.tree.states[known + 1 : place + 1]
            steps += sum(each.event is Event.LINE for each in new)
            self._counted = place, steps
        before = self.debugger.tree.states[place - 1] if self.debugger.done and place else state
        return Attempt(attempt.text, steps, end_of(state) or end_of(before) or attempt.end)

    def _past(self) -> Sequence[State]:
        """Returns the states up to the current one, as the debugger knows them."""
        return self.debugger.tree.states[: self.debugger.position + 1]

    def _info(self, success: bool) -> dict[str, Any]:
        assert self._scene is not None
        info: dict[str, Any] = {
            "action_mask": self.action_masks(),
            "success": success,
            "moves": self._moves,
            "fault": bool(self._fault),
        }
        if self._shadow is not None:
            info["success_real"] = self._truth_met or (success and bool(self._last_word))
        if self._shaping:
            info["shaping"] = self._shaped
        if self._scene.error:
            info["error"] = self._scene.error
        if isinstance(self._debugger, LockstepDebugger) and not self._fault:
            info["differences"] = [asdict(each) for each in self._debugger.latest]
        return info
