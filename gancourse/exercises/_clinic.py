"""How the mended pieces of the debugging clinic are run, to plain arrays: weights, gradients, samples, modes.

Like `_outcome.py` this is the half that may run in a sandbox: nothing here knows an answer, and what is
measured is judged elsewhere.
"""

import numpy as np
import torch
from torch import nn

__all__ = ["run_half", "run_losses", "run_name", "run_optimisers", "run_penalty", "run_samples"]


def run_name(function, case):
    """The name that a line says, in lower case, the names to choose from being given in any order."""
    answer = function(case["bugs"].split("; "))
    if answer is Ellipsis:
        return {"name": answer}
    if not isinstance(answer, str):
        raise TypeError(f"say the bug's name as text, not {type(answer).__name__}")
    return {"name": answer.strip().lower()}


def run_half(function, case):
    """Both networks after two of D's halves: how weights changed, and what lies in G's gradients.

    G's gradients hold numbers at the start, as they do in a loop, and G's weights ask for gradients.
    """
    generator, discriminator = _pair(case["seed"])
    optimiser = torch.optim.SGD(discriminator.parameters(), lr=0.2)
    before = [_flat(network.parameters()) for network in (generator, discriminator)]
    for weight in generator.parameters():
        weight.grad = torch.full_like(weight, 0.25)
    for i in range(2):
        batches = (torch.tensor(case[name][i]) for name in ("real", "noise"))
        if function(generator, discriminator, optimiser, *batches) is Ellipsis:
            return {"discriminator": Ellipsis}
    gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in generator.parameters()]
    return {
        "generator": _flat(generator.parameters()) - before[0],
        "discriminator": _flat(discriminator.parameters()) - before[1],
        "left in G": _flat(gradients) - 0.25,
        "frozen": not all(w.requires_grad for w in generator.parameters()),
    }


def run_losses(function, case):
    """D's and G's loss on logits, and their slopes in both."""
    logits = [torch.tensor(case[name], requires_grad=True) for name in ("real_logits", "fake_logits")]
    answer = function(*logits)
    if answer is Ellipsis:
        return {"value": answer}
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError("return two tensors: `return discriminator_loss, generator_loss`")
    slopes = []
    for loss in answer:
        found = torch.autograd.grad(loss.sum(), logits, retain_graph=True, allow_unused=True)
        slopes += [torch.zeros_like(v) if s is None else s for s, v in zip(found, logits, strict=True)]
    values = [loss.detach().numpy() for loss in answer]
    return {"value": np.array(values, dtype=np.float64), "slope": _flat(slopes)}


def run_penalty(function, case):
    """The penalty, its gradient in D's weights (none where it has no graph), and D's own gradients after."""
    _, discriminator = _pair(case["seed"])
    answer = function(discriminator, torch.tensor(case["real"]))
    if answer is Ellipsis:
        return {"value": answer}
    if not isinstance(answer, torch.Tensor):
        raise TypeError(f"return a tensor, not {type(answer).__name__}")
    weights = list(discriminator.parameters())
    slopes = [None] * len(weights)
    if answer.requires_grad:
        slopes = torch.autograd.grad(answer.sum(), weights, allow_unused=True)
    slopes = [torch.zeros_like(w) if s is None else s for s, w in zip(slopes, weights, strict=True)]
    return {"value": answer.detach().numpy().astype(np.float64), "slope": _flat(slopes)}


def run_optimisers(function, case):
    """How far each optimiser moves each network when all gradients are 1, and again when they are 0."""
    generator, discriminator = _pair(case["seed"])
    answer = function(generator, discriminator, case["rate"])
    if answer is Ellipsis:
        return {"value": answer}
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError("return two optimisers: `return g_optimiser, d_optimiser`")
    moved = []
    for optimiser in answer:
        # the second step tells Adam's β from others: only the memory of the first one moves it
        for gradient in (1.0, 0.0):
            before = [_flat(network.parameters()) for network in (generator, discriminator)]
            for network in (generator, discriminator):
                for weight in network.parameters():
                    weight.grad = torch.full_like(weight, gradient)
            optimiser.step()
            after = [_flat(network.parameters()) for network in (generator, discriminator)]
            moved.append([np.abs(b - a).mean() for a, b in zip(before, after, strict=True)])
    return {"value": np.array(moved)}


def run_samples(function, case):
    """What is drawn one row at a time from a generator with batch norm, and what it leaves behind."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        generator = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2)).double()
        for _ in range(20):
            generator(torch.randn(64, 2, dtype=torch.float64) + 0.5)
    generator.train()
    before = _flat(generator.buffers())
    answer = function(generator, torch.tensor(case["noise"]))
    if answer is Ellipsis:
        return {"value": answer}
    if not isinstance(answer, torch.Tensor):
        raise TypeError(f"return a tensor, not {type(answer).__name__}")
    return {
        "value": answer.detach().numpy().astype(np.float64),
        "has graph": bool(answer.requires_grad),
        "trains on": all(module.training for module in generator.modules()),
        "statistics": _flat(generator.buffers()) - before,
    }


def _pair(seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
        discriminator = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    return generator, discriminator


def _flat(tensors):
    return np.concatenate([t.detach().numpy().astype(np.float64).ravel() for t in tensors])
