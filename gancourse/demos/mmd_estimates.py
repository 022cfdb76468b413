"""The biased and the unbiased estimate of MMD², against the number of samples (D9)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.demos.function_classes import kernel_mean

__all__ = [
    "BANDWIDTHS",
    "DISTANCES",
    "REPEATS",
    "SIZES",
    "bias",
    "compute",
    "demo",
    "draw",
    "exact",
    "learned",
    "scene",
]

SIZES = tuple(2**k for k in range(1, 8))
DISTANCES = tuple(k / 4 for k in range(9))
BANDWIDTHS = tuple(2.0**k for k in range(-3, 4))
REPEATS = 60


def exact(distance, bandwidth):
    """MMD² of N(0, 1) and N(distance, 1) under the Gaussian kernel, in closed form."""
    return 2 * (kernel_mean(0.0, 2.0, bandwidth) - kernel_mean(distance, 2.0, bandwidth))


def bias(n, bandwidth):
    """By how much the biased estimate from n points of each exceeds that on average."""
    return 2 * (1 - kernel_mean(0.0, 2.0, bandwidth)) / n


@functools.cache
def learned():
    """Both estimates for every setting of the sliders, 60 times over, from seed 0: within a second.

    Returns:
        dict of arrays with axes (bandwidth, distance, size, repeat), under "unbiased" and "biased".
    """
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, REPEATS, SIZES[-1]))

    def squares(a, b):
        return (a[:, :, None] - b[:, None, :]) ** 2

    def sums(values):
        return np.stack([values[:, :n, :n].sum((1, 2)) for n in SIZES])

    sizes = np.array(SIZES, dtype=float)[:, None]
    # the same noise at every distance: the slider then moves the means alone
    cross = [squares(x, y + distance) for distance in DISTANCES]
    own = squares(x, x), squares(y, y)
    shape = (len(BANDWIDTHS), len(DISTANCES), len(SIZES), REPEATS)
    found = {"unbiased": np.zeros(shape), "biased": np.zeros(shape)}
    for i, bandwidth in enumerate(BANDWIDTHS):
        scale = -0.5 / bandwidth**2
        within = sum(sums(np.exp(scale * part)) for part in own)
        for j, part in enumerate(cross):
            between = 2 * sums(np.exp(scale * part)) / sizes**2
            # each sum over a sample has a 1 for each of its points with itself
            found["biased"][i, j] = within / sizes**2 - between
            found["unbiased"][i, j] = (within - 2 * sizes) / (sizes * (sizes - 1)) - between
    return found


def compute(*, distance, bandwidth, samples):
    """The estimates against the number of samples, for sliders that count settings.

    Arguments:
        distance: k for q = N(k/4, 1).
        bandwidth: k for h = 2ᵏ.
        samples: k for 2ᵏ points of each kind.

    Returns:
        dict with n, h, distance, mmd2 (exact), bias (of the biased one, at n), expected (the biased one's
        mean against SIZES, exactly) and, for "unbiased" and "biased", the mean and standard deviation against
        SIZES and the single estimates at n.
    """
    i, j, k = bandwidth + 3, distance, samples - 1
    h, n, d = BANDWIDTHS[i], SIZES[k], DISTANCES[j]
    result = {"n": n, "h": h, "distance": d, "mmd2": float(exact(d, h)), "bias": float(bias(n, h))}
    result["expected"] = result["mmd2"] + bias(np.array(SIZES), h)
    for name, values in learned().items():
        here = values[i, j]
        result[name] = {"mean": here.mean(1), "std": here.std(1, ddof=1), "each": here[k]}
    return result


LOOK = {
    "unbiased": (plots.DISCRIMINATOR, "-", "s"),
    "biased": (plots.TRAINED, "--", "o"),
}
_SPREAD = np.linspace(-0.3, 0.3, REPEATS)


def scene(figure):
    """Left mean ± standard deviation against the number of samples, right each single estimate."""
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.5, 1])
    artists = {"exact": [side.axhline(0, color=plots.EXACT, linewidth=1.5) for side in (left, right)]}
    for side in (left, right):
        side.axhline(0, color=plots.MUTED, linewidth=0.8)
    (artists["expected"],) = left.plot([], [], color=plots.EXACT, linestyle=":", label="MMD² + bias (exact)")
    for place, (name, (colour, dash, marker)) in enumerate(LOOK.items()):
        bars = left.vlines(SIZES, 0, 0, color=colour, linewidth=1.5)
        (line,) = left.plot([], [], color=colour, linestyle=dash, marker=marker, markersize=5, label=name)
        (dots,) = right.plot([], [], marker, color=colour, markersize=3, alpha=0.7)
        (mean,) = right.plot([], [], color=colour)
        artists[name] = [bars, line, dots, mean]
        right.text(place, 1.42, name, ha="center", va="top")
    left.set(xscale="log", xlim=(1.6, 160), ylim=(-0.7, 1.5))
    left.set(xlabel="samples n of each kind", ylabel="estimate of MMD²; black: exact")
    left.set_yticks([-0.5, 0, 0.5, 1, 1.5])
    left.set_xticks(SIZES, [str(n) for n in SIZES], minor=False)
    left.set_xticks([], minor=True)
    right.set(xlim=(-0.6, 1.6), xticks=[], xlabel=f"{REPEATS} repeats, at the chosen n")
    for side in (left, right):
        plots.legend(side)
    return artists


def draw(artists, result):
    """Move lines, bars and dots, and say the numbers."""
    for line in artists["exact"]:
        line.set_ydata([result["mmd2"]] * 2)
    artists["expected"].set_data(SIZES, result["expected"])
    for place, (name, shift) in enumerate([("unbiased", 0.96), ("biased", 1.04)]):
        bars, line, dots, mean = artists[name]
        found, at = result[name], np.array(SIZES) * shift
        ends = found["mean"] - found["std"], found["mean"] + found["std"]
        bars.set_segments([[(x, low), (x, high)] for x, low, high in zip(at, *ends, strict=True)])
        line.set_data(at, found["mean"])
        dots.set_data(place + _SPREAD, found["each"])
        mean.set_data([place - 0.35, place + 0.35], [found["each"].mean()] * 2)
    unbiased, biased = result["unbiased"]["each"], result["biased"]["each"]
    return (
        f"q lies {result['distance']:.2f} away, h = {result['h']:g}, {result['n']} points of each: exact "
        f"MMD² = {result['mmd2']:.4f}. Unbiased {unbiased.mean():.4f} ± {unbiased.std(ddof=1):.4f}, negative "
        f"in {np.mean(unbiased < 0):.0%} of {REPEATS} repeats; biased {biased.mean():.4f} ± "
        f"{biased.std(ddof=1):.4f}, its bias exactly {result['bias']:.4f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("distance", 0, len(DISTANCES) - 1, 1, 2, "distance of q from p, in quarters"),
        Knob("bandwidth", -3, 3, 1, 0, "bandwidth: 1, doubled so often"),
        Knob("samples", 1, len(SIZES), 1, 3, "samples of each: 1, doubled so often"),
    ]
    return Demo(compute, scene, draw, knobs, name="mmd estimates", **look)
