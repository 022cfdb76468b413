"""The bias of the Fréchet distance, simulated: its closed form, and the line to infinitely many samples."""

import math

import numpy as np
import pytest

from gancourse.metrics import (
    frechet_distance,
    frechet_distance_bias,
    frechet_distance_extrapolated,
    frechet_distance_gaussian,
)


def floors(variances, n, m, runs, rng):
    s, d = np.sqrt(variances), len(variances)
    return np.array(
        [frechet_distance(rng.normal(size=(n, d)) * s, rng.normal(size=(m, d)) * s) for _ in range(runs)]
    )


@pytest.mark.claim("G3")
@pytest.mark.parametrize(
    "variances, n, m",
    [
        (np.ones(20), 100, 100),
        (np.ones(20), 21, 21),
        (np.logspace(0, -3, 12), 150, 400),
        (np.array([4.0, 0.0, 1.0]), 200, 200),
        (np.array([2.0]), 300, 100),
    ],
)
def test_two_samples_of_one_gaussian(variances, n, m, rng):
    runs = 400
    values = floors(variances, n, m, runs, rng)
    expected = frechet_distance_bias(np.diag(variances), n, m)
    assert abs(values.mean() - expected) < 4 * values.std() / math.sqrt(runs) + 0.01 * expected


def test_in_closed_form():
    # σ²I: means 2σ²d/n, covariances σ²d(d + 1)/(2(n − 1))
    assert frechet_distance_bias(4 * np.eye(7), 50) == pytest.approx(
        4 * (14 / 50 + 7 * 8 / (2 * 49)), rel=1e-12
    )
    # on the line a standard deviation has the variance σ²/(2n)
    assert frechet_distance_bias(1.0, 10**6) == pytest.approx(3e-6, rel=1e-5)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    spectrum = np.array([5.0, 2.0, 1.0, 0.1, 0.0])
    straight = frechet_distance_bias(np.diag(spectrum), 40, 90)
    assert frechet_distance_bias((turn * spectrum) @ turn.T, 40, 90) == pytest.approx(straight, rel=1e-9)
    assert frechet_distance_bias(np.diag(spectrum), 90, 40) == pytest.approx(straight, rel=1e-12)
    assert frechet_distance_bias(np.zeros((2, 2)), 10) == 0


def test_the_line_is_the_one_through_the_points(rng):
    a, b = rng.normal(size=(400, 5)), rng.normal(size=(300, 5)) + 0.5
    got = frechet_distance_extrapolated(a, b)
    assert got.sizes.tolist() == [60, 75, 100, 150, 300]
    slope, value = np.polyfit(1 / got.sizes, got.distances, 1)
    assert (got.value, got.slope) == (pytest.approx(value, rel=1e-8), pytest.approx(slope, rel=1e-8))
    assert got.distances[0] > got.distances[-1]
    two = frechet_distance_extrapolated(a[:300], b, sizes=[300, 100])
    assert two.sizes.tolist() == [100, 300]
    assert two.distances[1] == pytest.approx(frechet_distance(a[:300], b), rel=1e-10)
    assert two.value == pytest.approx((3 * two.distances[1] - two.distances[0]) / 2, rel=1e-8)


def test_parts_do_not_overlap():
    # rows 0 and 1 of each: a pair drawn with replacement might have no spread at all
    a = np.array([[0.0], [2.0]] * 2)
    got = frechet_distance_extrapolated(a, a + 5, sizes=[2, 4])
    assert got.distances[1] == pytest.approx(25)
    seeds = {frechet_distance_extrapolated(a, a + 5, [2, 4], rng=i).distances[0] for i in range(20)}
    assert min(seeds) == pytest.approx(25) and max(seeds) > 25


@pytest.mark.claim("G3")
def test_the_extrapolation_has_little_bias(rng):
    d, n, runs = 10, 500, 60
    exact = frechet_distance_gaussian(np.zeros(d), np.eye(d), np.full(d, 0.2), 1.44 * np.eye(d))
    pairs = [(rng.normal(size=(n, d)), 1.2 * rng.normal(size=(n, d)) + 0.2) for _ in range(runs)]
    raw = np.array([frechet_distance(a, b) for a, b in pairs])
    line = np.array([frechet_distance_extrapolated(a, b).value for a, b in pairs])
    assert abs(line.mean() - exact) < 4 * line.std() / math.sqrt(runs)
    assert raw.mean() - exact > 8 * raw.std() / math.sqrt(runs)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: frechet_distance_bias(np.eye(2), 1), "^n: .*at least 2"),
        (lambda: frechet_distance_bias(np.eye(2), 5, 1), "^m: .*at least 2"),
        (lambda: frechet_distance_bias(-1.0, 5), "^covariance: .*eigenvalue"),
        (lambda: frechet_distance_bias(np.ones(3), 5), "^covariance:"),
        (lambda: frechet_distance_extrapolated(np.eye(3), np.eye(4)), "^a: .*at least 4"),
        (lambda: frechet_distance_extrapolated(np.eye(4), np.eye(5)), "^b: .*4 feature"),
        (lambda: frechet_distance_extrapolated(np.eye(5), np.eye(5), [2, 6]), "^sizes: .*2 to 5"),
        (lambda: frechet_distance_extrapolated(np.eye(5), np.eye(5), [3]), "^sizes: .*two or more"),
        (lambda: frechet_distance_extrapolated(np.eye(5), np.eye(5), [1, 3]), "^sizes:"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
