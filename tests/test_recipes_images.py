"""The recipes for images: they train on every shape, with the published constants, and resume exactly."""

import importlib
import inspect

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from gancourse.data import Images
from gancourse.methods import conditional, labelled
from gancourse.objectives import OBJECTIVES
from gancourse.penalties import gradient_penalty, r1, r2
from gancourse.recipes import RECIPES
from gancourse.recipes._adam import adam
from gancourse.training import train

SHAPES = {"grey": (1, 28), "stacked": (3, 28), "colour": (3, 32)}
every_recipe = pytest.mark.parametrize("name", RECIPES)


def images(kind="grey", n=40, classes=4):
    channels, side = SHAPES[kind]
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, channels, side, side), dtype=np.uint8)
    return Images(pixels, np.arange(n) % classes, tuple("abcdefgh"[:classes]))


def recipe(name):
    return getattr(importlib.import_module(f"gancourse.recipes.{name}"), name)


def run(arguments, **more):
    return train(**arguments | {"progress": False, "threads": 1, "device": "cpu"} | more)


def weights(arguments):
    networks = [arguments["generator"], arguments["discriminator"]]
    return {
        f"{i} {name}": w.clone()
        for i, network in enumerate(networks)
        for name, w in network.named_parameters()
    }


# Every recipe


@every_recipe
@pytest.mark.parametrize("kind", SHAPES)
def test_every_weight_learns_on_every_kind_of_image(name, kind):
    arguments = recipe(name)(images(kind), steps=20, batch=4, width=4)
    before = weights(arguments)
    history = run(arguments, steps=3)
    assert np.isfinite(history.discriminator_loss).all() and history.averaged_generator is not None
    for label, weight in weights(arguments).items():
        # where only differences of logits count, what adds a constant to all of them stays
        still = (name, label) in {("wgan", "1 layers.output.bias"), ("modern", "1 stages.2.0.conv2.bias")}
        assert torch.isfinite(weight).all() and torch.equal(weight, before[label]) == still, label
    generator = history.averaged_generator
    shown = generator(generator.noise(2))
    channels, side = SHAPES[kind]
    assert shown.shape == (2, channels, side, side) and shown.abs().max() <= 1


@every_recipe
def test_a_resumed_recipe_gives_the_numbers_of_an_uninterrupted_one(name, tmp_path):
    def made():
        return recipe(name)(images(), steps=4, batch=4, width=4)

    whole, first, second = made(), made(), made()
    expected = run(whole)
    run(first, steps=2, checkpoint=tmp_path)
    found = run(second, checkpoint=tmp_path, resume=True)
    assert found.completed == 4
    assert np.array_equal(found.generator_loss, expected.generator_loss)
    for label, weight in weights(whole).items():
        assert torch.equal(weight, weights(second)[label]), label


@every_recipe
def test_the_seed_settles_the_weights_and_leaves_the_callers_random_numbers_alone(name):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second, other = (weights(recipe(name)(images(), width=4, seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(weight, second[label]) for label, weight in first.items())
    assert any(not torch.equal(weight, other[label]) for label, weight in first.items())


@every_recipe
def test_a_recipe_documents_itself_and_says_what_it_cannot_take(name):
    function = recipe(name)
    assert "arXiv" in function.__doc__ and f"train(**{name}(images))" in function.__doc__
    assert list(inspect.signature(function).parameters) == ["images", "steps", "batch", "width", "seed"]
    assert set(importlib.import_module(f"gancourse.recipes.{name}").WIDTH) == {"ci", "cpu", "gpu"}
    with pytest.raises(ValueError, match="images: expected gancourse.data.Images"):
        function(np.zeros((4, 1, 28, 28)))
    with pytest.raises(ValueError, match="images: expected images of 28 x 28 or 32 x 32 pixels"):
        function(Images(np.zeros((4, 1, 16, 16), np.uint8), np.zeros(4, np.int64), ("a",)))
    with pytest.raises(ValueError, match="width: expected a whole number"):
        function(images(), width=0)


# The published constants


@pytest.mark.parametrize(
    ("name", "batch", "k", "objective", "optimizer", "rate", "betas", "width"),
    [
        ("dcgan", 128, 1, "non_saturating", "Adam", 2e-4, (0.5, 0.999), (128, 128)),
        ("dcgan_conditional", 32, 1, "non_saturating", "Adam", (2e-3, 5e-4), (0.5, 0.999), None),
        ("wgan", 64, 5, "wasserstein", "RMSprop", 5e-5, None, (128, 128)),
        ("wgan_gp", 64, 5, "wasserstein", "Adam", 2e-4, (0.0, 0.9), (256, 128)),
        ("sngan", 64, 5, "hinge", "Adam", 2e-4, (0.0, 0.9), (256, 128)),
        ("sngan_conditional", 64, 5, "hinge", "Adam", 2e-4, (0.0, 0.9), (256, 128)),
    ],
)
def test_constants_are_those_of_the_papers(
    name, batch, k, objective, optimizer, rate, betas, width, monkeypatch
):
    monkeypatch.setenv("GANCOURSE_PROFILE", "gpu")  # where the networks are as published
    made = recipe(name)(images("colour"))
    assert (made["batch"], made["objective"]) == (batch, objective)
    if "conditional" in name:
        assert f"discriminator_steps={k}" in made["step"].__qualname__
    else:
        assert made.get("discriminator_steps", 1) == k
    rates = rate if isinstance(rate, tuple) else (rate, rate)
    for player, rate in zip(("generator", "discriminator"), rates, strict=True):
        if "learning_rate" in made:
            assert made["learning_rate"] == rate and betas == (0.5, 0.999)  # those of train's own Adam
            continue
        built = made[f"{player}_optimizer"](made[player].parameters())
        group = built.param_groups[0]
        assert (type(built).__name__, group["lr"], group.get("betas")) == (optimizer, rate, betas)
    if width is not None and name not in ("dcgan", "wgan"):
        assert (made["generator"].width, made["discriminator"].width) == width


def test_wgan_clips_every_weight_into_a_hundredth():
    made = recipe("wgan")(images(), batch=4, width=4)
    run(made, steps=2)
    largest = max(w.abs().max().item() for w in made["discriminator"].parameters())
    assert largest == pytest.approx(0.01)


def test_wgan_gp_weighs_its_penalty_ten_times_and_has_no_norm_in_the_critic():
    made = recipe("wgan_gp")(images(), width=4)
    critic = made["discriminator"]
    real, fake = torch.randn(2, 5, 1, 28, 28)
    torch.manual_seed(0)
    found = made["penalty"](critic, real, fake)
    torch.manual_seed(0)
    assert found.item() == pytest.approx(10 * gradient_penalty(critic, real, fake).item())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in critic.modules())


@pytest.mark.parametrize(("kind", "gamma"), [("grey", 1.0), ("stacked", 1.0), ("colour", 0.05)])
def test_modern_penalises_both_gradients_with_half_of_gamma(kind, gamma):
    made = recipe("modern")(images(kind), width=4)
    critic = made["discriminator"]
    for block in critic.modules():  # not linear
        if hasattr(block, "conv2"):
            nn.init.normal_(block.conv2.weight, 0, 0.1)
    real, fake = torch.randn(2, 6, *SHAPES[kind][:1], *SHAPES[kind][1:] * 2)
    expected = gamma / 2 * (r1(critic, real) + r2(critic, fake))
    assert made["penalty"](critic, real, fake).item() == pytest.approx(expected.item(), rel=1e-5)
    assert made["objective"] == "relativistic" and OBJECTIVES["relativistic"].paired


@pytest.mark.parametrize("name", ["sngan", "sngan_conditional"])
def test_spectral_norm_holds_while_it_trains(name):
    made = recipe(name)(images(), batch=4, width=4)
    run(made, steps=12)
    critic = made["discriminator"].eval()
    layers = [part for part in critic.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    assert layers and all(parametrize.is_parametrized(layer, "weight") for layer in layers)
    for layer in layers:
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2).item()
        original = layer.parametrizations.weight.original
        assert norm == pytest.approx(1, abs=0.05), layer
        assert torch.linalg.matrix_norm(original.flatten(1), ord=2).item() != pytest.approx(1, abs=0.05)


# The rate


def test_the_rate_falls_to_zero_by_the_end_and_goes_on_where_it_was():
    weight = nn.Parameter(torch.ones(3))

    def rates(optimizer, n):
        found = []
        for _ in range(n):
            weight.grad = torch.ones(3)
            optimizer.step()
            found.append(optimizer.param_groups[0]["lr"])
        return found

    make = adam(0.1, betas=(0.0, 0.9), updates=10, hold=0.2)
    optimizer = make([weight])
    assert optimizer.param_groups[0]["lr"] == 0.1
    expected = [0.1 * min(1, (1 - t / 10) / 0.8) for t in range(10)]
    first = rates(optimizer, 4)
    other = make([weight])
    other.load_state_dict(optimizer.state_dict())
    assert first + rates(other, 6) == pytest.approx(expected)
    assert rates(other, 2) == [0, 0]
    assert rates(adam(0.1)([weight]), 3) == [0.1] * 3


# Classes


def test_labelled_draws_images_with_their_classes():
    data = images(classes=4)
    x, y = labelled(data)(9, np.random.default_rng(3))
    which = np.random.default_rng(3).integers(40, size=9)
    assert x.dtype == y.dtype == np.float32 and y.shape == (9, 4)
    assert np.array_equal(y.argmax(1), data.labels[which]) and np.array_equal(y.sum(1), np.ones(9))
    assert np.array_equal(np.rint((x + 1) * 127.5), data.pixels[which])


class Told(nn.Module):
    """A discriminator of numbers, logit a·x + b·y, that counts its calls."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.calls = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(2)), []

    def forward(self, x, y):
        self.calls.append((x.detach().clone(), y.clone()))
        return x.flatten(1).sum(1) * self.a + y @ self.b


class Teller(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def noise(self, n, generator=None):
        return torch.cat([torch.ones(n, 1), torch.eye(2)[torch.arange(n) % 2]], dim=1)

    def labels(self, z):
        return z[:, 1:]

    def forward(self, z):
        return self.scale * z[:, :1]


@pytest.mark.parametrize("objective", ["non_saturating", "hinge", "relativistic"])
def test_the_conditional_step_is_the_game_on_pairs(objective):
    generator, discriminator = Teller(), Told()
    x, y = torch.full((4, 1), 3.0), torch.eye(2)[[1, 1, 0, 1]]
    step = conditional(discriminator_steps=2)
    losses = step(
        generator,
        discriminator,
        OBJECTIVES[objective],
        real=lambda: (x, y),
        noise=lambda: generator.noise(4),
        generator_optimizer=torch.optim.SGD(generator.parameters(), 0.0),
        discriminator_optimizer=torch.optim.SGD(discriminator.parameters(), 0.0),
    )
    real, fake = torch.full((4,), 4.0), torch.full((4,), 2.0)  # 3 + 1 and 1 + 1, whatever the class
    assert losses["discriminator"].item() == pytest.approx(
        OBJECTIVES[objective].discriminator(real, fake).item()
    )
    assert losses["generator"].item() == pytest.approx(OBJECTIVES[objective].generator(fake, real).item())
    asked = torch.eye(2)[[0, 1, 0, 1]]
    pairs = [(x, y), (torch.ones(4, 1), asked)]
    order = pairs * 2 + [pairs[1]] + ([pairs[0]] if objective == "relativistic" else [])
    assert len(discriminator.calls) == len(order)
    for (found, label), (expected, told) in zip(discriminator.calls, order, strict=True):
        assert torch.equal(found, expected) and torch.equal(label, told)


@pytest.mark.parametrize(("name", "steps"), [("sngan_conditional", 60), ("dcgan_conditional", 200)])
def test_the_class_decides_what_is_drawn(name, steps):
    dark_and_light = Images(
        np.repeat(np.array([10, 245], np.uint8), 20)[:, None, None, None] * np.ones((1, 1, 28, 28), np.uint8),
        np.repeat([0, 1], 20),
        ("dark", "light"),
    )
    made = recipe(name)(dark_and_light, steps=400, batch=16, width=4)
    made |= {"step": conditional(), "average": 0.9}
    made |= {f"{p}_optimizer": adam(2e-3, betas=(0.0, 0.9)) for p in ("generator", "discriminator")}
    generator = run(made, steps=steps).averaged_generator
    z = generator.noise(200, torch.Generator().manual_seed(0))
    brightness, label = generator(z).mean((1, 2, 3)), generator.labels(z).argmax(1)
    assert brightness[label == 1].mean() - brightness[label == 0].mean() > 0.5


def test_without_classes_the_conditional_step_says_what_is_missing():
    made = recipe("sngan_conditional")(images(), batch=4, width=4)
    with pytest.raises(ValueError, match="sample: expected a function that returns images and their classes"):
        run(made | {"sample": images().sample}, steps=1)
    with pytest.raises(ValueError, match="generator: expected one whose noise carries a class"):
        run(made | {"generator": recipe("sngan")(images(), width=4)["generator"]}, steps=1)
    with pytest.raises(ValueError, match="images: expected images of at most 100 classes"):
        many = images(n=101, classes=4)
        recipe("dcgan_conditional")(Images(many.pixels, np.arange(101), tuple(map(str, range(101)))))
    with pytest.raises(ValueError, match="discriminator_steps: expected a whole number"):
        conditional(discriminator_steps=0)
    with pytest.raises(ValueError, match="images: expected gancourse.data.Images"):
        labelled(np.zeros(3))
