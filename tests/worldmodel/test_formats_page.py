"""The worked examples of docs/formats.md are what the codecs write."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugworld.sandboxes.debugger import Action, Program, RecordedDebugger
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.formats import CODECS, open_codec

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
COUNT = Program(
    "def count(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n",
    'count("berry", "r")',
)
INTO = " step_into" * 18
WALKS = {
    "paper": INTO,
    "paper, jumps": " run_to:5 step_return continue",
    "paper, backward": " continue back_into back_into back_over back_over back_to_call",
    "cwm": INTO,
    "history": INTO,
    "changes": INTO,
    "changes, more": " break:4_if_c_==_'r' run_to:4 back_over step_over step_return",
}


def walk(words: str) -> Trajectory:
    """Returns the walk of some actions; a backward one starts at the last state before the exit."""
    debugger = RecordedDebugger(record)
    steps = [Step(None, debugger.reset(COUNT))]
    for word in words.split():
        action = Action.parse(word.replace(":", " ").replace("_if_", " if ").replace("_==_", " == "))
        if "if" in str(action):  # a condition needs a session here; it does not move
            steps.append(Step(action, steps[-1].state))
        else:
            steps.append(Step(action, debugger.step(action)))
    backward = words.startswith(" continue")
    if backward:
        steps = [Step(None, steps[2].state), *steps[3:]]
    return Trajectory(COUNT, ("main", "count"), tuple(steps), backward)


def example(title: str) -> str:
    """Returns a text with a line break before each step, and a long one without its middle."""
    name = title.partition(",")[0]
    codec, trajectory = open_codec(name), walk(WALKS[title])
    whole = codec.encode(trajectory)
    ends = [0]
    for number, step in enumerate(trajectory.steps):
        before = Trajectory(COUNT, trajectory.visited, trajectory.steps[:number], trajectory.backward)
        start = len(codec.prompt(before, step.action)) - len(codec.ask(before, step.action))
        ends.append(start)
    parts = [whole[a:b].rstrip("\n") for a, b in zip(ends, [*ends[1:], len(whole)], strict=True)][0:]
    parts = [part for part in parts if part]
    if len(parts) > 12:
        parts = [*parts[:8], "...", *parts[-3:]]
    return "\n".join(parts)


@pytest.mark.parametrize("title", sorted(WALKS))
def test_each_example_on_the_page_is_what_is_written(title: str) -> None:
    assert f"```text\n{example(title)}\n```" in PAGE.read_text()


def test_the_page_tells_of_every_format() -> None:
    for name in CODECS:
        assert f"`{name}`" in PAGE.read_text()
