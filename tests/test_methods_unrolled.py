"""Unrolling against differentiating through k explicit steps, by finite differences, and in closed form."""

import copy

import pytest
import torch
from torch import nn

from gancourse.densities import ring
from gancourse.methods import InstanceNoise, Packed, spectral_norm_, unrolled
from gancourse.models import Generator, MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES
from gancourse.training import train

pytestmark = pytest.mark.claim("E4")
DOUBLE = {"dtype": torch.float64}


def adam(parameters, lr=0.05):
    return torch.optim.Adam(parameters, lr=lr, betas=(0.5, 0.999), eps=1e-3)


def still(parameters):
    """An optimiser that takes gradients and moves nothing, and with no state."""
    return torch.optim.SGD(parameters, lr=0.0)


class Game:
    """Two small networks, and one batch that stays the same."""

    def __init__(self, objective="non_saturating", **options):
        torch.manual_seed(0)
        self.generator = MLPGenerator(width=5, depth=1, activation=nn.Tanh).double()
        self.discriminator = MLPDiscriminator(width=5, depth=1, activation=nn.Softplus, **options).double()
        self.x, self.z = torch.randn(2, 12, 2, **DOUBLE) + 1
        self.objective = OBJECTIVES[objective]
        self.optimizer = adam(self.discriminator.parameters())
        for _ in range(3):  # so that Adam's moments are not zero
            self.optimizer.zero_grad()
            self.loss(self.discriminator).backward()
            self.optimizer.step()

    def logits(self, discriminator):
        return discriminator(self.x), discriminator(self.generator(self.z))

    def loss(self, discriminator):
        return self.objective.discriminator(*self.logits(discriminator))

    def play(self, step, optimizer=None):
        """One step; returns the losses and the generator's gradients."""
        losses = step(
            self.generator, self.discriminator, self.objective, real=lambda: self.x, noise=lambda: self.z,
            generator_optimizer=still(self.generator.parameters()),
            discriminator_optimizer=optimizer or self.optimizer,
        )  # fmt: skip
        return losses, [parameter.grad.clone() for parameter in self.generator.parameters()]

    def ahead(self, k, rate):
        """The discriminator that k steps of PyTorch's own optimiser make: plain at a rate, or else Adam's."""
        discriminator = copy.deepcopy(self.discriminator)
        optimizer = (
            torch.optim.SGD(discriminator.parameters(), lr=rate) if rate else adam(discriminator.parameters())
        )
        if not rate:
            optimizer.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
        for _ in range(k):
            optimizer.zero_grad()
            self.loss(discriminator).backward()
            optimizer.step()
        return discriminator

    def differences(self, value, width=1e-5):
        """Central differences of value() in every one of the generator's weights."""
        slopes = []
        for parameter in self.generator.parameters():
            slope, flat = torch.zeros_like(parameter), parameter.data.view(-1)
            for i in range(len(flat)):
                flat[i] += width
                above = value()
                flat[i] -= 2 * width
                below = value()
                flat[i] += width
                slope.view(-1)[i] = (above - below) / (2 * width)
            slopes.append(slope)
        return slopes


@pytest.mark.parametrize("k", [0, 1, 4])
@pytest.mark.parametrize("rate", [0.3, None])
@pytest.mark.parametrize("zero_sum", [True, False])
def test_the_gradient_is_that_through_k_steps_of_pytorchs_own_optimisers(k, rate, zero_sum):
    game = Game()

    def value():
        ahead = game.ahead(k, rate)
        real, fake = game.logits(ahead)
        loss = -game.loss(ahead) if zero_sum else game.objective.generator(fake, real)
        return loss.item()

    expected, loss = game.differences(value), value()
    own = game.loss(game.discriminator).item()
    at_k = game.loss(game.ahead(k, rate)).item()
    kind = "adam" if rate is None else "sgd"
    step = unrolled(steps=k, learning_rate=rate, optimizer=kind, zero_sum=zero_sum)
    losses, gradients = game.play(step)
    for gradient, slope in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, slope, rtol=1e-5, atol=1e-8)
    assert losses["generator"].item() == pytest.approx(loss, rel=1e-12)
    assert losses["discriminator"].item() == pytest.approx(own, rel=1e-12)
    assert losses["ahead"].item() == pytest.approx(at_k, rel=1e-12)
    assert k == 0 or at_k < own


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_detached_the_discriminator_ahead_is_a_constant(kind):
    game = Game()
    ahead = game.ahead(3, 0.3 if kind == "sgd" else None)
    own = torch.autograd.grad(-game.loss(ahead), list(game.generator.parameters()))
    options = {"learning_rate": 0.3} if kind == "sgd" else {}
    _, gradients = game.play(unrolled(steps=3, optimizer=kind, detach=True, **options))
    for gradient, expected in zip(gradients, own, strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-14)
    _, through = Game().play(unrolled(steps=3, optimizer=kind, **options))
    assert not torch.allclose(gradients[0], through[0], rtol=1e-2)


def test_the_rate_of_the_steps_ahead_is_by_default_that_of_ds_optimiser():
    by_default, named, other = (
        Game().play(unrolled(steps=2, learning_rate=rate))[1][0] for rate in (None, 0.05, 0.1)
    )
    torch.testing.assert_close(by_default, named)
    assert not torch.allclose(by_default, other)


@pytest.mark.parametrize("options", [{}, {"optimizer": "adam"}, {"detach": True}])
def test_d_takes_one_ordinary_step_and_gets_no_gradient_from_g(options):
    game, plain = Game(), Game()
    game.play(unrolled(steps=4, learning_rate=0.3, **options))
    plain.optimizer.zero_grad()
    plain.loss(plain.discriminator).backward()
    gradients = [parameter.grad.clone() for parameter in plain.discriminator.parameters()]
    plain.optimizer.step()
    for ours, theirs, gradient in zip(
        game.discriminator.parameters(), plain.discriminator.parameters(), gradients, strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(ours.grad, gradient, rtol=1e-12, atol=1e-14)


def test_looking_ahead_leaves_ds_buffers_alone():
    game, plain = Game(normalise="batch"), Game(normalise="batch")
    game.play(unrolled(steps=5, learning_rate=0.1))
    plain.loss(plain.discriminator)  # one pass of each batch
    ours, theirs = dict(game.discriminator.named_buffers()), dict(plain.discriminator.named_buffers())
    assert ours and all(torch.allclose(ours[name].double(), theirs[name].double()) for name in ours)
    assert ours["layers.norm1.num_batches_tracked"] == 8  # two in each of three warm-up steps, and two


def test_a_unit_that_never_fires_gives_no_nan():
    torch.manual_seed(0)
    generator, discriminator = MLPGenerator(width=4), MLPDiscriminator(width=4, activation=nn.ReLU)
    discriminator.layers.hidden1.bias.data[0] = -1e3
    train(
        generator,
        discriminator,
        ring().sample,
        steps=3,
        step=unrolled(steps=3, optimizer="adam"),
        progress=False,
    )
    assert all(
        weight.isfinite().all() for network in (generator, discriminator) for weight in network.parameters()
    )


@pytest.mark.parametrize("wrap", [lambda d: InstanceNoise(d, 0.1), lambda d: Packed(d, 1), spectral_norm_])
def test_it_looks_through_wrappers(wrap):
    torch.manual_seed(0)
    generator, discriminator = MLPGenerator(width=8), wrap(MLPDiscriminator(width=8))
    step = unrolled(steps=2, learning_rate=0.1)
    history = train(generator, discriminator, ring().sample, steps=2, step=step, progress=False, device="cpu")
    assert len(history.step) == 2


# In closed form: data at 0, G = θ, D(x) = ψx, loss of D E_q v − E_p v = ψθ


class Point(Generator):
    def __init__(self, theta):
        super().__init__(1)
        self.theta = nn.Parameter(torch.tensor(theta, **DOUBLE))

    def forward(self, z):
        return self.theta.expand(len(z), 1)


class Line(nn.Module):
    def __init__(self, psi):
        super().__init__()
        self.psi = nn.Parameter(torch.tensor(psi, **DOUBLE))

    def forward(self, x):
        return self.psi * x[:, 0]


@pytest.mark.parametrize("k", [0, 1, 5])
@pytest.mark.parametrize("detach", [False, True])
def test_in_the_bilinear_game_k_steps_add_a_drag_of_2_k_eta(k, detach):
    # ψ_k = ψ − kηθ, so −L_D = −ψθ + kηθ², whose slope is −ψ + 2kηθ; half the drag where ψ_k is held fixed.
    generator, discriminator = Point(0.7), Line(-0.4)
    unrolled(steps=k, learning_rate=0.1, detach=detach)(
        generator, discriminator, OBJECTIVES["wasserstein"],
        real=lambda: torch.zeros(3, 1, **DOUBLE), noise=lambda: torch.zeros(3, 1, **DOUBLE),
        generator_optimizer=still(generator.parameters()),
        discriminator_optimizer=still(discriminator.parameters()),
    )  # fmt: skip
    drag = (1 if detach else 2) * k * 0.1
    assert generator.theta.grad.item() == pytest.approx(0.4 + drag * 0.7, rel=1e-12)
    assert discriminator.psi.grad.item() == pytest.approx(0.7, rel=1e-12)


def test_the_bilinear_game_spirals_out_without_looking_ahead_and_in_with_it():
    def end(k):
        generator, discriminator = Point(1.0), Line(0.0)
        train(
            generator, discriminator, lambda n, rng: torch.zeros(n, 1), "wasserstein", steps=300, batch=1,
            step=unrolled(steps=k, learning_rate=0.1), progress=False, threads=1, device="cpu",
            generator_optimizer=lambda p: torch.optim.SGD(p, lr=0.05),
            discriminator_optimizer=lambda p: torch.optim.SGD(p, lr=0.05),
        )  # fmt: skip
        return (generator.theta**2 + discriminator.psi**2).sqrt().item()

    # Euler's steps of the circle grow by √(1 + 0.05²) each; with drag 2kη the eigenvalues' real part is −kη.
    assert end(0) == pytest.approx((1 + 0.05**2) ** 150, rel=1e-6)
    assert end(5) < 0.01


@pytest.mark.parametrize(
    "options, text",
    [
        ({"steps": -1}, "steps: expected a whole number of at least 0, got -1"),
        ({"steps": 2.5}, "steps: expected a whole number"),
        ({"learning_rate": 0.0}, "learning_rate: expected a positive"),
        ({"optimizer": "rmsprop"}, "optimizer: expected one of 'sgd', 'adam', got 'rmsprop'"),
        ({"detach": 1}, "detach: expected True or False, got 1"),
        ({"zero_sum": None}, "zero_sum: expected True or False, got None"),
    ],
)
def test_bad_arguments_are_named(options, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        unrolled(**options)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: torch.optim.SGD(p, lr=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.1),
        lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, lr=0.1, amsgrad=True),
    ],
)
def test_adam_ahead_needs_adam(optimizer):
    game = Game()
    with pytest.raises(ValueError, match="^discriminator_optimizer: expected torch.optim.Adam without"):
        game.play(unrolled(optimizer="adam"), optimizer(game.discriminator.parameters()))


def test_it_prints_what_it_is():
    assert "unrolled(steps=5, learning_rate=0.1, optimizer='sgd'" in repr(unrolled(learning_rate=0.1))
