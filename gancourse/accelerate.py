"""What makes images train faster, each by name: bfloat16, channels-last, compiled networks, CUDA graphs."""

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from gancourse._validate import choice, fail, integer

__all__ = ["ACCELERATIONS", "Accelerated", "accelerated", "chosen", "resident"]

ACCELERATIONS = {
    "bf16": "forward and backward passes in bfloat16 where PyTorch's autocast holds it safe; weights, "
    "losses, penalties and optimisers stay in float32",
    "channels-last": "weights and images in memory with the channels last, as convolutions on GPUs read them",
    "compile": "networks compiled by torch.compile, which takes a minute at the start",
    "cuda-graphs": "compiled, and each pass started as one CUDA graph; on CUDA only",
}


def chosen(accelerate, device, dtype):
    """A tuple of names of ACCELERATIONS, in their order.

    Raises:
        ValueError: an unknown name; both kinds of compiling; CUDA graphs elsewhere than on CUDA; bf16 for
            networks that are not in float32.
    """
    names = (accelerate,) if isinstance(accelerate, str) else tuple(accelerate or ())
    for name in names:
        choice("accelerate", name, ACCELERATIONS)
    if {"compile", "cuda-graphs"} <= set(names):
        fail("accelerate", names, "compile or cuda-graphs, which compiles too, not both")
    if "cuda-graphs" in names and device.type != "cuda":
        fail("accelerate", names, f"no cuda-graphs on {device.type}")
    if "bf16" in names and dtype != torch.float32:
        fail("accelerate", names, f"no bf16 for networks in {dtype}")
    return tuple(name for name in ACCELERATIONS if name in names)


def accelerated(network, names, device):
    """The network as the loop calls it: itself where nothing was asked for, else ``Accelerated``."""
    if "channels-last" in names:
        network.to(memory_format=torch.channels_last)
    return Accelerated(network, names, device) if set(names) - {"channels-last"} else network


class Accelerated(nn.Module):
    """A network called in bfloat16, or compiled, or both; its weights and outputs stay in float32.

    Whatever else is asked of it is the network's own: ``noise``, ``state_dict``, a layer. ``plain`` is the
    network: what takes a gradient that will be differentiated again, a penalty above all, must call that. A
    compiled network has no second derivative, and in bfloat16 one has few digits left.

    Arguments:
        network: an nn.Module with parameters in float32.
        names: those of ACCELERATIONS.
        device: where it is.
    """

    def __init__(self, network, names, device):
        super().__init__()
        self.plain, self.device, self.bf16 = network, device, "bf16" in names
        call = network
        if "compile" in names:
            call = torch.compile(network)
        elif "cuda-graphs" in names:
            call = torch.compile(network, mode="reduce-overhead")
        self.__dict__["_call"] = call  # not a child of its own: it has the same weights
        self.__dict__["_parametrized"] = [
            (module, name)
            for module in network.modules()
            if parametrize.is_parametrized(module)
            for name in module.parametrizations
        ]

    def forward(self, *inputs):
        if not self.bf16:
            return self._call(*inputs)
        with parametrize.cached():
            # Before autocast, and kept for the pass: a spectral norm by power iteration wants float32.
            for module, name in self._parametrized:
                getattr(module, name)
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                values = self._call(*inputs)
        return values.float()

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name == "plain":  # while a copy is being made
                raise
            return getattr(self.plain, name)

    def state_dict(self, *arguments, **keywords):
        return self.plain.state_dict(*arguments, **keywords)

    def load_state_dict(self, *arguments, **keywords):
        return self.plain.load_state_dict(*arguments, **keywords)


def resident(images, device=None):
    """Images that stay on a device as bytes: what is drawn from them never crosses from the host.

    ``resident(images, "cuda").sample`` takes the place of ``images.sample`` in ``train`` and draws the same
    images from the same generator; only their indices go to the device. CIFAR-10 takes 154 MB there.

    Arguments:
        images: gancourse.data.Images, or a uint8 array with shape (n, channels, height, width).
        device: a torch.device or its name; by default as ``choose_device`` would.

    Returns:
        an object with ``sample(n, rng)``: a float32 tensor with shape (n, channels, height, width) in
        [−1, 1], on the device; and with its ``pixels`` and ``labels``, tensors on the device (labels None for
        an array).

    Raises:
        ValueError: images are something else, or the device is not here.

    Example:
        >>> few = resident(np.zeros((10, 1, 28, 28), dtype=np.uint8), "cpu")
        >>> few.sample(4, np.random.default_rng(0)).shape
        torch.Size([4, 1, 28, 28])
    """
    from gancourse.compute import choose_device

    pixels = getattr(images, "pixels", images)
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 4 or not len(pixels):
        fail("images", images, "Images, or uint8 with shape (n, channels, height, width)")
    return _Resident(pixels, getattr(images, "labels", None), choose_device(device))


class _Resident:
    def __init__(self, pixels, labels, device):
        self.pixels = torch.from_numpy(np.ascontiguousarray(pixels)).to(device)
        self.labels = None if labels is None else torch.from_numpy(np.asarray(labels)).to(device)

    def __len__(self):
        return len(self.pixels)

    def sample(self, n, rng):
        which = torch.from_numpy(rng.integers(len(self), size=integer("n", n)))
        if self.pixels.is_cuda:
            which = which.pin_memory().to(self.pixels.device, non_blocking=True)
        return self.pixels[which].float().div_(127.5).sub_(1.0)  # as gancourse.data.to_network
