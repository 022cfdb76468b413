"""Historical averaging and consensus: their pulls, and what these do to a game that plain play circles."""

import pytest
import torch
from torch import nn

from gancourse.densities import ring
from gancourse.methods import HistoricalAveraging, consensus
from gancourse.models import Generator, MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES
from gancourse.training import train as train_loudly

DATA = ring(modes=8)


def train(*arguments, **keywords):
    return train_loudly(*arguments, **{"progress": False, "threads": 1, "device": "cpu", **keywords})


def networks():
    torch.manual_seed(0)
    return MLPGenerator(width=8).double(), MLPDiscriminator(width=8).double()


def still(parameters):
    return torch.optim.SGD(parameters, lr=0.0)


# Historical averaging


@pytest.mark.claim("E8")
def test_what_is_remembered_is_the_running_mean():
    generator, discriminator = networks()
    step = HistoricalAveraging(weight=0.1)
    path = {"generator": [], "discriminator": []}

    def spied(*players, **others):
        for name, network in zip(path, players, strict=False):
            path[name].append([weight.detach().clone() for weight in network.parameters()])
        return step(*players, **others)

    train(generator, discriminator, DATA.sample, steps=6, batch=16, step=spied, learning_rate=0.05)
    for name, weights in path.items():
        for mean, values in zip(step.means[name], zip(*weights, strict=True), strict=True):
            assert len(values) == 6
            torch.testing.assert_close(mean, torch.stack(values).mean(0), rtol=1e-12, atol=1e-14)


@pytest.mark.claim("E8")
def test_the_pull_is_twice_the_weight_times_the_way_to_the_mean():
    plain, pulled = networks(), networks()
    gradients = []
    for weight, (generator, discriminator) in ((0.0, plain), (0.7, pulled)):
        step = HistoricalAveraging(weight=weight)
        step.steps = 3  # as if the mean of three earlier values were 0
        for name, network in (("generator", generator), ("discriminator", discriminator)):
            step.means[name] = [torch.zeros_like(parameter) for parameter in network.parameters()]
        torch.manual_seed(2)
        step(
            generator, discriminator, OBJECTIVES["non_saturating"],
            real=lambda: torch.randn(8, 2, dtype=torch.float64),
            noise=lambda: torch.randn(8, 2, dtype=torch.float64),
            generator_optimizer=still(generator.parameters()),
            discriminator_optimizer=still(discriminator.parameters()),
        )  # fmt: skip
        gradients.append([p.grad for network in (generator, discriminator) for p in network.parameters()])
    weights = [p for network in pulled for p in network.parameters()]
    for without, with_pull, w in zip(*gradients, weights, strict=True):
        torch.testing.assert_close(with_pull - without, 2 * 0.7 * (w - w / 4), rtol=1e-10, atol=1e-12)


def weights(pair):
    return [parameter for network in pair for parameter in network.parameters()]


def test_with_weight_zero_it_is_the_loop_itself():
    ours, loops = networks(), networks()
    for objective in ("non_saturating", "relativistic"):
        train(*ours, DATA.sample, objective, steps=4, batch=16, step=HistoricalAveraging(weight=0.0))
        train(*loops, DATA.sample, objective, steps=4, batch=16)
        for a, b in zip(weights(ours), weights(loops), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


class Point(Generator):
    def __init__(self, theta):
        super().__init__(1)
        self.theta = nn.Parameter(torch.tensor(theta, dtype=torch.float64))

    def forward(self, z):
        return self.theta.expand(len(z), 1)


class Line(nn.Module):
    def __init__(self, psi):
        super().__init__()
        self.psi = nn.Parameter(torch.tensor(psi, dtype=torch.float64))

    def forward(self, x):
        return self.psi * x[:, 0]


def bilinear(step, counts, rate=0.1):
    """Data at 0, G = θ, D(x) = ψx: θ' = ψ, ψ' = −θ. The distance from (0, 0) after so many steps."""
    generator, discriminator = Point(1.0), Line(0.0)
    zeros = torch.zeros(1, 1, dtype=torch.float64)
    moves = {"generator_optimizer": torch.optim.SGD(generator.parameters(), lr=rate),
             "discriminator_optimizer": torch.optim.SGD(discriminator.parameters(), lr=rate)}  # fmt: skip
    found = []
    for t in range(1, max(counts) + 1):
        step(
            generator,
            discriminator,
            OBJECTIVES["wasserstein"],
            real=lambda: zeros,
            noise=lambda: zeros,
            **moves,
        )
        if t in counts:
            found.append((generator.theta**2 + discriminator.psi**2).sqrt().item())
    return found


@pytest.mark.claim("E8")
@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_e8_in_the_bilinear_game_it_converges_by_a_power_of_the_time(weight):
    early, late = bilinear(HistoricalAveraging(weight=weight), (150, 600))
    # Fast, the players go where their means pull them; slowly, those shrink like t^(−1/(1 + 4c²)).
    assert early / late == pytest.approx(4 ** (1 / (1 + 4 * weight**2)), rel=0.03)
    assert late < early < 0.6


@pytest.mark.claim("E8")
def test_e8_plain_play_circles():
    distances = bilinear(HistoricalAveraging(weight=0.0), tuple(range(1, 400)))
    assert 0.9 < min(distances) and max(distances) < 1.1


# Consensus


def test_consensus_adds_the_slope_of_half_the_squared_field_found_by_differences():
    generator, discriminator = networks()
    torch.manual_seed(4)  # any point will do, and this is no equilibrium
    x, z = torch.randn(2, 12, 2, dtype=torch.float64)
    weights = [*discriminator.parameters(), *generator.parameters()]
    objective = OBJECTIVES["non_saturating"]

    def field():
        real, fake = discriminator(x), discriminator(generator(z))
        parts = ((objective.discriminator(real, fake), discriminator), (objective.generator(fake), generator))
        return [
            gradient
            for loss, network in parts
            for gradient in torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
        ]

    def half():
        return sum(gradient.square().sum() for gradient in field()).item() / 2

    plain, value = field(), half()
    losses = consensus(weight=0.7)(
        generator, discriminator, objective, real=lambda: x, noise=lambda: z,
        generator_optimizer=still(generator.parameters()),
        discriminator_optimizer=still(discriminator.parameters()),
    )  # fmt: skip
    assert losses["field"].item() == pytest.approx(value, rel=1e-12) and value > 0.01
    checked = 0
    for weight, gradient in zip(weights, plain, strict=True):
        flat = weight.data.view(-1)
        for i in range(0, len(flat), 3):
            flat[i] += 1e-6
            above = half()
            flat[i] -= 2e-6
            below = half()
            flat[i] += 1e-6
            expected = gradient.view(-1)[i].item() + 0.7 * (above - below) / 2e-6
            assert weight.grad.view(-1)[i].item() == pytest.approx(expected, rel=1e-5, abs=1e-8)
            checked += 1
    assert checked > 60


@pytest.mark.claim("E10")
@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_e10_in_the_bilinear_game_consensus_spirals_in(gamma):
    # ½‖v‖² = ½(θ² + ψ²), so w = (ψ − γθ, −θ − γψ): each simultaneous step of h scales by √((1 − γh)² + h²).
    h, steps = 0.1, 100
    (distance,) = bilinear(consensus(weight=gamma), (steps,), rate=h)
    assert distance == pytest.approx(((1 - gamma * h) ** 2 + h**2) ** (steps / 2), rel=1e-9)
    assert (distance < 0.1) is (gamma > 0)


@pytest.mark.parametrize("make", [consensus, HistoricalAveraging])
@pytest.mark.parametrize("weight", [-1, float("inf"), None])
def test_bad_weights_are_named(make, weight):
    with pytest.raises(ValueError, match="^weight: expected a finite number that is zero or above, got "):
        make(weight=weight)
