"""KL, JS and total variation against closed forms, scipy.integrate and scipy.spatial."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.spatial.distance import jensenshannon

from gancourse.densities import Mixture, gaussian
from gancourse.divergences import js, kl, total_variation

ALL = [kl, js, total_variation]
X = np.linspace(-30, 30, 6001)
PAIRS = {
    "two Gaussians": (gaussian(0.0, 1.0), gaussian(1.0, 1.5)),
    "near": (gaussian(0.0, 1.0), gaussian(0.01, 1.0)),
    "mixtures": (
        Mixture([0.3, 0.7], [-2.0, 3.0], [0.5, 1.0]),
        Mixture([0.5, 0.4, 0.1], [0.0, 3.0, -6.0], [1.0, 2.0, 0.7]),
    ),
    "six apart": (gaussian(0.0, 1.0), gaussian(6.0, 1.0)),
    "wide and narrow": (gaussian(0.0, 0.2), gaussian(1.0, 2.0)),
    "on a node": (gaussian(-1.0, 1.0), gaussian(1.0, 1.0)),
}


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def gaussian_kl(m, s, n, t):
    return math.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5


@pytest.mark.parametrize(
    "m, s, n, t", [(0, 1, 0, 1), (0, 1, 2, 1), (0, 1, 0, 3), (1, 0.5, -1, 2), (0, 1, 1e-4, 1)]
)
def test_kl_of_gaussians(m, s, n, t):
    p, q = gaussian(m, s).logpdf(X), gaussian(n, t).logpdf(X)
    assert kl(p, q, X, log=True) == pytest.approx(gaussian_kl(m, s, n, t), rel=1e-6, abs=1e-15)


def test_far_tails_travel_as_logs():
    x = np.linspace(-120, 120, 4001)
    p, q = gaussian(0.0, 10.0), gaussian(0.0, 1.0)
    exact = gaussian_kl(0, 10, 0, 1)
    assert exact == pytest.approx(47.197, abs=5e-4)
    assert kl(p.logpdf(x), q.logpdf(x), x, log=True) == pytest.approx(exact, rel=1e-9)
    assert kl(p.pdf(x), q.pdf(x), x) == math.inf, "q underflows to zero where p has mass, as documented"


def adaptive(p, q, integrand):
    cuts = np.linspace(-30, 30, 41)
    return sum(
        integrate.quad(integrand, a, b, epsabs=1e-14, epsrel=1e-12, limit=400)[0]
        for a, b in zip(cuts[:-1], cuts[1:], strict=True)
    )


@pytest.mark.parametrize("p, q", PAIRS.values(), ids=PAIRS)
def test_agrees_with_adaptive_quadrature(p, q):
    def log_ratio(x):
        return p.logpdf(x) - q.logpdf(x)

    def js_integrand(x):
        log_m = np.logaddexp(p.logpdf(x), q.logpdf(x)) - math.log(2)
        return 0.5 * (p.pdf(x) * (p.logpdf(x) - log_m) + q.pdf(x) * (q.logpdf(x) - log_m))

    a, b = p.logpdf(X), q.logpdf(X)
    expected = adaptive(p, q, lambda x: p.pdf(x) * log_ratio(x))
    assert kl(a, b, X, log=True) == pytest.approx(expected, rel=1e-6)
    assert js(a, b, X, log=True) == pytest.approx(adaptive(p, q, js_integrand), rel=1e-6)
    assert js(p.pdf(X), q.pdf(X), X) == pytest.approx(js(a, b, X, log=True), rel=1e-9)
    expected = adaptive(p, q, lambda x: 0.5 * abs(p.pdf(x) - q.pdf(x)))
    assert total_variation(a, b, X, log=True) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("n", [1201, 2400, 6001])
@pytest.mark.parametrize("gap", [1e-3, 0.5, 1.0, 4.0])
def test_corners_do_not_cost_total_variation_its_accuracy(n, gap):
    x = np.linspace(-12, 12 + gap, n)
    got = total_variation(gaussian(0.0, 1.0).pdf(x), gaussian(gap, 1.0).pdf(x), x)
    assert got == pytest.approx(math.erf(gap / math.sqrt(8)), rel=1e-6)


def test_uneven_grids_serve():
    x = np.sinh(np.linspace(-4, 4, 8001))
    p, q = gaussian(0.0, 1.0), gaussian(1.0, 1.5)
    assert kl(p.logpdf(x), q.logpdf(x), x, log=True) == pytest.approx(gaussian_kl(0, 1, 1, 1.5), rel=1e-5)
    even = total_variation(p.pdf(X), q.pdf(X), X)
    assert total_variation(p.pdf(x), q.pdf(x), x) == pytest.approx(even, rel=1e-5)


histograms = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*[st.lists(st.floats(0, 1), min_size=n, max_size=n)] * 3)
)


def normalised(values):
    values = np.array(values) + 1e-3
    return values / values.sum()


@settings(max_examples=100, deadline=None)
@given(histograms)
@pytest.mark.claim("B4")
def test_histograms_agree_with_scipy_and_js_is_a_squared_metric(three):
    p, q, r = map(normalised, three)
    assert kl(p, q) == pytest.approx(stats.entropy(p, q), abs=1e-12)
    with np.errstate(invalid="ignore"):  # where p ≈ q SciPy may take the root of −1e-17
        assert js(p, q) == pytest.approx(np.nan_to_num(jensenshannon(p, q)) ** 2, abs=1e-12)
    assert total_variation(p, q) == pytest.approx(0.5 * np.abs(p - q).sum(), abs=1e-15)
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15)
    assert 0 <= js(p, q) <= math.log(2)
    assert js(p, p) == 0
    # the triangle inequality of the root; rounding of js is about 1e-16, of its root 1e-8
    assert math.sqrt(js(p, r)) <= math.sqrt(js(p, q)) + math.sqrt(js(q, r)) + 1e-7
    # Pinsker
    assert 2 * total_variation(p, q) ** 2 <= kl(p, q) + 1e-12


@pytest.mark.claim("B4")
def test_js_is_zero_only_for_equal_densities():
    p, q = gaussian(0.0, 1.0), gaussian(1e-4, 1.0)
    assert js(p.pdf(X), p.pdf(X), X) == 0
    assert js(p.pdf(X), q.pdf(X), X) == pytest.approx(1e-8 / 8, rel=1e-5)


def boxes():
    x = np.linspace(0, 4, 401)
    p, q = ((x < 1) * 1.0), ((x > 2) * (x < 3) * 1.0)
    return p / np.trapezoid(p, x), q / np.trapezoid(q, x), x


@pytest.mark.parametrize("kind", ["boxes", "touching boxes", "histogram", "with empty bins", "logs"])
def test_disjoint_supports_give_the_documented_values(kind):
    if kind == "histogram":
        arguments, log = ([1.0, 0.0], [0.0, 1.0]), False
    elif kind == "with empty bins":
        arguments, log = ([0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]), False
    elif kind == "touching boxes":
        x = np.linspace(0, 1, 102)
        p = np.where(x < 0.5, 1.0, 0.0)
        p, q = p / np.trapezoid(p, x), (1 - p) / np.trapezoid(1 - p, x)
        arguments, log = (p, q, x), False
    else:
        p, q, x = boxes()
        arguments, log = (p, q, x), kind == "logs"
        if log:
            with np.errstate(divide="ignore"):
                arguments = (np.log(p), np.log(q), x)
    assert kl(*arguments, log=log) == math.inf
    assert js(*arguments, log=log) == pytest.approx(math.log(2), rel=1e-12)
    assert total_variation(*arguments, log=log) == pytest.approx(1, rel=1e-12)


def test_kl_is_infinite_in_one_direction_only():
    assert kl([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert kl([1.0, 0.0], [0.5, 0.5]) == pytest.approx(math.log(2))


def test_kl_is_infinite_also_where_the_mass_underflows():
    assert kl([0.0, -800.0], [0.0, -math.inf], log=True) == math.inf
    assert kl([0.0, -math.inf], [0.0, -800.0], log=True) == 0


def test_a_mass_within_the_tolerance_is_divided_out():
    p = gaussian(0.0, 1.0).pdf(X)
    for f in ALL:
        assert f(p, 0.9995 * p, X) == pytest.approx(0, abs=1e-12)
    a, b, x = boxes()
    assert js(1.0009 * a, 1.0009 * b, x) == pytest.approx(math.log(2), rel=1e-12)
    assert kl(1.0009 * p, gaussian(1.0, 1.0).pdf(X), X) == pytest.approx(0.5, rel=1e-9)


def test_histograms_may_have_any_number_of_axes():
    p, q = np.array([[0.1, 0.2], [0.3, 0.4]]), np.full((2, 2), 0.25)
    assert kl(p, q) == pytest.approx(stats.entropy(p.ravel(), q.ravel()))


def test_nothing_given_is_changed():
    p, q, x = gaussian(0, 1).pdf(X), gaussian(1, 1).pdf(X), X.copy()
    copies = p.copy(), q.copy(), x.copy()
    for f in ALL:
        f(p, q, x)
    for now, before in zip((p, q, x), copies, strict=True):
        np.testing.assert_array_equal(now, before)


G = gaussian(0.0, 1.0).pdf(X)
BAD = {
    "histogram sum": (([0.5, 0.6], [0.5, 0.5]), {}, "^p: .*sums to one.*1.1"),
    "second histogram": (([0.5, 0.5], [0.5, 0.6]), {}, "^q: .*sums to one"),
    "negative": (([1.5, -0.5], [0.5, 0.5]), {}, "^p: .*negative"),
    "NaN": (([np.nan, 1.0], [0.5, 0.5]), {}, "^p: .*NaN"),
    "infinite": (([0.5, 0.5], [np.inf, 0.5]), {}, "^q: .*infinity"),
    "empty": (([], []), {}, "^p:"),
    "scalar": ((1.0, 1.0), {}, "^p:"),
    "shapes": (([0.5, 0.5], [0.2, 0.3, 0.5]), {}, "^q: .*shape"),
    "words": ((["a", "b"], [0.5, 0.5]), {}, "^p:"),
    "grid falls": ((G, G, X[::-1]), {}, "^x: .*increasing"),
    "grid repeats": ((G[:3], G[:3], [0.0, 1.0, 1.0]), {}, "^x: .*increasing"),
    "grid NaN": ((G[:3], G[:3], [0.0, np.nan, 1.0]), {}, "^x: "),
    "grid of one": (([1.0], [1.0], [0.0]), {}, "^x: "),
    "grid length": ((G, G, X[:-1]), {}, "^p: .*shape of x"),
    "grid length of q": ((G, G[:-1], X), {}, "^q: .*shape of x"),
    "density mass": ((G, 2 * G, X), {}, "^q: .*integral.*got 2"),
    "grid too narrow": ((G[3000:], G[3000:], X[3000:]), {}, "^p: .*widen.*got 0.5"),
    "log NaN": (([np.nan, 0.0], [0.0, -np.inf]), {"log": True}, "^p: .*NaN"),
    "log +inf": (([np.inf, 0.0], [0.0, -np.inf]), {"log": True}, "^p: .*log-densities"),
    "density given as log": ((G, G, X), {"log": True}, "^p: .*integral"),
    "log given as density": ((np.log(G), G, X), {}, "^p: .*negative"),
}


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("arguments, keywords, message", BAD.values(), ids=BAD)
def test_bad_input_is_named(f, arguments, keywords, message):
    with pytest.raises(ValueError, match=message):
        f(*arguments, **keywords)
