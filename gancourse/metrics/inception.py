"""The Inception score, from class probabilities."""

import numpy as np
from scipy.special import rel_entr

from gancourse._validate import fail, integer
from gancourse.metrics._blocks import features, rows_at_once

__all__ = ["inception_score"]


def inception_score(probabilities, splits=10):
    r"""The Inception score: high when each image is of one clear class and all classes occur.

    .. math:: IS = \exp\bigl(E_x \, KL(p(y \mid x) \| p(y))\bigr), \qquad p(y) = E_x \, p(y \mid x)

    It lies between 1 (every image says the same) and K (sure of each, all classes equally often), and never
    looks at the real data. The images are cut into ``splits`` runs in the order given, as in the authors'
    code; each run has a marginal p(y) of its own.

    Bias: downwards. For runs of r images log IS is on average too low by about

    .. math:: \frac{1}{2r} \sum_k \frac{\mathrm{Var}_x \, p(k \mid x)}{p(k)} ,

    at most (K − 1)/(2r): with 1,000 classes and runs of 5,000 up to a tenth of the score. Error: the std is
    that of one run; divided by √(splits − 1) it is the standard error of the mean. Memory, beside the
    probabilities: a block of rows.

    Source: Improved techniques for training GANs, https://arxiv.org/abs/1606.03498.

    Arguments:
        probabilities: p(y given x), with shape (n, K); rows non-negative, summing to one within 1e-5.
        splits: how many runs, from 1 to n.

    Returns:
        (mean, std) of the score over the runs, floats; std without Bessel's correction, as in the authors'
        code.

    Raises:
        ValueError: rows that are negative, not finite or do not sum to one; splits not in 1..n.

    Example:
        >>> inception_score([[1.0, 0.0], [0.0, 1.0]], splits=1)
        (2.0, 0.0)
    """
    rows = features("probabilities", probabilities)
    for block in _blocks(rows):
        if (block < 0).any():
            fail("probabilities", float(block.min()), "no negative probability")
        with np.errstate(over="ignore"):  # reported below
            sums = block.sum(1)
        worst = float(sums[np.abs(sums - 1).argmax()])
        if abs(worst - 1) > 1e-5:
            fail("probabilities", worst, "rows that sum to one (softmax of the logits)")
    n = len(rows)
    splits = integer("splits", splits, high=n)
    scores = []
    for i in range(splits):
        run = rows[i * n // splits : (i + 1) * n // splits]
        marginal = sum((block / block.sum(1, keepdims=True)).sum(0) for block in _blocks(run)) / len(run)
        total = sum(rel_entr(block / block.sum(1, keepdims=True), marginal).sum() for block in _blocks(run))
        scores.append(np.exp(total / len(run)))
    return float(np.mean(scores)), float(np.std(scores))


def _blocks(rows):
    size = rows_at_once(rows.shape[1])
    for start in range(0, len(rows), size):
        yield rows[start : start + size].astype(np.float64, copy=False)
