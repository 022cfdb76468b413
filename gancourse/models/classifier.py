"""Small classifiers of digits and of CIFAR-10, whose inner activations serve as features."""

from collections import OrderedDict

from torch import nn

from gancourse._validate import fail

__all__ = ["CifarClassifier", "DigitClassifier"]


class DigitClassifier(nn.Module):
    """A convolutional network from digits with shape (n, 1, 28, 28) in [−1, 1] to logits with shape (n, 10).

    Three stages of 3 x 3 convolution, batch norm, ReLU and pooling (28 → 14 → 7 → 3 pixels a side), one
    hidden layer of 64 units, and a linear read-out: 60,986 parameters. Judge it in eval mode.

    Source: the plan of LeNet (LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document
    Recognition", 1998, doi 10.1109/5.726791), with batch norm and ReLU.

    Raises:
        ValueError: x has another shape.

    Example:
        >>> import torch
        >>> DigitClassifier().eval().features(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 64])
    """

    feature_dim = 64

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            OrderedDict(
                stage1=_stage(1, 16),
                stage2=_stage(16, 32),
                stage3=_stage(32, 64),
                flatten=nn.Flatten(),
                hidden=nn.Linear(64 * 3 * 3, self.feature_dim),
                activation=nn.ReLU(),
            )
        )
        self.classes = nn.Linear(self.feature_dim, 10)

    def features(self, x):
        """The activations of the last hidden layer, with shape (n, 64), zero or above."""
        if tuple(x.shape[1:]) != (1, 28, 28):
            fail("x", x, "shape (n, 1, 28, 28)")
        return self.trunk(x)

    def forward(self, x):
        return self.classes(self.features(x))


class CifarClassifier(nn.Module):
    """A convolutional network from images with shape (n, 3, 32, 32) in [−1, 1] to logits with shape (n, 10).

    A 2 x 2 convolution, three stages of two 3 x 3 convolutions each, batch norm and ReLU after every one, and
    pooling within each stage (32 → 31 → 15 → 7 → 3 pixels a side), the greatest value of each of the 192
    channels, and a linear read-out: 828,634 parameters. Judge it in eval mode.

    Source: the plan of K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024, arXiv 2404.00498,
    narrower, with ReLU, and with a first layer that is learned like the others.

    Raises:
        ValueError: x has another shape.

    Example:
        >>> import torch
        >>> CifarClassifier().eval().features(torch.zeros(5, 3, 32, 32)).shape
        torch.Size([5, 192])
    """

    feature_dim = 192

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            OrderedDict(
                stem=_layer(3, 24, 2, padding=0),
                stage1=_double_stage(24, 64),
                stage2=_double_stage(64, 128),
                stage3=_double_stage(128, self.feature_dim),
                pool=nn.AdaptiveMaxPool2d(1),
                flatten=nn.Flatten(),
            )
        )
        self.classes = nn.Linear(self.feature_dim, 10)

    def features(self, x):
        """The activations before the last layer, with shape (n, 192), zero or above."""
        if tuple(x.shape[1:]) != (3, 32, 32):
            fail("x", x, "shape (n, 3, 32, 32)")
        return self.trunk(x)

    def forward(self, x):
        return self.classes(self.features(x))


def _layer(in_channels, out_channels, size=3, padding=1, pool=False):
    layers = OrderedDict(convolution=nn.Conv2d(in_channels, out_channels, size, padding=padding, bias=False))
    if pool:
        layers["pool"] = nn.MaxPool2d(2)  # before norm and ReLU, which then have a quarter of the work
    return nn.Sequential(OrderedDict(**layers, norm=nn.BatchNorm2d(out_channels), activation=nn.ReLU()))


def _double_stage(in_channels, out_channels):
    return nn.Sequential(_layer(in_channels, out_channels, pool=True), _layer(out_channels, out_channels))


def _stage(in_channels, out_channels):
    return nn.Sequential(
        OrderedDict(
            convolution=nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(out_channels),
            activation=nn.ReLU(),
            pool=nn.MaxPool2d(2),
        )
    )
