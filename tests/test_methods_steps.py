"""What every step must do: who learns from what, exact resuming, stacks of members, both precisions."""

import numpy as np
import pytest
import torch
from torch import nn

from gancourse.densities import ring
from gancourse.methods import VEEGAN, HistoricalAveraging, consensus, feature_matching, unrolled
from gancourse.methods._blocks import per_member
from gancourse.models import MLPDiscriminator, MLPGenerator, stack
from gancourse.objectives import OBJECTIVES
from gancourse.training import train as train_loudly

DATA = ring(modes=8)


def train(*arguments, **keywords):
    return train_loudly(*arguments, **{"progress": False, "threads": 1, "device": "cpu", **keywords})


def veegan(dtype=torch.float32, **options):
    torch.manual_seed(7)
    return VEEGAN(MLPGenerator(width=8).to(dtype), **options)


# name: (makes the step, dimensions of what D sees)
METHODS = {
    "unrolled": (lambda dtype: unrolled(steps=3, learning_rate=0.1), 2),
    "unrolled by adam": (lambda dtype: unrolled(steps=3, optimizer="adam"), 2),
    "unrolled, detached": (
        lambda dtype: unrolled(steps=3, learning_rate=0.1, detach=True, zero_sum=False),
        2,
    ),
    "consensus": (lambda dtype: consensus(weight=0.1), 2),
    "historical averaging": (lambda dtype: HistoricalAveraging(weight=0.1), 2),
    "feature matching": (lambda dtype: feature_matching(), 2),
    "veegan": (veegan, 4),
}
every_method = pytest.mark.parametrize("name", METHODS)


def made(name, dtype=torch.float32):
    make, in_dim = METHODS[name]
    step = make(dtype)
    torch.manual_seed(0)
    return step, MLPGenerator(width=8).to(dtype), MLPDiscriminator(in_dim=in_dim, width=8).to(dtype)


def numbers(*networks):
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


# Every step


@every_method
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_weight_learns_in_either_precision(name, dtype):
    step, generator, discriminator = made(name, dtype)
    networks = [generator, discriminator, *([step.reconstructor] if name == "veegan" else [])]
    before = [list(map(torch.clone, network.parameters())) for network in networks]
    history = train(generator, discriminator, DATA.sample, steps=3, step=step, batch=16)
    assert np.isfinite(history.generator_loss).all() and len(history.step) == 3
    for network, weights in zip(networks, before, strict=True):
        for (label, weight), old in zip(network.named_parameters(), weights, strict=True):
            assert weight.dtype == dtype and not torch.equal(weight, old), label


@every_method
def test_a_resumed_run_gives_the_numbers_of_an_uninterrupted_one(name, tmp_path):
    step, *whole = made(name)
    expected = train(*whole, DATA.sample, steps=7, batch=16, step=step)
    step, *first = made(name)
    train(*first, DATA.sample, steps=4, batch=16, step=step, checkpoint=tmp_path)
    other, *resumed = made(name)
    for network in resumed:
        for weight in network.parameters():
            weight.data.normal_()
    history = train(*resumed, DATA.sample, steps=7, batch=16, step=other, checkpoint=tmp_path, resume=True)
    assert same(numbers(*whole), numbers(*resumed))
    assert history.generator_loss.tolist() == expected.generator_loss.tolist()
    assert {key: value.tolist() for key, value in history.others.items()} == {
        key: value.tolist() for key, value in expected.others.items()
    }


def test_a_checkpoint_of_another_method_or_another_knob_is_told_apart(tmp_path):
    def run(step, steps, resume):
        _, *networks = made("unrolled")
        train(*networks, DATA.sample, steps=steps, batch=16, step=step, checkpoint=tmp_path, resume=resume)

    run(unrolled(steps=3), 1, False)
    for other in (unrolled(steps=2), consensus(), HistoricalAveraging(), feature_matching()):
        with pytest.raises(ValueError, match=r"step: unrolled\(steps=3, .*\) in the checkpoint, "):
            run(other, 2, True)
    run(unrolled(steps=3), 2, True)


class Scaled:
    """An objective with one of its losses multiplied."""

    paired = False

    def __init__(self, player, scale):
        self.player, self.scale = player, scale

    def discriminator(self, real_logits, fake_logits):
        loss = OBJECTIVES["non_saturating"].discriminator(real_logits, fake_logits)
        return loss * (self.scale if self.player == "discriminator" else 1)

    def generator(self, fake_logits, real_logits=None):
        loss = OBJECTIVES["non_saturating"].generator(fake_logits)
        return loss * (self.scale if self.player == "generator" else 1)


def play(name, objective, optimizer, steps=1, **others):
    """Some steps on batches that are the same each time; returns the networks."""
    step, generator, discriminator = made(name, torch.float64)
    if name == "veegan":
        step.optimizer = optimizer(step.reconstructor.parameters())
    rng = torch.Generator().manual_seed(1)

    def draw():
        return torch.randn(16, 2, generator=rng, dtype=torch.float64)

    moves = {f"{player}_optimizer": optimizer(network.parameters())
             for player, network in (("generator", generator), ("discriminator", discriminator))}  # fmt: skip
    for _ in range(steps):
        losses = step(generator, discriminator, objective, real=draw, noise=draw, **moves, **others)
    return losses, generator, discriminator, step


def still(parameters):
    return torch.optim.SGD(parameters, lr=0.0)


@pytest.mark.parametrize(
    "name, player", [
        ("unrolled, detached", "generator"), ("historical averaging", "generator"), ("veegan", "generator"),
        ("historical averaging", "discriminator"), ("feature matching", "discriminator"),
        ("veegan", "discriminator"),
    ],
)  # fmt: skip
def test_a_players_gradient_does_not_feel_the_others_loss(name, player):
    (_, *networks), (_, *scaled) = (play(name, Scaled(player, scale), still)[:3] for scale in (1.0, 1000.0))
    own, other = (0, 1) if player == "generator" else (1, 0)
    if name != "feature matching":
        differs = [not torch.allclose(a.grad, b.grad) for a, b in pairs(networks[own], scaled[own])]
        assert any(differs)
    for a, b in pairs(networks[other], scaled[other]):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-12, atol=0)


def pairs(a, b):
    return list(zip(a.parameters(), b.parameters(), strict=True))


@every_method
def test_an_optimiser_of_rate_zero_leaves_its_player_where_it_is(name):
    def resting(parameters):
        return torch.optim.Adam(parameters, lr=0.0)

    step, generator, discriminator = made(name)
    before = numbers(generator), numbers(discriminator)
    train(generator, discriminator, DATA.sample, steps=2, batch=16, step=step, generator_optimizer=resting)
    assert same(before[0], numbers(generator)) and not same(before[1], numbers(discriminator))
    step, generator, discriminator = made(name)
    train(
        generator, discriminator, DATA.sample, steps=2, batch=16, step=step, discriminator_optimizer=resting
    )
    assert same(before[1], numbers(discriminator)) and not same(before[0], numbers(generator))


@pytest.mark.parametrize("name", ["consensus", "historical averaging", "unrolled", "veegan"])
def test_an_objective_in_pairs_gets_its_real_logits(name):
    step, generator, discriminator = made(name)
    history = train(generator, discriminator, DATA.sample, "relativistic", steps=2, batch=16, step=step)
    assert np.isfinite(history.generator_loss).all()


# Stacks: k networks in one, with k blocks of a batch


class Summed:
    """The sum of the members' losses."""

    paired = False

    def discriminator(self, real_logits, fake_logits):
        return 2 * OBJECTIVES["non_saturating"].discriminator(real_logits, fake_logits)

    def generator(self, fake_logits, real_logits=None):
        return 2 * OBJECTIVES["non_saturating"].generator(fake_logits)


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.5)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


@pytest.mark.parametrize(
    "name, optimizer",
    [(name, adam) for name in METHODS] + [(name, momentum) for name in METHODS if "adam" not in name],
)
def test_a_step_of_a_stack_is_the_steps_of_its_members(name, optimizer):
    torch.manual_seed(3)
    in_dim = METHODS[name][1]
    options = {"width": 4, "activation": nn.Tanh}
    generators, inverses = ([MLPGenerator(**options).double() for _ in range(2)] for _ in range(2))
    discriminators = [MLPDiscriminator(in_dim, **options).double() for _ in range(2)]
    batches = torch.randn(3, 6, 2, 8, 2, dtype=torch.float64)  # steps, draws, members, samples, dimensions

    def run(generator, discriminator, inverse, objective, member):
        step = METHODS[name][0](torch.float64)
        if name == "veegan":
            step = VEEGAN(inverse, optimizer=optimizer)
        moves = {"generator_optimizer": optimizer(generator.parameters()),
                 "discriminator_optimizer": optimizer(discriminator.parameters())}  # fmt: skip
        for draws in batches:
            draw = iter(draws if member is None else draws[:, member])
            losses = step(
                generator, discriminator, objective, real=lambda d=draw: next(d).flatten(0, -2),
                noise=lambda d=draw: next(d).flatten(0, -2), **moves,
            )  # fmt: skip
        return {key: loss.item() for key, loss in losses.items()}

    together = [stack(networks) for networks in (generators, discriminators, inverses)]
    whole = run(*together, Summed(), None)
    alone = [
        run(generators[i], discriminators[i], inverses[i], OBJECTIVES["non_saturating"], i) for i in range(2)
    ]
    for key, value in whole.items():
        assert value == pytest.approx(alone[0][key] + alone[1][key], rel=1e-9), key
    for both, networks in zip(together, (generators, discriminators, inverses), strict=True):
        for label, weight in both.named_parameters():
            for i in range(2):
                torch.testing.assert_close(
                    weight[i], dict(networks[i].named_parameters())[label], rtol=1e-8, atol=1e-10
                )


def test_blocks_by_hand():
    values = torch.arange(12.0).reshape(6, 2, 1)
    network = nn.Identity()
    assert per_member(values, network).shape == (1, 6, 2)
    network.members = 3
    assert per_member(values, network).tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9], [10, 11]]]
    network.members = 4
    with pytest.raises(ValueError, match="^values: expected as many samples for each of the 4 members"):
        per_member(values, network)
