"""What the lab's page shows of a run, as numbers for a cell: beside the exact side, with the diagnosis."""

import math

import numpy as np
import torch

from gancourse._validate import fail, integer
from gancourse.lab.data import has_modes
from gancourse.lab.picture import Painter
from gancourse.lab.watcher import Watcher
from gancourse.metrics import mode_coverage

__all__ = ["measured", "watched"]


def measured(run, n=2000):
    """A run as it stands, in numbers.

    Arguments:
        run: a ``Lab``. n: generated points for the coverage, from noise that is the same at each call.

    Returns:
        a dict: "step"; "loss_d", "loss_g", the losses of the last step (NaN before it); "kl", "js", "gap",
        "wasserstein" as the page estimates them (no "gap" with VEEGAN), with "floors", a dict of the same for
        the data against itself; "told", log 2 − loss_d/2, the Jensen–Shannon divergence that D's
        cross-entropy comes to if D is at its best, in nats; "push", the mean length of an arrow, in nats per
        unit of x; "captured" and "high_quality", where the data have modes, by ``mode_coverage``.

    Raises:
        ValueError: n is no whole number of at least 1.
    """
    integer("n", n)
    numbers, arrays = Painter(run).frame(["gradient"], fresh=True)
    found = {name: numbers[name] for name in ("kl", "js", "gap", "wasserstein", "floors") if name in numbers}
    found |= {"step": run.time, "loss_d": numbers["discriminator"], "loss_g": numbers["generator"]}
    found["told"] = math.log(2) - found["loss_d"] / 2
    found["push"] = float(np.linalg.norm(arrays["gradient"][:, 2:], axis=1).mean())
    if has_modes(run.settings.data):
        with torch.no_grad():
            noise = run.generator.noise(n, torch.Generator().manual_seed(1))
            fake = run.shown(noise).double().numpy()
        coverage = mode_coverage(fake, run.data.means, run.data.std)
        found |= {"captured": int(coverage.captured), "high_quality": coverage.high_quality}
    return found


def watched(run, steps, *, kind="both", looks=12):
    """Take so many steps, looking at the run now and then, and give the diagnosis of what was seen.

    Arguments:
        run: a ``Lab``. steps: how many in all, a multiple of ``looks``. kind: as in ``Lab.advance``.
        looks: how often to look, at least 6, evenly spread.

    Returns:
        a dict, that of ``Watcher.words``: "verdict", "words", "remedies" and "try".

    Raises:
        ValueError: a number is not whole or too small; as ``Lab.advance``.
    """
    integer("looks", looks, low=6)
    if integer("steps", steps, low=looks) % looks:
        fail("steps", steps, f"a multiple of the {looks} looks")
    watcher = Watcher()
    for _ in range(looks):
        run.advance(steps // looks, kind)
        watcher.look(run)
    return watcher.words()
