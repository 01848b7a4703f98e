"""Reads grammars in the GBNF notation, by itself and not by our writer: what a server makes of them."""

from __future__ import annotations

import re
from typing import Any

from debugworld.worldmodel.constraint import END

Item = tuple[str, Any]
Stack = tuple[Item, ...]
_TOKEN = re.compile(r'\s*(::=|\[(?:\\.|[^\]])*\]|"(?:\\.|[^"])*"|[()|?]|[a-z][a-z0-9-]*)')
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\(.)|(.)", re.DOTALL)


class GbnfGrammar:
    """The texts of a written grammar: rules, alternatives, literals, classes of characters, groups and ``?``.

    Raises:
        ValueError: it is not written that way, or a rule is missing.
    """

    def __init__(self, text: str) -> None:
        self.key = text
        self._rules: dict[str, list[Stack]] = {}
        for line in text.splitlines():
            name, sign, body = line.partition("::=")
            if not sign:
                raise ValueError(f"no rule: {line!r}")
            parts, place = [], 0
            while place < len(body.rstrip()):
                match = _TOKEN.match(body, place)
                if match is None:
                    raise ValueError(f"cannot read {body[place:]!r}")
                parts.append(match[1])
                place = match.end()
            self._rules[name.strip()] = self._alternatives(parts)
            if parts:
                raise ValueError(f"{parts[0]!r} closes nothing")
        items = [item for rule in self._rules.values() for stack in rule for item in stack]
        used = {what for kind, what in items if kind == "rule"}
        if "root" not in self._rules or used - self._rules.keys():
            raise ValueError(f"missing rules: {sorted({'root', *used} - self._rules.keys())}")

    def _alternatives(self, parts: list[str]) -> list[Stack]:
        found: list[list[Item]] = [[]]
        while parts and parts[0] != ")":
            part = parts.pop(0)
            if part == "|":
                found.append([])
            elif part == "?":
                found[-1][-1] = ("any", ((found[-1][-1],), ()))
            elif part == "(":
                found[-1].append(("any", tuple(self._alternatives(parts))))
                if not parts or parts.pop(0) != ")":
                    raise ValueError("a group has no end")
            elif part[0] == "[":
                found[-1].append(("class", frozenset(map(ord, _characters(part[1:-1])))))
            elif part[0] == '"':
                found[-1] += [("class", frozenset({ord(each)})) for each in _characters(part[1:-1])]
            else:
                found[-1].append(("rule", part))
        return [tuple(one) for one in found]

    def start(self) -> frozenset[Stack]:
        return self._reached([(("rule", "root"),)])

    def allowed(self, state: frozenset[Stack]) -> frozenset[int]:
        return frozenset({END} if () in state else ()).union(*(stack[0][1] for stack in state if stack))

    def advance(self, state: frozenset[Stack], symbol: int) -> frozenset[Stack]:
        return self._reached([stack[1:] for stack in state if stack and symbol in stack[0][1]])

    def _reached(self, stacks: list[Stack]) -> frozenset[Stack]:
        found = set()
        while stacks:
            stack = stacks.pop()
            if not stack or stack[0][0] == "class":
                found.add(stack)
                continue
            kind, what = stack[0]
            stacks += [(*way, *stack[1:]) for way in (self._rules[what] if kind == "rule" else what)]
        return frozenset(found)


def _characters(text: str) -> list[str]:
    names = {"n": "\n", "t": "\t", "r": "\r"}
    return [
        chr(int(match[1], 16)) if match[1] else names.get(match[2], match[2]) if match[2] else match[3]
        for match in _ESCAPE.finditer(text)
    ]
