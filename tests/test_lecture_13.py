"""Lecture 13: three numbers of collapse, the best reply and the chase, the stored table and its protocol."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linprog
from scipy.special import expit

from gancourse import densities
from gancourse.demos import _fields, best_reply, chase, collapse_runs, lost_modes, mode_counting
from gancourse.exercises.lecture_13 import reply_and_answer, ring_centres
from gancourse.exercises.lecture_13_modes import count_modes
from gancourse.metrics import mode_coverage, perfect_coverage
from gancourse.recipes import mode_collapse, mode_tables

# --- three numbers -------------------------------------------------------------------------------


@pytest.mark.claim("E3")
def test_the_twelve_samples_score_what_they_score_by_hand():
    found = mode_counting.compute(angle=250, off=0.0, rule=0)
    assert found["counts"].tolist() == [5, 3, 0, 2, 0, 0, 0, 0] and found["good"].sum() == 10
    kl = 0.5 * math.log(4) + 0.3 * math.log(2.4) + 0.2 * math.log(1.6)
    assert found["coverage"] == pytest.approx((3, 10 / 12, kl))
    on_six = mode_counting.compute(angle=270, off=0.0, rule=0)["coverage"]
    assert (on_six.captured, on_six.high_quality) == (4, 11 / 12)
    assert on_six.reverse_kl == pytest.approx(stats.entropy([5, 3, 0, 2, 0, 0, 1, 0], np.ones(8)))
    loose = mode_counting.compute(angle=250, off=0.0, rule=1)["coverage"]
    assert (loose.captured, loose.high_quality) == (5, 1.0) and loose.reverse_kl < kl


@pytest.mark.claim("E3")
@pytest.mark.parametrize(("lost", "share"), [(0, 0.3), (2, 0.0), (5, 0.4), (7, 1.0)])
def test_both_directions_of_kl_over_the_modes(lost, share):
    found = lost_modes.compute(lost=lost, share=share, count=3)
    uniform = np.full(8, 1 / 8)
    assert found["h"].sum() == pytest.approx(1)
    assert found["reverse"] == pytest.approx(stats.entropy(found["h"], uniform), abs=1e-12)
    assert found["forward"] == pytest.approx(stats.entropy(uniform, found["h"]), abs=1e-12)
    if share == 0:
        assert found["reverse"] == pytest.approx(math.log(8 / (8 - lost))) and math.isinf(found["forward"])
        assert found["captured"] == 8 - lost
    assert found["floor"] == pytest.approx(7 / 5000, rel=0.02)


@pytest.mark.claim("E3")
@pytest.mark.parametrize("data", ["ring", "grid"])
def test_the_stored_perfect_row_is_a_perfect_sampler(data):
    row, k = mode_tables.perfect_row(data), len(mode_collapse.DATA[data].means)
    exact = perfect_coverage(k, mode_collapse.SAMPLES)
    for name in ("captured", "high_quality", "reverse_kl"):
        mean, error, infinite = mode_tables.mean_and_error(row[name])
        assert abs(mean - getattr(exact, name)) <= 4 * error + 1e-9 and not infinite
    # the same numbers again, but for W2, which takes seconds
    rng = np.random.default_rng([3, 2])
    mixture = mode_collapse.DATA[data]
    again = mode_coverage(mixture.sample(mode_collapse.SAMPLES, rng), mixture.means, mixture.std)
    assert again == pytest.approx(
        [row[name][3] for name in ("captured", "high_quality", "reverse_kl")], rel=1e-5
    )


def test_two_ends_of_a_circle_are_one_mode():
    angle = np.linspace(0, 2 * np.pi, 8)
    for centres in (np.stack([np.sin(angle), np.cos(angle)], 1), np.stack([np.cos(angle), np.sin(angle)], 1)):
        assert len(np.unique(centres, axis=0)) == 8  # in floating point
        with pytest.raises(ValueError, match="^centres: .*distinct modes"):
            mode_coverage(centres, 3.0 * centres, 0.01)
    assert mode_coverage(ring_centres(8, 3.0), ring_centres(8, 3.0), 0.01).captured == 8
    assert np.allclose(ring_centres(8, 1.0), densities.ring().means)


def test_the_exercise_counts_as_the_package_does(rng):
    grid = densities.grid(side=3, spacing=1.0, std=0.2)
    samples = np.concatenate([grid.sample(300, rng), rng.uniform(-3, 3, (50, 2))])
    assert count_modes(samples, grid.means, 0.2) == pytest.approx(mode_coverage(samples, grid.means, 0.2))


# --- the best reply ------------------------------------------------------------------------------


@pytest.mark.claim("E3")
def test_the_best_reply_to_a_fixed_d_is_a_point(rng):
    for n in (3, 20):
        p, d = rng.dirichlet(np.ones(n)), rng.uniform(0.02, 0.98, n)
        for loss in (np.log1p(-d), -np.log(d)):  # of both generators
            q = linprog(loss, A_eq=np.ones((1, n)), b_eq=[1.0], bounds=(0, 1)).x
            assert q.argmax() == d.argmax() and q.max() == pytest.approx(1)
        reply, answer = reply_and_answer(p, d)
        assert np.allclose(reply, q) and answer[d.argmax()] < 0.5 and np.delete(answer, d.argmax()).min() == 1


@pytest.mark.claim("E3")
def test_the_order_of_min_and_max_keeps_the_value(rng):
    p = rng.dirichlet(np.ones(6))
    for _ in range(300):
        d, q = rng.uniform(0.01, 0.99, 6), rng.dirichlet(np.ones(6))
        d_first = p @ np.log(d) + np.log1p(-d.max())
        best = p / (p + q)
        g_first = p @ np.log(best) + q @ np.log1p(-best)
        assert d_first <= -math.log(4) + 1e-12 <= g_first + 2e-12
        assert p @ np.log(np.full(6, 0.5)) + q @ np.log(np.full(6, 0.5)) == pytest.approx(-math.log(4))


def test_slopes_of_the_fields_are_derivatives(rng):
    x, clouds, h = rng.normal(0, 0.8, (30, 2)), rng.normal(0, 0.5, (7, 2)), 1e-5
    fields = {
        "best reply": lambda y: best_reply.field(y, 0.35),
        "chase": lambda y: chase._discriminator(y, clouds),
    }
    for name, field in fields.items():
        v, slope = field(x)
        quotient = np.stack([(field(x + e)[0] - field(x - e)[0]) / (2 * h) for e in h * np.eye(2)], 1)
        assert np.allclose(slope, quotient, atol=1e-6), name
        assert v.shape == (30,)


def test_smoothing_is_the_mixtures_density(rng):
    x = rng.normal(0, 1, (20, 2))
    mixture = densities.Mixture(np.full(8, 1 / 8), _fields.CENTRES, stds=0.3)
    value, _ = _fields.smooth(x, _fields.CENTRES, np.full(8, 1 / 8), 0.3)
    assert np.allclose(value, mixture.pdf(x) * 2 * np.pi * 0.3**2)


@pytest.mark.claim("E3")
def test_a_generator_of_six_numbers_becomes_a_point_and_forgets_z():
    for blur in (0.35, 0.4, 0.5):
        first, last = (best_reply.compute(moment=m, kind=0, blur=blur) for m in (0.0, 1.0))
        assert first["spread"] > 0.5 and last["spread"] < 0.1 and last["widths"].max() < 0.1
        assert last["mean_d"] > last["top"] - 0.002 and np.linalg.norm(last["x"].mean(0) - last["star"]) < 0.1
    sharp = best_reply.compute(moment=1.0, kind=0, blur=0.25)
    assert (
        sharp["spread"] < 0.01 and np.linalg.norm(sharp["x"].mean(0) - sharp["star"]) > 1
    )  # a hill, not the highest
    free = best_reply.compute(moment=1.0, kind=1, blur=0.25)
    assert free["captured"] == 8 and free["spread"] > 0.5  # points that move alone keep to their own hills


# --- the chase -----------------------------------------------------------------------------------


@pytest.mark.claim("E3")
def test_many_steps_against_one_d_collapse_and_few_do_not():
    for memory in range(2):
        ends = [chase.compute(moment=1.0, every=every, memory=memory) for every in range(3)]
        assert [end["near"] for end in ends] == [8, 8, 1] and ends[2]["spread"] < 0.01 < 0.3 < ends[0][
            "spread"
        ]
    clouds, known = chase.run(40, 1)
    before, after = clouds[320].mean(0), clouds[360].mean(0)
    assert np.linalg.norm(after - before) > 0.5  # and on it goes
    d_there = expit(chase._discriminator(before[None], known[8])[0])
    assert d_there < 0.2 < expit(chase._discriminator(after[None], known[8])[0])


@pytest.mark.claim("E3")
def test_networks_run_to_one_point_and_are_pushed_on():
    pytest.importorskip("torch")
    shots = chase.learn(3, seed=0, live=False)
    after = [shot for shot in shots if "round" in shot]
    assert [shot["round"] for shot in after] == [1, 2, 3] and len(shots) == 12
    assert all(shot["spread"] < 0.4 and shot["near"] <= 3 for shot in after[1:])
    assert np.linalg.norm(after[2]["x"].mean(0) - after[1]["x"].mean(0)) > 0.4


# --- the table -----------------------------------------------------------------------------------


def test_means_and_errors_leave_out_what_is_infinite():
    mean, error, infinite = mode_tables.mean_and_error([1.0, 2.0, np.inf, 6.0])
    assert (mean, infinite) == (3.0, 1) and error == pytest.approx(stats.sem([1.0, 2.0, 6.0]))
    assert np.isnan(mode_tables.mean_and_error([np.inf, np.inf])[0])
    assert np.isnan(mode_tables.mean_and_error([2.0])[1])


def test_labels_are_methods_and_a_missing_row_says_so():
    toy_methods = pytest.importorskip("gancourse.recipes.toy_methods")
    assert set(mode_tables.LABELS) <= set(toy_methods.METHODS)
    told = mode_tables.table("ring", found={})
    assert told.count("not yet run") == 9 and mode_collapse.COMMAND in told and "98.9" in told
    row = {name: np.arange(10.0) for name in mode_collapse.SCORES}
    told = mode_tables.table("grid", found={("grid", "r1"): row})
    assert "4.5 ± 1.0" in told and told.count("not yet run") == 8
    with pytest.raises(ValueError, match="^data:"):
        mode_tables.table("circle", found={})


def test_the_replay_says_what_is_stored(monkeypatch):
    found = mode_collapse.stored()
    shown = collapse_runs.compute(moment=1.0, method=1, data=0, seed=2)
    run = found["ring", "non_saturating"]
    assert shown["step"] == run["steps"] == mode_collapse.STEPS
    assert shown["captured"][-1] == run["curves"]["captured"][2, -1] / 8
    assert np.allclose(shown["samples"], run["samples"][2, -1])
    grid = collapse_runs.compute(moment=0.5, method=6, data=1, seed=0)
    assert np.allclose(grid["samples"] * 4, found["grid", "r1"]["samples"][0, 25])
    monkeypatch.setattr(collapse_runs, "_found", dict)
    missing = collapse_runs.demo()
    assert "not yet run" in missing.words.value and mode_collapse.COMMAND in missing.words.value


@pytest.mark.claim("E3")
def test_every_row_of_the_table_has_ten_seeds():
    for (data, method), row in mode_collapse.stored().items():
        assert len(row["captured"]) == len(row["seeds"]) == len(set(row["seeds"])) == 10, (data, method)
        k = len(mode_collapse.DATA[data].means)
        assert (
            (row["captured"] <= k).all()
            and (0 <= row["high_quality"]).all()
            and (row["high_quality"] <= 1).all()
        )
        assert row["samples"].shape[0] == 3 and row["seconds"] > 0 and row["torch"]


@pytest.mark.claim("E3")
def test_a_short_rerun_finds_the_direction_of_the_table(monkeypatch):
    """Unrolled against non-saturating on the ring: more modes, more evenly; here 400 steps, three seeds."""
    pytest.importorskip("torch")
    stored = {method: mode_collapse.stored()["ring", method] for method in ("unrolled", "non_saturating")}
    assert stored["unrolled"]["reverse_kl"].mean() < stored["non_saturating"]["reverse_kl"].mean()
    assert stored["unrolled"]["captured"].mean() > stored["non_saturating"]["captured"].mean()
    monkeypatch.setattr(mode_collapse, "SAMPLES", 500)  # W2 of 2,500 takes seconds
    again = {method: mode_collapse.run(method, "ring", seeds=range(3), steps=400) for method in stored}
    captured = {method: np.mean(row["captured"]) for method, row in again.items()}
    assert captured["unrolled"] > captured["non_saturating"] + 1, captured
    assert np.max(again["unrolled"]["reverse_kl"]) < np.min(again["non_saturating"]["reverse_kl"])


# --- PacGAN's own protocol -----------------------------------------------------------------------


def test_pacgans_networks_are_the_published_ones():
    torch = pytest.importorskip("torch")
    from gancourse.recipes import pacgan

    (generator,), (discriminator,) = pacgan.build([0], 4)
    linear = [m for m in generator.modules() if isinstance(m, torch.nn.Linear)]
    assert [(m.in_features, m.out_features, m.bias is not None) for m in linear] == [
        (2, 400, False), (400, 400, False), (400, 400, False), (400, 400, False), (400, 2, True),
    ]  # fmt: skip
    assert sum(isinstance(m, torch.nn.BatchNorm1d) for m in generator.modules()) == 4
    weights = torch.cat([m.weight.flatten() for m in linear[1:4]])
    assert weights.std().item() == pytest.approx(0.02, rel=0.01) and weights.mean().abs() < 1e-3
    judge = [m for m in discriminator.modules() if isinstance(m, torch.nn.Linear)]
    assert [(m.in_features, m.out_features) for m in judge] == [(8, 1000), (200, 1000), (200, 1000), (200, 1)]
    assert all((m.bias == 0).all() for m in judge) and discriminator(torch.zeros(12, 2)).shape == (3,)
    maxout = pacgan.Maxout(3, 2, pieces=5)
    x = torch.randn(4, 3)
    by_hand = (x @ maxout.affine.weight.T + maxout.affine.bias).reshape(4, 2, 5).max(-1).values
    assert torch.allclose(maxout(x), by_hand)


def test_pacgans_protocol_runs_and_keeps_what_is_there(tmp_path):
    pytest.importorskip("torch")
    from gancourse.recipes import pacgan

    path, said = tmp_path / "pacgan.json", []
    options = {
        "seeds": [0, 1],
        "steps": 3,
        "batch": 8,
        "points": 100,
        "progress": False,
        "g_width": 8,
        "d_width": 4,
    }
    for _ in range(2):
        pacgan.measure([("ring", 2)], path=path, say=said.append, **options)
    (row,) = pacgan.stored(path)
    assert "there already" in said[1] and row["seeds"] == [0, 1] and row["steps"] == 3
    assert len(row["w2"]) == 2 and np.isfinite(row["w2"]).all()
    with pytest.raises(FileNotFoundError, match="python tools/measure_pacgan.py"):
        pacgan.stored(tmp_path / "other.json")
