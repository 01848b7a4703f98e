"""Episodes whose agents may enter the program otherwise, side by side: trials, and how far each led."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from debugworld.sandboxes.debugger import Event, Program
from debugworld.sandboxes.growing import Growing

from ..answer import CHOICES
from ..environment import DebugEnv
from ..features import trial_share
from ..scene import Attempt, Scene, end_of
from ..tabled import TabledEnv
from ..trace_store import trace_store
from .asked import Which
from .begun import Begun, Rows
from .drawing import Drawing, Draws
from .episodes import Episodes, Flags, Said
from .recorded import RecordedVectorEnv
from .subject import Subject, Subjects
from .walks import Walks
from .worked import Worked

_NONE = 0
"""The program, and the end of a run, that there is not."""


class TryingEpisodes(Episodes):
    """The episodes of so many environments; none has begun yet.

    Args:
        task: An environment of the task, for its spaces and limits.
        count: Environments.
        anew: As `Episodes` takes it.
    """

    def __init__(self, task: DebugEnv, count: int, anew: bool) -> None:
        super().__init__(task, count, anew)
        self._first_trial = task.commands.first_trial
        self._list = np.zeros(count, np.int64)
        """The list of trials that each environment has."""
        self._currents: Subjects = np.full(count, None, object)
        """The runs on which they stand."""
        self._trial = np.full(count, -1)
        """The trial whose run that is; -1 for none."""
        self._furthest, self._end = np.zeros((2, count), np.int64)
        """Index of the furthest state of that run that was reached, and the end that was seen."""
        self._past, self._tried = np.zeros((count, 4, 3), np.int64), np.zeros(count, np.int64)
        """What was tried before, in time, see `_attempted`; and how often something was."""
        self._ends = [""]
        """Ends of runs by number."""
        self._logarithms = Growing(np.float32)
        """What observations show of so many steps."""

    def begin(self, which: Rows, draws: Draws) -> None:
        """Begins an episode in some environments; see `Episodes`."""
        super().begin(which, draws)
        self._currents[which] = draws.subjects
        if draws.numbers is None:
            found = np.array(list(map(self._lists, draws.subjects)))
        else:
            found = self._listed.look(draws.numbers, lambda turn: self._lists(draws.subjects[turn]))
        lists = self._list[which] = found[:, 0] + draws.rows[:, 2]
        self._trial[which] = found[:, 1]
        self._furthest[which] = self._end[which] = self._tried[which] = 0
        self.seen["trials"][which] = 0
        self.masks[which, self._first_trial :] = self._programs.rows[lists] != _NONE

    def show(self, which: Which = slice(None)) -> None:
        """Writes observations and masks; see `Episodes`."""
        which = slice(None) if self._stale else which
        super().show(which)
        places = self._all[which]
        places = places[(self._trial[places] >= 0) & ~self.broken[places]]
        if not places.size:
            return
        runs, positions = self._batch.runs[places], self._batch.positions[places]
        followed = self._place(runs)
        furthest = self._furthest[places] = np.maximum(self._furthest[places], positions)
        here = self._endings.rows.take(followed + positions)
        ends = self._end[places] = np.where(here != _NONE, here, self._end[places])
        shown, trial = self.seen["trials"], self._trial[places]
        shown[places, trial, 0] = 1
        shown[places, trial, 1] = ends != _NONE
        asked = self._asked.rows.take(self._list[places])
        shown[places, trial, 3] = (asked != _NONE) & (ends == asked)
        shown[places, trial, 2] = self._logarithms.rows.take(self._steps.rows.take(followed + furthest))
        shown[places, trial, 4] = self._cuts.rows.take(ends)

    def scene(self, place: int) -> Scene:
        """Returns what an agent may see in one environment."""
        told, texts = self._past[place, : self._tried[place]].tolist(), self._texts[self._list[place]]
        if not self.broken[place]:
            told += self._attempted(np.array([place])).tolist()
        attempts = [Attempt(texts[trial], steps, self._ends[end]) for trial, steps, end in told if trial >= 0]
        return dataclasses.replace(super().scene(place), attempts=tuple(attempts))

    def _say(self, numbers: Rows, saying: Flags) -> Said:
        trying = saying & (numbers >= self._first_trial)
        said = super()._say(numbers, saying & ~trying)
        return said._replace(done=said.done | (trying & (self.masks[self._all, numbers] > 0)))

    def _move(self, numbers: Rows, walked: Flags, done: Flags) -> None:
        which = np.flatnonzero(done & (numbers >= self._first_trial))
        if which.size:
            self._try(which, numbers[which] - self._first_trial)

    def _try(self, which: Rows, trials: Rows) -> None:
        """Starts the programs again as trials say; breakpoints stay."""
        world, faults = self._world, dict[int, str]()
        assert world is not None
        programs = self._programs.rows[self._list[which], trials]
        subjects = self._walks.runs(programs, faults)
        if faults:
            runs = world.runs(subjects)
        else:
            found = self._entries.look(programs, lambda turn: world.runs(subjects[turn : turn + 1]))
            runs = found[:, 0].astype(np.int64)
        self._leave(which, subjects, runs, faults)
        done = np.setdiff1d(np.arange(len(which)), list(faults))
        self._trial[which[done]] = trials[done]
        self._furthest[which[done]] = self._end[which[done]] = 0

    def _leave(self, which: Rows, subjects: Subjects, runs: Rows, faults: Mapping[int, str]) -> None:
        """Leaves the runs of some environments for others; see `_enter`."""
        tried = self._tried[which]
        if tried.max() == self._past.shape[1]:
            self._past = np.concatenate([self._past, np.zeros_like(self._past)], axis=1)
        self._past[which, tried] = self._attempted(which)
        self._tried[which] = tried + 1
        self._currents[which] = subjects
        self._enter(which, runs, faults)

    def _attempted(self, which: Rows) -> Rows:
        """Returns what is walked over in some environments: the trial, its steps as far as known, its end."""
        followed = self._place(self._batch.runs[which])
        steps = self._steps.rows.take(followed + self._furthest[which])
        return np.stack([self._trial[which], steps, self._end[which]], axis=1)

    def _place(self, runs: Rows) -> Rows:
        """Returns the places of the first states of runs among all that were followed."""
        return self._followed.look(runs, lambda turn: (self._follow(int(runs[turn])),))[:, 0].astype(np.int64)

    def _lists(self, subject: Subject) -> tuple[int, int]:
        """Returns the number of a subject's first list of trials, and the trial where episodes begin."""
        if subject.key not in self._known:
            self._known[subject.key] = len(self._programs)
            for number in range(CHOICES * max(len(subject.rows.truths), 1)):
                found = subject.rows.trials(number)
                row = np.full((1, self._task.trials), _NONE)
                row[0, : len(found)] = [self._numbered(program) for _, program in found]
                self._programs.add(row)
                self._asked.add([self._ending(subject.rows.end)])
                self._texts.append(tuple(text for text, _ in found))
        return self._known[subject.key], subject.rows.begins

    def _numbered(self, program: Program) -> int:
        """Returns the number of a program among the walks."""
        if program.digest not in self._entered:
            self._entered[program.digest] = self._walks.add(program)
        return self._entered[program.digest]

    def _ending(self, end: str) -> int:
        """Returns the number of an end."""
        if self._numbers.setdefault(end, len(self._ends)) == len(self._ends):
            self._ends.append(end)
            self._cuts.add([end.startswith("exit")])
        return self._numbers[end]

    def _follow(self, run: int) -> int:
        """Adds the steps and ends of a run; returns the place of its first state among them."""
        assert self._world is not None
        states = self._world.traces.trees[run].states
        steps = np.cumsum([state.event is Event.LINE for state in states])
        ends = [end_of(state) for state in states]
        if len(ends) > 1:
            ends[-1] = ends[-1] or ends[-2]
        more = range(len(self._logarithms), int(steps[-1]) + 1)
        self._logarithms.add(list(map(trial_share, more)))
        self._steps.add(steps)
        return self._endings.add(list(map(self._ending, ends)))

    def _own_refusal(self, place: int, number: int) -> str:
        if number < self._first_trial:
            return super()._own_refusal(place, number)
        trial, texts = number - self._first_trial, self._texts[self._list[place]]
        if trial >= len(texts):
            return f"there is no trial {trial} in this episode"
        return f"try {texts[trial]}: no moves are left; {self._last_word} now"

    def _show_masks(self, which: Which, places: Rows, rows: Rows) -> None:
        super()._show_masks(which, places, rows)
        spent = places[(self.moves[which] >= self._task.max_moves) & ~self.broken[which]]
        if spent.size:
            self.masks[spent, self._first_trial :] = 0

    def _standing(self, which: Rows, begun: Begun) -> Rows:
        assert self._world is not None
        return self._world.runs(self._currents[which])

    def _renew(self, which: Rows) -> None:
        others = np.setdiff1d(self._all, which) if self._world is not None else self._all[:0]
        ends = self._ends
        self._forget()
        super()._renew(which)
        for place in others.tolist():
            self._list[place] = self._lists(self._subjects[place])[0] + self._rows[place, 2]
            self._end[place] = self._ending(ends[self._end[place]])
            for past in self._past[place, : self._tried[place]]:
                past[2] = self._ending(ends[past[2]])

    def _forget(self) -> None:
        """Begins anew with what is known of programs that were tried, or may be."""
        self._followed, self._entries = Worked(1), Worked(1)
        """Where the states of each run are, and the runs of the programs that were tried."""
        self._steps, self._endings = Growing(np.int32), Growing(np.int64)
        """Lines that were about to run up to each state of a run, and the end that shows there."""
        self._walks = Walks(lambda: trace_store(self._task.sandbox))
        self._walks.add(self._task.task_set.programs[0])
        self._programs = Growing(np.int64, (self._task.trials,))
        """What each list of trials enters, as the walks number it, `_NONE` behind the last."""
        self._asked = Growing(np.int64)
        """The end that is asked for beside it."""
        self._texts: list[tuple[str, ...]] = []
        """What is said for them."""
        self._entered: dict[str, int] = {}
        """The programs that were numbered, by digest."""
        self._known: dict[Hashable, int] = {}
        """The first list of each subject, which has one for each of its candidates' numbers."""
        self._listed = Worked(2)
        """What `_lists` returns, by the numbers of the subjects."""
        self._ends, self._numbers = [""], {"": _NONE}
        self._cuts = Growing(bool)
        """Which ends came from outside."""
        self._cuts.add([False])


class TryingVectorEnv(RecordedVectorEnv):
    """`RecordedVectorEnv` of tasks whose agents may enter the program otherwise."""

    def _parts(self) -> tuple[TryingEpisodes, Drawing]:
        task: Any = self._task
        assert isinstance(task, TabledEnv)
        return TryingEpisodes(task, self.num_envs, self.copy), Drawing(task, self.num_envs)
