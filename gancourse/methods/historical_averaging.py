"""Historical averaging: each player is drawn to the running mean of its own parameters."""

import torch

from gancourse._validate import non_negative
from gancourse.methods._moves import descend, discriminator_loss, generator_loss, named

__all__ = ["HistoricalAveraging"]


class HistoricalAveraging:
    """A step whose two losses get c ‖w − w̄_t‖² added, w̄_t = (1/t) Σ_{i ≤ t} w_i being the mean so far.

    w is all parameters of the player, and w_i its value at the beginning of step i, the present one included;
    w̄ is kept as a running mean, w̄_t = w̄_{t−1} + (w_t − w̄_{t−1})/t, and has no gradient. In all else it is the
    loop's own step, with one update of D and one of G.

    In the bilinear game, θ' = ψ, ψ' = −θ, plain play circles. With the two pulls −2c(w − w̄) the players soon
    follow their means, and these shrink: their distance from the equilibrium falls like t^(−1/(1 + 4c²)), a
    power and not an exponential.

    Arguments:
        weight: c, zero or above.

    Raises:
        ValueError: weight is negative or not finite.

    Source: Salimans et al., "Improved Techniques for Training GANs", 2016, arXiv 1606.03498, section 3.3.
    """

    def __init__(self, *, weight=1.0):
        self.weight, self.steps = non_negative("weight", weight), 0
        self.means = {"generator": [], "discriminator": []}
        named(self, "HistoricalAveraging", weight=self.weight)

    def __call__(
        self,
        generator,
        discriminator,
        objective,
        *,
        real,
        noise,
        generator_optimizer,
        discriminator_optimizer,
    ):
        self.steps += 1
        self._remember("generator", generator)
        self._remember("discriminator", discriminator)
        players = generator, discriminator, objective, real, noise

        away_d = self._distance("discriminator", discriminator)
        loss_d = discriminator_loss(*players) + self.weight * away_d
        descend((discriminator_optimizer, loss_d))
        away_g = self._distance("generator", generator)
        loss_g = generator_loss(*players) + self.weight * away_g
        descend((generator_optimizer, loss_g))
        return {"discriminator": loss_d, "generator": loss_g, "distance": away_d + away_g}

    @torch.no_grad()
    def _remember(self, player, network):
        weights = list(network.parameters())
        if not self.means[player]:
            self.means[player] = [torch.zeros_like(weight) for weight in weights]
        means = [mean.to(weight) for mean, weight in zip(self.means[player], weights, strict=True)]
        self.means[player] = means
        for mean, weight in zip(means, weights, strict=True):
            mean.add_((weight - mean) / self.steps)

    def _distance(self, player, network):
        return sum(
            (w - mean).square().sum()
            for w, mean in zip(network.parameters(), self.means[player], strict=True)
        )

    def state_dict(self):
        return {"steps": self.steps, "means": self.means}

    def load_state_dict(self, state):
        self.steps, self.means = state["steps"], state["means"]
