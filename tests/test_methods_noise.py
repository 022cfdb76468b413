"""Instance noise: the same on both sides, in train mode only, and fading with the discriminator's updates."""

import pytest
import torch
from torch import nn

from gancourse.densities import ring
from gancourse.methods import InstanceNoise
from gancourse.models import DCGANDiscriminator, MLPDiscriminator, MLPGenerator
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


@pytest.mark.claim("E6")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_real_and_generated_samples_get_the_same_gaussian_noise(dtype):
    keep, seen = Keep(), []
    noisy = InstanceNoise(keep, 0.3)
    for x in (torch.zeros(40_000, 2, dtype=dtype), torch.full((40_000, 2), 5.0, dtype=dtype)):
        noisy(x)
        seen.append(keep.seen - x)
        assert keep.seen.dtype == dtype
    for noise in seen:
        # Standard errors of a mean and of a covariance over 40,000 draws.
        assert noise.mean(0).abs().max() < 5 * 0.3 / 200
        assert (torch.cov(noise.T) - 0.09 * torch.eye(2, dtype=dtype)).abs().max() < 5 * 0.09 * 2**0.5 / 200
        assert (noise**4).mean() == pytest.approx(3 * 0.3**4, rel=0.1)
    assert not torch.allclose(seen[0], seen[1])  # drawn anew in each pass


@pytest.mark.claim("E6")
def test_without_overlap_the_best_logit_has_no_bound_and_with_noise_it_is_the_known_line():
    # p is the point 0, q the point 1. Without noise a steeper line always has a smaller loss. With noise of
    # std s the best logit is (1 − 2x)/(2s²), a logistic regression with slope −1/s².
    keep, s = Keep(), 0.5
    noisy = InstanceNoise(keep, s)
    batches = []
    for at in (0.0, 1.0):
        noisy(torch.full((200_000, 1), at, **DOUBLE))
        batches.append(keep.seen[:, 0])
    x = torch.cat(batches)
    y = torch.cat([torch.ones(200_000, **DOUBLE), torch.zeros(200_000, **DOUBLE)])
    inputs, line = torch.stack([x, torch.ones_like(x)], 1), torch.zeros(2, **DOUBLE)
    for _ in range(12):  # Newton's method
        d = torch.sigmoid(inputs @ line)
        curvature = inputs.T @ (inputs * (d * (1 - d))[:, None])
        line += torch.linalg.solve(curvature, inputs.T @ (y - d))
    error = torch.linalg.inv(curvature).diagonal().sqrt()
    assert abs(line[0] + 1 / s**2) < 4 * error[0] and abs(line[1] - 1 / (2 * s**2)) < 4 * error[1]
    assert error[0] < 0.05

    points = torch.tensor([[0.0], [1.0]], **DOUBLE)

    def loss_of_line(slope):
        real, fake = slope * (0.5 - points[:, 0])
        return nn.functional.softplus(-real) + nn.functional.softplus(fake)

    losses = [loss_of_line(slope).item() for slope in (1, 4, 16, 64)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 1e-12


def test_in_eval_mode_there_is_none():
    discriminator, x = MLPDiscriminator(), torch.randn(5, 2)
    noisy = InstanceNoise(discriminator, 1.0)
    assert not torch.equal(noisy(x), discriminator(x))
    assert torch.equal(noisy.eval()(x), discriminator(x))
    assert torch.equal(InstanceNoise(discriminator, 0.0)(x), discriminator(x))


@pytest.mark.claim("E6")
def test_it_fades_linearly_to_nothing():
    keep = Keep()
    noisy = InstanceNoise(keep, 0.8, steps=4)
    spreads = []
    for _ in range(7):
        spreads.append(noisy.current_std.item())
        noisy(torch.zeros(20_000, 1))
        assert keep.seen.std().item() == pytest.approx(spreads[-1], rel=0.03, abs=1e-12)
        noisy(torch.zeros(3, 1))  # passes do not count
        noisy.anneal()
    assert spreads == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0, 0.0, 0.0])
    forever = InstanceNoise(keep, 0.8)
    forever.anneal()
    assert forever.current_std.item() == pytest.approx(0.8)


def test_the_loop_counts_the_discriminators_updates_and_a_resumed_run_goes_on_counting(tmp_path):
    def networks():
        torch.manual_seed(0)
        return MLPGenerator(width=8), InstanceNoise(MLPDiscriminator(width=8), 0.5, steps=20)

    options = {"constraint": InstanceNoise.anneal, "discriminator_steps": 2, "progress": False, "threads": 1,
               "device": "cpu"}  # fmt: skip
    whole, resumed, first = networks(), networks(), networks()
    train(*whole, ring().sample, steps=6, **options)
    assert whole[1].count == 12 and whole[1].current_std.item() == pytest.approx(0.5 * 0.4)
    train(*first, ring().sample, steps=3, checkpoint=tmp_path, **options)
    train(*resumed, ring().sample, steps=6, checkpoint=tmp_path, resume=True, **options)
    assert resumed[1].count == 12
    for a, b in zip(whole, resumed, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    bound = networks()
    train(*bound, ring().sample, steps=6, **{**options, "constraint": bound[1].anneal})
    assert bound[1].count == 12


def test_gradients_pass_to_the_sample_and_to_every_weight():
    x = torch.randn(6, 1, 28, 28, requires_grad=True)
    noisy = InstanceNoise(DCGANDiscriminator(28, width=4), 0.1, steps=10)
    noisy(x).square().sum().backward()
    assert (x.grad.flatten(1).abs().sum(1) > 0).all()
    assert all(parameter.grad.abs().max() > 0 for parameter in noisy.parameters())
    assert "count" in noisy.state_dict() and "std=0.1, steps=10" in repr(noisy)


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda d: InstanceNoise(d, -0.1), "std: expected a finite number that is zero or above, got -0.1"),
        (lambda d: InstanceNoise(d, float("nan")), "std: expected"),
        (lambda d: InstanceNoise(d, 0.1, steps=0), "steps: expected a whole number of at least 1, got 0"),
        (lambda d: InstanceNoise(torch.tanh, 0.1), "discriminator: expected a network"),
    ],
)
def test_bad_arguments_are_named(make, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        make(MLPDiscriminator())
