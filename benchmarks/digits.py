"""Digits in a minute: how near to the data the recipe comes, and how well it uses the machine.

python -m benchmarks.digits
"""

import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from gancourse import compute
from gancourse.data import embedded_digits, to_network
from gancourse.features import extract
from gancourse.metrics import frechet_distance
from gancourse.models import DCGANGenerator
from gancourse.recipes.digits import BATCH, dcgan_digits

SAMPLES = 4_000


def multiply_rate(side=2048, seconds=1.0):
    """Floating-point operations per second of a float32 matrix product, the best of a second's tries."""
    a = torch.rand(side, side)
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best


def step_flops(images):
    """Floating-point operations of one training step, forward and backward: two for each multiply-add."""
    with FlopCounterMode(display=False) as counter:
        dcgan_digits(images, steps=1, progress=False)
    return counter.get_total_flops()


def generated(generator, n=SAMPLES, seed=1):
    """n images from a generator, as a tensor (n, 1, 28, 28)."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        return torch.cat([generator(generator.noise(500, rng)) for _ in range(n // 500)])


def main(seconds=60, progress=True):
    """Run the recipe on the embedded digits for so many seconds, and measure.

    Arguments:
        seconds: the wall time for the training.
        progress: show the training's line.

    Returns:
        A dict. Fréchet distances on the digit classifier's features, to the 1,000 embedded test digits:
        ``frechet`` of 4,000 images from the averaged generator, ``floor`` of the 4,000 real training digits,
        ``untrained`` of the generator before training, ``ceiling`` of uniform noise. Then ``steps``,
        ``seconds``, ``images_per_second`` (real images that the discriminator saw), ``flops_per_step``,
        ``flops_per_second``, ``multiply_flops_per_second`` (the machine's float32 matrix product, measured
        before and after in the same run, the better), their ratio ``utilisation``, and ``threads``.
    """
    images = embedded_digits("train")
    real = extract(to_network(embedded_digits("test").pixels))
    threads = compute.choose_threads(DCGANGenerator())
    with compute.threads(threads):
        rate = multiply_rate()
    end = time.perf_counter() + seconds

    def stop(*_):
        if time.perf_counter() >= end:
            raise KeyboardInterrupt  # training returns what it has, as after Ctrl-C

    # more steps than there is time for: the clock ends the run
    history = dcgan_digits(images, steps=1_000_000, progress=progress, watch=stop, watch_every=10)
    with compute.threads(threads):
        rate = max(rate, multiply_rate())
    steps, taken = history.completed, float(history.seconds[-1])
    flops = step_flops(images)
    torch.manual_seed(0)
    untrained = DCGANGenerator().eval()
    noise = 2 * torch.rand(SAMPLES, 1, 28, 28) - 1
    return {
        "frechet": frechet_distance(extract(generated(history.averaged_generator)), real),
        "floor": frechet_distance(extract(to_network(images.pixels)), real),
        "untrained": frechet_distance(extract(generated(untrained)), real),
        "ceiling": frechet_distance(extract(noise), real),
        "steps": steps,
        "seconds": taken,
        "images_per_second": steps * BATCH / taken,
        "flops_per_step": flops,
        "flops_per_second": flops * steps / taken,
        "multiply_flops_per_second": rate,
        "utilisation": flops * steps / taken / rate,
        "threads": threads,
    }


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name:>26}  {value:,.4g}" if isinstance(value, float) else f"{name:>26}  {value:,}")
