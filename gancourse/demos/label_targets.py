"""What D aims at, and what it answers at its best: labels, squares and hinges in closed form (E11)."""

import math

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["LOSSES", "best_output", "compute", "demo", "draw", "scene"]

LOSSES = ("cross-entropy", "least squares", "hinge")
_X = np.linspace(-5.0, 9.0, 281)


def best_output(loss, log_p, log_q, real_label=1.0, fake_label=0.0):
    """The output v of the D whose loss is least, point by point.

    With labels α on the data and β on generated points, r = (αp + βq)/(p + q):

        cross-entropy   D = σ(v) = r, v = log r/(1 − r)
        least squares   v = r
        hinge           v = 1 where p > q, −1 where q > p; it has no labels

    Arguments:
        loss: a name of LOSSES.
        log_p, log_q: arrays (*).
        real_label, fake_label: α and β.

    Returns:
        array (*); ±inf where the cross-entropy's r is 1 or 0.
    """
    ratio = np.asarray(log_p - log_q, dtype=float)
    if loss == "hinge":
        return np.sign(ratio)
    if loss == "least squares":
        share = 0.5 * (1 + np.tanh(ratio / 2))
        return real_label * share + fake_label * (1 - share)
    # log r − log(1 − r) with p and q divided by the larger of the two, so that neither is lost
    p, q = np.exp(np.minimum(ratio, 0)), np.exp(np.minimum(-ratio, 0))
    with np.errstate(divide="ignore"):
        return np.log(real_label * p + fake_label * q) - np.log((1 - real_label) * p + (1 - fake_label) * q)


def compute(*, loss, real_label, fake_label, mean):
    """Densities, D's best output and the slope of that, for p = N(0, 1) and q = N(mean, 1).

    Arguments:
        loss: a position in LOSSES.
        real_label, fake_label: α and β; the hinge has none.
        mean: of q.

    Returns:
        dict: p, q, v: arrays on the grid; at, (v, its slope) at the generator's mean; loss, real_label,
        fake_label, mean.
    """
    name, labels = LOSSES[loss], (real_label, fake_label)

    def output(x):
        x = np.asarray(x, dtype=float)
        return best_output(name, -(x**2) / 2, -((x - mean) ** 2) / 2, *labels)

    with np.errstate(invalid="ignore"):
        slope = (output(mean + 1e-4) - output(mean - 1e-4)) / 2e-4
    return {
        "p": np.exp(-(_X**2) / 2) / math.sqrt(2 * math.pi),
        "q": np.exp(-((_X - mean) ** 2) / 2) / math.sqrt(2 * math.pi),
        "v": output(_X), "at": (float(output(mean)), float(slope)),
        "loss": loss, "real_label": real_label, "fake_label": fake_label, "mean": mean,
    }  # fmt: skip


def scene(figure):
    """Left the two densities, right D's best output; the dots are at the generator's mean."""
    left, right = figure.subplots(1, 2)
    artists = {
        "p": left.plot([], [], color=plots.DATA, label="data")[0],
        "q": left.plot([], [], color=plots.GENERATOR, label="generator")[0],
        "v": right.plot([], [], color=plots.DISCRIMINATOR, label="D's best v")[0],
        "at": right.plot([], [], "o", color=plots.GENERATOR, markersize=8, label="at q's mean")[0],
    }
    left.set(xlim=(-5, 9), ylim=(-0.015, 0.5), xlabel="x", ylabel="density")
    right.set(xlim=(-5, 9), ylim=(-12, 6), xlabel="x", ylabel="v")
    for axes in (left, right):
        axes.set_xticks([-4, 0, 4, 8])
    right.set_yticks([-10, -5, 0, 5])
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move the curves, and say D's range, and what the generator feels."""
    for name in ("p", "q", "v"):
        artists[name].set_data(_X, result[name])
    v, slope = result["at"]
    artists["at"].set_data([result["mean"]], [v])
    alpha, beta = result["real_label"], result["fake_label"]
    name = LOSSES[result["loss"]]
    if name == "hinge":
        told = "v is 1 or −1, and has a slope nowhere but at the jump."
    elif name == "least squares":
        told = f"v lies between {beta:.2f} and {alpha:.2f}."
    else:
        low, high = (_logit(label) for label in (beta, alpha))
        told = f"D lies between {beta:.2f} and {alpha:.2f}, v between {low} and {high}."
    return (
        f"{name[0].upper() + name[1:]}: {told} At the generator's mean, {result['mean']:.2f}: "
        f"v = {_number(v)}, slope {_number(slope)}."
    )


def _number(value):
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def _logit(label):
    if label in (0.0, 1.0):
        return "∞" if label else "−∞"
    return f"{math.log(label / (1 - label)):.3f}".replace("-", "−")


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("real_label", 0.6, 1.0, 0.05, 0.9, "α: label of the data"),
        Knob("fake_label", 0.0, 0.4, 0.05, 0.0, "β: label of generated points"),
        Knob("mean", 0.0, 6.0, 0.25, 3.0, "mean of the generator"),
        Knob("loss", 0, 2, 1, 0, "D's loss", options=LOSSES),
    ]
    return Demo(compute, scene, draw, knobs, name="label targets", **{"size": (7.4, 3.0), **look})
