"""Memorisation: the nearest neighbours of samples, and whether those are training images too often."""

from typing import NamedTuple

import numpy as np

from gancourse._validate import fail, generator, integer
from gancourse.metrics._blocks import distance_blocks, features, pair_squares, smallest

__all__ = ["Memorisation", "Neighbours", "memorisation", "nearest_neighbours"]

_RESAMPLES = 200


class Neighbours(NamedTuple):
    """Row numbers and distances of the nearest points, both with shape (n, k), nearest first."""

    indices: np.ndarray
    distances: np.ndarray


class Memorisation(NamedTuple):
    """Share of samples nearer to training than to test data (0.5 is none), ratio of distances (1 is none)."""

    share: float
    share_error: float
    ratio: float
    ratio_error: float


def nearest_neighbours(queries, points, k=1):
    """The k nearest points of each query, by the Euclidean distance, all pairs compared.

    Distances are taken anew from the differences of the rows, so that a copy is at distance 0. Distances
    that agree to ten digits may come in either order; of equal ones the first row comes first among those
    found.

    Time grows as n m d. Memory, beside the points: 100 MiB at d = 2,048, and the answer.

    Arguments:
        queries: with shape (n, d).
        points: with shape (m, d).
        k: how many, at most m.

    Returns:
        ``Neighbours(indices, distances)``: whole numbers, and floats in the unit of the features.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; k not in 1..m.

    Example:
        >>> nearest_neighbours([[0.0], [3.0]], [[1.0], [-3.0], [3.0]]).indices.ravel().tolist()
        [0, 2]
    """
    queries = features("queries", queries)
    points = features("points", points, width=queries.shape[1], like="queries")
    k = integer("k", k)
    if k > len(points):
        fail("k", k, f"at most {len(points)}, the number of points")
    n = len(queries)
    indices = np.zeros((n, k), dtype=np.int64)
    best = np.full((n, k), np.inf)
    for i, j, squares in distance_blocks(queries, points):
        rows = slice(i, i + squares.shape[0])
        # most blocks hold nothing nearer than what was found
        new = np.flatnonzero(squares.min(1) < best[rows].max(1))
        nearer, names = smallest(squares[new] if len(new) < len(squares) else squares, k)
        both = np.concatenate([best[i + new], nearer], axis=1)
        names = np.concatenate([indices[i + new], names + j], axis=1)
        best[i + new], chosen = smallest(both, k)
        indices[i + new] = np.take_along_axis(names, chosen, 1)
    rows = np.repeat(np.arange(n), k)
    distances = np.sqrt(pair_squares(queries, points, rows, indices.ravel())).reshape(n, k)
    order = np.lexsort((indices, distances), axis=1)
    return Neighbours(np.take_along_axis(indices, order, 1), np.take_along_axis(distances, order, 1))


def memorisation(samples, train, test, rng=None):
    r"""Whether samples lie nearer to the training data than to data that were never seen.

    Of the larger of the two sets as many rows are drawn as the other has, N: with more points the nearest
    one is nearer, memorised or not. With X the training data and X' the test data,

    .. math:: \mathrm{share} = \tfrac1m \#\{j : d(y_j, X) < d(y_j, X')\}, \qquad
        \mathrm{ratio} = \mathrm{median}_j\, d(y_j, X) \,/\, \mathrm{median}_j\, d(y_j, X')

    ties counting half. Where nothing is memorised, training and test data might be exchanged: the share is
    1/2 on average, whatever the quality of the samples, and the ratio near 1. Copies have share 1, ratio 0.

    The error of the share is what exchange alone brings, with c_p the number of samples whose nearest of all
    2N points is p, over all ways to name N of them training data:

    .. math:: \frac1m \sqrt{\frac{N}{2(2N - 1)} \Bigl(\sum_p c_p^2 - \frac{m^2}{2N}\Bigr)}

    So (share − 1/2)/error is a standard score. The binomial error 1/(2√m) forgets that many samples may
    share a neighbour. The error of the ratio is from 200 resamplings of the samples, the data as they are;
    where both medians are 0 the ratio is 1, and where that to the test data is, infinite.

    Arguments:
        samples, train, test: features, with shapes (m, d), (n, d) and (l, d).
        rng: a ``numpy.random.Generator``, or a whole number to seed one; None is 0.

    Returns:
        ``Memorisation(share, share_error, ratio, ratio_error)``.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; fewer than two
            samples, training or test points.

    Example:
        >>> memorisation([[0.0], [1.0]], train=[[0.0], [1.0]], test=[[0.5], [2.0]]).share
        1.0
    """
    samples = features("samples", samples, least=2)
    like = {"least": 2, "width": samples.shape[1], "like": "samples"}
    train, test = features("train", train, **like), features("test", test, **like)
    rng = generator("rng", 0 if rng is None else rng)
    size = min(len(train), len(test))
    train, test = (_drawn(points, size, rng) for points in (train, test))
    to_train, to_test = (nearest_neighbours(samples, points) for points in (train, test))
    d, e = to_train.distances[:, 0], to_test.distances[:, 0]
    m = len(samples)
    share = float(((d < e) + 0.5 * (d == e)).mean())
    # a tie goes half to each
    weights = [np.bincount(near.indices[:, 0], weights=w, minlength=size) for near, w in (
        (to_train, (d < e) + 0.5 * (d == e)), (to_test, (e < d) + 0.5 * (d == e))
    )]  # fmt: skip
    crowding = sum(float((w**2).sum()) for w in weights) - m**2 / (2 * size)
    error = np.sqrt(max(0.0, size / (2 * (2 * size - 1)) * crowding)) / m
    picks = (rng.integers(m, size=m) for _ in range(_RESAMPLES))
    ratios = [_ratio(d[pick], e[pick]) for pick in picks]
    spread = float(np.std(ratios)) if np.isfinite(ratios).all() else np.inf
    return Memorisation(share, float(error), _ratio(d, e), spread)


def _drawn(points, size, rng):
    return points if len(points) == size else points[np.sort(rng.choice(len(points), size, replace=False))]


def _ratio(d, e):
    top, bottom = float(np.median(d)), float(np.median(e))
    if bottom == 0:
        return 1.0 if top == 0 else np.inf
    return top / bottom
