"""The task Complexity."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np

from debugworld.sandboxes.debugger import IllegalAction, Program, ProgramError, Trace, TreeDebugger

from .answer import CHOICES, Choices
from .command import Answer
from .findings import Findings
from .growth import CLASSES, Fit, class_of, fit
from .memory import by_trace
from .rows import Row, Rows
from .scene import Attempt, Question, one_line
from .sized import MAX_SIZE, at_size, has_knob, measure, sized_programs
from .tabled import TabledEnv
from .task_set import TaskSet, load_task_set
from .trace_cache import KEPT

TRIED = tuple(str(2**power) for power in range(1, 9))
"""The sizes that have numbers."""
START = 4
"""The size of the run where an episode begins."""
_FITS: dict[tuple[str, str], Fit | None] = {}
"""What was fitted, by box and program."""


class Complexity(TabledEnv):
    """Say how the number of steps grows with the size of the input.

    ## Description
    The program is entered by an expression with a size, such as ``near(list(range(n)), 5)``.
    A step is a line that runs, as the debugger counts it; what a line does in C, such as
    sorting a list, is no step of its own. The agent reads the program, may run it at sizes
    of its choice, walk through these runs and see how many steps they took, and then names
    the class of growth: ``O(1)``, ``O(log n)``, ``O(n)``, ``O(n log n)``, ``O(n^2)``, ``O(n^3)`` or
    ``O(2^n)``. The truth is measured: steps of real runs at up to 24 sizes up to 512 are
    fitted by least squares (`growth`, after the library big_O), and programs are asked
    about only where one class is close and every other is far.

    ## Action Space
    ``text``: any `str`; the commands are those of pdb (all are under Commands of Text):
    ``s`` (step into), ``n`` (step over), ``r`` (step return), ``u 7`` (run to line 7),
    ``until n > 3``, ``c`` (continue), ``b 7``, ``b f``, ``b exception KeyError`` and
    ``watch n in f`` (set a breakpoint; ``hits 2`` and ``, n > 3`` may follow), ``cl``
    (remove one), ``p EXPRESSION`` (evaluate; see ``sandbox``), ``up`` and ``d`` (look
    into frames), ``back``, ``bo`` (back over), ``bc`` (back to call), ``rc`` (reverse
    continue), ``size 16`` (start again with that size, 1 to 512; ``try 16`` is the
    same) and ``answer CLASS``. ``features``: `Discrete`; the numbers of `CommandSet`,
    the last fifteen choose one of the seven classes and start again with one of the
    sizes 2, 4, ..., 256. A text that is no command, and an action that the mask
    forbids, is answered with an error, costs a move and a little more, and changes
    nothing else.

    ## Observation Space
    ``text``: the page (`page`): task, moves left, what was last said and why it was
    refused, the steps of each run as far as the agent went in it, and how it ended, the
    program with the current line marked, the stop, the stack, the locals, the value and
    what was printed. ``features``: a flat `Dict` of `Box` and `Discrete`
    (`features.features`); ``trials`` tells the steps of the runs at the numbered sizes,
    and ``visited`` has 1 for each line where the agent has seen the program stand, in
    whichever run of the episode.

    ## Starting State
    The entry of a program drawn from the task set, at size 4, without breakpoints. The
    task sets ``builtin`` and ``builtin/NAME`` are programs of this task's own; of others,
    those are used whose entry has the name ``n``, which the program need not define
    (``{"source": ..., "call": "f(list(range(n)))"}`` in a row of a ``jsonl`` set), and
    whose growth is clear.

    ## Reward
    1 for the right class, minus ``move_cost`` for every move, a new run included, and
    ``refusal_cost`` more for a refused one, 0.01 each. An answer costs nothing.
    ``n log n``, ``O(N**2)`` and the like are read.

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

    answers = len(CLASSES)
    trials = len(TRIED)
    samples = tuple(CLASSES)
    tries = TRIED

    def _load(self, tasks: str, max_lines: int) -> TaskSet:
        own = re.match(r"builtin(?![^/?])", tasks)
        return (sized_programs(tasks) if own else load_task_set(tasks)).within(max_lines)

    def _record(self, program: Program) -> Trace:
        return super()._record(self._opening(program))

    def _opening(self, program: Program) -> Program:
        return at_size(program, START) if has_knob(program) else program

    def rows(self, program: Program, trace: Trace) -> GrowthRows | None:
        """Returns the classes of a program and the sizes to try it at; see `TabledEnv`."""
        growth = self._growth(program) if has_knob(program) else None
        return _rows(trace, program, growth.best) if growth is not None and growth.clear else None

    def question(self, program: Program, rows: Rows, row: Row) -> Question:
        """Asks for the class; see `TabledEnv`."""
        assert isinstance(rows, GrowthRows)
        text = (
            f"say how the number of steps of {rows.program.call} grows with n, as 'answer CLASS', "
            f"one of: {', '.join(CLASSES)}; 'size 16' starts again with n = 16"
        )
        return Question(one_line(text), candidates=tuple(CLASSES), trials=TRIED)

    def _pose(self, program: Program, trace: Trace) -> Question | None:
        question = super()._pose(program, trace)
        if question is not None:
            self._task, self._attempts = program, [Attempt(str(START))]
        return question

    def _growth(self, program: Program) -> Fit | None:
        key = self._sandbox, program.digest
        if key not in _FITS:
            _FITS[key] = fit(self._counts(program))
        return _FITS[key]

    def _counts(self, program: Program) -> dict[int, int]:
        """Returns the steps by size, as `measure` counts them; each program is measured once."""
        findings = Findings("steps by size", self._sandbox)
        known = findings.get(program.digest)
        if known is not None:
            return dict(known)
        reasons = set()

        def run(sized: Program) -> Trace:
            assert self._traces is not None
            trace = self._traces.run(sized)
            reasons.add(trace.exit.reason)
            return trace

        counts = measure(program, run)
        if reasons <= KEPT:
            findings.put(list(counts.items()), program.digest)
        return counts

    def _entered(self, text: str) -> Program:
        if not (text.isascii() and text.isdecimal()) or len(text) > 4 or not 1 <= int(text) <= MAX_SIZE:
            raise IllegalAction(f"{text[:80]!r} is no size; write a number from 1 to {MAX_SIZE}")
        try:
            return at_size(self._task, int(text)).check()
        except ProgramError as error:
            raise IllegalAction(str(error)) from None

    def _answered(self, answer: Answer) -> bool:
        return class_of(answer.text) == self._truth

    def _reached(self, debugger: TreeDebugger) -> bool:
        return False


class GrowthRows(Rows):
    """The classes, one of which is right, and the sizes to try.

    Args:
        trace: The run at the size `START`.
        program: One with a size.
        best: Its class.
    """

    def __init__(self, trace: Trace, program: Program, best: str) -> None:
        super().__init__(trace, 1, (best,), len(CLASSES))
        self.program = program
        """The program with its size."""

    @property
    def begins(self) -> int:
        """The trial of the size `START`."""
        return TRIED.index(str(START))

    def draw(self, rng: np.random.Generator) -> Row:
        """Returns the only row."""
        return 0, 0, 0

    def candidates(self, number: int) -> tuple[str, ...]:
        """Returns the classes."""
        return tuple(CLASSES)

    def choices(self, truth: int) -> Choices:
        """Returns the classes, of which there is but one choice."""
        texts = tuple(CLASSES)
        right = np.array([text == self.truths[truth] for text in texts])
        return Choices(texts, right, np.tile(np.arange(len(texts)), (CHOICES, 1)))

    def trials(self, number: int) -> tuple[tuple[str, Program], ...]:
        """Returns the sizes that have numbers."""
        return self._sizes

    @cached_property
    def _sizes(self) -> tuple[tuple[str, Program], ...]:
        return tuple((text, at_size(self.program, int(text))) for text in TRIED)


@by_trace
def _rows(trace: Trace, program: Program, best: str) -> GrowthRows:
    return GrowthRows(trace, program, best)
