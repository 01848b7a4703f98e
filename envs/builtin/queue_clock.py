def waits(customers, counters=2):
    free = [0] * counters
    out = []
    for arrival, service in customers:
        counter = free.index(min(free))
        start = max(arrival, free[counter])
        free[counter] = start + service
        out.append(start - arrival)
    return out
