"""Two players, two numbers: the field of the Dirac-GAN, and where steps through it lead (E10)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.dynamics import field, trajectory

__all__ = ["GAMES", "GRID", "STEPS", "compute", "demo", "draw", "game", "scene"]

STEPS = 250  # the longest path; with many steps of ψ in a round it has fewer rounds, for a frame's sake
LIMIT = 2.4
GRID = np.linspace(-2.0, 2.0, 11)
_THETA, _PSI = (axis.ravel() for axis in np.meshgrid(GRID, GRID))
# what the buttons say -> method, and the knob that the strength sets
GAMES = {
    "GAN, R1": ("r1", "weight"),
    "instance noise": ("instance_noise", "std"),
    "consensus": ("consensus", "weight"),
    "non-saturating": ("non_saturating", None),
    "WGAN-GP": ("wgan_gp", "weight"),
    "WGAN, clipped": ("wasserstein", "clip"),
}


def game(choice, strength):
    """The method and its knobs for a button and a strength; a clip of 0 means that nothing is clipped."""
    method, knob = GAMES[list(GAMES)[choice]]
    if knob is None:
        return method, {}
    return method, {knob: 1e6 if knob == "clip" and strength == 0 else strength}


def compute(*, choice, strength, step, k, start):
    """The field, and STEPS steps or rounds from (start, start)/√2; from k = 2 on 500/(k + 1) rounds.

    Arguments:
        choice: position in GAMES.
        strength: of its knob: weight, clip or standard deviation.
        step: h, for both players.
        k: steps of ψ in a round; 0 for both players at once.
        start: distance of the start from the equilibrium.

    Returns:
        dict: arrows, array (2, n), the velocity at the points of the grid, drawn out to a length of √speed;
        path (n, 2); radius, its distances from the equilibrium; method, knobs, step, k.
    """
    method, knobs = game(choice, strength)
    arrows = np.stack(field(method, _THETA, _PSI, **knobs))
    arrows /= np.sqrt(np.maximum(np.hypot(*arrows), 1e-12))
    first = np.full(2, start / np.sqrt(2))
    path = trajectory(
        method,
        first,
        step,
        STEPS if k < 2 else 2 * STEPS // (k + 1),
        k > 0,
        discriminator_steps=max(k, 1),
        **knobs,
    )
    return {
        "arrows": arrows, "path": path, "radius": np.hypot(*path.T), "method": method, "knobs": knobs,
        "step": step, "k": k,
    }  # fmt: skip


def scene(figure):
    """Left the plane of both parameters, right the distance from the equilibrium, step by step."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.25])
    arrows = left.quiver(
        _THETA, _PSI, _THETA, _PSI, color=plots.DISCRIMINATOR, alpha=0.55, scale=5, scale_units="x",
        units="x", width=0.03, headwidth=5, headlength=6, minlength=0,
    )  # fmt: skip
    (path,) = left.plot([], [], color=plots.EXACT, linewidth=1, marker=".", markersize=3, label="steps")
    (start,) = left.plot([], [], "o", color=plots.MUTED, markersize=7, label="start")
    left.plot([0], [0], "+", color=plots.DATA, markersize=14, markeredgewidth=2.5, label="equilibrium")
    left.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal", xlabel="θ, generator")
    left.set(ylabel="ψ, discriminator")
    plots.legend(left, fontsize="small")
    (radius,) = right.plot([], [], color=plots.EXACT, label="distance √(θ² + ψ²)")
    right.set(xlim=(0, STEPS), ylim=(1e-6, 1e2), yscale="log", xlabel="step, or round")
    plots.legend(right)
    return {"arrows": arrows, "path": path, "start": start, "radius": radius}


def draw(artists, result):
    """Move arrows and path, and say where it ends."""
    artists["arrows"].set_UVC(*result["arrows"])
    path = np.clip(result["path"], -1e6, 1e6)
    artists["path"].set_data(*path.T)
    artists["start"].set_data(*path[:1].T)
    artists["radius"].set_data(np.arange(len(path)), np.clip(result["radius"], 1e-12, 1e12))
    order = f"in turn, {result['k']} of ψ for one of θ" if result["k"] else "at once"
    named = ", ".join(f"{name} {value:.2f}" for name, value in result["knobs"].items() if value < 1e6)
    first, last = result["radius"][[0, -1]]
    went = "nearer" if last < 0.99 * first else "farther" if last > 1.01 * first else "as far"
    return (
        f"{result['method']}{', ' + named if named else ''}: steps of {result['step']:.2f}, {order}. After "
        f"{len(path) - 1} the distance is {last:.3g}; it was {first:.2f}: {went}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("choice", 0, len(GAMES) - 1, 1, 0, "method", options=tuple(GAMES)),
        Knob("strength", 0.0, 2.0, 0.05, 0.0, "its weight, clip or noise"),
        Knob("step", 0.02, 1.0, 0.02, 0.2, "step size h"),
        Knob("k", 0, 5, 1, 0, "steps of ψ a round (0: both at once)"),
        Knob("start", 0.05, 2.5, 0.05, 1.4, "distance at the start"),
    ]
    return Demo(compute, scene, draw, knobs, name="dirac field", **{"size": (8.2, 3.6), **look})
