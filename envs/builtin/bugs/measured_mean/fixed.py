def mean(values):
    known = [value for value in values if value is not None]
    if not known:
        return None
    return sum(known) / len(known)
