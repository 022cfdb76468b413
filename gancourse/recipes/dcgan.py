"""DCGAN as published: strided convolutions, batch norm in both players, Adam with β₁ = 0.5."""

from gancourse.models import DCGANDiscriminator, DCGANGenerator
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "dcgan"]

WIDTH = dict(ci=8, cpu=32, gpu=128)  # by the profile


def dcgan(images, *, steps=25_000, batch=128, width=None, seed=0):
    """The arguments of ``train`` for a DCGAN: ``train(**dcgan(images))``.

    As published: batches of 128, Adam at 2e-4 for both players with β = (0.5, 0.999), non-saturating loss, z
    of 100 numbers (drawn from N(0, I); the paper: uniform). Not published: the averaged generator, which is
    what to draw from, and a smaller network where there is no GPU.

    Arguments:
        images: gancourse.data.Images of 28 or 32 pixels, 1 or 3 channels.
        steps, batch, seed: as in ``train``; the seed settles the first weights too.
        width: channels in front of the image; 128 as published on a GPU, 32 on a CPU.

    Returns:
        dict of keyword arguments.

    Raises:
        ValueError: the images are no Images of such a shape, or a number is out of range.

    Source: Radford, Metz and Chintala, 2016, arXiv 1511.06434; the average: Yazıcı et al., 2019, arXiv
    1806.04498.
    """
    size, channels, width = measures(images, width, WIDTH)
    with seeded(seed):
        generator = DCGANGenerator(size, channels, noise_dim=100, width=width)
        discriminator = DCGANDiscriminator(size, channels, width)
    return dict(
        generator=generator,
        discriminator=discriminator,
        sample=images.sample,
        objective="non_saturating",
        steps=steps,
        batch=batch,
        learning_rate=2e-4,
        average=0.999,
        seed=seed,
    )
