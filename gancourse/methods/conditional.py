"""Classes for both players: the noise carries the class, and the discriminator is told it."""

import numpy as np
import torch

from gancourse._validate import fail, integer
from gancourse.data import Images, to_network
from gancourse.methods._moves import descend, named

__all__ = ["conditional", "labelled"]


def conditional(*, discriminator_steps=1):
    """A step for players who know the class y: D judges pairs, real (x, y) and generated (G(z, y), y).

    It plays the joint game: D tells p(x, y) from q(x | y) p(y), so that a right picture of a wrong class
    counts as fake. In every step D goes k times down L_D(v(x, y), v(G(z, y'), y')), on fresh pairs of data
    and fresh noise, then G once down L_G(v(G(z, y), y)).

    The data come from ``labelled``. G has ``labels(z)``, the class that z carries, one-hot, and D is called
    as ``discriminator(x, y)``: see ``ResNetGenerator`` and ``ResNetDiscriminator`` with ``classes``.

    Arguments:
        discriminator_steps: k.

    Returns:
        a function for ``train(step=…)``; of k discriminator losses it reports the last.

    Raises:
        ValueError: k is not a whole number of at least 1; in a step: ``sample`` gives no pairs, or the
            generator carries no class.

    Source: Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014, arXiv 1411.1784, equation 2.
    """
    k = integer("discriminator_steps", discriminator_steps)

    def step(
        generator, discriminator, objective, *, real, noise, generator_optimizer, discriminator_optimizer
    ):
        for _ in range(k):
            x, y = _pair(real())
            z = noise()
            with torch.no_grad():
                fake, asked = generator(z), _labels(generator, z)
            loss_d = objective.discriminator(discriminator(x, y), discriminator(fake, asked))
            descend((discriminator_optimizer, loss_d))

        z = noise()
        fake_logits = discriminator(generator(z), _labels(generator, z))
        real_logits = discriminator(*_pair(real())) if getattr(objective, "paired", False) else None
        loss_g = objective.generator(fake_logits, real_logits)
        descend((generator_optimizer, loss_g))
        return {"discriminator": loss_d, "generator": loss_g}

    return named(step, "conditional", discriminator_steps=k)


def labelled(images):
    """``sample(n, rng)`` for the step: pixels (n, c, h, w) in [−1, 1] and classes, one-hot, (n, classes).

    Arguments:
        images: gancourse.data.Images.

    Raises:
        ValueError: they have no labels.
    """
    if not isinstance(images, Images):
        fail("images", images, "gancourse.data.Images, which have labels")
    rows = np.eye(len(images.classes), dtype=np.float32)

    def sample(n, rng):
        which = rng.integers(len(images), size=integer("n", n))
        return to_network(images.pixels[which]), rows[images.labels[which]]

    sample.__qualname__ = "labelled"
    return sample


def _pair(batch):
    if not isinstance(batch, tuple) or len(batch) != 2:
        fail("sample", batch, "a function that returns images and their classes, such as labelled(images)")
    return batch


def _labels(generator, z):
    y = generator.labels(z) if hasattr(generator, "labels") else None
    if y is None:
        fail("generator", type(generator).__name__, "one whose noise carries a class: labels(z)")
    return y
