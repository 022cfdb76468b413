"""Many seeds at once: a stack computes what its members compute, and trains as they train alone."""

import numpy as np
import pytest
import torch
from torch import nn

from gancourse import densities
from gancourse.ensemble import blocks, train_ensemble
from gancourse.history import TrainingDiverged
from gancourse.methods.instance_noise import InstanceNoise
from gancourse.models import MLPDiscriminator, MLPGenerator, stack, unstack_
from gancourse.penalties import clip_, gradient_penalty, r1
from gancourse.training import train

RING = densities.ring(modes=8)
SEEDS = (3, 0, 11)


def pairs(seeds=SEEDS, dtype=torch.float64, **shape):
    made = []
    for seed in seeds:
        torch.manual_seed(seed)
        made.append(
            (MLPGenerator(width=16, **shape).to(dtype), MLPDiscriminator(width=16, **shape).to(dtype))
        )
    return [list(networks) for networks in zip(*made, strict=True)]


def with_layers(*layers):
    """A stack and its members, each a sequence of those layers with weights of their own."""
    members = [nn.Sequential(*(layer() for layer in layers)).double() for _ in range(3)]
    for member in members:
        for name, value in member.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + ("var" in name))
    return stack(members), members


LAYERS = [
    [lambda: nn.Linear(4, 5), nn.Tanh, lambda: nn.Linear(5, 2)],
    [lambda: nn.Linear(4, 5, bias=False)],
    [lambda: nn.Linear(4, 5), lambda: nn.LayerNorm(5), nn.ReLU],
    [lambda: nn.LayerNorm(4, elementwise_affine=False)],
    [lambda: nn.LayerNorm(4, bias=False)],
    [lambda: nn.Linear(4, 5), lambda: nn.BatchNorm1d(5), nn.ReLU, lambda: nn.Linear(5, 1)],
    [lambda: nn.BatchNorm1d(4, affine=False)],
]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("layers", LAYERS)
def test_a_stack_computes_what_its_members_do(layers, training):
    torch.manual_seed(0)
    stacked, members = with_layers(*layers)
    x = torch.randn(3, 7, 4, dtype=torch.float64, requires_grad=True)
    for module in (stacked, *members):
        module.train(training)
    together = stacked(x.flatten(0, 1))
    alone = torch.cat([member(block) for member, block in zip(members, x, strict=True)])
    torch.testing.assert_close(together, alone, rtol=1e-12, atol=1e-12)
    weights = torch.randn_like(alone)
    slopes = torch.autograd.grad((together * weights).sum(), [x, *stacked.parameters()])
    torch.testing.assert_close(slopes[0], *torch.autograd.grad((alone * weights).sum(), x, retain_graph=True))
    for i, member in enumerate(members):
        if own := list(member.parameters()):
            theirs = torch.autograd.grad((alone * weights).sum(), own, retain_graph=True)
            for mine, their in zip(slopes[1:], theirs, strict=True):
                torch.testing.assert_close(mine[i], their)
    for name, value in stacked.state_dict().items():  # running averages too
        for i, member in enumerate(members):
            their = member.state_dict()[name]
            torch.testing.assert_close(value if value.shape == their.shape else value[i], their)


def test_a_stack_has_its_members_names_and_gives_the_numbers_back():
    stacked, members = with_layers(*LAYERS[5])
    assert stacked.state_dict().keys() == members[0].state_dict().keys()
    assert all(module.members == 3 for module in stacked.modules())
    with torch.no_grad():
        for value in stacked.parameters():
            value.add_(1.0)
    before = [[value.clone() for value in member.parameters()] for member in members]
    unstack_(stacked, members)
    for old, member in zip(before, members, strict=True):
        for was, value in zip(old, member.parameters(), strict=True):
            assert torch.equal(value, was + 1.0)


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ([], "a list of modules"),
        ([nn.Linear(2, 3), 5], "a list of modules"),
        ([nn.Sequential(nn.Linear(2, 3)), nn.Sequential(nn.Linear(2, 4))], "one structure"),
        ([nn.Sequential(act(), nn.Linear(2, 3)) for act in (nn.ReLU, nn.Tanh)], "one structure"),
        ([nn.Sequential(nn.Conv2d(1, 1, 3))] * 2, "0.weight of a Conv2d"),
        ([nn.Sequential(nn.Dropout())] * 2, "no dropout"),
        ([nn.Sequential(nn.BatchNorm1d(3, track_running_stats=False))] * 2, "running averages"),
    ],
)  # fmt: skip
def test_what_cannot_be_stacked_is_named(networks, said):
    with pytest.raises(ValueError, match=f"^networks: .*{said}|^networks: expected.*{said}"):
        stack(networks)


def test_unstacking_into_others_is_refused():
    stacked, members = with_layers(*LAYERS[0])
    with pytest.raises(ValueError, match="^networks: expected the 3 that were stacked"):
        unstack_(stacked, members[:2])


# --- training ------------------------------------------------------------------------------------

OPTIONS = {
    "plain": {},
    "several D steps, two rates": {"discriminator_steps": 3, "learning_rate": (1e-3, 4e-3)},
    "gradient penalty": {
        "objective": "wasserstein",
        "penalty": lambda d, real, fake: 0.1 * gradient_penalty(d, real, fake),
    },
    "R1": {"penalty": lambda d, real, fake: 0.5 * r1(d, real)},
    "pairs": {"objective": "relativistic"},
    "instance noise": {"constraint": InstanceNoise.anneal},
    "clipping": {"objective": "wasserstein", "constraint": lambda d: clip_(d, 0.05)},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_numbers_are_those_of_one_by_one(options, request):
    """Data, noise and the penalty's mixing weights included: 40 steps in float64 agree to rounding."""
    generators, discriminators = pairs()
    alone = pairs()
    if "noise" in request.node.callspec.id:
        discriminators, alone[1] = (
            [InstanceNoise(d, 0.3, steps=30) for d in networks] for networks in (discriminators, alone[1])
        )
    for generator, discriminator, seed in zip(*alone, SEEDS, strict=True):
        train(generator, discriminator, RING.sample, steps=40, batch=32, seed=seed, progress=False, **options)
    train_ensemble(
        generators, discriminators, RING.sample, seeds=SEEDS, steps=40, batch=32, progress=False, **options
    )
    for mine, theirs in zip(generators + discriminators, alone[0] + alone[1], strict=True):
        for a, b in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


def test_a_watch_sees_what_it_would_see_of_one():
    def samples(step, generator, discriminator):
        return generator(generator.noise(15 if hasattr(generator, "members") else 5)).numpy()

    history = train_ensemble(
        *pairs(), RING.sample, seeds=SEEDS, steps=20, watch=samples, watch_every=10, progress=False
    )
    assert [step for step, _ in history.watched] == [0, 10, 20]
    for i, (generator, discriminator) in enumerate(zip(*pairs(), strict=True)):
        alone = train(
            generator, discriminator, RING.sample, seed=SEEDS[i], steps=20, watch=samples, watch_every=10,
            progress=False,
        )  # fmt: skip
        for (_, mine), (_, theirs) in zip(history.watched, alone.watched, strict=True):
            np.testing.assert_allclose(blocks(mine, 3)[i], theirs, rtol=1e-9, atol=1e-11)


def test_the_averaged_generators_are_the_members_own():
    history = train_ensemble(*pairs(), RING.sample, seeds=SEEDS, steps=15, average=0.9, progress=False)
    for i, (generator, discriminator) in enumerate(zip(*pairs(), strict=True)):
        alone = train(
            generator, discriminator, RING.sample, seed=SEEDS[i], steps=15, average=0.9, progress=False
        ).averaged_generator
        for name, value in alone.state_dict().items():
            stacked = history.averaged_generator.state_dict()[name]
            torch.testing.assert_close(stacked[i], value, rtol=1e-9, atol=1e-11)


def test_a_seed_has_the_same_numbers_in_any_company():
    """What lets one seed of a table be computed again: to the last bit, in float32."""

    def adam(weights):
        return torch.optim.Adam(weights, 1e-3, foreach=True)

    found = {}
    for seeds in ((0, 1, 2, 3, 4), (3, 1)):
        generators, discriminators = pairs(seeds, torch.float32)
        train_ensemble(
            generators, discriminators, RING.sample, seeds=seeds, steps=60, progress=False,
            generator_optimizer=adam, discriminator_optimizer=adam,
        )  # fmt: skip
        found[len(seeds)] = list(generators[seeds.index(3)].parameters())
    for many, few in zip(found[5], found[2], strict=True):
        assert torch.equal(many, few)


def test_the_losses_kept_are_means_over_the_members():
    alone = [
        train(generator, discriminator, RING.sample, seed=seed, steps=6, progress=False)
        for generator, discriminator, seed in zip(*pairs(), SEEDS, strict=True)
    ]
    history = train_ensemble(*pairs(), RING.sample, seeds=SEEDS, steps=6, progress=False)
    for name in ("discriminator_loss", "generator_loss"):
        means = np.mean([getattr(one, name) for one in alone], axis=0)
        np.testing.assert_allclose(getattr(history, name), means, rtol=1e-10)
    assert history.completed == 6 and history.step.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_global_random_state_is_left_alone():
    networks = pairs()
    before = torch.get_rng_state()
    train_ensemble(*networks, RING.sample, seeds=SEEDS, steps=3, progress=False)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"seeds": (1, 2)}, "generators"),
        ({"seeds": (1, 1, 2)}, "seeds"),
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 2, -3)}, "seeds"),
        ({"steps": 0}, "steps"),
        ({"batch": 0}, "batch"),
        ({"every": 0}, "every"),
        ({"watch_every": 0}, "watch_every"),
        ({"checkpoint": "folder"}, "checkpoint"),
        ({"seed": 3}, "seed"),
        ({"objective": "best"}, "objective"),
    ],
)
def test_bad_arguments_are_named(arguments, name):
    given = {"seeds": SEEDS, "steps": 2, "progress": False, **arguments}
    with pytest.raises(ValueError, match=f"^{name}:"):
        train_ensemble(*pairs(), RING.sample, **given)


def test_a_draw_that_members_cannot_share_is_refused():
    with pytest.raises(ValueError, match="^shape: expected random tensors of a multiple of 3 rows"):
        train_ensemble(
            *pairs(), RING.sample, seeds=SEEDS, steps=2, progress=False,
            penalty=lambda d, real, fake: torch.rand(1).sum(),
        )  # fmt: skip


def test_a_member_that_diverges_is_not_passed_over():
    with pytest.raises(TrainingDiverged):
        train_ensemble(
            *pairs(), RING.sample, seeds=SEEDS, steps=5, progress=False,
            penalty=lambda d, real, fake: d(real)[0] * float("nan"),
        )  # fmt: skip


def test_blocks():
    assert blocks(np.arange(6), 3).tolist() == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(ValueError, match="^values: expected a multiple of 4 rows"):
        blocks(np.arange(6), 4)
