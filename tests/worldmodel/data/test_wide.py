"""Questions over long and strange values: answerable, of many kinds, and mostly about what is there."""

from __future__ import annotations

import random
from collections import Counter

from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.wide import Wide
from debugworld.worldmodel.markov.thought.ask import MARK

COUNT = 3_000


def test_each_question_has_one_answer_and_a_seed_gives_the_same() -> None:
    drawn = [[Wide(rng).question() for _ in range(COUNT)] for rng in map(random.Random, (0, 0, 1))]
    assert drawn[0] == drawn[1] != drawn[2]
    answers = [Oracle().answer(MARK + question) for question in drawn[0]]
    assert None not in answers
    letters = Counter(str(answer)[0] for answer in answers)
    assert set(letters) == set("RLX10") and letters["X"] < 0.1 * COUNT


def test_texts_and_lists_are_long_now_and_then() -> None:
    wide = Wide(random.Random(2))
    texts, lists = [wide.text() for _ in range(COUNT)], [wide.items() for _ in range(COUNT)]
    assert max(map(len, texts)) == 40 and max(map(len, lists)) > 16
    assert len(set(texts)) > 0.7 * COUNT


def test_what_is_looked_for_is_mostly_there() -> None:
    wide, oracle = Wide(random.Random(3)), Oracle()
    found = Counter(
        str(oracle.answer(MARK + question))
        for question in (wide.question() for _ in range(8 * COUNT))
        if " in " in question and not question.startswith("for ") and " not in " not in question
    )
    assert found["R True"] > found["R False"] > 0.1 * found["R True"]
