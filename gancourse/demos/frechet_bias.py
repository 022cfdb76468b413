"""The Fréchet distance of two samples against their size: its bias, and the line that takes it away (G3)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.metrics import frechet_distance, frechet_distance_bias

__all__ = ["DIMENSIONS", "REPEATS", "SIZES", "compute", "demo", "draw", "learned", "scene"]

SIZES = tuple(2**k for k in range(5, 12))
DIMENSIONS = (2, 8, 24)
REPEATS = 20


@functools.cache
def learned():
    """What two samples of N(0, I) give, 20 times over, from seed 0: within a second or two.

    Returns:
        dict of arrays with axes (dimension, size, repeat): gap, the first coordinate of the means'
        difference, and rest, the distance less that coordinate's square. A shift along this axis changes
        gap alone.
    """
    rng = np.random.default_rng(0)
    gap, rest = np.zeros((2, len(DIMENSIONS), len(SIZES), REPEATS))
    for i, d in enumerate(DIMENSIONS):
        for repeat in range(REPEATS):
            x, y = rng.standard_normal((2, SIZES[-1], d))
            for j, n in enumerate(SIZES):
                # other rows at each size, so that neighbouring sizes share little
                a, b = x[-n:], y[-n:]
                gap[i, j, repeat] = b[:, 0].mean() - a[:, 0].mean()
                rest[i, j, repeat] = frechet_distance(a, b) - gap[i, j, repeat] ** 2
    return {"gap": gap, "rest": rest}


def compute(*, samples, dimension, shift):
    """Estimates of the distance of N(0, I) and N(shift·e₁, I) from n samples of each.

    Arguments:
        samples: k for n = 2ᵏ.
        dimension: a position in DIMENSIONS.
        shift: of the mean; the true distance is its square.

    Returns:
        dict: n, d, true; means and stds against SIZES; each (20,), the estimates at n; expected, true + bias
        in closed form against SIZES; bias, at n; line, the value at 1/n = 0 of the line through n/2 and n.
    """
    k, d = samples - 5, DIMENSIONS[dimension]
    found = learned()
    each = found["rest"][dimension] + (found["gap"][dimension] + shift) ** 2
    means = each.mean(1)
    bias = np.array([frechet_distance_bias(np.eye(d), n) for n in SIZES])
    return {
        "n": SIZES[k], "d": d, "at": k, "true": shift**2, "means": means, "stds": each.std(1, ddof=1),
        "each": each[k], "expected": shift**2 + bias, "bias": float(bias[k]),
        "line": float(2 * means[k] - means[k - 1]), "slope": float((means[k - 1] - means[k]) * SIZES[k]),
    }  # fmt: skip


def scene(figure):
    """The estimates against 1/n, with the closed form and the line to 1/n = 0."""
    axes = figure.subplots()
    at = 1 / np.array(SIZES)
    artists = {"bars": axes.vlines(at, 0, 0, color=plots.GENERATOR, linewidth=1.5)}
    (artists["means"],) = axes.plot(at, 0 * at, "o", color=plots.GENERATOR, markersize=6, label="measured")
    (artists["expected"],) = axes.plot(
        at, 0 * at, color=plots.EXACT, linestyle=":", label="true + bias (formula)"
    )
    artists["true"] = axes.axhline(0, color=plots.DATA, linewidth=1.5, label="true distance")
    (artists["line"],) = axes.plot(
        [], [], color=plots.TRAINED, linestyle="--", label="line through n/2 and n"
    )
    (artists["end"],) = axes.plot([], [], "D", color=plots.TRAINED, markersize=8)
    axes.set(xlim=(-0.0006, 0.0325), ylim=(-0.7, 16), xlabel="1/n", ylabel="Fréchet distance")
    axes.set_xticks([0, *at[:4]], ["0: n = ∞", *(f"1/{n}" for n in SIZES[:4])])
    plots.legend(axes)
    return artists


def draw(artists, result):
    """Move the points and lines, and say the numbers."""
    at, means, stds = 1 / np.array(SIZES), result["means"], result["stds"]
    artists["bars"].set_segments([[(x, m - s), (x, m + s)] for x, m, s in zip(at, means, stds, strict=True)])
    artists["means"].set_ydata(means)
    artists["expected"].set_ydata(result["expected"])
    artists["true"].set_ydata([result["true"]] * 2)
    ends = np.array([0.0, 2 / result["n"]])
    artists["line"].set_data(ends, result["line"] + result["slope"] * ends)
    artists["end"].set_data([0.0], [result["line"]])
    each = result["each"]
    return (
        f"d = {result['d']}, n = {result['n']:,}: measured {each.mean():.3f} ± {each.std(ddof=1):.3f} "
        f"({REPEATS} repeats), true {result['true']:.3f}, bias by the formula {result['bias']:.3f}. The line "
        f"through n/2 and n ends at {result['line']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("samples", 6, 11, 1, 7, "samples of each: 1, doubled so often"),
        Knob("shift", 0.0, 2.0, 0.25, 0.0, "shift of the generator's mean"),
        Knob("dimension", high=2, step=1, start=2, label="features", options=tuple(map(str, DIMENSIONS))),
    ]
    return Demo(compute, scene, draw, knobs, name="frechet bias", **{"size": (8.6, 3.6), "dpi": 69, **look})
