"""What a monitor measures, against networks whose logits, gradients and samples are known by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from gancourse import densities
from gancourse.ensemble import blocks, train_ensemble
from gancourse.metrics import mode_coverage
from gancourse.models import Generator, MLPDiscriminator, MLPGenerator, stack
from gancourse.monitor import Monitor
from gancourse.training import train

RING = densities.ring(modes=8)


class Shift(Generator):
    """x = z + m, by a linear layer whose weight is fixed."""

    def __init__(self, m):
        super().__init__(2)
        self.layer = nn.Linear(2, 2)
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(2))
            self.layer.bias.copy_(torch.tensor(m))
        self.layer.weight.requires_grad_(False)

    def forward(self, z):
        return self.layer(z)


class Plane(nn.Module):
    """v = a·x."""

    def __init__(self, a):
        super().__init__()
        self.layer = nn.Linear(2, 1, bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([a]))

    def forward(self, x):
        return self.layer(x).squeeze(1)


def test_every_number_by_hand():
    a, m = np.array([3.0, -4.0]), [0.5, 2.0]
    networks = Shift(m), Plane(a.tolist())
    torch.manual_seed(1)
    found = Monitor(RING, "minimax", batch=100, coverage=300, samples=20)(0, *networks)
    torch.manual_seed(1)
    fake = torch.randn(100, 2).double().numpy() + m
    real = RING.sample(100, np.random.default_rng(0))
    v_real, v_fake = real @ a, fake @ a
    softplus, sigmoid = (lambda v: np.logaddexp(0, v)), (lambda v: 1 / (1 + np.exp(-v)))
    want = {
        "discriminator_loss": softplus(-v_real).mean() + softplus(v_fake).mean(),
        "generator_loss": -softplus(v_fake).mean(),
        "real_logit": v_real.mean(),
        "fake_logit": v_fake.mean(),
        "accuracy": ((v_real > 0).mean() + (v_fake < 0).mean()) / 2,
        # the loss −softplus(v) has slope −σ(v)·a in a sample, whose mean is the gradient in m
        "sample_gradient": 5 * sigmoid(v_fake).mean(),
        "generator_gradient": 5 * sigmoid(v_fake).mean(),
    }
    for name, value in want.items():
        assert found[name] == pytest.approx([value], rel=1e-5), name
    drawn = torch.randn(300, 2).double().numpy() + m
    assert found["centre"] == pytest.approx(drawn.mean(0)[None], abs=1e-6)
    assert found["spread"] == pytest.approx([math.sqrt(drawn.var(0).sum())], rel=1e-6)
    row = mode_coverage(drawn, RING.means, RING.std)
    assert [found[name][0] for name in ("captured", "high_quality", "reverse_kl")] == pytest.approx(list(row))
    assert found["samples"].shape == (1, 20, 2) and np.allclose(found["samples"][0], drawn[:20], atol=1e-6)


def test_members_of_a_stack_are_measured_apart():
    generators = [Shift([0.0, float(i)]).requires_grad_() for i in range(3)]
    critics = [Plane([1.0, -float(i)]) for i in range(3)]
    torch.manual_seed(0)
    together = Monitor(RING, batch=50, coverage=40)(0, stack(generators), stack(critics))
    torch.manual_seed(0)
    z, more = torch.randn(150, 2), torch.randn(120, 2)
    for i, (generator, critic) in enumerate(zip(generators, critics, strict=True)):
        draws = iter([z[50 * i : 50 * i + 50], more[40 * i : 40 * i + 40]])
        generator.noise = lambda n, draws=draws: next(draws)
        alone = Monitor(RING, batch=50, coverage=40)(0, generator, critic)
        for name, value in alone.items():
            assert together[name][i] == pytest.approx(value[0], rel=1e-5, abs=1e-7), name


def test_as_a_watch_it_changes_no_number():
    def run(watch):
        torch.manual_seed(0)
        networks = MLPGenerator(width=8), MLPDiscriminator(width=8)
        history = train(*networks, RING.sample, steps=6, watch=watch, watch_every=2, progress=False)
        return history, torch.cat([weight.flatten() for weight in networks[0].parameters()])

    (watched, with_it), (_, without) = run(Monitor(RING, coverage=50)), run(None)
    assert torch.equal(with_it, without) and [step for step, _ in watched.watched] == [0, 2, 4, 6]
    assert watched.watched[0][1]["generator_gradient"] > 0  # though a watch is called without gradients


def test_an_averaged_generator_is_measured_and_left_without_gradients():
    torch.manual_seed(0)
    networks = MLPGenerator(width=8), MLPDiscriminator(width=8)
    history = train(
        *networks, RING.sample, steps=3, average=0.5, watch=Monitor(RING, coverage=50), progress=False
    )
    assert history.watched[-1][1]["generator_gradient"] > 0
    assert not any(weight.requires_grad for weight in history.averaged_generator.parameters())
    assert all(weight.grad is None for weight in history.averaged_generator.parameters())


def test_in_an_ensemble_it_sees_what_it_sees_of_one():
    def networks(seed):
        torch.manual_seed(seed)
        return MLPGenerator(width=8).double(), MLPDiscriminator(width=8).double()

    options = {"steps": 4, "watch": Monitor(RING, batch=32, coverage=50, samples=5), "progress": False}
    many = [list(pair) for pair in zip(networks(1), networks(2), strict=True)]
    together = train_ensemble(*many, RING.sample, seeds=(1, 2), **options).watched
    for i, seed in enumerate((1, 2)):
        alone = train(*networks(seed), RING.sample, seed=seed, **options).watched
        for (_, mine), (_, theirs) in zip(together, alone, strict=True):
            for name, value in theirs.items():
                np.testing.assert_allclose(mine[name][i], value[0], rtol=1e-5, atol=1e-7, err_msg=name)
    assert blocks(np.zeros((4, 1)), 2).shape == (2, 2, 1)


def test_without_modes_or_without_a_judge_less_is_said():
    lines = densities.parallel_lines(1.0)
    assert "captured" not in Monitor(lines)(0, MLPGenerator(), MLPDiscriminator())
    pairs = Monitor(RING, judges=False)(0, MLPGenerator(), MLPDiscriminator(in_dim=4))
    assert "captured" in pairs and "fake_logit" not in pairs


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((3,), "data"),
        ((RING, "best"), "objective"),
        ((RING,), "batch"),
        ((RING,), "coverage"),
        ((RING,), "samples"),
        ((RING,), "seed"),
    ],
)
def test_bad_arguments_are_named(arguments, name):
    bad = {
        "batch": {"batch": 0},
        "coverage": {"coverage": 1},
        "samples": {"samples": 9999},
        "seed": {"seed": -1},
    }
    with pytest.raises(ValueError, match=f"^{name}:"):
        Monitor(*arguments, **bad.get(name, {}))
