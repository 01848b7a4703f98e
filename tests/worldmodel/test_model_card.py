"""A checkpoint's card is one that the hub reads, and tells what the manifest does and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from debugworld.worldmodel.checkpoint import MANIFEST, SHIPPED
from debugworld.worldmodel.model_card import CARD, model_card


def _front_matter(text: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return read


def test_what_is_trained_has_a_card(tiny_checkpoint: Path) -> None:
    text = (tiny_checkpoint / CARD).read_text()
    told, manifest = _front_matter(text), json.loads((tiny_checkpoint / MANIFEST).read_text())
    assert (told["library_name"], told["pipeline_tag"]) == ("transformers", "text-generation")
    assert "debugworld" in told["tags"] and "base_model" not in told and "license" not in told
    for row in (
        "| began from | nothing |",
        "| answers | our own questions |",
        "| steps | 40 |",
        f"| tokens of examples, padding not counted | {manifest['tokens']:,} |",
        "| seed | 0 |",
        "| sums | 100.0% | 400 |",
    ):
        assert row in text.splitlines()


def test_the_shipped_card_says_the_licence() -> None:
    told = _front_matter((SHIPPED / CARD).read_text())
    assert (told["license"], told["library_name"]) == ("apache-2.0", "transformers")
    assert told["pipeline_tag"] == "text-generation" and "debugworld" in told["tags"]


@pytest.mark.parametrize(
    ("base", "name", "on_the_hub"),
    [
        ("owner/model", "owner/model", True),
        ("/folder/of/model", "model", False),
        ("package:p", "package:p", False),
    ],
)
def test_the_card_says_the_base(base: str, name: str, on_the_hub: bool) -> None:
    text = model_card({"recipe": {"base": base}, "format": "paper"})
    assert f"| began from | {name} |" in text and "| answers | states in the format paper |" in text
    assert _front_matter(text).get("base_model") == (base if on_the_hub else None)


def test_what_is_not_known_is_not_told() -> None:
    text = model_card({})
    for word in ("seed", "answers", "tokens of", "began", "learnt from", "None"):
        assert word not in text
