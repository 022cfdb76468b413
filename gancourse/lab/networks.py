"""What the settings of the lab stand for: networks, optimisers, objective, penalty, step."""

import math
from contextlib import contextmanager

import torch
from torch import nn

from gancourse._validate import choice
from gancourse.methods import (
    VEEGAN,
    HistoricalAveraging,
    InstanceNoise,
    Packed,
    consensus,
    feature_matching,
    on_packs,
    one_sided,
    spectral_norm_,
    unrolled,
)
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES, f_gan
from gancourse.penalties import gradient_penalty, r1, r2, roth
from gancourse.training import adam

__all__ = [
    "LabGenerator", "WithCodes", "make_discriminator", "make_generator", "make_optimizer",
    "make_reconstructor", "own_seed", "the_objective", "the_penalty", "the_step", "wrapped",
]  # fmt: skip

DISCRIMINATOR_SHAPE = ("discriminator_depth", "discriminator_width", "packing", "spectral_norm")
GENERATOR_SHAPE = ("generator_depth", "generator_width", "noise_dim")


class LabGenerator(MLPGenerator):
    """``MLPGenerator`` with a choice of noise: with "gaussian" it is the same network, drawing the same z.

    Arguments:
        law: "gaussian", z ~ N(0, I), or "uniform", each coordinate on [−1, 1]; it may be set at any time.
        sizes: those of ``MLPGenerator``.

    Raises:
        ValueError: another law, or a size that is not valid.

    Example:
        >>> z = LabGenerator(noise_dim=1, law="uniform").noise(100)
        >>> bool(z.abs().max() <= 1)
        True
    """

    def __init__(self, noise_dim=2, width=32, depth=2, *, law="gaussian"):
        super().__init__(noise_dim=noise_dim, width=width, depth=depth)
        self.law = choice("law", law, ("gaussian", "uniform"))

    def noise(self, n, generator=None):
        """n draws of z, with shape (n, noise_dim)."""
        if self.law == "gaussian":
            return super().noise(n, generator)
        like = self._like
        return 2 * torch.rand(n, self.noise_dim, generator=generator, dtype=like.dtype) - 1


class WithCodes(nn.Module):
    """VEEGAN's D, for points as well: a point x is judged as the pair (x, F(x)), a pair as it is.

    Arguments:
        discriminator: of pairs, with shape (n, 2 + c). reconstructor: F, from points (n, 2) to codes (n, c).
    """

    def __init__(self, discriminator, reconstructor):
        super().__init__()
        self.discriminator, self.reconstructor = discriminator, reconstructor

    def forward(self, x):
        """v of points (n, 2) or pairs (n, 2 + c), with shape (n,)."""
        if x.shape[1] == 2:
            x = torch.cat([x, self.reconstructor(x)], dim=1)
        return self.discriminator(x)


@contextmanager
def own_seed(seed):
    """PyTorch's global generator seeded for the block, and afterwards as it was: for initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def make_generator(settings):
    """A fresh generator; its weights are drawn from PyTorch's global generator."""
    return LabGenerator(
        settings.noise_dim, settings.generator_width, settings.generator_depth, law=settings.noise_law
    )


def make_discriminator(settings):
    """A fresh discriminator of packs, without instance noise; weights from PyTorch's global generator."""
    seen = 2 * settings.packing + (settings.noise_dim if settings.method == "veegan" else 0)
    network = MLPDiscriminator(seen, settings.discriminator_width, settings.discriminator_depth)
    if settings.spectral_norm:
        spectral_norm_(network)
    return Packed(network, settings.packing) if settings.packing > 1 else network


def make_reconstructor(settings):
    """A fresh F of VEEGAN, from points to codes, of D's layers and units; None for another step."""
    if settings.method != "veegan":
        return None
    width, depth = settings.discriminator_width, settings.discriminator_depth
    return MLPGenerator(noise_dim=2, width=width, depth=depth, out_dim=settings.noise_dim)


def wrapped(network, settings, reconstructor=None):
    """The discriminator as the game sees it: with instance noise, or of points with their codes."""
    if reconstructor is not None:
        return WithCodes(network, reconstructor)
    return InstanceNoise(network, settings.instance_noise) if settings.instance_noise else network


def make_optimizer(settings, player, network):
    """A fresh optimiser of the player "generator" or "discriminator"."""
    rate = getattr(settings, f"{player}_rate")
    make = {
        "adam": adam(rate),
        "adam_zero": lambda weights: torch.optim.Adam(weights, rate, betas=(0.0, 0.9), fused=True),
        "rmsprop": lambda weights: torch.optim.RMSprop(weights, rate),
        "sgd": lambda weights: torch.optim.SGD(weights, rate),
        "momentum": lambda weights: torch.optim.SGD(weights, rate, momentum=0.9),
    }[getattr(settings, f"{player}_optimizer")]
    return make(network.parameters())


def the_objective(settings):
    """The pair of losses."""
    if settings.objective.startswith("f_gan "):
        return f_gan(settings.objective.removeprefix("f_gan "), practical=settings.practical)
    if settings.real_label < 1:
        return one_sided(settings.objective, settings.real_label)
    return OBJECTIVES[settings.objective]


def the_penalty(settings):
    """``penalty(discriminator, real, fake)``, weight included; None without one.

    It is the wrapped discriminator's own where instance noise or packing wraps it: of the gradient that the
    game sees, in a whole pack where packs are judged.
    """
    if settings.penalty == "none" or settings.penalty_weight == 0:
        return None
    plain = {
        "gradient_penalty": gradient_penalty,
        "zero_centred": lambda critic, real, fake: gradient_penalty(critic, real, fake, target=0.0),
        "r1": lambda critic, real, fake: r1(critic, real),
        "r2": lambda critic, real, fake: r2(critic, fake),
        "r1_and_r2": lambda critic, real, fake: r1(critic, real) + r2(critic, fake),
        "roth": roth,
    }[settings.penalty]
    if settings.packing > 1:
        plain = _inside_noise(on_packs(plain)) if settings.instance_noise else on_packs(plain)
    return lambda critic, real, fake: settings.penalty_weight * plain(critic, real, fake)


def _inside_noise(penalty):
    # on_packs takes the Packed itself: the penalty is then that of the discriminator inside the noise
    return lambda noisy, real, fake: penalty(noisy.discriminator, real, fake)


def the_step(settings, reconstructor=None):
    """The step function of a method; None for the loop's own step. VEEGAN's needs its reconstructor."""
    if settings.method == "alternating":
        return None
    if settings.method == "unrolled":
        plain_adam = settings.discriminator_optimizer in ("adam", "adam_zero")
        ahead = math.floor(settings.method_weight)
        return unrolled(steps=ahead, optimizer="adam" if plain_adam else "sgd")
    return {
        "consensus": lambda: consensus(weight=settings.method_weight),
        "feature_matching": feature_matching,
        "historical_averaging": lambda: HistoricalAveraging(weight=settings.method_weight),
        "veegan": lambda: VEEGAN(
            reconstructor, learning_rate=settings.discriminator_rate, weight=settings.method_weight
        ),
    }[settings.method]()
