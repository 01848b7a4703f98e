"""Versions of code: what was kept by one is not taken up by another."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources


@cache
def package_digest(package: str) -> str:
    """Returns 64 hexadecimal digits that stand for all sources of a package.

    Args:
        package: Its name.
    """
    found = hashlib.sha256()
    todo = [resources.files(package)]
    while todo:
        for file in sorted(todo.pop().iterdir(), key=lambda each: each.name):
            if file.is_dir():
                todo.append(file)
            elif file.name.endswith(".py"):
                found.update(file.name.encode() + b"\n" + file.read_bytes())
    return found.hexdigest()


def code_version(*packages: str) -> str:
    """Returns 16 hexadecimal digits that stand for all sources of some packages."""
    return hashlib.sha256("".join(map(package_digest, packages)).encode()).hexdigest()[:16]
