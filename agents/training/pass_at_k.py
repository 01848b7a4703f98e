"""Advantages for the best of k: a group of rewards made so that the policy gradient is that of pass@k.

The objective is ``J_k = E[max(r_1, ..., r_k)]`` over k independent completions of a prompt: pass@k where
rewards are 0 or 1, and the expected best reward where they are not. Of n > k completions, completion i gets

    A_i = k * ( mean over T of max(r_i, max_T r)  -  mean over U of max_U r )

with T over all sets of k - 1 of the other completions and U over all sets of k of them. The first term
makes ``(1/n) * sum_i A_i * grad log p(x_i)`` an unbiased estimate of the gradient of ``J_k``; the second one
does not depend on completion i, so it lowers the variance and adds no bias. Both means have a closed form
over the sorted rewards, and for rewards of 0 and 1, with c of the others right, they are ``1`` for a right
completion or ``1 - C(n-1-c, k-1) / C(n-1, k-1)`` for a wrong one, less ``1 - C(n-1-c, k) / C(n-1, k)``.

The estimator of pass@k is that of Chen et al., *Evaluating Large Language Models Trained on Code*, 2021; its
gradient, the extension to any rewards and leave-one-out baselines are those of Walder and Karkhanis,
*Pass@K Policy Optimization*, 2025 (arXiv 2505.15201). With k = 1 it is RLOO (Kool et al., 2019; Ahmadian et
al., 2024): the reward less the mean of the others.
"""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt


def pass_at_k_advantages(rewards: npt.ArrayLike, k: int) -> npt.NDArray[np.float64]:
    """Returns the advantages of the completions of one prompt for the best of k.

    Args:
        rewards: Shape ``(completions,)``, finite.
        k: Completions of which the best one counts, from 1 to one less than there are.

    Returns:
        float64 of the same shape; see the module for the formula.

    Raises:
        ValueError: k is out of range.
    """
    values = np.asarray(rewards, np.float64)
    count = len(values)
    if not 1 <= k < count:
        raise ValueError(f"k must be from 1 to {count - 1}, one less than the {count} completions; got {k}")
    found = np.empty(count)
    # Of the others, sorted, the one with `below` others under it is the best of a drawn set that often.
    best_of_fewer = _shares(count - 1, k - 1)
    best_of_k = _shares(count - 1, k)
    for place, value in enumerate(values):
        others = np.sort(np.delete(values, place))
        mine = best_of_fewer @ np.maximum(value, others) if k > 1 else value
        found[place] = k * (mine - best_of_k @ others)
    return found


def _shares(count: int, size: int) -> npt.NDArray[np.float64]:
    """Returns of each place among sorted values the share of the sets of a size whose largest it is."""
    if size == 0:
        return np.zeros(count)
    return np.array([comb(below, size - 1) / comb(count, size) for below in range(count)])
