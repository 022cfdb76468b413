"""Lecture 14: remedies; closed forms, the demos of them, and differences of runs on the same seeds."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from gancourse.demos import averaged_game, label_targets, one_sided_noise, packing_region, unrolled_game
from gancourse.recipes import mode_collapse, remedies

# --- unrolling -----------------------------------------------------------------------------------


@pytest.mark.claim("E4")
@pytest.mark.parametrize("through", [True, False])
@pytest.mark.parametrize(("k", "rate"), [(0, 0.3), (1, 0.1), (4, 0.25)])
def test_the_matrix_of_a_round_is_that_of_differentiated_steps(k, rate, through):
    torch = pytest.importorskip("torch")
    for start in np.eye(2):
        theta, psi = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in start)
        seen = psi
        for _ in range(k):
            (slope,) = torch.autograd.grad(seen * theta, seen, create_graph=True)
            seen = seen - rate * slope
        (up,) = torch.autograd.grad(-(seen if through else seen.detach()) * theta, theta, retain_graph=True)
        (down,) = torch.autograd.grad(psi * theta, psi)
        h = unrolled_game.STEP
        moved = [(theta - h * up).item(), (psi - h * down).item()]
        assert unrolled_game.update(k, rate, through) @ start == pytest.approx(moved, abs=1e-14)


@pytest.mark.claim("E4")
def test_one_step_ahead_held_fixed_circles_and_differentiated_converges():
    h = unrolled_game.STEP
    assert unrolled_game.compute(k=1, rate=h, held=1)["factor"] == pytest.approx(1.0, abs=1e-12)
    assert unrolled_game.compute(k=1, rate=h, held=0)["factor"] == pytest.approx(math.sqrt(1 - h**2))
    assert unrolled_game.compute(k=0, rate=h, held=0)["factor"] == pytest.approx(math.sqrt(1 + h**2))
    shown = unrolled_game.demo()
    shown.set(k=1, held=1)
    assert "−ψ + 0.10θ" in shown.words.value and "the game circles" in shown.words.value
    shown.set(k=0)
    assert "G's gradient: −ψ. " in shown.words.value and "spirals out" in shown.words.value
    distance = np.hypot(*shown.result["path"].T)
    assert distance == pytest.approx((1 + h**2) ** (np.arange(len(distance)) / 2))


# --- packing -------------------------------------------------------------------------------------


def by_all_packs(p, q, m):
    packs = list(itertools.product(range(len(p)), repeat=m))
    return sum(abs(math.prod(p[i] for i in pack) - math.prod(q[i] for i in pack)) for pack in packs) / 2


@pytest.mark.claim("E5")
@pytest.mark.parametrize("m", [1, 2, 3, 5])
def test_two_cells_in_packs_are_all_packs_counted(m):
    for p, q in ((0.2, 0.9), (0.0, 0.4), (0.5, 0.75)):
        want = by_all_packs((p, 1 - p), (q, 1 - q), m)
        assert packing_region.packed_tv(p, q, m) == pytest.approx(want, abs=1e-14)


@pytest.mark.claim("E5")
def test_every_pair_of_laws_lies_between_the_bounds_and_a_lack_of_modes_attains_the_upper():
    rng = np.random.default_rng(0)
    for _ in range(40):
        p, q = rng.dirichlet(np.full(5, 0.7), 2)
        tau = np.abs(p - q).sum() / 2
        least, most = packing_region.bounds(tau)
        for m in (2, 4):
            assert least[m - 1] - 1e-4 <= by_all_packs(p, q, m) <= most[m - 1] + 1e-12
    p = rng.dirichlet(np.full(5, 2.0))
    lacking = np.where(np.arange(5) < 2, 0, p) / p[2:].sum()
    assert by_all_packs(p, lacking, 4) == pytest.approx(1 - (1 - p[:2].sum()) ** 4, abs=1e-12)


@pytest.mark.claim("E5")
def test_the_demo_of_packs_says_what_is_lacking():
    shown = packing_region.demo()
    assert "In packs of 4: 0.6836, of at least 0.3672 and at most 0.6836" in shown.words.value
    assert "lacks 25 % of the data" in shown.words.value
    shown.set(place=0.0)
    assert "25 % of what it makes never occurs" in shown.words.value and "0.6836, of" in shown.words.value
    shown.set(place=2 / 3)  # p(S) = ½
    assert shown.result["here"] == pytest.approx(by_all_packs((0.5, 0.5), (0.75, 0.25), 4))
    assert "lacks" not in shown.words.value


# --- noise ---------------------------------------------------------------------------------------


def jsd_as_seen(width, noise, sides):
    def law(std):
        return lambda x: (stats.norm.pdf(x, -1.5, std) + stats.norm.pdf(x, 1.5, std)) / 2

    p = law(math.hypot(one_sided_noise.STD, noise if sides != 2 else 0))
    q = law(math.hypot(width, noise if sides != 1 else 0))

    def integrand(x):
        a, b = p(x), q(x)
        return sum(d * math.log(2 * d / (a + b)) if d > 1e-300 else 0.0 for d in (a, b)) / 2

    return integrate.quad(integrand, -9, 9, points=(-1.5, 0, 1.5), limit=400)[0]


@pytest.mark.claim("E6")
@pytest.mark.parametrize(
    ("sides", "noise", "best"),
    [(0, 0.3, 0.4), (0, 0.8, 0.4), (1, 0.3, 0.5), (2, 0.24, 0.32)],
)
def test_noise_on_both_sides_leaves_the_optimum_and_on_one_side_moves_it(sides, noise, best):
    found = optimize.minimize_scalar(
        lambda width: jsd_as_seen(width, noise, sides), bounds=(0.05, 1.5), method="bounded"
    )
    assert found.x == pytest.approx(best, abs=1e-3) and found.fun < 1e-7
    assert one_sided_noise.best_width(noise, sides) == pytest.approx(best)
    for width in (0.1, 0.7):
        shown = one_sided_noise.compute(width=width, noise=noise, sides=sides)["here"]
        assert shown == pytest.approx(jsd_as_seen(width, noise, sides), abs=1e-6)


@pytest.mark.claim("E6")
def test_noise_on_generated_points_wider_than_the_data_leaves_no_optimum_but_a_point():
    assert one_sided_noise.best_width(0.6, 2) == 0.0
    values = [jsd_as_seen(width, 0.6, 2) for width in (0.05, 0.1, 0.2, 0.4)]
    assert values == sorted(values) and values[0] > 0.03
    shown = one_sided_noise.demo()
    shown.set(sides=2, noise=0.6)
    assert "It is least at width 0.0000, where it is 0.03" in shown.words.value


# --- historical averaging --------------------------------------------------------------------------


@pytest.mark.claim("E8")
@pytest.mark.parametrize("weight", [0.25, 0.5, 1.0])
def test_averaging_closes_the_circle_by_a_power_of_time(weight):
    rows, end = averaged_game.play(weight), averaged_game.STEPS - 1
    distance = np.hypot(rows[:, 0], rows[:, 1])
    power = math.log(distance[end] / distance[end // 4]) / math.log(4)
    assert power == pytest.approx(-1 / (1 + 4 * weight**2), abs=0.02)
    assert averaged_game.exponent(weight) == -1 / (1 + 4 * weight**2)


@pytest.mark.claim("E8")
def test_the_means_are_those_of_the_past_and_plain_play_circles():
    rows = averaged_game.play(0.5)
    start = np.vstack([[1.0, 0.0], rows[:, :2]])
    for t in (1, 7, 500):
        assert rows[t - 1, 2:] == pytest.approx(start[:t].mean(0))
    plain = np.hypot(*averaged_game.play(0.0)[:, :2].T)
    assert 0.97 < plain.min() and plain.max() < 1.03
    shown = averaged_game.demo()
    shown.set(weight=0.0)
    assert "it does not fall" in shown.words.value
    shown.set(weight=1.0)
    assert "t to the power −0.200: ten times as long for a factor 1.58" in shown.words.value


# --- labels, squares, hinges -----------------------------------------------------------------------


def least(loss, p, q, alpha, beta):
    """Where D's loss at a point is least, by search."""

    def value(v):
        if loss == "cross-entropy":
            up, down = np.logaddexp(0, -v), np.logaddexp(0, v)
            return p * (alpha * up + (1 - alpha) * down) + q * (beta * up + (1 - beta) * down)
        if loss == "least squares":
            return p * (v - alpha) ** 2 + q * (v - beta) ** 2
        return p * max(0, 1 - v) + q * max(0, 1 + v)

    return optimize.minimize_scalar(value, bounds=(-12, 12), method="bounded", options={"xatol": 1e-9}).x


@pytest.mark.claim("E11")
@pytest.mark.parametrize("loss", label_targets.LOSSES)
@pytest.mark.parametrize(("alpha", "beta"), [(0.9, 0.0), (0.9, 0.1), (0.6, 0.3)])
def test_the_best_output_is_where_the_loss_is_least(loss, alpha, beta):
    for p, q in ((0.3, 0.2), (0.05, 0.9), (0.8, 0.1)):
        found = label_targets.best_output(loss, np.log(p), np.log(q), alpha, beta)
        assert found == pytest.approx(least(loss, p, q, alpha, beta), abs=1e-4)


@pytest.mark.claim("E11")
def test_smoothing_the_fakes_too_leaves_no_slope_and_smoothing_the_data_leaves_all():
    def slope(alpha, beta, at=40.0):
        x = np.array([at - 1e-3, at + 1e-3])
        v = label_targets.best_output("cross-entropy", -(x**2) / 2, -((x - 6) ** 2) / 2, alpha, beta)
        return (v[1] - v[0]) / 2e-3

    assert slope(1.0, 0.0) == pytest.approx(-6) == pytest.approx(slope(0.9, 0.0))
    assert slope(0.9, 0.1) == 0.0
    far = label_targets.best_output("cross-entropy", np.array([-1e6, 0.0]), np.array([0.0, -1e6]), 0.9, 0.1)
    assert far == pytest.approx([math.log(1 / 9), math.log(9)])


@pytest.mark.claim("E11")
def test_the_demo_of_labels_says_ds_range():
    shown = label_targets.demo()
    assert "D lies between 0.00 and 0.90, v between −∞ and 2.197" in shown.words.value
    shown.set(fake_label=0.1)
    assert "v between −2.197 and 2.197" in shown.words.value
    shown.set(loss=2)
    assert "v = −1.000, slope 0.000" in shown.words.value
    shown.set(loss=1, fake_label=0.0)
    assert "v lies between 0.00 and 0.90" in shown.words.value


# --- differences on the same seeds -----------------------------------------------------------------


def test_a_difference_is_students_paired_test():
    rng = np.random.default_rng(0)
    for shift in (0.0, 0.5, -2.0):
        off = rng.normal(size=10)
        on = off + shift + rng.normal(0, 0.8, 10)
        found, t = remedies.paired(on, off), stats.ttest_rel(on, off)
        assert found.mean / found.error == pytest.approx(t.statistic)
        told = "no difference" if t.pvalue > 0.05 else "helps" if t.statistic > 0 else "harms"
        assert found.verdict == told
        assert remedies.paired(on, off, better=-1).verdict == {"helps": "harms", "harms": "helps"}.get(
            told, told
        )
    assert remedies.paired([1.0, 2.0], [1.0, 2.0]).verdict == "no difference"
    assert remedies.paired([2.0, 3.0], [1.0, 2.0]).verdict == "helps"


def test_infinite_values_are_left_out_and_counted():
    found = remedies.paired([1.0, np.inf, 3.0, 2.5], [0.0, 1.0, 1.0, np.inf], better=-1)
    assert (found.mean, found.seeds) == (1.5, 2) and found.error == pytest.approx(0.5)
    assert str(found) == "+1.5 ± 0.5"
    none = remedies.paired([np.inf, 1.0], [0.0, np.inf])
    assert none.seeds == 0 and none.verdict == "no difference" and str(none) == "not finite"
    with pytest.raises(ValueError, match="on: expected as many numbers as off has"):
        remedies.paired([1.0], [1.0, 2.0])


def made(seeds, steps=10, **scores):
    zeros = np.zeros(len(seeds))
    return {"seeds": seeds, "steps": steps} | {
        n: np.array(scores.get(n, zeros)) for n in mode_collapse.SCORES
    }


def test_seeds_are_paired_by_name_and_not_by_place():
    rows = {
        ("ring", remedies.BASE): made([0, 1, 2], w2=[1.0, 2.0, 3.0]),
        ("ring", "r1"): made([5, 2, 0], w2=[9.0, 2.5, 0.5]),
    }
    found = remedies.against(rows, "ring", "r1")
    assert found["w2"].mean == pytest.approx(-0.5) and found["w2"].seeds == 2
    assert found["w2"].verdict == "helps" and found["captured"].verdict == "no difference"
    assert remedies.against(rows, "grid", "r1") is None and remedies.against(rows, "ring", "packed") is None
    rows["ring", "r1"]["steps"] = 20
    with pytest.raises(ValueError, match="rows: expected runs of equal length"):
        remedies.against(rows, "ring", "r1")
    rows["ring", "r1"] = made([7])
    with pytest.raises(ValueError, match="rows: expected runs that share a seed"):
        remedies.against(rows, "ring", "r1")


def test_the_stored_rows_have_ten_seeds_and_show_what_the_lecture_says():
    rows = mode_collapse.stored()
    for data, method in rows:
        change = remedies.against(rows, data, method)
        assert change["w2"].seeds >= 10 and np.isfinite(change["w2"].error)
    changes = {(data, method): remedies.against(rows, data, method) for data, method in rows}

    def told(method, score, verdict, sets=("ring", "grid")):
        return all(changes[data, method][score].verdict == verdict for data in sets)

    for method in ("r1", "wgan_gp"):
        assert told(method, "w2", "helps") and told(method, "reverse_kl", "helps", ["grid"])
    assert told("r1", "captured", "helps", ["grid"]) and told("wgan_gp", "high_quality", "harms", ["grid"])
    for method in ("unrolled", "packed", "relativistic", "noise", "roth"):
        assert told(method, "w2", "helps", ["ring"]) and not told(method, "w2", "helps", ["grid"])
    assert not any(changes[key]["high_quality"].verdict == "helps" for key in rows if key[0] == "ring")
    assert told("unrolled", "reverse_kl", "helps", ["ring"])
    assert all(change.verdict == "no difference" for change in changes["grid", "unrolled"].values())
    for method in ("noise", "two_time_scales"):
        assert told(method, "high_quality", "helps", ["grid"]) and told(method, "w2", "harms", ["grid"])
    for method in ("packed", "feature_matching", "historical_averaging"):
        assert told(method, "high_quality", "harms")
    assert told("veegan", "w2", "harms")
    for method in ("label_smoothing", "least_squares", "hinge", "minimax", "averaged"):
        for data in ("ring", "grid"):
            assert all(change.verdict != "helps" for change in changes[data, method].values())


def test_a_short_run_finds_the_direction_of_a_row():
    """Packs of four on the ring: W2 is smaller than without on each seed, as in the stored table."""
    torch = pytest.importorskip("torch")
    from gancourse.ensemble import train_ensemble
    from gancourse.recipes.toy_methods import METHODS

    mixture, seeds, found = mode_collapse.DATA["ring"], (0, 1, 2), {}
    for name in (remedies.BASE, "packed"):
        method = METHODS[name]
        generators, discriminators, options = method.build(seeds, steps=700)
        train_ensemble(
            generators, discriminators, mixture.sample, seeds=seeds, steps=700, batch=64 * method.pack,
            progress=False, **options,
        )  # fmt: skip
        torch.manual_seed(0)
        rng = np.random.default_rng(0)
        with torch.no_grad():
            samples = [g(g.noise(400)).double().numpy() for g in generators]
        found[name] = [mode_collapse.w2(x, mixture.sample(400, rng)) for x in samples]
    change = remedies.paired(found["packed"], found[remedies.BASE], better=-1)
    assert change.mean < -0.2 and (np.array(found["packed"]) < found[remedies.BASE]).all()
