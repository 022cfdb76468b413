"""The first WGAN: a critic whose weights are clipped after every step."""

from torch.optim import RMSprop

from gancourse.models import DCGANDiscriminator, DCGANGenerator
from gancourse.penalties import clip_
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "wgan"]

WIDTH = dict(ci=8, cpu=32, gpu=128)  # by the profile


def wgan(images, *, steps=25_000, batch=64, width=None, seed=0):
    """The arguments of ``train`` for a WGAN with clipping: ``train(**wgan(images))``.

    As published: five critic steps for one of the generator, weights clipped into [−0.01, 0.01], RMSProp at
    5e-5 for both, batches of 64, and the DCGAN pair, batch norm in the critic included. Not published: the
    averaged generator.

    Arguments, returned value and errors: as for ``dcgan``; width is 128 on a GPU, 32 on a CPU.

    Source: Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017, arXiv 1701.07875, algorithm 1.
    """
    size, channels, width = measures(images, width, WIDTH)
    with seeded(seed):
        generator = DCGANGenerator(size, channels, noise_dim=100, width=width)
        critic = DCGANDiscriminator(size, channels, width)
    return dict(
        generator=generator,
        discriminator=critic,
        sample=images.sample,
        objective="wasserstein",
        steps=steps,
        batch=batch,
        discriminator_steps=5,
        constraint=_clipped,
        generator_optimizer=_rmsprop,
        discriminator_optimizer=_rmsprop,
        average=0.999,
        seed=seed,
    )


def _clipped(critic):
    return clip_(critic, 0.01)


def _rmsprop(parameters):
    return RMSprop(parameters, 5e-5)
