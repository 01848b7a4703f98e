def years(first, last, every=10):
    return list(range(first, last + 1, every))


def between(first, last, low, high):
    return [year for year in years(first, last) if low <= year <= high]
