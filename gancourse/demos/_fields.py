"""Discriminators in closed form for clouds of points: D of two kernel-smoothed laws, and its slope."""

import matplotlib as mpl
import numpy as np

from gancourse.densities import ring

__all__ = ["BANDS", "CENTRES", "FLOORS", "REACH", "SIDE", "lattice", "logit", "smooth"]

CENTRES = ring(modes=8).means
# mass that either law has everywhere; D has seen strays of G far out, and is low there
FLOORS = (1e-3, 1e-2)
SIDE, REACH = 49, 1.9
BANDS = mpl.colormaps["PuOr"].resampled(20)  # flat bands make a picture a third as large


def lattice():
    """SIDE × SIDE points of the square [−REACH, REACH]², rows from below: shape (SIDE², 2)."""
    axis = np.linspace(-REACH, REACH, SIDE)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def smooth(x, points, weights, blur):
    r"""A law of weighted points, blurred by N(0, blur²), times 2π·blur²; and its gradient.

    .. math:: p(x) = \sum_j w_j \exp\bigl(-\|x - c_j\|^2 / 2h^2\bigr)

    Arguments:
        x: where, (*, n, 2).
        points, weights: c_j and w_j, (k, 2) and (k,).
        blur: h, a number or with shape (*, 1).

    Returns:
        arrays (*, n) and (*, n, 2).
    """
    # as products of matrices: the gradient is Σ w_j e_j (c_j − x) / h²
    h2 = np.asarray(blur)[..., None] ** 2
    square = (x**2).sum(-1)[..., None] - 2 * x @ points.T + (points**2).sum(1)
    terms = np.exp(-square / (2 * h2)) * weights
    total = terms.sum(-1)
    return total, (terms @ points - total[..., None] * x) / h2


def logit(real, fake):
    """v = log D/(1 − D) and its gradient, from two pairs of ``smooth``, FLOORS added to the laws."""
    (p, slope_p), (q, slope_q) = real, fake
    p, q = p + FLOORS[0], q + FLOORS[1]
    return np.log(p) - np.log(q), slope_p / p[..., None] - slope_q / q[..., None]
