"""Packing: the discriminator judges several samples at once, so that a lack of variety is visible."""

import torch
from torch import nn

from gancourse._validate import fail, integer

__all__ = ["Packed", "on_packs"]


class Packed(nn.Module):
    """A discriminator of packs: m consecutive samples of one kind, concatenated, get one logit.

    It compares the product p(x₁)…p(x_m) with q(x₁)…q(x_m). The distance between such products grows with m,
    and of two generators equally far from p in total variation it grows faster for the one that lacks modes:
    in a pack its samples are too alike. Everything else of the game stays as it was.

    Points with shape (n, d) become packs (n/m, m·d), images (n, c, h, w) become (n/m, m·c, h, w), and the
    logits have shape (n/m,). The wrapped discriminator must take packs: ``MLPDiscriminator(in_dim=m * d)``.
    A penalty acts on packs through ``on_packs``.

    Arguments:
        discriminator: a network from packs to logits, with one for each.
        m: samples in a pack; 1 is the discriminator itself.

    Raises:
        ValueError: m is not a whole number of at least 1; discriminator is no module; a batch has not at
            least two dimensions, or its samples (of each member, in a stack) cannot be packed without a rest.

    Source: Lin, Khetan, Fanti and Oh, "PacGAN: The power of two samples in generative adversarial networks",
    2018, arXiv 1712.04086.

    Example:
        >>> from gancourse.models import MLPDiscriminator
        >>> discriminator = Packed(MLPDiscriminator(in_dim=6), m=3)
        >>> discriminator(torch.zeros(12, 2)).shape
        torch.Size([4])
    """

    def __init__(self, discriminator, m):
        super().__init__()
        if not isinstance(discriminator, nn.Module):
            fail("discriminator", discriminator, "a network from packs to logits")
        self.discriminator, self.m = discriminator, integer("m", m)
        self.members = getattr(discriminator, "members", 1)

    def pack(self, x):
        """The packs of a batch: (n, d, ...) to (n/m, m·d, ...), consecutive samples side by side."""
        if not isinstance(x, torch.Tensor) or x.ndim < 2:
            fail("x", x, "a tensor with shape (n, d, ...)")
        if len(x) % (self.m * self.members):
            of_members = f" for each of {self.members} members" if self.members > 1 else ""
            fail("x", x, f"a number of samples{of_members} that {self.m} divides: packs of {self.m}")
        return x.reshape(len(x) // self.m, self.m * x.shape[1], *x.shape[2:])

    def forward(self, x):
        return self.discriminator(self.pack(x))

    def extra_repr(self):
        return f"m={self.m}"


def on_packs(penalty):
    """A penalty of packs: what ``penalty`` is to samples, with each pack taken as one sample.

    The gradient is the wrapped discriminator's in the whole pack, m·d numbers; its norm is one number a pack,
    and points between real and generated packs are mixed with one weight a pack.

    Arguments:
        penalty: ``penalty(discriminator, real, fake)``, a scalar.

    Returns:
        a function of the same arguments, for ``train(penalty=…)``, whose discriminator is a ``Packed``.

    Raises:
        ValueError: penalty is no function; the discriminator is not ``Packed``.

    Example:
        >>> from gancourse.penalties import gradient_penalty
        >>> linear = nn.Sequential(nn.Linear(4, 1), nn.Flatten(0))
        >>> nn.init.constant_(linear[0].weight, 2.0)  # the norm of (2, 2, 2, 2) is 4
        Parameter containing:
        tensor([[2., 2., 2., 2.]], requires_grad=True)
        >>> on_packs(gradient_penalty)(Packed(linear, 2), torch.zeros(6, 2), torch.ones(6, 2)).item()
        9.0
    """
    if not callable(penalty):
        fail("penalty", penalty, "a function penalty(discriminator, real, fake)")

    def packed_penalty(discriminator, real, fake):
        if not isinstance(discriminator, Packed):
            fail("discriminator", discriminator, "one that is Packed")
        return penalty(discriminator.discriminator, discriminator.pack(real), discriminator.pack(fake))

    packed_penalty.__qualname__ = f"on_packs({getattr(penalty, '__qualname__', type(penalty).__qualname__)})"
    return packed_penalty
