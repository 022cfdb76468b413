"""Keep the generator of a run on the full MNIST for lecture 15, with the scores of shortened noise beside it.

    python -m gancourse train dcgan_conditional --data mnist --minutes 10 --seed 0 \\
        --accelerate bf16 channels-last --out work/full_mnist
    python tools/keep_full_mnist.py work/full_mnist

copies generator.safetensors to data/checkpoints/mnist_dcgan_conditional.safetensors, and writes a JSON with
the run's scores, and those of 10,000 images whose noise is 0.9 times as long. It needs the full MNIST
(`python -m gancourse data mnist`, or GANCOURSE_DATA) and half a minute.
"""

import argparse
import csv
import json
import shutil
from pathlib import Path

import numpy as np
import torch

from gancourse.compute import choose_threads
from gancourse.data import load, to_pixels
from gancourse.features import from_pixels
from gancourse.metrics import frechet_distance, precision_recall
from gancourse.pretrained import CHECKPOINTS
from gancourse.recipes.full_mnist import COMMAND, told_generator

FACTOR = 0.9


def truncated(generator, real, factor=FACTOR, n=10_000):
    """Scores of n images whose Gaussian noise is multiplied by a factor, against Images."""
    rng, parts = torch.Generator().manual_seed(1), []
    with torch.no_grad():
        for _ in range(n // 500):
            z = generator.noise(500, rng)
            z[:, : generator.noise_dim] *= factor
            parts.append(to_pixels(generator(z).numpy()))
    features = [from_pixels(pixels)[0] for pixels in (real.pixels, np.concatenate(parts))]
    precision, recall = precision_recall(*features)
    distance = frechet_distance(features[1], features[0])
    return {"factor": factor, "frechet": distance, "precision": precision, "recall": recall}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="the folder of the run")
    parser.add_argument("--to", type=Path, default=CHECKPOINTS / "mnist_dcgan_conditional.safetensors")
    chosen = parser.parse_args()
    record = json.loads((chosen.run / "generator.json").read_text(encoding="utf-8"))
    with open(chosen.run / "losses.csv", newline="", encoding="utf-8") as file:
        *_, last = csv.DictReader(file)
    test = load("mnist", "test")
    if len(test) < 10_000:
        parser.error("the full MNIST is not at hand: `python -m gancourse data mnist` gets it")
    shutil.copy(chosen.run / "generator.safetensors", chosen.to)
    generator = told_generator(chosen.to)
    facts = {"command": COMMAND, "steps": int(last["step"]), "seconds": round(float(last["seconds"]), 1)}
    facts |= {"threads": choose_threads(generator), "scores": record["scores"], "floor": record["floor"]}
    facts |= {"truncated": truncated(generator, test)}
    facts |= {name: record[name] for name in ("versions", "machine")}
    chosen.to.with_suffix(".json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"{chosen.to}: {facts['truncated']}")


if __name__ == "__main__":
    main()
