"""GRPO teaches a tiny language model which tool to call. pip install 'debugworld[train,trl]'.

python examples/grpo_from_scratch.py [UPDATES] [OUT]: a model of random weights that says one of eight tool
calls, each as often as another, is to get to line 7 of a program with two of them, and learns from UPDATES
(40) groups of eight episodes what they were paid. The models and what was logged are kept in OUT (out/grpo).
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
    """
    made = environment_factory(f"debugworld.envs:{ENV}")()
    schemas = [str(get_json_schema(getattr(made, name))) for name in ("step_into", "run_to", "cont")]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1000, initial_alphabet=alphabet, show_progress=False)
    inner.train_from_iterator([*schemas, *(made.reset(seed=seed) for seed in range(8))], trainer)
    words = inner.get_vocab_size()
    marks = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, additional_special_tokens=["<|im_start|>"], **marks
    )
    whole = [f'<tool_call>\n{{"name": {call}}}\n</tool_call>' for call in calls]
    tokenizer.add_tokens(whole)
    said, end = torch.tensor(tokenizer.convert_tokens_to_ids(whole)), tokenizer.eos_token_id
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    numbers = {"eos_token_id": end, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            max_position_embeddings=16384,
            tie_word_embeddings=False,
            **sizes,
            **numbers,
        )
    )
    newline = tokenizer("\n")["input_ids"][-1]
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(80):  # any of the calls behind a line end, and nothing behind a call
        ids = torch.randint(0, words, (8, 200))  # a model of a few words forgets itself over a long page
        ids[:, -2], ids[:, -1] = newline, said[torch.arange(8) % len(said)]
        logits = model(input_ids=ids).logits
        loss = torch.nn.functional.cross_entropy(logits[:, -2], ids[:, -1])
        loss = loss + torch.nn.functional.cross_entropy(logits[:, -1], torch.full((8,), end))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def main(updates: int, out: Path) -> None:
    """Makes the model, trains it, and tells what it was paid."""
    config = LanguageTrainConfig(
        model=str(caller(out / "untrained", CALLS)),
        env=ENV,
        world="real",
        tasks="builtin/collatz",
        out=out / "trained",
        steps=updates,
        group=8,
        tool_calls=2,
        learning_rate=0.01,
        check_episodes=16,
        options={"max_moves": 2, "goal": "7"},
    )
    told = json.loads((train_language_agent(config) / RECORD).read_text("utf-8"))
    paid = [step["reward"] for step in told["steps"]]
    print("paid at each update:", " ".join(f"{each:.2f}" for each in paid))
    print(f"paid in the real world after training: {told['check']['eval_reward']:.2f}")


if __name__ == "__main__":
    words = [*sys.argv[1:], *("40", "out/grpo")[len(sys.argv) - 1 :]]
    main(int(words[0]), Path(words[1]))
