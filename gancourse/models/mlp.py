"""A fully connected pair for toy data; and for every network its noise and the count of its operations."""

import copy
from collections import OrderedDict

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gancourse._validate import choice, fail, integer

__all__ = ["Generator", "MLPDiscriminator", "MLPGenerator", "count_parameters", "flops"]


class Generator(nn.Module):
    """What every generator shares: the dimension of its noise, and how the noise is drawn.

    Arguments:
        noise_dim: the dimension of z, a whole number.

    Raises:
        ValueError: noise_dim is not a whole number of at least 1.
    """

    def __init__(self, noise_dim):
        super().__init__()
        self.noise_dim = integer("noise_dim", noise_dim)
        # Empty: it follows the network's device and dtype, and is asked quicker than a parameter is found.
        self.register_buffer("_like", torch.empty(0), persistent=False)

    def noise(self, n, generator=None):
        """n draws of z ~ N(0, I), with shape (n, noise_dim), on the network's device and in its dtype.

        Arguments:
            n: how many draws, a whole number of at least 1.
            generator: a torch.Generator to draw from; the global one by default. The draw is made on its
                device and then moved, so a seeded CPU generator gives the same z to a network on a GPU.

        Raises:
            ValueError: n is not a whole number of at least 1.
        """
        like = self._like
        device = like.device if generator is None else generator.device
        z = torch.randn(integer("n", n), self.noise_dim, generator=generator, device=device, dtype=like.dtype)
        return z if device == like.device else z.to(like.device)

    def _check_noise(self, z):
        if z.ndim != 2 or z.shape[1] != self.noise_dim:
            fail("z", z, f"shape (n, {self.noise_dim})")
        return z


class MLPGenerator(Generator):
    """A multilayer perceptron from noise to points: z with shape (n, noise_dim) to (n, out_dim).

    ``depth`` hidden layers of ``width`` units, each followed by the activation; the output is linear, so the
    points may lie anywhere.

    Arguments:
        noise_dim: the dimension of z.
        width: units in a hidden layer.
        depth: how many hidden layers; 0 is an affine map.
        out_dim: the dimension of a point.
        activation: makes one activation module, e.g. ``nn.ReLU`` or ``lambda: nn.LeakyReLU(0.2)``.
        normalise: what stands between each hidden layer and its activation: None, "batch" for batch norm,
            "layer" for layer norm.

    Raises:
        ValueError: a size is not a whole number in range; activation makes no module; normalise is another
            name; z has another shape.

    Example:
        >>> generator = MLPGenerator(noise_dim=2)
        >>> generator(generator.noise(5)).shape
        torch.Size([5, 2])
    """

    def __init__(self, noise_dim=2, width=64, depth=2, out_dim=2, *, activation=nn.ReLU, normalise=None):
        super().__init__(noise_dim)
        out_dim = integer("out_dim", out_dim)
        self.layers = _perceptron(self.noise_dim, width, depth, out_dim, activation, normalise)

    def forward(self, z):
        return self.layers(self._check_noise(z))


def _leaky_relu():
    return nn.LeakyReLU(0.2)


class MLPDiscriminator(nn.Module):
    """A multilayer perceptron from points with shape (n, in_dim) to logits v with shape (n,); D(x) = σ(v).

    ``depth`` hidden layers of ``width`` units, LeakyReLU of slope 0.2 by default. It serves as a critic too:
    there the logit is the critic's value.

    Arguments:
        in_dim: the dimension of a point.
        width: units in a hidden layer.
        depth: how many hidden layers; 0 is an affine logit.
        activation: makes one activation module, e.g. ``nn.Tanh``.
        normalise: what stands between each hidden layer and its activation: None; "batch" for batch norm,
            which mixes the samples, so that a gradient penalty is wrong; "layer" for layer norm, which
            normalises each sample over its own units.

    Raises:
        ValueError: a size is not a whole number in range; activation makes no module; normalise is another
            name; x has another shape.

    Example:
        >>> MLPDiscriminator(in_dim=2)(torch.zeros(5, 2)).shape
        torch.Size([5])
    """

    def __init__(self, in_dim=2, width=64, depth=2, *, activation=_leaky_relu, normalise=None):
        super().__init__()
        self.in_dim = integer("in_dim", in_dim)
        self.layers = _perceptron(self.in_dim, width, depth, 1, activation, normalise)

    def forward(self, x):
        if x.ndim != 2 or x.shape[1] != self.in_dim:
            fail("x", x, f"shape (n, {self.in_dim})")
        return self.layers(x).squeeze(1)


def count_parameters(module):
    """The number of trainable numbers in a module."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def flops(module, example):
    """Floating-point operations of one forward pass on ``example``: two for each multiply-add.

    It counts matrix products and convolutions, as torch.utils.flop_counter does; activations and batch norm,
    a few per cent, are not counted. The pass is made on a copy, so batch statistics stay as they are.

    Arguments:
        module: an nn.Module.
        example: its input, a tensor; the count grows with its batch size.

    Returns:
        a whole number for the whole batch.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        copy.deepcopy(module)(example)
    return counter.get_total_flops()


def _perceptron(in_dim, width, depth, out_dim, activation, normalise):
    integer("width", width)
    integer("depth", depth, low=0)
    if normalise is not None:
        choice("normalise", normalise, _NORMS)
    layers = OrderedDict()
    for i in range(1, depth + 1):
        # Batch norm takes away each unit's mean, and a bias with it; layer norm only the units' common mean.
        layers[f"hidden{i}"] = nn.Linear(in_dim, width, bias=normalise != "batch")
        if normalise is not None:
            layers[f"norm{i}"] = _NORMS[normalise](width)
        layers[f"activation{i}"] = _make_activation(activation)
        in_dim = width
    layers["output"] = nn.Linear(in_dim, out_dim)
    return nn.Sequential(layers)


_NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


def _make_activation(activation):
    made = activation() if callable(activation) and not isinstance(activation, nn.Module) else None
    if not isinstance(made, nn.Module):
        fail("activation", activation, "a callable that makes a module, such as nn.ReLU")
    return made
