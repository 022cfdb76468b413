"""Power iteration on a 2 x 2 matrix: the ellipse, the vector that turns to its long axis, the norm (E2)."""

import math

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["LARGEST", "ROUNDS", "compute", "demo", "draw", "matrix", "scene"]

LARGEST = 2.0  # the larger singular value
ROUNDS = 12
_IN, _OUT = math.radians(25), math.radians(70)  # directions of the long axis, before and after
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 181)), np.sin(np.linspace(0, 2 * np.pi, 181))])


def _turn(angle):
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def matrix(ratio):
    """The 2 x 2 matrix with singular values 2 and 2·ratio."""
    return _turn(_OUT) @ np.diag([LARGEST, LARGEST * ratio]) @ _turn(_IN).T


def compute(*, ratio, start, rounds):
    """Power iteration v ← Wᵀ W v/‖Wᵀ W v‖ from a start, and what it says of ‖W‖.

    Arguments:
        ratio: of the smaller singular value to the larger, above 0 and at most 1.
        start: the angle of v₀ from the direction that W stretches most, in degrees.
        rounds: how many times.

    Returns:
        dict: w; v, arrays (2, rounds + 1); estimates, ‖W v_k‖ for k = 0 to 12; known, the same in closed
        form; estimate, that after ``rounds``; sigma, the true norm, by SVD; ratio, rounds.
    """
    w = matrix(ratio)
    angle = _IN + math.radians(start)
    v = [np.array([math.cos(angle), math.sin(angle)])]
    for _ in range(ROUNDS):
        u = w @ v[-1]
        back = w.T @ (u / np.linalg.norm(u))
        v.append(back / np.linalg.norm(back))
    v = np.stack(v, axis=1)
    estimates = np.linalg.norm(w @ v, axis=0)
    k = np.arange(ROUNDS + 1)
    along, across = math.cos(math.radians(start)), ratio ** (2 * k) * math.sin(math.radians(start))
    known = LARGEST * np.sqrt((along**2 + (ratio * across) ** 2) / (along**2 + across**2))
    return {
        "w": w, "v": v[:, : rounds + 1], "estimates": estimates, "known": known, "rounds": rounds,
        "estimate": float(estimates[rounds]), "sigma": float(np.linalg.svd(w)[1][0]), "ratio": ratio,
    }  # fmt: skip


def scene(figure):
    """Left the unit circle with v, in the middle its image divided by the estimate, right the estimates."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.2])
    for axes in (left, middle):
        axes.plot(*_CIRCLE, color=plots.MUTED, linewidth=1.2)
        axes.set(aspect="equal")
    left.plot(
        *np.outer([math.cos(_IN), math.sin(_IN)], [-1.4, 1.4]),
        color=plots.EXACT, linestyle=":", linewidth=1.2, label="most stretched",
    )  # fmt: skip
    artists = {}
    (artists["path"],) = left.plot([], [], "o", color=plots.SERIES[1], markersize=5)
    (artists["v"],) = left.plot([], [], color=plots.TRAINED, label="v")
    left.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), xlabel="h₁", ylabel="h₂")
    (artists["ellipse"],) = middle.plot([], [], color=plots.EXACT, label="image ÷ estimate")
    (artists["image"],) = middle.plot([], [], color=plots.TRAINED, label="W v")
    middle.set(xlim=(-2.5, 2.5), ylim=(-2.5, 2.5), xlabel="first output", ylabel="second output")
    right.axhline(LARGEST, color=plots.EXACT, linewidth=1.2, label="‖W‖")
    (artists["estimates"],) = right.plot([], [], "o--", color=plots.TRAINED, markersize=5, label="‖W v‖")
    (artists["here"],) = right.plot([], [], "o", color=plots.TRAINED, markersize=10)
    right.set(xlim=(-0.5, ROUNDS + 0.5), ylim=(0, 2.2), xlabel="round", ylabel="estimate of ‖W‖")
    for axes in (left, middle, right):
        plots.legend(axes)
    return artists


def draw(artists, result):
    """Move vectors, ellipse and dots, and say the numbers."""
    now, rounds = result["v"][:, -1], result["rounds"]
    artists["path"].set_data(*result["v"])
    artists["v"].set_data([0, now[0]], [0, now[1]])
    scaled = result["w"] / result["estimate"]
    artists["ellipse"].set_data(*scaled @ _CIRCLE)
    artists["image"].set_data(*([0, c] for c in scaled @ now))
    artists["estimates"].set_data(np.arange(ROUNDS + 1), result["estimates"])
    artists["here"].set_data([rounds], [result["estimate"]])
    longest = result["sigma"] / result["estimate"]
    return (
        f"Round {rounds}: ‖W v‖ = {result['estimate']:.5f}, ‖W‖ = {result['sigma']:.5f}; W divided by the "
        f"estimate stretches by up to {longest:.4f}. What lies across shrinks by "
        f"{result['ratio'] ** 2:.4f} a round."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("ratio", 0.1, 1.0, 0.05, 0.7, "smaller ÷ larger singular value"),
        Knob("start", 0.0, 90.0, 5.0, 75.0, "angle of v₀ (degrees)"),
        Knob("rounds", 0, ROUNDS, 1, 1, "rounds"),
    ]
    return Demo(compute, scene, draw, knobs, name="power iteration", size=(9.6, 3.4), **look)
