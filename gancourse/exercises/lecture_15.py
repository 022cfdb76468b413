"""The exercises of lecture 15: generator losses, a DCGAN block, one training step, the Fréchet distance."""

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
from torch import nn

from gancourse.exercises import _networks
from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite
from gancourse.exercises._training_step import STEP

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
    run=_networks.run_losses,
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
        {
            "in_channels": i,
            "out_channels": o,
            "x": rng.normal(size=(4, i, h, h)),
            "seed": int(rng.integers(1_000)),
        }
        for i, o, h in [(6, 3, 4), (2, 5, int(rng.integers(5, 8)))]
    ]


def _measure_block(case, got):
    """What the output shows of the block, with the weights that it had: the same for any start of the weights."""
    weight = torch.tensor(got["weight"])
    kernel = (case["in_channels"], case["out_channels"], 4, 4)
    doubled = (4, case["out_channels"], *(2 * side for side in case["x"].shape[2:]))
    output = got["output"]
    result = {
        "shape": got["shape"],
        "kernels": got["kernels"],
        "negative": bool((output < 0).any()),
        "at most one": bool((output <= 1).all()),
        "batch norm": False,
        "instance norm": False,
    }
    if output.shape == doubled and tuple(weight.shape) == kernel:
        before = F.conv_transpose2d(torch.tensor(case["x"]), weight, stride=2, padding=1)
        scale, shift = (torch.tensor(got[name]) if got[name].size else None for name in ("scale", "shift"))
        normed = F.batch_norm(before, None, None, scale, shift, training=True).relu().numpy()
        result["batch norm"] = bool(np.allclose(np.maximum(output, 0), normed, rtol=1e-3, atol=1e-4))
        normed = F.instance_norm(before).relu().numpy()
        result["instance norm"] = bool(np.allclose(np.maximum(output, 0), normed, rtol=1e-3, atol=1e-4))
    else:
        result["batch norm"] = True  # that the sizes are wrong is for the other checks to say
    return result


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
    run=_networks.run_block,
    measure=_measure_block,
    checks=(
        Check("doubles", close(key="shape"), "The output must have `out_channels` channels and twice the height and width. With kernel k, stride s and padding p a transposed convolution gives (h − 1)s − 2p + k."),
        Check("transposed convolution", lambda case, got, want: got["kernels"].shape == want["kernels"].shape and np.array_equal(got["kernels"], want["kernels"]), "There should be one layer with kernels: a transposed convolution of 4 x 4, whose weight has shape (in, out, 4, 4)."),
        Check("ends in ReLU", lambda case, got, want: not got["negative"], "The output must end in a ReLU: nothing below zero."),
        Check("batch norm", lambda case, got, want: got["batch norm"], "The output is not what convolution, batch norm and ReLU give with your weights. Batch norm comes between the two, and takes its statistics over the batch."),
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
