"""Bug sets: the faulty programs that episodes are drawn from, named by a URI (see `BUG_URIS`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

from debugworld.sandboxes import SANDBOXES

from .bug import Bug, BugSet
from .builtin_bugs import builtin_bugs
from .errors import TaskError
from .mutants import mutant_set
from .origins.bug_rows import bug_rows
from .origins.debugbench import debugbench
from .origins.humanevalfix import humanevalfix
from .origins.mini_nightmare import mini_nightmare
from .origins.quixbugs import quixbugs
from .origins.table import pinned
from .part import PARTS, part_of
from .split import SPLITS, split_of
from .task_uri import TaskUri
from .trace_store import trace_store
from .verdict import checked

BUG_URIS = {
    "builtin[/NAME]": "those that ship with the package, or one of them",
    "jsonl/PATH[?sha256=DIGITS]": "the rows of a file: buggy, fixed, tests (call, expected), bug_lines, "
    "group, description, bug_kind; refused where its SHA-256 does not begin with DIGITS; `RecordBugs` "
    "writes such files",
    "humanevalfix[?path=FILE]": "HumanEvalFix, bugs that people put in; through datasets, or a copy of yours",
    "debugbench[?path=FILE]": "DebugBench's Python part, bugs that a language model put in; likewise",
    "quixbugs/PATH": "a clone of jkoppel/QuixBugs",
    "mini_nightmare/PATH": "the tasks of debug-gym's mini_nightmare, without repairs",
    "mutants/SEED[/COUNT][?of=URI]": "mutants of any task set (builtin), killed by its calls; 256 if not "
    "said; operators=AOR,ROR,... names those to use, cases= most calls of each (8), sandbox= where they run",
    "...?split=SPLIT": "of any of them, by a hash of the problem: train (8 of 10), validation, test (1)",
    "...?part=PART": "likewise, train or test: in two, no right program of one being one of the other",
    "...?check=SANDBOX": "of public ones: runs all cases there, keeps those that hold and bugs that fail one",
}
"""What a URI may be, and the bugs that it names."""
_HUBS: dict[str, Callable[[str | None, Counter[str]], Iterator[Bug]]] = {
    "humanevalfix": humanevalfix,
    "debugbench": debugbench,
}
_PATHS: dict[str, Callable[[str, Counter[str]], Iterator[Bug]]] = {
    "jsonl": bug_rows,
    "quixbugs": quixbugs,
    "mini_nightmare": mini_nightmare,
}
SCHEMES = ("builtin", "mutants", *_PATHS, *_HUBS)
"""What a URI begins with."""


@lru_cache(maxsize=16)
def load_bug_set(uri: str) -> BugSet:
    """Reads the bug set that a URI names.

    Raises:
        TaskError: the URI is unknown, what it names cannot be read or is no bug, or nothing is left of it.
        SandboxError: the bugs are to be checked and this machine cannot have that box.
    """
    read = TaskUri.parse(uri, SCHEMES, "bug set", BUG_URIS)
    if read.scheme == "builtin":
        return _builtin(read)
    return mutant_set(read) if read.scheme == "mutants" else _public(read)


def _builtin(uri: TaskUri) -> BugSet:
    """Reads the bugs that ship with the package."""
    uri.only("split", "part")
    known = builtin_bugs()
    if uri.path and uri.path not in [bug.name for bug in known]:
        raise TaskError(
            f"there is no builtin bug {uri.path!r}; there are: {', '.join(bug.name for bug in known)}"
        )
    bugs = _cut(uri, [bug for bug in known if uri.path in ("", bug.name)], Counter())
    if not bugs:
        raise TaskError(f"{uri.text!r} has no bug to offer")
    return BugSet(uri.text, tuple(bugs), trusted=True)


def _public(uri: TaskUri) -> BugSet:
    """Reads a public collection."""
    left_out: Counter[str] = Counter()
    if uri.scheme in _HUBS:
        uri.only("path", "split", "part", "check")
        if uri.path:
            raise TaskError(
                f"{uri.text!r}: {uri.scheme} has no parts; name a copy of yours with {uri.scheme}?path=FILE"
            )
        found = _HUBS[uri.scheme](uri.options.get("path"), left_out)
    else:
        uri.only("split", "part", "check", *(("sha256",) if uri.scheme == "jsonl" else ()))
        if not uri.path:
            raise TaskError(
                f"{uri.text!r} names no path; use {uri.scheme}/PATH, as in {uri.scheme}//data/{uri.scheme}"
            )
        found = _PATHS[uri.scheme](pinned(uri).path, left_out)
    box = uri.choose("check", SANDBOXES)
    bugs = _cut(uri, list(found), left_out)
    if box:
        bugs = _checked(bugs, box, left_out)
    left_out += Counter()  # drops zeros
    if not bugs:
        told = "; ".join(f"{count} {reason}" for reason, count in left_out.items()) or "there were none"
        raise TaskError(f"{uri.text!r} has no bug to offer; left out: {told}")
    return BugSet(uri.text, tuple(bugs), trusted=False, left_out=dict(left_out))


def _cut(uri: TaskUri, bugs: list[Bug], left_out: Counter[str]) -> list[Bug]:
    """Returns the bugs of the split and of the part that a URI asks for."""
    split, part = uri.choose("split", SPLITS), uri.choose("part", PARTS)
    if part:
        sources = [bug.fixed or bug.buggy for bug in bugs]
        bugs = [bugs[place] for place in part_of(part, [bug.group for bug in bugs], sources, left_out)]
    return [bug for bug in bugs if not split or split_of(bug.group) == split]


def _checked(bugs: list[Bug], box: str, left_out: Counter[str]) -> list[Bug]:
    traces = trace_store(box)
    traces.enter()
    try:
        kept = (checked(traces.record, bug, left_out) for bug in bugs)
        return [bug for bug in kept if bug is not None]
    finally:
        traces.leave()
