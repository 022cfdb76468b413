"""Eight ways to train a GAN on the ring and on the grid, replayed from stored samples (E3)."""

import functools

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.recipes import mode_collapse
from gancourse.recipes.mode_tables import LABELS

__all__ = ["SETS", "compute", "demo", "draw", "scene"]

SETS = ("ring", "grid")
METHODS = tuple(LABELS)
_UNIT = {"ring": 1.0, "grid": 4.0}  # the outermost mode along an axis, which is drawn at 1


@functools.cache
def _found():
    try:
        return mode_collapse.stored()
    except FileNotFoundError:
        return {}


def compute(*, moment, method, data, seed):
    """One stored run at one moment: its samples, and its scores over the training.

    Arguments:
        moment: from 0, before training, to 1, its end.
        method: a position among the methods of ``mode_tables.LABELS``.
        data: a position in SETS.
        seed: 0, 1 or 2.

    Returns:
        dict: method, data, seed; modes (k, 2), with the outermost at 1; samples (250, 2) in that unit, None
        where the run was not made, and where it was, step, steps (t,), captured (as a share of k) and
        high_quality (t,), at, the position of step.
    """
    name, kind = SETS[data], METHODS[method]
    centres, run = mode_collapse.DATA[name].means, _found().get((name, kind))
    result = {"method": kind, "data": name, "seed": seed, "modes": centres / _UNIT[name], "samples": None}
    if run is not None and seed < len(run["samples"]):
        at = round(moment * (len(run["step"]) - 1))
        result |= {
            "samples": run["samples"][seed, at] / _UNIT[name], "step": int(run["step"][at]), "at": at,
            "steps": run["step"], "captured": run["curves"]["captured"][seed] / len(centres),
            "high_quality": run["curves"]["high_quality"][seed],
        }  # fmt: skip
    return result


def scene(figure):
    """Left the samples among the modes, right modes captured and share of good samples over the training."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.3])
    (modes,) = left.plot([], [], "o", color=plots.DATA, markersize=9, alpha=0.35, label="modes")
    (samples,) = left.plot([], [], ".", color=plots.GENERATOR, markersize=4, alpha=0.7, label="generated")
    left.set(
        xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xlabel="x₁ (outermost mode at 1)", ylabel="x₂",
        xticks=(-1, 0, 1), yticks=(-1, 0, 1),
    )  # fmt: skip
    (captured,) = right.plot([], [], color=plots.GENERATOR, label="modes captured")
    (good,) = right.plot([], [], color=plots.SERIES[1], linestyle="--", label="high quality")
    right.axhline(0.9889, color=plots.EXACT, linewidth=1, linestyle=":", label="perfect")
    here = right.axvline(0, color=plots.MUTED, linewidth=1)
    right.set(xlim=(0, mode_collapse.STEPS), ylim=(0, 1.05), xlabel="step of G", ylabel="share")
    plots.legend(left)
    plots.legend(right)
    return {"modes": modes, "samples": samples, "captured": captured, "good": good, "here": here}


def draw(artists, result):
    """Move samples, curves and the mark, and say the numbers."""
    artists["modes"].set_data(*result["modes"].T)
    there = result["samples"] is not None
    artists["samples"].set_data(*(result["samples"].T if there else ([], [])))
    for name, key in (("captured", "captured"), ("good", "high_quality")):
        artists[name].set_data(*((result["steps"], result[key]) if there else ([], [])))
    artists["here"].set_xdata([result["step"] if there else 0] * 2)
    title = f"{LABELS[result['method']]} on the {result['data']}, seed {result['seed']}"
    if not there:
        return f"{title}: not yet run. `{mode_collapse.COMMAND}` makes it (0 of 10 seeds are here)."
    k, at = len(result["modes"]), result["at"]
    return (
        f"{title}, step {result['step']:,}: {round(result['captured'][at] * k)} of {k} modes, "
        f"{100 * result['high_quality'][at]:.1f} % of the samples of high quality."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    short = ("vanilla", "non-saturating", "unrolled", "packed", "VEEGAN", "WGAN-GP", "R1", "relativistic")
    knobs = [
        Knob("moment", 0.0, 1.0, 0.02, 1.0, "share of the training"),
        Knob("seed", 0, 2, 1, 0, "seed"),
        Knob("data", high=1, step=1, start=0, label="data", options=SETS),
        Knob("method", high=7, step=1, start=1, label="method", options=short),
    ]
    return Demo(compute, scene, draw, knobs, name="collapse runs", size=(9.0, 3.9), **look)
