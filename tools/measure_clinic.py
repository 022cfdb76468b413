"""Record the runs of the debugging clinic, for the last part of lecture 14.

    python tools/measure_clinic.py [--seed N] [--to FILE]

writes data/results/clinic.json: the loop that is right, eight with a bug, and the right one as the hottest of
them is run; two minutes on one core. It goes on where it was stopped: runs that the file holds are kept.
Another seed goes to another file, which `gancourse.recipes.clinic.stored` reads.
"""

import argparse
import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch

from gancourse._formats import appears_whole
from gancourse.recipes.clinic import BUGS, COMMAND, STORED, measure

SEED = 0


def main(arguments=()):
    """Train what the file has not, and write it after each run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--to", type=Path, default=STORED, help="another file than that of the lecture")
    chosen = parser.parse_args(arguments)
    if chosen.seed != SEED and chosen.to == STORED:
        parser.error("another seed needs a file of its own: --to FILE")
    versions = {
        "python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__,
    }  # fmt: skip
    runs = []
    if chosen.to.is_file():
        known = json.loads(chosen.to.read_text(encoding="utf-8"))
        if known["versions"] == versions and known["seed"] == chosen.seed:
            runs = known["runs"]
    for bug, hot in [*((bug, bug == "log of a sigmoid") for bug in BUGS), ("none", True)]:
        if any(run["bug"] == bug and run["hot"] == hot for run in runs):
            continue
        found = measure(bug, hot=hot, seed=chosen.seed)
        print(f"{bug}{', hot' if hot else ''}: {found['seconds']:.0f} s", flush=True)
        runs.append(plain(found))
        record = {
            "command": COMMAND,
            "versions": versions,
            "machine": f"{platform.system()} {platform.machine()}",
            "seed": chosen.seed,
            "seconds": round(sum(run["seconds"] for run in runs), 1),
            "runs": runs,
        }
        chosen.to.parent.mkdir(exist_ok=True)
        with appears_whole(chosen.to) as partial:
            partial.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")


def plain(run):
    """A run as JSON holds it: curves to four digits, samples to three decimals, NaN as null."""
    return run | {
        "seconds": round(run["seconds"], 1),
        "curves": {name: _rounded(values, "{:.4g}") for name, values in run["curves"].items()},
        "samples": _rounded(run["samples"], "{:.3f}"),
        "samples_at": [int(step) for step in run["samples_at"]],
    }


def _rounded(values, form):
    if np.ndim(values):
        return [_rounded(value, form) for value in values]
    if np.isnan(values):
        return None
    if np.isinf(values):  # JSON has no infinity; the reverse KL is infinite where no sample is near a mode
        return "inf"
    number = float(form.format(values)) + 0.0
    return int(number) if number == int(number) else number


if __name__ == "__main__":
    main(sys.argv[1:])
