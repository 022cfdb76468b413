"""Spectral norm on every layer, and the Lipschitz bound that follows from it."""

import math

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrizations, parametrize

from gancourse._modes import mode
from gancourse._validate import fail

__all__ = ["lipschitz_bound", "spectral_norm_"]


def spectral_norm_(network):
    """Divide the weight of every Linear and convolution by its largest singular value, in place.

        W ← W/σ(W),   σ(W) = max ‖W h‖/‖h‖

    By PyTorch's ``parametrizations.spectral_norm``: what is trained is ``parametrizations.weight.original``,
    and the layer's ``weight`` is computed from it. σ is estimated by uᵀWv with two vectors that are kept as
    buffers, near the singular vectors: 15 rounds of power iteration when this is called, then one at each
    forward pass in train mode. In eval mode u and v stand still, so that the network is a fixed function. As
    uᵀWv ≤ σ, a weight may be a little too large until u and v have caught up; ``lipschitz_bound`` says by how
    much. A convolution's kernel is taken as the matrix with shape (out, in·height·width), as in the paper;
    the norm of the convolution itself may be larger, up to the root of the number of places in the kernel.
    Biases stay as they are. Call it before the optimiser is made.

    Arguments:
        network: an nn.Module; layers that have spectral norm already are left alone.

    Returns:
        the network.

    Raises:
        ValueError: network is no module, or has no Linear and no convolution.

    Source: Miyato, Kataoka, Koyama and Yoshida, "Spectral Normalization for Generative Adversarial Networks",
    2018, arXiv 1802.05957.

    Example:
        >>> from gancourse.models import MLPDiscriminator
        >>> critic = spectral_norm_(MLPDiscriminator())
        >>> torch.linalg.matrix_norm(critic.layers.hidden2.weight, ord=2) < 1.05
        tensor(True)
    """
    layers = []
    if isinstance(network, nn.Module):
        layers = [module for module in network.modules() if isinstance(module, nn.Linear | _ConvNd)]
    if not layers:
        fail("network", network, "a network with Linear layers or convolutions")
    for layer in layers:
        if not _has_spectral_norm(layer):
            parametrizations.spectral_norm(layer)
    return network


@torch.no_grad()
def lipschitz_bound(network):
    """A bound on |D(x) − D(y)|/‖x − y‖: the product of the layers' spectral norms, a float.

    A chain of maps is Lipschitz with the product of their constants, and a Linear layer's constant is its
    largest singular value, which is computed here by an SVD. The activations must have slopes of at most 1.
    The true constant is at most this, and often far below: it would need all layers to stretch the same
    direction. With spectral norm the product is that of the weights in eval mode, near 1.

    Arguments:
        network: a chain of Linear layers and activations, as ``MLPDiscriminator`` is one, or such a chain in
            a wrapper (``Packed``, ``InstanceNoise``); taken in eval mode.

    Raises:
        ValueError: it holds another kind of layer, whose constant is not known: convolutions, batch norm
            (whose scale depends on the batch) and layer norm (which has none: it divides by the sample's own
            spread).

    Example:
        >>> layers = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1))
        >>> layers[0].weight.data, layers[2].weight.data = torch.eye(2) * 3, torch.tensor([[3.0, 4.0]])
        >>> round(lipschitz_bound(layers), 4)
        15.0
    """
    if not isinstance(network, nn.Module):
        fail("network", network, "a network made of Linear layers and activations")
    with mode(network, training=False):
        return math.prod(_constants(network))


def _constants(module):
    if isinstance(module, nn.Linear):
        yield torch.linalg.matrix_norm(module.weight.double(), ord=2).item()
    elif isinstance(module, _ONE_LIPSCHITZ):
        return
    elif isinstance(module, nn.LeakyReLU) and abs(module.negative_slope) <= 1:
        return
    elif not any(True for _ in module.children()) or any(True for _ in module.parameters(recurse=False)):
        fail("network", module, "Linear layers and activations whose slopes are at most 1")
    else:
        for child in module.children():
            yield from _constants(child)


def _has_spectral_norm(layer):
    return parametrize.is_parametrized(layer, "weight") and any(
        isinstance(part, parametrizations._SpectralNorm) for part in layer.parametrizations.weight
    )


_ONE_LIPSCHITZ = (
    nn.Dropout, nn.Flatten, nn.Hardtanh, nn.Identity, nn.ReLU, nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Tanh,
)  # fmt: skip
