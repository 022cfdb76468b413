"""Half samples: the error of a mean, a bias of c/n, the errors of metrics beside their spread."""

import math

import numpy as np
import pytest

from gancourse.metrics import (
    density_coverage,
    frechet_distance,
    frechet_distance_gaussian,
    half_sampling,
    inception_score,
    precision_recall,
)


def test_of_a_mean_it_is_the_standard_error(rng):
    a = rng.normal(size=(200, 1))
    got = half_sampling(np.mean, a, repeats=4000)
    assert got.value == a.mean()
    assert got.standard_error == pytest.approx(a.std(ddof=1) / math.sqrt(200), rel=0.05)
    assert abs(got.bias) < 4 * got.standard_error / math.sqrt(4000)


def test_of_two_means(rng):
    a, b = rng.normal(size=(100, 1)), 3 * rng.normal(size=(50, 1))
    got = half_sampling(lambda a, b: b.mean() - a.mean(), a, b, repeats=4000)
    expected = math.sqrt(a.var(ddof=1) / 100 + b.var(ddof=1) / 50)
    assert got.standard_error == pytest.approx(expected, rel=0.05)


def test_of_a_biased_variance_it_finds_the_bias(rng):
    # divided by n the variance is too small by σ²/n
    a = rng.normal(size=(60, 1))
    got = half_sampling(np.var, a, repeats=4000)
    assert got.value - got.bias == pytest.approx(a.var(ddof=1), rel=0.02)
    assert got.bias == pytest.approx(-a.var(ddof=1) / 60, rel=0.35)


def test_several_numbers_at_once(rng):
    a, b = rng.normal(size=(2, 60, 3))
    both = half_sampling(precision_recall, a, b)
    alone = half_sampling(lambda a, b: precision_recall(a, b).recall, a, b)
    assert [result[1] for result in both] == pytest.approx(list(alone), rel=1e-12)
    assert half_sampling(precision_recall, a, b, rng=1)[2].tolist() != both.standard_error.tolist()
    assert half_sampling(lambda p: inception_score(p, 1)[0], np.full((8, 4), 0.25)) == (1, 0, 0)


def test_halves_keep_their_order_and_hold_no_row_twice():
    def ordered(a):
        assert a.shape in ((9, 1), (4, 1))
        assert (np.diff(a[:, 0]) > 0).all()
        return a[0, 0]

    assert half_sampling(ordered, np.arange(9.0)[:, None], repeats=50).value == 0


@pytest.mark.parametrize(
    "metric, d, scale, low, high",
    [
        (lambda a, b: precision_recall(a, b).precision, 8, 1.2, 0.8, 1.6),
        (lambda a, b: precision_recall(a, b).recall, 8, 0.8, 0.8, 1.6),
        (lambda a, b: density_coverage(a, b).density, 8, 1.2, 0.8, 1.6),
        (lambda a, b: density_coverage(a, b).coverage, 8, 1.2, 0.8, 1.6),
        (frechet_distance, 4, 1.5, 0.8, 1.4),
    ],
    ids=["precision", "recall", "density", "coverage", "frechet"],
)
def test_the_error_is_near_the_spread_over_fresh_samples(metric, d, scale, low, high, rng):
    def fresh():
        return rng.normal(size=(150, d)), scale * rng.normal(size=(150, d))

    spread = np.std([metric(*fresh()) for _ in range(150)])
    errors = [half_sampling(metric, *fresh()).standard_error for _ in range(8)]
    assert low < math.sqrt(np.mean(np.square(errors))) / spread < high


@pytest.mark.claim("G3")
def test_it_mends_the_bias_of_the_frechet_distance(rng):
    d, n, runs = 10, 300, 40
    exact = frechet_distance_gaussian(np.zeros(d), np.eye(d), np.zeros(d), 1.44 * np.eye(d))
    results = [
        half_sampling(frechet_distance, rng.normal(size=(n, d)), 1.2 * rng.normal(size=(n, d)))
        for _ in range(runs)
    ]
    mended = np.array([result.value - result.bias for result in results])
    assert abs(mended.mean() - exact) < 4 * mended.std() / math.sqrt(runs)
    assert np.mean([result.value for result in results]) - exact > 8 * mended.std() / math.sqrt(runs)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: half_sampling("fid", np.eye(4)), "^metric: .*function"),
        (lambda: half_sampling(lambda a: np.nan, np.eye(4)), "^metric: .*NaN"),
        (lambda: half_sampling(lambda a: a, np.eye(4)), "^metric: .*dimension"),
        (lambda: half_sampling(lambda a: a[:, 0], np.eye(4)), "^metric: .*shape"),
        (lambda: half_sampling(np.mean, np.eye(3)), "^a: .*at least 4"),
        (lambda: half_sampling(frechet_distance, np.eye(4), np.eye(3)), "^b: .*at least 4"),
        (lambda: half_sampling(np.mean, np.eye(4), repeats=1), "^repeats: .*at least 2"),
        (lambda: half_sampling(np.mean, np.eye(4), rng=-1), "^rng:"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
