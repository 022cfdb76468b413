"""What each generator loss does to each fake sample: arrows along ∇log p − ∇log q (C1, C2)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture
from gancourse.game import generator_slope, optimal_logit

__all__ = ["AXIS", "DATA", "KINDS", "NOISE", "compute", "demo", "draw", "generator", "push", "scene", "score"]

DATA = Mixture([0.5, 0.5], [[0.0, 1.5], [0.0, -1.5]], stds=0.7)
NOISE = np.random.default_rng(4).standard_normal((50, 2))
AXIS = np.stack([np.linspace(-2.5, 8.0, 211), np.zeros(211)], axis=1)  # a walk through q's centre
KINDS = {
    "saturating": ("log(1 − D)", plots.SERIES[0], "-"),
    "non_saturating": ("−log D", plots.SERIES[1], "--"),
    "reverse_kl": ("−v", plots.SERIES[2], ":"),
}
STEP = 0.25  # an arrow is this many times the push


def score(mixture, x):
    r"""∇ log density of a mixture whose components share one standard deviation s.

    .. math:: \nabla \log p(x) = \sum_j r_j(x)\, (\mu_j - x) / s^2

    with r_j(x) the probability that x came from component j.

    Arguments:
        mixture: a Mixture in d dimensions with a ``std``.
        x: points (n, d).

    Returns:
        array (n, d).
    """
    way = mixture.means - x[:, None]  # (n, k, d)
    log_share = np.log(mixture.weights) - (way**2).sum(-1) / (2 * mixture.std**2)
    share = np.exp(log_share - log_share.max(1, keepdims=True))
    return ((share / share.sum(1, keepdims=True))[..., None] * way).sum(1) / mixture.std**2


def push(x, p, q, kind):
    """Where descent on a generator loss moves each fake x, with D frozen at D*: −slope(v*) · ∇v*.

    Arguments:
        x: points (n, d).
        p, q: Mixtures, data and generator, as for ``score``.
        kind: of ``gancourse.game.generator_slope``.

    Returns:
        array (n, d): σ(v)∇v, (1 − σ(v))∇v or ∇v, with v = log p − log q.
    """
    v = optimal_logit(p.logpdf(x), q.logpdf(x))
    return -generator_slope(v, kind)[:, None] * (score(p, x) - score(q, x))


def generator(distance, spread):
    """q, one Gaussian at (distance, 0)."""
    return Mixture([1.0], [[distance, 0.0]], stds=spread)


def compute(*, distance, spread, loss):
    """The fakes, the push on each under the chosen loss, and how strong each loss's push is.

    Arguments:
        distance: of q's centre from that of the data.
        spread: standard deviation of q.
        loss: position in KINDS.

    Returns:
        dict: x and push, arrays (50, 2); kind; distance; d, the mean D* at the fakes; lengths, the mean
        length of the push of each kind over the fakes; along, that at each point of AXIS.
    """
    q, kind = generator(distance, spread), list(KINDS)[loss]
    x = q.means + spread * NOISE
    both = np.concatenate([x, AXIS])
    v = optimal_logit(DATA.logpdf(both), q.logpdf(both))
    way = score(DATA, both) - score(q, both)
    weight = {name: -generator_slope(v, name) for name in KINDS}
    length = {name: w * np.linalg.norm(way, axis=1) for name, w in weight.items()}
    n = len(x)
    return {
        "x": x, "push": (weight[kind][:, None] * way)[:n], "kind": kind, "distance": distance,
        "d": float(weight["saturating"][:n].mean()),
        "lengths": {name: float(values[:n].mean()) for name, values in length.items()},
        "along": {name: values[n:] for name, values in length.items()},
    }  # fmt: skip


def scene(figure):
    """Left the plane with an arrow at each fake, right the length of the push along the first axis."""
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    real = DATA.sample(150, np.random.default_rng(5))
    left.plot(*real.T, ".", color=plots.DATA, alpha=0.5, markersize=4, label="data")
    (fake,) = left.plot([], [], ".", color=plots.GENERATOR, markersize=5, label="generated")
    arrows = left.quiver(
        *NOISE.T, *NOISE.T, color=plots.DISCRIMINATOR, scale=1 / STEP, scale_units="x", units="x", width=0.05,
        headwidth=5, headlength=6, minlength=0, label=f"{STEP} × push",
    )  # fmt: skip
    left.set(xlim=(-2.5, 8.0), ylim=(-3.6, 3.6), aspect="equal", xlabel="x₁", ylabel="x₂")
    plots.legend(left)
    artists = {"arrows": arrows, "fake": fake}
    for name, (label, colour, dash) in KINDS.items():
        (artists[name],) = right.plot([], [], color=colour, linestyle=dash, label=label)
    artists["centre"] = right.axvline(0, color=plots.GENERATOR, linewidth=1)
    right.set(
        xlim=(-2.5, 8.0), ylim=(1e-7, 1e2), yscale="log", xlabel="x₁, at x₂ = 0", ylabel="length of push"
    )
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move fakes and arrows, and say the mean lengths."""
    artists["fake"].set_data(*result["x"].T)
    artists["arrows"].set_offsets(result["x"])
    artists["arrows"].set_UVC(*result["push"].T)
    for name, values in result["along"].items():
        artists[name].set_data(AXIS[:, 0], np.maximum(values, 1e-300))
    artists["centre"].set_xdata([result["distance"]] * 2)
    lengths = ", ".join(f"{KINDS[name][0]} {value:.3g}" for name, value in result["lengths"].items())
    return (
        f"Arrows of {KINDS[result['kind']][0]}. q lies {result['distance']:.1f} away, and the mean D* at its "
        f"points is {result['d']:.2g}. Mean length of the push: {lengths}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("distance", 0.0, 6.0, 0.1, 4.0, "distance of q from the data"),
        Knob("spread", 0.3, 1.5, 0.05, 0.7, "q's standard deviation"),
        Knob("loss", 0, 2, 1, 1, "generator's loss", options=tuple(label for label, _, _ in KINDS.values())),
    ]
    return Demo(compute, scene, draw, knobs, name="particle forces", **{"size": (8.4, 3.6), **look})
