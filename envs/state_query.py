"""The task StateQuery."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from debugworld.sandboxes.debugger import Event, Program, Trace, TreeDebugger

from .answer import candidates, right_ones, same_value
from .chance import below
from .command import Answer
from .environment import DebugEnv
from .memory import by_trace
from .query import Query, draw_query
from .scene import Question, one_line

ENTRIES = 0.5
"""Share of the episodes that begin at the entry; the others begin anywhere in the run."""


class StateQuery(DebugEnv):
    """Say what a variable holds at another moment of the run, past or future.

    ## Description
    The question names a line, one of its passes and a local variable: *n when line 7 is
    about to run for the 3rd time*. Passes are counted over all frames, from the entry
    on. The agent may move with a debugger, forwards and backwards, and then says the
    value. The truth comes from a real run, also where the debugger is a neural one. With
    ``max_moves=0`` it is a question about the execution of a program that is only read.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb: ``s`` (step into), ``n`` (step
    over), ``r`` (step return), ``u 7`` (run to line 7), ``c`` (continue), ``b 7``,
    ``b 7, n > 3`` and ``cl 7`` (set and clear a breakpoint), ``p EXPRESSION`` (evaluate
    in the current frame; see ``sandbox``), ``back``, ``bo`` (back over), ``bc`` (back to
    call), ``rc`` (reverse continue), and ``answer VALUE``. ``features``: `Discrete`;
    the numbers of `CommandSet`, the last eight choose a candidate answer.
    A text that is no command, and an action that the mask forbids, is answered with
    an error, costs a move and a little more, and changes nothing else.

    ## Observation Space
    ``text``: the page (`page`): task, how often the line has been passed where the
    program stands, moves left, what was last said and why it was refused, the program
    with the current line marked, the stop, the stack, the locals, the value and what was
    printed. ``features``: a flat `Dict` of `Box` and `Discrete` (`features.features`),
    with the line, the pass and the variable that are asked for, and the candidates: the
    truth among values of its type.

    ## Starting State
    A program drawn from the task set, without breakpoints: at its entry in half of the
    episodes, at any line of its run in the others, so that the question may be about
    the past. With the neural backend the history up to there is the true one.

    ## Reward
    1 for the right answer, minus 0.01 for every move and 0.01 more for a refused one.
    An answer costs nothing. Right is the same text or an equal literal of the same type.

    ## Episode End
    Terminated by an answer. Truncated by a move beyond the budget (when it is used up,
    only answers are legal) and by a fault of the box or the model.

    ## Information
    ``action_mask``: int8 over the command numbers. ``moves``: moves done. ``success``:
    whether the answer is right. ``success_real`` (neural and rollout backends): the same, since the
    truth is real. ``error``: why the last action was refused, or what broke. ``fault``:
    whether something broke. ``differences`` (lockstep backend): where the last action
    led the two debuggers apart.

    ## Arguments
    See `DebugEnv`.

    ## Version History
    v0: first version.
    """

    answers = 8
    queries = True

    def _pose(self, program: Program, trace: Trace) -> Question | None:
        lines = _inner_lines(trace)
        start = 0
        if lines and self.np_random.random() >= ENTRIES:
            start = lines[below(len(lines), self.np_random)]
        drawn = draw_query(trace, self.max_moves, self.np_random, away_from=start)
        if drawn is None:
            return None
        query, value = drawn
        self._query, self._truth = query, one_line(value)
        choice = candidates(trace, value, self.answers, self.np_random)
        return Question(_task(query), candidates=choice, query=query, start=start)

    def _aims(self, trace: Trace) -> Sequence[int]:
        line = self._query.line
        passes = [i for i, s in enumerate(trace.states) if s.event is Event.LINE and s.line == line]
        return passes[self._query.visit - 1 : self._query.visit]

    def _answered(self, answer: Answer) -> bool:
        return same_value(answer.text, self._truth)

    def _right(self, candidates: tuple[str, ...]) -> tuple[bool, ...]:
        return right_ones(candidates, self._truth)

    def _reached(self, debugger: TreeDebugger) -> bool:
        return False


@lru_cache(maxsize=65_536)
def _task(query: Query) -> str:
    return f"say the value of {query}, as 'answer VALUE'"


@by_trace
def _inner_lines(trace: Trace) -> list[int]:
    """Indexes of the lines of called functions."""
    return [i for i, state in enumerate(trace.states) if state.event is Event.LINE and state.depth > 0]
