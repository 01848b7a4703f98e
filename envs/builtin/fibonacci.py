def remember(function):
    known = {}

    def inner(n):
        if n not in known:
            known[n] = function(n)
        return known[n]

    return inner


@remember
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def ratio(n):
    return round(fib(n) / fib(n - 1), 3)
