"""Level lines of trained critics between data and blurred data, by method and training time (E1, E2)."""

import functools

import contourpy
import numpy as np
from matplotlib.collections import LineCollection

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.recipes import lipschitz_critics, lipschitz_record

__all__ = ["CRITICS", "DATA", "compute", "demo", "draw", "levels", "scene"]

DATA = {"ring": "8 Gaussians", "grid": "25 Gaussians", "roll": "Swiss roll", "nested": "N(0, I), N(0, 4 I)"}
CRITICS = {
    "clipping": "clipping, c = 0.01",
    "penalty": "penalty, λ = 10",
    "penalty 0.1": "penalty, λ = 0.1",
    "r1": "R1, γ = 1",
    "spectral norm": "spectral norm",
}
_LINES = 13


@functools.cache
def _record():
    return lipschitz_record.stored()


@functools.cache
def _points(pair):
    return lipschitz_critics.draw(pair, 300, np.random.default_rng(3))


def levels(values, count=_LINES):
    """Level lines of a surface over [−3, 3]², at equal shares of its values.

    Shares, and not equal steps: a critic that is steep in a corner would have all its lines there.

    Arguments:
        values: array (n, n), rows the second coordinate.
        count: how many levels.

    Returns:
        a list of arrays (k, 2), and for each the share of the values that lies below it.
    """
    axis = np.linspace(-3, 3, len(values))
    lines = contourpy.contour_generator(axis, axis, values)
    shares = (np.arange(count) + 0.5) / count
    found = [(line, s) for s in shares for line in lines.lines(float(np.quantile(values, s)))]
    return [line for line, _ in found], [share for _, share in found]


def compute(*, data, critic, moment):
    """The stored surface and what the critic said by then.

    Arguments:
        data: a position in DATA.
        critic: a position in CRITICS.
        moment: a position in the stored moments.

    Returns:
        dict: pair, critic, names; values, array (33, 33) over [−3, 3]²; step, score, constant; steps,
        ratios, score ÷ constant over the stored moments, an array, 0 where the critic is flat; w1, of 2,048
        points on each side, mean of the seeds; ratio, its value at the moment.
    """
    pair, name = list(DATA)[data], list(CRITICS)[critic]
    record = _record()
    moments = record["surfaces"][pair, name]
    here = moments[moment]
    ratios = np.array([m["score"] / m["constant"] if m["constant"] else 0.0 for m in moments])
    return {
        "pair": pair, "critic": name, "values": here["values"], "step": here["step"], "score": here["score"],
        "constant": here["constant"], "steps": np.array([m["step"] for m in moments]), "ratios": ratios,
        "ratio": float(ratios[moment]), "w1": float(record["rows"][pair, name]["w1"].mean()),
    }  # fmt: skip


def scene(figure):
    """Left the points and the critic's level lines, the higher the darker; right what it is worth, and W1."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.1])
    artists = {}
    artists["lines"] = LineCollection([], cmap="viridis_r", linewidths=1.6)
    artists["lines"].set_clim(0, 1)
    left.add_collection(artists["lines"])
    for name, colour, label in (("fake", plots.GENERATOR, "generator"), ("real", plots.DATA, "data")):
        (artists[name],) = left.plot([], [], ".", color=colour, markersize=3, label=label)
    left.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="x₁", ylabel="x₂")
    left.grid(False)
    (artists["w1"],) = right.plot([], [], color=plots.EXACT, linestyle="--", label="W1 of the points")
    (artists["ratios"],) = right.plot(
        [], [], "o--", color=plots.TRAINED, markersize=5, label="score ÷ steepest slope"
    )
    (artists["here"],) = right.plot([], [], "o", color=plots.TRAINED, markersize=11)
    right.set(xlim=(-40, 1_550), ylim=(-0.05, 1.4), xlabel="step of the critic", ylabel="distance")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Replace the lines, the points and the curve, and say the numbers."""
    lines, shares = levels(result["values"])
    artists["lines"].set_segments(lines)
    artists["lines"].set_array(np.array(shares))
    real, fake = _points(result["pair"])
    artists["real"].set_data(*real.T)
    artists["fake"].set_data(*fake.T)
    artists["w1"].set_data([-40, 1_550], [result["w1"]] * 2)
    artists["ratios"].set_data(result["steps"], result["ratios"])
    artists["here"].set_data([result["step"]], [result["ratio"]])
    return (
        f"{lipschitz_critics.PAIRS[result['pair']][0]}; {CRITICS[result['critic']]}, step "
        f"{result['step']:,}: score {result['score']:.3g}, steepest slope {result['constant']:.3g}, "
        f"score ÷ steepest slope {result['ratio']:.3f}; W1 of the points {result['w1']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    last = len(lipschitz_record.MOMENTS) - 1
    critics = tuple(CRITICS.values())
    knobs = [
        Knob("data", high=len(DATA) - 1, step=1, start=0, label="data", options=tuple(DATA.values())),
        Knob("critic", high=len(CRITICS) - 1, step=1, start=1, label="critic", options=critics),
        Knob("moment", 0, last, 1, last, "how far trained: 0 to 1,500 steps"),
    ]
    return Demo(compute, scene, draw, knobs, name="value surfaces", size=(8.8, 3.8), **look)
