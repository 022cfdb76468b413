"""A discriminator trained on and on between two discs that do not touch, and what it leaves the generator."""

import json

import numpy as np
from scipy.special import expit

from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, integer, positive

__all__ = ["COMMAND", "MARKS", "QUANTITIES", "STORED", "discs", "measure", "stored"]

STORED = REPOSITORY_DATA / "results" / "overtrained_discriminator.json"
COMMAND = "python tools/measure_overtrained.py"
MARKS = (0, 3, 10, 20, 40, 70, 100, 150, 200, 300, 500, 1_000, 2_000, 3_000)
QUANTITIES = {
    "d": "mean D at the fakes",
    "slope_of_d": "‖∇D‖ = σ(v)(1−σ(v))‖∇v‖",
    "saturating": "σ(v)‖∇v‖",
    "non_saturating": "(1−σ(v))‖∇v‖",
    "log_ratio": "‖∇v‖",
    "towards": "mean cosine between ∇v and the straight way to the data",
}
RADIUS, WIDTH, BATCH, RATE, PROBES = 0.5, 32, 128, 1e-3, 500


def discs(n, gap, rng):
    """n real and n fake points, uniform on two discs of radius 0.5 with a gap between them.

    Returns:
        real and fake, arrays (n, 2): the real disc lies at −(gap/2 + 0.5) on the first axis, the fake at +.
    """
    turn, radius = rng.uniform(0, 2 * np.pi, (2, n)), RADIUS * np.sqrt(rng.uniform(size=(2, n)))
    points = radius[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    centre = np.array([gap / 2 + RADIUS, 0.0])
    return points[0] - centre, points[1] + centre


def measure(*, activation="relu", gap=2.0, marks=MARKS, seed=0):
    """Train a discriminator on fresh points of two discs, and measure its gradient at fakes as it goes.

    Two hidden layers of 32 units, Adam with step size 1e-3, batches of 128 of each kind.

    Arguments:
        activation: "relu" or "tanh".
        gap: between the discs, in the unit of x.
        marks: the steps at which to measure, increasing.
        seed: of the weights and the points.

    Returns:
        dict: a name of QUANTITIES -> array (len(marks),), means over 500 fakes.

    Raises:
        ValueError: an unknown activation, or a gap that is not positive.
    """
    import torch  # the stored curves are read without it
    from torch import nn

    from gancourse.compute import threads
    from gancourse.models import MLPDiscriminator
    from gancourse.objectives import OBJECTIVES

    made = {"relu": nn.ReLU, "tanh": nn.Tanh}[choice("activation", activation, ("relu", "tanh"))]
    rng, gap = np.random.default_rng(integer("seed", seed, low=0)), positive("gap", gap)
    probes = torch.as_tensor(discs(PROBES, gap, np.random.default_rng(99))[1], dtype=torch.float32)
    rows = []
    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        network = MLPDiscriminator(in_dim=2, width=WIDTH, activation=made)
        optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
        for step in range(max(marks) + 1):
            if step in marks:
                x = probes.clone().requires_grad_()
                v = network(x)
                (gradient,) = torch.autograd.grad(v.sum(), x)
                rows.append(_quantities(v.detach().double().numpy(), gradient.double().numpy()))
            real, fake = (torch.as_tensor(x, dtype=torch.float32) for x in discs(BATCH, gap, rng))
            loss = OBJECTIVES["minimax"].discriminator(network(real), network(fake))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return {name: np.array([row[name] for row in rows]) for name in QUANTITIES}


def stored():
    """The curves that ``tools/measure_overtrained.py`` measured: four settings, five seeds each.

    Returns:
        dict: steps, an array; "command", "versions"; and runs, a dict (activation, gap) -> dict as by
        ``measure``, with arrays (seeds, marks).

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    if not STORED.is_file():
        raise FileNotFoundError(f"{STORED.name} is not in data/results; `{COMMAND}` makes it in a minute")
    record = json.loads(STORED.read_text(encoding="utf-8"))
    runs = {
        (run["activation"], run["gap"]): {name: np.array(run[name]) for name in QUANTITIES}
        for run in record["runs"]
    }
    return {**record, "steps": np.array(record["steps"]), "runs": runs}


def _quantities(v, gradient):
    """What is measured at one step, from logits (n,) and their gradients (n, 2)."""
    d, steepness = expit(v), np.linalg.norm(gradient, axis=1)
    return {
        "d": d.mean(),
        "slope_of_d": (d * (1 - d) * steepness).mean(),
        "saturating": (d * steepness).mean(),
        "non_saturating": ((1 - d) * steepness).mean(),
        "log_ratio": steepness.mean(),
        "towards": (-gradient[:, 0] / np.maximum(steepness, 1e-300)).mean(),
    }
