"""What the steps have in common: the two losses as the loop draws for them, and the optimisers' moves."""

import torch

__all__ = ["descend", "discriminator_loss", "generator_loss", "named"]


def discriminator_loss(generator, discriminator, objective, real, noise):
    """D's loss on fresh data and fresh noise; the generator gets no gradient."""
    x = real()
    with torch.no_grad():
        samples = generator(noise())
    return objective.discriminator(discriminator(x), discriminator(samples))


def generator_loss(generator, discriminator, objective, real, noise):
    """G's loss on fresh noise, and on fresh data if the objective compares logits in pairs."""
    fake_logits = discriminator(generator(noise()))
    real_logits = discriminator(real()) if getattr(objective, "paired", False) else None
    return objective.generator(fake_logits, real_logits)


def descend(*moves):
    """One step of each optimiser down its loss, from pairs (optimiser, loss).

    All gradients are taken before the first weight moves; an optimiser's parameters get the gradient of its
    own loss, and no others get any.
    """
    for optimizer, _ in moves:
        optimizer.zero_grad()
    for optimizer, loss in moves:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        # Two losses may share a part of their graph.
        loss.backward(inputs=[weight for weight in weights if weight.requires_grad], retain_graph=True)
    for optimizer, _ in moves:
        optimizer.step()


def named(step, name, **knobs):
    """Give a step the name by which it prints, and by which a checkpoint tells its run from another's."""
    step.__qualname__ = f"{name}({', '.join(f'{knob}={value!r}' for knob, value in knobs.items())})"
    return step
