"""Precision and recall in the plane, with the balls that they count by: lost modes and blurred ones (G6)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import ring
from gancourse.metrics import density_coverage, expected_coverage, precision_recall

__all__ = ["RING", "SAMPLES", "compute", "demo", "draw", "generated", "real", "scene"]

RING = ring(modes=8, std=0.12)
SAMPLES = 80  # ten a mode
_TURN = np.linspace(0, 2 * np.pi, 25)[:-1]
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=-1)


@functools.cache
def _noise():
    return np.random.default_rng(2).standard_normal((2, SAMPLES, 2))


def real():
    """Eighty points of the ring, ten a mode, (80, 2)."""
    return np.repeat(RING.means, SAMPLES // 8, axis=0) + RING.std * _noise()[0]


def generated(modes, spread):
    """Eighty points of the first so many modes, in turn, with so many times the data's deviation: (80, 2)."""
    return RING.means[np.arange(SAMPLES) % modes] + spread * RING.std * _noise()[1]


def _radii(points, k):
    distance = np.sqrt(((points[:, None] - points) ** 2).sum(-1))
    return np.sort(distance, axis=1)[:, k]


def compute(*, modes, spread, k):
    """Both samples with their balls, and four scores.

    Arguments:
        modes: how many of the eight the generator draws.
        spread: its standard deviation, in units of the data's.
        k: the balls reach to the k-th neighbour.

    Returns:
        dict: real, fake (80, 2); their radii (80,); precision, recall, density, coverage; expected, the
        coverage of a perfect sampler; floor, precision and recall of fresh points of the ring.
    """
    x, y = real(), generated(modes, spread)
    found, other = precision_recall(x, y, k), density_coverage(x, y, k)
    return {
        "real": x, "fake": y, "real radii": _radii(x, k), "fake radii": _radii(y, k),
        "precision": found.precision, "recall": found.recall, "density": other.density,
        "coverage": other.coverage, "modes": modes, "spread": spread,
        "expected": expected_coverage(SAMPLES, SAMPLES, k),
        "floor": precision_recall(x, generated(8, 1.0), k),
    }  # fmt: skip


def scene(figure):
    """Left the real balls with the fake points, right the fake balls with the real points."""
    artists = {}
    sides = zip(figure.subplots(1, 2), ("precision", "recall"), strict=True)
    for axes, name in sides:
        balls, points = (
            (plots.DATA, plots.GENERATOR) if name == "precision" else (plots.GENERATOR, plots.DATA)
        )
        words = ("real balls", "fake") if name == "precision" else ("fake balls", "real")
        artists[f"{name} balls"] = axes.add_collection(_balls(balls, words[0]))
        (artists[f"{name} in"],) = axes.plot(
            [], [], "o", color=points, markersize=4, label=f"{words[1]}, inside"
        )
        (artists[f"{name} out"],) = axes.plot([], [], "x", color=points, markersize=5, label="outside")
        axes.set(xlim=(-2.1, 2.1), ylim=(-1.7, 1.7), aspect="equal", xlabel=f"x₁: {name}", ylabel="x₂")
        plots.legend(axes, fontsize="small")
    return artists


def _balls(colour, label):
    from matplotlib.collections import PolyCollection

    return PolyCollection([_CIRCLE] * SAMPLES, facecolor=colour, alpha=0.13, linewidth=0, label=label)


def draw(artists, result):
    """Move balls and points, and say the scores."""
    pairs = {"precision": ("real", "fake"), "recall": ("fake", "real")}
    for name, (others, points) in pairs.items():
        centres, radii, shown = result[others], result[f"{others} radii"], result[points]
        artists[f"{name} balls"].set_verts(centres[:, None] + radii[:, None, None] * _CIRCLE)
        gaps = np.sqrt(((shown[:, None] - centres) ** 2).sum(-1))
        inside = (gaps <= radii * (1 + 1e-12)).any(1)
        artists[f"{name} in"].set_data(*shown[inside].T)
        artists[f"{name} out"].set_data(*shown[~inside].T)
    return (
        f"{result['modes']} of 8 modes, {result['spread']:.1f} times the data's width: precision "
        f"{result['precision']:.2f}, recall {result['recall']:.2f} (a perfect sampler: "
        f"{result['floor'].precision:.2f}, {result['floor'].recall:.2f}); density {result['density']:.2f}, "
        f"coverage {result['coverage']:.2f} (perfect: 1 and {result['expected']:.2f})."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("modes", 1, 8, 1, 8, "modes that G draws"),
        Knob("spread", 0.2, 4.0, 0.2, 1.0, "its width, in the data's"),
        Knob("k", 1, 10, 1, 3, "k, the neighbour"),
    ]
    return Demo(
        compute, scene, draw, knobs, name="precision balls", **{"size": (8.8, 3.9), "dpi": 69, **look}
    )
