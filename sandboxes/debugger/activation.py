"""The frames that make stops, and what is known of their code."""

from __future__ import annotations

import dis
import types

from .bytecode import async_ends, instructions, quiet_units, suspends
from .frame_memory import FrameMemory, Layout
from .source import Source
from .statements import FINALIZER, Scope

_RESUME = dis.opmap["RESUME"]
_COMPILER_NAMES = frozenset(
    f"__{name}__"
    for name in (
        "module",
        "qualname",
        "firstlineno",
        "static_attributes",
        "classdict",
        "class",
        "annotations",
        "type_params",
        "classdictcell",
        "builtins",
        "name",
        "file",
        "doc",
        "package",
        "path",
        "loader",
        "spec",
        "cached",
        "conditional_annotations",
        "annotate",
        "orig_bases",
    )
)


class Code:
    """What is known of one code object that makes stops."""

    __slots__ = (
        "scope",
        "source",
        "opcodes",
        "columns",
        "quiet",
        "async_ends",
        "suspends",
        "finalizes",
        "function",
        "file",
        "start",
        "layout",
        "shared",
        "tight",
        "_code",
        "_instructions",
    )

    def __init__(self, code: types.CodeType, scope: Scope, source: Source) -> None:
        self.scope = scope
        self.source = source
        self.opcodes = instructions(code)
        """The instruction of each code unit."""
        self.quiet = quiet_units(code, self.opcodes)
        self.async_ends = async_ends(code, self.opcodes)
        self.suspends = suspends(code)
        self.finalizes = code.co_name == FINALIZER
        self.columns = [position[2] for position in code.co_positions()]
        self.function = code.co_qualname
        self.file = source.file
        self.start = 2 * self.opcodes.index(_RESUME)
        """Offset of the instruction at which the first activation is reported."""
        hidden = scope.comprehension_names
        self.layout = Layout(scope.names, lambda name: name not in hidden and _is_local(name))
        self.shared = tuple(name for name in scope.names if name in hidden)
        """Locals that a comprehension's variable may cover while it runs."""
        self.tight = source.outline.tight_loops
        self._code = code
        self._instructions: dict[int, str] | None = None

    def instruction(self, offset: int) -> str:
        """Returns an instruction's text, such as ``LOAD_FAST n``."""
        if self._instructions is None:
            found = dis.get_instructions(self._code)
            self._instructions = {i.offset: f"{i.opname} {i.argrepr}".rstrip() for i in found}
        return self._instructions.get(offset, "")


class Activation:
    """One activation of a frame that makes stops."""

    __slots__ = (
        "frame",
        "code",
        "line",
        "depth",
        "memory",
        "outer",
        "stopped",
        "raised",
        "fresh",
        "waiting",
        "closing",
        "unseen",
    )

    def __init__(self, frame: types.FrameType, code: Code, line: int, depth: int) -> None:
        self.frame = frame
        self.code = code
        self.line = line
        """Where it stopped last."""
        self.depth = depth
        self.memory: FrameMemory | None = None
        self.outer: dict[str, object] = {}
        """Values of the locals that a comprehension may cover, at the last line stop."""
        self.stopped = False
        """Whether it has made a ``line`` stop yet."""
        self.raised: BaseException | None = None
        """The last exception seen in it."""
        self.fresh = False
        """Whether that exception came after its last ``line`` stop."""
        self.waiting = False
        """Whether its ``call`` state is held back: a resumed generator that may only be closing."""
        self.closing = False
        """Whether it was resumed by ``GeneratorExit``."""
        self.unseen = False
        """Whether it ran for a while without being followed."""


def _is_local(name: str) -> bool:
    return name not in _COMPILER_NAMES and not name.startswith(".")
