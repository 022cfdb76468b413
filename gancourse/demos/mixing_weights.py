"""Where the gradient penalty looks: one mixing weight a sample, one for all, or one a coordinate (E2)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["BATCHES", "FAKE", "KINDS", "REAL", "compute", "demo", "draw", "points", "scene"]

KINDS = ("one a sample", "one for the batch", "one a coordinate")
BATCHES = 400
_RNG = np.random.default_rng(5)
REAL = _RNG.normal([1.6, 1.0], 0.5, (8, 2))
FAKE = _RNG.normal([-1.2, -1.0], 0.7, (8, 2))
_BINS = np.linspace(0, 2, 41)


@functools.cache
def points(kind):
    """The points x̂ = ε x + (1 − ε) y of 400 batches, an array (400, 8, 2).

    Arguments:
        kind: a position in KINDS, which says how many ε there are.
    """
    shape = ((8, 1), (1, 1), (8, 2))[kind]
    share = np.random.default_rng(0).random((BATCHES, *shape))
    return share * REAL + (1 - share) * FAKE


@functools.cache
def _penalties(kind):
    """The penalty of f(x) = ‖x‖²/2, whose gradient is x, in each batch."""
    return ((np.linalg.norm(points(kind), axis=2) - 1) ** 2).mean(1)


def _off_segment(x):
    """Distances of the points from the segments of their pairs, with the shape of x but its last axis."""
    along = REAL - FAKE
    share = np.clip(((x - FAKE) * along).sum(-1) / (along**2).sum(-1), 0, 1)
    return np.linalg.norm(x - FAKE - share[..., None] * along, axis=-1)


def compute(*, kind, batches):
    """The points of the first batches, and what they do to the penalty of f(x) = ‖x‖²/2.

    Arguments:
        kind: a position in KINDS.
        batches: how many to show, 1 to 60.

    Returns:
        dict: kind, batches; x, array (batches · 8, 2); off, the largest distance of one of all points from
        its segment; shares, counts of the batch penalties in bins; mean, std of the penalty over batches.
    """
    x, penalties = points(kind), _penalties(kind)
    counts, _ = np.histogram(np.clip(penalties, 0, 2), _BINS)
    return {
        "kind": kind, "batches": batches, "x": x[:batches].reshape(-1, 2),
        "off": float(_off_segment(x).max()), "shares": counts / BATCHES,
        "mean": float(penalties.mean()), "std": float(penalties.std()),
    }  # fmt: skip


def scene(figure):
    """Left pairs, their segments and the points; right the penalties of 400 batches."""
    left, right = figure.subplots(1, 2)
    for x, y in zip(REAL, FAKE, strict=True):
        left.plot(*np.stack([x, y], 1), color=plots.MUTED, linewidth=0.8)
    left.plot(*REAL.T, "o", color=plots.DATA, markersize=7, label="real")
    left.plot(*FAKE.T, "o", color=plots.GENERATOR, markersize=7, label="generated")
    artists = {}
    (artists["x"],) = left.plot([], [], "x", color=plots.EXACT, markersize=6, label="x̂")
    left.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="x₁", ylabel="x₂")
    artists["shares"] = right.stairs(
        np.zeros(len(_BINS) - 1), _BINS, color=plots.DISCRIMINATOR, linewidth=2, label="400 batches"
    )
    artists["mean"] = right.axvline(0, color=plots.EXACT, linewidth=1.2, linestyle="--", label="their mean")
    right.set(
        xlim=(0, 2), ylim=(0, 0.22), xlabel="penalty of one batch, f(x) = ‖x‖²/2", ylabel="share of batches"
    )
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move the points and the histogram, and say the numbers."""
    artists["x"].set_data(*result["x"].T)
    artists["shares"].set_data(result["shares"])
    artists["mean"].set_xdata([result["mean"]] * 2)
    return (
        f"{KINDS[result['kind']]}, {result['batches']} batches shown. Over 400 batches: points leave their "
        f"segments by up to {result['off']:.3f}; penalty {result['mean']:.3f} on average, standard deviation "
        f"{result['std']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("batches", 1, 60, 1, 5, "batches shown"),
        Knob("kind", high=2, step=1, start=0, label="mixing weights", options=KINDS),
    ]
    return Demo(compute, scene, draw, knobs, name="mixing weights", size=(8.8, 3.6), **look)
