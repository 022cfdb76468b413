"""WGAN-GP: a critic whose gradient is pulled to norm one between data and samples."""

from gancourse.models.resnet import ResNetDiscriminator, ResNetGenerator
from gancourse.penalties import gradient_penalty
from gancourse.recipes._adam import adam
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "wgan_gp"]

WIDTH = dict(ci=4, cpu=24, gpu=128)  # by the profile


def wgan_gp(images, *, steps=100_000, batch=64, width=None, seed=0):
    """The arguments of ``train`` for WGAN-GP on residual networks: ``train(**wgan_gp(images))``.

    As published: weight 10, five critic steps for one of the generator, batches of 64, Adam at 2e-4 with
    β = (0, 0.9) whose rate falls linearly to 0 over the run, no norm in the critic. The networks are those of
    SNGAN's table, without spectral norm, as in the tables that compare the two; the paper's own have 128
    channels in the generator too. Not published: the averaged generator.

    Arguments, returned value and errors: as for ``dcgan``; width is the critic's, the generator has twice as
    many channels: 128 and 256 as published on a GPU, 24 and 48 on a CPU.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028, algorithm 1 and
    appendix F.
    """
    size, channels, width = measures(images, width, WIDTH)
    with seeded(seed):
        generator = ResNetGenerator(size, channels, width=2 * width)
        critic = ResNetDiscriminator(size, channels, width)
    return dict(
        generator=generator,
        discriminator=critic,
        sample=images.sample,
        objective="wasserstein",
        steps=steps,
        batch=batch,
        discriminator_steps=5,
        penalty=_ten_times,
        generator_optimizer=adam(2e-4, betas=(0.0, 0.9), updates=steps),
        discriminator_optimizer=adam(2e-4, betas=(0.0, 0.9), updates=5 * steps),
        average=0.999,
        seed=seed,
    )


def _ten_times(critic, real, fake):
    return 10 * gradient_penalty(critic, real, fake)
