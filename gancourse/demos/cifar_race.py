"""Seven recipes on CIFAR-10 within the same time, replayed from stored scores and samples (E2, E13)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.recipes import RECIPES, cifar_race

__all__ = ["NAMES", "compute", "demo", "draw", "scene"]

NAMES = {
    "dcgan": "DCGAN",
    "dcgan_conditional": "DCGAN, conditional",
    "wgan": "WGAN, clipped",
    "wgan_gp": "WGAN-GP",
    "sngan": "SNGAN",
    "sngan_conditional": "SNGAN, conditional",
    "modern": "modern baseline",
}
SCORES = ("frechet", "precision", "recall")
HIGHEST = 100  # of the axis; an untrained generator scores about 80


@functools.cache
def _found():
    try:
        return cifar_race.stored()
    except FileNotFoundError:
        return {}, {}


def compute(*, moment, recipe):
    """One recipe at one moment of its run.

    Arguments:
        moment: from 0, before training, to 1, its end.
        recipe: a position in NAMES.

    Returns:
        dict: recipe; where it was run, at, minutes (t,), step (t,), frechet, precision and recall (t,),
        images (16, 3, 32, 32) in [−1, 1] and floor, the score of real images; else images None.
    """
    rows, floor = _found()
    name = tuple(NAMES)[recipe]
    row = rows.get(name)
    if row is None:
        return {"recipe": name, "images": None}
    curve, at = row["curve"], round(moment * (len(row["way"]) - 1))
    return {
        "recipe": name, "at": at, "images": row["way"][at] / np.float32(127.5) - 1,
        "floor": floor[str(cifar_race.FEW)]["frechet"],
        **{key: curve[key] for key in ("minutes", "step", *SCORES)},
    }  # fmt: skip


def scene(figure):
    """Left sixteen samples, right the Fréchet distance of every recipe over the minutes."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    sheet = plots.image_grid(left, np.zeros((16, 3, 32, 32)), columns=4, title="always the same noise")
    rows, floor = _found()
    for row in rows.values():
        right.plot(row["curve"]["minutes"], row["curve"]["frechet"], color=plots.MUTED, linewidth=1)
    if floor:
        best = floor[str(cifar_race.FEW)]["frechet"]
        right.axhline(best, color=plots.DATA, linestyle=":", label="real images")
    (line,) = right.plot([], [], color=plots.GENERATOR, label="this recipe")
    (mark,) = right.plot([], [], "o", color=plots.GENERATOR, markersize=8)
    right.set(
        xlim=(-0.02 * cifar_race.MINUTES, 1.02 * cifar_race.MINUTES), ylim=(0, HIGHEST),
        xlabel="minutes of one core, training alone", ylabel="Fréchet distance, 500 images",
    )  # fmt: skip
    plots.legend(right)
    return {"sheet": sheet, "line": line, "mark": mark}


def draw(artists, result):
    """Replace the samples, move line and mark, and say the numbers."""
    title = NAMES[result["recipe"]]
    if result["images"] is None:
        artists["sheet"].set_data(plots.tile(np.zeros((16, 3, 32, 32)), 4))
        for name in ("line", "mark"):
            artists[name].set_data([], [])
        return f"{title}: not yet run. `{cifar_race.COMMAND} --recipes {result['recipe']}` makes it."
    at = result["at"]
    artists["sheet"].set_data(plots.tile(result["images"], 4))
    shown = np.minimum(result["frechet"], HIGHEST)
    artists["line"].set_data(result["minutes"], shown)
    artists["mark"].set_data([result["minutes"][at]], [shown[at]])
    return (
        f"{title}, {result['minutes'][at]:.1f} minutes, step {result['step'][at]:,.0f}: Fréchet distance "
        f"{result['frechet'][at]:.0f} (real images {result['floor']:.0f}), precision "
        f"{result['precision'][at]:.2f}, recall {result['recall'][at]:.2f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    assert tuple(NAMES) == tuple(RECIPES)
    knobs = [
        Knob("moment", 0.0, 1.0, 1 / cifar_race.WATCHES, 1.0, "share of the training"),
        Knob("recipe", high=len(NAMES) - 1, step=1, start=0, label="recipe", options=tuple(NAMES.values())),
    ]
    return Demo(compute, scene, draw, knobs, name="cifar race", **{"size": (9.0, 3.6), **look})
