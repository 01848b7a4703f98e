"""How arguments become a frame's first variables: by their places and names, with no value looked at.

As in "Calls" of the Python language reference. What is given back is the text of every parameter, or None
where that is not certain: too few, too many or unknown arguments, which raise, or a default that is no
immutable literal and so may be anything by now.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence


def bind(node: ast.arguments, placed: Sequence[str], named: Mapping[str, str]) -> dict[str, str] | None:
    """Gives each parameter the text of its argument.

    Args:
        node: The parameters.
        placed: Texts of the positional arguments.
        named: Texts of the keyword arguments, by name.

    Returns:
        Texts by parameter, in the order of a frame's variables; None where they are not certain.
    """
    plain = [*node.posonlyargs, *node.args]
    if len(placed) > len(plain) and node.vararg is None:
        return None
    given = {parameter.arg: text for parameter, text in zip(plain, placed, strict=False)}
    rest: dict[str, str] = {}
    by_name = {parameter.arg for parameter in (*node.args, *node.kwonlyargs)}
    for name, text in named.items():
        if name in given and name in by_name or name not in by_name and node.kwarg is None:
            return None
        (given if name in by_name else rest)[name] = text
    defaults = dict(zip([p.arg for p in reversed(plain)], reversed(node.defaults), strict=False))
    defaults |= {p.arg: d for p, d in zip(node.kwonlyargs, node.kw_defaults, strict=True) if d is not None}
    for name, default in defaults.items():
        known = constant(default)
        if name not in given and known is not None:
            given[name] = known
    names = [parameter.arg for parameter in (*plain, *node.kwonlyargs)]
    if any(name not in given for name in names):
        return None
    bound = {name: given[name] for name in names}
    if node.vararg is not None:
        more = placed[len(plain) :]
        bound[node.vararg.arg] = f"({more[0]},)" if len(more) == 1 else f"({', '.join(more)})"
    if node.kwarg is not None:
        bound[node.kwarg.arg] = "{" + ", ".join(f"{name!r}: {text}" for name, text in rest.items()) + "}"
    return bound


def constant(node: ast.expr) -> str | None:
    """Returns the text of a literal that nothing can change; None for anything else."""
    if isinstance(node, ast.Tuple):
        parts = [constant(part) for part in node.elts]
        if None in parts:
            return None
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(map(str, parts))})"
    signed = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) and signed else node
    if not isinstance(inner, ast.Constant) or isinstance(inner.value, type(...)):
        return None
    if signed and not isinstance(inner.value, (int, float)):
        return None
    return f"{'-' if signed else ''}{inner.value!r}"
