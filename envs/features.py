"""Features: a scene as arrays of fixed shape, for learners without a tokenizer.

Every number lies in [-1, 1] or is a `Discrete`, so that an MLP can take the dict as it
is; per-line and per-text arrays keep their order for anything that attends.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from debugworld.sandboxes.debugger import Event, Program, State

from .goal import Goal, exception_type
from .scene import Scene, ShownTest

TEXT_WIDTH = 32
"""Characters of a value that are shown."""
NAME_WIDTH = 12
"""Characters of a name that are shown."""
MAX_LOCALS = 8
"""Locals that are shown: the last ones bound."""
MAX_TOKENS = 12
"""Tokens of a source line that are shown."""
LINE_FLAGS = ("present", "breakable", "current", "breakpoint", "goal", "indentation")
"""Columns of ``lines``."""
TEST_FLAGS = ("present", "fails", "passes", "current", "debugged")
"""Columns of ``tests`` before the two texts."""
COVERAGE = ("failing", "passing", "accused")
"""Columns of ``coverage``."""
EVENTS: tuple[Event, ...] = tuple(event for event in Event if event is not Event.INSTRUCTION)
"""Events in the order of their numbers."""
GOAL_EVENTS = (Event.LINE, Event.RETURN, Event.EXCEPTION)
"""Events that a goal may be, in the order of their numbers."""
_GOAL_NUMBERS = len(GOAL_EVENTS) + 6
_QUERY_NUMBERS = 7
MANY_PASSES = 32
"""Passes of a line from which on they are all the same."""
MANY_STEPS = 20
"""Logarithm to base 2 of the steps from which on they are all the same."""
_TRIAL_NUMBERS = 5
DEEP = 16
"""Depth from which on all are the same."""
_TOKEN = re.compile(r"\w+|\*\*|//|[-+*/<>=!]=|\S")
VOCABULARY = 1024
"""Numbers that tokens are hashed to, over which they are divided."""
_DIGITS = 4

Array = npt.NDArray[np.float32]


def observation_space(
    max_lines: int, answers: int, queries: bool = False, tests: int = 0, trials: int = 0
) -> spaces.Dict:
    """Returns the space of `features`.

    Args:
        max_lines: Lines that are shown.
        answers: Candidate answers; 0 for a task that has a goal instead.
        queries: Whether the task asks about a moment of the run.
        tests: Tests that are shown, for a task about a bug; it has no goal.
        trials: Ways to enter the program otherwise that have numbers.
    """
    parts: dict[str, spaces.Space[Any]] = {
        "event": spaces.Discrete(len(EVENTS)),
        "line": spaces.Discrete(max_lines + 1),
        "progress": _unit(3),
        "lines": _unit(max_lines, len(LINE_FLAGS)),
        "tokens": _unit(max_lines, MAX_TOKENS),
        "locals": _unit(MAX_LOCALS, NAME_WIDTH + TEXT_WIDTH),
        "value": _unit(TEXT_WIDTH),
    }
    if tests:
        parts["tests"] = _unit(tests, len(TEST_FLAGS) + 2 * TEXT_WIDTH)
        parts["coverage"] = _unit(max_lines, len(COVERAGE))
    else:
        parts["visited"] = spaces.Box(0, 1, (max_lines,), np.int8)
    if answers:
        parts["candidates"] = _unit(answers, 1 + TEXT_WIDTH)
    elif not tests:
        parts["goal"] = spaces.Box(-1, 1, (_GOAL_NUMBERS,), np.float32)
        parts["goal_line"] = spaces.Discrete(max_lines + 1)
        parts["goal_text"] = _unit(NAME_WIDTH + TEXT_WIDTH)
    if queries:
        parts["query"] = spaces.Box(-1, 1, (_QUERY_NUMBERS,), np.float32)
        parts["query_line"] = spaces.Discrete(max_lines + 1)
        parts["query_name"] = _unit(NAME_WIDTH)
    if trials:
        parts["trials"] = _unit(trials, _TRIAL_NUMBERS)
    return spaces.Dict(parts)


def features(
    scene: Scene, max_lines: int, answers: int, queries: bool = False, tests: int = 0, trials: int = 0
) -> dict[str, Any]:
    """Returns a scene as an element of `observation_space`.

    Keys: ``event`` and ``line`` (0 at the exit) say where the program stands;
    ``progress`` is depth, share of moves left, and whether the last action was refused;
    ``lines`` has the columns of `LINE_FLAGS`; ``tokens`` are hashed to [0, 1];
    ``locals`` and ``value`` are spelled by `encode_text`. A goal is given by its line,
    its event (one-hot), its line as a share of ``max_lines``, the way there, and whether
    it names a local, that local is bound, its value is right, and all of it holds;
    ``goal_text`` spells the name and the value, or what a caller asked for, whose line is
    0 where it names none. Each candidate is spelled after a flag
    that tells whether it equals the current value; of the variable, where one is asked
    for. ``query`` is the line that is asked about as a share of ``max_lines``, the way
    there, the pass, the passes so far and how many are left (in 32nds, cut at 1), and
    whether the variable is bound and whether this is the very moment; ``query_line`` and
    ``query_name`` say the line and spell the variable. Each of the ``tests`` has the flags
    of `TEST_FLAGS`, then what was expected and what came, spelled; ``coverage`` tells of each
    line which share of the failing and of the passing tests that were debugged has run it,
    as far as they were, and whether it was accused in vain. Without tests ``visited`` is the
    coverage so far: int8, 1 for each line where the agent has seen the program stand since
    the episode began, the current one included, in whichever of its runs; a line that a move
    passed over was not seen. ``trials`` tells of each numbered way to enter the program
    whether it was tried, whether the agent saw its end, the logarithm of its steps as a share
    of 20 binary digits, whether it ended as asked, and whether it was ended from outside.
    """
    state, goal = scene.state, scene.question.goal
    here = min(state.line, max_lines)
    observation: dict[str, Any] = {
        "event": EVENTS.index(state.event),
        "line": here,
        "progress": _numbers(
            min(state.depth, DEEP) / DEEP,
            max(scene.moves_left, 0) / max(scene.max_moves, 1),
            bool(scene.error),
        ),
        "lines": _lines(scene, max_lines),
        "tokens": line_tokens(scene.program, max_lines).copy(),
        "locals": _locals(state),
        "value": encode_text(state.value or "", TEXT_WIDTH),
    }
    if queries:
        observation |= _query(scene, here, max_lines)
    if tests:
        observation["tests"] = _tests(scene, tests)
        observation["coverage"] = _coverage(scene, max_lines)
    else:
        observation["visited"] = _visited(scene, max_lines)
    if trials:
        observation["trials"] = _trials(scene, trials)
    if answers:
        observation["candidates"] = _candidates(scene, answers)
    if answers or tests:
        return observation
    observation["goal"] = np.zeros(_GOAL_NUMBERS, np.float32)
    observation["goal_line"] = 0
    observation["goal_text"] = np.zeros(NAME_WIDTH + TEXT_WIDTH, np.float32)
    if goal is not None:
        observation["goal"] = _goal(goal, state, here, max_lines)
        observation["goal_line"] = goal.line
        observation["goal_text"] = _spelled(goal.name, goal.asked or goal.value)
    return observation


def encode_text(text: str, width: int) -> Array:
    """Spells a text as ``(width,)`` float32 in [0, 1]: character codes over 127, then zeros.

    A longer text keeps its head, and four numbers hashed from all of it stand at the end.
    """
    codes = np.zeros(width, np.float32)
    head = text if len(text) <= width else text[: width - _DIGITS]
    codes[: len(head)] = [min(ord(character), 127) / 127 for character in head]
    if len(text) > width:
        digest = zlib.crc32(text.encode(errors="replace"))
        codes[-_DIGITS:] = [(digest >> 8 * i & 255) / 255 for i in range(_DIGITS)]
    return codes


def _unit(*shape: int) -> spaces.Box:
    return spaces.Box(0, 1, shape, np.float32)


def _numbers(*values: float) -> Array:
    return np.array(values, np.float32)


def _spelled(name: str, value: str) -> Array:
    return np.concatenate([encode_text(name, NAME_WIDTH), encode_text(value, TEXT_WIDTH)])


def _lines(scene: Scene, max_lines: int) -> Array:
    flags = still_lines(scene.program, max_lines).copy()
    if 0 < scene.state.line <= max_lines:
        flags[scene.state.line - 1, 2] = 1
    flags[[line - 1 for line in scene.breakpoints if line <= max_lines], 3] = 1
    asked = scene.question.goal or scene.question.query
    if asked is not None and asked.line:
        flags[asked.line - 1, 4] = 1
    return flags


@lru_cache(maxsize=256)
def still_lines(program: Program, max_lines: int) -> Array:
    """The columns that do not change in an episode."""
    flags = np.zeros((max_lines, len(LINE_FLAGS)), np.float32)
    for row, line in enumerate(program.lines[:max_lines]):
        indentation = len(line) - len(line.lstrip())
        flags[row, 0] = 1
        flags[row, 1] = row + 1 in program.outline.stop_lines
        flags[row, 5] = min(indentation, 32) / 32
    return flags


@lru_cache(maxsize=256)
def line_tokens(program: Program, max_lines: int) -> Array:
    """The tokens of each line, hashed to [0, 1]."""
    numbers = np.zeros((max_lines, MAX_TOKENS), np.float32)
    for row, line in enumerate(program.lines[:max_lines]):
        found = _TOKEN.findall(line)[:MAX_TOKENS]
        hashes = [1 + zlib.crc32(token.encode(errors="replace")) % (VOCABULARY - 1) for token in found]
        numbers[row, : len(found)] = np.array(hashes, np.float32) / VOCABULARY
    return numbers


def _locals(state: State) -> Array:
    rows = np.zeros((MAX_LOCALS, NAME_WIDTH + TEXT_WIDTH), np.float32)
    for row, (name, value) in enumerate(list(state.locals.items())[-MAX_LOCALS:]):
        rows[row] = _spelled(name, value)
    return rows


def _goal(goal: Goal, state: State, here: int, max_lines: int) -> Array:
    seen = state.locals.get(goal.name) if goal.name else None
    if goal.asked:
        right = goal.holds(state)
    elif goal.event is Event.EXCEPTION:
        right = state.event is Event.EXCEPTION and exception_type(state) == goal.value
    else:
        right = (seen if goal.name else state.value) == goal.value
    return _numbers(
        *(goal.event is event for event in GOAL_EVENTS),
        goal.line / max_lines,
        (goal.line - here) / max_lines if goal.line else 0,
        bool(goal.name),
        seen is not None,
        right,
        goal.holds(state),
    )


def _query(scene: Scene, here: int, max_lines: int) -> dict[str, Any]:
    query, state = scene.question.query, scene.state
    if query is None:  # nothing could be asked: the box failed
        numbers = np.zeros(_QUERY_NUMBERS, np.float32)
        return {"query": numbers, "query_line": 0, "query_name": np.zeros(NAME_WIDTH, np.float32)}
    left = query.visit - scene.passes
    stands = state.event is Event.LINE and state.line == query.line
    numbers = _numbers(
        query.line / max_lines,
        (query.line - here) / max_lines,
        min(query.visit / MANY_PASSES, 1),
        min(scene.passes / MANY_PASSES, 1),
        max(-1, min(left / MANY_PASSES, 1)),
        query.name in state.locals,
        stands and left == 0,
    )
    return {
        "query": numbers,
        "query_line": query.line,
        "query_name": encode_text(query.name, NAME_WIDTH),
    }


def _trials(scene: Scene, trials: int) -> Array:
    rows = np.zeros((trials, _TRIAL_NUMBERS), np.float32)
    seen = {attempt.text: attempt for attempt in scene.attempts}
    for row, text in enumerate(scene.question.trials):
        attempt = seen.get(text)
        if attempt is not None:
            steps = trial_share(attempt.steps)
            right = bool(scene.question.end) and attempt.end == scene.question.end
            cut = attempt.end.startswith("exit")
            rows[row] = 1, bool(attempt.end), steps, right, cut
    return rows


def trial_share(steps: int) -> float:
    """Returns how ``trials`` tell steps: their logarithm to base 2 as a share of `MANY_STEPS`."""
    return float(min(np.log2(1 + steps) / MANY_STEPS, 1))


def _candidates(scene: Scene, answers: int) -> Array:
    rows = np.zeros((answers, 1 + TEXT_WIDTH), np.float32)
    query = scene.question.query
    shown = scene.state.locals.get(query.name) if query else scene.state.value
    for row, text in enumerate(scene.question.candidates):
        rows[row, 0] = text == shown
        rows[row, 1:] = encode_text(text, TEXT_WIDTH)
    return rows


def _tests(scene: Scene, count: int) -> Array:
    rows = np.zeros((count, len(TEST_FLAGS) + 2 * TEXT_WIDTH), np.float32)
    for row, test in enumerate(scene.tests[:count]):
        rows[row] = spelled_test(test, row + 1 == scene.test)
    return rows


def spelled_test(test: ShownTest, current: bool) -> Array:
    """Returns a row of ``tests``.

    Args:
        test: The test.
        current: Whether it is debugged now.
    """
    flags = (True, test.passes is False, test.passes is True, current, bool(test.lines))
    texts = [encode_text(text, TEXT_WIDTH) for text in (test.expected, test.actual)]
    return np.concatenate([_numbers(*flags), *texts])


def _visited(scene: Scene, max_lines: int) -> npt.NDArray[np.int8]:
    visited = np.zeros(max_lines, np.int8)
    visited[[line - 1 for line in scene.visited if line <= max_lines]] = 1
    return visited


def _coverage(scene: Scene, max_lines: int) -> Array:
    columns = np.zeros((max_lines, len(COVERAGE)), np.float32)
    for column, passes in enumerate((False, True)):
        runs = [test.lines for test in scene.tests if test.lines and test.passes is passes]
        for lines in runs:
            columns[[line - 1 for line in lines if line <= max_lines], column] += 1 / len(runs)
    columns[[line - 1 for line in scene.accused if line <= max_lines], 2] = 1
    return np.minimum(columns, np.float32(1))
