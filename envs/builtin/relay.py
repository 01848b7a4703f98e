def counted(function):
    def inner(*values):
        inner.calls += 1
        return function(*values)

    inner.calls = 0
    return inner


def repeated(times):
    def wrap(function):
        def inner(value):
            for _ in range(times):
                value = function(value)
            return value

        return inner

    return wrap


@counted
def grow(value):
    return value * 2 + 1


@repeated(3)
def work(value):
    return grow(value)


def report():
    work(1)
    return grow.calls
