"""Train the generator of digits that the latent-space demos load, longer than a lecture has time for.

    python tools/train_digits_dcgan.py

trains the recipe of lecture 15 for 10,000 steps, in batches twice as large, at half its learning rates and
averaged for longer, on the full MNIST where it is at hand, else on the 4,000 digits that ship with the
course. It writes data/checkpoints/dcgan_digits.safetensors (the averaged generator) with a JSON of its scores
beside it. With --minutes it stops earlier. It keeps its state in a folder; the same command with --resume
goes on from there.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from gancourse.compute import choose_threads
from gancourse.data import embedded_digits, load, to_network
from gancourse.features import classify, extract
from gancourse.metrics import frechet_distance, inception_score
from gancourse.pretrained import CHECKPOINTS, save_weights
from gancourse.recipes.digits import dcgan_digits

SAMPLES = 10_000


def scores(generator, real):
    """Fréchet distance to Images on the digit classifier's features, and how the samples classify."""
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        fake = torch.cat([generator(generator.noise(500, rng)) for _ in range(SAMPLES // 500)])
    p = classify(fake)
    return {
        "frechet": frechet_distance(extract(fake), extract(to_network(real.pixels))),
        "inception_score": inception_score(p)[0],
        "confident_share": (p.max(1) > 0.9).mean().item(),
        "class_counts": np.bincount(p.argmax(1), minlength=10).tolist(),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, default=Path("work/dcgan_digits"), help="where the run is kept")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--out", type=Path, default=CHECKPOINTS / "dcgan_digits.safetensors")
    options = parser.parse_args()

    train, test = load("mnist"), load("mnist", "test")
    end = time.perf_counter() + 60 * options.minutes

    def stop(*_):
        if time.perf_counter() >= end:
            raise KeyboardInterrupt  # training saves its state and returns, as after Ctrl-C

    history = dcgan_digits(
        train,
        steps=options.steps,
        seed=options.seed,
        watch=stop,
        watch_every=20,
        batch=64,
        learning_rate=(1e-3, 2.5e-4),
        average=0.999,
        checkpoint=options.state,
        resume=options.resume,
    )
    generator = history.averaged_generator
    facts = {
        "seed": options.seed,
        "trained_on": len(train),
        "steps": history.completed,
        "threads": choose_threads(generator),
        "seconds": round(float(history.seconds[-1]), 1),
        "scored_on": f"{SAMPLES} samples against the {len(test)} test digits",
        "scores": scores(generator, test),
        "frechet_to_embedded_test": scores(generator, embedded_digits("test"))["frechet"],
        "frechet_floor": frechet_distance(*(extract(to_network(i.pixels[:SAMPLES])) for i in (train, test))),
    }
    save_weights(generator, options.out, half=True, **facts)
    print(f"{options.out}: {facts}")


if __name__ == "__main__":
    main()
