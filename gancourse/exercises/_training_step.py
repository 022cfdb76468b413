"""The exercise of lecture 15 on one training step, and the many ways to get it wrong."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from gancourse.exercises import _networks
from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["STEP"]


def training_step(
    generator, discriminator, generator_optimiser, discriminator_optimiser, real, noise, fresh_noise
):
    """One step of the training algorithm: the discriminator first, then the generator; both are changed.

    Arguments:
        generator, discriminator: networks; the discriminator returns logits.
        generator_optimiser, discriminator_optimiser: each holds its own network's parameters.
        real: tensor (n, d), a batch of data.
        noise: tensor (n, k), the noise for the discriminator's half.
        fresh_noise: tensor (n, k), the noise for the generator's half.

    The discriminator descends mean softplus(−D(real)) + mean softplus(D(fake)), with fake = G(noise); then the
    generator descends the non-saturating loss mean softplus(−D(G(fresh_noise))).
    """
    fake = generator(noise).detach()
    discriminator_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    discriminator_optimiser.zero_grad()
    discriminator_loss.backward()
    discriminator_optimiser.step()

    generator_loss = F.softplus(-discriminator(generator(fresh_noise))).mean()
    generator_optimiser.zero_grad()
    generator_loss.backward()
    generator_optimiser.step()


def _step_cases(rng):
    return [
        {"real": rng.normal(2, 1, (3, 8, 2)), "noise": rng.normal(size=(3, 8, 2)), "fresh_noise": rng.normal(size=(3, 8, 2)), "seed": int(rng.integers(1_000))}
        for _ in range(2)
    ]  # fmt: skip


def _wrong_step(*, real=-1.0, fake=1.0, game=F.softplus, sign=-1.0, zero="each", detach=True, order="dg", fresh=True, reduce=torch.mean, share=1.0, stale=False):  # fmt: skip
    """One of the many ways to write the step, right by default."""

    def step(
        generator, discriminator, generator_optimiser, discriminator_optimiser, reals, noise, fresh_noise
    ):
        def discriminator_half():
            made = generator(noise)
            made = made.detach() if detach else made
            loss = reduce(F.softplus(real * discriminator(reals))) + reduce(
                F.softplus(fake * discriminator(made))
            )
            if zero == "each":
                discriminator_optimiser.zero_grad()
            (share * loss).backward()
            discriminator_optimiser.step()

        def generator_half(logits=None):
            if logits is None:
                logits = discriminator(generator(fresh_noise if fresh else noise))
            if zero == "each":
                generator_optimiser.zero_grad()
            reduce(game(sign * logits)).backward()
            generator_optimiser.step()

        if zero == "start":
            generator_optimiser.zero_grad()
            discriminator_optimiser.zero_grad()
        if order == "gd":
            generator_half()
            discriminator_half()
        elif stale:
            old = copy.deepcopy(discriminator)
            discriminator_half()
            generator_half(old(generator(fresh_noise)))
        else:
            discriminator_half()
            generator_half()

    return step


def _with_labels(g, d, g_optimiser, d_optimiser, real, noise, fresh_noise):
    """The losses as cross-entropy with labels, and fakes made without a graph, as most code has it."""
    cross_entropy = F.binary_cross_entropy_with_logits
    with torch.no_grad():
        fake = g(noise)
    on_real, on_fake = d(real), d(fake)
    d_loss = cross_entropy(on_real, torch.ones_like(on_real))
    d_loss = d_loss + cross_entropy(on_fake, torch.zeros_like(on_fake))
    d_optimiser.zero_grad()
    d_loss.backward()
    d_optimiser.step()
    judged = d(g(fresh_noise))
    g_optimiser.zero_grad()
    cross_entropy(judged, torch.ones_like(judged)).backward()
    g_optimiser.step()


def _in_two_passes(g, d, g_optimiser, d_optimiser, real, noise, fresh_noise):
    """A backward pass for each half of D's loss, as in DCGAN's own code; D is frozen while G moves."""
    d_optimiser.zero_grad(set_to_none=False)
    F.softplus(-d(real)).mean().backward()
    F.softplus(d(g(noise).detach())).mean().backward()
    d_optimiser.step()
    for parameter in d.parameters():
        parameter.requires_grad_(False)
    g_optimiser.zero_grad()
    F.softplus(-d(g(fresh_noise))).mean().backward()
    g_optimiser.step()
    for parameter in d.parameters():
        parameter.requires_grad_(True)


def _minus_softplus(v):
    return -F.softplus(-v)


STEP = Exercise(
    id="15.training_step",
    title="One training step",
    reference=training_step,
    cases=_step_cases,
    run=_networks.run_training_step,
    checks=(
        Check("same numbers", lambda case, got, want: close(key="discriminator", atol=1e-10)(case, got, want) and close(key="generator", atol=1e-10)(case, got, want), "After three steps the weights differ from the algorithm's. Go through it line by line: which gradients are zeroed, when, and which network does each loss reach?"),
    ),
    hints=(
        "D's half: losses on real and on `generator(noise).detach()`, then zero_grad, backward, step.",
        "G's half: a new pass, `discriminator(generator(fresh_noise))`, through the discriminator as it is *now*.",
        "Zero each network's gradients just before its own `backward`: the other half leaves gradients behind.",
    ),
    wrong=(
        Wrong(_wrong_step(zero="never"), "The gradients are never zeroed: each step adds those of all steps before. Call `zero_grad` before each `backward`.", "same numbers"),
        Wrong(_wrong_step(zero="start", detach=False), "No detach: the discriminator's loss sends gradients into the generator, and they are still there when the generator steps. Detach the fakes in D's half.", "same numbers"),
        Wrong(_wrong_step(real=1.0, fake=-1.0, sign=1.0), "The labels are exchanged in both halves: D learns the probability of *fake*. In this course D is the probability of real.", "same numbers"),
        Wrong(_wrong_step(real=1.0, fake=-1.0), "D's labels are exchanged: it raises its logit on fakes and lowers it on real points.", "same numbers"),
        Wrong(_wrong_step(game=_minus_softplus, sign=1.0), "The sign of the generator's loss: it makes its own fakes look *less* real.", "same numbers"),
        Wrong(_wrong_step(game=lambda v: -F.softplus(v), sign=1.0), "This is the saturating loss, log(1 − D). The step asks for the non-saturating −log D = softplus(−v).", "same numbers"),
        Wrong(_wrong_step(order="gd"), "The generator moved first. The algorithm trains the discriminator first, so that the generator hears the newest answer.", "same numbers"),
        Wrong(_wrong_step(fresh=False), "The generator's half uses `noise` again: it is to be judged on `fresh_noise`.", "same numbers"),
        Wrong(_wrong_step(share=0.5), "A factor ½: the discriminator's loss is the *sum* of the two means, not their average.", "same numbers"),
        Wrong(_wrong_step(reduce=torch.sum), "You summed over the batch instead of taking the mean: the step is as many times too long as the batch has points.", "same numbers"),
        Wrong(_wrong_step(stale=True), "The generator's loss uses the discriminator as it was *before* its step. Pass the fakes through it again.", "same numbers"),
        Wrong(lambda *arguments: None, "Nothing has changed: neither network was stepped.", "same numbers"),
        Wrong(lambda g, d, go, do, r, n, f: _wrong_step()(g, d, torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1), do, r, n, f), "The generator's optimiser never stepped: only D has changed.", "same numbers"),
    ),
    accepted=(
        _wrong_step(),
        _with_labels,
        _in_two_passes,
        _wrong_step(detach=False),  # wasteful but right, since the generator's gradients are zeroed before its own half
    ),
    points=3.0,
)  # fmt: skip
