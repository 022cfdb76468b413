"""VEEGAN's terms on Gaussians, where each is known in closed form, and who learns from which."""

import math

import pytest
import torch
from torch import nn

from gancourse.densities import ring
from gancourse.methods import VEEGAN
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES
from gancourse.training import train

pytestmark = pytest.mark.claim("E5")
DOUBLE = {"dtype": torch.float64}

# x ~ N(0, S²). G(z) = A z + T ε and F(x) = B x + C η, with all of z, ε, η ~ N(0, 1).
S, A, T, B, C = 1.5, 0.8, 0.3, 0.9, 0.4
# The points ±1 have the mean and variance of N(0, 1): over their products every quadratic's mean is exact.
ONES = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], **DOUBLE)


class Noisy(nn.Module):
    """slope·u + spread·ε, the ε being the second column of ONES."""

    def __init__(self, slope, spread):
        super().__init__()
        self.slope, self.spread = nn.Parameter(torch.tensor([[slope]], **DOUBLE)), spread

    def forward(self, u):
        return u @ self.slope + self.spread * ONES[:, 1:]


class BestLogit(nn.Module):
    """log p(x, z) − log q(x, z) of the joint laws: real points and their codes, generated ones and theirs."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros((), **DOUBLE))

    def forward(self, pair):
        x, z = pair.T

        def log_normal(value, mean, std):
            return -(((value - mean) / std) ** 2) / 2 - math.log(std * math.sqrt(2 * math.pi))

        log_p = log_normal(x, 0.0, S) + log_normal(z, B * x, C)
        log_q = log_normal(z, 0.0, 1.0) + log_normal(x, A * z, T)
        return self.shift + log_p - log_q


def still(parameters):
    return torch.optim.SGD(parameters, lr=0.0)


def play(objective="reverse_kl", **options):
    generator, reconstructor, discriminator = Noisy(A, T), Noisy(B, C), BestLogit()
    step = VEEGAN(reconstructor, optimizer=still, **options)
    losses = step(
        generator, discriminator, OBJECTIVES[objective],
        real=lambda: S * ONES[:, :1], noise=lambda: ONES[:, :1],
        generator_optimizer=still(generator.parameters()),
        discriminator_optimizer=still(discriminator.parameters()),
    )  # fmt: skip
    return {name: loss.item() for name, loss in losses.items()}, generator, reconstructor, discriminator


def kl_of_joints():
    """KL(q‖p) of the two centred Gaussians of (x, z)."""
    q = torch.tensor([[A**2 + T**2, A], [A, 1.0]], **DOUBLE)
    p = torch.tensor([[S**2, B * S**2], [B * S**2, B**2 * S**2 + C**2]], **DOUBLE)
    log_ratio = torch.logdet(p) - torch.logdet(q)
    return float(torch.trace(torch.linalg.solve(p, q)) - 2 + log_ratio) / 2


# z − F(G(z)) = (1 − AB) z − BT ε − C η. Of ε and η only one column is left, so that here they are equal.
ERROR = (1 - A * B) ** 2 + (B * T + C) ** 2


def test_the_three_losses_are_those_of_the_formulas():
    losses, *_ = play("wasserstein")
    # E_q v − E_p v at the best logit: KL(q‖p) + KL(p‖q), with the sign of a discriminator that has won.
    p_side = -kl_of_joints()
    assert losses["reconstruction"] == pytest.approx(ERROR, rel=1e-12)
    assert losses["generator"] == pytest.approx(-p_side + ERROR, rel=1e-12)
    q = torch.tensor([[A**2 + T**2, A], [A, 1.0]], **DOUBLE)
    p = torch.tensor([[S**2, B * S**2], [B * S**2, B**2 * S**2 + C**2]], **DOUBLE)
    other = float(torch.trace(torch.linalg.solve(q, p)) - 2 + torch.logdet(q) - torch.logdet(p)) / 2
    assert losses["discriminator"] == pytest.approx(-kl_of_joints() - other, rel=1e-12)


def test_at_the_best_d_the_generators_loss_is_the_kl_of_the_joint_laws_plus_the_error():
    losses, *_ = play()
    assert losses["generator"] == pytest.approx(kl_of_joints() + ERROR, rel=1e-12)
    for weight in (0.0, 2.5):
        assert play(weight=weight)[0]["generator"] == pytest.approx(
            kl_of_joints() + weight * ERROR, rel=1e-12
        )


def test_the_error_is_a_squared_distance_of_whole_codes():
    torch.manual_seed(0)
    generator, reconstructor = MLPGenerator(noise_dim=3).double(), MLPGenerator(out_dim=3).double()
    discriminator, z = MLPDiscriminator(in_dim=5).double(), torch.randn(7, 3, **DOUBLE)
    losses = VEEGAN(reconstructor, optimizer=still)(
        generator, discriminator, OBJECTIVES["reverse_kl"],
        real=lambda: torch.randn(7, 2, **DOUBLE), noise=lambda: z,
        generator_optimizer=still(generator.parameters()),
        discriminator_optimizer=still(discriminator.parameters()),
    )  # fmt: skip
    by_hand = (
        sum((code - row).norm() ** 2 for code, row in zip(reconstructor(generator(z)), z, strict=True)) / 7
    )
    torch.testing.assert_close(losses["reconstruction"], by_hand)


def test_the_bound_of_the_paper_holds():
    # −∫ p₀ log p_F ≤ KL(q‖p) − E log p₀, with p_F = N(0, B²S² + C²) the law of the codes of real points.
    spread = B**2 * S**2 + C**2
    cross_entropy = (math.log(2 * math.pi * spread) + 1 / spread) / 2
    entropy = (math.log(2 * math.pi) + 1) / 2
    kl = play(weight=0.0)[0]["generator"]
    assert cross_entropy < kl + entropy


def test_each_network_learns_from_its_own_loss_only():
    _, generator, reconstructor, discriminator = play()
    # E(z − F(G(z)))² = (1 − ab)² + (bT + C)²: slopes in F's b, without the adversarial term.
    in_b = -2 * A * (1 - A * B) + 2 * T * (B * T + C)
    assert reconstructor.slope.grad.item() == pytest.approx(in_b, rel=1e-12)
    assert play(weight=7.0)[2].slope.grad.item() == pytest.approx(in_b, rel=1e-12)
    # In G's a: −E_q v has E_q[x²](1/S² + B²/C²)/2 − E_q[xz] B/C² + E(x − Az)²/… with x = a z + T ε; the third
    # part stands still at a = A.
    kl = A * (1 / S**2 + B**2 / C**2) - B / C**2
    in_a = -2 * B * (1 - A * B)
    assert generator.slope.grad.item() == pytest.approx(kl + in_a, rel=1e-12)
    assert play(weight=0.0)[1].slope.grad.item() == pytest.approx(kl, rel=1e-12)
    # D's shift c: cross-entropy E_p softplus(−v − c) + E_q softplus(v + c).
    with torch.no_grad():
        x, z = S * ONES[:, :1], ONES[:, :1]
        real = discriminator(torch.cat([x, reconstructor(x)], 1))
        fake = discriminator(torch.cat([generator(z), z], 1))
    in_shift = torch.sigmoid(fake).mean() - torch.sigmoid(-real).mean()
    assert discriminator.shift.grad.item() == pytest.approx(in_shift.item(), rel=1e-12)


def test_a_collapsed_generator_shows_in_the_codes_of_real_points():
    """F inverts a G that lacks a mode; real points of the mode that is missing get codes unlike z."""
    torch.manual_seed(0)
    generator = MLPGenerator(noise_dim=1, depth=0, out_dim=1)
    with torch.no_grad():
        generator.layers.output.weight.fill_(0.5)
        generator.layers.output.bias.fill_(2.0)  # G makes N(2, 0.5²); the data are there and at −2
    reconstructor = MLPGenerator(noise_dim=1, depth=0, out_dim=1)
    step = VEEGAN(reconstructor, optimizer=lambda p: torch.optim.SGD(p, lr=0.15))

    def sample(n, rng):
        return rng.choice([-2.0, 2.0], (n, 1)) + 0.5 * rng.normal(size=(n, 1))

    train(
        generator, MLPDiscriminator(in_dim=2), sample, "reverse_kl", steps=500, step=step, progress=False,
        generator_optimizer=still, threads=1, device="cpu",
    )  # fmt: skip
    with torch.no_grad():
        generated, missed = (reconstructor(torch.tensor([[x]])).item() for x in (2.0, -2.0))
    # The inverse of G is F(x) = 2(x − 2); a code of −8 does not come from N(0, 1).
    assert abs(generated) < 0.2 and missed == pytest.approx(-8, abs=0.3)


def test_the_reconstructor_goes_into_checkpoints_and_follows_the_device():
    step = VEEGAN(MLPGenerator())
    state = step.state_dict()
    assert set(state) == {"reconstructor", "optimizer"}
    other = VEEGAN(MLPGenerator())
    other.load_state_dict(state)
    for a, b in zip(other.reconstructor.parameters(), step.reconstructor.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: VEEGAN(nn.ReLU()), "reconstructor: expected a network from points to codes"),
        (lambda: VEEGAN(lambda x: x), "reconstructor: expected a network"),
        (lambda: VEEGAN(MLPGenerator(), weight=-1.0), "weight: expected a finite number"),
        (
            lambda: train(MLPGenerator(), MLPDiscriminator(4), ring().sample, steps=1, progress=False,
                          step=VEEGAN(MLPGenerator(out_dim=3))),
            r"reconstructor: expected codes with the shape of z, \(128, 2\), got .* \(128, 3\)",
        ),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        call()
