"""Network modes and random states: set for a block, put back afterwards."""

import contextlib

import numpy as np
import torch

__all__ = ["global_rng", "mode", "own_global_rng", "seeded", "set_global_rng"]


def seeded(seed):
    """A run's three independent streams from its seed: data, noise, whatever uses PyTorch's global generator.

    Returns:
        a NumPy generator for the data, and two whole numbers that seed generators of PyTorch.
    """
    noise, others = (
        int(s) for s in np.random.SeedSequence(seed).generate_state(2, np.uint64) >> np.uint64(1)
    )
    return np.random.default_rng(seed), noise, others


@contextlib.contextmanager
def mode(network, *, training):
    """The whole network in train or eval mode; afterwards each module as it was."""
    before = [(module, module.training) for module in network.modules()]
    network.train(training)
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


def global_rng(device):
    """The states of PyTorch's global generators that a run on this device draws from, by device."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_global_rng(device, states):
    """Put back what ``global_rng`` returned."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps":
        torch.mps.set_rng_state(states["mps"])


@contextlib.contextmanager
def own_global_rng(device, seed):
    """PyTorch's global generator seeded for the block, and afterwards as the caller had it."""
    before = global_rng(device)
    # Not torch.manual_seed: that reseeds every device of the machine, and takes as long as two toy steps.
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    if device.type == "mps":
        torch.mps.manual_seed(seed)
    try:
        yield
    finally:
        set_global_rng(device, before)
