"""Steps of a discriminator's weights that can be differentiated, as unrolling takes them."""

import torch

from gancourse._validate import fail

__all__ = ["Adam", "Plain"]


class Plain:
    """φ − η g, with η the rate given, or else that of the optimiser whose weights they are."""

    def __init__(self, optimizer, weights, rate=None):
        self.groups = _groups(optimizer, weights)
        self.rates = {name: group["lr"] if rate is None else rate for name, group in self.groups.items()}

    def __call__(self, weights, gradients):
        return {name: weights[name] - self.rates[name] * gradients[name] for name in weights}


class Adam(Plain):
    """The steps that torch.optim.Adam would take, from its present moments; these stay as they are."""

    def __init__(self, optimizer, weights, rate=None):
        super().__init__(optimizer, weights, rate)
        switches = ("amsgrad", "maximize", "weight_decay")
        if type(optimizer) is not torch.optim.Adam or any(
            g[s] for g in optimizer.param_groups for s in switches
        ):
            fail(
                "discriminator_optimizer",
                type(optimizer).__name__,
                "torch.optim.Adam without weight decay, for optimizer='adam'",
            )
        self.states = {}
        for name, weight in weights.items():
            state, zero = optimizer.state.get(weight, {}), torch.zeros_like(weight)
            t = float(state.get("step", 0))
            self.states[name] = (t, state.get("exp_avg", zero), state.get("exp_avg_sq", zero))

    def __call__(self, weights, gradients):
        return {name: self._moved(name, weights[name], gradients[name]) for name in weights}

    def _moved(self, name, weight, gradient):
        (t, mean, square), group = self.states[name], self.groups[name]
        first, second = group["betas"]
        t = t + 1
        mean = first * mean + (1 - first) * gradient
        square = second * square + (1 - second) * gradient**2
        self.states[name] = t, mean, square
        # The square root has no derivative at 0, where a unit has never fired: zeros go round it.
        still = square == 0
        root = torch.where(still, 0.0, torch.where(still, 1.0, square).sqrt())
        step = (mean / (1 - first**t)) / (root / (1 - second**t) ** 0.5 + group["eps"])
        return weight - self.rates[name] * step


def _groups(optimizer, weights):
    groups = {id(weight): group for group in optimizer.param_groups for weight in group["params"]}
    return {name: groups[id(weight)] for name, weight in weights.items()}
