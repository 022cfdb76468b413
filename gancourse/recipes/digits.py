"""A DCGAN of digits within a minute on two CPU cores, and the weights of one that trained longer."""

import torch

from gancourse.models import DCGANDiscriminator, DCGANGenerator
from gancourse.pretrained import CHECKPOINTS, load_weights
from gancourse.training import train

__all__ = ["BATCH", "STEPS", "dcgan_digits", "pretrained_generator"]

BATCH, STEPS = 32, 3_000


def dcgan_digits(images, *, steps=STEPS, seed=0, progress=True, watch=None, **options):
    """Train a DCGAN on digits, and return the History; its ``averaged_generator`` is what to draw from.

    The published rules and the non-saturating loss, with three settings tuned for one minute: batches of 32
    (the paper: 128); a generator that learns four times as fast as its discriminator (Adam at 2e-3 and 5e-4;
    the paper: 2e-4 for both); and an averaged generator (decay 0.995, some 200 steps).

    Arguments:
        images: gancourse.data.Images of 28 x 28 grey pixels; or any object with the same ``sample(n, rng)``.
        steps: how many steps of each player, with 32 images and 32 noise vectors each.
        seed: settles the initial weights, the batches and the noise.
        progress: show a line with both losses.
        watch: called as ``watch(step, averaged_generator, discriminator)``; see ``gancourse.training.train``.
        options: anything else that ``train`` takes, such as ``watch_every``, ``checkpoint``, ``threads``.

    Returns:
        gancourse.training.History.

    Sources: Radford, Metz and Chintala, 2016, arXiv 1511.06434; two rates: Heusel et al., 2017, arXiv
    1706.08500; averaging: Yazıcı et al., "The Unusual Effectiveness of Averaging in GAN Training", 2019,
    arXiv 1806.04498.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, discriminator = DCGANGenerator(size=28), DCGANDiscriminator(size=28)
    settings = {"batch": BATCH, "learning_rate": (2e-3, 5e-4), "average": 0.995} | options
    return train(
        generator,
        discriminator,
        images.sample,
        "non_saturating",
        steps=steps,
        seed=seed,
        progress=progress,
        watch=watch,
        **settings,
    )


def pretrained_generator():
    """The generator that ``tools/train_digits_dcgan.py`` trained, a DCGANGenerator in eval mode.

    Raises:
        DataError: the weights are missing or damaged; the message names the file and the command.
    """
    return load_weights(
        DCGANGenerator(size=28),
        CHECKPOINTS / "dcgan_digits.safetensors",
        "python tools/train_digits_dcgan.py",
    )
