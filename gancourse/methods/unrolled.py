"""Unrolled GANs: the generator plays against the discriminator that k further steps would give."""

import torch
from torch.func import functional_call

from gancourse._validate import choice, fail, integer, positive
from gancourse.methods._lookahead import Adam, Plain
from gancourse.methods._moves import descend, named

__all__ = ["unrolled"]


def unrolled(*, steps=5, learning_rate=None, optimizer="sgd", detach=False, zero_sum=True):
    """A step in which G descends its loss against D's weights φ_k of k steps ahead, and through those steps.

        φ₀ = φ,   φ_{i+1} = φ_i − η ∇_φ L_D(θ, φ_i)        θ ← θ − ∇_θ L_G(θ, φ_k(θ)),   φ ← φ − ∇_φ L_D(θ, φ)

    φ_k depends on θ, so that L_G has a gradient through φ_k too: how D would answer a move of G. It is
    differentiated through all k steps. D itself takes one ordinary step, with its own optimiser, from φ, at
    the same time as G. All of this is done on one batch of data and one of noise, as in the authors' code.
    If G's loss is −L_D, the second part vanishes with k → ∞, as φ_k is then the best D: G descends the
    divergence itself.

    The steps ahead touch neither D's weights nor its buffers.

    Arguments:
        steps: k, a whole number; 0 is plain simultaneous play.
        learning_rate: η of the steps ahead; by default the rate of D's optimiser.
        optimizer: "sgd" for the steps above; "adam" for those that D's own Adam would take, from its present
            moments, as in the authors' code. (A plain step at Adam's rate is often a very short one.)
        detach: True takes φ_k for a constant: G sees ahead, but not how its own move changes what it sees.
        zero_sum: True gives G the loss −L_D(θ, φ_k), as in the paper: the whole of it, for the real samples'
            part depends on θ as well, through φ_k. False gives it the objective's own generator loss at φ_k.

    Returns:
        a function for ``train(step=…)``; its losses are those of both players and, as "ahead", L_D(θ, φ_k).

    Raises:
        ValueError: an argument is out of range; in the step, "adam" where D's optimiser is not a plain Adam.

    Source: Metz, Poole, Pfau and Sohl-Dickstein, "Unrolled Generative Adversarial Networks", 2017,
    arXiv 1611.02163, section 2, and the authors' demonstration on a ring of Gaussians.

    Example:
        >>> from gancourse import densities
        >>> from gancourse.models import MLPDiscriminator, MLPGenerator
        >>> from gancourse.training import train
        >>> step = unrolled(steps=3, learning_rate=0.1)
        >>> history = train(MLPGenerator(), MLPDiscriminator(), densities.ring().sample, steps=2, step=step,
        ...                 progress=False)
        >>> sorted(history.others)
        ['ahead']
    """
    k = integer("steps", steps, low=0)
    rate = None if learning_rate is None else positive("learning_rate", learning_rate)
    kind = {"sgd": Plain, "adam": Adam}[choice("optimizer", optimizer, ("sgd", "adam"))]
    for name, value in (("detach", detach), ("zero_sum", zero_sum)):
        if not isinstance(value, bool):
            fail(name, value, "True or False")

    def step(
        generator, discriminator, objective, *, real, noise, generator_optimizer, discriminator_optimizer
    ):
        x, samples = real(), generator(noise())
        weights = {name: w for name, w in discriminator.named_parameters() if w.requires_grad}
        buffers = dict(discriminator.named_buffers())
        ahead = kind(discriminator_optimizer, weights, rate)

        def judge():
            logits = [functional_call(discriminator, (weights, buffers), (batch,)) for batch in (x, samples)]
            return objective.discriminator(*logits), logits

        loss, logits = own_loss, _ = judge()
        buffers = {name: buffer.clone() for name, buffer in buffers.items()}
        for _ in range(k):
            # The samples stay attached: the gradient in D's weights depends on them, and so on the generator.
            gradients = torch.autograd.grad(
                loss, list(weights.values()), create_graph=not detach, retain_graph=True,
                allow_unused=True, materialize_grads=True,
            )  # fmt: skip
            weights = ahead(weights, dict(zip(weights, gradients, strict=True)))
            loss, logits = judge()
        loss_g = -loss if zero_sum else objective.generator(logits[1], logits[0])
        descend((generator_optimizer, loss_g), (discriminator_optimizer, own_loss))
        return {"discriminator": own_loss, "generator": loss_g, "ahead": loss}

    return named(
        step, "unrolled", steps=k, learning_rate=rate, optimizer=optimizer, detach=detach, zero_sum=zero_sum
    )
