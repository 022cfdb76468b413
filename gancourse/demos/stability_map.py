"""Step against weight: where R1 converges, how fast, and where it is best (E10)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.dynamics import jacobian, largest_stable_step, predicted_rate, trajectory
from gancourse.dynamics.stability import trace_and_determinant

__all__ = ["ORDERS", "STEP", "STEPS", "WEIGHT", "compute", "demo", "draw", "rates", "scene"]

STEPS = 100
STEP = np.linspace(0.05, 4.45, 45)
WEIGHT = np.linspace(0.025, 2.975, 60)
ORDERS = {"at once": (False, 1), "in turn, k = 1": (True, 1), "in turn, k = 5": (True, 5)}


@functools.cache
def rates(order):
    """The predicted factor a step over WEIGHT and STEP, array (60, 45), and the border, array (60,)."""
    alternating, k = list(ORDERS.values())[order]
    knobs = {"alternating": alternating, "discriminator_steps": k}
    factor = []
    for w in WEIGHT:
        if alternating:
            trace, det = trace_and_determinant(jacobian("r1", weight=w), STEP, k)
        else:
            trace, det = 2 - STEP * w, 1 - STEP * w + STEP**2 / 4
        root = np.emath.sqrt(trace**2 / 4 - det)
        factor.append(np.maximum(np.abs(trace / 2 + root), np.abs(trace / 2 - root)))
    border = [largest_stable_step("r1", weight=w, **knobs) for w in WEIGHT]
    return np.array(factor), np.array(border)


def compute(*, order, step, weight):
    """The map, the factor at one point of it, and a path from (1, 1).

    Arguments:
        order: position in ORDERS.
        step: h.
        weight: of R1.

    Returns:
        dict: map (60, 45), border (60,); rate, the factor here; limit, the largest stable step at this
        weight; path (STEPS + 1, 2); best, the smallest factor on the map; step, weight, order.
    """
    alternating, k = list(ORDERS.values())[order]
    knobs = {"alternating": alternating, "discriminator_steps": k, "weight": weight}
    factor, border = rates(order)
    return {
        "map": factor, "border": border, "rate": predicted_rate("r1", step, **knobs),
        "limit": largest_stable_step("r1", **knobs), "path": trajectory("r1", (1, 1), step, STEPS, **knobs),
        "best": factor.min(), "step": step, "weight": weight, "order": order,
    }  # fmt: skip


def scene(figure):
    """Left the map with its border, right a path from (1, 1) at the point chosen."""
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    image = left.imshow(
        np.ones((60, 45)), origin="lower", extent=(0, 4.5, 0, 3), aspect="auto", cmap="cividis", vmin=0.5,
        vmax=1.5, interpolation="nearest",
    )  # fmt: skip
    bar = figure.colorbar(image, ax=left)
    bar.set_label("factor a step")
    (border,) = left.plot([], [], color="white", linewidth=2.5)
    (here,) = left.plot([], [], "o", color=plots.GENERATOR, markersize=10, markeredgecolor="white")
    left.grid(False)
    left.set(xlim=(0, 4.5), ylim=(0, 3), xlabel="step size h", ylabel="weight of R1")
    (path,) = right.plot([], [], color=plots.EXACT, linewidth=1, marker=".", markersize=4)
    right.plot([0], [0], "+", color=plots.DATA, markersize=14, markeredgewidth=2.5)
    right.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="θ, generator", ylabel="ψ, discriminator")
    return {"image": image, "border": border, "here": here, "path": path}


def draw(artists, result):
    """Move map, border, point and path, and say the factor."""
    artists["image"].set_data(result["map"])
    artists["border"].set_data(result["border"], WEIGHT)
    artists["here"].set_data([result["step"]], [result["weight"]])
    artists["path"].set_data(*np.clip(result["path"], -1e6, 1e6).T)
    rate = result["rate"]
    verdict = "converges" if rate < 1 - 1e-9 else "orbits" if rate < 1 + 1e-9 else "leaves"
    return (
        f"R1 {result['weight']:.2f}, steps of {result['step']:.2f} {list(ORDERS)[result['order']]}: factor "
        f"{rate:.3f} a step, {verdict}. White: the border, here h = {result['limit'] + 0.0:.3f}. "
        f"The best factor on the map is {result['best']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("order", 0, 2, 1, 0, "players move", options=tuple(ORDERS)),
        Knob("step", 0.05, 4.4, 0.05, 0.5, "step size h"),
        Knob("weight", 0.0, 3.0, 0.05, 0.3, "weight of R1"),
    ]
    return Demo(compute, scene, draw, knobs, name="stability map", **{"size": (8.4, 3.6), **look})
