"""The noisy debugger: as wrong as it is told to be, in the same way every time, and judged as such."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Action, IllegalAction, Program, State
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.case import record_case
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.noisy import NoisyDebugger
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, fingerprint, sweep

INTO = Action.parse("step_into")
COUNT = "def f(s, t):\n    n = 0\n    for c in s:\n        n += int(c == t)\n    return n\n"
PROGRAMS = [generate(seed, 1 + seed % 5).program for seed in range(2**30, 2**30 + 8)]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process", max_events=2_000) as sandbox:
        yield sandbox


def dreamt(box: Sandbox, rate: float, program: Program, seed: int = 0) -> list[State]:
    noisy = NoisyDebugger(box, rate, seed)
    noisy.reset(program)
    return list(noisy.tree.states)


def test_a_share_of_states_is_wrong(box: Sandbox) -> None:
    wrong = total = 0
    for program in PROGRAMS:
        case = record_case(box, program)
        assert case is not None
        states = dreamt(box, 0.3, program)
        assert len(states) == len(case.states)
        assert states[0] == case.states[0] and states[-1] == case.states[-1]
        wrong += sum(state != truth for state, truth in zip(states, case.states, strict=True))
        total += len(states) - 2
        assert dreamt(box, 0.0, program) == list(case.states)
        everywhere = zip(dreamt(box, 1.0, program)[1:-1], case.states[1:-1], strict=True)
        assert all(state != truth for state, truth in everywhere)
    assert total > 200 and abs(wrong / total - 0.3) < 4 * (0.3 * 0.7 / total) ** 0.5


def test_noise_repeats_and_rates_are_nested(box: Sandbox) -> None:
    program = PROGRAMS[3]
    low, high = dreamt(box, 0.2, program), dreamt(box, 0.5, program)
    assert low == dreamt(box, 0.2, program) != dreamt(box, 0.2, program, seed=1)
    truth = dreamt(box, 0.0, program)
    wrong = [index for index, state in enumerate(low) if state != truth[index]]
    assert wrong and all(high[index] == low[index] for index in wrong)


def test_it_goes_on_from_the_truth(box: Sandbox) -> None:
    noisy, truth = NoisyDebugger(box, 1.0), dreamt(box, 0.0, PROGRAMS[0])
    noisy.reset(PROGRAMS[0])
    assert noisy.ground(truth[:5]) == truth[4]
    assert noisy.step(INTO) == dreamt(box, 1.0, PROGRAMS[0])[5] != truth[5]
    assert noisy.step(Action.parse("back_into")) == truth[4]
    with pytest.raises(IllegalAction, match="not the states"):
        noisy.ground([])
    with pytest.raises(IllegalAction, match="not the states"):
        noisy.ground(dreamt(box, 1.0, PROGRAMS[0])[:3])


def test_a_changed_future(box: Sandbox) -> None:
    noisy, program = NoisyDebugger(box, 0.0), Program(COUNT, "f('berry', 'r')")
    noisy.reset(program)
    for _ in range(4):
        noisy.step(INTO)
    assert noisy.state.locals["n"] == "0"
    assert noisy.assign("n", "40").locals["n"] == "40"
    assert noisy.step(Action.parse("step_return")).value == "42"
    noisy.close()


def test_the_benchmark_sees_the_rate(box: Sandbox) -> None:
    shares, prints = [], []
    for rate in ("0", "0.2", "0.2", "0.6"):
        subject = open_subject(f"noisy?rate={rate}", box)
        settings, log = (
            Settings(measures=("forced", "free", "changed", "coherence", "reground")),
            Log(None, {}),
        )
        told = sweep(subject, [(program, None) for program in PROGRAMS[:4]], box, log, settings)
        found = card(subject, "tests", log, settings, told)
        shares.append(found["forced"]["actions"]["step_into"]["exact"]["mean"])
        prints.append(fingerprint(log))
    assert shares[0] == 1.0 > shares[1] > shares[3]
    assert prints[1] == prints[2] != prints[3]


@pytest.mark.parametrize("text", ["rate=2", "rate=much", "share=0.1", "rate=0.1&seed=x"])
def test_bad_settings(text: str, box: Sandbox) -> None:
    with pytest.raises(ModelError, match="share|rate=SHARE"):
        open_subject(f"noisy?{text}", box)
