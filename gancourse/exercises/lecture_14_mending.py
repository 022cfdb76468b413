"""The debugging clinic of lecture 14: what is wrong in losses and gradients is mended, piece by piece."""

import numpy as np
import torch
import torch.nn.functional as F

from gancourse.exercises import _clinic
from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite

__all__ = ["DETACH", "LOSSES", "PENALTY"]


# --- no detach -----------------------------------------------------------------------------------


def discriminator_half(generator, discriminator, d_optimiser, real, noise):
    """The discriminator's half of a step, which leaves the generator as it is: weights, and gradients too.

    Arguments:
        generator, discriminator: networks; the discriminator returns logits.
        d_optimiser: holds the discriminator's parameters.
        real: tensor (n, d), a batch of data.
        noise: tensor (n, k).

    The discriminator descends mean softplus(−D(real)) + mean softplus(D(G(noise))), once.
    """
    fake = generator(noise).detach()
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    d_optimiser.zero_grad()
    loss.backward()
    d_optimiser.step()


def _half_cases(rng):
    return [
        {
            "real": rng.normal(2, 1, (2, 8, 2)),
            "noise": rng.normal(size=(2, 8, 2)),
            "seed": int(rng.integers(1_000)),
        }
        for _ in range(2)
    ]


def _half(*, fakes=lambda g, z: g(z).detach(), losses=lambda d, x, y: F.softplus(-d(x)).mean() + F.softplus(d(y)).mean(), zero=True, first=None, last=None):  # fmt: skip
    """One of the ways to write the half, right by default."""

    def half(generator, discriminator, d_optimiser, real, noise):
        if first:
            first(generator)
        loss = losses(discriminator, real, fakes(generator, noise))
        if zero:
            d_optimiser.zero_grad()
        loss.backward()
        d_optimiser.step()
        if last:
            last(generator)

    return half


def _without_graph(generator, noise):
    with torch.no_grad():
        return generator(noise)


def _logits_detached(discriminator, real, fake):
    return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake).detach()).mean()


def _by_inputs(generator, discriminator, d_optimiser, real, noise):
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(generator(noise))).mean()
    d_optimiser.zero_grad()
    loss.backward(inputs=list(discriminator.parameters()))
    d_optimiser.step()


DETACH = Exercise(
    id="14.mend_half",
    title="Mend the discriminator's half",
    reference=discriminator_half,
    cases=_half_cases,
    run=_clinic.run_half,
    checks=(
        Check("D's step", close(key="discriminator", atol=1e-10), "D's weights differ from one step on the two means. Which gradients are zeroed, and does each loss reach D?"),
        Check("G's gradients", lambda case, got, want: close(key="left in G", atol=1e-10)(case, got, want) and close(key="generator", atol=1e-10)(case, got, want), "The generator was changed, or other gradients lie in it than before: D's loss has reached it."),
        Check("G trains on", lambda case, got, want: not got["frozen"], "G's weights no longer ask for gradients after your half: it will never learn again."),
    ),
    hints=(
        "The fakes are made by the generator. What remembers how?",
        "`.detach()` gives the same numbers without their history.",
        "`fake = generator(noise).detach()`.",
    ),
    wrong=(
        Wrong(_half(fakes=lambda g, z: g(z)), "D's loss still runs through the fakes into G, and leaves gradients there: they point to fakes that are easier to tell. Detach what the generator returns; the noise has no history to cut.", "G's gradients"),
        Wrong(_half(losses=_logits_detached), "You detached the logits: D never hears of the fakes, and learns to say real of everything. Detach the fakes, before D.", "D's step"),
        Wrong(_half(zero=False), "D's gradients are not zeroed: the second step takes the first one's gradient along.", "D's step"),
        Wrong(_half(fakes=lambda g, z: g(z), last=lambda g: g.zero_grad()), "You let the gradients flow into G and then emptied them, with all that lay there before. Cut the fakes off instead.", "G's gradients"),
        Wrong(_half(first=lambda g: g.requires_grad_(False)), "You froze the generator and left it frozen. Detaching the fakes is enough; else thaw it afterwards.", "G trains on"),
    ),
    accepted=(
        _half(fakes=_without_graph),
        _by_inputs,
        _half(first=lambda g: g.requires_grad_(False), last=lambda g: g.requires_grad_(True)),
    ),
    points=1.0,
)  # fmt: skip


# --- log of a sigmoid ----------------------------------------------------------------------------


def losses_on_logits(real_logits, fake_logits):
    """The discriminator's loss and the generator's non-saturating one, from logits v with D = σ(v).

    Arguments:
        real_logits, fake_logits: tensors (n,); |v| may be as large as 1,000.

    Returns:
        two scalar tensors: −mean log σ(v_real) − mean log(1 − σ(v_fake)), and −mean log σ(v_fake); finite, and
        with the right gradients, however large the logits.
    """
    discriminator = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    return discriminator, F.softplus(-fake_logits).mean()


def _loss_cases(rng):
    wild = rng.uniform(0.9, 1.0, (2, 4)) * [-1000.0, -120.0, 120.0, 1000.0]
    return [
        {"real_logits": rng.normal(1, 2, 6), "fake_logits": rng.normal(-1, 2, 6)},
        {"real_logits": rng.normal(size=9), "fake_logits": rng.normal(size=9)},
        {"real_logits": wild[0], "fake_logits": wild[1]},
    ]


def _by_logarithms(log):
    def losses(real_logits, fake_logits):
        real, fake = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
        return -log(real).mean() - log(1 - fake).mean(), -log(fake).mean()

    return losses


def _cross_entropy(real_logits, fake_logits):
    bce = F.binary_cross_entropy_with_logits
    real, fake = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
    return bce(real_logits, real) + bce(fake_logits, fake), bce(fake_logits, torch.ones_like(fake_logits))


def _capped(limit):
    def losses(real_logits, fake_logits):
        return losses_on_logits(real_logits.clamp(-limit, limit), fake_logits.clamp(-limit, limit))

    return losses


def _right_numbers(case, got, want):
    return all(close(key=key, atol=1e-12, finite_only=True)(case, got, want) for key in ("value", "slope"))


LOSSES = Exercise(
    id="14.mend_losses",
    title="Mend the losses",
    reference=losses_on_logits,
    cases=_loss_cases,
    run=_clinic.run_losses,
    shape="Each loss is one number: the mean over the batch.",
    checks=(
        Check("finite", lambda case, got, want: finite()(case, got, want) and finite("slope")(case, got, want), "A loss or a gradient is not finite where the logits are large: σ rounds to 0 or 1, and log 0 = −∞."),
        Check("numbers", _right_numbers, "The values or their gradients differ from the definition. log σ(v) = −softplus(−v), and 1 − σ(v) = σ(−v)."),
    ),
    hints=(
        "1 − σ(v) = σ(−v), so both logarithms are log σ of something.",
        "−log σ(v) = log(1 + e^(−v)) = softplus(−v), and `F.softplus` never overflows.",
    ),
    wrong=(
        Wrong(_by_logarithms(torch.log), "This is the patient's own code: once σ(v) is 1 to the last digit, log(1 − σ(v)) is −∞.", "finite"),
        Wrong(_by_logarithms(lambda d: torch.log(d + 1e-8)), "A small number inside the log keeps it finite and takes the gradient away: below log 1e-8 = −18.4 the loss is a constant, and whoever is lost there stays lost.", "numbers"),
        Wrong(_by_logarithms(lambda d: torch.log(d.clamp(1e-7, 1.0))), "Clamping the probability has no gradient beyond the clamp.", "numbers"),
        Wrong(_capped(30.0), "Clamping the logits cuts the gradient of the worst samples, which need it most.", "numbers"),
        Wrong(lambda real, fake: (F.softplus(-real).mean() + F.softplus(fake).mean(), -F.softplus(fake).mean()), "The generator's loss is the saturating one, log(1 − D). Asked is −log D.", "numbers"),
        Wrong(lambda real, fake: (F.softplus(real).mean() + F.softplus(-fake).mean(), F.softplus(-fake).mean()), "D's labels are exchanged: it raises the logit of fakes.", "numbers"),
    ),
    accepted=(
        _cross_entropy,
        lambda real, fake: (-F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean(), -F.logsigmoid(fake).mean()),
    ),
    points=1.0,
)  # fmt: skip


# --- penalty over the batch ----------------------------------------------------------------------


def penalty_per_sample(discriminator, real):
    """R1: the mean over the batch of the squared length of each sample's own gradient, ‖∇D(xᵢ)‖².

    Arguments:
        discriminator: a network from (n, d) to logits (n,), which judges each sample by itself.
        real: tensor (n, d).

    Returns:
        scalar tensor, with a graph to the discriminator's weights, so that it can be trained on.
    """
    x = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return slope.square().sum(1).mean()


def _penalty_cases(rng):
    return [
        {"real": rng.normal(size=(n, 2)), "seed": int(rng.integers(1_000))}
        for n in (5, int(rng.integers(8, 40)))
    ]


def _same_direction(case, got, want):
    # its length is the value's affair: a factor is there in both
    a, b = got["slope"], want["slope"]
    return a @ b > 0.999 * np.linalg.norm(a) * np.linalg.norm(b) > 0


def _penalty(of, *, graph=True, outputs=torch.sum):
    def penalty(discriminator, real):
        x = real.detach().requires_grad_()
        (slope,) = torch.autograd.grad(outputs(discriminator(x)), x, create_graph=graph)
        return of(slope)

    return penalty


def _by_vmap(discriminator, real):
    from torch.func import functional_call, grad, vmap

    weights = dict(discriminator.named_parameters())

    def one(x):
        return functional_call(discriminator, weights, (x[None],)).squeeze()

    return vmap(grad(one))(real).square().sum(1).mean()


PENALTY = Exercise(
    id="14.mend_penalty",
    title="Mend the penalty",
    reference=penalty_per_sample,
    cases=_penalty_cases,
    run=_clinic.run_penalty,
    shape="The penalty is one number: the mean over the batch.",
    checks=(
        Check("value", close(atol=1e-12), "The number differs from the mean of ‖∇D(xᵢ)‖². Try D(x) = a·x: it must be ‖a‖² for a batch of any size."),
        Check("can be trained on", _same_direction, "The number's gradient in D's weights is none, or points elsewhere: keep the graph of the gradient, `create_graph=True`."),
    ),
    hints=(
        "The gradient of the *sum* of the logits holds each sample's own gradient in its row.",
        "Square, sum over the coordinates of a sample (`sum(1)`), and only then average over the samples.",
        "`slope.square().sum(1).mean()`.",
    ),
    wrong=(
        Wrong(_penalty(lambda s: s.square().sum()), "This is the patient's own penalty, over the whole batch: n times too much for n samples. D is pressed flat.", "value"),
        Wrong(_penalty(lambda s: s.norm()), "One norm of the whole batch's gradient, and not squared.", "value"),
        Wrong(_penalty(lambda s: s.square().mean()), "You averaged over the coordinates too: half of it in two dimensions, and a 784th part for pictures. Sum over a sample's coordinates.", "value"),
        Wrong(_penalty(lambda s: s.norm(dim=1).mean()), "The mean length is not squared. R1 squares the length of each gradient.", "value"),
        Wrong(_penalty(lambda s: s.norm(dim=1).mean().square()), "Average the squares; you squared the average, which is less where slopes differ.", "value"),
        Wrong(_penalty(lambda s: s.square().sum(1).mean(), outputs=torch.mean), "The gradient is that of the *mean* logit: each row is 1/n of the sample's own, and the square 1/n² of it. Take the sum of the logits.", "value"),
        Wrong(_penalty(lambda s: s.square().sum(1).mean(), graph=False), "Without `create_graph=True` the penalty is a number without a history: D cannot learn from it.", "can be trained on"),
    ),
    accepted=(_by_vmap, _penalty(lambda s: s.norm(dim=1).square().mean())),
    points=1.0,
)  # fmt: skip
