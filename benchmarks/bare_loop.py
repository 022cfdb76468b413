"""What training.train costs beside the bare loop by hand: same networks, data, optimiser and work."""

import argparse
import contextlib
import io
import statistics
import time

import numpy as np
import torch
from torch.nn import functional as F

from gancourse.compute import threads as torch_threads
from gancourse.densities import ring
from gancourse.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from gancourse.training import train

__all__ = ["bare", "dcgan", "toy"]

BATCH = 128


def toy(steps=500, threads=1):
    """Seconds for ``steps`` steps of a 2 x 64 MLP pair on a ring, as {"bare": …, "train": …, "ratio": …}."""
    return _compare(MLPGenerator, MLPDiscriminator, ring().sample, steps, threads, rounds=15)


def dcgan(steps=10, threads=1):
    """Seconds for ``steps`` steps of a DCGAN pair on 28 pixels, as {"bare": …, "train": …, "ratio": …}."""
    # The speed does not depend on what the images show.
    images = np.random.default_rng(0).uniform(-1, 1, size=(1000, 1, 28, 28)).astype(np.float32)

    def sample(n, rng):
        return images[rng.integers(len(images), size=n)]

    return _compare(DCGANGenerator, DCGANDiscriminator, sample, steps, threads, rounds=9)


def bare(generator, discriminator, sample, steps, rng):
    """The loop by hand."""
    g_weights, d_weights = list(generator.parameters()), list(discriminator.parameters())
    g_adam = torch.optim.Adam(g_weights, lr=2e-4, betas=(0.5, 0.999), fused=True)
    d_adam = torch.optim.Adam(d_weights, lr=2e-4, betas=(0.5, 0.999), fused=True)
    for _ in range(steps):
        real = torch.from_numpy(sample(BATCH, rng)).float()
        fake = generator(torch.randn(BATCH, generator.noise_dim)).detach()
        loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
        d_adam.zero_grad()
        loss.backward()
        d_adam.step()

        loss = F.softplus(-discriminator(generator(torch.randn(BATCH, generator.noise_dim)))).mean()
        g_adam.zero_grad()
        loss.backward()
        g_adam.step()


def _compare(make_generator, make_discriminator, sample, steps, threads, rounds):
    """Medians of the seconds over the rounds, and train's share of the bare loop's steps per second."""
    seconds = {"bare": [], "train": []}
    with torch_threads(threads):
        for i in range(rounds + 1):
            # Interleaved, and first in turn: whatever else the machine does meets both alike.
            for name in ("bare", "train") if i % 2 else ("train", "bare"):
                networks = make_generator(), make_discriminator()
                start = time.perf_counter()
                if name == "bare":
                    bare(*networks, sample, steps, np.random.default_rng(0))
                else:
                    # the progress line is part of the cost, but not of the table
                    with contextlib.redirect_stderr(io.StringIO()):
                        train(*networks, sample, steps=steps, batch=BATCH, threads=threads, device="cpu")
                if i:  # the first round warms up
                    seconds[name].append(time.perf_counter() - start)
    # The ratio of neighbours in time, then the median: a machine that slows down slows both.
    pairs = zip(seconds["bare"], seconds["train"], strict=True)
    return {
        **{name: statistics.median(values) for name, values in seconds.items()},
        "ratio": statistics.median(bare_seconds / train_seconds for bare_seconds, train_seconds in pairs),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, nargs=2, default=(500, 10), metavar=("TOY", "DCGAN"))
    options = parser.parse_args()
    for measure, steps in zip((toy, dcgan), options.steps, strict=True):
        seconds = measure(steps, options.threads)
        bare_ms, train_ms = (1000 * seconds[name] / steps for name in ("bare", "train"))
        print(
            f"{measure.__name__}, {options.threads} thread(s): bare {bare_ms:.3f} ms a step, "
            f"train {train_ms:.3f} ms: {seconds['ratio']:.3f} of its steps per second"
        )


if __name__ == "__main__":
    main()
