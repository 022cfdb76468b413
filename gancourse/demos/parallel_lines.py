"""Two lines θ apart, with noise or without: four distances and their slopes, exact and learned (D6, D7)."""

import functools
import math

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import parallel_lines
from gancourse.recipes import line_critics

__all__ = ["DISTANCES", "THETAS", "compute", "curves", "demo", "draw", "learned", "scene"]

DISTANCES = {"kl": "KL", "total_variation": "TV", "js": "JSD", "wasserstein": "W1"}
THETAS = np.linspace(-2.0, 2.0, 161)  # of the curves; 0 is among them
_LOOKS = {
    "kl": (plots.SERIES[0], "--"), "total_variation": (plots.SERIES[1], ":"),
    "js": (plots.DISCRIMINATOR, "-"), "wasserstein": (plots.EXACT, "-"),
}  # fmt: skip
_RNG = np.random.default_rng(7)
_HEIGHTS = _RNG.random((2, 150))
_NOISE = _RNG.standard_normal((2, 150, 2))


@functools.cache
def curves(noise):
    """All four distances and their slopes over THETAS: two mappings of names to arrays.

    Where there is no derivative the slope is ``nan``, so that a curve breaks there.
    """
    half = [parallel_lines(theta) for theta in THETAS[THETAS >= -1e-12]]
    values, slopes = [line.closed_form(noise) for line in half], [line.slopes(noise) for line in half]
    even, odd = (
        {name: np.array([row[name] for row in rows]) for name in DISTANCES} for rows in (values, slopes)
    )
    return (
        {name: np.concatenate([side[:0:-1], side]) for name, side in even.items()},
        {name: np.concatenate([-side[:0:-1], side]) for name, side in odd.items()},
    )


@functools.cache
def _record():
    try:
        return line_critics.stored()
    except FileNotFoundError:
        return None


def learned(noise):
    """What was trained beforehand at this noise, means over the seeds; None where nothing was trained.

    Returns:
        dict: thetas, an array, and a name of ``line_critics.QUANTITIES`` -> array of that length; or None.
    """
    record = _record()
    at = [] if record is None else np.flatnonzero(np.isclose(record["noises"], noise))
    if not len(at):
        return None
    means = {name: record[name][at[0]].mean(-1) for name in line_critics.QUANTITIES}
    return {"thetas": record["thetas"], **means}


def compute(*, theta, noise):
    """The four distances and their slopes in θ at this setting, along θ, and what critics learned.

    Arguments:
        theta: where the generator's line stands; the data's stands at 0.
        noise: standard deviation of the noise on both coordinates, in the unit of θ; 0 for none.

    Returns:
        dict: theta, noise; real and fake, points with shape (150, 2); value, slope: name -> float; values,
        slopes: name -> array over THETAS; learned: as by ``learned``.
    """
    theta, noise = round(float(theta), 9) + 0.0, round(float(noise), 9)
    line = parallel_lines(theta)
    values, slopes = curves(noise)
    real, fake = (
        np.stack([np.full(150, start), _HEIGHTS[i]], axis=1) + noise * _NOISE[i]
        for i, start in enumerate((0.0, theta))
    )
    return {
        "theta": theta, "noise": noise, "real": real, "fake": fake, "value": line.closed_form(noise),
        "slope": line.slopes(noise), "values": values, "slopes": slopes, "learned": learned(noise),
    }  # fmt: skip


def scene(figure):
    """Left the points, in the middle the distances against θ, right their slopes."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[3, 4, 4])
    artists = {}
    for name, colour, label in (("real", plots.DATA, "data"), ("fake", plots.GENERATOR, "generator")):
        (artists[name],) = left.plot([], [], ".", color=colour, markersize=4, alpha=0.6, label=label)
    left.set(xlim=(-3.5, 3.5), ylim=(-2, 3), xlabel="x₁", ylabel="x₂")
    plots.legend(left)
    for axes, kind in ((middle, "value"), (right, "slope")):
        axes.axvline(0, color=plots.MUTED, linewidth=0.7)
        for name, label in DISTANCES.items():
            colour, dash = _LOOKS[name]
            # the exact curves are named in the middle, the trained ones on the right
            shown = label if kind == "value" else None
            (artists[f"{kind} {name}"],) = axes.plot([], [], color=colour, linestyle=dash, label=shown)
            (artists[f"{kind} {name} here"],) = axes.plot([], [], "o", color=colour, markersize=6)
        for name, marker in (("js", "o"), ("wasserstein", "s")):
            (artists[f"{kind} {name} learned"],) = axes.plot(
                [], [], linestyle="--", color=plots.TRAINED, marker=marker, markersize=4, linewidth=1,
                label=f"{DISTANCES[name]}, trained" if kind == "slope" else None,
            )  # fmt: skip
        axes.set(xlim=(-2.05, 2.05), xlabel="θ")
    (artists["zero"],) = middle.plot([], [], "o", color=plots.MUTED, markersize=6, markerfacecolor="white")
    middle.set(ylim=(-0.05, 2.3), ylabel="distance (nats; W1 in the unit of θ)")
    right.set(ylim=(-2.1, 2.1), ylabel="slope in θ")
    plots.legend(middle)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move points, curves and dots, and say the numbers."""
    artists["real"].set_data(*result["real"].T)
    artists["fake"].set_data(*result["fake"].T)
    known, theta = result["learned"], result["theta"]
    for kind in ("value", "slope"):
        for name in DISTANCES:
            curve = _drawable(result[f"{kind}s"][name], jumps=not result["noise"] and name != "wasserstein")
            artists[f"{kind} {name}"].set_data(THETAS, curve)
            here = result[kind][name]
            artists[f"{kind} {name} here"].set_data([theta], [here if math.isfinite(here) else math.nan])
        for name in ("js", "wasserstein"):
            key = name if kind == "value" else f"{name}_slope"
            artists[f"{kind} {name} learned"].set_data(
                *([], []) if known is None else (known["thetas"], known[key])
            )
    artists["zero"].set_data(*([], []) if result["noise"] else ([0], [0]))
    told = "; ".join(
        f"{label} {_number(result['value'][name])}, slope {_number(result['slope'][name])}"
        for name, label in DISTANCES.items()
    )
    return f"θ = {theta:.2f}, noise {result['noise']:.2f}. {told}. {_told(known, theta)}"


def _drawable(curve, jumps):
    """A curve without what is infinite or off the picture; it breaks at θ = 0 where the distance jumps."""
    hidden = ~np.isfinite(curve) | (jumps & (np.abs(THETAS) < 1e-9))
    return np.where(hidden, np.nan, np.clip(curve, -9, 9))


def _number(value):
    if math.isnan(value):
        return "none"
    return "∞" if math.isinf(value) else f"{round(value, 3) + 0.0:.3f}"


def _told(known, theta):
    if known is None:
        return "No critic was trained at this noise (but at 0, 0.1, 0.25, 0.5 and 1)."
    at = np.abs(known["thetas"] - theta).argmin()
    names = ("js", "js_slope", "wasserstein", "wasserstein_slope")
    js, js_slope, w, w_slope = (_number(float(known[name][at])) for name in names)
    return f"Trained at θ = {known['thetas'][at]:.1f}: JSD {js}, slope {js_slope}; W1 {w}, slope {w_slope}."


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("theta", -2.0, 2.0, 0.05, 1.2, "θ: place of the generator's line"),
        Knob("noise", 0.0, 1.0, 0.05, 0.0, "σ: noise on both coordinates"),
    ]
    return Demo(compute, scene, draw, knobs, name="parallel lines", size=(9.6, 3.6), **look)
