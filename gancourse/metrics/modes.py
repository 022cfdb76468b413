"""Mode collapse, measured: how many modes a sampler finds, how well, and how evenly."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist
from scipy.special import gammainc, gammaln, xlogy

from gancourse._validate import LARGEST, array, fail, integer, positive

__all__ = ["Coverage", "mode_coverage", "perfect_coverage"]

_BLOCK = 2**22  # numbers held at once


class Coverage(NamedTuple):
    """Modes captured (a count), high-quality share (in [0, 1]) and reverse KL (nats)."""

    captured: int
    high_quality: float
    reverse_kl: float


def mode_coverage(samples, centres, std, *, sigmas=3.0):
    r"""Modes captured, high-quality share and reverse KL of samples against known modes.

    A sample is of high quality when it lies within 3 standard deviations of the nearest centre; a mode is
    captured when it is the nearest one of at least one such sample. The reverse KL compares the histogram h
    of modes over the high-quality samples with the uniform one:

    .. math:: KL(h \| u) = \sum_{j=1}^k h_j \log(k h_j)

    A perfect sampler does not score 100 % and 0: see :func:`perfect_coverage`.

    Source: PacGAN: The power of two samples in generative adversarial networks,
    https://arxiv.org/abs/1712.04086.

    Arguments:
        samples: with shape (n, d), or (n,) on the line.
        centres: the modes, with shape (k, d) or (k,); distinct.
        std: the standard deviation of a mode, in the unit of the samples.
        sigmas: the radius of high quality in standard deviations (VEEGAN takes 10 in 1,200 dimensions).

    Returns:
        ``Coverage(captured, high_quality, reverse_kl)``; without any high-quality sample (0, 0.0, inf).

    Raises:
        ValueError: samples or centres are empty, hold NaN or infinities, or differ in dimension; centres that
            coincide to nine digits; std or sigmas not positive.

    Example:
        >>> mode_coverage([[0.0, 0.0], [5.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]], std=0.1).high_quality
        0.5
    """
    samples = array("samples", samples, ndim=(1, 2), high=LARGEST)
    centres = array("centres", centres, ndim=samples.ndim, high=LARGEST)
    if samples.ndim == 1:
        samples, centres = samples[:, None], centres[:, None]
    if centres.shape[1] != samples.shape[1]:
        fail("centres", centres, f"points in {samples.shape[1]} dimension(s), like the samples")
    k = len(centres)
    # to rounding: cos(2π) is 1, but sin(2π) in float64 is not 0
    if k > 1 and pdist(centres).min() <= 1e-9 * np.abs(centres).max():
        fail("centres", centres, "distinct modes (a full circle has its first point twice)")
    # a radius beyond all squares takes in every sample
    radius = min(positive("std", std) * positive("sigmas", sigmas), 4 * LARGEST)
    counts = np.zeros(k, dtype=np.int64)
    for block in _blocks(samples, max(1, _BLOCK // centres.size)):
        squares = ((block[:, None, :] - centres) ** 2).sum(-1)
        nearest = squares.argmin(1)
        close = squares[np.arange(len(block)), nearest] <= radius**2
        counts += np.bincount(nearest[close], minlength=k)
    good = int(counts.sum())
    share = counts / max(good, 1)
    reverse_kl = max(0.0, float(xlogy(share, k * share).sum())) if good else np.inf
    return Coverage(int((counts > 0).sum()), good / len(samples), reverse_kl)


def perfect_coverage(modes, n, *, dim=2, sigmas=3.0):
    r"""What n samples from the true mixture score on average: the row to print beside every result.

    For equal, isotropic modes many standard deviations apart. The high-quality share is
    P(χ²_d ≤ sigmas²), in two dimensions 1 − exp(−9/2) = 98.89 %. The reverse KL is the expectation over a
    multinomial of the high-quality samples, about (modes − 1)/(2n), and not zero.

    Arguments:
        modes: how many, at least 1.
        n: how many samples, at least 1.
        dim: dimension of the samples.
        sigmas: as in :func:`mode_coverage`.

    Returns:
        ``Coverage(captured, high_quality, reverse_kl)``, ``captured`` the expected number, a float.

    Raises:
        ValueError: modes, n or dim is not a whole number of at least 1, or sigmas is not positive.

    Example:
        >>> round(perfect_coverage(8, 2500).high_quality, 4)
        0.9889
    """
    modes, n, dim = integer("modes", modes), integer("n", n), integer("dim", dim)
    radius = min(positive("sigmas", sigmas), LARGEST)
    high_quality = float(gammainc(dim / 2, radius**2 / 2))
    captured = -modes * np.expm1(n * np.log1p(-high_quality / modes)) if high_quality < modes else 1.0
    good = max(1, round(n * high_quality))
    # E Σ h log(k h): each count is binomial(good, 1/k), and all k are alike
    count = np.arange(1, good + 1)
    log_choose = gammaln(good + 1) - gammaln(count + 1) - gammaln(good - count + 1)
    log_chance = log_choose - count * np.log(modes) + xlogy(good - count, 1 - 1 / modes)
    share = count / good
    reverse_kl = modes * float(np.sum(np.exp(log_chance) * share * np.log(modes * share)))
    return Coverage(float(captured), high_quality, max(0.0, reverse_kl))


def _blocks(points, rows):
    for start in range(0, len(points), rows):
        yield points[start : start + rows]
