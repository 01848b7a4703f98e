"""How long dreams stay right, of runs of different lengths: the product-limit estimate.

Kaplan and Meier (1958).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from debugworld.worldmodel.statistics import wilson


def survival(
    steps: Sequence[int], failed: Sequence[bool], followed: Sequence[int], at: Sequence[int]
) -> list[dict[str, Any]]:
    """Returns the share of dreams that are still right after so many steps, if their runs were that long.

    A dream that is right to its end, or as far as it was followed, is censored there: it counts among those
    at risk up to that step and not beyond. So the share never rises. Its interval is Wilson's for the
    effective number of dreams, that of which a plain share would have the variance of Greenwood (1926; Dorey
    and Korn, 1987). Where none have failed it is for the number at risk; where all have, and there is no such
    variance, for the effective number before the last ones did, or the number at risk where all did at once.

    Args:
        steps: of each dream, the step of its first difference, or the last one that was followed.
        failed: whether it was a difference.
        followed: steps that each would have been followed.
        at: steps at which the curve is read, ascending; it ends where none is at risk of failing, unless all
            have failed.
    """
    times = sorted({step for step, wrong in zip(steps, failed, strict=True) if wrong})
    found: list[dict[str, Any]] = []
    share, spread, effective = 1.0, 0.0, 0.0
    for step in at:
        while times and times[0] <= step:
            time = times.pop(0)
            risk = sum(each >= time for each in steps)
            lost = sum(wrong and each == time for each, wrong in zip(steps, failed, strict=True))
            share *= 1 - lost / risk
            if lost < risk:
                spread += lost / (risk * (risk - lost))
                effective = (1 - share) / (share * spread)
            effective = effective or float(risk)
        risk = sum(each >= step for each in steps)
        if not any(each >= step for each in followed) or share and not risk:
            break
        estimate = wilson(share, effective or float(risk)).to_json()
        found.append({"step": step, "count": len(steps), "at_risk": risk, **estimate})
    return found
