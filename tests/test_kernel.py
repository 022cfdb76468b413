"""The maximum mean discrepancy against scikit-learn, SciPy, brute force and closed forms."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from sklearn.metrics import pairwise

from gancourse.divergences import energy_kernel, gaussian_kernel, inverse_multiquadratic_kernel, mmd2

KERNELS = {
    "gaussian": gaussian_kernel(0.8),
    "inverse multiquadratic": inverse_multiquadratic_kernel(2.0),
    "energy": energy_kernel(),
}


def brute(x, y, k, unbiased):
    """Three double loops over the pairs."""

    def mean(a, b, same):
        values = [
            k(math.dist(p, q))
            for i, p in enumerate(a)
            for j, q in enumerate(b)
            if not (same and unbiased and i == j)
        ]
        return sum(values) / len(values)

    return mean(x, x, True) - 2 * mean(x, y, False) + mean(y, y, True)


def gaussians(mean, std_p, std_q, h):
    """MMD² of N(0, std_p²) and N(mean, std_q²) under the Gaussian kernel, in closed form."""

    def k(gap, variance):
        return h / math.sqrt(h**2 + variance) * math.exp(-(gap**2) / (2 * (h**2 + variance)))

    return k(0, 2 * std_p**2) - 2 * k(mean, std_p**2 + std_q**2) + k(0, 2 * std_q**2)


@pytest.mark.claim("D9")
def test_kernels_agree_with_scikit_learn(rng):
    x, y = rng.normal(size=(7, 3)), rng.normal(1, 2, size=(5, 3))
    r = pairwise.euclidean_distances(x, y)
    h, c = 1.7, 2.5
    assert np.allclose(gaussian_kernel(h)(x, y), pairwise.rbf_kernel(x, y, gamma=1 / (2 * h**2)), atol=1e-14)
    assert np.allclose(inverse_multiquadratic_kernel(c)(x, y), c / (c + r**2), atol=1e-12)
    assert np.allclose(energy_kernel()(x, y), -r, atol=1e-12)
    assert gaussian_kernel(h)(x, y).shape == (7, 5)
    # no cancellation for points far from the origin, and none between equal points
    assert np.allclose(gaussian_kernel(h)(x + 1e7, y + 1e7), gaussian_kernel(h)(x, y), atol=1e-6)
    assert (np.diag(gaussian_kernel(1e-3)(x + 1e7, x + 1e7)) == 1).all()
    assert gaussian_kernel(1e-200)(x, y).max() == 0 and gaussian_kernel(1e-200)(x, x).trace() == 7


@pytest.mark.claim("D9")
@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize(("name", "k"), [
    ("gaussian", lambda r: math.exp(-(r**2) / 2 / 0.8**2)),
    ("inverse multiquadratic", lambda r: 2 / (2 + r**2)),
    ("energy", lambda r: -r),
])  # fmt: skip
def test_agrees_with_brute_force(name, k, unbiased, rng):
    x, y = rng.normal(size=(9, 2)), rng.normal(0.5, 2, size=(6, 2))
    expected = brute(x, y, k, unbiased)
    assert mmd2(x, y, KERNELS[name], unbiased) == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert mmd2(y, x, KERNELS[name], unbiased) == pytest.approx(expected, rel=1e-12, abs=1e-14)


numbers = st.lists(st.floats(-50, 50), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(numbers, numbers)
@pytest.mark.claim("D9")
def test_with_the_energy_kernel_it_is_scipys_energy_distance_squared(x, y):
    got = mmd2(x, y, energy_kernel(), unbiased=False)
    assert got == pytest.approx(stats.energy_distance(x, y) ** 2, abs=1e-9)
    # which is twice the squared L2 distance of the distribution functions
    at = np.sort(np.concatenate([x, y]))
    gap = np.searchsorted(np.sort(x), at, "right") / len(x) - np.searchsorted(np.sort(y), at, "right") / len(
        y
    )
    assert got == pytest.approx(2 * np.sum(gap[:-1] ** 2 * np.diff(at)), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(numbers, numbers)
def test_the_biased_estimate_is_never_negative_and_zero_for_equal_samples(x, y):
    for kernel in KERNELS.values():
        assert mmd2(x, y, kernel, unbiased=False) >= -1e-12
        assert abs(mmd2(x, x, kernel, unbiased=False)) < 1e-12


@pytest.mark.claim("D9")
@pytest.mark.parametrize(
    ("mean", "std_p", "std_q", "h"), [(1.0, 1.0, 1.0, 1.0), (0.0, 1.0, 2.0, 0.5), (0, 1, 1, 1)]
)
def test_unbiased_and_biased_means_are_what_the_formulas_say(mean, std_p, std_q, h):
    exact = gaussians(mean, std_p, std_q, h)

    # the closed form itself, by quadrature of the mean embeddings' difference squared in frequency
    def square(w):
        gap = np.exp(-(std_p**2) * w**2 / 2) - np.exp(1j * w * mean - std_q**2 * w**2 / 2)
        return abs(gap) ** 2 * h * np.exp(-(h**2) * w**2 / 2) / math.sqrt(2 * math.pi)

    assert exact == pytest.approx(integrate.quad(square, -60, 60, limit=400)[0], abs=1e-9)
    n, m, repeats, rng = 6, 9, 3000, np.random.default_rng(5)
    found = np.array([
        [mmd2(x, y, gaussian_kernel(h), unbiased) for unbiased in (True, False)]
        for x, y in ((rng.normal(0, std_p, n), rng.normal(mean, std_q, m)) for _ in range(repeats))
    ])  # fmt: skip
    error = found.std(0, ddof=1) / math.sqrt(repeats)
    own = [h / math.sqrt(h**2 + 2 * std**2) for std in (std_p, std_q)]
    bias = (1 - own[0]) / n + (1 - own[1]) / m
    assert abs(found[:, 0].mean() - exact) < 3.5 * error[0]
    assert abs(found[:, 1].mean() - exact - bias) < 3.5 * error[1] and bias > 10 * error[1]
    if exact == 0:
        assert (found[:, 0] < 0).mean() > 0.4, "an unbiased estimate of zero is often negative"


@pytest.mark.claim("D9")
def test_five_thousand_points_fit_in_little_memory(rng):
    x, y = rng.normal(size=(5000, 16)), rng.normal(0.1, 1, size=(5000, 16))
    tracemalloc.start()
    try:
        got = mmd2(x, y, gaussian_kernel(4.0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # a 5,000 × 5,000 matrix would take 200 MB, an array of all differences 3.2 GB
    assert peak < 40e6
    parts = [mmd2(x[:50], y[:50], gaussian_kernel(4.0))]
    assert np.isfinite(parts).all() and 0 < got < 0.02


def test_blocks_change_nothing(rng, monkeypatch):
    x, y = rng.normal(size=(23, 2)), rng.normal(size=(17, 2))
    whole = [mmd2(x, y, kernel, unbiased) for kernel in KERNELS.values() for unbiased in (True, False)]
    monkeypatch.setattr("gancourse.divergences.kernel._BLOCK", 40)
    cut = [mmd2(x, y, kernel, unbiased) for kernel in KERNELS.values() for unbiased in (True, False)]
    assert np.allclose(whole, cut, rtol=1e-12, atol=1e-14)


def test_a_line_of_numbers_is_a_column(rng):
    x, y = rng.normal(size=8), rng.normal(size=5)
    assert mmd2(x, y, gaussian_kernel(1.0)) == mmd2(x[:, None], y[:, None], gaussian_kernel(1.0))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: mmd2([1.0, np.nan], [1.0, 2.0], energy_kernel()), "^x:.*NaN"),
        (lambda: mmd2([1.0, 2.0], [1.0, np.inf], energy_kernel()), "^y:.*finite"),
        (lambda: mmd2([], [1.0, 2.0], energy_kernel()), "^x:"),
        (lambda: mmd2([1.0, 2.0], np.zeros((0, 1)), energy_kernel()), "^y:"),
        (lambda: mmd2([1.0], [1.0, 2.0], energy_kernel()), "^x: expected at least 2 points"),
        (lambda: mmd2([1.0, 2.0], [1.0], energy_kernel()), "^y: expected at least 2 points"),
        (lambda: mmd2(np.zeros((3, 2)), np.zeros((3, 1)), energy_kernel()), "^y: expected points in 2 dim"),
        (lambda: mmd2(np.zeros((3, 2, 2)), np.zeros((3, 2)), energy_kernel()), "^x:.*dimension"),
        (lambda: mmd2([1.0, 2.0], [1.0, 2.0], "gaussian"), "^kernel:.*function"),
        (lambda: mmd2([1.0, 2.0], [1.0, 2.0], lambda x, y: np.ones(3)), "^kernel:.*shape"),
        (lambda: mmd2([1.0, 2.0], [1.0, 2.0], lambda x, y: np.full((2, 2), np.nan)), "^kernel:.*finite"),
        (lambda: gaussian_kernel(-1.0), "^bandwidth: expected a positive finite number, got -1.0"),
        (lambda: gaussian_kernel(0.0), "^bandwidth:"),
        (lambda: gaussian_kernel(np.nan), "^bandwidth:"),
        (lambda: inverse_multiquadratic_kernel(-2.0), "^scale:"),
        (lambda: gaussian_kernel(1.0)(np.zeros((3, 2)), np.zeros((3, 1))), "^y:"),
        (lambda: energy_kernel()(np.zeros(3), np.zeros(3)), "^x:"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def test_one_point_is_enough_for_the_biased_estimate():
    assert mmd2([0.0], [3.0], energy_kernel(), unbiased=False) == 6.0
