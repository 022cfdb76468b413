"""How answers about a network's features are run: what comes out, and what became of the network.

Like `_outcome.py` this is the half that may run in a sandbox: nothing here knows an answer, and what is
measured is judged elsewhere.
"""

import numpy as np
import torch
from torch import nn

__all__ = ["run_features", "small_network"]


class _Classifier(nn.Module):
    """A classifier of vectors with batch norm and dropout, in two parts: ``features`` and ``head``."""

    def __init__(self, dim):
        super().__init__()
        self.features = nn.Sequential(
            nn.Linear(dim, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.4), nn.Linear(6, 5), nn.Tanh()
        )
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.features(x))


def small_network(seed, dim, training):
    """A classifier with weights and running statistics that belong to the seed, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _Classifier(dim).double()
        norm = network.features[1]
        with torch.no_grad():
            norm.running_mean.normal_(0, 0.5)
            norm.running_var.uniform_(0.5, 2.0)
    return network.train(training)


def run_features(function, case):
    """What the function returns for ``images``, whether on a graph, and whether the network is as before.

    The global generator is seeded alike for everyone, so that the same answer drops the same units.
    """
    network = small_network(case["seed"], case["images"].shape[1], case["training"])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        answer = function(network, torch.tensor(case["images"]), case["batch"])
    if answer is Ellipsis:
        return {"value": answer}
    if answer is None:
        raise TypeError("it returned None; is a `return` missing?")
    graph = bool(getattr(answer, "requires_grad", False))
    if isinstance(answer, torch.Tensor):
        answer = answer.detach().numpy()
    same = all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    return {
        "value": np.asarray(answer, dtype=np.float64),
        "graph": graph,
        "statistics kept": same,
        "mode kept": modes == [module.training for module in network.modules()],
    }
