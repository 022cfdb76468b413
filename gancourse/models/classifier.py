"""A small classifier of digits, whose inner activations serve as features."""

from collections import OrderedDict

from torch import nn

from gancourse._validate import fail

__all__ = ["DigitClassifier"]


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


def _stage(in_channels, out_channels):
    return nn.Sequential(
        OrderedDict(
            convolution=nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(out_channels),
            activation=nn.ReLU(),
            pool=nn.MaxPool2d(2),
        )
    )
