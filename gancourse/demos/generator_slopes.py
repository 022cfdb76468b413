"""The generator's losses and their slopes against D(G(z)) (C1)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.game import generator_loss, generator_slope

__all__ = ["KINDS", "LOGITS", "compute", "demo", "draw", "scene"]

LOGITS = np.linspace(-8.0, 8.0, 321)
KINDS = {
    "saturating": ("log(1 − D)", plots.SERIES[0], "-"),
    "non_saturating": ("−log D", plots.SERIES[1], "--"),
    "reverse_kl": ("their sum, −v", plots.SERIES[2], ":"),
}


def compute(*, logit):
    """Loss and slope in the logit of each kind, over LOGITS and at one logit.

    Arguments:
        logit: v, the discriminator's logit at a generated point.

    Returns:
        dict: kind -> (loss, slope) at ``logit``, and ``logit``, ``d`` = σ(v).
    """
    here = {kind: (float(generator_loss(logit, kind)), float(generator_slope(logit, kind))) for kind in KINDS}
    return {**here, "logit": logit, "d": float(1 / (1 + np.exp(-logit)))}


def scene(figure):
    """Left the losses, right the slopes; the curves stand still, a dot on each moves."""
    left, right = figure.subplots(1, 2)
    d = 1 / (1 + np.exp(-LOGITS))
    artists = {}
    for kind, (label, colour, dash) in KINDS.items():
        left.plot(d, generator_loss(LOGITS, kind), color=colour, linestyle=dash, label=label)
        right.plot(d, generator_slope(LOGITS, kind), color=colour, linestyle=dash)
        artists[kind] = [axes.plot([], [], "o", color=colour, markersize=8)[0] for axes in (left, right)]
    left.set(xlim=(0, 1), ylim=(-6, 6), xlabel="D(G(z))", ylabel="loss (nats)")
    right.set(xlim=(0, 1), ylim=(-1.08, 0.08), xlabel="D(G(z))", ylabel="slope in the logit v")
    plots.legend(left)
    artists["line"] = [axes.axvline(0.5, color=plots.MUTED, linewidth=1) for axes in (left, right)]
    return artists


def draw(artists, result):
    """Move the dots, and say the slopes."""
    for kind in KINDS:
        for artist, number in zip(artists[kind], result[kind], strict=True):
            artist.set_data([result["d"]], [number])
    for line in artists["line"]:
        line.set_xdata([result["d"]] * 2)
    return (
        f"v = {result['logit']:.1f}, D(G(z)) = {result['d']:.4f}. Slopes in v: "
        f"log(1 − D) {result['saturating'][1]:.4f}, −log D {result['non_saturating'][1]:.4f}, "
        f"their sum {result['reverse_kl'][1]:.0f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [Knob("logit", -8.0, 8.0, 0.1, -4.0, "logit v of D at G(z)")]
    return Demo(compute, scene, draw, knobs, name="generator slopes", **look)
