"""What each acceleration is worth, alone and together, beside the plain loop: python -m benchmarks.gpu.

On a GPU; --device cpu tries it out at a small size.
"""

import argparse
import time

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from gancourse.accelerate import accelerated, resident
from gancourse.compute import choose_device
from gancourse.models import DCGANDiscriminator, DCGANGenerator
from gancourse.objectives import OBJECTIVES
from gancourse.training import adam, train

__all__ = ["BAR", "bare_passes", "matrix_rate", "measure", "rows", "why_not"]

BAR = 0.85  # of the images a second of the bare passes
EVERYTHING = ("bf16", "channels-last", "cuda-graphs")
# name: (data on the device, fused Adam, accelerate, deterministic)
OPTIONS = {
    "plain loop": (False, False, (), False),
    "data on the device": (True, False, (), False),
    "fused Adam": (False, True, (), False),
    "bf16": (False, False, ("bf16",), False),
    "channels-last": (False, False, ("channels-last",), False),
    "bf16, channels-last": (False, False, ("bf16", "channels-last"), False),
    "compile": (False, False, ("compile",), False),
    "cuda-graphs": (False, False, ("cuda-graphs",), False),
    "deterministic": (False, False, (), True),
    "all but deterministic": (True, True, EVERYTHING, False),
}


def why_not():
    """The reason why nothing can be measured here; None where there is a GPU."""
    return None if torch.cuda.is_available() else "no GPU here"


def players(width, device):
    """A DCGAN pair for 32 pixels in colour, in train mode on the device."""
    torch.manual_seed(0)
    generator = DCGANGenerator(size=32, channels=3, noise_dim=128, width=width)
    return generator.to(device), DCGANDiscriminator(size=32, channels=3, width=width).to(device)


def measure(name, device, *, width, batch, steps):
    """Train by ``train`` with one row of OPTIONS, twice as many steps as are timed.

    Returns:
        (real images a second in the second half, the most memory in bytes or None).
    """
    on_device, fused, names, deterministic = OPTIONS[name]
    if device.type != "cuda":
        names = tuple("compile" if option == "cuda-graphs" else option for option in names)
    pixels = np.random.default_rng(0).integers(256, size=(10 * batch, 3, 32, 32), dtype=np.uint8)
    stamps = {}

    def sample(n, rng):
        return pixels[rng.integers(len(pixels), size=n)].astype(np.float32) / 127.5 - 1

    def stamp(step, *_):  # the first half compiles, warms up and lets cuDNN choose
        _wait(device)
        stamps[step] = time.perf_counter()

    optimizer = adam(2e-4) if fused else _plain_adam
    history = train(
        *players(width, device),
        resident(pixels, device).sample if on_device else sample,
        steps=2 * steps,
        batch=batch,
        device=device,
        generator_optimizer=optimizer,
        discriminator_optimizer=optimizer,
        accelerate=names,
        deterministic=deterministic,
        every=max(1, steps // 2),
        watch=stamp,
        watch_every=steps,
        progress=False,
    )
    return batch * steps / (stamps[2 * steps] - stamps[steps]), history.peak_memory


def bare_passes(device, *, width, batch, steps, names=EVERYTHING):
    """Images a second of a step's forward and backward passes alone, and the operations in one step.

    The same passes on one batch that lies on the device: no data, no optimiser, no loss is read.
    """
    if device.type != "cuda":
        names = tuple("compile" if option == "cuda-graphs" else option for option in names)
    networks = players(width, device)
    generator, discriminator = (accelerated(network, names, device) for network in networks)
    weights, objective = list(networks[0].parameters()), OBJECTIVES["non_saturating"]
    real = torch.rand(batch, 3, 32, 32, device=device).to(memory_format=torch.channels_last)
    z = networks[0].noise(batch)

    def passes():
        if "cuda-graphs" in names:
            torch.compiler.cudagraph_mark_step_begin()
        with torch.no_grad():
            fake = generator(z)
        objective.discriminator(discriminator(real), discriminator(fake)).backward()
        objective.generator(discriminator(generator(z))).backward(inputs=weights)
        for network in networks:
            network.zero_grad()

    seconds = _timed(passes, steps, device)
    plain_generator, plain_discriminator = players(width, device)
    with FlopCounterMode(display=False) as counter:
        with torch.no_grad():
            fake = plain_generator(z)
        objective.discriminator(plain_discriminator(real), plain_discriminator(fake)).backward()
        inputs = list(plain_generator.parameters())
        objective.generator(plain_discriminator(plain_generator(z))).backward(inputs=inputs)
    return batch * steps / seconds, counter.get_total_flops()


def matrix_rate(device, side=8192, tries=20):
    """Floating-point operations a second of a bf16 matrix product, the best of some tries."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    seconds = min(_timed(lambda: a @ b, 1, device) for _ in range(tries))
    return 2 * side**3 / seconds


def rows(device=None, *, width=128, batch=256, steps=200, names=OPTIONS):
    """Measure all.

    Returns:
        (rows of (name, images a second, ratio to the plain loop, peak memory in bytes or None), a dict of
        ``bare``, images a second of the bare passes; ``share_of_bare``, that of the last row; ``rate``, of a
        bf16 matrix product; ``share_of_rate``, of the operations in the last row's steps).
    """
    device, size = choose_device(device), {"width": width, "batch": batch, "steps": steps}
    table, plain = [], None
    for name in names:
        speed, memory = measure(name, device, **size)
        plain = plain or speed
        table.append((name, speed, speed / plain, memory))
    bare, flops = bare_passes(device, **size)
    rate = matrix_rate(device) if device.type == "cuda" else matrix_rate(device, 512, 3)
    best = table[-1][1]
    return table, {
        "bare": bare,
        "share_of_bare": best / bare,
        "rate": rate,
        "share_of_rate": flops * best / batch / rate,
    }


def _plain_adam(parameters):
    return torch.optim.Adam(parameters, 2e-4, betas=(0.5, 0.999), foreach=False, fused=False)


def _timed(function, times, device):
    """Seconds that so many calls take, after as many to warm up."""
    for _ in range(times):
        function()
    _wait(device)
    start = time.perf_counter()
    for _ in range(times):
        function()
    _wait(device)
    return time.perf_counter() - start


def _wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    if options.device is None and (reason := why_not()):
        raise SystemExit(f"not yet run: {reason}; --device cpu --width 8 --batch 16 --steps 2 tries it out")
    table, shares = rows(**vars(options))
    for name, speed, ratio, memory in table:
        held = "" if memory is None else f", {memory / 2**30:.2f} GiB"
        print(f"{name:>22}: {speed:12,.0f} images/s, {ratio:5.2f} times the plain loop{held}")
    print(
        f"bare passes {shares['bare']:,.0f} images/s, of which train reaches {shares['share_of_bare']:.3f} "
        f"(bar: {BAR}); bf16 matrix product {shares['rate']:.3g} operations/s, of which the passes are "
        f"{shares['share_of_rate']:.3f}"
    )


if __name__ == "__main__":
    main()
