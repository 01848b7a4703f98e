"""The task StateQuery."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from debugworld.sandboxes.debugger import Event, Program, Trace, TreeDebugger

from .answer import CHOICES
from .chance import below
from .memory import by_trace
from .query import Query, asking
from .rows import Row, Rows
from .scene import Question
from .tabled import TabledEnv

ENTRIES = 0.5
"""Share of the episodes that begin at the entry; the others begin anywhere in the run."""


class StateQuery(TabledEnv):
    """Say what a variable holds at another moment of the run, past or future.

    ## Description
    The question names a line, one of its passes and a local variable: *n when line 7 is
    about to run for the 3rd time*. Passes are counted over all frames, from the entry
    on. The agent may move with a debugger, forwards and backwards, and then says the
    value. The truth comes from a real run, also where the debugger is a neural one. With
    ``max_moves=0`` it is a question about the execution of a program that is only read.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb (all are under Commands of Text):
    ``s`` (step into), ``n`` (step over), ``r`` (step return), ``u 7`` (run to line 7),
    ``until n > 3``, ``c`` (continue), ``b 7``, ``b f``, ``b exception KeyError`` and
    ``watch n in f`` (set a breakpoint; ``hits 2`` and ``, n > 3`` may follow), ``cl``
    (remove one), ``p EXPRESSION`` (evaluate; see ``sandbox``), ``!n = 3`` (assign),
    ``up`` and ``d`` (look into frames), ``back``, ``bo`` (back over), ``bc`` (back to
    call), ``rc`` (reverse continue), and ``answer VALUE``. ``features``: `Discrete`;
    the numbers of `CommandSet`, the last eight choose a candidate answer. A text that
    is no command, and an action that the mask forbids, is answered with an error, costs
    a move and a little more, and changes nothing else.

    ## Observation Space
    ``text``: the page (`page`): task, how often the line has been passed where the
    program stands, moves left, what was last said and why it was refused, the program
    with the current line marked, the stop, the stack, the locals, the value and what was
    printed. ``features``: a flat `Dict` of `Box` and `Discrete` (`features.features`),
    with the line, the pass and the variable that are asked for, and the candidates: the
    truth among values of its type; ``visited`` has 1 for each line where the agent has
    seen the program stand.

    ## Starting State
    A program drawn from the task set, without breakpoints: at its entry in half of the
    episodes, at any line of its run in the others, so that the question may be about
    the past. With the neural backend the history up to there is the true one.

    ## Reward
    1 for the right answer, minus ``move_cost`` for every move and ``refusal_cost`` more
    for a refused one, 0.01 each. An answer costs nothing. Right is the same text or an
    equal literal of the same type.

    ## Episode End
    Terminated by an answer. Truncated by a move beyond the budget (when it is used up,
    only answers are legal) and by a fault of the box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``: whether the
    answer is right. ``success_real`` (neural and rollout backends): the same, since the truth is
    real. ``error``: why the last action was refused, or what broke. ``fault``: whether something
    broke. ``confidence`` (neural and lockstep backends): how sure the model is of the dream's last
    answer. ``differences`` (lockstep backend): where the last action led the two debuggers apart.

    ## Arguments
    See `DebugEnv`.

    ## Version History
    v0: first version.
    """

    answers = 8
    queries = True

    def rows(self, program: Program, trace: Trace) -> Rows | None:
        """Returns the queries about a run; see `TabledEnv`."""
        return _rows(trace, self.max_moves, self.answers)

    def _ending(self, index: int | None) -> str:
        told = ": take max_moves=2 or more, or 0 for questions about a text" if self.max_moves == 1 else ""
        return f"{told}{super()._ending(index)}"

    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Asks for a variable's value; see `TabledEnv`."""
        start, asked, offered = row
        query = rows.query(asked)
        assert query is not None
        return Question(_task(query), candidates=rows.candidates(offered), query=query, start=start)

    def _aims(self, trace: Trace) -> Sequence[int]:
        query = self._posed.query
        assert query is not None
        passes = [i for i, s in enumerate(trace.states) if s.event is Event.LINE and s.line == query.line]
        return passes[query.visit - 1 : query.visit]

    def _reached(self, debugger: TreeDebugger) -> bool:
        return False


class QueryRows(Rows):
    """Queries about one run: where the episode begins is drawn, then a query, then its candidates.

    Args:
        trace: The real run.
        max_moves: Moves that the episode allows.
        answers: Candidates of a question at most.
    """

    def __init__(self, trace: Trace, max_moves: int, answers: int) -> None:
        self.asking = asking(trace, max_moves)
        """The queries."""
        self.starts = [i for i, s in enumerate(trace.states) if s.event is Event.LINE and s.depth > 0]
        """Indices of the states where an episode may begin, beside the entry."""
        numbers: dict[str, int] = {}
        self.truth_numbers = [numbers.setdefault(text, len(numbers)) for text in self.asking.values]
        """Number of the true value of each query."""
        super().__init__(trace, len(self.asking), tuple(numbers), answers)

    def draw(self, rng: np.random.Generator) -> Row | None:
        """Draws a start, a query and candidates; see `Rows`."""
        start, starts = 0, self.starts
        if starts and rng.random() >= ENTRIES:
            start = starts[below(len(starts), rng)]
        asked = self.asking.draw(rng, start)
        if asked is None and start:  # the start shows all that can be asked; the entry does not
            start, asked = 0, self.asking.draw(rng, 0)
        return (
            None
            if asked is None
            else (start, asked, self.truth_numbers[asked] * CHOICES + below(CHOICES, rng))
        )

    def query(self, asked: int) -> Query:
        """Returns a query; see `Rows`."""
        return self.asking.query(asked)


@by_trace
def _rows(trace: Trace, max_moves: int, answers: int) -> Rows:
    return QueryRows(trace, max_moves, answers)


@lru_cache(maxsize=65_536)
def _task(query: Query) -> str:
    return f"say the value of {query}, as 'answer VALUE'"
