"""A DCGAN that is told the class, for a minute on two CPU cores: lecture 15's settings, and the labels."""

from gancourse._validate import fail
from gancourse.methods.conditional import conditional, labelled
from gancourse.models.conditional import ConditionalDiscriminator, ConditionalGenerator
from gancourse.models.dcgan import DCGANDiscriminator, DCGANGenerator
from gancourse.recipes._adam import adam
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "dcgan_conditional"]

WIDTH = dict(ci=8, cpu=32, gpu=64)  # by the profile


def dcgan_conditional(images, *, steps=2_000, batch=32, width=None, seed=0):
    """The arguments of ``train`` for a small conditional DCGAN: ``train(**dcgan_conditional(images))``.

    Both players get the class: the generator behind its 64 numbers of noise, the discriminator as constant
    channels beside the pixels. So it uses the labels, which the other recipes but ``sngan_conditional`` do
    not: classes come in their right shares, and none is lost. All else is ``gancourse.recipes.digits``:
    batches of 32, Adam at 2e-3 for the generator and 5e-4 for the discriminator with β = (0.5, 0.999),
    averaged with decay 0.995; and here the rates fall linearly to 0 over the last 30 % of the run.

    Arguments, returned value and errors: as for ``dcgan``; width is 64 on a GPU, 32 on a CPU.

    Source: Mirza and Osindero, 2014, arXiv 1411.1784; Radford, Metz and Chintala, 2016, arXiv 1511.06434.
    """
    size, channels, width = measures(images, width, WIDTH)
    classes = len(images.classes)
    if classes > 100:  # a channel each
        fail("images", images, "images of at most 100 classes")
    with seeded(seed):
        generator = DCGANGenerator(size, channels, noise_dim=64 + classes, width=width)
        discriminator = DCGANDiscriminator(size, channels + classes, width)
    return dict(
        generator=ConditionalGenerator(generator, classes),
        discriminator=ConditionalDiscriminator(discriminator, classes),
        sample=labelled(images),
        objective="non_saturating",
        steps=steps,
        batch=batch,
        step=conditional(),
        generator_optimizer=adam(2e-3, updates=steps, hold=0.7),
        discriminator_optimizer=adam(5e-4, updates=steps, hold=0.7),
        average=0.995,
        seed=seed,
    )
