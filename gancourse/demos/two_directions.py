"""One Gaussian fitted to two modes on the line, by KL in either direction (D5)."""

import functools
import math

import numpy as np
from scipy.optimize import minimize

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture, gaussian
from gancourse.divergences import kl, moment_match, reverse_kl_fits

__all__ = ["GRID", "LOSSES", "MEANS", "best_fit", "compute", "covers", "demo", "draw", "scene", "two_modes"]

GRID = np.linspace(-36.0, 36.0, 1441)  # six standard deviations of the widest fit of the sliders
MEANS = np.linspace(-8.0, 8.0, 81)  # of the landscape on the right
_LOG_STDS = np.linspace(math.log(0.3), math.log(8.0), 45)
_HALF_LOG = 0.5 * math.log(2 * math.pi)


def two_modes(a, share=0.5, std=1.0):
    """The data p: a share of N(−a, std²), the rest N(a, 1)."""
    return Mixture([share, 1 - share], [-a, a], stds=[std, 1.0])


def covers(fit, p):
    """Whether every mode of p lies within two standard deviations of the fit's mean."""
    return bool(np.abs(p.means - fit.mean).max() <= 2 * fit.std)


@functools.cache
def _table():
    """Gaussians on the grid, a row for each mean and std of the landscape: times log p it is E log p."""
    x = GRID[::3]
    z = (x - MEANS[:, None, None]) / np.exp(_LOG_STDS)[None, :, None]
    q = np.exp(-0.5 * z**2)
    return x, (q / q.sum(-1, keepdims=True)).reshape(-1, len(x))


def _landscape(log_p):
    """The least KL(q‖p) over the std, for each mean: a parabola through the three least entries."""
    values = (-0.5 - _HALF_LOG - _LOG_STDS) - (_table()[1] @ log_p).reshape(len(MEANS), -1)
    at = np.clip(values.argmin(1), 1, values.shape[1] - 2)
    rows = np.arange(len(MEANS))
    left, here, right = (values[rows, at + i] for i in (-1, 0, 1))
    bend = left - 2 * here + right
    return here - np.where(bend > 0, (right - left) ** 2 / (8 * np.where(bend > 0, bend, 1.0)), 0.0)


def compute(*, a, share=0.5, std=1.0):
    """p and its nearest Gaussians in both directions, with the divergence against the mean.

    Arguments:
        a: the modes stand at −a and a, in standard deviations of the right one.
        share: of the left mode.
        std: of the left mode.

    Returns:
        dict: p over GRID; mean, std, forward: the minimum of KL(p‖q) and where it lies; fits, a list of
        GaussianFit, the local minima of KL(q‖p), best first; covered, whether the best covers both modes;
        forward_curve, reverse_curve: over MEANS, each divergence at the std that suits the mean best.
    """
    p = two_modes(a, share, std)
    log_p = p.logpdf(GRID)
    mean, variance = moment_match(p)
    q = gaussian(mean, math.sqrt(variance))
    forward = kl(log_p, q.logpdf(GRID), GRID, log=True)
    fits = reverse_kl_fits(p)
    return {
        "p": np.exp(log_p), "mean": mean, "std": math.sqrt(variance), "forward": forward, "fits": fits,
        "covered": covers(fits[0], p), "a": a,
        # at each mean the best std is that of the moments about this mean
        "forward_curve": forward + 0.5 * np.log1p((MEANS - mean) ** 2 / variance),
        "reverse_curve": _landscape(log_p[::3]),
    }  # fmt: skip


def scene(figure):
    """Left the densities, right both divergences against the mean of q."""
    left, right = figure.subplots(1, 2)
    (p,) = left.plot([], [], color=plots.DATA, label="data p")
    (forward,) = left.plot([], [], color=plots.EXACT, label="least KL(p‖q)")
    others = [left.plot([], [], color=plots.GENERATOR, linestyle=":", linewidth=1.3)[0] for _ in range(2)]
    (reverse,) = left.plot([], [], color=plots.GENERATOR, label="least KL(q‖p)")
    left.set(xlim=(-9, 9), ylim=(0, 0.85), xlabel="x", ylabel="density")
    plots.legend(left)
    (forward_curve,) = right.plot([], [], color=plots.EXACT, label="KL(p‖q)")
    (reverse_curve,) = right.plot([], [], color=plots.GENERATOR, label="KL(q‖p)")
    (lowest,) = right.plot([], [], "o", color=plots.EXACT, markersize=7)
    (minima,) = right.plot([], [], "o", color=plots.GENERATOR, markersize=7, markerfacecolor="white")
    (best,) = right.plot([], [], "o", color=plots.GENERATOR, markersize=7)
    right.set(xlim=(-8, 8), ylim=(0, 2.5), xlabel="mean of q", ylabel="divergence at the best std (nats)")
    plots.legend(right)
    return {
        "p": p, "forward": forward, "others": others, "reverse": reverse, "forward_curve": forward_curve,
        "reverse_curve": reverse_curve, "lowest": lowest, "minima": minima, "best": best,
    }  # fmt: skip


def _bell(fit_mean, fit_std):
    return np.exp(-0.5 * ((GRID - fit_mean) / fit_std) ** 2 - _HALF_LOG) / fit_std


def draw(artists, result):
    """Move the curves and dots, and say where the minima lie."""
    best, *rest = result["fits"]
    artists["p"].set_data(GRID, result["p"])
    artists["forward"].set_data(GRID, _bell(result["mean"], result["std"]))
    artists["reverse"].set_data(GRID, _bell(best.mean, best.std))
    for i, artist in enumerate(artists["others"]):
        artist.set_data(*((GRID, _bell(rest[i].mean, rest[i].std)) if i < len(rest) else ([], [])))
    artists["forward_curve"].set_data(MEANS, result["forward_curve"])
    artists["reverse_curve"].set_data(MEANS, result["reverse_curve"])
    artists["lowest"].set_data([result["mean"]], [result["forward"]])
    artists["best"].set_data([best.mean], [best.value])
    artists["minima"].set_data([fit.mean for fit in rest], [fit.value for fit in rest])
    minima = "; ".join(f"{f.value:.3f} at {_where(f.mean, f.std)}" for f in result["fits"])
    return (
        f"Modes at ±{result['a']:.1f}. Least KL(p‖q) = {result['forward']:.3f} nats at "
        f"{_where(result['mean'], result['std'])}. "
        f"Minima of KL(q‖p): {minima}. The best of them "
        f"{'covers both modes' if result['covered'] else 'has chosen one mode'}."
    )


def _where(mean, std):
    return f"mean {round(mean, 2) + 0.0:.2f}, std {std:.2f}"


def demo(**look):
    """The demo; keywords go to ``Demo`` (size, scale, dpi)."""
    knobs = [
        Knob("a", 0.0, 6.0, 0.1, 2.5, "modes at ±a"),
        Knob("share", 0.05, 0.95, 0.05, 0.5, "share of the left mode"),
        Knob("std", 0.5, 2.0, 0.1, 1.0, "std of the left mode"),
    ]
    return Demo(compute, scene, draw, knobs, name="two directions", **look)


# what the generator descends at one of its points, as a function of the optimal D's logit v = log p − log q,
# and the divergence whose gradient that is; r is v on a grid, p and q the densities
LOSSES = {
    "KL(p‖q)": (lambda v: -np.exp(v), lambda p, q, v: p * v - p + q),
    "2 JSD": (
        lambda v: -np.logaddexp(0, v),
        lambda p, q, v: math.log(2) * (p + q) - p * np.logaddexp(0, -v) - q * np.logaddexp(0, v),
    ),
    "KL(q‖p)": (lambda v: -v, lambda p, q, v: -q * v - q + p),
    "KL(q‖p) − 2 JSD": (
        lambda v: np.logaddexp(0, -v),
        lambda p, q, v: (p + q) * (np.logaddexp(0, -v) - math.log(2)) - q + p,
    ),
}


def best_fit(name, p, mean, std, x=GRID):
    """The local minimum of one of LOSSES over Gaussians q that a descent from N(mean, std²) reaches.

    The gradient handed to the descent is what a generator gets from the optimal D: ∫ q (∂ log q) ℓ(v) dx.

    Arguments:
        name: a key of LOSSES.
        p: Mixture on the line.
        mean, std: of the Gaussian from which the descent starts.
        x: the grid.

    Returns:
        (mean, std, divergence in nats).
    """
    slope, integrand = LOSSES[name]
    log_p, step = p.logpdf(x), x[1] - x[0]
    p = np.exp(log_p)

    def value(at):
        z = (x - at[0]) * math.exp(-at[1])
        log_q = -0.5 * z**2 - at[1] - _HALF_LOG
        q, v = np.exp(log_q), log_p - log_q
        with np.errstate(over="ignore", invalid="ignore"):
            pull = -p if name == "KL(p‖q)" else q * slope(v)
        gradient = step * np.array([(pull * z).sum() * math.exp(-at[1]), (pull * (z**2 - 1)).sum()])
        return step * integrand(p, q, v).sum(), gradient

    found = minimize(value, [mean, math.log(std)], jac=True, method="BFGS", options={"gtol": 1e-9})
    return float(found.x[0]), float(math.exp(found.x[1])), float(found.fun)
