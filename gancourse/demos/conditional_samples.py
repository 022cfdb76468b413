"""One generator, ten classes: the class by a button, the rest by sliders (E15)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.demos.latent_space import noise, slerp

__all__ = ["CLASSES", "RECIPES", "STOPS", "compute", "demo", "draw", "scene"]

CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
RECIPES = ("dcgan_conditional", "sngan_conditional")
STOPS = 8


@functools.cache
def _generator(recipe):
    from gancourse.recipes.cifar_race import generator_of

    return generator_of(recipe)


def compute(*, walk, seed, blend, first, second, recipe):
    """A row of one class along a walk in z, and one z as each of the ten classes.

    Arguments:
        walk: where on the way from one z to another, from 0 to 1.
        seed: of the two ends.
        blend: share of the second class, from 0 to 1: the place of the one-hot label takes any mixture.
        first, second: positions in CLASSES.
        recipe: a position in RECIPES.

    Returns:
        dict: here (1, 3, 32, 32), all (10, 3, 32, 32), the same z as each class, and path (8, 3, 32, 32), the
        stops of the walk in the class asked for; images in [−1, 1].
    """
    import torch

    from gancourse.compute import threads

    network = _generator(RECIPES[recipe])
    ends = (noise(seed + 1_000 * i, network.noise_dim) for i in range(2))
    codes = slerp(*ends, np.append(np.linspace(0, 1, STOPS), walk))
    asked = (1 - blend) * np.eye(10)[first] + blend * np.eye(10)[second]
    path = np.hstack([codes, np.tile(asked, (STOPS + 1, 1))])
    each = np.hstack([np.tile(codes[-1], (10, 1)), np.eye(10)])
    with torch.no_grad(), threads(1):
        images = network(torch.as_tensor(np.vstack([path, each]), dtype=torch.float32)).numpy()
    return {
        "path": images[:STOPS], "here": images[STOPS : STOPS + 1], "all": images[STOPS + 1 :],
        "walk": walk, "blend": blend, "first": first, "second": second,
    }  # fmt: skip


def scene(figure):
    """Left the image here, right above the walk in its class, below the same z as each of the ten classes."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 3.4))
    here = plots.image_grid(left, np.zeros((1, 3, 32, 32)), columns=1, title="here")
    blank = np.full((20, 3, 32, 32), 1.0)
    sheet = plots.image_grid(right, blank, columns=10, title="above: the walk   below: this z, each class")
    return {"here": here, "sheet": sheet}


def draw(artists, result):
    """Replace the images."""
    artists["here"].set_data(plots.tile(result["here"], 1))
    white = np.full((10 - STOPS, 3, 32, 32), 1.0)
    artists["sheet"].set_data(plots.tile(np.concatenate([result["path"], white, result["all"]]), 10))
    first, second, share = CLASSES[result["first"]], CLASSES[result["second"]], result["blend"]
    what = first if share == 0 else second if share == 1 else f"{1 - share:.0%} {first}, {share:.0%} {second}"
    change = np.sqrt(np.mean((result["all"] - result["all"].mean(0)) ** 2))
    return (
        f"Asked for {what}; {result['walk']:.0%} of the way. The class alone moves a pixel by {change:.2f} "
        "(root mean square, in [−1, 1])."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("walk", 0.0, 1.0, 0.05, 0.0, "way from one z to another"),
        Knob("seed", 0, 99, 1, 3, "seed of both z"),
        Knob("blend", 0.0, 1.0, 0.1, 0.5, "share of the second class"),
        Knob("first", high=9, step=1, start=8, label="class", options=CLASSES),
        Knob("second", high=9, step=1, start=7, label="second class", options=CLASSES),
        Knob("recipe", high=1, step=1, start=0, label="recipe", options=("DCGAN", "SNGAN")),
    ]
    return Demo(
        compute, scene, draw, knobs, name="conditional samples", **{"size": (9.0, 2.7), "dpi": 90, **look}
    )
