"""Lecture 09: one supremum over four classes of functions, MMD's estimates, and tests of two samples."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from sklearn.metrics.pairwise import rbf_kernel

from gancourse.demos import function_classes, mmd_estimates, two_sample_test
from gancourse.demos.function_classes import GRID, STEP
from gancourse.divergences import gaussian_kernel, mmd2

PAIRS = [(0.0, 2.5), (1.0, 2.0), (2.0, 1.0), (3.0, 0.4), (6.0, 2.5)]


def quad(f):
    return integrate.quad(f, -12, 22, limit=600, points=[-2, 0, 1, 2, 3, 6])[0]


@pytest.mark.claim("D9")
@pytest.mark.parametrize(("distance", "std"), PAIRS)
def test_the_four_suprema_against_quadrature_and_scipy(distance, std):
    p, q = stats.norm(0, 1), stats.norm(distance, std)
    result = function_classes.compute(kind=0, distance=distance, std=std, bandwidth=0.7)
    bounded, lipschitz, mmd, half_line = result["suprema"]
    assert bounded == pytest.approx(quad(lambda x: abs(p.pdf(x) - q.pdf(x))), abs=2e-4)
    weights = [model.pdf(GRID) * STEP for model in (p, q)]
    assert lipschitz == pytest.approx(stats.wasserstein_distance(GRID, GRID, *weights), abs=2e-3)
    assert lipschitz == pytest.approx(quad(lambda x: abs(p.cdf(x) - q.cdf(x))), abs=2e-4)
    largest = max(
        -optimize.minimize_scalar(lambda x: -abs(p.cdf(x) - q.cdf(x)), bounds=b, method="bounded").fun
        for b in ((-6, 0), (0, distance + 0.01), (0, 10))
    )
    assert half_line == pytest.approx(largest, abs=1e-4)
    k = rbf_kernel(GRID[::8, None], gamma=1 / (2 * 0.7**2))
    gap = (p.pdf(GRID) - q.pdf(GRID))[::8] * STEP * 8
    assert mmd**2 == pytest.approx(gap @ k @ gap, abs=1e-6)
    # the ball of the kernel lies within the other classes, half-lines are sets
    assert mmd <= bounded and mmd <= lipschitz / 0.7 and half_line <= bounded / 2 + 1e-4
    # the curves of the picture hold the same numbers
    at = int(np.argmin(abs(function_classes.DISTANCES - distance)))
    assert np.allclose([c[at] for c in result["curves"]], result["suprema"], atol=1e-12)


@pytest.mark.claim("D9")
@pytest.mark.parametrize(("distance", "std"), PAIRS)
def test_each_witness_is_of_its_class_and_reaches_the_supremum(distance, std):
    f = {}
    for kind in range(4):
        result = function_classes.compute(kind=kind, distance=distance, std=std, bandwidth=0.7)
        f[kind] = result["f"]
        assert result["value"] == pytest.approx(result["suprema"][kind], abs=2.5e-3)
    assert set(np.unique(f[0])) <= {-1.0, 0.0, 1.0}
    assert np.abs(np.diff(f[1])).max() <= STEP * (1 + 1e-9)
    assert np.abs(np.diff(f[2])).max() <= STEP / 0.7 and np.abs(f[2]).max() <= 1
    assert np.count_nonzero(np.diff(f[3])) == 1 and set(np.unique(np.abs(f[3]))) == {0.0, 1.0}


@pytest.mark.claim("D9")
def test_functions_within_one_give_twice_the_supremum_over_sets():
    shown = function_classes.compute(kind=0, distance=2.0, std=1.0, bandwidth=1.0)
    total_variation = 2 * stats.norm.cdf(1.0) - 1  # sup over sets: the half-line up to 1, exactly
    assert shown["suprema"][0] == pytest.approx(2 * total_variation, abs=1e-4)
    apart = function_classes.compute(kind=0, distance=6.0, std=0.4, bandwidth=1.0)
    assert 1.99 < apart["suprema"][0] <= 2 + 1e-9


@pytest.mark.claim("D9")
def test_the_sup_norm_in_the_kernels_space_gives_total_variation_not_mmd():
    x = np.linspace(-8, 10, 361)
    gap = (stats.norm.pdf(x) - stats.norm.pdf(x, 2)) * (x[1] - x[0])
    places, h = np.linspace(-5, 7, 17)[:, None], 1.0
    hills, k = rbf_kernel(x[:, None], places, gamma=0.5), rbf_kernel(places, gamma=0.5)
    b = gap @ hills
    found = optimize.linprog(-b, A_ub=np.vstack([hills, -hills]), b_ub=np.ones(722), bounds=(None, None))
    mmd = math.sqrt(2 * (1 - math.exp(-4 / 6)) * h / math.sqrt(3))
    assert abs(hills @ found.x).max() < 1 + 1e-6  # within the sup norm's ball, and far beyond MMD
    assert 1.25 < -found.fun < np.abs(gap).sum() and -found.fun > 1.6 * mmd
    assert math.sqrt(found.x @ k @ found.x) > 5
    assert math.sqrt(b @ np.linalg.solve(k, b)) == pytest.approx(mmd, abs=1e-4)


@pytest.mark.claim("D9")
def test_equal_laws_are_at_distance_zero_in_all_four():
    for kind in range(4):
        result = function_classes.compute(kind=kind, distance=0.0, std=1.0, bandwidth=1.0)
        assert np.allclose(result["suprema"], 0, atol=1e-7) and abs(result["value"]) < 1e-7


# estimates


@pytest.mark.claim("D9")
def test_the_estimates_of_the_demo_are_those_of_mmd2():
    x, y = np.random.default_rng(0).standard_normal((2, mmd_estimates.REPEATS, mmd_estimates.SIZES[-1]))
    for i, j, k, repeat in ((0, 3, 2, 5), (3, 0, 6, 11), (6, 8, 0, 59)):
        n, h = mmd_estimates.SIZES[k], mmd_estimates.BANDWIDTHS[i]
        a, b = x[repeat, :n], y[repeat, :n] + mmd_estimates.DISTANCES[j]
        for name, unbiased in (("unbiased", True), ("biased", False)):
            found = mmd_estimates.learned()[name][i, j, k, repeat]
            assert found == pytest.approx(mmd2(a, b, gaussian_kernel(h), unbiased), abs=1e-12)


@pytest.mark.claim("D9")
def test_the_demos_truth_and_bias_are_exact():
    for distance, h in ((0.0, 0.25), (0.5, 1.0), (2.0, 4.0)):
        # x − x′ ~ N(0, 2), x − y ~ N(distance, 2)
        def mean(at, h=h):
            return quad(lambda r: math.exp(-(r**2) / (2 * h**2)) * stats.norm.pdf(r, at, math.sqrt(2)))

        assert mmd_estimates.exact(distance, h) == pytest.approx(2 * (mean(0) - mean(distance)), abs=1e-7)
        assert mmd_estimates.bias(8, h) == pytest.approx(2 * (1 - mean(0)) / 8, abs=1e-7)
    z = []
    for bandwidth in range(-3, 4):
        result = mmd_estimates.compute(distance=2, bandwidth=bandwidth, samples=3)
        for name, bias in (("unbiased", 0.0), ("biased", result["bias"])):
            each = result[name]["each"]
            z.append((each.mean() - result["mmd2"] - bias) / each.std(ddof=1) * math.sqrt(len(each)))
        assert (result["biased"]["each"] >= 0).all()
    assert np.abs(z).max() < 3.5
    same = mmd_estimates.compute(distance=0, bandwidth=0, samples=4)
    assert (same["unbiased"]["each"] < 0).mean() > 0.4 and same["mmd2"] == 0


# tests of two samples


@pytest.mark.claim("D9")
def test_the_statistic_of_every_split_is_the_unbiased_estimate(rng):
    pooled = rng.normal(size=14)
    signs = two_sample_test.splits(7, 9, rng)
    assert (signs.sum(1) == 0).all() and (signs[0, :7] == 1).all()
    found = two_sample_test.statistics(rbf_kernel(pooled[:, None], gamma=0.5), signs)
    for sign, value in zip(signs, found, strict=True):
        assert value == pytest.approx(
            mmd2(pooled[sign > 0], pooled[sign < 0], gaussian_kernel(1.0)), abs=1e-12
        )


def test_samples_of_the_alternatives_follow_their_laws():
    def rippled(x):
        return quad(lambda t: stats.norm.pdf(t) * (1 + math.sin(6 * t)) * (t <= x))

    at = np.linspace(-3, 3, 25)
    cdfs = [stats.norm(0, 1).cdf(at), stats.norm(0.5, 1).cdf(at), stats.norm(0, 1.6).cdf(at)]
    cdfs.append([rippled(x) for x in at])
    for alternative, cdf in enumerate(cdfs):
        drawn = two_sample_test.sample(alternative, 40_000, np.random.default_rng(alternative))
        shares = (drawn[:, None] <= at).mean(0)
        assert np.abs(shares - cdf).max() < 1.8 / math.sqrt(40_000)  # Kolmogorov: 0.3 % by chance


@pytest.mark.claim("D9")
def test_the_permutation_test_keeps_its_level_and_each_alternative_has_its_bandwidth():
    error = math.sqrt(0.05 * 0.95 / two_sample_test.TRIALS)
    level, energy = two_sample_test.power(0)
    assert np.abs(level - 0.05).max() < 4 * error and abs(energy - 0.05) < 4 * error
    shifted, wider, rippled = (two_sample_test.power(k)[0] for k in (1, 2, 3))
    h = np.array(two_sample_test.BANDWIDTHS)
    assert shifted[h >= 4].min() > 0.65 and wider[h >= 8].max() < 0.15  # wide kernels compare means
    assert 0.6 < wider[(h > 0.9) & (h < 1.5)].min() and h[wider.argmax()] < h[shifted.argmax()]
    assert rippled[h < 0.2].min() > 0.55 and rippled[h >= 0.5].max() < 0.15


def test_a_p_value_counts_the_true_split():
    for alternative in range(4):
        for draw_number in (1, 7):
            result = two_sample_test.compute(alternative=alternative, bandwidth=0, draw_number=draw_number)
            assert 1 / 500 <= result["p_value"] <= 1 and result["heights"].sum() == pytest.approx(1)
    far = two_sample_test.compute(alternative=2, bandwidth=0, draw_number=1)
    assert (far["observed"] > 2) == (far["p_value"] < 0.05)


@pytest.mark.claim("D9")
def test_the_best_classifier_is_right_half_the_time_and_half_the_total_variation_more():
    p, q = stats.norm(0, 1), stats.norm(0.5, 1)
    half = quad(lambda x: max(p.pdf(x), q.pdf(x))) / 2
    total_variation = function_classes.compute(kind=0, distance=0.5, std=1.0, bandwidth=1.0)["suprema"][0] / 2
    assert half == pytest.approx(0.5 + total_variation / 2, abs=1e-4)
