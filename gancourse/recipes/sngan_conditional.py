"""SNGAN that is told the class: conditional batch norm, and the projection discriminator."""

from gancourse.methods import spectral_norm_
from gancourse.methods.conditional import conditional, labelled
from gancourse.models.resnet import ResNetDiscriminator, ResNetGenerator
from gancourse.recipes._adam import adam
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "sngan_conditional"]

WIDTH = dict(ci=4, cpu=24, gpu=128)  # by the profile


def sngan_conditional(images, *, steps=50_000, batch=64, width=None, seed=0):
    """The arguments of ``train`` for a conditional SNGAN: ``train(**sngan_conditional(images))``.

    Everything as in ``sngan``, and the class: the generator's noise carries it, one-hot, into conditional
    batch norms; the discriminator adds the projection (Vᵀy)·h(x) to its logit, V with spectral norm too.

    Arguments, returned value and errors: as for ``sngan``.

    Source: Miyato and Koyama, "cGANs with Projection Discriminator", 2018, arXiv 1802.05637, and the
    configuration for CIFAR-10 in the authors' code.
    """
    size, channels, width = measures(images, width, WIDTH)
    classes = len(images.classes)
    with seeded(seed):
        generator = ResNetGenerator(size, channels, width=2 * width, classes=classes)
        discriminator = spectral_norm_(ResNetDiscriminator(size, channels, width, classes=classes))
    return dict(
        generator=generator,
        discriminator=discriminator,
        sample=labelled(images),
        objective="hinge",
        steps=steps,
        batch=batch,
        step=conditional(discriminator_steps=5),
        generator_optimizer=adam(2e-4, betas=(0.0, 0.9), updates=steps),
        discriminator_optimizer=adam(2e-4, betas=(0.0, 0.9), updates=5 * steps),
        average=0.999,
        seed=seed,
    )
