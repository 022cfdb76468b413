"""A DCGAN pair for images of 28 or 32 pixels a side."""

from collections import OrderedDict

from torch import nn

from gancourse._validate import fail, integer
from gancourse.models.mlp import Generator, _leaky_relu, _make_activation

__all__ = ["DCGANDiscriminator", "DCGANGenerator", "dcgan_init_", "down_block", "up_block"]

# The sides of the generator's feature maps, from the projection of z to the image.
_SIDES = {28: (4, 7, 14, 28), 32: (4, 8, 16, 32)}


def up_block(in_channels, out_channels, *, kernel=4, normalise=True, activation=nn.ReLU):
    """Double height and width: strided transposed convolution, batch norm, ReLU.

    Maps (n, in_channels, h, w) to (n, out_channels, 2h, 2w). A 4 x 4 kernel with stride 2 and padding 1 gives
    (h − 1)·2 − 2 + 4 = 2h, and since 2 divides 4 every output pixel gets the same number of contributions.

    Arguments:
        in_channels, out_channels: whole numbers.
        kernel: its side; 3 gives 2h − 1, which takes 4 pixels to 7.
        normalise: False leaves batch norm out and gives the convolution a bias instead.
        activation: makes the activation module.
    """
    convolution = nn.ConvTranspose2d(
        in_channels, out_channels, kernel, stride=2, padding=1, bias=not normalise
    )
    return _block(convolution, out_channels, normalise, activation)


def down_block(in_channels, out_channels, *, normalise=True, activation=_leaky_relu):
    """Halve height and width: strided convolution, batch norm, LeakyReLU of slope 0.2.

    Maps (n, in_channels, 2h, 2w) to (n, out_channels, h, w): a 4 x 4 kernel with stride 2 and padding 1.

    Arguments:
        in_channels, out_channels: whole numbers.
        normalise: False leaves batch norm out and gives the convolution a bias instead.
        activation: makes the activation module.
    """
    convolution = nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=not normalise)
    return _block(convolution, out_channels, normalise, activation)


class DCGANGenerator(Generator):
    """The generator of DCGAN: noise with shape (n, noise_dim) to images (n, channels, size, size) in [−1, 1].

    A projection of z to a first feature map of 4 x 4, as in the paper, then three strided transposed
    convolutions: 4 → 8 → 16 → 32 pixels a side, or 4 → 7 → 14 → 28. Channels halve as the side doubles, down
    to ``width`` in front of the image. Batch norm and ReLU everywhere but in the output layer, which is a
    transposed convolution and tanh. (For 28 pixels, two stages from 7 x 7 are not enough: each place of the
    first map then draws a patch of 10 x 10, and nothing joins the strokes into a digit.)

    Arguments:
        size: the side of an image in pixels, 28 or 32.
        channels: 1 for grey, 3 for colour.
        noise_dim: the dimension of z, drawn from N(0, I) by ``noise`` (the paper drew 100 uniform numbers).
        width: channels of the feature map in front of the image (the paper: 128 for 64 pixels).
        normalise: False leaves every batch norm out.
        block: makes a doubling stage, called as ``block(in_channels, out_channels, kernel=…, normalise=…)``.

    Raises:
        ValueError: a size out of range, or z of another shape.

    Source: Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
    Generative Adversarial Networks", 2016, arXiv 1511.06434.

    Example:
        >>> generator = DCGANGenerator(size=28, channels=1)
        >>> generator(generator.noise(4)).shape
        torch.Size([4, 1, 28, 28])
    """

    def __init__(self, size=28, channels=1, noise_dim=64, width=32, *, normalise=True, block=up_block):
        super().__init__(noise_dim)
        self.size, self.channels, width = _checked(size, channels, width)
        sides = _SIDES[self.size]
        wide = 4 * width
        projection = nn.ConvTranspose2d(self.noise_dim, wide, sides[0], bias=not normalise)
        layers = OrderedDict(project=_block(projection, wide, normalise, nn.ReLU))
        for i in (1, 2):
            kernel = 4 if sides[i] == 2 * sides[i - 1] else 3
            layers[f"up{i}"] = block(wide, wide // 2, kernel=kernel, normalise=normalise)
            wide //= 2
        layers["output"] = up_block(wide, self.channels, normalise=False, activation=nn.Tanh)
        self.layers = dcgan_init_(nn.Sequential(layers))

    def forward(self, z):
        return self.layers(self._check_noise(z)[:, :, None, None])  # (n, noise_dim, 1, 1): a map of one pixel


class DCGANDiscriminator(nn.Module):
    """The discriminator of DCGAN: images with shape (n, channels, size, size) in [−1, 1] to logits v (n,).

    Three strided convolutions halve the image, 32 → 16 → 8 → 4 or 28 → 14 → 7 → 3 pixels a side; channels
    double, from ``width`` at the first. Batch norm everywhere but in the input layer, LeakyReLU of slope 0.2.
    The last feature map, of whose places each sees 22 x 22 pixels, is weighed into one logit; D(x) = σ(v).

    Arguments:
        size: the side of an image in pixels, 28 or 32.
        channels: 1 for grey, 3 for colour.
        width: channels of the first feature map.
        normalise: False leaves every batch norm out, as a gradient penalty needs: it asks for the gradient at
            one sample, and batch norm mixes the samples.
        block: makes one halving stage, called as ``block(in_channels, out_channels, normalise=...)``.

    Raises:
        ValueError: a size out of range, or x of another shape.

    Source: Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
    Generative Adversarial Networks", 2016, arXiv 1511.06434.

    Example:
        >>> import torch
        >>> DCGANDiscriminator(size=32, channels=3)(torch.zeros(4, 3, 32, 32)).shape
        torch.Size([4])
    """

    def __init__(self, size=28, channels=1, width=32, normalise=True, *, block=down_block):
        super().__init__()
        self.size, self.channels, wide = _checked(size, channels, width)
        layers = OrderedDict(down1=block(self.channels, wide, normalise=False))
        for i in (2, 3):
            layers[f"down{i}"] = block(wide, 2 * wide, normalise=normalise)
            wide *= 2
        layers["output"] = nn.Conv2d(wide, 1, self.size // 8)
        self.layers = dcgan_init_(nn.Sequential(layers))

    def forward(self, x):
        if tuple(x.shape[1:]) != (self.channels, self.size, self.size):
            fail("x", x, f"shape (n, {self.channels}, {self.size}, {self.size})")
        return self.layers(x).flatten()  # (n, 1, 1, 1) to (n,)


def dcgan_init_(module):
    """Draw a network's weights as DCGAN does, in place, and return it.

    Weights of convolutions and linear maps ~ N(0, 0.02²) (section 4 of the paper); gains of batch norm
    ~ N(1, 0.02²) (the authors' code); every bias 0.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0.0, 0.02)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, 0.02)
        else:
            continue
        if part.bias is not None:
            nn.init.zeros_(part.bias)
    return module


def _block(convolution, out_channels, normalise, activation):
    layers = OrderedDict(convolution=convolution)
    if normalise:
        layers["norm"] = nn.BatchNorm2d(out_channels)
    layers["activation"] = _make_activation(activation)
    return nn.Sequential(layers)


def _checked(size, channels, width):
    if integer("size", size) not in _SIDES:
        fail("size", size, "28 or 32")
    return int(size), integer("channels", channels), integer("width", width)
