"""What a state shows, on its way from the tracer to whoever wants it."""

from __future__ import annotations

from .frame_memory import FrameMemory
from .state import Event, Exit


class Stop:
    """What a state shows, as `State` has it; made by the thousand, and so a plain record."""

    __slots__ = (
        "event",
        "line",
        "source",
        "function",
        "depth",
        "locals",
        "value",
        "stdout",
        "exit",
        "stderr",
        "file",
        "chain",
        "memory",
    )

    def __init__(
        self,
        event: Event,
        line: int,
        source: str,
        function: str,
        depth: int,
        locals: dict[str, str],
        value: str | None,
        stdout: str,
        stderr: str,
        file: str,
        chain: tuple[str, ...],
        memory: FrameMemory | None,
    ) -> None:
        self.event = event
        self.line = line
        self.source = source
        self.function = function
        self.depth = depth
        self.locals = locals
        self.value = value
        self.stdout = stdout
        self.exit: Exit | None = None
        self.stderr = stderr
        self.file = file
        self.chain = chain
        self.memory = memory
        """What the locals were written with."""
