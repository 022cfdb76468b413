"""Six distortions of digits, each from nothing to its strongest, and what five scores say of them (G3)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.data import embedded_digits, to_network
from gancourse.demos._widget import Demo, Knob
from gancourse.recipes.distortions import DISTORTIONS, POSITIONS, PUBLISHED, distort, stored

__all__ = ["NAMES", "SHOWN", "compute", "demo", "draw", "scene"]

NAMES = tuple(DISTORTIONS)
SHOWN = 20


@functools.cache
def _digits():
    return to_network(embedded_digits("test").pixels[:SHOWN])


def compute(*, kind, level):
    """Twenty digits under a distortion, and the stored scores of a thousand.

    Arguments:
        kind: a position in NAMES.
        level: a position in POSITIONS, 0 to 12.

    Returns:
        dict: images (20, 1, 28, 28); name; level, in the distortion's own unit; curve, the Fréchet distance
        at all positions; published, pairs (position, FID) as two arrays; scores, a name -> its value here.
    """
    name = NAMES[kind]
    measured = stored()[name]
    return {
        "images": distort(_digits(), name, float(POSITIONS[level]), np.random.default_rng(0)), "name": name,
        "level": float(POSITIONS[level] * DISTORTIONS[name][1]), "unit": DISTORTIONS[name][0], "at": level,
        "curve": measured["frechet"], "published": tuple(map(np.array, PUBLISHED[name])),
        "scores": {key: float(values[level]) for key, values in measured.items()},
    }  # fmt: skip


def scene(figure):
    """Left the digits, right the curves, each divided by its own largest value."""
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    sheet = plots.image_grid(left, np.full((SHOWN, 1, 28, 28), -1.0), columns=5)
    artists = {"sheet": sheet}
    (artists["curve"],) = right.plot(POSITIONS, 0 * POSITIONS, color=plots.EXACT, label="ours, digits")
    (artists["here"],) = right.plot([], [], "o", color=plots.EXACT, markersize=9)
    (artists["published"],) = right.plot(
        [], [], "s", color=plots.SERIES[0], linestyle="--", linewidth=1.2, label="published, CelebA"
    )
    right.set(xlim=(-0.03, 1.03), ylim=(0, 1.08), xlabel="level, in units of the strongest")
    right.set_ylabel("distance / its largest")
    plots.legend(right)
    return artists


def draw(artists, result):
    """Replace the images, move the curves, and say five scores."""
    artists["sheet"].set_data(plots.tile(result["images"], 5))
    curve, (x, y) = result["curve"], result["published"]
    artists["curve"].set_ydata(curve / curve.max())
    artists["here"].set_data([POSITIONS[result["at"]]], [curve[result["at"]] / curve.max()])
    artists["published"].set_data(x, y / y.max())
    found = result["scores"]
    return (
        f"{result['name'].capitalize()}, {result['unit']}: {result['level']:.3g}. Fréchet distance "
        f"{found['frechet']:.1f} (floor {curve[0]:.1f}), kernel distance {found['kernel']:.0f}, precision "
        f"{found['precision']:.2f}, recall {found['recall']:.2f}, Inception-type score "
        f"{found['inception']:.2f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("level", 0, len(POSITIONS) - 1, 1, 6, "level, twelfths of the strongest"),
        Knob("kind", high=len(NAMES) - 1, step=1, start=1, label="distortion", options=NAMES),
    ]
    return Demo(
        compute, scene, draw, knobs, name="distortion sweep", **{"size": (8.8, 3.6), "dpi": 69, **look}
    )
