"""The exercises of lecture 09: kernels and integral probability metrics."""

import math

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_09_witnesses import SUPREMA, WITNESS

__all__ = ["EXERCISES"]


# --- the main exercise: the unbiased estimate of MMD² --------------------------------------------


def mmd2_unbiased(x, y, bandwidth):
    """The unbiased estimate of MMD² under the Gaussian kernel k(a, b) = exp(−‖a − b‖²/2h²).

    Mean of k over pairs of different points of x, plus the same of y, minus twice the mean over all pairs of a
    point of x and a point of y.

    Arguments:
        x, y: arrays (n, d) and (m, d), two samples in d dimensions; n need not be m.
        bandwidth: h.

    Returns:
        float. It may be negative.
    """

    def k(a, b):
        squares = ((a[:, None, :] - b[None, :, :]) ** 2).sum(-1)
        return np.exp(-squares / (2 * bandwidth**2))

    n, m = len(x), len(y)
    within_x = (k(x, x).sum() - n) / (n * (n - 1))  # k(x, x) = 1 on the diagonal
    within_y = (k(y, y).sum() - m) / (m * (m - 1))
    return within_x - 2 * k(x, y).mean() + within_y


def _samples(rng):
    cases = [
        {
            "x": rng.normal(size=(n, d)),
            "y": shift + rng.normal(size=(m, d)),
            "bandwidth": h * float(rng.uniform(0.9, 1.1)),
        }
        for n, m, d, shift, h in ((6, 9, 2, 2.5, 1.3), (9, 7, 3, 2.0, 2.1), (8, 8, 1, 4.0, 1.6))
    ]
    # nearly the same points twice: each has its twin in the other sample, so the estimate is below zero
    x = rng.normal(size=(6, 2))
    cases.append({"x": x, "y": x + 0.02 * rng.normal(size=(6, 2)), "bandwidth": 0.9})
    return cases


def _twins(case):
    return case["x"].shape == case["y"].shape and np.abs(case["x"] - case["y"]).max() < 0.2


def _squares(a, b):
    return ((a[:, None] - b) ** 2).sum(-1)


def _mmd2(x, y, bandwidth, *, k=None, within="unbiased", cross=-2.0, skip_twins=False):
    k = k or (lambda a, b, h: np.exp(-_squares(a, b) / (2 * h**2)))
    total = 0.0
    for a in (x, y):
        values, n = k(a, a, bandwidth), len(a)
        total += {
            "unbiased": (values.sum() - np.trace(values)) / (n * (n - 1)),
            "biased": values.mean(),
            "diagonal kept": values.sum() / (n * (n - 1)),
            "n squared": (values.sum() - np.trace(values)) / n**2,
        }[within]
    between = k(x, y, bandwidth)
    kept = ~np.eye(*between.shape, dtype=bool) if skip_twins else np.ones(between.shape, dtype=bool)
    return total + cross * between[kept].mean()


def _by_cdist(x, y, bandwidth):
    from scipy.spatial.distance import cdist, pdist

    def k(squares):
        return np.exp(-0.5 * squares / bandwidth**2)

    within = k(pdist(x, "sqeuclidean")).mean() + k(pdist(y, "sqeuclidean")).mean()
    return within - 2 * k(cdist(x, y, "sqeuclidean")).mean()


def _by_loops(x, y, bandwidth):
    def k(a, b):
        return math.exp(-sum((s - t) ** 2 for s, t in zip(a, b, strict=True)) / 2 / bandwidth**2)

    def within(a):
        values = [k(a[i], a[j]) for i in range(len(a)) for j in range(len(a)) if i != j]
        return sum(values) / len(values)

    return within(x) + within(y) - 2 * sum(k(a, b) for a in x for b in y) / (len(x) * len(y))


def _by_expansion(x, y, bandwidth):
    z = np.concatenate([x, y])
    inner = z @ z.T
    length = np.diag(inner)
    k = np.exp(-(length[:, None] + length - 2 * inner) / (2 * bandwidth**2))
    np.fill_diagonal(k, 0.0)
    n, m = len(x), len(y)
    return k[:n, :n].sum() / (n * (n - 1)) + k[n:, n:].sum() / (m * (m - 1)) - 2 * k[:n, n:].mean()


def _gaussian(exponent):
    return lambda a, b, h: np.exp(-exponent(_squares(a, b), h))


MAIN = Exercise(
    id="09.mmd2_unbiased",
    title="The unbiased estimate of MMD²",
    reference=mmd2_unbiased,
    cases=_samples,
    shape="Return one number.",
    checks=(
        Check("values", lambda case, got, want: _twins(case) or close()(case, got, want), "The number differs. Try two samples of two points each by hand: one pair within each, four between."),
        Check("below zero", lambda case, got, want: not _twins(case) or got["value"] < 0, "Where both samples are nearly the same points the estimate is negative, and that is right: return it as it is."),
    ),
    hints=(
        "Three means of kernel values: within x, within y, between.",
        "Within a sample leave out the pairs of a point with itself, n of the n² values; n(n − 1) remain.",
        "(k(x, x).sum() − n)/(n(n − 1)) + (k(y, y).sum() − m)/(m(m − 1)) − 2 k(x, y).mean().",
    ),
    wrong=(
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, within="biased"), "The diagonal is kept: the pairs of a point with itself, where k = 1 whatever the distributions are. This is the biased estimate.", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, within="diagonal kept"), "You divide by n(n − 1), and yet the n values on the diagonal are in the sum.", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, within="n squared"), "The diagonal is left out, and you still divide by n²: only n(n − 1) pairs remain.", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, cross=-1.0), "A factor 2: the cross term comes twice, since ‖a − b‖² = ‖a‖² − 2⟨a, b⟩ + ‖b‖².", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, cross=2.0), "The sign of the cross term: points of x and y that lie close together make the samples more alike.", "values"),
        Wrong(lambda x, y, bandwidth: np.sqrt(_mmd2(x, y, bandwidth)), "You took the root: MMD. The unbiased estimate is one of MMD², and where it is negative it has no root.", "values"),
        Wrong(lambda x, y, bandwidth: np.sqrt(max(_mmd2(x, y, bandwidth), 0.0)), "This is MMD, with negative estimates cut off. MMD² was asked for, as it comes out.", "values"),
        Wrong(lambda x, y, bandwidth: max(_mmd2(x, y, bandwidth), 0.0), "Right but for the cut at zero. Cut off the negative half, and what is left is too large on average: no longer unbiased.", "below zero"),
        Wrong(lambda x, y, bandwidth: abs(_mmd2(x, y, bandwidth)), "An absolute value turns estimates below zero upwards, and so makes the mean too large.", "below zero"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, k=_gaussian(lambda s, h: s / h**2)), "exp(−r²/h²): the 2 of 2h² is missing, so that your h is √2 times too small.", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, k=_gaussian(lambda s, h: s / (2 * h))), "exp(−r²/2h): the bandwidth must be squared, or its unit does not fit that of r².", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, k=_gaussian(lambda s, h: s)), "The bandwidth is not used.", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, k=_gaussian(lambda s, h: np.sqrt(s) / (2 * h**2))), "The distance is not squared in the exponent (a root too many).", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, k=lambda a, b, h: np.exp(-((a[:, None] - b) ** 2).mean(-1) / (2 * h**2))), "r² is the *sum* of the squared differences over the d coordinates, not their mean.", "values"),
        Wrong(lambda x, y, bandwidth: _mmd2(x, y, bandwidth, skip_twins=True), "Between the samples no pair is left out: the i-th point of x and the i-th of y are as independent as any two.", "values"),
        Wrong(lambda x, y, bandwidth: np.exp(-_squares(x, y) / (2 * bandwidth**2)), "You returned the kernel matrix; the means over its pairs are asked for.", "shape"),
    ),
    accepted=(_by_cdist, _by_loops, _by_expansion, _mmd2),
    points=3.0,
)  # fmt: skip


# --- the p-value of a permutation test -----------------------------------------------------------


def p_value(observed, permuted):
    """The p-value of a permutation test whose statistic is large where the samples differ.

    Under the hypothesis that both samples have the same law, the true split is one among 1 + len(permuted) equally
    likely ones: the p-value is the share of those whose statistic is at least the observed one.

    Arguments:
        observed: the statistic of the true split.
        permuted: array (b,), the statistics of b random splits.

    Returns:
        float in (0, 1].
    """
    return (1 + np.sum(permuted >= observed)) / (1 + len(permuted))


def _statistics(rng):
    cases = [
        {"observed": float(at), "permuted": rng.normal(size=size)}
        for at, size in ((0.8, 19), (-0.4, 39), (6.0, 29))
    ]
    # few points have few splits: equal statistics are common
    ties = rng.permutation([0, 0, 1, 1, 1, 2, 2, 3, 3]).astype(float)
    cases.append({"observed": 2.0, "permuted": ties})
    return cases


def _tied(case):
    return bool((case["permuted"] == case["observed"]).any())


P_VALUE = Exercise(
    id="09.p_value",
    title="The p-value of a permutation test",
    reference=p_value,
    cases=_statistics,
    checks=(
        Check("values", lambda case, got, want: _tied(case) or close()(case, got, want), "Count the splits whose statistic is at least the observed one, the true split among them, and divide by the number of all."),
        Check("ties", lambda case, got, want: not _tied(case) or close()(case, got, want), "A random split with just the observed statistic is as extreme: it counts."),
    ),
    hints=("The true split is one of the 1 + b.", "Large statistics speak against equality: count permuted >= observed."),
    wrong=(
        Wrong(lambda observed, permuted: np.mean(permuted >= observed), "The +1 is missing: the true split is one of the splits. Without it the p-value may be 0, and the test rejects too often.", "values"),
        Wrong(lambda observed, permuted: (1 + np.sum(permuted <= observed)) / (1 + len(permuted)), "The wrong tail: this is small where the samples look *more* alike than chance would have it.", "values"),
        Wrong(lambda observed, permuted: np.mean(permuted <= observed), "The wrong tail, and without the +1: this is about one less the p-value.", "values"),
        Wrong(lambda observed, permuted: (1 + np.sum(permuted >= observed)) / len(permuted), "The true split is counted above and not below: divide by 1 + b.", "values"),
        Wrong(lambda observed, permuted: np.sum(permuted >= observed) / (1 + len(permuted)), "The true split is counted below and not above: it is at least as extreme as itself.", "values"),
        Wrong(lambda observed, permuted: (1 + np.sum(np.abs(permuted) >= abs(observed))) / (1 + len(permuted)), "Two-sided: but a strongly negative MMD² is no sign that the samples differ. Only large values count.", "values"),
        Wrong(lambda observed, permuted: (1 + np.sum(permuted > observed)) / (1 + len(permuted)), "Equal statistics count too: with > the p-value is too small where ties are common.", "ties"),
    ),
    accepted=(lambda observed, permuted: np.mean(np.append(permuted, observed) >= observed), lambda observed, permuted: (sum(value >= observed for value in permuted) + 1) / (len(permuted) + 1)),
    points=1.0,
)  # fmt: skip


EXERCISES = (SUPREMA, WITNESS, MAIN, P_VALUE)
