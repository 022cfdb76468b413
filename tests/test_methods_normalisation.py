"""Spectral norm against a singular value decomposition, layer and batch norm against their definitions."""

import pytest
import torch
from torch import nn

from gancourse.methods import InstanceNoise, Packed, lipschitz_bound, spectral_norm_
from gancourse.models import DCGANDiscriminator, MLPDiscriminator, MLPGenerator, count_parameters
from gancourse.penalties import gradient_penalty


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def largest(weight):
    return torch.linalg.svdvals(weight.detach().flatten(1).double())[0].item()


def settled(network, x):
    """After many passes, in which u and v catch up with the weights."""
    for _ in range(300):
        network(x)
    return network.eval()


# Spectral norm


@pytest.mark.claim("E2")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_weight_is_divided_by_its_largest_singular_value(dtype):
    plain = MLPDiscriminator(width=16, depth=3).to(dtype)
    weights = {name: value.clone() for name, value in plain.state_dict().items()}
    critic = settled(spectral_norm_(plain), torch.randn(4, 2, dtype=dtype))
    for name in ("hidden1", "hidden2", "hidden3", "output"):
        weight, layer = weights[f"layers.{name}.weight"], getattr(critic.layers, name)
        expected = weight / torch.linalg.svdvals(weight)[0]
        torch.testing.assert_close(layer.weight, expected, rtol=1e-5, atol=1e-6)
        assert torch.equal(layer.bias, weights[f"layers.{name}.bias"])


@pytest.mark.claim("E2")
def test_a_convolution_is_taken_as_the_matrix_of_its_outputs():
    critic = DCGANDiscriminator(28, width=4, normalise=False)
    settled(spectral_norm_(critic), torch.rand(2, 1, 28, 28))
    layers = [module for module in critic.modules() if isinstance(module, nn.Conv2d)]
    assert len(layers) == 4
    for layer in layers:
        assert largest(layer.weight) == pytest.approx(1, abs=1e-3)


def test_a_transposed_convolution_has_its_outputs_second():
    layer = nn.ConvTranspose2d(3, 5, 4)
    settled(spectral_norm_(layer), torch.rand(1, 3, 2, 2))
    assert largest(layer.weight.transpose(0, 1)) == pytest.approx(1, abs=1e-3)


def test_in_train_mode_each_pass_iterates_once_and_in_eval_mode_none_does():
    critic = spectral_norm_(nn.Linear(6, 6))
    weight = torch.diag(torch.tensor([3.0, 2.9, 1.0, 0.5, 0.2, 0.1]))
    with torch.no_grad():
        critic.parametrizations.weight.original.copy_(weight)
    u, v = critic.parametrizations.weight[0]._u, critic.parametrizations.weight[0]._v.clone()
    x = torch.randn(2, 6)
    before = u.clone()
    critic.eval()
    fixed = critic(x)
    assert torch.equal(u, before) and torch.equal(critic(x), fixed)
    # The estimate is below σ until u and v have found the direction, so that the weight is above 1.
    assert largest(critic.weight) > 1.5
    critic.train()
    critic(x)
    torch.testing.assert_close(u, weight @ v / (weight @ v).norm())
    settled(critic, x)
    assert largest(critic.weight) == pytest.approx(1, abs=1e-4)


def test_it_is_put_on_once_and_the_network_trains_by_other_parameters():
    critic = MLPDiscriminator(width=8)
    count = count_parameters(critic)
    assert spectral_norm_(spectral_norm_(critic)) is critic
    names = dict(critic.named_parameters())
    assert "layers.hidden1.parametrizations.weight.original" in names and count_parameters(critic) == count
    assert len(critic.layers.hidden1.parametrizations.weight) == 1
    critic(torch.randn(5, 2)).square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in names.values())


# The Lipschitz bound


@pytest.mark.claim("E2")
def test_the_bound_is_the_product_of_the_singular_values_and_holds_for_pairs_of_points():
    critic = MLPDiscriminator(width=12, depth=2).double()
    layers = [critic.layers.hidden1, critic.layers.hidden2, critic.layers.output]
    by_hand = largest(layers[0].weight) * largest(layers[1].weight) * largest(layers[2].weight)
    assert lipschitz_bound(critic) == pytest.approx(by_hand, rel=1e-12)
    x, y = 3 * torch.randn(2, 4000, 2, dtype=torch.float64)
    slopes = (critic(x) - critic(y)).abs() / (x - y).norm(dim=1)
    assert 0 < slopes.max() <= by_hand
    assert lipschitz_bound(nn.Linear(3, 1)) > 0


@pytest.mark.claim("E2")
def test_with_spectral_norm_the_bound_is_one_whatever_the_weights_are():
    critic = MLPDiscriminator(width=12, depth=3)
    for parameter in critic.parameters():
        parameter.data *= 40
    assert lipschitz_bound(critic) > 1e4
    critic = settled(spectral_norm_(critic), torch.randn(4, 2)).train()
    u = critic.layers.hidden2.parametrizations.weight[0]._u.clone()
    assert lipschitz_bound(critic) == pytest.approx(1, abs=1e-3)
    assert critic.training and torch.equal(u, critic.layers.hidden2.parametrizations.weight[0]._u)


def test_wrappers_do_not_change_the_bound():
    critic = MLPDiscriminator(in_dim=4)
    assert lipschitz_bound(InstanceNoise(Packed(critic, 2), 0.3)) == lipschitz_bound(critic)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: spectral_norm_(nn.ReLU()), "network: expected a network with Linear layers or convolutions"),
        (lambda: spectral_norm_("critic"), "network: expected .*'critic'"),
        (lambda: lipschitz_bound(torch.tanh), "network: expected a network made of Linear"),
        (lambda: lipschitz_bound(MLPDiscriminator(normalise="layer")), "network: .*LayerNorm"),
        (lambda: lipschitz_bound(MLPDiscriminator(normalise="batch")), "network: .*BatchNorm1d"),
        (lambda: lipschitz_bound(MLPDiscriminator(activation=nn.GELU)), "network: .*GELU"),
        (
            lambda: lipschitz_bound(MLPDiscriminator(activation=lambda: nn.LeakyReLU(2))),
            "network: .*LeakyReLU",
        ),
        (lambda: lipschitz_bound(DCGANDiscriminator(width=4, normalise=False)), "network: .*Conv2d"),
    ],
)
def test_what_has_no_bound_is_named(call, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        call()


# The option of the perceptrons


def test_by_default_nothing_is_added():
    for make in (MLPGenerator, MLPDiscriminator):
        torch.manual_seed(3)
        plain = make()
        torch.manual_seed(3)
        named = make(normalise=None)
        assert list(plain.state_dict()) == [
            f"layers.{layer}.{part}"
            for layer in ("hidden1", "hidden2", "output")
            for part in ("weight", "bias")
        ]
        assert all(torch.equal(value, named.state_dict()[name]) for name, value in plain.state_dict().items())


@pytest.mark.parametrize("make", [MLPGenerator, MLPDiscriminator])
@pytest.mark.parametrize("kind, norm", [("batch", nn.BatchNorm1d), ("layer", nn.LayerNorm)])
def test_it_stands_between_each_hidden_layer_and_its_activation(make, kind, norm):
    network = make(width=5, depth=2, normalise=kind)
    order = ["hidden1", "norm1", "activation1", "hidden2", "norm2", "activation2", "output"]
    assert [name for name, _ in network.layers.named_children()] == order
    assert isinstance(network.layers.norm1, norm) and isinstance(network.layers.norm2, norm)
    # Batch norm takes away what a bias in front of it would add.
    assert (network.layers.hidden1.bias is None) is (network.layers.hidden2.bias is None) is (kind == "batch")
    network(torch.randn(7, 2)).square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in network.parameters())


@pytest.mark.claim("E2")
def test_layer_norm_normalises_a_sample_over_its_own_units():
    critic = MLPDiscriminator(width=8, depth=1, normalise="layer").double()
    x = torch.randn(6, 2, dtype=torch.float64)
    hidden = critic.layers.hidden1(x)
    centred = hidden - hidden.mean(1, keepdim=True)
    expected = centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(critic.layers.norm1(hidden), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.claim("E2")
def test_batch_norm_couples_the_samples_and_spoils_the_penalty_and_layer_norm_does_not():
    x = torch.randn(16, 2, dtype=torch.float64)
    for kind, apart in (("batch", False), ("layer", True), (None, True)):
        critic = MLPDiscriminator(width=8, normalise=kind).double()
        assert torch.allclose(critic(x)[:4], critic(x[:4])) is apart
        # The norm that the penalty must see: of each logit's gradient in its own sample.
        jacobian = torch.autograd.functional.jacobian(critic, x)
        alone = [jacobian[i, i] for i in range(len(x))]
        norms = torch.stack([gradient.norm() for gradient in alone])
        right = ((norms - 1) ** 2).mean()
        assert torch.allclose(gradient_penalty(critic, x, x), right) is apart


@pytest.mark.parametrize("make", [MLPGenerator, MLPDiscriminator])
@pytest.mark.parametrize("bad", ["instance", True, 1, nn.LayerNorm])
def test_another_norm_is_named(make, bad):
    with pytest.raises(ValueError, match="^normalise: expected one of 'batch', 'layer', got "):
        make(normalise=bad)
