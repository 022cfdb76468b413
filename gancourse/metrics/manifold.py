"""Precision and recall, density and coverage: quality and variety apart, by nearest-neighbour balls."""

from typing import NamedTuple

import numpy as np

from gancourse._validate import fail, integer
from gancourse.metrics._blocks import TIE, distance_blocks, features, kth_squares

__all__ = ["DensityCoverage", "PrecisionRecall", "density_coverage", "expected_coverage", "precision_recall"]


class PrecisionRecall(NamedTuple):
    """Shares in [0, 1]: of generated samples that look real, of real ones that could be generated."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density (zero or above, 1 for equal laws) and coverage, a share in [0, 1]."""

    density: float
    coverage: float


def precision_recall(real, fake, k=3):
    r"""Improved precision and recall: quality and variety of a generator, apart.

    Around each point x of a set S lies a ball B(x) that reaches to its k-th nearest neighbour in S; their
    union stands for where S lives.

    .. math:: \mathrm{precision} = \tfrac1m \#\{j : y_j \in \cup_i B(x_i)\}, \qquad
        \mathrm{recall} = \tfrac1n \#\{i : x_i \in \cup_j B(y_j)\}

    with x real and y generated; a point on the rim is inside. More is better. A collapsed generator has
    precision near 1 and recall near 0, one that scatters too widely the reverse.

    Bias: two samples of one law do not reach 1, and there is no closed form: the value rises with n, k and
    the closeness of the dimension to one; an outlier among the points has a large ball and lifts it. Compare
    equal n and k, and show real against real beside. Error: the hits share their balls and are not
    independent, so that p(1 − p)/m is too small a variance; use :func:`gancourse.metrics.half_sampling`.

    Time grows as (n + m)² d. Memory, beside the features: 100 MiB and k numbers a sample, at d = 2,048.

    Source: Kynkäänniemi et al., Improved precision and recall metric for assessing generative models,
    https://arxiv.org/abs/1904.06991.

    Arguments:
        real, fake: features, with shapes (n, d) and (m, d).
        k: which neighbour the balls reach to, at most n − 1 and m − 1.

    Returns:
        ``PrecisionRecall(precision, recall)``.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; k not in range.

    Example:
        >>> precision_recall([[0.0], [1.0], [2.0]], [[0.5], [0.6]], k=1)
        PrecisionRecall(precision=1.0, recall=0.0)
    """
    real, fake = _both(real, fake)
    k = _neighbour(k, real=real, fake=fake)
    # a rim is met whatever the rounding: a copy of the k-th neighbour lies on it
    rim_real, rim_fake = (kth_squares(points, k) * (1 + TIE) for points in (real, fake))
    hit_real, hit_fake = np.zeros(len(real), dtype=bool), np.zeros(len(fake), dtype=bool)
    for i, j, squares in distance_blocks(real, fake):
        rows, columns = slice(i, i + squares.shape[0]), slice(j, j + squares.shape[1])
        hit_fake[columns] |= (squares <= rim_real[rows, None]).any(0)
        hit_real[rows] |= (squares <= rim_fake[columns]).any(1)
    return PrecisionRecall(float(hit_fake.mean()), float(hit_real.mean()))


def density_coverage(real, fake, k=5):
    r"""Density and coverage: precision and recall that forgive an outlier.

    With B(x_i) the ball around a real point that reaches to its k-th nearest real neighbour,

    .. math:: \mathrm{density} = \frac{1}{km} \sum_{j=1}^m \#\{i : y_j \in B(x_i)\}, \qquad
        \mathrm{coverage} = \tfrac1n \#\{i : \text{some } y_j \in B(x_i)\}

    a point on the rim being outside. Both use the balls of the real points alone, so that an outlier among
    the generated ones does no harm. More is better, but density may exceed 1, and does where samples crowd
    where the data are densest.

    Bias: for two samples of one law the density is 1 on average, for every n, and the coverage is
    :func:`expected_coverage`, not 1. Error: the hits share their balls and are not independent, so that
    c(1 − c)/n is not the variance; use :func:`gancourse.metrics.half_sampling`.

    Time grows as n (n/2 + m) d. Memory, beside the features: 100 MiB and k numbers a sample, at d = 2,048.

    Source: Naeem et al., Reliable fidelity and diversity metrics for generative models,
    https://arxiv.org/abs/2002.09797.

    Arguments:
        real, fake: features, with shapes (n, d) and (m, d).
        k: which neighbour the balls reach to, at most n − 1.

    Returns:
        ``DensityCoverage(density, coverage)``.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; k not in range.

    Example:
        >>> density_coverage([[0.0], [1.0], [3.0]], [[0.5], [0.75]], k=1)
        DensityCoverage(density=2.0, coverage=0.6666666666666666)
    """
    real, fake = _both(real, fake)
    k = _neighbour(k, real=real)
    rim = kth_squares(real, k) * (1 - TIE)
    inside, covered = 0, np.zeros(len(real), dtype=bool)
    for i, _, squares in distance_blocks(real, fake):
        rows = slice(i, i + squares.shape[0])
        hits = squares < rim[rows, None]
        inside += int(np.count_nonzero(hits))
        covered[rows] |= hits.any(1)
    return DensityCoverage(inside / (k * len(fake)), float(covered.mean()))


def expected_coverage(n, m, k=5):
    r"""The coverage that m samples of the data's own law reach on average: the row to print beside.

    .. math:: 1 - \prod_{i=1}^k \frac{n - i}{n + m - i}

    A real point is left uncovered when its k nearest, among the n − 1 other real points and the m samples,
    are all real. Exact for every law without ties, in every dimension; 1 − 2⁻ᵏ for large n = m.

    Source: Naeem et al., Reliable fidelity and diversity metrics for generative models,
    https://arxiv.org/abs/2002.09797.

    Arguments:
        n, m: numbers of real and of generated samples.
        k: as in :func:`density_coverage`, at most n − 1.

    Returns:
        A float in (0, 1).

    Raises:
        ValueError: n, m or k is not a whole number in its range.

    Example:
        >>> round(expected_coverage(10_000, 10_000, k=5), 4)
        0.9688
    """
    n, m = integer("n", n, low=2), integer("m", m)
    i = np.arange(1, integer("k", k, high=min(n - 1, 2**24)) + 1)
    return float(-np.expm1(np.log((n - i) / (n + m - i)).sum()))


def _both(real, fake):
    real = features("real", real, least=2)
    return real, features("fake", fake, width=real.shape[1], like="real")


def _neighbour(k, **sets):
    k = integer("k", k)
    for name, points in sets.items():
        if k >= len(points):
            fail("k", k, f"at most {len(points) - 1}: {name} has {len(points)} sample(s)")
    return k
