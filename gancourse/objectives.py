"""Adversarial losses on logits: the classical ones, and the f-GAN family."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch.nn import functional as F

from gancourse._validate import choice, fail

__all__ = ["OBJECTIVES", "Objective", "f_gan"]


@dataclass(frozen=True, repr=False)
class Objective:
    """A pair of losses to minimise, one for the discriminator and one for the generator.

        D: E_p a(v) + E_q b(v)        G: E_q c(v)

    where v is a logit, D(x) = σ(v) the probability of *real*, p the data and q the generator. Expectations
    are means over the batch; real and fake batches may differ in size. Printed, it shows its formula.

    Arguments:
        name: what it is called.
        on_real, on_fake, on_generator: a, b and c, functions of a tensor of logits, element by element.
        formulas: those of D and of G in print.
    """

    name: str
    on_real: Callable = field(compare=False)
    on_fake: Callable = field(compare=False)
    on_generator: Callable = field(compare=False)
    formulas: tuple
    # True where the generator's loss needs the logits of real samples too.
    paired: ClassVar[bool] = False

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss, a scalar tensor.

        Arguments:
            real_logits, fake_logits: logits of real and of generated samples, with shapes (n,) and (m,).

        Raises:
            ValueError: an argument is not a tensor of floats with shape (n,), n at least 1.
        """
        _check_logits("real_logits", real_logits)
        _check_logits("fake_logits", fake_logits)
        return self.on_real(real_logits).mean() + self.on_fake(fake_logits).mean()

    def generator(self, fake_logits, real_logits=None):
        """The generator's loss, a scalar tensor.

        Arguments:
            fake_logits: logits of generated samples, with shape (n,).
            real_logits: logits of real samples; only a paired objective uses them.

        Raises:
            ValueError: fake_logits is not a tensor of floats with shape (n,), n at least 1.
        """
        _check_logits("fake_logits", fake_logits)
        return self.on_generator(fake_logits).mean()

    def __repr__(self):
        return f"{self.name}\n  D: {self.formulas[0]}\n  G: {self.formulas[1]}"


class _Relativistic(Objective):
    """A loss on the difference of two logits.

    Pair i compares the i-th real with the i-th fake sample: a, as c, is a function of
    d = v(x_i) − v(G(z_i)), and there is no b.
    """

    paired = True

    def discriminator(self, real_logits, fake_logits):
        return self.on_real(_difference(real_logits, fake_logits)).mean()

    def generator(self, fake_logits, real_logits=None):
        if real_logits is None:
            fail("real_logits", None, "the logits of as many real samples, to compare with")
        return self.on_generator(_difference(real_logits, fake_logits)).mean()


def f_gan(name, *, practical=False):
    """The game of one f-divergence, D_f(p‖q) = ∫ q f(p/q), played through its variational bound.

        min_G max_D  E_p g_f(v) − E_q f*(g_f(v))

    where f*(t) = sup_u {ut − f(u)} is the conjugate and g_f the output activation, which maps a logit into
    the domain of f*. At the best D the value is D_f(p‖q). The discriminator's loss is minus the value, the
    generator's is −E_q f*(g_f(v)); both are written with f*(g_f(v)) simplified, so that they and their
    gradients are finite at logits of ±50 even where f* or g_f alone would round to the edge of the domain.

        name               f(u)                          g_f(v)                 f*(g_f(v))
        kl                 u log u                       v                      exp(v − 1)
        reverse_kl         −log u                        −exp(−v)               v − 1
        pearson            (u − 1)²                      v                      v²/4 + v
        neyman             (u − 1)²/u                    1 − exp(−v)            2 − 2 exp(−v/2)
        squared_hellinger  (√u − 1)²                     1 − exp(−v)            exp(v) − 1
        jensen_shannon     u log u − (u+1) log((u+1)/2)  log 2 − softplus(−v)   softplus(v) − log 2
        gan                u log u − (u+1) log(u+1)      −softplus(−v)          softplus(v)
        total_variation    |u − 1|/2                     tanh(v)/2              tanh(v)/2
        jeffrey            (u − 1) log u                 v                      1/w − log w − 1

    where w = W(exp(1 − v)), Lambert's function. Pearson's conjugate is the paper's, with u over all reals.
    Over u ≥ 0 it would be −1 below t = −2, and flat; the paper's lies above, so the bound still holds there,
    and still has a gradient.

    Arguments:
        name: one of the names above.
        practical: True gives the generator −E_q g_f(v) in place of −E_q f*(g_f(v)), the paper's section 3.2:
            the step that for ``gan`` turns the minimax loss into the non-saturating one.

    Raises:
        ValueError: an unknown name.

    Source: Nowozin, Cseke and Tomioka, "f-GAN: Training Generative Neural Samplers using Variational
    Divergence Minimization", 2016, arXiv 1606.00709, table 2 and its appendix.

    Example:
        >>> f_gan("kl")
        f_gan('kl')
          D: −E_p v + E_q exp(v − 1)
          G: −E_q exp(v − 1)
    """
    choice("name", name, _F_GAN)
    activation, conjugate, on_real, formula = _F_GAN[name]
    return Objective(
        f"f_gan({name!r}{', practical=True' if practical else ''})",
        lambda v: -activation(v),
        conjugate,
        (lambda v: -activation(v)) if practical else (lambda v: -conjugate(v)),
        (f"−E_p {on_real} + E_q {formula}", f"−E_q {on_real if practical else formula}"),
    )


class _LogRatio(torch.autograd.Function):
    """y = log u with log u + 1 − 1/u = t: the log density ratio at which Jeffrey's optimal critic says t.

    In terms of Lambert's W, u = 1/W(exp(1 − t)), in which exp overflows. h(y) = y + 1 − exp(−y) − t
    is increasing and concave, so Newton's method started left of the root climbs to it from the left.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(t):
        # h(t − 1) = −exp(1 − t) < 0 always; h(−log(1 − t)) < 0 for t < 0, and much nearer.
        y = torch.where(t > 0, t - 1, -torch.log1p(-t.clamp(max=0)))
        for _ in range(8):
            e = torch.exp(-y)
            y = y - (y + 1 - e - t) / (1 + e)
        return y

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad):
        (y,) = ctx.saved_tensors
        return grad * torch.sigmoid(y)  # dy/dt = 1/(1 + exp(−y)), by the implicit function theorem


def _jeffrey_conjugate(t):
    y = _LogRatio.apply(t)
    return torch.exp(y) + y - 1


def _softplus(v):
    """log(1 + exp(v)); PyTorch's default turns linear at 20, which in float64 is visible."""
    return F.softplus(v, threshold=50)


def _identity(v):
    return v


_ON_FAKE, _ON_REAL = "E_q softplus(v)", "E_p softplus(−v)"
_CROSS_ENTROPY = (lambda v: _softplus(-v), _softplus)

# Each row: name, a, b, c, formulas. Where they come from:
# minimax, non_saturating   Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661
# reverse_kl                Sønderby et al., "Amortised MAP Inference for Image Super-resolution", 2016,
#                           arXiv 1610.04490
# least_squares             Mao et al., "Least Squares GANs", 2016, arXiv 1611.04076, without its factors of ½
# hinge                     Lim and Ye, "Geometric GAN", 2017, arXiv 1705.02894
# wasserstein               Arjovsky et al., "Wasserstein GAN", 2017, arXiv 1701.07875; it holds no Lipschitz
#                           bound by itself: clip, or penalise the gradient
# relativistic, in pairs    Jolicoeur-Martineau, "The Relativistic Discriminator", 2018, arXiv 1807.00734
OBJECTIVES = {
    objective.name: objective
    for objective in (
        Objective(
            "minimax",
            *_CROSS_ENTROPY,
            lambda v: -_softplus(v),
            (f"{_ON_REAL} + {_ON_FAKE}", "−E_q softplus(v)"),
        ),
        Objective(
            "non_saturating",
            *_CROSS_ENTROPY,
            lambda v: _softplus(-v),
            (f"{_ON_REAL} + {_ON_FAKE}", "E_q softplus(−v)"),
        ),
        Objective("reverse_kl", *_CROSS_ENTROPY, torch.neg, (f"{_ON_REAL} + {_ON_FAKE}", "−E_q v")),
        Objective(
            "least_squares",
            lambda v: (v - 1) ** 2,
            torch.square,
            lambda v: (v - 1) ** 2,
            ("E_p (v − 1)² + E_q v²", "E_q (v − 1)²"),
        ),
        Objective(
            "hinge",
            lambda v: F.relu(1 - v),
            lambda v: F.relu(1 + v),
            torch.neg,
            ("E_p max(0, 1 − v) + E_q max(0, 1 + v)", "−E_q v"),
        ),
        Objective("wasserstein", torch.neg, _identity, torch.neg, ("−E_p v + E_q v", "−E_q v")),
        _Relativistic(
            "relativistic",
            lambda d: _softplus(-d),
            None,
            _softplus,
            ("E softplus(−(v_real − v_fake))", "E softplus(v_real − v_fake)"),
        ),
    )
}

# Each row: g_f, f* after g_f, and the two in print.
_F_GAN = {
    "kl": (_identity, lambda v: torch.exp(v - 1), "v", "exp(v − 1)"),
    "reverse_kl": (lambda v: -torch.exp(-v), lambda v: v - 1, "[−exp(−v)]", "(v − 1)"),
    "pearson": (_identity, lambda v: v * v / 4 + v, "v", "(v²/4 + v)"),
    "neyman": (
        lambda v: -torch.expm1(-v),
        lambda v: -2 * torch.expm1(-v / 2),
        "(1 − exp(−v))",
        "(2 − 2 exp(−v/2))",
    ),
    "squared_hellinger": (lambda v: -torch.expm1(-v), torch.expm1, "(1 − exp(−v))", "(exp(v) − 1)"),
    "jensen_shannon": (
        lambda v: math.log(2) - _softplus(-v),
        lambda v: _softplus(v) - math.log(2),
        "(log 2 − softplus(−v))",
        "(softplus(v) − log 2)",
    ),
    "gan": (lambda v: -_softplus(-v), _softplus, "[−softplus(−v)]", "softplus(v)"),
    "total_variation": (lambda v: torch.tanh(v) / 2, lambda v: torch.tanh(v) / 2, "tanh(v)/2", "tanh(v)/2"),
    "jeffrey": (_identity, _jeffrey_conjugate, "v", "(1/w − log w − 1), w = W(exp(1 − v))"),
}


def _check_logits(name, logits):
    # One dimension only: (n, 1) against (n,) would broadcast to n x n in a paired loss, and never complain.
    fits = (
        isinstance(logits, torch.Tensor) and logits.is_floating_point() and logits.ndim == 1 and len(logits)
    )
    if not fits:
        fail(name, logits, "a tensor of floats with shape (n,), n at least 1")


def _difference(real_logits, fake_logits):
    _check_logits("real_logits", real_logits)
    _check_logits("fake_logits", fake_logits)
    if len(real_logits) != len(fake_logits):
        fail("fake_logits", fake_logits, f"as many logits as real_logits has, {len(real_logits)}")
    return real_logits - fake_logits
