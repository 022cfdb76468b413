"""Sets of images from wherever people have them: folders, arrays, files of arrays, the course's data sets."""

import os
import zipfile
from pathlib import Path

import numpy as np

from gancourse._formats import DataError, reason
from gancourse._validate import choice
from gancourse.data import NAMES, SPLITS, Images, load, to_pixels
from gancourse.features import NETWORKS, image_shape

__all__ = ["LEAST", "alike", "read_images", "suits"]

LEAST = 25  # images: the half of a half still has more than the five neighbours of coverage
ENDINGS = (".png", ".jpg", ".jpeg")


def read_images(source, label=None):
    """Images as pixels.

    Arguments:
        source: a folder of PNG or JPEG files; a ``.npy`` or ``.npz`` file; ``"mnist:test"``, a data set of
            this course and its split; an array or a CPU tensor; or gancourse.data.Images. Arrays hold uint8
            or floats in [−1, 1], with shape (n, height, width), (n, channels, height, width) or (n, height,
            width, channels), 1 or 3 channels.
        label: what errors call it; by default the path or the name.

    Returns:
        uint8 array with shape (n, channels, height, width), channels 1 or 3.

    Raises:
        ValueError: it is none of these, or holds fewer than 25 images.
        DataError: a file cannot be read, an empty folder, images of several sizes.
    """
    if isinstance(source, Images):
        pixels = source.pixels
    elif isinstance(source, str | os.PathLike):
        label = label or os.fspath(source)
        name, _, split = os.fspath(source).partition(":")
        pixels = _of_data_set(name, split) if name in NAMES else _at(Path(source).expanduser(), label)
    else:
        pixels = _of_array(source, label or "images")
    if len(pixels) < LEAST:
        raise ValueError(f"{label or 'images'}: expected at least {LEAST} images, got {len(pixels)}")
    return pixels


def suits(shape):
    """The network whose features suit images of this shape (channels, height, width)."""
    if tuple(shape[1:]) == (28, 28):
        return "digits"
    return "cifar" if tuple(shape) == (3, 32, 32) else "inception"


def alike(sets, network):
    """The sets, if they are of one size and the network takes it, and the network's name.

    Arguments:
        sets: {name: pixels}, one of them ``"real"``. Grey images that were saved as RGB become grey again for
            the network of digits.
        network: the name of a network of features, or None for the one that the size suits.

    Raises:
        ValueError: images of several sizes, or of one that the network does not take.
    """
    if network is None:
        network = suits(sets["real"].shape[1:])
    wanted = image_shape(choice("features", network, NETWORKS))
    if network == "digits" and all(_grey(pixels) for pixels in sets.values()):
        sets = {name: pixels[:, :1] for name, pixels in sets.items()}
    shapes = {name: pixels.shape[1:] for name, pixels in sets.items()}
    for name, shape in shapes.items():
        if shape != shapes["real"]:
            raise ValueError(
                f"{name}: expected images of {_size(shapes['real'])}, like real, got {_size(shape)} "
                "(channels x height x width)"
            )
    stacks = network == "digits" and shapes["real"] == (3, 28, 28)
    if not stacks and any(w not in (None, n) for w, n in zip(wanted, shapes["real"], strict=True)):
        other = suits(shapes["real"])
        hint = f"; {other!r} takes these" if other != network and shapes["real"][0] == 3 else ""
        size = _size(n if w is None else w for w, n in zip(wanted, shapes["real"], strict=True))
        raise ValueError(
            f"features: {network!r} takes images of {size} (channels x height x width), got "
            f"{_size(shapes['real'])}{hint}"
        )
    return sets, network


def _grey(pixels):
    return all((pixels[:, i] == pixels[:, 0]).all() for i in range(1, pixels.shape[1]))


def _size(shape):
    return " x ".join(map(str, shape))


def _of_data_set(name, split):
    if split not in SPLITS:
        written = ", ".join(f"{name}:{split}" for split in SPLITS)
        raise ValueError(f"{name}: expected a data set with its split, one of {written}")
    return load(name, split).pixels


def _at(path, label):
    try:
        if path.is_dir():
            return _of_folder(path)
        if path.suffix in (".npy", ".npz") and path.exists():
            return _of_array(_array_file(path), label)
    except OSError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: {reason(error)}") from error
    what = "another kind of file" if path.exists() else "nothing of this name"
    raise ValueError(
        f"{label}: expected a folder of images (PNG or JPEG), a .npy or .npz file, or a data set such as "
        f"mnist:test, got {what}"
    )


def _array_file(path):
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            names = content.files
            if len(names) == 1 or "images" in names:
                return content["images" if "images" in names else names[0]]
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a whole file of plain numbers ({error})") from None
    raise DataError(f"{path}: expected one array, or one named images, got {', '.join(names) or 'none'}")


def _of_array(source, label):
    try:
        array = np.asarray(source)
    except (TypeError, ValueError, RuntimeError):
        array = np.empty(0, dtype=object)
    expected = (
        "images as uint8 or as floats in [-1, 1], with shape (n, height, width), or (n, channels, height, "
    )
    expected += "width) or (n, height, width, channels) with 1 or 3 channels"
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{label}: expected {expected}, got {type(source).__name__}")
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[1] not in (1, 3) and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1] not in (1, 3) or not array.size:
        raise ValueError(f"{label}: expected {expected}, got shape {np.shape(source)}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind != "f":
        raise ValueError(f"{label}: expected {expected}, got {array.dtype}")
    low, high = float(array.min()), float(array.max())  # NaN if any value is
    if not -np.inf < low <= high < np.inf:
        raise ValueError(f"{label}: expected {expected}, got NaN or infinity")
    if low < -1.001 or high > 1.001:
        hint = "; 0 to 255 are to be saved as uint8" if low >= 0 and high <= 255 else ""
        raise ValueError(f"{label}: expected floats in [-1, 1], got values from {low:g} to {high:g}{hint}")
    if low >= 0 and low < high:
        raise ValueError(
            f"{label}: expected floats in [-1, 1], got values from {low:g} to {high:g}, which looks like "
            "[0, 1]; save 2 * images - 1, or uint8"
        )
    return to_pixels(np.ascontiguousarray(array))


def _of_folder(folder):
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not paths:
        below = next((p.parent for p in sorted(folder.rglob("*")) if p.suffix.lower() in ENDINGS), None)
        hint = f"; there are some in {below}" if below else ""
        raise DataError(f"{folder}: holds no PNG or JPEG file{hint}")
    images = [_of_file(path) for path in paths]
    for path, image in zip(paths, images, strict=True):
        if image.shape[1:] != images[0].shape[1:]:
            first, other = (" x ".join(map(str, i.shape[:0:-1])) for i in (images[0], image))
            raise DataError(
                f"{folder}: expected images of one size, got {first} in {paths[0].name} and {other} in "
                f"{path.name}"
            )
    channels = max(len(image) for image in images)
    return np.stack([np.broadcast_to(image, (channels, *image.shape[1:])) for image in images])


def _of_file(path):
    """A file's pixels with shape (channels, height, width), 1 channel if it is stored so, else 3."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
            mode = image.mode
            if mode[0] in "IF":
                raise DataError(f"{path}: expected 8 bits a channel, got mode {mode}")
            if mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                image = image.convert("RGBA")
                if image.getchannel("A").getextrema()[0] < 255:
                    raise DataError(f"{path}: has transparent pixels; save it without an alpha channel")
            array = np.asarray(image.convert("L" if mode in ("1", "L", "LA") else "RGB"))
    except DataError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read as an image ({error})") from None
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
