"""VEEGAN: a third network learns to invert the generator, and the discriminator sees points with codes."""

import torch
from torch import nn

from gancourse._validate import fail, non_negative
from gancourse.methods._blocks import per_member
from gancourse.methods._moves import descend, named
from gancourse.training import adam

__all__ = ["VEEGAN"]


class VEEGAN:
    """A step that trains a reconstructor F beside the two players, on pairs of a point and a code.

        D: tells real pairs (x, F(x)) from generated ones (G(z), z), by the objective's loss
        F: E ‖z − F(G(z))‖²
        G: the objective's loss on the pairs (G(z), z), plus λ E ‖z − F(G(z))‖²

    Where G leaves out modes, F, which is trained on what G makes, spreads z over the modes that are there;
    real points elsewhere then get codes that are not like z, and D can tell. With ``objective="reverse_kl"``,
    whose generator loss is −E v, this is the paper's algorithm 1, with D's sign turned (there D is high on
    generated pairs); at the best D that term is KL(q(x, z)‖p(x, z)). All three move at once, from one batch.

    The discriminator takes points (n, d) and codes (n, c) side by side, (n, d + c):
    ``MLPDiscriminator(in_dim=2 + generator.noise_dim)``.

    Arguments:
        reconstructor: F, a network from points (n, d) to codes (n, c); the paper's draws noise of its own. It
            is trained in place, and its state goes into checkpoints.
        learning_rate: of F's Adam, β = (0.5, 0.999).
        optimizer: a function from parameters to an optimiser, for another than this Adam.
        weight: λ, zero or above; 1 in the paper.

    Raises:
        ValueError: reconstructor is no network with weights; weight is negative; in the step, F gives codes
            of another shape than z.

    Source: Srivastava, Valkov, Russell, Gutmann and Sutton, "VEEGAN: Reducing Mode Collapse in GANs using
    Implicit Variational Learning", 2017, arXiv 1705.07761, algorithm 1.
    """

    def __init__(self, reconstructor, *, learning_rate=2e-4, optimizer=None, weight=1.0):
        if not isinstance(reconstructor, nn.Module) or not any(True for _ in reconstructor.parameters()):
            fail("reconstructor", reconstructor, "a network from points to codes, with weights to train")
        self.reconstructor, self.weight = reconstructor, non_negative("weight", weight)
        self.optimizer = (optimizer or adam(learning_rate))(reconstructor.parameters())
        named(self, "VEEGAN", weight=self.weight)

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
        x, z = real(), noise()
        self.reconstructor.to(x.device).train()
        samples = generator(z)
        recovered = self.reconstructor(samples)
        if recovered.shape != z.shape:
            fail("reconstructor", recovered, f"codes with the shape of z, {tuple(z.shape)}")
        with torch.no_grad():
            codes = self.reconstructor(x)

        real_logits = discriminator(torch.cat([x, codes], 1))
        loss_d = objective.discriminator(real_logits, discriminator(torch.cat([samples.detach(), z], 1)))
        # Squared distances per sample, their mean within a member, the sum over members.
        error = per_member(z - recovered, discriminator).square().sum(2).mean(1).sum()
        fake_logits = discriminator(torch.cat([samples, z], 1))
        loss_g = objective.generator(fake_logits, real_logits) + self.weight * error
        descend((discriminator_optimizer, loss_d), (self.optimizer, error), (generator_optimizer, loss_g))
        return {"discriminator": loss_d, "generator": loss_g, "reconstruction": error}

    def state_dict(self):
        return {"reconstructor": self.reconstructor.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state):
        self.reconstructor.load_state_dict(state["reconstructor"])
        self.optimizer.load_state_dict(state["optimizer"])
