"""Trained states that ship with the course, so that a live demo does not open with a minute of noise."""

import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes

from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice
from gancourse.lab.settings import Settings

__all__ = ["STATES", "TRAINED", "trained_state"]

STATES = REPOSITORY_DATA / "checkpoints" / "gan_lab.safetensors"
# the data sets that there are states for: all but the one that is drawn
TRAINED = ("line", "two_gaussians", "ring", "circle", "blobs", "grid", "swiss_roll")
_COMMAND = "python tools/train_lab_states.py"


def trained_state(name):
    """The settings of a trained run, and its weights as ``Players.put_weights`` takes them.

    Weights are stored in float16, and those of the generator are an average over the last steps.

    Arguments:
        name: of the data set, one of ``TRAINED``.

    Raises:
        ValueError: another name; the file is not there or damaged: the message says what brings it back.
    """
    choice("name", name, TRAINED)
    remedy = f"`git checkout data/checkpoints` brings them back, `{_COMMAND}` makes them anew"
    try:
        facts = json.loads(STATES.with_suffix(".json").read_text(encoding="utf-8"))
        tensors = tensors_from_bytes(STATES.read_bytes())
        settings = Settings.from_json(facts["runs"][name]["settings"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ValueError(f"{STATES}: the trained states cannot be read ({error}); {remedy}") from None
    state = {}
    for player in ("generator", "discriminator"):
        start = f"{name}/{player}/"
        found = {k.removeprefix(start): v.float() for k, v in tensors.items() if k.startswith(start)}
        if not found or not all(torch.isfinite(v).all() for v in found.values()):
            raise ValueError(f"{STATES}: no whole {player} for {name!r}; {remedy}")
        state[player] = found
    return settings, state
