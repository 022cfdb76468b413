"""Mode coverage: by hand, against the perfect sampler, against scikit-learn."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from gancourse.densities import grid, ring
from gancourse.metrics import Coverage, mode_coverage, perfect_coverage

CENTRES = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def test_by_hand():
    samples = [[0.01, 0.0], [0.0, -0.29], [1.0, 0.02], [0.5, 0.5], [0.0, 0.31]]
    got = mode_coverage(samples, CENTRES, std=0.1)
    h = np.array([2 / 3, 1 / 3])
    assert got.captured == 2
    assert got.high_quality == pytest.approx(3 / 5)
    assert got.reverse_kl == pytest.approx(float((h * np.log(4 * h)).sum()))
    assert got == Coverage(2, 0.6, got.reverse_kl)


def test_one_mode_only():
    got = mode_coverage(np.zeros((10, 2)), CENTRES, std=0.1)
    assert got == Coverage(1, 1.0, pytest.approx(math.log(4)))


def test_all_modes_evenly():
    assert mode_coverage(CENTRES, CENTRES, std=0.1) == Coverage(4, 1.0, 0.0)


def test_none_of_high_quality():
    assert mode_coverage([[9.0, 9.0]], CENTRES, std=0.1) == Coverage(0, 0.0, math.inf)


def test_the_radius_is_three_standard_deviations():
    for r, expected in [(2.99, 1.0), (3.01, 0.0)]:
        assert mode_coverage([[0.1 * r, 0.0]], CENTRES, std=0.1).high_quality == expected
    assert mode_coverage([[0.55, 0.0]], [[0.0, 0.0]], std=0.1, sigmas=6).high_quality == 1


def test_on_the_line():
    got = mode_coverage([0.0, 0.1, 5.0, 2.5], [0.0, 5.0], std=0.1)
    assert (got.captured, got.high_quality) == (2, 0.75)


@pytest.mark.parametrize("p", [ring(), grid()], ids=["ring", "grid"])
def test_the_perfect_sampler(p, rng):
    k, n, runs = len(p.means), 2500, 60
    scores = np.array([mode_coverage(p.sample(n, rng), p.means, p.std) for _ in range(runs)])
    expected = perfect_coverage(k, n)
    assert (scores[:, 0] == k).all()
    assert expected.captured == pytest.approx(k)
    assert expected.high_quality == pytest.approx(1 - math.exp(-4.5), rel=1e-12)
    assert expected.high_quality == pytest.approx(0.9889, abs=5e-5)
    assert expected.reverse_kl == pytest.approx((k - 1) / (2 * n), rel=0.03)
    for column, exact in [(1, expected.high_quality), (2, expected.reverse_kl)]:
        error = scores[:, column].std() / math.sqrt(runs)
        assert abs(scores[:, column].mean() - exact) < 4 * error
    assert scores[:, 2].mean() > 0


@pytest.mark.parametrize("dim", [1, 3, 10])
def test_perfect_share_in_other_dimensions(dim):
    assert perfect_coverage(4, 100, dim=dim).high_quality == pytest.approx(stats.chi2.cdf(9, dim), rel=1e-10)


def test_perfect_reverse_kl_by_enumeration():
    # two modes, three samples of high quality: counts 0, 1, 2, 3 with chances 1, 3, 3, 1 of 8
    two_one = (2 / 3) * math.log(4 / 3) + (1 / 3) * math.log(2 / 3)
    assert perfect_coverage(2, 3).reverse_kl == pytest.approx((2 * math.log(2) + 6 * two_one) / 8, rel=1e-12)
    assert perfect_coverage(1, 50) == Coverage(pytest.approx(1.0), perfect_coverage(2, 50).high_quality, 0.0)


def test_agrees_with_nearest_neighbours_in_blocks(rng):
    centres = rng.normal(size=(300, 17))
    samples = centres[rng.integers(200, size=3000)] + 0.2 * rng.normal(size=(3000, 17))
    distance, nearest = NearestNeighbors(n_neighbors=1).fit(centres).kneighbors(samples)
    good = distance[:, 0] <= 0.2 * 4.5
    counts = np.bincount(nearest[good, 0], minlength=300)
    got = mode_coverage(samples, centres, std=0.2, sigmas=4.5)
    assert 0.3 < good.mean() < 0.95
    assert (got.captured, got.high_quality) == ((counts > 0).sum(), good.mean())
    assert got.reverse_kl == pytest.approx(stats.entropy(counts, np.ones(300)), rel=1e-12)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: mode_coverage([[0.0, np.nan]], CENTRES, 0.1), "^samples: .*NaN"),
        (lambda: mode_coverage([[0.0, np.inf]], CENTRES, 0.1), "^samples:"),
        (lambda: mode_coverage(np.empty((0, 2)), CENTRES, 0.1), "^samples:"),
        (lambda: mode_coverage([[0.0, 0.0, 0.0]], CENTRES, 0.1), "^centres: .*3 dimension"),
        (lambda: mode_coverage([0.0], CENTRES, 0.1), "^centres:"),
        (lambda: mode_coverage([[0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], 0.1), "^centres: .*distinct"),
        (lambda: mode_coverage([[0.0, 0.0]], CENTRES, 0.0), "^std:"),
        (lambda: mode_coverage([[0.0, 0.0]], CENTRES, 0.1, sigmas=-1), "^sigmas:"),
        (lambda: perfect_coverage(0, 100), "^modes:"),
        (lambda: perfect_coverage(8, 0), "^n:"),
        (lambda: perfect_coverage(8, 10, dim=0), "^dim:"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
