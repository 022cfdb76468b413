"""A critic set by hand against the best 1-Lipschitz one, on the line (D8)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture, gaussian

__all__ = ["DATA", "GRID", "best_critic", "compute", "demo", "draw", "scene"]

GRID = np.linspace(-8.0, 8.0, 1601)
DATA = Mixture([0.5, 0.5], [-2.0, 2.0], stds=[0.5, 0.5])
_STEP = GRID[1] - GRID[0]


def _masses(model):
    mass = model.pdf(GRID)
    return mass / mass.sum()


def best_critic(p, q, x=GRID):
    """A 1-Lipschitz f of largest E_p f − E_q f: its slope is sign(G − F), and f = 0 at 0.

    Arguments:
        p, q: masses of equal sums, arrays (n,).
        x: increasing positions, an array (n,).

    Returns:
        array (n,), f at the points.
    """
    slope = np.sign(np.cumsum(q - p)[:-1])
    f = np.concatenate([[0.0], np.cumsum(slope * np.diff(x))])
    return f - np.interp(0.0, x, f)


def compute(*, mean, std=0.6, slope=1.0, kink=0.0):
    """Scores of the critic slope·|x − kink| and of the best one.

    Arguments:
        mean, std: of the generator, one Gaussian; the data have two modes, at ±2.
        slope: of the critic right of its kink; minus that left of it.
        kink: where it turns.

    Returns:
        dict: p, q, densities on GRID; gap, F − G on GRID; f, the critic; best, the best critic; score, w1,
        what the two reach; slope.
    """
    p, q = _masses(DATA), _masses(gaussian(mean, std))
    f, best = slope * (np.abs(GRID - kink) - abs(kink)), best_critic(p, q)
    return {
        "p": p / _STEP, "q": q / _STEP, "gap": np.cumsum(p - q), "f": f, "best": best,
        "score": float(f @ (p - q)), "w1": float(best @ (p - q)), "slope": slope,
        "integrand": -slope * np.sign(GRID + _STEP / 2 - kink) * np.cumsum(p - q),
    }  # fmt: skip


def scene(figure):
    """Left densities and critics, right what each critic collects: f′ (G − F), whose area is the score."""
    left, right = figure.subplots(1, 2)
    (p,) = left.plot([], [], color=plots.DATA, label="p")
    (q,) = left.plot([], [], color=plots.GENERATOR, label="q")
    other = left.twinx()
    (best,) = other.plot([], [], color=plots.EXACT, label="best critic")
    (f,) = other.plot([], [], color=plots.DISCRIMINATOR, label="your critic")
    left.plot([], [], color=plots.EXACT, label="best critic")
    left.plot([], [], color=plots.DISCRIMINATOR, label="yours")
    left.set(xlim=(-6, 6), ylim=(0, 2.0), xlabel="x", ylabel="density")
    other.set(ylim=(-6.5, 6.5), ylabel="critic f(x)")
    other.spines["right"].set_visible(True)
    other.grid(False)
    plots.legend(left)
    (most,) = right.plot([], [], color=plots.EXACT, label="|G − F|")
    (collected,) = right.plot([], [], color=plots.DISCRIMINATOR, label="f′ (G − F), your critic")
    right.axhline(0, color=plots.MUTED, linewidth=0.8)
    right.set(xlim=(-6, 6), ylim=(-1.55, 1.55), xlabel="x", ylabel="collected per unit of x")
    plots.legend(right)
    return {"p": p, "q": q, "best": best, "f": f, "most": most, "collected": collected}


def draw(artists, result):
    """Move the curves, and say the two scores."""
    for name in ("p", "q", "best", "f"):
        artists[name].set_data(GRID, result[name])
    artists["most"].set_data(GRID, np.abs(result["gap"]))
    artists["collected"].set_data(GRID, result["integrand"])
    words = (
        f"E_p f − E_q f = {result['score']:.4f} for your critic; W1 = {result['w1']:.4f}, the best critic's. "
    )
    if abs(result["slope"]) > 1:
        scaled = result["score"] / abs(result["slope"])
        return words + (
            f"Yours has slope {abs(result['slope']):.2f} and is not 1-Lipschitz: its score bounds nothing. "
            f"Divided by the slope it does: {scaled:.4f}."
        )
    if result["score"] < 0:
        return words + f"Yours is lower on data than on q: turned over it proves {-result['score']:.4f}."
    return words + f"Yours is 1-Lipschitz, and proves that W1 is at least {result['score']:.4f}."


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("mean", -5.0, 5.0, 0.1, 0.4, "mean of q"),
        Knob("std", 0.2, 2.0, 0.1, 0.6, "std of q"),
        Knob("slope", -1.5, 1.5, 0.05, 0.5, "slope of your critic"),
        Knob("kink", -6.0, 6.0, 0.1, -1.0, "kink of your critic"),
    ]
    return Demo(compute, scene, draw, knobs, name="critics", **look)
