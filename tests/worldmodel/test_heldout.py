"""What is held out is scored by its answers, of which a walk has many."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from debugworld.worldmodel.batches import Mixture, Split
from debugworld.worldmodel.formats import open_codec
from debugworld.worldmodel.heldout import HeldOut
from debugworld.worldmodel.store import ExampleStore
from debugworld.worldmodel.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer(open_codec("changes").markers)


class Sayer(torch.nn.Module):
    """Is all but sure of what comes next in one text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids = torch.tensor(TOKENIZER(text, add_special_tokens=False)["input_ids"])

    def forward(self, input_ids: torch.Tensor, use_cache: bool) -> SimpleNamespace:
        after = torch.cat([self.ids[1:], self.ids[:1]])[: input_ids.shape[1]]
        logits = 50.0 * torch.nn.functional.one_hot(after, len(TOKENIZER)).float()
        return SimpleNamespace(logits=logits.expand(len(input_ids), -1, -1))


@pytest.mark.parametrize(
    ("said", "exact"),
    [("ask1<|do|>more23<|do|>", 1.0), ("ask1<|do|>more29<|do|>", 0.5), ("ask8<|do|>nono33<|do|>", 0.0)],
)
def test_each_answer_of_a_walk_counts(said: str, exact: float, tmp_path: Path) -> None:
    walks = [("ask", "1<|do|>", "more", "23<|do|>")]
    store = ExampleStore.write(tmp_path / "walks", walks, format="changes")
    mixture = Mixture({"walks": store}, {"walks": 1.0})
    split = Split(mixture, 0.0)
    split.held_out["walks"] = torch.tensor([0]).numpy()
    held_out = HeldOut(mixture, TOKENIZER, split)
    score = held_out.score(Sayer(said), held_out.stores["walks"], torch.device("cpu"))
    assert (score.exact, score.count) == (exact, 2)
    assert (score.loss < 1e-3) is (exact == 1.0)
