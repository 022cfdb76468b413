"""What a run is: recipe, data and numbers, settled once and written down, so that it can go on."""

import json
import math
import platform
import time
from pathlib import Path

import numpy as np
import torch

import gancourse
from gancourse._formats import appears_whole
from gancourse._validate import fail

__all__ = ["CHECKPOINT", "SHARE", "command_of", "recall", "settle", "versions", "watches", "write"]

CHECKPOINT = "checkpoint"
_FILE = "run.json"
_SETTLED = (
    "recipe",
    "data",
    "batch",
    "width",
    "seed",
    "watch_every",
    "accelerate",
)  # what cannot change on the way
WATCHES, SHARE = 20, 0.15  # with a budget of time: at most so many scores, and at most this share of it


def recall(folder):
    """The plan of the run in a folder, a dict; None where there is none.

    Raises:
        ValueError: the file is damaged.
    """
    path = Path(folder) / _FILE
    if not path.is_file():
        return None
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        if not all(name in plan for name in (*_SETTLED, "steps")):
            raise ValueError
    except ValueError:
        raise ValueError(f"{path}: it is cut short or altered; name another folder with --out") from None
    return plan


def write(folder, plan):
    """Write the plan into the folder, whole or not at all."""
    with appears_whole(Path(folder) / _FILE) as partial:
        partial.write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")


def settle(folder, given, resume):
    """The plan of this call: what was asked, and when resuming, what the run in the folder was.

    Arguments:
        folder: of the run.
        given: dict of what was asked; None for what was not.
        resume: whether to go on.

    Raises:
        ValueError: there is a run and it is not to go on; there is none and it is; what is asked differs
            from what the run is.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"out: expected a folder, {folder} is a file")
    found = recall(folder)
    if found is None:
        if resume or (folder / CHECKPOINT).exists():
            raise ValueError(f"out: {folder} holds no run to go on with, no {_FILE}")
        return given | {"seed": given["seed"] or 0}
    if not resume:
        raise ValueError(
            f"out: {folder} holds a run of {found['recipe']} on {found['data']} already: "
            "--resume goes on with it, another --out keeps it"
        )
    for name in _SETTLED:
        if given[name] not in (None, []) and given[name] != found[name]:
            fail(name, given[name], f"{found[name]!r}, since the run in {folder} is one of that")
    kept = {name: found[name] for name in _SETTLED}
    return given | kept | {"steps": given["steps"] or found["steps"]}


def watches(steps, step_seconds=None, watch_seconds=None):
    """After how many steps to score: ten times; where times are known at most 20, for 15 % of all."""
    if step_seconds is None:
        return max(1, math.ceil(steps / 10))
    affordable = SHARE * steps * step_seconds / max(watch_seconds, 1e-9)
    return max(1, math.ceil(steps / max(1, min(WATCHES, int(affordable)))))


def command_of(plan, folder):
    """The command that makes this run, in one line."""
    words = [f"python -m gancourse train {plan['recipe']}"]
    words += [f"--{name} {plan[name]}" for name in ("data", "steps", "batch", "width", "seed")]
    words += [f"--watch-every {plan['watch_every']}"]
    words += [f"--device {plan['device']}"] if plan["device"] else []
    words += [f"--accelerate {' '.join(plan['accelerate'])}"] if plan["accelerate"] else []
    return " ".join([*words, f"--out {folder}"])


def versions():
    """What the numbers depend on besides the command, name to text."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "gancourse": gancourse.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
