"""Optimal transport: how far mass must travel to turn one distribution into another."""

import numpy as np

from gancourse._validate import LARGEST, array, fail

__all__ = ["wasserstein_1d"]


def wasserstein_1d(x, y, x_weights=None, y_weights=None):
    r"""The Wasserstein-1 distance between two weighted point sets on the line.

    .. math:: W_1 = \int |F(t) - G(t)| \, dt

    with F and G the cumulative distribution functions; exact for the point sets.

    Source: Ramdas, Garcia and Cuturi, On Wasserstein two-sample testing, https://arxiv.org/abs/1509.02237.

    Arguments:
        x, y: positions, with shapes (n,) and (m,), in any order.
        x_weights, y_weights: masses of the points, with shapes (n,) and (m,); non-negative, divided by their
            sum. None gives equal masses.

    Returns:
        A float, zero or above, in the unit of x.

    Raises:
        ValueError: positions that are empty or not finite; weights that are negative, all zero, or of a shape
            other than their points'.

    Example:
        >>> wasserstein_1d([0.0, 1.0], [5.0, 6.0])
        5.0
    """
    x, x_weights = _points("x", x, x_weights)
    y, y_weights = _points("y", y, y_weights)
    position = np.concatenate([x, y])
    order = np.argsort(position, kind="stable")
    # F − G just right of each point; summing signed masses in order loses nothing where F = G far along
    gap = np.cumsum(np.concatenate([x_weights, -y_weights])[order])
    return float(np.sum(np.abs(gap[:-1]) * np.diff(position[order])))


def _points(name, value, weights):
    points = array(name, value, ndim=1, high=LARGEST)
    if weights is None:
        return points, np.full(len(points), 1 / len(points))
    mass = array(f"{name}_weights", weights, shape=points.shape)
    if (mass < 0).any():
        fail(f"{name}_weights", float(mass.min()), "no negative weight")
    with np.errstate(over="ignore"):
        total = mass.sum()
    if not 0 < total < np.inf:
        fail(f"{name}_weights", float(total), "weights with a positive finite sum")
    return points, mass / total
