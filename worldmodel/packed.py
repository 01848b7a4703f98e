"""The forward pass of a stock model over many rows at once, behind one beginning that all of them share.

All rows' new tokens stand one behind the other, so that none is padding; only attention tells them apart.
The keys and values of the shared beginning lie in memory once, those of a row in a place of its own. The
model's own modules run, with another attention function under them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import AttentionInterface, DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache, DynamicLayer, DynamicSlidingWindowLayer

from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.prefix import Layer, Memory

_NAME = "debugworld_packed"
_GRAIN = 64
"""A row's room grows by so many tokens at least."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a row reads next.

    Attributes:
        place: of the row.
        start: tokens that it has read behind the shared beginning.
        tokens: new ones, at least one.
        heads: of how many of them, counted from the last, the logits after it are wanted.
    """

    place: int
    start: int
    tokens: Sequence[int]
    heads: int


class PackedModel:
    """Reads feeds through a model.

    Args:
        model: a causal language model for which `supports` holds.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        AttentionInterface.register(_NAME, _attend)
        self._model, self._config = model, model.config.get_text_config()
        self.prefix: Memory | None = None
        """What all rows have read before their own tokens."""
        self._cache = _Places()

    @classmethod
    def supports(cls, model: PreTrainedModel) -> bool:
        """Whether a model answers the same this way: it is tried on a few tokens."""
        kinds = {type(layer) for layer in DynamicCache(config=model.config).layers}
        if not kinds or kinds - {DynamicLayer, DynamicSlidingWindowLayer}:
            return False
        size: int = model.config.get_text_config().vocab_size
        tokens = [number * 7919 % size for number in range(1, 13)]
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=model.device)
            expected = model(input_ids=ids, use_cache=False).logits[0, -3:].float()
            try:
                packed = cls(model)
                packed.share(tokens[:5])
                packed.read([Feed(1, 0, tokens[5:8], 1), Feed(0, 0, tokens[7:9], 1)])
                found = packed.read([Feed(0, 2, tokens[:1], 1), Feed(1, 3, tokens[8:], 3)])[1:]
            except torch.OutOfMemoryError:  # says nothing about the architecture
                raise
            except Exception:  # each architecture fails in a way of its own
                return False
        close = 1e-3 if model.dtype == torch.float32 else 0.1
        return bool((found - expected).abs().max() <= close * expected.abs().max())

    def share(self, tokens: Sequence[int], known: Memory | None = None, step: int = 256) -> None:
        """Sets the beginning that all rows share; what rows hold is dropped.

        Args:
            tokens: of the beginning; may be none.
            known: memory of its first tokens, or of all.
            step: most tokens that are read at once.
        """
        self.prefix = None
        self.clear()
        read = len(known.tokens) if known else 0
        if known and read < len(tokens):
            self.put(0, known.layers)
        for start in range(read, len(tokens), step):
            self.read([Feed(0, start, tokens[start : start + step], 0)])
        if tokens:
            layers = known.layers if known and read == len(tokens) else self.take(0, len(tokens))
            self.prefix = Memory(tuple(tokens), layers)
        self.clear()

    def read(self, feeds: Sequence[Feed]) -> torch.Tensor:
        """Reads feeds, of different rows each.

        Returns:
            Logits, float32, shape ``(heads of all feeds, vocabulary)``.
        """
        device: Any = self._model.device
        before = len(self.prefix.tokens) if self.prefix else 0
        plan = _Plan(feeds, before, device)
        self._cache.begin(plan)
        end = 0
        kept: list[int] = []
        for feed in feeds:
            end += len(feed.tokens)
            kept += range(end - feed.heads, end)
        with self._packed():
            out = self._model(
                input_ids=torch.tensor([[token for feed in feeds for token in feed.tokens]], device=device),
                attention_mask=torch.zeros((1, 1, 1, 1), device=device),  # made already, as far as it knows
                position_ids=(plan.at + before)[None],
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=torch.tensor(kept or [end - 1], device=device),
                packed=self,
            )
        logits: torch.Tensor = out.logits[0].float()
        return logits if kept else logits[:0]

    def put(self, place: int, layers: Sequence[Layer]) -> None:
        """Gives a row the memory of its first tokens behind the shared beginning."""
        self._cache.put(place, layers)

    def take(self, place: int, size: int) -> tuple[Layer, ...]:
        """Returns the memory of a row's first tokens behind the shared beginning."""
        return self._cache.take(place, size)

    def clear(self) -> None:
        """Drops what rows hold."""
        self._cache = _Places()

    def attend(
        self, layer: int, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scale: float,
        window: int | None,
    ) -> torch.Tensor:  # fmt: skip
        """Returns the attention of all new tokens, shape ``(tokens, heads, head size)``.

        Args:
            layer: number of it.
            query: shape ``(heads, tokens, head size)``.
            keys: of all rows' own tokens, shape ``(rows, key heads, room, head size)``.
            values: the same.
            scale: of the scores.
            window: tokens that each sees, itself included; None for all.
        """
        plan, heads = self._cache.plan, keys.shape[1]
        queries = query.unflatten(0, (heads, -1))
        out = query.new_empty((*queries.shape[:3], values.shape[-1]))
        before = self.prefix.layers[layer] if self.prefix else None
        for group in plan.groups:
            seen, seen_before = group.seen(window)
            own = queries[:, :, group.tokens].unflatten(2, (group.rows, group.new)).permute(2, 0, 1, 3, 4)
            flat = own.flatten(2, 3)  # (rows, key heads, group * new, size)
            held_keys, held_values = (part[group.places, :, : group.size] for part in (keys, values))
            shape = own.shape[:4]
            scores = (flat @ held_keys.mT * scale).view(*shape, -1).masked_fill_(~seen, -torch.inf)
            if before is not None:
                across = flat.transpose(0, 1).flatten(1, 2)  # (key heads, rows * group * new, size)
                first = (across @ before[0].mT * scale).view(heads, shape[0], *shape[2:], -1).transpose(0, 1)
                if window is not None:
                    first = first.masked_fill(~seen_before, -torch.inf)
                scores = torch.cat([first, scores], -1)
            shares = scores.float().softmax(-1).to(values.dtype).flatten(2, 3)
            mixed = shares[..., -group.size :] @ held_values
            if before is not None:
                across = shares[..., : -group.size].transpose(0, 1).flatten(1, 2) @ before[1]
                mixed = mixed + across.view(heads, shape[0], -1, mixed.shape[-1]).transpose(0, 1)
            back = mixed.unflatten(2, shape[2:]).permute(1, 2, 0, 3, 4)
            out[:, :, group.tokens] = back.flatten(2, 3)
        return out.flatten(0, 1).transpose(0, 1)

    @contextmanager
    def _packed(self) -> Iterator[None]:
        """Puts our attention under the model for a while."""
        before = self._config._attn_implementation
        self._config._attn_implementation = _NAME
        try:
            yield
        finally:
            self._config._attn_implementation = before


@dataclass
class _Group:
    """Rows whose attention is looked up at once, with as many new tokens each.

    Attributes:
        tokens: where their new tokens stand among all, row after row.
        places: of the rows.
        starts: tokens that each has read, shape ``(rows,)``.
        new: new tokens of each row.
        size: tokens of the longest row then.
        before: tokens of the shared beginning.
    """

    tokens: torch.Tensor
    places: torch.Tensor
    starts: torch.Tensor
    new: int
    size: int
    before: int
    _seen: dict[int | None, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.places)

    def seen(self, window: int | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns which own tokens, and which of the beginning, each new one sees.

        Shapes ``(rows, 1, 1, new, size)`` and ``(rows, 1, 1, new, before)``.
        """
        if window not in self._seen:
            device = self.tokens.device
            here = (self.starts[:, None] + torch.arange(self.new, device=device))[:, None, None, :, None]
            own = torch.arange(self.size, device=device)
            first = torch.arange(-self.before, 0, device=device)
            reach = self.before + self.size if window is None else window
            self._seen[window] = (own <= here) & (own > here - reach), first > here - reach
        return self._seen[window]


class _Plan:
    """What one pass reads, and where.

    Args:
        feeds: what rows read.
        before: tokens of the shared beginning.
        device: of the model.
    """

    def __init__(self, feeds: Sequence[Feed], before: int, device: torch.device) -> None:
        sizes = [len(feed.tokens) for feed in feeds]
        self.at = torch.tensor(
            [feed.start + n for feed, size in zip(feeds, sizes, strict=True) for n in range(size)],
            device=device,
        )
        """Own position of each token."""
        self.places = torch.tensor(
            [feed.place for feed, size in zip(feeds, sizes, strict=True) for _ in range(size)], device=device
        )
        """Place of each token's row."""
        self.rows = 1 + max(feed.place for feed in feeds)
        self.room = max(feed.start + size for feed, size in zip(feeds, sizes, strict=True))
        begins = [sum(sizes[:number]) for number in range(len(sizes))]
        single = [number for number, size in enumerate(sizes) if size == 1]
        together = [single] if single else []
        together += [[number] for number, size in enumerate(sizes) if size > 1]
        self.groups = [
            _Group(
                torch.tensor(
                    [begins[number] + n for number in group for n in range(sizes[number])], device=device
                ),
                torch.tensor([feeds[number].place for number in group], device=device),
                torch.tensor([feeds[number].start for number in group], device=device),
                sizes[group[0]],
                max(feeds[number].start for number in group) + sizes[group[0]],
                before,
            )
            for group in together
        ]


class _Places(Cache):
    """Keys and values of rows, each in a place of its own."""

    def __init__(self) -> None:
        super().__init__(layers=[])
        self._held: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.plan: Any = None

    def begin(self, plan: _Plan) -> None:
        """Makes room for a pass."""
        self.plan = plan
        for layer, held in self._held.items():
            self._held[layer] = self._grown(held, plan.rows, plan.room)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Puts new keys and values into their places; returns those of all places."""
        plan, new = self.plan, (key_states, value_states)
        if layer_idx not in self._held:
            empty = tuple(part.new_zeros((0, part.shape[1], 0, part.shape[3])) for part in new)
            self._held[layer_idx] = self._grown((empty[0], empty[1]), plan.rows, plan.room)
        for held, part in zip(self._held[layer_idx], new, strict=True):
            held[plan.places, :, plan.at] = part[0].transpose(0, 1)
        return self._held[layer_idx]

    def put(self, place: int, layers: Sequence[Layer]) -> None:
        """Fills the beginning of a place."""
        for number, parts in enumerate(layers):
            size = parts[0].shape[1]
            if number not in self._held:
                empty = tuple(part.new_zeros((0, part.shape[0], 0, part.shape[2])) for part in parts)
                self._held[number] = (empty[0], empty[1])
            self._held[number] = self._grown(self._held[number], place + 1, size)
            for held, part in zip(self._held[number], parts, strict=True):
                held[place, :, :size] = part

    def take(self, place: int, size: int) -> tuple[Layer, ...]:
        """Returns a copy of the beginning of a place."""
        return tuple(
            tuple(part[place, :, :size].clone() for part in self._held[number])
            for number in range(len(self._held))
        )

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Returns nothing that a pass needs: positions are told."""
        return 0

    @staticmethod
    def _grown(
        held: tuple[torch.Tensor, torch.Tensor], rows: int, room: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        had, had_room = held[0].shape[0], held[0].shape[2]
        if rows <= had and room <= had_room:
            return held
        if room > had_room:
            room = max(-(-room // _GRAIN) * _GRAIN, had_room * 3 // 2)
        rows, room = max(rows, had), max(room, had_room)
        grown = []
        for part in held:
            wider = part.new_zeros((rows, part.shape[1], room, part.shape[3]))
            wider[:had, :, :had_room] = part
            grown.append(wider)
        return grown[0], grown[1]


def _attend(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
    attention_mask: torch.Tensor | None, *, packed: PackedModel, scaling: float | None = None,
    sliding_window: int | None = None, **others: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """The attention function that models call; shapes as transformers has them."""
    for name in ("softcap", "s_aux", "position_bias", "head_mask"):
        if others.get(name) is not None:
            raise ModelError(f"attention with {name} is not known here")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    number: Any = module.layer_idx
    return packed.attend(number, query[0], key, value, scale, sliding_window)[None], None
