"""Unrolling in the bilinear game: how far ahead G looks, and whether it differentiates what it sees (E4)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["STEP", "STEPS", "compute", "demo", "draw", "scene", "update"]

STEP, STEPS = 0.1, 160  # of both players, at once


def update(k, rate, through=True):
    r"""The matrix of one step of both players, at once, of size STEP.

    D's loss is ψθ, G's is −ψ_kθ. D's steps ahead give ψ_k = ψ − kηθ, so that G's loss is −ψθ + kηθ², and
    its gradient −ψ + 2kηθ; with ψ_k held fixed it is −ψ_k = −ψ + kηθ.

    Arguments:
        k: how many steps ahead.
        rate: η of these.
        through: False holds ψ_k fixed.

    Returns:
        array (2, 2) that takes (θ, ψ) to the next (θ, ψ).
    """
    pull = (2 if through else 1) * k * rate
    return np.array([[1 - STEP * pull, STEP], [-STEP, 1.0]])


def compute(*, k, rate, held):
    """The game from (θ, ψ) = (1, 0): path, distance from the equilibrium, and factor a step.

    Arguments:
        k, rate: as in ``update``.
        held: 0 differentiates through the steps ahead, 1 holds ψ_k fixed.

    Returns:
        dict: path, array (STEPS + 1, 2); distance, array (STEPS + 1,); factor, the larger eigenvalue's size;
        pull, what multiplies θ in G's gradient; k, rate, held.
    """
    matrix = update(k, rate, through=not held)
    path = np.empty((STEPS + 1, 2))
    path[0] = 1.0, 0.0
    for i in range(STEPS):
        path[i + 1] = matrix @ path[i]
    return {
        "path": path, "distance": np.hypot(*path.T), "factor": float(np.abs(np.linalg.eigvals(matrix)).max()),
        "pull": (1 if held else 2) * k * rate, "k": k, "rate": rate, "held": bool(held),
    }  # fmt: skip


def scene(figure):
    """Left the plane of θ and ψ, right the distance from the equilibrium, both with plain play behind."""
    left, right = figure.subplots(1, 2)
    plain = compute(k=0, rate=0.0, held=0)
    steps = np.arange(STEPS + 1)
    left.plot(*plain["path"].T, color=plots.MUTED, linewidth=1, label="plain play")
    right.plot(steps, plain["distance"], color=plots.MUTED, linewidth=1, label="plain play")
    left.plot([0], [0], "+", color=plots.EXACT, markersize=12)
    artists = {
        "path": left.plot([], [], color=plots.GENERATOR, label="unrolled")[0],
        "end": left.plot([], [], "o", color=plots.GENERATOR, markersize=7)[0],
        "distance": right.plot([], [], color=plots.GENERATOR, label="unrolled")[0],
        "rate": right.plot([], [], color=plots.EXACT, linestyle=":", label="factor")[0],
    }
    left.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), aspect="equal", xlabel="θ", ylabel="ψ")
    right.set(xlim=(0, STEPS), ylim=(1e-4, 4), yscale="log", xlabel="steps of both players")
    right.set_ylabel("distance from (0, 0)")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move path and curves, and say what G's gradient is, and what comes of it."""
    steps = np.arange(STEPS + 1)
    artists["path"].set_data(*result["path"].T)
    artists["end"].set_data(*result["path"][-1:].T)
    artists["distance"].set_data(steps, result["distance"])
    artists["rate"].set_data(steps, result["factor"] ** steps)
    factor = result["factor"]
    fate = "circles" if abs(factor - 1) < 1e-9 else "converges" if factor < 1 else "spirals out"
    pull = f" + {result['pull']:.2f}θ" if result["pull"] else ""
    return (
        f"k = {result['k']}, η = {result['rate']:.2f}. D ahead: ψ_k = ψ − {result['k'] * result['rate']:.2f}θ"
        f"{', held fixed' if result['held'] else ''}. G's gradient: −ψ{pull}. A step multiplies the distance "
        f"by {factor:.4f} in the long run: the game {fate}. After {STEPS} steps: "
        f"{result['distance'][-1]:.4f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("k", 0, 10, 1, 2, "k: steps ahead"),
        Knob("rate", 0.05, 1.0, 0.05, 0.1, "η: rate of the steps ahead"),
        Knob("held", 0, 1, 1, 0, "G's gradient", options=("through the steps ahead", "D ahead held fixed")),
    ]
    return Demo(compute, scene, draw, knobs, name="unrolled game", **{"size": (7.4, 3.4), **look})
