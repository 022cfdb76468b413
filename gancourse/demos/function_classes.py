"""One supremum of E_p f − E_q f, four classes of functions, and the witness of each (D9)."""

import functools
import math

import numpy as np
from scipy.special import ndtr

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = [
    "CLASSES", "GRID", "compute", "demo", "draw", "embedding", "kernel_mean", "scene", "suprema", "witness",
]  # fmt: skip

GRID = np.linspace(-13.0, 23.0, 2881)  # keeps the mass of every setting of the sliders
STEP = GRID[1] - GRID[0]
SHOWN = slice(640, 1841, 4)  # what is drawn: from −5 to 10
DISTANCES = np.linspace(0.0, 6.0, 25)
# what the class is called on its button, and what its supremum is
CLASSES = (
    ("|f| ≤ 1", "2 TV"),
    ("1-Lipschitz", "W1"),
    ("ball of a kernel", "MMD"),
    ("half-lines", "KS"),
)


def kernel_mean(gap, variance, bandwidth):
    """E exp(−r²/2h²) for a Gaussian r with mean ``gap`` and this variance, exactly."""
    total = bandwidth**2 + variance
    return bandwidth / np.sqrt(total) * np.exp(-(gap**2) / (2 * total))


def embedding(at, mean, std, bandwidth):
    """The mean embedding of N(mean, std²) under the Gaussian kernel: E k(t, x) at each t."""
    return kernel_mean(at - mean, std**2, bandwidth)


def _mmd(distance, std, bandwidth):
    own = kernel_mean(0.0, 2.0, bandwidth) + kernel_mean(0.0, 2 * std**2, bandwidth)
    return np.sqrt(np.maximum(own - 2 * kernel_mean(distance, 1 + std**2, bandwidth), 0.0))


def _densities(distance, std):
    """p, q, and F − G over GRID, for p = N(0, 1) and q = N(distance, std²); ``distance`` may be a column."""
    z = (GRID - distance) / std
    root = math.sqrt(2 * math.pi)
    p, q = np.exp(-(GRID**2) / 2) / root, np.exp(-(z**2) / 2) / (std * root)
    return p, q, ndtr(GRID) - ndtr(z)


def suprema(p, q, gap, step=STEP):
    """∫ |p − q|, ∫ |F − G| and max |F − G|, from densities and F − G on an even grid."""
    return step * np.abs(p - q).sum(-1), step * np.abs(gap).sum(-1), np.abs(gap).max(-1)


@functools.lru_cache(maxsize=64)
def _against_distance(std):
    return suprema(*_densities(DISTANCES[:, None], std))


def witness(kind, p, q, gap, mu=None, step=STEP):
    """The f that reaches the supremum over a class, on an even grid.

    Arguments:
        kind: position in CLASSES.
        p, q, gap: densities, and F − G.
        mu: for the ball of a kernel, the difference of mean embeddings over its norm.
        step: of the grid.
    """
    if kind == 0:
        return np.sign(p - q)
    if kind == 1:
        # E_p f − E_q f = −∫ f′ (F − G): the best slope is −1 where F > G and 1 where F < G
        slope = -np.sign(np.where(np.abs(gap) > 1e-13, gap, 0.0))
        f = np.cumsum(slope) * step
        return f - f @ (p + q) * step / 2  # a constant changes nothing: centre it
    if kind == 2:
        return mu
    top = np.abs(gap).argmax()
    return np.sign(gap[top]) * (np.arange(len(p)) <= top)


def compute(*, kind, distance, std, bandwidth):
    """p = N(0, 1), q = N(distance, std²), the witness of one class, and the suprema over all four.

    Arguments:
        kind: position in CLASSES.
        distance, std: of q.
        bandwidth: h of the Gaussian kernel.

    Returns:
        dict: p, q and f over GRID; value, E_p f − E_q f by quadrature of this f; suprema, the four numbers
        by their own formulas; curves, the same against DISTANCES; and the settings.
    """
    p, q, gap = _densities(distance, std)
    mmd = float(_mmd(distance, std, bandwidth))
    mu = embedding(GRID, 0.0, 1.0, bandwidth) - embedding(GRID, distance, std, bandwidth)
    f = witness(kind, p, q, gap, mu / mmd if mmd > 1e-7 else 0 * mu)
    bounded, lipschitz, half_line = suprema(p, q, gap)
    curves = _against_distance(std)
    return {
        "p": p, "q": q, "f": f, "value": float(f @ (p - q) * STEP),
        "suprema": (float(bounded), float(lipschitz), mmd, float(half_line)),
        "curves": (curves[0], curves[1], _mmd(DISTANCES, std, bandwidth), curves[2]),
        "kind": kind, "distance": distance, "bandwidth": bandwidth,
    }  # fmt: skip


def scene(figure):
    """Left the densities, in the middle the witness, right the suprema against the distance."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.35])
    x = GRID[SHOWN]
    (p,) = left.plot([], [], color=plots.DATA, label="p")
    (q,) = left.plot([], [], color=plots.GENERATOR, label="q")
    left.set(xlim=(-5, 10), ylim=(0, 0.85), xlabel="x", ylabel="density")
    plots.legend(left)
    (area,) = middle.fill(x, 0 * x, color=plots.MUTED, alpha=0.5, linewidth=0, label="p − q")
    middle.axhline(0, color=plots.MUTED, linewidth=1)
    (f,) = middle.plot([], [], color=plots.DISCRIMINATOR, label="witness f*")
    middle.set(xlim=(-5, 10), ylim=(-2.2, 2.2), xlabel="x", ylabel="f; density")
    plots.legend(middle)
    curves = []
    for (_, name), dash in zip(CLASSES, ("-", "--", "-.", ":"), strict=True):
        curves += right.plot([], [], color=plots.MUTED, linestyle=dash, linewidth=1.4, label=name)
    (chosen,) = right.plot([], [], color=plots.DISCRIMINATOR)
    (dot,) = right.plot([], [], "o", color=plots.DISCRIMINATOR, markersize=8)
    right.set(xlim=(0, 6), ylim=(0, 3), xlabel="distance of q from p", ylabel="supremum")
    plots.legend(right, fontsize=9.5)
    return {"p": p, "q": q, "area": area, "f": f, "curves": curves, "chosen": chosen, "dot": dot}


def draw(artists, result):
    """Move curves, area and dot, and say the numbers."""
    x, kind = GRID[SHOWN], result["kind"]
    for name in ("p", "q", "f"):
        artists[name].set_data(x, result[name][SHOWN])
    outline = np.column_stack([x, (result["p"] - result["q"])[SHOWN]])
    artists["area"].set_xy(np.concatenate([[[x[0], 0]], outline, [[x[-1], 0]]]))
    for curve, values in zip(artists["curves"], result["curves"], strict=True):
        curve.set_data(DISTANCES, values)
    artists["chosen"].set_data(DISTANCES, result["curves"][kind])
    artists["dot"].set_data([result["distance"]], [result["suprema"][kind]])
    bounded, lipschitz, mmd, half_line = result["suprema"]
    name, number = CLASSES[kind]
    return (
        f"Class: {name}. Its witness has E_p f − E_q f = {result['value']:.4f}, which is {number}. "
        f"All four: 2 TV = {bounded:.4f}, W1 = {lipschitz:.4f}, MMD = {mmd:.4f} "
        f"(h = {result['bandwidth']:.1f}), KS = {half_line:.4f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("kind", 0, 3, 1, 2, "functions", options=tuple(name for name, _ in CLASSES)),
        Knob("distance", 0.0, 6.0, 0.1, 2.0, "distance of q from p"),
        Knob("std", 0.4, 2.5, 0.1, 1.0, "standard deviation of q"),
        Knob("bandwidth", 0.2, 5.0, 0.1, 1.0, "bandwidth h of the kernel"),
    ]
    return Demo(compute, scene, draw, knobs, name="function classes", **look)
