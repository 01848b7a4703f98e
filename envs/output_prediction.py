"""The task OutputPrediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from debugworld.sandboxes.debugger import Program, Trace, TreeDebugger

from .answer import CHOICES, outcome
from .chance import below
from .memory import by_trace
from .rows import Row, Rows
from .scene import Question, one_line
from .tabled import TabledEnv


class OutputPrediction(TabledEnv):
    """Spend few debugger moves, then say what the call returns.

    ## Description
    The program is entered by a call. The agent may walk through it with a debugger and
    then says the value that the call returns, or ``Type: message`` of the exception
    that leaves it. The truth comes from a real run, also where the debugger is a
    neural one. With ``max_moves=0`` this is the output prediction of CRUXEval (Gu et
    al., 2024).

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
    ``text``: the page (`page`): task, moves left, what was last said and why it was
    refused, the program with the current line marked, the stop, the stack, the locals,
    the value and what was printed. ``features``: a flat `Dict` of `Box` and `Discrete`
    (`features.features`), with the candidates: the truth among values of its type;
    ``visited`` has 1 for each line where the agent has seen the program stand.

    ## Starting State
    The entry state of a program drawn from the task set, without breakpoints.

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

    def rows(self, program: Program, trace: Trace) -> Rows | None:
        """Returns the choices of candidates about what a call came to; see `TabledEnv`."""
        return _rows(trace, self.answers) if program.call is not None else None

    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Asks for what the call came to; see `TabledEnv`."""
        text = f"say what {program.call} returns, or Type: message of what it raises, as 'answer VALUE'"
        return Question(one_line(text), candidates=rows.candidates(row[2]))

    def _aims(self, trace: Trace) -> Sequence[int]:
        return (len(trace.states) - 1,)

    def _reached(self, debugger: TreeDebugger) -> bool:
        return False


class OutcomeRows(Rows):
    """The one outcome of a run, with its choices of candidates."""

    def draw(self, rng: np.random.Generator) -> Row:
        """Draws the candidates; see `Rows`."""
        return 0, 0, below(CHOICES, rng)


@by_trace
def _rows(trace: Trace, answers: int) -> Rows | None:
    value = outcome(trace)
    return None if value is None else OutcomeRows(trace, 1, (value,), answers)
