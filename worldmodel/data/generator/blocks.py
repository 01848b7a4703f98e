"""Free function bodies: random statements over typed variables."""

from __future__ import annotations

import random
from collections.abc import Collection

from . import names
from .expressions import Expressions, NoSuchVariable, Scope
from .operations import RISKY, STATEMENTS, UNPACKINGS

_VALUE_TYPES = (
    ("int", 26), ("str", 24), ("ints", 14), ("strs", 10), ("bool", 5), ("dsi", 5), ("float", 4), ("dii", 2),
    ("iset", 3), ("tup", 3), ("pair", 2), ("item", 1), ("items", 2), ("matrix", 2), ("sset", 1), ("dss", 1),
    ("dis", 1), ("dsl", 1), ("floats", 1),
)  # fmt: skip
_ERRORS = ["ValueError", "KeyError", "IndexError", "TypeError", "ZeroDivisionError"]
_MESSAGES = ("'bad value'", "'empty'", "'too big'", "f'bad {<$int>}'", "'no ' + <str!>", "<$str>", "<$int>")
_START = {
    "int": ("0", "1", "0"),
    "str": ("''", "''", "' '"),
    "ints": ("[]",),
    "strs": ("[]",),
    "dsi": ("{}",),
}
_HEADS = (
    (("idx",), "range(<pos>)"),
    (("idx",), "range(len(<ints>))"),
    (("idx",), "range(len(<str>))"),
    (("idx",), "range(1, <pos>)"),
    (("idx",), "range(len(<ints>) - 1, -1, -1)"),
    (("idx",), "range(0, <width>, 2)"),
    (("int",), "<ints>"),
    (("int",), "<ints>"),
    (("int",), "<tup>"),
    (("chr",), "<str>"),
    (("chr",), "<str>"),
    (("str",), "<strs>"),
    (("str",), "<str!>.split()"),
    (("idx", "int"), "enumerate(<ints>)"),
    (("idx", "chr"), "enumerate(<str>)"),
    (("idx", "str"), "enumerate(<strs>)"),
    (("int", "int"), "zip(<ints>, <ints>)"),
    (("chr", "chr"), "zip(<str>, <str>)"),
    (("str", "int"), "zip(<strs>, <ints>)"),
    (("str", "int"), "<dsi!>.items()"),
    (("int", "int"), "<dii!>.items()"),
    (("str",), "sorted(<dsi>)"),
    (("str", "int"), "<items>"),
    (("ints",), "<matrix>"),
    (("int",), "<dii>"),
    (("int",), "sorted(<iset>)"),
    (("int",), "reversed(<ints>)"),
    (("int",), "<dsi!>.values()"),
)
"""Types of the variables and the iterable of a `for`."""
INDENT = "    "


class Body:
    """Writes the statements of one function.

    Args:
        rng: Source of all randomness.
        expressions: Writer of expressions; its scope holds the parameters.
        taken: Names of the module that a variable must not hide.
        fails: Write something that is likely to raise.
    """

    def __init__(
        self, rng: random.Random, expressions: Expressions, taken: set[str], fails: bool = False
    ) -> None:
        self.rng = rng
        self.expressions = expressions
        self.scope: Scope = expressions.scope
        self.taken = taken
        self.fails = fails
        self.prints = rng.random() < 0.15
        self.depth = 2 if rng.random() < 0.7 else 3

    def write(self, statements: int, returns: Collection[str] | None = None) -> tuple[list[str], str]:
        """Writes a body of at least that many lines.

        Args:
            statements: Fewest lines before the last ``return``.
            returns: Types that the function may return; None allows any, several at once too.

        Returns:
            The lines and the type of the result, ``any`` for several values.
        """
        lines: list[str] = []
        waiting = list(self.scope.helpers)
        while len(lines) < statements or waiting:
            if waiting and self.rng.random() < 0.5:
                lines += self._call(waiting.pop())
            else:
                lines += self._statement(0, False)
        if self.fails:
            lines.append(self._risky()[0])
        value, kind = self._result(returns)
        return [*lines, f"return {value}"], kind

    def _result(self, returns: Collection[str] | None) -> tuple[str, str]:
        rng, variables = self.rng, self.scope.variables
        names_ = [
            n for n in variables if n not in self.scope.fixed and (returns is None or variables[n] in returns)
        ]
        if not names_:
            kind = rng.choice(sorted(returns)) if returns else "int"
            return self.expressions.of(kind, 2), kind
        name = rng.choices(names_, range(1, len(names_) + 1))[0]
        if returns is None and len(names_) > 1 and rng.random() < 0.18:
            other = rng.choice([n for n in names_ if n != name])
            form = rng.choice(("{}, {}", "({}, {})", "[{}, {}]", "{}, len(str({}))"))
            return form.format(other, name), "any"
        kind = variables[name]
        if rng.random() < 0.6:
            return name, kind
        return self.expressions.of(kind, 2), kind

    def _statement(self, level: int, in_loop: bool) -> list[str]:
        """One statement, as lines without the indentation of its surroundings."""
        options = [
            (self._assign, 30), (self._change, 30), (self._unpack, 5), (self._print, 8 if self.prints else 1),
            (self._assert, 1),
        ]  # fmt: skip
        if level < 2:
            options += [(lambda: self._if(level, in_loop), 16), (lambda: self._try(level, in_loop), 4)]
            options += [(lambda: self._for(level), 20 if level == 0 else 5), (lambda: self._while(level), 6)]
        if level == 0:
            options += [(self._accumulate, 10)]
        if in_loop:
            options += [(self._jump, 8)]
        makers, weights = zip(*options, strict=True)
        for _ in range(5):
            try:
                return self.rng.choices(makers, weights)[0]()
            except NoSuchVariable:
                continue
        return self._assign()

    def _block(self, level: int, in_loop: bool, most: int = 2) -> list[str]:
        """A nested block; variables born in it are forgotten after it."""
        before = dict(self.scope.variables)
        lines: list[str] = []
        for _ in range(self.rng.randint(1, most)):
            lines += self._statement(level, in_loop)
            if lines[-1] in ("break", "continue") or lines[-1].startswith(("return", "raise")):
                break
        self.taken |= set(self.scope.variables)
        self.scope.variables.clear()
        self.scope.variables.update(before)
        return [INDENT + line for line in lines]

    def _new(self, kind: str) -> str:
        pool = names.BY_TYPE.get(kind, names.BY_TYPE["int"])
        return names.pick(pool, self.taken | set(self.scope.variables), self.rng)

    def _kind(self) -> str:
        kinds, weights = zip(*_VALUE_TYPES, strict=True)
        return self.rng.choices(kinds, weights)[0]

    def _assign(self) -> list[str]:
        kind = self._kind()
        free = [
            n for n in self.scope.of(kind) if n not in self.scope.fixed and self.scope.variables[n] == kind
        ]
        value = self.expressions.of(kind, self.depth if self.rng.random() < 0.6 else 1)
        if free and self.rng.random() < 0.4:
            return [f"{self.rng.choice(free)} = {value}"]
        name = self._new(kind)
        self.scope.variables[name] = kind
        return [f"{name} = {value}"]

    def _call(self, helper: str) -> list[str]:
        """A line that calls a helper, sometimes twice and as an operand."""
        kinds, kind = self.scope.helpers[helper]

        def call() -> str:
            return f"{helper}({', '.join(self.expressions.atom(k) for k in kinds)})"

        value = call()
        if kind in ("int", "str", "ints", "strs", "float") and self.rng.random() < 0.5:
            other = call() if self.rng.random() < 0.5 else self.expressions.atom(kind)
            value = f"{value} + {other}" if kind != "int" else f"{value} {self.rng.choice('++-*')} {other}"
        name = self._new(kind)
        self.scope.variables[name] = kind
        return [f"{name} = {value}"]

    def _change(self) -> list[str]:
        template = self.rng.choice(STATEMENTS)
        line = self.expressions.fill(template, 1)
        changed = line.replace("del ", "").split(" ")[0].split(".")[0].split("[")[0].rstrip(",")
        if changed in self.scope.fixed:
            raise NoSuchVariable(changed)
        return [line]

    def _unpack(self) -> list[str]:
        targets, template = self.rng.choice(UNPACKINGS)
        value = self.expressions.fill(template, 1)
        written: list[str] = []
        born: dict[str, str] = {}
        for target in targets:
            kind = target.strip("(*)")
            if target == "_":
                written.append("_")
                continue
            name = names.pick(
                names.BY_TYPE[kind], self.taken | set(self.scope.variables) | set(born), self.rng
            )
            born[name] = kind
            written.append(target.replace(kind, name))
        self.scope.variables.update(born)
        return [f"{', '.join(written)} = {value}"]

    def _print(self) -> list[str]:
        form = self.rng.choice(
            (
                "print(<int>)",
                "print(<str>)",
                "print(<$str>, <$int>)",
                "print(<str>, <int>)",
                "print(f'{<$str>}: {<$int>}')",
                "print(<ints>)",
                "print(<str>, end=' ')",
            )
        )
        return [self.expressions.fill(form, 1)]

    def _assert(self) -> list[str]:
        form = self.rng.choice(
            ("assert <bool>", "assert <bool>, 'bad'", "assert <$int> >= 0", "assert <$ints>")
        )
        return [self.expressions.fill(form, 1)]

    def _jump(self) -> list[str]:
        kind = self.rng.choice(("break", "continue", "continue", "if"))
        if kind == "if":
            return [f"if {self.expressions.of('bool', 1)}:", INDENT + self.rng.choice(("break", "continue"))]
        return [f"if {self.expressions.of('bool', 2)}:", INDENT + kind]

    def _if(self, level: int, in_loop: bool) -> list[str]:
        lines = [f"if {self.expressions.of('bool', self.depth)}:"]
        draw = self.rng.random()
        if draw < 0.05:
            error = self.rng.choice(_ERRORS)
            message = self.expressions.fill(self.rng.choice(_MESSAGES), 0)
            return [*lines, f"{INDENT}raise {error}({message})"]
        lines += self._block(level + 1, in_loop)
        while self.rng.random() < 0.25:
            lines += [f"elif {self.expressions.of('bool', 1)}:", *self._block(level + 1, in_loop)]
        if self.rng.random() < 0.5:
            lines += ["else:", *self._block(level + 1, in_loop)]
        return lines

    def _try(self, level: int, in_loop: bool) -> list[str]:
        rng = self.rng
        before = dict(self.scope.variables)
        risky, error = self._risky()
        lines = ["try:"]
        if rng.random() < 0.3:
            lines += self._block(level + 1, in_loop, 1)
        lines += [INDENT + risky]
        self.scope.variables.clear()
        self.scope.variables.update(before)
        draw = rng.random()
        named = rng.choice(("", "", " as e"))
        if draw < 0.2:
            lines += [f"except ({error}, {rng.choice([e for e in _ERRORS if e != error])}){named}:"]
        elif draw < 0.4:
            lines += [f"except Exception{named}:"]
        else:
            lines += [f"except {error if draw < 0.95 else rng.choice(_ERRORS)}{named}:"]
        if named and rng.random() < 0.7:
            self.scope.variables[name := self._new("str")] = "str"
            lines += [f"{INDENT}{name} = {rng.choice(('str(e)', 'type(e).__name__'))}"]
            del self.scope.variables[name]
        else:
            lines += self._block(level + 1, in_loop, 1)
        if rng.random() < 0.2:
            lines += ["else:", *self._block(level + 1, in_loop, 1)]
        if rng.random() < 0.2:
            lines += ["finally:", *self._block(level + 1, False, 1)]
        return lines

    def _risky(self) -> tuple[str, str]:
        """An assignment that may raise, and the exception."""
        options = [self.rng.choice(RISKY) for _ in range(4)]
        kind, template, error = max(options, key=lambda option: self.expressions.fit(option[1]))
        value = self.expressions.fill(template, 0)
        name = self._new(kind)
        self.scope.variables[name] = kind
        return f"{name} = {value}", error

    def _for(self, level: int, grown: tuple[str, str] | None = None) -> list[str]:
        expression = self.expressions
        picks = [self.rng.choice(_HEADS) for _ in range(3)]
        kinds, template = max(picks, key=lambda form: expression.fit(form[1]))
        iterable = expression.fill(template, 1 if self.rng.random() < 0.25 else 0)
        before = dict(self.scope.variables)
        targets = []
        for kind in kinds:
            name = self._new(kind)
            self.scope.variables[name] = kind
            self.scope.fixed.add(name)
            targets.append(name)
        used = set(iterable.replace("(", " ").replace(")", " ").replace(".", " ").replace(",", " ").split())
        guarded = (used & set(before)) - self.scope.fixed
        self.scope.fixed |= guarded
        lines = [f"for {', '.join(targets)} in {iterable}:"]
        if grown is None:
            lines += self._block(level + 1, True)
        else:
            inside = self._block(level + 1, True, 1) if self.rng.random() < 0.5 else []
            line = self._grow(*grown, targets[-1], kinds[-1])
            if self.rng.random() < 0.3:
                inside += [f"{INDENT}if {self.expressions.of('bool', 1)}:", INDENT * 2 + line]
            else:
                inside.append(INDENT + line)
            lines += inside
        self.scope.fixed -= guarded
        self.taken |= set(targets)
        self.scope.variables.clear()
        self.scope.variables.update(before)
        if self.rng.random() < 0.06:
            lines += ["else:", *self._block(level + 1, False, 1)]
        return lines

    def _while(self, level: int) -> list[str]:
        rng = self.rng
        form = rng.choice(("down", "down", "up", "up", "pop", "digits", "text", "true"))
        if form in ("pop", "text"):
            kind = "ints" if form == "pop" else "str"
            name = self.expressions.variable(kind)
            if name in self.scope.fixed:
                raise NoSuchVariable(kind)
            if form == "text":
                step = rng.choice((f"{name} = {name}[1:]", f"{name} = {name}[:-1]", f"{name} = {name}[2:]"))
                return self._loop(
                    rng.choice((f"while {name}:", f"while len({name}) > {rng.randint(1, 3)}:")),
                    step,
                    level,
                    (name,),
                )
            item = self._new("int")
            return self._loop(
                f"while {name}:", f"{item} = {name}.pop({rng.choice(('', '0'))})", level, (name,)
            )
        if form == "digits":
            name = self.expressions.variable("int")
            if name in self.scope.fixed:
                raise NoSuchVariable("int")
            base = rng.choice((10, 10, 2, 3))
            return self._loop(f"while {name} > 0:", f"{name} //= {base}", level, (name,))
        name = self._new("idx")
        pace = rng.choice((1, 1, 1, 2, 3))
        before = dict(self.scope.variables)
        self.scope.variables[name] = "idx"
        if form == "true":
            stop = [f"{name} += {pace}", f"if {name} > {rng.randint(2, 8)}:", INDENT + "break"]
            lines = [f"{name} = 0", *self._loop("while True:", stop, level, (name,))]
        elif form == "down":
            start = rng.choice((str(rng.randint(3, 9)), self.expressions.fill("len(<ints>)", 0)))
            lines = [
                f"{name} = {start}",
                *self._loop(f"while {name} > 0:", f"{name} -= {pace}", level, (name,)),
            ]
        else:
            stop_at = rng.choice((str(rng.randint(2, 8)), self.expressions.fill("len(<str>)", 0)))
            lines = [
                f"{name} = 0",
                *self._loop(f"while {name} < {stop_at}:", f"{name} += {pace}", level, (name,)),
            ]
        if level:
            self.taken.add(name)
            self.scope.variables.clear()
            self.scope.variables.update(before)
        return lines

    def _loop(self, head: str, step: str | list[str], level: int, guarded: tuple[str, ...]) -> list[str]:
        fresh = {name for name in guarded if name not in self.scope.fixed}
        self.scope.fixed |= fresh
        body = self._block(level + 1, False)
        self.scope.fixed -= fresh
        steps = [INDENT + line for line in ([step] if isinstance(step, str) else step)]
        return [head, *(steps + body if self.rng.random() < 0.4 else body + steps)]

    def _accumulate(self) -> list[str]:
        """A variable set up before a loop, grown in it and usually returned later."""
        kind = self.rng.choice(("int", "int", "str", "ints", "strs", "dsi"))
        name = self._new(kind)
        self.scope.variables[name] = kind
        return [f"{name} = {self.rng.choice(_START[kind])}", *self._for(0, (name, kind))]

    def _grow(self, name: str, kind: str, target: str, have: str) -> str:
        """A line that adds something of a loop's variable to an accumulator."""
        rng, expressions = self.rng, self.expressions
        as_int = {"int": target, "idx": target, "str": f"len({target})", "chr": f"ord({target})"}.get(
            have, "1"
        )
        as_str = target if have in ("str", "chr") else f"str({target})"
        if kind == "int":
            more = rng.choice(
                (as_int, as_int, "1", expressions.of("int", 1), f"{as_int} * {rng.randint(2, 5)}")
            )
            return f"{name} {'-=' if rng.random() < 0.12 else '+='} {more}"
        if kind == "str":
            more = rng.choice((as_str, as_str, f"{as_str}.upper()", f"{as_str} + {expressions.of('sep', 0)}"))
            return f"{name} = {as_str} + {name}" if rng.random() < 0.15 else f"{name} += {more}"
        if kind == "dsi":
            return f"{name}[{as_str}] = {name}.get({as_str}, 0) + {rng.choice(('1', '1', as_int))}"
        more = rng.choice((as_int, expressions.of("int", 1))) if kind == "ints" else as_str
        return f"{name}.insert(0, {more})" if rng.random() < 0.12 else f"{name}.append({more})"
