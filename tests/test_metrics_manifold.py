"""Precision, recall, density, coverage: by hand, against prdc, their conventions, ties, expectations."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gancourse.metrics import density_coverage, expected_coverage, precision_recall


def by_brute_force(real, fake, k, k_density):
    """All distances at once, written from the papers: rims belong to precision and recall, not to density."""
    between = cdist(real, fake)
    rim_real, rim_fake = (np.sort(cdist(s, s), axis=1)[:, k] for s in (real, fake))
    precision = (between <= rim_real[:, None]).any(0).mean()
    recall = (between <= rim_fake).any(1).mean()
    rim = np.sort(cdist(real, real), axis=1)[:, k_density]
    inside = between < rim[:, None]
    return precision, recall, inside.sum() / (k_density * len(fake)), inside.any(1).mean()


@pytest.mark.claim("G6")
@pytest.mark.parametrize("n, m, d", [(300, 200, 2), (300, 200, 16), (1500, 1100, 17), (1030, 1025, 64)])
def test_agrees_with_prdc(n, m, d, rng, capsys):
    from prdc import compute_prdc

    real, fake = rng.normal(size=(n, d)), rng.normal(size=(m, d)) * 0.9 + 0.1
    theirs = compute_prdc(real, fake, nearest_k=4)
    ours = (*precision_recall(real, fake, k=4), *density_coverage(real, fake, k=4))
    assert ours == pytest.approx(
        [theirs[key] for key in ("precision", "recall", "density", "coverage")], rel=1e-12
    )
    assert 0 < min(ours) and len(set(ours)) == 4


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint8, np.int64])
def test_agrees_with_brute_force_in_narrow_types(dtype, rng):
    real, fake = (rng.uniform(0, 250, size=(n, 30)).astype(dtype) for n in (400, 350))
    expected = by_brute_force(real.astype(float), fake.astype(float), 3, 5)
    assert (*precision_recall(real, fake), *density_coverage(real, fake)) == pytest.approx(
        expected, rel=1e-12
    )


def test_rank_deficient_and_far_from_the_origin(rng):
    # three dimensions inside forty, a long way off: products of the raw numbers would keep no digit
    basis = rng.normal(size=(3, 40))
    real, fake = (rng.normal(size=(n, 3)) @ basis for n in (500, 400))
    expected = by_brute_force(real, fake, 3, 5)
    got = *precision_recall(real + 1e7, fake + 1e7), *density_coverage(real + 1e7, fake + 1e7)
    assert got == pytest.approx(expected, rel=1e-12)


@pytest.mark.claim("G6")
def test_a_collapsed_set_has_high_precision_and_low_recall(rng):
    real = rng.normal(size=(500, 20))
    collapsed = real[:1] + 1e-3 * rng.normal(size=(500, 20))
    assert precision_recall(real, collapsed) == (1.0, pytest.approx(1 / 500))
    density, coverage = density_coverage(real, collapsed)
    assert density > 1
    assert coverage < 0.05
    # one and the same point, many times: its balls have no radius
    assert precision_recall(real, np.tile(real[:1], (50, 1))) == (1.0, pytest.approx(1 / 500))


@pytest.mark.claim("G6")
def test_a_set_that_scatters_has_low_precision_and_high_recall(rng):
    real, fake = rng.normal(size=(500, 8)), 4 * rng.normal(size=(500, 8))
    precision, recall = precision_recall(real, fake)
    assert precision < 0.1 < 0.9 < recall
    assert density_coverage(real, fake).density < 0.1


@pytest.mark.claim("G6")
def test_copies_of_the_data():
    real = np.random.default_rng(3).normal(size=(200, 25))
    assert precision_recall(real, real) == (1.0, 1.0)
    # each copy lies in its own ball, and in those of the points whose k − 1 nearest include it
    assert density_coverage(real, real, k=5) == (1.0, 1.0)
    assert precision_recall(real, real + 1000) == (0.0, 0.0)
    assert density_coverage(real, real + 1000) == (0.0, 0.0)


def test_one_outlier_lifts_precision_but_hardly_density(rng):
    real, fake = rng.normal(size=(300, 4)), rng.normal(size=(300, 4)) + 8
    clean = precision_recall(real, fake).precision, density_coverage(real, fake).density
    real[0] = 30
    assert clean[0] < 0.02
    assert precision_recall(real, fake).precision > 0.95
    assert density_coverage(real, fake).density < 0.25


@pytest.mark.parametrize("d", [2, 30])
def test_the_rim_is_inside_for_precision_and_outside_for_density(d):
    real, fake = np.zeros((2, d)), np.zeros((2, d))
    real[1, 0], fake[0, 0], fake[1, 0] = 1.0, -1.0, 2.0
    # all balls of the real points have radius 1, and both samples lie on a rim
    assert precision_recall(real, fake, k=1).precision == 1
    assert density_coverage(real, fake, k=1) == (0, 0)


def test_balls_without_a_radius_hold_their_centre_for_precision_and_nothing_for_density():
    real = np.repeat(np.eye(3, 20), 4, axis=0)
    assert precision_recall(real, real[::4], k=2) == (1.0, 1.0)
    assert density_coverage(real, real[::4], k=2) == (0.0, 0.0)


@pytest.mark.parametrize("scale", [1.0, 0.1, 1 / 3])
def test_ties_on_a_lattice_do_not_hang_on_rounding(scale):
    # whole numbers: all distances tie, and brute force is exact on them
    points = np.stack(np.meshgrid(*[np.arange(3)] * 4), -1).reshape(-1, 4) @ np.eye(4, 20)
    expected = by_brute_force(points, points[::2] + np.eye(1, 20), 3, 5)
    real, fake = points * scale, (points[::2] + np.eye(1, 20)) * scale
    assert (*precision_recall(real, fake), *density_coverage(real, fake)) == pytest.approx(
        expected, rel=1e-12
    )


@pytest.mark.claim("G6")
@pytest.mark.parametrize("n, m, k, d", [(60, 60, 5, 1), (60, 60, 5, 30), (40, 100, 2, 3), (100, 30, 9, 3)])
def test_equal_laws_give_the_expected_coverage_and_density_one(n, m, k, d, rng):
    runs = 150
    scores = np.array(
        [density_coverage(*(rng.normal(size=(s, d)) for s in (n, m)), k=k) for _ in range(runs)]
    )
    error = scores.std(0) / math.sqrt(runs)
    assert abs(scores[:, 0].mean() - 1) < 4 * error[0]
    assert abs(scores[:, 1].mean() - expected_coverage(n, m, k)) < 4 * error[1]
    assert error[1] < 0.01


def test_expected_coverage_in_closed_form():
    n, m, k = 30, 20, 4
    product = math.prod(range(n - k, n)) / math.prod(range(n + m - k, n + m))
    assert expected_coverage(n, m, k) == pytest.approx(1 - product, rel=1e-13)
    assert expected_coverage(10**8, 10**8, 5) == pytest.approx(1 - 2**-5, rel=1e-6)
    # one real neighbour and one sample: either is the nearer
    assert expected_coverage(2, 1, 1) == pytest.approx(0.5)


def test_invariances(rng):
    real, fake = rng.normal(size=(200, 20)), rng.normal(size=(150, 20))
    turn = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    scores = *precision_recall(real, fake), *density_coverage(real, fake)
    moved = [5 * points @ turn + 3 for points in (real[::-1], fake[rng.permutation(150)])]
    assert (*precision_recall(*moved), *density_coverage(*moved)) == pytest.approx(scores, rel=1e-12)
    assert precision_recall(real, fake) == precision_recall(fake, real)[::-1]


GOOD = np.eye(4)


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
@pytest.mark.parametrize(
    "real, fake, k, message",
    [
        (GOOD[:1], GOOD, 1, "^real: .*at least 2 samples.*got"),
        (GOOD, GOOD[:, :3], 1, "^fake: .*4 feature.*like real"),
        (GOOD * np.nan, GOOD, 1, "^real: .*NaN"),
        (GOOD, np.where(GOOD > 0, np.inf, 0), 1, "^fake: .*infinity"),
        (GOOD.astype(complex), GOOD, 1, "^real: .*real numbers"),
        (GOOD[0], GOOD, 1, "^real: .*2 dimension"),
        (GOOD, GOOD, 4, "^k: .*at most 3: real has 4 sample.*got 4"),
        (GOOD, GOOD, 0, "^k:"),
        (GOOD, GOOD, 1.0, "^k:"),
    ],
)
def test_bad_input_is_named(metric, real, fake, k, message):
    with pytest.raises(ValueError, match=message):
        metric(real, fake, k=k)


def test_k_is_bounded_by_the_generated_samples_where_their_balls_count():
    with pytest.raises(ValueError, match="^k: .*at most 1: fake has 2"):
        precision_recall(GOOD, GOOD[:2], k=2)
    assert density_coverage(GOOD, GOOD[:2], k=2).coverage == 0.5
    with pytest.raises(ValueError, match="^k: .*at most 9"):
        expected_coverage(10, 10, 10)
