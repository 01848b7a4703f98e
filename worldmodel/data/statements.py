"""Functions of a few independent statements over random operands.

The cheap way to show what each operator, method and built-in does: every line is
one template of `generator.operations`, filled with parameters, earlier results and
literals. Same promises as `programs`: one text for one seed, rehearsed, harmless.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from ...sandboxes.debugger import Program
from .generated import GeneratedProgram
from .generator import names
from .generator.blocks import INDENT
from .generator.expressions import Expressions, NoSuchVariable, Scope, is_idle, type_of
from .generator.features import tags_of
from .generator.literals import Literals
from .generator.operations import EXPRESSIONS, STATEMENTS, UNPACKINGS, WRONG
from .generator.rehearsal import rehearse

ERROR_SHARE = 0.1
"""Share of the programs whose last statement raises, uncaught."""
_CAUGHT_SHARE = 0.05
_STATE_BUDGET = 40
_ATTEMPTS = 1000
_PARAMETERS = 4
_WEIGHTS = {"int": 24, "str": 26, "bool": 16, "ints": 12, "strs": 9, "float": 7}
_OWN_TYPES = ("idx", "chr", "sub", "key", "mark", "sep")
_HEADS = (
    (("idx",), "range(<pos>)"),
    (("idx",), "range(len(<ints>))"),
    (("idx",), "range(<pos>, 0, -1)"),
    (("int",), "<ints>"),
    (("chr",), "<str>"),
    (("str",), "<strs>"),
    (("str",), "<str!>.split()"),
    (("idx", "int"), "enumerate(<ints>)"),
    (("idx", "chr"), "enumerate(<str>)"),
    (("idx", "str"), "enumerate(<strs>, 1)"),
    (("int", "int"), "zip(<ints>, <tup>)"),
    (("chr", "int"), "zip(<str>, <ints>)"),
    (("str", "int"), "<dsi!>.items()"),
    (("str",), "<dsi>"),
    (("int",), "<dsi!>.values()"),
    (("int", "str"), "<dis!>.items()"),
    (("str", "int"), "<items>"),
    (("ints",), "<matrix>"),
    (("int",), "reversed(<tup>)"),
    (("int",), "sorted(<iset>)"),
)


def generate_statement(seed: int, difficulty: int = 3) -> GeneratedProgram:
    """Makes the statements of a seed: one function `f` and a call of it.

    Args:
        seed: Any integer; the same seed and difficulty give the same text.
        difficulty: 1 to 5: how large the operands are and how nested the expressions.

    Raises:
        ValueError: a difficulty out of range.
    """
    if not 1 <= difficulty <= 5:
        raise ValueError(f"difficulty {difficulty} is out of range; give 1 to 5")
    rng = random.Random(f"statement/{seed}/{difficulty}")
    draw = rng.random()
    end = "fails" if draw < ERROR_SHARE else "caught" if draw < ERROR_SHARE + _CAUGHT_SHARE else "returns"
    for _ in range(_ATTEMPTS):
        source, call = _Sheet(rng, difficulty).write(rng.randint(1, 8), end)
        rehearsal = rehearse(source, call, _STATE_BUDGET)
        if rehearsal.overrun or (rehearsal.error is not None) != (end == "fails"):
            continue
        found = tags_of(source) | ({"raises"} if rehearsal.error else set())
        found |= {"caught-exception"} if rehearsal.caught else set()
        return GeneratedProgram(Program(source, call, f"statement-{seed}"), frozenset(found))
    raise RuntimeError(f"no valid statements for seed {seed}")


def stream_statements(seed: int = 0, difficulty: int | None = None) -> Iterator[GeneratedProgram]:
    """Yields functions without end: those of `seed`, `seed + 1` and so on; None mixes the difficulties."""
    while True:
        yield generate_statement(seed, difficulty or 1 + seed % 5)
        seed += 1


class _Sheet:
    """Writes one function, making up parameters as operands are needed."""

    def __init__(self, rng: random.Random, difficulty: int) -> None:
        self.rng = rng
        self.literals = Literals(rng, difficulty)
        self.depth = 1 if rng.random() < 0.85 - difficulty / 10 else 2
        self.scope = Scope()
        self.expressions = Expressions(rng, self.literals, self.scope, self._parameter)
        self.parameters: list[str] = []
        self.arguments: list[str] = []

    def write(self, statements: int, end: str) -> tuple[str, str]:
        """Returns the source and the call."""
        body: list[str] = []
        for _ in range(statements):
            body += self._statement()
        if end == "fails":
            body += [f"return {self._wrong()}"] if self.rng.random() < 0.4 else [f"done = {self._wrong()}"]
        elif end == "caught":
            error = self.rng.choice(
                ("Exception", "Exception", "(TypeError, ValueError)", "(LookupError, ArithmeticError)")
            )
            body += [
                "try:",
                f"{INDENT}done = {self._wrong()}",
                f"except {error} as e:",
                f"{INDENT}done = str(e)",
            ]
        if not body[-1].startswith("return"):
            body.append(f"return {self._result()}")
        lines = [f"def f({', '.join(self.parameters)}):", *(INDENT + line for line in body)]
        return "\n".join(lines) + "\n", f"f({', '.join(self.arguments)})"

    def _parameter(self, kind: str) -> str | None:
        known = self.scope.of(kind)
        if kind in EXPRESSIONS:
            wanted = not known or self.rng.random() < 0.25
        else:
            wanted = not known and self.rng.random() < 0.3
        if not wanted or len(self.parameters) >= _PARAMETERS:
            return None
        pool = names.BY_TYPE[type_of(kind) if kind not in names.BY_TYPE else kind]
        name = self._new(pool)
        self.scope.variables[name] = kind if kind in _OWN_TYPES else type_of(kind)
        self.parameters.append(name)
        self.arguments.append(self.literals.of(kind))
        return name

    def _new(self, pool: str) -> str:
        return names.pick(pool, {*self.scope.variables, "f", "done"}, self.rng)

    def _statement(self) -> list[str]:
        makers = (self._assign, self._change, self._unpack, self._branch, self._for, self._while, self._print)
        for _ in range(8):
            try:
                return self.rng.choices(makers, (62, 16, 4, 8, 4, 3, 2))[0]()
            except NoSuchVariable:
                continue
        return self._assign()

    def _expression(self, kind: str) -> str:
        for _ in range(8):
            try:
                text = self.expressions.fill(self.rng.choice(EXPRESSIONS[kind]), self.depth - 1)
            except NoSuchVariable:
                continue
            if not is_idle(text):
                return text
        return self.expressions.atom(kind)

    def _kind(self) -> str:
        weights = [_WEIGHTS.get(kind, 2) for kind in EXPRESSIONS]
        return self.rng.choices(list(EXPRESSIONS), weights)[0]

    def _assign(self) -> list[str]:
        kind = self._kind()
        value = self._expression(kind)
        name = self._new(names.BY_TYPE[kind])
        self.scope.variables[name] = kind
        return [f"{name} = {value}"]

    def _change(self) -> list[str]:
        return [self.expressions.fill(self.rng.choice(STATEMENTS), self.depth - 1)]

    def _unpack(self) -> list[str]:
        targets, template = self.rng.choice(UNPACKINGS)
        value = self.expressions.fill(template, self.depth - 1)
        written = []
        for target in targets:
            kind = target.strip("(*)")
            name = "_"
            if kind != "_":
                name = self._new(names.BY_TYPE[kind])
                self.scope.variables[name] = kind
            written.append(target.replace(kind, name))
        return [f"{', '.join(written)} = {value}"]

    def _branch(self) -> list[str]:
        kind = self.rng.choice(("int", "str", "bool"))
        name = self._new(names.BY_TYPE[kind])
        lines = [f"if {self._expression('bool')}:", f"{INDENT}{name} = {self.expressions.atom(kind)}"]
        if self.rng.random() < 0.35:
            lines += [f"elif {self._expression('bool')}:", f"{INDENT}{name} = {self.literals.of(kind)}"]
        lines += ["else:", f"{INDENT}{name} = {self.literals.of(kind)}"]
        self.scope.variables[name] = kind
        return lines

    def _for(self) -> list[str]:
        kinds, template = self.rng.choice(_HEADS)
        iterable = self.expressions.fill(template, 0)
        before = dict(self.scope.variables)
        targets = []
        for kind in kinds:
            targets.append(self._new(names.BY_TYPE[kind]))
            self.scope.variables[targets[-1]] = kind
        kind = self.rng.choice(("int", "str", "bool"))
        name = self._new(names.BY_TYPE[kind])
        lines = [f"for {', '.join(targets)} in {iterable}:"]
        if self.rng.random() < 0.3:
            lines.append(f"{INDENT}if {self._expression('bool')}:")
            lines.append(INDENT * 2 + self.rng.choice(("break", "continue")))
        lines.append(f"{INDENT}{name} = {self._expression(kind)}")
        self._forget(before)
        return lines

    def _while(self) -> list[str]:
        kind = self.rng.choice(("int", "int", "str", "ints"))
        name = self.expressions.variable(kind)
        step = {
            "int": (f"{name} //= {self.rng.randint(2, 10)}", f"{name} -= {self.rng.randint(1, 40)}"),
            "str": (f"{name} = {name}[1:]", f"{name} = {name}[:-2]"),
            "ints": (f"{name}.pop()", f"{name} = {name}[2:]"),
        }[kind]
        head = (
            f"{name} > {self.rng.randint(0, 9)}"
            if kind == "int"
            else f"len({name}) > {self.rng.randint(0, 4)}"
        )
        return [f"while {head}:", INDENT + self.rng.choice(step)]

    def _print(self) -> list[str]:
        form = self.rng.choice(
            (
                "print(<int>)",
                "print(<str>)",
                "print(<str>, <int>)",
                "print(<ints>)",
                "print(<str>, <str>, sep=<sep>)",
                "print(<str>, end='')",
                "print()",
            )
        )
        return [self.expressions.fill(form, 1)]

    def _wrong(self) -> str:
        for _ in range(8):
            try:
                return self.expressions.fill(self.rng.choice(WRONG), 0)
            except NoSuchVariable:
                continue
        return "[][0]"

    def _result(self) -> str:
        draw = self.rng.random()
        if draw < 0.35 or not self.scope.variables:
            return self._expression(self._kind())
        found = list(self.scope.variables)
        if draw < 0.5 and len(found) > 1:
            return ", ".join(self.rng.sample(found, 2))
        return found[-1]

    def _forget(self, before: dict[str, str]) -> None:
        """Drops a loop's own variables, and keeps parameters that were made up meanwhile."""
        for name in list(self.scope.variables):
            if name not in before and name not in self.parameters:
                del self.scope.variables[name]
