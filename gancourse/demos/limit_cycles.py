"""Cycles that neither close in nor run away: clipped WGAN, WGAN-GP, non-saturating steps (E10)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.dynamics import trajectory
from gancourse.dynamics.fields import velocity

__all__ = ["GAMES", "H", "STRENGTHS", "amplitudes", "compute", "demo", "draw", "scene", "small_steps"]

# what the buttons say -> method, and the knob that the strength sets
GAMES = {
    "WGAN, clipped": ("wasserstein", "clip"),
    "WGAN-GP": ("wgan_gp", "target"),
    "non-saturating": ("non_saturating", None),
}
WEIGHT = 0.7  # of WGAN-GP, as in the paper
H = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4])
STRENGTHS = np.round(np.linspace(0.1, 1.5, 15), 9)
_TIME, _SHOWN = 40.0, 400


def small_steps(choice, strength, step):
    """The cycle's largest |θ| for small steps, in closed form.

    Clipped WGAN: the clip c, since within the strip |ψ| ≤ c the field only turns, and the circle of radius c
    is the largest that fits. WGAN-GP with weight w < 2 and target g: w g coth(πw/4ω), ω = √(1 − w²/4); each
    half-plane turns about a centre of its own, (±wg, 0), and shrinks the distance from it by e^(−πw/2ω) in
    half a turn. Non-saturating: √(2h), where Euler's growth r h²/8 meets the field's shrinking h r³/16.
    """
    method = list(GAMES.values())[choice][0]
    if method == "wasserstein":
        return strength
    if method == "wgan_gp":
        return WEIGHT * strength / np.tanh(np.pi * WEIGHT / (4 * np.sqrt(1 - WEIGHT**2 / 4)))
    return np.sqrt(2 * step)


@functools.cache
def amplitudes(choice):
    """The largest |θ| of a late turn, simulated for all of STRENGTHS and H at once: array (15, 9)."""
    method, knob = list(GAMES.values())[choice]
    move, strengths = velocity(method), STRENGTHS[:, None]
    knobs = {"target": strengths, "weight": WEIGHT} if method == "wgan_gp" else {}
    knobs |= {"clip": None} if method == "wasserstein" else {}
    bound = strengths if method == "wasserstein" else np.inf
    largest = np.zeros((len(STRENGTHS), len(H)))
    # from the foretold cycle each step size needs but a few turns to settle, in its own count of steps
    theta = np.broadcast_to([[small_steps(choice, s, h) for h in H] for s in STRENGTHS], largest.shape)
    psi, steps = 0 * theta, int(_TIME / H[0])
    for i in range(steps):
        fall, rise = move(theta, psi, **knobs)
        theta, psi = theta + H * fall, np.minimum(np.maximum(psi + H * rise, -bound), bound)
        if i > 0.8 * steps:
            largest = np.maximum(largest, np.abs(theta))
    return largest


def compute(*, choice, strength, step):
    """A late stretch of the cycle, and its size against the step.

    Arguments:
        choice: position in GAMES.
        strength: the clip of WGAN, the target of WGAN-GP.
        step: h, both players at once.

    Returns:
        dict: path (400, 2), the last steps of 1,200; reach, its largest |θ|; sizes, array over H; limit,
        array over H, by ``small_steps``; limit here, a number; choice, step, strength.
    """
    method, knob = list(GAMES.values())[choice]
    knobs = {} if knob is None else {knob: strength}
    knobs |= {"weight": WEIGHT} if method == "wgan_gp" else {}
    start = (small_steps(choice, strength, step), 0.0)
    path = trajectory(method, start, step, 1200, **knobs)[-_SHOWN:]
    row = np.abs(STRENGTHS - strength).argmin()
    return {
        "path": path, "reach": np.abs(path[:, 0]).max(), "sizes": amplitudes(choice)[row],
        "limit": np.array([small_steps(choice, strength, h) for h in H]),
        "limit here": small_steps(choice, strength, step), "choice": choice, "step": step,
        "strength": strength,
    }  # fmt: skip


def scene(figure):
    """Left the late path, right the size of the cycle against the step."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.25])
    (path,) = left.plot([], [], color=plots.EXACT, linewidth=1, marker=".", markersize=3, label="late steps")
    left.plot([0], [0], "+", color=plots.DATA, markersize=14, markeredgewidth=2.5, label="equilibrium")
    left.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="θ, generator", ylabel="ψ, discriminator")
    plots.legend(left, fontsize="small")
    (sizes,) = right.plot([], [], "o", color=plots.GENERATOR, markersize=6, label="simulated")
    (limit,) = right.plot([], [], color=plots.EXACT, label="small steps, exact")
    (here,) = right.plot([], [], "s", color=plots.DISCRIMINATOR, markersize=9, label="here")
    right.set(xlim=(0, 0.42), ylim=(0, 4), xlabel="step size h", ylabel="largest |θ| of the cycle")
    plots.legend(right)
    return {"path": path, "sizes": sizes, "limit": limit, "here": here}


def draw(artists, result):
    """Move cycle and sizes, and say the numbers."""
    artists["path"].set_data(*result["path"].T)
    artists["sizes"].set_data(H, result["sizes"])
    artists["limit"].set_data(H, result["limit"])
    artists["here"].set_data([result["step"]], [result["reach"]])
    name, (_, knob) = list(GAMES.items())[result["choice"]]
    strength = f", {knob} {result['strength']:.1f}" if knob else ""
    return (
        f"{name}{strength}, h = {result['step']:.2f}: the generator swings to |θ| = {result['reach']:.3f} "
        f"for ever. For small steps the closed form says {result['limit here']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("choice", 0, 2, 1, 1, "method", options=tuple(GAMES)),
        Knob("strength", 0.1, 1.5, 0.1, 1.0, "clip, or target of the penalty"),
        Knob("step", 0.02, 0.4, 0.02, 0.2, "step size h"),
    ]
    return Demo(compute, scene, draw, knobs, name="limit cycles", **{"size": (8.2, 3.6), **look})
