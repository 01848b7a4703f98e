"""Names that people write, by type of value and by role in an idiom."""

from __future__ import annotations

import random
from collections.abc import Container

BY_TYPE: dict[str, str] = {
    "int": "a b n k x y m num count total value size limit score result c acc level step res ans diff",
    "idx": "i j idx pos index p",
    "float": "x y rate price avg ratio f z amount mean",
    "bool": "ok found flag valid done check is_ok same",
    "sub": "sub prefix t part suffix old new",
    "key": "k key name ch",
    "sep": "sep delim glue s2",
    "mark": "sep delim mark ch",
    "bools": "flags checks marks votes",
    "str": "s text word name line t string msg label prefix st out res code title r",
    "chr": "c ch char letter x",
    "ints": "nums xs values items data arr array lst numbers out result a b ys",
    "strs": "words names parts tokens items lines strs tags out chunks fields",
    "floats": "prices rates xs values weights",
    "dsi": "d counts freq scores table ages stock totals dic",
    "dii": "d table cache mapping memo dic",
    "dis": "d names labels lookup by_id",
    "dss": "d names mapping pairs config",
    "dsl": "groups d index buckets graph",
    "iset": "seen s unique ids left visited",
    "sset": "seen tags unique keys chars letters",
    "tup": "t point pair dims coords",
    "pair": "pair p point span bounds",
    "item": "item entry pair rec",
    "items": "pairs items entries rows records",
    "matrix": "grid m matrix rows board table",
}
BY_ROLE: dict[str, str] = {
    "s": "s text string word st line phrase sentence",
    "t": "t other pattern target w text2 s2",
    "w": "w word token part name piece",
    "ws": "words names strs items tokens parts strings",
    "n": "n num number k m size limit",
    "m": "m k b step width base",
    "k": "k shift count step x key times",
    "x": "x num n v item val e",
    "y": "y b v other z",
    "ch": "c ch char letter x",
    "i": "i idx pos index p",
    "j": "j k q",
    "xs": "xs nums arr lst values numbers data items array",
    "ys": "ys b other right second",
    "d": "d counts freq table result dic res mapping",
    "out": "out result res ans output acc new",
    "r": "r result out res ret ans new",
    "c": "count c total cnt n_found found num",
    "tot": "total s acc sum_ res t",
    "best": "best top largest res longest mx",
    "seen": "seen visited done used",
    "lo": "lo left l start low",
    "hi": "hi right r end high",
    "mid": "mid m middle h",
    "cur": "cur current node now run buf",
    "st": "stack st todo pending",
    "q": "queue q todo work",
    "g": "g helper inner step calc apply check transform score go visit",
    "h": "h update combine convert size_of part fix norm",
    "p": "p obj it box one acc_ func",
    "E": "ParseError StockError LimitError BadValue RangeError",
    "C": "Counter Stack Account Point Box Item Node Shape Cart Player Tank Meter",
    "e": "e err exc error",
    "at": "value total items size count data amount",
    "me": "add push update put deposit move extend_by",
    "mg": "get show report current pop_last area",
    "K": "LIMIT BASE STEP RATE SIZE OFFSET FACTOR",
}


def pick(pool: str, taken: Container[str], rng: random.Random) -> str:
    """Returns a name of a pool that is not taken, numbered when the pool is used up."""
    names = pool.split()
    weights = [len(names) + 2 - place for place in range(len(names))]
    for _ in range(4):
        name = rng.choices(names, weights)[0]
        if name not in taken:
            return name
    free = [name for name in names if name not in taken]
    if free:
        return rng.choice(free)
    number = 2
    while f"{names[0]}{number}" in taken:
        number += 1
    return f"{names[0]}{number}"
