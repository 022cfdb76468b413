"""Feature matching: the generator matches the mean features of the data instead of fooling D."""

import torch
from torch import nn
from torch.nn.utils import parametrize

from gancourse._validate import fail
from gancourse.methods._blocks import per_member
from gancourse.methods._moves import descend, discriminator_loss, named

__all__ = ["feature_matching", "last_hidden"]


def feature_matching(*, features=None):
    """A step in which G goes down ‖E_p f(x) − E_q f(x)‖², f being features inside D.

    D learns as it would with the objective given, and so chooses the features; the objective's generator loss
    is not used. G no longer climbs towards the point that D rates highest. It matches means only: any q
    whose mean features are right has loss 0.

    Both means are taken over the batch, of fresh data and fresh noise. The difference of two batch means is
    not zero even where q = p: the loss's floor is (1/n_real + 1/n_fake) times the features' total variance.

    Arguments:
        features: ``features(discriminator, x)`` gives f with shape (n, ...) for samples (n, ...); by default
            ``last_hidden``. For fixed features: ``lambda discriminator, x: network(x)``.

    Returns:
        a function for ``train(step=…)``; its losses are D's, and the squared distance for G.

    Raises:
        ValueError: features is no function.

    Source: Salimans et al., "Improved Techniques for Training GANs", 2016, arXiv 1606.03498, section 3.1.
    """
    if features is not None and not callable(features):
        fail("features", features, "None or a function features(discriminator, x)")
    features = features or last_hidden

    def step(
        generator, discriminator, objective, *, real, noise, generator_optimizer, discriminator_optimizer
    ):
        loss_d = discriminator_loss(generator, discriminator, objective, real, noise)
        descend((discriminator_optimizer, loss_d))

        with torch.no_grad():
            wanted = per_member(features(discriminator, real()), discriminator).mean(1)  # (members, features)
        found = per_member(features(discriminator, generator(noise())), discriminator).mean(1)
        loss_g = (found - wanted).square().sum()
        descend((generator_optimizer, loss_g))
        return {"discriminator": loss_d, "generator": loss_g}

    name = getattr(features, "__qualname__", type(features).__qualname__).split("<locals>.")[-1]
    return named(step, "feature_matching", features=name)


def last_hidden(discriminator, x):
    """The last hidden layer of a discriminator: what its output layer, the last with a weight, takes in.

    Arguments:
        discriminator: an nn.Module; wrapped (``Packed``, ``InstanceNoise``) or not.
        x: samples with shape (n, ...).

    Returns:
        the features, with shape (n, ...), or (n/m, ...) of packs of m.

    Raises:
        ValueError: no layer holds a weight.
    """
    layers = [module for module in discriminator.modules() if _has_weight(module)]
    if not layers:
        fail("discriminator", discriminator, "a network with an output layer that holds a weight")
    kept = []
    handle = layers[-1].register_forward_pre_hook(lambda module, inputs: kept.append(inputs[0]))
    try:
        discriminator(x)
    finally:
        handle.remove()
    return kept[-1]


def _has_weight(module: nn.Module):
    return "weight" in dict(module.named_parameters(recurse=False)) or parametrize.is_parametrized(
        module, "weight"
    )
