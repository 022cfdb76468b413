"""Gradient penalties against critics whose gradients are known by hand."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from gancourse.models import DCGANDiscriminator, MLPDiscriminator
from gancourse.penalties import clip_, gradient_penalty, r1, r2, roth

SHAPES = [(8, 2), (1, 5), (6, 3, 4, 4), (5, 1, 28, 28)]
DOUBLE = {"dtype": torch.float64}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def batches(shape):
    return torch.randn(shape, **DOUBLE), 3 + torch.randn(shape, **DOUBLE)


def smooth_critic():
    return MLPDiscriminator(in_dim=2, width=6, depth=2, activation=nn.Softplus).double()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("target", [1.0, 0.0, 2.5])
def test_linear_critic(shape, target):
    # The gradient is a at every sample, whatever the batch: a norm over the batch would grow with it.
    a = torch.randn(shape[1:], **DOUBLE)
    real, fake = batches(shape)
    penalty = gradient_penalty(lambda x: (x * a).flatten(1).sum(1), real, fake, target)
    torch.testing.assert_close(penalty, (a.norm() - target) ** 2)
    assert penalty.shape == ()


@pytest.mark.claim("E9")
@pytest.mark.parametrize("shape", SHAPES)
def test_quadratic_critic(shape):
    # D(x) = ½ xᵀ diag(h) x has gradient h x.
    h = torch.rand(shape[1:], **DOUBLE)
    real, fake = batches(shape)

    def critic(x):
        return 0.5 * (h * x * x).flatten(1).sum(1)

    def mean_square(x):
        return sum(float(((h * sample) ** 2).sum()) for sample in x) / len(x)

    assert r1(critic, real).item() == pytest.approx(mean_square(real), rel=1e-12)
    assert r2(critic, fake).item() == pytest.approx(mean_square(fake), rel=1e-12)


def test_points_lie_between_with_one_weight_per_sample():
    seen = []

    def critic(x):
        seen.append(x.detach())
        return 0.5 * x.square().flatten(1).sum(1)

    real, fake = batches((4000, 3, 2))
    penalty = gradient_penalty(critic, real, fake)
    weights = (seen[0] - fake) / (real - fake)
    assert (weights - weights[:, :1, :1]).abs().max() < 1e-9  # all pixels of a sample share theirs
    weights = weights[:, 0, 0]
    assert weights.min() > -1e-9 and weights.max() < 1 + 1e-9
    # Uniform on [0, 1]: mean ½, variance 1/12, so 4,000 of them stray by less than 5 standard errors.
    assert abs(weights.mean() - 0.5) < 5 * (1 / 12 / 4000) ** 0.5
    assert abs(weights.var() - 1 / 12) < 5 * (1 / 180 / 4000) ** 0.5
    by_hand = sum((float(x.norm()) - 1) ** 2 for x in seen[0]) / 4000
    assert penalty.item() == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(
    "penalty",
    [
        lambda critic, x, y: gradient_penalty(critic, x, y),
        lambda critic, x, y: gradient_penalty(critic, x, y, target=0.0),
        lambda critic, x, y: r1(critic, x),
        lambda critic, x, y: r2(critic, y),
        roth,
    ],
)
class TestAnyPenalty:
    def test_gradient_in_the_parameters_by_finite_differences(self, penalty):
        critic = smooth_critic()
        real, fake = batches((7, 2))

        def value():
            torch.manual_seed(5)  # the same mixing weights each time
            return penalty(critic, real, fake)

        value().backward()
        for name, parameter in critic.named_parameters():
            if name == "layers.output.bias" and penalty is not roth:  # whose weights depend on it
                assert parameter.grad is None or not parameter.grad.any()  # a constant has no gradient in x
                continue
            step, flat = 1e-6, parameter.data.view(-1)
            for i in range(0, len(flat), 5):
                flat[i] += step
                above = value().item()
                flat[i] -= 2 * step
                below = value().item()
                flat[i] += step
                slope = (above - below) / (2 * step)
                assert parameter.grad.view(-1)[i].item() == pytest.approx(slope, rel=1e-6, abs=1e-8), name

    def test_gradient_reaches_every_parameter_of_a_convolutional_critic(self, penalty):
        critic = DCGANDiscriminator(28, 1, width=4, normalise=False)
        real, fake = torch.rand(2, 6, 1, 28, 28) * 2 - 1
        (1e3 * penalty(critic, real, fake)).backward()
        for name, parameter in critic.named_parameters():
            if name.endswith("weight"):
                assert parameter.grad.abs().max() > 0, name
            assert parameter.grad is None or torch.isfinite(parameter.grad).all(), name

    def test_inputs_and_grad_are_left_alone(self, penalty):
        critic = smooth_critic()
        real, fake = batches((7, 2))
        fake.requires_grad_(True)
        copies = real.clone(), fake.detach().clone()
        sentinels = {name: torch.full_like(p, 7.0) for name, p in critic.named_parameters()}
        for name, parameter in critic.named_parameters():
            parameter.grad = sentinels[name].clone()
        value = penalty(critic, real, fake)
        assert all(torch.equal(p.grad, sentinels[name]) for name, p in critic.named_parameters())
        assert torch.equal(real, copies[0]) and torch.equal(fake, copies[1])
        assert not real.requires_grad and fake.requires_grad
        value.backward()
        assert real.grad is None and fake.grad is None  # the generator gets no gradient from it

    @pytest.mark.parametrize("flat", ["zero weights", "dead units", "bias only", "constant"])
    def test_flat_critic_is_not_nan(self, penalty, flat):
        critic = MLPDiscriminator(in_dim=2, width=6, depth=2, activation=nn.ReLU).double()
        function = critic
        if flat == "zero weights":
            nn.init.zeros_(critic.layers.output.weight)
        elif flat == "dead units":
            nn.init.constant_(critic.layers.hidden1.bias, -1e3)
        elif flat == "bias only":
            function = lambda x: critic.layers.output.bias.expand(len(x))  # noqa: E731
        else:
            function = lambda x: torch.zeros(len(x), **DOUBLE)  # noqa: E731
        real, fake = batches((7, 2))
        value = penalty(function, real, fake)
        assert value.item() in (0.0, 1.0)
        (value + sum(p.sum() for p in critic.parameters())).backward()
        for parameter in critic.parameters():
            assert torch.equal(parameter.grad, torch.ones_like(parameter))

    def test_partly_flat_critic_counts_each_sample(self, penalty):
        # relu(x₀) is flat on the left, of slope one on the right.
        real = torch.tensor([[-1.0, 0.0], [-2.0, 0.0], [-3.0, 0.0], [4.0, 0.0]], **DOUBLE)
        value = penalty(lambda x: torch.relu(x[:, 0]), real, real.clone())
        of_roth = (torch.sigmoid(torch.tensor([-4.0, 4.0], **DOUBLE)) ** 2).sum().item() / 4
        assert value.item() in (0.75, 0.25, pytest.approx(of_roth, rel=1e-14))

    def test_twice_differentiable(self, penalty):
        # What unrolled training needs: the gradient of the gradient of the penalty, a flat sample among them.
        weight = torch.tensor([0.3, -0.7], requires_grad=True, **DOUBLE)
        x = torch.tensor([[1.0, 2.0], [0.0, 0.0]], **DOUBLE)
        value = penalty(lambda s: ((s * weight).sum(1)) ** 2, x, x.clone())
        (slope,) = torch.autograd.grad(value, weight, create_graph=True)
        (curvature,) = torch.autograd.grad(slope.square().sum(), weight)
        assert torch.isfinite(slope).all() and torch.isfinite(curvature).all() and curvature.any()

    def test_under_no_grad_the_same_number_without_a_graph(self, penalty):
        critic = smooth_critic()
        real, fake = batches((7, 2))
        torch.manual_seed(1)
        with_graph = penalty(critic, real, fake)
        torch.manual_seed(1)
        with torch.no_grad():
            without = penalty(critic, real, fake)
        assert with_graph.requires_grad and not without.requires_grad
        assert with_graph.item() == without.item()

    def test_does_not_depend_on_how_often_the_batch_is_repeated(self, penalty):
        critic = smooth_critic()
        real = torch.randn(3, 2, **DOUBLE)
        once, often = (
            penalty(critic, real, real.clone()),
            penalty(critic, real.repeat(9, 1), real.repeat(9, 1)),
        )
        torch.testing.assert_close(once, often)

    def test_critic_with_a_column_of_logits_is_refused(self, penalty):
        real, fake = batches((7, 2))
        with pytest.raises(ValueError, match=r"^critic: expected an output with shape \(7,\).*\(7, 1\)"):
            penalty(lambda x: x[:, :1], real, fake)


# Roth's regulariser


@pytest.mark.claim("E9")
def test_roth_of_a_linear_discriminator():
    # v = a·x + b has gradient a at every sample; the weights are (1 − D)² on the data and D² on fakes.
    a, b = torch.randn(3, **DOUBLE), 0.3
    real, fake = torch.randn(5, 3, **DOUBLE), torch.randn(8, 3, **DOUBLE)
    on_real = [(1 / (1 + np.exp(float(x @ a) + b))) ** 2 for x in real]
    on_fake = [(1 / (1 + np.exp(-float(x @ a) - b))) ** 2 for x in fake]
    by_hand = float(a @ a) * (np.mean(on_real) + np.mean(on_fake))
    assert roth(lambda x: x @ a + b, real, fake).item() == pytest.approx(by_hand, rel=1e-12)


def test_roths_weights_are_differentiated_too():
    # v = ψx at x = ±1: Ω = 2ψ² σ(−ψ)². With the weights held fixed the slope would be 4ψ σ(−ψ)².
    psi = torch.tensor(0.8, requires_grad=True, **DOUBLE)
    one = torch.ones(1, 1, **DOUBLE)
    (slope,) = torch.autograd.grad(roth(lambda x: psi * x[:, 0], one, -one), psi)
    s = 1 / (1 + np.exp(0.8))
    assert slope.item() == pytest.approx(4 * 0.8 * s**2 - 4 * 0.8**2 * s**2 * (1 - s), rel=1e-12)


@pytest.mark.claim("E9")
def test_e9_noise_of_small_variance_adds_half_the_variance_times_roths_regulariser_at_the_best_d():
    # p = N(0, 1), q = N(0.8, 1.2²). The best logit is log p/q; expectations by 40,000 quantiles.
    u = (np.arange(40_000) + 0.5) / 40_000
    samples = {"real": stats.norm.ppf(u), "fake": 0.8 + 1.2 * stats.norm.ppf(u)}

    def best(x):
        return -(x**2) / 2 + (x - 0.8) ** 2 / (2 * 1.2**2) + np.log(1.2)

    def other(x):
        return best(x) + 0.5 * x

    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()

    def added(logit, std):
        """By how much noise raises D's loss: E softplus(∓v(x + ε)) less the same without noise."""
        total = 0.0
        for side, sign in (("real", -1), ("fake", 1)):
            x = samples[side]
            noisy = sum(
                w * np.logaddexp(0, sign * logit(x + std * e)) for e, w in zip(nodes, weights, strict=True)
            )
            total += (noisy - np.logaddexp(0, sign * logit(x))).mean()
        return total

    def omega(logit):
        real, fake = (torch.tensor(samples[side][:, None]) for side in ("real", "fake"))
        return roth(lambda x: logit(x[:, 0]), real, fake).item()

    errors = [added(best, std) / (std**2 / 2) / omega(best) - 1 for std in (0.2, 0.1, 0.05)]
    assert abs(errors[-1]) < 2e-3
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)  # what is left is of order std⁴
    # Away from the optimum the logit's Laplacian counts too, and the two are not the same.
    assert abs(added(other, 0.05) / (0.05**2 / 2) / omega(other) - 1) > 0.1


def test_unweighted():
    # For D(x) = 2x: R1 is 4, not 2 (no factor ½), and the penalty is (2 − 1)², not ten times that.
    x = torch.randn(4, 1, **DOUBLE)
    assert r1(lambda s: 2 * s[:, 0], x).item() == r2(lambda s: 2 * s[:, 0], x).item() == 4.0
    assert gradient_penalty(lambda s: 2 * s[:, 0], x, x).item() == 1.0


def test_clip_is_in_place_and_keeps_what_is_within():
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    module[1].running_mean.fill_(5.0)
    before = [p.detach().clone() for p in module.parameters()]
    kept = list(module.parameters())
    assert clip_(module, 0.1) is module
    for old, new, same in zip(before, module.parameters(), kept, strict=True):
        assert new is same and new.requires_grad
        assert torch.equal(new.detach(), old.clip(-0.1, 0.1))
    assert module[1].running_mean.eq(5.0).all()


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda c: gradient_penalty(c, torch.zeros(4, 2), torch.zeros(5, 2)), "fake"),
        (lambda c: gradient_penalty(c, torch.zeros(4, 2), torch.zeros(4, 1)), "fake"),
        (lambda c: gradient_penalty(c, torch.zeros(4, 2), torch.zeros(4, 2), target=-1.0), "target"),
        (lambda c: gradient_penalty(c, torch.zeros(4, 2), torch.zeros(4, 2), target=float("nan")), "target"),
        (lambda c: gradient_penalty(c, torch.zeros(4), torch.zeros(4)), "real"),
        (lambda c: gradient_penalty(c, torch.zeros(4, 2), [[0.0, 0.0]] * 4), "fake"),
        (lambda c: r1(c, torch.zeros(4, 2, dtype=torch.uint8)), "real"),
        (lambda c: r1(c, torch.zeros(0, 2)), "real"),
        (lambda c: r2(c, torch.zeros(4)), "fake"),
        (lambda c: roth(c, torch.zeros(4), torch.zeros(4, 2)), "real"),
        (lambda c: roth(c, torch.zeros(4, 2), torch.zeros(0, 2)), "fake"),
        (lambda c: clip_(c, 0.0), "bound"),
        (lambda c: clip_(c, -0.01), "bound"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=f"^{name}: expected .*, got "):
        call(MLPDiscriminator())
