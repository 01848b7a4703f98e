"""Sim-to-real: what policies that were trained in a dream are worth in the real world.

Apart, as in the fidelity benchmark: `policy` says which policies there are, `play` and `sweep` make records,
each finished unit kept; `analysis` turns records into a report, with `resampling` behind every interval and
`goals` holding it against what is wanted. The definitions stand in docs/transfer.md.
"""

from .policy import KINDS, Policy, policies
from .settings import NamedSubject, Settings, Tasks

__all__ = ["KINDS", "NamedSubject", "Policy", "Settings", "Tasks", "policies"]
