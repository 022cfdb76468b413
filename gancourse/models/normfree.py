"""A residual pair without any normalisation, after R3GAN: what a modern GAN needs, and small."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from gancourse._validate import fail, integer
from gancourse.models.mlp import Generator

__all__ = ["NormFreeDiscriminator", "NormFreeGenerator"]

_SIDE = 4
_SIZES = (28, 32)
_SLOPE = 0.2
_GAIN = math.sqrt(2 / (1 + _SLOPE**2))  # keeps the variance through a convolution and LeakyReLU


class NormFreeGenerator(Generator):
    """A generator without normalisation: noise (n, noise_dim) to images (n, channels, size, size), any range.

    The first map, 4 x 4 with 4·width channels, is a learned picture times a linear map of z, channel by
    channel. Then ``blocks`` residual blocks at each side 4, 8, 16, 32, with 4, 4, 2 and 1 times ``width``
    channels; between them a 1 x 1 convolution where the channels change, and bilinear doubling; at the end a
    1 x 1 convolution, without tanh: pixels beyond ±1 are clipped in eval mode only, so that they have a
    gradient in training. For 28 pixels the map of 32 loses two on each side.

    With ``fold`` 2 no map is as large as the image: 2 x 2 pixels are four channels of a map of 16, which has
    2·width, and the last stage is left out. That is for CPUs, where few channels at many places are slow.

    A block is x + conv(lrelu(conv(lrelu(x)))), 3 x 3, the second convolution zero at first, so that the
    network starts linear; the first has gain √(2/(1 + 0.2²))·L^(−1/2), L the number of blocks (Fixup).

    From R3GAN it takes the plan: the first map, resampling, no norm, zero start. It leaves out the grouped
    bottlenecks (1 x 1 to twice the channels, 3 x 3 in groups, 1 x 1 back) for plain pairs of 3 x 3, has half
    as many blocks, and halves the channels towards the image, where R3GAN for 32 pixels keeps 768 everywhere.

    Arguments:
        size: the side of an image in pixels, 28 or 32.
        channels: 1 for grey, 3 for colour.
        noise_dim: the dimension of z.
        width: channels at the full side.
        blocks: residual blocks at each side.
        fold: 1, or 2 for small machines.

    Raises:
        ValueError: a size out of range, or z of another shape.

    Source: Huang, Gokaslan, Kuleshov and Tompkin, "The GAN is dead; long live the GAN! A Modern GAN
    Baseline", 2024, arXiv 2501.05441; Zhang, Dauphin and Ma, "Fixup Initialization", 2019, arXiv 1901.09321.

    Example:
        >>> generator = NormFreeGenerator(size=28, channels=1, width=8)
        >>> generator(generator.noise(4)).shape
        torch.Size([4, 1, 28, 28])
    """

    def __init__(self, size=32, channels=3, noise_dim=64, width=64, *, blocks=1, fold=1):
        super().__init__(noise_dim)
        self.size, self.channels, widths = _checked(size, channels, width, blocks, fold)
        self.fold = fold
        self.picture = nn.Parameter(torch.randn(widths[0], _SIDE, _SIDE))
        self.modulate = _scaled(nn.Linear(self.noise_dim, widths[0], bias=False))
        self.stages = nn.ModuleList(_stage(wide, blocks, len(widths)) for wide in widths)
        self.changes = nn.ModuleList(_change(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.output = _scaled(nn.Conv2d(widths[-1], self.channels * fold**2, 1))

    def forward(self, z):
        h = self.picture * self.modulate(self._check_noise(z))[:, :, None, None]  # (n, 4·width, 4, 4)
        h = self.stages[0](h)
        for change, stage in zip(self.changes, self.stages[1:], strict=True):
            h = change(h)
            h = stage(F.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False))
        h = F.pixel_shuffle(self.output(h), self.fold)
        margin = (h.shape[-1] - self.size) // 2
        h = h[:, :, margin : margin + self.size, margin : margin + self.size]
        return h if self.training else h.clamp(-1, 1)

    def extra_repr(self):
        return f"size={self.size}, fold={self.fold}"


class NormFreeDiscriminator(nn.Module):
    """A discriminator without normalisation: images (n, channels, size, size) to logits (n,).

    The generator's plan backwards: a 1 x 1 convolution of the pixels, ``blocks`` residual blocks at each side
    32, 16, 8, 4 with 1, 2, 4 and 4 times ``width`` channels, between them the mean of 2 x 2 pixels and a
    1 x 1 convolution where the channels change; at 4 x 4 each channel is weighed by a learned picture into
    one number, and these into the logit. An image of 28 pixels gets a margin of −1, two wide.

    Arguments, errors and sources: as for ``NormFreeGenerator``.

    Example:
        >>> NormFreeDiscriminator(size=28, channels=1, width=8)(torch.zeros(4, 1, 28, 28)).shape
        torch.Size([4])
    """

    def __init__(self, size=32, channels=3, width=64, *, blocks=1, fold=1):
        super().__init__()
        self.size, self.channels, widths = _checked(size, channels, width, blocks, fold)
        self.fold = fold
        widths = widths[::-1]
        self.input = _scaled(nn.Conv2d(self.channels * fold**2, widths[0], 1))
        self.stages = nn.ModuleList(_stage(wide, blocks, len(widths)) for wide in widths)
        self.changes = nn.ModuleList(_change(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.weigh = _scaled(nn.Conv2d(widths[-1], widths[-1], _SIDE, groups=widths[-1], bias=False))
        self.output = _scaled(nn.Linear(widths[-1], 1, bias=False))

    def forward(self, x):
        if tuple(x.shape[1:]) != (self.channels, self.size, self.size):
            fail("x", x, f"shape (n, {self.channels}, {self.size}, {self.size})")
        margin = (_SIZES[-1] - self.size) // 2
        x = F.pixel_unshuffle(F.pad(x, (margin,) * 4, value=-1.0), self.fold)
        h = self.stages[0](self.input(x))
        for change, stage in zip(self.changes, self.stages[1:], strict=True):
            h = stage(change(F.avg_pool2d(h, 2)))
        return self.output(self.weigh(h).flatten(1)).squeeze(1)

    def extra_repr(self):
        return f"size={self.size}, fold={self.fold}"


class _Block(nn.Module):
    """x + conv(lrelu(conv(lrelu(x)))), the second convolution zero at first; (n, width, h, w) to the same."""

    def __init__(self, width, of):
        super().__init__()
        self.conv1 = _scaled(nn.Conv2d(width, width, 3, padding=1), _GAIN / math.sqrt(of))
        self.conv2 = _scaled(nn.Conv2d(width, width, 3, padding=1), 0.0)

    def forward(self, x):
        h = self.conv1(F.leaky_relu(x, _SLOPE))
        return x + self.conv2(F.leaky_relu(h, _SLOPE))


def _stage(width, blocks, stages):
    return nn.Sequential(*(_Block(width, stages * blocks) for _ in range(blocks)))


def _change(a, b):
    return nn.Identity() if a == b else _scaled(nn.Conv2d(a, b, 1, bias=False))


def _scaled(layer, gain=1.0):
    """Weights ~ N(0, gain²/fan_in), bias 0."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _checked(size, channels, width, blocks, fold):
    if integer("size", size) not in _SIZES:
        fail("size", size, "28 or 32")
    width, _, fold = integer("width", width), integer("blocks", blocks), integer("fold", fold, high=2)
    return int(size), integer("channels", channels), (4 * width, 4 * width, 2 * width, width)[: 5 - fold]
