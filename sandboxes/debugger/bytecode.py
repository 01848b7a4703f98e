"""What the instructions of a code object tell the tracer, on every version."""

from __future__ import annotations

import dis
import inspect
import types


def opcodes(*names: str) -> frozenset[int]:
    """Returns the numbers of the named instructions that this version has."""
    return frozenset(dis.opmap[name] for name in names if name in dis.opmap)


# no code of the program runs in these, unless something of it is finalized
_QUIET = opcodes(
    *("STORE_FAST", "DELETE_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_MAYBE_NULL"),
    *("STORE_DEREF", "DELETE_DEREF", "STORE_GLOBAL", "DELETE_GLOBAL", "POP_TOP", "POP_EXCEPT", "END_FOR"),
    *("COPY", "SWAP", "LOAD_FAST_AND_CLEAR"),
)
_QUIET_IN_MODULE = opcodes("STORE_NAME", "DELETE_NAME")
_CACHE = dis.opmap["CACHE"]
_END_ASYNC_FOR = dis.opmap["END_ASYNC_FOR"]
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def instructions(code: types.CodeType) -> bytes:
    """Returns the opcode of each code unit, that of its instruction for an inline cache."""
    units = bytearray(code.co_code[::2])
    for index in range(1, len(units)):
        if units[index] == _CACHE:
            units[index] = units[index - 1]
    return bytes(units)


def quiet_units(code: types.CodeType, units: bytes) -> bytes:
    """Returns 1 for each code unit during which only finalizers can call code of the program, else 0."""
    quiet = _QUIET | _QUIET_IN_MODULE if code.co_name == "<module>" else _QUIET
    return bytes(unit in quiet for unit in units)


def async_ends(code: types.CodeType, units: bytes) -> frozenset[int]:
    """Returns the code units in which ``StopAsyncIteration`` ends an ``async for``."""
    if _END_ASYNC_FOR not in units:
        return frozenset()
    return frozenset(
        unit
        for entry in dis._parse_exception_table(code)  # type: ignore[attr-defined]
        if units[entry.target >> 1] == _END_ASYNC_FOR
        for unit in range(entry.start >> 1, entry.end >> 1)
    )


def suspends(code: types.CodeType) -> bool:
    """Whether code is a generator's, a coroutine's or an async generator's."""
    return bool(code.co_flags & _SUSPENDS)
