"""Stacked MNIST's modes: by hand, against SciPy, and what a perfect generator scores."""

import math

import numpy as np
import pytest
from scipy import stats

from gancourse.metrics import StackedModes, perfect_coverage, perfect_stacked_modes, stacked_modes

# how often each digit occurs among MNIST's 60,000 training images
MNIST = np.array([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]) / 60_000
ALL = np.stack(np.meshgrid(*[np.arange(10)] * 3, indexing="ij"), -1).reshape(-1, 3)


def test_by_hand():
    assert stacked_modes(ALL) == StackedModes(1000, pytest.approx(0, abs=1e-12))
    assert stacked_modes([[1, 2, 3]] * 50) == (1, pytest.approx(math.log(1000)))
    # channels are not exchangeable: 1, 2, 3 is another mode than 3, 2, 1
    captured, kl = stacked_modes([[1, 2, 3], [3, 2, 1], [3, 2, 1]])
    assert captured == 2
    assert kl == pytest.approx(math.log(1000) - (math.log(3) - 2 / 3 * math.log(2)))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_agrees_with_scipy(dtype, rng):
    digits = rng.choice(10, p=MNIST, size=(3000, 3))
    counts = np.bincount(digits @ [100, 10, 1], minlength=1000)
    expected = (counts > 0).sum(), pytest.approx(stats.entropy(counts, np.ones(1000)), rel=1e-12)
    assert stacked_modes(digits.astype(dtype)) == expected


def test_of_probabilities_the_largest_counts(rng):
    digits = rng.integers(10, size=(500, 3))
    chances = np.full((500, 3, 10), 0.05)
    np.put_along_axis(chances, digits[..., None], 0.55, axis=2)
    assert stacked_modes(chances) == stacked_modes(digits)
    assert stacked_modes(chances.astype(np.float32)) == stacked_modes(digits)


@pytest.mark.parametrize("n, proportions", [(500, None), (26_000, None), (2000, MNIST), (300, np.eye(10)[3])])
def test_the_perfect_generator(n, proportions, rng):
    runs = 40
    expected = perfect_stacked_modes(n, proportions)
    scores = np.array([stacked_modes(rng.choice(10, p=proportions, size=(n, 3))) for _ in range(runs)])
    for column in range(2):
        error = scores[:, column].std() / math.sqrt(runs)
        assert abs(scores[:, column].mean() - expected[column]) <= 4 * error + 1e-6
    assert scores[:, 0].max() <= 1000


def test_the_published_number_is_that_of_uneven_digits():
    # to first order 999/(2n), and the KL of MNIST's modes, three times that of its digits, from even ones
    first, uneven = 999 / 52_000, 3 * stats.entropy(MNIST, np.full(10, 0.1))
    assert (first, uneven) == (pytest.approx(0.0192, abs=5e-5), pytest.approx(0.0043, abs=5e-5))
    assert first + uneven == pytest.approx(0.0235, abs=5e-5)
    assert perfect_stacked_modes(26_000, MNIST).reverse_kl == pytest.approx(0.0236, abs=5e-5)
    assert perfect_stacked_modes(26_000).reverse_kl == pytest.approx(0.0193, abs=5e-5)
    # the mixture of Gaussians that perfect_coverage speaks of, where no sample is left out
    mixture = perfect_coverage(1000, 26_000, sigmas=50)
    assert perfect_stacked_modes(26_000).captured == pytest.approx(mixture.captured, rel=1e-12)
    assert perfect_stacked_modes(26_000).reverse_kl == pytest.approx(mixture.reverse_kl, rel=1e-7)


def test_the_ends():
    assert perfect_stacked_modes(1) == (pytest.approx(1), pytest.approx(math.log(1000)))
    large = perfect_stacked_modes(10**9, MNIST)
    assert large.captured == pytest.approx(1000)
    assert large.reverse_kl == pytest.approx(3 * stats.entropy(MNIST, np.full(10, 0.1)), rel=1e-3)
    assert perfect_stacked_modes(77, np.eye(10)[0]) == (1, pytest.approx(math.log(1000)))


@pytest.mark.parametrize(
    "digits, message",
    [
        ([[1, 2]], r"^digits: .*\(n, 3\)"),
        ([1, 2, 3], "^digits: .*dimension"),
        ([[1, 2, 10]], "^digits: .*0 to 9"),
        ([[1, 2, -1]], "^digits: .*0 to 9"),
        ([[1, 2, 0.5]], "^digits: .*whole"),
        ([[1, 2, np.nan]], "^digits: .*NaN"),
        (np.full((4, 3, 10), 0.2), "^digits: .*summing to one"),
        (np.full((4, 3, 9), 1 / 9), r"^digits: .*\(n, 3, 10\)"),
        (np.empty((0, 3)), "^digits:"),
    ],
)
def test_bad_input_is_named(digits, message):
    with pytest.raises(ValueError, match=message):
        stacked_modes(digits)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0,), "^n:"),
        ((10**10,), "^n:"),
        ((5, np.ones(10)), "^proportions: .*one"),
        ((5, MNIST[:9]), "^proportions:"),
    ],
)
def test_bad_input_of_the_perfect_generator_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        perfect_stacked_modes(*arguments)
