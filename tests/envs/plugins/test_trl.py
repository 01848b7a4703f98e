"""GRPO of TRL plays with the tools of an environment."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("trl", reason="trl: pip install 'debugworld[trl]'")

from debugworld.envs import TaskError
from debugworld.envs.command import LOOK_KINDS
from debugworld.envs.plugins.trl import OVER, TOOLS, environment_factory, prompts
from debugworld.sandboxes.debugger import BASIC_KINDS

REACH, QUERY = (
    "debugworld.envs:debugworld/ReachState-Text-v0",
    "debugworld.envs:debugworld/StateQuery-Text-v0",
)


def tools(made: type) -> dict[str, Any]:
    """Those that a trainer finds: public functions of the class, in its words."""
    names = {name for name, _ in inspect.getmembers(made, inspect.isfunction) if not name.startswith("_")}
    return {name: getattr(made, name) for name in names - {"reset", "get_reward"}}


def test_every_tool_has_a_schema() -> None:
    from transformers.utils import get_json_schema

    env = environment_factory(QUERY)()
    found = {name: get_json_schema(getattr(env, name))["function"] for name in tools(type(env))}
    own = ("break_on", "clear_on", *LOOK_KINDS, "answer")
    assert set(found) == {TOOLS[kind].name for kind in (*BASIC_KINDS, *own)}
    for name, schema in found.items():
        assert schema["name"] == name and schema["description"]
        wanted = {
            "run_to": ["line"],
            "break_at": ["line"],
            "break_on": ["event"],
            "clear_on": ["event"],
            "run_until": ["wanted"],
            "assign": ["variable", "expression"],
            "clear_at": ["line"],
            "answer": ["value"],
            "evaluate": ["expression"],
        }
        more = {"break_at": ["condition", "hits"], "up": ["count"], "down": ["count"]}.get(name, [])
        parameters = schema["parameters"]
        assert parameters.get("required", []) == wanted.get(name, [])
        assert list(parameters["properties"]) == wanted.get(name, []) + more
        assert all(each["description"] for each in parameters["properties"].values())
    assert found["run_to"]["parameters"]["properties"]["line"]["type"] == "integer"


def test_a_task_without_answers_has_no_tool_for_them() -> None:
    assert not {"answer", "assign"} & set(tools(environment_factory(REACH)))


def test_breakpoints_take_conditions_and_happenings() -> None:
    env = environment_factory(QUERY, tasks="builtin/fibonacci", sandbox="process")()
    env.reset(seed=3)
    assert "Breakpoints: 14 if n > 1\n" in env.break_at(14, "n > 1")
    assert "Breakpoints: 14 hits 2\n" in env.break_at(line="15", hits="2").replace("14 if n > 1; 15", "14")
    assert "; function fib if n\n" in env.break_on(event="function fib if n")
    assert "Error: " not in env.clear_on(event="function fib if n")
    assert "is no breakpoint" in env.break_on(event="when it rains")


def test_only_text_has_tools() -> None:
    with pytest.raises(TaskError, match="text family"):
        environment_factory("debugworld.envs:debugworld/ReachState-Features-v0")


def test_rewards_are_those_of_the_environment() -> None:
    env = environment_factory(QUERY, tasks="builtin/fibonacci")()
    first = env.reset(seed=3)
    assert first == environment_factory(QUERY, tasks="builtin/fibonacci")().reset(seed=3, prompt="unused")
    assert "Moves left: 19" in env.step_into()
    assert "Error: run_to 4000" in env.run_to(line=4000)
    assert "Not solved" in env.answer(value="nothing of the kind")
    paid = env.get_reward()
    assert paid < 0
    assert env.step_into() == OVER and env.get_reward() == paid


@pytest.mark.parametrize("line", ["x", "", 0, -1, None, 3.7, True, [1], "\ud800", "9" * 5000])
@pytest.mark.parametrize("tool", ["run_to", "break_at", "clear_at", "accuse", "go_to_test"])
def test_a_call_with_a_wrong_argument_is_refused_as_a_text_would_be(tool: str, line: Any) -> None:
    env = environment_factory("debugworld.envs:debugworld/FaultLocalization-Text-v0")()
    env.reset(seed=0)
    method = getattr(env, tool)
    assert "Error: " in method(line)
    assert env.get_reward() == pytest.approx(-0.02)


def test_numbers_that_a_model_writes_as_texts_are_read() -> None:
    env, other = (environment_factory(QUERY, tasks="builtin/fibonacci")() for _ in range(2))
    for number, line in (("2", 2), (" 2 ", 2.0)):
        assert env.reset(seed=3) == other.reset(seed=3)
        page = env.run_to(line=number)
        assert page == other.run_to(line=line) and "Error: " not in page


CALLS = [
    f'<tool_call>\n{{"name": "{name}", "arguments": {{}}}}\n</tool_call>' for name in ("step_into", "cont")
]


def tiny() -> tuple[Any, Any]:
    """A model of 20 000 weights that knows two tool calls, and its tokenizer with Qwen's chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
    from transformers.utils import get_json_schema
    from trl.chat_template_utils import qwen3_chat_template

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    ends = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=ends, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    made = environment_factory(REACH)()
    schemas = [str(get_json_schema(getattr(made, name))) for name in tools(type(made))]
    inner.train_from_iterator([*schemas, *(made.reset(seed=seed) for seed in range(20))], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>", padding_side="left"
    )
    tokenizer.add_tokens(CALLS)
    tokenizer.chat_template = qwen3_chat_template
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=8192,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    ends_at = tokenizer.convert_tokens_to_ids("<|im_end|>")
    calls = tokenizer.convert_tokens_to_ids(CALLS)
    starts = tokenizer("<|im_start|>assistant\n", add_special_tokens=False)["input_ids"]
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(60):  # to say either call and no more
        noise = torch.randint(0, len(tokenizer), (8, 12))
        said = torch.tensor(calls)[torch.arange(8) % 2]
        rows = [
            [*before.tolist(), *starts, int(call), ends_at] for before, call in zip(noise, said, strict=True)
        ]
        ids = torch.tensor(rows)
        labels = ids.clone()
        labels[:, :-2] = -100
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model, tokenizer


@pytest.mark.slow
def test_a_step_of_grpo_learns_from_what_the_environment_paid(tmp_path: Path) -> None:
    from trl import GRPOConfig, GRPOTrainer

    model, tokenizer = tiny()
    before = [weights.clone() for weights in model.parameters()]
    config = GRPOConfig(
        output_dir=str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=2000,
        max_tool_calling_iterations=4,
        learning_rate=1e-2,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        seed=0,
    )
    trainer = GRPOTrainer(
        model=model,
        args=config,
        train_dataset=prompts(range(4)),
        processing_class=tokenizer,
        environment_factory=environment_factory(REACH, max_lines=24, max_moves=3),
    )
    trainer.train()
    logged = [row for row in trainer.state.log_history if "reward" in row]
    assert len(logged) == 2
    assert all(row["tools/call_frequency"] >= 1 for row in logged), logged
    assert all(row["tools/failure_frequency"] == 0 for row in logged), logged
    assert any(row["reward"] < 0 for row in logged)
    assert any(row["reward_std"] > 0 for row in logged)
    assert any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
