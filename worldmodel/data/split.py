"""What training leaves out, so that an evaluation can ask for it."""

from __future__ import annotations

import hashlib

HELD_OUT_TENTHS = 1
"""Tenths of the groups of real programs that training never sees."""
EVALUATION_SEED = 1 << 30
"""Seeds of the generators from here on are for evaluation; training stays below."""


def held_out(group: str) -> bool:
    """Tells whether training leaves a group of real programs out."""
    return hashlib.sha256(group.encode()).digest()[0] % 10 < HELD_OUT_TENTHS
