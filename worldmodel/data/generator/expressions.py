"""Random expressions whose type is known, over the variables in scope."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .literals import Literals
from .operations import EXPRESSIONS

_HOLE = re.compile(r"<([+$]?)([a-z]+)(!?)>")
_WORD = re.compile(r"\$?\w+|-?\d+|'[^'\\]*'|\[[\w, -]*\]")
_SELF = re.compile(r"([a-z$]\w*)(?: (?:[-%/<>=!^&|]|//|<=|>=|==|!=|in|and|or) |\.is\w+\()\1\b(?![.(\[])")
_COMPOUND = (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Lambda)
_DERIVED = frozenset(
    [
        "bool",
        "ints",
        "strs",
        "floats",
        "dsi",
        "dii",
        "dis",
        "dss",
        "dsl",
        "iset",
        "sset",
        "tup",
        "items",
        "matrix",
    ]
)
_COMPREHENSION_NAMES = {"chr": "c ch", "str": "w s", "int": "x n v i", "idx": "i j", "float": "x v"}
_ACCEPTS = {
    "int": ("int", "idx"),
    "str": ("str", "chr"),
    "sub": ("chr", "sub"),
    "chr": ("chr",),
    "idx": ("idx",),
}
_ROLES = {
    "pos": "int", "small": "int", "count": "int", "big": "int", "exp": "int", "bit": "int", "width": "int",
    "letter": "chr", "sep": "str", "mark": "str", "key": "str", "word": "str", "phrase": "str",
    "listing": "str", "numbers": "str", "fields": "str", "numstr": "str", "bits": "str", "brackets": "str",
    "rpn": "str", "posints": "ints", "sortedints": "ints", "dups": "ints", "words": "strs", "chars": "strs",
}  # fmt: skip


def _needs_brackets(text: str) -> bool:
    """Tells whether an operand must be bracketed; negative numbers go without."""
    return not _WORD.fullmatch(text) and isinstance(
        ast.parse(text.replace("$", ""), mode="eval").body, _COMPOUND
    )


def is_idle(text: str) -> bool:
    """Tells whether an expression sets a variable against itself, as ``x - x`` does."""
    return _SELF.search(text) is not None


def type_of(kind: str) -> str:
    """Returns the type that an expression over a value of a kind may count on."""
    return _ROLES.get(kind, kind)


class NoSuchVariable(Exception):
    """A template wants a variable of a type that the scope lacks."""


@dataclass
class Scope:
    """What is visible: variables and helper functions by type, in order of appearance."""

    variables: dict[str, str] = field(default_factory=dict)
    """Type by name."""
    helpers: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    """Kinds of the arguments and type of the result, by function name."""
    fixed: set[str] = field(default_factory=set)
    """Names that must not be changed: loop variables and constants."""

    def of(self, kind: str) -> list[str]:
        """Names of variables that an expression of a kind may use."""
        types = _ACCEPTS.get(kind, (kind,))
        return [name for name, have in self.variables.items() if have in types]


class Expressions:
    """Writes expressions from `EXPRESSIONS` over a scope.

    Args:
        rng: Source of all randomness.
        literals: Where constants come from.
        scope: Names that may be used; read at each call, so it may grow.
        parameter: Asked for a new variable where an atom is needed; None (or no
            callable) means a variable or a literal is taken instead.
    """

    def __init__(
        self,
        rng: random.Random,
        literals: Literals,
        scope: Scope,
        parameter: Callable[[str], str | None] | None = None,
    ) -> None:
        self.rng = rng
        self.literals = literals
        self.scope = scope
        self.parameter = parameter

    def of(self, kind: str, depth: int) -> str:
        """Returns an expression of a kind with at most `depth` nested templates."""
        if kind not in EXPRESSIONS or depth <= 0:
            return self.atom(kind)
        helper = self._helper_call(kind, depth)
        if helper is not None:
            return helper
        for _ in range(4):
            options = [self.rng.choice(EXPRESSIONS[kind]) for _ in range(4)]
            template = max(options, key=self.fit)
            try:
                text = self.fill(template, depth - 1)
            except NoSuchVariable:
                continue
            if not is_idle(text):
                return text
        return self.atom(kind)

    def atom(self, kind: str) -> str:
        """Returns a variable or a literal."""
        if self.parameter is not None:
            name = self.parameter(kind)
            if name is not None:
                return name
        names = self.scope.of(kind)
        if not names and kind in _DERIVED and self.rng.random() < 0.7:
            derived = self._derived(kind)
            if derived is not None:
                return derived
        if names and self.rng.random() < (0.9 if kind in EXPRESSIONS or kind == "chr" else 0.55):
            return self.rng.choices(names, range(2, len(names) + 2))[0]
        return self.literals.of(kind)

    def _derived(self, kind: str) -> str | None:
        """A container or condition made of the variables there are, rather than a literal."""
        options = [self.rng.choice(EXPRESSIONS[kind]) for _ in range(6)]
        template = max(options, key=self.fit)
        kinds = [m[2] for m in _HOLE.finditer(template) if m[2] in EXPRESSIONS]
        if not kinds or not all(self.scope.of(k) for k in kinds):
            return None
        try:
            return self.fill(template, 0)
        except NoSuchVariable:
            return None

    def fill(self, template: str, depth: int) -> str:
        """Replaces the holes of a template.

        Raises:
            NoSuchVariable: a hole for a variable cannot be filled.
        """
        head = re.match(r"([a-z]+)\|", template)
        if head is None:
            return _HOLE.sub(lambda match: self._hole(match, depth, None), template)
        taken = self.scope.variables
        names = _COMPREHENSION_NAMES.get(head[1], "x").split()
        name = self.rng.choice([n for n in names if n not in taken] or ["y_"])
        body = template[head.end() :].replace("<v>", name)
        return _HOLE.sub(lambda match: self._hole(match, depth, (name, head[1])), body)

    def _hole(self, match: re.Match[str], depth: int, inner: tuple[str, str] | None) -> str:
        sign, kind, operand = match.groups()
        if sign == "$":
            return self.variable(kind)
        if sign == "+" and inner is not None:
            text = self._about(inner, kind)
        else:
            deeper = depth > 0 and self.rng.random() < 0.45
            text = self.of(kind, depth if deeper else 0)
        return f"({text})" if operand and _needs_brackets(text) else text

    def variable(self, kind: str, mutable: bool = False) -> str:
        """Returns a variable of a type.

        Raises:
            NoSuchVariable: there is none.
        """
        if self.parameter is not None:
            name = self.parameter(kind)
            if name is not None:
                return name
        names = [n for n in self.scope.of(kind) if not (mutable and n in self.scope.fixed)]
        if not names:
            raise NoSuchVariable(kind)
        return self.rng.choice(names)

    def _about(self, inner: tuple[str, str], kind: str) -> str:
        """An expression of a kind that uses a comprehension's variable."""
        name, have = inner
        rng, literal = self.rng, self.literals
        if have == "int" or have == "idx":
            options = {
                "int": (
                    f"{name} * {name}",
                    f"{name} + {self.of('int', 0)}",
                    f"{name} * {literal.of('pos')}",
                    f"{name} % {literal.of('pos')}",
                    f"abs({name})",
                    f"-{name}",
                    f"{name} - 1",
                    f"{name} // {literal.of('pos')}",
                    f"{name} ** 2",
                ),
                "bool": (
                    f"{name} > {self.of('int', 0)}",
                    f"{name} % {literal.of('pos')} == 0",
                    f"{name} < 0",
                    f"{name} % 2 == 1",
                    f"{name} != {self.of('int', 0)}",
                    f"{name} >= {literal.of('pos')}",
                    f"not {name}",
                    f"{literal.of('pos')} < {name} < {literal.of('big')}",
                ),
                "str": (f"str({name})", f"chr(97 + {name} % 26)"),
            }
        elif have == "float":
            options = {
                "float": (f"{name} * {literal.of('pos')}", f"{name} / 2", f"{name} + {self.of('float', 0)}")
            }
        else:
            options = {
                "int": (f"len({name})", f"{name}.count({literal.of('letter')})"),
                "bool": (
                    f"{name}.isalpha()",
                    f"{name}.isdigit()",
                    f"{name}.isupper()",
                    f"{name}.islower()",
                    f"{name} in 'aeiou'",
                    f"{name} != {self.of('chr', 0)}",
                    f"{name}.isalnum()",
                    f"{name} not in {self.of('str', 0)}",
                    f"{name} in {self.of('str', 0)}",
                    f"not {name}.isspace()",
                    f"{name} < 'm'",
                ),
                "str": (
                    f"{name}.upper()",
                    f"{name} * 2",
                    f"{name} + {literal.of('sep')}",
                    f"{name}.swapcase()",
                    f"{name} if {name}.isalpha() else {literal.of('sep')}",
                ),
            }
            if have == "str":
                options["bool"] += (
                    f"len({name}) > {literal.of('pos')}",
                    f"{name}.startswith({literal.of('sub')})",
                )
                options["str"] += (f"{name}[::-1]", f"{name}[:{literal.of('pos')}]", f"{name}.title()")
        return rng.choice(options.get(kind, (name,)))

    def _helper_call(self, kind: str, depth: int) -> str | None:
        names = [n for n, (_, result) in self.scope.helpers.items() if result == kind]
        if not names or self.rng.random() > 0.3:
            return None
        name = self.rng.choice(names)
        kinds, _ = self.scope.helpers[name]
        return (
            f"{name}({', '.join(self.of(k, depth - 1) if k == type_of(k) else self.atom(k) for k in kinds)})"
        )

    def fit(self, template: str) -> float:
        """Share of the holes that variables in scope can fill."""
        kinds = [m[2] for m in _HOLE.finditer(template) if m[2] in EXPRESSIONS or m[1] == "$"]
        have = sum(bool(self.scope.of(k)) for k in kinds)
        return (have + 0.2) / (len(kinds) + 0.3)
