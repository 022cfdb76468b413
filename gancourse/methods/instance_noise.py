"""Instance noise: the discriminator sees real and generated samples through Gaussian noise."""

import torch
from torch import nn

from gancourse._validate import fail, integer, non_negative

__all__ = ["InstanceNoise"]


class InstanceNoise(nn.Module):
    """A discriminator whose inputs, real and generated alike, get noise of N(0, s²) added in train mode.

    It compares p ∗ N(0, s²) with q ∗ N(0, s²), which overlap even where p and q do not: the optimal logit is
    finite and has a slope, and as both are blurred alike, the best q is still p. With ``steps`` the noise
    fades: after t updates of the discriminator

        s = std · max(0, 1 − t/steps).

    t is a buffer, so checkpoints hold it; ``anneal`` counts it, as the constraint of the loop, which is
    called after each update. In eval mode there is no noise. The noise is drawn from PyTorch's global
    generator, anew in each pass, and gradients pass through it to the sample.

    Arguments:
        discriminator: a network from samples with shape (n, ...) to logits with shape (n,).
        std: the standard deviation at the start, in units of the samples; zero or above.
        steps: after how many updates of the discriminator the noise is gone; None keeps it.

    Raises:
        ValueError: std is negative or not finite; steps is not a whole number of at least 1; discriminator is
            no module.

    Source: Arjovsky and Bottou, "Towards Principled Methods for Training Generative Adversarial Networks",
    2017, arXiv 1701.04862, section 3; Sønderby et al., "Amortised MAP Inference for Image Super-resolution",
    2016, arXiv 1610.04490, who call it instance noise and anneal it.

    Example:
        >>> from gancourse.models import MLPDiscriminator
        >>> noisy = InstanceNoise(MLPDiscriminator(), std=0.5, steps=4)
        >>> noisy.anneal()  # what train(…, constraint=InstanceNoise.anneal) does after each update
        >>> noisy.current_std.item()
        0.375
    """

    def __init__(self, discriminator, std, steps=None):
        super().__init__()
        if not isinstance(discriminator, nn.Module):
            fail("discriminator", discriminator, "a network from samples to logits")
        self.discriminator, self.std = discriminator, non_negative("std", std)
        self.steps = None if steps is None else integer("steps", steps)
        self.members = getattr(discriminator, "members", 1)
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @property
    def current_std(self):
        """The standard deviation s of now, a scalar tensor."""
        if self.steps is None:
            return torch.full((), self.std, device=self.count.device)
        # Reckoned on the count's device: reading the count would make a GPU wait in every pass.
        return self.std * (1 - self.count / self.steps).clamp(min=0)

    def anneal(self, discriminator=None):
        """Count one update of the discriminator: ``constraint=InstanceNoise.anneal`` in ``train``.

        Bound (``constraint=noisy.anneal``) it takes the discriminator that the loop hands it, and ignores it;
        unbound it also serves the stack that an ensemble makes of several such networks.
        """
        self.count.add_(1)

    def forward(self, x):
        if self.training and self.std:
            std = self.std if self.steps is None else self.current_std.to(x.dtype)
            x = x + std * torch.randn_like(x)
        return self.discriminator(x)

    def extra_repr(self):
        return f"std={self.std:g}" + ("" if self.steps is None else f", steps={self.steps}")
