"""Lecture 03: 2 JSD − log 4, what kind of number JSD is, the bound of any D, and estimates from samples."""

import itertools
import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.spatial.distance import jensenshannon
from sklearn.linear_model import LogisticRegression

from gancourse import game
from gancourse.demos import jensen_shannon, jsd_estimates, variational_bound
from gancourse.divergences import js, kl

X = np.linspace(-16, 20, 2401)
LOG4 = math.log(4)


def by_quad(p, q):
    """½ KL(p‖m) + ½ KL(q‖m) by adaptive quadrature, for frozen scipy distributions."""

    def integrand(x):
        a, b = p.pdf(x), q.pdf(x)
        return 0.5 * sum(f * math.log(2 * f / (a + b)) for f in (a, b) if f > 0)

    return integrate.quad(integrand, -16, 20, limit=400, epsabs=1e-11, points=[0, 1, 2, 4])[0]


# B3


@pytest.mark.claim("B3")
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.3, 1.0), (2.0, 0.5), (4.0, 2.0), (1.0, 1.3)])
def test_the_value_at_the_best_discriminator_is_twice_jsd_less_log_4(mean, std):
    p, q = stats.norm(0, 1), stats.norm(mean, std)
    at_p, at_q = p.pdf(X), q.pdf(X)
    value = game.value(game.optimal_discriminator(at_p, at_q), at_p, at_q, X)
    assert value == pytest.approx(2 * by_quad(p, q) - LOG4, abs=1e-8)
    assert value >= -LOG4 - 1e-12
    # neither of the notes' versions, with one factor 2 less
    if (mean, std) != (0.0, 1.0):
        assert abs(value - (by_quad(p, q) - LOG4)) > 1e-3


@pytest.mark.claim("B3")
def test_the_smallest_value_belongs_to_equal_densities_alone(rng):
    p = rng.dirichlet(np.ones(6))
    half = game.optimal_discriminator(p, p)
    assert np.allclose(half, 0.5) and game.value(half, p, p) == pytest.approx(-LOG4, abs=1e-14)
    for size in 10.0 ** np.arange(-4, 0):
        q = (1 - size) * p + size * rng.dirichlet(np.ones(6))
        above = game.value(game.optimal_discriminator(p, q), p, q) + LOG4
        # to third order 2 JSD is Σ (p − q)²/2(p + q)
        assert above > 0
        if size < 1e-2:
            assert above == pytest.approx(np.sum((p - q) ** 2 / (p + q)) / 2, rel=0.01)


@pytest.mark.claim("B3")
def test_the_demo_of_both_halves_is_exact():
    for share in (0.0, 0.05, 0.5, 1.0):
        result = jensen_shannon.compute(distance=8.0, std=0.5, share=share)
        assert result["value"] == pytest.approx(2 * result["jsd"] - LOG4, abs=1e-12)
        # p and the misplaced part do not overlap, but for 1e-10 of them
        rest = 1 - share
        expected = math.log(2 / (1 + rest)) + (rest * math.log(2 * rest / (1 + rest)) if rest else 0)
        assert result["jsd"] == pytest.approx((expected + share * math.log(2)) / 2, abs=1e-5)
        for half in ("p", "q"):
            area = np.trapezoid(result[half + "_half"], jensen_shannon.GRID)
            assert area == pytest.approx(result[half + "_jsd"], abs=1e-9)
    wide = jensen_shannon.compute(distance=3.0, std=1.5, share=1.0)
    assert wide["jsd"] == pytest.approx(by_quad(stats.norm(0, 1), stats.norm(3, 1.5)), abs=1e-8)
    assert (wide["p_half"] + wide["q_half"] >= -1e-17).all() and wide["p_half"].min() < 0


# B4


@pytest.mark.claim("B4")
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.5, 5.0]))
@settings(max_examples=60, deadline=None)
def test_symmetric_bounded_and_a_metric_after_the_root(seed, spread):
    p, q, r = np.random.default_rng(seed).dirichlet(np.full(4, spread), 3)
    assert js(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)  # SciPy's is the root
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15) and 0 <= js(p, q) <= math.log(2)
    assert math.sqrt(js(p, r)) <= math.sqrt(js(p, q)) + math.sqrt(js(q, r)) + 1e-7


@pytest.mark.claim("B4")
def test_zero_for_equal_and_log_2_for_disjoint_distributions_alone():
    p, q = np.array([0.3, 0.7, 0.0]), np.array([0.0, 0.0, 1.0])
    assert js(p, p) == 0 and js(p, q) == pytest.approx(math.log(2), abs=1e-15)
    assert kl(p, (p + q) / 2) + kl(q, (p + q) / 2) == pytest.approx(2 * math.log(2), abs=1e-12)
    for touch in (1e-6, 1e-3):
        assert js(p, np.array([touch, 0.0, 1 - touch])) < math.log(2) - touch / 4


@pytest.mark.claim("B4")
def test_jsd_itself_breaks_the_triangle_inequality():
    p, q, r = np.array([1.0, 0.0]), np.array([0.5, 0.5]), np.array([0.0, 1.0])
    short = 0.5 * math.log(4 / 3) + 0.25 * math.log(2 / 3) + 0.25 * math.log(2)
    assert js(p, q) == pytest.approx(short, abs=1e-14) == js(q, r)
    assert js(p, q) + js(q, r) < js(p, r) - 0.26
    assert 2 * math.sqrt(short) > math.sqrt(math.log(2)) + 0.09


@pytest.mark.claim("B4")
def test_the_map_into_a_space_of_functions():
    """The lecture's proof: L(a, b) = ∫ (e^−sa − e^−sb)² / 2s² ds, by sympy and by quadrature."""
    a, b, s = sympy.symbols("a b s", positive=True)
    left = a * sympy.log(2 * a / (a + b)) + b * sympy.log(2 * b / (a + b))
    assert sympy.simplify(sympy.diff(left, a) - sympy.log(2 * a / (a + b))) == 0
    assert left.subs(b, a).simplify() == 0 and sympy.diff(left, a).subs(b, a).simplify() == 0
    inside = (sympy.exp(-s * a) - sympy.exp(-s * b)) ** 2 / (2 * s**2)
    second = sympy.integrate(sympy.expand(sympy.simplify(sympy.diff(inside, a, 2))), (s, 0, sympy.oo))
    assert sympy.simplify(second - sympy.diff(left, a, 2)) == 0
    for at in [(1.0, 2.0), (0.01, 5.0), (3.0, 0.0)]:
        exact = sum(f * math.log(2 * f / sum(at)) for f in at if f > 0)

        def squares(s, at=at):
            return (math.exp(-s * at[0]) - math.exp(-s * at[1])) ** 2 / (2 * s * s)

        whole = integrate.quad(squares, 0, 1)[0] + integrate.quad(squares, 1, np.inf, limit=200)[0]
        assert whole == pytest.approx(exact, rel=1e-7)


# B5


@pytest.mark.claim("B5")
@given(st.lists(st.floats(-30, 30), min_size=5, max_size=5), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_every_discriminator_gives_a_lower_bound(logits, seed):
    p, q = np.random.default_rng(seed).dirichlet(np.ones(5), 2)
    d = stats.logistic.cdf(logits)
    bound = LOG4 + game.value(np.array(logits), p, q, logit=True)
    assert bound <= 2 * js(p, q) + 1e-12
    at = p / (p + q)
    with np.errstate(divide="ignore"):
        coins = [stats.entropy([u, 1 - u], [v, 1 - v]) for u, v in zip(at, d, strict=True)]
    if max(abs(np.array(logits))) < 20:  # beyond, 1 − D has lost its digits
        assert 2 * js(p, q) - bound == pytest.approx(np.sum((p + q) * coins), abs=1e-6)


@pytest.mark.claim("B5")
def test_the_bound_is_tight_at_the_best_discriminator_and_more_than_jsd():
    p, q = stats.norm(0, 1), stats.norm(2, 1.5)
    exact = by_quad(p, q)
    result = variational_bound.compute(distance=2.0, scale=1.0, shift=0.0)
    assert result["bound"] == pytest.approx(2 * exact, abs=1e-8) and result["gap"] == pytest.approx(
        0, abs=1e-12
    )
    assert result["bound"] > exact + 0.1, "with JSD in place of 2 JSD, as L1 has it, the inequality is false"
    assert np.abs(result["d"] - result["best"]).max() < 1e-12


@pytest.mark.claim("B5")
def test_the_demo_of_the_bound_accounts_for_the_gap():
    for distance, scale, shift in itertools.product((0.0, 6.0), (0.0, 0.5, 3.0), (-3.0, 0.0, 1.0)):
        result = variational_bound.compute(distance=distance, scale=scale, shift=shift)
        assert result["bound"] + result["gap"] == pytest.approx(2 * result["jsd"], abs=1e-7)
        assert result["gap"] >= -1e-12
        assert np.interp(scale, variational_bound.SCALES, result["curve"]) == pytest.approx(
            result["bound"], abs=1e-9
        )
    coin = variational_bound.compute(distance=3.0, scale=0.0, shift=0.0)
    assert coin["bound"] == pytest.approx(0, abs=1e-8)


# B6


def test_bin_masses_are_those_of_the_densities():
    for bins in (1, 2, 8):
        edges = np.linspace(-5, 5, bins + 1)
        edges[0], edges[-1] = -20, 20
        for mass, model in zip(
            jsd_estimates.bin_masses(bins), (jsd_estimates.P, jsd_estimates.Q), strict=True
        ):
            counted = [integrate.quad(model.pdf, a, b, limit=200)[0] for a, b in itertools.pairwise(edges)]
            assert np.allclose(mass, counted, atol=1e-9) and mass.sum() == pytest.approx(1)
    more = [jsd_estimates.visible(bins) for bins in jsd_estimates.BINS]
    assert more == sorted(more) and jsd_estimates.exact() - 1e-3 < more[-1] < jsd_estimates.exact()


@pytest.mark.claim("B6")
def test_gradient_ascent_finds_what_logistic_regression_finds(rng):
    real, fake = (c[0] for c in jsd_estimates.draw_counts(400, 4, 1, rng))
    real, fake = real + 1, fake + 1  # no empty bins, so that the optimum is finite
    (logits,) = jsd_estimates.ascend(real / real.sum(), fake / fake.sum(), [5000])
    bins = np.repeat(np.eye(4), 2, axis=0)
    fit = LogisticRegression(C=1e8, fit_intercept=False, tol=1e-10, max_iter=1000)
    fit.fit(bins, [1, 0] * 4, sample_weight=np.column_stack([real, fake]).ravel())
    assert np.allclose(logits, fit.coef_[0], atol=1e-4)
    on_its_own = jsd_estimates.estimate(logits, real / real.sum(), fake / fake.sum())
    assert on_its_own == pytest.approx(js(real / real.sum(), fake / fake.sum()), abs=1e-7)


@pytest.mark.claim("B6")
def test_the_mean_over_every_training_set_is_below_on_fresh_points_and_above_on_its_own():
    """Two bins, three points of each kind: all 16 training sets with their probabilities, no sampling."""
    p, q, n = 0.7, 0.4, 3
    masses = np.array([p, 1 - p]), np.array([q, 1 - q])
    mean = {"seen": 0.0, "fresh": 0.0}
    for a, b in itertools.product(range(n + 1), repeat=2):
        chance = stats.binom.pmf(a, n, p) * stats.binom.pmf(b, n, q)
        real, fake = np.array([a, n - a]), np.array([b, n - b])
        logits = jsd_estimates.smoothed(real, fake)
        mean["fresh"] += chance * jsd_estimates.estimate(logits, *masses)
        mean["seen"] += chance * js(real / n, fake / n)  # trained to its end
    assert mean["fresh"] < js(*masses) < mean["seen"]


@pytest.mark.claim("B6")
def test_the_gain_and_the_loss_are_half_a_nat_for_each_bin(rng):
    bins, n = 4, 40_000
    masses = jsd_estimates.bin_masses(bins)
    real, fake = jsd_estimates.draw_counts(n, bins, 4_000, rng)
    logits = jsd_estimates.smoothed(real, fake)
    best = np.log(masses[0] / masses[1])
    gained = jsd_estimates.estimate(logits, real / n, fake / n) - jsd_estimates.estimate(
        best, real / n, fake / n
    )
    lost = jsd_estimates.visible(bins) - jsd_estimates.estimate(logits, *masses)
    # fixing both totals takes 2 E_q D* off the number of bins
    expected = (bins - 2 * np.sum(masses[0] * masses[1] / (masses[0] + masses[1]))) / (4 * n)
    for found in (gained, lost):
        assert found.mean() == pytest.approx(
            expected, abs=4 * found.std() / math.sqrt(4_000) + 0.02 * expected
        )


@pytest.mark.claim("B6")
def test_what_the_demo_of_estimates_shows():
    exact = jsd_estimates.exact()
    assert exact == pytest.approx(integrate_exact(), abs=1e-8)
    fresh, _ = jsd_estimates.learned()["fresh"]
    seen, _ = jsd_estimates.learned()["seen"]
    most = np.array([jsd_estimates.visible(bins) for bins in jsd_estimates.BINS])
    assert (fresh <= most[:, None] + 1e-12).all() and (most < exact).all()
    assert (np.diff(seen, axis=2) > -1e-12).all(), "on the training samples every step is progress"
    few, many = 0, len(jsd_estimates.SAMPLES) - 1
    assert seen[few, -1, -1] > 3 * exact and fresh[few, -1, -1] < -0.5, "overfitting"
    assert seen[many, 0, -1] < exact / 3, "too little capacity"
    assert seen[many, 5, 0] < 0.7 * exact, "too little training"
    assert abs(seen[many, 4, -1] - fresh[many, 4, -1]) < 0.01, "enough of everything"
    result = jsd_estimates.compute(samples=1, bins=5, steps=4)
    assert (result["n"], result["bins"], result["steps"]) == (50, 32, 16)
    assert result["seen"]["here"][0] == result["seen"]["steps"][0][4] == result["seen"]["bins"][0][4]


def integrate_exact():
    def integrand(x):
        a, b = float(jsd_estimates.P.pdf(x)), float(jsd_estimates.Q.pdf(x))
        return 0.5 * sum(f * math.log(2 * f / (a + b)) for f in (a, b) if f > 0)

    return integrate.quad(integrand, -15, 15, limit=400, points=[-2, 0, 2])[0]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="bins: expected a whole number of at least 1"):
        jsd_estimates.bin_masses(0)
    with pytest.raises(ValueError, match="q: expected a last axis of 3 bins"):
        jsd_estimates.estimate(np.zeros(3), np.ones(3) / 3, np.ones(2) / 2)
    with pytest.raises(ValueError, match="n: expected a whole number"):
        jsd_estimates.draw_counts(2.5, 4, 1, 0)
