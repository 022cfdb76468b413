"""Lecture 08: the demos' numbers, critics and their gradient, three densities, Sinkhorn's iteration."""

import itertools

import numpy as np
import ot
import pytest
from scipy import integrate, optimize, stats

from gancourse.demos import critics, moving_mass, three_densities
from gancourse.divergences import monotone_plan, transport_plan, wasserstein
from gancourse.exercises import find

# moving mass


@pytest.mark.claim("D8")
@pytest.mark.parametrize("cost", [0, 1, 2])
@pytest.mark.parametrize("settings", [{"mean": 1.0}, {"mean": -4.5, "std": 2.5, "share": 0.1}])
def test_the_plan_under_the_slider_is_the_cheapest(settings, cost):
    result = moving_mass.compute(**settings, cost=cost)
    p, q, plan = result["p"], result["q"], result["plan"]
    assert np.allclose(plan.coupling.sum(1), p) and np.allclose(plan.coupling.sum(0), q)
    prices = np.abs(np.subtract.outer(moving_mass.BINS, moving_mass.BINS)) ** (1.0, 2.0, 0.5)[cost]
    assert plan.value == pytest.approx(ot.emd2(p, q, prices), abs=1e-9)
    assert result["dual"] == pytest.approx(plan.value, abs=1e-9)
    assert np.count_nonzero(plan.coupling > 1e-12) <= 47
    least = stats.wasserstein_distance(moving_mass.BINS, moving_mass.BINS, p, q)
    assert result["w1"] == pytest.approx(least, abs=1e-9) and result["distance"] >= least - 1e-9
    if cost < 2:  # convex: served in order
        assert (monotone_plan(p, q) * prices).sum() == pytest.approx(plan.value, abs=1e-9)
    if cost == 0:
        assert result["distance"] == pytest.approx(least, abs=1e-9)
    if cost == 1:
        assert np.allclose(plan.coupling, monotone_plan(p, q), atol=1e-9), "strictly convex: only one"


@pytest.mark.claim("D8")
def test_a_concave_cost_leaves_what_is_common():
    result = moving_mass.compute(mean=2.0, std=1.5, cost=2)
    common = np.minimum(result["p"], result["q"])
    assert np.allclose(np.diag(result["plan"].coupling), common, atol=1e-9)


def test_the_words_say_cost_and_prices():
    demo = moving_mass.demo()
    assert "Least mean |x − y|: 2.4300; the prices prove 2.4300." in demo.words.value
    demo.set(cost=1)
    assert "Least mean (x − y)²: 7.0733" in demo.words.value and "W1 = ∫ |F − G| = 2.4300" in demo.words.value


@pytest.mark.claim("D8")
@pytest.mark.parametrize("m, s", [(1.0, 1.0), (0.0, 2.0), (1.0, 2.0), (-2.0, 0.3)])
def test_two_gaussians_on_the_line(m, s):
    """The mean of a folded normal, beside SciPy's and beside ∫ |F − G| by quadrature."""
    r = abs(s - 1)
    closed = abs(m) if r == 0 else stats.foldnorm.mean(abs(m) / r, scale=r)

    def apart(t):
        return abs(stats.norm.cdf(t) - stats.norm.cdf(t, m, s))

    crossing = [m / (1 - s)] if r else []
    area = integrate.quad(apart, -30, 30, points=[*crossing, 0.0, m], limit=200)[0]
    assert area == pytest.approx(closed, abs=1e-7)
    u = (np.arange(20_000) + 0.5) / 20_000
    assert wasserstein(stats.norm.ppf(u), stats.norm.ppf(u, m, s)) == pytest.approx(closed, abs=2e-3)


# critics


@pytest.mark.claim("D8")
@pytest.mark.parametrize("mean, std", [(0.0, 0.6), (4.0, 0.3), (0.0, 2.0), (-1.3, 1.1)])
def test_the_best_critic_is_lipschitz_and_scores_w1(mean, std):
    result = critics.compute(mean=mean, std=std)
    slopes = np.diff(result["best"]) / np.diff(critics.GRID)
    assert np.abs(slopes).max() <= 1 + 1e-9
    p, q = result["p"] * 0.01, result["q"] * 0.01
    expected = stats.wasserstein_distance(critics.GRID, critics.GRID, p, q)
    assert result["w1"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.claim("D8")
def test_no_function_of_a_programme_scores_more():
    """The Lipschitz constraint on all pairs, not on neighbours alone, handed to a solver."""
    rng = np.random.default_rng(3)
    x = np.sort(rng.normal(size=9))
    p, q = rng.dirichlet(np.ones(9), 2)
    pairs = list(itertools.permutations(range(9), 2))
    rows = np.zeros((len(pairs), 9))
    for row, (i, j) in zip(rows, pairs, strict=True):
        row[i], row[j] = 1, -1
    bound = [abs(x[i] - x[j]) for i, j in pairs]
    found = optimize.linprog(q - p, A_ub=rows, b_ub=bound, bounds=[(0, 0)] + [(None, None)] * 8)
    assert critics.best_critic(p, q, x) @ (p - q) == pytest.approx(-found.fun, abs=1e-9)


@pytest.mark.claim("D8")
def test_for_a_distance_the_prices_are_one_lipschitz_function_in_the_plane_too(rng):
    points = rng.normal(size=(15, 2))
    distance = np.linalg.norm(points[:, None] - points, axis=-1)
    a, b = rng.dirichlet(np.ones(15), 2)
    plan = transport_plan(a, b, distance)
    f, g = plan.potentials
    assert np.allclose(g, -f, atol=1e-9)
    assert (np.abs(f[:, None] - f) <= distance + 1e-9).all()
    assert f @ (a - b) == pytest.approx(plan.value, abs=1e-9)
    assert plan.value == pytest.approx(ot.emd2(a, b, distance), abs=1e-9)


@pytest.mark.claim("D8")
def test_a_critic_by_hand_never_beats_w1_unless_it_is_too_steep():
    for slope, kink in itertools.product((-1.0, -0.4, 0.7, 1.0), (-6.0, -1.0, 0.4, 3.0)):
        result = critics.compute(mean=0.4, slope=slope, kink=kink)
        assert result["score"] <= result["w1"] + 1e-12
        area = 0.01 * result["integrand"].sum()  # what the right panel shows
        assert area == pytest.approx(result["score"], abs=1e-9)
    assert critics.compute(mean=0.4, slope=1.0, kink=0.4)["score"] == pytest.approx(1.5214, abs=1e-3)
    steep = critics.compute(mean=0.4, slope=1.5, kink=0.4)
    assert steep["score"] > steep["w1"]
    demo = critics.demo()
    assert "Yours is 1-Lipschitz, and proves" in demo.words.value
    demo.set(slope=1.5)
    assert "not 1-Lipschitz: its score bounds nothing" in demo.words.value


@pytest.mark.claim("D8")
@pytest.mark.parametrize("mean", [4.0, 1.5, -2.0])
def test_the_generator_descends_minus_the_mean_slope_of_the_critic(mean):
    def distance(m):
        p, q = (model / model.sum() for model in (critics.DATA.pdf(x), stats.norm.pdf(x, m, 0.6)))
        return stats.wasserstein_distance(x, x, p, q)

    x, h = np.linspace(-9, 9, 7201), 0.05
    found = critics.compute(mean=mean)
    slope = np.sum(found["q"] * np.gradient(found["best"], critics.GRID)) * 0.01
    assert (distance(mean + h) - distance(mean - h)) / (2 * h) == pytest.approx(-slope, abs=0.01)


# three densities


@pytest.mark.claim("D10")
@pytest.mark.parametrize("near, far", [(1.0, 4.0), (1.5, 7.0), (3.0, 9.0)])
def test_only_w1_tells_the_pairs_apart(near, far):
    result = three_densities.compute(near=near, far=far)
    apart = [near, far, far - near]
    for a, b, w in zip(
        *zip(*itertools.combinations(result["masses"], 2), strict=True), result["W1"], strict=True
    ):
        x = three_densities.MIDDLES
        assert w == pytest.approx(stats.wasserstein_distance(x, x, a, b), abs=1e-9)
    assert np.allclose(result["W1"], 0.9 * np.array(apart), atol=1e-9)
    floor, box = 0.1 / 11, 0.9
    assert np.allclose(result["L1"], 1.8, atol=1e-9) and np.allclose(result["tv"], 0.9, atol=1e-9)
    assert np.allclose(result["KL"], box * np.log((box + floor) / floor), atol=1e-9)
    assert np.ptp(result["JSD"]) < 1e-9
    assert np.isclose(np.sum(result["masses"][0] - result["masses"][1]), 0, atol=1e-12), "without the bars"


def test_overlap_is_seen_by_all():
    result = three_densities.compute(near=0.5, far=7.0)
    assert all(result[name][0] < 0.7 * result[name][1] for name in three_densities.MEASURES)
    demo = three_densities.demo()
    demo.set(near=0.0)
    assert "L1 0.000, 1.800, 1.800" in demo.words.value and "W1 0.000, 6.300, 6.300" in demo.words.value


# Sinkhorn's iteration, as the exercise's reference has it


@pytest.mark.parametrize("epsilon", [0.3, 1.0])
def test_half_steps_in_turn_are_sinkhorn(epsilon, rng):
    a, b = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(4))
    cost, half = rng.uniform(0, 3, (6, 4)), find("08.half_step").reference
    g = np.zeros(4)
    for _ in range(2000):
        f = half(g, np.log(a), cost, epsilon)
        g = half(f, np.log(b), cost.T, epsilon)
    plan = np.exp((f[:, None] + g - cost) / epsilon)
    expected = ot.sinkhorn(a, b, cost, epsilon, method="sinkhorn_log", numItermax=20_000, stopThr=1e-13)
    assert np.allclose(plan, expected, atol=1e-8)
    exact = transport_plan(a, b, cost)

    def entropy(p):
        return stats.entropy(p[p > 0])

    room = stats.entropy(a) + stats.entropy(b) - entropy(exact.coupling.ravel())
    assert -1e-9 <= (plan * cost).sum() - exact.value <= epsilon * room
