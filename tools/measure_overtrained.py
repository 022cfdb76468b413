"""Measure what a discriminator that trains on and on leaves the generator, for the figure of lecture 04.

    python tools/measure_overtrained.py

writes data/results/overtrained_discriminator.json: two activations, two gaps, five seeds each, one minute on
one core.
"""

import json
import platform
import time

import numpy as np
import torch

from gancourse._formats import appears_whole
from gancourse.recipes.overtrained import COMMAND, MARKS, QUANTITIES, STORED, measure

SETTINGS = [("relu", 2.0), ("tanh", 2.0), ("relu", 10.0), ("tanh", 10.0)]
SEEDS = 5


def main():
    """Measure, and write the file once it is whole."""
    start, runs = time.monotonic(), []
    for activation, gap in SETTINGS:
        curves = [measure(activation=activation, gap=gap, seed=seed) for seed in range(SEEDS)]
        found = {name: [[float(f"{v:.4g}") for v in c[name]] for c in curves] for name in QUANTITIES}
        runs.append({"activation": activation, "gap": gap, **found})
        print(f"{activation}, gap {gap:g}: {time.monotonic() - start:.0f} s")
    record = {
        "command": COMMAND,
        "quantities": QUANTITIES,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": f"{platform.system()} {platform.machine()}",
        "seeds": SEEDS,
        "steps": MARKS,
        "runs": runs,
    }
    STORED.parent.mkdir(exist_ok=True)
    with appears_whole(STORED) as partial:
        partial.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
