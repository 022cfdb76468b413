"""Small runs that several processes and a single one must give alike; torchrun executes this file.

torchrun --standalone --nproc-per-node 2 several.py FOLDER CASE [CASE ...]
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from gancourse.densities import ring
from gancourse.methods import InstanceNoise, feature_matching
from gancourse.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from gancourse.penalties import gradient_penalty, r1, r2
from gancourse.training import TrainingDiverged, train

DATA = ring(modes=8)


def ten_gradient_penalties(critic, real, fake):
    return 10 * gradient_penalty(critic, real, fake)


def r1_and_r2(critic, real, fake):
    return r1(critic, real) + r2(critic, fake)


def toys():
    generator = MLPGenerator(width=16, activation=nn.Softplus)
    return generator.double(), MLPDiscriminator(width=16).double()


def noisy_toys():
    """Random numbers from PyTorch's global generator, in every pass of both."""
    generator = MLPGenerator(width=16, activation=lambda: nn.Dropout(0.3))
    return generator.double(), InstanceNoise(MLPDiscriminator(width=16), std=0.3, steps=20).double()


def dcgans():
    return DCGANGenerator(width=4, noise_dim=8), DCGANDiscriminator(width=4)


def points(n, rng):
    return DATA.sample(n, rng)


def normalised_toys():
    return MLPGenerator(width=16).double(), MLPDiscriminator(width=16, normalise="batch").double()


def images(n, rng):
    return rng.uniform(-1, 1, size=(n, 1, 28, 28)).astype(np.float32)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.5)


def standing_still(parameters):
    return torch.optim.SGD(parameters, lr=0.0)


STILL = {"generator_optimizer": standing_still, "discriminator_optimizer": standing_still}

# name: (networks, data, options)
CASES = {
    "plain": (toys, points, {"discriminator_steps": 2, "average": 0.9}),
    "gradient_penalty": (
        toys,
        points,
        {"objective": "wasserstein", "penalty": ten_gradient_penalties, "discriminator_steps": 3},
    ),
    "relativistic": (
        toys,
        points,
        {"objective": "relativistic", "penalty": r1_and_r2, "average": 0.5, "discriminator_optimizer": sgd},
    ),
    "noisy": (noisy_toys, points, {"constraint": InstanceNoise.anneal}),
    "step": (toys, points, {"step": feature_matching()}),
    "batch_norm": (dcgans, images, {"batch": 8, "average": 0.5}),
    "still": (normalised_toys, points, STILL),
}


def run(name, folder=None, *, seed=0, steps=12, **more):
    """(networks, history) of a case; the networks start from a seed of their own."""
    make, sample, options = CASES[name]
    torch.manual_seed(seed)
    networks = make()
    options = {"batch": 16, "device": "cpu", "threads": 1, "progress": False, **options, **more}
    watch = {"watch": lambda t, g, d: g(g.noise(3)), "watch_every": 4}
    return networks, train(*networks, sample, steps=steps, checkpoint=folder, **watch, **options)


def numbers(networks, history):
    """All that a run brought, as named arrays."""
    found = {f"{i}.{k}": v for i, network in enumerate(networks) for k, v in network.state_dict().items()}
    if history.averaged_generator is not None:
        found |= {f"averaged.{k}": v for k, v in history.averaged_generator.state_dict().items()}
    found |= {f"watched.{t}": value for t, value in history.watched}
    found = {k: v.detach().numpy() for k, v in found.items()}
    return found | {"D": history.discriminator_loss, "G": history.generator_loss, "step": history.step}


def nan_at_the_end(n, rng):
    """In the fourth batch the last sample, which is in the last process's share, is no number."""
    nan_at_the_end.calls += 1
    x = points(n, rng)
    if nan_at_the_end.calls == 4:
        x[-1] = np.nan
    return x


nan_at_the_end.calls = 0
CASES["broken"] = (toys, nan_at_the_end, {})


def interrupting(discriminator):
    interrupting.calls += 1
    if int(os.environ["RANK"]) == 1 and interrupting.calls == 5:
        os.kill(os.getpid(), signal.SIGINT)


interrupting.calls = 0


def main():
    folder, rank = Path(sys.argv[1]), int(os.environ["RANK"])
    kinds = {
        "": {},
        "begun": {"folder": folder / "begun", "steps": 6},
        "resumed": {"folder": folder / "resumed", "resume": True},
        "interrupted": {"constraint": interrupting},
        "odd": {"batch": 15},
        "held": {"folder": folder / "held"},
    }
    for name in sys.argv[2:]:
        case, _, kind = name.partition(":")
        try:
            # Each starts from weights of its own: those of the first must count.
            found = numbers(*run(case, seed=rank, **kinds[kind]))
        except (ValueError, TrainingDiverged) as error:
            (folder / f"{name}.{rank}.txt").write_text(f"{type(error).__name__}: {error}")
        else:
            save_file(found, folder / f"{name}.{rank}.safetensors")


if __name__ == "__main__":
    main()
