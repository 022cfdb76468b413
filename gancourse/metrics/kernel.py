"""The kernel distance of two sets of features: an unbiased squared MMD; with Inception's features the KID."""

import numpy as np

from gancourse._validate import fail, generator, integer
from gancourse.metrics._blocks import features, rows_at_once, spread

__all__ = ["kernel_distance", "kernel_distance_all_pairs"]

_LARGEST = 1e49  # the sixth power, and a sum of many such, still fit into float64


def kernel_distance(a, b, subsets=100, subset_size=1000, rng=None):
    r"""The kernel distance (KID): the unbiased squared MMD of features, averaged over random subsets.

    .. math:: \mathrm{MMD}^2 = E\,k(x, x') - 2\,E\,k(x, y) + E\,k(y, y'), \qquad
        k(x, y) = \bigl(x \cdot y / d + 1\bigr)^3

    In each subset, drawn without replacement, k is averaged over pairs of different points. So the mean has
    no bias, at any sample size: 0 on average for equal laws, and hence negative about half of the time. Less
    is better. It compares the first three moments, and is blind to others.

    Error: the returned spread is that of one subset's estimate. Divided by √subsets it is the error from
    drawing subsets, the features as they are; that from drawing the features may be far larger (five times,
    with 50 subsets of 100 among 200): :func:`kernel_distance_all_pairs` has it.

    Time grows as subsets × size² × d; memory, beside the features: three matrices of the subset's size, and
    a subset of each.

    Source: Bińkowski et al., Demystifying MMD GANs, https://arxiv.org/abs/1801.01401.

    Arguments:
        a, b: features, with shapes (n, d) and (m, d).
        subsets: how many.
        subset_size: rows of each subset, from 2 to the smaller of n and m.
        rng: a ``numpy.random.Generator``, or a whole number to seed one; None is 0.

    Returns:
        (mean, std) over the subsets, floats; std without Bessel's correction, as in torch-fidelity.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; a subset larger
            than a set.

    Example:
        >>> kernel_distance([[0.0], [0.0]], [[1.0], [1.0]], subsets=3, subset_size=2)
        (7.0, 0.0)
    """
    a, b = _both(a, b)
    subsets, size = integer("subsets", subsets), integer("subset_size", subset_size, low=2)
    if size > min(len(a), len(b)):
        fail("subset_size", size, f"at most {min(len(a), len(b))}, the samples of the smaller set")
    rng = generator("rng", 0 if rng is None else rng)
    values = np.empty(subsets)
    for i in range(subsets):
        x, y = (
            points[rng.choice(len(points), size, replace=False)].astype(np.float64, copy=False)
            for points in (a, b)
        )
        within = 0.0
        for points in (x, y):
            kernel = _cube(points @ points.T, a.shape[1])
            within += (kernel.sum() - np.trace(kernel)) / (size * (size - 1))
        values[i] = within - 2 * _cube(x @ y.T, a.shape[1]).mean()
    return float(values.mean()), float(spread(values))


def kernel_distance_all_pairs(a, b):
    r"""The kernel distance over all pairs at once, with its standard error.

    The unbiased estimate of :func:`kernel_distance` with the whole sets as the one subset: of all unbiased
    estimates that treat the samples alike, the one with the least variance. The error is the jackknife's,
    leaving out one sample at a time, for which the rows' sums of the kernel are enough:

    .. math:: \frac{n-1}{n} \sum_i \bigl(T_{-i} - \bar T\bigr)^2 + \frac{m-1}{m} \sum_j
        \bigl(T^{-j} - \bar T\bigr)^2

    It covers the drawing of the features, and is √2 too large where the two laws are equal (the estimate is
    degenerate there).

    Time grows as (n + m)² d / 2; memory, beside the features: 100 MiB at d = 2,048.

    Sources: Gretton et al., A kernel two-sample test, https://jmlr.org/papers/v13/gretton12a.html; Efron
    and Stein, The jackknife estimate of variance, https://doi.org/10.1214/aos/1176345462.

    Arguments:
        a, b: features, with shapes (n, d) and (m, d), n and m at least 3.

    Returns:
        (value, standard_error), floats.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; fewer than three.

    Example:
        >>> kernel_distance_all_pairs([[0.0], [0.0], [0.0]], [[1.0], [1.0], [1.0]])
        (7.0, 0.0)
    """
    a, b = _both(a, b, least=3)
    n, m = len(a), len(b)
    in_a, in_b = _within(a), _within(b)
    from_a, from_b = _between(a, b)
    within_a, within_b, between = (
        in_a.sum() / (n * (n - 1)),
        in_b.sum() / (m * (m - 1)),
        from_a.sum() / (n * m),
    )
    errors = []
    for rows, across, within, other, size, width in (
        (in_a, from_a, within_a, within_b, n, m),
        (in_b, from_b, within_b, within_a, m, n),
    ):
        without = (within * size * (size - 1) - 2 * rows) / ((size - 1) * (size - 2))
        without += other - 2 * (between * size * width - across) / ((size - 1) * width)
        errors.append(np.sqrt(size - 1) * spread(without))
    return float(within_a + within_b - 2 * between), float(np.hypot(*errors))


def _both(a, b, least=2):
    a = features("a", a, least=least, high=_LARGEST)
    return a, features("b", b, least=least, width=a.shape[1], like="a", high=_LARGEST)


def _cube(products, d):
    """The kernel from the products, in their place but for one copy."""
    products /= d
    products += 1
    cubed = products * products
    cubed *= products
    return cubed


def _blocks(points):
    rows = rows_at_once(points.shape[1])
    for i in range(0, len(points), rows):
        yield slice(i, min(i + rows, len(points))), points[i : i + rows].astype(np.float64, copy=False)


def _within(points):
    """Of each row the sum of its kernel values with all others."""
    sums, d = np.zeros(len(points)), points.shape[1]
    for rows, x in _blocks(points):
        for columns, y in _blocks(points[rows.start :]):
            kernel = _cube(x @ y.T, d)
            if columns.start == 0:
                np.fill_diagonal(kernel, 0.0)
            else:
                sums[rows.start + columns.start : rows.start + columns.stop] += kernel.sum(0)
            sums[rows] += kernel.sum(1)
    return sums


def _between(a, b):
    """Of each row of a, and of each of b, the sum of its kernel values with the other set."""
    of_a, of_b = np.zeros(len(a)), np.zeros(len(b))
    for rows, x in _blocks(a):
        for columns, y in _blocks(b):
            kernel = _cube(x @ y.T, a.shape[1])
            of_a[rows] += kernel.sum(1)
            of_b[columns] += kernel.sum(0)
    return of_a, of_b
