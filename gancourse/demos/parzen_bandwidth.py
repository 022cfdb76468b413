"""The Parzen log-likelihood of unseen digits against the bandwidth, for four kinds of samples (G4)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.recipes.parzen import BANDWIDTHS, GENERATORS, SIZES, best, samples, stored

__all__ = ["compute", "demo", "draw", "scene"]

_LOOK = {
    "training digits": (plots.DATA, "-"),
    "k-means centres": (plots.SERIES[0], "--"),
    "blurred digits": (plots.SERIES[1], "-."),
    "DCGAN": (plots.GENERATOR, ":"),
}
_PICKED = 6


@functools.cache
def _pictures():
    """Six training digits, and unit noise for them: (6, 784) each."""
    noise = np.random.default_rng(0).standard_normal((_PICKED, 784))
    return samples("training digits", SIZES[0])[:_PICKED], noise


def compute(*, bandwidth, size):
    """What every generator scores at one bandwidth, and what the density behind the score draws there.

    Arguments:
        bandwidth: a position in BANDWIDTHS.
        size: a position in SIZES, how many samples.

    Returns:
        dict: h, n; images (6, 1, 28, 28), draws from the Parzen density of the training digits; curves, a
        name of GENERATORS -> nats at all BANDWIDTHS on the test digits; here, its value at h; best, as by
        ``parzen.best``.
    """
    h, n = float(BANDWIDTHS[bandwidth]), SIZES[size]
    digits, noise = _pictures()
    curves = {name: stored()[name, n]["test"] for name in GENERATORS}
    return {
        "h": h, "n": n, "images": np.clip(2 * (digits + h * noise) - 1, -1, 1).reshape(_PICKED, 1, 28, 28),
        "curves": curves, "here": {name: float(values[bandwidth]) for name, values in curves.items()},
        "best": {name: best(name, n) for name in GENERATORS},
    }  # fmt: skip


def scene(figure):
    """Left six draws from the density, right the log-likelihoods against the bandwidth."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.7))
    artists = {
        "sheet": plots.image_grid(left, np.full((_PICKED, 1, 28, 28), -1.0), columns=3, title="what it draws")
    }
    for name, (colour, dash) in _LOOK.items():
        (artists[name],) = right.plot(BANDWIDTHS, 0 * BANDWIDTHS, color=colour, linestyle=dash, label=name)
        (artists[f"{name} best"],) = right.plot([], [], "o", color=colour, markersize=6)
    artists["here"] = right.axvline(0.2, color=plots.MUTED, linewidth=1.2)
    right.set(xscale="log", xlim=(0.1, 0.8), ylim=(-600, 300), xlabel="bandwidth h (pixels from 0 to 1)")
    right.set_ylabel("nats a test digit")
    right.set_xticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
    right.set_xticks([], minor=True)
    plots.legend(right, fontsize="small")
    return artists


def draw(artists, result):
    """Replace the images, move curves and line, and say the scores."""
    artists["sheet"].set_data(plots.tile(result["images"], 3))
    for name, values in result["curves"].items():
        artists[name].set_ydata(values)
        artists[f"{name} best"].set_data(*([value] for value in result["best"][name][:2]))
    artists["here"].set_xdata([result["h"]] * 2)
    told = ", ".join(f"{name} {value:.0f}" for name, value in result["here"].items())
    at_best = ", ".join(
        f"{name} {mean:.0f} ± {error:.0f}" for name, (_, mean, error) in result["best"].items()
    )
    return (
        f"h = {result['h']:.3f}, {result['n']} samples each, nats: {told}. At its own best bandwidth by "
        f"validation digits: {at_best}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("bandwidth", 8, len(BANDWIDTHS) - 1, 1, 17, "bandwidth, a step is 9 %"),
        Knob("size", high=len(SIZES) - 1, step=1, start=1, label="samples", options=tuple(map(str, SIZES))),
    ]
    return Demo(
        compute, scene, draw, knobs, name="parzen bandwidth", **{"size": (8.8, 3.5), "dpi": 69, **look}
    )
