"""What training twenty seeds in one batched pass saves, beside a Python loop over the seeds."""

import statistics
import time

import torch

from gancourse.densities import ring
from gancourse.ensemble import train_ensemble
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.training import train

__all__ = ["BAR", "SIZES", "compare", "main"]

BAR = 3.0  # of the first size; the second is reported as it is
SIZES = ((64, 128), (128, 256))  # width of the two hidden layers, batch
SEEDS = tuple(range(20))


def compare(width, batch, *, steps=60, rounds=5):
    """Milliseconds a step for all seeds: one after the other, all at once, and the ratio.

    Interleaved rounds on one thread; the ratio is the median of neighbours in time.
    """
    sample = ring().sample
    options = {"steps": steps, "batch": batch, "threads": 1, "device": "cpu", "progress": False}

    def networks():
        torch.manual_seed(0)
        return [MLPGenerator(width=width) for _ in SEEDS], [MLPDiscriminator(width=width) for _ in SEEDS]

    def one_by_one():
        for generator, discriminator, seed in zip(*networks(), SEEDS, strict=True):
            train(generator, discriminator, sample, seed=seed, **options)

    def together():
        train_ensemble(*networks(), sample, seeds=SEEDS, **options)

    seconds = {one_by_one: [], together: []}
    for i in range(rounds + 1):
        for way in seconds if i % 2 else reversed(seconds):
            start = time.perf_counter()
            way()
            if i:  # the first round warms up
                seconds[way].append(time.perf_counter() - start)
    ratios = [a / b for a, b in zip(seconds[one_by_one], seconds[together], strict=True)]
    loop, stacked = (1000 * statistics.median(values) / steps for values in seconds.values())
    return loop, stacked, statistics.median(ratios)


def main():
    """A row for each size: (width, batch, ms one by one, ms together, ratio)."""
    return [(width, batch, *compare(width, batch)) for width, batch in SIZES]


if __name__ == "__main__":
    for width, batch, loop, stacked, ratio in main():
        print(
            f"2 x {width}, batch {batch}, {len(SEEDS)} seeds: {loop:.1f} ms a step one by one, "
            f"{stacked:.1f} ms together, {ratio:.2f} times as fast"
        )
