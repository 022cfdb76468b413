"""Noise bent into data: a generator, its push-forward, and a histogram of its samples (A6)."""

import numpy as np
from scipy.special import ndtr

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["EDGES", "GRID", "SAMPLES", "bend", "compute", "demo", "density", "draw", "mass", "scene", "slope"]

GRID = np.linspace(-5.0, 5.0, 801)
EDGES = np.linspace(-5.0, 5.0, 101)
SAMPLES = 20_000
BRIDGE = 0.25
_END = 9.0  # beyond nine standard deviations there is no noise
_NOISE = np.random.default_rng(0).normal(size=SAMPLES)
_Z = np.linspace(-4.0, 4.0, 321)
_QUANTILES = np.array([-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645])


def bend(z, spread, gap, steepness):
    """The generator G(z) = spread · z + gap · tanh(steepness · z)."""
    return spread * z + gap * np.tanh(steepness * z)


def slope(z, spread, gap, steepness):
    """G′(z)."""
    return spread + gap * steepness * (1 - np.tanh(steepness * z) ** 2)


def _pieces(spread, gap, steepness):
    """Intervals of z on which G only rises or only falls, each as (z, G(z)) with G(z) rising."""
    ends = [-_END, _END]
    if spread < 0 and gap * steepness > -spread:  # G′ = 0 where cosh²(steepness z) = gap · steepness/|spread|
        fold = np.arccosh(np.sqrt(gap * steepness / -spread)) / steepness
        ends = [-_END, -fold, fold, _END]
    for low, high in zip(ends[:-1], ends[1:], strict=True):
        z = np.linspace(low, high, 2_001)
        x = bend(z, spread, gap, steepness)
        yield (z, x) if x[0] <= x[-1] else (z[::-1], x[::-1])


def _inverse(x, z, g, how):
    """The z of one piece with G(z) = x; NaN where the piece does not reach x."""
    at = np.interp(x, g, z, left=np.nan, right=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = slope(at, *how)
        # a step of Newton's makes the inverse exact, but for the neighbourhood of a fold
        better = at - (bend(at, *how) - x) / steep
        return np.where(np.abs(steep) > 0.1, np.clip(better, z.min(), z.max()), at)


def density(x, spread, gap, steepness):
    """q at the points x: the sum of N(z; 0, 1)/|G′(z)| over all z with G(z) = x; NaN if G is constant."""
    how = (spread, gap, steepness)
    if spread == gap == 0:
        return np.full(np.shape(x), np.nan)
    total = np.zeros(np.shape(x))
    for z, g in _pieces(*how):
        at = _inverse(x, z, g, how)
        with np.errstate(divide="ignore", invalid="ignore"):
            term = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi) / np.abs(slope(at, *how))
        total += np.where(np.isfinite(term), term, 0.0)
    return total


def mass(low, high, spread, gap, steepness):
    """P(low < G(z) < high), from the intervals of z that land there."""
    how, total = (spread, gap, steepness), 0.0
    for z, g in _pieces(*how):
        if high > g[0] and low < g[-1]:
            a, b = _inverse(np.clip([low, high], g[0], g[-1]), z, g, how)
            total += abs(ndtr(b) - ndtr(a))
    return float(total)


def compute(*, spread, gap, steepness):
    """The generator, its push-forward density on GRID, and a histogram of 20,000 samples.

    Arguments:
        spread: slope of G far out; below zero G folds the line.
        gap: half the distance by which G moves the two halves of the noise apart.
        steepness: how suddenly it does so.

    Returns:
        dict with g (over z in [−4, 4]), q (over GRID), histogram (a density over EDGES), lands (where ten
        equal shares of the noise land), bridge and counted: P(|x| < ¼), exact and among the samples, and
        middle, the slope of G at 0.
    """
    how = (spread, gap, steepness)
    x = bend(_NOISE, *how)
    counts = np.bincount(np.clip(((x - EDGES[0]) / 0.1).astype(int) + 1, 0, 101), minlength=102)[1:101]
    return {
        "g": bend(_Z, *how), "q": density(GRID, *how), "lands": bend(_QUANTILES, *how),
        "histogram": counts / (SAMPLES * 0.1), "constant": spread == gap == 0,
        "bridge": 1.0 if spread == gap == 0 else mass(-BRIDGE, BRIDGE, *how),
        "counted": float(np.mean(np.abs(x) < BRIDGE)), "middle": float(slope(0.0, *how)),
    }  # fmt: skip


def scene(figure):
    """Left the graph of G with ten equal shares of the noise, right the density on the same x-axis."""
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), sharey=True)
    noise = np.exp(-(_Z**2) / 2) / np.sqrt(2 * np.pi)
    left.fill_between(_Z, -5, -5 + 3.5 * noise, color=plots.MUTED, alpha=0.35, linewidth=0, label="noise")
    (g,) = left.plot([], [], color=plots.GENERATOR, label="x = G(z)")
    (ways,) = left.plot([], [], color=plots.MUTED, linewidth=0.9, label="equal shares of the noise")
    left.set(xlim=(-4, 4), ylim=(-5, 5), xlabel="noise z", ylabel="x")
    histogram = right.stairs(
        np.zeros(100), EDGES, orientation="horizontal", fill=True, color=plots.GENERATOR, alpha=0.3,
        label="20,000 samples",
    )  # fmt: skip
    (q,) = right.plot([], [], color=plots.EXACT, linewidth=1.5, label="q, exact")
    right.set(xlim=(0, 1.5), xlabel="density")
    for axes in (left, right):
        plots.legend(axes, fontsize="small")
    return {"g": g, "ways": ways, "histogram": histogram, "q": q}


def draw(artists, result):
    """Move the graph, the density and the histogram, and say the numbers."""
    artists["g"].set_data(_Z, result["g"])
    up, over = np.full(len(_QUANTILES), -5.0), np.full(len(_QUANTILES), 4.0)
    gap = np.full(len(_QUANTILES), np.nan)
    across = np.stack([_QUANTILES, _QUANTILES, over, gap], axis=1).ravel()
    along = np.stack([up, result["lands"], result["lands"], gap], axis=1).ravel()
    artists["ways"].set_data(across, along)
    artists["histogram"].set_data(result["histogram"], EDGES)
    artists["q"].set_data(result["q"], GRID)
    if result["constant"]:
        return "G is constant: all samples are 0, and q is a point mass. It has no density."
    return (
        f"Slope of G at 0: {result['middle']:.2f}. Share of the points with |x| < ¼: exactly "
        f"{100 * result['bridge']:.2f} %, counted {100 * result['counted']:.2f} %."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("spread", -0.6, 1.5, 0.1, 0.5, "spread: slope of G far out"),
        Knob("gap", 0.0, 3.0, 0.1, 1.5, "gap: how far the halves move apart"),
        Knob("steepness", 0.5, 6.0, 0.25, 2.0, "steepness of the step between"),
    ]
    return Demo(compute, scene, draw, knobs, name="bent noise", **{"size": (8.4, 3.8), **look})
