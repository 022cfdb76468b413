"""The non-saturating loss with D frozen: whose gradient it is, and whose value it has not (C3)."""

import numpy as np
from scipy.special import expit

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["MEANS", "compute", "demo", "draw", "family", "scene"]

MEANS = np.linspace(-2.5, 2.5, 81)
_Z = np.linspace(-8.5, 8.5, 171)  # smooth integrands that vanish at both ends: the sum is exact to 1e-9
_WEIGHTS = np.exp(-(_Z**2) / 2) / np.sqrt(2 * np.pi) * (_Z[1] - _Z[0])
_H = 1e-4


def family(mean, std):
    r"""For p = N(0, 1) and q = N(mean, std²): the loss E_q(−log D*), and what its frozen gradient belongs to.

    Arguments:
        mean: array (n,) or a number.
        std: a number.

    Returns:
        dict of arrays of the shape of ``mean``: loss, E_q(−log D*); target, KL(q‖p) − 2·JSD(p, q); frozen,
        the derivative of the loss in the mean with D held at D*, by the chain rule.
    """
    mean = np.asarray(mean, dtype=np.float64)[..., None]
    x = mean + std * _Z
    v = np.log(std) - x**2 / 2 + _Z**2 / 2  # log p − log q at x = mean + std·z
    v_data = np.log(std) - _Z**2 / 2 + (_Z - mean) ** 2 / (2 * std**2)
    loss = np.logaddexp(0, -v)
    kl = (std**2 + mean[..., 0] ** 2 - 1) / 2 - np.log(std)
    two_jsd = np.log(4) - (np.logaddexp(0, v) + np.logaddexp(0, -v_data)) @ _WEIGHTS
    frozen = -expit(-v) * (-x + _Z / std)
    return {"loss": loss @ _WEIGHTS, "target": kl - two_jsd, "frozen": frozen @ _WEIGHTS}


def compute(*, mean, std):
    """Values and derivatives in the generator's mean, at every mean of MEANS and at one.

    Arguments:
        mean, std: of the generator; the data is N(0, 1).

    Returns:
        dict: loss, target, frozen as by ``family``, and total and slope, the derivatives of loss and target
        by differences, over MEANS; here, the same at ``mean``; mean.
    """
    means = np.append(MEANS, mean)
    at = family(means, std)
    above, below = family(means + _H, std), family(means - _H, std)
    at["total"], at["slope"] = ((above[k] - below[k]) / (2 * _H) for k in ("loss", "target"))
    return {
        **{name: values[:-1] for name, values in at.items()},
        "here": {name: float(values[-1]) for name, values in at.items()},
        "mean": mean,
    }


def scene(figure):
    """Left the values, right the derivatives, against the generator's mean."""
    left, right = figure.subplots(1, 2)
    artists = {
        "loss": left.plot([], [], color=plots.SERIES[0], label="E(−log D*)")[0],
        "target": left.plot([], [], color=plots.EXACT, label="KL − 2 JSD")[0],
        "total": right.plot([], [], color=plots.SERIES[0], label="total")[0],
        "slope": right.plot([], [], color=plots.EXACT, label="of KL − 2 JSD")[0],
        "frozen": right.plot(
            [], [], color=plots.SERIES[1], linestyle=(0, (2, 2)), linewidth=3.5, label="D frozen"
        )[0],
        "dots": [axes.plot([], [], "o", color=plots.GENERATOR, markersize=6)[0] for axes in (left, right)],
    }
    left.set(xlim=(-2.5, 2.5), ylim=(-0.2, 4.5), xlabel="generator's mean", ylabel="nats")
    right.set(xlim=(-2.5, 2.5), ylim=(-2.8, 2.8), xlabel="generator's mean", ylabel="derivative in the mean")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move the curves and the dots, and say the numbers."""
    for name in ("loss", "target", "total", "slope", "frozen"):
        artists[name].set_data(MEANS, result[name])
    here = {name: round(value, 4) + 0.0 for name, value in result["here"].items()}  # no "−0.0000" in words
    for dot, name in zip(artists["dots"], ("loss", "total"), strict=True):
        dot.set_data([result["mean"]], [here[name]])
    return (
        f"Generator's mean {result['mean']:.1f}. Derivatives: D frozen {here['frozen']:.4f}, of KL − 2 JSD "
        f"{here['slope']:.4f}, total {here['total']:.4f}. Values: E(−log D*) = {here['loss']:.4f}, "
        f"KL − 2 JSD = {here['target']:.4f} nats."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("mean", -2.5, 2.5, 0.1, 1.0, "generator's mean"),
        Knob("std", 0.4, 2.0, 0.1, 1.3, "generator's standard deviation"),
    ]
    return Demo(compute, scene, draw, knobs, name="frozen gradient", **look)
