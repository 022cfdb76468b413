"""Images to feature vectors and to class probabilities, by networks whose weights ship with the course."""

import functools

import numpy as np
import torch

from gancourse._validate import choice, fail, integer
from gancourse.models.classifier import DigitClassifier
from gancourse.pretrained import CHECKPOINTS, load_weights

__all__ = ["NETWORKS", "classify", "extract"]

# name: (module, file in data/checkpoints, the command that makes it, shape of an image)
_FAMILY = {
    "digits": (
        DigitClassifier,
        "digit_classifier.safetensors",
        "python tools/train_digit_classifier.py",
        (1, 28, 28),
    ),
}
NETWORKS = tuple(_FAMILY)


def extract(images, network="digits", batch=500):
    """Feature vectors of images, for the Fréchet distance and its relatives.

    For ``digits`` they are the 64 activations before the last layer of a classifier trained on MNIST
    (:class:`gancourse.models.DigitClassifier`), all zero or above. Distances between them are comparable with
    each other, not with published ones, which use the Inception network.

    Arguments:
        images: floats in [−1, 1] with shape (n, channels, height, width), for ``digits`` (n, 1, 28, 28); an
            array, or a tensor on any device. :func:`gancourse.data.to_network` makes them from pixels.
        network: the name of a network, one of ``NETWORKS``.
        batch: how many images go through the network at a time; it does not matter to the result beyond
            rounding.

    Returns:
        float64 array with shape (n, d); d is 64 for ``digits``.

    Raises:
        ValueError: an unknown network; another shape; not floats; NaN or infinity; values beyond ±1.001; or
            values in [0, 1], where every digit in [−1, 1] has a background of −1. (Images of one constant
            are let through: a generator that has collapsed to a constant gives them.)
        DataError: the weights are missing or damaged; the message names the file and the remedy.

    Source: the idea of judging samples by a classifier's activations: Heusel et al., "GANs Trained by a Two
    Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017, arXiv 1706.08500.

    Example:
        >>> extract(np.full((8, 1, 28, 28), -1.0)).shape
        (8, 64)
    """
    return _run(images, network, batch, "features").numpy()


def classify(images, network="digits", batch=500):
    """Class probabilities of images, p(y | x), for the Inception score and for counting modes.

    Arguments:
        images, network, batch: as in :func:`extract`.

    Returns:
        float64 array with shape (n, classes), for ``digits`` (n, 10); a row sums to one.

    Raises:
        ValueError, DataError: as :func:`extract`.

    Source: Salimans et al., "Improved Techniques for Training GANs", 2016, arXiv 1606.03498.
    """
    return _run(images, network, batch, "forward").softmax(1).numpy()


def _run(images, network, batch, method):
    choice("network", network, NETWORKS)
    integer("batch", batch)
    images = _checked(images, _FAMILY[network][-1])
    function = getattr(_load(network, CHECKPOINTS), method)
    with torch.no_grad():
        return torch.cat([function(part).double() for part in images.split(batch)])


def _checked(images, shape):
    expected = f"floats in [-1, 1] with shape (n, {', '.join(map(str, shape))})"
    if not isinstance(images, torch.Tensor):
        try:
            array = np.asarray(images)
        except (TypeError, ValueError):
            fail("images", images, expected)
        if array.dtype.kind != "f":
            fail("images", array, expected + " (gancourse.data.to_network makes them from pixels)")
        images = torch.from_numpy(np.array(array, np.float32))
    elif not images.is_floating_point():
        fail("images", images, expected + " (gancourse.data.to_network makes them from pixels)")
    if images.ndim != 4 or tuple(images.shape[1:]) != shape or not len(images):
        fail("images", images, expected)
    images = images.detach().to("cpu", torch.float32)
    low, high = images.min().item(), images.max().item()  # NaN if any value is
    if not -np.inf < low <= high < np.inf:
        raise ValueError(f"images: expected {expected}, got NaN or infinity")
    if low < -1.001 or high > 1.001:
        raise ValueError(f"images: expected {expected}, got values from {low:g} to {high:g}")
    if low >= 0 and low < high:
        raise ValueError(
            f"images: expected {expected}, got values from {low:g} to {high:g}, which looks like [0, 1]; "
            "give gancourse.data.to_network(pixels), or 2 * images - 1"
        )
    return images


@functools.cache
def _load(network, folder):
    module, file, command, _ = _FAMILY[network]
    # Drawing the weights that are about to be replaced must not move the caller's random numbers.
    with torch.random.fork_rng(devices=[]):
        return load_weights(module(), folder / file, command)
