"""The publishers' formats: what is written is read back, and each kind of damage is named."""

import builtins
import errno
import gzip
import hashlib
import os
import re
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gancourse._formats import (
    DataError,
    appears_whole,
    checksum,
    is_file,
    read_cifar,
    read_idx,
    write_idx,
)


@pytest.fixture
def values(rng):
    return rng.integers(0, 256, (5, 4, 3), dtype=np.uint8)


@pytest.fixture
def idx(tmp_path, values):
    write_idx(tmp_path / "images.gz", values)
    return tmp_path / "images.gz"


def fails(path, *parts):
    """The error that must name the file and say these parts."""
    return pytest.raises(DataError, match="(?s)" + ".*".join([re.escape(str(path)), *parts]))


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, max_side=6), elements=st.integers(0, 255))
)
def test_idx_round_trip(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("idx") / "values.gz"
    write_idx(path, values)
    back = read_idx(path, values.shape)
    assert back.dtype == np.uint8 and back.flags.writeable
    np.testing.assert_array_equal(back, values)


def test_idx_bytes_are_those_of_the_published_format(idx, values):
    assert (
        gzip.decompress(idx.read_bytes()) == struct.pack(">BBBBIII", 0, 0, 8, 3, 5, 4, 3) + values.tobytes()
    )


def test_idx_agrees_with_the_reader_of_mlxtend(tmp_path, rng):
    reader = pytest.importorskip("mlxtend.data").loadlocal_mnist
    pixels, labels = rng.integers(0, 256, (7, 28, 28), np.uint8), rng.integers(0, 10, 7, np.uint8)
    for name, part in (("pixels", pixels), ("labels", labels)):
        write_idx(tmp_path / f"{name}.gz", part)
        (tmp_path / name).write_bytes(gzip.decompress((tmp_path / f"{name}.gz").read_bytes()))
    theirs = reader(str(tmp_path / "pixels"), str(tmp_path / "labels"))
    np.testing.assert_array_equal(read_idx(tmp_path / "pixels.gz", (7, 28, 28)).reshape(7, -1), theirs[0])
    np.testing.assert_array_equal(read_idx(tmp_path / "labels.gz", (7,)), theirs[1])


def test_idx_is_written_reproducibly(tmp_path, values):
    write_idx(tmp_path / "a.gz", values)
    write_idx(tmp_path / "b.gz", values)
    written = (tmp_path / "a.gz").read_bytes()
    assert written == (tmp_path / "b.gz").read_bytes()
    assert written[3] == 0 and written[4:8] == bytes(4)  # no file name, no time of writing


def test_write_idx_takes_only_bytes(tmp_path):
    with pytest.raises(ValueError, match="values: expected a uint8 array, got float64"):
        write_idx(tmp_path / "a.gz", np.zeros(3))


def test_checksum_of_the_file_itself(idx, values):
    digest = hashlib.md5(idx.read_bytes()).hexdigest()
    np.testing.assert_array_equal(read_idx(idx, values.shape, f"md5:{digest}"), values)
    assert checksum(idx, f"md5:{digest}")
    assert checksum(idx, f"sha1:{hashlib.sha1(idx.read_bytes()).hexdigest()}")
    assert not checksum(idx, "md5:" + "0" * 32)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda raw: raw[:-9], "cut short"),
        (lambda raw: raw[: len(raw) // 2], "cut short"),
        (lambda raw: b"", "cut short after 0 bytes"),
        (lambda raw: raw + b"more", "4 bytes follow the end"),
        (lambda raw: b"<html>not found</html>", "not a whole gzip file"),
        (lambda raw: raw[:-8] + bytes(4) + raw[-4:], "not a whole gzip file"),
        (
            lambda raw: gzip.compress(b"\0\0\x0d\3" + gzip.decompress(raw)[4:]),
            "wrong magic number 0x00000d03",
        ),
        (lambda raw: gzip.compress(b""), "wrong magic number"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:9]), "shape"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:-1]), "59 bytes of values, expected 60"),
        (lambda raw: gzip.compress(gzip.decompress(raw) + b"x"), "61 bytes of values, expected 60"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:-1] + b"x", mtime=7), "wrong checksum md5:"),
    ],
)
def test_each_damage_is_named_and_the_file_left(idx, damage, said):
    good = f"md5:{hashlib.md5(idx.read_bytes()).hexdigest()}"
    damaged = damage(idx.read_bytes())
    idx.write_bytes(damaged)
    with fails(idx, said):
        read_idx(idx, (5, 4, 3), good)
    assert idx.read_bytes() == damaged


def test_another_shape_is_named(idx):
    with fails(idx, r"holds shape \(5, 4, 3\), expected \(6, 4, 3\)"):
        read_idx(idx, (6, 4, 3))


def test_cifar_record_is_a_label_and_three_planes(tmp_path):
    path = tmp_path / "batch.bin"
    planes = [bytes([colour]) * 1024 for colour in (10, 20, 30)]
    planes[1] = bytes(range(256)) * 4
    path.write_bytes(bytes([7]) + b"".join(planes) + bytes([3]) + bytes(3072))
    pixels, labels = read_cifar(path, 2)
    assert labels.tolist() == [7, 3] and pixels.shape == (2, 3, 32, 32) and pixels.dtype == np.uint8
    assert (pixels[0, 0] == 10).all() and (pixels[0, 2] == 30).all() and not pixels[1].any()
    assert pixels[0, 1, 0, :3].tolist() == [0, 1, 2] and pixels[0, 1, 1, 0] == 32  # row-major


def test_cifar_damage_is_named(tmp_path):
    path = tmp_path / "batch.bin"
    path.write_bytes(bytes(3 * 3073))
    with fails(path, r"9,219 bytes \(3 whole records\), expected 30,730 \(10 records\)"):
        read_cifar(path, 10)
    with fails(path, "wrong checksum sha1:"):
        read_cifar(path, 3, "sha1:" + "0" * 40)


def test_missing_directory_and_permission(tmp_path, idx, monkeypatch):
    assert is_file(idx) and not is_file(tmp_path / "none") and not is_file(idx / "below-a-file")
    with fails(tmp_path / "none", "no such file"):
        read_idx(tmp_path / "none", (1,))
    with fails(tmp_path, "a directory where a file should be"):
        read_idx(tmp_path, (1,))

    def deny(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch, fails(idx, "no permission; give yourself access"):
        patch.setattr(builtins, "open", deny)
        read_idx(idx, (5, 4, 3))
    with monkeypatch.context() as patch, fails(idx, "no permission; give yourself access"):
        patch.setattr(os, "stat", deny)
        is_file(idx)


def test_a_file_appears_only_when_whole(tmp_path):
    target = tmp_path / "new" / "folder" / "file"
    with appears_whole(target) as partial:
        partial.write_bytes(b"half")
        assert not target.exists() and partial.parent == target.parent
    assert target.read_bytes() == b"half" and os.listdir(target.parent) == ["file"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), RuntimeError("fault"), DataError("fault")])
def test_a_fault_leaves_what_was_there(tmp_path, fault):
    target = tmp_path / "file"
    target.write_bytes(b"good")
    with pytest.raises(type(fault)), appears_whole(target) as partial:
        partial.write_bytes(b"ha")
        raise fault
    assert target.read_bytes() == b"good" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EDQUOT, "quota is used up"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
@pytest.mark.parametrize("call", ["replace", "mkdir", "write"])
def test_a_disk_that_fails_is_named_and_what_was_there_stays(tmp_path, monkeypatch, code, said, call):
    target = tmp_path / "file"
    target.write_bytes(b"good")

    def broken(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch, fails(target, said):
        if call != "write":
            patch.setattr(*{"replace": (os, "replace"), "mkdir": (type(target), "mkdir")}[call], broken)
        with appears_whole(target) as partial:
            partial.write_bytes(b"ha")
            if call == "write":
                broken()
    assert target.read_bytes() == b"good" and os.listdir(tmp_path) == ["file"]
