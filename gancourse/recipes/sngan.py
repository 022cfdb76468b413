"""SNGAN on the residual networks of the published CIFAR-10 tables."""

from gancourse.methods import spectral_norm_
from gancourse.models.resnet import ResNetDiscriminator, ResNetGenerator
from gancourse.recipes._adam import adam
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "sngan"]

WIDTH = dict(ci=4, cpu=24, gpu=128)  # by the profile


def sngan(images, *, steps=50_000, batch=64, width=None, seed=0):
    """The arguments of ``train`` for SNGAN: ``train(**sngan(images))``.

    As published: hinge loss, spectral norm on every layer of the discriminator and none in the generator,
    five discriminator steps for one of the generator, 50,000 generator steps, Adam at 2e-4 with β = (0, 0.9)
    whose rate falls linearly to 0 over the run, batches of 64 (the authors' code gives the generator 128).
    Not published: the averaged generator.

    Arguments, returned value and errors: as for ``dcgan``; width is the discriminator's, the generator has
    twice as many channels: 128 and 256 as published on a GPU, 24 and 48 on a CPU.

    Source: Miyato, Kataoka, Koyama and Yoshida, 2018, arXiv 1802.05957, section 4 and table 4, and the
    configuration in the authors' code.
    """
    size, channels, width = measures(images, width, WIDTH)
    with seeded(seed):
        generator = ResNetGenerator(size, channels, width=2 * width)
        discriminator = spectral_norm_(ResNetDiscriminator(size, channels, width))
    return dict(
        generator=generator,
        discriminator=discriminator,
        sample=images.sample,
        objective="hinge",
        steps=steps,
        batch=batch,
        discriminator_steps=5,
        generator_optimizer=adam(2e-4, betas=(0.0, 0.9), updates=steps),
        discriminator_optimizer=adam(2e-4, betas=(0.0, 0.9), updates=5 * steps),
        average=0.999,
        seed=seed,
    )
