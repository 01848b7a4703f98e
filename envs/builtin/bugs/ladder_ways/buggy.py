def ways(rungs, known=None):
    known = {} if known is None else known
    if rungs <= 1:
        return 1
    if rungs not in known:
        known[rungs] = sum(ways(rungs - step, known) for step in (1, 2, 3))
    return known[rungs]
