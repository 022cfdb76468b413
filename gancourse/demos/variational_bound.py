"""Any D gives a lower bound on 2 JSD; how much it gives away, as D leaves D* (B5)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture
from gancourse.divergences import js

__all__ = ["GRID", "SCALES", "bound", "compute", "demo", "draw", "gap", "scene"]

GRID = np.linspace(-9.0, 15.0, 401)
SCALES = np.linspace(0.0, 3.0, 31)
STEP = GRID[1] - GRID[0]


def bound(logits, p, q):
    """E_p log(2D) + E_q log(2(1 − D)) in nats, for logits of shape (*, n) over GRID."""
    log_fake = np.logaddexp(0, logits)  # −log(1 − D); and −log D = −log(1 − D) − v
    return np.log(4) - STEP * np.sum(p * (log_fake - logits) + q * log_fake, axis=-1)


def gap(logits, best, p, q):
    """What the bound gives away: the integral of (p + q) KL(D*‖D), for logits of D and of D* over GRID."""
    at_best = 1 / (1 + np.exp(-best))
    # KL of two coins: D* log(D*/D) + (1 − D*) log((1 − D*)/(1 − D))
    coins = at_best * (best - logits) + np.logaddexp(0, logits) - np.logaddexp(0, best)
    return STEP * np.sum((p + q) * coins, axis=-1)


def compute(*, distance, scale, shift):
    """The bound of the D whose logit is scale · v* + shift, beside 2 JSD; p = N(0, 1), q = N(distance, 1.5²).

    Arguments:
        distance: the generator's mean.
        scale: 1 for D*; below, D is too timid; above, too sure of itself.
        shift: added to the logit: above 0, D says *real* too often.

    Returns:
        dict with arrays d, best (D and D* over GRID), curve (the bound over SCALES at this shift), and
        numbers bound, gap (by its own formula), jsd, scale, shift.
    """
    models = Mixture([1.0], [0.0], stds=1.0), Mixture([1.0], [distance], stds=1.5)
    log_p, log_q = (model.logpdf(GRID) for model in models)
    p, q, best = np.exp(log_p), np.exp(log_q), log_p - log_q
    logits = scale * best + shift
    return {
        "p": p, "q": q, "best": _sigmoid(best), "d": _sigmoid(logits),
        "curve": bound(SCALES[:, None] * best + shift, p, q),
        "bound": float(bound(logits, p, q)), "gap": float(gap(logits, best, p, q)),
        "jsd": js(p, q, GRID), "scale": scale, "shift": shift,
    }  # fmt: skip


def _sigmoid(logits):
    return 0.5 * (1 + np.tanh(logits / 2))


def scene(figure):
    """Left D beside D*; right the bound against the scale, under the line at 2 JSD."""
    left, right = figure.subplots(1, 2)
    (best,) = left.plot([], [], color=plots.EXACT, label="D* (exact)")
    (d,) = left.plot([], [], color=plots.DISCRIMINATOR, label="D")
    (p,) = left.plot([], [], color=plots.DATA, linewidth=1, alpha=0.6, label="p")
    (q,) = left.plot([], [], color=plots.GENERATOR, linewidth=1, alpha=0.6, label="q")
    left.set(xlim=(-5, 9), ylim=(-0.02, 1.02), xlabel="x", ylabel="probability of real; density")
    plots.legend(left)
    two = right.axhline(0, color=plots.EXACT, label="2 JSD")
    one = right.axhline(0, color=plots.EXACT, linestyle=":", linewidth=1.5, label="JSD")
    (curve,) = right.plot([], [], color=plots.DISCRIMINATOR, label="bound of D")
    (gap,) = right.plot([], [], color=plots.MUTED, linewidth=4, alpha=0.7, solid_capstyle="butt", label="gap")
    (here,) = right.plot([], [], "o", color=plots.DISCRIMINATOR, markersize=8)
    right.axhline(np.log(4), color=plots.MUTED, linewidth=0.8)
    right.set(xlim=(0, 3), ylim=(-1, 1.5), xlabel="scale of D's logit", ylabel="nats")
    plots.legend(right)
    return {
        "p": p, "q": q, "best": best, "d": d,
        "curve": curve, "gap": gap, "two": two, "one": one, "here": here,
    }  # fmt: skip


def draw(artists, result):
    """Move curves, lines and dot, and say the numbers."""
    for name in ("p", "q", "best", "d"):
        artists[name].set_data(GRID, result[name])
    artists["curve"].set_data(SCALES, result["curve"])
    artists["two"].set_ydata([2 * result["jsd"]] * 2)
    artists["one"].set_ydata([result["jsd"]] * 2)
    artists["gap"].set_data([result["scale"]] * 2, [result["bound"], 2 * result["jsd"]])
    artists["here"].set_data([result["scale"]], [result["bound"]])
    over = "more" if result["bound"] > result["jsd"] else "not more"
    return (
        f"Bound {result['bound']:.4f} ≤ 2 JSD = {2 * result['jsd']:.4f} nats. It gives away the integral of "
        f"(p + q) KL(D*‖D), {result['gap']:.4f}. The bound is {over} than JSD itself, {result['jsd']:.4f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("distance", 0.0, 6.0, 0.1, 2.0, "distance of q from p"),
        Knob("scale", 0.0, 3.0, 0.05, 2.0, "scale of D's logit"),
        Knob("shift", -3.0, 3.0, 0.1, 0.0, "shift of D's logit"),
    ]
    return Demo(compute, scene, draw, knobs, name="variational bound", **look)
