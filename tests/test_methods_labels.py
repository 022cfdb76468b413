"""What one-sided labels, squares and hinges do to D's optimum, and two time scales to its pace."""

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats

from gancourse.densities import ring
from gancourse.methods import one_sided
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES, Objective
from gancourse.training import train

pytestmark = pytest.mark.claim("E11")
DOUBLE = {"dtype": torch.float64}
CROSS_ENTROPY = ["minimax", "non_saturating", "reverse_kl"]


def tensor(values):
    return torch.as_tensor(np.asarray(values, dtype=np.float64))


def p(x):
    return 0.5 * stats.norm.pdf(x, -2, 0.5) + 0.5 * stats.norm.pdf(x, 2, 0.5)


def q(x):
    return stats.norm.pdf(x, -2, 0.7)


def loss(objective, x, v):
    """D's loss by quadrature, for logits v on the grid x."""
    return integrate.simpson(p(x) * np_of(objective.on_real, v) + q(x) * np_of(objective.on_fake, v), x=x)


def np_of(function, v):
    return function(tensor(v)).numpy()


def best_logit(objective, real, fake):
    """The v that makes p·a(v) + q·b(v) least, found without a derivative."""

    def pointwise(v):
        v = tensor([v])
        return float(real * objective.on_real(v) + fake * objective.on_fake(v))

    return optimize.minimize_scalar(pointwise, bounds=(-40, 40), method="bounded", options={"xatol": 1e-10}).x


# One-sided labels


@pytest.mark.parametrize("name", CROSS_ENTROPY)
@pytest.mark.parametrize("alpha", [0.9, 0.7, 1.0])
def test_the_best_d_is_alpha_p_over_p_plus_q(name, alpha):
    objective, x = one_sided(name, alpha), np.linspace(-6, 6, 4001)
    for at in (-3.0, -2.0, 0.3, 1.0):
        expected = alpha * p(at) / (p(at) + q(at))
        found = best_logit(objective, p(at), q(at))
        assert 1 / (1 + np.exp(-found)) == pytest.approx(expected, abs=1e-6)
    d = alpha * p(x) / (p(x) + q(x))
    best = np.log(d) - np.log1p(-d) if alpha < 1 else np.log(p(x)) - np.log(q(x))
    least = loss(objective, x, best)
    rng = np.random.default_rng(0)
    for bump in (0.1, -0.1, 0.3 * np.sin(x), 0.1 * rng.normal(size=x.shape)):
        assert loss(objective, x, best + bump) > least + 1e-4


def test_the_logit_of_the_best_d_is_bounded_where_the_generator_is_missing():
    bound = np.log(0.9 / 0.1)
    assert best_logit(one_sided(), 1.0, 0.0) == pytest.approx(bound, abs=1e-5)
    assert best_logit(OBJECTIVES["non_saturating"], 1.0, 0.0) > 15
    assert best_logit(one_sided(), 0.0, 1.0) < -15  # fakes keep the label 0


def test_by_hand_and_against_pytorchs_cross_entropy_to_soft_labels():
    torch.manual_seed(0)
    real, fake = 4 * torch.randn(2, 50, **DOUBLE)
    value = one_sided("minimax", 0.8).discriminator(real, fake)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = bce(real, torch.full_like(real, 0.8)) + bce(fake, torch.zeros_like(fake))
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("name", CROSS_ENTROPY)
def test_the_generators_loss_stays_and_a_label_of_one_changes_nothing(name):
    torch.manual_seed(0)
    real, fake = torch.randn(2, 20, **DOUBLE)
    smooth, plain = one_sided(name), OBJECTIVES[name]
    assert torch.equal(smooth.generator(fake), plain.generator(fake)) and not smooth.paired
    torch.testing.assert_close(
        one_sided(name, 1.0).discriminator(real, fake), plain.discriminator(real, fake)
    )
    assert isinstance(smooth, Objective) and smooth.formulas[1] == plain.formulas[1]
    assert one_sided(plain).name == smooth.name == f"one_sided('{name}', 0.9)"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_finite_at_large_logits_and_trains(dtype):
    v = torch.tensor([500.0, -500.0], dtype=dtype, requires_grad=True)
    value = one_sided().discriminator(v, v)
    value.backward()
    assert value.isfinite() and v.grad.isfinite().all() and value.dtype == dtype
    history = train(
        MLPGenerator(width=8).to(dtype), MLPDiscriminator(width=8).to(dtype), ring().sample, one_sided(),
        steps=3, progress=False, threads=1, device="cpu",
    )  # fmt: skip
    assert len(history.step) == 3


@pytest.mark.parametrize(
    "arguments, text",
    [
        (("hinge",), "objective: expected one of 'minimax', 'non_saturating', 'reverse_kl', got 'hinge'"),
        ((OBJECTIVES["wasserstein"],), "objective: expected one of"),
        (("minimax", 0.5), "real_label: expected a label above 0.5 and at most 1, got 0.5"),
        (("minimax", 1.1), "real_label: expected a label above 0.5"),
        (("minimax", None), "real_label: expected a label above 0.5"),
    ],
)
def test_bad_arguments_are_named(arguments, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        one_sided(*arguments)


# Squares and hinges


@pytest.mark.parametrize("real, fake", [(0.7, 0.2), (0.1, 0.9), (0.3, 0.3), (1.0, 0.0), (0.0, 1.0)])
def test_with_squares_the_best_output_is_p_over_p_plus_q_itself(real, fake):
    assert best_logit(OBJECTIVES["least_squares"], real, fake) == pytest.approx(
        real / (real + fake), abs=1e-7
    )


@pytest.mark.parametrize("real, fake, best", [(0.7, 0.2, 1.0), (0.1, 0.9, -1.0), (0.31, 0.3, 1.0)])
def test_with_hinges_the_best_output_is_the_sign_of_p_minus_q(real, fake, best):
    assert best_logit(OBJECTIVES["hinge"], real, fake) == pytest.approx(best, abs=1e-6)


def test_with_hinges_the_best_loss_is_two_minus_twice_the_total_variation():
    x = np.linspace(-8, 8, 200_001)
    total_variation = integrate.trapezoid(np.abs(p(x) - q(x)), x) / 2
    value = loss(OBJECTIVES["hinge"], x, np.sign(p(x) - q(x)))
    assert value == pytest.approx(2 - 2 * total_variation, abs=1e-6)


# Two time scales


def test_a_pair_of_rates_gives_each_player_its_own():
    # Adam's first step is its rate in every weight whose gradient is not tiny.
    torch.manual_seed(0)
    networks = MLPGenerator(width=8).double(), MLPDiscriminator(width=8).double()
    before = [[weight.clone() for weight in network.parameters()] for network in networks]
    train(
        *networks, ring().sample, steps=1, learning_rate=(1e-3, 4e-3), progress=False, threads=1, device="cpu"
    )
    for network, weights, rate in zip(networks, before, (1e-3, 4e-3), strict=True):
        for weight, old in zip(network.parameters(), weights, strict=True):
            moves = (weight - old).abs()
            assert moves.max().item() == pytest.approx(rate, rel=1e-4)
