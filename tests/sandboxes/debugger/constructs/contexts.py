"""Context managers: nested, suppressing, failing, from contextlib."""

import contextlib
import io


class Managed:
    def __init__(self, name, log, swallow=(), fail_in=""):
        self.name, self.log, self.swallow, self.fail_in = name, log, swallow, fail_in

    def __enter__(self):
        if self.fail_in == "enter":
            raise RuntimeError("enter " + self.name)
        self.log.append("+" + self.name)
        return self

    def __exit__(self, kind, error, trace):
        self.log.append("-" + self.name)
        if self.fail_in == "exit":
            raise RuntimeError("exit " + self.name)
        return kind is not None and issubclass(kind, self.swallow)


@contextlib.contextmanager
def session(log):
    log.append("open")
    try:
        yield "handle"
    except ValueError as error:
        log.append(str(error))
    finally:
        log.append("close")


@contextlib.contextmanager
def plain(log):
    yield
    log.append("after")


def several(log):
    with Managed("a", log) as a, Managed("b", log), session(log) as handle:
        inside = a.name + handle
    return inside


def parenthesized(log):
    with (
        Managed("c", log) as c,
        Managed("d", log) as d,
    ):
        return c.name + d.name


def suppressing(log):
    with Managed("e", log, KeyError):
        {}["x"]
    with Managed("f", log, KeyError), Managed("g", log):
        {}["y"]
    return "went on"


def not_suppressing(log):
    with Managed("h", log, KeyError):
        int("x")


def returning(log):
    with Managed("i", log):
        for n in range(3):
            with Managed(str(n), log):
                if n == 0:
                    continue
                if n == 1:
                    break
    with session(log):
        raise ValueError("seen")


def failing_enter(log):
    with Managed("j", log), Managed("k", log, fail_in="enter"):
        log.append("never")


def failing_exit(log):
    with Managed("l", log, fail_in="exit"):
        raise ValueError("replaced")


def stacked(log):
    with contextlib.ExitStack() as stack:
        for name in "mn":
            stack.enter_context(Managed(name, log))
        stack.callback(log.append, "callback")
        stack.push(lambda *error: True)
        raise OSError("swallowed")


@contextlib.contextmanager
def bad():
    yield 1
    yield 2


class Decorator(contextlib.ContextDecorator):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


@Decorator()
def decorated():
    return "decorated"


def run():
    log = []
    results = [several(log), parenthesized(log), suppressing(log)]
    for function in (not_suppressing, returning, failing_enter, failing_exit):
        try:
            results.append(function(log))
        except Exception as error:
            results.append((type(error).__name__, type(error.__context__).__name__))
    stacked(log)
    with plain(log):
        pass
    try:
        with bad():
            pass
    except RuntimeError as error:
        results.append(str(error))
    with contextlib.suppress(ZeroDivisionError):
        1 / 0
    with io.StringIO() as text:
        text.write("x")
        results.append(text.getvalue())
    with contextlib.nullcontext(3) as three:
        results.append(three)
    buffer = io.StringIO()
    with contextlib.redirect_stdout(buffer):
        print("kept")
    results += [buffer.getvalue(), decorated()]
    return results, log
