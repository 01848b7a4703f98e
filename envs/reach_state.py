"""The task ReachState."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from debugworld.sandboxes.debugger import Program, Trace, TreeDebugger

from .chance import below
from .goal import Goal, goal_at, reachable
from .memory import by_trace
from .rows import Row, Rows
from .scene import Question
from .tabled import TabledEnv


class ReachState(TabledEnv):
    """Get to a stop where a condition holds, in few moves.

    ## Description
    The goal is one stop of the program: a line, with the value of a local where it has
    any; a return with its value; or an exception with its type. It is drawn from the
    real run, also where the debugger is a neural one, and at most ``max_moves`` runs to
    its line lead there.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb: ``s`` (step into), ``n`` (step
    over), ``r`` (step return), ``u 7`` (run to line 7), ``c`` (continue), ``b 7``,
    ``b 7, n > 3`` and ``cl 7`` (set and clear a breakpoint), ``p EXPRESSION`` (evaluate
    in the current frame; see ``sandbox``), ``back``, ``bo`` (back over), ``bc`` (back to
    call), and ``rc`` (reverse continue). ``features``: `Discrete`; the numbers of
    `CommandSet`. A text that is no command, and an action that the mask forbids, is
    answered with an error, costs a move and a little more, and changes nothing else.

    ## Observation Space
    ``text``: the page (`page`): task, goal, moves left, what was last said and why it
    was refused, the program with the current line marked, the stop, the stack, the
    locals, the value and what was printed. ``features``: a flat `Dict` of `Box` and
    `Discrete` (`features.features`), with the goal's line, what of it holds, and how
    far away its line is; ``visited`` has 1 for each line where the agent has seen the
    program stand.

    ## Starting State
    The entry state of a program drawn from the task set, without breakpoints. The goal
    does not hold there.

    ## Reward
    1 when the goal holds after a move, minus ``move_cost`` for every move (that one too)
    and ``refusal_cost`` more for a refused one, 0.01 each.

    ## Episode End
    Terminated when the goal holds where the debugger stands; with the neural backend
    that is a dreamt state. Truncated when the moves are used up, and by a fault of the
    box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``: whether
    the goal holds. ``success_real`` (neural and rollout backends): whether the same moves have
    reached it in the real run. ``error``: why the last action was refused, or what broke.
    ``fault``: whether something broke. ``confidence`` (neural and lockstep backends): how sure
    the model is of the dream's last answer. ``differences`` (lockstep backend): where the last
    action led the two debuggers apart.

    ## Arguments
    See `DebugEnv`.

    ## Version History
    v0: first version.
    """

    def rows(self, program: Program, trace: Trace) -> Rows | None:
        """Returns the goals that a run reaches; see `TabledEnv`."""
        return _rows(trace, self.max_moves)

    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Asks for a goal; see `TabledEnv`."""
        return Question("move until the goal holds where the program stands", rows.goal(row[1]))

    def _aims(self, trace: Trace) -> Sequence[int]:
        return [index for index, state in enumerate(trace.states) if self._goal.holds(state)]

    def _reached(self, debugger: TreeDebugger) -> bool:
        return self._goal.holds(debugger.state)

    @property
    def _goal(self) -> Goal:
        assert self._posed.goal is not None
        return self._posed.goal


class GoalRows(Rows):
    """Goals of one run: a state is drawn, then what a goal there names.

    Args:
        trace: The real run.
        max_moves: Moves that the episode allows.
    """

    def __init__(self, trace: Trace, max_moves: int) -> None:
        pool = reachable(trace, max_moves)
        self._named = [(state, name) for state, names in pool for name in names]
        self.counts = [len(names) for _, names in pool]
        """How many goals each state has."""
        self._firsts = list(accumulate(self.counts, initial=0))
        super().__init__(trace, len(self._named))

    def draw(self, rng: np.random.Generator) -> Row | None:
        """Draws a goal; see `Rows`."""
        if not self.counts:
            return None
        place = below(len(self.counts), rng)
        return 0, self._firsts[place] + below(self.counts[place], rng), 0

    def goal(self, asked: int) -> Goal:
        """Returns a goal; see `Rows`."""
        return goal_at(*self._named[asked])


@by_trace
def _rows(trace: Trace, max_moves: int) -> Rows:
    return GoalRows(trace, max_moves)
