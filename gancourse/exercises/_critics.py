"""How answers about critics are run, to plain arrays: points, values, gradients, weights.

Like `_outcome.py` this is the half that may run in a sandbox: nothing here knows an answer, and what is
measured is judged elsewhere.
"""

import numpy as np
import torch
from torch import nn

__all__ = ["run_critic", "run_critic_steps", "run_penalty", "small_critic"]


def small_critic(seed, dim):
    """A smooth critic from (n, dim) to (n,), in float64, the same for a seed; its slopes lie about 1."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, last = nn.Linear(dim, 8), nn.Linear(8, 1)
        with torch.no_grad():
            first.weight.normal_(0, 0.8)
            last.weight.normal_(0, 0.5)
    return nn.Sequential(first, nn.Tanh(), last, nn.Flatten(0)).double()


class _Recording(nn.Module):
    """A critic that keeps the points at which it was asked."""

    def __init__(self, critic):
        super().__init__()
        self.critic = critic
        self.points = []

    def forward(self, x):
        if x.requires_grad or _wrapped(x):
            inner = x
            while _wrapped(inner):  # torch.func hides the tensor in its own
                inner = torch._C._functorch.get_unwrapped(inner)
            self.points.append(inner.detach().reshape(-1, x.shape[-1]).clone())
        return self.critic(x)


def _wrapped(x):
    return torch._C._functorch.is_functorch_wrapped_tensor(x)


def run_penalty(function, case):
    """The penalty that the function returns, its gradient in the critic's weights, and where it looked.

    The global generator is seeded alike for everyone, so that the same answer gives the same numbers.
    """
    real, fake = torch.tensor(case["real"]), torch.tensor(case["fake"])
    critic = _Recording(small_critic(case["seed"], real.shape[1]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"] + 1)
        answer = function(critic, real, fake)
    if answer is Ellipsis:
        return {"penalty": answer}
    if not isinstance(answer, torch.Tensor):
        raise TypeError(f"return a tensor, not {type(answer).__name__}")
    weights = list(critic.parameters())
    gradient = [torch.zeros_like(w) for w in weights]
    if answer.requires_grad:
        found = torch.autograd.grad(answer.mean(), weights, allow_unused=True, materialize_grads=True)
        gradient = list(found)
    points = torch.cat(critic.points) if critic.points else torch.zeros(0, real.shape[1])
    return {
        "penalty": _array(answer),
        "points": _array(points),
        "gradient": np.concatenate([_array(g).ravel() for g in gradient]),
    }


def run_critic_steps(function, case):
    """The critic's weights after the steps, with plain gradient descent, which hides no factor."""
    critic = small_critic(case["seed"], 2)
    optimiser = torch.optim.SGD(critic.parameters(), lr=0.05)
    drawn = 0

    def draw():
        nonlocal drawn
        i, drawn = drawn % len(case["real"]), drawn + 1
        return torch.tensor(case["real"][i]), torch.tensor(case["fake"][i])

    if function(critic, optimiser, draw, case["steps"], case["bound"]) is Ellipsis:
        return {"weights": Ellipsis}
    return {"weights": np.concatenate([_array(w).ravel() for w in critic.parameters()])}


def run_critic(function, case):
    """Outputs of the module in training mode: on a batch, with its first sample moved, with scaled layers.

    "scaled" has the outputs of all linear layers but the last multiplied by 10, "last" those of the last.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        critic = function(case["width"])
        if critic is Ellipsis:
            return {"output": critic}
        if not isinstance(critic, nn.Module):
            raise TypeError(f"return a module, not {type(critic).__name__}")
        critic.train().double()
        layers = [module for module in critic.modules() if isinstance(module, nn.Linear)]
        if not layers:
            raise TypeError("the module holds no nn.Linear")
        x, moved = torch.tensor(case["x"]), torch.tensor(case["x"])
        moved[0] = torch.tensor(case["to"])
        with torch.no_grad():
            found = {"output": critic(x), "moved": critic(moved)}
            for name, chosen in (("scaled", layers[:-1]), ("last", layers[-1:])):
                hooks = [layer.register_forward_hook(lambda module, given, out: 10 * out) for layer in chosen]
                found[name] = critic(x)
                for hook in hooks:
                    hook.remove()
    return {
        **{name: _array(output) for name, output in found.items()},
        "layers": np.array(float(len(layers))),
    }


def _array(tensor):
    return tensor.detach().numpy().astype(np.float64)
