"""The state of a run, as its checkpoint holds it: taken, and put back to exactly the same numbers."""

import warnings

import numpy as np
import torch

from gancourse._arguments import check_same
from gancourse._modes import global_rng, set_global_rng
from gancourse._validate import fail

__all__ = ["restore", "state_of"]


def state_of(run):
    """All that the next step depends on, and the record so far; nothing in it depends on which process."""
    return {
        "arguments": run.arguments,
        "generator": run.generator.state_dict(),
        "discriminator": run.discriminator.state_dict(),
        "averaged": None if run.averaged is None else run.averaged.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in run.optimizers],
        "parts": [part.state_dict() for part in run.parts],
        "data_rng": run.rng.bit_generator.state,
        "noise_rng": run.noise_rng.get_state(),
        "global_rng": global_rng(run.device),
        "history": {name: np.array(values) for name, values in run.records.items()},
        "losses": run.losses,
        "watched": run.watched,
        "seconds": run.elapsed(),
        "cut": run.cut,
    }


def restore(run, found):
    """Put back what ``load_checkpoint`` found, a pair of a step and a state.

    Raises:
        ValueError: it is the state of another run, or of more steps than this run is to have.
    """
    run.done, state = found
    check_same(run.checkpoint, state["arguments"], run.arguments)
    if run.done > run.total:
        fail("steps", run.total, f"at least the {run.done} steps that {run.checkpoint} already holds")
    if state["cut"]:
        warnings.warn(
            f"{run.checkpoint}: this run was cut in the middle of a step; it goes on from there, but "
            "not with the numbers of an uninterrupted run",
            stacklevel=5,
        )
    run.generator.load_state_dict(state["generator"])
    run.discriminator.load_state_dict(state["discriminator"])
    if run.averaged is not None:
        run.averaged.load_state_dict(state["averaged"])
    for optimizer, saved in zip(run.optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
        _same_layout(optimizer)
    for part, saved in zip(run.parts, state["parts"], strict=True):
        part.load_state_dict(saved)
    run.rng.bit_generator.state = state["data_rng"]
    run.noise_rng.set_state(state["noise_rng"])
    set_global_rng(run.device, state["global_rng"])
    run.records = {name: values.tolist() for name, values in state["history"].items()}
    run.losses, run.finite_at, run.watched = state["losses"], run.done, state["watched"]
    run.seconds_before = state["seconds"]


def _same_layout(optimizer):
    """Give an optimiser's loaded tensors their parameters' memory layout, which fused Adam relies on."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
