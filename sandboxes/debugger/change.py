"""Assigns variables of frames that stand still.

How a local can be written from outside differs. Up to Python 3.12 ``f_locals`` is a copy, which has to be
written back with the C function that CPython's own debugger hooks use, and before anybody asks for
``f_locals`` again, which would make the copy anew. From 3.13 on it writes through. Cells of closures are
reached by both.
"""

from __future__ import annotations

import ctypes
import sys
import types
from typing import Any

from .errors import IllegalAction
from .evaluation import value
from .values import Renderer


def assign(frame: types.FrameType, name: str, expression: str) -> None:
    """Assigns a local of a frame, else a global that exists.

    Args:
        frame: A frame that stands still.
        name: The variable.
        expression: The new value, evaluated in the frame; what it does beside that stays done.

    Raises:
        IllegalAction: there is no such variable, or the expression raises; nothing was assigned.
    """
    code = frame.f_code
    is_local = name in code.co_varnames + code.co_cellvars + code.co_freevars
    in_body = (
        frame.f_locals is not frame.f_globals and not code.co_flags & 0x1
    )  # a class body has its own dict
    if not is_local and not (in_body and name in frame.f_locals) and name not in frame.f_globals:
        raise IllegalAction(f"there is no variable {name!r} here, neither local nor global")
    try:
        new = value(expression, frame)
    except BaseException as error:
        raise IllegalAction(f"{expression} raises {Renderer().error(error)}") from None
    if is_local:
        _write_local(frame, name, new)
    elif in_body and name in frame.f_locals:
        frame.f_locals[name] = new
    else:
        frame.f_globals[name] = new


def _write_local(frame: types.FrameType, name: str, new: Any) -> None:
    frame.f_locals[name] = new
    if sys.version_info < (3, 13):
        write_back = ctypes.pythonapi.PyFrame_LocalsToFast
        write_back.argtypes, write_back.restype = [ctypes.py_object, ctypes.c_int], None
        write_back(frame, 0)
