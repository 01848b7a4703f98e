def dealt(one, other):
    out = []
    for left, right in zip(one, other):
        out += [left, right]
    shorter = min(len(one), len(other))
    return out + one[shorter:]
