"""Are two samples from one distribution? A permutation test by MMD², and its power against h (D9)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = [
    "ALTERNATIVES", "BANDWIDTHS", "N", "TRIALS", "compute", "demo", "draw", "power", "sample", "scene",
    "splits", "statistics",
]  # fmt: skip

N = 64  # points of each kind
BANDWIDTHS = tuple(2.0 ** (k / 2) for k in range(-8, 7))
TRIALS = 200
SPLITS = 99  # with 99, a p-value of at most 0.05 has probability 0.05 exactly
ALTERNATIVES = ("q = p", "shifted", "wider", "rippled")
EDGES = np.linspace(-2.5, 8, 43)


def sample(alternative, n, rng):
    """n points of q: N(0, 1), N(½, 1), N(0, 1.6²), or the density φ(x)(1 + sin 6x).

    Arguments:
        alternative: position in ALTERNATIVES; p is that of position 0.
        n: how many.
        rng: a numpy.random.Generator.
    """
    z = rng.standard_normal(n)
    if alternative == 1:
        return z + 0.5
    if alternative == 2:
        return 1.6 * z
    if alternative == 3:
        # z stays with probability (1 + sin 6z)/2 and is mirrored otherwise: sin is odd, φ even
        return np.where(2 * rng.uniform(size=n) < 1 + np.sin(6 * z), z, -z)
    return z


def splits(n, count, rng):
    """The true split and ``count`` random ones of 2n pooled points: rows of n ones, then n minus ones."""
    signs = np.tile(np.repeat([1.0, -1.0], n), (count + 1, 1))
    signs[1:] = rng.permuted(signs[1:], axis=1)
    return signs


def statistics(kernel_values, signs):
    """The unbiased MMD² of each split of the pooled points.

    With s = ±1 and a zero diagonal, sᵀKs is the sum within both halves less that between, and the sum of K
    is both together: that gives within and between.

    Arguments:
        kernel_values: (2n, 2n), or a stack of such; the diagonal is left out.
        signs: (splits, 2n).

    Returns:
        array (…, splits).
    """
    n = signs.shape[-1] // 2
    k = kernel_values * (1 - np.eye(2 * n))
    difference = ((signs @ k) * signs).sum(-1)
    total = k.sum((-2, -1))[..., None]
    within, between = (total + difference) / 2, (total - difference) / 2
    return within / (n * (n - 1)) - between / n**2


def _kernels(pooled):
    """Gaussian kernels of all bandwidths, and the energy kernel last: (15 + 1, 2n, 2n)."""
    r = np.abs(pooled[:, None] - pooled)
    h = np.array(BANDWIDTHS)[:, None, None]
    return np.concatenate([np.exp(-0.5 * (r / h) ** 2), -r[None]])


@functools.cache
def power(alternative):
    """How often the test rejects at level 0.05, of TRIALS, by each bandwidth; and by the energy kernel.

    Computed once, in about half a second an alternative, from seed 7.
    """
    rng, rejected = np.random.default_rng([7, alternative]), np.zeros(len(BANDWIDTHS) + 1)
    for _ in range(TRIALS):
        pooled = np.concatenate([sample(0, N, rng), sample(alternative, N, rng)])
        found = statistics(_kernels(pooled), splits(N, SPLITS, rng))
        # the true split counts among its peers: p = (1 + those at least as large)/(1 + SPLITS)
        rejected += (found >= found[:, :1] - 1e-12).sum(1) / (SPLITS + 1) <= 0.05
    return rejected[:-1] / TRIALS, rejected[-1] / TRIALS


def compute(*, alternative, bandwidth, draw_number):
    """One test on one pair of samples, with 499 random splits, and the power at this alternative.

    Arguments:
        alternative: position in ALTERNATIVES.
        bandwidth: k for h = 2^(k/2).
        draw_number: which pair of samples.

    Returns:
        dict: heights, shares of the splits' statistics between EDGES, in their own standard deviations;
        observed, in the same unit; mmd2; p_value; powers against BANDWIDTHS, energy, power (here); names.
    """
    rng = np.random.default_rng([11, alternative, draw_number])
    pooled = np.concatenate([sample(0, N, rng), sample(alternative, N, rng)])
    h = BANDWIDTHS[bandwidth + 8]
    found = statistics(np.exp(-0.5 * ((pooled[:, None] - pooled) / h) ** 2), splits(N, 499, rng))
    unit = found[1:].std()
    powers, energy = power(alternative)
    return {
        "heights": np.histogram(np.clip(found[1:] / unit, EDGES[0], EDGES[-1]), EDGES)[0] / 499,
        "observed": float(found[0] / unit), "mmd2": float(found[0]),
        "p_value": float((found >= found[0] - 1e-12).mean()), "powers": powers, "energy": float(energy),
        "power": float(powers[bandwidth + 8]), "h": h, "name": ALTERNATIVES[alternative],
    }  # fmt: skip


def scene(figure):
    """Left the statistics of the splits and the one observed, right power against the bandwidth."""
    left, right = figure.subplots(1, 2)
    heights = left.stairs(0 * EDGES[1:], EDGES, fill=True, color=plots.MUTED, label="random splits")
    observed = left.axvline(0, color=plots.DISCRIMINATOR, label="the true split")
    left.set(xlim=(EDGES[0], EDGES[-1]), ylim=(0, 0.3))
    left.set(xlabel="unbiased MMD² (in std of the splits)", ylabel="share of splits")
    plots.legend(left)
    right.axhline(0.05, color=plots.EXACT, linewidth=1, label="level 0.05")
    energy = right.axhline(0, color=plots.SERIES[0], linestyle="--", linewidth=1.5, label="energy")
    (curve,) = right.plot([], [], color=plots.DISCRIMINATOR, marker="s", markersize=4, label="Gaussian")
    (dot,) = right.plot([], [], "o", color=plots.DISCRIMINATOR, markersize=10)
    right.set(xscale="log", ylim=(-0.03, 1.03), xlabel="bandwidth h", ylabel="share of tests that reject")
    ticks = BANDWIDTHS[::2]
    right.set_xticks(ticks, ["1/16", "1/8", "1/4", "1/2", "1", "2", "4", "8"], minor=False)
    right.set_xticks([], minor=True)
    right.set(xlim=(0.055, 9.2))
    plots.legend(right, fontsize=10)
    return {"heights": heights, "observed": observed, "energy": energy, "curve": curve, "dot": dot}


def draw(artists, result):
    """Move heights, lines and dot, and say the numbers."""
    artists["heights"].set_data(result["heights"])
    artists["observed"].set_xdata([min(result["observed"], EDGES[-1])] * 2)
    artists["energy"].set_ydata([result["energy"]] * 2)
    artists["curve"].set_data(BANDWIDTHS, result["powers"])
    artists["dot"].set_data([result["h"]], [result["power"]])
    return (
        f"{result['name']}, {N} points of each, h = {result['h']:.3g}: MMD² = {result['mmd2']:.5f}, "
        f"p-value {result['p_value']:.3f}, {'rejected' if result['p_value'] <= 0.05 else 'not rejected'} at "
        f"0.05. Over {TRIALS} pairs of samples the test rejects {result['power']:.0%} of the time; with the "
        f"energy kernel {result['energy']:.0%}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    for alternative in range(len(ALTERNATIVES)):
        power(alternative)  # beforehand, or the first press of each button would wait for it
    knobs = [
        Knob("alternative", 0, 3, 1, 3, "q", options=ALTERNATIVES),
        Knob("bandwidth", -8, 6, 1, 0, "bandwidth: 1, times √2 so often"),
        Knob("draw_number", 1, 20, 1, 1, "pair of samples"),
    ]
    return Demo(compute, scene, draw, knobs, name="two sample test", **look)
