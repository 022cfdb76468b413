"""One step of the lab's loop, part by part: the loop itself and its slow motion are the same code."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

__all__ = ["Part", "walk"]


@dataclass(frozen=True)
class Part:
    """What has just happened within a step.

    Attributes:
        name: "data", "fakes", "judged", "d_slope", "d_moved", "g_fakes", "g_slope", "g_moved" or "method".
        say: () -> a sentence about it, with its numbers.
        points: "real" and "fake" to the batches that it is about, tensors with shape (batch, 2).
    """

    name: str
    say: Callable
    points: dict = field(default_factory=dict)


def walk(players, kind):
    """Take one step of the players, yielding a ``Part`` after each part; draws and order are ``train``'s.

    Arguments:
        players: a ``Players``. kind: "both", "d" or "g".

    Raises:
        TrainingDiverged: as ``Players.checked``.
    """
    if players.step_function is not None:
        yield from _method(players)
        return
    if kind != "g":
        for _ in range(players.settings.discriminator_steps):
            yield from _update_d(players)
    if kind != "d":
        for _ in range(players.settings.generator_steps):
            yield from _update_g(players)


def _update_d(players):
    generator, discriminator = players.generator, players.discriminator
    real = players.real()
    yield Part("data", lambda: f"{len(real)} real points are drawn from the data.", {"real": real})
    with torch.no_grad():  # the generator stands still
        fake = generator(players.noise())
    both = {"real": real, "fake": fake}
    yield Part(
        "fakes", lambda: f"G, standing still, turns {len(fake)} draws of noise into fake points.", both
    )
    real_logits, fake_logits = discriminator(real), discriminator(fake)
    yield Part(
        "judged",
        lambda: (
            f"D gives each point a value v: {real_logits.mean().item():.3f} on average for the real ones, "
            f"{fake_logits.mean().item():.3f} for the fakes."
        ),
        both,
    )
    plain = loss = players.objective.discriminator(real_logits, fake_logits)
    if players.penalty is not None:
        loss = loss + players.penalty(discriminator, real, fake)
    players.losses["discriminator"] = players.checked("discriminator", loss)
    players.discriminator_optimizer.zero_grad()
    loss.backward()
    yield Part("d_slope", lambda: _slope("D", loss, plain, players.core), both)
    players.discriminator_optimizer.step()
    players.constrain()
    yield Part("d_moved", lambda: _moved(players, "discriminator", "D", "the map of what it says"), both)


def _update_g(players):
    generator, discriminator = players.generator, players.discriminator
    fake = generator(players.noise())
    fake_logits = discriminator(fake)
    shown = {"fake": fake.detach()}
    yield Part(
        "g_fakes",
        lambda: (
            f"Fresh noise, {len(fake)} fresh fakes. D, standing still, gives them "
            f"v = {fake_logits.mean().item():.3f} on average."
        ),
        shown,
    )
    real_logits = discriminator(players.real()) if players.paired else None
    loss = players.objective.generator(fake_logits, real_logits)
    players.losses["generator"] = players.checked("generator", loss)
    players.generator_optimizer.zero_grad()
    loss.backward(inputs=[weight for weight in generator.parameters() if weight.requires_grad])
    yield Part(
        "g_slope", lambda: _slope("G", loss, loss, generator) + " Each arrow is a fake's share.", shown
    )
    players.generator_optimizer.step()
    yield Part("g_moved", lambda: _moved(players, "generator", "G", "the fakes"), shown)


def _method(players):
    losses = players.step_function(
        players.generator,
        players.discriminator,
        players.objective,
        real=players.real,
        noise=players.noise,
        generator_optimizer=players.generator_optimizer,
        discriminator_optimizer=players.discriminator_optimizer,
    )
    for player in ("discriminator", "generator"):
        players.losses[player] = players.checked(player, losses[player])
    name = players.settings.method.replace("_", " ")
    yield Part(
        "method",
        lambda: (
            f"The step of {name} has moved both players at once: D's loss was "
            f"{players.losses['discriminator']:.4f}, G's {players.losses['generator']:.4f}."
        ),
    )


def _slope(player, loss, plain, network):
    squares = [(w.grad**2).sum().item() for w in network.parameters() if w.grad is not None]
    penalty = f", {(loss - plain).item():.4f} of it the penalty" if loss is not plain else ""
    length = sum(squares) ** 0.5
    slope = f"its gradient in {player}'s weights is {length:.4f} long."
    return f"{player}'s loss is {loss.item():.4f}{penalty}; {slope}"


def _moved(players, player, short, what):
    s = players.settings
    name = {"adam_zero": "Adam", "rmsprop": "RMSprop", "sgd": "gradient", "momentum": "momentum"}
    kind = name.get(getattr(s, f"{player}_optimizer"), "Adam")
    rate = getattr(s, f"{player}_rate")
    return f"One {kind} step at the rate {rate:g}: {short} has moved, and {what} with it."
