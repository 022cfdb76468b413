"""The networks: shapes, ranges, gradients, and the rules that DCGAN is built by."""

import math
from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from gancourse.models import (
    CifarClassifier,
    DCGANDiscriminator,
    DCGANGenerator,
    DigitClassifier,
    MLPDiscriminator,
    MLPGenerator,
    count_parameters,
    dcgan_init_,
    down_block,
    flops,
    up_block,
)

IMAGES = [(size, channels) for size in (28, 32) for channels in (1, 3)]

PAIRS = {
    "mlp": (MLPGenerator, MLPDiscriminator),
    "mlp in one dimension": (
        partial(MLPGenerator, noise_dim=1, width=5, depth=1, out_dim=1),
        partial(MLPDiscriminator, in_dim=1, width=5, depth=3),
    ),
    "affine": (partial(MLPGenerator, depth=0), partial(MLPDiscriminator, depth=0)),
    **{
        f"dcgan {size} {channels}": (
            partial(DCGANGenerator, size, channels, noise_dim=8, width=4),
            partial(DCGANDiscriminator, size, channels, width=4),
        )
        for size, channels in IMAGES
    },
    "dcgan without norm": (
        partial(DCGANGenerator, width=4, normalise=False),
        partial(DCGANDiscriminator, width=4, normalise=False),
    ),
}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def of_type(module, *types):
    return [part for part in module.modules() if isinstance(part, types)]


@pytest.mark.parametrize("pair", PAIRS)
def test_pair_fits_together_and_gradient_reaches_every_parameter(pair):
    generator, discriminator = (make() for make in PAIRS[pair])
    z = generator.noise(6)
    assert z.shape == (6, generator.noise_dim) and isinstance(generator.noise_dim, int)
    logits = discriminator(generator(z))
    assert logits.shape == (6,)
    (logits**2).sum().backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None and parameter.grad.abs().max() > 0, name
            assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize(
    "make", [make for pair in PAIRS.values() for make in pair] + [DigitClassifier, CifarClassifier]
)
def test_same_seed_same_network_and_safetensors_round_trip(make, tmp_path):
    torch.manual_seed(3)
    first = make()
    torch.manual_seed(3)
    second = make()
    torch.manual_seed(4)
    other = make()
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key
    assert any(not torch.equal(v, other.state_dict()[k]) for k, v in first.state_dict().items())
    save_file(first.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    for key, value in first.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


@pytest.mark.parametrize("size, channels", IMAGES)
def test_images_have_their_shape_and_lie_between_minus_one_and_one(size, channels):
    generator = DCGANGenerator(size, channels, width=4)
    generator.layers.output.convolution.weight.data *= 1e4  # where a missing tanh would show
    images = generator(generator.noise(5))
    assert images.shape == (5, channels, size, size)
    assert images.min() == -1 and images.max() == 1


def test_pair_in_double_precision():
    generator, discriminator = DCGANGenerator(width=4).double(), DCGANDiscriminator(width=4).double()
    z = generator.noise(3)
    assert z.dtype == torch.float64 and discriminator(generator(z)).dtype == torch.float64


def test_noise_is_standard_normal_and_follows_its_generator():
    generator = MLPGenerator(noise_dim=3)
    z = generator.noise(40_000, torch.Generator().manual_seed(1))
    assert torch.equal(z, generator.noise(40_000, torch.Generator().manual_seed(1)))
    assert not torch.equal(z, generator.noise(40_000))
    assert z.mean(0).abs().max() < 5 / math.sqrt(40_000)
    assert (torch.cov(z.T) - torch.eye(3)).abs().max() < 5 * math.sqrt(2 / 40_000)


def test_noise_goes_to_the_networks_device():
    generator = MLPGenerator().to("meta")
    assert generator.noise(2).device.type == "meta"
    assert generator.noise(2, torch.Generator().manual_seed(0)).device.type == "meta"


# E13, rule by rule, read off the modules.


@pytest.mark.claim("E13")
@pytest.mark.parametrize("size, channels", IMAGES)
def test_e13_strided_convolutions_and_no_pooling(size, channels):
    generator, discriminator = (
        DCGANGenerator(size, channels, width=4),
        DCGANDiscriminator(size, channels, width=4),
    )
    resampling = (nn.MaxPool2d, nn.AvgPool2d, nn.Upsample, nn.AdaptiveAvgPool2d, nn.PixelShuffle)
    for network, kind in ((generator, nn.ConvTranspose2d), (discriminator, nn.Conv2d)):
        assert not of_type(network, *resampling)
        strides = [part.stride for part in of_type(network, kind)]
        assert strides.count((2, 2)) == 3 and len(strides) == 4
    sides = []
    hooks = [
        stage.register_forward_hook(lambda m, i, o: sides.append(o.shape[-1])) for stage in generator.layers
    ]
    generator(generator.noise(2))
    assert sides == {28: [4, 7, 14, 28], 32: [4, 8, 16, 32]}[size]
    for hook in hooks:
        hook.remove()


@pytest.mark.claim("E13")
@pytest.mark.parametrize("size, channels", IMAGES)
def test_e13_batch_norm_everywhere_but_the_output_of_g_and_the_input_of_d(size, channels):
    generator, discriminator = (
        DCGANGenerator(size, channels, width=4),
        DCGANDiscriminator(size, channels, width=4),
    )
    *inner, output = generator.layers
    assert all(len(of_type(stage, nn.BatchNorm2d)) == 1 for stage in inner)
    assert not of_type(output, nn.BatchNorm2d)
    first, *inner, last = discriminator.layers
    assert not of_type(first, nn.BatchNorm2d) and not of_type(last, nn.BatchNorm2d)
    assert inner and all(len(of_type(stage, nn.BatchNorm2d)) == 1 for stage in inner)


@pytest.mark.claim("E13")
@pytest.mark.parametrize("size, channels", IMAGES)
def test_e13_no_hidden_dense_layers(size, channels):
    generator, discriminator = (
        DCGANGenerator(size, channels, width=4),
        DCGANDiscriminator(size, channels, width=4),
    )
    assert not of_type(generator, nn.Linear) and not of_type(discriminator, nn.Linear)
    # A dense layer in disguise is a convolution whose kernel fills its input: G's first and D's last only.
    kernels = [part.kernel_size for part in of_type(generator, nn.ConvTranspose2d)]
    assert kernels[0] == (4, 4) and kernels[2:] == [(4, 4), (4, 4)]
    assert kernels[1] == ({28: 3, 32: 4}[size],) * 2  # 4 pixels to 7, or to 8
    kernels = [part.kernel_size for part in of_type(discriminator, nn.Conv2d)]
    assert kernels[-1] == ({28: 3, 32: 4}[size],) * 2 and set(kernels[:-1]) == {(4, 4)}
    assert of_type(discriminator, nn.Conv2d)[-1].out_channels == 1


@pytest.mark.claim("E13")
@pytest.mark.parametrize("size, channels", IMAGES)
def test_e13_relu_and_tanh_in_g_leaky_relu_in_d(size, channels):
    generator, discriminator = (
        DCGANGenerator(size, channels, width=4),
        DCGANDiscriminator(size, channels, width=4),
    )
    activations = of_type(generator, nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid)
    assert [type(a) for a in activations] == [nn.ReLU] * (len(activations) - 1) + [nn.Tanh]
    assert len(activations) == len(generator.layers)
    activations = of_type(discriminator, nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid)
    assert [(type(a), a.negative_slope) for a in activations] == [(nn.LeakyReLU, 0.2)] * (
        len(discriminator.layers) - 1
    )


@pytest.mark.claim("E13")
@pytest.mark.parametrize(
    "network", [partial(DCGANGenerator, 32, width=32), partial(DCGANDiscriminator, 32, width=32)]
)
def test_e13_weights_start_at_the_published_scale(network):
    network = network()
    weights = torch.cat(
        [c.weight.flatten() for c in of_type(network, nn.Conv2d, nn.ConvTranspose2d)]
    ).detach()
    gains = torch.cat([b.weight for b in of_type(network, nn.BatchNorm2d)]).detach()
    standard_error = 0.02 / math.sqrt(2 * len(weights))
    assert abs(weights.std() - 0.02) < 5 * standard_error and abs(weights.mean()) < 5 * 0.02 / math.sqrt(
        len(weights)
    )
    assert abs(gains.mean() - 1) < 5 * 0.02 / math.sqrt(len(gains))
    assert abs(gains.std() - 0.02) < 5 * 0.02 / math.sqrt(2 * len(gains))
    for part in of_type(network, nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d):
        assert part.bias is None or not part.bias.any()


def test_dcgan_init_also_reaches_dense_layers():
    layer = dcgan_init_(nn.Linear(500, 500))
    assert abs(layer.weight.std() - 0.02) < 5 * 0.02 / math.sqrt(2 * 250_000) and not layer.bias.any()


@pytest.mark.parametrize("size", [28, 32])
def test_discriminator_without_norm_judges_each_sample_by_itself(size):
    x = torch.rand(8, 1, size, size) * 2 - 1
    alone = DCGANDiscriminator(size, width=4, normalise=False)
    assert torch.allclose(alone(x)[:1], alone(x[:1]), atol=1e-6)
    assert not of_type(alone, nn.BatchNorm2d)
    mixed = DCGANDiscriminator(size, width=4)
    assert not torch.allclose(mixed(x)[:1], mixed(x[:1]), atol=1e-6)


@pytest.mark.parametrize("normalise", [True, False])
def test_blocks_double_and_halve(normalise):
    x = torch.randn(2, 3, 6, 10)
    assert up_block(3, 5, normalise=normalise)(x).shape == (2, 5, 12, 20)
    assert down_block(3, 5, normalise=normalise)(x).shape == (2, 5, 3, 5)
    assert up_block(3, 5, normalise=normalise)(x).min() >= 0
    for block in (up_block(3, 5, normalise=normalise), down_block(3, 5, normalise=normalise)):
        assert bool(of_type(block, nn.BatchNorm2d)) is normalise
        assert (block.convolution.bias is None) is normalise


def test_a_block_of_ones_own_is_used():
    def block(in_channels, out_channels, *, kernel, normalise):
        return nn.Sequential(
            nn.Upsample(scale_factor=2), nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()
        )

    generator = DCGANGenerator(32, width=4, block=block)
    assert len(of_type(generator, nn.Upsample)) == 2
    assert generator(generator.noise(2)).shape == (2, 1, 32, 32)
    relu = DCGANDiscriminator(width=4, block=partial(down_block, activation=nn.ReLU))
    assert not of_type(relu, nn.LeakyReLU) and len(of_type(relu, nn.ReLU)) == 3


def test_prints_by_the_names_of_its_parts():
    text = repr(DCGANGenerator(32))
    for word in ("project", "up1", "up2", "output", "convolution", "norm", "activation", "Tanh"):
        assert word in text
    assert "hidden2" in repr(MLPDiscriminator())


def test_activation_is_what_was_asked_for():
    assert len(of_type(MLPGenerator(activation=nn.Tanh), nn.Tanh)) == 2
    assert [a.negative_slope for a in of_type(MLPDiscriminator(), nn.LeakyReLU)] == [0.2, 0.2]


CLASSIFIERS = [
    (DigitClassifier, (1, 28, 28), 64, 60_986, 400_000),
    (CifarClassifier, (3, 32, 32), 192, 828_634, 4_000_000),
]


@pytest.mark.parametrize("make, shape, width, parameters, size", CLASSIFIERS)
def test_classifier_features_lead_to_logits(make, shape, width, parameters, size):
    classifier = make().eval()
    x = torch.rand(7, *shape) * 2 - 1
    features = classifier.features(x)
    assert features.shape == (7, classifier.feature_dim) == (7, width)
    assert features.min() >= 0 and features.std(0).max() > 0
    assert classifier(x).shape == (7, 10)
    assert torch.equal(classifier(x), classifier.classes(features))


@pytest.mark.parametrize("make, shape, width, parameters, size", CLASSIFIERS)
def test_classifier_is_small_and_every_parameter_learns(make, shape, width, parameters, size):
    classifier = make()
    x, labels = torch.rand(20, *shape) * 2 - 1, torch.arange(20) % 10
    nn.functional.cross_entropy(classifier(x), labels).backward()
    assert all(p.grad.abs().max() > 0 for p in classifier.parameters())
    assert count_parameters(classifier) == parameters
    assert f"{parameters:,} parameters" in make.__doc__
    assert sum(t.numel() * t.element_size() for t in classifier.state_dict().values()) < size


def test_classifier_learns_real_features_of_an_easy_task():
    # Ten classes told apart by where one bright square lies.
    labels = torch.arange(100) % 10
    x = -torch.ones(100, 1, 28, 28)
    for i, label in enumerate(labels.tolist()):
        row, column = divmod(label, 4)
        x[i, 0, 7 * row + 1 : 7 * row + 6, 7 * column + 1 : 7 * column + 6] = 1
    x += 0.1 * torch.randn_like(x)
    classifier = DigitClassifier()
    optimiser = torch.optim.Adam(classifier.parameters(), lr=3e-3)
    for _ in range(30):
        optimiser.zero_grad()
        nn.functional.cross_entropy(classifier(x), labels).backward()
        optimiser.step()
    with torch.no_grad():
        assert (classifier(x).argmax(1) == labels).float().mean() == 1


def test_counts_by_hand():
    # 2·5 + 5, 5·5 + 5, 5·1 + 1
    network = MLPDiscriminator(in_dim=2, width=5, depth=2)
    assert count_parameters(network) == 15 + 30 + 6
    network.layers.hidden1.weight.requires_grad_(False)
    assert count_parameters(network) == 5 + 30 + 6
    assert flops(network, torch.zeros(3, 2)) == 2 * 3 * (2 * 5 + 5 * 5 + 5 * 1)
    # 14·14 outputs weigh 4·4·1 numbers into 4 channels; 7·7 weigh 4·4·4 into 8; 3·3 weigh 4·4·8 into 16; the
    # last weighs all 3·3·16.
    discriminator = DCGANDiscriminator(28, 1, width=4)
    expected = 2 * (14 * 14 * 16 * 1 * 4 + 7 * 7 * 16 * 4 * 8 + 3 * 3 * 16 * 8 * 16 + 3 * 3 * 16)
    assert flops(discriminator, torch.zeros(1, 1, 28, 28)) == expected
    convolutions = (16 * 4 + 4) + (16 * 4 * 8 + 16) + (16 * 8 * 16 + 32) + (3 * 3 * 16 + 1)
    assert count_parameters(discriminator) == convolutions


def test_counting_leaves_the_network_alone():
    generator = DCGANGenerator(width=4)
    before = {k: v.clone() for k, v in generator.state_dict().items()}
    assert flops(generator, generator.noise(2)) > 0
    assert all(torch.equal(v, before[k]) for k, v in generator.state_dict().items())
    assert all(p.grad is None for p in generator.parameters())


@pytest.mark.parametrize(
    "make, name, value",
    [
        (lambda: MLPGenerator(noise_dim=0), "noise_dim", "0"),
        (lambda: MLPGenerator(width=2.5), "width", "2.5"),
        (lambda: MLPGenerator(depth=-1), "depth", "-1"),
        (lambda: MLPGenerator(out_dim="2"), "out_dim", "'2'"),
        (lambda: MLPGenerator(activation=nn.ReLU()), "activation", "ReLU"),
        (lambda: MLPGenerator(activation="relu"), "activation", "'relu'"),
        (lambda: MLPGenerator().noise(0), "n", "0"),
        (lambda: MLPGenerator()(torch.zeros(4, 3)), "z", r"\(4, 3\)"),
        (lambda: MLPDiscriminator(in_dim=True), "in_dim", "True"),
        (lambda: MLPDiscriminator()(torch.zeros(4, 1, 2)), "x", r"\(4, 1, 2\)"),
        (lambda: DCGANGenerator(size=64), "size", "28 or 32, got 64"),
        (lambda: DCGANGenerator(channels=0), "channels", "0"),
        (lambda: DCGANGenerator(width=-4), "width", "-4"),
        (lambda: DCGANGenerator(noise_dim=8)(torch.zeros(4, 8, 1, 1)), "z", r"\(4, 8, 1, 1\)"),
        (lambda: DCGANDiscriminator(size="28"), "size", "'28'"),
        (lambda: DCGANDiscriminator()(torch.zeros(4, 1, 32, 32)), "x", r"\(4, 1, 32, 32\)"),
        (lambda: DigitClassifier()(torch.zeros(4, 3, 28, 28)), "x", r"\(4, 3, 28, 28\)"),
        (lambda: DigitClassifier().features(torch.zeros(4, 784)), "x", r"\(4, 784\)"),
        (lambda: CifarClassifier()(torch.zeros(4, 3, 28, 28)), "x", r"\(4, 3, 28, 28\)"),
        (lambda: CifarClassifier().features(torch.zeros(4, 32, 32, 3)), "x", r"\(4, 32, 32, 3\)"),
    ],
)
def test_bad_arguments_are_named(make, name, value):
    with pytest.raises(ValueError, match=f"^{name}: expected .*{value}"):
        make()
