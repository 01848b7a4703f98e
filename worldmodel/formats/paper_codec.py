"""The paper's format as a codec, see `paper` for the format itself.

It shows no line numbers, depths, output, exit reasons, or locals at returns and exceptions: those are
recovered as far as they can be (`recovery`), and output is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from debugworld.sandboxes.debugger import Action, ActionKind, Event, ExitCode, Program, State
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import language as lang
from debugworld.worldmodel.formats import paper
from debugworld.worldmodel.formats.codec import Codec, finished
from debugworld.worldmodel.formats.layout import Layout, Routine
from debugworld.worldmodel.formats.recovery import Shown, at_exit, recover

_FRAME, _SOURCE, _ARGUMENT = "<|frame_sep|>", "<|src_sep|>", "<|arg_sep|>"
_ACTION, _END = "<|action_sep|>", "<|trace_end|>"


class PaperCodec(Codec):
    """The format of "Towards a Neural Debugger for Python" (arXiv 2603.09951)."""

    name = "paper"
    markers = paper.MARKERS
    stop = (_ACTION, _FRAME, _END)
    actions = frozenset(paper.ACTIONS)
    exact = False

    def head(self, program: Program, visited: Sequence[str] = ()) -> str:
        """Writes the functions visited, or all of them, and the entry."""
        names = visited or [routine.name for routine in Layout.of(program).routines]
        return paper.write_head(program, tuple(names))

    def ask(self, walk: Trajectory, action: Action | None) -> str:
        """Writes an action and the start of the state after it."""
        self.require(action)
        if action is None:
            return _FRAME
        if action.count > 1 or action.file:
            raise ModelError(f"the format paper cannot say {action}: it has neither counts nor other files")
        if action.kind.backward is not walk.backward:
            raise ModelError(f"the format paper cannot say {action} here: its texts go one way")
        return paper.write_action(*paper.reduce_action(action, walk.program)) + _FRAME

    def answer(self, walk: Trajectory, step: Step) -> str:
        """Writes a state without the ``<|frame_sep|>`` before it."""
        self.require(step.action)
        before = paper.reduce_state(walk.steps[-1].state) if walk.steps else None
        kind, target = paper.reduce_action(step.action, walk.program)
        written = paper.PaperStep(kind, target, paper.reduce_state(step.state))
        return paper.write_state(written, before, walk.backward).removeprefix(_FRAME)

    def tail(self, trajectory: Trajectory) -> str:
        """Writes the end of a trajectory that is complete."""
        return paper.write_end(trajectory.backward) if finished(trajectory) else ""

    def read(self, walk: Trajectory, action: Action | None, text: str) -> State:
        """Reads a state, see `Codec.read`."""
        last = walk.steps[-1].state if walk.steps else None
        before = paper.reduce_state(last) if last is not None else None
        found = paper.read_state(_FRAME + text, before, action.kind if action else None)
        return self._recover(walk, action, found)

    def grammar(self, walk: Trajectory, action: Action | None) -> lang.Language:
        """Returns what the answer to a question can be."""
        kind = action.kind if action else None
        last = walk.steps[-1].state if walk.steps else None
        full = last is None or last.event is not Event.LINE or kind in paper.FULL_AFTER
        return _language(walk.program, walk.backward, full)

    def decode(self, program: Program, text: str) -> tuple[Step, ...]:
        """Reads what `encode` wrote, as `shown` has it."""
        found = paper.decode(text)
        walk = Trajectory(program, (), (), found.backward)
        for step in found.steps:
            action = _action(program, step.kind, step.target)
            state = self._recover(walk, action, step.state)
            walk = replace(walk, steps=(*walk.steps, Step(action, state)))
        return walk.steps

    @staticmethod
    def _recover(walk: Trajectory, action: Action | None, found: paper.PaperState) -> State:
        if found.exit is not None:
            return at_exit(found.exit)
        layout = Layout.of(walk.program)
        values = found.locals if found.event in (Event.CALL, Event.LINE) else None
        shown = Shown(found.event, found.source, values, found.value)
        return recover(layout, walk.steps, action, shown, layout.reads(found.source, found.event))


def _action(program: Program, kind: ActionKind | None, target: str) -> Action | None:
    """Returns the action that is meant; of a run to a line, to the first one with the text."""
    if kind is None:
        return None
    if kind is not ActionKind.RUN_TO:
        return Action(kind)
    lines = sorted(program.outline.stop_lines)
    line = next((line for line in lines if program.source_line(line) == target), 0)
    if not line:
        raise ModelError(f"the program has no line {target!r} to run to")
    return Action(kind, line)


@lru_cache(maxsize=64)
def _language(program: Program, backward: bool, full: bool) -> lang.Language:
    """The states of a program that can follow, without the frame mark before them."""
    layout = Layout.of(program)
    options: list[lang.Part] = []

    def marker(text: str) -> lang.Part:
        return lang.symbols(257 + paper.MARKERS.index(text))

    def source(routine: Routine, lines: Sequence[int]) -> lang.Part:
        texts = {program.source_line(line, routine.file) for line in lines}
        return lang.words(paper.escape(text) for text in texts)

    rest = "" if full else paper.REST
    for routine in layout.routines:
        values = lang.json_object(routine.names)
        call = (marker(paper.EVENTS[backward, Event.CALL]), marker(_SOURCE), source(routine, [routine.line]))
        options.append(lang.sequence(*call, marker(_ARGUMENT), values))
        if routine.lines:
            changed = lang.sequence(marker(_ARGUMENT), lang.json_object(routine.names, rest))
            where = lang.sequence(marker(_SOURCE), source(routine, routine.lines))
            pair = (where, changed) if backward else (changed, where)
            options.append(lang.sequence(marker(paper.EVENTS[backward, Event.LINE]), *pair))
        ends = source(routine, (*routine.lines, routine.line))
        for event in (Event.RETURN, Event.EXCEPTION):
            head = (marker(paper.EVENTS[backward, event]), marker(_SOURCE), ends, marker(_ARGUMENT))
            options.append(lang.sequence(*head, lang.json_string()))
    if not backward:
        options += [marker(paper.EXITS[code]) for code in ExitCode]
    return lang.Language(lang.choice(options), ("paper", program.digest, backward, full))
