"""A modern small baseline: the relativistic loss in pairs, R1 + R2, and networks without any norm."""

import torch

from gancourse.models.normfree import NormFreeDiscriminator, NormFreeGenerator
from gancourse.penalties import r1
from gancourse.recipes._adam import adam
from gancourse.recipes._players import measures, seeded

__all__ = ["WIDTH", "modern"]

WIDTH = dict(ci=4, cpu=8, gpu=64)  # by the profile


def modern(images, *, steps=20_000, batch=64, width=None, seed=0):
    """The arguments of ``train`` for a small R3GAN: ``train(**modern(images))``.

    From the paper: softplus of the difference of two logits, one real and one generated; (γ/2)(R1 + R2) in
    every step; one discriminator step; Adam with β₁ = 0; an averaged generator; no norm anywhere. γ is the
    first one of the paper, 0.05 for 32 pixels, 1 for stacked MNIST, which serves for all of 28.

    Simpler than the paper: the networks (see ``NormFreeGenerator``); γ, β₂ = 0.99 and the average's decay
    stand still, which there move along cosines; the rate is 1e-3 and falls linearly to 0 over the last 70 %
    of the run, where the paper goes from 2e-4 to 5e-5 in batches of 512; and no augmentation.

    Arguments, returned value and errors: as for ``dcgan``; width is the number of channels at the full side:
    64 on a GPU, 8 on a CPU, where the image is folded (see ``NormFreeGenerator``).

    Source: Huang, Gokaslan, Kuleshov and Tompkin, 2024, arXiv 2501.05441, and the authors' code.
    """
    size, channels, width = measures(images, width, WIDTH)
    fold = 1 if width >= 32 else 2  # narrow maps as large as the image are slow
    with seeded(seed):
        generator = NormFreeGenerator(size, channels, width=width, fold=fold)
        discriminator = NormFreeDiscriminator(size, channels, width=width, fold=fold)
    return dict(
        generator=generator,
        discriminator=discriminator,
        sample=images.sample,
        objective="relativistic",
        steps=steps,
        batch=batch,
        penalty=_on_both(0.05 if size == 32 else 1.0),
        generator_optimizer=adam(1e-3, betas=(0.0, 0.99), updates=steps, hold=0.3),
        discriminator_optimizer=adam(1e-3, betas=(0.0, 0.99), updates=steps, hold=0.3),
        average=0.995,
        seed=seed,
    )


def _on_both(gamma):
    """(γ/2)(R1 + R2) in one pass: the mean over both batches together is half the sum of the two."""

    def penalty(critic, real, fake):
        return gamma * r1(critic, torch.cat([real, fake]))

    penalty.__qualname__ = f"r1_and_r2(gamma={gamma:g})"
    return penalty
