"""Small questions over long and strange operands, as real functions hold them.

Where `drills` fills templates with what a generator's programs hold, here texts are up to forty characters of
any kind, lists mix types and nest, numbers have many digits, and what is looked for is mostly there.
"""

from __future__ import annotations

import heapq
import random
import string
from collections.abc import Callable

from debugworld.worldmodel.data.long_values import LongValues
from debugworld.worldmodel.markov.thought.ask import HOLE

_TESTS = [
    *("isalpha", "isdigit", "isupper", "islower", "isalnum", "isnumeric"),
    *("isdecimal", "isspace", "istitle", "isidentifier", "isascii", "isprintable"),
]
_CASES = [
    *("upper", "lower", "title", "capitalize", "swapcase", "casefold"),
    *("strip", "lstrip", "rstrip", "split", "splitlines"),
]
_BISECTIONS = ("bisect_left", "bisect_right", "insort")
_SEARCHES = ["find", "find", "rfind", "index", "rindex", "count", "count", "startswith", "endswith"]


class Wide(LongValues):
    """Draws questions, without the mark before them.

    Args:
        rng: where chance comes from.
    """

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        makers: dict[Callable[[], str], int] = {
            self._text_method: 24,
            self._text_operator: 12,
            self._list_change: 16,
            self._list_question: 16,
            self._dict_change: 8,
            self._dict_question: 8,
            self._set_question: 4,
            self._queue: 4,
            self._turn: 20,
            self._number: 18,
            self._written: 6,
        }
        self._makers, self._weights = list(makers), list(makers.values())

    def question(self) -> str:
        """Returns the text of a question."""
        [maker] = self._rng.choices(self._makers, self._weights)
        return maker()

    def _text_method(self) -> str:
        rng, text = self._rng, self.text()
        draw = rng.random()
        if draw < 0.2:
            if rng.random() < 0.6:
                text = rng.choice((" ", "  ", "", "\n")) + text + rng.choice((" ", "", "\t"))
            return f"{text!r}.{rng.choice(_CASES)}()"
        if draw < 0.34:
            if rng.random() < 0.4:
                text = text[:1]
            return f"{text!r}.{rng.choice(_TESTS)}()"
        piece = self.piece(text)
        if draw < 0.5:
            name = rng.choice(
                ["find", "find", "rfind", "index", "rindex", "count", "count", "startswith", "endswith"]
            )
            if name in ("startswith", "endswith") and text and rng.random() < 0.5:
                size = rng.randint(1, min(5, len(text)))
                piece = text[:size] if name == "startswith" else text[-size:]
            extra = f", {rng.randint(0, len(text))}" if rng.random() < 0.1 else ""
            return f"{text!r}.{name}({piece!r}{extra})"
        if draw < 0.63:
            new = rng.choice(("", "", "*", "_", " ", self.text(4)))
            extra = f", {rng.randint(0, 2)}" if rng.random() < 0.15 else ""
            return f"{text!r}.replace({piece!r}, {new!r}{extra})"
        if draw < 0.75:
            if len(text) > 4 and rng.random() < 0.5:
                piece = rng.choice((",", " ", "-", ":", ", "))
                text = piece.join(self.text(7) for _ in range(rng.randint(1, 5)))
            name = rng.choice(("split", "split", "split", "rsplit", "partition", "rpartition"))
            extra = f", {rng.randint(1, 2)}" if "split" in name and rng.random() < 0.25 else ""
            return f"{text!r}.{name}({piece!r}{extra})"
        if draw < 0.81:
            ends = "".join(sorted({*self.piece(text[:2]), *self.piece(text[-2:])}))
            return f"{text!r}.{rng.choice(('strip', 'lstrip', 'rstrip'))}({ends!r})"
        if draw < 0.84:
            name = rng.choice(("removeprefix", "removesuffix"))
            size = rng.randint(1, 4)
            end = text[:size] if name == "removeprefix" else text[-size:]
            return f"{text!r}.{name}({(end if rng.random() < 0.7 else piece)!r})"
        if draw < 0.91:
            name, width = rng.choice(("ljust", "rjust", "center", "zfill")), len(text) + rng.randint(-3, 8)
            fill = f", {rng.choice(('*', '0', '-', '#'))!r}" if name != "zfill" and rng.random() < 0.6 else ""
            return f"{text!r}.{name}({max(0, width)}{fill})"
        if draw < 0.97:
            parts = (
                list(self.text(12))
                if rng.random() < 0.5
                else [self.text(6) for _ in range(rng.randint(0, 6))]
            )
            glue = rng.choice(("", "", " ", ",", "-", ", ", self.text(3)))
            return f"{glue!r}.join({(parts if rng.random() < 0.9 else self.text(12))!r})"
        letters = rng.sample(string.ascii_lowercase, 3)
        table = {ord(a): ord(b) for a, b in zip(letters, letters[1:], strict=False)}
        return f"{''.join(rng.choices(letters + ['a', 'e'], k=rng.randint(1, 12)))!r}.translate({table!r})"

    def _text_operator(self) -> str:
        rng, text = self._rng, self.text()
        piece = self.piece(text)
        forms = (
            f"{text!r}[{self.place(len(text))}]",
            f"{text!r}[{self.place(len(text))}]",
            f"{text!r}[{self.bounds(len(text))}]",
            f"{text!r}[{self.bounds(len(text))}]",
            f"{text!r} + {self.text(12)!r}",
            f"{text!r} + {piece!r}",
            f"{piece!r} + {text!r}",
            f"{self.text(6)!r} * {rng.randint(0, 5)}",
            f"{piece!r} in {text!r}",
            f"{piece!r} not in {text!r}",
            f"len({text!r})",
            f"len({text!r})",
            f"sorted({text!r})",
            f"set({text!r})",
            f"list({text!r})",
            f"list(reversed({text!r}))",
            f"max({text!r})",
            f"{text!r} == {(text if rng.random() < 0.4 else self.text())!r}",
            f"{self.text(8)!r} < {self.text(8)!r}",
            f"ord({(piece or 'a')[0]!r})",
            f"chr({rng.randint(32, 126)})",
            f"Counter({self.text(14)!r})",
        )
        return rng.choice(forms)

    def _list_change(self) -> str:
        rng, items = self._rng, self.items()
        new = self.member(items)
        calls = (
            f"_.append({new!r})",
            f"_.append({new!r})",
            "_.pop()",
            "_.pop()",
            "_.pop(0)",
            f"_.pop({self.place(len(items))})",
            f"_.insert({rng.choice((0, 0, self.place(len(items))))}, {new!r})",
            f"_.insert({self.place(len(items))}, {new!r})",
            f"_.remove({new!r})",
            f"_.remove({new!r})",
            f"_.extend({self.items(4)!r})",
            f"_.index({new!r})",
            f"_.index({new!r})",
            f"_.count({new!r})",
            f"_.count({new!r})",
            "_.sort()",
            "_.sort()",
            "_.sort(reverse=True)",
            "_.reverse()",
            "_.copy()",
            "_.clear()",
            f"_[{self.place(len(items))}] = {new!r}",
            f"_[{self.place(len(items))}] = {new!r}",
            f"del _[{self.place(len(items))}]",
            f"_ += {self.items(3)!r}",
            f"_.append({self.items(3)!r})",
        )
        return f"{rng.choice(calls)}\n{HOLE}={items!r}"

    def _list_question(self) -> str:
        rng, items = self._rng, self.items()
        new, size = self.member(items), len(items)
        forms = (
            f"{items!r}[{self.place(size)}]",
            f"{items!r}[{self.place(size)}]",
            f"{items!r}[{self.bounds(size)}]",
            f"{items!r}[{self.bounds(size)}]",
            f"{new!r} in {items!r}",
            f"{new!r} not in {items!r}",
            f"{items!r} + {self.items(5)!r}",
            f"{self.items(3)!r} * {rng.randint(0, 4)}",
            f"len({items!r})",
            f"len({items!r})",
            f"sum({items!r})",
            f"max({items!r})",
            f"min({items!r})",
            f"sorted({items!r})",
            f"sorted({items!r}, reverse=True)",
            f"list(reversed({items!r}))",
            f"{items!r}[::-1]",
            f"set({items!r})",
            f"tuple({items!r})",
            f"list(enumerate({self.items(5)!r}))",
            f"list(zip({self.items(6)!r}, {self.items(6)!r}))",
            f"dict(zip({[self.text(4) for _ in range(3)]!r}, {self.items(4)!r}))",
            f"any({items!r})",
            f"all({items!r})",
            f"bool({items!r})",
            f"{items!r} == {rng.choice((items, self.items(4)))!r}",
            f"{tuple(items)!r}[{self.place(size)}]",
            f"[{self.value()!r}] * {rng.randint(0, 6)}",
            f"Counter({items!r})",
            f"list(range({rng.randint(0, 9)}, {rng.randint(0, 24)}, {rng.choice((1, 2, 3))}))",
        )
        return rng.choice(forms)

    def _dict_change(self) -> str:
        rng, held = self._rng, self.mapping()
        key, new = self.member(held), self.value()
        kind = rng.random()
        calls = [
            f"_[{key!r}] = {new!r}",
            f"_[{key!r}] = {new!r}",
            f"_.pop({key!r})",
            f"_.pop({key!r}, None)",
            f"_.get({key!r})",
            f"_.get({key!r}, 0)",
            f"_.setdefault({key!r}, {rng.choice(([], 0, new))!r})",
            f"_.update({self.mapping()!r})",
            f"del _[{key!r}]",
            "_.items()",
            "_.keys()",
            "_.values()",
            "_.copy()",
            "_.popitem()",
        ]
        text = repr(held)
        if kind < 0.12:
            text = f"defaultdict(<class 'int'>, { {k: rng.randint(0, 9) for k in held}!r})"
        elif kind < 0.24:
            counts = sorted(((k, rng.randint(0, 5)) for k in held), key=lambda pair: -pair[1])
            text = f"Counter({dict(counts)!r})"
            calls = [f"_[{key!r}] = {rng.randint(0, 9)}", f"_.most_common({rng.randint(1, 3)})", *calls[2:6]]
        return f"{rng.choice(calls)}\n{HOLE}={text}"

    def _dict_question(self) -> str:
        rng, held = self._rng, self.mapping()
        key = self.member(held)
        counts = {k: rng.randint(0, 9) for k in held}
        forms = (
            f"{held!r}[{key!r}]",
            f"{held!r}[{key!r}]",
            f"{held!r}[{key!r}]",
            f"{key!r} in {held!r}",
            f"{key!r} in {held!r}",
            f"{key!r} not in {held!r}",
            f"len({held!r})",
            f"list({held!r})",
            f"sorted({held!r})",
            f"bool({held!r})",
            f"defaultdict(<class 'int'>, {counts!r})[{key!r}]",
            f"defaultdict(<class 'list'>, { {k: [rng.randint(0, 9)] for k in held}!r})[{key!r}]",
            f"Counter({counts!r})[{key!r}]",
            f"sum(dict_values({list(counts.values())!r}))",
            f"max(dict_values({(list(counts.values()) or [1])!r}))",
            f"list(dict_keys({list(held)!r}))",
            f"list(dict_values({list(held.values())!r}))",
            f"list(dict_items({list(held.items())!r}))",
            f"dict.fromkeys({list(held)!r}, {rng.choice((0, None, 1))})",
        )
        return rng.choice(forms)

    def _set_question(self) -> str:
        rng, held = self._rng, self.set_text()
        new = repr(rng.randint(0, 20)) if "'" not in held else repr(self.text(3))
        sign = rng.choice(("|", "&", "-", "^", "<=", "=="))
        change = rng.choice(
            (
                f"_.add({new})",
                f"_.add({new})",
                f"_.discard({new})",
                f"_.remove({new})",
                f"_.update({self.items(4)!r})",
            )
        )
        forms = (
            f"{held} {sign} {self.set_text()}",
            f"{new} in {held}",
            f"{new} not in {held}",
            f"len({held})",
            f"sorted({held})",
            f"list({self.set_text(numbers=True)})",
            f"{change}\n{HOLE}={held}",
            f"{change}\n{HOLE}={held}",
            f"{change}\n{HOLE}={held}",
        )
        return rng.choice(forms)

    def _queue(self) -> str:
        rng, items = self._rng, self.items(8)
        if rng.random() < 0.6:
            call = rng.choice(
                (
                    "_.popleft()",
                    "_.popleft()",
                    "_.pop()",
                    f"_.append({self.value()!r})",
                    f"_.append({self.value()!r})",
                    f"_.appendleft({self.value()!r})",
                    "_[0]",
                    "len(_)",
                    f"_.extend({self.items(3)!r})",
                    "bool(_)",
                )
            )
            if call in ("_[0]", "len(_)", "bool(_)"):
                return call.replace("_", f"deque({items!r})")
            return f"{call}\n{HOLE}=deque({items!r})"
        heap = [rng.randint(0, rng.choice((9, 50))) for _ in range(rng.randint(1, 9))]
        if rng.random() < 0.4:
            heap = [(number, rng.randint(0, 9)) for number in heap]  # type: ignore[misc]
        heapq.heapify(heap)
        new = repr(
            rng.randint(0, 40) if isinstance(heap[0], int) else (rng.randint(0, 40), rng.randint(0, 9))
        )
        name = rng.choice(("", "heapq."))
        call = rng.choice((f"{name}heappop(_)", f"{name}heappush(_, {new})"))
        if rng.random() < 0.2 and isinstance(heap[0], int):
            heap.sort()
            prefix, name = (rng.choice(texts) for texts in (("", "bisect."), _BISECTIONS))
            call = f"{prefix}{name}(_, {new})"
        return f"{call}\n{HOLE}={heap!r}"

    def _turn(self) -> str:
        rng, draw = self._rng, self._rng.random()
        one, two = rng.sample(
            ("i", "j", "k", "x", "c", "item", "word", "key", "val", "num", "ch", "a", "b"), 2
        )
        if draw < 0.2:
            text = self.text()
            head, count = f"for {one} in {text!r}", len(text)
        elif draw < 0.38:
            items = self.items(16)
            head, count = f"for {one} in {items!r}", len(items)
        elif draw < 0.55:
            low, size = (
                rng.choice((0, 0, 1, 2, rng.randint(0, 40))),
                int(rng.choice((5, 12, 40, 150)) * rng.random()),
            )
            step = rng.choice((1, 1, 1, -1, 2, 3, -2))
            low, high = (low, low + size * step) if step > 0 else (low + size, low - 1 if step == -1 else low)
            head = f"for {one} in range({low}, {high}{f', {step}' if step != 1 else ''})"
            count = len(range(low, high, step))
        elif draw < 0.67:
            held: list | str = self.text(24) if rng.random() < 0.5 else self.items(9)
            start = ", 1" if rng.random() < 0.2 else ""
            head, count = f"for {one}, {two} in enumerate({held!r}{start})", len(held)
        elif draw < 0.76:
            first, second = (self.text(14) if rng.random() < 0.4 else self.items(8) for _ in "ab")
            head, count = f"for {one}, {two} in zip({first!r}, {second!r})", min(len(first), len(second))
        elif draw < 0.88:
            found = self.mapping()
            kind = rng.choice(("items", "keys", "values", ""))
            count = len(found)
            head = {
                "items": f"for {one}, {two} in dict_items({list(found.items())!r})",
                "keys": f"for {one} in dict_keys({list(found)!r})",
                "values": f"for {one} in dict_values({list(found.values())!r})",
                "": f"for {one} in {found!r}",
            }[kind]
        elif draw < 0.94:
            pairs = [(rng.randint(0, 30), self.value(False)) for _ in range(rng.randint(0, 6))]
            head, count = f"for {one}, {two} in {pairs!r}", len(pairs)
        else:
            held_set = self.set_text(numbers=True)
            head, count = f"for {one} in {held_set}", held_set.count(",") + (held_set != "set()")
        turn = count if rng.random() < 0.15 else rng.randint(0, max(0, count - 1))
        return f"{head}\n#{turn}"

    def _number(self) -> str:
        rng = self._rng
        one, two = self.integer(), self.integer()
        other = rng.choice((two, two, one, one + rng.randint(-2, 2), rng.randint(1, 20)))
        real, more = self.real(), self.real()
        divisor = rng.choice((2, 3, 5, 7, 10, 60, 100, 1000, 1_000_000_007, abs(two) + 1))
        small = rng.randint(0, 12)
        forms = (
            f"{one} + {two}",
            f"{one} + {two}",
            f"{one} - {two}",
            f"{one} - {two}",
            f"{one} * {rng.randint(0, 12)}",
            f"{rng.randint(2, 999)} * {rng.randint(2, 99)}",
            f"{one} // {divisor}",
            f"{one} % {divisor}",
            f"{one} % {divisor}",
            f"{one} / {rng.choice((2, 4, 5, 10, divisor))}",
            f"{one} {rng.choice(('<', '<=', '>', '>=', '==', '!='))} {other}",
            f"{one} {rng.choice(('<', '<=', '>', '>=', '==', '!='))} {other}",
            f"{real} {rng.choice(('<', '<=', '>', '>='))} {rng.choice((more, other))}",
            f"{real} + {more}",
            f"{real} - {more}",
            f"{real} * {rng.choice((2, 10, small, more))}",
            f"{real} / {rng.choice((2, 10, small + 1))}",
            f"{rng.randint(0, 999)} {rng.choice('&|^')} {rng.choice((1, 3, 255, rng.randint(0, 999)))}",
            f"{rng.choice((1, 1, small))} << {small}",
            f"{abs(one)} >> {rng.randint(0, 8)}",
            f"divmod({one}, {divisor})",
            f"abs({one})",
            f"max({one}, {other})",
            f"min({one}, {other})",
            f"max({one}, {two}, {other})",
            f"round({real}, {rng.randint(0, 3)})",
            f"int({real})",
            f"math.ceil({real})",
            f"math.floor({real})",
            f"math.sqrt({rng.randint(0, 30) ** 2})",
            f"math.gcd({rng.randint(0, 90)}, {rng.randint(1, 60)})",
            f"math.factorial({small})",
            f"{rng.randint(2, 12)} ** {rng.randint(0, 5)}",
            f"pow({rng.randint(2, 20)}, {rng.randint(0, 6)}, {divisor})",
            f"bin({rng.randint(0, 300)})",
            f"int({bin(rng.randint(0, 100))[2:]!r}, 2)",
            f"hex({rng.randint(0, 300)})",
            f"str({rng.choice((one, real))})",
            f"int({str(one)!r})",
            f"float({str(real)!r})",
        )
        return rng.choice(forms)

    def _written(self) -> str:
        rng, one, two = self._rng, self.value(), self.value()
        number, real = self.integer(), self.real()
        kind = rng.choice(("int", "str", "list", "dict", "float", "(int, float)", "bool", "tuple"))
        forms = (
            f"isinstance({one!r}, {kind})",
            f"type({one!r})",
            f"str({one!r})",
            f"repr({one!r})",
            f"bool({one!r})",
            f"{one!r} == {two!r}",
            f"{one!r} is None",
            f"'{{}}{rng.choice((' ', '-', ': ', ''))}{{}}'.format({one!r}, {two!r})",
            f"{('%s' + rng.choice((' ', '-', '=')) + '%d')!r} % ({self.text(5)!r}, {number})",
            f"f'{{a:.{rng.randint(0, 3)}f}}'\na={real}",
            f"f'{{a:0{rng.randint(2, 6)}d}}'\na={number}",
            f"f'{{a:{rng.choice('<>^')}{rng.randint(3, 12)}}}'\na={self.text(8)!r}",
            f"f'{{a}}{rng.choice((' ', ', ', ': ', '/', ''))}{{b}}'\na={one!r}\nb={two!r}",
            f"f'{{a}}{rng.choice((' is ', ': ', '='))}{{b!r}}'\na={self.text(6)!r}\nb={two!r}",
            f"print({one!r}, {two!r})",
            f"print({self.text(20)!r})",
            f"a, b = _\n{HOLE}={(one, two)!r}",
            f"a, b, c = _\n{HOLE}={[number, one, two]!r}",
        )
        return rng.choice(forms)
