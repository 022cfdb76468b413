"""Every remedy of lectures 13 and 14 as the arguments of one ensemble: networks, wrappers, losses, steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import nn

from gancourse.methods.feature_matching import feature_matching
from gancourse.methods.historical_averaging import HistoricalAveraging
from gancourse.methods.instance_noise import InstanceNoise
from gancourse.methods.label_smoothing import one_sided
from gancourse.methods.packing import Packed
from gancourse.methods.unrolled import unrolled
from gancourse.methods.veegan import VEEGAN
from gancourse.models import MLPDiscriminator, MLPGenerator, stack
from gancourse.penalties import gradient_penalty, r1, r2, roth

__all__ = ["METHODS", "Method", "adam"]

RATE, NOISE_DIM = 1e-3, 2


def adam(parameters, rate=RATE):
    """Adam with β = (0.5, 0.9), entry by entry, so that a seed has the same bits in any company."""
    return torch.optim.Adam(parameters, rate, betas=(0.5, 0.9), foreach=True)


@dataclass(frozen=True)
class Method:
    """One way to train a GAN on toys.

    Arguments:
        label: its name in a table.
        options: arguments of ``train_ensemble``.
        wrap: what is put around D, a function of it and of the number of steps.
        pack: samples that D sees at once.
        in_dim: of D, where it is not 2·pack.
        step: what makes a step function, afresh for each run, from a list of further networks, one a seed,
            from points to noise.
        judges: False where D takes something else than samples.
    """

    label: str
    options: dict = field(default_factory=dict)
    wrap: Callable | None = None
    pack: int = 1
    in_dim: int | None = None
    step: Callable | None = None
    judges: bool = True

    def build(self, seeds, *, width=64, steps=10_000):
        """Fresh networks and the options: (generators, discriminators, options)."""
        generators, discriminators, others = [], [], []
        for seed in seeds:
            torch.manual_seed(seed)
            generators.append(MLPGenerator(NOISE_DIM, width))
            judge = MLPDiscriminator(self.in_dim or 2 * self.pack, width)
            discriminators.append(self.wrap(judge, steps) if self.wrap else judge)
            # drawn for all methods alike, so that a seed means the same networks in every row
            others.append(MLPGenerator(2, width, out_dim=NOISE_DIM, activation=partial(nn.LeakyReLU, 0.2)))
        options = {"generator_optimizer": adam, "discriminator_optimizer": adam, **self.options}
        if self.step:
            options["step"] = self.step(others)
        return generators, discriminators, options


def _penalised(weight, *penalties):
    def penalty(discriminator, real, fake):
        return weight * sum(one(discriminator, real, fake) for one in penalties)

    return penalty


def _on_real(discriminator, real, fake):
    return r1(discriminator, real)


def _on_fake(discriminator, real, fake):
    return r2(discriminator, fake)


def _veegan(reconstructors):
    return VEEGAN(stack(reconstructors), optimizer=adam)


METHODS = {
    "minimax": Method("minimax", {"objective": "minimax"}),
    "non_saturating": Method("non-saturating"),
    "unrolled": Method("unrolled, 5 steps", step=lambda _: unrolled(steps=5, optimizer="adam")),
    "packed": Method("packed, m = 4", wrap=lambda d, _: Packed(d, 4), pack=4),
    "veegan": Method("VEEGAN", {"objective": "reverse_kl"}, in_dim=2 + NOISE_DIM, step=_veegan, judges=False),
    "wgan_gp": Method(
        "WGAN-GP, 5 critic steps",
        {
            "objective": "wasserstein",
            "discriminator_steps": 5,
            "penalty": _penalised(0.1, gradient_penalty),
        },
    ),
    "r1": Method("R1", {"penalty": _penalised(0.05, _on_real)}),
    "relativistic": Method(
        "relativistic, R1 + R2",
        {"objective": "relativistic", "penalty": _penalised(0.005, _on_real, _on_fake)},
    ),
    # lecture 14: each alone, against "non_saturating"
    "noise": Method(
        "instance noise",
        {"constraint": InstanceNoise.anneal},
        wrap=lambda d, steps: InstanceNoise(d, 0.5, steps=max(1, steps // 2)),
    ),
    "label_smoothing": Method("one-sided smoothing, 0.9", {"objective": one_sided("non_saturating", 0.9)}),
    "two_time_scales": Method("two time scales", {"discriminator_optimizer": partial(adam, rate=4 * RATE)}),
    "least_squares": Method("least squares", {"objective": "least_squares"}),
    "hinge": Method("hinge", {"objective": "hinge"}),
    "feature_matching": Method("feature matching", step=lambda _: feature_matching()),
    "historical_averaging": Method("historical averaging", step=lambda _: HistoricalAveraging(weight=1e-3)),
    "roth": Method("Roth's regulariser", {"penalty": _penalised(0.05, roth)}),
    "averaged": Method("averaged generator", {"average": 0.999}),
}
