"""Programs written to break a box or a debugger end as they may, and the box serves on as if new.

They run in a docker or bwrap box and nowhere else. Our own lie in ``hostile/``, as text so that nobody
runs, imports or collects them by accident: what each attacks and its allowed exit codes, then the source.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Action, LiveDebugger, Program, ProgramError, RecordedDebugger, Trace

TIMEOUT = 1.0
MAX_EVENTS = 2_000
LATE = 1.0
"""Seconds after its deadline that a run may take to be ended and told."""
DRIVE = 5.0
"""Seconds after which a live session is left, however far it came."""
SECRET = "secret-of-the-host"
PROBE = Program(
    "import os\n"
    "box = os.getppid()\n"
    "files = os.listdir('/tmp'), os.listdir('/dev/mqueue') if os.path.exists('/dev/mqueue') else []\n"
    "others = {int(n) for n in os.listdir('/proc') if n.isdigit()} - {1, box, os.getpid()}\n"
    "pace = os.getpriority(os.PRIO_PROCESS, box), os.sched_getscheduler(box), os.sched_getaffinity(box)\n"
    "kernel = [len(open('/proc/sysvipc/' + n).readlines()) for n in ('shm', 'sem', 'msg')]\n"
    "with open('/tmp/probe', 'wb') as file:\n"
    "    room = file.write(b'x' * (1 << 20))\n"
    "x = [n * n for n in range(10)]\n"
    "print(sum(x))\n"
)
"""Looks at everything that one run could leave for the next one."""
DANGEROUS = (
    *("forged_", "parent_", "canary_", "fork_", "memory_shared", "queues_", "tmp_l", "root_"),
    "source_nothing",
)
"""Rows of these kinds are in every run; of the others some."""
SLOW = "source_many"
"""Rows of this kind take seconds."""


@dataclass(frozen=True)
class Row:
    """One hostile program."""

    name: str
    attacks: str
    allowed: tuple[str, ...]
    source: str

    @staticmethod
    def read(path: Path) -> Row:
        first, second, source = path.read_text("utf-8").split("\n", 2)
        attacks, allowed = first.removeprefix("# attacks: "), second.removeprefix("# allowed: ")
        return Row(path.stem, attacks, tuple(allowed.split(", ")), source)


def made(name: str, attacks: str, allowed: str, source: str) -> Row:
    return Row(f"source_{name}", attacks, tuple(allowed.split()), source)


SOURCES = [
    made("null_byte", "a byte that ends a text in C", "error", "x = 1\0\ny = 2\n"),
    made("lone_surrogate", "a text that no encoding can write", "error", "x = '\ud800'\n"),
    made("byte_order_mark", "a mark before the first line", "normal error", "\ufeffx = 1\n"),
    made("cookie", "an encoding that does not exist", "normal error", "# -*- coding: nowhere -*-\nx = 1\n"),
    made("cookie_utf7", "an encoding that hides code", "normal error", "# coding: utf-7\nx = '+AG8-'\n"),
    made("line_ends", "every kind of line end at once", "normal error", "x = 1\r\ny = 2\rz = 3\n\x0cw = 4\n"),
    made(
        "separators", "line ends of text that are none of code", "normal", "x = '\u2028\x85\x1c\x0b'\ny = 2\n"
    ),
    made(
        "right_to_left", "text that reads otherwise than it runs", "normal", "x = 'a\u202e' # \u2066\ny = 2\n"
    ),
    made(
        "normalised_names", "names that are equal when normalised", "normal", "\uff58 = 1\nx = \u017fum = 3\n"
    ),
    made("mixed_indentation", "tabs and spaces", "error", "if True:\n\tx = 1\n        y = 2\n"),
    made("long_line", "one line of a megabyte", "normal never", f"x = '{'a' * 10**6}'\ny = 2\n"),
    made("many_lines", "a hundred thousand lines", "normal never", "x = 1\n" * 100_000),
    made(
        "many_functions", "ten thousand functions", "normal never error", "def f():\n    return 1\n" * 10_000
    ),
    made("many_names", "ten thousand names", "normal never", "".join(f"v{i} = {i}\n" for i in range(10_000))),
    made("deep_parentheses", "parentheses inside one another", "error", f"x = {'(' * 5000}1{')' * 5000}\n"),
    made("deep_lists", "lists inside one another", "error normal", f"x = {'[' * 190}{']' * 190}\n"),
    made("deep_unary", "a very long row of signs", "error", f"x = {'-' * 100_000}1\n"),
    made("deep_sum", "a very long sum", "error normal never", f"x = 1{' + 1' * 50_000}\n"),
    made("deep_attributes", "a very long row of attributes", "error", f"x = 1{'.a' * 50_000}\n"),
    made("deep_lambdas", "functions inside one another", "error", f"x = {'lambda: ' * 20_000}1\n"),
    made("deep_comparisons", "a very long comparison", "error normal never", f"x = 1{' < 2' * 50_000}\n"),
    made("deep_conditions", "a very long condition", "error", f"x = {'1 if 1 else ' * 20_000}1\n"),
    made(
        "deep_blocks",
        "blocks inside one another",
        "error",
        "".join(" " * i + "if 1:\n" for i in range(150)) + " " * 150 + "x = 1\n",
    ),
    made(
        "deep_strings",
        "formatted strings inside one another",
        "error",
        "x = " + "f'{" * 200 + "}'" * 200 + "\n",
    ),
    made(
        "elif_chain",
        "a very long row of branches",
        "error normal never",
        "if 0: x = 1\n" + "elif 0: x = 1\n" * 5000,
    ),
    made(
        "continued_line",
        "a statement over ten thousand lines",
        "normal error",
        "x = 1" + " + \\\n 1" * 10_000 + "\n",
    ),
    made("huge_number", "a number of a hundred thousand digits", "error", f"x = {'9' * 100_000}\n"),
    made(
        "huge_float",
        "a number of a hundred thousand digits that is infinite",
        "normal",
        f"x = {'9' * 10**5}.0\n",
    ),
    made("huge_tuple", "a constant of twenty thousand items", "normal", f"x = ({'1, ' * 20_000})\n"),
    made(
        "constant_folding",
        "constants that the compiler could compute",
        "error never",
        "x = ((9 ** 99) ** 99) ** 9999\n",
    ),
    made(
        "star_explosion", "arguments without end", "error never", "def f(*a): return a\nx = f(*[1] * 10**9)\n"
    ),
    made("debug_assignment", "a name that may not be bound", "error", "__debug__ = 1\n"),
    made("await_outside", "an expression that belongs elsewhere", "error", "x = await 1\nreturn 5\n"),
    made(
        "entry_name",
        "the name that the entry call is wrapped in",
        "normal",
        "def main(): return 1\nmain = main()\n",
    ),
    made(
        "future",
        "statements that must come first",
        "normal",
        "from __future__ import annotations\nx: nowhere = 1\n",
    ),
    made("nothing", "no program at all", "normal", ""),
    made("unfinished", "a program that stops in the middle", "error", "def f(a, b=(1, 2"),
]
"""Attacks by the text of the program itself; those that do not compile end as the caller's error."""

ROWS = [*(Row.read(path) for path in sorted(Path(__file__).with_name("hostile").glob("*.txt"))), *SOURCES]


def chosen(kinds: tuple[str, ...], step: int) -> list[Any]:
    """Returns all rows, those that are in every run without a mark."""
    found = []
    for number, row in enumerate(ROWS):
        always = row.name.startswith(kinds) or (number % step == 0 and not row.name.startswith(SLOW))
        found.append(pytest.param(row, id=row.name, marks=() if always else pytest.mark.long))
    return found


@dataclass
class Jail:
    """A box of a kind that may hold hostile programs, with what was true before the first of them."""

    box: Sandbox
    canary: Path
    probe: Trace
    descriptors: int

    def run(self, source: str, name: str) -> tuple[str, str, float, Trace | None]:
        """Runs a program; returns exit code, reason and seconds, and the trace where there is one."""
        assert self.box.name in ("docker", "bwrap"), "hostile programs run in a closed box only"
        program = Program(source.replace("CANARY", str(self.canary)), name=name)
        start = time.monotonic()
        try:
            program.check()  # the caller's own time, which grows with the text
            start = time.monotonic()
            trace = self.box.record(program)
        except ProgramError:
            return "error", "compile_error", time.monotonic() - start, None
        return trace.exit.code.value, trace.exit.reason, time.monotonic() - start, trace

    def drive(self, source: str, name: str, kind: str) -> tuple[str, str, float]:
        """Moves a live session to its end; returns exit code, reason and the seconds of the longest move."""
        assert self.box.name in ("docker", "bwrap"), "hostile programs run in a closed box only"
        program = Program(source.replace("CANARY", str(self.canary)), name=name)
        debugger, action = LiveDebugger(self.box.session), Action.parse(kind)
        longest, moves, start = 0.0, 0, time.monotonic()
        try:
            program.check()
            start = time.monotonic()
            debugger.reset(program)
            end_of_drive = start + DRIVE
            while not debugger.done and moves < MAX_EVENTS and time.monotonic() < end_of_drive:
                longest, start = max(longest, time.monotonic() - start), time.monotonic()
                debugger.step(action)
                moves += 1
            longest = max(longest, time.monotonic() - start)
            end = debugger.state.exit
        except ProgramError:
            return "error", "compile_error", time.monotonic() - start
        finally:
            debugger.close()
        return (end.code.value, end.reason, longest) if end else ("never", "driver_stop", longest)

    def require_clean(self) -> None:
        """Checks that the next run is as the first one was, and that nothing on the host has changed."""
        found = self.box.record(PROBE)
        if found != self.probe:
            self.box.close()  # what this row left is not to be held against the next one
        assert found == self.probe, found.states[-1].locals
        assert sorted(os.listdir(self.canary)) == ["secret"]
        assert (self.canary / "secret").read_text() == SECRET
        assert [name for name in os.listdir("/tmp") if name.startswith("hostile-")] == []
        if (descriptors := len(os.listdir("/proc/self/fd"))) > self.descriptors:
            gc.collect()
            descriptors, before = len(os.listdir("/proc/self/fd")), self.descriptors
            self.descriptors = max(descriptors, before)  # nor is this
            assert descriptors <= before
        assert len(containers()) <= 1


def containers() -> list[Any]:
    """Returns the containers of this process's open jail, by what the engine tells."""
    from debugworld.sandboxes.owner import Owner
    from debugworld.sandboxes.reaper import OWNER_LABEL

    try:
        import docker

        client = docker.from_env()
    except Exception:
        return []
    try:
        owned = f"{OWNER_LABEL}={Owner.this()}"
        found: list[Any] = client.containers.list(all=True, filters={"label": owned}, ignore_removed=True)
        return [c for c in found if c.id not in _OTHERS]
    finally:
        client.close()


_OTHERS: set[str] = set()
"""Containers that other tests of this process have open."""


@pytest.fixture(scope="module", params=["docker", "bwrap"])
def jail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jail]:
    canary = tmp_path_factory.mktemp("canary")
    (canary / "secret").write_text(SECRET)
    _OTHERS.update(c.id for c in containers())
    os.environ["DEBUGWORLD_CANARY"] = SECRET
    try:
        box = open_sandbox(request.param, timeout=TIMEOUT, max_events=MAX_EVENTS)
    except SandboxError as error:
        pytest.skip(f"{request.param}: {error}")
    with box:
        probe = box.record(PROBE)
        assert probe.exit.code == "normal", probe
        assert "285\n" in "".join(state.stdout for state in probe.states)
        yield Jail(box, canary, probe, len(os.listdir("/proc/self/fd")))
    del os.environ["DEBUGWORLD_CANARY"]
    assert containers() == []


def test_the_probe_finds_a_fresh_box(jail: Jail) -> None:
    found = jail.probe.states[-1].locals
    assert found["files"] in ("([], [])",)
    assert found["others"] == "set()"
    assert found["kernel"] == "[1, 1, 1]"
    ours = os.getpriority(os.PRIO_PROCESS, 0)  # a box of this machine's own processes begins with it
    assert found["pace"].startswith(("(0, 0, ", f"({ours}, 0, "))
    jail.require_clean()


def test_the_shared_rows_end_as_they_may(jail: Jail, shared_data: Path) -> None:
    lines = (shared_data / "hostile_dev.jsonl").read_text().splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    wrong = []
    for row in rows:
        for timeout in (TIMEOUT, TIMEOUT, 8 * TIMEOUT):  # longer where others use the machine
            jail.box.timeout = timeout
            code, reason, seconds, _trace = jail.run(row["source"], row["id"])
            jail.box.timeout = TIMEOUT
            # a live debugger continues for as long as it takes; a recording ends at its budget
            cut = row["drive"] == "continue" and reason == "step_budget"
            late = seconds > timeout + LATE
            wrong_end = code not in row["allowed_exit"] and not cut
            if not late and not (wrong_end and reason == "timeout"):
                break
        if late or wrong_end:
            wrong.append((row["id"], code, reason, row["allowed_exit"], round(seconds, 2)))
        jail.require_clean()
    assert len(rows) == 47
    assert wrong == []


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.long)])
def test_the_shared_rows_end_as_they_may_in_a_session(jail: Jail, shared_data: Path, step: int) -> None:
    lines = (shared_data / "hostile_dev.jsonl").read_text().splitlines()[::step]
    wrong = []
    for row in map(json.loads, lines):
        code, reason, seconds = jail.drive(row["source"], row["id"], row["drive"])
        late = seconds > TIMEOUT + LATE and (
            jail.drive(row["source"], row["id"], row["drive"])[2] > TIMEOUT + LATE
        )
        if late or code not in row["allowed_exit"]:
            wrong.append((row["id"], code, reason, row["allowed_exit"], round(seconds, 2)))
        jail.require_clean()
    assert wrong == []


@pytest.mark.parametrize("row", chosen(("sockets_", "fork_f"), 60))
def test_our_rows_end_as_they_may_in_a_session(jail: Jail, row: Row) -> None:
    code, reason, seconds = jail.drive(row.source, row.name, "step_into")
    for _ in range(2):  # this machine may have been busy
        if seconds > TIMEOUT + LATE:
            seconds = jail.drive(row.source, row.name, "step_into")[2]
    jail.require_clean()
    assert code in row.allowed or reason == "driver_stop", (code, reason, row.attacks)
    assert reason != "compile_error" or row.name.startswith("source_"), "the caller is blamed"
    assert seconds <= TIMEOUT + LATE


@pytest.mark.parametrize("row", chosen(DANGEROUS, 20))
def test_our_rows_end_as_they_may(jail: Jail, row: Row) -> None:
    code, reason, seconds, trace = jail.run(row.source, row.name)
    for _ in range(2):  # this machine may have been busy
        if seconds > TIMEOUT + LATE:
            seconds = jail.run(row.source, row.name)[2]
    jail.require_clean()
    last = trace.states[-1].value if trace is not None and trace.states else None
    assert code in row.allowed, (code, reason, last, row.attacks)
    assert reason != "compile_error" or row.name.startswith("source_"), "the caller is blamed"
    assert seconds <= TIMEOUT + LATE
    if trace is not None:
        walk(Program(row.source, name=row.name), trace)


def walk(program: Program, trace: Trace) -> None:
    """Moves over a trace that a hostile program may have forged: it holds whatever it contains."""
    debugger = RecordedDebugger(lambda _: trace)
    debugger.reset(program)
    for kind in (
        "step_into",
        "step_over",
        "step_return",
        "back_into",
        "back_over",
        "back_to_call",
        "continue",
    ):
        action = Action.parse(kind)
        if debugger.refusal(action) is None:
            debugger.step(action)
    debugger.close()


@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_host_survives_the_text_of_a_program(slow: bool) -> None:
    """The host parses a program before it is sent; here in a process of its own, which may die."""
    script = (
        "import json, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "from debugworld.sandboxes.debugger import Program, ProgramError\n"
        "for name, source in json.load(sys.stdin):\n"
        "    print(name, flush=True)\n"
        "    try:\n"
        "        Program(source).check()\n"
        "    except ProgramError as error:\n"
        "        str(error).encode(errors='replace')\n"
    )
    texts = [row for row in SOURCES if row.name.startswith(SLOW) is slow]
    rows = json.dumps([(row.name, row.source) for row in texts])
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=rows, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stdout.split()[-1:], done.stderr[-2000:])
    assert len(done.stdout.split()) == len(texts) > 0


def test_every_row_is_described() -> None:
    assert len(ROWS) >= 47 + 70
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert set(row.allowed) <= {"normal", "error", "never"} and row.allowed
        assert len(row.attacks.split()) >= 2
