"""A copy is its holder's for as long as anything of it is held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from debugworld.envs.vector.copies import Copies

LARGE = 1 << 18


@pytest.mark.parametrize(
    "keep", [lambda a: a, lambda a: a[3:], lambda a: a[3:].T[::2], memoryview, lambda a: {"a": a}]
)
def test_what_is_held_is_not_written_over(keep: Any) -> None:
    copies, array = Copies(), np.zeros(LARGE)
    held = []
    for number in range(8):
        array[:] = number
        held.append(keep(copies.copy("a", array)))
    for number, each in enumerate(held):
        mine = each["a"] if isinstance(each, dict) else np.asarray(each)
        assert (mine == number).all()


def test_what_is_let_go_of_is_used_again() -> None:
    copies, array = Copies(), np.zeros(LARGE)
    places = set()
    for _ in range(6):
        copy = copies.copy("a", array)
        assert copy is not array and copy.flags.owndata
        places.add(copy.ctypes.data)
        del copy
    assert len(places) == 1


def test_shapes_and_types_stay() -> None:
    for array in (np.zeros((LARGE, 2), np.float32), np.arange(3), np.array([None, "a"], object)):
        for _ in range(2):
            copy = Copies().copy("a", array)
            assert copy.dtype == array.dtype and copy.shape == array.shape and (copy == array).all()
