def plus(a, b):
    size = max(len(a), len(b))
    out = [0] * size
    for place in range(size):
        if place < len(a):
            out[place] += a[place]
        if place < len(b):
            out[place] += b[place]
    return out


def times(a, b):
    out = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def at(a, x):
    value = 0
    for coefficient in reversed(a):
        value = value * x + coefficient
    return value
