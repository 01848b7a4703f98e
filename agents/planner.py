"""The planner: looks ahead in a dream, acts in the world, and dreams anew where the world is different.

Over a dreamt run the fewest commands to the goal are a shortest way (see `shortest`), however deep it lies.
With several dreams a command is worth what it is worth in each of them, on average, as if all would be
known after it (QMDP: Littman, Cassandra and Kaelbling, 1995; hindsight optimization: Chong, Givan and
Chang, 2000). What a dream's own confidence leaves open counts as one more dream, in which nothing but the
goal is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from debugworld.envs import Answer, Goal, spell
from debugworld.sandboxes.debugger import Action, ActionKind, Event, IllegalAction, ProgramError
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.arguments import is_literal
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.search.dreams import Dreams

from .belief import Belief, Particle
from .reading import Reading
from .scripted import ScriptedAgent
from .shortest import FAR, Watch, watchable

PATIENCE = 4
"""Surprises after which an episode is finished without the dream."""
MOST_WATCHES = 12
"""Most breakpoints that are thought of at a stop."""
_CONTINUE, _REVERSE = Action(ActionKind.CONTINUE), Action(ActionKind.REVERSE_CONTINUE)


class PlannerAgent:
    """Plays ReachState by shortest ways over dreams, and answers other questions from a dream it is sure of.

    It plays the ``Text`` family only, since it dreams the program that stands on the page. Where it has no
    dream that helps, it does what the scripted agent does, or sets a breakpoint that holds at the goal alone.

    Args:
        dreams: Dreams of whatever predicts.
        conditions: Whether it sets breakpoints with conditions; where the world refuses one, it stops to.
        doubts: Whether the dream's confidence counts, beside what it says.
        sure: Least confidence in a dreamt value from which on it is answered without looking.
    """

    def __init__(
        self, dreams: Dreams, conditions: bool = True, doubts: bool = True, sure: float = 1.01
    ) -> None:
        self.dreams = dreams
        """Where its dreams come from; its subject counts what they cost."""
        self._conditions, self._doubts, self._sure = conditions, doubts, sure
        self._routine = ScriptedAgent()
        self.reset()

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a dream's draws stay as they are."""
        self._belief: Belief | None = None
        self._awake = False
        self._last: Action | None = None
        self._watches: frozenset[Watch] = frozenset()
        self._before: frozenset[Watch] = frozenset()

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the next command; where the page cannot be read or dreamt, the scripted agent's."""
        try:
            reading = Reading.of(observation)
            action = self._reach(reading) if reading.goal else self._answer(reading, observation)
        except (ValueError, ModelError, IllegalAction, ProgramError, SandboxError):
            self._awake, action = True, None
        if action is None:
            return self._routine.act(observation, info)
        return spell(action)

    # ReachState

    def _reach(self, reading: Reading) -> Action | None:
        assert reading.goal is not None
        if self._last is not None and reading.error:
            self._refused()
        if not self._awake:
            self._look(reading)
        self._before = self._watches
        action = self._choice(reading, reading.goal)
        self._last = action
        return action

    def _refused(self) -> None:
        """The last command was not done."""
        if self._last is not None and self._last.kind is ActionKind.BREAK:
            self._conditions = False
            self._watches = self._before
        else:
            self._awake = True
        self._last = None

    def _look(self, reading: Reading) -> None:
        if self._belief is None:
            self._belief = Belief(self.dreams, reading)
        elif self._last is not None and self._last.kind.moves:
            self._belief.follow(self._last, self._watches, reading)
            self._awake = self._belief.surprises >= PATIENCE

    def _choice(self, reading: Reading, goal: Goal) -> Action | None:
        blind = self._blind(reading, goal)
        totals: dict[Action, float] = {}
        if self._belief is not None and not self._awake:
            totals = self._values(self._belief, goal, blind)
        if not totals:
            action = min(blind, key=lambda each: blind[each]) if blind else None
        else:
            action = min(totals, key=lambda each: totals[each])
        if action is not None and action.kind is ActionKind.BREAK:
            self._watches |= {each for each in self._thought_of(goal) if each.action == action}
        return action

    def _thought_of(self, goal: Goal) -> list[Watch]:
        """Returns breakpoints that may help: at the goal, and a move away from it in some dream."""
        own = Watch(goal.line, goal.name, goal.value)
        found = dict.fromkeys([own] if self._can_watch(goal) else [])
        for particle in self._belief.particles if self._belief is not None else ():
            for watch in _near(particle, goal):
                if self._conditions or not watch.name:
                    found.setdefault(watch)
        return list(found)[:MOST_WATCHES]

    def _can_watch(self, goal: Goal) -> bool:
        if goal.event is not Event.LINE or not goal.line or (goal.name and not self._conditions):
            return False
        return not goal.name or (goal.name.isidentifier() and is_literal(goal.value))

    def _values(self, belief: Belief, goal: Goal, blind: Mapping[Action, float]) -> dict[Action, float]:
        """Returns the mean commands that are left when each command comes first; nothing without a dream that knows."""  # noqa: E501  a summary is one line
        watches, found = self._thought_of(goal), []
        for particle in belief.particles:
            aims = particle.aims(goal)
            if not aims:
                continue
            ways = particle.ways.values(particle.place, aims, self._watches, watches)
            trust = 1.0
            if self._doubts:
                nearest = min(aims, key=lambda place: abs(place - particle.place))
                trust = belief.sureness(particle, nearest)
            found.append((trust, ways))
        if not found:
            return {}
        wasted = 1 + min(blind.values())
        totals: dict[Action, float] = {}
        for action in dict.fromkeys([*(each for _, ways in found for each in ways), *blind]):
            lost = blind.get(action, wasted)
            total = lost * (len(belief.particles) - len(found))
            for trust, ways in found:
                total += trust * ways.get(action, FAR) + (1 - trust) * lost
            totals[action] = total / len(belief.particles)
        return totals

    def _blind(self, reading: Reading, goal: Goal) -> dict[Action, float]:
        """Returns how many commands may be left where nothing but the goal is known, by the first one."""
        own, at_exit = Watch(goal.line, goal.name, goal.value), reading.state.event is Event.EXIT
        if own in self._watches and not (self._last == _REVERSE and not at_exit):
            return {_REVERSE if at_exit else _CONTINUE: 1.0}
        if goal.event is Event.LINE and goal.name and own not in self._watches and self._can_watch(goal):
            return {own.action: 2.0}
        if at_exit:
            return {_REVERSE: 3.0}
        if not goal.line:
            return {Action(ActionKind.STEP_INTO): 1.0}
        here = reading.state.event is Event.LINE and reading.state.line == goal.line
        if goal.event is not Event.LINE and here:
            return {Action(ActionKind.STEP_OVER): 1.0}
        return {Action(ActionKind.RUN_TO, goal.line): 2.0 if goal.event is Event.LINE and goal.name else 1.0}

    # OutputPrediction and StateQuery

    def _answer(self, reading: Reading, page: str) -> Answer | None:
        """Answers from the likeliest dream, if that is surely right; else what the routine does is done."""
        asked = page.startswith("Task: say what ") and reading.program.call is not None
        if self._belief is not None or not (asked or reading.query is not None) or self._sure > 1:
            return None
        self._belief = Belief(self.dreams, reading)
        particle = self._belief.particles[0]
        states, place, value = particle.dream.states, len(particle.dream.states) - 2, None
        if reading.query is None:
            value = states[place].value if states[place].depth == 0 else None
        else:
            passes = [
                n for n, s in enumerate(states) if s.event is Event.LINE and s.line == reading.query.line
            ]
            if len(passes) >= reading.query.visit and _from_entry(states):
                place = passes[reading.query.visit - 1]
                value = states[place].locals.get(reading.query.name)
        sure = value is not None and self._belief.sureness(particle, place) >= self._sure
        return Answer(value or "") if sure else None


def _from_entry(states: Any) -> bool:
    return bool(states[0].event is Event.CALL)


def _near(particle: Particle, goal: Goal) -> list[Watch]:
    """Returns the breakpoints at a dream's goals and at the stops that are a move away from one."""
    aims = particle.aims(goal)
    if not aims:
        return []
    near = (particle.ways.distances(aims) <= 1).nonzero()[0]
    found = []
    for place in sorted(near.tolist(), key=lambda n: abs(n - particle.place)):
        state = particle.dream.states[place]
        if state.event is Event.LINE:
            found += [Watch(state.line), *watchable(state)]
    return found
