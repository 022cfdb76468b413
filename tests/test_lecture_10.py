"""Lecture 10: what D's loss tells, a D trained too long and too little, numbers and pictures of a run."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gancourse.divergences import js  # noqa: E402
from gancourse.exercises.lecture_10 import arrows, gap_to_best, js_told  # noqa: E402
from gancourse.game import generator_slope  # noqa: E402
from gancourse.lab import Lab, lab, measured, side_by_side, watched  # noqa: E402
from gancourse.lab.picture import Painter  # noqa: E402

SMALL = {"batch": 64, "generator_width": 16, "discriminator_width": 16}


# --- what D tells --------------------------------------------------------------------------------


@pytest.mark.claim("C5")
def test_the_best_d_tells_the_js_and_a_worse_one_less(rng):
    counts_p, counts_q = np.array([30, 8, 1, 1]), np.array([2, 8, 10, 20])
    best = np.log(counts_p / counts_q)
    exact = js(counts_p / 40, counts_q / 40)
    told = js_told(np.repeat(best, counts_p), np.repeat(best, counts_q))
    assert told == pytest.approx(exact, abs=1e-12)
    for _ in range(20):  # whatever else D says, it tells less
        other = best + rng.normal(0, 1, 4)
        assert js_told(np.repeat(other, counts_p), np.repeat(other, counts_q)) < exact
    assert js_told(np.zeros(5), np.zeros(3)) == pytest.approx(0, abs=1e-15)


def test_the_gap_has_the_values_that_are_known():
    p, q = np.array([0.5, 0.5, 0, 0, 0]), np.array([0, 0, 0.5, 0.5, 0])
    assert gap_to_best(p, q, np.full(5, 0.5)) == pytest.approx(0.5)
    assert gap_to_best(p, q, np.array([1, 1, 0, 0, 0.7])) == 0
    assert gap_to_best(p, p, np.full(5, 0.8)) == pytest.approx(0.3)


@pytest.mark.parametrize("objective", ["minimax", "non_saturating", "wasserstein"])
def test_the_exercises_arrows_are_those_that_the_lab_draws(objective):
    run = Lab(**SMALL, data="blobs", objective=objective)
    run.advance(20)
    drawn = Painter(run).frame(["gradient"])[1]["gradient"]
    x = torch.tensor(drawn[:, :2], dtype=torch.float32, requires_grad=True)
    v = run.discriminator(x)
    (slope,) = torch.autograd.grad(v.sum(), x)
    want = arrows(objective, v.detach().double().numpy(), slope.double().numpy())
    assert np.allclose(drawn[:, 2:], want, rtol=1e-3, atol=1e-5)


def test_the_factors_are_the_slopes_of_the_losses():
    v = np.linspace(-6, 6, 13)
    ones = np.ones((13, 2))
    for name, kind in (("minimax", "saturating"), ("non_saturating", "non_saturating")):
        assert np.allclose(arrows(name, v, ones)[:, 0], -generator_slope(v, kind))


# --- experiments 2 and 3, small ------------------------------------------------------------------


@pytest.mark.claim("C5")
@pytest.mark.parametrize("seed", [0, 1])
def test_a_d_trained_too_long_leaves_the_saturating_loss_no_gradient(seed):
    run, found = Lab(**SMALL, data="ring", objective="minimax", discriminator_rate=3e-3, seed=seed), []
    for steps in (60, 740):
        run.advance(steps, "d")
        other = run.branch()
        other.change(objective="non_saturating")
        found.append((measured(run)["push"], measured(other)["push"]))
    (minimax_early, ns_early), (minimax_late, ns_late) = found
    assert minimax_late < minimax_early / 5 and ns_late > 1.5 * ns_early
    assert measured(run)["told"] == pytest.approx(math.log(2), abs=0.02)


@pytest.mark.claim("C5")
@pytest.mark.parametrize("seed", [0, 1])
def test_a_d_trained_too_little_does_not_tell_the_js(seed):
    run = Lab(**SMALL, data="ring", generator_steps=5, seed=seed)
    run.advance(240)
    found = measured(run)
    assert abs(found["told"]) < 0.1 and found["js"] > 0.3  # log 2 at most
    assert found["captured"] <= 4 and found["gap"] > 0.3


# --- numbers and pictures of a run ---------------------------------------------------------------


def test_numbers_of_a_run_are_those_of_the_page():
    run = Lab(**SMALL, data="blobs")
    assert math.isnan(measured(run)["loss_d"])
    run.advance(30)
    found, page = measured(run), Painter(run).frame(["gradient"], fresh=True)[0]
    assert found["step"] == 30 and found["floors"] == page["floors"]
    for name in ("kl", "js", "gap", "wasserstein"):
        assert found[name] == page[name]
    assert found["told"] == math.log(2) - run.curves.last("discriminator") / 2
    assert 0 < found["push"] <= page["slope"] and 0 <= found["captured"] <= 3
    assert "captured" not in measured(Lab(**SMALL, data="swiss_roll"))
    with pytest.raises(ValueError, match="n: expected a whole number"):
        measured(run, n=0.5)


def test_watching_takes_the_steps_and_diagnoses():
    run = Lab(**SMALL, data="blobs")
    found = watched(run, 60, looks=6)
    assert (
        run.time == 60
        and run.log == (("both", 60),)
        and {"verdict", "words", "remedies", "try"} == set(found)
    )
    watched(run, 12, kind="d", looks=6)
    assert run.log == (("both", 60), ("d", 12))
    with pytest.raises(ValueError, match="looks: expected a whole number"):
        watched(run, 60, looks=2)
    with pytest.raises(ValueError, match="steps: expected a multiple of the 12 looks"):
        watched(run, 100)


def test_runs_side_by_side_have_their_best_d_drawn():
    import matplotlib.pyplot as plt
    from matplotlib.contour import ContourSet

    runs = [Lab(**SMALL, data="blobs", objective=name) for name in ("hinge", "wasserstein")]
    runs.append(Lab(**SMALL, data="blobs", method="veegan"))
    for run in runs:
        run.advance(5)
    figure = side_by_side(runs, ["a", "b", "c"])
    axes = figure.axes
    assert [ax.get_title() for ax in axes] == ["a", "b", "c"]
    sets = [[a for a in ax.collections if isinstance(a, ContourSet) and not a.filled] for ax in axes]
    contours = [len(found) for found in sets]
    assert contours == [1, 1, 0]
    plt.close(figure)


def test_a_run_is_shown_with_its_past():
    run = Lab(**SMALL)
    run.advance(40)
    shown = lab(run)
    assert shown.runs == [run] and run.moments.times[0] == 0
    shown.close()
    for wrong in ({"trained": True}, {"seed": 3}):
        with pytest.raises(ValueError, match="run: expected a Lab, and nothing"):
            lab(run, **wrong)
    with pytest.raises(ValueError, match="run: expected a Lab"):
        lab("ring")
