"""Splits: which tasks are for training, which for choosing among agents, and which for judging them."""

from __future__ import annotations

import hashlib

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
"""The names of the splits."""
SHARES = {TRAIN: 8, VALIDATION: 1, TEST: 1}
"""Tenths of the groups that each split gets, but for the rounding of 256 bytes to tenths."""


def split_of(group: str) -> str:
    """Returns the split of a group of tasks.

    The cut depends on the group's text alone, by SHA-256: not on order, on the set's
    size or on what else is in it, so that one problem is on one side in every set that
    has it. The test split is what `worldmodel.data.examples.held_out` keeps from the
    training of neural debuggers.

    Args:
        group: what must stay together, such as the problem that a program solves.
    """
    place = hashlib.sha256(group.encode(errors="surrogatepass")).digest()[0] % sum(SHARES.values())
    for split in (TEST, VALIDATION):
        if place < SHARES[split]:
            return split
        place -= SHARES[split]
    return TRAIN
