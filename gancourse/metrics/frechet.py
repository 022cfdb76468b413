"""The Fréchet distance between two Gaussians, and between two sets of features."""

import numpy as np

from gancourse._validate import LARGEST, array, fail
from gancourse.metrics._blocks import features, mean, rows_at_once

__all__ = ["frechet_distance", "frechet_distance_gaussian"]


def frechet_distance(a, b):
    r"""The squared Fréchet distance between Gaussians fitted to two sets of features.

    .. math:: \|\mu_a - \mu_b\|^2 + \mathrm{Tr}\bigl(\Sigma_a + \Sigma_b - 2 (\Sigma_a \Sigma_b)^{1/2}\bigr)

    Means and unbiased covariances (divided by n − 1) of the features. With Inception's features it is the
    FID. The estimate is biased upwards, the more the fewer samples: compare equal n, and show the distance
    between two halves of the real data beside, or :func:`gancourse.metrics.frechet_distance_bias`. Error:
    :func:`gancourse.metrics.half_sampling`.

    Time grows as (n + m) d² + d³. Memory, beside the features: a few d × d matrices, 232 MiB measured for
    50,000 × 2,048.

    Source: GANs trained by a two time-scale update rule converge to a local Nash equilibrium,
    https://arxiv.org/abs/1706.08500.

    Arguments:
        a, b: features, with shapes (n, d) and (m, d); n and m at least 2, d alike.

    Returns:
        A float, zero or above, in the unit of the features squared.

    Raises:
        ValueError: features that are not two-dimensional, not finite, of different d, or a single sample.

    Example:
        >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])
        9.0
    """
    a = features("a", a, least=2)
    b = features("b", b, least=2, width=a.shape[1], like="a")
    return _distance(*_moments(a), *_moments(b))


def frechet_distance_gaussian(mean_a, cov_a, mean_b, cov_b):
    r"""The squared Fréchet (2-Wasserstein) distance between two Gaussians.

    .. math:: \|\mu_a - \mu_b\|^2 + \mathrm{Tr}\bigl(\Sigma_a + \Sigma_b - 2 (\Sigma_a \Sigma_b)^{1/2}\bigr)

    On the line it is (μ_a − μ_b)² + (σ_a − σ_b)². The trace of the root is the sum of the singular values of
    Σ_a^½ Σ_b^½, which are the roots of the eigenvalues of the symmetric product Σ_a^½ Σ_b Σ_a^½: real, and
    accurate to rounding for singular covariances too. Directions whose variance is rounding error, below
    d·2.2e-16 of the largest, count as flat.

    Source: Dowson and Landau, The Fréchet distance between multivariate normal distributions,
    https://doi.org/10.1016/0047-259X(82)90077-X.

    Arguments:
        mean_a, mean_b: with shape (d,), or numbers.
        cov_a, cov_b: covariances, not standard deviations, with shape (d, d), or numbers; symmetric and
            positive semi-definite, singular ones included.

    Returns:
        A float, zero or above, in the unit of the means squared.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, a covariance that is not symmetric
            or has a negative eigenvalue.

    Example:
        >>> frechet_distance_gaussian(0.0, 1.0, 3.0, 4.0)
        10.0
    """
    mean_a = np.atleast_1d(array("mean_a", mean_a, ndim=(0, 1), high=LARGEST))
    d = len(mean_a)
    mean_b = array("mean_b", np.atleast_1d(array("mean_b", mean_b, ndim=(0, 1), high=LARGEST)), shape=(d,))
    cov_a, cov_b = _covariance("cov_a", cov_a, d), _covariance("cov_b", cov_b, d)
    return _distance(mean_a, cov_a, mean_b, cov_b)


def _moments(points):
    """Mean and unbiased covariance, by blocks of rows: 50,000 × 2,048 features need no second copy."""
    n, d = points.shape
    rows, centre = rows_at_once(d), mean(points)
    covariance = np.zeros((d, d))
    for i in range(0, n, rows):
        centred = points[i : i + rows] - centre
        covariance += centred.T @ centred
    return centre, covariance / (n - 1)


def _covariance(name, value, d):
    matrix = array(name, value, ndim=(0, 2), high=LARGEST)
    matrix = array(name, np.atleast_2d(matrix), shape=(d, d))
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-8 * np.abs(matrix).max()):
        fail(name, value, "a symmetric matrix")
    matrix = (matrix + matrix.T) / 2
    eigenvalues = np.linalg.eigvalsh(matrix)
    if eigenvalues[0] < -1e-8 * max(eigenvalues[-1], 0):
        fail(name, float(eigenvalues[0]), "a covariance: no negative eigenvalue")
    return matrix


def _distance(mean_a, cov_a, mean_b, cov_b):
    overlap = np.linalg.svd(_root(cov_a) @ _root(cov_b), compute_uv=False).sum()
    gap = mean_a - mean_b
    return max(0.0, float(gap @ gap + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap))


def _root(covariance):
    eigenvalues, vectors = np.linalg.eigh(covariance)
    # a null direction comes back as ±1e-16; its root would be 1e-8, and there may be thousands
    noise = len(eigenvalues) * np.finfo(np.float64).eps * max(eigenvalues[-1], 0)
    roots = np.sqrt(np.where(eigenvalues > noise, eigenvalues, 0))
    return (vectors * roots) @ vectors.T
