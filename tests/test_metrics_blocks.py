"""Distances in blocks: all digits kept where products cancel, and memory that does not grow with the sets."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gancourse.metrics import (
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    kernel_distance_all_pairs,
    memorisation,
    nearest_neighbours,
    parzen_log_likelihood,
    precision_recall,
)
from gancourse.metrics._blocks import distance_blocks, kth_squares

RNG = np.random.default_rng(7)
CLOUD = RNG.normal(size=(1300, 40))
LUMPS = CLOUD[RNG.integers(8, size=1300)]
# name: points, and the largest relative error of a squared distance
SETS = {
    "cloud": (CLOUD, 1e-13),
    "one point": (np.tile(CLOUD[:1], (1300, 1)), 0),
    "eight points": (LUMPS, 1e-13),
    "eight lumps of a millionth": (LUMPS + 1e-6 * CLOUD, 1e-8),
    "near copies in pairs": (np.repeat(CLOUD[:650], 2, 0) + 1e-7 * CLOUD, 1e-8),
    "two lumps far apart": (np.concatenate([CLOUD[:600] + 1e6, CLOUD[600:] - 1e6]), 1e-8),
    "one outlier": (np.concatenate([CLOUD, 1e8 * CLOUD[:1]]), 1e-10),
    "far from the origin": (CLOUD + 1e6, 1e-12),
    "few features": (CLOUD[:, :3], 1e-10),
    "large": (1e140 * CLOUD, 1e-13),
    "float32": (CLOUD.astype(np.float32), 1e-13),
}


def whole(x, y=None):
    result = np.full((len(x), len(x if y is None else y)), np.nan)
    for i, j, squares in distance_blocks(x, y):
        rows, columns = slice(i, i + squares.shape[0]), slice(j, j + squares.shape[1])
        result[rows, columns] = squares
        if y is None and i != j:
            result[columns, rows] = squares.T
    return result


def check(got, expected, bound):
    assert not np.isnan(got).any()
    assert ((got == 0) == (expected == 0)).all(), "copies, and nothing else, are at distance 0"
    apart = expected > 0
    assert np.abs(got[apart] / expected[apart] - 1).max(initial=0) <= bound


@pytest.mark.parametrize("name", SETS)
def test_of_a_set_with_itself(name):
    points, bound = SETS[name]
    got = whole(points)
    assert np.isinf(np.diag(got)).all()
    np.fill_diagonal(got, 0)
    exact = cdist(points.astype(float), points.astype(float), "sqeuclidean")
    check(got, exact, bound)
    kth = np.sort(exact, axis=1)[:, 4]
    assert kth_squares(points, 4) == pytest.approx(kth, rel=2 * bound, abs=0)


@pytest.mark.parametrize("name", SETS)
def test_of_two_sets_with_copies_among_them(name):
    points, bound = SETS[name]
    x, y = points[:1100], np.concatenate([points[500:], points[:200]])
    check(whole(x, y), cdist(x.astype(float), y.astype(float), "sqeuclidean"), bound)


MIB = 2**20
REAL, FAKE = (RNG.normal(size=(n, 2048)).astype(np.float32) for n in (3100, 2100))
METRICS = {
    "precision_recall": (lambda: precision_recall(REAL, FAKE), 100),
    "density_coverage": (lambda: density_coverage(REAL, FAKE), 100),
    "kernel_distance": (lambda: kernel_distance(REAL, FAKE, subsets=1), 75),
    "kernel_distance_all_pairs": (lambda: kernel_distance_all_pairs(REAL, FAKE), 100),
    "parzen_log_likelihood": (lambda: parzen_log_likelihood(REAL, FAKE, 1.0), 100),
    "nearest_neighbours": (lambda: nearest_neighbours(REAL, FAKE, 5), 100),
    "frechet_distance": (lambda: frechet_distance(REAL[:, :512], FAKE[:, :512]), 60),
}


@pytest.mark.parametrize("name", METRICS)
def test_memory_is_that_of_blocks(name):
    # a float64 copy of the larger set alone is 48 MiB, all pairs of it 73 MiB
    metric, bound = METRICS[name]
    tracemalloc.start()
    try:
        metric()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(name, peak / MIB)
    assert peak < bound * MIB


def test_memory_does_not_grow_with_the_sets():
    peaks = []
    for n in (4200, 8400):
        x = RNG.normal(size=(n, 64))
        chances = np.abs(x) / np.abs(x).sum(1, keepdims=True)
        for metric in (
            lambda x=x: precision_recall(x[: len(x) // 2], x[len(x) // 2 :]),
            lambda x=x: kernel_distance_all_pairs(x, x[:1500]),
            lambda x=x: nearest_neighbours(x, x[:1500], 3),
            lambda x=x: parzen_log_likelihood(x[:1500], x, 1.0),
            lambda x=x: frechet_distance(x, x[:1500]),
            lambda p=chances: inception_score(p, splits=1),
            lambda x=x: memorisation(x[:1000], x, x[:1500]),
        ):
            tracemalloc.start()
            try:
                metric()
                peaks.append(tracemalloc.get_traced_memory()[1])
            finally:
                tracemalloc.stop()
    few, many = np.array(peaks).reshape(2, -1) / MIB
    print(few, many)
    assert (many < few + 2).all(), "4,200 rows more, of 2 MiB"
