"""Whole numbers digit by digit, as on paper: sums, differences, products and quotients of small questions.

How a number is written is known here; what two digits come to, the model is asked.
"""

from __future__ import annotations

import re

from .ask import Asking, Unsupported, told

LONGEST = 12
"""Digits of a number that is taken apart."""
HIGHEST = 12
"""Largest exponent that is taken apart."""
_INTEGER = re.compile(rf"(-?)(\d{{1,{LONGEST}}})", re.ASCII)
WIDEST = 5
"""Digits of a number that is written in another base."""
_DIGITS = "0123456789abcdef"
_TIMES = 9
"""Most times that a divisor goes into what is above it."""


def plus(left: str, right: str) -> Asking[str]:
    """Returns the sum of two whole numbers."""
    (minus, first), (less, second) = _signed(left), _signed(right)
    if minus == less:
        return _with_sign(minus, (yield from _total(first, second)))
    return (yield from (_difference(second, first) if minus else _difference(first, second)))


def minus(left: str, right: str) -> Asking[str]:
    """Returns the difference of two whole numbers."""
    sign, digits = _signed(right)
    return (yield from plus(left, digits if sign else f"-{digits}"))


def times(left: str, right: str) -> Asking[str]:
    """Returns the product of two whole numbers."""
    (minus, first), (less, second) = _signed(left), _signed(right)
    return _with_sign("" if minus == less else "-", (yield from _product(first, second)))


def power(base: str, exponent: str) -> Asking[str]:
    """Returns a whole number to the power of a small one."""
    sign, digits = _signed(exponent)
    if sign or not 2 <= int(digits) <= HIGHEST:
        raise Unsupported
    found = base
    for _ in range(int(digits) - 1):
        found = yield from times(found, base)
    return found


def divided(left: str, right: str) -> Asking[tuple[str, str]]:
    """Returns how often a positive number goes into another one, and what is left, as ``divmod`` does."""
    (minus, first), (less, second) = _signed(left), _signed(right)
    if less or not second.strip("0"):
        raise Unsupported
    found, rest = yield from _quotient(first, second)
    if not minus or rest == "0":
        return _with_sign(minus, found), rest
    return _with_sign("-", (yield from _total(found, "1"))), (yield from _difference(second, rest))


def bitwise(left: str, sign: str, right: str) -> Asking[str]:
    """Returns ``&``, ``|`` or ``^`` of two numbers, bit by bit."""
    first, second = (yield from in_base(left, 2)), (yield from in_base(right, 2))
    size = max(len(first), len(second))
    bits = ""
    for one, other in zip(first.zfill(size), second.zfill(size), strict=True):
        bits += yield from _small(one, sign, other)
    return (yield from from_base(bits, 2))


def shifted(left: str, right: str, up: bool) -> Asking[str]:
    """Returns a number with its bits shifted up or down."""
    step = yield from _shift(right)
    return (yield from times(left, step)) if up else (yield from divided(left, step))[0]


def in_base(text: str, base: int) -> Asking[str]:
    """Returns a number's digits in another base."""
    sign, rest = _signed(text)
    if sign or len(rest) > WIDEST:
        raise Unsupported
    found = ""
    while rest != "0" or not found:
        rest, digit = yield from divided(rest, str(base))
        if int(digit) >= base:
            raise Unsupported
        found = _DIGITS[int(digit)] + found
    return found


def from_base(text: str, base: int) -> Asking[str]:
    """Returns the number that some digits are in another base."""
    found = "0"
    for digit in text:
        if digit not in _DIGITS[:base]:
            raise Unsupported
        found = yield from plus((yield from times(found, str(base))), str(_DIGITS.index(digit)))
    return found


def _shift(bits: str) -> Asking[str]:
    if not bits.isdigit() or int(bits) > 2 * HIGHEST:
        raise Unsupported
    found = "1"
    for _ in range(int(bits)):
        found = yield from _total(found, found)
    return found


def _total(left: str, right: str) -> Asking[str]:
    size = max(len(left), len(right))
    found, carry = "", "0"
    for first, second in zip(reversed(left.zfill(size)), reversed(right.zfill(size)), strict=True):
        both = yield from _small(first, "+", second)
        if carry != "0":
            both = yield from _small(both, "+", carry)
        carry, found = both[:-1] or "0", both[-1] + found
    return _shown(carry + found)


def _difference(left: str, right: str) -> Asking[str]:
    """Returns the first number without the second one, which may be the larger."""
    left, right = _shown(left), _shown(right)
    less = len(left) < len(right)
    if len(left) == len(right):
        less = (yield from told(f"{left} < {right}")) == "True"
    if less:
        return _with_sign("-", (yield from _difference(right, left)))
    found, borrowed = "", False
    for first, second in zip(reversed(left), reversed(right.zfill(len(left))), strict=True):
        if borrowed:
            second = yield from _small(second, "+", "1")
        borrowed = (yield from told(f"{first} < {second}")) == "True"
        found = (yield from _small(f"1{first}" if borrowed else first, "-", second)) + found
    return _shown(found)


def _product(left: str, right: str) -> Asking[str]:
    found = "0"
    for place, digit in enumerate(reversed(right)):
        row, carry = "", "0"
        for other in reversed(left):
            both = yield from _small(other, "*", digit)
            if carry != "0":
                both = yield from _total(both, carry)
            carry, row = both[:-1] or "0", both[-1] + row
        row = _shown(carry + row + "0" * place)
        found = row if found == "0" else (yield from _total(found, row))
    return found


def _quotient(left: str, right: str) -> Asking[tuple[str, str]]:
    found, rest = "", ""
    for digit in left:
        rest = _shown(rest + digit)
        count = 0
        while not (yield from _below(rest, right)):
            rest = yield from _difference(rest, right)
            count += 1
            if count > _TIMES or rest.startswith("-"):
                raise Unsupported  # no true answers lead here
        found += str(count)
    return _shown(found), rest


def _below(left: str, right: str) -> Asking[bool]:
    return (yield from told(f"{left} < {right}")) == "True"


def _small(left: str, sign: str, right: str) -> Asking[str]:
    found = yield from told(f"{left} {sign} {right}")
    if not found.isascii() or not found.isdigit() or len(found) > 2:
        raise Unsupported  # of digits, no true answer is longer
    return found


def _signed(text: str) -> tuple[str, str]:
    found = _INTEGER.fullmatch(text)
    if found is None:
        raise Unsupported
    return found[1], found[2]


def _with_sign(sign: str, digits: str) -> str:
    return digits if digits == "0" else f"{sign}{digits}"


def _shown(digits: str) -> str:
    return digits.lstrip("0") or "0"
