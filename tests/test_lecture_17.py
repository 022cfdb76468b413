"""Lecture 17: what residual pairs cost, the norm of a convolution, pairs of image and class, and the race."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gancourse.data import Images
from gancourse.demos import cifar_race as race_demo
from gancourse.demos import conditional_samples, roofline
from gancourse.exercises.lecture_17 import conditional_batch_norm, convolution_norm, projection_logit
from gancourse.game import optimal_discriminator
from gancourse.methods import spectral_norm_
from gancourse.models.resnet import ConditionalBatchNorm, ResNetDiscriminator
from gancourse.recipes import RECIPES, cifar_race

# --- spectral norm -------------------------------------------------------------------------------


@pytest.mark.claim("E2")
@pytest.mark.parametrize(("out", "into", "k"), [(1, 1, 3), (3, 2, 3), (2, 4, 2)])
def test_the_norm_of_a_convolution_is_that_of_its_matrix_and_at_most_k_times_the_reshaped_one(
    out, into, k, rng
):
    kernel, side = rng.normal(size=(out, into, k, k)), 6
    basis = torch.eye(into * side**2, dtype=torch.float64).reshape(-1, into, side, side)
    padded = F.pad(basis, (k - 1, 0, k - 1, 0), mode="circular")
    matrix = F.conv2d(padded, torch.tensor(kernel)).flatten(1)
    exact = torch.linalg.matrix_norm(matrix, 2).item()
    assert convolution_norm(kernel, side) == pytest.approx(exact, rel=1e-9)
    reshaped = np.linalg.norm(kernel.reshape(out, -1), 2)
    assert reshaped <= exact * (1 + 1e-9) <= k * reshaped * (1 + 1e-6)


@pytest.mark.claim("E2")
def test_a_normalised_layer_may_lengthen_an_image():
    torch.manual_seed(0)
    network = spectral_norm_(ResNetDiscriminator(width=8))
    for _ in range(50):
        network.train()(torch.zeros(2, 3, 32, 32))
    kernel = network.eval().blocks.block3.conv1.weight.detach().double().numpy()
    assert np.linalg.norm(kernel.reshape(8, -1), 2) == pytest.approx(1, abs=0.02)
    assert 1.3 < convolution_norm(kernel, 16) <= 3.06
    # the bound is reached by a kernel of equal numbers
    assert convolution_norm(np.full((1, 1, 3, 3), 1 / 3), 12) == pytest.approx(3)


# --- the conditional game ------------------------------------------------------------------------


@pytest.mark.claim("E15")
@pytest.mark.parametrize("k", [2, 5, 10])
def test_what_a_generator_pays_that_ignores_the_class(k):
    p, q = np.eye(k) / k, np.full((k, k), 1 / k**2)
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        twice = np.nansum(p * np.log(p / m)) + (q * np.log(q / m)).sum()
    formula = np.log(2 * k / (k + 1)) + np.log(2 / (k + 1)) / k + (1 - 1 / k) * np.log(2)
    assert twice == pytest.approx(formula)
    # the best D on a right pair is K/(K + 1), its logit log K; on a wrong one 0
    best = optimal_discriminator(p.ravel(), q.ravel()).reshape(k, k)
    assert np.diag(best) == pytest.approx(k / (k + 1)) and not best[~np.eye(k, dtype=bool)].any()


@pytest.mark.claim("E15")
def test_the_projection_can_say_the_best_logit_of_log_linear_posteriors(rng):
    # p(y|x) and q(y|x) softmaxes of the same features; p(x)/q(x) anything
    h, ratio = rng.normal(size=(200, 4)), rng.normal(size=200)
    v_p, v_q = rng.normal(size=(2, 3, 4))
    labels = rng.integers(3, size=200)

    def log_posterior(v):
        logits = h @ v.T
        return logits - np.log(np.exp(logits).sum(1, keepdims=True))

    best = ratio + (log_posterior(v_p) - log_posterior(v_q))[np.arange(200), labels]
    free = best - projection_logit(h, labels, np.zeros(4), v_p - v_q)
    # what is left depends on x alone
    expected = ratio - np.log(np.exp(h @ v_p.T).sum(1)) + np.log(np.exp(h @ v_q.T).sum(1))
    assert free == pytest.approx(expected)


@pytest.mark.claim("E15")
def test_the_exercises_are_what_the_networks_do(rng):
    torch.manual_seed(0)
    network = ResNetDiscriminator(size=32, channels=3, width=6, classes=4).double()
    x, labels = torch.tensor(rng.normal(size=(5, 3, 32, 32))), torch.tensor([0, 3, 1, 1, 2])
    with torch.no_grad():
        h = F.relu(network.blocks(x)).sum((2, 3)).numpy()
        a, v = network.output.weight.numpy()[0], network.project.weight.numpy().T
        got = network(x, F.one_hot(labels, 4).double()).numpy()
    assert projection_logit(h, labels.numpy(), a, v) == pytest.approx(got)

    norm = ConditionalBatchNorm(3, 4).double().train()
    torch.nn.init.normal_(norm.gain.weight)
    torch.nn.init.normal_(norm.shift.weight)
    with torch.no_grad():
        got = norm(x, F.one_hot(labels, 4).double()).numpy()
    gain, shift = norm.gain.weight.detach().numpy().T, norm.shift.weight.detach().numpy().T
    assert conditional_batch_norm(x.numpy(), labels.numpy(), gain, shift) == pytest.approx(got)


# --- the roofline --------------------------------------------------------------------------------


@pytest.mark.claim("E13")
def test_counts_by_hand():
    # 2 images of 4 x 4 with 3 channels: 96 numbers in and out, 81 weights; 32 places x 3 out x 27 products
    assert roofline.convolution(2, 4, 3, 4) == (2 * 32 * 3 * 27, 4 * (96 + 96 + 81))
    assert roofline.elementwise(2, 4, 3, 2) == (288, 384)


def test_the_bound_is_the_lower_roof():
    start = {"channels": 8, "batch": 6, "layer": 0, "precision": 0, "machine": 2}
    wide, thin = roofline.compute(**start), roofline.compute(**start | {"layer": 1})
    assert wide["share"] == 1 and wide["speed"] == wide["peak"] == 67e12
    assert thin["speed"] == pytest.approx(0.375 * 3.35e12) and thin["share"] == pytest.approx(0.01875)
    # half the bytes: twice the intensity, where weights are few
    half = roofline.compute(**start | {"precision": 1})
    assert half["intensity"] == pytest.approx(2 * wide["intensity"]) and half["ridge"] > 290
    demo = roofline.demo()
    demo.set(layer=1)
    assert "bound by memory, 1.9% of the peak" in demo.words.value and demo.error is None


# --- the race ------------------------------------------------------------------------------------


def test_stored_rows_are_whole():
    rows, floor = cifar_race.stored()
    assert set(rows) <= set(RECIPES) and len(rows) >= 3
    real = floor[str(cifar_race.MANY)]["frechet"]
    for name, row in rows.items():
        assert row["device"] == "cpu" and row["minutes"] == cifar_race.MINUTES, name
        assert row["seconds"] <= 60 * row["minutes"] * 1.02 and row["steps"] > 0
        assert row["samples"].shape == (64, 3, 32, 32) and row["samples"].dtype == np.uint8
        assert row["way"].shape == (len(row["curve"]["step"]), 16, 3, 32, 32)
        assert row["curve"]["step"][-1] == row["steps"] and row["best_step"] in row["curve"]["step"]
        assert real < row["last"]["frechet"] < row["curve"]["frechet"][0]
        expected = row["steps"] * row["batch"] / row["seconds"]
        assert row["images_per_second"] == pytest.approx(expected, rel=1e-2)


def test_the_generators_that_ship_drew_the_samples_that_are_stored():
    rows, _ = cifar_race.stored()
    for name, row in rows.items():
        path = cifar_race.weights_of(name)
        assert path.stat().st_size < 4e6
        assert json.loads(path.with_suffix(".json").read_text())["steps"] == row["steps"]
        generator = cifar_race.generator_of(name)
        z = generator.noise(250, torch.Generator().manual_seed(1))[:16]
        with torch.no_grad():
            drawn = np.rint((generator(z).numpy() + 1) * 127.5)
        # kept in float16
        assert np.abs(drawn - row["samples"][:16]).mean() < 1, name


def _images(rng, n):
    return Images(
        rng.integers(256, size=(n, 3, 32, 32), dtype=np.uint8), np.arange(n) % 10, tuple("abcdefghij")
    )


def test_a_race_is_run_once_and_kept(tmp_path, rng, monkeypatch):
    sets = {"train": _images(rng, 90), "held_out": _images(rng, 30)}
    monkeypatch.setattr("gancourse.data.load", lambda name, split="train": sets[split])
    said, kept, path = [], [], tmp_path / "race.json"
    options = dict(path=path, minutes=0.02, width=4, say=said.append, keep=lambda *given: kept.append(given))
    for _ in range(2):
        cifar_race.measure(["sngan_conditional", "dcgan"], **options)
    assert [line.split(":")[1] for line in said[2:]] == [" there already"] * 2 and len(kept) == 2
    rows, floor = cifar_race.stored(path)
    assert list(rows) == ["sngan_conditional", "dcgan"] and set(floor) == {"30"}
    row = rows["sngan_conditional"]
    assert len(row["as_asked"]) == 10 and 0 <= min(row["as_asked"]) and "as_asked" not in rows["dcgan"]
    for row in rows.values():
        # of the processor's time; the last step may be over
        assert 0 < row["seconds"] < 1.2 * 1.5 and row["steps"] <= row["planned"]
        assert row["curve"]["step"][0] == 0 and row["curve"]["minutes"][-1] == pytest.approx(
            row["seconds"] / 60, abs=0.002
        )
    assert cifar_race.stored(path, "cuda")[0] == {}
    path.with_suffix(".npz").unlink()
    with pytest.raises(ValueError, match="race.npz"):
        cifar_race.stored(path)


def test_what_was_not_run_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="measure_cifar_race"):
        cifar_race.stored(tmp_path / "none.json")
    with pytest.raises(ValueError, match="recipe"):
        cifar_race.weights_of("stylegan")


# --- demos ---------------------------------------------------------------------------------------


def test_the_class_and_the_noise_both_move_the_image():
    start = {"walk": 0.3, "seed": 3, "blend": 0.0, "first": 8, "second": 7, "recipe": 0}
    ship = conditional_samples.compute(**start)
    horse = conditional_samples.compute(**start | {"blend": 1.0})
    assert ship["here"][0] == pytest.approx(ship["all"][8], abs=1e-5)
    assert horse["here"][0] == pytest.approx(ship["all"][7], abs=1e-5)
    assert np.abs(ship["here"] - horse["here"]).mean() > 0.02
    other = conditional_samples.compute(**start | {"walk": 1.0})
    assert np.abs(ship["here"] - other["here"]).mean() > 0.02
    assert other["here"][0] == pytest.approx(other["path"][-1], abs=1e-5)


def test_the_race_replays_every_recipe():
    rows, floor = cifar_race.stored()
    for i, name in enumerate(race_demo.NAMES):
        first, last = (race_demo.compute(moment=m, recipe=i) for m in (0.0, 1.0))
        if name not in rows:
            assert first["images"] is None
            continue
        assert first["step"][first["at"]] == 0 and last["step"][last["at"]] == rows[name]["steps"]
        assert last["images"].shape == (16, 3, 32, 32) and np.abs(last["images"]).max() <= 1
        assert last["floor"] == floor[str(cifar_race.FEW)]["frechet"]
    demo = race_demo.demo()
    assert f"step {rows['dcgan']['steps']:,}" in demo.words.value
