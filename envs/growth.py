"""How a count grows with a size: classes, and the one that measurements tell clearly, if any does.

Each class is fitted by least squares, as a constant plus a multiple of its term, and the one with the
least residual is taken, as big_O does with times (P. Berkes, https://pypi.org/project/big-O). Here counts
are fitted, which have no noise, and only an answer that is clear is given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CLASSES: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "O(1)": np.zeros_like,
        "O(log n)": np.log2,
        "O(n)": lambda n: n,
        "O(n log n)": lambda n: n * np.log2(n),
        "O(n^2)": lambda n: n**2,
        "O(n^3)": lambda n: n**3,
        "O(2^n)": np.exp2,
    }
)
"""The classes and their terms, from slow to fast."""
MIN_SIZES = 6
"""Fewest sizes that tell a class."""
MAX_RESIDUAL = 0.045
"""Of the class that is taken: root mean square, as a share of the mean count."""
MAX_LOG_RESIDUAL = 0.06
"""The same for ``O(log n)``, where few counts that are whole numbers stand for a smooth curve."""
MARGIN = 2.0
"""How many times larger the residual of every other class must be."""
_SMALL = 1e-3
"""A residual below which they are all the same."""
_MOST_DOUBLED = 40
"""Largest size at which a count that doubles each time can be thought of."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the classes describe some counts."""

    best: str
    """The class with the least residual."""
    residual: float
    """Its residual, a share of the mean count."""
    margin: float
    """The next class's residual, in multiples of the best one's."""

    @property
    def clear(self) -> bool:
        """Whether the best class is close, and no other is."""
        most = MAX_LOG_RESIDUAL if self.best == "O(log n)" else MAX_RESIDUAL
        return self.residual <= most and self.margin >= MARGIN


def fit(counts: Mapping[int, int], least: int = MIN_SIZES) -> Fit | None:
    """Fits the classes to counts by size; None for fewer sizes than the least, which is at least 2.

    Args:
        counts: Counts by size, sizes at least 1.
        least: Sizes that must be there.
    """
    if len(counts) < least:
        return None
    sizes = np.array(sorted(counts), np.float64)
    values = np.array([counts[size] for size in sorted(counts)], np.float64)
    terms = {name: term for name, term in CLASSES.items() if name != "O(2^n)" or sizes[-1] <= _MOST_DOUBLED}
    found = {name: max(_residual(term, sizes, values), _SMALL) for name, term in terms.items()}
    first, second, *_ = sorted(found, key=lambda name: found[name])
    if found["O(1)"] <= MARGIN * found[first]:  # a constant is a case of every class: growth must be seen
        first, second = "O(1)", first
        return Fit(first, found[first], math.inf if found[first] <= _SMALL else MARGIN)
    return Fit(first, found[first], found[second] / found[first])


def _residual(term: Callable[[Array], Array], sizes: Array, values: Array) -> float:
    """Returns the root mean square that the best multiple of a term plus a constant leaves, over the mean.

    A multiple below zero is no growth: then the constant stands alone.
    """
    basis = term(sizes)
    slope = 0.0
    if np.ptp(basis) > 0:
        centred = basis - basis.mean()
        slope = max(float(centred @ (values - values.mean()) / (centred @ centred)), 0.0)
    rest = values - values.mean() - slope * (basis - basis.mean())
    return float(np.sqrt(np.mean(rest**2)) / max(values.mean(), 1.0))


def class_of(text: str) -> str | None:
    """Returns the class that an answer names, such as ``O(n log n)``, ``n**2`` or ``O(N²)``; or None."""
    short = re.sub(r"[\s*·]|\^", "", text.lower().replace("²", "2").replace("³", "3"))
    short = re.sub(r"^[oθ]\((.*)\)$", r"\1", short).replace("log2", "log").replace("(n)", "n")
    return {re.sub(r"[O()^ ]", "", name): name for name in CLASSES}.get(short.replace("nn", "n2"))
