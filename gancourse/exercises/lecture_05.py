"""The exercises of lecture 05: two directions of KL."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong, close, finite

__all__ = ["EXERCISES"]


# --- the closed form -----------------------------------------------------------------------------


def kl_of_gaussians(mean_p, std_p, mean_q, std_q):
    """KL(p‖q) of two Gaussians on the line, p = N(mean_p, std_p²) and q = N(mean_q, std_q²).

    Arguments:
        mean_p, std_p: mean and standard deviation of p.
        mean_q, std_q: mean and standard deviation of q.

    Returns:
        float, in nats.
    """
    return np.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def _pairs(rng):
    # not too near each other, so that each slip shows in the numbers
    return [
        {"mean_p": rng.normal(), "std_p": rng.uniform(0.5, 0.8), "mean_q": rng.normal() + 1.5, "std_q": rng.uniform(1.3, 2.0)},
        {"mean_p": rng.normal(), "std_p": rng.uniform(1.3, 2.0), "mean_q": rng.normal() - 1.5, "std_q": rng.uniform(0.5, 0.8)},
        {"mean_p": 0.7, "std_p": 1.3, "mean_q": 0.7, "std_q": 1.3},
    ]  # fmt: skip


def _by_variances(mean_p, std_p, mean_q, std_q):
    ratio = (std_p / std_q) ** 2
    return 0.5 * (ratio + ((mean_p - mean_q) / std_q) ** 2 - 1 - np.log(ratio))


def _by_sum(mean_p, std_p, mean_q, std_q):
    x = np.linspace(mean_p - 12 * std_p, mean_p + 12 * std_p, 4001)
    log_p = -0.5 * ((x - mean_p) / std_p) ** 2 - np.log(std_p)
    log_q = -0.5 * ((x - mean_q) / std_q) ** 2 - np.log(std_q)
    weights = np.exp(log_p)
    return np.sum(weights * (log_p - log_q)) / np.sum(weights)


GAUSSIAN_KL = Exercise(
    id="05.gaussian_kl",
    title="KL between two Gaussians",
    reference=kl_of_gaussians,
    cases=_pairs,
    checks=(Check("values", close(), "The number differs from ∫ p log(p/q) dx. For p = q it must be 0; for unit variances it is half the squared distance of the means."),),
    hints=(
        "log p − log q = log(σ_q/σ_p) − (x − μ_p)²/(2σ_p²) + (x − μ_q)²/(2σ_q²).",
        "Take the mean under p: E(x − μ_p)² = σ_p².",
        "And E(x − μ_q)² = σ_p² + (μ_p − μ_q)².",
    ),
    wrong=(
        Wrong(lambda mean_p, std_p, mean_q, std_q: kl_of_gaussians(mean_q, std_q, mean_p, std_p), "The arguments have changed places: this is KL(q‖p). In KL(p‖q) the mean runs over p.", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: np.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / std_q**2 - 1, "A factor ½ is lost: the exponent of a Gaussian is −(x − μ)²/(2σ²), with a 2.", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: 2 * np.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5, "log(σ_q²/σ_p²) needs a ½ in front: with standard deviations the term is log(σ_q/σ_p).", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: kl_of_gaussians(mean_p, np.sqrt(std_p), mean_q, np.sqrt(std_q)), "You took the arguments for variances: they are standard deviations, so the quadratic terms hold their squares.", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: kl_of_gaussians(mean_p, std_p, mean_q, std_q) / np.log(2), "This is in bits: the logarithm is natural here, so the value is in nats.", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: np.log(std_p / std_q) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5, "The sign of the logarithm: −log q holds +log σ_q. A wider q costs more there and less in the square.", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: np.log(std_q / std_p) + std_p**2 / (2 * std_q**2) - 0.5, "The means are missing: E_p(x − μ_q)² = σ_p² + (μ_p − μ_q)².", "values"),
        Wrong(lambda mean_p, std_p, mean_q, std_q: np.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2), "For p = q this gives ½: the term −½ is missing, the mean of −(x − μ_p)²/(2σ_p²) under p.", "values"),
    ),
    accepted=(_by_variances, _by_sum),
    points=1.0,
)  # fmt: skip


# --- F6: moment matching -------------------------------------------------------------------------


def nearest_gaussian(weights, means, stds):
    """Mean and standard deviation of the Gaussian q that minimises KL(p‖q), p a mixture of Gaussians.

    Arguments:
        weights: array (k,), the shares of the components; they sum to one.
        means: array (k,), their means.
        stds: array (k,), their standard deviations.

    Returns:
        two numbers, (mean, std).
    """
    mean = np.sum(weights * means)
    return mean, np.sqrt(np.sum(weights * (stds**2 + (means - mean) ** 2)))


def _mixtures(rng):
    return [
        {"weights": w / w.sum(), "means": rng.normal(1.0, 2.5, k), "stds": rng.uniform(0.4, 1.6, k)}
        for k in (2, 3, 5)
        for w in [rng.uniform(0.2, 1.0, k) * np.linspace(1.0, 2.0, k)]
    ]


def _by_second_moment(weights, means, stds):
    mean, second = weights @ means, weights @ (means**2 + stds**2)
    return np.array([mean, (second - mean**2) ** 0.5])


def _by_grid(weights, means, stds):
    x = np.linspace(-40, 40, 8001)
    p = sum(w * np.exp(-0.5 * ((x - m) / s) ** 2) / s for w, m, s in zip(weights, means, stds, strict=True))
    p = p / p.sum()
    mean = (p * x).sum()
    return [mean, np.sqrt((p * (x - mean) ** 2).sum())]


def _with_std(std):
    def wrong(weights, means, stds):
        mean = np.sum(weights * means)
        return mean, std(weights, means, stds, mean)

    return wrong


def _heaviest(weights, means, stds):
    at = np.argmax(weights)
    return means[at], stds[at]


MOMENTS = Exercise(
    id="05.moment_match",
    title="The nearest Gaussian, forward",
    reference=nearest_gaussian,
    cases=_mixtures,
    shape="Return two numbers: the mean, then the standard deviation.",
    checks=(
        Check("mean", lambda case, got, want: np.isclose(got["value"][0], want["value"][0], rtol=1e-6), "The mean differs from that of p: E_p x = Σ w_j μ_j."),
        Check("std", lambda case, got, want: np.isclose(got["value"][1], want["value"][1], rtol=1e-6), "The mean is right; the standard deviation differs from that of p. Its square is E_p x² − (E_p x)²."),
    ),
    hints=(
        "KL(p‖q) = E_p log p − E_p log q, and only the second term knows q.",
        "E_p (x − m)²/(2s²) + log s is least at m = E_p x, and at s² = E_p (x − m)².",
        "E_p (x − m)² = Σ w_j (σ_j² + (μ_j − m)²): the variance within the components and between them.",
    ),
    wrong=(
        Wrong(_with_std(lambda w, m, s, mean: np.sqrt(np.sum(w * s**2))), "This is the spread within the components alone. The variance between their means, Σ w_j (μ_j − m)², belongs to p as well.", "std"),
        Wrong(_with_std(lambda w, m, s, mean: np.sqrt(np.sum(w * (m - mean) ** 2))), "This is the spread between the means alone: each component has a width of its own, σ_j².", "std"),
        Wrong(_with_std(lambda w, m, s, mean: np.sum(w * (s**2 + (m - mean) ** 2))), "This is the variance: take its root, the standard deviation was asked for.", "std"),
        Wrong(_with_std(lambda w, m, s, mean: np.sum(w * s)), "Standard deviations do not average. Variances do, and the means' spread comes on top.", "std"),
        Wrong(_with_std(lambda w, m, s, mean: np.sqrt(np.sum(w * (s**2 + m**2)))), "This is the root of E x²: the square of the mean has to be taken off.", "std"),
        Wrong(_with_std(lambda w, m, s, mean: s[np.argmax(w)]), "This is the width of one component. The Gaussian that covers all of them is wider.", "std"),
        Wrong(lambda weights, means, stds: nearest_gaussian(np.full(len(means), 1 / len(means)), means, stds), "The components do not count alike: weigh them by their shares.", "mean"),
        Wrong(lambda weights, means, stds: (np.mean(means), nearest_gaussian(weights, means, stds)[1]), "The plain average of the means is not the mean of p: heavier components pull harder.", "mean"),
        Wrong(_heaviest, "This sits on the heaviest component: something like what the other direction, KL(q‖p), would choose. KL(p‖q) covers all of p.", "mean"),
        Wrong(lambda weights, means, stds: nearest_gaussian(weights, means, stds)[1], "This is one number: return the mean first, then the standard deviation.", "shape"),
    ),
    accepted=(_by_second_moment, _by_grid),
    points=2.0,
)  # fmt: skip


# --- D5: the main exercise -----------------------------------------------------------------------


def reverse_kl(log_p, log_q, x):
    """KL(q‖p) of two densities on the line, by the trapezoid rule on a grid.

    Arguments:
        log_p: array (n,), log-density of the data on the grid; finite, but as low as −5,000.
        log_q: array (n,), log-density of the generator; −inf where its density is zero.
        x: array (n,), the grid; increasing, its steps need not be equal.

    Returns:
        float, in nats; finite.
    """
    q = np.exp(log_q)
    return np.trapezoid(np.where(q > 0, q * (np.where(q > 0, log_q, 0.0) - log_p), 0.0), x)


def _log_normal(x, mean, std):
    return -0.5 * ((x - mean) / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi)


def _two(x, a, std=1.0):
    return np.logaddexp(_log_normal(x, -a, std), _log_normal(x, a, std)) - np.log(2)


def _grid_cases(rng):
    even = np.linspace(-9, 9, 721)
    bent = np.sinh(np.linspace(-2.6, 2.6, 900)) * 2
    far = np.linspace(-30, 30, 1201)
    ordinary = {
        "log_p": _two(even, rng.uniform(1.0, 1.5), 1.5), "log_q": _log_normal(even, rng.uniform(-0.5, 0.5), rng.uniform(0.6, 0.9)), "x": even
    }  # fmt: skip
    low, high = -rng.uniform(1.0, 2.0), rng.uniform(1.0, 2.0)
    inside = (even > low) & (even < high)
    with np.errstate(divide="ignore"):
        log_box = np.log(inside / (0.025 * inside.sum()))
    holes = {"log_p": _two(even, rng.uniform(1.0, 1.5), 1.5), "log_q": log_box, "x": even}
    uneven = {"log_p": _two(bent, rng.uniform(1.0, 1.5), 1.5), "log_q": _log_normal(bent, rng.uniform(0.3, 0.6), 0.8), "x": bent}  # fmt: skip
    tails = {"log_p": _two(far, rng.uniform(2.0, 3.0), 0.3), "log_q": _log_normal(far, 0.0, rng.uniform(3.0, 4.0)), "x": far}  # fmt: skip
    return [ordinary, holes, uneven, tails]


_near = close(finite_only=True)  # NaN and infinities have a check of their own


def _is_far(case):
    return case["log_p"].min() < -1000


def _masked(log_p, log_q, x):
    r = np.where(np.isfinite(log_q), log_q, 0.0) - log_p
    return np.trapezoid(np.exp(log_q) * r, x)


def _by_weights(log_p, log_q, x):
    total = 0.0
    for i in range(len(x) - 1):
        f = [np.exp(log_q[j]) * (log_q[j] - log_p[j]) if log_q[j] > -np.inf else 0.0 for j in (i, i + 1)]
        total += (x[i + 1] - x[i]) * (f[0] + f[1]) / 2
    return total


def _integrand(log_p, log_q):
    q = np.exp(log_q)
    return np.where(q > 0, q * (np.where(q > 0, log_q, 0.0) - log_p), 0.0)


def _forward(log_p, log_q, x):
    p = np.exp(log_p)
    return np.trapezoid(np.where(p > 0, p * (log_p - log_q), 0.0), x)


def _wrong_mean(log_p, log_q, x):
    kept = np.isfinite(log_q)
    return np.trapezoid(np.where(kept, np.exp(log_p) * (np.where(kept, log_q, 0.0) - log_p), 0.0), x)


def _from_densities(log_p, log_q, x):
    p, q = np.exp(log_p), np.exp(log_q)
    return np.trapezoid(np.where(q > 0, q * np.log(np.where(q > 0, q, 1.0) / p), 0.0), x)


def _with_epsilon(log_p, log_q, x):
    p, q = np.exp(log_p), np.exp(log_q)
    return np.trapezoid(q * (np.log(q + 1e-20) - np.log(p + 1e-20)), x)


REVERSE_KL = Exercise(
    id="05.reverse_kl",
    title="The reverse KL on a grid",
    reference=reverse_kl,
    cases=_grid_cases,
    checks=(
        Check("values", lambda case, got, want: _is_far(case) or _near(case, got, want), "The number differs from ∫ q (log q − log p) dx by the trapezoid rule. Try p = q (0), and two unit Gaussians one apart (½)."),
        Check("finite", finite(), "The answer is not finite: 0 meets −∞ where q = 0, or the logarithm of a rounded p is taken. Where q = 0 the integrand is 0."),
        Check("far tails", lambda case, got, want: not _is_far(case) or _near(case, got, want), "Where p is far in its tail the answer is off, though log p is given exactly. Does e^(log p) appear anywhere?"),
    ),
    hints=(
        "KL(q‖p) = ∫ q (log q − log p) dx: the mean of the log-ratio under q.",
        "log p is given: no need to go through p = e^(log p), which is 0 below about −745.",
        "`np.trapezoid(values, x)` knows the steps; `np.where(q > 0, …, 0.0)` with a harmless `log_q` where q = 0.",
    ),
    wrong=(
        Wrong(_forward, "The arguments of KL have changed places: this is KL(p‖q), a mean under p. KL(q‖p) is a mean under q.", "values"),
        Wrong(_wrong_mean, "The logarithm is right and the weight is not: log q − log p is averaged under q. Under p this is −KL(p‖q), a negative number.", "values"),
        Wrong(lambda log_p, log_q, x: np.sum(_integrand(log_p, log_q)), "This is a sum and not an integral: the grid's steps are missing, and a finer grid would give a larger number.", "values"),
        Wrong(lambda log_p, log_q, x: np.mean(_integrand(log_p, log_q)), "The plain average over the grid points is not the integral: it depends on how wide the grid is.", "values"),
        Wrong(lambda log_p, log_q, x: reverse_kl(log_p, log_q, x) / np.log(2), "This is in bits: log 2 came in somewhere, and the value in nats was asked for.", "values"),
        Wrong(lambda log_p, log_q, x: np.trapezoid(np.abs(_integrand(log_p, log_q)), x), "No absolute value: the integrand is negative where q < p, and must be, or KL would not be 0 for q = p.", "values"),
        Wrong(lambda log_p, log_q, x: -reverse_kl(log_p, log_q, x), "The sign: KL is never negative. It is log q − log p that is averaged under q.", "values"),
        Wrong(lambda log_p, log_q, x: -np.trapezoid(np.exp(log_q) * log_p, x), "The entropy of q is missing: this is the cross-entropy −E_q log p, and its minimum is a q that shrinks onto a single point.", "values"),
        Wrong(lambda log_p, log_q, x: np.trapezoid(np.exp(log_q) * (log_q - log_p), x), "Where q = 0 you multiply 0 by −∞, which is NaN. There the integrand is 0: leave those points out.", "finite"),
        Wrong(lambda log_p, log_q, x: np.sum(_integrand(log_p, log_q)) * (x[1] - x[0]), "You use the first step for all of them: it is right on an even grid only.", "values"),
        Wrong(_from_densities, "e^(log p) is 0 in the tail, and log(q/0) = ∞. The log-density was finite: subtract logarithms.", "finite"),
        Wrong(_with_epsilon, "The small number added to p caps the price of a tail: where log p = −500 you charge 46 nats only. Subtract the logarithms that are given.", "far tails"),
        Wrong(lambda log_p, log_q, x: _integrand(log_p, log_q), "This is the integrand, a value for each grid point: integrate it over x.", "shape"),
    ),
    accepted=(_masked, _by_weights, lambda log_p, log_q, x: np.sum((_integrand(log_p, log_q)[1:] + _integrand(log_p, log_q)[:-1]) / 2 * np.diff(x))),
    points=3.0,
)  # fmt: skip


# --- D5: the ladder ------------------------------------------------------------------------------


def _line(rng):
    # x = 0 would hide a sign, and a = 1 a factor
    return [{"x": rng.uniform(0.3, 1.2) * sign, "a": rng.uniform(1.2, 2.5)} for sign in (1, -1, 1, -1)]


def _stds(rng):
    return [{"s": s} for s in rng.uniform(1.3, 3.0, 5)]


def _distances(rng):
    return [{"a": a} for a in rng.uniform(2.0, 9.0, 5)]


_FAR = np.sqrt(2 / np.pi)

SEEK = Ladder(
    id="05.seek",
    title="Does covering ever stop being a minimum?",
    rungs=(
        Exercise(
            id="05.seek.slope",
            title="slope",
            statement="d/dx log p at x, p = ½ N(−a, 1) + ½ N(a, 1); hint: log p = −x²/2 + log cosh(a x) + constant",
            reference=lambda x, a: -x + a * np.tanh(a * x),
            cases=_line,
            checks=(Check("values", close(), "Differentiate −x²/2 + log cosh(a x), term by term; compare with a finite difference of log p."),),
            hints=("d/dy log cosh y = tanh y.", "The inner derivative of a x is a."),
            wrong=(
                Wrong(lambda x, a: -x + np.tanh(a * x), "The inner derivative is missing: a x has the derivative a.", "values"),
                Wrong(lambda x, a: x - a * np.tanh(a * x), "The sign: far out log p falls, so its slope is about −x there.", "values"),
                Wrong(lambda x, a: -x + a / np.tanh(a * x), "The derivative of log cosh is sinh/cosh, the tanh, not its inverse.", "values"),
                Wrong(lambda x, a: -x, "This is one Gaussian about 0: the two modes have gone.", "values"),
            ),
            accepted=(lambda x, a: (-(x + a) * np.exp(-a * x) - (x - a) * np.exp(a * x)) / (np.exp(-a * x) + np.exp(a * x)),),
            points=0.5,
        ),
        Exercise(
            id="05.seek.bend",
            title="bend",
            statement="the second derivative of log p at x",
            reference=lambda x, a: -1 + a**2 / np.cosh(a * x) ** 2,
            cases=_line,
            checks=(Check("values", close(), "Differentiate the slope −x + a tanh(a x) once more."),),
            hints=("d/dy tanh y = 1/cosh² y.", "A second inner derivative: another factor a."),
            wrong=(
                Wrong(lambda x, a: -1 + a / np.cosh(a * x) ** 2, "One factor a is missing: a stands before tanh, and its inner derivative is a again.", "values"),
                Wrong(lambda x, a: -1 - a**2 / np.cosh(a * x) ** 2, "The sign: between the modes log p curves upwards when they are far apart.", "values"),
                Wrong(lambda x, a: a**2 / np.cosh(a * x) ** 2, "The derivative of −x is missing.", "values"),
                Wrong(lambda x, a: -1 + a**2 / np.cosh(a * x), "The square of cosh: the derivative of tanh is 1/cosh².", "values"),
            ),
            accepted=(lambda x, a: -1 + a**2 * (1 - np.tanh(a * x) ** 2),),
            points=0.5,
        ),
        Exercise(
            id="05.seek.curvature",
            title="curvature",
            statement="the second derivative of KL(q‖p) in the mean of q, where the one in its std s is zero; in s alone",
            reference=lambda s: 1 / s**2,
            cases=_stds,
            checks=(Check("values", close(), "Both hold E_q (log p)″: the derivative in s is −1/s − s E_q (log p)″, the second one in the mean −E_q (log p)″."),),
            hints=("From −1/s − s E_q (log p)″ = 0 follows E_q (log p)″.", "E_q (log p)″ = −1/s²."),
            wrong=(
                Wrong(lambda s: -1 / s**2, "The sign: the second derivative is −E (log p)″, and E (log p)″ = −1/s².", "values"),
                Wrong(lambda s: 1 / s, "Divide once more: −1/s = s E (log p)″, so E (log p)″ = −1/s².", "values"),
                Wrong(lambda s: 1 - 1 / s**2, "Nothing is left of the 1 in (log p)″ = −1 + …: the whole mean is −1/s².", "values"),
                Wrong(lambda s: s**2, "Upside down: the wider q, the flatter the valley.", "values"),
            ),
            accepted=(lambda s: s**-2.0,),
            points=0.5,
        ),
        Exercise(
            id="05.seek.far",
            title="far",
            statement="the std s > 0 of the covering q for modes far apart: s − 1/s = a √(2/π)",
            reference=lambda a: (a * _FAR + np.sqrt((a * _FAR) ** 2 + 4)) / 2,
            cases=_distances,
            checks=(Check("values", close(), "Put your s into s − 1/s: it is not a √(2/π)."),),
            hints=("Multiply by s: a quadratic equation in s.", "Of its two roots take the positive one."),
            wrong=(
                Wrong(lambda a: a * _FAR, "You dropped 1/s. For modes very far apart it is small, but it is there.", "values"),
                Wrong(lambda a: (a * _FAR + np.sqrt((a * _FAR) ** 2 - 4)) / 2, "The sign under the root: s² − c s − 1 = 0 has c² + 4 there.", "values"),
                Wrong(lambda a: (a * _FAR - np.sqrt((a * _FAR) ** 2 + 4)) / 2, "This is the other root, and it is negative: a standard deviation is not.", "values"),
                Wrong(lambda a: a * _FAR + np.sqrt((a * _FAR) ** 2 + 4), "The 2 in the denominator of the quadratic formula is missing.", "values"),
                Wrong(lambda a: (a / _FAR + np.sqrt((a / _FAR) ** 2 + 4)) / 2, "The constant is √(2/π) = 0.798, not √(π/2).", "values"),
            ),
            accepted=(lambda a: 2 / (np.sqrt((a * _FAR) ** 2 + 4) - a * _FAR),),
            points=0.5,
        ),
    ),
)  # fmt: skip

EXERCISES = (GAUSSIAN_KL, MOMENTS, REVERSE_KL, SEEK)
