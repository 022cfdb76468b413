"""The main exercise of lecture 14: one round of an unrolled game."""

import torch

from gancourse.exercises import _unrolling
from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["UNROLLED"]


def unrolled_round(theta, phi, loss, steps, ahead, rate):
    """One round of an unrolled GAN in which both players move at once; G's loss is minus D's.

    D looks ahead, φ₀ = φ and φ_{i+1} = φ_i − η ∂L/∂φ(θ, φ_i). G goes up d/dθ L(θ, φ_k(θ)), differentiated
    through all k steps; D goes down ∂L/∂φ(θ, φ), one ordinary step from where it is.

    Arguments:
        theta, phi: tensors (d,), the parameters of G and of D; they ask for no gradient.
        loss: a function (theta, phi) -> L, D's loss, a scalar tensor that can be differentiated in both.
        steps: k, a whole number of at least 1.
        ahead: η, the rate of the steps ahead.
        rate: of the move that each player makes.

    Returns:
        two tensors (d,): theta and phi after the round.
    """
    theta, phi = theta.detach().requires_grad_(True), phi.detach().requires_grad_(True)
    seen = phi
    for _ in range(steps):
        (slope,) = torch.autograd.grad(loss(theta, seen), seen, create_graph=True)
        seen = seen - ahead * slope
    (up,) = torch.autograd.grad(loss(theta, seen), theta)
    (down,) = torch.autograd.grad(loss(theta, phi), phi)
    return (theta + rate * up).detach(), (phi - rate * down).detach()


def _cases(rng):
    return [
        {
            "theta": rng.normal(0, 0.5, 2),
            "phi": rng.normal(0, 1, 2),
            "real": rng.normal(1, 1, (12, 2)),
            "noise": rng.normal(-1, 0.7, (12, 2)),
            "steps": steps,
            "ahead": ahead,
            "rate": 0.3,
        }
        for steps, ahead in ((1, 0.8), (2, 0.6), (4, 0.5))
    ]


def _round(*, extra=0, detach=False, truncate=False, sign=1.0, d_sign=1.0, kept=0, at="now", own_rate=False, plain=False):  # fmt: skip
    """One of the ways to write the round, right by default."""

    def play(theta, phi, loss, steps, ahead, rate):
        theta, phi = theta.detach().requires_grad_(True), phi.detach().requires_grad_(True)
        seen = phi
        for i in range(0 if plain else steps + extra):
            if truncate and i == steps - 1:
                seen = seen.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(loss(theta, seen), seen, create_graph=True)
            seen = seen - (rate if own_rate else ahead) * slope
            if detach:
                seen = seen.detach().requires_grad_(True)
        (up,) = torch.autograd.grad(loss(theta, seen), theta, retain_graph=True)
        moved = (theta + sign * rate * up).detach()
        if kept == 1:
            return moved, seen.detach()
        start = seen.detach().requires_grad_(True) if kept == 2 or at == "ahead" else phi
        other = moved if at == "moved" else theta
        (down,) = torch.autograd.grad(loss(other, start), start)
        return moved, ((start if kept == 2 else phi) - d_sign * rate * down).detach()

    return play


def _by_functions(theta, phi, loss, steps, ahead, rate):
    """With torch.func, whose gradients are functions that can be differentiated again."""
    slope = torch.func.grad(loss, argnums=1)

    def value(theta):
        seen = phi
        for _ in range(steps):
            seen = seen - ahead * slope(theta, seen)
        return loss(theta, seen)

    return theta + rate * torch.func.grad(value)(theta), phi - rate * slope(theta, phi)


def _with_backward(theta, phi, loss, steps, ahead, rate):
    """With backward, and D's gradient kept from the first step ahead."""
    theta.requires_grad_(True)
    phi.requires_grad_(True)
    seen, first = phi, None
    for _ in range(steps):
        slope = torch.autograd.grad(loss(theta, seen), seen, create_graph=True)[0]
        first = slope.detach() if first is None else first
        seen = seen - ahead * slope
    loss(theta, seen).backward()
    with torch.no_grad():
        return theta + rate * theta.grad, phi - rate * first


def _by_the_chain_rule(theta, phi, loss, steps, ahead, rate):
    """The two parts of G's gradient one by one: at φ_k held fixed, and through dφ_k/dθ."""

    def look(theta):
        seen = phi
        for _ in range(steps):
            seen = seen - ahead * torch.func.grad(loss, argnums=1)(theta, seen)
        return seen

    seen = look(theta)
    here, there = torch.func.grad(loss, argnums=(0, 1))(theta, seen)
    up = here + torch.func.jacrev(look)(theta).T @ there
    return theta + rate * up, phi - rate * torch.func.grad(loss, argnums=1)(theta, phi)


UNROLLED = Exercise(
    id="14.unrolled_round",
    title="One round of an unrolled game",
    reference=unrolled_round,
    cases=_cases,
    run=_unrolling.run_unrolled_round,
    checks=(
        Check("generator", close(key="theta"), "θ differs. G goes up the gradient of L(θ, φ_k(θ)), where φ_k is k steps ahead of φ and depends on θ through every one of them."),
        Check("discriminator", close(key="phi"), "φ differs. D takes one step, of size `rate`, down ∂L/∂φ(θ, φ) at the φ and θ that came in."),
    ),
    hints=(
        "`torch.autograd.grad(loss(theta, seen), seen, create_graph=True)` gives a slope that remembers how it came about.",
        "Begin with `seen = phi` and put `seen = seen - ahead * slope` into a loop; never change `phi` itself.",
        "Then `torch.autograd.grad(loss(theta, seen), theta)` for G, and the gradient of `loss(theta, phi)` in phi for D.",
    ),
    wrong=(
        Wrong(_round(kept=1), "The steps ahead were kept: D's new φ is φ_k. They are a look into the future; D then takes one ordinary step from φ.", "discriminator"),
        Wrong(_round(kept=2), "The steps ahead were kept, and D took its own step after them: k + 1 steps in all. It takes one, from φ.", "discriminator"),
        Wrong(_round(detach=True), "The steps ahead are constants to G: without `create_graph=True`, or after a `detach`, φ_k does not depend on θ. G then sees where D goes and not how its own move would change that.", "generator"),
        Wrong(_round(truncate=True), "Only the last step ahead is differentiated. φ_k depends on θ through all k of them.", "generator"),
        Wrong(_round(extra=1), "One step ahead too many: k + 1. φ_k comes after `range(steps)`.", "generator"),
        Wrong(_round(sign=-1.0), "G's sign: its loss is −L, so it goes up L. Yours helps D.", "generator"),
        Wrong(_round(d_sign=-1.0), "D's sign: L is its loss, and it goes down.", "discriminator"),
        Wrong(_round(plain=True), "G never looked ahead: its gradient is that at φ itself, plain play.", "generator"),
        Wrong(_round(at="ahead"), "D's own step uses the gradient at φ_k. It is an ordinary step: the gradient at φ.", "discriminator"),
        Wrong(_round(at="moved"), "D's gradient is taken at the θ that has already moved. Both players move at once, from where both stood.", "discriminator"),
        Wrong(_round(own_rate=True), "The steps ahead have a rate of their own, `ahead`; you took `rate`.", "generator"),
    ),
    accepted=(_by_functions, _with_backward, _by_the_chain_rule),
    points=4.0,
)  # fmt: skip
