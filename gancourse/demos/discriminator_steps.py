"""In turn, with k steps of the discriminator for one of the generator: orbits, and where they end (E10)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.dynamics import eigenvalues, jacobian, trajectory
from gancourse.dynamics.stability import trace_and_determinant

__all__ = ["H", "ROUNDS", "compute", "demo", "draw", "scene"]

ROUNDS = 200
H = np.linspace(0.0, 4.4, 111)


def compute(*, k, step, start):
    """ROUNDS rounds of the bare game from (start, 0), and the moduli of its eigenvalues against h.

    Arguments:
        k: steps of ψ in a round, before θ moves once.
        step: h, for both players.
        start: θ at the start.

    Returns:
        dict: path (ROUNDS + 1, 2); moduli (111, 2) over H, the larger first; values, complex array (2,), at
        this step; limit, 4/√k; radius, the smallest and the largest distance on the path; k, step.
    """
    order = {"alternating": True, "discriminator_steps": k}
    path = trajectory("gan", (start, 0.0), step, ROUNDS, **order)
    trace, det = trace_and_determinant(jacobian("gan"), H, k)
    root = np.emath.sqrt(trace**2 / 4 - det)
    moduli = np.sort(np.abs([trace / 2 + root, trace / 2 - root]), axis=0)[::-1].T
    radius = np.hypot(*path.T)
    return {
        "path": path, "moduli": moduli, "values": eigenvalues("gan", step, **order), "k": k, "step": step,
        "limit": 4 / np.sqrt(k), "radius": (radius.min(), radius.max()),
    }  # fmt: skip


def scene(figure):
    """Left the path in the plane, right the moduli of both eigenvalues against the step."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.25])
    (path,) = left.plot([], [], ".", color=plots.EXACT, markersize=4, label="after each round")
    (start,) = left.plot([], [], "o", color=plots.MUTED, markersize=7, label="start")
    left.plot([0], [0], "+", color=plots.DATA, markersize=14, markeredgewidth=2.5)
    left.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="θ, generator", ylabel="ψ, discriminator")
    plots.legend(left, fontsize="small")
    right.axhline(1, color=plots.MUTED, linewidth=1)
    artists = {"path": path, "start": start}
    for name, dash in (("larger", "-"), ("smaller", "--")):
        (artists[name],) = right.plot([], [], dash, color=plots.DISCRIMINATOR, label=f"{name} |μ|")
    (artists["here"],) = right.plot([], [], "o", color=plots.GENERATOR, markersize=8)
    artists["limit"] = right.axvline(4, color=plots.MUTED, linestyle=":", label="4/√k")
    right.set(xlim=(0, 4.4), ylim=(0, 3), xlabel="step size h", ylabel="modulus of an eigenvalue")
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move path and moduli, and say how long a turn takes."""
    path = np.clip(result["path"], -1e6, 1e6)
    artists["path"].set_data(*path.T)
    artists["start"].set_data(*path[:1].T)
    for i, name in enumerate(("larger", "smaller")):
        artists[name].set_data(H, result["moduli"][:, i])
    sizes = np.abs(result["values"])
    artists["here"].set_data([result["step"]] * 2, np.minimum(sizes, 10))
    artists["limit"].set_xdata([result["limit"]] * 2)
    if result["step"] < result["limit"] * (1 - 1e-9):
        turn = 2 * np.pi / np.angle(result["values"][0])
        told = f"both |μ| are {sizes.max():.6f}: an orbit, one turn in {turn:.1f} rounds"
    else:
        told = f"the moduli are {sizes.max():.3f} and {sizes.min():.3f}: it leaves"
    low, high = result["radius"]
    return (
        f"k = {result['k']}, h = {result['step']:.2f}, limit 4/√k = {result['limit']:.3f}: near the "
        f"equilibrium {told}. On this path the distance lies between {low:.3f} and {high:.3g}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("k", 1, 10, 1, 1, "steps of ψ for one of θ, k"),
        Knob("step", 0.05, 4.3, 0.05, 0.5, "step size h"),
        Knob("start", 0.1, 2.5, 0.1, 1.0, "θ at the start"),
    ]
    return Demo(compute, scene, draw, knobs, name="discriminator steps", **{"size": (8.2, 3.6), **look})
