"""One Gymnasium environment over the `Debugger` protocol.

An environment is a task x an observation family x a backend. This class holds the course
of an episode, which all tasks share: drawing a program, asking the debugger, costs, budgets
and rendering. A `Task` says what is asked and when it is answered, and `Runs` opens the debugger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    Frame,
    IllegalAction,
    Program,
    ProgramError,
    State,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.scopes import scopes
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.confidence import confidence_of
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lockstep import After, LockstepDebugger

from .command import (
    LOOK_KINDS,
    Answer,
    Command,
    CommandSet,
    TaskCommand,
    Trial,
    holds_expression,
    placed,
)
from .errors import NoSandbox, NothingToAsk, TaskError
from .family import make_family
from .legality import action_mask
from .offer import Offer, make_offer
from .page import page
from .picture import picture
from .progress import Progress
from .replica import Course, Replica
from .reward import MOVE_COST, REFUSAL_COST, SUCCESS_REWARD, Outcome
from .runs import Runs
from .scene import NOWHERE, UNASKED, Attempt, Question, Scene, encodable, stack_of
from .search import Found, search
from .settings import asked_task, check_known, check_settings
from .shaping import distances, potential
from .spaces import TextSpace
from .structured import StructuredFamily

__all__ = ["MOVE_COST", "REFUSAL_COST", "SUCCESS_REWARD", "DebugEnv", "Outcome"]

CONFIDENCE_DIGITS = 3
"""Decimal digits of the confidence in an info: as many as do not depend on what a model is asked beside."""


class DebugEnv(Runs, Replica):
    """What all tasks share; see `OutputPrediction`, `ReachState` and `StateQuery`.

    What is said in the family text is told by `usages`; an expression, a frame of the stack and a
    breakpoint at anything but a line are for that family alone. An assignment (``!n = 3``) brings another
    run, in which moves go on: the question and the truth stay, and of passes, coverage and shaping only
    those up to it count. Where the run itself is judged, it is refused, see `Task.assigns`.

    A copy, by `pickle` or by `copy`, is another environment at the same point of the same episode, which it
    has played again.

    Args:
        family: ``text`` or ``features``.
        backend: ``real``, ``neural``, ``rollout`` or ``lockstep``.
        tasks: URI of the task set (see `task_set`).
        sandbox: Name of the sandbox that real runs are recorded in; None takes
            ``process`` for the package's own programs, else ``docker``. Expressions of the agent
            (``p``, conditions, ``!n = 3``) are evaluated there, but in ``process`` only where the caller
            names it.
        model: Folder of a checkpoint or of another model, or a server's address; None takes the one that
            ships with the package. After ``?`` it takes settings, as ``DIR?format=paper`` or
            ``DIR?granularity=line``, see `worldmodel.opening`. ``rollout`` takes whatever `open_subject` of
            `worldmodel.fidelity` takes, as ``static``.
        max_states: States after which a dream ends as ``never``.
        real_share: Share of the episodes that ``rollout`` plays in the real run instead of the dream.
        real_calls: Most looks of ``rollout`` at the real run, for each step of a dream: a state of which the
            model is unsure is replaced by the real one; see `worldmodel.rollout.dream`.
        after: What the neural side of a lockstep does after a difference: ``free`` goes
            on from its own state, ``forced`` is set back to the truth, ``stop`` stays.
        max_moves: Moves that an episode allows.
        max_lines: Most lines of a program, its entry included; sets shapes and masks.
        move_cost: Taken from the reward for every move, refused ones included.
        refusal_cost: Taken besides when a move is refused.
        actions: ``plain``: texts or numbers, as the family has them; ``dict``: their parts, see `structured`.
        shaping: How much potential-based shaping counts; 0 for none. The potential is 1 over 1 plus the
            fewest moves in the real run to what the task asks for, and 0 in tasks that name no moment.
        discount: The learner's discount, which shaping needs; in (0, 1].
        feedback: ``true``, or ``random`` for all that commands tell (stops, values, coverage, results of
            tests) to be of other programs (see `feedback`); masks, costs, rewards and ends stay as they are.
        render_mode: ``ansi`` (text), ``human`` (prints it), ``rgb_array`` (pixels, see `picture`) or None.

    Raises:
        TaskError: an argument names nothing that there is, or the task set is unusable.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "human", "rgb_array"], "render_fps": 4}

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
        move_cost: float = MOVE_COST,
        refusal_cost: float = REFUSAL_COST,
        actions: str = "plain",
        shaping: float = 0.0,
        discount: float = 0.99,
        feedback: str = "true",
        render_mode: str | None = None,
        **unknown: Any,
    ) -> None:
        check_known([kind for kind in type(self).__mro__ if issubclass(kind, DebugEnv)], unknown)
        check_settings(
            backend,
            tasks,
            model,
            max_states,
            real_share,
            real_calls,
            after,
            max_moves,
            max_lines,
            move_cost,
            refusal_cost,
            shaping,
            discount,
            feedback,
            render_mode,
            self.metadata["render_modes"],
        )
        self.task_set = self._load(tasks, max_lines)
        box = sandbox or ("process" if self.task_set.trusted else "docker")
        looks = sandbox is not None or box != "process"
        super().__init__(backend, box, looks, model, max_states, real_share, real_calls, after, feedback)
        self.render_mode = render_mode
        self.max_moves = max_moves
        self.move_cost, self.refusal_cost = float(move_cost), float(refusal_cost)
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
        self._scene: Scene | None = None
        self._over = True
        self._truth_met = False
        self._moves = 0
        self._reply = ""
        self._frame: Frame | None = None
        self._current = self.task_set.programs[0]
        self._attempts: list[Attempt] = []
        self._visited: set[int] = set()
        self._progress = Progress()
        self._shaping, self._discount = shaping, discount
        self._distances: npt.NDArray[np.int32] | None = None
        self._shaped = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode on a program of the task set.

        Args:
            seed: Seeds everything that is drawn; without one the draws go on.
            options: ``{"task": i}`` takes task ``i`` of ``task_set.programs``; there are no others.

        Returns:
            The observation and the info.

        Raises:
            TaskError: no program of the set fits the task, or there is no task ``i`` or no such option.
        """
        task = self._heed(options)
        super().reset(seed=seed)
        self._open()
        self._course = Course(self.np_random.bit_generator.state, options)
        if self._decoy is not None:  # a stream of its own, so that the same episodes are drawn as without
            self._decoy.begin(np.random.Generator(self.np_random.bit_generator.jumped()))  # type: ignore[attr-defined]
        self._fault, self._moves, self._over, self._truth_met, self._reply = "", 0, False, False, ""
        self._attempts, self._progress, self._visited = [], Progress(), set()
        self._wake()
        self._current, question = self._draw(task)
        if not self._fault:
            self._begin(self._current, question.start)
        self._shaped, self._distances = 0.0, None
        if self._shaping and not self._fault:
            trace = self._record(self._current)
            aims = self._aims(trace)
            if aims:
                self._distances = distances(self._current, trace, aims, self.commands.max_lines)
        self._scene = self._noted(self._look(self._current, question))
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
        if self._course is not None:
            self._course.add(action)
        scene, error, before, self._reply = self._scene, self._fault, self._potential(), ""
        terminated = success = False
        reward = 0.0
        if not error:
            command, error = self._read(action, scene)
            if command is None or not self._closing(command):
                self._moves += 1
                reward -= self.move_cost if command else self.move_cost + self.refusal_cost
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
        shown = self._look(self._current, scene.question, self._family.spell(action, scene), error)
        self._scene = self._noted(shown)
        if self.render_mode == "human":
            self.render()
        return self._family.observe(self._scene), reward, terminated, truncated, self._info(success)

    def action_masks(self) -> npt.NDArray[np.int8]:
        """Returns int8 ``(len(commands),)`` with 1 where a command is legal now.

        The numbers are those of `CommandSet`, in both families. After a fault anything
        goes, because whatever is said ends the episode.
        """
        commands = self._family.commands
        if self._scene is None or self._fault:
            return np.ones(len(commands), np.int8)
        spent = self._moves >= self.max_moves
        return action_mask(commands, self._scene.question, self.debugger, self._refusal, spent)

    def offer(self, legal: bool = True) -> Offer:
        """Returns what may be said now that has no number, for those who choose from a list.

        Args:
            legal: Leaves out what would be refused; else all is there that can be written of the program.
        """
        if self._scene is None or self._fault or self._over:
            return Offer()
        shown = (self._scene.frame or self._scene.state).locals
        if not legal:
            return make_offer(self.debugger, shown)
        return make_offer(
            self.debugger, shown, lambda each: self._placed(each) == each and self._refusal(each) is None
        )

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
        self._leave()
        self._scene = self._course = None
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

    def _heed(self, options: dict[str, Any] | None) -> int | None:
        """Takes the options of a reset, and returns the number of the task that they ask for, if any.

        Raises:
            TaskError: they are none of this task.
        """
        return asked_task(options)

    def _draw(self, index: int | None) -> tuple[Program, Question]:
        """Draws a program that the task can use, and its question."""
        return self._search(index, self._asked)

    def _search(
        self, index: int | None, ask: Callable[[Program, int], Found | None], first: int | None = None
    ) -> Found:
        """Returns what is found about the first drawn program about which anything is; see `search`."""
        try:
            return search(self.task_set, index, ask, self.np_random, first, type(self).__name__)
        except NothingToAsk as error:
            raise NothingToAsk(f"{error}{self._ending(index)}") from None

    def _ending(self, index: int | None) -> str:
        """Tells how the run of the only task that was looked at ended; nothing where there were several."""
        programs = self.task_set.programs
        if index is None and len(programs) > 1:
            return ""
        try:
            end = self._record(programs[index or 0]).exit
        except (ProgramError, SandboxError):
            return ""
        return f", whose run ended as {end.code} ({end.reason})"

    def _asked(self, program: Program, place: int) -> tuple[Program, Question] | None:
        try:
            question = self._pose(program, self._record(program))
        except NoSandbox:
            raise
        except SandboxError as error:
            self._fault = str(error)
            question = UNASKED
        return None if question is None else (self._opening(program), question)

    def _read(self, action: Any, scene: Scene) -> tuple[Command | None, str]:
        """Returns the command, or None and why it is refused."""
        try:
            command = self._family.command(action, scene)
        except IllegalAction as error:
            return None, str(error)
        command = self._placed(command)
        refusal = self._refusal(command)
        return (command, "") if refusal is None else (None, f"{command}: {refusal}")

    def _placed(self, command: Command) -> Command:
        """Returns a command as it is meant in the frame that is looked into."""
        frame = self._caller or self.debugger.state
        owners = (scope for scope in scopes(self.debugger.program) if scope.name == frame.function)
        return placed(command, frame.function, {name for owner in owners for name in owner.locals})

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
        if command.kind is ActionKind.SET and not self.assigns:
            return "this task is about the program's own runs, so that nothing can be assigned"
        if holds_expression(command) and not self._looks:
            return (
                "expressions are evaluated where sandbox names a box; this environment was made without one"
            )
        return self.debugger.refusal(command)

    def _move(self, action: Action) -> str:
        """Does a legal move; returns the text of a fault, or nothing."""
        failure = ""
        try:
            self.debugger.step(action)
            self._reply = self.debugger.reply
            selected = self.debugger.selected
            self._frame = self.debugger.frames()[selected] if selected else None
        except IllegalAction as error:  # of a look into a program that does not repeat its run
            failure = f"{action}: {error}" if self._decoy is None else ""
        except (SandboxError, ModelError) as error:
            self._fault = str(error)
        if self._session is not None and self._session.lost:
            self._fault = f"the {self.sandbox} box was lost while {self._current.name} stood still in it"
        if self._fault or failure:
            return self._fault or failure
        for debugger in self._followers:
            if debugger.refusal(action) is None:
                debugger.step(action)
        self._truth_met = self._truth_met or (self._shadow is not None and self._reached(self._shadow))
        if self._decoy is not None and action.kind in LOOK_KINDS:
            self._reply = self._decoy.told() if action.kind is ActionKind.EVALUATE else ""
        return ""

    def _try(self, trial: Trial) -> str:
        """Starts the program as a legal trial says and keeps the breakpoints; returns a fault, or nothing."""
        kept = [(debugger, debugger.breakpoints) for debugger in self._debuggers]
        self._current = self._entered(trial.text)
        self._begin(self._current, 0)
        if self._fault:
            return self._fault
        for debugger, points in kept:
            for point in points:
                debugger.bind(point)
        self._attempts.append(Attempt(trial.text))
        self._progress = Progress()
        return ""

    def _potential(self) -> float:
        """Returns the potential of the current state of the real run."""
        debugger = self._shadow or self._debugger
        if self._distances is None or debugger is None or self._fault:
            return 0.0
        return potential(int(self._distances[_own(debugger)]))

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
            self._attempts[-1] = self._progress.measured(self._attempts[-1], self._view)
        return Scene(
            program,
            question,
            NOWHERE if broken else self._view.state,
            () if broken else stack_of(self._view),
            () if broken else self.debugger.breakpoint_lines,
            max(self.max_moves - self._moves, 0),
            self.max_moves,
            0 if broken or question.query is None else question.query.passes(self._past()),
            encodable(last),
            encodable(error or self._fault),
            "" if broken else self._reply,
            attempts=tuple(self._attempts),
            frame=None if broken or self._decoy is not None else self._caller,
            points=() if broken else _points(self.debugger),
        )

    @property
    def _view(self) -> TreeDebugger:
        """The debugger whose stop is shown: after a move, with random feedback, the decoy."""
        return self._decoy if self._decoy is not None and self._moves else self.debugger

    def _noted(self, scene: Scene) -> Scene:
        """Returns a scene as it is shown: with the lines where the agent has seen the program stand."""
        if self.tests:
            return scene
        if scene.state.line:
            self._visited.add(scene.state.line)
        return replace(scene, visited=tuple(sorted(self._visited)))

    @property
    def _caller(self) -> Frame | None:
        """The caller's frame that is looked into; None where that is the innermost one."""
        return self._frame if self.debugger.selected else None

    def _past(self) -> Sequence[State]:
        """Returns the states up to the current one, as the debugger that is shown knows them.

        What follows an assignment is another run and left out.
        """
        return self._view.tree.states[: _own(self._view) + 1]

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
        shown = not self._fault and self._decoy is None
        sure = confidence_of(self._debugger) if shown and self._debugger is not None else None
        if sure is not None:
            info["confidence"] = round(sure, CONFIDENCE_DIGITS)
        if isinstance(self._debugger, LockstepDebugger) and shown:
            info["differences"] = [asdict(each) for each in self._debugger.latest]
        return info


def _own(debugger: TreeDebugger) -> int:
    """Returns the index of the last state of the program's own run on the way to the current one."""
    return min((debugger.position, *(edit.index for edit in debugger.program.edits)))


def _points(debugger: TreeDebugger) -> tuple[str, ...]:
    """Returns the breakpoints that say more than their line, as they are written."""
    points = debugger.breakpoints
    return tuple(str(point) for point in points if point != Breakpoint(point.line or 1))
