"""The Fréchet distance: closed forms, singular covariances, torchmetrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gancourse.metrics import frechet_distance, frechet_distance_gaussian


def orthogonal(d, rng):
    return np.linalg.qr(rng.normal(size=(d, d)))[0]


@settings(max_examples=50, deadline=None)
@given(st.floats(-5, 5), st.floats(0, 5), st.floats(-5, 5), st.floats(0, 5))
@pytest.mark.claim("G3")
def test_on_the_line(m, s, n, t):
    expected = (m - n) ** 2 + (s - t) ** 2
    assert frechet_distance_gaussian(m, s**2, n, t**2) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.claim("G3")
@pytest.mark.parametrize("d", [1, 2, 20, 100])
def test_commuting_covariances(d, rng):
    u, s, t = orthogonal(d, rng), rng.uniform(0, 3, d), rng.uniform(0, 3, d)
    m, n = rng.normal(size=(2, d))
    a, b = (u * s**2) @ u.T, (u * t**2) @ u.T
    expected = ((m - n) ** 2).sum() + ((s - t) ** 2).sum()
    assert frechet_distance_gaussian(m, a, n, b) == pytest.approx(expected, rel=1e-10)


@pytest.mark.claim("G3")
@pytest.mark.parametrize("seed", range(5))
def test_two_by_two_in_closed_form(seed):
    # Tr (AB)^½ = sqrt(Tr AB + 2 sqrt(det AB)) for 2 × 2
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 2, 2))
    a, b = x @ x.T, y @ y.T
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a) * np.linalg.det(b)))
    expected = np.trace(a) + np.trace(b) - 2 * root
    zero = np.zeros(2)
    assert frechet_distance_gaussian(zero, a, zero, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("d, rank", [(3, 1), (64, 8), (200, 50)])
def test_singular_covariances_are_exact(d, rank, rng):
    u = orthogonal(d, rng)
    s, t = rng.uniform(0.5, 3, (2, d))
    s[rank:], t[: rank // 2], t[d - 1] = 0, 0, 1e-3
    a, b = (u * s**2) @ u.T, (u * t**2) @ u.T
    zero = np.zeros(d)
    expected = ((s - t) ** 2).sum()
    assert frechet_distance_gaussian(zero, a, zero, b) == pytest.approx(expected, rel=1e-10)
    assert frechet_distance_gaussian(zero, a, zero, a) == pytest.approx(0, abs=1e-11)
    assert frechet_distance_gaussian(zero, a, zero, np.zeros((d, d))) == pytest.approx(np.trace(a))


def test_fewer_samples_than_features(rng):
    # with the features of a in one half of the axes and those of b in the other, nothing overlaps
    a, b = np.zeros((2, 10, 60))
    a[:, :30], b[:, 30:] = rng.normal(size=(2, 10, 30))
    spread = a.var(0, ddof=1).sum() + b.var(0, ddof=1).sum()
    expected = spread + ((a.mean(0) - b.mean(0)) ** 2).sum()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-10)


def test_ill_conditioned_covariances_are_at_no_distance_from_themselves(rng):
    u = orthogonal(50, rng)
    a = (u * np.logspace(-12, 0, 50)) @ u.T
    assert frechet_distance_gaussian(np.zeros(50), a, np.zeros(50), a) < 1e-11


@pytest.mark.claim("G3")
@pytest.mark.parametrize("n, d", [(40, 5), (5000, 30), (9000, 2), (20, 64)])
def test_agrees_with_torchmetrics(n, d, rng):
    import torch
    from torchmetrics.image.fid import _compute_fid

    a = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    b = rng.normal(size=(n + 3, d)) * 2 + 1
    statistics = [torch.from_numpy(s) for f in (a, b) for s in (f.mean(0), np.cov(f, rowvar=False))]
    expected = float(_compute_fid(*statistics))
    # with fewer samples than features its general eigenvalues are good to 1e-6 only
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-10 if n > d else 1e-5)


def test_invariances(rng):
    a, b = rng.normal(size=(50, 8)), rng.normal(size=(70, 8)) * 1.5 + 0.3
    u, shift = orthogonal(8, rng), rng.normal(size=8)
    d = frechet_distance(a, b)
    assert d > 0
    assert frechet_distance(b, a) == pytest.approx(d, rel=1e-12)
    assert frechet_distance(a @ u + shift, b @ u + shift) == pytest.approx(d, rel=1e-10)
    assert frechet_distance(3 * a, 3 * b) == pytest.approx(9 * d, rel=1e-10), "the squared distance"
    assert frechet_distance(a, a[::-1]) == pytest.approx(0, abs=1e-12)
    assert frechet_distance(a, a + shift) == pytest.approx((shift**2).sum(), rel=1e-10)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8])
def test_blocks_and_narrow_types_lose_nothing(dtype, rng):
    a, b = (rng.uniform(0, 200, size=(9001, 3)).astype(dtype) for _ in range(2))
    wide = [f.astype(np.float64) for f in (a, b)]
    moments = [m for f in wide for m in (f.mean(0), np.cov(f, rowvar=False))]
    assert frechet_distance(a, b) == pytest.approx(frechet_distance_gaussian(*moments), rel=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(*wide), rel=1e-12)


def test_covariances_are_unbiased():
    # one axis, values ±1: variance 2 with n − 1, against the point 0 with none
    assert frechet_distance([[-1.0], [1.0]], [[0.0], [0.0]]) == pytest.approx(2.0)


GOOD = np.eye(3)[:, :2]
ZERO, EYE = np.zeros(2), np.eye(2)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: frechet_distance([[1.0, 2.0]], GOOD), "^a: .*2 samples"),
        (lambda: frechet_distance(GOOD, GOOD[:1]), "^b: .*2 samples"),
        (lambda: frechet_distance(GOOD, np.eye(3)), "^b: .*2 feature"),
        (lambda: frechet_distance(GOOD[0], GOOD), "^a:"),
        (lambda: frechet_distance(GOOD * np.nan, GOOD), "^a: .*NaN"),
        (lambda: frechet_distance(GOOD, np.where(GOOD > 0, np.inf, -np.inf)), "^b: .*infinity"),
        (lambda: frechet_distance(np.empty((0, 2)), GOOD), "^a:"),
        (lambda: frechet_distance(np.empty((5, 0)), GOOD), "^a:"),
        (lambda: frechet_distance([["x"]], GOOD), "^a:"),
        (lambda: frechet_distance_gaussian(ZERO, EYE, np.zeros(3), EYE), "^mean_b: .*shape"),
        (lambda: frechet_distance_gaussian(ZERO, np.eye(3), ZERO, EYE), "^cov_a: .*shape"),
        (lambda: frechet_distance_gaussian(ZERO, EYE, ZERO, [[1.0, 0.5], [0.0, 1.0]]), "^cov_b: .*symmetric"),
        (
            lambda: frechet_distance_gaussian(ZERO, [[1.0, 2.0], [2.0, 1.0]], ZERO, EYE),
            "^cov_a: .*eigenvalue.*-1",
        ),
        (lambda: frechet_distance_gaussian(0.0, -1.0, 0.0, 1.0), "^cov_a: .*eigenvalue"),
        (lambda: frechet_distance_gaussian(ZERO, EYE * np.nan, ZERO, EYE), "^cov_a: .*NaN"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
