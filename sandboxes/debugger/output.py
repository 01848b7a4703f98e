"""What a program writes to one of its standard streams, taken piece by piece."""

from __future__ import annotations

import _thread
import io

MAX_OUTPUT = 16_384
"""Characters of one stream kept between two stops."""


class _Bytes(io.BytesIO):
    """Bytes that can still be read after the program closed its stream."""

    closed = False

    def close(self) -> None:
        """Refuses what is written from now on."""
        self.closed = True


class Output:
    """A stream for ``sys.stdout`` or ``sys.stderr``: text, and bytes by its ``buffer``; no descriptor."""

    def __init__(self) -> None:
        self._bytes = _Bytes()
        self.tell = self._bytes.tell
        """Returns how many bytes are there."""
        self.taken = 0
        """How many of them were taken."""
        self.stream = io.TextIOWrapper(
            self._bytes, "utf-8", "backslashreplace", newline="\n", write_through=True
        )

    def take(self) -> str:
        """Returns what was written since the last call, at most `MAX_OUTPUT` characters and a mark."""
        if self.tell() == self.taken:
            return ""
        data = self._bytes.getvalue()[self.taken :]
        if _thread._count():  # another thread may write right now: what is there stays there
            self.taken += len(data)
        else:
            self._bytes.seek(0)
            self._bytes.truncate()
            self.taken = 0
        text = data.decode("utf-8", "replace")
        return bounded(text)


def bounded(text: str) -> str:
    """Returns at most `MAX_OUTPUT` characters of a text, and a mark where it was cut."""
    return text if len(text) <= MAX_OUTPUT else text[:MAX_OUTPUT] + "…"
