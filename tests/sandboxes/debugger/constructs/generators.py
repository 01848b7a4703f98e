"""Generators and iterators: resumed, thrown into, closed, delegated to."""

import itertools


def counter(stop):
    n = 0
    while n < stop:
        got = yield n
        n = n + 1 if got is None else got
    return "done"


def delegating(stop):
    result = yield from counter(stop)
    yield result
    yield from [10, 20]


def stubborn():
    try:
        yield 1
    except GeneratorExit:
        print("closing")
        raise
    finally:
        print("closed")


def deaf():
    while True:
        try:
            yield "tick"
        except ValueError as error:
            yield str(error)
            break


def outer_throw():
    try:
        yield from deaf()
    except TypeError:
        yield "typed"


class Countdown:
    """An iterator, and so its own iterable."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


class Pages:
    """An iterable by a generator method."""

    def __init__(self, *pages):
        self.pages = pages

    def __iter__(self):
        for page in self.pages:
            yield from page

    def __getitem__(self, index):
        return self.pages[index]


class Old:
    """Iterated by the old protocol."""

    def __getitem__(self, index):
        if index > 1:
            raise IndexError(index)
        return index * 2


def two_step():
    x = yield
    y = yield x + 1
    return x, y


def breaks_out():
    for value in counter(5):
        if value == 2:
            break
    else:
        value = -1
    return value


def leaks():
    raise StopIteration("inside")
    yield


def run():
    results = [list(counter(3)), list(delegating(2)), breaks_out()]
    g = counter(9)
    results += [next(g), g.send(5), next(g)]
    g.close()
    counter(2).close()
    fresh = counter(1)
    try:
        fresh.throw(KeyError("before the start"))
    except KeyError:
        results.append(list(fresh))
    s = stubborn()
    next(s)
    s.close()
    t = outer_throw()
    results += [next(t), t.throw(ValueError("v"))]
    u = outer_throw()
    results += [next(u), u.throw(TypeError("t"))]
    w = two_step()
    next(w)
    try:
        results.append(w.send(1))
        w.send(2)
    except StopIteration as stop:
        results.append(stop.value)
    results += [list(Countdown(2)), sum(Countdown(3)), [*Pages([1], [2, 3])], list(Old())]
    for a, b in zip(Countdown(2), Pages("xy")):
        results.append((a, b))
    a, *rest = counter(4)
    results.append(rest)
    results.append(list(itertools.takewhile(lambda n: n < 3, counter(9))))
    results.append(max((n * n for n in counter(3)), default=0))
    try:
        next(leaks())
    except RuntimeError as error:
        results.append(type(error.__cause__).__name__)
    results.append(next(iter(()), "empty"))
    results.append(any(n > 1 for n in counter(9)))
    results.append([x + y for x in counter(2) for y in counter(2) if x != y])
    results.append({k: v for k, v in zip("ab", counter(2))})
    results.append(3 in Pages([1, 2], [3]))
    return results
