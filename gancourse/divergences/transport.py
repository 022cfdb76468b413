"""Optimal transport: how far mass must travel to turn one distribution into another."""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from gancourse._validate import LARGEST, array, fail
from gancourse.divergences._assignment import assign

__all__ = ["Plan", "monotone_plan", "transport_plan", "wasserstein", "wasserstein_1d"]


class Plan(NamedTuple):
    """An optimal transport plan.

    Arguments:
        coupling: array (n, m), the mass that goes from bin i of a to bin j of b.
        value: its cost, Σ coupling · cost.
        potentials: (u, v), arrays (n,) and (m,), an optimal solution of the dual: u_i + v_j ≤ cost_ij, with
            equality wherever the coupling moves mass, and u·a + v·b = value.
    """

    coupling: np.ndarray
    value: float
    potentials: tuple


def transport_plan(a, b, cost):
    r"""The cheapest way to turn one histogram into another, with prices that prove it.

    .. math:: \min_{P \ge 0} \sum_{ij} P_{ij} c_{ij}, \quad \sum_j P_{ij} = a_i, \quad \sum_i P_{ij} = b_j

    a linear programme, solved by HiGHS (SciPy's ``linprog``) on sparse constraints. Its dual is

    .. math:: \max_{u, v} \; u \cdot a + v \cdot b, \quad u_i + v_j \le c_{ij} .

    Source: Peyré and Cuturi, Computational optimal transport, sections 2.3 and 2.5,
    https://arxiv.org/abs/1803.00567.

    Arguments:
        a, b: masses, with shapes (n,) and (m,); zero or above, with equal positive sums (to 1e-9 of them).
        cost: price of a unit of mass from bin i to bin j, with shape (n, m); finite, of any sign.

    Returns:
        Plan. Its marginals are a and b, and value − (u·a + v·b), the duality gap, is zero, both up to about
        1e-10 of the total mass and of the largest cost. A coupling need not be the only optimal one, and
        potentials never are: u + t and v − t serve as well.

    Raises:
        ValueError: masses that are negative, empty, not finite, or of unequal sums; a cost of another shape
            or not finite.

    Example:
        >>> plan = transport_plan([1.0, 0.0], [0.5, 0.5], [[0.0, 3.0], [3.0, 0.0]])
        >>> plan.value
        1.5
    """
    a, b = _masses("a", a), _masses("b", b)
    total = _same_total(a, b)
    cost = array("cost", cost, shape=(len(a), len(b)), high=LARGEST)
    # Empty bins take no part; they get their price below. One constraint follows from the others: the one of
    # the fullest column is left out, so that it takes up what the two sums differ by in rounding.
    rows, columns = np.flatnonzero(a), np.flatnonzero(b)
    columns = columns[np.argsort(b[columns], kind="stable")]
    scale = float(np.abs(cost).max()) or 1.0
    inner = cost[np.ix_(rows, columns)]
    n, m = inner.shape
    leaves = sparse.kron(sparse.eye(n), np.ones((1, m)))
    arrives = sparse.kron(np.ones((1, n)), sparse.eye(m))
    found = linprog(
        inner.ravel() / scale,
        A_eq=sparse.vstack([leaves, arrives]).tocsr()[:-1],
        b_eq=np.concatenate([a[rows], b[columns]])[:-1] / total,
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.status != 0:
        raise RuntimeError(f"the linear programme was not solved: {found.message}")
    coupling = np.zeros_like(cost)
    coupling[np.ix_(rows, columns)] = total * np.maximum(found.x, 0).reshape(n, m)
    # the solver's prices hold up to its tolerance and for the full bins; the highest that the others allow
    # hold exactly and everywhere, and are worth no less
    v = np.full(len(b), -np.inf)
    v[columns] = scale * np.append(found.eqlin.marginals[n:], 0.0)
    u = (cost - v).min(axis=1)
    v = (cost - u[:, None]).min(axis=0)
    return Plan(coupling, float((coupling * cost).sum()), (u, v))


def monotone_plan(a, b):
    """The coupling that serves bins in order, from the left: the one that matches quantile to quantile.

    On a line with increasing positions it is optimal for every cost that is a convex function of y − x, and
    there it needs no solver (the north-west-corner rule). For |y − x| others may cost the same.

    Source: Peyré and Cuturi, Computational optimal transport, section 3.4.2 and remark 2.30,
    https://arxiv.org/abs/1803.00567.

    Arguments:
        a, b: masses in the order of their positions, as in :func:`transport_plan`.

    Returns:
        array (n, m), with at most n + m − 1 entries that are not zero.

    Raises:
        ValueError: masses that are negative, empty, not finite, or of unequal sums.

    Example:
        >>> monotone_plan([0.5, 0.5], [0.25, 0.75]).tolist()
        [[0.25, 0.25], [0.0, 0.5]]
    """
    a, b = _masses("a", a), _masses("b", b)
    total = _same_total(a, b)
    # between neighbouring levels of either distribution function both stay in one bin
    up, across = (np.concatenate([[0.0], np.cumsum(mass)]) for mass in (a, b * (total / b.sum())))
    up[-1] = across[-1] = total
    low = np.maximum(up[:-1, None], across[None, :-1])
    high = np.minimum(up[1:, None], across[None, 1:])
    return np.maximum(high - low, 0.0)


def wasserstein(x, y):
    r"""The Wasserstein-1 distance between two clouds of equally many points.

    .. math:: W_1 = \min_\pi \frac1n \sum_i \| x_i - y_{\pi(i)} \|

    over permutations: with equal masses some optimal plan splits no point (Birkhoff), so that the linear
    programme is an assignment. Exact for the clouds. As an estimate of the distance between what they were
    drawn from it is too large on average, by an amount that falls as slowly as n^(−1/d).

    Source: Peyré and Cuturi, Computational optimal transport, proposition 2.1,
    https://arxiv.org/abs/1803.00567.

    Arguments:
        x, y: points, with shapes (n, d), or (n,) on the line.

    Returns:
        A float, zero or above, in the unit of x. It takes n² numbers of memory, but on the line.

    Raises:
        ValueError: clouds that are empty, not finite, of unlike shapes, or with coordinates above 1e150.

    Example:
        >>> wasserstein([[0.0, 0.0], [1.0, 0.0]], [[1.0, 3.0], [0.0, 3.0]])
        3.0
    """
    x = array("x", x, ndim=(1, 2), high=LARGEST)
    y = array("y", y, shape=x.shape, high=LARGEST)
    if x.ndim == 1 or x.shape[1] == 1:
        return float(np.abs(np.sort(x, axis=0) - np.sort(y, axis=0)).mean())
    cost = cdist(x, y)
    return float(cost[np.arange(len(x)), assign(cost)].mean())


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


def _masses(name, value):
    mass = array(name, value, ndim=1)
    if (mass < 0).any():
        fail(name, float(mass.min()), "no negative mass")
    if not 0 < mass.sum() < np.inf:
        fail(name, float(mass.sum()), "masses with a positive finite sum")
    return mass


def _same_total(a, b):
    total = float(a.sum())
    if abs(b.sum() - total) > 1e-9 * total:
        fail("b", float(b.sum()), f"as much mass as a has, {total:.12g}")
    return total
