"""Nearest neighbours and memorisation: scikit-learn, copies and near copies, what exchange would give."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from gancourse.metrics import memorisation, nearest_neighbours


@pytest.mark.claim("G5")
@pytest.mark.parametrize(
    "n, m, d, k", [(50, 60, 1, 3), (1100, 2100, 40, 5), (1025, 30, 17, 30), (7, 2100, 9, 1)]
)
def test_agrees_with_scikit_learn(n, m, d, k, rng):
    queries, points = rng.normal(size=(n, d)), rng.normal(size=(m, d)) + 0.3
    distances, indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(queries)
    got = nearest_neighbours(queries, points, k)
    assert (got.indices == indices).all()
    assert got.distances == pytest.approx(distances, rel=1e-6)
    exact = cdist(queries, points)
    assert got.distances == pytest.approx(np.take_along_axis(exact, got.indices, 1), rel=1e-12)


@pytest.mark.claim("G5")
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_copies_are_at_distance_zero_and_near_copies_keep_their_digits(offset, rng):
    points = rng.normal(size=(1500, 60)) + offset
    moved = points[:40].copy()
    moved[:, 7] += 2.0**-20
    found = nearest_neighbours(np.concatenate([points[100:140], moved]), points, 2)
    assert found.indices[:, 0].tolist() == [*range(100, 140), *range(40)]
    assert (found.distances[:40, 0] == 0).all()
    assert found.distances[40:, 0] == pytest.approx(2.0**-20, rel=1e-6 if offset == 0 else 1e-3)


def test_ties_come_in_the_order_of_the_rows():
    points = np.array([[1.0], [-1.0], [1.0], [5.0]])
    assert nearest_neighbours([[0.0]], points, 4).indices.tolist() == [[0, 1, 2, 3]]


def test_float32_is_computed_in_float64(rng):
    queries, points = (rng.normal(size=(n, 200)).astype(np.float32) for n in (30, 50))
    expected = np.sort(cdist(queries.astype(float), points.astype(float)))[:, :3]
    assert nearest_neighbours(queries, points, 3).distances == pytest.approx(expected, rel=1e-12)


@pytest.mark.claim("G5")
def test_copies_of_training_data_are_found_out(rng):
    train, test = rng.normal(size=(2, 400, 10))
    copied = memorisation(train[:200], train, test)
    assert (copied.share, copied.ratio, copied.ratio_error) == (1.0, 0.0, 0.0)
    assert (copied.share - 0.5) / copied.share_error > 9
    near = memorisation(train[:200] + 0.3 * rng.normal(size=(200, 10)), train, test)
    assert near.share > 0.9
    assert 0.2 < near.ratio < 0.6
    # learning the test data by heart shows too
    assert memorisation(test[:200], train, test)[:3:2] == (0.0, np.inf)


def test_half_copied_is_half_way(rng):
    train, test, fresh = rng.normal(size=(3, 600, 12))
    got = memorisation(np.concatenate([train[:300], fresh[:300]]), train, test)
    assert abs(got.share - 0.75) < 3 * got.share_error


@pytest.mark.claim("G5")
@pytest.mark.parametrize("m, scale", [(150, 1.0), (900, 1.0), (600, 0.2)])
def test_without_memory_the_share_is_a_half_within_its_error(m, scale, rng):
    # many samples, or samples that crowd, share neighbours: a binomial error is then too small
    runs, size = 100, 150
    results = [
        memorisation(scale * rng.normal(size=(m, 4)), *rng.normal(size=(2, size, 4)), rng=i)
        for i in range(runs)
    ]
    score = np.array([(r.share - 0.5) / r.share_error for r in results])
    assert abs(score.mean()) < 4 / math.sqrt(runs)
    assert 0.75 < score.std() < 1.25
    ratios = np.array([r.ratio for r in results])
    assert abs(ratios.mean() - 1) < 5 * ratios.std() / math.sqrt(runs) + 0.01
    if m > size:
        binomial = np.array([(r.share - 0.5) * 2 * math.sqrt(m) for r in results])
        assert binomial.std() > 1.15


def test_sets_of_unequal_size_are_cut_to_one(rng):
    # ten times as many training points would be nearer for that alone
    samples, train, test = rng.normal(size=(300, 6)), rng.normal(size=(3000, 6)), rng.normal(size=(300, 6))
    got = memorisation(samples, train, test)
    assert abs(got.share - 0.5) < 4 * got.share_error
    swapped = memorisation(samples, test, train)
    assert swapped.share == pytest.approx(1 - got.share)
    assert swapped.ratio == pytest.approx(1 / got.ratio)
    assert memorisation(samples, train, test, rng=1) != got
    assert memorisation(samples, train, test, rng=np.random.default_rng(0)) == got


def test_a_tie_counts_half():
    got = memorisation([[0.0], [0.0]], train=[[1.0], [3.0]], test=[[-1.0], [9.0]])
    assert (got.share, got.ratio) == (0.5, 1.0)


def test_the_error_by_enumeration(rng):
    # all ways to call half of the pool training data
    from itertools import combinations

    pool, samples = rng.normal(size=(8, 2)), rng.normal(size=(25, 2))
    shares, errors = [], []
    for chosen in combinations(range(8), 4):
        rest = [i for i in range(8) if i not in chosen]
        got = memorisation(samples, pool[list(chosen)], pool[rest])
        shares.append(got.share)
        errors.append(got.share_error)
    assert np.mean(shares) == pytest.approx(0.5, rel=1e-12)
    assert errors == pytest.approx(np.full(len(errors), np.std(shares)), rel=1e-12)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: nearest_neighbours(np.eye(3), np.eye(3), 4), "^k: .*at most 3"),
        (lambda: nearest_neighbours(np.eye(3), np.eye(2)), "^points: .*3 feature.*like queries"),
        (lambda: nearest_neighbours(np.eye(3) * np.nan, np.eye(3)), "^queries: .*NaN"),
        (lambda: memorisation(np.eye(3), np.eye(3), np.eye(3)[:1]), "^test: .*at least 2"),
        (lambda: memorisation(np.eye(3)[:1], np.eye(3), np.eye(3)), "^samples: .*at least 2"),
        (lambda: memorisation(np.eye(3), np.eye(2), np.eye(3)), "^train: .*3 feature.*like samples"),
        (lambda: memorisation(np.eye(3), np.eye(3), np.eye(3), rng="x"), "^rng:"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
