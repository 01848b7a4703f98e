"""Methods of strings character by character.

Which characters a method looks at, and in what order, is known here, and so is that it keeps the others; what
two texts have in common, and what becomes of one character, the model is asked.
"""

from __future__ import annotations

import ast

from . import digits
from .ask import Asking, Unsupported, told, yes

LONGEST = 100
"""Characters of a string that is gone through."""
_ALL = frozenset(["isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isnumeric", "isspace"])
"""What a string is if each of its characters is."""
_CASES = frozenset(["capitalize", "islower", "istitle", "isupper", "lower", "swapcase", "title", "upper"])
"""Methods that go by capitals and small letters, of which outside of ASCII not every character is one."""


def by_method(text: str, name: str, arguments: list[str]) -> Asking[str]:
    """Returns the text of what a method of a string gives.

    Args:
        text: The string, as written.
        name: The method.
        arguments: What it is given, as written.

    Raises:
        Unsupported: it is none that is known here, or raises something.
    """
    string = read(text)
    count = len(arguments)
    if name in ("find", "index", "rfind", "rindex") and count in (1, 2, 3):
        return (yield from _found(string, name, *arguments))
    if name == "count" and count == 1:
        return str(len((yield from _places(string, read(arguments[0])))))
    if name == "replace" and count in (2, 3):
        return (yield from _replaced(string, *arguments))
    if name in ("split", "rsplit") and count < 3:
        if arguments[:1] in ([], ["None"]):
            return (yield from _words(string, count))
        return (yield from _split(string, name == "rsplit", *arguments))
    if name in ("startswith", "endswith") and count == 1:
        return str((yield from _at_the_end(string, read(arguments[0]), name == "startswith")))
    if name in ("removeprefix", "removesuffix") and count == 1:
        return (yield from _without(string, read(arguments[0]), name == "removeprefix"))
    if name in ("strip", "lstrip", "rstrip") and count < 2:
        return (yield from _stripped(string, name, *arguments))
    if name in ("center", "ljust", "rjust", "zfill") and count in (1, 2):
        return (yield from _filled(string, name, *arguments))
    if name == "translate" and count == 1:
        return (yield from _translated(string, arguments[0]))
    if count or not string or name in _CASES and not string.isascii():
        raise Unsupported
    if name in _ALL:
        return str((yield from _all(string, name)))
    if name in ("islower", "istitle", "isupper"):
        return str((yield from (_titled(string) if name == "istitle" else _cased(string, name))))
    if name == "capitalize":
        return repr((yield from _each(string[0], "upper")) + (yield from _each(string[1:], "lower")))
    if name in _CASES:
        return repr((yield from (_title(string) if name == "title" else _each(string, name))))
    raise Unsupported


def table(first: str, second: str) -> Asking[str]:
    """Returns the text of what ``str.maketrans`` makes of two strings."""
    left, right = read(first), read(second)
    if len(left) != len(right):
        raise Unsupported
    pairs: dict[str, str] = {}
    for old, new in zip(left, right, strict=True):
        code = yield from told(f"ord({old!r})")
        pairs[code] = yield from told(f"ord({new!r})")
    return "{" + ", ".join(f"{code}: {new}" for code, new in pairs.items()) + "}"


def inside(part: str, text: str) -> Asking[bool]:
    """Returns whether a string holds another one."""
    string, wanted = read(text), _wanted(read(part))
    return (yield from _next(string, wanted, range(len(string) - len(wanted) + 1))) is not None


def read(text: str) -> str:
    """Returns the string that a text stands for.

    Raises:
        Unsupported: it is something else, or long.
    """
    value = _read(text)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Unsupported
    return value


def _read(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise Unsupported from None


def _wanted(part: str) -> str:
    if not part:
        raise Unsupported  # between any two characters
    return part


def _next(string: str, part: str, places: range) -> Asking[int | None]:
    """Returns the first of some places at which a part stands."""
    for place in places:
        if (yield from yes(f"{string[place : place + len(part)]!r} == {part!r}")):
            return place
    return None


def _places(string: str, part: str, most: int = -1, backwards: bool = False) -> Asking[list[int]]:
    """Returns where a part stands, no two places overlapping."""
    size, found = len(_wanted(part)), list[int]()
    start, stop = 0, len(string)
    while len(found) != most:
        places = range(start, stop - size + 1)
        place = yield from _next(string, part, places[::-1] if backwards else places)
        if place is None:
            break
        found.append(place)
        start, stop = (start, place) if backwards else (place + size, stop)
    return found[::-1] if backwards else found


def _found(string: str, name: str, part: str, start: str = "0", stop: str = "") -> Asking[str]:
    wanted = _wanted(read(part))
    if not start.isdigit() or stop and not stop.isdigit():
        raise Unsupported
    end = min(len(string), int(stop)) if stop else len(string)
    places = range(int(start), end - len(wanted) + 1)
    place = yield from _next(string, wanted, places[::-1] if name.startswith("r") else places)
    if place is None and not name.endswith("find"):
        raise Unsupported
    return str(-1 if place is None else place)


def _replaced(string: str, old: str, new: str, times: str = "-1") -> Asking[str]:
    gone = read(old)
    places = yield from _places(string, gone, _number(times))
    return repr(read(new).join(_pieces(string, places, len(gone))))


def _split(string: str, backwards: bool, mark: str, times: str = "-1") -> Asking[str]:
    gone = read(mark)
    places = yield from _places(string, gone, _number(times), backwards)
    return repr(_pieces(string, places, len(gone)))


def _words(string: str, times: int) -> Asking[str]:
    """Splits at white space."""
    if times > 1:
        raise Unsupported
    words, word = list[str](), ""
    for letter in string:
        if (yield from yes(f"{letter!r}.isspace()")):
            words, word = [*words, *([word] if word else [])], ""
        else:
            word += letter
    return repr([*words, word] if word else words)


def _pieces(string: str, places: list[int], size: int) -> list[str]:
    starts = [0, *(place + size for place in places)]
    return [string[start:stop] for start, stop in zip(starts, [*places, len(string)], strict=True)]


def _at_the_end(string: str, part: str, first: bool) -> Asking[bool]:
    if len(part) > len(string) or not part:
        return not part
    shown = string[: len(part)] if first else string[-len(part) :]
    return (yield from yes(f"{shown!r} == {part!r}"))


def _without(string: str, part: str, first: bool) -> Asking[str]:
    if part and (yield from _at_the_end(string, part, first)):
        string = string[len(part) :] if first else string[: -len(part)]
    return repr(string)


def _stripped(string: str, name: str, characters: str = "None") -> Asking[str]:
    start, stop = 0, len(string)

    def goes(letter: str) -> Asking[bool]:
        question = f"{letter!r}.isspace()" if characters == "None" else f"{letter!r} in {characters}"
        return (yield from yes(question))

    while name != "rstrip" and start < stop and (yield from goes(string[start])):
        start += 1
    while name != "lstrip" and start < stop and (yield from goes(string[stop - 1])):
        stop -= 1
    return repr(string[start:stop])


def _filled(string: str, name: str, width: str, fill: str = "' '") -> Asking[str]:
    if name == "zfill":
        fill = "'0'"
        if string[:1] in ("+", "-"):
            raise Unsupported
    more = yield from digits.minus(width, str(len(string)))
    if more == "0" or more.startswith("-"):
        return repr(string)
    before = int(more)
    if before > LONGEST:
        raise Unsupported
    if name == "ljust":
        before = 0
    elif name == "center":
        half = (yield from digits.divided(more, "2"))[0]
        odd = int(more) % 2 and int(width) % 2  # an odd width puts the one too many in front
        before = int(half) + odd
    return repr(read(fill) * before + string + read(fill) * (int(more) - before))


def _translated(string: str, pairs: str) -> Asking[str]:
    replaced = ast.literal_eval(pairs)
    if not isinstance(replaced, dict) or not all(isinstance(key, int) for key in replaced):
        raise Unsupported
    found = ""
    for letter in string:
        code = yield from told(f"ord({letter!r})")
        new: object = code
        for key, value in replaced.items():
            if (yield from yes(f"{code} == {key}")):
                new = value
                break
        if new is code:
            found += letter
        elif isinstance(new, int):
            found += read((yield from told(f"chr({new})")))
        else:
            found += new if isinstance(new, str) else ""
    return repr(found)


def _all(string: str, name: str) -> Asking[bool]:
    for letter in string:
        if not (yield from yes(f"{letter!r}.{name}()")):
            return False
    return True


def _cased(string: str, name: str) -> Asking[bool]:
    other = "islower" if name == "isupper" else "isupper"
    found = False
    for letter in string:
        if (yield from yes(f"{letter!r}.{other}()")):
            return False
        found = found or (yield from yes(f"{letter!r}.{name}()"))
    return found


def _titled(string: str) -> Asking[bool]:
    found = inside = False
    for letter in string:
        large, small = yield from _of_case(letter)
        if large and inside or small and not inside:
            return False
        inside = large or small
        found = found or inside
    return found


def _title(string: str) -> Asking[str]:
    found, inside = "", False
    for letter in string:
        found += yield from _each(letter, "lower" if inside else "upper")
        inside = any((yield from _of_case(letter)))
    return found


def _of_case(letter: str) -> Asking[tuple[bool, bool]]:
    """Returns whether a character is a capital, and whether it is a small letter."""
    large = yield from yes(f"{letter!r}.isupper()")
    return large, not large and (yield from yes(f"{letter!r}.islower()"))


def _each(string: str, name: str) -> Asking[str]:
    found = ""
    for letter in string:
        found += read((yield from told(f"{letter!r}.{name}()")))
    return found


def _number(text: str) -> int:
    sign = "-" if text.startswith("-") else ""
    if not text.removeprefix(sign).isdigit():
        raise Unsupported
    return -1 if sign else int(text)
