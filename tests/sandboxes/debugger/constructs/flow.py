"""Plain control flow and expressions of every kind."""

import sys


def loops():
    seen = []
    n = 0
    while n < 5:
        n += 1
        if n == 2:
            continue
        if n == 4:
            break
        seen.append(n)
    else:
        seen.append("while else")
    while n:
        n -= 1
    else:
        seen.append("ended")
    for i in range(3):
        for j in range(3):
            if j == i:
                break
        else:
            seen.append((i, "no break"))
            continue
        seen.append(i)
    for x in []:
        seen.append(x)
    else:
        seen.append("for else")
    for a, (b, *c) in [(1, (2, 3, 4))]:
        seen += [a, b, c]
    for seen_index, seen[0] in enumerate("xy"):
        pass
    while True:
        if len(seen) > 3: break
    return seen


def one_liners(n):
    if n: x = 1; y = 2
    else: x = 2; y = 3
    for i in range(2): x += i
    while n: n -= 1; x += 1
    if x > 2 and y: pass
    return x; y = 3


def walrus(values):
    if (n := len(values)) > 2:
        total = sum(last := v for v in values)
        return n, total, last
    while (m := n) and n > 0: n -= 1
    return [y := 1, y**2, n, m]


def expressions(a, b):
    chained = 0 < a < b <= 10 != a
    ternary = "less" if a < b else "more" if a > b else "same"
    short = a and b or None
    sliced = list(range(10))[a:b:2]
    matrix = [[i * j for j in range(3)] for i in range(3)]
    flat = [x for row in matrix for x in row if x if x % 2 == 0]
    table = {
        key: value
        for key, value in zip(
            "abc",
            range(3),
        )
        if value
    }
    unique = {x % 2 for x in flat}
    text = (
        f"{a!r:>4}"
        f"{b:{a + 2}d} and {'nested' + f'{a + b}'}"
        "plain"
    )
    spread = [*range(2), *unique, *{"k": 1}]
    merged = {**table, "z": 26, **{"y": 25}}
    inverted = ~a + -b - +a
    bits = a << 2 | b & 3 ^ a >> 1
    i = j = a
    i += (
        1
    )
    (p, q), r = [a, b], a
    first, *middle, last = range(5)
    return [chained, ternary, short, sliced, matrix, flat, table, unique, text, spread, merged, inverted, bits, i, j, p, q, r, first, middle, last]


def deletes():
    d = {"a": 1, "b": [1, 2, 3]}
    x = y = 1
    del d["a"], d["b"][0:2], x
    try:
        x
    except NameError:
        return d, y


def multi_line_call(a, b):
    return max(
        multi(a),
        multi(
            b,
        ),
        key=lambda v: (
            -v
        ),
    )


def multi(v):
    return (
        v
        + 1
    )


def conditions(a):
    if (
        a > 1
        and a < 5
    ):
        return "in"
    elif a == 5:
        return "five"
    elif a:
        pass
    else:
        return "zero"
    if not a:
        return None
    if a == 9 or \
            a == 8:
        return "joined"


def nothing():
    """Only a docstring."""


def ellipsis(): ...


def constants():
    "doc"
    1
    "text"
    None
    ...
    if 0:
        x = 1
    while 0:
        x = 2
    if True:
        y = 3
    else:
        y = 4
    if not __debug__:
        y = 5
    return y


def nested_functions(n):
    def inner(m):
        if m == 0:
            return 0
        return m + inner(m - 1)
    def lazy(): yield n; yield from (inner(k) for k in range(2))
    return [*lazy()]


def large():
    values = [
        1, 2,
        multi(3), 4,
    ]; more = values[
        0
    ]
    assert values, "empty"
    return {
        "a": values,
        "b": multi(
            more
        ),
    }


def global_import():
    import math
    from os import path as p, sep
    import os.path
    return math.floor(1.5), p.join("a", "b"), sep, os.path.sep


def unpacking(*args, **kwargs):
    head, *tail = args
    return head, tail, kwargs


def run():
    results = [loops(), one_liners(0), one_liners(2), walrus([1, 2, 3]), walrus([1])]
    results.append(expressions(1, 7))
    results += [deletes(), multi_line_call(1, 2), nothing(), ellipsis(), constants(), large()]
    results += [conditions(n) for n in (3, 5, 9, 8, 7, 0)]
    results += [nested_functions(2), global_import(), unpacking(1, *[2], k=3, **{"z": 4})]
    results.append([conditions(
        n
    ) for n in range(2)])
    for results[0] in range(1): pass
    return results
