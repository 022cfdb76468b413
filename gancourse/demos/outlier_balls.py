"""One outlier among the real points: precision believes it, density hardly does (G6)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.demos.precision_balls import _CIRCLE
from gancourse.metrics import density_coverage, precision_recall

__all__ = ["DISTANCES", "compute", "demo", "draw", "points", "scene"]

DISTANCES = np.linspace(0, 8, 33)
SCORES = ("precision", "density", "recall", "coverage")
_GOOD, _BAD = 40, 20


@functools.cache
def _noise():
    return np.random.default_rng(4).standard_normal((2, 60, 2))


def points(distance):
    """60 real points of N(0, 0.5² I), the last at (distance, 0); 60 fake: 40 of that law, 20 about (4, 0)."""
    real = 0.5 * _noise()[0]
    real[-1] = [distance, 0.0]
    fake = 0.5 * _noise()[1]
    fake[_GOOD:, 0] += 4.0
    return real, fake


@functools.cache
def _curves(k):
    """The four scores at all DISTANCES: array (4, 33)."""
    rows = []
    for distance in DISTANCES:
        real, fake = points(distance)
        found, other = precision_recall(real, fake, k), density_coverage(real, fake, k)
        rows.append([found.precision, other.density, found.recall, other.coverage])
    return np.array(rows).T


def compute(*, distance, k):
    """Both samples, the real balls, and four scores against the outlier's place.

    Arguments:
        distance: of the outlier, one of DISTANCES.
        k: the balls reach to the k-th neighbour.

    Returns:
        dict: real, fake (60, 2); radii (60,); curves (4, 33), in the order of SCORES; here (4,).
    """
    real, fake = points(distance)
    gaps = np.sqrt(((real[:, None] - real) ** 2).sum(-1))
    curves = _curves(k)
    at = int(np.abs(DISTANCES - distance).argmin())
    return {
        "real": real, "fake": fake, "radii": np.sort(gaps, axis=1)[:, k], "curves": curves,
        "here": curves[:, at], "distance": distance, "k": k,
    }  # fmt: skip


def scene(figure):
    """Left the points with the real balls, right the scores against the outlier's distance."""
    from matplotlib.collections import PolyCollection

    left, right = figure.subplots(1, 2, width_ratios=(1.12, 1))
    artists = {
        "balls": left.add_collection(
            PolyCollection(
                [_CIRCLE] * 60, facecolor=plots.DATA, alpha=0.1, edgecolor=plots.DATA, linewidth=0.4
            )
        )
    }
    (artists["real"],) = left.plot([], [], "o", color=plots.DATA, markersize=4, label="real, with balls")
    (artists["fake"],) = left.plot([], [], "^", color=plots.GENERATOR, markersize=5, label="generated")
    left.set(xlim=(-3, 9.5), ylim=(-4.4, 4.4), aspect="equal", xlabel="x₁", ylabel="x₂")
    looks = ((plots.EXACT, "-"), (plots.SERIES[0], "--"), (plots.MUTED, "-."), (plots.SERIES[1], ":"))
    for name, (colour, dash) in zip(SCORES, looks, strict=True):
        (artists[name],) = right.plot(DISTANCES, 0 * DISTANCES, color=colour, linestyle=dash, label=name)
    artists["at"] = right.axvline(0, color=plots.MUTED, linewidth=1)
    right.set(xlim=(0, 8), ylim=(0, 1.3), xlabel="place of the outlier", ylabel="score")
    plots.legend(left)
    plots.legend(right, fontsize="x-small")
    return artists


def draw(artists, result):
    """Move balls, points and curves, and say the scores."""
    artists["balls"].set_verts(result["real"][:, None] + result["radii"][:, None, None] * _CIRCLE)
    artists["real"].set_data(*result["real"].T)
    artists["fake"].set_data(*result["fake"].T)
    for name, values in zip(SCORES, result["curves"], strict=True):
        artists[name].set_ydata(values)
    artists["at"].set_xdata([result["distance"]] * 2)
    told = ", ".join(f"{name} {value:.2f}" for name, value in zip(SCORES, result["here"], strict=True))
    where = f"Outlier at {result['distance']:.2f}, its ball of radius {result['radii'][-1]:.2f}"
    return f"{where}, k = {result['k']}: {told}."


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("distance", 0.0, 8.0, 0.25, 1.0, "place of the outlier"),
        Knob("k", 1, 10, 1, 3, "k, the neighbour"),
    ]
    return Demo(compute, scene, draw, knobs, name="outlier balls", **{"size": (8.8, 3.6), "dpi": 69, **look})
