"""Decoding for any architecture: batches that drain, padded to their longest row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from debugworld.worldmodel.answer import Row, choose
from debugworld.worldmodel.constraint import Masks
from debugworld.worldmodel.prefix import MemoryStore, Reader, first_line


class PaddedDecoder:
    """Answers through a model's own forward pass.

    Args:
        model: a causal language model of transformers whose cache `Reader` covers.
        masks: of its vocabulary.
        batch_size: most rows that decode together.
        memories: most prompts remembered for slots, and for first lines.
    """

    def __init__(self, model: PreTrainedModel, masks: Masks, batch_size: int, memories: int) -> None:
        self._device: torch.device = model.device  # where the reader's own tensors are made
        with self._device:
            self._reader = Reader(model)
        self._masks, self._batch_size = masks, batch_size
        self._memories = MemoryStore(memories)

    def forget(self) -> None:
        """Drops all memories."""
        self._memories.forget()

    def decode(self, rows: Sequence[Row], prompts: Sequence[tuple[int, ...]]) -> None:
        """Completes rows; short prompts come first, so that a batch is padded little."""
        order = sorted(range(len(rows)), key=lambda place: len(prompts[place]))
        for start in range(0, len(order), self._batch_size):
            part = order[start : start + self._batch_size]
            with self._device:
                self._decode([rows[place] for place in part], [prompts[place] for place in part])

    def _decode(self, rows: list[Row], prompts: list[tuple[int, ...]]) -> None:
        lines = [first_line(prompt) for prompt in prompts]
        slots = [row.request.slot for row in rows]
        known = [self._memories.find(*key) for key in zip(slots, lines, prompts, strict=True)]
        memories, logits = self._reader.read(known, prompts)
        for slot, line, memory in zip(slots, lines, memories, strict=True):
            self._memories.keep(slot, line, memory.cut(len(memory.tokens) - 1))
        batch, running = self._reader.join(memories), rows
        while True:
            masks = self._masks.rows([self._masks.number(row.allowed()) for row in running])
            tokens = torch.tensor(choose(running, logits, masks), device=logits.device)
            going = [place for place, row in enumerate(running) if not row.done]
            if not going:
                return
            if len(going) < len(running):
                batch.select(going)
                tokens, running = tokens[going], [running[place] for place in going]
            logits = self._reader.step(batch, tokens)
