"""Where to compute, and on how many threads: the one place that decides."""

import contextlib
import math
import os
from pathlib import Path

import torch

from gancourse._validate import fail, integer

__all__ = ["SMALL", "choose_device", "choose_threads", "deterministic", "threads"]

# Networks with fewer parameters are toys: a step is all overhead, where no GPU and no second thread helps.
SMALL = 100_000


def choose_device(device=None, *, size=None):
    """The device to compute on, a torch.device.

    In this order: the argument; ``GANCOURSE_DEVICE``; the CPU for a toy (``size`` below 100,000 parameters:
    a step there is thousands of tiny operations, which a GPU only starts later); CUDA; Apple's MPS; the CPU.
    Where torchrun started several processes here, "cuda" is each one's own, that of its LOCAL_RANK.

    Arguments:
        device: a torch.device or its name, such as "cpu", "cuda", "cuda:1", "mps".
        size: the network, or its number of parameters; None decides by what the machine has.

    Raises:
        ValueError: the device is unknown or not available here; the message lists those that are.
    """
    if device is not None:
        return _available("device", device)
    if named := os.environ.get("GANCOURSE_DEVICE"):
        return _available("GANCOURSE_DEVICE", named)
    if size is not None and _parameters(size) < SMALL:
        return torch.device("cpu")
    return _available("device", _devices()[0])


def choose_threads(size, threads=None):
    """How many threads PyTorch should use on the CPU for networks of this size.

    In this order: the argument; ``GANCOURSE_THREADS``; one for a toy (below 100,000 parameters); all the
    physical cores that this process may use, counting its affinity and a container's quota, for the rest;
    processes that torchrun started on this machine share them.

    Measured on two cores of an AMD EPYC, PyTorch 2.13, batch 128, one step of each player, the machine
    otherwise nearly idle, milliseconds a step, median of 5 rounds:

        networks                                     1 thread    2 threads
        MLP pair, 2 hidden layers of 64                  0.85         0.80
        DCGAN pair, 28 pixels, width 32                 83.7         36.8

    So a second thread gains nothing on a toy. It can lose everything: two threads wait for each other at
    every operation, and where another program holds the second core a step of 2.5 ms has taken 165 ms.

    Arguments:
        size: the network, or its number of parameters.
        threads: a whole number that settles it.

    Raises:
        ValueError: threads or GANCOURSE_THREADS is not a whole number of at least 1.
    """
    if threads is not None:
        return integer("threads", threads)
    if named := os.environ.get("GANCOURSE_THREADS"):
        if not named.strip().isdecimal() or int(named) < 1:
            fail("GANCOURSE_THREADS", named, "a whole number of at least 1")
        return int(named)
    if _parameters(size) < SMALL:
        return 1
    sharing = os.environ.get("LOCAL_WORLD_SIZE", "1")
    return max(1, _cores() // max(1, int(sharing) if sharing.isdecimal() else 1))


@contextlib.contextmanager
def threads(n):
    """Run a block with n PyTorch threads, and put the number back afterwards.

    Raises:
        ValueError: n is not a whole number of at least 1.

    Example:
        >>> with threads(1):
        ...     torch.get_num_threads()
        1
    """
    n, before = integer("n", n), torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield n
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def deterministic():
    """Run a block with PyTorch's deterministic algorithms only, and put the settings back afterwards.

    Then the same seed gives the same numbers on the same GPU too, at a price in speed that ``make bench``
    measures. An operation that has no such algorithm raises a RuntimeError that names it. On a CPU training
    is deterministic without it.

    Source: PyTorch's note on reproducibility, https://docs.pytorch.org/docs/stable/notes/randomness.html.
    """
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    cudnn, memory = torch.backends.cudnn, torch.utils.deterministic
    benchmark, filling = cudnn.benchmark, memory.fill_uninitialized_memory
    # Read when the first product is made on a GPU; without it cuBLAS refuses to be deterministic.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    cudnn.benchmark, memory.fill_uninitialized_memory = False, False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        cudnn.benchmark, memory.fill_uninitialized_memory = benchmark, filling


def _parameters(size):
    if isinstance(size, torch.nn.Module):
        return sum(parameter.numel() for parameter in size.parameters())
    return integer("size", size, low=0)


def _devices():
    """The devices of this machine, best first."""
    found = [f"cuda:{i}" if i else "cuda" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def _available(name, device):
    try:
        chosen = torch.device(device)
        if chosen == torch.device("cuda") and os.environ.get("LOCAL_WORLD_SIZE", "1") != "1":
            chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    except (RuntimeError, TypeError):
        chosen = None
    short = None if chosen is None else str(chosen).removesuffix(":0")
    if short not in _devices():
        fail(name, str(chosen or device), "a device that is available here: " + ", ".join(_devices()))
    return chosen


def _cores():
    """Physical cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    cpus = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):
        topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
        # Two hardware threads of one core name the same siblings.
        cpus = {Path(topology.format(cpu)).read_text() for cpu in cpus}
    quota = math.inf
    with contextlib.suppress(OSError, ValueError):
        # A container's share of the machine, "200000 100000" for two cores, or "max 100000".
        allowed, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        quota = math.ceil(int(allowed) / int(period))
    return max(1, min(len(cpus), quota))
