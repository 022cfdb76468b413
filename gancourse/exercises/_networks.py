"""How answers about networks are run: on private inputs, to outputs, gradients and weights as plain arrays.

Like `_outcome.py` this is the half that may run in a sandbox: nothing here knows an answer, and what is
measured is judged elsewhere.
"""

import copy

import numpy as np
import torch
from torch import nn

__all__ = ["run_block", "run_losses", "run_training_step"]


def run_losses(function, case):
    """Values of the losses that the function returns for ``fake_logits``, and their slopes in the logits."""
    logits = torch.tensor(case["fake_logits"], requires_grad=True)
    answer = function(logits)
    if answer is Ellipsis:
        return {"value": answer}
    if answer is None:
        raise TypeError("it returned None; is a `return` missing?")
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError("return two tensors: `return saturating, non_saturating`")
    values, slopes = [], []
    for loss in answer:
        values.append(loss.detach().numpy())
        slopes.append(torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0].numpy())
    return {"value": np.array(values, dtype=np.float64), "slope": np.array(slopes, dtype=np.float64)}


def run_block(function, case):
    """The module's output in training mode on ``x``, the shapes of its kernels, and its weights.

    Whoever judges rebuilds the block from the weights and compares the outputs: a module that only claims to
    be one has nothing to gain.
    """
    x = torch.tensor(case["x"], dtype=torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        made = function(case["in_channels"], case["out_channels"])
        if made is Ellipsis:
            return {"shape": made}
        if not isinstance(made, nn.Module):
            raise TypeError(f"return a module, not {type(made).__name__}")
        made.train()
        with torch.no_grad():
            output = made(x)
    state = made.state_dict()
    kernels = [weight for weight in state.values() if weight.ndim == 4]
    norms = [module for module in made.modules() if isinstance(module, nn.BatchNorm2d) and module.affine]
    scale, shift = (norms[0].weight, norms[0].bias) if norms else (torch.ones(0), torch.zeros(0))
    return {
        "shape": np.array(output.shape, dtype=np.float64),
        "output": _array(output),
        "kernels": np.array([list(kernel.shape) for kernel in kernels], dtype=np.float64),
        "weight": _array(kernels[0]) if kernels else np.zeros(0),
        "scale": _array(scale),
        "shift": _array(shift),
    }


def run_training_step(function, case):
    """Three steps on small networks in float64, with plain gradient descent, which hides no factor."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        generator = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
        discriminator = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    before = copy.deepcopy(generator.state_dict()), copy.deepcopy(discriminator.state_dict())
    optimisers = [torch.optim.SGD(network.parameters(), lr=0.2) for network in (generator, discriminator)]
    for i in range(3):
        batches = (torch.tensor(case[name][i]) for name in ("real", "noise", "fresh_noise"))
        if function(generator, discriminator, *optimisers, *batches) is Ellipsis:
            return {"generator": Ellipsis}
    change = [
        np.concatenate([(after - old[name]).numpy().ravel() for name, after in network.state_dict().items()])
        for network, old in zip((generator, discriminator), before, strict=True)
    ]
    return {"generator": change[0], "discriminator": change[1]}


def _array(tensor):
    return tensor.detach().numpy().astype(np.float64)
