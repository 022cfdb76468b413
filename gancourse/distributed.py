"""Several processes train one pair of networks, each on its share of every batch; torchrun starts them."""

import atexit
import contextlib
import os
from datetime import timedelta

import torch
from torch import distributed
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from gancourse._validate import fail

__all__ = ["Processes", "join"]

# How long the others wait for the first, which alone watches and writes checkpoints.
_PATIENCE = timedelta(hours=2)
_STARTED_BY_TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def join(device):
    """The ``Processes`` that train together; mostly this one alone.

    It is together with others where PyTorch's process group is there already, or where torchrun started it:

        torchrun --nproc-per-node 2 script.py

    ``script.py`` is any script that calls ``train``. On GPUs each process takes its own, see
    ``choose_device``, and they talk through NCCL; on CPUs through gloo.

    Arguments:
        device: the torch.device of this process.
    """
    started = all(os.environ.get(name) for name in _STARTED_BY_TORCHRUN)
    if not distributed.is_available() or not (distributed.is_initialized() or started):
        return Processes()
    size = distributed.get_world_size() if distributed.is_initialized() else int(os.environ["WORLD_SIZE"])
    if size == 1:
        return Processes()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=_PATIENCE)
        atexit.register(_leave)
    return Processes(size, distributed.get_rank())


class Processes:
    """The processes of a run. With one of them, nothing of this module happens.

    Every process draws the same whole batches from the same seeds and keeps the rows of its rank. Each
    network's gradients, and its floating-point buffers, are averaged over the processes just before its
    optimiser's step, in one message. Losses are means over the batch, so the averaged gradient is that of the
    whole batch, penalties included, and all processes hold the same weights. What PyTorch's global generator
    is asked for by ``rand``, ``randn``, ``randint``, their ``_like`` and dropout is drawn for the whole batch
    too. So for networks that treat each sample by itself the numbers are those of one process, up to
    rounding, on any number of processes.

    Why not ``DistributedDataParallel``, which hides messages behind the backward pass: it counts on one
    forward and one backward pass a step, and on every parameter taking part; it does not see
    ``autograd.grad``, nor the second derivatives of a penalty, nor a generator's step that leaves the
    discriminator alone. Here the loop stays as it is, and step functions work as well.

    Batch norm normalises within each process, over batch/size samples: with it the numbers are not those of
    one process. Its running averages are the processes' mean. On GPUs
    ``torch.nn.SyncBatchNorm.convert_sync_batchnorm``, applied to a network beforehand, normalises over all.

    Attributes:
        size: how many processes; rank: which is this one, from 0; first: whether it is the one that watches,
            shows progress and writes.
    """

    def __init__(self, size=1, rank=0):
        self.size, self.rank, self.first = size, rank, rank == 0
        self.draws = _WholeDraws(size, rank)

    def check(self, arguments):
        """Raise a ValueError for an argument of ``train`` that several processes cannot serve."""
        if self.size == 1:
            return
        batch, step = arguments["batch"], arguments["step"]
        if batch % self.size:
            fail("batch", batch, f"a multiple of {self.size}, the number of processes")
        if hasattr(step, "state_dict"):
            fail("step", step, "a step without networks of its own, which several processes would not share")
        if hasattr(arguments["generator"], "members"):
            fail("generator", "a stack of networks", "one network, since several processes share its batch")

    def share(self, values):
        """The rows of this process, of a whole batch; of each, in a tuple."""
        if self.size == 1:
            return values
        if isinstance(values, tuple):
            return tuple(self.share(value) for value in values)
        rows = len(values) // self.size
        return values[self.rank * rows : (self.rank + 1) * rows]

    def mean(self, value):
        """The mean of a scalar tensor over the processes, without a gradient."""
        value = value.detach()
        if self.size > 1:
            value = value.clone()
            distributed.all_reduce(value)
            value /= self.size
        return value

    def any(self, flag, device):
        """Whether it is true in any of them."""
        if self.size == 1:
            return flag
        count = torch.tensor(float(flag), device=device)
        distributed.all_reduce(count)
        return bool(count > 0)

    def told(self, function):
        """What a function returns in the first process, which alone calls it; its error is everyone's."""
        if self.size == 1:
            return function()
        message, error = [None], None
        if self.first:
            try:
                message = [(function(), None)]
            except (ValueError, OSError) as caught:
                error, message = caught, [(None, str(caught))]
        distributed.broadcast_object_list(message)
        value, reason = message[0]
        if reason is not None:
            raise error or ValueError(reason)
        return value

    @contextlib.contextmanager
    def together(self, networks, optimizers, averaged=None):
        """For the block: the first one's weights everywhere, gradients averaged before each step.

        Arguments:
            networks: those that are trained, on the device.
            optimizers: those of their weights.
            averaged: another network that must start alike; None without one.
        """
        if self.size == 1:
            yield
            return
        with torch.no_grad():
            for network in [*networks, *([] if averaged is None else [averaged])]:
                for tensor in [*network.parameters(), *network.buffers()]:
                    # A message wants the plain layout.
                    plain = tensor.contiguous()
                    distributed.broadcast(plain, src=0)
                    tensor.copy_(plain)
        # Of both networks, in each step: the discriminator's averages move in the generator's step too.
        buffers = [b for network in networks for b in network.buffers() if b.is_floating_point()]

        def average(optimizer, *_):
            weights = (weight for group in optimizer.param_groups for weight in group["params"])
            self._average_([w.grad for w in weights if w.grad is not None] + buffers)

        hooks = [optimizer.register_step_pre_hook(average) for optimizer in optimizers]
        try:
            with self.draws:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    @torch.no_grad()
    def _average_(self, tensors):
        """Replace tensors by their means over the processes, in one message for each dtype."""
        tensors = [tensor for tensor in tensors if tensor.numel()]
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            chosen = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([tensor.reshape(-1) for tensor in chosen])
            distributed.all_reduce(flat)
            flat /= self.size
            for tensor, mean in zip(chosen, flat.split([t.numel() for t in chosen]), strict=True):
                tensor.copy_(mean.view(tensor.shape))


class _WholeDraws(TorchFunctionMode):
    """Within it, n rows from PyTorch's global generator are this process's part of a draw of size·n rows."""

    def __init__(self, size, rank):
        super().__init__()
        self.size, self.rank, self.on = size, rank, True

    @contextlib.contextmanager
    def off(self):
        """For the block, draws are what they say."""
        before, self.on = self.on, False
        try:
            yield
        finally:
            self.on = before

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if not self.on or kwargs.get("generator") is not None:
            return function(*args, **kwargs)
        if function in _LIKE:
            like, *args = args
            function, shape = _LIKE[function], like.shape
            kwargs = {"dtype": like.dtype, "device": like.device, **kwargs}
        elif function is torch.randint:
            shape = kwargs.pop("size", None)
            if shape is None:
                *args, shape = args
        elif function in (torch.rand, torch.randn):
            shape = kwargs.pop("size", None) or (args[0] if not isinstance(args[0], int) else args)
            args = ()
        elif function is F.dropout:
            return self._dropout(*args, **kwargs)
        else:
            return function(*args, **kwargs)
        if not len(shape):
            return function(*args, shape, **kwargs)
        return self._mine(function(*args, (self.size * shape[0], *shape[1:]), **kwargs))

    def _mine(self, values):
        rows = len(values) // self.size
        return values[self.rank * rows : (self.rank + 1) * rows]

    def _dropout(self, input, p=0.5, training=True, inplace=False):
        if not training or not 0 < p < 1:
            return F.dropout(input, p, training, inplace)
        whole = input.new_empty((self.size * len(input), *input.shape[1:])).bernoulli_(1 - p)
        kept = self._mine(whole).div_(1 - p)
        return input.mul_(kept) if inplace else input * kept


_LIKE = {torch.rand_like: torch.rand, torch.randn_like: torch.randn}


def _leave():
    if distributed.is_initialized():
        distributed.destroy_process_group()
