"""Packing by hand, and what it makes visible."""

import itertools

import pytest
import torch
from torch import nn

from gancourse.densities import ring
from gancourse.methods import InstanceNoise, Packed, on_packs
from gancourse.models import DCGANDiscriminator, MLPDiscriminator, MLPGenerator
from gancourse.penalties import gradient_penalty, r1, r2
from gancourse.training import train

DOUBLE = {"dtype": torch.float64}


class Keep(nn.Module):
    """A discriminator that keeps what it is given."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x):
        self.seen = x
        return self.weight * x.flatten(1).sum(1)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_points_by_hand():
    keep = Keep()
    x = torch.arange(12.0).reshape(6, 2)
    logits = Packed(keep, 3)(x)
    assert keep.seen.tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert logits.tolist() == [15.0, 51.0]


def test_images_are_stacked_along_their_channels():
    keep = Keep()
    x = torch.randn(4, 3, 5, 5)
    Packed(keep, 2)(x)
    assert keep.seen.shape == (2, 6, 5, 5)
    assert torch.equal(keep.seen[1, :3], x[2]) and torch.equal(keep.seen[1, 3:], x[3])
    assert Packed(DCGANDiscriminator(28, 2, width=4), 2)(torch.rand(6, 1, 28, 28)).shape == (3,)


def test_packs_of_one_are_the_discriminator_itself():
    discriminator, x = MLPDiscriminator(), torch.randn(5, 2)
    assert torch.equal(Packed(discriminator, 1)(x), discriminator(x))


def test_gradients_reach_the_weights_and_the_samples():
    packed, x = Packed(MLPDiscriminator(in_dim=6), 3), torch.randn(9, 2, requires_grad=True)
    packed(x).square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in packed.parameters())
    assert (x.grad.abs().sum(1) > 0).all()
    assert set(packed.state_dict()) == {f"discriminator.{name}" for name in MLPDiscriminator().state_dict()}


def test_a_pack_never_holds_samples_of_two_members():
    keep = Keep()
    keep.members = 2
    packed = Packed(keep, 2)
    packed(torch.arange(8.0)[:, None])
    assert keep.seen.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    with pytest.raises(
        ValueError, match="^x: expected a number of samples for each of 2 members that 2 divides"
    ):
        packed(torch.zeros(6, 1))


# Penalties on packs


@pytest.mark.parametrize("m", [1, 2, 4])
def test_the_gradient_penalty_of_a_linear_critic_of_packs(m):
    a = torch.randn(2 * m, **DOUBLE)
    critic = nn.Sequential(nn.Linear(2 * m, 1, **DOUBLE), nn.Flatten(0))
    critic[0].weight.data = a[None]
    real, fake = torch.randn(2, 8, 2, **DOUBLE)
    penalty = on_packs(gradient_penalty)(Packed(critic, m), real, fake)
    # The norm of a in all 2m numbers of a pack, not of the two that belong to a sample.
    torch.testing.assert_close(penalty, (a.norm() - 1) ** 2)


def test_r1_and_r2_of_a_quadratic_critic_of_packs():
    packed = Packed(Square(), 2)
    real, fake = torch.randn(6, 2, **DOUBLE), torch.randn(4, 2, **DOUBLE)
    penalty = on_packs(lambda critic, x, y: r1(critic, x) + 3 * r2(critic, y))(packed, real, fake)
    by_hand = real.square().sum() / 3 + 3 * fake.square().sum() / 2  # ‖∇‖² = ‖pack‖², three packs and two
    torch.testing.assert_close(penalty, by_hand)


class Square(nn.Module):
    def forward(self, x):
        return x.square().sum(1) / 2


def test_a_packed_critic_trains_with_a_penalty():
    critic = Packed(MLPDiscriminator(in_dim=4, width=8), 2)
    before = [parameter.clone() for parameter in critic.parameters()]
    history = train(
        MLPGenerator(width=8), critic, ring().sample, "wasserstein", steps=3, batch=16, progress=False,
        penalty=on_packs(gradient_penalty), threads=1, device="cpu",
    )  # fmt: skip
    assert len(history.step) == 3
    assert not any(torch.equal(a, b) for a, b in zip(before[:-1], critic.parameters(), strict=False))


# What it makes visible


class BestCritic(nn.Module):
    """½ sign(p − q) of a pack of cells: its gain E_p − E_q is the total variation between the products."""

    def __init__(self, p, q):
        super().__init__()
        self.p, self.q = p, q

    def forward(self, packs):
        cells = packs.long()
        return torch.sign(self.p[cells].prod(1) - self.q[cells].prod(1)) / 2


@pytest.mark.claim("E5")
def test_e5_in_packs_a_generator_that_lacks_a_mode_is_seen_further_from_the_data():
    # Ten cells. One q lacks two of them, the other is wrong by as much but lacks none (PacGAN's example).
    p = torch.full((10,), 0.1, **DOUBLE)
    lacking = torch.tensor([0.0] * 2 + [0.125] * 8, **DOUBLE)
    uneven = torch.tensor([0.06] * 5 + [0.14] * 5, **DOUBLE)

    def total_variation(q, m):
        every = torch.tensor(list(itertools.product(range(10), repeat=m)), **DOUBLE)
        cells = every.long()
        packed = Packed(BestCritic(p, q), m)
        gain = packed(every.reshape(-1, 1))  # the samples of all packs, one after the other
        return float((gain * (p[cells].prod(1) - q[cells].prod(1))).sum())

    for q in (lacking, uneven):
        assert total_variation(q, 1) == pytest.approx(0.2)
    for m, of_lacking, of_uneven in ((2, 0.36, 0.24), (3, 0.488, None)):
        assert total_variation(lacking, m) == pytest.approx(of_lacking) == pytest.approx(1 - 0.8**m)
        if of_uneven is not None:
            assert total_variation(uneven, m) == pytest.approx(of_uneven)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: Packed(MLPDiscriminator(), 0), "m: expected a whole number of at least 1, got 0"),
        (lambda: Packed(MLPDiscriminator(), 2.0), "m: expected a whole number"),
        (lambda: Packed(torch.tanh, 2), "discriminator: expected a network from packs"),
        (
            lambda: Packed(MLPDiscriminator(4), 2)(torch.zeros(5, 2)),
            "x: expected a number of samples that 2 divides",
        ),
        (
            lambda: Packed(MLPDiscriminator(4), 2)(torch.zeros(4)),
            r"x: expected a tensor with shape \(n, d, ...\)",
        ),
        (lambda: Packed(MLPDiscriminator(4), 2)([[0.0, 0.0]] * 2), "x: expected a tensor"),
        (lambda: on_packs(10), "penalty: expected a function"),
        (
            lambda: on_packs(gradient_penalty)(MLPDiscriminator(), torch.zeros(4, 2), torch.zeros(4, 2)),
            "discriminator: expected one that is Packed",
        ),
    ],
)
def test_bad_arguments_are_named(call, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        call()


def test_it_prints_its_size_and_stands_inside_other_wrappers():
    assert "m=3" in repr(Packed(MLPDiscriminator(6), 3))
    assert InstanceNoise(Packed(MLPDiscriminator(6), 3), 0.1)(torch.zeros(6, 2)).shape == (2,)
