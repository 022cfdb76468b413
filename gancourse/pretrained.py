"""Weights that ship with the course: where they lie, how they are stored, and clear errors when they fail."""

import json
import platform
import sys

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from gancourse._formats import DataError, appears_whole, is_file, reason
from gancourse._sources import REPOSITORY_DATA

__all__ = ["CHECKPOINTS", "load_weights", "save_weights"]

CHECKPOINTS = REPOSITORY_DATA / "checkpoints"


def save_weights(module, path, *, half=False, **facts):
    """Write a module's parameters and buffers to ``path`` (safetensors), and ``facts`` as JSON beside it.

    The JSON also gets the command that ran, the versions of Python, PyTorch and NumPy, and the machine.

    Arguments:
        module: an nn.Module.
        path: a Path that ends in ``.safetensors``; it appears only when whole, and the JSON before it.
        half: store floating-point numbers in float16, half the size, eleven bits of precision.
        facts: what to record: seed, accuracy or scores, wall time; anything that JSON holds.

    Raises:
        DataError: the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    if half:
        tensors = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    record = {
        "command": " ".join(["python", *sys.argv]),
        **facts,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": f"{platform.system()} {platform.machine()}",
    }
    with appears_whole(path.with_suffix(".json")) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n")
    with appears_whole(path) as partial:
        partial.write_bytes(save(tensors))


def load_weights(module, path, command):
    """Load weights that :func:`save_weights` wrote into ``module``, in place; return it in eval mode, frozen.

    Numbers stored in float16 become the module's dtype.

    Arguments:
        module: an nn.Module of the architecture that was saved.
        path: the ``.safetensors`` file.
        command: what makes the file anew; the error names it.

    Raises:
        DataError: the file is missing, cannot be read, is damaged, or holds another network. (A DataError is
            both an OSError and a ValueError.)
    """
    remedy = f"`git checkout {path.name}` in data/checkpoints brings it back, `{command}` makes it anew"
    if not is_file(path):
        raise DataError(f"{path}: the weights are not there; {remedy}")
    try:
        tensors = load(path.read_bytes())
    except SafetensorError as error:
        raise DataError(f"{path}: not a whole safetensors file ({error}); {remedy}") from None
    except OSError as error:
        raise DataError(f"{path}: {reason(error)}; {remedy}") from error
    if bad := [name for name, t in tensors.items() if not torch.isfinite(t).all()]:
        raise DataError(f"{path}: {bad[0]} holds NaN or infinity; {remedy}")
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise DataError(f"{path}: weights of another network ({error}); {remedy}") from None
    return module.eval().requires_grad_(False)
