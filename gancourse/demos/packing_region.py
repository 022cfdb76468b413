"""Packing: of two generators equally far from the data, a D of packs sees which one lacks modes (E5)."""

import functools

import numpy as np
from scipy.stats import binom

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["SIZES", "bounds", "compute", "demo", "draw", "packed_tv", "scene"]

SIZES = np.arange(1, 11)  # of packs


def packed_tv(p, q, m):
    """Total variation, with its ½, between m draws from the data and m from the generator, for two cells.

    ½ Σ_j C(m, j) |pʲ(1 − p)^(m−j) − qʲ(1 − q)^(m−j)|: of a pack only the number j of samples in S matters.

    Arguments:
        p, q: probabilities of a set S under data and generator, numbers or arrays (*); within S, and outside
            it, their densities are proportional.
        m: samples in a pack.

    Returns:
        float, or array (*).
    """
    j = np.arange(m + 1)
    p, q = np.asarray(p, dtype=float)[..., None], np.asarray(q, dtype=float)[..., None]
    return np.abs(binom.pmf(j, m, p) - binom.pmf(j, m, q)).sum(-1) / 2


@functools.cache
def bounds(tau):
    """The least and the largest that total variation in packs can be, for laws at total variation τ.

    Returns:
        two arrays, over SIZES: min over α of ``packed_tv(α, α + τ, m)``, and 1 − (1 − τ)^m.
    """
    alpha = np.linspace(0, 1 - tau, 401)
    return np.array([packed_tv(alpha, alpha + tau, m).min() for m in SIZES]), 1 - (1 - tau) ** SIZES


def compute(*, tau, place, m):
    """Total variation in packs of every size, for one pair of laws at total variation τ.

    Arguments:
        tau: total variation τ of single samples.
        place: from 0, where the generator makes what the data never have, to 1, where it lacks all data
            outside S; p(S) = place·(1 − τ), q(S) = p(S) + τ.
        m: samples in a pack.

    Returns:
        dict: p, q, the probabilities of S; curve, least, most: arrays over SIZES; tau, m; here, least here,
        most here: those at m.
    """
    tau = round(float(tau), 9)
    p = place * (1 - tau)
    least, most = bounds(tau)
    # one table of all sizes in place of a call for each: a frame has a millisecond to spare
    curve = np.array([packed_tv(p, p + tau, size) for size in SIZES])
    return {
        "p": p, "q": p + tau, "curve": curve, "least": least, "most": most, "tau": tau, "m": m,
        "here": curve[m - 1], "least here": least[m - 1], "most here": most[m - 1],
    }  # fmt: skip


def scene(figure):
    """Left the masses of S and of the rest, right total variation against the size of a pack."""
    left, right = figure.subplots(1, 2, width_ratios=[2, 3])
    artists = {}
    for shift, name, colour, label in (
        (-0.2, "p", plots.DATA, "data"),
        (0.2, "q", plots.GENERATOR, "generator"),
    ):
        bars = left.bar(np.arange(2) + shift, [1, 1], 0.4, color=colour, alpha=0.75, label=label)
        artists[name] = list(bars)
    left.set(xlim=(-0.6, 1.6), ylim=(0, 1), ylabel="probability")
    left.set_xticks([0, 1], ["in S", "outside S"])
    artists["most"] = right.plot([], [], color=plots.MUTED, linestyle="--", label="most")[0]
    artists["least"] = right.plot([], [], color=plots.MUTED, linestyle=":", label="least")[0]
    artists["curve"] = right.plot([], [], "o-", color=plots.DISCRIMINATOR, markersize=4, label="these two")[0]
    artists["here"] = right.plot([], [], "o", color=plots.EXACT, markersize=9, markerfacecolor="none")[0]
    right.set(xlim=(0.7, 10.3), ylim=(0, 1.03), xlabel="m: samples in a pack", ylabel="total variation")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Set bars and curves, and say the numbers at this size of pack."""
    for name in ("p", "q"):
        for bar, height in zip(artists[name], (result[name], 1 - result[name]), strict=True):
            bar.set_height(height)
    for name in ("curve", "least", "most"):
        artists[name].set_data(SIZES, result[name])
    artists["here"].set_data([result["m"]], [result["here"]])
    lacking = (1 - result["p"]) if result["q"] > 1 - 1e-9 else 0.0
    told = f" The generator lacks {100 * lacking:.0f} % of the data." if lacking else ""
    if result["p"] < 1e-9:
        told = f" {100 * result['tau']:.0f} % of what it makes never occurs in the data."
    return (
        f"p(S) = {result['p']:.3f}, q(S) = {result['q']:.3f}: total variation {result['tau']:.2f} for a "
        f"single sample. In packs of {result['m']}: {result['here']:.4f}, of at least "
        f"{result['least here']:.4f} and at most {result['most here']:.4f}.{told}"
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("tau", 0.05, 0.95, 0.05, 0.25, "τ: total variation of single samples"),
        Knob("place", 0.0, 1.0, 0.05, 1.0, "from inventing (0) to lacking (1)"),
        Knob("m", 1, 10, 1, 4, "m: samples in a pack"),
    ]
    return Demo(compute, scene, draw, knobs, name="packing region", **{"size": (7.6, 3.1), **look})
