"""Eigenvalues: of the field, and of a step, beside the unit circle (E10)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.dynamics import eigenvalues, jacobian, largest_stable_step
from gancourse.dynamics.stability import trace_and_determinant

__all__ = ["compute", "demo", "draw", "scene"]

_SHARES = np.linspace(0.0, 1.0, 41)  # of the step: the way that the eigenvalues went from 1


def compute(*, step, weight, k):
    """Eigenvalues λ of r1's Jacobian, and those of one step: both players at once, and in turn.

    Arguments:
        step: h.
        weight: of R1; 0 is the bare game.
        k: steps of ψ for one of θ, where they move in turn.

    Returns:
        dict: field, together, turn: complex arrays (2,); together way, turn way: arrays (41, 2), the same for
        steps from 0 to h; limits, the largest stable step at once and in turn; step, k.
    """
    flow, h = eigenvalues("r1", weight=weight), step * _SHARES
    trace, det = trace_and_determinant(jacobian("r1", weight=weight), h, k)
    root = np.emath.sqrt(trace**2 / 4 - det).astype(complex)
    together = 1 + h[:, None] * flow
    turn = np.stack([trace / 2 + root, trace / 2 - root], axis=1)
    order = {"alternating": True, "discriminator_steps": k}
    return {
        "field": flow, "together": together[-1], "turn": turn[-1], "together way": together, "turn way": turn,
        "limits": [largest_stable_step("r1", **o, weight=weight) for o in ({}, order)], "step": step, "k": k,
    }  # fmt: skip


def scene(figure):
    """Left the eigenvalues of the field, right those of a step, and the circle that they may not leave."""
    left, right = figure.subplots(1, 2)
    left.axvspan(-2.5, 0, color=plots.DATA, alpha=0.08)
    left.axvline(0, color=plots.MUTED, linewidth=1)
    (flow,) = left.plot([], [], "D", color=plots.EXACT, markersize=8, label="λ of the field")
    left.set(xlim=(-2.1, 0.6), ylim=(-1.0, 1.0), xlabel="real part", ylabel="imaginary part")
    plots.legend(left)
    angle = np.linspace(0, 2 * np.pi, 181)
    right.fill(np.cos(angle), np.sin(angle), color=plots.DATA, alpha=0.08)
    right.plot(np.cos(angle), np.sin(angle), color=plots.MUTED, linewidth=1)
    right.plot([1], [0], "+", color=plots.MUTED, markersize=12)
    artists = {"field": flow}
    for name, colour, marker, label in (
        ("together", plots.GENERATOR, "s", "at once, 1 + hλ"),
        ("turn", plots.DISCRIMINATOR, "o", "in turn"),
    ):
        # two branches, each a line of its own: they meet, and part again
        artists[name + " way"] = [right.plot([], [], color=colour, linewidth=1)[0] for _ in (0, 1)]
        (artists[name],) = right.plot([], [], marker, color=colour, markersize=8, label=label)
    right.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), aspect="equal", xlabel="real part")
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move the eigenvalues, and say their sizes."""
    for name in ("field", "together", "turn"):
        artists[name].set_data(result[name].real, result[name].imag)
    for name in ("together way", "turn way"):
        for line, branch in zip(artists[name], result[name].T, strict=True):
            line.set_data(branch.real, branch.imag)
    sizes = {name: np.abs(result[name]).max() for name in ("together", "turn")}
    verdicts = {
        name: "converges" if size < 1 - 1e-9 else "orbits" if size < 1 + 1e-9 else "leaves"
        for name, size in sizes.items()
    }
    first, second = (_number(value) for value in result["field"])
    limits = [limit + 0.0 for limit in result["limits"]]
    return (
        f"λ = {first} and {second}. Step {result['step']:.2f}: at once the larger |1 + hλ| is "
        f"{sizes['together']:.4f} ({verdicts['together']}); in turn with k = {result['k']} it is "
        f"{sizes['turn']:.4f} ({verdicts['turn']}). Largest step without growth: {limits[0]:.3f} at once, "
        f"{limits[1]:.3f} in turn."
    )


def _number(value):
    if abs(value.imag) < 1e-12:
        return f"{value.real + 0.0:.3f}"
    return f"{value.real + 0.0:.3f} {'+' if value.imag > 0 else '−'} {abs(value.imag):.3f}i"


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("step", 0.0, 4.4, 0.05, 0.6, "step size h"),
        Knob("weight", 0.0, 2.0, 0.05, 0.0, "weight of R1"),
        Knob("k", 1, 8, 1, 1, "steps of ψ for one of θ, k"),
    ]
    return Demo(compute, scene, draw, knobs, name="unit circle", **{"size": (8.2, 3.6), **look})
