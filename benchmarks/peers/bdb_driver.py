"""Runs in the target's interpreter, standard library only: bdb_driver.py PATH START STOP what MOVE COUNT."""

import bdb
import json
import sys
from time import perf_counter
from types import CodeType, FrameType
from typing import Any


class Walker(bdb.Bdb):
    """Looks at all locals at each stop of a walk."""

    def __init__(self, path: str, start: int, stop: int, move: str, count: int) -> None:
        super().__init__()
        self.file = self.canonic(path)
        self.start, self.stop_line, self.move, self.count = start, stop, move, count
        self.stops: list[tuple[int, dict[str, str]]] = []
        self.begin = 0.0
        self.seconds = 0.0

    def user_line(self, frame: FrameType) -> None:
        """A line is about to run."""
        if self.begin:
            self.look(frame, frame.f_lineno)
        elif frame.f_lineno == self.start and frame.f_code.co_name != "<module>":
            self.clear_all_file_breaks(self.file)
            self.set_break(self.file, self.stop_line)
            self.begin = perf_counter()
            self.advance(frame)
        else:
            self.set_break(self.file, self.start)
            self.set_continue()

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        """A function is entered."""
        if self.begin and self.stop_here(frame):
            self.look(frame, 0)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        """A function is about to return."""
        if self.begin:
            self.look(frame, 0)

    def look(self, frame: FrameType, line: int) -> None:
        """Writes down a stop and goes on."""
        self.stops.append((line, {name: repr(value) for name, value in frame.f_locals.items()}))
        if len(self.stops) < self.count:
            self.advance(frame)
        elif not self.seconds:
            self.seconds = perf_counter() - self.begin
            self.set_quit()

    def advance(self, frame: FrameType) -> None:
        """Asks for the next stop."""
        if self.move == "step_into":
            self.set_step()
        elif self.move == "step_over":
            self.set_next(frame)
        else:
            self.set_continue()


class Through(bdb.Bdb):
    """Stops at one breakpoint, looks at the locals there and goes on."""

    def user_line(self, frame: FrameType) -> None:
        """Goes on."""
        for value in frame.f_locals.values():
            if frame.f_code.co_name != "<module>":
                repr(value)
        self.set_continue()


def main() -> None:
    """Drives the program and, for a walk, prints its result as JSON."""
    path, start, stop, what, word, count = sys.argv[1:]
    with open(path) as file:
        code: CodeType = compile(file.read(), path, "exec")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    if what == "through":
        through = Through()
        through.set_break(through.canonic(path), int(stop), cond=word or None)
        through.run(code, namespace)
        return
    walker = Walker(path, int(start), int(stop), word, int(count))
    walker.run(code, namespace)
    if len(walker.stops) < walker.count:
        sys.exit(f"the program ended after {len(walker.stops)} of {walker.count} moves; give it more rounds")
    print(json.dumps({"seconds": walker.seconds, "stops": walker.stops}))


if __name__ == "__main__":
    main()
