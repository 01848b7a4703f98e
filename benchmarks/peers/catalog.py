"""All peers, in the order of the tables."""

from __future__ import annotations

from .debug_gym import DebugGymPeer, MovingDebugGymPeer
from .debugpy_dap import DebugpyPeer, DelayedDebugpyPeer, MovingDebugpyPeer
from .ours import LivePeer, RecordedPeer
from .pdb_pty import DelayedPdbPeer, PdbPeer
from .peer import Peer
from .stdlib_bdb import BdbPeer

BOXES = ("docker", "bwrap", "process")


def walkers(python: str, install: bool) -> list[Peer]:
    """Returns every peer that walks."""
    others: list[Peer] = [
        BdbPeer(python),
        PdbPeer(python),
        DelayedPdbPeer(python),
        DebugpyPeer(python, install),
        MovingDebugpyPeer(python, install),
        DelayedDebugpyPeer(python, install),
        DebugGymPeer(python, install),
        MovingDebugGymPeer(python, install),
    ]
    return [*others, *(LivePeer(python, box) for box in BOXES), RecordedPeer(python, "docker")]


def runners(python: str, install: bool) -> list[Peer]:
    """Returns the peers that run through a hot loop."""
    peers: list[Peer] = [BdbPeer(python), PdbPeer(python), DebugpyPeer(python, install)]
    return [*peers, LivePeer(python, "process"), LivePeer(python, "docker")]
