"""An operation in steps of its own, where one answer to all of it is doubtful.

A model that is not sure of ``717 * 718`` is sure of ``7 * 8``; one that miscounts in ``'banana'.rfind('n')``
knows which of six characters are ``'n'``. What steps an operation has is known here, as the order of
evaluation is; what each step gives, the model is asked.
"""

from __future__ import annotations

import ast
from collections.abc import Generator, Sequence

from debugworld.sandboxes.debugger.limits import CUT

from ..display import items_of
from ..operand import MARK as LEFT_OUT
from ..outcome import Outcome
from . import characters, digits
from .ask import HOLE, MARK, Ask, Asking, Unsupported, told, yes

GROUP = 8
"""Items of a long list, or characters of a long string, that are looked at together."""
LONGEST = 64
"""Most items that are gone through one by one."""
MOST = 500
"""Questions after which an operation has too many steps."""
_QUOTES = ("'", '"')
_BITS: dict[type[ast.operator], str] = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
_REVERSED = ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1)))
_BASES = {"bin": ("0b", 2), "hex": ("0x", 16), "oct": ("0o", 8)}


def in_steps(ask: Ask) -> Generator[Ask, Outcome, Outcome | None]:
    """Asks a question's operation step by step.

    Args:
        ask: The question.

    Returns:
        What the steps come to; None where it is no operation on operands that are written out, or none
        whose steps are known, or a step raises.
    """
    steps = _outcome(ask)
    try:
        question = next(steps)
        for _ in range(MOST):
            question = steps.send((yield question))
    except StopIteration as end:
        found: Outcome = end.value
        return found
    except (Unsupported, SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        pass
    return None


def _outcome(ask: Ask) -> Asking[Outcome]:
    first, *rest = ask.prompt.removeprefix(MARK).split("\n")
    shown = CUT not in ask.prompt and LEFT_OUT not in ask.prompt
    if ask.whole or ask.enters or not shown or rest and not rest[0].startswith(f"{HOLE}=") or len(rest) > 1:
        raise Unsupported
    [statement] = ast.parse(first).body
    held = rest[0].removeprefix(f"{HOLE}=") if rest else ""
    if held and isinstance(statement, (ast.Assign, ast.AugAssign)):
        return (yield from _stored(statement, held))
    if not isinstance(statement, ast.Expr):
        raise Unsupported
    if held:
        return (yield from _changed(statement.value, held))
    return Outcome("R", (yield from _value(statement.value)))


def _value(node: ast.expr) -> Asking[str]:
    if isinstance(node, ast.BinOp):
        return (yield from _operated(_literal(node.left), node.op, _literal(node.right)))
    if isinstance(node, ast.Subscript):
        text = _literal(node.value)
        if isinstance(node.slice, ast.Slice):
            return (yield from _slice(text, node.slice))
        key = _literal(node.slice)
        return (yield from (_under(text, key) if text[0] == "{" else _item(text, key)))
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        item, text = _literal(node.left), _literal(node.comparators[0])
        found = yield from (characters.inside(item, text) if text[0] in _QUOTES else _member(item, text))
        return str(found == isinstance(node.ops[0], ast.In))
    if isinstance(node, ast.Dict):
        return (yield from _joined(node))
    if not isinstance(node, ast.Call):
        raise Unsupported
    if isinstance(node.func, ast.Name) and node.func.id == "list" and not node.keywords:
        return (yield from _counted(node.args))
    arguments = [_literal(each) for each in node.args]
    words = {str(keyword.arg): _literal(keyword.value) for keyword in node.keywords}
    if isinstance(node.func, ast.Name):
        return (yield from _called(node.func.id, arguments, words))
    if not isinstance(node.func, ast.Attribute):
        raise Unsupported
    base, name = node.func.value, node.func.attr
    if isinstance(base, ast.Name) and base.id != "str" or words.keys() - {"maxsplit"}:
        raise Unsupported
    text = "''" if isinstance(base, ast.Name) else _literal(base)
    if name == "maketrans" and text[0] in _QUOTES and len(arguments) == 2:
        return (yield from characters.table(*arguments))
    if text[0] not in _QUOTES:
        return (yield from _looked_up(text, name, arguments))
    if isinstance(base, ast.Name) or words and len(arguments) != 1:
        raise Unsupported
    return (yield from characters.by_method(text, name, [*arguments, *words.values()]))


def _changed(node: ast.expr, held: str) -> Asking[Outcome]:
    """Returns what a method of a list does to it."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.keywords:
        raise Unsupported
    base = node.func.value
    if not isinstance(base, ast.Name) or base.id != HOLE:
        raise Unsupported
    arguments = [_literal(each) for each in node.args]
    if held[0] == "{" and node.func.attr == "update" and len(arguments) == 1:
        return _done("R", held, (yield from _merged(held, arguments[0])), "None")
    if held[0] != "[":
        raise Unsupported
    if node.func.attr == "remove" and len(arguments) == 1:
        items = _items(held)
        place = yield from _first(arguments[0], items)
        del items[place]
    elif node.func.attr == "sort" and not arguments:
        items = yield from _sorted(_items(held), "<")
    else:
        return Outcome("R", (yield from _looked_up(held, node.func.attr, arguments)))
    return _done("R", held, f"[{', '.join(items)}]", "None")


def _stored(node: ast.Assign | ast.AugAssign, held: str) -> Asking[Outcome]:
    """Returns what a dictionary is once a value is put under a key, or another is merged into it."""
    if isinstance(node, ast.AugAssign):
        if not isinstance(node.target, ast.Name) or not isinstance(node.op, ast.BitOr):
            raise Unsupported
        return _done("L", held, (yield from _merged(held, _literal(node.value))))
    [target] = node.targets
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name) or held[0] != "{":
        raise Unsupported
    pair = f"{{{_literal(target.slice)}: {_literal(node.value)}}}"
    return _done("L", held, (yield from _merged(held, pair)))


def _done(letter: str, before: str, after: str, value: str = "") -> Outcome:
    return Outcome(letter, value, changes={} if after == before else {HOLE: after})


def _operated(left: str, operator: ast.operator, right: str) -> Asking[str]:
    if isinstance(operator, ast.BitOr) and left[0] == "{":
        return (yield from _merged(left, right))
    if isinstance(operator, ast.Mult) and (left[0] in "[('\"" or right[0] in "[('\""):
        return (yield from _repeated(left, right) if right.isdigit() else _repeated(right, left))
    if isinstance(operator, (ast.FloorDiv, ast.Mod)):
        return (yield from digits.divided(left, right))[isinstance(operator, ast.Mod)]
    if isinstance(operator, (ast.LShift, ast.RShift)):
        return (yield from digits.shifted(left, right, isinstance(operator, ast.LShift)))
    if type(operator) in _BITS:
        return (yield from digits.bitwise(left, _BITS[type(operator)], right))
    steps = {ast.Add: digits.plus, ast.Sub: digits.minus, ast.Mult: digits.times, ast.Pow: digits.power}
    if type(operator) not in steps:
        raise Unsupported
    return (yield from steps[type(operator)](left, right))


def _called(name: str, arguments: list[str], words: dict[str, str]) -> Asking[str]:
    down = words.pop("reverse", "False") if name == "sorted" else "False"
    if words or down not in ("False", "True"):
        raise Unsupported
    if name == "int" and len(arguments) == 2:
        text, base = characters.read(arguments[0]), arguments[1]
        if base not in ("2", "8", "16"):
            raise Unsupported
        return (yield from digits.from_base(text, int(base)))
    if name == "divmod" and len(arguments) == 2:
        return f"({', '.join((yield from digits.divided(*arguments)))})"
    if name == "pow" and len(arguments) in (2, 3):
        raised = yield from digits.power(*arguments[:2])
        return raised if len(arguments) == 2 else (yield from digits.divided(raised, arguments[2]))[1]
    if len(arguments) != 1:
        raise Unsupported
    [text] = arguments
    if name in _BASES:
        mark, size = _BASES[name]
        return repr(mark + (yield from digits.in_base(text, size)))
    if name == "len":
        return (yield from _length(text))
    if name == "sum":
        return (yield from _sum(_items(text)))
    if name in ("max", "min"):
        return (yield from _extreme(_items(text), ">" if name == "max" else "<"))
    if name == "sorted":
        items = list(map(repr, characters.read(text))) if text[0] in _QUOTES else _items(text)
        return f"[{', '.join((yield from _sorted(items, '>' if down == 'True' else '<')))}]"
    raise Unsupported


def _counted(nodes: Sequence[ast.expr]) -> Asking[str]:
    """Returns the list of a range."""
    made = nodes[0] if len(nodes) == 1 else None
    named = isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "range"
    if not isinstance(made, ast.Call) or not named or made.keywords or not 0 < len(made.args) < 4:
        raise Unsupported
    given = [_literal(each) for each in made.args]
    start, stop, step = (["0", *given, "1"] if len(given) == 1 else [*given, "1"])[:3]
    if step == "0":
        raise Unsupported
    found: list[str] = []
    while (yield from yes(f"{start} {'>' if step.startswith('-') else '<'} {stop}")):
        found.append(start)
        start = yield from digits.plus(start, step)
        if len(found) > LONGEST:
            raise Unsupported
    return f"[{', '.join(found)}]"


def _looked_up(text: str, name: str, arguments: list[str]) -> Asking[str]:
    """Returns where an item stands in a list or tuple, or how often; what stands under a key."""
    if text[0] == "{" and name == "get" and len(arguments) in (1, 2):
        return (yield from _under(text, arguments[0], (*arguments, "None")[1]))
    if len(arguments) != 1 or name not in ("count", "index"):
        raise Unsupported
    items = _items(text)
    if name == "index":
        return str((yield from _first(arguments[0], items)))
    count = 0
    for item in items:
        count += yield from yes(f"{item} == {arguments[0]}")
    return str(count)


def _first(wanted: str, items: Sequence[str]) -> Asking[int]:
    for place, item in enumerate(items):
        if (yield from yes(f"{item} == {wanted}")):
            return place
    raise Unsupported


def _under(text: str, key: str, default: str = "") -> Asking[str]:
    """Returns what a dictionary holds under a key."""
    shown = ast.literal_eval(text)
    if not isinstance(shown, dict) or not 1 < len(shown) <= LONGEST:
        raise Unsupported
    for each, value in shown.items():
        if (yield from yes(f"{each!r} == {key}")):
            return repr(value)
    if not default:
        raise Unsupported
    return default


def _joined(node: ast.Dict) -> Asking[str]:
    """Returns a dictionary that is written with others in it."""
    found = "{}"
    for key, value in zip(node.keys, node.values, strict=True):
        part = _literal(value) if key is None else f"{{{_literal(key)}: {_literal(value)}}}"
        found = yield from _merged(found, part)
    return found


def _merged(text: str, other: str) -> Asking[str]:
    """Returns a dictionary with the items of another; a key that it has keeps its place and its own text."""
    shown, added = ast.literal_eval(text), ast.literal_eval(other)
    if not isinstance(shown, dict) or not isinstance(added, dict) or len(shown) * len(added) > MOST:
        raise Unsupported
    items = [[repr(key), repr(value)] for key, value in shown.items()]
    for key, value in added.items():
        for item in items:
            if (yield from yes(f"{item[0]} == {key!r}")):
                item[1] = repr(value)
                break
        else:
            items.append([repr(key), repr(value)])
    return f"{{{', '.join(': '.join(item) for item in items)}}}"


def _member(wanted: str, text: str) -> Asking[bool]:
    shown = ast.literal_eval(text)
    if not isinstance(shown, (dict, list, set, tuple)) or not 1 < len(shown) <= LONGEST:
        raise Unsupported
    for item in map(repr, shown):
        if (yield from yes(f"{item} == {wanted}")):
            return True
    return False


def _sum(items: Sequence[str]) -> Asking[str]:
    found = items[0]
    for item in items[1:]:
        found = yield from digits.plus(found, item)
    return found


def _extreme(items: Sequence[str], sign: str) -> Asking[str]:
    found = items[0]
    for item in items[1:]:
        if (yield from yes(f"{item} {sign} {found}")):
            found = item
    return found


def _sorted(items: list[str], sign: str) -> Asking[list[str]]:
    """Merges halves, which keeps the order of what is equal."""
    if len(items) < 2:
        return items
    half = len(items) // 2
    left, right = (yield from _sorted(items[:half], sign)), (yield from _sorted(items[half:], sign))
    found: list[str] = []
    while left and right:
        later = yield from yes(f"{right[0]} {sign} {left[0]}")
        found.append((right if later else left).pop(0))
    return found + left + right


def _length(text: str) -> Asking[str]:
    found = "0"
    for group in _groups(text):
        found = yield from digits.plus(found, (yield from told(f"len({group})")))
    return found


def _item(text: str, key: str) -> Asking[str]:
    groups = _groups(text)
    row, place = yield from _spot(text, key)
    if row >= len(groups):
        raise Unsupported
    return (yield from told(f"{groups[row]}[{place}]"))


def _slice(text: str, key: ast.Slice) -> Asking[str]:
    """Returns a slice of a long string or list: pieces of its groups, one behind the other."""
    step = "1" if key.step is None else _literal(key.step)
    if step not in ("1", "-1"):
        return (yield from _strided(text, key, step))
    groups = _groups(text)
    if step == "-1":
        if key.lower is not None or key.upper is not None:
            raise Unsupported
        pieces = [f"{group}[::-1]" for group in reversed(groups)]
    else:
        start = (0, 0) if key.lower is None else (yield from _spot(text, _literal(key.lower)))
        stop = (len(groups), 0) if key.upper is None else (yield from _spot(text, _literal(key.upper)))
        pieces = []
        for row, group in enumerate(groups):
            if start[0] <= row <= stop[0]:
                first = str(start[1]) if row == start[0] else ""
                last = str(stop[1]) if row == stop[0] else ""
                pieces.append(f"{group}[{first}:{last}]")
    return (yield from _together(text, pieces))


def _strided(text: str, key: ast.Slice, step: str) -> Asking[str]:
    """Returns every so many characters or items of a slice: of each of its groups, which begin with one."""
    size = step.removeprefix("-")
    if not size.isdigit() or size == "0":
        raise Unsupported
    if step != size:
        if key.lower is not None or key.upper is not None:
            raise Unsupported
        text = yield from told(f"{text}[::-1]") if _size(text) <= GROUP else _slice(text, _REVERSED)
    elif key.lower is not None or key.upper is not None:
        part = ast.Slice(key.lower, key.upper)
        text = yield from (
            told(f"{text}[{ast.unparse(part)}]") if _size(text) <= GROUP else _slice(text, part)
        )
    width = int(size)
    many = width * (GROUP // 2 // width)
    groups = _groups(text, many if width < many < _size(text) else width)
    return (yield from _together(text, [f"{group}[::{size}]" for group in groups]))


def _together(text: str, pieces: Sequence[str]) -> Asking[str]:
    """Returns what pieces of a string, list or tuple come to, one behind the other."""
    found = []
    for piece in pieces:
        found.append((yield from told(piece)))
    if text[0] in _QUOTES:
        return repr("".join(map(characters.read, found)))
    parts = [item for piece in found for item in items_of(piece) or ()]
    return f"{text[0]}{', '.join(parts)}{',' if text[0] == '(' and len(parts) == 1 else ''}{text[-1]}"


def _spot(text: str, key: str) -> Asking[tuple[int, int]]:
    """Returns the group in which an index stands, and its place there."""
    if key.startswith("-"):
        key = yield from digits.plus(str(_size(text)), key)
    row, place = yield from digits.divided(key, str(GROUP))
    if row.startswith("-"):
        raise Unsupported
    return int(row), int(place)


def _repeated(text: str, times: str) -> Asking[str]:
    """Returns a string or list several times, by doubling."""
    if not times.isdigit() or int(times) < 2:
        raise Unsupported
    if times == "2":
        return (yield from told(f"{text} + {text}"))
    half, odd = yield from digits.divided(times, "2")
    found = text if half == "1" else (yield from _repeated(text, half))
    found = yield from told(f"{found} + {found}")
    return found if odd == "0" else (yield from told(f"{found} + {text}"))


# Texts of values


def _literal(node: ast.expr) -> str:
    """Returns the text of a value that is written out.

    Raises:
        Unsupported: it is something else.
    """
    try:
        return repr(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError):
        raise Unsupported from None


def _items(text: str) -> list[str]:
    """Returns the items of a list or tuple that has more than one."""
    items = items_of(text)
    if items is None or not 1 < len(items) <= LONGEST:
        raise Unsupported
    return items


def _size(text: str) -> int:
    return len(ast.literal_eval(text) if text[0] in _QUOTES else _items(text))


def _groups(text: str, size: int = GROUP) -> list[str]:
    """Returns a long string, list or tuple in pieces."""
    if text[0] in _QUOTES:
        value = characters.read(text)
        found = [repr(value[place : place + size]) for place in range(0, len(value), size)]
    else:
        items = _items(text)
        rows = [items[place : place + size] for place in range(0, len(items), size)]
        found = [f"[{', '.join(row)}]" for row in rows]
    if len(found) < 2:
        raise Unsupported
    return found
