"""Features in blocks of rows: checked without a copy, and their distances, exact to rounding."""

import numpy as np
from scipy.spatial.distance import cdist

from gancourse._validate import LARGEST, array, fail

__all__ = [
    "TIE",
    "distance_blocks",
    "features",
    "kth_squares",
    "mean",
    "pair_squares",
    "rows_at_once",
    "spread",
]

TIE = 1e-10  # squares of distances this near to each other, relatively, are taken for equal
_NEAR = 1e-4  # below this share of the squared norms a product has lost too many digits
_NUMBERS = 2**21  # of a block of features: 1,024 rows of 2,048 features, 16 MiB
_ROWS = 1024
_FOLDS = 8
_FEW = 16  # with so few features differences are as quick as products


def features(name, value, *, least=1, width=None, like=None, high=LARGEST):
    """Features (n, d) as they are, in any real type, without a copy; checked in blocks.

    Raises a ValueError that names ``name``: not two-dimensional, fewer than ``least`` rows, another width
    than ``width`` (that of ``like``), not finite, or beyond ``high``.
    """
    plain = isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray)
    if not plain or value.ndim != 2 or value.dtype.kind not in "fiub" or value.dtype.itemsize > 8:
        value = array(name, value, ndim=2)
    n, d = value.shape
    if d < 1:
        fail(name, value, "at least one feature")
    if n < least:
        fail(name, value, f"at least {least} sample{'s' if least > 1 else ''}")
    if width is not None and d != width:
        fail(name, value, f"{width} feature(s) per sample, like {like}")
    rows = rows_at_once(d)
    for start in range(0, n, rows):
        block = value[start : start + rows]
        low, top = float(block.min()), float(block.max())
        if not (np.isfinite(low) and np.isfinite(top)):
            fail(name, value, "finite values only (no NaN, no infinity)")
        if max(-low, top) > high:
            fail(name, max(-low, top), f"absolute values of at most {high:g}")
    return value


def rows_at_once(d):
    """Rows of a block of features with d columns."""
    return max(1, min(_ROWS, _NUMBERS // d))


def mean(points):
    """The mean of the rows, summed in float64 in blocks."""
    rows = rows_at_once(points.shape[1])
    starts = range(0, len(points), rows)
    return sum(points[i : i + rows].sum(0, dtype=np.float64) for i in starts) / len(points)


def spread(values, ddof=0):
    """The standard deviation along the first axis, of values of any size that float64 holds."""
    unit = np.abs(values).max() or 1.0
    return (values / unit).std(0, ddof=ddof) * unit


def distance_blocks(x, y=None):
    """Squared distances of all rows of x to all of y, as (start in x, start in y, block).

    The block is the caller's to change. Without y: of x to itself, each pair of blocks once (on or above the
    diagonal), infinite from a row to itself. At a time three blocks are held: rows of x, of y, distances.
    """
    same = y is None
    y = x if same else y
    centre, d = mean(y), x.shape[1]
    rows = rows_at_once(d)
    for i in range(0, len(x), rows):
        left = _left(x[i : i + rows], centre)
        for j in range(i if same else 0, len(y), rows):
            yield i, j, _squares(left, _right(y[j : j + rows], centre), same and i == j)


def pair_squares(x, y, rows, columns):
    """Squared distances of the rows x[rows[i]] and y[columns[i]], from their differences."""
    squares = np.empty(len(rows))
    step = max(1, _NUMBERS // (4 * x.shape[1]))
    for i in range(0, len(rows), step):
        gap = x[rows[i : i + step]].astype(np.float64)
        gap -= y[columns[i : i + step]]
        squares[i : i + step] = np.einsum("ij,ij->i", gap, gap)
    return squares


def kth_squares(points, k):
    """The squared distance of each row to its k-th nearest other row, with shape (n,)."""
    best = np.full((len(points), k), np.inf)

    def keep(start, squares):
        rows = slice(start, start + len(squares))
        best[rows] = smallest(np.concatenate([best[rows], smallest(squares, k)[0]], axis=1), k)[0]

    for i, j, squares in distance_blocks(points):
        if i != j:
            keep(j, squares.T.copy())
        keep(i, squares)
    return best.max(1)


def smallest(values, k):
    """The k smallest of each row, or all where there are fewer, and their columns; in no order."""
    n, m = values.shape
    if m <= k:
        return values, np.broadcast_to(np.arange(m), (n, m))
    q = m // _FOLDS
    if q <= 2 * k:
        columns = np.argpartition(values, k - 1, axis=1)[:, :k]
        return np.take_along_axis(values, columns, 1), columns
    # they lie among the k of q groups whose least is smallest: four times as quick as a partition of all
    least = values[:, :q].copy()
    for i in range(1, _FOLDS):
        np.minimum(least, values[:, i * q : (i + 1) * q], out=least)
    groups = np.argpartition(least, k - 1, axis=1)[:, :k]
    columns = (groups[:, :, None] + q * np.arange(_FOLDS)).reshape(n, _FOLDS * k)
    rest = np.broadcast_to(np.arange(_FOLDS * q, m), (n, m - _FOLDS * q))
    columns = np.concatenate([columns, rest], axis=1)
    found, chosen = smallest(np.take_along_axis(values, columns, 1), k)
    return found, np.take_along_axis(columns, chosen, 1)


def _left(block, centre):
    """Rows as (x, |x|², 1) about the centre: times (−2y, 1, |y|²) it is the squared distance."""
    n, d = block.shape
    result = np.ones((n, d + 2))
    np.subtract(block, centre, out=result[:, :d])
    result[:, d] = np.einsum("ij,ij->i", result[:, :d], result[:, :d])
    return result


def _right(block, centre):
    n, d = block.shape
    result = np.ones((n, d + 2))
    np.subtract(block, centre, out=result[:, :d])
    result[:, d + 1] = np.einsum("ij,ij->i", result[:, :d], result[:, :d])
    result[:, :d] *= -2
    return result


def _squares(left, right, diagonal=False):
    d = left.shape[1] - 2
    if d <= _FEW:
        squares = cdist(left[:, :d], -0.5 * right[:, :d], "sqeuclidean")
    else:
        squares = left @ right.T
    if diagonal:
        np.fill_diagonal(squares, np.inf)
    if d > _FEW:
        norms = right[:, d + 1]
        rows = np.flatnonzero(squares.min(1) < _NEAR * (left[:, d] + norms.max()))
        if len(rows):
            squares[rows] = _mended(squares[rows], left[rows, : d + 1], right)
    return squares


def _mended(squares, left, right):
    """Distances that cancelled are taken again: one by one where few, about a point among them where many."""
    d = left.shape[1] - 1
    near = squares < _NEAR * (left[:, d:] + right[:, d + 1])
    rows, columns = np.nonzero(near)
    x, y = left[:, :d], -0.5 * right[:, :d]
    while len(rows) > 4 * (len(x) + len(y)):
        pivot = x[rows[0]]
        group = np.unique(rows)
        gap = ((x[group] - pivot) ** 2).sum(1)
        group = group[gap <= 4 * _NEAR * left[rows[0], d]]
        group = np.union1d(group, rows[:1])
        block = near[group]
        columns = np.flatnonzero(block.any(0))
        again = _squares(_left(x[group], pivot), _right(y[columns], pivot))
        index = np.ix_(group, columns)
        squares[index] = np.where(block[:, columns], again, squares[index])
        near[group] = False
        rows, columns = np.nonzero(near)
    squares[rows, columns] = pair_squares(x, y, rows, columns)
    return squares
