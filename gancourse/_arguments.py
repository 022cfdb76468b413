"""The arguments of a training run: checked, and described so that a checkpoint can tell whose it is."""

import itertools
import re

from gancourse._validate import choice, fail, integer, positive, real
from gancourse.objectives import OBJECTIVES

__all__ = ["check", "check_same", "describe", "learning_rates", "objective_of"]


def objective_of(objective):
    """The objective of this name, or the object itself if it has the two losses."""
    if callable(getattr(objective, "discriminator", None)) and callable(
        getattr(objective, "generator", None)
    ):
        return objective
    if not isinstance(objective, str):
        fail(
            "objective",
            objective,
            "a name of OBJECTIVES, or an object with the losses discriminator and generator",
        )
    return OBJECTIVES[choice("objective", objective, OBJECTIVES)]


def check(arguments):
    """Raise a ValueError for the first argument of ``train`` that is out of range."""
    a = arguments
    for name in ("generator", "discriminator"):
        if not any(weight.requires_grad for weight in getattr(a[name], "parameters", list)()):
            fail(name, a[name], "a network with weights to train")
    if not callable(getattr(a["generator"], "noise", None)):
        fail(
            "generator",
            a["generator"],
            "a network with a method noise(n, generator=None) that draws its noise",
        )
    for name in ("steps", "batch", "discriminator_steps", "checkpoint_every"):
        integer(name, a[name])
    integer("seed", a["seed"], low=0)
    for name in ("every", "watch_every"):
        if a[name] is not None:
            integer(name, a[name])
    if not callable(a["sample"]):
        fail("sample", a["sample"], "a function sample(n, rng) that returns n real samples")
    functions = ("penalty", "constraint", "step", "watch", "generator_optimizer", "discriminator_optimizer")
    for name in functions:
        if a[name] is not None and not callable(a[name]):
            fail(name, a[name], "None or a function; see the docstring of train for its arguments")
    if a["average"] is not None and not 0 < real("average", a["average"], low=0.0, high=1.0) < 1:
        fail("average", a["average"], "a decay between 0 and 1, such as 0.999")
    if a["resume"] and a["checkpoint"] is None:
        fail("checkpoint", None, "a folder, since resume=True goes on from there")
    if a["learning_rate"] is not None and a["generator_optimizer"] and a["discriminator_optimizer"]:
        fail("learning_rate", a["learning_rate"], "None, since both optimisers given have their own")
    if not isinstance(a["deterministic"], bool):
        fail("deterministic", a["deterministic"], "True or False")
    if a["step"] is not None:
        defaults = {"penalty": None, "constraint": None, "discriminator_steps": 1}
        for name, default in defaults.items():
            if a[name] != default:
                fail(name, a[name], f"{default}, since the step function given does the whole update")


def learning_rates(learning_rate):
    """(generator's, discriminator's)."""
    pair = learning_rate if isinstance(learning_rate, tuple | list) else (learning_rate, learning_rate)
    if len(pair) != 2:
        fail("learning_rate", learning_rate, "a positive number, or a pair (generator's, discriminator's)")
    return tuple(positive("learning_rate", 2e-4 if rate is None else rate) for rate in pair)


def describe(arguments, *, objective, optimizers, device, every, names):
    """What has to be the same for a checkpoint to be of this run, as a dict of text and numbers."""
    plain = ("batch", "discriminator_steps", "average", "seed", "watch_every")
    functions = ("sample", "penalty", "constraint", "step", "watch")
    described = {name: arguments[name] for name in plain}
    described |= {name: _name(arguments[name]) for name in functions}
    described |= {
        "objective": getattr(objective, "name", _name(objective)),
        "device": device.type,
        "every": every,
    }
    # Only where they are asked for, so that a checkpoint of a version without them is still of this run.
    described |= {"accelerate": ", ".join(names)} if names else {}
    described |= {"deterministic": True} if arguments["deterministic"] else {}
    for player, optimizer in zip(("generator", "discriminator"), optimizers, strict=True):
        # An address in a network's print would differ from one process to the next.
        described[player] = re.sub(r" at 0x[0-9a-f]+", "", repr(arguments[player]))
        for name, tensor in arguments[player].state_dict().items():
            described[f"{player}'s {name}"] = f"{tuple(tensor.shape)} {tensor.dtype}"
        described[f"{player}_optimizer"] = type(optimizer).__name__
        for i, group in enumerate(optimizer.param_groups):
            for name, value in group.items():
                if name != "params":
                    described[f"{player}_optimizer's {name}" + (f" of group {i}" if i else "")] = repr(value)
    return described


def check_same(folder, saved, here):
    """Raise a ValueError that says what differs between the run in a checkpoint and this one."""
    names = [name for name in {**saved, **here} if saved.get(name) != here.get(name)]
    if not names:
        return
    differences = []
    for name in names[:5]:
        first, second = (str(values.get(name)) for values in (saved, here))
        if "\n" in first or "\n" in second:  # the print of a network: the first line that differs
            lines = itertools.zip_longest(first.split("\n"), second.split("\n"), fillvalue="nothing")
            first, second = next((a.strip(), b.strip()) for a, b in lines if a != b)
        differences.append(f"{name}: {first} in the checkpoint, {second} here")
    if len(names) > 5:
        differences.append(f"and {len(names) - 5} more")
    raise ValueError(
        f"checkpoint: expected {folder} to be of the same run, but these differ: {'; '.join(differences)}. "
        "Use another folder, or resume=False to start afresh in this one"
    )


def _name(function):
    """A name that is the same in the next process: no address in it."""
    if function is None:
        return None
    return getattr(function, "__qualname__", type(function).__qualname__).split("<locals>.")[-1]
