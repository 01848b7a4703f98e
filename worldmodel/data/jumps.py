"""Examples of jumps: from a recorded run to questions and answers of `jump`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from debugworld.sandboxes.debugger import Event, ExitCode, Program, State, StateTree, Trace
from debugworld.worldmodel.excerpt import Listing
from debugworld.worldmodel.jump import Jump, Landing, ask, landing
from debugworld.worldmodel.markov import Flow, Shell

PER_RUN = 8
"""Questions made of one run."""
MAX_STATES = 250
"""States of one run that are asked about and landed at."""
LONGEST_ANSWER = 160
"""Most bytes of an answer."""
ENTRIES = 0.4
"""Share of the ``return`` questions that are drawn among entries: what does this call return?"""
_KINDS = {"return": 0.4, "to": 0.4, "over": 0.2}
"""Shares of the kinds, where a run has places for all of them."""


@dataclass(frozen=True)
class Target:
    """How a jump ends within its frame: a letter of `Landing` and the index of a state."""

    letter: str
    index: int


Wanted = dict[int, list[tuple[str, frozenset[int], Target]]]
"""Kinds of jumps, with lines and targets, by the index of the state where they are asked."""


def jumps_of(program: Program, trace: Trace, seed: int = 0, most: int = PER_RUN) -> Iterator[tuple[str, str]]:
    """Yields (question, answer) for some jumps of a run.

    Args:
        program: The program of the run.
        trace: The run.
        seed: Of the draw of places and kinds, together with the program.
        most: Most questions.
    """
    states = [*trace.states, trace.final][: MAX_STATES + 1]
    cut = len(states) <= len(trace.states) or trace.exit.code is ExitCode.NEVER
    if len(states) < 3:
        return
    choose = random.Random(f"jumps {seed} {program.digest}")
    for jump, answer in answered(program, states, _draw(StateTree(states), cut, choose, most)):
        text = str(answer)
        if len(text.encode(errors="replace")) <= LONGEST_ANSWER:
            yield jump.prompt, text


def find(tree: StateTree, position: int, kind: str, lines: frozenset[int] = frozenset()) -> Target | None:
    """Returns where a jump of one frame ends in a recorded run; None where the run does not tell.

    Args:
        tree: The whole run.
        position: Index of a ``line`` or ``call`` state.
        kind: ``return``, ``over`` or ``to``.
        lines: Lines at which a ``to`` ends.
    """
    states, end = tree.states, tree.end_of(position)
    if kind == "over":
        target = tree.over[position]
        if target < 0 or tree.call_of(target) != tree.call_of(position):
            return None
        return _ended(states, target) or Target("L", target)
    if kind == "to":
        for index in range(position + 1, end + 1):
            if states[index].event is Event.LINE and states[index].line in lines:
                return _within(tree, position, index)
    return _ended(states, end) if tree.call_of(end) == tree.call_of(position) else None


def _within(tree: StateTree, position: int, index: int) -> Target | None:
    """How the way to a later state begins in the frame of a position."""
    own, letter = tree.call_of(position), "L"
    while tree.call_of(index) != own:
        index, letter = tree.caller_of(index), "C"
        if index < position:
            return None
    return Target(letter, index) if tree.states[index].event is Event.LINE or index == position else None


def _ended(states: Sequence[State], index: int) -> Target | None:
    letter = {Event.RETURN: "R", Event.EXCEPTION: "X"}.get(states[index].event)
    return Target(letter, index) if letter else None


def answered(program: Program, states: list[State], wanted: Wanted) -> Iterator[tuple[Jump, Landing]]:
    """Yields the questions that can be asked, each with its true answer.

    Args:
        program: The program of a run.
        states: The run's states in time.
        wanted: What to ask, by the index of the state.
    """
    ends = {target.index for group in wanted.values() for _, _, target in group}
    if not ends:
        return
    shell = Shell(program, Flow(program))
    listing = Listing(program, shell.flow)
    asked: list[tuple[int, Target, Jump]] = []
    turns: list[tuple[int, ...]] = []
    shell.start()
    shell.accept(states[0])
    for index in range(max(ends) + 1):
        top = shell.stack[-1]
        heads = listing.loops(top.scope, top.line) if index in ends else ()
        turns.append(tuple(top.turns.get(head, 0) for head in heads))
        for kind, lines, target in wanted.get(index, ()):
            jump = ask(listing, shell, kind, lines)
            if jump is not None and (jump.kind == kind or target.letter in "RX"):
                asked.append((index, target, jump))
        _follow(shell, states, index)
    for index, target, jump in asked:
        printed = "".join(state.stdout for state in states[index + 1 : target.index + 1])
        after = states[target.index]
        answer = landing(jump, target.letter, states[index], after, turns[target.index], printed)
        if answer is not None:
            yield jump, answer


def _draw(tree: StateTree, cut: bool, choose: random.Random, most: int) -> Wanted:
    """Chooses what to ask where."""
    states = tree.states
    known = len(states) - (2 if cut else 1)
    places = [
        index
        for index in range(len(states) - 1)
        if states[index].event in (Event.LINE, Event.CALL) and tree.end_of(index) < known
    ]
    overs = [i for i in places if states[i].event is Event.LINE and tree.over[i] > i + 1]
    entries = [i for i in places if states[i].event is Event.CALL] or places
    found: Wanted = {}
    for _ in range(min(most, len(places))):
        kind = choose.choices(list(_KINDS), list(_KINDS.values()))[0]
        if kind == "over" and not overs:
            kind = "to"
        index = choose.choice(overs if kind == "over" else places)
        if kind == "return" and choose.random() < ENTRIES:
            index = choose.choice(entries)
        lines: frozenset[int] = frozenset()
        if kind == "to":
            count = choose.choice((1, 1, 1, 2))
            inside = states[index + 1 : tree.end_of(index) + 1]
            near = [state.line for state in inside if state.event is Event.LINE]
            elsewhere = sorted({state.line for state in states if state.event is Event.LINE})
            pool = near if near and choose.random() < 0.85 else elsewhere
            lines = frozenset(choose.choice(pool) for _ in range(count)) if pool else frozenset()
            if not lines:
                continue
        target = find(tree, index, kind, lines)
        group = found.setdefault(index, [])
        if target is not None and (kind, lines, target) not in group:
            group.append((kind, lines, target))
    return found


def _follow(shell: Shell, states: list[State], index: int) -> None:
    """Leads a shell from a state of a run to the next one."""
    if index + 1 >= len(states):
        return
    if shell.certain() is None:
        outcome = shell.outcome_of(states, index)
        if outcome is not None:
            with suppress(ValueError):  # then `accept` finds the way again
                shell.apply(outcome)
    shell.accept(states[index + 1])
