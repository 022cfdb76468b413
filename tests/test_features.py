"""Features of images: conventions, the shipped classifier, the Fréchet scale, the shipped generator."""

import json
import os

import numpy as np
import pytest
import torch

from gancourse import features
from gancourse.data import embedded_digits, load, to_network
from gancourse.features import classify, classify_stacked, extract, from_pixels
from gancourse.metrics import frechet_distance
from gancourse.models import DCGANDiscriminator, DigitClassifier
from gancourse.pretrained import CHECKPOINTS, load_weights, save_weights
from gancourse.recipes import digits
from gancourse.recipes.digits import pretrained_generator


@pytest.fixture(scope="module")
def train():
    return to_network(embedded_digits("train").pixels)


@pytest.fixture(scope="module")
def test():
    return to_network(embedded_digits("test").pixels)


@pytest.fixture(scope="module")
def generated():
    generator = pretrained_generator()
    with torch.no_grad():
        return generator(generator.noise(2_000, torch.Generator().manual_seed(0)))


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    """An empty folder in place of data/checkpoints."""
    monkeypatch.setattr(features, "CHECKPOINTS", tmp_path)
    yield tmp_path
    features._load.cache_clear()


# Conventions


def test_features_are_finite_float64_and_not_negative(test):
    out = extract(test)
    assert out.shape == (1000, 64) and out.dtype == np.float64
    assert np.isfinite(out).all() and out.min() >= 0 and out.std() > 0.1


def test_features_are_those_of_the_classifier(test):
    network = load_weights(DigitClassifier(), CHECKPOINTS / "digit_classifier.safetensors", "")
    with torch.no_grad():
        x = torch.from_numpy(test[:50])
        logits = network(x)
        assert np.allclose(extract(test[:50]), network.features(x).numpy(), atol=1e-5)
    expected = np.exp(logits.double().numpy())
    assert np.allclose(classify(test[:50]), expected / expected.sum(1, keepdims=True), atol=1e-6)


def test_probabilities_sum_to_one(test):
    p = classify(test)
    assert p.shape == (1000, 10) and p.dtype == np.float64 and p.min() >= 0
    assert abs(p.sum(1) - 1).max() <= 1e-12


@pytest.mark.parametrize("batch", [1, 7, 64, 1000])
def test_the_batch_size_does_not_matter(test, batch):
    assert abs(extract(test[:130], batch=batch) - extract(test[:130])).max() <= 1e-5
    assert abs(classify(test[:130], batch=batch) - classify(test[:130])).max() <= 1e-5


def test_arrays_and_tensors_of_any_float_agree(test):
    reference = extract(test[:20])
    tensor = torch.from_numpy(test[:20])
    for same in (test[:20].astype(np.float64), tensor, tensor.double(), tensor.clone().requires_grad_()):
        assert np.array_equal(extract(same), reference)
    assert np.array_equal(extract(test[19::-1][:20].copy()), extract(tensor.flip(0)))
    read_only = test[:20].copy()
    read_only.flags.writeable = False
    assert np.array_equal(extract(read_only), reference)


def test_the_caller_is_left_as_it_was(test):
    features._load.cache_clear()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    copy = test[:5].copy()
    extract(test[:5])
    classify(test[:5])
    assert torch.equal(torch.rand(3), expected)
    assert np.array_equal(test[:5], copy)
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    with torch.no_grad():
        extract(test[:5])
        assert not torch.is_grad_enabled()


def test_weights_are_read_once(test, monkeypatch):
    extract(test[:1])
    monkeypatch.setattr(features, "load_weights", lambda *_: pytest.fail("read again"))
    extract(test[:1])


def _broken(kind):
    x = np.random.default_rng(0).uniform(-1, 1, (4, 1, 28, 28)).astype(np.float32)
    holed = x.copy()
    holed[1, 0, 2, 3] = np.nan
    return {
        "pixels": ((x + 1) * 127.5).astype(np.uint8),
        "integers": x.astype(int),
        "booleans": x > 0,
        "integer tensor": torch.zeros(4, 1, 28, 28, dtype=torch.uint8),
        "0 to 255": (x + 1) * 127.5,
        "0 to 1": (x + 1) / 2,
        "0 to 1 tensor": torch.from_numpy((x + 1) / 2),
        "just outside": x * 1.01,
        "NaN": holed,
        "infinity": np.where(x > 0.99, np.inf, x),
        "no channel": x[:, 0],
        "one image": x[0],
        "three channels": np.repeat(x, 3, axis=1),
        "32 pixels": np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=-1),
        "flat": x.reshape(4, -1),
        "channels last": x.transpose(0, 2, 3, 1),
        "none": x[:0],
        "text": "digits",
        "ragged": [[1.0], [2.0, 3.0]],
    }[kind]


KINDS = (
    "pixels,integers,booleans,integer tensor,0 to 255,0 to 1,0 to 1 tensor,just outside,NaN,infinity,"
    "no channel,one image,three channels,32 pixels,flat,channels last,none,text,ragged"
).split(",")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", [extract, classify])
def test_bad_images_are_named(function, kind):
    with pytest.raises(
        ValueError, match=r"^images: expected floats in \[-1, 1\] with shape \(n, 1, 28, 28\)"
    ):
        function(_broken(kind))


@pytest.mark.parametrize("kind", ["pixels", "0 to 1"])
def test_the_wrong_range_names_the_remedy(kind):
    with pytest.raises(ValueError, match=r"to_network"):
        extract(_broken(kind))


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_constant_images_are_let_through(value):
    assert np.isfinite(extract(np.full((2, 1, 28, 28), value))).all()


@pytest.mark.parametrize("network", ["vgg", "Digits", None, 3])
def test_an_unknown_network_names_those_there_are(test, network):
    with pytest.raises(ValueError, match=r"network: expected one of 'digits', 'cifar', 'inception', got"):
        extract(test[:1], network=network)


@pytest.mark.parametrize("batch", [0, -1, 2.5, "8"])
def test_a_bad_batch_is_named(test, batch):
    with pytest.raises(ValueError, match="batch: expected a whole number"):
        extract(test[:1], batch=batch)


@pytest.mark.parametrize("network, file", [("digits", "digit"), ("cifar", "cifar")])
def test_pixels_give_what_their_floats_give(network, file, rng):
    shape = features.image_shape(network)
    pixels = rng.integers(0, 256, (12, *shape), np.uint8)
    counted = []
    found = from_pixels(pixels, network, batch=5, progress=counted.append)
    assert counted == [5, 5, 2]
    expected = extract(to_network(pixels), network), classify(to_network(pixels), network)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == np.float64 and np.allclose(ours, theirs, atol=1e-4)
    assert found[0].min() >= 0 and abs(found[1].sum(1) - 1).max() <= 1e-12


def test_bright_pixels_are_not_taken_for_another_range():
    pixels = np.full((3, 1, 28, 28), 200, np.uint8)
    pixels[:, :, 5] = 180
    with pytest.raises(ValueError, match=r"looks like \[0, 1\]"):
        extract(to_network(pixels))
    assert np.isfinite(from_pixels(pixels)[0]).all()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 1, 28, 28)), np.zeros((2, 3, 28, 28), np.uint8), np.zeros((0, 1, 28, 28), np.uint8),
        np.zeros((1, 28, 28), np.uint8), "digits", None,
    ],
)  # fmt: skip
def test_bad_pixels_are_named(pixels):
    with pytest.raises(ValueError, match=r"^pixels: expected uint8 with shape \(n, 1, 28, 28\), got"):
        from_pixels(pixels)


def test_stacks_are_named_channel_by_channel(test):
    labels = embedded_digits("test").labels
    order = np.random.default_rng(0).permutation(len(test) - 1)[:999].reshape(-1, 3)
    stacks = test[order, 0]
    named = classify_stacked(stacks)
    assert named.shape == (333, 3) and named.dtype == np.int64
    assert (named == labels[order]).mean() > 0.98
    assert np.array_equal(named[:, 1], classify(stacks[:, 1:2]).argmax(1))
    assert np.array_equal(classify_stacked(torch.from_numpy(stacks), batch=7), named)


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("three channels", "no channel")])
def test_bad_stacks_are_named(kind):
    images = _broken(kind)
    if isinstance(images, torch.Tensor):
        images = images.expand(-1, 3, -1, -1)
    elif getattr(images, "ndim", 0) == 4:
        images = np.repeat(images, 3, axis=1)
    with pytest.raises(ValueError, match=r"^images: expected floats in \[-1, 1\] .*\(n, 3, 28, 28\)"):
        classify_stacked(images)


# Weights


def test_missing_weights_name_file_and_command(test, no_weights):
    with pytest.raises(
        OSError, match=r"digit_classifier\.safetensors.*python tools/train_digit_classifier\.py"
    ):
        extract(test[:1])


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "folder", "other network", "NaN"])
def test_damaged_weights_name_file_and_command(test, no_weights, damage):
    path = no_weights / "digit_classifier.safetensors"
    whole = (CHECKPOINTS / path.name).read_bytes()
    if damage == "folder":
        path.mkdir()
    elif damage == "other network":
        save_weights(torch.nn.Linear(2, 2), path)
    elif damage == "NaN":
        network = DigitClassifier()
        torch.nn.init.constant_(network.classes.bias, torch.nan)
        save_weights(network, path)
    else:
        path.write_bytes({"cut": whole[:-1000], "garbage": b"\x00\xff" * 5000, "empty": b""}[damage])
    with pytest.raises(ValueError, match=r"digit_classifier\.safetensors"):
        extract(test[:1])
    path.rmdir() if damage == "folder" else path.unlink()
    (no_weights / path.name).write_bytes(whole)
    assert extract(test[:1]).shape == (1, 64)  # a failure is not kept


@pytest.mark.parametrize("half, tolerance", [(False, 0.0), (True, 1e-3)])
def test_saved_weights_come_back(tmp_path, half, tolerance):
    network, other = DigitClassifier(), DigitClassifier()
    save_weights(network, tmp_path / "a.safetensors", half=half, seed=3)
    load_weights(other, tmp_path / "a.safetensors", "")
    for name, tensor in other.state_dict().items():
        assert tensor.dtype == network.state_dict()[name].dtype
        assert torch.allclose(tensor, network.state_dict()[name], rtol=tolerance, atol=1e-7)
    assert not other.training and not any(p.requires_grad for p in other.parameters())
    facts = json.loads((tmp_path / "a.json").read_text())
    assert facts["seed"] == 3 and facts["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize(
    "file, limit",
    [
        ("digit_classifier.safetensors", 1_000_000),
        ("cifar_classifier.safetensors", 4_000_000),
        ("dcgan_digits.safetensors", 4_000_000),
    ],
)
def test_shipped_weights_are_small_and_say_how_they_were_made(file, limit):
    assert (CHECKPOINTS / file).stat().st_size <= limit
    facts = json.loads((CHECKPOINTS / file).with_suffix(".json").read_text())
    assert facts["command"].startswith("python tools/train_") and facts["seconds"] > 0


# What the shipped networks can do


def test_the_classifier_reads_digits_it_was_not_trained_on(test):
    right = classify(test).argmax(1) == embedded_digits("test").labels
    assert right.mean() >= 0.99
    facts = json.loads((CHECKPOINTS / "digit_classifier.json").read_text())
    assert right.mean() == pytest.approx(facts["embedded_test_accuracy"], abs=0.0011)
    assert facts["test_accuracy"] >= 0.99


def test_the_classifier_of_cifar_is_as_good_as_it_has_to_be():
    facts = json.loads((CHECKPOINTS / "cifar_classifier.json").read_text())
    assert facts["held_out_accuracy"] >= 0.9 and facts["trained_on"] == 45_000
    assert facts["held_out_accuracy"] == max(facts["held_out_accuracy_by_pass"])


@pytest.mark.skipif(not os.environ.get("GANCOURSE_DATA"), reason="GANCOURSE_DATA is not set")
def test_the_classifier_of_cifar_reads_images_it_was_not_trained_on():
    images = load("cifar-10", "held_out").take(1000)
    probabilities = classify(to_network(images.pixels), "cifar")
    assert (probabilities.argmax(1) == images.labels).mean() >= 0.88
    found = extract(to_network(images.pixels), "cifar")
    assert found.shape == (1000, 192) and found.min() >= 0 and (found > 0).any(0).all()
    train = extract(to_network(load("cifar-10").take(1000).pixels), "cifar")
    noise = np.random.default_rng(0).uniform(-1, 1, (1000, 3, 32, 32))
    assert frechet_distance(extract(noise, "cifar"), found) > 10 * frechet_distance(train, found)


def test_the_frechet_distance_has_a_low_floor_and_a_high_ceiling(train, test, rng):
    real = extract(test)
    noise = extract(rng.uniform(-1, 1, (1000, 1, 28, 28)))
    floor, ceiling = frechet_distance(extract(train), real), frechet_distance(noise, real)
    assert 0 < floor < 15
    assert ceiling > 50 * floor


def test_the_shipped_generator_draws_all_ten_digits(generated, test):
    p = classify(generated)
    assert (p.max(1) > 0.9).mean() >= 0.8
    shares = np.bincount(p.argmax(1), minlength=10) / len(p)
    assert shares.min() > 0.04 and shares.max() < 0.2


def test_the_shipped_generator_is_far_nearer_to_the_data_than_an_untrained_one(generated, test):
    real = extract(test)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        untrained = type(pretrained_generator())().eval()
        with torch.no_grad():
            start = untrained(untrained.noise(1000))
    assert frechet_distance(extract(generated), real) < 0.1 * frechet_distance(extract(start), real)


def test_a_missing_generator_names_file_and_command(tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "CHECKPOINTS", tmp_path)
    with pytest.raises(OSError, match=r"dcgan_digits\.safetensors.*python tools/train_digits_dcgan\.py"):
        pretrained_generator()


# The recipe


def test_the_recipe_repeats_itself_and_leaves_the_global_generator_alone():
    images = embedded_digits("train")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    runs = [
        digits.dcgan_digits(images, steps=2, seed=s, batch=8, threads=1, progress=False) for s in (0, 0, 1)
    ]
    assert torch.equal(torch.rand(3), expected)
    losses = [tuple(run.discriminator_loss) for run in runs]
    assert losses[0] == losses[1] != losses[2]
    assert runs[0].completed == 2 and not runs[0].averaged_generator.training


def test_a_place_before_the_logit_sees_most_of_the_image():
    layers = DCGANDiscriminator(width=2, normalise=False).layers[:-1]
    x = torch.zeros(1, 1, 28, 28, requires_grad=True)
    layers(x)[0, :, 1, 1].sum().backward()
    rows = torch.nonzero(x.grad[0, 0].abs().sum(1)).flatten()
    assert rows[-1] - rows[0] + 1 == 22


@pytest.mark.parametrize("split, n", [("train", 4000), ("test", 1000)])
def test_embedded_digits_are_balanced(split, n):
    images = embedded_digits(split)
    assert images.pixels.shape == (n, 1, 28, 28) and (np.bincount(images.labels) == n // 10).all()


def test_embedded_digits_have_two_splits():
    with pytest.raises(ValueError, match="split: expected one of 'train', 'test', got 'held_out'"):
        embedded_digits("held_out")
