"""What the interpreter finalizes by itself: at its own moment, and so without states."""

import weakref


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        note(f"{self.name} is gone")


noted = []


def note(text):
    noted.append(text)


def watched(stop):
    try:
        for n in range(stop):
            yield n
    finally:
        note("generator ended")


def rebinds():
    loud = Loud("first")
    loud = Loud("second")
    del loud
    Loud("third")
    return len(noted)


def drops():
    numbers = watched(3)
    next(numbers)
    del numbers
    other = watched(3)
    next(other)
    other = None
    next(watched(1))
    for n in watched(5):
        if n == 1:
            break
    return len(noted)


def closes():
    numbers = watched(3)
    next(numbers)
    numbers.close()
    return len(noted)


def weakly():
    loud = Loud("weak")
    reference = weakref.ref(loud, lambda _: note("callback"))
    loud = None
    return reference()


def leaves():
    loud = Loud("local")
    numbers = watched(2)
    next(numbers)
    return loud.name


def held():
    kept = [Loud("in a list")]
    kept.clear()
    table = {"loud": Loud("in a dict")}
    del table["loud"]
    table["numbers"] = watched(2)
    next(table["numbers"])
    table.pop("numbers")
    return len(noted)


def drawn_from(numbers):
    for n in numbers:
        yield n


def chained():
    for n in drawn_from(drawn_from(watched(5))):
        if n == 1:
            break
    for n in drawn_from(range(2)):
        note(n)
    return n


def called():
    loud = Loud("by hand")
    loud.__del__()
    loud.name = "by itself"


def run():
    results = [rebinds(), drops(), closes(), weakly(), leaves(), held(), chained()]
    called()
    return results, noted
