"""How generated images are judged: features that fit them, every metric, and what the data score."""

import numpy as np
import torch
from torch.nn import functional as F

from gancourse._validate import choice, fail
from gancourse.data import NAMES, embedded_digits, load, to_network, to_pixels
from gancourse.features import from_pixels
from gancourse.metrics import (
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    memorisation,
    nearest_neighbours,
    perfect_stacked_modes,
    precision_recall,
    stacked_modes,
)
from gancourse.pretrained import CHECKPOINTS

__all__ = ["DATA", "METRICS", "Judge", "generated", "images_of"]

DATA = ("digits", *NAMES)
STACKS = 26_000  # samples of stacked MNIST's published protocol
SURE = 0.9  # a probability above which an image counts as one of its class
# name: (what it is called, whether more is better)
METRICS = {
    "frechet": ("Fréchet distance", False),
    "kernel": ("kernel distance", False),
    "precision": ("precision", True),
    "recall": ("recall", True),
    "density": ("density", True),
    "coverage": ("coverage", True),
    "inception": ("Inception score, by the classifier", True),
    "sure": (f"share that the classifier is sure of, above {SURE:g}", True),
    "modes": ("modes captured, of 1,000", True),
    "reverse_kl": ("KL of the modes from even ones, nats", False),
}


def images_of(name, split="train"):
    """Images by name: those of ``gancourse.data.load``, and "digits", the 5,000 that ship with the course.

    Raises:
        ValueError, DataError: as ``load`` does.
    """
    return embedded_digits(split) if choice("data", name, DATA) == "digits" else load(name, split)


def generated(generator, n, seed=1):
    """n images from a generator in eval mode, as pixels (n, c, h, w), the same at every call."""
    rng = torch.Generator().manual_seed(seed)
    sizes = [500] * (n // 500) + ([n % 500] if n % 500 else [])
    with torch.no_grad():
        parts = [to_pixels(generator(generator.noise(size, rng)).float().cpu().numpy()) for size in sizes]
    return np.concatenate(parts)


class Judge:
    """Scores of generated images against test images, and of as many training images: the floor.

    The features are those of the course's classifiers: of digits for grey images, channel by channel for
    stacked MNIST, of CIFAR-10 for CIFAR-10. Where there is no such classifier (``kind`` says so), the pixels
    themselves, averaged to 8 x 8: good for comparing two runs, blind to detail.

    Arguments:
        name: of the data, one of DATA.
        train, test: gancourse.data.Images.
        most: images of each kind that the metrics look at, at the most.
        seed: of the choice of training images for the floor.

    Attributes:
        n: images that ``scores`` wants of a generator.
        kind: the features, in words.
        floor: the scores of n training images.
    """

    def __init__(self, name, train, test, *, most=10_000, seed=0):
        self.name, self.train, self.test = choice("data", name, DATA), train, test
        self.n = min(len(train), len(test), most)
        if self.n < 20:
            fail("test", test, "at least 20 images, in train and in test")
        self.kind, self._networks = _networks(self.name, train.pixels.shape[1:])
        self.real, _ = self.look(test.pixels[: self.n])
        rng = np.random.default_rng(seed)
        self.chosen = np.sort(rng.choice(len(train), self.n, replace=False))
        self.floor = self.scores(train.pixels[self.chosen])
        if "modes" in self.floor:
            perfect = perfect_stacked_modes(STACKS)
            self.floor |= {"modes": perfect.captured, "reverse_kl": perfect.reverse_kl}

    def look(self, pixels):
        """Features (m, d) of pixels (m, c, h, w), and the probabilities of the classes.

        Probabilities have shape (m, classes), for stacks (m, 3, 10); None where no classifier knows them.
        """
        if self._networks is None:
            small = F.adaptive_avg_pool2d(torch.from_numpy(to_network(pixels)), 8)
            return small.flatten(1).double().numpy(), None
        if self.name == "stacked-mnist":
            parts = [from_pixels(np.ascontiguousarray(pixels[:, [i]])) for i in range(3)]
            return np.concatenate([part[0] for part in parts], 1), np.stack([part[1] for part in parts], 1)
        found, probabilities = from_pixels(np.ascontiguousarray(pixels), network=self._networks)
        return found, None if self.name == "fashion-mnist" else probabilities

    def scores(self, pixels, looked=None):
        """Every metric that applies, name of METRICS to float.

        Arguments:
            pixels: generated images (m, c, h, w); m equal to ``n`` compares with the floor. For stacked MNIST
                modes are counted over all of them, and all else over the first ``n``.
            looked: what ``look`` gave of them, if it is at hand.
        """
        fake, probabilities = self.look(pixels) if looked is None else looked
        fake = fake[: self.n]
        precision, recall = precision_recall(self.real, fake)
        density, coverage = density_coverage(self.real, fake)
        size = min(1_000, len(self.real), len(fake))
        subsets = 1 if size == len(self.real) == len(fake) else 20
        found = {
            "frechet": frechet_distance(fake, self.real),
            "kernel": kernel_distance(fake, self.real, subsets=subsets, subset_size=size)[0],
            "precision": precision,
            "recall": recall,
            "density": density,
            "coverage": coverage,
        }
        if probabilities is None:
            return found
        found["sure"] = float(_sure(probabilities).mean())
        if probabilities.ndim == 3:
            modes = stacked_modes(probabilities)
            return found | {"modes": float(modes.captured), "reverse_kl": modes.reverse_kl}
        return found | {"inception": inception_score(probabilities)[0]}

    def modes(self, probabilities):
        """(how many classes there are, how many of them the sure images show, the share of those).

        These are the modes that the diagnosis goes by.
        """
        sure = _sure(probabilities)
        names = probabilities.argmax(-1).reshape(len(sure), -1)
        classes = probabilities.shape[-1] ** names.shape[1]
        return classes, len(np.unique(names[sure], axis=0)), float(sure.mean())

    def flat_test(self, n):
        """The first n test images as rows of pixels in [−1, 1], for the diagnosis."""
        return _flat(self.test.pixels[:n]).astype(np.float64)

    def neighbours(self, pixels, k=5):
        """Row numbers (m, k) of the training images nearest to images, in pixels."""
        return nearest_neighbours(_flat(pixels), _flat(self.train.pixels), k).indices

    def memorised(self, pixels):
        """``Memorisation`` of images, by distances in pixels."""
        limit = 2 * len(self.test)  # of the larger set only as many rows count
        train = self.train.take(self.chosen if len(self.train) > limit else slice(None))
        return memorisation(_flat(pixels), _flat(train.pixels), _flat(self.test.pixels))


def _networks(name, shape):
    """(the features in words, the network of gancourse.features), None for the pixels themselves."""
    if name == "stacked-mnist":
        return "the digit classifier's activations, 64 for each of the three channels", "digits"
    if shape == (1, 28, 28):
        return "the digit classifier's 64 activations", "digits"
    if name == "cifar-10" and (CHECKPOINTS / "cifar_classifier.safetensors").is_file():
        return "the CIFAR-10 classifier's 192 activations", "cifar"
    return "the pixels, averaged to 8 x 8, for want of a classifier of these images", None


def _sure(probabilities):
    return (probabilities.max(-1) > SURE).reshape(len(probabilities), -1).all(1)


def _flat(pixels):
    return to_network(np.ascontiguousarray(pixels)).reshape(len(pixels), -1)
