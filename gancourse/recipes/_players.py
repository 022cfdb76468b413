"""What the recipes for images share: the shape they build for, and first weights that a seed settles."""

import contextlib

import torch

from gancourse._validate import fail, integer
from gancourse.data import Images
from gancourse.profile import budget

__all__ = ["measures", "seeded"]


def measures(images, width, by_profile):
    """(size, channels, width) of the networks for these images; the width by the profile where it is None."""
    if not isinstance(images, Images):
        fail("images", images, "gancourse.data.Images, as load returns them")
    channels, height, side = images.pixels.shape[1:]
    if height != side or side not in (28, 32):
        fail("images", images.pixels, "images of 28 x 28 or 32 x 32 pixels")
    return side, channels, integer("width", budget(**by_profile) if width is None else width)


@contextlib.contextmanager
def seeded(seed):
    """First weights drawn from a seed, with PyTorch's global generator left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(integer("seed", seed, low=0))
        yield
