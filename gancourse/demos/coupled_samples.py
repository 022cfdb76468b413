"""A batch of six through a small critic: with batch norm every logit depends on every sample (E2)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["NORMS", "START", "compute", "critic", "demo", "draw", "scene"]

NORMS = ("no norm", "batch norm", "layer norm")
START = np.array([[-1.4, 0.6], [-0.5, -0.9], [0.2, 0.9], [0.7, -0.2], [1.3, 1.0], [1.6, -1.1]])
_RNG = np.random.default_rng(12)
_WEIGHT, _BIAS, _LAST = _RNG.normal(size=(8, 2)), 0.5 * _RNG.normal(size=8), _RNG.normal(size=8) / 2
_EPSILON = 1e-5


def critic(x, norm):
    """Logits of the critic v · tanh(norm(W x + b)) on a batch, and how each depends on each sample.

    Arguments:
        x: the batch, an array (n, 2).
        norm: a position in NORMS; the statistics are those of the batch, or of the sample's eight units.

    Returns:
        logits, an array (n,); jacobian, an array (n, n, 2): entry i, j is ∂D_i/∂x_j.
    """
    hidden = x @ _WEIGHT.T + _BIAS
    n = len(x)
    spread = np.ones((1, 1))
    if norm:
        axis = norm - 1  # over the samples, or over the units
        spread = np.sqrt(hidden.var(axis, keepdims=True) + _EPSILON)
        hidden = (hidden - hidden.mean(axis, keepdims=True)) / spread
    active = np.tanh(hidden)
    slope = _LAST * (1 - active**2)  # of each logit in its own normed units
    own = np.eye(n)[:, :, None] * slope[:, None]  # (i, j, unit)
    if norm == 1:  # mean and spread of a unit depend on all samples
        own = own - slope[:, None] / n - hidden[None] * (hidden * slope)[:, None] / n
        own = own / spread[None]
    elif norm == 2:
        slope = slope - slope.mean(1, keepdims=True) - hidden * (hidden * slope).mean(1, keepdims=True)
        own = np.eye(n)[:, :, None] * (slope / spread)[:, None]
    return active @ _LAST, own @ _WEIGHT


def compute(*, x1, x2, norm):
    """The logits before and after the first sample moved, and how much each depends on each.

    Arguments:
        x1, x2: where the first sample stands.
        norm: a position in NORMS.

    Returns:
        dict: x, the batch; norm; before, logits with the first sample at its start; after; blocks, array
        (6, 6), ‖∂D_i/∂x_j‖; own, ‖∂D_i/∂x_i‖; summed, ‖∂(Σ D_j)/∂x_i‖, what a gradient penalty takes for
        it; others, the largest change of a logit of the other five; off, the largest block off the
        diagonal.
    """
    x = START.copy()
    x[0] = x1, x2
    before, _ = critic(START, norm)
    after, jacobian = critic(x, norm)
    blocks = np.linalg.norm(jacobian, axis=2)
    return {
        "x": x, "norm": norm, "before": before, "after": after, "blocks": blocks,
        "own": np.diagonal(blocks), "summed": np.linalg.norm(jacobian.sum(0), axis=1),
        "others": float(np.abs(after - before)[1:].max()), "off": float((blocks * (1 - np.eye(6))).max()),
    }  # fmt: skip


def scene(figure):
    """Left the batch, in the middle the logits before and after, right the table of dependences."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[4, 5, 4])
    left.plot(*START[1:].T, "o", color=plots.DATA, markersize=8)
    for i, (x1, x2) in enumerate(START[1:], start=2):
        left.annotate(f"{i}", (x1, x2), xytext=(6, 4), textcoords="offset points")
    left.plot(*START[0], "o", color=plots.MUTED, markersize=8, markerfacecolor="white")
    artists = {"first": left.plot([], [], "o", color=plots.GENERATOR, markersize=9)[0]}
    left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), xlabel="x₁", ylabel="x₂")
    left.set_title("the batch; 1 moves")
    numbers = np.arange(1, 7)
    looks = (("before", plots.MUTED, "s"), ("after", plots.DISCRIMINATOR, "o"))
    for name, colour, marker in looks:
        (artists[name],) = middle.plot(
            numbers, 0 * numbers, marker, color=colour, markersize=8, label=f"logit {name}"
        )
    middle.set(xlim=(0.5, 6.5), ylim=(-2.2, 2.2), xlabel="sample", ylabel="logit", xticks=numbers)
    plots.legend(middle)
    artists["blocks"] = right.imshow(
        np.zeros((6, 6)), vmin=0, vmax=1, cmap="viridis", extent=(0.5, 6.5, 6.5, 0.5), interpolation="nearest"
    )
    right.set(xlabel="sample j", ylabel="logit i", xticks=numbers, yticks=numbers)
    right.grid(False)
    right.set_title("‖∂D_i/∂x_j‖, 0 to 1")
    return artists


def draw(artists, result):
    """Move the sample, the logits and the table, and say the numbers."""
    artists["first"].set_data(*result["x"][:1].T)
    for name in ("before", "after"):
        artists[name].set_ydata(result[name])
    artists["blocks"].set_data(result["blocks"])
    own, summed = result["own"], result["summed"]
    worst = int(np.abs(own - summed).argmax())
    return (
        f"{NORMS[result['norm']]}: the logits of samples 2 to 6 moved by at most {result['others']:.3f}; "
        f"largest ‖∂D_i/∂x_j‖ with j ≠ i: {result['off']:.3f}. Sample {worst + 1}: norm of its own gradient "
        f"{own[worst]:.3f}, norm that a penalty reads off the sum of logits {summed[worst]:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("x1", -3.0, 3.0, 0.1, 0.8, "x₁ of the first sample"),
        Knob("x2", -3.0, 3.0, 0.1, 2.0, "x₂ of the first sample"),
        Knob("norm", high=2, step=1, start=1, label="critic", options=NORMS),
    ]
    return Demo(compute, scene, draw, knobs, name="coupled samples", size=(9.6, 3.4), **look)
