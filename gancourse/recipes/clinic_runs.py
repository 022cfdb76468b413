"""The debugging clinic: one training loop that is right, and copies with a bug in losses or gradients.

Every function trains a generator that ends in tanh against a discriminator of logits, by

    L_D = E softplus(−v(x)) + E softplus(v(G(z))) + (weight/2) E ‖∇v(x)‖²,    L_G = E softplus(−v(G(z))).

Arguments, of all alike:
    pixels: ``pixels(n)``, a tensor (n, 2) of data with coordinates in [0, 1], as image files have them.
    watch: ``watch(step, generator, discriminator, d_loss, g_loss)``, after step 1 and every EVERY steps.
    steps, batch, rate: training steps, samples in a batch, Adam's step size for both.
    weight: of the R1 penalty.
    lead: for how many steps the discriminator trains alone, at first.
"""

import torch
import torch.nn.functional as F
from torch.optim import Adam

from gancourse.models import MLPDiscriminator, MLPGenerator

__all__ = [
    "EVERY", "PixelGenerator", "healthy", "log_of_sigmoid", "no_detach", "penalty_over_batch",
    "swapped_labels",
]  # fmt: skip

EVERY = 25


class PixelGenerator(MLPGenerator):
    """Two hidden layers with batch norm and, as where pixels leave a network, tanh at the end."""

    def __init__(self):
        super().__init__(normalise="batch")

    def forward(self, z):
        return torch.tanh(super().forward(z))


def healthy(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """The loop without a bug."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
        g_optimiser.zero_grad()
        d_optimiser.zero_grad()

        # the discriminator's half
        real = 2 * pixels(batch) - 1
        fake = generator(generator.noise(batch)).detach()
        v_real, v_fake = discriminator(real.requires_grad_()), discriminator(fake)
        d_loss = F.softplus(-v_real).mean() + F.softplus(v_fake).mean()
        (slope,) = torch.autograd.grad(v_real.sum(), real, create_graph=True)
        penalty = slope.square().sum(1).mean()
        (d_loss + weight / 2 * penalty).backward()
        d_optimiser.step()

        # the generator's half
        g_loss = F.softplus(-discriminator(generator(generator.noise(batch)))).mean()
        if step > lead:
            g_loss.backward()
            g_optimiser.step()

        if step == 1 or step % EVERY == 0:
            generator.eval()
            watch(step, generator, discriminator, d_loss, g_loss)
            generator.train()


def no_detach(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """The fakes of the discriminator's half stay attached to the generator."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
        g_optimiser.zero_grad()
        d_optimiser.zero_grad()

        # the discriminator's half
        real = 2 * pixels(batch) - 1
        fake = generator(generator.noise(batch))
        v_real, v_fake = discriminator(real.requires_grad_()), discriminator(fake)
        d_loss = F.softplus(-v_real).mean() + F.softplus(v_fake).mean()
        (slope,) = torch.autograd.grad(v_real.sum(), real, create_graph=True)
        penalty = slope.square().sum(1).mean()
        (d_loss + weight / 2 * penalty).backward()
        d_optimiser.step()

        # the generator's half
        g_loss = F.softplus(-discriminator(generator(generator.noise(batch)))).mean()
        if step > lead:
            g_loss.backward()
            g_optimiser.step()

        if step == 1 or step % EVERY == 0:
            generator.eval()
            watch(step, generator, discriminator, d_loss, g_loss)
            generator.train()


def swapped_labels(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """The discriminator's labels are exchanged, the generator's are not."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
        g_optimiser.zero_grad()
        d_optimiser.zero_grad()

        # the discriminator's half
        real = 2 * pixels(batch) - 1
        fake = generator(generator.noise(batch)).detach()
        v_real, v_fake = discriminator(real.requires_grad_()), discriminator(fake)
        d_loss = F.softplus(v_real).mean() + F.softplus(-v_fake).mean()
        (slope,) = torch.autograd.grad(v_real.sum(), real, create_graph=True)
        penalty = slope.square().sum(1).mean()
        (d_loss + weight / 2 * penalty).backward()
        d_optimiser.step()

        # the generator's half
        g_loss = F.softplus(-discriminator(generator(generator.noise(batch)))).mean()
        if step > lead:
            g_loss.backward()
            g_optimiser.step()

        if step == 1 or step % EVERY == 0:
            generator.eval()
            watch(step, generator, discriminator, d_loss, g_loss)
            generator.train()


def penalty_over_batch(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """The penalty's norm is taken over the whole batch."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
        g_optimiser.zero_grad()
        d_optimiser.zero_grad()

        # the discriminator's half
        real = 2 * pixels(batch) - 1
        fake = generator(generator.noise(batch)).detach()
        v_real, v_fake = discriminator(real.requires_grad_()), discriminator(fake)
        d_loss = F.softplus(-v_real).mean() + F.softplus(v_fake).mean()
        (slope,) = torch.autograd.grad(v_real.sum(), real, create_graph=True)
        penalty = slope.square().sum()
        (d_loss + weight / 2 * penalty).backward()
        d_optimiser.step()

        # the generator's half
        g_loss = F.softplus(-discriminator(generator(generator.noise(batch)))).mean()
        if step > lead:
            g_loss.backward()
            g_optimiser.step()

        if step == 1 or step % EVERY == 0:
            generator.eval()
            watch(step, generator, discriminator, d_loss, g_loss)
            generator.train()


def log_of_sigmoid(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """Probabilities in place of logits, and their logarithms."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
        g_optimiser.zero_grad()
        d_optimiser.zero_grad()

        # the discriminator's half
        real = 2 * pixels(batch) - 1
        fake = generator(generator.noise(batch)).detach()
        v_real, v_fake = discriminator(real.requires_grad_()), discriminator(fake)
        d_loss = -torch.log(torch.sigmoid(v_real)).mean() - torch.log(1 - torch.sigmoid(v_fake)).mean()
        (slope,) = torch.autograd.grad(v_real.sum(), real, create_graph=True)
        penalty = slope.square().sum(1).mean()
        (d_loss + weight / 2 * penalty).backward()
        d_optimiser.step()

        # the generator's half
        g_loss = -torch.log(torch.sigmoid(discriminator(generator(generator.noise(batch))))).mean()
        if step > lead:
            g_loss.backward()
            g_optimiser.step()

        if step == 1 or step % EVERY == 0:
            generator.eval()
            watch(step, generator, discriminator, d_loss, g_loss)
            generator.train()
