"""Structural pattern matching: every pattern."""

import enum
from dataclasses import dataclass


class Color(enum.Enum):
    RED = 1
    BLUE = "b"


@dataclass
class Point:
    x: int
    y: int = 0


class Custom:
    __match_args__ = ("first", "second")

    def __init__(self, first, second):
        self.first, self.second = first, second


def kind(value):
    match value:
        case None:
            return "none"
        case True | False:
            return "bool"
        case 0 | -1 | 2.5:
            return "literal"
        case int(n) if n > 100:
            return "big", n
        case int() | float():
            return "number"
        case "":
            return "empty"
        case str() as text if text.isupper():
            return "upper", text
        case Color.RED:
            return "red"
        case Color():
            return "color"
        case Point(x=0, y=0):
            return "origin"
        case Point(x, y) if x == y:
            return "diagonal"
        case Point(x=px):
            return "point", px
        case Custom(1, second=two):
            return "custom", two
        case []:
            return "no items"
        case [single]:
            return "one", single
        case [Point(x=a), *_, Point(x=b)]:
            return "points", a, b
        case [first, [second, *rest], *others]:
            return first, second, rest, others
        case (1, _, 3):
            return "triple"
        case {"type": "circle", "r": r, **rest}:
            return "circle", r, rest
        case {"type": kind_name}:
            return kind_name
        case {}:
            return "mapping"
        case (
            bytes()
            | bytearray()
        ):
            return "bytes"
        case _:
            return "other"


def command(line):
    match line.split():
        case ["go", ("north" | "south") as way]:
            return way
        case ["take", *things]:
            return things
        case [verb, noun]:
            return verb + noun
    return None


def falls_through(value):
    found = []
    match value, len(value):
        case [x, 2], _:
            found.append(x)
        case (_, 2):
            found.append("pair")
            match value:
                case {"k": v}:
                    found.append(v)
                case _:
                    pass
    return found


def run():
    values = [None, True, -1, 2.5, 500, 7, "", "ABC", "abc", Color.RED, Color.BLUE]
    values += [Point(0), Point(2, 2), Point(3, 4), Custom(1, 2), Custom(2, 2), [], [1]]
    values += [[Point(1), 0, Point(2)], [1, [2, 3, 4], 5], (1, 2, 3), {"type": "circle", "r": 2, "z": 0}]
    values += [{"type": "line"}, {"a": 1}, b"x", object]
    results = [kind(v) for v in values]
    results += [command(c) for c in ("go north", "take a b", "look up", "quit")]
    results += [falls_through("ab"), falls_through("a"), falls_through({"k": 1, "j": 2})]
    return results
