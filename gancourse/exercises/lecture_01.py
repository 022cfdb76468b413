"""The exercises of lecture 01: the adversarial game, in a few lines of NumPy each."""

import numpy as np
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite
from gancourse.exercises.lecture_01_steps import GRADIENT, ROUND

__all__ = ["EXERCISES"]


# --- A1: softmax with temperature ----------------------------------------------------------------


def temperature_softmax(scores, temperature):
    """The probabilities exp(F/ε)/Σ exp(F/ε), one row for each input.

    Arguments:
        scores: array (n, classes), F; as large as ±1,000.
        temperature: ε > 0.

    Returns:
        array (n, classes): each row is non-negative and sums to one.
    """
    scaled = scores / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _score_cases(rng):
    return [
        {"scores": rng.normal(0, 2, (4, 3)), "temperature": float(rng.uniform(1.5, 3.0))},
        {"scores": rng.normal(0, 1, (3, 3)), "temperature": float(rng.uniform(0.3, 0.7))},
        {"scores": np.array([[900.0, 899.0, -1000.0], [-998.0, -1000.0, -999.5]]) + rng.uniform(0, 1, (2, 1)), "temperature": 1.25},
    ]  # fmt: skip


def _is_large(case):
    return np.abs(case["scores"]).max() > 500


def _plain_softmax(scores, temperature, axis=1):
    powers = np.exp(scores / temperature)
    return powers / powers.sum(axis=axis, keepdims=True)


def _by_logs(scores, temperature):
    scaled = scores / temperature
    return np.exp(scaled - np.logaddexp.reduce(scaled, axis=1)[:, None])


SOFTMAX = Exercise(
    id="01.softmax",
    title="Softmax with temperature",
    reference=temperature_softmax,
    cases=_score_cases,
    shape="Return an array of the shape of `scores`: one probability for each class in each row.",
    checks=(
        Check("finite", finite(), "For scores near 1,000 exp overflows to ∞, and for −1,000 the sum is 0: ∞/∞ and 0/0 are NaN. Take the largest score of each row off first; the quotient does not change."),
        Check("values", close(finite_only=True), "The numbers differ from exp(F/ε)/Σ exp(F/ε). Do your rows sum to one? Try one row of two scores by hand."),
    ),
    hints=(
        "Divide the *scores* by ε, then exponentiate, then divide each row by its own sum.",
        "exp(F − c)/Σ exp(F − c) is the same for every c. Which c keeps all exponents at or below 0?",
        "`scaled = scores / temperature`, then take off `scaled.max(axis=1, keepdims=True)`.",
    ),
    wrong=(
        Wrong(_plain_softmax, "Right for small scores; near ±1,000 exp overflows or vanishes and the quotient is NaN. Take the largest score of each row off first.", "finite"),
        Wrong(lambda scores, temperature: temperature_softmax(scores, 1.0) / temperature, "ε stands outside the exponential, as in the printed formula of the notes: the rows sum to 1/ε. It is F that is divided.", "values"),
        Wrong(lambda scores, temperature: temperature_softmax(scores, 1 / temperature), "You multiplied the scores by ε. A high temperature makes the classes more alike: divide.", "values"),
        Wrong(lambda scores, temperature: temperature_softmax(scores, 1.0), "The temperature is not used.", "values"),
        Wrong(lambda scores, temperature: scipy_softmax(scores / temperature, axis=0), "You normalised over the inputs (axis 0). Each *row* sums to one, over the classes.", "values"),
        Wrong(lambda scores, temperature: scipy_softmax(scores / temperature), "You normalised over the whole array: each row must sum to one by itself.", "values"),
        Wrong(lambda scores, temperature: (scores == scores.max(axis=1, keepdims=True)).astype(float), "That is the most likely class alone, the limit ε → 0. Softmax gives every class a probability.", "values"),
    ),
    accepted=(_by_logs, lambda scores, temperature: scipy_softmax(scores / temperature, axis=1)),
    points=1.0,
)  # fmt: skip


# --- A2: the mean cross-entropy ------------------------------------------------------------------


def cross_entropy(logits, labels):
    """The mean cross-entropy of labelled points: minus the mean log-probability of the true label.

    Arguments:
        logits: array (n,), the discriminator's logits v, real and generated points mixed; D = σ(v) is the
            probability of y = 1; |v| may be as large as 1,000.
        labels: array (n,) of 1.0 (real) and 0.0 (generated).

    Returns:
        float, in nats; finite for finite logits.
    """
    return np.mean(np.logaddexp(0, logits) - labels * logits)


def _label_cases(rng):
    def labels(n, real):
        return rng.permutation(np.arange(n) < real).astype(np.float64)

    return [
        {"logits": rng.normal(0.5, 2, 8), "labels": labels(8, 4)},
        {"logits": rng.normal(-0.5, 1, 9), "labels": labels(9, 3)},
        {"logits": np.array([800.0, -900.0, 700.0, -1000.0]) * rng.uniform(0.9, 1), "labels": np.array([1.0, 0.0, 0.0, 1.0])},
    ]  # fmt: skip


def _by_probability(epsilon):
    def wrong(logits, labels):
        d = expit(logits)
        return -np.mean(labels * np.log(d + epsilon) + (1 - labels) * np.log(1 - d + epsilon))

    return wrong


def _two_means(logits, labels):
    real, fake = logits[labels == 1], logits[labels == 0]
    return np.mean(np.logaddexp(0, -real)) + np.mean(np.logaddexp(0, fake))


CROSS_ENTROPY = Exercise(
    id="01.cross_entropy",
    title="The mean cross-entropy, from logits",
    reference=cross_entropy,
    cases=_label_cases,
    shape="Return one number: the mean over all points.",
    checks=(
        Check("finite", finite(), "For large |v| the probability rounds to 0 or 1, and log 0 = −∞ (or 0 · ∞ = NaN). −log σ(v) is softplus(−v) = `np.logaddexp(0, -v)`."),
        Check("values", close(finite_only=True), "The number differs from −mean[y log D + (1 − y) log(1 − D)]. Try one point of each label by hand."),
    ),
    hints=(
        "A point with y = 1 costs −log σ(v) = softplus(−v), one with y = 0 costs −log(1 − σ(v)) = softplus(v).",
        "softplus(−v) = softplus(v) − v, so both cases are softplus(v) − y v.",
        "`np.logaddexp(0, v)` is softplus(v) and never overflows.",
    ),
    wrong=(
        Wrong(_by_probability(0.0), "σ(v) rounds to 0 or 1 for large |v|, and its logarithm is −∞. Write the cost on the logit, by softplus.", "finite"),
        Wrong(_by_probability(1e-12), "A small number inside the log caps the cost near 28 nats: a fake called real with v = 700 costs 700. Use softplus.", "values"),
        Wrong(lambda logits, labels: np.mean(np.logaddexp(0, -logits)), "You took log D for every point: this is L4's formula, with log(1 − p(yᵢ|xᵢ)) for yᵢ = 0. It rewards calling a fake real.", "values"),
        Wrong(lambda logits, labels: -cross_entropy(logits, labels), "The sign: this is the mean log-likelihood. The cross-entropy is minus that, and never negative.", "values"),
        Wrong(lambda logits, labels: cross_entropy(-logits, labels), "The labels are exchanged: D = σ(v) is the probability of y = 1, *real*.", "values"),
        Wrong(_two_means, "This is −V, a *sum of two means*, one over the real points and one over the generated. The cross-entropy is one mean over all points.", "values"),
        Wrong(lambda logits, labels: np.sum(np.logaddexp(0, logits) - labels * logits), "You summed: take the mean over the points.", "values"),
        Wrong(lambda logits, labels: cross_entropy(logits, labels) / np.log(2), "That is in bits; the natural logarithm gives nats.", "values"),
        Wrong(lambda logits, labels: np.logaddexp(0, logits) - labels * logits, "One cost for each point: return their mean.", "shape"),
    ),
    accepted=(
        lambda logits, labels: np.mean(np.where(labels == 1, np.logaddexp(0, -logits), np.logaddexp(0, logits))),
        lambda logits, labels: float(-np.mean(labels * -np.logaddexp(0, -logits) + (1 - labels) * -np.logaddexp(0, logits))),
    ),
    points=1.0,
)  # fmt: skip


# --- A3: the density ratio from a logit ----------------------------------------------------------


def data_mean(values, logits):
    """The mean of h over the *data*, from generated points alone: E_p h = E_q[h · p/q].

    Arguments:
        values: array (n,), h at n generated points.
        logits: array (n,), the logits v of the best discriminator at the same points; up to 60.

    Returns:
        float: the mean over the points of h times the density ratio p/q, read off v.
    """
    return np.mean(values * np.exp(logits))


def _ratio_cases(rng):
    return [
        {"values": rng.normal(1, 1, 6), "logits": rng.normal(0.4, 1, 6)},
        {"values": rng.uniform(0.5, 1.5, 5), "logits": rng.normal(-0.5, 1, 5)},
        {"values": rng.uniform(0.5, 1.5, 4), "logits": np.array([50.0, 55.0, 40.0, 60.0]) * rng.uniform(0.9, 1)},
    ]  # fmt: skip


def _through_d(values, logits):
    d = 1 / (1 + np.exp(-logits))
    return np.mean(values * d / (1 - d))


RATIO = Exercise(
    id="01.data_mean",
    title="The data's mean, from generated points",
    reference=data_mean,
    cases=_ratio_cases,
    shape="Return one number: a mean over the points.",
    checks=(
        Check("finite", finite(), "For large logits D rounds to 1, and D/(1 − D) divides by 0. The ratio can be had from v without D."),
        Check("values", close(rtol=1e-9, finite_only=True), "The number differs from the mean of h · p/q. What is p/q in terms of the logit v = log p − log q?"),
    ),
    hints=(
        "v = log p − log q at the best discriminator. So p/q = …",
        "p/q = exp(v): neither density is needed.",
        "`np.mean(values * np.exp(logits))`.",
    ),
    wrong=(
        Wrong(_through_d, "Right for small logits; above about 37 D rounds to 1 and D/(1 − D) divides by 0. D/(1 − D) = exp(v) needs no D.", "finite"),
        Wrong(lambda values, logits: np.mean(values * expit(logits)), "You weighted by D = p/(p + q). The ratio p/q is D/(1 − D).", "values"),
        Wrong(lambda values, logits: np.mean(values * np.exp(-logits)), "The ratio is turned round: exp(−v) = q/p.", "values"),
        Wrong(lambda values, logits: np.mean(values * logits), "v is the *logarithm* of the ratio: p/q = exp(v).", "values"),
        Wrong(lambda values, logits: np.mean(values) * np.mean(np.exp(logits)), "The mean of a product is not the product of the means: multiply point by point first.", "values"),
        Wrong(lambda values, logits: np.sum(values * np.exp(logits)), "You summed: take the mean over the points.", "values"),
        Wrong(lambda values, logits: values * np.exp(logits), "One product for each point: return their mean.", "shape"),
        Wrong(lambda values, logits: np.mean(values * np.exp(logits)) / np.mean(np.exp(logits)), "You divided by the mean of the weights. That is a usual repair where the ratio is only known up to a factor; here it is known, and E_q[p/q] = 1 already.", "values"),
    ),
    accepted=(lambda values, logits: np.exp(logits) @ values / len(values),),
    points=1.0,
)  # fmt: skip

EXERCISES = (GRADIENT, SOFTMAX, CROSS_ENTROPY, RATIO, ROUND)
