"""The exercises of lecture 15: generator losses, a DCGAN block, one training step, the Fréchet distance."""

import copy

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
from torch import nn

from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite

__all__ = ["EXERCISES"]


# --- both generator losses -----------------------------------------------------------------------


def generator_losses(fake_logits):
    """Both losses of the generator on a batch of D's logits at generated points, each to be minimised.

    Arguments:
        fake_logits: tensor (n,), logits v with D = σ(v); |v| may be as large as 1,000.

    Returns:
        two scalar tensors: mean log(1 − D), the loss of the min-max game, and mean −log D, the
        non-saturating one; finite, and with finite gradients.
    """
    return -F.softplus(fake_logits).mean(), F.softplus(-fake_logits).mean()


def _loss_cases(rng):
    return [
        {"fake_logits": rng.normal(0, 2, 6)},
        {"fake_logits": rng.normal(-3, 1, 9)},
        {"fake_logits": np.array([-1000.0, -200.0, 200.0, 1000.0]) * rng.uniform(0.9, 1.0)},
    ]


def _run_losses(function, case):
    logits = torch.tensor(case["fake_logits"], requires_grad=True)
    answer = function(logits)
    if answer is None or answer is Ellipsis:
        return {"value": answer} if answer is Ellipsis else _nothing()
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError("return two tensors: `return saturating, non_saturating`")
    values, slopes = [], []
    for loss in answer:
        values.append(loss.detach().numpy())
        slopes.append(torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0].numpy())
    return {"value": np.array(values, dtype=np.float64), "slope": np.array(slopes)}


def _nothing():
    raise TypeError("it returned None; is a `return` missing?")


def _through_sigmoid(epsilon):
    def wrong(fake_logits):
        d = torch.sigmoid(fake_logits)
        return torch.log(1 - d + epsilon).mean(), -torch.log(d + epsilon).mean()

    return wrong


def _values_and_slopes(case, got, want):
    right_values = close(finite_only=True)(case, got, want)
    return right_values and close(key="slope", atol=1e-12, finite_only=True)(case, got, want)


LOSSES = Exercise(
    id="15.generator_losses",
    title="Both generator losses, on logits",
    reference=generator_losses,
    cases=_loss_cases,
    run=_run_losses,
    shape="Each loss is one number: the mean over the batch.",
    checks=(
        Check("finite", finite(), "For large logits σ(v) rounds to 0 or 1, and its logarithm is infinite. Use softplus."),
        Check("values and slopes", _values_and_slopes, "The numbers or their gradients differ. With D = σ(v): log(1 − D) = −softplus(v) and −log D = softplus(−v); the logits must stay attached."),
    ),
    hints=(
        "1 − σ(v) = σ(−v).",
        "log σ(v) = −softplus(−v), and `F.softplus` never overflows.",
        "Saturating: `-F.softplus(v).mean()`. Non-saturating: `F.softplus(-v).mean()`.",
    ),
    wrong=(
        Wrong(_through_sigmoid(0.0), "σ(v) rounds to 0 or 1 and log 0 = −∞. Never take the log of a sigmoid; use softplus on the logits.", "finite"),
        Wrong(_through_sigmoid(1e-12), "The small number inside the log caps the loss near 28 nats, and its gradient is zero beyond: wrong just where the generator is lost. Use softplus.", "values and slopes"),
        Wrong(lambda v: (F.softplus(v).mean(), F.softplus(-v).mean()), "The sign of the first: the game's loss is log(1 − D), which is negative; minimising −log(1 − D) would please the discriminator.", "values and slopes"),
        Wrong(lambda v: (-F.softplus(v).mean(), -F.softplus(-v).mean()), "The sign of the second: −log D is positive and falls as D rises. You return log D, which would be maximised.", "values and slopes"),
        Wrong(lambda v: (F.softplus(-v).mean(), -F.softplus(v).mean()), "The two have changed places: first the saturating log(1 − D), then the non-saturating −log D.", "values and slopes"),
        Wrong(lambda v: (-F.softplus(v).sum(), F.softplus(-v).sum()), "You summed over the batch: take the mean, so that the step size does not depend on the batch.", "values and slopes"),
        Wrong(lambda v: (-F.softplus(v), F.softplus(-v)), "Each loss is one number: take the mean over the batch.", "shape"),
        Wrong(lambda v: (-F.softplus(v).mean(), F.softplus(-v.clamp(-50, 1001)).mean() + (-50 - v).clamp(min=0).mean().detach()), "The values are right, but clamping the logits cuts the gradient of the worst fakes: the generator never hears of them.", "values and slopes"),
    ),
    accepted=(
        lambda v: (F.logsigmoid(-v).mean(), -F.logsigmoid(v).mean()),
        lambda v: (-F.binary_cross_entropy_with_logits(v, torch.zeros_like(v)), F.binary_cross_entropy_with_logits(v, torch.ones_like(v))),
    ),
    points=2.0,
)  # fmt: skip


# --- a block of the generator --------------------------------------------------------------------


def up_block(in_channels, out_channels):
    """One stage of a DCGAN generator: twice the height and width, by the published rules.

    A strided transposed convolution with a 4 x 4 kernel, then batch norm, then ReLU.

    Arguments:
        in_channels, out_channels: whole numbers.

    Returns:
        nn.Module that maps (n, in_channels, h, w) to (n, out_channels, 2h, 2w).
    """
    return nn.Sequential(
        nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def _block_cases(rng):
    return [
        {"in_channels": i, "out_channels": o, "x": rng.normal(size=(4, i, h, h))}
        for i, o, h in [(6, 3, 4), (2, 5, int(rng.integers(5, 8)))]
    ]


def _run_block(function, case):
    x = torch.tensor(case["x"], dtype=torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        block = function(case["in_channels"], case["out_channels"])
        if block is Ellipsis:
            return {"value": block}
        if not isinstance(block, nn.Module):
            raise TypeError(f"return a module, not {type(block).__name__}")
        block.train()
        with torch.no_grad():
            plain, scaled = block(x), block(10 * x)
            other = x.clone()
            other[1:] *= 3
            mixed = block(other)
    kernels = [list(w.shape) for w in block.state_dict().values() if w.ndim == 4]
    return {
        "shape": np.array(plain.shape, dtype=np.float64),
        "lowest": np.array(plain.min().item()),
        "scaled": np.array(float((plain - scaled).abs().mean() / (plain.abs().mean() + 1e-9))),
        "mixed": np.array(float((plain[0] - mixed[0]).abs().mean()) if plain.shape == mixed.shape else 0.0),
        "kernels": np.array(kernels, dtype=np.float64),
    }


def _sequence(*make):
    return lambda i, o: nn.Sequential(*(part(i, o) for part in make))


def _up(i, o):
    return nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False)


def _norm(i, o):
    return nn.BatchNorm2d(o)


def _relu(i, o):
    return nn.ReLU()


BLOCK = Exercise(
    id="15.up_block",
    title="A block of the DCGAN generator",
    reference=up_block,
    cases=_block_cases,
    run=_run_block,
    checks=(
        Check("doubles", close(key="shape"), "The output must have `out_channels` channels and twice the height and width. With kernel k, stride s and padding p a transposed convolution gives (h − 1)s − 2p + k."),
        Check("transposed convolution", lambda case, got, want: got["kernels"].shape == want["kernels"].shape and np.array_equal(got["kernels"], want["kernels"]), "There should be one layer with kernels: a transposed convolution of 4 x 4, whose weight has shape (in, out, 4, 4)."),
        Check("ends in ReLU", lambda case, got, want: got["lowest"] == 0.0, "The output must end in a ReLU: nothing below zero, and exact zeros."),
        Check("batch norm", lambda case, got, want: got["scaled"] < 1e-2 and got["mixed"] > 1e-3, "Batch norm is missing between convolution and ReLU: with it, ten times the input gives the same output, and one image's output depends on the others."),
    ),
    hints=(
        "Three layers in an `nn.Sequential`: `nn.ConvTranspose2d`, `nn.BatchNorm2d`, `nn.ReLU`.",
        "Solve (h − 1)·2 − 2p + 4 = 2h for the padding p.",
        "`nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=False)`.",
    ),
    wrong=(
        Wrong(_sequence(_up, _relu), "Batch norm is missing. DCGAN puts it after every convolution of the generator but the last.", "batch norm"),
        Wrong(_sequence(_up, _norm, lambda i, o: nn.LeakyReLU(0.2)), "LeakyReLU belongs in the discriminator; the generator's blocks end in ReLU.", "ends in ReLU"),
        Wrong(_sequence(_up, _norm, lambda i, o: nn.Tanh()), "tanh ends the *last* layer of the generator, where pixels leave; its blocks end in ReLU.", "ends in ReLU"),
        Wrong(_sequence(_up, _relu, _norm), "The order: batch norm comes before ReLU. After it, the output is centred again and half of it negative.", "ends in ReLU"),
        Wrong(_sequence(lambda i, o: nn.ConvTranspose2d(i, o, 4, 2, bias=False), _norm, _relu), "Without padding=1 the output is 2h + 2 pixels a side: (h − 1)·2 + 4.", "doubles"),
        Wrong(_sequence(lambda i, o: nn.ConvTranspose2d(i, o, 4, 1, 1, bias=False), _norm, _relu), "The stride is 1: the output is only one pixel wider. It must be 2 to double the side.", "doubles"),
        Wrong(_sequence(lambda i, o: nn.Upsample(scale_factor=2), lambda i, o: nn.Conv2d(i, o, 3, padding=1, bias=False), _norm, _relu), "Upsampling by copying, then a convolution: it works, and some prefer it, but the published rule is that the network *learns* its upsampling, by a strided transposed convolution.", "transposed convolution"),
        Wrong(_sequence(_up, lambda i, o: nn.InstanceNorm2d(o), _relu), "Instance norm treats each image alone. The published rule is batch norm, whose statistics are taken over the batch.", "batch norm"),
    ),
    accepted=(
        _sequence(lambda i, o: nn.ConvTranspose2d(i, o, 4, 2, 1), _norm, lambda i, o: nn.ReLU(inplace=True)),
    ),
    points=2.0,
)  # fmt: skip


# --- one training step ---------------------------------------------------------------------------


def training_step(
    generator, discriminator, generator_optimiser, discriminator_optimiser, real, noise, fresh_noise
):
    """One step of the training algorithm: the discriminator first, then the generator; both are changed.

    Arguments:
        generator, discriminator: networks; the discriminator returns logits.
        generator_optimiser, discriminator_optimiser: each holds its own network's parameters.
        real: tensor (n, d), a batch of data.
        noise: tensor (n, k), the noise for the discriminator's half.
        fresh_noise: tensor (n, k), the noise for the generator's half.

    The discriminator descends mean softplus(−D(real)) + mean softplus(D(fake)), with fake = G(noise); then the
    generator descends the non-saturating loss mean softplus(−D(G(fresh_noise))).
    """
    fake = generator(noise).detach()
    discriminator_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    discriminator_optimiser.zero_grad()
    discriminator_loss.backward()
    discriminator_optimiser.step()

    generator_loss = F.softplus(-discriminator(generator(fresh_noise))).mean()
    generator_optimiser.zero_grad()
    generator_loss.backward()
    generator_optimiser.step()


def _step_cases(rng):
    return [
        {"real": rng.normal(2, 1, (3, 8, 2)), "noise": rng.normal(size=(3, 8, 2)), "fresh_noise": rng.normal(size=(3, 8, 2)), "seed": int(rng.integers(1_000))}
        for _ in range(2)
    ]  # fmt: skip


def _run_step(function, case):
    """Three steps on small networks in float64, with plain gradient descent, which hides no factor."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        generator = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
        discriminator = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    before = copy.deepcopy(generator.state_dict()), copy.deepcopy(discriminator.state_dict())
    optimisers = [torch.optim.SGD(network.parameters(), lr=0.2) for network in (generator, discriminator)]
    for i in range(3):
        batches = (torch.tensor(case[name][i]) for name in ("real", "noise", "fresh_noise"))
        if function(generator, discriminator, *optimisers, *batches) is Ellipsis:
            return {"value": Ellipsis}
    change = [
        np.concatenate([(after - old[name]).numpy().ravel() for name, after in network.state_dict().items()])
        for network, old in zip((generator, discriminator), before, strict=True)
    ]
    return {"generator": change[0], "discriminator": change[1]}


def _wrong_step(*, real=-1.0, fake=1.0, game=F.softplus, sign=-1.0, zero="each", detach=True, order="dg", fresh=True, reduce=torch.mean, share=1.0, stale=False):  # fmt: skip
    """One of the many ways to write the step, right by default."""

    def step(
        generator, discriminator, generator_optimiser, discriminator_optimiser, reals, noise, fresh_noise
    ):
        def discriminator_half():
            made = generator(noise)
            made = made.detach() if detach else made
            loss = reduce(F.softplus(real * discriminator(reals))) + reduce(
                F.softplus(fake * discriminator(made))
            )
            if zero == "each":
                discriminator_optimiser.zero_grad()
            (share * loss).backward()
            discriminator_optimiser.step()

        def generator_half(logits=None):
            if logits is None:
                logits = discriminator(generator(fresh_noise if fresh else noise))
            if zero == "each":
                generator_optimiser.zero_grad()
            reduce(game(sign * logits)).backward()
            generator_optimiser.step()

        if zero == "start":
            generator_optimiser.zero_grad()
            discriminator_optimiser.zero_grad()
        if order == "gd":
            generator_half()
            discriminator_half()
        elif stale:
            old = copy.deepcopy(discriminator)
            discriminator_half()
            generator_half(old(generator(fresh_noise)))
        else:
            discriminator_half()
            generator_half()

    return step


def _minus_softplus(v):
    return -F.softplus(-v)


STEP = Exercise(
    id="15.training_step",
    title="One training step",
    reference=training_step,
    cases=_step_cases,
    run=_run_step,
    checks=(
        Check("same numbers", lambda case, got, want: close(key="discriminator", atol=1e-10)(case, got, want) and close(key="generator", atol=1e-10)(case, got, want), "After three steps the weights differ from the algorithm's. Go through it line by line: which gradients are zeroed, when, and which network does each loss reach?"),
    ),
    hints=(
        "D's half: losses on real and on `generator(noise).detach()`, then zero_grad, backward, step.",
        "G's half: a new pass, `discriminator(generator(fresh_noise))`, through the discriminator as it is *now*.",
        "Zero each network's gradients just before its own `backward`: the other half leaves gradients behind.",
    ),
    wrong=(
        Wrong(_wrong_step(zero="never"), "The gradients are never zeroed: each step adds those of all steps before. Call `zero_grad` before each `backward`.", "same numbers"),
        Wrong(_wrong_step(zero="start", detach=False), "No detach: the discriminator's loss sends gradients into the generator, and they are still there when the generator steps. Detach the fakes in D's half.", "same numbers"),
        Wrong(_wrong_step(real=1.0, fake=-1.0, sign=1.0), "The labels are exchanged in both halves: D learns the probability of *fake*. In this course D is the probability of real.", "same numbers"),
        Wrong(_wrong_step(real=1.0, fake=-1.0), "D's labels are exchanged: it raises its logit on fakes and lowers it on real points.", "same numbers"),
        Wrong(_wrong_step(game=_minus_softplus, sign=1.0), "The sign of the generator's loss: it makes its own fakes look *less* real.", "same numbers"),
        Wrong(_wrong_step(game=lambda v: -F.softplus(v), sign=1.0), "This is the saturating loss, log(1 − D). The step asks for the non-saturating −log D = softplus(−v).", "same numbers"),
        Wrong(_wrong_step(order="gd"), "The generator moved first. The algorithm trains the discriminator first, so that the generator hears the newest answer.", "same numbers"),
        Wrong(_wrong_step(fresh=False), "The generator's half uses `noise` again: it is to be judged on `fresh_noise`.", "same numbers"),
        Wrong(_wrong_step(share=0.5), "A factor ½: the discriminator's loss is the *sum* of the two means, not their average.", "same numbers"),
        Wrong(_wrong_step(reduce=torch.sum), "You summed over the batch instead of taking the mean: the step is as many times too long as the batch has points.", "same numbers"),
        Wrong(_wrong_step(stale=True), "The generator's loss uses the discriminator as it was *before* its step. Pass the fakes through it again.", "same numbers"),
        Wrong(lambda *arguments: None, "Nothing has changed: neither network was stepped.", "same numbers"),
        Wrong(lambda g, d, go, do, r, n, f: _wrong_step()(g, d, torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1), do, r, n, f), "The generator's optimiser never stepped: only D has changed.", "same numbers"),
    ),
    accepted=(
        _wrong_step(),
        _wrong_step(detach=False),  # wasteful but right, since the generator's gradients are zeroed before its own half
    ),
    points=3.0,
)  # fmt: skip


# --- Fréchet distance ----------------------------------------------------------------------------


def frechet(mean_a, cov_a, mean_b, cov_b):
    """The squared Fréchet distance of two Gaussians: |μ_a − μ_b|² + Tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½).

    Arguments:
        mean_a, mean_b: arrays (d,).
        cov_a, cov_b: covariance matrices (d, d), symmetric, positive definite; not standard deviations.

    Returns:
        float.
    """
    root = scipy.linalg.sqrtm(cov_a @ cov_b)
    gap = mean_a - mean_b
    return float(gap @ gap + np.trace(cov_a) + np.trace(cov_b) - 2 * np.trace(root).real)


def _gaussian_cases(rng):
    def covariance(d):
        a = rng.normal(size=(d, d))
        return a @ a.T + 0.3 * np.eye(d)

    return [
        {
            "mean_a": rng.normal(size=d),
            "cov_a": covariance(d),
            "mean_b": rng.normal(size=d),
            "cov_b": covariance(d),
        }
        for d in (1, 2, 5)
    ]


def _root(matrix):
    return np.real(scipy.linalg.sqrtm(matrix))


def _frechet_with(middle, gap_power=2, factor=2.0):
    def wrong(mean_a, cov_a, mean_b, cov_b):
        gap = np.linalg.norm(mean_a - mean_b) ** gap_power if gap_power else 0.0
        return gap + np.trace(cov_a) + np.trace(cov_b) - factor * np.trace(middle(cov_a, cov_b))

    return wrong


def _product_root(a, b):
    return _root(a @ b)


def _by_eigenvalues(mean_a, cov_a, mean_b, cov_b):
    half = _root(cov_a)
    eigenvalues = np.linalg.eigvalsh(half @ cov_b @ half)
    return np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b) - 2 * np.sqrt(eigenvalues).sum()


FRECHET = Exercise(
    id="15.frechet",
    title="The Fréchet distance of two Gaussians",
    reference=frechet,
    cases=_gaussian_cases,
    shape="Return one number.",
    checks=(
        Check("values", close(rtol=1e-5), "The number differs. Try two one-dimensional Gaussians: the answer is (μ_a − μ_b)² + (σ_a − σ_b)²."),
    ),
    hints=(
        "`scipy.linalg.sqrtm` takes the root of a matrix; `np.sqrt` takes the root of each entry, which is another thing.",
        "The root is of the *product* Σ_a Σ_b. It need not be symmetric; its trace is real.",
        "`gap @ gap + np.trace(cov_a + cov_b - 2 * scipy.linalg.sqrtm(cov_a @ cov_b).real)`.",
    ),
    wrong=(
        Wrong(_frechet_with(lambda a, b: np.linalg.inv(_product_root(a, b))), "The exponent: some notes print (Σ_aΣ_b)^−½. It is +½; with a minus sign equal Gaussians are not at distance 0.", "values"),
        Wrong(_frechet_with(lambda a, b: np.sqrt(np.abs(a @ b))), "`np.sqrt` takes the root of every entry. The root of a matrix M is the matrix R with R R = M: `scipy.linalg.sqrtm`.", "values"),
        Wrong(_frechet_with(lambda a, b: _root(a) @ _root(b)), "√Σ_a √Σ_b is not √(Σ_aΣ_b) unless the two commute: take the root of the product.", "values"),
        Wrong(_frechet_with(_product_root, factor=1.0), "The factor 2 before the root is missing: equal Gaussians must be at distance 0.", "values"),
        Wrong(_frechet_with(_product_root, gap_power=1), "The distance of the means must be squared.", "values"),
        Wrong(_frechet_with(_product_root, gap_power=0), "The means are missing: two Gaussians of equal shape in different places are not at distance 0.", "values"),
        Wrong(lambda mean_a, cov_a, mean_b, cov_b: np.sqrt(_by_eigenvalues(mean_a, cov_a, mean_b, cov_b)), "You took the root: the field reports the *squared* distance under this name.", "values"),
        Wrong(lambda mean_a, cov_a, mean_b, cov_b: (mean_a - mean_b) ** 2 + np.diag(cov_a + cov_b - 2 * _product_root(cov_a, cov_b)) if len(mean_a) > 1 else _by_eigenvalues(mean_a, cov_a, mean_b, cov_b), "Return one number: |μ_a − μ_b|² is a sum over the coordinates, and the trace is a sum over the diagonal.", "shape"),
    ),
    accepted=(_by_eigenvalues, lambda mean_a, cov_a, mean_b, cov_b: np.float32(_by_eigenvalues(mean_a, cov_a, mean_b, cov_b))),
    points=2.0,
)  # fmt: skip

EXERCISES = (LOSSES, BLOCK, STEP, FRECHET)
