"""Toy distributions: density, sampler and modes against SciPy, closed forms and each other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from gancourse.densities import Mixture, gaussian, grid, parallel_lines, ring, swiss_roll
from gancourse.divergences import js, kl, total_variation, wasserstein_1d

PLANE = dict(weights=[0.2, 0.5, 0.3], means=[[0.0, 0.0], [3.0, -1.0], [-2.0, 2.0]])
COVARIANCES = np.array([[[1.0, 0.6], [0.6, 2.0]], [[0.5, -0.2], [-0.2, 0.3]], [[4.0, 0.0], [0.0, 0.1]]])


def test_line_agrees_with_scipy():
    p = Mixture([0.3, 0.7], [-1.0, 2.0], stds=[0.5, 3.0])
    x = np.linspace(-30, 30, 501).reshape(3, 167)
    expected = 0.3 * stats.norm(-1, 0.5).pdf(x) + 0.7 * stats.norm(2, 3).pdf(x)
    np.testing.assert_allclose(p.pdf(x), expected, rtol=1e-12)
    assert p.pdf(x).shape == x.shape
    assert p.dim == 1


def test_plane_agrees_with_scipy():
    p = Mixture(**PLANE, covariances=COVARIANCES)
    x = np.random.default_rng(0).normal(scale=4, size=(7, 11, 2))
    parts = zip(PLANE["weights"], PLANE["means"], COVARIANCES, strict=True)
    expected = sum(w * stats.multivariate_normal(m, c).pdf(x) for w, m, c in parts)
    np.testing.assert_allclose(p.pdf(x), expected, rtol=1e-11)
    np.testing.assert_allclose(p.logpdf(x), np.log(expected), rtol=1e-11)
    assert p.pdf(x).shape == (7, 11)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_stds_are_the_roots_of_covariances(d, rng):
    means, s = rng.normal(size=(3, d)), rng.uniform(0.5, 2, size=(3, d))
    by_std = Mixture([0.2, 0.3, 0.5], means, stds=s)
    by_covariance = Mixture([0.2, 0.3, 0.5], means, covariances=[np.diag(row**2) for row in s])
    x = rng.normal(size=(20, d))
    np.testing.assert_allclose(by_std.logpdf(x), by_covariance.logpdf(x), rtol=1e-12)
    np.testing.assert_allclose(by_std.covariances, by_covariance.covariances)


def test_a_covariance_is_not_a_standard_deviation():
    assert float(Mixture([1.0], [0.0], covariances=[4.0]).pdf(0.0)) == pytest.approx(stats.norm(0, 2).pdf(0))
    assert float(Mixture([1.0], [0.0], stds=[4.0]).pdf(0.0)) == pytest.approx(stats.norm(0, 4).pdf(0))
    assert Mixture([1.0], [0.0], covariances=[4.0]).std == 2.0


def test_one_std_per_component_in_the_plane():
    p = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 0.0]], stds=[1.0, 2.0])
    np.testing.assert_allclose(p.covariances, [np.eye(2), 4 * np.eye(2)])


def test_log_density_outlives_the_density():
    p = Mixture([0.5, 0.5], [-1.0, 1.0], stds=0.1)
    assert p.pdf(100.0) == 0
    expected = math.log(0.5) + stats.norm(1, 0.1).logpdf(100.0)
    assert float(p.logpdf(100.0)) == pytest.approx(expected, rel=1e-12)


def test_a_weight_of_zero_is_a_component_that_is_not_there(rng):
    p = Mixture([0.0, 1.0], [-50.0, 0.0], stds=1.0)
    np.testing.assert_allclose(p.logpdf([-50.0, 0.0]), stats.norm.logpdf([-50.0, 0.0]), rtol=1e-12)
    assert p.sample(1000, rng).min() > -10


@pytest.mark.parametrize("stds", [dict(stds=0.7), dict(stds=[0.7, 1.0, 0.2]), dict(covariances=COVARIANCES)])
def test_density_integrates_to_one(stds):
    p = Mixture(**PLANE, **stds)
    axis = np.linspace(-15, 15, 601)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    mass = np.trapezoid(np.trapezoid(p.pdf(points), axis), axis)
    assert mass == pytest.approx(1, abs=1e-9)


def test_samples_follow_the_density_on_the_line(rng):
    p = Mixture([0.3, 0.7], [-1.0, 2.0], stds=[0.5, 3.0])

    def cdf(x):
        return 0.3 * stats.norm(-1, 0.5).cdf(x) + 0.7 * stats.norm(2, 3).cdf(x)

    assert stats.kstest(p.sample(20_000, rng), cdf).pvalue > 0.01


def test_samples_have_the_moments_of_each_component(rng):
    p = Mixture(**PLANE, covariances=COVARIANCES)
    x, component = p.sample(60_000, rng, labels=True)
    assert x.shape == (60_000, 2)
    np.testing.assert_allclose(np.bincount(component) / len(x), PLANE["weights"], atol=0.01)
    for j in range(3):
        np.testing.assert_allclose(x[component == j].mean(0), PLANE["means"][j], atol=0.07)
        np.testing.assert_allclose(np.cov(x[component == j].T), COVARIANCES[j], atol=0.12)


def test_a_seed_repeats():
    p = ring()
    np.testing.assert_array_equal(p.sample(5, 3), p.sample(5, np.random.default_rng(3)))
    assert not np.array_equal(p.sample(5, 3), p.sample(5, 4))


@pytest.mark.parametrize("modes", [1, 2, 3, 8, 25])
def test_ring_has_as_many_distinct_centres_as_modes(modes):
    p = ring(modes, radius=2.0, std=0.1)
    assert len(np.unique(p.means.round(9), axis=0)) == modes
    np.testing.assert_allclose(np.linalg.norm(p.means, axis=1), 2.0)
    gaps = np.linalg.norm(np.diff(p.means, axis=0), axis=1)
    np.testing.assert_allclose(gaps, 2 * 2.0 * np.sin(np.pi / modes))
    assert (p.dim, p.std) == (2, 0.1)


def test_default_ring_and_grid_are_pacgans():
    assert (len(ring().means), ring().std, np.linalg.norm(ring().means[3])) == (8, 0.01, pytest.approx(1.0))
    ticks = {-4.0, -2.0, 0.0, 2.0, 4.0}
    assert {tuple(m) for m in grid().means} == {(a, b) for a in ticks for b in ticks}
    assert grid().std == 0.05
    np.testing.assert_allclose(grid().weights, 1 / 25)


def test_gaussian_on_the_line_and_in_space():
    assert gaussian(1.0, 2.0).pdf(0.5).shape == ()
    x = np.ones((4, 3))
    expected = stats.multivariate_normal([0, 1, 2], 4 * np.eye(3)).logpdf(x)
    np.testing.assert_allclose(gaussian([0.0, 1.0, 2.0], 2.0).logpdf(x), expected)


def test_no_single_std_says_so():
    with pytest.raises(AttributeError, match="no single std"):
        _ = Mixture([0.5, 0.5], [0.0, 1.0], stds=[1.0, 2.0]).std


BAD = {
    "weights sum": (dict(weights=[0.5, 0.6], means=[0.0, 1.0], stds=1.0), "weights"),
    "negative weight": (dict(weights=[-0.5, 1.5], means=[0.0, 1.0], stds=1.0), "weights"),
    "weights shape": (dict(weights=[1.0], means=[0.0, 1.0], stds=1.0), "weights"),
    "weights NaN": (dict(weights=[np.nan, 1.0], means=[0.0, 1.0], stds=1.0), "weights"),
    "no means": (dict(weights=[], means=[], stds=1.0), "means"),
    "means too deep": (dict(weights=[1.0], means=[[[0.0]]], stds=1.0), "means"),
    "zero std": (dict(weights=[1.0], means=[0.0], stds=0.0), "stds"),
    "stds shape": (dict(weights=[1.0], means=[[0.0, 0.0]], stds=[1.0, 1.0]), "stds"),
    "neither": (dict(weights=[1.0], means=[0.0]), "stds"),
    "both": (dict(weights=[1.0], means=[0.0], stds=1.0, covariances=[1.0]), "stds"),
    "negative variance": (dict(weights=[1.0], means=[0.0], covariances=[-1.0]), "covariances"),
    "not symmetric": (
        dict(weights=[1.0], means=[[0.0, 0.0]], covariances=[[[1.0, 0.5], [0.0, 1.0]]]),
        "symm",
    ),
    "not definite": (
        dict(weights=[1.0], means=[[0.0, 0.0]], covariances=[[[1.0, 2.0], [2.0, 1.0]]]),
        "definite",
    ),
    "one matrix": (dict(weights=[1.0], means=[[0.0, 0.0]], covariances=np.eye(2)), "covariances"),
}


@pytest.mark.parametrize("arguments, named", BAD.values(), ids=BAD)
def test_bad_mixtures_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        Mixture(**arguments)


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: ring().pdf([0.0, 1.0, 2.0]), "^x:"),
        (lambda: ring().pdf(0.0), "^x:"),
        (lambda: gaussian(0.0, 1.0).pdf([np.nan]), "^x:.*NaN"),
        (lambda: gaussian(0.0, 1.0).pdf([]), "^x:"),
        (lambda: ring().sample(0, 0), "^n:"),
        (lambda: ring().sample(2.5, 0), "^n:"),
        (lambda: ring().sample(3, None), "^rng:"),
        (lambda: ring().sample(3, np.random.RandomState(0)), "^rng:"),
        (lambda: ring(0), "^modes:"),
        (lambda: ring(radius=0.0), "^radius:"),
        (lambda: grid(std=-1.0), "^std:"),
        (lambda: parallel_lines(np.inf), "^theta:"),
        (lambda: swiss_roll(noise=0.001), "^noise:"),
        (lambda: swiss_roll(scale=0.0), "^scale:"),
        (lambda: swiss_roll().pdf([0.0, 1.0, 2.0]), "^x:"),
        (lambda: swiss_roll().sample(0, 0), "^n:"),
        (lambda: parallel_lines(1.0).closed_form(-0.1), "^noise:"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()


@pytest.mark.claim("D6")
@pytest.mark.parametrize("theta", [-2.0, 1e-9, 0.5])
def test_parallel_lines_without_noise(theta):
    expected = {"kl": math.inf, "js": math.log(2), "total_variation": 1.0, "wasserstein": abs(theta)}
    assert parallel_lines(theta).closed_form() == expected


def test_a_line_is_at_no_distance_from_itself():
    for noise in (0.0, 0.3):
        assert set(parallel_lines(0.0).closed_form(noise).values()) == {0.0}


def test_line_samples_lie_on_the_line(rng):
    x = parallel_lines(0.5).sample(5000, rng)
    assert x.shape == (5000, 2)
    assert set(x[:, 0]) == {0.5}
    assert stats.kstest(x[:, 1], "uniform").pvalue > 0.01


@pytest.mark.claim("D7")
@pytest.mark.parametrize("theta", [-1.5, 0.02, 0.7, 6.0])
@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_blurred_lines_agree_with_quadrature(theta, noise):
    low, high = min(0, theta) - 12 * noise, max(0, theta) + 12 * noise
    x = np.linspace(low, high, 8001)
    p, q = gaussian(0.0, noise), gaussian(theta, noise)
    exact = parallel_lines(theta).closed_form(noise)
    assert exact["kl"] == pytest.approx(kl(p.logpdf(x), q.logpdf(x), x, log=True), rel=1e-9)
    assert exact["js"] == pytest.approx(js(p.pdf(x), q.pdf(x), x), rel=1e-9)
    assert exact["total_variation"] == pytest.approx(total_variation(p.pdf(x), q.pdf(x), x), rel=1e-6)
    assert exact["wasserstein"] == pytest.approx(wasserstein_1d(x, x, p.pdf(x), q.pdf(x)), rel=1e-6)


@pytest.mark.parametrize("shift", [1e-5, 9.99e-4, 1.001e-3, 0.1, 2.0, 12.0, 39.9, 40.1, 1e6, 1e300])
def test_js_of_blurred_lines_over_its_whole_range(shift):
    got = parallel_lines(shift).closed_form(1.0)["js"]
    if shift < 0.01:
        assert got == pytest.approx(shift**2 / 8, rel=1e-6)
    elif shift >= 39:
        assert got == pytest.approx(math.log(2), rel=1e-12)
    else:
        p, q = stats.norm(0, 1), stats.norm(shift, 1)

        def integrand(x):
            log_m = np.logaddexp(p.logpdf(x), q.logpdf(x)) - math.log(2)
            return 0.5 * p.pdf(x) * (p.logpdf(x) - log_m) + 0.5 * q.pdf(x) * (q.logpdf(x) - log_m)

        inner = [0.0, shift / 2, shift]
        expected = integrate.quad(integrand, -12, shift + 12, points=inner, epsabs=1e-13, limit=200)[0]
        assert got == pytest.approx(expected, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 1), st.floats(-5, 5), st.floats(0.2, 3)), min_size=1, max_size=4),
    st.floats(-8, 8),
)
def test_shifting_the_means_shifts_the_density(parts, shift):
    weights, means, stds = map(np.array, zip(*parts, strict=True))
    weights = weights / weights.sum()
    x = np.linspace(-3, 3, 7)
    moved = Mixture(weights, means + shift, stds).logpdf(x + shift)
    np.testing.assert_allclose(moved, Mixture(weights, means, stds).logpdf(x), rtol=1e-9, atol=1e-9)


# --- the Swiss roll --------------------------------------------------------------------------------


def test_the_swiss_roll_is_that_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = datasets.make_swiss_roll(20_000, noise=0.25, random_state=0)[0][:, [0, 2]] / 7.5
    ours = swiss_roll().sample(20_000, 1)
    for direction in ([1, 0], [0, 1], [0.6, 0.8]):
        assert stats.ks_2samp(theirs @ direction, ours @ direction).pvalue > 0.01
    assert stats.ks_2samp(np.hypot(*theirs.T), np.hypot(*ours.T)).pvalue > 0.01


@pytest.mark.parametrize("noise", [0.25, 1.0])
def test_the_density_of_the_swiss_roll_agrees_with_a_plain_sum(noise):
    roll = swiss_roll(noise=noise)
    t = np.linspace(1.5 * np.pi, 4.5 * np.pi, 200_001)
    share = np.full(len(t), 1 / 200_000)
    share[[0, -1]] /= 2
    spiral = np.stack([t * np.cos(t), t * np.sin(t)], 1) / 7.5
    x = np.concatenate([roll.sample(4, 2), [[0.0, 0.0], [1.8, -0.3]]])
    plain = [
        share @ np.exp(-((at - spiral) ** 2).sum(1) / (2 * roll.std**2)) / (2 * np.pi * roll.std**2)
        for at in x
    ]
    assert roll.pdf(x) == pytest.approx(plain, rel=1e-7)
    assert roll.logpdf([[50.0, 50.0], [1e200, 0.0]])[0] < -1e5


def test_the_density_of_the_swiss_roll_integrates_to_one():
    roll = swiss_roll(noise=2.0)
    axis = np.linspace(-4, 4, 121)
    total = roll.pdf(np.stack(np.meshgrid(axis, axis), -1)).sum() * (axis[1] - axis[0]) ** 2
    assert total == pytest.approx(1, abs=1e-6)
