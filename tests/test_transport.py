"""The Wasserstein-1 distance on the line against SciPy, POT and closed forms."""

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gancourse.divergences import wasserstein_1d

numbers = st.floats(-1e3, 1e3)
weighted = st.lists(st.tuples(numbers, st.floats(0, 1)), min_size=1, max_size=15).filter(
    lambda points: sum(w for _, w in points) > 1e-3
)


@settings(max_examples=100, deadline=None)
@given(weighted, weighted)
@pytest.mark.claim("D8")
def test_agrees_with_scipy_and_pot(a, b):
    (x, u), (y, v) = (map(np.array, zip(*points, strict=True)) for points in (a, b))
    got = wasserstein_1d(x, y, u, v)
    assert got == pytest.approx(stats.wasserstein_distance(x, y, u, v), rel=1e-9, abs=1e-9)
    plan = ot.emd2_1d(x, y, u / u.sum(), v / v.sum(), metric="cityblock")
    assert got == pytest.approx(plan, rel=1e-6, abs=1e-6)
    assert got == pytest.approx(wasserstein_1d(y, x, v, u), rel=1e-12, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_equal_sizes_match_in_order(pairs):
    x, y = map(np.array, zip(*pairs, strict=True))
    expected = np.abs(np.sort(x) - np.sort(y)).mean()
    assert wasserstein_1d(x, y) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("shift", [-3.0, 0.0, 0.25])
def test_a_shift_costs_its_length(shift, rng):
    x = rng.normal(size=300)
    assert wasserstein_1d(x, x + shift) == pytest.approx(abs(shift), abs=1e-12)


def test_one_unit_of_mass_at_different_places():
    assert wasserstein_1d([0.0], [3.0]) == 3
    assert wasserstein_1d([0.0, 1.0], [0.0], [1.0, 1.0]) == 0.5
    assert wasserstein_1d([0.0, 1.0], [0.0], [3.0, 1.0]) == 0.25
    assert wasserstein_1d([0.0, 9.0], [0.0], [1.0, 0.0]) == 0


@pytest.mark.parametrize(
    "arguments, named",
    [
        (([], [1.0]), "^x:"),
        (([1.0], []), "^y:"),
        (([[1.0]], [1.0]), "^x:"),
        (([np.nan], [1.0]), "^x:.*NaN"),
        (([1.0], [np.inf]), "^y:"),
        (([1.0, 2.0], [1.0], [1.0]), "^x_weights:"),
        (([1.0, 2.0], [1.0], [2.0, -1.0]), "^x_weights:.*negative.*-1"),
        (([1.0], [1.0, 2.0], None, [0.0, 0.0]), "^y_weights:.*positive"),
        (([1.0], [1.0, 2.0], None, [np.nan, 1.0]), "^y_weights:"),
    ],
)
def test_bad_input_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        wasserstein_1d(*arguments)
