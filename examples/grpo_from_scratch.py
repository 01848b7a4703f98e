"""GRPO teaches a tiny language model which tool to call: in the dream, checked in the real world.

pip install 'debugworld[train,trl]'

python examples/grpo_from_scratch.py [UPDATES] [OUT]: a model that says one of eight tool calls, each as
often as another, is to get to line 7 of a program with two of them. It learns from UPDATES (24) groups of
eight dreamt episodes what they were paid. The models and what was logged are kept in OUT (out/grpo).
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import get_json_schema

from debugworld.agents.training.grpo import RECORD, LanguageTrainConfig, train_language_agent
from debugworld.envs.plugins.trl import environment_factory

ENV = "debugworld/ReachState-Text-v0"
CALLS = [
    *('"step_into", "arguments": {}', '"step_over", "arguments": {}', '"step_return", "arguments": {}'),
    *('"cont", "arguments": {}', '"back_into", "arguments": {}'),
    *(f'"run_to", "arguments": {{"line": {line}}}' for line in (3, 5, 7)),
]


def caller(folder: Path, calls: Sequence[str]) -> Path:
    """Writes a causal language model that says some tool calls, one as often as another, and nothing else.

    Args:
        folder: Where to.
        calls: What stands behind ``"name": `` in each of them.

    Returns:
        The folder.
    """
    made = environment_factory(f"debugworld.envs:{ENV}")()
    schemas = [str(get_json_schema(getattr(made, name))) for name in ("step_into", "run_to", "cont")]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1000, initial_alphabet=alphabet, show_progress=False)
    inner.train_from_iterator([*schemas, *(made.reset(seed=seed) for seed in range(8))], trainer)
    marks = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, additional_special_tokens=["<|im_start|>"], **marks
    )
    whole = [f'<tool_call>\n{{"name": {call}}}\n</tool_call>' for call in calls]
    tokenizer.add_tokens(whole)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16384,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    layer = model.model.layers[0]
    embeddings, heads = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    said = tokenizer.convert_tokens_to_ids(whole)
    with torch.no_grad():  # the last word tells what follows: the end behind a call, a call behind all else
        for weight in (embeddings, heads, layer.self_attn.o_proj.weight, layer.mlp.down_proj.weight):
            weight.zero_()
        embeddings[:, 0] = embeddings[said, 1] = 1
        embeddings[said, 0] = 0
        heads[said, 0] = heads[tokenizer.eos_token_id, 1] = 5
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def main(updates: int, out: Path) -> None:
    """Makes the model, trains it, and tells what it was paid."""
    config = LanguageTrainConfig(
        model=str(caller(out / "untrained", CALLS)),
        env=ENV,
        world="rollout",
        tasks="builtin/collatz",
        out=out / "trained",
        steps=updates,
        group=8,
        tool_calls=2,
        learning_rate=0.05,
        check_episodes=16,
        options={"max_moves": 2, "goal": "7"},
    )
    told = json.loads((train_language_agent(config) / RECORD).read_text("utf-8"))
    paid = [step["reward"] for step in told["steps"]]
    print("paid at each update:", " ".join(f"{each:.2f}" for each in paid))
    print(f"paid in the real world after training: {told['check']['eval_reward']:.2f}")


if __name__ == "__main__":
    words = [*sys.argv[1:], *("24", "out/grpo")[len(sys.argv) - 1 :]]
    main(int(words[0]), Path(words[1]))
