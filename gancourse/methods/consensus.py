"""Consensus optimisation: both players also go down the length of the game's vector field."""

import torch

from gancourse._validate import non_negative
from gancourse.methods._moves import named

__all__ = ["consensus"]


def consensus(*, weight=1.0):
    """A step along w(θ, φ) = v − γ ∇ ½‖v‖², where v = −(∇_θ L_G, ∇_φ L_D) is the field of the game.

    Both players move at once, from one batch. With v' the Jacobian of v, ∇ ½‖v‖² = v'ᵀ v: zero at an
    equilibrium, so that those stay, while the eigenvalues of v' − γ v'ᵀv' there lie further left, by γ times
    the squares of the singular values, if v' is normal. Another zero of w, (1 − γ v'ᵀ) v = 0, needs a point
    where 1/γ is an eigenvalue of v'. The optimisers get −w for a gradient, as in the authors' code.

    Arguments:
        weight: γ, zero or above; 0 is plain simultaneous play.

    Returns:
        a function for ``train(step=…)``; its losses are those of both players, without the second term, and
        "field", ½‖v‖².

    Raises:
        ValueError: weight is negative or not finite.

    Source: Mescheder, Nowozin and Geiger, "The Numerics of GANs", 2017, arXiv 1705.10461, section 4.
    """
    gamma = non_negative("weight", weight)

    def step(
        generator, discriminator, objective, *, real, noise, generator_optimizer, discriminator_optimizer
    ):
        real_logits, fake_logits = discriminator(real()), discriminator(generator(noise()))
        losses = {
            "discriminator": objective.discriminator(real_logits, fake_logits),
            "generator": objective.generator(fake_logits, real_logits),
        }
        weights, field = [], []
        for name, network in (("discriminator", discriminator), ("generator", generator)):
            own = [parameter for parameter in network.parameters() if parameter.requires_grad]
            weights += own
            field += _gradients(losses[name], own, create_graph=True)
        half = sum(gradient.square().sum() for gradient in field) / 2
        pulls = _gradients(half, weights)
        for parameter, gradient, pull in zip(weights, field, pulls, strict=True):
            parameter.grad = gradient.detach() + gamma * pull
        discriminator_optimizer.step()
        generator_optimizer.step()
        return {**losses, "field": half}

    return named(step, "consensus", weight=gamma)


def _gradients(loss, weights, create_graph=False):
    return torch.autograd.grad(
        loss, weights, create_graph=create_graph, retain_graph=True, allow_unused=True, materialize_grads=True
    )
