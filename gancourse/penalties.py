"""Penalties on a critic's gradient in its input, and weight clipping."""

import torch

from gancourse._validate import fail, non_negative, positive

__all__ = ["clip_", "gradient_penalty", "r1", "r2", "roth"]


def gradient_penalty(critic, real, fake, target=1.0):
    """The gradient penalty of WGAN-GP, a scalar tensor: mean of (‖∇D(x̂)‖ − target)².

    The points are x̂ = ε x + (1 − ε) x̃ with one ε ~ U[0, 1] per pair of a real x and a generated x̃; the norm
    is Euclidean, per sample, over all dimensions but the first. For D(x) = a·x it is (‖a‖ − target)². The
    weight (λ = 10 in the paper) is the caller's.

    The points are detached from real and fake: the penalty trains the critic, not the generator; it leaves
    the inputs and every ``.grad`` as they are. Where the gradient is exactly zero, the norm's derivative is
    taken to be 0. Under torch.no_grad it is the same number, without a graph. The critic must judge each
    sample by itself: batch norm mixes them, which is not checked (and in train mode the call moves its
    running averages).

    Arguments:
        critic: a module or function from samples with shape (n, ...) to logits with shape (n,).
        real, fake: samples with shape (n, ...), both the same.
        target: the wanted norm, zero or above; 1 in the paper.

    Raises:
        ValueError: real and fake differ in shape, are not batches of floats; the critic's output has another
            shape than (n,); target is negative.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028, equation 3.

    Example:
        >>> a = torch.tensor([3.0, 4.0])
        >>> gradient_penalty(lambda x: x @ a, torch.zeros(8, 2), torch.ones(8, 2)).item()
        16.0
    """
    target = non_negative("target", target)
    _check_batch("real", real)
    _check_batch("fake", fake)
    if real.shape != fake.shape:
        fail("fake", fake, f"the shape of real, {tuple(real.shape)}")
    epsilon = torch.rand((len(real),) + (1,) * (real.ndim - 1), device=real.device, dtype=real.dtype)
    _, squared = _squared_norms(critic, epsilon * real.detach() + (1 - epsilon) * fake.detach())
    # The square root has no derivative at 0, so zeros go round it: neither value nor gradient is NaN.
    flat = squared == 0
    norms = torch.where(flat, 0.0, torch.where(flat, 1.0, squared).sqrt())
    return ((norms - target) ** 2).mean()


def r1(critic, real):
    """The R1 penalty, a scalar tensor: E_p ‖∇D(x)‖², the mean over the batch of real samples.

    It has no factor ½: the paper's R1 = (γ/2) E_p ‖∇D(x)‖² is γ/2 times this, and the weight is the caller's.
    Inputs, ``.grad``, no_grad and batch norm as for ``gradient_penalty``.

    Arguments:
        critic: a module or function from samples with shape (n, ...) to logits with shape (n,).
        real: samples with shape (n, ...).

    Raises:
        ValueError: real is not a batch of floats; the critic's output has another shape than (n,).

    Source: Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do actually Converge?", 2018,
    arXiv 1801.04406, section 4.1.
    """
    _check_batch("real", real)
    return _squared_norms(critic, real.detach())[1].mean()


def r2(critic, fake):
    """The R2 penalty, a scalar tensor: E_q ‖∇D(x)‖², the mean over the batch of generated samples.

    As ``r1`` in all else, from the same section; the samples are detached from the generator.

    Arguments:
        critic: a module or function from samples with shape (n, ...) to logits with shape (n,).
        fake: samples with shape (n, ...).

    Raises:
        ValueError: fake is not a batch of floats; the critic's output has another shape than (n,).
    """
    _check_batch("fake", fake)
    return _squared_norms(critic, fake.detach())[1].mean()


def roth(discriminator, real, fake):
    """Roth's regulariser of the cross-entropy game, a scalar tensor, with v the logit and D = σ(v):

        Ω = E_p (1 − D(x))² ‖∇v(x)‖² + E_q D(x)² ‖∇v(x)‖².

    Noise of N(0, s²) on D's inputs adds (s²/2) Ω to its loss, at D's optimum and up to order s⁴; so the paper
    adds (γ/2) Ω, and the weight, γ/2, is the caller's. The penalty is small where D is sure and right. The
    factors (1 − D)² and D² are differentiated like the rest, as in the authors' code: the penalty may be
    lowered by a flatter D and by a surer one.

    Inputs, ``.grad``, no_grad and batch norm as for ``gradient_penalty``; the batches may differ in size.

    Arguments:
        discriminator: a module or function from samples with shape (n, ...) to logits with shape (n,).
        real, fake: samples with shapes (n, ...) and (m, ...).

    Raises:
        ValueError: real or fake is not a batch of floats; the output has another shape than (n,).

    Source: Roth, Lucchi, Nowozin and Hofmann, "Stabilizing Training of Generative Adversarial Networks
    through Regularization", 2017, arXiv 1705.09367, algorithm 1.
    """
    _check_batch("real", real)
    _check_batch("fake", fake)
    real_logits, on_real = _squared_norms(discriminator, real.detach())
    fake_logits, on_fake = _squared_norms(discriminator, fake.detach())
    real_weights, fake_weights = torch.sigmoid(-real_logits) ** 2, torch.sigmoid(fake_logits) ** 2
    return (real_weights * on_real).mean() + (fake_weights * on_fake).mean()


@torch.no_grad()
def clip_(module, bound):
    """Clip every parameter into [−bound, bound], in place, and return the module.

    It is how the first WGAN kept its critic Lipschitz, with bound 0.01, after every step. Buffers stay.

    Arguments:
        module: an nn.Module.
        bound: a positive number.

    Raises:
        ValueError: bound is not positive.

    Source: Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017, arXiv 1701.07875, algorithm 1.
    """
    bound = positive("bound", bound)
    for parameter in module.parameters():
        parameter.clamp_(-bound, bound)
    return module


def _squared_norms(critic, x):
    """D(x_i) and ‖∇D(x_i)‖² of each sample, with shapes (n,), differentiable in the critic's parameters."""
    keep_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x.requires_grad_(True)
        logits = critic(x)
        if not isinstance(logits, torch.Tensor) or logits.shape != (len(x),):
            fail("critic", logits, f"an output with shape ({len(x)},) for as many samples")
        if logits.requires_grad:
            # The sum's gradient holds each sample's own, as long as no logit depends on another's sample.
            (gradient,) = torch.autograd.grad(
                logits.sum(), x, create_graph=keep_graph, allow_unused=True, materialize_grads=True
            )
        else:
            gradient = torch.zeros_like(x)
    return logits, gradient.flatten(1).square().sum(1)


def _check_batch(name, x):
    fits = isinstance(x, torch.Tensor) and x.is_floating_point() and x.ndim >= 2 and x.numel()
    if not fits:
        fail(name, x, "a tensor of floats with shape (n, ...), at least two dimensions and one sample")
