"""Train f-GAN on the mixture of lecture 06, one Gaussian under each divergence, for its table.

    python tools/measure_f_gan_fits.py

writes data/results/f_gan_one_gaussian.json: eight divergences, three seeds each, three minutes on one core.
What the file already holds is not trained again; delete it to start afresh.
"""

import json
import platform

import numpy as np
import torch

from gancourse._formats import appears_whole
from gancourse.recipes.one_gaussian import COMMAND, LEARNED, STORED, train_fit

SEEDS, STEPS = 3, 1_000


def main():
    """Train what is missing; the file is whole after every run."""
    record = {
        "command": COMMAND,
        "columns": ["mean", "std", "the critic's bound"],
        "steps": STEPS,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": f"{platform.system()} {platform.machine()}",
        "seconds": 0.0,
        "fits": {},
    }
    if STORED.is_file():
        record |= {k: v for k, v in json.loads(STORED.read_text("utf-8")).items() if k in ("seconds", "fits")}
    for name in LEARNED:
        rows = record["fits"].setdefault(name, [])
        for seed in range(len(rows), SEEDS):
            run = train_fit(name, steps=STEPS, seed=seed)
            rows.append([float(f"{run[key]:.4g}") for key in ("mean", "std", "bound")])
            record["seconds"] = round(record["seconds"] + run["seconds"], 1)
            print(name, seed, rows[-1])
            STORED.parent.mkdir(exist_ok=True)
            with appears_whole(STORED) as partial:
                text = json.dumps(record, ensure_ascii=False, indent=1)
                partial.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
