"""Two histograms and the cheapest plan between them, by linear programming under the slider (D8)."""

import numpy as np
from matplotlib.collections import LineCollection

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture
from gancourse.divergences import transport_plan, wasserstein_1d

__all__ = ["BINS", "COSTS", "STEP", "compute", "cost_matrix", "demo", "draw", "histogram", "scene"]

STEP = 0.5
BINS = np.arange(-5.75, 6.0, STEP)  # the middles of 24 bins
COSTS = ("|x − y|", "(x − y)²", "√|x − y|")
_POWERS = (1.0, 2.0, 0.5)
_EDGES = np.append(BINS - STEP / 2, BINS[-1] + STEP / 2)
_TALL = 0.42  # the mass that a bar as tall as its panel shows


def histogram(means, stds, weights=(1.0,)):
    """Masses of BINS for a mixture of Gaussians, set to sum to one."""
    mass = Mixture(np.asarray(weights) / np.sum(weights), means, stds=stds).pdf(BINS)
    return mass / mass.sum()


def cost_matrix(kind=0):
    """The cost of moving a unit of mass between any two of BINS, with shape (24, 24)."""
    return np.abs(BINS[:, None] - BINS) ** _POWERS[kind]


def compute(*, mean, std=0.7, share=0.5, cost=0):
    """The cheapest plan from the data's histogram to the generator's, and the prices that prove it.

    Arguments:
        mean, std: of the generator's bump.
        share: of the data's left mode, at −3; the other stands at 3.
        cost: position in COSTS.

    Returns:
        dict: p, q, the masses of BINS; plan, a Plan; dual, the value of its prices; distance, the mean of
        |x − y| under the plan; w1, ∫ |F − G|; cost.
    """
    p = histogram([-3.0, 3.0], [0.7, 0.7], [share, 1 - share])
    q = histogram([mean], [std])
    plan = transport_plan(p, q, cost_matrix(cost))
    return {
        "p": p, "q": q, "plan": plan, "cost": cost,
        "dual": float(plan.potentials[0] @ p + plan.potentials[1] @ q),
        "distance": float((plan.coupling * cost_matrix()).sum()),
        "w1": wasserstein_1d(BINS, BINS, p, q),
    }  # fmt: skip


def scene(figure):
    """Left the two histograms and lines for what goes where, right the plan as a table of masses."""
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    p = left.stairs(1 + np.zeros(24), _EDGES, baseline=1, fill=True, color=plots.DATA, label="data p")
    q = left.stairs(np.zeros(24), _EDGES, baseline=0, fill=True, color=plots.GENERATOR, label="generator q")
    lines = LineCollection([], colors=plots.EXACT, label="plan", alpha=0.75)
    left.add_collection(lines)
    left.axhline(1, color=plots.MUTED, linewidth=0.8)
    left.axhline(0, color=plots.MUTED, linewidth=0.8)
    left.set(xlim=(-6, 6), ylim=(-1, 2), xlabel="x", yticks=[])
    left.grid(False)
    plots.legend(left)
    picture = right.imshow(
        np.zeros((24, 24)), cmap="Greys", vmin=0, vmax=1, origin="lower", extent=(-6, 6, -6, 6),
        interpolation="nearest",
    )  # fmt: skip
    (diagonal,) = right.plot([-6, 6], [-6, 6], color=plots.MUTED, linewidth=0.8, linestyle=":")
    right.set(xlabel="goes to y (generator)", ylabel="comes from x (data)")
    right.set(xticks=range(-6, 7, 2), yticks=range(-6, 7, 2))
    right.grid(False)
    return {"p": p, "q": q, "lines": lines, "picture": picture, "diagonal": diagonal}


def draw(artists, result):
    """Move the bars, the lines and the table, and say the cost."""
    coupling = result["plan"].coupling
    artists["p"].set_data(1 + np.minimum(result["p"] / _TALL, 1), baseline=1)
    artists["q"].set_data(-np.minimum(result["q"] / _TALL, 1), baseline=0)
    rows, columns = np.nonzero(coupling > 1e-4)
    ends = np.stack(
        [np.column_stack([BINS[rows], np.ones(len(rows))]), np.column_stack([BINS[columns], 0 * rows])]
    )
    artists["lines"].set_segments(ends.swapaxes(0, 1))
    artists["lines"].set_linewidths(0.4 + 40 * coupling[rows, columns])
    artists["picture"].set_data(np.sqrt(coupling / max(coupling.max(), 1e-12)))  # so that little shows too
    return (
        f"Least mean {COSTS[result['cost']]}: {result['plan'].value:.4f}; "
        f"the prices prove {result['dual']:.4f}. "
        f"Mean distance under this plan {result['distance']:.4f}. W1 = ∫ |F − G| = {result['w1']:.4f}. "
        f"{len(rows)} of 576 entries of the plan hold mass."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("mean", -5.0, 5.0, 0.25, 1.0, "mean of q"),
        Knob("std", 0.5, 2.5, 0.1, 0.7, "std of q"),
        Knob("share", 0.0, 1.0, 0.05, 0.5, "data in the left mode"),
        Knob("cost", 0, len(COSTS) - 1, 1, 0, "cost", options=COSTS),
    ]
    return Demo(compute, scene, draw, knobs, name="moving mass", **look)
