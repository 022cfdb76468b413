"""The exercises of lecture 06: f-divergences."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_06_tangent import CRITIC, TANGENT

__all__ = ["EXERCISES"]


# --- the family: four divergences of two histograms ------------------------------------------------


def four_divergences(p, q):
    """D_f(p‖q), the sum of q f(p/q), of two histograms, for four members of the family.

    Arguments:
        p, q: arrays (n,), positive, each summing to one: the data and the generator.

    Returns:
        array (4,), in this order, for
        f(u) = (u − 1)², Pearson;
        f(u) = (u − 1)²/u, Neyman;
        f(u) = (√u − 1)², the squared Hellinger distance;
        f(u) = u log u − (u + 1) log((u + 1)/2), the row that is called Jensen–Shannon; in nats.
    """
    u = p / q
    return np.array(
        [
            np.sum(q * (u - 1) ** 2),
            np.sum(q * (u - 1) ** 2 / u),
            np.sum(q * (np.sqrt(u) - 1) ** 2),
            np.sum(q * (u * np.log(u) - (u + 1) * np.log((u + 1) / 2))),
        ]
    )


def _histograms(rng):
    return [{"p": rng.dirichlet(np.full(n, 3.0)), "q": rng.dirichlet(np.full(n, 3.0))} for n in (4, 7, 5)]


def _by_differences(p, q):
    m = (p + q) / 2
    js_row = np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))
    return np.array(
        [np.sum((p - q) ** 2 / q), np.sum((p - q) ** 2 / p), np.sum((np.sqrt(p) - np.sqrt(q)) ** 2), js_row]
    )


def _by_sums(p, q):
    return [
        np.sum(p**2 / q) - 1,
        np.sum(q**2 / p) - 1,
        2 - 2 * np.sum(np.sqrt(p * q)),
        2 * np.log(2) + np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q))),
    ]


def _by_dots(p, q):
    u = p / q
    f = np.stack(
        [
            (u - 1) ** 2,
            u - 2 + 1 / u,
            1 + u - 2 * u**0.5,
            u * np.log(2 * u / (1 + u)) + np.log(2 / (1 + u)),
        ]
    )
    return f @ q


def _rows(weight, ratio=lambda p, q: p / q):
    """The four with another weight, or another ratio."""

    def answer(p, q):
        u, w = ratio(p, q), weight(p, q)
        return np.array(
            [
                np.sum(w * (u - 1) ** 2),
                np.sum(w * (u - 1) ** 2 / u),
                np.sum(w * (np.sqrt(u) - 1) ** 2),
                np.sum(w * (u * np.log(u) - (u + 1) * np.log((u + 1) / 2))),
            ]
        )

    return answer


def _swapped(p, q):
    return four_divergences(p, q)[[1, 0, 2, 3]]


def _times(*factors):
    return lambda p, q: four_divergences(p, q) * np.array(factors)


def _not_halved(p, q):
    u = p / q
    last = np.sum(q * (u * np.log(u) - (u + 1) * np.log(u + 1)))
    return np.array([*four_divergences(p, q)[:3], last])


def _root(p, q):
    values = four_divergences(p, q)
    values[2] = np.sqrt(values[2])
    return values


def _part(*places):
    def holds(case, got, want):
        return np.allclose(got["value"][list(places)], want["value"][list(places)], rtol=1e-6, atol=1e-9)

    return holds


FOUR = Exercise(
    id="06.four_divergences",
    title="Four members of the family",
    reference=four_divergences,
    cases=_histograms,
    checks=(
        Check("chi-squared", _part(0, 1), "The first two differ from the sums of q (u − 1)² and q (u − 1)²/u with u = p/q. In p and q alone they are Σ (p − q)²/q and Σ (p − q)²/p."),
        Check("Hellinger", _part(2), "The third differs from Σ q (√u − 1)², which is Σ (√p − √q)²."),
        Check("Jensen–Shannon", _part(3), "The fourth differs from Σ q f(p/q) with the f that is given. It equals KL(p‖m) + KL(q‖m), m = (p + q)/2."),
    ),
    hints=(
        "Make u = p/q once. Each entry is np.sum(q * f), with its own f of u.",
        "Compute what the f says, whatever you expect its name to mean.",
        "The JS row's f gives KL(p‖m) + KL(q‖m), and that is twice the JSD of lecture 03.",
    ),
    wrong=(
        Wrong(_swapped, "Pearson and Neyman have changed places: f = (u − 1)² gives Σ (p − q)²/q, with q below, since q · (p/q − 1)² = (p − q)²/q. (Or you computed Σ p f(q/p), which is D_f(q‖p): that swaps these two, and leaves the symmetric others alone.)", "chi-squared"),
        Wrong(_rows(lambda p, q: q, lambda p, q: q / p), "The weight is right, and the ratio is upside down: u = p/q, data over generator.", "chi-squared"),
        Wrong(_rows(lambda p, q: p), "f(p/q) is averaged under q, not under p.", "chi-squared"),
        Wrong(_rows(lambda p, q: 1.0), "The weight q is missing: D_f is a mean of f(p/q) under q, not a plain sum over the bins.", "chi-squared"),
        Wrong(_rows(lambda p, q: 1 / len(p)), "The plain average over the bins is not the mean under q: weight each bin by q.", "chi-squared"),
        Wrong(_times(1, 1, 0.5, 1), "The squared Hellinger distance has a ½ in some books. The f that is given has none, and neither has Σ (√p − √q)².", "Hellinger"),
        Wrong(_root, "You took the root at the end: that is the Hellinger distance, and its square was asked for.", "Hellinger"),
        Wrong(_times(1, 1, 1, 0.5), "This is JSD, with its ½s. The f that is given yields 2·JSD: the ½ is not in it.", "Jensen–Shannon"),
        Wrong(_not_halved, "The ½ in log((u + 1)/2) is missing: this is the row called GAN, which lies lower by log 4.", "Jensen–Shannon"),
        Wrong(_times(1, 1, 1, 1 / np.log(2)), "The last is in bits: log is the natural logarithm here.", "Jensen–Shannon"),
        Wrong(lambda p, q: four_divergences(p, q)[:3], "Four numbers are asked for, in the order of the docstring.", "shape"),
    ),
    accepted=(_by_differences, _by_sums, _by_dots),
    points=3.0,
    shape="Return an array of four numbers.",
)  # fmt: skip


# --- D2: the conjugate and its domain ----------------------------------------------------------------


def js_conjugate(t):
    """The conjugate f*(t) = sup over u ≥ 0 of ut − f(u), for f(u) = u log u − (u + 1) log((u + 1)/2).

    Arguments:
        t: array (n,), slopes of either sign, of any size.

    Returns:
        array (n,), inf where no supremum is finite.
    """
    inside = t < np.log(2)
    return np.where(inside, -np.log(2 - np.exp(np.where(inside, t, 0.0))), np.inf)


def _slopes(rng):
    below, above = rng.uniform(-4.0, 0.5, 8), rng.uniform(0.8, 5.0, 4)
    return [{"t": np.sort(below)}, {"t": rng.permutation(np.concatenate([below, above]))}]


def _by_hand(t):
    answer = np.full(len(t), np.inf)
    for i, one in enumerate(t):
        if one < np.log(2):
            u = np.exp(one) / (2 - np.exp(one))
            answer[i] = u * one - (u * np.log(u) - (u + 1) * np.log((u + 1) / 2))
    return answer


def _cut_off(t):
    """A search that ends at u = 1,000: right below, wrong where the supremum is infinite."""
    inside = js_conjugate(t)
    u = 1000.0
    end = u * t - (u * np.log(u) - (u + 1) * np.log((u + 1) / 2))
    return np.where(np.isfinite(inside), inside, end)


def _infinite_right(case, got, want):
    known = np.isinf(want["value"])
    return bool((got["value"][known] == np.inf).all())


def _finite_right(case, got, want):
    known = np.isfinite(want["value"])
    return np.allclose(got["value"][known], want["value"][known], rtol=1e-6, atol=1e-9)


CONJUGATE = Exercise(
    id="06.js_conjugate",
    title="A conjugate and its domain",
    reference=js_conjugate,
    cases=_slopes,
    checks=(
        Check("values", _finite_right, "Below log 2 the values differ from the supremum of ut − f(u). At t = 0 it is 0: the line touches at u = 1."),
        Check("domain", _infinite_right, "At and above t = log 2 the supremum is inf: ut − f(u) grows with u for ever. No NaN, and no other number."),
    ),
    hints=(
        "At the best u the slope of f is t: log(2u/(1 + u)) = t, so u = eᵗ/(2 − eᵗ).",
        "Put it in: f*(t) = −log(2 − eᵗ).",
        "f′ rises to log 2 and no further: where 2 − eᵗ ≤ 0 nothing stops the supremum.",
    ),
    wrong=(
        Wrong(lambda t: -np.log(2 * np.exp(t)), "This is the notes' formula, −log(2 exp t) = −t − log 2: a falling line. The conjugate of an f on u ≥ 0 never falls; it is a difference that stands under the logarithm, 2 − eᵗ.", "values"),
        Wrong(lambda t: np.where(t < np.log(2), np.log(2 - np.exp(t)), np.inf), "The sign: log(2 − eᵗ) is where the tangent leaves the axis at u = 0, and the conjugate is minus that.", "values"),
        Wrong(lambda t: np.where(t < 0, -np.log(-np.expm1(t)), np.inf), "This is the GAN row's, −log(1 − eᵗ), with the domain t < 0. This f has log((u + 1)/2), and its slope reaches log 2.", "values"),
        Wrong(lambda t: -np.log(2 - np.exp(t)), "The formula is right and its domain is missing: beyond log 2 you take the logarithm of a negative number. There the supremum is inf.", "domain"),
        Wrong(lambda t: -np.log(np.abs(2 - np.exp(t))), "The absolute value hides the end of the domain: beyond log 2 no line stays below f, and f* = inf.", "domain"),
        Wrong(lambda t: np.where(t < np.log(2), js_conjugate(t), 0.0), "Beyond the domain f* is inf, not 0: with 0 a critic could claim any bound that it likes.", "domain"),
        Wrong(lambda t: np.where(t < np.log(2), js_conjugate(t), -np.inf), "A supremum over nothing would be −inf; here it is one over values that grow without limit: +inf.", "domain"),
        Wrong(_cut_off, "Your search over u stops somewhere, and beyond log 2 returns the value at its end. Further out it would be larger, without limit.", "domain"),
    ),
    accepted=(_by_hand, lambda t: np.array([-np.log(2 - np.exp(s)) if np.exp(s) < 2 else np.inf for s in t])),
    points=2.0,
    shape="Return an array with a value for each slope.",
)  # fmt: skip


# --- D2: the bound from samples ----------------------------------------------------------------------


def hellinger_bound(real, fake):
    """The lower bound E_p T − E_q f*(T) on the squared Hellinger distance, from samples; f*(t) = t/(1 − t).

    Arguments:
        real: array (n,), the critic's values T at samples of the data; below 1.
        fake: array (m,), its values at generated samples; below 1; m need not be n.

    Returns:
        float.
    """
    return np.mean(real) - np.mean(fake / (1 - fake))


def _critics(rng):
    return [{"real": rng.uniform(-1.0, 0.8, n), "fake": rng.uniform(-2.0, 0.6, m)} for n, m in ((6, 9), (8, 5), (7, 3))]  # fmt: skip


def _bound_by_sums(real, fake):
    return real.sum() / len(real) + (1 - 1 / (1 - fake)).sum() / len(fake)


BOUND = Exercise(
    id="06.hellinger_bound",
    title="A bound from samples",
    reference=hellinger_bound,
    cases=_critics,
    checks=(Check("values", close(), "The number differs from the mean of T over the real samples less the mean of f*(T) over the fake ones."),),
    hints=("Two means, each over its own samples.", "f* acts on each fake value, before the mean.", "np.mean(real) − np.mean(fake / (1 − fake))."),
    wrong=(
        Wrong(lambda real, fake: np.mean(real) - np.mean(fake), "f* is missing: E_p T − E_q T could be made as large as you like, and bounds nothing of this kind. (With Lipschitz critics it is another family: lecture 08.)", "values"),
        Wrong(lambda real, fake: np.mean(real) + np.mean(fake / (1 - fake)), "The sign before the second mean is minus: the critic is to be small at fakes.", "values"),
        Wrong(lambda real, fake: np.mean(fake) - np.mean(real / (1 - real)), "Real and fake have changed places: f* goes with the generator's samples. This bounds D_f(q‖p).", "values"),
        Wrong(lambda real, fake: np.mean(real) - np.mean(fake) / (1 - np.mean(fake)), "f* of the mean is not the mean of f*. f* is convex, so yours is too large, and is no bound any more.", "values"),
        Wrong(lambda real, fake: np.mean(real / (1 - real)) - np.mean(fake), "f* stands at the wrong mean: T goes with the data, f*(T) with the generator.", "values"),
        Wrong(lambda real, fake: np.sum(real) - np.sum(fake / (1 - fake)), "These are sums; the bound is made of means.", "values"),
    ),
    accepted=(_bound_by_sums, lambda real, fake: float(np.average(real) - np.average(1 / (1 - fake) - 1))),
    points=1.0,
)  # fmt: skip

EXERCISES = (CRITIC, TANGENT, CONJUGATE, FOUR, BOUND)
