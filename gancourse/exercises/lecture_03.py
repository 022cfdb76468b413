"""The exercises of lecture 03: Jensen–Shannon."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong, close, finite
from gancourse.exercises.lecture_03_estimates import FROM_LOGITS, SEEN_AND_FRESH, histograms

__all__ = ["EXERCISES"]


# --- B3: the ladder from D* to 2 JSD − log 4 -----------------------------------------------------


def _points(rng):
    # densities may exceed one
    return [{"p": rng.uniform(0.1, 3.0), "q": rng.uniform(0.1, 3.0)} for _ in range(3)]


def _with_m(rng):
    return [{"p": case["p"], "m": (case["p"] + case["q"]) / 2} for case in _points(rng)]


def _pairs(rng):
    return [dict(zip("pq", histograms(rng, bins), strict=True)) for bins in (4, 5, 7)]


def _divergences(rng):
    return [{"jsd": jsd} for jsd in (0.0, *rng.uniform(0.05, 0.69, 2))]


def _kl(p, q):
    return np.sum(p * np.log(p / q))


LADDER = Ladder(
    id="03.value_at_optimum",
    title="From D* to 2 JSD − log 4",
    rungs=(
        Exercise(
            id="03.value_at_optimum.integrand",
            title="integrand",
            statement="p log D + q log(1 − D) at one point, with D = D*, in p and q alone",
            reference=lambda p, q: p * np.log(p / (p + q)) + q * np.log(q / (p + q)),
            cases=_points,
            checks=(Check("values", close(), "Put D* = p/(p + q) into p log D + q log(1 − D)."),),
            hints=("1 − D* = q/(p + q).",),
            wrong=(
                Wrong(lambda p, q: np.log(p / (p + q)) + np.log(q / (p + q)), "The weights p and q in front of the logarithms are missing.", "values"),
                Wrong(lambda p, q: p * np.log(p / (p + q)) - q * np.log(q / (p + q)), "The two terms are added.", "values"),
                Wrong(lambda p, q: (p + q) * np.log(p / (p + q)), "The second term holds log(1 − D*), not log D*.", "values"),
            ),
            accepted=(lambda p, q: p * np.log(p) + q * np.log(q) - (p + q) * np.log(p + q),),
            points=0.4,
        ),
        Exercise(
            id="03.value_at_optimum.mixture",
            title="mixture",
            statement="log D* at one point, in p and m = (p + q)/2 alone",
            reference=lambda p, m: np.log(p / m) - np.log(2),
            cases=_with_m,
            checks=(Check("values", close(), "p + q is how many m? Put that into log(p/(p + q))."),),
            hints=("p + q = 2m.", "log(p/(2m)) = log(p/m) − …"),
            wrong=(
                Wrong(lambda p, m: np.log(p / m), "A lost 2: p + q is 2m, not m.", "values"),
                Wrong(lambda p, m: np.log(p / m) + np.log(2), "The sign: the 2 stands in the denominator, so its logarithm is taken away.", "values"),
                Wrong(lambda p, m: np.log(p / m) - np.log(4), "Only one log 2 belongs to one logarithm; log 4 comes from both terms together.", "values"),
                Wrong(lambda p, m: np.log(p / m) / 2, "The logarithm of a quotient by 2 is not half of the logarithm.", "values"),
            ),
            accepted=(lambda p, m: np.log(p) - np.log(2 * m),),
            points=0.4,
        ),
        Exercise(
            id="03.value_at_optimum.constant",
            title="constant",
            statement="the sum over all bins of −(p + q) log 2, for histograms p and q that sum to one",
            reference=lambda p, q: -np.log(4),
            cases=_pairs,
            checks=(Check("values", close(), "p sums to one, and so does q: what is the sum of −(p + q) log 2?"),),
            hints=("The sum of p + q is 2.", "2 log 2 = log 4."),
            wrong=(
                Wrong(lambda p, q: -np.log(2), "p + q sums to 2: there is one log 2 for p and one for q.", "values"),
                Wrong(lambda p, q: np.log(4), "The sign: the term is −(p + q) log 2.", "values"),
                Wrong(lambda p, q: -2.0, "That is in bits; log is natural here, so 2 bits are log 4 nats.", "values"),
            ),
            accepted=(lambda p, q: -np.sum(p + q) * np.log(2),),
            points=0.4,
        ),
        Exercise(
            id="03.value_at_optimum.divergences",
            title="divergences",
            statement="KL(p‖m) + KL(q‖m) for histograms p and q without zeros, m = (p + q)/2",
            reference=lambda p, q: np.sum(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))),
            cases=_pairs,
            checks=(Check("values", close(), "KL(p‖m) is the sum of p log(p/m); add the same with q."),),
            hints=("p/m = 2p/(p + q).", "`np.sum(p * np.log(p / m) + q * np.log(q / m))` with m written out."),
            wrong=(
                Wrong(lambda p, q: np.sum(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))) / 2, "That is already JSD, with its ½: here both divergences are asked for, as they stand.", "values"),
                Wrong(lambda p, q: np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q))), "The mixture is (p + q)/2: without its ½ it is no distribution, and each logarithm is short of log 2.", "values"),
                Wrong(lambda p, q: _kl((p + q) / 2, p) + _kl((p + q) / 2, q), "The arguments are exchanged: this is KL(m‖p) + KL(m‖q).", "values"),
                Wrong(lambda p, q: _kl(p, q) + _kl(q, p), "This compares p with q; both are to be compared with m.", "values"),
            ),
            accepted=(lambda p, q: _kl(p, (p + q) / 2) + _kl(q, (p + q) / 2),),
            points=0.4,
        ),
        Exercise(
            id="03.value_at_optimum.value",
            title="value",
            statement="V(D*), in JSD alone",
            reference=lambda jsd: 2 * jsd - np.log(4),
            cases=_divergences,
            checks=(Check("values", close(), "Add the constant and the two divergences; JSD is half of their sum."),),
            hints=("KL(p‖m) + KL(q‖m) = 2 JSD, since JSD has a ½ before each.",),
            wrong=(
                Wrong(lambda jsd: jsd - np.log(4), "The 2 is lost: JSD is *half* of KL(p‖m) + KL(q‖m).", "values"),
                Wrong(lambda jsd: 2 * jsd + np.log(4), "The sign of log 4: V is a sum of logarithms of probabilities, so it is never above 0.", "values"),
                Wrong(lambda jsd: 2 * jsd - np.log(2), "log 2 comes twice, once with p and once with q.", "values"),
                Wrong(lambda jsd: jsd / 2 - np.log(4), "JSD is half of the two divergences together; they are twice JSD.", "values"),
            ),
            accepted=(lambda jsd: 2 * (jsd - np.log(2)),),
            points=0.4,
        ),
    ),
)  # fmt: skip


# --- B4: the main exercise -----------------------------------------------------------------------


def jensen_shannon(p, q, step):
    """JSD(p, q) = ½ KL(p‖m) + ½ KL(q‖m) with m = (p + q)/2, for densities on an even grid, in nats.

    Arguments:
        p, q: arrays (n,), densities at n points that lie `step` apart. Both may be zero in places, and have died
            away at both ends, so that the integral of p is `step * p.sum()`, which is 1.
        step: distance of neighbouring points, in the unit of x, which may be any.

    Returns:
        float, between 0 and log 2: also where p or q is zero.
    """
    m = (p + q) / 2
    total = 0.0
    for f in (p, q):
        inside = f > 0
        total += np.sum(f[inside] * np.log(f[inside] / m[inside]))
    return step * total / 2


def _densities(rng, step, zeros=False):
    x = np.arange(34) - 16.5
    p, q = (np.exp(-((x - rng.uniform(-2, 2)) ** 2) / rng.uniform(4, 8)) for _ in range(2))
    if zeros:
        p[:15], q[20:] = 0.0, 0.0
    return {"p": p / (step * p.sum()), "q": q / (step * q.sum()), "step": step}


def _grids(rng):
    return [
        _densities(rng, float(rng.uniform(0.1, 0.4))),
        _densities(rng, float(rng.uniform(0.1, 0.4)), zeros=3),
        # the same kind of thing with x in very small units: densities of about 1e-14
        _densities(rng, 1e13 * float(rng.uniform(1, 2))),
    ]


def _small(case):
    return case["step"] > 1e6


def _terms(f, g):
    """f log(f/g), zero where f is."""
    return np.where(f > 0, f * np.log(np.where(f > 0, f, 1) / np.where(f > 0, g, 1)), 0.0)


def _both(p, q, step, m=None, factor=0.5):
    m = (p + q) / 2 if m is None else m
    return factor * step * np.sum(_terms(p, m) + _terms(q, m))


def _naive(p, q, step):
    m = (p + q) / 2
    return 0.5 * step * np.sum(p * np.log(p / m) + q * np.log(q / m))


def _reversed(p, q, step):
    m = (p + q) / 2
    return 0.5 * step * np.sum(m * np.log(m / p) + m * np.log(m / q))


def _reversed_masked(p, q, step):
    m = (p + q) / 2
    safe_p, safe_q = np.where(p > 0, p, m), np.where(q > 0, q, m)
    return 0.5 * step * np.sum(_terms(m, safe_p) + _terms(m, safe_q))


def _overlap(p, q, step):
    inside = (p > 0) & (q > 0)
    return _both(p[inside], q[inside], step)


def _jeffreys(p, q, step):
    return 0.5 * step * np.sum(p * np.log(p / q) + q * np.log(q / p))


def _with_epsilon(p, q, step, epsilon=1e-12):
    m = (p + q) / 2
    return (
        0.5
        * step
        * np.sum(p * np.log((p + epsilon) / (m + epsilon)) + q * np.log((q + epsilon) / (m + epsilon)))
    )


def _by_scipy(p, q, step):
    from scipy.special import rel_entr

    m = (p + q) / 2
    return step * np.sum(rel_entr(p, m) + rel_entr(q, m)) / 2


def _by_entropy(p, q, step):
    from scipy.special import xlogy

    m = (p + q) / 2
    return step * np.sum(0.5 * xlogy(p, p) + 0.5 * xlogy(q, q) - xlogy(m, m))


def _by_distance(p, q, step):
    from scipy.spatial.distance import jensenshannon

    return jensenshannon(p, q) ** 2


def _by_trapezoid(p, q, step):
    return np.trapezoid(_terms(p, (p + q) / 2) + _terms(q, (p + q) / 2), dx=step) / 2


def _with_nansum(p, q, step):
    m = (p + q) / 2
    return 0.5 * step * np.nansum(p * np.log(p / m)) + 0.5 * step * np.nansum(q * np.log(q / m))


MAIN = Exercise(
    id="03.jensen_shannon",
    title="The Jensen–Shannon divergence",
    reference=jensen_shannon,
    cases=_grids,
    shape="Return one number: an integral over the grid.",
    checks=(
        Check("no NaN", finite(), "Not a finite number where a density is zero. In the limit 0 log 0 = 0: leave such points out of that term."),
        Check("values", lambda case, got, want: _small(case) or close(rtol=1e-6, finite_only=True)(case, got, want), "The number differs from ½ KL(p‖m) + ½ KL(q‖m). Try p = q (it must be 0) and two densities that nowhere overlap (log 2)."),
        Check("other units", lambda case, got, want: not _small(case) or close(rtol=1e-6, finite_only=True)(case, got, want), "In other units of x, where densities are tiny, the answer changes. JSD has no unit: something was added to a density or clipped."),
    ),
    hints=(
        "m = (p + q)/2 is zero only where both are, so p/m is never 1/0; but 0 log 0 has to be 0.",
        "Choose the points with p > 0 for the first integral, those with q > 0 for the second.",
        "step * np.sum(p[inside] * np.log(p[inside] / m[inside])) / 2, and the same with q.",
    ),
    wrong=(
        Wrong(_naive, "Right where both are positive. Where a density is zero, 0 · log 0 is computed as 0 · (−∞) = NaN: leave those points out of that term.", "no NaN"),
        Wrong(_reversed, "KL's arguments are exchanged: this is KL(m‖p), the mean of log(m/p) under *m*, which is infinite where p is zero.", "no NaN"),
        Wrong(_jeffreys, "This is ½ KL(p‖q) + ½ KL(q‖p), Jeffreys' divergence: infinite where one of them is zero. Compare each with the mixture m.", "no NaN"),
        Wrong(_reversed_masked, "The zeros are well kept out, but KL's arguments are exchanged: each logarithm is weighted by m, and must be weighted by p, then by q.", "values"),
        Wrong(lambda p, q, step: _both(p, q, step, factor=1.0), "A missing ½: this is KL(p‖m) + KL(q‖m) = 2 JSD, which reaches 2 log 2.", "values"),
        Wrong(lambda p, q, step: _both(p, q, step, factor=0.5 / np.log(2)), "That is in bits (log base 2), with 1 as its largest value. Here log is natural: log 2 nats.", "values"),
        Wrong(lambda p, q, step: _both(p, q, step, m=p + q), "The mixture is not normalised: m = p + q has mass 2, and your answer is short of log 2. Take (p + q)/2.", "values"),
        Wrong(lambda p, q, step: _both(p, q, 1.0), "The grid's weight is missing: an integral is a sum times `step`.", "values"),
        Wrong(lambda p, q, step: 0.5 * step * np.sum(_terms(p, (p + q) / 2)), "Only one half: ½ KL(q‖m) is missing. The sum is symmetric in p and q.", "values"),
        Wrong(_overlap, "You left out the points where *either* density is zero. Where only p is zero, ½ q log(q/m) = ½ q log 2 must stay: it is what JSD sees of points that the other never makes.", "values"),
        Wrong(lambda p, q, step: np.sqrt(_both(p, q, step)), "This is the square root, the Jensen–Shannon *distance*, which SciPy's `jensenshannon` returns. Square it.", "values"),
        Wrong(lambda p, q, step: _both(p, q, step) * 2 - np.log(4), "This is V(D*) = 2 JSD − log 4, the game's value. JSD itself was asked for.", "values"),
        Wrong(_with_epsilon, "The small number inside the logarithm is not small beside a density of 1e-14, as in other units of x. Leave the zeros out instead.", "other units"),
        Wrong(lambda p, q, step: 0.5 * step * (_terms(p, (p + q) / 2) + _terms(q, (p + q) / 2)), "You returned the integrand at each point: sum it over the grid.", "shape"),
    ),
    accepted=(_by_scipy, _by_entropy, _by_distance, _by_trapezoid, _with_nansum),
    points=3.0,
)  # fmt: skip

EXERCISES = (LADDER, MAIN, FROM_LOGITS, SEEN_AND_FRESH)
