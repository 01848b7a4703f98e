"""Frames between the host, the supervisor and the program's process: a length, then JSON.

Nothing that comes out of a box is ever unpickled or evaluated.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

HEADER = struct.Struct(">I")
"""Length of the body in bytes, big-endian."""
FRAME_LIMIT = 16 << 20
"""Most bytes of one body."""
STATE_LIMIT = 8 << 20
"""Most bytes of one state."""
RUN_LIMIT = 128 << 20
"""Most bytes that one run may send."""

RAW = b"\0"
"""Begins a body that is no JSON but plain bytes: the packed states of a recording."""

dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""JSON text in ASCII, so that lone surrogates pass."""


class WireError(Exception):
    """The bytes are no frame, or the other side is gone in the middle of one."""


class NotJson(WireError):
    """A frame that came whole and holds no JSON; the stream goes on behind it."""


def pack(data: Any) -> bytes:
    """Returns plain data as one frame."""
    return frame(dumps(data).encode("ascii"))


def frame(body: bytes | bytearray) -> bytes:
    """Returns a body with its length before it."""
    return HEADER.pack(len(body)) + body


def read_frame(read: Callable[[int], bytes]) -> Any:
    """Reads one frame and returns its data, bytes of a raw one; None where the stream ends before it.

    Args:
        read: returns at least one and at most n bytes; none at the end.

    Raises:
        WireError: the frame is cut off or too long.
        NotJson: it is not JSON.
    """
    first = read(HEADER.size)
    if not first:
        return None
    (size,) = HEADER.unpack(first + read_exactly(read, HEADER.size - len(first)))
    if size > FRAME_LIMIT:
        raise WireError(f"a frame of {size} bytes; at most {FRAME_LIMIT} are allowed")
    body = read_exactly(read, size)
    if body[:1] == RAW:
        return body[1:]
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"a frame that is not JSON: {error}") from None


def read_exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """Reads exactly so many bytes.

    Raises:
        WireError: the stream ends before that.
    """
    data = bytearray()
    while len(data) < size:
        piece = read(size - len(data))
        if not piece:
            raise WireError("the stream ended in the middle of a frame")
        data += piece
    return bytes(data)
