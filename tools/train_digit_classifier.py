"""Train the classifier of digits whose features judge the course's generators.

    python tools/train_digit_classifier.py

trains gancourse.models.DigitClassifier for 12 passes over the MNIST training set, two minutes on one core,
and writes data/checkpoints/digit_classifier.safetensors with a JSON of its accuracy beside it. It needs the
full MNIST (`python -m gancourse data mnist`, or GANCOURSE_DATA); the 5,000 digits that ship with the course
are too few. The 1,000 of them that are the embedded test split are left out of the training, so that they
may be judged; the embedded 4,000 are not.
"""

import argparse
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from gancourse.data import embedded_digits, load, to_network
from gancourse.models import DigitClassifier
from gancourse.pretrained import CHECKPOINTS, save_weights


def augment(x, rng):
    """Turn images (n, 1, 28, 28) by up to 0.2 rad, scale them by up to 10 %, move them by up to 2 pixels."""
    turn, scale, right, down = (2 * torch.rand(4, len(x), generator=rng) - 1).unbind()
    scale = 1 + 0.1 * scale
    cos, sin = torch.cos(0.2 * turn) * scale, torch.sin(0.2 * turn) * scale
    move = 2 / 14  # affine_grid counts in half sides
    rows = [torch.stack([cos, -sin, move * right], 1), torch.stack([sin, cos, move * down], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), x.shape, align_corners=False)
    return F.grid_sample(x + 1, grid, align_corners=False) - 1  # outside the image is background, −1


def train_classifier(x, y, *, passes=12, batch=128, rate=4e-3, seed=0):
    """A DigitClassifier trained on images x (n, 1, 28, 28) in [−1, 1] and labels y (n,), in eval mode."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = DigitClassifier().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), rate)
    steps = len(x) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=passes * steps, pct_start=0.2)
    for i in range(passes):
        total = 0.0
        for chosen in torch.randperm(len(x), generator=rng)[: steps * batch].split(batch):
            loss = F.cross_entropy(network(augment(x[chosen], rng)), y[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"pass {i + 1:2d} of {passes}: cross-entropy {total / steps:.4f}", flush=True)
    return network.to(memory_format=torch.contiguous_format).eval()


@torch.no_grad()
def accuracy(network, images):
    """The share of Images whose most probable class is their label."""
    x = torch.from_numpy(to_network(images.pixels))
    guesses = torch.cat([network(part).argmax(1) for part in x.split(500)])
    return (guesses.numpy() == images.labels).mean().item()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="one gives the same numbers on every run")
    parser.add_argument("--out", type=Path, default=CHECKPOINTS / "digit_classifier.safetensors")
    options = parser.parse_args()

    images = load("mnist")
    if len(images) != 60_000:
        sys.exit(
            f"This needs all 60,000 training digits of MNIST; at hand are the {len(images):,} that ship with "
            "the course. `python -m gancourse data mnist` gets them all, or set GANCOURSE_DATA to a folder "
            "that holds mnist/."
        )
    embedded = embedded_digits("test")
    held = {image.tobytes() for image in embedded.pixels}
    images = images.take([i for i, image in enumerate(images.pixels) if image.tobytes() not in held])

    torch.set_num_threads(options.threads)
    start = time.perf_counter()
    x, y = torch.from_numpy(to_network(images.pixels)), torch.from_numpy(images.labels)
    network = train_classifier(x, y, passes=options.passes, seed=options.seed)
    facts = {
        "seed": options.seed,
        "trained_on": len(images),
        "threads": options.threads,
        "test_accuracy": accuracy(network, load("mnist", "test")),
        "embedded_test_accuracy": accuracy(network, embedded),
        "seconds": round(time.perf_counter() - start, 1),
    }
    save_weights(network, options.out, **facts)
    print(f"{options.out}: {facts}")


if __name__ == "__main__":
    main()
