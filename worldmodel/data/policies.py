"""How a walk chooses its actions: at random, or after a goal that somebody who debugs may have.

A policy knows the run beforehand, which is how it picks a goal that can be reached; its actions are those of
somebody who does not. Each takes a `Walk` at the entry, and returns the goal in words and whether it was
reached, or None where the run offers no such goal. Those marked as needing a box set conditions, look or
assign.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Action, ActionKind, Event, IllegalAction, Program, State, Trace
from debugworld.sandboxes.debugger.session import Session
from debugworld.worldmodel.data.mutation import mutate
from debugworld.worldmodel.data.trajectories import Trajectory, Walk, mix

Told = tuple[str, bool]
_MOST_PASSES = 6
_SHORT = 60
_EXPRESSIONS = {
    int: ("{v} + 1", "{v} % 2 == 0", "{v} * {w}", "{v} > {w}", "-{v}", "str({v})"),
    float: ("{v} * 2", "round({v}, 1)", "{v} > 0"),
    str: ("len({v})", "{v}.upper()", "{v}[::-1]", "{v} + '!'", "{v}[:2]", "sorted({v})"),
    bool: ("not {v}", "{v} and {w}"),
    list: ("len({v})", "{v}[-1]", "{v}[::-1]", "{v} + [0]", "{v}[:2]", "{v} == []"),
    tuple: ("len({v})", "{v}[0]", "{v} + (0,)"),
    dict: ("len({v})", "list({v})", "{v}.get(0)", "sorted({v}.items())"),
    set: ("len({v})", "sorted({v})", "0 in {v}"),
}
"""Expressions that are asked of a variable, by the type of its value."""


@dataclass(frozen=True)
class Policy:
    """A way to choose actions."""

    choose: Callable[[Walk, random.Random], Told | None]
    share: float
    """Its share of the walks where all are asked for."""
    boxed: bool = False
    """Whether it needs a box: the states alone do not tell what it asks."""
    backward: bool = False
    """Whether it begins at the last state before the exit."""


def walk(
    program: Program,
    trace: Trace,
    policy: str,
    seed: int,
    record: Callable[[Program], Trace] | None = None,
    session: Callable[[Program], Session] | None = None,
    max_steps: int = 64,
) -> Trajectory | None:
    """Walks over a run under a policy.

    Args:
        program: what ran.
        trace: its run.
        policy: a name of `POLICIES`.
        seed: the same run, policy and seed give the same walk.
        record: runs a changed program, such as ``record`` of a sandbox.
        session: starts a live session, such as ``session`` of the same sandbox.
        max_steps: most actions.

    Returns:
        The walk; None where the run offers nothing for the policy, or cannot be repeated.
    """
    chosen = POLICIES[policy]
    if not trace.states or (chosen.boxed and (record is None or session is None)):
        return None
    made = Walk(program, trace, record, session, max_steps)
    try:
        told = chosen.choose(made, random.Random(f"{policy}/{seed}/{program.digest}"))
    except (IllegalAction, SandboxError):
        made.debugger.close()
        return None
    if told is None or len(made.steps) < 2:
        made.debugger.close()
        return None
    return made.done(policy, *told, backward=chosen.backward)


def walks(
    program: Program,
    trace: Trace,
    count: int,
    seed: int,
    policies: tuple[str, ...] = (),
    record: Callable[[Program], Trace] | None = None,
    session: Callable[[Program], Session] | None = None,
    max_steps: int = 64,
) -> Iterator[Trajectory]:
    """Yields up to so many different walks over one run, the policies drawn by their shares.

    Args:
        program: what ran.
        trace: its run.
        count: how many.
        seed: the same run, seed and count give the same walks.
        policies: names of `POLICIES`; none stands for all.
        record: as for `walk`.
        session: as for `walk`.
        max_steps: most actions of each.
    """
    names = list(policies or POLICIES)
    shares = [POLICIES[name].share for name in names]
    rng = random.Random(f"walks/{seed}/{program.digest}")
    seen: set[tuple[bool, tuple[str, ...]]] = set()
    for attempt in range(3 * count):
        if len(seen) >= count:
            return
        name = rng.choices(names, shares)[0]
        made = walk(program, trace, name, seed * 1_000_003 + attempt, record, session, max_steps)
        if made is None or (made.backward, made.actions) in seen:
            continue
        seen.add((made.backward, made.actions))
        yield made


def _mixture(walk: Walk, rng: random.Random) -> Told | None:
    mix(walk, rng)
    return "", True


def _mixture_back(walk: Walk, rng: random.Random) -> Told | None:
    mix(walk, rng, backward=True)
    return "", True


def _to_line(walk: Walk, rng: random.Random) -> Told | None:
    """Goes to the n-th pass of a line, by runs to it or by a breakpoint."""
    target = _line_state(walk, rng)
    if target is None:
        return None
    passes = _go(walk, rng, target)
    line = walk.trace.states[target].line
    return f"pass {passes} of line {line}", walk.debugger.position == target


def _to_condition(walk: Walk, rng: random.Random) -> Told | None:
    """Goes to the first place where a condition on a variable is true."""
    target = _line_state(walk, rng, valued=True)
    if target is None:
        return None
    state = walk.trace.states[target]
    name, value = rng.choice(_values(state))
    condition = f"{name} == {value!r}"
    if type(value) is int and rng.random() < 0.5:
        condition = rng.choice((f"{name} >= {value}", f"{name} <= {value}"))
    if rng.random() < 0.4:
        walk.do(Action(ActionKind.RUN_UNTIL, text=condition))
        return f"{condition}", not walk.debugger.done
    walk.do(f"break {state.line} if {condition}")
    walk.do("continue")
    return f"{condition} at line {state.line}", not walk.debugger.done


def _bisect(walk: Walk, rng: random.Random) -> Told | None:
    """Finds where a variable took its last value, by halving the time in which it must have."""
    found = _last_changes(walk, rng)
    if found is None:
        return None
    own, name, place = found
    states = walk.trace.states
    last = states[own[-1]].locals[name]
    low, high = 0, len(own) - 1
    if own[0]:
        _to(walk, own[0])
    while high - low > 1 and not walk.full:
        middle = (low + high) // 2
        state = _to(walk, own[middle])
        if state.locals.get(name) == last and all(states[i].locals.get(name) == last for i in own[middle:]):
            high = middle
        else:
            low = middle
    _to(walk, own[high])
    goal = f"where {name} of {states[own[0]].function} took its last value {last}"
    return goal, high == place


def _watch(walk: Walk, rng: random.Random) -> Told | None:
    """Stops where a variable changes."""
    found = _changing(walk.trace)
    if not found:
        return None
    function, name = rng.choice(found)
    walk.do(f"break change {name} in {function}")
    for _ in range(rng.randint(1, _MOST_PASSES)):
        walk.do("continue")
        if walk.debugger.done:
            break
        if rng.random() < 0.3:
            walk.do(Action(ActionKind.EVALUATE, text=name))
    return f"the changes of {name} in {function}", len(walk.steps) > 2


def _exception(walk: Walk, rng: random.Random) -> Told | None:
    """Goes to the first exception of a type; where there is none at all, sees that there is none."""
    raised = [s for s in walk.trace.states if s.event is Event.EXCEPTION and s.value]
    if not raised and rng.random() < 0.8:
        return None
    kinds = ["Exception"]
    if raised:
        kinds += [str(raised[0].value).partition(":")[0]] * 2
    kind = rng.choice(kinds)
    action = Action.parse(f"break exception {kind}")
    if not walk.can(action):
        return None
    walk.do(action)
    walk.do("continue")
    if walk.state.event is Event.EXCEPTION and rng.random() < 0.5:
        walk.do("back_over")
    wanted = Event.EXCEPTION if raised else Event.EXIT
    return f"the first {kind}", any(step.state.event is wanted for step in walk.steps)


def _function(walk: Walk, rng: random.Random) -> Told | None:
    """Stops at calls of a function and sees what each returns."""
    called = [s.function for s in walk.trace.states if s.event is Event.CALL and s.depth > 0]
    names = sorted({name for name in called if name.replace(".", "").replace("<locals>", "").isidentifier()})
    if not names:
        return None
    name = rng.choice(names).rpartition("<locals>.")[2]
    action = Action.parse(f"break function {name}")
    if not walk.can(action):
        return None
    walk.do(action)
    count = rng.randint(1, 3)
    for _ in range(count):
        walk.do("continue")
        if walk.debugger.done:
            break
        walk.do("step_return")
    return f"what {name} returns", any(step.state.event is Event.RETURN for step in walk.steps)


def _what_if(walk: Walk, rng: random.Random) -> Told | None:
    """Goes to a line, looks, assigns a variable, and follows the changed future."""
    target = _line_state(walk, rng, valued=True)
    if target is None:
        return None
    _go(walk, rng, target)
    if walk.debugger.position != target:
        return None
    name, value = rng.choice(_values(walk.state))
    if rng.random() < 0.6:
        walk.do(Action(ActionKind.EVALUATE, text=_expression(walk.state, rng)))
    new = mutate(value, rng)
    walk.do(Action(ActionKind.SET, name=name, text=repr(new)))
    for point in walk.debugger.breakpoints:
        walk.do(f"clear {point}")
    if rng.random() < 0.5:
        walk.do(Action(ActionKind.EVALUATE, text=name))
    for _ in range(rng.randint(1, 12)):
        if walk.full or walk.debugger.done:
            break
        walk.do(rng.choice(("step_into", "step_over", "step_over")))
    if not walk.debugger.done:
        walk.do(rng.choice(("continue", "step_return")))
    return f"what follows where {name} is {new!r} instead of {value!r}", True


def _origin(walk: Walk, rng: random.Random) -> Told | None:
    """From the end: goes back to where a variable got its value."""
    found = _changing(walk.trace)
    if not found:
        return None
    function, name = rng.choice(found)
    walk.at_end()
    walk.do(f"break change {name} in {function}")
    for _ in range(rng.randint(1, 3)):
        if walk.debugger.position == 0:
            break
        walk.do("reverse_continue")
    reached = walk.debugger.position > 0
    if reached and rng.random() < 0.5:
        walk.do("back_over")
    return f"where {name} in {function} got its value", reached


def _back_to_line(walk: Walk, rng: random.Random) -> Told | None:
    """From the end: goes back through the passes of a line."""
    target = _line_state(walk, rng)
    if target is None:
        return None
    line = walk.trace.states[target].line
    walk.at_end()
    walk.do(f"break {line}")
    for _ in range(rng.randint(1, _MOST_PASSES)):
        if walk.debugger.position == 0:
            break
        walk.do("reverse_continue")
    return f"the last passes of line {line}", any(step.state.line == line for step in walk.steps)


def _everything(walk: Walk, rng: random.Random) -> Told | None:
    """Draws from all actions: moves either way, breakpoints of every kind, looks and assignments."""
    lines = sorted(walk.program.outline.stop_lines)
    while not walk.full:
        action = _any(walk, rng, lines)
        if action is None or not walk.can(action):
            continue
        try:
            walk.do(action)
        except IllegalAction:
            if action.kind is not ActionKind.SET:
                raise
        if walk.debugger.done and rng.random() < 0.7:
            break
    return "", True


_MOVES = {"step_into": 8, "step_over": 8, "step_return": 3, "run_to": 4, "continue": 3, "back_into": 4,
          "back_over": 4, "back_to_call": 2, "reverse_continue": 2, "break": 4, "clear": 2, "run_until": 2,
          "evaluate": 4, "set": 1}  # fmt: skip
"""Weights of the actions of ``everything``."""


def _any(walk: Walk, rng: random.Random, lines: list[int]) -> Action | None:
    word = rng.choices(list(_MOVES), list(_MOVES.values()))[0]
    state, kind = walk.state, ActionKind(word)
    if word == "run_to":
        return Action(kind, rng.choice(lines))
    if word == "break":
        return _any_breakpoint(walk, rng, lines)
    if word == "clear":
        points = walk.debugger.breakpoints
        return Action(kind, breakpoint=rng.choice(points)) if points else None
    values = _values(state)
    if word in ("run_until", "evaluate", "set"):
        if not values or walk.debugger.done:
            return None
        name, value = rng.choice(values)
        if word == "evaluate":
            return Action(kind, text=_expression(state, rng))
        if word == "run_until":
            return Action(kind, text=f"{name} != {value!r}")
        return Action(kind, name=name, text=repr(mutate(value, rng)))
    if kind.takes_count and rng.random() < 0.15:
        return Action(kind, count=rng.randint(2, 6))
    return Action(kind)


def _any_breakpoint(walk: Walk, rng: random.Random, lines: list[int]) -> Action | None:
    draw, state = rng.random(), walk.state
    if draw < 0.4:
        return Action(ActionKind.BREAK, rng.choice(lines))
    if draw < 0.6:
        values = _values(state)
        if not values:
            return None
        name, value = rng.choice(values)
        return Action.parse(f"break {rng.choice(lines)} if {name} != {value!r}")
    if draw < 0.75:
        changing = _changing(walk.trace)
        return Action.parse("break change {1} in {0}".format(*rng.choice(changing))) if changing else None
    if draw < 0.85:
        return Action.parse("break exception Exception")
    names = [name for name in {s.function for s in walk.trace.states} if name.isidentifier()]
    return Action.parse(f"break function {rng.choice(sorted(names))}") if names else None


def _line_state(walk: Walk, rng: random.Random, valued: bool = False) -> int | None:
    """Picks a ``line`` state after the entry in the program's source; a valued one shows plain variables."""
    states = walk.trace.states
    found = [
        index
        for index, state in enumerate(states[:2000])
        if index and state.event is Event.LINE and not state.file and (not valued or _values(state))
    ]
    return rng.choice(found) if found else None


def _go(walk: Walk, rng: random.Random, target: int) -> int:
    """Goes from the entry to a ``line`` state; returns which pass of its line it is."""
    states = walk.trace.states
    line = states[target].line
    passes = sum(s.event is Event.LINE and s.line == line and not s.file for s in states[1 : target + 1])
    if passes > _MOST_PASSES:
        walk.do(f"break {line} hits {passes}")
        walk.do("continue")
    elif rng.random() < 0.5:
        for _ in range(passes):
            walk.do(f"run_to {line}")
    else:
        walk.do(f"break {line}")
        for _ in range(passes):
            walk.do("continue")
    return passes


def _to(walk: Walk, index: int) -> State:
    """Goes to a place in time by steps into, or back into, at once."""
    distance = index - walk.debugger.position
    if distance:
        kind = ActionKind.STEP_INTO if distance > 0 else ActionKind.BACK_INTO
        walk.do(Action(kind, count=abs(distance)))
    return walk.state


def _values(state: State) -> list[tuple[str, Any]]:
    """The locals whose text is a short literal, with their values."""
    found = []
    for name, text in state.locals.items():
        if len(text) <= _SHORT and name.isidentifier():
            try:
                value = ast.literal_eval(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            if type(value) in _EXPRESSIONS:
                found.append((name, value))
    return found


def _expression(state: State, rng: random.Random) -> str:
    """An expression over the locals of a state; their own names where nothing is known of their values."""
    values = _values(state)
    if not values:
        return rng.choice([*state.locals, "1 + 1"])
    name, value = rng.choice(values)
    alike = [other for other, its in values if type(its) is type(value)]
    return rng.choice(_EXPRESSIONS[type(value)]).format(v=name, w=rng.choice(alike))


def _changing(trace: Trace) -> list[tuple[str, str]]:
    """Functions and their variables that have two values or more in the run."""
    texts: dict[tuple[str, str], set[str]] = {}
    for state in trace.states[:2000]:
        if not state.file and "<" not in state.function:
            for name, text in state.locals.items():
                texts.setdefault((state.function, name), set()).add(text)
    return sorted(key for key, seen in texts.items() if len(seen) > 1 and key[1].isidentifier())


def _last_changes(walk: Walk, rng: random.Random) -> tuple[list[int], str, int] | None:
    """An activation's states, a variable, and the place among them from which on it keeps its last value."""
    tree, states = walk.debugger.tree, walk.trace.states
    calls = [i for i, s in enumerate(states[:2000]) if s.event is Event.CALL and tree.end_of(i) - i > 5]
    rng.shuffle(calls)
    for call in calls[:5]:
        last = min(tree.end_of(call), len(states) - 1)
        own = [i for i in range(call, last + 1) if tree.call_of(i) == call]
        names = [name for name, text in states[own[-1]].locals.items() if len(text) <= _SHORT]
        rng.shuffle(names)
        for name in names:
            place = len(own) - 1
            while place and states[own[place - 1]].locals.get(name) == states[own[-1]].locals[name]:
                place -= 1
            if place > 1:
                return own, name, place
    return None


POLICIES: dict[str, Policy] = {
    "mixture": Policy(_mixture, 0.3),
    "mixture-back": Policy(_mixture_back, 0.12, backward=True),
    "everything": Policy(_everything, 0.14, boxed=True),
    "to-line": Policy(_to_line, 0.06),
    "to-condition": Policy(_to_condition, 0.07, boxed=True),
    "bisect-change": Policy(_bisect, 0.06),
    "watch-change": Policy(_watch, 0.05, boxed=True),
    "first-exception": Policy(_exception, 0.03, boxed=True),
    "function-calls": Policy(_function, 0.04),
    "what-if": Policy(_what_if, 0.07, boxed=True),
    "origin": Policy(_origin, 0.03, boxed=True, backward=True),
    "back-to-line": Policy(_back_to_line, 0.03, backward=True),
}
"""Every policy by its name."""
