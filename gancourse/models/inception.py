"""The Inception network of published FIDs and Inception scores, through torch-fidelity, which is optional."""

import importlib
import importlib.util
import sys
from pathlib import Path

import torch
from torch import nn

from gancourse._download import fetch
from gancourse._formats import DataError, checksum, is_file
from gancourse._sources import cache, places
from gancourse._validate import fail

__all__ = ["Inception", "load_inception", "weights_file"]

FOLDER = "inception"
FILE = "weights-inception-2015-12-05-6726825d.pth"  # 6726825d: the first digits of its SHA-256
SUM = "sha256:6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
URLS = ("https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/",)  # torch-fidelity's own
SIZE = "96 MB"


class Inception(nn.Module):
    """torch-fidelity's Inception v3 behind the interface of this course's classifiers.

    Images with shape (n, 3, height, width) in [−1, 1], of any size, are rounded to the 256 values of a pixel,
    as if they had been saved, and resized to 299 x 299 by TensorFlow's bilinear rule. The weights are those
    of TensorFlow's graph of 2015, which published figures use; those that torchvision has are others.

    Arguments:
        extractor: a FeatureExtractorInceptionV3 that gives ``"2048"`` and ``"logits_unbiased"``, in this
            order.

    Raises:
        ValueError: x has another shape.

    Sources: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016, arXiv
    1512.00567; Obukhov et al., torch-fidelity, doi 10.5281/zenodo.4957738.
    """

    feature_dim = 2048

    def __init__(self, extractor):
        super().__init__()
        self.extractor = extractor

    def features(self, x):
        """The last pooling layer, with shape (n, 2048), zero or above: what an FID is taken on."""
        return self._both(x)[0]

    def forward(self, x):
        """Logits without their bias, with shape (n, 1008): what published Inception scores are taken on."""
        return self._both(x)[1]

    def classes(self, features):
        """The logits that belong to features."""
        return features @ self.extractor.fc.weight.T

    def _both(self, x):
        if x.ndim != 4 or x.shape[1] != 3:
            fail("x", x, "shape (n, 3, height, width)")
        pixels = ((x.clamp(-1, 1) + 1) * 127.5).round()
        return self.extractor(pixels.to(torch.uint8))


def load_inception():
    """The network with its weights, which are downloaded on first use, in eval mode, frozen.

    Raises:
        ValueError: torch-fidelity is not installed.
        DataError: the weights are not at hand and cannot be downloaded, or are damaged.
    """
    extractor = _torch_fidelity().FeatureExtractorInceptionV3
    wanted = ["2048", "logits_unbiased"]
    network = extractor("inception", wanted, feature_extractor_weights_path=str(weights_file()))
    return Inception(network).eval().requires_grad_(False)


def weights_file():
    """The Path of the weights, downloaded into the user's cache where they are nowhere at hand.

    The places, in order: ``inception/`` in the folder that GANCOURSE_DATA names, in the repository's data, in
    the user's cache; then where torch-fidelity itself would have put them.

    Raises:
        DataError: a file at hand is damaged, or nothing is and the download fails; the message names address,
            file and remedy.
    """
    for folder in (*(place / FOLDER for place in places(None)), Path(torch.hub.get_dir()) / "checkpoints"):
        path = folder / FILE
        if not is_file(path):
            continue
        if not checksum(path, SUM):
            raise DataError(f"{path}: damaged (not the published SHA-256); delete it and try again")
        return path
    target = cache() / FOLDER / FILE
    try:
        fetch(URLS, target, SUM)
    except DataError as error:
        raise DataError(
            f"{error}\nTo mend it: try again with a network, or get {URLS[0]}{FILE} ({SIZE}) on a machine "
            f"that has one and put it into {target.parent}. Without it there are 'digits' and 'cifar'."
        ) from error.__cause__
    return target


def _torch_fidelity():
    """torch-fidelity's module of this network alone.

    The package's own ``__init__`` imports torchvision, for other networks, and fails where that is missing or
    was built for another PyTorch. So the module is imported without it; a later ``import torch_fidelity``
    gets the whole.
    """
    name = "torch_fidelity"
    whole = name in sys.modules
    try:
        if not whole:
            spec = importlib.util.find_spec(name)
            if spec is None:
                raise ImportError(f"No module named {name!r}")
            sys.modules[name] = importlib.util.module_from_spec(spec)
        return importlib.import_module(f"{name}.feature_extractor_inceptionv3")
    except ImportError as error:
        raise ValueError(
            f"network: 'inception' needs torch-fidelity ({error}): `pip install \"gancourse[inception]\"`, "
            'or in a clone of the course `pip install -e ".[inception]"`'
        ) from None
    finally:
        if not whole:
            sys.modules.pop(name, None)
