"""The debugging clinic, copies of ``healthy`` with a bug around the losses: data, optimisers, modes.

The arguments are those of ``gancourse.recipes.clinic_runs``.
"""

import torch
import torch.nn.functional as F
from torch.optim import Adam

from gancourse.models import MLPDiscriminator
from gancourse.recipes.clinic_runs import EVERY, PixelGenerator

__all__ = ["data_in_0_1", "never_eval", "no_zero_grad", "wrong_optimiser"]


def never_eval(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """Samples are drawn with batch norm in training mode."""
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
            watch(step, generator, discriminator, d_loss, g_loss)


def data_in_0_1(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """The data stay in [0, 1]; the generator's range is [−1, 1]."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
        g_optimiser.zero_grad()
        d_optimiser.zero_grad()

        # the discriminator's half
        real = pixels(batch)
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


def wrong_optimiser(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """The generator's optimiser holds the discriminator's parameters."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))
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


def no_zero_grad(pixels, watch, *, steps=1_500, batch=128, rate=1e-3, weight=0.05, lead=0):
    """No gradient is ever set back to zero."""
    generator, discriminator = PixelGenerator(), MLPDiscriminator()
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))

    for step in range(1, steps + 1):
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
