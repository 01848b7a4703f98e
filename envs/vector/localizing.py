"""Episodes of `FaultLocalization` side by side: tests to go to, lines they cover, accusations."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from ..bug_env import about, no_test, shown_test
from ..command import TaskKind
from ..fault_localization import (
    ASKED,
    TOP,
    FaultLocalization,
    accusation_note,
    accusation_refusal,
    evidence_refusal,
)
from ..features import COVERAGE, TEST_FLAGS
from ..reward import SUCCESS_REWARD
from ..scene import UNASKED, Scene
from ..spectrum import first_runs, lines_run
from .begun import Rows
from .drawing import Draws
from .episodes import Episodes, Flags, Said
from .recorded import RecordedVectorEnv
from .suites import SuiteDrawing, Suites
from .worked import Worked

_CURRENT, _DEBUGGED = map(TEST_FLAGS.index, ("current", "debugged"))
_ACCUSED = COVERAGE.index("accused")
_NEVER = np.iinfo(np.int32).max


class LocalizingEpisodes(Episodes):
    """The episodes of so many environments; none has begun yet.

    Args:
        task: An environment of the task, for its spaces and limits.
        count: Environments.
        anew: As `Episodes` takes it.
        suites: What is shown of the bugs.
    """

    _task: FaultLocalization

    def __init__(self, task: FaultLocalization, count: int, anew: bool, suites: Suites) -> None:
        super().__init__(task, count, anew)
        commands, lines = task.commands, task.commands.max_lines
        self._suites, self._lines_shown = suites, lines
        self._accuse, self._test_first = commands.first(TaskKind.ACCUSE), commands.first(TaskKind.TEST)
        self._suite, self._test = np.zeros((2, count), np.int64)
        self._accused = np.zeros((count, lines), bool)
        """Lines that were accused in vain."""
        self._guessed: list[list[int]] = [[] for _ in range(count)]
        """The same in time."""
        self._guesses, self._rank = np.zeros((2, count), np.int64)
        self._furthest = np.zeros((count, task.tests), np.int64)
        """Index of the furthest state of each test's run where a move has led; -1 where none was made."""
        self._hits = np.zeros((count, 2, lines), np.int64)
        """How many failing and how many passing tests have run each line, as far as they were debugged."""
        self._debugged = np.zeros((count, 2), np.int64)
        """How many of them have run any."""
        self._early = np.zeros(count, bool)
        """Where more tests have to be debugged before a line may be accused."""
        self._covered = _covered(task.tests)
        self._reached = Worked(lines)

    def begin(self, which: Rows, draws: Draws) -> None:
        """Begins an episode in some environments; see `Episodes`."""
        suites, shown = self._suites, self.seen
        drawn = self._suite[which] = draws.rows[:, 1]
        first = self._test[which] = suites.firsts.rows.take(drawn)
        cases, bugs = suites.cases.rows.take(drawn, axis=0), suites.bugs.rows.take(drawn)
        own, faults = cases[np.arange(len(which)), first], dict(draws.faults)
        subjects = suites.walks.runs(own, faults)
        numbers = None if faults else own
        super().begin(which, Draws(subjects, numbers, np.zeros_like(draws.rows), faults, subjects))
        self._accused[which] = False
        self._guesses[which] = self._rank[which] = 0
        self._furthest[which] = -1
        self._hits[which] = self._debugged[which] = 0
        for place in which.tolist():
            self._guessed[place] = []
        shown["tests"][which] = suites.shown.rows.take(cases, axis=0)
        shown["tests"][which, first, _CURRENT] = 1
        shown["coverage"][which] = 0
        self.masks[which, self._accuse : self._test_first] = suites.code.rows.take(bugs, axis=0)
        self._early[which] = self._task.least_tests > 0
        self.masks[which, self._accuse : self._test_first] *= ~self._early[which, None]
        there = np.arange(cases.shape[1]) < suites.counts.rows.take(drawn)[:, None]
        self.masks[which, self._test_first :] = there

    def told(self) -> dict[str, npt.NDArray[Any]]:
        """Returns what infos have of accusations."""
        rank = self._rank
        sizes = self._suites.sizes.rows.take(self._suites.bugs.rows.take(self._suite))
        return {
            "rank": rank,
            **{f"top_{most}": (rank > 0) & (rank <= most) for most in TOP},
            "exam": np.where(rank > 0, rank / np.maximum(sizes, 1), 1.0),
            "accusations_left": self._left,
        }

    def scene(self, place: int) -> Scene:
        """Returns what an agent may see in one environment."""
        suites, suite = self._suites, int(self._suite[place])
        cases = suites.cases.rows[suite, : int(suites.counts.rows[suite])].tolist()
        bug = suites.told[cases[0]][0]
        accused, early = tuple(self._guessed[place]), self._too_early(place)
        tests = []
        for test, case in enumerate(cases):
            furthest, lines = int(self._furthest[place, test]), tuple[int, ...]()
            if furthest >= 0:
                run = suites.walks.run(case)
                lines = lines_run(run.program, run.trace.whole[: furthest + 1])
            own, number = suites.told[case]
            tests.append(shown_test(own.cases[number], suites.results[case], lines))
        return dataclasses.replace(
            super().scene(place),
            question=ASKED if suites.sizes.rows[suites.bugs.rows[suite]] else UNASKED,
            tests=tuple(tests),
            test=int(self._test[place]) + 1,
            accused=accused,
            notes=(
                accusation_note(int(self._left[place]), accused),
                *([f"First: {early}"] if early else []),
                *about(bug),
            ),
        )

    @property
    def _left(self) -> Rows:
        left: Rows = self._task.accusations - self._guesses - (self._rank > 0)
        return left

    def _say(self, numbers: Rows, saying: Flags) -> Said:
        done = saying & (self.masks[self._all, numbers] > 0)
        accusing = done & (numbers < self._test_first)
        success, ends, worth = np.zeros(self._count, bool), accusing.copy(), np.zeros(self._count)
        which = np.flatnonzero(accusing)
        lines = numbers[which] - self._accuse
        bugs = self._suites.bugs.rows.take(self._suite[which])
        right = self._suites.truth.rows[bugs, lines]
        places = self._guesses[which] + 1
        hit, missed = which[right], which[~right]
        success[hit] = True
        self._rank[hit] = places[right]
        sizes = self._suites.sizes.rows.take(bugs[right])
        worth[hit] = SUCCESS_REWARD * (1 - (places[right] - 1) / sizes)
        self._guesses[missed] += 1
        ends[missed] = self._guesses[missed] == self._task.accusations
        self._accused[missed, lines[~right]] = True
        self.seen["coverage"][missed, lines[~right], _ACCUSED] = 1
        self.masks[missed, numbers[missed]] = 0
        for place, line in zip(missed.tolist(), lines[~right].tolist(), strict=True):
            self._guessed[place].append(line + 1)
        return Said(done, accusing, ends, success, worth)

    def _move(self, numbers: Rows, walked: Flags, done: Flags) -> None:
        self._cover(np.flatnonzero(walked))
        which = np.flatnonzero(done & (numbers >= self._test_first))
        if which.size:
            self._test_by(which, numbers[which] - self._test_first)

    def _cover(self, which: Rows) -> None:
        """Notes which lines tests have run where moves have led further than before."""
        batch, suites, tests = self._batch, self._suites, self._test[which]
        positions, before = batch.positions[which], self._furthest[which, tests]
        further = np.flatnonzero(positions > before)
        which, tests, positions, before = (each[further] for each in (which, tests, positions, before))
        if not which.size:
            return
        self._furthest[which, tests] = positions
        runs = batch.runs[which]
        reached = self._reached.look(runs, lambda turn: self._lines_reached(int(runs[turn])))
        new = (reached <= positions[:, None]) & (reached > before[:, None])
        least = reached.min(axis=1)
        column = suites.passes.rows.take(suites.cases.rows[self._suite[which], tests])
        self._hits[which, column] += new
        begun = (least > before) & (least <= positions)
        self._debugged[which, column] += begun
        self.seen["tests"][which[begun], tests[begun], _DEBUGGED] = 1
        changed = new.any(axis=1)
        which, column = which[changed], column[changed]
        hits, debugged = self._hits[which, column], self._debugged[which, column]
        self.seen["coverage"][which, :, column] = self._covered[debugged[:, None], hits]

    def _test_by(self, which: Rows, tests: Rows) -> None:
        """Goes to the entries of other tests."""
        world, shown, suite = self._world, self.seen["tests"], self._suite[which]
        assert world is not None
        cases, before = (self._suites.cases.rows[suite, each] for each in (tests, self._test[which]))
        self._test[which] = tests
        shown[which, :, _CURRENT] = 0
        shown[which, tests, _CURRENT] = 1
        faults: dict[int, str] = {}
        subjects = self._suites.walks.runs(cases, faults, cases == before)
        self._subjects[which] = self._reals[which] = subjects
        self._enter(which, world.runs(subjects, None if faults else cases), faults)

    def _lines_reached(self, run: int) -> Rows:
        """Returns for each line the index of the first state of a run that ran it."""
        assert self._world is not None
        program, states = self._world.traces.programs[run], self._world.traces.trees[run].states
        found = np.full(self._lines_shown, _NEVER)
        for line, place in first_runs(program, states).items():
            found[line - 1] = place
        return found

    def _own_refusal(self, place: int, number: int) -> str:
        command = self._task.commands.command(number)
        if number < self._test_first:
            line = number - self._accuse + 1
            bug = self._suites.bugs.rows[self._suite[place]]
            accused = self._guessed[place] if self._suites.code.rows[bug, line - 1] else None
            return f"{command}: {accusation_refusal(line, accused) or self._too_early(place)}"
        if self.moves[place] >= self._task.max_moves:
            return f"{command}: no moves are left; {self._last_word} now"
        count = int(self._suites.counts.rows[self._suite[place]])
        return f"{command}: {no_test(number - self._test_first + 1, count)}"

    def _too_early(self, place: int) -> str | None:
        """Says how many tests must be debugged before a line may be accused; None where it may be."""
        if self.moves[place] >= self._task.max_moves:
            return None
        tests = int(self._suites.counts.rows[self._suite[place]])
        return evidence_refusal(self._task.least_tests, tests, int(self._debugged[place].sum()))

    def _show_masks(self, which: Any, places: Rows, rows: Rows) -> None:
        super()._show_masks(which, places, rows)
        early = places[self._early[which] & ~self.broken[which]]
        if early.size:
            suite = self._suite[early]
            least = np.minimum(self._task.least_tests, self._suites.counts.rows.take(suite))
            enough = self._debugged[early].sum(axis=1) >= least
            ready = early[enough | (self.moves[early] >= self._task.max_moves)]
            self._early[ready] = False
            bugs = self._suites.bugs.rows.take(self._suite[ready])
            self.masks[ready, self._accuse : self._test_first] = self._suites.code.rows.take(bugs, axis=0)
        spent = places[(self.moves[which] >= self._task.max_moves) & ~self.broken[which]]
        if spent.size:
            self.masks[spent, self._test_first :] = 0

    def _renew(self, which: Rows) -> None:
        super()._renew(which)
        self._reached = Worked(self._lines_shown)


class LocalizingVectorEnv(RecordedVectorEnv):
    """`RecordedVectorEnv` of `FaultLocalization`."""

    _task: FaultLocalization

    def _parts(self) -> tuple[LocalizingEpisodes, SuiteDrawing]:
        suites = Suites(self._task)
        episodes = LocalizingEpisodes(self._task, self.num_envs, self.copy, suites)
        return episodes, SuiteDrawing(self._task, self.num_envs, suites)


def _covered(most: int) -> npt.NDArray[np.float32]:
    """Returns which share of so many tests so many are, summed as in `features`; ``(most + 1, most + 1)``."""
    shares = np.zeros((most + 1, most + 1), np.float32)
    for tests in range(1, most + 1):
        for count in range(1, most + 1):
            shares[tests, count] = shares[tests, count - 1] + np.float32(1 / tests)
    return np.minimum(shares, np.float32(1))
