"""A conditional DCGAN of digits, trained on the full MNIST for ten minutes on two CPU cores, as it ships."""

import json

from gancourse._formats import DataError, is_file
from gancourse._sources import REPOSITORY_DATA

__all__ = ["COMMAND", "facts", "told_generator"]

COMMAND = (
    "python -m gancourse train dcgan_conditional --data mnist --minutes 10 --seed 0 "
    "--accelerate bf16 channels-last"
)
_PATH = REPOSITORY_DATA / "checkpoints" / "mnist_dcgan_conditional.safetensors"


def told_generator(path=_PATH):
    """The averaged generator, in eval mode: z is 64 numbers of N(0, I) and the digit, one-hot.

    Arguments:
        path: of its weights.

    Raises:
        DataError: the weights are missing or damaged; the message names the file and the command.
    """
    from gancourse.models.conditional import ConditionalGenerator
    from gancourse.models.dcgan import DCGANGenerator
    from gancourse.pretrained import load_weights

    return load_weights(ConditionalGenerator(DCGANGenerator(noise_dim=74), 10), path, COMMAND)


def facts():
    """What the run wrote down, a dict: command, steps, seconds, scores and floor on 10,000 images,
    versions; and "truncated", the scores of shorter noise, which ``tools/keep_full_mnist.py`` adds.

    Raises:
        DataError: the file is missing.
    """
    path = _PATH.with_suffix(".json")
    if not is_file(path):
        raise DataError(f"{path}: it is not there; `{COMMAND}` makes it anew")
    return json.loads(path.read_text(encoding="utf-8"))
