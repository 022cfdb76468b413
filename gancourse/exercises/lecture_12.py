"""The exercises of lecture 12: the gradient penalty, which is the main one; the others come from their files."""

import numpy as np
import torch

from gancourse.exercises import _critics
from gancourse.exercises._exercise import Check, Exercise, Wrong
from gancourse.exercises.lecture_12_bounds import CLIPPING_BOUND, POWER_ITERATION
from gancourse.exercises.lecture_12_training import CRITIC, STEPS

__all__ = ["EXERCISES"]


def gradient_penalty(critic, real, fake):
    """The gradient penalty of WGAN-GP: the mean over the batch of (‖∇f(x̂ᵢ)‖ − 1)².

    The points are x̂ᵢ = εᵢ xᵢ + (1 − εᵢ) yᵢ, for the i-th real and the i-th generated sample, with an εᵢ of
    its own for each pair, uniform on [0, 1].

    Arguments:
        critic: a network f from tensors (n, d) to tensors (n,).
        real, fake: tensors (n, d), the xᵢ and the yᵢ, without gradients.

    Returns:
        a scalar tensor, by which the critic's weights can be trained.
    """
    epsilon = torch.rand(len(real), 1)
    between = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((gradient.norm(dim=1) - 1) ** 2).mean()


def _cases(rng):
    return [
        {
            "real": rng.normal(1, 1, (n, d)),
            "fake": rng.normal(-1, 1, (n, d)),
            "seed": int(rng.integers(1_000)),
        }
        for n, d in ((6, 3), (9, 2))
    ]


# --- what an answer's numbers say of it -----------------------------------------------------------


def _place(case, points):
    """Where the critic was asked, in a word."""
    real, fake = case["real"], case["fake"]
    if points.shape != real.shape:
        return "another number of points"
    share = (points - fake) / (real - fake)
    if (share < -1e-9).any() or (share > 1 + 1e-9).any():
        return "off the segments"
    if np.ptp(share, axis=1).max() > 1e-6:
        return "one a coordinate"
    if np.ptp(share) < 1e-6:
        return {0.0: "at the generated", 1.0: "at the data"}.get(round(share.flat[0], 6), "one for the batch")
    return "one a sample"


def _formulas(gradient):
    """What may have been made of the gradients (n, d): the penalty, and what it is taken for."""
    n, norms = len(gradient), gradient.norm(dim=1)
    return {
        "right": ((norms - 1) ** 2).mean(),
        "norm of the batch": (gradient.norm() - 1) ** 2,
        "norm of each coordinate": ((gradient.norm(dim=0) - 1) ** 2).mean(),
        "square of the norm": ((norms**2 - 1) ** 2).mean(),
        "no target": (norms**2).mean(),
        "mean first": (norms.mean() - 1) ** 2,
        "gradient of the mean": ((norms / n - 1) ** 2).mean(),
        "sum": ((norms - 1) ** 2).sum(),
        "one-sided": ((norms - 1).clamp(min=0) ** 2).mean(),
    }


def _measure(case, got):
    """Place, formula and gradient, each in a word: the same for any draw of the weights ε."""
    place = _place(case, got["points"])
    found = {"place": place, "single": bool(got["penalty"].shape == ()), "formula": "", "gradient": ""}
    if not len(got["points"]):
        return found
    critic = _critics.small_critic(case["seed"], case["real"].shape[1])
    x = torch.tensor(got["points"], requires_grad=True)
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    for name, value in _formulas(slope).items():
        if np.isclose(got["penalty"].mean(), value.item(), rtol=1e-6):
            weights = torch.autograd.grad(
                value, list(critic.parameters()), allow_unused=True, materialize_grads=True
            )
            wanted = np.concatenate([w.numpy().ravel() for w in weights])
            right = np.allclose(got["gradient"], wanted, rtol=1e-5, atol=1e-9)
            found["formula"] = name
            found["gradient"] = "right" if right else "other" if got["gradient"].any() else "none"
            break
    return found


# --- the bank -------------------------------------------------------------------------------------


def _answer(*, epsilon=lambda x: torch.rand(len(x), 1), graph=True, total=torch.sum, norm=lambda g: g.norm(dim=1), after=lambda n: ((n - 1) ** 2).mean()):  # fmt: skip
    """One of the ways to write it, right by default."""

    def penalty(critic, real, fake):
        share = epsilon(real)
        between = (share * real + (1 - share) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(total(critic(between)), between, create_graph=graph)
        return after(norm(gradient))

    return penalty


def _one_by_one(critic, real, fake):
    parts = []
    for x, y in zip(real, fake, strict=True):
        share = torch.rand(())
        between = (share * y + (1 - share) * x).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between[None])[0], between, create_graph=True)
        parts.append((gradient.square().sum().sqrt() - 1).square())
    return torch.stack(parts).mean()


def _with_func(critic, real, fake):
    between = torch.lerp(fake, real, torch.rand(len(real), 1, dtype=real.dtype))
    gradient = torch.func.vmap(torch.func.grad(lambda x: critic(x[None])[0]))(between)
    return (torch.linalg.vector_norm(gradient, dim=1) - 1).pow(2).mean()


def _with_outputs(critic, real, fake):
    share = torch.rand(real.shape[0]).unsqueeze(1)
    between = fake + share * (real - fake)
    between.requires_grad_(True)
    logits = critic(between)
    gradient = torch.autograd.grad(
        logits, between, grad_outputs=torch.ones_like(logits), create_graph=True, retain_graph=True
    )[0]
    return torch.mean((gradient.view(len(real), -1).norm(2, dim=1) - 1) ** 2)


PENALTY = Exercise(
    id="12.gradient_penalty",
    title="The gradient penalty",
    reference=gradient_penalty,
    cases=_cases,
    run=_critics.run_penalty,
    measure=_measure,
    checks=(
        Check("one number", lambda case, got, want: got["single"], "The penalty is one number: take the mean over the batch."),
        Check("points", lambda case, got, want: got["place"] == "one a sample", "The critic's gradient was not taken at points x̂ᵢ = εᵢ xᵢ + (1 − εᵢ) yᵢ with an εᵢ from [0, 1] for each pair."),
        Check("value", lambda case, got, want: got["formula"] == "right", "The points are right and the number is not: take the Euclidean norm of each sample's gradient, subtract 1, square, then average."),
        Check("trains the critic", lambda case, got, want: got["gradient"] in ("right", ""), "The number is right, but its gradient in the critic's weights is not: nothing on the way may be detached."),
    ),
    hints=(
        "`torch.rand(len(real), 1)` is one weight for each sample, and spreads over its coordinates.",
        "`torch.autograd.grad(critic(between).sum(), between, create_graph=True)`: the sum's gradient holds each sample's own, as long as the critic judges each by itself.",
        "`((gradient.norm(dim=1) - 1) ** 2).mean()`.",
    ),
    wrong=(
        Wrong(_answer(norm=lambda g: g.norm()), "You took one norm over the whole batch: `gradient.norm()` adds up the squares of all samples. The penalty wants each sample's norm near 1, so it needs `gradient.norm(dim=1)`.", "value"),
        Wrong(_answer(epsilon=lambda x: torch.rand(1)), "One ε for the whole batch: all points of a batch then lie at the same share of the way. Draw one for each sample, `torch.rand(len(real), 1)`.", "points"),
        Wrong(_answer(epsilon=torch.rand_like), "One ε for each coordinate (each pixel): the points then lie in the box between x and y, and not on the segment. Draw one for each sample, `torch.rand(len(real), 1)`.", "points"),
        Wrong(_answer(graph=False), "Without `create_graph=True` the gradient is a plain number: the penalty has the right value and moves no weight at all.", "trains the critic"),
        Wrong(_answer(epsilon=lambda x: torch.ones(len(x), 1)), "The gradient is taken at the data alone. WGAN-GP looks between data and generated samples, where the best critic has slope 1.", "points"),
        Wrong(_answer(epsilon=lambda x: torch.randn(len(x), 1)), "ε comes from a normal distribution: half of the points lie beyond the ends of their segments. It is uniform on [0, 1]: `torch.rand`.", "points"),
        Wrong(_answer(norm=lambda g: g.norm(dim=0)), "`dim=0` is the batch: you took the norm of each coordinate over all samples. Take it over the coordinates of each sample, `dim=1`.", "value"),
        Wrong(_answer(norm=lambda g: g.square().sum(1)), "The root is missing: you compare the *squared* norm with 1, which is another price for the same wish.", "value"),
        Wrong(_answer(after=lambda n: (n**2).mean()), "The target is missing: this draws the norms to 0, not to 1. It is R1's formula, which belongs at the data.", "value"),
        Wrong(_answer(after=lambda n: (n.mean() - 1) ** 2), "You averaged the norms before you compared them with 1: too steep here and too flat there would cancel. Square each sample's deviation first.", "value"),
        Wrong(_answer(total=torch.mean), "You differentiated the *mean* of the critic's values: each sample's gradient comes out n times too small. Use the sum.", "value"),
        Wrong(_answer(after=lambda n: ((n - 1).clamp(min=0) ** 2).mean()), "That is the one-sided penalty, which leaves slopes below 1 free. It is a respectable choice; asked for is the two-sided one.", "value"),
        Wrong(_answer(after=lambda n: ((n - 1) ** 2).sum()), "You summed over the batch: take the mean, so that the weight λ does not depend on the batch size.", "value"),
        Wrong(_answer(after=lambda n: (n - 1) ** 2), "That is one number a sample: take the mean over the batch.", "one number"),
    ),
    accepted=(_one_by_one, _with_func, _with_outputs),
    points=3.0,
)  # fmt: skip

EXERCISES = (CLIPPING_BOUND, STEPS, PENALTY, CRITIC, POWER_ITERATION)
