"""Lecture 05: the demos' numbers, the fits in the plane, and the losses of a GAN as divergences."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from gancourse.demos import two_directions as line
from gancourse.demos import two_directions_plane as plane
from gancourse.densities import Mixture, gaussian
from gancourse.divergences import js, kl, reverse_kl_fits
from gancourse.game import generator_slope

X = np.linspace(-40, 40, 8001)


# the demo on the line


@pytest.mark.claim("D5")
@pytest.mark.parametrize("a, covered", [(0.0, True), (2.5, True), (2.8, True), (2.9, False), (3.0, False)])
def test_the_demo_says_when_a_mode_is_chosen(a, covered):
    result = line.compute(a=a)
    assert result["covered"] == covered
    best = result["fits"][0]
    assert (best.std > a / 2) == covered and (abs(best.mean) < 1e-6) == covered
    assert result["std"] == pytest.approx(math.sqrt(1 + a**2)) and result["mean"] == pytest.approx(0)
    q = gaussian(0.0, math.sqrt(1 + a**2))
    p = line.two_modes(a)
    assert result["forward"] == pytest.approx(kl(p.logpdf(X), q.logpdf(X), X, log=True), abs=1e-9)


@pytest.mark.parametrize("settings", [{"a": 3.0}, {"a": 2.0, "share": 0.3, "std": 1.4}])
def test_both_curves_of_the_demo_are_the_divergence_at_the_best_std(settings):
    result = line.compute(**settings)
    log_p = line.two_modes(**settings).logpdf(X)
    for i in range(20, 61, 8):

        def forward(t, m=line.MEANS[i]):
            return kl(log_p, stats.norm.logpdf(X, m, math.exp(t)), X, log=True)

        def reverse(t, m=line.MEANS[i]):
            log_q = stats.norm.logpdf(X, m, math.exp(t))
            return np.trapezoid(np.exp(log_q) * (log_q - log_p), X)

        grid = np.linspace(-1.2, 2.0, 65)
        for f, name, within in ((forward, "forward_curve", 1e-7), (reverse, "reverse_curve", 2e-3)):
            start = min(grid, key=f)
            best = optimize.minimize_scalar(f, bounds=(start - 0.06, start + 0.06), method="bounded").fun
            assert result[name][i] == pytest.approx(best, abs=within)


def test_the_words_of_the_line():
    demo = line.demo()
    assert "±2.5" in demo.words.value and "covers both modes" in demo.words.value
    demo.set(a=3.0)
    assert "has chosen one mode" in demo.words.value and "0.689 at mean" in demo.words.value
    assert "-0.00" not in demo.words.value


# the demo in the plane


@pytest.mark.claim("D5")
@pytest.mark.parametrize("a, tilt", [(1.2, 0), (2.0, 30), (1.5, 70)])
def test_fits_carried_to_the_plane_are_found_by_brute_force_there(a, tilt):
    """Five numbers, quadrature in the plane, and starts that are off: the same means and full covariances."""
    p, result = plane.plane(a, tilt), plane.compute(a=a, tilt=tilt)
    for mean, cov, value in result["fits"]:
        found = plane.search(p, mean + 0.05, 1.15 * cov)
        assert found[2] == pytest.approx(value, abs=1e-7)
        assert found[0] == pytest.approx(mean, abs=1e-4) and found[1] == pytest.approx(cov, abs=1e-4)
    least = min(plane.search(p, [m, 0.0], np.diag([s, 0.5]))[2] for m in (-a, 0.0, a) for s in (0.5, 3.0))
    assert result["fits"][0][2] == pytest.approx(least, abs=1e-6)


@pytest.mark.claim("D5")
def test_both_minima_on_a_mode_have_full_covariances_and_the_forward_fit_covers():
    result = plane.compute(a=2.0, tilt=30)
    left, right = result["fits"][:2]
    assert left[2] == pytest.approx(right[2]) and left[0] == pytest.approx(-right[0])
    assert left[0][0] == pytest.approx(-2.0, abs=0.05)
    assert left[1] == pytest.approx(plane.covariance(30), abs=0.06) and abs(left[1][0, 1]) > 0.3
    mean, cov = result["forward"]
    drawn = plane.plane(2.0, 30).sample(200_000, 0)
    assert mean == pytest.approx(drawn.mean(0), abs=0.03) and cov == pytest.approx(np.cov(drawn.T), abs=0.05)
    assert not result["covered"] and plane.compute(a=2.0, tilt=0)["covered"]


def test_the_shaded_density_and_the_ellipses_are_right():
    result = plane.compute(a=1.3, tilt=25)
    points = np.stack(np.meshgrid(plane.X, plane.Y), axis=-1)
    assert np.allclose(result["p"], plane.plane(1.3, 25).pdf(points))
    curve = plane.ellipse([1.0, 2.0], plane.covariance(25), 2.0) - np.array([[1.0], [2.0]])
    assert np.allclose((curve * np.linalg.solve(plane.covariance(25), curve)).sum(0), 4.0)


# the losses of a GAN


@pytest.mark.claim("D5", "C2", "C3")
def test_each_loss_has_the_divergence_that_the_table_says():
    p, q = line.two_modes(1.5), gaussian(0.7, 1.3)
    log_p, log_q = p.logpdf(X), q.logpdf(X)
    expected = {
        "KL(p‖q)": kl(log_p, log_q, X, log=True),
        "2 JSD": 2 * js(log_p, log_q, X, log=True),
        "KL(q‖p)": kl(log_q, log_p, X, log=True),
    }
    expected["KL(q‖p) − 2 JSD"] = expected["KL(q‖p)"] - expected["2 JSD"]
    for name, (_, integrand) in line.LOSSES.items():
        got = np.trapezoid(integrand(np.exp(log_p), np.exp(log_q), log_p - log_q), X)
        assert got == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.claim("C2", "C3")
@pytest.mark.parametrize("name", line.LOSSES)
def test_the_frozen_gradient_is_that_of_the_divergence(name):
    """∫ (∂q/∂θ) ℓ(v) dx beside finite differences of the divergence, in mean and std."""
    loss, integrand = line.LOSSES[name]
    log_p = line.two_modes(1.5).logpdf(X)

    def value(m, s):
        log_q = stats.norm.logpdf(X, m, s)
        return np.trapezoid(integrand(np.exp(log_p), np.exp(log_q), log_p - log_q), X)

    m, s, h = 0.7, 1.3, 1e-4
    log_q = stats.norm.logpdf(X, m, s)
    z = (X - m) / s
    with np.errstate(over="ignore"):
        pull = np.exp(log_q) * loss(log_p - log_q)
    for score, difference in (
        (z / s, value(m + h, s) - value(m - h, s)),
        ((z**2 - 1) / s, value(m, s + h) - value(m, s - h)),
    ):
        assert np.trapezoid(pull * score, X) == pytest.approx(difference / (2 * h), abs=1e-6)


def test_the_losses_are_those_of_the_game():
    v, h = np.linspace(-4, 4, 9), 1e-6
    kinds = {"2 JSD": "saturating", "KL(q‖p)": "reverse_kl", "KL(q‖p) − 2 JSD": "non_saturating"}
    for name, kind in kinds.items():
        loss = line.LOSSES[name][0]
        assert (loss(v + h) - loss(v - h)) / (2 * h) == pytest.approx(generator_slope(v, kind), abs=1e-8)


@pytest.mark.claim("D5")
def test_the_losses_choose_one_after_another():
    """Forward never; then, from far to near: 2·JSD, the reverse KL, and the non-saturating loss."""

    def chosen(name, a):
        p = line.two_modes(a)
        return line.best_fit(name, p, a, 1.0)[2] < line.best_fit(name, p, 0.0, math.hypot(1, a))[2] - 1e-9

    for name, low, high in [("2 JSD", 4.1, 4.3), ("KL(q‖p)", 2.79, 2.81), ("KL(q‖p) − 2 JSD", 2.37, 2.39)]:
        assert not chosen(name, low) and chosen(name, high)
    assert not chosen("KL(p‖q)", 6.0)
    far = {name: line.best_fit(name, line.two_modes(9.0), 9.0, 1.0)[2] for name in line.LOSSES}
    assert far["2 JSD"] == pytest.approx(1.5 * math.log(4 / 3), abs=1e-6)
    assert far["KL(q‖p)"] == pytest.approx(math.log(2), abs=1e-6)
    assert far["KL(q‖p) − 2 JSD"] == pytest.approx(math.log(2) - 1.5 * math.log(4 / 3), abs=1e-6)


@pytest.mark.parametrize("a", [2.0, 3.0])
def test_descents_on_the_reverse_kl_agree(a):
    p = line.two_modes(a)
    for fit in reverse_kl_fits(p):
        found = line.best_fit("KL(q‖p)", p, fit.mean + 0.02, fit.std * 1.02)
        assert found == pytest.approx(tuple(fit), abs=1e-5)


def test_maximum_likelihood_is_forward_kl():
    """E_p log q and −KL(p‖q) differ by the entropy of p, whatever q is."""
    p = Mixture([0.3, 0.7], [-2.0, 1.0], stds=[0.5, 1.0])
    entropy = -sum(
        integrate.quad(lambda x: p.pdf(x) * p.logpdf(x), a, a + 4, epsabs=1e-12)[0] for a in range(-12, 12, 4)
    )
    for m, s in ((0.0, 1.0), (1.0, 3.0)):
        likelihood = np.trapezoid(p.pdf(X) * stats.norm.logpdf(X, m, s), X)
        divergence = kl(p.logpdf(X), stats.norm.logpdf(X, m, s), X, log=True)
        assert likelihood + divergence == pytest.approx(-entropy, abs=1e-7)
