"""Any pair told the class: one-hot behind the noise, and as constant channels beside the pixels."""

import torch
from torch import nn
from torch.nn import functional as F

from gancourse._validate import fail, integer
from gancourse.models.mlp import Generator

__all__ = ["ConditionalDiscriminator", "ConditionalGenerator"]


class ConditionalGenerator(Generator):
    """A generator whose noise carries the class: z = (N(0, I), one-hot), with shape (n, noise_dim + classes).

    Arguments:
        generator: a network from noise of more than ``classes`` dimensions, the last for the class.
        classes: how many.

    Raises:
        ValueError: generator has no noise_dim, or too small a one; z has another shape.

    Source: Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014, arXiv 1411.1784, section 3.2.

    Example:
        >>> from gancourse.models import DCGANGenerator
        >>> generator = ConditionalGenerator(DCGANGenerator(noise_dim=64 + 10), classes=10)
        >>> generator.labels(generator.noise(5)).shape
        torch.Size([5, 10])
    """

    def __init__(self, generator, classes):
        own = getattr(generator, "noise_dim", 0) - integer("classes", classes)
        if not isinstance(generator, nn.Module) or own < 1:
            fail("generator", generator, f"a network from noise of more than {classes} dimensions")
        super().__init__(own)
        self.generator, self.classes = generator, classes

    def noise(self, n, generator=None):
        """n draws of z: N(0, I), and behind it a class drawn uniformly, one-hot."""
        z = super().noise(n, generator)
        device = z.device if generator is None else generator.device
        drawn = torch.randint(self.classes, (len(z),), generator=generator, device=device).to(z.device)
        return torch.cat([z, F.one_hot(drawn, self.classes).to(z.dtype)], dim=1)

    def labels(self, z):
        """The class that z carries, with shape (n, classes)."""
        if z.ndim != 2 or z.shape[1] != self.noise_dim + self.classes:
            fail("z", z, f"shape (n, {self.noise_dim + self.classes})")
        return z[:, self.noise_dim :]

    def forward(self, z):
        self.labels(z)
        return self.generator(z)

    def extra_repr(self):
        return f"classes={self.classes}"


class ConditionalDiscriminator(nn.Module):
    """A discriminator of images and their classes: v(x, y), y one-hot (n, classes), as further channels.

    Arguments:
        discriminator: a network from images (n, c + classes, h, w) to logits (n,).
        classes: how many.

    Raises:
        ValueError: discriminator is no module; y has another shape.

    Source: as for ``ConditionalGenerator``; a label as channels beside an image: Isola et al.,
    "Image-to-Image Translation with Conditional Adversarial Networks", 2017, arXiv 1611.07004.

    Example:
        >>> from gancourse.models import DCGANDiscriminator
        >>> discriminator = ConditionalDiscriminator(DCGANDiscriminator(channels=1 + 10), classes=10)
        >>> discriminator(torch.zeros(5, 1, 28, 28), torch.eye(10)[:5]).shape
        torch.Size([5])
    """

    def __init__(self, discriminator, classes):
        super().__init__()
        if not isinstance(discriminator, nn.Module):
            fail("discriminator", discriminator, "a network from images to logits")
        self.discriminator, self.classes = discriminator, integer("classes", classes)

    def forward(self, x, y):
        if y.shape != (len(x), self.classes):
            fail("y", y, f"the classes of x, one-hot, with shape ({len(x)}, {self.classes})")
        maps = y[:, :, None, None].expand(-1, -1, *x.shape[2:])  # (n, classes, h, w)
        return self.discriminator(torch.cat([x, maps.to(x.dtype)], dim=1))

    def extra_repr(self):
        return f"classes={self.classes}"
