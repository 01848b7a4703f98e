"""Syntax of 3.12 and later: type parameters, type aliases, f-strings with everything in them."""

from dataclasses import dataclass
from typing import Callable

type Pair[T] = tuple[T, T]
type Number = int | float


def first[T](items: list[T], *, default: T | None = None) -> T | None:
    for item in items:
        return item
    return default


def apply[**P, R](function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return function(*args, **kwargs)


class Stack[T]:
    """A generic class."""

    kind = "stack"
    names = [kind_name for kind_name in ("a", "b")]

    def __init__(self, *items: T):
        self.items = list(items)

    def push[U](self, item: U) -> "Stack[T | U]":
        self.items.append(item)
        return self

    async def later[*Ts](self, *args: *Ts) -> tuple[*Ts]:
        return args


@dataclass
class Node[T: (int, str)]:
    value: T


def texts(name):
    return f"{name!r:>{len("wide") + 4}} {"quo" + 'ted'} {
        name.upper()  # a comment inside
    } {f"{f"{name}"}"}"


def run():
    pair: Pair[int] = (1, 2)
    results = [first([3, 4]), first([], default="none"), apply(max, 1, 2), pair]
    results += [Stack(1).push("x").items, Stack.names, Node(3), texts("ann"), Number.__value__]
    coroutine = Stack(1).later(1, "a")
    try:
        coroutine.send(None)
    except StopIteration as stop:
        results.append(stop.value)
    results += [Stack.__type_params__[0].__name__, first.__name__]
    return results
