"""The exercise of lecture 00: a first function, to see how checking works."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite

__all__ = ["EXERCISES"]


def probability(logit):
    """The probability of *real* that belongs to a logit: D = σ(v) = 1 / (1 + e^−v).

    Arguments:
        logit: array of real numbers v, any shape; |v| may be as large as 1,000.

    Returns:
        array of the same shape, each entry in [0, 1], free of NaN.
    """
    # e^−|v| never overflows; the two branches are the same function written twice
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1 / (1 + small), small / (1 + small))


def _cases(rng):
    return [
        {"logit": rng.normal(0, 2, size=7)},
        {"logit": rng.normal(0, 3, size=(2, 3))},
        {"logit": np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0]) * rng.uniform(0.9, 1.0)},
    ]


def _by_tanh(logit):
    return (1 + np.tanh(logit / 2)) / 2


def _looped(logit):
    flat = [1 / (1 + np.exp(-v)) if v > -700 else 0.0 for v in np.ravel(logit)]
    return np.reshape(flat, np.shape(logit))


EXERCISES = (
    Exercise(
        id="00.probability",
        title="From logit to probability",
        reference=probability,
        cases=_cases,
        shape="Return an array of the same shape as `logit`, one probability for each entry.",
        checks=(
            Check("no NaN", finite(), "For large |v| your formula gives NaN: an exponential overflows. Which form needs only e^−|v|?"),
            Check("values", close(finite_only=True), "The numbers differ from 1/(1 + e^−v). At v = 0 it must give 1/2, at v = log 3 it must give 3/4."),
        ),
        hints=(
            "At v = 0 the answer is 1/2; towards +∞ it rises to 1.",
            "For v < 0 multiply numerator and denominator of 1/(1 + e^−v) by e^v: then nothing overflows.",
            "`np.where(logit >= 0, 1 / (1 + s), s / (1 + s))` with `s = np.exp(-np.abs(logit))`.",
        ),
        wrong=(
            Wrong(
                lambda logit: 1 / (1 + np.exp(logit)),
                "The sign of v is turned round: this is 1 − D, the probability of *fake*.",
                caught_by="values",
            ),
            Wrong(
                lambda logit: np.exp(logit) / (1 + np.exp(logit)),
                "For large v this is ∞/∞ = NaN. Write it so that only e^−|v| is ever computed.",
                caught_by="no NaN",
            ),
            Wrong(
                lambda logit: 1 / (1 + np.exp(-np.abs(logit))),
                "With |v| in the place of v, −3 and 3 get the same answer, and no point is ever called fake: for v < 0 it is e^−|v| / (1 + e^−|v|).",
                caught_by="values",
            ),
            Wrong(
                lambda logit: 1 / (1 + np.exp2(-logit)),
                "The base is 2 where it should be e: at v = log 3 = 1.0986 the probability is 3/4.",
                caught_by="values",
            ),
            Wrong(
                lambda logit: np.clip(logit, 0.0, 1.0),
                "You cut the logit off at 0 and 1. A logit is no probability: v = 0 stands for 1/2.",
                caught_by="values",
            ),
            Wrong(np.tanh, "tanh runs from −1 to 1; a probability runs from 0 to 1. D = (1 + tanh(v/2))/2.", caught_by="values"),
            Wrong(
                lambda logit: np.mean(1 / (1 + np.exp(-logit))),
                "You averaged: return one probability for each logit, in the same shape.",
                caught_by="shape",
            ),
        ),
        accepted=(_by_tanh, _looped, lambda logit: probability(logit.astype(np.float32).astype(np.float64))),
    ),
)  # fmt: skip
