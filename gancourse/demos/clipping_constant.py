"""The clipping constant: where weights go, how steep the critic gets, what its score is worth (E1)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.recipes import lipschitz_record

__all__ = ["SETTINGS", "compute", "demo", "draw", "scene"]

SETTINGS = (*lipschitz_record.BOUNDS, None)  # None: the gradient penalty, λ = 10
_SHOWN = {"bound": "∏‖W‖", "constant": "steepest slope", "score": "score"}
_BINS = 41


@functools.cache
def _record():
    return lipschitz_record.stored()


def compute(*, setting):
    """What was trained beforehand at one clipping constant, or under the gradient penalty.

    Arguments:
        setting: a position in SETTINGS.

    Returns:
        dict: c; edges, of the bins in units of c (of the largest weight for the penalty), and shares;
        at_ends, the share of the weights in the two outermost bins; mean over the seeds of score, constant,
        bound and ratio; allowed, the largest constant that 3 x 128 weights up to c can have, c⁴ √2 · 128³
        (None for the penalty); curves, a name -> array over the six constants; w1 = 1.
    """
    record, c = _record(), SETTINGS[setting]
    edges, shares = record["weights"]["penalty" if c is None else f"{c}"]
    runs = record["rows"]["clouds", "penalty"] if c is None else record["bounds"][c]
    means = {name: float(runs[name].mean()) for name in (*_SHOWN, "ratio")}
    curves = {n: np.array([record["bounds"][b][n].mean() for b in SETTINGS[:-1]]) for n in (*_SHOWN, "ratio")}
    return {
        "c": c, "edges": edges / edges[-1], "shares": shares, "at_ends": float(shares[0] + shares[-1]),
        "largest": float(edges[-1]), **means, "curves": curves, "w1": 1.0,
        "allowed": None if c is None else c**4 * 2**0.5 * 128**3,
    }  # fmt: skip


def scene(figure):
    """Left the histogram of the weights; right score, steepest slope and product of norms against c."""
    left, right = figure.subplots(1, 2)
    edges = np.linspace(-1, 1, _BINS + 1)
    artists = {
        "shares": left.stairs(np.full(_BINS, 1.0), edges, color=plots.DISCRIMINATOR, fill=True, alpha=0.8)
    }
    left.set(
        xlim=(-1.05, 1.05), ylim=(1e-4, 1), yscale="log", ylabel="share of the weights",
        xlabel="weight ÷ c (÷ the largest, for the penalty)",
    )  # fmt: skip
    looks = ((plots.MUTED, ":", "^"), (plots.DISCRIMINATOR, "--", "s"), (plots.TRAINED, "-.", "o"))
    right.axhline(1, color=plots.EXACT, linewidth=1.2, label="W1")
    for (name, label), (colour, dash, marker) in zip(_SHOWN.items(), looks, strict=True):
        (artists[name],) = right.plot([], [], linestyle=dash, color=colour, linewidth=1.4, label=label)
        (artists[f"{name} here"],) = right.plot([], [], marker, color=colour, markersize=9)
    right.set(
        xscale="log", yscale="log", xlim=(0.004, 0.4), ylim=(1e-4, 3e3), xlabel="c (right end: penalty)",
        ylabel="score; slope",
    )  # fmt: skip
    right.axvline(0.23, color=plots.MUTED, linewidth=0.8)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Replace the histogram and move the marks, and say the numbers."""
    artists["shares"].set_data(np.maximum(result["shares"], 1e-6), result["edges"])
    at = 0.3 if result["c"] is None else result["c"]
    for name in _SHOWN:
        artists[name].set_data(SETTINGS[:-1], result["curves"][name])
        artists[f"{name} here"].set_data([at], [result[name]])
    if result["c"] is None:
        head = f"Gradient penalty, λ = 10: weights up to {result['largest']:.2f}"
    else:
        head = f"c = {result['c']:g}: {100 * result['at_ends']:.0f} % of the weights in the outermost bins"
    allowed = "" if result["allowed"] is None else f", c⁴ √2 · 128³ = {result['allowed']:.3g}"
    return (
        f"{head}. Score {result['score']:.3g}, steepest slope {result['constant']:.3g} "
        f"(product of norms {result['bound']:.3g}{allowed}); score ÷ steepest slope {result['ratio']:.3f}; "
        f"W1 = {result['w1']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    options = tuple("penalty" if c is None else f"{c:g}" for c in SETTINGS)
    last = len(SETTINGS) - 1
    knobs = [Knob("setting", high=last, step=1, start=1, label="clipping constant c", options=options)]
    return Demo(compute, scene, draw, knobs, name="clipping constant", size=(9.2, 3.6), **look)
