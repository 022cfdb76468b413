"""Images to feature vectors and to class probabilities, by trained networks."""

import functools
from typing import NamedTuple

import numpy as np
import torch

from gancourse._validate import choice, fail, integer
from gancourse.data import to_network
from gancourse.models.classifier import CifarClassifier, DigitClassifier
from gancourse.models.inception import load_inception
from gancourse.pretrained import CHECKPOINTS, load_weights

__all__ = ["NETWORKS", "classify", "classify_stacked", "extract", "from_pixels", "image_shape"]


class _Network(NamedTuple):
    shape: tuple  # of an image; None is any size
    batch: int  # images at a time
    module: type | None = None  # without one it is not a network of the course's own
    file: str = ""  # in data/checkpoints
    command: str = ""  # what makes the file


_FAMILY = {
    "digits": _Network(
        (1, 28, 28),
        500,
        DigitClassifier,
        "digit_classifier.safetensors",
        "python tools/train_digit_classifier.py",
    ),
    "cifar": _Network(
        (3, 32, 32),
        500,
        CifarClassifier,
        "cifar_classifier.safetensors",
        "python tools/train_cifar_classifier.py",
    ),
    "inception": _Network((3, None, None), 32),
}
NETWORKS = tuple(_FAMILY)


def extract(images, network="digits", batch=None, device="cpu"):
    """Feature vectors of images, for the Fréchet distance and its relatives; all are zero or above.

    The networks, and what a feature vector is:

    - ``digits``, images (1, 28, 28): the 64 activations before the last layer of a classifier trained on
      MNIST (:class:`gancourse.models.DigitClassifier`);
    - ``cifar``, images (3, 32, 32): the 192 before the last layer of one trained on CIFAR-10
      (:class:`gancourse.models.CifarClassifier`);
    - ``inception``, images (3, height, width) of any size: the 2,048 of the Inception network
      (:class:`gancourse.models.inception.Inception`), which is optional: ``pip install
      "gancourse[inception]"``. Its weights, 96 MB, are downloaded on first use.

    Distances on features of one network are comparable with each other; with published ones, which use
    Inception, only its own are.

    Arguments:
        images: floats in [−1, 1] with shape (n, channels, height, width), for ``digits`` (n, 1, 28, 28); an
            array, or a tensor on any device. :func:`gancourse.data.to_network` makes them from pixels.
        network: the name of a network, one of ``NETWORKS``.
        batch: how many images go through the network at a time; it does not matter to the result beyond
            rounding. By default 500, for ``inception`` 32.
        device: where to compute, a torch.device or its name.

    Returns:
        float64 array with shape (n, d); d is 64, 192 or 2,048.

    Raises:
        ValueError: an unknown network; another shape; not floats; NaN or infinity; values beyond ±1.001; or
            values in [0, 1], where every digit in [−1, 1] has a background of −1. (Images of one constant
            are let through: a generator that has collapsed to a constant gives them.) Or torch-fidelity is
            not installed.
        DataError: the weights are missing or damaged, or cannot be downloaded; the message names the file
            and the remedy.

    Source: the idea of judging samples by a classifier's activations: Heusel et al., "GANs Trained by a Two
    Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017, arXiv 1706.08500.

    Example:
        >>> extract(np.full((8, 1, 28, 28), -1.0)).shape
        (8, 64)
    """
    return _run(images, network, batch, device, lambda net, x: net.features(x).double()).numpy()


def classify(images, network="digits", batch=None, device="cpu"):
    """Class probabilities of images, p(y | x), for the Inception score and for counting modes.

    Arguments:
        images, network, batch, device: as in :func:`extract`.

    Returns:
        float64 array with shape (n, classes), for ``digits`` and ``cifar`` (n, 10), for ``inception``
        (n, 1008), from its logits without their bias, as in published scores; a row sums to one.

    Raises:
        ValueError, DataError: as :func:`extract`.

    Source: Salimans et al., "Improved Techniques for Training GANs", 2016, arXiv 1606.03498.
    """
    return _run(images, network, batch, device, lambda net, x: net(x).double()).softmax(1).numpy()


def from_pixels(pixels, network="digits", batch=None, device="cpu", progress=None):
    """What :func:`extract` and :func:`classify` give for pixels, in one pass, a batch in floats at a time.

    Of pixels the range is known, so that no collapsed set is taken for one in [0, 1].

    Arguments:
        pixels: uint8 array with shape (n, channels, height, width), of the sizes that the network takes.
        network, batch, device: as in :func:`extract`.
        progress: called after each batch with the number of its images.

    Returns:
        (features, probabilities), float64 arrays, as the two functions return them.

    Raises:
        ValueError, DataError: as :func:`extract`.
    """
    chosen = _FAMILY[choice("network", network, NETWORKS)]
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or not _fits(pixels, chosen.shape):
        fail("pixels", pixels, f"uint8 with shape {_words(chosen.shape)}")
    batch = chosen.batch if batch is None else integer("batch", batch)
    net = _load(network, CHECKPOINTS).to(device)
    parts = []
    with torch.no_grad():
        for i in range(0, len(pixels), batch):
            x = _placed(torch.from_numpy(to_network(pixels[i : i + batch])), device)
            features = net.features(x)
            probabilities = net.classes(features).double().softmax(1)
            parts.append((features.double().cpu().numpy(), probabilities.cpu().numpy()))
            if progress is not None:
                progress(len(x))
    return tuple(np.concatenate(rows) for rows in zip(*parts, strict=True))


def classify_stacked(images, batch=None, device="cpu"):
    """The three digits of stacked images, each channel read by the classifier of digits.

    For :func:`gancourse.metrics.stacked_modes`.

    Arguments:
        images: floats in [−1, 1] with shape (n, 3, 28, 28), an array or a tensor.
        batch, device: as in :func:`extract`, for single channels.

    Returns:
        int64 array with shape (n, 3): the most probable digit of each channel.

    Raises:
        ValueError, DataError: as :func:`extract`.

    Source: the stacks are those of Metz et al., "Unrolled Generative Adversarial Networks", 2017, arXiv
    1611.02163.

    Example:
        >>> classify_stacked(np.full((5, 3, 28, 28), -1.0)).shape
        (5, 3)
    """
    images = _checked(images, (3, 28, 28))
    return classify(images.flatten(0, 1)[:, None], "digits", batch, device).argmax(1).reshape(-1, 3)


def image_shape(network):
    """The shape (channels, height, width) of the images that a network takes; None is any size.

    Raises:
        ValueError: an unknown network.
    """
    return _FAMILY[choice("network", network, NETWORKS)].shape


def _run(images, network, batch, device, function):
    choice("network", network, NETWORKS)
    batch = _FAMILY[network].batch if batch is None else integer("batch", batch)
    images = _checked(images, _FAMILY[network].shape)
    net = _load(network, CHECKPOINTS).to(device)
    with torch.no_grad():
        return torch.cat([function(net, _placed(part, device)).cpu() for part in images.split(batch)])


def _placed(images, device):
    # on a CPU the classifiers are 1.6 and 2 times as quick with the channels last
    return images.to(device, memory_format=torch.channels_last)


def _checked(images, shape):
    expected = f"floats in [-1, 1] with shape {_words(shape)}"
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
    if not _fits(images, shape):
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


def _fits(images, shape):
    sizes = tuple(images.shape)
    return (
        len(sizes) == 4 and all(sizes) and all(s in (None, n) for s, n in zip(shape, sizes[1:], strict=True))
    )


def _words(shape):
    names = ("channels", "height", "width")
    return f"(n, {', '.join(name if s is None else str(s) for name, s in zip(names, shape, strict=True))})"


@functools.cache
def _load(network, folder):
    chosen = _FAMILY[network]
    # Drawing the weights that are about to be replaced must not move the caller's random numbers.
    with torch.random.fork_rng(devices=[]):
        if chosen.module is None:
            return load_inception()
        module = load_weights(chosen.module(), folder / chosen.file, chosen.command)
    return module.to(memory_format=torch.channels_last)
