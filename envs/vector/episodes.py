"""Episodes over recorded runs, side by side: the rules of `DebugEnv` in numpy.

Which episodes begin when is not decided here, see `recorded`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium.vector.utils import create_empty_array

from debugworld.sandboxes.batch import RecordedBatch
from debugworld.sandboxes.debugger import ActionKind
from debugworld.sandboxes.numbering import LINE_KINDS, PLAIN

from ..backend import DREAMS
from ..environment import DebugEnv
from ..memory import MOST_STATES
from ..reward import SUCCESS_REWARD
from ..scene import NOWHERE, UNASKED, Scene
from ..tabled import TabledEnv
from .asked import Candidates, Goals, Part, Queries, Which
from .begun import Begun, Rows
from .drawing import Draws, said
from .lines import Lines
from .refusals import Refusals
from .shadow import Shadow, move_over
from .subject import NOTHING, Subjects
from .world import World

REWRITTEN = ("event", "line", "progress", "lines", "locals", "value", "tokens", "candidates")
"""Parts of observations that `Episodes.show` writes anew, without a look at what stood there."""
_LINE_ORDER = (ActionKind.RUN_TO, ActionKind.BREAK, ActionKind.CLEAR)

Flags = npt.NDArray[np.bool_]
Rewards = npt.NDArray[np.float64]


class Said(NamedTuple):
    """What came of commands that are not the debugger's; an array for all environments each."""

    done: Flags
    """Where one was done; else it was refused."""
    free: Flags
    """Where it cost no move."""
    ends: Flags
    """Where it ended the episode."""
    success: Flags
    """Where it did so with success."""
    rewards: Rewards | float
    """What success is worth."""


class Episodes:
    """The episodes of so many environments; none has begun yet.

    Args:
        task: An environment of the task, for its spaces and limits.
        count: Environments.
        anew: Whether the arrays of `REWRITTEN` are others before each `show`; else they must stay.
    """

    def __init__(self, task: DebugEnv, count: int, anew: bool) -> None:
        self._task, self._count, self._anew = task, count, anew
        commands = task.commands
        self._first_answer = commands.first_answer
        size, lines = len(commands), commands.max_lines
        places = [PLAIN + LINE_KINDS.index(kind) * lines for kind in _LINE_ORDER]
        self._run_to, self._break, self._clear = (slice(place, place + lines) for place in places)
        empty: Any = create_empty_array(task.observation_space, count, np.zeros)
        self.seen: dict[str, Any] = empty
        """The observations, an array for each key."""
        self.masks = np.zeros((count, size), np.int8)
        """Which commands are legal now; int8 ``(count, len(commands))``."""
        self.moves = np.zeros(count, np.int64)
        """Moves done."""
        self.errors: npt.NDArray[np.object_] = np.full(count, None, object)
        """Why the last action was refused, or what broke; None where it was done."""
        self.broken = np.zeros(count, bool)
        """Where the box failed."""
        self.failed = np.zeros(count, bool)
        """Where `errors` says something."""
        self._subjects: Subjects = np.full(count, None, object)
        self._reals: Subjects = np.full(count, None, object)
        self._rows = np.zeros((count, 3), np.int64)
        self._exits = np.zeros(count, bool)
        self._lines = Lines(count, lines, anew)
        left = np.maximum(np.arange(task.max_moves, -2, -1), 0)
        self._shares = (left / max(task.max_moves, 1)).astype(np.float32)
        """The share of the moves that is left after so many of them, of which one may be too much."""
        self._last_word, self._visits = task._last_word, "visited" in self.seen
        self._offers = np.tri(task.answers + 1, task.answers, -1, np.int8)
        self._last = np.full(count, -1, np.int64)
        self._all = np.arange(count)
        self._world: World | None = None
        self._shadow: Shadow | None = None
        self._stale = False
        self._most = MOST_STATES
        """Size of the world beyond which runs are forgotten on which no environment stands."""
        self._batch: RecordedBatch

    def begin(self, which: Rows, draws: Draws) -> None:
        """Begins an episode in some environments.

        Args:
            which: Their numbers ``(k,)``, ascending; the first time all of them.
            draws: What they are about.
        """
        subjects, numbers, rows, faults, reals = draws
        self._rows[which] = rows
        self._subjects[which], self._reals[which] = subjects, reals
        if self._world is None or self._world.size > self._most:
            self._renew(which)
        world = self._world
        assert world is not None
        begun = Begun(world, subjects, rows, numbers)
        self._batch.reset(begun.runs, which, begun.starts)
        self._lines.begin(self.seen["lines"], world, begun.runs, which)
        if not self._anew:
            self.seen["tokens"][which] = world.tokens.rows.take(begun.runs, axis=0)
        for part in self._parts:
            part.place(which, begun, self.seen)
        if self._aims is not None:
            self._lines.aim(self.seen["lines"], self._aims.line[which], which)
        if self._shadow is not None:
            self._shadow.begin(which, Begun(world, reals, rows), self.seen)
        self.errors[which] = None
        self.broken[which] = self.failed[which] = False
        for turn, fault in faults.items():
            self.errors[which[turn]] = fault
            self.broken[which[turn]] = self.failed[which[turn]] = True
        self.moves[which] = 0
        if self._visits:
            self.seen["visited"][which] = 0
        self._last[which] = -1
        self._begin_masks(which, begun.runs)

    def act(self, numbers: Rows, active: Flags) -> tuple[Rewards, Flags, Flags, Flags]:
        """Does one command in some environments; `show` is to be called before anything is looked at.

        Args:
            numbers: Of the commands ``(count,)``, as in `CommandSet`.
            active: In which environments.

        Returns:
            Rewards, which episodes are terminated, which truncated, and which were a success.
        """
        batch, most = self._batch, self._task.max_moves
        moving = active & ~self.broken
        saying = moving & (numbers >= self._first_answer)
        walking = moving & ~saying & (self.moves < most)
        batch.step(numbers, walking)
        done, free, ends, success, worth = self._say(numbers, saying)
        refused = np.where(walking, batch.refused, moving & ~done)
        self._refuse(numbers, active, refused, saying)
        counted = moving & ~free
        self.moves += counted
        self._move(numbers, walking & ~refused, saying & done)
        if self._goals is not None:
            success |= walking & ~refused & self._goals.holds(batch.rows)
        if self._shadow is not None:
            self._shadow.step(numbers, walking & ~refused)
        cost = self._task.move_cost
        rewards = np.where(counted, np.where(refused, -(cost + self._task.refusal_cost), -cost), 0.0)
        rewards += worth * success
        terminated = ends | success
        spent = (self.moves > most) | ((self.moves == most) & (not self._last_word))
        truncated = active & ~terminated & (self.broken | spent)
        self._last = np.where(active, numbers, self._last)
        setting, bound, sets = batch.changed
        if setting.size:
            self._lines.arm(self.seen["lines"], bound, sets, setting)
            binding = batch.traces.binding.take(batch.runs[setting], axis=0)[:, 1:]
            turn, places = np.divmod(np.flatnonzero(binding == bound[:, None]), binding.shape[1])
            self.masks[setting[turn], self._clear.start + places] = sets[turn]
        return rewards, terminated, truncated, success

    def show(self, which: Which = slice(None)) -> None:
        """Writes observations and masks of where the cursors stand.

        Args:
            which: Some environments: their numbers ``(k,)``, or all.
        """
        world, seen = self._world, self.seen
        assert world is not None
        if self._stale:
            which, self._stale = slice(None), False
        rows, runs, places = self._batch.rows[which], self._batch.runs[which], self._all[which]
        lines = world.traces.lines.take(rows)
        seen["event"][which] = world.traces.events.take(rows)
        seen["line"][which] = np.minimum(lines, world.max_lines)
        progress = seen["progress"]
        progress[which, 0] = world.depths.rows.take(rows)
        progress[which, 1] = self._shares.take(self.moves[which])
        progress[which, 2] = self.failed[which]
        looked = [
            ("locals", world.pairs.spelled.rows, world.locals.rows.take(rows, axis=0)),
            ("value", world.texts.spelled.rows, world.values.rows.take(rows)),
        ]
        if self._anew:
            looked.append(("tokens", world.tokens.rows, runs))
        for name, spelled, numbers in looked:
            if places.size == self._count:  # straight into its place
                spelled.take(numbers, axis=0, out=seen[name], mode="clip")
            else:
                seen[name][which] = spelled.take(numbers, axis=0)
        self._lines.show(seen["lines"], world, self._batch, places)
        if self._visits:
            there = (lines > 0) & (lines <= world.max_lines)
            seen["visited"].reshape(-1)[(places * world.max_lines + (lines - 1))[there]] = 1
        for part in self._parts:
            part.show(which, rows, seen)
        self._show_masks(which, places, rows)

    def success_real(self, success: Flags) -> Flags | None:
        """Returns which episodes were a success in the real run; None where that is where they are played.

        Args:
            success: Which were a success in the run that they walk over.
        """
        if self._shadow is None:
            return None
        return self._shadow.met | (success & bool(self._task.answers))

    def told(self) -> dict[str, npt.NDArray[Any]]:
        """Returns what infos have of this task beside what all have, an array for each key."""
        return {}

    def noted(self) -> dict[str, tuple[npt.NDArray[np.object_], Flags]]:
        """Returns the texts that infos have of some environments, and of which, two arrays for each key."""
        return {"error": (self.errors, self.failed)}

    def scene(self, place: int) -> Scene:
        """Returns what an agent may see in one environment."""
        world, batch, subject = self._world, self._batch, self._subjects[place]
        assert world is not None
        position, run = int(batch.positions[place]), int(batch.runs[place])
        tree = world.traces.trees[run]
        state = NOWHERE if self.broken[place] else batch.state(place)
        callers = () if state.exit is not None else [tree.states[index] for index in tree.callers(position)]
        moves, most, asked = int(self.moves[place]), self._task.max_moves, UNASKED
        program, row = subject.program, self._rows[place].tolist()
        if subject.rows is not NOTHING and isinstance(self._task, TabledEnv):
            asked = self._task.question(program, subject.rows, (row[0], row[1], row[2]))
        scene = Scene(
            world.traces.programs[run],
            asked,
            state,
            () if state.exit is not None else (state, *callers),
            tuple(sorted(batch.points(place))),
            max(most - moves, 0),
            most,
            0 if asked.query is None else asked.query.passes(tree.states[: position + 1]),
            "",
            self.errors[place] or "",
            visited=tuple((1 + np.flatnonzero(self.seen["visited"][place])).tolist()) if self._visits else (),
        )
        last = int(self._last[place])
        return scene if last < 0 else dataclasses.replace(scene, last=said(self._task, last, scene))

    def _say(self, numbers: Rows, saying: Flags) -> Said:
        """Does the commands that are not the debugger's in some environments."""
        success = np.zeros(self._count, bool)
        if self._candidates is None:
            return Said(saying, saying, saying, success, SUCCESS_REWARD)
        choice = np.where(saying, numbers - self._first_answer, 0)
        answered = saying & (choice < self._candidates.offered)
        said = np.flatnonzero(answered)
        if said.size:
            success[said] = self._right(said, choice[said])
        return Said(answered, answered, answered & ~self.broken, success, SUCCESS_REWARD)

    def _right(self, which: Rows, choices: Rows) -> Flags:
        """Tells whether candidates, which there are, are right in some environments; the box may fail."""
        assert self._candidates is not None
        return self._candidates.right(which, choices)

    def _move(self, numbers: Rows, walked: Flags, done: Flags) -> None:
        """Takes notice of what was done in some environments, where moves are counted already.

        Args:
            numbers: Of the commands ``(count,)``.
            walked: Where the debugger's were.
            done: Where others were.
        """

    def _enter(self, which: Rows, runs: Rows, faults: Mapping[int, str]) -> None:
        """Puts some environments at the entries of other runs of the same sources; breakpoints stay.

        Args:
            which: Their numbers ``(k,)``, ascending.
            runs: Numbers of the runs ``(k,)``.
            faults: Why the box failed, by the places below ``k`` where it did.
        """
        world = self._world
        assert world is not None
        self._batch.enter(runs, which)
        if not self._anew:
            self.seen["tokens"][which] = world.tokens.rows.take(runs, axis=0)
        for turn, fault in faults.items():
            place = which[turn : turn + 1]
            self._batch.reset(runs[turn : turn + 1], place)
            self._lines.begin(self.seen["lines"], world, runs[turn : turn + 1], place)
            self.errors[place] = fault
            self.broken[place] = self.failed[place] = True

    def _begin_masks(self, which: Rows, runs: Rows) -> None:
        world = self._world
        assert world is not None
        self._exits[which] = False
        self.masks[which, : self._first_answer] = world.entry_masks.rows.take(runs, axis=0)
        if self._candidates is not None:
            offered = self._candidates.offered[which]
            answers = slice(self._first_answer, self._first_answer + self._task.answers)
            self.masks[which, answers] = self._offers.take(offered, axis=0)

    def _show_masks(self, which: Which, places: Rows, rows: Rows) -> None:
        world, exits = self._world, self._batch.done[which]
        assert world is not None
        self.masks[which, :PLAIN] = world.legal.rows.take(rows, axis=0)
        turned = exits != self._exits[which]
        if turned.any():
            changed = places[turned]
            stops = world.traces.stops.take(self._batch.runs[changed], axis=0)[:, 1:]
            self.masks[changed, self._run_to] = stops & ~exits[turned, None]
            self._exits[which] = exits
        spent = places[(self.moves[which] >= self._task.max_moves)]
        if spent.size:
            self.masks[spent, : self._first_answer] = 0
        broken = places[self.broken[which]]
        if broken.size:
            self.masks[broken] = 1

    def _refuse(self, numbers: Rows, active: Flags, refused: Flags, saying: Flags) -> None:
        """Tells why actions are refused."""
        gone = np.flatnonzero(active & self.failed & ~self.broken)
        if gone.size:
            self.errors[gone] = None
        self.failed = np.where(active, refused | self.broken, self.failed)
        spent = self.moves >= self._task.max_moves
        told = f"{self._last_word} now" if self._last_word else "the episode is over"
        for place in np.flatnonzero(refused).tolist():
            number = int(numbers[place])
            if saying[place]:
                text = self._own_refusal(place, number)
            elif spent[place]:
                text = f"{self._refusals.action(number)}: no moves are left; {told}"
            else:
                text = self._refusals.text(place, number)
            self.errors[place] = text

    def _own_refusal(self, place: int, number: int) -> str:
        """Tells why a command that is not the debugger's is refused in an environment."""
        return f"there is no candidate {number - self._first_answer} in this episode"

    def _standing(self, which: Rows, begun: Begun) -> Rows:
        """Returns the runs on which some environments stand, of episodes that have begun so ``(k,)``."""
        return begun.runs

    def _renew(self, which: Rows) -> None:
        """Begins a new world with the runs on which the other environments stand."""
        others = np.setdiff1d(self._all, which) if self._world is not None else self._all[:0]
        world = self._world = World(self._subjects[0], self._task.commands.max_lines)
        before = self._batch if others.size else None
        shadow = self._shadow
        batch = self._batch = RecordedBatch(world.traces, self._count)
        self._refusals = Refusals(batch, self._task.commands)
        answers = self._task.answers
        dreams = self._task.backend in DREAMS
        self._goals = Goals(world, self._count, real=not dreams) if "goal" in self.seen else None
        queries = Queries(world, self._count) if self._task.queries else None
        self._candidates = Candidates(world, self._count, answers, queries) if answers else None
        self._aims = self._goals or queries
        parts = self._goals, queries, self._candidates
        self._parts: list[Part] = [part for part in parts if part is not None]
        self._shadow = Shadow(world, self._count, self._goals is not None) if dreams else None
        self._most = MOST_STATES
        if before is None:
            return
        rows = self._rows[others]
        begun = Begun(world, self._subjects[others], rows)
        move_over(before, batch, others, self._standing(others, begun))
        for part in self._parts:
            part.place(others, begun, self.seen)
        self._stale = True
        if self._shadow is not None and shadow is not None:
            begun = Begun(world, self._reals[others], rows)
            self._shadow.follow(shadow, others, begun, self.seen)
        self._most = max(MOST_STATES, 2 * world.size)  # where much is stood on, it is not done at every begin
