"""Two densities, their mixture m, the two halves of JSD, and the value V(D*) = 2 JSD − log 4 (B3, B4)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture
from gancourse.divergences import kl
from gancourse.game import optimal_discriminator, value

__all__ = ["GRID", "compute", "demo", "draw", "models", "scene"]

GRID = np.linspace(-16.0, 24.0, 1001)  # wide enough that every setting of the sliders keeps its mass on it
SHOWN = slice(250, 751, 2)  # what is drawn: from −6 to 14
TOP = np.log(2)


def models(distance, std, share):
    """The data p = N(0, 1), and q: p again, but for a share that is N(distance, std²)."""
    return Mixture([1.0], [0.0], stds=1.0), Mixture([1 - share, share], [0.0, distance], stds=[1.0, std])


def compute(*, distance, std, share):
    """p, q, both halves of JSD as integrands and as numbers, and V(D*), computed without JSD.

    Arguments:
        distance, std: where the misplaced part of q lies, and its standard deviation.
        share: how much of q is misplaced, from 0 to 1.

    Returns:
        dict with arrays p, q, m, p_half = ½ p log(p/m) and q_half = ½ q log(q/m) over GRID; and numbers
        p_jsd = ½ KL(p‖m), q_jsd = ½ KL(q‖m), jsd (their sum) and value (V at D*), in nats.
    """
    p, q = (model.pdf(GRID) for model in models(distance, std, share))
    m = (p + q) / 2
    # where a density underflows to zero, so does its term: 0 log 0 = 0
    p_half, q_half = (0.5 * f * np.log(np.where(f > 0, f, 1) / np.where(f > 0, m, 1)) for f in (p, q))
    p_jsd, q_jsd = kl(p, m, GRID) / 2, kl(q, m, GRID) / 2
    return {
        "p": p, "q": q, "m": m, "p_half": p_half, "q_half": q_half,
        "p_jsd": p_jsd, "q_jsd": q_jsd, "jsd": p_jsd + q_jsd,
        "value": value(optimal_discriminator(p, q), p, q, GRID),
    }  # fmt: skip


def scene(figure):
    """Left the densities and m, middle the two halves as areas, right both halves stacked, and V(D*)."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[4, 4, 1.1])
    x = GRID[SHOWN]
    (p,) = left.plot([], [], color=plots.DATA, label="p")
    (q,) = left.plot([], [], color=plots.GENERATOR, label="q")
    (m,) = left.plot([], [], color=plots.MUTED, linestyle="--", label="m = (p + q)/2")
    left.set(xlim=(x[0], x[-1]), ylim=(0, 0.85), xlabel="x", ylabel="density")
    plots.legend(left)
    middle.axhline(0, color=plots.MUTED, linewidth=1)
    artists = {"p": p, "q": q, "m": m}
    for name, colour, label in [
        ("p_half", plots.DATA, "½ p log(p/m)"),
        ("q_half", plots.GENERATOR, "½ q log(q/m)"),
    ]:
        # either area may go below zero; their sum, the black line, never does
        (artists[name],) = middle.fill(x, 0 * x, color=colour, alpha=0.35, linewidth=0, label=label)
    (artists["both"],) = middle.plot([], [], color=plots.EXACT, linewidth=1.5, label="sum")
    middle.set(xlim=(x[0], x[-1]), ylim=(-0.1, 0.3), xlabel="x", ylabel="nats per unit of x")
    plots.legend(middle)
    artists["p bar"] = right.bar([0], [0.1], color=plots.DATA, alpha=0.5)[0]
    artists["q bar"] = right.bar([0], [0.1], color=plots.GENERATOR, alpha=0.5)[0]
    (artists["value"],) = right.plot([], [], "o", color=plots.DISCRIMINATOR, markersize=9)
    right.axhline(TOP, color=plots.EXACT, linewidth=1)
    right.set(xlim=(-0.6, 0.6), ylim=(0, 0.75), xticks=[], ylabel="JSD (nats); line: log 2")
    other = right.secondary_yaxis(
        "right", functions=(lambda jsd: 2 * jsd - np.log(4), lambda v: (v + np.log(4)) / 2)
    )
    other.set(ylabel="V(D*), dot")
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move curves, areas, bars and dot, and say the numbers."""
    x = GRID[SHOWN]
    for name in ("p", "q", "m"):
        artists[name].set_data(x, result[name][SHOWN])
    for name in ("p_half", "q_half"):
        outline = np.column_stack([x, result[name][SHOWN]])
        artists[name].set_xy(np.concatenate([[[x[0], 0]], outline, [[x[-1], 0]]]))
    artists["both"].set_data(x, (result["p_half"] + result["q_half"])[SHOWN])
    artists["p bar"].set_height(result["p_jsd"])
    artists["q bar"].set_y(result["p_jsd"])
    artists["q bar"].set_height(result["q_jsd"])
    artists["value"].set_data([0], [(result["value"] + np.log(4)) / 2])
    return (
        f"½ KL(p‖m) + ½ KL(q‖m) = {result['p_jsd']:.4f} + {result['q_jsd']:.4f} = JSD "
        f"= {result['jsd']:.4f} nats, {100 * result['jsd'] / TOP:.1f} % of log 2. V(D*) = "
        f"{result['value']:.4f}, and "
        f"2 JSD − log 4 = {2 * result['jsd'] - np.log(4):.4f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("distance", 0.0, 8.0, 0.1, 3.0, "distance of the misplaced part"),
        Knob("std", 0.5, 3.0, 0.1, 1.0, "its standard deviation"),
        Knob("share", 0.0, 1.0, 0.05, 0.5, "share of q that is misplaced"),
    ]
    return Demo(compute, scene, draw, knobs, name="jensen shannon", **look)
