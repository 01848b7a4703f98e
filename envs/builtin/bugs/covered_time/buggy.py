def covered(spans):
    total, reach = 0, None
    for start, stop in sorted(spans):
        if reach is None or start > reach:
            total += stop - start
            reach = stop
        elif stop > reach:
            total += stop - start
            reach = stop
    return total
