"""An exercise of lecture 16 on networks: features for a metric, with the network in evaluation mode."""

import copy

import torch

from gancourse.exercises import _features
from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["FEATURES"]


def features_of(network, images, batch):
    """Feature vectors of images, as a metric needs them: the same whatever else is in the batch.

    The network has two parts, `network.features` and `network.head`, with batch norm and dropout in the first. Judge
    in evaluation mode, without a graph, and leave the network in the mode in which it came.

    Arguments:
        network: an nn.Module, in training or in evaluation mode.
        images: tensor (n, d).
        batch: how many images go through the network at a time; the last batch may be smaller.

    Returns:
        tensor (n, features), the output of `network.features`, in order.
    """
    training = network.training
    network.eval()
    with torch.no_grad():
        found = torch.cat([network.features(part) for part in images.split(batch)])
    network.train(training)
    return found


def _cases(rng):
    return [
        {
            "images": rng.normal(size=(n, d)),
            "batch": batch,
            "seed": int(rng.integers(1_000)),
            "training": training,
        }
        for n, d, batch, training in [(10, 4, 4, True), (9, 3, 3, False), (7, 5, 5, True)]
    ]


def _in_parts(network, images, batch):
    return torch.cat([network.features(part) for part in images.split(batch)])


def _in_training_mode(network, images, batch):
    network.train()
    with torch.no_grad():
        return _in_parts(network, images, batch)


def _as_it_came(network, images, batch):
    with torch.no_grad():
        return _in_parts(network, images, batch)


def _of_a_copy(network, images, batch):
    return _as_it_came(copy.deepcopy(network), images, batch)


def _not_restored(network, images, batch):
    network.eval()
    with torch.no_grad():
        return _in_parts(network, images, batch)


def _always_trains(network, images, batch):
    found = _not_restored(network, images, batch)
    network.train()
    return found


def _with_graph(network, images, batch):
    training = network.training
    network.eval()
    found = _in_parts(network, images, batch)
    network.train(training)
    return found


def _logits(network, images, batch):
    training = network.training
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(part) for part in images.split(batch)])
    network.train(training)
    return found


def _whole_batches_only(network, images, batch):
    return features_of(network, images[: len(images) // batch * batch], batch)


def _as_array(network, images, batch):
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    with torch.inference_mode():
        found = [network.features(images[i : i + batch]).numpy() for i in range(0, len(images), batch)]
    for module, training in modes:
        module.training = training
    return torch.as_tensor([row for part in found for row in part.tolist()])


def _all_at_once(network, images, batch):
    training = network.training
    network.train(False)
    found = network.features(images).detach()
    network.train(training)
    return found


FEATURES = Exercise(
    id="16.features_of",
    title="Features in evaluation mode",
    reference=features_of,
    cases=_cases,
    run=_features.run_features,
    shape="Return a row of features for each image: the output of network.features, the last, smaller batch included.",
    checks=(
        Check("values", close(rtol=1e-6, atol=1e-9), "The features differ: evaluation mode, in which batch norm uses its running statistics and dropout drops nothing."),
        Check("network as before", lambda case, got, want: got["statistics kept"] and got["mode kept"], "The network is not as it came: its mode, or its running statistics, have changed."),
        Check("no graph", lambda case, got, want: not got["graph"], "The features still hang on a graph: use `torch.no_grad()`."),
    ),
    hints=(
        "`network.training` says in which mode it is; `network.eval()` and `network.train(mode)` change it.",
        "`images.split(batch)` gives the parts, the last one smaller.",
        "Remember the mode, `network.eval()`, `with torch.no_grad(): torch.cat([...])`, then `network.train(mode)`.",
    ),
    wrong=(
        Wrong(_in_training_mode, "These are features in training mode: batch norm uses the batch's own statistics and dropout drops units at random, so that an image's features depend on its neighbours and on chance. Call `network.eval()` first.", "values"),
        Wrong(_as_it_came, "You take the network in the mode in which it comes. In training mode batch norm and dropout make an image's features depend on its batch and on chance: call `network.eval()`.", "values"),
        Wrong(_of_a_copy, "A copy protects the network, but it has the network's mode: in training mode its batch norm and dropout still make features depend on the batch and on chance. Call `.eval()` on it.", "values"),
        Wrong(_not_restored, "The network stays in evaluation mode: whoever trains on has no dropout and frozen statistics, and no error tells. Remember the mode, and restore it.", "network as before"),
        Wrong(_always_trains, "You put the network into training mode at the end, also where it came in evaluation mode. Restore the mode that it had.", "network as before"),
        Wrong(_with_graph, "The features carry a graph that keeps every activation in memory. Compute them under `torch.no_grad()`.", "no graph"),
        Wrong(_logits, "These are logits, the head's output. Features are what goes *into* the head: `network.features`.", "shape"),
        Wrong(_whole_batches_only, "The last, smaller batch is missing: every image gets a row.", "shape"),
    ),
    accepted=(_as_array, _all_at_once),
    points=2.0,
)  # fmt: skip
