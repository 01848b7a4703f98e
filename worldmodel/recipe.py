"""What a training run is made of: its size, its budget, its pace; read from TOML, kept as JSON.

A recipe is a TOML file. Its top level holds fields of `TrainConfig`; its table ``[data]`` holds settings of
whoever makes the examples. Recipes that come with the package are known by name.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from debugworld.worldmodel.draft import draft
from debugworld.worldmodel.errors import ModelError

RECIPES = Path(__file__).parent / "recipes"
"""Folder of the recipes that come with the package."""
FIXED = frozenset(
    {
        *("base", "gguf", "lora_rank", "lora_alpha", "hidden_size", "layers", "heads", "longest", "ahead"),
        *("optimizer", "learning_rate", "adamw_rate", "weight_decay", "packed", "held_out", "seed"),
    }
)
"""Fields that a run which goes on cannot change."""
OPTIMIZERS = ("muon", "adamw")

Config = TypeVar("Config")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run, besides its data.

    Attributes:
        minutes: training time; the learning rate follows the share of it that has passed, so a busy machine
            makes fewer steps and still ends on a finished schedule. Time before an interruption counts.
        steps: optimizer steps instead of minutes; then the run is a function of the seed alone.
        part_minutes: time after which this process saves, exports what it has and leaves, so that a long
            budget is spent in several parts; 0 goes on to the end.
        hidden_size: width of the model.
        layers: blocks; even ones mix by a short causal convolution, odd ones by attention.
        heads: attention heads.
        base: model to fine-tune instead of starting from scratch: a name on the Hugging Face hub, a folder,
            or ``package:NAME`` for files inside an installed Python package.
        gguf: name of the GGUF file inside ``base``; empty for a folder of safetensors.
        lora_rank: rank of LoRA's updates of all linear layers; 0 trains all weights.
        lora_alpha: scale of LoRA's updates, divided by the rank.
        longest: most tokens of an example, control tokens included; the context of a model from scratch.
        tokens_per_batch: budget of one process's batch in tokens, padding included.
        accumulate: batches of each process that make one step.
        packed: puts several examples into each row, blind to one another, instead of padding.
        row_tokens: length of a packed row.
        optimizer: ``muon`` for the matrices and AdamW for the rest, or ``adamw`` for all.
        learning_rate: peak of Muon's rate, reached after ``warmup`` of the run.
        adamw_rate: peak of AdamW's rate.
        warmup: share of the run in which the rate rises from zero.
        decay: share of the run, at its end, in which the rate falls to zero.
        weight_decay: on matrices.
        ahead: tokens that each place predicts while training; 1 is the plain loss, more adds heads that the
            exported model does not have.
        attention: implementation in transformers; empty takes ``eager`` on a CPU and ``sdpa`` on a GPU.
        resident: keeps all examples in the device's memory and makes batches there, each of one of a few
            widths; for a small network on a GPU, which learns faster than examples can be sent.
        compile: runs the model's blocks through ``torch.compile``; needs ``packed`` or ``resident``, whose
            batches have few shapes.
        fsdp: shards weights, gradients and optimizer over the processes.
        checkpointing: computes activations again in the backward pass instead of keeping them.
        workers: processes that prepare batches; 0 prepares them in the training process.
        held_out: share of the examples, chosen by a digest of the prompt, that is never learnt from.
        sampling_alpha: power of how often an example was met, to which it is drawn: 0 draws all alike, 1 as
            often as programs ask.
        drawn_tokens: examples of more tokens are not drawn, which makes a lesson of small questions; 0 draws
            all.
        evaluate_minutes: time between evaluations on held-out examples; 0 for none.
        look_after: minutes after which the shortest held-out examples are looked at; 0 for never.
        look_least: share of those that should be right by then; below it the run warns.
        seed: of the initial weights and the order of examples.
        save_minutes: time between checkpoints of the run.
        threads: of the CPU; 0 leaves PyTorch's own choice.
    """

    minutes: float | None = 55.0
    steps: int | None = None
    hidden_size: int = 256
    layers: int = 4
    heads: int = 8
    tokens_per_batch: int = 4096
    learning_rate: float = 2e-2
    adamw_rate: float = 3e-3
    warmup: float = 0.02
    decay: float = 0.5
    weight_decay: float = 0.05
    seed: int = 0
    save_minutes: float = 3.0
    threads: int = 0
    part_minutes: float = 0.0
    base: str = ""
    gguf: str = ""
    lora_rank: int = 0
    lora_alpha: float = 16.0
    longest: int = 512
    accumulate: int = 1
    packed: bool = False
    row_tokens: int = 1024
    optimizer: str = "muon"
    ahead: int = 1
    attention: str = ""
    resident: bool = False
    compile: bool = False
    fsdp: bool = False
    checkpointing: bool = False
    workers: int = 0
    held_out: float = 0.0
    sampling_alpha: float = 0.0
    drawn_tokens: int = 0
    evaluate_minutes: float = 0.0
    look_after: float = 0.0
    look_least: float = 0.3

    def __post_init__(self) -> None:
        check_types(self, "the recipe")
        if (self.minutes is None) == (self.steps is None):
            raise ModelError(
                "a run needs either minutes or steps, and not both; one alone, such as --set steps=12,"
                " is enough and replaces what a recipe says"
            )
        budget = self.minutes if self.minutes is not None else self.steps
        if budget is not None and not budget > 0:
            raise ModelError(f"the budget must be positive, not {budget}")
        for name in (
            "hidden_size",
            "layers",
            "heads",
            "tokens_per_batch",
            "accumulate",
            "row_tokens",
            "ahead",
        ):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("warmup", "decay", "look_least"):
            if not 0 <= getattr(self, name) <= 1:
                raise ModelError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")
        for name in (
            *("threads", "workers", "lora_rank", "seed", "save_minutes", "part_minutes", "weight_decay"),
            *("evaluate_minutes", "look_after", "drawn_tokens"),
        ):
            if not getattr(self, name) >= 0:
                raise ModelError(f"{name} must be 0 or more, not {getattr(self, name)}")
        self._check_sizes()

    def _check_sizes(self) -> None:
        """Refuses settings that do not fit together."""
        if self.hidden_size % self.heads or self.hidden_size // self.heads % 2:
            raise ModelError(f"hidden_size {self.hidden_size} must be an even multiple of heads {self.heads}")
        if min(self.learning_rate, self.adamw_rate) <= 0 or self.lora_alpha <= 0:
            raise ModelError("learning_rate, adamw_rate and lora_alpha must be positive")
        if self.optimizer not in OPTIMIZERS:
            raise ModelError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, not {self.optimizer!r}")
        if not 0 <= self.sampling_alpha <= 1:
            raise ModelError(f"sampling_alpha is a power from 0 to 1, not {self.sampling_alpha}")
        if not 0 <= self.held_out < 1:
            raise ModelError(f"held_out is a share from 0 to below 1, not {self.held_out}")
        if (self.evaluate_minutes or self.look_after) and not self.held_out:
            raise ModelError(
                "evaluate_minutes and look_after need held-out examples; set held_out, say 0.005"
            )
        if self.longest < 8:
            raise ModelError(f"longest must be at least 8 tokens, not {self.longest}")
        if self.gguf and not self.base:
            raise ModelError("gguf names a file inside base, and base is empty; set base to the folder")
        if self.lora_rank and not self.base:
            raise ModelError(
                "lora_rank updates a trained model, and base is empty; set base, or lora_rank = 0"
            )
        if self.packed and self.row_tokens > self.tokens_per_batch:
            raise ModelError(
                f"a packed row of {self.row_tokens} tokens does not fit into a batch of"
                f" {self.tokens_per_batch}; lower row_tokens or raise tokens_per_batch"
            )
        if self.ahead > 1 and (self.fsdp or self.lora_rank or self.compile):
            raise ModelError("ahead > 1 goes with neither fsdp, lora_rank nor compile; set ahead = 1")
        if self.compile and not (self.packed or self.resident):
            raise ModelError(
                "compile needs packed = true or resident = true: padded batches have too many shapes to"
                " compile for"
            )
        if self.resident and (self.packed or self.workers):
            raise ModelError("resident batches are neither packed nor made by workers; set packed = false")

    def rate(self, progress: float) -> float:
        """Returns the share of the peak learning rate at a share of the run in [0, 1]."""
        rise = progress / self.warmup if self.warmup else 1.0
        return max(0.0, min(1.0, rise, (1.0 - progress) / self.decay if self.decay else 1.0))

    def save(self, path: Path) -> None:
        """Writes the recipe as JSON, whole or not at all: other processes may be reading it."""
        with draft(path) as beside:
            beside.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> TrainConfig:
        """Reads a recipe that `save` wrote.

        Raises:
            ModelError: there is none, or it names fields that this version does not know.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError as error:
            raise ModelError(f"{path.parent} is no training run: it has no {path.name}") from error
        except (ValueError, TypeError) as error:
            raise ModelError(f"{path} is not a readable recipe ({error})") from error

    def changed(self, settings: Mapping[str, Any], where: str = "--set") -> TrainConfig:
        """Returns the configuration with some fields changed; a new kind of budget replaces the old one.

        Raises:
            ModelError: a field is unknown, or has a wrong type or an impossible value.
        """
        known(type(self), settings, where)
        other = {"minutes": "steps", "steps": "minutes"}
        dropped = {other[key]: None for key in settings if key in other and other[key] not in settings}
        return dataclasses.replace(self, **{**settings, **dropped})

    def resumed(self, settings: Mapping[str, Any]) -> TrainConfig:
        """Returns the configuration of a run that goes on with some fields changed.

        Raises:
            ModelError: as `changed`, or a field is one that a run keeps for life.
        """
        after = self.changed(settings)
        fixed = [key for key in settings if key in FIXED and getattr(after, key) != getattr(self, key)]
        if fixed:
            raise ModelError(f"a run that goes on keeps its {', '.join(fixed)}; begin a new one with --out")
        return after


@dataclass(frozen=True)
class Recipe:
    """A recipe as it stands in a file.

    Attributes:
        train: the run.
        data: the table ``[data]`` as it was written.
    """

    train: TrainConfig = field(default_factory=TrainConfig)
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str, settings: Iterable[str] = ()) -> Recipe:
        """Reads a recipe.

        Args:
            name: of a recipe of the package, or a path of a TOML file.
            settings: changes, each ``KEY=VALUE`` or ``data.KEY=VALUE``; values as in TOML.

        Raises:
            ModelError: there is no such recipe, it is no TOML, or a setting is unknown or impossible.
        """
        path = RECIPES / f"{name}.toml" if name in recipe_names() else Path(name)
        try:
            table = tomllib.loads(path.read_text())
        except OSError as error:
            names = ", ".join(recipe_names())
            raise ModelError(
                f"there is no recipe {name}; take one of {names}, or the path of a file"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ModelError(f"{path} is not a TOML file ({error})") from error
        data = table.pop("data", {})
        if not isinstance(data, dict):
            raise ModelError(f"{path}: data must be a table, written [data]")
        train, more = split_settings(settings)
        config = TrainConfig().changed(table, str(path)) if table else TrainConfig()
        return cls(config.changed(train), data | more)


def recipe_names() -> list[str]:
    """Returns the names of the recipes that come with the package."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def split_settings(settings: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads settings of a command line; returns those of the run, and those of the data.

    Raises:
        ModelError: one is not of the form ``KEY=VALUE``.
    """
    train: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for setting in settings:
        key, sign, text = setting.partition("=")
        if not sign or not key.strip():
            raise ModelError(f"--set takes KEY=VALUE, such as minutes=30; not {setting!r}")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        head, dot, tail = key.strip().partition(".")
        if dot and head != "data":
            raise ModelError(f"--set knows KEY and data.KEY, not {key.strip()!r}")
        (data if dot else train)[tail or head] = value
    return train, data


def known(kind: type, settings: Mapping[str, Any], where: str) -> None:
    """Checks that a dataclass has fields of these names.

    Raises:
        ModelError: one is unknown; the text names the nearest.
    """
    names = [item.name for item in dataclasses.fields(kind)]
    for key in settings:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
            raise ModelError(f"{where}: unknown setting {key}; {hint}")


def from_table(kind: type[Config], table: Mapping[str, Any], where: str) -> Config:
    """Builds a dataclass from a table of TOML: lists become tuples and texts become paths where asked for.

    Raises:
        ModelError: a setting is unknown or has a wrong type.
    """
    known(kind, table, where)
    hints = typing.get_type_hints(kind)
    made = {
        key: tuple(Path(part) for part in value)
        if hints[key] == tuple[Path, ...]
        and isinstance(value, list)
        and all(isinstance(p, str) for p in value)
        else value
        for key, value in table.items()
    }
    built = kind(**made)
    check_types(built, where)
    return built


def check_types(config: Any, where: str) -> None:
    """Checks each field of a dataclass against its annotation.

    Raises:
        ModelError: a value has another type, or is no finite number.
    """
    for name, hint in typing.get_type_hints(type(config)).items():
        value = getattr(config, name)
        if not _fits(value, hint):
            wanted = str(hint).removeprefix("<class '").removesuffix("'>").replace(" | None", "")
            raise ModelError(f"{where}: {name} must be {wanted}, not {value!r} ({type(value).__name__})")
        for number in value.values() if isinstance(value, dict) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                raise ModelError(f"{where}: {name} must be finite, not {value!r}")


def _fits(value: Any, hint: Any) -> bool:
    """Tells whether a value has an annotated type; whole numbers count as floats, booleans as no numbers."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(part, parts[0]) for part in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(key, parts[0]) and _fits(part, parts[1]) for key, part in value.items()
        )
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return not isinstance(hint, type) or isinstance(value, hint)
