"""The Inception score, from class probabilities."""

import numpy as np
from scipy.special import rel_entr

from gancourse._validate import array, fail, integer

__all__ = ["inception_score"]


def inception_score(probabilities, splits=10):
    r"""The Inception score: high when each image is of one clear class and all classes occur.

    .. math:: IS = \exp\bigl(E_x \, KL(p(y \mid x) \| p(y))\bigr), \qquad p(y) = E_x \, p(y \mid x)

    It lies between 1 (every image says the same) and K (sure of each, all classes equally often), and never
    looks at the real data. The images are cut into ``splits`` runs in the order given, as in the authors'
    code; each run has a marginal p(y) of its own, which lowers the score where runs are short.

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
    rows = array("probabilities", probabilities, ndim=2)
    if (rows < 0).any():
        fail("probabilities", float(rows.min()), "no negative probability")
    with np.errstate(over="ignore"):  # reported below
        sums = rows.sum(1, keepdims=True)
    worst = float(sums[np.abs(sums - 1).argmax(), 0])
    if abs(worst - 1) > 1e-5:
        fail("probabilities", worst, "rows that sum to one (softmax of the logits)")
    rows = rows / sums
    n = len(rows)
    splits = integer("splits", splits, high=n)
    scores = []
    for i in range(splits):
        run = rows[i * n // splits : (i + 1) * n // splits]
        scores.append(np.exp(rel_entr(run, run.mean(0)).sum(1).mean()))
    return float(np.mean(scores)), float(np.std(scores))
