"""Functions: closures, decorators, arguments, recursion, lambdas."""

import contextlib
import functools
import operator


def counter():
    count = 0

    def bump(by=1):
        nonlocal count
        count += by
        return count

    return bump


total = 0


def add_global(n):
    global total, fresh
    total += n
    fresh = total


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        return result

    return wrapper


def repeated(times, *, join=list):
    def decorate(function):
        def wrapper(*args):
            return join(function(*args) for _ in range(times))

        return wrapper

    return decorate


class Counted:
    """A decorator that is a class."""

    def __init__(self, function):
        self.function = function
        self.calls = 0

    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)


def tagged(cls):
    cls.tag = cls.__name__.lower()
    return cls


@tagged
class Tagged:
    @logged
    @repeated(
        2,
        join=tuple,
    )
    def both(self):
        return self.tag


@logged
def plain(a, b=2, *rest, c, d=4, **others):
    return a, b, rest, c, d, sorted(others)


@repeated(3)
def thrice(x):
    return x


@Counted
def counted(x):
    return -x


@functools.lru_cache(maxsize=None)
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@functools.cache
def paths(rows, columns):
    if rows == 0 or columns == 0:
        return 1
    return paths(rows - 1, columns) + paths(rows, columns - 1)


@functools.singledispatch
def describe(value):
    return "thing"


@describe.register
def _(value: int):
    return "number"


@describe.register(list)
def _(value):
    return [describe(v) for v in value]


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def hanoi(n, a, b, c, moves):
    if n:
        hanoi(n - 1, a, c, b, moves)
        moves.append(a + c)
        hanoi(n - 1, b, a, c, moves)
    return moves


def defaults(x, seen=[]):
    seen.append(x)
    return seen


def late_binding():
    made = [lambda: i for i in range(3)]
    bound = [lambda i=i: i for i in range(3)]
    return [f() for f in made], [f() for f in bound]


def compose(*functions):
    return functools.reduce(lambda f, g: lambda x: g(f(x)), functions)


def annotated(x: "int", *ys: str, **zs: float) -> list["int"]:
    y: int = x
    z: str
    (w): int = 3
    return [x, y, w]


def nested(a):
    def first(b):
        def second(c):
            return a + b + c

        return second

    return first


def unbound():
    try:
        print(later)
    except UnboundLocalError:
        later = 1
    return later


def shadows(list):
    max = 3
    return [max, list]


def run():
    bump = counter()
    results = [bump(), bump(5), counter()()]
    add_global(3)
    results += [total, fresh]
    results.append(plain(1, *(5, 6), c=7, **{"z": 1, "y": 2}))
    results += [thrice(1), counted(3), counted.calls, Tagged().both(), plain.__name__]
    results += [fibonacci(6), paths(2, 2), fibonacci.cache_info().hits]
    results += [describe(1), describe([1, "a"]), is_even(4), hanoi(2, "a", "b", "c", [])]
    results += [defaults(1), defaults(2), late_binding(), nested(1)(2)(3), unbound(), shadows(1)]
    results.append(compose(lambda x: x + 1, str, len)(99))
    results.append(annotated(1, "a", k=1.0))
    results.append(sorted("bca", key=lambda c: -ord(c)))
    results.append(list(map(operator.neg, filter(lambda n: n % 2, range(5)))))
    results.append((lambda *a, **k: (a, k))(1, *[2], x=3))
    partial = functools.partial(plain, 1, c=3)
    results.append(partial(b=9))
    with contextlib.redirect_stdout(None):
        print("unseen")
    results.append(eval("total + 1"))
    exec("made_by_exec = total * 2", globals())
    results.append(made_by_exec)
    return results
