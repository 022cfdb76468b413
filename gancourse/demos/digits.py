"""Digits that grow as a DCGAN trains, before the reader's eyes."""

import numpy as np

from gancourse import plots
from gancourse.demos._live import LivePicture
from gancourse.demos._replay import replay

__all__ = ["COLUMNS", "ROWS", "demo", "draw", "learn", "scene"]

ROWS, COLUMNS = 5, 16


def learn(images, *, steps, seed=0, watch_every=None, live=True, **options):
    """Train the recipe of ``gancourse.recipes.digits`` and keep the same noise's images as they grow.

    Arguments:
        images: anything with ``sample(n, rng)``, as ``gancourse.data.Images``.
        steps: training steps.
        seed: of weights, batches and noise.
        watch_every: a snapshot every so many steps; a fortieth of the run by default.
        live: whether to show the picture while training.
        options: passed on to ``train``.

    Returns:
        (history, snapshots): snapshots are dicts with step and images (80, 1, 28, 28) in [−1, 1], the
        averaged generator's.
    """
    from gancourse.recipes.digits import dcgan_digits  # torch, which the drawing does without

    picture = LivePicture(scene, draw, size=(9.0, 3.1), dpi=90) if live else None

    def look(step, generator, discriminator):
        # ``train`` seeds the noise alike at each look, so a place in the grid is always the same z
        snapshot = {"step": step, "images": generator(generator.noise(ROWS * COLUMNS)).cpu().numpy()}
        if picture:
            picture.update(snapshot)
        return snapshot

    watch_every = watch_every or max(1, steps // 40)
    history = dcgan_digits(
        images, steps=steps, seed=seed, watch=look, watch_every=watch_every, progress=False, **options
    )
    if picture:
        picture.finish()
    return history, [snapshot for _, snapshot in history.watched]


def scene(figure):
    """A grid of images and the step."""
    axes = figure.subplots()
    blank = np.full((ROWS * COLUMNS, 1, 28, 28), -1.0, dtype=np.float32)
    sheet = plots.image_grid(axes, blank, columns=COLUMNS, title=" ")  # room for the step
    step = figure.text(0.01, 0.99, "", va="top")
    return {"sheet": sheet, "step": step}


def draw(artists, result):
    """Replace the images."""
    artists["sheet"].set_data(plots.tile(result["images"], COLUMNS))
    artists["step"].set_text(f"step {result['step']:,}")
    ink = (np.asarray(result["images"]) + 1).mean() / 2
    return (
        f"Step {result['step']:,}; the mean brightness of the images is {ink:.3f} (real digits: about 0.13)."
    )


def demo(snapshots, **look):
    """A slider over the training; keywords go to ``Demo``."""
    return replay(
        scene, draw, snapshots, name="digits", step=0.025, **{"size": (9.0, 3.1), "dpi": 90, **look}
    )
