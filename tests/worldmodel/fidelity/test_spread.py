"""A sweep over two Ray workers leaves the records that one process leaves."""

from __future__ import annotations

import pytest

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.spread import spread
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, fingerprint, sweep

EVENTS = 1_000


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_workers_tell_the_same() -> None:
    ray = pytest.importorskip("ray", reason="ray: pip install ray")
    programs: list[tuple[Program, None]] = [(generate(2**30 + i, 1 + i % 3).program, None) for i in range(4)]
    settings = Settings(measures=("forced", "free"))
    alone, together = Log(None, {}), Log(None, {})
    with open_sandbox("process", max_events=EVENTS) as box:
        subject = open_subject("real", box)
        sweep(subject, programs, box, alone, settings)
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            told = spread(None, "real", subject, programs, "process", EVENTS, together, settings)
            assert told.asked == 8 and told.left == 0
            assert fingerprint(together) == fingerprint(alone)
            told = spread(None, "real", subject, programs, "process", EVENTS, together, settings)
            assert told.asked == 8  # all known by now
            with pytest.raises((ModelError, ray.exceptions.RayActorError)):
                spread(None, "nowhere", subject, programs, "process", EVENTS, Log(None, {}), settings)
        finally:
            ray.shutdown()
