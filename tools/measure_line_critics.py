"""Train discriminators and Lipschitz critics between two parallel lines, for the figures of lecture 07.

    python tools/measure_line_critics.py

writes data/results/line_critics.json: eleven θ, five noises, three seeds each, two minutes on one core.
"""

import json
import platform
import time

import numpy as np
import torch

from gancourse._formats import appears_whole
from gancourse.recipes.line_critics import COMMAND, NOISES, QUANTITIES, STORED, THETAS, train

SEEDS = 3


def main():
    """Train, and write the file once it is whole."""
    start, runs = time.monotonic(), []
    theta, noise = np.tile(THETAS, len(NOISES)), np.repeat(NOISES, len(THETAS))
    for seed in range(SEEDS):
        runs.append(train(theta, noise, seed=seed))
        print(f"seed {seed}: {time.monotonic() - start:.0f} s", flush=True)
    shape = (SEEDS, len(NOISES), len(THETAS))
    found = {name: np.reshape([run[name] for run in runs], shape).transpose(1, 2, 0) for name in QUANTITIES}
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
        "thetas": THETAS,
        "noises": NOISES,
        **{name: [[[float(f"{v:.4g}") for v in s] for s in row] for row in a] for name, a in found.items()},
    }
    STORED.parent.mkdir(exist_ok=True)
    with appears_whole(STORED) as partial:
        partial.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
