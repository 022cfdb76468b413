"""KL of Gaussians and the nearest Gaussians, against torch.distributions, quadrature, SciPy and mpmath."""

import math
import warnings

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from torch import distributions

from gancourse.densities import Mixture, gaussian
from gancourse.divergences import kl, kl_gaussian, moment_match, reverse_kl_fits


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def covariance(rng, d):
    root = rng.normal(size=(d, d))
    return root @ root.T + 0.3 * np.eye(d)


# the closed form


@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_kl_gaussian_agrees_with_torch(d):
    rng = np.random.default_rng(d)
    for _ in range(5):
        m, n, c, e = rng.normal(size=d), rng.normal(size=d), covariance(rng, d), covariance(rng, d)
        p, q = (
            distributions.MultivariateNormal(torch.tensor(a), covariance_matrix=torch.tensor(b))
            for a, b in ((m, c), (n, e))
        )
        assert kl_gaussian(m, c, n, e) == pytest.approx(distributions.kl_divergence(p, q).item(), rel=1e-9)
        assert kl_gaussian(m, c, n, e) != pytest.approx(kl_gaussian(n, e, m, c), rel=1e-3)


@pytest.mark.parametrize("m, s, n, t", [(0, 1, 0, 2), (0, 2, 0, 1), (1, 0.5, -1, 2), (0, 1, 3, 1)])
def test_kl_gaussian_on_the_line_takes_variances(m, s, n, t):
    p, q = stats.norm(m, s), stats.norm(n, t)
    expected, _ = integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), m - 12 * s, m + 12 * s)
    assert kl_gaussian(m, s**2, n, t**2) == pytest.approx(expected, rel=1e-8)
    assert kl_gaussian([m], [[s**2]], [n], [[t**2]]) == kl_gaussian(m, s**2, n, t**2)


def test_kl_gaussian_in_the_plane_by_quadrature():
    x = np.linspace(-12, 12, 401)
    points = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1)
    c, e = np.array([[2.0, 0.7], [0.7, 0.6]]), np.array([[0.8, -0.4], [-0.4, 1.5]])
    p, q = Mixture([1.0], [[0.5, -1.0]], covariances=[c]), Mixture([1.0], [[0.0, 0.3]], covariances=[e])
    log_p, log_q = p.logpdf(points), q.logpdf(points)
    area = (x[1] - x[0]) ** 2
    expected = kl(log_p + math.log(area), log_q + math.log(area), log=True)  # cells as a histogram
    assert kl_gaussian([0.5, -1.0], c, [0.0, 0.3], e) == pytest.approx(expected, rel=1e-6)


def test_kl_gaussian_loses_nothing_where_the_two_are_alike():
    mpmath.mp.dps = 60
    for d in (1e-3, 1e-6, 1e-9):
        ratio = mpmath.mpf(1 + d)
        expected = (ratio - 1 - mpmath.log(ratio)) / 2
        assert kl_gaussian(0.0, 1 + d, 0.0, 1.0) == pytest.approx(float(expected), rel=1e-6)
    assert kl_gaussian([1.0, 2.0], np.eye(2), [1.0, 2.0], np.eye(2)) == 0.0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_kl_gaussian_is_positive_and_does_not_see_affine_maps(seed):
    rng = np.random.default_rng(seed)
    m, n, c, e = rng.normal(size=3), rng.normal(size=3), covariance(rng, 3), covariance(rng, 3)
    a, b = rng.normal(size=(3, 3)) + 3 * np.eye(3), rng.normal(size=3)
    here = kl_gaussian(m, c, n, e)
    assert here > 0
    assert kl_gaussian(a @ m + b, a @ c @ a.T, a @ n + b, a @ e @ a.T) == pytest.approx(here, rel=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0.0, 0.0, 0.0, 1.0), "cov_p: expected a positive-definite covariance"),
        ((0.0, 1.0, 0.0, -1.0), "cov_q: expected a positive-definite covariance"),
        (([0, 0], np.eye(2), [0, 0, 0], np.eye(3)), "mean_q: expected shape"),
        (([0, 0], np.eye(3), [0, 0], np.eye(2)), "cov_p: expected shape"),
        (([0, 0], np.eye(2), [0, 0], [[1, 0.5], [0.2, 1]]), "cov_q: expected a symmetric matrix"),
        ((math.nan, 1.0, 0.0, 1.0), "mean_p: expected finite"),
        (("x", 1.0, 0.0, 1.0), "mean_p: expected an array of real numbers"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kl_gaussian(*arguments)


# forward: moments

LINE = {
    "two equal modes": Mixture([0.5, 0.5], [-3.0, 3.0], stds=1.0),
    "unequal": Mixture([0.2, 0.5, 0.3], [-4.0, 0.5, 2.0], stds=[0.5, 1.5, 0.8]),
}
X = np.linspace(-60, 60, 6001)


@pytest.mark.claim("D5", "F6")
@pytest.mark.parametrize("p", LINE.values(), ids=LINE)
def test_moments_are_the_least_forward_kl(p):
    """A search over Gaussians that knows no moments finds them."""
    log_p = p.logpdf(X)

    def forward(t):
        return kl(log_p, gaussian(t[0], math.exp(t[1])).logpdf(X), X, log=True)

    found = optimize.minimize(forward, [0.3, 0.2], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 0})
    mean, variance = moment_match(p)
    assert found.x == pytest.approx([mean, math.log(variance) / 2], abs=1e-6)
    assert mean == pytest.approx(np.trapezoid(p.pdf(X) * X, X), abs=1e-9)
    assert variance == pytest.approx(np.trapezoid(p.pdf(X) * (X - mean) ** 2, X), rel=1e-9)


@pytest.mark.claim("F6")
def test_moments_in_the_plane_are_those_of_samples():
    rng = np.random.default_rng(0)
    p = Mixture([0.3, 0.7], [[0.0, 1.0], [3.0, -1.0]], covariances=[covariance(rng, 2), covariance(rng, 2)])
    mean, cov = moment_match(p)
    drawn = p.sample(400_000, rng)
    assert mean == pytest.approx(drawn.mean(0), abs=0.02)
    assert cov == pytest.approx(np.cov(drawn.T), abs=0.05)
    single = Mixture([1.0], [[1.0, 2.0]], covariances=[cov])
    assert np.allclose(moment_match(single)[1], cov) and np.allclose(moment_match(single)[0], [1, 2])


def test_what_is_no_mixture_is_named():
    with pytest.raises(ValueError, match="p: expected a Mixture"):
        moment_match([1.0, 2.0])
    with pytest.raises(ValueError, match="p: expected a Mixture on the line"):
        reverse_kl_fits(Mixture([1.0], [[0.0, 0.0]], stds=1.0))


# reverse: local minima


def reverse(p, mean, std):
    """KL(q‖p) by adaptive quadrature."""
    q = stats.norm(mean, std)
    cuts = np.linspace(mean - 12 * std, mean + 12 * std, 13)
    return sum(
        integrate.quad(
            lambda x: q.pdf(x) * (q.logpdf(x) - float(p.logpdf(x))), a, b, epsabs=1e-13, epsrel=1e-11
        )[0]
        for a, b in zip(cuts[:-1], cuts[1:], strict=True)
    )


def equal_modes(a):
    return Mixture([0.5, 0.5], [-a, a], stds=1.0)


@pytest.mark.parametrize("p", [*LINE.values(), equal_modes(2.5), equal_modes(6.0)])
def test_each_reverse_fit_is_a_local_minimum_of_the_value_it_states(p):
    for fit in reverse_kl_fits(p):
        here = reverse(p, fit.mean, fit.std)
        assert fit.value == pytest.approx(here, rel=1e-6, abs=1e-9)
        for dm, ds in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01), (0.01, 0.01), (-0.01, 0.01)]:
            assert reverse(p, fit.mean + dm, fit.std + ds) > here


@pytest.mark.claim("D5")
def test_covered_at_two_and_a_half_and_chosen_at_three():
    """Every start of an independent search agrees on where the least KL(q‖p) lies."""
    for a, chosen in ((2.5, False), (3.0, True)):
        p = equal_modes(a)
        log_p = p.logpdf(X)
        step = X[1] - X[0]

        def value(t, log_p=log_p, step=step):
            log_q = stats.norm.logpdf(X, t[0], math.exp(t[1]))
            return step * np.sum(np.exp(log_q) * (log_q - log_p))

        found = [
            optimize.minimize(value, [m, s], method="Nelder-Mead") for m in (-a, 0.1, a) for s in (0.0, 0.9)
        ]
        best = min(found, key=lambda f: f.fun)
        [fit, *_] = reverse_kl_fits(p)
        assert fit.value == pytest.approx(best.fun, abs=1e-6)
        assert abs(fit.mean) == pytest.approx(abs(best.x[0]), abs=1e-3)
        assert (abs(fit.mean) > 2) == chosen and (fit.std < 1.1) == chosen
        assert moment_match(p) == pytest.approx((0.0, 1 + a**2))


@pytest.mark.claim("D5")
def test_the_covering_gaussian_never_stops_being_a_minimum():
    for a in (1.0, 2.5, 4.0, 8.0):
        p, h = equal_modes(a), 0.05
        wide = min(reverse_kl_fits(p), key=lambda fit: abs(fit.mean))
        assert abs(wide.mean) < 1e-6
        right, here, left = (reverse(p, wide.mean + d, wide.std) for d in (h, 0, -h))
        assert (right - 2 * here + left) / h**2 == pytest.approx(1 / wide.std**2, rel=2e-3)


def test_one_gaussian_is_found_again_and_far_modes_cost_the_log_of_their_share():
    [fit] = reverse_kl_fits(Mixture([1.0], [-2.0], stds=[0.3]))
    assert fit == pytest.approx((-2.0, 0.3, 0.0), abs=1e-9)
    p = Mixture([0.2, 0.8], [-9.0, 9.0], stds=[1.0, 0.5])
    best, other = reverse_kl_fits(p)[:2]
    assert best == pytest.approx((9.0, 0.5, -math.log(0.8)), abs=1e-7)
    assert other == pytest.approx((-9.0, 1.0, -math.log(0.2)), abs=1e-7)
