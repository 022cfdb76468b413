"""The maximum mean discrepancy: how far apart two samples are in the eyes of a kernel."""

import numpy as np
from scipy.spatial.distance import cdist

from gancourse._validate import array, fail, positive

__all__ = ["energy_kernel", "gaussian_kernel", "inverse_multiquadratic_kernel", "mmd2"]

_BLOCK = 2**19  # kernel values held at once


def mmd2(x, y, kernel, unbiased=True):
    r"""The squared maximum mean discrepancy of two samples, estimated.

    .. math:: \mathrm{MMD}^2(p, q) = E\,k(x, x') - 2\,E\,k(x, y) + E\,k(y, y')

    with x, x' drawn from p and y, y' from q, independently. The unbiased estimate averages k over pairs of
    *different* points of a sample, and may be negative: that is what unbiased means where the truth is near
    zero. The biased one averages over all pairs, each point with itself among them; it is never negative
    (for a positive definite kernel, or the energy kernel), and exceeds the truth on average by

    .. math:: \tfrac1n \bigl(E\,k(x, x) - E\,k(x, x')\bigr) + \tfrac1m \bigl(E\,k(y, y) - E\,k(y, y')\bigr) .

    Memory is that of a block of kernel values, whatever the numbers of points.

    Source: Gretton et al., A kernel two-sample test, https://jmlr.org/papers/v13/gretton12a.html.

    Arguments:
        x, y: samples with shapes (n, d) and (m, d), or (n,) and (m,) on the line; n need not be m.
        kernel: ((a, d), (b, d)) -> (a, b), symmetric, such as ``gaussian_kernel(1.0)``.
        unbiased: leave out the pairs of a point with itself.

    Returns:
        A float, in the unit of the kernel.

    Raises:
        ValueError: a sample that is empty or not finite, or has a single point where ``unbiased``; dimensions
            that differ; a kernel that is not callable, or returns another shape, NaN or infinities.

    Example:
        >>> mmd2([0.0, 2.0], [1.0, 3.0], energy_kernel(), unbiased=False)
        1.0
    """
    x, y = (_sample(name, value, 2 if unbiased else 1) for name, value in (("x", x), ("y", y)))
    if x.shape[1] != y.shape[1]:
        fail("y", y, f"points in {x.shape[1]} dimension(s), as x has")
    if not callable(kernel):
        fail("kernel", kernel, "a function of two arrays of points, such as gaussian_kernel(1.0)")
    n, m = len(x), len(y)
    within = 0.0
    for points, count in ((x, n), (y, m)):
        total, diagonal = _sums(points, points, kernel)
        within += (total - diagonal) / (count * (count - 1)) if unbiased else total / count**2
    return float(within - 2 * _sums(x, y, kernel)[0] / (n * m))


def gaussian_kernel(bandwidth):
    r"""The Gaussian kernel, ``exp(−r²/2h²)`` at distance r, for mmd2.

    .. math:: k(x, y) = \exp\bigl(-\|x - y\|^2 / 2h^2\bigr)

    Arguments:
        bandwidth: h, in the unit of the points; the kernel falls to 0.61 at this distance.

    Returns:
        A function ((n, d), (m, d)) -> (n, m), with values in (0, 1], 1 for equal points.

    Raises:
        ValueError: the bandwidth is not a positive finite number; the kernel itself raises for points of
            another shape, or not finite.

    Example:
        >>> float(gaussian_kernel(1.0)([[0.0]], [[2.0]])[0, 0].round(4))
        0.1353
    """
    bandwidth = positive("bandwidth", bandwidth)
    if bandwidth < 1 / np.finfo(np.float64).max:
        fail("bandwidth", bandwidth, "a positive number whose inverse is finite")

    def kernel(x, y):
        # divided first, so that a tiny bandwidth does not underflow when squared
        return np.exp(-0.5 * _squared(x, y, 1 / bandwidth))

    return kernel


def inverse_multiquadratic_kernel(scale):
    r"""The inverse multiquadratic kernel, ``C/(C + r²)``, whose tail is heavier than the Gaussian's.

    .. math:: k(x, y) = C / (C + \|x - y\|^2)

    Source: Tolstikhin et al., Wasserstein auto-encoders, https://arxiv.org/abs/1711.01558.

    Arguments:
        scale: C, in the *squared* unit of the points; the kernel is ½ at distance √C.

    Returns:
        A function ((n, d), (m, d)) -> (n, m), with values in (0, 1], 1 for equal points.

    Raises:
        ValueError: as in ``gaussian_kernel``, of ``scale``.

    Example:
        >>> inverse_multiquadratic_kernel(4.0)([[0.0]], [[2.0]]).item()
        0.5
    """
    scale = positive("scale", scale)

    def kernel(x, y):
        return 1 / (1 + _squared(x, y, scale**-0.5))

    return kernel


def energy_kernel():
    r"""The energy kernel, ``−r``: with it MMD² is the energy distance.

    .. math:: k(x, y) = -\|x - y\|, \qquad
        \mathrm{MMD}^2 = 2\,E\|x - y\| - E\|x - x'\| - E\|y - y'\|

    It is not positive definite but conditionally so, for weights that sum to zero, as those of a difference
    of two distributions do. On the line MMD² is 2 ∫ (F − G)²; ``scipy.stats.energy_distance`` is its root.

    Source: Sejdinovic et al., Equivalence of distance-based and RKHS-based statistics,
    https://arxiv.org/abs/1207.6076.

    Returns:
        A function ((n, d), (m, d)) -> (n, m), with values zero or below.

    Raises:
        ValueError: the kernel raises for points of another shape, or not finite.

    Example:
        >>> energy_kernel()([[0.0]], [[3.0]]).item()
        -3.0
    """

    def kernel(x, y):
        return -cdist(*_points(x, y))

    return kernel


def _squared(x, y, factor):
    """Squared distances of points that are first multiplied by ``factor``."""
    x, y = _points(x, y)
    return cdist(x * factor, y * factor, "sqeuclidean")


def _points(x, y):
    x, y = array("x", x, ndim=2), array("y", y, ndim=2)
    if x.shape[1] != y.shape[1]:
        fail("y", y, f"points in {x.shape[1]} dimension(s), as x has")
    return x, y


def _sample(name, value, least):
    points = array(name, value, ndim=(1, 2))
    if len(points) < least:
        fail(name, value, f"at least {least} points: the unbiased estimate takes pairs of different ones")
    return points[:, None] if points.ndim == 1 else points


def _sums(x, y, kernel):
    """The sum of all kernel values, and of those of the i-th point of x with the i-th of y."""
    total = diagonal = 0.0
    rows = max(1, _BLOCK // len(y))
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        block = array("kernel", kernel(part, y), finite=False)
        if block.shape != (len(part), len(y)):
            fail("kernel", block, f"values of shape {(len(part), len(y))} for so many points")
        if not np.isfinite(block).all():
            fail("kernel", block, "finite values only (no NaN, no infinity)")
        total += block.sum()
        diagonal += np.trace(block, offset=start)
    return total, diagonal
