"""The kernel distance: closed forms, torchmetrics, no bias, its error."""

import math

import numpy as np
import pytest

from gancourse.divergences import mmd2
from gancourse.metrics import kernel_distance, kernel_distance_all_pairs


def cubic(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3


@pytest.mark.claim("G6")
@pytest.mark.parametrize("n, d", [(50, 3), (200, 64), (30, 500)])
def test_agrees_with_torchmetrics_and_our_own_mmd(n, d, rng):
    import torch
    from torchmetrics.image.kid import poly_mmd

    a, b = rng.normal(size=(n, d)), rng.normal(size=(n, d)) * 1.3 + 0.2
    theirs = float(poly_mmd(torch.from_numpy(a), torch.from_numpy(b)))
    value, spread = kernel_distance(a, b, subsets=2, subset_size=n)
    assert value == pytest.approx(theirs, rel=1e-9)
    assert value == pytest.approx(mmd2(a, b, cubic), rel=1e-9)
    assert spread == pytest.approx(0, abs=1e-12), "the whole set is the only subset of its size"
    assert kernel_distance_all_pairs(a, b)[0] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("n, m, d", [(1025, 1030, 20), (2100, 3, 2100), (3, 5, 1)])
def test_all_pairs_in_blocks_and_unequal_sets(n, m, d, rng):
    a, b = rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(m, d)) + 0.1
    assert kernel_distance_all_pairs(a, b)[0] == pytest.approx(mmd2(a, b, cubic), rel=1e-9)


def test_rank_deficient_features(rng):
    a, b = (rng.normal(size=(80, 2)) @ rng.normal(size=(2, 50)) for _ in range(2))
    assert kernel_distance_all_pairs(a, b)[0] == pytest.approx(mmd2(a, b, cubic), rel=1e-9)
    assert kernel_distance_all_pairs(a * 0, b * 0) == (0, 0)
    assert kernel_distance(a * 0, b * 0, subset_size=10) == (0, 0)


@pytest.mark.claim("G6")
def test_the_mean_has_no_bias_at_any_size(rng):
    # E (xy + 1)³ for x of N(m, 1), y of N(n, 1), from their moments 1, m, 1 + m², m³ + 3m
    def expected(m, n):
        first, second = (np.array([1, t, 1 + t**2, t**3 + 3 * t]) for t in (m, n))
        return float(first * second @ [1, 3, 3, 1])

    truth = expected(0, 0) - 2 * expected(0, 0.7) + expected(0.7, 0.7)
    for size in (3, 30):
        values = np.array(
            [
                kernel_distance(rng.normal(size=(60, 1)), rng.normal(size=(60, 1)) + 0.7, 20, size, rng=rng)[
                    0
                ]
                for _ in range(400)
            ]
        )
        assert abs(values.mean() - truth) < 4 * values.std() / math.sqrt(400)
        assert values.std() / math.sqrt(400) < 0.1 * truth
    zero = np.array([kernel_distance_all_pairs(*rng.normal(size=(2, 40, 3)))[0] for _ in range(400)])
    assert abs(zero.mean()) < 4 * zero.std() / 20
    assert 0.3 < (zero < 0).mean() < 0.8, "unbiased about zero: often negative"


def test_subsets_are_drawn_without_replacement(rng):
    # with a row twice in a subset its pair with itself would enter: here that is the only pair above 1
    a = 100 * np.eye(6)
    assert kernel_distance(a, -a, 50, 2)[0] == pytest.approx(mmd2(a, -a, cubic), rel=1.0)
    x, y = rng.normal(size=(2, 40, 5))
    values = [kernel_distance(x, y, 1, 10, rng=i)[0] for i in range(300)]
    mean, spread = kernel_distance(x, y, 300, 10, rng=5)
    assert mean == pytest.approx(np.mean(values), abs=4 * spread * math.sqrt(2 / 300))
    assert spread == pytest.approx(np.std(values), rel=0.25)
    assert abs(mean - mmd2(x, y, cubic)) < 4 * spread / math.sqrt(300)


def test_the_seed_decides(rng):
    a, b = rng.normal(size=(2, 50, 4))
    first = kernel_distance(a, b, 5, 10)
    assert first == kernel_distance(a, b, 5, 10) == kernel_distance(a, b, 5, 10, rng=0)
    assert first == kernel_distance(a, b, 5, 10, rng=np.random.default_rng(0))
    assert first != kernel_distance(a, b, 5, 10, rng=1)


@pytest.mark.parametrize("n, m", [(7, 7), (5, 9)])
def test_the_error_is_the_jackknife_done_by_hand(n, m, rng):
    a, b = rng.normal(size=(n, 3)), rng.normal(size=(m, 3)) + 1
    without_a = np.array([mmd2(np.delete(a, i, 0), b, cubic) for i in range(n)])
    without_b = np.array([mmd2(a, np.delete(b, i, 0), cubic) for i in range(m)])
    variance = (n - 1) * without_a.var() + (m - 1) * without_b.var()
    assert kernel_distance_all_pairs(a, b)[1] == pytest.approx(math.sqrt(variance), rel=1e-9)


@pytest.mark.parametrize("shift, low, high", [(0.0, 1.2, 1.6), (0.5, 0.9, 1.2)])
def test_the_error_is_the_spread_over_fresh_features(shift, low, high, rng):
    # where the laws are alike the jackknife of a degenerate estimate is √2 too large
    results = np.array(
        [
            kernel_distance_all_pairs(rng.normal(size=(100, 8)), rng.normal(size=(80, 8)) + shift)
            for _ in range(300)
        ]
    )
    assert low < math.sqrt((results[:, 1] ** 2).mean()) / results[:, 0].std() < high


GOOD = np.eye(5)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: kernel_distance(GOOD, GOOD), "^subset_size: .*at most 5, .*got 1000"),
        (lambda: kernel_distance(GOOD, GOOD, subset_size=1), "^subset_size:"),
        (lambda: kernel_distance(GOOD, GOOD, 0, 3), "^subsets:"),
        (lambda: kernel_distance(GOOD[:1], GOOD, 1, 2), "^a: .*at least 2"),
        (lambda: kernel_distance(GOOD, GOOD[:, :3], 1, 2), "^b: .*5 feature.*like a"),
        (lambda: kernel_distance(GOOD, GOOD * np.nan, 1, 2), "^b: .*NaN"),
        (lambda: kernel_distance(GOOD, GOOD, 1, 2, rng=0.5), "^rng:"),
        (lambda: kernel_distance(GOOD * 1e60, GOOD, 1, 2), "^a: .*1e.49"),
        (lambda: kernel_distance_all_pairs(GOOD[:2], GOOD), "^a: .*at least 3"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
