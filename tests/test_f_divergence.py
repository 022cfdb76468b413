"""The f-divergences against brute force, scipy.integrate, closed forms, mpmath, and the learned layer."""

import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, optimize, special

from gancourse.densities import Mixture, gaussian
from gancourse.divergences import F_DIVERGENCES, alpha_divergence, js, kl, total_variation

# each member by its definition, written out anew: f(u), and the divergence as an integrand in p and q
LAWS = {
    "kl": (lambda u: special.xlogy(u, u), lambda p, q: p * np.log(p / q)),
    "reverse_kl": (lambda u: -np.log(u), lambda p, q: q * np.log(q / p)),
    "pearson": (lambda u: (u - 1) ** 2, lambda p, q: (p - q) ** 2 / q),
    "neyman": (lambda u: (u - 1) ** 2 / u, lambda p, q: (p - q) ** 2 / p),
    "squared_hellinger": (lambda u: (np.sqrt(u) - 1) ** 2, lambda p, q: (np.sqrt(p) - np.sqrt(q)) ** 2),
    "jensen_shannon": (
        lambda u: special.xlogy(u, u) - (u + 1) * np.log((u + 1) / 2),
        lambda p, q: p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)),
    ),
    "gan": (
        lambda u: special.xlogy(u, u) - (u + 1) * np.log(u + 1),
        lambda p, q: p * np.log(p / (p + q)) + q * np.log(q / (p + q)),
    ),
    "total_variation": (lambda u: np.abs(u - 1) / 2, lambda p, q: np.abs(p - q) / 2),
    "jeffrey": (lambda u: (u - 1) * np.log(u), lambda p, q: (p - q) * np.log(p / q)),
}
ORDERS = (-2.0, -1.0, -0.3, 0.0, 1e-9, 0.3, 0.5, 0.8, 1.0, 1.0 + 1e-9, 1.5, 2.0, 3.0)
HIGH = {
    "reverse_kl": 0.0, "neyman": 1.0, "squared_hellinger": 1.0, "jensen_shannon": math.log(2), "gan": 0.0,
    "total_variation": 0.5,
}  # fmt: skip
X = np.linspace(-30, 30, 6001)
PAIRS = {
    "gaussians": (gaussian(0.0, 1.0), gaussian(0.7, 1.2)),
    "far": (gaussian(-1.5, 1.0), gaussian(1.5, 0.9)),
    "mixture": (Mixture([0.33, 0.67], [-1.0, 2.0], covariances=[0.065, 2.0]), gaussian(1.2, 1.7)),
    "mixtures": (
        Mixture([0.4, 0.6], [-2.0, 1.0], stds=[1.0, 1.0]),
        Mixture([0.7, 0.3], [-1.0, 2.0], stds=[1.1, 0.9]),
    ),
}


def alpha_f(a):
    """By its definition in 50 digits, at 0 and 1 by its limits."""

    def f(u):
        if a == 0 or a == 1:
            return u - 1 - np.log(u) if a == 0 else special.xlogy(u, u) - u + 1
        with mpmath.workdps(50):
            u, b = mpmath.mpf(float(u)), mpmath.mpf(a) - 1
            return float((u**a - 1 - a * (u - 1)) / (a * b))

    return np.vectorize(f)


def everything():
    named = [pytest.param(F_DIVERGENCES[name], f, id=name) for name, (f, _) in LAWS.items()]
    return named + [pytest.param(alpha_divergence(a), alpha_f(a), id=f"alpha {a:.12g}") for a in ORDERS]


def supremum(f, t):
    """sup over u ≥ 0 of ut − f(u): a grid in log u, the end u = 0, and a bounded search around the best."""
    logs = np.linspace(-40, 24, 257)

    def minus(r):
        with np.errstate(divide="ignore", over="ignore"):
            return float(f(np.exp(r)) - t * np.exp(r))

    with np.errstate(divide="ignore"):
        values = t * np.exp(logs) - f(np.exp(logs))
    best = int(np.argmax(values))
    low, high = logs[max(best - 1, 0)], logs[min(best + 1, len(logs) - 1)]
    return -optimize.minimize_scalar(
        minus, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    ).fun


def test_the_names_of_the_contract():
    assert list(F_DIVERGENCES) == list(LAWS)
    assert all(d.name == name and name in repr(d) for name, d in F_DIVERGENCES.items())
    assert alpha_divergence(0.5).name == "alpha(0.5)"


@pytest.mark.claim("D1")
@pytest.mark.parametrize("member, f", everything())
def test_generator_derivative_and_threshold(member, f):
    u = np.geomspace(1e-4, 1e4, 41)
    np.testing.assert_allclose(member.generator(u), f(u), rtol=1e-6, atol=1e-13)
    assert float(member.generator(1.0)) == pytest.approx(
        -math.log(4) if member.name == "gan" else 0, abs=1e-15
    )
    away = u[np.abs(u - 1) > 1e-3]
    h = 1e-6 * away
    quotient = (f(away + h) - f(away - h)) / (2 * h)
    np.testing.assert_allclose(member.derivative(away), quotient, rtol=1e-6, atol=1e-8)
    assert member.threshold == pytest.approx(float(member.derivative(1.0)), abs=1e-15)
    slopes = member.derivative(np.geomspace(1e-6, 1e6, 1001))
    assert (np.diff(slopes) >= 0).all(), "f is convex"


@pytest.mark.claim("D1", "D2")
@pytest.mark.parametrize("member, f", everything())
def test_conjugate_is_the_supremum_by_brute_force(member, f):
    for u in np.geomspace(1e-3, 1e3, 13):
        t = float(member.derivative(u))
        assert member.conjugate(t) == pytest.approx(supremum(f, t), rel=1e-6, abs=1e-9)
    low = min(float(member.derivative(1e-3)), -3.0)
    for t in (low - 0.5, low - 4.0, -2.5, -1.0):
        if member.name != "alpha(1e-09)" or t > -100:
            assert member.conjugate(t) == pytest.approx(supremum(f, t), rel=1e-6, abs=1e-9)


@pytest.mark.claim("D1", "D2")
@pytest.mark.parametrize("member, f", everything())
def test_conjugate_is_infinite_above_its_domain_only(member, f):
    low, high = member.conjugate_domain
    assert low == -math.inf and member.conjugate(-math.inf) == -member.at_zero
    assert high == member.slope_at_infinity
    if member.name in LAWS:
        assert high == HIGH.get(member.name, math.inf)
    if high < math.inf:
        assert (member.conjugate(high + np.array([1e-9, 1.0, 700.0])) == math.inf).all()
        assert np.isfinite(member.conjugate(high - 1e-6))
        # at u = 10^12 the tangent has nearly the last slope that touches
        assert float(member.derivative(1e12)) == pytest.approx(high, abs=1e-3) or "alpha" in member.name
    else:
        assert np.isfinite(member.conjugate(np.array([-30.0, 0.0, 30.0]))).all()


@pytest.mark.claim("D1", "D2")
@pytest.mark.parametrize("member, f", everything())
def test_fenchel_young_with_equality_at_the_optimal_critic(member, f):
    u = np.geomspace(1e-4, 1e4, 33)
    t = member.critic(u, np.ones_like(u))
    np.testing.assert_array_equal(t, member.derivative(u))
    np.testing.assert_allclose(u * t - member.conjugate(t), f(u), rtol=1e-6, atol=1e-7 * np.abs(u * t).max())
    for scale in (-2.0, 0.3):
        other = np.minimum(t + scale, member.conjugate_domain[1])
        assert (u * other - member.conjugate(other) <= f(u) + 1e-9 * (1 + np.abs(f(u)))).all()
    kept = u[u < 101]  # beyond, a slope near the end of the domain has lost its digits
    if member.name != "total_variation":
        np.testing.assert_allclose(member.touching_ratio(member.derivative(kept)), kept, rtol=1e-6)


@pytest.mark.claim("D1")
@pytest.mark.parametrize("member, f", everything())
def test_the_activation_maps_the_line_into_the_domain_and_is_increasing(member, f):
    v = np.linspace(-15, 15, 601)
    t = member.activation(v)
    assert (np.diff(t) >= 0).all() and (t <= member.conjugate_domain[1]).all()
    assert np.isfinite(member.conjugate(member.activation(np.linspace(-8, 8, 161)))).all()


@pytest.mark.claim("D1")
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", LAWS)
def test_divergence_against_adaptive_quadrature(name, pair):
    p, q = PAIRS[pair]
    law, cuts = LAWS[name][1], [-2.0, -1.0, 0.0, 1.0, 2.0]
    if name == "total_variation":
        cuts += [
            optimize.brentq(lambda x: p.logpdf(x) - q.logpdf(x), a, b)
            for a, b in zip(X[:-1], X[1:], strict=True)
            if abs(a) < 12 and (p.logpdf(a) - q.logpdf(a)) * (p.logpdf(b) - q.logpdf(b)) < 0
        ]

    edges = sorted({-18.0, *cuts, 18.0})
    expected = sum(
        integrate.quad(lambda x: float(law(p.pdf(x), q.pdf(x))), a, b, epsabs=1e-12, epsrel=1e-12, limit=400)[
            0
        ]
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    )
    member = F_DIVERGENCES[name]
    assert member.divergence(p.logpdf(X), q.logpdf(X), X, log=True) == pytest.approx(expected, rel=1e-6)
    grid = X[np.abs(X) < 12]
    short = member.divergence(p.pdf(grid), q.pdf(grid), grid)
    assert short == pytest.approx(expected, rel=1e-5)


@pytest.mark.claim("D1")
def test_closed_forms_between_gaussians():
    """N(0, 1) and N(d, 1): closed forms for all but JS; KL of unequal widths too."""
    d = 1.3
    log_p, log_q = gaussian(0.0, 1.0).logpdf(X), gaussian(d, 1.0).logpdf(X)

    def measured(member):
        return member.divergence(log_p, log_q, X, log=True)

    for name, expected in {
        "kl": d**2 / 2, "reverse_kl": d**2 / 2, "jeffrey": d**2,
        "pearson": math.expm1(d**2), "neyman": math.expm1(d**2),
        "squared_hellinger": 2 - 2 * math.exp(-(d**2) / 8), "total_variation": math.erf(d / math.sqrt(8)),
    }.items():  # fmt: skip
        assert measured(F_DIVERGENCES[name]) == pytest.approx(expected, rel=1e-6)
    for a in ORDERS:
        # E_q (p/q)^a = exp(a(a − 1)d²/2)
        c = a * (a - 1) * d**2 / 2
        expected = d**2 / 2 * (math.expm1(c) / c if c else 1.0)
        assert measured(alpha_divergence(a)) == pytest.approx(expected, rel=1e-6)
    far = np.linspace(-150, 150, 6001)
    wide = F_DIVERGENCES["kl"].divergence(
        gaussian(0, 10).logpdf(far), gaussian(0, 1).logpdf(far), far, log=True
    )
    assert wide == pytest.approx(49.5 - math.log(10), rel=1e-6)


@pytest.mark.claim("D1")
@pytest.mark.parametrize("pair", PAIRS)
def test_the_conventions_of_the_family(pair):
    p, q = (model.logpdf(X) for model in PAIRS[pair])
    value = {name: d.divergence(p, q, X, log=True) for name, d in F_DIVERGENCES.items()}
    assert value["kl"] == pytest.approx(kl(p, q, X, log=True), rel=1e-12)
    assert value["reverse_kl"] == pytest.approx(kl(q, p, X, log=True), rel=1e-12)
    assert value["jensen_shannon"] == pytest.approx(2 * js(p, q, X, log=True), rel=1e-10)
    assert value["gan"] == pytest.approx(2 * js(p, q, X, log=True) - math.log(4), rel=1e-10)
    assert value["total_variation"] == total_variation(p, q, X, log=True)
    assert value["jeffrey"] == pytest.approx(value["kl"] + value["reverse_kl"], rel=1e-10)
    swapped = F_DIVERGENCES["pearson"].divergence(q, p, X, log=True)
    assert value["neyman"] == pytest.approx(swapped, rel=1e-12) and abs(value["pearson"] / swapped - 1) > 1e-3
    relatives = {-1.0: "neyman", 0.0: "reverse_kl", 0.5: "squared_hellinger", 1.0: "kl", 2.0: "pearson"}
    for (a, name), factor in zip(relatives.items(), (0.5, 1.0, 2.0, 1.0, 0.5), strict=True):
        alpha = alpha_divergence(a).divergence(p, q, X, log=True)
        assert alpha == pytest.approx(factor * value[name], rel=1e-9)


@pytest.mark.claim("D2")
@pytest.mark.parametrize("pair", ["gaussians", "mixtures"])
@pytest.mark.parametrize("member, f", everything())
def test_the_bound_is_tight_at_the_optimal_critic_and_below_elsewhere(member, f, pair):
    x = np.linspace(-7, 7, 2801)
    p, q = (model.pdf(x) for model in PAIRS[pair])
    p, q = p / p.sum(), q / q.sum()
    exact, best = member.divergence(p, q), member.critic(p, q)
    assert member.bound(best, best, p, q) == pytest.approx(exact, rel=1e-6)
    high = min(member.conjugate_domain[1], 1e6)
    for other in (best - 0.3, np.minimum(0.5 * best, high), np.minimum(best + 0.2 * np.sin(x), high)):
        assert member.bound(other, other, p, q) < exact + 1e-12
    v = np.log(p / q) + 0.1
    t = member.activation(v)
    assert member.bound(t, t, p, q) <= exact + 1e-9


@pytest.mark.claim("D2")
def test_the_bound_from_samples_is_a_difference_of_plain_means():
    real, fake = np.array([0.1, 0.3, -2.0]), np.array([-1.0, 0.2])
    hellinger = F_DIVERGENCES["squared_hellinger"]
    assert hellinger.bound(real, fake) == pytest.approx(real.mean() - (fake / (1 - fake)).mean(), rel=1e-14)
    assert hellinger.bound(real, [0.5, 2.0]) == -math.inf
    weighted = hellinger.bound([0.5, -math.inf], [0.2, 5.0], [2.0, 0.0], [3.0, 0.0])
    assert weighted == pytest.approx(0.5 - 0.25)


@pytest.mark.claim("D1")
@pytest.mark.parametrize("name", LAWS)
def test_supports_that_differ_have_a_price(name):
    member = F_DIVERGENCES[name]
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    expected = 0.5 * member.slope_at_infinity + 0.5 * float(member.generator(1.0)) + 0.5 * member.at_zero
    assert member.divergence(p, q) == pytest.approx(expected)
    # the prices themselves, at huge and tiny ratios
    for price, near in (
        (member.slope_at_infinity, float(member.derivative(1e14))),
        (member.at_zero, float(member.generator(1e-14))),
    ):
        assert near > 20 if price == math.inf else near == pytest.approx(price, abs=1e-5)
    assert member.generator(0.0) == member.at_zero


@pytest.mark.claim("D1")
def test_jeffreys_conjugate_stays_finite_where_lamberts_w_overflows():
    t = np.array([-900.0, -750.0, -5.0, 0.0, 1e-9, 3.0, 200.0, 600.0])
    with mpmath.workdps(60):
        for one, got in zip(t, F_DIVERGENCES["jeffrey"].conjugate(t), strict=True):
            w = mpmath.lambertw(mpmath.exp(1 - mpmath.mpf(one)))
            assert got == pytest.approx(float(w + 1 / w + one - 2), rel=1e-12, abs=1e-15)


@pytest.mark.claim("D3")
@pytest.mark.parametrize("name", LAWS)
def test_the_learned_layers_formulas_agree_where_they_overlap(name):
    """g_f and f* after g_f, read off the losses of ``objectives.f_gan``."""
    import torch

    from gancourse.objectives import f_gan

    member, game = F_DIVERGENCES[name], f_gan(name)
    v = np.linspace(-1.9, 12, 140) if name == "pearson" else np.linspace(-12, 12, 241)
    for one in v:
        logit, zero = (torch.tensor([s], dtype=torch.float64) for s in (one, 0.0))
        star = -game.generator(logit).item()
        g = -game.discriminator(logit, zero).item() - game.generator(zero).item()
        assert member.activation(one) == pytest.approx(g, rel=1e-9, abs=1e-12)
        assert member.conjugate(member.activation(one)) == pytest.approx(star, rel=1e-6, abs=1e-9)
    for one in (-50.0, 50.0):
        logit = torch.tensor([one], dtype=torch.float64)
        assert math.isfinite(game.generator(logit).item())
    below = torch.tensor([-5.0], dtype=torch.float64)
    if name == "pearson":  # the paper's conjugate, over all real u, lies above the supremum over u ≥ 0
        assert -game.generator(below).item() == pytest.approx(1.25) and member.conjugate(-5.0) == -1.0


@pytest.mark.claim("D3")
def test_the_gan_row_is_the_game():
    """With g_f = log σ, E_p g_f − E_q f*(g_f) is E_p log D + E_q log(1 − D): the sign is plus."""
    rng = np.random.default_rng(0)
    v_real, v_fake = rng.normal(size=(2, 50)) * 3
    gan = F_DIVERGENCES["gan"]
    d_real, d_fake = special.expit(v_real), special.expit(v_fake)
    value = gan.bound(gan.activation(v_real), gan.activation(v_fake))
    assert value == pytest.approx(np.log(d_real).mean() + np.log(1 - d_fake).mean(), rel=1e-12)
    assert abs(value - (np.log(d_real).mean() - np.log(1 - d_fake).mean())) > 1


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda d: d.generator(-1.0), "u: expected a density ratio"),
        (lambda d: d.derivative(np.nan), "u: expected finite"),
        (lambda d: d.conjugate([0.1, np.nan]), "t: expected no NaN"),
        (lambda d: d.activation(np.inf), "v: expected finite"),
        (lambda d: d.critic([0.5], [0.5, 0.5]), "q: expected shape"),
        (lambda d: d.critic([-0.5], [0.5]), "p: expected densities"),
        (lambda d: d.critic([np.inf], [0.5], log=True), "log-densities"),
        (lambda d: d.bound([0.1], [np.nan]), "fake: expected no NaN"),
        (lambda d: d.bound([0.1], [0.1], [-1.0]), "real_weights: expected masses"),
        (lambda d: d.divergence([0.5, 0.6], [0.5, 0.5]), "p: expected a histogram"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call(F_DIVERGENCES["kl"])
    with pytest.raises(ValueError, match="a: expected a finite number"):
        alpha_divergence(np.nan)


def test_shapes_are_kept_and_points_without_mass_are_nan():
    for member in [*F_DIVERGENCES.values(), alpha_divergence(0.5)]:
        u = np.full((2, 3), 0.7)
        assert member.generator(u).shape == member.derivative(u).shape == (2, 3)
        t = member.activation(np.zeros((2, 3)))
        assert t.shape == member.conjugate(t).shape == member.touching_ratio(t).shape == (2, 3)
        assert np.isnan(member.critic([0.0, 0.5], [0.0, 0.5])).tolist() == [True, False]
