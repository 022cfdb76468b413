"""A walk from one digit to another in the space of noise."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["STOPS", "compute", "demo", "draw", "noise", "scene", "slerp"]

STOPS = 9


def noise(seed, dim):
    """z ~ N(0, I) with shape (dim,), the one that belongs to a seed."""
    return np.random.default_rng(seed).standard_normal(dim)


def slerp(a, b, t):
    """The walk from a to b along a great circle, its length growing evenly from |a| to |b|.

    The straight line leaves the shell on which N(0, I) lives: half-way between two independent draws it has
    only 1/√2 of their length. With Ω the angle between a and b,

        z(t) = [ sin((1 − t)Ω) a/|a| + sin(tΩ) b/|b| ] / sin Ω · ((1 − t)|a| + t|b|).

    Arguments:
        a, b: arrays (d,), not zero and not opposite.
        t: number or array (n,), from 0 to 1.

    Returns:
        array (d,) or (n, d).

    Source: T. White, "Sampling generative networks", 2016, arXiv 1609.04468.
    """
    t = np.asarray(t, dtype=np.float64)[..., None]
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    u, v = a / length_a, b / length_b
    angle = np.arccos(np.clip(u @ v, -1, 1))
    if angle < 1e-7:  # the same direction: the formula is 0/0, the walk is straight
        direction = u + t * (v - u)
    else:
        direction = (np.sin((1 - t) * angle) * u + np.sin(t * angle) * v) / np.sin(angle)
    return direction * ((1 - t) * length_a + t * length_b)


@functools.cache
def _generator():
    from gancourse.recipes.digits import pretrained_generator

    return pretrained_generator()


def compute(*, walk, start, end, radius):
    """Images along the walk, by the generator that ships with the course.

    Arguments:
        walk: where on the way, from 0 to 1.
        start, end: seeds of the two ends.
        radius: factor on the length of z; below 1 it is the truncation of the literature.

    Returns:
        dict: here (1, 1, 28, 28), the image at ``walk``; path (9, 1, 28, 28), stops on the way; images in
        [−1, 1]; and length, |z| divided by √d.
    """
    import torch

    from gancourse.compute import threads

    network = _generator()
    ends = noise(start, network.noise_dim), noise(end, network.noise_dim)
    z = radius * slerp(*ends, np.append(np.linspace(0, 1, STOPS), walk))
    with torch.no_grad(), threads(1):
        images = network(torch.as_tensor(z, dtype=torch.float32)).numpy()
    length = float(np.linalg.norm(z[-1]) / np.sqrt(network.noise_dim))
    return {"path": images[:-1], "here": images[-1:], "walk": walk, "length": length}


def scene(figure):
    """Left the image here, right the whole way with a mark at ``walk``."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 4.2))
    here = plots.image_grid(left, np.full((1, 1, 28, 28), -1.0), columns=1, title="here")
    path = plots.image_grid(
        right, np.full((STOPS, 1, 28, 28), -1.0), columns=STOPS, title="the way from start to end"
    )
    right.set_ylim(44, -1)
    (mark,) = right.plot([], [], "^", color=plots.GENERATOR, markersize=11)
    return {"here": here, "path": path, "mark": mark}


def draw(artists, result):
    """Replace the images, move the mark."""
    artists["here"].set_data(plots.tile(result["here"], 1))
    artists["path"].set_data(plots.tile(result["path"], STOPS))
    artists["mark"].set_data([14 + result["walk"] * (STOPS - 1) * 29], [37])
    return (
        f"{result['walk']:.0%} of the way; |z| is {result['length']:.2f} times √d, where N(0, I) has about 1."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("walk", 0.0, 1.0, 0.02, 0.5, "way from start to end"),
        Knob("radius", 0.0, 2.0, 0.05, 1.0, "factor on the length of z"),
        Knob("start", 0, 99, 1, 65, "start: seed"),
        Knob("end", 0, 99, 1, 67, "end: seed"),
    ]
    return Demo(compute, scene, draw, knobs, name="latent space", **{"size": (9.0, 2.4), **look})
