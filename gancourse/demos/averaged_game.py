"""Historical averaging in the bilinear game: circles, and a spiral that closes by a power of time (E8)."""

import functools
import math

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["STEP", "STEPS", "TIMES", "compute", "demo", "draw", "exponent", "play", "scene"]

STEP, STEPS = 0.05, 6_000
TIMES = STEP * np.arange(1, STEPS + 1)


def exponent(weight):
    """The power of time by which the distance falls: −1/(1 + 4c²); 0 in plain play."""
    return -1 / (1 + 4 * weight**2) if weight else 0.0


@functools.lru_cache(maxsize=64)
def play(weight):
    """The game ψθ, played in turn with steps of STEP, each player drawn to the mean of its own past.

    Arguments:
        weight: c; the pulls are −2c(θ − θ̄) and −2c(ψ − ψ̄).

    Returns:
        array (STEPS, 4): θ, ψ, θ̄, ψ̄ after each step, from (1, 0).
    """
    pull = 2 * weight
    theta, psi, mean_theta, mean_psi = 1.0, 0.0, 0.0, 0.0
    rows = []
    for t in range(1, STEPS + 1):
        mean_theta += (theta - mean_theta) / t
        mean_psi += (psi - mean_psi) / t
        psi += STEP * (-theta - pull * (psi - mean_psi))
        theta += STEP * (psi - pull * (theta - mean_theta))
        rows.append((theta, psi, mean_theta, mean_psi))
    return np.array(rows)


def compute(*, weight, time):
    """The path up to a time, and the distance from the equilibrium over all of it.

    Arguments:
        weight: c.
        time: decimal logarithm of the time.

    Returns:
        dict: path and means, arrays (t, 2); distance, array (STEPS,); law, array (STEPS,), a power of time
        through the last distance; here, time and distance; weight.
    """
    rows = play(round(float(weight), 9))
    end = min(max(round(10**time / STEP), 1), STEPS)
    distance = np.hypot(rows[:, 0], rows[:, 1])
    late = np.exp(np.log(distance[-STEPS // 10 :]).mean())  # over a whole turn and more, for it still wavers
    at = np.exp(np.log(TIMES[-STEPS // 10 :]).mean())
    return {
        "path": rows[:end, :2], "means": rows[:end, 2:], "distance": distance,
        "law": late * (TIMES / at) ** exponent(weight), "here": (TIMES[end - 1], distance[end - 1]),
        "weight": weight,
    }  # fmt: skip


def scene(figure):
    """Left the plane of θ and ψ, right the distance against time, both on logarithmic scales."""
    left, right = figure.subplots(1, 2)
    left.plot([0], [0], "+", color=plots.EXACT, markersize=12)
    artists = {
        "path": left.plot([], [], color=plots.GENERATOR, linewidth=1.2, label="players")[0],
        "end": left.plot([], [], "o", color=plots.GENERATOR, markersize=7)[0],
        "means": left.plot(
            [], [], color=plots.DISCRIMINATOR, linewidth=1.2, linestyle="--", label="their means"
        )[0],
        "distance": right.plot([], [], color=plots.GENERATOR, linewidth=1.5, label="distance")[0],
        "law": right.plot([], [], color=plots.EXACT, linestyle=":", label="power of t")[0],
        "here": right.plot([], [], "o", color=plots.GENERATOR, markersize=7)[0],
    }
    left.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal", xlabel="θ", ylabel="ψ")
    right.set(xlim=(0.05, 300), ylim=(0.003, 2), xscale="log", yscale="log")
    right.set(xlabel="time t", ylabel="distance from (0, 0)")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Draw the path so far, and say the distance and the law."""
    artists["path"].set_data(*result["path"].T)
    artists["means"].set_data(*result["means"].T)
    artists["end"].set_data(*result["path"][-1:].T)
    for name in ("distance", "law"):
        artists[name].set_data(TIMES, result[name])
    time, distance = result["here"]
    artists["here"].set_data([time], [distance])
    power = exponent(result["weight"])
    law = f"it falls like t to the power {power:.3f}".replace("-", "−") if power else "it does not fall"
    tenfold = f": ten times as long for a factor {10**-power:.2f}" if power else ""
    return f"c = {result['weight']:.2f}. At time {time:.1f} the distance is {distance:.4f}; {law}{tenfold}."


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("weight", 0.0, 1.5, 0.05, 0.5, "c: weight of the average"),
        Knob("time", -1.0, round(math.log10(STEP * STEPS), 1), 0.1, 1.5, "time, as a power of ten"),
    ]
    return Demo(compute, scene, draw, knobs, name="averaged game", **{"size": (7.4, 3.4), **look})
