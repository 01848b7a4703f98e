"""One standing box of each kind for all tests of a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox

BOXES = [
    "process",
    pytest.param("bwrap", marks=pytest.mark.bwrap),
    pytest.param("docker", marks=pytest.mark.docker),
]
CLOSED_BOXES = BOXES[1:]
"""Those that may run hostile programs."""


@pytest.fixture(scope="session")
def boxes() -> Iterator[Callable[[str], Sandbox]]:
    """Gives the standing box of a name; short limits, so that tests of limits are short."""
    opened: dict[str, Sandbox] = {}

    def box(name: str) -> Sandbox:
        if name not in opened:
            opened[name] = open_sandbox(name, timeout=2.0, max_events=2_000)
        return opened[name]

    yield box
    for sandbox in opened.values():
        sandbox.close()


@pytest.fixture(params=BOXES)
def sandbox(request: pytest.FixtureRequest, boxes: Callable[[str], Sandbox]) -> Sandbox:
    """Each box in turn."""
    return boxes(request.param)


@pytest.fixture(params=BOXES)
def box_name(request: pytest.FixtureRequest) -> str:
    """The name of each box in turn."""
    return str(request.param)


@pytest.fixture(params=CLOSED_BOXES)
def closed_box(request: pytest.FixtureRequest, boxes: Callable[[str], Sandbox]) -> Sandbox:
    """Each box that protects the host in turn; only these may run hostile programs."""
    return boxes(request.param)


@pytest.fixture
def docker_box(boxes: Callable[[str], Sandbox]) -> Sandbox:
    """The docker box."""
    return boxes("docker")
