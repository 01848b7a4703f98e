"""Other names for functions, parameters and variables."""

from __future__ import annotations

import random

from .subject import Subject

_WORDS = """
alpha beta gamma delta node item entry part piece unit block cell mark token word thing chunk field slot bit
edge step turn stage layer level group batch bag box pack stack pile heap row line path route sign flag code
seed root leaf branch stem core shell base top side face point spot place area zone range span gap hole
"""


def rename(subject: Subject, rng: random.Random) -> bool:
    """Gives every name that can be changed another one."""
    old = subject.changeable()
    if not old:
        return False
    words = _WORDS.split()
    rng.shuffle(words)
    used, new = subject.used(), {}
    pool = [word for word in words if word not in used]
    pool += [f"{word}_{number}" for number in range(2, 2 + len(old)) for word in words]
    for name, word in zip(old, (word for word in pool if word not in used), strict=False):
        new[name] = subject.fresh([word])
    subject.rename(new)
    return True
