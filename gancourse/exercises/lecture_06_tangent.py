"""Exercises of lecture 06: an optimal critic, and a ladder from f to its bound by way of the tangent."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong, close

__all__ = ["CRITIC", "TANGENT"]


# --- D1: the optimal critic --------------------------------------------------------------------------


def js_critic(p, q):
    """The optimal critic T* = f′(p/q) of the Jensen–Shannon row, f(u) = u log u − (u + 1) log((u + 1)/2).

    Arguments:
        p, q: arrays (n,), densities of the data and of the generator at n points, positive.

    Returns:
        array (n,), below log 2 everywhere, and 0 where p = q.
    """
    return np.log(2 * p / (p + q))


def _points(rng):
    return [{"p": rng.uniform(0.05, 3.0, 6), "q": rng.uniform(0.05, 3.0, 6)} for _ in range(3)]


def _critic_by_ratio(p, q):
    u = p / q
    return np.log(u) - np.log((1 + u) / 2)


CRITIC = Exercise(
    id="06.js_critic",
    title="The optimal critic of a row",
    reference=js_critic,
    cases=_points,
    checks=(Check("values", close(), "The values differ from f′(p/q). Differentiate u log u − (u + 1) log((u + 1)/2): two terms cancel. Where p = q, T* = 0."),),
    hints=(
        "d/du u log u = log u + 1.",
        "d/du (u + 1) log((u + 1)/2) = log((u + 1)/2) + 1: the ones cancel.",
        "Put u = p/q into log(2u/(1 + u)) and multiply above and below by q.",
    ),
    wrong=(
        Wrong(lambda p, q: np.log(2 * q / (p + q)), "This is f′(q/p): the ratio is upside down. T* is large where the data are dense.", "values"),
        Wrong(lambda p, q: np.log(p / (p + q)), "A log 2 is missing: this is the critic of the GAN row, log D*. Here T* = 0 where p = q.", "values"),
        Wrong(lambda p, q: p / (p + q), "This is D*, a probability. The critic of the variational bound is T* = log 2D* for this row.", "values"),
        Wrong(lambda p, q: np.log(p / q), "This is the logit of D*: it is not f′(p/q), and is not bounded by log 2. The critic is what comes after the activation.", "values"),
        Wrong(lambda p, q: p / q * np.log(p / q) - (p / q + 1) * np.log((p / q + 1) / 2), "This is f(p/q) itself. The critic is its slope there, f′(p/q).", "values"),
    ),
    accepted=(_critic_by_ratio, lambda p, q: np.log(2) - np.log1p(q / p)),
    points=1.0,
    shape="Return an array with a value for each point.",
)  # fmt: skip


# --- D2: the ladder, for f(u) = −log u --------------------------------------------------------------


def _ratios(rng):
    # u = 1 would hide much
    return [{"u": u} for u in (*rng.uniform(0.2, 0.7, 2), *rng.uniform(1.5, 4.0, 3))]


def _slopes(rng):
    return [{"t": -t} for t in (*rng.uniform(0.2, 0.7, 2), *rng.uniform(1.5, 4.0, 3))]


def _densities(rng):
    return [{"p": rng.uniform(0.2, 1.0), "q": rng.uniform(1.2, 3.0)} for _ in range(4)]


def _logits(rng):
    return [{"v": v} for v in (*rng.uniform(-2.0, -0.5, 2), *rng.uniform(1.5, 3.0, 2))]


TANGENT = Ladder(
    id="06.tangent",
    title="From f(u) = −log u to its bound",
    rungs=(
        Exercise(
            id="06.tangent.intercept",
            title="intercept",
            statement="f(u) = −log u. Where the tangent of f at u meets the vertical axis: f(u) − u f′(u)",
            reference=lambda u: 1 - np.log(u),
            cases=_ratios,
            checks=(Check("values", close(), "Go from the point (u, −log u) back to 0 along the slope −1/u."),),
            hints=("f′(u) = −1/u.", "Going back by u along this slope adds u · 1/u = 1."),
            wrong=(
                Wrong(lambda u: np.log(u) - 1, "The sign: this is u f′(u) − f(u), which will be the conjugate. The tangent meets the axis at minus that.", "values"),
                Wrong(lambda u: -np.log(u) - 1, "Going back to 0 along a falling line leads up: f(u) − u f′(u) = −log u + 1.", "values"),
                Wrong(lambda u: -1 / u, "This is the slope f′(u). Asked is where the line meets the axis.", "values"),
                Wrong(lambda u: -np.log(u), "This is f(u), where the line touches, not where it meets the axis.", "values"),
            ),
            accepted=(lambda u: -np.log(u) - u * (-1 / u),),
            points=0.5,
        ),
        Exercise(
            id="06.tangent.touch",
            title="touch",
            statement="the u at which the slope of f is t, for t < 0",
            reference=lambda t: -1 / t,
            cases=_slopes,
            checks=(Check("values", close(), "Solve f′(u) = t with f′(u) = −1/u; a density ratio is positive."),),
            hints=("−1/u = t.",),
            wrong=(
                Wrong(lambda t: 1 / t, "This is negative: −1/u = t gives u = −1/t.", "values"),
                Wrong(lambda t: -t, "−1/u = t is solved by u = −1/t.", "values"),
                Wrong(lambda t: np.exp(-t), "You solved f(u) = t. It is the slope that must be t: −1/u = t.", "values"),
            ),
            accepted=(lambda t: 1 / abs(t),),
            points=0.5,
        ),
        Exercise(
            id="06.tangent.conjugate",
            title="conjugate",
            statement="f*(t), the supremum over u of ut − f(u), for t < 0",
            reference=lambda t: -1 - np.log(-t),
            cases=_slopes,
            checks=(Check("values", close(), "Put the touching u into ut − f(u): minus the intercept of the tangent."),),
            hints=("At u = −1/t: ut = −1.", "And −f(u) = log u = log(−1/t)."),
            wrong=(
                Wrong(lambda t: 1 + np.log(-t), "This is the tangent's intercept. The conjugate is minus that: ut − f(u), not f(u) − ut.", "values"),
                Wrong(lambda t: 1 - np.log(-t), "ut = −1 at the touching point, not +1.", "values"),
                Wrong(lambda t: -1 + np.log(-t), "−f(u) = log u, and u = −1/t: so it is log(−1/t) = −log(−t).", "values"),
                Wrong(lambda t: -np.log(-t), "The term ut = −1 is missing.", "values"),
            ),
            accepted=(lambda t: np.log(-1 / t) - 1,),
            points=0.5,
        ),
        Exercise(
            id="06.tangent.critic",
            title="critic",
            statement="the optimal critic T* at a point with densities p (data) and q (generator)",
            reference=lambda p, q: -q / p,
            cases=_densities,
            checks=(Check("values", close(), "T* = f′(p/q) with f′(u) = −1/u."),),
            hints=("u = p/q.",),
            wrong=(
                Wrong(lambda p, q: -p / q, "This is f′(q/p): the ratio is upside down. −1/(p/q) = −q/p.", "values"),
                Wrong(lambda p, q: q / p, "The sign is lost: f falls, so its slope is negative.", "values"),
                Wrong(lambda p, q: -np.log(p / q), "This is f(p/q). The critic is the slope f′(p/q).", "values"),
                Wrong(lambda p, q: p / (p + q), "This is the D* of the GAN. Each f has a critic of its own, f′(p/q).", "values"),
            ),
            accepted=(lambda p, q: -1 / (p / q),),
            points=0.3,
        ),
        Exercise(
            id="06.tangent.fake",
            title="fake",
            statement="f*(g(v)) on a logit v, with the output activation g(v) = −exp(−v)",
            reference=lambda v: v - 1,
            cases=_logits,
            checks=(Check("values", close(), "Put t = −exp(−v) into f*(t) = −1 − log(−t) and simplify."),),
            hints=("−t = exp(−v), and its logarithm is −v.",),
            wrong=(
                Wrong(lambda v: -1 - v, "−log(exp(−v)) is +v.", "values"),
                Wrong(lambda v: v, "The −1 of the conjugate has gone.", "values"),
                Wrong(lambda v: 1 - v, "The sign: this is −f*. The generator's loss is made of it, but asked is f* itself.", "values"),
                Wrong(lambda v: -np.exp(-v), "This is g(v), what goes with the data. With the fakes goes f* of it.", "values"),
            ),
            accepted=(lambda v: -1 - np.log(np.exp(-v)),),
            points=0.2,
        ),
    ),
)  # fmt: skip
