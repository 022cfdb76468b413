"""The game in closed form: brute force, quadrature, scikit-learn, and the corners where floats give out."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from scipy.special import expit, log_expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from gancourse.densities import Mixture, gaussian
from gancourse.divergences import js
from gancourse.game import (
    generator_loss,
    generator_slope,
    optimal_discriminator,
    optimal_logit,
    value,
)

KINDS = ["saturating", "non_saturating", "reverse_kl"]
X = np.linspace(-20, 26, 9201)
P = Mixture([0.4, 0.6], [-1.0, 2.0], [0.5, 1.0])
Q = Mixture([0.5, 0.5], [0.0, 1.0], [1.0, 0.3])
LOG4 = math.log(4)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# the optimal discriminator


@pytest.mark.claim("B1")
@pytest.mark.parametrize(
    "a, b", [(0.3, 0.7), (1.0, 1.0), (5.0, 0.2), (40.0, 60.0), (1e-6, 1e-3), (1e3, 1e-2)]
)
def test_pointwise_maximum_by_brute_force(a, b):
    found = optimize.minimize_scalar(
        lambda v: -(a * log_expit(v) + b * log_expit(-v)) / (a + b), bracket=(-5, 5), options={"xtol": 1e-12}
    )
    y = np.linspace(0, 1, 100_001)[1:-1]
    gain = a * np.log(y) + b * np.log1p(-y)
    best = optimal_discriminator(a, b)
    assert float(best) == pytest.approx(float(expit(found.x)), rel=1e-5, abs=1e-9)
    assert a * math.log(best) + b * math.log1p(-best) >= gain.max()
    assert abs(y[gain.argmax()] - best) <= 1e-5 + 1e-12


@pytest.mark.claim("B1")
@pytest.mark.parametrize("seed", range(5))
def test_no_other_discriminator_has_a_higher_value(seed):
    p, q = P.pdf(X), Q.pdf(X)
    best = value(optimal_discriminator(p, q), p, q, X)
    rng = np.random.default_rng(seed)
    bump = rng.normal() * np.exp(-((X - rng.uniform(-3, 4)) ** 2) / rng.uniform(0.1, 4))
    for size in (1e-3, 0.1, 1.0, 10.0):
        logit = optimal_logit(P.logpdf(X), Q.logpdf(X)) + size * bump
        assert value(logit, p, q, X, logit=True) < best
        assert value(expit(logit), p, q, X) < best


@pytest.mark.claim("B2")
@pytest.mark.parametrize("seed", range(5))
def test_first_variation_vanishes_at_the_optimum_and_the_second_is_negative(seed):
    p, q = P.pdf(X), Q.pdf(X)
    best = optimal_discriminator(p, q)
    rng = np.random.default_rng(seed)
    wave = np.sin(rng.uniform(0.3, 3) * X + rng.uniform(0, 6))

    def along(d, t):
        return value(d + t * wave * d * (1 - d), p, q, X)

    h = 1e-3
    slope = (along(best, h) - along(best, -h)) / (2 * h)
    curvature = (along(best, h) - 2 * along(best, 0) + along(best, -h)) / h**2
    # −p/D + q/(1−D) = 0 at D*; what remains of the slope is the third-order term of the difference
    assert abs(slope) < 1e-6
    # −p/D² − q/(1−D)² in the direction wave·D(1−D), with p = D(p+q)
    exact = -np.trapezoid(wave**2 * best * (1 - best) * (p + q), X)
    assert curvature == pytest.approx(exact, rel=1e-4)
    assert curvature < 0
    # elsewhere the first variation is ∫ (p/D − q/(1−D)) · wave · D(1−D), and not zero
    other = expit(0.5 * optimal_logit(P.logpdf(X), Q.logpdf(X)))
    slope = (along(other, h) - along(other, -h)) / (2 * h)
    exact = np.trapezoid((p * (1 - other) - q * other) * wave, X)
    assert slope == pytest.approx(exact, rel=1e-4, abs=1e-6)
    assert abs(slope) > 1e-3


@pytest.mark.claim("A3")
def test_posterior_by_counting_and_the_density_ratio(rng):
    x, real = np.concatenate([P.sample(400_000, rng), Q.sample(400_000, rng)]), np.arange(800_000) < 400_000
    edges = np.linspace(-2, 4, 25)
    cell = np.digitize(x, edges)
    middle = (edges[:-1] + edges[1:]) / 2
    counted = np.array([real[cell == i].mean() for i in range(1, len(edges))])
    n = np.array([(cell == i).sum() for i in range(1, len(edges))])
    # each cell's own posterior: masses, not densities at the middle
    fine = edges[:-1, None] + (edges[1] - edges[0]) * (np.arange(200) + 0.5) / 200
    mass_p, mass_q = P.pdf(fine).sum(1), Q.pdf(fine).sum(1)
    exact = optimal_discriminator(mass_p, mass_q)
    error = np.sqrt(exact * (1 - exact) / n)
    assert (np.abs(counted - exact) < 5 * error).all()
    d = optimal_discriminator(P.pdf(middle), Q.pdf(middle))
    np.testing.assert_allclose(d / (1 - d), P.pdf(middle) / Q.pdf(middle), rtol=1e-9)
    np.testing.assert_allclose(
        np.exp(optimal_logit(P.logpdf(middle), Q.logpdf(middle))), d / (1 - d), rtol=1e-9
    )


@settings(max_examples=100, deadline=None)
@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300))
@pytest.mark.claim("A3")
def test_discriminator_is_the_sigmoid_of_the_logit(p, q):
    d = optimal_discriminator(p, q)
    assert 0 <= d <= 1
    assert d == pytest.approx(expit(optimal_logit(math.log(p), math.log(q))), rel=1e-12, abs=1e-300)
    assert d + optimal_discriminator(q, p) == pytest.approx(1, abs=1e-15)


def test_limits_of_the_discriminator():
    d = optimal_discriminator([1.0, 0.0, 0.0, 2.0], [0.0, 1.0, 0.0, 2.0])
    np.testing.assert_array_equal(d, [1.0, 0.0, np.nan, 0.5])
    infinity = np.inf
    v = optimal_logit([0.0, -infinity, -infinity, 1.0], [-infinity, 0.0, -infinity, 1.0])
    np.testing.assert_array_equal(v, [infinity, -infinity, np.nan, 0.0])
    assert optimal_discriminator(np.ones((2, 3)), np.ones((2, 3))).shape == (2, 3)


def test_the_logit_keeps_what_the_probability_loses():
    a, b = gaussian(0.0, 1.0), gaussian(6.0, 1.0)
    x = np.array([-10.0, -40.0])
    assert (optimal_discriminator(a.pdf(x), b.pdf(x))[0]) == 1
    # log p/q = 18 − 6x for unit Gaussians at 0 and 6
    np.testing.assert_allclose(optimal_logit(a.logpdf(x), b.logpdf(x)), 18 - 6 * x, rtol=1e-12)


# the value


@pytest.mark.claim("B3")
@pytest.mark.parametrize("apart", [0.0, 0.3, 1.0, 6.0, 12.0, 30.0, 60.0])
def test_value_at_the_optimum_is_twice_jsd_less_log_4(apart):
    x = np.linspace(-12, apart + 12, 6001)
    a, b = gaussian(0.0, 1.0), gaussian(apart, 1.0)
    p, q = a.pdf(x), b.pdf(x)
    exact = 2 * js(p, q, x) - LOG4
    d = optimal_discriminator(p, q)
    if apart >= 6:
        assert (d == 1).any(), "D* rounds to one here, which is the point of this test"
    for got in (
        value(d, p, q, x),
        value(optimal_discriminator(q, p), q, p, x),
        value(optimal_logit(a.logpdf(x), b.logpdf(x)), p, q, x, logit=True),
        value(d, a.logpdf(x), b.logpdf(x), x, log=True),
        value(1 - optimal_discriminator(q, p), p, q, x),  # rounds to zero on the other side
    ):
        assert got == pytest.approx(exact, abs=1e-10)


@pytest.mark.claim("B3")
def test_value_six_apart_against_adaptive_quadrature():
    log_p, log_q = gaussian(0.0, 1.0).logpdf, gaussian(6.0, 1.0).logpdf

    def integrand(x):
        v = float(log_p(x) - log_q(x))
        return math.exp(log_p(x)) * log_expit(v) + math.exp(log_q(x)) * log_expit(-v)

    expected = sum(integrate.quad(integrand, a, a + 2, epsabs=1e-14)[0] for a in range(-12, 18, 2))
    x = np.linspace(-12, 18, 3001)
    p, q = np.exp(log_p(x)), np.exp(log_q(x))
    assert value(optimal_discriminator(p, q), p, q, x) == pytest.approx(expected, abs=1e-10)


@pytest.mark.claim("B3")
def test_the_minimum_over_generators_is_minus_log_4():
    p = P.pdf(X)
    d = optimal_discriminator(p, p)
    np.testing.assert_array_equal(d[p > 0], 0.5)
    assert value(d, p, p, X) == pytest.approx(-LOG4, abs=1e-12)
    for shift in (-0.5, 0.01, 2.0):
        q = P.pdf(X - shift)
        assert value(optimal_discriminator(p, q), p, q, X) > -LOG4 + 1e-6


@pytest.mark.claim("B5")
@pytest.mark.parametrize("scale", [0.0, 0.3, 0.9, 1.0, 1.5])
def test_any_discriminator_bounds_the_jsd_from_below(scale):
    p, q = P.pdf(X), Q.pdf(X)
    logit = scale * optimal_logit(P.logpdf(X), Q.logpdf(X))
    bound = value(logit, p, q, X, logit=True) + LOG4
    if scale == 1:
        assert bound == pytest.approx(2 * js(p, q, X), abs=1e-12)
    else:
        assert bound < 2 * js(p, q, X) - 1e-4


@pytest.mark.claim("B3")
def test_a_grid_that_cuts_the_tails_keeps_the_identity():
    x = np.linspace(-3.6, 3.6, 2001)  # holds 0.9997 of each density
    p, q = gaussian(0.0, 1.0).pdf(x), gaussian(0.1, 1.0).pdf(x)
    exact = 2 * js(p, q, x) - LOG4
    assert value(optimal_discriminator(p, q), p, q, x) == pytest.approx(exact, abs=1e-7)


def test_disjoint_supports_have_value_zero():
    x = np.linspace(0, 4, 401)
    p, q = (x < 1) * 1.0, ((x > 2) & (x < 3)) * 1.0
    p, q = p / np.trapezoid(p, x), q / np.trapezoid(q, x)
    d = optimal_discriminator(p, q)
    assert np.isnan(d).any(), "between the supports D* is not defined, and value passes over it"
    assert value(d, p, q, x) == 0
    with np.errstate(divide="ignore"):
        v = optimal_logit(np.log(p), np.log(q))
    assert value(v, p, q, x, logit=True) == 0


def test_sure_and_wrong_is_minus_infinity():
    assert value([0.0, 1.0], [0.5, 0.5], [0.5, 0.5]) == -math.inf
    assert value([0.0, 0.5], [1.0, 0.0], [0.0, 1.0]) == -math.inf
    assert value([1.0, 1.0], [1.0, 0.0], [0.0, 1.0]) == -math.inf
    assert value([0.0, 0.5], [0.1, 0.9], [0.9, 0.1]) == -math.inf
    assert value([0.5, 1.0], [0.1, 0.9], [0.9, 0.1]) == -math.inf
    p, q = gaussian(0.0, 1.0).pdf(X), gaussian(6.0, 1.0).pdf(X)
    d = optimal_discriminator(p, q)
    wrong = d.copy()
    wrong[np.abs(X - 2.0).argmin()] = 1.0
    assert value(wrong, p, q, X) == -math.inf
    assert value(1 - d, p, q, X) < value(d, p, q, X) - 1
    assert value(np.full_like(X, math.inf), p, q, X, logit=True) == -math.inf


def test_a_saturated_network_is_judged_by_its_logits():
    p, q = gaussian(0.0, 1.0).pdf(X), gaussian(1.0, 1.0).pdf(X)
    logit = np.full_like(X, 50.0)  # σ(50) is 1 in float64
    assert value(expit(logit), p, q, X) == -math.inf
    assert value(logit, p, q, X, logit=True) == pytest.approx(-50.0, rel=1e-12)


def test_value_of_histograms():
    p, q, d = [0.2, 0.8], [0.5, 0.5], [0.3, 0.6]
    expected = 0.2 * math.log(0.3) + 0.8 * math.log(0.6) + 0.5 * math.log(0.7) + 0.5 * math.log(0.4)
    assert value(d, p, q) == pytest.approx(expected, rel=1e-14)


@pytest.mark.claim("A2")
def test_minus_half_the_value_is_the_cross_entropy_of_a_balanced_classifier():
    p, q = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.3, 0.2, 0.1])
    # p and q in tenths: each real and fake point once, at equal shares
    x = np.concatenate([np.repeat(range(4), [1, 2, 3, 4]), np.repeat(range(4), [4, 3, 2, 1])])
    real = np.repeat([1, 0], 10)
    d = np.array([0.15, 0.4, 0.7, 0.9])
    assert -value(d, p, q) / 2 == pytest.approx(log_loss(real, d[x]), rel=1e-12)


@pytest.mark.claim("A2")
def test_logistic_regression_finds_the_maximum_of_the_value(rng):
    # for N(−1,1) and N(1,1) D* is a logistic function, so maximum likelihood can reach it
    n = 100_000
    x = np.concatenate([rng.normal(-1, 1, n), rng.normal(1, 1, n)])
    model = LogisticRegression(C=1e6).fit(x[:, None], np.repeat([1, 0], n))
    a, b = gaussian(-1.0, 1.0), gaussian(1.0, 1.0)
    p, q = a.pdf(X), b.pdf(X)
    learned = value(model.decision_function(X[:, None]), p, q, X, logit=True)
    best = value(optimal_logit(a.logpdf(X), b.logpdf(X)), p, q, X, logit=True)
    assert best - 1e-4 < learned < best


@pytest.mark.claim("A2")
def test_marginal_likelihood_is_at_least_the_expected_log(rng):
    p, q = P.pdf(X), Q.pdf(X)
    d = optimal_discriminator(p, q)
    mask = q > 0
    log_mean = math.log(np.trapezoid(q[mask] * (1 - d[mask]), X[mask]))
    mean_log = np.trapezoid(q[mask] * np.log1p(-np.minimum(d[mask], 1 - 1e-16)), X[mask])
    assert log_mean > mean_log + 0.01
    constant = np.full_like(X, 0.3)
    mean_log = value(constant, p, q, X) - math.log(0.3)
    assert mean_log == pytest.approx(math.log(0.7), rel=1e-9), "equal where D is constant"


@pytest.mark.claim("A6")
@pytest.mark.parametrize("h", [np.cos, np.square, lambda x: log_expit(1 - x)], ids=["cos", "x²", "log(1−D)"])
def test_push_forward_turns_the_game_in_z_into_one_in_x(h):
    # G(z) = sinh(z): increasing, so q(x) = N(arcsinh x) / sqrt(1 + x²)
    def generator_density(x):
        return stats.norm.pdf(np.arcsinh(x)) / np.sqrt(1 + x**2)

    over_z = integrate.quad(lambda z: stats.norm.pdf(z) * h(np.sinh(z)), -12, 12, epsabs=1e-12, limit=400)[0]
    pieces = np.concatenate([-np.geomspace(1e5, 1e-3, 40), np.geomspace(1e-3, 1e5, 40)])
    over_x = sum(
        integrate.quad(lambda x: generator_density(x) * h(x), a, b, epsabs=1e-12, limit=400)[0]
        for a, b in zip(pieces[:-1], pieces[1:], strict=True)
    )
    assert over_x == pytest.approx(over_z, rel=1e-6)


@pytest.mark.claim("A6")
def test_a_generator_from_fewer_dimensions_has_no_density(rng):
    # a curve in the plane: all of its mass lies on a set of area zero, yet E h(G(z)) is an ordinary integral
    z = rng.uniform(size=200_000)
    x = np.stack([np.cos(2 * np.pi * z), np.sin(2 * np.pi * z)], axis=1)
    np.testing.assert_allclose(np.hypot(*x.T), 1)
    exact = integrate.quad(lambda t: math.exp(math.cos(2 * math.pi * t)), 0, 1)[0]
    assert np.exp(x[:, 0]).mean() == pytest.approx(exact, abs=5 * np.exp(x[:, 0]).std() / math.sqrt(len(z)))


# the generator's losses


@pytest.mark.claim("C1")
@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_what_their_names_say(kind):
    v = np.linspace(-30, 30, 241)
    d = expit(v)
    log_d, log_not_d = log_expit(v), log_expit(-v)
    expected = {"saturating": log_not_d, "non_saturating": -log_d, "reverse_kl": log_not_d - log_d}[kind]
    np.testing.assert_allclose(generator_loss(v, kind), expected, rtol=1e-12, atol=1e-12)
    slope = {"saturating": -d, "non_saturating": -expit(-v), "reverse_kl": -np.ones_like(v)}[kind]
    np.testing.assert_allclose(generator_slope(v, kind), slope, rtol=1e-12)


@pytest.mark.claim("C1")
@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_the_derivatives(kind):
    v, h = np.linspace(-8, 8, 65), 1e-5
    difference = (generator_loss(v + h, kind) - generator_loss(v - h, kind)) / (2 * h)
    np.testing.assert_allclose(generator_slope(v, kind), difference, atol=1e-9)


@pytest.mark.claim("C1")
def test_which_loss_saturates():
    # D is the probability of real: a fake that is seen through has a very negative logit
    seen_through = -20.0
    assert abs(generator_slope(seen_through, "saturating")) < 1e-8
    assert generator_slope(seen_through, "non_saturating") == pytest.approx(-1, abs=1e-8)
    assert generator_slope(-seen_through, "non_saturating") > -1e-8
    for kind in KINDS:
        assert generator_loss(1.0, kind) < generator_loss(-1.0, kind), "a better fake costs less"


@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_finite_far_out(kind):
    v = np.array([-800.0, -745.2, -50.0, 0.0, 50.0, 745.2, 800.0])
    assert np.isfinite(generator_loss(v, kind)).all()
    assert np.isfinite(generator_slope(v, kind)).all()
    far = {"saturating": [0, -800], "non_saturating": [800, 0], "reverse_kl": [800, -800]}[kind]
    np.testing.assert_allclose(generator_loss([-800.0, 800.0], kind), far, atol=1e-300)
    assert np.isnan(generator_loss(np.nan, kind))
    assert np.isnan(generator_slope(np.nan, kind))


def test_the_third_loss_is_the_sum_of_the_others():
    v = np.linspace(-800, 800, 101)
    total = generator_loss(v, "saturating") + generator_loss(v, "non_saturating")
    np.testing.assert_allclose(total, generator_loss(v, "reverse_kl"), rtol=1e-12, atol=1e-12)


HALVES = [0.5, 0.5]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: optimal_discriminator([-1.0], [1.0]), "^p: .*negative"),
        (lambda: optimal_discriminator([1.0], [-1.0]), "^q: .*negative"),
        (lambda: optimal_discriminator([1.0], [1.0, 2.0]), "^q: .*shape of p"),
        (lambda: optimal_discriminator([np.nan], [1.0]), "^p: .*NaN"),
        (lambda: optimal_discriminator([], []), "^p:"),
        (lambda: optimal_logit([np.nan], [1.0]), "^log_p: .*NaN"),
        (lambda: optimal_logit([1.0], [np.inf]), "^log_q:"),
        (lambda: optimal_logit([1.0], [1.0, 2.0]), "^log_q: .*shape"),
        (lambda: value([0.5, 1.5], HALVES, HALVES), r"^d: .*\[0, 1\].*1.5"),
        (lambda: value([-0.5, 0.5], HALVES, HALVES), r"^d: .*\[0, 1\].*-0.5"),
        (lambda: value([np.nan, 0.5], HALVES, HALVES), "^d: .*NaN"),
        (lambda: value([np.nan, 0.5], HALVES, HALVES, logit=True), "^d: .*NaN"),
        (lambda: value([0.5], HALVES, HALVES), "^d: .*shape"),
        (lambda: value(HALVES, [0.5, 0.6], HALVES), "^p: .*sums to one"),
        (lambda: value(HALVES, HALVES, [1.5, -0.5]), "^q: .*negative"),
        (lambda: value(HALVES, HALVES, HALVES, [1.0, 0.0]), "^x: .*increasing"),
        (lambda: generator_loss(0.0, "minimax"), "^kind: .*'saturating'.*'minimax'"),
        (lambda: generator_slope(0.0, None), "^kind:"),
        (lambda: generator_loss("a", "saturating"), "^logit:"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
