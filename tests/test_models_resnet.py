"""The residual pair of the CIFAR-10 tables and the pair without norms: sizes as published, gradients."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gancourse.methods import spectral_norm_
from gancourse.models import (
    ConditionalBatchNorm,
    ConditionalDiscriminator,
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    NormFreeDiscriminator,
    NormFreeGenerator,
    ResNetDiscriminator,
    ResNetGenerator,
    count_parameters,
)

SHAPES = [(28, 1), (28, 3), (32, 3)]
NORMS = (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def one_hot(labels, classes):
    return F.one_hot(torch.as_tensor(labels), classes).float()


# The sizes, counted by hand from table 4 of arXiv 1802.05957


def convolution(a, b, side=3):
    return a * b * side**2 + b


def test_parameters_are_as_many_as_the_table_gives():
    g, d = 256, 128
    norm = 2 * g
    block = 2 * norm + 2 * convolution(g, g) + convolution(g, g, 1)
    project = 128 * 16 * g + 16 * g
    assert count_parameters(ResNetGenerator()) == project + 3 * block + norm + convolution(g, 3) == 4_276_739
    first = convolution(3, d) + convolution(d, d) + convolution(3, d, 1)
    halving, plain = 2 * convolution(d, d) + convolution(d, d, 1), 2 * convolution(d, d)
    assert count_parameters(ResNetDiscriminator()) == first + halving + 2 * plain + d == 1_053_824


def test_classes_cost_a_gain_and_a_shift_each_and_a_row_of_the_projection():
    plain, told = ResNetGenerator(width=16), ResNetGenerator(width=16, classes=10)
    assert count_parameters(told) - count_parameters(plain) == 6 * 2 * 16 * (10 - 1)
    plain, told = ResNetDiscriminator(width=16), ResNetDiscriminator(width=16, classes=10)
    assert count_parameters(told) - count_parameters(plain) == 10 * 16


@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize(("size", "channels"), SHAPES)
def test_the_residual_pair_fits_together(size, channels, classes):
    generator = ResNetGenerator(size, channels, noise_dim=8, width=6, classes=classes)
    discriminator = ResNetDiscriminator(size, channels, width=5, classes=classes)
    z = generator.noise(4)
    assert z.shape == (4, 8 + classes)
    images, y = generator(z), generator.labels(z)
    assert images.shape == (4, channels, size, size) and images.abs().max() <= 1
    assert (y is None) == (classes == 0)
    assert (discriminator(images, y) if classes else discriminator(images)).shape == (4,)


@pytest.mark.parametrize("classes", [0, 3])
def test_gradient_reaches_every_parameter_of_the_residual_pair(classes):
    generator = ResNetGenerator(28, 1, noise_dim=8, width=6, classes=classes)
    discriminator = ResNetDiscriminator(28, 1, width=5, classes=classes)
    # in train mode a batch norm takes away the bias in front of it
    idle = {"blocks.0.conv1.bias", "blocks.1.conv1.bias", "blocks.2.conv1.bias", "blocks.2.conv2.bias",
            "blocks.2.shortcut.bias"}  # fmt: skip
    for training in (True, False):
        generator.train(training).zero_grad()
        discriminator.zero_grad()
        z = generator.noise(12)
        given = (generator.labels(z),) if classes else ()
        (discriminator(generator(z), *given) ** 2).sum().backward()
        for network in (generator, discriminator):
            for name, parameter in network.named_parameters():
                grad = parameter.grad.abs().max()
                assert torch.isfinite(grad), name
                if training and network is generator and name in idle:
                    assert grad < 1e-2 * max(p.grad.abs().max() for p in network.parameters()), name
                else:
                    assert grad > 0, name


def test_the_discriminator_halves_twice_and_has_no_norm():
    discriminator, sides = ResNetDiscriminator(32, 3, width=4), []
    for block in discriminator.blocks:
        block.register_forward_hook(lambda m, i, o: sides.append(o.shape[-1]))
    discriminator(torch.zeros(2, 3, 32, 32))
    assert sides == [16, 8, 8, 8]
    assert not any(isinstance(part, NORMS) for part in discriminator.modules())


def test_blocks_are_those_of_the_authors_code():
    """In their order: doubling before the 1 x 1 convolution, and halving after it."""
    torch.manual_seed(1)
    up = ResNetGenerator(width=5).blocks[0].eval()
    x = torch.randn(3, 5, 4, 4)
    h = F.interpolate(F.relu(up.norm1(x)), scale_factor=2)
    h = up.conv2(F.relu(up.norm2(up.conv1(h))))
    assert torch.allclose(up(x, None), h + up.shortcut(F.interpolate(x, scale_factor=2)), atol=1e-5)
    blocks = ResNetDiscriminator(channels=3, width=5).blocks
    x = torch.randn(3, 3, 8, 8)
    h = F.avg_pool2d(blocks.block1.conv2(F.relu(blocks.block1.conv1(x))), 2)
    assert torch.allclose(blocks.block1(x), h + blocks.block1.shortcut(F.avg_pool2d(x, 2)), atol=1e-5)
    x = torch.randn(3, 5, 8, 8)
    h = F.avg_pool2d(blocks.block2.conv2(F.relu(blocks.block2.conv1(F.relu(x)))), 2)
    assert torch.allclose(blocks.block2(x), h + F.avg_pool2d(blocks.block2.shortcut(x), 2), atol=1e-5)
    h = blocks.block3.conv2(F.relu(blocks.block3.conv1(F.relu(x))))
    assert torch.allclose(blocks.block3(x), h + x, atol=1e-5)


def test_weights_are_drawn_after_glorot():
    convolution = ResNetDiscriminator(width=64).blocks.block3.conv1
    bound = (2**0.5) * (6 / (2 * 64 * 9)) ** 0.5
    assert 0.98 * bound < convolution.weight.abs().max() <= bound and convolution.bias.abs().max() == 0
    project = ResNetGenerator(width=16).project.weight
    bound = (6 / (128 + 256)) ** 0.5
    assert 0.98 * bound < project.abs().max() <= bound


def test_28_pixels_are_the_middle_of_32():
    small, large = ResNetGenerator(28, 1, width=4).eval(), ResNetGenerator(32, 1, width=4).eval()
    small.load_state_dict(large.state_dict())
    z = small.noise(2)
    # the border sees the padding of another place
    assert torch.allclose(small(z)[:, :, 1:-1, 1:-1], large(z)[:, :, 3:-3, 3:-3], atol=1e-6)


def test_spectral_norm_holds_on_every_layer_the_classes_included():
    discriminator = spectral_norm_(ResNetDiscriminator(width=8, classes=10))
    for _ in range(40):  # a round of power iteration each
        discriminator(torch.zeros(1, 3, 32, 32), one_hot([0], 10))
    discriminator.eval()
    layers = [part for part in discriminator.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    assert len(layers) == 8 + 2 + 2
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2).item() == pytest.approx(1, abs=0.03)


# Classes


def test_a_conditional_batch_norm_scales_and_shifts_by_class():
    norm, plain = ConditionalBatchNorm(3, classes=2), nn.BatchNorm2d(3)
    x = torch.randn(8, 3, 4, 4)
    assert torch.allclose(norm(x, one_hot([0, 1] * 4, 2)), plain(x), atol=1e-6)
    with torch.no_grad():
        norm.gain.weight[:, 1], norm.shift.weight[:, 1] = 3.0, -2.0
    norm.eval(), plain.eval()
    assert torch.allclose(norm(x, one_hot([1] * 8, 2)), 3 * plain(x) - 2, atol=1e-5)
    halves = torch.full((8, 2), 0.5)
    assert torch.allclose(norm(x, halves), 2 * plain(x) - 1, atol=1e-5)


def test_the_noise_carries_a_class_drawn_uniformly_and_repeatably():
    generator = ResNetGenerator(width=4, noise_dim=6, classes=5)
    z = generator.noise(5_000, torch.Generator().manual_seed(3))
    assert torch.equal(z, generator.noise(5_000, torch.Generator().manual_seed(3)))
    y = generator.labels(z)
    assert y.shape == (5_000, 5) and torch.equal(y.sum(1), torch.ones(5_000))
    assert (y.mean(0) - 0.2).abs().max() < 5 * (0.2 * 0.8 / 5_000) ** 0.5
    assert abs(z[:, :6].std() - 1) < 0.03


def test_the_label_changes_the_image_and_the_logit():
    generator, discriminator = ResNetGenerator(width=6, classes=4), ResNetDiscriminator(width=6, classes=4)
    for norm in generator.modules():
        if isinstance(norm, ConditionalBatchNorm):
            nn.init.normal_(norm.gain.weight)
    generator.eval()
    z = generator.noise(3)
    other = torch.cat([z[:, :-4], z[:, -4:].roll(1, dims=1)], dim=1)
    assert (generator(z) - generator(other)).abs().mean() > 1e-3
    x = torch.randn(3, 3, 32, 32)
    kept = []
    discriminator.output.register_forward_pre_hook(lambda module, inputs: kept.append(inputs[0]))
    gap = discriminator(x, one_hot([0, 1, 2], 4)) - discriminator(x, one_hot([3, 3, 3], 4))
    rows = discriminator.project.weight.T  # (classes, width)
    assert torch.allclose(gap, ((rows[:3] - rows[3]) * kept[0]).sum(1), atol=1e-4)


def test_any_pair_can_be_told_the_class():
    generator = ConditionalGenerator(DCGANGenerator(28, 1, noise_dim=6 + 3, width=4), classes=3)
    discriminator = ConditionalDiscriminator(DCGANDiscriminator(28, 1 + 3, width=4), classes=3)
    assert generator.noise_dim == 6
    z = generator.noise(3_000, torch.Generator().manual_seed(3))
    assert z.shape == (3_000, 9) and torch.equal(z, generator.noise(3_000, torch.Generator().manual_seed(3)))
    y = generator.labels(z)
    assert (
        torch.equal(y.sum(1), torch.ones(3_000)) and (y.mean(0) - 1 / 3).abs().max() < 5 * 0.47 / 3_000**0.5
    )
    assert torch.equal(generator.eval()(z[:4]), generator.generator(z[:4]))
    x = torch.randn(4, 1, 28, 28)
    stacked = torch.cat([x, torch.ones(4, 1, 28, 28), torch.zeros(4, 2, 28, 28)], dim=1)
    first = one_hot([0] * 4, 3)
    discriminator.eval()
    assert torch.equal(discriminator(x, first), discriminator.discriminator(stacked))
    assert not torch.equal(discriminator(x, first), discriminator(x, one_hot([1] * 4, 3)))
    with pytest.raises(
        ValueError, match="generator: expected a network from noise of more than 9 dimensions"
    ):
        ConditionalGenerator(DCGANGenerator(noise_dim=9), classes=9)
    with pytest.raises(ValueError, match=r"z: expected shape \(n, 9\)"):
        generator(torch.zeros(2, 6))
    with pytest.raises(ValueError, match=r"y: expected the classes of x, one-hot, with shape \(4, 3\)"):
        discriminator(x, torch.zeros(4, 2))


# Without norms


@pytest.mark.parametrize("fold", [1, 2])
@pytest.mark.parametrize(("size", "channels"), SHAPES)
def test_the_pair_without_norms_fits_together_and_every_parameter_learns(size, channels, fold):
    generator = NormFreeGenerator(size, channels, noise_dim=8, width=4, blocks=2, fold=fold)
    discriminator = NormFreeDiscriminator(size, channels, width=4, blocks=2, fold=fold)
    for network in (generator, discriminator):
        assert not any(isinstance(part, NORMS) for part in network.modules())
        for name, parameter in network.named_parameters():
            if name.endswith("conv2.weight"):
                assert parameter.abs().max() == 0, name
                nn.init.normal_(parameter, 0, 0.05)  # zero at first, it lets no gradient through to conv1
    images = generator(generator.noise(4))
    assert images.shape == (4, channels, size, size)
    logits = discriminator(images)
    assert logits.shape == (4,)
    logits.square().sum().backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_without_norms_both_networks_start_linear_at_a_sensible_scale():
    generator, discriminator = NormFreeGenerator(width=8), NormFreeDiscriminator(width=8)
    a, b = generator.noise(30), generator.noise(30)
    assert torch.allclose(generator(a + b), generator(a) + generator(b), atol=1e-4)
    x, y = torch.randn(2, 30, 3, 32, 32)
    assert torch.allclose(discriminator(x + y), discriminator(x) + discriminator(y), atol=1e-4)
    assert 0.2 < generator(a).std() < 2 and 0.1 < discriminator(generator(a)).std() < 3


def test_pixels_are_clipped_where_they_are_looked_at_and_have_a_gradient_where_they_are_learned():
    generator = NormFreeGenerator(28, 1, width=4)
    nn.init.constant_(generator.output.bias, 5.0)
    z = generator.noise(3)
    assert generator(z).max() > 1.5 and generator.eval()(z).max() == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ResNetGenerator(size=64), "size: expected 28 or 32, got 64"),
        (lambda: ResNetGenerator(classes=-1), "classes: expected a whole number of at least 0"),
        (lambda: ResNetDiscriminator(width=0), "width: expected a whole number"),
        (lambda: NormFreeGenerator(size=30), "size: expected 28 or 32, got 30"),
        (lambda: NormFreeDiscriminator(blocks=0), "blocks: expected a whole number"),
        (lambda: NormFreeDiscriminator(fold=3), "fold: expected a whole number of at least 1 and at most 2"),
        (lambda: ResNetGenerator(width=4)(torch.zeros(2, 3)), r"z: expected shape \(n, 128\)"),
        (lambda: ResNetGenerator(width=4, classes=3)(torch.zeros(2, 128)), r"z: expected shape \(n, 131\)"),
        (
            lambda: ResNetDiscriminator(width=4)(torch.zeros(2, 3, 28, 28)),
            r"x: expected shape \(n, 3, 32, 32\)",
        ),
        (
            lambda: NormFreeDiscriminator(width=4)(torch.zeros(2, 1, 32, 32)),
            r"x: expected shape \(n, 3, 32, 32\)",
        ),
        (
            lambda: ResNetDiscriminator(width=4, classes=3)(torch.zeros(2, 3, 32, 32)),
            r"y: expected the classes of x, one-hot, with shape \(2, 3\), got None",
        ),
    ],
)
def test_bad_arguments_are_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
