"""Calibrated confidence: from what a model's answer looked like to the probability that it is right.

One map a kind of prediction (a step, a direct jump, a rollout of several steps), fitted on
programs that the model was not trained on and kept beside the checkpoint. A map is a logistic
regression on the evidence (Platt, 1999, with the two features of the beta calibration of Kull,
Silva Filho and Flach, 2017, and the answer's size), where it helps made monotone against outcomes by
pool-adjacent-violators (Zadrozny and Elkan, 2002); where neither foretells better, the raw confidence stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.worldmodel.errors import ModelError

FILE = "calibration.json"
"""Name of the file beside a checkpoint, for the default granularity."""
KINDS = ("step", "jump", "rollout")
"""What has a map of its own."""
BINS = 15
"""Bins of the calibration error."""
FEW = 20
"""Fewest outcomes that a map is fitted to."""
BLOCK = 40
"""Fewest outcomes of a block of the monotone part."""
RIDGE = 1.0
"""Weight of the squared coefficients against the log-likelihood of all outcomes."""
FOLDS = 5
"""Parts of the outcomes that are foretold from the others, to choose a form."""
_LEAST = 1e-3
_FEATURES = 5
_RAW = (0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
"""Weights that give back the raw confidence: the logarithm of its odds is lowest minus doubt."""
_SURE = 1e-6
_NEVER = -100.0
"""Log-probability of an answer that there was none of."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the answers behind a state."""

    kind: str = "certain"
    """``certain`` where the model was not asked, else one of `KINDS`."""
    lowest: float = 0.0
    """Least natural log-probability of a token, without the grammar; nan where an engine could not tell."""
    total: float = 0.0
    """Sum of those log-probabilities."""
    tokens: int = 0
    """Number of tokens."""
    questions: int = 0
    """Number of answers."""

    @property
    def raw(self) -> float:
        """The confidence without a calibration: the least probability of a token, in [0, 1]."""
        return math.exp(self.lowest)

    def after(self, logprobs: Sequence[float], unread: bool = False) -> Evidence:
        """Returns the evidence after one more answer.

        Args:
            logprobs: Log-probabilities of its tokens; none where the engine could not tell.
            unread: Whether the question was too long to be read, so that the answer is none.
        """
        if unread:
            logprobs = [_NEVER]
        return Evidence(
            self.kind,
            min([self.lowest, *logprobs]) if logprobs else math.nan,
            self.total + (sum(logprobs) if logprobs else math.nan),
            self.tokens + len(logprobs),
            self.questions + 1,
        )

    @staticmethod
    def join(parts: Iterable[Evidence]) -> Evidence:
        """Returns the evidence of states that all had to be right: of several steps, a rollout's."""
        asked = [part for part in parts if part.kind != "certain"]
        if len(asked) < 2:
            return asked[0] if asked else Evidence()
        kinds = {part.kind for part in asked}
        return Evidence(
            "jump" if "jump" in kinds else "rollout",
            math.nan if any(math.isnan(part.lowest) for part in asked) else min(p.lowest for p in asked),
            sum(part.total for part in asked),
            sum(part.tokens for part in asked),
            sum(part.questions for part in asked),
        )


@dataclass(frozen=True)
class Map:
    """From evidence to probability, for one kind."""

    weights: tuple[float, ...]
    """Of the features, the constant first."""
    steps: tuple[tuple[float, float], ...] = ()
    """Where there is a monotone part: (score, probability), both ascending, interpolated linearly."""
    count: int = 0
    """Outcomes it was fitted to."""

    def __call__(self, evidence: Sequence[Evidence]) -> Floats:
        """Returns the probability of each state; float64, shape ``(len(evidence),)``."""
        scores = _sigmoid(_features(evidence) @ np.array(self.weights))
        if not self.steps:
            return scores
        places, values = zip(*self.steps, strict=True)
        return np.interp(scores, places, values)


@dataclass(frozen=True)
class Calibration:
    """The maps of one checkpoint."""

    maps: Mapping[str, Map] = field(default_factory=dict)
    """By kind; a kind without one keeps its raw confidence."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """By the goal of a move (``return``, ``over``, ``to``): the calibrated confidence from which on it was
    no worse than the rollout; above 1 where it never was."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """How it came about."""

    @property
    def granularity(self) -> str:
        """How much one question covered where it was fitted, see `thinker`; empty where that is not told."""
        return str(self.about.get("granularity", ""))

    @property
    def fitted(self) -> frozenset[str]:
        """First 16 hexadecimal digits of the content hashes of the programs that it was fitted to."""
        return frozenset(self.about.get("fitted", ()))

    def probability(self, evidence: Evidence) -> float:
        """Returns the probability that a state is exactly right, in [0, 1]; nan where it is not known."""
        if evidence.kind == "certain":
            return 1.0
        found = self.maps.get(evidence.kind)
        return float(found([evidence])[0]) if found is not None else evidence.raw

    def save(self, folder: Path) -> Path:
        """Writes it beside a checkpoint and returns the file.

        Raises:
            OSError: it cannot be written.
        """
        path = folder / file_of(self.granularity)
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", "utf-8")
        return path

    def to_json(self) -> dict[str, Any]:
        """Returns it as plain JSON data."""
        maps = {
            kind: {
                "weights": list(one.weights),
                "steps": [list(step) for step in one.steps],
                "count": one.count,
            }
            for kind, one in self.maps.items()
        }
        return {"maps": maps, "thresholds": dict(self.thresholds), "about": dict(self.about)}

    @staticmethod
    def load(folder: Path, granularity: str = "steps") -> Calibration | None:
        """Reads what `save` wrote beside a checkpoint; None where there is none for a granularity.

        Raises:
            ModelError: the file is damaged.
        """
        path = folder / file_of(granularity)
        if not path.exists():
            return None
        try:
            data = json.loads(path.read_text("utf-8"))
            maps = {
                str(kind): Map(
                    tuple(map(float, one["weights"])),
                    tuple((float(score), float(value)) for score, value in one["steps"]),
                    int(one["count"]),
                )
                for kind, one in data["maps"].items()
            }
            thresholds = {str(kind): float(value) for kind, value in data["thresholds"].items()}
            if any(len(one.weights) != _FEATURES + 1 for one in maps.values()):
                raise ValueError("a map has another number of weights")
            found = Calibration(maps, thresholds, dict(data["about"]))
            return found if found.granularity in ("", granularity) else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path} is damaged ({error}); make it again: debugworld calibrate --model {folder}"
            ) from None


def file_of(granularity: str) -> str:
    """Returns the name of the file with the calibration of a granularity."""
    return FILE if granularity in ("", "steps") else f"calibration-{granularity}.json"


def fit(evidence: Sequence[Evidence], right: Sequence[bool]) -> Calibration:
    """Fits a map for each kind of which there are enough outcomes.

    Args:
        evidence: Of states that the model predicted; certain ones are left out.
        right: Whether each state was exactly right.
    """
    maps = {}
    for kind in KINDS:
        chosen = [place for place, one in enumerate(evidence) if one.kind == kind]
        if len(chosen) >= FEW:
            maps[kind] = fit_map([evidence[place] for place in chosen], [right[place] for place in chosen])
    return Calibration(maps)


def fit_map(evidence: Sequence[Evidence], right: Sequence[bool]) -> Map:
    """Fits the map of one kind: of three forms, the one that foretells left-out outcomes best.

    The forms are the raw confidence as it is, the logistic regression, and that made monotone; they are
    compared by the log-likelihood of `FOLDS` parts of the outcomes, each foretold from the others. The parts
    are runs of neighbours, because neighbours are often of one program.

    Raises:
        ValueError: there are no outcomes.
    """
    if not evidence:
        raise ValueError("a map needs outcomes; there are none")
    outcomes = np.array(right, np.float64)
    losses = np.zeros(len(_FORMS))
    parts = np.array_split(np.arange(len(outcomes)), min(FOLDS, len(outcomes)))
    for part in parts if len(parts) > 1 else []:
        rest = np.setdiff1d(np.arange(len(outcomes)), part)
        for place, form in enumerate(_FORMS):
            made = form([evidence[i] for i in rest], outcomes[rest])
            chance = np.clip(made([evidence[i] for i in part]), _LEAST, 1 - _LEAST)
            losses[place] -= np.log(np.where(outcomes[part] > 0, chance, 1 - chance)).sum()
    return _FORMS[int(np.argmin(losses))](evidence, outcomes)


def _as_it_is(evidence: Sequence[Evidence], outcomes: Floats) -> Map:
    return Map(_RAW, (), len(outcomes))


def _logit(evidence: Sequence[Evidence], outcomes: Floats) -> Map:
    return Map(tuple(map(float, _logistic(_features(evidence), outcomes))), (), len(outcomes))


def _ranked(evidence: Sequence[Evidence], outcomes: Floats) -> Map:
    features = _features(evidence)
    weights = _logistic(features, outcomes)
    return Map(tuple(map(float, weights)), _monotone(_sigmoid(features @ weights), outcomes), len(outcomes))


def threshold(confidence: Sequence[float], direct: Sequence[bool], rollout: Sequence[bool]) -> float:
    """Returns the confidence of a direct jump from which on taking it gives the most right answers.

    Args:
        confidence: Calibrated, of each direct jump.
        direct: Whether it was right.
        rollout: Whether the rollout from the same place was right.

    Returns:
        The threshold; of several that are equally good the lowest, because a direct jump is cheaper; 1.01
        where the rollout alone was best.
    """
    order = np.argsort(-np.asarray(confidence, np.float64), kind="stable")
    gains = np.asarray(direct, np.int64)[order] - np.asarray(rollout, np.int64)[order]
    sorted_ = np.asarray(confidence, np.float64)[order]
    total, best, found = 0, 0, 1.01
    for place, gain in enumerate(gains):
        total += int(gain)
        last = place + 1 == len(gains) or sorted_[place + 1] < sorted_[place]
        if last and total >= best:
            best, found = total, float(sorted_[place])
    return found


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Returns the expected calibration error with bins of equal mass.

    As in Naeini, Cooper and Hauskrecht (2015) and Guo et al. (2017), the mean over all answers of the gap
    between the accuracy and the mean confidence of an answer's bin; the bins hold equal numbers of answers,
    as in Nguyen and O'Connor (2015), since confidences crowd near 1.

    Raises:
        ValueError: there are no answers.
    """
    gaps = [abs(accuracy - mean) * count for mean, accuracy, count in reliability(confidence, right, bins)]
    return sum(gaps) / len(right)


def calibration_floor(
    confidence: Sequence[float], bins: int = BINS, draws: int = 200, seed: int = 0
) -> float:
    """Returns the calibration error that so many answers show by chance when confidence is perfectly right.

    Outcomes are drawn from the confidences themselves, as in the consistency resampling of Broecker and Smith
    (2007). An error near its floor tells no more than that there are too few answers to find a fault.

    Args:
        confidence: In each answer, in [0, 1].
        bins: As `calibration_error` takes them.
        draws: Sets of outcomes; their mean error is returned.
        seed: Of the draws.

    Raises:
        ValueError: there are no answers.
    """
    chance = np.random.default_rng(seed)
    values = np.asarray(confidence, np.float64)
    sets = chance.random((draws, len(values))) < values
    return float(np.mean([calibration_error(confidence, right.tolist(), bins) for right in sets]))


def brier(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Returns the mean squared distance between confidence and outcome (Brier, 1950).

    Raises:
        ValueError: there are no answers.
    """
    if not right:
        raise ValueError("a score needs answers; there are none")
    gaps = np.asarray(confidence, np.float64) - np.asarray(right, np.float64)
    return float(np.mean(gaps**2))


def reliability(
    confidence: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> list[tuple[float, float, int]]:
    """Returns (mean confidence, accuracy, count) of bins of equal mass, ascending.

    Raises:
        ValueError: there are no answers.
    """
    if not right:
        raise ValueError("a reliability curve needs answers; there are none")
    order = np.argsort(np.asarray(confidence, np.float64), kind="stable")
    values = np.asarray(confidence, np.float64)[order]
    outcomes = np.asarray(right, np.float64)[order]
    parts = np.array_split(np.arange(len(order)), min(bins, len(order)))
    return [(float(values[part].mean()), float(outcomes[part].mean()), len(part)) for part in parts]


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """Returns (coverage, risk): the share answered above each confidence, and the error rate among it.

    After El-Yaniv and Wiener (2010); ascending in coverage. Answers of equal confidence come together.

    Raises:
        ValueError: there are no answers.
    """
    if not right:
        raise ValueError("a risk-coverage curve needs answers; there are none")
    order = np.argsort(-np.asarray(confidence, np.float64), kind="stable")
    values = np.asarray(confidence, np.float64)[order]
    wrong = np.cumsum(1 - np.asarray(right, np.float64)[order])
    ends = [n for n in range(len(order)) if n + 1 == len(order) or values[n + 1] < values[n]]
    return [((n + 1) / len(order), float(wrong[n] / (n + 1))) for n in ends]


def risk_area(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Returns the area under the risk-coverage curve, AURC (Geifman, Uziel and El-Yaniv, 2019).

    The mean of the risks at the coverages 1/n to n/n; less is better. Answers of equal confidence come in the
    mean of all their orders.

    Raises:
        ValueError: there are no answers.
    """
    points = risk_coverage(confidence, right)
    count = len(right)
    answered = [0.0, *(coverage * count for coverage, _ in points)]
    wrong = [0.0, *(coverage * count * risk for coverage, risk in points)]
    numbers = np.arange(1, count + 1)
    return float(np.mean(np.interp(numbers, answered, wrong) / numbers))


_FORMS = (_as_it_is, _logit, _ranked)


def _features(evidence: Sequence[Evidence]) -> Floats:
    """Float64, shape ``(count, 1 + _FEATURES)``."""
    lowest = np.array([one.lowest for one in evidence], np.float64)
    total = np.array([one.total for one in evidence], np.float64)
    tokens = np.array([one.tokens for one in evidence], np.float64)
    questions = np.array([one.questions for one in evidence], np.float64)
    doubt = np.log(np.clip(-np.expm1(np.minimum(lowest, 0.0)), _SURE, 1.0))
    doubts = np.log(np.clip(-np.expm1(np.minimum(total, 0.0)), _SURE, 1.0))
    columns = (
        np.ones(len(evidence)),
        np.maximum(lowest, -10.0),
        -doubt,
        -doubts,
        -np.log1p(tokens),
        -np.log1p(questions),
    )
    return np.stack(columns, axis=1)


def _logistic(features: Floats, outcomes: Floats) -> Floats:
    """Logistic regression by Newton's method; the shape of confidence keeps its sign: surer is not worse."""
    weights = np.zeros(features.shape[1])
    free = np.ones(len(weights), bool)
    ridge = np.full(len(weights), RIDGE)
    ridge[0] = 1e-6
    for _ in range(len(weights)):
        weights = np.zeros(features.shape[1])
        used = features[:, free]
        for _ in range(50):
            chance = _sigmoid(used @ weights[free])
            gradient = used.T @ (outcomes - chance) - ridge[free] * weights[free]
            curve = (used * (chance * (1 - chance))[:, None]).T @ used + np.diag(ridge[free])
            move = np.linalg.solve(curve, gradient)
            weights[free] += np.clip(move, -5, 5)
            if np.abs(move).max() < 1e-8:
                break
        wrong = (weights < 0) & np.isin(np.arange(len(weights)), (1, 2, 3))
        if not wrong.any():
            break
        free &= ~wrong
    return weights


def _monotone(scores: Floats, outcomes: Floats) -> tuple[tuple[float, float], ...]:
    """Pool adjacent violators over blocks of equal mass; nothing where there are too few outcomes."""
    count = len(scores) // BLOCK
    if count < 5:
        return ()
    order = np.argsort(scores, kind="stable")
    blocks: list[list[float]] = []
    for part in np.array_split(order, count):
        blocks.append([float(scores[part].mean()), float(outcomes[part].sum()), float(len(part))])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            score, hits, size = blocks.pop()
            last = blocks[-1]
            whole = last[2] + size
            last[0] = (last[0] * last[2] + score * size) / whole
            last[1], last[2] = last[1] + hits, whole
    return tuple((score, (hits + 0.5) / (size + 1)) for score, hits, size in blocks)


def _sigmoid(values: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return found
