"""Prints one line that sums up what the generators write and what becomes of it.

Run as a program by the cross-version test, under interpreters in which the package
is not installed: it puts the checkout's folders under the package's name itself.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import ModuleType

SEEDS = range(300)


def outcomes() -> list[str]:
    """Returns text and outcome of the programs of all seeds."""
    from debugworld.worldmodel.data.generator.rehearsal import rehearse
    from debugworld.worldmodel.data.programs import generate
    from debugworld.worldmodel.data.statements import generate_statement

    found = []
    for make in (generate, generate_statement):
        for seed in SEEDS:
            program = make(seed, 1 + seed % 5).program
            run = rehearse(program.source, program.call or "")
            value = run.value if not isinstance(run.value, (set, frozenset)) else sorted(run.value)
            shown = repr(value) if "{" not in repr(value) else ""
            found.append(repr((program.source, program.call, run.states, run.error, run.stdout, shown)))
    return found


def fingerprint() -> str:
    """Returns the digest of all outcomes."""
    return hashlib.sha256("\n".join(outcomes()).encode()).hexdigest()


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    package = ModuleType("debugworld")
    package.__path__ = [str(Path(__file__).resolve().parents[3])]
    sys.modules["debugworld"] = package
    print(fingerprint())
