"""Six distortions under which the Fréchet distance was shown to grow, on digits, and what was published."""

import functools
import json
import platform
import string

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, generator, real

__all__ = [
    "COMMAND",
    "DISTORTIONS",
    "POSITIONS",
    "PUBLISHED",
    "STORED",
    "distort",
    "letters",
    "measure",
    "stored",
]

STORED = REPOSITORY_DATA / "results" / "distortions.json"
COMMAND = "python tools/measure_distortions.py"
# name: (what the level is, its strongest, its format); blur and swirl reach as far as on 64 pixels
DISTORTIONS = {
    "noise": ("weight of the noise", 0.75),
    "blur": ("standard deviation, pixels", 1.75),
    "rectangles": ("side, share of the image's", 0.75),
    "swirl": ("strength, radians", 4.0),
    "salt and pepper": ("share of the pixels", 0.3),
    "foreign images": ("share of the images", 0.75),
}
POSITIONS = np.linspace(0, 1, 13)  # levels, in units of the strongest
# FID on CelebA, at levels in units of the strongest: Heusel et al. 2017
PUBLISHED = {
    "noise": ((0, 1 / 3, 2 / 3, 1), (0.7, 41.6, 76.3, 218)),
    "blur": ((0, 1 / 4, 1 / 2, 1), (0.7, 13.8, 73.9, 229)),
    "rectangles": ((0, 1 / 3, 2 / 3, 1), (0.7, 123, 178, 249)),
    "swirl": ((0, 1 / 4, 1 / 2, 1), (0.7, 4.8, 15.4, 139)),
    "salt and pepper": ((0, 1 / 3, 2 / 3, 1), (0.7, 371, 383, 381)),
    "foreign images": ((0, 1 / 3, 2 / 3, 1), (0.7, 33.3, 85.7, 149)),
}


def distort(images, name, position, rng):
    """Images under one of the six distortions, in the range and shape that they came in.

    With t the position times the strongest level of DISTORTIONS:

    - noise: (1 − t)·x + t·N, with N normal of standard deviation 1/3, cut to [−1, 1];
    - blur: a Gaussian of standard deviation t;
    - rectangles: five black squares of side t times the image's, at random places;
    - swirl: a pixel at radius r from the middle is turned by t·exp(−5r/(ρ log 2)), ρ the image's side;
    - salt and pepper: a share t of the pixels is white or black, with chance ½ each;
    - foreign images: a share t of the images is replaced by printed letters.

    Random numbers do not depend on the position: a longer slide is more of the same.

    Arguments:
        images: floats in [−1, 1] with shape (n, 1, h, w), −1 black.
        name: of DISTORTIONS.
        position: from 0 (nothing) to 1 (the strongest).
        rng: a ``numpy.random.Generator``, or a whole number to seed one.

    Returns:
        float32 array (n, 1, h, w).

    Raises:
        ValueError: an unknown name, a position out of range, or no rng.

    Source: Heusel et al. 2017, appendix A1, on CelebA, https://arxiv.org/abs/1706.08500.
    """
    t = (
        real("position", position, low=0.0, high=1.0)
        * DISTORTIONS[choice("name", name, tuple(DISTORTIONS))][1]
    )
    rng = generator("rng", rng)
    return _FUNCTIONS[name](np.asarray(images, dtype=np.float64), t, rng).astype(np.float32)


def _noise(x, t, rng):
    return (1 - t) * x + t * np.clip(rng.standard_normal(x.shape) / 3, -1, 1)


def _blur(x, t, rng):
    return gaussian_filter(x, (0, 0, t, t), mode="nearest")


def _rectangles(x, t, rng):
    x, side = x.copy(), x.shape[-1]
    size = round(t * side)
    for image, corners in zip(x, rng.uniform(size=(len(x), 5, 2)), strict=True):
        for top, left in (corners * (side - size + 1)).astype(int):
            image[:, top : top + size, left : left + size] = -1
    return x


def _swirl(x, t, rng):
    side = x.shape[-1]
    middle = (side - 1) / 2
    rows, columns = np.mgrid[:side, :side] - middle
    radius = np.hypot(rows, columns)
    angle = np.arctan2(rows, columns) + t * np.exp(-5 * radius / (side * np.log(2)))
    where = np.stack([middle + radius * np.sin(angle), middle + radius * np.cos(angle)])
    flat = x.reshape(-1, side, side)
    turned = [map_coordinates(image, where, order=1, mode="nearest") for image in flat]
    return np.stack(turned).reshape(x.shape)


def _salt_and_pepper(x, t, rng):
    hit, salt = rng.uniform(size=(2, *x.shape))
    return np.where(hit < t, np.where(salt < 0.5, 1.0, -1.0), x)


def _foreign(x, t, rng):
    order = rng.permutation(len(x))
    replaced = x.copy()
    replaced[order < round(t * len(x))] = letters(len(x), rng)[order < round(t * len(x))]
    return replaced


@functools.cache
def _alphabet():
    """Capital letters that are not near a digit, in five typefaces that ship with Matplotlib: (n, 28, 28)."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    drawn = []
    for face in (
        "DejaVuSans",
        "DejaVuSans-Bold",
        "DejaVuSerif",
        "DejaVuSansMono-Oblique",
        "DejaVuSerif-Italic",
    ):
        font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{face}.ttf", 21)
        for letter in sorted(set(string.ascii_uppercase) - set("BIOQSZ")):
            sheet = Image.new("L", (28, 28))
            ImageDraw.Draw(sheet).text((14, 14), letter, font=font, fill=255, anchor="mm")
            drawn.append(np.asarray(sheet) / 127.5 - 1)
    return np.stack(drawn)


def letters(n, rng):
    """n printed letters, random of 20 letters in five typefaces: float64 (n, 1, 28, 28) in [−1, 1]."""
    drawn = _alphabet()
    return drawn[rng.integers(len(drawn), size=n)][:, None]


_FUNCTIONS = dict(
    zip(DISTORTIONS, (_noise, _blur, _rectangles, _swirl, _salt_and_pepper, _foreign), strict=True)
)


def measure(path=STORED, *, positions=POSITIONS, seed=0):
    """Four scores of the 1,000 unseen digits at every level of every distortion, stored as JSON.

    The Fréchet distance, the kernel distance over all pairs and precision and recall, against the 4,000
    training digits (precision and recall: their first 1,000) on the digit classifier's features; and the
    Inception-type score by its classes. At level 0 they are the floor.
    """
    import torch

    from gancourse.data import embedded_digits, to_network
    from gancourse.features import classify, extract
    from gancourse.metrics import (
        frechet_distance,
        inception_score,
        kernel_distance_all_pairs,
        precision_recall,
    )

    real_features = extract(to_network(embedded_digits("train").pixels))
    images = to_network(embedded_digits("test").pixels)
    record = {"command": COMMAND, "seed": seed, "positions": [float(p) for p in positions], "curves": {}}
    for name in DISTORTIONS:
        rows = []
        for position in positions:
            made = distort(images, name, float(position), np.random.default_rng(seed))
            features = extract(made)
            rows.append([
                frechet_distance(features, real_features),
                kernel_distance_all_pairs(features, real_features[:1000])[0],
                *precision_recall(real_features[:1000], features),
                inception_score(classify(made), splits=10)[0],
            ])  # fmt: skip
        keys = ("frechet", "kernel", "precision", "recall", "inception")
        record["curves"][name] = {
            key: [float(f"{v:.5g}") for v in column]
            for key, column in zip(keys, np.transpose(rows), strict=True)
        }
    record["versions"] = {
        "python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__
    }  # fmt: skip
    with appears_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


@functools.cache
def stored(path=STORED):
    """What ``tools/measure_distortions.py`` measured.

    Returns:
        dict: a name of DISTORTIONS -> a score's name -> array (13,), against POSITIONS; scores are frechet,
        kernel, precision, recall and inception.

    Raises:
        FileNotFoundError: nothing was measured; the message names the command.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not there; {COMMAND} makes it")
    curves = json.loads(path.read_text(encoding="utf-8"))["curves"]
    return {name: {key: np.array(values) for key, values in row.items()} for name, row in curves.items()}
