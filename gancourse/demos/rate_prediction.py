"""Prediction against simulation: the distance step by step, and the slope foretold for it (E10)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.dynamics import predicted_rate, trajectory

__all__ = ["GAMES", "STARTS", "STEPS", "compute", "demo", "draw", "scene"]

STEPS = 250
STARTS = (1e-3, 0.3, 2.0)
GAMES = {
    "R1": ("r1", "weight"),
    "consensus": ("consensus", "weight"),
}


def compute(*, choice, strength, step, k):
    """Distances from the equilibrium from three starts, and the predicted factor a step.

    Arguments:
        choice: position in GAMES.
        strength: weight.
        step: h.
        k: steps of ψ in a round; 0 for both players at once.

    Returns:
        dict: radius (3, STEPS + 1), divided by the first of each; rate, predicted; measured, the mean factor
        over the second half of each path, nan where it left or came too near; choice, strength, step, k.
    """
    method, knob = list(GAMES.values())[choice]
    order = {"alternating": k > 0, "discriminator_steps": max(k, 1)}
    radius = []
    for start in STARTS:
        path = trajectory(method, (start, 0.0), step, STEPS, **order, **{knob: strength})
        radius.append(np.hypot(*path.T) / start)
    radius = np.array(radius)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(radius)
        measured = np.exp((logs[:, -1] - logs[:, STEPS // 2]) / (STEPS - STEPS // 2))
    return {
        "radius": radius, "rate": predicted_rate(method, step, **order, **{knob: strength}),
        "measured": measured, "choice": choice, "strength": strength, "step": step, "k": k,
    }  # fmt: skip


def scene(figure):
    """The share of the first distance that is left, on a logarithmic axis, and the predicted line."""
    axes = figure.subplots()
    artists = {}
    (artists["predicted"],) = axes.plot([], [], color=plots.EXACT, linestyle="--", label="predicted")
    for start, colour, dash in zip(
        STARTS, (*plots.SERIES[:2], plots.GENERATOR), ("-", "-", ":"), strict=True
    ):
        (artists[f"from {start:g}"],) = axes.plot(
            [], [], color=colour, linestyle=dash, linewidth=1.6, label=f"from θ = {start:g}"
        )
    axes.axhline(1, color=plots.MUTED, linewidth=0.8)
    axes.set(xlim=(0, STEPS), ylim=(1e-6, 1e3), yscale="log", xlabel="step, or round")
    axes.set(ylabel="distance, share of the first")
    plots.legend(axes)
    return artists


def draw(artists, result):
    """Move the curves, and say the factors."""
    t = np.arange(STEPS + 1)
    for start, radius in zip(STARTS, result["radius"], strict=True):
        artists[f"from {start:g}"].set_data(t, np.clip(radius, 1e-12, 1e9))
    artists["predicted"].set_data(t, np.exp(np.clip(t * np.log(max(result["rate"], 1e-12)), -27, 20)))
    name, (_, knob) = list(GAMES.items())[result["choice"]]
    order = f"in turn, k = {result['k']}" if result["k"] else "at once"
    told = ", ".join(
        f"{value:.4f} from {start:g}" if np.isfinite(value) and value > 0 else f"none from {start:g}"
        for start, value in zip(STARTS, result["measured"], strict=True)
    )
    return (
        f"{name}, {knob} {result['strength']:.2f}, steps of {result['step']:.2f}, {order}. Factor a step: "
        f"predicted {result['rate']:.4f}; measured over the second half {told}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("choice", 0, 1, 1, 0, "method", options=tuple(GAMES)),
        Knob("strength", 0.0, 2.0, 0.05, 0.3, "its weight"),
        Knob("step", 0.02, 2.0, 0.02, 0.2, "step size h"),
        Knob("k", 0, 5, 1, 0, "steps of ψ a round (0: both at once)"),
    ]
    return Demo(compute, scene, draw, knobs, name="rate prediction", **{"size": (8.2, 3.4), **look})
