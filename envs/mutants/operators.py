"""Mutation operators: what one small slip may do to a program.

Names as in the mutation literature: Offutt et al., "An Experimental Determination of
Sufficient Mutant Operators" (1996), for AOR, CRP, LCR, ROR, SDL and UOI; Derezińska and
Hałas, "Experimental Evaluation of Mutation Testing Approaches to Python Programs" (2014),
whose tool is MutPy, for the rest. What they are replaced by is our own choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import libcst as cst

OPERATORS = {
    "AOD": "arithmetic operator deletion",
    "AOR": "arithmetic operator replacement",
    "ASR": "assignment operator replacement",
    "BCR": "break and continue replacement",
    "COD": "conditional operator deletion",
    "COI": "conditional operator insertion",
    "CRP": "constant replacement",
    "DDL": "decorator deletion",
    "EHD": "exception handler deletion",
    "EXS": "exception swallowing",
    "LCR": "logical connector replacement",
    "LOD": "logical operator deletion",
    "LOR": "logical operator replacement",
    "OIL": "one iteration loop",
    "RIL": "reverse iteration loop",
    "ROR": "relational operator replacement",
    "SDL": "statement deletion",
    "SIR": "slice index removal",
    "SVD": "self variable deletion",
    "UOI": "unary operator insertion",
    "ZIL": "zero iteration loop",
}
"""The operators by their short names."""
_ARITHMETIC = {
    "Add": ("Subtract",),
    "Subtract": ("Add",),
    "Multiply": ("Add", "FloorDivide"),
    "Divide": ("FloorDivide", "Multiply"),
    "FloorDivide": ("Divide", "Multiply"),
    "Modulo": ("FloorDivide", "Multiply"),
    "Power": ("Multiply",),
}
_BITS = {
    "BitAnd": ("BitOr",),
    "BitOr": ("BitAnd",),
    "BitXor": ("BitAnd",),
    "LeftShift": ("RightShift",),
    "RightShift": ("LeftShift",),
}
_RELATIONS = {
    "LessThan": ("LessThanEqual", "GreaterThan"),
    "LessThanEqual": ("LessThan", "GreaterThanEqual"),
    "GreaterThan": ("GreaterThanEqual", "LessThan"),
    "GreaterThanEqual": ("GreaterThan", "LessThanEqual"),
    "Equal": ("NotEqual",),
    "NotEqual": ("Equal",),
    "In": ("NotIn",),
    "NotIn": ("In",),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
_ORDERED = frozenset({"LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"})
_COUNTED = frozenset({"Subtract", "FloorDivide", "Modulo"})
_WORD = "mutant"
"""What stands in the place of an empty string."""


@dataclass(frozen=True)
class Mutation:
    """One operator at one place."""

    operator: str
    """Its short name."""
    _module: Any = field(repr=False)
    _old: Any = field(repr=False)
    _new: Any = field(repr=False)

    def source(self) -> str:
        """Returns the mutated program; it need not compile."""
        code: str = self._module.deep_replace(self._old, self._new).code
        return code


def mutations_of(source: str) -> list[Mutation]:
    """Returns all first-order mutations of a program, in the order of its text.

    Raises:
        ModuleNotFoundError: libcst is missing.
        libcst.ParserSyntaxError: the program does not parse.
    """
    import libcst as cst
    from libcst import metadata

    wrapper = metadata.MetadataWrapper(cst.parse_module(source))
    parents = wrapper.resolve(metadata.ParentNodeProvider)
    sites = _Sites(cst, parents)
    found: list[Mutation] = []

    def walk(node: cst.CSTNode) -> None:
        if isinstance(node, (cst.Annotation, cst.Import, cst.ImportFrom)):
            return
        for operator, old, new in sites.of(node):
            found.append(Mutation(operator, wrapper.module, old, new))
        for child in node.children:
            walk(child)

    walk(wrapper.module)
    return found


_Site = tuple[str, Any, Any]


class _Sites:
    """What each kind of node offers: operator, node to replace, replacement."""

    def __init__(self, cst: Any, parents: Any) -> None:
        self.cst = cst
        self.parents = parents
        self._kinds: dict[str, Callable[[Any], Iterator[_Site]]] = {
            "UnaryOperation": self._unary,
            "BinaryOperation": self._binary,
            "AugAssign": self._augmented,
            "Break": self._jump,
            "Continue": self._jump,
            "If": self._condition,
            "While": self._loop,
            "For": self._loop,
            "IfExp": self._condition,
            "Integer": self._number,
            "Float": self._number,
            "SimpleString": self._string,
            "Name": self._name,
            "Attribute": self._attribute,
            "Decorator": self._decorator,
            "ExceptHandler": self._handler,
            "BooleanOperation": self._connector,
            "ComparisonTarget": self._relation,
            "IndentedBlock": self._block,
            "Slice": self._slice,
        }

    def of(self, node: cst.CSTNode) -> Iterator[_Site]:
        """Yields what can be done at a node."""
        kind = self._kinds.get(type(node).__name__)
        return kind(node) if kind else iter(())

    def _swap(self, operator: str, node: Any, table: Mapping[str, Sequence[str]]) -> Iterator[_Site]:
        for name in table.get(type(node).__name__, ()):
            spaces = {key: getattr(node, key) for key in ("whitespace_before", "whitespace_after")}
            yield operator, node, getattr(self.cst, name)(**spaces)

    def _unary(self, node: Any) -> Iterator[_Site]:
        names = {"Minus": "AOD", "Plus": "AOD", "Not": "COD", "BitInvert": "LOD"}
        yield names[type(node.operator).__name__], node, self._bracketed(node.expression)

    def _binary(self, node: Any) -> Iterator[_Site]:
        texts = (self.cst.SimpleString, self.cst.FormattedString, self.cst.ConcatenatedString)
        if not isinstance(node.left, texts) and not isinstance(node.right, texts):
            yield from self._swap("AOR", node.operator, _ARITHMETIC)
        yield from self._swap("LOR", node.operator, _BITS)

    def _augmented(self, node: Any) -> Iterator[_Site]:
        both = _ARITHMETIC | _BITS
        name = type(node.operator).__name__.removesuffix("Assign")
        for other in both.get(name, ()):
            yield "ASR", node.operator, getattr(self.cst, f"{other}Assign")()

    def _jump(self, node: Any) -> Iterator[_Site]:
        other = self.cst.Continue if isinstance(node, self.cst.Break) else self.cst.Break
        yield "BCR", node, other(semicolon=node.semicolon)

    def _condition(self, node: Any) -> Iterator[_Site]:
        if not isinstance(node.test, self.cst.UnaryOperation):
            yield "COI", node.test, self.cst.UnaryOperation(self.cst.Not(), self._bracketed(node.test))

    def _loop(self, node: Any) -> Iterator[_Site]:
        if isinstance(node, self.cst.While):
            yield from self._condition(node)
        else:
            call = self.cst.Call(self.cst.Name("reversed"), [self.cst.Arg(node.iter)])
            yield "RIL", node.iter, call
        body = node.body
        if isinstance(body, self.cst.IndentedBlock):
            stop = self.cst.SimpleStatementLine([self.cst.Break()])
            yield "OIL", body, body.with_changes(body=[*body.body, stop])
            yield "ZIL", body, body.with_changes(body=[stop, *body.body])

    def _number(self, node: Any) -> Iterator[_Site]:
        value = node.evaluated_value
        if value < 2**53:
            yield "CRP", node, node.with_changes(value=repr(value + 1))
            if value >= 1:
                yield "CRP", node, node.with_changes(value=repr(value - 1))

    def _string(self, node: Any) -> Iterator[_Site]:
        alone = isinstance(self.parents.get(node), self.cst.Expr)  # a docstring, most likely
        if not alone and isinstance(node.evaluated_value, str):
            yield "CRP", node, node.with_changes(value=repr("" if node.evaluated_value else _WORD))

    def _name(self, node: Any) -> Iterator[_Site]:
        if node.value in ("True", "False"):
            yield "CRP", node, node.with_changes(value=str(node.value == "False"))
        elif node.value != "None" and self._is_count(node):
            for sign in (self.cst.Add(), self.cst.Subtract()):
                changed = self.cst.BinaryOperation(node, sign, self.cst.Integer("1"))
                yield "UOI", node, self._bracketed(changed)

    def _is_count(self, node: Any) -> bool:
        """Whether a variable stands where a number stands most often: one that can be one off."""
        cst, parent = self.cst, self.parents[node]
        match parent:
            case cst.Index():
                return True
            case cst.ComparisonTarget():
                return type(parent.operator).__name__ in _ORDERED
            case cst.Comparison():
                return type(parent.comparisons[0].operator).__name__ in _ORDERED
            case cst.BinaryOperation():
                return type(parent.operator).__name__ in _COUNTED
            case cst.Arg(keyword=None):
                call = self.parents[parent]
                return isinstance(call, cst.Call) and getattr(call.func, "value", "") == "range"
        return False

    def _attribute(self, node: Any) -> Iterator[_Site]:
        if isinstance(node.value, self.cst.Name) and node.value.value == "self":
            yield "SVD", node, node.attr

    def _decorator(self, node: Any) -> Iterator[_Site]:
        yield "DDL", node, self.cst.RemoveFromParent()

    def _handler(self, node: Any) -> Iterator[_Site]:
        for operator, statement in (("EHD", self.cst.Raise()), ("EXS", self.cst.Pass())):
            line = self.cst.SimpleStatementLine([statement])
            yield operator, node.body, self.cst.IndentedBlock([line])

    def _connector(self, node: Any) -> Iterator[_Site]:
        yield from self._swap("LCR", node.operator, {"And": ("Or",), "Or": ("And",)})

    def _relation(self, node: Any) -> Iterator[_Site]:
        yield from self._swap("ROR", node.operator, _RELATIONS)

    def _block(self, node: Any) -> Iterator[_Site]:
        cst = self.cst
        for statement in node.body:
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                continue
            if isinstance(statement, cst.SimpleStatementLine):
                first = statement.body[0]
                text = isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString)
                if text or isinstance(
                    first, (cst.Pass, cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal)
                ):
                    continue
            line = cst.SimpleStatementLine([cst.Pass()], leading_lines=statement.leading_lines)
            yield "SDL", statement, line

    def _slice(self, node: Any) -> Iterator[_Site]:
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield "SIR", node, node.with_changes(**{part: None})

    def _bracketed(self, node: Any) -> Any:
        names = ("Name", "Call", "Attribute", "Subscript", "Integer", "Float")
        if node.lpar or type(node).__name__ in names:
            return node
        return node.with_changes(lpar=[self.cst.LeftParen()], rpar=[self.cst.RightParen()])
