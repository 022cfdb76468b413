"""The debugging clinic: what a monitor saw of a run with a bug in it, and of the same run without."""

import inspect
import json
import time

import numpy as np

from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, integer
from gancourse.confusion import end_state, goes_round
from gancourse.densities import ring

__all__ = [
    "BUGS", "COMMAND", "DATA", "EXPECTED", "HOT", "MOMENTS", "PATIENTS", "ROW", "STORED", "bugs", "function",
    "measure", "pixels", "record", "source", "stored", "truth",
]  # fmt: skip

STORED = REPOSITORY_DATA / "results" / "clinic.json"
COMMAND = "python tools/measure_clinic.py"
DATA = ring(modes=8, radius=0.7, std=0.05)  # within the generator's range, [−1, 1]²
ROW = 4  # pictures are drawn in rows of so many, as a page shows them
KEPT, MOMENTS = 150, 12  # samples kept at so many moments
# bug -> the function that has it; "none" is the loop that is right
BUGS = {
    "none": "healthy",
    "no detach": "no_detach",
    "swapped labels": "swapped_labels",
    "batch norm in training mode": "never_eval",
    "data in [0, 1]": "data_in_0_1",
    "penalty over the batch": "penalty_over_batch",
    "wrong parameters in the optimiser": "wrong_optimiser",
    "log of a sigmoid": "log_of_sigmoid",
    "no zero_grad": "no_zero_grad",
}
# The logarithm of a sigmoid does no harm while logits are small. This patient's discriminator has a head
# start, twice the rate and no penalty; and so has a healthy run that is stored beside it.
HOT = {"lead": 500, "rate": 2e-3, "weight": 0.0}
PATIENTS = {
    "A": "penalty over the batch",
    "B": "swapped labels",
    "C": "data in [0, 1]",
    "D": "no zero_grad",
    "E": "batch norm in training mode",
    "F": "log of a sigmoid",
    "G": "no detach",
    "H": "wrong parameters in the optimiser",
}


# bug -> what a diagnosis should say, where the bug itself settles it; for the others the run does
EXPECTED = {
    "swapped labels": "collapsed",
    "batch norm in training mode": "off the data",
    "data in [0, 1]": "off the data",
    "penalty over the batch": "gradient vanished",
    "wrong parameters in the optimiser": "standing still",
}


def bugs():
    """The names of the eight bugs."""
    return tuple(name for name in BUGS if name != "none")


def function(bug):
    """The training function that has this bug.

    Raises:
        ValueError: an unknown bug.
    """
    from gancourse.recipes import clinic_runs, clinic_runs_around  # the stored runs are read without torch

    name = BUGS[choice("bug", bug, BUGS)]
    return getattr(clinic_runs, name, None) or getattr(clinic_runs_around, name)


def source(bug):
    """The source of that function.

    Raises:
        ValueError: an unknown bug.
    """
    return inspect.getsource(function(bug))


def pixels(rng):
    """The data as image files have them: a function of n that returns a tensor (n, 2) in [0, 1]."""
    import torch

    return lambda n: torch.as_tensor((DATA.sample(n, rng) + 1) / 2, dtype=torch.float32)


def measure(bug="none", *, hot=None, seed=0, steps=1_500, **settings):
    """Train with this bug, and keep what a monitor sees.

    Losses are those that the loop itself has, of its last batch. All else is the monitor's, on 512 points of
    the true data and on generated points drawn in rows of 4; its coverage is counted over 1,000.

    Arguments:
        bug: a key of BUGS.
        hot: whether the discriminator gets a head start and no penalty; by default only for "log of a
            sigmoid".
        seed: of the networks, the data and the noise.
        steps: training steps.
        settings: others of ``clinic_runs``.

    Returns:
        dict: bug, hot, seed, steps, seconds; "curves", a record for ``gancourse.diagnosis``: step (r,),
        centre (r, 2) and other names to (r,), NaN from where weights were no longer finite; "samples",
        (moments, 150, 2) at the steps "samples_at".

    Raises:
        ValueError: an unknown bug, or a number out of range.
    """
    import torch

    from gancourse.compute import threads
    from gancourse.monitor import Monitor

    train, seed, steps = function(bug), integer("seed", seed, low=0), integer("steps", steps)
    hot = bug == "log of a sigmoid" if hot is None else hot
    monitor = Monitor(DATA, batch=512, coverage=1_000, samples=KEPT)
    rows, start = [], time.process_time()

    def watch(step, generator, discriminator, d_loss, g_loss):
        row = {"step": step, "discriminator_loss": d_loss.item(), "generator_loss": g_loss.item()}
        if all(w.isfinite().all() for w in (*generator.parameters(), *discriminator.parameters())):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                found = monitor(step, _InRows(generator), discriminator)
            row = {name: value[0] for name, value in found.items()} | row
        else:
            row |= {name: np.full_like(value, np.nan) for name, value in rows[-1].items() if name not in row}
        rows.append(row)

    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        train(pixels(np.random.default_rng(seed)), watch, steps=steps, **(HOT if hot else {}), **settings)
    curves = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
    samples, at = curves.pop("samples"), _moments(len(rows))
    return {
        "bug": bug, "hot": hot, "seed": seed, "steps": steps, "seconds": time.process_time() - start,
        "curves": curves, "samples": samples[at], "samples_at": curves["step"][at],
    }  # fmt: skip


def record(run, *, judged=True):
    """What ``diagnose`` reads of a run: its curves, and its samples where they were kept.

    Arguments:
        run: as by ``measure``.
        judged: whether with what only the true modes can tell: captured, high_quality, reverse_kl.
    """
    hidden = () if judged else ("captured", "high_quality", "reverse_kl")
    found = {name: values for name, values in run["curves"].items() if name not in hidden}
    samples = np.full((len(found["step"]), *run["samples"].shape[1:]), np.nan)
    samples[np.searchsorted(found["step"], run["samples_at"])] = run["samples"]
    return found | {"samples": samples}


def truth(run):
    """What is the matter with a run, a key of ``confusion.ACCEPTED``.

    "diverged" where weights are no longer finite at the end; else EXPECTED of its bug, where the bug settles
    it; else "cycling" by ``goes_round``, or ``end_state``.
    """
    curves, bug = run["curves"], run["bug"]
    if not np.isfinite(curves["spread"][-1]):
        return "diverged"
    if bug in EXPECTED:
        return EXPECTED[bug]
    if goes_round(curves["centre"], curves["spread"], DATA.means):
        return "cycling"
    return end_state(curves["captured"], curves["high_quality"], len(DATA.means))


def stored(path=None):
    """The runs of ``tools/measure_clinic.py``.

    Arguments:
        path: of another file than that of the lecture.

    Returns:
        dict: "command", "versions", …, and "runs": a dict (bug, hot) -> what ``measure`` returned.

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it in 3 minutes")
    record = json.loads(path.read_text(encoding="utf-8"))
    runs = {}
    for run in record["runs"]:
        curves = {name: _array(values) for name, values in run["curves"].items()}
        run |= {"curves": curves, "samples": _array(run["samples"]), "samples_at": _array(run["samples_at"])}
        runs[run["bug"], run["hot"]] = run
    return {**record, "runs": runs}


def _array(values):
    return np.array(values, dtype=np.float64)  # null is NaN


def _moments(n):
    """Where samples are kept: early ones close together, since most happens there."""
    return np.unique(np.round((n - 1) * np.linspace(0, 1, MOMENTS) ** 1.5).astype(int))


class _InRows:
    """A generator whose samples are drawn a few at a time."""

    def __init__(self, generator):
        self.generator, self.noise, self.parameters = generator, generator.noise, generator.parameters

    def __call__(self, z):
        import torch

        return torch.cat([self.generator(row) for row in z.split(ROW)])
