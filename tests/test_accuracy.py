"""KL, JS and total variation of Gaussians and mixtures, far tails included, on the grid ``kl`` recommends.

``python -m pytest tests/test_accuracy.py -s`` prints the largest relative error of each.
"""

import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from gancourse.densities import Mixture
from gancourse.divergences import js, kl, total_variation

BAR = 1e-6
WORST = {}


def gauss(mean, std):
    return ([1.0], [mean], [std])


GAUSSIANS = [
    (0.0, 1.0, mean, std)
    for mean in (0.0, 0.01, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0)
    for std in (0.1, 0.5, 1.0, 2.0, 10.0)
    if (mean, std) != (0.0, 1.0)
]
GAUSSIANS += [(n, t, m, s) for m, s, n, t in GAUSSIANS if s != t] + [(0.0, 1e-3, 0.012, 1e-3)]
MIXTURES = {
    "two modes and one": (([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5]), gauss(0.0, 2.0)),
    "uneven weights": (
        ([0.2, 0.3, 0.5], [-6.0, 0.0, 6.0], [0.2, 1.0, 2.0]),
        ([0.7, 0.3], [-5.0, 5.0], [1.0, 2.0]),
    ),
    "a rare mode": (([0.999, 0.001], [0.0, 8.0], [1.0, 0.3]), gauss(0.0, 1.0)),
    "one in a million": (([1 - 1e-6, 1e-6], [0.0, 12.0], [1.0, 1.0]), gauss(0.0, 1.0)),
    "other widths": (
        ([0.5, 0.5], [-6.0, 6.0], [1.0, 1.0]),
        ([0.5, 0.5], [-6.0, 6.0], [0.2, 2.0]),
    ),
    "twelve apart": (([0.5, 0.5], [-12.0, 0.0], [1.0, 1.0]), ([0.5, 0.5], [0.0, 12.0], [1.0, 1.0])),
    "no mode shared": (
        ([0.4, 0.6], [0.0, 3.0], [1.0, 0.5]),
        ([0.5, 0.5], [12.0, 15.0], [1.0, 0.5]),
    ),
    "other weights": (([0.3, 0.7], [-3.0, 3.0], [1.0, 1.0]), ([0.7, 0.3], [-3.0, 3.0], [1.0, 1.0])),
}
MIXTURES |= {f"{name}, exchanged": (q, p) for name, (p, q) in MIXTURES.items()}
PAIRS = MIXTURES | {
    f"N({m:g}, {s:g}²), N({n:g}, {t:g}²)": (gauss(m, s), gauss(n, t)) for m, s, n, t in GAUSSIANS
}


@pytest.fixture(scope="module", autouse=True)
def say_the_largest_error():
    yield
    for name, (error, pair) in WORST.items():
        print(f"\n{name:16s} largest relative error {error:.1e} ({pair})", end="")
    print()


def note(name, got, want, pair):
    error = abs(got - want) / want
    WORST[name] = max(WORST.get(name, (0.0, "")), (float(error), pair))
    assert error < BAR


def ours(pair):
    """Both log-densities, on the grid that the docstring of ``kl`` recommends."""
    p, q = (Mixture(*parts) for parts in pair)
    means, stds = np.concatenate([pair[0][1], pair[1][1]]), np.concatenate([pair[0][2], pair[1][2]])
    low, high = means.min() - 12 * stds.max(), means.max() + 12 * stds.max()
    x = np.linspace(low, high, math.ceil((high - low) / (stds.min() / 10)) + 1)
    return p.logpdf(x), q.logpdf(x), x


def log_density(parts, x):
    """The log-density by SciPy, not by the package."""
    weights, means, stds = map(np.array, parts)
    terms = stats.norm.logpdf(np.asarray(x)[..., None], means, stds)
    return special.logsumexp(terms, b=weights, axis=-1)


def by_quadrature(pair, integrand):
    """∫ integrand(log p, log q) dx by Gauss and Legendre's rule, in panels of half of the smallest width."""
    low, high, smallest = reach(pair)
    edges = np.linspace(low, high, math.ceil((high - low) / (smallest / 2)) + 1)

    def on_panels(t):  # every panel at once: t runs over [0, 1]
        x = edges[:-1, None] + np.diff(edges)[:, None] * t
        values = integrand(log_density(pair[0], x), log_density(pair[1], x))
        return np.diff(edges) @ values

    return integrate.fixed_quad(on_panels, 0, 1, n=24)[0]


def reach(pair):
    spans = [(m - 14 * s, m + 14 * s, s) for _, means, stds in pair for m, s in zip(means, stds, strict=True)]
    return min(a for a, _, _ in spans), max(b for _, b, _ in spans), min(s for _, _, s in spans)


def jensen_shannon(log_p, log_q):
    p, q = np.exp(log_p), np.exp(log_q)
    # log(p/m) = −log1p((q/p − 1)/2): nothing cancels where p ≈ q
    ratio = np.clip(log_p - log_q, -700, 700)
    return 0.5 * (p * -np.log1p(np.expm1(-ratio) / 2) + q * -np.log1p(np.expm1(ratio) / 2))


def variation(pair):
    """½ ∫ |p − q| by the distribution functions between the crossings, which are sought."""
    low, high, smallest = reach(pair)
    x = np.linspace(low, high, math.ceil((high - low) / (smallest / 7.77)) + 1)

    def gap(at):
        return float(log_density(pair[0], at) - log_density(pair[1], at))

    sign = np.sign(log_density(pair[0], x) - log_density(pair[1], x))
    x, sign = x[sign != 0], sign[sign != 0]  # between modes that both share the two may agree to rounding
    crossings = [
        optimize.brentq(gap, x[i], x[i + 1], xtol=1e-15) for i in np.flatnonzero(sign[:-1] != sign[1:])
    ]

    def mass(parts, a, b):
        # the survival function on the right of a mean, so that tails keep their digits
        left = stats.norm.cdf(b, *parts[1:]) - stats.norm.cdf(a, *parts[1:])
        right = stats.norm.sf(a, *parts[1:]) - stats.norm.sf(b, *parts[1:])
        return np.dot(parts[0], np.where(a > np.array(parts[1]), right, left))

    edges = [-np.inf, *sorted(crossings), np.inf]
    return 0.5 * sum(
        abs(mass(pair[0], a, b) - mass(pair[1], a, b)) for a, b in zip(edges[:-1], edges[1:], strict=True)
    )


@pytest.mark.parametrize("m, s, n, t", [(0.0, 10.0, 0.0, 1.0), *GAUSSIANS])
def test_kl_of_gaussians_is_its_closed_form(m, s, n, t):
    exact = math.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5
    name = f"N({m:g}, {s:g}²), N({n:g}, {t:g}²)"
    note("KL, closed form", kl(*ours((gauss(m, s), gauss(n, t))), log=True), exact, name)


def test_the_known_number():
    assert kl(*ours((gauss(0.0, 10.0), gauss(0.0, 1.0))), log=True) == pytest.approx(47.197, abs=5e-4)


@pytest.mark.parametrize("m, s, n, t", [row for row in GAUSSIANS if row[1] == row[3]])
def test_total_variation_of_equal_widths_is_an_error_function(m, s, n, t):
    got = total_variation(*ours((gauss(m, s), gauss(n, t))), log=True)
    name = f"N({m:g}, {s:g}²), N({n:g}, {t:g}²)"
    note("TV, closed form", got, math.erf(abs(m - n) / (math.sqrt(8) * s)), name)


@pytest.mark.parametrize("name", PAIRS)
def test_quadrature_by_another_rule_agrees(name):
    pair = PAIRS[name]
    p, q, x = ours(pair)
    note("KL", kl(p, q, x, log=True), by_quadrature(pair, lambda a, b: np.exp(a) * (a - b)), name)
    note("JS", js(p, q, x, log=True), by_quadrature(pair, jensen_shannon), name)
    note("TV", total_variation(p, q, x, log=True), variation(pair), name)


@pytest.mark.parametrize("name", PAIRS)
def test_densities_that_underflow_cost_js_and_total_variation_nothing(name):
    p, q, x = ours(PAIRS[name])
    assert js(np.exp(p), np.exp(q), x) == pytest.approx(js(p, q, x, log=True), rel=1e-9)
    assert total_variation(np.exp(p), np.exp(q), x) == pytest.approx(
        total_variation(p, q, x, log=True), rel=1e-9
    )
    plain = kl(np.exp(p), np.exp(q), x)
    assert plain == math.inf or plain == pytest.approx(kl(p, q, x, log=True), rel=BAR)


@pytest.mark.parametrize("name", ["two modes and one", "a rare mode, exchanged", "no mode shared"])
def test_thirty_digits_agree(name):
    """Another oracle: mpmath with thirty digits, by its own densities."""
    pair = PAIRS[name]
    with mpmath.workdps(30):

        def density(parts):
            return lambda x: mpmath.fsum(w * mpmath.npdf(x, m, s) for w, m, s in zip(*parts, strict=True))

        p, q = map(density, pair)
        low, high, _ = reach(pair)
        cuts = mpmath.linspace(low, high, 25)
        exact_kl = mpmath.quad(lambda x: p(x) * mpmath.log(p(x) / q(x)), cuts)

        def integrand(x):
            a, b = p(x), q(x)
            return (a * mpmath.log(2 * a / (a + b)) + b * mpmath.log(2 * b / (a + b))) / 2

        exact_js = mpmath.quad(integrand, cuts)
    note("KL, 30 digits", kl(*ours(pair), log=True), float(exact_kl), name)
    note("JS, 30 digits", js(*ours(pair), log=True), float(exact_js), name)
