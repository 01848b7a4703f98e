def mean(values):
    known = [value for value in values if value]
    if not known:
        return None
    return sum(known) / len(known)
