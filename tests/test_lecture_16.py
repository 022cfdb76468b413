"""Lecture 16: scores from one dimension up, distortions, Parzen's order, balls, what was learned by heart."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gancourse.data import embedded_digits, to_network
from gancourse.demos import (
    class_score,
    distortion_sweep,
    frechet_bias,
    frechet_gaussians,
    outlier_balls,
    parzen_bandwidth,
    precision_balls,
)
from gancourse.metrics import (
    density_coverage,
    frechet_distance,
    frechet_distance_gaussian,
    inception_score,
    kernel_distance_all_pairs,
    memorisation,
    parzen_log_likelihood,
    precision_recall,
)
from gancourse.recipes import distortions, memorised, parzen

TEST = to_network(embedded_digits("test").pixels)


# --- no likelihood, no loss ----------------------------------------------------------------------


@pytest.mark.claim("G1")
def test_while_samples_improve_no_loss_says_so():
    fifty, all_ = (memorised.stored()[name] for name in ("fifty", "all"))
    assert fifty["frechet"][10] < 0.3 * fifty["frechet"][1]
    for loss in ("generator_loss", "discriminator_loss"):
        assert abs(fifty[loss][10] - fifty[loss][1]) < 0.05
    # of two runs the one with the smaller loss draws worse
    assert all_["generator_loss"][-1] < 0.6 * fifty["generator_loss"][-1]
    assert all_["frechet"][-1] > 1.5 * fifty["frechet"][-1]
    assert all_["step"][-1] == fifty["step"][-1] == memorised.STEPS


@pytest.mark.claim("G1")
def test_a_smoothed_curve_has_no_limit_density():
    turn = np.linspace(0, 2 * np.pi, 100_001)[:-1]

    def log_density(delta, h):
        exponent = -((1 + delta - np.cos(turn)) ** 2 + np.sin(turn) ** 2) / (2 * h * h)
        return exponent.max() + np.log(np.exp(exponent - exponent.max()).mean()) - np.log(2 * np.pi * h * h)

    for delta in (0.0, 0.1):
        for h in (0.02, 0.01):
            # one direction of two is missing: −δ²/2h² − log h, and the density 1/2π along the circle
            expected = (
                -(delta**2) / (2 * h * h) - np.log(h) - 1.5 * np.log(2 * np.pi) - 0.5 * np.log(1 + delta)
            )
            assert log_density(delta, h) == pytest.approx(expected, abs=0.01)


# --- Parzen --------------------------------------------------------------------------------------


@pytest.mark.claim("F10")
@pytest.mark.parametrize("d", [1, 3])
def test_the_error_of_a_kernel_density_is_that_of_a_simulation(d, rng):
    expected, h = parzen.relative_error(40, d)
    # importance sampling of ∫(p̂ − p)² at fresh points of a wider law; ∫p² in closed form
    errors = []
    for _ in range(600):
        points = 1.5 * rng.standard_normal((500, d))
        wide = np.exp(-(points**2).sum(1) / 4.5) / (2 * np.pi * 2.25) ** (d / 2)
        p = np.exp(-(points**2).sum(1) / 2) / (2 * np.pi) ** (d / 2)
        q = np.exp(-cdist(points, rng.standard_normal((40, d)), "sqeuclidean") / (2 * h * h)).mean(1)
        q /= (2 * np.pi * h * h) ** (d / 2)
        errors.append(((q - p) ** 2 / wide).mean() * (4 * np.pi) ** (d / 2))
    assert np.mean(errors) == pytest.approx(expected, abs=4 * np.std(errors) / math.sqrt(600))
    assert parzen.samples_needed(expected, d) == pytest.approx(40, rel=1e-4)


@pytest.mark.claim("F10")
@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_rate_is_that_of_two_derivatives(d):
    exponent = np.log10(parzen.relative_error(1e10, d)[0] / parzen.relative_error(1e9, d)[0])
    assert exponent == pytest.approx(-4 / (4 + d), abs=0.005)
    assert parzen.samples_needed(0.1, 10) > 1e6 and parzen.samples_needed(0.1, 20) > 1e13


@pytest.mark.claim("G4")
def test_blurred_means_beat_real_digits_by_parzens_measure():
    rows = {name: parzen.best(name, 500) for name in parzen.GENERATORS}
    truth, error = rows["training digits"][1:]
    for name in ("k-means centres", "blurred digits"):
        assert rows[name][1] > truth + 5 * (error + rows[name][2]), name
    # each bandwidth is best on the validation digits, inside the range
    for name, (h, _, _) in rows.items():
        assert parzen.BANDWIDTHS[0] < h < parzen.BANDWIDTHS[-1], name


@pytest.mark.claim("G4")
def test_the_stored_scores_are_those_of_the_metric():
    test = parzen.rows("test")
    for name in ("training digits", "blurred digits"):
        h, mean, error = parzen.best(name, 100)
        assert parzen_log_likelihood(parzen.samples(name, 100), test, h) == pytest.approx(
            (mean, error), rel=1e-3
        )
    found = parzen.log_likelihoods(parzen.samples("training digits", 100), test, [0.3])
    assert found[0] == pytest.approx(parzen_log_likelihood(parzen.samples("training digits", 100), test, 0.3))


def test_centres_are_means_and_the_splits_are_apart():
    centres = parzen.samples("k-means centres", 100)
    train = parzen.rows("train")
    nearest = cdist(train, centres, "sqeuclidean").argmin(1)
    off = [np.abs(train[nearest == j].mean(0) - centres[j]).max() for j in range(100) if (nearest == j).any()]
    assert np.median(off) < 0.05 and len(off) > 90
    assert [len(parzen.rows(split)) for split in ("train", "validation", "test")] == [3_500, 500, 1_000]
    with pytest.raises(ValueError, match="^split:"):
        parzen.rows("held_out")
    with pytest.raises(ValueError, match="^name:"):
        parzen.samples("VAE", 100)


@pytest.mark.claim("G4")
def test_the_parzen_demo_says_what_is_stored():
    shown = parzen_bandwidth.compute(bandwidth=20, size=1)
    assert shown["h"] == parzen.BANDWIDTHS[20] and shown["n"] == 500
    assert shown["here"]["DCGAN"] == parzen.stored()["DCGAN", 500]["test"][20]
    wide = parzen_bandwidth.compute(bandwidth=32, size=1)["images"]
    assert wide.std() > shown["images"].std() and np.abs(wide).max() <= 1


# --- the Inception score -------------------------------------------------------------------------


@pytest.mark.claim("G2")
@pytest.mark.parametrize("sure", [0.0, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("drawn", [1, 4, 10])
def test_the_score_of_the_demo_is_that_of_the_metric(sure, drawn):
    even = class_score.compute(sure=sure, drawn=drawn, first=1 / drawn)
    assert even["score"] == pytest.approx(even["even"])
    assert even["score"] == pytest.approx(np.interp(sure, class_score.SURENESS, even["curve"]))
    uneven = class_score.compute(sure=sure, drawn=drawn, first=0.7)
    counts = [1000] if drawn == 1 else [6300, *[2700 // (drawn - 1)] * (drawn - 1)]
    images = np.repeat(class_score.rows(sure, drawn), counts, axis=0)
    assert uneven["score"] == pytest.approx(inception_score(images, splits=1)[0], rel=1e-9)
    assert 1 - 1e-12 <= uneven["score"] <= even["score"] + 1e-12 <= drawn + 2e-12


@pytest.mark.claim("G2")
def test_ten_images_reach_the_highest_score():
    assert class_score.compute(sure=1.0, drawn=10, first=0.1)["score"] == pytest.approx(10)
    assert inception_score(np.tile(np.eye(10), (100, 1)), splits=10)[0] == pytest.approx(10)


# --- the Fréchet distance ------------------------------------------------------------------------


@pytest.mark.claim("G3")
def test_turned_gaussians_are_at_the_distance_of_the_metric():
    for stretch, gap in ((1.0, 0.0), (2.0, 1.0), (2.5, 3.0)):
        for angle in (0, 45, 90, 180):
            shown = frechet_gaussians.compute(gap=gap, stretch=stretch, angle=angle)
            direct = frechet_distance_gaussian([0, 0], shown["a"], [gap, 0], shown["b"])
            assert shown["total"] == pytest.approx(direct, abs=1e-9)
            at = np.abs(frechet_gaussians.ANGLES - angle).argmin()
            assert shown["curve"][at] == pytest.approx(direct, abs=1e-9)
    turned = frechet_gaussians.compute(gap=0.0, stretch=2.0, angle=45)
    assert 0 < turned["variances"] < 0.7 * turned["shapes"]
    quarter = frechet_gaussians.compute(gap=0.0, stretch=2.0, angle=90)
    assert quarter["variances"] == pytest.approx(quarter["shapes"]) == pytest.approx(2 * 1.5**2)


@pytest.mark.claim("G3")
def test_the_bias_falls_as_one_over_n_and_a_line_takes_it_away():
    for dimension in range(3):
        shown = [frechet_bias.compute(samples=k, dimension=dimension, shift=0.0) for k in (9, 10, 11)]
        for here in shown:
            error = here["stds"][here["at"]] / math.sqrt(frechet_bias.REPEATS)
            assert here["means"][here["at"]] == pytest.approx(
                here["expected"][here["at"]], abs=4 * error, rel=0.06
            )
            assert abs(here["line"]) < here["bias"] / 2
        assert shown[0]["bias"] == pytest.approx(4 * shown[2]["bias"], rel=0.01)
    # a shift enters as if the samples themselves were moved
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, frechet_bias.SIZES[-1], 2))
    moved = frechet_bias.compute(samples=11, dimension=0, shift=1.5)
    assert moved["each"][0] == pytest.approx(frechet_distance(x, y + [1.5, 0.0]))


@pytest.mark.claim("G3")
@pytest.mark.parametrize("name", distortions.DISTORTIONS)
def test_the_distance_grows_with_every_distortion(name):
    measured = distortions.stored()[name]["frechet"]
    assert np.diff(measured).min() > -0.05 and measured[-1] > 50 * measured[0] > 0
    assert len(measured) == len(distortions.POSITIONS) == 13


@pytest.mark.claim("G3")
def test_stored_curves_are_found_again():
    pytest.importorskip("torch")
    from gancourse.features import extract

    reference = extract(to_network(embedded_digits("train").pixels))
    for name, at in (("blur", 6), ("swirl", 12)):
        made = distortions.distort(TEST, name, distortions.POSITIONS[at], np.random.default_rng(0))
        found = frechet_distance(extract(made), reference)
        assert found == pytest.approx(distortions.stored()[name]["frechet"][at], rel=0.02)


@pytest.mark.parametrize("name", distortions.DISTORTIONS)
def test_a_distortion_begins_at_nothing_and_grows(name):
    images = TEST[:40]
    made = [distortions.distort(images, name, t, 3) for t in (0.0, 0.3, 0.6, 1.0)]
    assert np.allclose(made[0], images, atol=1e-6) and all(m.dtype == np.float32 for m in made)
    off = [np.abs(m - images).mean() for m in made]
    assert off[1] > 0 and (np.diff(off) > 0).all() and np.abs(made[3]).max() <= 1.0001
    assert np.array_equal(made[3], distortions.distort(images, name, 1.0, np.random.default_rng(3)))


def test_distortions_are_what_they_say():
    flat = np.zeros((500, 1, 28, 28))
    pepper = distortions.distort(flat, "salt and pepper", 1.0, 0)
    assert (
        np.mean(pepper == 1)
        == pytest.approx(0.15, abs=0.01)
        == pytest.approx(np.mean(pepper == -1), abs=0.01)
    )
    noise = distortions.distort(flat, "noise", 1.0, 0)
    assert noise.std() == pytest.approx(0.75 / 3, rel=0.03)
    assert set(np.unique(distortions.distort(flat, "rectangles", 0.5, 0))) == {-1.0, 0.0}
    square = distortions.distort(flat, "rectangles", 1.0, 0)[0, 0] == -1
    assert square.sum() >= 21 * 21
    foreign = distortions.distort(TEST[:200], "foreign images", 1.0, 0)
    assert np.mean((foreign != TEST[:200]).any((1, 2, 3))) == pytest.approx(0.75)
    point = np.full((1, 1, 29, 29), -1.0)
    point[0, 0, 14, 14] = 1
    blurred = (distortions.distort(point, "blur", 1.0, 0)[0, 0] + 1) / 2
    spread = (blurred * (np.arange(29) - 14) ** 2).sum() / blurred.sum()
    assert math.sqrt(spread) == pytest.approx(1.75, rel=0.02)
    assert np.allclose(distortions.distort(point, "swirl", 1.0, 0)[0, 0, 14, 14], 1)  # the middle stays
    for bad in ({"name": "fog"}, {"position": 1.5}, {"rng": None}):
        with pytest.raises(ValueError, match=f"^{next(iter(bad))}:"):
            distortions.distort(**({"images": TEST[:2], "name": "blur", "position": 0.5, "rng": 0} | bad))


@pytest.mark.claim("G3")
def test_the_sweep_shows_what_is_stored():
    shown = distortion_sweep.compute(kind=4, level=6)
    assert shown["name"] == "salt and pepper" and shown["level"] == pytest.approx(0.15)
    assert shown["scores"]["frechet"] == distortions.stored()["salt and pepper"]["frechet"][6]
    assert shown["published"][1].tolist() == [0.7, 371, 383, 381]
    clean = distortion_sweep.compute(kind=3, level=0)["images"]
    assert np.allclose(clean, TEST[:20], atol=1e-6)


# --- balls ---------------------------------------------------------------------------------------


@pytest.mark.claim("G6")
def test_lost_modes_cost_recall_and_wide_ones_precision():
    perfect, lost, wide, narrow = (
        precision_balls.compute(modes=modes, spread=spread, k=3)
        for modes, spread in ((8, 1.0), (2, 1.0), (8, 4.0), (8, 0.2))
    )
    assert lost["precision"] > 0.8 and lost["recall"] < 0.4 and lost["coverage"] < 0.5 * perfect["coverage"]
    assert wide["precision"] < 0.6 and wide["recall"] > 0.8 and wide["density"] < 0.6 * perfect["density"]
    assert narrow["precision"] > perfect["precision"] and narrow["recall"] < 0.5
    found = precision_recall(wide["real"], wide["fake"], 3)
    assert (wide["precision"], wide["recall"]) == found


@pytest.mark.claim("G6")
def test_the_balls_drawn_are_those_that_are_counted():
    demo = precision_balls.demo()
    for settings in ({"modes": 3, "spread": 2.0, "k": 2}, {"modes": 8, "spread": 0.6, "k": 5}):
        result = demo.set(**settings)
        for name in ("precision", "recall"):
            inside = len(demo.stage.artists[f"{name} in"].get_xdata())
            assert inside / precision_balls.SAMPLES == pytest.approx(result[name])


@pytest.mark.claim("G6")
def test_one_outlier_moves_precision_and_hardly_density():
    near, far = (outlier_balls.compute(distance=d, k=5)["here"] for d in (1.0, 5.0))
    precision, density = far[0] - near[0], far[1] - near[1]
    assert precision > 0.3 and density < 0.4 * precision
    real, fake = outlier_balls.points(5.0)
    assert far[0] == precision_recall(real, fake, 5).precision
    assert far[1] == density_coverage(real, fake, 5).density


@pytest.mark.claim("G6")
def test_the_kernel_distance_has_no_bias_where_the_frechet_distance_has(rng):
    for n in (10, 40):
        pairs = rng.standard_normal((400, 2, n, 3))
        values = np.array([kernel_distance_all_pairs(x, y)[0] for x, y in pairs])
        assert abs(values.mean()) < 4 * values.std() / 20 and 0.3 < np.mean(values < 0) < 0.8
        assert min(frechet_distance(x, y) for x, y in pairs[:50]) > 0


# --- learned by heart ----------------------------------------------------------------------------


@pytest.mark.claim("G5")
def test_fifty_digits_are_learned_by_heart_and_four_thousand_are_not():
    runs = memorised.stored()
    unseen = embedded_digits("test").pixels.reshape(1_000, -1) / 255.0
    found = {}
    for name, run in runs.items():
        seen = memorised.training_set(name).pixels
        drawn = run["samples"].reshape(memorised.KEPT, -1) / 255.0
        found[name] = memorisation(drawn, seen.reshape(len(seen), -1) / 255.0, unseen)
    fifty, all_ = found["fifty"], found["all"]
    assert fifty.share > 0.9 and fifty.share - 0.5 > 4 * fifty.share_error and fifty.ratio < 0.6
    assert abs(all_.share - 0.5) < 4 * all_.share_error and abs(all_.ratio - 1) < 0.05


@pytest.mark.claim("G5")
def test_a_short_run_is_stored_and_left_as_it_is(tmp_path):
    pytest.importorskip("torch")
    path, said = tmp_path / "memorisation.json", []
    for _ in range(2):
        memorised.measure(["fifty"], path=path, say=said.append, steps=8, watches=2, samples=memorised.KEPT)
    assert "there already" in said[1]
    run = memorised.stored(path)["fifty"]
    assert run["step"].tolist() == [4, 8] and run["samples"].shape == (memorised.KEPT, 1, 28, 28)
    assert all(np.isfinite(run[key]).all() and len(run[key]) == 2 for key in memorised.CURVES)
    assert memorised.stored(tmp_path / "other.json") == {}
    with pytest.raises(ValueError, match="^name:"):
        memorised.training_set("sixty")


@pytest.mark.claim("G5")
def test_inverting_g_finds_digits_and_not_letters():
    torch = pytest.importorskip("torch")
    from gancourse.recipes.digits import pretrained_generator

    generator = pretrained_generator()
    foreign = torch.tensor(distortions.letters(8, np.random.default_rng(0)), dtype=torch.float32)
    targets = torch.cat([torch.tensor(TEST[:8]), foreign])
    z = torch.randn(3, 16, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=0.05)
    for _ in range(60):
        errors = ((generator(z.reshape(-1, 64)).reshape(3, 16, 1, 28, 28) - targets) ** 2).mean((2, 3, 4))
        optimiser.zero_grad()
        errors.sum().backward()
        optimiser.step()
    root = errors.detach().min(0).values.sqrt()
    assert root[8:].mean() > 1.3 * root[:8].mean()


# --- the exercises -------------------------------------------------------------------------------


def test_the_exercises_agree_with_the_package(rng):
    pytest.importorskip("torch")
    from gancourse.exercises.lecture_16 import frechet_to_moments, score_of_classes
    from gancourse.exercises.lecture_16_neighbours import precision_and_recall, unbiased_kernel_distance

    x, y = rng.normal(size=(30, 5)), rng.normal(0.5, 1.4, (40, 5))
    moments = y.mean(0), np.cov(y, rowvar=False)
    assert frechet_to_moments(x, *moments) == pytest.approx(frechet_distance(x, y))
    few = x[:4]  # a singular covariance
    assert frechet_to_moments(few, *moments) == pytest.approx(frechet_distance(few, y))
    assert unbiased_kernel_distance(x, y) == pytest.approx(kernel_distance_all_pairs(x, y)[0])
    assert tuple(precision_and_recall(x, y, 3)) == pytest.approx(precision_recall(x, y, 3))
    rows = rng.dirichlet(np.ones(4), 60)
    assert tuple(score_of_classes(rows, 6)) == pytest.approx(inception_score(rows, splits=6))
