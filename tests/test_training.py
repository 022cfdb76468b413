"""One loop: the order of Algorithm 1, the same numbers from one seed, a run that can stop and go on."""

import copy
import math
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from gancourse import _run
from gancourse.densities import ring
from gancourse.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES
from gancourse.penalties import clip_, gradient_penalty
from gancourse.training import History, TrainingDiverged, adam
from gancourse.training import train as train_loudly

DATA = ring(modes=8)


def train(*arguments, **keywords):
    return train_loudly(*arguments, **{"progress": False, "threads": 1, "device": "cpu", **keywords})


def toys(width=16, dtype=torch.float32):
    torch.manual_seed(0)
    return MLPGenerator(width=width).to(dtype), MLPDiscriminator(width=width).to(dtype)


def dropout_toys():
    torch.manual_seed(0)
    return MLPGenerator(width=16, activation=lambda: nn.Dropout(0.3)), MLPDiscriminator(width=16)


def images(n, rng):
    return rng.uniform(-1, 1, size=(n, 1, 28, 28)).astype(np.float32)


def dcgans():
    torch.manual_seed(0)
    return DCGANGenerator(width=4, noise_dim=8), DCGANDiscriminator(width=4)


def numbers(*networks):
    """A copy of every parameter and buffer."""
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


# The algorithm


class Spy:
    """Writes down who was called with what, in order, and whose weights had changed since the last entry."""

    def __init__(self, generator, discriminator, objective="non_saturating"):
        self.generator, self.discriminator = generator, discriminator
        self.objective, self.events = OBJECTIVES[objective], []
        self.weights = numbers(generator), numbers(discriminator)
        noise = generator.noise

        def spied_noise(n, generator=None):
            z = noise(n, generator=generator)
            self.note("noise", z)
            return z

        generator.noise = spied_noise

    def note(self, what, value=None):
        now = numbers(self.generator), numbers(self.discriminator)
        changed = "".join(name for name, a, b in zip("GD", self.weights, now, strict=True) if not same(a, b))
        self.weights = now
        self.events.append((what, changed, None if value is None else torch.as_tensor(value).numpy().copy()))

    def sample(self, n, rng):
        x = DATA.sample(n, rng)
        self.note("data", x)
        return x

    def discriminator_loss(self, real_logits, fake_logits):
        self.note("D loss")
        return self.objective.discriminator(real_logits, fake_logits)

    def generator_loss(self, fake_logits, real_logits=None):
        self.note("G loss paired" if real_logits is not None else "G loss")
        return self.objective.generator(fake_logits, real_logits)


class SpyObjective:
    def __init__(self, spy):
        self.discriminator, self.generator = spy.discriminator_loss, spy.generator_loss
        self.paired = spy.objective.paired


@pytest.mark.claim("A5")
@pytest.mark.parametrize("k", [1, 3])
def test_the_order_is_that_of_algorithm_1(k):
    generator, discriminator = toys()
    spy = Spy(generator, discriminator)
    train(generator, discriminator, spy.sample, SpyObjective(spy), steps=3, discriminator_steps=k, batch=8)
    spy.note("end")
    # Which weights changed shows at the next call: D's after its own loss only, G's after its own only.
    one_step = [("data", "D"), ("noise", ""), ("D loss", "")] * k + [("noise", "D"), ("G loss", "")]
    expected = [event for _ in range(3) for event in [("data", "G"), *one_step[1:]]] + [("end", "G")]
    expected[0] = ("data", "")
    assert [(what, changed) for what, changed, _ in spy.events] == expected
    for kind, count in (("data", 3 * k), ("noise", 3 * (k + 1))):
        batches = [value for what, _, value in spy.events if what == kind]
        assert len(batches) == count and all(len(batch) == 8 for batch in batches)
        assert len(np.unique(np.concatenate(batches), axis=0)) == 8 * count  # every draw is fresh


@pytest.mark.claim("A5")
def test_each_loss_sends_gradients_to_its_own_network_only():
    generator, discriminator = toys()
    received = {"generator": 0, "discriminator": 0}

    def count(name):
        def hook(gradient):
            received[name] += 1

        return hook

    generator.layers.output.bias.register_hook(count("generator"))
    discriminator.layers.output.bias.register_hook(count("discriminator"))
    train(generator, discriminator, DATA.sample, steps=4, discriminator_steps=3)
    assert received == {"generator": 4, "discriminator": 12}


@pytest.mark.claim("A5")
def test_a_paired_objective_gets_fresh_data_in_the_generator_step():
    generator, discriminator = toys()
    spy = Spy(generator, discriminator, "relativistic")
    train(generator, discriminator, spy.sample, SpyObjective(spy), steps=2)
    kinds = [what for what, _, _ in spy.events]
    assert kinds == ["data", "noise", "D loss", "noise", "data", "G loss paired"] * 2


@pytest.mark.claim("A5")
@pytest.mark.parametrize("k", [1, 2])
def test_three_steps_equal_the_loop_written_out_in_plain_torch(k):
    generator, discriminator = toys(dtype=torch.float64)
    hand_generator, hand_discriminator = copy.deepcopy((generator, discriminator))
    spy = Spy(generator, discriminator)
    rates = {"generator_optimizer": sgd, "discriminator_optimizer": lambda p: torch.optim.Adam(p, lr=0.01)}
    history = train(generator, discriminator, spy.sample, steps=3, discriminator_steps=k, **rates)

    data = (torch.as_tensor(value) for what, _, value in spy.events if what == "data")
    noise = (torch.as_tensor(value) for what, _, value in spy.events if what == "noise")
    g = torch.optim.SGD(hand_generator.parameters(), lr=0.1, momentum=0.9)
    d = torch.optim.Adam(hand_discriminator.parameters(), lr=0.01)
    for t in range(3):
        for _ in range(k):
            real = hand_discriminator(next(data))
            fake = hand_discriminator(hand_generator(next(noise)).detach())
            d_loss = cross_entropy(real, torch.ones_like(real)) + cross_entropy(fake, torch.zeros_like(fake))
            d.zero_grad()
            d_loss.backward()
            d.step()
        fake = hand_discriminator(hand_generator(next(noise)))
        g_loss = cross_entropy(fake, torch.ones_like(fake))
        g.zero_grad()
        g_loss.backward()
        g.step()
        assert history.discriminator_loss[t] == pytest.approx(d_loss.item(), rel=1e-12)
        assert history.generator_loss[t] == pytest.approx(g_loss.item(), rel=1e-12)
    for ours, hand in zip(
        numbers(generator, discriminator), numbers(hand_generator, hand_discriminator), strict=True
    ):
        torch.testing.assert_close(ours, hand, rtol=1e-10, atol=1e-12)


def test_the_default_optimiser_is_dcgans_adam():
    generator, discriminator = toys(dtype=torch.float64)
    plain = copy.deepcopy((generator, discriminator))
    train(generator, discriminator, DATA.sample, steps=4, learning_rate=(1e-3, 3e-3))
    optimizers = {
        f"{player}_optimizer": lambda p, rate=rate: torch.optim.Adam(p, rate, (0.5, 0.999), fused=False)
        for player, rate in (("generator", 1e-3), ("discriminator", 3e-3))
    }
    train(*plain, DATA.sample, steps=4, **optimizers)
    for a, b in zip(numbers(generator, discriminator), numbers(*plain), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)
    assert adam(1e-4)(plain[0].parameters()).defaults["betas"] == (0.5, 0.999)


def test_a_penalty_is_added_to_the_discriminators_loss():
    losses = []
    for penalty in (None, lambda critic, real, fake: real.mean() * 0 + fake.mean() * 0 + 5.0):
        history = train(*toys(), DATA.sample, "wasserstein", steps=1, penalty=penalty)
        losses.append(history.discriminator_loss[0])
    assert losses[1] - losses[0] == pytest.approx(5.0, abs=1e-5)


def test_a_gradient_penalty_pulls_the_slope_of_a_free_critic_towards_one():
    def slope(penalty):
        generator, discriminator = toys()
        train(
            generator,
            discriminator,
            DATA.sample,
            "wasserstein",
            steps=150,
            penalty=penalty,
            learning_rate=1e-2,
        )
        x = torch.tensor(DATA.sample(256, np.random.default_rng(1)), dtype=torch.float32)
        return gradient_penalty(discriminator, x, x).item()

    assert slope(lambda critic, real, fake: 10 * gradient_penalty(critic, real, fake)) < 0.3 < slope(None)


def test_a_constraint_holds_after_every_discriminator_step():
    generator, discriminator = toys()
    seen = []

    def constraint(critic):
        assert critic is discriminator
        clip_(critic, 0.01)
        seen.append(max(weight.abs().max().item() for weight in critic.parameters()))

    keywords = {"constraint": constraint, "discriminator_steps": 5, "learning_rate": 0.1}
    train(generator, discriminator, DATA.sample, "wasserstein", steps=3, **keywords)
    assert len(seen) == 15 and max(seen) == pytest.approx(0.01)


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_every_objective_trains(objective):
    generator, discriminator = toys()
    before = numbers(generator), numbers(discriminator)
    history = train(generator, discriminator, DATA.sample, objective, steps=3)
    assert not same(before[0], numbers(generator)) and not same(before[1], numbers(discriminator))
    assert np.isfinite(history.generator_loss).all() and len(history.step) == 3


def test_it_learns():
    """A Gaussian in the wrong place moves to the right one."""
    generator, discriminator = toys()
    train(generator, discriminator, lambda n, rng: rng.normal(2, 0.3, (n, 2)), steps=500, learning_rate=2e-3)
    mean = generator(torch.randn(4000, 2, generator=torch.Generator().manual_seed(1))).mean(0)
    assert (mean - 2).abs().max() < 0.4


# A step of one's own


def alternating(
    generator, discriminator, objective, *, real, noise, generator_optimizer, discriminator_optimizer
):
    loss_d = objective.discriminator(discriminator(real()), discriminator(generator(noise()).detach()))
    discriminator_optimizer.zero_grad()
    loss_d.backward()
    discriminator_optimizer.step()
    loss_g = objective.generator(discriminator(generator(noise())))
    generator_optimizer.zero_grad()
    loss_g.backward()
    generator_optimizer.step()
    return {"discriminator": loss_d, "generator": loss_g, "sum": (loss_d + loss_g).item()}


def test_a_step_function_takes_the_place_of_the_updates():
    ours, own = toys(dtype=torch.float64), toys(dtype=torch.float64)
    history = train(*ours, DATA.sample, steps=4)
    history_own = train(*own, DATA.sample, steps=4, step=alternating)
    np.testing.assert_allclose(history.generator_loss, history_own.generator_loss, rtol=1e-12)
    np.testing.assert_allclose(
        history_own.others["sum"], history_own.discriminator_loss + history_own.generator_loss, rtol=1e-12
    )
    for a, b in zip(numbers(*ours), numbers(*own), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


class WithANetworkOfItsOwn:
    """A step that trains a third network, as VEEGAN's reconstructor, and keeps it in checkpoints."""

    def __init__(self):
        torch.manual_seed(1)
        self.network = nn.Linear(2, 2)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-2)

    def __call__(self, generator, discriminator, objective, *, noise, **others):
        z = noise()
        loss = (self.network(generator(z).detach()) - z).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {**alternating(generator, discriminator, objective, noise=noise, **others), "inverse": loss}

    def state_dict(self):
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state):
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


def test_a_step_with_a_state_resumes(tmp_path):
    whole, first, second = (WithANetworkOfItsOwn() for _ in range(3))
    expected = train(*toys(), DATA.sample, steps=8, step=whole)
    train(*toys(), DATA.sample, steps=4, step=first, checkpoint=tmp_path)
    history = train(*toys(), DATA.sample, steps=8, step=second, checkpoint=tmp_path, resume=True)
    assert history.others["inverse"].tolist() == expected.others["inverse"].tolist()
    assert same(numbers(whole.network), numbers(second.network))


def test_a_step_that_returns_no_losses_is_an_error():
    with pytest.raises(ValueError, match="step: expected a function that returns a dict"):
        train(*toys(), DATA.sample, steps=1, step=lambda *_, **__: None)


def test_labels_come_through_to_a_step_function():
    seen = []

    def labelled(n, rng):
        return DATA.sample(n, rng), rng.integers(10, size=n)

    def step(*networks, real, **others):
        x, y = real()
        seen.append((x.dtype, y.dtype, len(x), len(y)))
        return {"discriminator": 1.0, "generator": 2.0}

    train(*toys(), labelled, steps=1, batch=5, step=step)
    assert seen == [(torch.float32, torch.int64, 5, 5)]


# Repeatability


@pytest.mark.parametrize("make", [toys, dropout_toys])
def test_the_seed_settles_every_number(make):
    def run(seed):
        generator, discriminator = make()
        torch.manual_seed(os.getpid())  # what the caller did before must not matter
        options = {"steps": 5, "seed": seed, "penalty": random_penalty}
        history = train(generator, discriminator, DATA.sample, **options)
        return numbers(generator, discriminator), history.discriminator_loss.tolist()

    (first, losses), (again, losses_again), (other, _) = run(3), run(3), run(4)
    assert same(first, again) and losses == losses_again
    assert not same(first, other)


def test_the_callers_random_states_are_left_alone():
    networks = dropout_toys()
    in_torch, in_numpy = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    train(*networks, DATA.sample, steps=2, watch=lambda t, g, d: g(g.noise(2)), penalty=random_penalty)
    assert torch.equal(torch.get_rng_state(), in_torch)
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(after, in_numpy, strict=True))


def test_data_and_noise_are_independent_streams():
    """The global generator and that of the noise must not repeat each other's numbers."""
    generator, discriminator = toys()
    drawn = {}

    def penalty(critic, real, fake):
        drawn["global"] = torch.randn(128, 2)
        return real.sum() * 0

    spy = Spy(generator, discriminator)
    train(generator, discriminator, spy.sample, steps=1, penalty=penalty)
    noise = next(value for what, _, value in spy.events if what == "noise")
    assert not np.isclose(drawn["global"].numpy(), noise).any()
    assert abs(np.corrcoef(drawn["global"].numpy().ravel(), noise.ravel())[0, 1]) < 0.3


def test_watching_changes_no_number():
    plain, watched = dropout_toys(), dropout_toys()
    train(*plain, DATA.sample, steps=6)
    train(*watched, DATA.sample, steps=6, watch=lambda t, g, d: g(g.noise(7)), watch_every=2)
    assert same(numbers(*plain), numbers(*watched))


# Watching, recording, averaging


def test_the_history_records_every_so_many_steps():
    history = train(*toys(), DATA.sample, steps=10, every=3)
    assert isinstance(history, History)
    assert history.step.tolist() == [3, 6, 9]
    full = train(*toys(), DATA.sample, steps=10)
    assert full.step.tolist() == list(range(1, 11))
    assert history.discriminator_loss.tolist() == full.discriminator_loss[2::3].tolist()
    assert history.generator_loss.tolist() == full.generator_loss[2::3].tolist()
    assert (np.diff(full.seconds) > 0).all() and full.seconds[0] > 0
    assert full.completed == 10 and full.stopped is None and full.averaged_generator is None
    assert "10 steps" in repr(full) and len(repr(full)) < 200


def test_watch_sees_networks_in_eval_mode_without_gradients_and_the_same_noise():
    generator, discriminator = dcgans()
    generator.eval()
    generator.layers.project.train()
    modes = [module.training for module in (*generator.modules(), *discriminator.modules())]
    seen = []

    def watch(step, g, d):
        assert g is generator and d is discriminator
        assert not any(module.training for module in (*g.modules(), *d.modules()))
        assert not torch.is_grad_enabled()
        seen.append(g.noise(2))
        return step * 10

    def sample(n, rng):
        assert all(module.training for module in (*generator.modules(), *discriminator.modules()))
        assert torch.is_grad_enabled()
        return images(n, rng)

    history = train(generator, discriminator, sample, steps=5, batch=4, watch=watch, watch_every=2)
    assert history.watched == [(0, 0), (2, 20), (4, 40)]
    assert same(seen[:1], seen[1:2]) and same(seen[:1], seen[2:])
    assert [module.training for module in (*generator.modules(), *discriminator.modules())] == modes


def test_by_default_watch_is_called_ten_times_along_the_way():
    history = train(*toys(), DATA.sample, steps=40, watch=lambda step, g, d: None)
    assert [step for step, _ in history.watched] == list(range(0, 41, 4))


def test_the_average_is_that_of_the_formula_for_weights_and_buffers():
    generator, discriminator = dcgans()
    expected = dict(generator.state_dict())
    expected = {name: value.clone() for name, value in expected.items()}

    def sample(n, rng):  # called at the start of each step, so it sees what the step before left
        if sample.calls:
            update(sample.calls)
        sample.calls += 1
        return images(n, rng)

    sample.calls = 0

    def update(t):
        decay = min(0.25, (1 + t) / (10 + t))  # 2/11, 3/12, then 0.25
        for name, value in generator.state_dict().items():
            blend = decay * expected[name] + (1 - decay) * value
            expected[name] = blend if value.is_floating_point() else value.clone()

    # One discriminator step each: the generator's batch statistics move in both steps, and both count.
    history = train(generator, discriminator, sample, steps=4, batch=4, average=0.25)
    update(4)
    averaged = history.averaged_generator
    assert not averaged.training and averaged is not generator
    for name, value in averaged.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-7)
    counters = [value for name, value in averaged.state_dict().items() if "num_batches" in name]
    assert counters and all(counter == 8 for counter in counters)


def test_watch_gets_the_averaged_generator():
    generator, discriminator = toys()
    history = train(
        generator, discriminator, DATA.sample, steps=2, average=0.5, watch=lambda t, g, d: g is not generator
    )
    assert [value for _, value in history.watched] == [True, True, True]


def test_the_progress_line_names_both_losses_and_can_be_silenced(capsys):
    train(*toys(), DATA.sample, steps=3)
    assert capsys.readouterr() == ("", "")
    train(*toys(), DATA.sample, steps=3, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "3/3" in err and "D 1." in err and "G 0." in err


def test_in_a_notebook_the_line_is_replaced_in_place(monkeypatch):
    from gancourse import _progress

    shown = []

    class Handle:
        def display(self, bundle, raw):
            shown.append(("display", bundle["text/plain"]))

        def update(self, bundle, raw):
            shown.append(("update", bundle["text/plain"]))

    import IPython.display

    monkeypatch.setattr(_progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "DisplayHandle", Handle)
    train(*toys(), DATA.sample, steps=3, progress=True)
    assert [kind for kind, _ in shown].count("display") == 1
    assert shown[0][0] == "display" and "3/3" in shown[-1][1] and "G 0." in shown[-1][1]
    assert not any("\r" in text or "\n" in text for _, text in shown)


# Checkpoints and resuming

WATCH = {"watch": lambda t, g, d: {"x": g(g.noise(3)), "t": t}, "watch_every": 2}


@pytest.mark.parametrize("cut", [1, 4, 5])
@pytest.mark.parametrize("kind", ["toy", "dcgan", "dropout"])
def test_a_resumed_run_gives_the_numbers_of_an_uninterrupted_one(tmp_path, kind, cut):
    make, sample = {
        "toy": (toys, DATA.sample),
        "dcgan": (dcgans, images),
        "dropout": (dropout_toys, DATA.sample),
    }[kind]
    options = {"batch": 8, "average": 0.9, "discriminator_steps": 2, **WATCH}
    if kind == "toy":
        options["penalty"] = random_penalty
    whole = make()
    expected = train(*whole, sample, steps=8, **options)

    train(*make(), sample, steps=cut, checkpoint=tmp_path / "run", checkpoint_every=3, **options)
    torch.manual_seed(99)
    resumed = [network.train() for network in make()]
    for network in resumed:  # what the networks held before must not matter
        for weight in network.parameters():
            weight.data.normal_()
    history = train(*resumed, sample, steps=8, checkpoint=tmp_path / "run", resume=True, **options)

    assert same(numbers(*whole), numbers(*resumed))
    assert same(numbers(expected.averaged_generator), numbers(history.averaged_generator))
    assert history.step.tolist() == expected.step.tolist()
    assert history.discriminator_loss.tolist() == expected.discriminator_loss.tolist()
    assert history.generator_loss.tolist() == expected.generator_loss.tolist()
    assert (np.diff(history.seconds) > 0).all()
    for (t, value), (t_expected, value_expected) in zip(history.watched, expected.watched, strict=True):
        assert t == t_expected and value["t"] == t and torch.equal(value["x"], value_expected["x"])


def random_penalty(critic, real, fake):
    return 10 * gradient_penalty(critic, real, fake)


def test_networks_with_channels_last_resume_exactly(tmp_path):
    """Fused Adam walks through memory: its moments must lie as the weights do."""

    def make():
        return [network.to(memory_format=torch.channels_last) for network in dcgans()]

    whole, resumed = make(), make()
    train(*whole, images, steps=4, batch=4)
    train(*make(), images, steps=2, batch=4, checkpoint=tmp_path)
    train(*resumed, images, steps=4, batch=4, checkpoint=tmp_path, resume=True)
    assert same(numbers(*whole), numbers(*resumed))


@pytest.mark.parametrize("optimizer", [sgd, torch.optim.RMSprop, torch.optim.AdamW])
def test_other_optimisers_resume_exactly(tmp_path, optimizer):
    options = {"generator_optimizer": optimizer, "discriminator_optimizer": optimizer, "batch": 8}
    whole, resumed = toys(), toys()
    train(*whole, DATA.sample, steps=6, **options)
    train(*toys(), DATA.sample, steps=3, checkpoint=tmp_path, **options)
    train(*resumed, DATA.sample, steps=6, checkpoint=tmp_path, resume=True, **options)
    assert same(numbers(*whole), numbers(*resumed))


def test_resuming_a_finished_run_returns_its_history_at_once(tmp_path):
    first = train(*toys(), DATA.sample, steps=3, checkpoint=tmp_path)
    networks = toys()
    again = train(*networks, DATA.sample, steps=3, checkpoint=tmp_path, resume=True)
    assert again.discriminator_loss.tolist() == first.discriminator_loss.tolist() and again.completed == 3


def test_resume_without_a_checkpoint_starts_from_the_beginning(tmp_path):
    assert train(*toys(), DATA.sample, steps=2, checkpoint=tmp_path, resume=True).completed == 2


def test_without_resume_a_checkpoint_is_replaced(tmp_path):
    train(*toys(), DATA.sample, steps=5, checkpoint=tmp_path)
    train(*toys(width=8), DATA.sample, steps=2, checkpoint=tmp_path)
    history = train(*toys(width=8), DATA.sample, steps=3, checkpoint=tmp_path, resume=True)
    assert history.step.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 64}, "batch: 128 in the checkpoint, 64 here"),
        ({"seed": 1}, "seed: 0 in the checkpoint, 1 here"),
        ({"objective": "hinge"}, "objective: non_saturating in the checkpoint, hinge here"),
        ({"learning_rate": 1e-3}, "generator_optimizer's lr: 0.0002 in the checkpoint, 0.001 here"),
        ({"discriminator_optimizer": sgd}, "discriminator_optimizer: Adam in the checkpoint, SGD here"),
        ({"average": 0.9}, "average: None in the checkpoint, 0.9 here"),
        ({"penalty": random_penalty}, "penalty: None in the checkpoint, random_penalty here"),
        ({"discriminator_steps": 2}, "discriminator_steps: 1 in the checkpoint, 2 here"),
        ({"every": 5}, "every: 1 in the checkpoint, 5 here"),
    ],
)
def test_a_checkpoint_of_other_arguments_says_what_differs(tmp_path, change, message):
    train(*toys(), DATA.sample, steps=1, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="but these differ") as error:
        train(*toys(), DATA.sample, steps=2, checkpoint=tmp_path, resume=True, **change)
    assert message in str(error.value)


def test_a_checkpoint_of_other_networks_says_what_differs(tmp_path):
    train(*toys(), DATA.sample, steps=1, checkpoint=tmp_path)
    others = toys(width=8)
    before = numbers(*others)
    with pytest.raises(
        ValueError, match=r"hidden1.weight: \(16, 2\) torch.float32 in the checkpoint, \(8, 2\)"
    ):
        train(*others, DATA.sample, steps=2, checkpoint=tmp_path, resume=True)
    assert same(before, numbers(*others))
    torch.manual_seed(0)
    smooth = MLPGenerator(width=16, activation=nn.Tanh), MLPDiscriminator(width=16)
    with pytest.raises(ValueError, match=r"ReLU\(\) in the checkpoint, .*Tanh\(\) here"):
        train(*smooth, DATA.sample, steps=2, checkpoint=tmp_path, resume=True)


def test_fewer_steps_than_the_checkpoint_has_is_an_error(tmp_path):
    train(*toys(), DATA.sample, steps=5, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="steps: expected at least the 5 steps"):
        train(*toys(), DATA.sample, steps=4, checkpoint=tmp_path, resume=True)


def test_what_watch_returns_is_refused_before_the_first_step_if_it_cannot_be_kept(tmp_path):
    drawn = []
    with pytest.raises(ValueError, match="watched/0/1: expected tensors, arrays, numbers"):
        train(*toys(), drawn.append, steps=2, checkpoint=tmp_path, watch=lambda t, g, d: object())
    assert not drawn


# Stopping


def interrupting(at):
    """A sampler that sends this process Ctrl-C in the middle of a step."""
    calls = []

    def sample(n, rng):
        calls.append(n)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGINT)
        return DATA.sample(n, rng)

    sample.__qualname__ = "Mixture.sample"
    return sample


@pytest.mark.skipif(os.name != "posix", reason="sends itself a signal")
def test_ctrl_c_finishes_the_step_and_the_run_resumes_exactly(tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    whole, stopped = toys(), toys()
    expected = train(*whole, DATA.sample, steps=9)
    history = train(*stopped, interrupting(at=4), steps=9, checkpoint=tmp_path)
    assert history.stopped == "interrupted" and history.completed == 4
    assert history.generator_loss.tolist() == expected.generator_loss[:4].tolist()
    assert signal.getsignal(signal.SIGINT) is handler and stopped[0].training

    history = train(*stopped, DATA.sample, steps=9, checkpoint=tmp_path, resume=True)
    assert history.stopped is None
    assert same(numbers(*whole), numbers(*stopped))


@pytest.mark.parametrize("at", [1, 3])
def test_an_interruption_inside_a_step_keeps_the_history_too(tmp_path, at):
    calls = []

    def sample(n, rng):
        calls.append(n)
        if len(calls) == at:
            raise KeyboardInterrupt
        return DATA.sample(n, rng)

    sample.__qualname__ = "Mixture.sample"
    networks = toys()
    history = train(*networks, sample, steps=9, checkpoint=tmp_path)
    assert history.stopped == "interrupted" and history.step.tolist() == list(range(1, at))
    with pytest.warns(UserWarning, match="cut in the middle of a step"):
        history = train(*networks, DATA.sample, steps=9, checkpoint=tmp_path, resume=True)
    assert history.completed == 9 and history.step.tolist() == list(range(1, 10))


def test_an_interruption_without_a_checkpoint_returns_the_history():
    def sample(n, rng):
        raise KeyboardInterrupt

    history = train(*toys(), sample, steps=9)
    assert history.stopped == "interrupted" and history.completed == 0 and len(history.step) == 0
    assert "interrupted" in repr(history)


def test_it_runs_outside_the_main_thread():
    import threading

    found = []
    thread = threading.Thread(target=lambda: found.append(train(*toys(), DATA.sample, steps=2)))
    thread.start()
    thread.join()
    assert found[0].completed == 2


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_run_killed_at_any_moment_resumes_to_the_same_numbers(tmp_path):
    code = f"""
        import os, signal, sys, torch
        from gancourse.densities import ring
        from gancourse.models import MLPDiscriminator, MLPGenerator
        from gancourse.training import train
        torch.manual_seed(0)
        def watch(step, g, d):
            if step == int(sys.argv[1]):
                os.kill(os.getpid(), signal.SIGKILL)
        networks = MLPGenerator(width=16), MLPDiscriminator(width=16)
        train(*networks, ring(modes=8).sample, steps=20, checkpoint={str(tmp_path)!r}, checkpoint_every=4,
              resume=True, progress=False, device="cpu", watch=watch, watch_every=1)
        print(repr([w.tolist() for n in networks for w in n.parameters()]))
    """

    def run(kill_at):
        command = [sys.executable, "-c", textwrap.dedent(code), str(kill_at)]
        return subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "GANCOURSE_THREADS": "1"}
        )

    assert run(10).returncode == -9
    done = run(-1)
    assert done.returncode == 0, done.stderr
    whole = toys()
    train(*whole, DATA.sample, steps=20)
    assert eval(done.stdout) == [w.tolist() for network in whole for w in network.parameters()]


# Divergence


class BreaksAt:
    """An objective whose loss for one player is not finite from its n-th call on."""

    paired = False

    def __init__(self, player, n, value=math.nan):
        self.player, self.n, self.value, self.calls = player, n, value, 0

    def broken(self, player, loss):
        if player == self.player:
            self.calls += 1
            if self.calls >= self.n:
                return loss * self.value
        return loss

    def discriminator(self, real_logits, fake_logits):
        return self.broken("discriminator", OBJECTIVES["minimax"].discriminator(real_logits, fake_logits))

    def generator(self, fake_logits, real_logits=None):
        return self.broken("generator", OBJECTIVES["non_saturating"].generator(fake_logits))


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize(("value", "word"), [(math.nan, "nan"), (math.inf, "inf")])
def test_a_loss_that_is_not_finite_stops_the_run_and_says_whose_and_when(player, value, word):
    networks = toys()
    with pytest.raises(TrainingDiverged) as error:
        train(*networks, DATA.sample, BreaksAt(player, 4, value), steps=9)
    message = str(error.value)
    assert f"the {player}'s loss is {word} at step 4" in message
    assert "Last finite losses" in message and "learning rate" in message
    assert "weights of both networks are finite" in message
    history = error.value.history
    assert isinstance(error.value, ArithmeticError)
    assert history.step.tolist() == [1, 2, 3] and f"generator {history.generator_loss[-1]:.4g}" in message
    assert all(torch.isfinite(tensor).all() for tensor in numbers(*networks))  # it stopped before the update
    assert networks[0].training


def test_the_message_names_the_data_if_they_are_the_cause():
    def sample(n, rng):
        return np.full((n, 2), np.nan)

    with pytest.raises(TrainingDiverged, match="real samples holds NaN.*sample"):
        train(*toys(), sample, steps=2)


def test_the_message_names_the_network_whose_weights_broke():
    generator, discriminator = toys()

    def sample(n, rng):
        generator.layers.output.bias.data.fill_(math.inf)
        return DATA.sample(n, rng)

    with pytest.raises(TrainingDiverged, match="no longer finite: those of the generator."):
        train(generator, discriminator, sample, steps=2)


def test_a_learning_rate_that_is_far_too_high_is_caught():
    rates = {"generator_optimizer": lambda p: torch.optim.SGD(p, lr=1e8)}
    rates["discriminator_optimizer"] = lambda p: torch.optim.SGD(p, lr=1e8)
    with pytest.raises(TrainingDiverged, match="learning rate that is too high"):
        train(*toys(), DATA.sample, "least_squares", steps=200, **rates)


def test_elsewhere_than_on_a_cpu_losses_are_read_in_recorded_steps_only(monkeypatch):
    """No accelerator here: what counts is when the loop asks for a number."""
    read = []
    real_item = torch.Tensor.item
    monkeypatch.setattr(torch.Tensor, "item", lambda self: read.append(1) or real_item(self))
    original = _run.Run.__init__

    def on_a_gpu(self, *arguments, **keywords):
        original(self, *arguments, **keywords)
        assert self.on_cpu
        self.on_cpu = False

    monkeypatch.setattr(_run.Run, "__init__", on_a_gpu)
    history = train(*toys(), DATA.sample, steps=20, every=10)
    assert len(read) == 4 and history.step.tolist() == [10, 20]


# Bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps: expected a whole number of at least 1, got 0"),
        ({"batch": 2.5}, "batch: expected a whole number"),
        ({"discriminator_steps": 0}, "discriminator_steps: expected a whole number"),
        ({"every": 0}, "every: expected"),
        ({"watch_every": -1}, "watch_every: expected"),
        ({"checkpoint_every": 0}, "checkpoint_every: expected"),
        ({"seed": -1}, "seed: expected a whole number of at least 0"),
        ({"seed": None}, "seed: expected"),
        ({"objective": "nonsense"}, "objective: expected one of 'minimax'"),
        ({"objective": 3}, "objective: expected a name of OBJECTIVES"),
        ({"average": 1.0}, "average: expected a decay between 0 and 1"),
        ({"average": -0.1}, "average: expected"),
        ({"learning_rate": 0}, "learning_rate: expected a positive finite number"),
        ({"learning_rate": (1e-3, 1e-3, 1e-3)}, "learning_rate: expected a positive number, or a pair"),
        (
            {"learning_rate": 1e-3, "generator_optimizer": sgd, "discriminator_optimizer": sgd},
            "learning_rate: expected None, since both",
        ),
        ({"penalty": 10.0}, "penalty: expected None or a function"),
        ({"watch": "loss"}, "watch: expected None or a function"),
        ({"resume": True}, "checkpoint: expected a folder, since resume=True"),
        ({"step": alternating, "penalty": random_penalty}, "penalty: expected None, since the step function"),
        ({"step": alternating, "discriminator_steps": 2}, "discriminator_steps: expected 1, since"),
        ({"threads": 0}, "threads: expected"),
        ({"device": "abacus"}, "device: expected a device that is available here"),
        ({"sample": [1, 2]}, r"sample: expected a function sample\(n, rng\)"),
        ({"sample": lambda n, rng: np.zeros((3, 2))}, "sample: expected a function that returns 128 samples"),
        ({"sample": lambda n, rng: 1.0}, "sample: expected a function that returns 128 samples"),
        ({"sample": lambda n, rng: np.zeros((n, 2), dtype=np.uint8)}, "sample: expected .*floats"),
        ({"sample": lambda n, rng: np.zeros((n, 3))}, r"x: expected shape \(n, 2\)"),
        ({"generator": nn.Linear(2, 2)}, "generator: expected a network with a method noise"),
        ({"discriminator": lambda x: x}, "discriminator: expected a network with weights"),
        ({"discriminator": nn.ReLU()}, "discriminator: expected a network with weights"),
    ],
)
def test_bad_arguments_are_errors_that_name_them(change, message):
    generator, discriminator = toys()
    arguments = {"generator": generator, "discriminator": discriminator, "sample": DATA.sample, "steps": 2}
    with pytest.raises(ValueError, match=message):
        train(**{**arguments, **change})


def test_an_optimiser_in_place_of_a_function_is_an_error():
    generator, discriminator = toys()
    with pytest.raises(ValueError, match="generator_optimizer: expected None or a function"):
        train(generator, discriminator, DATA.sample, steps=1, generator_optimizer=sgd(generator.parameters()))


def test_a_frozen_part_of_a_network_stays_as_it_is():
    generator, discriminator = toys()
    for network in (generator, discriminator):
        network.layers.hidden1.requires_grad_(False)
    before = numbers(generator.layers.hidden1, discriminator.layers.hidden1)
    rest = numbers(generator.layers.output, discriminator.layers.output)
    train(generator, discriminator, DATA.sample, steps=2)
    assert same(before, numbers(generator.layers.hidden1, discriminator.layers.hidden1))
    assert not same(rest, numbers(generator.layers.output, discriminator.layers.output))
