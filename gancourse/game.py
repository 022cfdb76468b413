"""The adversarial game in closed form: its value, its best discriminator, the generator's losses."""

import numpy as np
from scipy.special import expit

from gancourse._validate import array, choice, fail
from gancourse.divergences._inputs import pair

__all__ = [
    "GENERATOR_LOSSES",
    "generator_loss",
    "generator_slope",
    "optimal_discriminator",
    "optimal_logit",
    "value",
]

GENERATOR_LOSSES = ("saturating", "non_saturating", "reverse_kl")

_EPS = np.finfo(np.float64).eps


def optimal_logit(log_p, log_q):
    r"""The logit of the best discriminator, from log-densities: exact however far the tails.

    .. math:: v^*(x) = \log p(x) - \log q(x), \qquad D^* = \sigma(v^*)

    Source: Generative adversarial nets, proposition 1, https://arxiv.org/abs/1406.2661.

    Arguments:
        log_p, log_q: log-densities of data and generator, with one shape (*); −inf where a density is zero.

    Returns:
        An array with shape (*): ``inf`` where only q is zero, ``-inf`` where only p is, and NaN where both
        are, since no sample falls there and any discriminator is as good as another.

    Raises:
        ValueError: a log-density is NaN or +inf, or the shapes differ.

    Example:
        >>> float(optimal_logit(-1.0, -3.0))
        2.0
    """
    log_p, log_q = _log_density("log_p", log_p), _log_density("log_q", log_q)
    if log_q.shape != log_p.shape:
        fail("log_q", log_q, f"the shape of log_p, {log_p.shape}")
    with np.errstate(invalid="ignore"):
        return log_p - log_q


def optimal_discriminator(p, q):
    r"""The best discriminator against a fixed generator: the posterior probability of *real*.

    .. math:: D^*(x) = \frac{p(x)}{p(x) + q(x)}

    Close to 1 a float64 probability cannot hold 1 − D* below 1.1e-16: it rounds to 1 (near 0 nothing is
    lost). Where that matters take :func:`optimal_logit`.

    Source: Generative adversarial nets, proposition 1, https://arxiv.org/abs/1406.2661.

    Arguments:
        p, q: densities of data and generator, with one shape (*); any positive scale, as long as it is the
            same.

    Returns:
        An array with shape (*), in [0, 1]; NaN where p + q = 0, since no sample falls there and any
        discriminator is as good as another (a plot leaves a gap; :func:`value` passes over it).

    Raises:
        ValueError: a density is negative or not finite, or the shapes differ.

    Example:
        >>> float(optimal_discriminator(3.0, 1.0))
        0.75
    """
    p, q = _density("p", p), _density("q", q)
    if q.shape != p.shape:
        fail("q", q, f"the shape of p, {p.shape}")
    quarter = np.where(np.maximum(p, q) > 1e300, 0.25, 1.0)  # so that no sum overflows
    p, q = quarter * p, quarter * q
    with np.errstate(invalid="ignore"):
        return p / (p + q)


def value(d, p, q, x=None, *, logit=False, log=False):
    r"""The value of the game for a discriminator d, in nats.

    .. math:: V(D, G) = \int p \log D + q \log(1 - D) \, dx

    At D* it is 2·JS(p, q) − log 4, its maximum over D. Points where p + q = 0 count nothing, whatever d is
    there, NaN included. It is ``-inf`` for a d that is sure and wrong: 0 where p has mass or 1 where q has.

    One reading is needed. A probability in float64 is known to 2.2e-16, so where D* itself lies that close
    to 0 or 1, a d of exactly 0 or 1 is read as D* there: the points where q ≤ 2.2e-16·p, or the reverse.
    Rounding d elsewhere changes V by at most (p + q)·2.2e-16 per unit of x. So V(D*) comes out right to
    about 1e-15 for densities however far apart. A discriminator that saturates on its own is not D*: give
    its logits, with ``logit=True``.

    Source: Generative adversarial nets, equation 1, https://arxiv.org/abs/1406.2661.

    Arguments:
        d: the probability of *real*, in [0, 1], or its logit, with the shape of p.
        p, q: densities of data and generator with shape (n,) on the grid ``x``; or, without x, histograms
            of one shape that sum to one.
        x: the increasing grid, as for :func:`gancourse.divergences.kl`.
        logit: whether d is a logit.
        log: whether p and q are log-densities.

    Returns:
        A float, at most 2·JS(p, q) − log 4.

    Raises:
        ValueError: d is outside [0, 1], of another shape, or NaN where p + q > 0; p, q or x as for
            :func:`gancourse.divergences.kl`.

    Example:
        >>> round(value([0.5, 0.5], [0.25, 0.75], [0.75, 0.25]), 6)
        -1.386294
    """
    p, q, log_p, log_q, weights = pair(p, q, x, log=log)
    d = array("d", d, finite=False)
    if d.shape != p.shape:
        fail("d", d, f"the shape of p, {p.shape}")
    if (np.isnan(d) & (p + q > 0)).any():
        fail("d", d, "no NaN where p + q > 0")
    if logit:
        log_real, log_fake = -_softplus(-d), -_softplus(d)
    else:
        if ((d < 0) | (d > 1)).any():
            outside = d[(d < 0) | (d > 1)]
            fail("d", float(outside[0]), "probabilities in [0, 1] (for logits pass logit=True)")
        with np.errstate(divide="ignore", invalid="ignore"):
            log_real, log_fake = np.log(d), np.log1p(-d)
            log_sum = np.logaddexp(log_p, log_q)
            rounded = ((d == 0) & (p <= _EPS * q)) | ((d == 1) & (q <= _EPS * p))
            log_real = np.where(rounded, log_p - log_sum, log_real)
            log_fake = np.where(rounded, log_q - log_sum, log_fake)
    with np.errstate(invalid="ignore"):
        terms = np.where(p > 0, p * log_real, 0.0) + np.where(q > 0, q * log_fake, 0.0)
    return float(np.sum(weights * terms))


def generator_loss(logit, kind):
    r"""The generator's loss on one fake sample, as a function of the discriminator's logit v; D = σ(v).

    ================  ==================  =========================
    kind              loss                slope in v
    ================  ==================  =========================
    saturating        log(1 − D)          −D
    non_saturating    −log D              −(1 − D)
    reverse_kl        −log(D/(1 − D))     −1
    ================  ==================  =========================

    The third is the sum of the two others. Written with softplus: finite at every finite logit.

    Sources: Generative adversarial nets, https://arxiv.org/abs/1406.2661; Amortised MAP inference for image
    super-resolution (for the third), https://arxiv.org/abs/1610.04490.

    Arguments:
        logit: v, with shape (*); infinities have their limits, NaN gives NaN.
        kind: ``saturating``, ``non_saturating`` or ``reverse_kl``.

    Returns:
        The loss of each sample, in nats, with shape (*).

    Raises:
        ValueError: an unknown kind, or logits that are not numbers.

    Example:
        >>> float(generator_loss(-800.0, "non_saturating"))
        800.0
    """
    v = array("logit", logit, finite=False)
    kind = choice("kind", kind, GENERATOR_LOSSES)
    if kind == "saturating":
        return -_softplus(v)
    if kind == "non_saturating":
        return _softplus(-v)
    return -v


def generator_slope(logit, kind):
    """The derivative of :func:`generator_loss` in the logit: what the generator is pushed by.

    Arguments:
        logit: v, with shape (*).
        kind: ``saturating`` (−σ(v)), ``non_saturating`` (−(1 − σ(v))) or ``reverse_kl`` (−1).

    Returns:
        The slope at each sample, with shape (*), in [−1, 0].

    Raises:
        ValueError: as :func:`generator_loss`.

    Example:
        >>> float(generator_slope(0.0, "saturating"))
        -0.5
    """
    v = array("logit", logit, finite=False)
    kind = choice("kind", kind, GENERATOR_LOSSES)
    if kind == "saturating":
        return -expit(v)
    if kind == "non_saturating":
        return -expit(-v)
    return np.where(np.isnan(v), np.nan, -1.0)


def _softplus(v):
    with np.errstate(invalid="ignore"):  # NaN stays NaN, without a word
        return np.logaddexp(0, v)


def _density(name, value):
    density = array(name, value)
    if (density < 0).any():
        fail(name, float(density.min()), "no negative density")
    return density


def _log_density(name, value):
    log_density = array(name, value, finite=False)
    if np.isnan(log_density).any() or (log_density == np.inf).any():
        fail(name, log_density, "log-densities: finite or -inf, no NaN")
    return log_density
