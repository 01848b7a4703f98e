"""Exceptions: chains, groups, and every way through try."""


class Refused(ValueError):
    """An error of the program, with a message of its own."""

    def __init__(self, who, why):
        super().__init__(who, why)
        self.who = who

    def __str__(self):
        return f"{self.who} was refused"


def raised_from():
    try:
        {}["missing"]
    except KeyError as error:
        raise Refused("ann", 3) from error


def in_context():
    try:
        1 / 0
    except ZeroDivisionError:
        int("x")


def suppressed():
    try:
        [][1]
    except IndexError:
        raise LookupError("none") from None


def caught(function):
    try:
        function()
    except Exception as error:
        return type(error).__name__, type(error.__cause__).__name__, error.__suppress_context__
    return None


def groups():
    seen = []
    try:
        raise ExceptionGroup(
            "several", [ValueError("a"), TypeError("b"), ExceptionGroup("inner", [ValueError("c")])]
        )
    except* ValueError as group:
        seen.append(len(group.exceptions))
    except* TypeError:
        seen.append("type")
    else:
        seen.append("else")
    finally:
        seen.append("end")
    return seen


def group_escapes():
    try:
        try:
            raise ExceptionGroup("two", [OSError(1, "no"), KeyError("k")])
        except* OSError:
            pass
    except ExceptionGroup as rest:
        return rest.exceptions
    return None


def naked_in_star():
    try:
        raise ValueError("alone")
    except* ValueError as group:
        return_value = repr(group)
    return return_value


def nested_handlers(n):
    try:
        try:
            if n == 0:
                raise KeyError(n)
            if n == 1:
                raise OSError(n)
            return "fine"
        except KeyError:
            raise
        else:
            return "never"
        finally:
            n += 10
    except (KeyError, OSError) as error:
        n += 100
        return n, str(error)
    else:
        n += 1000
    finally:
        n += 1


def finally_overrides():
    for turn in range(3):
        try:
            if turn == 1:
                continue
            if turn == 2:
                break
        finally:
            last = turn
    try:
        raise ValueError("lost")
    finally:
        return last


def finally_with_return(flag):
    try:
        if flag:
            return "early"
        x = 1
    finally:
        x = 2
    return x


def deep(n):
    if n == 0:
        raise RuntimeError("bottom")
    deep(n - 1)


def reraised_later():
    kept = None
    try:
        deep(2)
    except RuntimeError as error:
        kept = error
    try:
        raise kept
    except RuntimeError as error:
        error.add_note("seen twice")
        return error.__notes__


def raises_in_handler_and_finally():
    try:
        try:
            raise ValueError("first")
        except ValueError:
            raise TypeError("second")
        finally:
            raise OSError("third")
    except OSError as error:
        chain = []
        while error is not None:
            chain.append(type(error).__name__)
            error = error.__context__
        return chain


def asserts(n):
    assert n > 0, (
        f"{n} is"
        " too small"
    )
    return n


def run():
    results = [caught(f) for f in (raised_from, in_context, suppressed)]
    results += [groups(), group_escapes(), naked_in_star()]
    results += [nested_handlers(n) for n in range(3)]
    results += [finally_overrides(), finally_with_return(True), finally_with_return(False)]
    results.append(reraised_later())
    results.append(raises_in_handler_and_finally())
    try:
        asserts(0)
    except AssertionError as error:
        results.append(error.args)
    try:
        del results[99]
    except IndexError:
        pass
    try:
        undefined_name
    except NameError as error:
        results.append(error.name)
    try:
        results.missing
    except AttributeError as error:
        results.append(error.name)
    return results
