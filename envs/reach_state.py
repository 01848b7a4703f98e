"""The task ReachState."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from debugworld.sandboxes.debugger import IllegalAction, Program, RecordedDebugger, Trace, TreeDebugger

from .aim import Aim, passes
from .chance import below
from .errors import TaskError
from .goal import Goal, goal_at, reachable
from .memory import by_trace
from .rows import Row, Rows
from .scene import Question
from .settings import asked_task
from .tabled import TabledEnv

LEAST_MOVES = 3
"""Moves that any goal takes which is drawn, see `goal.reachable`."""


class ReachState(TabledEnv):
    """Get to a stop where a condition holds, in few moves.

    ## Description
    The goal is one stop of the program: a line, with the value of a local where it has
    any; a return with its value; or an exception with its type. It is drawn from the
    real run, also where the debugger is a neural one, and at most ``max_moves`` runs to
    its line lead there. A caller's own ``goal`` is a breakpoint (``7 if n > 3``,
    ``7 hits 3``, ``exception KeyError``, ``function f``, ``change n in f``) or a condition
    at any line (``len(xs) == 2``); where it holds is found by the real debugger in the
    real run, and programs whose run it never holds in are not drawn.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb (all are under Commands of Text):
    ``s`` (step into), ``n`` (step over), ``r`` (step return), ``u 7`` (run to line 7),
    ``until n > 3``, ``c`` (continue), ``b 7``, ``b f``, ``b exception KeyError`` and
    ``watch n in f`` (set a breakpoint; ``hits 2`` and ``, n > 3`` may follow), ``cl``
    (remove one), ``p EXPRESSION`` (evaluate; see ``sandbox``), ``up`` and ``d`` (look
    into frames), ``back``, ``bo`` (back over), ``bc`` (back to call), and ``rc``
    (reverse continue). ``features``: `Discrete`; the numbers of `CommandSet`. A text
    that is no command, and an action that the mask forbids, is answered with an error,
    costs a move and a little more, and changes nothing else.

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
    See `DebugEnv`. ``goal`` (None): the caller's goal in every episode; the option ``goal`` of a
    reset goes before it, in that episode. In a dream, a stop counts that shows what some real
    one does where the goal holds: event, line, and the locals that the condition names.
    Conditions are evaluated in the sandbox, and in ``process`` only where it is named.

    ## Version History
    v0: first version.
    """

    def __init__(self, family: str = "text", goal: str | None = None, **options: Any) -> None:
        self._wanted = self._aim = None if goal is None else Aim.parse(goal)
        super().__init__(family, **options)
        self._places: dict[tuple[str, Aim], tuple[int, ...]] = {}
        self._met: tuple[int, ...] = ()
        self._may_look(self._wanted)

    @property
    def wish(self) -> str:
        """The caller's goal, see `TabledEnv`."""
        return "" if self._aim is None else str(self._aim)

    def rows(self, program: Program, trace: Trace) -> Rows | None:
        """Returns the goals that a run reaches; see `TabledEnv`."""
        if self._aim is None:
            return _rows(trace, self.max_moves)
        self._met = self._found(program, trace, self._aim)
        return AimRows(trace, self._aim.goal(trace.states, self._met), self._met) if self._met else None

    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Asks for a goal; see `TabledEnv`."""
        return Question("move until the goal holds where the program stands", rows.goal(row[1]))

    def _heed(self, options: dict[str, Any] | None) -> int | None:
        task = asked_task(options, "goal")
        asked = (options or {}).get("goal")
        aim = self._wanted if asked is None else Aim.parse(asked)
        self._may_look(aim)
        self._aim = aim
        return task

    def _may_look(self, aim: Aim | None) -> None:
        if aim is not None and aim.needs_run and not self._looks:
            raise TaskError(
                f"whether {str(aim)!r} holds is evaluated in the sandbox, in 'process' only where that is "
                "named: add sandbox='process', or take docker or bwrap"
            )

    def _found(self, program: Program, trace: Trace, aim: Aim) -> tuple[int, ...]:
        """Returns where an aim holds in the real run of a program."""
        key = program.digest, aim
        if key not in self._places:
            assert self._traces is not None
            debugger = RecordedDebugger(lambda _: trace, self._traces.session)
            try:
                debugger.reset(program)
                self._places[key] = aim.places(debugger)
            except IllegalAction:  # the program does not repeat its run
                self._places[key] = ()
            finally:
                debugger.close()
        return self._places[key]

    def _ending(self, index: int | None) -> str:
        told = ""
        if self._aim is not None:
            told = f": the goal {str(self._aim)!r} holds at no stop after the entry"
        elif self.max_moves < LEAST_MOVES:
            told = f": goals that are drawn take max_moves={LEAST_MOVES} or more"
        return f"{told}{super()._ending(index)}"

    def _aims(self, trace: Trace) -> Sequence[int]:
        if self._goal.asked:
            return self._met
        return [index for index, state in enumerate(trace.states) if self._goal.holds(state)]

    def _reached(self, debugger: TreeDebugger) -> bool:
        goal = self._goal
        if not goal.asked:
            return goal.holds(debugger.state)
        if debugger is self._shadow or self.backend == "real":
            return debugger.position in self._met
        past = debugger.tree.states[: debugger.position + 1]
        return goal.holds(debugger.state) and (goal.hits == 1 or passes(goal, past) >= goal.hits)

    @property
    def _goal(self) -> Goal:
        assert self._posed.goal is not None
        return self._posed.goal


class AimRows(Rows):
    """The one goal that a caller asks for in a run.

    Args:
        trace: The real run.
        goal: The goal.
        met: The indices of the states where it is reached.
    """

    def __init__(self, trace: Trace, goal: Goal, met: Sequence[int]) -> None:
        self._goal, self._met = goal, met
        super().__init__(trace, 1)

    @property
    def wish(self) -> str:
        """The goal as it is written; see `Rows`."""
        return self._goal.asked

    @property
    def met(self) -> Sequence[int]:
        """Where it is reached; see `Rows`."""
        return self._met

    def draw(self, rng: np.random.Generator) -> Row | None:
        """Returns the only row; see `Rows`."""
        return 0, 0, 0

    def goal(self, asked: int) -> Goal:
        """Returns the goal; see `Rows`."""
        return self._goal


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
