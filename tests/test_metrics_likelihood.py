"""The Parzen log-likelihood: closed forms, SciPy, scikit-learn, and how it misleads."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

from gancourse.metrics import parzen_log_likelihood


@pytest.mark.claim("G4")
@pytest.mark.parametrize("h", [0.05, 1.0, 7.0])
def test_one_sample_is_one_gaussian(h, rng):
    test = rng.normal(size=(50, 3))
    values = stats.multivariate_normal(np.ones(3), h**2 * np.eye(3)).logpdf(test)
    expected = values.mean(), values.std(ddof=1) / math.sqrt(50)
    assert parzen_log_likelihood(np.ones((1, 3)), test, h) == pytest.approx(expected, rel=1e-12)


@pytest.mark.claim("G4")
@pytest.mark.parametrize(
    "n, m, d, h", [(40, 30, 1, 0.3), (1500, 1100, 5, 0.4), (1100, 70, 40, 0.7), (300, 200, 784, 0.2)]
)
def test_agrees_with_scikit_learn_and_scipy(n, m, d, h, rng):
    samples, test = rng.uniform(size=(n, d)), rng.uniform(size=(m, d))
    # a tree of one leaf: with more, its bounds lose up to seven nats of these in 40 dimensions
    theirs = KernelDensity(bandwidth=h, leaf_size=n + 1).fit(samples).score_samples(test)
    scipy = logsumexp(-cdist(test, samples, "sqeuclidean") / (2 * h**2), axis=1)
    scipy -= math.log(n) + d * math.log(h * math.sqrt(2 * math.pi))
    got = parzen_log_likelihood(samples, test, h)
    for values in (theirs, scipy):
        assert got == pytest.approx((values.mean(), values.std(ddof=1) / math.sqrt(m)), rel=1e-9)


def test_far_tails_do_not_vanish():
    # exp(−5·10⁷) is 0 in float64, and the sum over samples must not be
    mean, _ = parzen_log_likelihood(np.zeros((3, 20)), np.full((2, 20), 1e4 / math.sqrt(20)), 1.0)
    assert mean == pytest.approx(-0.5e8 - 10 * math.log(2 * math.pi), rel=1e-12)


def test_copies_and_a_small_bandwidth(rng):
    # a memorised test point: one term of the sum is 1, wherever the points lie
    samples = rng.normal(size=(1200, 30)) + 1e4
    mean, error = parzen_log_likelihood(samples, samples[:20], 1e-3)
    assert mean == pytest.approx(-math.log(1200) - 30 * math.log(1e-3 * math.sqrt(2 * math.pi)), rel=1e-12)
    assert error == pytest.approx(0, abs=1e-9)


def test_the_unit_of_the_features_shifts_it(rng):
    samples, test = rng.normal(size=(100, 6)), rng.normal(size=(80, 6))
    mean, error = parzen_log_likelihood(samples, test, 0.5)
    scaled = parzen_log_likelihood(255 * samples, 255 * test, 255 * 0.5)
    assert scaled == pytest.approx((mean - 6 * math.log(255), error), rel=1e-10)
    assert parzen_log_likelihood(samples + 9, test + 9, 0.5) == pytest.approx((mean, error), rel=1e-9)


def test_the_error_is_the_spread_over_fresh_test_points(rng):
    samples = rng.normal(size=(100, 4))
    results = np.array([parzen_log_likelihood(samples, rng.normal(size=(200, 4)), 0.6) for _ in range(200)])
    assert results[:, 0].std() == pytest.approx(results[:, 1].mean(), rel=0.2)


def test_it_rises_with_samples_to_the_blurred_law_from_below(rng):
    # N(0, 1) blurred by h has the variance 1 + h²
    h, test = 0.3, rng.normal(size=(4000, 1))
    limit = stats.norm(0, math.sqrt(1 + h**2)).logpdf(test).mean()
    means = [
        np.mean([parzen_log_likelihood(rng.normal(size=(n, 1)), test, h)[0] for _ in range(20)])
        for n in (20, 80, 1000)
    ]
    assert means[0] < means[1] < means[2] < limit + 0.003
    assert means[2] == pytest.approx(limit, abs=0.01)


@pytest.mark.claim("G4")
def test_in_high_dimension_it_ranks_one_point_above_real_data(rng):
    # blurred by 1, the one sample 0 is the data's law N(0, I) itself; 500 real samples, blurred, are wider
    d = 50
    real, validation, test = rng.normal(size=(3, 500, d))
    bandwidths = np.linspace(0.5, 1.5, 11)

    def best(samples):
        chosen = max(bandwidths, key=lambda h: parzen_log_likelihood(samples, validation, h)[0])
        return parzen_log_likelihood(samples, test, chosen)

    (collapsed, error), (honest, _) = best(np.zeros((500, d))), best(real)
    assert collapsed > honest + 5 * error
    assert collapsed == pytest.approx(stats.multivariate_normal(np.zeros(d)).logpdf(test).mean(), abs=1)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((np.eye(3), np.eye(3)[:1], 1.0), "^test: .*at least 2"),
        ((np.eye(3), np.eye(2), 1.0), "^test: .*3 feature.*like samples"),
        ((np.eye(3) * np.nan, np.eye(3), 1.0), "^samples: .*NaN"),
        ((np.eye(3), np.eye(3), 0.0), "^bandwidth: .*positive"),
        ((np.eye(3), np.eye(3), -1.0), "^bandwidth:"),
        ((np.eye(3), np.eye(3), np.ones(3)), "^bandwidth:"),
        ((np.eye(3), np.eye(3), 1e-200), r"^bandwidth: .*\[1e-75"),
        ((np.empty((0, 3)), np.eye(3), 1.0), "^samples:"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        parzen_log_likelihood(*arguments)
