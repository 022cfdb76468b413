"""Discriminators and Lipschitz critics trained between two parallel lines: what they say of the distance."""

import json
import math

import numpy as np

from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import array, fail, integer

__all__ = ["COMMAND", "NOISES", "QUANTITIES", "STORED", "THETAS", "WEIGHT", "stored", "train"]

STORED = REPOSITORY_DATA / "results" / "line_critics.json"
COMMAND = "python tools/measure_line_critics.py"
THETAS = (-2.0, -1.2, -0.6, -0.3, -0.1, 0.0, 0.1, 0.3, 0.6, 1.2, 2.0)
NOISES = (0.0, 0.1, 0.25, 0.5, 1.0)
QUANTITIES = {
    "kl": "E_p v − E_q exp(v) + 1, a lower bound on KL(p‖q), of the discriminator's logit v",
    "js": "log 2 − ½ E_p softplus(−v) − ½ E_q softplus(v), a lower bound on JSD",
    "total_variation": "P(v > 0) − Q(v > 0), a lower bound on TV",
    "wasserstein": "E_q f − E_p f of the critic f, trained with a gradient penalty",
    "js_slope": "−½ E_q[σ(v) ∂v/∂x₁], what the generator's θ gets from the discriminator",
    "wasserstein_slope": "E_q ∂f/∂x₁, what θ gets from the critic",
    "d": "mean D at points of the line at θ",
}
WEIGHT = 10.0  # of the gradient penalty, that of Gulrajani et al., arXiv 1704.00028
WIDTH, BATCH, RATE = 32, 128, 3e-3


def train(theta, noise, *, steps=600, seed=0):
    """Train a discriminator and a critic for each pair (θ, σ), all at once, and say what they found.

    The networks stand in a stack: two hidden layers of 32 units each, fresh batches of 128 points of each
    line, Adam with a step size that falls from 3e-3 to 3e-5. Adam works entry by entry and the losses are
    added, so that no network of the stack feels another. All numbers are means over 16,384 fresh points of
    each line.

    Arguments:
        theta: array (k,), where the generator's line stands; the data's stands at 0.
        noise: array (k,), standard deviation of the noise on both coordinates, zero or above.
        steps: of each network.
        seed: of the weights and the points.

    Returns:
        dict: a name of QUANTITIES -> array (k,).

    Raises:
        ValueError: theta or noise is not a row of finite numbers, their lengths differ, or noise is negative.
    """
    theta = array("theta", theta, ndim=1)
    noise = array("noise", noise, shape=theta.shape)
    if (noise < 0).any():
        fail("noise", float(noise.min()), "no negative standard deviation")
    steps, seed = integer("steps", steps), integer("seed", seed, low=0)
    import torch  # what was trained beforehand is read without it

    from gancourse.compute import threads

    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        lines = _lines(torch.as_tensor(theta).float(), torch.as_tensor(noise).float())
        discriminator = _fit(lines, steps, _cross_entropy, (0.9, 0.999))
        critic = _fit(lines, steps, _penalised, (0.5, 0.9))
        rounds = [_read(discriminator, critic, *lines(2048)) for _ in range(8)]
    return {name: np.mean([r[name] for r in rounds], axis=0) for name in QUANTITIES}


def stored(path=None):
    """What ``tools/measure_line_critics.py`` trained: every θ of THETAS at every noise of NOISES, some seeds.

    Returns:
        dict: thetas and noises, arrays; "seeds", "command", "versions"; and a name of QUANTITIES -> array
        (noises, thetas, seeds).

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it in two minutes")
    record = json.loads(path.read_text(encoding="utf-8"))
    return {**record, **{name: np.array(record[name]) for name in ("thetas", "noises", *QUANTITIES)}}


def _lines(theta, noise):
    """A sampler: n -> points of the line at 0 and of the line at θ, with shape (k, n, 2) each."""
    import torch

    def sample(n):
        pair = []
        for start in (torch.zeros_like(theta), theta):
            clean = torch.stack([start[:, None].expand(-1, n), torch.rand(len(theta), n)], dim=-1)
            pair.append(clean + noise[:, None, None] * torch.randn(clean.shape))
        return pair

    return sample


def _fit(lines, steps, loss, betas):
    """Train a stack of networks; returns it as a function from (k, n, 2) to (k, n)."""
    import torch

    k, parameters = len(lines(1)[0]), []
    for into, out in ((2, WIDTH), (WIDTH, WIDTH), (WIDTH, 1)):
        for shape in ((k, into, out), (k, 1, out)):  # weights and biases, as nn.Linear starts them
            start = (2 * torch.rand(shape) - 1) / math.sqrt(into)
            parameters.append(start.requires_grad_())

    def network(x):
        for i in range(0, len(parameters), 2):
            x = torch.baddbmm(parameters[i + 1], x, parameters[i])
            if i + 2 < len(parameters):
                x = torch.nn.functional.leaky_relu(x, 0.2)
        return x.squeeze(-1)

    optimiser = torch.optim.Adam(parameters, lr=RATE, betas=betas)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, steps)
    for _ in range(steps):
        value = loss(network, *lines(BATCH)).sum()
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
    return network


def _cross_entropy(network, real, fake):
    from torch.nn.functional import softplus

    return softplus(-network(real)).mean(1) + softplus(network(fake)).mean(1)


def _penalised(network, real, fake, weight=WEIGHT):
    import torch

    share = torch.rand(*real.shape[:2], 1)  # a point on the way for each pair
    between = (share * real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(network(between).sum(), between, create_graph=True)
    penalty = ((slope.norm(dim=-1) - 1) ** 2).mean(1)
    return network(real).mean(1) - network(fake).mean(1) + weight * penalty


def _read(discriminator, critic, real, fake):
    """QUANTITIES on one batch, arrays (k,)."""
    import torch
    from torch.nn.functional import softplus

    found = {}
    fake = fake.requires_grad_()
    v, f = discriminator(fake), critic(fake)
    (push,) = torch.autograd.grad(v.sum(), fake)
    (slope,) = torch.autograd.grad(f.sum(), fake)
    with torch.no_grad():
        v_real, v = discriminator(real).double(), v.double()
        found["kl"] = v_real.mean(1) - v.exp().mean(1) + 1
        found["js"] = math.log(2) - (softplus(-v_real).mean(1) + softplus(v).mean(1)) / 2
        found["total_variation"] = (v_real > 0).double().mean(1) - (v > 0).double().mean(1)
        found["wasserstein"] = (f.mean(1) - critic(real).mean(1)).double()
        found["js_slope"] = -(v.sigmoid() * push[..., 0]).mean(1) / 2
        found["wasserstein_slope"] = slope[..., 0].double().mean(1)
        found["d"] = v.sigmoid().mean(1)
    return {name: values.numpy() for name, values in found.items()}
