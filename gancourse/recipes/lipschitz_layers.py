"""Deep critics under clipping: how the gradient grows or shrinks on its way back through the layers."""

import numpy as np

from gancourse._validate import integer, positive
from gancourse.recipes.lipschitz_critics import draw

__all__ = ["DEPTH", "WIDTH", "gradient_norms"]

DEPTH, WIDTH = 12, 64


def gradient_norms(bound=None, *, steps=250, batch=256, seed=0):
    """Norms of the critic loss's gradient in each layer's activations, after training on the Swiss roll.

    Twelve hidden ReLU layers of 64 units between the Swiss roll and its blur, started as He et al. do. With a
    bound the weights are clipped to it after every RMSProp step at rate bound/200; without one the critic
    gets a gradient penalty of weight 10, and Adam at 1e-4, β = (0.5, 0.9). The paper's figure has twelve
    layers too, and trains the generator along; here it stands still, and the width is ours.

    Arguments:
        bound: the clipping constant c; None for the gradient penalty.
        steps, batch, seed: whole numbers.

    Returns:
        array (12,): ‖∂L/∂h_l‖ over the batch, h_1 the first hidden layer.

    Raises:
        ValueError: bound is not positive; a size is not a whole number.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028, figure 1b.
    """
    if bound is not None:
        bound = positive("bound", bound)
    steps, batch, seed = integer("steps", steps), integer("batch", batch), integer("seed", seed, low=0)
    import torch

    from gancourse.compute import threads
    from gancourse.models import MLPDiscriminator
    from gancourse.penalties import clip_, gradient_penalty

    def batches():
        return (torch.as_tensor(points).float() for points in draw("roll", batch, rng))

    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        critic = MLPDiscriminator(width=WIDTH, depth=DEPTH, activation=torch.nn.ReLU)
        for layer in critic.layers:
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.kaiming_normal_(layer.weight, a=0)
                torch.nn.init.zeros_(layer.bias)
        if bound is None:
            optimiser = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.5, 0.9))
        else:
            optimiser = torch.optim.RMSprop(critic.parameters(), lr=bound / 200)
            clip_(critic, bound)
        for _ in range(steps):
            real, fake = batches()
            loss = critic(fake).mean() - critic(real).mean()
            if bound is None:
                loss = loss + 10 * gradient_penalty(critic, real, fake)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if bound is not None:
                clip_(critic, bound)
        # in float64: twelve small factors leave float32 at zero
        return _norms(critic.double(), torch.cat(list(batches())).double(), batch)


def _norms(critic, x, real):
    """‖∂L/∂h_l‖ for L = E_q f − E_p f on the rows of x, the first ``real`` of which are p's."""
    import torch

    hidden = []
    for layer in critic.layers:
        x = layer(x)
        if isinstance(layer, torch.nn.ReLU):
            hidden.append(x)
    loss = x[real:].mean() - x[:real].mean()
    return np.array([gradient.norm().item() for gradient in torch.autograd.grad(loss, hidden)])
