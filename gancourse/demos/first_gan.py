"""A GAN in the plane: trained before the reader's eyes, then moved back and forth over its training."""

import numpy as np

from gancourse import plots
from gancourse.demos._live import LivePicture
from gancourse.demos._replay import replay
from gancourse.densities import ring

__all__ = ["DATA", "demo", "draw", "learn", "scene"]

DATA = ring(modes=8, radius=1.0, std=0.12)
SIDE = 41  # D is drawn on SIDE x SIDE points
REACH = 1.8


def learn(steps=3_000, *, seed=0, watch_every=50, shown=500, live=True):
    """Train a small GAN on eight modes, and keep what it looks like as it goes.

    Arguments:
        steps: training steps.
        seed: fixes everything.
        watch_every: a snapshot every so many steps.
        shown: points drawn of each kind.
        live: whether to show the picture while training.

    Returns:
        list of snapshots, dicts with step, real and fake (shown, 2), and d (SIDE, SIDE), D on the square
        [−REACH, REACH]².
    """
    import torch  # the rest of this demo draws arrays and needs no torch

    from gancourse.models import MLPDiscriminator, MLPGenerator
    from gancourse.training import train

    rng = np.random.default_rng(seed)
    real = DATA.sample(shown, rng)
    axis = torch.linspace(-REACH, REACH, SIDE)
    lattice = torch.cartesian_prod(axis, axis)  # (SIDE², 2), the first coordinate varies slowest
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, discriminator = MLPGenerator(width=64), MLPDiscriminator(width=64)
        noise = torch.randn(shown, generator.noise_dim)
    picture = LivePicture(scene, draw, size=(8.4, 4.0)) if live else None

    def look(step, generator, discriminator):
        snapshot = {
            "step": step,
            "real": real,
            "fake": generator(noise).double().numpy(),
            "d": torch.sigmoid(discriminator(lattice)).double().numpy().reshape(SIDE, SIDE).T,
        }
        if picture:
            picture.update(snapshot)
        return snapshot

    history = train(
        generator, discriminator, DATA.sample, "non_saturating",
        steps=steps, batch=256, learning_rate=1e-3, seed=seed, watch=look, watch_every=watch_every,
        device="cpu", progress=False,
    )  # fmt: skip
    if picture:
        picture.finish()
    return [snapshot for _, snapshot in history.watched]


def scene(figure):
    """Left the points, right what D says of every place."""
    left, right = figure.subplots(1, 2)
    real = left.plot([], [], ".", color=plots.DATA, alpha=0.35, markersize=4, label="data")[0]
    fake = left.plot([], [], ".", color=plots.GENERATOR, alpha=0.6, markersize=4, label="generated")[0]
    plots.legend(left)
    heat = right.imshow(
        np.full((SIDE, SIDE), 0.5), origin="lower", extent=(-REACH, REACH) * 2, vmin=0, vmax=1, cmap="PuOr",
        interpolation="bilinear",
    )  # fmt: skip
    over = right.plot([], [], ".", color="black", alpha=0.35, markersize=2)[0]
    bar = right.figure.colorbar(heat, ax=right, fraction=0.046, ticks=[0, 0.5, 1])
    bar.set_label("D: probability of real")
    for axes in (left, right):
        axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="x₁", ylabel="x₂")
        axes.grid(False)
    step = left.text(0.02, 0.98, "", transform=left.transAxes, va="top")
    return {"heat": heat, "over": over, "real": real, "fake": fake, "step": step}


def draw(artists, result):
    """Move the points, repaint D."""
    artists["real"].set_data(*result["real"].T)
    artists["fake"].set_data(*result["fake"].T)
    artists["over"].set_data(*result["fake"].T)
    artists["heat"].set_data(result["d"])
    artists["step"].set_text(f"step {result['step']:,}")
    far = np.abs(np.linalg.norm(result["fake"], axis=1) - 1).mean()
    return (
        f"Step {result['step']:,}. The generated points lie {far:.2f} off the circle of the data, on average."
    )


def demo(snapshots, **look):
    """A slider over the training; keywords go to ``Demo``."""
    return replay(scene, draw, snapshots, name="first gan", step=0.02, **{"size": (8.4, 4.0), **look})
