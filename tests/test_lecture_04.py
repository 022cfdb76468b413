"""Generator losses: what they descend with D frozen, and what too much or too little training leaves."""

import json

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from scipy.special import expit

from gancourse.demos import frozen_gradient, particle_forces
from gancourse.densities import Mixture
from gancourse.exercises.lecture_04 import frozen_gradient as reference
from gancourse.game import GENERATOR_LOSSES, generator_loss, generator_slope, optimal_logit
from gancourse.recipes import gaussian_game, overtrained

PAIRS = [(1.0, 1.3), (-2.0, 0.6), (3.0, 1.0), (0.0, 1.0)]
H = 1e-4


def quad(function):
    return integrate.quad(function, -25, 25, epsabs=1e-12, epsrel=1e-12, limit=400, points=(-3, 0, 3))[0]


def logs(mean, std):
    return stats.norm(0, 1).logpdf, stats.norm(mean, std).logpdf


def reverse_kl(mean, std):
    return (std**2 + mean**2 - 1) / 2 - np.log(std)


def two_jsd(mean, std):
    log_p, log_q = logs(mean, std)

    def at(x):
        a, b = log_p(x), log_q(x)
        log_m = np.logaddexp(a, b) - np.log(2)
        return np.exp(a) * (a - log_m) + np.exp(b) * (b - log_m)

    return quad(at)


def mean_loss(mean, std, kind):
    """E_q of a loss at D*, by SciPy's quadrature of our losses."""
    log_p, log_q = logs(mean, std)
    return quad(lambda x: np.exp(log_q(x)) * float(generator_loss(optimal_logit(log_p(x), log_q(x)), kind)))


def frozen(mean, std, kind):
    """Its derivatives in mean and std with D held fixed: only the density under the integral moves."""
    log_p, log_q = logs(mean, std)

    def at(x, score):
        return np.exp(log_q(x)) * score * float(generator_loss(optimal_logit(log_p(x), log_q(x)), kind))

    return np.array([
        quad(lambda x: at(x, (x - mean) / std**2)),
        quad(lambda x: at(x, ((x - mean) ** 2 / std**2 - 1) / std)),
    ])  # fmt: skip


def gradient(function, mean, std):
    return np.array([
        (function(mean + H, std) - function(mean - H, std)) / (2 * H),
        (function(mean, std + H) - function(mean, std - H)) / (2 * H),
    ])  # fmt: skip


@pytest.mark.claim("C2")
@pytest.mark.parametrize(("mean", "std"), PAIRS)
def test_the_log_ratio_loss_is_the_reverse_kl_in_value_and_in_gradient(mean, std):
    assert mean_loss(mean, std, "reverse_kl") == pytest.approx(reverse_kl(mean, std), abs=1e-9)
    of_reverse = np.array([mean, std - 1 / std])
    assert frozen(mean, std, "reverse_kl") == pytest.approx(of_reverse, abs=1e-8)
    if (mean, std) != (0, 1):
        of_forward = np.array([mean / std**2, 1 / std - (1 + mean**2) / std**3])
        assert np.abs(of_reverse - of_forward).max() > 0.2, "the two directions must differ for this to tell"


@pytest.mark.claim("C2", "C3")
@pytest.mark.parametrize("kind", GENERATOR_LOSSES)
def test_the_mean_push_is_minus_the_frozen_gradient(kind):
    """Chain rule through the points, against a density that moves under the integral."""
    mean, std = 1.0, 1.3
    p, q = Mixture([1.0], [[0.0]], stds=1.0), Mixture([1.0], [[mean]], stds=std)
    z = np.linspace(-9, 9, 2001)
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    push = particle_forces.push((mean + std * z)[:, None], p, q, kind)[:, 0]
    assert [-weight @ push, -weight @ (push * z)] == pytest.approx(frozen(mean, std, kind), abs=1e-8)


@pytest.mark.claim("C3")
@pytest.mark.parametrize(("mean", "std"), PAIRS)
def test_the_frozen_non_saturating_gradient_is_that_of_kl_less_two_jsd(mean, std):
    def target(m, s):
        return reverse_kl(m, s) - two_jsd(m, s)

    total = gradient(lambda m, s: mean_loss(m, s, "non_saturating"), mean, std)
    here = frozen(mean, std, "non_saturating")
    assert here == pytest.approx(gradient(target, mean, std), abs=1e-6)
    value = mean_loss(mean, std, "non_saturating")
    if (mean, std) == (0, 1):
        assert value == pytest.approx(np.log(2)) and here == pytest.approx([0, 0], abs=1e-9)
    else:
        assert np.abs(total - here).max() > 0.1
        assert abs(value - target(mean, std) - np.log(2)) > 0.05, "not even a constant apart"
    z = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)  # the exercise's answer takes plain means over z
    assert reference(z, mean, std) == pytest.approx(here, abs=1e-3)


@pytest.mark.claim("C3")
@pytest.mark.parametrize(("mean", "std"), PAIRS)
def test_kl_less_two_jsd_is_twice_the_kl_of_the_mixture(mean, std):
    log_p, log_q = logs(mean, std)

    def at(x):
        a = log_p(x)
        log_m = np.logaddexp(a, log_q(x)) - np.log(2)
        return np.exp(log_m) * (log_m - a)

    assert 2 * quad(at) == pytest.approx(reverse_kl(mean, std) - two_jsd(mean, std), abs=1e-9)


@pytest.mark.claim("C3")
@pytest.mark.parametrize(("mean", "std"), [(1.0, 1.3), (-2.5, 0.4), (2.0, 2.0)])
def test_the_demo_of_the_frozen_gradient_is_exact(mean, std):
    here = frozen_gradient.compute(mean=mean, std=std)["here"]

    def target(m, s):
        return reverse_kl(m, s) - two_jsd(m, s)

    assert here["loss"] == pytest.approx(mean_loss(mean, std, "non_saturating"), abs=1e-7)
    assert here["target"] == pytest.approx(target(mean, std), abs=1e-7)
    assert here["frozen"] == pytest.approx(frozen(mean, std, "non_saturating")[0], abs=1e-7)
    assert here["slope"] == pytest.approx(here["frozen"], abs=1e-6)
    total = gradient(lambda m, s: mean_loss(m, s, "non_saturating"), mean, std)[0]
    assert here["total"] == pytest.approx(total, abs=1e-6) and abs(total - here["frozen"]) > 0.02


@pytest.mark.claim("C6")
@pytest.mark.parametrize("mean", [0.5, 2.0, 4.0])
def test_freezing_d_is_exact_for_the_function_that_d_maximises(mean):
    def along(m, scale):
        a, b = gaussian_game.best(m)
        return gaussian_game.value_of(scale * a, scale * b, m)

    for scale in (0.5, 1.0, 2.0):
        a, b = (scale * c for c in gaussian_game.best(mean))
        still = gaussian_game.generator_gradient(a, b, mean, "saturating")
        total = (along(mean + H, scale) - along(mean - H, scale)) / (2 * H)
        assert (abs(still - total) < 1e-6) == (scale == 1.0)
    exact = (two_jsd(mean + H, 1.0) - two_jsd(mean - H, 1.0)) / (2 * H)
    here = gaussian_game.generator_gradient(*gaussian_game.best(mean), mean, "saturating")
    assert here == pytest.approx(exact, abs=1e-6)


@pytest.mark.claim("C6")
@pytest.mark.parametrize("kind", GENERATOR_LOSSES)
def test_what_the_total_derivative_has_on_top(kind):
    """Less E_q[slope · ∂ log q]: zero for the log-ratio loss alone."""
    mean, std = 1.0, 1.3
    log_p, log_q = logs(mean, std)

    def at(x):
        slope = float(generator_slope(optimal_logit(log_p(x), log_q(x)), kind))
        return np.exp(log_q(x)) * slope * (x - mean) / std**2

    total = gradient(lambda m, s: mean_loss(m, s, kind), mean, std)[0]
    assert total - frozen(mean, std, kind)[0] == pytest.approx(-quad(at), abs=1e-6)
    assert (abs(quad(at)) < 1e-9) == (kind == "reverse_kl")


@pytest.mark.claim("C5")
def test_the_best_logit_of_the_small_game_is_the_maximum_and_training_reaches_it():
    mean = 3.0
    found = optimize.minimize(lambda c: -gaussian_game.value_of(*c, mean), [0.0, 0.0], tol=1e-12)
    assert found.x == pytest.approx(gaussian_game.best(mean), abs=1e-3)
    assert gaussian_game.value_of(*gaussian_game.best(mean), mean) == pytest.approx(
        two_jsd(mean, 1.0) - np.log(4), abs=1e-9
    )
    values = [
        gaussian_game.value_of(*gaussian_game.ascend(0, 0, mean, k), mean) for k in (0, 1, 10, 100, 1000)
    ]
    assert values[0] == pytest.approx(-np.log(4)) and (np.diff(values) > 0).all()
    assert values[1] + np.log(4) < 0.2 * two_jsd(mean, 1.0), "one step is far from the JSD"
    assert gaussian_game.ascend(0, 0, mean, 20_000) == pytest.approx(gaussian_game.best(mean), abs=1e-2)


@pytest.mark.claim("C5")
def test_one_step_of_d_is_its_gradient():
    a, b, mean, rate = 0.7, -0.4, 2.0, 1e-3
    up = gaussian_game.ascend(a, b, mean, 1, rate)
    by_a = gaussian_game.value_of(a + H, b, mean) - gaussian_game.value_of(a - H, b, mean)
    by_b = gaussian_game.value_of(a, b + H, mean) - gaussian_game.value_of(a, b - H, mean)
    assert (np.array(up) - (a, b)) / rate == pytest.approx(np.array([by_a, by_b]) / (2 * H), abs=1e-6)


@pytest.mark.claim("C5")
def test_a_perfect_d_starves_the_saturating_loss_alone():
    ends = {
        (kind, k): gaussian_game.play(k, kind)
        for kind in ("saturating", "non_saturating")
        for k in (1, 20, None)
    }
    means = {key: play[0] for key, play in ends.items()}
    assert means["saturating", 1][-1] < means["saturating", 20][-1] < means["saturating", None][-1]
    assert means["saturating", None][-1] > 7.9
    assert abs(means["non_saturating", None][-1]) < 1e-6
    assert means["non_saturating", 1].min() < -0.5, "a D that is out of date lets the generator run past"
    shortfall = ends["saturating", 1][1]
    assert shortfall[0] > 0.5 and (shortfall >= -1e-12).all()
    assert ends["saturating", None][1] == pytest.approx(0, abs=1e-12)


def test_the_game_names_what_it_cannot_play():
    with pytest.raises(ValueError, match="kind: expected one of 'saturating'"):
        gaussian_game.play(1, "hinge")
    with pytest.raises(ValueError, match="inner: expected a whole number"):
        gaussian_game.play(0, "saturating")


@pytest.mark.claim("C4")
def test_the_gradients_of_the_losses_are_weights_times_that_of_the_logit():
    torch = pytest.importorskip("torch")
    x = torch.tensor(np.random.default_rng(0).normal(size=(6, 2)), requires_grad=True)
    v = 3 * torch.sin(x).sum(1) - 2
    d = torch.sigmoid(v)

    def mean_length(values):
        (slope,) = torch.autograd.grad(values.sum(), x, retain_graph=True)
        return slope.norm(dim=1).mean().item()

    (slope,) = torch.autograd.grad(v.sum(), x, retain_graph=True)
    got = overtrained._quantities(v.detach().numpy(), slope.numpy())
    assert got["slope_of_d"] == pytest.approx(mean_length(d), rel=1e-9)
    assert got["saturating"] == pytest.approx(mean_length(torch.log(1 - d)), rel=1e-9)
    assert got["non_saturating"] == pytest.approx(mean_length(-torch.log(d)), rel=1e-9)
    assert got["log_ratio"] == pytest.approx(mean_length(-v), rel=1e-9)
    assert got["d"] == pytest.approx(expit(v.detach().numpy()).mean())


@pytest.mark.claim("C4")
def test_the_stored_curves_say_what_the_lecture_says():
    known = overtrained.stored()
    assert len(known["runs"]) == 4 and tuple(known["steps"]) == overtrained.MARKS
    for run in known["runs"].values():
        assert all(curves.shape == (5, len(overtrained.MARKS)) for curves in run.values())
        end = {name: curves[:, -1] for name, curves in run.items()}
        assert (end["d"] < 2e-4).all() and (end["slope_of_d"] < 3e-4).all()
        fall = run["saturating"].mean(0).max() / end["saturating"].mean()
        assert 1_300 < fall < 5_500
        assert end["non_saturating"] == pytest.approx(end["log_ratio"], rel=1e-3)
        assert (end["non_saturating"] > 1e4 * end["d"] * 0.02).all()
    steep = known["runs"]["relu", 2.0]["log_ratio"].mean(0)
    assert (np.diff(steep) > 0).all() and 55 < steep[-1] / steep[0] < 70
    flat = known["runs"]["tanh", 10.0]["log_ratio"].mean(0)
    assert flat.argmax() not in (0, len(flat) - 1) and flat[-1] < 0.6 * flat.max()


@pytest.mark.claim("C4")
def test_measuring_again_gives_the_stored_curves():
    pytest.importorskip("torch")
    marks = overtrained.MARKS[:5]
    again = overtrained.measure(activation="relu", gap=2.0, marks=marks, seed=0)
    run = overtrained.stored()["runs"]["relu", 2.0]
    for name in overtrained.QUANTITIES:
        assert again[name] == pytest.approx(run[name][0, : len(marks)], rel=0.02)


def test_discs_do_not_touch():
    real, fake = overtrained.discs(2_000, 2.0, np.random.default_rng(0))
    assert np.hypot(real[:, 0] + 1.5, real[:, 1]).max() <= 0.5
    assert np.hypot(fake[:, 0] - 1.5, fake[:, 1]).max() <= 0.5
    assert fake[:, 0].min() - real[:, 0].max() == pytest.approx(2.0, abs=0.02)
    # uniform on a disc: half of the points lie within 1/√2 of the radius
    assert np.mean(np.hypot(fake[:, 0] - 1.5, fake[:, 1]) < 0.5 / np.sqrt(2)) == pytest.approx(0.5, abs=0.04)


def test_missing_results_name_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(overtrained, "STORED", tmp_path / "overtrained_discriminator.json")
    with pytest.raises(FileNotFoundError, match="python tools/measure_overtrained.py"):
        overtrained.stored()


def test_the_record_names_its_command_and_versions():
    record = json.loads(overtrained.STORED.read_text(encoding="utf-8"))
    assert record["command"] == overtrained.COMMAND and set(record["versions"]) == {
        "python",
        "torch",
        "numpy",
    }
