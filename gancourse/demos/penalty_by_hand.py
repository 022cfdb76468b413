"""The gradient penalty of a critic with one kink, on the line, every number exact (E2)."""

import functools
import math

import numpy as np
from scipy.special import ndtr

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["DATA_MEAN", "GRID", "SIDES", "best_slopes", "compute", "demo", "draw", "scene"]

DATA_MEAN = 1.0  # of the data, N(1, 1); the generator is N(mean, 1)
GRID = np.linspace(-6.0, 6.0, 241)
SIDES = ("two-sided", "one-sided")
_SLOPES = np.linspace(-3.0, 3.0, 241)
_SHARES = (np.arange(400) + 0.5) / 400  # midpoints, to average over the mixing weight


def _positive_part(mean):
    """E max(0, x) for x ~ N(mean, 1)."""
    return mean * ndtr(mean) + math.exp(-(mean**2) / 2) / math.sqrt(2 * math.pi)


def _between(mean):
    """Mean and standard deviation of x̂ = ε x + (1 − ε) y for each ε of the quadrature."""
    return _SHARES * DATA_MEAN + (1 - _SHARES) * mean, np.hypot(_SHARES, 1 - _SHARES)


def _halves(mean):
    """For x > 0 and for x < 0: what a slope of 1 there scores, and the share of x̂ that lies there."""
    right = _positive_part(DATA_MEAN) - _positive_part(mean)
    left = _positive_part(-mean) - _positive_part(-DATA_MEAN)
    centre, std = _between(mean)
    share = float(ndtr(centre / std).mean())
    return (right, share), (left, 1 - share)


@functools.cache
def _between_density(mean):
    """The density of x̂ on GRID."""
    centre, std = _between(mean)
    density = np.exp(-(((GRID[:, None] - centre) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
    return density.mean(1)


def _excess(slope, target, sides):
    over = np.abs(slope) - target
    return (over if sides == 0 else np.maximum(over, 0)) ** 2


def best_slopes(mean, weight, target=1.0):
    """The slopes right and left of 0 that maximise score − λ penalty: ±(target + |A|/2λπ) on each side.

    A is what a slope of 1 scores on that side, and π the share of the penalty's points there. The one-sided
    penalty has the same maximum where A is not 0.

    Arguments:
        mean: of the generator.
        weight: λ, above zero.
        target: the wanted norm.

    Returns:
        two floats.
    """
    return tuple(
        math.copysign(target + abs(gain) / (2 * weight * share), gain) for gain, share in _halves(mean)
    )


def compute(*, a, b, mean, log_weight, target, sides):
    """Score, penalty and their sum for f(x) = a x + b |x|, and the best f of this form.

    Arguments:
        a, b: of the critic; its slope is a + b for x > 0 and a − b for x < 0.
        mean: of the generator N(mean, 1); the data are N(1, 1).
        log_weight: log10 of λ.
        target: the norm that the penalty wants.
        sides: 0 for (|f′| − target)², 1 for max(0, |f′| − target)².

    Returns:
        dict: slopes, best: pairs (right, left); score, penalty, value, best_score, best_value; w1 = |1 −
        mean|; steepest and best_steepest; curves, pairs of arrays: what a slope contributes to the value,
        right and left; between, the density of x̂ on GRID; and the settings.
    """
    weight = 10.0**log_weight
    halves, slopes = _halves(mean), (a + b, a - b)
    best = best_slopes(mean, weight, target)

    def parts(chosen):
        gained = sum(gain * s for (gain, _), s in zip(halves, chosen, strict=True))
        paid = sum(
            share * float(_excess(s, target, sides)) for (_, share), s in zip(halves, chosen, strict=True)
        )
        return gained, paid, gained - weight * paid

    score, penalty, value = parts(slopes)
    best_score, _, best_value = parts(best)
    return {
        "a": a, "b": b, "mean": mean, "weight": weight, "target": target, "sides": sides,
        "slopes": slopes, "best": best, "score": score, "penalty": penalty, "value": value,
        "best_score": best_score, "best_value": best_value, "w1": abs(DATA_MEAN - mean),
        "steepest": max(map(abs, slopes)), "best_steepest": max(map(abs, best)),
        "curves": tuple(
            gain * _SLOPES - weight * share * _excess(_SLOPES, target, sides) for gain, share in halves
        ),
        "halves": halves, "between": _between_density(mean),
    }  # fmt: skip


def scene(figure):
    """Left the two densities, where the penalty looks, and the critic; right the value against each slope."""
    left, right = figure.subplots(1, 2)
    density = np.exp(-((GRID - DATA_MEAN) ** 2) / 2) / math.sqrt(2 * math.pi)
    left.plot(GRID, 4 * density, color=plots.DATA, label="p")
    artists = {}
    (artists["q"],) = left.plot([], [], color=plots.GENERATOR, label="q")
    (artists["between"],) = left.plot([], [], color=plots.MUTED, linestyle=":", label="x̂")
    (artists["f"],) = left.plot([], [], color=plots.DISCRIMINATOR, label="f")
    (artists["best"],) = left.plot([], [], color=plots.EXACT, linestyle="--", linewidth=1.2, label="best f")
    left.set(xlim=(-6, 6), ylim=(-6, 6), xlabel="x", ylabel="f(x); densities × 4")
    looks = (("right", "x > 0", plots.SERIES[0], "-"), ("left", "x < 0", plots.SERIES[1], "--"))
    for name, label, colour, dash in looks:
        (artists[name],) = right.plot([], [], color=colour, linestyle=dash, label=f"slope for {label}")
        (artists[f"{name} here"],) = right.plot([], [], "o", color=colour, markersize=8)
        (artists[f"{name} best"],) = right.plot([], [], "x", color=plots.EXACT, markersize=8)
    right.set(
        xlim=(-3, 3), ylim=(-6, 3), xlabel="slope f′ on that side", ylabel="its part of score − λ penalty"
    )
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move densities, critics, curves and dots, and say the numbers."""
    q = np.exp(-((GRID - result["mean"]) ** 2) / 2) / math.sqrt(2 * math.pi)
    artists["q"].set_data(GRID, 4 * q)
    artists["between"].set_data(GRID, 4 * result["between"])
    artists["f"].set_data(GRID, np.where(GRID > 0, *result["slopes"]) * GRID)
    artists["best"].set_data(GRID, np.where(GRID > 0, *result["best"]) * GRID)
    rows = zip(
        ("right", "left"), result["curves"], result["slopes"], result["best"], result["halves"], strict=True
    )
    for name, curve, slope, best, (gain, share) in rows:
        artists[name].set_data(_SLOPES, curve)
        for kind, at in (("here", slope), ("best", best)):
            paid = result["weight"] * share * _excess(at, result["target"], result["sides"])
            artists[f"{name} {kind}"].set_data([at], [gain * at - paid])
    ratio = f"{result['score'] / result['steepest']:.3f}" if result["steepest"] else "none"
    return (
        f"λ = {result['weight']:.3g}, {SIDES[result['sides']]}. f: score {result['score']:.3f}, penalty "
        f"{result['penalty']:.4f}, score − λ penalty {result['value']:.3f}; score ÷ steepest slope {ratio}. "
        f"Best f: slope {result['best'][1]:.3f} left of 0 and {result['best'][0]:.3f} right, score "
        f"{result['best_score']:.3f}, ÷ steepest {result['best_score'] / result['best_steepest']:.3f}. "
        f"W1 = {result['w1']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("a", -2.0, 2.0, 0.05, 0.5, "a: slope without the kink"),
        Knob("b", -2.0, 2.0, 0.05, 0.0, "b of a x + b |x|"),
        Knob("mean", -3.0, 3.0, 0.1, -2.0, "mean of the generator"),
        Knob("log_weight", -1.0, 2.0, 0.05, 1.0, "log₁₀ λ: weight"),
        Knob("target", 0.0, 2.0, 0.1, 1.0, "target of the norm"),
        Knob("sides", high=1, step=1, start=0, label="penalty", options=SIDES),
    ]
    return Demo(compute, scene, draw, knobs, name="penalty by hand", size=(9.2, 3.5), **look)
