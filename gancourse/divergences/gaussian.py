"""Gaussians: their KL in closed form, and those that lie nearest to a mixture, in either direction."""

import math
from typing import NamedTuple

import numpy as np

from gancourse._validate import LARGEST, array, fail
from gancourse.densities import Mixture

__all__ = ["GaussianFit", "kl_gaussian", "moment_match", "reverse_kl_fits"]

_LOG_2PI = math.log(2 * math.pi)


def kl_gaussian(mean_p, cov_p, mean_q, cov_q):
    r"""The Kullback–Leibler divergence between two Gaussians, in nats.

    .. math:: KL(p \| q) = \tfrac12 \Bigl( \mathrm{Tr}(\Sigma_q^{-1}\Sigma_p) - d
        + (\mu_p - \mu_q)^T \Sigma_q^{-1} (\mu_p - \mu_q) + \log\frac{\det\Sigma_q}{\det\Sigma_p} \Bigr)

    On the line it is log(σ_q/σ_p) + (σ_p² + (μ_p − μ_q)²)/(2σ_q²) − ½. It is computed from the eigenvalues λ
    of Σ_q⁻¹Σ_p as ½ Σ (λ − 1 − log λ), so that nothing cancels where p ≈ q.

    Source: Bishop, Pattern recognition and machine learning, 2006, exercise 2.13 (and 1.30 on the line).

    Arguments:
        mean_p, mean_q: with shape (d,), or numbers.
        cov_p, cov_q: covariances, not standard deviations, with shape (d, d), or numbers, the variances;
            symmetric and positive definite.

    Returns:
        A float, zero or above; inf where it leaves float64.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, a covariance that is not symmetric or
            not positive definite.

    Example:
        >>> kl_gaussian(0.0, 1.0, 2.0, 1.0)
        2.0
    """
    mean_p = np.atleast_1d(array("mean_p", mean_p, ndim=(0, 1), high=LARGEST))
    d = len(mean_p)
    mean_q = array("mean_q", mean_q, ndim=(0, 1), high=LARGEST)
    mean_q = array("mean_q", np.atleast_1d(mean_q), shape=(d,))
    root_p, root_q = _root("cov_p", cov_p, d), _root("cov_q", cov_q, d)
    # singular values of L_q⁻¹ L_p, squared, are the eigenvalues of Σ_q⁻¹ Σ_p
    with np.errstate(over="ignore", divide="ignore"):  # what leaves float64 is infinite, and said so below
        eigenvalues = np.linalg.svd(np.linalg.solve(root_q, root_p), compute_uv=False) ** 2
        gap = (np.linalg.solve(root_q, mean_p - mean_q) ** 2).sum()
        excess = eigenvalues - 1
        near = np.abs(excess) < 0.5
        logs = np.where(near, np.log1p(np.where(near, excess, 0.0)), np.log(eigenvalues))
    if not np.isfinite(gap) or not np.isfinite(eigenvalues).all():
        return np.inf
    return max(0.0, float((excess - logs).sum() + gap) / 2)


def _root(name, value, d):
    """The lower Cholesky factor of a covariance."""
    matrix = np.atleast_2d(array(name, value, ndim=(0, 2), high=LARGEST))
    matrix = array(name, matrix, shape=(d, d))
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-8 * np.abs(matrix).max()):
        fail(name, value, "a symmetric matrix")
    try:
        return np.linalg.cholesky((matrix + matrix.T) / 2)
    except np.linalg.LinAlgError:
        fail(name, value, "a positive-definite covariance")


def moment_match(p):
    r"""The Gaussian q that minimises KL(p‖q): it has the mean and the covariance of p.

    .. math:: \mu = \sum_j w_j \mu_j, \qquad
        \Sigma = \sum_j w_j \bigl( \Sigma_j + (\mu_j - \mu)(\mu_j - \mu)^T \bigr)

    Source: Bishop, Pattern recognition and machine learning, 2006, section 10.7.

    Arguments:
        p: a :class:`~gancourse.densities.Mixture`.

    Returns:
        (mean, covariance): with shapes (d,) and (d, d); two floats on the line, the second the variance.

    Raises:
        ValueError: p is not a mixture.

    Example:
        >>> from gancourse.densities import Mixture
        >>> moment_match(Mixture([0.5, 0.5], [-3.0, 3.0], stds=1.0))
        (0.0, 10.0)
    """
    if not isinstance(p, Mixture):
        fail("p", p, "a Mixture")
    mean = p.weights @ p.means
    gap = p.means - mean
    if p.means.ndim == 1:
        return float(mean), float(p.weights @ (p.covariances + gap**2))
    between = gap[:, :, None] * gap[:, None, :]
    return mean, np.einsum("j,jab->ab", p.weights, p.covariances + between)


class GaussianFit(NamedTuple):
    """A Gaussian on the line at which KL(q‖p) has a local minimum: mean, std, and the divergence in nats."""

    mean: float
    std: float
    value: float


def reverse_kl_fits(p):
    r"""All local minima of KL(q‖p) over Gaussians q that are reached from p's components and its moments.

    .. math:: F(m, s) = \int q \, (\log q - \log p) \, dx, \qquad q = N(m, s^2)

    By quadrature on a fixed grid and damped Newton steps in (m, log s). With g = (log p)′ and
    h = (log p)″ the derivatives are means under q (theorems of Bonnet and Price): ∂F/∂m = −E g,
    ∂F/∂log s = −1 − s² E h, ∂²F/∂m² = −E h. Where the Hessian is not positive definite the step goes along
    the natural gradient.

    Source: Bishop, Pattern recognition and machine learning, 2006, section 10.1 and figure 10.3; Opper and
    Archambeau, The variational Gaussian approximation revisited, https://doi.org/10.1162/neco.2008.08-07-592.

    Arguments:
        p: a :class:`~gancourse.densities.Mixture` on the line.

    Returns:
        A list of :class:`GaussianFit`, the least divergence first; of equal ones the left one first.

    Raises:
        ValueError: p is not a mixture on the line.

    Example:
        >>> from gancourse.densities import Mixture
        >>> [fit] = reverse_kl_fits(Mixture([1.0], [2.0], stds=[0.5]))
        >>> abs(fit.mean - 2.0) < 1e-9, abs(fit.std - 0.5) < 1e-9
        (True, True)
    """
    if not isinstance(p, Mixture) or p.means.ndim != 1:
        fail("p", p, "a Mixture on the line (means of shape (k,))")
    mean, variance = moment_match(p)
    x = _grid(p, mean, 9 * math.sqrt(variance))
    columns = _log_density(p, x)
    starts = [(mean, variance), *zip(p.means, p.covariances, strict=True)]
    found = []
    for centre, spread in starts:
        fit = _descend(x, columns, float(centre), 0.5 * math.log(spread))
        if not any(abs(fit.mean - o.mean) + abs(fit.std - o.std) < 1e-3 * fit.std for o in found):
            found.append(fit)
    return sorted(found, key=lambda fit: (round(fit.value, 9), fit.mean))


def _grid(p, centre, reach):
    """An even grid on which the trapezoid sums below are exact to some nine digits.

    Its step is 0.3 of the distance from the line to the nearest singularity of log p in the complex plane,
    for two modes of std s at a distance d about π s²/d; and it resolves the narrowest mode.
    """
    narrow = math.sqrt(p.covariances.min())
    step = min(0.35 * narrow, 0.3 * math.pi * narrow**2 / max(np.ptp(p.means), narrow))
    return np.linspace(centre - reach, centre + reach, min(2 * math.ceil(reach / step) + 1, 40_001))


def _log_density(p, x):
    """log p, its first and its second derivative on the grid, as columns."""
    gap = p.means[:, None] - x
    inner = gap / p.covariances[:, None]
    with np.errstate(divide="ignore"):
        terms = np.log(p.weights / np.sqrt(p.covariances))[:, None] - 0.5 * gap * inner - 0.5 * _LOG_2PI
    top = terms.max(0)
    share = np.exp(terms - top)
    total = share.sum(0)
    share /= total
    slope = (share * inner).sum(0)
    bend = (share * (inner**2 - 1 / p.covariances[:, None])).sum(0) - slope**2
    return np.stack([top + np.log(total), slope, bend], axis=1)


def _descend(x, columns, m, log_s, steps=200):
    value, means = _at(x, columns, m, log_s)
    for _ in range(steps):
        s = math.exp(log_s)
        slope, bend, bend_z, bend_zz = means
        gradient = np.array([-slope, -1 - s**2 * bend])
        # in (m, log s): the second row is the derivative of s ∂F/∂s
        hessian = np.array([[-bend, -s * bend_z], [-s * bend_z, -(s**2) * (bend + bend_zz)]])
        if hessian[0, 0] <= 0 or np.linalg.det(hessian) <= 1e-12:
            hessian = np.diag([1 / s**2, 2.0])  # Fisher's information of (m, log s)
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 1 / (abs(step[1]) + abs(step[0]) / s + 1e-300))
        while True:
            there, means_there = _at(x, columns, m - step[0], log_s - step[1])
            if there <= value + 1e-13 or np.abs(step).max() < 1e-12:
                break
            step /= 2
        m, log_s, value, means = m - step[0], log_s - step[1], there, means_there
        if np.abs(step).max() < 1e-10:
            break
    return GaussianFit(float(m), math.exp(log_s), max(0.0, float(value)))


def _at(x, columns, m, log_s):
    """F, and the means under q of (log p)′, (log p)″, z (log p)″ and z² (log p)″, with z = (x − m)/s."""
    z = (x - m) * math.exp(-log_s)
    q = np.exp(-0.5 * z * z)
    q /= q.sum()
    log_p, slope, bend = q @ columns
    weighted = q * columns[:, 2]
    value = -0.5 * (1 + _LOG_2PI) - log_s - log_p
    return value, (slope, bend, weighted @ z, weighted @ (z * z))
