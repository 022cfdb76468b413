"""A DCGAN of digits within a minute on two CPU cores, and the weights of one that trained longer."""

from collections import OrderedDict

import torch
from torch import nn

from gancourse._formats import read_idx
from gancourse._sources import EMBEDDED, REPOSITORY_DATA
from gancourse._validate import choice
from gancourse.data import Images
from gancourse.models import DCGANDiscriminator, DCGANGenerator, dcgan_init_, down_block
from gancourse.pretrained import CHECKPOINTS, load_weights
from gancourse.training import train

__all__ = [
    "BATCH",
    "STEPS",
    "DigitsDiscriminator",
    "DigitsGenerator",
    "dcgan_digits",
    "embedded_digits",
    "pretrained_generator",
]

BATCH, STEPS = 32, 3_000


class DigitsGenerator(DCGANGenerator):
    """The DCGAN generator for 28 pixels with one doubling more: 4 → 7 → 14 → 28 pixels a side.

    The paper starts from 4 x 4 too. Started from 7 x 7, each place of the first map draws its own patch of
    10 x 10 pixels, and nothing joins the strokes into a digit.

    Arguments:
        noise_dim: the dimension of z.
        width: channels of the feature map in front of the image; twice and four times as many before it.
        normalise: False leaves every batch norm out.
    """

    def __init__(self, noise_dim=64, width=32, normalise=True):
        super().__init__(size=28, channels=1, noise_dim=noise_dim, width=width, normalise=normalise)
        stages = self.layers  # project to 7 x 7, up1 to 14, output to 28
        bias = not normalise
        layers = OrderedDict(
            project=_as_block(nn.ConvTranspose2d(noise_dim, 4 * width, 4, bias=bias), normalise),
            # a kernel of 3 doubles 4 to 7: (4 − 1)·2 − 2 + 3
            up1=_as_block(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, bias=bias), normalise),
            up2=stages.up1,
            output=stages.output,
        )
        self.layers = dcgan_init_(nn.Sequential(layers))


class DigitsDiscriminator(DCGANDiscriminator):
    """The DCGAN discriminator for 28 pixels with one halving more: 28 → 14 → 7 → 3, then the logit.

    Without it, the logit is a weighted sum over 7 x 7 places, each of which sees 10 x 10 pixels: strokes are
    judged one by one, not whether they make a digit. With it, a place sees 22 x 22.

    Arguments:
        width: channels of the first feature map; they double twice.
        normalise: False leaves every batch norm out.
    """

    def __init__(self, width=32, normalise=True):
        super().__init__(size=28, channels=1, width=width, normalise=normalise)
        stages = self.layers  # down1 to 14, down2 to 7
        layers = OrderedDict(
            down1=stages.down1,
            down2=stages.down2,
            down3=down_block(2 * width, 4 * width, normalise=normalise),
            output=nn.Conv2d(4 * width, 1, 3),
        )
        self.layers = dcgan_init_(nn.Sequential(layers))


def _as_block(convolution, normalise):
    layers = OrderedDict(convolution=convolution)
    if normalise:
        layers["norm"] = nn.BatchNorm2d(convolution.out_channels)
    layers["activation"] = nn.ReLU()
    return nn.Sequential(layers)


def dcgan_digits(images, *, steps=STEPS, seed=0, progress=True, watch=None, **options):
    """Train a DCGAN on digits, and return the History; its ``averaged_generator`` is what to draw from.

    The published rules and the non-saturating loss, with three settings tuned for one minute: batches of 32
    (the paper: 128); a generator that learns four times as fast as its discriminator (Adam at 2e-3 and 5e-4;
    the paper: 2e-4 for both); and an averaged generator (decay 0.995, some 200 steps).

    Arguments:
        images: gancourse.data.Images of 28 x 28 grey pixels; or any object with the same ``sample(n, rng)``.
        steps: how many steps of each player, with 32 images and 32 noise vectors each.
        seed: settles the initial weights, the batches and the noise.
        progress: show a line with both losses.
        watch: called as ``watch(step, averaged_generator, discriminator)``; see ``gancourse.training.train``.
        options: anything else that ``train`` takes, such as ``watch_every``, ``checkpoint``, ``threads``.

    Returns:
        gancourse.training.History.

    Sources: Radford, Metz and Chintala, 2016, arXiv 1511.06434; two rates: Heusel et al., 2017, arXiv
    1706.08500; averaging: Yazıcı et al., "The Unusual Effectiveness of Averaging in GAN Training", 2019,
    arXiv 1806.04498.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, discriminator = DigitsGenerator(), DigitsDiscriminator()
    settings = {"batch": BATCH, "learning_rate": (2e-3, 5e-4), "average": 0.995} | options
    return train(
        generator,
        discriminator,
        images.sample,
        "non_saturating",
        steps=steps,
        seed=seed,
        progress=progress,
        watch=watch,
        **settings,
    )


def embedded_digits(split="train"):
    """The digits that ship with the course, also where the full MNIST is at hand.

    Arguments:
        split: ``train``, 4,000 digits, or ``test``, 1,000; both balanced, both from MNIST's training set.

    Returns:
        gancourse.data.Images.

    Raises:
        ValueError: another split.
        DataError: a file is missing or damaged.
    """
    files = list(EMBEDDED.files[choice("split", split, tuple(EMBEDDED.files))])
    folder, n = REPOSITORY_DATA / EMBEDDED.folder, EMBEDDED.counts[split]
    pixels, labels = read_idx(folder / files[0], (n, 28, 28)), read_idx(folder / files[1], (n,))
    return Images(pixels[:, None], labels.astype("int64"), EMBEDDED.classes)


def pretrained_generator():
    """The generator that ``tools/train_digits_dcgan.py`` trained, in eval mode, a DigitsGenerator.

    Raises:
        DataError: the weights are missing or damaged; the message names the file and the command.
    """
    return load_weights(
        DigitsGenerator(), CHECKPOINTS / "dcgan_digits.safetensors", "python tools/train_digits_dcgan.py"
    )
