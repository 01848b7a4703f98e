def ways(rungs, known=None):
    known = {} if known is None else known
    if rungs < 0:
        return 0
    if rungs == 0:
        return 1
    if rungs not in known:
        known[rungs] = sum(ways(rungs - step, known) for step in (1, 2, 3))
    return known[rungs]
