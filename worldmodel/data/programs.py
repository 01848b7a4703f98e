"""Varied small Python programs, one for each seed, the same on every supported CPython.

A program is an idiom that people write, a free function of random statements, or
helpers of both sorts under a free entry function. Each has been rehearsed: it ends
within a few to some 120 states, its values stay short, and a set share of the
programs ends in an uncaught exception. The programs are harmless (no input or
output but `print`), which is why they may be rehearsed in this process.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ...sandboxes.debugger import Program
from .generated import GeneratedProgram
from .generator import names
from .generator.blocks import INDENT, Body
from .generator.expressions import Expressions, Scope, type_of
from .generator.features import TAGS, tags_of
from .generator.idioms import IDIOMS
from .generator.literals import Literals
from .generator.operations import EXPRESSIONS
from .generator.rehearsal import Rehearsal, rehearse
from .generator.template import Definition, Idiom

ERROR_SHARE = 0.07
"""Share of the programs that end in an uncaught exception."""
STATE_BUDGETS = (30, 50, 75, 100, 120)
"""Most states by difficulty, from 1."""
_FEWEST_STATES = 5
_ATTEMPTS = 4000
_SEEN_IN_RUN = frozenset({"raises", "caught-exception"})
_USABLE = tuple(idiom for idiom in IDIOMS if idiom.result in EXPRESSIONS)
_PARAMETERS = [
    "int",
    "int",
    "int",
    "pos",
    "str",
    "str",
    "str",
    "word",
    "phrase",
    "ints",
    "ints",
    "ints",
    "dups",
    "words",
    "strs",
    "dsi",
    "float",
    "bool",
    "tup",
    "pair",
    "items",
    "matrix",
    "dii",
    "iset",
    "chr",
    "dsl",
    "dis",
    "big",
]
_RESULTS = frozenset(["int", "str", "ints", "strs", "bool", "dsi", "tup", "float", "items", "pair"])


@dataclass(frozen=True)
class _Draft:
    source: str
    call: str
    tags: frozenset[str]


def generate(seed: int, difficulty: int = 3, tags: Collection[str] | None = None) -> GeneratedProgram:
    """Makes the program of a seed.

    Args:
        seed: Any integer; the same seed and options give the same text.
        difficulty: 1 to 5: longer bodies, more functions, larger values, more states.
        tags: Tags that the program must carry all at once.

    Raises:
        ValueError: a difficulty out of range, an unknown tag, or tags that do not
            occur together.
    """
    if not 1 <= difficulty <= len(STATE_BUDGETS):
        raise ValueError(f"difficulty {difficulty} is out of range; give 1 to {len(STATE_BUDGETS)}")
    wanted = frozenset(tags or ())
    if wanted - TAGS:
        raise ValueError(f"unknown tags {sorted(wanted - TAGS)}; known are {sorted(TAGS)}")
    rng = random.Random(f"program/{seed}/{difficulty}/{'+'.join(sorted(wanted))}")
    fails = "raises" in wanted or rng.random() < ERROR_SHARE
    author = _Author(rng, difficulty, wanted, fails)
    for _ in range(_ATTEMPTS):
        draft = author.draft()
        found = draft.tags | tags_of(draft.source) if wanted else draft.tags
        if wanted - found - _SEEN_IN_RUN:
            continue
        rehearsal = rehearse(draft.source, draft.call)
        if not _accept(rehearsal, STATE_BUDGETS[difficulty - 1], fails):
            continue
        found |= tags_of(draft.source)
        found |= {"raises"} if rehearsal.error else set()
        found |= {"caught-exception"} if rehearsal.caught else set()
        if wanted <= found:
            return GeneratedProgram(Program(draft.source, draft.call, f"generated-{seed}"), frozenset(found))
    raise ValueError(f"no program with all of the tags {sorted(wanted)} came up; ask for fewer at once")


def stream(
    seed: int = 0, difficulty: int | None = None, tags: Collection[str] | None = None
) -> Iterator[GeneratedProgram]:
    """Yields programs without end: those of `seed`, `seed + 1` and so on.

    Args:
        seed: The first seed.
        difficulty: As in `generate`; None mixes them all.
        tags: As in `generate`.
    """
    while True:
        yield generate(seed, difficulty or 1 + seed % len(STATE_BUDGETS), tags)
        seed += 1


def _accept(rehearsal: Rehearsal, most: int, fails: bool) -> bool:
    if rehearsal.overrun or not _FEWEST_STATES <= rehearsal.states <= most:
        return False
    return (rehearsal.error is not None) == fails


class _Author:
    """Drafts programs until one passes."""

    def __init__(self, rng: random.Random, difficulty: int, wanted: frozenset[str], fails: bool) -> None:
        self.rng = rng
        self.difficulty = difficulty
        self.fails = fails
        self.literals = Literals(rng, difficulty)
        self.idioms: tuple[Idiom, ...] = tuple(i for i in IDIOMS if i.tags & wanted) or IDIOMS

    def draft(self) -> _Draft:
        draw = self.rng.random()
        if draw < 0.35:
            return self._idiom()
        most = 0 if draw < 0.55 else min(3, self.difficulty)
        return self._composed(self.rng.randint(min(1, most), most))

    def _idiom(self) -> _Draft:
        definition = self.rng.choice(self.idioms).expand(self.rng, self.literals, "f", frozenset())
        arguments = ", ".join(self.literals.of(kind) for kind in definition.kinds)
        source = self._assemble([definition.lines])
        return _Draft(source, f"f({arguments})", definition.tags)

    def _composed(self, helpers: int) -> _Draft:
        taken = {"f"}
        parts: list[list[str]] = []
        tags: set[str] = {"free"}
        known: dict[str, tuple[tuple[str, ...], str]] = {}
        constants: dict[str, str] = {}
        if self.rng.random() < 0.1:
            name = self.rng.choice(names.BY_ROLE["K"].split())
            kind = self.rng.choice(("int", "int", "str", "tup"))
            constants[name] = kind
            taken.add(name)
            parts.append([f"{name} = {self.literals.of(kind)}"])
        for _ in range(helpers):
            name = names.pick(names.BY_ROLE[self.rng.choice("gh")], taken, self.rng)
            if self.rng.random() < 0.6:
                usable = (
                    [i for i in self.idioms if i in _USABLE] if len(self.idioms) < len(IDIOMS) else _USABLE
                )
                helper = self.rng.choice(usable or _USABLE).expand(self.rng, self.literals, name, taken)
            else:
                helper, _ = self._free(name, self.rng.randint(1, 1 + self.difficulty), {}, constants, taken)
            taken |= {name} | helper.names
            known[name] = (helper.kinds, helper.result)
            tags |= helper.tags
            parts.append(helper.lines)
        entry, call = self._free("f", self.rng.randint(2, 3 + 2 * self.difficulty), known, constants, taken)
        parts.append(entry.lines)
        source = self._assemble(parts)
        return _Draft(source, call, frozenset(tags))

    def _free(
        self,
        name: str,
        statements: int,
        helpers: dict[str, tuple[tuple[str, ...], str]],
        constants: dict[str, str],
        taken: set[str],
    ) -> tuple[Definition, str]:
        """A function of random statements, and a call of it."""
        rng = self.rng
        kinds = tuple(rng.choice(_PARAMETERS) for _ in range(rng.choice((1, 1, 2, 2, 2, 3))))
        scope = Scope(dict(constants), helpers, set(constants))
        parameters: list[str] = []
        for kind in kinds:
            pool = names.BY_TYPE[type_of(kind)]
            parameters.append(names.pick(pool, taken | set(parameters) | set(scope.variables), rng))
            scope.variables[parameters[-1]] = type_of(kind)
        arguments = [self.literals.of(kind) for kind in kinds]
        header = list(parameters)
        if len(kinds) > 1 and type_of(kinds[-1]) in ("int", "str", "bool", "float") and rng.random() < 0.2:
            header[-1] += f"={self.literals.of(kinds[-1])}"
            if rng.random() < 0.5:
                arguments.pop()
        if len(arguments) == len(kinds) and rng.random() < 0.08:
            arguments[-1] = f"{parameters[-1]}={arguments[-1]}"
        expressions = Expressions(rng, self.literals, scope)
        returns = None if name == "f" else _RESULTS
        fails = self.fails and rng.random() < (0.6 if name == "f" else 0.2)
        body, result = Body(rng, expressions, taken | {name}, fails).write(statements, returns)
        lines = [f"def {name}({', '.join(header)}):", *(INDENT + line for line in body)]
        definition = Definition(name, kinds, result, lines, frozenset(), frozenset(scope.variables))
        return definition, f"{name}({', '.join(arguments)})"

    def _assemble(self, parts: list[list[str]]) -> str:
        """Joins definitions, with blank lines between those at the top."""
        blank = [""] * self.rng.choice((1, 1, 2))
        lines: list[str] = []
        for part in parts:
            for line in part:
                opens = line.startswith(("def ", "class ", "@")) or (
                    not line.startswith(" ") and line is part[0]
                )
                if lines and opens and not lines[-1].startswith("@"):
                    lines += blank
                lines.append(line)
        return "\n".join(lines) + "\n"
