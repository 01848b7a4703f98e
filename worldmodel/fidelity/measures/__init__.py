"""What is asked of a subject: one module a measure, each a function from a subject and a case to records.

A record is plain data and depends on the subject, the case and the seed alone. ``measure`` names the measure;
``cut`` counts answers that ended for a limit of tokens and not by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from debugworld.worldmodel.fidelity.case import Case
from debugworld.worldmodel.fidelity.log import Record
from debugworld.worldmodel.fidelity.subject import Subject

from .changed import changed
from .coherence import coherence
from .forced import forced
from .free import free
from .granularity import granularity
from .inputs import inputs
from .output_draws import output_draws
from .outputs import outputs
from .real_cost import real_cost
from .reground import reground


@dataclass(frozen=True)
class Measure:
    """One measure."""

    name: str
    """As records have it."""
    ask: Callable[[Subject, Case, int], list[Record]]
    """Asks a subject about a case, by a seed."""
    cases: int
    """Most cases that it is asked of where no budget is given: dear ones of fewer."""
    usual: bool = True
    """Whether it is asked where no measures are named."""


MEASURES = {
    each.name: each
    for each in (
        Measure("forced", forced, 1_000),
        Measure("free", free, 1_000),
        Measure("outputs", outputs, 1_000),
        Measure("output_draws", output_draws, 1_000, usual=False),
        Measure("inputs", inputs, 1_000),
        Measure("changed", changed, 120),
        Measure("coherence", coherence, 60),
        Measure("reground", reground, 40),
        Measure("granularity", granularity, 60),
        Measure("real_cost", real_cost, 60),
    )
}
"""The measures that go over cases, by name."""
