"""The card of a trained model: what its manifest tells, as ``README.md`` for people and for the hub.

Only what is known is told; the licence of a model depends on data and base, and is its maker's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD = "README.md"
"""Name of the file."""
_PACKAGE = "package:"
_ELSEWHERE = (_PACKAGE, "/", ".", "~")


def model_card(manifest: Mapping[str, Any]) -> str:
    """Returns the card of a checkpoint.

    Args:
        manifest: of the checkpoint, see `training.train`.
    """
    recipe: Mapping[str, Any] = manifest.get("recipe", {})
    base, format = str(recipe.get("base", "")), str(manifest.get("format", ""))
    from_hub = base and not base.startswith(_ELSEWHERE) and not Path(base).exists()
    front = ["---", "library_name: transformers", "pipeline_tag: text-generation"]
    front += [f"base_model: {base}"] if from_hub else []
    front += ["tags:", "- code", "- debugging", "- debugworld", "---"]
    name = base if from_hub or base.startswith(_PACKAGE) else Path(base).name
    asked = "our own questions" if format == "markov" else f"states in the format {format}"
    facts = {
        "began from": name if base else "nothing" if "base" in recipe else None,
        "answers": asked if format else None,
        "steps": _number(manifest.get("steps")),
        "tokens of examples, padding not counted": _number(manifest.get("tokens")),
        "minutes of training": manifest.get("minutes"),
        "nats a token of an answer, at the end": manifest.get("loss"),
        "seed": recipe.get("seed"),
        "different programs": _number(manifest.get("programs")),
    }
    stores: Mapping[str, Any] = manifest.get("stores", {})
    whole = sum(about["weight"] for about in stores.values())
    drawn = [
        f"| {name} | {about['weight'] / whole:.1%} | {_number(about.get('count'))} |"
        for name, about in stores.items()
    ]
    learnt = [
        "## What it learnt from",
        "",
        "| store | share of the draws | examples |",
        "|---|---|---|",
        *drawn,
    ]
    lines = [
        *front,
        "",
        "# A neural debugger for Python",
        "",
        "Made by `debugworld train`: a language model that is asked what programs do, and runs none.",
        "`manifest.json` tells all that is known of how it was made.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {what} | {value} |" for what, value in facts.items() if value is not None),
        "",
        *([*learnt, ""] if stores else []),
        "## Using it",
        "",
        "```bash",
        "debugworld run program.py --backend neural --model DIR --actions 'step_into 3'",
        "```",
        "",
        "```python",
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        'model = AutoModelForCausalLM.from_pretrained("DIR")',
        'tokenizer = AutoTokenizer.from_pretrained("DIR")',
        "```",
    ]
    return "\n".join(lines) + "\n"


def _number(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"
