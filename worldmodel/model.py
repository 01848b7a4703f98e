"""The network: a small stock causal language model, short convolutions and attention in turn."""

from __future__ import annotations

from transformers import Lfm2Config, Lfm2ForCausalLM, PreTrainedModel

from debugworld.worldmodel.recipe import TrainConfig
from debugworld.worldmodel.tokenizer import BOS, CONTROL_TOKENS, EOS, PAD

CONVOLUTION = 4
"""Tokens that a short convolution sees: the current one and those before it."""


def build_model(config: TrainConfig, vocabulary: int) -> PreTrainedModel:
    """Builds a model with fresh weights in float32.

    Args:
        config: size.
        vocabulary: number of tokens.
    """
    shape = Lfm2Config(
        vocab_size=vocabulary,
        hidden_size=config.hidden_size,
        intermediate_size=config.hidden_size * 8 // 3 // 32 * 32,
        block_auto_adjust_ff_dim=False,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        layer_types=["full_attention" if layer % 2 else "conv" for layer in range(config.layers)],
        conv_L_cache=CONVOLUTION,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        max_position_embeddings=config.longest,
        pad_token_id=CONTROL_TOKENS.index(PAD),
        bos_token_id=CONTROL_TOKENS.index(BOS),
        eos_token_id=CONTROL_TOKENS.index(EOS),
    )
    shape._attn_implementation = "eager"  # on a CPU faster than the fused one, by half in training
    return Lfm2ForCausalLM(shape)
