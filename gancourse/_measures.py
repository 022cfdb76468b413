"""What ``evaluate`` measures: the metrics of gancourse.metrics on two sets of images, with their errors."""

import dataclasses
from typing import NamedTuple

import numpy as np

from gancourse.divergences import kl
from gancourse.metrics import (
    density_coverage,
    frechet_distance,
    frechet_distance_extrapolated,
    half_sampling,
    inception_score,
    kernel_distance_all_pairs,
    memorisation,
    parzen_log_likelihood,
    precision_recall,
    stacked_modes,
)

__all__ = ["LARGEST", "Described", "Measure", "Score", "measures", "memorised"]

LARGEST = 10_000  # images of each set that metrics of pairs take: their time grows as the square
WIDE = 256  # features beyond which a Fréchet distance is too slow to be taken dozens of times
BANDWIDTHS = np.geomspace(0.02, 2, 13)  # of pixels in [0, 1]
PARZEN_VALIDATION, PARZEN_TEST, PARZEN_PIXELS = 500, 1_000, 4_096


class Score(NamedTuple):
    """A value and its standard error, None where it has none."""

    value: float
    error: float | None


@dataclasses.dataclass(frozen=True, eq=False)
class Described:
    """A set of images as metrics take them, row by row.

    Attributes:
        pixels: uint8 with shape (n, channels, height, width).
        features: with shape (n, d).
        probabilities: with shape (n, classes), or None for stacked digits.
        digits: with shape (n, 3) for stacked digits, else None.
    """

    pixels: np.ndarray
    features: np.ndarray
    probabilities: np.ndarray | None
    digits: np.ndarray | None

    def __len__(self):
        return len(self.pixels)

    def take(self, rows):
        """The same of some rows, a slice or an array of indices."""
        parts = (getattr(self, field.name) for field in dataclasses.fields(self))
        return Described(*(None if part is None else part[rows] for part in parts))


class Measure(NamedTuple):
    """One or several rows of the table, computed together."""

    names: tuple
    better: tuple  # of each row: "less", "more", or what a perfect generator has
    compute: object  # (real, fake) -> a Score for each row


def measures(real, *, network, size):
    """The metrics that fit two sets like ``real``, as Measures.

    Arguments:
        real: a Described.
        network: the name of the network of features.
        size: the images in the smaller of the two sets.
    """
    width = real.features.shape[1]
    chosen = [Measure(("Fréchet distance",), ("less",), _frechet)]
    if size // 5 >= 2 * width:
        chosen.append(Measure(("Fréchet distance, n → ∞",), ("less",), _extrapolated))
    chosen += [
        Measure(("kernel distance",), ("less",), _kernel),
        Measure(("precision", "recall"), ("more", "more"), _neighbourly(precision_recall)),
        Measure(("density", "coverage"), ("1", "more"), _neighbourly(density_coverage)),
    ]
    if real.digits is not None:
        chosen.append(Measure(("modes of 1,000", "KL of modes ‖ even"), ("more", "less"), _stacked))
    else:
        chosen.append(Measure(("Inception score",), ("more",), _inception))
        if real.probabilities.shape[1] <= 100:
            chosen.append(Measure(("KL of classes ‖ real",), ("less",), _classes))
    if real.pixels[0].size <= PARZEN_PIXELS:
        chosen.append(Measure(("Parzen log-likelihood",), ("more",), _parzen))
    return chosen


def memorised(real, fake, held_out):
    """Scores of ``share nearer to real`` and ``ratio of distances``: see gancourse.metrics.memorisation."""
    found = memorisation(_few(fake.features), real.features, held_out.features)
    return Score(found.share, found.share_error), Score(found.ratio, found.ratio_error)


def _few(rows):
    return rows[:LARGEST]  # the sets are shuffled


def _halved(metric, a, b=None, repeats=20):
    found = half_sampling(metric, a, b, repeats)
    pairs = zip(np.atleast_1d(found.value), np.atleast_1d(found.standard_error), strict=True)
    return [Score(float(value), float(error)) for value, error in pairs]


def _frechet(real, fake):
    wide = real.features.shape[1] > WIDE
    return _halved(frechet_distance, real.features, fake.features, 5 if wide else 20)


def _extrapolated(real, fake):
    def metric(a, b):
        return frechet_distance_extrapolated(a, b).value

    if real.features.shape[1] > WIDE:
        return [Score(metric(real.features, fake.features), None)]
    return _halved(metric, real.features, fake.features)


def _kernel(real, fake):
    return [Score(*kernel_distance_all_pairs(_few(real.features), _few(fake.features)))]


def _neighbourly(metric):
    return lambda real, fake: _halved(metric, _few(real.features), _few(fake.features))


def _inception(real, fake):
    # ten runs, as in published scores, where each has five images a class; a short run scores too low
    n, classes = fake.probabilities.shape
    splits = max(1, min(10, n // (5 * classes)))
    mean, std = inception_score(fake.probabilities, splits)
    return [Score(mean, std / np.sqrt(splits - 1) if splits > 1 else None)]


def _classes(real, fake):
    k = real.probabilities.shape[1]

    def metric(a, b):
        q, p = (np.bincount(labels[:, 0].astype(int), minlength=k) / len(labels) for labels in (b, a))
        return float(kl(q, p))

    labels = [each.probabilities.argmax(1)[:, None] for each in (real, fake)]
    try:
        return _halved(metric, *labels)
    except ValueError:  # a class that the real set lacks makes it infinite, in some halves or all
        return [Score(metric(*labels), None)]


def _stacked(real, fake):
    return _halved(lambda digits: np.array(stacked_modes(digits)), fake.digits)


def _parzen(real, fake):
    """With the bandwidth that suits a first part of the real images best, of the rest; pixels in [0, 1]."""
    first = min(PARZEN_VALIDATION, len(real) // 5)
    points = real.pixels[: first + PARZEN_TEST].reshape(-1, real.pixels[0].size) / 255
    samples = _few(fake.pixels).reshape(-1, points.shape[1]) / 255
    scores = [parzen_log_likelihood(samples, points[:first], h)[0] for h in BANDWIDTHS]
    best = BANDWIDTHS[int(np.argmax(scores))]
    return [Score(*parzen_log_likelihood(samples, points[first:], best))]
