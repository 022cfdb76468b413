"""The exact side of the lab: the smoothed density, what a critic claims, the best critic, floors, frames."""

import copy

import numpy as np
import pytest
import torch
from scipy.special import expit, logit
from scipy.stats import multivariate_normal

from gancourse.divergences import F_DIVERGENCES, js, kl, wasserstein
from gancourse.lab import Lab, Settings
from gancourse.lab.data import REACH
from gancourse.lab.oracle import AXIS, BANDWIDTH, PLAN, SIDE, Oracle, claimed, critic_of_plan, smoothed
from gancourse.lab.picture import LAYERS, Painter, pack
from gancourse.lab.watcher import Watcher
from gancourse.objectives import OBJECTIVES, f_gan

# u = p/q over four decades
RATIO = np.exp(np.linspace(-4, 4, 81))


@pytest.fixture(scope="module")
def ring():
    return Oracle(Settings(data="ring"))


def test_the_smoothed_density_is_a_mean_of_gaussians(rng):
    points = rng.normal(size=(300, 2)) * [0.4, 0.7]
    lattice = np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1)
    blur = BANDWIDTH**2 * np.eye(2)
    want = np.mean([multivariate_normal(point, blur).pdf(lattice) for point in points], axis=0)
    assert np.allclose(smoothed(points, AXIS, AXIS), want, rtol=1e-9, atol=1e-12)


def best_values(objective):
    """The critic value that is best at each ratio, by maximising the objective itself over a fine grid."""
    v = torch.linspace(-60, 60, 600_001, dtype=torch.float64)
    losses = objective.on_real(v), objective.on_fake(v)
    found = []
    for u in RATIO:
        # E_p a + E_q b at a place where p = u q
        total = u * losses[0] + losses[1]
        found.append(v[total.argmin()].item())
    return np.array(found)


@pytest.mark.parametrize(
    "name",
    ["minimax", "non_saturating", "reverse_kl", "least_squares"]
    + [f"f_gan {name}" for name in F_DIVERGENCES if name not in ("total_variation", "pearson", "kl")],
)
def test_a_best_critic_claims_the_best_d(name):
    objective = f_gan(name.removeprefix("f_gan ")) if name.startswith("f_gan") else OBJECTIVES[name]
    values = best_values(objective)
    claim = claimed(values, Settings(objective=name))
    # to the step of the grid, 2e-4
    assert np.allclose(claim, RATIO / (1 + RATIO), atol=2e-3)


@pytest.mark.parametrize("name", ["f_gan kl", "f_gan pearson"])
def test_critics_on_a_wide_range_claim_it_too(name):
    critic = {"f_gan kl": 1 + np.log(RATIO), "f_gan pearson": 2 * (RATIO - 1)}[name]
    assert np.allclose(claimed(critic, Settings(objective=name)), RATIO / (1 + RATIO))
    # and these are best: the slope of u·a + b vanishes there
    v = torch.tensor(critic, requires_grad=True)
    objective = f_gan(name.removeprefix("f_gan "))
    (torch.tensor(RATIO) * objective.on_real(v) + objective.on_fake(v)).sum().backward()
    assert v.grad.abs().max() < 1e-9


def test_signs_labels_packs_and_critics_without_a_probability():
    v = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    assert np.array_equal(claimed(v, Settings(objective="hinge")), [0, 0, 0.5, 1, 1])
    assert np.allclose(claimed(v, Settings(objective="f_gan total_variation")), (1 + np.tanh(v)) / 2)
    smooth = claimed(logit(0.9 * RATIO / (1 + RATIO)), Settings(real_label=0.9))
    assert np.allclose(smooth, RATIO / (1 + RATIO))
    packed = claimed(2 * np.log(RATIO), Settings(packing=2))
    assert np.allclose(packed, RATIO / (1 + RATIO))
    assert claimed(v, Settings(objective="wasserstein")) is None


def test_the_critic_of_a_plan_is_a_best_one(rng):
    real, fake = rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) * 0.3 + 1
    oracle = Oracle(Settings())
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    cost = cdist(real, fake)
    match = linear_sum_assignment(cost)[1]
    g = critic_of_plan(real, fake, match)

    def f(x):
        return (g + cdist(x, fake)).min(1)

    # feasible: slope at most 1; and it attains W1, which no critic of slope 1 exceeds
    places = np.concatenate([real, fake, rng.normal(size=(200, 2))])
    values = f(places)
    assert (np.abs(values[:, None] - values) <= cdist(places, places) + 1e-9).all()
    assert f(real).mean() - f(fake).mean() == pytest.approx(wasserstein(real, fake), abs=1e-9)
    assert oracle.critic({"potential": g, "fake": fake}).shape == (SIDE, SIDE)


def test_the_plan_is_the_optimal_one(ring, rng):
    fake = ring.law.sample(PLAN, rng) + [0.3, 0.0]
    plan = ring.plan(fake)
    assert plan["wasserstein"] == pytest.approx(wasserstein(plan["real"], fake), abs=1e-12)
    moves = np.linalg.norm(plan["real"] - plan["fake"], axis=1)
    assert moves.mean() == pytest.approx(plan["wasserstein"], abs=1e-12)
    assert plan["potential"].shape == (PLAN,)


def test_divergences_are_those_of_the_histograms(ring, rng):
    fake = rng.uniform(-2, 2, size=(2000, 2))
    edges = np.linspace(-REACH, REACH, 21)
    counts = [np.zeros((20, 20)), np.zeros((20, 20))]
    for count, points in zip(counts, (ring.real, fake), strict=True):
        for x, y in np.clip(points, -REACH, REACH - 1e-9):
            count[np.searchsorted(edges, x, "right") - 1, np.searchsorted(edges, y, "right") - 1] += 1
    p, q = ((count + 0.5) / (count + 0.5).sum() for count in counts)
    found = ring.divergences(fake)
    assert found["kl"] == pytest.approx(kl(p.ravel(), q.ravel())) and found["js"] == pytest.approx(
        js(p.ravel(), q.ravel())
    )


def test_floors_are_what_the_data_score_against_themselves(ring, rng):
    fresh = ring.law.sample(2000, rng)
    found = ring.divergences(fresh) | {"wasserstein": ring.plan(fresh)["wasserstein"]}
    for name, value in found.items():
        assert 0.5 * ring.floors[name] < value < 2 * ring.floors[name], name
    gap = ring.best(fresh)["gap_of"](lambda x: np.full(len(x), 0.5))
    assert 0.5 * ring.floors["gap"] < gap < 2 * ring.floors["gap"]
    far = ring.law.sample(2000, rng) + [0.5, 0.5]
    assert ring.divergences(far)["kl"] > 20 * ring.floors["kl"]


def test_the_best_d_is_near_the_exact_one_of_a_known_generator(rng):
    settings = Settings(data="two_gaussians")
    oracle = Oracle(settings)
    from gancourse.densities import gaussian

    q = gaussian([0.6, 0.3], 0.2)
    best = oracle.best(q.sample(2000, rng))
    lattice = np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1)
    exact = oracle.law.pdf(lattice) / (oracle.law.pdf(lattice) + q.pdf(lattice))
    where = oracle.law.pdf(lattice) + q.pdf(lattice) > 0.1
    assert np.abs(best["d"] - exact)[where].mean() < 0.08

    def exact_d(x):
        return oracle.law.pdf(x) / (oracle.law.pdf(x) + q.pdf(x))

    assert best["gap_of"](exact_d) < 0.08 < best["gap_of"](lambda x: 1 - exact_d(x))


def test_instance_noise_blurs_both_sides(rng):
    plain, noisy = Oracle(Settings(data="grid")), Oracle(Settings(data="grid", instance_noise=0.5))
    fake = plain.law.sample(2000, rng) * 0.5
    assert np.ptp(noisy.best(fake)["d"]) < np.ptp(plain.best(fake)["d"])
    assert noisy.blurred.std == pytest.approx(np.hypot(0.05, 0.5))
    assert Oracle(Settings(data="swiss_roll", instance_noise=0.1)).blurred.std == pytest.approx(
        np.hypot(0.05, 0.1)
    )


# Frames


def test_a_frame_holds_each_layer_and_changes_nothing_of_the_run():
    run, alone = (Lab(penalty="gradient_penalty", spectral_norm=True, instance_noise=0.1) for _ in range(2))
    painter = Painter(run)
    for _ in range(3):
        run.advance(5)
        numbers, arrays = painter.frame(LAYERS, fresh=True)
    alone.advance(15)
    for a, b in zip(run.generator.state_dict().values(), alone.generator.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(
        run.players.core.state_dict().values(), alone.players.core.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b)
    assert set(LAYERS) <= set(arrays) and numbers["time"] == 15
    assert arrays["d"].shape == arrays["best"].shape == (SIDE, SIDE) and arrays["plan"].shape == (PLAN, 4)
    assert set(painter.frame(["fake"])[1]) & set(LAYERS) == {"fake"}


def test_the_map_is_d_with_rows_from_below():
    run = Lab()
    run.advance(30)
    arrays = Painter(run).frame(["d"])[1]
    with torch.no_grad():
        corner = run.discriminator(torch.tensor([[AXIS[3], AXIS[30]]], dtype=torch.float32))
    assert arrays["d"][30, 3] == pytest.approx(expit(corner.item()), abs=1e-6)


def test_arrows_point_down_the_generators_loss():
    run = Lab(data="blobs")
    run.advance(30)
    x, y, u, v = Painter(run).frame(["gradient"])[1]["gradient"].T
    here = torch.tensor(np.stack([x, y], axis=1), dtype=torch.float32)
    step = torch.tensor(np.stack([u, v], axis=1), dtype=torch.float32)
    with torch.no_grad():
        before, after = (run.objective.generator(run.discriminator(p)) for p in (here, here + 1e-3 * step))
    # to first order the loss falls by the step's length times the mean squared slope
    assert (before - after).item() == pytest.approx(1e-3 * (u**2 + v**2).mean(), rel=0.05)


@pytest.mark.parametrize(
    "dials",
    [
        {"objective": "wasserstein", "clip": 0.1},
        {"objective": "relativistic"},
        {"packing": 4, "noise_dim": 1},
        {"noise_dim": 8, "noise_law": "uniform"},
        {"method": "consensus", "method_weight": 0.1},
        {"objective": "f_gan jeffrey"},
        {"method": "veegan", "noise_dim": 3, "average": 0.9},
    ],
    ids=str,
)
def test_every_kind_of_run_can_be_drawn(dials):
    run = Lab(**dials, generator_width=8, discriminator_width=8)
    run.advance(3)
    numbers, arrays = Painter(run).frame(LAYERS, fresh=True)
    assert all(np.isfinite(values).all() for values in arrays.values())
    judges_points = run.settings.method != "veegan"  # D of pairs has no best D of points beside it
    assert ("gap" in numbers) == ("best" in arrays) == judges_points
    assert all(np.isfinite(numbers[name]) for name in ("kl", "js", "gap", "wasserstein") if name in numbers)
    assert 0 <= arrays["d"].min() and arrays["d"].max() <= 1


def test_an_average_is_shown_in_place_of_its_generator_but_for_the_arrows():
    run = Lab(average=0.99, generator_width=8, discriminator_width=8)
    run.advance(30)
    arrays = Painter(run).frame(LAYERS)[1]
    z = run.generator.noise(500, torch.Generator().manual_seed(500))
    with torch.no_grad():
        assert np.allclose(arrays["fake"], run.shown(z).double(), atol=1e-6)
        feet = run.generator(z[: len(arrays["gradient"])]).double()
    assert np.allclose(arrays["gradient"][:, :2], feet, atol=1e-6) and not np.allclose(
        arrays["fake"][:150], feet
    )


def test_veegans_arrows_are_of_the_pairs_that_its_d_judges():
    run = Lab(method="veegan", objective="reverse_kl", generator_width=8, discriminator_width=8)
    run.advance(30)
    arrows = Painter(run).frame(["gradient"])[1]["gradient"]
    z = run.generator.noise(500, torch.Generator().manual_seed(500))[: len(arrows)]
    with torch.no_grad():
        x, h, core = run.generator(z).double(), 1e-5, copy.deepcopy(run.players.core).double()
        for i in range(2):
            e = h * torch.eye(2, dtype=torch.float64)[i]
            rise = [core(torch.cat([x + way * e, z.double()], 1)) for way in (1, -1)]
            # G's loss is −v; at the same points with F's code the slope is another
            assert np.allclose(arrows[:, 2 + i], (rise[0] - rise[1]) / (2 * h), atol=1e-4)


def test_a_relativistic_critic_is_judged_whatever_its_constant():
    run = Lab(objective="relativistic")
    run.advance(40)
    before = Painter(run).frame(["d"], fresh=True)
    with torch.no_grad():
        run.players.core.layers.output.bias += 3.0
    after = Painter(run).frame(["d"], fresh=True)
    assert after[0]["gap"] == pytest.approx(before[0]["gap"], abs=1e-3)
    assert np.allclose(after[1]["d"], before[1]["d"], atol=1e-3)


def test_what_is_packed_is_what_was_there():
    arrays = {
        "fake": np.array([[0.5, -1.0], [9.0, np.nan]]),
        "d": np.array([[0.0, 0.5, 1.0]]),
        "curve kl": np.ones((2, 2)),
    }
    described, buffers = pack(arrays)
    kinds = {"int16": np.int16, "uint8": np.uint8, "float32": np.float32}
    back = {
        d["name"]: np.frombuffer(b, kinds[d["kind"]]).reshape(d["shape"]) * d["unit"]
        for d, b in zip(described, buffers, strict=True)
    }
    assert np.allclose(back["fake"][0], [0.5, -1.0], atol=1e-4) and np.allclose(
        back["d"], arrays["d"], atol=0.003
    )
    assert np.allclose(back["fake"][1], 2 * REACH) and np.array_equal(back["curve kl"], np.ones((2, 2)))


def test_a_watcher_keeps_a_record_that_goes_back_with_the_run():
    run, watcher = Lab(), Watcher()
    for _ in range(4):
        run.advance(20)
        watcher.look(run)
    record = watcher.record()
    assert record["step"].tolist() == [20, 40, 60, 80] and record["captured"].shape == (4,)
    assert record["centre"].shape == (4, 2)
    run.show_moment(1)
    watcher.look(run)
    assert watcher.record()["step"].tolist() == [20]
    run.change(data="circle")
    watcher.look(run)
    assert "captured" not in watcher.record()
