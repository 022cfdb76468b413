"""The residual pair of the published CIFAR-10 tables, with classes or without."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from gancourse._validate import fail, integer
from gancourse.models.mlp import Generator

__all__ = ["ConditionalBatchNorm", "ResNetDiscriminator", "ResNetGenerator", "glorot_init_"]

_SIDE = 4  # of the first feature map; three doublings make 32
_SIZES = (28, 32)


class ConditionalBatchNorm(nn.Module):
    """Batch norm whose gain and shift belong to the class of the sample:

        γ(y) (x − mean)/√(variance + ε) + β(y),    γ(y) = Γᵀy,  β(y) = Bᵀy,

    with y one-hot; a mixture of classes, weights that sum to one, mixes their gains and shifts.

    Arguments:
        channels: of the feature map.
        classes: how many.

    Source: Dumoulin, Shlens and Kudlur, "A Learned Representation for Artistic Style", 2017, arXiv
    1610.07629; in GANs Miyato and Koyama, "cGANs with Projection Discriminator", 2018, arXiv 1802.05637.
    """

    def __init__(self, channels, classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(classes, channels, bias=False)
        self.shift = nn.Linear(classes, channels, bias=False)
        nn.init.ones_(self.gain.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, x, y):
        return self.gain(y)[:, :, None, None] * self.norm(x) + self.shift(y)[:, :, None, None]


class ResNetGenerator(Generator):
    """The generator of SNGAN's CIFAR-10 table: noise to images (n, channels, size, size) in [−1, 1].

    A linear map of z to 4 x 4 pixels, three residual blocks that double them, batch norm, ReLU, a 3 x 3
    convolution and tanh: 4,276,739 parameters as published (32 pixels, 3 channels, width 256, noise_dim 128).
    A block is batch norm, ReLU, nearest doubling, 3 x 3 convolution, batch norm, ReLU, 3 x 3 convolution, and
    beside it doubling and a 1 x 1 convolution. Biases in front of a batch norm do nothing in train mode; they
    are kept as published. For 28 pixels the map of 32 loses two on each side before the last convolution.

    With ``classes`` every batch norm in a block is a ``ConditionalBatchNorm``, and the noise carries the
    class: z has shape (n, noise_dim + classes), N(0, I) and then the class, one-hot, drawn uniformly.

    Arguments:
        size: the side of an image in pixels, 28 or 32.
        channels: 1 for grey, 3 for colour.
        noise_dim: the dimension of the Gaussian part of z.
        width: channels of every feature map.
        classes: how many; 0 for none.

    Raises:
        ValueError: a size out of range, or z of another shape.

    Source: Miyato, Kataoka, Koyama and Yoshida, 2018, arXiv 1802.05957, table 4, and the authors' code;
    weights after Glorot, with gain √2 in front of ReLU.

    Example:
        >>> generator = ResNetGenerator(width=8, classes=10)
        >>> generator(generator.noise(4)).shape
        torch.Size([4, 3, 32, 32])
    """

    def __init__(self, size=32, channels=3, noise_dim=128, width=256, *, classes=0):
        super().__init__(noise_dim)
        self.size, self.channels, self.width = _checked(size, channels, width)
        self.classes = integer("classes", classes, low=0)
        self.project = nn.Linear(self.noise_dim, self.width * _SIDE**2)
        self.blocks = nn.ModuleList(_UpBlock(self.width, self.classes) for _ in range(3))
        self.norm = nn.BatchNorm2d(self.width)
        self.output = nn.Conv2d(self.width, self.channels, 3, padding=1)
        glorot_init_(self)

    def noise(self, n, generator=None):
        """n draws of z: N(0, I), and behind it, with ``classes``, a class drawn uniformly, one-hot."""
        z = super().noise(n, generator)
        if not self.classes:
            return z
        device = z.device if generator is None else generator.device
        drawn = torch.randint(self.classes, (len(z),), generator=generator, device=device).to(z.device)
        return torch.cat([z, F.one_hot(drawn, self.classes).to(z.dtype)], dim=1)

    def labels(self, z):
        """The class that z carries, with shape (n, classes); None without classes."""
        z = self._check_noise(z)
        return z[:, self.noise_dim :] if self.classes else None

    def forward(self, z):
        y = self.labels(z)
        h = self.project(z[:, : self.noise_dim]).unflatten(1, (self.width, _SIDE, _SIDE))
        for block in self.blocks:
            h = block(h, y)  # (n, width, 8, 8), 16, 32
        margin = (h.shape[-1] - self.size) // 2
        h = h[:, :, margin : margin + self.size, margin : margin + self.size]
        return torch.tanh(self.output(F.relu(self.norm(h))))

    def _check_noise(self, z):
        if z.ndim != 2 or z.shape[1] != self.noise_dim + self.classes:
            fail("z", z, f"shape (n, {self.noise_dim + self.classes})")
        return z

    def extra_repr(self):
        return f"size={self.size}, classes={self.classes}"


class ResNetDiscriminator(nn.Module):
    """The discriminator of SNGAN's CIFAR-10 table: images (n, channels, size, size) to logits (n,).

    Four residual blocks without any batch norm, of which the first two halve the image by average pooling;
    ReLU, the sum over all places, a linear read-out h ↦ a·h without bias: 1,053,824 parameters as published
    (width 128, 3 channels). It has no spectral norm by itself: ``spectral_norm_(ResNetDiscriminator())`` is
    the published one, the plain one serves a gradient penalty.

    With ``classes`` it is the projection discriminator, called with the class, one-hot (n, classes):

        v(x, y) = a·h(x) + (Vᵀy)·h(x)

    Arguments:
        size: the side of an image in pixels, 28 or 32.
        channels: 1 for grey, 3 for colour.
        width: channels of every feature map.
        classes: how many; 0 for none.

    Raises:
        ValueError: a size out of range; x or y of another shape.

    Source: Miyato, Kataoka, Koyama and Yoshida, 2018, arXiv 1802.05957, table 4; the projection: Miyato and
    Koyama, 2018, arXiv 1802.05637, equation 3; the authors' code for what the tables leave open.

    Example:
        >>> ResNetDiscriminator(width=8)(torch.zeros(4, 3, 32, 32)).shape
        torch.Size([4])
    """

    def __init__(self, size=32, channels=3, width=128, *, classes=0):
        super().__init__()
        self.size, self.channels, self.width = _checked(size, channels, width)
        self.classes = integer("classes", classes, low=0)
        self.blocks = nn.Sequential(
            OrderedDict(
                block1=_DownBlock(self.channels, self.width, halve=True, first=True),
                block2=_DownBlock(self.width, self.width, halve=True),
                block3=_DownBlock(self.width, self.width),
                block4=_DownBlock(self.width, self.width),
            )
        )
        self.output = nn.Linear(self.width, 1, bias=False)
        # a class picks its row: a linear map of one-hot vectors, so that spectral norm finds it too
        self.project = nn.Linear(self.classes, self.width, bias=False) if self.classes else None
        glorot_init_(self)

    def forward(self, x, y=None):
        if tuple(x.shape[1:]) != (self.channels, self.size, self.size):
            fail("x", x, f"shape (n, {self.channels}, {self.size}, {self.size})")
        if self.project is not None and (y is None or y.shape != (len(x), self.classes)):
            fail("y", y, f"the classes of x, one-hot, with shape ({len(x)}, {self.classes})")
        h = F.relu(self.blocks(x)).sum((2, 3))  # (n, width)
        logits = self.output(h).squeeze(1)
        return logits if self.project is None else logits + (self.project(y) * h).sum(1)

    def extra_repr(self):
        return f"size={self.size}, classes={self.classes}"


class _UpBlock(nn.Module):
    """A residual block that doubles height and width: (n, width, h, w) to (n, width, 2h, 2w)."""

    def __init__(self, width, classes):
        super().__init__()
        norm = (lambda: ConditionalBatchNorm(width, classes)) if classes else lambda: nn.BatchNorm2d(width)
        self.norm1, self.norm2 = norm(), norm()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, x, y):
        given = () if y is None else (y,)
        h = self.conv1(_double(F.relu(self.norm1(x, *given))))
        h = self.conv2(F.relu(self.norm2(h, *given)))
        # a 1 x 1 convolution and nearest doubling commute: done in this order it costs a quarter
        return h + _double(self.shortcut(x))


class _DownBlock(nn.Module):
    """A residual block without norm; the first one of a network takes pixels, so no ReLU comes before."""

    def __init__(self, in_channels, width, *, halve=False, first=False):
        super().__init__()
        self.halve, self.first = halve, first
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.shortcut = nn.Conv2d(in_channels, width, 1) if halve else None

    def forward(self, x):
        h = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        if not self.halve:
            return h + x
        return F.avg_pool2d(h, 2) + self.shortcut(F.avg_pool2d(x, 2))

    def extra_repr(self):
        return f"halve={self.halve}, first={self.first}"


def glorot_init_(module):
    """Draw a residual network's weights as SNGAN's authors do, in place, and return it.

    U(−a, a) with a = gain·√(6/(fan_in + fan_out)), gain √2 for 3 x 3 convolutions inside a block, which ReLU
    precedes or follows, and 1 for all else; biases 0. Gains and shifts of norms stay.
    """
    inside = {id(c) for block in module.modules() if isinstance(block, _UpBlock | _DownBlock)
              for c in (block.conv1, block.conv2)}  # fmt: skip
    tables = {id(t) for norm in module.modules() if isinstance(norm, ConditionalBatchNorm)
              for t in (norm.gain, norm.shift)}  # fmt: skip
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear) and id(part) not in tables:
            nn.init.xavier_uniform_(part.weight, 2**0.5 if id(part) in inside else 1.0)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    return module


def _double(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


def _checked(size, channels, width):
    if integer("size", size) not in _SIZES:
        fail("size", size, "28 or 32")
    return int(size), integer("channels", channels), integer("width", width)
