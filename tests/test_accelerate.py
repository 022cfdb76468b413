"""bfloat16, channels-last, compiled: numbers stay close, penalties plain; images that stay on the device."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import gpu
from gancourse import accelerate
from gancourse.accelerate import ACCELERATIONS, Accelerated, resident
from gancourse.compute import deterministic
from gancourse.data import embedded_digits
from gancourse.methods import spectral_norm_
from gancourse.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator, flops
from gancourse.penalties import gradient_penalty, r1
from gancourse.training import train as train_loudly

CPU = torch.device("cpu")


def train(*arguments, **keywords):
    return train_loudly(*arguments, **{"progress": False, "threads": 1, "device": "cpu", **keywords})


def dcgans(normalise=True):
    torch.manual_seed(0)
    generator = DCGANGenerator(width=8, noise_dim=8, normalise=normalise)
    return generator, DCGANDiscriminator(width=8, normalise=normalise)


def images(n, rng):
    return rng.uniform(-1, 1, size=(n, 1, 28, 28)).astype(np.float32)


class Recorder:
    """The dtypes of what convolutions, and of what penalties, put out."""

    def __init__(self, network):
        self.dtypes, self.penalty = [], []
        self.inside = False
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                module.register_forward_hook(self.note)

    def note(self, module, inputs, output):
        (self.penalty if self.inside else self.dtypes).append(output.dtype)

    def __call__(self, critic, real, fake):
        self.inside = True
        assert not isinstance(critic, Accelerated)
        assert real.dtype == fake.dtype == torch.float32
        value = gradient_penalty(critic, real, fake)
        self.inside = False
        assert value.dtype == torch.float32
        return 10 * value


@pytest.mark.parametrize("names", ["bf16", ("channels-last", "bf16")])
def test_in_bf16_networks_compute_so_and_penalties_weights_and_losses_in_float32(names):
    generator, discriminator = dcgans(normalise=False)
    recorder = Recorder(discriminator)
    watched = []

    def watch(t, g, d):
        image = g(g.noise(2))
        watched.append((image.dtype, d(image).dtype, type(g), len(recorder.dtypes)))
        del recorder.dtypes[-4:]  # those of the watching itself

    history = train(
        generator, discriminator, images, "wasserstein", steps=3, batch=4, penalty=recorder, accelerate=names,
        watch=watch, average=0.5,
    )  # fmt: skip
    assert set(recorder.dtypes) == {torch.bfloat16} and set(recorder.penalty) == {torch.float32}
    assert all(
        w.dtype == torch.float32 for network in (generator, discriminator) for w in network.parameters()
    )
    # What is watched is the network itself, in float32.
    assert {found[:3] for found in watched} == {(torch.float32, torch.float32, DCGANGenerator)}
    assert isinstance(history.averaged_generator, DCGANGenerator)


def test_a_loss_in_bf16_stays_close_and_is_not_the_same():
    losses = {}
    for names in ((), "bf16"):
        history = train(*dcgans(), images, steps=6, batch=16, accelerate=names, learning_rate=2e-4)
        losses[names] = np.array([history.discriminator_loss, history.generator_loss])
    difference = np.abs(losses["bf16"] - losses[()])
    assert 0 < difference.max()
    # bfloat16 keeps 8 bits: 2^-8 of logits of size one, and not more after six steps.
    assert difference.max() < 0.05 * np.abs(losses[()]).max()


def test_channels_last_gives_the_same_run_and_the_weights_lie_so():
    plain, last = dcgans(), dcgans()
    expected = train(*plain, images, steps=4, batch=8)
    seen = []
    penalty_of_nothing = {"penalty": lambda d, real, fake: seen.append((real, fake)) or 0 * r1(d, real)}
    history = train(*last, images, steps=4, batch=8, accelerate=["channels-last"], **penalty_of_nothing)
    np.testing.assert_allclose(history.discriminator_loss, expected.discriminator_loss, rtol=1e-4)
    weights = [w for network in last for w in network.parameters() if w.ndim == 4 and min(w.shape[:2]) > 1]
    assert weights and all(w.is_contiguous(memory_format=torch.channels_last) for w in weights)
    wide = next(network for network in dcgans() if isinstance(network, DCGANDiscriminator))
    assert not next(w for w in wide.parameters() if w.ndim == 4 and w.shape[1] > 1).is_contiguous(
        memory_format=torch.channels_last
    )
    assert len(seen) == 4 and all(real.shape == (8, 1, 28, 28) for real, _ in seen)


def test_with_channels_last_images_lie_so_too():
    networks = DCGANGenerator(32, 3, noise_dim=8, width=4), DCGANDiscriminator(32, 3, width=4)
    seen = []

    def penalty(discriminator, real, fake):
        seen.append([x.is_contiguous(memory_format=torch.channels_last) for x in (real, fake)])
        return 0 * r1(discriminator, real)

    def sample(n, rng):
        return rng.uniform(-1, 1, size=(n, 3, 32, 32)).astype(np.float32)

    train(*networks, sample, steps=1, batch=4, penalty=penalty, accelerate="channels-last")
    assert seen == [[True, True]]


def compiling(monkeypatch):
    """torch.compile without its code generator, which takes a minute here: what is traced runs as it is."""
    calls, real = [], torch.compile

    def compile(network, **keywords):
        calls.append(keywords)
        return real(network, backend="aot_eager")

    monkeypatch.setattr(accelerate.torch, "compile", compile)
    return calls


def test_compiled_networks_train_alike_and_penalties_get_the_plain_one(monkeypatch, tmp_path):
    calls = compiling(monkeypatch)

    def toys():
        torch.manual_seed(0)
        return MLPGenerator(width=8), MLPDiscriminator(width=8)

    def points(n, rng):
        return rng.normal(size=(n, 2))

    def penalty(critic, real, fake):
        assert type(critic) is MLPDiscriminator
        return gradient_penalty(critic, real, fake)  # a second derivative, which a compiled one has not

    plain, compiled, again = toys(), toys(), toys()
    expected = train(*plain, points, steps=4, batch=8, penalty=penalty)
    options = {"batch": 8, "penalty": penalty, "accelerate": "compile", "checkpoint": tmp_path}
    history = train(*compiled, points, steps=4, **options)
    assert calls == [{}, {}]
    np.testing.assert_allclose(history.discriminator_loss, expected.discriminator_loss, rtol=1e-5)
    for a, b in zip(plain, compiled, strict=True):
        assert a.state_dict().keys() == b.state_dict().keys()
        for name, value in a.state_dict().items():
            torch.testing.assert_close(b.state_dict()[name], value, rtol=1e-4, atol=1e-6)
    train(*again, points, steps=6, resume=True, **options)
    with pytest.raises(ValueError, match="accelerate: compile in the checkpoint, None here"):
        train(*toys(), points, steps=6, **{**options, "accelerate": (), "resume": True})


@pytest.mark.parametrize("names", ["bf16", ("bf16", "compile")])
def test_spectral_norms_are_taken_in_float32(monkeypatch, names):
    """In bfloat16 a norm would be off by up to 2^-9, and on a GPU the power iteration has failed."""
    compiling(monkeypatch)
    torch.manual_seed(0)
    critic = spectral_norm_(MLPDiscriminator(width=16))
    fast, x, within = Accelerated(critic, names, CPU), torch.randn(8, 2), []
    state = critic.layers.hidden1.parametrizations.weight[0]
    state.register_forward_hook(lambda *_: within.append(torch.is_autocast_enabled("cpu")))
    for _ in range(30):
        logits = fast(x)
    for module in critic.modules():
        if isinstance(module, nn.Linear):
            state = module.parametrizations.weight[0]
            weight = module.parametrizations.weight.original
            norm = torch.linalg.matrix_norm(weight, 2)
            assert state._u.dtype == torch.float32
            assert abs(torch.dot(state._u, weight @ state._v) / norm - 1) < 1e-6
    assert within == [False] * 30
    # As many power iterations as passes, as without acceleration.
    torch.manual_seed(0)
    plain = spectral_norm_(MLPDiscriminator(width=16))
    for _ in range(30):
        expected = plain(x)
    first, second = (n.layers.hidden1.parametrizations.weight[0]._u for n in (plain, critic))
    torch.testing.assert_close(first, second, rtol=0, atol=1e-6)
    torch.testing.assert_close(logits, expected, rtol=0.03, atol=0.01)
    logits.sum().backward()
    assert all(w.grad is not None and w.grad.abs().sum() > 0 for w in critic.parameters())


def test_runs_in_bf16_resume_exactly(tmp_path):
    whole, resumed = dcgans(), dcgans()
    options = {"batch": 4, "accelerate": ("bf16", "channels-last"), "average": 0.9}
    train(*whole, images, steps=5, **options)
    train(*dcgans(), images, steps=2, checkpoint=tmp_path, **options)
    train(*resumed, images, steps=5, checkpoint=tmp_path, resume=True, **options)
    for a, b in zip(whole, resumed, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_an_accelerated_network_is_the_network_in_all_else():
    generator, discriminator = dcgans()
    fast = Accelerated(generator, ("bf16",), CPU)
    assert fast.noise(3).shape == (3, 8) and fast.noise_dim == 8 and fast.plain is generator
    assert fast.state_dict().keys() == generator.state_dict().keys()
    assert {id(w) for w in fast.parameters()} == {id(w) for w in generator.parameters()}
    assert len(list(fast.parameters())) == len(list(generator.parameters()))
    out = fast(fast.noise(3))
    assert out.dtype == torch.float32 and out.requires_grad
    twin = copy.deepcopy(fast)
    assert twin.plain is not generator
    with torch.no_grad():
        for weight in twin.parameters():
            weight.zero_()
        z = fast.noise(3)
        assert not torch.equal(twin(z), fast(z))
    with pytest.raises(AttributeError):
        _ = fast.nonsense
    assert not any(isinstance(network, Accelerated) for network in (generator, discriminator))


def test_a_step_function_gets_networks_that_compute_in_bf16_and_finds_the_plain_ones():
    seen = []

    def step(
        generator, discriminator, objective, *, real, noise, generator_optimizer, discriminator_optimizer
    ):
        x, z = real(), noise()
        loss = objective.discriminator(discriminator(x), discriminator(generator(z).detach()))
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()
        seen.append((type(discriminator), type(discriminator.plain)))
        return {"discriminator": loss, "generator": loss}

    train(*dcgans(), images, steps=2, batch=4, step=step, accelerate="bf16")
    assert seen == [(Accelerated, DCGANDiscriminator)] * 2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("bf17", "accelerate: expected one of 'bf16', 'channels-last', 'compile', 'cuda-graphs', got 'bf17'"),
        (("bf16", 3), "accelerate: expected one of"),
        (("compile", "cuda-graphs"), "accelerate: expected compile or cuda-graphs"),
        ("cuda-graphs", "accelerate: expected no cuda-graphs on cpu"),
    ],
)
def test_what_cannot_be_accelerated_is_an_error(value, message):
    with pytest.raises(ValueError, match=message):
        train(*dcgans(), images, steps=1, batch=4, accelerate=value)


def test_bf16_is_for_networks_in_float32():
    networks = [network.double() for network in dcgans()]
    with pytest.raises(ValueError, match="no bf16 for networks in torch.float64"):
        train(*networks, images, steps=1, batch=4, accelerate="bf16")
    assert list(ACCELERATIONS) == ["bf16", "channels-last", "compile", "cuda-graphs"]


# Data on the device


def test_resident_images_are_those_of_the_host():
    digits = embedded_digits()
    here = resident(digits, "cpu")
    expected = digits.sample(32, np.random.default_rng(3))
    got = here.sample(32, np.random.default_rng(3))
    assert got.dtype == torch.float32 and (got.numpy() == expected).all()
    assert here.pixels.dtype == torch.uint8 and (here.labels.numpy() == digits.labels).all()
    assert len(here) == len(digits) and resident(digits.pixels, "cpu").labels is None
    a = train(*dcgans(), digits.sample, steps=2, batch=8)
    b = train(*dcgans(), here.sample, steps=2, batch=8)
    assert a.discriminator_loss.tolist() == b.discriminator_loss.tolist()


@pytest.mark.parametrize("bad", [np.zeros((3, 1, 2, 2)), np.zeros((0, 1, 2, 2), np.uint8), [1], None])
def test_resident_wants_images(bad):
    with pytest.raises(ValueError, match="images: expected Images, or uint8"):
        resident(bad, "cpu")


# Speed and memory, and the same numbers


def test_images_a_second_are_shown_and_kept(capsys):
    history = train(*dcgans(), images, steps=4, batch=8, progress=True, discriminator_steps=2)
    assert "images/s" in capsys.readouterr().err
    assert history.peak_memory is None
    # 64 real images in the time to the end of the last step, after which its record was made.
    assert 64 <= history.samples_per_second * history.seconds[-1] < 128


def test_the_benchmark_measures_each_option_alone(monkeypatch):
    """On a CPU, at a small size: what it will do on a GPU; the numbers themselves are of no account here."""
    calls = compiling(monkeypatch)
    names = ("plain loop", "data on the device", "cuda-graphs", "all but deterministic")
    table, shares = gpu.rows("cpu", width=4, batch=4, steps=1, names=names)
    assert [row[0] for row in table] == list(names) and table[0][2] == 1.0
    assert all(speed > 0 and memory is None for _, speed, _, memory in table)
    assert len(calls) == 6  # both networks, of the last two rows and of the bare passes
    assert shares["share_of_bare"] == table[-1][1] / shares["bare"]
    # By hand: G twice forward, D three times; backward twice as much where the weights learn, once where D
    # stands still; a little less, since nobody asks for the gradient in z and in D's first inputs.
    torch.manual_seed(0)
    generator, discriminator = gpu.players(4, CPU)
    forward = flops(generator, generator.noise(4)), flops(discriminator, torch.zeros(4, 3, 32, 32))
    counted = shares["share_of_rate"] * 4 * shares["rate"] / table[-1][1]
    assert 0.85 < counted / (4 * forward[0] + 8 * forward[1]) < 1.0
    assert set(gpu.OPTIONS) >= set(names) and gpu.why_not() in (None, "no GPU here")


def test_deterministic_algorithms_are_asked_for_within_the_run_only():
    seen = []

    def sample(n, rng):
        seen.append((torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark))
        return images(n, rng)

    torch.backends.cudnn.benchmark = True
    try:
        train(*dcgans(), sample, steps=1, batch=4, deterministic=True)
        train(*dcgans(), sample, steps=1, batch=4)
        assert seen == [(True, False), (False, True)]
        assert torch.backends.cudnn.benchmark and not torch.are_deterministic_algorithms_enabled()
        with pytest.raises(KeyError), deterministic():
            raise KeyError
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.backends.cudnn.benchmark = False
    with pytest.raises(ValueError, match="deterministic: expected True or False"):
        train(*dcgans(), sample, steps=1, deterministic="yes")


def test_each_process_of_torchrun_takes_its_own_gpu_and_its_share_of_the_cores(monkeypatch):
    from gancourse import compute

    monkeypatch.delenv("GANCOURSE_DEVICE", raising=False)
    monkeypatch.delenv("GANCOURSE_THREADS", raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(compute, "_cores", lambda: 8)
    assert compute.choose_device() == torch.device("cuda") and compute.choose_threads(10**6) == 8
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert compute.choose_device() == torch.device("cuda:1") == compute.choose_device("cuda")
    assert compute.choose_device("cuda:0") == torch.device("cuda:0")
    assert compute.choose_threads(10**6) == 4 and compute.choose_threads(10) == 1
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ValueError, match="device: expected a device that is available here: cuda, cuda:1"):
        compute.choose_device()
