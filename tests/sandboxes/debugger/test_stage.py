"""What a program sees while it runs, and what is left of it afterwards."""

from __future__ import annotations

import atexit
import linecache
import sys
import threading
from collections.abc import Callable

import pytest

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.debugger.output import MAX_OUTPUT, Output
from debugworld.sandboxes.debugger.recorder import record
from debugworld.sandboxes.debugger.stage import LeaveRun, Stage

PACK = {
    "pack/__init__.py": "from .mod import f\nall = ['mod']\n",
    "pack/mod.py": "from . import other\nfrom .deep.leaf import leaf\ndef f(n): return other.k + leaf(n)\n",
    "pack/other.py": "k = 1\n",
    "pack/deep/leaf.py": "def leaf(n):\n    return n * 2\n",
}
"""A package with relative imports, and a namespace package in it."""


def _run(source: str, **options: object) -> Trace:
    return record(Program(source, name="prog.py", **options))  # type: ignore[arg-type]


def _stdout(trace: Trace) -> str:
    return "".join(state.stdout for state in trace.states) + trace.stdout


def _stderr(trace: Trace) -> str:
    return "".join(state.stderr for state in trace.states) + trace.stderr


def test_arguments_and_names() -> None:
    trace = _run("import sys\nprint(sys.argv, __name__, __file__, __spec__)\n", argv=("a", "-b"))
    assert _stdout(trace) == "['prog.py', 'a', '-b'] __main__ <program> None\n"


def test_a_script_has_its_main_guard_and_a_called_program_has_not() -> None:
    source = "def f():\n    return __name__\nif __name__ == '__main__':\n    print('started')\n"
    assert _stdout(_run(source)) == "started\n"
    assert _run(source, call="f()").states[-1].value == "'program'"


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("print(input('? '), input())\n", "? one two\n"),
        ("import sys\nprint(sys.stdin.readlines())\n", "['one\\n', 'two\\n', 'ümlaut']\n"),
        ("import sys\nprint(sys.stdin.buffer.read(5))\n", "b'one\\nt'\n"),
        ("import sys\nfor line in sys.stdin: print(len(line), end=' ')\n", "4 4 6 "),
        ("import sys\nprint(sys.stdin.isatty(), sys.stdin.encoding)\n", "False utf-8\n"),
    ],
)
def test_stdin(source: str, printed: str) -> None:
    assert _stdout(_run(source, stdin="one\ntwo\nümlaut")) == printed


def test_stdin_ends() -> None:
    trace = _run("input()\ninput()\n", stdin="only\n")
    assert trace.states[-1].value == "EOFError: EOF when reading a line"
    assert trace.exit.to_json() == {"code": "error", "reason": "uncaught"}


def test_bytes_text_and_both_outputs_keep_apart(boxes: Callable[[str], Sandbox]) -> None:
    source = (
        "import logging, sys, warnings\n"
        "sys.stdout.buffer.write('bytes ä\\n'.encode())\n"
        "print('text \\ud800', file=sys.stdout, flush=True)\n"
        "print('wrong', file=sys.stderr)\n"
        "logging.getLogger('quiet').warning('logged')\n"
        "warnings.warn('warned')\n"
        "sys.__stdout__.write('old')\n"
    )
    trace = boxes("process").record(Program(source))  # pytest takes over logging and warnings in this process
    assert [state.stdout for state in trace.states if state.stdout] == ["bytes ä\n", "text \\ud800\n", "old"]
    errors = [state.stderr for state in trace.states if state.stderr]
    assert errors == [
        "wrong\n",
        "logged\n",
        "<program>:6: UserWarning: warned\n  warnings.warn('warned')\n",
    ]


def test_outputs_have_no_descriptor() -> None:
    source = (
        "import io, sys\n"
        "for stream in (sys.stdin, sys.stdout, sys.stderr):\n"
        "    try:\n        stream.fileno()\n"
        "    except io.UnsupportedOperation as error:\n        print(error)\n"
    )
    assert _stdout(_run(source)) == "fileno\n" * 3


def test_a_closed_or_replaced_output_ends_nothing() -> None:
    trace = _run("import sys\nprint('a'); sys.stdout.close()\nsys.stdout = None\nx = 1\n")
    assert trace.exit.code == "normal"
    assert [state.stdout for state in trace.states if state.stdout] == ["a\n"]
    trace = _run("import sys\nsys.stdout.close()\nprint(sys.stdout.closed)\n")
    assert trace.states[-1].value == "ValueError: I/O operation on closed file."
    trace = _run("import io, sys\nsys.stdout = mine = io.StringIO()\nprint('a')\nx = mine.getvalue()\n")
    assert trace.states[-1].locals["x"] == "'a\\n'"


def test_an_output_is_taken_piece_by_piece_and_bounded() -> None:
    output = Output()
    output.stream.write("one")
    assert (output.take(), output.take()) == ("one", "")
    output.stream.write("x" * (MAX_OUTPUT + 5))
    assert output.take() == "x" * MAX_OUTPUT + "…"
    output.stream.write("two")
    assert output.take() == "two"


def test_nothing_that_a_thread_writes_is_lost_or_doubled() -> None:
    output, count = Output(), 3000

    def write() -> None:
        for _ in range(count):
            output.stream.buffer.write(b"12345")

    writer = threading.Thread(target=write)
    writer.start()
    taken = 0
    while writer.is_alive():
        taken += len(output.take())
    writer.join()
    assert taken + len(output.take()) == 5 * count


def test_packages_relative_and_namespace_imports_are_traced() -> None:
    trace = _run("def g():\n    import pack\n    return pack.f(3)\n", call="g()", files=PACK)
    assert trace.states[-1].value == "7"
    calls = [(s.file, s.function, s.depth) for s in trace.states if s.event == "call"]
    assert calls == [
        ("", "main", 0),
        ("", "g", 1),
        ("pack/__init__.py", "<module>", 2),
        ("pack/mod.py", "<module>", 3),
        ("pack/other.py", "<module>", 4),
        ("pack/deep/leaf.py", "<module>", 4),
        ("pack/mod.py", "f", 2),
        ("pack/deep/leaf.py", "leaf", 3),
    ]
    assert [s.source for s in trace.states if s.file == "pack/deep/leaf.py" and s.event == "line"] == [
        "def leaf(n):",
        "return n * 2",
    ]


def test_modules_imported_before_the_entry_are_traced_where_they_are_called() -> None:
    trace = _run("from pack.deep import leaf\n", call="leaf.leaf(4)", files=PACK)
    assert [(s.event.value, s.file) for s in trace.states][2:5] == [
        ("call", "pack/deep/leaf.py"),
        ("line", "pack/deep/leaf.py"),
        ("return", "pack/deep/leaf.py"),
    ]


def test_a_module_that_fails_to_import_can_be_imported_again() -> None:
    source = (
        "for turn in range(2):\n    try:\n        import bad\n    except ValueError as e:\n        print(e)\n"
    )
    trace = _run(source, files={"bad.py": "raise ValueError(__name__)\n"})
    assert _stdout(trace) == "bad\nbad\n"
    assert [(s.file, s.line) for s in trace.states if s.event == "exception"][:2] == [("bad.py", 1), ("", 3)]


def test_what_looks_at_its_own_source_finds_it() -> None:
    source = (
        "import dataclasses, inspect, linecache, pickle, sys, traceback, typing\nimport shapes\n"
        "@dataclasses.dataclass\n"
        "class P:\n"
        "    x: 'int'\n"
        "    y: list['P'] | None = None\n"
        "def f():\n"
        "    raise ValueError('v')\n"
        "print(inspect.getsource(f).count('raise'), inspect.getsource(P).splitlines()[-1].strip())\n"
        "print(inspect.getsource(shapes), inspect.getfile(shapes.area), shapes.__file__)\n"
        "print(pickle.loads(pickle.dumps(P(3))) == P(3), typing.get_type_hints(P)['x'])\n"
        "print(linecache.getline(__file__, 8).strip(), sys.modules[__name__].f is f)\n"
        "try:\n"
        "    f()\n"
        "except ValueError:\n"
        "    traceback.print_exc()\n"
    )
    trace = _run(source, files={"shapes.py": "def area(): return 1\n"})
    assert _stdout(trace).splitlines() == [
        "1 y: list['P'] | None = None",
        "def area(): return 1",
        " <program>/shapes.py <program>/shapes.py",
        "True <class 'int'>",
        "raise ValueError('v') True",
    ]
    assert _stderr(trace) == (
        "Traceback (most recent call last):\n"
        '  File "<program>", line 14, in <module>\n    f()\n'
        "  File \"<program>\", line 8, in f\n    raise ValueError('v')\n"
        "ValueError: v\n"
    )


def test_what_is_registered_runs_at_the_end_and_is_no_state() -> None:
    source = (
        "import atexit\n"
        "@atexit.register\n"
        "def last(): print('last')\n"
        "def bad(): raise ValueError('bad')\n"
        "atexit.register(bad)\n"
        "atexit.register(print, 'first', end='; ')\n"
        "atexit.register(last)\n"
        "atexit.unregister(last)\n"
        "atexit.register(last)\n"
    )
    trace = _run(source)
    assert trace.stdout == "last\nfirst; "
    assert trace.stderr.splitlines()[0] == "Exception ignored in atexit callback:"
    assert trace.stderr.splitlines()[-1] == "ValueError: bad"
    assert trace.states[-1].function == "<module>"
    assert trace.exit.code == "normal"


def test_the_hook_of_the_program_hears_of_its_uncaught_exception() -> None:
    source = (
        "import sys, traceback\n"
        "def hook(kind, error, trace):\n"
        "    print(kind.__name__, error, [f.lineno for f in traceback.extract_tb(trace)])\n"
        "    {}['missing']\n"
        "sys.excepthook = hook\n"
        "def f(): raise ValueError('v')\n"
        "f()\n"
    )
    trace = _run(source)
    assert trace.stdout == "ValueError v [7, 6]\n"
    assert trace.stderr.splitlines()[0] == "Error in sys.excepthook:"
    assert trace.stderr.splitlines()[-1] == "KeyError: 'missing'"
    assert trace.states[-1].event == "exception"
    assert trace.exit.to_json() == {"code": "error", "reason": "uncaught"}


def test_a_breakpoint_in_the_program_is_passed_by() -> None:
    trace = _run("x = 1\nbreakpoint()\nx = 2\n")
    assert [state.line for state in trace.states] == [1, 1, 2, 3, 3]
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}


def test_doctests_run_under_the_debugger(boxes: Callable[[str], Sandbox]) -> None:
    source = (
        "import doctest\n"
        "def f(x):\n"
        '    """\n    >>> f(2)\n    4\n    >>> f(3)\n    7\n    """\n'
        "    return x * 2\n"
        "print(doctest.testmod(report=False)[:2])\n"
    )
    trace = boxes("process").record(Program(source))
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert [state.locals for state in trace.states if state.event == "call"][1:] == [{"x": "2"}, {"x": "3"}]
    assert trace.states[-1].stdout.endswith("(1, 2)\n")


def test_nothing_is_left_behind() -> None:
    before = (
        set(sys.modules),
        sys.modules["__main__"],
        sys.argv,
        sys.path[:],
        sys.meta_path[:],
        (sys.stdin, sys.stdout, sys.stderr, sys.__stdout__),
        (atexit.register, atexit.unregister, threading.excepthook, sys.excepthook, sys.breakpointhook),
        set(linecache.cache),
    )
    _run("import pack.mod, sys, atexit\nsys.argv = []\nraise SystemExit(3)\n", files=PACK)
    _run("import pack\n1 / 0\n", call="pack.f(1)", files=PACK)
    after = (
        set(sys.modules),
        sys.modules["__main__"],
        sys.argv,
        sys.path[:],
        sys.meta_path[:],
        (sys.stdin, sys.stdout, sys.stderr, sys.__stdout__),
        (atexit.register, atexit.unregister, threading.excepthook, sys.excepthook, sys.breakpointhook),
        set(linecache.cache),
    )
    assert after[1:-1] == before[1:-1]
    assert not {name for name in after[0] - before[0] if name.startswith(("pack", "program"))}
    assert not {name for name in after[-1] if name.startswith("<program>")}


def test_a_module_of_the_same_name_outside_is_neither_seen_nor_touched() -> None:
    import debugworld.sandboxes.debugger.output as outside

    sys.modules["pack"] = outside
    try:
        assert _run("from pack.mod import f\nprint(f(1))\n", files=PACK).stdout == ""
        assert sys.modules["pack"] is outside
    finally:
        del sys.modules["pack"]


def test_a_body_that_ends_the_program_leaves_nothing_to_run() -> None:
    for body, code, reason in (
        ("raise SystemExit", "normal", "exit"),
        ("raise SystemExit('no')", "error", "exit"),
        ("print('out')\n1 / 0", "error", "uncaught"),
    ):
        trace = _run(f"def f(): pass\n{body}\n", call="f()")
        assert trace.states == ()
        assert trace.exit.to_json() == {"code": code, "reason": reason}
    assert trace.stdout == "out\n"


def test_those_who_run_a_program_can_leave_it() -> None:
    program = Program("import atexit\natexit.register(print, 'never')\ndef f(): leave()\n", "f()").check()
    stops: list[str] = []
    with Stage(program) as stage:
        assert stage.prepare() is None

        def leave() -> None:
            raise LeaveRun

        stage.namespace["leave"] = leave
        with pytest.raises(LeaveRun):
            stage.run(lambda: stops.append("start"), lambda: stops.append("stop"))
    assert stops == ["start", "stop"]
    assert stage.stdout.take() == ""


def test_random_numbers_repeat_across_runs() -> None:
    source = "import random\nprint(random.random(), random.choice('abc'))\n"
    assert _stdout(_run(source)) == _stdout(_run(source)) == "0.8444218515250481 b\n"
