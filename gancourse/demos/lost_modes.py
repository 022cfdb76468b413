"""KL between the histogram of modes and the uniform one, in both directions, while modes are lost (E3)."""

import functools
import math

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.divergences import kl
from gancourse.metrics import perfect_coverage

__all__ = ["COUNTS", "MODES", "compute", "curves", "demo", "draw", "histogram", "scene"]

MODES = 8
COUNTS = (25, 100, 500, 2500)
SHARES = np.linspace(0, 1, 101)
_UNIFORM = np.full(MODES, 1 / MODES)


def histogram(lost, share):
    """Shares of eight modes when the last ``lost`` get only ``share`` of what they should, the rest more."""
    h = np.full(MODES, 1 / MODES)
    if lost:
        h[MODES - lost :] *= share
        h[: MODES - lost] = (1 - h[MODES - lost :].sum()) / (MODES - lost)
    return h


@functools.cache
def curves(lost):
    """KL(h‖u) and KL(u‖h) over SHARES, two arrays (101,); the second begins with inf where modes are lost."""
    rows = [histogram(lost, share) for share in SHARES]
    return np.array([kl(h, _UNIFORM) for h in rows]), np.array([kl(_UNIFORM, h) for h in rows])


@functools.cache
def _floor(n):
    return perfect_coverage(MODES, n).reverse_kl


def compute(*, lost, share, count):
    """The histogram and both directions of KL, at one share and at all.

    Arguments:
        lost: how many of the eight modes are neglected, 0 to 7.
        share: what is left of them, from 0 (nothing) to 1 (all).
        count: a position in COUNTS, samples of the perfect sampler beside.

    Returns:
        dict: h (8,); reverse, KL(h‖u); forward, KL(u‖h); the same over SHARES as ``curves``; captured; floor,
        the mean reverse KL of so many perfect samples; n; lost, share.
    """
    h = histogram(lost, share)
    reverse, forward = curves(lost)
    return {
        "h": h, "reverse": kl(h, _UNIFORM), "forward": kl(_UNIFORM, h), "reverses": reverse,
        "forwards": forward,
        "captured": int((h > 0).sum()), "floor": _floor(COUNTS[count]), "n": COUNTS[count], "lost": lost,
        "share": share,
    }  # fmt: skip


def scene(figure):
    """Left the histogram, right both directions against the share that is left."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.3])
    artists = {
        "bars": list(left.bar(range(MODES), np.zeros(MODES), color=plots.GENERATOR, width=0.7, label="h"))
    }
    left.axhline(1 / MODES, color=plots.DATA, linewidth=1.5, linestyle="--", label="uniform u")
    left.set(ylim=(0, 1.02), xlabel="mode", ylabel="share of the samples", xticks=range(MODES))
    for name, colour, dash, label in (
        ("reverse", plots.EXACT, "-", "KL(h‖u)"),
        ("forward", plots.SERIES[0], "--", "KL(u‖h)"),
    ):
        (artists[name],) = right.plot([], [], color=colour, linestyle=dash, label=label)
        (artists[f"{name} here"],) = right.plot([], [], "o", color=colour, markersize=7)
    artists["floor"] = right.axhline(
        0, color=plots.DATA, linewidth=1.5, linestyle=":", label="floor: perfect"
    )
    right.set(xlim=(-0.02, 1.02), ylim=(0, 3), xlabel="share left to the neglected modes", ylabel="nats")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move bars, curves, dots and the floor, and say the numbers."""
    for bar, height in zip(artists["bars"], result["h"], strict=True):
        bar.set_height(height)
    for name in ("reverse", "forward"):
        values, here = result[f"{name}s"], result[name]
        artists[name].set_data(SHARES, np.where(np.isfinite(values), values, np.nan))
        artists[f"{name} here"].set_data([result["share"]], [here if math.isfinite(here) else math.nan])
    artists["floor"].set_ydata([result["floor"]] * 2)
    forward = "∞" if math.isinf(result["forward"]) else f"{result['forward']:.4f}"
    return (
        f"{result['lost']} of 8 modes neglected, {result['share']:.2f} of their share left: captured "
        f"{result['captured']}; KL(h‖u) = {result['reverse']:.4f}, KL(u‖h) = {forward} nats. A perfect "
        f"sampler scores {result['floor']:.4f} on average with {result['n']:,} samples."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("lost", 0, MODES - 1, 1, 2, "neglected modes"),
        Knob("share", 0.0, 1.0, 0.05, 0.0, "share left to them"),
        Knob("count", high=3, step=1, start=3, label="samples", options=tuple(f"{n:,}" for n in COUNTS)),
    ]
    return Demo(compute, scene, draw, knobs, name="lost modes", size=(8.6, 3.5), **look)
