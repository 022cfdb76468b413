"""Critics trained between a fixed p and a fixed q by several methods: their scores, and their slopes."""

import math

import numpy as np

from gancourse._validate import choice, integer, positive
from gancourse.densities import grid, ring, swiss_roll

__all__ = ["CRITICS", "METHODS", "PAIRS", "SIDE", "draw", "measure", "surface", "train"]

_RING = ring(modes=8, radius=2 / 1.414, std=0.02 / 1.414)
_GRID = grid(side=5, spacing=2 / 2.828, std=0.05 / 2.828)
_ROLL = swiss_roll()

# name: what p and q are, and W1 where it has a closed form. The last three are those of the value surfaces of
# Gulrajani et al., with their sizes, and q = p * N(0, I): the published code blurs the very points of the
# batch, here q is drawn afresh.
PAIRS = {
    "clouds": ("N((0.4, 0.3), I) against N((−0.4, −0.3), I)", 1.0),
    "nested": ("N(0, I) against N(0, 4 I)", math.sqrt(math.pi / 2)),
    "ring": ("8 Gaussians against the same blurred by N(0, I)", None),
    "grid": ("25 Gaussians against the same blurred by N(0, I)", None),
    "roll": ("the Swiss roll against the same blurred by N(0, I)", None),
}
METHODS = ("clipping", "gradient_penalty", "one_sided", "r1", "spectral_norm")

# name: settings of ``train``. Clipping: algorithm 1 of Arjovsky et al. to the letter, on 3 x 512. The others:
# λ = 10 is the weight of Gulrajani et al., 0.1 that of their toys, γ = 1 for R1, which adds (γ/2) E_p ‖∇f‖².
CRITICS = {
    "clipping": {"method": "clipping", "width": 512, "batch": 64},
    "penalty": {"method": "gradient_penalty", "weight": 10.0},
    "penalty 0.1": {"method": "gradient_penalty", "weight": 0.1},
    "penalty 1": {"method": "gradient_penalty", "weight": 1.0},
    "penalty 100": {"method": "gradient_penalty", "weight": 100.0, "steps": 2_000},
    "one-sided": {"method": "one_sided", "weight": 10.0},
    "r1": {"method": "r1", "weight": 0.5},
    "spectral norm": {"method": "spectral_norm"},
}
SIDE = 33  # of a value surface, over [−3, 3]²


def draw(pair, n, rng, *, shared=False):
    """n points of p and n of q, arrays (n, 2).

    Arguments:
        pair: a name of PAIRS.
        n: how many, at least 1.
        rng: a NumPy generator.
        shared: whether clouds and nested take the same noise for both, which is their optimal coupling: the
            score of a critic then strays less, and W1 of the points is that of the laws, or nearly so.

    Raises:
        ValueError: pair is another name, or n no whole number of at least 1.
    """
    choice("pair", pair, PAIRS)
    n = integer("n", n)
    if pair in ("clouds", "nested"):
        x = rng.standard_normal((n, 2))
        y = x.copy() if shared else rng.standard_normal((n, 2))
        half = np.array([0.4, 0.3])
        return (x + half, y - half) if pair == "clouds" else (x, 2 * y)
    data = {"ring": _RING, "grid": _GRID, "roll": _ROLL}[pair]
    return data.sample(n, rng), data.sample(n, rng) + rng.standard_normal((n, 2))


def train(
    pair, method, *, weight=10.0, bound=0.01, width=128, batch=256, steps=1_500, seed=0, watch=None, at=()
):
    """A critic of three hidden ReLU layers that maximises E_p f − E_q f under a method, and its network.

    Clipping goes by RMSProp, at a rate of bound/200 (5e-5 for the published 0.01), and clips after every
    step; the others by Adam, β = (0.5, 0.9), from 1e-3 down to 1e-5 in a straight line. Fresh points in every
    step; one thread.

    Arguments:
        pair: a name of PAIRS.
        method: a name of METHODS.
        weight: of the penalty, λ; R1's γ is twice this. Clipping and spectral norm have none.
        bound: the clipping constant c.
        width: units in a hidden layer.
        batch, steps, seed: whole numbers.
        watch: ``watch(step, critic)`` is called at the steps of ``at``, in eval mode; 0 is before the first.

    Returns:
        the critic, in eval mode.

    Raises:
        ValueError: pair or method is no name of theirs; a size is not a whole number, or a weight not
            positive.
    """
    choice("pair", pair, PAIRS)
    choice("method", method, METHODS)
    weight, bound = positive("weight", weight), positive("bound", bound)
    batch, steps, seed = integer("batch", batch), integer("steps", steps), integer("seed", seed, low=0)
    import torch  # what was trained beforehand is read without it

    from gancourse.compute import threads
    from gancourse.methods import spectral_norm_
    from gancourse.models import MLPDiscriminator
    from gancourse.penalties import clip_, gradient_penalty, r1

    penalties = {"gradient_penalty": gradient_penalty, "one_sided": _one_sided}
    penalties["r1"] = lambda critic, real, fake: r1(critic, real)
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        critic = MLPDiscriminator(width=width, depth=3, activation=torch.nn.ReLU)
        if method == "spectral_norm":
            spectral_norm_(critic)
        if method == "clipping":
            optimiser = torch.optim.RMSprop(critic.parameters(), lr=bound / 200)
        else:
            optimiser = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9), fused=True)
            schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, steps)
        for step in range(steps + 1):
            if watch is not None and step in at:
                watch(step, critic.eval())
                critic.train()
            if step == steps:
                break
            real, fake = (torch.as_tensor(points).float() for points in draw(pair, batch, rng))
            loss = critic(fake).mean() - critic(real).mean()  # minus the score
            if method in penalties:
                loss = loss + weight * penalties[method](critic, real, fake)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if method == "clipping":
                clip_(critic, bound)
            else:
                schedule.step()
    return critic.eval()


def measure(critic, pair, *, n=2_048, seed=1_000_003, exact=True):
    """What a critic says on fresh points of p and q, and how steep it is.

    The constant is the largest ‖∇f‖ found on a grid of 121 x 121 points over [−3, 3]² and at the points of p
    and q: a lower bound on the Lipschitz constant, and for a network in the plane, whose gradient is constant
    between its kinks, hardly below it. The product of the layers' spectral norms is an upper bound.

    Arguments:
        critic: a network of Linear layers and ReLU, in eval mode.
        pair: a name of PAIRS.
        n: points of each.
        seed: of the points.
        exact: whether to compute W1 between the points, by assignment, which takes about a second.

    Returns:
        dict of floats: "score", E_p f − E_q f; "constant"; "bound", the product; "ratio", score ÷ constant,
        which is at most W1 of the points; "norm at data" and "norm between", mean ‖∇f‖ at points of p and on
        the segments between the two; "w1" of these points, if exact.
    """
    from gancourse.divergences import wasserstein
    from gancourse.methods import lipschitz_bound

    rng = np.random.default_rng(seed)
    real, fake = draw(pair, n, rng, shared=True)
    share = rng.random((n, 1))
    f_real, at_real = _value_and_norm(critic, real)
    f_fake, at_fake = _value_and_norm(critic, fake)
    _, between = _value_and_norm(critic, share * real + (1 - share) * fake)
    axis = np.linspace(-3, 3, 121)
    _, on_grid = _value_and_norm(critic, np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2))
    constant = max(at_real.max(), at_fake.max(), on_grid.max())
    score = f_real.mean() - f_fake.mean()
    found = {
        "score": score, "constant": constant, "bound": lipschitz_bound(critic),
        "ratio": score / constant if constant else 0.0,
        "norm at data": at_real.mean(), "norm between": between.mean(),
    }  # fmt: skip
    if exact:
        found["w1"] = wasserstein(real, fake)
    return {name: float(value) for name, value in found.items()}


def surface(critic, side=SIDE):
    """The critic's values over [−3, 3]², an array (side, side): rows are the second coordinate."""
    axis = np.linspace(-3, 3, side)
    values, _ = _value_and_norm(critic, np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2))
    return values.reshape(side, side)


def _one_sided(critic, real, fake):
    """Mean of max(0, ‖∇f‖ − 1)² on the segments: steepness alone is priced."""
    import torch

    share = torch.rand(len(real), 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.norm(dim=1) - 1).clamp(min=0).square().mean()


def _value_and_norm(critic, x):
    import torch

    x = torch.as_tensor(x).float().requires_grad_()
    values = critic(x)
    (slope,) = torch.autograd.grad(values.sum(), x)
    return values.detach().double().numpy(), slope.norm(dim=1).double().numpy()
