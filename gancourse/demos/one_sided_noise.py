"""Instance noise on both kinds of input, or on one alone: what D sees, and which generator is best (E6)."""

import math

import numpy as np
from scipy.special import xlogy

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["SIDES", "STD", "WIDTHS", "best_width", "compute", "demo", "draw", "scene"]

STD = 0.4  # of the data's two modes, at ±1.5; the generator's modes are there too, with a width of their own
SIDES = ("both", "data only", "generated only")
WIDTHS = np.linspace(0.05, 1.5, 59)  # of the generator
_X = np.linspace(-8.0, 8.0, 801)
_DX = _X[1] - _X[0]


def _density(std):
    """½ N(−1.5, std²) + ½ N(1.5, std²) on the grid; std with shape (*, 1)."""
    bumps = np.exp(-(((_X - 1.5) / std) ** 2) / 2) + np.exp(-(((_X + 1.5) / std) ** 2) / 2)
    return bumps / (2 * std * math.sqrt(2 * math.pi))


def _jsd(p, q):
    m = (p + q) / 2
    return (xlogy(p, p / m) + xlogy(q, q / m)).sum(-1) * _DX / 2


def best_width(noise, sides):
    """The width of the generator's modes at which what D sees of both is the same, or as near as can be.

    √(STD² + s²) with noise on the data only, STD with noise on both, and with noise on the generated points
    only √(STD² − s²), or 0 where s is larger than STD.

    Arguments:
        noise: standard deviation s.
        sides: a position in SIDES.
    """
    square = STD**2 + (0.0, noise**2, -(noise**2))[sides]
    return math.sqrt(max(square, 0.0))


def compute(*, width, noise, sides):
    """What D sees, its best answer, and the JSD of what it sees against the generator's width.

    Arguments:
        width: standard deviation of the generator's modes.
        noise: standard deviation of the noise.
        sides: a position in SIDES.

    Returns:
        dict: p, q, d: arrays on the grid, with noise; jsd, array over WIDTHS; here, the JSD at ``width``;
        best, as by ``best_width``; least, the JSD there; width, noise, sides.
    """
    on_p, on_q = noise * (sides != 2), noise * (sides != 1)
    p = _density(math.hypot(STD, on_p))
    seen = np.hypot(np.append(WIDTHS, (width, max(best_width(noise, sides), 0.02))), on_q)
    q = _density(seen[:, None])
    jsd = _jsd(p, q)
    floor = 1e-300
    return {
        "p": p, "q": q[-2], "d": (p + floor) / (p + q[-2] + 2 * floor),
        "jsd": jsd[:-2], "here": float(jsd[-2]), "least": float(jsd[-1]),
        "best": best_width(noise, sides), "width": width, "noise": noise, "sides": sides,
    }  # fmt: skip


def scene(figure):
    """Left what D sees, and its best answer; right the JSD of that against the generator's width."""
    left, right = figure.subplots(1, 2)
    artists = {
        "p": left.plot([], [], color=plots.DATA, label="data")[0],
        "q": left.plot([], [], color=plots.GENERATOR, label="generator")[0],
        "d": left.plot([], [], color=plots.DISCRIMINATOR, linestyle="--", linewidth=1.5, label="D*")[0],
        "jsd": right.plot([], [], color=plots.EXACT, label="JSD")[0],
        "best": right.plot([], [], color=plots.MUTED, linestyle=":", label="best width")[0],
        "here": right.plot([], [], "o", color=plots.GENERATOR, markersize=8)[0],
    }
    right.axvline(STD, color=plots.DATA, linewidth=1.5, alpha=0.7, label="data")
    left.set(xlim=(-4.5, 4.5), ylim=(-0.03, 1.05), xlabel="x", ylabel="density as seen; D*")
    right.set(
        xlim=(0, 1.5),
        ylim=(-0.01, 0.3),
        xlabel="width of the generator's modes",
        ylabel="JSD as seen (nats)",
    )
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move the curves, and say where the optimum lies."""
    for name in ("p", "q", "d"):
        artists[name].set_data(_X, result[name])
    artists["jsd"].set_data(WIDTHS, result["jsd"])
    artists["best"].set_data([result["best"]] * 2, [-0.01, 0.5])
    artists["here"].set_data([result["width"]], [result["here"]])
    on = {0: "on both", 1: "on the data only", 2: "on generated points only"}[result["sides"]]
    return (
        f"Noise {result['noise']:.2f} {on}, generator's width {result['width']:.2f}: JSD "
        f"{result['here']:.4f}. It is least at width {result['best']:.4f}, where it is "
        f"{abs(result['least']):.4f}; the data's width is {STD}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("noise", 0.0, 1.0, 0.05, 0.3, "s: noise"),
        Knob("width", 0.05, 1.5, 0.05, 0.7, "width of the generator's modes"),
        Knob("sides", 0, 2, 1, 0, "noise on", options=SIDES),
    ]
    return Demo(compute, scene, draw, knobs, name="one-sided noise", **{"size": (7.4, 3.1), **look})
