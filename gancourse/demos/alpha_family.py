"""The α-divergence from Neyman's to Pearson's, and the Gaussian that each fits to a mixture (D1, D4)."""

import functools
import math

import numpy as np
from scipy.optimize import minimize

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.divergences import alpha_divergence
from gancourse.recipes.one_gaussian import DATA, GRID, judged, log_q

__all__ = ["ALPHAS", "RELATIVES", "U", "compute", "demo", "diverges", "draw", "fits", "scene"]

ALPHAS = np.round(np.linspace(-1.0, 2.0, 61), 2)
U = np.concatenate([[0.0], np.geomspace(1e-4, 4.0, 200)])
RELATIVES = {
    -1.0: "half of Neyman’s", 0.0: "KL(q‖p)", 0.5: "twice the squared Hellinger", 1.0: "KL(p‖q)",
    2.0: "half of Pearson’s",
}  # fmt: skip
_P = DATA.pdf(GRID)
_SHOWN = slice(1040, 1361)  # what is drawn: from −6 to 10


def diverges(alpha, std):
    """Whether the integral of pᵅ q¹⁻ᵅ over the tails is infinite, for DATA and q = N(·, std²).

    The tails of DATA are those of its wider component, of variance v: the integrand falls off like
    exp(−x² (α/v + (1 − α)/std²)/2).
    """
    return alpha / DATA.covariances.max() + (1 - alpha) / std**2 <= 0


@functools.cache
def fits():
    """The best Gaussian for each of ALPHAS, each search started at its neighbour's: array (61, 3)."""
    rows, at = [], [0.6, math.log(1.9)]
    for alpha in ALPHAS[::-1]:
        member = alpha_divergence(alpha)

        def value(at, member=member, alpha=alpha):
            std = math.exp(at[1])
            return 1e9 if diverges(alpha, std) else judged(member, at[0], std)

        found = minimize(value, at, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-9})
        at = found.x
        rows.append((at[0], math.exp(at[1]), found.fun))
    return np.array(rows[::-1])


def compute(*, alpha, mean, std):
    """One member, the Gaussian that it likes best, and its judgement of one of yours.

    Arguments:
        alpha: the order α; the best Gaussian is that of the nearest of ALPHAS.
        mean, std: of your Gaussian.

    Returns:
        dict: f over U; best = (mean, std, divergence) of the best; yours, the divergence of N(mean, std²),
        inf where the integral diverges; q and q_best over GRID; alpha, mean, std.
    """
    member = alpha_divergence(alpha)
    best = fits()[int(np.abs(ALPHAS - alpha).argmin())]
    return {
        "f": np.minimum(member.generator(U), 60.0), "best": best, "alpha": alpha, "mean": mean, "std": std,
        "yours": math.inf if diverges(alpha, std) else judged(member, mean, std),
        "q": np.exp(log_q(mean, std)), "q_best": np.exp(log_q(*best[:2])),
    }  # fmt: skip


def scene(figure):
    """Left f among its relatives, middle the densities, right the best mean and std against α."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1.5, 1])
    for relative in RELATIVES:
        left.plot(U, alpha_divergence(relative).generator(U), color=plots.MUTED, linewidth=0.8, alpha=0.7)
    (f,) = left.plot([], [], color=plots.EXACT, label="f(u)")
    # ticks by hand: the layout would choose others on a second pass
    left.set(xlim=(0, 3), ylim=(-0.05, 2), yticks=[0, 1, 2], xlabel="u = p/q")
    plots.legend(left)
    plots.density(middle, GRID[_SHOWN], _P[_SHOWN], plots.DATA, "data p")
    (q_best,) = middle.plot([], [], color=plots.EXACT, label="best q")
    (q,) = middle.plot([], [], color=plots.GENERATOR, label="your q")
    middle.set(xlim=(-5, 8), ylim=(-0.02, 0.62), xlabel="x", ylabel="density")
    plots.legend(middle)
    means, stds, _ = fits().T
    right.plot(ALPHAS, means, color=plots.SERIES[0], label="mean")
    right.plot(ALPHAS, stds, color=plots.SERIES[1], linestyle="--", label="std")
    for relative in RELATIVES:
        right.axvline(relative, color=plots.MUTED, linewidth=0.8, alpha=0.7)
    dots = [right.plot([], [], "o", color=plots.SERIES[i], markersize=7)[0] for i in range(2)]
    right.set(
        xlim=(-1.1, 2.1),
        ylim=(0.4, 2.1),
        yticks=[0.5, 1, 1.5, 2],
        xlabel="α",
        ylabel="of the best q (unit of x)",
    )
    plots.legend(right)
    return {"f": f, "q_best": q_best, "q": q, "dots": dots}


def draw(artists, result):
    """Move the curves and dots, and say the divergences."""
    artists["f"].set_data(U, result["f"])
    artists["q"].set_data(GRID[_SHOWN], result["q"][_SHOWN])
    artists["q_best"].set_data(GRID[_SHOWN], result["q_best"][_SHOWN])
    mean, std, value = result["best"]
    for dot, height in zip(artists["dots"], (mean, std), strict=True):
        dot.set_data([result["alpha"]], [height])
    near = [name for at, name in RELATIVES.items() if abs(at - result["alpha"]) < 1e-6]
    yours = (
        "∞: the tails of the two do not go together" if math.isinf(result["yours"])
        else f"{result['yours']:.4f}"
    )  # fmt: skip
    return (
        f"α = {result['alpha']:.2f}{': ' + near[0] if near else ''}. The best q has mean {mean:.3f}, std "
        f"{std:.3f} and the divergence {value:.4f}. Yours, mean {result['mean']:.2f} and std "
        f"{result['std']:.2f}: {yours}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("alpha", -1.0, 2.0, 0.05, 1.0, "order α"),
        Knob("mean", -1.0, 3.0, 0.1, 0.0, "mean of your q"),
        Knob("std", 0.5, 3.0, 0.1, 1.0, "std of your q"),
    ]
    return Demo(compute, scene, draw, knobs, name="alpha family", **look)
