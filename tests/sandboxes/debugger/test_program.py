"""Programs: what they are made of, and which cannot be debugged."""

from __future__ import annotations

import json
import warnings

import pytest

from debugworld.sandboxes.debugger import Edit, Program, ProgramError
from debugworld.sandboxes.debugger.source import FILENAME, is_own

SHAPES = "def area(r):\n    return r * r\n\n\nclass Box:\n    side = 1\n"


def test_sources_are_found_by_the_name_they_are_compiled_under() -> None:
    program = Program("import shapes\n", files={"shapes.py": SHAPES, "pack/__init__.py": "x = 1"})
    sources = program.sources
    assert list(sources) == [FILENAME, "<program>/pack/__init__.py", "<program>/shapes.py"]
    shapes = sources["<program>/shapes.py"]
    assert (shapes.file, shapes.name, shapes.text) == ("shapes.py", "shapes.py", SHAPES)
    assert shapes.lines[0] == ""
    assert shapes.lines[2] == shapes.line(2) == "return r * r"
    assert shapes.line(0) == shapes.line(99) == ""
    assert set(shapes.outline.scopes) == {("<module>", 1), ("area", 1), ("Box", 5)}
    assert shapes.compile().co_filename == shapes.code_name == "<program>/shapes.py"
    assert sources["<program>/pack/__init__.py"].text == "x = 1\n"
    assert all(is_own(source.compile()) for source in sources.values())
    assert not is_own(compile("x", "<programs>", "eval"))


def test_the_entry_belongs_to_the_own_source() -> None:
    program = Program("def f():\n    return 1\n", "f()")
    own = program.sources[FILENAME]
    assert own.lines[program.entry_line :] == ("def main():", "return f()")
    assert own.text == program.text
    assert program.source_line(4) == own.line(4) == "return f()"
    assert own.outline is program.outline
    tests = Program("def test_f(): pass\n", tests=True)
    assert tests.lines[-2:] == ("def main():", "    return run_tests()")


def test_lines_of_files() -> None:
    program = Program("x = 1\n", files={"shapes.py": SHAPES})
    assert program.source_line(1) == "x = 1"
    assert program.source_line(2, "shapes.py") == "return r * r"
    assert program.source_line(2, "other.py") == ""


def test_a_breakpoint_binds_in_a_file() -> None:
    program = Program("import shapes\n", files={"shapes.py": SHAPES})
    for line in (1, 2, 5, 6):
        program.require_breakable(line, "shapes.py")
    with pytest.raises(ProgramError, match=r"shapes.py: .*line 3 .*nearest .* is 2: return r \* r"):
        program.require_breakable(3, "shapes.py")
    with pytest.raises(ProgramError, match=r"'other.py' .*no such file.*'shapes.py'"):
        program.require_breakable(1, "other.py")


@pytest.mark.parametrize(
    ("source", "call", "binds"),
    [
        ("import shapes\n", None, True),
        ("import shapes\n", "shapes.area(1)", False),
        ("def f():\n    import shapes\n", "f()", True),
        ("import importlib\ndef f(): importlib.import_module('shapes')\n", "f()", True),
    ],
)
def test_the_body_of_a_module_can_stop_where_it_can_be_imported_late(
    source: str, call: str | None, binds: bool
) -> None:
    program = Program(source, call, files={"shapes.py": SHAPES})
    stops = program.sources["<program>/shapes.py"].outline.stop_lines
    assert 2 in stops
    assert (1 in stops, 6 in stops) == (binds, binds)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shapes.txt", "relative path such as shapes.py"),
        ("/shapes.py", "relative path"),
        ("../shapes.py", "relative path"),
        ("a/../shapes.py", "relative path"),
        ("a//b.py", "relative path"),
        ("a\\b.py", "relative path"),
        ("my-shapes.py", "relative path"),
        ("class.py", "relative path"),
        (".py", "relative path"),
        ("__init__.py", "put it into a folder"),
        ("random.py", "'random' of the standard library"),
        ("json/tool.py", "'json' of the standard library"),
        ("__main__.py", "would hide the program itself"),
    ],
)
def test_files_that_cannot_be_imported(path: str, text: str) -> None:
    with pytest.raises(ProgramError, match=text):
        Program("x = 1\n", files={path: ""}).check()


def test_a_file_may_have_the_name_that_only_called_programs_have() -> None:
    Program("import program\n", files={"program.py": ""}).check()
    with pytest.raises(ProgramError, match="would hide the program itself"):
        Program("def f(): pass\n", "f()", files={"program.py": ""}).check()


@pytest.mark.parametrize(
    "files", [{"a.py": "", "a/__init__.py": ""}, {"a.py": "", "a/b.py": ""}, {"a/b.py": "", "a/b/c.py": ""}]
)
def test_two_files_that_are_one_module(files: dict[str, str]) -> None:
    with pytest.raises(ProgramError, match=r"both the module 'a'|are one module; keep one"):
        Program("x = 1\n", files=files).check()


def test_a_file_that_does_not_compile_is_named() -> None:
    with pytest.raises(ProgramError, match=r"(?s)^shapes.py, line 2: .*\n    def f\(:\n +\^$"):
        Program("import shapes\n", files={"shapes.py": "x = 1\ndef f(:\n"}).check()


def test_nothing_is_warned_of() -> None:
    source = "x = '\\d' is 1\nassert (x, 'always')\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = {"shapes.py": source}
        Program(source + "def f(x): pass\n", "f('\\d')", files=files).check().sources[FILENAME].compile()


def test_programs_travel_as_json() -> None:
    program = Program(
        "import shapes\r\n",
        None,
        "mine.py",
        {"shapes.py": SHAPES, "a/b.py": ""},  # type: ignore[arg-type]
        ("-v", "x"),
        "one\n",
        True,
        (Edit(3, 1, "n", "n + 1"),),
    )
    again = Program.from_json(json.loads(json.dumps(program.to_json())))
    assert again == program
    assert again.digest == program.digest
    plain = Program("x = 1\n")
    assert set(plain.to_json()) == {"source", "call", "name"}
    assert Program.from_json(plain.to_json()) == plain


def test_every_part_but_the_name_makes_another_digest() -> None:
    programs = [
        Program("x = 1\n"),
        Program("x = 2\n"),
        Program("x = 1\n", files={"a.py": ""}),  # type: ignore[arg-type]
        Program("x = 1\n", argv=("a",)),
        Program("x = 1\n", stdin="a"),
        Program("x = 1\n", tests=True),
        Program("x = 1\n", edits=(Edit(0, 0, "x", "1"),)),
    ]
    assert len({program.digest for program in programs}) == len(programs)
    assert Program("x = 1\n", name="a").digest == Program("x = 1\r\n", name="b").digest
