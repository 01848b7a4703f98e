"""Small questions with no program around them: what operators, methods and built-ins do to random values.

The questions are those that statements come apart into (see `markov.thought`), drawn about as often as
programs ask them, over the small numbers and short containers that programs hold; `oracle` answers them. A
template has kinds of literals in angle brackets; behind a bar stands the kind of what it may change. A share
of the questions is about longer and stranger values, see `wide`.
"""

from __future__ import annotations

import random
import re
from ast import literal_eval
from collections.abc import Iterator

from debugworld.worldmodel.data.generator import names
from debugworld.worldmodel.data.generator.literals import Literals
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.thoughts import Pair
from debugworld.worldmodel.data.wide import Wide
from debugworld.worldmodel.markov.thought.ask import HOLE, MARK

WIDE = 0.5
"""Share of the questions that are wide."""
GROUPS: dict[str, tuple[float, str]] = {
    "arithmetic": (
        30,
        """
        <num> + <num> ; <num> + <num> ; <num> + <one> ; <num> + <digit> ; <digit> + <digit>
        <digit> + <digit> ; <num> - <num> ; <num> - <one> ; <num> - <digit> ; <digit> - <digit>
        <digit> - <digit> ; <num> * <num> ; <digit> * <digit> ; <digit> * <digit> ; <num> * <digit>
        <two> * <two> ; <num> // <div> ; <num> // 2 ; <num> // 10 ; <digit> // <div> ; <num> % <div>
        <num> % 2 ; <num> % 10 ; <digit> % <div> ; <digit> % 2 ; <num> % <div> ; <num> / <div>
        <digit> / 2 ; <digit> ** 2 ; <num> ** 2 ; 2 ** <digit> ; <small> ** <small> ; -(<num>)
        <num> & <digit> ; <digit> | <digit> ; <digit> ^ <digit> ; <digit> << <small> ; <num> >> <one>
        <float> + <float> ; <float> * <digit> ; <float> - <float> ; <float> / 2 ; <num> + <float>
        divmod(<num>, <div>) ; abs(<num>) ; pow(<digit>, <small>, <div>) ; round(<float>)
        round(<float>, 1)
        """,
    ),
    "comparison": (
        16,
        """
        <pair <> ; <pair >> ; <pair <=> ; <pair >=> ; <pair ==> ; <pair !=> ; <pair ==> ; <pair <>
        <digit> == 0 ; <num> == 0 ; <num> > 0 ; <num> < 0 ; <digit> == 1 ; <float> < <float>
        <float> > <num> ; <chr> == <chr> ; <chr> != <chr> ; <word> == <word> ; <word> < <word>
        <chr> <= <chr> ; <ints> == <ints> ; <ints> < <ints>
        <num> is None ; None is None ; <str> is not None ; bool(<num>) ; bool(<ints>)
        bool(<str>)
        """,
    ),
    "size": (
        9,
        """
        len(<ints>) ; len(<strs>) ; len(<str>) ; len(<str>) ; len(<run>) ; len(<dsi>) ; len(<tup>)
        len(<iset>) ; len(<long>) ; len(<matrix>)
        """,
    ),
    "item": (
        13,
        """
        <item ints> ; <item ints> ; <item str> ; <item str> ; <item strs> ; <item tup> ; <item matrix>
        <item long> ; <key dsi> ; <key dii> ; <key dss> ; <key dsl> ; <slice str> ; <slice str>
        <slice ints> ; <slice strs> ; <slice run> ; <ints>[<idx>] ; <str>[<idx>] ; <dsi>[<key>]
        """,
    ),
    "membership": (
        6,
        """
        <chr> in <str> ; <digit> in <ints> ; <key> in <dsi> ; <digit> in <iset> ; <word> in <strs>
        <chr> in 'aeiou' ; <sub> in <phrase> ; <digit> not in <ints> ; <key> not in <dsi>
        <member ints> ; <member strs> ; <member str>
        """,
    ),
    "text": (
        12,
        """
        <str>.upper() ; <str>.lower() ; <str>.title() ; <str>.capitalize() ; <str>.swapcase()
        <str>.strip() ; <phrase>.split() ; <listing>.split(<sep1>) ; <sep>.join(<strs>)
        ''.join(<chars>) ; ' '.join(<words>) ; <str>.replace(<sub>, <sub>) ; <str>.find(<sub>)
        <str>.count(<sub>) ; <str>.index(<sub>) ; <word>.startswith(<sub>) ; <word>.endswith(<sub>)
        <chr>.isalpha() ; <chr>.isdigit() ; <chr>.isupper() ; <chr>.islower() ; <str>.isalnum()
        <numstr>.isdigit() ; <chr>.isspace() ; <numstr>.zfill(<width>) ; <word>.ljust(<width>)
        <word>.rjust(<width>, '0') ; <word>.center(<width>) ; <listing>.partition(',') ; <str>.lstrip()
        <str>.rstrip(<chr>) ; <chr>.upper() ; <chr>.lower() ; <phrase>.splitlines() ; <str> + <str>
        <str> + <chr> ; <chr> + <str> ; <str> * <small> ; <chr> * <digit> ; <str>[::-1]
        <word>[::-1] ; <f-string> ; <f-string> ; <f-string>
        print(<num>) ; print(<str>) ; print(<word>, <num>)
        """,
    ),
    "codes": (
        4,
        """
        ord(<chr>) ; ord(<letter>) ; chr(<code>) ; ord(<chr>) ; chr(<code>) ; hex(<num>) ; bin(<digit>)
        """,
    ),
    "conversion": (
        6,
        """
        str(<num>) ; int(<numstr>) ; str(<digit>) ; int(<float>)
        float(<num>) ; str(<word>) ; hex(<num>) ; bin(<num>) ; oct(<digit>) ; int(<bits>, 2)
        repr(<word>) ; list(<str>) ; list(<tup>) ; tuple(<ints>)
        set(<dups>) ; set(<word>) ; list(range(<small>)) ; range(<digit>) ; range(<one>, <digit>)
        range(<digit>, 0, -1) ; list(<dsi>) ; sorted(<iset>) ; dict(<items>) ; list(<iset>)
        """,
    ),
    "aggregate": (
        7,
        """
        sum(<ints>) ; sum(<dups>) ; sum(<pair2>) ; max(<ints>) ; min(<ints>) ; max(<num>, <num>)
        min(<num>, <num>) ; sorted(<ints>) ; sorted(<ints>, reverse=True) ; sorted(<strs>)
        sorted(<str>) ; sorted(<strs>, key=len) ; sorted(<ints>, key=abs) ; any(<bools>) ; all(<bools>)
        max(<digit>, <digit>) ; min(<digit>, <digit>) ; list(reversed(<ints>)) ; max(<strs>, key=len)
        min(<strs>) ; max(<str>)
        """,
    ),
    "containers": (
        5,
        """
        <ints> + <ints> ; <ints> + [<num>] ; [0] * <digit> ; <ints> * <small> ; <tup> + <tup>
        <strs> + [<word>] ; <iset> | <iset> ; <iset> & <iset> ; <iset> - <iset> ; <iset> ^ <iset>
        <dsi> | <dsi> ; <ints>[::-1] ; <iset> <= <iset> ; <ints>.copy() ; {<num>, <num>}
        """,
    ),
    "turn": (
        10,
        """
        <turn ints> ; <turn str> ; <turn strs> ; <turn range> ; <turn range> ; <turn enum>
        <turn pairs>
        """,
    ),
    "change": (
        13,
        """
        _.append(<num>)|ints ; _.append(<num>)|ints ; _.append(<word>)|strs ; _.append(<chr>)|chars
        _.append(<pair2>)|items ; _.pop()|ints ; _.pop(0)|ints ; _.pop(<idx>)|ints
        _.insert(0, <num>)|ints ; _.insert(<idx>, <num>)|ints ; _.extend(<ints>)|ints
        _.remove(<digit>)|ints ; _.sort()|ints ; _.reverse()|ints ; _.sort(reverse=True)|ints
        _.index(<digit>)|ints ; _.count(<digit>)|dups ; _.add(<digit>)|iset ; _.add(<key>)|sset
        _.discard(<digit>)|iset ; _.get(<key>, 0)|dsi ; _.get(<key>)|dsi ; _.items()|dsi ; _.keys()|dsi
        _.values()|dsi ; _.pop(<key>)|dsi ; _.update(<dsi>)|dsi ; _.setdefault(<key>, [])|dsl
        _[<key>] = <num>|dsi ; _[<digit>] = <num>|dii ; _[<idx>] = <num>|ints ; _[<idx>] = <num>|dups
        _ += [<num>]|ints ; _ += <ints>|ints ; del _[<idx>]|ints ; _.copy()|dsi ; _.clear()|ints
        a, b = _|pair2 ; a, b = _|pairtup ; a, *b = _|ints ; del _[<key>]|dsi
        """,
    ),
    "any types": (
        6,
        """
        <any> + <any> ; <any> - <any> ; <any> - <any> ; <any> * <any> ; <any> / <any> ; <any> // <any>
        <any> % <num> ; <num> % <any> ; <any> ** <small> ; <any> & <any> ; <any> | <any> ; <any> << <small>
        <any> < <any> ; <any> >= <any> ; <any> == <any> ; <any> in <any> ; <any>[<any>] ; <any>[<any>]
        <str>[<any>] ; <ints>[<any>] ; <ints>[<any>:] ; <str>[:<any>] ; <ints>[::0] ; <str>[::0]
        <dsi>[<any>] ; <any>[0] ; len(<any>) ; sum(<any>) ; max(<any>) ; sorted(<any>) ; int(<any>)
        float(<any>) ; range(<any>) ; abs(<any>) ; -(<any>) ; ~(<any>) ; list(<any>) ; set(<any>)
        ''.join(<any>) ; ord(<any>) ; chr(<any>) ; round(<any>) ; reversed(<any>) ; <ints>.upper()
        <tup>.append(<num>) ; <word>.append(<chr>) ; <dsi>.add(<key>) ; None.upper()
        <str>.count('') ; <str>.find('') ; <turn any> ; a, b = _|any ; _ += <any>|ints
        _ -= <any>|iset ; _[<any>] = <num>|ints ; _[<any>] = <num>|dsi
        """,
    ),
}
"""Templates by what they are about, and the share of the questions that each group gets."""
_HOLE = re.compile(r"<((?:pair|item|key|slice|member|turn) [^;|\s]+|[a-z]+\d?)>(?=[^<>=]|$)")
_OPERAND = re.compile(r"(.*?)(?:\|([a-z]+\d?))?")


class Drills:
    """Draws questions.

    Args:
        seed: the same one gives the same questions.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"drills/{seed}")
        self._wide = Wide(self._rng)
        self.pools: dict[str, list[str]] = {
            group: [
                text.strip() for line in lines.split("\n") for text in line.split(" ; ") if text.strip(" ;")
            ]
            for group, (_, lines) in GROUPS.items()
        }
        self._weights = [weight for weight, _ in GROUPS.values()]

    def prompt(self) -> str:
        """Returns a question."""
        rng = self._rng
        if rng.random() < WIDE:
            return MARK + self._wide.question()
        [group] = rng.choices(list(GROUPS), self._weights)
        return self.of(group)

    def of(self, group: str) -> str:
        """Returns a question of a group that is not wide.

        Raises:
            ValueError: there is no such group.
        """
        if group not in GROUPS:
            raise ValueError(f"there is no group {group!r} of drills; there are: {', '.join(GROUPS)}")
        rng = self._rng
        self._literals = Literals(rng, rng.choice((1, 2, 2, 3, 3, 4, 5)))
        template, operand = _OPERAND.fullmatch(rng.choice(self.pools[group]).rstrip(" ;")).groups()  # type: ignore[union-attr]
        if template.startswith("<turn "):
            return MARK + self._turn(template[6:-1])
        if template == "<f-string>":
            return MARK + self._f_string()
        prompt = MARK + _HOLE.sub(lambda match: self._literal(match[1]), template)
        return f"{prompt}\n{HOLE}={self._literal(operand)}" if operand else prompt

    def _literal(self, kind: str) -> str:
        name, _, rest = kind.partition(" ")
        maker = getattr(self, f"_{name}", None)
        if maker is not None:
            return str(maker(rest)) if rest else str(maker())
        return self._literals.of(kind)

    def _iset(self) -> str:
        return _sorted_set(self._literals.of("iset"))

    def _sset(self) -> str:
        return _sorted_set(self._literals.of("sset"))

    def _num(self) -> int:
        """Mostly what counters and sums hold."""
        rng, draw = self._rng, self._rng.random()
        if draw < 0.45:
            return rng.randint(0, 12)
        if draw < 0.7:
            return rng.randint(13, 99)
        if draw < 0.8:
            return rng.randint(-20, -1)
        return rng.randint(100, 999) if draw < 0.93 else rng.randint(1000, 99_999)

    def _any(self) -> str:
        """A value of any type: what mutants and bugs bring together."""
        kind = self._rng.choice(
            ("num", "num", "float", "word", "str", "ints", "strs", "tup", "iset", "dsi", "bool", "none")
        )
        return {"bool": "True", "none": "None"}.get(kind) or self._value(kind)

    def _digit(self) -> int:
        return self._rng.randint(0, 9)

    def _one(self) -> int:
        return self._rng.choice((1, 1, 1, 2, 2, 3))

    def _two(self) -> int:
        return self._rng.randint(10, 99)

    def _small(self) -> int:
        return self._rng.randint(0, 4)

    def _div(self) -> int:
        return self._rng.choice((2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 16, 26, 60, 100))

    def _code(self) -> int:
        return self._rng.choice(
            (self._rng.randint(97, 122), self._rng.randint(65, 90), self._rng.randint(32, 126))
        )

    def _chr(self) -> str:
        rng = self._rng
        return repr(rng.choice((rng.choice("aeiou"), chr(rng.randint(97, 122)), chr(rng.randint(32, 126)))))

    def _letter(self) -> str:
        return repr(chr(self._rng.randint(97, 122)))

    def _sep1(self) -> str:
        return repr(self._rng.choice((",", ";", "-", "/", " ", ", ")))

    def _run(self) -> str:
        """A long or a monotonous text, whose characters have to be counted."""
        rng = self._rng
        alphabet = rng.choice(("a", "ab", "abc", "01", "abcdefghijklmnopqrstuvwxyz"))
        return repr("".join(rng.choices(alphabet, k=rng.randint(0, 16))))

    def _long(self) -> str:
        rng = self._rng
        top = rng.choice((1, 2, 9, 9, 30))
        return repr([rng.randint(0, top) for _ in range(rng.randint(0, 14))])

    def _pair2(self) -> str:
        return f"[{self._num()}, {self._num()}]"

    def _pairtup(self) -> str:
        return f"({self._num()}, {self._num()})"

    def _pair(self, sign: str) -> str:
        """A comparison of two numbers, often near one another."""
        left = self._num()
        right = left + self._rng.choice((0, 0, 0, 1, -1, 2)) if self._rng.random() < 0.4 else self._num()
        return f"{left} {sign} {right}"

    def _value(self, kind: str) -> str:
        maker = getattr(self, f"_{kind}", None)
        return str(maker()) if maker else self._literals.of(kind)

    def _item(self, kind: str) -> str:
        text = self._value(kind)
        size = len(literal_eval(text))
        index = self._rng.randint(-min(size, 3), max(0, size - 1))
        return f"{text}[{index}]"

    def _key(self, kind: str = "") -> str:
        if not kind:
            return self._literals.of("key")
        text = self._value(kind)
        found = list(literal_eval(text))
        return f"{text}[{self._rng.choice(found)!r}]" if found else f"{text}['a']"

    def _member(self, kind: str) -> str:
        text = self._value(kind)
        found = literal_eval(text)
        if not found:
            return f"'a' in {text}"
        return f"{self._rng.choice(list(found))!r} in {text}"

    def _slice(self, kind: str) -> str:
        rng, text = self._rng, self._value(kind)
        size = len(literal_eval(text))
        low, high = (str(rng.randint(0, max(1, size))) for _ in range(2))
        form = rng.choice(
            (f"{low}:", f":{high}", f"{low}:{high}", ":-1", "1:", f"-{low or 1}:", "::2", "::-1", "1:-1")
        )
        return f"{text}[{form}]"

    def _f_string(self) -> str:
        """A text with one or two values in it, which stand under names of their own."""
        rng = self._rng
        values = [
            self._value(rng.choice(("num", "num", "word", "str", "float")))
            for _ in range(rng.choice((1, 2, 2)))
        ]
        holes = [f"{{{name}}}" for name in "ab"[: len(values)]]
        between = rng.choice(("", "", "-", ": ", "=", ", ", " "))
        text = rng.choice(("", "", "x", "n=")) + between.join(holes)
        return "\n".join(
            [f"f{text!r}", *(f"{name}={value}" for name, value in zip("ab", values, strict=False))]
        )

    def _turn(self, kind: str) -> str:
        """A turn of a loop: the value that its target takes, or the end."""
        rng = self._rng
        target = rng.choice(names.BY_TYPE["int" if kind in ("ints", "range") else "str"].split())
        if kind == "range":
            start, count, step = rng.choice((0, 0, 0, 1, 1, 2, rng.randint(0, 20))), rng.randint(0, 12), 1
            if rng.random() < 0.25:
                step = rng.choice((-1, -1, 2, 3, -2))
            low, high = (start, start + count * step) if step > 0 else (start + count, start)
            iterable = f"range({low}, {high}, {step})" if step != 1 else f"range({low}, {high})"
        elif kind == "enum":
            target = f"{rng.choice('ijkn')}, {target}"
            text = self._value(rng.choice(("ints", "str", "strs")))
            iterable, count = f"enumerate({text})", len(literal_eval(text))
        elif kind == "pairs":
            items = list(literal_eval(self._value("dsi")).items())
            target, iterable, count = "k, v", f"dict_items({items!r})", len(items)
        else:
            iterable = self._value(kind)
            shown = literal_eval(iterable)
            count = len(shown) if hasattr(shown, "__len__") else 0
        turn = count if rng.random() < 0.2 else rng.randint(0, max(0, count - 1))
        return f"for {target} in {iterable}\n#{turn}"


def _sorted_set(text: str) -> str:
    """Writes a set as a state shows it."""
    return "{" + ", ".join(map(repr, sorted(literal_eval(text)))) + "}"


def drills_of(seed: int, count: int, oracle: Oracle) -> Iterator[Pair]:
    """Yields about ``count`` (question, answer): those of a seed.

    Args:
        seed: of the draw.
        count: questions drawn; the few that the oracle cannot answer are left out.
        oracle: answers.
    """
    drills = Drills(seed)
    for _ in range(count):
        prompt = drills.prompt()
        answer = oracle.answer(prompt)
        if answer is not None:
            yield prompt, str(answer)
