"""Stacked MNIST: how many of its 1,000 modes a generator makes, and how evenly."""

from itertools import combinations_with_replacement
from math import factorial
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from gancourse._validate import array, fail, integer

__all__ = ["StackedModes", "perfect_stacked_modes", "stacked_modes"]

_MODES = 1000


class StackedModes(NamedTuple):
    """Modes captured of 1,000 (a count; on average a float) and KL(generated‖uniform), nats."""

    captured: float
    reverse_kl: float


def stacked_modes(digits):
    r"""Modes captured of stacked MNIST's 1,000, and how far their histogram h is from even.

    A sample has three channels, each a digit; a classifier names them, and the three names are its mode,
    100·c0 + 10·c1 + c2. A mode is captured that has one sample; all samples count, whatever they look like.

    .. math:: KL(h \| u) = \sum_{j=1}^{1000} h_j \log(1000\, h_j)

    The published protocol: 26,000 samples, natural logarithms, all 1,000 modes in the denominator. A perfect
    generator does not score 0: see :func:`perfect_stacked_modes`. Error: one score has none; the published ±
    are over training runs. :func:`gancourse.metrics.half_sampling` gives that of drawing the samples.

    Sources: Unrolled generative adversarial networks, https://arxiv.org/abs/1611.02163; PacGAN: The power of
    two samples in generative adversarial networks, https://arxiv.org/abs/1712.04086.

    Arguments:
        digits: whole numbers 0 to 9 with shape (n, 3), or probabilities with shape (n, 3, 10), of which the
            largest counts.

    Returns:
        ``StackedModes(captured, reverse_kl)``.

    Raises:
        ValueError: another shape, digits that are not whole or not in 0..9, probabilities that are negative
            or do not sum to one within 1e-5.

    Example:
        >>> stacked_modes([[0, 0, 0], [9, 9, 9]]).captured
        2
    """
    values = array("digits", digits, ndim=(2, 3))
    if values.shape[1:] not in ((3,), (3, 10)):
        fail("digits", digits, "shape (n, 3), or (n, 3, 10) for probabilities")
    if values.ndim == 3:
        with np.errstate(over="ignore"):
            off = np.abs(values.sum(-1) - 1).max()
        if (values < 0).any() or not off <= 1e-5:
            fail("digits", digits, "probabilities: none negative, each ten summing to one")
        values = values.argmax(-1)
    elif ((values != np.floor(values)) | (values < 0) | (values > 9)).any():
        fail("digits", digits, "whole numbers from 0 to 9")
    modes = values.astype(np.int64) @ [100, 10, 1]
    counts = np.bincount(modes, minlength=_MODES)
    share = counts[counts > 0] / len(modes)
    return StackedModes(len(share), max(0.0, float((share * np.log(_MODES * share)).sum())))


def perfect_stacked_modes(n, proportions=None):
    r"""What n samples from the data themselves score on average: the row to print beside every result.

    With the digits drawn independently, a mode has the product P of three proportions as its chance, and its
    count is binomial:

    .. math:: E\,\mathrm{captured} = \sum_j 1 - (1 - P_j)^n, \qquad
        E\,KL = \sum_j E\Bigl[\tfrac{N_j}{n} \log \tfrac{1000 N_j}{n}\Bigr], \quad N_j \sim B(n, P_j)

    For even digits the KL is about 999/(2n) = 0.0192 at n = 26,000, and 0.0193 exactly.
    (:func:`gancourse.metrics.perfect_coverage` says 0.0196: it leaves out samples beyond three σ, 1.1 %.)
    MNIST's training digits are not even (11.2 % ones, 9.0 % fives): the KL of its modes from even ones,
    3·0.00143 = 0.0043, comes on top. To first order that makes 0.0235, exactly 0.0236, which a perfect
    generator of real MNIST's stacks scores.

    Arguments:
        n: how many samples, at least 1 and at most 10⁹.
        proportions: of the ten digits in the data, summing to one; None for even ones.

    Returns:
        ``StackedModes(captured, reverse_kl)``, both floats.

    Raises:
        ValueError: n is not a whole number in its range; proportions that are not ten, negative, or do not
            sum to one within 1e-5.

    Example:
        >>> round(perfect_stacked_modes(26_000).reverse_kl, 4)
        0.0193
    """
    n = integer("n", n, high=10**9)
    p = np.full(10, 0.1) if proportions is None else array("proportions", proportions, shape=(10,))
    with np.errstate(over="ignore"):
        whole = p.sum()
    if (p < 0).any() or abs(whole - 1) > 1e-5:
        fail("proportions", proportions, "ten shares, none negative, that sum to one")
    p = p / whole
    values, inverse = np.unique(p, return_inverse=True)
    kinds = np.bincount(inverse)
    captured = kl = 0.0
    # modes with the same three proportions, in any order, are alike
    for kind in combinations_with_replacement(range(len(values)), 3):
        orders = factorial(3) // np.prod([factorial(kind.count(i)) for i in set(kind)])
        chance, many = values[list(kind)].prod(), orders * kinds[list(kind)].prod()
        captured += many * -np.expm1(n * np.log1p(-chance)) if chance < 1 else many
        reach = 12 * np.sqrt(n * chance) + 60  # beyond lies less than rounding
        counts = np.arange(max(1, int(n * chance - reach)), min(n, int(n * chance + reach)) + 1)
        share = counts / n
        kl += many * float((binom.pmf(counts, n, chance) * share * np.log(_MODES * share)).sum())
    return StackedModes(float(captured), max(0.0, float(kl)))
