"""MNIST, Fashion-MNIST, CIFAR-10 and stacked MNIST as uint8 arrays, and the one way to [-1, 1] and back."""

import dataclasses
import os

import numpy as np

from gancourse._download import download
from gancourse._formats import DataError, read_cifar, read_idx
from gancourse._sources import EMBEDDED, REPOSITORY_DATA, SOURCES, destination, find, places, remedy
from gancourse._validate import choice, fail, integer

__all__ = [
    "NAMES", "SPLITS", "DataError", "Images", "download", "embedded_digits", "load", "to_network",
    "to_pixels",
]  # fmt: skip

NAMES = (*SOURCES, "stacked-mnist")
SPLITS = ("train", "test", "held_out")
STACK_SEED = 1000


def to_network(pixels):
    """Pixels as networks take them: p / 127.5 - 1, so that 0 becomes -1 and 255 becomes 1.

    Arguments:
        pixels: uint8 array of any shape.

    Returns:
        float32 array with the same shape, in [-1, 1].
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        fail("pixels", pixels, "a NumPy array of uint8")
    values = pixels.astype(np.float32)
    values /= 127.5
    values -= 1.0
    return values


def to_pixels(values):
    """What networks give as pixels: round((v + 1) · 127.5), exact on what :func:`to_network` gives.

    Values up to 0.001 outside [-1, 1] come from rounding and are clipped; anything further out is an error,
    because the array then has another range, such as [0, 255]. (An array in [0, 1] cannot be told apart.)

    Arguments:
        values: array of floats with any shape, in [-1, 1]; a CPU tensor without gradient is fine too.

    Returns:
        uint8 array with the same shape.

    Raises:
        ValueError: not floats, NaN, or outside [-1, 1] by more than 0.001.
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError):
        fail("values", values, "an array of floats (of a tensor: .detach().cpu())")
    if array.dtype.kind != "f":
        fail("values", values, "an array of floats in [-1, 1]")
    if array.size:
        low, high = array.min(), array.max()
        if not (low >= -1.001 and high <= 1.001):
            raise ValueError(f"values: expected floats in [-1, 1], got values from {low:g} to {high:g}")
    # half precision cannot hold 127.5 times a value exactly
    array = np.clip(array.astype(np.promote_types(array.dtype, np.float32)), -1.0, 1.0)
    return np.rint((array + 1.0) * 127.5).astype(np.uint8)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Labelled images in memory.

    Attributes:
        pixels: uint8 array with shape (n, channels, height, width).
        labels: int64 array with shape (n,), the index of each image's class.
        classes: the names of the classes, a tuple of strings.
    """

    pixels: np.ndarray
    labels: np.ndarray
    classes: tuple

    def __post_init__(self):
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 4 or not len(self.pixels):
            fail("pixels", self.pixels, "uint8 with shape (n, channels, height, width), n at least 1")
        if self.labels.shape != self.pixels.shape[:1] or self.labels.dtype.kind not in "iu":
            fail("labels", self.labels, f"integers with shape ({len(self.pixels)},)")
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high >= len(self.classes):
            raise ValueError(f"labels: expected 0 to {len(self.classes) - 1}, got {low} to {high}")

    def __len__(self):
        return len(self.pixels)

    def __repr__(self):
        return f"Images({' × '.join(map(str, self.pixels.shape))}, {len(self.classes)} classes)"

    def take(self, which):
        """A part of the images, as Images; slices share memory with the whole.

        Arguments:
            which: n for the first n, a slice, an array of indices, or a boolean mask.
        """
        if isinstance(which, (int, np.integer)):
            which = slice(integer("which", which, high=len(self)))
        try:
            return Images(self.pixels[which], self.labels[which], self.classes)
        except (IndexError, TypeError):
            fail("which", which, f"a number, a slice, indices or a mask for {len(self)} images")

    def sample(self, n, rng):
        """Draw n images with replacement, as networks take them.

        Arguments:
            n: how many.
            rng: a numpy Generator.

        Returns:
            float32 array with shape (n, channels, height, width), in [-1, 1].
        """
        if not isinstance(rng, np.random.Generator):
            fail("rng", rng, "a numpy.random.Generator")
        return to_network(self.pixels[rng.integers(len(self), size=integer("n", n))])


def load(name, split="train", root=None):
    """A set of labelled images, from the first place that has it.

    The places, in order: ``root``; the folder that the variable GANCOURSE_DATA names; the repository's
    ``data``; the user's cache. If none has it, it is downloaded into ``root``, or the cache without one.
    For ``mnist`` and ``stacked-mnist``, instead of a download, the 5,000 digits that ship with the course
    stand in, and a printed line says so. Every file is checked against the published checksum on each
    load (0.02 s for MNIST, 0.25 s for CIFAR-10).

    Splits: ``train`` is the whole published training set, ``test`` the test set, and ``held_out`` the last
    5,000 images of ``train``, which therefore holds them too: who trains and compares with ``held_out``
    takes ``train`` without them. Of the 5,000 shipped digits 4,000 are ``train`` and 1,000 ``test``, and
    ``held_out`` is the last 500 of ``train``. Those digits all come from MNIST's own training set: judge
    nothing on the shipped ``test`` that was trained on the full ``train``.

    ``stacked-mnist`` puts three random digits into the three channels: label 100·c0 + 10·c1 + c2, always
    the same stacks, as many as there are digits and at least 10,000. Its ``held_out`` stacks use only
    held-out digits, the other stacks of its ``train`` none of them.

    Arguments:
        name: ``mnist``, ``fashion-mnist``, ``cifar-10`` or ``stacked-mnist``.
        split: ``train``, ``test`` or ``held_out``.
        root: a folder to look in first; it holds ``mnist/``, ``fashion-mnist/``, ``cifar-10-batches-bin/``.

    Returns:
        Images, with pixels of shape (n, 1, 28, 28), for CIFAR-10 (n, 3, 32, 32), for stacks (n, 3, 28, 28).

    Raises:
        ValueError: unknown name or split.
        DataError: a file is damaged or cannot be read, a split is incomplete at hand, or nothing is at
            hand and the download fails. The message names the file and what to do. An incomplete split is
            passed over for a whole one in a later place, a damaged file never is.

    Sources:
        MNIST: Y. LeCun, C. Cortes, C. Burges. Fashion-MNIST: H. Xiao, K. Rasul, R. Vollgraf,
        arXiv 1708.07747. CIFAR-10: A. Krizhevsky, Learning multiple layers of features from tiny images,
        2009. Stacked MNIST: L. Metz et al., Unrolled generative adversarial networks, arXiv 1611.02163.
    """
    choice("name", name, NAMES)
    choice("split", split, SPLITS)
    published = "mnist" if name == "stacked-mnist" else name
    part = "train" if split == "held_out" else split
    source, place = _locate(published, part, root)
    with remedy(published, place, source):
        images = _read(source, part, place / source.folder)
    held_out = source.held_out if part == "train" else 0
    if name == "stacked-mnist":
        images = _stack(images, held_out)
    return images.take(slice(-held_out, None)) if split == "held_out" else images


def embedded_digits(split="train"):
    """The digits that ship with the course, also where the full MNIST is at hand.

    Arguments:
        split: ``train``, 4,000 digits, or ``test``, 1,000; both balanced, both from MNIST's training set.

    Returns:
        Images, with pixels of shape (n, 1, 28, 28).

    Raises:
        ValueError: another split.
        DataError: a file is missing or damaged.
    """
    choice("split", split, tuple(EMBEDDED.files))
    with remedy("mnist", REPOSITORY_DATA, EMBEDDED):
        return _read(EMBEDDED, split, REPOSITORY_DATA / EMBEDDED.folder)


def _locate(name, split, root):
    place = find(name, split, root)
    if place is not None:
        return SOURCES[name], place
    if name == "mnist":
        _announce_digits()
        return EMBEDDED, REPOSITORY_DATA
    try:
        download(name, root)
    except DataError as error:
        looked = "".join(f"\n  {place / SOURCES[name].folder}" for place in places(root))
        raise DataError(
            f"{name}: no {', '.join(SOURCES[name].files[split])} in any of{looked}\n{error}"
        ) from None
    return SOURCES[name], destination(root)


_announced = False


def _announce_digits():
    global _announced
    if not _announced:
        named = os.environ.get("GANCOURSE_DATA")
        print(
            f"MNIST: the 5,000 digits that ship with the course stand in"
            f"{f' (GANCOURSE_DATA={named} has none)' if named else ''}; "
            "`python -m gancourse data mnist` gets all 70,000."
        )
    _announced = True


def _read(source, split, folder):
    files = source.files[split]
    count = source.counts[split]
    if source.archive is None:
        (images, images_sum), (labels, labels_sum) = files.items()
        pixels = read_idx(folder / images, (count, 28, 28), images_sum)[:, None]
        labels = read_idx(folder / labels, (count,), labels_sum)
    else:
        batches = [read_cifar(folder / file, count // len(files), sum_) for file, sum_ in files.items()]
        pixels, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return Images(pixels, labels.astype(np.int64), source.classes)


def _stack(digits, held_out):
    count = max(10_000, len(digits))
    kept = len(digits) - held_out
    last = np.arange(count)[:, None] >= count - held_out
    low, high = np.where(last, kept, 0), np.where(last, len(digits), kept)
    chosen = np.random.default_rng(STACK_SEED).integers(low, high, size=(count, 3))
    return Images(
        digits.pixels[chosen, 0],
        digits.labels[chosen] @ np.array([100, 10, 1]),
        tuple(f"{label:03d}" for label in range(1000)),
    )
