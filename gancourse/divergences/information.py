"""Kullback–Leibler, Jensen–Shannon and total variation by quadrature."""

import math

import numpy as np
from scipy.special import bernoulli

from gancourse.divergences._inputs import pair

__all__ = ["js", "kl", "total_variation"]


def kl(p, q, x=None, *, log=False):
    r"""The Kullback–Leibler divergence, in nats.

    .. math:: KL(p \| q) = \int p \log\frac{p}{q} \, dx

    It is ``inf`` where p > 0 = q at any point given. A density that underflows to zero counts as zero: far
    tails want ``log=True``. Where the integral diverges although q > 0, no grid can know it: the result then
    grows with the grid.

    Gaussians and mixtures of them want an even grid from twelve of the largest standard deviations below the
    lowest mean to twelve above the highest, in steps of a tenth of the smallest one. With ``log=True`` KL, JS
    and total variation are then right to 1e-9 (``python -m pytest tests/test_accuracy.py -s`` measures it).

    Source: Kullback and Leibler, On information and sufficiency, https://doi.org/10.1214/aoms/1177729694.

    Arguments:
        p, q: densities with shape (n,) on the grid ``x``; or, without x, histograms of one shape that sum
            to one.
        x: the increasing grid, with shape (n,), wide and fine enough that each density integrates to one
            within 1e-3 (trapezoid rule; the remainder is divided out).
        log: whether p and q are log-densities (−inf allowed).

    Returns:
        A float, zero or above.

    Raises:
        ValueError: p, q or x is empty, holds NaN or negative mass, differs in shape, does not increase (x) or
            does not integrate to one.

    Example:
        >>> round(kl([0.5, 0.5], [0.25, 0.75]), 6)
        0.143841
    """
    p, q, log_p, log_q, weights = pair(p, q, x, log=log)
    inside = log_p > -np.inf
    if (inside & (log_q == -np.inf)).any():
        return math.inf
    # −p + q integrates to zero; with it the integrand is nowhere negative, and nothing cancels where p ≈ q
    with np.errstate(invalid="ignore"):
        terms = np.where(p > 0, p * (log_p - log_q), 0.0) - p + q
    return max(0.0, float(np.sum(weights * terms)))


def js(p, q, x=None, *, log=False):
    r"""The Jensen–Shannon divergence, in nats: between 0 (p = q) and log 2 (disjoint supports).

    .. math:: JS(p, q) = \tfrac12 KL(p \| m) + \tfrac12 KL(q \| m), \qquad m = \tfrac12 (p + q)

    Its square root is a metric. Points where p + q = 0 count nothing.

    Source: Lin, Divergence measures based on the Shannon entropy, https://doi.org/10.1109/18.61115.

    Arguments:
        p, q, x, log: as for :func:`kl`.

    Returns:
        A float in [0, log 2].

    Raises:
        ValueError: as :func:`kl`.

    Example:
        >>> round(js([1.0, 0.0], [0.0, 1.0]), 6)
        0.693147
    """
    p, q, log_p, log_q, weights = pair(p, q, x, log=log)
    with np.errstate(invalid="ignore"):
        ratio = log_p - log_q
        # log(p/m) = log 2 − log(1 + q/p): exactly zero where p = q
        terms = np.where(p > 0, p * (math.log(2) - np.logaddexp(0, -ratio)), 0.0)
        terms += np.where(q > 0, q * (math.log(2) - np.logaddexp(0, ratio)), 0.0)
    return min(max(0.0, float(np.sum(weights * terms)) / 2), math.log(2))


def total_variation(p, q, x=None, *, log=False):
    r"""The total variation distance, with its ½: the largest difference that p and q give to one event.

    .. math:: TV(p, q) = \tfrac12 \int |p - q| \, dx = \sup_A |P(A) - Q(A)|

    Source: Gibbs and Su, On choosing and bounding probability metrics, https://arxiv.org/abs/math/0209021.

    Arguments:
        p, q, x, log: as for :func:`kl`.

    Returns:
        A float in [0, 1]; 1 on disjoint supports.

    Raises:
        ValueError: as :func:`kl`.

    Example:
        >>> total_variation([0.5, 0.5], [0.25, 0.75])
        0.25
    """
    p, q, _, _, weights = pair(p, q, x, log=log)
    total = float(np.sum(weights * np.abs(p - q)))
    if x is not None:
        total += _kinks(p, q, np.diff(np.asarray(x, dtype=np.float64)))
    return min(max(0.0, total / 2), 1.0)


def _kinks(p, q, steps):
    """What to add to the trapezoid sum of |p − q| where the difference changes sign.

    |p − q| has a corner at each crossing, which costs the trapezoid sum its accuracy: an error of order step²
    against rounding elsewhere. Only where p and q are positive on both sides: at the edge of a support there
    is a jump and no corner.
    """
    gap, positive = p - q, (p > 0) & (q > 0)
    between = (gap[:-1] * gap[1:] < 0) & positive[:-1] & positive[1:]
    on_node = (gap[1:-1] == 0) & (gap[:-2] * gap[2:] < 0) & positive[1:-1]
    total = 0.0
    for i in (*np.flatnonzero(between), *(np.flatnonzero(on_node) + 1)):
        rough, slope = _rough_corner(gap, steps, i)
        fine = _fine_corner(gap, positive, steps, i)
        # where the difference is not smooth, a polynomial through eight of its values goes astray
        astray = fine is None or abs(fine - rough) > 0.05 * slope * steps[i] ** 2
        total += rough if astray else fine
    return total


def _rough_corner(gap, steps, i):
    """The correction of order step² on any grid, for a crossing at node i or between it and the next.

    In the interval of the crossing the straight line through both ends is integrated exactly; to its left and
    right the Euler–Maclaurin formula adds step² · slope / 12. Returns it with the slope.
    """
    if gap[i] == 0:
        slope = (abs(gap[i - 1]) + abs(gap[i + 1])) / (steps[i - 1] + steps[i])
        return slope * (steps[i - 1] ** 2 + steps[i] ** 2) / 12, slope
    a, b, h = abs(gap[i]), abs(gap[i + 1]), steps[i]
    slope = (a + b) / h
    line = h * (a**2 + b**2) / (2 * (a + b))
    left, right = steps[max(i - 1, 0)], steps[min(i + 1, len(steps) - 1)]
    return line - h * (a + b) / 2 + slope * (left**2 + right**2) / 12, slope


def _fine_corner(gap, positive, steps, i):
    r"""The same to order step⁸ where the grid is even about the crossing; None where it is not, or at an end.

    With g = p − q, a crossing at x₀ = x_i + θh, and s = ±1 the sign of g to its right, the jumps of the
    derivatives of |g| are 2 s g⁽ᵏ⁾(x₀), and the Euler–Maclaurin formula on both sides of x₀ gives

    .. math:: \int |g| - T = 2 s \sum_{k \ge 2} \frac{h^k}{k!} B_k(1 - \theta) \, g^{(k-1)}(x_0)

    with the trapezoid sum T and Bernoulli polynomials B_k. x₀ and the derivatives are those of the polynomial
    through eight nodes.
    """
    window, around = slice(i - 3, i + 5), steps[max(i - 3, 0) : i + 4]
    if i < 3 or i + 5 > len(gap) or not positive[window].all():
        return None
    if np.ptp(around) > 1e-6 * steps[i]:
        return None
    derivative = [np.poly1d(_THROUGH_EIGHT @ gap[window])]  # in u = (x − x_i)/h
    derivative += [derivative[0].deriv(k) for k in range(1, 8)]
    at = abs(gap[i]) / (abs(gap[i]) + abs(gap[i + 1]))
    for _ in range(4):
        slope = derivative[1](at)
        at = min(max(at - derivative[0](at) / slope, 0.0), 1.0) if slope else at
    jumps = sum(b(1 - at) * derivative[k - 1](at) for k, b in enumerate(_BERNOULLI, start=2))
    return 2 * np.sign(derivative[1](at)) * steps[i] * float(jumps)


# from the values at u = −3, …, 4 to the coefficients of the polynomial through them, highest power first
_THROUGH_EIGHT = np.linalg.inv(np.vander(np.arange(-3.0, 5.0)))
# B_k(u)/k!, k = 2, …, 8
_BERNOULLI = [
    np.poly1d([math.comb(k, j) * bernoulli(k)[j] / math.factorial(k) for j in range(k + 1)])
    for k in range(2, 9)
]
