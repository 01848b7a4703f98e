"""Episodes of `InputPrediction` side by side: answers are run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.growing import Growing

from ..environment import DebugEnv
from ..input_prediction import InputPrediction, came_to, same_end
from ..scene import one_line
from .begun import Rows
from .drawing import Drawing, Draws
from .episodes import Flags
from .recorded import RecordedVectorEnv
from .subject import BROKEN, NOTHING, Subject
from .trying import TryingEpisodes
from .worked import Worked


class ProposingEpisodes(TryingEpisodes):
    """The episodes of so many environments; none has begun yet.

    Args:
        task: As `TryingEpisodes` takes it.
        count: Environments.
        anew: As `Episodes` takes it.
    """

    def __init__(self, task: DebugEnv, count: int, anew: bool) -> None:
        super().__init__(task, count, anew)
        self._reasons: npt.NDArray[np.object_] = np.full(count, None, object)
        """What wrong answers came to; None where none was given."""
        self._reasoned = np.zeros(count, bool)

    def begin(self, which: Rows, draws: Draws) -> None:
        """Begins an episode in some environments; see `Episodes`."""
        super().begin(which, draws)
        self._reasons[which], self._reasoned[which] = None, False

    def noted(self) -> dict[str, tuple[npt.NDArray[np.object_], Flags]]:
        """Returns what infos have of some environments; see `Episodes`."""
        return super().noted() | {"reason": (self._reasons, self._reasoned)}

    def _forget(self) -> None:
        super()._forget()
        self._judged = Worked(2)
        """Of each list of candidates and each of its places whether that is right, and what it came to."""
        self._came = Growing(np.object_)

    def _right(self, which: Rows, choices: Rows) -> Flags:
        lists, faults = self._list[which], dict[int, str]()
        subjects = self._walks.runs(self._programs.rows[lists, choices], faults)
        right = np.zeros(len(which), bool)
        done = np.setdiff1d(np.arange(len(which)), list(faults)) if faults else np.arange(len(which))
        numbers = lists * self._task.answers + choices
        found = self._judged.look(
            numbers[done], lambda turn: self._judge(subjects[done[turn]], int(lists[done[turn]]))
        )
        right[done] = found[:, 0]
        wrong = found[:, 0] == 0
        self._reasons[which[done[wrong]]] = self._came.rows.take(found[wrong, 1])
        self._reasoned[which[done[wrong]]] = True
        if faults:
            self._fail(which[list(faults)], list(faults.values()))
        return right

    def _judge(self, subject: Subject, number: int) -> tuple[int, int]:
        """Tells whether a run ended as is asked beside a list of candidates; and the number of its end."""
        came = came_to(subject.trace)
        asked = self._ends[int(self._asked.rows[number])]
        return int(same_end(came, asked)), self._came.add(np.array([one_line(came)], object))

    def _fail(self, which: Rows, told: list[str]) -> None:
        """Ends the runs on which some environments stand, since the box failed at their answers."""
        world = self._world
        assert world is not None
        subjects = np.array(
            [Subject(each.program, BROKEN, NOTHING, "failed") for each in self._currents[which]], object
        )
        self._leave(which, subjects, world.runs(subjects), dict(enumerate(told)))


class ProposingVectorEnv(RecordedVectorEnv):
    """`RecordedVectorEnv` of `InputPrediction`."""

    def _parts(self) -> tuple[ProposingEpisodes, Drawing]:
        task: Any = self._task
        assert isinstance(task, InputPrediction)
        return ProposingEpisodes(task, self.num_envs, self.copy), Drawing(task, self.num_envs)
