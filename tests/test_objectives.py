"""The losses on logits: slopes, extremes, and the f-GAN family against its definitions."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, special, stats
from torch.func import vmap
from torch.nn import functional as F

from gancourse.objectives import OBJECTIVES, Objective, f_gan

DOUBLE = {"dtype": torch.float64}
SOFTPLUS = ["minimax", "non_saturating", "reverse_kl", "relativistic"]
CLASSICAL = [
    "minimax",
    "non_saturating",
    "reverse_kl",
    "least_squares",
    "hinge",
    "wasserstein",
    "relativistic",
]

# The family by its definition: f(u), f'(u), and the integrand of the divergence in its own words.
F_FAMILY = {
    "kl": (lambda u: u * np.log(u), lambda u: np.log(u) + 1, lambda p, q: p * np.log(p / q)),
    "reverse_kl": (lambda u: -np.log(u), lambda u: -1 / u, lambda p, q: q * np.log(q / p)),
    "pearson": (lambda u: (u - 1) ** 2, lambda u: 2 * (u - 1), lambda p, q: (p - q) ** 2 / q),
    "neyman": (lambda u: (u - 1) ** 2 / u, lambda u: 1 - u**-2, lambda p, q: (p - q) ** 2 / p),
    "squared_hellinger": (
        lambda u: (np.sqrt(u) - 1) ** 2,
        lambda u: 1 - u**-0.5,
        lambda p, q: (np.sqrt(p) - np.sqrt(q)) ** 2,
    ),
    "jensen_shannon": (
        lambda u: u * np.log(u) - (u + 1) * np.log((u + 1) / 2),
        lambda u: np.log(2 * u / (1 + u)),
        lambda p, q: p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)),
    ),
    "gan": (
        lambda u: u * np.log(u) - (u + 1) * np.log(u + 1),
        lambda u: np.log(u / (1 + u)),
        lambda p, q: p * np.log(p / (p + q)) + q * np.log(q / (p + q)),
    ),
    "total_variation": (
        lambda u: np.abs(u - 1) / 2,
        lambda u: np.sign(u - 1) / 2,
        lambda p, q: np.abs(p - q) / 2,
    ),
    "jeffrey": (
        lambda u: (u - 1) * np.log(u),
        lambda u: np.log(u) + 1 - 1 / u,
        lambda p, q: (p - q) * np.log(p / q),
    ),
}

# The logit at which g_f says f'(u), solved by hand; for total variation the nearest logit that is finite.
BEST_LOGIT = {
    "kl": lambda u: np.log(u) + 1,
    "reverse_kl": np.log,
    "pearson": lambda u: 2 * (u - 1),
    "neyman": lambda u: 2 * np.log(u),
    "squared_hellinger": lambda u: np.log(u) / 2,
    "jensen_shannon": np.log,
    "gan": np.log,
    "total_variation": lambda u: 50 * np.sign(u - 1),
    "jeffrey": lambda u: np.log(u) + 1 - 1 / u,
}


def everything():
    family = [f_gan(name, practical=practical) for name in F_FAMILY for practical in (False, True)]
    return [pytest.param(o, id=o.name) for o in [*OBJECTIVES.values(), *family]]


def tensor(values):
    return torch.as_tensor(values, **DOUBLE)


def critic_and_conjugate(name, v):
    """g_f(v) and f*(g_f(v)) at each logit, read off the two losses of single logits."""
    objective, zero = f_gan(name), torch.zeros(1, **DOUBLE)
    conjugate = vmap(lambda w: -objective.generator(w[None]))
    critic = vmap(lambda w: -objective.generator(zero) - objective.discriminator(w[None], zero))
    v = tensor(v)
    return critic(v).numpy(), conjugate(v).numpy()


def slope(loss, v):
    """The derivative of a mean over the batch in each of its logits, times the batch's size."""
    v = tensor(v).requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss(v), v)
    return gradient * len(v)


def test_the_names_of_the_contract():
    assert list(OBJECTIVES) == CLASSICAL
    assert all(isinstance(o, Objective) and o.name == name for name, o in OBJECTIVES.items())
    assert [name for name, o in OBJECTIVES.items() if o.paired] == ["relativistic"]


# The classical losses.


@pytest.mark.claim("C1")
def test_c1_slopes_of_the_generator_losses():
    v = np.linspace(-40, 40, 161)
    d = special.expit(v)
    torch.testing.assert_close(slope(OBJECTIVES["minimax"].generator, v), tensor(-d), rtol=1e-12, atol=0)
    torch.testing.assert_close(
        slope(OBJECTIVES["non_saturating"].generator, v), tensor(-special.expit(-v)), rtol=1e-12, atol=1e-16
    )
    torch.testing.assert_close(slope(OBJECTIVES["reverse_kl"].generator, v), -torch.ones(161, **DOUBLE))


@pytest.mark.claim("C2")
def test_c2_the_sum_of_the_two_is_minus_the_logit():
    v = tensor(np.linspace(-40, 40, 161))
    both = OBJECTIVES["minimax"].generator(v) + OBJECTIVES["non_saturating"].generator(v)
    torch.testing.assert_close(both, OBJECTIVES["reverse_kl"].generator(v), rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(OBJECTIVES["reverse_kl"].generator(v[:3]), -v[:3].mean())


@pytest.mark.claim("C2")
@pytest.mark.parametrize("mean, std", [(0.7, 1.3), (-2.0, 0.4), (0.0, 1.0)])
def test_c2_with_d_frozen_at_the_best_it_is_the_reverse_kl_in_value_and_gradient(mean, std):
    # p = N(0, 1), q = N(mean, std²): the best logit is quadratic in x, so two points z = ±1 give E_q exactly.
    parameters = tensor([mean, std]).requires_grad_(True)
    x = parameters[0] + parameters[1] * tensor([-1.0, 1.0])
    best_logit = -(x**2) / 2 + (x - mean) ** 2 / (2 * std**2) + math.log(std)
    loss = OBJECTIVES["reverse_kl"].generator(best_logit)
    assert loss.item() == pytest.approx((std**2 + mean**2 - 1) / 2 - math.log(std), abs=1e-12)
    (gradient,) = torch.autograd.grad(loss, parameters)
    torch.testing.assert_close(gradient, tensor([mean, std - 1 / std]), rtol=1e-12, atol=1e-12)


@pytest.mark.claim("A2")
@pytest.mark.parametrize("name", ["minimax", "non_saturating", "reverse_kl"])
def test_a2_the_discriminator_is_a_logistic_regression(name):
    torch.manual_seed(0)
    real, fake = 3 * torch.randn(2, 50, **DOUBLE)
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    cross_entropy = F.binary_cross_entropy_with_logits(torch.cat([real, fake]), labels)
    torch.testing.assert_close(OBJECTIVES[name].discriminator(real, fake), 2 * cross_entropy)


@pytest.mark.parametrize(
    "name, discriminator, generator",
    [
        # real 2, −1; fake 0.5, −3
        ("least_squares", (1 + 4) / 2 + (0.25 + 9) / 2, (0.25 + 16) / 2),
        ("hinge", (0 + 2) / 2 + (1.5 + 0) / 2, -(0.5 - 3) / 2),
        ("wasserstein", -(2 - 1) / 2 + (0.5 - 3) / 2, -(0.5 - 3) / 2),
        # differences real − fake: 1.5, 2
        (
            "relativistic",
            (math.log(1 + math.exp(-1.5)) + math.log(1 + math.exp(-2))) / 2,
            (math.log(1 + math.exp(1.5)) + math.log(1 + math.exp(2))) / 2,
        ),
    ],
)
def test_by_hand(name, discriminator, generator):
    real, fake = tensor([2.0, -1.0]), tensor([0.5, -3.0])
    assert OBJECTIVES[name].discriminator(real, fake).item() == pytest.approx(discriminator, rel=1e-12)
    assert OBJECTIVES[name].generator(fake, real).item() == pytest.approx(generator, rel=1e-12)


def test_hinge_stops_pushing_beyond_its_margin():
    hinge = OBJECTIVES["hinge"]
    assert slope(lambda v: hinge.discriminator(v, tensor([0.0])), [1.5, 0.5]).tolist() == [0.0, -1.0]
    assert slope(lambda v: hinge.discriminator(tensor([0.0]), v), [-1.5, -0.5]).tolist() == [0.0, 1.0]


def test_least_squares_aims_at_one_and_zero():
    objective = OBJECTIVES["least_squares"]
    assert objective.discriminator(torch.ones(3), torch.zeros(4)).item() == 0
    assert objective.generator(torch.ones(4)).item() == 0


def test_relativistic_depends_on_differences_only():
    torch.manual_seed(0)
    real, fake = torch.randn(2, 6, **DOUBLE)
    objective = OBJECTIVES["relativistic"]
    torch.testing.assert_close(
        objective.discriminator(real + 9, fake + 9), objective.discriminator(real, fake)
    )
    torch.testing.assert_close(objective.generator(fake + 9, real + 9), objective.generator(fake, real))
    torch.testing.assert_close(objective.generator(fake, real), objective.discriminator(fake, real))


# Every objective.


@pytest.mark.parametrize("objective", everything())
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_in_value_and_gradient_at_logits_of_fifty(objective, dtype):
    for real_at, fake_at in [(50.0, 50.0), (50.0, -50.0), (-50.0, 50.0), (-50.0, -50.0), (0.0, 0.0)]:
        real = torch.full((3,), real_at, dtype=dtype, requires_grad=True)
        fake = torch.full((3,), fake_at, dtype=dtype, requires_grad=True)
        for loss in (objective.discriminator(real, fake), objective.generator(fake, real)):
            assert loss.shape == () and loss.dtype == dtype and torch.isfinite(loss)
            for gradient in torch.autograd.grad(loss, (real, fake), allow_unused=True):
                assert gradient is None or torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", [*SOFTPLUS, "f_gan('gan')", "f_gan('jensen_shannon')"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_softplus_is_exact_at_logits_of_five_hundred(name, dtype):
    objective = {o.values[0].name: o.values[0] for o in everything()}[name]
    offset = 2 * math.log(2) if "jensen" in name else 0.0
    right, wrong = torch.tensor([500.0], dtype=dtype), torch.tensor([-500.0], dtype=dtype)
    expected = 1000.0  # 500 for each of the two, or 1,000 for their difference
    assert objective.discriminator(right, wrong).item() == pytest.approx(-offset, abs=1e-6)
    assert objective.discriminator(wrong, right).item() == pytest.approx(expected - offset)
    v = wrong.clone().requires_grad_(True)
    (pull,) = torch.autograd.grad(objective.discriminator(v, wrong.detach()), v)
    assert pull.item() == (-0.5 if name == "relativistic" else -1.0)


@pytest.mark.parametrize("v", [19.9, 20.1, 30.0, 49.9, 50.1])
def test_softplus_keeps_its_small_slope_where_pytorchs_default_drops_it(v):
    # log(1 + e^v) − v = log1p(e^−v), about 2e-9 at 20: invisible in float32, not in float64.
    loss = OBJECTIVES["non_saturating"].generator(tensor([-v])).item()
    assert loss == pytest.approx(v + math.log1p(math.exp(-v)), rel=1e-16 * 4, abs=0)


@pytest.mark.parametrize("objective", everything())
def test_gradients_by_finite_differences(objective):
    torch.manual_seed(1)
    real, fake = (2 * torch.randn(2, 5, **DOUBLE)).requires_grad_(True)
    assert torch.autograd.gradcheck(objective.discriminator, (real, fake))
    assert torch.autograd.gradcheck(objective.generator, (fake, real))
    if objective.name not in ("hinge", "wasserstein"):
        assert torch.autograd.gradgradcheck(objective.discriminator, (real, fake))


@pytest.mark.parametrize("objective", everything())
def test_means_do_not_depend_on_the_batch_size(objective):
    torch.manual_seed(1)
    real, fake = torch.randn(2, 4, **DOUBLE)
    torch.testing.assert_close(
        objective.discriminator(real.repeat(3), fake.repeat(3)), objective.discriminator(real, fake)
    )
    torch.testing.assert_close(
        objective.generator(fake.repeat(3), real.repeat(3)), objective.generator(fake, real)
    )
    if not objective.paired:
        torch.testing.assert_close(
            objective.discriminator(real.repeat(3), fake), objective.discriminator(real, fake)
        )
        assert objective.generator(fake).item() == objective.generator(fake, real).item()


@pytest.mark.parametrize("objective", everything())
def test_discriminator_gains_by_real_up_and_fake_down_and_generator_by_fake_up(objective):
    low, high = tensor([-0.5]), tensor([0.5])
    assert objective.discriminator(high, low) < objective.discriminator(low, high)
    assert objective.generator(high, tensor([0.0])) < objective.generator(low, tensor([0.0]))


@pytest.mark.parametrize("objective", everything())
def test_nan_is_not_swallowed(objective):
    bad, good = tensor([math.nan, 0.0]), tensor([0.0, 0.0])
    assert objective.discriminator(bad, good).isnan() and objective.discriminator(good, bad).isnan()
    assert objective.generator(bad, good).isnan()


@pytest.mark.parametrize("objective", everything())
def test_prints_its_formula(objective):
    name, discriminator, generator = repr(objective).split("\n")
    assert name == objective.name
    assert discriminator.startswith("  D: ") and generator.startswith("  G: ")
    assert "E" in discriminator and "v" in generator


@pytest.mark.parametrize("objective", everything())
@pytest.mark.parametrize(
    "bad, text",
    [
        (torch.zeros(4, 1), r"\(4, 1\)"),
        (torch.zeros(()), r"\(\)"),
        (torch.zeros(0), r"\(0,\)"),
        (torch.zeros(4, dtype=torch.int64), "int64"),
        ([0.0, 1.0], r"\[0.0, 1.0\]"),
        (np.zeros(4), r"\(4,\)"),
    ],
)
def test_bad_logits_are_named(objective, bad, text):
    good = torch.zeros(4)
    with pytest.raises(ValueError, match=f"^real_logits: expected a tensor of floats .*{text}"):
        objective.discriminator(bad, good)
    with pytest.raises(ValueError, match=f"^fake_logits: expected a tensor of floats .*{text}"):
        objective.discriminator(good, bad)
    with pytest.raises(ValueError, match=f"^fake_logits: expected a tensor of floats .*{text}"):
        objective.generator(bad, good)


def test_relativistic_says_what_it_lacks():
    objective = OBJECTIVES["relativistic"]
    with pytest.raises(ValueError, match="^real_logits: expected the logits of as many real samples.*None"):
        objective.generator(torch.zeros(4))
    for call in (objective.discriminator, lambda real, fake: objective.generator(fake, real)):
        with pytest.raises(ValueError, match="^fake_logits: expected as many logits as real_logits has, 4"):
            call(torch.zeros(4), torch.zeros(1))


# The f-GAN family.


def test_unknown_divergence_is_named():
    with pytest.raises(ValueError, match="^name: expected one of 'kl', .*'jeffrey', got 'hellinger'"):
        f_gan("hellinger")


@pytest.mark.parametrize("name", F_FAMILY)
def test_d2_conjugate_is_the_supremum(name):
    f = F_FAMILY[name][0]
    v = np.linspace(-1.9, 4, 24)  # Pearson's differs below −2, see the next test
    for t, conjugate in zip(*critic_and_conjugate(name, v), strict=True):
        log_u = np.linspace(-25, 25, 20_001)
        best = np.argmax(np.exp(log_u) * t - f(np.exp(log_u)))
        fine = optimize.minimize_scalar(
            lambda y, t=t: f(np.exp(y)) - np.exp(y) * t,
            bounds=(log_u[max(best - 1, 0)], log_u[min(best + 1, 20_000)]),
            method="bounded",
            options={"xatol": 1e-12},
        )
        assert conjugate == pytest.approx(-fine.fun, rel=1e-9, abs=1e-9)


def test_pearsons_conjugate_is_taken_over_all_real_u():
    t, conjugate = critic_and_conjugate("pearson", [-2.0, -3.0, -50.0])
    u = 1 + t / 2
    np.testing.assert_allclose(conjugate, u * t - (u - 1) ** 2, rtol=1e-12)
    assert (conjugate >= -1).all()  # at least the supremum over u ≥ 0, so the bound holds


@pytest.mark.parametrize("name", F_FAMILY)
def test_activation_is_increasing_and_says_what_the_best_critic_says(name):
    u = np.exp(np.linspace(-3, 3, 61))
    u = u[u != 1]
    critic, _ = critic_and_conjugate(name, BEST_LOGIT[name](u))
    np.testing.assert_allclose(critic, F_FAMILY[name][1](u), rtol=1e-11, atol=1e-11)
    critic, _ = critic_and_conjugate(name, np.linspace(-5, 5, 41))
    assert (np.diff(critic) > 0).all()


@pytest.mark.parametrize("name", F_FAMILY)
def test_bound_is_tight_at_the_best_logit_and_below_elsewhere(name):
    # p = N(0, 1), q = N(0.4, 1.2²): of different width, so that no two of the divergences coincide.
    def density_p(x):
        return stats.norm.pdf(x, 0, 1)

    def density_q(x):
        return stats.norm.pdf(x, 0.4, 1.2)

    # The two densities cross where total variation has its kinks.
    log_ratio = np.polynomial.Polynomial([0.4**2 / (2 * 1.44) + math.log(1.2), -0.4 / 1.44, 1 / 2.88 - 1 / 2])
    crossings = sorted(np.real(log_ratio.roots()))
    integrand = F_FAMILY[name][2]
    divergence, _ = integrate.quad(
        lambda x: integrand(density_p(x), density_q(x)), -14, 14, points=crossings, epsabs=1e-12, limit=400
    )
    x = np.linspace(-14, 14, 4001)
    p, q = density_p(x), density_q(x)
    best = BEST_LOGIT[name](p / q)

    def bound(v):
        critic, conjugate = critic_and_conjugate(name, v)
        return integrate.simpson(p * critic - q * conjugate, x=x)

    tolerance = 1e-4 if name == "total_variation" else 1e-8  # a kink between two grid points
    assert bound(best) == pytest.approx(divergence, abs=tolerance)
    for other in (best + 0.3, best - 0.3, 0.8 * best, np.zeros_like(x)):
        if name != "total_variation" or not other.any():
            assert bound(other) < divergence - 1e-4


@pytest.mark.claim("D3")
def test_d3_with_g_log_sigmoid_it_is_the_gan_objective():
    torch.manual_seed(0)
    real, fake = 10 * torch.randn(2, 100)
    gan, minimax = f_gan("gan"), OBJECTIVES["minimax"]
    assert torch.equal(gan.discriminator(real, fake), minimax.discriminator(real, fake))
    assert torch.equal(gan.generator(fake), minimax.generator(fake))
    practical = f_gan("gan", practical=True)
    assert torch.equal(practical.discriminator(real, fake), minimax.discriminator(real, fake))
    assert torch.equal(practical.generator(fake), OBJECTIVES["non_saturating"].generator(fake))


@pytest.mark.parametrize("name", F_FAMILY)
def test_the_game_is_zero_sum_where_only_fakes_count(name):
    # G's loss is minus what fakes add to D's; the practical G wants g_f(v) up instead.
    torch.manual_seed(0)
    real, fake, other = torch.randn(3, 7, **DOUBLE)
    game = f_gan(name)
    torch.testing.assert_close(
        game.discriminator(real, fake) - game.discriminator(real, other),
        game.generator(other) - game.generator(fake),
    )
    practical = f_gan(name, practical=True).generator(fake)
    torch.testing.assert_close(practical, -tensor(critic_and_conjugate(name, fake)[0]).mean())


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-14), (torch.float32, 1e-6)])
def test_jeffreys_conjugate_against_scipys_wright_omega(dtype, tolerance):
    t = torch.linspace(-80, 80, 4001, dtype=dtype)
    w = special.wrightomega(1 - t.double().numpy())
    with np.errstate(over="ignore"):
        expected = w + 1 / w + t.double().numpy() - 2
    jeffrey = vmap(lambda v: -f_gan("jeffrey").generator(v[None]))(t).double().numpy()
    # w + 1/w + t − 2 cancels in the tail and near 0; compare to the size of its terms.
    scale = w + 1 / w + abs(t.double().numpy())
    assert (abs(jeffrey - expected) / scale).max() < tolerance


def test_jeffreys_derivatives_are_those_of_lamberts_w():
    jeffrey = f_gan("jeffrey").generator
    t = np.linspace(-60, 60, 1201)
    u = 1 / special.wrightomega(1 - t)
    torch.testing.assert_close(slope(lambda v: -jeffrey(v), t), tensor(u), rtol=1e-12, atol=0)  # f*'(t) = u*
    v = tensor([-30.0, -3.0, -0.1, 0.0, 0.1, 1.0, 3.0, 6.0]).requires_grad_(True)
    assert torch.autograd.gradcheck(jeffrey, (v,))
    assert torch.autograd.gradgradcheck(jeffrey, (v,))
