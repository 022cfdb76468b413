"""Lecture 01, against SciPy's quadrature, scikit-learn and autograd."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from scipy.special import expit, log_expit, softmax
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture

from gancourse.demos import bent_noise, hand_run
from gancourse.divergences import js
from gancourse.exercises import find
from gancourse.game import optimal_discriminator

SHAPES = [(0.5, 1.5, 2.0), (0.2, 2.0, 6.0), (-0.5, 1.5, 2.0), (-0.6, 0.0, 2.0), (1.5, 0.0, 0.5)]
D = np.array([0.3, 0.8, -0.4])
G = np.array([-0.7, 1.3])


# softmax and maximum likelihood


@pytest.mark.claim("A1")
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_softmax_with_temperature(temperature, rng):
    scores = rng.normal(0, 3, (50, 4))
    ours = find("01.softmax").reference(scores, temperature)
    np.testing.assert_allclose(ours, softmax(scores / temperature, axis=1), rtol=1e-12)
    np.testing.assert_allclose(ours.sum(1), 1, rtol=1e-12)
    odds = np.exp((scores[:, 0] - scores[:, 1]) / temperature)
    np.testing.assert_allclose(ours[:, 0] / ours[:, 1], odds, rtol=1e-10)
    printed = np.exp(scores) / temperature / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(printed.sum(1), 1 / temperature, rtol=1e-12)


@pytest.mark.claim("A1")
def test_temperature_runs_from_the_largest_score_to_indifference():
    scores = np.array([[1.0, 0.0, 2.0]])
    reference = find("01.softmax").reference
    np.testing.assert_allclose(reference(scores, 1e-3), [[0, 0, 1]], atol=1e-12)
    np.testing.assert_allclose(reference(scores, 1e6), np.full((1, 3), 1 / 3), atol=1e-6)
    # two labels: the sigmoid of the difference of the scores
    np.testing.assert_allclose(reference(scores[:, :2], 1.0)[0, 0], expit(1.0), rtol=1e-12)


@pytest.mark.claim("A1")
def test_maximum_likelihood_recovers_the_softmax_of_gaussian_classes(rng):
    means, shares = np.array([-2.0, 0.0, 1.5]), np.array([0.3, 0.5, 0.2])
    y = rng.choice(3, size=60_000, p=shares)
    x = rng.normal(means[y], 1.0)
    found = LogisticRegression(C=1e6).fit(x[:, None], y).predict_proba(np.linspace(-3, 3, 13)[:, None])
    at = np.linspace(-3, 3, 13)[:, None]
    bayes = shares * stats.norm.pdf(at, means)
    exact = find("01.softmax").reference(means * at - means**2 / 2 + np.log(shares), 1.0)
    np.testing.assert_allclose(exact, bayes / bayes.sum(1, keepdims=True), rtol=1e-12)
    assert np.abs(found - exact).max() < 0.02


# the push-forward


@pytest.mark.claim("A6")
@pytest.mark.parametrize("how", SHAPES)
def test_mass_of_intervals_is_that_of_the_noise_which_lands_there(how):
    for low, high in [(-0.25, 0.25), (0.3, 0.9), (-3.0, 1.0)]:
        z = np.linspace(-9, 9, 2_000_001)
        x = bent_noise.bend(z, *how)
        inside = ((x > low) & (x < high)) * stats.norm.pdf(z)
        assert bent_noise.mass(low, high, *how) == pytest.approx(inside.sum() * (z[1] - z[0]), abs=3e-5)


@pytest.mark.claim("A6")
@pytest.mark.parametrize("how", SHAPES)
def test_density_integrates_to_the_mass(how):
    """Away from the folds, where it is infinite and no quadrature would do."""
    for low, high in [(-0.25, 0.25), (0.1, 0.8)]:
        over = integrate.quad(lambda x: float(bent_noise.density(np.array([x]), *how)[0]), low, high)[0]
        assert over == pytest.approx(bent_noise.mass(low, high, *how), abs=1e-6)


@pytest.mark.claim("A6")
def test_mean_over_noise_is_mean_over_points_and_an_affine_generator_stays_gaussian():
    x = np.linspace(-8, 8, 4001)
    np.testing.assert_allclose(
        bent_noise.density(x, 1.3, 0.0, 1.0), stats.norm.pdf(x, 0, 1.3), rtol=1e-6, atol=1e-12
    )
    how = (0.5, 1.5, 2.0)
    over_z = integrate.quad(lambda z: stats.norm.pdf(z) * log_expit(-bent_noise.bend(z, *how)), -12, 12)[0]
    over_x = np.trapezoid(log_expit(-x) * bent_noise.density(x, *how), x)
    assert over_x == pytest.approx(over_z, abs=1e-6)


@pytest.mark.claim("A6")
def test_a_constant_generator_has_no_density_and_a_continuous_one_leaves_no_gap():
    constant = bent_noise.compute(spread=0.0, gap=0.0, steepness=2.0)
    assert np.isnan(constant["q"]).all() and constant["histogram"].max() == pytest.approx(10.0)
    steep = bent_noise.compute(spread=0.2, gap=2.0, steepness=6.0)
    error = math.sqrt(steep["bridge"] * (1 - steep["bridge"]) / bent_noise.SAMPLES)
    assert steep["bridge"] > 0.01 and abs(steep["counted"] - steep["bridge"]) < 4 * error
    centres = (bent_noise.EDGES[1:] + bent_noise.EDGES[:-1]) / 2
    exact = bent_noise.density(centres, 0.5, 1.5, 2.0)
    start = bent_noise.compute(spread=0.5, gap=1.5, steepness=2.0)
    assert np.abs(start["histogram"] - exact).max() < 0.04 and start["histogram"].sum() == pytest.approx(10)


# the value, its best discriminator, the ratio


@pytest.mark.claim("A2", "A3")
@pytest.mark.parametrize("g", [(-1.0, 1.5), (2.0, 0.5), (1.0, 1.0), (0.0, -0.8)])
def test_best_weights_are_the_log_ratio_and_reach_the_bound(g):
    x = np.linspace(-12, 12, 48_001)
    p, q = stats.norm.pdf(x, 1, 1), stats.norm.pdf(x, g[0], abs(g[1]))
    weights = hand_run.best_weights(g)
    near = np.linspace(-4, 5, 19)
    ratio = stats.norm.pdf(near, 1, 1) / stats.norm.pdf(near, g[0], abs(g[1]))
    np.testing.assert_allclose(np.exp(hand_run.logit(weights, near)), ratio, rtol=1e-9)
    d = optimal_discriminator(*(stats.norm.pdf(near, m, abs(s)) for m, s in ((1, 1), g)))
    np.testing.assert_allclose(expit(hand_run.logit(weights, near)), d, rtol=1e-9)
    assert hand_run.value(weights, g) == pytest.approx(2 * js(p, q, x) - math.log(4), abs=1e-8)
    for shift in np.eye(3) * 0.1:
        assert hand_run.value(weights + shift, g) < hand_run.value(weights, g)


@pytest.mark.claim("A2")
def test_value_is_an_integral_and_minus_half_of_it_the_cross_entropy():
    def integrand(z):
        real, fake = hand_run.logit(D, 1 + z), hand_run.logit(D, G[0] + G[1] * z)
        return stats.norm.pdf(z) * (log_expit(real) + log_expit(-fake))

    exact = integrate.quad(integrand, -12, 12, epsabs=1e-12)[0]
    assert hand_run.value(D, G) == pytest.approx(exact, abs=1e-9)
    z = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    logits = np.concatenate([hand_run.logit(D, 1 + z), hand_run.logit(D, G[0] + G[1] * z)])
    cross_entropy = find("01.cross_entropy").reference(logits, np.repeat([1.0, 0.0], len(z)))
    assert cross_entropy == pytest.approx(-exact / 2, abs=1e-4)


@pytest.mark.claim("A2")
def test_scikit_learn_finds_the_best_discriminator(rng):
    n, g = 100_000, np.array([-1.0, 1.5])
    x = np.concatenate([rng.normal(1, 1, n), rng.normal(g[0], g[1], n)])
    model = LogisticRegression(C=1e6, tol=1e-8).fit(np.stack([x, x**2], 1), np.repeat([1, 0], n))
    found = np.array([model.intercept_[0], *model.coef_[0]])
    np.testing.assert_allclose(found, hand_run.best_weights(g), atol=0.04)


@pytest.mark.claim("A3")
def test_generated_points_reweighted_have_the_means_of_the_data():
    g = np.array([-1.0, 1.5])
    x = g[0] + g[1] * stats.norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    logits = hand_run.logit(hand_run.best_weights(g), x)
    mean = find("01.data_mean").reference
    for h, exact in ((np.ones_like(x), 1.0), (x, 1.0), (x**2, 2.0)):
        assert mean(h, logits) == pytest.approx(exact, abs=1e-3)


@pytest.mark.claim("A2")
def test_the_other_reading_of_the_likelihood_has_another_best_discriminator():
    """max of E log D + log E(1 − D) is min(1, Z p/q), found here by a search over histograms."""
    p, q = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.3, 0.2, 0.1])
    d = np.full(4, 0.5)
    for _ in range(20_000):  # projected gradient ascent; the objective is concave
        d = np.clip(d + 0.01 * (p / d - q / np.sum(q * (1 - d))), 1e-6, 1)
    z = np.sum(q * (1 - d))
    np.testing.assert_allclose(d, np.minimum(1, z * p / q), atol=1e-6)
    assert np.abs(d - p / (p + q)).max() > 0.1


# what the discriminator teaches


def torch_value(d, g, real, noise):
    def log_d(x):
        return torch.nn.functional.logsigmoid(d[0] + d[1] * x + d[2] * x**2)

    fake = g[0] + g[1] * noise
    return log_d(real).mean() + (log_d(fake) - (d[0] + d[1] * fake + d[2] * fake**2)).mean()


@pytest.mark.claim("A4", "A5")
def test_gradients_by_hand_equal_autograd(rng):
    real, noise = rng.normal(1, 1, 40), rng.normal(size=40)
    d, g = (torch.tensor(v, requires_grad=True) for v in (D, G))
    value = torch_value(d, g, torch.tensor(real), torch.tensor(noise))
    by_d, by_g = torch.autograd.grad(value, (d, g))
    np.testing.assert_allclose(hand_run.ascent(D, real, G[0] + G[1] * noise), by_d.numpy(), rtol=1e-10)
    np.testing.assert_allclose(hand_run.descent(D, G, noise), by_g.numpy(), rtol=1e-10)
    np.testing.assert_allclose(find("01.generator_gradient").reference(D, G, noise), by_g.numpy(), rtol=1e-10)


@pytest.mark.claim("A4")
def test_gradient_is_minus_the_mean_of_the_slope_over_one_minus_d():
    z = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    x, h = G[0] + G[1] * z, 1e-6
    slope = (expit(hand_run.logit(D, x + h)) - expit(hand_run.logit(D, x - h))) / (2 * h)
    per_point = -slope / (1 - expit(hand_run.logit(D, x)))
    expected = [per_point.mean(), (per_point * z).mean()]
    np.testing.assert_allclose(hand_run.descent(D, G, z), expected, rtol=1e-6)
    moved = [[hand_run.value(D, G + sign * 1e-5 * e) for sign in (1, -1)] for e in np.eye(2)]
    differences = [(above - below) / 2e-5 for above, below in moved]
    np.testing.assert_allclose(expected, differences, atol=1e-4)
    assert hand_run.value(D, G - 0.05 * np.array(expected)) < hand_run.value(D, G)
    assert hand_run.value(D, G + 0.05 * np.array(expected)) > hand_run.value(D, G), "L2's lost sign"


@pytest.mark.claim("A4")
def test_a_flat_discriminator_teaches_nothing(rng):
    assert (hand_run.descent(np.zeros(3), G, rng.normal(size=50)) == 0).all()


# the algorithm


@pytest.mark.claim("A5")
def test_minibatch_gradients_are_unbiased(rng):
    z = np.linspace(-9, 9, 4001)
    noise = stats.norm.pdf(z) * (z[1] - z[0])
    up = expit(-hand_run.logit(D, 1 + z)) * noise
    fake = G[0] + G[1] * z
    down = expit(hand_run.logit(D, fake)) * noise
    exact = [np.sum(up * (1 + z) ** j) - np.sum(down * fake**j) for j in range(3)]
    batches = np.array(
        [hand_run.ascent(D, rng.normal(1, 1, 20), G[0] + G[1] * rng.normal(size=20)) for _ in range(4_000)]
    )
    error = batches.std(0) / math.sqrt(len(batches))
    assert (np.abs(batches.mean(0) - exact) < 4 * error).all() and (batches.std(0) > 20 * error).all()


@pytest.mark.claim("A5")
def test_each_step_moves_one_player_and_draws_afresh():
    start = hand_run.State.at(-1.0, 1.5)
    first = hand_run.step_d(start, 0.3, 64)
    assert (first.g == start.g).all() and (first.d != start.d).any() and first.moves == (1, 0)
    then = hand_run.step_g(first, 0.2, 64)
    assert (then.d == first.d).all() and (then.g != first.g).all() and then.moves == (1, 1)
    assert hand_run.step_d(start, 0.3, 64).d.tolist() == first.d.tolist(), "the same moves, the same game"
    draws = [state.noise(64).normal(size=64).tolist() for state in (start, first, then)]
    assert len({tuple(draw) for draw in draws}) == 3
    assert len(then.path) == 3 and then.path[-1] == (
        pytest.approx(hand_run.value(then.d, then.g)),
        pytest.approx(hand_run.value(hand_run.best_weights(then.g), then.g)),
    )


@pytest.mark.claim("A5")
@pytest.mark.parametrize("k", [1, 5])
def test_the_game_ends_at_the_data_and_minus_log_4(k):
    state = hand_run.State.at(-1.0, 1.5)
    for _ in range(250):
        for _ in range(k):
            state = hand_run.step_d(state, 0.3, 256)
        state = hand_run.step_g(state, 0.2, 256)
    assert np.abs(state.g - 1).max() < 0.15
    assert hand_run.value(state.d, state.g) == pytest.approx(-math.log(4), abs=0.05)
    assert all(value <= best + 1e-9 for value, best in state.path)


@pytest.mark.claim("A5")
def test_the_exercise_is_one_round_of_the_demo(rng):
    real, noise, fresh = rng.normal(1, 1, 30), rng.normal(size=30), rng.normal(size=30)
    d = D + 0.3 * hand_run.ascent(D, real, G[0] + G[1] * noise)
    g = G - 0.3 * hand_run.descent(d, G, fresh)
    ours = find("01.training_round").reference(D, G, real, noise, fresh, 0.3)
    np.testing.assert_allclose(ours, [*d, *g], rtol=1e-12)


def test_steps_of_g_alone_collapse_it_onto_the_frozen_discriminators_favourite():
    state = hand_run.State.at(-1.0, 1.5)
    for _ in range(20):
        state = hand_run.step_d(state, 0.3, 256)
    favourite = -state.d[1] / (2 * state.d[2])
    for _ in range(300):
        state = hand_run.step_g(state, 0.5, 256)
    assert favourite > 2 and abs(state.g[0] - favourite) < 0.02 and abs(state.g[1]) < 0.02


# other generative models


def clusters(rng):
    return np.concatenate([rng.normal(centre, 0.4, 200) for centre in (-6, 0, 6)])[:, None]


@pytest.mark.claim("F9")
def test_k_means_and_mixtures_stop_in_local_optima(rng):
    x, good, bad = clusters(rng), [[-6.0], [0.0], [6.0]], [[-6.4], [-5.6], [3.0]]
    found = [KMeans(3, init=np.array(start), n_init=1).fit(x).inertia_ for start in (good, bad)]
    assert found[1] > 20 * found[0]
    fits = [
        GaussianMixture(3, means_init=start, weights_init=[1 / 3] * 3, precisions_init=[[[6.25]]] * 3).fit(x)
        for start in (good, bad)
    ]
    assert all(fit.converged_ for fit in fits) and fits[1].score(x) < fits[0].score(x) - 0.3


@pytest.mark.claim("F9")
def test_baum_welch_needs_the_sum_over_paths_and_the_forward_recursion_gives_it(rng):
    start, turn, emit = rng.dirichlet([1] * 3), rng.dirichlet([1] * 3, 3), rng.dirichlet([1] * 4, 3)
    seen = rng.integers(0, 4, 6)
    paths = np.array(list(itertools.product(range(3), repeat=6)))

    def joint_of(turn):
        return start[paths[:, 0]] * turn[paths[:, :-1], paths[:, 1:]].prod(1) * emit[paths, seen].prod(1)

    joint = joint_of(turn)
    forward = start * emit[:, seen[0]]
    for symbol in seen[1:]:
        forward = (forward @ turn) * emit[:, symbol]
    assert forward.sum() == pytest.approx(joint.sum(), rel=1e-12)
    assert joint.max() < 0.9 * joint.sum(), "the best path, which Viterbi finds, is not the likelihood"
    counts = np.zeros((3, 3))  # Baum–Welch: transitions counted under the posterior of all paths
    for t in range(5):
        np.add.at(counts, (paths[:, t], paths[:, t + 1]), joint)
    assert joint_of(counts / counts.sum(1, keepdims=True)).sum() > joint.sum()


@pytest.mark.claim("F9")
def test_the_best_gaussian_decoder_without_information_is_the_blurred_mean():
    images = np.array([np.arange(12) >= edge for edge in range(3, 10)], dtype=float)
    blurred = images.mean(0)
    errors = [np.mean((images - image) ** 2) for image in images]
    assert np.mean((images - blurred) ** 2) < min(errors)
    assert ((blurred > 0.01) & (blurred < 0.99)).sum() == 6, "half grey, as no image is"
    for shift in np.eye(12) * 0.05:
        assert np.mean((images - blurred - shift) ** 2) > np.mean((images - blurred) ** 2)


# the demo


def test_buttons_play_and_sliders_of_the_game_by_hand():
    demo = hand_run.demo()
    demo.press("One step of G")
    assert "0 steps of D and 1 of G: generator mean -1.00" in demo.words.value, "a flat D teaches nothing"
    demo.press("Reset")
    for _ in range(3):
        demo.press("One step of D")
    demo.set(d_step=0.1, k=2)
    assert demo.result["state"].moves == (3, 0), "a change of step sizes keeps the game"
    demo.press("One round")
    assert demo.result["state"].moves == (5, 1)
    demo.play.value = 1
    demo.play.value = 2
    assert demo.error is None and demo.result["state"].moves == (9, 3)
    demo.play.value = 0  # the stop button
    assert demo.result["state"].moves == (9, 3)
    demo.set(mean=0.5)
    assert demo.result["state"].moves == (0, 0), "another start is another game"
    demo.press("One round")
    demo.press("Reset")
    assert demo.result["state"].moves == (0, 0) and demo.settings["k"] == 1 and demo.play.value == 0


def test_a_generator_that_runs_away_is_held_and_the_words_say_so():
    demo = hand_run.demo()
    demo.set(mean=-1.0, std=0.5, g_step=0.5)
    for _ in range(20):
        demo.press("One step of D")
    for _ in range(60):
        demo.press("One step of G")
    assert np.abs(demo.result["state"].g).max() == hand_run.REACH and "run off" in demo.words.value
    assert all(np.isfinite(demo.result[name]).all() for name in ("q", "d", "best", "path"))
