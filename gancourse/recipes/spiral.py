"""The Dirac-GAN's spiral in real networks: two parameters beside the exact path, and two small MLPs."""

import numpy as np
import torch
from torch import nn

from gancourse._validate import non_negative, positive
from gancourse.models import Generator, MLPDiscriminator, MLPGenerator
from gancourse.penalties import r1
from gancourse.training import train

__all__ = ["STD", "LinearDiscriminator", "MeanGenerator", "play_networks", "play_two_parameters"]

STD = 0.1  # of the data that the MLPs learn


class MeanGenerator(Generator):
    """x = mean + std · z, a Gaussian on the line whose mean is its only parameter."""

    def __init__(self, mean, std):
        super().__init__(noise_dim=1)
        self.mean, self.std = nn.Parameter(torch.tensor([float(mean)])), std

    def forward(self, z):
        return self.mean + self.std * z


class LinearDiscriminator(nn.Module):
    """The logit ψx on the line, without a bias."""

    def __init__(self, psi):
        super().__init__()
        self.psi = nn.Parameter(torch.tensor([float(psi)]))

    def forward(self, x):
        return x[:, 0] * self.psi


def play_two_parameters(std, weight=0.0, *, start=(1.0, 1.0), step=0.2, steps=400, seed=0):
    """A GAN of two parameters, trained as any other: minibatches of 256, autograd, plain gradient steps.

    The data are N(0, std²), the generator N(θ, std²), the logit ψx: for large batches the Dirac-GAN with
    instance noise std, played in turn (``trajectory("instance_noise", start, step, steps, True, std=std)``).

    Arguments:
        std: of data and generator, zero or above.
        weight: γ of R1, as (γ/2) E_p ‖∇D‖²; 0 for none.
        start: (θ, ψ) at first.
        step: learning rate of both players.
        steps: of the generator.
        seed: of the batches.

    Returns:
        array (steps + 1, 2): θ and ψ after each step.

    Raises:
        ValueError: std or weight is negative, step not positive; as ``gancourse.training.train``.
    """
    std, step = non_negative("std", std), positive("step", step)
    generator, discriminator = MeanGenerator(start[0], std), LinearDiscriminator(start[1])
    history = train(
        generator,
        discriminator,
        lambda n, rng: rng.normal(0.0, std, (n, 1)),
        "minimax",
        steps=steps,
        batch=256,
        penalty=_half_r1(weight),
        generator_optimizer=lambda weights: torch.optim.SGD(weights, step),
        discriminator_optimizer=lambda weights: torch.optim.SGD(weights, step),
        watch=lambda _, g, d: (float(g.mean), float(d.psi)),
        watch_every=1,
        seed=seed,
        progress=False,
    )
    return np.array([seen for _, seen in history.watched])


def play_networks(weight=0.0, *, steps=1_500, seed=0, shots=150):
    """Two MLPs of 32 tanh units learn N(0, 0.1²) in the plane; the generator starts 1.5 away.

    Non-saturating loss, batches of 64, Adam at 3e-3 for both. What is kept: where 256 fixed z go.

    Arguments:
        weight: γ of R1, as (γ/2) E_p ‖∇D‖²; 0 for none.
        steps: of the generator.
        seed: of weights, batches and noise.
        shots: how many times it is looked at, the start not counted.

    Returns:
        steps, integers with shape (n,), and points, array (n, 256, 2).

    Raises:
        ValueError: weight is negative; as ``gancourse.training.train``.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = MLPGenerator(2, 32, 1, 2, activation=nn.Tanh)
        discriminator = MLPDiscriminator(2, 32, 1, activation=nn.Tanh)
        z = torch.randn(256, 2)
    with torch.no_grad():
        generator.layers.output.weight *= 0.3
        generator.layers.output.bias.copy_(torch.tensor([1.5, 0.0]))
    history = train(
        generator,
        discriminator,
        lambda n, rng: rng.normal(0.0, STD, (n, 2)),
        "non_saturating",
        steps=steps,
        batch=64,
        penalty=_half_r1(weight),
        learning_rate=3e-3,
        watch=lambda _, g, d: g(z).numpy(),
        watch_every=max(steps // shots, 1),
        seed=seed,
        device="cpu",
        progress=False,
    )
    seen, points = zip(*history.watched, strict=True)
    return np.array(seen), np.array(points, dtype=np.float64)


def _half_r1(weight):
    weight = non_negative("weight", weight)
    return (lambda critic, real, fake: weight / 2 * r1(critic, real)) if weight else None
