"""Three densities that L1, KL and JSD find equally far apart, and W1 does not (D10)."""

import itertools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.divergences import js, kl, total_variation

__all__ = ["MEASURES", "MIDDLES", "PAIRS", "STEP", "box", "compute", "demo", "draw", "scene"]

STEP = 0.05
MIDDLES = -1 + STEP * (np.arange(220) + 0.5)  # of narrow bins from −1 to 10
PAIRS = tuple(itertools.combinations(range(3), 2))
NAMES = ("p₁, p₂", "p₁, p₃", "p₂, p₃")
MEASURES = ("L1", "KL", "JSD", "W1")
_LOOK = ((plots.SERIES[0], "-"), (plots.SERIES[1], "--"), (plots.SERIES[2], ":"))
FLOOR = 0.1  # share of the mass that lies evenly everywhere, so that KL is finite


def box(left):
    """Masses of the bins: nine tenths evenly on [left, left + 1], one tenth evenly on all of [−1, 10]."""
    inside = (MIDDLES > left) & (MIDDLES < left + 1)
    return FLOOR / len(MIDDLES) + (1 - FLOOR) * inside / inside.sum()


def _w1(a, b):
    return float(STEP * np.abs(np.cumsum(a - b)).sum())


def compute(*, near, far=7.0):
    """All distances between three densities.

    Arguments:
        near, far: how far the second and the third stand right of the first, whose box is [0, 1].

    Returns:
        dict: masses, three arrays; for each of MEASURES a list over PAIRS (KL of the first to the second, in
        nats; W1 in units of x); tv, likewise.
    """
    p = [box(left) for left in (0.0, near, far)]
    pairs = [(p[i], p[j]) for i, j in PAIRS]
    tv = [total_variation(a, b) for a, b in pairs]
    return {
        "masses": p, "near": near, "far": far, "tv": tv, "L1": [2 * value for value in tv],
        "KL": [kl(a, b) for a, b in pairs], "JSD": [js(a, b) for a, b in pairs],
        "W1": [_w1(a, b) for a, b in pairs],
    }  # fmt: skip


def scene(figure):
    """Left the densities, right each measure of the three pairs, as shares of its largest."""
    left, right = figure.subplots(1, 2)
    curves = [
        left.plot([], [], color=colour, linestyle=dash, label=f"p{'₁₂₃'[i]}")[0]
        for i, (colour, dash) in enumerate(_LOOK)
    ]
    left.set(xlim=(-1, 10), ylim=(0, 1.15), xlabel="x", ylabel="density")
    plots.legend(left)
    bars = []
    for k, (name, hatch) in enumerate(zip(NAMES, ("", "//", ".."), strict=True)):
        made = right.bar(
            np.arange(4) + 0.27 * (k - 1), np.zeros(4), 0.24, label=name, hatch=hatch,
            color=("#FFFFFF", "#BBBBBB", "#666666")[k], edgecolor=plots.EXACT, linewidth=0.8,
        )  # fmt: skip
        bars += list(made)
    right.set(ylim=(0, 1.12), ylabel="share of the largest of the three")
    right.set_xticks(range(4), MEASURES)
    plots.legend(right)
    return {"curves": curves, "bars": bars}


def draw(artists, result):
    """Move the curves and bars, and say the numbers."""
    for curve, mass in zip(artists["curves"], result["masses"], strict=True):
        curve.set_data(MIDDLES, mass / STEP)
    bars = iter(artists["bars"])
    for k in range(3):
        for name in MEASURES:
            next(bars).set_height(result[name][k] / max(*result[name], 1e-12))
    return (
        " ".join(
            f"{name} {', '.join(f'{value:.3f}' for value in result[name])}{';' if name != 'W1' else ''}"
            for name in MEASURES
        )
        + f" for the pairs {'; '.join(NAMES)}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("near", 0.0, 4.0, 0.1, 1.5, "p₂ stands right of p₁ by"),
        Knob("far", 4.0, 9.0, 0.1, 7.0, "p₃ stands right of p₁ by"),
    ]
    return Demo(compute, scene, draw, knobs, name="three densities", **look)
