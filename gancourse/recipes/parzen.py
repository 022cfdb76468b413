"""Parzen log-likelihoods of unseen digits under several kinds of samples, over a range of bandwidths."""

import functools
import json
import platform

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.ndimage import gaussian_filter
from scipy.optimize import brentq, minimize_scalar
from scipy.spatial.distance import cdist

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, integer
from gancourse.data import embedded_digits

__all__ = [
    "BANDWIDTHS", "COMMAND", "F_GAN", "GENERATORS", "SIZES", "STORED", "best", "log_likelihoods", "measure",
    "relative_error", "rows", "samples", "samples_needed", "stored",
]  # fmt: skip

STORED = REPOSITORY_DATA / "results" / "parzen.json"
COMMAND = "python tools/measure_parzen.py"
GENERATORS = {
    "training digits": "draws from the data",
    "k-means centres": "means of a few training digits each",
    "blurred digits": "training digits, blurred by one pixel",
    "DCGAN": "the generator that ships with the course",
}
SIZES = (100, 500)
BANDWIDTHS = np.round(np.geomspace(0.05, 0.8, 33), 4)
# f-GAN's table 4 as L1 prints it: training divergence -> (nats, standard error)
F_GAN = {
    "Kullback-Leibler": (416, 5.62),
    "reverse Kullback-Leibler": (319, 8.36),
    "Pearson": (429, 5.53),
    "Neyman": (300, 8.33),
    "squared Hellinger": (-708, 18.1),
    "Jeffrey": (-2101, 29.9),
    "Jensen-Shannon": (367, 8.19),
    "GAN": (305, 8.97),
    "variational autoencoder": (445, 5.36),
    "KDE on 60,000 training images": (502, 5.99),
}
_SPLIT = 3_500  # the first training digits are for generators, the last 500 choose the bandwidth


def rows(split):
    """Digits as rows from 0 to 1: "train" (3,500, 784), "validation" (500, 784), "test" (1,000, 784)."""
    choice("split", split, ("train", "validation", "test"))
    pixels = embedded_digits("test" if split == "test" else "train").pixels
    pixels = pixels[:_SPLIT] if split == "train" else pixels[_SPLIT:] if split == "validation" else pixels
    return pixels.reshape(len(pixels), -1) / 255.0


@functools.lru_cache(maxsize=16)
def samples(name, n):
    """n rows of a generator, (n, 784), from 0 to 1; always the same.

    Raises:
        ValueError: an unknown name, or n not in 2..3,500.
    """
    choice("name", name, tuple(GENERATORS))
    n = integer("n", n, low=2, high=_SPLIT)
    train = rows("train")
    if name == "k-means centres":
        return kmeans2(train, train[:n], iter=10, minit="matrix", missing="warn")[0]
    if name == "blurred digits":
        return gaussian_filter(train[:n].reshape(-1, 28, 28), (0, 1, 1)).reshape(n, -1)
    if name == "DCGAN":
        import torch

        from gancourse.recipes.digits import pretrained_generator

        generator = pretrained_generator()
        with torch.no_grad():
            made = generator(generator.noise(n, torch.Generator().manual_seed(0)))
        return (made.double().numpy().reshape(n, -1) + 1) / 2
    return train[:n]


def log_likelihoods(centres, points, bandwidths=BANDWIDTHS):
    """What ``metrics.parzen_log_likelihood`` gives, at many bandwidths from one table of distances.

    Returns:
        array (len(bandwidths), 2): mean and standard error, in nats.
    """
    squares = cdist(points, centres, "sqeuclidean")
    nearest = squares.min(1, keepdims=True)
    found = []
    for h in bandwidths:
        inner = np.log(np.exp((nearest - squares) / (2 * h * h)).mean(1))
        values = inner - nearest[:, 0] / (2 * h * h) - points.shape[1] * (np.log(h) + 0.5 * np.log(2 * np.pi))
        found.append([values.mean(), values.std(ddof=1) / np.sqrt(len(values))])
    return np.array(found)


def measure(path=STORED):
    """Every generator, at every size and bandwidth, on the validation and the test digits, stored as JSON."""
    record = {"command": COMMAND, "bandwidths": BANDWIDTHS.tolist(), "runs": []}
    for name in GENERATORS:
        for n in SIZES:
            centres = samples(name, n)
            row = {"generator": name, "n": n}
            for split in ("validation", "test"):
                found = log_likelihoods(centres, rows(split))
                row[split] = [float(f"{v:.6g}") for v in found[:, 0]]
                row[f"{split} error"] = [float(f"{v:.4g}") for v in found[:, 1]]
            record["runs"].append(row)
    record["versions"] = {"python": platform.python_version(), "numpy": np.__version__}
    with appears_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


@functools.cache
def stored(path=STORED):
    """What ``tools/measure_parzen.py`` measured.

    Returns:
        dict: (a name of GENERATORS, n) -> dict of arrays (33,) against BANDWIDTHS, in nats: validation, test,
        and the standard errors "validation error" and "test error".

    Raises:
        FileNotFoundError: nothing was measured; the message names the command.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not there; {COMMAND} makes it")
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return {
        (row["generator"], row["n"]): {
            key: np.array(row[key]) for key in row if key not in ("generator", "n")
        }
        for row in runs
    }


def best(name, n):
    """As published: the bandwidth best on the validation digits, and the test digits' mean and error there.

    Returns:
        (bandwidth, mean, standard error): floats.
    """
    found = stored()[choice("name", name, tuple(GENERATORS)), n]
    at = found["validation"].argmax()
    return float(BANDWIDTHS[at]), float(found["test"][at]), float(found["test error"][at])


def relative_error(n, d):
    """The least ∫(p̂ − p)² over ∫p² of a Gaussian kernel density of n points of N(0, I) in d dimensions.

    On average over samples, at the best bandwidth h. At a given h it is, in closed form,

        h⁻ᵈ/n + (1 − 1/n)(1 + h²)^(−d/2) − 2(1 + h²/2)^(−d/2) + 1.

    Returns:
        (error, bandwidth): floats; the error lies between 0 and 1.

    Source: Marron and Wand, Exact mean integrated squared error, https://doi.org/10.1214/aos/1176348653.
    """

    def error(log_h):
        s = np.exp(2 * log_h)
        # 1 − 2(1 + s/2)^… + (1 + s)^…, without losing digits where s is small
        bias = np.expm1(-d / 2 * np.log1p(s)) - 2 * np.expm1(-d / 2 * np.log1p(s / 2))
        return (s ** (-d / 2) - (1 + s) ** (-d / 2)) / n + bias

    found = minimize_scalar(error, bounds=(-8, 3), method="bounded", options={"xatol": 1e-10})
    return float(found.fun), float(np.exp(found.x))


def samples_needed(error, d):
    """How many samples bring ``relative_error`` down to a value, as a float."""
    return float(np.exp(brentq(lambda log_n: relative_error(np.exp(log_n), d)[0] - error, 0, 200)))
