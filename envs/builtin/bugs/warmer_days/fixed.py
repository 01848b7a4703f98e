def waits(days):
    out = [0] * len(days)
    open_days = []
    for today, warmth in enumerate(days):
        while open_days and days[open_days[-1]] < warmth:
            before = open_days.pop()
            out[before] = today - before
        open_days.append(today)
    return out
