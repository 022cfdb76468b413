"""Lecture 07: disjoint supports; lines with noise and without, and densities equally far in L1."""

import json
import math

import numpy as np
import ot
import pytest
from scipy import integrate, optimize, spatial, stats

from gancourse.demos import equal_l1
from gancourse.demos import parallel_lines as demo
from gancourse.densities import parallel_lines
from gancourse.divergences import js, kl, total_variation
from gancourse.exercises.lecture_07_slope import js_slope
from gancourse.recipes import line_critics

SETTINGS = [(0.5, 0.5), (-1.0, 0.3), (2.0, 1.0), (0.05, 0.8), (-1.5, 0.25)]


def quad(function, theta, sigma):
    low, high = min(0, theta) - 12 * sigma, max(0, theta) + 12 * sigma
    return integrate.quad(
        function, low, high, epsabs=1e-13, epsrel=1e-11, limit=400, points=(0, theta / 2, theta)
    )[0]


def js_by_quad(theta, sigma):
    p, q = stats.norm(0, sigma).logpdf, stats.norm(theta, sigma).logpdf

    def integrand(x):
        a, b = p(x), q(x)
        return np.exp(a) * np.logaddexp(0, b - a) + np.exp(b) * np.logaddexp(0, a - b)

    return math.log(2) - quad(integrand, theta, sigma) / 2


# --- the lines without noise ---------------------------------------------------------------------


@pytest.mark.claim("D6")
@pytest.mark.parametrize("theta", [-1.3, 1e-6, 0.4])
def test_lines_agree_with_transport_and_histograms(theta):
    z = (np.arange(40) + 0.5) / 40
    a, b = np.stack([0 * z, z], 1), np.stack([0 * z + theta, z], 1)
    cost = spatial.distance.cdist(a, b)
    exact = parallel_lines(theta).closed_form()
    assert ot.emd2([], [], cost) == pytest.approx(exact["wasserstein"], abs=1e-12)
    p, q = np.repeat([[1.0, 0.0], [0.0, 1.0]], 40, axis=1) / 40  # the cells of both lines
    assert spatial.distance.jensenshannon(p, q) ** 2 == pytest.approx(exact["js"], abs=1e-12)
    assert stats.entropy(p, q) == exact["kl"] == math.inf
    assert np.abs(p - q).sum() / 2 == pytest.approx(exact["total_variation"])


@pytest.mark.claim("D6")
def test_only_w1_has_a_slope_without_noise():
    for theta in (-2.0, -1e-6, 0.3):
        slopes = parallel_lines(theta).slopes()
        assert (slopes["js"], slopes["total_variation"]) == (0.0, 0.0) and math.isnan(slopes["kl"])
        assert slopes["wasserstein"] == math.copysign(1, theta)
    assert all(math.isnan(s) for s in parallel_lines(0.0).slopes().values())


# --- with noise ----------------------------------------------------------------------------------


@pytest.mark.claim("D7")
@pytest.mark.parametrize(("theta", "sigma"), SETTINGS)
def test_two_dimensions_reduce_to_one(theta, sigma):
    """KL, TV, JSD by sums over the plane, with the second coordinate in."""
    x = np.linspace(min(0, theta) - 9 * sigma, max(0, theta) + 9 * sigma, 1601)
    y = np.linspace(-9 * sigma, 1 + 9 * sigma, 161)
    b = stats.norm.cdf(y / sigma) - stats.norm.cdf((y - 1) / sigma)
    p, q = (np.outer(stats.norm.pdf(x, m, sigma), b) for m in (0.0, theta))
    p, q = p / p.sum(), q / q.sum()
    exact = parallel_lines(theta).closed_form(sigma)
    assert stats.entropy(p.ravel(), q.ravel()) == pytest.approx(theta**2 / (2 * sigma**2), rel=1e-8)
    assert exact["kl"] == pytest.approx(theta**2 / (2 * sigma**2), rel=1e-14)
    assert np.abs(p - q).sum() / 2 == pytest.approx(exact["total_variation"], abs=2e-5)
    assert spatial.distance.jensenshannon(p.ravel(), q.ravel()) ** 2 == pytest.approx(exact["js"], abs=1e-9)
    assert exact["js"] == pytest.approx(js_by_quad(theta, sigma), abs=1e-10)
    assert exact["total_variation"] == pytest.approx(
        2 * stats.norm.cdf(abs(theta) / (2 * sigma)) - 1, abs=1e-14
    )


@pytest.mark.claim("D7")
def test_w1_under_noise_is_still_the_distance():
    """The same points on both sides: the plan straight across is optimal, whatever the noise is."""
    rng = np.random.default_rng(0)
    for theta, sigma in SETTINGS:
        start = np.stack([np.zeros(60), rng.random(60)], 1) + sigma * rng.standard_normal((60, 2))
        cost = spatial.distance.cdist(start, start + [theta, 0.0])
        exact = parallel_lines(theta).closed_form(sigma)["wasserstein"]
        assert ot.emd2([], [], cost) == pytest.approx(exact, abs=1e-10)


@pytest.mark.claim("D7")
@pytest.mark.parametrize(("theta", "sigma"), SETTINGS)
def test_slopes_are_derivatives(theta, sigma):
    h = 1e-4 * sigma
    up, down = (parallel_lines(theta + e).closed_form(sigma) for e in (h, -h))
    for name, slope in parallel_lines(theta).slopes(sigma).items():
        assert slope == pytest.approx((up[name] - down[name]) / (2 * h), rel=1e-6, abs=1e-9), name


@pytest.mark.claim("D7")
@pytest.mark.parametrize(("theta", "sigma"), SETTINGS)
def test_the_slope_of_jsd_is_the_mean_of_d(theta, sigma):
    p, q = stats.norm(0, sigma).pdf, stats.norm(theta, sigma).pdf
    mean_d = quad(lambda x: q(x) * p(x) / (p(x) + q(x)), theta, sigma)
    want = theta / (2 * sigma**2) * mean_d
    assert parallel_lines(theta).slopes(sigma)["js"] == pytest.approx(want, rel=1e-8)
    assert js_slope(theta, sigma) == pytest.approx(want, rel=1e-8)


def test_slopes_far_out_and_at_zero():
    assert parallel_lines(1e6).slopes(1.0)["js"] == 0.0
    assert 0 < parallel_lines(39.9).slopes(1.0)["js"] < 1e-80
    at_zero = parallel_lines(0.0).slopes(0.5)
    assert at_zero["kl"] == at_zero["js"] == 0 and math.isnan(at_zero["total_variation"])
    with pytest.raises(ValueError, match="^noise:"):
        parallel_lines(1.0).slopes(-0.1)


def test_the_best_noise_is_two_fifths_of_the_distance():
    for theta in (0.5, 2.0):
        best = optimize.minimize_scalar(
            lambda s, theta=theta: -parallel_lines(theta).slopes(s)["js"], bounds=(0.05, 5), method="bounded"
        )
        assert best.x == pytest.approx(0.4071 * theta, rel=1e-3) and -best.fun * theta == pytest.approx(
            0.4795, abs=1e-4
        )


# --- the demo of the lines -----------------------------------------------------------------------


@pytest.mark.claim("D6", "D7")
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.55, 1.0])
def test_the_curves_of_the_demo_are_the_closed_forms(noise):
    values, slopes = demo.curves(noise)
    for i in (0, 37, 80, 81, 160):
        line = parallel_lines(round(demo.THETAS[i], 9) + 0.0)
        for name in demo.DISTANCES:
            assert values[name][i] == pytest.approx(line.closed_form(noise)[name], abs=1e-9)
            assert slopes[name][i] == pytest.approx(line.slopes(noise)[name], abs=1e-9, nan_ok=True)


@pytest.mark.claim("D6")
def test_the_demo_says_what_there_is_to_say():
    shown = demo.demo()
    assert "KL ∞, slope none; TV 1.000, slope 0.000; JSD 0.693, slope 0.000; W1 1.200" in shown.words.value
    shown.set(theta=0.0)
    assert "KL 0.000" in shown.words.value and "W1 0.000, slope none" in shown.words.value
    shown.set(theta=0.6, noise=0.5)
    assert (
        "KL 0.720, slope 2.400; TV 0.451" in shown.words.value and "Trained at θ = 0.6" in shown.words.value
    )
    shown.set(noise=0.55)
    assert shown.result["learned"] is None and "No critic was trained" in shown.words.value
    assert len(shown.stage.artists["value js learned"].get_xdata()) == 0


# --- what was trained beforehand -----------------------------------------------------------------


@pytest.mark.claim("D6", "D7")
def test_the_stored_networks_say_what_the_lecture_says():
    known = line_critics.stored()
    thetas = known["thetas"]
    assert tuple(thetas) == line_critics.THETAS and tuple(known["noises"]) == line_critics.NOISES
    for i, sigma in enumerate(known["noises"]):
        exact = [parallel_lines(theta).closed_form(sigma) for theta in thetas]
        found = {name: known[name][i] for name in line_critics.QUANTITIES}
        assert all(values.shape == (11, 3) for values in found.values())
        for name in ("js", "total_variation"):
            want = np.array([e[name] for e in exact])
            assert np.abs(found[name].mean(-1) - want).max() < 0.01
        # a lower bound, but for the sample
        assert (found["js"].mean(-1) < [e["js"] + 0.005 for e in exact]).all()
        biased = np.abs(thetas) + thetas**2 / (2 * line_critics.WEIGHT)
        assert np.abs(found["wasserstein"].mean(-1) - biased).max() < 0.015
        for j, theta in enumerate(thetas):
            if theta:
                want = parallel_lines(theta).slopes(sigma)["js"]
                assert found["js_slope"][j].mean() == pytest.approx(want, abs=0.09 if sigma == 0 else 0.03)
                assert np.sign(found["wasserstein_slope"][j]).sum() == 3 * np.sign(theta)
    apart = thetas != 0
    assert 7 < known["kl"][0][apart].min() and known["kl"][0].max() < 11
    assert known["kl"][-1][-1].mean() == pytest.approx(2.0, abs=0.1)


def test_missing_results_name_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match="python tools/measure_line_critics.py"):
        line_critics.stored(tmp_path / "line_critics.json")
    record = json.loads(line_critics.STORED.read_text(encoding="utf-8"))
    assert record["command"] == line_critics.COMMAND and set(record["versions"]) == {
        "python",
        "torch",
        "numpy",
    }


def test_a_short_training_finds_the_distances():
    pytest.importorskip("torch")
    theta = np.array([0.5, -1.0])
    found = line_critics.train(theta, np.array([0.0, 0.0]), steps=300, seed=3)
    assert (found["js"] > 0.6).all() and (found["js"] < math.log(2)).all()
    assert found["wasserstein"] == pytest.approx(np.abs(theta), rel=0.1)
    assert (np.sign(found["wasserstein_slope"]) == np.sign(theta)).all()


def test_no_network_of_a_stack_feels_another():
    pytest.importorskip("torch")
    one, other = (line_critics.train([0.5, far], [0.1, 0.1], steps=20, seed=1) for far in (1.0, -2.0))
    for name in line_critics.QUANTITIES:
        assert one[name][0] == pytest.approx(other[name][0], rel=1e-5)
        assert one[name][1] != pytest.approx(other[name][1], rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(([1.0], [-0.1]), "noise"), (([1.0, 2.0], [0.1]), "noise"), (([[1.0]], [0.1]), "theta")],
)
def test_bad_settings_are_named(arguments, name):
    with pytest.raises(ValueError, match=f"^{name}:"):
        line_critics.train(*arguments)


def test_what_is_read_off_networks_known_by_hand():
    """Logit v = a·x₁ and critic f = g·x₁ on the clean lines: every number by hand."""
    torch = pytest.importorskip("torch")
    theta, a, g = torch.tensor([0.5, -1.0]), -2.0, 1.5
    real, fake = line_critics._lines(theta, torch.zeros(2))(50)
    found = line_critics._read(lambda x: a * x[..., 0], lambda x: g * x[..., 0], real, fake)
    v = a * theta.double().numpy()
    sigmoid = 1 / (1 + np.exp(-v))
    assert found["d"] == pytest.approx(sigmoid)
    assert found["js"] == pytest.approx(math.log(2) - (math.log(2) + np.logaddexp(0, v)) / 2)
    assert found["js_slope"] == pytest.approx(-0.5 * sigmoid * a)
    assert found["kl"] == pytest.approx(1 - np.exp(v))
    assert found["wasserstein"] == pytest.approx(g * theta.numpy())
    assert found["wasserstein_slope"] == pytest.approx([g, g])
    assert found["total_variation"] == pytest.approx([0.0, -1.0])
    weighted = line_critics._penalised(lambda x: g * x[..., 0], real, fake).detach().numpy()
    assert weighted == pytest.approx(-g * theta.numpy() + 10 * (g - 1) ** 2, abs=1e-5)


# --- three densities -----------------------------------------------------------------------------


@pytest.mark.claim("D10")
@pytest.mark.parametrize(("place", "share"), [(9.0, 0.8), (4.0, 0.3), (11.0, 1.0)])
def test_equal_l1_is_exact(place, share):
    found = equal_l1.compute(place=place, share=share)
    ground = (1 - share) / 12
    assert found["l1"] == pytest.approx(2 * share) and found["total_variation"] == pytest.approx(share)
    want = share * math.log((ground + share) / ground) if ground else math.inf
    assert found["kl"] == pytest.approx(want)
    places = (equal_l1.FIRST, equal_l1.SECOND, place)
    assert found["wasserstein"] == pytest.approx(
        [share * abs(places[i] - places[j]) for i, j in equal_l1.PAIRS]
    )
    assert np.ptp(found["js"]) < 1e-12 and all(
        np.sum(d) * 0.05 == pytest.approx(1) for d in found["densities"]
    )
    masses = [equal_l1.histogram(at, share) for at in places]
    x = equal_l1.CENTRES
    pairs = [(masses[i], masses[j]) for i, j in equal_l1.PAIRS]
    moved = [ot.emd2_1d(x, x, p, q, metric="euclidean") for p, q in pairs]
    assert found["wasserstein"] == pytest.approx(moved, abs=1e-9)


@pytest.mark.claim("D10")
def test_a_shuffle_of_space_moves_w1_alone():
    p, q = equal_l1.histogram(1.0, 0.6), equal_l1.histogram(6.0, 0.6)
    order = np.random.default_rng(2).permutation(len(p))
    for distance in (kl, js, total_variation):
        assert distance(p[order], q[order]) == pytest.approx(distance(p, q), abs=1e-13)
    x = equal_l1.CENTRES
    before, after = (stats.wasserstein_distance(x, x, a, b) for a, b in ((p, q), (p[order], q[order])))
    assert before == pytest.approx(3.0) and abs(after - before) > 1


@pytest.mark.claim("D10")
def test_without_absolute_values_every_difference_is_zero():
    p, q = equal_l1.histogram(1.0, 0.6), equal_l1.histogram(1.5, 0.6)
    assert abs((p - q).sum()) < 1e-12 < np.abs(p - q).sum()
    assert "L1: 1.600, 1.600, 1.600" in equal_l1.demo().words.value
