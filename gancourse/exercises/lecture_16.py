"""The exercises of lecture 16: the Fréchet distance to stored moments is the main one; the Inception score."""

import numpy as np
import scipy.linalg
from scipy.stats import entropy

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_16_features import FEATURES
from gancourse.exercises.lecture_16_neighbours import KERNEL, PRECISION

__all__ = ["EXERCISES"]


# --- the Fréchet distance to stored moments ------------------------------------------------------


def frechet_to_moments(features, mean, covariance):
    """The squared Fréchet distance of a sample's features to the stored moments of the real data.

    |μ − mean|² + Tr(Σ + covariance − 2 (Σ·covariance)^½), with μ and Σ the mean and the unbiased covariance of the
    features, divided by n − 1. What is stored may be damaged: if the covariance has an eigenvalue below −10⁻³
    times its largest, it is none, and the answer is `np.nan`.

    Arguments:
        features: array (n, d); n may be smaller than d.
        mean: array (d,).
        covariance: array (d, d), symmetric.

    Returns:
        float.
    """
    eigenvalues, vectors = np.linalg.eigh(covariance)
    if eigenvalues[0] < -1e-3 * eigenvalues[-1]:
        return np.nan
    root = (vectors * np.sqrt(np.maximum(eigenvalues, 0))) @ vectors.T
    centred = (features - features.mean(0)) / np.sqrt(len(features) - 1)
    # centred.T @ centred is Σ, so the singular values are the roots of the eigenvalues of root·Σ·root
    overlap = np.linalg.svd(centred @ root, compute_uv=False).sum()
    gap = features.mean(0) - mean
    return gap @ gap + np.sum(centred**2) + np.trace(covariance) - 2 * overlap


def _frechet_cases(rng):
    cases = []
    for n, d, damaged in [(40, 4, False), (5, 8, False), (30, 6, True)]:
        mix = rng.normal(size=(d, d))
        features = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
        covariance = mix @ mix.T + 0.1 * np.eye(d)
        if damaged:
            eigenvalues, vectors = np.linalg.eigh(covariance)
            eigenvalues[0] = -rng.uniform(0.1, 0.3) * eigenvalues[-1]
            covariance = (vectors * eigenvalues) @ vectors.T
            covariance = (covariance + covariance.T) / 2
        cases.append({"features": features, "mean": rng.normal(size=d), "covariance": covariance})
    return cases


def _parts(features):
    return features.mean(0), np.cov(features, rowvar=False)


def _damaged(covariance):
    eigenvalues = np.linalg.eigvalsh(covariance)
    return eigenvalues[0] < -1e-3 * eigenvalues[-1]


def _overlap(a, b):
    return np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0)).sum()


def _frechet(overlap=_overlap, *, moments=_parts, square=True, traces=True, factor=2.0):
    """One of many ways to compute it, right by default."""

    def answer(features, mean, covariance):
        if _damaged(covariance):
            return np.nan
        mu, sigma = moments(features)
        gap = (mu - mean) @ (mu - mean)
        if not square:
            gap = np.sqrt(gap)
        total = (np.trace(sigma) + np.trace(covariance)) if traces else 0.0
        return gap + total - factor * overlap(sigma, covariance)

    return answer


def _inverse_root(a, b):
    return np.trace(scipy.linalg.pinv(scipy.linalg.sqrtm(a @ b))).real


def _real_part(features, mean, covariance):
    mu, sigma = _parts(features)
    root = scipy.linalg.sqrtm(sigma @ covariance).real
    return (mu - mean) @ (mu - mean) + np.trace(sigma + covariance - 2 * root)


def _imaginary_part_looked_at(features, mean, covariance):
    mu, sigma = _parts(features)
    root = scipy.linalg.sqrtm(sigma @ covariance)
    if np.abs(root.imag).max() > 1e-3:
        return float("nan")
    return np.sum((mu - mean) ** 2) + np.trace(sigma + covariance - 2 * root.real)


def _symmetric(features, mean, covariance):
    if not np.all(np.linalg.eigvalsh(covariance) > -1e-9):
        return np.nan
    mu, sigma = _parts(features)
    root = scipy.linalg.sqrtm(covariance).real
    values = np.linalg.eigvalsh(root @ sigma @ root)
    return (
        np.linalg.norm(mu - mean) ** 2
        + np.trace(sigma)
        + np.trace(covariance)
        - 2 * np.sum(np.sqrt(values.clip(0)))
    )


def _finite(case, got, want):
    if np.isnan(want["value"]):
        return True
    return np.allclose(got["value"], want["value"], rtol=1e-4)


def _said(case, got, want):
    return not np.isnan(want["value"]) or bool(np.isnan(got["value"]))


FRECHET = Exercise(
    id="16.frechet_to_moments",
    title="The Fréchet distance to stored moments",
    reference=frechet_to_moments,
    cases=_frechet_cases,
    checks=(
        Check("value", _finite, "The number differs: |μ − mean|² + Tr(Σ + covariance − 2 (Σ·covariance)^½), with the root of a matrix, exponent +½, and Σ divided by n − 1."),
        Check("damaged", _said, "One of the stored covariances has a clearly negative eigenvalue: it is no covariance, and the answer is np.nan."),
    ),
    hints=(
        "`np.cov(features, rowvar=False)` is the unbiased covariance of rows of features.",
        "The trace of the root of Σ·C is the sum of the roots of its eigenvalues, `np.linalg.eigvals(sigma @ covariance)`; those of a product of two covariances are real and not negative.",
        "Look at `np.linalg.eigvalsh(covariance)` first: below −1e-3 times the largest, return np.nan. Then sum the roots of the product's eigenvalues, taking rounding errors below zero as zero.",
    ),
    wrong=(
        Wrong(_frechet(_inverse_root), "You took the exponent −½, as L2 prints it. It is the root itself, +½: for two equal laws the trace must cancel, Tr(Σ + Σ − 2 (ΣΣ)^½) = 0.", "value"),
        Wrong(_real_part, "`sqrtm(...).real` drops the imaginary part without a word. Rounding errors are tiny; a large imaginary part says that one matrix is no covariance. Look before you drop it, and return np.nan there.", "damaged"),
        Wrong(_frechet(lambda a, b: np.trace(np.sqrt(np.abs(a @ b)))), "`np.sqrt` takes the root of each entry. The root of a *matrix* is the one whose product with itself gives it back: its trace is the sum of the roots of the eigenvalues.", "value"),
        Wrong(_frechet(lambda a, b: np.sqrt(np.diag(a) * np.diag(b)).sum()), "You use the variances alone, as if the features were independent. The covariances count: use the whole matrices.", "value"),
        Wrong(_frechet(lambda a, b: np.trace(a @ b)), "There is no root: it is Tr (Σ·C)^½, not Tr Σ·C.", "value"),
        Wrong(_frechet(factor=1.0), "The factor 2 in front of the root is missing: two equal laws would not be at distance 0.", "value"),
        Wrong(_frechet(square=False), "The gap of the means enters squared.", "value"),
        Wrong(_frechet(lambda a, b: 0.0, traces=False), "Only the means are compared: a generator that always draws the mean would score 0.", "value"),
        Wrong(_frechet(moments=lambda x: (x.mean(0), np.cov(x, rowvar=False, bias=True))), "The covariance is divided by n; the unbiased one has n − 1. With few samples it shows.", "value"),
    ),
    accepted=(_frechet(), _imaginary_part_looked_at, _symmetric),
    points=3.0,
)  # fmt: skip


# --- the Inception score -------------------------------------------------------------------------


def score_of_classes(probabilities, splits):
    """The Inception score exp E KL(p(y|x) ‖ p(y)), in splits: its mean and standard deviation over them.

    The rows are cut into as many runs of equal length, in order. In each run p(y) is the mean of *its* rows, KL is
    in nats, and the mean over the rows stands inside exp. The standard deviation divides by the number of splits.

    Arguments:
        probabilities: array (n, K), p(y|x) of n images, all above zero; rows sum to one.
        splits: a divisor of n.

    Returns:
        array (2,): mean and standard deviation of the score over the splits.
    """
    scores = []
    for run in np.split(probabilities, splits):
        marginal = run.mean(0)
        scores.append(np.exp(np.mean(np.sum(run * np.log(run / marginal), axis=1))))
    return np.array([np.mean(scores), np.std(scores)])


def _score_cases(rng):
    def rows(n, k, sharp):
        made = rng.dirichlet(np.full(k, sharp), n) + 1e-4
        return made / made.sum(1, keepdims=True)

    # classes that come in order: a split then sees few of them
    ordered = 0.9 * np.repeat(np.eye(3), 4, axis=0) + 0.1 * rows(12, 3, 1.0)
    return [
        {"probabilities": rows(20, 4, 0.4), "splits": 5},
        {"probabilities": ordered, "splits": 3},
        {"probabilities": rows(10, 3, 1.0), "splits": 1},
    ]


def _split_score(score, *, over=np.split):
    def answer(probabilities, splits):
        scores = [score(run, probabilities) for run in over(probabilities, splits)]
        return np.array([np.mean(scores), np.std(scores)])

    return answer


def _kl(p, q, axis=1):
    return np.sum(p * np.log(p / q), axis=axis)


def _by_entropies(probabilities, splits):
    found = []
    for i in range(splits):
        run = probabilities[i * len(probabilities) // splits : (i + 1) * len(probabilities) // splits]
        found.append(np.exp(entropy(run.mean(0)) - entropy(run, axis=1).mean()))
    return np.mean(found), np.std(found)


def _in_one_array(probabilities, splits):
    runs = probabilities.reshape(splits, -1, probabilities.shape[1])
    scores = np.exp(_kl(runs, runs.mean(1, keepdims=True), axis=2).mean(1))
    return [scores.mean(), scores.std()]


SCORE = Exercise(
    id="16.score_of_classes",
    title="The Inception score, in splits",
    reference=score_of_classes,
    cases=_score_cases,
    shape="Return two numbers: mean and standard deviation over the splits.",
    checks=(
        Check("score", close(rtol=1e-6), "The numbers differ: in each split exp of the mean of KL(p(y|x) ‖ p(y)), p(y) the mean of that split's rows; then mean and standard deviation over the splits."),
    ),
    hints=(
        "`np.split(probabilities, splits)` gives the runs.",
        "KL(p ‖ q) = Σ p log(p/q): the row in front, the marginal below the bar.",
        "Per run: `np.exp((run * np.log(run / run.mean(0))).sum(1).mean())`.",
    ),
    wrong=(
        Wrong(lambda p, s: _split_score(lambda run, _: np.exp(_kl(run, run.mean(0)).mean()))(p, 1), "You forgot the splits: one score of all images, whose spread is 0. Published scores are means over ten splits, and smaller.", "score"),
        Wrong(_split_score(lambda run, all_: np.exp(_kl(run, all_.mean(0)).mean())), "p(y) is the mean of the split's own rows; you took that of all images.", "score"),
        Wrong(_split_score(lambda run, _: np.exp(_kl(run.mean(0), run).mean())), "KL is turned round: it is KL(p(y|x) ‖ p(y)), the image's own classes in front.", "score"),
        Wrong(_split_score(lambda run, _: np.exp(_kl(run, 1 / run.shape[1]).mean())), "You compare with the uniform law. p(y) is what the generator draws: without it a generator of one class would score K.", "score"),
        Wrong(_split_score(lambda run, _: np.exp(_kl(run, run.mean(0))).mean()), "The mean belongs inside exp: exp of the mean KL, not the mean of exp KL, which is larger.", "score"),
        Wrong(_split_score(lambda run, _: _kl(run, run.mean(0)).mean()), "exp is missing: this is the mutual information, from 0 to log K.", "score"),
        Wrong(_split_score(lambda run, _: np.exp(_kl(run, run.mean(0)).mean() / np.log(2))), "The logarithm is natural: with base 2 inside and exp outside the score may pass K.", "score"),
        Wrong(_split_score(lambda run, _: np.exp(entropy(run.mean(0)))), "This is exp of the entropy of p(y): variety alone. Blurred images that look like every class at once would score K.", "score"),
        Wrong(_split_score(lambda run, _: np.exp(_kl(run, run.mean(0)).mean()), over=lambda p, s: [p[i::s] for i in range(s)]), "You dealt the rows out in turn; the splits are runs of consecutive rows.", "score"),
    ),
    accepted=(_split_score(lambda run, _: np.exp(_kl(run, run.mean(0)).mean())), _by_entropies, _in_one_array),
    points=2.0,
)  # fmt: skip

EXERCISES = (FRECHET, SCORE, KERNEL, PRECISION, FEATURES)
