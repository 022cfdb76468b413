"""Two sets of images compared by every metric: the numbers, the files, the sets read, what is said if not."""

import contextlib
import json
import math
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from gancourse import evaluation, features
from gancourse.__main__ import main
from gancourse._image_sets import LEAST, read_images, suits
from gancourse._progress import bar
from gancourse.data import embedded_digits, to_network
from gancourse.evaluation import evaluate
from gancourse.features import classify, classify_stacked, extract
from gancourse.metrics import (
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance_all_pairs,
    memorisation,
    parzen_log_likelihood,
    precision_recall,
    stacked_modes,
)


@pytest.fixture(scope="module")
def digits():
    """The 1,000 digits of the embedded test split, as pixels."""
    return embedded_digits("test").pixels


@pytest.fixture(scope="module")
def noisy(digits):
    """600 real digits with noise: a generator of middling quality."""
    rng = np.random.default_rng(5)
    pixels = embedded_digits("train").pixels[:600].astype(float)
    return np.clip(pixels + rng.normal(0, 60, pixels.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def result(digits, noisy):
    return evaluate(digits, noisy, held_out=embedded_digits("train").pixels[600:1600], progress=False)


# The numbers


def test_scores_are_those_of_the_metrics(result, digits, noisy):
    a, b = (extract(to_network(pixels)) for pixels in (digits, noisy))
    assert result["Fréchet distance"].value == pytest.approx(frechet_distance(a, b), rel=1e-6)
    assert result["kernel distance"] == pytest.approx(kernel_distance_all_pairs(a, b), rel=1e-6)
    both = (*precision_recall(a, b), *density_coverage(a, b))
    found = [result[name].value for name in ("precision", "recall", "density", "coverage")]
    assert found == pytest.approx(both, abs=0.002)
    held_out = extract(to_network(embedded_digits("train").pixels[600:1600]))
    expected = memorisation(b, a, held_out)
    assert result["nearer to real than held out"].value == pytest.approx(expected.share, abs=1e-9)
    assert result["… ratio of distances"].value == pytest.approx(expected.ratio, rel=1e-6)


def test_the_inception_score_is_that_of_the_generated_images(digits, noisy):
    found = evaluate(digits[:50], noisy, progress=False, seed=4)["Inception score"]
    order = np.random.default_rng(4)
    order.permutation(50)
    shuffled = noisy[order.permutation(len(noisy))]
    mean, std = inception_score(classify(to_network(shuffled)), 10)
    assert found.value == pytest.approx(mean, rel=1e-6) and found.error == pytest.approx(std / 3, rel=1e-6)


def test_the_last_two_columns_are_of_halves(digits, noisy):
    """Built again from the shuffle: half of the real images with as many generated, with the other half."""
    found = evaluate(digits[:200], noisy[:150], progress=False, seed=7)
    order = np.random.default_rng(7)
    real, fake = digits[:200][order.permutation(200)], noisy[:150][order.permutation(150)]
    first, few, second = (extract(to_network(x)) for x in (real[:100], fake[:100], real[100:]))
    row = found.rows[0]
    assert row.name == "Fréchet distance" and found.n_floor == 100
    assert row.same_size.value == pytest.approx(frechet_distance(first, few), rel=1e-6)
    assert row.floor.value == pytest.approx(frechet_distance(first, second), rel=1e-6)


def test_parzens_bandwidth_is_chosen_on_images_that_it_is_not_judged_by(digits, noisy):
    found = evaluate(digits[:200], noisy[:150], progress=False, seed=7)["Parzen log-likelihood"]
    real = digits[:200][np.random.default_rng(7).permutation(200)].reshape(200, -1) / 255
    samples = noisy[:150].reshape(150, -1) / 255
    scores = {h: parzen_log_likelihood(samples, real[:40], h)[0] for h in np.geomspace(0.02, 2, 13)}
    assert found == pytest.approx(parzen_log_likelihood(samples, real[40:], max(scores, key=scores.get)))


def test_every_metric_is_there_with_an_error_and_a_floor(result):
    names = [row.name for row in result.rows]
    assert names == [
        "Fréchet distance", "kernel distance", "precision", "recall", "density", "coverage",
        "Inception score", "KL of classes ‖ real", "Parzen log-likelihood",
        "nearer to real than held out", "… ratio of distances",
    ]  # fmt: skip
    for row in result.rows:
        assert row.score.error > 0, row.name
        if "held out" not in row.name and "ratio" not in row.name:
            assert row.same_size.error > 0 and row.floor.error > 0, row.name
    assert (result.n_real, result.n_fake, result.n_floor) == (1000, 600, 500)


def test_noise_is_told_from_the_floor_beyond_the_errors(result):
    for row in result.rows:
        if row.name in ("Fréchet distance", "kernel distance", "precision", "density", "Inception score"):
            worse = row.same_size.value - row.floor.value
            worse = worse if row.better == "less" else -worse
            assert worse > 2 * math.hypot(row.same_size.error, row.floor.error), row.name


def test_real_images_as_good_as_the_floor(digits):
    """Another sample of the data scores like the data: the columns at one size are comparable."""
    other = embedded_digits("train").pixels[-600:]
    for row in evaluate(digits, other, progress=False).rows:
        gap = abs(row.same_size.value - row.floor.value)
        assert gap < 4 * math.hypot(row.same_size.error, row.floor.error), row.name


def test_many_images_have_the_distance_at_infinity(digits):
    found = evaluate(embedded_digits("train").pixels[:700], digits[:700], progress=False)
    at_infinity, plain = found["Fréchet distance, n → ∞"], found["Fréchet distance"]
    assert at_infinity.value < 0.5 * plain.value
    assert abs(at_infinity.value) < 4 * at_infinity.error


def test_copies_are_found_by_the_third_set(digits):
    train = embedded_digits("train").pixels[:300]
    found = evaluate(train, train[:100], held_out=digits[:300], progress=False)
    assert found["nearer to real than held out"].value == 1.0
    assert found["… ratio of distances"].value == 0.0


def test_a_collapsed_generator_is_precise_and_misses_the_rest(digits):
    one = np.repeat(digits[:1], 100, axis=0)
    found = evaluate(digits[:300], one, progress=False)
    assert found["precision"].value == 1 and found["recall"].value < 0.01 and found["coverage"].value < 0.1
    assert found["Inception score"].value == pytest.approx(1.0)
    assert found["KL of classes ‖ real"].value == pytest.approx(math.log(10), rel=0.1)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_constant_images_pass(digits, value, tmp_path):
    found = evaluate(digits[:60], np.full((30, 1, 28, 28), value, np.uint8), progress=False)
    assert np.isfinite(found["Fréchet distance"].value)
    found.save(tmp_path)


def test_the_same_call_gives_the_same_numbers(digits, noisy):
    sets = digits[:80], noisy[:80]
    first, second, other = (evaluate(*sets, progress=False, seed=seed) for seed in (0, 0, 1))
    assert [row.score for row in first.rows] == [row.score for row in second.rows]
    assert first.rows[0].floor == second.rows[0].floor != other.rows[0].floor


def test_stacks_are_read_channel_by_channel(digits, rng):
    stacks = digits[rng.integers(0, 1000, (120, 3)), 0]
    few = digits[rng.integers(0, 20, (90, 3)), 0]
    assert np.array_equal(
        classify_stacked(to_network(stacks)),
        np.stack([classify(to_network(stacks[:, i : i + 1])).argmax(1) for i in range(3)], axis=1),
    )
    found = evaluate(stacks, few, progress=False)
    expected = stacked_modes(classify_stacked(to_network(few)))
    assert found["modes of 1,000"].value == expected.captured
    assert found["KL of modes ‖ even"].value == pytest.approx(expected.reverse_kl)
    stacked = [
        np.concatenate([extract(to_network(x[:, i : i + 1])) for i in range(3)], 1) for x in (stacks, few)
    ]
    assert found["Fréchet distance"].value == pytest.approx(frechet_distance(*stacked), rel=1e-6)
    assert "perfect stacks" in found.table()


# The table and the files


def test_the_table_says_what_was_measured(result):
    lines = result.table().splitlines()
    assert "features of the network 'digits'" in lines[0]
    assert re.search(r"better +all: 1,000 and 600 +500 of each +real: 500 of each", lines[2])
    for row in result.rows:
        line = next(line for line in lines if line.startswith(row.name + " "))
        assert line.count("±") == (1 if row.floor is None else 3)
    text = " ".join(result.table().split())
    assert "some" in text and "come from the number of images" in text
    assert "Published scores are of 10,000 to 50,000 images; these are 600." in text
    assert "distances compare with one another, not with published ones" in text
    assert repr(result) == result.table() and max(map(len, lines)) <= 100


def test_too_few_images_are_called_too_few(digits, noisy):
    said = " ".join(evaluate(digits[:200], noisy[:200], progress=False).table().split())
    assert "With 200 images for 64 features the Fréchet distance is mostly a matter of their number" in said
    assert "a third set" in said


def test_an_error_has_two_digits_and_its_value_as_many():
    from gancourse._evaluation_text import written
    from gancourse._measures import Score

    cases = {
        (13.26694, 3.5687): "13.3 ± 3.6", (0.70231, 0.02178): "0.702 ± 0.022", (-256.4, 14.2): "-256 ± 14",
        (0.0001234, 0.0000151): "0.000123 ± 0.000015", (6.9077, 0.0): "6.908", (math.inf, None): "∞",
        (1234.5, None): "1234", (812.3, 123.4): "812 ± 123",
    }  # fmt: skip
    assert {case: written(Score(*case)) for case in cases} == cases
    assert written(None) == ""


def test_the_files_hold_what_was_found(result, tmp_path):
    record, picture = result.save(tmp_path / "new" / "folder", command="the command")
    facts = json.loads(record.read_text(encoding="utf-8"))
    assert facts["command"] == "the command" and facts["network"] == "digits"
    assert facts["images"] == {"real": 1000, "generated": 600, "same_size_and_floor": 500}
    rows = {row["metric"]: row for row in facts["rows"]}
    assert rows["recall"]["score"] == {"value": result["recall"].value, "error": result["recall"].error}
    assert rows["… ratio of distances"]["floor"] is None
    with Image.open(picture) as image:
        colours = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 200
    assert sorted(path.name for path in record.parent.iterdir()) == ["evaluation.json", "evaluation.png"]


def test_infinity_is_null_in_the_file(digits, tmp_path):
    low = embedded_digits("test").labels < 5
    found = evaluate(digits[low][:80], digits[~low][:80], progress=False)
    assert found["KL of classes ‖ real"].value == math.inf and "∞" in found.table()
    record, _ = found.save(tmp_path)
    rows = {row["metric"]: row for row in json.loads(record.read_text(encoding="utf-8"))["rows"]}
    assert rows["KL of classes ‖ real"]["score"] == {"value": None, "error": None}


def test_the_figure_shows_the_sets_and_the_scores(result):
    figure = result.figure()
    axes = figure.get_axes()
    titles = [a.get_title(loc="left") for a in axes[:3]]
    assert titles[:2] == ["Real (1,000)", "Generated (600)"] and "nearest" in titles[2]
    labels = [text.get_text() for text in axes[4].get_yticklabels()]
    assert labels == ["precision", "recall", "density", "coverage"]
    shares = [patch.get_height() for patch in axes[5].patches]
    assert len(shares) == 20 and sum(shares) == pytest.approx(2.0)


def test_a_score_of_no_such_name_is_an_error(result):
    with pytest.raises(ValueError, match="name: expected one of 'Fréchet distance'"):
        result["FID"]


# The sets it reads


def save_folder(folder, pixels, ending="png", mode=None):
    folder.mkdir(parents=True)
    for i, image in enumerate(pixels):
        array = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        picture = Image.fromarray(array)
        (picture.convert(mode) if mode else picture).save(folder / f"{i:03d}.{ending}")
    return folder


@pytest.mark.parametrize(
    "kind", ["png", "rgb", "palette", "alpha", "npy", "npz", "last", "float", "tensor", "flat"]
)
def test_the_same_images_from_everywhere(kind, digits, tmp_path):
    pixels, path = digits[:LEAST], tmp_path / f"set.{kind}"
    modes = {"png": None, "rgb": "RGB", "palette": "P", "alpha": "LA"}
    if kind in modes:
        source = save_folder(tmp_path / "set", pixels, mode=modes[kind])
    elif kind == "npy":
        np.save(path, pixels)
        source = str(path)
    elif kind == "npz":
        np.savez(path, labels=np.zeros(3), images=pixels)
        source = path
    elif kind == "tensor":
        torch = pytest.importorskip("torch")
        source = torch.from_numpy(to_network(pixels))
    else:
        source = {
            "last": pixels.transpose(0, 2, 3, 1), "float": to_network(pixels).astype(np.float64),
            "flat": pixels[:, 0],
        }[kind]  # fmt: skip
    found = read_images(source)
    assert found.dtype == np.uint8
    assert np.array_equal(found, np.repeat(pixels, found.shape[1], axis=1))
    assert found.shape[1] == (3 if kind in ("rgb", "palette") else 1)


def test_a_data_set_is_named_with_its_split():
    assert np.array_equal(read_images(embedded_digits("test")), embedded_digits("test").pixels)
    assert read_images("stacked-mnist:test").shape[1:] == (3, 28, 28)
    with pytest.raises(ValueError, match="one of mnist:train, mnist:test, mnist:held_out"):
        read_images("mnist")


def test_jpeg_files_and_capital_endings_are_read(tmp_path, rng):
    pixels = np.repeat(rng.integers(0, 256, (LEAST, 3, 1, 1), np.uint8), 16, axis=2).repeat(16, axis=3)
    save_folder(tmp_path / "a", pixels, ending="JPG")
    assert abs(read_images(tmp_path / "a").astype(int) - pixels).max() <= 3


def test_grey_images_saved_as_rgb_are_grey_for_the_network_of_digits(digits, noisy, tmp_path):
    rgb = save_folder(tmp_path / "rgb", noisy[:60], mode="RGB")
    found = evaluate(digits[:100], rgb, progress=False)
    expected = evaluate(digits[:100], noisy[:60], progress=False)
    assert [row.score for row in found.rows] == [row.score for row in expected.rows]


def test_the_network_that_suits_is_taken(digits):
    assert [suits(shape) for shape in ((1, 28, 28), (3, 28, 28), (3, 32, 32), (3, 64, 64), (3, 32, 64))] == [
        "digits", "digits", "cifar", "inception", "inception",
    ]  # fmt: skip
    assert evaluate(digits[:40], digits[40:80], None, progress=False).network == "digits"


# What is said when not


def bad(kind, folder, pixels):
    """A set with this fault, and what must be said of it."""
    folder = folder / "set"
    path = folder.with_suffix(".npy")
    floats = to_network(pixels)
    if kind == "nothing":
        return folder, r"set: expected a folder of images .* got nothing of this name"
    if kind == "empty folder":
        folder.mkdir()
        return folder, r"set: holds no PNG or JPEG file$"
    if kind == "folders within":
        save_folder(folder / "class0", pixels)
        return folder, r"holds no PNG or JPEG file; there are some in .*class0"
    if kind == "mixed sizes":
        save_folder(folder, pixels)
        Image.new("L", (20, 30)).save(folder / "odd.png")
        return folder, r"expected images of one size, got 28 x 28 in 000.png and 20 x 30 in odd.png"
    if kind == "not an image":
        save_folder(folder, pixels)
        (folder / "007.png").write_bytes(b"not an image")
        return folder, r"007\.png: cannot be read as an image"
    if kind == "cut short":
        save_folder(folder, pixels)
        (folder / "007.png").write_bytes((folder / "007.png").read_bytes()[:-40])
        return folder, r"007\.png: cannot be read as an image"
    if kind == "16 bits":
        folder.mkdir()
        Image.fromarray(np.full((28, 28), 40_000, np.uint16)).save(folder / "deep.png")
        return folder, r"deep\.png: expected 8 bits a channel"
    if kind == "transparent":
        folder.mkdir()
        Image.new("RGBA", (28, 28), (1, 2, 3, 100)).save(folder / "glass.png")
        return folder, r"glass\.png: has transparent pixels"
    if kind == "one image":
        return save_folder(folder, pixels[:1]), r"expected at least 25 images, got 1"
    if kind == "another file":
        (other := folder.with_suffix(".gif")).write_bytes(b"GIF89a")
        return other, r"got another kind of file"
    if kind == "pickle":
        np.save(path, np.array([{}], dtype=object))
        return path, r"set\.npy: not a whole file of plain numbers"
    if kind == "broken npy":
        np.save(path, pixels)
        path.write_bytes(path.read_bytes()[:-100])
        return path, r"set\.npy: not a whole file of plain numbers"
    if kind == "broken npz":
        path.with_suffix(".npz").write_bytes(b"PK\x03\x04 and no more")
        return path.with_suffix(".npz"), r"set\.npz: not a whole file"
    if kind == "several arrays":
        np.savez(folder, x=pixels, y=pixels)
        return folder.with_suffix(".npz"), r"expected one array, or one named images, got x, y"
    values, said = {
        "0 to 1": ((floats + 1) / 2, r"values from 0 to 1, which looks like \[0, 1\]"),
        "0 to 255": (pixels.astype(np.float32), r"values from 0 to 255; 0 to 255 are to be saved as uint8"),
        "NaN": (np.where(floats > 0.9, np.nan, floats), r"got NaN or infinity"),
        "whole numbers": (pixels.astype(np.int64), r"got int64"),
        "text": (np.array(["digits"] * 30), r"expected images as uint8 or as floats"),
        "four channels": (np.repeat(pixels, 4, axis=1), r"1 or 3 channels, got shape \(40, 4, 28, 28\)"),
        "one flat": (pixels.reshape(40, -1), r"got shape \(40, 784\)"),
        "none": (pixels[:0], r"got shape \(0, 1, 28, 28\)"),
    }[kind]
    np.save(path, values)
    return path, said


FAULTS = (
    "nothing,empty folder,folders within,mixed sizes,not an image,cut short,16 bits,transparent,one image,"
    "another file,pickle,broken npy,broken npz,several arrays,0 to 1,0 to 255,NaN,whole numbers,text,"
    "four channels,one flat,none"
).split(",")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_set_is_one_sentence_and_exit_code_2(kind, digits, tmp_path, capsys):
    source, said = bad(kind, tmp_path, digits[:40])
    np.save(tmp_path / "good.npy", digits[:40])
    for sets in ([str(source), str(tmp_path / "good.npy")], [str(tmp_path / "good.npy"), str(source)]):
        assert main(["evaluate", *sets, "--out", str(tmp_path / "out")]) == 2
        out, err = capsys.readouterr()
        assert re.search(said, err.strip()), err
        assert err.startswith("python -m gancourse evaluate: ") and "Traceback" not in err and not out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "shapes, features_, said",
    [
        (
            [(1, 28, 28), (3, 28, 28)],
            None,
            r"generated: expected images of 1 x 28 x 28, like real, got 3 x 28",
        ),
        ([(1, 28, 28), (1, 32, 32)], "digits", r"generated: expected images of 1 x 28 x 28"),
        (
            [(3, 32, 32)] * 2,
            "digits",
            r"'digits' takes images of 1 x 28 x 28 .* got 3 x 32 x 32; 'cifar' takes",
        ),
        ([(3, 64, 64)] * 2, "cifar", r"'cifar' takes images of 3 x 32 x 32 .*; 'inception' takes these"),
        ([(1, 28, 28)] * 2, "cifar", r"'cifar' takes images of 3 x 32 x 32 .* got 1 x 28 x 28"),
        ([(1, 40, 24)] * 2, "inception", r"'inception' takes images of 3 x 40 x 24 .* got 1 x 40 x 24"),
        ([(1, 28, 28)] * 2, "vgg", r"features: expected one of 'digits', 'cifar', 'inception', got 'vgg'"),
    ],
)
def test_sets_that_do_not_fit_are_told_apart(shapes, features_, said, rng):
    sets = [rng.integers(0, 256, (30, *shape), np.uint8) for shape in shapes]
    with pytest.raises(ValueError, match=said):
        evaluate(*sets, features_, progress=False)


def test_missing_weights_are_one_sentence_and_exit_code_2(digits, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(features, "CHECKPOINTS", tmp_path)
    np.save(tmp_path / "a.npy", digits[:40])
    assert main(["evaluate", str(tmp_path / "a.npy"), str(tmp_path / "a.npy")]) == 2
    assert re.search(r"digit_classifier\.safetensors: the weights are not there", capsys.readouterr().err)
    features._load.cache_clear()


def test_files_that_cannot_be_written_are_one_sentence(digits, tmp_path, capsys):
    np.save(tmp_path / "a.npy", digits[:40])
    (tmp_path / "out").write_text("in the way")
    argv = ["evaluate", str(tmp_path / "a.npy"), str(tmp_path / "a.npy"), "--out", str(tmp_path / "out")]
    assert main(argv) == 2
    assert "evaluation.json" in capsys.readouterr().err


# The command


def test_the_command_as_a_person_runs_it(digits, noisy, tmp_path):
    save_folder(tmp_path / "real", digits[:60])
    np.save(tmp_path / "fake.npy", to_network(noisy[:40]))
    command = [sys.executable, "-m", "gancourse", "evaluate", "real", "fake.npy", "--out", "found"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "all: 60 and 40" in done.stdout and "found/evaluation.json" in done.stdout.replace("\\", "/")
    facts = json.loads((tmp_path / "found" / "evaluation.json").read_text(encoding="utf-8"))
    said = "python -m gancourse evaluate real fake.npy --features=digits --seed=0"
    assert facts["command"] == said
    assert (tmp_path / "found" / "evaluation.png").stat().st_size > 10_000


def test_progress_goes_from_nothing_to_all(digits, monkeypatch):
    parts, total = [], []

    @contextlib.contextmanager
    def recorded(whole, show):
        total.append((whole, show))
        yield lambda part, stage: parts.append((part, stage))

    monkeypatch.setattr(evaluation, "bar", recorded)
    evaluate(digits[:60], digits[60:120], progress=True)
    assert total == [(240, True)] and sum(part for part, _ in parts) == pytest.approx(240)
    assert list(dict.fromkeys(stage for _, stage in parts)) == [
        "features, real", "features, generated", "Fréchet distance", "kernel distance", "precision",
        "density", "Inception score", "KL of classes ‖ real", "Parzen log-likelihood",
    ]  # fmt: skip


def test_the_bar_names_its_stage_and_never_exceeds_its_whole(capsys):
    with bar(10, True) as done:
        done(4, "first")
        time.sleep(0.15)
        done(6.001, "second")
    assert re.search(r"100% .*second", capsys.readouterr().err)
    with bar(10, False) as done:
        done(10, "nothing")
    assert capsys.readouterr().err == ""
