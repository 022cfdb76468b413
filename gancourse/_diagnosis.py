"""Why a loss is not finite: what can be seen in the weights and in the data."""

import torch

__all__ = ["diagnosis"]

_CAUSES = (
    "Usual causes: a learning rate that is too high; a critic that nothing bounds (a Wasserstein loss with "
    "no penalty or clipping) or a penalty weighted too strongly; log(sigmoid(v)) in a loss of your own, "
    "where softplus of the logit stays finite; data far from the networks' range, such as pixels of 0 to 255."
)


def diagnosis(name, value, step, last, generator, discriminator, real):
    """The message of a run that diverged.

    Arguments:
        name, value, step: whose loss it is, what it is, and when.
        last: (the step of the last finite losses, a dict of them).
        generator, discriminator: the networks, whose weights are looked through.
        real: the last batch of data, a tensor or a tuple of them; None before the first.
    """
    lines = [f"the {name}'s loss is {value} at step {step}."]
    finite_at, losses = last
    if losses:
        known = ", ".join(f"{player} {loss:.4g}" for player, loss in losses.items())
        lines.append(f"Last finite losses: {known} (step {finite_at}).")
    players = {"generator": generator, "discriminator": discriminator}
    broken = [player for player, network in players.items() if not _finite(network.state_dict().values())]
    if real is not None and not _finite(real if isinstance(real, tuple) else (real,)):
        lines.append("The batch of real samples holds NaN or infinity: look at what `sample` returns.")
    elif broken:
        lines.append(f"Weights that are no longer finite: those of the {' and the '.join(broken)}. {_CAUSES}")
    else:
        lines.append(f"The weights of both networks are finite, so the loss outgrew its range. {_CAUSES}")
    return " ".join(lines)


def _finite(tensors):
    return all(torch.isfinite(tensor).all() for tensor in tensors)
