"""Feature matching by hand: means of features, and nothing else."""

import numpy as np
import pytest
import torch
from torch import nn

from gancourse.methods import InstanceNoise, Packed, feature_matching, last_hidden, spectral_norm_
from gancourse.models import DCGANDiscriminator, MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES


def still(parameters):
    return torch.optim.SGD(parameters, lr=0.0)


class Features(nn.Module):
    """f(x) = (x₁, x₂), and a logit that weighs them."""

    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Identity(), nn.Linear(2, 1, dtype=torch.float64)

    def forward(self, x):
        return self.output(self.hidden(x)).squeeze(1)


class OnlyD:
    """An objective that has no loss for the generator."""

    paired = False
    discriminator = OBJECTIVES["non_saturating"].discriminator

    def generator(self, *logits):
        raise AssertionError("feature matching must not ask for it")


def match(generator, x, z, discriminator=None, **options):
    discriminator = discriminator or Features()
    losses = feature_matching(**options)(
        generator, discriminator, OnlyD(), real=lambda: x, noise=lambda: z,
        generator_optimizer=still(generator.parameters()),
        discriminator_optimizer=still(discriminator.parameters()),
    )  # fmt: skip
    return losses["generator"].item(), [parameter.grad for parameter in generator.parameters()]


@pytest.mark.claim("E7")
def test_e7_the_loss_is_the_squared_distance_of_the_mean_features():
    torch.manual_seed(0)
    x, z = torch.randn(5, 2, dtype=torch.float64), torch.randn(9, 2, dtype=torch.float64)
    generator = MLPGenerator(depth=0).double()
    loss, (in_weight, in_bias) = match(generator, x, z)
    gap = generator(z).mean(0) - x.mean(0)
    assert loss == pytest.approx(gap.square().sum().item(), rel=1e-12)
    torch.testing.assert_close(in_bias, 2 * gap.detach())
    torch.testing.assert_close(in_weight, 2 * gap.detach()[:, None] * z.mean(0))
    one = match(generator, x, z, features=lambda discriminator, points: points[:, :1])[0]
    assert one == pytest.approx(gap[0].item() ** 2, rel=1e-12)


@pytest.mark.claim("E7")
def test_e7_it_matches_means_only_and_does_not_try_to_fool_d():
    # A generator of one point, the mean, has loss 0 and no slope, however well D tells it from the data.
    x = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)
    generator = MLPGenerator(depth=0).double()
    for parameter in generator.parameters():
        nn.init.zeros_(parameter)
    discriminator = Features()
    discriminator.output.weight.data.fill_(50.0)
    loss, gradients = match(generator, x, torch.randn(4, 2, dtype=torch.float64), discriminator)
    assert loss == 0 and not any(gradient.any() for gradient in gradients)


@pytest.mark.claim("E7")
def test_e7_the_floor_of_two_batches_of_one_law():
    torch.manual_seed(0)
    generator = MLPGenerator(depth=0).double()
    with torch.no_grad():
        generator.layers.output.weight.copy_(torch.eye(2))
        nn.init.zeros_(generator.layers.output.bias)
    losses = [match(generator, *torch.randn(2, 10, 2, dtype=torch.float64))[0] for _ in range(500)]
    # (1/10 + 1/10) · 2, with the variance of a scaled χ² of two degrees of freedom.
    assert np.mean(losses) == pytest.approx(0.4, abs=4 * 0.4 / 500**0.5)


def test_the_features_are_what_the_output_layer_takes_in():
    torch.manual_seed(0)
    discriminator, x = MLPDiscriminator(in_dim=4, width=7), torch.randn(6, 2)
    hidden = last_hidden(Packed(InstanceNoise(discriminator, 0.0), 2), x)
    assert hidden.shape == (3, 7)
    torch.testing.assert_close(discriminator.layers.output(hidden).squeeze(1), discriminator(x.reshape(3, 4)))
    spectral = spectral_norm_(MLPDiscriminator(width=7)).eval()
    torch.testing.assert_close(spectral.layers.output(last_hidden(spectral, x)).squeeze(1), spectral(x))
    convolutional = DCGANDiscriminator(28, width=4).eval()
    images = torch.rand(3, 1, 28, 28)
    hidden = last_hidden(convolutional, images)
    assert hidden.shape == (3, 16, 3, 3) and not convolutional.layers.output._forward_pre_hooks
    torch.testing.assert_close(convolutional.layers.output(hidden).flatten(), convolutional(images))


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: feature_matching(features="hidden"), "features: expected None or a function"),
        (
            lambda: last_hidden(nn.ReLU(), torch.zeros(2, 2)),
            "discriminator: expected a network with an output",
        ),
    ],
)
def test_bad_arguments_are_named(call, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        call()
