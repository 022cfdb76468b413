"""Counting modes by hand: twelve samples, one of which moves, and the three numbers that they score (E3)."""

import math

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import ring
from gancourse.metrics import mode_coverage

__all__ = ["FIXED", "RING", "RULES", "compute", "demo", "draw", "scene"]

RING = ring(modes=8, std=0.1)
RULES = ("within 3σ only", "any distance")
# eleven samples that stay: five at mode 0, three at mode 1, two at mode 3, and one 4σ outside mode 5
_AT, _OUT = [0] * 5 + [1] * 3 + [3] * 2 + [5], [0.0] * 10 + [4.0]
_JITTER = 0.07 * np.random.default_rng(3).standard_normal((11, 2)) * (np.array(_OUT) == 0)[:, None]
FIXED = RING.means[_AT] * (1 + RING.std * np.array(_OUT))[:, None] + _JITTER
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 61)), np.sin(np.linspace(0, 2 * np.pi, 61))])


def compute(*, angle, off, rule):
    """The twelve samples, which mode takes each, and their score.

    Arguments:
        angle: of the twelfth sample, in degrees; mode j stands at 45·j.
        off: how far outside the ring it stands, in σ.
        rule: a position in RULES; without the rule of 3σ every sample counts for its nearest mode.

    Returns:
        dict: samples (12, 2); good, which of them count, (12,); counts (8,), of those, by nearest mode;
        coverage, as by ``mode_coverage``; distance, of the twelfth from its nearest mode, in σ; nearest,
        that mode.
    """
    way = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    samples = np.concatenate([FIXED, [(1 + off * RING.std) * way]])
    gaps = np.linalg.norm(samples[:, None] - RING.means, axis=2) / RING.std
    nearest = gaps.argmin(1)
    sigmas = (3.0, 1e6)[rule]
    good = gaps.min(1) <= sigmas
    return {
        "samples": samples, "good": good, "counts": np.bincount(nearest[good], minlength=8),
        "coverage": mode_coverage(samples, RING.means, RING.std, sigmas=sigmas),
        "distance": float(gaps[-1].min()), "nearest": int(nearest[-1]), "rule": rule,
    }  # fmt: skip


def scene(figure):
    """Left the ring, with a circle of 3σ at each mode; right the histogram of modes."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    for j, mean in enumerate(RING.means):
        left.plot(*(mean[:, None] + 3 * RING.std * _CIRCLE), color=plots.DATA, linewidth=1)
        left.text(*(0.52 * mean), str(j), ha="center", va="center", color=plots.DATA)
    artists = {}
    (artists["bad"],) = left.plot([], [], "x", color=plots.MUTED, markersize=7, label="does not count")
    (artists["good"],) = left.plot([], [], "o", color=plots.GENERATOR, markersize=5, label="counts")
    (artists["moving"],) = left.plot(
        [], [], "o", color=plots.EXACT, markersize=12, fillstyle="none", label="moves"
    )
    left.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), aspect="equal", xlabel="x₁", ylabel="x₂")
    artists["bars"] = list(right.bar(range(8), np.zeros(8), color=plots.GENERATOR, width=0.7, label="h"))
    right.axhline(1 / 8, color=plots.DATA, linewidth=1.5, linestyle="--", label="uniform, 1/8")
    right.set(ylim=(0, 0.65), xlabel="mode", ylabel="share of the samples that count", xticks=range(8))
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move samples and bars, and say the three numbers, with the fractions that they are."""
    samples, good = result["samples"], result["good"]
    artists["good"].set_data(*samples[good].T)
    artists["bad"].set_data(*samples[~good].T)
    artists["moving"].set_data(*samples[-1:].T)
    n = int(good.sum())
    for bar, count in zip(artists["bars"], result["counts"], strict=True):
        bar.set_height(count / n if n else 0.0)
    found = result["coverage"]
    where = f"{result['distance']:.1f}σ from mode {result['nearest']}"
    return (
        f"The moving sample lies {where} and {'counts' if good[-1] else 'does not count'}. "
        f"Captured {found.captured} of 8; high quality {n}/12 = {found.high_quality:.3f}; "
        f"reverse KL {found.reverse_kl:.3f} nats ({RULES[result['rule']]})."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("angle", 0, 355, 5, 250, "angle of the moving sample, degrees"),
        Knob("off", 0.0, 5.0, 0.25, 0.0, "outside the ring by, in σ"),
        Knob("rule", high=1, step=1, start=0, label="what counts", options=RULES),
    ]
    return Demo(compute, scene, draw, knobs, name="mode counting", size=(8.6, 3.8), **look)
